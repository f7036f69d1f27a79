/* lpm: the writer's side of the longest-prefix-match table; see lpm.h and lpm_internal.h.
 *
 * An entry stands in the hash and in the trie. Each change is one atomic store in either, and the
 * one in the trie comes first when it appears and last when it goes: what the hash finds, the trie
 * knows. */
#include <errno.h>
#include <stdlib.h>

#include "lib/table/lpm_internal.h"

struct lpm *lpm_new(unsigned int bits, size_t key_offset, const uint8_t secret[16])
{
	struct lpm *t;

	if (bits < 8 || bits > LPM_BITS_MAX)
		return NULL;
	t = calloc(1, sizeof(*t) + (bits + 1) * sizeof(t->of_length[0]));
	if (!t)
		return NULL;
	t->bits = (uint16_t)bits;
	t->bytes = (uint8_t)((bits + 7) / 8);
	t->words = (uint8_t)((bits + 63) / 64);
	t->room = t->words * 64 - bits >= 8;
	t->key_offset = key_offset;
	hash_key_set(&t->secret, secret);
	t->pool = lpm_pool_new();
	if (!t->pool || lpm_hash_init(t)) {
		lpm_pool_free(t->pool);
		free(t);
		return NULL;
	}
	return t;
}

void lpm_free(struct lpm *t)
{
	if (!t)
		return;
	lpm_hash_fini(t);
	lpm_pool_free(t->pool);
	free(t);
}

size_t lpm_count(const struct lpm *t)
{
	return __atomic_load_n(&t->count, __ATOMIC_RELAXED);
}

size_t lpm_memory(const struct lpm *t)
{
	return sizeof(*t) + (t->bits + 1U) * sizeof(t->of_length[0]) + t->hash_bytes +
	       lpm_pool_memory(t->pool);
}

static void length_used(struct lpm *t, unsigned int plen, bool used)
{
	uint64_t bit = UINT64_C(1) << (plen & 63), *word = &t->lengths[plen >> 6];

	__atomic_store_n(word, used ? *word | bit : *word & ~bit, __ATOMIC_RELEASE);
}

int lpm_insert(struct lpm *t, struct lpm_entry *e)
{
	struct lpm_node *node = NULL;
	struct lpm_key k;
	uint64_t hash;

	if (e->plen > t->bits || lpm_pointer((uintptr_t)e) != e)
		return -EINVAL;
	if (lpm_exact(t, lpm_bytes_of(t, e), e->plen))
		return -EEXIST;
	k = lpm_entry_key(t, e);
	hash = lpm_hash_of(t, &k, e->plen, t->words);
	if (lpm_hash_reserve(t, hash))
		return -ENOMEM;
	if (t->count) {
		node = lpm_pool_take(t->pool);
		if (!node)
			return -ENOMEM;
	}
	lpm_trie_insert(t, e, &k, node);
	if (!t->of_length[e->plen]++)
		length_used(t, e->plen, true);
	lpm_hash_insert(t, e, hash);
	__atomic_store_n(&t->count, t->count + 1, __ATOMIC_RELAXED);
	return 0;
}

void lpm_replace(struct lpm *t, struct lpm_entry *old, struct lpm_entry *new)
{
	struct lpm_key k = lpm_entry_key(t, old);

	lpm_trie_replace(t, new, &k);
	lpm_hash_replace(t, old, new, lpm_hash_of(t, &k, old->plen, t->words));
}

void lpm_remove(struct lpm *t, struct lpm_entry *e)
{
	struct lpm_key k = lpm_entry_key(t, e);

	lpm_hash_remove(t, e, lpm_hash_of(t, &k, e->plen, t->words));
	if (!--t->of_length[e->plen])
		length_used(t, e->plen, false);
	lpm_trie_remove(t, e, &k);
	__atomic_store_n(&t->count, t->count - 1, __ATOMIC_RELAXED);
}

size_t lpm_sweep(struct lpm *t, uint64_t *cursor, size_t max,
	void (*visit)(struct lpm_entry *e, void *arg), void *arg)
{
	struct lpm_found found[16];
	size_t visited = 0;

	while (visited < max) {
		size_t left = max - visited,
		       n = lpm_hash_from(t, *cursor, found, left < 16 ? left : 16);

		for (size_t i = 0; i < n; i++)
			visit(found[i].entry, arg);
		visited += n;
		*cursor = n ? found[n - 1].hash + 1 : 0;
		if (!*cursor) /* none was left, or the last was the highest hash there is */
			break;
	}
	return visited;
}
