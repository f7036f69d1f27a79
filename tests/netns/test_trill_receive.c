/* The RBridge's program, as it receives: what is dropped, by which test and in which order, and
 * what goes up (RFC 6325 section 4.6.2, RFC 7780 sections 2 and 10, RFC 7179). Needs root and BPF.
 *
 * The first two bytes of the TRILL header: V 2, A 1, C 1, M 1, RESV 4, F 1, Hop Count 6. */
#include <stdio.h>
#include <bpf/bpf.h>

#include "tests/netns/trill_bpf.h"

/* From RBridge 3 for RBridge 2: on the way. */
#define OUTER    T0_MAC RB3_MAC "22 f3 "
#define INNER    E1 E2 TAG10 DATA
#define TRANSIT  OUTER "00 3f 00 02 00 03 " INNER
#define MULTI_DA ALL_RB RB3_MAC "22 f3 "
#define MULTI    MULTI_DA "08 3f 00 05 00 03 " INNER
#define IIH      "83 1b 01 00 0f 01 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "

static void a_unicast_in_transit_loses_one_hop(void **state)
{
	struct world *w = world_of(state);

	sent(w, T0, TRANSIT, "transit", RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
	sent(w, T0, OUTER "00 01 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 00 00 02 00 03 " INNER);
}

/* Two RBridges, of which one does not know yet that a link is lost, would hand it to and fro until
 * no hop is left. */
static void a_unicast_does_not_go_back_to_who_sent_it(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 3f 00 05 00 03 " INNER, "drop_no_path");
	/* Nor to the one of two next hops that sent it, whatever its flow. */
	for (unsigned int flow = 0; flow < 16; flow++) {
		struct frame f = hex(OUTER "00 3f 00 06 00 03 " INNER);

		f.bytes[14 + 6 + 5] = (uint8_t)flow;
		f = run_frame(w, T0, &f);
		assert_int_equal(f.verdict, XDP_REDIRECT);
		assert_int_equal(f.bytes[5], 1);
	}
	counted(w, "transit");
}

/* RFC 7177 section 3.1: both ends of a link may have one MAC, and another link's, too. */
static void a_neighbours_of_two_links_may_have_the_same_mac(void **state)
{
	struct world *w = world_of(state);
	struct tables_adjacency from = {.ifindex = w->ports[T0], .mac = mac_of(T0_MAC)};

	assert_int_equal(w->t->adjacency_set(w->t, &from), 0);
	sent(w, T0, T0_MAC T0_MAC "22 f3 00 3f 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
	assert_int_equal(w->t->adjacency_del(w->t, w->ports[T0], &from.mac), 0);
	from.mac = mac_of(RB2_MAC);
	assert_int_equal(w->t->adjacency_set(w->t, &from), 0);
	sent(w, T0, T0_MAC RB2_MAC "22 f3 00 3f 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
	dropped(w, T1, T1_MAC RB2_MAC "22 f3 00 3f 00 02 00 03 " INNER, "drop_no_path");
	/* Of two on one LAN the one's goes on to the other. */
	sent(w, T0, T0_MAC RB2_MAC "22 f3 00 3f 00 05 00 02 " INNER, "transit",
		RB3_MAC T0_MAC "22 f3 00 3e 00 05 00 02 " INNER);
	assert_int_equal(w->t->adjacency_del(w->t, w->ports[T0], &from.mac), 0);
}

static void a_color_and_alert_stay_in_transit(void **state)
{
	struct world *w = world_of(state);

	sent(w, T0, OUTER "10 3f 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 10 3e 00 02 00 03 " INNER);
	sent(w, T0, OUTER "20 3f 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 20 3e 00 02 00 03 " INNER);
}

/* RFC 7780 section 10.2.1: nine bits; bit 2 of the flags word says that they are critical. */
static void a_extended_hop_count_carries(void **state)
{
	struct world *w = world_of(state);

	sent(w, T0, OUTER "00 40 00 02 00 03 20 01 00 00 " INNER, "transit", /* 2 * 64 */
		RB2_MAC T1_MAC "22 f3 00 7f 00 02 00 03 20 00 80 00 " INNER);
	sent(w, T0, OUTER "00 40 00 02 00 03 20 00 80 00 " INNER, "transit", /* 64 */
		RB2_MAC T1_MAC "22 f3 00 7f 00 02 00 03 00 00 00 00 " INNER);
	sent(w, T0, OUTER "00 41 00 02 00 03 20 00 80 00 " INNER, "transit", /* 65 */
		RB2_MAC T1_MAC "22 f3 00 40 00 02 00 03 20 00 80 00 " INNER);
	dropped(w, T0, OUTER "00 40 00 02 00 03 00 00 00 00 " INNER, "drop_hops");
}

static void a_flags_that_are_not_critical_stay(void **state)
{
	struct world *w = world_of(state);

	/* Extended Color, and a non-critical hop-by-hop flag. */
	sent(w, T0, OUTER "00 7f 00 02 00 03 00 80 00 18 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 7e 00 02 00 03 00 80 00 18 " INNER);
	/* Critical for the egress alone. */
	sent(w, T0, OUTER "00 7f 00 02 00 03 40 00 10 00 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 7e 00 02 00 03 40 00 10 00 " INNER);
}

/* Destination and source MAC, outer VLAN 1, hop count 14, inner VLAN 34: as in the text, but for
 * the nicknames, which the text takes from the reserved range. */
static void a_frame_of_appendix_b3(void **state)
{
	struct world *w = world_of(state);
	struct tables_adjacency from = {
		.ifindex = w->ports[T0], .mac = mac_of("00 00 5e 00 53 de")};

#define B3_INNER                                                                                   \
	"00 00 5e 00 53 22 00 00 5e 00 53 44 81 00 00 22 08 00 45 00 00 1c 35 79 00 00 11 01 e3 "  \
	"43 c0 00 02 07 c0 00 02 0d 08 00 09 55 87 65 43 21 "
	assert_int_equal(w->t->adjacency_set(w->t, &from), 0);
	sent(w, T0, T0_MAC "00 00 5e 00 53 de 81 00 00 01 22 f3 00 0e 00 02 00 03 " B3_INNER,
		"transit", RB2_MAC T1_MAC "22 f3 00 0d 00 02 00 03 " B3_INNER);
	dropped(w, T0, T0_MAC "00 00 5e 00 53 de 81 00 00 01 22 f3 00 0e ff df ff dc " B3_INNER,
		"drop_egress");
	assert_int_equal(w->t->adjacency_del(w->t, w->ports[T0], &from.mac), 0);
}

/* RFC 6325 section 4.1.1: any frame; 0xFFE is a VLAN like others. */
static void b_outer_vlan_4095_is_dropped(void **state)
{
	struct world *w = world_of(state);

#define TAG4095 "81 00 0f ff "
	dropped(w, T0, T0_MAC RB3_MAC TAG4095 "22 f3 00 3f 00 02 00 03 " INNER, "drop_outer_vlan");
	dropped(w, T0, T0_MAC RB3_MAC "81 00 ff ff 22 f3 00 3f 00 01 00 03 " INNER,
		"drop_outer_vlan"); /* whatever its priority */
	dropped(w, T0, ALL_RB RB3_MAC TAG4095 "22 f3 08 3f 00 05 00 03 " INNER, "drop_outer_vlan");
	dropped(w, T0, "01 80 c2 00 00 41 " RB3_MAC TAG4095 "22 f4 " IIH, "drop_outer_vlan");
	dropped(w, T0, T0_MAC RB3_MAC TAG4095 "22 f4 " IIH, "drop_outer_vlan");
	dropped(w, N0, "01 80 c2 00 00 46 " E1 TAG4095 "89 46 00 06 " IIH, "drop_outer_vlan");
	dropped(w, N0, E1 E2 TAG4095 DATA, "drop_outer_vlan");
	assert_string_equal(whereabouts(w, E2, 0xfff), "unknown");
	sent(w, T0, T0_MAC RB3_MAC "81 00 0f fe 22 f3 00 3f 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
}

static void b_isis_goes_up(void **state)
{
	struct world *w = world_of(state);

	handed_up(w, T0, "01 80 c2 00 00 41 " RB3_MAC "22 f4 " IIH, "control");
	handed_up(w, T0, T0_MAC RB3_MAC "22 f4 " IIH, "control"); /* erratum 3003 */
	handed_up(w, N0, "01 80 c2 00 00 41 " RB3_MAC "22 f4 " IIH, "control");
	handed_up(w, T0, "01 80 c2 00 00 41 " RB3_MAC "81 00 00 01 22 f4 " IIH, "control");
}

static void b_other_trill_groups_are_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, "01 80 c2 00 00 41 " RB3_MAC "22 f3 08 3f 00 05 00 03 " INNER, "drop_group");
	dropped(w, T0, "01 80 c2 00 00 42 " RB3_MAC "22 f3 08 3f 00 05 00 03 " INNER, "drop_group");
	dropped(w, T0, "01 80 c2 00 00 4f " RB3_MAC "22 f4 " IIH, "drop_group");
	dropped(w, T0, "01 80 c2 00 00 45 " RB3_MAC "08 00 " INNER, "drop_group");
	dropped(w, N0, "01 80 c2 00 00 42 " E1 "08 00 " INNER, "drop_group");
	dropped(w, T0, "ff ff ff ff ff ff " RB3_MAC "22 f3 08 3f 00 05 00 03 " INNER, "drop_group");
}

static void b_unicast_to_another_mac_is_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, T1_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " INNER, "drop_not_ours");
	dropped(w, T0, T1_MAC RB3_MAC "22 f4 " IIH, "drop_not_ours");
}

static void b_another_ethertype_to_all_rbridges_is_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, ALL_RB RB3_MAC "08 00 " INNER, "drop_ethertype");
	dropped(w, T0, ALL_RB RB3_MAC "22 f4 " IIH, "drop_ethertype");
	dropped(w, N0, ALL_RB E1 "08 00 " INNER, "drop_ethertype");
}

