/* See merge.h. An EID whose parts were touched stays in the table, also without any, until it is
 * settled: so what the store has of it can be deleted, and what refers to it while a message may be
 * undone stays good. */
#include "mapserver/merge.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/base/hash.h"
#include "lib/base/timer.h"
#include "lisp/lisp.h"

struct part {
	LIST_ENTRY(part) link;
	struct merge_part is;
};

struct merged {
	struct merged *next; /* in its bucket */
	struct timer timer;  /* the first part that is due */
	struct merge *in;
	TAILQ_ENTRY(merged) due;     /* when timer has fired */
	TAILQ_ENTRY(merged) touched; /* until it is settled */
	bool is_due, is_touched;
	bool changed; /* the store has something else */
	struct eid eid;
	unsigned int count;
	LIST_HEAD(, part) parts;
};

/* How one part was before. */
struct undo {
	struct merged *of;
	const struct xtr *owner;
	struct part *old;    /* NULL: there was none, or only its life is another */
	bool lives;          /* only its life is another */
	uint64_t expiry_ns;  /* lives: what it was */
	bool changed_before; /* of->changed */
};

struct merge {
	pthread_mutex_t lock; /* of buckets and parts, against merge_parts */
	struct hash_key key;
	struct registry *sets;
	size_t max, count; /* parts */
	struct timers timers;
	TAILQ_HEAD(, merged) due;
	TAILQ_HEAD(, merged) touched;
	size_t touched_count;
	unsigned int undo_count;
	struct undo undo[LISP_RECORDS_MAX];
	size_t mask;
	struct merged *buckets[];
};

struct merge *merge_new(size_t max, struct registry *sets, const uint8_t secret[16])
{
	size_t buckets = 64;
	struct merge *m;

	while (buckets < max / 2)
		buckets *= 2;
	m = calloc(1, sizeof(*m) + buckets * sizeof(m->buckets[0]));
	if (!m)
		return NULL;
	pthread_mutex_init(&m->lock, NULL);
	hash_key_set(&m->key, secret);
	m->sets = sets;
	m->max = max;
	m->mask = buckets - 1;
	timers_init(&m->timers);
	TAILQ_INIT(&m->due);
	TAILQ_INIT(&m->touched);
	return m;
}

/* ---- EIDs and parts ---- */

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
		first = mono_min(first, (struct mono){p->is.expiry_ns});
	if (e->count)
		timer_set(&e->in->timers, &e->timer, first);
	else
		timer_cancel(&e->in->timers, &e->timer);
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
	pthread_mutex_lock(&m->lock);
	e->next = *bucket;
	*bucket = e;
	pthread_mutex_unlock(&m->lock);
	return e;
}

static struct part *part_of(const struct merged *e, const struct xtr *owner)
{
	struct part *p;

	LIST_FOREACH (p, &e->parts, link)
		if (p->is.owner == owner)
			return p;
	return NULL;
}

static void free_part(struct merge *m, struct part *p)
{
	if (p)
		registry_set_unref(m->sets, p->is.locators);
	free(p);
}

/* @new (NULL: none) stands where @old (NULL: nothing) stood. */
static void exchange(struct merged *e, struct part *old, struct part *new)
{
	pthread_mutex_lock(&e->in->lock);
	if (new)
		LIST_INSERT_HEAD(&e->parts, new, link);
	if (old)
		LIST_REMOVE(old, link);
	pthread_mutex_unlock(&e->in->lock);
	e->count += (new != NULL) - (old != NULL);
	e->in->count += (size_t)(new != NULL) - (size_t)(old != NULL);
}

static void touch(struct merged *e)
{
	if (e->is_touched)
		return;
	e->is_touched = true;
	TAILQ_INSERT_TAIL(&e->in->touched, e, touched);
	e->in->touched_count++;
}

static void drop_merged(struct merged *e)
{
	struct merge *m = e->in;
	struct merged **link = bucket_of(m, &e->eid);

	while (*link != e)
		link = &(*link)->next;
	pthread_mutex_lock(&m->lock);
	*link = e->next;
	pthread_mutex_unlock(&m->lock);
	timer_cancel(&m->timers, &e->timer);
	if (e->is_due)
		TAILQ_REMOVE(&m->due, e, due);
	if (e->is_touched)
		TAILQ_REMOVE(&m->touched, e, touched);
	free(e);
}

