/* lpm_internal: what the files of the longest-prefix-match table share; nobody else includes it.
 *
 * lpm.c (the writer's public face), lpm_lookup.c (readers by length), lpm_hash.c (the hash's growth
 * and removal), lpm_trie.c (the ordered trie), lpm_pool.c (the trie's nodes). */
#ifndef SUNWARD_LIB_TABLE_LPM_INTERNAL_H
#define SUNWARD_LIB_TABLE_LPM_INTERNAL_H

#include <endian.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "lib/base/sip.h"
#include "lib/table/lpm.h"

#define LPM_BITS_MAX 248
#define LPM_WORDS    4

/* A prefix as whole words: bit 0 of the key is the top bit of w[0]; what is beyond the length is 0.
 */
struct lpm_key {
	uint64_t w[LPM_WORDS];
};

/* A pointer of 48 bits with 16 bits of knowledge above it, so that one atomic word says both. */
#define LPM_TAG_SHIFT 48

static inline uint64_t lpm_word(const void *p, uint64_t tag)
{
	return (uint64_t)(uintptr_t)p | tag << LPM_TAG_SHIFT;
}

static inline uint64_t lpm_tag(uint64_t word)
{
	return word >> LPM_TAG_SHIFT;
}

static inline void *lpm_pointer(uint64_t word)
{
	return (void *)(uintptr_t)(word & ((UINT64_C(1) << LPM_TAG_SHIFT) - 1));
}

/* -- the hash: see lpm_hash.c -- */

#define LPM_SLOT_EMPTY  0
#define LPM_SLOT_GONE   1 /* no entry has a tag or an address like these two */
#define LPM_SLOT_TAGGED 0x8000
#define LPM_TAG_BITS    0x7fff

#define LPM_BUCKET 8 /* slots: a cache line */

struct lpm_shard {
	struct rcu_node rcu;
	uint32_t size;  /* buckets */
	uint32_t live;  /* entries */
	uint32_t used;  /* entries and slots of removed ones */
	uint32_t depth; /* leading bits of the hash that all its entries share */
	uint64_t slot[] __attribute__((aligned(64)));
};

/* The shards by the leading bits of the hash. A word is the shard's address (64-byte aligned: the
 * depth stands in the low bits) and its size as the tag, so that a reader need not touch the
 * shard's header. */
struct lpm_dir {
	struct rcu_node rcu;
	unsigned int depth;
	uint64_t shard[];
};

#define LPM_DEPTH_MASK 63

/* -- the trie: see lpm_trie.c -- */

struct lpm_node {
	uint64_t child[2];
};

struct lpm_pool;

struct lpm {
	struct lpm_dir *dir;
	uint64_t lengths[LPM_WORDS]; /* bit n: entries of n bits are there */
	struct hash_key secret;
	size_t key_offset;
	uint16_t bits;
	uint8_t bytes, words;
	bool room;     /* the last word has 8 bits to spare: the length goes there */
	uint64_t root; /* of the trie */

	/* the writer's */
	struct lpm_pool *pool;
	size_t count;
	size_t hash_bytes;
	uint32_t of_length[]; /* entries by length */
};

static inline const uint8_t *lpm_bytes_of(const struct lpm *t, const struct lpm_entry *e)
{
	return (const uint8_t *)e + t->key_offset;
}

/* The functions on keys are given the number of words, @t->words, by their callers: the readers,
 * who count every nanosecond, give it as a constant for the common widths (lpm_lookup.c). */

/* All @t->bits of @bytes. Widths of whole loads are spelled out: a word that is stored in pieces
 * and then loaded as one stalls the processor. */
static inline struct lpm_key lpm_key_load(
	const struct lpm *t, const uint8_t *bytes, unsigned int words)
{
	struct lpm_key k = {{0}};
	uint32_t w32;
	uint16_t w16;

	if (t->bytes == 4) {
		memcpy(&w32, bytes, 4);
		k.w[0] = (uint64_t)be32toh(w32) << 32;
	} else if (t->bytes == 6) {
		memcpy(&w32, bytes, 4);
		memcpy(&w16, bytes + 4, 2);
		k.w[0] = (uint64_t)be32toh(w32) << 32 | (uint64_t)be16toh(w16) << 16;
	} else if (t->bytes == 16) {
		memcpy(k.w, bytes, 16);
		k.w[0] = be64toh(k.w[0]);
		k.w[1] = be64toh(k.w[1]);
	} else {
		memcpy(k.w, bytes, t->bytes);
		for (unsigned int i = 0; i < words; i++)
			k.w[i] = be64toh(k.w[i]);
	}
	return k;
}

/* The first @n bits (0-64) of a word. */
static inline uint64_t lpm_leading(unsigned int n)
{
	return n ? ~UINT64_C(0) << (64 - n) : 0;
}

static inline void lpm_key_mask(struct lpm_key *k, unsigned int plen, unsigned int words)
{
	for (unsigned int i = 0; i < words; i++) {
		unsigned int from = 64 * i;

		k->w[i] &= lpm_leading(plen <= from ? 0 : plen - from >= 64 ? 64 : plen - from);
	}
}

