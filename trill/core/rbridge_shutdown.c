/* Port-Shutdown: neighbours of a port that goes down do not wait for Holding Times (see rbridge.h;
 * RFC 8139 section 6).
 *
 * A planned end is told on the link, to each neighbour; a failure through the rest of the campus,
 * to those that say in their LSPs that they take such messages. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>

static struct shutdown *shutdown_of(struct rbridge_port *port)
{
	if (!port->shutdown)
		port->shutdown = calloc(1, sizeof(*port->shutdown));
	if (port->shutdown)
		shutdown_init(port->shutdown, SHUTDOWN_COPIES, SHUTDOWN_DELAY_MS);
	return port->shutdown;
}

/* The next copy, or the end. */
static void wait(struct rbridge_port *port, struct mono now)
{
	struct mono next = shutdown_next(port->shutdown);

	if (next.ns != MONO_NEVER.ns)
		timer_set(&port->rb->timers, &port->shutdown_timer, next);
	else if (port->ending)
		rbridge_port_down(port->rb, port->number, now);
}

static void shutdown_fire(struct timer *t, struct mono now)
{
	struct rbridge_port *port = t->arg;

	shutdown_time(port->shutdown, &port->rb->channel, now);
	wait(port, now);
}

void rbridge_shutdown_init(struct rbridge_port *port)
{
	timer_init(&port->shutdown_timer, shutdown_fire, port);
}

void rbridge_shutdown_cancel(struct rbridge_port *port)
{
	timer_cancel(&port->rb->timers, &port->shutdown_timer);
	port->ending = false;
}

void rbridge_shutdown_fini(struct rbridge_port *port)
{
	rbridge_shutdown_cancel(port);
	free(port->shutdown);
	port->shutdown = NULL;
}

void rbridge_port_shutdown(struct rbridge *rb, uint16_t number, struct mono now)
{
	struct rbridge_port *port = &rb->ports[number];
	struct shutdown *s;

	rb->now = now;
	if (!port->up || port->ending)
		return;
	timer_cancel(&rb->timers, &port->hello);
	port->ending = true;
	s = shutdown_of(port);
	if (!s || !shutdown_planned_each(s, &rb->channel, number, &port->table, now)) {
		rbridge_port_down(rb, number, now);
		return;
	}
	wait(port, now);
}

static bool takes_shutdowns(const struct rbridge *rb, const struct system_id *system)
{
	struct lan_id id = {.system = *system};
	uint32_t node = spf_node_find(&rb->campus.graph, &id);

	return node != SPF_NONE && rb->campus.nodes[node].port_shutdown;
}

void rbridge_shutdown_failed(struct rbridge_port *port, struct mono now)
{
	struct rbridge *rb = port->rb;
	uint16_t nicknames[SHUTDOWN_TARGETS_MAX];
	unsigned int count = 0;
	struct shutdown *s;

	for (unsigned int i = 0; i < port->table.count && count < SHUTDOWN_TARGETS_MAX; i++) {
		const struct adjacency *row = &port->table.rows[i];

		if (row->state == ADJACENCY_REPORT && nickname_usable(row->nickname) &&
			takes_shutdowns(rb, &row->key.system))
			nicknames[count++] = row->nickname;
	}
	if (!count)
		return;
	s = shutdown_of(port);
	if (!s)
		return; /* their Holding Times do it */
	shutdown_failed(s, &rb->channel, &port->number, 1, nicknames, count, now);
	wait(port, now);
}

/* Who holds @nickname, as far as an adjacency with it shows. */
static const struct system_id *neighbor_with(const struct rbridge *rb, uint16_t nickname)
{
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct adjacency_table *t = &rb->ports[i].table;

		for (unsigned int a = 0; rb->ports[i].up && a < t->count; a++)
			if (t->rows[a].nickname == nickname)
				return &t->rows[a].key.system;
	}
	return NULL;
}

void rbridge_shutdown_take(void *arg, const struct channel_in *in, struct mono now)
{
	struct rbridge *rb = arg;
	const struct system_id *found =
		in->data ? neighbor_with(rb, in->data->header.ingress) : NULL;
	struct system_id system;

	if (!found)
		return;
	system = *found; /* its row may go */
	rb->now = now;
	for (uint16_t i = 0; i < RBRIDGE_PORTS_MAX; i++)
		if (rb->ports[i].up && shutdown_received(&rb->ports[i].table, &system, in))
			rbridge_port_settle(&rb->ports[i], now);
}
