/* See loss.h. All live equally long, so the first of the list is the first to end. */
#include "mapserver/loss.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/base/hash.h"

#define BUCKETS 4096 /* a power of two */

struct lost {
	TAILQ_ENTRY(lost) by_age;
	struct lost *next; /* in its bucket; the latest first */
	struct eid eid;
	struct loss is;
	struct mono end;
};

TAILQ_HEAD(lost_list, lost);

struct losses {
	pthread_mutex_t lock;
	struct hash_key key;
	uint64_t life_s;
	size_t max, count; /* count: atomic */
	struct lost_list ages;
	struct lost *buckets[BUCKETS];
};

struct losses *losses_new(size_t max, uint64_t life_s, const uint8_t secret[16])
{
	struct losses *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	pthread_mutex_init(&l->lock, NULL);
	hash_key_set(&l->key, secret);
	l->life_s = life_s;
	l->max = max;
	TAILQ_INIT(&l->ages);
	return l;
}

static struct lost **bucket_of(struct losses *l, const struct eid *eid)
{
	return &l->buckets[eid_hash(&l->key, eid) & (BUCKETS - 1)];
}

static void drop(struct losses *l, struct lost *o)
{
	struct lost **link = bucket_of(l, &o->eid);

	while (*link != o)
		link = &(*link)->next;
	*link = o->next;
	TAILQ_REMOVE(&l->ages, o, by_age);
	__atomic_store_n(&l->count, l->count - 1, __ATOMIC_RELAXED);
	free(o);
}

void losses_free(struct losses *l)
{
	if (!l)
		return;
	while (!TAILQ_EMPTY(&l->ages))
		drop(l, TAILQ_FIRST(&l->ages));
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Most of the time there is none, and nobody needs the lock to see that. */
size_t losses_count(struct losses *l)
{
	return __atomic_load_n(&l->count, __ATOMIC_RELAXED);
}

/* FNV-1a: it is compared with what the same authenticated xTR said, and stored. */
static uint64_t add(uint64_t h, const void *bytes, size_t len)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < len; i++)
		h = (h ^ b[i]) * UINT64_C(0x100000001b3);
	return h;
}

static uint64_t said(const uint8_t *wire, size_t len, uint32_t ttl_min, uint16_t map_version)
{
	const uint8_t rest[] = {(uint8_t)(ttl_min >> 24), (uint8_t)(ttl_min >> 16),
		(uint8_t)(ttl_min >> 8), (uint8_t)ttl_min, (uint8_t)(map_version >> 8),
		(uint8_t)map_version};

	return add(add(UINT64_C(0xcbf29ce484222325), rest, sizeof(rest)), wire, len);
}

uint64_t loss_said_before(const struct mapping *m)
{
	return said(m->locators->wire, m->locators->wire_len, m->ttl_min, m->map_version);
}

uint64_t loss_said_now(const struct registration *in)
{
	return said(in->locators->wire, in->locators->len, in->ttl_min, in->map_version);
}

static struct lost *find(struct losses *l, const struct eid *eid, const struct xtr *xtr)
{
	struct lost *o = *bucket_of(l, eid);

	while (o && ((xtr && o->is.xtr != xtr) || !eid_equal(&o->eid, eid)))
		o = o->next;
	return o;
}

void losses_note(struct losses *l, const struct eid *eid, const struct loss *loss,
	struct mono since, struct mono now)
{
	struct mono end = mono_add_s(since, l->life_s);
	struct lost **bucket, *o;

	if (mono_due(end, now) || !l->max)
		return;
	pthread_mutex_lock(&l->lock);
	o = find(l, eid, loss->xtr);
	if (o)
		drop(l, o);
	while ((o = TAILQ_FIRST(&l->ages)) && (mono_due(o->end, now) || l->count >= l->max))
		drop(l, o);
	o = calloc(1, sizeof(*o));
	if (o) {
		o->eid = *eid;
		o->is = *loss;
		o->end = end;
		bucket = bucket_of(l, eid);
		o->next = *bucket;
		*bucket = o;
		TAILQ_INSERT_TAIL(&l->ages, o, by_age);
		__atomic_store_n(&l->count, l->count + 1, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&l->lock);
}

void losses_forget(struct losses *l, const struct eid *eid, const struct xtr *xtr)
{
	struct lost *o;

	if (!losses_count(l))
		return;
	pthread_mutex_lock(&l->lock);
	o = find(l, eid, xtr);
	if (o)
		drop(l, o);
	pthread_mutex_unlock(&l->lock);
}

bool losses_stale(struct losses *l, const struct eid *eid, const struct xtr *xtr, uint64_t what,
	struct mono now)
{
	const struct lost *o;
	bool stale;

	if (!losses_count(l))
		return false;
	pthread_mutex_lock(&l->lock);
	o = find(l, eid, xtr);
	stale = o && o->is.said == what && !mono_due(o->end, now);
	pthread_mutex_unlock(&l->lock);
	return stale;
}

bool losses_last(struct losses *l, const struct eid *eid, struct mono now, struct loss *out)
{
	const struct lost *o;
	bool found;

	if (!losses_count(l))
		return false;
	pthread_mutex_lock(&l->lock);
	o = find(l, eid, NULL);
	found = o && !mono_due(o->end, now);
	if (found)
		*out = o->is;
	pthread_mutex_unlock(&l->lock);
	return found;
}
