/* Shortest paths and distribution trees: item I of docs/trill.md, by RFC 6325 section 4.5 with
 * errata 3052 and 3508, and RFC 7780 sections 2.2 and 3. Campuses are drawn as text; random ones
 * are compared with a search of another kind, and a packet is flooded over each of their trees. */
#include "tests/unit/trill_test.h"

#include "lib/base/random.h"
#include "trill/core/share.h"
#include "trill/core/tree.h"

#define NODES 64
#define EDGES 1024

struct world {
	struct spf_graph g;
	struct spf s;
	struct tree t;
};

static void world_init(struct world *w)
{
	assert_true(spf_graph_init(&w->g, NODES, EDGES));
	assert_true(spf_init(&w->s, NODES, EDGES));
	assert_true(tree_init(&w->t, NODES));
}

static void world_fini(struct world *w)
{
	spf_graph_fini(&w->g);
	spf_fini(&w->s);
	tree_fini(&w->t);
}

/* RBridge 3 is "3"; pseudonode 1 of RBridge 3 is 0x103. */
static struct lan_id lan_of(unsigned int name)
{
	return (struct lan_id){
		.system = {{0, 0, 0, 0, 0, (uint8_t)name}}, .circuit = (uint8_t)(name >> 8)};
}

static uint32_t node_of(const struct world *w, unsigned int name)
{
	struct lan_id id = lan_of(name);
	uint32_t node = spf_node_find(&w->g, &id);

	if (node == SPF_NONE)
		fail_msg("no node %x", name);
	return node;
}

/* "1-2:10" both ways at 10; "1>2:10" one way. Nodes 1 to @n, and those of @pseudonodes. */
static void draw(struct world *w, unsigned int n, const char *pseudonodes, const char *links)
{
	unsigned int a, b, cost, extra[8], extras = 0;
	int used;
	char kind;

	spf_graph_reset(&w->g);
	for (; sscanf(pseudonodes, " %x%n", &a, &used) == 1; pseudonodes += used)
		extra[extras++] = a;
	for (unsigned int i = 1; i <= n; i++) {
		struct lan_id id = lan_of(i);

		assert_true(spf_node_add(&w->g, &id, false) != SPF_NONE);
		for (unsigned int k = 0; k < extras; k++)
			if ((extra[k] & 0xff) == i) {
				id = lan_of(extra[k]);
				assert_true(spf_node_add(&w->g, &id, false) != SPF_NONE);
			}
	}
	for (; sscanf(links, " %x%c%x:%u%n", &a, &kind, &b, &cost, &used) == 4; links += used) {
		struct lan_id from = lan_of(a), to = lan_of(b);

		spf_edge_add(&w->g, spf_node_find(&w->g, &from), &to, cost);
		if (kind == '-')
			spf_edge_add(&w->g, spf_node_find(&w->g, &to), &from, cost);
	}
	assert_false(spf_finish(&w->g, SPF_NONE));
}

/* "1>2,3": the parents of each node that has some. */
static void assert_dist(const struct world *w, unsigned int name, uint32_t want)
{
	uint32_t dist = w->s.dist[node_of(w, name)];

	if (dist != want)
		fail_msg("node %x is at %u, should be at %u", name, dist, want);
}

/* The first hops of @name as "2 103/4": over a link of its own to 2; by pseudonode 103 to 4. */
static void assert_hops(const struct world *w, unsigned int name, const char *want)
{
	uint32_t node = node_of(w, name);
	char text[256] = "";

	for (uint32_t h = 0; h < w->s.hop_count; h++) {
		const struct spf_hop *hop = &w->s.hops[h];
		const struct lan_id *id = &w->g.nodes[hop->node].id;
		const struct lan_id *link = &w->g.nodes[hop->link].id;
		size_t n = strlen(text);

		if (!spf_uses_hop(&w->s, node, h))
			continue;
		if (hop->link == hop->node)
			snprintf(text + n, sizeof(text) - n, "%s%x", n ? " " : "",
				id->system.bytes[5]);
		else
			snprintf(text + n, sizeof(text) - n, "%s%x/%x", n ? " " : "",
				(unsigned int)link->circuit << 8 | link->system.bytes[5],
				id->system.bytes[5]);
	}
	if (strcmp(text, want))
		fail_msg("hops to %x are '%s', should be '%s'", name, text, want);
}

