/* From the LSDB to nicknames, routes, and what our own LSPs say (see rbridge.h). */
#include "trill/core/rbridge_internal.h"

#include <string.h>

#define NOBODY        SPF_NONE
#define REFUSED_MAX_S 64

static uint32_t me_in(const struct rbridge *rb)
{
	struct lan_id id = {.system = rb->config.system};

	return spf_node_find(&rb->campus.graph, &id);
}

bool rbridge_topology_other(const struct rbridge *rb, uint32_t node)
{
	uint32_t me = me_in(rb);

	return me != NOBODY && node != me && routes_reaches(&rb->routes, node);
}

void rbridge_topology_nicknames(struct rbridge *rb, struct mono now)
{
	struct rbridge_event event = {.kind = RBRIDGE_NICKNAME};

	for (unsigned int i = 0; i < rb->nicknames.count && !event.nickname; i++)
		event.nickname = rb->nicknames.own[i].nickname;
	rb->channel.nickname = event.nickname;
	rbridge_event_say(rb, &event);
	rbridge_native_nicknames(rb, now);
	rbridge_esadi_nickname(rb);
	rbridge_oam_nicknames(rb);
	origin_changed(&rb->origin, now);
	timer_set(&rb->timers, &rb->choose, nicknames_next(&rb->nicknames));
}

/* One neighbour as a link in the graph: straight to it, or by way of the LAN's pseudonode. */
static struct routes_link link_to(
	const struct rbridge *rb, const struct rbridge_port *port, const struct adjacency *row)
{
	struct lan_id id = {.system = row->key.system}, lan = rbridge_pseudonode_id(port);
	bool higher = system_id_compare(&rb->config.system, &row->key.system) > 0;
	struct routes_link link = {.ifindex = port->config.ifindex,
		.mac = row->key.mac,
		.node = spf_node_find(&rb->campus.graph, &id),
		.cost = rbridge_safety_cost(port),
		.kind = {.p2p = port->config.p2p,
			.circuit = higher ? port->config.ifindex : port->peer_circuit,
			.pseudonode = lan}};

	if (link.node != NOBODY) {
		bool overloaded = rb->campus.graph.nodes[link.node].overloaded;

		link.offers = row->oomf && !overloaded;
		link.serves = row->oomf_offered && overloaded;
	}
	link.via =
		rbridge_pseudonode_used(port) ? spf_node_find(&rb->campus.graph, &lan) : link.node;
	return link;
}

/* RBridges that we have in Report. */
static unsigned int links_gather(struct rbridge *rb)
{
	unsigned int n = 0;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct rbridge_port *port = &rb->ports[i];

		for (unsigned int a = 0; port->up && a < port->table.count; a++) {
			struct routes_link link;

			if (!rbridge_port_reports(port, &port->table.rows[a]))
				continue;
			link = link_to(rb, port, &port->table.rows[a]);
			if (link.node != NOBODY)
				rb->links[n++] = link;
		}
	}
	return n;
}

static void self_fill(const struct rbridge *rb, struct tables_self *self)
{
	memset(self, 0, sizeof(*self));
	for (unsigned int i = 0; i < rb->nicknames.count; i++) {
		if (rb->nicknames.own[i].nickname == NICKNAME_NONE)
			continue;
		self->nicknames[self->count++] = rb->nicknames.own[i].nickname;
		if (!self->ingress)
			self->ingress = rb->nicknames.own[i].nickname;
	}
	rbridge_active_active_self(rb, self);
	self->overloaded = rb->origin.overloaded;
	self->asks = rb->config.arp_proxy;
	memcpy(self->anycast, rb->config.anycast, sizeof(self->anycast));
	self->anycast_count = (uint8_t)rb->config.anycast_count;
	self->mac = rb->channel.mac;
	self->hash_seed = rb->hash_seed;
}

/* Overloaded, what we do not know goes to neighbours that are not (RFC 7780 section 2.3.1). */
static void fallback_fill(const struct rbridge *rb, unsigned int links, struct tables_self *self)
{
	struct tables_path *path = &self->fallback;

	path->hops = DATA_HOPS_MAX;
	for (unsigned int i = 0; self->overloaded && i < links; i++) {
		const struct routes_link *link = &rb->links[i];

		if (rb->campus.graph.nodes[link->node].overloaded || path->count == TABLES_HOPS_MAX)
			continue;
		path->hop[path->count].ifindex = link->ifindex;
		path->hop[path->count].mac = link->mac;
		path->count++;
	}
}

/* The trees that who distributes for us uses are those that we use (RFC 7780 section 2.4.2.3): what
 * an LSP of ours says of them. */
