/* A port's end stations: for which VLANs we are appointed forwarder, whom we appoint as DRB, what
 * is inhibited, and what the data plane and our LSP say of it (see rbridge.h; RFC 8139, RFC 6325
 * sections 4.2.4.3 and 4.9.1).
 *
 * Each LAN port has a struct forwarder, a trunk port too: its RBridge may be the DRB that appoints
 * others. Appointments go out in FS-LSPs of the link, and in Hellos for those that do not take
 * these. It does not know what a station is. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

/* What a neighbour's last Hello says of its port. */
struct native_neighbor {
	struct adjacency_key key;
	uint16_t nickname;
	bool trunk, access, overloaded, e_l1cs;
	struct vlan_set enabled;
};

struct native {
	struct forwarder forwarder;
	struct timer timer;
	struct tables_forwarder told;
	struct native_neighbor *heard; /* as many as rows of the table */
	unsigned int heard_count;
	struct hello_appointment appointments[NATIVE_APPOINTMENTS_MAX];
	unsigned int appointment_count;
	bool overloaded;  /* we, when it was made */
	bool scope_stale; /* what the DRB's FS-LSPs say was read before they changed */
	bool stale;       /* the plan is of neighbours as they were */
	bool ready;       /* of a LAALP: core/active_active has been told */
};

static bool is_native(const struct rbridge_port *port)
{
	return !port->config.trunk && !port->config.p2p;
}

/* A higher port of ours is on the link: that one serves its end stations (RFC 8139 section 5). */
static bool has_higher_twin(const struct rbridge_port *port)
{
	for (unsigned int i = 0; i < port->table.count; i++) {
		const struct adjacency *row = &port->table.rows[i];

		if (!system_id_compare(&row->key.system, &port->rb->config.system) &&
			drb_compare_row(&port->drb.own, row) < 0)
			return true;
	}
	return false;
}

static struct forwarder_config config_of(const struct rbridge_port *port)
{
	const struct rbridge *rb = port->rb;
	struct forwarder_config config = {.system = rb->config.system,
		.end_stations = is_native(port) && port->drb.state != DRB_SUSPENDED &&
				!has_higher_twin(port),
		.enabled = port->config.enabled,
		.holding_s = port->config.holding_s,
		.root_change_s = rb->config.root_change_s};

	for (unsigned int i = 0; i < rb->nicknames.count; i++)
		if (rb->nicknames.own[i].nickname != NICKNAME_NONE)
			config.nicknames[config.nickname_count++] = rb->nicknames.own[i].nickname;
	return config;
}

static struct native_neighbor *heard_of(const struct native *n, const struct adjacency_key *key)
{
	for (unsigned int i = 0; i < n->heard_count; i++)
		if (!mac_compare(&n->heard[i].key.mac, &key->mac) &&
			n->heard[i].key.port_id == key->port_id &&
			!system_id_compare(&n->heard[i].key.system, &key->system))
			return &n->heard[i];
	return NULL;
}

/* Of whom there is no adjacency any more. */
static void heard_drop(struct rbridge_port *port)
{
	struct native *n = port->native;

	for (unsigned int i = 0; i < n->heard_count;)
		if (adjacency_find(&port->table, &n->heard[i].key))
			i++;
		else
			n->heard[i] = n->heard[--n->heard_count];
}

/* What any port of the RBridge with @nickname has on the link. */
static void ports_of(const struct native *n, uint16_t nickname, struct vlan_set *ports)
{
	vlan_set_clear(ports);
	for (unsigned int i = 0; i < n->heard_count; i++)
		for (unsigned int w = 0; w < 64 && n->heard[i].nickname == nickname; w++)
			ports->bits[w] |= n->heard[i].enabled.bits[w];
}

/* How many ranges our Hellos say. */
static unsigned int ranges_max(const struct rbridge_port *port)
{
	unsigned int max = hello_appointments_max(&port->config.enabled);

	return max < NATIVE_APPOINTMENTS_MAX ? max : NATIVE_APPOINTMENTS_MAX;
}

/* Neighbours in Report, in the order of the table; the DRB of an access link appoints forwarders,
 * others do not appoint those that have it for one. */
