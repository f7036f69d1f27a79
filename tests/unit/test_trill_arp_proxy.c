/* ARP and ND at the edge (docs/trill.md, N): RFC 8302. Frames are spelled out; the ND ones, with
 * their checksums, were made by a script that knows nothing of lib/net/arp_nd. End stations A
 * (192.0.2.10, 2001:db8::a) on port 1, B (192.0.2.11, 2001:db8::b) elsewhere, C with B's address.
 */
#include "tests/unit/trill_test.h"

#include "trill/core/arp_proxy.h"

static struct arp_proxy *proxy;
static struct arp_proxy_out out;
static struct mono clock_now;
static uint8_t sent[2048];
static size_t sent_len;
static struct mac_place sent_to;
static unsigned int sent_count, local_count, gone_count, event_count;
static struct ip_claim local_last, gone_last;
static struct arp_proxy_event event_last;

static const struct label vlan10 = {.id = 10}, vlan20 = {.id = 20};
static const struct mac mac_a = {{2, 0, 0, 0, 0, 0xa}}, mac_b = {{2, 0, 0, 0, 0, 0xb}},
			mac_c = {{2, 0, 0, 0, 0, 0xc}};

#define US     "020000000001 "
#define A      "02000000000A "
#define B      "02000000000B "
#define C      "02000000000C "
#define ALL    "FFFFFFFFFFFF "
#define NOBODY "000000000000 "
#define IP_A   "C000020A "
#define IP_B   "C000020B "
#define IP_0   "00000000 "

/* to, from; operation; sender, target */
#define ARP(to, from, op, mac, ip, tmac, tip) to from "0806 0001 0800 06 04 " op " " mac ip tmac tip
#define REQUEST(from, mac, ip, tip)           ARP(ALL, from, "0001", mac, ip, NOBODY, tip)

#define ND_A_ASKS_B                                                                                \
	"3333ff00000b 02000000000a 86dd 6000000000203aff 20010db800000000000000000000000a "        \
	"ff0200000000000000000001ff00000b 87001c0300000000 20010db800000000000000000000000b "      \
	"010102000000000a"
#define ND_A_ASKS_B_SIGNED                                                                         \
	"3333ff00000b 02000000000a 86dd 6000000000303aff 20010db800000000000000000000000a "        \
	"ff0200000000000000000001ff00000b 87000ff100000000 20010db800000000000000000000000b "      \
	"010102000000000a 0c02 0000000000000000000000000000"
#define ND_B_ANSWERS_A                                                                             \
	"02000000000a 02000000000b 86dd 6000000000203aff 20010db800000000000000000000000b "        \
	"20010db800000000000000000000000a 88008a4d60000000 20010db800000000000000000000000b "      \
	"020102000000000b"
#define ND_ROUTER_B_ANSWERS_A                                                                      \
	"02000000000a 02000000000b 86dd 6000000000203aff 20010db800000000000000000000000b "        \
	"20010db800000000000000000000000a 88000a4de0000000 20010db800000000000000000000000b "      \
	"020102000000000b"
#define ND_B_ASKS_A                                                                                \
	"3333ff00000a 02000000000b 86dd 6000000000203aff 20010db800000000000000000000000b "        \
	"ff0200000000000000000001ff00000a 87001c0300000000 20010db800000000000000000000000a "      \
	"010102000000000b"
#define ND_B_TELLS                                                                                 \
	"333300000001 02000000000b 86dd 6000000000203aff 20010db800000000000000000000000b "        \
	"ff020000000000000000000000000001 8800f90c20000000 20010db800000000000000000000000b "      \
	"020102000000000b"
#define ND_ROUTER_B_TELLS                                                                          \
	"333300000001 02000000000b 86dd 6000000000203aff 20010db800000000000000000000000b "        \
	"ff020000000000000000000000000001 8800790ca0000000 20010db800000000000000000000000b "      \
	"020102000000000b"
#define ND_C_PROBES_B                                                                              \
	"3333ff00000b 02000000000c 86dd 6000000000183aff 00000000000000000000000000000000 "        \
	"ff0200000000000000000001ff00000b 87004cd900000000 20010db800000000000000000000000b"
#define ND_C_CLAIMS_B                                                                              \
	"333300000001 02000000000c 86dd 6000000000203aff 20010db800000000000000000000000b "        \
	"ff020000000000000000000000000001 8800f90b20000000 20010db800000000000000000000000b "      \
	"020102000000000c"
