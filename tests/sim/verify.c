/* verify: the end of a round, when all has come to rest. See checker.h. */
#include <stdlib.h>
#include <string.h>

#include "tests/sim/checker_internal.h"
#include "tests/sim/dataplane.h"
#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/network.h"
#include "tests/sim/party_mapserver.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"

#define STALE_PER_XTR  64 /* hosts that an xTR has an entry for, and must reach */
#define RANDOM_PER_XTR 16 /* and others */
#define TRIES          7  /* a second apart: an SMR may have to wait for 3 s */

typedef unsigned long long ull;

/* ---- packets ---- */

void checker_delivered(struct checker *c, const struct packet *p, unsigned int xtr)
{
	(void)xtr;
	c->sim->counts.delivered++;
	if (p->mark && c->verifying && p->mark <= c->pair_count)
		c->pairs[p->mark - 1].reached = true;
}

void checker_undelivered(struct checker *c, const struct packet *p, const char *why)
{
	c->sim->counts.undelivered++;
	probes_dropped(c->sim, p, why);
	if (p->mark)
		sim_trace(c->sim, "packet of host %u to host %u (pair %u): %s", p->from, p->to,
			p->mark, why);
}

void checker_looped(struct checker *c, const struct packet *p)
{
	c->sim->counts.loops++;
	probes_dropped(c->sim, p, "in a circle");
	sim_trace(c->sim, "packet of host %u to host %u went in a circle", p->from, p->to);
	if (c->verifying)
		sim_fail(c->sim, "loop", p->to,
			"a packet of host %u was redirected %d times; it runs at xtr %d", p->from,
			PACKET_HOPS, hosts_at(c->sim->hosts, p->to));
}

/* ---- what everybody must know by now ---- */

static void check_server(struct checker *c, unsigned int server)
{
	struct party_mapserver *m = c->sim->servers[server];
	size_t running = 0, kept = party_mapserver_mappings(m);

	for (uint32_t i = 0; i < c->hosts; i++) {
		struct party_mapserver_view v;
		int at = hosts_at(c->sim->hosts, i);

		running += at >= 0;
		if (i >= hosts_moving(c->sim->hosts))
			continue;
		party_mapserver_look(m, hosts_eid(c->sim->hosts, i), &v);
		if (v.owner != at)
			sim_fail(c->sim, "converge", i,
				"map-server %u has it at xtr %d (seq %llu); it runs at xtr %d",
				server, v.owner, (ull)v.seq, at);
	}
	if (kept != running)
		sim_fail(c->sim, "memory", HOST_NONE, "map-server %u keeps %zu mappings; want %zu",
			server, kept, running);
	if (!party_mapserver_is_durable(m))
		sim_fail(c->sim, "readyz", HOST_NONE,
			"map-server %u: its store takes changes again, and does not hold all of "
			"them",
			server);
	if (party_mapserver_waiting(m))
		sim_fail(c->sim, "memory", HOST_NONE,
			"map-server %u: %zu notifies and changes wait, when all is at rest", server,
			party_mapserver_waiting(m));
}

static void check_memory(struct checker *c, unsigned int xtr)
{
	struct party_xtr *x = c->sim->xtrs[xtr];
	size_t entries = dataplane_entries(party_xtr_dataplane(x)), most = party_xtr_entries_max(x);
	uint64_t held = router_held_bytes(party_xtr_router(x));

	for (uint32_t i = 0; i < hosts_moving(c->sim->hosts); i++)
		most += hosts_at(c->sim->hosts, i) == (int)xtr;
	if (entries > most)
		sim_fail(c->sim, "memory", HOST_NONE,
			"xtr %u has %zu entries in its data plane; %zu are the most", xtr, entries,
			most);
	if (held)
		sim_fail(c->sim, "memory", HOST_NONE,
			"xtr %u holds %llu bytes of packets, when all is at rest", xtr, (ull)held);
}

