/* move_log: the moves of guests as this xTR saw them: what happened when, what it cost, and how it
 * ended; those under way, and the last that have ended.
 *
 * It watches and decides nothing: most of what it knows comes from the events that watchers get.
 * Bounded: when there is no room a move is not watched, and goes on. */
#ifndef SUNWARD_XTR_MOVE_LOG_H
#define SUNWARD_XTR_MOVE_LOG_H

#include "xtr/env.h"

#define MOVE_LOG_OPEN 16384 /* under way */
#define MOVE_LOG_KEPT 256   /* that have ended */

struct move_log;

/* What is known of a move when it begins. */
struct move_log_why {
	uint64_t move;
	uint8_t reason;
	uint32_t deadline_ms;
};

/* @env outlives it. NULL when out of memory. */
struct move_log *move_log_new(struct env *env);
void move_log_free(struct move_log *log);

/* Of an EID without a move that is under way nothing is noted by any of these but the first.
 * @log may be NULL in all of them. */

/* A move begins here, or more of it is known. */
void move_log_begin(struct move_log *log, const struct eid *eid, enum router_move_side side,
	const struct move_log_why *why);
/* A step that has no event; the first time counts. */
void move_log_step(struct move_log *log, const struct eid *eid, enum router_move_step step);
/* Its owner said nothing, and it is taken from there. */
void move_log_taken_over(struct move_log *log, const struct eid *eid);
/* It comes to nothing, and no event says so. */
void move_log_abort(struct move_log *log, const struct eid *eid);
/* A packet was held, of the tail or not; is let go after @ms, to where the guest was waited for
 * (@onward) or not; and waits no longer, wherever it went. */
void move_log_held(struct move_log *log, const struct eid *eid, bool tail);
void move_log_released(struct move_log *log, const struct eid *eid, uint64_t ms, bool onward);
void move_log_gone(struct move_log *log, const struct eid *eid);
/* It runs at another hypervisor of this site, and was registered here all the time. */
void move_log_kept(struct move_log *log, const struct eid *eid);
/* Nobody keeps it in mind any more, here or as away. */
void move_log_settled(struct move_log *log, const struct eid *eid);

/* Those under way, then those that have ended, the latest first. @visit returns false to stop. */
void move_log_each(const struct move_log *log,
	bool (*visit)(const struct router_move *m, void *arg), void *arg);

#endif