/* From fe80::ff:fe00:1 */
#define ND_WE_ASK_B                                                                                \
	"02000000000b 020000000001 86dd 6000000000203aff fe80000000000000000000fffe000001 "        \
	"20010db800000000000000000000000b 87001c9900000000 20010db800000000000000000000000b "      \
	"0101020000000001"

static struct address address_of(const char *text)
{
	struct address a;

	assert_true(address_parse(&a, text));
	return a;
}

static void on_send(
	void *arg, struct label label, struct mac_place place, const uint8_t *frame, size_t len)
{
	assert_true(len <= sizeof(sent));
	memcpy(sent, frame, len);
	sent_len = len;
	sent_to = place;
	sent_count++;
}

static void on_local(void *arg, const struct ip_claim *claim, bool gone)
{
	if (gone) {
		gone_last = *claim;
		gone_count++;
	} else {
		local_last = *claim;
		local_count++;
	}
}

static void on_event(void *arg, const struct arp_proxy_event *event)
{
	event_last = *event;
	event_count++;
}

static struct arp_proxy_config config_of(void)
{
	return (struct arp_proxy_config){.mac = {{2, 0, 0, 0, 0, 1}},
		.max = 100,
		.age_s = IP_CACHE_AGE_S(300),
		.answer = true,
		.verify = true,
		.confidence = MAC_CONFIDENCE_DATA,
		.send = on_send,
		.local = on_local,
		.event = on_event};
}

static void start(const struct arp_proxy_config *config)
{
	arp_proxy_free(proxy);
	proxy = arp_proxy_new(config);
	assert_non_null(proxy);
	clock_now = (struct mono){1};
	sent_count = local_count = gone_count = event_count = 0;
}

static int setup(void **state)
{
	struct arp_proxy_config config = config_of();

	start(&config);
	return 0;
}

static int teardown(void **state)
{
	arp_proxy_free(proxy);
	proxy = NULL;
	return 0;
}

static void local_in(
	struct label label, uint16_t port, const char *text, enum arp_proxy_verdict want)
{
	struct exact e = exact_hex(text);
	uint64_t before = arp_proxy_count(proxy, want);
	enum arp_proxy_verdict got;

	memset(&out, 0, sizeof(out));
	got = arp_proxy_local(proxy, label, port, e.bytes, e.len, clock_now, &out);
	free(e.bytes);
	if (got != want)
		fail_msg("%s, should be %s", arp_proxy_verdict_name(got),
			arp_proxy_verdict_name(want));
	assert_int_equal(arp_proxy_count(proxy, want), before + 1);
}

static void local(uint16_t port, const char *text, enum arp_proxy_verdict want)
{
	local_in(vlan10, port, text, want);
}

static void remote(uint16_t nickname, const char *text, enum arp_proxy_verdict want)
{
	struct exact e = exact_hex(text);

	assert_int_equal(
		arp_proxy_remote(proxy, vlan10, nickname, e.bytes, e.len, clock_now), want);
	free(e.bytes);
}

static void told(
	uint16_t nickname, const struct mac *mac, const char *ip, uint8_t confidence, bool gone)
{
	struct address a = address_of(ip);

	arp_proxy_told(proxy, vlan10, nickname, mac, &a, confidence, gone, clock_now);
}

/* NULL: it is not known. */
static const struct ip_claim *known(const char *ip)
{
	struct address a = address_of(ip);
	const struct ip_entry *e = ip_cache_find(arp_proxy_cache(proxy), vlan10, &a);

	return e ? &e->claim : NULL;
}

static void at_ms(uint64_t ms)
{
	clock_now = mono_add_ms((struct mono){1}, ms);
	arp_proxy_time(proxy, clock_now);
}

#define A_ASKS_B REQUEST(A, A, IP_A, IP_B)

static void n_a_question_for_a_known_address_is_answered_in_its_name(void **state)
{
	told(0x2222, &mac_b, "192.0.2.11", 40, false);
	local(1, A_ASKS_B, ARP_PROXY_ANSWERED);
	assert_bytes(out.frame, out.len, ARP(A, B, "0002", B, IP_B, A, IP_A));
	local_in(vlan20, 1, A_ASKS_B, ARP_PROXY_FORWARDED); /* of another label: unknown */
}

