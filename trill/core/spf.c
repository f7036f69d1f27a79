/* See spf.h.
 *
 * Dijkstra with an indexed heap. Of nodes at the same distance pseudonodes are settled first, then
 * by ID: so every node's parents are settled before it (a pseudonode's links cost 0), and every
 * RBridge settles in the same order. A link that would make a settled node a child is left out, so
 * that links of cost 0 between RBridges make no circle. */
#include "trill/core/spf.h"

#include <stdlib.h>
#include <string.h>

bool spf_graph_init(struct spf_graph *g, uint32_t node_max, uint32_t edge_max)
{
	memset(g, 0, sizeof(*g));
	g->node_max = node_max;
	g->edge_max = edge_max;
	g->nodes = calloc(node_max ? node_max : 1, sizeof(*g->nodes));
	g->edges = calloc(edge_max ? edge_max : 1, sizeof(*g->edges));
	if (g->nodes && g->edges)
		return true;
	spf_graph_fini(g);
	return false;
}

void spf_graph_fini(struct spf_graph *g)
{
	free(g->nodes);
	free(g->edges);
	memset(g, 0, sizeof(*g));
}

void spf_graph_reset(struct spf_graph *g)
{
	g->node_count = g->edge_count = g->in_count = 0;
}

uint32_t spf_node_add(struct spf_graph *g, const struct lan_id *id, bool overloaded)
{
	uint32_t n = g->node_count;

	if (n == g->node_max || (n && lan_id_compare(&g->nodes[n - 1].id, id) >= 0))
		return SPF_NONE;
	g->nodes[n] = (struct spf_node){.id = *id, .overloaded = overloaded};
	return g->node_count++;
}

bool spf_edge_add(struct spf_graph *g, uint32_t from, const struct lan_id *to, uint32_t cost)
{
	if (g->edge_count == g->edge_max || from >= g->node_count)
		return false;
	g->edges[g->edge_count++] = (struct spf_edge){.from = from, .to_id = *to, .cost = cost};
	return true;
}

uint32_t spf_node_find(const struct spf_graph *g, const struct lan_id *id)
{
	uint32_t low = 0, high = g->node_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		int order = lan_id_compare(&g->nodes[middle].id, id);

		if (!order)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return SPF_NONE;
}

/* By from, to, cost. */
static int edge_order(const void *a, const void *b)
{
	const struct spf_edge *x = a, *y = b;

	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return x->cost < y->cost ? -1 : x->cost > y->cost;
}

static void edges_index(struct spf_graph *g)
{
	for (uint32_t n = 0; n < g->node_count; n++)
		g->nodes[n].first_edge = g->nodes[n].edges = 0;
	for (uint32_t e = g->edge_count; e-- > 0;) {
		g->nodes[g->edges[e].from].first_edge = e;
		g->nodes[g->edges[e].from].edges++;
	}
}

