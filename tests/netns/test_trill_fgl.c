/* The RBridge's programs and fine-grained labels, one frame to one port (RFC 7172 sections 2.3, 4
 * and 5.1): VLAN 20 of n0 and VLAN 10 of n1 stand for label 70000, which is (0x011.0x170). Needs
 * root and BPF. */
#include <stdio.h>

#include "tests/netns/trill_bpf.h"

#define LABEL  70000
#define NUMBER 4096
#define FGL    "89 3b 00 11 89 3b 01 70 "
#define TO_US  T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 "
#define OUTER  ".. .. .. .. .. .. .. .. .. .. .. .. .. .. " /* written when each copy leaves */
#define TO_ALL "ff ff ff ff ff ff "

static void map_ports(struct world *w)
{
	struct tables_self self = {
		.count = 1, .nicknames = {1}, .ingress = 1, .root = 5, .fgl_root = 5};
	struct tables_forwarder f = {
		.enabled = vlans_of(10, 20, 0, 0), .appointed = vlans_of(10, 20, 0, 0)};

	assert_int_equal(w->t->self_set(w->t, &self), 0);
	assert_int_equal(w->t->forwarder_set(w->t, w->ports[N0], &f), 0);
	assert_int_equal(w->t->label_set(w->t, LABEL, NUMBER), 0);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N0], 20, NUMBER), 0);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N1], 10, NUMBER), 0);
}

static struct world *mapped(void **state)
{
	struct world *w = *state;

	map_ports(w);
	return w;
}

/* Section 4.1: "The FGL ingress process MUST copy the priority and DEI ... to the upper 4 bits of
 * the Inner.Label Low Order part", and without a mapping of priorities to those of the high. */
static void a_a_vlan_of_a_port_enters_as_its_label(void **state)
{
	struct world *w = mapped(state);

	station(w, E2, NUMBER, 3, 0, 0x20);
	sent(w, N0, E2 E1 "81 00 b0 14 " DATA, "ingress",
		RB3_MAC T0_MAC "22 f3 00 14 00 03 00 01 " E2 E1 "89 3b b0 11 89 3b b1 70 " DATA);
	assert_string_equal(whereabouts(w, E1, NUMBER), "port n0 confidence 32");
	assert_string_equal(whereabouts(w, E1, 20), "unknown");
	/* Another VLAN of the port stands for itself. */
	sent(w, N0, E2 E1 "81 00 b0 0a " DATA, "flood_in",
		OUTER "08 09 00 05 00 01 " E2 E1 "81 00 b0 0a " DATA);
	forget(w, E1, NUMBER);
	forget(w, E1, 10);
	forget(w, E2, NUMBER);
}

/* A frame without a tag is of the port's own VLAN, which is mapped as others are. */
static void a_the_own_vlan_of_a_port_enters_as_its_label(void **state)
{
	struct world *w = mapped(state);

	assert_int_equal(w->t->mapping_set(w->t, w->ports[N0], 20, 0), 0);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N0], 10, NUMBER), 0);
	station(w, E2, NUMBER, 3, 0, 0x20);
	sent(w, N0, E2 E1 DATA, "ingress",
		RB3_MAC T0_MAC "22 f3 00 14 00 03 00 01 " E2 E1 FGL DATA);
	sent(w, T0, TO_US E1 E2 FGL DATA, "egress", E1 E2 DATA);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N0], 10, 0), 0);
	forget(w, E1, NUMBER);
	forget(w, E2, NUMBER);
}

/* Section 4.3: "The priority and DEI of the egressed native frame are taken from the Inner.Label
 * Low Order Part", the VLAN from the port. */