static unsigned int candidates_of(
	const struct rbridge_port *port, struct appoint_candidate *c, unsigned int max)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < port->table.count && count < max; i++) {
		const struct adjacency *row = &port->table.rows[i];
		const struct native_neighbor *said = heard_of(port->native, &row->key);

		if (row->state != ADJACENCY_REPORT || !said || !nickname_usable(said->nickname) ||
			!system_id_compare(&row->key.system, &port->rb->config.system))
			continue;
		c[count++] = (struct appoint_candidate){.nickname = said->nickname,
			.end_stations = !said->trunk && (port->config.access || !said->access),
			.overloaded = said->overloaded,
			.e_l1cs = said->e_l1cs && port->link,
			.enabled = said->enabled};
		ports_of(port->native, said->nickname, &c[count - 1].ports);
		if (!rbridge_safety_may_map(port->rb, &row->key.system))
			rbridge_label_unmapped(port, &c[count - 1].enabled);
	}
	return count;
}

static void plan(struct rbridge_port *port, struct mono now)
{
	struct appoint_candidate c[1 + NATIVE_CANDIDATES_MAX];
	struct native *n = port->native;
	unsigned int count = candidates_of(port, c + 1, NATIVE_CANDIDATES_MAX), was;
	struct hello_appointment before[NATIVE_APPOINTMENTS_MAX];

	n->stale = false;
	n->overloaded = port->rb->origin.overloaded;
	forwarder_plan(
		&n->forwarder, c + 1, count, port->rb->origin.overloaded, ranges_max(port), now);
	rbridge_link_say(port, &n->forwarder.plan, c + 1, count, now);
	was = n->appointment_count;
	memcpy(before, n->appointments, was * sizeof(*before));
	c[0] = (struct appoint_candidate){.nickname = n->forwarder.config.nicknames[0]};
	n->appointment_count = 0;
	if (n->forwarder.is_drb)
		n->appointment_count = appoint_hello(
			&n->forwarder.plan, c, count + 1, n->appointments, NATIVE_APPOINTMENTS_MAX);
	if (n->appointment_count != was ||
		memcmp(before, n->appointments, was * sizeof(*before)) != 0)
		rbridge_port_hello_soon(port, now);
}

static void table_of(const struct rbridge_port *port, struct tables_forwarder *f, struct mono now)
{
	const struct native *n = port->native;
	const struct forwarder_config *c = &n->forwarder.config;

	memset(f, 0, sizeof(*f));
	if (!c->end_stations)
		return;
	f->enabled = c->enabled;
	f->appointed = n->forwarder.appointed;
	for (unsigned int v = vlan_set_next(&c->enabled, 1); v;
		v = vlan_set_next(&c->enabled, v + 1))
		if (forwarder_inhibited(&n->forwarder, (uint16_t)v, now))
			vlan_set_add(&f->inhibited, v);
	if (rbridge_active_active_stands_by(port))
		vlan_set_clear(&f->appointed);
	rbridge_active_active_others(port, &f->others);
}

bool rbridge_native_ready(const struct rbridge_port *port, struct mono now)
{
	const struct forwarder *f = port->native ? &port->native->forwarder : NULL;

	if (!f || !f->config.end_stations)
		return false;
	for (unsigned int v = vlan_set_next(&f->appointed, 1); v;
		v = vlan_set_next(&f->appointed, v + 1))
		if (vlan_set_has(&f->config.enabled, v) &&
			!forwarder_inhibited(f, (uint16_t)v, now))
			return true;
	return false;
}

/* Who loses a VLAN counts it, by its label (RFC 6325 section 4.8.3). */
static void appointed_changed(struct rbridge_port *port, const struct vlan_set *was,
	const struct vlan_set *is, struct mono now)
{
	struct rbridge *rb = port->rb;
	struct label_set before = {.bits = {0}}, after = {.bits = {0}}, gained, gone;

	rbridge_label_numbers(port, was, &before);
	rbridge_label_numbers(port, is, &after);
	gained = after;
	label_set_take_all(&gained, &before);
	gone = before;
	label_set_take_all(&gone, &after);
	for (unsigned int v = label_set_next(&gone, 1); v; v = label_set_next(&gone, v + 1))
		rb->af_lost[v]++;
	rbridge_station_forwarder(port, &gained, &gone, now);
	origin_changed(&rb->origin, now);
}

