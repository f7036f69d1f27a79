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
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]) && &p->nexts[i] != but)
			peer_send(&p->nexts[i], step);
}

static bool was_accepted(const struct peer *peer)
{
	return peer->accepted || (peer->step == HANDOVER_ACCEPTED && peer->waiting);
}

static void pin(struct passage *p, bool on)
{
	struct router_ops *ops = p->room->env->ops;

	if (p->pinned == on || !ops->pin_host || !p->ifindex)
		return;
	p->pinned = on;
	ops->pin_host(ops, p->ifindex, &p->node.eid, on ? p->mac : NULL);
}

/* ---- at the destination ---- */

/* 1. */
static void expect(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->phase == PHASE_EXPECTED) {
		if (!timer_is_set(&p->prepare) && !p->free &&
			mono_since_ms(p->prepared, env->now) > RENEW_MS)
			peer_prepare(p);
		return;
	}
	if (p->phase == PHASE_WAITING || p->phase == PHASE_HERE || p->phase == PHASE_REFUSED ||
		(p->phase == PHASE_NONE && dynamic_eid_find(router_of(p)->hosts, &p->node.eid)))
		return;
	p->owner_known = p->to != NULL; /* what we know until the Map-Server has answered */
	if (p->to)
		p->owner.locators = p->to->locators;
	p->to = NULL;
	site_drop(router_of(p), &p->node.eid, false);
	p->phase = PHASE_EXPECTED;
	p->announced = env->now;
	p->released = p->aborted = p->heard = p->free = false;
	p->key_nonce = 0;
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
	p->room->arrived = p->room->env->now;
	p->phase = PHASE_HERE;
	p->doubted = false;
	p->pinned = false; /* once more: it may have been asked before it could answer */
	pin(p, true);
	p->pinned = false; /* it lives, and answers for itself */
	site_arrived(router_of(p), &p->node.eid, p->ifindex, p->mac, p->seq);
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

	if (p->phase != PHASE_EXPECTED)
		p->announced = env->now;
	if (p->phase != PHASE_EXPECTED || p->aborted)
		p->released = p->heard = p->free = p->owner_known = false;
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
		p->released = false;
		p->aborted = true;
		if (p->phase == PHASE_EXPECTED)
			let_go(p, true);
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
	if (!urgent || p->urgent == peer)
		return;
	p->urgent = peer;
	if (p->word && agent_ask(p->room, p->agent, &p->node.eid)) /* its last word is memory */
		timer_set(&p->room->env->timers, &p->truth,
			mono_add_ms(p->room->env->now, HANDOVER_TRUTH_MS));
	else /* nobody speaks for it: is it there? */
		site_ask(router_of(p), &p->node.eid);
}

/* The agent has spoken afresh, when a peer waited for it. */
static void answer_urgent(struct passage *p)
{
	struct peer *peer = p->urgent;

	p->urgent = NULL;
	if (!p->resuming && !p->doubted)
		timer_cancel(&p->room->env->timers, &p->truth);
	peer_send(peer, runs(p) ? HANDOVER_REFUSED : HANDOVER_ACCEPTED);
}

void handover_verified(struct handover_room *room, const struct eid *host, bool here)
{
	struct passage *p = passage_find(room, host);
	struct peer *peer = p ? p->urgent : NULL;

	if (!peer)
		return;
	p->urgent = NULL;
	peer_send(peer, here ? HANDOVER_REFUSED : HANDOVER_ACCEPTED);
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

static void pause_begin(struct passage *p)
{
	struct env *env = p->room->env;

	p->phase = PHASE_PAUSED;
	p->announced = env->now;
	p->to = p->resuming = NULL;
	p->paused = p->counter;
	p->tail_count = 0;
	p->hurried = p->awaits_tail = false;
	p->moved.count = 0;
	memset(p->tail_had, 0, sizeof(p->tail_had));
	site_paused(router_of(p), &p->node.eid);
	refresh(p);
	gateway_left(router_of(p)->gateway, &p->node.eid);
	env_count(env, XTR_HANDOVER_PAUSED);
	tell(p, ROUTER_MOVE_PAUSED, only_next(p));
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
		return;
	}
	if (p->phase != PHASE_HERE && p->phase != PHASE_NONE)
		return;
	pause_begin(p);
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]) && !was_accepted(&p->nexts[i]))
			peer_send(&p->nexts[i], HANDOVER_ACCEPTED);
	if (p->tail_over)
		passage_tail_over(p);
	else
		timer_set(&env->timers, &p->tail, mono_add_ms(env->now, HANDOVER_COPY_MS));
}

/* 6. */
static void abort_move(struct passage *p, bool same_tap)
{
	struct env *env = p->room->env;

	timer_cancel(&env->timers, &p->tail);
	timer_cancel(&env->timers, &p->truth);
	if (same_tap) /* the guest reads it from there */
		hold_drop_tail(router_of(p)->hold, &p->node.eid);
	p->to = p->resuming = NULL;
	p->awaits_tail = false;
	p->phase = PHASE_HERE;
	site_arrived(router_of(p), &p->node.eid, p->ifindex, p->mac, p->seq);
	gateway_came(router_of(p)->gateway, &p->node.eid, p->mac);
	each_next(p, NULL, HANDOVER_ABORTED);
	env_count(env, same_tap ? XTR_HANDOVER_ABORTED : XTR_HANDOVER_RESUMED);
	tell(p, same_tap ? ROUTER_MOVE_ABORTED : ROUTER_MOVE_RESUMED, NULL);
}

