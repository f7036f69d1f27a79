/* See virtual_datapath.h. */
#include "tests/trill/virtual_datapath.h"

#include <stdlib.h>
#include <string.h>

#include "trill/codec/data.h"
#include "trill/codec/flow.h"

#define FRAME_MAX   2048
#define NO_PORT     UINT16_MAX
#define PAYLOAD_MAX 16 /* of native frames; longer ones come out without */

/* The core is told, and may have something to do. */
static void news(struct virtual_datapath *dp, struct campus_node_sim *n, enum tables_news what,
	const struct tables_station *is, const struct tables_station *before)
{
	rbridge_station(n->rb, what, is, before, dp->campus->now);
	timer_set(&dp->campus->timers, &n->timer, rbridge_next(n->rb));
}

static void learn(
	struct virtual_datapath *dp, struct campus_node_sim *n, const struct tables_station *is)
{
	struct tables_station *known = campus_station(n, &is->mac, is->vlan), before;

	if (mac_is_group(&is->mac))
		return;
	if (!known) {
		if (!n->tables.station_set(&n->tables, is))
			news(dp, n, TABLES_LEARNED, is, NULL);
		return;
	}
	if (known->confidence > is->confidence)
		return;
	before = *known;
	*known = *is;
	if (before.nickname != is->nickname || before.ifindex != is->ifindex)
		news(dp, n, TABLES_MOVED, is, &before);
}

static bool is_anycast(const struct campus_node_sim *n, const struct mac *mac)
{
	for (unsigned int i = 0; i < n->self.anycast_count; i++)
		if (!mac_compare(&n->self.anycast[i], mac))
			return true;
	return false;
}

/* The number of a frame's label, at this RBridge; 0: it has none. */
static uint16_t number_of(const struct campus_node_sim *n, struct label label)
{
	if (!label.fgl)
		return (uint16_t)label.id;
	for (uint16_t i = 0; i < LABELS_FGL_MAX; i++)
		if (n->fgls[i] == label.id + 1)
			return (uint16_t)(LABELS_FIRST + i);
	return 0;
}

/* Of a VLAN at a port. */
static struct label label_at(const struct campus_node_sim *n, uint16_t port, uint16_t vlan)
{
	uint16_t number = n->mapped ? n->mapped[port][vlan] : 0;

	if (number)
		return (struct label){.id = n->fgls[number - LABELS_FIRST] - 1, .fgl = true};
	return (struct label){.id = vlan};
}

/* The VLAN that stands for the label at a port; 0: none does. */
static uint16_t vlan_at(const struct campus_node_sim *n, uint16_t port, struct label label)
{
	for (uint16_t v = 1; v <= VLAN_LAST; v++)
		if (label_equal(label_at(n, port, v), label))
			return v;
	return 0;
}

/* Whether native frames of @vlan may pass a port. */
static bool passes(const struct campus_node_sim *n, uint16_t port, uint16_t vlan, bool learning)
{
	const struct tables_forwarder *f = &n->forwarders[port];

	return n->ports[port].native && vlan_set_has(&f->appointed, vlan) &&
	       (learning || !vlan_set_has(&f->inhibited, vlan));
}

static bool serves(const struct campus_node_sim *n, struct label label)
{
	for (uint16_t i = 0; i < n->port_count; i++)
		if (passes(n, i, vlan_at(n, i, label), true))
			return true;
	return false;
}

static void native_out(struct virtual_datapath *dp, struct campus_node_sim *n, uint16_t port,
	const struct data_frame *f)
{
	uint16_t vlan = vlan_at(n, port, f->inner.label);
	struct ethernet outer = {.da = f->inner.da,
		.sa = f->inner.sa,
		.tagged = vlan != n->ports[port].pvid,
		.vlan = vlan,
		.ethertype = 0x88b5};
	uint8_t frame[64];
	struct wire_writer w;

	if (!passes(n, port, vlan, false))
		return;
	if (dp->count < DATAPATH_LOG)
		dp->log[dp->count++] =
			(struct datapath_native){n->number, port, vlan, f->inner.da, f->inner.sa};
	wire_writer_init(&w, frame, sizeof(frame));
	ethernet_write(&w, &outer);
	if (f->payload_len >= 2 && f->payload_len - 2 <= PAYLOAD_MAX)
		wire_put_bytes(&w, f->payload + 2, f->payload_len - 2);
	campus_put(n, port, frame, w.pos);
}

