/* See routes.h. */
#include "trill/core/routes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HOPS_SPARE 4 /* beyond the way as it is now, for one that changes meanwhile */

static void picture_fini(struct routes_picture *p)
{
	free(p->paths);
	free(p->rpf);
	free(p->adjacencies);
	for (unsigned int i = 0; i <= TABLES_TREES_MAX; i++)
		free(p->trees[i].branches);
	memset(p, 0, sizeof(*p));
}

static bool picture_init(struct routes_picture *p, const struct routes *r)
{
	memset(p, 0, sizeof(*p));
	p->paths = calloc(r->nickname_max, sizeof(*p->paths));
	p->rpf = calloc((size_t)r->nickname_max * TABLES_TREES_MAX, sizeof(*p->rpf));
	p->adjacencies = calloc(r->link_max, sizeof(*p->adjacencies));
	return p->paths && p->rpf && p->adjacencies;
}

bool routes_init(struct routes *r, uint32_t node_max, uint32_t edge_max)
{
	r->depth = calloc(node_max, sizeof(*r->depth));
	r->asked = calloc(node_max, sizeof(*r->asked));
	r->winners = calloc(r->nickname_max, sizeof(*r->winners));
	r->candidates = calloc(r->nickname_max, sizeof(*r->candidates));
	r->wishes = calloc(node_max, sizeof(*r->wishes));
	r->stale = true;
	r->oomf = SPF_NONE;
	if (r->depth && r->asked && r->winners && r->candidates && r->wishes &&
		picture_init(&r->told, r) && picture_init(&r->next, r) &&
		spf_init(&r->from_us, node_max, edge_max) &&
		spf_init(&r->from_root, node_max, edge_max) && tree_init(&r->tree, node_max))
		return true;
	routes_fini(r);
	return false;
}

void routes_fini(struct routes *r)
{
	picture_fini(&r->told);
	picture_fini(&r->next);
	spf_fini(&r->from_us);
	spf_fini(&r->from_root);
	tree_fini(&r->tree);
	affinity_fini(&r->affinity);
	free(r->depth);
	free(r->asked);
	free(r->winners);
	free(r->candidates);
	free(r->wishes);
}

/* How many RBridges are passed to each node, on the longest of equal paths. */
static uint16_t depths(struct routes *r, const struct spf *s)
{
	const struct spf_graph *g = s->graph;
	uint16_t most = 0;

	for (uint32_t i = 0; i < s->reached; i++) {
		uint32_t v = s->order[i];
		const uint32_t *parents = s->parents + g->nodes[v].first_parent;

		r->depth[v] = 0;
		for (uint32_t p = 0; p < s->parent_count[v]; p++)
			if (r->depth[parents[p]] + !g->nodes[v].id.circuit > r->depth[v])
				r->depth[v] =
					(uint16_t)(r->depth[parents[p]] + !g->nodes[v].id.circuit);
		if (r->depth[v] > most)
			most = r->depth[v];
	}
	return most;
}

static uint8_t hops_of(unsigned int depth)
{
	return depth + HOPS_SPARE < 63 ? (uint8_t)(depth + HOPS_SPARE) : 63;
}

/* Of each nickname the first claim of one whom we reach holds: claims are in that order. */
static void winners_find(struct routes *r, const struct campus *c)
{
	uint16_t last = NICKNAME_NONE;

	r->winner_count = 0;
	for (uint32_t i = 0; i < c->claim_count; i++) {
		if (c->claims[i].nickname == last || !routes_reaches(r, c->claims[i].node))
			continue;
		last = c->claims[i].nickname;
		r->winners[r->winner_count++] = i;
	}
}

