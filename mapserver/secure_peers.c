/* See secure_peers.h. */
#include "mapserver/secure_peers.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/rcu.h"
#include "lib/table/prefix_table.h"

struct row {
	struct prefix_row prefix; /* of addresses, as EIDs of instance 0 */
	struct secure_peer peer;
};

struct secure_peers {
	struct rcu_node rcu;
	struct prefix_table *rows;
};

struct secure_peers *secure_peers_new(const uint8_t secret[16])
{
	struct secure_peers *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->rows = prefix_table_new(sizeof(struct row), secret);
	if (p->rows)
		return p;
	free(p);
	return NULL;
}

static struct row *row_of(struct prefix_row *prefix)
{
	return (struct row *)(void *)prefix;
}

void secure_peers_free(struct secure_peers *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < prefix_table_count(p->rows); i++)
		otk_keys_wipe(&row_of(prefix_table_at(p->rows, i))->peer.keys);
	prefix_table_free(p->rows);
	free(p);
}

static void free_later(struct rcu_node *node)
{
	secure_peers_free(
		(struct secure_peers *)(void *)((char *)node - offsetof(struct secure_peers, rcu)));
}

void secure_peers_retire(struct secure_peers *p)
{
	if (p)
		rcu_defer(&p->rcu, free_later);
}

int secure_peers_add(
	struct secure_peers *p, const struct eid *prefix, const struct secure_peer *peer)
{
	int error;
	struct row *row = row_of(prefix_table_add(p->rows, prefix, &error));

	if (row)
		row->peer = *peer;
	return row ? 0 : error;
}

const struct secure_peer *secure_peers_find(
	const struct secure_peers *p, const struct address *addr)
{
	struct eid eid = {.addr = *addr, .plen = (uint8_t)(8 * addr->len)};
	const struct row *row = p ? row_of(prefix_table_longest(p->rows, &eid)) : NULL;

	return row ? &row->peer : NULL;
}
