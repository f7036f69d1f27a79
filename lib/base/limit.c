/* See limit.h. The table is an array of buckets, chained by hash and by age with indices, so that
 * nothing is allocated after its start. */
#include "lib/base/limit.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define NONE UINT32_MAX

struct bucket {
	uint32_t chain;        /* next of the same hash */
	uint32_t newer, older; /* by last use */
	uint32_t slot;         /* which chain it stands in */
	uint8_t len;
	uint8_t key[LIMIT_KEY_MAX];
	struct limit limit;
};

struct limit_table {
	struct hash_key secret;
	struct limit_rate rate;
	uint64_t evicted;
	uint32_t capacity, count;
	uint32_t mask;
	uint32_t newest, oldest;
	uint32_t *chains;
	struct bucket *buckets;
};

static struct limit_rate rate_of(uint64_t interval_ns, uint32_t burst)
{
	return (struct limit_rate){interval_ns, interval_ns * (burst ? burst : 1)};
}

struct limit_rate limit_per_s(uint32_t per_s, uint32_t burst)
{
	return rate_of(per_s ? 1000000000 / per_s : 0, burst);
}

struct limit_rate limit_every_ms(uint64_t ms, uint32_t burst)
{
	return rate_of(ms * 1000000, burst);
}

/* The bucket after one more token, or 0 when there is none. */
static uint64_t spend(uint64_t spent_until, const struct limit_rate *rate, uint64_t now)
{
	uint64_t from = spent_until > now ? spent_until : now;

	return from - now + rate->interval_ns <= rate->depth_ns ? from + rate->interval_ns : 0;
}

bool limit_take(struct limit *limit, const struct limit_rate *rate, struct mono now)
{
	uint64_t until = spend(limit->spent_until_ns, rate, now.ns);

	if (rate->interval_ns == 0)
		return true;
	if (until)
		limit->spent_until_ns = until;
	return until != 0;
}

bool limit_take_all(
	struct limit *limit, const struct limit_rate *rate, uint32_t count, struct mono now)
{
	/* All but the last are spent already: is there one more? */
	const uint64_t from = limit->spent_until_ns > now.ns ? limit->spent_until_ns : now.ns;
	struct limit rest = {from + (count - 1) * rate->interval_ns};
	bool taken = limit_take(&rest, rate, now);

	if (taken && rate->interval_ns)
		*limit = rest;
	return taken;
}

bool limit_take_shared(struct limit *limit, const struct limit_rate *rate, struct mono now)
{
	uint64_t old = __atomic_load_n(&limit->spent_until_ns, __ATOMIC_RELAXED), until;

	if (rate->interval_ns == 0)
		return true;
	do {
		until = spend(old, rate, now.ns);
		if (!until)
			return false;
	} while (!__atomic_compare_exchange_n(
		&limit->spent_until_ns, &old, until, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
	return true;
}

struct limit_table *limit_table_new(
	uint32_t capacity, struct limit_rate rate, const uint8_t secret[16])
{
	struct limit_table *t = calloc(1, sizeof(*t));
	uint32_t chains = 1;

	if (!t)
		return NULL;
	t->capacity = capacity ? capacity : 1;
	while (chains < t->capacity && chains < UINT32_C(1) << 31)
		chains *= 2;
	t->mask = chains - 1;
	t->rate = rate;
	t->newest = t->oldest = NONE;
	hash_key_set(&t->secret, secret);
	t->chains = malloc(chains * sizeof(*t->chains));
	t->buckets = malloc(t->capacity * sizeof(*t->buckets));
	if (!t->chains || !t->buckets) {
		limit_table_free(t);
		return NULL;
	}
	memset(t->chains, 0xff, chains * sizeof(*t->chains)); /* NONE */
	return t;
}

void limit_table_free(struct limit_table *t)
{
	if (!t)
		return;
	free(t->chains);
	free(t->buckets);
	free(t);
}

static void age_remove(struct limit_table *t, uint32_t i)
{
	struct bucket *b = &t->buckets[i];

	*(b->newer == NONE ? &t->newest : &t->buckets[b->newer].older) = b->older;
	*(b->older == NONE ? &t->oldest : &t->buckets[b->older].newer) = b->newer;
}

static void age_add_newest(struct limit_table *t, uint32_t i)
{
	struct bucket *b = &t->buckets[i];

	b->newer = NONE;
	b->older = t->newest;
	*(t->newest == NONE ? &t->oldest : &t->buckets[t->newest].newer) = i;
	t->newest = i;
}

/* A place for a new bucket: an unused one, or the oldest's. */
static uint32_t place_take(struct limit_table *t, struct mono now)
{
	uint32_t i, *link;

	if (t->count < t->capacity)
		return t->count++;
	i = t->oldest;
	if (t->buckets[i].limit.spent_until_ns > now.ns)
		t->evicted++;
	for (link = &t->chains[t->buckets[i].slot]; *link != i;)
		link = &t->buckets[*link].chain;
	*link = t->buckets[i].chain;
	age_remove(t, i);
	return i;
}

static uint32_t bucket_find(const struct limit_table *t, uint32_t slot, const void *key, size_t len)
{
	uint32_t i = t->chains[slot];

	while (i != NONE && (t->buckets[i].len != len || memcmp(t->buckets[i].key, key, len) != 0))
		i = t->buckets[i].chain;
	return i;
}

bool limit_table_take(struct limit_table *t, const void *key, size_t len, struct mono now)
{
	uint32_t slot, i;

	if (len > LIMIT_KEY_MAX)
		abort(); /* the callers' keys are addresses and ports, never longer */
	slot = (uint32_t)hash_bytes(&t->secret, key, len) & t->mask;
	i = bucket_find(t, slot, key, len);
	if (i != NONE) {
		age_remove(t, i);
	} else {
		struct bucket *b = &t->buckets[i = place_take(t, now)];

		*b = (struct bucket){.chain = t->chains[slot], .slot = slot, .len = (uint8_t)len};
		memcpy(b->key, key, len);
		t->chains[slot] = i;
	}
	age_add_newest(t, i);
	return limit_take(&t->buckets[i].limit, &t->rate, now);
}

uint32_t limit_table_count(const struct limit_table *t)
{
	return t->count;
}

uint64_t limit_table_evicted(const struct limit_table *t)
{
	return t->evicted;
}

struct limit_shared {
	struct hash_key secret;
	struct limit_rate rate;
	uint32_t mask;
	struct limit buckets[];
};

struct limit_shared *limit_shared_new(
	uint32_t buckets, struct limit_rate rate, const uint8_t secret[16])
{
	struct limit_shared *t = calloc(1, sizeof(*t) + buckets * sizeof(t->buckets[0]));

	if (!t)
		return NULL;
	t->mask = buckets - 1;
	t->rate = rate;
	hash_key_set(&t->secret, secret);
	return t;
}

void limit_shared_free(struct limit_shared *t)
{
	free(t);
}

bool limit_shared_take(struct limit_shared *t, const void *key, size_t len, struct mono now)
{
	struct limit *bucket = &t->buckets[hash_bytes(&t->secret, key, len) & t->mask];

	return limit_take_shared(bucket, &t->rate, now);
}

bool limit_shared_left(struct limit_shared *t, const void *key, size_t len, struct mono now)
{
	const struct limit *bucket = &t->buckets[hash_bytes(&t->secret, key, len) & t->mask];

	return t->rate.interval_ns == 0 ||
	       spend(__atomic_load_n(&bucket->spent_until_ns, __ATOMIC_RELAXED), &t->rate, now.ns);
}
