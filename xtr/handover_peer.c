/* handover_peer: PREPARE to the Map-Server, OWNER and NEXT from it, steps between the two xTRs of a
 * move, and their repetitions. See handover.h. What a message means for the guest's packets is
 * handover.c's. */
#include "xtr/handover_internal.h"

#include <string.h>

#define MESSAGE_MAX 1400

static const struct auth_options plain;

/* ---- what we say ---- */

/* Who is asked for the owner: the first Map-Server that claims are made at, and when that is
 * silent, or cannot say, the next one, and so on round. */
static struct router_server *asked(const struct passage *p)
{
	struct router *r = p->room->r;
	unsigned int count = 0, nth;

	for (unsigned int i = 0; i < r->server_count; i++)
		count += r->servers[i].claim != NULL;
	nth = count ? p->prepare_tries / HANDOVER_ASK_TRIES % count : 0;
	for (unsigned int i = 0; i < r->server_count; i++)
		if (r->servers[i].claim && !nth--)
			return &r->servers[i];
	return NULL;
}

static void send_prepare(struct passage *p)
{
	struct env *env = p->room->env;
	const struct router_server *rs = asked(p);
	struct handover m = {.kind = HANDOVER_PREPARE,
		.move = p->move,
		.urgent = p->phase == PHASE_WAITING || p->phase == PHASE_ELSEWHERE,
		.agent = p->word != 0,
		.reason = p->reason,
		.deadline_ms = p->deadline_ms,
		.key_nonce = p->key_nonce};
	const struct server *s = rs ? rs->server : NULL;
	uint8_t *bytes = s ? env_begin(env, MESSAGE_MAX) : NULL;
	struct wire_writer w;
	int len;

	if (!bytes)
		return;
	m.counter = env->nonce++;
	p->prepared_to = m.counter;
	memcpy(m.sender.bytes, env->policy.xtr_id.bytes, sizeof(m.sender.bytes));
	agent_id(p, &m.agent_id);
	memcpy(m.proof, p->proof, sizeof(m.proof));
	wire_writer_init(&w, bytes, MESSAGE_MAX);
	handover_begin(&w, &m, s->conf.key_id, s->conf.alg, &s->conf.auth);
	lisp_record_write(&w, &p->node.eid, env->policy.timers.record_ttl_min,
		(uint8_t)env->policy.rloc_count, LISP_ACT_NONE, true, 0);
	locator_own_write(env, &w, NULL, NULL);
	len = handover_finish(&w, &m, s->key, &s->conf.auth);
	if (len < 0)
		return;
	outbox_commit(env->out, (uint32_t)len, &s->conf.at, locator_own(env, s->conf.at.addr.afi));
	env_count(env, XTR_HANDOVER_PREPARES);
}

static void prepare_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;

	send_prepare(p);
	p->prepare_tries++;
	if (p->unanswered && p->phase == PHASE_WAITING &&
		p->prepare_tries % HANDOVER_ASK_TRIES == 0 &&
		!(p->owner.waiting && p->owner.step == HANDOVER_RUNS))
		peer_send(&p->owner, HANDOVER_RUNS); /* who had it can be asked without */
	timer_set(&p->room->env->timers, t, mono_add_ms(now, p->prepare_ms));
	p->prepare_ms *= p->prepare_ms < HANDOVER_WAIT_MOST ? 2 : 1;
}

void peer_prepare_init(struct passage *p)
{
	timer_init(&p->prepare, prepare_fire, p);
}

void peer_prepare(struct passage *p)
{
	struct env *env = p->room->env;

	p->prepare_ms = HANDOVER_WAIT_MS;
	p->prepare_tries = 0;
	p->prepared = env->now;
	if (!p->key_nonce) { /* what is on its way in answer to another is not for this one */
		p->prepared_from = env->nonce;
		p->key_nonce = random_u64(env->random);
	}
	timer_set(&env->timers, &p->prepare, env->now);
}

