/* RBridges that cannot take fine-grained labels beside those that can: nodes 0 and 1, of which 1
 * has end stations of a label, and a stranger at node 0 (RFC 7172 sections 4.5 and 5). */
#include "tests/unit/trill_test.h"

#include "tests/trill/phantom.h"
#include "tests/trill/virtual_campus.h"
#include "trill/core/rbridge_internal.h"

#define STRANGER 0x0300
#define TO_NODE  0 /* ports of node 0 */
#define TO_HIM   1

static const struct campus_options trunk = {.configured = true,
	.hello_ms = 300,
	.holding_s = 3,
	.trees = {.compute = 1, .max = 3, .use = 1}};

static void maps(struct rbridge_port_config *config, unsigned int node, uint16_t port)
{
	(void)node;
	(void)port;
	config->mappings[config->mapping_count++] = (struct rbridge_mapping){1, 1, 70000};
}

/* His LSP: a link to node 0, what he can, and his nickname with that priority to be a root. */
static void says(struct phantom *p, const char *capabilities, unsigned int root_priority)
{
	struct lsp_id id = {.system = p->system};
	uint8_t tlvs[128];
	char text[256];

	snprintf(text, sizeof(text),
		"16 0b 02 00 00 00 00 00 00 004e20 00 f2 13 00000000 00 0d 05 00 %s 06 05 ff %04x %04x",
		capabilities, root_priority, STRANGER);
	phantom_lsp(p, &id, ++p->sequence, LSDB_MAX_AGE_S, tlvs, hex(tlvs, sizeof(tlvs), text));
}

/* The same, with label 70000 (INT-LABEL). */
static void says_labels(struct phantom *p)
{
	struct reach reach = {.neighbor = {.system = {{2, 0, 0, 0, 0, 0}}}, .metric = 20000};
	struct capability_interest interest = {
		.nickname = STRANGER, .fgl = true, .start = 70000, .end = 70000};
	struct lsp_id id = {.system = p->system};
	WRITER(w);
	size_t at;

	at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
	reach_put(&w, &reach);
	tlv_end(&w, at, TLV_STANDARD);
	at = capability_begin(&w, 0);
	capability_interest_put(&w, &interest);
	tlv_end(&w, at, TLV_STANDARD);
	phantom_lsp(p, &id, ++p->sequence, LSDB_MAX_AGE_S, w.buf, w.pos);
}

static struct virtual_campus *campus_of(struct phantom *p, uint32_t cost, bool edge)
{
	struct campus_options hosts = trunk;
	struct virtual_campus *c = campus_new(2, 8, 1, &trunk);

	assert_non_null(c);
	hosts.native = true;
	hosts.port = maps;
	campus_wire(c, (unsigned int[]){0, 1}, 2, cost, &trunk);
	campus_wire(c, (unsigned int[]){0}, 1, 20000, &trunk);
	if (edge)
		campus_wire(c, (unsigned int[]){1}, 1, 20000, &hosts);
	*p = phantom_of(c, 0, TO_HIM, 1);
	phantom_live_s(p, 8);
	return c;
}

/* What node 0 says that the link to @node, or to the LAN's pseudonode, costs (RFC 5305 section 3:
 * seven bytes of an ID, three of metric). */
static uint32_t cost_said(struct virtual_campus *c, const struct system_id *to)
{
	const struct campus *seen = rbridge_campus(c->nodes[0].rb);
	struct lan_id own = {.system = {{2, 0, 0, 0, 0, 0}}}, other = {.system = *to};
	uint32_t me = spf_node_find(&seen->graph, &own), it = spf_node_find(&seen->graph, &other);

	assert_true(me != SPF_NONE && it != SPF_NONE);
	for (uint32_t i = 0; i < seen->graph.edge_count; i++)
		if (seen->graph.edges[i].from == me && seen->graph.edges[i].to == it)
			return seen->graph.edges[i].cost;
	return 0;
}

static bool no_labels(const struct virtual_campus *c, unsigned int node, unsigned int port)
{
	return c->nodes[node].ports[port].no_fgl;
}

