/* See move_log.h. */
#include "xtr/move_log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"

struct record {
	struct eid_node node; /* while under way */
	TAILQ_ENTRY(record) link;
	struct router_move move;
	bool taken_over;
	uint64_t waiting;               /* packets held now */
	enum router_move_result result; /* it has ended, and what was held still goes */
};

TAILQ_HEAD(records, record);

struct move_log {
	struct env *env;
	struct eid_table *open;
	struct records under_way; /* the oldest first */
	struct records ended;     /* the latest first */
	unsigned int ended_count;
	bool telling; /* an event of our own is on its way */
};

static struct record *find(const struct move_log *log, const struct eid *eid)
{
	return log ? eid_table_entry(eid_table_find(log->open, eid), struct record, node) : NULL;
}

static void tell(struct move_log *log, enum router_event_type type, const struct record *r)
{
	const struct router_move *m = &r->move;
	struct router_event e = {.type = type,
		.eid = m->eid,
		.rloc = m->peer,
		.seq = m->seq,
		.move = m->move,
		.reason = m->reason,
		.deadline_ms = m->deadline_ms,
		.ms = (uint32_t)mono_since_ms(m->began, log->env->now),
		.moving = m};

	log->telling = true;
	env_event(log->env, &e);
	log->telling = false;
}

/* ---- beginning and end ---- */

static void forget_oldest(struct move_log *log)
{
	struct record *r = TAILQ_LAST(&log->ended, records);

	TAILQ_REMOVE(&log->ended, r, link);
	log->ended_count--;
	free(r);
}

/* What the data plane has sent on since the cut. */
static void count_redirected(struct move_log *log, struct record *r)
{
	struct datapath *dp = log->env->datapath;

	if (r->move.side == ROUTER_MOVE_SOURCE && r->move.at[ROUTER_STEP_CUT].ns != MONO_NEVER.ns)
		r->move.redirected += dp->used(dp, &r->move.eid);
}

static void finish(struct move_log *log, struct record *r)
{
	count_redirected(log, r);
	r->move.result = r->result;
	eid_table_remove(log->open, &r->node);
	TAILQ_REMOVE(&log->under_way, r, link);
	TAILQ_INSERT_HEAD(&log->ended, r, link);
	if (++log->ended_count > MOVE_LOG_KEPT)
		forget_oldest(log);
	tell(log, ROUTER_MOVE_FINISHED, r);
}

/* It is counted to its end once all that was held has gone. */
static void end(struct move_log *log, struct record *r, enum router_move_result result)
{
	if (r->result)
		return;
	if (result == ROUTER_RESULT_MOVED && r->taken_over)
		result = ROUTER_RESULT_TAKEN_OVER;
	r->result = result;
	r->move.ended = log->env->now;
	if (!r->waiting)
		finish(log, r);
}

static bool did(const struct record *r, enum router_move_step step)
{
	return r->move.at[step].ns != MONO_NEVER.ns;
}

/* By what is known of it. */
static void close_open(struct move_log *log, struct record *r)
{
	r->waiting = 0;
	if (r->result)
		finish(log, r);
	else
		end(log, r,
			did(r, ROUTER_STEP_RESUMED) ? ROUTER_RESULT_MOVED : ROUTER_RESULT_ABORTED);
}

static struct record *add(struct move_log *log, const struct eid *eid, enum router_move_side side)
{
	struct record *r;

	if (eid_table_count(log->open) >= MOVE_LOG_OPEN)
		close_open(log, TAILQ_FIRST(&log->under_way));
	r = calloc(1, sizeof(*r));
	if (r)
		r->node.eid = *eid;
	if (!r || eid_table_insert(log->open, &r->node) < 0) {
		free(r);
		env_count(log->env, XTR_NO_MEMORY);
		return NULL;
	}
	r->move.eid = *eid;
	r->move.side = side;
	r->move.began = log->env->now;
	r->move.ended = MONO_NEVER;
	for (unsigned int i = 0; i < ROUTER_STEPS; i++)
		r->move.at[i] = MONO_NEVER;
	TAILQ_INSERT_TAIL(&log->under_way, r, link);
	return r;
}

