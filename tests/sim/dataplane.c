/* See dataplane.h. */
#include "tests/sim/dataplane.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/checker.h"
#include "tests/sim/evacuate.h"
#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/network.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"
#include "xtr/eid_table.h"

struct entry {
	struct eid_node node;
	enum datapath_action action;
	enum datapath_expect expect;
	bool hold, away, back, stale;
	uint8_t locator_count;
	uint64_t used;
	int xtrs[]; /* of the locators; -1: nobody */
};

struct dataplane {
	struct datapath dp;
	struct sim *sim;
	unsigned int xtr;
	uint8_t secret[16];
	struct eid_table *entries;
	unsigned int pending; /* packets on their way up */
	uint64_t evicted;     /* by the daemon, of its tables, as was seen last */
};

static struct dataplane *of(struct datapath *dp)
{
	return (struct dataplane *)dp;
}

static struct entry *find(const struct dataplane *d, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(d->entries, eid), struct entry, node);
}

static struct entry *longest(const struct dataplane *d, const struct eid *eid)
{
	return eid_table_entry(eid_table_longest(d->entries, eid), struct entry, node);
}

static void entry_free(struct dataplane *d, struct entry *e)
{
	eid_table_remove(d->entries, &e->node);
	free(e);
}

static void trace_entry(const struct dataplane *d, const struct entry *e)
{
	static const char *const actions[] = {"none", "to xtr", "here", "not LISP", "drop"};
	char eid[EID_TEXT];

	sim_trace(d->sim, "xtr %u: entry EID %s %s %d%s%s", d->xtr,
		eid_format(&e->node.eid, eid, sizeof(eid)), actions[e->action],
		e->locator_count ? e->xtrs[0] : -1, e->hold ? " held" : "", e->away ? " away" : "");
}

/* Where tables have little room, a mapping, or where a host went, is given up for another, and what
 * comes then is asked for anew, with a limit on what waits for that (hold-packets), or dropped. */
static void note_evicted(struct dataplane *d, const struct eid *eid)
{
	const struct router *r = party_xtr_router(d->sim->xtrs[d->xtr]);
	const uint64_t *n = r ? router_counters(r) : NULL;
	uint64_t evicted = n ? n[XTR_CACHE_EVICTED] + n[XTR_AWAY_EVICTED] : 0;

	if (evicted > d->evicted && d->sim->knobs.tight)
		probes_forgot(d->sim, d->xtr, hosts_find(d->sim->hosts, eid));
	d->evicted = evicted;
}

static int set(struct datapath *dp, const struct eid *eid, const struct datapath_entry *from)
{
	struct dataplane *d = of(dp);
	struct entry *old = find(d, eid);
	struct entry *e;

	note_evicted(d, eid);
	e = calloc(1, sizeof(*e) + from->locator_count * sizeof(e->xtrs[0]));
	if (!e)
		return -ENOMEM;
	e->node.eid = *eid;
	e->action = from->action;
	e->hold = from->hold;
	e->away = from->away;
	e->back = from->back;
	e->expect = from->expect;
	e->used = old ? old->used : 0;
	e->locator_count = from->locator_count;
	for (unsigned int i = 0; i < from->locator_count; i++)
		e->xtrs[i] = network_xtr_of(d->sim, &from->locators[i].rloc);
	if (d->sim->opt.trace)
		trace_entry(d, e);
	if (d->sim->evacuation && e->action == DATAPATH_ENCAP && e->locator_count)
		evacuation_told(d->sim, d->xtr, hosts_find(d->sim->hosts, eid), e->xtrs[0]);
	if (old)
		entry_free(d, old);
	if (eid_table_insert(d->entries, &e->node) == 0)
		return 0;
	free(e);
	return -ENOMEM;
}

static int del(struct datapath *dp, const struct eid *eid)
{
	struct entry *e = find(of(dp), eid);

	note_evicted(of(dp), eid);

	if (e)
		entry_free(of(dp), e);
	return 0;
}

static uint64_t used(struct datapath *dp, const struct eid *eid)
{
	struct entry *e = find(of(dp), eid);
	uint64_t n = e ? e->used : 0;

	if (e)
		e->used = 0;
	return n;
}

static bool pending(struct datapath *dp)
{
	return of(dp)->pending > 0;
}

void dataplane_taken(struct dataplane *d)
{
	d->pending--;
}

static void up(struct dataplane *d, const struct entry *entry, const struct packet *p)
{
	struct datapath_event e = {.type = DATAPATH_MISS, .eid = *hosts_eid(d->sim->hosts, p->to)};

	d->pending++;
	probes_at(d->sim, p, d->xtr,
		entry->expect != DATAPATH_UNEXPECTED ? "up, it is expected here"
		: entry->action == DATAPATH_LOCAL    ? "up, it is held here"
		: entry->action == DATAPATH_NONE     ? "up, for a mapping"
						     : "up, after others");
	party_xtr_up(d->sim->xtrs[d->xtr], &e, p);
}

