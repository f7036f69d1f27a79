/* See party_xtr.h. */
#include "tests/sim/party_xtr.h"

#include <stdlib.h>
#include <string.h>

#include "tests/sim/dataplane.h"
#include "tests/sim/hosts.h"
#include "tests/sim/gates.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/network.h"
#include "tests/sim/party_agent.h"
#include "tests/sim/probes.h"

#define NONCE_BLOCK     (UINT64_C(1) << 20) /* as common/state.c reserves them */
#define NONCE_WALL_BITS 20                  /* and where they begin, by the wall clock */
#define KERNEL_US       100                 /* at most, from the programs to the daemon */
#define NEIGHBOUR_US    500000 /* in which the kernel's neighbours are told after a start */
#define MEMORY_LIMIT    20000  /* entries of a map-cache and the like */
#define TIGHT_LIMIT     24

struct party_xtr {
	struct sim *sim;
	unsigned int index;
	uint32_t life; /* counts starts: what was for an earlier one is nobody's */
	bool machine_up;
	struct router *router;
	struct router_ops ops;
	struct policy policy;
	struct random_seeded random;
	struct dataplane *dataplane;
	struct address rloc;
	uint64_t nonce_saved; /* on disk */
	struct timer timer;
};

const char *party_site(unsigned int site)
{
	static const char *const names[PARTY_SITES] = {"even", "odd"};

	return names[site];
}

const char *party_key(unsigned int site)
{
	static const char *const keys[PARTY_SITES] = {
		"the key of the even xTRs", "the key of the odd xTRs"};

	return keys[site];
}

void party_xtr_id(unsigned int index, struct lisp_xtr_id *id)
{
	memset(id, 0, sizeof(*id));
	id->bytes[0] = 0x5a;
	id->bytes[13] = (uint8_t)(index >> 16);
	id->bytes[14] = (uint8_t)(index >> 8);
	id->bytes[15] = (uint8_t)index;
}

int party_xtr_of_id(const struct sim *s, const struct lisp_xtr_id *id)
{
	uint32_t i = (uint32_t)id->bytes[13] << 16 | (uint32_t)id->bytes[14] << 8 | id->bytes[15];

	return id->bytes[0] == 0x5a && i < s->opt.xtrs ? (int)i : -1;
}

static struct party_xtr *of(struct router_ops *ops)
{
	return (struct party_xtr *)((char *)ops - offsetof(struct party_xtr, ops));
}

static void probe_host(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	struct party_xtr *x = of(ops);

	(void)ifindex;
	(void)mac;
	hosts_asked(x->sim->hosts, x->index, host);
}

/* "p" and the number. */
static int port_named(struct router_ops *ops, const char *name, uint32_t iid)
{
	(void)ops;
	(void)iid;
	return name[0] == 'p' ? atoi(name + 1) : 0;
}

static void pin_host(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	struct party_xtr *x = of(ops);
	unsigned int slot;
	uint32_t i;

	if (hosts_find(x->sim->hosts, host) == HOST_NONE)
		return;
	hypervisor_port_parts(x->sim, ifindex, &i, &slot);
	hypervisor_pin(x->sim, x->index, i, mac ? (int)slot : -1);
}

static void on_event(struct router_ops *ops, const struct router_event *e)
{
	static const char *const names[] = {"found", "gone", "owned", "away", "registered",
		"unregistered", "rloc down", "rloc up", "prepared", "paused", "resumed", "aborted",
		"refused", "started", "finished"};
	struct party_xtr *x = of(ops);
	char eid[EID_TEXT];

	if (!x->sim->opt.trace)
		return;
	if (e->type <= ROUTER_HOST_AWAY || e->type >= ROUTER_MOVE_PREPARED)
		sim_trace(x->sim, "xtr %u: EID %s %s, seq %llu", x->index,
			eid_format(&e->eid, eid, sizeof(eid)), names[e->type],
			(unsigned long long)e->seq);
	else
		sim_trace(x->sim, "xtr %u: %s %s", x->index, names[e->type],
			address_format(&e->rloc, eid, sizeof(eid)));
}

static void fire(struct timer *t, struct mono now);

/* After every call of the core: send, save, and come back when it wants. */
static void settle(struct party_xtr *x)
{
	uint64_t nonce = router_nonce(x->router);

	network_send_all(x->sim->network, &x->rloc, x->sim->out);
	if (nonce + NONCE_BLOCK / 2 > x->nonce_saved)
		x->nonce_saved = nonce + NONCE_BLOCK;
	sim_timer(x->sim, &x->timer, router_next(x->router));
}