static void i_equal_paths_are_all_used(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 5, "", "1-2:10 1-3:10 2-4:10 3-4:10 4-5:10 1-4:30");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 4, 20);
	assert_dist(&w, 5, 30);
	assert_hops(&w, 4, "2 3");
	assert_hops(&w, 5, "2 3");
	assert_hops(&w, 2, "2");
	assert_hops(&w, 1, "");
	assert_int_equal(w.s.parent_count[node_of(&w, 4)], 2);
	world_fini(&w);
}

static void i_a_lan_is_one_hop_to_each_of_its_rbridges(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 4, "102", "1>102:10 102>1:0 2>102:10 102>2:0 3>102:10 102>3:0 3-4:5 2-4:5 1-2:10");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 2, 10);
	assert_dist(&w, 3, 10);
	assert_dist(&w, 4, 15);
	assert_hops(&w, 2, "2 102/2"); /* both the LAN and a link of its own */
	assert_hops(&w, 3, "102/3");
	assert_hops(&w, 4, "2 102/2 102/3");
	world_fini(&w);
}

static void i_a_link_that_one_end_reports_is_none(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 3, "", "1>2:10 1-3:10 3>2:10");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 2, SPF_NONE);
	assert_int_equal(w.s.reached, 2);
	world_fini(&w);
}

static void i_the_largest_metric_is_no_path(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 3, "", "1-2:16777215 1-3:16777214");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 2, SPF_NONE);
	assert_dist(&w, 3, 16777214);
	world_fini(&w);
}

static void i_nothing_goes_through_an_overloaded_node(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 4, "", "1-2:1 2-3:1 1-4:10 4-3:10");
	w.g.nodes[node_of(&w, 2)].overloaded = true;
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 2, 1); /* paths end there */
	assert_dist(&w, 3, 20);
	assert_hops(&w, 3, "4");
	spf_run(&w.s, &w.g, node_of(&w, 2)); /* and begin there */
	assert_dist(&w, 3, 1);
	/* In a tree it is a leaf. */
	spf_run(&w.s, &w.g, node_of(&w, 1));
	tree_build(&w.t, &w.s, 1);
	tree_view(&w.t, node_of(&w, 2));
	for (uint32_t v = 0; v < w.g.node_count; v++)
		assert_int_not_equal(w.t.parent[v], node_of(&w, 2));
	world_fini(&w);
}

static void i_parallel_links_are_one_at_the_least_cost(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 2, "", "1-2:10 1-2:5 1-2:5");
	assert_int_equal(w.g.edge_count, 2);
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 2, 5);
	assert_int_equal(w.s.parent_count[node_of(&w, 2)], 1);
	world_fini(&w);
}

/* Erratum 3508: 4 is nearer to the root by 2 if costs from the root count, by 3 if those to it did.
 */
static void i_costs_are_those_from_the_root(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 4, "", "1-2:10 1-3:10 2>4:1 4>2:50 3>4:50 4>3:1");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 4, 11);
	tree_build(&w.t, &w.s, 1);
	assert_int_equal(w.t.parent[node_of(&w, 4)], node_of(&w, 2));
	world_fini(&w);
}

/* RFC 7780 section 3.4: "tree 1 will select parent 0, and tree 2 will select parent 1". */
static void i_tree_j_takes_parent_j_minus_1_mod_p(void **state)
{
	static const unsigned int want[] = {2, 3, 4, 2, 3, 4};
	struct world w;

	world_init(&w);
	draw(&w, 5, "", "1-2:10 1-3:10 1-4:10 2-5:10 3-5:10 4-5:10");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	for (unsigned int j = 1; j <= 6; j++) {
		tree_build(&w.t, &w.s, j);
		assert_int_equal(w.t.parent[node_of(&w, 5)], node_of(&w, want[j - 1]));
	}
	world_fini(&w);
}