static const struct spf_edge *edge_find(const struct spf_graph *g, uint32_t from, uint32_t to)
{
	uint32_t low = g->nodes[from].first_edge, high = low + g->nodes[from].edges;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (g->edges[middle].to == to)
			return &g->edges[middle];
		if (g->edges[middle].to < to)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

uint32_t spf_cost(const struct spf_graph *g, uint32_t from, uint32_t to)
{
	const struct spf_edge *e = edge_find(g, from, to);

	return e && e->cost <= 0xFFFFFE ? e->cost : SPF_NONE;
}

void spf_finish(struct spf_graph *g)
{
	uint32_t kept = 0;

	for (uint32_t e = 0; e < g->edge_count; e++) {
		g->edges[e].to = spf_node_find(g, &g->edges[e].to_id);
		if (g->edges[e].to != SPF_NONE && g->edges[e].to != g->edges[e].from)
			g->edges[kept++] = g->edges[e];
	}
	g->edge_count = kept;
	qsort(g->edges, kept, sizeof(*g->edges), edge_order);
	kept = 0;
	for (uint32_t e = 0; e < g->edge_count; e++)
		if (!kept || g->edges[kept - 1].from != g->edges[e].from ||
			g->edges[kept - 1].to != g->edges[e].to)
			g->edges[kept++] = g->edges[e];
	g->edge_count = kept;
	edges_index(g);
	/* Where only one end reports a link it is marked first, since the search needs all. */
	for (uint32_t e = 0; e < g->edge_count; e++)
		if (!edge_find(g, g->edges[e].to, g->edges[e].from))
			g->edges[e].cost = SPF_NONE;
	g->in_count = 0;
	for (uint32_t n = 0; n < g->node_count; n++)
		g->nodes[n].first_parent = 0;
	for (uint32_t e = 0; e < g->edge_count; e++)
		g->nodes[g->edges[e].to].first_parent++;
	for (uint32_t n = 0; n < g->node_count; n++) {
		uint32_t in = g->nodes[n].first_parent;

		g->nodes[n].first_parent = g->in_count;
		g->in_count += in;
	}
}

bool spf_init(struct spf *s, uint32_t node_max, uint32_t edge_max)
{
	size_t n = node_max ? node_max : 1;

	memset(s, 0, sizeof(*s));
	s->dist = calloc(n, sizeof(*s->dist));
	s->order = calloc(n, sizeof(*s->order));
	s->parent_count = calloc(n, sizeof(*s->parent_count));
	s->parents = calloc(edge_max ? edge_max : 1, sizeof(*s->parents));
	s->hop_sets = calloc(n, sizeof(*s->hop_sets));
	s->heap = calloc(n, sizeof(*s->heap));
	s->heap_at = calloc(n, sizeof(*s->heap_at));
	if (s->dist && s->order && s->parent_count && s->parents && s->hop_sets && s->heap &&
		s->heap_at)
		return true;
	spf_fini(s);
	return false;
}

void spf_fini(struct spf *s)
{
	free(s->dist);
	free(s->order);
	free(s->parent_count);
	free(s->parents);
	free(s->hop_sets);
	free(s->heap);
	free(s->heap_at);
	memset(s, 0, sizeof(*s));
}

static bool is_pseudonode(const struct spf *s, uint32_t node)
{
	return s->graph->nodes[node].id.circuit;
}

/* @a is settled before @b. */
static bool before(const struct spf *s, uint32_t a, uint32_t b)
{
	if (s->dist[a] != s->dist[b])
		return s->dist[a] < s->dist[b];
	if (is_pseudonode(s, a) != is_pseudonode(s, b))
		return is_pseudonode(s, a);
	return a < b;
}

static void heap_put(struct spf *s, uint32_t at, uint32_t node)
{
	s->heap[at] = node;
	s->heap_at[node] = at;
}

static void heap_rise(struct spf *s, uint32_t at)
{
	uint32_t node = s->heap[at];

	while (at && before(s, node, s->heap[(at - 1) / 2])) {
		heap_put(s, at, s->heap[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	heap_put(s, at, node);
}

static uint32_t heap_pop(struct spf *s)
{
	uint32_t top = s->heap[0], node = s->heap[--s->heap_count], at = 0;

	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child >= s->heap_count)
			break;
		if (child + 1 < s->heap_count && before(s, s->heap[child + 1], s->heap[child]))
			child++;
		if (!before(s, s->heap[child], node))
			break;
		heap_put(s, at, s->heap[child]);
		at = child;
	}
	if (s->heap_count)
		heap_put(s, at, node);
	s->heap_at[top] = SPF_NONE; /* settled */
	return top;
}

static void parent_add(struct spf *s, uint32_t node, uint32_t parent)
{
	uint32_t *list = s->parents + s->graph->nodes[node].first_parent;
	uint32_t n = s->parent_count[node]++;

	while (n && list[n - 1] > parent) {
		list[n] = list[n - 1];
		n--;
	}
	list[n] = parent;
}

static void edge_relax(struct spf *s, uint32_t node, const struct spf_edge *e)
{
	uint32_t dist;

	if (e->cost > 0xFFFFFE || e->cost > SPF_NONE - 1 - s->dist[node])
		return;
	dist = s->dist[node] + e->cost;
	if (s->dist[e->to] == SPF_NONE) {
		s->dist[e->to] = dist;
		heap_put(s, s->heap_count++, e->to);
		heap_rise(s, s->heap_at[e->to]);
	} else if (s->heap_at[e->to] == SPF_NONE || dist > s->dist[e->to]) {
		return; /* settled, or longer */
	} else if (dist < s->dist[e->to]) {
		s->dist[e->to] = dist;
		s->parent_count[e->to] = 0;
		heap_rise(s, s->heap_at[e->to]);
	}
	parent_add(s, e->to, node);
}

static void hop_add(struct spf *s, uint32_t link, uint32_t node)
{
	if (s->hop_count == SPF_HOPS_MAX) {
		s->hops_lost = true;
		return;
	}
	s->hops[s->hop_count] = (struct spf_hop){.link = link, .node = node};
	s->hop_sets[node][s->hop_count / 64] |= 1ull << (s->hop_count % 64);
	s->hop_count++;
}

static bool has_parent(const struct spf *s, uint32_t node, uint32_t parent)
{
	const uint32_t *list = s->parents + s->graph->nodes[node].first_parent;

	for (uint32_t i = 0; i < s->parent_count[node]; i++)
		if (list[i] == parent)
			return true;
	return false;
}

/* The hops of a node that is settled: those of its parents, and new ones where it is the first
 * RBridge behind the root. */
static void hops_of(struct spf *s, uint32_t node)
{
	const uint32_t *list = s->parents + s->graph->nodes[node].first_parent;

	for (uint32_t i = 0; i < s->parent_count[node]; i++) {
		uint32_t parent = list[i];

		for (unsigned int w = 0; w < SPF_HOPS_MAX / 64; w++)
			s->hop_sets[node][w] |= s->hop_sets[parent][w];
		if (is_pseudonode(s, node))
			continue;
		if (parent == s->root)
			hop_add(s, node, node);
		else if (is_pseudonode(s, parent) && has_parent(s, parent, s->root))
			hop_add(s, parent, node);
	}
}

void spf_run(struct spf *s, const struct spf_graph *g, uint32_t root)
{
	s->graph = g;
	s->root = root;
	s->reached = s->hop_count = s->heap_count = 0;
	s->hops_lost = false;
	for (uint32_t n = 0; n < g->node_count; n++) {
		s->dist[n] = SPF_NONE;
		s->parent_count[n] = 0;
		memset(s->hop_sets[n], 0, sizeof(s->hop_sets[n]));
	}
	s->dist[root] = 0;
	heap_put(s, s->heap_count++, root);
	while (s->heap_count) {
		uint32_t node = heap_pop(s);
		const struct spf_node *v = &g->nodes[node];

		s->order[s->reached++] = node;
		hops_of(s, node);
		if (v->overloaded && node != root)
			continue;
		for (uint32_t e = v->first_edge; e < v->first_edge + v->edges; e++)
			edge_relax(s, node, &g->edges[e]);
	}
}