static void b_trill_data_on_an_access_port_is_dropped(void **state)
{
	dropped(world_of(state), N0, N0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " INNER,
		"drop_disabled");
}

static void b_another_version_is_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "40 3f 00 02 00 03 " INNER, "drop_version");
	dropped(w, T0, OUTER "c0 3f 00 02 00 03 " INNER, "drop_version");
}

static void b_reserved_bits_are_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 bf 00 02 00 03 " INNER, "drop_reserved");
	dropped(w, T0, OUTER "01 3f 00 02 00 03 " INNER, "drop_reserved");
	dropped(w, T0, OUTER "02 3f 00 02 00 03 " INNER, "drop_reserved");
	dropped(w, T0, OUTER "04 3f 00 02 00 03 " INNER, "drop_reserved");
}

static void b_hop_count_0_is_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 00 00 02 00 03 " INNER, "drop_hops");
	dropped(w, T0, OUTER "00 00 00 01 00 03 " INNER, "drop_hops"); /* also at the egress */
	dropped(w, T0, MULTI_DA "08 00 00 05 00 03 " INNER, "drop_hops");
}

/* RFC 7455 section 10.2: a path trace ends here, and is answered by the daemon. */
static void b_hop_count_0_with_alert_goes_up(void **state)
{
	struct world *w = world_of(state);

	handed_up(w, T0, OUTER "20 00 00 02 00 03 " INNER, "channel");
	dropped(w, T0, T0_MAC E3 "22 f3 20 00 00 02 00 03 " INNER, "drop_hops"); /* a stranger's */
}

