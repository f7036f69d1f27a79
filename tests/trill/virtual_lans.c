/* See virtual_lans.h. */
#include "tests/trill/virtual_lans.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VLANS          4
#define ETHERTYPE_TEST 0x88b5
#define ROOT_CHANGE_S  5
#define SETTLE_MS      20000
#define COMPLAIN_MAX   20
#define AWAY_MAX       4     /* things that are away at a time */
#define TWICE_IN       10000 /* of so many frames one may come twice, while tables change */
#define CROSSED_MAX    4     /* after that a frame is taken out: it would go on for ever */

static const uint16_t vlans[VLANS] = {1, 10, 20, 30};
static const struct mac everybody = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};
static const struct mac nobody = {{0x02, 0xee, 0, 0, 0, 1}};

static unsigned int below(struct virtual_lans *l, unsigned int n)
{
	return (unsigned int)random_below(&l->random.random, n);
}

__attribute__((format(printf, 3, 4))) static void broke(
	struct virtual_lans *l, uint64_t *count, const char *format, ...)
{
	char what[160];
	va_list args;

	++*count;
	if (!l->complain || l->told++ >= COMPLAIN_MAX)
		return;
	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	l->complain(l->c->now, what);
}

uint64_t lans_broken(const struct virtual_lans *l)
{
	const struct lans_broken *b = &l->broken;
	bool often = b->twice * TWICE_IN > l->counts.crossed + TWICE_IN;

	return (often ? b->twice : 0) + b->back + b->looped + b->astray + b->doubled +
	       b->unreached + b->unserved;
}

/* ---- what is seen ---- */

/* A station's frame; NULL: it is none. */
static struct lans_probe *probe_of(
	struct virtual_lans *l, const uint8_t *frame, size_t len, uint16_t *vlan)
{
	struct wire_fault fault;
	struct wire_reader r;
	struct ethernet e;
	uint32_t number;

	wire_reader_init(&r, frame, len, &fault);
	ethernet_read(&r, &e);
	if (e.ethertype != ETHERTYPE_TEST)
		return NULL;
	number = wire_get_u32(&r, "probe");
	*vlan = e.vlan ? e.vlan : 1;
	return l->probes[number % LANS_PROBES].number == number ? &l->probes[number % LANS_PROBES]
								: NULL;
}

static void crossed(
	struct virtual_lans *l, struct lans_probe *p, unsigned int lan, uint8_t side, uint16_t vlan)
{
	const struct lans_station *s = &l->stations[p->station];
	uint8_t *times = &p->crossed[lan][side];

	if (vlan != s->vlan)
		broke(l, &l->broken.astray, "a frame in VLAN %u came into %u on LAN %u", s->vlan,
			vlan, lan);
	if (*times < UINT8_MAX)
		++*times;
	l->counts.crossed++;
	if (*times > 2)
		broke(l, &l->broken.looped, "a frame in VLAN %u crossed LAN %u %u times", vlan, lan,
			*times);
	else if (*times == 2 && s->lan == lan && s->side == side)
		broke(l, &l->broken.back, "a frame in VLAN %u came back to LAN %u", vlan, lan);
	else if (*times == 2)
		broke(l, &l->broken.twice, "a frame in VLAN %u of LAN %u came to LAN %u twice",
			vlan, s->lan, lan);
}

static void on_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct virtual_lans *l = arg;
	const struct campus_wire *w = &l->c->wires[wire];
	struct lans_probe *p;
	uint16_t vlan;

	if (wire >= l->lans || from == CAMPUS_LAN_MAX || w->out[from])
		return;
	p = probe_of(l, frame, len, &vlan);
	if (p)
		crossed(l, p, wire, w->side[from], vlan);
}

static void on_receive(
	void *arg, struct campus_node_sim *node, uint16_t port, const uint8_t *frame, size_t len)
{
	struct virtual_lans *l = arg;
	unsigned int wire = (unsigned int)node->wires[port];
	uint16_t vlan;
	const struct lans_probe *p = wire < l->lans ? probe_of(l, frame, len, &vlan) : NULL;

	for (unsigned int i = 0; p && i < LANS_MAX * 2; i++)
		if (p->crossed[i / 2][i % 2] >= CROSSED_MAX)
			return;
	l->receive(&l->dp, node, port, frame, len);
}

