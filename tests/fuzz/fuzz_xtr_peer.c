/* fuzz_xtr_peer: an xTR's core against those who hold its keys: a map-server (registrations, moves,
 * publications, protected requests), and a map-resolver (LISP-SEC).
 *
 * Input (script.h): a byte of how it is configured, then steps. Each message is built as an honest
 * party would, changed as the input says (mutate.h), and signed then: its MAC, or its HMACs, are
 * right. Checked after each: xtr_oracle.h's; that no datagram is without a count or an answer; and
 * that nothing outside of the EID-space is believed. At the end a machine elsewhere is found as
 * ever. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/lispsec.h"
#include "tests/fuzz/mutate.h"
#include "tests/fuzz/need.h"
#include "tests/fuzz/xtr_oracle.h"

#define STEPS_MAX  100
#define BYTES      1400
#define AUTH_AT    12 /* KeyID, AlgID, AuthLen */
#define REPLY_HEAD 12
#define SECRET     "shared with the resolver"
#define SERVER     "192.0.2.100"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum config {
	STANDARD = 1,
	SUBSCRIBES = 2,
	PROTECTS = 4,
	REQUIRES = 8, /* protection */
	PROBES = 16,
};

struct game {
	struct world *w;
	struct script s;
	struct xtr_nonces n;
	uint64_t told; /* the last nonce of a publication */
};

static struct otk_tools *tools(void)
{
	static struct otk_tools *t; /* libFuzzer has no end to free it at */

	if (!t)
		t = otk_tools_new();
	need(t);
	return t;
}

static struct eid eid_of(struct script *s)
{
	static const char *const eids[] = {"10.9.0.1/32", "10.9.0.2/32", "10.9.0.0/24",
		"10.9.0.0/16", "10.0.0.0/8", "10.1.0.1/32", "10.1.0.2/32", "10.1.0.0/16",
		"10.2.0.9/32", "10.2.0.0/24", "2001:db8:e::1/128", "2001:db8:e::/48", "0.0.0.0/0",
		"172.16.0.1/32", "[7]10.9.0.1/32", "(192.0.2.1,232.1.1.1)"};

	return world_eid(eids[script_u8(s) % 16]);
}

static const char *host_of(struct script *s)
{
	static const char *const hosts[] = {"10.9.0.1/32", "10.9.0.2/32", "10.9.0.3/32",
		"10.1.0.1/32", "10.1.0.2/32", "2001:db8:e::1/128", "10.2.0.9/32", "10.9.1.1/32"};

	return hosts[script_u8(s) % 8];
}

static void put_record(struct wire_writer *w, struct script *s, const struct eid *eid)
{
	static const char *const rlocs[] = {"198.51.100.7", "198.51.100.8", "2001:db8:ffff::7",
		"192.0.2.1", "224.0.0.1", "0.0.0.0", "127.0.0.1", SERVER};
	static const uint32_t ttls[4] = {1440, 0, 1, UINT32_MAX};
	uint8_t bits = script_u8(s), count = bits & 3;

	lisp_record_write(w, eid, ttls[bits >> 2 & 3], count,
		(enum lisp_act)(count ? 0 : (bits >> 4) % 6), true, 0);
	for (uint8_t i = 0; i < count; i++) {
		uint8_t more = script_u8(s);
		struct address a = world_address(rlocs[more & 7]);
		struct lisp_rloc l = {.priority = more & 8 ? 255 : more >> 6,
			.weight = 100,
			.reachable = !(more & 16)};

		lisp_rloc_write(w, &l, &a);
	}
}

/* Exactly as long as it is, so that ASan sees an overrun. Somebody must have counted it. */
static void deliver(struct game *g, const uint8_t *bytes, size_t len, const char *from)
{
	uint64_t before[XTR_COUNTER_COUNT];
	uint8_t *exact = malloc(len ? len : 1);
	bool counted = false;

	need(exact);
	memcpy(exact, bytes, len);
	for (unsigned int i = 0; i < XTR_COUNTER_COUNT; i++)
		before[i] = world_counter(g->w, (enum xtr_counter)i);
	world_packet(g->w, exact, len, from);
	for (unsigned int i = 0; i < XTR_COUNTER_COUNT; i++)
		counted |= world_counter(g->w, (enum xtr_counter)i) != before[i];
	need(counted || g->w->sent_count);
	free(exact);
}

static uint64_t read_nonce(const uint8_t *msg)
{
	uint64_t nonce = 0;

	for (int i = 0; i < 8; i++)
		nonce = nonce << 8 | msg[4 + i];
	return nonce;
}