static void n_a_question_for_an_unknown_address_goes_to_all(void **state)
{
	local(1, A_ASKS_B, ARP_PROXY_FORWARDED);
	assert_non_null(known("192.0.2.10"));
	assert_null(known("192.0.2.11"));
}

static void n_questions_for_one_unknown_address_are_limited(void **state)
{
	for (unsigned int i = 0; i < ARP_PROXY_FLOOD_PER_S; i++)
		local(1, A_ASKS_B, ARP_PROXY_FORWARDED);
	local(1, A_ASKS_B, ARP_PROXY_FLOOD_LIMIT);
	local(1, REQUEST(A, A, IP_A, "C000020C"), ARP_PROXY_FORWARDED);
	at_ms(400);
	local(1, A_ASKS_B, ARP_PROXY_FORWARDED);
}

/* Who asks for the gateway without end leaves others at their ports their questions. */
static void n_who_asks_too_often_holds_nobody_else_back(void **state)
{
	for (unsigned int i = 0; i < 10 * ARP_PROXY_FLOODS_PER_S; i++)
		local(1, A_ASKS_B,
			i < ARP_PROXY_FLOOD_PER_S ? ARP_PROXY_FORWARDED : ARP_PROXY_FLOOD_LIMIT);
	local(2, REQUEST(C, C, "C000020C", IP_B), ARP_PROXY_FORWARDED);
}

static void n_questions_of_many_ports_for_one_address_are_limited_in_sum(void **state)
{
	for (uint16_t port = 1; port <= ARP_PROXY_FLOODS_PER_S; port++)
		local(port, A_ASKS_B, ARP_PROXY_FORWARDED);
	local(ARP_PROXY_FLOODS_PER_S + 1, A_ASKS_B, ARP_PROXY_FLOOD_LIMIT);
	local(ARP_PROXY_FLOODS_PER_S + 1, REQUEST(A, A, IP_A, "C000020C"), ARP_PROXY_FORWARDED);
}

static void n_a_port_that_floods_is_limited_alone(void **state)
{
	for (unsigned int i = 0; i < ARP_PROXY_PER_S; i++)
		local(1, ARP(B, A, "0002", A, IP_A, B, IP_B), ARP_PROXY_FORWARDED);
	local(1, ARP(B, A, "0002", A, IP_A, B, IP_B), ARP_PROXY_PORT_LIMIT);
	local(2, ARP(B, C, "0002", C, "C000020C", B, IP_B), ARP_PROXY_FORWARDED);
}

static void n_an_rbridge_behind_which_they_flood_is_limited_alone(void **state)
{
	for (unsigned int i = 0; i < ARP_PROXY_REMOTE_PER_S; i++)
		remote(0x2222, ARP(B, A, "0002", A, IP_A, B, IP_B), ARP_PROXY_FORWARDED);
	remote(0x2222, ARP(B, A, "0002", A, "C000020D", B, IP_B), ARP_PROXY_REMOTE_LIMIT);
	assert_null(known("192.0.2.13"));
	remote(0x3333, ARP(B, C, "0002", C, "C000020C", B, IP_B), ARP_PROXY_FORWARDED);
	assert_non_null(known("192.0.2.12"));
	at_ms(1000);
	remote(0x2222, ARP(B, A, "0002", A, "C000020D", B, IP_B), ARP_PROXY_FORWARDED);
	assert_non_null(known("192.0.2.13"));
}

static void n_all_rbridges_are_limited_in_sum(void **state)
{
	for (unsigned int i = 0; i < ARP_PROXY_REMOTES_PER_S; i++)
		remote((uint16_t)(i / 400 + 1), ARP(B, A, "0002", A, IP_A, B, IP_B),
			ARP_PROXY_FORWARDED);
	remote(0x3333, ARP(B, C, "0002", C, "C000020C", B, IP_B), ARP_PROXY_REMOTE_LIMIT);
}

static void n_without_answers_of_ours_the_target_is_asked_alone(void **state)
{
	struct arp_proxy_config config = config_of();

	config.answer = false;
	start(&config);
	told(0x2222, &mac_b, "192.0.2.11", 40, false);
	local(1, A_ASKS_B, ARP_PROXY_UNICAST);
	assert_int_equal(out.egress, 0x2222);
	assert_bytes(out.frame, out.len, ARP(B, A, "0001", A, IP_A, NOBODY, IP_B));
}

