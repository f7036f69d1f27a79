/* handover_departure: a guest that leaves here: who may have it, what it had not read, where what
 * comes for it goes, and how it stays after all. See handover_passage.h; the numbers are those of
 * docs/decisions/handover.md. Knows nothing of how a destination waits. */
#include "xtr/handover_passage.h"

#include <stdlib.h>
#include <string.h>

static bool runs(const struct passage *p)
{
	return p->word == HANDOVER_RUNNING || (p->word == HANDOVER_PAUSED && !p->in_migration);
}

/* As far as the agent has said; without one, as far as it was heard. What is only heard at another
 * site is less than what was announced to a third, and than that it has not stopped here. */
bool departure_stays(const struct passage *p, const struct peer *peer)
{
	if (!p->word)
		return dynamic_eid_find(passage_router(p)->hosts, &p->node.eid) != NULL;
	if (runs(p) || !ticket_admits(p, peer))
		return true;
	return peer->heard_only && (p->word == HANDOVER_LEAVING || passage_has_next(p));
}

/* 3. */
void passage_candidate(struct passage *p, struct peer *peer, bool urgent)
{
	bool stays = departure_stays(p, peer);

	if (urgent && hearsay_yields(p, peer)) {
		peer_send(peer, HANDOVER_ACCEPTED);
		return;
	}
	if (!stays && !p->word && p->phase == PHASE_NONE) {
		seek_for(p, peer, urgent);
		return;
	}
	if (!stays) {
		peer_send(peer, HANDOVER_ACCEPTED);
		return;
	}
	if (!runs(p))
		ticket_deny(p, peer);
	peer_send(peer, HANDOVER_NOTED);
	if (!urgent || peer->urgent)
		return;
	peer->urgent = true;
	if (p->word && agent_ask(p->room, p->agent, &p->node.eid)) /* its last word is memory */
		passage_await_truth(p, HANDOVER_TRUTH_MS);
	else /* nobody speaks for it: is it there? */
		site_ask(passage_router(p), &p->node.eid);
}

bool departure_has_urgent(const struct passage *p)
{
	bool any = false;

	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		any |= p->nexts[i].urgent || p->nexts[i].sought;
	return any;
}

/* REFUSED is for those only at whose places it is said to run. */
static void answer(struct peer *peer, bool stays)
{
	bool waits = peer->urgent || (peer->sought && !stays);

	peer->urgent = peer->sought = false;
	if (!waits)
		return;
	peer_send(peer, stays ? HANDOVER_REFUSED : HANDOVER_ACCEPTED);
	if (stays && !peer->denied) /* else that was told */
		contest_raise(peer->passage, ROUTER_MOVE_CONTESTED, peer);
}

void departure_answer_all(struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].urgent || p->nexts[i].sought)
			answer(&p->nexts[i], departure_stays(p, &p->nexts[i]));
}

/* The agent has spoken afresh, when a peer waited for it. */
void departure_answer_urgent(struct passage *p)
{
	/* That it is not with one of them says nothing of the others. */
	if (timer_is_set(&p->seek) && (p->word == HANDOVER_GONE || p->word == HANDOVER_INCOMING))
		return;
	timer_cancel(&p->room->env->timers, &p->seek);
	if (!p->resuming && !p->doubted)
		timer_cancel(&p->room->env->timers, &p->truth);
	departure_answer_all(p);
}

bool handover_verified(struct handover_room *room, const struct eid *host, bool here)
{
	struct passage *p = passage_find(room, host);

	if (!p || (!here && timer_is_set(&p->seek)))
		return false;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].urgent &&
			!timer_is_set(&p->truth)) /* what its agent says is more */
			answer(&p->nexts[i], here);
	return rival_verified(p, here);
}

void departure_accept(struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		struct peer *peer = &p->nexts[i];

		if (!peer_stands(peer) || peer_was_accepted(peer) || peer_is_told_off(peer))
			continue;
		if (ticket_admits(p, peer))
			peer_send(peer, HANDOVER_ACCEPTED);
		else
			ticket_deny(p, peer);
	}
}