/* All links over which first hop @hop goes at least cost. */
static void hop_add(struct tables_path *path, const struct spf_hop *hop,
	const struct routes_link *links, unsigned int n)
{
	uint32_t least = SPF_NONE;

	for (unsigned int i = 0; i < n; i++)
		if (links[i].node == hop->node && links[i].via == hop->link &&
			links[i].cost < least)
			least = links[i].cost;
	for (unsigned int i = 0; i < n && path->count < TABLES_HOPS_MAX; i++) {
		struct tables_hop *next = &path->hop[path->count];

		if (links[i].node != hop->node || links[i].via != hop->link ||
			links[i].cost != least)
			continue;
		next->ifindex = links[i].ifindex;
		next->mac = links[i].mac;
		path->count++;
	}
}

static bool is_ours(const struct routes *r, uint16_t nickname)
{
	for (size_t i = 0; i < r->next.self.count; i++)
		if (r->next.self.nicknames[i] == nickname)
			return true;
	return false;
}

/* A claim through which a nickname is reached: it is another's, whom we reach. */
static bool leads(const struct routes *r, const struct campus_claim *claim)
{
	return claim->node != r->from_us.root && routes_reaches(r, claim->node);
}

/* To the nearest of those who hold the nickname of claim @first. False: nobody but us does. */
static bool path_make(struct routes *r, const struct campus *c, uint32_t first,
	const struct routes_link *links, unsigned int links_count, struct tables_path *path)
{
	const struct campus_claim *claims = &c->claims[first];
	uint32_t holders = affinity_is_bound(&r->affinity, claims->nickname)
				   ? affinity_claimants(c, first)
				   : 1;
	const struct spf *s = &r->from_us;
	uint32_t least = SPF_NONE;
	uint16_t depth = 0;

	for (uint32_t i = 0; i < holders; i++)
		if (leads(r, &claims[i]) && s->dist[claims[i].node] < least)
			least = s->dist[claims[i].node];
	for (uint32_t h = 0; h < s->hop_count; h++) {
		bool uses = false;

		for (uint32_t i = 0; i < holders && !uses; i++)
			uses = leads(r, &claims[i]) && s->dist[claims[i].node] == least &&
			       spf_uses_hop(s, claims[i].node, h);
		if (uses)
			hop_add(path, &s->hops[h], links, links_count);
	}
	for (uint32_t i = 0; i < holders; i++)
		if (leads(r, &claims[i]) && r->depth[claims[i].node] > depth)
			depth = r->depth[claims[i].node];
	path->hops = hops_of(depth);
	return least != SPF_NONE;
}

static void paths_make(
	struct routes *r, const struct campus *c, const struct routes_link *links, unsigned int n)
{
	struct routes_picture *p = &r->next;

	depths(r, &r->from_us);
	p->path_count = 0;
	for (uint32_t i = 0; i < r->winner_count; i++) {
		struct routes_path *row = &p->paths[p->path_count];

		memset(row, 0, sizeof(*row));
		row->nickname = c->claims[r->winners[i]].nickname;
		if (!is_ours(r, row->nickname) &&
			path_make(r, c, r->winners[i], links, n, &row->path))
			p->path_count++;
	}
}

static uint32_t holder_of(const struct routes *r, const struct campus *c, uint16_t nickname)
{
	for (uint32_t i = 0; i < r->winner_count; i++)
		if (c->claims[r->winners[i]].nickname == nickname)
			return c->claims[r->winners[i]].node;
	return SPF_NONE;
}

/* Frames with fine-grained labels need a root that can be given such. Where no tree has one, the
 * nickname that comes first among those that can has a tree more, whatever is configured (RFC 7172
 * section 4.5). */
static void extra_find(struct routes *r, const struct campus *c, unsigned int candidates)
{
	unsigned int kept = 0;

	r->extra = 0;
	if (!c->fgl_edges || r->root_count == TABLES_TREES_MAX)
		return;
	for (unsigned int i = 0; i < r->root_count; i++) {
		uint32_t root = holder_of(r, c, r->roots[i]);

		if (root != SPF_NONE && campus_is_fgl_safe(&c->nodes[root]))
			return;
	}
	for (unsigned int i = 0; i < candidates; i++) {
		uint32_t node = spf_node_find(&c->graph, &r->candidates[i].holder);

		if (node != SPF_NONE && campus_is_fgl_safe(&c->nodes[node]))
			r->candidates[kept++] = r->candidates[i];
	}
	if (kept && tree_roots(r->candidates, kept, NULL, 0, &r->roots[r->root_count], 1))
		r->extra = ++r->root_count;
}

