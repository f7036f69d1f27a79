/* TRILL Data of our own: what the data plane hands up of it, ESADI PDUs and channel messages, and
 * how ours get on the wire (see rbridge.h; RFC 7178 section 2, RFC 7357 section 4.1).
 *
 * What comes up has passed the data plane's checks (RFC 6325 section 4.6.2); forwarding it is not
 * our business. What goes out takes the paths and trees that the data plane was told last. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#include "trill/codec/flow.h"

#define FRAME_MAX 2048

/* Out of @port to the neighbour, or group, @da. No fine-grained label goes where somebody cannot
 * take it (RFC 7172 section 5.1, A.1), as none of the data plane's does. */
static void data_out(struct rbridge_port *port, const struct mac *da, const struct data_frame *f)
{
	struct data_frame out = *f;
	uint8_t frame[FRAME_MAX];
	int len;

	if (port->unsafe && f->inner.label.fgl) {
		port->counters.unsafe++;
		return;
	}
	out.outer = (struct ethernet){.da = *da,
		.sa = port->config.mac,
		.tagged = port->designated != port->config.untagged,
		.priority = f->inner.priority,
		.dei = f->inner.dei,
		.vlan = port->designated,
		.ethertype = ETHERTYPE_TRILL};
	len = data_frame_write(frame, sizeof(frame), &out);
	if (len < 0)
		port->counters.unwritten++;
	else if (port->up)
		port->rb->env.frame(port->rb->env.arg, port->number, frame, (size_t)len);
}

struct rbridge_port *rbridge_port_of(struct rbridge *rb, uint32_t ifindex)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rb->ports[i].up && rb->ports[i].config.ifindex == ifindex)
			return &rb->ports[i];
	return NULL;
}

/* To all in its label, on the tree of root f->header.egress. */
static void tree_out(struct rbridge *rb, struct data_frame *f)
{
	const struct routes_tree *tree = rb->routes.told.trees;
	uint16_t number = labels_number(&rb->labels, f->inner.label);
	unsigned int which = 1;

	while (which <= TABLES_TREES_MAX && tree[which].root != f->header.egress)
		which++;
	if (which > TABLES_TREES_MAX)
		return;
	tree += which;
	f->header.hops = tree->hops;
	for (unsigned int i = 0; i < tree->count; i++) {
		struct rbridge_port *port = rbridge_port_of(rb, tree->branches[i].ifindex);
		bool wanted = !label_set_has(&tree->branches[i].pruned, number);

		if (port && wanted)
			data_out(port, &mac_all_rbridges, f);
	}
}

const struct tables_path *rbridge_data_path(const struct rbridge *rb, uint16_t nickname)
{
	const struct routes_path *row = routes_path_find(&rb->routes, nickname);

	return row ? &row->path : NULL;
}

size_t rbridge_data_choice(
	const struct rbridge *rb, const struct tables_path *path, const void *inner, size_t len)
{
	uint32_t hash = flow_hash(inner, (const uint8_t *)inner + len, rb->hash_seed);

	return flow_choice(hash, (uint32_t)path->count);
}

/* Of the frame as it will stand. */
static size_t choice_of(
	const struct rbridge *rb, const struct tables_path *path, const struct data_frame *f)
{
	uint8_t inner[FLOW_BYTES];
	struct wire_writer w;
	size_t room;

	wire_writer_init(&w, inner, sizeof(inner));
	ethernet_inner_write(&w, &f->inner);
	room = sizeof(inner) - w.pos;
	wire_put_bytes(&w, f->payload, f->payload_len < room ? f->payload_len : room);
	return rbridge_data_choice(rb, path, inner, w.pos);
}

/* The first hop is the data plane's for this flow; with its port down, the next. */
static void unicast_out(struct rbridge *rb, struct data_frame *f)
{
	const struct tables_path *path = rbridge_data_path(rb, f->header.egress);
	size_t first = path && path->count ? choice_of(rb, path, f) : 0;

	for (size_t i = 0; path && i < path->count; i++) {
		const struct tables_hop *hop = &path->hop[(first + i) % path->count];
		struct rbridge_port *port = rbridge_port_of(rb, hop->ifindex);

		if (!port)
			continue; /* it is down, and the paths do not know yet */
		data_out(port, &hop->mac, f);
		return;
	}
}

/* For an end station of ours. */
static void native_out(
	struct rbridge_port *port, const struct channel_to *to, const struct data_frame *f)
{
	struct ethernet outer = {.da = to->da,
		.sa = port->config.mac,
		.tagged = to->label.id && to->label.id != port->config.pvid,
		.priority = to->priority,
		.vlan = (uint16_t)to->label.id,
		.ethertype = (uint16_t)(f->payload[0] << 8 | f->payload[1])};
	uint8_t frame[FRAME_MAX];
	struct wire_writer w;

	wire_writer_init(&w, frame, sizeof(frame));
	ethernet_write(&w, &outer);
	wire_put_bytes(&w, f->payload + 2, f->payload_len - 2);
	if (!wire_written(&w))
		port->counters.unwritten++;
	else if (port->up)
		port->rb->env.frame(port->rb->env.arg, port->number, frame, w.pos);
}

void rbridge_data_send(void *arg, const struct channel_to *to, const struct data_frame *f)
{
	struct rbridge *rb = arg;
	struct data_frame out = *f;

	if (to->native)
		native_out(&rb->ports[to->port], to, f);
	else if (!nickname_usable(f->header.ingress))
		return; /* we have none yet */
	else if (to->link)
		data_out(&rb->ports[to->port], &to->da, f);
	else if (to->multi)
		tree_out(rb, &out);
	else
		unicast_out(rb, &out);
}

