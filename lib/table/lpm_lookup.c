/* lpm_lookup: the readers' searches by length, over the hash.
 *
 * A longest match probes, from the longest down, the lengths that are in use at all (a bitmap): one
 * probe for a host route that is there. What is below an entry, and what is free, is the trie's:
 * lpm_trie.c. */
#include "lib/table/lpm_internal.h"

struct lpm_entry *lpm_hash_find(
	const struct lpm *t, const struct lpm_key *k, unsigned int plen, uint64_t hash)
{
	const struct lpm_dir *d = rcu_load(&t->dir);
	uint64_t ref = rcu_load(&d->shard[lpm_dir_index(d, hash)]);
	const struct lpm_shard *s = lpm_shard_of(ref);
	uint32_t size = (uint32_t)lpm_tag(ref);
	uint32_t i = lpm_home(hash, ref & LPM_DEPTH_MASK, size);
	uint64_t tag = lpm_slot_tag(hash), word;

	while ((word = rcu_load(&s->slot[i])) != LPM_SLOT_EMPTY) {
		if (lpm_tag(word) == tag) {
			struct lpm_entry *e = lpm_pointer(word);
			struct lpm_key found = lpm_key_load(t, lpm_bytes_of(t, e));

			if (e->plen == plen && lpm_key_equal(t, &found, k))
				return e;
		}
		i = i + 1 == size ? 0 : i + 1;
	}
	return NULL;
}

struct lpm_entry *lpm_exact(const struct lpm *t, const uint8_t *key, unsigned int plen)
{
	struct lpm_key k;

	if (plen > t->bits)
		return NULL;
	k = lpm_key_prefix(t, key, plen);
	return lpm_hash_find(t, &k, plen, lpm_hash_of(t, &k, plen));
}

/* The longest length in use that is at most @plen; -1: none. */
static int length_below(const struct lpm *t, int plen)
{
	for (int i = plen >> 6; plen >= 0 && i >= 0; i--) {
		uint64_t in_use = __atomic_load_n(&t->lengths[i], __ATOMIC_RELAXED);

		if (i == plen >> 6)
			in_use &= UINT64_MAX >> (63 - (plen & 63));
		if (in_use)
			return i * 64 + 63 - __builtin_clzll(in_use);
	}
	return -1;
}

static struct lpm_entry *longest(const struct lpm *t, struct lpm_key *k, int plen)
{
	for (plen = length_below(t, plen); plen >= 0; plen = length_below(t, plen - 1)) {
		struct lpm_entry *e;

		lpm_key_mask(t, k, (unsigned int)plen);
		e = lpm_hash_find(t, k, (unsigned int)plen, lpm_hash_of(t, k, (unsigned int)plen));
		if (e)
			return e;
	}
	return NULL;
}

static int at_most_bits(const struct lpm *t, unsigned int plen)
{
	return plen > t->bits ? t->bits : (int)plen;
}

struct lpm_entry *lpm_longest(const struct lpm *t, const uint8_t *key, unsigned int plen)
{
	struct lpm_key k = lpm_key_load(t, key);

	return longest(t, &k, at_most_bits(t, plen));
}

struct lpm_entry *lpm_parent(const struct lpm *t, const uint8_t *key, unsigned int plen)
{
	struct lpm_key k = lpm_key_load(t, key);

	return plen ? longest(t, &k, at_most_bits(t, plen - 1)) : NULL;
}

#define BATCH 16 /* cache misses that a core keeps under way at once */

struct probe { /* the first of a query: its longest length in use */
	struct lpm_key key;
	uint64_t hash;
	int plen;
	const struct lpm_shard *shard;
	uint32_t size, slot;
};

static void probe_begin(struct probe *p, const struct lpm_query *q)
{
	const struct lpm *t = q->table;
	const struct lpm_dir *d;
	uint64_t ref;

	p->plen = length_below(t, at_most_bits(t, q->plen));
	if (p->plen < 0)
		return;
	p->key = lpm_key_prefix(t, q->key, (unsigned int)p->plen);
	p->hash = lpm_hash_of(t, &p->key, (unsigned int)p->plen);
	d = rcu_load(&t->dir);
	ref = rcu_load(&d->shard[lpm_dir_index(d, p->hash)]);
	p->shard = lpm_shard_of(ref);
	p->size = (uint32_t)lpm_tag(ref);
	p->slot = lpm_home(p->hash, ref & LPM_DEPTH_MASK, p->size);
	__builtin_prefetch(&p->shard->slot[p->slot]);
}

/* The entry that the slots of the first probe point to, if any. */
static void probe_entry(const struct probe *p, const struct lpm *t)
{
	uint64_t tag = lpm_slot_tag(p->hash), word;
	uint32_t i = p->slot;

	if (p->plen < 0)
		return;
	while ((word = rcu_load(&p->shard->slot[i])) != LPM_SLOT_EMPTY) {
		if (lpm_tag(word) == tag) {
			const struct lpm_entry *e = lpm_pointer(word);

			__builtin_prefetch(e);
			__builtin_prefetch(lpm_bytes_of(t, e));
			return;
		}
		i = i + 1 == p->size ? 0 : i + 1;
	}
}

static void probe_end(struct probe *p, struct lpm_query *q)
{
	const struct lpm *t = q->table;

	q->found = NULL;
	if (p->plen < 0)
		return;
	q->found = lpm_hash_find(t, &p->key, (unsigned int)p->plen, p->hash);
	if (!q->found)
		q->found = longest(t, &p->key, p->plen - 1);
}

void lpm_longest_batch(struct lpm_query *q, size_t n)
{
	struct probe probe[BATCH];

	for (; n; q += BATCH) {
		size_t now = n < BATCH ? n : BATCH;

		for (size_t i = 0; i < now; i++)
			probe_begin(&probe[i], &q[i]);
		for (size_t i = 0; i < now; i++)
			probe_entry(&probe[i], q[i].table);
		for (size_t i = 0; i < now; i++)
			probe_end(&probe[i], &q[i]);
		n -= now;
	}
}
