/* The RBridge's program, from and to end stations: encapsulation, decapsulation, VLANs, appointed
 * forwarders, learning, equal-cost paths (RFC 6325 sections 4.6.1, 4.6.2.4 and 4.8, RFC 8139).
 * Needs root and BPF. */
#include <stdio.h>
#include <stdlib.h>
#include <net/if.h>
#include <bpf/libbpf.h>

#include "tests/netns/trill_bpf.h"
#include "trill/codec/flow.h"

#define TO_US     T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 "
#define BROADCAST "ff ff ff ff ff ff "
#define ANY_MAC   ".. .. .. .. .. .. "

static void a_native_frame_is_encapsulated_for_its_egress(void **state)
{
	struct world *w = world_of(state);

	station(w, E1, 10, 2, 0, 0x20);
	/* Hop count 20, egress 2, ingress 1; the inner tag has the port's VLAN, priority 0. */
	sent(w, N0, E1 E2 DATA, "ingress",
		RB2_MAC T1_MAC "22 f3 00 14 00 02 00 01 " E1 E2 TAG10 DATA);
	/* A priority tag: its priority and DEI stay. */
	sent(w, N0, E1 E2 "81 00 b0 00 " DATA, "ingress",
		RB2_MAC T1_MAC "22 f3 00 14 00 02 00 01 " E1 E2 "81 00 b0 0a " DATA);
	/* A tag that names the VLAN. */
	sent(w, N1, E1 E3 "81 00 60 0a " DATA, "ingress",
		RB2_MAC T1_MAC "22 f3 00 14 00 02 00 01 " E1 E3 "81 00 60 0a " DATA);
	forget(w, E1, 10);
	forget(w, E2, 10);
	forget(w, E3, 10);
}

