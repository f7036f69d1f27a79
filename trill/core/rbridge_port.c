/* A port: our Hellos, and what others' make of its neighbours (see rbridge.h). */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#define FRAME_MAX (RBRIDGE_PDU_MAX + 18)

/* An Ethernet frame around @pdu, with a tag where the VLAN has one. */
void rbridge_port_send_to(struct rbridge_port *port, const struct mac *da, uint16_t vlan,
	const uint8_t *pdu, size_t len)
{
	struct ethernet outer = {.da = *da,
		.sa = port->config.mac,
		.tagged = vlan != port->config.untagged,
		.priority = 7, /* RFC 6325 section 4.9.1: control frames at high priority */
		.vlan = vlan,
		.ethertype = ETHERTYPE_L2_ISIS};
	uint8_t frame[FRAME_MAX];
	struct wire_writer w;

	if (len > (port->config.mtu ? port->config.mtu : RBRIDGE_MTU_DEFAULT)) {
		port->counters.too_large++;
		return;
	}
	wire_writer_init(&w, frame, sizeof(frame));
	ethernet_write(&w, &outer);
	wire_put_bytes(&w, pdu, len);
	if (wire_written(&w))
		port->rb->env.frame(port->rb->env.arg, port->number, frame, w.pos);
	else
		port->counters.unwritten++;
}

void rbridge_port_send(struct rbridge_port *port, uint16_t vlan, const uint8_t *pdu, size_t len)
{
	rbridge_port_send_to(port, &mac_all_isis_rbridges, vlan, pdu, len);
}

static bool is_drb(const struct rbridge_port *port)
{
	return port->drb.state == DRB_IS_DRB;
}

static uint16_t nickname_of(const struct rbridge *rb)
{
	for (unsigned int i = 0; i < rb->nicknames.count; i++)
		if (rb->nicknames.own[i].nickname != NICKNAME_NONE)
			return rb->nicknames.own[i].nickname;
	return NICKNAME_NONE;
}

/* RFC 5303 section 3.2: our state, our circuit, and whom we hear. */
static struct hello_three_way three_way(const struct rbridge_port *port)
{
	struct hello_three_way way = {
		.state = THREE_WAY_DOWN, .has_circuit = true, .circuit = port->config.ifindex};

	if (!port->table.count)
		return way;
	way.state = port->table.rows[0].state >= ADJACENCY_TWO_WAY ? THREE_WAY_UP
								   : THREE_WAY_INITIALIZING;
	way.has_neighbor = way.has_neighbor_circuit = true;
	way.neighbor = port->table.rows[0].key.system;
	way.neighbor_circuit = port->peer_circuit;
	return way;
}

static void hello_send(struct rbridge_port *port, uint16_t vlan, struct mono now)
{
	const struct rbridge_port_config *c = &port->config;
	struct hello_ours ours = {.head = {.source = port->rb->config.system,
					  .holding_s = c->holding_s,
					  .priority = c->priority,
					  .lan = rbridge_pseudonode_id(port),
					  .circuit = (uint8_t)(port->number + 1)},
		.flags = {.port_id = port->number,
			.nickname = nickname_of(port->rb),
			.bypass = !port->had_two,
			.outer_vlan = vlan,
			.designated_vlan = c->desired_vlan},
		.designated = port->designated,
		.enabled = &c->enabled,
		.neighbors = &port->table,
		.listed = &port->listed,
		.three_way = three_way(port),
		.p2p = c->p2p,
		.bfd = c->bfd,
		.key = rbridge_key(port->rb)};
	uint8_t pdu[ISIS_MAX_HELLO];
	int len;

	/* RFC 7780 section 2.4.2.2: whoever may need it. */
	for (unsigned int i = 0; i < port->table.count; i++)
		port->table.rows[i].oomf_offered = !port->rb->origin.overloaded;
	rbridge_native_say(port, vlan, &ours, now);
	len = hello_write(pdu, sizeof(pdu), &ours);
	if (len > 0)
		rbridge_port_send(port, vlan, pdu, (size_t)len);
	else
		port->counters.unwritten++;
}

