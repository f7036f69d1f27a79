/* See lpm_set.h. A keymap from (instance, family) to tables, and in front of it the tables of
 * instance 0. */
#include "lib/table/lpm_set.h"

#include <stdlib.h>
#include <string.h>

#include "lib/table/keymap.h"

struct set_key {
	uint32_t iid;
	uint32_t afi;
};

struct set_table {
	struct keymap_node node;
	struct set_key key;
	struct lpm *lpm;
};

enum { FAMILIES = 6 };

struct lpm_set {
	struct keymap *map;
	size_t key_offset;
	uint8_t secret[16];
	struct lpm *plain[FAMILIES]; /* atomic: instance 0, by family */
};

static int family_index(uint16_t afi)
{
	switch (afi) {
	case AFI_IPV4:
		return 0;
	case AFI_IPV6:
		return 1;
	case AFI_MAC:
		return 2;
	case AFI_NAME:
		return 3;
	case AFI_SG_IPV4:
		return 4;
	case AFI_SG_IPV6:
		return 5;
	default:
		return -1;
	}
}

unsigned int lpm_set_bits(uint16_t afi)
{
	static const unsigned int bits[FAMILIES] = {32, 128, 48, 8 * ADDRESS_MAX, 64, 248};
	int i = family_index(afi);

	return i < 0 ? 0 : bits[i];
}

struct lpm_set *lpm_set_new(size_t max, size_t key_offset, const uint8_t secret[16])
{
	struct lpm_set *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	s->map = keymap_new(max, offsetof(struct set_table, key) - offsetof(struct set_table, node),
		sizeof(struct set_key), secret);
	if (!s->map) {
		free(s);
		return NULL;
	}
	s->key_offset = key_offset;
	memcpy(s->secret, secret, sizeof(s->secret));
	return s;
}

static struct set_table *of_node(struct keymap_node *node)
{
	return (struct set_table *)(void *)((char *)node - offsetof(struct set_table, node));
}

static void free_table(struct keymap_node *node, void *arg)
{
	struct set_table *t = of_node(node);

	(void)arg;
	lpm_free(t->lpm);
	free(t);
}

void lpm_set_free(struct lpm_set *s)
{
	if (!s)
		return;
	keymap_each(s->map, free_table, NULL);
	keymap_free(s->map);
	free(s);
}

struct lpm *lpm_set_find(const struct lpm_set *s, uint32_t iid, uint16_t afi)
{
	struct set_key key = {iid, afi};
	struct keymap_node *node;
	int i = family_index(afi);

	if (i < 0)
		return NULL;
	if (iid == 0)
		return __atomic_load_n(&s->plain[i], __ATOMIC_ACQUIRE);
	node = keymap_find(s->map, &key);
	return node ? of_node(node)->lpm : NULL;
}

struct lpm *lpm_set_add(struct lpm_set *s, uint32_t iid, uint16_t afi)
{
	struct lpm *lpm = lpm_set_find(s, iid, afi);
	unsigned int bits = lpm_set_bits(afi);
	struct set_table *t;

	if (lpm || !bits)
		return lpm;
	t = calloc(1, sizeof(*t));
	lpm = t ? lpm_new(bits, s->key_offset, s->secret) : NULL;
	if (!lpm) {
		free(t);
		return NULL;
	}
	t->key = (struct set_key){iid, afi};
	t->lpm = lpm;
	if (keymap_insert(s->map, &t->node) != &t->node) {
		lpm_free(lpm);
		free(t);
		return NULL;
	}
	if (iid == 0)
		__atomic_store_n(&s->plain[family_index(afi)], lpm, __ATOMIC_RELEASE);
	return lpm;
}

struct each {
	bool (*visit)(uint32_t iid, uint16_t afi, struct lpm *t, void *arg);
	void *arg;
	bool stop;
};

static void each_node(struct keymap_node *node, void *arg)
{
	struct set_table *t = of_node(node);
	struct each *e = arg;

	if (!e->stop)
		e->stop = !e->visit(t->key.iid, (uint16_t)t->key.afi, t->lpm, e->arg);
}

void lpm_set_each(const struct lpm_set *s,
	bool (*visit)(uint32_t iid, uint16_t afi, struct lpm *t, void *arg), void *arg)
{
	struct each e = {visit, arg, false};

	keymap_each(s->map, each_node, &e);
}

struct totals {
	size_t count, memory;
};

static bool add_totals(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	struct totals *sum = arg;

	(void)iid;
	(void)afi;
	sum->count += lpm_count(t);
	sum->memory += lpm_memory(t);
	return true;
}

size_t lpm_set_count(const struct lpm_set *s)
{
	struct totals sum = {0, 0};

	lpm_set_each(s, add_totals, &sum);
	return sum.count;
}

size_t lpm_set_memory(const struct lpm_set *s)
{
	struct totals sum = {0, 0};

	lpm_set_each(s, add_totals, &sum);
	return sum.memory;
}
