/* See campus.h. A row is a machine, in a VLAN; its residents are its addresses. An address is one
 * row's; who knows counts more than what was heard, and of equals who spoke last. Who was heard of
 * with an address that another attests is its heir: the address is the heir's when the other ends,
 * or has it no more.
 *
 * While the whole list is read, events go on: a row that an event has touched since the list was
 * asked for is as the event says, also when it is gone, which is why it is kept until the list's
 * end. */
#include "xtr/campus.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "xtr/eid_table.h"

#define RETRY_MS  1000 /* until what there was no room for is told again */
#define SETTLE_MS 1000 /* until a change of places is registered: routes change in bursts */
#define REST_MS   5000 /* from one such round to the next */

struct row {
	struct eid_node node; /* the MAC, in the "instance" that is its port */
	LIST_HEAD(, resident) residents;
	LIST_HEAD(, resident) bequeathed; /* others', of which this is the heir */
	TAILQ_ENTRY(row) ending;          /* when ends */
	struct mono ends_at;
	bool attested, gone;
	bool ends; /* it is gone, if it is not told again soon */
	uint8_t step;
	uint16_t nickname;
	uint32_t stamp; /* of the list that was read when it was told last */
	bool by_event;  /* told last by an event */
};

struct resident {
	struct eid_node node;
	LIST_ENTRY(resident) link;
	TAILQ_ENTRY(resident) waiting; /* when refused */
	struct row *row;
	struct row *heir; /* NULL: nobody */
	LIST_ENTRY(resident) bequest;
	bool named;     /* by what is told just now */
	bool refused;   /* there was no room for it */
	bool elsewhere; /* by the mapping system */
	bool moved;     /* its registration is to say another place */
};

struct campus {
	struct env *env;
	struct campus_listener listener;
	struct eid_table *rows, *residents;
	TAILQ_HEAD(refused, resident) refused;
	TAILQ_HEAD(, row) ending;
	struct timer retry, settle, end;
	struct mono settled;
	uint32_t stamp;
	bool reading, counts; /* the list that ends: who is not named is gone */
};

static void on_retry(struct timer *t, struct mono now);
static void on_settle(struct timer *t, struct mono now);
static void on_end(struct timer *t, struct mono now);

struct campus *campus_new(struct env *env, const struct campus_listener *listener)
{
	struct campus *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->env = env;
	c->listener = *listener;
	TAILQ_INIT(&c->refused);
	TAILQ_INIT(&c->ending);
	timer_init(&c->retry, on_retry, c);
	timer_init(&c->settle, on_settle, c);
	timer_init(&c->end, on_end, c);
	c->rows = eid_table_new(env->secret);
	c->residents = eid_table_new(env->secret);
	if (c->rows && c->residents)
		return c;
	campus_free(c);
	return NULL;
}

static void unrefuse(struct campus *c, struct resident *r)
{
	if (r->refused)
		TAILQ_REMOVE(&c->refused, r, waiting);
	r->refused = false;
}

/* @heir NULL: nobody is. */
static void heir_set(struct resident *r, struct row *heir)
{
	if (r->heir)
		LIST_REMOVE(r, bequest);
	r->heir = heir;
	if (heir)
		LIST_INSERT_HEAD(&heir->bequeathed, r, bequest);
}

static void heir_of_none(struct row *row)
{
	struct resident *r;

	while ((r = LIST_FIRST(&row->bequeathed)))
		heir_set(r, NULL);
}

static bool is_idle(const struct row *row)
{
	return LIST_EMPTY(&row->residents) && LIST_EMPTY(&row->bequeathed);
}

static void resident_free(struct campus *c, struct resident *r)
{
	heir_set(r, NULL);
	unrefuse(c, r);
	LIST_REMOVE(r, link);
	eid_table_remove(c->residents, &r->node);
	free(r);
}

static void stays(struct campus *c, struct row *row)
{
	if (row->ends)
		TAILQ_REMOVE(&c->ending, row, ending);
	row->ends = false;
}

static void row_free(struct campus *c, struct row *row)
{
	struct resident *r;

	stays(c, row);
	heir_of_none(row);
	while ((r = LIST_FIRST(&row->residents)))
		resident_free(c, r);
	eid_table_remove(c->rows, &row->node);
	free(row);
}

