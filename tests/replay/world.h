/* world: the real map-server core with virtual time, an outbox to look into, and a store in memory.
 *
 * A test sends datagrams in, and looks at what comes out and at the counters. Nothing here is
 * random. */
#ifndef SUNWARD_TESTS_REPLAY_WORLD_H
#define SUNWARD_TESTS_REPLAY_WORLD_H

#include "lib/base/random.h"
#include "lisp/map_register.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"
#include "lisp/move.h"
#include "mapserver/commit.h"
#include "tests/unit/world_parse.h"

#define WORLD_LOG    4096
#define WORLD_WALL_S UINT64_C(1800000000) /* when it begins */

struct world_twin;

struct world {
	struct server *server;
	struct world_twin *twin;
	struct server_thread thread;
	struct commit *commit;
	struct store *store;
	struct metrics *metrics;
	struct metrics_table *counters;
	struct random_seeded random;
	struct outbox *out;
	struct job *jobs, **jobs_tail;
	struct log log;
	char log_text[WORLD_LOG];
	struct mono now;
	uint64_t wall_ms; /* Unix time; passes with world_pass */
	unsigned int events[EVENT_KINDS];
	const char *reason; /* of the last */
	bool still;         /* see world_hold */
	bool held;          /* what changes something waits for world_commit() */
};

/* @sites: see world_site; takes them. @store: as store_open(), NULL for "memory:". */
struct world *world_new(struct site_table *sites, struct forward_table *forward, const char *store);
/* The same at another Unix time. */
struct world *world_start(struct site_table *sites, struct forward_table *forward,
	const char *store, uint64_t wall_s);
/* The same, and the store is not read but where it is asked for, until world_go_on. */
struct world *world_hold(struct site_table *sites, struct forward_table *forward, const char *store,
	uint64_t wall_s);
/* Do all that the commit has to do besides. */
void world_go_on(struct world *w);
void world_free(struct world *w);
/* Not a soft end: nothing is flushed (kill -9). */
void world_kill(struct world *w);

/* The process ends (@killed: as world_kill) and another starts with the same store, also one in
 * memory; Unix time goes on. Returns the other. */
struct world *world_again(
	struct world *w, struct site_table *sites, struct forward_table *forward, bool killed);

/* Somebody who sees each datagram beside the core, and compares: linked with the program. There is
 * nobody (world_alone.c), or the kernel's fast path (tests/netns/world_fast.c). */
struct world_twin *world_twin_new(struct world *w);
void world_twin_free(struct world *w);
/* @first: of what the core has sent upon @d. */
void world_twin_receive(
	struct world_twin *t, struct world *w, const struct datagram *d, uint32_t first);

/* Sites: each with key 1 (algorithm 2, "secret-" and its name). */
struct site_table *world_sites(void);
struct site *world_site(
	struct site_table *t, const char *name, const char *prefix, bool more_specifics);
/* The same, and others may hold the prefix too. @key_id: of its key. */
struct site *world_site_shared(
	struct site_table *t, const char *name, const char *prefix, uint8_t key_id);

/* Let @len bytes come from @peer to our 192.0.2.53 (or 2001:db8::53). */
void world_receive(struct world *w, const char *peer, const void *bytes, size_t len);
void world_commit(struct world *w);
void world_pass(struct world *w, uint64_t ms); /* time passes; timers run */
/* A mapping of the operator's. */
void world_static(struct world *w, const char *eid, const char *locator, bool configured);
/* From here on no file of this process may be written, or may again. */
void world_fail_store(struct world *w, bool fail);
uint64_t world_count(const struct world *w, unsigned int row);
uint64_t world_dropped(const struct world *w, enum drop_reason reason);
void world_clear(struct world *w); /* forget what was sent */

/* What a Map-Register is made of. Zero is the default. */
struct world_register {
	const char *site; /* whose key signs; "a" when NULL */
	const char *peer; /* "198.51.100.1:4342" */
	const char *eids[4];
	const char *locators[4]; /* addresses, priority 1, weight 100, R set */
	uint64_t nonce;          /* 0: one more than the last */
	uint32_t ttl_min;        /* 0: 1440; use `remove` for TTL 0 */
	uint8_t xtr;             /* last byte of the xTR-ID; 0: no ids */
	uint16_t map_version;
	uint8_t priority; /* 0: 1 */
	bool remove, no_proxy, no_notify, use_ttl, merge, secure, unreachable;
	bool records_only; /* mac-scope = records */
	enum auth_alg alg; /* 0: 2 */
	uint8_t key_id;    /* 0: 1 */
};
/* Returns the length; @nonce_used may be NULL. */
size_t world_write_register(uint8_t *buf, size_t cap, const struct world_register *r);
void world_register(struct world *w, struct world_register r);

/* A Map-Request in an ECM from @itr (its ITR-RLOC, inner and outer source). */
void world_request(struct world *w, const char *eid, const char *itr);
size_t world_write_request(
	uint8_t *buf, size_t cap, const struct map_request_spec *s, const char *inner_source);

/* A move message of xTR @xtr of site @site. */
void world_move(struct world *w, const char *site, const char *peer, uint8_t xtr,
	enum move_kind kind, uint64_t nonce, uint64_t seq, const char *eid, const char *locator);

/* The @i-th datagram sent, parsed; fails the test when it is not of that kind. */
struct map_reply world_reply(struct world *w, unsigned int i);
struct map_register world_notify(struct world *w, unsigned int i, const char *site);
struct move world_answer(struct world *w, unsigned int i, const char *site);
/* "10.0.0.0/8 ttl 15 act 1 { 192.0.2.1 }" of each record, joined by "; ". */
const char *world_records(struct lisp_records it);
const char *world_record(const struct lisp_record *rec);
const char *world_to(struct world *w, unsigned int i);

#endif