/* Change what the Map-Server built, sign it, and let it come. */
static void come_signed(struct game *g, enum lisp_type type, uint8_t *msg, size_t len)
{
	const struct policy_server *server = &g->w->policy.servers[0];
	struct auth_field f = {.key_id = server->key_id,
		.alg = (uint8_t)server->alg,
		.len = (uint16_t)auth_length(server->alg, &server->auth),
		.offset = AUTH_AT + 4};
	uint8_t head[AUTH_AT + 4], bits;

	memcpy(head, msg, sizeof(head));
	len = mutate(&g->s, msg, len, BYTES, 4, &bits);
	if (len >= sizeof(head) + f.len) {
		if (!(bits & 0x80))
			memcpy(msg + 4, head + 4, sizeof(head) - 4);
		f.records_end = len;
		auth_sign(g->w->key, type, &server->auth, msg, len, read_nonce(msg), &f);
	}
	deliver(g, msg, len, SERVER);
}

/* An acknowledgement, or what somebody else's move or a subscription makes it say. */
static void take_notify(struct game *g)
{
	const struct policy_server *server = &g->w->policy.servers[0];
	uint8_t bits = script_u8(&g->s), bytes[BYTES];
	const uint64_t nonces[4] = {
		g->n.registration, g->n.request, g->told + 1, g->told - (bits >> 5)};
	struct map_register m = {
		.type = LISP_MAP_NOTIFY, .nonce = nonces[bits & 3], .has_xtr_id = bits & 4};
	unsigned int count = 1 + (bits >> 3 & 1);
	struct wire_writer w;
	int len;

	wire_writer_init(&w, bytes, sizeof(bytes));
	map_register_begin(&w, &m, server->key_id, server->alg, &server->auth);
	for (unsigned int i = 0; i < count; i++) {
		struct eid eid = bits & 16 ? g->n.asked : eid_of(&g->s);

		put_record(&w, &g->s, &eid);
	}
	len = map_register_finish(&w, &m, count, g->w->key, &server->auth);
	need(len > 0);
	g->told = m.nonce;
	come_signed(g, LISP_MAP_NOTIFY, bytes, (size_t)len);
}

static void take_move(struct game *g)
{
	const struct policy_server *server = &g->w->policy.servers[0];
	uint8_t bits = script_u8(&g->s), bytes[BYTES];
	struct move m = {.kind = (enum move_kind)(bits & 7),
		.nonce = bits & 8 ? g->n.move : script_u8(&g->s),
		.site_id = g->w->policy.site_id,
		.has_locators = bits & 16};
	struct eid eid = eid_of(&g->s);
	struct lisp_rloc l = {.priority = 1, .weight = 100, .reachable = true};
	struct address a = world_address(bits & 128 ? "192.0.2.1" : "198.51.100.7");
	struct wire_writer w;
	int len;

	m.seq = bits & 32 ? UINT64_MAX - script_u8(&g->s) : script_u8(&g->s);
	memset(m.xtr_id.bytes, bits & 64 ? 0x11 : 0x33, sizeof(m.xtr_id.bytes));
	wire_writer_init(&w, bytes, sizeof(bytes));
	move_begin(&w, &m, server->key_id, server->alg, &server->auth);
	lisp_record_write(&w, &eid, 1440, m.has_locators, LISP_ACT_NONE, false, 0);
	if (m.has_locators)
		lisp_rloc_write(&w, &l, &a);
	len = move_finish(&w, &m, g->w->key, &server->auth);
	need(len > 0);
	come_signed(g, LISP_EXTENSION, bytes, (size_t)len);
}

/* The One-Time Key of the last question, by the key that the resolver shares. */
static bool otk_of(struct game *g, struct otk *otk)
{
	struct lispsec_request ad;
	struct wire_fault fault;
	struct otk_keys keys = {0};

	need(!otk_keys_add(&keys, 5, SECRET, strlen(SECRET)));
	return g->n.security &&
	       !lispsec_request_parse(g->n.ad, g->n.ad, g->n.ad_len, &ad, &fault) &&
	       otk_unwrap(tools(), &keys.list[0], g->n.request, &ad.otk, otk);
}

/* Both HMACs over what the records have become. */
static size_t protect(
	struct game *g, uint8_t *bytes, size_t len, const struct otk *otk, uint8_t bits)
{
	struct eid vouched = bits & 16 ? eid_of(&g->s) : g->n.asked;
	struct lispsec_eid_ad_writer e;
	struct wire_writer w, ad;
	uint8_t eid_ad[128];
	struct otk ms_otk;
	int done;

