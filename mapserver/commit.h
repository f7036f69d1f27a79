/* commit: the one writer. Jobs in; changes committed, then published, then acknowledged, then told
 * to the previous owner, in this order. Pure but for the store that it is given; runs on one
 * thread, under RCU.
 *
 * Jobs are grouped: one transaction for many. Two jobs about one EID never stand in one group, so
 * that each decision sees what the one before it did. */
#ifndef SUNWARD_MAPSERVER_COMMIT_H
#define SUNWARD_MAPSERVER_COMMIT_H

#include "lib/store/store.h"
#include "mapserver/server.h"

enum job_kind {
	JOB_MESSAGE, /* an authenticated Map-Register or move message, to be followed */
	JOB_PUT,     /* a static mapping: the operator's */
	JOB_DELETE,  /* take a mapping away: the operator's */
};

enum job_result {
	JOB_WAITS,
	JOB_CREATED,
	JOB_REPLACED,
	JOB_DELETED,
	JOB_NOT_FOUND,
	JOB_EXISTS,
	JOB_SEQ_DIFFERS,
	JOB_NO_MEMORY,
};

struct job {
	struct job *next;
	enum job_kind kind;
	/* PUT and DELETE */
	struct eid eid;
	uint32_t ttl_min;
	enum lisp_act act;
	struct locators locators;
	bool only_new; /* PUT: fails where something is */
	bool only_seq; /* fails unless the mapping has if_seq */
	uint64_t if_seq;
	enum job_result result;
	uint64_t seq;
	void *committer; /* for the hook `done` */
	void *arg;
	/* MESSAGE; freed by the committer */
	struct endpoint peer;
	struct address local;
	struct replay_entry *replay; /* its nonce is committed with the change; NULL: none */
	struct xtr *xtr;
	unsigned int changes; /* internal: how many it has in the group */
	bool accepted;        /* internal */
	size_t len;
	uint8_t bytes[];
};

/* A JOB_MESSAGE with a copy of @d. NULL when out of memory. */
struct job *job_new(const struct datagram *d, struct replay_entry *replay, struct xtr *xtr);
/* A zeroed PUT or DELETE. */
struct job *job_new_static(enum job_kind kind, const struct eid *eid);
void job_free(struct job *j);

/* Tables of the store, in its list's order. */
enum { COMMIT_TABLE_NONCES, COMMIT_TABLE_STATE };
extern const char *const commit_tables[];

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

/* Reserve a block of sequence numbers in the store and take in the nonces; before the threads
 * start. @seq_floor: for registry_options. 0 or -errno, with the reason in @why. */
int commit_recover_floor(struct store *store, uint64_t *seq_floor, char *why, size_t why_size);
int commit_recover_nonces(struct store *store, struct replay *replay, char *why, size_t why_size);

/* Follow a list of jobs, in order. */
void commit_run(struct commit *c, struct job *list, struct mono now, struct outbox *out);
/* Expiry, tombstones; and once a second the nonces of refreshes. To be called every 100 ms or so.
 */
void commit_tick(struct commit *c, struct mono now, struct outbox *out);
/* The store took all that it was given; else the reason of the last failure. Any thread. */
bool commit_durable(const struct commit *c);

#endif
