/* See handover_sites.h. */
#include "tests/unit/handover_sites.h"

const char *const rlocs[] = {"192.0.2.1", "198.51.100.1"};
const char *const agents[] = {"203.0.113.1", "203.0.113.2"};

struct handover_id id_of(unsigned int i, bool agent)
{
	struct handover_id id;

	memset(id.bytes, agent ? 0xa0 + (int)i : i ? 0x33 : 0x11, sizeof(id.bytes));
	return id;
}

static int port_named(struct router_ops *ops, const char *name, uint32_t iid)
{
	return PORT;
}

static struct world *site_new(unsigned int i, bool two)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid macs = world_eid("02:00:00:00:00:00/40"),
		   others = world_eid("[7]02:00:00:00:00:00/40");
	struct policy_agent a = {.name = "agent", .id = id_of(i, true), .key_count = 1};

	memcpy(w->policy.xtr_id.bytes, id_of(i, false).bytes, 16);
	w->policy.rlocs[0].addr = world_address(rlocs[i]);
	w->policy.rloc_count = 1;
	if (two) {
		w->policy.servers[1] = w->policy.servers[0];
		w->policy.servers[1].at = world_endpoint(SECOND);
		w->policy.server_count = 2;
	}
	assert_int_equal(policy_add_dynamic(&w->policy, &macs), 0);
	assert_int_equal(policy_add_dynamic(&w->policy, &others), 0);
	a.keys[0].id = 1;
	a.keys[0].alg = AUTH_HMAC_SHA256_128;
	a.keys[0].len = strlen(AGENT_KEY);
	memcpy(a.keys[0].bytes, AGENT_KEY, a.keys[0].len);
	a.at = world_endpoint(agents[i]);
	assert_int_equal(policy_add_agent(&w->policy, &a), 0);
	memcpy(a.name, "beside", sizeof("beside")); /* another hypervisor of the site */
	a.id = id_of(BESIDE + i, true);
	a.at.addr.afi = AFI_NONE;
	assert_int_equal(policy_add_agent(&w->policy, &a), 0);
	w->ops.port_named = port_named;
	return w;
}

void write_and_send(struct sites *s, unsigned int to, struct handover *h, struct auth_key *key,
	const struct policy_server *ps, const char *rloc, const char *from)
{
	uint8_t bytes[WORLD_DATAGRAM];

	world_packet(s->x[to], bytes, world_write_handover(bytes, h, key, ps, s->host, rloc), from);
}

/* ---- the Map-Server ---- */

void wrap(struct sites *s, const struct policy_server *ps, struct handover *h)
{
	struct otk move = {.bytes = "key of the move"};
	struct otk_keys keys = {0};

	memcpy(move.bytes, &h->key_nonce, sizeof(h->key_nonce)); /* another for each move */
	assert_int_equal(otk_keys_add(&keys, ps->key_id, ps->key, ps->key_len), 0);
	assert_true(otk_wrap(s->otk, &keys.list[0], h->key_nonce, &move, &h->key));
}

static void take_prepare(
	struct sites *s, unsigned int i, const struct handover *prepare, const char *from)
{
	const struct policy_server *ps = &s->x[i]->policy.servers[0];
	struct handover h = {.counter = prepare->counter,
		.move = prepare->move,
		.seq = s->seq,
		.key_nonce = prepare->key_nonce,
		.reason = prepare->reason,
		.urgent = prepare->urgent,
		.agent = prepare->agent,
		.agent_id = prepare->agent_id};
	bool told = s->owner >= 0 && s->owner != (int)i;

	s->prepares++;
	memcpy(h.proof, prepare->proof, sizeof(h.proof));
	if (told) {
		h.kind = HANDOVER_NEXT;
		h.counter = ++s->counter;
		h.peer = id_of(i, false);
		wrap(s, ps, &h);
		write_and_send(s, 1 - i, &h, s->x[1 - i]->key, ps, rlocs[i], from);
	}
	h.kind = HANDOVER_OWNER;
	h.counter = prepare->counter;
	memset(&h.peer, 0, sizeof(h.peer));
	if (s->owner >= 0)
		h.peer = id_of((unsigned int)s->owner, false);
	if (!told)
		memset(&h.key, 0, sizeof(h.key));
	write_and_send(s, i, &h, s->x[i]->key, ps, s->owner < 0 ? NULL : rlocs[s->owner], from);
}