/* RFC 7455 section 10: to a hop count of 1 the next hop answers. */
static void m_the_last_hop_of_a_trace_is_spent_here(void **state)
{
	struct world *w = world_of(state);

	handed_up(w, T0, OUTER "20 01 00 02 00 03 " INNER, "channel");
	sent(w, T0, OUTER "20 02 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 20 01 00 02 00 03 " INNER);
	sent(w, T0, OUTER "20 41 00 02 00 03 20 00 80 00 " INNER, "transit", /* 65 hops */
		RB2_MAC T1_MAC "22 f3 20 40 00 02 00 03 20 00 80 00 " INNER);
}

static void b_outer_group_and_m_bit_must_agree(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "08 3f 00 05 00 03 " INNER, "drop_multi");
	dropped(w, T0, MULTI_DA "00 3f 00 02 00 03 " INNER, "drop_multi");
}

static void b_who_is_no_adjacency_is_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, T0_MAC E3 "22 f3 00 3f 00 02 00 03 " INNER, "drop_adjacency");
	dropped(w, T0, ALL_RB E3 "22 f3 08 3f 00 05 00 03 " INNER, "drop_adjacency");
	dropped(w, T0, T0_MAC RB2_MAC "22 f3 00 3f 00 02 00 03 " INNER, "drop_adjacency");
}

/* BFD of a neighbour that is in 2-Way: for us, of one hop, to All-Egress-RBridges. */
static void b_of_who_is_no_adjacency_a_message_of_one_hop_goes_up(void **state)
{
	struct world *w = world_of(state);

#define MESSAGE "01 80 c2 00 00 42 " E2 TAG10 "89 46 00 02 80 00 " IIH
	handed_up(w, T0, T0_MAC E3 "22 f3 00 3f 00 01 00 03 " MESSAGE, "channel");
	dropped(w, T0, T0_MAC E3 "22 f3 00 3e 00 01 00 03 " MESSAGE, "drop_adjacency");
	dropped(w, T0, T0_MAC E3 "22 f3 00 3f 00 02 00 03 " MESSAGE, "drop_adjacency");
	dropped(w, T0, T0_MAC E3 "22 f3 00 3f 00 01 00 03 " INNER, "drop_adjacency");
}

/* RFC 7178 section 2.2, RFC 8139 section 6.3: Any-RBridge, to one and to all on the link. */
static void b_a_message_for_any_rbridge_goes_up(void **state)
{
	struct world *w = world_of(state);

	handed_up(w, T0, OUTER "00 3f ff c0 00 03 " MESSAGE, "channel");
	handed_up(w, T0, T0_MAC E3 "22 f3 00 3f ff c0 00 03 " MESSAGE, "channel");
	handed_up(w, T0, MULTI_DA "00 3f ff c0 00 03 " MESSAGE, "channel");
	dropped(w, T0, MULTI_DA "08 3f ff c0 00 03 " MESSAGE, "drop_egress");
	dropped(w, T0, MULTI_DA "00 3e ff c0 00 03 " MESSAGE, "drop_multi");
	dropped(w, T0, MULTI_DA "00 3f 00 01 00 03 " MESSAGE, "drop_multi");
	dropped(w, T0, MULTI_DA "00 3f ff c0 00 03 " INNER, "drop_multi");
}

/* Who has the near table's place of a last byte: the interface, and the byte before the last. */
static void near_place(struct world *w, uint8_t last, uint32_t ifindex, uint8_t before)
{
	struct contract_near_adjacency is;
	uint32_t key = last;
	int fds[TRILL_FD_COUNT];

	trill_load_fds(w->load, fds);
	assert_int_equal(bpf_map_lookup_elem(fds[TRILL_FD_NEAR_ADJACENCIES], &key, &is), 0);
	assert_int_equal(is.neighbour.ifindex, ifindex);
	assert_int_equal(is.neighbour.mac[4], before);
}

/* Two whose MACs end alike; and each of them goes, and comes again. A place that was left is nobody
 * else's while a program may read it: nobody waits for that. */
