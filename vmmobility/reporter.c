/* See reporter.h. */
#include "vmmobility/reporter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "vmmobility/guest_uuid.h"
#include "vmmobility/sendings.h"

#define STATE_BYTES                                                                                \
	(168 + HANDOVER_HOSTS_MAX * (24 + 36)) /* the head with its MAC, and hosts in LCAFs */
#define TAIL_HEAD 192                          /* of a TAIL, before its packet */

struct peer {
	struct vm_xtr conf;
	struct auth_key *key;
	uint64_t asked;    /* the counter of its last question */
	struct mono heard; /* last; zero: never */
};

struct reporter {
	struct vm_env *env;
	struct reporter_ops ops;
	struct reporter_listener listener;
	struct handover_id agent_id;
	struct peer peers[VM_XTRS_MAX];
	unsigned int peer_count;
	struct report *reports;
	struct sendings *sendings;
	struct log_limit drop_log, refuse_log, old_log;
	struct otk_tools *otk;
	struct handover heard; /* too large for a stack frame, as are those that are written */
	struct handover written;
};

static const struct auth_options plain;

/* ---- saying ---- */

static bool speaks(const struct report_content *c)
{
	return c->state && c->host_count && !guest_uuid_is_zero(&c->guest);
}

/* Sign r->written and put it into the outbox. False when there is no room. */
static bool post(struct reporter *r, struct peer *p, uint32_t room)
{
	struct handover *h = &r->written;
	uint8_t *bytes = outbox_begin(r->env->out, room);
	struct wire_writer w;
	int len;

	if (!bytes) {
		vm_count(r->env, VM_OUTBOX_FULL);
		return false;
	}
	h->counter = r->env->counter++;
	h->sender = r->agent_id;
	wire_writer_init(&w, bytes, room);
	handover_begin(&w, h, p->conf.key_id, p->conf.alg, &plain);
	len = handover_finish(&w, h, p->key, &plain);
	if (len < 0)
		return false;
	outbox_commit(r->env->out, (uint32_t)len, &p->conf.at, NULL);
	return true;
}

/* Into the STATE that goes to @p next. */
static void add_ticket(struct reporter *r, const struct peer *p, const struct report_content *c)
{
	struct handover *h = &r->written;
	bool leaves =
		c->state == HANDOVER_LEAVING || (c->state == HANDOVER_PAUSED && c->in_migration);
	struct otk_keys keys = {0};

	if (leaves && c->gives.known &&
		!otk_keys_add(&keys, p->conf.key_id, p->conf.key, p->conf.key_len)) {
		h->counter = r->env->counter; /* which wraps it */
		handover_ticket_give(r->otk, &keys.list[0], &c->gives.value, h);
		otk_keys_wipe(&keys);
	}
	if (c->state != HANDOVER_GONE && c->proves.known)
		handover_ticket_prove(&c->proves.value, &r->agent_id, &c->guest, h->proof);
}

struct report_ticket reporter_ticket(struct reporter *r, const uint8_t *secret, size_t len)
{
	struct report_ticket t = {0};

	t.known = handover_ticket_of_secret(r->otk, secret, len, &t.value);
	return t;
}

static bool post_state(struct reporter *r, struct peer *p, const struct report_content *c)
{
	struct handover *h = &r->written;

	memset(h, 0, sizeof(*h));
	h->kind = HANDOVER_STATE;
	h->state = c->state;
	h->in_migration = c->in_migration;
	h->move = c->why.move;
	h->reason = c->why.reason;
	h->deadline_ms = c->why.deadline_ms;
	h->tail = c->tail;
	h->guest = c->guest;
	h->host_count = c->host_count;
	memcpy(h->hosts, c->hosts, c->host_count * sizeof(c->hosts[0]));
	add_ticket(r, p, c);
	if (!post(r, p, STATE_BYTES))
		return false;
	vm_count(r->env, VM_STATES_SENT);
	return true;
}

uint64_t reporter_tail(struct reporter *r, const struct report *report, unsigned int i,
	const struct eid *eid, uint16_t index, uint16_t of, const uint8_t *packet, uint16_t len)
{
	struct handover *h = &r->written;

	if (i >= r->peer_count)
		return 0;
	memset(h, 0, sizeof(*h));
	h->kind = HANDOVER_TAIL;
	h->host_count = 1;
	h->hosts[0].eid = *eid;
	h->index = index;
	h->of = of;
	h->packet = packet;
	h->packet_len = len;
	if (!post(r, &r->peers[i], TAIL_HEAD + (uint32_t)len))
		return 0;
	sendings_note(r->sendings, h->counter, report->slot);
	vm_count(r->env, VM_TAILS_SENT);
	return h->counter;
}

