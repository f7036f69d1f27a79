/* What a router owes to a packet that it cannot forward: errors by RFC 792/1191/4443, fragments by
 * RFC 791. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/checksum.h"
#include "xtr/exception.h"

static const uint8_t packet4[52] = {0x45, 0, 0, 52, 0x12, 0x34, 0x40, 0, 64, 17, 0x14, 0x7f, 10, 1,
	0, 2, 10, 2, 0, 2, 0, 1, 2, 3, 4, 5, 6, 7, [28 ... 51] = 'x'};

static struct address text_address(const char *text)
{
	struct address a;

	assert_true(address_parse(&a, text));
	return a;
}

static void too_big_quotes_an_ipv4_packet(void **state)
{
	static const uint8_t head[28] = {0x45, 0xc0, 0, 80, 0, 0, 0, 0, 64, 1, 0x65, 0xe9, 10, 1, 0,
		1, 10, 1, 0, 2, 3, 4, 0x45, 0x8e, 0, 0, 0x05, 0xb8};
	struct address gateway = text_address("10.1.0.1");
	uint8_t out[EXCEPTION_ICMP_MAX];

	assert_int_equal(
		exception_icmp(out, packet4, sizeof(packet4), EXCEPTION_TOO_BIG, 1464, &gateway),
		80);
	assert_memory_equal(out, head, sizeof(head));
	assert_memory_equal(out + 28, packet4, sizeof(packet4));
}

static void too_big_quotes_an_ipv6_packet(void **state)
{
	static const uint8_t packet[48] = {0x60, 0, 0, 0, 0, 8, 17, 64, 0x20, 1, 0x0d, 0xb8, 0,
		1, [23] = 2, 0x20, 1, 0x0d, 0xb8, 0, 2, [39] = 2, 0x13, 0x88, 0x17, 0x70, 0, 8, 0,
		0};
	static const uint8_t icmp[8] = {2, 0, 0xa4, 0xb0, 0, 0, 0x05, 0xa4};
	struct address gateway = text_address("2001:db8:1::1");
	uint8_t out[EXCEPTION_ICMP_MAX];

	assert_int_equal(
		exception_icmp(out, packet, sizeof(packet), EXCEPTION_TOO_BIG, 1444, &gateway), 96);
	assert_int_equal(out[4] << 8 | out[5], 56);
	assert_memory_equal(out + 8, gateway.bytes, 16);
	assert_memory_equal(out + 24, packet + 8, 16);
	assert_memory_equal(out + 40, icmp, 8);
	assert_memory_equal(out + 48, packet, sizeof(packet));
}

static void types_and_codes_follow_the_kind(void **state)
{
	struct address gateway = text_address("10.1.0.1");
	uint8_t out[EXCEPTION_ICMP_MAX];

	exception_icmp(out, packet4, sizeof(packet4), EXCEPTION_TTL, 0, &gateway);
	assert_int_equal(out[20], 11);
	assert_int_equal(out[21], 0);
	exception_icmp(out, packet4, sizeof(packet4), EXCEPTION_DENIED, 0, &gateway);
	assert_int_equal(out[20], 3);
	assert_int_equal(out[21], 13);
}

static void a_long_packet_is_quoted_in_part(void **state)
{
	struct address gateway = text_address("10.1.0.1");
	uint8_t packet[1600] = {0}, out[EXCEPTION_ICMP_MAX];

	memcpy(packet, packet4, 20);
	assert_int_equal(
		exception_icmp(out, packet, sizeof(packet), EXCEPTION_TOO_BIG, 1464, &gateway),
		576);
	assert_int_equal(checksum_of(out + 20, 556), 0);
}

/* RFC 1122 section 3.2.2. */
static void no_error_is_sent_where_none_is_owed(void **state)
{
	static const struct {
		const char *what;
		unsigned int at;
		uint8_t value;
	} rows[] = {{"a later fragment", 7, 1}, {"a group as destination", 16, 224},
		{"a group as source", 12, 239}, {"a loopback source", 12, 127},
		{"a header length of 4 words", 0, 0x44}, {"another version", 0, 0x55},
		{"a header beyond the packet", 0, 0x4f}};
	struct address gateway = text_address("10.1.0.1"), none = {0},
		       other = text_address("2001:db8::1");
	uint8_t packet[52], out[EXCEPTION_ICMP_MAX];
	unsigned int i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		memcpy(packet, packet4, sizeof(packet));
		packet[rows[i].at] = rows[i].value;
		if (exception_icmp(out, packet, sizeof(packet), EXCEPTION_TTL, 0, &gateway) != 0)
			fail_msg("an error about %s", rows[i].what);
	}
	memcpy(packet, packet4, sizeof(packet));
	packet[9] = 1;
	packet[20] = 3; /* an ICMP error */
	assert_int_equal(
		exception_icmp(out, packet, sizeof(packet), EXCEPTION_TTL, 0, &gateway), 0);
	packet[20] = 8; /* a ping */
	assert_int_equal(
		exception_icmp(out, packet, sizeof(packet), EXCEPTION_TTL, 0, &gateway), 80);
	assert_int_equal(exception_icmp(out, packet4, sizeof(packet4), EXCEPTION_TTL, 0, &none), 0);
	assert_int_equal(
		exception_icmp(out, packet4, sizeof(packet4), EXCEPTION_TTL, 0, &other), 0);
	assert_int_equal(exception_icmp(out, packet4, 19, EXCEPTION_TTL, 0, &gateway), 0);
	assert_int_equal(exception_icmp(out, packet4, 0, EXCEPTION_TTL, 0, &gateway), 0);
}

