/* See network.h. */
#include "tests/sim/network.h"

#include <stdlib.h>
#include <string.h>

#include "lisp/lisp.h"
#include "tests/sim/dataplane.h"
#include "tests/sim/gates.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/party_agent.h"
#include "tests/sim/party_mapserver.h"
#include "tests/sim/party_xtr.h"

#define SERVER_NET    UINT32_C(0xc0000201) /* 192.0.2.1 */
#define XTR_NET       UINT32_C(0xc6120000) /* 198.18.0.0/15 */
#define AGENT_NET     UINT32_C(0x64400000) /* 100.64.0.0/10 */
#define SITE_US       250                  /* at most, within one */
#define PROBE_LATE_MS 100
#define MILLION       1000000

struct network {
	struct sim *sim;
	struct random_seeded random;
	uint64_t paths; /* what tells one pair's delay from another's */
	bool rough, split, one_way;
	bool *far; /* by party */
	struct gates *gates;
};

/* Agents come last. */
static unsigned int first_agent(const struct sim *s)
{
	return SIM_SERVERS_MAX + 1 + s->opt.xtrs;
}

static unsigned int parties(const struct sim *s)
{
	return first_agent(s) + hypervisors_count(s);
}

struct network *network_new(struct sim *sim)
{
	struct network *n = calloc(1, sizeof(*n));

	if (!n)
		return NULL;
	n->sim = sim;
	random_seeded_init(&n->random, random_u64(&sim->random.random));
	n->paths = random_u64(&n->random.random);
	n->far = calloc(parties(sim), sizeof(n->far[0]));
	n->gates = gates_new(sim);
	if (n->far && n->gates)
		return n;
	network_free(n);
	return NULL;
}

void network_free(struct network *n)
{
	if (!n)
		return;
	gates_free(n->gates);
	free(n->far);
	free(n);
}

