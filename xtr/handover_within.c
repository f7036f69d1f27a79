/* handover_within: a guest has moved from one hypervisor of this site to another. What is held for
 * it would go to where the campus has it, and be lost, as long as that is its old place: it waits
 * until the campus says otherwise, but not for long, since the RBridge may be away, or slow to say
 * what it does already. See handover_passage.h and docs/decisions/campus.md. */
#include "xtr/handover_passage.h"

static bool where(const struct passage *p, uint16_t *place)
{
	return campus_where(passage_router(p)->campus, &p->node.eid, place);
}

void within_leave(struct passage *p)
{
	p->has_place = where(p, &p->place);
	p->place_left = false;
}

void within_stop(struct passage *p)
{
	uint16_t place;

	if (!where(p, &place))
		return; /* taken back already */
	p->has_place = true;
	p->place = place;
	p->place_left = false;
}

void within_overtaken(struct passage *p)
{
	p->overtaken = true;
	passage_tail_begin(p);
}

/* Where nothing was said until the stop, what was said since then is late word of the old place:
 * the new one's is told to us by its agent at the same time as to its RBridge. Of its old RBridge
 * that has said that it left, and says that it is there again, it is at another port. */
static bool is_behind(const struct passage *p)
{
	uint16_t place;

	return where(p, &place) && (!p->has_place || (place == p->place && !p->place_left));
}

bool within_waits(const struct passage *p)
{
	return timer_is_set(&p->within);
}

static void let_go(struct passage *p)
{
	p->has_place = false;
	departure_abort(p, false);
	if (p->word == HANDOVER_LEAVING)
		passage_leaves(p, true);
}

void within_run(struct passage *p)
{
	struct env *env = p->room->env;
	uint32_t ms = env->policy.campus.move_wait_ms;
	bool waits = ms && is_behind(p);

	p->overtaken = false;
	if (!waits && p->phase == PHASE_HERE) {
		passage_here(p);
		return;
	}
	if (!waits) {
		let_go(p);
		return;
	}
	if (p->phase == PHASE_HERE)
		departure_hold(p);
	passage_stop_leaving(p);
	timer_set(&env->timers, &p->within, mono_add_ms(env->now, ms));
}

void within_end(struct passage *p)
{
	if (within_waits(p))
		let_go(p);
}

void handover_placed(struct handover_room *room, const struct eid *host)
{
	struct passage *p = passage_find(room, host);
	uint16_t place;

	if (!p)
		return;
	p->place_left |= p->has_place && !where(p, &place);
	if (within_waits(p) && !is_behind(p))
		let_go(p);
}

static void within_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;

	env_count(p->room->env, XTR_HANDOVER_CAMPUS_LATE);
	let_go(p);
}

void within_init(struct passage *p)
{
	timer_init(&p->within, within_fire, p);
}