static void send_to(struct reporter *r, struct report *report, unsigned int i)
{
	struct report_peer *peer = &report->peers[i];

	if (!post_state(r, &r->peers[i], &report->content))
		return;
	peer->sent[peer->sendings++ % REPORT_SENT_MAX] = r->written.counter;
	sendings_note(r->sendings, r->written.counter, report->slot);
}

static uint64_t anew_ms(struct reporter *r)
{
	return REPORT_ANEW_MS - random_below(r->env->random, REPORT_ANEW_MS / 10);
}

static void wait(struct reporter *r, struct report *report, uint64_t ms)
{
	timer_set(&r->env->timers, &report->timer, mono_add_ms(r->env->now, ms));
}

void reporter_say(struct reporter *r, struct report *report)
{
	memset(report->peers, 0, sizeof(report->peers));
	report->urgent = r->peer_count > 0;
	report->wait_ms = REPORT_FIRST_MS;
	timer_cancel(&r->env->timers, &report->timer);
	if (!speaks(&report->content))
		return;
	for (unsigned int i = 0; i < r->peer_count; i++)
		send_to(r, report, i);
	wait(r, report, report->wait_ms);
}

static void on_timer(struct timer *t, struct mono now)
{
	struct report *report = (struct report *)((char *)t - offsetof(struct report, timer));
	struct reporter *r = t->arg;

	if (!report->urgent) {
		reporter_say(r, report);
		return;
	}
	for (unsigned int i = 0; i < r->peer_count; i++) {
		if (report->peers[i].answered)
			continue;
		send_to(r, report, i);
		vm_count(r->env, VM_STATES_REPEATED);
	}
	report->wait_ms =
		report->wait_ms < REPORT_WAIT_MAX / 2 ? report->wait_ms * 2 : REPORT_WAIT_MAX;
	wait(r, report, report->wait_ms);
}

void reporter_add(struct reporter *r, struct report *report)
{
	timer_init(&report->timer, on_timer, r);
	report->slot = sendings_add(r->sendings, report);
	report->next = r->reports;
	report->link = &r->reports;
	if (r->reports)
		r->reports->link = &report->next;
	r->reports = report;
}

void reporter_remove(struct reporter *r, struct report *report)
{
	timer_cancel(&r->env->timers, &report->timer);
	sendings_remove(r->sendings, report->slot);
	*report->link = report->next;
	if (report->next)
		report->next->link = report->link;
}

/* ---- hearing ---- */

int reporter_answer(const struct report *report, unsigned int i)
{
	return report->peers[i].answered ? report->peers[i].result : -1;
}

bool reporter_known(const struct reporter *r, const struct report *report)
{
	if (!report->urgent || !speaks(&report->content))
		return true;
	for (unsigned int i = 0; i < r->peer_count; i++)
		if (!report->peers[i].answered && r->peers[i].heard.ns &&
			mono_since_ms(r->peers[i].heard, r->env->now) < REPORT_SILENCE_MS)
			return false;
	return true;
}

bool reporter_taken(const struct reporter *r, const struct report *report)
{
	if (report->urgent || !speaks(&report->content))
		return false;
	for (unsigned int i = 0; i < r->peer_count; i++)
		if (reporter_answer(report, i) == HANDOVER_TAKEN)
			return true;
	return false;
}

static bool was_sent(const struct report_peer *peer, uint64_t counter)
{
	for (unsigned int i = 0; i < REPORT_SENT_MAX && i < peer->sendings; i++)
		if (peer->sent[i] == counter)
			return true;
	return false;
}

static void log_refusal(
	struct reporter *r, const struct report *report, const struct peer *p, uint8_t result)
{
	static const char *const words[] = {
		[HANDOVER_NOT_PERMITTED] = "its addresses are not this agent's to speak of",
		[HANDOVER_OWNED] = "they are owned elsewhere, and not released",
		[HANDOVER_NO_ROOM] = "it has no room"};
	char at[ENDPOINT_TEXT], eid[EID_TEXT];

	log_limited(r->env->log, &r->refuse_log, r->env->now, LOG_LEVEL_WARNING,
		"xtr %s does not take the state of the guest with %s: %s",
		endpoint_format(&p->conf.at, at, sizeof(at)),
		eid_format(&report->content.hosts[0].eid, eid, sizeof(eid)), words[result]);
}

static void settle(struct reporter *r, struct report *report)
{
	for (unsigned int i = 0; i < r->peer_count; i++)
		if (!report->peers[i].answered)
			return;
	report->urgent = false;
	wait(r, report, anew_ms(r));
}