/* Tell the data plane and others what differs. */
static void tell(struct rbridge_port *port, const struct tables_forwarder *next, struct mono now)
{
	struct rbridge *rb = port->rb;
	struct rbridge_event event = {.kind = RBRIDGE_FORWARDER, .port = port->number};
	struct native *n = port->native;
	struct tables_forwarder was = n->told;

	if (!memcmp(&was, next, sizeof(was)))
		return;
	n->told = *next;
	if (is_native(port))
		rb->env.tables->forwarder_set(rb->env.tables, port->config.ifindex, next);
	if (!vlan_set_equal(&was.appointed, &next->appointed))
		appointed_changed(port, &was.appointed, &n->told.appointed, now);
	rbridge_event_say(rb, &event);
}

static void scope_read(struct rbridge_port *port)
{
	struct native *n = port->native;
	struct forwarder_scope scope = {.appointed = {.bits = {0}}};

	n->scope_stale = false;
	if (n->forwarder.has_winner)
		rbridge_link_read(port, &n->forwarder, &n->forwarder.winner.system, &scope);
	forwarder_scope_set(&n->forwarder, &scope);
}

/* What follows from all that is known now. */
static void follow(struct rbridge_port *port, struct mono now)
{
	struct native *n = port->native;
	struct tables_forwarder next;

	if (n->scope_stale)
		scope_read(port);
	if (n->stale)
		plan(port, now);
	table_of(port, &next, now);
	tell(port, &next, now);
	timer_set(&port->rb->timers, &n->timer, forwarder_next(&n->forwarder));
	if (port->config.lag && rbridge_native_ready(port, now) != n->ready) {
		n->ready = !n->ready;
		rbridge_topology_changed(port->rb, now);
	}
}

static void native_fire(struct timer *t, struct mono now)
{
	struct rbridge_port *port = t->arg;

	port->native->stale |= forwarder_time(&port->native->forwarder, now);
	follow(port, now);
}

static void port_tell(struct rbridge_port *port)
{
	const struct rbridge_port_config *c = &port->config;
	struct tables_port row;

	memset(&row, 0, sizeof(row)); /* they are compared by their bytes */
	row.ifindex = c->ifindex;
	row.mac = c->mac;
	row.mtu = c->mtu ? c->mtu : RBRIDGE_MTU_DEFAULT;
	row.trill = c->p2p || !c->access;
	row.native = is_native(port);
	row.pvid = c->pvid;
	row.outer = port->designated == c->untagged ? 0 : port->designated;
	row.no_fgl = port->unsafe;
	row.nickname = port->pseudo;
	if (!memcmp(&port->told, &row, sizeof(row)))
		return;
	port->told = row;
	port->rb->env.tables->port_set(port->rb->env.tables, &row);
}

void rbridge_native_port(struct rbridge_port *port)
{
	port_tell(port);
}

bool rbridge_native_up(struct rbridge_port *port, struct mono now)
{
	struct native *n = NULL;
	struct forwarder_config config;

	if (!port->config.p2p) {
		n = calloc(1, sizeof(*n));
		if (!n)
			return false;
		n->heard = calloc(port->table.max, sizeof(*n->heard));
		if (!n->heard) {
			free(n);
			return false;
		}
	}
	port->native = n;
	memset(&port->told, 0, sizeof(port->told)); /* the interface may have been taken out */
	port_tell(port);
	if (!n)
		return true;
	if (is_native(port) && !rbridge_label_up(port)) {
		free(n->heard);
		free(n);
		port->native = NULL;
		return false;
	}
	config = config_of(port);
	forwarder_init(&n->forwarder, &config);
	forwarder_drb(&n->forwarder, NULL, now);
	timer_init(&n->timer, native_fire, port);
	n->stale = true;
	/* The row may be there from before: what stood in it is over. */
	if (is_native(port))
		port->rb->env.tables->forwarder_set(
			port->rb->env.tables, port->config.ifindex, &n->told);
	follow(port, now);
	return true;
}

void rbridge_native_down(struct rbridge_port *port, struct mono now)
{
	static const struct tables_forwarder nothing;
	struct native *n = port->native;

	if (!n)
		return;
	tell(port, &nothing, now);
	rbridge_label_down(port);
	rbridge_mapping_follow(port, now);
	timer_cancel(&port->rb->timers, &n->timer);
	free(n->heard);
	free(n);
	port->native = NULL;
}

/* The sub-TLVs with the VLANs that are enabled there. */
static void enabled_read(const struct isis_pdu *p, struct vlan_set *enabled)
{
	struct tlv_iter it, subs;
	uint16_t topology;
	struct tlv t, sub;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_PORT_CAPABILITY, &t)) {
		if (hello_port_capability_read(&t, &topology, &subs) || topology)
			continue;
		while (tlv_next(&subs, &sub))
			if (sub.type == HELLO_ENABLED_VLANS)
				hello_vlans_read(&sub, enabled);
	}
}

