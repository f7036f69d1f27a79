/* See xtr_world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/rcu.h"
#include "tests/unit/xtr_world.h"

#define START_NS 1000000000000ull

static struct world *world_of(struct router_ops *ops)
{
	return (struct world *)((char *)ops - offsetof(struct world, ops));
}

static void probe_host(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	struct world *w = world_of(ops);
	struct world_probe *p = &w->probes[w->probe_count++ % 256];

	*p = (struct world_probe){
		.host = *host, .ifindex = ifindex, .has_mac = mac != NULL, .at = w->now};
}

static void send_frame(struct router_ops *ops, int ifindex, const void *frame, size_t len)
{
	struct world *w = world_of(ops);
	struct world_frame *f = &w->frames[w->frame_count++ % 512];

	assert_true(len <= sizeof(f->bytes));
	f->ifindex = ifindex;
	f->len = len;
	memcpy(f->bytes, frame, len);
}

static void announce(struct router_ops *ops, const struct eid *host, const uint8_t *mac,
	int ifindex, const uint8_t *to)
{
	struct world *w = world_of(ops);
	struct world_announcement *a = &w->announced[w->announced_count++ % 64];

	*a = (struct world_announcement){
		.host = *host, .of_gateway = mac == NULL, .ifindex = ifindex};
	assert_int_equal(ifindex != 0, to != NULL);
	if (mac)
		memcpy(a->mac, mac, sizeof(a->mac));
	if (to)
		memcpy(a->to, to, sizeof(a->to));
}

static void event(struct router_ops *ops, const struct router_event *e)
{
	struct world *w = world_of(ops);

	w->events[w->event_count++ % 256] = *e;
}

static void line(struct log *log, enum log_level level, const char *text)
{
	struct world *w = log->arg;

	w->log_lines++;
	strncpy(w->last_line, text, sizeof(w->last_line) - 1);
}

static void set_policy(struct policy *p, enum policy_protocol protocol)
{
	struct policy_server *s = &p->servers[0];
	struct eid eid;

	policy_init(p);
	memset(p->xtr_id.bytes, 0x11, sizeof(p->xtr_id.bytes));
	p->site_id = 0x2222222222222222;
	p->rlocs[0] = (struct lisp_locator){
		.addr = world_address("192.0.2.1"), .priority = 1, .weight = 100, .mpriority = 255};
	p->rlocs[1] = (struct lisp_locator){.addr = world_address("2001:db8:1::1"),
		.priority = 2,
		.weight = 50,
		.mpriority = 255};
	p->rloc_count = 2;
	p->resolvers[0] = world_endpoint("192.0.2.53");
	p->resolver_count = 1;
	s->at = world_endpoint("192.0.2.100");
	s->protocol = protocol;
	s->key_id = 1;
	s->alg = AUTH_HMAC_SHA256_128;
	s->key_len = strlen(WORLD_KEY);
	memcpy(s->key, WORLD_KEY, s->key_len);
	s->proxy_reply = true;
	p->server_count = 1;
	eid = world_eid("10.1.0.0/16");
	policy_add_dynamic(p, &eid);
	eid = world_eid("10.0.0.0/8");
	policy_add_space(p, &eid);
	eid = world_eid("2001:db8:e::/48");
	policy_add_space(p, &eid);
	p->timers.probe_ms = 0;
}

static void agent_heard(struct router_ops *ops, const uint8_t id[16], uint64_t counter)
{
	struct world *w = world_of(ops);
	unsigned int i = 0;

	while (i < w->heard_count && memcmp(w->heard[i].id, id, 16) != 0)
		i++;
	assert_true(i < sizeof(w->heard) / sizeof(w->heard[0]));
	w->heard_count += i == w->heard_count;
	memcpy(w->heard[i].id, id, 16);
	w->heard[i].counter = counter;
}

int world_setup(void **state)
{
	rcu_thread_start();
	return 0;
}

int world_teardown(void **state)
{
	rcu_barrier_all();
	rcu_thread_stop();
	return 0;
}

struct world *world_new(enum policy_protocol protocol)
{
	struct world *w = calloc(1, sizeof(*w)); /* large: not touched by cmocka's own */

	assert_non_null(w);
	set_policy(&w->policy, protocol);
	fake_datapath_init(&w->dp);
	random_seeded_init(&w->random, 42);
	log_init_sink(&w->log, line, w);
	w->ops.probe_host = probe_host;
	w->ops.event = event;
	w->ops.agent_heard = agent_heard;
	w->ops.send_frame = send_frame;
	w->ops.announce = announce;
	w->now.ns = START_NS;
	w->out = outbox_new(1024, 1 << 20);
	w->key = auth_key_new(WORLD_KEY, strlen(WORLD_KEY));
	assert_non_null(w->out);
	assert_non_null(w->key);
	return w;
}