struct pieces {
	unsigned int count;
	size_t len[8];
	uint8_t bytes[8][2048];
};

static int keep(void *arg, const uint8_t *fragment, size_t len)
{
	struct pieces *p = arg;

	assert_true(p->count < 8 && len <= 2048);
	memcpy(p->bytes[p->count], fragment, len);
	p->len[p->count++] = len;
	return 0;
}

static void make(uint8_t *packet, unsigned int len, unsigned int field)
{
	unsigned int i;

	memcpy(packet, packet4, 20);
	packet[2] = len >> 8;
	packet[3] = len;
	packet[6] = field >> 8;
	packet[7] = field;
	for (i = 20; i < len; i++)
		packet[i] = i * 7;
}

static void a_packet_is_split_into_two_equal_fragments(void **state)
{
	struct pieces p = {0};
	uint8_t packet[1500];

	make(packet, 1500, 0);
	assert_true(exception_may_fragment(packet, sizeof(packet)));
	assert_int_equal(exception_fragment(packet, sizeof(packet), 1464, keep, &p), 0);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.len[0], 20 + 744); /* 1480 / 2 = 740, rounded up to a multiple of 8 */
	assert_int_equal(p.len[1], 20 + 736);
	assert_int_equal(p.bytes[0][6] << 8 | p.bytes[0][7], 0x2000);
	assert_int_equal(p.bytes[1][6] << 8 | p.bytes[1][7], 744 / 8);
	assert_int_equal(p.bytes[1][2] << 8 | p.bytes[1][3], 756);
	assert_int_equal(checksum_of(p.bytes[0], 20), 0);
	assert_int_equal(checksum_of(p.bytes[1], 20), 0);
	assert_memory_equal(p.bytes[0] + 20, packet + 20, 744);
	assert_memory_equal(p.bytes[1] + 20, packet + 764, 736);
}

static void a_fragment_is_split_again_in_its_place(void **state)
{
	struct pieces p = {0};
	uint8_t packet[1500];

	make(packet, 1500, 0x2000 | 185); /* the second of three */
	assert_int_equal(exception_fragment(packet, sizeof(packet), 1464, keep, &p), 0);
	assert_int_equal(p.bytes[0][6] << 8 | p.bytes[0][7], 0x2000 | 185);
	assert_int_equal(p.bytes[1][6] << 8 | p.bytes[1][7], 0x2000 | (185 + 93));
}

