/* handover_passage: one EID on its way, and which event goes to which side of the move: the agent's
 * word, the Map-Server's, a step of the other site's xTR, and time. What a destination does is in
 * handover_arrival.c, a source in handover_departure.c; what both do is here. See handover.h; the
 * numbers are those of docs/decisions/handover.md. Reads no message and writes none. */
#include "xtr/handover_passage.h"

#define CANCELLED_S 5 /* for the other side to acknowledge that nothing comes of it */
#define OVERDUE_S   5 /* for an agent to say what has become of a guest */

/* ---- what both sides do ---- */

void passage_tell(struct passage *p, enum router_event_type type, const struct peer *peer)
{
	struct router_event e = {.type = type,
		.eid = p->node.eid,
		.ifindex = p->ifindex,
		.seq = p->seq,
		.move = p->move,
		.reason = p->reason,
		.deadline_ms = p->deadline_ms,
		.ms = (uint32_t)mono_since_ms(p->announced, p->room->env->now)};

	if (p->agent[0])
		e.agent = p->agent;
	if (peer && peer->used)
		e.xtr = peer->id.bytes;
	if (peer && peer->locators.count)
		e.rloc = peer->locators.list[0].addr;
	env_event(p->room->env, &e);
}

void passage_log_begin(struct passage *p, enum router_move_side side)
{
	const struct move_log_why why = {p->move, p->reason, p->deadline_ms};

	move_log_begin(p->room->env->moves, &p->node.eid, side, &why);
}

void passage_log_step(struct passage *p, enum router_move_step step)
{
	move_log_step(p->room->env->moves, &p->node.eid, step);
}

void passage_refresh(struct passage *p)
{
	forwarding_update(passage_router(p), &p->node.eid);
}

void passage_let_go(struct passage *p, bool back)
{
	forwarding_release(passage_router(p), &p->node.eid, back);
}

void passage_each_next(struct passage *p, const struct peer *but, enum handover_step step)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		struct peer *peer = &p->nexts[i];
		/* One whose time is over may hold packets all the same. */
		bool wanted = step == HANDOVER_ABORTED
				      ? peer->used
				      : peer_stands(peer) && !peer_is_told_off(peer);

		if (wanted && peer != but)
			peer_send(peer, step);
	}
}

bool passage_has_next(const struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]))
			return true;
	return false;
}

/* Nothing of it goes on from here. */
void passage_stop_leaving(struct passage *p)
{
	timer_cancel(&p->room->env->timers, &p->tail);
	timer_cancel(&p->room->env->timers, &p->truth);
	timer_cancel(&p->room->env->timers, &p->within);
	p->to = p->resuming = NULL;
	p->awaits_tail = false;
}

void passage_pin(struct passage *p, bool on)
{
	struct router_ops *ops = p->room->env->ops;

	if (p->pinned == on || !ops->pin_host || !p->ifindex || !address_is_ip(&p->node.eid.addr))
		return;
	p->pinned = on;
	ops->pin_host(ops, p->ifindex, &p->node.eid, on ? p->mac : NULL);
}

/* The agent was asked; until it has answered, or @ms are over, it is asked again: the question and
 * the answer are lost as easily as any packet. */
void passage_await_truth(struct passage *p, uint64_t ms)
{
	struct env *env = p->room->env;

	p->truth_end = mono_add_ms(env->now, ms);
	timer_set(&env->timers, &p->truth, mono_add_ms(env->now, HANDOVER_ASK_MS));
}

/* Deliver, and claim with what each Map-Server is known to have (rule 3). */
void passage_here(struct passage *p)
{
	struct router *r = passage_router(p);

	site_number(r, &p->node.eid, NULL, p->seq);
	site_number(r, &p->node.eid, &p->base_of, p->base);
	site_arrived(r, &p->node.eid, p->ifindex, p->mac);
}

bool passage_same_places(const struct locator_set *a, const struct locator_set *b)
{
	bool same = a->count == b->count;

	for (unsigned int i = 0; same && i < a->count; i++)
		same = address_equal(&a->list[i].addr, &b->list[i].addr);
	return same;
}

/* ---- a step of the other side ---- */

void passage_step(struct passage *p, struct peer *peer, uint8_t step)
{
	if (step == HANDOVER_RESUMED || step == HANDOVER_ABORTED) /* it runs elsewhere */
		within_end(p);
	if (peer == &p->owner)
		arrival_step(p, step);
	else
		departure_step(p, peer, step);
}

/* ---- the agent's word ---- */

