/* keeping: subscriptions in the store (RFC 9437 section 5: nonces SHOULD be kept), so that what
 * changes after a restart reaches those who subscribed before it.
 *
 * What has changed of them waits in the table of subscriptions, and is written in one transaction
 * for many; what is to be accepted is accepted after that, and what is to be told (events) is told.
 * A publication uses a nonce of a block that is kept as used, so that it need not wait. The
 * committer's thread only. */
#ifndef SUNWARD_MAPSERVER_KEEPING_H
#define SUNWARD_MAPSERVER_KEEPING_H

#include "mapserver/durable.h"
#include "mapserver/subscription.h"

struct keeping_hooks {
	/* Room for a datagram more is needed in the outbox. May be NULL. */
	void (*make_room)(void *arg, struct outbox *out);
	/* @event of @who about @topic. Under the lock of the subscriptions. May be NULL. */
	void (*event)(void *arg, enum subscription_event event, const struct eid *topic,
		const struct xtr *who);
	void *arg;
};

/* A slice. False: nothing waits any more. */
bool keeping_run(struct durable *d, struct server_thread *t, const struct keeping_hooks *hooks,
	struct mono now, struct outbox *out);
/* Take in what @store holds; once the owners are known (recovery_begin). 0 or -errno. */
int keeping_load(struct durable *d, struct server_thread *t, struct store *store, struct mono now);

#endif
