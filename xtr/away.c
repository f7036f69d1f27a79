/* See away.h. */
#include "xtr/away.h"

#include <stdlib.h>
#include <string.h>

#include "xtr/move_log.h"

struct away {
	struct env *env;
	struct eid_table *entries;
	TAILQ_HEAD(, away_entry) ages; /* first: the oldest */
	void (*gone)(void *arg, const struct eid *host);
	void *arg;
};

struct away *away_new(struct env *env, void (*gone)(void *arg, const struct eid *host), void *arg)
{
	struct away *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->env = env;
	a->gone = gone;
	a->arg = arg;
	TAILQ_INIT(&a->ages);
	a->entries = eid_table_new(env->secret);
	if (!a->entries) {
		free(a);
		return NULL;
	}
	return a;
}

static void entry_free(struct away_entry *e)
{
	timer_cancel(&e->away->env->timers, &e->timer);
	TAILQ_REMOVE(&e->away->ages, e, age);
	eid_table_remove(e->away->entries, &e->node);
	free(e);
}

void away_free(struct away *a)
{
	struct away_entry *e;

	if (!a)
		return;
	while ((e = TAILQ_FIRST(&a->ages)))
		entry_free(e);
	eid_table_free(a->entries);
	free(a);
}

static void leave(struct away_entry *e, enum xtr_counter reason)
{
	struct away *a = e->away;
	struct eid host = e->node.eid;

	env_count(a->env, reason);
	entry_free(e);
	a->gone(a->arg, &host);
}

static void wait(struct away_entry *e)
{
	struct env *env = e->away->env;
	uint64_t life_ms = (uint64_t)env->policy.timers.record_ttl_min * 60000;

	timer_set(&env->timers, &e->timer, mono_add_ms(env->now, life_ms));
}

static void settle(struct away_entry *e)
{
	move_log_settled(e->away->env->moves, &e->node.eid);
	leave(e, XTR_AWAY_SETTLED);
}

static void fire(struct timer *t, struct mono now)
{
	struct away_entry *e = t->arg;
	struct datapath *dp = e->away->env->datapath;

	if (dp->used(dp, &e->node.eid))
		wait(e);
	else
		settle(e);
}

struct away_entry *away_find(const struct away *a, const struct eid *host)
{
	return eid_table_entry(eid_table_find(a->entries, host), struct away_entry, node);
}

static struct away_entry *entry_get(struct away *a, const struct eid *host)
{
	struct away_entry *e = away_find(a, host);

	if (e)
		return e;
	if (eid_table_count(a->entries) >= a->env->policy.limits.away)
		leave(TAILQ_FIRST(&a->ages), XTR_AWAY_EVICTED);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	e->away = a;
	e->node.eid = *host;
	e->since = a->env->now;
	timer_init(&e->timer, fire, e);
	if (eid_table_insert(a->entries, &e->node) < 0) {
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&a->ages, e, age);
	env_count(a->env, XTR_AWAY_SET);
	return e;
}

bool away_put(struct away *a, const struct eid *host, uint64_t seq, bool redirect,
	const struct locator_set *set)
{
	struct away_entry *e = entry_get(a, host);

	if (!e) {
		env_count(a->env, XTR_NO_MEMORY);
		return false;
	}
	e->seq = seq;
	e->redirect = redirect;
	e->locators = *set;
	wait(e);
	return true;
}

void away_mac(struct away *a, const struct eid *host, const uint8_t mac[6])
{
	static const uint8_t none[6];
	struct away_entry *e = away_find(a, host);

	if (!e)
		return;
	e->has_mac = memcmp(mac, none, sizeof(none)) != 0;
	memcpy(e->mac, mac, sizeof(e->mac));
}

void away_remove(struct away *a, const struct eid *host)
{
	struct away_entry *e = away_find(a, host);

	if (e)
		entry_free(e);
}

struct each {
	bool (*visit)(const struct away_entry *e, void *arg);
	void *arg;
};

static bool visit_one(struct eid_node *node, void *arg)
{
	struct each *each = arg;

	return each->visit(eid_table_entry(node, struct away_entry, node), each->arg);
}

void away_each(
	const struct away *a, bool (*visit)(const struct away_entry *e, void *arg), void *arg)
{
	struct each each = {visit, arg};

	eid_table_each(a->entries, visit_one, &each);
}
