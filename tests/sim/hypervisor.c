/* See hypervisor.h. */
#include "tests/sim/hypervisor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/checker.h"
#include "tests/sim/dataplane.h"
#include "tests/sim/hosts.h"
#include "tests/sim/party_agent.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"

#define EARLY_US   900  /* a guest stops so long before its hypervisor says so, at most */
#define AFTER_MS   1000 /* probes go on so long after a migration */
#define BURST      12   /* so many more before a stop, and with it */
#define SOON_MS    20   /* before a stop */
#define PROBE_US   20000
#define IPV4_BYTES 20
#define IPV6_BYTES 40

enum life { NO_VM, VM_INCOMING, VM_RUNNING, VM_STOPPED };

/* A packet that came to a tap, and whether its reader has taken it. */
struct arrival {
	struct packet packet;
	struct mono at;
	bool read, kept; /* kept: by the hypervisor, after the stop */
};

/* It outlives its guest while an agent has it open. */
struct tap {
	unsigned int users;
	bool watched, gone;
	uint32_t host;
	size_t count, room;
	struct arrival *list;
};

struct instance {
	enum life life;
	unsigned int agent;
	bool departs, took_one;
	struct tap *tap;
};

struct vm {
	struct instance here, there; /* there: the destination of a migration */
	bool moving;
	uint32_t move; /* counts migrations, and ends: what was for an earlier one is nobody's */
	unsigned int from, to; /* agents of the last migration */
	uint32_t prober;
	bool reached; /* the prober's xTR knew it once */
	struct mono probes_end;
};

struct hypervisors {
	struct sim *sim;
	struct random_seeded random;
	unsigned int slots;
	uint32_t count; /* of vms: by host */
	struct vm *vms;
	uint8_t **neighbours; /* by xTR and host: slot + 1 */
	void (*resumed)(struct sim *s, uint32_t host, unsigned int agent);
	bool keeps_one; /* these hypervisors take one packet after the stop */
};

static uint64_t below(struct sim *s, uint64_t n)
{
	return random_below(&s->hypervisors->random.random, n);
}

static void *must(void *p)
{
	if (!p)
		abort(); /* without memory there is no simulation */
	return p;
}

static struct vm *vm_of(const struct sim *s, uint32_t host)
{
	return &s->hypervisors->vms[host];
}

static unsigned int xtr_of(const struct sim *s, unsigned int agent)
{
	return agent / s->hypervisors->slots;
}

unsigned int hypervisors_slots(const struct sim *s)
{
	return s->hypervisors->slots;
}

unsigned int hypervisors_count(const struct sim *s)
{
	return s->hypervisors ? s->opt.xtrs * s->hypervisors->slots : 0;
}

bool hypervisors_has(const struct sim *s, uint32_t host)
{
	uint32_t stride = s->knobs.hot ? s->opt.eids / s->knobs.hot : 1;

	if (!s->hypervisors || host >= s->opt.eids)
		return false;
	if (s->opt.evacuate)
		return true;
	return host % stride == 0 && host / stride < s->knobs.hot && host / stride % 4 != 0;
}

bool hypervisor_busy(const struct sim *s, uint32_t host)
{
	return vm_of(s, host)->moving || mono_before(s->now, vm_of(s, host)->probes_end);
}

int hypervisor_agent_of(const struct sim *s, uint32_t host)
{
	const struct vm *vm = vm_of(s, host);

	return vm->here.life == NO_VM ? -1 : (int)vm->here.agent;
}

void hypervisor_watch(
	struct sim *s, void (*resumed)(struct sim *s, uint32_t host, unsigned int agent))
{
	s->hypervisors->resumed = resumed;
}

/* ---- ports ---- */

int hypervisor_port(const struct sim *s, uint32_t host, unsigned int slot)
{
	return 1 + (int)(host + slot * hosts_count(s->hosts));
}

void hypervisor_port_parts(const struct sim *s, int ifindex, uint32_t *host, unsigned int *slot)
{
	*host = (uint32_t)(ifindex - 1) % hosts_count(s->hosts);
	*slot = (uint32_t)(ifindex - 1) / hosts_count(s->hosts);
}

void hypervisor_pin(struct sim *s, unsigned int xtr, uint32_t host, int slot)
{
	s->hypervisors->neighbours[xtr][host] = slot < 0 ? 0 : (uint8_t)(slot + 1);
}

static void port(struct sim *s, uint32_t host, unsigned int agent, bool up)
{
	party_xtr_port(s->xtrs[xtr_of(s, agent)],
		hypervisor_port(s, host, agent % s->hypervisors->slots), up);
}