struct peer *departure_only_next(struct passage *p)
{
	struct peer *only = NULL;

	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		if (!peer_stands(&p->nexts[i]) || !ticket_admits(p, &p->nexts[i]))
			continue;
		if (only)
			return NULL;
		only = &p->nexts[i];
	}
	return only;
}

/* It is gone here, and nobody says that it is elsewhere. Frees it. */
void departure_lose(struct passage *p)
{
	struct router *r = passage_router(p);
	struct eid host = p->node.eid;

	passage_free(p);
	site_gone(r, &host);
}

/* Nobody has told where it went: what would have may be lost. */
void departure_find(struct passage *p)
{
	if (p->phase == PHASE_PAUSED && !p->to)
		resolution_ask(passage_router(p)->resolution, &p->node.eid, false);
}

/* As long as what came for it is held, it may turn out to run elsewhere. */
void departure_lost_unless_found(struct passage *p)
{
	struct env *env = p->room->env;

	departure_find(p);
	timer_set(&env->timers, &p->life, mono_add_ms(env->now, env->policy.timers.hold_move_ms));
}

static void tail_fire(struct timer *t, struct mono now)
{
	passage_tail_over(t->arg);
}

static void let_go_at_last(struct passage *p);

/* 5, its second half: the tail has come, or will not, or a candidate has acknowledged. */
void passage_tail_over(struct passage *p)
{
	struct peer *peer = departure_only_next(p);

	timer_cancel(&p->room->env->timers, &p->tail);
	p->tail_over = true;
	if (p->awaits_tail) {
		let_go_at_last(p);
		return;
	}
	if (p->phase != PHASE_PAUSED || within_waits(p) || p->to || !peer || !peer->accepted ||
		p->room->env->policy.handover.cut_at_resume)
		return;
	p->to = peer;
	passage_log_step(p, ROUTER_STEP_CUT);
	peer_send(peer, HANDOVER_STEP_PAUSED);
	passage_let_go(p, true);
}

void passage_tail_begin(struct passage *p)
{
	p->paused = p->counter;
	p->tail_count = 0;
	memcpy(p->tail_agent, p->agent, sizeof(p->tail_agent));
	free(p->tail_had);
	p->tail_had = NULL;
}

static void moves_nowhere(struct passage *p)
{
	free(p->moved);
	p->moved = NULL;
}

void departure_moves_to(struct passage *p, const struct locator_set *set)
{
	moves_nowhere(p);
	p->moved = malloc(sizeof(*p->moved));
	if (p->moved)
		*p->moved = *set;
	else /* it waits for what the Map-Server says next */
		env_count(p->room->env, XTR_NO_MEMORY);
}

void departure_begin(struct passage *p)
{
	passage_tail_begin(p);
	within_stop(p);
	departure_hold(p);
}

void departure_hold(struct passage *p)
{
	struct env *env = p->room->env;

	order_end(p);
	p->phase = PHASE_PAUSED;
	p->announced = env->now;
	p->to = p->resuming = NULL;
	p->hurried = p->awaits_tail = false;
	moves_nowhere(p);
	hold_keep_tail(passage_router(p)->hold, &p->node.eid);
	site_paused(passage_router(p), &p->node.eid);
	passage_refresh(p);
	gateway_left(passage_router(p)->gateway, &p->node.eid);
	env_count(env, XTR_HANDOVER_PAUSED);
	passage_tell(p, ROUTER_MOVE_PAUSED, departure_only_next(p));
}

static void stop(struct passage *p)
{
	struct env *env = p->room->env;

	departure_begin(p);
	departure_accept(p);
	if (p->tail_over)
		passage_tail_over(p);
	else
		timer_set(&env->timers, &p->tail, mono_add_ms(env->now, HANDOVER_COPY_MS));
}

