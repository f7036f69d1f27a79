/* See map_cache.h. Every entry has one timer: at 90 % of its life it asks the data plane whether
 * the entry is in use, at the end it removes it. The LRU list is in order of the last known use;
 * since the data plane alone knows uses, an entry found used when it should leave gets a second
 * turn. */
#include "xtr/map_cache.h"

#include <stdlib.h>

#define SECOND_TURNS 16 /* entries asked at most before one is evicted */

TAILQ_HEAD(lru_list, map_cache_entry);

struct map_cache {
	struct env *env;
	struct probe *probe;
	struct map_cache_listener listener;
	struct eid_table *entries;
	struct lru_list lru; /* first: to be evicted next */
};

struct map_cache *map_cache_new(
	struct env *env, struct probe *probe, const struct map_cache_listener *listener)
{
	struct map_cache *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->env = env;
	c->probe = probe;
	c->listener = *listener;
	TAILQ_INIT(&c->lru);
	c->entries = eid_table_new(env->secret);
	if (!c->entries) {
		free(c);
		return NULL;
	}
	return c;
}

static void entry_free(struct map_cache_entry *e)
{
	struct map_cache *c = e->cache;
	unsigned int i;

	for (i = 0; i < e->count; i++)
		probe_unuse(c->probe, &e->locators[i].use);
	timer_cancel(&c->env->timers, &e->timer);
	TAILQ_REMOVE(&c->lru, e, lru);
	eid_table_remove(c->entries, &e->node);
	free(e);
}

void map_cache_free(struct map_cache *c)
{
	struct map_cache_entry *e;

	if (!c)
		return;
	while ((e = TAILQ_FIRST(&c->lru)))
		entry_free(e);
	eid_table_free(c->entries);
	free(c);
}

static void entry_leave(struct map_cache_entry *e, bool removed)
{
	struct map_cache *c = e->cache;
	struct eid eid = e->node.eid;

	entry_free(e);
	c->listener.gone(c->listener.arg, &eid, removed);
}

static bool used(struct map_cache *c, struct map_cache_entry *e)
{
	struct datapath *dp = c->env->datapath;

	if (!dp->used(dp, &e->node.eid))
		return false;
	TAILQ_REMOVE(&c->lru, e, lru);
	TAILQ_INSERT_TAIL(&c->lru, e, lru);
	return true;
}

static void fire(struct timer *t, struct mono now)
{
	struct map_cache_entry *e = t->arg;
	struct map_cache *c = e->cache;

	if (mono_due(e->expires, now)) {
		env_count(c->env, XTR_CACHE_EXPIRED);
		entry_leave(e, false);
		return;
	}
	timer_set(&c->env->timers, &e->timer, e->expires);
	/* A negative entry is asked for again by the packet that misses it. */
	if (!e->negative && used(c, e)) {
		e->asked = true;
		env_count(c->env, XTR_CACHE_REFRESHED);
		c->listener.refresh(c->listener.arg, &e->node.eid);
	}
}

static void make_room(struct map_cache *c)
{
	struct map_cache_entry *e;
	unsigned int turn;

	if (eid_table_count(c->entries) < c->env->policy.limits.cache_entries)
		return;
	for (turn = 0; turn < SECOND_TURNS; turn++)
		if (!used(c, TAILQ_FIRST(&c->lru)))
			break;
	e = TAILQ_FIRST(&c->lru);
	env_count(c->env, XTR_CACHE_EVICTED);
	entry_leave(e, false);
}

/* A machine that is asked for before it has registered must not stay unreachable for the minutes of
 * a negative answer (architecture section 5, rule 7). */
static uint64_t life_ms(const struct map_cache *c, uint32_t ttl_min, bool negative)
{
	const struct policy_timers *t = &c->env->policy.timers;
	uint64_t ms =
		(uint64_t)(ttl_min < t->cache_ttl_max_min ? ttl_min : t->cache_ttl_max_min) * 60000;

	return negative && ms > t->negative_ms ? t->negative_ms : ms;
}

struct bound {
	struct map_cache *cache;
	const struct eid *eid;
	struct mono expires;
};

static bool earliest(struct eid_node *node, void *arg)
{
	const struct map_cache_entry *e = eid_table_entry(node, struct map_cache_entry, node);
	struct bound *b = arg;

	/* One whose time is over, and whose timer is late, binds nobody any more. */
	if (!eid_equal(&node->eid, b->eid) && !mono_due(e->expires, b->cache->env->now))
		b->expires = mono_min(b->expires, e->expires);
	return true;
}

/* A less-specific mapping SHOULD expire with the earliest of its more-specifics that are cached
 * (RFC 9301 section 5.3). A change below it would else stay hidden behind it. */