/* ---- taps ---- */

static struct tap *tap_new(uint32_t host)
{
	struct tap *t = must(calloc(1, sizeof(*t)));

	t->users = 1;
	t->host = host;
	return t;
}

static void tap_leave(struct tap *t)
{
	if (--t->users)
		return;
	free(t->list);
	free(t);
}

static struct arrival *tap_add(struct sim *s, struct tap *t, const struct packet *p)
{
	if (t->count == t->room) {
		t->room = t->room ? 2 * t->room : 16;
		t->list = must(reallocarray(t->list, t->room, sizeof(*t->list)));
	}
	t->list[t->count] = (struct arrival){.packet = *p, .at = s->now};
	return &t->list[t->count++];
}

static void read_one(struct sim *s, struct instance *i, struct arrival *a, unsigned int agent)
{
	a->read = true;
	a->kept = false;
	checker_delivered(s->checker, &a->packet, xtr_of(s, agent));
	probes_read(s, &a->packet, i->agent);
}

/* The guest runs (again), and reads what waits. */
static void read_all(struct sim *s, struct instance *i)
{
	for (size_t k = 0; k < i->tap->count; k++)
		if (!i->tap->list[k].read || i->tap->list[k].kept)
			read_one(s, i, &i->tap->list[k], i->agent);
	i->took_one = false;
	if (!i->tap->watched)
		i->tap->count = 0;
}

static void instance_begin(
	struct sim *s, struct instance *i, uint32_t host, unsigned int agent, enum life life)
{
	*i = (struct instance){.life = life, .agent = agent, .tap = tap_new(host)};
	port(s, host, agent, true);
}

static void instance_end(struct sim *s, struct instance *i, uint32_t host)
{
	if (i->life == NO_VM)
		return;
	for (size_t k = 0; k < i->tap->count; k++)
		if (!i->tap->list[k].read || i->tap->list[k].kept)
			probes_dropped(
				s, &i->tap->list[k].packet, "in the tap of a guest that left");
	i->tap->gone = true;
	tap_leave(i->tap);
	i->life = NO_VM;
	port(s, host, i->agent, false);
}

static struct instance *at_port(struct sim *s, unsigned int xtr, uint32_t host)
{
	struct hypervisors *h = s->hypervisors;
	struct vm *vm = vm_of(s, host);
	struct instance *both[2] = {&vm->here, &vm->there}, *any = NULL;
	unsigned int slot = h->neighbours[xtr][host];

	for (unsigned int k = 0; k < 2; k++) {
		struct instance *i = both[k];

		if (i->life == NO_VM || xtr_of(s, i->agent) != xtr)
			continue;
		if (slot && i->agent % h->slots == slot - 1)
			return i;
		if (!any || i->life == VM_RUNNING)
			any = i;
	}
	return slot ? NULL : any; /* not known: it is asked for, and answers */
}

void hypervisor_deliver(struct sim *s, unsigned int xtr, const struct packet *p)
{
	struct instance *i = at_port(s, xtr, p->to);
	struct arrival *a;

	if (!i) {
		checker_undelivered(s->checker, p, "no guest there");
		return;
	}
	probes_at(s, p, xtr, "a tap");
	a = tap_add(s, i->tap, p);
	if (i->life == VM_RUNNING) {
		read_one(s, i, a, i->agent);
		if (!i->tap->watched)
			i->tap->count = 0;
	} else if (i->life == VM_STOPPED && !i->took_one && s->hypervisors->keeps_one) {
		i->took_one = a->read = a->kept = true;
	}
}

/* ---- what its agent sees of a tap ---- */

struct tap_arg {
	struct sim *sim;
	unsigned int agent;
};

static void *tap_open(void *arg, const char *name)
{
	const struct tap_arg *t = arg;
	struct vm *vm = vm_of(t->sim, (uint32_t)strtoul(name + 1, NULL, 10));
	struct instance *both[2] = {&vm->here, &vm->there};

	for (unsigned int k = 0; k < 2; k++)
		if (both[k]->life != NO_VM && both[k]->agent == t->agent) {
			both[k]->tap->users++;
			both[k]->tap->watched = true;
			return both[k]->tap;
		}
	return NULL;
}

static void tap_close(void *arg, void *tap)
{
	((struct tap *)tap)->watched = false;
	tap_leave(tap);
}

static int tap_count(void *arg, void *tap, struct tap_count *out)
{
	const struct tap *t = tap;

	*out = (struct tap_count){.delivered = t->count};
	while (out->taken < t->count && t->list[out->taken].read)
		out->taken++;
	return t->gone ? -1 : 0;
}