static void n_who_is_at_the_same_port_hears_the_question(void **state)
{
	local(1, ARP(A, B, "0002", B, IP_B, A, IP_A), ARP_PROXY_FORWARDED);
	local(1, A_ASKS_B, ARP_PROXY_FORWARDED);
	local(2, A_ASKS_B, ARP_PROXY_ANSWERED); /* at another port of ours it is known */
}

/* Section 4.4 d, RFC 5227. */
static void n_an_address_probe_is_for_the_target_itself(void **state)
{
	told(0x2222, &mac_b, "192.0.2.11", 40, false);
	local(1, REQUEST(C, C, IP_0, IP_B), ARP_PROXY_UNICAST);
	assert_bytes(out.frame, out.len, ARP(B, C, "0001", C, IP_0, NOBODY, IP_B));
	local(1, REQUEST(B, B, IP_0, IP_B), ARP_PROXY_FORWARDED);    /* B itself, come back */
	assert_int_equal(ip_cache_count(arp_proxy_cache(proxy)), 1); /* a probe teaches nothing */
}

static void n_questions_to_the_target_itself_are_not_touched(void **state)
{
	told(0x2222, &mac_b, "192.0.2.11", 40, false);
	local(1, ARP(B, A, "0001", A, IP_A, NOBODY, IP_B), ARP_PROXY_FORWARDED);
}

static void n_what_is_neither_arp_nor_nd_is_left_alone(void **state)
{
	local(1, ALL A "0800 45", ARP_PROXY_OTHER);
	local(1, ALL A "8035 0001 0800 06 04 0003 " A IP_0 A IP_0, ARP_PROXY_OTHER); /* RARP */
	local(1, ALL A "0806 0001 0800 06 04 0001 " A, ARP_PROXY_MALFORMED);
	local(1, ALL A "0806 0001 0800 06 04 0003 " A IP_A NOBODY IP_B, ARP_PROXY_MALFORMED);
	/* ND with a hop limit of 254. */
	local(1,
		"3333ff00000b 02000000000a 86dd 6000000000203afe 20010db800000000000000000000000a "
		"ff0200000000000000000001ff00000b 87001c0300000000 "
		"20010db800000000000000000000000b 010102000000000a",
		ARP_PROXY_MALFORMED);
	assert_int_equal(ip_cache_count(arp_proxy_cache(proxy)), 0);
}

/* Section 4.3; the claim for another's MAC says nothing of where that is. */
static void n_what_a_frame_tells_is_kept_and_given_to_esadi(void **state)
{
	local(1, A_ASKS_B, ARP_PROXY_FORWARDED);
	assert_int_equal(local_count, 1);
	assert_int_equal(local_last.ip.afi, AFI_IPV4);
	assert_memory_equal(&local_last.mac, &mac_a, MAC_LEN);
	assert_true(local_last.place.local && local_last.place.where == 1);
	local(1, A_ASKS_B, ARP_PROXY_FORWARDED);
	assert_int_equal(local_count, 1);
	local(1, REQUEST(A, C, IP_B, "C0000201"), ARP_PROXY_FORWARDED);
	assert_null(known("192.0.2.11"));
	local(1, ND_B_TELLS, ARP_PROXY_FORWARDED);
	assert_int_equal(local_count, 2);
	assert_int_equal(local_last.ip.afi, AFI_IPV6);
	remote(0x2222, ARP(A, C, "0002", C, "C000020C", A, IP_A), ARP_PROXY_FORWARDED);
	assert_int_equal(known("192.0.2.12")->place.where, 0x2222);
	assert_int_equal(local_count, 2); /* not ours to tell */
}

static void n_odd_addresses_are_not_kept(void **state)
{
	local(1, REQUEST(A, A, "E0000001", IP_B), ARP_PROXY_FORWARDED);
	local(1, REQUEST(A, A, "7F000001", IP_B), ARP_PROXY_FORWARDED);
	local(1, REQUEST(A, A, "FFFFFFFF", IP_B), ARP_PROXY_FORWARDED);
	local(2, REQUEST("03000000000A ", "03000000000A ", IP_A, IP_A), ARP_PROXY_FORWARDED);
	assert_int_equal(ip_cache_count(arp_proxy_cache(proxy)), 0);
}

