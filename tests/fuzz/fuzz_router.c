/* fuzz_router: the xTR's core as a whole: an input is a sequence of events (packets, signed with
 * the right key after they were damaged; hosts, misses, ports, reloads, time), after each of which
 * the core's promises are checked. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/info.h"
#include "tests/fuzz/script.h"
#include "tests/fuzz/xtr_oracle.h"

#define OPS_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const eids[] = {"10.1.0.1/32", "10.1.0.2/32", "10.1.0.3/32", "10.9.0.1/32",
	"10.9.0.2/32", "10.9.0.0/24", "10.9.0.0/16", "10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0",
	"10.2.0.7/32", "10.2.0.0/24", "2001:db8:e::1/128", "2001:db8:e::/48", "[7]10.1.0.1/32",
	"172.16.0.1/32"};
static const char *const rlocs[] = {"198.51.100.7", "198.51.100.8", "2001:db8:ffff::7", "192.0.2.1",
	"2001:db8:1::1", "224.0.0.1", "0.0.0.0", "192.0.2.100"};
static const uint32_t waits_ms[] = {0, 1, 20, 250, 1000, 2000, 15000, 600000};
static const uint32_t ttls_min[] = {0, 1, 15, 1440, 0xffffffff, 2, 10, 60};

static const char *eid_of(struct script *s)
{
	return eids[script_u8(s) % 16];
}

static const char *rloc_of(struct script *s)
{
	return rlocs[script_u8(s) % 8];
}

/* Flip some bytes of the finished message outside the authentication data; sign again. */
static void damage(struct world *w, struct script *s, enum lisp_type type, uint8_t *msg, size_t len,
	uint64_t nonce, struct auth_field *f)
{
	unsigned int times = script_u8(s) % 4;

	while (times--) {
		size_t at = script_u8(s) % len;

		if (at < f->offset || at >= f->offset + f->len)
			msg[at] ^= script_u8(s);
	}
	auth_sign(w->key, type, &w->policy.servers[0].auth, msg, len, nonce, f);
}

static void put_rloc(struct wire_writer *wr, const char *text, uint8_t bits)
{
	struct address a = world_address(text);
	struct lisp_rloc l = {.priority = bits & 3, .weight = bits, .reachable = !(bits & 4)};

	lisp_rloc_write(wr, &l, &a);
}

static void take_move(struct world *w, struct script *s, const struct xtr_nonces *n)
{
	const struct policy_server *server = &w->policy.servers[0];
	struct move m = {.kind = script_u8(s) % 8};
	struct eid eid = world_eid(eid_of(s));
	uint8_t bits = script_u8(s), bytes[512];
	struct wire_writer wr;
	int len;

	m.nonce = bits & 1 ? n->move : script_u8(s);
	m.seq = script_u8(s) % 16;
	m.has_locators = bits & 2;
	memset(m.xtr_id.bytes, bits & 4 ? 0x11 : 0x33, sizeof(m.xtr_id.bytes));
	m.site_id = w->policy.site_id;
	wire_writer_init(&wr, bytes, sizeof(bytes));
	move_begin(&wr, &m, server->key_id, server->alg, &server->auth);
	lisp_record_write(&wr, &eid, 1440, m.has_locators, LISP_ACT_NONE, false, 0);
	if (m.has_locators)
		put_rloc(&wr, rloc_of(s), script_u8(s));
	len = move_finish(&wr, &m, w->key, &server->auth);
	if (len < 0)
		return;
	damage(w, s, LISP_EXTENSION, bytes, (size_t)len, m.nonce, &m.auth);
	world_packet(w, bytes, (size_t)len, "192.0.2.100");
}

static void take_notify(struct world *w, struct script *s, const struct xtr_nonces *n)
{
	const struct policy_server *server = &w->policy.servers[0];
	struct map_register m = {.type = LISP_MAP_NOTIFY};
	struct eid eid = world_eid(eid_of(s));
	uint8_t bits = script_u8(s), bytes[512];
	struct wire_writer wr;
	int len;

	m.nonce = bits & 1 ? n->registration : script_u8(s);
	m.has_xtr_id = bits & 2;
	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_register_begin(&wr, &m, server->key_id, server->alg, &server->auth);
	lisp_record_write(&wr, &eid, ttls_min[bits >> 5], 1, LISP_ACT_NONE, false, 0);
	put_rloc(&wr, rloc_of(s), script_u8(s));
	len = map_register_finish(&wr, &m, 1, w->key, &server->auth);
	if (len < 0)
		return;
	damage(w, s, LISP_MAP_NOTIFY, bytes, (size_t)len, m.nonce, &m.auth);
	world_packet(w, bytes, (size_t)len, "192.0.2.100");
}