static void take_claim(struct sites *s, unsigned int i, const struct move *m)
{
	int before = s->owner;

	s->claims++;
	if (m->seq != s->seq) {
		world_move(s->x[i], MOVE_REFUSED, m->nonce, s->seq, s->host,
			s->owner < 0 ? NULL : rlocs[s->owner], false);
		return;
	}
	s->seq++;
	s->owner = (int)i;
	world_move(s->x[i], MOVE_GRANTED, m->nonce, s->seq, s->host, rlocs[i], true);
	if (before >= 0 && before != (int)i)
		world_move(
			s->x[before], MOVE_NOTIFY, ++s->counter, s->seq, s->host, rlocs[i], false);
}

static void take_move(struct sites *s, unsigned int i, const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct move m;

	assert_int_equal(move_parse(bytes, len, &m, &fault), 0);
	if (m.kind == MOVE_CLAIM) {
		take_claim(s, i, &m);
	} else if (m.kind == MOVE_REFRESH) {
		world_move(s->x[i], s->owner == (int)i ? MOVE_GRANTED : MOVE_REFUSED, m.nonce,
			s->seq, s->host, s->owner < 0 ? NULL : rlocs[s->owner], s->owner == (int)i);
	} else if (m.kind == MOVE_WITHDRAW && s->owner == (int)i) {
		s->owner = -1;
		world_move(s->x[i], MOVE_GRANTED, m.nonce, ++s->seq, s->host, NULL, false);
	}
}

static void at_map_server(struct sites *s, unsigned int i, const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct handover h;

	if (s->cut_off || lisp_type_of(bytes, len) != LISP_EXTENSION)
		return;
	if (!handover_is(bytes, len)) {
		take_move(s, i, bytes, len);
		return;
	}
	assert_int_equal(handover_parse(bytes, len, &h, &fault), 0);
	assert_int_equal(h.kind, HANDOVER_PREPARE);
	assert_true(
		handover_verify(s->x[i]->key, &s->x[i]->policy.servers[0].auth, bytes, len, &h));
	take_prepare(s, i, &h, "192.0.2.100");
}

static void at_second(struct sites *s, unsigned int i, const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct handover h;
	struct move m;

	if (lisp_type_of(bytes, len) != LISP_EXTENSION)
		return;
	if (!handover_is(bytes, len)) {
		assert_int_equal(move_parse(bytes, len, &m, &fault), 0);
		if (m.kind != MOVE_CLAIM)
			return;
		s->second_base = m.seq;
		if (s->second_seq && m.seq == s->second_seq)
			world_move_from(s->x[i], SECOND, MOVE_GRANTED, m.nonce, m.seq + 1, s->host,
				rlocs[i], true);
		else if (s->second_seq)
			world_move_from(s->x[i], SECOND, MOVE_REFUSED, m.nonce, s->second_seq,
				s->host, rlocs[0], false);
		return;
	}
	assert_int_equal(handover_parse(bytes, len, &h, &fault), 0);
	s->second_prepares++;
	take_prepare(s, i, &h, SECOND);
}

struct handover third_next(struct sites *s)
{
	struct handover h = {.kind = HANDOVER_NEXT,
		.counter = ++s->counter,
		.move = 5,
		.seq = s->seq,
		.key_nonce = 77};

	memset(h.peer.bytes, 0x55, sizeof(h.peer.bytes));
	return h;
}

void third_sends(struct sites *s, unsigned int i, struct handover *h)
{
	const struct policy_server *ps = &s->x[i]->policy.servers[0];

	wrap(s, ps, h);
	write_and_send(s, i, h, s->x[i]->key, ps, "198.51.100.129", "192.0.2.100");
}

/* ---- the agents ---- */

void ticket_of(struct sites *s, struct handover *h, unsigned int agent)
{
	struct otk_keys keys = {0};
	bool knows = !s->no_tickets && (!s->thief || s->thief != agent);

	memset(&h->guest, 0x77, sizeof(h->guest));
	assert_int_equal(otk_keys_add(&keys, 1, AGENT_KEY, strlen(AGENT_KEY)), 0);
	if (!knows)
		return;
	if (h->state == HANDOVER_LEAVING || (h->state == HANDOVER_PAUSED && h->in_migration))
		assert_true(handover_ticket_give(s->otk, &keys.list[0], &s->ticket, h));
	if (h->state != HANDOVER_GONE)
		assert_true(handover_ticket_prove(&s->ticket, &h->sender, &h->guest, h->proof));
}

static void send_signed(
	struct sites *s, unsigned int i, struct handover *h, const char *key, const char *from)
{
	struct auth_key *k = auth_key_new(key, strlen(key));

	write_and_send(s, i, h, k, NULL, NULL, from);
	auth_key_free(k);
}

void agent_sends(struct sites *s, unsigned int i, struct handover *h, const char *from)
{
	send_signed(s, i, h, AGENT_KEY, from);
}

