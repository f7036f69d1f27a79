/* See hold.h. A packet hangs in two lists: its EID's, for order, and that of all packets of its
 * class, which is in order of expiry as well, since all of a class are held equally long.
 *
 * A port may hold as many bytes as are free: one that floods has half of them at most, two have a
 * third each, and something is always left for a port that has none yet. */
#include "xtr/hold.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"
#include "xtr/move_log.h"

#define PORT_BUCKETS 64   /* an ifindex is no stranger's choice */
#define TAIL_PORT    (-1) /* for the share of what agents send */

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
	enum hold_class class;
	bool tail;
	bool older;     /* of the tail of a stop before the last */
	uint16_t index; /* of the tail */
	uint32_t len;
	uint8_t bytes[];
};

TAILQ_HEAD(hold_list, hold_packet);

struct hold_queue {
	struct eid_node node;
	struct hold_list packets;     /* the tail first */
	struct hold_packet *tail_end; /* its last one; NULL: none is held */
	struct hold_packet *later;    /* the first that waits for others; NULL: none does */
	uint32_t count, tail_count;
	bool moving;
};

struct hold {
	struct env *env;
	struct eid_table *queues;
	struct hold_list all[HOLD_CLASSES];
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
	struct hold_queue *q = p->queue;

	if (p->class == HOLD_MOVE)
		move_log_gone(h->env->moves, &q->node.eid);
	if (q->later == p)
		q->later = TAILQ_NEXT(p, in_queue);
	if (q->tail_end == p)
		q->tail_end = TAILQ_PREV(p, hold_list, in_queue);
	q->tail_count -= p->tail && !p->older;
	q->count--;
	p->port->bytes -= cost(p);
	if (!p->port->bytes)
		port_free(h, p->port);
	TAILQ_REMOVE(&h->all[p->class], p, in_all);
	TAILQ_REMOVE(&q->packets, p, in_queue);
	h->bytes -= cost(p);
	free(p);
}

static void packet_leave(struct hold *h, struct hold_packet *p)
{
	struct hold_queue *q = p->queue;

	packet_free(h, p);
	if (!q->count)
		queue_free(h, q);
}

static void set_timer(struct hold *h)
{
	struct mono next = MONO_NEVER;

	for (unsigned int i = 0; i < HOLD_CLASSES; i++) {
		struct hold_packet *p = TAILQ_FIRST(&h->all[i]);

		if (p)
			next = mono_min(next, p->expires);
	}
	timer_set(&h->env->timers, &h->timer, next);
}

static void expire(struct timer *t, struct mono now)
{
	struct hold *h = t->arg;
	struct hold_packet *p;

	for (unsigned int i = 0; i < HOLD_CLASSES; i++)
		while ((p = TAILQ_FIRST(&h->all[i])) && mono_due(p->expires, now)) {
			env_count(h->env, XTR_HOLD_DROP_TIMEOUT);
			packet_leave(h, p);
		}
	set_timer(h);
}

struct hold *hold_new(struct env *env)
{
	struct hold *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	h->env = env;
	for (unsigned int i = 0; i < HOLD_CLASSES; i++)
		TAILQ_INIT(&h->all[i]);
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

