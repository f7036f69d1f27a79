/* subscription: who wants to hear of which EID-prefix (RFC 9437 sections 5 and 6): the table of
 * subscriptions by EID-prefix and xTR, their nonces, and how many there may be.
 *
 * A request changes nothing that counts: it makes an offer, which stands when the xTR has
 * acknowledged it with its key (subscription_agree). So nobody who can only write Map-Requests
 * spoils a nonce, a key or an address of another's.
 *
 * One lock around all of it: whoever calls anything below stands between subscriptions_lock() and
 * subscriptions_unlock(), but for the first block. A subscription that has ended keeps its last
 * nonce for a while (section 5: "SHOULD keep the last nonce seen"); what is forgotten raises the
 * xTR's floor, so that no old request is ever taken again. Knows no packet and no mapping.
 */
#ifndef SUNWARD_MAPSERVER_SUBSCRIPTION_H
#define SUNWARD_MAPSERVER_SUBSCRIPTION_H

#include <sys/queue.h>

#include "lib/base/limit.h"
#include "lib/table/lpm_set.h"
#include "lisp/otk.h"
#include "mapserver/xtr.h"

#define SUBSCRIBER_RLOCS_MAX 4

struct site;
struct notice;
struct subscription;

struct subscription_options {
	size_t max, per_xtr, per_site;
	uint64_t temporary_s;       /* 900: of an EID that is not in the mapping database */
	size_t publications;        /* notifications that may be under way or wait, in all */
	struct limit_rate pace;     /* of Map-Notifies, over all xTRs */
	struct limit_rate requests; /* of subscription requests, of one xTR */
	uint8_t secret[16];
};

/* An EID-prefix with subscriptions, live or ended. */
struct topic {
	struct lpm_entry entry;
	struct eid eid; /* its address bytes are the key */
	struct lpm *table;
	LIST_HEAD(, subscription) list; /* live ones */
	size_t refs;                    /* ended ones included */
};

enum subscription_state {
	SUBSCRIPTION_LIVE,
	SUBSCRIPTION_MUTED, /* this more-specific prefix is not wanted: see subscription_mute() */
	SUBSCRIPTION_ENDED, /* only its nonce is kept */
};

/* Wipes it; NULL is nothing. */
void pubsub_key_free(struct pubsub_key *key);

/* What a request asked for, until the xTR has acknowledged the Map-Notify that accepts it. */
struct offer {
	uint64_t nonce;        /* the request's */
	uint64_t last;         /* the last one used under this offer, at least @nonce */
	struct pubsub_key key; /* none: the keys of the xTR's site serve */
	unsigned int rloc_count;
	struct address rlocs[SUBSCRIBER_RLOCS_MAX];
	struct address local;
	bool ends; /* no renewal: nothing more of @about is to be told; under the present key */
	struct eid about;
	uint64_t asked; /* the nonce of the request for that */
};

enum subscription_keep {
	KEEP_DONE,
	KEEP_WAITS,  /* something of it is not in the store yet */
	KEEP_WRITES, /* on its way there */
};

enum subscription_event {
	SUBSCRIPTION_QUIET,
	SUBSCRIPTION_SUBSCRIBED,   /* the xTR has acknowledged that it is subscribed */
	SUBSCRIPTION_UNSUBSCRIBED, /* by its own word */
	SUBSCRIPTION_DROPPED,      /* it did not acknowledge, or its site is gone */
	SUBSCRIPTION_EXPIRED,      /* it was temporary */
};

struct subscription {
	struct subscription *next_key;       /* by (xTR, prefix) */
	LIST_ENTRY(subscription) of_topic;   /* live ones and muted ones */
	TAILQ_ENTRY(subscription) of_xtr;    /* its list, or that of the ended ones */
	TAILQ_ENTRY(subscription) temporary; /* in order of expiry, while expires_ns is set */
	LIST_HEAD(, notice) notices;         /* publish's */
	struct notice *accepting;            /* the one of them that accepts; NULL: none */
	struct topic *topic;
	struct subscriber *who;
	uint64_t nonce;         /* the last that we used, or that was agreed upon */
	uint64_t seen;          /* the last that the xTR is known to have: it was acknowledged */
	uint64_t expires_ns;    /* monotonic; 0: not temporary */
	struct pubsub_key *key; /* NULL: the site's keys */
	struct offer *offer;    /* NULL: none waits */
	uint8_t state;          /* enum subscription_state */
	bool agreed;            /* the xTR has acknowledged something of it */
	/* The committer's business. */
	uint8_t keep;      /* enum subscription_keep */
	uint8_t event;     /* enum subscription_event, to be told */
	bool accept_waits; /* its offer is accepted when it is kept */
	uint64_t reserved; /* nonces up to this one may be used; above, more are kept as used first
			    */
	TAILQ_ENTRY(subscription) keeping;
};