static bool free_each(struct eid_node *node, void *arg)
{
	row_free(arg, eid_table_entry(node, struct row, node));
	return true;
}

void campus_free(struct campus *c)
{
	if (!c)
		return;
	if (c->rows && c->residents)
		eid_table_each(c->rows, free_each, c);
	eid_table_free(c->rows);
	eid_table_free(c->residents);
	timer_cancel(&c->env->timers, &c->retry);
	timer_cancel(&c->env->timers, &c->settle);
	timer_cancel(&c->env->timers, &c->end);
	free(c);
}

/* ---- rows ---- */

static struct eid row_key(int ifindex, const uint8_t mac[6])
{
	struct eid key = {.iid = (uint32_t)ifindex, .plen = 48};

	key.addr.afi = AFI_MAC;
	key.addr.len = 6;
	memcpy(key.addr.bytes, mac, 6);
	return key;
}

static const uint8_t *row_mac(const struct row *row)
{
	return row->node.eid.addr.bytes;
}

static struct row *row_find(const struct campus *c, const struct eid *key)
{
	return eid_table_entry(eid_table_find(c->rows, key), struct row, node);
}

static struct row *row_new(struct campus *c, const struct eid *key)
{
	struct row *row;

	if (eid_table_count(c->rows) >= c->env->policy.limits.hosts) {
		env_count(c->env, XTR_CAMPUS_DROP_FULL);
		return NULL;
	}
	row = calloc(1, sizeof(*row));
	if (row)
		row->node.eid = *key;
	if (!row || eid_table_insert(c->rows, &row->node) < 0) {
		free(row);
		env_count(c->env, XTR_NO_MEMORY);
		return NULL;
	}
	LIST_INIT(&row->residents);
	LIST_INIT(&row->bequeathed);
	row->gone = true;
	return row;
}

static struct resident *resident_find(const struct campus *c, const struct eid *host)
{
	return eid_table_entry(eid_table_find(c->residents, host), struct resident, node);
}

static struct resident *resident_new(struct campus *c, struct row *row, const struct eid *host)
{
	struct resident *r;