const struct lans_probe *lans_send(
	struct virtual_lans *l, unsigned int station, const struct mac *to)
{
	const struct lans_station *s = &l->stations[station];
	struct lans_probe *p = &l->probes[++l->probe_last % LANS_PROBES];
	struct ethernet e = {.da = *to,
		.sa = s->mac,
		.tagged = s->vlan != 1,
		.vlan = s->vlan,
		.ethertype = ETHERTYPE_TEST};
	struct wire_writer w;
	uint8_t frame[64];

	memset(p, 0, sizeof(*p));
	p->station = station;
	p->to = *to;
	p->number = l->probe_last;
	p->crossed[s->lan][s->side] = 1;
	l->counts.sent++;
	wire_writer_init(&w, frame, sizeof(frame));
	ethernet_write(&w, &e);
	wire_put_u32(&w, p->number);
	campus_station_put(l->c, s->lan, s->side, frame, w.pos);
	return p;
}

/* Whose port on that side of a LAN would pass native frames; the last of them in @node. */
static unsigned int forwarders_of(const struct virtual_lans *l, unsigned int lan, uint8_t side,
	uint16_t vlan, unsigned int *node)
{
	const struct campus_wire *w = &l->c->wires[lan];
	unsigned int count = 0;

	for (unsigned int i = 0; i < w->count; i++) {
		const struct campus_node_sim *n = &l->c->nodes[w->ends[i].node];
		const struct tables_forwarder *f = &n->forwarders[w->ends[i].port];

		if (!n->rb || w->out[i] || w->side[i] != side ||
			!n->ports[w->ends[i].port].native || !vlan_set_has(&f->appointed, vlan) ||
			vlan_set_has(&f->inhibited, vlan))
			continue;
		*node = n->number;
		count++;
	}
	return count;
}

static void look(struct virtual_lans *l)
{
	unsigned int node;

	for (unsigned int lan = 0; lan < l->lans; lan++)
		for (uint8_t side = 0; side < 2; side++)
			for (unsigned int v = 0; v < VLANS; v++)
				if (forwarders_of(l, lan, side, vlans[v], &node) > 1)
					broke(l, &l->broken.doubled,
						"LAN %u has two forwarders for VLAN %u", lan,
						vlans[v]);
}

/* ---- what happens ---- */

/* Bridges of the LAN tell an end of their root. */
static void bridges_say(struct virtual_lans *l, unsigned int lan, unsigned int end)
{
	const struct campus_wire *w = &l->c->wires[lan];
	struct campus_node_sim *n = &l->c->nodes[w->ends[end].node];
	/* IEEE 802.1D section 9.3.1. */
	uint8_t bpdu[] = {0x01, 0x80, 0xc2, 0, 0, 0, 0x02, 0x11, 0x22, 0x33, 0x44, 0x55, 0, 38,
		0x42, 0x42, 0x03, 0, 0, 0, 0, 0, 0x80, 0, 0x00, 0x0c, 0x29, 0, (uint8_t)lan,
		w->side[end], 0, 0, 0, 4, 0x80, 0, 0x00, 0x0c, 0x29, 0, 0, 9, 0x80, 1, 0, 0, 20, 0,
		2, 0, 15, 0};

	if (!n->rb || w->out[end])
		return;
	rbridge_frame(n->rb, w->ends[end].port, bpdu, sizeof(bpdu), l->c->now);
	timer_set(&l->c->timers, &n->timer, rbridge_next(n->rb));
}

static void bridges_say_all(struct virtual_lans *l, unsigned int node)
{
	for (unsigned int lan = 0; lan < l->lans; lan++)
		for (unsigned int i = 0; i < l->c->wires[lan].count; i++)
			if (l->c->wires[lan].ends[i].node == node)
				bridges_say(l, lan, i);
}

/* Another root first, then frames pass, or do not any more. */
static void cut(struct virtual_lans *l, unsigned int lan)
{
	struct campus_wire *w = &l->c->wires[lan];

	l->cut[lan] = !l->cut[lan];
	for (unsigned int i = 0; i < w->count; i++)
		w->side[i] = l->cut[lan] && i % 2;
	for (unsigned int i = 1; i < w->count; i += 2)
		bridges_say(l, lan, i);
	for (unsigned int i = 0; i < l->station_count; i++)
		if (l->stations[i].lan == lan)
			l->stations[i].side = l->cut[lan] && i % 2;
	l->counts.cuts += l->cut[lan];
	l->counts.back += !l->cut[lan];
}