static void oomf_follow(struct rbridge *rb, struct mono now)
{
	const struct campus_node *node =
		rb->routes.oomf == NOBODY ? NULL : &rb->campus.nodes[rb->routes.oomf];
	struct rbridge_tree_list uses =
		node ? (struct rbridge_tree_list){.count = node->used.count} : rb->config.uses;
	uint16_t use = node ? (node->has_trees ? node->trees.use : 1) : rb->config.trees.use;

	if (node)
		memcpy(uses.nicknames, node->used.ids, sizeof(uses.nicknames));
	if (use == rb->use && !memcmp(&uses, &rb->uses, sizeof(uses)))
		return;
	rb->use = use;
	rb->uses = uses;
	origin_changed(&rb->origin, now);
}

/* What the data plane has not taken is written again: after a second, then twice as long each time,
 * since all rows are. */
static void refused_wait(struct rbridge *rb, struct mono now)
{
	uint32_t wait_s = rb->refused_wait_s;

	if (!rb->routes.stale) {
		rb->refused_wait_s = 0;
		return;
	}
	rb->refused_wait_s = !wait_s ? 1 : wait_s < REFUSED_MAX_S ? 2 * wait_s : wait_s;
	if (!timer_is_set(&rb->compute))
		timer_set(&rb->timers, &rb->compute, mono_add_s(now, rb->refused_wait_s));
}

static void compute_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;
	struct rbridge_event event = {.kind = RBRIDGE_ROUTES};
	struct tables_self self;
	unsigned int links;
	uint32_t me;

	/* What others wait for goes out first: the data plane may take tens of ms for our rows. */
	if (origin_is_due(&rb->origin, now) || flood_is_due(&rb->flood, now)) {
		timer_set(&rb->timers, t, now);
		return;
	}
	backoff_done(&rb->compute_backoff, now);
	rb->computed++;
	campus_read(&rb->campus, rb->db);
	rbridge_stranger_campus(rb);
	rbridge_mtu_campus(rb, now);
	rbridge_safety_campus(rb, now);
	me = me_in(rb);
	if (me == NOBODY) { /* we have not said anything yet */
		self_fill(rb, &self);
		routes_withdraw(&rb->routes, &self);
		rbridge_serial_follow(rb);
		refused_wait(rb, now);
		return;
	}
	routes_look(&rb->routes, &rb->campus, me);
	rbridge_nickname_defend(rb, now);
	rbridge_active_active_decide(rb, now);
	rbridge_active_active_ports(rb, true, now);
	self_fill(rb, &self);
	links = links_gather(rb);
	fallback_fill(rb, links, &self);
	routes_tell(&rb->routes, &rb->campus, rb->links, links, &self);
	rbridge_active_active_ports(rb, false, now);
	rbridge_labels_tell(rb);
	rbridge_serial_follow(rb);
	oomf_follow(rb, now);
	rbridge_native_campus(rb, now);
	rbridge_interest_campus(rb);
	rbridge_esadi_campus(rb, now);
	rbridge_anycast_campus(rb, now);
	refused_wait(rb, now);
	rbridge_event_say(rb, &event);
}

void rbridge_topology_changed(struct rbridge *rb, struct mono now)
{
	struct mono due = backoff_due(&rb->compute_backoff, now);

	if (!timer_is_set(&rb->compute) || mono_before(due, rb->compute.due))
		timer_set(&rb->timers, &rb->compute, due);
}

/* The LSDB has been heard, or there is none to be heard: nicknames may be chosen. */
static void sync_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;
	struct nickname_set used;

	rbridge_nickname_used(rb, &used);
	if (nicknames_synced(&rb->nicknames, &used, now))
		rbridge_topology_nicknames(rb, now);
}

static void choose_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;
	struct nickname_set used;

	rbridge_nickname_used(rb, &used);
	if (nicknames_time(&rb->nicknames, &used, now))
		rbridge_topology_nicknames(rb, now);
	else
		timer_set(&rb->timers, t, nicknames_next(&rb->nicknames));
}

void rbridge_topology_heard(struct rbridge *rb, struct mono now)
{
	struct mono due = mono_add_s(now, RBRIDGE_SYNC_HEARD_S);

	if (!rb->nicknames.synced && timer_is_set(&rb->sync) && mono_before(due, rb->sync.due))
		timer_set(&rb->timers, &rb->sync, due);
}

static void age_fire(struct timer *t, struct mono now)
{
	struct rbridge *rb = t->arg;

	lsdb_time(rb->db, now);
}

void rbridge_topology_age(struct rbridge *rb)
{
	timer_set(&rb->timers, &rb->age, lsdb_next(rb->db));
}