static void roots_find(struct routes *r, const struct campus *c)
{
	unsigned int candidates = 0, wishes = 0;

	for (uint32_t i = 0; i < r->winner_count; i++) {
		const struct campus_claim *claim = &c->claims[r->winners[i]];
		const struct spf_node *node = &c->graph.nodes[claim->node];

		/* A virtual RBridge is no root (RFC 7783 section 4.2). */
		if (affinity_is_bound(&r->affinity, claim->nickname))
			continue;
		r->candidates[candidates++] = (struct tree_candidate){.nickname = claim->nickname,
			.root_priority = claim->root_priority,
			.holder = node->id,
			.usable = !node->overloaded};
	}
	for (uint32_t v = 0; v < c->graph.node_count; v++) {
		const struct campus_node *node = &c->nodes[v];

		if (!node->has_trees || !routes_reaches(r, v))
			continue;
		r->wishes[wishes++] = (struct tree_wish){.holder = c->graph.nodes[v].id,
			.compute = node->trees.compute,
			.max = node->trees.max,
			.use = node->trees.use,
			.listed = node->listed.ids,
			.listed_count = node->listed.count,
			.contested = node->listed.contested};
	}
	r->root_count = tree_roots(
		r->candidates, candidates, r->wishes, wishes, r->roots, TABLES_TREES_MAX);
	extra_find(r, c, candidates);
}

void routes_look(struct routes *r, const struct campus *c, uint32_t me)
{
	spf_run(&r->from_us, &c->graph, me);
	winners_find(r, c);
	affinity_decide(&r->affinity, c, &r->from_us);
	roots_find(r, c);
}

/* Of the links to @via the one that trees take. NULL: there is none. */
static const struct routes_link *tree_link_to(
	const struct routes_link *links, unsigned int n, uint32_t via)
{
	struct tree_link kinds[ROUTES_PORTS_MAX];
	unsigned int which[ROUTES_PORTS_MAX], count = 0;

	for (unsigned int i = 0; i < n && count < ROUTES_PORTS_MAX; i++)
		if (links[i].via == via) {
			kinds[count] = links[i].kind;
			which[count++] = i;
		}
	return count ? &links[which[tree_link_choose(kinds, count)]] : NULL;
}

struct wanting {
	const struct campus *campus;
	struct label_set *wanted;
};

/* For tree_needed(): gathers what all those beyond want, and so never says yes. */
static bool wants_gather(void *arg, uint32_t node)
{
	struct wanting *w = arg;

	label_set_add_all(w->wanted, &w->campus->nodes[node].wants);
	return false;
}

static struct routes_branch *branch_of(struct routes_tree *t, uint32_t ifindex)
{
	for (unsigned int i = 0; i < t->count; i++)
		if (t->branches[i].ifindex == ifindex)
			return &t->branches[i];
	if (t->count == ROUTES_PORTS_MAX)
		return NULL;
	memset(&t->branches[t->count], 0, sizeof(t->branches[0]));
	t->branches[t->count].ifindex = ifindex;
	return &t->branches[t->count++];
}

/* Turns what is wanted into what is pruned; of number 0, which labels have that have none, nothing
 * is, and of 4095, which no label has. */
static void branches_turn(struct routes_tree *t)
{
	for (unsigned int i = 0; i < t->count; i++) {
		struct label_set pruned;

		memset(&pruned, 0xff, sizeof(pruned));
		pruned.bits[0] &= ~1ull;
		pruned.bits[(LABELS_FIRST - 1) / 64] &= ~(1ull << (LABELS_FIRST - 1) % 64);
		label_set_take_all(&pruned, &t->branches[i].pruned);
		t->branches[i].pruned = pruned;
	}
}