static void deliver(struct dataplane *d, const struct packet *p)
{
	if (hypervisors_has(d->sim, p->to))
		hypervisor_deliver(d->sim, d->xtr, p);
	else if (hosts_at(d->sim->hosts, p->to) == (int)d->xtr)
		checker_delivered(d->sim->checker, p, d->xtr);
	else
		checker_undelivered(d->sim->checker, p, "no guest there");
}

/* Not back to @sender (-1: it came from the site). */
static void encapsulate(struct dataplane *d, const struct entry *e, struct packet p, int sender)
{
	unsigned int i, start = (p.from * 31 + p.to) % (e->locator_count ? e->locator_count : 1);

	if (!p.hops_left--) {
		checker_looped(d->sim->checker, &p);
		return;
	}
	for (i = 0; i < e->locator_count; i++) {
		int to = e->xtrs[(start + i) % e->locator_count];

		if (to < 0 || (to == sender && !e->back) || to == (int)d->xtr)
			continue;
		probes_at(d->sim, &p, d->xtr, "on its way to another");
		network_send_packet(d->sim->network, d->xtr, (unsigned int)to, &p);
		return;
	}
	checker_undelivered(d->sim->checker, &p, "nowhere to send it");
}

/* A packet of the core's, whatever its entry says of holding. Not back to @sender. */
static int put(struct dataplane *d, struct packet p, int sender)
{
	struct entry *e = longest(d, hosts_eid(d->sim->hosts, p.to));

	if (e)
		e->used++;
	if (e && e->action == DATAPATH_LOCAL)
		deliver(d, &p);
	else if (e && e->action == DATAPATH_ENCAP)
		encapsulate(d, e, p, sender);
	else
		checker_undelivered(d->sim->checker, &p, "injected without a mapping");
	return 0;
}

static int inject(struct datapath *dp, const void *bytes, uint32_t len)
{
	struct packet p;

	if (len != sizeof(p))
		return -EINVAL;
	memcpy(&p, bytes, sizeof(p));
	return put(of(dp), p, (int)p.sender - 1);
}

static int send_back(struct datapath *dp, const void *bytes, uint32_t len)
{
	struct packet p;

	if (len != sizeof(p))
		return -EINVAL;
	memcpy(&p, bytes, sizeof(p));
	return put(of(dp), p, -1);
}

static bool came_from(
	struct datapath *dp, const void *bytes, uint32_t len, const struct address *rloc)
{
	struct packet p;

	if (len != sizeof(p))
		return false;
	memcpy(&p, bytes, sizeof(p));
	return p.sender && (int)p.sender - 1 == network_xtr_of(of(dp)->sim, rloc);
}

/* The agent has put an IP header before it (hypervisor.c). */
static int inject_ip(struct datapath *dp, uint32_t iid, const void *packet, uint32_t len)
{
	struct packet p;

	(void)iid;
	if (len < sizeof(p))
		return -EINVAL;
	memcpy(&p, (const uint8_t *)packet + len - sizeof(p), sizeof(p));
	p.tail = true;
	p.hops_left = PACKET_HOPS;
	return put(of(dp), p, -1);
}

/* Learn a guest from its packets. */
static void source_seen(struct dataplane *d, const struct packet *p)
{
	struct datapath_event event = {.type = DATAPATH_SOURCE_SEEN,
		.eid = *hosts_eid(d->sim->hosts, p->from),
		.ifindex = hosts_port(d->sim->hosts, p->from)};
	const struct entry *e = find(d, &event.eid);

	if (p->from >= hosts_moving(d->sim->hosts) || (e && e->action == DATAPATH_LOCAL))
		return;
	hosts_mac(p->from, event.mac);
	party_xtr_up(d->sim->xtrs[d->xtr], &event, NULL);
}

void dataplane_from_site(struct dataplane *d, const struct packet *p)
{
	struct entry *e;

	probes_at(d->sim, p, d->xtr, "come from its site");
	source_seen(d, p);
	e = longest(d, hosts_eid(d->sim->hosts, p->to));
	if (!e) {
		checker_undelivered(d->sim->checker, p, "no entry");
		return;
	}
	e->used++;
	if (e->hold && e->action <= DATAPATH_LOCAL)
		up(d, e, p);
	else if (e->action == DATAPATH_ENCAP)
		encapsulate(d, e, *p, -1);
	else if (e->action == DATAPATH_LOCAL)
		deliver(d, p);
	else
		checker_undelivered(d->sim->checker, p,
			e->action == DATAPATH_NONE     ? "no mapping"
			: e->action == DATAPATH_NATIVE ? "not LISP"
						       : "denied");
}