static void plug(struct virtual_lans *l, unsigned int lan, unsigned int end)
{
	struct campus_wire *w = &l->c->wires[lan];
	struct campus_node_sim *n = &l->c->nodes[w->ends[end].node];
	bool in = w->out[end];

	if (!in && n->rb && below(l, 2)) { /* by intent: neighbours are told first */
		rbridge_port_shutdown(n->rb, w->ends[end].port, l->c->now);
		timer_set(&l->c->timers, &n->timer, rbridge_next(n->rb));
		campus_run_ms(l->c, 1000);
	}
	campus_plug(l->c, lan, end, in);
	bridges_say(l, lan, end);
	l->counts.cables += !in;
	l->counts.back += in;
}

static void kill_or_start(struct virtual_lans *l, unsigned int node)
{
	if (l->c->nodes[node].rb) {
		campus_kill(l->c, node);
		l->counts.kills++;
		return;
	}
	campus_start(l->c, node, &l->trunk);
	bridges_say_all(l, node);
	l->counts.back++;
}

static void link_strike(struct virtual_lans *l, unsigned int wire)
{
	struct campus_wire *w = &l->c->wires[wire];

	if (!w->up || w->silent) {
		l->counts.back++;
		w->silent = false;
		campus_carrier(l->c, wire, true, &l->trunk);
	} else if (below(l, 3)) {
		l->counts.carriers++;
		campus_carrier(l->c, wire, false, &l->trunk);
	} else {
		l->counts.silences++;
		w->silent = true;
	}
}

/* The port has one VLAN more or less, or another priority. */
static void reconfigure(struct virtual_lans *l, unsigned int lan, unsigned int end)
{
	const struct campus_end *e = &l->c->wires[lan].ends[end];
	struct campus_node_sim *n = &l->c->nodes[e->node];
	struct rbridge_port_config *port = &n->configs[e->port];
	uint16_t vlan = vlans[1 + below(l, VLANS - 1)];

	if (!n->rb || l->c->wires[lan].out[end])
		return;
	if (below(l, 3) == 0)
		port->priority = (uint8_t)(0x30 + below(l, 32));
	else if (vlan_set_has(&port->enabled, vlan))
		vlan_set_remove(&port->enabled, vlan);
	else
		vlan_set_add(&port->enabled, vlan);
	port->announcing = port->enabled;
	rbridge_port_reconfigure(n->rb, e->port, port, l->c->now);
	timer_set(&l->c->timers, &n->timer, rbridge_next(n->rb));
	l->counts.orders++;
}

static unsigned int away(const struct virtual_lans *l)
{
	const struct lans_counts *n = &l->counts;

	return (unsigned int)(n->carriers + n->silences + n->cables + n->kills + n->cuts - n->back);
}

static void strike(struct virtual_lans *l, unsigned int what)
{
	unsigned int lan = below(l, l->lans), end = below(l, l->c->wires[lan].count);
	unsigned int node = below(l, l->c->node_count);
	unsigned int wire = l->lans + below(l, l->c->wire_count - l->lans);
	bool full = away(l) >= AWAY_MAX;
	const struct campus_wire *w = &l->c->wires[wire];

	switch (what) {
	case 0:
		if (!full || !l->c->nodes[node].rb)
			kill_or_start(l, node);
		break;
	case 1:
	case 2:
		if (!full || l->c->wires[lan].out[end])
			plug(l, lan, end);
		break;
	case 3:
		if (!full || l->cut[lan])
			cut(l, lan);
		break;
	case 4:
	case 5:
		if (!full || !w->up || w->silent)
			link_strike(l, wire);
		break;
	default:
		reconfigure(l, lan, end);
		break;
	}
}

static void send_any(struct virtual_lans *l)
{
	unsigned int from = below(l, l->station_count), to = below(l, l->station_count);
	unsigned int kind = below(l, 5);

	lans_send(l, from, kind < 2 ? &everybody : kind > 2 ? &l->stations[to].mac : &nobody);
}

static void run_ms(struct virtual_lans *l, uint64_t ms)
{
	for (uint64_t i = 0; i < ms; i++) {
		bool changing = mono_since_ms(l->c->written, l->c->now) < 20;

		if (changing || !(i % 20))
			send_any(l);
		campus_run_ms(l->c, 1);
		look(l);
	}
}