static struct tables_adjacency *adjacency_of(
	struct routes_picture *p, const struct routes_link *link)
{
	for (uint32_t i = 0; i < p->adjacency_count; i++)
		if (p->adjacencies[i].ifindex == link->ifindex &&
			!mac_compare(&p->adjacencies[i].mac, &link->mac))
			return &p->adjacencies[i];
	return NULL;
}

/* The ports of tree @number, and the adjacencies that are in it. */
static void branches_make(struct routes *r, const struct campus *c, const struct routes_link *links,
	unsigned int n, unsigned int number)
{
	struct routes_tree *t = &r->next.trees[number];

	for (unsigned int i = 0; i < n; i++) {
		const struct routes_link *link = &links[i];
		struct wanting wanting = {.campus = c};
		struct routes_branch *branch;

		if (link->via == SPF_NONE || !tree_is_adjacent(&r->tree, link->via) ||
			tree_link_to(links, n, link->via)->ifindex != link->ifindex)
			continue;
		adjacency_of(&r->next, link)->trees |= 1u << number;
		branch = branch_of(t, link->ifindex);
		if (!branch)
			continue;
		wanting.wanted = &branch->pruned;
		tree_needed(&r->tree, link->via, wants_gather, &wanting);
	}
	branches_turn(t);
}

static uint64_t trees_of(const struct routes *r, const struct campus_node *node)
{
	unsigned int count = r->extra ? r->root_count - 1 : r->root_count;
	uint64_t trees = tree_ingress_trees(r->roots, count, node->has_trees ? node->trees.use : 1,
		node->used.ids, node->used.count);

	if (r->extra && campus_is_fgl_safe(node))
		trees |= 1ull << (r->extra - 1);
	return trees;
}

/* From which MAC @node sends to us by way of @via, by interface @ifindex; zero: it has several
 * ports there. False: none that we know. */
static bool sender_of(const struct routes_link *links, unsigned int n, uint32_t ifindex,
	uint32_t via, uint32_t node, struct mac *mac)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (links[i].ifindex != ifindex || links[i].via != via || links[i].node != node)
			continue;
		*mac = count++ ? (struct mac){{0}} : links[i].mac;
	}
	return count;
}

/* Where frames of the claimed nickname enter tree @number; SPF_NONE: they may not. */
static uint32_t ingress_of(const struct routes *r, const struct campus *c,
	const struct campus_claim *claim, unsigned int number)
{
	uint32_t node;

	if (affinity_ingress(&r->affinity, claim->nickname, number, &node))
		return node;
	return trees_of(r, &c->nodes[claim->node]) >> (number - 1) & 1 ? claim->node : SPF_NONE;
}

static void rpf_make(struct routes *r, const struct campus *c, const struct routes_link *links,
	unsigned int n, unsigned int number)
{
	struct routes_picture *p = &r->next;

	for (uint32_t i = 0; i < r->winner_count; i++) {
		const struct campus_claim *claim = &c->claims[r->winners[i]];
		struct tables_rpf *row = &p->rpf[p->rpf_count];
		uint32_t enters = ingress_of(r, c, claim, number);
		uint32_t from = enters == SPF_NONE ? SPF_NONE : tree_rpf(&r->tree, enters);
		const struct routes_link *link =
			from == SPF_NONE ? NULL : tree_link_to(links, n, from);

		if (!link)
			continue;
		memset(row, 0, sizeof(*row));
		row->tree = (uint8_t)number;
		row->ingress = claim->nickname;
		row->ifindex = link->ifindex;
		if (sender_of(links, n, link->ifindex, from,
			    link->via == link->node ? from
						    : tree_rpf_sender(&r->tree, enters, from),
			    &row->mac))
			p->rpf_count++;
	}
}