/* Parents are in the order of all 7 bytes: a pseudonode of 2 stands between 2 and 3. */
static void i_parents_are_ordered_by_7_bytes(void **state)
{
	static const unsigned int want[] = {2, 0x102, 3};
	struct world w;

	world_init(&w);
	draw(&w, 4, "102", "1-2:10 1-3:10 2-4:10 3-4:10 1>102:20 102>1:0 4>102:20 102>4:0");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_int_equal(w.s.parent_count[node_of(&w, 4)], 3);
	for (unsigned int j = 1; j <= 3; j++) {
		tree_build(&w.t, &w.s, j);
		assert_int_equal(w.t.parent[node_of(&w, 4)], node_of(&w, want[j - 1]));
	}
	world_fini(&w);
}

static void i_rpf_is_the_neighbour_towards_the_ingress(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 6, "", "1-2:10 2-3:10 2-4:10 4-5:10 1-6:10");
	spf_run(&w.s, &w.g, node_of(&w, 1));
	tree_build(&w.t, &w.s, 1);
	tree_view(&w.t, node_of(&w, 2));
	assert_int_equal(tree_rpf(&w.t, node_of(&w, 1)), node_of(&w, 1));
	assert_int_equal(tree_rpf(&w.t, node_of(&w, 6)), node_of(&w, 1));
	assert_int_equal(tree_rpf(&w.t, node_of(&w, 3)), node_of(&w, 3));
	assert_int_equal(tree_rpf(&w.t, node_of(&w, 5)), node_of(&w, 4));
	assert_int_equal(tree_rpf(&w.t, node_of(&w, 2)), SPF_NONE);
	assert_true(tree_is_adjacent(&w.t, node_of(&w, 1)));
	assert_true(tree_is_adjacent(&w.t, node_of(&w, 4)));
	assert_false(tree_is_adjacent(&w.t, node_of(&w, 5)));
	assert_false(tree_is_adjacent(&w.t, node_of(&w, 2)));
	world_fini(&w);
}

static bool is_node(void *arg, uint32_t node)
{
	return node == *(uint32_t *)arg;
}

static void i_a_branch_is_pruned_where_nobody_wants_the_label(void **state)
{
	struct world w;
	uint32_t five, one, two;

	world_init(&w);
	draw(&w, 5, "", "1-2:10 2-3:10 2-4:10 4-5:10");
	five = node_of(&w, 5);
	one = node_of(&w, 1);
	two = node_of(&w, 2);
	spf_run(&w.s, &w.g, node_of(&w, 1));
	tree_build(&w.t, &w.s, 1);
	tree_view(&w.t, node_of(&w, 2));
	assert_true(tree_needed(&w.t, node_of(&w, 4), is_node, &five));
	assert_false(tree_needed(&w.t, node_of(&w, 3), is_node, &five));
	assert_false(tree_needed(&w.t, node_of(&w, 1), is_node, &five));
	assert_true(tree_needed(&w.t, node_of(&w, 1), is_node, &one));
	assert_false(tree_needed(&w.t, node_of(&w, 1), is_node, &two)); /* we ourselves */
	world_fini(&w);
}

/* ---- roots ---- */

static struct tree_candidate candidate(uint16_t nickname, uint16_t priority, unsigned int holder)
{
	return (struct tree_candidate){.nickname = nickname,
		.root_priority = priority,
		.holder = lan_of(holder),
		.usable = true};
}

static void assert_roots(struct tree_candidate *c, unsigned int n, const struct tree_wish *wishes,
	unsigned int wish_count, const char *want)
{
	char text[256] = "";
	uint16_t roots[8];
	unsigned int k = tree_roots(c, n, wishes, wish_count, roots, 8);

	for (unsigned int i = 0; i < k; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%x", i ? " " : "",
			roots[i]);
	if (strcmp(text, want))
		fail_msg("roots are '%s', should be '%s'", text, want);
}

