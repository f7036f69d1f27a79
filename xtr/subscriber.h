/* subscriber: which EID-prefixes the Map-Servers tell us the changes of (RFC 9437), and the
 * nonces that go with them.
 *
 * It sends nothing and knows no mapping: resolution asks, remote takes what is published. Nonces of
 * prefixes that have none yet begin above all that were used before, also by an earlier run of this
 * xTR (docs/decisions/pubsub.md). */
#ifndef SUNWARD_XTR_SUBSCRIBER_H
#define SUNWARD_XTR_SUBSCRIBER_H

#include "xtr/env.h"

struct subscriber;

struct subscriber_listener {
	/* Tell the Map-Server that we want to hear no more of @eid. *@key, that of the
	 * subscription or none, is replaced by that of the request. */
	void (*leave)(void *arg, const struct eid *eid, uint64_t nonce, struct pubsub_key *key);
	void *arg;
};

struct subscriber *subscriber_new(struct env *env, const struct subscriber_listener *listener);
void subscriber_free(struct subscriber *s);

/* Requests shall have the N bit: the policy says so, and no Map-Server refused it lately. */
bool subscriber_wanted(const struct subscriber *s);
/* A Map-Server has refused: leave it alone for a while. */
void subscriber_refused(struct subscriber *s);
/* The nonce of a request for @eid: one more than that of the subscription that covers it, else a
 * fresh one. */
uint64_t subscriber_nonce(struct subscriber *s, const struct eid *eid);
/* One above whatever was lost on the way: for the second try (RFC 9437's nonces can lock out an xTR
 * that missed publications). */
uint64_t subscriber_fresh(struct subscriber *s);

/* The Map-Server @server accepted: changes of @eid and all below it will be told, under nonces
 * above
 * @nonce and made with @key (none: the key that we share with @server). Each Map-Server counts for
 * itself; of two that have accepted one prefix the later counts.
 */
void subscriber_begin(struct subscriber *s, const struct eid *eid, uint64_t nonce,
	const struct address *server, const struct pubsub_key *key);

enum subscriber_news {
	SUBSCRIBER_NONE,    /* no publication of ours */
	SUBSCRIBER_NEW,     /* its nonce is the saved one now */
	SUBSCRIBER_AGAIN,   /* the saved nonce: only to be acknowledged once more */
	SUBSCRIBER_OLD,     /* below it: a replay */
	SUBSCRIBER_LEAVING, /* the Map-Server knows that we want no more */
	SUBSCRIBER_AHEAD,   /* the same, if it says so: its nonces are ahead of ours */
	SUBSCRIBER_FOREIGN, /* of a subscription that another Map-Server's has replaced */
};
/* An authentic Map-Notify of @server about @eid with @nonce: what is it? Changes nothing. */
enum subscriber_news subscriber_judge(const struct subscriber *s, const struct eid *eid,
	uint64_t nonce, const struct address *server);
/* The key of what @server tells of @eid; none: the one that we share with it. */
void subscriber_key(const struct subscriber *s, const struct eid *eid, const struct address *server,
	struct pubsub_key *key);
/* While we leave @eid: the key of the request that said so, which may be that of the answer. */
void subscriber_leaving_key(const struct subscriber *s, const struct eid *eid,
	const struct address *server, struct pubsub_key *key);
/* It was SUBSCRIBER_NEW. */
void subscriber_save(
	struct subscriber *s, const struct eid *eid, uint64_t nonce, const struct address *server);
/* @server has ended the one that covers @eid, or knows that we have. */
void subscriber_ended(struct subscriber *s, const struct eid *eid, const struct address *server);

/* The mapping of @eid is not cached any more: if that is a subscription, end it. */
void subscriber_leave(struct subscriber *s, const struct eid *eid);
/* Whose word counts for just @eid. False: we have not subscribed to it. */
bool subscriber_server(const struct subscriber *s, const struct eid *eid, struct address *server);
bool subscriber_covers(const struct subscriber *s, const struct eid *eid);
size_t subscriber_count(const struct subscriber *s);

#endif