void peer_prepare_stop(struct passage *p)
{
	timer_cancel(&p->room->env->timers, &p->prepare);
}

static const struct endpoint *endpoint_of(const struct peer *peer, struct endpoint *to)
{
	const struct env *env = peer->passage->room->env;

	for (unsigned int i = 0; i < peer->locators.count; i++) {
		const struct address *a = &peer->locators.list[i].addr;

		if (!locator_own(env, a->afi))
			continue;
		*to = (struct endpoint){.addr = *a, .port = LISP_CONTROL_PORT};
		return to;
	}
	return NULL;
}

static void write_step(struct peer *peer, enum handover_kind kind, uint8_t step, uint64_t counter)
{
	struct passage *p = peer->passage;
	struct env *env = p->room->env;
	struct handover m = {.kind = kind,
		.counter = counter,
		.move = p->move,
		.seq = p->seq,
		.state = step,
		.host_count = 1};
	struct endpoint to;
	uint8_t *bytes;
	struct wire_writer w;
	int len;

	if (!peer->key || !endpoint_of(peer, &to) || !(bytes = env_begin(env, MESSAGE_MAX)))
		return;
	m.hosts[0].eid = p->node.eid;
	memcpy(m.sender.bytes, env->policy.xtr_id.bytes, sizeof(m.sender.bytes));
	wire_writer_init(&w, bytes, MESSAGE_MAX);
	handover_begin(&w, &m, 0, AUTH_HMAC_SHA256_128, &plain);
	len = handover_finish(&w, &m, peer->key, &plain);
	if (len > 0)
		outbox_commit(env->out, (uint32_t)len, &to, locator_own(env, to.addr.afi));
}

static void step_fire(struct timer *t, struct mono now)
{
	struct peer *peer = t->arg;
	struct env *env = peer->passage->room->env;

	if (peer->tries == HANDOVER_STEP_MOST) {
		peer->waiting = false;
		return;
	}
	peer->last = env->nonce++;
	write_step(peer, HANDOVER_STEP, peer->step, peer->last);
	env_count(env, XTR_HANDOVER_STEPS_SENT);
	timer_set(&env->timers, t,
		mono_add_ms(now,
			peer->tries < 6 ? HANDOVER_WAIT_MS << peer->tries : HANDOVER_WAIT_MOST));
	peer->tries++;
}

void peer_init(struct peer *peer, struct passage *p)
{
	memset(peer, 0, sizeof(*peer));
	peer->passage = p;
	timer_init(&peer->timer, step_fire, peer);
}

/* A step that was to be sent now, and that another follows at once: it goes this once. */
static void say_before(struct peer *peer)
{
	struct env *env = peer->passage->room->env;

	write_step(peer, HANDOVER_STEP, peer->step, env->nonce++);
	env_count(env, XTR_HANDOVER_STEPS_SENT);
}

void peer_send(struct peer *peer, enum handover_step step)
{
	struct env *env = peer->passage->room->env;

	if (!peer->used || !peer->key)
		return;
	if (step == HANDOVER_SENT && peer->waiting && !peer->tries)
		say_before(peer);
	if (step == HANDOVER_ACCEPTED && peer->passage->has_ticket &&
		ticket_admits(peer->passage, peer))
		env_count(env, XTR_HANDOVER_PROVEN);
	if (step == HANDOVER_ACCEPTED)
		move_log_step(env->moves, &peer->passage->node.eid, ROUTER_STEP_ACCEPTED);
	peer->step = (uint8_t)step;
	peer->first = env->nonce;
	peer->tries = 0;
	peer->waiting = true;
	if (step == HANDOVER_ABORTED)
		peer->accepted = false;
	if (step == HANDOVER_ACCEPTED)
		peer->sent = false;
	timer_set(&env->timers, &peer->timer, env->now);
}

