/* The BPF programs, towards a locator: frames in, verdict and bytes out. Expected headers are
 * spelled out from RFC 9300 section 5. Needs root and BPF. */
#include "tests/netns/xtr_bpf.h"

static void encapsulates(
	struct world *w, const char *to, const char *eid, const char *rloc, const char *want)
{
	struct frame out;
	unsigned int i;

	entry(w, eid, DATAPATH_ENCAP, rloc, false, false);
	for (i = 0; i < 2; i++) {
		out = run_hex(w, sides[i].site, w->site, to);
		assert_int_equal(out.verdict, sides[i].redirect);
		assert_frame(&out, want);
		assert_int_equal(
			out.bytes[12] == 0x08 ? out.bytes[34] & 0xc0 : out.bytes[54] & 0xc0, 0xc0);
		assert_int_equal(counted(w, "encap"), 1);
	}
	forget(w, eid);
}

static void ipv4_in_ipv4(void **state)
{
	encapsulates(world_of(state), SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT, "10.2.0.2/32",
		"192.0.2.2",
		NEXT_MAC CORE_MAC "08 00"
				  "45 2a 00 48 00 00 40 00 3f 11 b7 77 c0 00 02 01 c0 00 02 02"
				  ".. .. 10 f5 00 34 00 00"
				  "00 00 00 00 00 00 00 00" INNER4_63 UDP_TEXT);
}

static void ipv4_in_ipv6(void **state)
{
	encapsulates(world_of(state), SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT, "10.2.0.0/24",
		"2001:db8:f::2",
		NEXT_MAC CORE_MAC "86 dd"
				  "62 .. .. .. 00 34 11 3f" RLOC1 RLOC2 ".. .. 10 f5 00 34 00 00"
				  "00 00 00 00 00 00 00 00" INNER4_63 UDP_TEXT);
}

static void ipv6_in_ipv4(void **state)
{
	encapsulates(world_of(state), SITE_MAC HOST_MAC "86 dd" INNER6_64 UDP_TEXT,
		"2001:db8:2::2/128", "192.0.2.2",
		NEXT_MAC CORE_MAC "08 00"
				  "45 2a 00 5c 00 00 40 00 3f 11 b7 63 c0 00 02 01 c0 00 02 02"
				  ".. .. 10 f5 00 48 00 00"
				  "00 00 00 00 00 00 00 00" INNER6_63 UDP_TEXT);
}

static void ipv6_in_ipv6(void **state)
{
	encapsulates(world_of(state), SITE_MAC HOST_MAC "86 dd" INNER6_64 UDP_TEXT,
		"2001:db8:2::/48", "2001:db8:f::2",
		NEXT_MAC CORE_MAC "86 dd"
				  "62 .. .. .. 00 48 11 3f" RLOC1 RLOC2 ".. .. 10 f5 00 48 00 00"
				  "00 00 00 00 00 00 00 00" INNER6_63 UDP_TEXT);
}

static void the_instance_travels_in_the_lisp_header(void **state)
{
	struct world *w = world_of(state);

	site_port(w, 0x010203);
	encapsulates(w, SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT, "[66051]10.2.0.2/32",
		"192.0.2.2",
		NEXT_MAC CORE_MAC "08 00"
				  "45 2a 00 48 00 00 40 00 3f 11 b7 77 c0 00 02 01 c0 00 02 02"
				  ".. .. 10 f5 00 34 00 00"
				  "08 00 00 00 01 02 03 00" INNER4_63 UDP_TEXT);
	site_port(w, 0);
}

static void s_is_1464_over_ipv4_and_1444_over_ipv6(void **state)
{
	static const struct {
		const char *rloc;
		unsigned int s;
	} rows[] = {{"192.0.2.2", 1464}, {"2001:db8:f::2", 1444}};
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), out;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		entry(w, "10.2.0.0/16", DATAPATH_ENCAP, rows[i].rloc, false, false);
		in.len = 14 + rows[i].s;
		in.bytes[16] = rows[i].s >> 8;
		in.bytes[17] = rows[i].s & 0xff;
		out = run(w, "site_ingress", w->site, &in);
		assert_int_equal(out.len, 14 + 1500);
		in.len++;
		in.bytes[17]++;
		out = run(w, "site_ingress", w->site, &in);
		assert_tag(&out, CONTRACT_UP_TOO_BIG, 0, rows[i].s, w->site);
		assert_int_equal(out.len, in.len);
		assert_int_equal(counted(w, "too_big"), 1);
		assert_int_equal(run(w, "xdp_site", w->site, &in).verdict, 2 /* XDP_PASS */);
	}
	forget(w, "10.2.0.0/16");
}

