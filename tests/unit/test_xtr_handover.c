/* Two tunnel routers, an agent at each, and a Map-Server that is played: a guest goes from one site
 * to the other, or does not, and every packet for it arrives, in order, where it runs
 * (docs/decisions/handover.md). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lisp/handover.h"
#include "tests/unit/xtr_world.h"
#include "xtr/handover_internal.h"

#define HOST      "10.1.0.5/32"
#define MAC       "02:00:00:00:00:09"
#define AGENT_KEY "key of an agent"
#define PORT      7
#define SECOND    "192.0.2.101" /* the other Map-Server, where there are two */
#define BESIDE    16            /* with the number of an agent: the other one at its site */

static const char *const rlocs[] = {"192.0.2.1", "198.51.100.1"};
static const char *const agents[] = {"203.0.113.1", "203.0.113.2"};

/* Both sites; [0] is where the guest begins. */
struct sites {
	struct world *x[2];
	struct otk_tools *otk;
	const char *host; /* the EID that moves */
	uint64_t counter; /* of agents and of the Map-Server */
	/* The Map-Server. */
	int owner; /* -1: nobody */
	uint64_t seq;
	bool cut_off;      /* it answers nothing */
	bool mute[2];      /* nothing comes from this router any more */
	unsigned int lose; /* of what is sent, every lose-th */
	unsigned int sent, prepares, claims;
	unsigned int second_prepares; /* at SECOND */
	uint64_t second_seq;          /* of site 0, there; 0: it answers no claims */
	uint64_t second_base;         /* of the last claim there */
	int result[2];                /* of the last STATE-ACK */
	unsigned int asks[2];         /* to agents */
	bool answering[2];            /* agents answer questions with their last state */
	uint8_t state[2];
	bool in_migration[2];
};

static const struct auth_options plain;

static struct handover_id id_of(unsigned int i, bool agent)
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

static void write_and_send(struct sites *s, unsigned int to, struct handover *h,
	struct auth_key *key, const struct policy_server *ps, const char *rloc, const char *from)
{
	struct lisp_rloc l = {.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};
	struct eid eid = world_eid(s->host);
	struct wire_writer w;
	struct address a;
	uint8_t bytes[1500];
	int len;

	wire_writer_init(&w, bytes, sizeof(bytes));
	handover_begin(&w, h, ps ? ps->key_id : 1, AUTH_HMAC_SHA256_128, &plain);
	if (ps) {
		lisp_record_write(&w, &eid, 1440, rloc ? 1 : 0, LISP_ACT_NONE, false, 0);
		if (rloc) {
			a = world_address(rloc);
			lisp_rloc_write(&w, &l, &a);
		}
	}
	len = handover_finish(&w, h, key, &plain);
	assert_true(len > 0);
	world_packet(s->x[to], bytes, (size_t)len, from);
}

/* ---- the Map-Server ---- */

static void wrap(struct sites *s, const struct policy_server *ps, struct handover *h)
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
		.urgent = prepare->urgent};
	bool told = s->owner >= 0 && s->owner != (int)i;

	s->prepares++;
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

/* ---- the agents ---- */

static void state_by(struct sites *s, unsigned int i, unsigned int agent, const char *key,
	enum handover_state state, bool in_migration, uint16_t tail, uint64_t counter)
{
	struct auth_key *k = auth_key_new(key, strlen(key));
	struct handover h = {.kind = HANDOVER_STATE,
		.counter = counter,
		.sender = id_of(agent, true),
		.move = 99,
		.reason = HANDOVER_OPERATOR,
		.state = (uint8_t)state,
		.in_migration = in_migration,
		.tail = tail,
		.host_count = 1};

	h.hosts[0] = (struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid(s->host)};
	write_and_send(s, i, &h, k, NULL, NULL, agents[i]);
	auth_key_free(k);
}

static void say(struct sites *s, unsigned int i, enum handover_state state, bool in_migration,
	uint16_t tail)
{
	s->state[i] = (uint8_t)state;
	s->in_migration[i] = in_migration;
	state_by(s, i, i, AGENT_KEY, state, in_migration, tail, ++s->counter);
}