static void a_a_label_leaves_as_the_vlan_of_the_port(void **state)
{
	struct world *w = mapped(state);

	station(w, E1, NUMBER, 0, N1, 0x20);
	sent(w, T0, TO_US E1 E2 "89 3b 60 11 89 3b b1 70 " DATA, "egress",
		E1 E2 "81 00 b0 0a " DATA);
	assert_string_equal(whereabouts(w, E2, NUMBER), "nickname 3 confidence 32");
	forget(w, E1, NUMBER);
	station(w, E1, NUMBER, 0, N0, 0x20);
	sent(w, T0, TO_US E1 E2 FGL DATA, "egress", E1 E2 "81 00 00 14 " DATA);
	forget(w, E1, NUMBER);
	forget(w, E2, NUMBER);
}

/* Section 3: "the native frame C-VLAN ... can be different from ... a different link attached to
 * the same TRILL switch". */
static void a_from_port_to_port_by_the_label(void **state)
{
	struct world *w = mapped(state);

	station(w, E2, NUMBER, 0, N1, 0x20);
	sent(w, N0, E2 E1 "81 00 60 14 " DATA, "local", E2 E1 "81 00 60 0a " DATA);
	forget(w, E1, NUMBER);
	forget(w, E2, NUMBER);
}

/* Section 4.3: "MUST NOT egress an FGL packet with label (X.Y) to any port not configured with that
 * FGL, even if the port is configured to egress VL packets in VLAN X"; section 3: the spaces are
 * different. */
static void a_labels_and_vlans_do_not_mix(void **state)
{
	struct world *w = mapped(state);

	station(w, E1, NUMBER, 0, H0, 0x20);
	dropped(w, T0, TO_US E1 E2 FGL DATA, "drop_not_forwarder");
	forget(w, E1, NUMBER);
	station(w, E1, 10, 0, N1, 0x20); /* where VLAN 10 is the label's */
	dropped(w, T0, TO_US E1 E2 TAG10 DATA, "drop_not_forwarder");
	/* (0x00a.0x001): a station of VLAN 10 is not meant. */
	station(w, E1, 10, 0, N0, 0x20);
	sent(w, T0, TO_US E1 E2 "89 3b 00 0a 89 3b 00 01 " DATA, "flood_out",
		TO_US E1 E2 "89 3b 00 0a 89 3b 00 01 " DATA);
	forget(w, E1, 10);
	forget(w, E2, 10);
	forget(w, E2, NUMBER);
}

/* Section 2.3: "it MUST discard the packet". */
static void b_a_label_whose_second_half_is_none_is_dropped(void **state)
{
	struct world *w = mapped(state);

	dropped(w, T0, TO_US E1 E2 "89 3b 00 11 81 00 01 70 " DATA, "drop_fgl");
	dropped(w, T0, TO_US E1 E2 "89 3b 00 11 89 3b", "drop_short");
}

/* Section 4.3: "MUST accept multi-destination TRILL Data packets that are sent to them as TRILL
 * unicast packets"; of VLANs RFC 6325 section 4.6.2.4 has them dropped. */
static void b_serial_unicast_is_taken_of_labels_alone(void **state)
{
	struct world *w = mapped(state);

	sent(w, T0, TO_US TO_ALL E2 FGL DATA, "flood_out", TO_US TO_ALL E2 FGL DATA);
	dropped(w, T0, TO_US TO_ALL E2 TAG10 DATA, "drop_inner_group");
	forget(w, E2, NUMBER);
	forget(w, E2, 10);
}

static void all_behind(struct world *w, uint16_t nickname)
{
	struct tables_station row = {.mac = mac_broadcast,
		.vlan = NUMBER,
		.nickname = nickname,
		.confidence = TABLES_CONFIDENCE_STATIC};

	assert_int_equal(w->t->station_set(w->t, &row), 0);
}

/* Section 4.1.1: "SHOULD unicast a multi-destination TRILL Data packet if there is only one
 * relevant egress FGL TRILL switch". */
