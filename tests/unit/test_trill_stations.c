/* RBridges with end stations, on virtual links under virtual time: what the rooms for them do
 * together (items G, J, K and L of docs/trill.md). */
#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_campus.h"

static const struct campus_options hybrid = {.native = true,
	.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 2, .max = 3, .use = 1}};

static struct virtual_campus *campus_of(unsigned int nodes, const struct campus_options *options)
{
	struct virtual_campus *c = campus_new(nodes, 16, 1, options);

	assert_non_null(c);
	return c;
}

/* A LAN of the first @n nodes. */
static unsigned int lan_of(
	struct virtual_campus *c, unsigned int n, const struct campus_options *options)
{
	unsigned int nodes[CAMPUS_LAN_MAX];

	for (unsigned int i = 0; i < n; i++)
		nodes[i] = i;
	return campus_wire(c, nodes, n, 20000, options);
}

/* One more VLAN is enabled on a port. */
static void enable(struct virtual_campus *c, unsigned int node, uint16_t port, uint16_t vlan)
{
	vlan_set_add(&c->nodes[node].configs[port].enabled, vlan);
	campus_port_up(c, node, port);
}

static bool appointed(const struct virtual_campus *c, unsigned int node, uint16_t vlan)
{
	return vlan_set_has(&c->nodes[node].forwarders[0].appointed, vlan);
}

static bool inhibited(const struct virtual_campus *c, unsigned int node, uint16_t vlan)
{
	return vlan_set_has(&c->nodes[node].forwarders[0].inhibited, vlan);
}

/* RFC 8139 sections 2.1 and 3: the DRB serves what it has, and appoints others for the rest. */
static void g_a_drb_serves_its_vlans_and_appoints_another_by_hello_for_the_rest(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	lan_of(c, 2, &hybrid);
	enable(c, 0, 0, 20);
	campus_run_ms(c, 10000);
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_true(appointed(c, 1, 1) && inhibited(c, 1, 1));
	campus_run_ms(c, 60000);
	assert_true(appointed(c, 1, 1) && !inhibited(c, 1, 1));
	assert_false(appointed(c, 0, 1));
	assert_true(appointed(c, 0, 20) && !inhibited(c, 0, 20));
	assert_false(appointed(c, 1, 20));
	campus_free(c);
}

/* The DRB goes: who is left becomes it, and is silent for a Holding Time. */
static void g_the_next_drb_is_inhibited_for_a_holding_time(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	lan_of(c, 2, &hybrid);
	campus_run_ms(c, 60000);
	assert_false(appointed(c, 0, 1));
	rbridge_port_down(c->nodes[1].rb, 0, c->now);
	assert_false(appointed(c, 1, 1));
	campus_run_ms(c, 35000);
	assert_true(appointed(c, 0, 1) && inhibited(c, 0, 1));
	campus_run_ms(c, 31000);
	assert_true(appointed(c, 0, 1) && !inhibited(c, 0, 1));
	campus_free(c);
}

/* RFC 6325 section 4.9.1: trunk, access and point-to-point ports. */
static void g_a_trunk_port_serves_no_end_stations_and_an_access_port_carries_no_data(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);

	(void)state;
	lan_of(c, 2, &hybrid);
	c->nodes[1].configs[0].trunk = true;
	c->nodes[0].configs[0].access = true;
	campus_port_up(c, 0, 0);
	campus_port_up(c, 1, 0);
	campus_run_ms(c, 60000);
	assert_true(c->nodes[1].ports[0].trill && !c->nodes[1].ports[0].native);
	assert_true(c->nodes[0].ports[0].native && !c->nodes[0].ports[0].trill);
	/* The trunk port is DRB, and does not appoint who has it for an access link. */
	assert_true(rbridge_is_drb(c->nodes[1].rb, 0));
	assert_false(appointed(c, 0, 1));
	assert_int_equal(campus_unicast(c, 0, campus_nickname(c, 1), 0), -1);
	assert_int_equal(campus_unicast(c, 1, campus_nickname(c, 0), 0), -1);
	campus_free(c);
}

/* Our LSP tells of the VLANs that we are appointed for, and how often we lost one (RFC 6325 section
 * 4.8.3). */
static void g_our_lsp_says_what_we_are_appointed_for_and_how_often_we_lost_it(void **state)
{
	struct virtual_campus *c = campus_of(2, &hybrid);
	const struct campus_interest *said;

	(void)state;
	lan_of(c, 2, &hybrid);
	enable(c, 1, 0, 30);
	campus_run_ms(c, 60000);
	said = campus_interest_find(rbridge_campus(c->nodes[0].rb), campus_nickname(c, 1), 30);
	assert_non_null(said);
	assert_int_equal(said->af_lost, 0);
	assert_null(
		campus_interest_find(rbridge_campus(c->nodes[0].rb), campus_nickname(c, 1), 31));
	campus_port_up(c, 1, 0);
	campus_run_ms(c, 60000);
	said = campus_interest_find(rbridge_campus(c->nodes[0].rb), campus_nickname(c, 1), 30);
	assert_non_null(said);
	assert_int_equal(said->af_lost, 1);
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			g_a_drb_serves_its_vlans_and_appoints_another_by_hello_for_the_rest),
		cmocka_unit_test(g_the_next_drb_is_inhibited_for_a_holding_time),
		cmocka_unit_test(
			g_a_trunk_port_serves_no_end_stations_and_an_access_port_carries_no_data),
		cmocka_unit_test(g_our_lsp_says_what_we_are_appointed_for_and_how_often_we_lost_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