static uint64_t hello_interval_ms(const struct rbridge_port *port)
{
	uint64_t ms = port->config.hello_ms;

	if (!port->config.p2p && is_drb(port))
		ms = (ms + 2) / 3;
	return ms - random_below(port->rb->env.random, ms * FLOOD_JITTER / 100 + 1);
}

/* Point to point in the Desired Designated VLAN alone (RFC 7177 section 3.1). */
static void hello_vlans(const struct rbridge_port *port, struct vlan_set *vlans)
{
	static const struct vlan_set none;

	hello_vlans_to_send(vlans, is_drb(port), &port->config.enabled,
		port->config.p2p ? &none : &port->config.announcing, rbridge_native_appointed(port),
		port->designated);
}

static void hello_fire(struct timer *t, struct mono now)
{
	struct rbridge_port *port = t->arg;
	struct vlan_set vlans;

	timer_set(&port->rb->timers, t, mono_add_ms(now, hello_interval_ms(port)));
	port->hello_sent = now;
	if (port->drb.state == DRB_SUSPENDED)
		return;
	hello_vlans(port, &vlans);
	for (unsigned int vlan = vlan_set_next(&vlans, 1); vlan;
		vlan = vlan_set_next(&vlans, vlan + 1))
		hello_send(port, (uint16_t)vlan, now);
	/* By this Hello a neighbour may take our LSPs: what went out before, it did not. */
	if (port->unheard)
		flood_neighbor(&port->rb->flood, port->number, now);
	if (port->unheard)
		rbridge_link_neighbor(port, now);
	if (port->unheard)
		rbridge_fs_neighbor(port, now);
	port->unheard = false;
}

/* A neighbour waits for what our next Hello says. */
void rbridge_port_hello_soon(struct rbridge_port *port, struct mono now)
{
	struct mono due = mono_add_ms(now, RBRIDGE_HELLO_SOON_MS);
	struct mono least = mono_add_ms(port->hello_sent, RBRIDGE_HELLO_LEAST_MS);

	if (port->ending)
		return;
	if (mono_before(due, least))
		due = least;
	if (!timer_is_set(&port->hello) || mono_before(due, port->hello.due))
		timer_set(&port->rb->timers, &port->hello, due);
}

static enum rbridge_hindrance hindrance_of(const struct rbridge_port *port)
{
	if (port->drb.state == DRB_SUSPENDED)
		return RBRIDGE_SUSPENDED;
	return vlan_set_has(&port->config.enabled, port->designated) ? RBRIDGE_UNHINDERED
								     : RBRIDGE_NOT_ENABLED;
}

static void hindrance_tell(struct rbridge_port *port)
{
	struct rbridge_event event = {
		.kind = RBRIDGE_HINDRANCE, .port = port->number, .hindrance = hindrance_of(port)};

	if (event.hindrance == port->hindrance)
		return;
	port->hindrance = event.hindrance;
	rbridge_event_say(port->rb, &event);
}

/* An election is wherever the table changes; a neighbour hears at once what came of it. */
static void drb_tell(struct rbridge_port *port, struct mono now)
{
	struct rbridge_event event = {
		.kind = RBRIDGE_DRB, .port = port->number, .drb = is_drb(port)};

	if (event.drb == port->drb_told)
		return;
	port->drb_told = event.drb;
	rbridge_port_hello_soon(port, now);
	rbridge_event_say(port->rb, &event);
}

/* What is flooded to @row, if it is one, a bit each: LSPs, FS-LSPs of the link, of the campus. */
enum { TO_LSPS = 1, TO_LINK = 2, TO_CAMPUS = 4 };

static unsigned int flooded_to(const struct adjacency *row)
{
	if (!row || row->state < ADJACENCY_TWO_WAY)
		return 0;
	return TO_LSPS | (row->e_l1cs ? TO_LINK : 0) | (row->e_l1fs ? TO_CAMPUS : 0);
}

