/* See affinity.h. */
#include "trill/core/affinity.h"

#include <stdlib.h>
#include <string.h>

void affinity_fini(struct affinity *a)
{
	free(a->holds);
	free(a->pairs);
	free(a->best);
	memset(a, 0, sizeof(*a));
}

static bool is_reached(const struct spf *s, uint32_t node)
{
	return s->dist[node] != SPF_NONE;
}

/* Section 4.1: "if there are any RBridges in the campus that do not support the Affinity sub-TLV",
 * trees are what they are without. */
static bool all_can(const struct campus *c, const struct spf *paths)
{
	for (uint32_t v = 0; v < c->graph.node_count; v++)
		if (!c->graph.nodes[v].id.circuit && is_reached(paths, v) &&
			!(c->nodes[v].capabilities & CAPABILITY_BIT_AFFINITY))
			return false;
	return true;
}

/* The first claim of @nickname by one who is reached; claim_count: there is none. */
static uint32_t claim_find(const struct campus *c, const struct spf *paths, uint16_t nickname)
{
	uint32_t i = campus_claim_find(c, nickname);

	for (; i < c->claim_count && c->claims[i].nickname == nickname; i++)
		if (is_reached(paths, c->claims[i].node))
			return i;
	return c->claim_count;
}

uint32_t affinity_claimants(const struct campus *c, uint32_t first)
{
	uint32_t n = first;

	while (n < c->claim_count && c->claims[n].nickname == c->claims[first].nickname &&
		c->claims[n].priority == c->claims[first].priority)
		n++;
	return n - first;
}

/* Those who hold one nickname: of the first who is reached, and of its priority. */
struct holders {
	uint16_t nickname;
	uint32_t first, count;
};

static bool holds_together(const struct campus *c, const struct holders *of, uint32_t node)
{
	uint32_t low = of->first, high = of->first + of->count;

	while (low < high) { /* the highest node is first */
		uint32_t middle = low + (high - low) / 2;

		if (c->claims[middle].node == node)
			return true;
		if (c->claims[middle].node > node)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool lan_joins(const struct spf_graph *g, uint32_t from, uint32_t lan, uint32_t to)
{
	return g->nodes[lan].id.circuit && spf_cost(g, from, lan) != SPF_NONE &&
	       spf_cost(g, lan, to) != SPF_NONE;
}

/* Straight, or over a LAN: of those of the one who has fewer links. */
static bool is_adjacent(struct affinity *a, const struct spf_graph *g, uint32_t from, uint32_t to)
{
	const struct spf_node *x = &g->nodes[from], *y = &g->nodes[to];
	const struct spf_node *few = x->edges < y->edges ? x : y;

	if (spf_cost(g, from, to) != SPF_NONE)
		return true;
	for (uint32_t i = few->first_edge; i < few->first_edge + few->edges; i++) {
		a->looked++;
		if (lan_joins(g, from, g->edges[i].to, to))
			return true;
	}
	return false;
}

static void holders_find(struct affinity *a, const struct campus *c, const struct spf *paths,
	uint16_t nickname, struct holders *h)
{
	uint32_t first = claim_find(c, paths, nickname);

	*h = (struct holders){.nickname = nickname,
		.first = first,
		.count = first < c->claim_count ? affinity_claimants(c, first) : 0};
	a->looked += h->count;
}

/* What the record would be, where those two are neighbours; false: it does not count. */
static bool hold_of(const struct campus *c, const struct spf *paths, const struct holders *h,
	const struct campus_affinity *said, struct affinity_hold *hold)
{
	*hold = (struct affinity_hold){
		.nickname = said->nickname, .tree = said->tree, .parent = said->node};
	if (!h->count || !is_reached(paths, said->node))
		return false;
	if (holds_together(c, h, said->node)) {
		hold->child = said->node;
		return true;
	}
	hold->child = c->claims[h->first].node;
	return !c->graph.nodes[said->node].overloaded;
}

static void best_find(struct affinity *a, const struct campus *c)
{
	for (uint32_t v = 0; v < c->graph.node_count; v++)
		a->best[v] = (struct tree_candidate){.holder = c->graph.nodes[v].id};
	for (uint32_t i = 0; i < c->claim_count; i++) {
		struct tree_candidate *best = &a->best[c->claims[i].node];
		struct tree_candidate one = {.nickname = c->claims[i].nickname,
			.root_priority = c->claims[i].root_priority,
			.holder = best->holder};

		if (tree_candidate_compare(&one, best) > 0)
			*best = one;
	}
	a->looked += c->claim_count;
}

bool affinity_prevails(const struct affinity *a, uint32_t x, uint32_t y)
{
	return tree_candidate_compare(&a->best[x], &a->best[y]) > 0;
}

/* @x keeps the tree against @y. */
static bool prevails(
	const struct affinity *a, const struct affinity_hold *x, const struct affinity_hold *y)
{
	/* Who holds the nickname has it against a neighbour who would be its parent. */
	if ((x->child == x->parent) != (y->child == y->parent))
		return x->child == x->parent;
	return affinity_prevails(a, x->parent, y->parent);
}

static bool room_for(struct affinity *a, const struct campus *c)
{
	uint32_t n = c->affinity_count;
	struct tree_candidate *best;
	struct affinity_hold *holds;
	struct affinity_pair *pairs;

	if (n <= a->max)
		return true;
	holds = reallocarray(a->holds, n, sizeof(*holds));
	a->holds = holds ? holds : a->holds;
	pairs = reallocarray(a->pairs, n, sizeof(*pairs));
	a->pairs = pairs ? pairs : a->pairs;
	best = reallocarray(a->best, c->graph.node_max, sizeof(*best));
	a->best = best ? best : a->best;
	if (!holds || !pairs || !best)
		return false;
	a->max = n;
	return true;
}

static int pair_order(const void *a, const void *b)
{
	const struct affinity_pair *x = a, *y = b;

	if (x->child != y->child)
		return x->child < y->child ? -1 : 1;
	return x->parent < y->parent ? -1 : x->parent > y->parent;
}

/* Those that name no neighbour have no child then. */
static void pairs_check(struct affinity *a, const struct campus *c)
{
	bool adjacent = false;
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->count; i++)
		if (a->holds[i].child != a->holds[i].parent)
			a->pairs[n++] =
				(struct affinity_pair){a->holds[i].child, a->holds[i].parent, i};
	if (n)
		qsort(a->pairs, n, sizeof(*a->pairs), pair_order);
	for (uint32_t i = 0; i < n; i++) {
		if (!i || pair_order(&a->pairs[i - 1], &a->pairs[i]))
			adjacent = is_adjacent(a, &c->graph, a->pairs[i].parent, a->pairs[i].child);
		if (!adjacent)
			a->holds[a->pairs[i].hold].child = SPF_NONE;
	}
}

/* Of those that ask for the same one keeps it. Records stand by nickname and tree, as holds do. */
static void contests_decide(struct affinity *a)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < a->count; i++) {
		struct affinity_hold hold = a->holds[i], *last = n ? &a->holds[n - 1] : NULL;
		bool same = last && last->nickname == hold.nickname && last->tree == hold.tree;

		a->ignored += hold.child == SPF_NONE || same;
		if (hold.child == SPF_NONE)
			continue;
		if (!same)
			a->holds[n++] = hold;
		else if (prevails(a, &hold, last))
			*last = hold;
	}
	a->count = n;
}

