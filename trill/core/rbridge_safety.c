/* RBridges that cannot take fine-grained labels, beside those that can (see rbridge.h; RFC 7172
 * section 5): once somebody has end stations of such labels, no frame of theirs goes out of a port
 * where such an RBridge is heard, and what its link costs keeps paths away from it: step (A) of
 * section 5.1.
 *
 * That it is one its LSP number 0 says; of whom none is known nothing is assumed. */
#include "trill/core/rbridge_internal.h"

#define UNSAFE_COST (1u << 23)       /* more: section 5.1, A2 */
#define COST_MAX    ((1u << 24) - 2) /* that still counts */
#define MIXED_COST  200000           /* between those that can, at most */

/* It has said what it can, and labels are not among that. */
static bool is_unsafe(const struct campus *c, const struct system_id *system)
{
	struct lan_id id = {.system = *system};
	uint32_t node = spf_node_find(&c->graph, &id);

	return node != SPF_NONE && !campus_is_fgl_safe(&c->nodes[node]);
}

static bool hears_unsafe(const struct rbridge_port *port)
{
	const struct rbridge *rb = port->rb;

	for (unsigned int i = 0; port->up && i < port->table.count; i++) {
		const struct adjacency *row = &port->table.rows[i];

		if (row->state != ADJACENCY_DOWN &&
			system_id_compare(&row->key.system, &rb->config.system) &&
			is_unsafe(&rb->campus, &row->key.system))
			return true;
	}
	return false;
}

/* True: it is another now. */
static bool follow(struct rbridge_port *port, struct mono now)
{
	bool unsafe = port->rb->campus.fgl_edges && hears_unsafe(port);

	if (unsafe == port->unsafe)
		return false;
	port->unsafe = unsafe;
	rbridge_native_port(port);
	rbridge_native_stale(port);
	origin_changed(&port->rb->origin, now);
	return true;
}

void rbridge_safety_port(struct rbridge_port *port, struct mono now)
{
	if (follow(port, now))
		rbridge_topology_changed(port->rb, now);
}

void rbridge_safety_campus(struct rbridge *rb, struct mono now)
{
	const struct campus *c = &rb->campus;
	bool mixed = false;

	for (uint32_t i = 0; c->fgl_edges && i < c->graph.node_count && !mixed; i++)
		mixed = c->graph.nodes[i].reached && !c->graph.nodes[i].id.circuit &&
			!campus_is_fgl_safe(&c->nodes[i]);
	if (mixed != rb->mixed)
		origin_changed(&rb->origin, now);
	rb->mixed = mixed;
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rb->ports[i].up)
			follow(&rb->ports[i], now);
}

uint32_t rbridge_safety_cost(const struct rbridge_port *port)
{
	uint32_t cost = port->config.cost;

	if (port->unsafe)
		return cost > COST_MAX - UNSAFE_COST ? COST_MAX : cost + UNSAFE_COST;
	return port->rb->mixed && cost > MIXED_COST ? MIXED_COST : cost;
}

bool rbridge_safety_may_map(const struct rbridge *rb, const struct system_id *system)
{
	return !is_unsafe(&rb->campus, system);
}