	if (eid_table_count(c->residents) >= c->env->policy.limits.hosts) {
		env_count(c->env, XTR_CAMPUS_DROP_FULL);
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (r)
		r->node.eid = *host;
	if (!r || eid_table_insert(c->residents, &r->node) < 0) {
		free(r);
		env_count(c->env, XTR_NO_MEMORY);
		return NULL;
	}
	r->row = row;
	LIST_INSERT_HEAD(&row->residents, r, link);
	return r;
}

/* ---- news ---- */

static void tell_there(struct campus *c, struct resident *r)
{
	const struct row *row = r->row;

	unrefuse(c, r);
	r->elsewhere = false;
	if (c->listener.there(c->listener.arg, &r->node.eid, (int)row->node.eid.iid, row_mac(row),
		    row->attested))
		return;
	r->refused = true;
	TAILQ_INSERT_TAIL(&c->refused, r, waiting);
	if (!timer_is_set(&c->retry))
		timer_set(&c->env->timers, &c->retry, mono_add_ms(c->env->now, RETRY_MS));
}

/* One that is still refused goes to the end of the list again: each is told once a round. */
static void on_retry(struct timer *t, struct mono now)
{
	struct campus *c = t->arg;
	struct resident *last = TAILQ_LAST(&c->refused, refused), *r = NULL;

	while (r != last && (r = TAILQ_FIRST(&c->refused)))
		tell_there(c, r);
}

static void move_to(struct resident *r, struct row *row)
{
	if (r->heir == row)
		heir_set(r, NULL);
	LIST_REMOVE(r, link);
	r->row = row;
	LIST_INSERT_HEAD(&row->residents, r, link);
}

static void tell_gone(struct campus *c, struct resident *r, bool attested)
{
	const struct eid host = r->node.eid;
	struct eid key = r->row->node.eid;
	bool elsewhere = r->elsewhere;

	if (r->heir) {
		move_to(r, r->heir);
		tell_there(c, r);
		return;
	}
	resident_free(c, r);
	if (!elsewhere)
		c->listener.gone(c->listener.arg, &host, key.addr.bytes, attested);
}

/* Registrations of an address whose place has changed are renewed, all that changed together. */
static void mark_moved(struct campus *c, struct row *row)
{
	struct mono due = mono_add_ms(c->env->now, SETTLE_MS), rest;
	struct resident *r;

	LIST_FOREACH (r, &row->residents, link)
		r->moved = true;
	if (LIST_EMPTY(&row->residents) || timer_is_set(&c->settle))
		return;
	rest = c->settled.ns ? mono_add_ms(c->settled, REST_MS) : due;
	timer_set(&c->env->timers, &c->settle, mono_due(rest, due) ? due : rest);
}

static bool settle_one(struct eid_node *node, void *arg)
{
	struct resident *r = eid_table_entry(node, struct resident, node);
	struct campus *c = arg;

	if (r->moved && !r->elsewhere)
		c->listener.moved(c->listener.arg, &r->node.eid);
	r->moved = false;
	return true;
}

static void on_settle(struct timer *t, struct mono now)
{
	struct campus *c = t->arg;

	c->settled = now;
	eid_table_each(c->residents, settle_one, c);
}

/* ---- what is told ---- */

static void take_ip(struct campus *c, struct row *row, const struct eid *host, bool news)
{
	struct resident *r = resident_find(c, host);

	if (!policy_dynamic(&c->env->policy, host))
		return;
	if (r && r->row != row) {
		if (r->row->attested && !row->attested && !r->elsewhere) {
			heir_set(r, row);
			r->named = true;
			return;
		}
		move_to(r, row);
		news = true;
	} else if (!r) {
		r = resident_new(c, row, host);
		news = true;
	}
	if (!r)
		return;
	r->named = true;
	if (news)
		tell_there(c, r);
}

/* What it has no more is gone; told last, so that an address is never gone in between. */
static void take_ips(
	struct campus *c, struct row *row, const struct router_station *s, bool news, bool attested)
{
	struct resident *r, *next;

