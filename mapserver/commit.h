/* commit: the one writer. Jobs in; changes committed, then published, then acknowledged, then told
 * to the previous owner, in this order. Pure but for the store that it is given; runs on one
 * thread, under RCU.
 *
 * Jobs are grouped: one transaction for many. Two jobs about one EID never stand in one group, so
 * that each decision sees what the one before it did. */
#ifndef SUNWARD_MAPSERVER_COMMIT_H
#define SUNWARD_MAPSERVER_COMMIT_H

#include "mapserver/durable.h"
#include "mapserver/job.h"

enum commit_event_kind {
	EVENT_REGISTERED = CHANGE_REGISTERED,
	EVENT_CHANGED = CHANGE_CHANGED,
	EVENT_MOVED = CHANGE_MOVED,
	EVENT_WITHDRAWN = CHANGE_WITHDRAWN,
	EVENT_EXPIRED = CHANGE_EXPIRED,
	EVENT_REFUSED,
};

/* Borrowed during the call. */
struct commit_event {
	enum commit_event_kind kind;
	const char *reason; /* see docs/api.md */
	const struct eid *eid;
	uint64_t seq;
	const struct mapping *now;      /* NULL: none */
	const struct mapping *previous; /* NULL: none, or the same */
};

struct commit_hooks {
	/* Send and clear the outbox: it is half full. May be NULL. */
	void (*send)(void *arg, struct outbox *out);
	/* May be NULL. */
	void (*event)(void *arg, const struct commit_event *event);
	/* A PUT or DELETE was followed, or not: see its result; it is the caller's again. May be
	 * NULL. */
	void (*done)(struct job *job);
	void *arg;
};

struct commit;

/* @t: the committer's own; @store: tables as commit_tables, or NULL for none. NULL when out of
 * memory. */
struct commit *commit_new(
	struct server_thread *t, struct store *store, const struct commit_hooks *hooks);
void commit_free(struct commit *c);

/* Follow a list of jobs, in order. */
void commit_run(struct commit *c, struct job *list, struct mono now, struct outbox *out);
/* Expiry, tombstones; and once a second the nonces of refreshes. To be called every 100 ms or so.
 */
void commit_tick(struct commit *c, struct mono now, struct outbox *out);
/* As durable_healthy. Any thread. */
bool commit_durable(const struct commit *c);

#endif
