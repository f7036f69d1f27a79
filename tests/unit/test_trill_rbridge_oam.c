/* OAM of whole RBridges, on virtual links under virtual time, through a data plane that follows
 * their tables (docs/trill.md, M): RFC 7455 sections 3.3, 9 to 12. */
#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_datapath.h"
#include "trill/codec/flow.h"

static const struct campus_options points = {.p2p = true,
	.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 1, .max = 1, .use = 1}};

static struct oam_probe_result results[64];
static unsigned int result_count;
static struct rbridge_event events[64];
static struct continuity_event checks[64];
static unsigned int event_count;

static void on_result(void *arg, const struct oam_probe_result *result)
{
	(void)arg;
	assert_true(result_count < 64);
	results[result_count++] = *result;
}

static void on_event(void *arg, unsigned int node, const struct rbridge_event *event)
{
	(void)arg;
	if (event->kind != RBRIDGE_CONTINUITY)
		return;
	assert_true(event_count < 64);
	checks[event_count] = *event->check;
	events[event_count] = *event;
	events[event_count++].port = (uint16_t)node;
}

/* @n RBridges in a row, 0 to 1 to 2. */
static struct virtual_campus *row_of(
	unsigned int n, struct virtual_datapath *dp, const struct campus_options *options)
{
	struct virtual_campus *c = campus_new(n, 16, 1, options);

	assert_non_null(c);
	for (unsigned int i = 0; i + 1 < n; i++)
		campus_wire(c, (unsigned int[]){i, i + 1}, 2, 20000, options);
	datapath_init(dp, c);
	c->event = on_event;
	result_count = event_count = 0;
	campus_run_ms(c, 30000);
	return c;
}

static struct oam_probe_want want_of(
	const struct virtual_campus *c, enum oam_probe_kind kind, unsigned int node)
{
	return (struct oam_probe_want){.kind = kind,
		.egress = campus_nickname(c, node),
		.hops = 20,
		.count = 1,
		.interval_ms = 1000,
		.timeout_ms = 1000,
		.label = {.id = 1},
		.result = on_result};
}

static void probe(struct virtual_campus *c, const struct oam_probe_want *want)
{
	result_count = 0;
	assert_int_equal(rbridge_probe(c->nodes[0].rb, want, c->now), 0);
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(c->nodes[0].rb));
	campus_run_ms(c, 5000);
}

static void m_an_rbridge_is_pinged_over_another(void **state)
{
	struct virtual_datapath dp;
	struct virtual_campus *c = row_of(3, &dp, &points);
	struct oam_probe_want want = want_of(c, OAM_PROBE_PING, 2);

	(void)state;
	probe(c, &want);
	assert_int_equal(result_count, 2);
	assert_int_equal(results[0].what, OAM_PROBE_ANSWER);
	assert_int_equal(results[0].nickname, campus_nickname(c, 2));
	assert_int_equal(results[0].hops_there, 19);
	assert_int_equal(results[0].rtt_us, 4 * CAMPUS_DELAY_US);
	assert_true(results[1].reached);
	assert_int_equal(rbridge_oam(c->nodes[2].rb)->received[OAM_TAKEN], 1);
	assert_int_equal(rbridge_oam(c->nodes[1].rb)->received[OAM_TAKEN], 0);
	campus_free(c);
}

static void m_a_trace_goes_from_rbridge_to_rbridge(void **state)
{
	struct virtual_datapath dp;
	struct virtual_campus *c = row_of(4, &dp, &points);
	struct oam_probe_want want = want_of(c, OAM_PROBE_TRACE, 3);

	(void)state;
	probe(c, &want);
	assert_int_equal(result_count, 4);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(results[i].what, OAM_PROBE_ANSWER);
		assert_int_equal(results[i].nickname, campus_nickname(c, i + 1));
		assert_int_equal(results[i].previous, campus_nickname(c, i));
		assert_int_equal(results[i].intermediate, i < 2);
		assert_int_equal(results[i].next_count, i < 2);
		assert_true(results[i].has_ingress);
		assert_int_equal(results[i].ingress.id, 0); /* port 0 is toward node 0 */
		assert_int_equal(results[i].status, OAM_INTERFACE_UP);
	}
	assert_int_equal(results[1].next[0], campus_nickname(c, 3));
	assert_true(results[1].has_egress);
	assert_int_equal(results[1].egress.id, 1);
	assert_true(results[3].reached);
	campus_free(c);
}

/* 0 has 1 and 2 beside it, 3 behind either; 3 has 4 and 5, and 6 behind either. */
static struct virtual_campus *diamonds_of(struct virtual_datapath *dp)
{
	static const unsigned int wires[][2] = {
		{0, 1}, {0, 2}, {1, 3}, {2, 3}, {3, 4}, {3, 5}, {4, 6}, {5, 6}};
	struct virtual_campus *c = campus_new(7, 16, 1, &points);

