/* Who may be whose parent in a distribution tree: item I of docs/trill.md, by RFC 7783. Small
 * campuses are put together by hand; the last tests have two strangers in a virtual one, whose LSPs
 * are spelled out byte by byte. */
#include "tests/unit/trill_campus.h"

#include "tests/trill/phantom.h"
#include "trill/core/affinity.h"
#include "trill/core/tree.h"

#define SHARED 0x0300

struct world {
	struct campus c;
	struct spf s;
	struct affinity a;
};

/* Nodes 1 to @n that can; "12 23" are links at 10 both ways. */
static void world_init(struct world *w, unsigned int n, const char *links)
{
	memset(w, 0, sizeof(*w));
	assert_true(campus_init(&w->c, 16, 64, 32));
	assert_true(spf_init(&w->s, 16, 64));
	for (unsigned int i = 1; i <= n; i++) {
		struct lan_id id = {.system = {{0, 0, 0, 0, 0, (uint8_t)i}}};

		assert_int_equal(spf_node_add(&w->c.graph, &id, false), i - 1);
		w->c.nodes[i - 1].capabilities = CAPABILITY_BIT_AFFINITY;
	}
	for (; *links; links += links[2] ? 3 : 2) {
		struct lan_id a = {.system = {{0, 0, 0, 0, 0, (uint8_t)(links[0] - '0')}}};
		struct lan_id b = {.system = {{0, 0, 0, 0, 0, (uint8_t)(links[1] - '0')}}};

		spf_edge_add(&w->c.graph, (uint32_t)(links[0] - '1'), &b, 10);
		spf_edge_add(&w->c.graph, (uint32_t)(links[1] - '1'), &a, 10);
	}
	assert_false(spf_finish(&w->c.graph, SPF_NONE));
	spf_run(&w->s, &w->c.graph, 0);
}

static void world_fini(struct world *w)
{
	affinity_fini(&w->a);
	spf_fini(&w->s);
	campus_fini(&w->c);
}

/* In the order in which campus_read() leaves them. */
static void claims(struct world *w, uint16_t nickname, unsigned int node, uint8_t priority,
	uint16_t root_priority)
{
	w->c.claims[w->c.claim_count++] =
		(struct campus_claim){nickname, priority, root_priority, node - 1};
}

static void asks(struct world *w, unsigned int node, uint16_t nickname, uint16_t tree)
{
	if (!w->c.affinities)
		w->c.affinities = calloc(32, sizeof(*w->c.affinities));
	assert_non_null(w->c.affinities);
	w->c.affinities[w->c.affinity_count++] = (struct campus_affinity){node - 1, nickname, tree};
}

/* From which node, 1 on, frames of @nickname enter the tree; 0: they do not; -1: as any's. */
static int enters(struct world *w, uint16_t nickname, unsigned int tree)
{
	uint32_t node;

	affinity_decide(&w->a, &w->c, &w->s);
	if (!affinity_ingress(&w->a, nickname, tree, &node))
		return -1;
	return node == SPF_NONE ? 0 : (int)node + 1;
}

/* 1 - 2 - 3; 1 and 3 share a nickname, and have a tree each. */
static void two_of_three(struct world *w)
{
	world_init(w, 3, "12 23");
	claims(w, 0x0101, 1, 0xc0, 0x8000);
	claims(w, 0x0102, 2, 0xc0, 0x8000);
	claims(w, 0x0103, 3, 0xc0, 0x8000);
	claims(w, SHARED, 3, 0xff, 0);
	claims(w, SHARED, 1, 0xff, 0);
	asks(w, 1, SHARED, 1);
	asks(w, 3, SHARED, 2);
}

static void i_frames_of_a_shared_nickname_enter_each_tree_where_that_was_asked(void **state)
{
	struct world w;

	(void)state;
	two_of_three(&w);
	assert_int_equal(enters(&w, SHARED, 1), 1);
	assert_int_equal(enters(&w, SHARED, 2), 3);
	assert_int_equal(enters(&w, SHARED, 3), 0); /* nobody asked */
	assert_int_equal(enters(&w, 0x0102, 1), -1);
	assert_true(affinity_is_bound(&w.a, SHARED));
	assert_false(affinity_is_bound(&w.a, 0x0102));
	world_fini(&w);
}