/* 10. */
static void release(struct passage *p, struct peer *peer)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(router_of(p)->hosts, &p->node.eid);
	struct env *env = p->room->env;

	timer_cancel(&env->timers, &p->tail);
	timer_cancel(&env->timers, &p->truth);
	p->resuming = NULL;
	p->awaits_tail = false;
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

static void moved(struct passage *p, const struct locator_set *set)
{
	struct env *env = p->room->env;

	timer_cancel(&env->timers, &p->tail);
	timer_cancel(&env->timers, &p->truth);
	p->awaits_tail = false;
	p->phase = PHASE_RELEASED;
	p->to = NULL;
	p->doubted = false;
	site_moved(router_of(p), &p->node.eid, p->seq, set, p->mac);
}

static void let_go_at_last(struct passage *p)
{
	const struct locator_set set = p->moved;

	p->awaits_tail = false;
	if (set.count)
		moved(p, &set);
	else
		release(p, p->resuming);
}

/* It says that the guest runs there. Our agent's word may be older than that. */
static void resumed(struct passage *p, struct peer *peer)
{
	struct env *env = p->room->env;

	if (p->phase == PHASE_RELEASED || !was_accepted(peer))
		return;
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
	timer_set(&env->timers, &p->truth, mono_add_ms(env->now, HANDOVER_TAIL_MS));
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
		peer_clear(peer); /* nobody's place any more: what was redirected there is held */
		if (p->phase == PHASE_PAUSED && p->word == HANDOVER_GONE && !has_next(p))
			lose(p);
		else
			refresh(p);
		return;
	case HANDOVER_NOTED:
		peer->until =
			mono_add_s(p->room->env->now, p->room->env->policy.handover.prepared_s);
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
			site_arrived(router_of(p), &p->node.eid, p->ifindex, p->mac, p->seq);
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
			site_arrived(router_of(p), &p->node.eid, p->ifindex, p->mac, p->seq);
		if (before == HANDOVER_LEAVING && p->word == HANDOVER_RUNNING) {
			each_next(p, NULL, HANDOVER_ABORTED);
			move_log_abort(p->room->env->moves, &p->node.eid);
		}
		if (p->doubted) /* another owns it all the same: it is asked, and not robbed */
			wait_for_owner(p);
		return;
	case PHASE_PAUSED:
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
			timer_set(&env->timers, &p->life,
				mono_add_ms(env->now, env->policy.timers.hold_move_ms));
		return;
	case PHASE_EXPECTED:
	case PHASE_WAITING:
	case PHASE_REFUSED:
		pin(p, false);
		timer_cancel(&env->timers, &p->takeover);
		peer_prepare_stop(p);
		p->phase = PHASE_EXPECTED;
		p->aborted = true;
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
	if (p->urgent)
		answer_urgent(p);
	if (p->doubted && p->phase == PHASE_HERE) {
		timer_cancel(&p->room->env->timers, &p->truth);
		if (p->word == HANDOVER_GONE || (p->word == HANDOVER_PAUSED && p->in_migration)) {
			passage_contested(p, p->seq, &p->owner.locators);
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

/* 11. */
bool passage_contested(struct passage *p, uint64_t seq, const struct locator_set *set)
{
	struct env *env = p->room->env;
	bool left = p->phase == PHASE_PAUSED || p->phase == PHASE_RELEASED ||
		    (p->phase == PHASE_HERE && (p->word == HANDOVER_GONE || p->in_migration));

	if (p->phase == PHASE_NONE)
		return false;
	if (seq > p->seq)
		p->seq = seq;
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
	p->owner.locators = *set;
	p->owner_known |= set->count > 0;
	if (p->phase != PHASE_HERE) {
		refresh(p);
		return true;
	}
	p->doubted = true;
	if (!agent_ask(p->room, p->agent, &p->node.eid)) {
		p->doubted = false;
		return false;
	}
	timer_set(&env->timers, &p->truth, mono_add_ms(env->now, HANDOVER_TRUTH_MS));
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

	if (p->resuming) {
		release(p, p->resuming);
	} else if (p->doubted) {
		passage_free(p);
		site_contest(r, &host, seq, &set);
	} else if (p->urgent) {
		site_ask(r, &host);
	}
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
		let_go(p, true);
	}
	passage_free(p);
	if (phase == PHASE_PAUSED)
		site_unreachable(r, &host);
	forwarding_update(r, &host);
}

void passage_init(struct passage *p)
{
	p->announced = p->room->env->now;
	timer_init(&p->truth, truth_fire, p);
	timer_init(&p->takeover, takeover_fire, p);
	timer_init(&p->tail, tail_fire, p);
	peer_prepare_init(p);
	peer_init(&p->owner, p);
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		peer_init(&p->nexts[i], p);
}