static bool expected(const struct entry *e, unsigned int sender)
{
	if (e->expect == DATAPATH_EXPECT_OWNER)
		for (unsigned int i = 0; i < e->locator_count; i++)
			if (e->xtrs[i] == (int)sender)
				return true;
	return e->expect == DATAPATH_EXPECT_ALL;
}

void dataplane_from_core(struct dataplane *d, const struct packet *packet, unsigned int sender)
{
	struct packet came = *packet;
	const struct packet *p = &came;
	struct datapath_event away = {.type = DATAPATH_AWAY,
		.eid = *hosts_eid(d->sim->hosts, p->to),
		.rloc = network_xtr(sender)};
	struct entry *e = longest(d, &away.eid);

	came.sender = (uint16_t)(sender + 1);
	probes_at(d->sim, p, d->xtr, "come in");
	if (e)
		e->used++;
	if (e && expected(e, sender)) {
		up(d, e, p);
		return;
	}
	if (e && e->action == DATAPATH_LOCAL) {
		if (e->hold)
			up(d, e, p);
		else
			deliver(d, p);
		return;
	}
	if (d->sim->opt.sabotage != SABOTAGE_SMR)
		party_xtr_up(d->sim->xtrs[d->xtr], &away, NULL);
	if (!e || e->action != DATAPATH_ENCAP || !e->away)
		checker_undelivered(d->sim->checker, p, "not here");
	else if (e->hold)
		up(d, e, p);
	else
		encapsulate(d, e, *p, (int)sender);
}

static bool orphan_one(struct eid_node *node, void *arg)
{
	(void)arg;
	eid_table_entry(node, struct entry, node)->stale = true;
	return true;
}

void dataplane_orphan(struct dataplane *d)
{
	eid_table_each(d->entries, orphan_one, NULL);
	d->pending = 0;
}

static bool settle_one(struct eid_node *node, void *arg)
{
	struct entry *e = eid_table_entry(node, struct entry, node);

	if (e->stale)
		entry_free(arg, e);
	return true;
}

void dataplane_settle(struct dataplane *d)
{
	eid_table_each(d->entries, settle_one, d);
}

static bool free_one(struct eid_node *node, void *arg)
{
	entry_free(arg, eid_table_entry(node, struct entry, node));
	return true;
}

void dataplane_clear(struct dataplane *d)
{
	eid_table_each(d->entries, free_one, d);
	d->pending = 0;
}

struct datapath *dataplane_handle(struct dataplane *d)
{
	return &d->dp;
}

bool dataplane_look(const struct dataplane *d, const struct eid *host, struct dataplane_view *v)
{
	const struct entry *e = find(d, host);

	if (!e)
		return false;
	*v = (struct dataplane_view){.here = e->action == DATAPATH_LOCAL,
		.xtr = e->action == DATAPATH_ENCAP && e->locator_count ? e->xtrs[0] : -1,
		.away = e->away,
		.hold = e->hold};
	return true;
}

size_t dataplane_entries(const struct dataplane *d)
{
	return eid_table_count(d->entries);
}

struct each {
	bool (*visit)(void *arg, const struct eid *host);
	void *arg;
};

static bool each_remote(struct eid_node *node, void *arg)
{
	const struct entry *e = eid_table_entry(node, struct entry, node);
	struct each *each = arg;

	return e->action != DATAPATH_ENCAP || !eid_is_host(&node->eid) ||
	       each->visit(each->arg, &node->eid);
}

void dataplane_each_remote(
	struct dataplane *d, bool (*visit)(void *arg, const struct eid *host), void *arg)
{
	struct each each = {visit, arg};

	eid_table_each(d->entries, each_remote, &each);
}

struct dataplane *dataplane_new(struct sim *sim, unsigned int xtr)
{
	struct dataplane *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->sim = sim;
	d->xtr = xtr;
	d->dp = (struct datapath){
		.set = set, .del = del, .inject = inject, .used = used, .pending = pending};
	d->dp.send_back = send_back;
	d->dp.inject_ip = inject_ip;
	d->dp.came_from = came_from;
	random_bytes(&sim->random.random, d->secret, sizeof(d->secret));
	d->entries = eid_table_new(d->secret);
	if (d->entries)
		return d;
	free(d);
	return NULL;
}

void dataplane_free(struct dataplane *d)
{
	if (!d)
		return;
	dataplane_clear(d);
	eid_table_free(d->entries);
	free(d);
}
