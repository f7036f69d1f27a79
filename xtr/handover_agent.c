/* handover_agent: what agents say of their guests, and what they are asked. See handover.h.
 * It takes messages apart, and judges who may say what; what follows is handover.c's. */
#include "xtr/handover_internal.h"

#include <stdlib.h>
#include <string.h>

#define MESSAGE_MAX 1400
#define IPV4_TO     16 /* where a packet says to whom it goes */
#define IPV6_TO     24

static const struct auth_options plain;

static bool covers(const struct agent *a, const struct eid *eid)
{
	for (unsigned int i = 0; i < a->conf.prefix_count; i++)
		if (eid_covers(&a->conf.prefixes[i], eid))
			return true;
	return !a->conf.prefix_count;
}

static struct agent *by_id(struct handover_room *room, const struct handover_id *id)
{
	for (unsigned int i = 0; i < room->agent_count; i++)
		if (!memcmp(&room->agents[i].conf.id, id, sizeof(*id)))
			return &room->agents[i];
	return NULL;
}

static struct agent *by_name(struct handover_room *room, const char *name)
{
	for (unsigned int i = 0; i < room->agent_count; i++)
		if (!strcmp(room->agents[i].conf.name, name))
			return &room->agents[i];
	return NULL;
}

/* Which of its keys has signed it; -1: none. */
static int authentic(struct agent *a, const uint8_t *bytes, size_t len, const struct handover *h)
{
	for (unsigned int i = 0; i < a->conf.key_count; i++)
		if (h->auth.key_id == a->conf.keys[i].id && h->auth.alg == a->conf.keys[i].alg &&
			handover_verify(a->keys[i], &plain, bytes, len, h))
			return (int)i;
	return -1;
}

/* Sign and send @m, which answers or asks. */
static void say(struct agent *a, unsigned int key, struct handover *m)
{
	struct env *env = a->room->env;
	uint8_t *bytes = env_begin(env, MESSAGE_MAX);
	struct wire_writer w;
	int len;

	if (!bytes)
		return;
	memcpy(m->sender.bytes, env->policy.xtr_id.bytes, sizeof(m->sender.bytes));
	wire_writer_init(&w, bytes, MESSAGE_MAX);
	handover_begin(&w, m, a->conf.keys[key].id, a->conf.keys[key].alg, &plain);
	len = handover_finish(&w, m, a->keys[key], &plain);
	if (len > 0)
		outbox_commit(env->out, (uint32_t)len, &a->at, a->to.afi ? &a->to : NULL);
}

static void ask_one(struct agent *a, const struct eid *eid)
{
	struct handover m = {.kind = HANDOVER_ASK, .counter = a->room->env->nonce++};

	if (eid) {
		m.host_count = 1;
		m.hosts[0].eid = *eid;
	}
	env_count(a->room->env, XTR_HANDOVER_ASKS);
	say(a, 0, &m);
}

bool agent_ask(struct handover_room *room, const char *name, const struct eid *eid)
{
	bool asked = false;

	for (unsigned int i = 0; i < room->agent_count; i++) {
		struct agent *a = &room->agents[i];

		if (!a->at.port || (name && strcmp(a->conf.name, name)))
			continue;
		ask_one(a, eid);
		asked = true;
	}
	return asked;
}

bool agent_unheard(const struct handover_room *room, const struct eid *eid)
{
	for (unsigned int i = 0; i < room->agent_count; i++) {
		const struct agent *a = &room->agents[i];

		if (!a->spoke && !a->at.port && covers(a, eid))
			return true;
	}
	return false;
}

void agent_id(const struct passage *p, struct handover_id *id)
{
	const struct agent *a = by_name(p->room, p->agent);

	memset(id, 0, sizeof(*id));
	if (a)
		*id = a->conf.id;
}

void agent_said(struct handover_room *room, const char *name, uint64_t counter)
{
	struct agent *a = by_name(room, name);

	if (a && counter > a->floor)
		a->floor = counter;
}

void agent_lets_go(struct passage *p)
{
	struct agent *a = by_name(p->room, p->agent);

	if (a && a->eids)
		a->eids--;
}