static void tail(struct sites *s, unsigned int i, uint16_t index, uint16_t of, uint32_t id)
{
	struct auth_key *k = auth_key_new(AGENT_KEY, strlen(AGENT_KEY));
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
	write_and_send(s, i, &h, k, NULL, NULL, agents[i]);
	auth_key_free(k);
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
		say(s, i, s->state[i], s->in_migration[i], 0);
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

static void settle(struct sites *s)
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

static void pass(struct sites *s, uint64_t ms)
{
	for (settle(s); ms; ms--) {
		world_pass(s->x[0], 1);
		world_pass(s->x[1], 1);
		settle(s);
	}
}

/* The guest runs at site @i, whose agent says so again and again. */
static void live(struct sites *s, unsigned int i, unsigned int seconds)
{
	for (; seconds >= 10; seconds -= 10) {
		say(s, i, HANDOVER_RUNNING, false, 0);
		pass(s, 10000);
	}
}

/* The guest @host runs at site 0, which owns it. */
static struct sites *sites_with(const char *host, bool two)
{
	struct sites *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->otk = otk_tools_new();
	s->host = host;
	s->owner = -1;
	s->counter = 1000;
	s->answering[0] = s->answering[1] = true;
	for (unsigned int i = 0; i < 2; i++) {
		s->x[i] = site_new(i, two);
		world_start(s->x[i]);
	}
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_int_equal(s->owner, 0);
	return s;
}

static struct sites *sites_of(const char *host)
{
	return sites_with(host, false);
}

static struct sites *sites_new(void)
{
	return sites_of(HOST);
}

static void sites_free(struct sites *s)
{
	world_free(s->x[0]);
	world_free(s->x[1]);
	otk_tools_free(s->otk);
	free(s);
}

static struct datapath_entry *entry_at(struct sites *s, unsigned int i)
{
	struct eid host = world_eid(s->host);

	return &fake_datapath_longest(&s->x[i]->dp, &host)->e;
}

static bool goes_to(struct sites *s, unsigned int i, unsigned int other)
{
	const struct datapath_entry *e = entry_at(s, i);
	struct address a = world_address(rlocs[other]);

	return e->action == DATAPATH_ENCAP && e->locator_count == 1 &&
	       address_equal(&e->locators[0].rloc, &a) && !e->hold;
}

static bool here(struct sites *s, unsigned int i)
{
	const struct datapath_entry *e = entry_at(s, i);

	return e->action == DATAPATH_LOCAL && !e->hold && !e->expect;
}

static void injected(struct sites *s, unsigned int i, const char *ids)
{
	const struct fake_datapath *dp = &s->x[i]->dp;
	char got[64];
	unsigned int k;

	for (k = 0; k < dp->injected_count && k < 63; k++)
		got[k] = (char)('0' + (dp->injected[k] & 15));
	got[k] = 0;
	assert_string_equal(got, ids);
}

static uint64_t counter(struct sites *s, unsigned int i, enum xtr_counter c)
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
static struct router_move shown(struct sites *s, unsigned int i, unsigned int count)
{
	struct shown all = {0};

	router_each_move(s->x[i]->router, show, &all);
	assert_int_equal(all.count, count);
	return all.first;
}

/* "prepared accepted ...": the steps that were seen, which came in this order. */
static void expect_steps(const struct router_move *m, const char *want)
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

static unsigned int events_of(struct sites *s, unsigned int i, enum router_event_type type)
{
	unsigned int n = 0;

	for (unsigned int k = 0; k < s->x[i]->event_count; k++)
		n += s->x[i]->events[k].type == type;
	return n;
}

/* ---- the tests ---- */

static void a_move_loses_no_packet_and_keeps_their_order(void **state)
{
	struct sites *s = sites_new();
	struct router_move m;
	struct eid host;

	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	assert_int_equal(s->prepares, 2); /* one at its first start */
	assert_true(here(s, 0));          /* preparing attracts nothing */
	assert_true(goes_to(s, 1, 0));
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_EXPECT_OWNER);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	assert_true(here(s, 0));
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	assert_int_equal(entry_at(s, 0)->action, DATAPATH_LOCAL);
	assert_true(entry_at(s, 0)->hold); /* before any time passes */
	world_miss(s->x[0], HOST, 3);
	world_miss(s->x[0], HOST, 4);
	tail(s, 0, 1, 2, 2); /* turned round by the network */
	tail(s, 0, 0, 2, 1);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	assert_true(entry_at(s, 0)->away);
	/* A client there waits for it too, but the xTR there may give up: not round. */
	assert_int_equal(entry_at(s, 0)->expect, DATAPATH_EXPECT_OWNER);
	assert_false(entry_at(s, 0)->back);
	injected(s, 0, "1234");
	assert_int_equal(s->x[0]->dp.sent_back, 2);
	world_away_hit(s->x[0], HOST, "192.0.2.77");
	assert_false(world_has(s->x[0], LISP_MAP_REQUEST)); /* no SMR: nobody else owns it yet */
	world_miss(s->x[1], HOST, 5);
	world_miss(s->x[1], HOST, 6);
	injected(s, 1, "");
	host = world_eid(HOST);
	fake_datapath_find(&s->x[0]->dp, &host)->used = 7; /* redirected by the data plane */
	pass(s, 3);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	assert_int_equal(entry_at(s, 1)->action, DATAPATH_LOCAL);
	assert_true(world_has(s->x[1], LISP_EXTENSION)); /* the claim: before what was held */
	injected(s, 1, "");
	world_miss(s->x[1], HOST, 7); /* comes up still: behind them */
	world_pass(s->x[1], 1);
	assert_true(here(s, 1)); /* whatever the Map-Server says later */
	injected(s, 1, "567");
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->claims, 2);
	m = shown(s, 0, 1);
	assert_int_equal(m.side, ROUTER_MOVE_SOURCE);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	assert_true(m.move == 99 && m.reason == HANDOVER_OPERATOR && m.seq == s->seq);
	assert_true(m.held == 2 && m.tail == 2 && m.redirected == 7);
	assert_true(m.longest_hold_ms <= 1);
	expect_steps(&m, "prepared accepted paused cut resumed claimed ");
	m = shown(s, 1, 1);
	assert_int_equal(m.side, ROUTER_MOVE_DESTINATION);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	assert_true(m.move == 99 && m.reason == HANDOVER_OPERATOR && m.seq == s->seq);
	assert_true(m.held == 3 && m.tail == 0 && m.redirected == 0);
	assert_true(m.longest_hold_ms >= 3 && m.longest_hold_ms <= 5);
	expect_steps(&m, "prepared accepted cut resumed claimed ");
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(events_of(s, i, ROUTER_MOVE_STARTED), 1);
		assert_int_equal(events_of(s, i, ROUTER_MOVE_FINISHED), 1);
	}
	assert_true(goes_to(s, 0, 1));
	world_away_hit(s->x[0], HOST, "192.0.2.77");
	assert_true(world_has(s->x[0], LISP_MAP_REQUEST));
	say(s, 0, HANDOVER_GONE, false, 0);
	live(s, 1, 40);
	assert_int_equal(s->owner, 1);
	assert_true(goes_to(s, 0, 1));
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_TIMEOUT), 0);
	sites_free(s);
}

static struct sites *prepared(void)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING, false, 0);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	return s;
}

static void an_aborted_move_gives_everything_back(void **state)
{
	struct sites *s = prepared();
	struct router_move m;

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	world_miss(s->x[1], HOST, 1);
	world_miss(s->x[1], HOST, 2);
	say(s, 0, HANDOVER_RUNNING, false, 0);
	assert_true(here(s, 0));
	pass(s, 5);
	injected(s, 1, "12");
	assert_int_equal(s->x[1]->dp.sent_back, 2);
	assert_true(goes_to(s, 1, 0) && entry_at(s, 1)->back); /* what is still on its way */
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_UNEXPECTED);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 2); /* rule 3: every resume is a claim */
	m = shown(s, 0, 1);
	assert_int_equal(m.result, ROUTER_RESULT_ABORTED);
	expect_steps(&m, "prepared accepted paused cut ");
	m = shown(s, 1, 1);
	assert_int_equal(m.result, ROUTER_RESULT_ABORTED);
	assert_true(m.held == 2 && m.redirected == 2); /* back to the source */
	sites_free(s);
}

static void told(struct sites *s, unsigned int i, unsigned int count, bool of_gateway)
{
	static const uint8_t none[6];
	const struct world_announcement *a;

	assert_int_equal(s->x[i]->announced_count, count);
	a = &s->x[i]->announced[count - 1];
	assert_int_equal(a->of_gateway, of_gateway);
	assert_int_equal(a->ifindex, 0);
	assert_int_equal(memcmp(a->mac, none, 6) == 0, of_gateway);
}

static void neighbours_are_told_at_once_when_it_stops_and_when_it_runs(void **state)
{
	struct sites *s = prepared();

	assert_int_equal(s->x[0]->announced_count, 0);
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	told(s, 0, 1, true); /* before any time passes */
	assert_true(entry_at(s, 0)->at_port);
	assert_int_equal(s->x[1]->announced_count, 0);
	pass(s, 60);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	told(s, 1, 1, false);
	pass(s, 5);
	assert_true(s->x[0]->announced_count >= 2);
	told(s, 0, s->x[0]->announced_count, true);
	assert_false(entry_at(s, 0)->at_port); /* what comes by its MAC now is for us */
	sites_free(s);
}

static void neighbours_send_nothing_past_what_was_held(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	world_miss(s->x[1], HOST, 1);
	world_miss(s->x[1], HOST, 2);
	s->x[1]->dp.pending = true; /* and more on its way up */
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 3);
	injected(s, 1, "12");
	assert_int_equal(s->x[1]->announced_count, 0);
	s->x[1]->dp.pending = false;
	pass(s, 3);
	told(s, 1, 1, false);
	sites_free(s);
}

/* A client at the new site sends by the old one until the guest runs; that it runs may be heard
 * from the Map-Server first. */
static void what_was_held_goes_back_to_where_the_guest_is_by_the_map_servers_word(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 1);
	world_miss(s->x[0], HOST, 2);
	s->owner = 1;
	world_move(s->x[0], MOVE_NOTIFY, ++s->counter, ++s->seq, HOST, rlocs[1], false);
	pass(s, 200);
	injected(s, 0, "12");
	assert_int_equal(s->x[0]->dp.sent_back, 2);
	sites_free(s);
}