/* Nothing is left of moves that have ended one way or the other. */
static bool check_handover(const struct router_handover_view *v, void *arg)
{
	const struct party_xtr *const *x = arg;
	struct sim *s = party_xtr_sim(*x);

	if (v->candidate_count || v->to.afi != AFI_NONE || v->holds ||
		(strcmp(v->phase, "none") && strcmp(v->phase, "here") &&
			strcmp(v->phase, "released")))
		sim_fail(s, "left", hosts_find(s->hosts, &v->eid),
			"xtr %u has it as %s still (%s by %s)%s%s, with %u places that it may go to, when all is at "
			"rest",
			party_xtr_index(*x), v->phase, v->word ? v->word : "nothing",
			v->agent ? v->agent : "nobody", v->holds ? ", held" : "",
			v->to.afi != AFI_NONE ? ", redirected" : "", v->candidate_count);
	return true;
}

/* Of guests with agents no other place delivers. (Of others it may, until it is asked.) */
static void check_elsewhere(struct checker *c, uint32_t host, int at)
{
	struct dataplane_view v;

	for (unsigned int i = 0; i < c->sim->opt.xtrs; i++)
		if ((int)i != at &&
			dataplane_look(party_xtr_dataplane(c->sim->xtrs[i]),
				hosts_eid(c->sim->hosts, host), &v) &&
			v.here)
			sim_fail(c->sim, "places", host,
				"xtr %u delivers to it too; it runs at xtr %d", i, at);
}

static void check_xtrs(struct checker *c)
{
	for (uint32_t i = 0; i < hosts_moving(c->sim->hosts); i++) {
		int at = hosts_at(c->sim->hosts, i);
		struct dataplane_view v = {0};

		if (hypervisors_has(c->sim, i))
			check_elsewhere(c, i, at);
		if (at >= 0 && (!dataplane_look(party_xtr_dataplane(c->sim->xtrs[at]),
					hosts_eid(c->sim->hosts, i), &v) ||
				       !v.here || v.hold))
			sim_fail(c->sim, "converge", i,
				"xtr %d, where it runs, does not deliver to it (entry: %s%s)", at,
				v.here ? "here" : "not here", v.hold ? ", held" : "");
	}
	for (unsigned int i = 0; i < c->sim->opt.xtrs; i++) {
		check_memory(c, i);
		router_each_handover(
			party_xtr_router(c->sim->xtrs[i]), check_handover, &c->sim->xtrs[i]);
	}
}

/* ---- who has subscribed ---- */

struct subscribed {
	struct checker *c;
	unsigned int xtr;
};

/* Another Map-Server than @told may have answered it with @xtr after the last word of @told: then
 * it takes an SMR. */
static bool others_said(const struct checker *c, unsigned int told, uint32_t host, int xtr)
{
	const struct account *a = &c->accounts[told][host];
	const struct past *p, *last = a->past;

	while (last && last->seq != a->seq)
		last = last->before;
	if (!last)
		return true;
	for (unsigned int i = 0; i < c->sim->knobs.servers; i++)
		for (p = i == told ? NULL : c->accounts[i][host].past; p; p = p->before)
			if (p->owner == xtr && mono_before(last->since, p->until))
				return true;
	return false;
}

/* It stands there by our account; after a loss nobody knows which of the past owners does. */
static bool may_stand(const struct account *a, int xtr)
{
	const struct past *p = a->lost ? a->past : NULL;

	while (p && p->owner != xtr)
		p = p->before;
	return p || a->owner == xtr;
}

/* It has the word of the Map-Server that counts for it, and needs neither packet nor SMR. */
static bool check_subscriber(void *arg, const struct eid *eid)
{
	const struct subscribed *who = arg;
	struct sim *s = who->c->sim;
	uint32_t host = hosts_find(s->hosts, eid);
	struct party_mapserver_view m = {0, -1};
	struct dataplane_view v;
	struct address server;
	int told;

	if (host == HOST_NONE || host >= hosts_moving(s->hosts) ||
		!dataplane_look(party_xtr_dataplane(s->xtrs[who->xtr]), eid, &v) || v.away)
		return true;
	/* The only one counts in any case, also if the xTR knows nothing of it. */
	told = s->knobs.servers == 1 ? 0 : -1;
	if (router_told_by(party_xtr_router(s->xtrs[who->xtr]), eid, &server))
		told = network_server_of(s, &server);
	if (told < 0 || !party_mapserver_has_told(s->servers[told], who->xtr, eid))
		return true;
	if (others_said(who->c, (unsigned int)told, host, v.xtr))
		return true;
	for (unsigned int i = 0; i < s->knobs.servers; i++) {
		/* Another may not know better yet; what is due is told when it is swept. */
		party_mapserver_look(s->servers[i], eid, &m);
		if (m.owner == v.xtr || may_stand(&who->c->accounts[i][host], v.xtr))
			return true;
	}
	sim_fail(s, "subscribed", host,
		"xtr %u has subscribed to it at map-server %d, which has told it all; it sends to "
		"xtr %d, and no map-server has it there",
		who->xtr, told, v.xtr);
	return true;
}

