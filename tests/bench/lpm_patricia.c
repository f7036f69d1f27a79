/* See lpm_patricia.h. A node stands for the prefix (key, plen); those below it are longer and begin
 * with it. */
#include "tests/bench/lpm_patricia.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

struct node {
	struct node *child[2];
	void *what; /* NULL: only a fork */
	unsigned int plen;
	uint8_t key[];
};

struct patricia {
	struct node *root;
	unsigned int bits, bytes;
	size_t memory;
};

struct patricia *patricia_new(unsigned int bits)
{
	struct patricia *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->bits = bits;
	t->bytes = (bits + 7) / 8;
	return t;
}

static void nodes_free(struct node *n)
{
	if (!n)
		return;
	nodes_free(n->child[0]);
	nodes_free(n->child[1]);
	free(n);
}

void patricia_free(struct patricia *t)
{
	nodes_free(t->root);
	free(t);
}

static unsigned int bit_at(const uint8_t *key, unsigned int i)
{
	return key[i / 8] >> (7 - i % 8) & 1;
}

static unsigned int common(const uint8_t *a, const uint8_t *b, unsigned int limit)
{
	unsigned int n = 0;

	while (n + 8 <= limit && a[n / 8] == b[n / 8])
		n += 8;
	while (n < limit && bit_at(a, n) == bit_at(b, n))
		n++;
	return n;
}

static struct node *node_new(struct patricia *t, const uint8_t *key, unsigned int plen, void *what)
{
	struct node *n = calloc(1, sizeof(*n) + t->bytes);

	if (!n)
		abort();
	memcpy(n->key, key, t->bytes);
	n->plen = plen;
	n->what = what;
	t->memory += malloc_usable_size(n) + sizeof(size_t);
	return n;
}

void patricia_insert(struct patricia *t, const uint8_t *key, unsigned int plen, void *what)
{
	struct node **link = &t->root, *n, *new;
	unsigned int same = 0;

	while ((n = *link)) {
		same = common(n->key, key, n->plen < plen ? n->plen : plen);
		if (same < n->plen)
			break;
		if (n->plen == plen) {
			n->what = what;
			return;
		}
		link = &n->child[bit_at(key, n->plen)];
	}
	new = node_new(t, key, plen, what);
	if (n && same < plen) { /* they part below both: a fork */
		struct node *fork = node_new(t, key, same, NULL);

		fork->child[bit_at(key, same)] = new;
		fork->child[bit_at(n->key, same)] = n;
		new = fork;
	} else if (n) { /* the new one is above */
		new->child[bit_at(n->key, plen)] = n;
	}
	*link = new;
}

void *patricia_longest(const struct patricia *t, const uint8_t *key)
{
	const struct node *n = t->root;
	void *best = NULL;

	while (n && common(n->key, key, n->plen) == n->plen) {
		if (n->what)
			best = n->what;
		if (n->plen == t->bits)
			break;
		n = n->child[bit_at(key, n->plen)];
	}
	return best;
}

size_t patricia_memory(const struct patricia *t)
{
	return t->memory;
}