static void take_reply(struct world *w, struct script *s, const struct xtr_nonces *n)
{
	uint8_t bits = script_u8(s), count, bytes[512], i;
	struct wire_writer wr;
	const char *from = rloc_of(s);

	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, bits & 1, bits & 1 ? n->probe : n->request);
	for (i = 0; i < 1 + (bits >> 1) % 3; i++) {
		struct eid eid = world_eid(eid_of(s));
		uint8_t more = script_u8(s);

		count = more % 3;
		lisp_record_write(&wr, &eid, ttls_min[more >> 5], count,
			(enum lisp_act)(count ? 0 : (more >> 2) % 8), bits & 8, 0);
		while (count--)
			put_rloc(&wr, rloc_of(s), script_u8(s));
	}
	map_reply_finish(&wr, i);
	if (wire_written(&wr))
		world_packet(w, bytes, wr.pos, from);
}

static void take_request(struct world *w, struct script *s)
{
	uint8_t bits = script_u8(s), bytes[512];
	struct map_request_spec spec = {
		.probe = bits & 1,
		.smr = bits & 2,
		.smr_invoked = bits & 4,
		.dont_reply = bits & 8,
		.has_xtr_id = bits & 16,
		.itr_rloc_count = 1 + (bits >> 5) % 3,
		.nonce = bits,
	};
	const char *from = rloc_of(s);
	unsigned int i;
	int len;

	for (i = 0; i < spec.itr_rloc_count; i++)
		spec.itr_rlocs[i] = world_address(rloc_of(s));
	spec.eid = world_eid(eid_of(s));
	if (bits & 32)
		spec.source_eid = world_eid(eid_of(s)).addr;
	len = map_request_write(bytes, sizeof(bytes), &spec);
	if (len > 0)
		world_packet(w, bytes, (size_t)len, from);
}

static void take_info(struct world *w, struct script *s, const struct xtr_nonces *n)
{
	const struct policy_server *server = &w->policy.servers[0];
	uint8_t bits = script_u8(s), bytes[256];
	struct lcaf l = {.type = LCAF_NAT, .u.nat = {.ms_port = 4342, .rtr_count = 1}};
	struct info m = {.reply = !(bits & 1),
		.nonce = bits & 2 ? script_u8(s) : n->info,
		.key_id = bits & 4 ? script_u8(s) : server->key_id,
		.eid.eid = world_eid(eid_of(s))};
	int len;

	l.u.nat.global.addr = world_address(rloc_of(s));
	l.u.nat.etr_port = bits & 8 ? script_u8(s) : 4342;
	l.u.nat.rtr_count = bits >> 5;
	len = info_write(bytes, sizeof(bytes), &m, &l, server->alg, &server->auth);
	if (len < 0)
		return;
	damage(w, s, LISP_INFO, bytes, (size_t)len, m.nonce, &m.auth);
	world_packet(w, bytes, (size_t)len, bits & 16 ? rloc_of(s) : "192.0.2.100");
}

static void take_raw(struct world *w, struct script *s)
{
	const char *from = rloc_of(s);
	uint8_t len = script_u8(s), i,
		*exact = malloc(len ? len : 1u); /* so that ASan sees an overrun */

	if (!exact)
		return;
	for (i = 0; i < len; i++)
		exact[i] = script_u8(s);
	world_packet(w, exact, len, from);
	free(exact);
}

static void reload(struct world *w, struct script *s)
{
	uint8_t bits = script_u8(s);
	struct policy p;

	if (policy_copy(&p, &w->policy) < 0)
		return;
	if (bits & 1)
		p.eid_count = 0;
	if (bits & 2)
		p.dynamic_count = 0;
	if (bits & 4)
		p.space_count = 1;
	if (bits & 8)
		p.servers[0].key_id = 2;
	if (bits & 16)
		p.rloc_count = 1;
	p.nat = (enum policy_nat)((bits >> 5) % 3);
	router_reload(w->router, &p, w->now, w->out);
	policy_fini(&p);
}