void peer_clear(struct peer *peer)
{
	struct passage *p = peer->passage;

	timer_cancel(&p->room->env->timers, &peer->timer);
	auth_key_free(peer->key);
	explicit_bzero(&peer->otk, sizeof(peer->otk));
	if (p->to == peer)
		p->to = NULL;
	if (p->resuming == peer)
		p->resuming = NULL;
	peer_init(peer, p);
}

/* ---- what we hear ---- */

/* Take the move's key out of @h, for @peer; true when it has one. */
static bool take_key(struct peer *peer, const struct server *s, const struct handover *h)
{
	struct env *env = peer->passage->room->env;
	struct otk_keys one = {0};
	struct otk otk;

	if (h->key.wrap_id != OTK_WRAP_AES_HKDF_SHA256 || h->key.key_id != s->conf.key_id)
		return false;
	if (otk_keys_add(&one, s->conf.key_id, s->conf.key, s->conf.key_len) ||
		!otk_unwrap(env->otk, &one.list[0], h->key_nonce, &h->key, &otk)) {
		otk_keys_wipe(&one);
		return false;
	}
	otk_keys_wipe(&one);
	if (!peer->key || memcmp(&peer->otk, &otk, sizeof(otk)) != 0) {
		auth_key_free(peer->key);
		peer->key = auth_key_new(otk.bytes, sizeof(otk.bytes));
		peer->otk = otk;
		peer->seen = 0;
		peer->accepted = false;
	}
	explicit_bzero(&otk, sizeof(otk));
	return peer->key != NULL;
}

static void take_number(struct passage *p, const struct server *s, uint64_t seq)
{
	if (seq > p->seq)
		p->seq = seq;
	p->base = seq;
	p->base_of = s->conf.at.addr;
}

/* @s has said who the owner is, whose word is missing: another would give another key. */
static void asked_on(struct passage *p, const struct server *s)
{
	const struct router *r = p->room->r;

	p->prepare_tries = 0;
	for (unsigned int i = 0; i < r->server_count && r->servers[i].server != s; i++)
		p->prepare_tries += r->servers[i].claim ? HANDOVER_ASK_TRIES : 0;
}

static void take_owner(struct handover_room *room, const struct server *s, const struct handover *h)
{
	static const struct handover_id none;
	struct env *env = room->env;
	struct passage *p = passage_find(room, &h->record.eid.eid);
	bool nobody = !memcmp(&h->peer, &none, sizeof(none));
	struct locator_set set;

	if (!p || h->counter < p->prepared_from || h->counter > p->prepared_to ||
		h->counter < p->owner_answered || h->key_nonce != p->key_nonce || p->cancelled ||
		(p->phase != PHASE_EXPECTED && p->phase != PHASE_WAITING &&
			p->phase != PHASE_ELSEWHERE)) {
		env_count(env, XTR_HANDOVER_DROP_STALE);
		return;
	}
	p->owner_answered = h->counter;
	p->unanswered = false;
	if (p->owner.used && memcmp(&p->owner.id, &h->peer, sizeof(h->peer)) != 0) {
		set = p->owner.locators;
		peer_clear(&p->owner); /* another one, who has not accepted anything */
		p->owner.locators = set;
		p->released = p->aborted = p->heard = false;
	}
	p->owner.used = true;
	p->owner.id = h->peer;
	take_number(p, s, h->seq);
	p->free = (nobody && !h->has_locators) ||
		  !memcmp(h->peer.bytes, env->policy.xtr_id.bytes, sizeof(h->peer.bytes));
	memset(&set, 0, sizeof(set));
	if (!p->free) /* our own locators are no place to send it to */
		locator_set_read(env, &h->record, &set);
	if (take_key(&p->owner, s, h))
		asked_on(p, s);
	passage_owned_at(p, &set);
	if (p->free || (p->heard && p->owner.key) || (nobody && h->has_locators))
		peer_prepare_stop(p);
	passage_owner(p);
}

