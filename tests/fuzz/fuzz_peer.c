/* fuzz_peer: sequences of messages by one who holds a site's keys (for registrations, LISP-SEC,
 * subscriptions and DDT), against the map-server's real core, beside an honest tenant.
 *
 * Input (script.h): a byte of enum peer_config, then steps. Each message is built as an honest peer
 * would, changed as the input says, and signed then: its MAC is right. Between them: the honest
 * tenant's own messages, the operator's, reloads, time, and restarts from the store. What must hold
 * after each step is peer_oracle.c's. At the end the honest tenant is served as ever. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/ddt_client.h"
#include "tests/fuzz/need.h"
#include "tests/fuzz/peer.h"
#include "tests/fuzz/server_sent.h"

#define STEPS_MAX    100
#define RESTARTS_MAX 8 /* each takes as long as many messages */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum step {
	REGISTER = 0, /* 0 to 3: the likely ones stand more than once */
	MOVE = 4,
	PREPARE = 6,
	ACK = 7,
	REQUEST = 8,
	REFERRAL = 10,
	OTHER,
	AGAIN,
	PASS,
	HONEST,
	OPERATOR,
	RELOAD,
	RESTART,
	GROUP, /* what follows waits for its commit; or does so no more */
	STEPS,
};

struct game {
	struct peer p;
	struct oracle *o;
	unsigned int restarts;
	struct script s;
};

/* ---- messages ---- */

/* Exactly as long as it is, so that ASan sees an overrun. */
static void deliver(struct game *g, const struct peer_message *m)
{
	struct world *w = g->p.w;
	const struct datagram d = {.len = m->len, .peer = world_endpoint(m->from)};
	uint8_t *exact = malloc(m->len ? m->len : 1);

	need(exact);
	memcpy(exact, m->bytes, m->len);
	world_clear(w);
	oracle_before(g->o, &g->p);
	world_receive(w, m->from, exact, m->len);
	oracle_after(g->o, &g->p, m);
	server_sent_check(w->out, &d);
	peer_listen(&g->p);
	free(exact);
}

static void keep(struct peer *p, const struct peer_message *m, bool changed)
{
	struct peer_kept *k = &p->kept[p->kept_at++ % PEER_KEPT];

	k->changed = changed && !p->w->held && !(p->config & PEER_REPLAY_OFF);
	k->config = p->config;
	k->len = m->len;
	memcpy(k->bytes, m->bytes, m->len);
	memcpy(k->from, m->from, sizeof(k->from));
}

/* What was sent before comes once more: nothing changes by a replay. */
static void again(struct game *g)
{
	const struct peer_kept *k = &g->p.kept[script_pick(&g->s, PEER_KEPT)];
	uint64_t stands = oracle_stands(g->o, &g->p);
	struct peer_message m = {.len = k->len};

	memcpy(m.bytes, k->bytes, k->len);
	memcpy(m.from, k->from, sizeof(m.from));
	if (!m.len)
		return;
	m.type = (enum lisp_type)(m.bytes[0] >> 4);
	deliver(g, &m);
	/* Whose nonces are counted is another question under another mac-scope. */
	if (k->changed && !((k->config ^ g->p.config) & (PEER_RECORDS_ONLY | PEER_REPLAY_OFF)))
		need(oracle_stands(g->o, &g->p) == stands);
}

static void message(struct game *g, unsigned int step)
{
	static void (*const build[])(
		struct peer * p, struct script * s, struct peer_message * m) = {peer_register,
		peer_register, peer_register, peer_register, peer_move, peer_move, peer_prepare,
		peer_ack, peer_request, peer_request, peer_referral, peer_other};
	struct peer_message m = {.from = "198.51.100.1:4342"};
	uint64_t stands = oracle_stands(g->o, &g->p);

	build[step](&g->p, &g->s, &m);
	deliver(g, &m);
	if (step != OTHER)
		keep(&g->p, &m, oracle_stands(g->o, &g->p) != stands);
}

/* ---- the others ---- */

static void commit(struct game *g)
{
	g->p.w->held = false;
	world_clear(g->p.w);
	world_commit(g->p.w);
	server_sent_check(g->p.w->out, NULL);
	peer_listen(&g->p);
}