/* RFC 7780 section 8.1.1: of adjacent RBridges what their Hellos say of scopes counts. */
static void scopes_settle(struct rbridge_port *port, struct mono now)
{
	unsigned int to = 0;

	for (unsigned int i = 0; i < port->table.count; i++)
		to |= flooded_to(&port->table.rows[i]);
	rbridge_link_settle(port, to & TO_LINK, is_drb(port), now);
	rbridge_fs_settle(port, to & TO_CAMPUS, is_drb(port), now);
}

void rbridge_port_settle(struct rbridge_port *port, struct mono now)
{
	struct rbridge *rb = port->rb;
	bool flooding;
	uint16_t vlan = drb_designated_vlan(&port->drb, &port->table);

	/* Nobody's priority says where a point-to-point link is (RFC 7177 sections 3 and 4.2). */
	if (port->config.p2p)
		vlan = port->config.desired_vlan;
	if (vlan != port->designated && port->up) {
		port->designated = vlan;
		adjacency_designated_changed(&port->table, now);
		drb_elect(&port->drb, &port->table);
		rbridge_port_hello_soon(port, now);
	}
	rbridge_safety_port(port, now);
	rbridge_mapping_follow(port, now);
	flooding = adjacency_count(&port->table, ADJACENCY_TWO_WAY) > 0;
	if (flooding && !port->flooding)
		flood_port_up(&rb->flood, port->number, port->config.p2p, now);
	else if (!flooding && port->flooding)
		flood_port_down(&rb->flood, port->number);
	port->flooding = flooding;
	scopes_settle(port, now);
	if (!port->config.p2p)
		flood_drb(&rb->flood, port->number, is_drb(port), now);
	if (rbridge_pseudonode_settle(port, now))
		rbridge_port_hello_soon(port, now);
	drb_tell(port, now);
	rbridge_native_settle(port, now);
	hindrance_tell(port);
	timer_set(&rb->timers, &port->hold,
		mono_min(adjacency_next(&port->table), drb_next(&port->drb)));
}

/* The adjacency table tells of a neighbour. */
static void on_adjacency(
	void *arg, const struct adjacency *row, enum adjacency_state was, enum adjacency_event why)
{
	struct rbridge_port *port = arg;
	struct rbridge *rb = port->rb;
	struct rbridge_event event = {.kind = RBRIDGE_ADJACENCY,
		.port = port->number,
		.neighbor = row->key.system,
		.state = row->state,
		.was = was};

	(void)why;
	rbridge_mtu_adjacency(port, row, was);
	rbridge_bfd_adjacency(port, row);
	rbridge_port_hello_soon(port, rb->now);
	if (row->state == ADJACENCY_REPORT || was == ADJACENCY_REPORT) {
		rbridge_native_stale(port);
		rbridge_topology_changed(rb, rb->now);
		origin_changed(&rb->origin, rb->now);
		rbridge_pseudonode_changed(port, rb->now);
	}
	rbridge_event_say(rb, &event);
}

static void hold_fire(struct timer *t, struct mono now)
{
	struct rbridge_port *port = t->arg;

	adjacency_time(&port->table, now);
	drb_time(&port->drb, now);
	rbridge_port_settle(port, now);
}

void rbridge_port_init(struct rbridge *rb, uint16_t number)
{
	struct rbridge_port *port = &rb->ports[number];

	port->rb = rb;
	port->number = number;
	port->bypass = true;
	timer_init(&port->hello, hello_fire, port);
	timer_init(&port->hold, hold_fire, port);
	rbridge_shutdown_init(port);
	rbridge_mapping_init(port);
}

bool rbridge_port_up(struct rbridge *rb, uint16_t number, const struct rbridge_port_config *config,
	struct mono now)
{
	struct rbridge_port *port = &rb->ports[number];

