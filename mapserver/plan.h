/* plan: what a job comes to: changes made ready, or a refusal. Decides, and publishes nothing:
 * until the group is published no reader sees any of it. */
#ifndef SUNWARD_MAPSERVER_PLAN_H
#define SUNWARD_MAPSERVER_PLAN_H

#include "mapserver/job.h"
#include "mapserver/registry.h"

#define PLAN_CHANGES 4096
#define STAGED_MAX   8192  /* EIDs of a group */
#define STAGED_SLOTS 32768 /* a power of two, some times as many */

/* The changes of a group of jobs. */
struct plan {
	struct server_thread *t;
	struct change changes[PLAN_CHANGES];
	unsigned int count;
	uint64_t group; /* which of all groups; not 0 */
	/* The EIDs of changes and of move messages: their hashes, found by themselves. */
	unsigned int staged_count;
	uint64_t staged[STAGED_SLOTS];
	uint16_t staged_slots[STAGED_MAX]; /* which are in use */
	/* Told of what is not followed; @now is what stays. May be NULL. */
	void (*refused)(void *arg, const char *reason, const struct eid *eid, uint64_t seq,
		const struct mapping *now);
	void *arg;
};

/* Some change, or an answer that is to tell what stands, concerns @eid; sometimes true when none
 * does. */
bool plan_touches(const struct plan *p, const struct eid *eid);
/* For one more message, whatever it holds. */
bool plan_has_room(const struct plan *p);
/* An empty group: its changes are published, or were given up. */
void plan_clear(struct plan *p);

/* Each needs room for LISP_RECORDS_MAX changes, and that the plan touches none of the job's EIDs.
 * They set job->accepted and job->changes. */
void plan_register(struct plan *p, struct job *j, struct mono now);
void plan_move(struct plan *p, struct job *j, struct mono now);
/* The EIDs of which some xTR's part was not refreshed in time. Needs an empty plan. */
void plan_parts_due(struct plan *p, struct mono now);
/* The operator's; returns the job's result, and sets job->seq. */
enum job_result plan_static(struct plan *p, struct job *j, struct mono now);

#endif