/* His registrations are as right as any; what became of them is not looked at but at the end. */
static void honest(struct game *g)
{
	static const char *const eids[] = {"172.16.0.1/32", "10.77.0.1/32", "[8]10.1.0.1/32",
		"2001:db8:b::1/128", "10.77.0.0/16", "10.99.0.1/32"};
	uint8_t bits = script_u8(&g->s);

	world_clear(g->p.w);
	world_register(g->p.w, (struct world_register){.site = "b",
				       .peer = "203.0.113.21:4342",
				       .xtr = 21,
				       .nonce = ++g->p.nonce_b,
				       .eids = {eids[(bits & 15) % 6]},
				       .locators = {bits & 16 ? "203.0.113.22" : "203.0.113.21"},
				       .remove = bits & 32,
				       .secure = bits & 64,
				       .no_notify = bits & 128});
	peer_listen(&g->p);
}

static void operate(struct game *g)
{
	uint8_t bits = script_u8(&g->s);
	struct eid eid = peer_eid(script_u8(&g->s));
	struct lisp_rloc rloc = {.priority = 1, .weight = 1, .reachable = true};
	struct job *j = job_new_static(bits & 1 ? JOB_PUT : JOB_DELETE, &eid);
	struct address a = world_address("192.0.2.99");

	need(j);
	j->ttl_min = 5;
	j->only_new = bits & 2;
	j->only_seq = bits & 4;
	j->if_seqs[0] = bits >> 4;
	j->if_seq_count = 1;
	if (!(bits & 8))
		need(locators_add(&j->locators, &rloc, &a));
	g->p.w->thread.submit(g->p.w->thread.submit_arg, j);
	commit(g);
	job_free(j);
}

static void pass(struct game *g)
{
	static const uint32_t ms[8] = {1, 100, 500, 3000, 20000, 61000, 181000, 3600000};
	uint8_t bits = script_u8(&g->s);

	world_clear(g->p.w);
	world_pass(g->p.w, ms[bits & 7]);
	if (g->p.config & PEER_TREE)
		ddt_pass(g->p.w, 0);
	server_sent_check(g->p.w->out, NULL);
	peer_listen(&g->p);
}

static void take(struct game *g)
{
	unsigned int step = script_pick(&g->s, STEPS);

	switch (step) {
	case AGAIN:
		again(g);
		break;
	case PASS:
		pass(g);
		break;
	case HONEST:
		honest(g);
		break;
	case OPERATOR:
		operate(g);
		break;
	case RELOAD:
		peer_reload(&g->p, script_u8(&g->s));
		break;
	case RESTART:
		if (g->restarts++ == RESTARTS_MAX)
			g->s.at = g->s.end;
		commit(g);
		peer_restart(&g->p, script_u8(&g->s) & 1);
		oracle_restarted(g->o, &g->p);
		break;
	case GROUP:
		g->p.w->held = !g->p.w->held;
		if (!g->p.w->held)
			commit(g);
		break;
	default:
		message(g, step);
	}
	oracle_look(g->o, &g->p);
}

/* The honest tenant registers one more host, and is found: nobody has shut him out. */
static void end_well(struct game *g)
{
	const char *const eid = "172.16.0.200/32";
	struct world *w = g->p.w;

	commit(g);
	world_pass(w, 20000);
	world_clear(w);
	world_register(w, (struct world_register){.site = "b",
				  .peer = "203.0.113.21:4342",
				  .xtr = 21,
				  .nonce = ++g->p.nonce_b,
				  .eids = {eid},
				  .locators = {"203.0.113.21"}});
	world_notify(w, 0, "b");
	world_clear(w);
	world_request(w, eid, "203.0.113.222:40000");
	need(!strcmp(world_records(world_reply(w, 0).records),
		"172.16.0.200 ttl 1440 act 0 { 203.0.113.21 }"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct game g = {.s = {data, data + size}};

	peer_start(&g.p, script_u8(&g.s));
	g.o = oracle_new();
	world_register(g.p.w, (struct world_register){.site = "b",
				      .peer = "203.0.113.21:4342",
				      .xtr = 21,
				      .nonce = ++g.p.nonce_b,
				      .eids = {"172.16.0.1/32", "10.77.0.0/16", "10.77.0.1/32"},
				      .locators = {"203.0.113.21"}});
	for (unsigned int i = 0; i < STEPS_MAX && !script_over(&g.s); i++)
		take(&g);
	end_well(&g);
	oracle_free(g.o);
	peer_end(&g.p);
	return 0;
}
