/* Whom nobody lists as a neighbour whom we reach: where the LSDB is full, LSPs of such give way
 * (see rbridge.h). Who fills it with made-up RBridges takes no room from those that are there.
 *
 * Who is listed stands in LSPs; they are read through when that is asked, once after each time that
 * the campus has been read, and never while there is room. */
#include "trill/core/rbridge_internal.h"

#include <stdlib.h>
#include <string.h>

static int order(const void *a, const void *b)
{
	return lan_id_compare(a, b);
}

static bool add(struct rbridge_listed *l, const struct lan_id *id)
{
	uint32_t max = l->max ? 2 * l->max : 256;
	struct lan_id *more;

	if (l->count == l->max) {
		more = reallocarray(l->ids, max, sizeof(*more));
		if (!more)
			return false;
		l->ids = more;
		l->max = max;
	}
	l->ids[l->count++] = *id;
	return true;
}

/* The neighbours of one LSP. False: out of memory. */
static bool neighbors_add(struct rbridge_listed *l, const struct lsdb_lsp *lsp)
{
	struct wire_fault fault;
	struct tlv_iter it;
	struct reach reach;
	struct isis_pdu p;
	struct tlv t;
	size_t at;
	int err;

	if (isis_parse(lsp->bytes, lsp->len, &p, &fault))
		return true;
	isis_tlvs(&p, &it);
	while (tlv_find(&it, TLV_REACHABILITY, &t))
		for (at = 0; reach_next(&t, &at, &reach, &err);)
			if (!add(l, &reach.neighbor))
				return false;
	return true;
}

static bool is_reached(const struct rbridge *rb, const struct lsdb_lsp *lsp)
{
	struct lan_id id = {.system = lsp->id.system, .circuit = lsp->id.pseudonode};
	uint32_t node = spf_node_find(&rb->campus.graph, &id);

	if (lsp->own)
		return true;
	return node != SPF_NONE && rb->campus.graph.nodes[node].reached;
}

/* False: out of memory. */
static bool listed_read(struct rbridge *rb)
{
	struct rbridge_listed *l = &rb->listed;

	if (!l->stale)
		return true;
	l->count = 0;
	for (struct lsdb_lsp *lsp = lsdb_after(rb->db, NULL); lsp; lsp = lsdb_following(lsp))
		if (!lsp->purged && is_reached(rb, lsp) && !neighbors_add(l, lsp))
			return false;
	if (l->count)
		qsort(l->ids, l->count, sizeof(*l->ids), order);
	l->stale = false;
	l->reads++;
	return true;
}

/* What our LSP does not say yet. */
static bool is_adjacent(const struct rbridge *rb, const struct system_id *system)
{
	for (unsigned int i = 0; i < RBRIDGE_PORTS_MAX; i++) {
		const struct adjacency_table *t = &rb->ports[i].table;

		for (unsigned int k = 0; rb->ports[i].up && k < t->count; k++)
			if (t->rows[k].state >= ADJACENCY_TWO_WAY &&
				!system_id_compare(&t->rows[k].key.system, system))
				return true;
	}
	return false;
}

bool rbridge_stranger(void *arg, const struct lsp_id *id)
{
	const struct lan_id key = {.system = id->system, .circuit = id->pseudonode};
	struct rbridge *rb = arg;

	if (is_adjacent(rb, &id->system) || !listed_read(rb))
		return false;
	return !rb->listed.count ||
	       !bsearch(&key, rb->listed.ids, rb->listed.count, sizeof(*rb->listed.ids), order);
}

void rbridge_stranger_campus(struct rbridge *rb)
{
	rb->listed.stale = true;
	lsdb_strangers_changed(rb->db);
}

void rbridge_stranger_fini(struct rbridge *rb)
{
	free(rb->listed.ids);
}
