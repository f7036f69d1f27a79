/* The BPF programs, packet by packet: frames in, verdict and bytes out, through BPF_PROG_TEST_RUN
 * in a namespace of its own. Expected headers are spelled out from RFC 9300 section 5 and RFC 6040
 * section 4.2. Needs root and BPF. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <bpf/bpf.h>
#include <linux/pkt_cls.h>

#include "lib/base/clock.h"
#include "lib/net/checksum.h"
#include "xtr/bpf/contract.h"
#include "xtr/datapath_bpf.h"

#define PASS     ((uint32_t)TC_ACT_UNSPEC)
#define DROP     TC_ACT_SHOT
#define REDIRECT TC_ACT_REDIRECT

/* MACs of the ports here and of the neighbours beyond. */
#define SITE_MAC "02 00 00 00 01 01 "
#define HOST_MAC "02 00 00 00 01 02 "
#define CORE_MAC "02 00 00 00 0c 01 "
#define NEXT_MAC "02 00 00 00 0c 02 "

#define INNER4_63 "45 2a 00 24 12 34 00 00 3f 11 55 65 0a 01 00 02 0a 02 00 02 "
#define INNER4_64 "45 2a 00 24 12 34 00 00 40 11 54 65 0a 01 00 02 0a 02 00 02 "
#define BACK4_64  "45 2a 00 24 12 34 00 00 40 11 54 65 0a 02 00 02 0a 01 00 02 "
#define BACK4_9   "45 2a 00 24 12 34 00 00 09 11 8b 65 0a 02 00 02 0a 01 00 02 "
#define UDP_TEXT  "13 88 17 70 00 10 00 00 73 75 6e 77 61 72 64 21 "
#define EID1      "20 01 0d b8 00 01 00 00 00 00 00 00 00 00 00 02 "
#define EID2      "20 01 0d b8 00 02 00 00 00 00 00 00 00 00 00 02 "
#define RLOC1     "20 01 0d b8 00 0f 00 00 00 00 00 00 00 00 00 01 "
#define RLOC2     "20 01 0d b8 00 0f 00 00 00 00 00 00 00 00 00 02 "
/* Traffic class 2a, flow label 12345. */
#define INNER6_63 "62 a1 23 45 00 10 11 3f " EID1 EID2
#define INNER6_64 "62 a1 23 45 00 10 11 40 " EID1 EID2
#define BACK6_64  "62 a1 23 45 00 10 11 40 " EID2 EID1
#define BACK6_9   "62 a1 23 45 00 10 11 09 " EID2 EID1

struct world {
	struct datapath_load *load;
	struct datapath_bpf *bpf;
	struct datapath *dp;
	int fds[DATAPATH_FD_COUNT];
	int site, core;
	uint64_t before[CONTRACT_CNT_COUNT + 64];
	struct datapath_event seen[16];
	unsigned int seen_count;
};

struct frame {
	uint8_t bytes[4096];
	uint32_t len;
	uint32_t verdict;
};

static struct world *world_of(void **state)
{
	return *state;
}

static struct frame hex(const char *text)
{
	struct frame f = {.len = 0};
	unsigned int byte;
	int n;

	while (sscanf(text, " %2x%n", &byte, &n) == 1) {
		f.bytes[f.len++] = byte;
		text += n;
	}
	assert_true(strspn(text, " ") == strlen(text));
	return f;
}

/* @want as hex, where ".." stands for any byte. */
static void assert_frame(const struct frame *got, const char *want)
{
	uint32_t at = 0;
	char two[3] = "";

	for (;; at++) {
		want += strspn(want, " ");
		if (!*want)
			break;
		memcpy(two, want, 2);
		want += 2;
		if (at >= got->len)
			fail_msg("frame ends at byte %u, expected %s there", at, two);
		if (strcmp(two, "..") != 0 && strtoul(two, NULL, 16) != got->bytes[at])
			fail_msg("byte %u is %02x, expected %s", at, got->bytes[at], two);
	}
	assert_int_equal(got->len, at);
}