/* It says that it knows something newer: of this agent, under a counter that the network brought
 * first, or in a run whose counters were lost. The next sending's counter is higher. */
static void take_old(struct reporter *r, const struct peer *p)
{
	char at[ENDPOINT_TEXT];

	vm_count(r->env, VM_STATES_OLD);
	log_limited(r->env->log, &r->old_log, r->env->now, LOG_LEVEL_INFO,
		"xtr %s knows a message of this agent with a higher counter; said again with the next",
		endpoint_format(&p->conf.at, at, sizeof(at)));
}

/* Whose STATE was sent to xTR @i under @counter, and says what is so still. */
static struct report *report_of(const struct reporter *r, unsigned int i, uint64_t counter)
{
	struct report *report = sendings_find(r->sendings, counter);

	if (report) /* else it has said something else since */
		return was_sent(&report->peers[i], counter) ? report : NULL;
	for (report = r->reports; report; report = report->next)
		if (was_sent(&report->peers[i], counter))
			break;
	return report;
}

static void take_ack(struct reporter *r, unsigned int i, uint64_t counter, uint8_t result)
{
	struct report *report = report_of(r, i, counter);
	struct report_peer *peer = report ? &report->peers[i] : NULL;

	if (!peer || peer->answered) {
		vm_count(r->env, VM_DROP_UNASKED);
		return;
	}
	if (result == HANDOVER_OLD) {
		take_old(r, &r->peers[i]);
		return;
	}
	peer->answered = true;
	peer->result = result;
	vm_count(r->env, result == HANDOVER_TAKEN ? VM_STATES_TAKEN : VM_STATES_REFUSED);
	if (result != HANDOVER_TAKEN)
		log_refusal(r, report, &r->peers[i], result);
	settle(r, report);
	if (r->listener.answered)
		r->listener.answered(r->listener.arg, report, i);
}

static bool has_eid(const struct report_content *c, const struct eid *eid)
{
	for (unsigned int i = 0; i < c->host_count; i++)
		if (eid_equal(&c->hosts[i].eid, eid))
			return true;
	return false;
}

static bool is_asked(const struct report_content *c, const struct handover *h)
{
	if (!h->host_count)
		return true;
	for (unsigned int i = 0; i < h->host_count; i++)
		if (has_eid(c, &h->hosts[i].eid))
			return true;
	return false;
}

static bool is_here(const struct reporter *r, const struct eid *eid)
{
	for (const struct report *report = r->reports; report; report = report->next)
		if (report->content.state && has_eid(&report->content, eid))
			return true;
	return false;
}

/* An EID that no guest here has is said to be gone, of no guest, if all sources have told. */
static void answer_unknown(struct reporter *r, struct peer *p, const struct handover *h)
{
	struct report_content c = {.state = HANDOVER_GONE};

	if (!r->ops.complete)
		return;
	for (unsigned int i = 0; i < h->host_count; i++)
		if (!is_here(r, &h->hosts[i].eid) && r->ops.complete(r->ops.arg, &h->hosts[i].eid))
			c.hosts[c.host_count++].eid = h->hosts[i].eid;
	if (c.host_count)
		post_state(r, p, &c);
}

static void take_ask(struct reporter *r, unsigned int i, const struct handover *h)
{
	struct peer *p = &r->peers[i];

	if (h->counter <= p->asked) {
		vm_count(r->env, VM_DROP_REPLAY);
		return;
	}
	p->asked = h->counter;
	vm_count(r->env, VM_ASKED);
	for (struct report *report = r->reports; report; report = report->next)
		if (is_asked(&report->content, h))
			reporter_say(r, report);
	answer_unknown(r, p, h);
}

/* Whose message it is, by its MAC: an xTR may answer from another of its addresses. One at @from is
 * tried first. -1: nobody's. */
static int find_peer(
	struct reporter *r, const uint8_t *pkt, size_t len, const struct endpoint *from)
{
	const struct handover *h = &r->heard;

	for (int pass = 0; pass < 2; pass++) {
		for (unsigned int i = 0; i < r->peer_count; i++) {
			struct peer *p = &r->peers[i];

			if (address_equal(&p->conf.at.addr, &from->addr) == (pass == 0) &&
				p->conf.key_id == h->auth.key_id && p->conf.alg == h->auth.alg &&
				handover_verify(p->key, &plain, pkt, len, h))
				return (int)i;
		}
	}
	return -1;
}

static void drop(
	struct reporter *r, enum vm_counter why, const struct endpoint *from, const char *text)
{
	char at[ENDPOINT_TEXT];