static bool count_eid(struct eid_node *node, void *arg)
{
	const struct passage *p = eid_table_entry(node, struct passage, node);
	struct agent *a = by_name(p->room, p->agent);

	if (a)
		a->eids++;
	return true;
}

void agent_count_eids(struct handover_room *room)
{
	for (unsigned int i = 0; i < room->agent_count; i++)
		room->agents[i].eids = 0;
	eid_table_each(room->passages, count_eid, NULL);
}

/* @a speaks of it from now on. */
static void holds(struct agent *a, struct passage *p)
{
	if (!strcmp(p->agent, a->conf.name))
		return;
	agent_lets_go(p);
	memcpy(p->agent, a->conf.name, sizeof(p->agent));
	a->eids++;
}

/* It speaks of as many as it may: what it says of one more is not taken, so that there is room for
 * what others say. */
static bool is_full(struct agent *a)
{
	struct env *env = a->room->env;
	uint32_t most = env->policy.limits.eids_per_agent;

	if (a->eids < most)
		return false;
	env_count(env, XTR_HANDOVER_DROP_AGENT_FULL);
	log_limited(env->log, &a->full, env->now, LOG_LEVEL_WARNING,
		"agent \"%s\" speaks of more EIDs than the %u that `eids-per-agent` allows",
		a->conf.name, most);
	return true;
}

/* It runs elsewhere at this site, by the word of that hypervisor's agent, and is not on its way. */
static bool others(const struct passage *p, const struct agent *a, const struct handover *h)
{
	bool runs = p->word == HANDOVER_RUNNING || p->word == HANDOVER_LEAVING ||
		    p->word == HANDOVER_PAUSED;

	if (p->phase == PHASE_ELSEWHERE) /* what has gone from there is not what is heard */
		return h->state == HANDOVER_GONE;
	if (!p->agent[0] || !strcmp(p->agent, a->conf.name) || !by_name(p->room, p->agent))
		return false;
	if (h->state != HANDOVER_RUNNING) /* gone is gone from there, long ago maybe */
		return runs || h->state == HANDOVER_GONE;
	return p->word == HANDOVER_RUNNING || (p->word == HANDOVER_PAUSED && !p->in_migration);
}

/* The first word of a move: what is known is of one before, unless the other side was first. */
static void note_why(struct passage *p, const struct handover *h, uint8_t before)
{
	bool first = before != h->state &&
		     (h->state == HANDOVER_INCOMING ||
			     (h->state == HANDOVER_LEAVING && !passage_has_next(p)));

	if (first) {
		p->move = 0;
		p->reason = 0;
		p->deadline_ms = 0;
	}
	passage_why(p, h);
}

static void note(struct passage *p, struct agent *a, const struct handover *h,
	const struct handover_host *host)
{
	struct env *env = p->room->env;
	bool beside = strcmp(p->agent, a->conf.name) != 0, anew;
	uint8_t before = beside ? 0 : p->word;

	if (!before && p->word == HANDOVER_LEAVING && h->state == HANDOVER_RUNNING)
		within_overtaken(p); /* from beside; that it stopped there was lost, or is late */
	turn_note(p, beside);
	if (beside) /* what it said is not kept, how old that is, is */
		agent_said(p->room, p->agent, p->counter);
	holds(a, p);
	p->counter = h->counter;
	p->word = h->state;
	p->in_migration = h->in_migration;
	anew = ticket_note(p, a, h, beside);
	note_why(p, h, before);
	memcpy(p->mac, host->mac, sizeof(p->mac));
	if (env->ops->port_named)
		p->ifindex = env->ops->port_named(env->ops, host->port, host->eid.iid);
	if (h->state == HANDOVER_PAUSED && (before != HANDOVER_PAUSED || !h->tail)) {
		p->tail_over = !h->tail || !address_is_ip(&host->eid.addr);
		p->tail_of = h->tail == HANDOVER_TAIL_FOLLOWS ? 0 : h->tail;
	}
	if (h->state != HANDOVER_GONE || before != HANDOVER_GONE) /* that is no sign of life */
		passage_live(p);
	if (anew)
		passage_anew(p);
	rival_word(p);
	passage_word(p, before);
}

/* One address of a guest; what is not above @floor is new of those only that it spoke of last.
 * Returns enum handover_result, or -1: it is not answered now. */