	assert_non_null(c);
	for (unsigned int i = 0; i < sizeof(wires) / sizeof(*wires); i++)
		campus_wire(c, wires[i], 2, 20000, &points);
	datapath_init(dp, c);
	c->event = on_event;
	campus_run_ms(c, 30000);
	return c;
}

/* The path is that of the flow which is named, and not the first that there is (section 3.2). */
static void m_a_trace_takes_the_path_of_its_flow(void **state)
{
	uint8_t flow[OAM_FLOW_LEN] = {2, 0, 0, 0, 0xee, 1, 2, 0, 0, 0, 0xee, 2, 0x81, 0, 0, 1, 8, 0,
		0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100};
	struct virtual_datapath dp;
	struct virtual_campus *c = diamonds_of(&dp);
	struct oam_probe_want want = want_of(c, OAM_PROBE_TRACE, 6);
	const struct campus_node_sim *n = &c->nodes[0];
	unsigned int by_second = 0, by_5 = 0;

	(void)state;
	want.flow = flow;
	for (uint8_t i = 0; i < 16; i++) {
		const struct tables_path *path = &n->paths[c->slots[want.egress]];
		unsigned int which;

		flow[37] = i;
		which = flow_choice(flow_hash(flow, flow + sizeof(flow), n->self.hash_seed), 2);
		probe(c, &want);
		assert_int_equal(result_count, 5);
		assert_int_equal(results[0].nickname, campus_nickname(c, path->hop[which].ifindex));
		assert_int_equal(results[1].previous, results[0].nickname);
		/* 3 names its port toward 4 or 5. */
		assert_true(results[1].has_egress);
		assert_int_equal(
			results[2].nickname, campus_nickname(c, results[1].egress.id + 2u));
		assert_true(results[4].reached);
		by_second += which;
		by_5 += results[1].egress.id == 3;
	}
	assert_in_range(by_5, 2, 14);
	assert_in_range(by_second, 2, 14);
	campus_free(c);
}

/* All but the second have end stations in VLAN 1. */
static void stations(struct rbridge_config *config, unsigned int number)
{
	if (number != 1)
		vlan_set_add(&config->interested, 1);
}

static void m_a_tree_is_verified_by_all_of_it(void **state)
{
	struct campus_options options = points;
	struct virtual_datapath dp;
	struct virtual_campus *c;
	struct oam_probe_want want;

	(void)state;
	options.node = stations;
	c = row_of(4, &dp, &options);
	want = want_of(c, OAM_PROBE_TREE, 0);
	want.egress = c->nodes[0].self.root;
	probe(c, &want);
	assert_int_equal(result_count, 4);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(results[i].nickname, campus_nickname(c, i + 1));
		assert_int_equal(results[i].previous, campus_nickname(c, i));
		assert_int_equal(results[i].next_count, i < 2);
		assert_true(results[i].has_receivers && !results[i].receivers);
	}
	assert_int_equal(results[0].next[0], campus_nickname(c, 2));
	assert_true(results[3].reached && results[3].answered == 3);
	/* Where nobody has end stations the branch is pruned. */
	want.label.id = 2;
	probe(c, &want);
	assert_int_equal(result_count, 1);
	assert_false(results[0].reached);
	campus_free(c);
}

/* Section 3.3: what its LSP does not say may not be used. */
static void m_who_is_not_in_the_campus_is_not_oam_capable(void **state)
{
	struct virtual_datapath dp;
	struct virtual_campus *c = row_of(2, &dp, &points);
	struct oam_probe_want want = want_of(c, OAM_PROBE_PING, 1);

	(void)state;
	assert_int_equal(rbridge_probe(c->nodes[0].rb, &want, c->now), 0);
	want.egress = 0x7777;
	assert_int_equal(rbridge_probe(c->nodes[0].rb, &want, c->now), -OAM_PROBE_INCAPABLE);
	want.egress = campus_nickname(c, 0);
	assert_int_equal(rbridge_probe(c->nodes[0].rb, &want, c->now), -OAM_PROBE_US);
	campus_free(c);
}

static void check(struct virtual_campus *c, unsigned int from, unsigned int to)
{
	assert_true(rbridge_check(c->nodes[from].rb, campus_nickname(c, to), true, c->now));
	timer_set(&c->timers, &c->nodes[from].timer, rbridge_next(c->nodes[from].rb));
}