	wire_writer_init(&ad, eid_ad, sizeof(eid_ad));
	lispsec_eid_ad_begin(&ad, &e, OTK_KDF_HKDF_SHA256, OTK_HMAC_SHA256_128);
	lispsec_eid_ad_add(&ad, &e, &vouched);
	lispsec_eid_ad_finish(&ad, &e, bits & 32, tools(), otk);
	need(otk_derive(tools(), OTK_KDF_HKDF_SHA256, otk, &ms_otk));
	wire_writer_init(&w, bytes, BYTES);
	w.pos = len;
	done = wire_written(&ad) ? lispsec_reply_finish(&w, eid_ad, ad.pos, OTK_HMAC_SHA256_128,
					   tools(), &ms_otk)
				 : -1;
	return done > 0 ? (size_t)done : len;
}

static void take_reply(struct game *g)
{
	uint8_t bits = script_u8(&g->s), bytes[BYTES], mutated;
	unsigned int count = 1 + (bits & 1);
	bool probe = bits & 2;
	struct wire_writer w;
	struct otk otk;
	size_t len;

	wire_writer_init(&w, bytes, sizeof(bytes));
	map_reply_begin(&w, probe, probe ? g->n.probe : g->n.request);
	for (unsigned int i = 0; i < count; i++) {
		struct eid eid = bits & 4 ? eid_of(&g->s) : g->n.asked;

		put_record(&w, &g->s, &eid);
	}
	map_reply_finish(&w, count);
	need(wire_written(&w));
	len = mutate(&g->s, bytes, w.pos, sizeof(bytes), bits & 8 ? 0 : REPLY_HEAD, &mutated);
	if (!(bits & 64) && len > REPLY_HEAD && otk_of(g, &otk))
		len = protect(g, bytes, len, &otk, bits);
	deliver(g, bytes, len, "203.0.113.9");
}

/* A Map-Request that the Map-Server passes on to the ETR, protected or not. */
static void take_request(struct game *g)
{
	uint8_t bits = script_u8(&g->s), message[400], ad[300], ecm[BYTES], mutated;
	struct map_request_spec r = {.nonce = bits,
		.itr_rloc_count = 1,
		.probe = bits & 1,
		.smr = bits & 2,
		.itr_rlocs = {world_address("198.51.100.7")},
		.eid = eid_of(&g->s)};
	struct endpoint from = world_endpoint("198.51.100.7:50001");
	struct endpoint to = world_endpoint("10.2.0.9:4342");
	const struct otk otk = {{3, 1, 4}};
	struct lispsec_eid_ad_writer e;
	struct otk_wrapped wrapped;
	struct otk_keys keys = {0};
	struct wire_writer w;
	size_t len, ad_len;
	int done = map_request_write(message, sizeof(message), &r);

	need(done > 0);
	len = mutate(&g->s, message, (size_t)done, sizeof(message), 0, &mutated);
	need(!otk_keys_add(&keys, 1, WORLD_KEY, strlen(WORLD_KEY)));
	need(otk_wrap(tools(), &keys.list[0], len >= 12 ? read_nonce(message) : 0, &otk, &wrapped));
	wire_writer_init(&w, ad, sizeof(ad));
	lispsec_request_write(&w, bits >> 2 & 3, &wrapped);
	lispsec_eid_ad_begin(&w, &e, OTK_KDF_HKDF_SHA256, otk_hmac_for(bits >> 2 & 3));
	lispsec_eid_ad_add(&w, &e, &r.eid);
	lispsec_eid_ad_finish(&w, &e, false, tools(), &otk);
	ad_len = mutate(&g->s, ad, w.pos, sizeof(ad), 0, &mutated);
	if (bits & 16)
		done = ecm_write_secure(ecm, sizeof(ecm), &from, &to, ad, ad_len, message, len);
	else
		done = ecm_write(ecm, sizeof(ecm), &from, &to, false, message, len);
	need(done > 0);
	deliver(g, ecm, (size_t)done, SERVER);
}

static void miss(struct game *g)
{
	world_miss(g->w, host_of(&g->s), 1);
}

static void host(struct game *g)
{
	uint8_t bits = script_u8(&g->s);

	world_host(g->w, host_of(&g->s), 3 + bits % 2, bits & 2);
}

static void away(struct game *g)
{
	world_away_hit(g->w, host_of(&g->s), "198.51.100.7");
}