static void neighbours_are_told_of_an_aborted_move(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	say(s, 0, HANDOVER_RUNNING, false, 0);
	told(s, 0, 2, false);
	pass(s, 5);
	assert_int_equal(s->x[1]->announced_count, 0);
	sites_free(s);
}

/* It may still ask whether its address is in use: our word would take it away from it. */
static void nothing_is_told_of_a_guest_that_begins(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 2000);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 200);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->x[1]->announced_count, 0);
	sites_free(s);
}

static void the_tail_of_an_aborted_move_is_read_from_the_tap(void **state)
{
	struct sites *s = prepared();

	s->x[0]->policy.handover.cut_at_resume = true;
	router_reload(s->x[0]->router, &s->x[0]->policy, s->x[0]->now, s->x[0]->out);
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 3);
	tail(s, 0, 0, 2, 1);
	tail(s, 0, 1, 2, 2);
	pass(s, 60);
	assert_true(entry_at(s, 0)->hold); /* `cutover = resume` */
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	injected(s, 0, "3");
	assert_true(here(s, 0));
	sites_free(s);
}

static void a_tail_that_does_not_come_is_waited_for_half_a_second(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	pass(s, 499);
	injected(s, 0, "");
	pass(s, 2);
	injected(s, 0, "2");
	tail(s, 0, 0, 1, 1); /* late: out of order, not lost */
	injected(s, 0, "21");
	sites_free(s);
}

static void a_long_tail_is_waited_for_while_it_comes(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 4);
	for (uint16_t i = 0; i < 3; i++) {
		pass(s, 40);
		injected(s, 0, "");
		tail(s, 0, i, 3, i + 1u);
	}
	pass(s, 2);
	injected(s, 0, "1234");
	sites_free(s);
}

static void a_tail_that_comes_after_the_guest_has_resumed_follows_it_once(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1));
	tail(s, 0, 0, 1, 1);
	injected(s, 0, "1");
	tail(s, 0, 0, 1, 1); /* repeated: the acknowledgement was lost */
	injected(s, 0, "1");
	sites_free(s);
}

/* The agent waits for what its hypervisor may still take; now it must not. */
static void once_the_guest_runs_elsewhere_its_tail_is_asked_for_and_comes_first(void **state)
{
	struct sites *s = prepared();

	s->answering[0] = false;
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	pass(s, 20);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 10);
	assert_int_equal(s->asks[0], 2); /* one at its first start */
	injected(s, 0, "");
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	pass(s, 20);
	injected(s, 0, "");
	tail(s, 0, 0, 1, 1);
	pass(s, 1);
	injected(s, 0, "12");
	assert_true(goes_to(s, 0, 1));
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static void once_the_guest_runs_elsewhere_its_tail_is_waited_for_50_ms(void **state)
{
	struct sites *s = prepared();

	s->answering[0] = false;
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	pass(s, 20);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 45);
	injected(s, 0, "");
	pass(s, 10);
	injected(s, 0, "2");
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

/* The source's agent was late: what the destination heard from it was older than what it said. */
static void a_refused_guest_is_let_in_when_its_owners_agent_says_that_it_left(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 50);
	assert_true(counter(s, 1, XTR_HANDOVER_REFUSED) >= 1);
	assert_int_equal(s->owner, 0);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 20);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void a_cancelled_move_leaves_the_owner_alone(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_GONE, false, 0);
	pass(s, 10000);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_UNEXPECTED);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_ABORTED);
	shown(s, 0, 0); /* nothing has begun there */
	sites_free(s);
}

static void a_cancelled_move_may_be_tried_again_at_once(void **state)
{
	struct sites *s = sites_new();
	struct router_move m;

	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_GONE, false, 0);
	say(s, 1, HANDOVER_GONE, false, 0); /* repeated */
	pass(s, 5);
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_EXPECT_OWNER);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 100);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1)); /* at the stop, since it was prepared */
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 10);
	assert_int_equal(s->owner, 1);
	m = shown(s, 1, 2);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	expect_steps(&m, "prepared accepted cut resumed claimed ");
	sites_free(s);
}

/* One stolen key of a hypervisor takes no guest that runs elsewhere. */
static void a_hypervisor_cannot_take_a_guest_that_runs_elsewhere(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 3000);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	world_host(s->x[1], HOST, PORT, true); /* nor by ARP */
	pass(s, 3000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	assert_true(counter(s, 1, XTR_HANDOVER_REFUSED) >= 1);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_REFUSED);
	shown(s, 0, 0);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 10);
	sites_free(s);
}

static void a_dead_owner_is_taken_over_after_a_second(void **state)
{
	struct sites *s = sites_new();

	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	world_miss(s->x[1], HOST, 1);
	pass(s, 990);
	assert_int_equal(s->owner, 0);
	injected(s, 1, "");
	pass(s, 20);
	assert_int_equal(s->owner, 1);
	injected(s, 1, "1");
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 1);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_TAKEN_OVER);
	shown(s, 0, 0);
	sites_free(s);
}

/* What its agent last said of it was that it runs. */
static void a_guest_whose_hypervisor_is_dead_is_released_to_where_it_runs(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5000); /* nor does it answer ARP */
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 0);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void an_agent_that_comes_back_lets_a_guest_go_to_where_it_runs_by_then(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	assert_int_equal(s->owner, 0);
	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 100);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void a_guest_that_went_while_its_agent_was_down_is_withdrawn(void **state)
{
	struct sites *s = sites_new();

	s->state[0] =
		HANDOVER_GONE; /* which it only says when it is asked: it knows no such guest */
	pass(s, 29000);
	assert_int_equal(s->owner, 0);
	pass(s, 2000);
	assert_int_equal(s->owner, -1);
	sites_free(s);
}

/* The guest leaves site 0 for site 1, or has been @stopped for it. */
static struct sites *on_the_way(bool stopped)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 100);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 100);
	if (stopped)
		say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 10);
	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 10);
	assert_int_equal(s->owner, 0); /* it may run there soon */
	return s;
}

static void a_guest_that_dies_on_its_way_is_withdrawn_once_the_next_place_gives_it_up(void **state)
{
	for (int stopped = 0; stopped < 2; stopped++) {
		struct sites *s = on_the_way(stopped);

		say(s, 1, HANDOVER_GONE, false, 0);
		pass(s, 9000); /* it may run where nobody has prepared it */
		assert_int_equal(s->owner, 0);
		pass(s, 1100);
		assert_int_equal(s->owner, -1);
		sites_free(s);
	}
}

static void a_guest_that_dies_on_its_way_is_withdrawn_when_the_next_place_is_silent(void **state)
{
	for (int stopped = 0; stopped < 2; stopped++) {
		struct sites *s = on_the_way(stopped);

		s->mute[1] = true;
		for (int i = 0; i < 4;
			i++) { /* it is said again and again, which is no sign of life */
			pass(s, 10000);
			say(s, 0, HANDOVER_GONE, false, 0);
		}
		assert_int_equal(s->owner, -1);
		sites_free(s);
	}
}