/* An xTR that has subscribed. What RFC 9437 section 6 associates with the xTR-ID is kept once: its
 * ITR-RLOCs. */
struct subscriber {
	struct xtr *xtr;
	TAILQ_ENTRY(subscriber) link;
	struct site_quota *quota;
	TAILQ_HEAD(subscription_list, subscription) list; /* live and muted */
	struct subscription_list ended_list;              /* the longest ended first */
	size_t live, ended;
	bool unkept;    /* what follows has changed since it was put in the store */
	uint64_t floor; /* nonces up to this one were forgotten */
	/* One-Time Keys that were used: a ring; what it forgot had nonces up to the floor. */
	struct otk_past {
		uint64_t hash, nonce;
	} * past;
	size_t past_count, past_cap, past_next, past_unkept;
	uint64_t past_floor;
	unsigned int rloc_count;
	struct address rlocs[SUBSCRIBER_RLOCS_MAX];
	struct address local; /* ours that it asks */
	struct limit requests;
	/* publish's */
	TAILQ_HEAD(, notice) waiting;
	TAILQ_ENTRY(subscriber) ready; /* while something waits */
	size_t wait_count, flight, window;
	bool is_ready;
	uint64_t told;           /* the number of the news it was told last */
	uint8_t key_id, key_alg; /* as its own messages had; 0: the site's first */
	const void *site_table;  /* of which `site` was taken */
	struct site *site;       /* referenced; NULL: none has its name now */
};

TAILQ_HEAD(subscriber_list, subscriber);

struct subscriptions;

/* NULL when out of memory. */
struct subscriptions *subscriptions_new(const struct subscription_options *o);
/* No notice may be left. */
void subscriptions_free(struct subscriptions *t);
void subscriptions_lock(struct subscriptions *t);
void subscriptions_unlock(struct subscriptions *t);
/* Live ones. Atomic: without the lock. */
size_t subscriptions_count(const struct subscriptions *t);
/* The same, in one order with their beginnings: who is not counted begins later, and sees what was
 * written before this. */
size_t subscriptions_count_after(struct subscriptions *t);
const struct subscription_options *subscriptions_options(const struct subscriptions *t);

/* ---- under the lock ---- */

/* Find or make. NULL: out of memory. */
struct subscriber *subscriber_get(struct subscriptions *t, struct xtr *xtr);
/* The subscriptions of all xTRs of @who's site count for *@group too, which may have @max (0: any
 * number); NULL: for none. *@group is written here alone. */
void subscriber_charge(struct subscriptions *t, struct subscriber *who, size_t *group, size_t max);
struct subscriber_list *subscriptions_subscribers(struct subscriptions *t);

struct subscription *subscription_find(
	const struct subscriptions *t, const struct subscriber *who, const struct eid *topic);
/* The nonce that the next request about @topic must exceed: the last one that the xTR is known to
 * have, of the subscription or an ended one, or the floor. False: any will do. */
bool subscription_nonce(const struct subscriptions *t, const struct subscriber *who,
	const struct eid *topic, uint64_t *nonce);
/* The most specific live subscription of @who that covers @eid; NULL: none. */
struct subscription *subscription_covering(
	const struct subscriptions *t, const struct subscriber *who, const struct eid *eid);

enum subscription_verdict {
	SUBSCRIPTION_OK,
	SUBSCRIPTION_FULL,       /* a cap or a quota */
	SUBSCRIPTION_GROUP_FULL, /* the quota of the site's group */
	SUBSCRIPTION_NO_MEMORY,
};
/* Make, renew or revive; not temporary. Copies @offer, in place of another that waits. */
enum subscription_verdict subscription_put(struct subscriptions *t, struct subscriber *who,
	const struct eid *topic, const struct offer *offer, struct subscription **out);
/* RFC 9437 section 5: a more-specific prefix of a subscribed one is not to be published any more.
 * As subscription_put, but at once. */