/* True: it says what it did not before. */
static bool neighbor_note(struct rbridge_port *port, const struct adjacency_key *key,
	const struct isis_pdu *p, const struct hello *h)
{
	struct native_neighbor said = {.key = *key,
		.nickname = h->flags.nickname,
		.trunk = h->flags.trunk,
		.access = h->flags.access,
		.e_l1cs = h->e_l1cs};
	struct native *n = port->native;
	struct native_neighbor *was = heard_of(n, key);

	enabled_read(p, &said.enabled);
	if (!was && !adjacency_find(&port->table, key))
		return false; /* there is no room for it in the table */
	if (!was) {
		heard_drop(port);
		if (n->heard_count == port->table.max)
			return false;
		n->heard[n->heard_count++] = said;
		return true;
	}
	said.overloaded = was->overloaded;
	if (was->nickname == said.nickname && was->trunk == said.trunk &&
		was->access == said.access && was->e_l1cs == said.e_l1cs &&
		vlan_set_equal(&was->enabled, &said.enabled))
		return false;
	*was = said;
	return true;
}

void rbridge_native_hello(struct rbridge_port *port, const struct isis_pdu *p,
	const struct hello *h, const struct mac *sa, uint16_t vlan, struct mono now)
{
	struct adjacency_key key = {
		.mac = *sa, .port_id = h->flags.port_id, .system = h->head->source};
	struct native *n = port->native;
	bool ours = !system_id_compare(&key.system, &port->rb->config.system), mapped;
	struct rbridge_port *twin =
		ours && key.port_id < RBRIDGE_PORTS_MAX ? &port->rb->ports[key.port_id] : NULL;

	if (!n)
		return;
	mapped = n->forwarder.mapping_count || n->forwarder.mapped_until.ns;
	if (twin && twin != port && twin->native)
		forwarder_merge(&n->forwarder, &twin->native->forwarder);
	forwarder_hello(&n->forwarder, p, h, sa, vlan, now);
	n->stale |= neighbor_note(port, &key, p, h) || mapped || n->forwarder.mapping_count ||
		    n->forwarder.mapped_until.ns;
	follow(port, now);
}

void rbridge_native_settle(struct rbridge_port *port, struct mono now)
{
	struct native *n = port->native;
	struct forwarder_config config;
	const struct adjacency *winner;
	bool was;

	if (!n)
		return;
	was = n->forwarder.is_drb;
	config = config_of(port);
	if (config.end_stations != n->forwarder.config.end_stations) {
		forwarder_configure(&n->forwarder, &config, now);
		n->stale = true;
	}
	if (port->drb.state != DRB_SUSPENDED) {
		winner = drb_elect(&port->drb, &port->table);
		if (winner && !system_id_compare(&winner->key.system, &config.system))
			winner = NULL;
		if (!n->forwarder.has_winner || !winner ||
			system_id_compare(&winner->key.system, &n->forwarder.winner.system))
			n->scope_stale = true;
		forwarder_drb(&n->forwarder, winner ? &winner->key : NULL, now);
	}
	n->stale |= was != n->forwarder.is_drb;
	port_tell(port);
	follow(port, now);
}

void rbridge_native_laalp(struct rbridge_port *port, struct mono now)
{
	if (!port->native)
		return;
	port_tell(port);
	follow(port, now);
}

void rbridge_native_stale(struct rbridge_port *port)
{
	if (port->native)
		port->native->stale = true;
}

void rbridge_native_scope_changed(struct rbridge_port *port)
{
	if (port->native)
		port->native->scope_stale = true;
}

void rbridge_native_follow(struct rbridge_port *port, struct mono now)
{
	if (port->native && port->native->scope_stale)
		follow(port, now);
}

void rbridge_native_nicknames(struct rbridge *rb, struct mono now)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct rbridge_port *port = &rb->ports[i];
		struct forwarder_config config;

		if (!port->native)
			continue;
		config = config_of(port);
		forwarder_configure(&port->native->forwarder, &config, now);
		port->native->stale = port->native->scope_stale = true;
		follow(port, now);
	}
}