	rb->now = now;
	if (port->up)
		rbridge_port_down(rb, number, now);
	if (!adjacency_init(&port->table, !config->p2p, config->p2p ? 1 : rb->config.neighbors_max))
		return false;
	port->config = *config;
	port->table.changed = on_adjacency;
	port->table.arg = port;
	port->up = true;
	rbridge_shutdown_cancel(port);
	rbridge_data_mac(rb);
	port->designated = config->desired_vlan;
	port->hello_sent = (struct mono){0};
	port->listed = (struct mac){{0}};
	port->lan = (struct lan_id){.circuit = 0};
	port->bypass = true;
	port->drb = (struct drb){.own = {.priority = config->priority,
					 .key = {.mac = config->mac,
						 .port_id = number,
						 .system = rb->config.system}},
		.desired_vlan = config->desired_vlan};
	drb_port(&port->drb, &port->table, true);
	port->drb_told = is_drb(port);
	if (!rbridge_mtu_up(port) || !rbridge_bfd_up(port) || !rbridge_native_up(port, now)) {
		rbridge_port_down(rb, number, now);
		return false;
	}
	timer_set(&rb->timers, &port->hello, now);
	return true;
}

void rbridge_port_down(struct rbridge *rb, uint16_t number, struct mono now)
{
	struct rbridge_port *port = &rb->ports[number];

	rb->now = now;
	if (!port->up)
		return;
	port->up = false;
	port->hindrance = RBRIDGE_UNHINDERED;
	if (!port->ending && !rb->freeing)
		rbridge_shutdown_failed(port, now);
	port->ending = false;
	rbridge_native_down(port, now);
	rbridge_anycast_port_down(port);
	rbridge_link_fini(port);
	rbridge_arp_port_down(port);
	drb_port(&port->drb, &port->table, false);
	if (port->flooding)
		flood_port_down(&rb->flood, number);
	port->flooding = false;
	if (!rb->freeing)
		rbridge_fs_settle(port, false, false, now);
	port->pseudo = NICKNAME_NONE;
	if (port->config.lag)
		rbridge_topology_changed(rb, now);
	rbridge_pseudonode_settle(port, now);
	rbridge_mtu_down(port);
	rbridge_bfd_down(port);
	adjacency_fini(&port->table);
	timer_cancel(&rb->timers, &port->hello);
	timer_cancel(&rb->timers, &port->hold);
}

bool rbridge_port_reports(const struct rbridge_port *port, const struct adjacency *row)
{
	return row->state == ADJACENCY_REPORT &&
	       system_id_compare(&row->key.system, &port->rb->config.system) != 0 &&
	       rbridge_native_carries(port, row);
}

const struct adjacency *rbridge_port_neighbor(const struct rbridge_port *port, const struct mac *sa)
{
	for (unsigned int i = 0; i < port->table.count; i++)
		if (port->table.rows[i].state >= ADJACENCY_TWO_WAY &&
			!mac_compare(&port->table.rows[i].key.mac, sa))
			return &port->table.rows[i];
	return NULL;
}

bool rbridge_port_has_vlan(
	const struct rbridge_port *port, const struct ethernet *outer, uint16_t untagged)
{
	return vlan_set_has(&port->config.enabled, outer->vlan ? outer->vlan : untagged);
}

/* What the tie-breaks of trees between parallel links go by. */
static void link_note(
	struct rbridge_port *port, const struct hello *h, const struct mac *sa, struct mono now)
{
	const struct adjacency *drb = drb_elect(&port->drb, &port->table);

	if (port->config.p2p && h->has_three_way)
		port->peer_circuit = h->three_way.circuit;
	else if (drb && !mac_compare(&drb->key.mac, sa))
		rbridge_pseudonode_heard(port, h, now);
}

/* Who floods leaves others theirs, but for those that share its own. */
static struct limit *strangers_of(struct rbridge_port *port, const struct mac *sa)
{
	uint32_t hash = 0;

	for (unsigned int i = 0; i < MAC_LEN; i++)
		hash = (hash + sa->bytes[i]) * 0x9e3779b1u;
	return &port->strangers[(hash >> 16) % RBRIDGE_STRANGERS];
}