static struct handover state_unnumbered(
	unsigned int agent, enum handover_state state, const char *eid)
{
	struct handover h = {.kind = HANDOVER_STATE,
		.sender = id_of(agent, true),
		.state = (uint8_t)state,
		.host_count = 1};

	h.hosts[0] = (struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid(eid)};
	return h;
}

struct handover state_message(
	struct sites *s, unsigned int agent, enum handover_state state, const char *eid)
{
	struct handover h = state_unnumbered(agent, state, eid);

	h.counter = ++s->counter;
	return h;
}

void state_by(struct sites *s, unsigned int i, unsigned int agent, const char *key,
	enum handover_state state, bool in_migration, uint16_t tail, uint64_t counter)
{
	struct handover h = state_unnumbered(agent, state, s->host);

	h.counter = counter;
	h.move = 99;
	h.reason = HANDOVER_OPERATOR;
	h.in_migration = in_migration;
	h.tail = tail;
	ticket_of(s, &h, agent);
	send_signed(s, i, &h, key, agents[i]);
}

static void tell(struct sites *s, unsigned int i, enum handover_state state, bool in_migration,
	uint16_t tail)
{
	s->state[i] = (uint8_t)state;
	s->in_migration[i] = in_migration;
	state_by(s, i, i, AGENT_KEY, state, in_migration, tail, ++s->counter);
}

void say(struct sites *s, unsigned int i, enum handover_state state)
{
	tell(s, i, state, false, 0);
}

void stop(struct sites *s, unsigned int i, uint16_t tail)
{
	tell(s, i, HANDOVER_PAUSED, true, tail);
}

void beside_says(struct sites *s, unsigned int i, enum handover_state state)
{
	state_by(s, i, BESIDE + i, AGENT_KEY, state, false, 0, ++s->counter);
}

void leave(struct sites *s, uint64_t ms)
{
	say(s, 1, HANDOVER_INCOMING);
	pass(s, ms);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, ms);
}

void tail(struct sites *s, unsigned int i, uint16_t index, uint16_t of, uint32_t id)
{
	struct eid host = world_eid(s->host);
	uint32_t packet[16] = {0x40 | id}; /* IPv4's version in the first byte */
	struct handover h = {.kind = HANDOVER_TAIL,
		.counter = ++s->counter,
		.sender = id_of(i, true),
		.host_count = 1,
		.index = index,
		.of = of,
		.packet = of ? (const uint8_t *)packet : NULL,
		.packet_len = of ? sizeof(packet) : 0};

	memcpy(&packet[4], host.addr.bytes, 4);
	h.hosts[0].eid = host;
	agent_sends(s, i, &h, agents[i]);
}

static void at_agent(struct sites *s, unsigned int i, const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct handover h;

	assert_int_equal(handover_parse(bytes, len, &h, &fault), 0);
	if (h.kind == HANDOVER_STATE_ACK)
		s->result[i] = h.state;
	if (h.kind != HANDOVER_ASK)
		return;
	s->asks[i]++;
	if (s->answering[i] && s->state[i])
		tell(s, i, s->state[i], s->in_migration[i], 0);
}

/* ---- time and the network ---- */

static void deliver(struct sites *s, unsigned int i, const struct world_sent *d)
{
	char to[ADDRESS_TEXT];

	if (s->mute[i] || (s->lose && ++s->sent % s->lose == 0))
		return;
	address_format(&d->to.addr, to, sizeof(to));
	if (!strcmp(to, "192.0.2.100"))
		at_map_server(s, i, d->bytes, d->len);
	else if (!strcmp(to, SECOND))
		at_second(s, i, d->bytes, d->len);
	else if (!strcmp(to, rlocs[1 - i]) && !s->mute[1 - i])
		world_packet(s->x[1 - i], d->bytes, d->len, rlocs[i]);
	else if (!strcmp(to, agents[i]))
		at_agent(s, i, d->bytes, d->len);
}

void settle(struct sites *s)
{
	unsigned int i;

	for (i = 0; i < 2; i++) {
		while (s->x[i]->sent_count) {
			struct world_sent d = s->x[i]->sent[0];

			memmove(s->x[i]->sent, s->x[i]->sent + 1,
				--s->x[i]->sent_count * sizeof(d));
			deliver(s, i, &d);
			i = 0;
		}
	}
}

void pass(struct sites *s, uint64_t ms)
{
	for (settle(s); ms; ms--) {
		world_pass(s->x[0], 1);
		world_pass(s->x[1], 1);
		settle(s);
	}
}

/* The guest runs at site @i, whose agent says so again and again. */
void live(struct sites *s, unsigned int i, unsigned int seconds)
{
	for (; seconds >= 10; seconds -= 10) {
		say(s, i, HANDOVER_RUNNING);
		pass(s, 10000);
	}
}

