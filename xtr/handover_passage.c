/* handover_passage: the states of one EID on its way, and what each event does to it. See
 * handover.h; the numbers are those of docs/decisions/handover.md. Reads no message and writes
 * none. */
#include "xtr/handover_internal.h"

#include <string.h>

#define RENEW_MS    5000 /* a state that is only repeated prepares nothing anew sooner */
#define UNHEARD_X   3    /* times takeover-ms without a word of the Map-Server */
#define CANCELLED_S 5    /* for the other side to acknowledge that nothing comes of it */
#define OVERDUE_S   5    /* for an agent to say what has become of a guest */

static struct router *router_of(const struct passage *p)
{
	return p->room->r;
}

static void tell(struct passage *p, enum router_event_type type, const struct peer *peer)
{
	struct router_event e = {.type = type,
		.eid = p->node.eid,
		.ifindex = p->ifindex,
		.seq = p->seq,
		.move = p->move,
		.reason = p->reason,
		.deadline_ms = p->deadline_ms,
		.ms = (uint32_t)mono_since_ms(p->announced, p->room->env->now)};

	if (peer && peer->locators.count)
		e.rloc = peer->locators.list[0].addr;
	env_event(p->room->env, &e);
}

static void log_begin(struct passage *p, enum router_move_side side)
{
	const struct move_log_why why = {p->move, p->reason, p->deadline_ms};

	move_log_begin(p->room->env->moves, &p->node.eid, side, &why);
}

static void log_step(struct passage *p, enum router_move_step step)
{
	move_log_step(p->room->env->moves, &p->node.eid, step);
}

static void refresh(struct passage *p)
{
	forwarding_update(router_of(p), &p->node.eid);
}

static void let_go(struct passage *p, bool back)
{
	forwarding_release(router_of(p), &p->node.eid, back);
}

static void each_next(struct passage *p, const struct peer *but, enum handover_step step)
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

static bool was_accepted(const struct peer *peer)
{
	return peer->accepted || (peer->step == HANDOVER_ACCEPTED && peer->waiting);
}

/* Nothing of it goes on from here. */
static void stop_leaving(struct passage *p)
{
	timer_cancel(&p->room->env->timers, &p->tail);
	timer_cancel(&p->room->env->timers, &p->truth);
	p->to = p->resuming = NULL;
	p->awaits_tail = false;
}

static void pin(struct passage *p, bool on)
{
	struct router_ops *ops = p->room->env->ops;

	if (p->pinned == on || !ops->pin_host || !p->ifindex || !address_is_ip(&p->node.eid.addr))
		return;
	p->pinned = on;
	ops->pin_host(ops, p->ifindex, &p->node.eid, on ? p->mac : NULL);
}

static void release(struct passage *p, struct peer *peer);

/* The agent was asked; until it has answered, or @ms are over, it is asked again: the question and
 * the answer are lost as easily as any packet. */
static void await_truth(struct passage *p, uint64_t ms)
{
	struct env *env = p->room->env;

	p->truth_end = mono_add_ms(env->now, ms);
	timer_set(&env->timers, &p->truth, mono_add_ms(env->now, HANDOVER_ASK_MS));
}

/* Deliver, and claim with what each Map-Server is known to have (rule 3). */
static void here(struct passage *p)
{
	struct router *r = router_of(p);

	site_number(r, &p->node.eid, NULL, p->seq);
	site_number(r, &p->node.eid, &p->base_of, p->base);
	site_arrived(r, &p->node.eid, p->ifindex, p->mac);
}

/* ---- at the destination ---- */