static void b_neighbours_whose_macs_end_alike_are_kept_apart(void **state)
{
	struct world *w = world_of(state);
	struct tables_adjacency a = {
		.ifindex = w->ports[T0], .mac = mac_of("02 00 00 00 0c 00"), .trees = 0};
	struct mac first = mac_of(RB3_MAC);
	bool more;

#define TWIN "02 00 00 00 0c 00 "
	assert_int_equal(w->t->adjacency_set(w->t, &a), 0);
	sent(w, T0, T0_MAC TWIN "22 f3 00 3f 00 02 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
	dropped(w, T0, ALL_RB TWIN "22 f3 08 3f 00 05 00 03 " INNER, "drop_tree_adjacency");
	assert_int_equal(w->t->adjacency_del(w->t, w->ports[T0], &first), 0);
	dropped(w, T0, TRANSIT, "drop_adjacency");
	a.trees = 1 << 1;
	assert_int_equal(w->t->adjacency_set(w->t, &a), 0);
	near_place(w, 0x00, 0, 0x0b); /* nobody, and what it was */
	sent(w, T0, ALL_RB TWIN "22 f3 08 3f 00 05 00 03 " INNER, "tree",
		ALL_RB TWIN "22 f3 08 3e 00 05 00 03 " INNER);
	assert_int_equal(trill_datapath_age(w->dp, mono_now().ns, &more), 0);
	near_place(w, 0x00, w->ports[T0], 0x0c);
	sent(w, T0, ALL_RB TWIN "22 f3 08 3f 00 05 00 03 " INNER, "tree",
		ALL_RB TWIN "22 f3 08 3e 00 05 00 03 " INNER);
	assert_int_equal(w->t->adjacency_del(w->t, w->ports[T0], &a.mac), 0);
	dropped(w, T0, T0_MAC TWIN "22 f3 00 3f 00 02 00 03 " INNER, "drop_adjacency");
	assert_int_equal(w->t->adjacency_del(w->t, w->ports[T0], &a.mac), -ENOENT);
	a.mac = first;
	assert_int_equal(w->t->adjacency_set(w->t, &a), 0);
	sent(w, T0, TRANSIT, "transit", RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
	dropped(w, T1, T1_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " INNER, "drop_adjacency");
}

static void b_critical_flags_are_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 7f 00 02 00 03 80 00 00 00 " INNER, "drop_critical");
	dropped(w, T0, OUTER "00 7f 00 02 00 03 20 00 00 00 " INNER, "drop_critical");
	dropped(w, T0, OUTER "00 7f 00 01 00 03 40 00 00 00 " INNER, "drop_critical"); /* egress */
}

/* RFC 7179 section 2.3.1: an egress that knows no critical extension drops what has one, by
 * whichever test it would go up. */
static void b_messages_with_a_critical_flag_do_not_go_up(void **state)
{
	struct world *w = world_of(state);
	static const char *const flags[] = {
		"40 00 00 00 ", "40 00 10 00 ", "80 00 00 00 ", "20 00 00 00 "};

	for (unsigned int i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		char text[512];

#define CRITICAL(before, after)                                                                    \
	(snprintf(text, sizeof(text), "%s%s%s", before, flags[i], after), text)
		dropped(w, T0, CRITICAL(OUTER "00 7f 00 01 00 03 ", MESSAGE), "drop_critical");
		dropped(w, T0, CRITICAL(OUTER "20 7f 00 01 00 03 ", INNER), "drop_critical");
		dropped(w, T0, CRITICAL(OUTER "20 40 00 01 00 03 ", INNER), "drop_critical");
		dropped(w, T0, CRITICAL(OUTER "00 7f ff c0 00 03 ", MESSAGE), "drop_critical");
		dropped(w, T0, CRITICAL(MULTI_DA "00 7f ff c0 00 03 ", MESSAGE), "drop_critical");
		dropped(w, T0, CRITICAL(T0_MAC E3 "22 f3 00 7f 00 01 00 03 ", MESSAGE),
			"drop_critical"); /* of who is no adjacency */
	}
	/* What is not critical is nobody's hindrance. */
	handed_up(w, T0, OUTER "00 7f 00 01 00 03 00 80 00 01 " MESSAGE, "channel");
}

/* ... and learns nothing by it. */
static void b_what_is_critical_teaches_nothing(void **state)
{
	struct world *w = world_of(state);

	counted(w, "tree");
	run(w, T0, MULTI_DA "08 7f 00 05 00 03 40 00 00 00 " E1 E3 TAG10 DATA);
	assert_int_equal(counted(w, "tree"), 1);
	assert_string_equal(whereabouts(w, E3, 10), "unknown");
	run(w, T0, MULTI_DA "08 7f 00 05 00 03 00 00 00 00 " E1 E3 TAG10 DATA);
	assert_string_equal(whereabouts(w, E3, 10), "nickname 3 confidence 32");
	counted(w, "tree");
	forget(w, E3, 10);
}

static void b_what_ends_before_the_inner_frame_is_too_short_for_us(void **state)
{
	dropped(world_of(state), T0, OUTER "00 3f 00 01 00 03 " E1 E2 "81 00 00 0a", "drop_short");
}

/* RFC 7179 section 3.1, RFC 7178 section 3: nobody here has to do with a message that is for
 * another RBridge. Where that is critical it is dropped by the summary bit, else it goes on. */
static void b_a_channel_alert_is_dropped_where_it_is_critical(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 7f 00 02 00 03 81 00 00 00 " INNER, "drop_critical");
	sent(w, T0, OUTER "00 7f 00 02 00 03 00 80 00 00 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 7e 00 02 00 03 00 80 00 00 " INNER);
}

/* RFC 7175 section 4: ingress and egress are the neighbour's; the port back is the one it came by.
 */
static void l_an_echo_of_a_neighbour_goes_back_to_it(void **state)
{
	struct world *w = world_of(state);
#define ECHO "01 80 c2 00 00 42 02 00 00 00 0b 00 81 00 e0 01 89 46 00 03 40 00 01 02 03 04 "

	sent(w, T0, OUTER "00 3f 00 03 00 03 " ECHO, "transit",
		RB3_MAC T0_MAC "22 f3 00 3e 00 03 00 03 " ECHO);
}

/* Each test comes before those of the lines below. */
static void b_the_tests_come_in_their_order(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, T1_MAC E3 TAG4095 "22 f4 41 80 00 00 00 00 " INNER, "drop_outer_vlan");
	dropped(w, T0, T1_MAC E3 "22 f4 41 80 00 00 00 00 " INNER, "drop_not_ours");
	dropped(w, T0, ALL_RB E3 "22 f4 41 80 00 00 00 00 " INNER, "drop_ethertype");
	dropped(w, T0, ALL_RB E3 "22 f3 41 80 00 00 00 00 " INNER, "drop_version");
	dropped(w, T0, ALL_RB E3 "22 f3 01 80 00 00 00 00 " INNER, "drop_reserved");
	dropped(w, T0, ALL_RB E3 "22 f3 00 00 00 00 00 00 " INNER, "drop_hops");
	dropped(w, T0, ALL_RB E3 "22 f3 00 01 00 00 00 00 " INNER, "drop_multi");
	dropped(w, T0, ALL_RB E3 "22 f3 08 01 00 00 00 00 " INNER, "drop_adjacency");
	dropped(w, T0, ALL_RB RB3_MAC "22 f3 08 01 00 00 00 00 " INNER, "drop_egress");
	dropped(w, T0, ALL_RB RB3_MAC "22 f3 08 01 00 05 00 00 " INNER, "drop_ingress");
}

static void b_reserved_and_unknown_nicknames_are_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 3f 00 00 00 03 " INNER, "drop_egress");
	dropped(w, T0, OUTER "00 3f ff c0 00 03 " INNER, "drop_egress");
	dropped(w, T0, OUTER "00 3f ff ff 00 03 " INNER, "drop_egress");
	dropped(w, T0, OUTER "00 3f 12 34 00 03 " INNER, "drop_egress");
	dropped(w, T0, OUTER "00 3f 00 07 00 03 " INNER, "drop_no_path");
	dropped(w, T0, MULTI_DA "08 3f 00 00 00 03 " INNER, "drop_egress");
	dropped(w, T0, MULTI_DA "08 3f ff c1 00 03 " INNER, "drop_egress");
	dropped(w, T0, MULTI_DA "08 3f 12 34 00 03 " INNER, "drop_egress");
	dropped(w, T0, MULTI_DA "08 3f 00 05 ff ff " INNER, "drop_ingress");
	dropped(w, T0, MULTI_DA "08 3f 00 05 12 34 " INNER, "drop_ingress");
	dropped(w, T0, MULTI_DA "08 3f 00 02 00 03 " INNER, "drop_no_tree");
}