	LIST_FOREACH (r, &row->residents, link)
		r->named = false;
	LIST_FOREACH (r, &row->bequeathed, bequest)
		r->named = false;
	for (unsigned int i = 0; i < s->ip_count && i < ROUTER_STATION_IPS; i++) {
		const struct eid host = {.iid = s->iid,
			.plen = (uint8_t)address_bits(&s->ips[i]),
			.addr = s->ips[i]};

		if (address_is_ip(&host.addr))
			take_ip(c, row, &host, news);
	}
	for (r = LIST_FIRST(&row->residents); r; r = next) {
		next = LIST_NEXT(r, link);
		if (!r->named)
			tell_gone(c, r, attested);
	}
	for (r = LIST_FIRST(&row->bequeathed); r; r = next) {
		next = LIST_NEXT(r, bequest);
		if (!r->named)
			heir_set(r, NULL);
	}
}

static void take_row(struct campus *c, struct row *row, const struct router_station *s)
{
	uint8_t step = s->has_cost ? campus_step(s->cost) : CAMPUS_STEP_MAX;
	const struct policy_campus *p = &c->env->policy.campus;
	bool attested = row->attested, news, place;

	news = row->gone || row->nickname != s->nickname || (s->attested && !row->attested);
	place = (p->costs && row->step != step) || (p->coordinates && row->nickname != s->nickname);
	place &= !row->gone;
	stays(c, row);
	row->gone = false;
	row->attested = s->attested;
	row->nickname = s->nickname;
	row->step = step;
	take_ips(c, row, s, news, attested);
	if (place)
		mark_moved(c, row);
}

static void end_row(struct campus *c, struct row *row)
{
	struct resident *r;

	row->gone = true;
	heir_of_none(row);
	if (row->ends || LIST_EMPTY(&row->residents))
		return;
	LIST_FOREACH (r, &row->residents, link)
		c->listener.left(c->listener.arg, &r->node.eid);
	row->ends = true;
	row->ends_at = mono_add_ms(c->env->now, CAMPUS_GRACE_MS);
	TAILQ_INSERT_TAIL(&c->ending, row, ending);
	if (!timer_is_set(&c->end))
		timer_set(&c->env->timers, &c->end, row->ends_at);
}

static void on_end(struct timer *t, struct mono now)
{
	struct campus *c = t->arg;
	struct resident *r;
	struct row *row;

	while ((row = TAILQ_FIRST(&c->ending)) && mono_due(row->ends_at, now)) {
		stays(c, row);
		while ((r = LIST_FIRST(&row->residents)))
			tell_gone(c, r, row->attested);
		row->attested = false;
		if (!c->reading)
			row_free(c, row);
	}
	if (row)
		timer_set(&c->env->timers, &c->end, row->ends_at);
}

void campus_station(struct campus *c, const struct router_station *s)
{
	const struct eid key = row_key(s->ifindex, s->mac);
	struct row *row = row_find(c, &key);

	env_count(c->env, s->listed ? XTR_CAMPUS_LISTED : XTR_CAMPUS_EVENTS);
	if (row && s->listed && row->by_event && row->stamp == c->stamp)
		return;
	if (!row && ((c->reading && !s->listed) || (!s->gone && s->ip_count)))
		row = row_new(c, &key);
	if (!row)
		return;
	row->stamp = c->stamp;
	row->by_event = !s->listed;
	if (s->gone)
		end_row(c, row);
	else
		take_row(c, row, s);
	if (!c->reading && is_idle(row))
		row_free(c, row);
}

void campus_list_begin(struct campus *c)
{
	c->reading = true;
	c->stamp++;
}

static bool settle_row(struct eid_node *node, void *arg)
{
	struct row *row = eid_table_entry(node, struct row, node);
	struct campus *c = arg;

	if (c->counts && row->stamp != c->stamp)
		end_row(c, row);
	if (is_idle(row))
		row_free(c, row);
	return true;
}

void campus_list_end(struct campus *c, bool counts)
{
	c->counts = counts;
	eid_table_each(c->rows, settle_row, c);
	c->reading = false;
}

/* ---- what the other rooms ask ---- */

static const struct resident *counts(const struct campus *c, const struct eid *host)
{
	const struct resident *r = resident_find(c, host);

	return r && !r->elsewhere ? r : NULL;
}

bool campus_attests(const struct campus *c, const struct eid *host)
{
	const struct resident *r = counts(c, host);

	return r && r->row->attested;
}

bool campus_gainsays(const struct campus *c, const struct eid *host, const uint8_t mac[6])
{
	const struct resident *r = counts(c, host);

	return r && r->row->attested && memcmp(row_mac(r->row), mac, 6) != 0;
}

bool campus_where(const struct campus *c, const struct eid *host, uint16_t *nickname)
{
	const struct resident *r = resident_find(c, host);

	if (!r || r->row->gone)
		return false;
	*nickname = r->row->nickname;
	return true;
}

int campus_ifindex(const struct campus *c, const struct eid *host)
{
	const struct resident *r = resident_find(c, host);

	return r ? (int)r->row->node.eid.iid : 0;
}

void campus_elsewhere(struct campus *c, const struct eid *host)
{
	struct resident *r = resident_find(c, host);

	if (!r)
		return;
	unrefuse(c, r);
	heir_set(r, NULL);
	r->elsewhere = true;
}

bool campus_place(const struct campus *c, const struct eid *host, struct campus_place *place)
{
	const struct policy_campus *p = &c->env->policy.campus;
	const struct resident *r;

	*place = (struct campus_place){0};
	if (!p->costs && !p->coordinates)
		return false;
	r = counts(c, host);
	if (!r)
		return false;
	place->step = p->costs ? r->row->step : 0;
	place->nickname = p->coordinates ? r->row->nickname : 0;
	memcpy(place->mac, row_mac(r->row), sizeof(place->mac));
	return true;
}

/* The logarithm to the base 2^(1/7), straight between powers of two. */
uint8_t campus_step(uint32_t cost)
{
	uint64_t of = (uint64_t)cost + 1, part;
	unsigned int doublings = 0;

	while (of >> (doublings + 1))
		doublings++;
	part = ((of << 16) >> doublings) - 65536;
	return (uint8_t)(7 * doublings + (7 * part >> 16));
}
