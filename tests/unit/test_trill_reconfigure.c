/* Another configuration while RBridges run: items F, G, H and I of docs/trill.md. */
#include "tests/unit/trill_campus.h"

static struct virtual_campus *line_of(unsigned int nodes, const struct campus_options *options)
{
	struct virtual_campus *c = campus_of(nodes, options);

	for (unsigned int n = 1; n < nodes; n++)
		wire(c, n - 1, n, options);
	campus_run_ms(c, 60000);
	return c;
}

/* @node's @port gets what stands in its configs[] now. */
static void apply(struct virtual_campus *c, unsigned int node, uint16_t port)
{
	struct campus_node_sim *n = &c->nodes[node];

	assert_true(rbridge_port_reconfigure(n->rb, port, &n->configs[port], c->now));
	timer_set(&c->timers, &n->timer, rbridge_next(n->rb));
}

static const struct adjacency *row_of(const struct virtual_campus *c, unsigned int node)
{
	return &rbridge_adjacencies(c->nodes[node].rb, 0)->rows[0];
}

static void i_another_cost_turns_the_way_and_no_neighbour_is_lost(void **state)
{
	struct virtual_campus *c = campus_of(3, &lan);
	struct mono since;

	(void)state;
	wire(c, 0, 1, &lan);
	wire(c, 1, 2, &lan);
	wire(c, 2, 0, &lan);
	campus_run_ms(c, 60000);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].hop[0].ifindex, 2);
	since = row_of(c, 0)->designated_until;
	c->nodes[0].configs[1].cost = 50000; /* away from 0 */
	apply(c, 0, 1);
	campus_run_ms(c, 200);
	assert_int_equal(c->nodes[0].paths[c->slots[0x102]].hop[0].ifindex, 1);
	assert_int_equal(
		c->nodes[2].paths[c->slots[0x100]].hop[0].ifindex, 2); /* back: as before */
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	assert_true(!mono_before(row_of(c, 0)->designated_until, since));
	assert_converged(c);
	campus_free(c);
}

static void f_another_priority_elects_another_drb(void **state)
{
	struct virtual_campus *c = line_of(2, &lan);

	(void)state;
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	c->nodes[0].configs[0].priority = 0x50;
	apply(c, 0, 0);
	campus_run_ms(c, 200);
	assert_true(rbridge_is_drb(c->nodes[0].rb, 0));
	assert_false(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	assert_int_equal(row_of(c, 1)->state, ADJACENCY_REPORT);
	campus_free(c);
}

static void g_other_vlans_are_served_when_they_are_enabled(void **state)
{
	struct campus_options native = lan;
	struct virtual_campus *c;

	(void)state;
	native.native = true;
	c = line_of(2, &native);
	assert_true(vlan_set_has(&c->nodes[1].forwarders[0].appointed, 1));
	assert_false(vlan_set_has(&c->nodes[1].forwarders[0].enabled, 20));
	vlan_set_add(&c->nodes[1].configs[0].enabled, 20);
	apply(c, 1, 0);
	campus_run_ms(c, 40000); /* inhibited for a holding time */
	assert_true(vlan_set_has(&c->nodes[1].forwarders[0].enabled, 20));
	assert_true(vlan_set_has(&c->nodes[1].forwarders[0].appointed, 20));
	assert_false(vlan_set_has(&c->nodes[1].forwarders[0].inhibited, 20));
	c->nodes[1].configs[0].enabled.bits[0] &= ~(1ull << 20);
	apply(c, 1, 0);
	campus_run_ms(c, 1000);
	assert_false(vlan_set_has(&c->nodes[1].forwarders[0].enabled, 20));
	assert_int_equal(row_of(c, 0)->state, ADJACENCY_REPORT);
	campus_free(c);
}

static void f_the_same_configuration_changes_nothing(void **state)
{
	struct virtual_campus *c = line_of(2, &lan);
	struct mono next = rbridge_next(c->nodes[0].rb);
	uint64_t writes = c->writes;

	(void)state;
	apply(c, 0, 0);
	assert_true(rbridge_next(c->nodes[0].rb).ns == next.ns); /* no Hello before its time */
	assert_true(c->writes == writes);
	c->nodes[0].configs[0].bfd = true; /* found anew */
	apply(c, 0, 0);
	assert_int_equal(rbridge_adjacencies(c->nodes[0].rb, 0)->count, 0);
	campus_free(c);
}

static struct rbridge_config base;

static void base_keep(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	base = *config;
}

/* "Sub-TLV 8, 4 bytes, from tree 1 on, nickname 0x122" (RFC 7176 section 2.3.4) is in our LSP. */
static bool says_root_0x122(struct virtual_campus *c)
{
	struct lsp_id id = {.system = base.system};
	const struct lsdb_lsp *lsp = lsdb_find(rbridge_lsdb(c->nodes[0].rb), &id);

	assert_non_null(lsp);
	for (size_t i = 27; i + 6 <= lsp->len; i++)
		if (!memcmp(lsp->bytes + i, "\x08\x04\x00\x01\x01\x22", 6))
			return true;
	return false;
}

static void h_what_our_lsp_says_follows_and_who_we_are_does_not(void **state)
{
	struct campus_options kept = p2p;
	struct rbridge_config other;
	struct virtual_campus *c;

	(void)state;
	kept.node = base_keep;
	c = campus_of(1, &kept);
	campus_run_ms(c, 60000);
	other = base;
	other.roots = (struct rbridge_tree_list){{0x122}, 1};
	assert_false(says_root_0x122(c));
	assert_true(rbridge_reconfigure(c->nodes[0].rb, &other, c->now));
	rbridge_time(c->nodes[0].rb, c->now);
	assert_true(says_root_0x122(c));
	other.nicknames[0].nickname = 0x108;
	assert_false(rbridge_reconfigure(c->nodes[0].rb, &other, c->now));
	other = base;
	other.nodes_max++;
	assert_false(rbridge_reconfigure(c->nodes[0].rb, &other, c->now));
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(i_another_cost_turns_the_way_and_no_neighbour_is_lost),
		cmocka_unit_test(f_another_priority_elects_another_drb),
		cmocka_unit_test(g_other_vlans_are_served_when_they_are_enabled),
		cmocka_unit_test(f_the_same_configuration_changes_nothing),
		cmocka_unit_test(h_what_our_lsp_says_follows_and_who_we_are_does_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
