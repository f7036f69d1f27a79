/* fuzz_ddt: a resolver's searches in the DDT tree, against nodes that answer anything.
 *
 * Input: a first byte (odd: referrals must be signed), then steps of {what, a, length (16 bits)}
 * and that many bytes. What, modulo 4: 0: ITR a % 8 asks for 10.0.(a / 8).B, B the first byte; 1: a
 * Map-Referral of our making, by the bytes {ACT and flags, length, TTL, locators}, for the search
 * that was asked for last, from whom it asked; 2: the bytes as a Map-Referral, with the nonce that
 * is awaited; 3: a x 100 ms pass. Checked: nothing that is sent is malformed or goes to a group;
 * one datagram comes in, one goes out at most; limits hold; and when all fall silent every search
 * ends. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lisp/ecm.h"
#include "lisp/map_reply.h"
#include "lisp/map_request.h"
#include "mapserver/ddt_resolver.h"
#include "tests/fuzz/need.h"
#include "tests/unit/ddt_vector.h"

#define STEPS_MAX     256
#define PENDING_MAX   16
#define REFERRALS_MAX 8
#define QUIET_MAX     2000 /* turns of silence until every search has ended */

struct rig {
	struct ddt_resolver *resolver;
	struct metrics *metrics;
	struct outbox *out;
	struct ddt_turn turn;
	/* The last DDT Map-Request: to whom, with which nonce, for what. */
	struct endpoint asked;
	uint64_t nonce, next_nonce;
	struct eid eid;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct address ipv4(uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	const uint8_t bytes[4] = {a, b, c, d};
	struct address addr;

	address_set(&addr, AFI_IPV4, bytes, 4);
	return addr;
}

static struct endpoint itr(uint8_t n)
{
	return (struct endpoint){.addr = ipv4(198, 18, 0, (uint8_t)(1 + n % 8)), .port = 40000};
}

static void set_up(struct rig *r, bool secure)
{
	const struct ddt_resolver_options o = {
		.pending_max = PENDING_MAX, .referrals_max = REFERRALS_MAX, .ipv4 = true};
	static struct referral_key *key; /* reading it takes longer than a run */
	struct referral_root roots[2] = {{.key_count = secure}, {.key_count = secure}};
	const char *why;

	memset(r, 0, sizeof(*r));
	if (!key)
		key = referral_key_public_pem(
			vector_parent_public, sizeof(vector_parent_public) - 1, &why);
	for (uint8_t i = 0; i < 2; i++) {
		roots[i].at = (struct endpoint){
			.addr = ipv4(192, 0, 2, (uint8_t)(1 + i)), .port = LISP_CONTROL_PORT};
		roots[i].keys[0] = key;
	}
	r->resolver = ddt_resolver_new(&o, referral_new_root(roots, 2));
	r->metrics = metrics_new();
	r->out = outbox_new(256, 1 << 18);
	need(r->resolver && r->metrics && r->out);
	r->turn = (struct ddt_turn){.now = {1000000000},
		.wall_s = 1750000000,
		.out = r->out,
		.counters =
			metrics_shard(metrics_add(r->metrics, mapserver_metrics, COUNT_MAX, 1), 0)};
}

static void tear_down(struct rig *r)
{
	ddt_resolver_free(r->resolver);
	metrics_free(r->metrics);
	outbox_free(r->out);
}

static void look_at_request(struct rig *r, uint32_t i, const struct ecm *ecm)
{
	const struct endpoint *to = &r->out->list[i].to;
	struct map_request_record rec;
	struct map_request m;
	struct wire_fault fault;

	need(ecm->ddt);
	need(!address_is_multicast(&to->addr) && !address_is_unspecified(&to->addr) &&
		!address_is_loopback(&to->addr));
	need(!map_request_parse(ecm->message, ecm->message_len, &m, &fault));
	need(map_request_next(&m, &rec));
	r->asked = *to;
	r->nonce = m.nonce;
	r->eid = rec.eid.eid;
}

/* Returns how many there were. */
static uint32_t look_at_sent(struct rig *r)
{
	struct ddt_resolver_state state = ddt_resolver_state(r->resolver);
	uint32_t count = r->out->count;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *bytes = outbox_bytes(r->out, i);
		size_t len = r->out->list[i].len;
		struct map_reply reply;
		struct wire_fault fault;
		struct ecm ecm;

		if (!ecm_parse(bytes, len, &ecm, &fault)) {
			look_at_request(r, i, &ecm);
			continue;
		}
		need(!map_reply_parse(bytes, len, &reply, &fault));
		need(r->out->list[i].to.port == 40000);
	}
	need(state.pending <= PENDING_MAX);
	need(state.referrals <= REFERRALS_MAX);
	outbox_clear(r->out);
	return count;
}