/* Section 4.4 c. */
static void n_announcements_are_flooded_unless_esadi_tells_all(void **state)
{
	struct arp_proxy_config config = config_of();

	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED);
	config.complete = true;
	start(&config);
	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_KNOWN);
	local(1, ARP(ALL, A, "0002", A, IP_A, ALL, IP_A), ARP_PROXY_KNOWN);
	local(1, ND_B_TELLS, ARP_PROXY_KNOWN);
	assert_int_equal(local_count, 2);
	local(1, ND_B_ANSWERS_A, ARP_PROXY_FORWARDED); /* was asked for */
}

static void n_nd_is_answered_once_it_is_known_who_is_a_router(void **state)
{
	told(0x2222, &mac_b, "2001:db8::b", 40, false);
	local(1, ND_A_ASKS_B, ARP_PROXY_UNICAST);
	assert_int_equal(out.egress, 0x2222);
	assert_memory_equal(out.frame, mac_b.bytes, MAC_LEN);
	assert_int_equal(out.len, 86);
	remote(0x2222, ND_B_TELLS, ARP_PROXY_FORWARDED);
	local(1, ND_A_ASKS_B, ARP_PROXY_ANSWERED);
	assert_bytes(out.frame, out.len, ND_B_ANSWERS_A);
	remote(0x2222, ND_ROUTER_B_TELLS, ARP_PROXY_FORWARDED);
	local(1, ND_A_ASKS_B, ARP_PROXY_ANSWERED);
	assert_bytes(out.frame, out.len, ND_ROUTER_B_ANSWERS_A);
	remote(0x2222, ND_B_ASKS_A, ARP_PROXY_FORWARDED); /* a question does not say: kept */
	local(1, ND_A_ASKS_B, ARP_PROXY_ANSWERED);
	assert_bytes(out.frame, out.len, ND_ROUTER_B_ANSWERS_A);
}

/* Section 4.1: only who has the key can answer. */
static void n_secured_nd_is_never_answered_by_us(void **state)
{
	remote(0x2222, ND_B_TELLS, ARP_PROXY_FORWARDED);
	local(1, ND_A_ASKS_B_SIGNED, ARP_PROXY_UNICAST);
	assert_memory_equal(&known("2001:db8::a")->mac, &mac_a, MAC_LEN); /* it is snooped */
	told(0x2222, &mac_b, "2001:db8::b", MAC_CONFIDENCE_DATA, true);
	at_ms(300000);
	local(1, ND_A_ASKS_B_SIGNED, ARP_PROXY_FORWARDED);
}

static void n_duplicate_address_detection_of_ipv6_reaches_the_owner(void **state)
{
	remote(0x2222, ND_B_TELLS, ARP_PROXY_FORWARDED);
	local(1, ND_C_PROBES_B, ARP_PROXY_UNICAST);
	assert_memory_equal(out.frame, mac_b.bytes, MAC_LEN);
	assert_int_equal(out.len, 78);
}

/* Section 7. */
static void n_a_second_owner_waits_until_the_first_is_silent(void **state)
{
	local(1, REQUEST(B, B, IP_B, IP_B), ARP_PROXY_FORWARDED);
	local(2, REQUEST(C, C, IP_B, IP_B), ARP_PROXY_FORWARDED);
	assert_int_equal(sent_count, 1);
	assert_true(sent_to.local && sent_to.where == 1);
	assert_bytes(sent, sent_len, ARP(B, US, "0001", US, IP_0, NOBODY, IP_B));
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_b, MAC_LEN);
	local(2, REQUEST(C, C, IP_B, IP_B), ARP_PROXY_FORWARDED); /* asked once */
	assert_int_equal(sent_count, 1);
	at_ms(999);
	assert_int_equal(event_count, 0);
	at_ms(1000);
	assert_int_equal(event_count, 1);
	assert_false(event_last.duplicate);
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_c, MAC_LEN);
	assert_int_equal(gone_count, 1);
	assert_memory_equal(&gone_last.mac, &mac_b, MAC_LEN);
	assert_memory_equal(&local_last.mac, &mac_c, MAC_LEN);
}