static struct address ipv4(uint32_t a)
{
	const uint8_t bytes[4] = {
		(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a};
	struct address addr;

	address_set(&addr, AFI_IPV4, bytes, sizeof(bytes));
	return addr;
}

static uint32_t number(const struct address *a)
{
	return (uint32_t)a->bytes[0] << 24 | (uint32_t)a->bytes[1] << 16 |
	       (uint32_t)a->bytes[2] << 8 | a->bytes[3];
}

struct address network_server(unsigned int i)
{
	return ipv4(SERVER_NET + i);
}

struct address network_xtr(unsigned int i)
{
	return ipv4(XTR_NET + i);
}

struct address network_agent(unsigned int i)
{
	return ipv4(AGENT_NET + i);
}

/* -1: none. */
static int agent_of(const struct sim *s, const struct address *a)
{
	uint32_t i = number(a) - AGENT_NET;

	return a->afi == AFI_IPV4 && i < hypervisors_count(s) ? (int)i : -1;
}

int network_xtr_of(const struct sim *s, const struct address *a)
{
	uint32_t i = number(a) - XTR_NET;

	return a->afi == AFI_IPV4 && i < s->opt.xtrs ? (int)i : -1;
}

int network_server_of(const struct sim *s, const struct address *a)
{
	uint32_t i = number(a) - SERVER_NET;

	return a->afi == AFI_IPV4 && i < s->server_count ? (int)i : -1;
}

/* The number of a party among all; -1: nobody's address. */
static int party(const struct sim *s, const struct address *a)
{
	int server = network_server_of(s, a), xtr = network_xtr_of(s, a), agent = agent_of(s, a);

	if (server >= 0)
		return server;
	if (agent >= 0)
		return (int)first_agent(s) + agent;
	return xtr < 0 ? -1 : SIM_SERVERS_MAX + 1 + xtr;
}

static bool happens(struct network *n, uint32_t of_a_million)
{
	return of_a_million && n->rough && random_below(&n->random.random, MILLION) < of_a_million;
}

static bool cut(const struct network *n, int a, int b)
{
	if (!n->split || n->far[a] == n->far[b])
		return false;
	return !n->one_way || n->far[b];
}

/* Within a site much less; else 1 to 33 ms by the pair, and half as much again by chance. @late_ms:
 * and so much more at times. */
static uint64_t delay_us(struct network *n, int a, int b, uint32_t late_ms)
{
	bool within = a >= (int)first_agent(n->sim) || b >= (int)first_agent(n->sim);
	uint64_t h = (n->paths ^ (uint64_t)(a < b ? a : b) << 32 ^ (uint64_t)(a < b ? b : a)) *
		     UINT64_C(0x9e3779b97f4a7c15);
	uint64_t base = within ? 50 + (h >> 40) % SITE_US : 1000 + (h >> 40) % 32000;
	uint64_t us = base + random_below(&n->random.random, base / 2 + 1);

	if (happens(n, n->sim->knobs.late)) {
		n->sim->counts.late++;
		us += random_below(&n->random.random, late_ms * 1000ull + 1);
	}
	return us;
}

struct flight {
	struct endpoint from, to;
	int sender; /* the party */
	size_t len;
	uint8_t bytes[];
};

static void arrive(struct sim *s, void *payload)
{
	struct flight *f = payload;
	int server = network_server_of(s, &f->to.addr), agent = agent_of(s, &f->to.addr);
	int xtr = network_xtr_of(s, &f->to.addr); /* before a NAT gives it its address inside */

	if (!gates_in(s->network->gates, &f->to, f->sender))
		return;

	sim_note(s, 1, f->bytes, f->len);
	if (server >= 0)
		party_mapserver_receive(
			s->servers[server], f->bytes, f->len, &f->from, &f->to.addr);
	else if (agent >= 0)
		party_agent_receive(s->agents[agent], f->bytes, f->len, &f->from);
	else
		party_xtr_receive(s->xtrs[xtr], f->bytes, f->len, &f->from, &f->to.addr);
}

/* How many copies arrive: 0, 1 or 2. */
static unsigned int copies(struct network *n, int a, int b)
{
	n->sim->counts.datagrams++;
	if (cut(n, a, b)) {
		n->sim->counts.cut++;
		return 0;
	}
	if (happens(n, n->sim->knobs.loss)) {
		n->sim->counts.lost++;
		return 0;
	}
	if (!happens(n, n->sim->knobs.dup))
		return 1;
	n->sim->counts.duplicated++;
	return 2;
}

void network_send(struct network *n, const struct endpoint *from, const struct endpoint *to,
	const void *bytes, size_t len)
{
	int a, b = party(n->sim, &to->addr);
	struct endpoint seen = *from;

	gates_out(n->gates, &seen, b);
	a = party(n->sim, &seen.addr);
	if (a < 0 || b < 0)
		return;
	for (unsigned int left = copies(n, a, b); left; left--) {
		struct flight *f = sim_event_in_us(
			n->sim, delay_us(n, a, b, n->sim->knobs.late_ms), arrive, sizeof(*f) + len);

		f->from = seen;
		f->to = *to;
		f->sender = a;
		f->len = len;
		memcpy(f->bytes, bytes, len);
	}
}

void network_send_all(struct network *n, const struct address *from, struct outbox *out)
{
	struct endpoint ends = {.addr = *from, .port = LISP_CONTROL_PORT};

	for (uint32_t i = 0; i < out->count; i++)
		network_send(n, &ends, &out->list[i].to, outbox_bytes(out, i), out->list[i].len);
	outbox_clear(out);
}

struct packet_flight {
	unsigned int from, to;
	struct packet packet;
};

static void packet_arrives(struct sim *s, void *payload)
{
	struct packet_flight *f = payload;

	sim_note(s, 2, &f->packet, sizeof(f->packet));
	dataplane_from_core(party_xtr_dataplane(s->xtrs[f->to]), &f->packet, f->from);
}

void network_send_packet(
	struct network *n, unsigned int from, unsigned int to, const struct packet *p)
{
	int a = (int)(SIM_SERVERS_MAX + 1 + from), b = (int)(SIM_SERVERS_MAX + 1 + to);
	uint32_t late_ms = p->probe ? PROBE_LATE_MS : n->sim->knobs.late_ms;

	for (unsigned int left = p->probe ? 1 : copies(n, a, b); left; left--) {
		struct packet_flight *f = sim_event_in_us(
			n->sim, delay_us(n, a, b, late_ms), packet_arrives, sizeof(*f));

		f->from = from;
		f->to = to;
		f->packet = *p;
	}
}

void network_calm(struct network *n)
{
	n->rough = false;
	gates_calm(n->gates, true);
}

void network_rough(struct network *n)
{
	n->rough = true;
	gates_calm(n->gates, false);
}

void network_split(struct network *n, unsigned int share, bool one_way)
{
	n->split = true;
	n->one_way = one_way;
	for (unsigned int i = 0; i < first_agent(n->sim); i++)
		n->far[i] = random_below(&n->random.random, 100) < share;
	for (unsigned int i = 0; i < hypervisors_count(n->sim); i++) /* one in ten by itself */
		n->far[first_agent(n->sim) + i] =
			n->far[SIM_SERVERS_MAX + 1 + i / hypervisors_slots(n->sim)] ^
			(random_below(&n->random.random, 10) == 0);
	n->sim->counts.splits++;
	sim_trace(n->sim, "network: cut %s", one_way ? "one way" : "in two");
}

void network_heal(struct network *n)
{
	if (n->split)
		sim_trace(n->sim, "network: healed");
	n->split = false;
}
