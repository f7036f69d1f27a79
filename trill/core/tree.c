/* See tree.h. */
#include "trill/core/tree.h"

#include <stdlib.h>
#include <string.h>

int tree_candidate_compare(const struct tree_candidate *a, const struct tree_candidate *b)
{
	int order = a->root_priority - b->root_priority;

	if (!order)
		order = lan_id_compare(&a->holder, &b->holder);
	return order ? order : a->nickname - b->nickname;
}

static int highest_first(const void *a, const void *b)
{
	return -tree_candidate_compare(a, b);
}

static const struct tree_wish *wish_of(
	const struct tree_wish *wishes, unsigned int n, const struct lan_id *holder)
{
	for (unsigned int i = 0; i < n; i++)
		if (!lan_id_compare(&wishes[i].holder, holder))
			return &wishes[i];
	return NULL;
}

static unsigned int at_least_1(unsigned int v)
{
	return v ? v : 1;
}

/* What RB1 wants, and no more than any can. An RBridge that says nothing has said 0. */
static unsigned int tree_number(const struct tree_wish *first, const struct tree_wish *wishes,
	unsigned int n, unsigned int max)
{
	unsigned int k = at_least_1(first ? first->compute : 0);

	for (unsigned int i = 0; i < n; i++)
		if (at_least_1(wishes[i].max) < k)
			k = at_least_1(wishes[i].max);
	return k < max ? k : max;
}

static bool root_is_in(const uint16_t *roots, unsigned int n, uint16_t nickname)
{
	for (unsigned int i = 0; i < n; i++)
		if (roots[i] == nickname)
			return true;
	return false;
}

static bool is_usable(const struct tree_candidate *candidates, unsigned int n, uint16_t nickname)
{
	for (unsigned int i = 0; i < n; i++)
		if (candidates[i].nickname == nickname)
			return candidates[i].usable;
	return false;
}

unsigned int tree_roots(struct tree_candidate *candidates, unsigned int n,
	const struct tree_wish *wishes, unsigned int wish_count, uint16_t *roots, unsigned int max)
{
	const struct tree_candidate *first = NULL;
	const struct tree_wish *wish;
	unsigned int k, count = 0;

	if (n)
		qsort(candidates, n, sizeof(*candidates), highest_first);
	for (unsigned int i = 0; i < n && !first; i++)
		if (candidates[i].usable)
			first = &candidates[i];
	if (!first || !max)
		return 0;
	wish = wish_of(wishes, wish_count, &first->holder);
	k = tree_number(wish, wishes, wish_count, max);
	for (unsigned int i = 0; wish && i < wish->listed_count && count < k; i++)
		if (i < 64 && wish->contested >> i & 1)
			roots[count++] = NICKNAME_NONE;
		else if (is_usable(candidates, n, wish->listed[i]) &&
			 !root_is_in(roots, count, wish->listed[i]))
			roots[count++] = wish->listed[i];
	for (unsigned int i = 0; i < n && count < k; i++)
		if (candidates[i].usable && candidates[i].root_priority &&
			!root_is_in(roots, count, candidates[i].nickname))
			roots[count++] = candidates[i].nickname;
	if (!count) /* all have priority 0 */
		roots[count++] = first->nickname;
	return count;
}

uint64_t tree_ingress_trees(const uint16_t *roots, unsigned int k, uint16_t j,
	const uint16_t *listed, unsigned int listed_count)
{
	unsigned int want, count = 0;
	uint64_t used = 0;

	if (k > 64)
		k = 64;
	want = !j || j > k ? k : j;
	for (unsigned int i = 0; i < listed_count && count < want; i++)
		for (unsigned int t = 0; t < k; t++)
			if (roots[t] != NICKNAME_NONE && roots[t] == listed[i] &&
				!(used >> t & 1)) {
				used |= 1ull << t;
				count++;
			}
	for (unsigned int t = 0; t < k && count < want; t++)
		if (roots[t] != NICKNAME_NONE && !(used >> t & 1)) {
			used |= 1ull << t;
			count++;
		}
	return used;
}

bool tree_init(struct tree *t, uint32_t node_max)
{
	size_t n = node_max ? node_max : 1;

	memset(t, 0, sizeof(*t));
	t->parent = calloc(n, sizeof(*t->parent));
	t->order = calloc(n, sizeof(*t->order));
	t->branch = calloc(n, sizeof(*t->branch));
	if (t->parent && t->order && t->branch)
		return true;
	tree_fini(t);
	return false;
}

void tree_fini(struct tree *t)
{
	free(t->parent);
	free(t->order);
	free(t->branch);
	memset(t, 0, sizeof(*t));
}

void tree_build(struct tree *t, const struct spf *s, unsigned int number)
{
	t->number = number;
	t->root = s->root;
	t->node_count = s->graph->node_count;
	t->reached = s->reached;
	memcpy(t->order, s->order, s->reached * sizeof(*t->order));
	for (uint32_t v = 0; v < t->node_count; v++) {
		uint32_t p = s->parent_count[v];
		const uint32_t *list = s->parents + s->graph->nodes[v].first_parent;

		/* Indices are in the order of the IDs, and so are the parents. */
		t->parent[v] = p ? list[(number - 1) % p] : SPF_NONE;
	}
	tree_view(t, t->root);
}