/* Each xTR with each of its entries; those that it has not subscribed to are SMR's business. */
void checker_subscribers(struct checker *c)
{
	for (unsigned int i = 0; i < c->sim->opt.xtrs; i++) {
		struct subscribed who = {c, i};

		if (party_xtr_is_up(c->sim->xtrs[i]))
			dataplane_each_remote(
				party_xtr_dataplane(c->sim->xtrs[i]), check_subscriber, &who);
	}
}

/* ---- what every ITR must reach ---- */

static void add_pair(struct checker *c, unsigned int xtr, uint32_t host)
{
	struct pair *longer = reallocarray(c->pairs, c->pair_count + 1, sizeof(*longer));

	if (!longer)
		abort();
	c->pairs = longer;
	c->pairs[c->pair_count++] = (struct pair){.xtr = xtr, .host = host};
}

struct gather {
	struct checker *c;
	unsigned int xtr, left;
};

static bool gather_one(void *arg, const struct eid *eid)
{
	struct gather *g = arg;
	uint32_t host = hosts_find(g->c->sim->hosts, eid);

	if (host == HOST_NONE || hosts_at(g->c->sim->hosts, host) < 0)
		return true;
	add_pair(g->c, g->xtr, host);
	return --g->left > 0;
}

static void send_pair(struct sim *s, void *payload)
{
	struct checker *c = s->checker;
	uint32_t i = *(uint32_t *)payload;
	struct pair *p;

	if (!c->verifying || i >= c->pair_count)
		return;
	p = &c->pairs[i];
	if (p->reached || p->tries++ == TRIES)
		return;
	hosts_send(s->hosts, hosts_moving(s->hosts) + p->xtr, p->host, i + 1);
	*(uint32_t *)sim_event_in_us(s, 1000000, send_pair, sizeof(i)) = i;
}

void checker_begin_verify(struct checker *c)
{
	struct sim *s = c->sim;

	sim_trace(s, "checker: all must know the truth now");
	probes_check(s);
	for (unsigned int i = 0; i < s->knobs.servers; i++)
		check_server(c, i);
	check_xtrs(c);
	for (unsigned int i = 0; i < s->opt.xtrs; i++) {
		struct gather g = {c, i, STALE_PER_XTR};

		dataplane_each_remote(party_xtr_dataplane(s->xtrs[i]), gather_one, &g);
		for (unsigned int k = 0; k < RANDOM_PER_XTR; k++) {
			uint32_t host = (uint32_t)random_below(&s->random.random, c->hosts);

			if (hosts_at(s->hosts, host) >= 0)
				add_pair(c, i, host);
		}
	}
	c->verifying = true;
	for (uint32_t i = 0; i < c->pair_count; i++)
		*(uint32_t *)sim_event_in_us(
			s, random_below(&s->random.random, 2000000), send_pair, sizeof(i)) = i;
}

void checker_end_verify(struct checker *c)
{
	for (size_t i = 0; i < c->pair_count; i++) {
		const struct pair *p = &c->pairs[i];
		struct dataplane_view v = {.xtr = -1};

		if (p->reached)
			continue;
		dataplane_look(party_xtr_dataplane(c->sim->xtrs[p->xtr]),
			hosts_eid(c->sim->hosts, p->host), &v);
		sim_fail(c->sim, "converge", p->host,
			"xtr %u does not reach it with %u packets in as many seconds; it runs at "
			"xtr %d, and the entry leads to xtr %d%s%s",
			p->xtr, p->tries, hosts_at(c->sim->hosts, p->host), v.xtr,
			v.here ? " (here)" : "", v.away ? " (away)" : "");
	}
	c->verifying = false;
	c->pair_count = 0;
}
