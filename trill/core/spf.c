/* See spf.h.
 *
 * Dijkstra with an indexed heap. Of nodes at the same distance pseudonodes are settled first, then
 * by ID: so every node's parents are settled before it (a pseudonode's links cost 0), and every
 * RBridge settles in the same order. A link that would make a settled node a child is left out, so
 * that links of cost 0 between RBridges make no circle. */
#include "trill/core/spf.h"

#include "trill/core/share.h"

#include <stdlib.h>
#include <string.h>

bool spf_graph_init(struct spf_graph *g, uint32_t node_max, uint32_t edge_max)
{
	size_t n = node_max ? node_max : 1;

	memset(g, 0, sizeof(*g));
	g->node_max = node_max;
	g->edge_max = g->edge_room = edge_max;
	g->nodes = calloc(n, sizeof(*g->nodes));
	g->order = calloc(n, sizeof(*g->order));
	g->last = calloc(n, sizeof(*g->last));
	g->edges = calloc(edge_max ? edge_max : 1, sizeof(*g->edges));
	g->sorted = calloc(edge_max ? edge_max : 1, sizeof(*g->sorted));
	if (g->nodes && g->order && g->last && g->edges && g->sorted)
		return true;
	spf_graph_fini(g);
	return false;
}

void spf_graph_fini(struct spf_graph *g)
{
	free(g->nodes);
	free(g->order);
	free(g->last);
	free(g->edges);
	free(g->sorted);
	memset(g, 0, sizeof(*g));
}

void spf_graph_reset(struct spf_graph *g)
{
	g->node_count = g->edge_count = g->in_count = g->reached = 0;
	g->lost = false;
}

uint32_t spf_node_add(struct spf_graph *g, const struct lan_id *id, bool overloaded)
{
	uint32_t n = g->node_count;

	if (n == g->node_max || (n && lan_id_compare(&g->nodes[n - 1].id, id) >= 0))
		return SPF_NONE;
	g->nodes[n] = (struct spf_node){.id = *id, .overloaded = overloaded};
	return g->node_count++;
}

/* Room for one more, and for sorting. */
static bool edge_room(struct spf_graph *g)
{
	uint32_t room = g->edge_room ? 2 * g->edge_room : 64;
	struct spf_edge *edges, *sorted;

	if (g->edge_count < g->edge_room)
		return true;
	edges = reallocarray(g->edges, room, sizeof(*edges));
	g->edges = edges ? edges : g->edges;
	sorted = edges ? reallocarray(g->sorted, room, sizeof(*sorted)) : NULL;
	if (!sorted)
		return false;
	g->sorted = sorted;
	g->edge_room = room;
	return true;
}

uint32_t spf_edge_add(struct spf_graph *g, uint32_t from, const struct lan_id *to_id, uint32_t cost)
{
	uint32_t to = spf_node_find(g, to_id);
	struct spf_edge *last;

	if (to == SPF_NONE || to == from)
		return SPF_NONE;
	/* Whatever stands there, of another campus too, is looked at for what it is. */
	last = g->last[to] < g->edge_count ? &g->edges[g->last[to]] : NULL;
	if (last && last->from == from && last->to == to) {
		last->cost = cost < last->cost ? cost : last->cost;
		return to;
	}
	if (!edge_room(g)) {
		g->lost = true;
		return SPF_NONE;
	}
	g->last[to] = g->edge_count;
	g->edges[g->edge_count++] = (struct spf_edge){.from = from, .to = to, .cost = cost};
	return to;
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

/* Those of the same end stay in their order. */
static void edges_sort(struct spf_graph *g, bool by_to)
{
	struct spf_edge *is = g->edges;
	uint32_t at = 0;

	for (uint32_t n = 0; n < g->node_count; n++)
		g->nodes[n].first_edge = 0;
	for (uint32_t e = 0; e < g->edge_count; e++)
		g->nodes[by_to ? is[e].to : is[e].from].first_edge++;
	for (uint32_t n = 0; n < g->node_count; n++) {
		uint32_t count = g->nodes[n].first_edge;

		g->nodes[n].first_edge = at;
		at += count;
	}
	for (uint32_t e = 0; e < g->edge_count; e++)
		g->sorted[g->nodes[by_to ? is[e].to : is[e].from].first_edge++] = is[e];
	g->edges = g->sorted;
	g->sorted = is;
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

static struct spf_edge *edge_find(const struct spf_graph *g, uint32_t from, uint32_t to)
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

/* Those that are not kept go. */
static void edges_keep(struct spf_graph *g)
{
	uint32_t kept = 0;

	for (uint32_t e = 0; e < g->edge_count; e++)
		if (g->edges[e].kept)
			g->edges[kept++] = g->edges[e];
	g->edge_count = kept;
	edges_index(g);
}

/* Who is joined to @root, breadth first. */
static void reach(struct spf_graph *g, uint32_t root)
{
	g->reached = 0;
	for (uint32_t n = 0; n < g->node_count; n++) {
		g->nodes[n].reached = root == SPF_NONE || n == root;
		if (g->nodes[n].reached)
			g->order[g->reached++] = n;
	}
	for (uint32_t i = 0; i < g->reached; i++) {
		const struct spf_node *node = &g->nodes[g->order[i]];

		for (uint32_t e = node->first_edge; e < node->first_edge + node->edges; e++)
			if (!g->nodes[g->edges[e].to].reached) {
				g->nodes[g->edges[e].to].reached = true;
				g->order[g->reached++] = g->edges[e].to;
			}
	}
}

/* Each node keeps its share of links, those to the nearest. */
static void edges_thin(struct spf_graph *g)
{
	uint32_t *has = g->last; /* of each node; its use is over */
	struct share share;

	for (uint32_t n = 0; n < g->node_count; n++)
		has[n] = g->nodes[n].edges;
	share = share_of(g->edge_max, has, g->node_count);
	memset(has, 0, g->node_count * sizeof(*has));
	for (uint32_t i = 0; i < g->reached; i++) {
		const struct spf_node *node = &g->nodes[g->order[i]];

		for (uint32_t e = node->first_edge; e < node->first_edge + node->edges; e++)
			g->edges[e].kept = share_take(&share, has[g->edges[e].to]++);
	}
	for (uint32_t e = 0; e < g->edge_count; e++) {
		struct spf_edge *one = &g->edges[e];

		if (one->from < one->to) {
			struct spf_edge *back = edge_find(g, one->to, one->from);

			one->kept = back->kept = one->kept && back->kept;
		}
	}
	edges_keep(g);
}

static void parents_index(struct spf_graph *g)
{
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

bool spf_finish(struct spf_graph *g, uint32_t root)
{
	bool more;

	edges_sort(g, true);
	edges_sort(g, false);
	edges_index(g);
	for (uint32_t e = 0; e < g->edge_count; e++)
		g->edges[e].kept = edge_find(g, g->edges[e].to, g->edges[e].from);
	edges_keep(g);
	reach(g, root);
	for (uint32_t e = 0; e < g->edge_count; e++)
		g->edges[e].kept = g->nodes[g->edges[e].from].reached;
	edges_keep(g);
	more = g->edge_count > g->edge_max;
	if (more)
		edges_thin(g);
	parents_index(g);
	return more || g->lost;
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