static void i_what_one_rbridge_alone_wants_goes_to_it_by_unicast(void **state)
{
	static const char *const many[] = {TO_ALL, "01 00 5e 00 00 01 ", E2};
	struct world *w = mapped(state);
	char in[256], out[256];

	all_behind(w, 3);
	for (unsigned int i = 0; i < 3; i++) {
		snprintf(in, sizeof(in), "%s" E1 "81 00 b0 14 " DATA, many[i]);
		snprintf(out, sizeof(out),
			RB3_MAC T0_MAC "22 f3 00 14 00 03 00 01 "
				       "%s" E1 "89 3b b0 11 89 3b b1 70 " DATA,
			many[i]);
		sent(w, N0, in, "ingress", out);
	}
	/* Who is known is where he is. */
	station(w, E2, NUMBER, 4, 0, 0x20);
	sent(w, N0, E2 E1 "81 00 b0 14 " DATA, "ingress",
		RB2_MAC T1_MAC "22 f3 00 14 00 04 00 01 " E2 E1 "89 3b b0 11 89 3b b1 70 " DATA);
	forget(w, E2, NUMBER);
	/* A VLAN has trees alone. */
	sent(w, N0, TO_ALL E1 "81 00 00 0a " DATA, "flood_in",
		OUTER "08 09 00 05 00 01 " TO_ALL E1 "81 00 00 0a " DATA);
	/* Nothing leads there: the tree may. */
	all_behind(w, 7);
	sent(w, N0, TO_ALL E1 "81 00 00 14 " DATA, "flood_in",
		OUTER "08 09 00 05 00 01 " TO_ALL E1 FGL DATA);
	forget(w, TO_ALL, NUMBER);
	sent(w, N0, TO_ALL E1 "81 00 00 14 " DATA, "flood_in",
		OUTER "08 09 00 05 00 01 " TO_ALL E1 FGL DATA);
	forget(w, E1, NUMBER);
	forget(w, E1, 10);
}

/* RFC 7781 section 5: who of the members egresses what entered as their virtual RBridge's is
 * settled for trees; and what comes for that goes to stations here, and not on to whom we would
 * send such.
 */
static void i_what_many_are_to_have_of_a_virtual_rbridge_goes_by_the_tree(void **state)
{
	struct tables_self self = {.count = 2,
		.nicknames = {1, 9},
		.roots = {0, 5},
		.ingress = 1,
		.root = 5,
		.fgl_root = 5};
	struct world *w = mapped(state);
	struct tables_port n0 = {.ifindex = w->ports[N0],
		.mac = mac_of(N0_MAC),
		.mtu = 1600,
		.native = true,
		.pvid = 10,
		.nickname = 9};

	assert_int_equal(w->t->self_set(w->t, &self), 0);
	assert_int_equal(w->t->port_set(w->t, &n0), 0);
	all_behind(w, 3);
	sent(w, N0, TO_ALL E1 "81 00 00 14 " DATA, "flood_in",
		OUTER "08 09 00 05 00 09 " TO_ALL E1 FGL DATA);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 09 00 03 " TO_ALL E2 FGL DATA, "flood_out",
		T0_MAC RB3_MAC "22 f3 00 3f 00 09 00 03 " TO_ALL E2 FGL DATA);
	n0.nickname = 0;
	assert_int_equal(w->t->port_set(w->t, &n0), 0);
	forget(w, TO_ALL, NUMBER);
	forget(w, E1, NUMBER);
	forget(w, E2, NUMBER);
	map_ports(w);
}

/* No station is everybody, and no VLAN has but one RBridge. */
static void i_all_are_behind_a_nickname_and_of_a_label(void **state)
{
	struct world *w = mapped(state);
	struct tables_station row = {.mac = mac_broadcast, .vlan = 10, .nickname = 3};

	assert_int_equal(w->t->station_set(w->t, &row), -EINVAL);
	row.vlan = NUMBER;
	row.mac.bytes[5] = 0xfe;
	assert_int_equal(w->t->station_set(w->t, &row), -EINVAL);
	row.mac = mac_broadcast;
	row.nickname = 0;
	row.ifindex = w->ports[N0];
	assert_int_equal(w->t->station_set(w->t, &row), -EINVAL);
}