static struct frame run(struct world *w, const char *program, int ifindex, const struct frame *in)
{
	struct __sk_buff skb = {.ifindex = ifindex};
	struct xdp_md xdp = {.ingress_ifindex = ifindex, .data_end = in->len};
	struct frame out = {.len = 0};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->bytes, .data_size_in = in->len,
		.data_out = out.bytes, .data_size_out = sizeof(out.bytes), .repeat = 1);

	if (!strncmp(program, "xdp", 3)) {
		opts.ctx_in = &xdp;
		opts.ctx_size_in = sizeof(xdp);
	} else {
		opts.ctx_in = &skb;
		opts.ctx_size_in = sizeof(skb);
	}
	if (bpf_prog_test_run_opts(datapath_load_program_fd(w->load, program), &opts))
		fail_msg("%s: test run: %s", program, strerror(errno));
	out.len = opts.data_size_out;
	out.verdict = opts.retval;
	return out;
}

static struct frame run_hex(struct world *w, const char *program, int ifindex, const char *in)
{
	struct frame f = hex(in);

	return run(w, program, ifindex, &f);
}

static uint64_t counted(struct world *w, const char *name)
{
	uint64_t now[datapath_counter_count()], change = 0;
	unsigned int i;

	assert_int_equal(datapath_bpf_counters(w->bpf, now), 0);
	for (i = 0; i < datapath_counter_count(); i++)
		if (!strcmp(datapath_counter_name(i), name))
			change = now[i] - w->before[i];
	memcpy(w->before, now, sizeof(now));
	return change;
}

static struct eid eid_of(const char *text)
{
	struct eid eid;
	const char *why;

	assert_true(eid_parse(&eid, text, &why));
	return eid;
}

static void entry(struct world *w, const char *eid, enum datapath_action action, const char *rloc,
	bool hold, bool away)
{
	struct datapath_entry e = {.action = action, .hold = hold, .away = away};
	struct eid key = eid_of(eid);

	if (rloc) {
		assert_true(address_parse(&e.locators[0].rloc, rloc));
		e.locators[0].weight = 100;
		e.locator_count = 1;
	}
	assert_int_equal(w->dp->set(w->dp, &key, &e), 0);
}

static void forget(struct world *w, const char *eid)
{
	struct eid key = eid_of(eid);

	assert_int_equal(w->dp->del(w->dp, &key), 0);
}

static void on_event(void *arg, const struct datapath_event *e)
{
	struct world *w = arg;

	if (w->seen_count < 16)
		w->seen[w->seen_count++] = *e;
}

static unsigned int events(struct world *w)
{
	w->seen_count = 0;
	assert_true(datapath_bpf_poll(w->bpf, 64) >= 0);
	return w->seen_count;
}

/* Which program, so that tc and XDP are held to the same bytes. */
static const struct side {
	const char *site, *core;
	uint32_t redirect;
} sides[] = {
	{"site_ingress", "core_ingress", REDIRECT}, {"xdp_site", "xdp_core", 4 /* XDP_REDIRECT */}};

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