	for (unsigned int i = 0; i < HOLD_CLASSES; i++)
		while ((p = TAILQ_FIRST(&h->all[i])))
			packet_leave(h, p);
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

static uint32_t most_packets(const struct hold *h, enum hold_class class)
{
	const struct policy_limits *l = &h->env->policy.limits;

	return class == HOLD_MAPPING ? l->hold_packets : l->hold_move_packets;
}

static uint32_t longest_ms(const struct hold *h, enum hold_class class)
{
	const struct policy_timers *t = &h->env->policy.timers;

	return class == HOLD_MAPPING ? t->hold_ms : t->hold_move_ms;
}

/* A packet that hangs in the list of its class, and in no queue yet; NULL: refused, for *@why. */
static struct hold_packet *take(struct hold *h, const struct eid *host, enum hold_class class,
	int ifindex, const void *packet, uint32_t len, enum xtr_counter *why)
{
	const struct hold_queue *q = queue_find(h, host);
	const struct hold_port *port = port_find(h, ifindex);
	uint64_t most = h->env->policy.limits.hold_bytes;
	uint64_t after = h->bytes + sizeof(struct hold_packet) + len + (q ? 0 : sizeof(*q)) +
			 (port ? 0 : sizeof(*port));
	struct hold_packet *p = NULL;

	if (q && q->count >= most_packets(h, class))
		*why = XTR_HOLD_DROP_EID_FULL;
	else if (after > most)
		*why = XTR_HOLD_DROP_FULL;
	else if (port && after + port->bytes > most)
		*why = XTR_HOLD_DROP_SHARE;
	else if (!(p = packet_new(h, host, ifindex, len)))
		*why = XTR_NO_MEMORY;
	if (!p)
		return NULL;
	p->class = class;
	p->tail = p->older = false;
	p->expires = mono_add_ms(h->env->now, longest_ms(h, class));
	memcpy(p->bytes, packet, len);
	p->queue->moving |= class == HOLD_MOVE;
	TAILQ_INSERT_TAIL(&h->all[class], p, in_all);
	p->queue->count++;
	p->port->bytes += cost(p);
	h->bytes += cost(p);
	return p;
}

bool hold_add(struct hold *h, const struct eid *host, enum hold_class class, int ifindex,
	const void *packet, uint32_t len)
{
	enum xtr_counter why;
	struct hold_packet *p = take(h, host, class, ifindex, packet, len, &why);

	if (!p) {
		env_count(h->env, why);
		return false;
	}
	if (p->queue->later)
		TAILQ_INSERT_BEFORE(p->queue->later, p, in_queue);
	else
		TAILQ_INSERT_TAIL(&p->queue->packets, p, in_queue);
	if (class == HOLD_MOVE)
		move_log_held(h->env->moves, host, false);
	set_timer(h);
	return true;
}

bool hold_add_later(struct hold *h, const struct eid *host, const void *packet, uint32_t len)
{
	enum xtr_counter why;
	struct hold_packet *p = take(h, host, HOLD_MOVE, 0, packet, len, &why);

	if (!p)
		return false;
	TAILQ_INSERT_TAIL(&p->queue->packets, p, in_queue);
	if (!p->queue->later)
		p->queue->later = p;
	move_log_held(h->env->moves, host, false);
	set_timer(h);
	return true;
}

void hold_join(struct hold *h, const struct eid *host)
{
	struct hold_queue *q = queue_find(h, host);

	if (q)
		q->later = NULL;
}

bool hold_has_later(const struct hold *h, const struct eid *host)
{
	const struct hold_queue *q = queue_find(h, host);

	return q && q->later;
}

bool hold_ready(const struct hold *h, const struct eid *host)
{
	const struct hold_queue *q = queue_find(h, host);

	return q && TAILQ_FIRST(&q->packets) != q->later;
}

static struct hold_packet *last_older(const struct hold_queue *q)
{
	struct hold_packet *p, *last = NULL;

	for (p = TAILQ_FIRST(&q->packets); p && p->older; p = TAILQ_NEXT(p, in_queue))
		last = p;
	return last;
}

/* The last one that is to leave before the @index-th of the tail; NULL: none. They come in order as
 * a rule. */
static struct hold_packet *before_tail(const struct hold_queue *q, uint16_t index)
{
	struct hold_packet *p = q->tail_end;

	while (p && !p->older && p->index >= index)
		p = TAILQ_PREV(p, hold_list, in_queue);
	return p;
}

bool hold_add_tail(
	struct hold *h, const struct eid *host, uint16_t index, const void *packet, uint32_t len)
{
	struct hold_queue *q = queue_find(h, host);
	struct hold_packet *before = q ? before_tail(q, index) : NULL, *next = NULL, *p;
	enum xtr_counter why;

