/* See rooms.h: from what the rooms know to the data plane's entries. It changes no room but the
 * list of drains. */
#include "xtr/rooms.h"

#include <stdlib.h>
#include <sys/queue.h>

#define DRAIN_POLL_MS 1
#define RELEASE_SLICE 64 /* packets between two looks at what else there is to do */
/* A tap's queue has room for 1,000 packets, and a guest that has just resumed reads slowly. So one
 * host gets no more than these at once, and then so many a turn; more and more, lest what comes
 * meanwhile is faster. */
#define RELEASE_BURST   128
#define RELEASE_TURN    16
#define RELEASE_TURN_US 2000
#define RELEASE_GROWTH  32 /* a turn has one for each so many that have gone */
#define RELEASE_US      1  /* not before what this event has to say was sent */

struct drain {
	struct eid_node node;
	TAILQ_ENTRY(drain) link;
	bool host; /* and no prefix */
	bool releasing, back;
	uint32_t sent, of_turn; /* while releasing: all, and in this turn */
	struct mono due;        /* the next turn */
	uint64_t mark; /* none of its packets is before this one of the queue; 0: not known */
};

/* What comes up, at present. */
struct queue {
	struct router *r;
	bool pending, known;
	uint64_t in, out;
};

static bool is_space(const struct router *r, const struct eid *eid)
{
	const struct eid *space = policy_space(&r->env.policy, eid);

	return space && eid_equal(space, eid);
}

static void from_away(struct router *r, const struct away_entry *a, struct datapath_entry *e)
{
	e->action = DATAPATH_ENCAP;
	e->away = true;
	e->hold = eid_table_find(r->drains, &a->node.eid) != NULL;
	locator_set_choose(&r->env, &a->locators, e);
	if (!e->locator_count) { /* nowhere to redirect to: ask */
		e->action = DATAPATH_NONE;
		e->hold = true;
	}
}

static void from_host(struct router *r, const struct dynamic_eid_host *h, struct datapath_entry *e)
{
	e->action = DATAPATH_LOCAL;
	e->hold = h->lost || eid_table_find(r->drains, &h->node.eid);
}

static enum datapath_action negative_action(enum lisp_act act)
{
	return act == LISP_ACT_NATIVE_FORWARD ? DATAPATH_NATIVE : DATAPATH_DROP;
}

static void from_cache(struct router *r, const struct map_cache_entry *c, struct datapath_entry *e)
{
	struct locator_set set;

	if (c->negative) {
		e->action = negative_action(c->act);
		return;
	}
	map_cache_locators(c, &set);
	locator_set_choose(&r->env, &set, e);
	e->action = e->locator_count ? DATAPATH_ENCAP : DATAPATH_DROP;
	e->hold = eid_table_find(r->drains, &c->node.eid) != NULL;
}

/* Of a host on its way its agent's word counts. Local truth governs delivery (architecture section
 * 5, rule 4); what moved away comes next, then
 * what others told. */
static bool entry_of(struct router *r, const struct eid *eid, struct datapath_entry *e)
{
	const struct dynamic_eid_host *host = dynamic_eid_find(r->hosts, eid);
	const struct away_entry *away = away_find(r->away, eid);
	const struct map_cache_entry *cached = map_cache_find(r->cache, eid);

	if (eid_table_find(r->own, eid))
		e->action = DATAPATH_LOCAL;
	else if (handover_entry(r->handover, eid, e))
		return true;
	else if (away && (away->redirect || !host))
		from_away(r, away, e);
	else if (host)
		from_host(r, host, e);
	else if (eid_table_find(r->statics, eid))
		e->action = DATAPATH_LOCAL;
	else if (cached)
		from_cache(r, cached, e);
	else if (is_space(r, eid))
		e->hold = true;
	else
		return false;
	return true;
}

void forwarding_update(struct router *r, const struct eid *eid)
{
	struct datapath *dp = r->env.datapath;
	struct datapath_entry e = {.action = DATAPATH_NONE};
	int err;

	if (!address_is_ip(&eid->addr)) /* packets are routed by their IP addresses */
		return;
	err = entry_of(r, eid, &e) ? dp->set(dp, eid, &e) : dp->del(dp, eid);
	if (err < 0)
		env_count(&r->env, XTR_DATAPATH_ERRORS);
}