static void i_only_a_tree_adjacency_sends_along_its_tree(void **state)
{
	dropped(world_of(state), T0, ALL_RB "02 00 00 00 0b 09 22 f3 08 3f 00 05 00 03 " INNER,
		"drop_tree_adjacency");
}

static void i_reverse_path_forwarding_check(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T1, ALL_RB RB2_MAC "22 f3 08 3f 00 05 00 03 " INNER, "drop_rpf");
	dropped(w, T0, MULTI_DA "08 3f 00 05 00 02 " INNER, "drop_rpf");
	dropped(w, T0, MULTI_DA "08 3f 00 05 00 06 " INNER, "drop_rpf"); /* no row for it */
	dropped(w, T0, MULTI_DA "08 3f 00 05 00 01 " INNER, "drop_rpf"); /* our own, back */
	/* The stronger check: the right port, another neighbour. */
	dropped(w, T1, ALL_RB "02 00 00 00 0b 02 22 f3 08 3f 00 05 00 02 " INNER, "drop_rpf");
}

/* The outer addresses are set when each copy leaves. */
static void i_along_the_tree_with_one_hop_less(void **state)
{
	struct world *w = world_of(state);

	sent(w, T0, MULTI, "tree", ALL_RB ".. .. .. .. .. .. 22 f3 08 3e 00 05 00 03 " INNER);
	sent(w, T1, ALL_RB RB2_MAC "22 f3 08 3f 00 05 00 02 " INNER, "tree",
		ALL_RB ".. .. .. .. .. .. 22 f3 08 3e 00 05 00 02 " INNER);
}

static void a_inner_tag_is_wanted_where_it_is_used(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, MULTI_DA "08 3f 00 05 00 03 " E1 E2 DATA, "drop_inner");
	dropped(w, T0, OUTER "00 3f 00 01 00 03 " E1 E2 DATA, "drop_inner");
	dropped(w, T0, OUTER "00 3f 00 01 00 03 " E1 E2 "89 3b 00 01 81 00 00 02 " DATA,
		"drop_fgl");
	dropped(w, T0, MULTI_DA "08 3f 00 05 00 03 " E1 E2 "89 3b 00 01 81 00 00 02 " DATA,
		"drop_fgl");
	/* A transit RBridge does not look at it. */
	sent(w, T0, OUTER "00 3f 00 02 00 03 " E1 E2 "89 3b 00 01 89 3b 00 02 " DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 "89 3b 00 01 89 3b 00 02 " DATA);
}