/* What the core sent is kept until a test takes it. */
static void collect(struct world *w)
{
	uint32_t i;

	for (i = 0; i < w->out->count; i++) {
		const struct outbox_datagram *d = &w->out->list[i];
		struct world_sent *s = &w->sent[w->sent_count];

		assert_true(w->sent_count < WORLD_SENT_MAX);
		assert_true(d->len <= WORLD_DATAGRAM);
		s->to = d->to;
		s->from = d->from;
		s->at = w->now;
		s->len = d->len;
		memcpy(s->bytes, outbox_bytes(w->out, i), d->len);
		w->sent_count++;
	}
	outbox_clear(w->out);
}

static void mistake(void *arg, const char *text)
{
	fail_msg("policy: %s", text);
}

static void begin(struct world *w, uint64_t nonce)
{
	policy_check(&w->policy, mistake, NULL);
	w->router = router_new(
		&w->policy, &w->dp.dp, &w->ops, &w->random.random, &w->log, nonce, w->now);
	assert_non_null(w->router);
	for (unsigned int i = 0; i < w->heard_count; i++)
		router_agent_heard(w->router, w->heard[i].id, w->heard[i].counter);
	router_start(w->router, w->now, w->out);
	collect(w);
}

void world_start(struct world *w)
{
	begin(w, 1000);
}

void world_restart(struct world *w)
{
	uint64_t nonce = router_nonce(w->router);

	router_free(w->router);
	fake_datapath_init(&w->dp);
	begin(w, nonce);
}

void world_free(struct world *w)
{
	router_free(w->router);
	outbox_free(w->out);
	auth_key_free(w->key);
	policy_fini(&w->policy);
	free(w);
}

static void pass_until(struct world *w, struct mono end)
{
	struct mono next;

	for (;;) {
		next = router_next(w->router);
		if (!mono_due(next, end))
			break;
		if (mono_before(w->now, next))
			w->now = next;
		router_timer(w->router, w->now, w->out);
		collect(w);
	}
	w->now = end;
}

void world_pass(struct world *w, uint64_t ms)
{
	pass_until(w, mono_add_ms(w->now, ms));
}

void world_pass_us(struct world *w, uint64_t us)
{
	pass_until(w, mono_add_us(w->now, us));
}

void world_packet(struct world *w, const void *bytes, size_t len, const char *from)
{
	struct endpoint peer = world_endpoint(from);
	struct address own =
		world_address(peer.addr.afi == AFI_IPV6 ? "2001:db8:1::1" : "192.0.2.1");

	router_packet(w->router, bytes, len, &peer, &own, w->now, w->out);
	collect(w);
}

static void datapath_event(struct world *w, const struct datapath_event *e)
{
	router_datapath_event(w->router, e, w->now, w->out);
	collect(w);
}

void world_miss(struct world *w, const char *eid, uint32_t id)
{
	world_miss_at(w, 0, eid, id);
}