/* Each neighbour once, at the least cost. */
static unsigned int reach_add(struct rbridge *rb, unsigned int n, const struct reach *reach)
{
	unsigned int at = 0;

	while (at < n && lan_id_compare(&rb->reaches[at].neighbor, &reach->neighbor))
		at++;
	if (at == n)
		rb->reaches[n++] = *reach;
	else if (reach->metric < rb->reaches[at].metric)
		rb->reaches[at].metric = reach->metric;
	return n;
}

static unsigned int reaches_gather(struct rbridge *rb)
{
	unsigned int n = 0;

	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		struct rbridge_port *port = &rb->ports[i];
		bool lan = rbridge_pseudonode_used(port);
		struct reach reach;

		if (lan && rbridge_pseudonode_reach(port, &reach))
			n = reach_add(rb, n, &reach);
		for (unsigned int a = 0; port->up && !lan && a < port->table.count; a++) {
			reach = (struct reach){
				.neighbor = {.system = port->table.rows[a].key.system},
				.metric = rbridge_safety_cost(port)};
			if (rbridge_port_reports(port, &port->table.rows[a]))
				n = reach_add(rb, n, &reach);
		}
	}
	return n;
}

void rbridge_topology_say(void *arg, struct mono now)
{
	struct rbridge *rb = arg;
	struct label_set wanted = {.bits = {0}}, esadi = {.bits = {0}};
	uint16_t channels[CHANNEL_SERVED_MAX + 1];
	struct capability_nickname said[NICKNAME_OWN_MAX + ACTIVE_ACTIVE_LAALPS];
	struct origin_affinity affinities[ACTIVE_ACTIVE_LAALPS];
	struct origin_content content = {.nicknames = said,
		.version = {.capabilities = CAPABILITY_BIT_AFFINITY | CAPABILITY_BIT_OAM |
					    CAPABILITY_BIT_FGL_SAFE | CAPABILITY_BIT_E_L1FS},
		.buffer_size = rb->config.lsp_size,
		.room = rb->sz.sz,
		.trees = {rb->config.trees.compute, rb->config.trees.max, rb->use},
		.roots = rb->config.roots.nicknames,
		.root_count = rb->config.roots.count,
		.uses = rb->uses.nicknames,
		.use_count = rb->uses.count,
		.labels = &rb->labels,
		.interested = &wanted,
		.af_lost = rb->af_lost,
		.esadi = &esadi,
		.roots_of = rbridge_native_roots,
		.roots_arg = rb,
		.channels = channels,
		.channel_count = channel_protocols(&rb->channel, channels, CHANNEL_SERVED_MAX + 1),
		.neighbors = rb->reaches,
		.neighbor_count = reaches_gather(rb)};

	label_set_add_vlans(&wanted, &rb->config.interested);
	rbridge_native_wanted(rb, &wanted);
	for (unsigned int v = 1; v < LABELS_NUMBERS; v++)
		if (rb->esadi[v])
			label_set_add(&esadi, v);
	for (unsigned int i = 0; i < rb->nicknames.count; i++) {
		const struct nickname_own *own = &rb->nicknames.own[i];

		if (own->nickname == NICKNAME_NONE)
			continue;
		said[content.nickname_count++] =
			(struct capability_nickname){.priority = own->priority,
				.root_priority = own->root_priority,
				.nickname = own->nickname};
		if (!content.nickname)
			content.nickname = own->nickname;
	}
	content.affinities = affinities;
	content.affinity_count =
		rbridge_active_active_claims(rb, said + content.nickname_count, affinities);
	content.nickname_count += content.affinity_count;
	origin_say(&rb->origin, &content, now);
	flood_kick(&rb->flood, now);
}

void rbridge_topology_init(struct rbridge *rb, struct mono now)
{
	rb->use = rb->config.trees.use;
	rb->uses = rb->config.uses;
	timer_init(&rb->age, age_fire, rb);
	timer_init(&rb->compute, compute_fire, rb);
	timer_init(&rb->sync, sync_fire, rb);
	timer_init(&rb->choose, choose_fire, rb);
	rb->compute_backoff = (struct backoff){.first_us = RBRIDGE_SPF_FIRST_US,
		.cap_us = RBRIDGE_SPF_CAP_US,
		.quiet_us = RBRIDGE_SPF_QUIET_US};
	timer_set(&rb->timers, &rb->sync, mono_add_s(now, RBRIDGE_SYNC_ALONE_S));
	origin_changed(&rb->origin, now);
	if (rb->config.overload_s)
		origin_overload_for(&rb->origin, rb->config.overload_s, now);
}
