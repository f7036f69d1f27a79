/* OAM: messages of others are answered, ours are sent, and continuity is checked (see rbridge.h;
 * RFC 7455).
 *
 * It tells the rooms what they ask of: where a message came in, where it would go, who is OAM
 * capable. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#define FLOWS        4  /* of continuity checks */
#define FLOW_TYPE_AT 16 /* behind the inner C-tag */
#define FLOW_PORT_AT 39 /* the second byte of UDP's source port */

/* When the rooms have something to do next. */
static void kick(struct rbridge *rb)
{
	timer_set(&rb->timers, &rb->oam_timer,
		mono_min(oam_probe_next(&rb->probes), continuity_next(&rb->continuity)));
}

static void oam_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;

	oam_probe_time(&rb->probes, now);
	continuity_time(&rb->continuity, now);
	kick(rb);
}

static void on_send(void *arg, const struct data_frame *f)
{
	struct channel_to to = {.multi = f->header.multi, .egress = f->header.egress};

	rbridge_data_send(arg, &to, f);
}

/* Whose @mac is, behind @port; NICKNAME_NONE: nobody's that we know. */
static uint16_t neighbor_nickname(const struct rbridge_port *port, const struct mac *mac)
{
	const struct adjacency *row = rbridge_port_neighbor(port, mac);

	return row ? row->nickname : NICKNAME_NONE;
}

static struct oam_port port_of(const struct rbridge_port *port)
{
	return (struct oam_port){.action = port->up ? OAM_PORT_OK : OAM_PORT_DOWN,
		.mac = port->config.mac,
		.has_id = true,
		.id = port->number};
}

static void on_place(void *arg, const struct oam_in *in, struct oam_place *place)
{
	struct rbridge *rb = arg;
	const struct rbridge_port *port = &rb->ports[in->port];

	place->port = port_of(port);
	place->status = port->up ? OAM_INTERFACE_UP : OAM_INTERFACE_DOWN;
	place->previous = neighbor_nickname(port, &in->data->outer.sa);
}

static void way_add(struct oam_way *way, uint16_t nickname)
{
	if (nickname != NICKNAME_NONE && way->count < OAM_HOPS_NAMED)
		way->next[way->count++] = nickname;
}

/* Down the tree: its adjacencies but those by which the message came. */
static void way_of_tree(struct rbridge *rb, const struct oam_in *in, struct oam_way *way)
{
	const struct routes_picture *told = &rb->routes.told;
	uint32_t from = rb->ports[in->port].config.ifindex;
	unsigned int number = 1;

	while (number <= TABLES_TREES_MAX && told->trees[number].root != in->data->header.egress)
		number++;
	for (uint32_t i = 0; number <= TABLES_TREES_MAX && i < told->adjacency_count; i++) {
		const struct tables_adjacency *a = &told->adjacencies[i];
		const struct rbridge_port *port = rbridge_port_of(rb, a->ifindex);

		if (port && a->trees >> number & 1 && a->ifindex != from)
			way_add(way, neighbor_nickname(port, &a->mac));
	}
}

static void on_way(void *arg, const struct oam_in *in, struct oam_way *way)
{
	struct rbridge *rb = arg;
	const struct tables_path *path;
	size_t chosen = 0;

	if (in->data->header.multi) {
		way_of_tree(rb, in, way);
		return;
	}
	path = rbridge_data_path(rb, in->data->header.egress);
	if (path && path->count)
		chosen = rbridge_data_choice(rb, path, in->flow, OAM_FLOW_LEN);
	for (size_t i = 0; path && i < path->count; i++) {
		const struct rbridge_port *port = rbridge_port_of(rb, path->hop[i].ifindex);

		if (!port)
			continue;
		way_add(way, neighbor_nickname(port, &path->hop[i].mac));
		if (!way->has_port || i == chosen)
			way->port = port_of(port);
		way->has_port = true;
	}
}

static uint32_t on_receivers(void *arg, struct label label)
{
	struct rbridge *rb = arg;
	uint16_t number = labels_number(&rb->labels, label);
	uint32_t n = 0;

	for (uint16_t i = 0; number && i < RBRIDGE_PORTS_MAX; i++)
		n += rb->ports[i].up && rbridge_label_served(&rb->ports[i], number);
	return n;
}

static bool on_capable(void *arg, uint16_t nickname)
{
	const struct rbridge *rb = arg;
	const struct campus *c = &rb->campus;
	uint32_t i = campus_claim_find(c, nickname);

	return i < c->claim_count && c->nodes[c->claims[i].node].oam;
}

static void on_check(void *arg, const struct continuity_event *check)
{
	struct rbridge_event event = {
		.kind = RBRIDGE_CONTINUITY, .nickname = check->mep, .check = check};

	rbridge_event_say(arg, &event);
}

void rbridge_oam_rekey(struct rbridge *rb)
{
	rb->oam.key_count = 0;
	for (unsigned int i = 0; i < rb->config.key_count && i < OAM_KEYS_MAX; i++)
		rb->oam.keys[rb->oam.key_count++] = rb->config.keys[i];
}