static void i_affinity_counts_only_where_all_who_are_reached_understand_it(void **state)
{
	struct world w;

	(void)state;
	two_of_three(&w);
	w.c.nodes[1].capabilities = CAPABILITY_BIT_OAM;
	assert_int_equal(enters(&w, SHARED, 1), -1);
	assert_false(w.a.usable);
	w.c.nodes[1].capabilities = CAPABILITY_BIT_AFFINITY;
	assert_int_equal(enters(&w, SHARED, 1), 1);
	world_fini(&w);

	/* Who is not reached has no say. */
	world_init(&w, 3, "12");
	claims(&w, SHARED, 2, 0xff, 0);
	asks(&w, 2, SHARED, 1);
	w.c.nodes[2].capabilities = 0;
	assert_int_equal(enters(&w, SHARED, 1), 2);
	world_fini(&w);
}

/* RFC 7783 section 5.3: the nickname that is the highest to be a root, then the system ID. */
static void i_of_two_who_ask_for_a_tree_the_better_root_has_it(void **state)
{
	struct world w;

	(void)state;
	two_of_three(&w);
	w.c.affinities[1].tree = 1;
	assert_int_equal(enters(&w, SHARED, 1), 3); /* the higher system ID */
	assert_int_equal(w.a.ignored, 1);
	w.c.claims[0].root_priority = 0x8001;
	assert_int_equal(enters(&w, SHARED, 1), 1);
	assert_int_equal(enters(&w, SHARED, 2), 0);
	world_fini(&w);
}

static void i_who_neither_holds_a_nickname_nor_is_next_to_it_asks_in_vain(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 4, "12 23");
	claims(&w, 0x0103, 3, 0xc0, 0x8000);
	claims(&w, SHARED, 4, 0xff, 0);
	asks(&w, 1, 0x0103, 1); /* two links away */
	asks(&w, 2, 0x0103, 2); /* next to it: its parent, and the nickname is bound to nothing */
	asks(&w, 4, SHARED, 1); /* not reached */
	assert_int_equal(enters(&w, 0x0103, 1), -1);
	assert_int_equal(w.a.count, 1);
	assert_int_equal(w.a.ignored, 2);
	assert_int_equal(w.a.holds[0].tree, 2);
	assert_int_equal(w.a.holds[0].parent, 1);
	assert_int_equal(w.a.holds[0].child, 2);
	world_fini(&w);

	world_init(&w, 3, "13");
	claims(&w, SHARED, 3, 0xff, 0);
	claims(&w, SHARED, 2, 0xff, 0); /* who shares it, and is gone */
	asks(&w, 2, SHARED, 1);
	assert_int_equal(enters(&w, SHARED, 1), -1);
	world_fini(&w);
}

/* Who holds a nickname with less priority has lost it: it is no part of a virtual RBridge. */
static void i_who_lost_a_nickname_does_not_bind_it(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 3, "12 23");
	claims(&w, SHARED, 3, 0xff, 0);
	claims(&w, SHARED, 1, 0xc0, 0);
	asks(&w, 1, SHARED, 1);
	assert_int_equal(enters(&w, SHARED, 1), -1);
	assert_int_equal(affinity_claimants(&w.c, 0), 1);
	world_fini(&w);
}

/* Two on 20 LANs, and a third; 1 asks 3 and 3 asks 1 for 100 nicknames of 2 in 15 trees, each time
 * said twice. Each claim and each link is looked at once or twice, whatever the records. */