	vm_count(r->env, why);
	log_limited(r->env->log, &r->drop_log, r->env->now, LOG_LEVEL_WARNING,
		"message from %s dropped: %s", endpoint_format(from, at, sizeof(at)), text);
}

static void take(struct reporter *r, unsigned int i, const struct handover *h)
{
	r->peers[i].heard = r->env->now;
	if (h->kind == HANDOVER_STATE_ACK)
		take_ack(r, i, h->counter, h->state);
	else if (h->kind == HANDOVER_ASK)
		take_ask(r, i, h);
	else if (r->listener.tail_answered)
		r->listener.tail_answered(
			r->listener.arg, sendings_find(r->sendings, h->counter), i, h);
}

void reporter_packet(
	struct reporter *r, const uint8_t *pkt, size_t len, const struct endpoint *from)
{
	struct handover *h = &r->heard;
	struct wire_fault fault;
	char text[160];
	int i, err = handover_parse(pkt, len, h, &fault);

	if (err == -LISP_EUNSUPPORTED) {
		drop(r, VM_DROP_KIND, from, wire_fault_text(&fault, text, sizeof(text)));
	} else if (err) {
		drop(r, VM_DROP_MALFORMED, from, wire_fault_text(&fault, text, sizeof(text)));
	} else if (h->kind != HANDOVER_STATE_ACK && h->kind != HANDOVER_ASK &&
		   h->kind != HANDOVER_TAIL_ACK) {
		drop(r, VM_DROP_KIND, from, "of a kind that is not for an agent");
	} else if ((i = find_peer(r, pkt, len, from)) < 0) {
		drop(r, VM_DROP_AUTH, from, "no xTR's key makes its MAC");
	} else {
		take(r, (unsigned int)i, h);
	}
}

/* ---- start ---- */

void reporter_listen(struct reporter *r, const struct reporter_listener *listener)
{
	r->listener = *listener;
}

static void free_peers(struct peer *peers, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		auth_key_free(peers[i].key);
	explicit_bzero(peers, VM_XTRS_MAX * sizeof(*peers));
}

static int make_peers(struct peer *peers, const struct vm_policy *policy)
{
	memset(peers, 0, VM_XTRS_MAX * sizeof(*peers));
	for (unsigned int i = 0; i < policy->xtr_count; i++) {
		peers[i].conf = policy->xtrs[i];
		peers[i].key = auth_key_new(policy->xtrs[i].key, policy->xtrs[i].key_len);
		if (!peers[i].key) {
			free_peers(peers, i);
			return -ENOMEM;
		}
	}
	return 0;
}

/* A question that was answered before must not be answered again after a reload. */
static void keep_asked(
	struct peer *fresh, unsigned int count, const struct reporter *r, int was[VM_XTRS_MAX])
{
	for (unsigned int i = 0; i < VM_XTRS_MAX; i++)
		was[i] = -1;
	for (unsigned int i = 0; i < count; i++)
		for (unsigned int k = 0; k < r->peer_count; k++)
			if (address_equal(&fresh[i].conf.at.addr, &r->peers[k].conf.at.addr)) {
				fresh[i].asked = r->peers[k].asked;
				fresh[i].heard = r->peers[k].heard;
				was[i] = (int)k;
			}
}

int reporter_reload(struct reporter *r, const struct vm_policy *policy)
{
	struct peer fresh[VM_XTRS_MAX];
	int was[VM_XTRS_MAX];

	if (make_peers(fresh, policy))
		return -ENOMEM;
	keep_asked(fresh, policy->xtr_count, r, was);
	free_peers(r->peers, r->peer_count);
	memcpy(r->peers, fresh, sizeof(fresh));
	explicit_bzero(fresh, sizeof(fresh));
	r->peer_count = policy->xtr_count;
	r->agent_id = policy->agent_id;
	if (r->listener.reordered)
		r->listener.reordered(r->listener.arg, was);
	for (struct report *report = r->reports; report; report = report->next)
		reporter_say(r, report);
	return 0;
}

struct reporter *reporter_new(
	struct vm_env *env, const struct vm_policy *policy, const struct reporter_ops *ops)
{
	struct reporter *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->env = env;
	r->ops = *ops;
	r->sendings = sendings_new();
	r->otk = otk_tools_new();
	if (r->sendings && r->otk && !reporter_reload(r, policy))
		return r;
	reporter_free(r);
	return NULL;
}

void reporter_free(struct reporter *r)
{
	if (!r)
		return;
	free_peers(r->peers, r->peer_count);
	sendings_free(r->sendings);
	otk_tools_free(r->otk);
	free(r);
}