static void b_inner_vlan_0_and_4095_end_at_the_egress(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 3f 00 01 00 03 " E1 E2 "81 00 00 00 " DATA, "drop_inner_vlan");
	dropped(w, T0, OUTER "00 3f 00 01 00 03 " E1 E2 "81 00 ef ff " DATA, "drop_inner_vlan");
	dropped(w, T0, MULTI_DA "08 3f 00 05 00 03 " E1 E2 "81 00 0f ff " DATA, "drop_inner_vlan");
	sent(w, T0, OUTER "00 3f 00 02 00 03 " E1 E2 "81 00 0f ff " DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 "81 00 0f ff " DATA);
	assert_string_equal(whereabouts(w, E2, 0xfff), "unknown");
}

static void b_unicast_with_an_inner_group_address_is_dropped(void **state)
{
	struct world *w = world_of(state);

	dropped(w, T0, OUTER "00 3f 00 01 00 03 ff ff ff ff ff ff " E2 TAG10 DATA,
		"drop_inner_group");
}

static void b_esadi_channel_and_oam_for_us_go_up(void **state)
{
	struct world *w = world_of(state);

	handed_up(w, T0, OUTER "00 3f 00 01 00 03 01 80 c2 00 00 42 " E2 TAG10 "22 f4 " IIH,
		"channel");
	handed_up(w, T0, OUTER "00 3f 00 01 00 03 01 80 c2 00 00 42 " E2 TAG10 "89 46 00 06 " IIH,
		"channel");
	handed_up(w, T0, OUTER "20 3f 00 01 00 03 " E1 E2 TAG10 "89 02 " IIH, "channel");
	handed_up(w, T0, OUTER "00 3f 00 01 00 03 " T0_MAC E2 TAG10 DATA, "channel");
	handed_up(w, N0, "01 80 c2 00 00 46 " E1 "89 46 00 06 " IIH, "channel"); /* native */
	assert_string_equal(whereabouts(w, E2, 10), "nickname 3 confidence 32");
	forget(w, E2, 10);
}

static void b_an_overloaded_neighbour_is_distributed_for(void **state)
{
	struct world *w = world_of(state);

	/* RFC 7780 section 2.4.2.3: M is set, a tree chosen, the hop count as of our own. */
	sent(w, T1, T1_MAC RB2_MAC "22 f3 00 02 ff c1 00 04 " INNER, "tree",
		T1_MAC ".. .. .. .. .. .. 22 f3 08 09 00 05 00 04 " INNER);
	dropped(w, T0, OUTER "00 02 ff c1 00 03 " INNER, "drop_egress"); /* not offered there */
}

static void set_overloaded(struct world *w, bool overloaded)
{
	struct tables_self self = {.count = 1,
		.nicknames = {1},
		.ingress = 1,
		.root = 5,
		.overloaded = overloaded,
		.fallback = {.hops = 20, .count = 1}};

	self.fallback.hop[0] = (struct tables_hop){w->ports[T1], mac_of(RB2_MAC)};
	assert_int_equal(w->t->self_set(w->t, &self), 0);
}

static void b_overloaded_it_never_drops_unicast_for_an_unknown_nickname(void **state)
{
	struct world *w = world_of(state);

	set_overloaded(w, true);
	sent(w, T0, OUTER "00 3f 12 34 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 12 34 00 03 " INNER);
	dropped(w, T0, OUTER "00 3f ff c0 00 03 " INNER, "drop_egress"); /* illegal all the same */
	/* A leaf: no reverse path check. */
	sent(w, T1, ALL_RB RB2_MAC "22 f3 08 3f 00 05 00 03 " INNER, "tree",
		ALL_RB ".. .. .. .. .. .. 22 f3 08 3e 00 05 00 03 " INNER);
	set_overloaded(w, false);
	dropped(w, T0, OUTER "00 3f 12 34 00 03 " INNER, "drop_egress");
}

/* RFC 7780 sections 2.3 and 2.3.2: it is discarded "if the Egress Nickname is illegal", else
 * egressed and delivered here; overloaded, we may know neither the tree's root nor who let it in.
 */
static void b_overloaded_it_never_drops_what_many_are_to_have_for_an_unknown_nickname(void **state)
{
	struct world *w = world_of(state);

#define LEAF(who)                                                                                  \
	sent(w, T0, MULTI_DA "08 3f " who INNER, "tree",                                           \
		ALL_RB ".. .. .. .. .. .. 22 f3 08 3e " who INNER)
	set_overloaded(w, true);
	LEAF("12 34 00 03 ");
	assert_string_equal(whereabouts(w, E2, 10), "nickname 3 confidence 32");
	forget(w, E2, 10);
	LEAF("00 02 00 03 "); /* known, and no root */
	forget(w, E2, 10);
	LEAF("00 05 12 35 ");
	LEAF("12 34 12 35 ");
	/* Behind a nickname that nobody is known to have there is no station. */
	assert_string_equal(whereabouts(w, E2, 10), "unknown");
	dropped(w, T0, MULTI_DA "08 3f 00 00 00 03 " INNER, "drop_egress");
	dropped(w, T0, MULTI_DA "08 3f ff c0 00 03 " INNER, "drop_egress");
	dropped(w, T0, MULTI_DA "08 3f 00 05 00 00 " INNER, "drop_ingress");
	dropped(w, T0, MULTI_DA "08 3f 00 05 ff c0 " INNER, "drop_ingress");
	dropped(w, T0, MULTI_DA "08 00 12 34 12 35 " INNER, "drop_hops");
	set_overloaded(w, false);
	dropped(w, T0, MULTI_DA "08 3f 12 34 00 03 " INNER, "drop_egress");
	dropped(w, T0, MULTI_DA "08 3f 00 05 12 35 " INNER, "drop_ingress");
}