/* Neighbours hang where they were asked to. True: some do. */
static bool adopt(struct routes *r, const struct campus *c, unsigned int number)
{
	bool any = false;

	if (!r->affinity.count)
		return false;
	affinity_parents(&r->affinity, number, r->asked, c->graph.node_count);
	for (uint32_t v = 0; v < c->graph.node_count; v++)
		if (r->asked[v] != SPF_NONE)
			any |= tree_adopt(&r->tree, &c->graph, v, r->asked[v]);
	if (any)
		tree_sort(&r->tree);
	return any;
}

static void tree_make(struct routes *r, const struct campus *c, const struct routes_link *links,
	unsigned int n, unsigned int number)
{
	struct routes_tree *t = &r->next.trees[number];
	uint32_t root = holder_of(r, c, r->roots[number - 1]);
	unsigned int depth;

	if (!t->branches)
		t->branches = calloc(ROUTES_PORTS_MAX, sizeof(*t->branches));
	if (!t->branches || root == SPF_NONE)
		return;
	spf_run(&r->from_root, &c->graph, root);
	tree_build(&r->tree, &r->from_root, number);
	depth = depths(r, &r->from_root) + r->depth[r->from_us.root];
	if (adopt(r, c, number))
		depth = tree_depth(&r->tree, &c->graph, r->from_us.root);
	tree_view(&r->tree, r->from_us.root);
	t->root = r->roots[number - 1];
	t->hops = hops_of(depth);
	branches_make(r, c, links, n, number);
	rpf_make(r, c, links, n, number);
}

/* Of the trees that we may use, the one whose root is nearest; for frames with a fine-grained label
 * (@fgl) of those alone whose root can be given such (RFC 7172 section 4.1.1). */
static uint16_t own_tree(const struct routes *r, const struct campus *c, bool fgl)
{
	uint64_t may = trees_of(r, &c->nodes[r->from_us.root]);
	uint16_t chosen = NICKNAME_NONE;
	uint32_t best = SPF_NONE;

	for (unsigned int i = 0; i < r->root_count; i++) {
		uint32_t root = holder_of(r, c, r->roots[i]);

		if (!(may >> i & 1) || root == SPF_NONE || r->from_us.dist[root] >= best ||
			(fgl ? !campus_is_fgl_safe(&c->nodes[root]) : i + 1 == r->extra))
			continue;
		best = r->from_us.dist[root];
		chosen = r->roots[i];
	}
	return chosen;
}

/* Of the trees that @nickname of ours is bound to here, the one whose root is nearest. */
static uint16_t bound_root(const struct routes *r, const struct campus *c, uint16_t nickname)
{
	uint32_t best = SPF_NONE, node;
	uint16_t nearest = NICKNAME_NONE;

	for (unsigned int t = 1; t <= r->root_count; t++) {
		uint32_t root = holder_of(r, c, r->roots[t - 1]);

		if (!affinity_ingress(&r->affinity, nickname, t, &node) ||
			node != r->from_us.root || root == SPF_NONE ||
			r->from_us.dist[root] >= best)
			continue;
		best = r->from_us.dist[root];
		nearest = r->roots[t - 1];
	}
	return nearest;
}

/* Overloaded, we are a leaf: of those who offer to distribute for us, the one that is our parent in
 * most of the trees that it uses. What it sends then comes from where others expect us. */
static void oomf_choose(
	struct routes *r, const struct campus *c, const struct routes_link *links, unsigned int n)
{
	const struct routes_link *best = NULL;
	int most = -1;

	for (unsigned int i = 0; r->next.self.overloaded && i < n; i++) {
		const struct tables_adjacency *a = adjacency_of(&r->next, &links[i]);
		uint64_t both = a->trees >> 1 & trees_of(r, &c->nodes[links[i].node]);

		if (!links[i].offers || __builtin_popcountll(both) <= most)
			continue;
		most = __builtin_popcountll(both);
		best = &links[i];
	}
	r->oomf = best ? best->node : SPF_NONE;
	if (!best)
		return;
	r->next.self.oomf.count = 1;
	r->next.self.oomf.hop[0].ifindex = best->ifindex;
	r->next.self.oomf.hop[0].mac = best->mac;
}