static void port_or_neighbour(struct world *w, struct script *s)
{
	struct router_neighbour n = {.ifindex = 3, .mac = {2}};
	uint8_t bits = script_u8(s);

	if (bits & 1) {
		router_port(w->router, 3 + (bits >> 2) % 3, bits & 2, w->now, w->out);
		return;
	}
	n.host = world_eid(eid_of(s));
	n.failed = bits & 2;
	if (bits & 4)
		router_own(w->router, &n.host, bits & 8, w->now, w->out);
	else
		router_neighbour(w->router, &n, w->now, w->out);
}

static void operate(struct world *w, struct script *s)
{
	uint8_t bits = script_u8(s);
	struct address rloc = world_address(rloc_of(s));
	struct eid eid = world_eid(eid_of(s));
	struct fake_entry *e = fake_datapath_find(&w->dp, &eid);

	w->dp.pending = bits & 8;
	w->dp.refuse = bits & 16;
	if (e)
		e->used = bits;
	switch (bits & 7) {
	case 0:
		router_drain(w->router, &rloc, bits & 32, w->now, w->out);
		break;
	case 1:
		router_cache_clear(w->router, &eid, w->now, w->out);
		break;
	case 2:
		router_withdraw(w->router, w->now, w->out);
		break;
	case 3:
		world_restart(w);
		break;
	}
}

static void step(struct world *w, struct script *s, const struct xtr_nonces *n)
{
	uint8_t op = script_u8(s);
	const char *eid;

	switch (op & 15) {
	case 0:
	case 1:
		world_miss(w, eid_of(s), op);
		break;
	case 2:
	case 3:
		eid = eid_of(s);
		world_host(w, eid, 3 + (op >> 4) % 3, op & 1);
		break;
	case 4:
		eid = eid_of(s);
		world_away_hit(w, eid, rloc_of(s));
		break;
	case 5:
	case 6:
		world_pass(w, waits_ms[op >> 5]);
		break;
	case 7:
	case 8:
		take_reply(w, s, n);
		break;
	case 9:
	case 10:
		take_move(w, s, n);
		break;
	case 11:
		take_notify(w, s, n);
		break;
	case 12:
		take_request(w, s);
		break;
	case 13:
		if (op & 16)
			take_info(w, s, n);
		else
			take_raw(w, s);
		break;
	case 14:
		port_or_neighbour(w, s);
		break;
	case 15:
		if (op & 16)
			reload(w, s);
		else
			operate(w, s);
	}
}

static struct world *start(uint8_t bits)
{
	struct world *w = world_new(bits & 1 ? POLICY_STANDARD : POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	w->policy.timers.probe_ms = bits & 2 ? 10000 : 0;
	if (bits & 128) { /* LISP-SEC */
		w->policy.security.mode = bits & 64 ? POLICY_SECURITY_REQUIRED : POLICY_SECURITY_ON;
		otk_keys_add(&w->policy.security.keys, 1, "fuzz", 4);
	}
	w->policy.nat =
		bits & 4 ? (bits & 8 ? POLICY_NAT_REQUIRED : POLICY_NAT_AUTO) : POLICY_NAT_OFF;
	w->policy.limits.cache_entries = 5;
	w->policy.limits.hosts = 3;
	w->policy.limits.away = 3;
	w->policy.limits.resolutions = 4;
	w->policy.limits.hold_packets = 3;
	w->policy.limits.hold_bytes = 65536;
	world_start(w);
	return w;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct script s = {data, data + size};
	static bool reader; /* the thread reads RCU tables; libFuzzer calls again and again */
	struct xtr_nonces n = {0};
	struct world *w;
	unsigned int i;

	if (!reader)
		rcu_thread_start();
	reader = true;
	w = start(script_u8(&s));
	for (i = 0; i < OPS_MAX && s.at < s.end; i++) {
		step(w, &s, &n);
		xtr_oracle_sent(w, &n);
		w->dp.refuse ? (void)0 : xtr_oracle_state(w);
	}
	world_free(w);
	return 0;
}