void lans_strike(struct virtual_lans *l, uint64_t ms)
{
	while (ms) {
		uint64_t wait = 100 + below(l, 3900);

		wait = wait < ms ? wait : ms;
		strike(l, below(l, 8));
		if (!below(l, 3))
			strike(l, below(l, 8));
		run_ms(l, wait);
		ms -= wait;
	}
}

/* ---- rests ---- */

/* RBridges that data may go to from @node, over links and LANs. */
static void component(const struct virtual_lans *l, unsigned int node, bool *reached)
{
	const struct virtual_campus *c = l->c;
	bool more = true;

	memset(reached, 0, c->node_count * sizeof(*reached));
	reached[node] = true;
	while (more) {
		more = false;
		for (unsigned int i = 0; i < c->wire_count * 2; i++) {
			const struct campus_wire *w = &c->wires[i / 2];
			bool live[CAMPUS_LAN_MAX], any = false;

			if (!w->up || w->silent || (i / 2 < l->lans && l->access[i / 2]))
				continue;
			for (unsigned int e = 0; e < w->count; e++) {
				live[e] = c->nodes[w->ends[e].node].rb && !w->out[e] &&
					  w->side[e] == i % 2;
				any |= live[e] && reached[w->ends[e].node];
			}
			for (unsigned int e = 0; any && e < w->count; e++) {
				more |= live[e] && !reached[w->ends[e].node];
				reached[w->ends[e].node] |= live[e];
			}
		}
	}
}

/* Some port there might serve the VLAN. */
static bool might_serve(const struct virtual_lans *l, unsigned int lan, uint8_t side, uint16_t vlan)
{
	const struct campus_wire *w = &l->c->wires[lan];

	for (unsigned int i = 0; i < w->count; i++) {
		const struct campus_node_sim *n = &l->c->nodes[w->ends[i].node];
		const struct rbridge_port_config *port = &n->configs[w->ends[i].port];

		if (n->rb && !w->out[i] && w->side[i] == side && !port->trunk &&
			vlan_set_has(&port->enabled, vlan))
			return true;
	}
	return false;
}

/* The LAN's side has whom @p is to. */
static bool has(const struct virtual_lans *l, const struct lans_probe *p, unsigned int at)
{
	for (unsigned int i = 0; i < l->station_count; i++)
		if (l->stations[i].lan == at / 2 && l->stations[i].side == at % 2 &&
			!mac_compare(&l->stations[i].mac, &p->to))
			return true;
	return mac_is_group(&p->to);
}

/* What @p, at rest, has to be seen where: on the LANs that its VLAN leads to, and are meant. */
static void judge(struct virtual_lans *l, const struct lans_probe *p, bool *reached)
{
	const struct lans_station *s = &l->stations[p->station];
	unsigned int here, there, from = s->lan * 2 + s->side;
	bool served = forwarders_of(l, s->lan, s->side, s->vlan, &here), known = false;
	bool leads[LANS_MAX * 2];

	if (served)
		component(l, here, reached);
	for (unsigned int i = 0; i < l->lans * 2; i++) {
		leads[i] =
			i == from || (served && forwarders_of(l, i / 2, i % 2, s->vlan, &there) &&
					     reached[there]);
		known |= leads[i] && has(l, p, i);
	}
	for (unsigned int i = 0; i < l->lans * 2; i++) {
		unsigned int times = p->crossed[i / 2][i % 2];
		bool wanted = leads[i] && (i == from || has(l, p, i));

		/* Who is not reached is sought, or was where nobody has it any more. */
		if (times != wanted && (known || i == from || times > leads[i]))
			broke(l, &l->broken.unreached,
				"at rest a frame to %s in VLAN %u of LAN %u/%u came to LAN %u/%u "
				"%u times",
				mac_is_group(&p->to) ? "all" : "one", s->vlan, s->lan, s->side,
				i / 2, i % 2, times);
	}
}

static void try_all(struct virtual_lans *l, bool *reached)
{
	for (unsigned int round = 0; round < 2; round++)
		for (unsigned int i = 0; i < l->station_count; i++) {
			const struct lans_probe *p = lans_send(l, i, &everybody);

			campus_run_ms(l->c, 5);
			if (round)
				judge(l, p, reached);
		}
	for (unsigned int i = 0; i < l->station_count * l->station_count; i++) {
		unsigned int from = i / l->station_count, to = i % l->station_count;
		const struct lans_probe *p;

		if (from == to || l->stations[from].vlan != l->stations[to].vlan)
			continue;
		p = lans_send(l, from, &l->stations[to].mac);
		campus_run_ms(l->c, 5);
		judge(l, p, reached);
	}
}

