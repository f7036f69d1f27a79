/* See locset.h. Chains on an array of buckets that doubles; only the writer walks them. A larger
 * array is filled from the old one a few buckets at each call, so that no call waits for all of it:
 * chains below `moved` are in the new array, the others still in the old one. */
#include "lib/table/locset.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define MOVED_A_CALL 4 /* old buckets: done long before the new array is full */

struct chains {
	struct locset **bucket;
	size_t mask; /* buckets - 1 */
};

struct locset_table {
	struct hash_key secret;
	struct chains now, old; /* old.bucket: NULL when nothing is left to move */
	size_t moved;           /* of the old buckets */
	size_t count;           /* atomic */
	size_t memory;          /* atomic: sets and buckets */
	void (*freed)(void *arg, uint64_t number);
	void *arg;
};

static size_t chains_bytes(const struct chains *c)
{
	return (c->mask + 1) * sizeof(c->bucket[0]);
}

struct locset_table *locset_table_new(const uint8_t secret[16])
{
	struct locset_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	hash_key_set(&t->secret, secret);
	t->now.mask = 63;
	t->now.bucket = calloc(t->now.mask + 1, sizeof(t->now.bucket[0]));
	if (!t->now.bucket) {
		free(t);
		return NULL;
	}
	t->memory = chains_bytes(&t->now);
	return t;
}

static void chains_free(struct chains *c)
{
	for (size_t i = 0; c->bucket && i <= c->mask; i++) {
		struct locset *s = c->bucket[i], *next;

		for (; s; s = next) {
			next = s->next;
			free(s);
		}
	}
	free(c->bucket);
}

void locset_table_free(struct locset_table *t)
{
	if (!t)
		return;
	chains_free(&t->now);
	chains_free(&t->old);
	free(t);
}

static void add(size_t *counter, size_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

static struct locset **chain_of(const struct locset_table *t, uint64_t hash)
{
	if (t->old.bucket && (hash & t->old.mask) >= t->moved)
		return &t->old.bucket[hash & t->old.mask];
	return &t->now.bucket[hash & t->now.mask];
}

static void move_some(struct locset_table *t)
{
	size_t end = t->moved + MOVED_A_CALL;

	if (!t->old.bucket)
		return;
	for (; t->moved < end && t->moved <= t->old.mask; t->moved++) {
		struct locset *s = t->old.bucket[t->moved], *next;

		t->old.bucket[t->moved] = NULL;
		for (; s; s = next) {
			next = s->next;
			s->next = t->now.bucket[s->hash & t->now.mask];
			t->now.bucket[s->hash & t->now.mask] = s;
		}
	}
	if (t->moved <= t->old.mask)
		return;
	add(&t->memory, -chains_bytes(&t->old));
	free(t->old.bucket);
	t->old.bucket = NULL;
}

/* Longer chains are no harm when there is no memory for more buckets. */
static void grow(struct locset_table *t)
{
	struct chains larger = {.mask = t->now.mask * 2 + 1};

	if (t->old.bucket)
		return;
	larger.bucket = calloc(larger.mask + 1, sizeof(larger.bucket[0]));
	if (!larger.bucket)
		return;
	t->old = t->now;
	t->now = larger;
	t->moved = 0;
	add(&t->memory, chains_bytes(&larger));
}

struct locset *locset_intern(struct locset_table *t, uint8_t count, const void *bytes, size_t len)
{
	uint64_t hash = hash_bytes(&t->secret, bytes, len) + count;
	struct locset **chain, *s;

	move_some(t);
	s = *chain_of(t, hash);
	while (s && (s->hash != hash || s->count != count || s->wire_len != len ||
			    memcmp(s->wire, bytes, len) != 0))
		s = s->next;
	if (s) {
		locset_ref(s);
		return s;
	}
	if (len > LOCSET_BYTES_MAX)
		return NULL;
	if (t->count > t->now.mask)
		grow(t);
	s = malloc(sizeof(*s) + len);
	if (!s)
		return NULL;
	chain = chain_of(t, hash);
	*s = (struct locset){
		.next = *chain, .hash = hash, .refs = 1, .wire_len = (uint16_t)len, .count = count};
	memcpy(s->wire, bytes, len);
	*chain = s;
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
	struct locset **link;

	if (--s->refs)
		return;
	if (s->number && t->freed)
		t->freed(t->arg, s->number);
	move_some(t);
	link = chain_of(t, s->hash);
	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
	add(&t->count, (size_t)-1);
	add(&t->memory, -(sizeof(*s) + s->wire_len));
	rcu_defer(&s->rcu, free_later);
}

void locset_on_free(struct locset_table *t, void (*freed)(void *arg, uint64_t number), void *arg)
{
	t->freed = freed;
	t->arg = arg;
}

size_t locset_table_count(const struct locset_table *t)
{
	return __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

size_t locset_table_memory(const struct locset_table *t)
{
	return __atomic_load_n(&t->memory, __ATOMIC_RELAXED);
}