static const struct system_id node1 = {{2, 0, 0, 0, 1, 0}};

/* Section 5.1, step (A): 20000 + 2^23. */
static void a_no_label_goes_to_who_cannot_take_it_and_that_link_is_dear(void **state)
{
	struct phantom p;
	struct virtual_campus *c = campus_of(&p, 20000, true);

	(void)state;
	says(&p, "20000000", 1);
	phantom_live_s(&p, 3);
	assert_true(no_labels(c, 0, TO_HIM));
	assert_false(no_labels(c, 0, TO_NODE));
	assert_false(no_labels(c, 1, 0));
	assert_int_equal(cost_said(c, &p.system), 8408608);
	assert_int_equal(cost_said(c, &node1), 20000);
	/* He has learned to. */
	says(&p, "60000000", 1);
	phantom_live_s(&p, 3);
	assert_false(no_labels(c, 0, TO_HIM));
	assert_int_equal(cost_said(c, &p.system), 20000);
	campus_free(c);
}

/* Frames of TRILL Data with a fine-grained label (RFC 7172 section 2.3), and without, out to him.
 */
struct heard {
	unsigned int labels, vlans;
};

static void on_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	struct heard *h = arg;

	/* Outer Ethernet 14, TRILL header 6, inner addresses 12. */
	if (wire != TO_HIM || from != 0 || len < 34 || frame[12] != 0x22 || frame[13] != 0xf3)
		return;
	h->labels += frame[32] == 0x89 && frame[33] == 0x3b;
	h->vlans += frame[32] == 0x81 && frame[33] == 0x00;
}

/* The daemon of node 0 has a frame for all, for him, and for the next on the link to him. */
static struct heard sends(struct virtual_campus *c, const struct phantom *p, struct label label)
{
	static const uint8_t payload[] = {0x88, 0xb5, 0, 0};
	struct data_frame f = {.header = {.hops = DATA_HOPS_MAX, .ingress = 0x100},
		.inner = {.da = mac_all_egress, .sa = campus_mac(0, TO_HIM), .label = label},
		.payload = payload,
		.payload_len = sizeof(payload)};
	struct channel_to ways[] = {
		{.multi = true}, {.multi = false}, {.link = true, .port = TO_HIM, .da = p->mac}};
	struct heard h = {0};

	c->tap = on_tap;
	c->tap_arg = &h;
	for (unsigned int i = 0; i < 3; i++) {
		f.header.multi = ways[i].multi;
		f.header.egress = ways[i].egress = STRANGER;
		rbridge_data_send(c->nodes[0].rb, &ways[i], &f);
	}
	c->tap = NULL;
	return h;
}

/* A1: "RB1 MUST so discard all FGL TRILL Data output packets", those that begin here, too. */
static void a_no_label_of_the_daemons_goes_to_who_cannot_take_it(void **state)
{
	const struct label fine = {.id = 90000, .fgl = true}, vlan = {.id = 1};
	const struct rbridge_counters *counters;
	struct phantom p;
	struct virtual_campus *c = campus_of(&p, 20000, true);

	(void)state;
	counters = rbridge_counters(c->nodes[0].rb, TO_HIM);
	says(&p, "60000000", 0xffff); /* he can, and is the root */
	phantom_live_s(&p, 3);
	assert_int_equal(sends(c, &p, fine).labels, 3);
	assert_int_equal(counters->unsafe, 0);
	says(&p, "20000000", 0xffff);
	phantom_live_s(&p, 3);
	assert_int_equal(sends(c, &p, fine).labels, 0);
	assert_int_equal(counters->unsafe, 3);
	/* A VLAN that nobody behind him has: of the tree alone he gets none. */
	assert_int_equal(sends(c, &p, vlan).vlans, 2);
	assert_int_equal(counters->unsafe, 3);
	campus_free(c);
}

/* "Once a TRILL switch advertises an FGL-edge". */
static void a_without_end_stations_of_labels_all_is_as_it_was(void **state)
{
	struct phantom p;
	struct virtual_campus *c = campus_of(&p, 20000, false);

	(void)state;
	says(&p, "20000000", 1);
	phantom_live_s(&p, 3);
	assert_false(no_labels(c, 0, TO_HIM));
	assert_int_equal(cost_said(c, &p.system), 20000);
	campus_free(c);
}