static void running(struct passage *p, uint8_t before)
{
	switch (p->phase) {
	case PHASE_NONE:
		if (dynamic_eid_find(passage_router(p)->hosts, &p->node.eid)) {
			p->phase = PHASE_HERE;
			passage_here(p);
			return;
		}
		arrival_wait(p);
		return;
	case PHASE_EXPECTED:
	case PHASE_WAITING:
		if (p->free || p->released)
			arrival_complete(p);
		else if (p->phase == PHASE_EXPECTED)
			arrival_wait(p);
		return;
	case PHASE_RELEASED:
		if (before == HANDOVER_LEAVING || before == HANDOVER_PAUSED) {
			departure_stayed(p); /* never gone */
			return;
		}
		arrival_wait(p);
		return;
	case PHASE_REFUSED:
		if (!turn_is_over(p))
			arrival_wait(p);
		return;
	case PHASE_ELSEWHERE:
		arrival_wait(p);
		return;
	case PHASE_HERE:
		if (p->overtaken && p->word == HANDOVER_RUNNING)
			within_run(p);
		else if (!before) /* another hypervisor of this site: that it left there was lost */
			passage_here(p);
		if (before == HANDOVER_LEAVING && p->word == HANDOVER_RUNNING) {
			passage_each_next(p, NULL, HANDOVER_ABORTED);
			move_log_abort(p->room->env->moves, &p->node.eid);
		}
		if (p->doubted && (p->unheard || p->stayed))
			site_claim(passage_router(p), &p->node.eid);
		else if (p->doubted) /* another owns it all the same: asked, and not robbed */
			arrival_wait(p);
		p->doubted = false;
		return;
	case PHASE_PAUSED:
		if (within_waits(p))
			return;              /* it is said again */
		if (before == HANDOVER_GONE) /* another stay: it may have been elsewhere */
			arrival_wait(p);
		else if (before)
			departure_abort(p, true);
		else
			within_run(p);
		return;
	}
}

/* 9. */
static void gone(struct passage *p, uint8_t before)
{
	struct env *env = p->room->env;
	struct peer *next = departure_only_next(p);

	switch (p->phase) {
	case PHASE_HERE:
		if (before == HANDOVER_LEAVING && next && peer_was_accepted(next)) {
			p->tail_over = true; /* that it was paused has been lost */
			departure_begin(p);
			passage_tail_over(p);
			return;
		}
		if (ticket_has_next(p)) { /* which hears that it may have it */
			p->phase = PHASE_NONE;
			p->has_ticket = false; /* it is nobody's */
			site_gone(passage_router(p), &p->node.eid);
			return;
		}
		departure_lose(p);
		return;
	case PHASE_PAUSED: /* it runs elsewhere, and that will be said; or it was lost on its way */
		if (before != HANDOVER_GONE && !ticket_has_next(p))
			departure_lost_unless_found(p);
		else
			departure_find(p);
		return;
	case PHASE_EXPECTED:
	case PHASE_WAITING:
	case PHASE_REFUSED:
		passage_pin(p, false);
		arrival_withdraw(p);
		if (p->free || !p->owner_known) { /* nobody to be told, or to be given anything */
			passage_expire(p);
			return;
		}
		timer_cancel(&env->timers, &p->takeover);
		peer_prepare_stop(p);
		p->phase = PHASE_EXPECTED;
		p->aborted = p->cancelled = true;
		passage_let_go(p, true);
		peer_send(&p->owner, HANDOVER_CANCELLED);
		timer_set(&env->timers, &p->life, mono_add_s(env->now, CANCELLED_S));
		passage_tell(p, ROUTER_MOVE_ABORTED, &p->owner);
		return;
	default:
		return;
	}
}

void passage_leaves(struct passage *p, bool news)
{
	if (p->phase != PHASE_HERE)
		return;
	if (news) {
		within_leave(p);
		passage_log_begin(p, ROUTER_MOVE_SOURCE);
		if (departure_only_next(p))
			passage_log_step(p, ROUTER_STEP_PREPARED);
	}
	departure_accept(p);
}

void passage_word(struct passage *p, uint8_t before)
{
	hearsay_ends(p);
	if (p->word != HANDOVER_RUNNING && p->word != HANDOVER_LEAVING)
		within_end(p);
	if (departure_has_urgent(p))
		departure_answer_urgent(p);
	if (p->doubted && p->phase == PHASE_HERE) {
		bool left =
			p->word == HANDOVER_GONE || (p->word == HANDOVER_PAUSED && p->in_migration);

		timer_cancel(&p->room->env->timers, &p->truth);
		if (left && !p->unheard) {
			passage_contested(p, p->seq, &p->owner.locators, (struct mono){0});
			return;
		}
		p->doubted &= !left; /* where it comes from is not where it goes */
	}
	switch (p->word) {
	case HANDOVER_INCOMING:
		arrival_expect(p);
		return;
	case HANDOVER_LEAVING: /* 4 */
		running(p, before);
		passage_leaves(p, before != HANDOVER_LEAVING);
		return;
	case HANDOVER_PAUSED:
		if (p->in_migration)
			departure_paused(p);
		else if (p->phase == PHASE_PAUSED)
			departure_abort(p, true);
		return;
	case HANDOVER_GONE:
		gone(p, before);
		return;
	default:
		running(p, before);
	}
}

/* ---- the Map-Server's word, and none at all ---- */

/* It names who had accepted us when we claimed: of several Map-Servers each learns by our claim
 * there, and by a lossy way its answer takes as long as it takes. */