static void n_a_duplicate_is_told_and_not_believed(void **state)
{
	local(1, REQUEST(B, B, IP_B, IP_B), ARP_PROXY_FORWARDED);
	local(2, REQUEST(C, C, IP_B, IP_B), ARP_PROXY_FORWARDED);
	at_ms(10);
	local(1, ARP(US, B, "0002", B, IP_B, US, IP_0), ARP_PROXY_OURS);
	assert_int_equal(event_count, 1);
	assert_true(event_last.duplicate);
	assert_memory_equal(&event_last.is, &mac_b, MAC_LEN);
	assert_memory_equal(&event_last.claims, &mac_c, MAC_LEN);
	assert_int_equal(arp_proxy_duplicates(proxy), 1);
	at_ms(5000);
	assert_int_equal(event_count, 1);
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_b, MAC_LEN);
}

static void n_a_remote_owner_is_asked_through_its_rbridge(void **state)
{
	told(0x2222, &mac_b, "2001:db8::b", MAC_CONFIDENCE_DATA, false);
	local(1, ND_C_CLAIMS_B, ARP_PROXY_FORWARDED);
	assert_int_equal(sent_count, 1);
	assert_true(!sent_to.local && sent_to.where == 0x2222);
	assert_bytes(sent, sent_len, ND_WE_ASK_B);
	remote(0x2222,
		"020000000001 02000000000b 86dd 6000000000203aff "
		"20010db800000000000000000000000b fe80000000000000000000fffe000001 "
		"8800 ba8e 60000000 20010db800000000000000000000000b 020102000000000b",
		ARP_PROXY_OURS);
	assert_int_equal(arp_proxy_duplicates(proxy), 1);
	assert_memory_equal(&known("2001:db8::b")->mac, &mac_b, MAC_LEN);
}

/* What ESADI says of an address that a local end station has is not believed without asking it. */
static void n_a_remote_claim_to_a_local_address_is_verified(void **state)
{
	local(1, REQUEST(B, B, IP_B, IP_B), ARP_PROXY_FORWARDED);
	told(0x2222, &mac_c, "192.0.2.11", 100, false);
	assert_int_equal(sent_count, 1);
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_b, MAC_LEN);
	told(0x2222, &mac_c, "192.0.2.11", 100, true); /* and takes it back */
	at_ms(2000);
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_b, MAC_LEN);
	told(0x2222, &mac_c, "192.0.2.11", 100, false);
	at_ms(4000);
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_c, MAC_LEN);
	assert_int_equal(gone_count, 1);
}

static void n_without_verification_who_speaks_last_is_believed(void **state)
{
	struct arp_proxy_config config = config_of();

	config.verify = false;
	start(&config);
	local(1, REQUEST(B, B, IP_B, IP_B), ARP_PROXY_FORWARDED);
	local(2, REQUEST(C, C, IP_B, IP_B), ARP_PROXY_FORWARDED);
	assert_memory_equal(&known("192.0.2.11")->mac, &mac_c, MAC_LEN);
	assert_int_equal(sent_count, 0);
}

/* Section 8: a station that moves is told by the other RBridge's ESADI, and we say it no more. */
static void n_a_station_that_moves_is_believed_at_once(void **state)
{
	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED);
	told(0x2222, &mac_a, "192.0.2.10", MAC_CONFIDENCE_DATA, false);
	assert_int_equal(known("192.0.2.10")->place.where, 0x2222);
	assert_int_equal(gone_count, 1);
	assert_int_equal(sent_count, 0);
	local(3, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED); /* and comes back */
	assert_int_equal(known("192.0.2.10")->place.where, 3);
	local(4, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED); /* between ports: nothing new */
	assert_int_equal(local_count, 2);
	assert_int_equal(gone_count, 1);
}

static void n_more_confidence_is_not_replaced(void **state)
{
	told(0x2222, &mac_b, "192.0.2.11", 100, false);
	remote(0x3333, ARP(A, C, "0002", C, IP_B, A, IP_A), ARP_PROXY_FORWARDED);
	local(1, REQUEST(C, C, IP_B, IP_B), ARP_PROXY_FORWARDED);
	assert_int_equal(known("192.0.2.11")->place.where, 0x2222);
	assert_int_equal(sent_count, 0);
	told(0x2222, &mac_b, "192.0.2.11", 100, true);
	assert_null(known("192.0.2.11"));
}

