/* datapath_locset: see the header. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xtr/datapath_locset.h"

#define REST_MS  1000
#define NO_PLACE UINT32_MAX

struct place {
	struct contract_locset set;
	uint32_t refs;
	uint32_t next; /* in its bucket, or in the queue of the resting */
	struct mono free_at;
};

struct datapath_locsets {
	struct hash_key key;
	struct place *places;
	uint32_t *buckets;
	uint32_t mask;
	uint32_t count, allocated, max; /* places ever used, in memory, at most */
	uint32_t used;
	uint32_t rest_first, rest_last; /* oldest first */
};

/* Spread by largest credit: in each step everyone earns its weight, the richest gets the slot and
 * pays the total. */
static void wheel_fill(struct contract_locset *set, const unsigned int *weight, int total)
{
	int credit[CONTRACT_LOCATORS] = {0};
	unsigned int slot, i, best;

	for (slot = 0; slot < CONTRACT_WHEEL; slot++) {
		best = 0;
		for (i = 0; i < set->count; i++) {
			credit[i] += weight[i];
			if (credit[i] > credit[best])
				best = i;
		}
		credit[best] -= total;
		set->wheel[slot] = best;
	}
}

void datapath_locset_build(struct contract_locset *set, const struct datapath_entry *entry)
{
	unsigned int weight[CONTRACT_LOCATORS], i;
	int total = 0;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < entry->locator_count && i < CONTRACT_LOCATORS; i++) {
		const struct datapath_locator *l = &entry->locators[i];
		struct contract_locator *to = &set->locators[set->count];

		if (!address_is_ip(&l->rloc))
			continue;
		to->family = l->rloc.afi == AFI_IPV4 ? 4 : 6;
		memcpy(to->addr, l->rloc.bytes, l->rloc.len);
		weight[set->count++] = l->weight;
		total += l->weight;
	}
	if (!total)
		for (i = 0; i < set->count; i++, total++)
			weight[i] = 1;
	if (set->count)
		wheel_fill(set, weight, total);
}

struct datapath_locsets *datapath_locsets_new(uint32_t places, const struct hash_key *key)
{
	struct datapath_locsets *t = calloc(1, sizeof(*t));
	uint32_t buckets = 64;

	if (!t)
		return NULL;
	while (buckets < places && buckets < 1u << 24)
		buckets *= 2;
	t->key = *key;
	t->max = places;
	t->mask = buckets - 1;
	t->rest_first = t->rest_last = NO_PLACE;
	t->buckets = malloc(buckets * sizeof(*t->buckets));
	if (!t->buckets) {
		free(t);
		return NULL;
	}
	memset(t->buckets, 0xff, buckets * sizeof(*t->buckets));
	return t;
}

void datapath_locsets_free(struct datapath_locsets *t)
{
	if (!t)
		return;
	free(t->places);
	free(t->buckets);
	free(t);
}

static uint32_t *bucket_of(struct datapath_locsets *t, const struct contract_locset *set)
{
	return &t->buckets[hash_bytes(&t->key, set, sizeof(*set)) & t->mask];
}

static bool grow(struct datapath_locsets *t, uint32_t need)
{
	uint32_t n = t->allocated ? t->allocated : 64;
	struct place *places;

	if (need <= t->allocated)
		return true;
	while (n < need)
		n *= 2;
	places = realloc(t->places, n * sizeof(*places));
	if (!places)
		return false;
	memset(places + t->allocated, 0, (n - t->allocated) * sizeof(*places));
	t->places = places;
	t->allocated = n;
	return true;
}

static uint32_t rested(struct datapath_locsets *t, struct mono now)
{
	uint32_t place = t->rest_first;

	if (place == NO_PLACE || !mono_due(t->places[place].free_at, now))
		return NO_PLACE;
	t->rest_first = t->places[place].next;
	if (t->rest_first == NO_PLACE)
		t->rest_last = NO_PLACE;
	return place;
}

static void occupy(struct datapath_locsets *t, uint32_t place, const struct contract_locset *set)
{
	uint32_t *bucket = bucket_of(t, set);
	struct place *p = &t->places[place];

	p->set = *set;
	p->refs = 1;
	p->next = *bucket;
	*bucket = place;
	t->used++;
}

int64_t datapath_locsets_take(
	struct datapath_locsets *t, const struct contract_locset *set, struct mono now, bool *fresh)
{
	uint32_t place;

	*fresh = false;
	for (place = *bucket_of(t, set); place != NO_PLACE; place = t->places[place].next)
		if (memcmp(&t->places[place].set, set, sizeof(*set)) == 0) {
			t->places[place].refs++;
			return place;
		}
	place = rested(t, now);
	if (place == NO_PLACE) {
		if (t->count == t->max)
			return -ENOSPC;
		if (!grow(t, t->count + 1))
			return -ENOMEM;
		place = t->count++;
	}
	occupy(t, place, set);
	*fresh = true;
	return place;
}

int datapath_locsets_adopt(
	struct datapath_locsets *t, uint32_t place, const struct contract_locset *set)
{
	if (place >= t->max)
		return -ERANGE;
	if (place < t->count && t->places[place].refs) {
		t->places[place].refs++;
		return 0;
	}
	if (!grow(t, place + 1))
		return -ENOMEM;
	if (t->count <= place)
		t->count = place + 1;
	occupy(t, place, set);
	return 0;
}

static void rest(struct datapath_locsets *t, uint32_t place, struct mono now)
{
	t->places[place].free_at = mono_add_ms(now, REST_MS);
	t->places[place].next = NO_PLACE;
	if (t->rest_last == NO_PLACE)
		t->rest_first = place;
	else
		t->places[t->rest_last].next = place;
	t->rest_last = place;
}

void datapath_locsets_adopted(struct datapath_locsets *t, struct mono now)
{
	uint32_t place;

	for (place = 0; place < t->count; place++)
		if (!t->places[place].refs)
			rest(t, place, now);
}

static void leave_bucket(struct datapath_locsets *t, uint32_t place)
{
	uint32_t *p = bucket_of(t, &t->places[place].set);

	while (*p != place)
		p = &t->places[*p].next;
	*p = t->places[place].next;
}

void datapath_locsets_drop(struct datapath_locsets *t, uint32_t place, struct mono now)
{
	if (place >= t->count || !t->places[place].refs || --t->places[place].refs)
		return;
	leave_bucket(t, place);
	t->used--;
	rest(t, place, now);
}

uint32_t datapath_locsets_used(const struct datapath_locsets *t)
{
	return t->used;
}