/* The guest @host runs at site 0, which owns it. */
struct sites *sites_with(const char *host, bool two)
{
	struct sites *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->otk = otk_tools_new();
	s->host = host;
	s->owner = -1;
	s->counter = 1000;
	s->answering[0] = s->answering[1] = true;
	memcpy(s->ticket.bytes, "a guest's ticket", sizeof(s->ticket.bytes));
	for (unsigned int i = 0; i < 2; i++) {
		s->x[i] = site_new(i, two);
		world_start(s->x[i]);
	}
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->owner, 0);
	return s;
}

struct sites *sites_of(const char *host)
{
	return sites_with(host, false);
}

struct sites *sites_new(void)
{
	return sites_of(HOST);
}

void sites_free(struct sites *s)
{
	world_free(s->x[0]);
	world_free(s->x[1]);
	otk_tools_free(s->otk);
	free(s);
}

struct datapath_entry *entry_at(struct sites *s, unsigned int i)
{
	struct eid host = world_eid(s->host);

	return &fake_datapath_longest(&s->x[i]->dp, &host)->e;
}

bool goes_to(struct sites *s, unsigned int i, unsigned int other)
{
	const struct datapath_entry *e = entry_at(s, i);
	struct address a = world_address(rlocs[other]);

	return e->action == DATAPATH_ENCAP && e->locator_count == 1 &&
	       address_equal(&e->locators[0].rloc, &a) && !e->hold;
}

bool here(struct sites *s, unsigned int i)
{
	const struct datapath_entry *e = entry_at(s, i);

	return e->action == DATAPATH_LOCAL && !e->hold && !e->expect;
}

void injected(struct sites *s, unsigned int i, const char *ids)
{
	const struct fake_datapath *dp = &s->x[i]->dp;
	char got[64];
	unsigned int k;

	for (k = 0; k < dp->injected_count && k < 63; k++)
		got[k] = (char)('0' + (dp->injected[k] & 15));
	got[k] = 0;
	assert_string_equal(got, ids);
}

uint64_t counter(struct sites *s, unsigned int i, enum xtr_counter c)
{
	return world_counter(s->x[i], c);
}

/* ---- the moves as they are shown ---- */

struct shown {
	unsigned int count;
	struct router_move first;
};

static bool show(const struct router_move *m, void *arg)
{
	struct shown *s = arg;

	if (!s->count++)
		s->first = *m;
	return true;
}

/* The latest at site @i, of @count. */
struct router_move shown(struct sites *s, unsigned int i, unsigned int count)
{
	struct shown all = {0};

	router_each_move(s->x[i]->router, show, &all);
	assert_int_equal(all.count, count);
	return all.first;
}

/* "prepared accepted ...": the steps that were seen, which came in this order. */
void expect_steps(const struct router_move *m, const char *want)
{
	static const char *const names[ROUTER_STEPS] = {
		"prepared", "accepted", "paused", "cut", "resumed", "claimed", "settled"};
	char got[128] = "";
	struct mono last = m->began;

	for (unsigned int i = 0; i < ROUTER_STEPS; i++) {
		if (m->at[i].ns == MONO_NEVER.ns)
			continue;
		assert_false(mono_before(m->at[i], last));
		last = m->at[i];
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s ", names[i]);
	}
	assert_string_equal(got, want);
}

unsigned int events_of(struct sites *s, unsigned int i, enum router_event_type type)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < s->x[i]->event_count; k++)
		n += s->x[i]->events[k].type == type;
	return n;
}

struct sites *prepared(void)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	return s;
}

struct sites *stopped(void)
{
	struct sites *s = prepared();

	stop(s, 0, 0);
	pass(s, 2);
	return s;
}

static bool show_last(const struct router_handover_view *v, void *arg)
{
	*(struct router_handover_view *)arg = *v;
	return true;
}

struct router_handover_view view_at(struct sites *s, unsigned int i)
{
	struct router_handover_view v = {0};

	router_each_handover(s->x[i]->router, show_last, &v);
	return v;
}

struct passage *passage_at(struct sites *s, unsigned int i)
{
	struct eid host = world_eid(s->host);

	return passage_find(s->x[i]->router->handover, &host);
}

void reload(struct sites *s, unsigned int i)
{
	struct world *w = s->x[i];

	assert_int_equal(router_reload(w->router, &w->policy, w->now, w->out), 0);
}

void port_state(struct sites *s, unsigned int i, bool up)
{
	router_port(s->x[i]->router, PORT, up, s->x[i]->now, s->x[i]->out);
}