/* What is said from now on is signed with another key: what was said before is over. */
static void begin_anew(struct passage *p)
{
	peer_clear(&p->owner);
	p->announced = p->room->env->now;
	p->released = p->aborted = p->heard = p->free = p->cancelled = p->owner_known = false;
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

/* 1. */
static void expect(struct passage *p)
{
	struct env *env = p->room->env;
	const struct away_entry *away = away_find(router_of(p)->away, &p->node.eid);
	struct locator_set set = {0};

	if (p->phase == PHASE_EXPECTED && !p->cancelled) {
		renew(p);
		return;
	}
	if (p->phase == PHASE_WAITING || p->phase == PHASE_REFUSED ||
		(p->phase == PHASE_NONE && dynamic_eid_find(router_of(p)->hosts, &p->node.eid)))
		return;
	if (p->phase == PHASE_EXPECTED) /* what we know until the Map-Server has answered */
		set = p->owner.locators;
	else if (p->to)
		set = p->to->locators;
	else if (away && away->redirect)
		set = away->locators;
	stop_leaving(p);
	begin_anew(p);
	p->owner.locators = set;
	p->owner_known = set.count > 0;
	site_drop(router_of(p), &p->node.eid, false);
	p->phase = PHASE_EXPECTED;
	if (!p->move) /* so that both sides call it the same */
		p->move = random_u64(env->random);
	pin(p, true);
	refresh(p);
	peer_prepare(p);
	env_count(env, XTR_HANDOVER_PREPARED);
	tell(p, ROUTER_MOVE_PREPARED, NULL);
}

static void forget_nexts(struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		peer_clear(&p->nexts[i]);
}

/* 7, accepted. */
static void arrive(struct passage *p)
{
	struct timers *timers = &p->room->env->timers;

	timer_cancel(timers, &p->takeover);
	peer_prepare_stop(p);
	forget_nexts(p);
	p->room->arrived = p->arrived = p->room->env->now;
	p->phase = PHASE_HERE;
	p->doubted = false;
	p->pinned = false; /* once more: it may have been asked before it could answer */
	pin(p, true);
	p->pinned = false; /* it lives, and answers for itself */
	here(p);
	if (!p->free) /* else it begins, and may still ask whether its address is in use */
		gateway_came(router_of(p)->gateway, &p->node.eid, p->mac);
	if (!p->free)
		peer_send(&p->owner, HANDOVER_RESUMED);
	env_count(p->room->env, XTR_HANDOVER_RESUMED);
	tell(p, ROUTER_MOVE_RESUMED, &p->owner);
}

/* 7, not accepted yet. */
static void wait_for_owner(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase != PHASE_EXPECTED || p->cancelled)
		begin_anew(p);
	else if (p->aborted)
		p->released = p->heard = p->free = p->owner_known = false;
	stop_leaving(p);
	p->phase = PHASE_WAITING;
	p->doubted = p->aborted = false;
	site_drop(router_of(p), &p->node.eid, false);
	peer_prepare(p);
	timer_set(&env->timers, &p->takeover,
		mono_add_ms(env->now, (uint64_t)env->policy.handover.takeover_ms * UNHEARD_X));
}

static void takeover_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;
	char text[EID_TEXT];

	if (p->phase != PHASE_WAITING)
		return;
	env_count(p->room->env, XTR_HANDOVER_TAKEN_OVER);
	move_log_taken_over(p->room->env->moves, &p->node.eid);
	log_warning(p->room->env->log, "%s runs here, and its owner says nothing: taken over",
		eid_format(&p->node.eid, text, sizeof(text)));
	arrive(p);
}

/* 7, REFUSED. */
static void refuse(struct passage *p)
{
	char text[EID_TEXT];

	p->phase = PHASE_REFUSED;
	timer_cancel(&p->room->env->timers, &p->takeover);
	peer_prepare_stop(p);
	env_count(p->room->env, XTR_HANDOVER_REFUSED);
	log_warning(p->room->env->log,
		"%s is said to run here, and runs at its owner's site: it stays there",
		eid_format(&p->node.eid, text, sizeof(text)));
	let_go(p, true);
	tell(p, ROUTER_MOVE_REFUSED, &p->owner);
}

/* 2. */
void passage_owner(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase == PHASE_WAITING && (p->free || p->released)) {
		arrive(p);
		return;
	}
	if (p->phase == PHASE_WAITING && !p->heard)
		timer_set(&env->timers, &p->takeover,
			mono_min(timer_is_set(&p->takeover) ? p->takeover.due : MONO_NEVER,
				mono_add_ms(env->now, env->policy.handover.takeover_ms)));
	refresh(p);
}