/* A Hello of @sa costs a token. */
static bool hello_allowed(struct rbridge_port *port, const struct mac *sa, struct mono now)
{
	struct limit_rate rate = limit_per_s(RBRIDGE_STRANGERS_PER_S, RBRIDGE_STRANGERS_BURST);
	struct limit *bucket = NULL;

	for (unsigned int i = 0; i < port->table.count && !bucket; i++)
		if (!mac_compare(&port->table.rows[i].key.mac, sa)) {
			bucket = &port->table.rows[i].hellos;
			rate = limit_per_s(RBRIDGE_HELLOS_PER_S, RBRIDGE_HELLOS_BURST);
		}
	if (limit_take(bucket ? bucket : strangers_of(port, sa), &rate, now))
		return true;
	port->counters.flooded++;
	return false;
}

static bool is_known(struct rbridge_port *port, const struct hello *h, const struct mac *sa)
{
	struct adjacency_key key = {
		.mac = *sa, .port_id = h->flags.port_id, .system = h->head->source};

	return adjacency_find(&port->table, &key);
}

/* An authentic Hello costs a token of those that say the same. Who has none of the keys can only
 * replay what was said, and spends the tokens of that: what a neighbour says anew has its own. */
static bool said_allowed(struct rbridge_port *port, const struct isis_pdu *p, struct mono now)
{
	struct limit_rate rate = limit_per_s(RBRIDGE_HELLOS_SAID_PER_S, RBRIDGE_HELLOS_SAID_BURST);
	uint64_t hash = hash_bytes(&port->rb->hash_key, p->bytes, p->len);

	if (limit_take(&port->said[hash % RBRIDGE_HELLOS_SAID], &rate, now))
		return true;
	port->counters.flooded++;
	return false;
}

/* Where there are keys authentic Hellos alone cost tokens: nobody without one spends those of a
 * neighbour or a newcomer. (What comes up at all the data plane bounds.) Elsewhere a Hello costs
 * its token before it is read. */
static bool hello_believed(struct rbridge_port *port, const struct isis_pdu *p,
	const struct hello_port *here, const struct mac *sa, struct hello *h, struct mono now)
{
	enum hello_verdict verdict;

	if (!here->key_count && !hello_allowed(port, sa, now))
		return false;
	verdict = hello_check(p, here, h);
	if (!verdict && here->key_count && !said_allowed(port, p, now))
		return false;
	if (!verdict && !h->head->holding_s && !is_known(port, h, sa))
		verdict = HELLO_EXPIRED;
	port->counters.hellos[verdict]++;
	return !verdict;
}

void rbridge_port_hello(struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa,
	uint16_t vlan, struct mono now)
{
	struct hello_port here = {.p2p = port->config.p2p,
		.keys = port->rb->config.keys,
		.key_count = port->rb->config.key_count,
		.mac = port->config.mac,
		.system = port->rb->config.system,
		.circuit = port->config.ifindex};
	bool same = !mac_compare(sa, &port->config.mac), own_id;
	struct adjacency_hello heard;
	unsigned int was, gained;
	struct adjacency *row;
	struct hello h;

	if (!hello_believed(port, p, &here, sa, &h, now))
		return;
	heard = hello_adjacency(p, &h, &here, sa, vlan, port->designated);
	own_id = !system_id_compare(&h.head->source, &here.system);
	if (own_id)
		rbridge_same_id_hello(port, sa, now);
	if (same && own_id) {
		port->counters.own++;
	} else if (same && !port->config.p2p) { /* RFC 7177 section 3.3: A0 */
		port->counters.same_mac++;
		drb_same_mac(&port->drb, &port->table, &heard, now);
	} else if (port->drb.state != DRB_SUSPENDED) {
		row = adjacency_find(&port->table, &heard.key);
		was = flooded_to(row);
		if (adjacency_hello(&port->table, &heard, now) < 0)
			port->counters.refused++;
		link_note(port, &h, sa, now);
		rbridge_native_hello(port, p, &h, sa, vlan, now);
		rbridge_port_settle(port, now);
		row = adjacency_find(&port->table, &heard.key);
		gained = flooded_to(row) & ~was;
		if (gained & TO_LSPS)
			flood_neighbor(&port->rb->flood, port->number, now);
		port->unheard |= gained;
		if (row)
			rbridge_bfd_hello(port, row, now);
		return;
	}
	rbridge_port_settle(port, now);
}