static void i_roots_are_ordered_by_priority_system_and_nickname(void **state)
{
	struct tree_candidate c[] = {candidate(1, 0x8000, 2), candidate(2, 0x8000, 1),
		candidate(3, 0x9000, 1), candidate(4, 0x8000, 2)};
	struct tree_wish wishes[] = {{.holder = lan_of(1), .compute = 8, .max = 8},
		{.holder = lan_of(2), .compute = 1, .max = 8}};

	assert_roots(c, 4, wishes, 2, "3 4 1 2");
}

static void i_the_number_of_trees_is_the_first_holders_wish_within_all_limits(void **state)
{
	struct tree_candidate c[] = {
		candidate(1, 0x9000, 1), candidate(2, 0x8000, 2), candidate(3, 0x7000, 3)};
	struct tree_wish wishes[] = {{.holder = lan_of(1), .compute = 3, .max = 8},
		{.holder = lan_of(2), .compute = 9, .max = 2}, {.holder = lan_of(3), .max = 8}};

	assert_roots(c, 3, wishes, 3, "1 2");
	wishes[1].max = 0; /* counts as 1 */
	assert_roots(c, 3, wishes, 3, "1");
	wishes[1].max = 8;
	wishes[0].compute = 0; /* counts as 1 */
	assert_roots(c, 3, wishes, 3, "1");
	assert_roots(c, 3, NULL, 0, "1");
	wishes[0].compute = 8;
	assert_roots(c, 3, wishes, 3, "1 2 3"); /* there are no more */
}

/* The example of RFC 6325 section 4.5: k = 4, { Tx, Ty } listed, Ty > Ta > Tc > Tb > Tx. */
static void i_listed_roots_come_first_as_in_the_texts_example(void **state)
{
	static const uint16_t listed[] = {0x100, 0x200};
	struct tree_candidate c[] = {candidate(0x100, 1, 1), candidate(0xb, 2, 2),
		candidate(0xc, 3, 3), candidate(0xa, 4, 4), candidate(0x200, 5, 5)};
	struct tree_wish wish = {
		.holder = lan_of(5), .compute = 4, .max = 8, .listed = listed, .listed_count = 2};

	assert_roots(c, 5, &wish, 1, "100 200 a c");
}

static void i_a_listed_root_that_does_not_exist_is_replaced(void **state)
{
	static const uint16_t listed[] = {0x999, 2, 2};
	struct tree_candidate c[] = {candidate(1, 9, 1), candidate(2, 0, 2), candidate(3, 7, 3)};
	struct tree_wish wish = {
		.holder = lan_of(1), .compute = 2, .max = 8, .listed = listed, .listed_count = 3};

	assert_roots(c, 3, &wish, 1, "2 1"); /* priority 0, but listed; and once only */
}

/* RFC 7176 section 2.3.4: "such a tree SHOULD NOT be computed". The others keep their numbers. */
static void i_a_tree_whose_root_is_told_in_two_ways_is_not_computed(void **state)
{
	static const uint16_t listed[] = {3, 0, 1}, roots[] = {3, 0, 1}, uses[] = {0, 1};
	struct tree_candidate c[] = {candidate(1, 9, 1), candidate(2, 8, 2), candidate(3, 7, 3)};
	struct tree_wish wish = {.holder = lan_of(1),
		.compute = 4,
		.max = 8,
		.listed = listed,
		.listed_count = 3,
		.contested = 2};

	assert_roots(c, 3, &wish, 1, "3 0 1 2");
	assert_int_equal(tree_ingress_trees(roots, 3, 2, NULL, 0), 5);
	assert_int_equal(tree_ingress_trees(roots, 3, 1, uses, 2), 4);
}