static int take_host(
	struct agent *a, const struct handover *h, const struct handover_host *host, uint64_t floor)
{
	struct handover_room *room = a->room;
	enum ticket_verdict verdict;
	enum turn turn;
	struct passage *p;
	bool spoke_last, succeeds;

	/* MACs are told beside the addresses, be they wanted here or not. */
	if (!address_is_ip(&host->eid.addr) && !policy_dynamic(&room->env->policy, &host->eid))
		return HANDOVER_TAKEN;
	if (!covers(a, &host->eid) || !policy_dynamic(&room->env->policy, &host->eid) ||
		eid_table_find(room->r->own, &host->eid))
		return HANDOVER_NOT_PERMITTED;
	p = passage_find(room, &host->eid);
	spoke_last = p && !strcmp(p->agent, a->conf.name);
	if (!spoke_last && h->counter <= floor)
		return HANDOVER_OLD;
	if (spoke_last && h->counter <= p->counter)
		return h->counter == p->counter ? HANDOVER_TAKEN : HANDOVER_OLD;
	turn = p ? turn_of(p, a, h) : TURN_NONE;
	if (turn == TURN_LATER)
		return -1;
	succeeds = p && rival_succeeds(p, a, h);
	if ((p && turn == TURN_NONE && !succeeds && others(p, a, h)) ||
		(!p && h->state == HANDOVER_GONE &&
			!dynamic_eid_find(room->r->hosts, &host->eid))) {
		agent_said(room, a->conf.name, h->counter);
		if (p)
			rival_challenges(p, a, h, host);
		return h->state == HANDOVER_RUNNING ? HANDOVER_OWNED : HANDOVER_TAKEN;
	}
	verdict = p && !succeeds ? ticket_bars(p, a, h) : TICKET_FREE;
	if (verdict != TICKET_FREE) {
		rival_challenges(p, a, h, host);
		return verdict == TICKET_BARRED ? HANDOVER_OWNED : -1;
	}
	if (!spoke_last && rival_waits(room, a, h, host))
		return HANDOVER_OWNED;
	if (!spoke_last && is_full(a))
		return HANDOVER_NO_ROOM;
	p = p ? p : passage_get(room, &host->eid);
	if (!p)
		return HANDOVER_NO_ROOM;
	note(p, a, h, host);
	p = passage_find(room, &host->eid);
	return p && p->phase == PHASE_REFUSED ? HANDOVER_OWNED : HANDOVER_TAKEN;
}

static void take_state(struct agent *a, unsigned int key, const struct handover *h)
{
	struct handover ack = {.kind = HANDOVER_STATE_ACK, .counter = h->counter, .move = h->move};
	uint64_t floor = a->floor; /* before any of these: they are said at once */
	bool denied = false, later = false;
	int result;

	ticket_take(a, key, h);
	for (unsigned int i = 0; i < h->host_count; i++) {
		result = take_host(a, h, &h->hosts[i], floor);
		denied |= result == HANDOVER_NOT_PERMITTED;
		later |= result < 0;
		if (result > ack.state)
			ack.state = (uint8_t)result;
	}
	if (later)
		return;
	if (denied)
		ack.state = HANDOVER_NOT_PERMITTED;
	env_count(a->room->env, denied                      ? XTR_HANDOVER_DROP_EID
				: ack.state == HANDOVER_OLD ? XTR_HANDOVER_DROP_STALE
							    : XTR_HANDOVER_STATES);
	say(a, key, &ack);
}

/* The packet @index of the tail has come before: what went on is not in the hold. */
static bool tail_again(struct passage *p, uint16_t index)
{
	uint64_t bit = 1ull << index % 64;
	bool had;

	if (!p->tail_had)
		p->tail_had = calloc(HANDOVER_TAIL_BITS / 64, sizeof(*p->tail_had));
	if (!p->tail_had || index >= HANDOVER_TAIL_BITS)
		return false;
	had = p->tail_had[index / 64] & bit;
	p->tail_had[index / 64] |= bit;
	return had;
}