static void learn(struct record *r, const struct move_log_why *why)
{
	if (why->move)
		r->move.move = why->move;
	if (why->reason)
		r->move.reason = why->reason;
	if (why->deadline_ms)
		r->move.deadline_ms = why->deadline_ms;
}

void move_log_begin(struct move_log *log, const struct eid *eid, enum router_move_side side,
	const struct move_log_why *why)
{
	struct record *r = find(log, eid);

	if (!log)
		return;
	if (r && (r->result || r->move.side != side || did(r, ROUTER_STEP_RESUMED))) {
		close_open(log, r); /* the next one has begun before its end was heard of */
		r = NULL;
	}
	if (r) {
		learn(r, why);
		return;
	}
	r = add(log, eid, side);
	if (!r)
		return;
	learn(r, why);
	tell(log, ROUTER_MOVE_STARTED, r);
}

/* ---- steps ---- */

static void note(struct move_log *log, struct record *r, enum router_move_step step)
{
	if (!did(r, step))
		r->move.at[step] = log->env->now;
}

void move_log_step(struct move_log *log, const struct eid *eid, enum router_move_step step)
{
	struct record *r = find(log, eid);

	if (!r)
		return;
	if (step == ROUTER_STEP_CUT && !did(r, step) && r->move.side == ROUTER_MOVE_SOURCE)
		log->env->datapath->used(log->env->datapath, eid); /* counted from here on */
	note(log, r, step);
}

void move_log_taken_over(struct move_log *log, const struct eid *eid)
{
	static const struct move_log_why none;
	struct record *r;

	move_log_begin(log, eid, ROUTER_MOVE_DESTINATION, &none);
	r = find(log, eid);
	if (r)
		r->taken_over = true;
}

void move_log_abort(struct move_log *log, const struct eid *eid)
{
	struct record *r = find(log, eid);

	if (r && !did(r, ROUTER_STEP_RESUMED))
		end(log, r, ROUTER_RESULT_ABORTED);
}

void move_log_held(struct move_log *log, const struct eid *eid, bool tail)
{
	struct record *r = find(log, eid);

	if (!r)
		return;
	r->waiting++;
	if (tail)
		r->move.tail++;
	else
		r->move.held++;
}

void move_log_gone(struct move_log *log, const struct eid *eid)
{
	struct record *r = find(log, eid);

	if (!r || !r->waiting || --r->waiting || !r->result)
		return;
	finish(log, r);
}

void move_log_released(struct move_log *log, const struct eid *eid, uint64_t ms, bool onward)
{
	struct record *r = find(log, eid);

	if (!r)
		return;
	if (ms > r->move.longest_hold_ms)
		r->move.longest_hold_ms = (uint32_t)ms;
	/* At the source the data plane counts them when they come by. */
	if (onward && r->move.side == ROUTER_MOVE_DESTINATION && !did(r, ROUTER_STEP_RESUMED))
		r->move.redirected++;
}

void move_log_kept(struct move_log *log, const struct eid *eid)
{
	struct record *r = log ? find(log, eid) : NULL;

	if (r && !r->result)
		end(log, r, ROUTER_RESULT_MOVED);
}

void move_log_settled(struct move_log *log, const struct eid *eid)
{
	struct record *r;

	if (!log)
		return;
	TAILQ_FOREACH (r, &log->ended, link)
		if (r->move.side == ROUTER_MOVE_SOURCE && eid_equal(&r->move.eid, eid)) {
			note(log, r, ROUTER_STEP_SETTLED);
			return;
		}
}

/* ---- what watchers are told ---- */

/* An agent that goes on saying so tells of no other move. */
static bool was_refused(const struct move_log *log, const struct eid *eid)
{
	const struct record *r;

	TAILQ_FOREACH (r, &log->ended, link)
		if (eid_equal(&r->move.eid, eid))
			return r->move.result == ROUTER_RESULT_REFUSED;
	return false;
}