void world_miss_at(struct world *w, int ifindex, const char *eid, uint32_t id)
{
	struct datapath_event e = {
		.type = DATAPATH_MISS, .eid = world_eid(eid), .ifindex = ifindex};
	uint32_t packet[16] = {id};

	e.packet = packet;
	e.packet_len = sizeof(packet);
	datapath_event(w, &e);
}

void world_host(struct world *w, const char *eid, int ifindex, bool announced)
{
	struct datapath_event e = {
		.type = announced ? DATAPATH_ARP_SEEN : DATAPATH_SOURCE_SEEN,
		.eid = world_eid(eid),
		.mac = {2, 0, 0, 0, 0, 9},
		.ifindex = ifindex,
		.gratuitous = announced,
	};

	datapath_event(w, &e);
}

void world_station(struct world *w, const struct router_station *s)
{
	router_station(w->router, s, w->now, w->out);
	collect(w);
}

void world_away_hit(struct world *w, const char *eid, const char *rloc)
{
	struct datapath_event e = {
		.type = DATAPATH_AWAY, .eid = world_eid(eid), .rloc = world_address(rloc)};

	datapath_event(w, &e);
}

void world_question(
	struct world *w, const struct router_site_port *port, const void *frame, size_t len)
{
	router_question(w->router, port, frame, len, w->now, w->out);
	collect(w);
}

static int find(struct world *w, enum lisp_type type)
{
	unsigned int i;

	for (i = 0; i < w->sent_count; i++)
		if (lisp_type_of(w->sent[i].bytes, w->sent[i].len) == (int)type)
			return (int)i;
	return -1;
}

struct world_sent *world_take(struct world *w, enum lisp_type type)
{
	static struct world_sent taken;
	int i = find(w, type);

	if (i < 0)
		fail_msg("no %s was sent", lisp_type_name(type));
	taken = w->sent[i];
	w->sent_count--;
	memmove(&w->sent[i], &w->sent[i + 1], (w->sent_count - (unsigned int)i) * sizeof(taken));
	return &taken;
}

bool world_has(struct world *w, enum lisp_type type)
{
	return find(w, type) >= 0;
}

unsigned int world_count(struct world *w, enum lisp_type type)
{
	unsigned int i, count = 0;

	for (i = 0; i < w->sent_count; i++)
		count += lisp_type_of(w->sent[i].bytes, w->sent[i].len) == (int)type;
	return count;
}

void world_forget(struct world *w)
{
	w->sent_count = 0;
}

struct map_request world_take_request(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_ECM);
	struct wire_fault fault;
	struct map_request m;
	struct ecm ecm;

	assert_int_equal(ecm_parse(s->bytes, s->len, &ecm, &fault), 0);
	assert_int_equal(map_request_parse(ecm.message, ecm.message_len, &m, &fault), 0);
	return m;
}

struct move world_take_move(struct world *w, enum move_kind kind)
{
	struct world_sent *s = world_take(w, LISP_EXTENSION);
	struct wire_fault fault;
	struct move m;

	assert_int_equal(move_parse(s->bytes, s->len, &m, &fault), 0);
	assert_int_equal(m.kind, kind);
	assert_true(auth_verify(w->key, LISP_EXTENSION, &w->policy.servers[0].auth, s->bytes,
		s->len, m.nonce, &m.auth));
	return m;
}

static void put_locator(struct wire_writer *wr, const char *rloc)
{
	struct lisp_rloc l = {.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};
	struct address a = world_address(rloc);

	lisp_rloc_write(wr, &l, &a);
}

void world_reply(struct world *w, uint64_t nonce, const char *eid, uint32_t ttl_min,
	enum lisp_act act, const char *const *rlocs)
{
	struct eid e = world_eid(eid);
	struct wire_writer wr;
	uint8_t bytes[512];
	uint8_t count = 0, i;

