/* See keymap.h. Chains on a fixed array of buckets: a record is pushed at the head of its chain
 * with release, after its own fields; a reader loads each link with acquire. A record that is taken
 * out keeps its link, so that whoever stands on it finds on; its owner waits until they have left.
 */
#include "lib/table/keymap.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

struct keymap {
	struct hash_key secret;
	size_t key_offset;
	size_t key_size;
	size_t max;
	size_t mask; /* buckets - 1 */
	size_t count;
	pthread_mutex_t insert;
	struct keymap_node *buckets[];
};

struct keymap *keymap_new(size_t max, size_t key_offset, size_t key_size, const uint8_t secret[16])
{
	size_t buckets = 16;
	struct keymap *m;

	while (buckets < max && buckets < 16384)
		buckets *= 2;
	m = calloc(1, sizeof(*m) + buckets * sizeof(m->buckets[0]));
	if (!m)
		return NULL;
	hash_key_set(&m->secret, secret);
	m->key_offset = key_offset;
	m->key_size = key_size;
	m->max = max;
	m->mask = buckets - 1;
	pthread_mutex_init(&m->insert, NULL);
	return m;
}

void keymap_free(struct keymap *m)
{
	if (!m)
		return;
	pthread_mutex_destroy(&m->insert);
	free(m);
}

size_t keymap_count(const struct keymap *m)
{
	return __atomic_load_n(&m->count, __ATOMIC_RELAXED);
}

static const uint8_t *key_of(const struct keymap *m, const struct keymap_node *node)
{
	return (const uint8_t *)node + m->key_offset;
}

static struct keymap_node *find(const struct keymap *m, const void *key, uint64_t hash)
{
	struct keymap_node *n = __atomic_load_n(&m->buckets[hash & m->mask], __ATOMIC_ACQUIRE);

	while (n && (n->hash != hash || memcmp(key_of(m, n), key, m->key_size) != 0))
		n = __atomic_load_n(&n->next, __ATOMIC_ACQUIRE);
	return n;
}

struct keymap_node *keymap_find(const struct keymap *m, const void *key)
{
	return find(m, key, hash_bytes(&m->secret, key, m->key_size));
}

struct keymap_node *keymap_insert(struct keymap *m, struct keymap_node *node)
{
	struct keymap_node **head, *there;

	node->hash = hash_bytes(&m->secret, key_of(m, node), m->key_size);
	head = &m->buckets[node->hash & m->mask];
	pthread_mutex_lock(&m->insert);
	there = find(m, key_of(m, node), node->hash);
	if (!there && m->count < m->max) {
		node->next = *head;
		__atomic_store_n(head, node, __ATOMIC_RELEASE);
		__atomic_store_n(&m->count, m->count + 1, __ATOMIC_RELAXED);
		there = node;
	}
	pthread_mutex_unlock(&m->insert);
	return there;
}

void keymap_remove(struct keymap *m, struct keymap_node *node)
{
	struct keymap_node **link = &m->buckets[node->hash & m->mask];

	pthread_mutex_lock(&m->insert);
	while (*link != node)
		link = &(*link)->next;
	__atomic_store_n(link, node->next, __ATOMIC_RELEASE);
	__atomic_store_n(&m->count, m->count - 1, __ATOMIC_RELAXED);
	pthread_mutex_unlock(&m->insert);
}

void keymap_each(struct keymap *m, void (*visit)(struct keymap_node *node, void *arg), void *arg)
{
	for (size_t i = 0; i <= m->mask; i++) {
		struct keymap_node *n = __atomic_load_n(&m->buckets[i], __ATOMIC_ACQUIRE), *next;

		for (; n; n = next) {
			next = __atomic_load_n(&n->next, __ATOMIC_ACQUIRE);
			visit(n, arg);
		}
	}
}