/* RFC 6325 section 4.1.3. */
static void a_native_frames_priority_is_that_of_the_outer_tag(void **state)
{
	struct world *w = world_of(state);
	struct tables_port t1 = {.ifindex = w->ports[T1],
		.mac = w->macs[T1],
		.mtu = 1600,
		.trill = true,
		.outer = 0x123};

	assert_int_equal(w->t->port_set(w->t, &t1), 0);
	station(w, E1, 10, 2, 0, 0x20);
	sent(w, N0, E1 E2 "81 00 b0 00 " DATA, "ingress",
		RB2_MAC T1_MAC "81 00 b1 23 22 f3 00 14 00 02 00 01 " E1 E2 "81 00 b0 0a " DATA);
	sent(w, N0, E1 E2 DATA, "ingress",
		RB2_MAC T1_MAC "81 00 01 23 22 f3 00 14 00 02 00 01 " E1 E2 TAG10 DATA);
	t1.outer = 0;
	assert_int_equal(w->t->port_set(w->t, &t1), 0);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

static void a_trill_data_is_decapsulated_for_its_station(void **state)
{
	struct world *w = world_of(state);

	station(w, E1, 10, 0, N0, 0x20);
	station(w, E3, 10, 0, N1, 0x20);
	sent(w, T0, TO_US E1 E2 TAG10 DATA, "egress", E1 E2 DATA);
	/* At n1 VLAN 10 has a tag; the priority comes with it. */
	sent(w, T0, TO_US E3 E2 "81 00 e0 0a " DATA, "egress", E3 E2 "81 00 e0 0a " DATA);
	/* With a flags word and an outer tag. */
	sent(w, T0,
		T0_MAC RB3_MAC "81 00 00 07 22 f3 00 7f 00 01 00 03 00 00 00 18 " E1 E2 TAG10 DATA,
		"egress", E1 E2 DATA);
	assert_string_equal(whereabouts(w, E2, 10), "nickname 3 confidence 32");
	forget(w, E1, 10);
	forget(w, E2, 10);
	forget(w, E3, 10);
}

static void a_what_is_not_known_goes_to_all(void **state)
{
	struct world *w = world_of(state);

	/* M is set, 9 hops along the tree of root 5; the outer header is written when each copy
	 * leaves. */
	sent(w, N0, BROADCAST E1 DATA, "flood_in",
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 00 01 " BROADCAST E1 TAG10 DATA);
	sent(w, N0, E3 E1 DATA, "flood_in",
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 00 01 " E3 E1 TAG10 DATA);
	/* At the egress: the VLAN's ports alone, whatever the campus knows of the station. */
	station(w, E3, 10, 2, 0, 0x20);
	sent(w, T0, TO_US E3 E2 TAG10 DATA, "flood_out",
		T0_MAC ANY_MAC "22 f3 00 3f 00 01 00 03 " E3 E2 TAG10 DATA);
	forget(w, E1, 10);
	forget(w, E2, 10);
	forget(w, E3, 10);
}

/* RFC 6325 section 4.6.1.1: 7 is known, but nothing leads there. */
static void a_what_is_behind_an_unreachable_egress_goes_to_all(void **state)
{
	struct world *w = world_of(state);

	station(w, E2, 10, 7, 0, 0x20);
	sent(w, N0, E2 E1 DATA, "flood_in",
		".. .. .. .. .. .. .. .. .. .. .. .. .. .. 08 09 00 05 00 01 " E2 E1 TAG10 DATA);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

static void a_port_to_port(void **state)
{
	struct world *w = world_of(state);

	station(w, E1, 10, 0, N0, 0x20);
	station(w, E2, 10, 0, N1, 0x20);
	sent(w, N0, E2 E1 DATA, "local", E2 E1 "81 00 00 0a " DATA); /* gets a tag */
	sent(w, N1, E1 E2 "81 00 40 0a " DATA, "local", E1 E2 DATA); /* loses it */
	dropped(w, N0, E1 E3 DATA, "drop_same_link");
	forget(w, E1, 10);
	forget(w, E2, 10);
	forget(w, E3, 10);
}

/* From port to port, and out of a TRILL frame: 22 bytes are behind the Ethernet header. */
static void a_too_long_for_a_port_of_stations_is_dropped(void **state)
{
	struct world *w = world_of(state);
	struct tables_port p = {
		.ifindex = w->ports[N0], .mac = w->macs[N0], .mtu = 22, .native = true, .pvid = 10};
	const char *trill = T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 " E2 E1 TAG10 DATA;

	station(w, E2, 10, 0, N0, 0x20);
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	sent(w, N1, E2 E3 TAG10 DATA, "local", E2 E3 DATA);
	sent(w, T0, trill, "egress", E2 E1 DATA);
	p.mtu = 21;
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	dropped(w, N1, E2 E3 TAG10 DATA, "drop_mtu");
	dropped(w, T0, trill, "drop_mtu");
	p.mtu = 1600;
	assert_int_equal(w->t->port_set(w->t, &p), 0);
	forget(w, E1, 10);
	forget(w, E2, 10);
	forget(w, E3, 10);
}

static void a_a_vlan_is_a_world_of_its_own(void **state)
{
	struct world *w = world_of(state);

	station(w, E1, 20, 0, N1, 0x20);
	/* Known in VLAN 20, not in 10. */
	sent(w, N0, E1 E2 DATA, "flood_in",
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 00 01 " E1 E2 TAG10 DATA);
	assert_string_equal(whereabouts(w, E2, 10), "port n0 confidence 32");
	assert_string_equal(whereabouts(w, E2, 20), "unknown");
	dropped(w, N0, E1 E2 TAG20 DATA, "drop_vlan");
	dropped(w, N0, E1 E2 "81 00 0f fe " DATA, "drop_vlan");
	dropped(w, N0, E1 E2 "81 00 0f ff " DATA, "drop_outer_vlan");
	forget(w, E1, 20);
	forget(w, E2, 10);
}

static void a_no_native_frame_enters_by_a_trunk(void **state)
{
	dropped(world_of(state), T0, E1 E2 DATA, "drop_trunk");
}

static void a_what_is_for_the_rbridge_and_bridges_frames_go_up(void **state)
{
	struct world *w = world_of(state);

	handed_up(w, N0, N0_MAC E1 DATA, "own");
	handed_up(w, N0, "01 80 c2 00 00 00 " E1 "00 26 42 42 03 " DATA, "link"); /* a BPDU */
	handed_up(w, T0, "01 80 c2 00 00 0e " E1 "88 cc " DATA, "link");          /* LLDP */
	handed_up(w, N0, "01 80 c2 00 00 21 " E1 "88 f5 " DATA, "link");          /* MVRP */
}

/* RFC 8302: where the daemon answers them; else they go to all. */
static void n_arp_and_nd_to_groups_go_up_where_they_are_asked_for(void **state)
{
	static const char arp[] = BROADCAST E1 "08 06 00 01 08 00 06 04 00 01 ";
	static const char nd[] = "86 dd 60 00 00 00 00 20 3a ff "
				 "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0a "
				 "ff 02 00 00 00 00 00 00 00 00 00 01 ff 00 00 0b ";
	static const char group[] = "33 33 ff 00 00 0b " E1;
	struct tables_self self = {.count = 1, .nicknames = {1}, .ingress = 1, .root = 5};
	struct world *w = world_of(state);
	char frame[512], want[512];

	sent(w, N0, arp, "flood_in",
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 00 01 " BROADCAST E1 TAG10
		"08 06 00 01 08 00 06 04 00 01 ");
	self.asks = true;
	self.mac = (struct mac){{2, 0, 0, 0, 0xee, 0x77}};
	sent(w, T0, TO_US "02 00 00 00 ee 77 " E2 TAG10 DATA, "flood_out",
		T0_MAC ANY_MAC "22 f3 00 3f 00 01 00 03 02 00 00 00 ee 77 " E2 TAG10 DATA);
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	handed_up(w, T0, TO_US "02 00 00 00 ee 77 " E2 TAG10 DATA, "channel");
	handed_up(w, N0, arp, "asks");
	snprintf(frame, sizeof(frame), "%s%s87 00 ", group, nd);
	handed_up(w, N0, frame, "asks");
	snprintf(frame, sizeof(frame), "%s%s88 00 ", group, nd);
	handed_up(w, N0, frame, "asks");
	handed_up(w, H0, BROADCAST E1 TAG10 "08 06 00 01 ", "asks");
	/* An end station's answer to our question, at another port than that whose MAC asked. */
	handed_up(w, N0, "02 00 00 00 ee 77 " E1 "08 06 00 01 08 00 06 04 00 02 ", "own");
	snprintf(frame, sizeof(frame), "%s%s86 00 ", group, nd); /* a router advertises */
	snprintf(want, sizeof(want),
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 00 01 %s" TAG10 "%s86 00 ", group,
		nd);
	sent(w, N0, frame, "flood_in", want);
	forget(w, E1, 10);
	forget(w, E2, 10);
	self.asks = false;
	assert_int_equal(w->t->self_set(w->t, &self), 0);
}

#define HEARD_ARP  "08 06 00 01 08 00 06 04 00 01 " E1 "0a 00 00 01 00 00 00 00 00 00 0a 00 00 01 "
#define HEARD_RARP "80 35 00 01 08 00 06 04 00 03 " E1 "00 00 00 00 " E1 "00 00 00 00 "
#define HEARD_ND                                                                                   \
	"86 dd 60 00 00 00 00 20 3a ff 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0a "           \
	"ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01 88 00 00 00 20 00 00 00 "                 \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 0a 02 01 " E1

/* It goes to all, and the daemon reads it, without its tag. */
static void goes_on_and_is_read(
	struct world *w, enum port port, const char *head, const char *tag, const char *payload)
{
	char in[512], out[512], read[512];
	struct frame got;

	snprintf(in, sizeof(in), "%s%s%s", head, tag, payload);
	snprintf(out, sizeof(out),
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 00 01 %s" TAG10 "%s", head,
		payload);
	snprintf(read, sizeof(read), "%s%s", head, payload);
	w->heard_count = 0;
	got = run(w, port, in);
	assert_int_equal(got.verdict, XDP_REDIRECT);
	assert_frame(&got, out);
	news(w);
	assert_int_equal(w->heard_count, 1);
	assert_int_equal(w->heard_at, w->ports[port]);
	assert_int_equal(w->heard_vlan, 10);
	assert_frame(&w->heard, read);
}

static void n_arp_nd_and_rarp_to_groups_go_on_and_are_read(void **state)
{
	static const char all[] = BROADCAST E1, group[] = "33 33 00 00 00 01 " E1;
	struct world *w = world_of(state);
	char long_one[512];

	goes_on_and_is_read(w, N0, all, "", HEARD_ARP);
	goes_on_and_is_read(w, N0, all, "", HEARD_RARP);
	goes_on_and_is_read(w, N0, group, "", HEARD_ND);
	goes_on_and_is_read(w, N1, all, TAG10, HEARD_RARP);
	goes_on_and_is_read(w, N1, group, TAG10, HEARD_ND);
	w->heard_count = 0;
	/* Of a frame that is longer than any of these its beginning is read. */
	snprintf(long_one, sizeof(long_one), "%s%s%s%s%s", all, HEARD_ARP, DATA, DATA, DATA);
	run(w, N0, long_one);
	news(w);
	assert_int_equal(w->heard_count, 1);
	assert_int_equal(w->heard.len, CONTRACT_SNOOPED_MAX);
	/* To one station, too short, or something else. */
	run(w, N0, E3 E1 HEARD_ARP);
	run(w, N0, BROADCAST E1 "08 06 00 01 08 00 06 04 00 01 ");
	run(w, N0, BROADCAST E1 DATA);
	run(w, T0, TO_US E3 E2 TAG10 HEARD_ARP);
	news(w);
	assert_int_equal(w->heard_count, 1);
	assert_int_equal(counted(w, "snooped"), 6);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

/* Which counts for this port alone; all of them go on. */
static void n_of_one_port_no_more_is_read_than_it_may_say(void **state)
{
	struct world *w = world_of(state);
	unsigned int n = 0;
	uint64_t read = total(w, "snooped"), unread = total(w, "limit_snoop");

	w->heard_count = 0;
	for (; n < 300; n++)
		assert_int_equal(run(w, N0, BROADCAST E1 HEARD_RARP).verdict, XDP_REDIRECT);
	while (news(w), trill_datapath_poll(w->dp) > 0)
		;
	read = total(w, "snooped") - read;
	unread = total(w, "limit_snoop") - unread;
	assert_true(read < 300);
	assert_int_equal(read + unread, 300);
	assert_true(w->heard_count >= 32 && w->heard_count < 300);
	run(w, N1, BROADCAST E3 TAG10 HEARD_ARP);
	news(w);
	assert_int_equal(w->heard_at, w->ports[N1]);
	counted(w, "snooped");
	forget(w, E1, 10);
	forget(w, E3, 10);
}

static void a_a_group_address_is_no_source(void **state)
{
	struct world *w = world_of(state);

	dropped(w, N0, E1 "03 00 00 00 ee 09 " DATA, "drop_source");
	assert_string_equal(whereabouts(w, "03 00 00 00 ee 09", 10), "unknown");
	/* Inside TRILL it is passed on, and not learned (RFC 6325 section 4.6.2.4). */
	station(w, E1, 10, 0, N0, 0x20);
	sent(w, T0, TO_US E1 "03 00 00 00 ee 09 " TAG10 DATA, "egress",
		E1 "03 00 00 00 ee 09 " DATA);
	assert_string_equal(whereabouts(w, "03 00 00 00 ee 09", 10), "unknown");
	forget(w, E1, 10);
}

static void g_inhibited_drops_native_frames_but_learns(void **state)
{
	struct world *w = world_of(state);

	dropped(w, N1, E1 E2 "81 00 00 1e " DATA, "drop_inhibited"); /* VLAN 30 */
	assert_string_equal(whereabouts(w, E2, 30), "port n1 confidence 32");
	dropped(w, T0, TO_US E2 E1 "81 00 00 1e " DATA, "drop_inhibited");
	assert_string_equal(whereabouts(w, E1, 30), "nickname 3 confidence 32");
	forget(w, E1, 30);
	forget(w, E2, 30);
}

static void g_who_is_not_the_appointed_forwarder_stays_silent(void **state)
{
	struct world *w = world_of(state);

	dropped(w, N1, E1 E2 "81 00 00 28 " DATA, "drop_not_forwarder"); /* VLAN 40 */
	assert_string_equal(whereabouts(w, E2, 40), "unknown");
	station(w, E2, 40, 0, N1, 255);
	dropped(w, T0, TO_US E2 E1 "81 00 00 28 " DATA, "drop_not_forwarder");
	forget(w, E1, 40);
	forget(w, E2, 40);
}

/* The core's messages about a flow go where the program sends the flow (RFC 7455 section 3.2): both
 * choose by trill/codec/flow.h. 6 is reached by t0 and t1. */
static void m_the_core_knows_the_path_of_each_flow(void **state)
{
	static const char *const flows[] = {
		"81 00 00 0a 08 00 45 00 00 30 00 00 00 00 40 11 00 00 c0 00 02 01 c6 33 64 %02x 12 34 56 78 ",
		"81 00 e0 0a 08 00 45 00 00 30 00 00 20 00 40 06 00 00 c0 00 02 %02x c6 33 64 07 12 34 56 78 ",
		"81 00 00 0a 86 dd 60 00 00 00 00 10 06 40 20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 "
		"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 01 bb %02x 01 ",
		"81 00 00 0a 89 02 00 %02x ",
		"89 3b 00 01 89 3b 00 02 08 00 45 00 00 30 00 00 00 00 40 11 00 00 c0 00 02 01 c6 33 64 07 12 34 %02x 78 ",
	};
	struct tables_self self = {.count = 1,
		.nicknames = {1},
		.ingress = 1,
		.root = 5,
		.hash_seed = 0x5eed5eed5eedULL};
	struct world *w = world_of(state);
	unsigned int by_t1 = 0, differ = 0;
	char frame[512];

	assert_int_equal(w->t->self_set(w->t, &self), 0);
	for (unsigned int i = 0; i < 5 * 32; i++) {
		struct frame in, out;
		bool t1;

		snprintf(frame, sizeof(frame), H0_MAC "02 00 00 00 0b 04 22 f3 00 3f 00 06 00 05 ");
		snprintf(frame + strlen(frame), sizeof(frame) - strlen(frame),
			"02 00 00 00 ee 01 02 00 00 00 ee 02 ");
		snprintf(frame + strlen(frame), sizeof(frame) - strlen(frame), flows[i / 32],
			i % 32);
		in = hex(frame);
		t1 = flow_choice(flow_hash(in.bytes + 20, in.bytes + in.len, self.hash_seed), 2);
		out = run_frame(w, H0, &in);
		assert_int_equal(out.verdict, XDP_REDIRECT);
		differ += out.bytes[5] != (t1 ? 1 : 0); /* the neighbour's MAC: RB3's, RB2's */
		by_t1 += t1;
	}
	assert_int_equal(differ, 0);
	assert_in_range(by_t1, 30, 130);
	counted(w, "transit");
	self.hash_seed = 0;
	assert_int_equal(w->t->self_set(w->t, &self), 0);
}

static void j_an_event_only_when_something_changes(void **state)
{
	struct world *w = world_of(state);

	news(w);
	run(w, N0, BROADCAST E1 DATA);
	assert_int_equal(news(w), 1);
	assert_int_equal(w->news[0], TABLES_LEARNED);
	assert_int_equal(w->now[0].ifindex, w->ports[N0]);
	assert_int_equal(w->now[0].vlan, 10);
	assert_int_equal(w->now[0].confidence, TABLES_CONFIDENCE_DATA);
	run(w, N0, BROADCAST E1 DATA);
	assert_int_equal(news(w), 0);
	run(w, T0, TO_US E2 E1 TAG10 DATA); /* the same station, from behind RBridge 3 */
	assert_int_equal(news(w), 1);
	assert_int_equal(w->news[0], TABLES_MOVED);
	assert_int_equal(w->now[0].nickname, 3);
	assert_int_equal(w->was[0].nickname, 0);
	assert_int_equal(w->was[0].ifindex, w->ports[N0]);
	run(w, N1, BROADCAST E1 TAG10 DATA);
	assert_int_equal(news(w), 1);
	assert_int_equal(w->now[0].ifindex, w->ports[N1]);
	forget(w, E1, 10);
}

/* More than end stations may ask for in a turn of the loop. */
static void j_a_turn_takes_some_events_and_leaves_the_rest(void **state)
{
	struct world *w = world_of(state);
	struct frame f = hex(BROADCAST "02 00 00 01 00 00 " DATA);

	news(w);
	for (int i = 0; i < 300; i++) {
		f.bytes[11] = (uint8_t)i;
		run_frame(w, N0, &f);
		assert_int_equal(w->t->station_flush(w->t, 0, w->ports[N0], NULL), 1);
	}
	assert_int_equal(trill_datapath_poll(w->dp), 256);
	assert_int_equal(trill_datapath_poll(w->dp), 44);
	assert_int_equal(trill_datapath_poll(w->dp), 0);
}

/* The kernel's generic XDP loses the marks of copies: such a port is refused. */
static void a_a_port_whose_driver_has_no_xdp_is_refused(void **state)
{
	struct world *w = world_of(state);
	char why[256] = "";

	assert_int_equal(system("ip link add plain0 type bridge"), 0);
	assert_int_equal(
		trill_load_attach(w->load, (int)if_nametoindex("plain0"), why, sizeof(why)),
		-EOPNOTSUPP);
	assert_non_null(strstr(why, "the driver has no XDP of its own"));
	assert_int_equal(system("ip link del plain0"), 0);
}

/* Guests' interfaces come and go, and a number is used again. */
static void a_a_port_made_anew_under_its_number_has_the_program(void **state)
{
	struct world *w = world_of(state);
	char why[256] = "";
	uint32_t id;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			system("ip link add guest0 index 900 type veth peer name guest1"), 0);
		assert_int_equal(trill_load_attach(w->load, 900, why, sizeof(why)), 0);
		assert_int_equal(bpf_xdp_query_id(900, 0, &id), 0);
		assert_int_not_equal(id, 0);
		assert_int_equal(system("ip link del guest0"), 0);
	}
	assert_int_equal(trill_load_detach(w->load, 900), 0);
}

/* docs/decisions/gateway.md: a MAC that several stations have is sent from by none of them. */
static void k_a_common_mac_is_not_learned_and_nobody_enters_with_it(void **state)
{
	struct world *w = world_of(state);
	struct tables_self self = {.count = 1,
		.nicknames = {1},
		.ingress = 1,
		.root = 5,
		.anycast = {mac_of(E3), mac_of(E1)},
		.anycast_count = 2};

	run(w, N0, BROADCAST E3 DATA);
	assert_string_equal(whereabouts(w, E3, 10), "port n0 confidence 32");
	forget(w, E3, 10);
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	counted(w, "learn_kept");
	dropped(w, N0, BROADCAST E3 DATA, "drop_anycast");
	dropped(w, N0, E2 E1 DATA, "drop_anycast");
	assert_string_equal(whereabouts(w, E3, 10), "unknown");
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	/* From another RBridge it is delivered, and teaches nothing. */
	station(w, E2, 10, 0, N0, 0x20);
	counted(w, "learn_kept");
	run(w, T0, TO_US E2 E1 TAG10 DATA);
	assert_int_equal(counted(w, "learn_kept"), 1);
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	/* What is for it goes where user space says. */
	station(w, E1, 10, 2, 0, 0x40);
	sent(w, N0, E1 E2 DATA, "ingress",
		RB2_MAC T1_MAC "22 f3 00 14 00 02 00 01 " E1 E2 TAG10 DATA);
	forget(w, E1, 10);
	forget(w, E2, 10);
	news(w);
	self.anycast_count = 0;
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	run(w, N0, BROADCAST E3 DATA);
	assert_string_equal(whereabouts(w, E3, 10), "port n0 confidence 32");
	forget(w, E3, 10);
}

static void j_what_is_more_certain_is_kept(void **state)
{
	struct world *w = world_of(state);

	station(w, E1, 10, 2, 0, 0x21); /* as ESADI may say it */
	counted(w, "learn_kept");
	run(w, N0, BROADCAST E1 DATA);
	assert_int_equal(counted(w, "learn_kept"), 1);
	assert_string_equal(whereabouts(w, E1, 10), "nickname 2 confidence 33");
	station(w, E1, 10, 3, 0, 0x20); /* not believed either */
	assert_string_equal(whereabouts(w, E1, 10), "nickname 2 confidence 33");
	station(w, E1, 10, 3, 0, 0x21); /* of two that are equal the later */
	assert_string_equal(whereabouts(w, E1, 10), "nickname 3 confidence 33");
	forget(w, E1, 10);
	station(w, E1, 10, 2, 0, 0x20);
	run(w, N0, BROADCAST E1 DATA);
	assert_string_equal(whereabouts(w, E1, 10), "port n0 confidence 32");
	forget(w, E1, 10);
}

static void j_unknown_and_own_ingress_nicknames_are_not_learned(void **state)
{
	struct world *w = world_of(state);

	station(w, E1, 10, 0, N0, 0x20);
	run(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 12 34 " E1 E2 TAG10 DATA);
	assert_string_equal(whereabouts(w, E2, 10), "unknown");
	run(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 ff ff " E1 E2 TAG10 DATA);
	assert_string_equal(whereabouts(w, E2, 10), "unknown");
	run(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 01 " E1 E2 TAG10 DATA);
	assert_string_equal(whereabouts(w, E2, 10), "unknown");
	forget(w, E1, 10);
}

static void j_from_trees_only_in_vlans_that_we_forward_for(void **state)
{
	struct world *w = world_of(state);

	run(w, T0, ALL_RB RB3_MAC "22 f3 08 3f 00 05 00 03 " BROADCAST E2 "81 00 00 32 " DATA);
	assert_string_equal(whereabouts(w, E2, 50), "unknown");
	run(w, T0, ALL_RB RB3_MAC "22 f3 08 3f 00 05 00 03 " BROADCAST E2 TAG10 DATA);
	assert_string_equal(whereabouts(w, E2, 10), "nickname 3 confidence 32");
	forget(w, E2, 10);
}

static void j_ageing_takes_what_is_not_heard(void **state)
{
	struct world *w = world_of(state);
	bool more;
	uint64_t age_ms = 99999, now = mono_now().ns;
	struct tables_station s;
	struct mac e1 = mac_of(E1);

	run(w, N0, BROADCAST E1 DATA);
	station(w, E2, 10, 2, 0, 255);
	news(w);
	assert_int_equal(trill_datapath_station(w->dp, &e1, 10, mono_now().ns, &s, &age_ms), 0);
	assert_true(age_ms < 20000);
	assert_int_equal(trill_datapath_age(w->dp, now + 298 * 1000000000ULL, &more), 0);
	w->news_count = 0;
	assert_int_equal(trill_datapath_age(w->dp, mono_now().ns + 300 * 1000000000ULL, &more), 1);
	assert_int_equal(w->news_count, 1);
	assert_int_equal(w->news[0], TABLES_AGED);
	assert_memory_equal(&w->now[0].mac, &e1, sizeof(e1));
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	assert_string_equal(whereabouts(w, E2, 10), "nickname 2 confidence 255"); /* static */
	forget(w, E2, 10);
}

/* RFC 7780 section 11: "at most 15 seconds more". */
static void j_a_lost_forwarder_hastens_ageing(void **state)
{
	struct world *w = world_of(state);
	bool more;
	struct label_set vlan10 = {.bits = {1 << 10}};
	uint64_t second = 1000000000ULL, now;

	station(w, E1, 10, 3, 0, 0x20);
	station(w, E2, 10, 2, 0, 0x20);
	station(w, E3, 20, 3, 0, 0x20);
	now = mono_now().ns;
	assert_true(w->t->station_hasten(w->t, 3, &vlan10, 15) >= 0);
	assert_int_equal(trill_datapath_age(w->dp, now + 13 * second, &more), 0);
	assert_int_equal(trill_datapath_age(w->dp, mono_now().ns + 15 * second, &more), 1);
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	assert_string_equal(whereabouts(w, E2, 10), "nickname 2 confidence 32");
	assert_string_equal(whereabouts(w, E3, 20), "nickname 3 confidence 32");
	forget(w, E2, 10);
	forget(w, E3, 20);
}

/* Likewise where the machine is up for less long than stations are kept. */
static void j_a_lost_forwarder_hastens_ageing_soon_after_a_boot(void **state)
{
	struct world *w = world_of(state);
	struct label_set vlan10 = {.bits = {1 << 10}};
	uint64_t second = 1000000000ULL, now = mono_now().ns;
	struct trill_datapath_config config = {
		.cpu_ifindex = w->ports[CPU], .age_s = (unsigned int)(now / second) + 3600};
	struct trill_datapath *dp;
	struct trill_tables *t;
	int fds[TRILL_FD_COUNT];
	bool more;

	trill_load_fds(w->load, fds);
	dp = trill_datapath_new(&config, fds);
	assert_non_null(dp);
	t = trill_datapath_tables(dp);
	station(w, E1, 10, 3, 0, 0x20);
	station(w, E2, 10, 2, 0, 0x20);
	now = mono_now().ns;
	assert_true(t->station_hasten(t, 3, &vlan10, 15) >= 0);
	assert_int_equal(trill_datapath_age(dp, now + 13 * second, &more), 0);
	assert_int_equal(trill_datapath_age(dp, mono_now().ns + 15 * second, &more), 1);
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	assert_string_equal(whereabouts(w, E2, 10), "nickname 2 confidence 32");
	forget(w, E2, 10);
	trill_datapath_free(dp);
}

static void j_flush_by_nickname_port_and_vlan(void **state)
{
	struct world *w = world_of(state);
	struct label_set vlan10 = {.bits = {1 << 10}};

	station(w, E1, 10, 3, 0, 0x20);
	station(w, E2, 10, 2, 0, 0x20);
	station(w, E3, 20, 3, 0, 0x20);
	station(w, E3, 10, 3, 0, 255);
	assert_int_equal(w->t->station_flush(w->t, 3, 0, &vlan10), 1);
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	assert_string_equal(whereabouts(w, E3, 10), "nickname 3 confidence 255");
	assert_int_equal(w->t->station_flush(w->t, 3, 0, NULL), 1);
	assert_string_equal(whereabouts(w, E3, 20), "unknown");
	station(w, E1, 10, 0, N0, 0x20);
	station(w, E3, 20, 0, N1, 0x20);
	assert_int_equal(w->t->station_flush(w->t, 0, w->ports[N0], NULL), 1);
	assert_string_equal(whereabouts(w, E1, 10), "unknown");
	assert_string_equal(whereabouts(w, E3, 20), "port n1 confidence 32");
	forget(w, E2, 10);
	forget(w, E3, 10);
	forget(w, E3, 20);
}

static void j_a_full_table_is_counted_and_forwards_all_the_same(void **state)
{
	struct world *w = world_of(state);
	struct tables_station told = {
		.mac = mac_of(E1), .vlan = 10, .nickname = 3, .confidence = 0x40};
	struct frame f = hex(BROADCAST "02 00 00 01 00 00 " DATA);
	uint64_t full;

	for (int i = 0; i < 80; i++) { /* of 64 */
		f.bytes[10] = (uint8_t)i;
		assert_int_equal(run_frame(w, N0, &f).verdict, XDP_REDIRECT);
	}
	full = counted(w, "learn_full");
	assert_in_range(full, 1, 80 - 1);
	assert_int_equal(w->t->station_set(w->t, &told), -ENOSPC); /* so the core makes room */
	forget(w, "02 00 00 01 00 00 ", 10);
	assert_int_equal(w->t->station_set(w->t, &told), 0);
	assert_string_equal(whereabouts(w, E1, 10), "nickname 3 confidence 64");
	forget(w, E1, 10);
	assert_int_equal(w->t->station_flush(w->t, 0, w->ports[N0], NULL), 80 - full - 1);
	news(w);
}

static void a_equal_paths_share_flows_and_keep_each_in_order(void **state)
{
	struct world *w = world_of(state);
	struct frame f = hex(H0_MAC RBH_MAC
		"22 f3 00 3f 00 06 00 03 " E1 E2 TAG10
		"08 00 45 00 00 1c 00 00 40 00 40 11 00 00 0a 00 00 01 0a 00 00 02 00 00 00 09 00 08 00 00 ");
	const size_t port_at = 14 + 6 + 18 + 20;
	unsigned int by_t0 = 0;

	for (unsigned int flow = 0; flow < 256; flow++) {
		uint8_t first;

		f.bytes[port_at + 1] = (uint8_t)flow;
		f.bytes[14] = 0;
		first = run_frame(w, H0, &f).bytes[5];
		by_t0 += first == 0;
		/* Neither A, nor C, nor the hop count changes the way of a flow. */
		f.bytes[14] = 0x20;
		assert_int_equal(run_frame(w, H0, &f).bytes[5], first);
		f.bytes[14] = 0x10;
		assert_int_equal(run_frame(w, H0, &f).bytes[5], first);
		f.bytes[15] = 0x11;
		assert_int_equal(run_frame(w, H0, &f).bytes[5], first);
		f.bytes[15] = 0x3f;
	}
	assert_in_range(by_t0, 64, 192);
	counted(w, "transit");
}

static void a_flows_of_stations_here_share_equal_paths(void **state)
{
	struct world *w = world_of(state);
	struct frame f =
		hex(E1 E2 "08 00 45 00 00 1c 00 00 40 00 40 11 00 00 0a 00 00 01 0a 00 00 02 "
			  "00 00 00 09 00 08 00 00 ");
	unsigned int by_t0 = 0;

	station(w, E1, 10, 6, 0, 0x20);
	for (unsigned int flow = 0; flow < 256; flow++) {
		uint8_t first;

		f.bytes[14 + 20 + 1] = (uint8_t)flow; /* the UDP source port */
		first = run_frame(w, N0, &f).bytes[5];
		by_t0 += first == 0;
		assert_int_equal(run_frame(w, N0, &f).bytes[5], first);
	}
	assert_in_range(by_t0, 64, 192);
	assert_int_equal(counted(w, "ingress"), 2 * 256);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

static void a_fragments_of_a_packet_take_one_way(void **state)
{
	struct world *w = world_of(state);
	struct frame f = hex(H0_MAC RBH_MAC
		"22 f3 00 3f 00 06 00 03 " E1 E2 TAG10
		"08 00 45 00 00 1c 00 00 20 00 40 11 00 00 0a 00 00 01 0a 00 00 02 00 00 00 09 00 08 00 00 ");
	uint8_t first = run_frame(w, H0, &f).bytes[5];

	for (unsigned int i = 0; i < 64; i++) { /* what stands where a first one has its ports */
		f.bytes[14 + 6 + 18 + 6] = 0;
		f.bytes[14 + 6 + 18 + 7] = (uint8_t)(i + 1);
		f.bytes[14 + 6 + 18 + 20] = (uint8_t)(i * 37);
		assert_int_equal(run_frame(w, H0, &f).bytes[5], first);
	}
	counted(w, "transit");
}

static void a_a_port_that_goes_leaves_the_other_paths(void **state)
{
	struct world *w = world_of(state);
	struct tables_port p = {
		.ifindex = w->ports[H0], .mac = w->macs[H0], .mtu = 1600, .trill = true};
	struct tables_path path = {.hops = 5,
		.count = 2,
		.hop = {{w->ports[H0], mac_of(RBH_MAC)}, {w->ports[T1], mac_of(RB2_MAC)}}};
	struct frame f = hex(T0_MAC RB3_MAC "22 f3 00 3f 00 08 00 03 " E1 E2 TAG10 DATA);

	assert_int_equal(w->t->path_set(w->t, 8, &path), 0);
	station(w, E3, 10, 0, H0, 0x20);
	assert_int_equal(w->t->port_del(w->t, w->ports[H0]), 0);
	assert_string_equal(whereabouts(w, E3, 10), "unknown");
	for (unsigned int i = 0; i < 32; i++) {
		struct frame out;

		f.bytes[14 + 6 + 5] = (uint8_t)i;
		out = run_frame(w, T0, &f);
		assert_int_equal(out.verdict, XDP_REDIRECT);
		assert_int_equal(out.bytes[5], 1);
	}
	counted(w, "transit");
	dropped(w, H0, H0_MAC RBH_MAC "22 f3 00 3f 00 02 00 03 " E1 E2 TAG10 DATA, "drop_no_port");
	assert_int_equal(w->t->path_set(w->t, 8, NULL), 0);
	dropped(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 08 00 03 " E1 E2 TAG10 DATA, "drop_egress");
	assert_int_equal(w->t->port_del(w->t, w->ports[H0]), -ENOENT);
	assert_int_equal(w->t->path_set(w->t, 8, &path), -ENOENT); /* the port is none any more */
	assert_int_equal(w->t->port_set(w->t, &p), 0);
}

static void a_paths_that_come_and_go_leave_no_group_behind(void **state)
{
	struct world *w = world_of(state);
	struct tables_path path = {
		.hops = 5, .count = 1, .hop = {{w->ports[T0], mac_of("02 00 00 00 00 00")}}};

	/* More groups than there is room for at once. */
	for (unsigned int i = 0; i < 3 * CONTRACT_GROUPS; i++) {
		path.hop[0].mac.bytes[4] = (uint8_t)(i >> 8);
		path.hop[0].mac.bytes[5] = (uint8_t)i;
		assert_int_equal(w->t->path_set(w->t, 8, &path), 0);
	}
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 08 00 03 " E1 E2 TAG10 DATA, "transit",
		"02 00 00 00 2f ff " T0_MAC "22 f3 00 3e 00 08 00 03 " E1 E2 TAG10 DATA);
	assert_int_equal(w->t->path_set(w->t, 8, NULL), 0);
}

static void a_a_nickname_of_ours_is_an_egress_until_it_is_given_up(void **state)
{
	struct world *w = world_of(state);
	struct tables_self self = {
		.count = 2, .nicknames = {1, 0xabc}, .ingress = 0xabc, .root = 5};
	struct tables_path path = {.hops = 1};

	station(w, E1, 10, 0, N0, 0x20);
	dropped(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 0a bc 00 03 " E1 E2 TAG10 DATA, "drop_egress");
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 0a bc 00 03 " E1 E2 TAG10 DATA, "egress",
		E1 E2 DATA);
	sent(w, N0, E3 E1 DATA, "flood_in",
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 09 00 05 0a bc " E3 E1 TAG10 DATA);
	assert_int_equal(w->t->path_set(w->t, 0xabc, &path), -EINVAL);
	self = (struct tables_self){.count = 1, .nicknames = {1}, .ingress = 1, .root = 5};
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	dropped(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 0a bc 00 03 " E1 E2 TAG10 DATA, "drop_egress");
	self.ingress = 2;
	assert_int_equal(w->t->self_set(w->t, &self), -EINVAL);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

static void a_without_a_nickname_frames_stay_at_home(void **state)
{
	struct world *w = world_of(state);
	struct tables_self none = {.count = 0},
			   self = {.count = 1, .nicknames = {1}, .ingress = 1, .root = 5};

	assert_int_equal(w->t->self_set(w->t, &none), 0);
	station(w, E1, 10, 2, 0, 0x20);
	dropped(w, N0, E1 E2 DATA, "drop_no_nickname");
	sent(w, N0, E3 E2 DATA, "flood_in",
		".. .. .. .. .. .. " ANY_MAC ".. .. 08 00 00 00 00 00 " E3 E2 TAG10 DATA);
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

/* RFC 7781 section 6.2.1: what came for a virtual RBridge of ours goes on to where the station is.
 */
static void o_what_came_for_a_group_is_relayed(void **state)
{
	struct world *w = world_of(state);
	struct tables_self self = {
		.count = 2, .nicknames = {1, 0x0300}, .roots = {0, 5}, .ingress = 1, .root = 5};
	struct tables_path there = {
		.hops = 20, .count = 1, .hop = {{w->ports[T1], mac_of(RB2_MAC)}}};

	assert_int_equal(w->t->self_set(w->t, &self), 0);
	station(w, E1, 10, 2, 0, 0x40);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 03 00 00 03 " E1 E2 TAG10 DATA, "relay",
		RB2_MAC T1_MAC "22 f3 00 3e 00 02 00 03 " E1 E2 TAG10 DATA);
	dropped(w, T0, T0_MAC RB3_MAC "22 f3 00 01 03 00 00 03 " E1 E2 TAG10 DATA, "drop_hops");
	/* What came for us, and not for the group, does not. */
	run(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 " E1 E2 TAG10 DATA);
	assert_int_equal(counted(w, "relay"), 0);
	/* No longer a member: it leads to the others before it is not ours, and after. */
	assert_int_equal(w->t->path_set(w->t, 0x0300, &there), 0);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 03 00 00 03 " E3 E2 TAG10 DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 03 00 00 03 " E3 E2 TAG10 DATA);
	self.count = 1;
	assert_int_equal(w->t->self_set(w->t, &self), 0);
	sent(w, T0, T0_MAC RB3_MAC "22 f3 00 3f 03 00 00 03 " E3 E2 TAG10 DATA, "transit",
		RB2_MAC T1_MAC "22 f3 00 3e 03 00 00 03 " E3 E2 TAG10 DATA);
	assert_int_equal(w->t->path_set(w->t, 0x0300, NULL), 0);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(o_what_came_for_a_group_is_relayed),
		cmocka_unit_test(a_native_frame_is_encapsulated_for_its_egress),
		cmocka_unit_test(a_native_frames_priority_is_that_of_the_outer_tag),
		cmocka_unit_test(a_trill_data_is_decapsulated_for_its_station),
		cmocka_unit_test(a_what_is_not_known_goes_to_all),
		cmocka_unit_test(a_what_is_behind_an_unreachable_egress_goes_to_all),
		cmocka_unit_test(a_port_to_port),
		cmocka_unit_test(a_too_long_for_a_port_of_stations_is_dropped),
		cmocka_unit_test(a_a_vlan_is_a_world_of_its_own),
		cmocka_unit_test(a_no_native_frame_enters_by_a_trunk),
		cmocka_unit_test(a_what_is_for_the_rbridge_and_bridges_frames_go_up),
		cmocka_unit_test(n_arp_and_nd_to_groups_go_up_where_they_are_asked_for),
		cmocka_unit_test(n_arp_nd_and_rarp_to_groups_go_on_and_are_read),
		cmocka_unit_test(n_of_one_port_no_more_is_read_than_it_may_say),
		cmocka_unit_test(a_a_group_address_is_no_source),
		cmocka_unit_test(g_inhibited_drops_native_frames_but_learns),
		cmocka_unit_test(g_who_is_not_the_appointed_forwarder_stays_silent),
		cmocka_unit_test(m_the_core_knows_the_path_of_each_flow),
		cmocka_unit_test(j_an_event_only_when_something_changes),
		cmocka_unit_test(j_a_turn_takes_some_events_and_leaves_the_rest),
		cmocka_unit_test(k_a_common_mac_is_not_learned_and_nobody_enters_with_it),
		cmocka_unit_test(j_what_is_more_certain_is_kept),
		cmocka_unit_test(j_unknown_and_own_ingress_nicknames_are_not_learned),
		cmocka_unit_test(j_from_trees_only_in_vlans_that_we_forward_for),
		cmocka_unit_test(j_ageing_takes_what_is_not_heard),
		cmocka_unit_test(j_a_lost_forwarder_hastens_ageing),
		cmocka_unit_test(j_flush_by_nickname_port_and_vlan),
		cmocka_unit_test(j_a_full_table_is_counted_and_forwards_all_the_same),
		cmocka_unit_test(a_equal_paths_share_flows_and_keep_each_in_order),
		cmocka_unit_test(a_flows_of_stations_here_share_equal_paths),
		cmocka_unit_test(a_fragments_of_a_packet_take_one_way),
		cmocka_unit_test(a_a_port_that_goes_leaves_the_other_paths),
		cmocka_unit_test(a_paths_that_come_and_go_leave_no_group_behind),
		cmocka_unit_test(a_a_nickname_of_ours_is_an_egress_until_it_is_given_up),
		cmocka_unit_test(a_without_a_nickname_frames_stay_at_home),
		cmocka_unit_test(a_a_port_whose_driver_has_no_xdp_is_refused),
		cmocka_unit_test(a_a_port_made_anew_under_its_number_has_the_program),
		/* The last: another loader has written what the programs go by. */
		cmocka_unit_test(j_a_lost_forwarder_hastens_ageing_soon_after_a_boot),
	};

	return trill_bpf_run("test_trill_forward", tests, sizeof(tests) / sizeof(*tests));
}