static bool is_overloaded(const struct rbridge *rb, const struct system_id *system)
{
	struct lan_id id = {.system = *system};
	uint32_t node = spf_node_find(&rb->campus.graph, &id);

	return node != SPF_NONE && rb->campus.graph.nodes[node].overloaded;
}

void rbridge_native_campus(struct rbridge *rb, struct mono now)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct native *n = rb->ports[i].native;

		if (n)
			n->stale |= n->overloaded != rb->origin.overloaded;
		for (unsigned int k = 0; n && k < n->heard_count; k++) {
			bool overloaded = is_overloaded(rb, &n->heard[k].key.system);

			n->stale |= overloaded != n->heard[k].overloaded;
			n->heard[k].overloaded = overloaded;
		}
		if (n && n->stale)
			follow(&rb->ports[i], now);
	}
}

void rbridge_native_say(
	const struct rbridge_port *port, uint16_t vlan, struct hello_ours *ours, struct mono now)
{
	static const struct vlan_set nothing;
	const struct native *n = port->native;

	ours->flags.access = port->config.access;
	ours->flags.trunk = port->config.trunk;
	if (!n)
		return;
	if (!is_native(port))
		ours->enabled = &nothing;
	ours->flags.af = vlan_set_has(&n->told.appointed, vlan);
	ours->flags.mapping = forwarder_mapping_seen(&n->forwarder, now);
	if (vlan == port->designated) {
		ours->appointments = n->appointments;
		ours->appointment_count = n->appointment_count;
	}
}

const struct vlan_set *rbridge_native_appointed(const struct rbridge_port *port)
{
	static const struct vlan_set nothing;

	return port->native ? &port->native->told.appointed : &nothing;
}

void rbridge_native_wanted(const struct rbridge *rb, struct label_set *wanted)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rb->ports[i].native)
			rbridge_label_numbers(
				&rb->ports[i], &rb->ports[i].native->told.appointed, wanted);
}

bool rbridge_native_access(const struct rbridge_port *port)
{
	const struct native *n = port->native;
	const struct native_neighbor *drb;

	if (!n)
		return false;
	drb = n->forwarder.has_winner ? heard_of(n, &n->forwarder.winner) : NULL;
	return port->config.access || (drb && drb->access);
}

bool rbridge_native_carries(const struct rbridge_port *port, const struct adjacency *row)
{
	const struct native_neighbor *said =
		port->native ? heard_of(port->native, &row->key) : NULL;

	return !rbridge_native_access(port) && !(said && said->access);
}

unsigned int rbridge_native_roots(void *arg, uint16_t number, uint8_t *roots)
{
	const struct rbridge *rb = arg;
	unsigned int count = 0, at;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX && count < ORIGIN_ROOTS_MAX; i++) {
		const struct native *n = rb->ports[i].native;
		const uint8_t *root;

		if (!n || !n->forwarder.has_root || !rbridge_label_served(&rb->ports[i], number))
			continue;
		root = n->forwarder.root + FORWARDER_BRIDGE_ID_LEN - ORIGIN_ROOT_LEN;
		for (at = 0; at < count; at++)
			if (memcmp(roots + at * ORIGIN_ROOT_LEN, root, ORIGIN_ROOT_LEN) >= 0)
				break;
		if (at < count && !memcmp(roots + at * ORIGIN_ROOT_LEN, root, ORIGIN_ROOT_LEN))
			continue;
		memmove(roots + (at + 1) * ORIGIN_ROOT_LEN, roots + at * ORIGIN_ROOT_LEN,
			(count - at) * ORIGIN_ROOT_LEN);
		memcpy(roots + at * ORIGIN_ROOT_LEN, root, ORIGIN_ROOT_LEN);
		count++;
	}
	return count;
}

void rbridge_native_root(struct rbridge_port *port, const uint8_t *id, struct mono now)
{
	const struct forwarder *f = port->native ? &port->native->forwarder : NULL;

	if (!f)
		return;
	if (!f->has_root || memcmp(f->root, id, FORWARDER_BRIDGE_ID_LEN) != 0)
		origin_roots_changed(&port->rb->origin, now);
	forwarder_root_bridge(&port->native->forwarder, id, now);
	follow(port, now);
}

const struct forwarder *rbridge_forwarder(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].native ? &rb->ports[port].native->forwarder : NULL;
}

const struct tables_forwarder *rbridge_port_vlans(const struct rbridge *rb, uint16_t port)
{
	return rb->ports[port].native ? &rb->ports[port].native->told : NULL;
}