static void ask(struct rig *r, uint8_t a, const uint8_t *bytes, size_t len)
{
	struct map_request_spec s = {.nonce = ++r->next_nonce, .itr_rloc_count = 1};
	struct ddt_question q = {.nonce = s.nonce,
		.reply_to = itr(a),
		.local = ipv4(192, 0, 2, 53),
		.source = itr(a)};
	uint8_t message[256];
	int n;

	s.itr_rlocs[0] = q.reply_to.addr;
	q.dest = (struct endpoint){
		.addr = ipv4(10, 0, a / 8, len ? bytes[0] : 0), .port = LISP_CONTROL_PORT};
	s.eid = q.eid = eid_host(0, &q.dest.addr);
	n = map_request_write(message, sizeof(message), &s);
	need(n > 0);
	q.message = message;
	q.len = (size_t)n;
	ddt_resolver_ask(r->resolver, &q, &r->turn);
	need(look_at_sent(r) <= 1);
}

static void receive(struct rig *r, const void *bytes, size_t len)
{
	struct wire_fault fault;
	int error;

	ddt_resolver_receive(r->resolver, bytes, len, &r->asked, &r->turn, &error, &fault);
	need(look_at_sent(r) <= 1);
}

static void refer(struct rig *r, const uint8_t *bytes, size_t len)
{
	static const uint32_t ttls[4] = {0, 1, 1440, UINT32_MAX};
	const struct lisp_rloc rloc = {.priority = 1, .reachable = true};
	uint8_t b[8] = {0}, count;
	struct eid prefix = r->eid;
	uint8_t out[256];
	struct wire_writer w;

	memcpy(b, bytes, len < sizeof(b) ? len : sizeof(b));
	count = b[3] & 3;
	prefix.plen = b[1] % 33;
	eid_mask(&prefix);
	wire_writer_init(&w, out, sizeof(out));
	map_referral_begin(&w, r->nonce);
	map_referral_record_write(
		&w, &prefix, ttls[b[2] & 3], count, 0, (enum referral_act)(b[0] & 7), b[0] & 8, 0);
	for (uint8_t i = 0; i < count; i++) {
		struct address a = ipv4(192, 0, 2, (uint8_t)(b[4 + i]));

		lisp_rloc_write(&w, &rloc, &a);
	}
	map_referral_finish(&w, 1);
	need(wire_written(&w));
	receive(r, out, w.pos);
}

static void refer_raw(struct rig *r, const uint8_t *bytes, size_t len)
{
	uint8_t out[2048];

	if (len > sizeof(out))
		len = sizeof(out);
	memcpy(out, bytes, len);
	for (size_t i = 0; i < 8 && 4 + i < len; i++)
		out[4 + i] = (uint8_t)(r->nonce >> (56 - 8 * i));
	receive(r, out, len);
}

static void pass(struct rig *r, uint64_t ms)
{
	size_t before = ddt_resolver_state(r->resolver).pending;

	r->turn.now = mono_add_ms(r->turn.now, ms);
	ddt_resolver_run(r->resolver, &r->turn);
	need(look_at_sent(r) <= before);
}

static void step(struct rig *r, uint8_t what, uint8_t a, const uint8_t *bytes, size_t len)
{
	switch (what & 3) {
	case 0:
		ask(r, a, bytes, len);
		return;
	case 1:
		refer(r, bytes, len);
		return;
	case 2:
		refer_raw(r, bytes, len);
		return;
	default:
		pass(r, 100ull * a);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool rcu;
	size_t pos = 1;
	struct rig r;

	if (!size)
		return 0;
	if (!rcu)
		rcu_thread_start();
	rcu = true;
	set_up(&r, data[0] & 1);
	r.eid.addr = ipv4(10, 0, 0, 1);
	for (unsigned int i = 0; i < STEPS_MAX && pos + 4 <= size; i++) {
		size_t len = (size_t)data[pos + 2] << 8 | data[pos + 3];

		if (len > size - pos - 4)
			len = size - pos - 4;
		step(&r, data[pos], data[pos + 1], data + pos + 4, len);
		pos += 4 + len;
	}
	for (unsigned int i = 0; i < QUIET_MAX && ddt_resolver_state(r.resolver).pending; i++)
		pass(&r, 500);
	need(ddt_resolver_state(r.resolver).pending == 0);
	need(ddt_resolver_next(r.resolver).ns == MONO_NEVER.ns);
	tear_down(&r);
	return 0;
}