static void drop_parts(struct merged *e, uint64_t until_ns)
{
	struct part *p, *next;

	for (p = LIST_FIRST(&e->parts); p; p = next) {
		next = LIST_NEXT(p, link);
		if (p->is.expiry_ns > until_ns)
			continue;
		exchange(e, p, NULL);
		free_part(e->in, p);
		e->changed = true;
	}
	touch(e);
	set_timer(e);
}

void merge_free(struct merge *m)
{
	if (!m)
		return;
	merge_keep(m);
	for (size_t i = 0; i <= m->mask; i++)
		while (m->buckets[i]) {
			drop_parts(m->buckets[i], UINT64_MAX);
			drop_merged(m->buckets[i]);
		}
	pthread_mutex_destroy(&m->lock);
	free(m);
}

size_t merge_count(const struct merge *m)
{
	return m->count;
}

/* ---- a message ---- */

static struct undo *note(struct merged *e, const struct xtr *owner)
{
	struct undo *u = &e->in->undo[e->in->undo_count++];

	touch(e);
	*u = (struct undo){.of = e, .owner = owner, .changed_before = e->changed};
	return u;
}

/* But for its life. */
static bool same_part(const struct part *a, const struct part *b)
{
	return a->is.locators == b->is.locators && a->is.flags == b->is.flags &&
	       a->is.ttl_min == b->is.ttl_min && a->is.map_version == b->is.map_version;
}

static struct part *new_part(struct merge *m, const struct registration *in)
{
	struct part *p = malloc(sizeof(*p));

	if (!p)
		return NULL;
	p->is = (struct merge_part){.owner = in->owner,
		.locators = registry_set(
			m->sets, in->locators->count, in->locators->wire, in->locators->len),
		.expiry_ns = in->expiry_ns,
		.ttl_min = in->ttl_min,
		.map_version = in->map_version,
		.flags = in->flags};
	if (p->is.locators)
		return p;
	free(p);
	return NULL;
}

static void prolong(struct merged *e, struct part *p, uint64_t expiry_ns)
{
	pthread_mutex_lock(&e->in->lock);
	p->is.expiry_ns = expiry_ns;
	pthread_mutex_unlock(&e->in->lock);
}

static void put(struct merged *e, struct part *old, struct part *new)
{
	struct undo *u = note(e, new->is.owner);

	if (old && same_part(old, new)) { /* a refresh */
		u->lives = true;
		u->expiry_ns = old->is.expiry_ns;
		prolong(e, old, new->is.expiry_ns);
		free_part(e->in, new);
	} else {
		u->old = old;
		exchange(e, old, new);
		e->changed = true;
	}
	set_timer(e);
}

int merge_put(struct merge *m, const struct registration *in)
{
	struct merged *e = find(m, &in->eid);
	struct part *old = e ? part_of(e, in->owner) : NULL, *new;

	if (m->undo_count == LISP_RECORDS_MAX ||
		(!old && (m->count >= m->max || (e && e->count >= MERGE_PARTS_MAX))))
		return -ENOSPC;
	new = new_part(m, in);
	if (new && !e)
		e = add(m, &in->eid);
	if (!new || !e) {
		free_part(m, new);
		return -ENOMEM;
	}
	put(e, old, new);
	return 0;
}

bool merge_same(struct merge *m, const struct registration *in)
{
	const struct merged *e = find(m, &in->eid);
	const struct part *p = e ? part_of(e, in->owner) : NULL;

	return p && p->is.flags == in->flags && p->is.ttl_min == in->ttl_min &&
	       p->is.map_version == in->map_version &&
	       p->is.locators->count == in->locators->count &&
	       p->is.locators->wire_len == in->locators->len &&
	       !memcmp(p->is.locators->wire, in->locators->wire, in->locators->len);
}

bool merge_withdraw(struct merge *m, const struct eid *eid, const struct xtr *owner)
{
	struct merged *e = find(m, eid);
	struct part *p = e ? part_of(e, owner) : NULL;

	if (!p || m->undo_count == LISP_RECORDS_MAX)
		return false;
	note(e, owner)->old = p;
	exchange(e, p, NULL);
	e->changed = true;
	set_timer(e);
	return true;
}