static inline bool lpm_key_is(
	const struct lpm *t, const struct lpm_key *k, const uint8_t *bytes, unsigned int words)
{
	struct lpm_key found = lpm_key_load(t, bytes, words);
	uint64_t differ = 0;

	for (unsigned int i = 0; i < words; i++)
		differ |= k->w[i] ^ found.w[i];
	return !differ;
}

/* SipHash-1-3 of the words and the length: keys come from the network, and whoever does not know
 * the secret cannot choose ones that meet. The top bit tells hosts from shorter prefixes: they live
 * in different halves of the hash, so that the few shorter ones stay close together in the caches.
 */
static inline uint64_t lpm_hash_of(
	const struct lpm *t, const struct lpm_key *k, unsigned int plen, unsigned int words)
{
	struct sip s = sip_start(&t->secret);
	bool host = plen == t->bits;

	for (unsigned int i = 0; i + 1 < words; i++)
		sip_absorb(&s, k->w[i], 1);
	sip_absorb(&s, k->w[words - 1] | (t->room ? plen : 0), 1);
	if (!t->room && !host) /* a host cannot be taken for another: its half holds only hosts */
		sip_absorb(&s, plen, 1);
	return sip_finish(&s, 3) >> 1 | (uint64_t)host << 63;
}

/* Of an entry, for the writer. */
static inline struct lpm_key lpm_entry_key(const struct lpm *t, const struct lpm_entry *e)
{
	return lpm_key_load(t, lpm_bytes_of(t, e), t->words);
}

static inline uint64_t lpm_entry_hash(const struct lpm *t, const struct lpm_entry *e)
{
	struct lpm_key k = lpm_entry_key(t, e);

	return lpm_hash_of(t, &k, e->plen, t->words);
}

static inline size_t lpm_dir_index(const struct lpm_dir *d, uint64_t hash)
{
	return hash >> (64 - d->depth); /* the depth is 1 at least */
}

static inline struct lpm_shard *lpm_shard_of(uint64_t ref)
{
	return lpm_pointer(ref & ~(uint64_t)LPM_DEPTH_MASK);
}

/* The bucket in which a search begins: the bits after the shard's, spread over its size. Buckets
 * are so in the order of the hashes, which lpm_hash_from() needs. */
static inline uint32_t lpm_home(uint64_t hash, unsigned int depth, uint32_t size)
{
	return (uint32_t)((unsigned __int128)(hash << depth) * size >> 64);
}

static inline uint64_t lpm_slot_tag(uint64_t hash)
{
	return (hash & LPM_TAG_BITS) | LPM_SLOT_TAGGED;
}

/* The slots of a bucket that have @tag, a bit each. Without a branch: one that depends on a cache
 * miss keeps the processor from beginning the next lookup meanwhile. */
static inline uint32_t lpm_bucket_match(const uint64_t *bucket, uint64_t tag)
{
	uint32_t match = 0;

#pragma GCC unroll 8
	for (unsigned int i = 0; i < LPM_BUCKET; i++)
		match |= (uint32_t)(lpm_tag(__atomic_load_n(&bucket[i], __ATOMIC_RELAXED)) == tag)
			 << i;
	return match;
}

/* A bucket that was never full: no search goes on behind it. */
static inline bool lpm_bucket_ends(const uint64_t *bucket)
{
	bool ends = false;

#pragma GCC unroll 8
	for (unsigned int i = 0; i < LPM_BUCKET; i++)
		ends |= __atomic_load_n(&bucket[i], __ATOMIC_RELAXED) == LPM_SLOT_EMPTY;
	return ends;
}

int lpm_hash_init(struct lpm *t);
void lpm_hash_fini(struct lpm *t);
/* Make sure that one more entry of @hash fits. 0 or -ENOMEM. */
int lpm_hash_reserve(struct lpm *t, uint64_t hash);
void lpm_hash_insert(struct lpm *t, struct lpm_entry *e, uint64_t hash);
void lpm_hash_replace(
	struct lpm *t, const struct lpm_entry *old, struct lpm_entry *new, uint64_t hash);
void lpm_hash_remove(struct lpm *t, const struct lpm_entry *e, uint64_t hash);
struct lpm_found {
	struct lpm_entry *entry;
	uint64_t hash;
};

/* Writer. At most @max entries of the lowest hashes that are not below @from, in their order; at
 * least one if any is left. Returns their number. */
size_t lpm_hash_from(const struct lpm *t, uint64_t from, struct lpm_found *found, size_t max);

/* @node: from the pool, NULL for the first entry. The prefix is not there yet. */
void lpm_trie_insert(
	struct lpm *t, struct lpm_entry *e, const struct lpm_key *k, struct lpm_node *node);
void lpm_trie_replace(struct lpm *t, struct lpm_entry *new, const struct lpm_key *k);
void lpm_trie_remove(struct lpm *t, const struct lpm_entry *e, const struct lpm_key *k);

struct lpm_pool *lpm_pool_new(void);
void lpm_pool_free(struct lpm_pool *p);
/* NULL: out of memory. */
struct lpm_node *lpm_pool_take(struct lpm_pool *p);
/* Taken out of the trie: given out again once all readers of now have left. */
void lpm_pool_retire(struct lpm_pool *p, struct lpm_node *node);
/* Never shown to a reader. */
void lpm_pool_return(struct lpm_pool *p, struct lpm_node *node);
size_t lpm_pool_memory(const struct lpm_pool *p);

#endif