/* Who only hears of it makes room for a place that it may go to. */
static struct peer *candidate_displaced(struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		if (!p->nexts[i].heard_only || p->to == &p->nexts[i])
			continue;
		peer_clear(&p->nexts[i]);
		return &p->nexts[i];
	}
	return NULL;
}

static struct peer *candidate_get(struct passage *p, const struct handover *h)
{
	struct peer *free = NULL;

	if (!passage_nexts_make(p))
		return NULL;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++) {
		struct peer *peer = &p->nexts[i];

		if (peer->used && !memcmp(&peer->id, &h->peer, sizeof(h->peer)))
			return peer;
		if (peer->used && mono_due(peer->until, p->room->env->now) && p->to != peer)
			peer_clear(peer);
		if (!peer->used && !free)
			free = peer;
	}
	if (!free)
		free = candidate_displaced(p);
	return free ? free : ticket_room(p, h);
}

/* NEXTs of several EIDs may overtake each other, as they do when many guests leave at once; of one
 * EID the Map-Server's last word counts. */
static bool is_last_word(struct passage *p, const struct server *s, const struct handover *h)
{
	if (address_equal(&p->next_of, &s->conf.at.addr) && h->counter < p->next_counter)
		return false;
	p->next_of = s->conf.at.addr;
	p->next_counter = h->counter;
	return true;
}

/* Who asks there, and shows what. */
static void take_proof(struct peer *peer, const struct handover *h)
{
	if (!memcmp(&peer->agent_id, &h->agent_id, sizeof(peer->agent_id)) &&
		!memcmp(peer->proof, h->proof, sizeof(peer->proof)))
		return;
	peer->agent_id = h->agent_id;
	memcpy(peer->proof, h->proof, sizeof(peer->proof));
	peer->denied = false;
}

static void take_next(struct handover_room *room, const struct server *s, const struct handover *h)
{
	struct env *env = room->env;
	const struct eid *eid = &h->record.eid.eid;
	struct passage *p;
	struct peer *peer;

	if (!policy_dynamic(&env->policy, eid)) {
		env_count(env, XTR_HANDOVER_DROP_EID);
		return;
	}
	p = passage_get(room, eid);
	peer = p && is_last_word(p, s, h) ? candidate_get(p, h) : NULL;
	if (!peer || (peer_is_told_off(peer) && h->key_nonce == peer->key_nonce)) {
		env_count(env, XTR_HANDOVER_DROP_STALE);
		return;
	}
	if (peer_is_told_off(peer)) { /* it began anew, and has not the key to understand it */
		peer->waiting = false;
		timer_cancel(&env->timers, &peer->timer);
	}
	peer->used = true;
	peer->id = h->peer;
	peer->key_nonce = h->key_nonce;
	peer->heard_only = !h->agent;
	take_proof(peer, h);
	take_number(p, s, h->seq);
	/* Of a guest that leaves already its own agent may know better. */
	if ((p->word != HANDOVER_LEAVING && p->word != HANDOVER_PAUSED) || h->reason || !p->reason)
		passage_why(p, h);
	move_log_step(env->moves, eid, ROUTER_STEP_PREPARED);
	locator_set_read(env, &h->record, &peer->locators);
	peer->until = mono_add_s(env->now, env->policy.handover.prepared_s);
	if (!take_key(peer, s, h)) {
		peer_clear(peer);
		return;
	}
	if (p->phase == PHASE_NONE)
		passage_live(p);
	passage_candidate(p, peer, h->urgent);
}

static void from_server(struct handover_room *room, const uint8_t *bytes, size_t len,
	const struct handover *h, const struct endpoint *from)
{
	struct router_server *rs = site_server(room->r, &from->addr);
	struct server *s = rs ? rs->server : NULL;

	if (!s || h->auth.key_id != s->conf.key_id || h->auth.alg != s->conf.alg ||
		!handover_verify(s->key, &s->conf.auth, bytes, len, h)) {
		env_count(room->env, XTR_HANDOVER_DROP_AUTH);
		return;
	}
	if (h->kind == HANDOVER_OWNER) {
		take_owner(room, s, h);
		return;
	}
	if (!seen_take(&rs->nexts, h->counter)) {
		env_count(room->env, XTR_HANDOVER_DROP_STALE);
		return;
	}
	take_next(room, s, h);
}

