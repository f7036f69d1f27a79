/* See hold.h. A packet hangs in two lists: its EID's, for order, and that of all packets, which is
 * in order of expiry as well, since all are held equally long.
 *
 * A port may hold as many bytes as are free: one that floods has half of them at most, two have a
 * third each, and something is always left for a port that has none yet. */
#include "xtr/hold.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"

#define PORT_BUCKETS 64 /* an ifindex is no stranger's choice */

struct hold_port {
	LIST_ENTRY(hold_port) link;
	int ifindex;
	uint64_t bytes; /* of its packets */
};

struct hold_packet {
	TAILQ_ENTRY(hold_packet) in_all;
	TAILQ_ENTRY(hold_packet) in_queue;
	struct hold_queue *queue;
	struct hold_port *port;
	struct mono expires;
	uint32_t len;
	uint8_t bytes[];
};

TAILQ_HEAD(hold_list, hold_packet);

struct hold_queue {
	struct eid_node node;
	struct hold_list packets;
	uint32_t count;
};

struct hold {
	struct env *env;
	struct eid_table *queues;
	struct hold_list all;
	LIST_HEAD(, hold_port) ports[PORT_BUCKETS];
	uint64_t bytes;
	struct timer timer;
};

static uint64_t cost(const struct hold_packet *p)
{
	return sizeof(*p) + p->len;
}

static void queue_free(struct hold *h, struct hold_queue *q)
{
	eid_table_remove(h->queues, &q->node);
	h->bytes -= sizeof(*q);
	free(q);
}

static void port_free(struct hold *h, struct hold_port *port)
{
	LIST_REMOVE(port, link);
	h->bytes -= sizeof(*port);
	free(port);
}

static void packet_free(struct hold *h, struct hold_packet *p)
{
	p->port->bytes -= cost(p);
	if (!p->port->bytes)
		port_free(h, p->port);
	TAILQ_REMOVE(&h->all, p, in_all);
	TAILQ_REMOVE(&p->queue->packets, p, in_queue);
	p->queue->count--;
	h->bytes -= cost(p);
	free(p);
}

static void set_timer(struct hold *h)
{
	struct hold_packet *p = TAILQ_FIRST(&h->all);

	timer_set(&h->env->timers, &h->timer, p ? p->expires : MONO_NEVER);
}

static void expire(struct timer *t, struct mono now)
{
	struct hold *h = t->arg;
	struct hold_packet *p;

	while ((p = TAILQ_FIRST(&h->all)) && mono_due(p->expires, now)) {
		struct hold_queue *q = p->queue;

		env_count(h->env, XTR_HOLD_DROP_TIMEOUT);
		packet_free(h, p);
		if (!q->count)
			queue_free(h, q);
	}
	set_timer(h);
}

struct hold *hold_new(struct env *env)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->env = env;
	TAILQ_INIT(&h->all);
	for (unsigned int i = 0; i < PORT_BUCKETS; i++)
		LIST_INIT(&h->ports[i]);
	timer_init(&h->timer, expire, h);
	h->queues = eid_table_new(env->secret);
	if (!h->queues) {
		free(h);
		return NULL;
	}
	return h;
}

static void drop_all(struct hold *h)
{
	struct hold_packet *p;

	while ((p = TAILQ_FIRST(&h->all))) {
		struct hold_queue *q = p->queue;

		packet_free(h, p);
		if (!q->count)
			queue_free(h, q);
	}
}

void hold_free(struct hold *h)
{
	if (!h)
		return;
	drop_all(h);
	timer_cancel(&h->env->timers, &h->timer);
	eid_table_free(h->queues);
	free(h);
}

static struct hold_queue *queue_find(const struct hold *h, const struct eid *host)
{
	return eid_table_entry(eid_table_find(h->queues, host), struct hold_queue, node);
}

static struct hold_queue *queue_get(struct hold *h, const struct eid *host)
{
	struct hold_queue *q = queue_find(h, host);

	if (q)
		return q;
	q = calloc(1, sizeof(*q));
	if (!q)
		return NULL;
	TAILQ_INIT(&q->packets);
	q->node.eid = *host;
	if (eid_table_insert(h->queues, &q->node) < 0) {
		free(q);
		return NULL;
	}
	h->bytes += sizeof(*q);
	return q;
}