void rbridge_data_esadi(
	struct rbridge *rb, uint16_t number, uint16_t one, const uint8_t *pdu, size_t len)
{
	struct label label = labels_label(&rb->labels, number);
	uint8_t payload[2 + ESADI_MAX_VLAN];
	bool multi = one == NICKNAME_NONE;
	uint16_t root = label.fgl ? rb->routes.told.self.fgl_root : rb->routes.told.self.root;
	struct channel_to to = {.multi = multi, .egress = multi ? root : one};
	struct data_frame f = {.header = {.multi = multi,
				       .hops = DATA_HOPS_MAX,
				       .egress = to.egress,
				       .ingress = rb->channel.nickname},
		.inner = {.da = mac_all_egress,
			.sa = rb->channel.mac,
			.label = label,
			.priority = CHANNEL_PRIORITY_CONTROL},
		.payload = payload,
		.payload_len = 2 + len};

	if (len > (label.fgl ? ESADI_MAX_FGL : ESADI_MAX_VLAN) || !nickname_usable(to.egress))
		return; /* nobody hears us */
	payload[0] = ETHERTYPE_L2_ISIS >> 8;
	payload[1] = ETHERTYPE_L2_ISIS & 0xff;
	memcpy(payload + 2, pdu, len);
	rbridge_data_send(rb, &to, &f);
}

bool rbridge_data_is_ours(const struct rbridge *rb, uint16_t nickname)
{
	for (unsigned int i = 0; i < rb->nicknames.count; i++)
		if (nickname != NICKNAME_NONE && rb->nicknames.own[i].nickname == nickname)
			return true;
	return false;
}

/* A frame for all has come up as a copy from the end of its tree, where only what came by an
 * adjacency goes. One for us alone the data plane hands up whoever sent it, because BFD begins
 * before there is an adjacency, in 2-Way (RFC 7175 section 3.1). It takes a neighbour, nonetheless:
 * else anybody on the link could end adjacencies and flush addresses. */
static bool is_believed(const struct rbridge_port *port, const struct data_frame *f)
{
	return f->header.multi || rbridge_port_neighbor(port, &f->outer.sa);
}

static bool is_of_adjacency(const struct rbridge_port *port, const struct data_frame *f)
{
	const struct adjacency *row = rbridge_port_neighbor(port, &f->outer.sa);

	return f->header.multi || (row && rbridge_port_reports(port, row));
}

void rbridge_data_take(struct rbridge_port *port, const uint8_t *frame, size_t len, struct mono now)
{
	struct rbridge *rb = port->rb;
	struct wire_fault fault;
	struct data_frame f;
	int err = data_frame_read(frame, len, &f, &fault);

	if (err) {
		port->counters.malformed[-err]++;
		return;
	}
	port->counters.data++;
	if (!is_believed(port, &f)) {
		port->counters.not_adjacent++;
		return;
	}
	if (f.header.alert) {
		rbridge_oam_take(port, &f, frame, len, now);
		return;
	}
	if (rb->config.arp_proxy && !mac_compare(&f.inner.da, &rb->channel.mac)) {
		rbridge_arp_remote(rb, &f, now);
		return;
	}
	if (mac_compare(&f.inner.da, &mac_all_egress) ||
		rbridge_data_is_ours(rb, f.header.ingress)) {
		port->counters.not_ours++;
		return;
	}
	if (!f.header.multi && f.header.egress != NICKNAME_ANY_RBRIDGE &&
		!rbridge_data_is_ours(rb, f.header.egress) &&
		!rbridge_active_active_is_ours(rb, f.header.egress)) {
		port->counters.not_ours++;
		return;
	}
	if (channel_receive(&rb->channel, &f, frame, len, port->number, now) != CHANNEL_IS_ESADI)
		return;
	if (is_of_adjacency(port, &f))
		rbridge_esadi_take(rb, &f, now);
	else
		port->counters.not_adjacent++;
}

void rbridge_data_native(struct rbridge_port *port, const struct ethernet *outer,
	const uint8_t *payload, size_t len, struct mono now)
{
	if (mac_compare(&outer->da, &mac_all_edge) && mac_compare(&outer->da, &port->config.mac)) {
		port->counters.not_ours++;
		return;
	}
	if (!rbridge_port_has_vlan(port, outer, port->config.pvid)) {
		port->counters.vlan++;
		return;
	}
	port->counters.channel++;
	channel_receive_native(&port->rb->channel, outer, payload, len, port->number, now);
}

/* IEEE 802.1D section 9.3: LLC 42 42 03, protocol 0, version, type; flags and root bridge. */
void rbridge_data_bpdu(struct rbridge_port *port, const uint8_t *llc, size_t len, struct mono now)
{
	static const uint8_t head[] = {0x42, 0x42, 0x03, 0x00, 0x00};
	enum { TYPE_AT = 6, ROOT_AT = 8, CONFIG = 0x00, RAPID = 0x02 };

	if (len < ROOT_AT + FORWARDER_BRIDGE_ID_LEN || memcmp(llc, head, sizeof(head)) != 0 ||
		(llc[TYPE_AT] != CONFIG && llc[TYPE_AT] != RAPID)) {
		port->counters.other++;
		return;
	}
	port->counters.bpdus++;
	rbridge_native_root(port, llc + ROOT_AT, now);
}

void rbridge_data_mac(struct rbridge *rb)
{
	for (uint16_t i = RBRIDGE_PORTS_MAX; i-- > 0;)
		if (rb->ports[i].up)
			rb->channel.mac = rb->ports[i].config.mac;
	rbridge_oam_mac(rb, &rb->channel.mac);
	rbridge_arp_mac(rb, &rb->channel.mac);
}