static void fire(struct timer *t, struct mono now)
{
	struct party_xtr *x = t->arg;

	if (mono_due(router_next(x->router), now))
		router_timer(x->router, now, x->sim->out);
	settle(x);
}

static int make_policy(struct party_xtr *x)
{
	const struct sim_knobs *k = &x->sim->knobs;
	struct policy *p = &x->policy;
	struct eid own = hosts_own_prefix(x->index);
	int err = 0;

	policy_init(p);
	party_xtr_id(x->index, &p->xtr_id);
	p->site_id = PARTY_SITE_ID;
	p->rlocs[0] = (struct lisp_locator){
		.addr = x->rloc, .priority = 1, .weight = 100, .mpriority = 255};
	p->rloc_count = 1;
	for (unsigned int i = 0; i < x->sim->server_count; i++)
		p->resolvers[p->resolver_count++] = (struct endpoint){
			network_server((i + x->index) % x->sim->server_count), LISP_CONTROL_PORT};
	for (unsigned int i = 0; i < k->servers; i++) {
		struct policy_server *s = &p->servers[p->server_count++];

		s->at = (struct endpoint){network_server(i), LISP_CONTROL_PORT};
		s->protocol = POLICY_SUNWARD;
		s->key_id = 1;
		s->alg = AUTH_HMAC_SHA256_128;
		s->key_len = (uint8_t)strlen(party_key(party_site_of(x->index)));
		memcpy(s->key, party_key(party_site_of(x->index)), s->key_len);
		s->proxy_reply = true;
	}
	for (unsigned int i = 0; i < HOSTS_PREFIXES; i++) {
		struct eid e = hosts_prefix(i);

		err |= policy_add_dynamic(p, &e);
	}
	err |= policy_add_eid(p, &own);
	own.plen = 12; /* 172.16.0.0/12 */
	eid_mask(&own);
	err |= policy_add_space(p, &own);
	p->subscribe =
		(k->subscribe && x->index % k->subscribe == 0) || gates_narrow(x->sim, x->index);
	p->nat = gates_behind(x->sim, x->index) ? POLICY_NAT_REQUIRED : POLICY_NAT_OFF;
	p->timers.register_s = k->register_s;
	p->timers.backoff_max_s = 5; /* shorter than usual: a round is a minute */
	p->timers.request_rest_s = 5;
	p->timers.port_down_s = 5;
	p->timers.negative_ms = 5000;
	p->limits.cache_entries = k->tight ? TIGHT_LIMIT : MEMORY_LIMIT;
	p->limits.away = k->tight ? TIGHT_LIMIT : MEMORY_LIMIT;
	for (unsigned int i = 0; x->sim->hypervisors && i < k->slots; i++) {
		struct policy_agent agent;

		party_agent_policy(x->sim, x->index * k->slots + i, &agent);
		err |= policy_add_agent(p, &agent);
	}
	return err;
}

struct party_xtr *party_xtr_new(struct sim *sim, unsigned int index)
{
	struct party_xtr *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->sim = sim;
	x->index = index;
	x->rloc = gates_inside(sim, index);
	x->ops = (struct router_ops){.probe_host = probe_host,
		.port_named = port_named,
		.pin_host = pin_host,
		.event = on_event};
	random_seeded_init(&x->random, random_u64(&sim->random.random));
	timer_init(&x->timer, fire, x);
	x->nonce_saved = NONCE_BLOCK;
	x->dataplane = dataplane_new(sim, index);
	if (x->dataplane && !make_policy(x))
		return x;
	dataplane_free(x->dataplane);
	free(x);
	return NULL;
}

void party_xtr_free(struct party_xtr *x)
{
	if (!x)
		return;
	router_free(x->router);
	policy_fini(&x->policy);
	timer_cancel(&x->sim->timers, &x->timer);
	dataplane_free(x->dataplane);
	free(x);
}

struct neighbour {
	unsigned int xtr;
	uint32_t life, host;
};

static void neighbour_told(struct sim *s, void *payload)
{
	const struct neighbour *n = payload;
	struct party_xtr *x = s->xtrs[n->xtr];
	struct router_neighbour e = {
		.host = *hosts_eid(s->hosts, n->host), .ifindex = hosts_port(s->hosts, n->host)};

	if (!x->router || x->life != n->life || hosts_at(s->hosts, n->host) != (int)n->xtr)
		return;
	hosts_mac(n->host, e.mac);
	router_neighbour(x->router, &e, s->now, s->out);
	settle(x);
}

