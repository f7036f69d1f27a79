/* See eid_table.h. A thin layer over lib/table: visits collect first, so that a visit may remove
 * what it is given. */
#include "xtr/eid_table.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/table/lpm_set.h"

#define TABLES_MAX 65536 /* (instance, family) pairs; the policy names them, so they are few */

struct eid_table {
	struct lpm_set *set;
	struct lpm **tables; /* the set's, for visits: the set itself is made for lookups */
	size_t table_count;
	size_t count;
};

struct eid_table *eid_table_new(const uint8_t secret[16])
{
	const size_t key =
		offsetof(struct eid_node, eid.addr.bytes) - offsetof(struct eid_node, lpm);
	struct eid_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->set = lpm_set_new(TABLES_MAX, key, secret);
	if (!t->set) {
		free(t);
		return NULL;
	}
	return t;
}

void eid_table_free(struct eid_table *t)
{
	if (!t)
		return;
	lpm_set_free(t->set);
	free(t->tables);
	free(t);
}

size_t eid_table_count(const struct eid_table *t)
{
	return t->count;
}

static struct lpm *table_add(struct eid_table *t, const struct eid *eid)
{
	struct lpm **longer = reallocarray(t->tables, t->table_count + 1, sizeof(*longer));
	struct lpm *lpm;

	if (!longer)
		return NULL;
	t->tables = longer;
	lpm = lpm_set_add(t->set, eid->iid, eid->addr.afi);
	if (lpm)
		t->tables[t->table_count++] = lpm;
	return lpm;
}

int eid_table_insert(struct eid_table *t, struct eid_node *n)
{
	struct lpm *lpm;
	int err;

	if (!lpm_set_bits(n->eid.addr.afi))
		return -EINVAL;
	lpm = lpm_set_find(t->set, n->eid.iid, n->eid.addr.afi);
	if (!lpm)
		lpm = table_add(t, &n->eid);
	if (!lpm)
		return -ENOMEM;
	n->lpm.plen = n->eid.plen;
	err = lpm_insert(lpm, &n->lpm);
	if (!err)
		t->count++;
	return err;
}

void eid_table_remove(struct eid_table *t, struct eid_node *n)
{
	lpm_remove(lpm_set_find(t->set, n->eid.iid, n->eid.addr.afi), &n->lpm);
	t->count--;
}

static struct eid_node *node_of(struct lpm_entry *e)
{
	return e ? (struct eid_node *)((char *)e - offsetof(struct eid_node, lpm)) : NULL;
}

struct eid_node *eid_table_find(const struct eid_table *t, const struct eid *eid)
{
	struct lpm *lpm = lpm_set_find(t->set, eid->iid, eid->addr.afi);

	return lpm ? node_of(lpm_exact(lpm, eid->addr.bytes, eid->plen)) : NULL;
}

struct eid_node *eid_table_longest(const struct eid_table *t, const struct eid *eid)
{
	struct lpm *lpm = lpm_set_find(t->set, eid->iid, eid->addr.afi);

	return lpm ? node_of(lpm_longest(lpm, eid->addr.bytes, eid->plen)) : NULL;
}

/* What a visit will be given. When there is no memory the visit ends early. */
struct found {
	struct eid_node **nodes;
	size_t count, cap;
};

static bool collect(struct lpm_entry *e, void *arg)
{
	struct found *f = arg;

	if (f->count == f->cap) {
		size_t cap = f->cap ? f->cap * 2 : 64;
		struct eid_node **longer = reallocarray(f->nodes, cap, sizeof(*longer));

		if (!longer)
			return false;
		f->nodes = longer;
		f->cap = cap;
	}
	f->nodes[f->count++] = node_of(e);
	return true;
}

static void visit_found(struct found *f, bool (*visit)(struct eid_node *n, void *arg), void *arg)
{
	size_t i;

	for (i = 0; i < f->count; i++)
		if (!visit(f->nodes[i], arg))
			break;
	free(f->nodes);
}

void eid_table_covered(struct eid_table *t, const struct eid *eid,
	bool (*visit)(struct eid_node *n, void *arg), void *arg)
{
	struct lpm *lpm = lpm_set_find(t->set, eid->iid, eid->addr.afi);
	struct eid_node *host;
	struct found f = {0};

	if (!lpm)
		return;
	if (eid_is_host(eid)) {
		host = eid_table_find(t, eid);
		if (host)
			visit(host, arg);
		return;
	}
	lpm_covered(lpm, eid->addr.bytes, eid->plen, collect, &f);
	visit_found(&f, visit, arg);
}

void eid_table_each(struct eid_table *t, bool (*visit)(struct eid_node *n, void *arg), void *arg)
{
	static const uint8_t zero[ADDRESS_MAX];
	struct found f = {0};
	size_t i;

	for (i = 0; i < t->table_count; i++)
		lpm_covered(t->tables[i], zero, 0, collect, &f);
	visit_found(&f, visit, arg);
}