static uint64_t tap_place(void *arg, void *tap, struct mono at)
{
	const struct tap *t = tap;
	size_t k = t->count;

	while (k && !mono_before(t->list[k - 1].at, at))
		k--;
	return k;
}

/* An IP packet around the simulator's. */
static size_t as_ip(const struct sim *s, const struct packet *p, uint8_t *out)
{
	const struct eid *to = hosts_eid(s->hosts, p->to);
	size_t head = to->addr.afi == AFI_IPV6 ? IPV6_BYTES : IPV4_BYTES;

	memset(out, 0, head);
	out[0] = to->addr.afi == AFI_IPV6 ? 0x60 : 0x45;
	memcpy(out + (to->addr.afi == AFI_IPV6 ? 24 : 16), to->addr.bytes, to->addr.len);
	memcpy(out + head, p, sizeof(*p));
	return head + sizeof(*p);
}

static uint64_t tap_each(
	void *arg, void *tap, uint64_t from, uint64_t end, tap_visit *visit, void *visit_arg)
{
	const struct tap_arg *t = arg;
	const struct tap *at = tap;
	uint8_t bytes[IPV6_BYTES + sizeof(struct packet)];

	if (t->sim->opt.sabotage == SABOTAGE_TAIL)
		return end - from;
	for (; from < end && from < at->count; from++)
		visit(visit_arg, bytes, as_ip(t->sim, &at->list[from].packet, bytes));
	return end - from;
}

struct tap_ops hypervisor_taps(struct sim *s, unsigned int agent, void **arg)
{
	struct tap_arg *t = must(calloc(1, sizeof(*t)));

	*t = (struct tap_arg){s, agent};
	*arg = t;
	return (struct tap_ops){.open = tap_open,
		.close = tap_close,
		.count = tap_count,
		.place = tap_place,
		.each = tap_each,
		.arg = t};
}

/* ---- probes ---- */

struct probing {
	uint32_t host, move, gap_us;
};

static void where(const struct vm *vm, unsigned int agents[2])
{
	agents[0] = vm->from;
	agents[1] = vm->to;
}

/* Numbered once its client's xTR knows where it is: what is not known yet is asked for, and may be
 * lost. */
static void send_probe(struct sim *s, uint32_t host)
{
	struct vm *vm = vm_of(s, host);
	unsigned int agents[2], xtr = vm->prober - hosts_moving(s->hosts);
	struct dataplane_view v;

	vm->reached |=
		dataplane_look(party_xtr_dataplane(s->xtrs[xtr]), hosts_eid(s->hosts, host), &v) &&
		(v.here || v.xtr == (int)xtr_of(s, vm->here.agent));
	where(vm, agents);
	if (vm->reached)
		probes_send(s, vm->prober, host, agents);
	else
		hosts_send(s->hosts, vm->prober, host, 0);
}

/* They arrive one by one, as the network has it. */
static void burst(struct sim *s, uint32_t host)
{
	for (unsigned int i = 0; i < BURST; i++)
		send_probe(s, host);
}

static void probe(struct sim *s, void *payload)
{
	const struct probing *p = payload;
	struct vm *vm = vm_of(s, p->host);

	if (vm->here.life == NO_VM || vm->move != p->move || mono_due(vm->probes_end, s->now))
		return;
	send_probe(s, p->host);
	*(struct probing *)sim_event_in_us(
		s, p->gap_us / 2 + below(s, p->gap_us), probe, sizeof(*p)) = *p;
}

/* ---- lives ---- */

void hypervisor_boot(struct sim *s, uint32_t host, unsigned int agent)
{
	struct vm *vm = vm_of(s, host);

	instance_begin(s, &vm->here, host, agent, VM_RUNNING);
	hypervisor_pin(s, xtr_of(s, agent), host, (int)(agent % s->hypervisors->slots));
	hosts_place(s->hosts, host, (int)xtr_of(s, agent),
		hypervisor_port(s, host, agent % s->hypervisors->slots));
	party_agent_news(s->agents[agent], host, GUEST_RUNS, 0);
}

void hypervisor_kill(struct sim *s, uint32_t host)
{
	struct vm *vm = vm_of(s, host);

	if (vm->here.life == NO_VM || vm->moving)
		return;
	vm->move++;
	probes_killed(s, host);
	hosts_place(s->hosts, host, -1, 0);
	instance_end(s, &vm->here, host);
	party_agent_news(s->agents[vm->here.agent], host, GUEST_ABSENT, 0);
}

/* ---- a migration ---- */

struct script {
	uint32_t host, move;
	enum migration end;
	struct migration_times times;
};