static void i_priority_zero_is_chosen_only_when_all_have_it(void **state)
{
	struct tree_candidate c[] = {candidate(1, 9, 1), candidate(2, 0, 2)};
	struct tree_wish wish = {.holder = lan_of(1), .compute = 2, .max = 8};

	assert_roots(c, 2, &wish, 1, "1");
	c[0] = candidate(1, 0, 1);
	c[1] = candidate(2, 0, 2);
	assert_roots(c, 2, &wish, 1, "2");
}

static void i_overloaded_and_unreachable_holders_are_no_roots(void **state)
{
	static const uint16_t listed[] = {2, 1};
	struct tree_candidate c[] = {candidate(1, 9, 1), candidate(2, 8, 2), candidate(3, 7, 3)};
	struct tree_wish wishes[] = {{.holder = lan_of(1), .compute = 3, .max = 8},
		{.holder = lan_of(2), .compute = 2, .max = 8, .listed = listed, .listed_count = 2}};

	c[0].usable = false;
	assert_roots(c, 3, wishes, 2, "2 3"); /* 2's wishes count now, but not its listing of 1 */
	for (unsigned int i = 0; i < 3; i++)
		c[i].usable = false;
	assert_roots(c, 3, wishes, 2, "");
	assert_roots(c, 0, wishes, 2, "");
}

/* Erratum 3052: all k if j is 0, else min(j, k). */
static void i_trees_that_an_ingress_may_use(void **state)
{
	static const uint16_t roots[] = {10, 20, 30}, listed[] = {99, 30};

	assert_int_equal(tree_ingress_trees(roots, 3, 0, NULL, 0), 7);
	assert_int_equal(tree_ingress_trees(roots, 3, 1, NULL, 0), 1);
	assert_int_equal(tree_ingress_trees(roots, 3, 5, NULL, 0), 7);
	assert_int_equal(tree_ingress_trees(roots, 3, 1, listed, 2), 4); /* 99 is no campus tree */
	assert_int_equal(tree_ingress_trees(roots, 3, 2, listed, 2), 5);
	assert_int_equal(tree_ingress_trees(roots, 0, 1, listed, 2), 0);
}

static void i_of_parallel_links_one_is_chosen_alike_by_both(void **state)
{
	struct tree_link links[] = {{.pseudonode = lan_of(0x103)}, {.pseudonode = lan_of(0x204)},
		{.p2p = true, .circuit = 5}, {.p2p = true, .circuit = 9}};

	assert_int_equal(tree_link_choose(links, 4), 3);
	assert_int_equal(tree_link_choose(links, 3), 2);
	assert_int_equal(tree_link_choose(links, 2), 1);
	assert_int_equal(tree_link_choose(links, 1), 0);
}

/* ---- random campuses ---- */

static void random_campus(struct world *w, struct random *r)
{
	unsigned int n = 2 + (unsigned int)random_below(r, 20),
		     links = n + (unsigned int)random_below(r, 30);
	uint32_t said[NODES][NODES]; /* cost of the link; SPF_NONE: there is none */

	memset(said, 0xff, sizeof(said));
	spf_graph_reset(&w->g);
	for (unsigned int i = 1; i <= n; i++) {
		struct lan_id id = lan_of(i);

		spf_node_add(&w->g, &id, random_below(r, 10) == 0);
		id = lan_of(0x100 | i);
		if (random_below(r, 4) == 0)
			spf_node_add(&w->g, &id, false);
	}
	for (unsigned int i = 0; i < links; i++) {
		uint32_t a = (uint32_t)random_below(r, w->g.node_count);
		uint32_t b = (uint32_t)random_below(r, w->g.node_count);
		const struct lan_id *x = &w->g.nodes[a].id, *y = &w->g.nodes[b].id;

		if (x->circuit && y->circuit)
			continue; /* a LAN is not linked to a LAN */
		said[a][b] = x->circuit ? 0 : 1 + (uint32_t)random_below(r, 4);
		if (random_below(r, 20))
			said[b][a] = y->circuit ? 0 : 1 + (uint32_t)random_below(r, 4);
	}
	for (uint32_t a = 0; a < w->g.node_count; a++)
		for (uint32_t b = 0; b < w->g.node_count; b++)
			if (said[a][b] != SPF_NONE)
				spf_edge_add(&w->g, a, &w->g.nodes[b].id, said[a][b]);
	spf_finish(&w->g, SPF_NONE);
}