static bool signed_by(
	const struct peer *peer, const uint8_t *bytes, size_t len, const struct handover *h)
{
	return peer->used && peer->key && !memcmp(&peer->id, &h->sender, sizeof(h->sender)) &&
	       handover_verify(peer->key, &plain, bytes, len, h);
}

static struct peer *sender_of(
	struct passage *p, const uint8_t *bytes, size_t len, const struct handover *h)
{
	if (h->auth.key_id != 0 || h->auth.alg != AUTH_HMAC_SHA256_128)
		return NULL;
	if (signed_by(&p->owner, bytes, len, h))
		return &p->owner;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (signed_by(&p->nexts[i], bytes, len, h))
			return &p->nexts[i];
	return NULL;
}

static void take_ack(struct peer *peer, const struct handover *h)
{
	struct passage *p = peer->passage;

	if (!peer->waiting || h->state != peer->step || h->counter < peer->first ||
		h->counter > peer->last)
		return;
	peer->waiting = false;
	timer_cancel(&p->room->env->timers, &peer->timer);
	if (peer->step == HANDOVER_ABORTED && p->to != peer)
		peer_clear(peer); /* and the move's key with it */
	if (peer->step != HANDOVER_ACCEPTED)
		return;
	peer->accepted = true;
	if (p->phase == PHASE_PAUSED && !p->to && p->tail_over)
		passage_tail_over(p);
}

/* Its word of the EID's number counts: one that was not accepted has none, and with a great one
 * what the Map-Server says would be old. */
static bool knows_number(const struct peer *peer, uint8_t step)
{
	const struct passage *p = peer->passage;

	if (step == HANDOVER_ACCEPTED)
		return peer == &p->owner;
	return step == HANDOVER_RESUMED && (peer == &p->owner || peer_was_accepted(peer));
}

static void from_peer(
	struct handover_room *room, const uint8_t *bytes, size_t len, const struct handover *h)
{
	struct passage *p = passage_find(room, &h->hosts[0].eid);
	struct peer *peer = p ? sender_of(p, bytes, len, h) : NULL;

	if (!peer) {
		env_count(room->env, XTR_HANDOVER_DROP_AUTH);
		return;
	}
	if (h->kind == HANDOVER_STEP_ACK) {
		take_ack(peer, h);
		return;
	}
	if (h->state == HANDOVER_ACCEPTED && !passage_waits_for(p, peer))
		return; /* who has it acknowledged sends packets here */
	if ((h->state == HANDOVER_RESUMED || h->state == HANDOVER_RUNS) && peer_is_told_off(peer))
		return; /* it is said again once we are understood */
	write_step(peer, HANDOVER_STEP_ACK, h->state, h->counter);
	if (h->counter <= peer->seen)
		return; /* its repetition: our acknowledgement was lost */
	peer->seen = h->counter;
	if (peer == &p->owner && h->move && !p->reason) /* ours was drawn */
		p->move = h->move;
	if (knows_number(peer, h->state) && h->seq > p->seq)
		p->seq = h->seq; /* a claim may rest on it while the Map-Server is out of reach */
	env_count(room->env, XTR_HANDOVER_STEPS);
	passage_step(p, peer, h->state);
}

void peer_message(struct handover_room *room, const uint8_t *bytes, size_t len, struct handover *h,
	const struct endpoint *from)
{
	if (h->kind == HANDOVER_STEP || h->kind == HANDOVER_STEP_ACK)
		from_peer(room, bytes, len, h);
	else
		from_server(room, bytes, len, h, from);
}
