/* See router.h: the rooms' contents as the API shows them. */
#include "xtr/rooms.h"

#include <string.h>

struct view {
	const struct router *r;
	struct mono now;
	union {
		bool (*cache)(const struct router_cache_view *v, void *arg);
		bool (*local)(const struct router_local_view *v, void *arg);
		bool (*away)(const struct router_away_view *v, void *arg);
		bool (*rloc)(const struct router_rloc_view *v, void *arg);
	} visit;
	void *arg;
	bool stopped;
};

static uint32_t seconds(struct mono from, struct mono to)
{
	return (uint32_t)(mono_since_ms(from, to) / 1000);
}

static bool view_cache(const struct map_cache_entry *e, void *arg)
{
	const struct view *view = arg;
	struct router_cache_view v = {
		.eid = e->node.eid,
		.negative = e->negative,
		.protected = e->protected,
		.act = e->act,
		.unusable = e->unusable,
		.age_s = seconds(e->installed, view->now),
		.ttl_s = seconds(view->now, e->expires),
	};
	struct locator_set set;

	map_cache_locators(e, &set);
	v.locator_count = set.count;
	v.locators = set.list;
	return view->visit.cache(&v, view->arg);
}

void router_each_cache(const struct router *r, struct mono now,
	bool (*visit)(const struct router_cache_view *v, void *arg), void *arg)
{
	struct view view = {.r = r, .now = now, .visit.cache = visit, .arg = arg};

	map_cache_each(r->cache, view_cache, &view);
}

/* Acknowledged or granted by every Map-Server; the highest seq of any. */
static void registered(const struct router *r, struct router_local_view *v)
{
	unsigned int i;

	v->registered = r->server_count > 0;
	for (i = 0; i < r->server_count; i++) {
		const struct router_server *s = &r->servers[i];
		bool claimed = s->claim && v->dynamic;
		uint64_t seq = claimed ? claim_seq(s->claim, &v->eid) : 0;

		v->registered &= claimed ? claim_owned(s->claim, &v->eid)
					 : registration_acked(s->registration, &v->eid);
		if (seq > v->seq)
			v->seq = seq;
	}
}

static bool view_host(struct dynamic_eid_host *h, void *arg)
{
	struct view *view = arg;
	struct router_local_view v = {
		.eid = h->node.eid,
		.dynamic = true,
		.ifindex = dynamic_eid_ifindex(h),
		.seen_s = seconds(h->seen, view->now),
	};

	memcpy(v.mac, h->mac, sizeof(v.mac));
	registered(view->r, &v);
	view->stopped = !view->visit.local(&v, view->arg);
	return !view->stopped;
}

static bool view_static(struct eid_node *node, void *arg)
{
	struct view *view = arg;
	struct router_local_view v = {.eid = node->eid};

	registered(view->r, &v);
	view->stopped = !view->visit.local(&v, view->arg);
	return !view->stopped;
}

void router_each_local(const struct router *r, struct mono now,
	bool (*visit)(const struct router_local_view *v, void *arg), void *arg)
{
	struct view view = {.r = r, .now = now, .visit.local = visit, .arg = arg};

	eid_table_each(r->statics, view_static, &view);
	if (!view.stopped)
		dynamic_eid_each(r->hosts, view_host, &view);
}

static bool view_away(const struct away_entry *e, void *arg)
{
	const struct view *view = arg;
	const struct router_away_view v = {
		.eid = e->node.eid,
		.seq = e->seq,
		.age_s = seconds(e->since, view->now),
		.locator_count = e->locators.count,
		.locators = e->locators.list,
	};

	return !e->redirect || view->visit.away(&v, view->arg);
}

void router_each_away(const struct router *r, struct mono now,
	bool (*visit)(const struct router_away_view *v, void *arg), void *arg)
{
	struct view view = {.r = r, .now = now, .visit.away = visit, .arg = arg};

	away_each(r->away, view_away, &view);
}

void router_each_rloc(const struct router *r, struct mono now,
	bool (*visit)(const struct router_rloc_view *v, void *arg), void *arg)
{
	const struct policy *p = &r->env.policy;
	unsigned int i;

	for (i = 0; i < p->rloc_count; i++) {
		const struct router_rloc_view v = {
			.addr = p->rlocs[i].addr,
			.translated = r->env.translated[i],
			.local = true,
			.priority = p->rlocs[i].priority,
			.weight = p->rlocs[i].weight,
			.drained = r->env.drained[i],
			.up = true,
		};

		if (!visit(&v, arg))
			return;
	}
	probe_each(r->probe, visit, arg);
}

void router_each_server(const struct router *r, struct mono now,
	bool (*visit)(const struct router_server_view *v, void *arg), void *arg)
{
	unsigned int i;

	for (i = 0; i < r->server_count; i++) {
		const struct server *s = r->servers[i].server;
		struct router_server_view v = {
			.at = s->conf.at,
			.protocol = s->conf.protocol,
			.acked = s->ever && !s->lost &&
				 registration_all_acked(r->servers[i].registration),
			.ack_s = s->ever ? seconds(s->acked, now) : UINT32_MAX,
		};

		nat_view(r->nat, s, &v.nat);

		if (!visit(&v, arg))
			return;
	}
}

bool router_told_by(const struct router *r, const struct eid *eid, struct address *server)
{
	return subscriber_server(r->subscriber, eid, server);
}

uint64_t router_held_bytes(const struct router *r)
{
	return hold_bytes(r->hold);
}

void router_each_move(
	const struct router *r, bool (*visit)(const struct router_move *m, void *arg), void *arg)
{
	move_log_each(r->env.moves, visit, arg);
}