static void data_out(struct campus_node_sim *n, uint32_t ifindex, const struct mac *da,
	const struct data_frame *f)
{
	const struct tables_port *port = &n->ports[ifindex - 1];
	struct data_frame out = *f;
	uint8_t frame[FRAME_MAX];
	int len;

	if (port->no_fgl && f->inner.label.fgl)
		return; /* RFC 7172 section 5.1, A1 */

	out.outer = (struct ethernet){.da = *da,
		.sa = port->mac,
		.tagged = port->outer,
		.vlan = port->outer,
		.ethertype = ETHERTYPE_TRILL};
	len = data_frame_write(frame, sizeof(frame), &out);
	if (len > 0)
		campus_put(n, (uint16_t)(ifindex - 1), frame, (size_t)len);
}

static const struct campus_tree *tree_of(const struct campus_node_sim *n, uint16_t root)
{
	for (unsigned int i = 1; i < 4; i++)
		if (n->trees[i].live && n->trees[i].row.root == root)
			return &n->trees[i];
	return NULL;
}

/* The daemon takes it, and no station. */
static bool for_daemon(const struct data_frame *f)
{
	return f->header.alert || !mac_compare(&f->inner.da, &mac_all_egress);
}

/* At a port of a virtual RBridge (RFC 7781 sections 5.2 and 5.3): what entered under its nickname
 * stays out, unless it entered here; of the rest another may be the designated forwarder. */
static bool is_filtered(
	const struct campus_node_sim *n, uint16_t port, const struct data_frame *f, bool native)
{
	uint16_t nickname = n->ports[port].nickname;

	if (!nickname || !f->header.multi)
		return false;
	if (f->header.ingress == nickname)
		return !native;
	return vlan_set_has(&n->forwarders[port].others, f->inner.label.id);
}

/* Copies to the tree's ports but @from, and to ports with end stations but @came. */
/* One hop further (RFC 7780 section 10.2.1.3). False: there is none left. */
static bool hop(struct data_header *h)
{
	if (!h->hops)
		return false;
	h->hops--;
	if (h->hops == DATA_HOPS_MAX)
		h->flags &= ~DATA_FLAG_CRRSV; /* the extension came to zero */
	return true;
}

static void flood(struct virtual_datapath *dp, struct campus_node_sim *n, struct data_frame *f,
	uint16_t from, uint16_t came)
{
	const struct campus_tree *tree = tree_of(n, f->header.egress);
	uint16_t number = number_of(n, f->inner.label);

	for (uint16_t i = 0; i < n->port_count; i++)
		if (i != came && !for_daemon(f) && !is_filtered(n, i, f, from == NO_PORT))
			native_out(dp, n, i, f);
	if (!tree)
		return;
	if (from == NO_PORT)
		f->header.hops = tree->row.hops;
	else if (!hop(&f->header))
		return;
	for (size_t i = 0; i < tree->row.port_count; i++) {
		if (tree->ports[i].ifindex == from + 1u ||
			!n->ports[tree->ports[i].ifindex - 1].trill)
			continue;
		if (label_set_has(&tree->pruned[i], number))
			dp->pruned++;
		else
			data_out(n, tree->ports[i].ifindex, &mac_all_rbridges, f);
	}
}

/* Of the tree for what enters under one of ours; 0: it is no virtual RBridge's. */
static uint16_t root_of(const struct campus_node_sim *n, uint16_t nickname)
{
	for (size_t i = 0; i < n->self.count; i++)
		if (n->self.nicknames[i] == nickname)
			return n->self.roots[i];
	return 0;
}