unsigned int merge_withdraw_site(struct merge *m, const struct eid *eid, const char *name)
{
	struct merged *e = find(m, eid);
	struct part *p, *next;
	unsigned int n = 0;

	for (p = e ? LIST_FIRST(&e->parts) : NULL; p; p = next) {
		next = LIST_NEXT(p, link);
		n += !strcmp(p->is.owner->who.site, name) && merge_withdraw(m, eid, p->is.owner);
	}
	return n;
}

void merge_keep(struct merge *m)
{
	while (m->undo_count)
		free_part(m, m->undo[--m->undo_count].old);
}

void merge_undo(struct merge *m)
{
	while (m->undo_count) {
		const struct undo *u = &m->undo[--m->undo_count];
		struct part *new = part_of(u->of, u->owner);

		if (u->lives && new) {
			prolong(u->of, new, u->expiry_ns);
		} else if (!u->lives) {
			exchange(u->of, new, u->old);
			free_part(m, new);
		}
		u->of->changed = u->changed_before;
		set_timer(u->of);
	}
}

/* ---- besides ---- */

void merge_forget(struct merge *m, const struct eid *eid)
{
	struct merged *e = m->count ? find(m, eid) : NULL;

	if (e && e->count)
		drop_parts(e, UINT64_MAX);
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
		const struct merge_part *is = &p->is;
		const struct locset *set = is->locators;

		if (!locators_unite(sum, set->wire, set->wire_len, set->count))
			return -ENOSPC;
		if (!out->owner || is->owner == prefer)
			out->owner = is->owner;
		out->flags |= is->flags & (MAPPING_PROXY | MAPPING_NOTIFY | MAPPING_SECURE);
		out->ttl_min = is->ttl_min < out->ttl_min ? is->ttl_min : out->ttl_min;
		out->expiry_ns = is->expiry_ns > out->expiry_ns ? is->expiry_ns : out->expiry_ns;
		out->map_version =
			is->map_version > out->map_version ? is->map_version : out->map_version;
	}
	out->locators = sum;
	return (int)e->count;
}

bool merge_due(struct merge *m, struct mono now, struct eid *eid)
{
	struct merged *e;

	timers_run(&m->timers, now);
	e = TAILQ_FIRST(&m->due);
	if (!e)
		return false;
	*eid = e->eid;
	TAILQ_REMOVE(&m->due, e, due);
	e->is_due = false;
	drop_parts(e, now.ns);
	return true;
}

unsigned int merge_parts(
	struct merge *m, const struct eid *eid, struct merge_part parts[MERGE_PARTS_MAX])
{
	const struct merged *e;
	const struct part *p;
	unsigned int n = 0;

	pthread_mutex_lock(&m->lock);
	e = find(m, eid);
	if (e)
		LIST_FOREACH (p, &e->parts, link)
			if (n < MERGE_PARTS_MAX)
				parts[n++] = p->is;
	pthread_mutex_unlock(&m->lock);
	return n;
}

/* ---- from and to the store ---- */

int merge_load(struct merge *m, const struct eid *eid, const struct merge_part *part)
{
	struct merged *e = find(m, eid);
	struct part *p = malloc(sizeof(*p));
	int err = 0;

	if (m->count >= m->max || (e && e->count >= MERGE_PARTS_MAX))
		err = -ENOSPC;
	else if (e && part_of(e, part->owner))
		err = -EEXIST;
	else if (!p || (!e && !(e = add(m, eid))))
		err = -ENOMEM;
	if (err) {
		registry_set_unref(m->sets, part->locators);
		free(p);
		return err;
	}
	p->is = *part;
	exchange(e, NULL, p);
	set_timer(e);
	return 0;
}

size_t merge_unsettled(const struct merge *m)
{
	return m->touched_count;
}

void merge_each_changed(struct merge *m, void (*visit)(void *arg, const struct eid *eid), void *arg)
{
	const struct merged *e;

	TAILQ_FOREACH (e, &m->touched, touched)
		if (e->changed)
			visit(arg, &e->eid);
}

void merge_settled(struct merge *m)
{
	struct merged *e;

	while ((e = TAILQ_FIRST(&m->touched))) {
		TAILQ_REMOVE(&m->touched, e, touched);
		e->is_touched = e->changed = false;
		if (!e->count)
			drop_merged(e);
	}
	m->touched_count = 0;
}