static void i_records_are_decided_without_a_look_at_all_claims_for_each(void **state)
{
	enum { LANS = 20, NICKNAMES = 100, TREES = 15, RECORDS = 2 * 2 * NICKNAMES * TREES };
	struct lan_id third = {.system = {{0, 0, 0, 0, 0, 3}}}, id;
	struct campus_affinity *said = calloc(RECORDS, sizeof(*said));
	struct world w = {.a = {.count = 0}};

	(void)state;
	assert_true(said && campus_init(&w.c, 3 + LANS, 6 * LANS, 200));
	assert_true(spf_init(&w.s, 3 + LANS, 6 * LANS));
	for (unsigned int i = 0; i < 3 + LANS; i++) {
		id = i < 3 ? (struct lan_id){.system = {{0, 0, 0, 0, 0, (uint8_t)(i + 1)}}} : third;
		id.circuit = i < 3 ? 0 : (uint8_t)(i - 2);
		assert_int_equal(spf_node_add(&w.c.graph, &id, false), i);
		w.c.nodes[i].capabilities = CAPABILITY_BIT_AFFINITY;
	}
	for (uint32_t i = 0; i < 3 * LANS; i++) {
		spf_edge_add(&w.c.graph, i % 3, &w.c.graph.nodes[3 + i / 3].id, 10);
		spf_edge_add(&w.c.graph, 3 + i / 3, &w.c.graph.nodes[i % 3].id, 0);
	}
	assert_false(spf_finish(&w.c.graph, 0));
	spf_run(&w.s, &w.c.graph, 0);
	for (unsigned int i = 0; i < NICKNAMES; i++)
		claims(&w, (uint16_t)(0x1000 + i), 2, 0xc0, 0x8000);
	claims(&w, 0x2000, 1, 0xc0, 0x9000);
	for (uint32_t i = 0; i < RECORDS; i++)
		said[i] = (struct campus_affinity){.node = i / 2 % 2 ? 2 : 0,
			.nickname = (uint16_t)(0x1000 + i / 4 / TREES),
			.tree = (uint16_t)(1 + i / 4 % TREES)};
	w.c.affinities = said;
	w.c.affinity_count = RECORDS;
	affinity_decide(&w.a, &w.c, &w.s);
	assert_int_equal(w.a.count, NICKNAMES * TREES);
	assert_int_equal(w.a.ignored, NICKNAMES * TREES); /* what 3 asks for */
	assert_int_equal(w.a.holds[0].parent, 0);
	assert_true(w.a.looked <= 2 * (NICKNAMES + 1) + 2 * LANS);
	world_fini(&w);
}

/* Two nicknames of 4, for which 2 and 3 ask: in a tree it hangs below one of them. */
static void i_of_two_who_would_be_its_parent_a_node_has_the_better_root(void **state)
{
	struct world w;
	uint32_t parents[16];

	(void)state;
	world_init(&w, 4, "12 13 24 34");
	claims(&w, 0x0102, 2, 0xc0, 0x9000);
	claims(&w, 0x0103, 3, 0xc0, 0x8000);
	claims(&w, 0x0104, 4, 0xc0, 0x8000);
	claims(&w, 0x0105, 4, 0xc0, 0x8000);
	asks(&w, 2, 0x0104, 1);
	asks(&w, 3, 0x0105, 1);
	asks(&w, 3, 0x0105, 2);
	affinity_decide(&w.a, &w.c, &w.s);
	assert_int_equal(w.a.count, 3);
	affinity_parents(&w.a, 1, parents, 4);
	assert_int_equal(parents[3], 1);
	assert_int_equal(parents[0], SPF_NONE);
	affinity_parents(&w.a, 2, parents, 4);
	assert_int_equal(parents[3], 2);
	world_fini(&w);
}

static unsigned int parent_of(const struct tree *t, unsigned int node)
{
	return t->parent[node - 1] == SPF_NONE ? 0 : t->parent[node - 1] + 1;
}

/* A square 1-2-4-3-1 and 5 behind 4: tree 1 of root 1 has 4 below 2. */
static void i_a_neighbour_hangs_where_it_was_asked_to(void **state)
{
	struct world w;
	struct tree t;

	(void)state;
	world_init(&w, 5, "12 13 24 34 45");
	assert_true(tree_init(&t, 16));
	tree_build(&t, &w.s, 1);
	assert_int_equal(parent_of(&t, 4), 2);
	assert_int_equal(tree_depth(&t, &w.c.graph, 0), 3);
	assert_true(tree_adopt(&t, &w.c.graph, 3, 2));
	assert_int_equal(parent_of(&t, 4), 3);
	tree_sort(&t);
	assert_int_equal(t.reached, 5);
	for (uint32_t i = 1; i < t.reached; i++) { /* parents before children */
		bool before = false;

		for (uint32_t k = 0; k < i; k++)
			before |= t.order[k] == t.parent[t.order[i]];
		assert_true(before);
	}
	tree_view(&t, 2);
	assert_int_equal(tree_rpf(&t, 4), 3); /* 3 has what 5 sends from 4 */
	assert_true(tree_is_adjacent(&t, 3));

	/* Never the root; never below itself; never without a link. */
	assert_false(tree_adopt(&t, &w.c.graph, 0, 1));
	assert_false(tree_adopt(&t, &w.c.graph, 2, 3));
	assert_false(tree_adopt(&t, &w.c.graph, 4, 1));
	assert_int_equal(parent_of(&t, 3), 1);
	/* The longer way counts: 1-3-4-2 is as deep, with 2 below 4 4-5 too. */
	assert_true(tree_adopt(&t, &w.c.graph, 1, 3));
	tree_sort(&t);
	assert_int_equal(tree_depth(&t, &w.c.graph, 1), 3 + 3);
	tree_fini(&t);
	world_fini(&w);
}

