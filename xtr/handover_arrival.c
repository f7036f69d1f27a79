/* handover_arrival: a guest that comes here: expected, waited for, refused or taken over, and what
 * its owner's xTR says of that. See handover_passage.h; the numbers are those of
 * docs/decisions/handover.md. Knows nothing of tails and of candidates: a source does. */
#include "xtr/handover_passage.h"

#define RENEW_MS  5000 /* a state that is only repeated prepares nothing anew sooner */
#define UNHEARD_X 3    /* times takeover-ms without a word of the Map-Server */

void arrival_begin(struct passage *p)
{
	peer_clear(&p->owner);
	p->announced = p->room->env->now;
	p->released = p->aborted = p->heard = p->free = p->cancelled = p->owner_known = false;
	p->sent = false;
	p->key_nonce = 0;
}

/* It is expected still: the owner's xTR shall know, be the Map-Server within reach or not. */
static void renew(struct passage *p)
{
	if (p->owner.key && !p->owner.waiting)
		peer_send(&p->owner, HANDOVER_NOTED);
	if (!timer_is_set(&p->prepare) && !p->free &&
		mono_since_ms(p->prepared, p->room->env->now) > RENEW_MS)
		peer_prepare(p);
}

void passage_anew(struct passage *p)
{
	struct locator_set set = p->owner.locators;
	bool known = p->owner_known;

	if ((p->phase != PHASE_EXPECTED && p->phase != PHASE_WAITING) || p->cancelled || p->free)
		return;
	arrival_begin(p); /* what was accepted was another's */
	p->owner.locators = set;
	p->owner_known = known;
	peer_prepare(p);
}

/* 1. */
void arrival_expect(struct passage *p)
{
	struct env *env = p->room->env;
	const struct away_entry *away = away_find(passage_router(p)->away, &p->node.eid);
	struct locator_set set = {0};

	if (p->phase == PHASE_EXPECTED && !p->cancelled) {
		renew(p);
		return;
	}
	if (p->phase == PHASE_WAITING || p->phase == PHASE_REFUSED ||
		(p->phase == PHASE_NONE &&
			dynamic_eid_find(passage_router(p)->hosts, &p->node.eid)))
		return;
	if (p->phase == PHASE_EXPECTED) /* what we know until the Map-Server has answered */
		set = p->owner.locators;
	else if (p->to)
		set = p->to->locators;
	else if (away && away->redirect)
		set = away->locators;
	passage_stop_leaving(p);
	arrival_begin(p);
	p->owner.locators = set;
	p->owner_known = set.count > 0;
	site_drop(passage_router(p), &p->node.eid, false);
	p->phase = PHASE_EXPECTED;
	if (!p->move) /* so that both sides call it the same */
		p->move = random_u64(env->random);
	passage_pin(p, true);
	passage_refresh(p);
	peer_prepare(p);
	env_count(env, XTR_HANDOVER_PREPARED);
	passage_tell(p, ROUTER_MOVE_PREPARED, NULL);
}

/* But who was told that it stays here shall hear it. */
static void forget_nexts(struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		struct peer *peer = &p->nexts[i];

		if (peer->used && !(peer->waiting && peer->step == HANDOVER_REFUSED))
			peer_clear(peer);
	}
}

/* 7, accepted. */
void arrival_complete(struct passage *p)
{
	struct timers *timers = &p->room->env->timers;

	timer_cancel(timers, &p->takeover);
	peer_prepare_stop(p);
	forget_nexts(p);
	p->room->arrived = p->arrived = p->room->env->now;
	p->phase = PHASE_HERE;
	p->doubted = p->provisional = false;
	p->pinned = false; /* once more: it may have been asked before it could answer */
	passage_pin(p, true);
	p->pinned = false; /* it lives, and answers for itself */
	order_begin(p);
	passage_here(p);
	if (!p->free) /* else it begins, and may still ask whether its address is in use */
		gateway_came(passage_router(p)->gateway, &p->node.eid, p->mac);
	if (!p->free)
		peer_send(&p->owner, HANDOVER_RESUMED);
	env_count(p->room->env, XTR_HANDOVER_RESUMED);
	passage_tell(p, ROUTER_MOVE_RESUMED, &p->owner);
}

/* 7, not accepted yet. */
void arrival_wait(struct passage *p)
{
	struct env *env = p->room->env;

	bool again = p->phase == PHASE_REFUSED && p->owner.key; /* it is asked once more */

	if (p->cancelled || (p->phase != PHASE_EXPECTED && !again))
		arrival_begin(p);
	else if (p->aborted || again)
		p->released = p->heard = p->free = p->owner_known = false;
	passage_stop_leaving(p);
	p->phase = PHASE_WAITING;
	p->doubted = p->aborted = p->provisional = false;
	p->unanswered = true;
	site_drop(passage_router(p), &p->node.eid, false);
	peer_prepare(p);
	timer_set(&env->timers, &p->takeover,
		mono_add_ms(env->now, (uint64_t)env->policy.handover.takeover_ms * UNHEARD_X));
}

/* No Map-Server says anything, nor does who had it, as far as that is known. Who is served by
 * mistake attracts nothing by that; it is claimed when one of them has been asked. */