static void a_flow_keeps_its_port_and_weights_share_flows_out(void **state)
{
	struct world *w = world_of(state);
	struct datapath_entry e = {.action = DATAPATH_ENCAP, .locator_count = 2};
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), out, again;
	struct eid eid = eid_of("10.2.0.2/32");
	unsigned int i, to_second = 0, ports = 0;
	uint8_t seen[16384] = {0};

	assert_true(address_parse(&e.locators[0].rloc, "192.0.2.2"));
	assert_true(address_parse(&e.locators[1].rloc, "192.0.2.3"));
	e.locators[0].weight = 75;
	e.locators[1].weight = 25;
	assert_int_equal(w->dp->set(w->dp, &eid, &e), 0);
	for (i = 0; i < 4096; i++) {
		in.bytes[34] = i >> 8;
		in.bytes[35] = i & 0xff;
		out = run(w, "site_ingress", w->site, &in);
		again = run(w, "xdp_site", w->site, &in);
		assert_memory_equal(out.bytes, again.bytes, out.len);
		to_second += out.bytes[33] == 3;
		ports += !seen[(out.bytes[34] << 8 | out.bytes[35]) & 0x3fff]++;
	}
	/* The key is fixed, so these do not vary. 4096 draws: a quarter is 1024, +- 28; 3624
	 * distinct ports of 16384 are to be expected, +- 20. */
	assert_in_range(to_second, 1024 - 140, 1024 + 140);
	assert_in_range(ports, 3624 - 100, 3624 + 100);
	assert_int_equal(w->dp->used(w->dp, &eid), 8192);
	assert_int_equal(w->dp->used(w->dp, &eid), 0);
	forget(w, "10.2.0.2/32");
	counted(w, "encap");
}

/* All fragments of a datagram take one path (RFC 9300 section 5.3): the ports, which only the first
 * carries, do not count. */
static void fragments_of_a_datagram_stay_together(void **state)
{
	struct world *w = world_of(state);
	struct frame first = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), later = first, a, b;

	entry(w, "10.2.0.2/32", DATAPATH_ENCAP, "192.0.2.2", false, false);
	first.bytes[20] = 0x20;                          /* more fragments */
	later.bytes[21] = 2;                             /* bytes 16.. */
	memcpy(later.bytes + 34, "\x12\x34\x56\x78", 4); /* data, no ports */
	a = run(w, "site_ingress", w->site, &first);
	b = run(w, "site_ingress", w->site, &later);
	assert_memory_equal(a.bytes + 34, b.bytes + 34, 2);
	a = run(w, "xdp_site", w->site, &later);
	assert_memory_equal(a.bytes + 34, b.bytes + 34, 2);
	forget(w, "10.2.0.2/32");
	counted(w, "encap");
}

static void an_entry_that_makes_no_sense_is_refused(void **state)
{
	struct world *w = world_of(state);
	struct datapath_entry e = {.action = DATAPATH_LOCAL};
	struct eid mac = {0, 48, {.afi = AFI_MAC, .len = 6}},
		   control = eid_of("[16777215]10.0.0.1/32");

	assert_int_equal(w->dp->set(w->dp, &mac, &e), -EAFNOSUPPORT);
	assert_int_equal(w->dp->set(w->dp, &control, &e), -ERANGE);
	assert_int_equal(
		w->dp->del(w->dp, &(struct eid){0, 32, eid_of("10.9.9.9/32").addr}), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_in_ipv4),
		cmocka_unit_test(ipv4_in_ipv6),
		cmocka_unit_test(ipv6_in_ipv4),
		cmocka_unit_test(ipv6_in_ipv6),
		cmocka_unit_test(the_instance_travels_in_the_lisp_header),
		cmocka_unit_test(s_is_1464_over_ipv4_and_1444_over_ipv6),
		cmocka_unit_test(a_flow_keeps_its_port_and_weights_share_flows_out),
		cmocka_unit_test(fragments_of_a_datagram_stay_together),
		cmocka_unit_test(an_entry_that_makes_no_sense_is_refused),
	};

	return xtr_bpf_run("encap", tests, sizeof(tests) / sizeof(*tests));
}
