/* ddt_resolver_internal: what the parts of ddt_resolver share: ddt_pending (the list), ddt_search
 * (one request on its way) and ddt_follow (what a referral does to it). For these files alone; all
 * of it under the lock. A request under way is a `search`. */
#ifndef SUNWARD_MAPSERVER_DDT_RESOLVER_INTERNAL_H
#define SUNWARD_MAPSERVER_DDT_RESOLVER_INTERNAL_H

#include <pthread.h>

#include "lib/base/hash.h"
#include "lib/base/timer.h"
#include "mapserver/ddt_resolver.h"

#define DDT_BUCKETS 4096 /* a power of two */

/* Of what ITRs are told. */
#define DDT_TTL_NOT_REGISTERED_MIN 1
#define DDT_TTL_HOLE_MIN           15
#define DDT_TTL_FAILED_MIN         1 /* the tree is at odds with itself: ask again soon */

struct ddt_search {
	struct timer timer;
	struct ddt_search *next_nonce, *next_itr; /* in their chains */
	struct ddt_resolver *owner;
	struct eid eid;
	struct endpoint reply_to, source, dest;
	struct address local;
	uint64_t nonce;       /* of the request */
	uint64_t asked_nonce; /* of what was sent last: the request may have been replaced since */
	struct referral *at;  /* whose RLOCs are asked: the last referral */
	unsigned int index;   /* of the RLOC asked last */
	uint32_t tried;       /* bit i: RLOC i, in this round */
	unsigned int round;
	unsigned int followed; /* referrals */
	bool through_root;
	/* Security material goes to Map-Servers alone: section 7.3.2. */
	bool is_protected,
		insist;      /* insist: the next hop is one, though the referral did not say so */
	bool sent_protected; /* what was sent last */
	struct ddt_protection protection;
	size_t len;
	uint8_t *message;
};

struct ddt_resolver {
	pthread_mutex_t lock;
	struct ddt_resolver_options o;
	struct referral *root;
	bool secure;
	bool active; /* atomic */
	struct referral_cache *cache;
	struct timers timers;
	struct hash_key hash;
	size_t count;
	struct mono told;             /* what ddt_resolver_next said last */
	const struct ddt_turn *turn;  /* of the call under way */
	uint32_t shares[DDT_BUCKETS]; /* searches by the ITR's hash */
	struct ddt_search *by_nonce[DDT_BUCKETS];
	struct ddt_search *by_itr[DDT_BUCKETS]; /* by ITR and EID */
};

static inline void ddt_resolver_count(const struct ddt_resolver *r, unsigned int row)
{
	metrics_count(r->turn->counters, row);
}

/* ---- ddt_pending ---- */

/* Put @s, whose owner, ITR, EID and asked_nonce are set, into the list; or take it out. */
void ddt_pending_add(struct ddt_search *s);
void ddt_pending_remove(struct ddt_search *s);
/* What is sent next has the nonce of the request, which may have been replaced. */
void ddt_pending_renew(struct ddt_search *s);
/* NULL: this ITR has not asked for it. */
struct ddt_search *ddt_pending_find(
	const struct ddt_resolver *r, const struct address *itr, const struct eid *eid);
/* The search that @rec from @peer answers, and which RLOC it is. NULL: it was not asked for. */
struct ddt_search *ddt_pending_asked(const struct ddt_resolver *r, uint64_t nonce,
	const struct referral_record *rec, const struct endpoint *peer, unsigned int *rloc);
/* For one more of this ITR. */
bool ddt_pending_has_room(struct ddt_resolver *r, const struct address *itr);

/* ---- ddt_search ---- */

/* In the list; it asks nobody yet. NULL: no memory. */
struct ddt_search *ddt_search_new(struct ddt_resolver *r, const struct ddt_question *q);
/* Out of the list, and freed. */
void ddt_search_end(struct ddt_search *s);
/* The ITR's newer request takes the place of the one before. False: no memory. */
bool ddt_search_set_message(struct ddt_search *s, const struct ddt_question *q);
/* Ask the RLOCs of @at from now on, of which a reference is taken. */
void ddt_search_go_to(struct ddt_search *s, struct referral *at);
/* The next RLOC that this round has not asked; those that did not answer lately come last. -1:
 * there is none. */
int ddt_search_next_rloc(const struct ddt_search *s);
void ddt_search_ask_rloc(struct ddt_search *s, unsigned int index);
/* Section 7.3.2: each RLOC in turn, then all of them again; then, when it was an old referral, from
 * the root; then nothing is said to anybody. Ends @s then. */
void ddt_search_ask_next(struct ddt_search *s);
/* What was kept led astray: forget it, and begin at the root. Once a request. */
void ddt_search_restart(struct ddt_search *s);
/* Answer that there is nothing in @prefix; ends @s. */
void ddt_search_fail(struct ddt_search *s, const struct eid *prefix, uint32_t ttl_min);
/* The same of a request that is none of the list. @protection: NULL when the request was not
 * protected; else the reply is (RFC 9303 section 6.7). */
void ddt_search_deny(struct ddt_resolver *r, const struct endpoint *to, const struct address *local,
	uint64_t nonce, const struct ddt_protection *protection, const struct eid *eid,
	const struct eid *prefix, uint32_t ttl_min);

/* ---- ddt_follow ---- */

/* It is signed as it must be by RLOC @rloc of those that are asked. Cuts *@ttl_min to what the
 * signature covers. */
bool ddt_follow_authentic(const struct ddt_search *s, unsigned int rloc,
	const struct referral_record *rec, uint32_t *ttl_min);
/* Section 8.2, from where the request is found and the record is right. May end @s. DDT_TAKEN, or
 * the enum drop_reason. */
int ddt_follow_record(struct ddt_search *s, const struct referral_record *rec, uint32_t ttl_min);

#endif
