/* pubsub_world: a map-server with machines at site "a" and two xTRs of site "b" that look on. */
#ifndef SUNWARD_TESTS_REPLAY_PUBSUB_WORLD_H
#define SUNWARD_TESTS_REPLAY_PUBSUB_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/replay/world.h"

#define ITR       "203.0.113.9"
#define ITR_PEER  "203.0.113.9:4342"
#define ITR2      "203.0.113.10"
#define ITR2_PEER "203.0.113.10:4342"

/* Site "a" has the machines, site "b" the xTRs 9 and 10 that look on: they have registered, and so
 * proved who and where they are. */
struct world *pubsub_world(void);
struct site_table *pubsub_sites(void);
/* The xTRs 9 and 10 register; what was sent is forgotten. */
void pubsub_begin(struct world *w);
void at_site_a(struct world *w, const char *eid, const char *locator);

/* A Map-Request with the N bit. Zero is the default. */
struct request {
	const char *eid;
	uint64_t nonce;
	uint8_t xtr;        /* 9 when 0 */
	uint64_t site_id;   /* 7 when 0 */
	const char *rloc;   /* the ITR-RLOC; ITR when NULL; "none": AFI 0 */
	const char *source; /* inner and outer; ITR_PEER when NULL */
	bool no_id, no_n;
	const struct otk *otk; /* protected: wrapped with "itr-secret", key 1 (see pubsub_peer) */
	const char *outer;     /* the datagram's source, e.g. a Map-Resolver; `source` when NULL */
	bool null_wrap;
};

/* ITRs and resolvers of @prefix share LISP-SEC's key 1, "itr-secret", with us. */
void pubsub_peer(struct world *w, const char *prefix, bool unwrapped);
size_t write_subscribe(uint8_t *buf, size_t cap, const struct request *r);
void subscribe(struct world *w, struct request r);
void acknowledge_as(
	struct world *w, const char *key_text, uint64_t nonce, const char *eid, const char *peer);
void acknowledge(struct world *w, uint64_t nonce, const char *eid);
/* With a key of @len bytes, Key ID @id. */
void acknowledge_with(struct world *w, const void *key, size_t len, uint8_t id, uint64_t nonce,
	const char *eid, const char *peer);
/* The @i-th datagram is a Map-Notify with this key: as told(). */
const char *told_with(struct world *w, unsigned int i, const void *key, size_t len, uint8_t id);
/* The one Map-Notify that was sent since the last look: "NONCE RECORDS". */
const char *told(struct world *w);
/* Subscribed and acknowledged: site "a" has 10.1.0.5 at 192.0.2.1. */
struct world *subscribed_world(const char *eid, uint64_t nonce);

#endif
