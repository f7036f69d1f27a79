/* notice: what one xTR has to be told of one EID: waiting for its turn, or under way and waiting
 * for its acknowledgement. The queues of publish; knows no message, and nobody but subscribers.
 * Under the lock of the subscriptions. */
#ifndef SUNWARD_MAPSERVER_NOTICE_H
#define SUNWARD_MAPSERVER_NOTICE_H

#include "mapserver/subscription.h"

#define NOTICE_FIRST_WAITS 6 /* by the xTR's round trip: 100 ms to 3.2 s */
#define NOTICE_LATER_WAITS                                                                         \
	6 /* RFC 9301 section 5.7: 3 s, 3 s, then doubling; and the last wait                      \
	   */
#define NOTICE_STAGES    (NOTICE_FIRST_WAITS + NOTICE_LATER_WAITS)
#define NOTICE_SENDS_MAX (NOTICE_LATER_WAITS + 1) /* transmissions, the first included */

enum notice_flag {
	NOTICE_COVER = 1,  /* the EID is a subscribed prefix: what covers it is told in its name */
	NOTICE_ACCEPT = 2, /* it accepts the subscription, which has one at most; beside others */
	NOTICE_FLIGHT = 4, /* sent, not acknowledged */
	NOTICE_LOOSE = 8,  /* in no queue */
};

struct notice {
	TAILQ_ENTRY(notice) queue; /* of its xTR while it waits, else of its stage */
	LIST_ENTRY(notice) of_subscription;
	struct notice *next_nonce; /* while under way */
	struct notice *next_key;
	struct subscription *s;
	struct eid eid;
	uint64_t nonce;
	uint64_t sent_ns, due_ns;
	uint8_t stage, sends, flags;
};

TAILQ_HEAD(notice_list, notice);

struct notices {
	size_t mask;
	struct notice **by_nonce, **by_key;
	struct notice_list stages[NOTICE_STAGES]; /* each in order of due_ns */
	TAILQ_HEAD(, subscriber) ready;           /* something waits, and the window has room */
	size_t waiting, flight;
};

/* 0 or -ENOMEM. @max: about how many there will be at a time. */
int notices_init(struct notices *n, size_t max);
/* All that are left belong to subscriptions that are ended before. */
void notices_fini(struct notices *n);

/* Queue one; one that waits already stays, one under way begins anew. False: out of memory. */
bool notice_queue(
	struct notices *n, struct subscription *s, const struct eid *eid, unsigned int flags);
/* One that is to be sent at once, and begins anew; not queued (notice_sent follows). NULL: out of
 * memory. */
struct notice *notice_begin(
	struct notices *n, struct subscription *s, const struct eid *eid, unsigned int flags);
void notice_free(struct notices *n, struct notice *x);

/* The xTR whose turn it is, and the notice that has waited longest for it; NULL: none. */
struct notice *notices_turn(struct notices *n);
/* @x was sent just now under @nonce: the first time, or again. */
void notice_sent(struct notices *n, struct notice *x, uint64_t nonce, struct mono now);
/* Under way, and its time is over; NULL: none. */
struct notice *notices_due(struct notices *n, struct mono now);
struct mono notices_next(const struct notices *n);
/* The first one under way with @nonce, or the one after @after; NULL: none. */
struct notice *notices_by_nonce(
	const struct notices *n, uint64_t nonce, const struct notice *after);
/* It was acknowledged: its xTR may be sent more at a time. */
void notice_acknowledged(struct notices *n, struct notice *x, struct mono now);

#endif