void lans_rest(struct virtual_lans *l)
{
	bool *reached = calloc(l->c->node_count, sizeof(*reached));
	unsigned int node;

	if (!reached)
		abort();
	run_ms(l, SETTLE_MS);
	campus_run_ms(l->c, 100);
	l->counts.rests++;
	for (unsigned int i = 0; i < l->lans * VLANS * 2; i++) {
		unsigned int lan = i / (VLANS * 2), n;
		uint16_t vlan = vlans[i / 2 % VLANS];

		n = forwarders_of(l, lan, i % 2, vlan, &node);
		if (n != might_serve(l, lan, i % 2, vlan))
			broke(l, &l->broken.unserved,
				"at rest LAN %u/%u has %u forwarders for VLAN %u", lan, i % 2, n,
				vlan);
	}
	try_all(l, reached);
	free(reached);
}

/* ---- the beginning ---- */

static void node_differs(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	vlan_set_clear(&config->interested);
	config->root_change_s = ROOT_CHANGE_S;
}

static void lan_make(struct virtual_lans *l, unsigned int lan, unsigned int rbridges)
{
	unsigned int nodes[3], count = 2 + below(l, 2);
	unsigned int wire, trunk = below(l, 6);
	const struct campus_wire *w;

	for (unsigned int i = 0; i < count; i++)
		nodes[i] = (lan + i * (1 + lan % 2)) % rbridges;
	wire = campus_wire(l->c, nodes, count, 20000, &l->native);
	w = &l->c->wires[wire];
	l->access[lan] = lan % 3 == 2;
	for (unsigned int i = 0; i < count; i++) {
		struct rbridge_port_config *port = &l->c->nodes[nodes[i]].configs[w->ends[i].port];

		port->access = l->access[lan];
		port->trunk = count == 3 && !port->access && i == trunk;
		port->priority = (uint8_t)(0x40 + below(l, 3));
		for (unsigned int v = 1; v < VLANS; v++)
			if (below(l, 3))
				vlan_set_add(&port->enabled, vlans[v]);
		port->announcing = port->enabled;
		campus_port_up(l->c, nodes[i], w->ends[i].port);
		bridges_say(l, lan, i);
	}
	for (unsigned int v = 0; v < VLANS * 2; v++) {
		unsigned int n = l->station_count;

		if (n == LANS_STATIONS || (v % 2 && below(l, 2)))
			continue;
		l->stations[l->station_count++] = (struct lans_station){
			.mac = {{0x52, 0x54, 0, (uint8_t)lan, (uint8_t)v, (uint8_t)n}},
			.lan = lan,
			.vlan = vlans[v / 2]};
	}
}

struct virtual_lans *lans_new(const struct lans_options *options)
{
	struct virtual_lans *l = calloc(1, sizeof(*l));
	unsigned int n = options->rbridges;

	if (!l)
		return NULL;
	l->trunk = (struct campus_options){.p2p = true,
		.configured = true,
		.hello_ms = LANS_HELLO_MS,
		.holding_s = LANS_HOLDING_S,
		.trees = {.compute = 2, .max = 3, .use = 1},
		.esadi = options->esadi ? vlans[1] : 0,
		.node = node_differs};
	l->native = l->trunk;
	l->native.p2p = false;
	l->native.native = true;
	random_seeded_init(&l->random, options->seed ^ 0x6c616e73);
	l->c = campus_new(n, options->lans + n + n / 2, options->seed, &l->trunk);
	if (!l->c) {
		free(l);
		return NULL;
	}
	datapath_init(&l->dp, l->c);
	l->receive = l->c->receive;
	l->c->receive = on_receive;
	l->c->receive_arg = l;
	l->c->tap = on_tap;
	l->c->tap_arg = l;
	l->lans = options->lans;
	for (unsigned int i = 0; i < l->lans; i++)
		lan_make(l, i, n);
	for (unsigned int i = 0; i < n + n / 2; i++) {
		unsigned int a = i < n ? i : below(l, n);

		campus_wire(l->c, (unsigned int[]){a, (a + (i < n ? 1 : 2 + below(l, n - 3))) % n},
			2, 20000 * (1 + below(l, 3)), &l->trunk);
	}
	return l;
}

void lans_free(struct virtual_lans *l)
{
	campus_free(l->c);
	free(l);
}