/* Section 5.1, step A1. */
static void a_no_label_goes_to_a_link_that_is_not_safe(void **state)
{
	struct world *w = mapped(state);
	struct tables_port t1 = {.ifindex = w->ports[T1],
		.mac = mac_of(T1_MAC),
		.mtu = 1600,
		.trill = true,
		.no_fgl = true};

	assert_int_equal(w->t->port_set(w->t, &t1), 0);
	dropped(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 FGL DATA, "drop_unsafe");
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 TAG10 DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 TAG10 DATA);
	t1.no_fgl = false;
	assert_int_equal(w->t->port_set(w->t, &t1), 0);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 FGL DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 FGL DATA);
}

/* Section 4.2.1: "MUST properly distinguish flows if it provides ECMP". */
static void a_flows_of_a_label_take_both_paths(void **state)
{
	struct frame f = hex(
		H0_MAC RBH_MAC "22 f3 00 3f 00 06 00 03 " E1 E2 FGL
			       "08 00 45 00 00 1c 00 00 00 00 40 11 00 00 0a 00 00 01 0a 00 00 02 "
			       "00 01 00 02 00 08 00 00 ");
	struct world *w = mapped(state);
	unsigned int by_t1 = 0;

	for (int i = 0; i < 32; i++) {
		struct frame out;

		f.bytes[f.len - 7] = (uint8_t)i; /* the UDP source port */
		out = run_frame(w, H0, &f);
		by_t1 += out.bytes[11] == 0x01;
	}
	assert_true(by_t1 > 4 && by_t1 < 28);
	assert_int_equal(counted(w, "transit"), 32);
}

/* What the core takes away is gone for the frames, and what it puts in again is back. */
static void a_mappings_go_with_their_port(void **state)
{
	struct world *w = mapped(state);

	station(w, E1, NUMBER, 0, N1, 0x20);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N1], 10, 0), 0);
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N1], 10, 0), -ENOENT);
	dropped(w, T0, TO_US E1 E2 FGL DATA, "drop_not_forwarder");
	assert_int_equal(w->t->mapping_set(w->t, w->ports[N1], 10, NUMBER), 0);
	sent(w, T0, TO_US E1 E2 FGL DATA, "egress", E1 E2 "81 00 00 0a " DATA);
	assert_int_equal(w->t->label_set(w->t, LABEL, 0), 0);
	sent(w, T0, TO_US E1 E2 FGL DATA, "flood_out", TO_US E1 E2 FGL DATA);
	forget(w, E1, NUMBER);
	forget(w, E2, NUMBER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_a_vlan_of_a_port_enters_as_its_label),
		cmocka_unit_test(a_the_own_vlan_of_a_port_enters_as_its_label),
		cmocka_unit_test(a_a_label_leaves_as_the_vlan_of_the_port),
		cmocka_unit_test(a_from_port_to_port_by_the_label),
		cmocka_unit_test(a_labels_and_vlans_do_not_mix),
		cmocka_unit_test(b_a_label_whose_second_half_is_none_is_dropped),
		cmocka_unit_test(b_serial_unicast_is_taken_of_labels_alone),
		cmocka_unit_test(i_what_one_rbridge_alone_wants_goes_to_it_by_unicast),
		cmocka_unit_test(i_what_many_are_to_have_of_a_virtual_rbridge_goes_by_the_tree),
		cmocka_unit_test(i_all_are_behind_a_nickname_and_of_a_label),
		cmocka_unit_test(a_no_label_goes_to_a_link_that_is_not_safe),
		cmocka_unit_test(a_flows_of_a_label_take_both_paths),
		cmocka_unit_test(a_mappings_go_with_their_port),
	};

	return trill_bpf_run("trill fine-grained labels", tests, sizeof(tests) / sizeof(*tests));
}