/* It ends when nothing comes up any more. Where many hosts are on their way something always does;
 * then a host's ends when all that was queued, at a time when nothing of its own was held, has been
 * taken without one of its packets. (One may have been queued meanwhile: who sends more often than
 * the queue is passed through is waited for.) */
static bool ends(struct drain *d, const struct queue *q)
{
	if (d->releasing || handover_orders(q->r->handover, &d->node.eid))
		return false;
	if (!q->pending)
		return true;
	if (!d->host || !q->known)
		return false;
	if (d->mark)
		return q->out >= d->mark;
	d->mark = q->in + 1;
	return false;
}

static void release_begin(struct router *r, struct drain *d)
{
	d->host = true;
	d->mark = 0;
	if (!d->releasing) {
		TAILQ_INSERT_TAIL(&r->releases, d, link);
		d->sent = d->of_turn = 0;
		d->due = r->env.now;
	}
	d->releasing = true;
	if (!timer_is_set(&r->release_timer))
		timer_set(&r->env.timers, &r->release_timer, mono_add_us(r->env.now, RELEASE_US));
}

static bool end_drain(struct eid_node *node, void *arg)
{
	const struct queue *q = arg;
	struct drain *d = eid_table_entry(node, struct drain, node);
	struct eid eid = node->eid;

	if (!ends(d, q))
		return true;
	if (hold_has_later(q->r->hold, &eid)) { /* what these waited for has gone */
		hold_join(q->r->hold, &eid);
		release_begin(q->r, d);
		return true;
	}
	eid_table_remove(q->r->drains, node);
	free(d);
	forwarding_update(q->r, &eid);
	gateway_drained(q->r->gateway, &eid);
	handover_drained(q->r->handover, &eid);
	return true;
}

static void check_drains(struct router *r)
{
	struct datapath *dp = r->env.datapath;
	struct queue q = {.r = r, .pending = dp->pending(dp)};

	if (!eid_table_count(r->drains))
		return;
	if (q.pending && dp->queue)
		q.known = !dp->queue(dp, &q.in, &q.out);
	eid_table_each(r->drains, end_drain, &q);
	if (q.pending)
		timer_set(&r->env.timers, &r->drain_timer, mono_add_ms(r->env.now, DRAIN_POLL_MS));
}

static void fire(struct timer *t, struct mono now)
{
	check_drains(t->arg);
}

static struct drain *drain_find(const struct router *r, const struct eid *eid)
{
	return eid_table_entry(eid_table_find(r->drains, eid), struct drain, node);
}

/* Without memory for the drain (NULL) the order of a few packets is lost, nothing else. */
static struct drain *drain_add(struct router *r, const struct eid *eid)
{
	struct drain *d = drain_find(r, eid);

	if (d)
		return d;
	d = calloc(1, sizeof(*d));
	if (d)
		d->node.eid = *eid;
	if (!d || eid_table_insert(r->drains, &d->node) < 0) {
		free(d);
		env_count(&r->env, XTR_NO_MEMORY);
		return NULL;
	}
	return d;
}

static void release_end(struct router *r, struct drain *d)
{
	TAILQ_REMOVE(&r->releases, d, link);
	d->releasing = false;
}

/* Not more than @most of one host's; returns how many. */
static uint32_t release_some(struct router *r, struct drain *d, uint32_t most, struct mono now)
{
	uint32_t turn = d->sent / RELEASE_GROWTH, n;

	if (handover_packet(r->handover, &d->node.eid) == HANDOVER_WAITS) {
		release_end(r, d); /* it stopped again, and they wait with it */
		return 0;
	}
	turn = turn > RELEASE_TURN ? turn : RELEASE_TURN;
	if (d->sent >= RELEASE_BURST && most > turn - d->of_turn)
		most = turn - d->of_turn;
	n = hold_release(r->hold, &d->node.eid, d->back, most);
	d->sent += n;
	d->of_turn += d->sent >= RELEASE_BURST ? n : 0;
	if (d->of_turn >= turn) {
		d->of_turn = 0;
		d->due = mono_add_us(now, RELEASE_TURN_US);
	}
	if (!hold_ready(r->hold, &d->node.eid))
		release_end(r, d);
	return n;
}