static void next_clear(struct routes *r, const struct tables_self *self)
{
	struct routes_picture *p = &r->next;

	p->path_count = p->rpf_count = p->adjacency_count = 0;
	p->self = *self;
	p->self.root = p->self.fgl_root = NICKNAME_NONE;
	for (unsigned int i = 0; i <= TABLES_TREES_MAX; i++) {
		p->trees[i].root = NICKNAME_NONE;
		p->trees[i].hops = 0;
		p->trees[i].count = 0;
	}
}

static int adjacency_order(const void *a, const void *b)
{
	const struct tables_adjacency *x = a, *y = b;

	if (x->ifindex != y->ifindex)
		return x->ifindex < y->ifindex ? -1 : 1;
	return mac_compare(&x->mac, &y->mac);
}

static int rpf_order(const void *a, const void *b)
{
	const struct tables_rpf *x = a, *y = b;

	if (x->tree != y->tree)
		return x->tree < y->tree ? -1 : 1;
	return x->ingress < y->ingress ? -1 : x->ingress > y->ingress;
}

static int path_order(const void *a, const void *b)
{
	const struct routes_path *x = a, *y = b;

	return x->nickname < y->nickname ? -1 : x->nickname > y->nickname;
}

const struct routes_path *routes_path_find(const struct routes *r, uint16_t nickname)
{
	const struct routes_path key = {.nickname = nickname};
	const struct routes_picture *p = &r->told;

	if (!p->path_count)
		return NULL;
	return bsearch(&key, p->paths, p->path_count, sizeof(key), path_order);
}

static void took(struct routes *r, int err)
{
	r->refused += err < 0;
	r->no_room += err == -ENOSPC;
}

/* Two sorted arrays of rows, walked together: @put for what is new or differs, @take for what is
 * gone. Either may be NULL. */
static void rows_differ(struct routes *r, const void *told, uint32_t told_count, const void *next,
	uint32_t next_count, size_t size, int (*order)(const void *, const void *),
	int (*put)(struct routes *r, const void *row),
	int (*take)(struct routes *r, const void *row))
{
	const char *a = told, *a_end = a + told_count * size;
	const char *b = next, *b_end = b + next_count * size;

	while (a < a_end || b < b_end) {
		int which = a == a_end ? 1 : b == b_end ? -1 : order(a, b);
		int err = 0;

		if (which < 0 && take)
			err = take(r, a);
		else if (which >= 0 && put && (which || r->stale || memcmp(a, b, size)))
			err = put(r, b);
		else
			r->rows--;
		r->rows++;
		took(r, err);
		if (which <= 0)
			a += size;
		if (which >= 0)
			b += size;
	}
}

static int adjacency_put(struct routes *r, const void *row)
{
	return r->tables->adjacency_set(r->tables, row);
}

static int adjacency_take(struct routes *r, const void *row)
{
	const struct tables_adjacency *a = row;

	return r->tables->adjacency_del(r->tables, a->ifindex, &a->mac);
}

static int rpf_put(struct routes *r, const void *row)
{
	return r->tables->rpf_set(r->tables, row);
}

static int rpf_take(struct routes *r, const void *row)
{
	struct tables_rpf none = *(const struct tables_rpf *)row;

	none.ifindex = 0;
	return r->tables->rpf_set(r->tables, &none);
}

static int path_put(struct routes *r, const void *row)
{
	const struct routes_path *p = row;

	return r->tables->path_set(r->tables, p->nickname, &p->path);
}

static int path_take(struct routes *r, const void *row)
{
	return r->tables->path_set(r->tables, ((const struct routes_path *)row)->nickname, NULL);
}