static void add_tail(struct passage *p, const struct handover *h)
{
	struct handover_room *room = p->room;
	struct datapath *dp = room->env->datapath;
	const struct eid *eid = &p->node.eid;
	bool late = p->phase != PHASE_PAUSED || p->to;

	env_count(room->env, XTR_HANDOVER_TAILS);
	p->tail_of = h->of;
	if (h->of && !tail_again(p, h->index)) {
		if (late) /* out of order, not lost */
			dp->inject_ip(dp, eid->iid, h->packet, h->packet_len);
		else
			hold_add_tail(room->r->hold, eid, h->index, h->packet, h->packet_len);
	}
	p->tail_count = (uint16_t)hold_tail_count(room->r->hold, eid);
	if (late || p->tail_over)
		return;
	if (p->tail_count >= p->tail_of)
		passage_tail_over(p);
	else /* it comes: what was held must not overtake it */
		timer_set(&room->env->timers, &p->tail,
			mono_add_ms(room->env->now, HANDOVER_TAIL_MS));
}

/* An agent brings what its guest had not read, and nothing else past the port's checks. */
static bool is_for(const struct handover *h, const struct eid *eid)
{
	const struct address *a = &eid->addr;
	size_t at = a->afi == AFI_IPV6 ? IPV6_TO : IPV4_TO;
	uint8_t version = a->afi == AFI_IPV6 ? 6 : 4;

	return h->packet_len >= at + a->len && h->packet[0] >> 4 == version &&
	       !memcmp(h->packet + at, a->bytes, a->len);
}

/* From the hypervisor that it has left, for another or, at this site, for one beside it. */
static bool may_bring_tail(const struct passage *p, const struct agent *a, const struct handover *h)
{
	if (strcmp(p->tail_agent, a->conf.name) != 0 || h->counter <= p->paused ||
		!address_is_ip(&p->node.eid.addr)) /* nothing is left unread for a MAC */
		return false;
	return p->phase == PHASE_PAUSED || p->phase == PHASE_RELEASED ||
	       (p->phase == PHASE_HERE && strcmp(p->agent, a->conf.name) != 0);
}

/* What the guest had not read when it stopped. */
static void take_tail(struct agent *a, unsigned int key, const struct handover *h)
{
	struct passage *p = passage_find(a->room, &h->hosts[0].eid);
	struct handover ack = {.kind = HANDOVER_TAIL_ACK,
		.counter = h->counter,
		.host_count = 1,
		.index = h->index};

	ack.hosts[0].eid = h->hosts[0].eid;
	if (p && h->of && !is_for(h, &p->node.eid))
		env_count(a->room->env, XTR_HANDOVER_DROP_EID);
	else if (p && may_bring_tail(p, a, h))
		add_tail(p, h);
	say(a, key, &ack);
}

/* What has come before, or is older than that, says nothing of where the agent is now. */
static void heard(
	struct agent *a, uint64_t counter, const struct endpoint *from, const struct address *to)
{
	struct router_ops *ops = a->room->env->ops;

	a->highest = counter;
	a->spoke = true;
	if (ops->agent_heard)
		ops->agent_heard(ops, a->conf.id.bytes, counter);
	if (a->conf.at.addr.afi != AFI_NONE && !address_equal(&a->conf.at.addr, &from->addr))
		return;
	a->at = *from;
	a->to = *to;
}

void agent_message(struct handover_room *room, const uint8_t *bytes, size_t len, struct handover *h,
	const struct endpoint *from, const struct address *to)
{
	struct agent *a = by_id(room, &h->sender);
	int key = a ? authentic(a, bytes, len, h) : -1;
	bool news;

	if (key < 0) {
		char text[ENDPOINT_TEXT];

		env_count(room->env, XTR_HANDOVER_DROP_AUTH);
		log_limited(room->env->log, &room->refused, room->env->now, LOG_LEVEL_WARNING,
			"handover from %s: %s", endpoint_format(from, text, sizeof(text)),
			a ? "the key is not the agent's" : "no `agent` section has its id");
		return;
	}
	news = !a->at.port;
	if (h->counter > a->highest)
		heard(a, h->counter, from, to);
	if (h->kind == HANDOVER_STATE && share_takes(a, h))
		take_state(a, (unsigned int)key, h);
	else if (h->kind == HANDOVER_TAIL && share_takes(a, h))
		take_tail(a, (unsigned int)key, h);
	if (news && a->at.port)
		ask_one(a, NULL);
}
