/* See forward.h. */
#include "mapserver/forward.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/rcu.h"
#include "lib/table/lpm_set.h"

#define INSTANCES_MAX 65536

struct row {
	struct lpm_entry entry;
	struct endpoint server;
	struct eid eid; /* its address bytes are the key */
};

struct forward_table {
	struct rcu_node rcu;
	struct lpm_set *prefixes;
	struct row **rows;
	size_t count;
};

struct forward_table *forward_table_new(const uint8_t secret[16])
{
	struct forward_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->prefixes = lpm_set_new(INSTANCES_MAX,
		offsetof(struct row, eid.addr.bytes) - offsetof(struct row, entry), secret);
	if (!t->prefixes) {
		free(t);
		return NULL;
	}
	return t;
}

void forward_table_free(struct forward_table *t)
{
	if (!t)
		return;
	lpm_set_free(t->prefixes);
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i]);
	free(t->rows);
	free(t);
}

static void free_later(struct rcu_node *node)
{
	forward_table_free((struct forward_table *)(void *)((char *)node -
							    offsetof(struct forward_table, rcu)));
}

void forward_table_retire(struct forward_table *t)
{
	if (t)
		rcu_defer(&t->rcu, free_later);
}

int forward_table_add(
	struct forward_table *t, const struct eid *prefix, const struct endpoint *server)
{
	struct lpm *lpm = lpm_set_add(t->prefixes, prefix->iid, prefix->addr.afi);
	struct row **rows = realloc(t->rows, (t->count + 1) * sizeof(t->rows[0]));
	struct row *row;
	int err;

	if (rows)
		t->rows = rows;
	row = lpm && rows ? calloc(1, sizeof(*row)) : NULL;
	if (!row)
		return -ENOMEM;
	row->entry.plen = prefix->plen;
	row->server = *server;
	row->eid = *prefix;
	err = lpm_insert(lpm, &row->entry);
	if (err) {
		free(row);
		return err;
	}
	t->rows[t->count++] = row;
	return 0;
}

size_t forward_table_count(const struct forward_table *t)
{
	return t->count;
}

void forward_table_at(
	const struct forward_table *t, size_t i, struct eid *prefix, struct endpoint *server)
{
	*prefix = t->rows[i]->eid;
	*server = t->rows[i]->server;
}

bool forward_table_find(
	const struct forward_table *t, const struct eid *eid, struct endpoint *server)
{
	const struct lpm *lpm = lpm_set_find(t->prefixes, eid->iid, eid->addr.afi);
	struct row *row =
		lpm ? (struct row *)(void *)lpm_longest(lpm, eid->addr.bytes, eid->plen) : NULL;

	if (row)
		*server = row->server;
	return row != NULL;
}

int forward_table_free_prefix(
	const struct forward_table *t, const struct eid *eid, unsigned int floor)
{
	const struct lpm *lpm = lpm_set_find(t->prefixes, eid->iid, eid->addr.afi);

	return lpm ? lpm_free_prefix(lpm, eid->addr.bytes, floor) : (int)floor;
}