static struct mono expiry_of(struct map_cache *c, const struct eid *eid, uint64_t ms)
{
	struct bound b = {.cache = c, .eid = eid, .expires = mono_add_ms(c->env->now, ms)};

	if (!eid_is_host(eid))
		eid_table_covered(c->entries, eid, earliest, &b);
	return b.expires;
}

static struct map_cache_entry *entry_find(const struct map_cache *c, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(c->entries, eid), struct map_cache_entry, node);
}

static void set_locators(
	struct map_cache *c, struct map_cache_entry *e, const struct locator_set *set)
{
	unsigned int i;

	e->count = set->count;
	for (i = 0; i < set->count; i++) {
		e->locators[i].l = set->list[i];
		probe_use(c->probe, &e->locators[i].use, &set->list[i].addr, &e->node.eid);
	}
}

/* The new entry holds its locators' probes before the old one lets go, so that what is known of
 * them stays. */
static int insert(struct map_cache *c, struct map_cache_entry *e, const struct locator_set *set)
{
	struct map_cache_entry *old = entry_find(c, &e->node.eid);

	set_locators(c, e, set);
	if (old)
		entry_free(old);
	else
		make_room(c);
	if (eid_table_insert(c->entries, &e->node) == 0) {
		TAILQ_INSERT_TAIL(&c->lru, e, lru);
		return 0;
	}
	for (unsigned int i = 0; i < e->count; i++)
		probe_unuse(c->probe, &e->locators[i].use);
	return -1;
}

const struct map_cache_entry *map_cache_put(struct map_cache *c, const struct eid *eid,
	uint32_t ttl_min, enum lisp_act act, const struct locator_set *set, bool protected)
{
	uint64_t ms = life_ms(c, ttl_min, !set->count);
	struct map_cache_entry *e;

	e = calloc(1, sizeof(*e) + set->count * sizeof(e->locators[0]));
	if (!e) {
		env_count(c->env, XTR_NO_MEMORY);
		return NULL;
	}
	e->cache = c;
	e->node.eid = *eid;
	e->negative = !set->count;
	e->unusable = set->unusable;
	e->protected = protected;
	/* The action is said of an EID without locators; this one has some, and we none that is of
	 * use: nothing may go out in clear instead. */
	e->act = e->negative && e->unusable ? LISP_ACT_DROP : act;
	e->installed = c->env->now;
	timer_init(&e->timer, fire, e);
	if (insert(c, e, set) < 0) {
		free(e);
		env_count(c->env, XTR_NO_MEMORY);
		c->listener.gone(c->listener.arg, eid, false);
		return NULL;
	}
	e->expires = expiry_of(c, eid, ms);
	ms = mono_since_ms(c->env->now, e->expires);
	timer_set(&c->env->timers, &e->timer, mono_add_ms(c->env->now, ms / 10 * 9));
	env_count(c->env, XTR_CACHE_INSTALLED);
	return e;
}

bool map_cache_remove(struct map_cache *c, const struct eid *eid)
{
	struct map_cache_entry *e = entry_find(c, eid);

	if (e)
		entry_leave(e, true);
	return e != NULL;
}

static bool leave_each(struct eid_node *node, void *arg)
{
	entry_leave(eid_table_entry(node, struct map_cache_entry, node), true);
	return true;
}

void map_cache_remove_covered(struct map_cache *c, const struct eid *eid)
{
	eid_table_covered(c->entries, eid, leave_each, NULL);
}

const struct map_cache_entry *map_cache_find(const struct map_cache *c, const struct eid *eid)
{
	return entry_find(c, eid);
}

const struct map_cache_entry *map_cache_longest(const struct map_cache *c, const struct eid *eid)
{
	return eid_table_entry(eid_table_longest(c->entries, eid), struct map_cache_entry, node);
}

void map_cache_locators(const struct map_cache_entry *e, struct locator_set *set)
{
	unsigned int i;

	set->count = e->count;
	set->unusable = e->unusable;
	for (i = 0; i < e->count; i++) {
		set->list[i] = e->locators[i].l;
		set->list[i].up = probe_up(&e->locators[i].use);
	}
}

size_t map_cache_count(const struct map_cache *c)
{
	return eid_table_count(c->entries);
}

struct each {
	bool (*visit)(const struct map_cache_entry *e, void *arg);
	void *arg;
};

static bool visit_one(struct eid_node *node, void *arg)
{
	struct each *each = arg;

	return each->visit(eid_table_entry(node, struct map_cache_entry, node), each->arg);
}

void map_cache_each(const struct map_cache *c,
	bool (*visit)(const struct map_cache_entry *e, void *arg), void *arg)
{
	struct each each = {visit, arg};

	eid_table_each(c->entries, visit_one, &each);
}