/* To the next hop that each RBridge chooses for the flow, as the program does. */
static void hop_out(
	struct campus_node_sim *n, const struct tables_path *path, const struct data_frame *f)
{
	uint8_t inner[FLOW_BYTES];
	const struct tables_hop *hop;
	struct wire_writer w;
	size_t room;

	wire_writer_init(&w, inner, sizeof(inner));
	ethernet_inner_write(&w, &f->inner);
	room = sizeof(inner) - w.pos;
	wire_put_bytes(&w, f->payload, f->payload_len < room ? f->payload_len : room);
	hop = &path->hop[flow_choice(
		flow_hash(inner, inner + w.pos, n->self.hash_seed), (uint32_t)path->count)];
	data_out(n, hop->ifindex, &hop->mac, f);
}

/* False: nothing leads to @egress. */
static bool unicast_out(struct virtual_datapath *dp, struct campus_node_sim *n,
	const struct data_frame *f, uint16_t egress)
{
	const struct tables_path *path = &n->paths[dp->campus->slots[egress]];
	struct data_frame out = *f;

	if (!n->has_path[dp->campus->slots[egress]] || !path->count)
		return false;
	out.header.multi = false;
	out.header.egress = egress;
	out.header.hops = path->hops;
	hop_out(n, path, &out);
	return true;
}

/* NULL: it is for many, or not known. */
static const struct tables_station *station_of(
	struct campus_node_sim *n, const struct data_frame *f)
{
	return mac_is_group(&f->inner.da)
		       ? NULL
		       : campus_station(n, &f->inner.da, number_of(n, f->inner.label));
}

/* From a station to where its destination is. */
static void ingress(
	struct virtual_datapath *dp, struct campus_node_sim *n, uint16_t port, struct data_frame *f)
{
	uint16_t number = number_of(n, f->inner.label);
	const struct tables_station *to = station_of(n, f);

	if (!to && f->inner.label.fgl && !n->ports[port].nickname)
		to = campus_station(n, &mac_broadcast, number);
	if (to && !to->nickname) {
		if (to->ifindex != port + 1u)
			native_out(dp, n, (uint16_t)(to->ifindex - 1), f);
		return;
	}
	f->header = (struct data_header){.multi = true,
		.egress = f->inner.label.fgl ? n->self.fgl_root : n->self.root,
		.ingress = n->self.ingress};
	if (n->ports[port].nickname) {
		f->header.ingress = n->ports[port].nickname;
		f->header.egress = root_of(n, f->header.ingress);
	}
	if (!to || !unicast_out(dp, n, f, to->nickname))
		flood(dp, n, f, NO_PORT, port);
}

/* @rest: what is behind its Ethertype. */
static void native_in(struct virtual_datapath *dp, struct campus_node_sim *n, uint16_t port,
	const struct ethernet *e, const uint8_t *rest, size_t len)
{
	uint16_t vlan = e->vlan ? e->vlan : n->ports[port].pvid;
	struct label label = label_at(n, port, vlan);
	struct tables_station from = {.mac = e->sa,
		.vlan = number_of(n, label),
		.ifindex = port + 1u,
		.confidence = TABLES_CONFIDENCE_DATA};
	uint8_t payload[2 + PAYLOAD_MAX] = {0x88, 0xb5};
	struct data_frame f = {.inner = {.da = e->da, .sa = e->sa, .label = label},
		.payload = payload,
		.payload_len = 2};

	if (len && len <= PAYLOAD_MAX) {
		memcpy(payload + 2, rest, len);
		f.payload_len += len;
	}
	dp->native++;
	if (!passes(n, port, vlan, true) || is_anycast(n, &e->sa))
		return;
	learn(dp, n, &from);
	if (passes(n, port, vlan, false))
		ingress(dp, n, port, &f);
}

static bool is_own(const struct campus_node_sim *n, uint16_t nickname)
{
	for (size_t i = 0; i < n->self.count; i++)
		if (n->self.nicknames[i] == nickname)
			return true;
	return false;
}

