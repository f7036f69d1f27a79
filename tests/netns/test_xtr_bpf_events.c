/* The BPF programs: what they tell user space by events, and how often. Needs root and BPF. */
#include <stdio.h>

#include "tests/netns/xtr_bpf.h"

static void an_eid_that_is_not_here_is_dropped_and_reported(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, PLAIN, INNER4_64 UDP_TEXT);
	struct mono start = mono_now();
	struct address from;

	events(w);
	hostile(w, &in, "drop_not_local");
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_AWAY);
	assert_true(address_parse(&from, "192.0.2.2"));
	assert_true(address_equal(&w->seen[0].rloc, &from));
	assert_true(eid_equal(&w->seen[0].eid, &(struct eid){0, 32, eid_of("10.2.0.2/32").addr}));
	hostile(w, &in, "drop_not_local");
	if (mono_since_us(start, mono_now()) < 100000) /* a busy machine may be slower */
		assert_int_equal(events(w), 0);
}

static void hosts_are_seen_by_packet_arp_and_nd(void **state)
{
	struct world *w = world_of(state);
	struct eid prefix = eid_of("10.1.0.0/24");
	static const uint8_t mac[6] = {2, 0, 0, 0, 1, 9};

	events(w);
	run_hex(w, "site_ingress", w->site,
		"ff ff ff ff ff ff 02 00 00 00 01 09 08 06"
		"00 01 08 00 06 04 00 01 02 00 00 00 01 09 0a 01 00 09 00 00 00 00 00 00 0a 01 00 09");
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_ARP_SEEN);
	assert_true(w->seen[0].gratuitous);
	assert_memory_equal(w->seen[0].mac, mac, 6);
	assert_true(eid_equal(&w->seen[0].eid, &(struct eid){0, 32, eid_of("10.1.0.9/32").addr}));
	assert_int_equal(w->seen[0].ifindex, w->site);
	run_hex(w, "site_ingress", w->site, /* an unsolicited advertisement */
		"33 33 00 00 00 01 02 00 00 00 01 09 86 dd"
		"60 00 00 00 00 18 3a ff " EID2 "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
		"88 00 00 00 20 00 00 00" EID1);
	assert_int_equal(events(w), 1);
	assert_true(w->seen[0].gratuitous);
	assert_true(eid_equal(
		&w->seen[0].eid, &(struct eid){0, 128, eid_of("2001:db8:1::2/128").addr}));
	assert_int_equal(datapath_bpf_dynamic_add(w->bpf, &prefix), 0);
	run_hex(w, "site_ingress", w->site,
		SITE_MAC "02 00 00 00 01 09 08 00"
			 "45 00 00 14 00 00 00 00 40 11 00 00 0a 01 00 09 08 08 08 08");
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_SOURCE_SEEN);
	assert_memory_equal(w->seen[0].mac, mac, 6);
	entry(w, "10.1.0.8/32", DATAPATH_LOCAL, NULL, false, false);
	run_hex(w, "site_ingress", w->site,
		SITE_MAC "02 00 00 00 01 09 08 00"
			 "45 00 00 14 00 00 00 00 40 11 00 00 0a 01 00 08 08 08 08 08");
	assert_int_equal(events(w), 0); /* known here already */
	run_hex(w, "site_ingress", w->site,
		SITE_MAC "02 00 00 00 01 09 08 00"
			 "45 00 00 14 00 00 00 00 40 11 00 00 0a 09 00 09 08 08 08 08");
	assert_int_equal(events(w), 0); /* outside the prefix */
	forget(w, "10.1.0.8/32");
	assert_int_equal(datapath_bpf_dynamic_del(w->bpf, &prefix), 0);
}

#define ASTRAY_MAC    "02 00 00 00 01 77 " /* nobody's */
#define FROM_9(to)    "08 00 45 00 00 14 00 00 00 00 40 11 00 00 0a 01 00 09 0a 01 00 " to
#define FROM_9_ABROAD "08 00 45 00 00 14 00 00 00 00 40 11 00 00 0a 01 00 09 0a 09 00 08"