/* "other than the neighbor from which it received the packet": else each sends it to the other
 * until no hop is left. */
static void b_overloaded_nothing_goes_back_to_who_sent_it(void **state)
{
	struct world *w = world_of(state);
	struct tables_self self = {.count = 1,
		.nicknames = {1},
		.ingress = 1,
		.root = 5,
		.overloaded = true,
		.fallback = {.hops = 20, .count = 2}};

	set_overloaded(w, true);
	dropped(w, T1, T1_MAC RB2_MAC "22 f3 00 3f 12 34 00 04 " INNER, "drop_no_path");
	/* Of two each frame goes to the other, whatever its flow. */
	self.fallback.hop[0] = (struct tables_hop){w->ports[T0], mac_of(RB3_MAC)};
	self.fallback.hop[1] = (struct tables_hop){w->ports[T1], mac_of(RB2_MAC)};
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	sent(w, T1, T1_MAC RB2_MAC "22 f3 00 3f 12 34 00 04 " INNER, "transit",
		RB3_MAC T0_MAC "22 f3 00 3e 12 34 00 04 " INNER);
	sent(w, T0, OUTER "00 3f 12 34 00 03 " INNER, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 12 34 00 03 " INNER);
	set_overloaded(w, false);
}

/* RFC 7780 section 2.4: M is 0, two hops, to Any OOMF; the neighbour's MAC. What is for one is sent
 * to whoever is not overloaded, when no way is known. */
static void b_overloaded_a_neighbour_distributes_what_enters_here(void **state)
{
	struct world *w = world_of(state);
	struct tables_self self = {.count = 1,
		.nicknames = {1},
		.ingress = 1,
		.root = 5,
		.overloaded = true,
		.fallback = {.hops = 20, .count = 1},
		.oomf = {.hops = 2, .count = 1}};

	self.fallback.hop[0] = self.oomf.hop[0] =
		(struct tables_hop){w->ports[T1], mac_of(RB2_MAC)};
	assert_int_equal(w->t->self_set(w->t, &self), 0);
#define TO_ALL "ff ff ff ff ff ff "
	sent(w, N0, TO_ALL E1 DATA, "oomf_asked",
		RB2_MAC T1_MAC "22 f3 00 02 ff c1 00 01 " TO_ALL E1 TAG10 DATA);
	station(w, E3, 10, 0x1234, 0, 0x20);
	sent(w, N0, E3 E1 DATA, "ingress",
		RB2_MAC T1_MAC "22 f3 00 3f 12 34 00 01 " E3 E1 TAG10 DATA);
	forget(w, E3, 10);
	self.oomf.count = 0; /* nobody does */
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	sent(w, N0, TO_ALL E1 DATA, "flood_in",
		".. .. .. .. .. .. .. .. .. .. .. .. .. .. .. .. .. .. .. .. " TO_ALL E1 TAG10
			DATA);
	set_overloaded(w, false);
	forget(w, E1, 10);
}

static void b_short_frames_are_dropped(void **state)
{
	struct world *w = world_of(state);
	struct frame whole = hex(MULTI), f;

	/* The kernel gives no frame shorter than an Ethernet header to a program. */
	for (uint32_t len = 14; len < 14 + 6 + 18; len++) {
		f = whole;
		f.len = len;
		assert_int_equal(run_frame(w, T0, &f).verdict, XDP_DROP);
		assert_int_equal(counted(w, "drop_short"), 1);
	}
	f = hex(T0_MAC RB3_MAC "81 00 00 01");
	for (f.len = 14; f.len < 18; f.len++) {
		assert_int_equal(run_frame(w, T0, &f).verdict, XDP_DROP);
		assert_int_equal(counted(w, "drop_short"), 1);
	}
	f = hex(OUTER "00 7f 00 02 00 03 00 00 00"); /* its flags word is not whole */
	assert_int_equal(run_frame(w, T0, &f).verdict, XDP_DROP);
	assert_int_equal(counted(w, "drop_short"), 1);
}

static void b_too_long_for_the_next_port_is_dropped(void **state)
{
	struct world *w = world_of(state);
	struct tables_port p = {
		.ifindex = w->ports[T1], .mac = w->macs[T1], .mtu = 46, .trill = true};

	assert_int_equal(w->t->port_set(w->t, &p), 0);
	sent(w, T0, TRANSIT, "transit", RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
	p.mtu = 45;
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	dropped(w, T0, TRANSIT, "drop_mtu");
	p.mtu = 1600;
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	sent(w, T0, TRANSIT, "transit", RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
}

static void a_the_designated_vlan_is_the_outer_tag(void **state)
{
	struct world *w = world_of(state);
	struct tables_port p = {.ifindex = w->ports[T1],
		.mac = w->macs[T1],
		.mtu = 1600,
		.trill = true,
		.outer = 0x123};

	assert_int_equal(w->t->port_set(w->t, &p), 0);
	sent(w, T0, TRANSIT, "transit",
		RB2_MAC T1_MAC "81 00 01 23 22 f3 00 3e 00 02 00 03 " INNER);
	p.outer = 0;
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	sent(w, T0, TRANSIT, "transit", RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " INNER);
}

/* RFC 7172 section 4.2.1: "MUST take the priority and DEI used to forward a packet from the
 * Inner.VLAN label or the FGL Inner.Label High Part". */
static void a_the_outer_tag_has_the_priority_of_the_frame_inside(void **state)
{
	struct world *w = world_of(state);
	struct tables_port p = {.ifindex = w->ports[T1],
		.mac = w->macs[T1],
		.mtu = 1600,
		.trill = true,
		.outer = 0x123};

	assert_int_equal(w->t->port_set(w->t, &p), 0);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 "81 00 f0 0a " DATA, "transit",
		RB2_MAC T1_MAC "81 00 f1 23 22 f3 00 3e 00 02 00 03 " E1 E2 "81 00 f0 0a " DATA);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 "89 3b b0 11 89 3b 61 70 " DATA,
		"transit",
		RB2_MAC T1_MAC "81 00 b1 23 22 f3 00 3e 00 02 00 03 " E1 E2
			       "89 3b b0 11 89 3b 61 70 " DATA);
	/* Not that of the tag it came with; with a flags word before it. */
	sent(w, T0,
		T0_MAC RB3_MAC "81 00 e0 07 22 f3 00 7f 00 02 00 03 00 00 00 18 " E1 E2
			       "81 00 60 0a " DATA,
		"transit",
		RB2_MAC T1_MAC "81 00 61 23 22 f3 00 7e 00 02 00 03 00 00 00 18 " E1 E2
			       "81 00 60 0a " DATA);
	p.outer = 0;
	assert_int_equal(w->t->port_set(w->t, &p), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_unicast_in_transit_loses_one_hop),
		cmocka_unit_test(a_unicast_does_not_go_back_to_who_sent_it),
		cmocka_unit_test(a_neighbours_of_two_links_may_have_the_same_mac),
		cmocka_unit_test(a_color_and_alert_stay_in_transit),
		cmocka_unit_test(a_extended_hop_count_carries),
		cmocka_unit_test(a_flags_that_are_not_critical_stay),
		cmocka_unit_test(a_frame_of_appendix_b3),
		cmocka_unit_test(b_outer_vlan_4095_is_dropped),
		cmocka_unit_test(b_isis_goes_up),
		cmocka_unit_test(b_other_trill_groups_are_dropped),
		cmocka_unit_test(b_unicast_to_another_mac_is_dropped),
		cmocka_unit_test(b_another_ethertype_to_all_rbridges_is_dropped),
		cmocka_unit_test(b_trill_data_on_an_access_port_is_dropped),
		cmocka_unit_test(b_another_version_is_dropped),
		cmocka_unit_test(b_reserved_bits_are_dropped),
		cmocka_unit_test(b_hop_count_0_is_dropped),
		cmocka_unit_test(b_hop_count_0_with_alert_goes_up),
		cmocka_unit_test(m_the_last_hop_of_a_trace_is_spent_here),
		cmocka_unit_test(b_outer_group_and_m_bit_must_agree),
		cmocka_unit_test(b_who_is_no_adjacency_is_dropped),
		cmocka_unit_test(b_a_message_for_any_rbridge_goes_up),
		cmocka_unit_test(b_of_who_is_no_adjacency_a_message_of_one_hop_goes_up),
		cmocka_unit_test(b_neighbours_whose_macs_end_alike_are_kept_apart),
		cmocka_unit_test(b_critical_flags_are_dropped),
		cmocka_unit_test(b_messages_with_a_critical_flag_do_not_go_up),
		cmocka_unit_test(b_what_is_critical_teaches_nothing),
		cmocka_unit_test(b_what_ends_before_the_inner_frame_is_too_short_for_us),
		cmocka_unit_test(b_a_channel_alert_is_dropped_where_it_is_critical),
		cmocka_unit_test(l_an_echo_of_a_neighbour_goes_back_to_it),
		cmocka_unit_test(b_the_tests_come_in_their_order),
		cmocka_unit_test(b_reserved_and_unknown_nicknames_are_dropped),
		cmocka_unit_test(i_only_a_tree_adjacency_sends_along_its_tree),
		cmocka_unit_test(i_reverse_path_forwarding_check),
		cmocka_unit_test(i_along_the_tree_with_one_hop_less),
		cmocka_unit_test(a_inner_tag_is_wanted_where_it_is_used),
		cmocka_unit_test(b_inner_vlan_0_and_4095_end_at_the_egress),
		cmocka_unit_test(b_unicast_with_an_inner_group_address_is_dropped),
		cmocka_unit_test(b_esadi_channel_and_oam_for_us_go_up),
		cmocka_unit_test(b_an_overloaded_neighbour_is_distributed_for),
		cmocka_unit_test(b_overloaded_it_never_drops_unicast_for_an_unknown_nickname),
		cmocka_unit_test(
			b_overloaded_it_never_drops_what_many_are_to_have_for_an_unknown_nickname),
		cmocka_unit_test(b_overloaded_nothing_goes_back_to_who_sent_it),
		cmocka_unit_test(b_overloaded_a_neighbour_distributes_what_enters_here),
		cmocka_unit_test(b_short_frames_are_dropped),
		cmocka_unit_test(b_too_long_for_the_next_port_is_dropped),
		cmocka_unit_test(a_the_designated_vlan_is_the_outer_tag),
		cmocka_unit_test(a_the_outer_tag_has_the_priority_of_the_frame_inside),
	};

	return trill_bpf_run("test_trill_receive", tests, sizeof(tests) / sizeof(*tests));
}
