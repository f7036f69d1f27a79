/* See locset.h. Chains on an array of buckets that doubles; only the writer walks them. */
#include "lib/table/locset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

struct locset_table {
	struct hash_key secret;
	struct locset **buckets;
	size_t mask;
	size_t count;  /* atomic */
	size_t memory; /* atomic */
};

struct locset_table *locset_table_new(const uint8_t secret[16])
{
	struct locset_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	hash_key_set(&t->secret, secret);
	t->mask = 63;
	t->buckets = calloc(t->mask + 1, sizeof(t->buckets[0]));
	if (!t->buckets) {
		free(t);
		return NULL;
	}
	return t;
}

void locset_table_free(struct locset_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i <= t->mask; i++) {
		struct locset *s = t->buckets[i], *next;

		for (; s; s = next) {
			next = s->next;
			free(s);
		}
	}
	free(t->buckets);
	free(t);
}

static void add(size_t *counter, size_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/* Longer chains are no harm when there is no memory for more buckets. */
static void grow(struct locset_table *t)
{
	size_t mask = t->mask * 2 + 1;
	struct locset **buckets = calloc(mask + 1, sizeof(buckets[0]));

	if (!buckets)
		return;
	for (size_t i = 0; i <= t->mask; i++) {
		struct locset *s = t->buckets[i], *next;

		for (; s; s = next) {
			next = s->next;
			s->next = buckets[s->hash & mask];
			buckets[s->hash & mask] = s;
		}
	}
	free(t->buckets);
	t->buckets = buckets;
	t->mask = mask;
}

struct locset *locset_intern(struct locset_table *t, uint8_t count, const void *bytes, size_t len)
{
	uint64_t hash = hash_bytes(&t->secret, bytes, len) + count;
	struct locset *s = t->buckets[hash & t->mask];

	while (s && (s->hash != hash || s->count != count || s->wire_len != len ||
			    memcmp(s->wire, bytes, len) != 0))
		s = s->next;
	if (s) {
		locset_ref(s);
		return s;
	}
	if (len > LOCSET_BYTES_MAX)
		return NULL;
	if (t->count > t->mask)
		grow(t);
	s = malloc(sizeof(*s) + len);
	if (!s)
		return NULL;
	*s = (struct locset){.next = t->buckets[hash & t->mask],
		.hash = hash,
		.refs = 1,
		.wire_len = (uint16_t)len,
		.count = count};
	memcpy(s->wire, bytes, len);
	t->buckets[hash & t->mask] = s;
	add(&t->count, 1);
	add(&t->memory, sizeof(*s) + len);
	return s;
}

void locset_ref(struct locset *s)
{
	s->refs++;
}

static void free_later(struct rcu_node *node)
{
	free(node); /* the first member of struct locset */
}

void locset_unref(struct locset_table *t, struct locset *s)
{
	struct locset **link = &t->buckets[s->hash & t->mask];

	if (--s->refs)
		return;
	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	add(&t->count, (size_t)-1);
	add(&t->memory, -(sizeof(*s) + s->wire_len));
	rcu_defer(&s->rcu, free_later);
}

size_t locset_table_count(const struct locset_table *t)
{
	return __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

size_t locset_table_memory(const struct locset_table *t)
{
	return __atomic_load_n(&t->memory, __ATOMIC_RELAXED) +
	       (t->mask + 1) * sizeof(t->buckets[0]);
}