static void proxy(struct world *w, bool on)
{
	struct datapath_bpf_port port = {
		.ifindex = w->site, .role = DATAPATH_SITE, .mode = DATAPATH_XDP, .proxy = on};

	assert_int_equal(datapath_bpf_port_add(w->bpf, &port), 0);
}

static uint32_t sent_to(struct world *w, const char *mac, const char *packet)
{
	char text[256];

	snprintf(text, sizeof(text), "%s %s %s", mac, "02 00 00 00 01 09", packet);
	assert_int_equal(run_hex(w, "xdp_site", w->site, text).verdict, 2 /* XDP_PASS */);
	return run_hex(w, "site_ingress", w->site, text).verdict;
}

static void frames_to_the_mac_of_who_is_elsewhere_go_there_and_are_reported(void **state)
{
	static const uint8_t sender[6] = {2, 0, 0, 0, 1, 9};
	struct world *w = world_of(state);
	struct eid prefix = eid_of("10.1.0.0/24"), abroad = eid_of("10.9.0.0/24");
	struct datapath_entry paused = {.action = DATAPATH_LOCAL, .hold = true, .at_port = true};
	struct eid host = eid_of("10.1.0.8/32");

	assert_int_equal(datapath_bpf_dynamic_add(w->bpf, &prefix), 0);
	assert_int_equal(datapath_bpf_dynamic_add(w->bpf, &abroad), 0);
	proxy(w, true);
	entry(w, "10.1.0.9/32", DATAPATH_LOCAL, NULL, false, false);
	entry(w, "10.1.0.8/32", DATAPATH_ENCAP, "192.0.2.2", false, false);
	entry(w, "10.9.0.8/32", DATAPATH_ENCAP, "192.0.2.2", false, false);
	events(w);
	counted(w, "astray");
	assert_int_equal(sent_to(w, ASTRAY_MAC, FROM_9("08")), REDIRECT);
	assert_int_equal(counted(w, "astray"), 1);
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_ASTRAY);
	assert_memory_equal(w->seen[0].mac, sender, 6);
	assert_true(eid_equal(&w->seen[0].eid, &host));
	assert_int_equal(w->seen[0].ifindex, w->site);
	/* Another subnet: that goes by a router of the sender's choice. */
	assert_int_equal(sent_to(w, ASTRAY_MAC, FROM_9_ABROAD), PASS);
	assert_int_equal(sent_to(w, "ff ff ff ff ff ff", FROM_9("08")), PASS); /* to all */
	assert_int_equal(sent_to(w, "33 33 00 00 00 01", FROM_9("08")), PASS);
	assert_int_equal(w->dp->set(w->dp, &host, &paused), 0); /* what gets there is in its tail */
	assert_int_equal(sent_to(w, ASTRAY_MAC, FROM_9("08")), PASS);
	entry(w, "10.1.0.8/32", DATAPATH_LOCAL, NULL, false, false); /* a switch that floods */
	assert_int_equal(sent_to(w, ASTRAY_MAC, FROM_9("08")), PASS);
	entry(w, "10.1.0.8/32", DATAPATH_NONE, NULL, true, false); /* to be looked up */
	assert_int_equal(sent_to(w, ASTRAY_MAC, FROM_9("08")), REDIRECT);
	assert_int_equal(counted(w, "held"), 1);
	counted(w, "astray");
	entry(w, "10.1.0.8/32", DATAPATH_ENCAP, "192.0.2.2", false, false);
	proxy(w, false);
	assert_int_equal(sent_to(w, ASTRAY_MAC, FROM_9("08")), PASS);
	assert_int_equal(counted(w, "astray"), 0);
	forget(w, "10.1.0.8/32");
	forget(w, "10.1.0.9/32");
	forget(w, "10.9.0.8/32");
	assert_int_equal(datapath_bpf_dynamic_del(w->bpf, &prefix), 0);
	assert_int_equal(datapath_bpf_dynamic_del(w->bpf, &abroad), 0);
	site_port(w, 0);
}