/* Most guests are in the kernel's tables; the others are found when they speak. */
static void tell_neighbours(struct party_xtr *x)
{
	struct sim *s = x->sim;

	for (uint32_t i = 0; i < hosts_moving(s->hosts); i++) {
		struct neighbour *n;

		if (hosts_at(s->hosts, i) != (int)x->index ||
			random_below(&x->random.random, 10) == 0)
			continue;
		n = sim_event_in_us(s, random_below(&x->random.random, NEIGHBOUR_US),
			neighbour_told, sizeof(*n));
		*n = (struct neighbour){x->index, x->life, i};
	}
}

void party_xtr_start(struct party_xtr *x)
{
	struct sim *s = x->sim;
	uint64_t wall = s->now.ns / 1000000000;

	if (x->router)
		return;
	x->life++;
	if (x->nonce_saved < wall << NONCE_WALL_BITS)
		x->nonce_saved = wall << NONCE_WALL_BITS;
	x->machine_up = true;
	x->router = router_new(&x->policy, dataplane_handle(x->dataplane), &x->ops,
		&x->random.random, &s->log, x->nonce_saved, s->now);
	if (!x->router)
		abort(); /* without memory there is no simulation */
	sim_trace(
		s, "xtr %u starts, nonces from %llu", x->index, (unsigned long long)x->nonce_saved);
	dataplane_orphan(x->dataplane);
	router_start(x->router, s->now, s->out);
	dataplane_settle(x->dataplane);
	settle(x);
	tell_neighbours(x);
}

void party_xtr_crash(struct party_xtr *x, bool machine)
{
	if (!x->router)
		return;
	sim_trace(x->sim, "xtr %u: its %s dies", x->index, machine ? "machine" : "daemon");
	sim_note(x->sim, machine ? 6 : 5, &x->index, sizeof(x->index));
	probes_xtr_fell(x->sim, x->index);
	router_free(x->router);
	x->router = NULL;
	timer_cancel(&x->sim->timers, &x->timer);
	if (machine)
		dataplane_clear(x->dataplane);
	else
		dataplane_orphan(x->dataplane);
	x->machine_up = !machine;
	x->sim->counts.xtr_crashes++;
}

bool party_xtr_is_up(const struct party_xtr *x)
{
	return x->router != NULL;
}

void party_xtr_receive(struct party_xtr *x, const void *bytes, size_t len,
	const struct endpoint *from, const struct address *to)
{
	if (!x->router)
		return;
	router_packet(x->router, bytes, len, from, to, x->sim->now, x->sim->out);
	settle(x);
}

void party_xtr_event(struct party_xtr *x, const struct datapath_event *e, const struct packet *p)
{
	struct datapath_event event = *e;

	if (!x->router)
		return;
	event.packet = p;
	event.packet_len = p ? sizeof(*p) : 0;
	router_datapath_event(x->router, &event, x->sim->now, x->sim->out);
	settle(x);
}

struct upcall {
	unsigned int xtr;
	uint32_t life;
	bool has_packet;
	struct packet packet;
	struct datapath_event event;
};

static void come_up(struct sim *s, void *payload)
{
	const struct upcall *u = payload;
	struct party_xtr *x = s->xtrs[u->xtr];

	if (x->life != u->life || !x->router)
		return;
	if (u->has_packet)
		dataplane_taken(x->dataplane);
	party_xtr_event(x, &u->event, u->has_packet ? &u->packet : NULL);
}

void party_xtr_up(struct party_xtr *x, const struct datapath_event *e, const struct packet *p)
{
	struct upcall *u;

	if (!x->router)
		return;
	u = sim_event_in_us(
		x->sim, 5 + random_below(&x->random.random, KERNEL_US), come_up, sizeof(*u));
	u->xtr = x->index;
	u->life = x->life;
	u->event = *e;
	u->has_packet = p != NULL;
	if (p)
		u->packet = *p;
}

void party_xtr_port(struct party_xtr *x, int ifindex, bool up)
{
	if (!x->router)
		return;
	router_port(x->router, ifindex, up, x->sim->now, x->sim->out);
	settle(x);
}

struct dataplane *party_xtr_dataplane(struct party_xtr *x)
{
	return x->dataplane;
}

size_t party_xtr_entries_max(const struct party_xtr *x)
{
	const struct policy *p = &x->policy;

	return p->limits.cache_entries + p->limits.away + p->eid_count + p->dynamic_count +
	       p->space_count;
}

const struct router *party_xtr_router(const struct party_xtr *x)
{
	return x->router;
}

struct sim *party_xtr_sim(const struct party_xtr *x)
{
	return x->sim;
}

unsigned int party_xtr_index(const struct party_xtr *x)
{
	return x->index;
}