static bool same_places(const struct locator_set *a, const struct locator_set *b)
{
	bool same = a->count == b->count;

	for (unsigned int i = 0; same && i < a->count; i++)
		same = address_equal(&a->list[i].addr, &b->list[i].addr);
	return same;
}

/* What was held for want of an owner, or had been sent here by another, goes there. */
void passage_owned_at(struct passage *p, const struct locator_set *set)
{
	bool news = !p->owner_known || !same_places(&p->owner.locators, set);

	p->owner.locators = *set;
	p->owner_known = true;
	if (p->phase != PHASE_EXPECTED || !news || !set->count)
		return;
	refresh(p);
	hold_release(router_of(p)->hold, &p->node.eid, true, UINT32_MAX);
}

/* 8. It stays there, or has come back there; what it was told before it told this is over. */
static void aborted(struct passage *p)
{
	p->released = p->heard = false;
	if (p->phase == PHASE_PAUSED && !p->to) {
		release(p, &p->owner);
		return;
	}
	if (p->phase != PHASE_EXPECTED && p->phase != PHASE_WAITING)
		return;
	p->aborted = true;
	if (p->phase == PHASE_EXPECTED)
		let_go(p, true);
	if (!p->cancelled) /* it has forgotten us */
		peer_prepare(p);
}

static void step_of_owner(struct passage *p, uint8_t step)
{
	struct env *env = p->room->env;

	p->heard = true;
	if (p->owner_known)
		peer_prepare_stop(p);
	switch (step) {
	case HANDOVER_ACCEPTED:
		if (p->aborted) /* it comes after all */
			log_begin(p, ROUTER_MOVE_DESTINATION);
		log_step(p, ROUTER_STEP_ACCEPTED);
		p->released = true;
		p->aborted = false;
		/* REFUSED: the owner's agent was late with the word that it left */
		if (p->phase == PHASE_WAITING ||
			(p->phase == PHASE_REFUSED && p->word == HANDOVER_RUNNING))
			arrive(p);
		else if (p->phase == PHASE_EXPECTED)
			refresh(p);
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
		log_step(p, ROUTER_STEP_CUT);
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

/* ---- at the source ---- */

static bool runs(const struct passage *p)
{
	return p->word == HANDOVER_RUNNING || (p->word == HANDOVER_PAUSED && !p->in_migration);
}

/* 3. */
void passage_candidate(struct passage *p, struct peer *peer, bool urgent)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(router_of(p)->hosts, &p->node.eid);

	if ((p->word ? !runs(p) : !h)) {
		peer_send(peer, HANDOVER_ACCEPTED);
		return;
	}
	peer_send(peer, HANDOVER_NOTED);
	if (!urgent || peer->urgent)
		return;
	peer->urgent = true;
	if (p->word && agent_ask(p->room, p->agent, &p->node.eid)) /* its last word is memory */
		await_truth(p, HANDOVER_TRUTH_MS);
	else /* nobody speaks for it: is it there? */
		site_ask(router_of(p), &p->node.eid);
}

static bool has_urgent(const struct passage *p)
{
	bool any = false;

	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		any |= p->nexts[i].urgent;
	return any;
}

static void each_urgent(struct passage *p, enum handover_step step)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		struct peer *peer = &p->nexts[i];

		if (!peer->urgent)
			continue;
		peer->urgent = false;
		peer_send(peer, step);
	}
}

/* The agent has spoken afresh, when a peer waited for it. */
static void answer_urgent(struct passage *p)
{
	if (!p->resuming && !p->doubted)
		timer_cancel(&p->room->env->timers, &p->truth);
	each_urgent(p, runs(p) ? HANDOVER_REFUSED : HANDOVER_ACCEPTED);
}

void handover_verified(struct handover_room *room, const struct eid *host, bool here)
{
	struct passage *p = passage_find(room, host);

	if (p)
		each_urgent(p, here ? HANDOVER_REFUSED : HANDOVER_ACCEPTED);
}

