/* See affinity.h. */
#include "trill/core/affinity.h"

#include <stdlib.h>
#include <string.h>

#include "trill/core/tree.h"

void affinity_fini(struct affinity *a)
{
	free(a->holds);
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

static bool holds_together(const struct campus *c, uint32_t first, uint32_t node)
{
	uint32_t n = affinity_claimants(c, first);

	for (uint32_t i = first; i < first + n; i++)
		if (c->claims[i].node == node)
			return true;
	return false;
}

static bool is_adjacent(const struct spf_graph *g, uint32_t a, uint32_t b)
{
	const struct spf_node *node = &g->nodes[a];

	if (spf_cost(g, a, b) != SPF_NONE)
		return true;
	for (uint32_t i = node->first_edge; i < node->first_edge + node->edges; i++)
		if (g->nodes[g->edges[i].to].id.circuit &&
			spf_cost(g, g->edges[i].to, b) != SPF_NONE)
			return true;
	return false;
}

/* What the record would be; false: it does not count. */
static bool hold_of(const struct campus *c, const struct spf *paths,
	const struct campus_affinity *said, struct affinity_hold *hold)
{
	uint32_t claim = claim_find(c, paths, said->nickname);

	*hold = (struct affinity_hold){
		.nickname = said->nickname, .tree = said->tree, .parent = said->node};
	if (claim == c->claim_count || !is_reached(paths, said->node))
		return false;
	if (holds_together(c, claim, said->node)) {
		hold->child = said->node;
		return true;
	}
	hold->child = c->claims[claim].node;
	return !c->graph.nodes[said->node].overloaded &&
	       is_adjacent(&c->graph, said->node, hold->child);
}

/* The nickname of @node that would be a root before its others. */
static struct tree_candidate best_of(const struct campus *c, uint32_t node)
{
	struct tree_candidate best = {.holder = c->graph.nodes[node].id};

	for (uint32_t i = 0; i < c->claim_count; i++) {
		struct tree_candidate one = {.nickname = c->claims[i].nickname,
			.root_priority = c->claims[i].root_priority,
			.holder = best.holder};

		if (c->claims[i].node == node && tree_candidate_compare(&one, &best) > 0)
			best = one;
	}
	return best;
}

bool affinity_prevails(const struct campus *c, uint32_t a, uint32_t b)
{
	struct tree_candidate x = best_of(c, a), y = best_of(c, b);

	return tree_candidate_compare(&x, &y) > 0;
}

/* @a keeps the tree against @b. */
static bool prevails(
	const struct campus *c, const struct affinity_hold *a, const struct affinity_hold *b)
{
	/* Who holds the nickname has it against a neighbour who would be its parent. */
	if ((a->child == a->parent) != (b->child == b->parent))
		return a->child == a->parent;
	return affinity_prevails(c, a->parent, b->parent);
}

static bool room_for(struct affinity *a, uint32_t n)
{
	struct affinity_hold *more;

	if (n <= a->max)
		return true;
	more = reallocarray(a->holds, n, sizeof(*more));
	if (!more)
		return false;
	a->holds = more;
	a->max = n;
	return true;
}

void affinity_decide(struct affinity *a, const struct campus *c, const struct spf *paths)
{
	a->count = a->ignored = 0;
	a->usable = all_can(c, paths) && room_for(a, c->affinity_count);
	for (uint32_t i = 0; a->usable && i < c->affinity_count; i++) {
		struct affinity_hold *last = a->count ? &a->holds[a->count - 1] : NULL, hold;

		if (!hold_of(c, paths, &c->affinities[i], &hold)) {
			a->ignored++;
			continue;
		}
		/* Records stand by nickname and tree, as holds do. */
		if (!last || last->nickname != hold.nickname || last->tree != hold.tree) {
			a->holds[a->count++] = hold;
			continue;
		}
		a->ignored += last->parent != hold.parent;
		if (prevails(c, &hold, last))
			*last = hold;
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