static void next(
	struct sim *s, const struct script *c, uint64_t ms, void (*run)(struct sim *, void *))
{
	*(struct script *)sim_event_in_us(s, ms * 1000 + below(s, 1000), run, sizeof(*c)) = *c;
}

static void over(struct sim *s, struct vm *vm)
{
	vm->moving = false;
	vm->probes_end = mono_add_ms(s->now, AFTER_MS);
}

/* The source is gone. */
static void ends(struct sim *s, void *payload)
{
	const struct script *c = payload;
	struct vm *vm = vm_of(s, c->host);

	instance_end(s, &vm->here, c->host);
	party_agent_news(s->agents[vm->here.agent], c->host, GUEST_ABSENT, 0);
	vm->here = vm->there;
	vm->there.life = NO_VM;
	over(s, vm);
}

static void run_at(struct sim *s, struct instance *i, uint32_t host)
{
	unsigned int xtr = xtr_of(s, i->agent), slot = i->agent % s->hypervisors->slots;

	i->life = VM_RUNNING;
	i->departs = false;
	hypervisor_pin(s, xtr, host, (int)slot); /* it announces itself */
	hosts_place(s->hosts, host, (int)xtr, hypervisor_port(s, host, slot));
	read_all(s, i);
	hosts_announce(s->hosts, host);
}

static void resumes(struct sim *s, void *payload)
{
	const struct script *c = payload;
	struct vm *vm = vm_of(s, c->host);

	run_at(s, &vm->there, c->host);
	party_agent_news(s->agents[vm->there.agent], c->host, GUEST_RUNS, 0);
	if (s->hypervisors->resumed)
		s->hypervisors->resumed(s, c->host, vm->there.agent);
	next(s, c, c->times.end_ms, ends);
}

/* It runs at the source again; the two tell so in any order. */
static void comes_back(struct sim *s, struct vm *vm, const struct script *c, bool stopped)
{
	vm->here.departs = false;
	if (stopped) {
		run_at(s, &vm->here, c->host);
		party_agent_news(s->agents[vm->here.agent], c->host, GUEST_RUNS, 0);
	} else {
		party_agent_news(s->agents[vm->here.agent], c->host, GUEST_STAYS, 0);
	}
	instance_end(s, &vm->there, c->host);
	if (s->opt.sabotage != SABOTAGE_ABANDON)
		party_agent_news(s->agents[vm->there.agent], c->host, GUEST_ABSENT, 0);
	over(s, vm);
}

static void fails_stopped(struct sim *s, void *payload)
{
	const struct script *c = payload;

	comes_back(s, vm_of(s, c->host), c, true);
}

static void is_copied(struct sim *s, void *payload)
{
	const struct script *c = payload;
	struct vm *vm = vm_of(s, c->host);

	if (vm->move == c->move && vm->here.life == VM_STOPPED)
		party_agent_news(s->agents[vm->here.agent], c->host, GUEST_COPIED, 0);
}

static void stops(struct sim *s, void *payload)
{
	const struct script *c = payload;
	struct vm *vm = vm_of(s, c->host);
	uint64_t late = below(s, EARLY_US);

	if (c->end == MIGRATION_FAILS_RUNNING) {
		comes_back(s, vm, c, false);
		return;
	}
	vm->here.life = VM_STOPPED;
	hosts_place(s->hosts, c->host, -1, 0);
	party_agent_news(s->agents[vm->here.agent], c->host, GUEST_STOPS_TO_DEPART, late);
	if (c->times.probe_us)
		burst(s, c->host);
	next(s, c, below(s, c->times.dark_ms + 1), is_copied);
	next(s, c, c->times.dark_ms + 1, c->end == MIGRATION_GOOD ? resumes : fails_stopped);
}

static void stops_soon(struct sim *s, void *payload)
{
	const struct script *c = payload;

	if (c->times.probe_us)
		burst(s, c->host);
	next(s, c, SOON_MS, stops);
}

static void departs(struct sim *s, void *payload)
{
	const struct script *c = payload;
	struct vm *vm = vm_of(s, c->host);

	vm->here.departs = true;
	party_agent_news(s->agents[vm->here.agent], c->host, GUEST_DEPARTS, 0);
	next(s, c, c->times.copy_ms, stops_soon);
}

/* Some client at a third site, or a neighbour at either. */
static uint32_t prober_of(struct sim *s, const struct vm *vm, unsigned int to)
{
	uint64_t kind = below(s, 10);
	unsigned int xtr = kind < 6   ? (unsigned int)below(s, s->opt.xtrs)
			   : kind < 8 ? xtr_of(s, vm->here.agent)
				      : xtr_of(s, to);

	return hosts_moving(s->hosts) + xtr;
}