/* Also those that had it once say that it is gone, each for itself, again and again. */
static void that_others_of_the_site_do_not_have_it_keeps_no_redirection_alive(void **state)
{
	struct sites *s = on_the_way(true);

	pass(s, 100);
	assert_true(goes_to(s, 0, 1));
	s->mute[1] = true; /* it died there */
	for (int i = 0; i < 6; i++) {
		say(s, 0, HANDOVER_GONE, false, 0);
		pass(s, 5000);
		state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_GONE, false, 0, ++s->counter);
		assert_int_equal(s->result[0], 0);
		pass(s, 5000);
	}
	assert_int_equal(s->owner, -1);
	assert_int_equal(entry_at(s, 0)->action, DATAPATH_NONE);
	sites_free(s);
}

/* What one has given may be above all that another has, which would go on from there. */
static void a_claim_rests_on_the_numbers_of_its_own_map_server(void **state)
{
	struct sites *s = sites_with(HOST, true);

	s->seq = 7000;
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	s->claims = 0;
	s->second_base = UINT64_MAX;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->seq, 7001);
	assert_int_equal(s->claims, 1);
	assert_int_equal(s->second_base, 0);
	sites_free(s);
}

static void when_a_map_server_is_silent_the_next_is_asked(void **state)
{
	struct sites *s = sites_with(HOST, true);

	s->cut_off = true; /* the first one */
	s->second_prepares = 0;
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 300); /* at 0, 50 and 150 ms it was asked */
	assert_int_equal(s->second_prepares, 0);
	pass(s, 100);
	assert_int_equal(s->second_prepares, 1); /* and has answered */
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1));
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_true(here(s, 1));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	assert_int_equal(s->second_prepares, 1);
	sites_free(s);
}

/* It is the owner that is slow: another would give another key. */
static void a_map_server_that_has_said_who_the_owner_is_is_asked_on(void **state)
{
	struct sites *s = sites_with(HOST, true);

	s->mute[0] = true;
	s->prepares = s->second_prepares = 0;
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5000);
	assert_true(s->prepares > 3);
	assert_int_equal(s->second_prepares, 0);
	sites_free(s);
}

/* The port is the first to go when a hypervisor stops a guest, and its agent may be late. */
static void a_guest_that_leaves_is_not_withdrawn_when_its_port_falls_silent(void **state)
{
	struct sites *s = prepared();

	router_port(s->x[0]->router, PORT, false, s->x[0]->now, s->x[0]->out);
	pass(s, 15000);
	assert_int_equal(s->owner, 0);
	assert_true(goes_to(s, 0, 1));
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 10);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

/* It does not answer, and its agent says that it runs. */
static void a_guest_that_was_silent_and_has_not_left_is_delivered_to_again(void **state)
{
	struct sites *s = prepared();

	router_port(s->x[0]->router, PORT, false, s->x[0]->now, s->x[0]->out);
	pass(s, 15000);
	assert_false(here(s, 0));
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_ABORTED), 1);
	sites_free(s);
}

/* It says that the guest runs there, once it is heard. */
static void an_agent_whose_answer_was_lost_is_asked_again(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	s->asks[0] = 0;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 10);
	assert_int_equal(s->asks[0], 1);
	s->answering[0] = true;
	pass(s, 30);
	assert_int_equal(s->asks[0], 2);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	pass(s, 1000);
	assert_int_equal(s->asks[0], 2); /* it has answered */
	assert_true(here(s, 0));
	sites_free(s);
}

static struct sites *come_to_one_of_two(void)
{
	struct sites *s = sites_with(HOST, true);

	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	s->second_seq = 50;
	s->prepares = s->asks[1] = 0;
	return s;
}

static void a_map_server_that_has_not_heard_of_the_move_is_told_again(void **state)
{
	struct sites *s = come_to_one_of_two();

	say(s, 1, HANDOVER_RUNNING, false, 0);
	for (int i = 0; i < 100; i++) {
		pass(s, 1);
		assert_true(here(s, 1)); /* all the time */
	}
	assert_int_equal(s->asks[1], 1);
	assert_int_equal(s->second_base, 50);
	assert_int_equal(s->prepares, 0);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

/* From memory nothing is claimed. */
static void it_is_told_only_when_the_agent_has_said_again_that_the_guest_is_here(void **state)
{
	struct sites *s = come_to_one_of_two();

	s->answering[1] = false;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 150);
	assert_int_equal(s->second_base, 0);
	s->answering[1] = true;
	pass(s, 50);
	assert_int_equal(s->second_base, 50);
	sites_free(s);
}

static bool show_one(const struct router_handover_view *v, void *arg)
{
	*(struct router_handover_view *)arg = *v;
	return true;
}

static void what_is_known_of_a_guest_on_its_way_is_shown(void **state)
{
	struct sites *s = sites_new();
	struct address at_1 = world_address(rlocs[1]);
	struct router_handover_view v = {0};

	router_each_handover(s->x[0]->router, show_one, &v);
	assert_string_equal(v.phase, "here");
	assert_string_equal(v.agent, "agent");
	assert_string_equal(v.word, "running");
	assert_int_equal(v.candidate_count, 0);
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 100);
	router_each_handover(s->x[0]->router, show_one, &v);
	assert_int_equal(v.candidate_count, 1);
	assert_true(address_equal(&v.candidates[0], &at_1));
	router_each_handover(s->x[1]->router, show_one, &v);
	assert_string_equal(v.phase, "expected");
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 100);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 10);
	router_each_handover(s->x[0]->router, show_one, &v);
	assert_string_equal(v.phase, "paused");
	assert_true(v.in_migration);
	assert_true(address_equal(&v.to, &at_1));
	sites_free(s);
}

static void a_guest_that_nobody_owns_is_claimed_where_it_starts(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 5);
	assert_int_equal(s->owner, -1);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	shown(s, 1, 0); /* a start is no move */
	sites_free(s);
}

