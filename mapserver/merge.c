/* See merge.h. */
#include "mapserver/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/base/hash.h"
#include "lib/base/timer.h"

struct part {
	LIST_ENTRY(part) link;
	struct xtr *owner;
	uint64_t expiry_ns;
	uint32_t ttl_min;
	uint16_t map_version, len;
	uint8_t flags, count;
	uint8_t wire[];
};

struct merged {
	struct merged *next; /* in its bucket */
	struct timer timer;  /* the first part that is due */
	struct merge *in;
	TAILQ_ENTRY(merged) due; /* when timer has fired */
	bool is_due;
	struct eid eid;
	unsigned int count;
	LIST_HEAD(, part) parts;
};

struct merge {
	struct hash_key key;
	size_t max, count; /* parts */
	struct timers timers;
	TAILQ_HEAD(, merged) due;
	size_t mask;
	struct merged *buckets[];
};

struct merge *merge_new(size_t max, const uint8_t secret[16])
{
	size_t buckets = 64;
	struct merge *m;

	while (buckets < max / 2)
		buckets *= 2;
	m = calloc(1, sizeof(*m) + buckets * sizeof(m->buckets[0]));
	if (!m)
		return NULL;
	hash_key_set(&m->key, secret);
	m->max = max;
	m->mask = buckets - 1;
	timers_init(&m->timers);
	TAILQ_INIT(&m->due);
	return m;
}

static struct merged **bucket_of(struct merge *m, const struct eid *eid)
{
	return &m->buckets[eid_hash(&m->key, eid) & m->mask];
}

static struct merged *find(struct merge *m, const struct eid *eid)
{
	struct merged *e = *bucket_of(m, eid);

	while (e && !eid_equal(&e->eid, eid))
		e = e->next;
	return e;
}

static void drop_part(struct merged *e, struct part *p)
{
	LIST_REMOVE(p, link);
	e->count--;
	e->in->count--;
	free(p);
}

static void drop_merged(struct merged *e)
{
	struct merged **link = bucket_of(e->in, &e->eid);

	while (!LIST_EMPTY(&e->parts))
		drop_part(e, LIST_FIRST(&e->parts));
	while (*link != e)
		link = &(*link)->next;
	*link = e->next;
	timer_cancel(&e->in->timers, &e->timer);
	if (e->is_due)
		TAILQ_REMOVE(&e->in->due, e, due);
	free(e);
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	for (size_t i = 0; i <= m->mask; i++)
		while (m->buckets[i])
			drop_merged(m->buckets[i]);
	free(m);
}

size_t merge_count(const struct merge *m)
{
	return m->count;
}

static void on_due(struct timer *t, struct mono now)
{
	struct merged *e = t->arg;

	(void)now;
	if (!e->is_due)
		TAILQ_INSERT_TAIL(&e->in->due, e, due);
	e->is_due = true;
}

static void set_timer(struct merged *e)
{
	struct mono first = MONO_NEVER;
	const struct part *p;

	LIST_FOREACH (p, &e->parts, link)
		first = mono_min(first, (struct mono){p->expiry_ns});
	timer_set(&e->in->timers, &e->timer, first);
}

static struct merged *add(struct merge *m, const struct eid *eid)
{
	struct merged **bucket = bucket_of(m, eid), *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->in = m;
	e->eid = *eid;
	LIST_INIT(&e->parts);
	timer_init(&e->timer, on_due, e);
	e->next = *bucket;
	*bucket = e;
	return e;
}

static struct part *part_of(const struct merged *e, const struct xtr *owner)
{
	struct part *p;

	LIST_FOREACH (p, &e->parts, link)
		if (p->owner == owner)
			return p;
	return NULL;
}

int merge_put(struct merge *m, const struct registration *in, struct mono now)
{
	struct merged *e = find(m, &in->eid);
	struct part *old = e ? part_of(e, in->owner) : NULL, *p;

	(void)now;
	if (!old && (m->count >= m->max || (e && e->count >= MERGE_PARTS_MAX)))
		return -ENOSPC;
	p = malloc(sizeof(*p) + in->locators->len);
	if (p && !e)
		e = add(m, &in->eid);
	if (!p || !e) {
		free(p);
		return -ENOMEM;
	}
	if (old)
		drop_part(e, old);
	*p = (struct part){.owner = in->owner,
		.expiry_ns = in->expiry_ns,
		.ttl_min = in->ttl_min,
		.map_version = in->map_version,
		.len = in->locators->len,
		.flags = in->flags,
		.count = in->locators->count};
	memcpy(p->wire, in->locators->wire, p->len);
	LIST_INSERT_HEAD(&e->parts, p, link);
	e->count++;
	m->count++;
	set_timer(e);
	return 0;
}

bool merge_same(struct merge *m, const struct registration *in)
{
	const struct merged *e = find(m, &in->eid);
	const struct part *p = e ? part_of(e, in->owner) : NULL;

	return p && p->flags == in->flags && p->ttl_min == in->ttl_min &&
	       p->map_version == in->map_version && p->count == in->locators->count &&
	       p->len == in->locators->len && !memcmp(p->wire, in->locators->wire, p->len);
}

bool merge_withdraw(struct merge *m, const struct eid *eid, const struct xtr *owner)
{
	struct merged *e = find(m, eid);
	struct part *p = e ? part_of(e, owner) : NULL;

	if (!p)
		return false;
	drop_part(e, p);
	if (e->count)
		set_timer(e);
	else
		drop_merged(e);
	return true;
}

void merge_forget(struct merge *m, const struct eid *eid)
{
	struct merged *e = m->count ? find(m, eid) : NULL;

	if (e)
		drop_merged(e);
}

int merge_sum(struct merge *m, const struct eid *eid, const struct xtr *prefer,
	struct locators *sum, struct registration *out)
{
	const struct merged *e = find(m, eid);
	const struct part *p;

	sum->count = 0;
	sum->len = 0;
	*out = (struct registration){.eid = *eid, .ttl_min = UINT32_MAX, .merged = true};
	if (!e)
		return 0;
	LIST_FOREACH (p, &e->parts, link) {
		if (!locators_unite(sum, p->wire, p->len, p->count))
			return -ENOSPC;
		if (!out->owner || p->owner == prefer)
			out->owner = p->owner;
		out->flags |= p->flags & (MAPPING_PROXY | MAPPING_NOTIFY | MAPPING_SECURE);
		out->ttl_min = p->ttl_min < out->ttl_min ? p->ttl_min : out->ttl_min;
		out->expiry_ns = p->expiry_ns > out->expiry_ns ? p->expiry_ns : out->expiry_ns;
		out->map_version =
			p->map_version > out->map_version ? p->map_version : out->map_version;
	}
	out->locators = sum;
	return (int)e->count;
}

bool merge_due(struct merge *m, struct mono now, struct eid *eid)
{
	struct merged *e;
	struct part *p, *next;

	timers_run(&m->timers, now);
	e = TAILQ_FIRST(&m->due);
	if (!e)
		return false;
	*eid = e->eid;
	TAILQ_REMOVE(&m->due, e, due);
	e->is_due = false;
	for (p = LIST_FIRST(&e->parts); p; p = next) {
		next = LIST_NEXT(p, link);
		if (p->expiry_ns <= now.ns)
			drop_part(e, p);
	}
	if (e->count)
		set_timer(e);
	else
		drop_merged(e);
	return true;
}