/* The frame is for this RBridge: for its daemon, or a station. */
static void egress(struct virtual_datapath *dp, struct campus_node_sim *n, uint16_t port,
	const struct data_frame *f, const uint8_t *frame, size_t len)
{
	const struct tables_station *to;

	if (for_daemon(f)) {
		rbridge_frame(n->rb, port, frame, len, dp->campus->now);
		timer_set(&dp->campus->timers, &n->timer, rbridge_next(n->rb));
		return;
	}
	to = station_of(n, f);
	/* Another member has it, or another group by now (RFC 7781 section 6.2.1). */
	if (!f->header.multi && to && to->nickname && root_of(n, f->header.egress) &&
		unicast_out(dp, n, f, to->nickname))
		return;
	for (uint16_t i = 0; i < n->port_count; i++)
		if (f->header.multi || !to || to->nickname || to->ifindex == i + 1u)
			native_out(dp, n, i, f);
}

static bool believes(const struct virtual_datapath *dp, const struct campus_node_sim *n,
	uint16_t port, const struct data_frame *f)
{
	static const struct mac whichever;
	unsigned int slot = dp->campus->slots[f->header.ingress];
	const struct campus_tree *tree = tree_of(n, f->header.egress);
	const struct tables_adjacency *a = campus_adjacency(n, port + 1u, &f->outer.sa);
	const struct tables_rpf *rpf;

	if (!n->ports[port].trill || !a)
		return false;
	if (!f->header.multi)
		return true;
	if (!tree)
		return false;
	rpf = &n->rpf[slot][tree - n->trees];
	return a->trees >> (tree - n->trees) & 1 && rpf->ifindex == port + 1u &&
	       (!mac_compare(&rpf->mac, &whichever) || !mac_compare(&rpf->mac, &f->outer.sa));
}

/* For the daemon here alone: it goes up whoever sent it, since BFD begins before there is an
 * adjacency. */
static bool is_message_for_us(
	const struct campus_node_sim *n, uint16_t port, const struct data_frame *f)
{
	return n->ports[port].trill && !f->header.multi && f->header.hops == DATA_HOPS_MAX &&
	       !mac_compare(&f->inner.da, &mac_all_egress) &&
	       (f->header.egress == NICKNAME_ANY_RBRIDGE || is_own(n, f->header.egress));
}

static void data_in(struct virtual_datapath *dp, struct campus_node_sim *n, uint16_t port,
	const uint8_t *frame, size_t len)
{
	struct wire_fault fault;
	struct data_frame f;
	struct tables_station from;

	dp->data++;
	if (data_frame_read(frame, len, &f, &fault)) {
		dp->dropped++;
		return;
	}
	if (mac_compare(&f.outer.da, &mac_all_rbridges) &&
		mac_compare(&f.outer.da, &n->ports[port].mac))
		return; /* to another on the LAN */
	if (is_message_for_us(n, port, &f)) {
		egress(dp, n, port, &f, frame, len);
		return;
	}
	if (!believes(dp, n, port, &f)) {
		dp->dropped++;
		return;
	}
	from = (struct tables_station){.mac = f.inner.sa,
		.vlan = number_of(n, f.inner.label),
		.nickname = f.header.ingress,
		.confidence = TABLES_CONFIDENCE_DATA};
	/* The last hop of a path trace. */
	if (!f.header.multi && f.header.alert && f.header.hops <= 1)
		f.header.egress = n->self.ingress;
	if (!f.header.multi && !is_own(n, f.header.egress)) {
		const struct tables_path *path = &n->paths[dp->campus->slots[f.header.egress]];

		if (hop(&f.header) && path->count)
			hop_out(n, path, &f);
		return;
	}
	if (!for_daemon(&f) && !is_anycast(n, &f.inner.sa) && serves(n, f.inner.label) &&
		!is_own(n, f.header.ingress))
		learn(dp, n, &from);
	if (f.header.multi && for_daemon(&f))
		egress(dp, n, port, &f, frame, len);
	else if (!f.header.multi)
		egress(dp, n, port, &f, frame, len);
	if (f.header.multi)
		flood(dp, n, &f, port, NO_PORT);
}