static bool is_late(const struct passage *p, const struct locator_set *set, struct mono claimed)
{
	return p->phase == PHASE_HERE && p->released && claimed.ns &&
	       passage_same_places(&p->owner.locators, set) &&
	       mono_before(claimed, mono_add_ms(p->arrived, HANDOVER_SPREAD_MS));
}

/* OWNER has told who has what is expected here, and with a number. What comes without one, and
 * names another, may be an old publication: a reason to ask again. */
static bool is_told(const struct passage *p, const struct locator_set *set)
{
	return p->phase == PHASE_EXPECTED && !p->cancelled && p->owner.used &&
	       !passage_same_places(&p->owner.locators, set);
}

/* 11. */
bool passage_contested(
	struct passage *p, uint64_t seq, const struct locator_set *set, struct mono claimed)
{
	bool left;

	within_end(p);
	left = p->phase == PHASE_PAUSED || p->phase == PHASE_RELEASED ||
	       (p->phase == PHASE_HERE && (p->word == HANDOVER_GONE || p->in_migration));
	if (p->phase == PHASE_NONE)
		return false;
	if (p->phase != PHASE_HERE && seq && seq < p->seq)
		return true; /* rule 4 */
	if (seq > p->seq)
		p->seq = seq;
	if (left && p->phase == PHASE_HERE)
		passage_tail_begin(p);
	if (left && set->count && departure_await_tail(p)) {
		departure_moves_to(p, set);
		return true;
	}
	if (left && set->count) {
		departure_moved(p, set);
		return true;
	}
	if (left)
		return true;
	if (p->phase != PHASE_HERE) {
		if (set->count && !seq && is_told(p, set))
			peer_prepare(p);
		else if (set->count)
			passage_owned_at(p, set);
		passage_refresh(p);
		return true;
	}
	p->unheard = (is_late(p, set, claimed) || (claimed.ns && contest_by_hand(p))) &&
		     (!p->doubted || p->unheard);
	p->owner.locators = *set;
	p->owner_known |= set->count > 0;
	p->doubted = true;
	if (!agent_ask(p->room, p->agent, &p->node.eid)) {
		p->doubted = false;
		return false;
	}
	passage_await_truth(p, HANDOVER_TRUTH_MS);
	return true;
}

/* The agent has not answered. */
static void truth_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;
	struct router *r = passage_router(p);
	struct locator_set set = p->owner.locators;
	struct eid host = p->node.eid;
	uint64_t seq = p->seq;

	if (mono_before(now, p->truth_end)) {
		agent_ask(p->room, p->rival[0] ? rival_asked(p) : p->agent, &host);
		timer_set(&p->room->env->timers, t,
			mono_min(p->truth_end, mono_add_ms(now, HANDOVER_ASK_MS)));
		return;
	}
	turn_silent(p);
	rival_unanswered(p);
	if (p->resuming) {
		departure_release(p, p->resuming);
	} else if (p->doubted) {
		passage_free(p);
		site_contest(r, &host, seq, &set);
	} else if (departure_has_urgent(p)) {
		site_ask(r, &host);
	}
}

static void back_fire(struct timer *t, struct mono now)
{
	passage_refresh(t->arg);
}

void passage_expire(struct passage *p)
{
	struct router *r = passage_router(p);
	struct eid host = p->node.eid;
	enum phase phase = p->phase;

	/* Its agent says nothing of it any more, as one does that was started anew and has no such
	 * guest: it is asked, and says so. */
	if (phase == PHASE_HERE && !p->overdue && agent_ask(p->room, p->agent, &host)) {
		p->overdue = true;
		timer_set(
			&p->room->env->timers, &p->life, mono_add_s(p->room->env->now, OVERDUE_S));
		return;
	}
	if (phase == PHASE_PAUSED && p->word == HANDOVER_GONE) {
		departure_lose(p);
		return;
	}
	if (p->to) { /* nobody has said that it is there; nor that it is elsewhere */
		away_put(r->away, &host, p->seq, true, &p->to->locators);
		away_mac(r->away, &host, p->mac);
		site_drop(r, &host, false);
	}
	if (phase == PHASE_EXPECTED || phase == PHASE_WAITING) {
		arrival_withdraw(p);
		passage_pin(p, false);
		p->phase = PHASE_EXPECTED;
		p->aborted = true;
		if (p->owner_known && !p->free)
			passage_let_go(p, true);
	}
	passage_free(p);
	if (phase == PHASE_PAUSED)
		site_unreachable(r, &host);
	forwarding_update(r, &host);
	if (hold_has(r->hold, &host)) { /* who has it is not known here */
		hold_settle(r->hold, &host);
		resolution_ask(r->resolution, &host, false);
	}
}

void passage_init(struct passage *p)
{
	p->announced = p->room->env->now;
	timer_init(&p->truth, truth_fire, p);
	seek_init(p);
	order_init(p);
	within_init(p);
	arrival_init(p);
	departure_init(p);
	timer_init(&p->back, back_fire, p);
	peer_prepare_init(p);
	peer_init(&p->owner, p);
}
