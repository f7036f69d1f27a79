/* ddt_world: what the tests of DDT share: tables of delegations, DDT Map-Requests, and referrals as
 * text. */
#ifndef SUNWARD_TESTS_REPLAY_DDT_WORLD_H
#define SUNWARD_TESTS_REPLAY_DDT_WORLD_H

#include "mapserver/ddt_node.h"
#include "tests/replay/world.h"

#define DDT_ITR         "203.0.113.9:40000"
#define DDT_NONCE       0x1122334455667788ull /* world_request's */
#define DDT_ASKED(rloc) rloc ":4342 10.1.2.3 nonce 1234605616436508552"
#define DDT_WALL        1750000000u /* within the validity of tests/unit/ddt_vector.h */

struct delegation_table *ddt_table(void);
/* @peers ends with NULL; NULL: none. @prefix NULL: the root. */
void ddt_authority(struct delegation_table *t, const char *prefix, const char *const *peers);
/* @children ends with NULL. @key: the public key of all, in PEM; NULL: none. */
void ddt_delegate(struct delegation_table *t, const char *prefix, bool map_servers,
	const char *const *children, const char *key);
/* Signed by the key of tests/unit/ddt_vector.h, @per_s a second. */
void ddt_sign_with_vector(struct delegation_table *t, uint32_t per_s);

/* A DDT Map-Request for @eid with @nonce; the ITR's inner source and ITR-RLOC are @itr. */
size_t ddt_write_request(
	uint8_t *buf, size_t cap, const char *eid, const char *itr, uint64_t nonce);
/* It comes from the resolver 192.0.2.77:4342. */
void ddt_request(struct world *w, const char *eid, const char *itr);

/* The @i-th datagram sent, as "ms-referral 10.0.0.0/8 ttl 1440 I { 192.0.2.1 } sigs 1"; records
 * joined by
 * "; ". */
const char *ddt_referral(struct world *w, unsigned int i);
const char *ddt_referral_text(const uint8_t *bytes, size_t len);

/* A world that searches in the tree from the roots 192.0.2.1 and 192.0.2.2; @key: their public key;
 * NULL: referrals are not checked. */
struct world *ddt_resolver_world(struct site_table *sites, const char *key);
/* Time passes, and what is due in the searches goes out. */
void ddt_pass(struct world *w, uint64_t ms);
/* The @i-th datagram sent, a DDT Map-Request: "192.0.2.1:4342 10.0.0.1 nonce 5". */
const char *ddt_asked(struct world *w, unsigned int i);

/* A referral to write: the RLOCs and the key of all of them. */
struct ddt_record {
	enum referral_act act;
	const char *prefix;
	uint32_t ttl_min;
	bool incomplete, no_ttl; /* no_ttl: TTL 0; else 0 is 1440 */
	const char *rlocs[4];
	uint8_t priorities[4], weights[4]; /* 0: priority 1; weights all 0: in their order */
	bool child_key;                    /* the RLOCs have the child's key */
	bool sign;                         /* by the parent's key */
	uint32_t inception, expiration;    /* 0: a day around now */
	int act_raw;                       /* != 0: in the place of act */
};
size_t ddt_write_referral(uint8_t *buf, size_t cap, uint64_t nonce, const struct ddt_record *r);
/* It comes from @peer. */
void ddt_refer(struct world *w, const char *peer, uint64_t nonce, struct ddt_record r);

/* DDT_ITR asks for 10.1.2.3, and the root was asked: nothing of it is left in the outbox. @key: as
 * ddt_resolver_world's. */
struct world *ddt_searching(const char *key);
void ddt_ask(struct world *w, const char *eid, const char *itr, uint64_t nonce);
size_t ddt_pending(struct world *w); /* searches */
size_t ddt_kept(struct world *w);    /* referrals */
/* DDT_ITR is answered with these records, and the search is over. */
void ddt_expect_negative(struct world *w, const char *records);

/* The delegations of RFC 8111 section 9's figure. */
struct delegation_table *ddt_root_table(void);
struct delegation_table *ddt_second_level_table(void);

#endif