static void site_port(struct world *w, uint32_t iid)
{
	struct datapath_bpf_port port = {
		.ifindex = w->site, .role = DATAPATH_SITE, .mode = DATAPATH_XDP, .iid = iid};

	assert_int_equal(datapath_bpf_port_add(w->bpf, &port), 0);
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

/* Outer headers around @inner, from 192.0.2.2 or 2001:db8:f::2. */
static struct frame tunnelled(
	uint8_t family, uint8_t tos, uint8_t ttl, const char *lisp, const char *inner)
{
	struct frame in = hex(inner), f;
	uint16_t udp_len = 16 + in.len;

	f = hex(family == 4 ? CORE_MAC NEXT_MAC
			"08 00 45 00 00 00 00 00 40 00 00 11 00 00 c0 00 02 02 c0 00 02 01"
			    : CORE_MAC NEXT_MAC "86 dd 60 00 00 00 00 00 11 00" RLOC2 RLOC1);
	if (family == 4) {
		f.bytes[15] = tos;
		f.bytes[22] = ttl;
		f.bytes[16] = (udp_len + 20) >> 8;
		f.bytes[17] = (udp_len + 20) & 0xff;
		f.bytes[24] = checksum_of(f.bytes + 14, 20) >> 8;
	} else {
		f.bytes[14] |= tos >> 4;
		f.bytes[15] |= tos << 4;
		f.bytes[18] = udp_len >> 8;
		f.bytes[19] = udp_len & 0xff;
		f.bytes[21] = ttl;
	}
	memcpy(f.bytes + f.len,
		(uint8_t[]){0xd0, 0x01, 0x10, 0xf5, udp_len >> 8, udp_len & 0xff, 0, 0}, 8);
	f.len += 8;
	memcpy(f.bytes + f.len, hex(lisp).bytes, 8);
	f.len += 8;
	memcpy(f.bytes + f.len, in.bytes, in.len);
	f.len += in.len;
	return f;
}

#define PLAIN "00 00 00 00 00 00 00 00"

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

static void hostile(struct world *w, const struct frame *in, const char *counter)
{
	struct frame out = run(w, "core_ingress", w->core, in);

	if (out.verdict != DROP)
		fail_msg("%s: verdict %d, expected a drop", counter, (int)out.verdict);
	if (counted(w, counter) != 1)
		fail_msg("%s: not counted", counter);
	out = run(w, "xdp_core", w->core, in); /* XDP leaves it to tc, unchanged */
	assert_int_equal(out.verdict, 2 /* XDP_PASS */);
	assert_int_equal(out.len, in->len);
	assert_memory_equal(out.bytes, in->bytes, in->len);
	counted(w, "xdp_pass");
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

static void an_eid_that_is_not_here_is_dropped_and_reported(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, PLAIN, INNER4_64 UDP_TEXT);
	struct address from;

	events(w);
	hostile(w, &in, "drop_not_local");
	assert_int_equal(events(w), 1);
	assert_int_equal(w->seen[0].type, DATAPATH_AWAY);
	assert_true(address_parse(&from, "192.0.2.2"));
	assert_true(address_equal(&w->seen[0].rloc, &from));
	assert_true(eid_equal(&w->seen[0].eid, &(struct eid){0, 32, eid_of("10.2.0.2/32").addr}));
	hostile(w, &in, "drop_not_local");
	assert_int_equal(events(w), 0); /* within 100 ms */
}

/* The addresses of a frame on the hold tap. */
static void assert_tag(
	const struct frame *f, int reason, unsigned int iid, unsigned int mtu, int ifindex)
{
	assert_int_equal(f->verdict, REDIRECT);
	assert_int_equal(f->bytes[0], reason << 2 | 2);
	assert_int_equal(f->bytes[1] << 16 | f->bytes[2] << 8 | f->bytes[3], iid);
	assert_int_equal(f->bytes[4] << 8 | f->bytes[5], mtu);
	assert_int_equal(f->bytes[10] << 8 | f->bytes[11], ifindex);
}

static void an_instance_does_not_reach_anothers_eids(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0, 64, "08 00 00 00 00 00 07 00", BACK4_64 UDP_TEXT);

	hostile(w, &in, "drop_not_local"); /* [7]10.1.0.2 is nobody's, [0]10.1.0.2 is here */
	entry(w, "[7]10.1.0.2/32", DATAPATH_LOCAL, NULL, false, false);
	assert_int_equal(
		run(w, "core_ingress", w->core, &in).verdict, DROP); /* but 7 has no port */
	assert_int_equal(counted(w, "drop_instance"), 1);
	forget(w, "[7]10.1.0.2/32");
}

/* The route to 10.1.0.2 leads out of a port of instance 0, whatever 7 believes. */
static void an_instance_does_not_leave_by_anothers_port(void **state)
{
	struct world *w = world_of(state);
	struct datapath_bpf_port other = {.role = DATAPATH_SITE, .mode = DATAPATH_XDP, .iid = 7};
	struct frame in = tunnelled(4, 0, 64, "08 00 00 00 00 00 07 00", BACK4_64 UDP_TEXT), out;

	other.ifindex = (int)if_nametoindex("host");
	assert_int_equal(datapath_bpf_port_add(w->bpf, &other), 0);
	entry(w, "[7]10.1.0.2/32", DATAPATH_LOCAL, NULL, false, false);
	assert_int_equal(run(w, "core_ingress", w->core, &in).verdict, DROP);
	assert_int_equal(counted(w, "drop_instance"), 1);
	out = run(w, "xdp_core", w->core, &in); /* up, for tc to drop */
	assert_int_equal(out.verdict, 2 /* XDP_PASS */);
	/* The kernel's own ICMP would be routed by the core port: user space writes it. */
	in = tunnelled(4, 0, 1, "08 00 00 00 00 00 07 00", BACK4_64 UDP_TEXT);
	out = run(w, "core_ingress", w->core, &in);
	assert_tag(&out, CONTRACT_UP_TTL, 7, 0, w->core);
	assert_int_equal(out.bytes[7], 1); /* from the core */
	forget(w, "[7]10.1.0.2/32");
	assert_int_equal(datapath_bpf_port_del(w->bpf, other.ifindex), 0);
	counted(w, "decap");
}