/* To peers that its new site has to ask for first. */
static void what_a_guest_that_has_come_sends_waits_as_what_came_for_it(void **state)
{
	struct sites *s = sites_new();
	uint32_t i;

	for (i = 0; i < 66; i++)
		world_miss_at(s->x[1], PORT, "10.9.0.5/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 2); /* nobody has come yet */
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_true(here(s, 1));
	for (i = 0; i < 200; i++)
		world_miss_at(s->x[1], PORT, "10.9.0.6/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 2);
	for (i = 0; i < 66; i++) /* from the core: as ever */
		world_miss(s->x[1], "10.9.0.7/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 4);
	pass(s, 10001);
	for (i = 0; i < 66; i++)
		world_miss_at(s->x[1], PORT, "10.9.0.8/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 6);
	sites_free(s);
}

/* The queue of what comes up is never empty: others are on their way, too. */
static void a_guest_among_many_is_drained_when_the_queue_was_passed_without_it(void **state)
{
	struct sites *s = sites_new();
	struct fake_datapath *dp = &s->x[1]->dp;

	say(s, 1, HANDOVER_INCOMING, false, 0);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	world_miss(s->x[1], HOST, 1);
	world_miss(s->x[1], HOST, 2);
	dp->pending = true;
	dp->in = 100;
	dp->out = 90;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 2); /* released, and 10 packets are queued, perhaps its own */
	injected(s, 1, "12");
	assert_true(entry_at(s, 1)->hold);
	dp->in = 120;
	dp->out = 99;
	world_miss(s->x[1], HOST, 3); /* indeed; so perhaps of the next 21, too */
	injected(s, 1, "123");
	dp->out = 101;
	pass(s, 2);
	assert_true(entry_at(s, 1)->hold);
	dp->in = 140;
	dp->out = 121;
	pass(s, 2);
	assert_true(here(s, 1));
	sites_free(s);
}

static void without_a_next_place_packets_wait_until_it_is_known(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING, false, 0);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 500);
	assert_true(entry_at(s, 0)->hold);
	injected(s, 0, "");
	say(s, 1, HANDOVER_RUNNING, false, 0); /* asks, and is accepted */
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	injected(s, 0, "1");
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void a_prepared_move_needs_no_map_server(void **state)
{
	struct sites *s = prepared();

	s->cut_off = true;
	say(s, 0, HANDOVER_PAUSED, true, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 2);
	live(s, 1, 20);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	injected(s, 0, "1");
	live(s, 1, 40);
	assert_true(goes_to(s, 0, 1)); /* as long as it takes */
	s->cut_off = false;
	live(s, 1, 60);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static void every_third_message_may_be_lost(void **state)
{
	struct sites *s = sites_new();
	unsigned int i;

	s->lose = 3;
	for (i = 0; i < 6; i++) {
		say(s, 1, HANDOVER_INCOMING, false, 0);
		say(s, 0, HANDOVER_LEAVING, false, 0);
		pass(s, 300);
	}
	say(s, 0, HANDOVER_PAUSED, true, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 300);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	injected(s, 0, "1");
	sites_free(s);
}

static void older_words_and_wrong_keys_change_nothing(void **state)
{
	struct sites *s = sites_new();
	uint64_t old = s->counter;

	state_by(s, 0, 0, AGENT_KEY, HANDOVER_GONE, false, 0, old - 1);
	pass(s, 5);
	assert_int_equal(s->result[0], HANDOVER_OLD);
	assert_true(here(s, 0));
	state_by(s, 0, 0, "another key", HANDOVER_GONE, false, 0, ++s->counter);
	state_by(s, 0, 1, AGENT_KEY, HANDOVER_GONE, false, 0, ++s->counter); /* not here */
	pass(s, 5);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AUTH), 2);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void an_agent_speaks_for_its_own_prefixes_only(void **state)
{
	struct sites *s = sites_new();

	s->x[0]->policy.agents[0].prefixes[0] = world_eid("10.1.9.0/24");
	s->x[0]->policy.agents[0].prefix_count = 1;
	router_reload(s->x[0]->router, &s->x[0]->policy, s->x[0]->now, s->x[0]->out);
	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 5);
	assert_int_equal(s->result[0], HANDOVER_NOT_PERMITTED);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_EID), 1);
	assert_true(here(s, 0));
	sites_free(s);
}

static void a_restarted_router_asks_its_agents_and_claims(void **state)
{
	struct sites *s = sites_new();

	world_restart(s->x[0]);
	pass(s, 20);
	assert_int_equal(s->asks[0], 2); /* once at the first start */
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 0, XTR_CLAIMS_GRANTED), 1);
	sites_free(s);
}

static void a_move_within_the_site_asks_nobody_and_takes_the_unread_packets_along(void **state)
{
	struct sites *s = sites_new();

	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_INCOMING, false, 0, ++s->counter);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_INCOMING, false, 0, ++s->counter);
	pass(s, 5);
	assert_int_equal(s->prepares, 1); /* of its first start */
	assert_true(here(s, 0));
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	tail(s, 0, 0, 1, 1);
	pass(s, 100);
	injected(s, 0, "");
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_RUNNING, false, 0, ++s->counter);
	pass(s, 5);
	injected(s, 0, "12");
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_MOVED);
	say(s, 0, HANDOVER_GONE, false, 0); /* no longer its guest */
	pass(s, 5);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void a_tail_that_comes_after_a_move_within_the_site_follows(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING, false, 0);
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_RUNNING, false, 0, ++s->counter);
	assert_true(here(s, 0));
	tail(s, 0, 0, 1, 1);
	injected(s, 0, "1");
	tail(s, 0, 0, 1, 1); /* repeated */
	injected(s, 0, "1");
	sites_free(s);
}

/* The key of one hypervisor says nothing of a guest that another at the same site runs. */
static void a_hypervisor_takes_no_guest_of_another_at_its_site(void **state)
{
	struct sites *s = sites_new();

	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_RUNNING, false, 0, ++s->counter);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_PAUSED, true, 0, ++s->counter);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_GONE, false, 0, ++s->counter);
	pass(s, 100);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	sites_free(s);
}

static void there_and_back_again_within_a_second(void **state)
{
	struct sites *s = prepared();
	struct router_move m;

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	assert_int_equal(s->owner, 1);
	say(s, 0, HANDOVER_INCOMING, false, 0);
	say(s, 1, HANDOVER_LEAVING, false, 0);
	pass(s, 10);
	world_away_hit(s->x[0], HOST, "192.0.2.77");
	say(s, 1, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[1], HOST, 1);
	tail(s, 1, 0, 0, 0);
	pass(s, 10);
	assert_true(goes_to(s, 1, 0));
	injected(s, 1, "1");
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 10);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	m = shown(s, 0, 2);
	assert_int_equal(m.side, ROUTER_MOVE_DESTINATION);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	m = shown(s, 1, 2);
	assert_int_equal(m.side, ROUTER_MOVE_SOURCE);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	sites_free(s);
}

/* A migration that fails while it copies is no event for packets, and one for whoever planned it.
 */
static void a_copy_that_fails_is_an_aborted_move(void **state)
{
	struct sites *s = prepared();

	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_NONE);
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_ABORTED);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_ABORTED);
	/* The next attempt is another one. */
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	shown(s, 0, 2);
	assert_int_equal(shown(s, 1, 2).result, ROUTER_RESULT_NONE);
	sites_free(s);
}

static void of_the_moves_that_have_ended_the_last_256_are_shown(void **state)
{
	struct sites *s = prepared();
	struct router_move last;

	for (unsigned int i = 0; i < 300; i++) {
		say(s, 0, i % 2 ? HANDOVER_LEAVING : HANDOVER_RUNNING, false, 0);
		pass(s, 2);
	}
	last = shown(s, 0, 1 + 150);
	assert_int_equal(last.result, ROUTER_RESULT_NONE);
	for (unsigned int i = 0; i < 300; i++) {
		say(s, 0, i % 2 ? HANDOVER_LEAVING : HANDOVER_RUNNING, false, 0);
		pass(s, 2);
	}
	shown(s, 0, 1 + 256);
	sites_free(s);
}

