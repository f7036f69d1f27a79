/* See forward.h. */
#include "mapserver/forward.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/rcu.h"
#include "lib/table/prefix_table.h"

struct row {
	struct prefix_row prefix;
	struct endpoint server;
};

struct forward_table {
	struct rcu_node rcu;
	struct prefix_table *rows;
};

struct forward_table *forward_table_new(const uint8_t secret[16])
{
	struct forward_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->rows = prefix_table_new(sizeof(struct row), secret);
	if (t->rows)
		return t;
	free(t);
	return NULL;
}

void forward_table_free(struct forward_table *t)
{
	if (!t)
		return;
	prefix_table_free(t->rows);
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

static struct row *row_of(struct prefix_row *prefix)
{
	return (struct row *)(void *)prefix;
}

int forward_table_add(
	struct forward_table *t, const struct eid *prefix, const struct endpoint *server)
{
	int error;
	struct row *row = row_of(prefix_table_add(t->rows, prefix, &error));

	if (row)
		row->server = *server;
	return row ? 0 : error;
}

size_t forward_table_count(const struct forward_table *t)
{
	return prefix_table_count(t->rows);
}

void forward_table_at(
	const struct forward_table *t, size_t i, struct eid *prefix, struct endpoint *server)
{
	const struct row *row = row_of(prefix_table_at(t->rows, i));

	*prefix = row->prefix.eid;
	*server = row->server;
}

bool forward_table_find(
	const struct forward_table *t, const struct eid *eid, struct endpoint *server)
{
	const struct row *row = row_of(prefix_table_longest(t->rows, eid));

	if (row)
		*server = row->server;
	return row != NULL;
}

int forward_table_free_prefix(
	const struct forward_table *t, const struct eid *eid, unsigned int floor)
{
	return prefix_table_free_prefix(t->rows, eid, floor);
}