static void what_was_held_goes_natively_by_its_own_port(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), up, out;
	int tap = datapath_load_tap_ifindex(w->load);

	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, true, false);
	up = run(w, "site_ingress", w->site, &in);
	assert_tag(&up, CONTRACT_UP_HELD, 0, 0, w->site);
	entry(w, "10.2.0.0/16", DATAPATH_NATIVE, NULL, false, false);
	out = run(w, "tap_ingress", tap, &up);
	assert_int_equal(out.verdict, REDIRECT);
	assert_frame(&out, SITE_MAC SITE_MAC "08 00" INNER4_64 UDP_TEXT);
	/* From another instance's port, or the core's, it has no way out. */
	entry(w, "[7]10.2.0.0/16", DATAPATH_NATIVE, NULL, false, false);
	up.bytes[3] = 7;
	assert_int_equal(run(w, "tap_ingress", tap, &up).verdict, DROP);
	up.bytes[3] = 0;
	up.bytes[11] = (uint8_t)w->core;
	assert_int_equal(run(w, "tap_ingress", tap, &up).verdict, DROP);
	assert_int_equal(counted(w, "drop_instance"), 2);
	forget(w, "10.2.0.0/16");
	forget(w, "[7]10.2.0.0/16");
}

static void an_eid_that_has_left_is_sent_on(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0x2a, 10, PLAIN, INNER4_64 UDP_TEXT), out;

	entry(w, "10.2.0.2/32", DATAPATH_ENCAP, "192.0.2.3", false, true);
	out = run(w, "core_ingress", w->core, &in);
	assert_int_equal(out.verdict, REDIRECT);
	/* Outer hop limit 10 - 1, to 192.0.2.3; inner TTL the lesser of both. */
	assert_frame(&out, "02 00 00 00 0c 03 " CORE_MAC "08 00"
			   "45 2a 00 48 00 00 40 00 09 11 ed 76 c0 00 02 01 c0 00 02 03"
			   ".. .. 10 f5 00 34 00 00"
			   "00 00 00 00 00 00 00 00"
			   "45 2a 00 24 12 34 00 00 0a 11 8a 65 0a 01 00 02 0a 02 00 02" UDP_TEXT);
	assert_int_equal(counted(w, "reencap"), 1);
	in = tunnelled(4, 0x2a, 1, PLAIN, INNER4_64 UDP_TEXT);
	hostile(w, &in, "drop_hop_limit");
	entry(w, "10.2.0.2/32", DATAPATH_ENCAP, "192.0.2.2", false, true);
	in = tunnelled(4, 0x2a, 10, PLAIN, INNER4_64 UDP_TEXT);
	hostile(w, &in, "drop_loop"); /* 192.0.2.2 is where it came from */
	forget(w, "10.2.0.2/32");
}

static void a_held_packet_goes_up_unchanged(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), out;

	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, true, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, w->site);
	assert_memory_equal(out.bytes + 12, in.bytes + 12, in.len - 12);
	assert_int_equal(counted(w, "held"), 1);
	entry(w, "10.2.0.0/16", DATAPATH_ENCAP, "192.0.2.2", true, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, w->site);
	out = run(w, "tap_ingress", datapath_load_tap_ifindex(w->load), &out); /* and down again */
	assert_int_equal(out.verdict, REDIRECT);
	assert_int_equal(out.bytes[14 + 36 + 8], 63);
	assert_int_equal(out.bytes[33], 2);
	assert_int_equal(counted(w, "encap"), 1);
	entry(w, "10.2.0.0/16", DATAPATH_NONE, NULL, false, false);
	assert_int_equal(run(w, "site_ingress", w->site, &in).verdict, DROP);
	assert_int_equal(counted(w, "drop_no_mapping"), 1);
	entry(w, "10.2.0.0/16", DATAPATH_DROP, NULL, false, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_DENIED, 0, 0, w->site);
	assert_int_equal(counted(w, "denied"), 1);
	forget(w, "10.2.0.0/16");
}

static void a_local_eid_can_be_held_too(void **state)
{
	struct world *w = world_of(state);
	struct frame in = tunnelled(4, 0x2a, 64, PLAIN, BACK4_64 UDP_TEXT), out;

	entry(w, "10.1.0.2/32", DATAPATH_LOCAL, NULL, true, false);
	out = run(w, "core_ingress", w->core, &in);
	assert_tag(&out, CONTRACT_UP_HELD, 0, 0, w->core);
	assert_memory_equal(out.bytes + 14, hex(BACK4_64 UDP_TEXT).bytes, 36);
	out = run(w, "tap_ingress", datapath_load_tap_ifindex(w->load), &out);
	assert_int_equal(out.verdict, REDIRECT);
	assert_memory_equal(out.bytes, hex(HOST_MAC SITE_MAC "08 00").bytes, 14);
	assert_int_equal(out.bytes[22], 63);
	forget(w, "10.1.0.2/32");
}