static void an_aborted_move_can_be_tried_again_at_once(void **state)
{
	struct sites *s = prepared();
	unsigned int prepares = s->prepares;

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 200); /* it is forgotten there, and prepares anew by itself */
	assert_true(s->prepares > prepares);
	assert_true(here(s, 0));
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void what_resumes_before_it_has_heard_that_the_last_move_was_aborted_is_not_heard(
	void **state)
{
	struct sites *s = prepared();
	uint64_t steps;

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	s->mute[1] = true;
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 1); /* ABORTED is lost, and said again after 50 ms */
	assert_int_equal(s->seq, 2);
	s->mute[1] = false;
	say(s, 0, HANDOVER_PAUSED, true, 0);
	settle(s);
	steps = counter(s, 0, XTR_HANDOVER_STEPS);
	s->cut_off = true;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	assert_true(here(s, 1)); /* accepted before, it knows no better, and says RESUMED */
	pass(s, 20);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_STEPS), steps);
	assert_true(entry_at(s, 0)->hold);
	s->cut_off = false;
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

/* It has thrown away the key under which it is told ABORTED, and can never acknowledge that. */
static void what_prepares_anew_is_told_off_no_longer(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	s->mute[1] = true;
	say(s, 1, HANDOVER_GONE, false, 0);
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 1); /* CANCELLED and ABORTED are lost */
	say(s, 1, HANDOVER_INCOMING, false, 0);
	s->mute[1] = false;
	pass(s, 100);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	say(s, 1, HANDOVER_RUNNING, false, 0);
	assert_true(here(s, 1));
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static void a_cancelled_move_can_be_tried_again_at_once(void **state)
{
	struct sites *s = prepared();

	say(s, 1, HANDOVER_GONE, false, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_INCOMING, false, 0);
	pass(s, 5);
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_EXPECT_OWNER);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void a_guest_that_stops_before_it_was_accepted_is_not_taken_over(void **state)
{
	struct sites *s = sites_new();

	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	say(s, 1, HANDOVER_PAUSED, true, 0);
	pass(s, 5000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

/* It may have been elsewhere: only after `paused` does `running` mean that nothing came of it. */
static void a_guest_that_runs_again_after_it_was_gone_is_asked_for_first(void **state)
{
	struct sites *s = prepared();
	unsigned int prepares;

	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 2);
	prepares = s->prepares;
	say(s, 0, HANDOVER_RUNNING, false, 0);
	assert_false(here(s, 0));
	pass(s, 5);
	assert_true(s->prepares > prepares);
	assert_true(here(s, 0)); /* nobody has claimed it meanwhile */
	sites_free(s);
}

static void a_move_stays_prepared_while_the_map_server_is_away(void **state)
{
	struct sites *s = prepared();

	s->cut_off = true;
	for (unsigned int i = 0; i < 5; i++) {
		pass(s, 10000);
		say(s, 1, HANDOVER_INCOMING, false, 0);
		say(s, 0, HANDOVER_LEAVING, false, 0);
	}
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void what_waited_for_an_owner_to_be_known_goes_there(void **state)
{
	struct sites *s = sites_new();

	s->cut_off = true;
	say(s, 1, HANDOVER_INCOMING, false, 0);
	world_miss(s->x[1], HOST, 1);
	pass(s, 5);
	injected(s, 1, "");
	s->cut_off = false;
	pass(s, 100);
	injected(s, 1, "1");
	assert_true(goes_to(s, 1, 0));
	assert_true(entry_at(s, 1)->away); /* so does what comes by an old mapping */
	sites_free(s);
}

static void a_router_that_is_not_told_where_a_guest_went_asks(void **state)
{
	static const char *const there[] = {"198.51.100.1", NULL};
	struct sites *s = sites_new();
	struct map_request m;

	say(s, 0, HANDOVER_PAUSED, true, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 5);
	say(s, 0, HANDOVER_GONE, false, 0);
	m = world_take_request(s->x[0]);
	world_reply(s->x[0], m.nonce, HOST, 60, LISP_ACT_NONE, there);
	pass(s, 1);
	assert_true(goes_to(s, 0, 1));
	injected(s, 0, "1");
	sites_free(s);
}

static void what_was_on_its_way_when_a_guest_moved_may_go_back_for_two_seconds(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_PAUSED, true, 0);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	assert_int_equal(s->owner, 1);
	assert_true(goes_to(s, 0, 1) && entry_at(s, 0)->back);
	pass(s, 2000);
	assert_true(goes_to(s, 0, 1));
	assert_false(entry_at(s, 0)->back);
	sites_free(s);
}

/* ---- MACs: they are registered and move, and no packet is routed by them ---- */

static void pin_address(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	assert_true(address_is_ip(&host->addr));
}

static struct sites *sites_of_mac(void)
{
	struct sites *s = sites_of(MAC);

	s->x[0]->ops.pin_host = s->x[1]->ops.pin_host = pin_address;
	return s;
}

/* Neither the data plane nor the site's machines have heard of it. */
static void expect_no_trace(struct sites *s)
{
	struct eid mac = world_eid(MAC), prefix = world_eid("02:00:00:00:00:00/40");

	for (unsigned int i = 0; i < 2; i++) {
		assert_null(fake_datapath_find(&s->x[i]->dp, &mac));
		assert_null(fake_datapath_find(&s->x[i]->dp, &prefix));
		assert_int_equal(s->x[i]->dp.injected_count, 0);
		assert_int_equal(s->x[i]->probe_count, 0);
		assert_int_equal(s->x[i]->announced_count, 0);
		assert_int_equal(counter(s, i, XTR_DATAPATH_ERRORS), 0);
	}
}

static void a_mac_moves_as_an_address_does_without_a_trace_in_the_data_plane(void **state)
{
	struct sites *s = sites_of_mac();
	uint64_t seq = s->seq;
	struct router_move m;

	say(s, 1, HANDOVER_INCOMING, false, 0);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	pass(s, 2); /* there is no tail to wait for */
	m = shown(s, 0, 1);
	expect_steps(&m, "prepared accepted paused cut ");
	tail(s, 0, 0, 0, 0);
	tail(s, 0, 0, 1, 5);
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->seq, seq + 1);
	assert_int_equal(s->claims, 2);
	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_MOVED);
	expect_no_trace(s);
	sites_free(s);
}

static void an_aborted_move_leaves_a_mac_where_it_was(void **state)
{
	struct sites *s = sites_of_mac();

	say(s, 1, HANDOVER_INCOMING, false, 0);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_RUNNING, false, 0);
	say(s, 1, HANDOVER_GONE, false, 0);
	pass(s, 1000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_ABORTED);
	expect_no_trace(s);
	sites_free(s);
}

static void a_hypervisor_cannot_take_a_mac_that_runs_elsewhere(void **state)
{
	struct sites *s = sites_of_mac();

	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 3000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	expect_no_trace(s);
	sites_free(s);
}