/* "No adjacency between FGL-safe TRILL switches has a cost greater than 200,000." */
static void i_links_of_those_who_can_cost_no_more_than_those_round_the_others(void **state)
{
	struct phantom p;
	struct virtual_campus *c = campus_of(&p, 1000000, true);

	(void)state;
	assert_int_equal(cost_said(c, &node1), 1000000);
	says(&p, "20000000", 1);
	phantom_live_s(&p, 3);
	assert_int_equal(cost_said(c, &node1), 200000);
	says(&p, "60000000", 1);
	phantom_live_s(&p, 3);
	assert_int_equal(cost_said(c, &node1), 1000000);
	campus_free(c);
}

/* Whom nobody lists counts for nothing: neither that he cannot take labels, nor that he has end
 * stations of them (TLV 242 with sub-TLV 15, RFC 7176 section 2.3.8). */
static void i_who_is_not_reached_is_neither_in_the_way_of_labels_nor_has_some(void **state)
{
	struct phantom p, away;
	struct virtual_campus *c = campus_of(&p, 1000000, true);

	(void)state;
	away = phantom_of(c, 0, TO_HIM, 2);
	away.mac = p.mac;
	says(&p, "60000000", 1);
	says(&away, "20000000", 1);
	phantom_live_s(&p, 3);
	assert_int_equal(cost_said(c, &node1), 1000000);
	campus_free(c);

	c = campus_of(&p, 20000, false);
	away = phantom_of(c, 0, TO_HIM, 2);
	away.mac = p.mac;
	says(&p, "20000000", 1);
	says_labels(&away);
	phantom_live_s(&p, 3);
	assert_int_equal(cost_said(c, &p.system), 20000);
	assert_false(rbridge_campus(c->nodes[0].rb)->fgl_edges);
	says_labels(&p); /* who is reached has */
	phantom_live_s(&p, 3);
	assert_true(rbridge_campus(c->nodes[0].rb)->fgl_edges);
	campus_free(c);
}

/* Section 4.5: "the highest priority FGL nickname to be a tree root is used to construct an
 * additional tree, regardless of configuration". */
static void i_labels_have_a_tree_of_their_own_where_no_root_can_take_them(void **state)
{
	struct phantom p;
	struct virtual_campus *c = campus_of(&p, 20000, true);
	const struct campus_node_sim *n = &c->nodes[1];

	(void)state;
	says(&p, "20000000", 0xffff);
	phantom_live_s(&p, 3);
	assert_int_equal(n->self.root, STRANGER);
	assert_int_equal(n->self.fgl_root, 0x100);
	assert_true(n->trees[2].live);
	assert_int_equal(n->trees[2].row.root, 0x100);
	/* Of node 1 the frames of that tree come by the link to it; of him, who can not, none. */
	assert_int_equal(c->nodes[0].rpf[c->slots[0x101]][2].ifindex, TO_NODE + 1);
	assert_int_equal(c->nodes[0].rpf[c->slots[STRANGER]][2].ifindex, 0);
	/* He has learned to: one tree is enough. */
	says(&p, "60000000", 0xffff);
	phantom_live_s(&p, 3);
	assert_false(n->trees[2].live);
	assert_int_equal(n->self.fgl_root, STRANGER);
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_no_label_goes_to_who_cannot_take_it_and_that_link_is_dear),
		cmocka_unit_test(a_no_label_of_the_daemons_goes_to_who_cannot_take_it),
		cmocka_unit_test(a_without_end_stations_of_labels_all_is_as_it_was),
		cmocka_unit_test(i_links_of_those_who_can_cost_no_more_than_those_round_the_others),
		cmocka_unit_test(i_who_is_not_reached_is_neither_in_the_way_of_labels_nor_has_some),
		cmocka_unit_test(i_labels_have_a_tree_of_their_own_where_no_root_can_take_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