static bool is_reached(const struct tree *t, uint32_t node)
{
	return node == t->root || t->parent[node] != SPF_NONE;
}

static bool is_below(const struct tree *t, uint32_t node, uint32_t above)
{
	while (node != SPF_NONE && node != above)
		node = t->parent[node];
	return node == above;
}

/* What is next to @child on the way to @parent: @parent, or a pseudonode. SPF_NONE: nothing. */
static uint32_t step_to(
	const struct tree *t, const struct spf_graph *g, uint32_t child, uint32_t parent)
{
	const struct spf_node *node = &g->nodes[child];

	if (spf_cost(g, parent, child) != SPF_NONE)
		return parent;
	for (uint32_t i = node->first_edge; i < node->first_edge + node->edges; i++)
		if (g->nodes[g->edges[i].to].id.circuit && t->parent[g->edges[i].to] == parent)
			return g->edges[i].to;
	return SPF_NONE;
}

bool tree_adopt(struct tree *t, const struct spf_graph *g, uint32_t child, uint32_t parent)
{
	uint32_t step;

	if (!is_reached(t, child) || !is_reached(t, parent) || is_below(t, parent, child))
		return false; /* all are below the root */
	step = step_to(t, g, child, parent);
	if (step == SPF_NONE)
		return false;
	t->parent[child] = step;
	return true;
}

/* Parents before children again: each node once, when its parent has its place (branch, which has a
 * meaning only after tree_view(), says so). */
void tree_sort(struct tree *t)
{
	uint32_t placed = 0;

	for (uint32_t v = 0; v < t->node_count; v++)
		t->branch[v] = SPF_NONE;
	for (uint32_t v = 0; v < t->node_count; v++) {
		uint32_t first = placed, node = v;

		if (!is_reached(t, v))
			continue;
		for (; node != SPF_NONE && t->branch[node] == SPF_NONE; node = t->parent[node]) {
			t->branch[node] = v;
			t->order[placed++] = node;
		}
		for (uint32_t a = first, b = placed; a + 1 < b; a++) {
			uint32_t swap = t->order[a];

			t->order[a] = t->order[--b];
			t->order[b] = swap;
		}
	}
	t->reached = placed;
}

unsigned int tree_depth(const struct tree *t, const struct spf_graph *g, uint32_t from)
{
	unsigned int most = 0, up = 0;

	for (uint32_t v = from; is_reached(t, from) && v != t->root; v = t->parent[v])
		up += !g->nodes[v].id.circuit;
	for (uint32_t i = 0; i < t->reached; i++) {
		unsigned int depth = 0;

		for (uint32_t v = t->order[i]; v != t->root; v = t->parent[v])
			depth += !g->nodes[v].id.circuit;
		if (depth > most)
			most = depth;
	}
	return most + up;
}

void tree_view(struct tree *t, uint32_t me)
{
	t->me = me;
	for (uint32_t v = 0; v < t->node_count; v++)
		t->branch[v] = SPF_NONE;
	for (uint32_t i = 0; i < t->reached; i++) {
		uint32_t v = t->order[i], parent = t->parent[v];

		if (parent == SPF_NONE || v == me)
			continue;
		t->branch[v] = parent == me ? v : t->branch[parent];
	}
}

uint32_t tree_rpf(const struct tree *t, uint32_t ingress)
{
	if (ingress == t->me || !is_reached(t, ingress) || !is_reached(t, t->me))
		return SPF_NONE;
	return t->branch[ingress] != SPF_NONE ? t->branch[ingress] : t->parent[t->me];
}

uint32_t tree_rpf_sender(const struct tree *t, uint32_t ingress, uint32_t from)
{
	uint32_t v = ingress;

	while (t->parent[v] != from && t->parent[v] != SPF_NONE)
		v = t->parent[v];
	return t->parent[v] == from ? v : t->parent[from];
}

bool tree_is_adjacent(const struct tree *t, uint32_t node)
{
	return t->parent[node] == t->me || (t->parent[t->me] == node && node != SPF_NONE);
}

bool tree_needed(
	const struct tree *t, uint32_t neighbor, bool (*wants)(void *arg, uint32_t node), void *arg)
{
	bool up = t->parent[t->me] == neighbor;

	for (uint32_t i = 0; i < t->reached; i++) {
		uint32_t v = t->order[i];
		bool beyond =
			up ? t->branch[v] == SPF_NONE && v != t->me : t->branch[v] == neighbor;

		if (beyond && wants(arg, v))
			return true;
	}
	return false;
}

/* @a is preferred to @b. */
static bool link_before(const struct tree_link *a, const struct tree_link *b)
{
	if (a->p2p != b->p2p)
		return a->p2p;
	if (a->p2p)
		return a->circuit > b->circuit;
	return lan_id_compare(&a->pseudonode, &b->pseudonode) > 0;
}

unsigned int tree_link_choose(const struct tree_link *links, unsigned int n)
{
	unsigned int best = 0;

	for (unsigned int i = 1; i < n; i++)
		if (link_before(&links[i], &links[best]))
			best = i;
	return best;
}