static void a_mac_stays_while_its_agent_is_silent_and_its_port_is_down(void **state)
{
	struct sites *s = sites_of_mac();

	s->answering[0] = false;
	pass(s, 120000);
	router_port(s->x[0]->router, PORT, false, s->x[0]->now, s->x[0]->out);
	pass(s, 60000);
	router_port(s->x[0]->router, PORT, true, s->x[0]->now, s->x[0]->out);
	pass(s, 60000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	expect_no_trace(s);
	say(s, 1, HANDOVER_RUNNING, false, 0); /* nobody contradicts this agent */
	pass(s, 3000);
	assert_int_equal(s->owner, 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	expect_no_trace(s);
	sites_free(s);
}

static void a_mac_is_withdrawn_when_its_agent_says_that_the_guest_has_gone(void **state)
{
	struct sites *s = sites_of_mac();

	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 5);
	assert_int_equal(s->owner, -1);
	sites_free(s);
}

/* RFC 8060 sections 4.1 and 4.10.2: AFI 6, in an Instance-ID LCAF. */
static void the_map_server_is_told_of_a_mac_in_its_instance(void **state)
{
	static const uint8_t want[] = {48, 0x10, 0, 0, 0, 0x40, 0x03, 0, 0, 2, 0, 0, 12, 0, 0, 0, 7,
		0, 6, 2, 0, 0, 0, 0, 9};
	struct sites *s = sites_of("[7]" MAC);
	struct world *w = s->x[0];
	unsigned int found = 0;

	say(s, 0, HANDOVER_GONE, false, 0);
	world_pass(w, 1);
	for (unsigned int i = 0; i < w->sent_count; i++)
		found += memmem(w->sent[i].bytes, w->sent[i].len, want, sizeof(want)) != NULL;
	assert_int_equal(found, 1);
	sites_free(s);
}

static void a_mac_that_the_site_does_not_register_is_taken_note_of(void **state)
{
	struct sites *s = sites_of_mac();

	s->host = "02:00:00:00:ff:09";
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	s->host = "10.3.0.9/32"; /* while of an address the agent hears so */
	say(s, 0, HANDOVER_RUNNING, false, 0);
	pass(s, 100);
	assert_int_equal(s->result[0], HANDOVER_NOT_PERMITTED);
	assert_int_equal(s->claims, 1);
	sites_free(s);
}

/* What an agent said once is signed for ever, and anybody may have recorded it. */
static void an_agents_old_word_is_not_believed_after_another_has_spoken(void **state)
{
	struct sites *s = sites_new();
	struct router_handover_view v = {0};
	uint64_t old = s->counter; /* of the first agent's `running` */

	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_INCOMING, false, 0, ++s->counter);
	say(s, 0, HANDOVER_LEAVING, false, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_PAUSED, true, 0);
	pass(s, 5);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_RUNNING, false, 0, ++s->counter);
	pass(s, 5);
	say(s, 0, HANDOVER_GONE, false, 0);
	pass(s, 1000);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_LEAVING, false, 0, ++s->counter);
	pass(s, 100);
	state_by(s, 0, 0, AGENT_KEY, HANDOVER_RUNNING, false, 0, old);
	pass(s, 10);
	assert_int_equal(s->result[0], HANDOVER_OLD);
	router_each_handover(s->x[0]->router, show_one, &v);
	assert_string_equal(v.agent, "beside");
	assert_string_equal(v.word, "leaving");
	say(s, 0, HANDOVER_GONE, false, 0); /* as it says every 10 s */
	pass(s, 100);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	sites_free(s);
}

static void what_was_said_before_a_restart_of_the_router_is_not_believed_after_it(void **state)
{
	struct sites *s = sites_new();
	uint64_t old = ++s->counter;

	live(s, 0, 20);
	s->answering[0] = false;
	world_restart(s->x[0]);
	pass(s, 2);
	world_host(s->x[0], HOST, PORT, true); /* found by ARP before its agent has answered */
	pass(s, 2);
	state_by(s, 0, 0, AGENT_KEY, HANDOVER_PAUSED, true, 0, old);
	pass(s, 10);
	assert_false(entry_at(s, 0)->hold);
	assert_int_equal(s->result[0], HANDOVER_OLD);
	say(s, 0, HANDOVER_PAUSED, true, 0); /* now it is so */
	pass(s, 10);
	assert_true(entry_at(s, 0)->hold);
	sites_free(s);
}

/* A guest has several addresses, and all are told of by one message. */
static void what_one_message_says_of_several_addresses_counts_for_all(void **state)
{
	struct sites *s = sites_new();
	struct auth_key *k = auth_key_new(AGENT_KEY, strlen(AGENT_KEY));
	struct handover h = {.kind = HANDOVER_STATE,
		.counter = ++s->counter,
		.sender = id_of(BESIDE, true),
		.state = HANDOVER_INCOMING,
		.host_count = 2};
	uint64_t before = counter(s, 0, XTR_HANDOVER_PREPARED);

	h.hosts[0] = (struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid(HOST)};
	h.hosts[1] =
		(struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid("10.1.0.6/32")};
	write_and_send(s, 0, &h, k, NULL, NULL, agents[0]); /* the first runs beside it */
	assert_int_equal(counter(s, 0, XTR_HANDOVER_PREPARED), before + 1);
	auth_key_free(k);
	sites_free(s);
}

static void an_agent_is_not_looked_for_where_a_message_was_played_back_from(void **state)
{
	struct sites *s = sites_new();
	struct auth_key *k = auth_key_new(AGENT_KEY, strlen(AGENT_KEY));
	struct handover h = {.kind = HANDOVER_STATE,
		.counter = ++s->counter,
		.sender = id_of(BESIDE, true),
		.state = HANDOVER_GONE,
		.host_count = 1};
	const struct agent *a = &s->x[0]->router->handover->agents[1];
	char at[ENDPOINT_TEXT];

	h.hosts[0] = (struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid(HOST)};
	write_and_send(s, 0, &h, k, NULL, NULL, "203.0.113.3");
	write_and_send(s, 0, &h, k, NULL, NULL, "198.18.6.6"); /* the same, by somebody else */
	assert_string_equal(endpoint_format(&a->at, at, sizeof(at)), "203.0.113.3:4342");
	h.counter = ++s->counter; /* it has another address now */
	write_and_send(s, 0, &h, k, NULL, NULL, "203.0.113.4");
	assert_string_equal(endpoint_format(&a->at, at, sizeof(at)), "203.0.113.4:4342");
	auth_key_free(k);
	sites_free(s);
}

/* A third site's router asks for it, too. */
static void third_asks(struct sites *s)
{
	const struct policy_server *ps = &s->x[0]->policy.servers[0];
	struct handover h = {.kind = HANDOVER_NEXT,
		.counter = ++s->counter,
		.move = 5,
		.seq = s->seq,
		.key_nonce = 77,
		.urgent = true};

	memset(h.peer.bytes, 0x55, sizeof(h.peer.bytes));
	wrap(s, ps, &h);
	write_and_send(s, 0, &h, s->x[0]->key, ps, "198.51.100.129", "192.0.2.100");
}

static void of_two_that_ask_at_once_both_are_answered(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING, false, 0);
	pass(s, 20);
	third_asks(s);
	pass(s, 20);
	say(s, 0, HANDOVER_RUNNING, false, 0); /* what the router has asked its agent */
	s->answering[0] = true;
	pass(s, 10000);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