/* ---- strangers in a virtual campus ---- */

static const struct campus_options fast = {.configured = true,
	.hello_ms = 300,
	.holding_s = 3,
	.trees = {.compute = 2, .max = 3, .use = 2}};

/* Of @p: a link to its neighbour, what it can, SHARED with priority 0xff, and itself as its parent
 * in tree @tree (RFC 5305 section 3, RFC 7176 sections 2.3.1, 2.3.2 and 2.3.9). */
static void shares(
	struct phantom *p, const char *capabilities, unsigned int root_priority, unsigned int tree)
{
	struct lsp_id id = {.system = p->system};
	uint8_t tlvs[128];
	char text[256];

	snprintf(text, sizeof(text),
		"16 0b 02 00 00 00 %02x 00 00 004e20 00"
		"f2 1b 00000000 00 0d 05 00 %s 06 05 ff %04x 0300 11 06 0300 00 01 %04x",
		p->node, capabilities, root_priority, tree);
	phantom_lsp(p, &id, ++p->sequence, LSDB_MAX_AGE_S, tlvs, hex(tlvs, sizeof(tlvs), text));
}

/* 0 - 1 - 2, and a stranger behind 0 and behind 2. */
static struct virtual_campus *strangers_of(
	const struct campus_options *options, struct phantom p[2])
{
	struct virtual_campus *c = campus_of(3, options);
	unsigned int first = 0, last = 2;

	wire(c, 0, 1, options);
	wire(c, 1, 2, options);
	campus_wire(c, &first, 1, 20000, options);
	campus_wire(c, &last, 1, 20000, options);
	p[0] = phantom_of(c, 0, 1, 1);
	p[1] = phantom_of(c, 2, 1, 2);
	for (unsigned int i = 0; i < 5; i++) {
		phantom_hello(&p[0], 0);
		phantom_hello(&p[1], 0);
		campus_run_ms(c, 1000);
	}
	return c;
}

static struct virtual_campus *strangers(struct phantom p[2])
{
	return strangers_of(&fast, p);
}

static const struct tables_rpf *rpf_of(struct virtual_campus *c, unsigned int node, unsigned int t)
{
	return &c->nodes[node].rpf[c->slots[SHARED]][t];
}

static void i_a_virtual_rbridge_is_reached_by_the_nearest_and_enters_its_trees(void **state)
{
	struct phantom p[2];
	struct virtual_campus *c = strangers(p);
	const struct tables_path *path;

	(void)state;
	shares(&p[0], "80000000", 0, 1);
	shares(&p[1], "80000000", 0, 2);
	campus_run_ms(c, 1000);
	assert_true(rbridge_routes(c->nodes[1].rb)->affinity.usable);
	/* From the middle both are as near; from an end its own. */
	path = &c->nodes[1].paths[c->slots[SHARED]];
	assert_int_equal(path->count, 2);
	assert_int_equal(path->hop[0].ifindex + path->hop[1].ifindex, 1 + 2);
	path = &c->nodes[0].paths[c->slots[SHARED]];
	assert_int_equal(path->count, 1);
	assert_int_equal(path->hop[0].ifindex, 2);
	assert_int_equal(rpf_of(c, 1, 1)->ifindex, 1);
	assert_int_equal(rpf_of(c, 1, 2)->ifindex, 2);
	assert_int_equal(rpf_of(c, 0, 1)->ifindex, 2);
	assert_int_equal(rpf_of(c, 0, 2)->ifindex, 1);
	assert_int_equal(c->nodes[1].out_of_order, 0);
	campus_free(c);
}

