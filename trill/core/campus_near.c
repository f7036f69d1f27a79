/* See campus_near.h. Breadth first: who is added is asked for its neighbours when all before are.
 */
#include "trill/core/campus_near.h"

#include <stdlib.h>
#include <string.h>

struct near {
	struct lsdb *db;
	struct lan_id *sorted, *in_order;
	uint32_t count, max;
};

/* Where @id stands, or would. */
static uint32_t place_of(const struct near *n, const struct lan_id *id)
{
	uint32_t low = 0, high = n->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (lan_id_compare(&n->sorted[middle], id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* One that has said an LSP number 0, and is not there yet. */
static void add(struct near *n, const struct lan_id *id)
{
	struct lsp_id first = {.system = id->system, .pseudonode = id->circuit};
	uint32_t at = place_of(n, id);
	const struct lsdb_lsp *lsp;

	if (n->count == n->max || (at < n->count && !lan_id_compare(&n->sorted[at], id)))
		return;
	lsp = lsdb_find(n->db, &first);
	if (!lsp || !lsp->sequence || lsp->purged)
		return;
	memmove(&n->sorted[at + 1], &n->sorted[at], (n->count - at) * sizeof(*id));
	n->sorted[at] = *id;
	n->in_order[n->count++] = *id;
}

static void neighbors_add(struct near *n, const struct lsdb_lsp *lsp)
{
	struct wire_fault fault;
	struct tlv_iter it;
	struct reach reach;
	struct isis_pdu p;
	struct tlv t;
	size_t at;
	int err;

	if (lsp->purged || isis_parse(lsp->bytes, lsp->len, &p, &fault))
		return;
	isis_tlvs(&p, &it);
	while (tlv_find(&it, TLV_REACHABILITY, &t))
		for (at = 0; reach_next(&t, &at, &reach, &err);)
			add(n, &reach.neighbor);
}

static int order(const void *a, const void *b)
{
	return lan_id_compare(a, b);
}

uint32_t campus_near(struct lsdb *db, const struct system_id *own, struct lan_id *near,
	uint32_t room, uint32_t max)
{
	struct near n = {.db = db, .in_order = near, .max = room};
	struct lan_id us = {.system = *own};

	n.sorted = calloc(room ? room : 1, sizeof(*n.sorted));
	if (!n.sorted)
		return 0;
	add(&n, &us);
	for (uint32_t i = 0; i < n.count; i++) {
		const struct lan_id *id = &n.in_order[i];
		struct lsp_id first = {.system = id->system, .pseudonode = id->circuit};
		struct lsdb_lsp *lsp = lsdb_find(db, &first);

		for (; lsp && lsp->id.pseudonode == id->circuit &&
			!system_id_compare(&lsp->id.system, &id->system);
			lsp = lsdb_following(lsp))
			neighbors_add(&n, lsp);
	}
	free(n.sorted);
	qsort(near, n.count < max ? n.count : max, sizeof(*near), order);
	return n.count;
}