	if (q)
		next = before ? TAILQ_NEXT(before, in_queue) : TAILQ_FIRST(&q->packets);
	if (next && next->tail && next->index == index)
		return true;
	p = take(h, host, HOLD_MOVE, TAIL_PORT, packet, len, &why);
	if (!p) {
		env_count(h->env, why);
		return false;
	}
	p->tail = true;
	p->index = index;
	move_log_held(h->env->moves, host, true);
	q = p->queue;
	if (next)
		TAILQ_INSERT_BEFORE(next, p, in_queue);
	else
		TAILQ_INSERT_TAIL(&q->packets, p, in_queue);
	q->tail_count++;
	if (before == q->tail_end)
		q->tail_end = p;
	set_timer(h);
	return true;
}

void hold_keep_tail(struct hold *h, const struct eid *host)
{
	struct hold_queue *q = queue_find(h, host);
	struct hold_packet *p;

	if (!q)
		return;
	for (p = TAILQ_FIRST(&q->packets); p && p->tail; p = TAILQ_NEXT(p, in_queue))
		p->older = true;
	q->tail_count = 0;
}

void hold_drop_tail(struct hold *h, const struct eid *host)
{
	struct hold_queue *q = queue_find(h, host);
	struct hold_packet *p = q ? last_older(q) : NULL, *next;

	if (q)
		p = p ? TAILQ_NEXT(p, in_queue) : TAILQ_FIRST(&q->packets);
	for (; p && p->tail; p = next) {
		next = TAILQ_NEXT(p, in_queue);
		packet_leave(h, p);
	}
	set_timer(h);
}

bool hold_has(const struct hold *h, const struct eid *host)
{
	return queue_find(h, host) != NULL;
}

/* One queue leaves, either way; visited from eid_table_covered(), which allows removal of what it
 * visits. */
struct leave {
	struct hold *h;
	bool send, back;
	bool moving;   /* those too */
	uint32_t left; /* packets that may leave */
};

static void note_release(const struct leave *l, const struct hold_packet *p)
{
	struct env *env = l->h->env;

	if (p->class == HOLD_MOVE)
		move_log_released(env->moves, &p->queue->node.eid,
			longest_ms(l->h, p->class) - mono_since_ms(env->now, p->expires), l->back);
}

static int inject(const struct leave *l, const struct hold_packet *p)
{
	struct datapath *dp = l->h->env->datapath;

	if (p->tail)
		return dp->inject_ip(dp, p->queue->node.eid.iid, p->bytes, p->len);
	return l->back ? dp->send_back(dp, p->bytes, p->len) : dp->inject(dp, p->bytes, p->len);
}

static bool leave(struct eid_node *node, void *arg)
{
	struct leave *l = arg;
	struct hold_queue *q = eid_table_entry(node, struct hold_queue, node);
	struct hold_packet *p;

	if (q->moving && !l->moving)
		return true;
	for (; l->left && (p = TAILQ_FIRST(&q->packets)); l->left--) {
		if (l->send && p == q->later)
			break;
		if (!l->send)
			env_count(l->h->env, XTR_HOLD_DROP_NEGATIVE);
		else if (inject(l, p) < 0)
			env_count(l->h->env, XTR_HOLD_DROP_INJECT);
		else
			env_count(l->h->env, XTR_HOLD_RELEASED);
		if (l->send)
			note_release(l, p);
		packet_free(l->h, p);
	}
	if (!q->count)
		queue_free(l->h, q);
	return true;
}

void hold_send(struct hold *h, const struct eid *prefix)
{
	struct leave l = {.h = h, .send = true, .left = UINT32_MAX};

	eid_table_covered(h->queues, prefix, leave, &l);
	set_timer(h);
}

void hold_settle(struct hold *h, const struct eid *host)
{
	struct hold_queue *q = queue_find(h, host);

	if (q)
		q->moving = false;
}

uint32_t hold_tail_count(const struct hold *h, const struct eid *host)
{
	const struct hold_queue *q = queue_find(h, host);

	return q ? q->tail_count : 0;
}

uint32_t hold_release(struct hold *h, const struct eid *host, bool back, uint32_t most)
{
	struct leave l = {.h = h, .send = true, .back = back, .moving = true, .left = most};

	eid_table_covered(h->queues, host, leave, &l);
	set_timer(h);
	return most - l.left;
}

void hold_drop(struct hold *h, const struct eid *prefix)
{
	struct leave l = {.h = h, .left = UINT32_MAX};

	eid_table_covered(h->queues, prefix, leave, &l);
	set_timer(h);
}

uint64_t hold_bytes(const struct hold *h)
{
	return h->bytes;
}
