/* The pseudonode of a LAN, and whether it is used (see rbridge.h; RFC 7177 section 7, RFC 6325
 * section 4.4.2).
 *
 * A link that never had two neighbours in Report at once is reported by each end as a link to the
 * other: the pseudonode is bypassed. From then on its DRB says an LSP for it, and all report it and
 * not each other. The LSP is purged when the link has another DRB, or no neighbour. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>

static bool is_drb(const struct rbridge_port *port)
{
	return port->drb.state == DRB_IS_DRB;
}

/* @lan has a pseudonode number: else there is nothing to report. */
static bool is_pseudonode(const struct lan_id *lan)
{
	return lan->circuit != 0;
}

struct lan_id rbridge_pseudonode_id(const struct rbridge_port *port)
{
	struct lan_id own = {
		.system = port->rb->config.system, .circuit = (uint8_t)(port->number + 1)};

	return is_drb(port) ? own : port->lan;
}

bool rbridge_pseudonode_used(const struct rbridge_port *port)
{
	if (port->config.p2p || !port->up || rbridge_native_access(port))
		return false;
	return is_drb(port) ? port->had_two : !port->bypass && is_pseudonode(&port->lan);
}

static unsigned int reported_count(const struct rbridge_port *port)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < port->table.count; i++)
		n += rbridge_port_reports(port, &port->table.rows[i]);
	return n;
}

bool rbridge_pseudonode_reach(struct rbridge_port *port, struct reach *reach)
{
	const struct adjacency *drb = drb_elect(&port->drb, &port->table);

	if (drb ? drb->state != ADJACENCY_REPORT : !reported_count(port))
		return false;
	*reach = (struct reach){
		.neighbor = rbridge_pseudonode_id(port), .metric = rbridge_safety_cost(port)};
	return true;
}

/* What origin asks for: links of no cost to all on the LAN that we have in Report, and to us. */
static void say(void *arg, struct mono now)
{
	struct rbridge_port *port = arg;
	struct rbridge *rb = port->rb;
	struct origin_content content = {
		.room = rb->sz.sz, .neighbors = rb->reaches, .neighbor_count = 1};

	rb->reaches[0] = (struct reach){.neighbor = {.system = rb->config.system}};
	for (unsigned int i = 0; i < port->table.count; i++)
		if (rbridge_port_reports(port, &port->table.rows[i]))
			rb->reaches[content.neighbor_count++] = (struct reach){
				.neighbor = {.system = port->table.rows[i].key.system}};
	origin_say(port->pseudonode, &content, now);
	flood_kick(&rb->flood, now);
}

static struct origin *pseudonode_of(struct rbridge_port *port)
{
	struct rbridge *rb = port->rb;
	struct origin *o = port->pseudonode;

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->db = rb->db;
	o->timers = &rb->timers;
	o->own = rb->config.system;
	o->pseudonode = (uint8_t)(port->number + 1);
	o->ask = say;
	o->counts = &rb->said;
	o->arg = port;
	origin_init(o);
	port->pseudonode = o;
	return o;
}

/* What our own LSP says of the link, and the paths over it, differ. */
static void changed(struct rbridge_port *port, struct mono now)
{
	rbridge_topology_changed(port->rb, now);
	origin_changed(&port->rb->origin, now);
}

bool rbridge_pseudonode_settle(struct rbridge_port *port, struct mono now)
{
	unsigned int reported = reported_count(port);
	bool had_two = port->had_two, lives;

	port->had_two |= !port->config.p2p && reported >= 2;
	lives = is_drb(port) && rbridge_pseudonode_used(port) && reported;
	lives = lives && pseudonode_of(port);
	if (lives == port->says_pseudonode)
		return port->had_two != had_two;
	port->says_pseudonode = lives;
	if (lives) {
		origin_changed(port->pseudonode, now);
	} else {
		origin_withdraw(port->pseudonode, now);
		flood_kick(&port->rb->flood, now);
	}
	changed(port, now);
	return port->had_two != had_two;
}

void rbridge_pseudonode_changed(struct rbridge_port *port, struct mono now)
{
	if (port->says_pseudonode)
		origin_changed(port->pseudonode, now);
}

void rbridge_pseudonode_heard(struct rbridge_port *port, const struct hello *h, struct mono now)
{
	bool same = !lan_id_compare(&port->lan, &h->head->lan) && port->bypass == h->flags.bypass;

	port->lan = h->head->lan;
	port->bypass = h->flags.bypass;
	if (!same)
		changed(port, now);
}

void rbridge_pseudonode_reissue(
	struct rbridge *rb, const struct lsp_id *id, uint32_t sequence, struct mono now)
{
	struct rbridge_port *port =
		id->pseudonode <= RBRIDGE_PORTS_MAX ? &rb->ports[id->pseudonode - 1] : NULL;

	if (port && port->says_pseudonode) {
		origin_reissue(port->pseudonode, id, sequence, now);
		return;
	}
	/* It was ours once: over. */
	lsdb_purge_at(rb->db, id, sequence, now);
}

void rbridge_pseudonode_resign(struct rbridge_port *port, struct mono now)
{
	if (port->pseudonode && port->says_pseudonode)
		origin_resign(port->pseudonode, now);
}

void rbridge_pseudonode_fini(struct rbridge_port *port)
{
	if (port->pseudonode)
		origin_fini(port->pseudonode);
	free(port->pseudonode);
	port->pseudonode = NULL;
}