static struct hold_port *port_find(const struct hold *h, int ifindex)
{
	struct hold_port *port;

	LIST_FOREACH (port, &h->ports[(unsigned int)ifindex % PORT_BUCKETS], link)
		if (port->ifindex == ifindex)
			break;
	return port;
}

static struct hold_port *port_get(struct hold *h, int ifindex)
{
	struct hold_port *port = port_find(h, ifindex);

	if (port)
		return port;
	port = calloc(1, sizeof(*port));
	if (!port)
		return NULL;
	port->ifindex = ifindex;
	LIST_INSERT_HEAD(&h->ports[(unsigned int)ifindex % PORT_BUCKETS], port, link);
	h->bytes += sizeof(*port);
	return port;
}

static bool refuse(struct hold *h, enum xtr_counter reason)
{
	env_count(h->env, reason);
	return false;
}

/* A packet with its place in both its lists; NULL when out of memory. */
static struct hold_packet *packet_new(
	struct hold *h, const struct eid *host, int ifindex, uint32_t len)
{
	struct hold_packet *p = malloc(sizeof(*p) + len);

	if (!p)
		return NULL;
	p->len = len;
	p->port = port_get(h, ifindex);
	p->queue = p->port ? queue_get(h, host) : NULL;
	if (p->queue)
		return p;
	if (p->port && !p->port->bytes)
		port_free(h, p->port);
	free(p);
	return NULL;
}

bool hold_add(struct hold *h, const struct eid *host, int ifindex, const void *packet, uint32_t len)
{
	const struct policy *policy = &h->env->policy;
	const struct hold_queue *q = queue_find(h, host);
	const struct hold_port *port = port_find(h, ifindex);
	uint64_t after = h->bytes + sizeof(struct hold_packet) + len + (q ? 0 : sizeof(*q)) +
			 (port ? 0 : sizeof(*port));
	struct hold_packet *p;

	if (q && q->count >= policy->limits.hold_packets)
		return refuse(h, XTR_HOLD_DROP_EID_FULL);
	if (after > policy->limits.hold_bytes)
		return refuse(h, XTR_HOLD_DROP_FULL);
	if (port && after + port->bytes > policy->limits.hold_bytes)
		return refuse(h, XTR_HOLD_DROP_SHARE);
	p = packet_new(h, host, ifindex, len);
	if (!p)
		return refuse(h, XTR_NO_MEMORY);
	p->expires = mono_add_ms(h->env->now, policy->timers.hold_ms);
	memcpy(p->bytes, packet, len);
	TAILQ_INSERT_TAIL(&h->all, p, in_all);
	TAILQ_INSERT_TAIL(&p->queue->packets, p, in_queue);
	p->queue->count++;
	p->port->bytes += cost(p);
	h->bytes += cost(p);
	set_timer(h);
	return true;
}

bool hold_has(const struct hold *h, const struct eid *host)
{
	return queue_find(h, host) != NULL;
}

/* One queue leaves, either way; visited from eid_table_covered(), which allows removal of what it
 * visits. */
struct leave {
	struct hold *h;
	bool send;
};

static bool leave(struct eid_node *node, void *arg)
{
	struct leave *l = arg;
	struct hold_queue *q = eid_table_entry(node, struct hold_queue, node);
	struct datapath *dp = l->h->env->datapath;
	struct hold_packet *p;

	while ((p = TAILQ_FIRST(&q->packets))) {
		if (!l->send)
			env_count(l->h->env, XTR_HOLD_DROP_NEGATIVE);
		else if (dp->inject(dp, p->bytes, p->len) < 0)
			env_count(l->h->env, XTR_HOLD_DROP_INJECT);
		else
			env_count(l->h->env, XTR_HOLD_RELEASED);
		packet_free(l->h, p);
	}
	queue_free(l->h, q);
	return true;
}

void hold_send(struct hold *h, const struct eid *prefix)
{
	struct leave l = {.h = h, .send = true};

	eid_table_covered(h->queues, prefix, leave, &l);
	set_timer(h);
}

void hold_drop(struct hold *h, const struct eid *prefix)
{
	struct leave l = {.h = h};

	eid_table_covered(h->queues, prefix, leave, &l);
	set_timer(h);
}

uint64_t hold_bytes(const struct hold *h)
{
	return h->bytes;
}