static struct peer *only_next(struct passage *p)
{
	struct peer *only = NULL;

	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		if (!peer_stands(&p->nexts[i]))
			continue;
		if (only)
			return NULL;
		only = &p->nexts[i];
	}
	return only;
}

static bool has_next(const struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]))
			return true;
	return false;
}

/* It is gone here, and nobody says that it is elsewhere. Frees it. */
static void lose(struct passage *p)
{
	struct router *r = router_of(p);
	struct eid host = p->node.eid;

	passage_free(p);
	site_gone(r, &host);
}

/* Nobody has told where it went: what would have may be lost. */
static void find(struct passage *p)
{
	if (p->phase == PHASE_PAUSED && !p->to)
		resolution_ask(router_of(p)->resolution, &p->node.eid, false);
}

/* As long as what came for it is held, it may turn out to run elsewhere. */
static void lost_unless_found(struct passage *p)
{
	struct env *env = p->room->env;

	find(p);
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
	struct peer *peer = only_next(p);

	timer_cancel(&p->room->env->timers, &p->tail);
	p->tail_over = true;
	if (p->awaits_tail) {
		let_go_at_last(p);
		return;
	}
	if (p->phase != PHASE_PAUSED || p->to || !peer || !peer->accepted ||
		p->room->env->policy.handover.cut_at_resume)
		return;
	p->to = peer;
	log_step(p, ROUTER_STEP_CUT);
	let_go(p, true);
	peer_send(peer, HANDOVER_STEP_PAUSED);
}

void passage_tail_begin(struct passage *p)
{
	p->paused = p->counter;
	p->tail_count = 0;
	memcpy(p->tail_agent, p->agent, sizeof(p->tail_agent));
	memset(p->tail_had, 0, sizeof(p->tail_had));
}

static void pause_begin(struct passage *p)
{
	struct env *env = p->room->env;

	p->phase = PHASE_PAUSED;
	p->announced = env->now;
	p->to = p->resuming = NULL;
	p->hurried = p->awaits_tail = false;
	p->moved.count = 0;
	passage_tail_begin(p);
	site_paused(router_of(p), &p->node.eid);
	refresh(p);
	gateway_left(router_of(p)->gateway, &p->node.eid);
	env_count(env, XTR_HANDOVER_PAUSED);
	tell(p, ROUTER_MOVE_PAUSED, only_next(p));
}

static void stop(struct passage *p)
{
	struct env *env = p->room->env;

	pause_begin(p);
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]) && !was_accepted(&p->nexts[i]) &&
			!peer_is_told_off(&p->nexts[i]))
			peer_send(&p->nexts[i], HANDOVER_ACCEPTED);
	if (p->tail_over)
		passage_tail_over(p);
	else
		timer_set(&env->timers, &p->tail, mono_add_ms(env->now, HANDOVER_COPY_MS));
}

/* 5. */
static void paused(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase == PHASE_PAUSED) {
		if (p->resuming)
			passage_step(p, p->resuming, HANDOVER_RESUMED);
		else if (p->tail_over && !p->to)
			passage_tail_over(p);
		find(p);
		return;
	}
	if (p->phase == PHASE_WAITING) { /* it was never served here: as if it had not run */
		timer_cancel(&env->timers, &p->takeover);
		p->phase = PHASE_EXPECTED;
		refresh(p);
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

/* 6. */
static void abort_move(struct passage *p, bool same_tap)
{
	struct env *env = p->room->env;

	stop_leaving(p);
	if (same_tap) /* the guest reads it from there */
		hold_drop_tail(router_of(p)->hold, &p->node.eid);
	p->phase = PHASE_HERE;
	here(p);
	gateway_came(router_of(p)->gateway, &p->node.eid, p->mac);
	each_next(p, NULL, HANDOVER_ABORTED);
	env_count(env, same_tap ? XTR_HANDOVER_ABORTED : XTR_HANDOVER_RESUMED);
	tell(p, same_tap ? ROUTER_MOVE_ABORTED : ROUTER_MOVE_RESUMED, NULL);
}

/* 10. */
static void release(struct passage *p, struct peer *peer)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(router_of(p)->hosts, &p->node.eid);

	stop_leaving(p);
	p->phase = PHASE_RELEASED;
	p->to = peer;
	if (h)
		memcpy(p->mac, h->mac, sizeof(p->mac));
	site_drop(router_of(p), &p->node.eid, false);
	log_step(p, ROUTER_STEP_CUT);
	let_go(p, true);
	gateway_left(router_of(p)->gateway, &p->node.eid);
	each_next(p, peer, HANDOVER_ABORTED);
	tell(p, ROUTER_MOVE_RESUMED, peer);
}