static bool tree_same(const struct routes_tree *a, const struct routes_tree *b)
{
	return a->root == b->root && a->hops == b->hops && a->count == b->count &&
	       (!a->count || !memcmp(a->branches, b->branches, a->count * sizeof(*a->branches)));
}

static void tree_write(struct routes *r, unsigned int number)
{
	const struct routes_tree *t = &r->next.trees[number];
	struct tables_tree_port ports[ROUTES_PORTS_MAX];
	struct tables_tree tree = {
		.root = t->root, .hops = t->hops, .port_count = t->count, .ports = ports};

	for (unsigned int i = 0; i < t->count; i++)
		ports[i] = (struct tables_tree_port){
			.ifindex = t->branches[i].ifindex, .pruned = &t->branches[i].pruned};
	r->rows++;
	took(r, r->tables->tree_set(r->tables, number, t->root ? &tree : NULL));
}

/* Trees, and ourselves. */
static void outputs_write(struct routes *r)
{
	const struct routes_picture *a = &r->told, *b = &r->next;

	for (unsigned int i = 1; i <= TABLES_TREES_MAX; i++)
		if (!tree_same(&a->trees[i], &b->trees[i]) || (r->stale && b->trees[i].root))
			tree_write(r, i);
	if (r->stale || memcmp(&a->self, &b->self, sizeof(a->self))) {
		r->rows++;
		took(r, r->tables->self_set(r->tables, &b->self));
	}
}

static void write_all(struct routes *r)
{
	const struct routes_picture *a = &r->told, *b = &r->next;
	uint64_t refused = r->refused;
	struct routes_picture swap;

	rows_differ(r, a->paths, a->path_count, b->paths, b->path_count, sizeof(*a->paths),
		path_order, path_put, NULL);
	rows_differ(r, a->adjacencies, a->adjacency_count, b->adjacencies, b->adjacency_count,
		sizeof(*a->adjacencies), adjacency_order, adjacency_put, adjacency_take);
	rows_differ(r, a->rpf, a->rpf_count, b->rpf, b->rpf_count, sizeof(*a->rpf), rpf_order,
		rpf_put, rpf_take);
	if (r->barrier)
		r->barrier(r->arg, RBRIDGE_INPUTS);
	outputs_write(r);
	if (r->barrier)
		r->barrier(r->arg, RBRIDGE_OUTPUTS);
	rows_differ(r, a->paths, a->path_count, b->paths, b->path_count, sizeof(*a->paths),
		path_order, NULL, path_take);
	r->stale = r->refused != refused;
	swap = r->told;
	r->told = r->next;
	r->next = swap;
}

void routes_tell(struct routes *r, const struct campus *c, const struct routes_link *links,
	unsigned int n, const struct tables_self *self)
{
	struct routes_picture *p = &r->next;

	next_clear(r, self);
	for (unsigned int i = 0; i < n; i++) {
		struct tables_adjacency *a = &p->adjacencies[p->adjacency_count];

		if (adjacency_of(p, &links[i]))
			continue;
		memset(a, 0, sizeof(*a));
		a->ifindex = links[i].ifindex;
		a->mac = links[i].mac;
		a->oomf = links[i].serves;
		p->adjacency_count++;
	}
	paths_make(r, c, links, n);
	for (unsigned int i = 1; i <= r->root_count; i++)
		tree_make(r, c, links, n, i);
	p->self.root = own_tree(r, c, false);
	p->self.fgl_root = own_tree(r, c, true);
	for (size_t i = 0; i < p->self.count; i++)
		p->self.roots[i] = bound_root(r, c, p->self.nicknames[i]);
	oomf_choose(r, c, links, n);
	qsort(p->adjacencies, p->adjacency_count, sizeof(*p->adjacencies), adjacency_order);
	write_all(r);
}

void routes_withdraw(struct routes *r, const struct tables_self *self)
{
	r->root_count = r->extra = 0;
	r->oomf = SPF_NONE;
	next_clear(r, self);
	write_all(r);
}
