/* ddt_world: what the tests of DDT share: tables of delegations, DDT Map-Requests, and referrals as
 * text. */
#ifndef SUNWARD_TESTS_REPLAY_DDT_WORLD_H
#define SUNWARD_TESTS_REPLAY_DDT_WORLD_H

#include "mapserver/ddt_node.h"
#include "tests/replay/world.h"

#define DDT_WALL 1750000000u /* within the validity of tests/unit/ddt_vector.h */

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

#endif