static void who_speaks_with_the_gateways_mac_is_no_host(void **state)
{
	struct world *w = world_of(state);

	events(w);
	run_hex(w, "site_ingress", w->site, /* another tunnel router of the site announces */
		"ff ff ff ff ff ff " SITE_MAC "08 06"
		"00 01 08 00 06 04 00 01 " SITE_MAC "0a 01 00 33 00 00 00 00 00 00 0a 01 00 33");
	run_hex(w, "site_ingress", w->site,
		"33 33 00 00 00 01 " SITE_MAC "86 dd"
		"60 00 00 00 00 18 3a ff " EID2 "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
		"88 00 00 00 20 00 00 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 33");
	assert_int_equal(events(w), 0);
}

#define ANYCAST "02 00 5e 00 01 01 "
#define OTHER   "02 00 00 00 01 88 " /* another tunnel router's own */

/* The gateway's MAC is others', too: what is for it is for us, and what they tell with it is of
 * nobody who is here. */
static void what_is_for_the_gateways_mac_is_for_this_router(void **state)
{
	struct datapath_bpf_port port = {
		.role = DATAPATH_SITE, .mode = DATAPATH_XDP, .gateway_mac = {2, 0, 0x5e, 0, 1, 1}};
	struct world *w = world_of(state);

	entry(w, "10.9.0.8/32", DATAPATH_ENCAP, "192.0.2.2", false, false);
	/* To nobody's MAC, as far as this router knows. */
	assert_int_equal(sent_to(w, ANYCAST, FROM_9_ABROAD), PASS);
	port.ifindex = w->site;
	assert_int_equal(datapath_bpf_port_add(w->bpf, &port), 0);
	assert_int_equal(
		run_hex(w, "site_ingress", w->site, ANYCAST "02 00 00 00 01 09 " FROM_9_ABROAD)
			.verdict,
		REDIRECT);
	events(w);
	run_hex(w, "site_ingress", w->site,
		"ff ff ff ff ff ff " OTHER "08 06"
		"00 01 08 00 06 04 00 01 " ANYCAST "0a 01 00 34 00 00 00 00 00 00 0a 01 00 34");
	run_hex(w, "site_ingress", w->site,
		"33 33 00 00 00 01 " OTHER "86 dd"
		"60 00 00 00 00 20 3a ff " EID2 "ff 02 00 00 00 00 00 00 00 00 00 00 00 00 00 01"
		"88 00 00 00 20 00 00 00 20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 34"
		"02 01 " ANYCAST);
	assert_int_equal(events(w), 0);
	memset(port.gateway_mac, 0, sizeof(port.gateway_mac));
	assert_int_equal(datapath_bpf_port_add(w->bpf, &port), 0);
	forget(w, "10.9.0.8/32");
}

static void an_answer_is_not_kept_back_by_what_the_host_said_before(void **state)
{
	struct world *w = world_of(state);

	events(w);
	run_hex(w, "site_ingress", w->site, /* it asks for its gateway */
		"ff ff ff ff ff ff 02 00 00 00 01 07 08 06"
		"00 01 08 00 06 04 00 01 02 00 00 00 01 07 0a 01 00 07 00 00 00 00 00 00 0a 01 00 01");
	assert_int_equal(events(w), 1);
	assert_false(w->seen[0].gratuitous);
	run_hex(w, "site_ingress", w->site, /* and answers a question */
		"02 53 55 4e 00 01 02 00 00 00 01 07 08 06"
		"00 01 08 00 06 04 00 02 02 00 00 00 01 07 0a 01 00 07 02 53 55 4e 00 01 0a 01 00 01");
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_ARP_SEEN);
	assert_false(w->seen[0].gratuitous);
}

/* 3,000 hosts that do not exist speak at once on one port: about a thousand are heard, and whoever
 * speaks on another port is heard as well. */