	while (rlocs && rlocs[count])
		count++;
	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, false, nonce);
	lisp_record_write(&wr, &e, ttl_min, count, act, true, 0);
	for (i = 0; i < count; i++)
		put_locator(&wr, rlocs[i]);
	map_reply_finish(&wr, 1);
	assert_true(wire_written(&wr));
	world_packet(w, bytes, wr.pos, "203.0.113.9");
}

void world_move_from(struct world *w, const char *from, enum move_kind kind, uint64_t nonce,
	uint64_t seq, const char *eid, const char *owner, bool self)
{
	const struct policy_server *s = &w->policy.servers[0];
	struct eid e = world_eid(eid);
	struct move m = {.kind = kind, .nonce = nonce, .seq = seq, .has_locators = owner != NULL};
	struct wire_writer wr;
	uint8_t bytes[512];
	int len;

	if (owner) {
		memset(m.xtr_id.bytes, self ? 0x11 : 0x33, sizeof(m.xtr_id.bytes));
		m.site_id = self ? w->policy.site_id : 0x44;
	}
	wire_writer_init(&wr, bytes, sizeof(bytes));
	move_begin(&wr, &m, s->key_id, s->alg, &s->auth);
	lisp_record_write(&wr, &e, 1440, owner ? 1 : 0, LISP_ACT_NONE, false, 0);
	if (owner)
		put_locator(&wr, owner);
	len = move_finish(&wr, &m, w->key, &s->auth);
	assert_true(len > 0);
	world_packet(w, bytes, (size_t)len, from);
}

void world_move(struct world *w, enum move_kind kind, uint64_t nonce, uint64_t seq, const char *eid,
	const char *owner, bool self)
{
	world_move_from(w, "192.0.2.100", kind, nonce, seq, eid, owner, self);
}

size_t world_write_handover(uint8_t bytes[WORLD_DATAGRAM], struct handover *h, struct auth_key *key,
	const struct policy_server *ps, const char *host, const char *rloc)
{
	static const struct auth_options plain;
	struct eid eid = world_eid(host);
	struct wire_writer wr;
	int len;

	wire_writer_init(&wr, bytes, WORLD_DATAGRAM);
	handover_begin(&wr, h, ps ? ps->key_id : 1, AUTH_HMAC_SHA256_128, &plain);
	if (ps) {
		lisp_record_write(&wr, &eid, 1440, rloc ? 1 : 0, LISP_ACT_NONE, false, 0);
		if (rloc)
			put_locator(&wr, rloc);
	}
	len = handover_finish(&wr, h, key, &plain);
	assert_true(len > 0);
	return (size_t)len;
}

void world_notify(struct world *w, uint64_t nonce, const char *eid, const char *rloc)
{
	const struct policy_server *s = &w->policy.servers[0];
	struct map_register m = {.type = LISP_MAP_NOTIFY, .nonce = nonce};
	struct eid e = world_eid(eid);
	struct wire_writer wr;
	uint8_t bytes[512];
	int len;

	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_register_begin(&wr, &m, s->key_id, s->alg, &s->auth);
	lisp_record_write(&wr, &e, rloc ? 1440 : 0, rloc ? 1 : 0, LISP_ACT_NONE, false, 0);
	if (rloc)
		put_locator(&wr, rloc);
	len = map_register_finish(&wr, &m, 1, w->key, &s->auth);
	assert_true(len > 0);
	world_packet(w, bytes, (size_t)len, "192.0.2.100");
}

unsigned int world_ack_registers(struct world *w)
{
	unsigned int count = 0;

	for (; world_has(w, LISP_MAP_REGISTER); count++) {
		struct world_sent *s = world_take(w, LISP_MAP_REGISTER);
		struct map_register m;
		struct wire_fault fault;

		assert_int_equal(map_register_parse(s->bytes, s->len, &m, &fault), 0);
		world_notify(w, m.nonce, "10.2.0.0/24", "192.0.2.1");
	}
	return count;
}

uint64_t world_counter(const struct world *w, enum xtr_counter c)
{
	return router_counters(w->router)[c];
}
