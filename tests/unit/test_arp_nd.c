/* ARP and ND frames, spelled out byte by byte; the ND checksums were worked with Python's integers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/arp_nd.h"

static const uint8_t mac_1[6] = {0x52, 0x54, 0, 0, 0, 1}, mac_2[6] = {0x52, 0x54, 0, 0, 0, 2};

/* clang-format off */
static const uint8_t arp_request[] = { /* who has 192.0.2.2? tell 192.0.2.1 */
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, 1, 0x08, 0x06,
	0, 1, 0x08, 0x00, 6, 4, 0, 1,
	0x52, 0x54, 0, 0, 0, 1, 192, 0, 2, 1,
	0, 0, 0, 0, 0, 0, 192, 0, 2, 2};
static const uint8_t arp_reply[] = { /* 192.0.2.2 is at :02 */
	0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x08, 0x06,
	0, 1, 0x08, 0x00, 6, 4, 0, 2,
	0x52, 0x54, 0, 0, 0, 2, 192, 0, 2, 2,
	0x52, 0x54, 0, 0, 0, 1, 192, 0, 2, 1};
static const uint8_t garp[] = {
	0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, 1, 0x08, 0x06,
	0, 1, 0x08, 0x00, 6, 4, 0, 1,
	0x52, 0x54, 0, 0, 0, 1, 192, 0, 2, 1,
	0, 0, 0, 0, 0, 0, 192, 0, 2, 1};

#define IP6(length) 0x60, 0, 0, 0, 0, length, 58, 255
#define HOST_1 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1
#define HOST_2 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x34, 0x56
#define GROUP_2 0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 2, 0x34, 0x56
static const uint8_t nd_solicit[] = {
	0x33, 0x33, 0xff, 2, 0x34, 0x56, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd,
	IP6(32), HOST_1, GROUP_2,
	135, 0, 0x63, 0x26, 0, 0, 0, 0, HOST_2,
	1, 1, 0x52, 0x54, 0, 0, 0, 1};
static const uint8_t nd_probe[] = { /* duplicate address detection: no source, no option */
	0x33, 0x33, 0xff, 2, 0x34, 0x56, 0x52, 0x54, 0, 0, 0, 1, 0x86, 0xdd,
	IP6(24), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, GROUP_2,
	135, 0, 0xe4, 0x3e, 0, 0, 0, 0, HOST_2};
static const uint8_t nd_advert[] = {
	0x52, 0x54, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x86, 0xdd,
	IP6(32), HOST_2, HOST_1,
	136, 0, 0xd1, 0x70, 0x60, 0, 0, 0, HOST_2,
	2, 1, 0x52, 0x54, 0, 0, 0, 2};
static const uint8_t nd_announcement[] = {
	0x33, 0x33, 0, 0, 0, 1, 0x52, 0x54, 0, 0, 0, 2, 0x86, 0xdd,
	IP6(32), HOST_2, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
	136, 0, 0x40, 0x27, 0x20, 0, 0, 0, HOST_2,
	2, 1, 0x52, 0x54, 0, 0, 0, 2};
/* clang-format on */

static struct address addr(const char *text)
{
	struct address a;

	assert_true(address_parse(&a, text));
	return a;
}

static void is_frame(const struct arp_nd *m, const uint8_t *want, size_t len)
{
	uint8_t frame[ARP_ND_MAX];

	assert_int_equal(arp_nd_build(m, frame), len);
	assert_memory_equal(frame, want, len);
}

static struct arp_nd parsed(const uint8_t *frame, size_t len)
{
	const char *why = NULL;
	struct arp_nd m;

	if (!arp_nd_parse(&m, frame, len, &why))
		fail_msg("refused: %s", why ? why : "not ARP or ND");
	return m;
}

static void questions_have_these_bytes(void **state)
{
	struct address a = addr("192.0.2.1"), b = addr("192.0.2.2"), none = addr("::");
	struct address a6 = addr("2001:db8::1"), b6 = addr("2001:db8::2:3456");
	struct arp_nd m;

	assert_true(arp_nd_ask(&m, mac_1, &a, &b, NULL));
	is_frame(&m, arp_request, sizeof(arp_request));
	assert_true(arp_nd_ask(&m, mac_1, &a, &b, mac_2));
	assert_memory_equal(m.eth_to, mac_2, 6);
	assert_true(arp_nd_ask(&m, mac_1, &a6, &b6, NULL));
	is_frame(&m, nd_solicit, sizeof(nd_solicit));
	assert_true(arp_nd_ask(&m, mac_1, &none, &b6, NULL));
	is_frame(&m, nd_probe, sizeof(nd_probe));
	assert_true(arp_nd_ask(&m, mac_1, &a6, &b6, mac_2));
	assert_memory_equal(m.eth_to, mac_2, 6);
	assert_true(address_equal(&m.ip_to, &b6));
	assert_false(arp_nd_ask(&m, mac_1, &a, &b6, NULL));
}