static void a_tail_brings_no_packets_to_anybody_else(void **state)
{
	struct sites *s = prepared();
	struct auth_key *k = auth_key_new(AGENT_KEY, strlen(AGENT_KEY));
	uint8_t packet[20] = {0x45, [16] = 10, 1, 0, 6}; /* not the EID's */
	struct handover h = {.kind = HANDOVER_TAIL,
		.sender = id_of(0, true),
		.host_count = 1,
		.of = 1,
		.packet = packet,
		.packet_len = sizeof(packet)};

	say(s, 0, HANDOVER_PAUSED, true, HANDOVER_TAIL_FOLLOWS);
	h.counter = ++s->counter;
	h.hosts[0].eid = world_eid(HOST);
	write_and_send(s, 0, &h, k, NULL, NULL, agents[0]);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_TAILS), 0);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_EID), 1);
	pass(s, 600);
	injected(s, 0, "");
	auth_key_free(k);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_loses_no_packet_and_keeps_their_order),
		cmocka_unit_test(an_aborted_move_gives_everything_back),
		cmocka_unit_test(the_tail_of_an_aborted_move_is_read_from_the_tap),
		cmocka_unit_test(neighbours_are_told_at_once_when_it_stops_and_when_it_runs),
		cmocka_unit_test(neighbours_send_nothing_past_what_was_held),
		cmocka_unit_test(
			what_was_held_goes_back_to_where_the_guest_is_by_the_map_servers_word),
		cmocka_unit_test(neighbours_are_told_of_an_aborted_move),
		cmocka_unit_test(nothing_is_told_of_a_guest_that_begins),
		cmocka_unit_test(a_tail_that_does_not_come_is_waited_for_half_a_second),
		cmocka_unit_test(a_long_tail_is_waited_for_while_it_comes),
		cmocka_unit_test(a_tail_that_comes_after_the_guest_has_resumed_follows_it_once),
		cmocka_unit_test(
			once_the_guest_runs_elsewhere_its_tail_is_asked_for_and_comes_first),
		cmocka_unit_test(once_the_guest_runs_elsewhere_its_tail_is_waited_for_50_ms),
		cmocka_unit_test(a_refused_guest_is_let_in_when_its_owners_agent_says_that_it_left),
		cmocka_unit_test(a_cancelled_move_leaves_the_owner_alone),
		cmocka_unit_test(a_cancelled_move_may_be_tried_again_at_once),
		cmocka_unit_test(a_hypervisor_cannot_take_a_guest_that_runs_elsewhere),
		cmocka_unit_test(a_dead_owner_is_taken_over_after_a_second),
		cmocka_unit_test(a_guest_whose_hypervisor_is_dead_is_released_to_where_it_runs),
		cmocka_unit_test(an_agent_that_comes_back_lets_a_guest_go_to_where_it_runs_by_then),
		cmocka_unit_test(a_guest_that_went_while_its_agent_was_down_is_withdrawn),
		cmocka_unit_test(
			a_guest_that_dies_on_its_way_is_withdrawn_once_the_next_place_gives_it_up),
		cmocka_unit_test(
			a_guest_that_dies_on_its_way_is_withdrawn_when_the_next_place_is_silent),
		cmocka_unit_test(that_others_of_the_site_do_not_have_it_keeps_no_redirection_alive),
		cmocka_unit_test(a_claim_rests_on_the_numbers_of_its_own_map_server),
		cmocka_unit_test(when_a_map_server_is_silent_the_next_is_asked),
		cmocka_unit_test(a_map_server_that_has_said_who_the_owner_is_is_asked_on),
		cmocka_unit_test(a_guest_that_leaves_is_not_withdrawn_when_its_port_falls_silent),
		cmocka_unit_test(a_guest_that_was_silent_and_has_not_left_is_delivered_to_again),
		cmocka_unit_test(an_agent_whose_answer_was_lost_is_asked_again),
		cmocka_unit_test(a_map_server_that_has_not_heard_of_the_move_is_told_again),
		cmocka_unit_test(
			it_is_told_only_when_the_agent_has_said_again_that_the_guest_is_here),
		cmocka_unit_test(what_is_known_of_a_guest_on_its_way_is_shown),
		cmocka_unit_test(a_guest_that_nobody_owns_is_claimed_where_it_starts),
		cmocka_unit_test(without_a_next_place_packets_wait_until_it_is_known),
		cmocka_unit_test(a_prepared_move_needs_no_map_server),
		cmocka_unit_test(every_third_message_may_be_lost),
		cmocka_unit_test(older_words_and_wrong_keys_change_nothing),
		cmocka_unit_test(an_agent_speaks_for_its_own_prefixes_only),
		cmocka_unit_test(a_restarted_router_asks_its_agents_and_claims),
		cmocka_unit_test(
			a_move_within_the_site_asks_nobody_and_takes_the_unread_packets_along),
		cmocka_unit_test(a_tail_that_comes_after_a_move_within_the_site_follows),
		cmocka_unit_test(a_hypervisor_takes_no_guest_of_another_at_its_site),
		cmocka_unit_test(there_and_back_again_within_a_second),
		cmocka_unit_test(a_copy_that_fails_is_an_aborted_move),
		cmocka_unit_test(of_the_moves_that_have_ended_the_last_256_are_shown),
		cmocka_unit_test(what_a_guest_that_has_come_sends_waits_as_what_came_for_it),
		cmocka_unit_test(
			a_guest_among_many_is_drained_when_the_queue_was_passed_without_it),
		cmocka_unit_test(an_aborted_move_can_be_tried_again_at_once),
		cmocka_unit_test(
			what_resumes_before_it_has_heard_that_the_last_move_was_aborted_is_not_heard),
		cmocka_unit_test(what_prepares_anew_is_told_off_no_longer),
		cmocka_unit_test(a_cancelled_move_can_be_tried_again_at_once),
		cmocka_unit_test(a_guest_that_stops_before_it_was_accepted_is_not_taken_over),
		cmocka_unit_test(a_guest_that_runs_again_after_it_was_gone_is_asked_for_first),
		cmocka_unit_test(a_move_stays_prepared_while_the_map_server_is_away),
		cmocka_unit_test(what_waited_for_an_owner_to_be_known_goes_there),
		cmocka_unit_test(a_router_that_is_not_told_where_a_guest_went_asks),
		cmocka_unit_test(
			what_was_on_its_way_when_a_guest_moved_may_go_back_for_two_seconds),
		cmocka_unit_test(a_mac_moves_as_an_address_does_without_a_trace_in_the_data_plane),
		cmocka_unit_test(an_aborted_move_leaves_a_mac_where_it_was),
		cmocka_unit_test(a_hypervisor_cannot_take_a_mac_that_runs_elsewhere),
		cmocka_unit_test(a_mac_stays_while_its_agent_is_silent_and_its_port_is_down),
		cmocka_unit_test(a_mac_is_withdrawn_when_its_agent_says_that_the_guest_has_gone),
		cmocka_unit_test(the_map_server_is_told_of_a_mac_in_its_instance),
		cmocka_unit_test(a_mac_that_the_site_does_not_register_is_taken_note_of),
		cmocka_unit_test(an_agents_old_word_is_not_believed_after_another_has_spoken),
		cmocka_unit_test(
			what_was_said_before_a_restart_of_the_router_is_not_believed_after_it),
		cmocka_unit_test(what_one_message_says_of_several_addresses_counts_for_all),
		cmocka_unit_test(an_agent_is_not_looked_for_where_a_message_was_played_back_from),
		cmocka_unit_test(of_two_that_ask_at_once_both_are_answered),
		cmocka_unit_test(a_tail_brings_no_packets_to_anybody_else),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