/* Bellman and Ford's: relax until nothing changes. */
static void other_search(const struct spf_graph *g, uint32_t root, uint32_t *dist)
{
	bool more = true;

	for (uint32_t v = 0; v < g->node_count; v++)
		dist[v] = SPF_NONE;
	dist[root] = 0;
	while (more) {
		more = false;
		for (uint32_t a = 0; a < g->node_count; a++) {
			if (dist[a] == SPF_NONE || (g->nodes[a].overloaded && a != root))
				continue;
			for (uint32_t b = 0; b < g->node_count; b++) {
				uint32_t cost = spf_cost(g, a, b);

				if (cost != SPF_NONE && dist[a] + cost < dist[b]) {
					dist[b] = dist[a] + cost;
					more = true;
				}
			}
		}
	}
}

static void assert_paths(const struct world *w, uint64_t seed)
{
	uint32_t dist[NODES];

	other_search(&w->g, w->s.root, dist);
	for (uint32_t v = 0; v < w->g.node_count; v++) {
		uint32_t parents = 0;

		if (w->s.dist[v] != dist[v])
			fail_msg("seed %ju: node %u is at %u, should be at %u", (uintmax_t)seed, v,
				w->s.dist[v], dist[v]);
		for (uint32_t a = 0; a < w->g.node_count && v != w->s.root; a++) {
			uint32_t cost = spf_cost(&w->g, a, v);

			parents += cost != SPF_NONE && dist[a] != SPF_NONE &&
				   (!w->g.nodes[a].overloaded || a == w->s.root) &&
				   dist[v] != SPF_NONE && dist[a] + cost == dist[v];
		}
		if (w->s.parent_count[v] != parents)
			fail_msg("seed %ju: node %u has %u parents, should have %u",
				(uintmax_t)seed, v, w->s.parent_count[v], parents);
	}
}

/* A packet of @ingress: each node takes it from where RPF says, and sends it to its other
 * neighbours in the tree. Every node of the tree gets it once. */
static void assert_flood(struct world *w, uint32_t ingress, uint64_t seed)
{
	unsigned int got[NODES] = {0}, sent = 0;
	uint32_t queue[NODES], from[NODES], head = 0, tail = 0;

	queue[tail] = ingress;
	from[tail++] = SPF_NONE;
	got[ingress] = 1;
	while (head < tail) {
		uint32_t me = queue[head], came = from[head++];

		for (uint32_t v = 0; v < w->g.node_count; v++) {
			tree_view(&w->t, me);
			if (v == came || !tree_is_adjacent(&w->t, v))
				continue;
			tree_view(&w->t, v);
			if (++sent > NODES)
				fail_msg("seed %ju: the packet loops", (uintmax_t)seed);
			if (!tree_is_adjacent(&w->t, me) || tree_rpf(&w->t, ingress) != me)
				fail_msg("seed %ju: node %u drops what %u sends", (uintmax_t)seed,
					v, me);
			got[v]++;
			queue[tail] = v;
			from[tail++] = me;
		}
	}
	for (uint32_t i = 0; i < w->t.reached; i++)
		if (got[w->t.order[i]] != 1)
			fail_msg("seed %ju: node %u got %u", (uintmax_t)seed, w->t.order[i],
				got[w->t.order[i]]);
}

static void i_random_campuses(void **state)
{
	struct world w;

	world_init(&w);
	for (uint64_t seed = 0; seed < 300; seed++) {
		struct random_seeded source;
		uint32_t root;

		random_seeded_init(&source, seed);
		random_campus(&w, &source.random);
		root = (uint32_t)random_below(&source.random, w.g.node_count);
		spf_run(&w.s, &w.g, root);
		assert_paths(&w, seed);
		tree_build(&w.t, &w.s, 1 + (unsigned int)random_below(&source.random, 4));
		for (uint32_t i = 0; i < w.t.reached; i++)
			assert_flood(&w, w.t.order[i], seed);
	}
	world_fini(&w);
}

