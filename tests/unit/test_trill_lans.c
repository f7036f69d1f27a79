/* LANs with end stations and several RBridges each, that lose and regain links, cables and RBridges
 * at random (item G of docs/trill.md): what tests/trill/sim_lans does for longer. */
#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_lans.h"

#define FIRST 11
#define LAST  14

static void told(struct mono now, const char *what)
{
	print_message("at %.3f s: %s\n", (double)now.ns / 1e9, what);
}

static struct virtual_lans *lans_of(uint64_t seed)
{
	struct lans_options options = {.rbridges = 8, .lans = 5, .seed = seed, .esadi = seed % 2};
	struct virtual_lans *l = lans_new(&options);

	assert_non_null(l);
	return l;
}

static void g_whatever_happens_a_frame_crosses_no_lan_twice_and_reaches_all_at_rest(void **state)
{
	struct lans_counts all = {0};
	uint64_t pruned = 0;

	(void)state;
	for (uint64_t seed = FIRST; seed <= LAST; seed++) {
		struct virtual_lans *l = lans_of(seed);

		l->complain = told;
		lans_rest(l);
		for (unsigned int i = 0; i < 4; i++) {
			lans_strike(l, 30000);
			lans_rest(l);
		}
		if (lans_broken(l))
			print_message("seed %u\n", (unsigned int)seed);
		assert_int_equal(lans_broken(l), 0);
		pruned += l->dp.pruned;
		all.kills += l->counts.kills;
		all.cables += l->counts.cables;
		all.cuts += l->counts.cuts;
		all.orders += l->counts.orders;
		lans_free(l);
	}
	assert_true(pruned && all.kills && all.cables && all.cuts && all.orders);
}

/* The data plane of one RBridge passes native frames in VLAN 1 of a LAN that another serves. */
static void second_forwarder(struct virtual_lans *l, unsigned int lan)
{
	const struct campus_wire *w = &l->c->wires[lan];

	for (unsigned int i = 0; i < w->count; i++) {
		struct campus_node_sim *n = &l->c->nodes[w->ends[i].node];
		struct tables_forwarder *f = &n->forwarders[w->ends[i].port];

		if (!n->ports[w->ends[i].port].native)
			continue;
		vlan_set_add(&f->appointed, 1);
		vlan_set_clear(&f->inhibited);
	}
}

static void g_two_forwarders_of_a_lan_are_noticed(void **state)
{
	struct virtual_lans *l = lans_of(1);

	(void)state;
	lans_rest(l);
	assert_int_equal(lans_broken(l), 0);
	second_forwarder(l, 0);
	lans_rest(l);
	assert_true(l->broken.twice || l->broken.back);
	assert_true(l->broken.looped);
	assert_true(l->broken.doubled);
	assert_true(l->broken.unserved);
	lans_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			g_whatever_happens_a_frame_crosses_no_lan_twice_and_reaches_all_at_rest),
		cmocka_unit_test(g_two_forwarders_of_a_lan_are_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