static void pass(struct game *g)
{
	static const uint32_t ms[8] = {1, 20, 250, 1000, 3000, 15000, 61000, 600000};

	world_pass(g->w, ms[script_u8(&g->s) & 7]);
}

static void restart(struct game *g)
{
	struct eid eid = eid_of(&g->s);

	if (script_u8(&g->s) & 1)
		world_restart(g->w);
	else
		router_cache_clear(g->w->router, &eid, g->w->now, g->w->out);
}

/* ---- all in all ---- */

/* What is encapsulated lies where the policy sends it, or went away from here. */
static void check_space(struct world *w)
{
	for (unsigned int i = 0; i < w->dp.count; i++)
		if (w->dp.entries[i].e.action == DATAPATH_ENCAP)
			need(policy_space(&w->policy, &w->dp.entries[i].eid));
}

static void start(struct game *g, uint8_t config)
{
	struct world *w = world_new(config & STANDARD ? POLICY_STANDARD : POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	w->policy.site_id = 7;
	w->policy.subscribe = config & SUBSCRIBES;
	w->policy.timers.probe_ms = config & PROBES ? 10000 : 0;
	if (config & PROTECTS) {
		w->policy.security.mode =
			config & REQUIRES ? POLICY_SECURITY_REQUIRED : POLICY_SECURITY_ON;
		need(!otk_keys_add(&w->policy.security.keys, 5, SECRET, strlen(SECRET)));
	}
	w->policy.limits.cache_entries = 5;
	w->policy.limits.hosts = 3;
	w->policy.limits.away = 3;
	w->policy.limits.resolutions = 4;
	world_start(w);
	g->w = w;
}

static bool first_cached(const struct router_cache_view *v, void *arg)
{
	*(struct eid *)arg = v->eid;
	return false;
}

/* What he made it believe of wider prefixes goes. */
static void clear_cache(struct world *w)
{
	struct eid eid = {.addr.afi = AFI_NONE};

	for (unsigned int i = 0; i < 100; i++) {
		router_each_cache(w->router, w->now, first_cached, &eid);
		if (eid.addr.afi == AFI_NONE || router_cache_clear(w->router, &eid, w->now, w->out))
			return;
		eid.addr.afi = AFI_NONE;
	}
}

/* A machine elsewhere is asked for, and found. */
static void end_well(struct game *g)
{
	const char *const rlocs[] = {"198.51.100.8", NULL};
	const char *const eid = "10.9.77.1/32";
	struct eid e = world_eid(eid);
	struct fake_entry *f;
	struct otk otk;
	struct lisp_rloc l = {.priority = 1, .weight = 100, .reachable = true};
	struct address a = world_address(rlocs[0]);
	uint8_t bytes[BYTES];
	struct wire_writer w;
	size_t len;

	world_pass(g->w, 3600000); /* also a rest after many questions */
	xtr_oracle_sent(g->w, &g->n);
	clear_cache(g->w);
	world_forget(g->w);
	world_miss(g->w, eid, 1);
	xtr_oracle_sent(g->w, &g->n);
	need(eid_equal(&g->n.asked, &e));
	wire_writer_init(&w, bytes, sizeof(bytes));
	map_reply_begin(&w, false, g->n.request);
	lisp_record_write(&w, &e, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&w, &l, &a);
	map_reply_finish(&w, 1);
	len = w.pos;
	if (otk_of(g, &otk))
		len = protect(g, bytes, len, &otk, 0);
	deliver(g, bytes, len, "203.0.113.9");
	f = fake_datapath_longest(&g->w->dp, &e);
	need(f && f->e.action == DATAPATH_ENCAP);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[])(struct game * g) = {miss, miss, take_reply, take_reply,
		take_notify, take_notify, take_move, take_move, take_request, host, away, pass,
		restart};
	static bool reader; /* the thread reads RCU tables; libFuzzer calls again and again */
	struct game g = {.s = {data, data + size}};

	if (!reader)
		rcu_thread_start();
	reader = true;
	start(&g, script_u8(&g.s));
	xtr_oracle_sent(g.w, &g.n);
	for (unsigned int i = 0; i < STEPS_MAX && !script_over(&g.s); i++) {
		steps[script_pick(&g.s, sizeof(steps) / sizeof(steps[0]))](&g);
		xtr_oracle_sent(g.w, &g.n);
		xtr_oracle_state(g.w);
		check_space(g.w);
	}
	end_well(&g);
	world_free(g.w);
	return 0;
}