/* It runs elsewhere, and what it had not read has not come: that is older than what is held. */
static bool await_tail(struct passage *p)
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
		if (p->nexts[i].used && same_places(&p->nexts[i].locators, set))
			winner = &p->nexts[i];
	each_next(p, winner, HANDOVER_ABORTED);
}

static void moved(struct passage *p, const struct locator_set *set)
{
	struct env *env = p->room->env;

	if (p->phase != PHASE_RELEASED)
		abort_others(p, set);
	stop_leaving(p);
	p->phase = PHASE_RELEASED;
	p->doubted = false;
	timer_set(&env->timers, &p->back, mono_add_ms(env->now, HANDOVER_BACK_MS));
	site_moved(router_of(p), &p->node.eid, p->seq, set, p->mac);
}

static void let_go_at_last(struct passage *p)
{
	const struct locator_set set = p->moved;

	p->awaits_tail = false;
	if (set.count)
		moved(p, &set);
	else if (p->resuming)
		release(p, p->resuming);
}

/* RELEASED, and accepted since then: it has gone on from where it was. */
static void gone_on(struct passage *p, struct peer *peer)
{
	const struct away_entry *away = away_find(router_of(p)->away, &p->node.eid);

	if (!p->to && away && same_places(&away->locators, &peer->locators))
		return; /* as the Map-Server has said already */
	p->to = peer;
	let_go(p, true);
}

/* It says that the guest runs there. Our agent's word may be older than that. */
static void resumed(struct passage *p, struct peer *peer)
{
	if (p->phase == PHASE_EXPECTED && !p->cancelled) { /* it has been there meanwhile */
		p->released = p->aborted = false;
		passage_owned_at(p, &peer->locators);
		refresh(p);
		return;
	}
	if (!was_accepted(peer) || (p->phase != PHASE_NONE && p->phase != PHASE_HERE &&
					   p->phase != PHASE_PAUSED && p->phase != PHASE_RELEASED))
		return;
	if (p->phase == PHASE_RELEASED) {
		gone_on(p, peer);
		return;
	}
	if (await_tail(p)) {
		p->resuming = peer;
		return;
	}
	if (p->word != HANDOVER_RUNNING && p->word != HANDOVER_LEAVING) {
		release(p, peer);
		return;
	}
	if (p->resuming)
		return;
	pause_begin(p);
	p->resuming = peer;
	p->tail_over = true;
	agent_ask(p->room, p->agent, &p->node.eid);
	await_truth(p, HANDOVER_TAIL_MS);
}

/* It is nobody's place any more: what was redirected there is held, or goes to another. */
static void cancelled(struct passage *p, struct peer *peer)
{
	if (p->phase == PHASE_RELEASED && p->to == peer)
		return; /* it ran there, and said so */
	peer_clear(peer);
	refresh(p);
	if (p->phase != PHASE_PAUSED)
		return;
	if (p->word == HANDOVER_GONE && !has_next(p)) /* unless it runs where nobody prepared it */
		lost_unless_found(p);
	else if (p->tail_over)
		passage_tail_over(p);
}

bool passage_waits_for(const struct passage *p, const struct peer *peer)
{
	return peer == &p->owner && ((p->phase == PHASE_EXPECTED && !p->cancelled) ||
					    p->phase == PHASE_WAITING || p->phase == PHASE_REFUSED);
}