static void n_what_frames_taught_stays_when_esadi_takes_its_word_back(void **state)
{
	told(0x2222, &mac_b, "192.0.2.11", MAC_CONFIDENCE_DATA, false);
	remote(0x2222, ARP(A, B, "0002", B, IP_B, A, IP_A), ARP_PROXY_FORWARDED);
	told(0x2222, &mac_b, "192.0.2.11", MAC_CONFIDENCE_DATA, true);
	assert_non_null(known("192.0.2.11"));
	at_ms(225000);
	assert_null(known("192.0.2.11"));
}

/* Section 8: 225 s for the default of 300. */
static void n_an_entry_ages_unless_it_is_heard_again(void **state)
{
	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED);
	told(0x2222, &mac_b, "192.0.2.11", MAC_CONFIDENCE_DATA, false);
	at_ms(100000);
	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED);
	at_ms(324999);
	assert_non_null(known("192.0.2.10"));
	assert_int_equal(arp_proxy_next(proxy).ns, mono_add_ms(clock_now, 1).ns);
	at_ms(325000);
	assert_null(known("192.0.2.10"));
	assert_int_equal(gone_count, 1);
	assert_non_null(known("192.0.2.11")); /* until ESADI takes it back */
}

static void n_a_failed_link_takes_what_it_taught(void **state)
{
	struct ip_cache *cache = arp_proxy_cache(proxy);
	static struct labels labels;
	struct label_set others;
	uint16_t nickname = 1;

	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED);
	local(2, REQUEST(C, C, "C000020C", "C000020C"), ARP_PROXY_FORWARDED);
	told(1, &mac_b, "192.0.2.11", MAC_CONFIDENCE_DATA, false); /* nickname 1 is no port */
	assert_int_equal(ip_cache_forget_port(arp_proxy_cache(proxy), 1), 1);
	assert_null(known("192.0.2.10"));
	assert_non_null(known("192.0.2.11"));
	assert_non_null(known("192.0.2.12"));
	label_set_clear(&others);
	label_set_add(&others, 20);
	assert_int_equal(ip_cache_forget_remote(cache, &nickname, &others, &labels), 0);
	label_set_add(&others, 10);
	nickname = 2;
	assert_int_equal(ip_cache_forget_remote(cache, &nickname, &others, &labels), 0);
	nickname = 1;
	assert_int_equal(ip_cache_forget_remote(cache, &nickname, &others, &labels), 1);
}

static void n_a_full_cache_refuses_newcomers_and_forwards(void **state)
{
	struct arp_proxy_config config = config_of();

	config.max = 1;
	start(&config);
	local(1, REQUEST(A, A, IP_A, IP_A), ARP_PROXY_FORWARDED);
	local(1, REQUEST(B, B, IP_B, IP_B), ARP_PROXY_FORWARDED);
	assert_non_null(known("192.0.2.10"));
	assert_null(known("192.0.2.11"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			n_a_question_for_a_known_address_is_answered_in_its_name, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_question_for_an_unknown_address_goes_to_all, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_questions_for_one_unknown_address_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_who_asks_too_often_holds_nobody_else_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_questions_of_many_ports_for_one_address_are_limited_in_sum, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			n_a_port_that_floods_is_limited_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_an_rbridge_behind_which_they_flood_is_limited_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(n_all_rbridges_are_limited_in_sum, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_without_answers_of_ours_the_target_is_asked_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_who_is_at_the_same_port_hears_the_question, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_an_address_probe_is_for_the_target_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_questions_to_the_target_itself_are_not_touched, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_what_is_neither_arp_nor_nd_is_left_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_what_a_frame_tells_is_kept_and_given_to_esadi, setup, teardown),
		cmocka_unit_test_setup_teardown(n_odd_addresses_are_not_kept, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_announcements_are_flooded_unless_esadi_tells_all, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_nd_is_answered_once_it_is_known_who_is_a_router, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_secured_nd_is_never_answered_by_us, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_duplicate_address_detection_of_ipv6_reaches_the_owner, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_second_owner_waits_until_the_first_is_silent, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_duplicate_is_told_and_not_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_remote_owner_is_asked_through_its_rbridge, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_remote_claim_to_a_local_address_is_verified, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_without_verification_who_speaks_last_is_believed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_station_that_moves_is_believed_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(n_more_confidence_is_not_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_what_frames_taught_stays_when_esadi_takes_its_word_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_an_entry_ages_unless_it_is_heard_again, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_failed_link_takes_what_it_taught, setup, teardown),
		cmocka_unit_test_setup_teardown(
			n_a_full_cache_refuses_newcomers_and_forwards, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
