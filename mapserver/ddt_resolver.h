/* ddt_resolver: a Map-Resolver's searches in the DDT tree: from the root, or the closest referral
 * that is kept, down to the Map-Server (RFC 8111 sections 7.3 and 8; docs/decisions/ddt.md).
 *
 * Pure: state + (event, now) -> datagrams; threads share it under a lock of its own. What is under
 * way and what is kept is bounded, and each limit is counted. Knows neither mappings nor sockets.
 */
#ifndef SUNWARD_MAPSERVER_DDT_RESOLVER_H
#define SUNWARD_MAPSERVER_DDT_RESOLVER_H

#include "lib/net/outbox.h"
#include "lisp/otk.h"
#include "mapserver/counters.h"
#include "mapserver/referral_cache.h"

#define DDT_MESSAGE_MAX   1200  /* bytes of a Map-Request that is searched for */
#define DDT_REFERRALS_MAX 20    /* followed for one request */
#define DDT_ROUNDS        3     /* times that each RLOC of a referral is asked */
#define DDT_RETRY_MS      500   /* the first wait; twice as long each round */
#define DDT_DOWN_MS       30000 /* an RLOC that did not answer is asked last */
#define DDT_KEEP_MAX_MIN  1440  /* no referral is kept longer: section 6.4 */
#define DDT_SHARE         8     /* ITRs of one hash may have a DDT_SHARE-th of what is under way */

struct ddt_resolver;

struct ddt_resolver_options {
	size_t pending_max;   /* requests under way */
	size_t referrals_max; /* referrals kept */
	bool ipv4, ipv6;      /* what can be sent */
	uint8_t secret[16];
	/* Something is due sooner than ddt_resolver_next said last; by any thread, under the lock.
	 * May be NULL. */
	void (*sooner)(void *arg);
	void *arg;
};

/* @root: where searches begin; taken. Referrals must be signed when one of its RLOCs has a key.
 * NULL when out of memory, and @root is freed. */
struct ddt_resolver *ddt_resolver_new(const struct ddt_resolver_options *o, struct referral *root);
void ddt_resolver_free(struct ddt_resolver *r);
/* Begin at @root from now on, which is taken; unless it is the same, what is kept is forgotten. */
void ddt_resolver_set_root(struct ddt_resolver *r, struct referral *root);

/* There is an RLOC to begin at. Any thread, without the lock. */
bool ddt_resolver_active(const struct ddt_resolver *r);

/* The One-Time Key of a protected Map-Request, and what it asked for (RFC 9303 section 6.4). */
struct ddt_protection {
	struct otk otk;
	uint16_t hmac_id, kdf_id;
};

/* What each call brings along. */
struct ddt_turn {
	struct mono now;
	uint64_t wall_s; /* seconds since 1970, for signatures */
	struct outbox *out;
	struct metrics_shard *counters;
	/* The least-specific prefix around @eid, not shorter than @floor, that holds nothing known
	 * here: no negative answer may be wider. NULL: any. */
	struct eid (*narrow)(void *arg, const struct eid *eid, unsigned int floor);
	/* Write the authentication data of the Map-Request with @nonce of @itr, for the Map-Server
	 * at
	 * @to. False: it cannot be sent there. May be NULL where no question is protected. */
	bool (*protect)(void *arg, const struct ddt_protection *p, uint64_t nonce,
		const struct endpoint *itr, const struct address *to, struct wire_writer *w);
	/* End a negative Map-Reply of one record, for @prefix, with the authentication data that
	 * answers @p. As protect. */
	bool (*vouch)(void *arg, const struct ddt_protection *p, uint64_t nonce,
		const struct eid *prefix, struct wire_writer *w);
	void *arg;
};

/* A Map-Request of an ITR that nobody here can answer. */
struct ddt_question {
	struct eid eid;
	uint64_t nonce;
	struct endpoint reply_to;     /* the ITR */
	struct address local;         /* ours that it came to */
	struct endpoint source, dest; /* of the inner header */
	const uint8_t *message;       /* the Map-Request, of one record; copied */
	size_t len;
	const struct ddt_protection *protection; /* copied; NULL: it is not protected */
};

#define DDT_TAKEN (-1)
/* DDT_TAKEN, or the enum drop_reason. */
int ddt_resolver_ask(
	struct ddt_resolver *r, const struct ddt_question *q, const struct ddt_turn *turn);
/* A Map-Referral from @peer. @fault is set when it is malformed, and the error in *@error; else
 * *@error is 0. */
int ddt_resolver_receive(struct ddt_resolver *r, const void *bytes, size_t len,
	const struct endpoint *peer, const struct ddt_turn *turn, int *error,
	struct wire_fault *fault);
/* Who did not answer in time: the next. */
void ddt_resolver_run(struct ddt_resolver *r, const struct ddt_turn *turn);
/* When that is due; MONO_NEVER: nothing is under way. */
struct mono ddt_resolver_next(struct ddt_resolver *r);

struct ddt_resolver_state {
	size_t pending, referrals;
	uint64_t evicted;
	bool secure;
};
struct ddt_resolver_state ddt_resolver_state(struct ddt_resolver *r);
/* The roots, then what is kept, from the one used last; under the lock: @visit must not call back.
 */
void ddt_resolver_each(struct ddt_resolver *r,
	bool (*visit)(const struct referral *referral, void *arg), void *arg);

#endif