static void answers_have_these_bytes(void **state)
{
	struct arp_nd m, q = parsed(arp_request, sizeof(arp_request));
	struct address a;

	assert_true(arp_nd_answer(&m, &q, mac_2));
	is_frame(&m, arp_reply, sizeof(arp_reply));
	q = parsed(nd_solicit, sizeof(nd_solicit));
	assert_true(arp_nd_answer(&m, &q, mac_2));
	is_frame(&m, nd_advert, sizeof(nd_advert));
	q = parsed(nd_probe, sizeof(nd_probe));
	assert_true(arp_nd_answer(&m, &q, mac_2));
	is_frame(&m, nd_announcement, sizeof(nd_announcement));
	a = addr("2001:db8::2:3456");
	assert_true(arp_nd_announce(&m, mac_2, &a));
	is_frame(&m, nd_announcement, sizeof(nd_announcement));
	a = addr("192.0.2.1");
	assert_true(arp_nd_announce(&m, mac_1, &a));
	is_frame(&m, garp, sizeof(garp));
	q = parsed(arp_reply, sizeof(arp_reply));
	assert_false(arp_nd_answer(&m, &q, mac_1));
	a = addr("\"name\"");
	assert_false(arp_nd_announce(&m, mac_1, &a));
}

static void tells(const uint8_t *frame, size_t len, enum arp_nd_type type, const char *who,
	const uint8_t *mac)
{
	struct arp_nd m = parsed(frame, len);
	struct address a;

	assert_int_equal(m.type, type);
	if (!who) {
		assert_null(arp_nd_told(&m));
		return;
	}
	a = addr(who);
	assert_non_null(arp_nd_told(&m));
	assert_true(address_equal(arp_nd_told(&m), &a));
	assert_memory_equal(m.mac, mac, 6);
}

static void frames_tell_who_has_which_address(void **state)
{
	struct address b6 = addr("2001:db8::2:3456");
	uint8_t longer[64] = {0};
	struct arp_nd m;

	memcpy(longer, arp_request, sizeof(arp_request)); /* padded to Ethernet's minimum */
	tells(longer, 60, ARP_REQUEST, "192.0.2.1", mac_1);
	tells(arp_reply, sizeof(arp_reply), ARP_REPLY, "192.0.2.2", mac_2);
	tells(garp, sizeof(garp), ARP_REQUEST, "192.0.2.1", mac_1);
	tells(nd_solicit, sizeof(nd_solicit), ND_SOLICIT, "2001:db8::1", mac_1);
	tells(nd_probe, sizeof(nd_probe), ND_SOLICIT, NULL, NULL);
	tells(nd_advert, sizeof(nd_advert), ND_ADVERT, "2001:db8::2:3456", mac_2);
	m = parsed(nd_advert, sizeof(nd_advert));
	assert_true(m.solicited && m.override && !m.router);
	assert_true(address_equal(&m.target, &b6));
	memset(longer + 28, 0, 4); /* an ARP probe: sender 0.0.0.0 (RFC 5227) */
	tells(longer, 60, ARP_REQUEST, NULL, NULL);
}

static void refused(const uint8_t *frame, size_t len, size_t at, uint8_t byte, const char *reason)
{
	uint8_t copy[ARP_ND_MAX];
	const char *why = NULL;
	struct arp_nd m;

	memcpy(copy, frame, len);
	copy[at] = byte;
	if (frame[12] == 0x86 && at > 20 &&
		reason) { /* keep the checksum right: take the change back */
		size_t even = at & ~(size_t)1;
		uint32_t sum = (uint32_t)(copy[56] << 8 | copy[57]) +
			       (uint32_t)(frame[even] << 8 | frame[even + 1]) +
			       (uint16_t) ~(copy[even] << 8 | copy[even + 1]);

		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		if (!strstr(reason, "checksum")) {
			copy[56] = (uint8_t)(sum >> 8);
			copy[57] = (uint8_t)sum;
		}
	}
	if (arp_nd_parse(&m, copy, len, &why))
		fail_msg("accepted byte %zu = %02x", at, byte);
	if (!reason)
		assert_null(why);
	else if (!why || !strstr(why, reason))
		fail_msg("byte %zu = %02x: expected '%s', got '%s'", at, byte, reason,
			why ? why : "");
}