static void take_move_event(struct move_log *log, const struct router_event *e)
{
	const struct move_log_why why = {e->move, e->reason, e->deadline_ms};
	struct record *r;

	if (e->type == ROUTER_MOVE_PREPARED)
		move_log_begin(log, &e->eid, ROUTER_MOVE_DESTINATION, &why);
	else if (e->type == ROUTER_MOVE_PAUSED)
		move_log_begin(log, &e->eid, ROUTER_MOVE_SOURCE, &why);
	else if (!find(log, &e->eid) && e->rloc.afi != AFI_NONE && /* nobody had announced it */
		 e->type != ROUTER_MOVE_ABORTED &&
		 !(e->type == ROUTER_MOVE_REFUSED && was_refused(log, &e->eid)))
		move_log_begin(log, &e->eid, ROUTER_MOVE_DESTINATION, &why);
	r = find(log, &e->eid);
	if (!r || r->result)
		return;
	learn(r, &why);
	if (e->seq)
		r->move.seq = e->seq;
	if (e->rloc.afi != AFI_NONE)
		r->move.peer = e->rloc;
	if (e->type == ROUTER_MOVE_PREPARED)
		note(log, r, ROUTER_STEP_PREPARED);
	else if (e->type == ROUTER_MOVE_PAUSED)
		note(log, r, ROUTER_STEP_PAUSED);
	else if (e->type == ROUTER_MOVE_RESUMED)
		note(log, r, ROUTER_STEP_RESUMED);
	else
		end(log, r,
			e->type == ROUTER_MOVE_REFUSED ? ROUTER_RESULT_REFUSED
						       : ROUTER_RESULT_ABORTED);
}

/* Who owns the EID has been decided. */
static void take_owner_event(struct move_log *log, const struct router_event *e)
{
	struct record *r = find(log, &e->eid);
	bool away = e->type == ROUTER_HOST_AWAY;

	if (!r || r->result)
		return;
	/* That the Map-Server grants to the source what it had is no end: only a guest that has
	 * come to another hypervisor of its site. */
	if (away ? r->move.side != ROUTER_MOVE_SOURCE : !did(r, ROUTER_STEP_RESUMED))
		return;
	if (e->seq)
		r->move.seq = e->seq;
	if (away && e->rloc.afi != AFI_NONE)
		r->move.peer = e->rloc;
	note(log, r, ROUTER_STEP_RESUMED); /* it has, though that was not heard before */
	note(log, r, ROUTER_STEP_CLAIMED);
	end(log, r, ROUTER_RESULT_MOVED);
}

void move_log_event(struct move_log *log, const struct router_event *e)
{
	if (log->telling)
		return;
	switch (e->type) {
	case ROUTER_MOVE_PREPARED:
	case ROUTER_MOVE_PAUSED:
	case ROUTER_MOVE_RESUMED:
	case ROUTER_MOVE_ABORTED:
	case ROUTER_MOVE_REFUSED:
		take_move_event(log, e);
		return;
	case ROUTER_HOST_OWNED:
	case ROUTER_HOST_AWAY:
		take_owner_event(log, e);
		return;
	default:
		return;
	}
}

void move_log_each(const struct move_log *log,
	bool (*visit)(const struct router_move *m, void *arg), void *arg)
{
	const struct record *r;

	TAILQ_FOREACH_REVERSE(r, &log->under_way, records, link)
	if (!visit(&r->move, arg))
		return;
	TAILQ_FOREACH (r, &log->ended, link)
		if (!visit(&r->move, arg))
			return;
}

/* ---- start ---- */

struct move_log *move_log_new(struct env *env)
{
	struct move_log *log = calloc(1, sizeof(*log));

	if (!log)
		return NULL;
	log->env = env;
	TAILQ_INIT(&log->under_way);
	TAILQ_INIT(&log->ended);
	log->open = eid_table_new(env->secret);
	if (log->open)
		return log;
	free(log);
	return NULL;
}

void move_log_free(struct move_log *log)
{
	struct record *r;

	if (!log)
		return;
	while ((r = TAILQ_FIRST(&log->under_way))) {
		eid_table_remove(log->open, &r->node);
		TAILQ_REMOVE(&log->under_way, r, link);
		free(r);
	}
	while (log->ended_count)
		forget_oldest(log);
	eid_table_free(log->open);
	free(log);
}
