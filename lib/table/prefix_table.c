/* See prefix_table.h. */
#include "lib/table/prefix_table.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/table/lpm_set.h"

#define INSTANCES_MAX 65536

struct prefix_table {
	struct lpm_set *prefixes;
	struct prefix_row **rows;
	size_t count, cap, row_size;
};

struct prefix_table *prefix_table_new(size_t row_size, const uint8_t secret[16])
{
	struct prefix_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->row_size = row_size;
	t->prefixes = lpm_set_new(INSTANCES_MAX,
		offsetof(struct prefix_row, eid.addr.bytes) - offsetof(struct prefix_row, entry),
		secret);
	if (!t->prefixes) {
		free(t);
		return NULL;
	}
	return t;
}

void prefix_table_free(struct prefix_table *t)
{
	if (!t)
		return;
	lpm_set_free(t->prefixes);
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i]);
	free(t->rows);
	free(t);
}

static bool grow(struct prefix_table *t)
{
	size_t cap = t->cap ? t->cap * 2 : 16;
	struct prefix_row **rows;

	if (t->count < t->cap)
		return true;
	rows = reallocarray(t->rows, cap, sizeof(*rows));
	if (!rows)
		return false;
	t->rows = rows;
	t->cap = cap;
	return true;
}

struct prefix_row *prefix_table_add(struct prefix_table *t, const struct eid *eid, int *error)
{
	struct lpm *lpm = lpm_set_add(t->prefixes, eid->iid, eid->addr.afi);
	struct prefix_row *row = lpm && grow(t) ? calloc(1, t->row_size) : NULL;

	*error = lpm_set_bits(eid->addr.afi) ? -ENOMEM : -EINVAL;
	if (!row)
		return NULL;
	row->entry.plen = eid->plen;
	row->eid = *eid;
	*error = lpm_insert(lpm, &row->entry);
	if (*error) {
		free(row);
		return NULL;
	}
	row->at = t->count;
	t->rows[t->count++] = row;
	return row;
}

void prefix_table_remove(struct prefix_table *t, struct prefix_row *row)
{
	lpm_remove(lpm_set_find(t->prefixes, row->eid.iid, row->eid.addr.afi), &row->entry);
	t->rows[row->at] = t->rows[--t->count];
	t->rows[row->at]->at = row->at;
	free(row);
}

size_t prefix_table_count(const struct prefix_table *t)
{
	return t->count;
}

struct prefix_row *prefix_table_at(const struct prefix_table *t, size_t i)
{
	return t->rows[i];
}

static struct prefix_row *row_of(struct lpm_entry *e)
{
	return (struct prefix_row *)(void *)e; /* its first member */
}

struct prefix_row *prefix_table_longest(const struct prefix_table *t, const struct eid *eid)
{
	const struct lpm *lpm = lpm_set_find(t->prefixes, eid->iid, eid->addr.afi);

	return lpm ? row_of(lpm_longest(lpm, eid->addr.bytes, eid->plen)) : NULL;
}

struct prefix_row *prefix_table_exact(const struct prefix_table *t, const struct eid *eid)
{
	const struct lpm *lpm = lpm_set_find(t->prefixes, eid->iid, eid->addr.afi);

	return lpm ? row_of(lpm_exact(lpm, eid->addr.bytes, eid->plen)) : NULL;
}

int prefix_table_free_prefix(
	const struct prefix_table *t, const struct eid *eid, unsigned int floor)
{
	const struct lpm *lpm = lpm_set_find(t->prefixes, eid->iid, eid->addr.afi);

	return lpm ? lpm_free_prefix(lpm, eid->addr.bytes, floor) : (int)floor;
}