/* Packets of hosts that have moved, oldest first, some at a time: what is to be said of a move
 * (claims before all) does not wait until thousands of packets have gone. */
static void release_fire(struct timer *t, struct mono now)
{
	struct router *r = t->arg;
	struct mono next = MONO_NEVER;
	uint32_t left = RELEASE_SLICE;
	struct drain *d, *after;

	for (d = TAILQ_FIRST(&r->releases); d && left; d = after) {
		after = TAILQ_NEXT(d, link);
		if (mono_due(d->due, now))
			left -= release_some(r, d, left, now);
		if (d->releasing)
			next = mono_min(next, d->due);
	}
	if (d) /* there is more that need not wait */
		next = mono_add_us(now, RELEASE_US);
	if (TAILQ_FIRST(&r->releases))
		timer_set(&r->env.timers, t,
			mono_due(next, mono_add_us(now, RELEASE_US)) ? mono_add_us(now, RELEASE_US)
								     : next);
	check_drains(r);
}

bool forwarding_drains(const struct router *r, const struct eid *host)
{
	return drain_find(r, host) != NULL;
}

bool forwarding_comes_up(struct router *r, const struct eid *host)
{
	struct drain *d = drain_find(r, host);

	if (d)
		d->mark = 0;
	return d && d->releasing;
}

void forwarding_drain(struct router *r, const struct eid *eid)
{
	if (!address_is_ip(&eid->addr))
		return;
	drain_add(r, eid);
	forwarding_update(r, eid);
	hold_send(r->hold, eid);
	check_drains(r);
}

void forwarding_release(struct router *r, const struct eid *host, bool back)
{
	struct drain *d;

	if (!address_is_ip(&host->addr))
		return;
	if (!handover_orders(r->handover, host))
		hold_join(r->hold, host);
	d = drain_add(r, host);
	if (d)
		d->host = true;
	forwarding_update(r, host);
	if (!d || !hold_ready(r->hold, host)) {
		hold_release(r->hold, host, back, UINT32_MAX);
		check_drains(r);
		return;
	}
	d->back = back;
	release_begin(r, d);
}

void forwarding_join(struct router *r, const struct eid *host)
{
	if (hold_has_later(r->hold, host)) {
		hold_join(r->hold, host);
		forwarding_release(r, host, false);
	}
	check_drains(r);
}

void forwarding_look_again(struct router *r)
{
	timer_set(&r->env.timers, &r->drain_timer, r->env.now);
}

static enum datapath_action cached_action(const struct map_cache_entry *c)
{
	if (c->negative)
		return negative_action(c->act);
	return c->count ? DATAPATH_ENCAP : DATAPATH_DROP;
}

enum datapath_action forwarding_lookup(const struct router *r, const struct eid *eid)
{
	const struct dynamic_eid_host *host = dynamic_eid_find(r->hosts, eid);
	const struct away_entry *away = away_find(r->away, eid);
	const struct eid_node *fixed = eid_table_longest(r->statics, eid);
	const struct map_cache_entry *cached = map_cache_longest(r->cache, eid);

	if (eid_table_find(r->own, eid))
		return DATAPATH_LOCAL;
	if (away && (away->redirect || !host))
		return away->locators.count ? DATAPATH_ENCAP : DATAPATH_NONE;
	if (host)
		return DATAPATH_LOCAL;
	if (fixed && (!cached || fixed->eid.plen >= cached->node.eid.plen))
		return DATAPATH_LOCAL;
	return cached ? cached_action(cached) : DATAPATH_NONE;
}

int forwarding_init(struct router *r)
{
	timer_init(&r->drain_timer, fire, r);
	timer_init(&r->release_timer, release_fire, r);
	TAILQ_INIT(&r->releases);
	r->drains = eid_table_new(r->env.secret);
	return r->drains ? 0 : -1;
}

static bool free_each(struct eid_node *node, void *arg)
{
	eid_table_remove(arg, node);
	free(eid_table_entry(node, struct drain, node));
	return true;
}

void forwarding_fini(struct router *r)
{
	if (!r->drains)
		return;
	eid_table_each(r->drains, free_each, r->drains);
	eid_table_free(r->drains);
}