static void a_large_packet_gets_as_many_as_it_needs(void **state)
{
	struct pieces p = {0};
	uint8_t packet[4000];

	make(packet, 4000, 0);
	assert_int_equal(exception_fragment(packet, sizeof(packet), 1464, keep, &p), 0);
	assert_int_equal(p.count, 3);
	assert_int_equal(p.len[0] + p.len[1] + p.len[2], 3980 + 60);
	assert_int_equal(exception_fragment(packet, sizeof(packet), 27, keep, &p), -EMSGSIZE);
}

static void only_copied_options_go_into_later_fragments(void **state)
{
	/* A no-op, record route (7, not copied), a security option (0x82, copied), end. */
	static const uint8_t options[12] = {1, 7, 3, 4, 0x82, 4, 0xaa, 0xbb, 0};
	struct pieces p = {0};
	uint8_t packet[1032];

	make(packet, sizeof(packet), 0);
	packet[0] = 0x48;
	memcpy(packet + 20, options, sizeof(options));
	assert_int_equal(exception_fragment(packet, sizeof(packet), 600, keep, &p), 0);
	assert_int_equal(p.count, 2);
	assert_int_equal(p.bytes[0][0], 0x48);
	assert_memory_equal(p.bytes[0] + 20, options, sizeof(options));
	assert_int_equal(p.bytes[1][0], 0x46);
	assert_memory_equal(p.bytes[1] + 20, ((uint8_t[]){0x82, 4, 0xaa, 0xbb}), 4);
	assert_memory_equal(p.bytes[1] + 24, packet + 32 + (p.len[0] - 32), p.len[1] - 24);
	assert_int_equal(checksum_of(p.bytes[1], 24), 0);
}

static void df_and_ipv6_may_not_be_split(void **state)
{
	uint8_t packet[60] = {0x60};

	assert_false(exception_may_fragment(packet4, sizeof(packet4)));
	assert_false(exception_may_fragment(packet, sizeof(packet)));
	assert_false(exception_may_fragment(packet4, 10));
}

static void a_checksum_left_to_the_device_is_finished(void **state)
{
	/* UDP 5000 -> 6000, "sunward!", 10.1.0.2 -> 10.2.0.2; the field holds the pseudo-header's
	 * sum, as a stack leaves it: 0x0a01 + 0x0002 + 0x0a02 + 0x0002 + 17 + 16 = 0x1428. */
	uint8_t udp[16] = {
		0x13, 0x88, 0x17, 0x70, 0, 16, 0x14, 0x28, 's', 'u', 'n', 'w', 'a', 'r', 'd', '!'};
	struct address src = text_address("10.1.0.2"), dst = text_address("10.2.0.2");

	assert_true(exception_checksum(udp, sizeof(udp), 0, 6));
	assert_int_equal(checksum_upper(&src, &dst, 17, udp, sizeof(udp)), 0);
	assert_false(exception_checksum(udp, sizeof(udp), 17, 0));
	assert_false(exception_checksum(udp, sizeof(udp), 0, 15));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(too_big_quotes_an_ipv4_packet),
		cmocka_unit_test(too_big_quotes_an_ipv6_packet),
		cmocka_unit_test(types_and_codes_follow_the_kind),
		cmocka_unit_test(a_long_packet_is_quoted_in_part),
		cmocka_unit_test(no_error_is_sent_where_none_is_owed),
		cmocka_unit_test(a_packet_is_split_into_two_equal_fragments),
		cmocka_unit_test(a_fragment_is_split_again_in_its_place),
		cmocka_unit_test(a_large_packet_gets_as_many_as_it_needs),
		cmocka_unit_test(only_copied_options_go_into_later_fragments),
		cmocka_unit_test(df_and_ipv6_may_not_be_split),
		cmocka_unit_test(a_checksum_left_to_the_device_is_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