enum subscription_verdict subscription_mute(struct subscriptions *t, struct subscriber *who,
	const struct eid *topic, uint64_t nonce, struct subscription **out);
/* The xTR is to confirm that it wants to hear no more of @offer->about: all of @s, or a part. @s
 * stands until then. False: no memory. */
bool subscription_offer_end(struct subscription *s, const struct offer *offer);
/* The xTR has acknowledged @nonce, with the key that this was told under. True: it stands from now
 * on, or stands anew; then *@behind says that the xTR may have missed publications before. */
bool subscription_agree(struct subscription *s, uint64_t nonce, bool *behind);
/* What waits for its acknowledgement waits in vain. */
void subscription_withdraw_offer(struct subscription *s);
/* A request may come with @nonce: many greater ones are left for what follows. @s: the subscription
 * or ended one that it is about; NULL: none is known. */
bool subscription_leaves_room(const struct subscription *s, uint64_t nonce);
/* The nonce of the next publication (never one that has gone round), and the key that goes with it;
 * NULL: the site's. */
uint64_t subscription_next_nonce(const struct subscription *s);
const struct pubsub_key *subscription_key(const struct subscription *s);
/* That nonce was used. */
void subscription_use_nonce(struct subscription *s, uint64_t nonce);
/* The xTR's own word that it wants no more came with @nonce: remember it, unless it is so far from
 * what is known that it would only keep the xTR out. */
void subscription_note_nonce(struct subscription *s, uint64_t nonce);

/* RFC 9437 section 7.1: "the Map-Server MUST verify that the OTK has not been used before". Takes
 * the One-Time Key that came from @who with @nonce. False: it was used, or that cannot be ruled out
 * any more. */
bool subscriber_take_otk(struct subscriber *who, const struct otk *otk, uint64_t nonce);
/* For the store: the place in the ring of the @i-th (below past_unkept) that is not kept yet; one
 * that was kept. */
size_t subscriber_unkept_otk(const struct subscriber *who, size_t i);
bool subscriber_load_otk(struct subscriber *who, size_t place, uint64_t hash, uint64_t nonce);

/* Its nonce stays for a while. Its notices are the caller's to take away before. */
void subscription_end(struct subscriptions *t, struct subscription *s);
/* ---- what is to be kept in the store: the committer's, under the lock ---- */

#define SUBSCRIPTION_BLOCK 65536 /* nonces that are kept as used at a time */

/* Something of @s has changed; @event: what is to be told of that. */
void subscription_changed(
	struct subscriptions *t, struct subscription *s, enum subscription_event event);
/* How many wait to be kept. Atomic: without the lock. */
size_t subscriptions_unkept(const struct subscriptions *t);
/* Take the next one on its way to the store; NULL: none. */
struct subscription *subscriptions_keep_next(struct subscriptions *t);
/* What was on its way is there, one after the other; NULL: no more. */
struct subscription *subscriptions_kept_next(struct subscriptions *t);
/* One whose nonce is kept no more: false: none. */
bool subscriptions_forgotten_next(struct subscriptions *t, struct xtr **xtr, struct eid *topic);
/* All are to be kept anew. */
void subscriptions_keep_all(struct subscriptions *t);
/* From the store: unless it is known, or there is no room. NULL then. */
struct subscription *subscription_load(struct subscriptions *t, struct subscriber *who,
	const struct eid *topic, const struct pubsub_key *key, bool muted, bool ended);

/* Call @visit for the topics that cover @eid, the most specific first, itself included. */
void subscriptions_covering(const struct subscriptions *t, const struct eid *eid,
	void (*visit)(struct topic *topic, void *arg), void *arg);
/* For those strictly below it. @visit changes no topic. */
void subscriptions_below(const struct subscriptions *t, const struct eid *eid,
	void (*visit)(struct topic *topic, void *arg), void *arg);
/* All topics in order (instance, family, bytes, length), those behind @after only (NULL: all),
 * until @visit returns false. */
void subscriptions_each(const struct subscriptions *t, const struct eid *after,
	bool (*visit)(struct topic *topic, void *arg), void *arg);
/* A temporary subscription whose time is over; NULL: none. */
struct subscription *subscriptions_due(const struct subscriptions *t, struct mono now);
/* Make it temporary from @now on, or for good. */
void subscription_expire(
	struct subscriptions *t, struct subscription *s, bool temporary, struct mono now);

#endif
