/* The BPF programs, out of a tunnel: what is taken, what is dropped, and what the inner header
 * becomes (RFC 9300 section 5, RFC 6040 section 4.2). Needs root and BPF. */
#include <stdio.h>

#include "lib/net/checksum.h"
#include "tests/netns/xtr_bpf.h"

/* The outer hop limit, 10, is below the inner one, 64; the router itself takes one. */
static void decapsulates(struct world *w, uint8_t family, const char *inner, const char *want)
{
	struct frame in = tunnelled(family, 0x2a, 10, PLAIN, inner), out;
	unsigned int i;

	for (i = 0; i < 2; i++) {
		out = run(w, sides[i].core, w->core, &in);
		assert_int_equal(out.verdict, sides[i].redirect);
		assert_frame(&out, want);
		assert_int_equal(counted(w, "decap"), 1);
	}
}

static void out_of_ipv4_and_ipv6(void **state)
{
	struct world *w = world_of(state);
	uint8_t family;

	for (family = 4; family <= 6; family += 2) {
		decapsulates(
			w, family, BACK4_64 UDP_TEXT, HOST_MAC SITE_MAC "08 00" BACK4_9 UDP_TEXT);
		decapsulates(
			w, family, BACK6_64 UDP_TEXT, HOST_MAC SITE_MAC "86 dd" BACK6_9 UDP_TEXT);
	}
}

static void ecn_combines_as_in_rfc_6040(void **state)
{
	/* Figure 4: rows the inner field, columns the outer one: Not-ECT, ECT(1), ECT(0), CE. */
	static const int figure[4][4] = {
		[0] = {0, 0, 0, -1},
		[1] = {1, 1, 1, 3},
		[2] = {2, 1, 2, 3},
		[3] = {3, 3, 3, 3},
	};
	struct world *w = world_of(state);
	struct frame in, out;
	int inner, outer, v6;

	for (inner = 0; inner < 4; inner++)
		for (outer = 0; outer < 4; outer++)
			for (v6 = 0; v6 < 2; v6++) {
				char text[512];

				/* DSCP 0; the inner header's checksum is made right for the ECN
				 * field. */
				snprintf(text, sizeof(text),
					v6 ? "60 %x0 00 00 00 10 11 40 " EID2 EID1 UDP_TEXT
					   : "45 %02x 00 24 12 34 00 00 40 11 54 %02x 0a 02 00 02 0a 01 00 02 " UDP_TEXT,
					inner, 0x8f - inner);
				in = tunnelled(4, outer, 64, PLAIN, text);
				out = run(w, "core_ingress", w->core, &in);
				if (figure[inner][outer] < 0) {
					assert_int_equal(out.verdict, DROP);
					assert_int_equal(counted(w, "drop_ecn"), 1);
					continue;
				}
				assert_int_equal(out.verdict, REDIRECT);
				if (v6)
					assert_int_equal(out.bytes[15] >> 4, figure[inner][outer]);
				else
					assert_int_equal(out.bytes[15], figure[inner][outer]);
				if (!v6)
					assert_int_equal(checksum_of(out.bytes + 14, 20), 0);
			}
}

static void dscp_comes_from_the_outer_header(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0xb8 | 2, 64, PLAIN, BACK4_64 UDP_TEXT), out;

	out = run(w, "core_ingress", w->core, &in);
	assert_int_equal(out.bytes[15], 0xb8 | 2);
	assert_int_equal(checksum_of(out.bytes + 14, 20), 0);
}

static void a_short_header_is_dropped(void **state)
{
	struct frame in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);

	in.len = 14 + 20 + 8 + 7;
	in.bytes[17] = 20 + 8 + 7;
	in.bytes[14 + 20 + 5] = 15;
	hostile(world_of(state), &in, "drop_short");
}

static void a_key_id_is_dropped(void **state)
{
	struct frame in = tunnelled(4, 0, 64, "01 00 00 00 00 00 00 00", BACK4_64 UDP_TEXT);

	hostile(world_of(state), &in, "drop_crypto");
}

static void gpe_of_another_protocol_is_dropped(void **state)
{
	struct frame in = tunnelled(4, 0, 64, "04 00 00 03 00 00 00 00", BACK4_64 UDP_TEXT);

	hostile(world_of(state), &in, "drop_gpe");
	in = tunnelled(4, 0, 64, "04 00 00 80 00 00 00 00", BACK4_64 UDP_TEXT); /* a shim header */
	hostile(world_of(state), &in, "drop_gpe");
	in = tunnelled(4, 0, 64, "04 00 00 02 00 00 00 00", BACK4_64 UDP_TEXT); /* says IPv6 */
	hostile(world_of(state), &in, "drop_gpe");
}

