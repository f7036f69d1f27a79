/* See verify.h. */
#include "xtr/verify.h"

#include <stdlib.h>
#include <string.h>

#include "xtr/eid_table.h"

struct question {
	struct eid_node node;
	struct verify *verify;
	struct timer timer;
	int ifindex;
	bool has_mac;
	uint8_t mac[6];
	struct mono end;
	uint64_t wait_ms;
	bool doubling;
};

struct verify {
	struct env *env;
	struct eid_table *questions;
	void (*done)(void *arg, const struct eid *host, bool here);
	void *arg;
};

struct verify *verify_new(
	struct env *env, void (*done)(void *arg, const struct eid *host, bool here), void *arg)
{
	struct verify *v = calloc(1, sizeof(*v));

	if (!v)
		return NULL;
	v->env = env;
	v->done = done;
	v->arg = arg;
	v->questions = eid_table_new(env->secret);
	if (!v->questions) {
		free(v);
		return NULL;
	}
	return v;
}

static void question_free(struct question *q)
{
	timer_cancel(&q->verify->env->timers, &q->timer);
	eid_table_remove(q->verify->questions, &q->node);
	free(q);
}

static bool free_each(struct eid_node *node, void *arg)
{
	question_free(eid_table_entry(node, struct question, node));
	return true;
}

void verify_free(struct verify *v)
{
	if (!v)
		return;
	eid_table_each(v->questions, free_each, NULL);
	eid_table_free(v->questions);
	free(v);
}

static struct question *find(const struct verify *v, const struct eid *host)
{
	return eid_table_entry(eid_table_find(v->questions, host), struct question, node);
}

static void finish(struct question *q, bool here)
{
	struct verify *v = q->verify;
	struct eid host = q->node.eid;

	question_free(q);
	v->done(v->arg, &host, here);
}

static void send_probe(struct question *q)
{
	struct env *env = q->verify->env;

	if (!address_is_ip(&q->node.eid.addr)) /* neither ARP nor ND asks for a MAC */
		return;
	env_count(env, XTR_HOST_PROBES);
	env->ops->probe_host(env->ops, q->ifindex, &q->node.eid, q->has_mac ? q->mac : NULL);
}

static void wait(struct question *q)
{
	struct env *env = q->verify->env;

	timer_set(&env->timers, &q->timer, mono_min(q->end, mono_add_ms(env->now, q->wait_ms)));
}

/* From the second question on, everywhere and to everybody: the host may stand behind another port
 * or have another card. */
static void fire(struct timer *t, struct mono now)
{
	struct question *q = t->arg;

	if (mono_due(q->end, now)) {
		finish(q, false);
		return;
	}
	if (q->doubling)
		q->wait_ms *= 2;
	q->has_mac = false;
	q->ifindex = 0;
	wait(q);
	send_probe(q);
}

static struct question *question_new(struct verify *v, const struct eid *host)
{
	struct question *q = calloc(1, sizeof(*q));

	if (!q)
		return NULL;
	q->verify = v;
	q->node.eid = *host;
	q->end = MONO_NEVER;
	q->wait_ms = UINT32_MAX;
	timer_init(&q->timer, fire, q);
	if (eid_table_insert(v->questions, &q->node) == 0)
		return q;
	free(q);
	return NULL;
}

void verify_ask(struct verify *v, const struct eid *host, const struct verify_where *where,
	struct verify_pace pace)
{
	struct question *q = find(v, host);

	if (!q)
		q = question_new(v, host);
	if (!q) {
		env_count(v->env, XTR_NO_MEMORY);
		v->done(v->arg, host, false);
		return;
	}
	q->end = mono_min(q->end, mono_add_ms(v->env->now, pace.end_ms));
	if (pace.wait_ms < q->wait_ms) {
		q->wait_ms = pace.wait_ms;
		q->doubling = pace.doubling;
	}
	q->ifindex = where->ifindex;
	q->has_mac = where->mac != NULL;
	if (where->mac)
		memcpy(q->mac, where->mac, sizeof(q->mac));
	wait(q);
	send_probe(q);
}

bool verify_answer(struct verify *v, const struct eid *host)
{
	struct question *q = find(v, host);

	if (q)
		finish(q, true);
	return q != NULL;
}

void verify_cancel(struct verify *v, const struct eid *host)
{
	struct question *q = find(v, host);

	if (q)
		question_free(q);
}

bool verify_pending(const struct verify *v, const struct eid *host)
{
	return find(v, host) != NULL;
}
