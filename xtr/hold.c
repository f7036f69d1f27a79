/* See hold.h. A packet hangs in two lists: its EID's, for order, and that of all packets, which is
 * in order of expiry as well, since all are held equally long. */
#include "xtr/hold.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"

struct hold_packet {
	TAILQ_ENTRY(hold_packet) in_all;
	TAILQ_ENTRY(hold_packet) in_queue;
	struct hold_queue *queue;
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

static void packet_free(struct hold *h, struct hold_packet *p)
{
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

static bool refuse(struct hold *h, enum xtr_counter reason)
{
	env_count(h->env, reason);
	return false;
}

bool hold_add(struct hold *h, const struct eid *host, const void *packet, uint32_t len)
{
	const struct policy *policy = &h->env->policy;
	struct hold_queue *q = queue_find(h, host);
	struct hold_packet *p;

	if (q && q->count >= policy->limits.hold_packets)
		return refuse(h, XTR_HOLD_DROP_EID_FULL);
	if (h->bytes + sizeof(*p) + len + (q ? 0 : sizeof(*q)) > policy->limits.hold_bytes)
		return refuse(h, XTR_HOLD_DROP_FULL);
	p = malloc(sizeof(*p) + len);
	if (p)
		p->queue = q = queue_get(h, host);
	if (!p || !q) {
		free(p);
		return refuse(h, XTR_NO_MEMORY);
	}
	p->expires = mono_add_ms(h->env->now, policy->timers.hold_ms);
	p->len = len;
	memcpy(p->bytes, packet, len);
	TAILQ_INSERT_TAIL(&h->all, p, in_all);
	TAILQ_INSERT_TAIL(&q->packets, p, in_queue);
	q->count++;
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