static void accepted(struct world *w, const struct frame *in)
{
	struct frame out = run(w, "core_ingress", w->core, in);

	assert_int_equal(out.verdict, REDIRECT);
	assert_int_equal(counted(w, "decap"), 1);
}

static void gpe_of_ip_nonces_and_status_bits_are_accepted(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, "04 00 00 01 00 00 00 00", BACK4_64 UDP_TEXT);

	accepted(w, &in);
	in = tunnelled(4, 0, 64, "80 12 34 56 00 00 00 00", BACK4_64 UDP_TEXT);
	accepted(w, &in);
	in = tunnelled(4, 0, 64, "40 00 00 00 00 00 00 03", BACK4_64 UDP_TEXT);
	accepted(w, &in);
	in = tunnelled(
		4, 0, 64, "90 12 34 56 00 00 00 00", BACK4_64 UDP_TEXT); /* N and V: a nonce */
	accepted(w, &in);
}

static void map_versions_are_dropped_while_ours_is_null(void **state)
{
	struct frame in = tunnelled(4, 0, 64, "10 00 10 02 00 00 00 00", BACK4_64 UDP_TEXT);

	hostile(world_of(state), &in, "drop_map_version");
}

static void a_udp_checksum_is_not_looked_at(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);

	in.bytes[14 + 20 + 6] = 0x12;
	accepted(w, &in);
}

static void control_inside_data_is_dropped(void **state)
{
	struct frame in = tunnelled(4, 0, 64, "08 00 00 00 ff ff ff 00", BACK4_64 UDP_TEXT);

	hostile(world_of(state), &in, "drop_control_iid");
}

static void an_inner_packet_must_be_ip_of_its_length(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);

	in.bytes[14 + 36] = 0x55;
	hostile(w, &in, "drop_inner");
	in.bytes[14 + 36] = 0x44; /* IHL 4 */
	hostile(w, &in, "drop_inner");
	in.bytes[14 + 36] = 0x45;
	in.bytes[14 + 36 + 3] = 0x25; /* one byte more than there is */
	hostile(w, &in, "drop_inner");
	in.bytes[14 + 36 + 3] = 0x13; /* less than its own header */
	hostile(w, &in, "drop_inner");
	in = tunnelled(6, 0, 64, PLAIN, BACK6_64 UDP_TEXT);
	in.bytes[14 + 56 + 5] = 0x11;
	hostile(w, &in, "drop_inner");
}

static void outer_lengths_and_fragments_are_checked(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);

	in.bytes[14 + 20 + 5]++; /* UDP length over the IP length */
	hostile(w, &in, "drop_outer");
	in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);
	in.bytes[17]++; /* IP length over the frame */
	hostile(w, &in, "drop_outer");
	in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);
	in.bytes[20] = 0x20; /* more fragments */
	hostile(w, &in, "drop_outer");
}

static void what_is_not_for_us_passes(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);

	in.bytes[33] = 77; /* not an RLOC of ours */
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, PASS);
	in = tunnelled(4, 0, 64, PLAIN, BACK4_64 UDP_TEXT);
	in.bytes[14 + 22] = 0x10;
	in.bytes[14 + 23] = 0xf6; /* the control port */
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, PASS);
	assert_int_equal(
		run_hex(w, "site_ingress", w->site, SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT)
			.verdict,
		PASS);
	assert_int_equal(counted(w, "native"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(out_of_ipv4_and_ipv6),
		cmocka_unit_test(ecn_combines_as_in_rfc_6040),
		cmocka_unit_test(dscp_comes_from_the_outer_header),
		cmocka_unit_test(a_short_header_is_dropped),
		cmocka_unit_test(a_key_id_is_dropped),
		cmocka_unit_test(gpe_of_another_protocol_is_dropped),
		cmocka_unit_test(gpe_of_ip_nonces_and_status_bits_are_accepted),
		cmocka_unit_test(map_versions_are_dropped_while_ours_is_null),
		cmocka_unit_test(a_udp_checksum_is_not_looked_at),
		cmocka_unit_test(control_inside_data_is_dropped),
		cmocka_unit_test(an_inner_packet_must_be_ip_of_its_length),
		cmocka_unit_test(outer_lengths_and_fragments_are_checked),
		cmocka_unit_test(what_is_not_for_us_passes),
	};

	return xtr_bpf_run("decap", tests, sizeof(tests) / sizeof(*tests));
}