/* 5. */
void departure_paused(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase == PHASE_PAUSED) {
		if (p->resuming)
			passage_step(p, p->resuming, HANDOVER_RESUMED);
		else if (p->tail_over && !p->to)
			passage_tail_over(p);
		departure_find(p);
		return;
	}
	if (p->phase == PHASE_WAITING) { /* it was never served here: as if it had not run */
		timer_cancel(&env->timers, &p->takeover);
		p->phase = PHASE_EXPECTED;
		arrival_withdraw(p);
		passage_refresh(p);
		return;
	}
	if (p->phase != PHASE_HERE && p->phase != PHASE_NONE)
		return;
	stop(p);
}

/* 9: its agent has not said yet that it has stopped, or cannot. */
bool handover_silent(struct handover_room *room, const struct eid *host)
{
	struct passage *p = passage_find(room, host);

	if (!p || p->phase != PHASE_HERE || p->word != HANDOVER_LEAVING)
		return false;
	p->tail_over = true;
	stop(p);
	return true;
}

/* 6. Another site's xTR that was told that it may have it may have claimed it, or be about to. */
void departure_abort(struct passage *p, bool same_tap)
{
	struct env *env = p->room->env;
	bool beside = !same_tap && !passage_has_next(p), ours = false;

	passage_stop_leaving(p);
	if (same_tap) /* the guest reads it from there */
		hold_drop_tail(passage_router(p)->hold, &p->node.eid);
	p->phase = PHASE_HERE;
	if (beside)
		ours = site_arrived_beside(passage_router(p), &p->node.eid, p->ifindex, p->mac);
	else
		passage_here(p);
	gateway_came(passage_router(p)->gateway, &p->node.eid, p->mac);
	passage_each_next(p, NULL, HANDOVER_ABORTED);
	env_count(env, same_tap ? XTR_HANDOVER_ABORTED : XTR_HANDOVER_RESUMED);
	passage_tell(p, same_tap ? ROUTER_MOVE_ABORTED : ROUTER_MOVE_RESUMED, NULL);
	if (ours)
		move_log_kept(env->moves, &p->node.eid);
}

/* 6, too late: another has claimed what our agent, as it says, has had all the time. */
void departure_stayed(struct passage *p)
{
	struct env *env = p->room->env;

	passage_stop_leaving(p);
	timer_cancel(&env->timers, &p->back);
	p->phase = PHASE_HERE;
	p->stayed = true;
	if (p->base < p->seq)
		p->base = p->seq;
	passage_here(p);
	gateway_came(passage_router(p)->gateway, &p->node.eid, p->mac);
	passage_each_next(p, NULL, HANDOVER_ABORTED);
	env_count(env, XTR_HANDOVER_ABORTED);
	passage_tell(p, ROUTER_MOVE_ABORTED, NULL);
}

/* 10. */
void departure_release(struct passage *p, struct peer *peer)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(passage_router(p)->hosts, &p->node.eid);

	passage_stop_leaving(p);
	p->phase = PHASE_RELEASED;
	p->to = peer;
	if (h)
		memcpy(p->mac, h->mac, sizeof(p->mac));
	site_drop(passage_router(p), &p->node.eid, false);
	passage_log_step(p, ROUTER_STEP_CUT);
	passage_let_go(p, true);
	gateway_left(passage_router(p)->gateway, &p->node.eid);
	passage_each_next(p, peer, HANDOVER_ABORTED);
	passage_tell(p, ROUTER_MOVE_RESUMED, peer);
}

/* It runs elsewhere, and what it had not read has not come: that is older than what is held. */
bool departure_await_tail(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase != PHASE_PAUSED || p->word != HANDOVER_PAUSED || p->tail_over)
		return false;
	timer_cancel(&env->timers, &p->truth);
	p->awaits_tail = true;
	if (p->hurried)
		return true;
	p->hurried = true;
	agent_ask(p->room, p->agent, &p->node.eid);
	timer_set(&env->timers, &p->tail, mono_add_ms(env->now, HANDOVER_TAIL_MS));
	return true;
}