void passage_step(struct passage *p, struct peer *peer, uint8_t step)
{
	if (peer == &p->owner) {
		step_of_owner(p, step);
		return;
	}
	switch (step) {
	case HANDOVER_RESUMED:
		resumed(p, peer);
		return;
	case HANDOVER_CANCELLED:
		cancelled(p, peer);
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

/* ---- the agent's word ---- */

static void running(struct passage *p, uint8_t before)
{
	switch (p->phase) {
	case PHASE_NONE:
		if (dynamic_eid_find(router_of(p)->hosts, &p->node.eid)) {
			p->phase = PHASE_HERE;
			here(p);
			return;
		}
		wait_for_owner(p);
		return;
	case PHASE_EXPECTED:
	case PHASE_WAITING:
		if (p->free || p->released)
			arrive(p);
		else if (p->phase == PHASE_EXPECTED)
			wait_for_owner(p);
		return;
	case PHASE_REFUSED:
	case PHASE_RELEASED:
		wait_for_owner(p);
		return;
	case PHASE_HERE:
		if (!before) /* another hypervisor of this site: that it left there was lost */
			here(p);
		if (before == HANDOVER_LEAVING && p->word == HANDOVER_RUNNING) {
			each_next(p, NULL, HANDOVER_ABORTED);
			move_log_abort(p->room->env->moves, &p->node.eid);
		}
		if (p->doubted && p->unheard)
			site_claim(router_of(p), &p->node.eid);
		else if (p->doubted) /* another owns it all the same: asked, and not robbed */
			wait_for_owner(p);
		p->doubted = false;
		return;
	case PHASE_PAUSED:
		if (before == HANDOVER_GONE) /* another stay: it may have been elsewhere */
			wait_for_owner(p);
		else
			abort_move(p, before != 0); /* 0: at another hypervisor of this site */
		return;
	}
}

/* 9. */
static void gone(struct passage *p, uint8_t before)
{
	struct env *env = p->room->env;
	struct peer *next = only_next(p);

	switch (p->phase) {
	case PHASE_HERE:
		if (before == HANDOVER_LEAVING && next && was_accepted(next)) {
			p->tail_over = true; /* that it was paused has been lost */
			pause_begin(p);
			passage_tail_over(p);
			return;
		}
		if (has_next(p)) { /* which hears that it may have it */
			p->phase = PHASE_NONE;
			site_gone(router_of(p), &p->node.eid);
			return;
		}
		lose(p);
		return;
	case PHASE_PAUSED: /* it runs elsewhere, and that will be said; or it was lost on its way */
		if (before != HANDOVER_GONE && !has_next(p))
			lost_unless_found(p);
		else
			find(p);
		return;
	case PHASE_EXPECTED:
	case PHASE_WAITING:
	case PHASE_REFUSED:
		pin(p, false);
		if (p->free || !p->owner_known) { /* nobody to be told, or to be given anything */
			passage_expire(p);
			return;
		}
		timer_cancel(&env->timers, &p->takeover);
		peer_prepare_stop(p);
		p->phase = PHASE_EXPECTED;
		p->aborted = p->cancelled = true;
		let_go(p, true);
		peer_send(&p->owner, HANDOVER_CANCELLED);
		timer_set(&env->timers, &p->life, mono_add_s(env->now, CANCELLED_S));
		tell(p, ROUTER_MOVE_ABORTED, &p->owner);
		return;
	default:
		return;
	}
}

void passage_word(struct passage *p, uint8_t before)
{
	if (has_urgent(p))
		answer_urgent(p);
	if (p->doubted && p->phase == PHASE_HERE) {
		timer_cancel(&p->room->env->timers, &p->truth);
		if (p->word == HANDOVER_GONE || (p->word == HANDOVER_PAUSED && p->in_migration)) {
			passage_contested(p, p->seq, &p->owner.locators, false);
			return;
		}
	}
	switch (p->word) {
	case HANDOVER_INCOMING:
		expect(p);
		return;
	case HANDOVER_LEAVING: /* 4 */
		running(p, before);
		if (p->phase == PHASE_HERE && before != HANDOVER_LEAVING) {
			log_begin(p, ROUTER_MOVE_SOURCE);
			if (only_next(p))
				log_step(p, ROUTER_STEP_PREPARED);
			each_next(p, NULL, HANDOVER_ACCEPTED);
		}
		return;
	case HANDOVER_PAUSED:
		if (p->in_migration)
			paused(p);
		else if (p->phase == PHASE_PAUSED)
			abort_move(p, true);
		return;
	case HANDOVER_GONE:
		gone(p, before);
		return;
	default:
		running(p, before);
	}
}

/* ---- the Map-Server's word, and none at all ---- */

/* It names who has accepted us just now: of several Map-Servers each learns by our claim there. */
static bool is_late(const struct passage *p, const struct locator_set *set)
{
	return p->phase == PHASE_HERE && p->released && same_places(&p->owner.locators, set) &&
	       mono_since_ms(p->arrived, p->room->env->now) < HANDOVER_SPREAD_MS;
}

/* 11. */
bool passage_contested(struct passage *p, uint64_t seq, const struct locator_set *set, bool refused)
{
	bool left = p->phase == PHASE_PAUSED || p->phase == PHASE_RELEASED ||
		    (p->phase == PHASE_HERE && (p->word == HANDOVER_GONE || p->in_migration));

	if (p->phase == PHASE_NONE)
		return false;
	if (p->phase != PHASE_HERE && seq && seq < p->seq)
		return true; /* rule 4 */
	if (seq > p->seq)
		p->seq = seq;
	if (left && p->phase == PHASE_HERE)
		passage_tail_begin(p);
	if (left && set->count && await_tail(p)) {
		p->moved = *set;
		return true;
	}
	if (left && set->count) {
		moved(p, set);
		return true;
	}
	if (left)
		return true;
	if (p->phase != PHASE_HERE) {
		if (set->count)
			passage_owned_at(p, set);
		refresh(p);
		return true;
	}
	p->unheard = refused && is_late(p, set) && (!p->doubted || p->unheard);
	p->owner.locators = *set;
	p->owner_known |= set->count > 0;
	p->doubted = true;
	if (!agent_ask(p->room, p->agent, &p->node.eid)) {
		p->doubted = false;
		return false;
	}
	await_truth(p, HANDOVER_TRUTH_MS);
	return true;
}

/* The agent has not answered. */
static void truth_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;
	struct router *r = router_of(p);
	struct locator_set set = p->owner.locators;
	struct eid host = p->node.eid;
	uint64_t seq = p->seq;

	if (mono_before(now, p->truth_end)) {
		agent_ask(p->room, p->agent, &host);
		timer_set(&p->room->env->timers, t,
			mono_min(p->truth_end, mono_add_ms(now, HANDOVER_ASK_MS)));
		return;
	}
	if (p->resuming) {
		release(p, p->resuming);
	} else if (p->doubted) {
		passage_free(p);
		site_contest(r, &host, seq, &set);
	} else if (has_urgent(p)) {
		site_ask(r, &host);
	}
}

static void back_fire(struct timer *t, struct mono now)
{
	refresh(t->arg);
}

void passage_expire(struct passage *p)
{
	struct router *r = router_of(p);
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
		lose(p);
		return;
	}
	if (p->to) { /* nobody has said that it is there; nor that it is elsewhere */
		away_put(r->away, &host, p->seq, true, &p->to->locators);
		away_mac(r->away, &host, p->mac);
		site_drop(r, &host, false);
	}
	if (phase == PHASE_EXPECTED || phase == PHASE_WAITING) {
		pin(p, false);
		p->phase = PHASE_EXPECTED;
		p->aborted = true;
		if (p->owner_known && !p->free)
			let_go(p, true);
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
	timer_init(&p->takeover, takeover_fire, p);
	timer_init(&p->tail, tail_fire, p);
	timer_init(&p->back, back_fire, p);
	peer_prepare_init(p);
	peer_init(&p->owner, p);
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		peer_init(&p->nexts[i], p);
}