/* Metrics of 0 between RBridges, which nobody should send, make no circle. */
static void i_links_of_cost_zero_make_no_circle(void **state)
{
	struct world w;

	world_init(&w);
	draw(&w, 5, "", "1-2:1 2-3:0 3-4:0 4-2:0 4-5:0 5-2:0");
	for (unsigned int j = 1; j <= 4; j++) {
		spf_run(&w.s, &w.g, node_of(&w, 1));
		assert_int_equal(w.s.reached, 5);
		tree_build(&w.t, &w.s, j);
		for (uint32_t i = 0; i < w.t.reached; i++)
			assert_flood(&w, w.t.order[i], j);
	}
	world_fini(&w);
}

static void i_graphs_are_bounded(void **state)
{
	struct lan_id one = lan_of(1), two = lan_of(2);
	struct spf_graph g;

	assert_true(spf_graph_init(&g, 1, 1));
	assert_int_equal(spf_node_add(&g, &two, false), 0);
	assert_int_equal(spf_node_add(&g, &one, false), SPF_NONE);
	/* A link to who is not there, and one to itself, are none. */
	assert_int_equal(spf_edge_add(&g, 0, &one, 1), SPF_NONE);
	assert_int_equal(spf_edge_add(&g, 0, &two, 1), SPF_NONE);
	assert_false(spf_finish(&g, 0));
	assert_int_equal(g.edge_count, 0);
	spf_graph_fini(&g);
}

/* The links of a graph as "12 21": from, to. */
static void assert_links(const struct world *w, const char *want)
{
	char got[256] = "";
	size_t n = 0;

	for (uint32_t e = 0; e < w->g.edge_count; e++)
		n += (size_t)sprintf(got + n, "%s%x%x", e ? " " : "",
			w->g.nodes[w->g.edges[e].from].id.system.bytes[5],
			w->g.nodes[w->g.edges[e].to].id.system.bytes[5]);
	assert_string_equal(got, want);
}

static void link_both(struct world *w, unsigned int a, unsigned int b, uint32_t cost)
{
	struct lan_id x = lan_of(a), y = lan_of(b);

	spf_edge_add(&w->g, node_of(w, a), &y, cost);
	spf_edge_add(&w->g, node_of(w, b), &x, cost);
}

/* However often a link is said it is one, the cheapest; who is joined to the root by links of both
 * ends is reached, over the largest metric and through overloaded nodes as well. */
static void i_links_take_room_once_and_where_they_are_joined_to_us(void **state)
{
	struct world w;

	world_init(&w);
	w.g.edge_max = 6;
	draw(&w, 7, "", "");
	w.g.nodes[node_of(&w, 2)].overloaded = true;
	for (unsigned int i = 0; i < 1000; i++)
		link_both(&w, 1, 2, 2000 - i);
	link_both(&w, 2, 3, 0xFFFFFF);
	link_both(&w, 3, 4, 1);
	link_both(&w, 5, 6, 1); /* elsewhere */
	spf_edge_add(&w.g, node_of(&w, 7), &(struct lan_id){.system = lan_of(1).system}, 1);
	assert_false(spf_finish(&w.g, node_of(&w, 1)));
	assert_links(&w, "12 21 23 32 34 43");
	assert_int_equal(spf_cost(&w.g, node_of(&w, 2), node_of(&w, 1)), 1001);
	for (unsigned int n = 1; n <= 7; n++)
		assert_int_equal(w.g.nodes[node_of(&w, n)].reached, n <= 4);
	assert_int_equal(w.g.reached, 4);
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 2, 1001);
	assert_dist(&w, 3, SPF_NONE);
	world_fini(&w);
}