static bool is_again(const struct campus_affinity *said, const struct campus_affinity *before)
{
	return said->nickname == before->nickname && said->tree == before->tree &&
	       said->node == before->node;
}

void affinity_decide(struct affinity *a, const struct campus *c, const struct spf *paths)
{
	struct holders holders = {.nickname = NICKNAME_NONE};

	a->count = a->ignored = a->looked = 0;
	a->usable = all_can(c, paths) && room_for(a, c);
	if (!a->usable || !c->affinity_count)
		return;
	best_find(a, c);
	for (uint32_t i = 0; i < c->affinity_count; i++) {
		const struct campus_affinity *said = &c->affinities[i];

		if (i && is_again(said, said - 1))
			continue;
		if (said->nickname != holders.nickname)
			holders_find(a, c, paths, said->nickname, &holders);
		if (hold_of(c, paths, &holders, said, &a->holds[a->count]))
			a->count++;
		else
			a->ignored++;
	}
	pairs_check(a, c);
	contests_decide(a);
}

void affinity_parents(const struct affinity *a, unsigned int tree, uint32_t *parents, uint32_t n)
{
	for (uint32_t v = 0; v < n; v++)
		parents[v] = SPF_NONE;
	for (uint32_t i = 0; i < a->count; i++) {
		const struct affinity_hold *h = &a->holds[i];
		uint32_t *parent = &parents[h->child];

		if (h->tree == tree && h->parent != h->child &&
			(*parent == SPF_NONE || affinity_prevails(a, h->parent, *parent)))
			*parent = h->parent;
	}
}

/* The first hold of @nickname; NULL: there is none. */
static const struct affinity_hold *hold_find(const struct affinity *a, uint16_t nickname)
{
	uint32_t low = 0, high = a->count;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (a->holds[mid].nickname < nickname)
			low = mid + 1;
		else
			high = mid;
	}
	return low < a->count && a->holds[low].nickname == nickname ? &a->holds[low] : NULL;
}

bool affinity_ingress(
	const struct affinity *a, uint16_t nickname, unsigned int tree, uint32_t *node)
{
	const struct affinity_hold *h = hold_find(a, nickname);
	bool bound = false;

	*node = SPF_NONE;
	for (; h && h < a->holds + a->count && h->nickname == nickname; h++) {
		if (h->parent != h->child)
			continue;
		bound = true;
		if (h->tree == tree)
			*node = h->parent;
	}
	return bound;
}

bool affinity_is_bound(const struct affinity *a, uint16_t nickname)
{
	uint32_t node;

	return affinity_ingress(a, nickname, 0, &node);
}