static void forged_hosts_do_not_silence_other_ports(void **state)
{
	struct world *w = world_of(state);
	struct datapath_bpf_port other = {.role = DATAPATH_SITE, .mode = DATAPATH_XDP};
	struct frame in = hex("ff ff ff ff ff ff 02 00 00 00 01 07 08 06 00 01 08 00 06 04 00 01"
			      "02 00 00 00 01 07 0a 01 80 00 00 00 00 00 00 00 0a 01 80 00");
	struct mono start = mono_now();
	unsigned int i;

	other.ifindex = (int)if_nametoindex("host");
	assert_int_equal(datapath_bpf_port_add(w->bpf, &other), 0);
	counted(w, "events_limited");
	for (i = 0; i < 3000; i++) {
		in.bytes[30] = in.bytes[40] = 0x80 | i >> 8;
		in.bytes[31] = in.bytes[41] = (uint8_t)i;
		run(w, "site_ingress", w->site, &in);
	}
	/* A thousand, and what the time that it took gives back: one in 100 us. */
	assert_true(3000 - counted(w, "events_limited") <=
		    1002 + mono_since_us(start, mono_now()) / 100);
	while (events(w)) /* of which world keeps 16 */
		;
	run(w, "site_ingress", other.ifindex, &in);
	assert_int_equal(events(w), 1);
	assert_int_equal(datapath_bpf_port_del(w->bpf, other.ifindex), 0);
}

static void icmp_about_a_locator_is_reported(void **state)
{
	struct world *w = world_of(state);
	struct address rloc;

	events(w);
	assert_int_equal(
		run_hex(w, "core_ingress", w->core,
			CORE_MAC NEXT_MAC
			"08 00"
			"45 00 00 38 00 00 00 00 40 01 00 00 c0 00 02 fe c0 00 02 01"
			"03 04 00 00 00 00 05 78"
			"45 00 05 dc 00 00 40 00 40 11 00 00 c0 00 02 01 c6 33 64 07 d0 01 10 f5 05 c8 00 00")
			.verdict,
		PASS);
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_RLOC_MTU);
	assert_int_equal(w->seen[0].mtu, 1400);
	assert_true(address_parse(&rloc, "198.51.100.7"));
	assert_true(address_equal(&w->seen[0].rloc, &rloc));
	run_hex(w, "core_ingress", w->core,
		CORE_MAC NEXT_MAC
		"08 00" /* MTU 60: no link is that narrow */
		"45 00 00 38 00 00 00 00 40 01 00 00 c0 00 02 fe c0 00 02 01"
		"03 04 00 00 00 00 00 3c"
		"45 00 05 dc 00 00 40 00 40 11 00 00 c0 00 02 01 c6 33 64 08 d0 01 10 f5 05 c8 00 00");
	assert_int_equal(events(w), 0);
	run_hex(w, "core_ingress", w->core,
		CORE_MAC NEXT_MAC
		"08 00" /* about a packet that we have not sent */
		"45 00 00 38 00 00 00 00 40 01 00 00 c0 00 02 fe c0 00 02 01"
		"03 04 00 00 00 00 05 78"
		"45 00 05 dc 00 00 40 00 40 11 00 00 c0 00 02 63 c6 33 64 09 d0 01 10 f5 05 c8 00 00");
	assert_int_equal(events(w), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_eid_that_is_not_here_is_dropped_and_reported),
		cmocka_unit_test(hosts_are_seen_by_packet_arp_and_nd),
		cmocka_unit_test(frames_to_the_mac_of_who_is_elsewhere_go_there_and_are_reported),
		cmocka_unit_test(who_speaks_with_the_gateways_mac_is_no_host),
		cmocka_unit_test(what_is_for_the_gateways_mac_is_for_this_router),
		cmocka_unit_test(an_answer_is_not_kept_back_by_what_the_host_said_before),
		cmocka_unit_test(forged_hosts_do_not_silence_other_ports),
		cmocka_unit_test(icmp_about_a_locator_is_reported),
	};

	return xtr_bpf_run("events", tests, sizeof(tests) / sizeof(*tests));
}