/* Of those that were accepted only the one at @set has it. */
static void abort_others(struct passage *p, const struct locator_set *set)
{
	const struct peer *winner = NULL;

	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].used && passage_same_places(&p->nexts[i].locators, set))
			winner = &p->nexts[i];
	passage_each_next(p, winner, HANDOVER_ABORTED);
}

void departure_moved(struct passage *p, const struct locator_set *set)
{
	struct env *env = p->room->env;

	if (p->phase != PHASE_RELEASED)
		abort_others(p, set);
	passage_stop_leaving(p);
	p->phase = PHASE_RELEASED;
	p->doubted = false;
	timer_set(&env->timers, &p->back, mono_add_ms(env->now, HANDOVER_BACK_MS));
	site_moved(passage_router(p), &p->node.eid, p->seq, set, p->mac);
}

static void let_go_at_last(struct passage *p)
{
	struct locator_set *set = p->moved;

	p->awaits_tail = false;
	p->moved = NULL;
	if (set)
		departure_moved(p, set);
	else if (p->resuming)
		departure_release(p, p->resuming);
	free(set);
}

/* RELEASED, and accepted since then: it has gone on from where it was. */
static void gone_on(struct passage *p, struct peer *peer)
{
	const struct away_entry *away = away_find(passage_router(p)->away, &p->node.eid);

	if (!p->to && away && passage_same_places(&away->locators, &peer->locators))
		return; /* as the Map-Server has said already */
	p->to = peer;
	passage_let_go(p, true);
}

/* It says that the guest runs there. Our agent's word may be older than that. */
static void resumed(struct passage *p, struct peer *peer)
{
	if (p->phase == PHASE_EXPECTED && !p->cancelled) { /* it has been there meanwhile */
		p->released = p->aborted = false;
		passage_owned_at(p, &peer->locators);
		passage_refresh(p);
		return;
	}
	if (p->phase == PHASE_ELSEWHERE) /* what was heard here was given up, and it has it */
		peer->until = p->room->env->now;
	if (!peer_was_accepted(peer) ||
		(p->phase != PHASE_NONE && p->phase != PHASE_HERE && p->phase != PHASE_PAUSED &&
			p->phase != PHASE_RELEASED))
		return;
	if (p->phase == PHASE_RELEASED) {
		gone_on(p, peer);
		return;
	}
	if (departure_await_tail(p)) {
		p->resuming = peer;
		return;
	}
	if (p->word != HANDOVER_RUNNING && p->word != HANDOVER_LEAVING) {
		departure_release(p, peer);
		return;
	}
	if (p->resuming)
		return;
	departure_begin(p);
	p->resuming = peer;
	p->tail_over = true;
	agent_ask(p->room, p->agent, &p->node.eid);
	passage_await_truth(p, HANDOVER_TAIL_MS);
}

/* It is nobody's place any more: what was redirected there is held, or goes to another. */
static void cancelled(struct passage *p, struct peer *peer)
{
	if (p->phase == PHASE_RELEASED && p->to == peer)
		return; /* it ran there, and said so */
	peer_clear(peer);
	passage_refresh(p);
	if (p->phase != PHASE_PAUSED)
		return;
	if (p->word == HANDOVER_GONE &&
		!ticket_has_next(p)) /* unless it runs where nobody prepared it */
		departure_lost_unless_found(p);
	else if (p->tail_over)
		passage_tail_over(p);
}

void departure_step(struct passage *p, struct peer *peer, uint8_t step)
{
	switch (step) {
	case HANDOVER_RESUMED:
		resumed(p, peer);
		return;
	case HANDOVER_CANCELLED:
		cancelled(p, peer);
		return;
	case HANDOVER_RUNS:
		passage_candidate(p, peer, true);
		return;
	case HANDOVER_NOTED:
		peer->until =
			mono_add_s(p->room->env->now, p->room->env->policy.handover.prepared_s);
		if (p->phase == PHASE_NONE)
			passage_live(p);
		return;
	default:
		return;
	}
}

void departure_init(struct passage *p)
{
	timer_init(&p->tail, tail_fire, p);
}