static void m_a_link_that_falls_silent_is_told_of_by_continuity_checks(void **state)
{
	struct virtual_datapath dp;
	struct virtual_campus *c = row_of(3, &dp, &points);

	(void)state;
	check(c, 0, 2);
	check(c, 2, 0);
	assert_false(rbridge_check(c->nodes[0].rb, campus_nickname(c, 2), true, c->now));
	campus_run_ms(c, 10000);
	assert_int_equal(event_count, 0);
	assert_true(rbridge_continuity(c->nodes[0].rb)->remotes[0].received >= 10);
	c->wires[1].silent = true; /* the carrier stays */
	campus_run_ms(c, 4000);
	assert_int_equal(event_count, 2);
	assert_int_equal(checks[0].kind, CONTINUITY_LOST);
	assert_int_equal(checks[1].kind, CONTINUITY_LOST);
	c->wires[1].silent = false;
	campus_run_ms(c, 2000);
	assert_true(event_count >= 4);
	assert_int_equal(checks[2].kind, CONTINUITY_RESUMED);
	assert_true(rbridge_check(c->nodes[0].rb, campus_nickname(c, 2), false, c->now));
	assert_false(rbridge_check(c->nodes[0].rb, campus_nickname(c, 2), false, c->now));
	campus_free(c);
}

static void assert_no_two_flows_are_the_same(const struct continuity *k)
{
	assert_in_range(k->flow_count, 2, CONTINUITY_FLOWS_MAX);
	for (unsigned int i = 0; i < k->flow_count; i++)
		for (unsigned int j = 0; j < i; j++)
			assert_memory_not_equal(k->flows[i], k->flows[j], OAM_FLOW_LEN);
}

/* Section 12.2.1: where there are equal paths each is checked, and the one that fails is told while
 * the other carries on. */
static void m_checks_go_by_each_of_equal_paths(void **state)
{
	struct virtual_datapath dp;
	struct virtual_campus *c;

	(void)state;
	for (unsigned int wire = 0; wire < 2; wire++) {
		unsigned int lost = 0, resumed = 0;

		c = diamonds_of(&dp);
		assert_no_two_flows_are_the_same(rbridge_continuity(c->nodes[0].rb));
		check(c, 0, 6);
		check(c, 6, 0);
		campus_run_ms(c, 20000);
		event_count = 0;
		c->wires[wire].silent =
			true; /* as long as no Hello is missed for the holding time */
		campus_run_ms(c, 24000);
		for (unsigned int i = 0; i < event_count; i++) {
			lost += events[i].port == 6 && checks[i].kind == CONTINUITY_LOST;
			resumed += events[i].port == 6 && checks[i].kind == CONTINUITY_RESUMED;
		}
		assert_true(lost && resumed);
		campus_free(c);
	}
}

static struct isis_key *key;
static struct rbridge_config configs[2];

static void keyed(struct rbridge_config *config, unsigned int number)
{
	config->keys = &key;
	config->key_count = 1;
	configs[number] = *config;
}

static void reload(struct virtual_campus *c, unsigned int node, enum oam_auth_mode mode)
{
	configs[node].oam_auth = mode;
	assert_true(rbridge_reconfigure(c->nodes[node].rb, &configs[node], c->now));
}

/* Section 8.4.13: who demands it answers nobody else; who signs alone answers all. */
static void m_authentication_is_demanded_from_a_reload_on(void **state)
{
	struct campus_options options = points;
	struct virtual_datapath dp;
	struct virtual_campus *c;
	struct oam_probe_want want;

	(void)state;
	key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	options.node = keyed;
	c = row_of(2, &dp, &options);
	want = want_of(c, OAM_PROBE_PING, 1);
	probe(c, &want);
	assert_true(results[result_count - 1].reached);
	reload(c, 1, OAM_AUTH_ENFORCE);
	probe(c, &want);
	assert_false(results[result_count - 1].reached);
	assert_int_equal(rbridge_oam(c->nodes[1].rb)->received[OAM_BAD_AUTH], 1);
	reload(c, 0, OAM_AUTH_SEND);
	probe(c, &want);
	assert_true(results[result_count - 1].reached);
	reload(c, 1, OAM_AUTH_NONE);
	probe(c, &want); /* the answer is not signed, and taken */
	assert_true(results[result_count - 1].reached);
	reload(c, 0, OAM_AUTH_ENFORCE);
	probe(c, &want);
	assert_false(results[result_count - 1].reached);
	campus_free(c);
	isis_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(m_an_rbridge_is_pinged_over_another),
		cmocka_unit_test(m_a_trace_goes_from_rbridge_to_rbridge),
		cmocka_unit_test(m_a_trace_takes_the_path_of_its_flow),
		cmocka_unit_test(m_a_tree_is_verified_by_all_of_it),
		cmocka_unit_test(m_who_is_not_in_the_campus_is_not_oam_capable),
		cmocka_unit_test(m_a_link_that_falls_silent_is_told_of_by_continuity_checks),
		cmocka_unit_test(m_checks_go_by_each_of_equal_paths),
		cmocka_unit_test(m_authentication_is_demanded_from_a_reload_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
