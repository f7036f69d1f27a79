/* commit: the one writer. Jobs in; changes committed, then published (in memory, and as news to the
 * publisher), then acknowledged, then told to the previous owner, in this order. Pure but for the
 * store that it is given; runs on one thread, under RCU.
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
	/* No change of the mapping: */
	EVENT_FLAPPING,
	EVENT_SETTLED,
	EVENT_SUBSCRIBED, /* in the order of enum subscription_event */
	EVENT_UNSUBSCRIBED,
	EVENT_DROPPED,
	EVENT_LAPSED,
	EVENT_KINDS,
};

/* Borrowed during the call. */
struct commit_event {
	enum commit_event_kind kind;
	const char *reason; /* see docs/api.md */
	const struct eid *eid;
	uint64_t seq;
	const struct mapping *now;      /* NULL: none */
	const struct mapping *previous; /* NULL: none, or the same */
	const struct xtr *subscriber;   /* of the last four; else NULL */
	const struct moves_why *why;    /* MOVED, where a PREPARE came before; else NULL */
};

struct commit_hooks {
	/* Send and clear the outbox: it is half full. May be NULL. */
	void (*send)(void *arg, struct outbox *out);
	/* May be NULL. */
	void (*event)(void *arg, const struct commit_event *event);
	/* A PUT or DELETE was followed, or not: see its result; it is the caller's again. May be
	 * NULL. */
	void (*done)(struct job *job);
	/* What time it is in the midst of a group, to say how long its commit took. May be NULL:
	 * no time passes. */
	struct mono (*clock)(void *arg);
	void *arg;
};

struct commit;

/* @t: the committer's own. Keeps nothing until commit_recover. NULL when out of memory. */
struct commit *commit_new(struct server_thread *t, const struct commit_hooks *hooks);
/* Saves what waits; the store stays open. */
void commit_free(struct commit *c);
/* The same without saving: as if killed (tests). */
void commit_drop(struct commit *c);
/* From here on keep what changes in @store (tables: stored_tables), and begin to take in what it
 * holds: at the start, before others use the server; or later, when a store is there at last. 0 or
 * -errno, with the reason in @why. */
int commit_recover(
	struct commit *c, struct store *store, struct mono now, char *why, size_t why_size);
/* What Unix time it is; before each of the calls below, as far as it matters. */
void commit_clock(struct commit *c, uint64_t wall_s);

/* Follow a list of jobs, in order. */
void commit_run(struct commit *c, struct job *list, struct mono now, struct outbox *out);
/* Expiry, tombstones; and once a second the nonces of refreshes. To be called every 100 ms or so.
 */
void commit_tick(struct commit *c, struct mono now, struct outbox *out);
/* A slice of what is to be done besides; false: nothing, and the caller may rest. */
bool commit_work(struct commit *c, struct mono now);
/* As durable_partial. Any thread. */
bool commit_partial(const struct commit *c);
/* As durable_whole_wall_s. Any thread. */
uint64_t commit_whole_wall_s(const struct commit *c);
/* As durable_unreadable. Any thread. */
uint64_t commit_unreadable(const struct commit *c);
/* As durable_healthy. Any thread. */
bool commit_durable(const struct commit *c);

#endif