/* ARP that is for the daemon: to a group, where it wants that; to the port; to the MAC that asks.
 */
static bool arp_goes_up(const struct campus_node_sim *n, uint16_t port, const struct ethernet *e)
{
	if (mac_is_group(&e->da))
		return n->self.asks;
	return !mac_compare(&e->da, &n->ports[port].mac) ||
	       (n->self.asks && !mac_compare(&e->da, &n->self.mac));
}

/* ARP, ND and RARP that goes on by itself. */
static bool is_read(const struct campus_node_sim *n, const struct ethernet *e)
{
	return mac_is_group(&e->da) &&
	       (e->ethertype == 0x8035 ||
		       ((e->ethertype == 0x0806 || e->ethertype == 0x86dd) && !n->self.asks));
}

/* The frame, which has no tag, goes on, and is read. */
static void heard(struct virtual_datapath *dp, struct campus_node_sim *n, uint16_t port,
	const struct ethernet *e, const uint8_t *frame, size_t len)
{
	native_in(dp, n, port, e, NULL, 0);
	if (passes(n, port, n->ports[port].pvid, false))
		rbridge_heard(n->rb, port, n->ports[port].pvid, frame, len, dp->campus->now);
}

/* What comes by the wires: what is not TRILL's is a station's. */
static void on_receive(
	void *arg, struct campus_node_sim *n, uint16_t port, const uint8_t *frame, size_t len)
{
	struct virtual_datapath *dp = arg;
	struct wire_fault fault;
	struct wire_reader r;
	struct ethernet e;

	wire_reader_init(&r, frame, len, &fault);
	ethernet_read(&r, &e);
	if (e.ethertype == ETHERTYPE_TRILL)
		data_in(dp, n, port, frame, len);
	else if (e.ethertype == 0x88b5)
		native_in(dp, n, port, &e, frame + r.pos, len - r.pos);
	else if (is_read(n, &e))
		heard(dp, n, port, &e, frame, len);
	else if (e.ethertype == 0x0806 && !arp_goes_up(n, port, &e))
		dp->dropped++; /* a station's to another: not forwarded here */
	else
		rbridge_frame(n->rb, port, frame, len, dp->campus->now);
	timer_set(&dp->campus->timers, &n->timer, rbridge_next(n->rb));
}

void datapath_init(struct virtual_datapath *dp, struct virtual_campus *c)
{
	memset(dp, 0, sizeof(*dp));
	dp->campus = c;
	c->receive = on_receive;
	c->receive_arg = dp;
}

void datapath_send(struct virtual_datapath *dp, unsigned int node, uint16_t port, uint16_t vlan,
	const struct mac *da, const struct mac *sa)
{
	struct campus_node_sim *n = &dp->campus->nodes[node];
	struct ethernet e = {.da = *da, .sa = *sa, .ethertype = 0x88b5};

	e.vlan = vlan == n->ports[port].pvid ? 0 : vlan;
	native_in(dp, n, port, &e, NULL, 0);
}

void datapath_inject(struct virtual_datapath *dp, unsigned int node, uint16_t port,
	const uint8_t *frame, size_t len)
{
	on_receive(dp, &dp->campus->nodes[node], port, frame, len);
}

unsigned int datapath_seen(const struct virtual_datapath *dp, unsigned int from, unsigned int node,
	uint16_t port, const struct mac *sa)
{
	unsigned int count = 0;

	for (unsigned int i = from; i < dp->count; i++)
		count += dp->log[i].node == node && dp->log[i].port == port &&
			 !mac_compare(&dp->log[i].sa, sa);
	return count;
}

void datapath_age(
	struct virtual_datapath *dp, unsigned int node, const struct mac *mac, uint16_t vlan)
{
	struct campus_node_sim *n = &dp->campus->nodes[node];
	struct tables_station *is = campus_station(n, mac, vlan), was;

	if (!is)
		abort();
	was = *is;
	n->tables.station_del(&n->tables, mac, vlan);
	news(dp, n, TABLES_AGED, &was, NULL);
}