static void i_with_one_who_does_not_understand_a_shared_nickname_is_one_holders(void **state)
{
	struct phantom p[2];
	struct virtual_campus *c = strangers(p);
	const struct tables_path *path;

	(void)state;
	shares(&p[0], "20000000", 0, 1); /* OAM, and no affinity */
	shares(&p[1], "80000000", 0, 2);
	campus_run_ms(c, 1000);
	assert_false(rbridge_routes(c->nodes[1].rb)->affinity.usable);
	path = &c->nodes[1].paths[c->slots[SHARED]];
	assert_int_equal(path->count, 1); /* the higher system ID */
	assert_int_equal(path->hop[0].ifindex, 2);
	campus_free(c);
}

/* Whatever its root priority. */
static void i_a_virtual_rbridge_is_no_root(void **state)
{
	struct phantom p[2];
	struct virtual_campus *c = strangers(p);
	const struct routes *r = rbridge_routes(c->nodes[1].rb);

	(void)state;
	shares(&p[0], "80000000", 0xffff, 1);
	shares(&p[1], "80000000", 0xffff, 2);
	campus_run_ms(c, 1000);
	assert_int_equal(r->root_count, 2);
	for (unsigned int i = 0; i < r->root_count; i++)
		assert_int_not_equal(r->roots[i], SHARED);
	campus_free(c);
}

static void few_affinities(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->nicknames_max = 10; /* and 16 records for each */
}

/* The nearer of two says more than there is room for. */
static void i_who_asks_for_much_leaves_others_what_they_ask_for(void **state)
{
	struct campus_options few = fast;
	struct virtual_campus *c;
	struct lsp_id id;
	struct phantom p[2];
	uint8_t tlvs[1024];
	uint16_t trees[100];
	size_t at;

	(void)state;
	few.node = few_affinities;
	c = strangers_of(&few, p);
	id = (struct lsp_id){.system = p[0].system, .fragment = 1};
	for (unsigned int i = 0; i < 100; i++)
		trees[i] = 1;
	for (unsigned int i = 0; i < 4; i++, id.fragment++) {
		struct wire_writer w;

		wire_writer_init(&w, tlvs, sizeof(tlvs));
		at = capability_begin(&w, 0);
		capability_affinity_put(&w, SHARED, trees, 100);
		tlv_end(&w, at, TLV_STANDARD);
		phantom_lsp(&p[0], &id, 1, LSDB_MAX_AGE_S, tlvs, w.pos);
	}
	shares(&p[0], "80000000", 0, 1);
	shares(&p[1], "80000000", 0, 2);
	campus_run_ms(c, 1000);
	for (unsigned int n = 0; n < 3; n++)
		assert_true(rbridge_campus(c->nodes[n].rb)->cut);
	assert_int_equal(rpf_of(c, 1, 1)->ifindex, 1);
	assert_int_equal(rpf_of(c, 1, 2)->ifindex, 2);
	assert_int_equal(rpf_of(c, 0, 2)->ifindex, 1);
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			i_frames_of_a_shared_nickname_enter_each_tree_where_that_was_asked),
		cmocka_unit_test(i_affinity_counts_only_where_all_who_are_reached_understand_it),
		cmocka_unit_test(i_of_two_who_ask_for_a_tree_the_better_root_has_it),
		cmocka_unit_test(i_who_neither_holds_a_nickname_nor_is_next_to_it_asks_in_vain),
		cmocka_unit_test(i_who_lost_a_nickname_does_not_bind_it),
		cmocka_unit_test(i_records_are_decided_without_a_look_at_all_claims_for_each),
		cmocka_unit_test(i_of_two_who_would_be_its_parent_a_node_has_the_better_root),
		cmocka_unit_test(i_a_neighbour_hangs_where_it_was_asked_to),
		cmocka_unit_test(
			i_a_virtual_rbridge_is_reached_by_the_nearest_and_enters_its_trees),
		cmocka_unit_test(
			i_with_one_who_does_not_understand_a_shared_nickname_is_one_holders),
		cmocka_unit_test(i_a_virtual_rbridge_is_no_root),
		cmocka_unit_test(i_who_asks_for_much_leaves_others_what_they_ask_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