static void what_breaks_the_rules_is_refused_with_its_reason(void **state)
{
	const size_t arp = sizeof(arp_request), ns = sizeof(nd_solicit), na = sizeof(nd_advert);

	refused(arp_request, arp, 13, 0, NULL); /* IPv4 */
	refused(arp_request, arp, 15, 2, "other than IPv4 over Ethernet");
	refused(arp_request, arp, 18, 8, "other than IPv4 over Ethernet");
	refused(arp_request, arp, 21, 3, "neither request nor reply");
	refused(arp_request, arp - 1, 0, 0xff, "ARP truncated");
	refused(arp_request, 20, 0, 0xff, "ARP truncated");
	refused(arp_request, 13, 0, 0xff, NULL);
	refused(nd_solicit, ns, 20, 17, NULL);  /* UDP */
	refused(nd_solicit, ns, 54, 128, NULL); /* echo */
	refused(nd_solicit, ns, 21, 254, "hop limit");
	refused(nd_solicit, ns, 76, 0, "checksum");
	refused(nd_solicit, ns, 55, 1, "code");
	refused(nd_solicit, ns, 62, 0xff, "multicast");
	refused(nd_solicit, ns, 22, 0xff, "source is a multicast");
	refused(nd_solicit, ns, 79, 0, "length 0");
	refused(nd_solicit, ns, 79, 2, "option truncated");
	refused(nd_solicit, ns - 1, 0, 0x33, NULL); /* shorter than IPv6 says */
	refused(nd_advert, na, 38, 0xff, "to a group");
	refused(nd_probe, sizeof(nd_probe), 53, 0x57, "solicited-node");
}

static void a_probe_must_not_carry_a_mac(void **state)
{
	uint8_t frame[ARP_ND_MAX];
	const char *why = NULL;
	struct arp_nd m = parsed(nd_probe, sizeof(nd_probe));
	size_t len;

	m.has_mac = true;
	len = arp_nd_build(&m, frame);
	assert_int_equal(len, 86);
	assert_false(arp_nd_parse(&m, frame, len, &why));
	assert_non_null(strstr(why, "without source has a link-layer"));
}

static void no_bytes_make_it_read_outside(void **state)
{
	const unsigned int seed = 826;

	srand(seed);
	for (int i = 0; i < 200000;
		i++) { /* exact-size blocks: the sanitizer sees one byte too far */
		size_t len = (size_t)(rand() % 90),
		       keep = len < sizeof(nd_advert) ? len : sizeof(nd_advert);
		uint8_t *frame = calloc(1, len + 1);
		uint8_t *end = realloc(frame, len ? len : 1);
		const char *why;
		struct arp_nd m;

		memcpy(end, i % 2 ? nd_advert : nd_solicit, keep);
		for (int k = rand() % 4; k > 0 && len; k--)
			end[(size_t)rand() % len] = (uint8_t)rand();
		if (arp_nd_parse(&m, end, len, &why))
			assert_int_equal(m.target.afi, AFI_IPV6);
		free(end);
	}
}

static void what_does_not_fit_together_is_not_built(void **state)
{
	struct arp_nd m = parsed(arp_request, sizeof(arp_request));
	uint8_t frame[ARP_ND_MAX];

	m.target = addr("2001:db8::1");
	assert_int_equal(arp_nd_build(&m, frame), 0);
	m = parsed(arp_request, sizeof(arp_request));
	m.has_mac = false;
	assert_int_equal(arp_nd_build(&m, frame), 0);
	m = parsed(nd_solicit, sizeof(nd_solicit));
	m.ip_to.afi = AFI_NONE;
	assert_int_equal(arp_nd_build(&m, frame), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(questions_have_these_bytes),
		cmocka_unit_test(answers_have_these_bytes),
		cmocka_unit_test(frames_tell_who_has_which_address),
		cmocka_unit_test(what_breaks_the_rules_is_refused_with_its_reason),
		cmocka_unit_test(a_probe_must_not_carry_a_mac),
		cmocka_unit_test(no_bytes_make_it_read_outside),
		cmocka_unit_test(what_does_not_fit_together_is_not_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