void hypervisor_migrate(struct sim *s, uint32_t host, unsigned int agent, enum migration end,
	const struct migration_times *times)
{
	struct vm *vm = vm_of(s, host);
	struct script c = {host, ++vm->move, end, *times};

	if (vm->here.life != VM_RUNNING || vm->moving || vm->here.agent == agent)
		return;
	sim_trace(s, "host %u migrates from agent %u to agent %u: %s", host, vm->here.agent, agent,
		end == MIGRATION_GOOD            ? "well"
		: end == MIGRATION_FAILS_RUNNING ? "it fails while it runs"
						 : "it fails when it is stopped");
	s->counts.migrations++;
	s->counts.failed_migrations += end != MIGRATION_GOOD;
	vm->moving = true;
	vm->from = vm->here.agent;
	vm->to = agent;
	vm->prober = prober_of(s, vm, agent);
	vm->reached = false;
	vm->probes_end = MONO_NEVER;
	instance_begin(s, &vm->there, host, agent, VM_INCOMING);
	party_agent_news(s->agents[agent], host, GUEST_EXPECTED, 0);
	if (times->probe_us)
		*(struct probing *)sim_event_in_us(s, 1, probe, sizeof(struct probing)) =
			(struct probing){host, vm->move, times->probe_us};
	next(s, &c, times->begin_ms, departs);
}

void hypervisor_migrate_somehow(struct sim *s, uint32_t host, unsigned int agent)
{
	static const uint32_t copies[] = {5, 60, 400, 1500}, darks[] = {3, 30, 200, 600};
	const struct migration_times t = {.begin_ms = (uint32_t)below(s, 60),
		.copy_ms = (uint32_t)below(s, copies[below(s, 4)]),
		.dark_ms = (uint32_t)below(s, darks[below(s, 4)]),
		.end_ms = (uint32_t)below(s, 1500),
		.probe_us = PROBE_US};
	uint64_t kind = below(s, 10);

	hypervisor_migrate(s, host, agent,
		kind < 7   ? MIGRATION_GOOD
		: kind < 8 ? MIGRATION_FAILS_RUNNING
			   : MIGRATION_FAILS_STOPPED,
		&t);
}

/* ---- an agent that starts ---- */

static enum guest_news news_of(const struct instance *i)
{
	switch (i->life) {
	case VM_INCOMING:
		return GUEST_EXPECTED;
	case VM_STOPPED:
		return i->departs ? GUEST_STOPS_TO_DEPART : GUEST_STOPS;
	default:
		return GUEST_RUNS;
	}
}

void hypervisor_present(struct sim *s, unsigned int agent)
{
	for (uint32_t host = 0; host < s->hypervisors->count; host++) {
		struct instance *both[2] = {&vm_of(s, host)->here, &vm_of(s, host)->there};

		for (unsigned int k = 0; k < 2; k++) {
			if (both[k]->life == NO_VM || both[k]->agent != agent)
				continue;
			party_agent_news(s->agents[agent], host, news_of(both[k]), 0);
			if (both[k]->life == VM_RUNNING && both[k]->departs)
				party_agent_news(s->agents[agent], host, GUEST_DEPARTS, 0);
		}
	}
}

/* ---- all of them ---- */

struct hypervisors *hypervisors_new(struct sim *sim)
{
	struct hypervisors *h = must(calloc(1, sizeof(*h)));

	h->sim = sim;
	random_seeded_init(&h->random, sim->opt.seed ^ UINT64_C(0xa9e2758e11));
	h->slots = sim->knobs.slots;
	h->keeps_one = random_below(&h->random.random, 2);
	h->count = sim->opt.eids;
	h->vms = must(calloc(h->count, sizeof(h->vms[0])));
	h->neighbours = must(calloc(sim->opt.xtrs, sizeof(h->neighbours[0])));
	for (unsigned int i = 0; i < sim->opt.xtrs; i++)
		h->neighbours[i] = must(calloc(h->count, 1));
	return h;
}

void hypervisors_free(struct hypervisors *h)
{
	if (!h)
		return;
	for (uint32_t i = 0; i < h->count; i++) {
		if (h->vms[i].here.life != NO_VM)
			tap_leave(h->vms[i].here.tap);
		if (h->vms[i].there.life != NO_VM)
			tap_leave(h->vms[i].there.tap);
	}
	for (unsigned int i = 0; i < h->sim->opt.xtrs; i++)
		free(h->neighbours[i]);
	free(h->neighbours);
	free(h->vms);
	free(h);
}