/* Of 13 two have the 1 and 2 that they want, and the others 5; of 12 the first has one more. */
static void i_who_wants_few_has_them_and_others_have_alike(void **state)
{
	static const uint32_t wants[] = {1, 10, 7, 2}, want[] = {1, 5, 5, 2};
	struct share s = share_of(13, wants, 4);

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		uint32_t had = 0;

		for (uint32_t k = 0; k < wants[i]; k++)
			had += share_take(&s, k);
		assert_int_equal(had, want[i]);
	}
	s = share_of(12, wants, 4);
	assert_true(share_take(&s, 4));
	assert_false(share_take(&s, 4));
	s = share_of(20, wants, 4);
	assert_true(share_take(&s, 1000000));
}

/* 1 - 2 - 3 - 4, and 5 who is linked to 6, 7, 8 and 9, who are linked to each other. */
static void i_who_says_many_links_leaves_room_for_others(void **state)
{
	struct world w;

	world_init(&w);
	w.g.edge_max = 20;
	draw(&w, 9, "", "");
	for (unsigned int a = 5; a <= 9; a++)
		for (unsigned int b = a + 1; b <= 9; b++)
			link_both(&w, a, b, 1);
	link_both(&w, 1, 5, 1);
	link_both(&w, 1, 2, 1);
	link_both(&w, 2, 3, 1);
	link_both(&w, 3, 4, 1);
	assert_true(spf_finish(&w.g, node_of(&w, 1)));
	assert_true(w.g.edge_count <= 20);
	for (uint32_t e = 0; e < w.g.edge_count; e++)
		assert_int_equal(spf_cost(&w.g, w.g.edges[e].to, w.g.edges[e].from), 1);
	assert_true(w.g.nodes[node_of(&w, 9)].reached);
	spf_run(&w.s, &w.g, node_of(&w, 1));
	assert_dist(&w, 4, 3);
	assert_dist(&w, 5, 1);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(i_equal_paths_are_all_used),
		cmocka_unit_test(i_a_lan_is_one_hop_to_each_of_its_rbridges),
		cmocka_unit_test(i_a_link_that_one_end_reports_is_none),
		cmocka_unit_test(i_the_largest_metric_is_no_path),
		cmocka_unit_test(i_nothing_goes_through_an_overloaded_node),
		cmocka_unit_test(i_parallel_links_are_one_at_the_least_cost),
		cmocka_unit_test(i_costs_are_those_from_the_root),
		cmocka_unit_test(i_tree_j_takes_parent_j_minus_1_mod_p),
		cmocka_unit_test(i_parents_are_ordered_by_7_bytes),
		cmocka_unit_test(i_rpf_is_the_neighbour_towards_the_ingress),
		cmocka_unit_test(i_a_branch_is_pruned_where_nobody_wants_the_label),
		cmocka_unit_test(i_roots_are_ordered_by_priority_system_and_nickname),
		cmocka_unit_test(i_the_number_of_trees_is_the_first_holders_wish_within_all_limits),
		cmocka_unit_test(i_listed_roots_come_first_as_in_the_texts_example),
		cmocka_unit_test(i_a_listed_root_that_does_not_exist_is_replaced),
		cmocka_unit_test(i_a_tree_whose_root_is_told_in_two_ways_is_not_computed),
		cmocka_unit_test(i_priority_zero_is_chosen_only_when_all_have_it),
		cmocka_unit_test(i_overloaded_and_unreachable_holders_are_no_roots),
		cmocka_unit_test(i_trees_that_an_ingress_may_use),
		cmocka_unit_test(i_of_parallel_links_one_is_chosen_alike_by_both),
		cmocka_unit_test(i_random_campuses),
		cmocka_unit_test(i_links_of_cost_zero_make_no_circle),
		cmocka_unit_test(i_graphs_are_bounded),
		cmocka_unit_test(i_links_take_room_once_and_where_they_are_joined_to_us),
		cmocka_unit_test(i_who_wants_few_has_them_and_others_have_alike),
		cmocka_unit_test(i_who_says_many_links_leaves_room_for_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