static enum continuity_interval interval_of(const struct rbridge_config *c)
{
	return c->check_interval ? c->check_interval : CONTINUITY_1S;
}

static bool checks(const struct rbridge_config *c, uint16_t nickname)
{
	for (unsigned int i = 0; i < c->check_count; i++)
		if (c->checks[i] == nickname)
			return true;
	return false;
}

void rbridge_oam_follow(struct rbridge *rb, const struct rbridge_config *c, struct mono now)
{
	for (unsigned int i = 0; i < rb->config.check_count; i++)
		if (!checks(c, rb->config.checks[i]))
			continuity_remote_del(&rb->continuity, rb->config.checks[i]);
	for (unsigned int i = 0; i < c->check_count; i++)
		continuity_remote_add(&rb->continuity, c->checks[i], now); /* if it is not there */
	memcpy(rb->config.checks, c->checks, sizeof(c->checks));
	rb->config.check_count = c->check_count;
	rb->config.check_interval = c->check_interval;
	rb->config.oam_auth = rb->oam.auth = c->oam_auth;
	continuity_interval_set(&rb->continuity, interval_of(c), now);
	kick(rb);
}

/* Flow @i: all but the first are as of UDP, each with a port of its own, by which RBridges on the
 * way choose among equal paths as they do for data. */
static void flow_make(struct rbridge *rb, unsigned int i, uint8_t flow[OAM_FLOW_LEN])
{
	static const uint8_t udp[] = {0x08, 0x00, 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17};

	oam_flow_of(&rb->oam, &mac_oam_unicast, rb->continuity.label, flow);
	if (!i)
		return;
	memcpy(flow + FLOW_TYPE_AT, udp, sizeof(udp));
	flow[FLOW_PORT_AT] = (uint8_t)i;
}

void rbridge_oam_init(struct rbridge *rb)
{
	struct oam_env env = {on_send, on_place, on_way, on_receivers, on_capable, rb};
	struct label label = {.id = CHANNEL_VLAN_UNICAST};

	oam_init(&rb->oam, &env, &(struct mac){{0}});
	rb->oam.auth = rb->config.oam_auth;
	rbridge_oam_rekey(rb);
	oam_probe_init(&rb->probes, &rb->oam, rb->env.random);
	continuity_init(&rb->continuity, &rb->oam, interval_of(&rb->config), label);
	for (unsigned int i = 1; i < FLOWS; i++) {
		uint8_t flow[OAM_FLOW_LEN];

		flow_make(rb, i, flow);
		continuity_flow_add(&rb->continuity, flow);
	}
	rb->continuity.event = on_check;
	rb->continuity.arg = rb;
	timer_init(&rb->oam_timer, oam_fire, rb);
	for (unsigned int i = 0; i < rb->config.check_count; i++)
		continuity_remote_add(&rb->continuity, rb->config.checks[i], rb->now);
	kick(rb);
}

void rbridge_oam_mac(struct rbridge *rb, const struct mac *mac)
{
	rb->oam.mac = *mac;
	for (unsigned int i = 0; i < rb->continuity.flow_count; i++)
		flow_make(rb, i, rb->continuity.flows[i]);
}

void rbridge_oam_nicknames(struct rbridge *rb)
{
	uint16_t own[OAM_OWN_MAX];
	unsigned int n = 0;

	for (unsigned int i = 0; i < rb->nicknames.count && n < OAM_OWN_MAX; i++)
		if (rb->nicknames.own[i].nickname != NICKNAME_NONE)
			own[n++] = rb->nicknames.own[i].nickname;
	/* What is asked of a virtual RBridge is answered in its name (RFC 7781 section 10). */
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX && n < OAM_OWN_MAX; i++)
		if (rb->ports[i].pseudo)
			own[n++] = rb->ports[i].pseudo;
	oam_own_set(&rb->oam, own, n);
}

void rbridge_oam_take(struct rbridge_port *port, const struct data_frame *f, const uint8_t *frame,
	size_t len, struct mono now)
{
	oam_receive(&port->rb->oam, f, frame, len, port->number, now);
	kick(port->rb);
}

int rbridge_probe(struct rbridge *rb, const struct oam_probe_want *want, struct mono now)
{
	int probe = oam_probe_start(&rb->probes, want, now);

	rb->now = now;
	kick(rb);
	return probe;
}

void rbridge_probe_stop(struct rbridge *rb, unsigned int probe)
{
	oam_probe_stop(&rb->probes, probe);
}

bool rbridge_check(struct rbridge *rb, uint16_t nickname, bool on, struct mono now)
{
	bool was = continuity_remote_find(&rb->continuity, nickname);

	rb->now = now;
	if (!on)
		continuity_remote_del(&rb->continuity, nickname);
	else if (!continuity_remote_add(&rb->continuity, nickname, now))
		return false;
	kick(rb);
	return on || was;
}

const struct oam_room *rbridge_oam(const struct rbridge *rb)
{
	return &rb->oam;
}

const struct continuity *rbridge_continuity(const struct rbridge *rb)
{
	return &rb->continuity;
}