static void serve(struct passage *p)
{
	char text[EID_TEXT];

	p->provisional = true;
	log_limited(p->room->env->log, &p->room->refused, p->room->env->now, LOG_LEVEL_WARNING,
		"%s runs here, as agent \"%s\" says, and no Map-Server says whose it is: it is served, and not claimed yet",
		eid_format(&p->node.eid, text, sizeof(text)), p->agent);
	p->pinned = false;
	passage_pin(p, true);
	p->pinned = false;
	site_serves(passage_router(p), &p->node.eid, p->ifindex, p->mac);
	if (!timer_is_set(&p->prepare)) /* who had it has answered, and nothing came of that */
		peer_prepare(p);
}

void arrival_withdraw(struct passage *p)
{
	if (!p->provisional)
		return;
	p->provisional = false;
	site_drop(passage_router(p), &p->node.eid, false);
}

static void takeover_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;

	if (p->phase == PHASE_ELSEWHERE) {
		hearsay_unanswered(p);
		return;
	}
	if (p->phase != PHASE_WAITING)
		return;
	if (p->unanswered) {
		serve(p);
		return;
	}
	move_log_taken_over(p->room->env->moves, &p->node.eid);
	contest_raise(p, ROUTER_MOVE_TAKEN_OVER, &p->owner);
	arrival_complete(p);
}

/* 7, REFUSED. */
static void refuse(struct passage *p)
{
	p->phase = PHASE_REFUSED;
	turn_refused(p);
	arrival_withdraw(p);
	timer_cancel(&p->room->env->timers, &p->takeover);
	peer_prepare_stop(p);
	passage_let_go(p, true);
	contest_raise(p, ROUTER_MOVE_REFUSED, &p->owner);
}

/* 2. */
void passage_owner(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase == PHASE_ELSEWHERE) {
		hearsay_owner(p);
		return;
	}
	if (p->phase == PHASE_WAITING && (p->free || p->released)) {
		arrival_complete(p);
		return;
	}
	if (p->phase == PHASE_WAITING && !p->heard)
		timer_set(&env->timers, &p->takeover,
			mono_min(timer_is_set(&p->takeover) ? p->takeover.due : MONO_NEVER,
				mono_add_ms(env->now, env->policy.handover.takeover_ms)));
	passage_refresh(p);
}

/* What was held for want of an owner, or had been sent here by another, goes there. */
void passage_owned_at(struct passage *p, const struct locator_set *set)
{
	bool news = !p->owner_known || !passage_same_places(&p->owner.locators, set);

	p->owner.locators = *set;
	p->owner_known = true;
	if (p->phase != PHASE_EXPECTED || !news || !set->count)
		return;
	passage_refresh(p);
	hold_release(passage_router(p)->hold, &p->node.eid, true, UINT32_MAX);
}

/* 8. It stays there, or has come back there; what it was told before it told this is over. */
static void aborted(struct passage *p)
{
	p->released = p->heard = false;
	if (p->phase == PHASE_PAUSED && !p->to) {
		departure_release(p, &p->owner);
		return;
	}
	if (p->phase != PHASE_EXPECTED && p->phase != PHASE_WAITING)
		return;
	p->aborted = true;
	if (p->phase == PHASE_EXPECTED)
		passage_let_go(p, true);
	if (!p->cancelled) /* it has forgotten us */
		peer_prepare(p);
}

void arrival_step(struct passage *p, uint8_t step)
{
	struct env *env = p->room->env;

	p->heard = true;
	if (p->owner_known)
		peer_prepare_stop(p);
	if (p->phase == PHASE_ELSEWHERE) {
		hearsay_step(p, step);
		return;
	}
	switch (step) {
	case HANDOVER_ACCEPTED:
		p->sent = false;
		if (p->aborted) /* it comes after all */
			passage_log_begin(p, ROUTER_MOVE_DESTINATION);
		passage_log_step(p, ROUTER_STEP_ACCEPTED);
		p->yields &= p->released; /* else that was another time */
		p->released = true;
		p->aborted = false;
		/* REFUSED: the owner's agent was late with the word that it left */
		if (p->phase == PHASE_WAITING ||
			(p->phase == PHASE_REFUSED && p->word == HANDOVER_RUNNING))
			arrival_complete(p);
		else if (p->phase == PHASE_EXPECTED)
			passage_refresh(p);
		return;
	case HANDOVER_REFUSED:
		if (p->phase == PHASE_WAITING)
			refuse(p);
		return;
	case HANDOVER_ABORTED: /* 8 */
		aborted(p);
		move_log_abort(p->room->env->moves, &p->node.eid);
		return;
	case HANDOVER_STEP_PAUSED:
		passage_log_step(p, ROUTER_STEP_CUT);
		return;
	case HANDOVER_SENT:
		order_sent(p);
		return;
	case HANDOVER_NOTED: /* it asks, and will say */
		if (p->phase == PHASE_WAITING)
			timer_set(&env->timers, &p->takeover,
				mono_add_ms(env->now, 2 * env->policy.handover.takeover_ms));
		return;
	default:
		return;
	}
}

bool passage_waits_for(const struct passage *p, const struct peer *peer)
{
	return peer == &p->owner &&
	       ((p->phase == PHASE_EXPECTED && !p->cancelled) || p->phase == PHASE_WAITING ||
		       p->phase == PHASE_REFUSED || p->phase == PHASE_ELSEWHERE);
}

void arrival_init(struct passage *p)
{
	timer_init(&p->takeover, takeover_fire, p);
}
