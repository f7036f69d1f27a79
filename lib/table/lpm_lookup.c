/* lpm_lookup: the readers' searches by length, over the hash.
 *
 * A longest match probes, from the longest down, the lengths that are in use at all (a bitmap): one
 * probe for a host route that is there. What is below an entry, and what is free, is the trie's:
 * lpm_trie.c. Each search is compiled for one word, for two, and for any number: FOR_WORDS. */
#include "lib/table/lpm_internal.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))

/* The call with @words as a constant: keys then live in registers. */
#define FOR_WORDS(t, call)                                                                         \
	switch ((t)->words) {                                                                      \
	case 1: {                                                                                  \
		const unsigned int words = 1;                                                      \
		return call;                                                                       \
	}                                                                                          \
	case 2: {                                                                                  \
		const unsigned int words = 2;                                                      \
		return call;                                                                       \
	}                                                                                          \
	default: {                                                                                 \
		const unsigned int words = (t)->words;                                             \
		return call;                                                                       \
	}                                                                                          \
	}

/* Where a search begins. */
struct place {
	const struct lpm_shard *shard;
	uint32_t size, bucket;
};

ALWAYS_INLINE struct place place_of(const struct lpm *t, uint64_t hash)
{
	const struct lpm_dir *d = rcu_load(&t->dir);
	uint64_t ref = rcu_load(&d->shard[lpm_dir_index(d, hash)]);
	uint32_t size = (uint32_t)lpm_tag(ref);

	return (struct place){lpm_shard_of(ref), size, lpm_home(hash, ref & LPM_DEPTH_MASK, size)};
}

ALWAYS_INLINE struct lpm_entry *find(const struct lpm *t, struct place at, const struct lpm_key *k,
	unsigned int plen, uint64_t hash, unsigned int words)
{
	uint64_t tag = lpm_slot_tag(hash);

	for (;;) {
		const uint64_t *bucket = at.shard->slot + (size_t)at.bucket * LPM_BUCKET;

		for (uint32_t m = lpm_bucket_match(bucket, tag); m; m &= m - 1) {
			uint64_t word = rcu_load(&bucket[__builtin_ctz(m)]);
			struct lpm_entry *e = lpm_pointer(word);

			if (lpm_tag(word) == tag && e->plen == plen &&
				lpm_key_is(t, k, lpm_bytes_of(t, e), words))
				return e;
		}
		if (lpm_bucket_ends(bucket))
			return NULL;
		at.bucket = at.bucket + 1 == at.size ? 0 : at.bucket + 1;
	}
}

ALWAYS_INLINE struct lpm_entry *exact(
	const struct lpm *t, const uint8_t *key, unsigned int plen, unsigned int words)
{
	struct lpm_key k = lpm_key_load(t, key, words);
	uint64_t hash;

	lpm_key_mask(&k, plen, words);
	hash = lpm_hash_of(t, &k, plen, words);
	return find(t, place_of(t, hash), &k, plen, hash, words);
}

struct lpm_entry *lpm_exact(const struct lpm *t, const uint8_t *key, unsigned int plen)
{
	if (plen > t->bits)
		return NULL;
	FOR_WORDS(t, exact(t, key, plen, words))
}

/* The longest length in use that is at most @plen; -1: none. */
ALWAYS_INLINE int length_below(const struct lpm *t, int plen)
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

/* Of the lengths up to @plen, -1 for none. */
ALWAYS_INLINE struct lpm_entry *longest(
	const struct lpm *t, struct lpm_key k, int plen, unsigned int words)
{
	for (plen = length_below(t, plen); plen >= 0; plen = length_below(t, plen - 1)) {
		struct lpm_entry *e;
		uint64_t hash;

		lpm_key_mask(&k, (unsigned int)plen, words);
		hash = lpm_hash_of(t, &k, (unsigned int)plen, words);
		e = find(t, place_of(t, hash), &k, (unsigned int)plen, hash, words);
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
	int most = at_most_bits(t, plen);

	FOR_WORDS(t, longest(t, lpm_key_load(t, key, words), most, words))
}

struct lpm_entry *lpm_parent(const struct lpm *t, const uint8_t *key, unsigned int plen)
{
	return plen ? lpm_longest(t, key, plen - 1) : NULL;
}

#define BATCH 16 /* cache misses that a core keeps under way at once */

struct probe { /* the first of a query: its longest length in use */
	struct lpm_key key;
	uint64_t hash;
	struct place at;
	int plen;
};

ALWAYS_INLINE void begin(
	struct probe *p, const struct lpm *t, const uint8_t *key, unsigned int words)
{
	struct lpm_key k = lpm_key_load(t, key, words);

	lpm_key_mask(&k, (unsigned int)p->plen, words);
	for (unsigned int i = 0; i < words; i++)
		p->key.w[i] = k.w[i];
	p->hash = lpm_hash_of(t, &k, (unsigned int)p->plen, words);
	p->at = place_of(t, p->hash);
	__builtin_prefetch(p->at.shard->slot + (size_t)p->at.bucket * LPM_BUCKET);
}

static void probe_begin(struct probe *p, const struct lpm_query *q)
{
	p->plen = length_below(q->table, at_most_bits(q->table, q->plen));
	if (p->plen >= 0)
		FOR_WORDS(q->table, begin(p, q->table, q->key, words))
}

/* Fetch the entry that the first bucket points to, if any. */
static void probe_entry(const struct probe *p, const struct lpm *t)
{
	const uint64_t *bucket;
	uint32_t match;

	if (p->plen < 0)
		return;
	bucket = p->at.shard->slot + (size_t)p->at.bucket * LPM_BUCKET;
	match = lpm_bucket_match(bucket, lpm_slot_tag(p->hash));
	if (match) {
		const struct lpm_entry *e = lpm_pointer(rcu_load(&bucket[__builtin_ctz(match)]));

		__builtin_prefetch(e);
		__builtin_prefetch(lpm_bytes_of(t, e));
	}
}

ALWAYS_INLINE struct lpm_entry *end(const struct probe *p, const struct lpm *t, unsigned int words)
{
	struct lpm_entry *e = find(t, p->at, &p->key, (unsigned int)p->plen, p->hash, words);

	return e ? e : longest(t, p->key, p->plen - 1, words);
}

static struct lpm_entry *probe_end(const struct probe *p, const struct lpm *t)
{
	if (p->plen < 0)
		return NULL;
	FOR_WORDS(t, end(p, t, words))
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
			q[i].found = probe_end(&probe[i], q[i].table);
		n -= now;
	}
}
