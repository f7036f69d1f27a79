/* subscription: which EID-prefixes the Map-Servers tell us the changes of (RFC 9437), and the
 * nonces that go with them.
 *
 * It sends nothing and knows no mapping: resolution asks, remote takes what is published. Nonces of
 * prefixes that have none yet begin above all that were used before, also by an earlier run of this
 * xTR (docs/decisions/pubsub.md). */
#ifndef SUNWARD_XTR_SUBSCRIPTION_H
#define SUNWARD_XTR_SUBSCRIPTION_H

#include "xtr/env.h"

struct subscription;

struct subscription_listener {
	/* Tell the Map-Server that we want to hear no more of @eid. */
	void (*leave)(void *arg, const struct eid *eid, uint64_t nonce);
	void *arg;
};

struct subscription *subscription_new(
	struct env *env, const struct subscription_listener *listener);
void subscription_free(struct subscription *s);

/* Requests shall have the N bit: the policy says so, and no Map-Server refused it lately. */
bool subscription_wanted(const struct subscription *s);
/* A Map-Server has refused: leave it alone for a while. */
void subscription_refused(struct subscription *s);
/* The nonce of a request for @eid: one more than that of the subscription that covers it, else a
 * fresh one. */
uint64_t subscription_nonce(struct subscription *s, const struct eid *eid);
/* One above whatever was lost on the way: for the second try (RFC 9437's nonces can lock out an xTR
 * that missed publications). */
uint64_t subscription_fresh(struct subscription *s);

/* The Map-Server accepted: changes of @eid and all below it will be told, under nonces above
 * @nonce. */
void subscription_begin(struct subscription *s, const struct eid *eid, uint64_t nonce);

enum subscription_news {
	SUBSCRIPTION_NONE,    /* no publication of ours */
	SUBSCRIPTION_NEW,     /* its nonce is the saved one now */
	SUBSCRIPTION_AGAIN,   /* the saved nonce: only to be acknowledged once more */
	SUBSCRIPTION_OLD,     /* below it: a replay */
	SUBSCRIPTION_LEAVING, /* the Map-Server knows that we want no more */
};
/* An authentic Map-Notify about @eid with @nonce: what is it? Changes nothing. */
enum subscription_news subscription_judge(
	const struct subscription *s, const struct eid *eid, uint64_t nonce);
/* It was SUBSCRIPTION_NEW. */
void subscription_save(struct subscription *s, const struct eid *eid, uint64_t nonce);
/* The Map-Server has ended the one that covers @eid, or knows that we have. */
void subscription_ended(struct subscription *s, const struct eid *eid);

/* The mapping of @eid is not cached any more: if that is a subscription, end it. */
void subscription_leave(struct subscription *s, const struct eid *eid);
bool subscription_covers(const struct subscription *s, const struct eid *eid);
size_t subscription_count(const struct subscription *s);

#endif