static void the_last_hop_goes_up(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT), out;

	in.bytes[22] = 1;
	entry(w, "10.2.0.0/16", DATAPATH_ENCAP, "192.0.2.2", false, false);
	out = run(w, "site_ingress", w->site, &in);
	assert_tag(&out, CONTRACT_UP_TTL, 0, 0, w->site);
	assert_int_equal(counted(w, "ttl_expired"), 1);
	assert_int_equal(run(w, "xdp_site", w->site, &in).verdict, 2 /* XDP_PASS */);
	forget(w, "10.2.0.0/16");
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

/* A guest that keeps sending to what is denied does not fill the tap's queue. */
static void denied_packets_go_up_within_a_limit(void **state)
{
	struct world *w = world_of(state);
	struct frame in = hex(SITE_MAC HOST_MAC "08 00" INNER4_64 UDP_TEXT);
	struct mono start = mono_now();
	unsigned int i, up = 0;

	entry(w, "10.2.0.0/16", DATAPATH_DROP, NULL, false, false);
	counted(w, "denied");
	for (i = 0; i < 3000; i++)
		up += run(w, "site_ingress", w->site, &in).verdict == REDIRECT;
	assert_true(up >= 900 && up <= 1002 + mono_since_us(start, mono_now()) / 100);
	assert_int_equal(counted(w, "denied"), 3000);
	forget(w, "10.2.0.0/16");
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

/* What the process that parses packets does, as nobody and without capabilities. Returns the step
 * that failed. */
static int as_nobody(struct world *w)
{
	struct datapath_bpf_config config = {.on_event = on_event, .arg = w};
	struct datapath_bpf_port port = {.ifindex = w->site, .role = DATAPATH_SITE};
	struct datapath_entry e = {.action = DATAPATH_ENCAP, .locator_count = 1};
	struct eid eid = eid_of("10.3.0.1/32"), prefix = eid_of("10.3.0.0/24");
	uint64_t values[datapath_counter_count()];
	struct datapath_bpf *db;
	struct datapath *dp;
	char why[256];

	if (setgid(65534) || setuid(65534))
		return 1;
	db = datapath_bpf_new(&config, w->fds, true, why, sizeof(why));
	if (!db)
		return 2;
	dp = datapath_bpf_handle(db);
	address_parse(&e.locators[0].rloc, "192.0.2.9");
	if (datapath_bpf_port_add(db, &port))
		return 3;
	if (dp->set(dp, &eid, &e) || dp->set(dp, &prefix, &e) || dp->used(dp, &eid) ||
		dp->del(dp, &eid) || dp->del(dp, &prefix))
		return 4;
	if (datapath_bpf_dynamic_add(db, &prefix) || datapath_bpf_dynamic_del(db, &prefix))
		return 5;
	if (datapath_bpf_counters(db, values) || datapath_bpf_poll(db, 16) < 0 || dp->pending(dp))
		return 6;
	datapath_bpf_free(db);
	return 0;
}

static void the_unprivileged_half_needs_no_capability(void **state)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		_exit(as_nobody(world_of(state)));
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void shell(const char *command)
{
	if (system(command) != 0) {
		fprintf(stderr, "failed: %s\n", command);
		exit(1);
	}
}

/* Two ports with neighbours that are known beforehand. */
static void make_ports(void)
{
	shell("ip link set lo up");
	shell("ip link add site type veth peer name host && ip link add core type veth peer name next");
	shell("ip link set site address 02:00:00:00:01:01 && ip link set core address 02:00:00:00:0c:01");
	shell("for d in site host core next; do echo 0 >/proc/sys/net/ipv6/conf/$d/accept_dad; done");
	shell("echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding");
	shell("for d in site host core next; do ip link set $d up; done");
	shell("ip addr add 10.1.0.1/24 dev site && ip addr add 2001:db8:1::1/64 dev site nodad");
	shell("ip addr add 192.0.2.1/24 dev core && ip addr add 2001:db8:f::1/64 dev core nodad");
	shell("ip neigh add 10.1.0.2 lladdr 02:00:00:00:01:02 dev site && "
	      "ip neigh add 2001:db8:1::2 lladdr 02:00:00:00:01:02 dev site && "
	      "ip neigh add 192.0.2.2 lladdr 02:00:00:00:0c:02 dev core && "
	      "ip neigh add 192.0.2.3 lladdr 02:00:00:00:0c:03 dev core && "
	      "ip neigh add 2001:db8:f::2 lladdr 02:00:00:00:0c:02 dev core");
}

static int setup(void **state)
{
	static struct address rlocs[2];
	struct world *w = calloc(1, sizeof(*w));
	struct datapath_load_config lc = {.hosts_max = 1024, .prefixes_max = 64, .locsets_max = 64};
	struct datapath_bpf_config bc = {.rlocs = rlocs,
		.rloc_count = 2,
		.locsets_max = 64,
		.hash_key = {0x0706050403020100, 0x0f0e0d0c0b0a0908},
		.on_event = on_event,
		.arg = w};
	struct datapath_bpf_port core = {.role = DATAPATH_CORE, .mode = DATAPATH_XDP};
	char why[256];

	address_parse(&rlocs[0], "192.0.2.1");
	address_parse(&rlocs[1], "2001:db8:f::1");
	w->load = datapath_load_new(&lc, NULL, why, sizeof(why));
	if (!w->load) {
		printf("skipped: %s\n", why);
		exit(77);
	}
	make_ports();
	datapath_load_fds(w->load, w->fds);
	w->bpf = datapath_bpf_new(&bc, w->fds, false, why, sizeof(why));
	if (!w->bpf)
		fail_msg("%s", why);
	w->dp = datapath_bpf_handle(w->bpf);
	w->site = if_nametoindex("site");
	core.ifindex = w->core = if_nametoindex("core");
	site_port(w, 0);
	assert_int_equal(datapath_bpf_port_add(w->bpf, &core), 0);
	if (datapath_load_attach(w->load, w->site, DATAPATH_SITE, DATAPATH_XDP, why, sizeof(why)) ||
		datapath_load_attach(
			w->load, w->core, DATAPATH_CORE, DATAPATH_XDP, why, sizeof(why)))
		fail_msg("%s", why);
	entry(w, "10.1.0.0/24", DATAPATH_LOCAL, NULL, false, false);
	entry(w, "2001:db8:1::/64", DATAPATH_LOCAL, NULL, false, false);
	counted(w, "encap");
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	datapath_bpf_free(w->bpf);
	datapath_load_free(w->load);
	free(w);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_in_ipv4),
		cmocka_unit_test(ipv4_in_ipv6),
		cmocka_unit_test(ipv6_in_ipv4),
		cmocka_unit_test(ipv6_in_ipv6),
		cmocka_unit_test(the_instance_travels_in_the_lisp_header),
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
		cmocka_unit_test(an_eid_that_is_not_here_is_dropped_and_reported),
		cmocka_unit_test(an_instance_does_not_reach_anothers_eids),
		cmocka_unit_test(an_instance_does_not_leave_by_anothers_port),
		cmocka_unit_test(what_was_held_goes_natively_by_its_own_port),
		cmocka_unit_test(an_eid_that_has_left_is_sent_on),
		cmocka_unit_test(a_held_packet_goes_up_unchanged),
		cmocka_unit_test(a_local_eid_can_be_held_too),
		cmocka_unit_test(the_last_hop_goes_up),
		cmocka_unit_test(s_is_1464_over_ipv4_and_1444_over_ipv6),
		cmocka_unit_test(a_flow_keeps_its_port_and_weights_share_flows_out),
		cmocka_unit_test(fragments_of_a_datagram_stay_together),
		cmocka_unit_test(hosts_are_seen_by_packet_arp_and_nd),
		cmocka_unit_test(an_answer_is_not_kept_back_by_what_the_host_said_before),
		cmocka_unit_test(forged_hosts_do_not_silence_other_ports),
		cmocka_unit_test(denied_packets_go_up_within_a_limit),
		cmocka_unit_test(icmp_about_a_locator_is_reported),
		cmocka_unit_test(an_entry_that_makes_no_sense_is_refused),
		cmocka_unit_test(the_unprivileged_half_needs_no_capability),
	};

	if (geteuid() != 0 || unshare(CLONE_NEWNET)) {
		printf("skipped: needs root and a network namespace of its own\n");
		return 77;
	}
	return cmocka_run_group_tests(tests, setup, teardown);
}
