/* Addresses, endpoints and EIDs: every text form both ways, order, covering, and the reasons for
 * refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/address.h"

static struct address addr(const char *text)
{
	struct address a;

	if (!address_parse(&a, text))
		fail_msg("address_parse refused %s", text);
	return a;
}

static struct eid eid(const char *text)
{
	const char *why = "";
	struct eid e;

	if (!eid_parse(&e, text, &why))
		fail_msg("eid_parse refused %s: %s", text, why);
	return e;
}

static void parses_each_family(void **state)
{
	struct address a = addr("192.0.2.1");

	assert_int_equal(a.afi, AFI_IPV4);
	assert_int_equal(a.len, 4);
	assert_memory_equal(a.bytes, "\xc0\x00\x02\x01\0\0\0", 7);
	a = addr("2001:db8::1");
	assert_int_equal(a.afi, AFI_IPV6);
	assert_memory_equal(a.bytes, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	a = addr("52:54:00:AB:cd:01");
	assert_int_equal(a.afi, AFI_MAC);
	assert_memory_equal(a.bytes, "\x52\x54\x00\xab\xcd\x01", 6);
	a = addr("\"vm 1\"");
	assert_int_equal(a.afi, AFI_NAME);
	assert_int_equal(a.len, 5);
	assert_memory_equal(a.bytes, "vm 1\0\0", 6);
	assert_int_equal(address_bits(&a), 40);
	assert_int_equal(addr("\"\"").len, 1);
	a = addr("\"\\x07\\\"\\\\\\xff\"");
	assert_memory_equal(a.bytes, "\x07\"\\\xff\0", 5);
}

static void refuses_what_is_no_address(void **state)
{
	static const char *const bad[] = {"", "192.0.2", "192.0.2.256", "192.0.2.1 ", "1.2.3.4.5",
		"2001:db8:::1", "fe80::1%eth0", "52:54:00:00:00", "52:54:00:00:00:0g",
		"52-54-00-00-00-01", "52:54:00:00:00:011", "name", "\"name", "\"na\"me\"",
		"\"\\x0\"", "\"\\x00\"", "\"\\", "\"\\n\"", "\"0123456789012345678901234567890\"",
		"none"};
	struct address a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (address_parse(&a, bad[i]))
			fail_msg("accepted %s", bad[i]);
}

static void formats_as_rfc_5952_and_escapes_names(void **state)
{
	static const char *const same[] = {"192.0.2.1", "::", "::1", "2001:db8::1",
		"2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "::ffff:192.0.2.1", "52:54:00:00:00:01",
		"\"a name\"", "\"\"", "\"\\\"\\\\\\x1b[2J\"", "\"012345678901234567890123456789\""};
	char text[ADDRESS_TEXT];
	struct address a;

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		a = addr(same[i]);
		assert_string_equal(address_format(&a, text, sizeof(text)), same[i]);
	}
	a = addr("2001:0db8:0000:0000:0001:0000:0000:0001");
	assert_string_equal(address_format(&a, text, sizeof(text)), "2001:db8::1:0:0:1");
	a = addr("2001:DB8::A");
	assert_string_equal(address_format(&a, text, sizeof(text)), "2001:db8::a");
	assert_string_equal(
		address_format(&(struct address){.afi = AFI_NONE}, text, sizeof(text)), "none");
	a = addr("192.0.2.1");
	assert_string_equal(address_format(&a, text, 5), "?");
}

static void sets_only_lengths_that_fit(void **state)
{
	static const uint8_t bytes[40] = {1};
	struct address a;

	assert_true(address_set(&a, AFI_IPV4, bytes, 4));
	assert_false(address_set(&a, AFI_IPV4, bytes, 5));
	assert_false(address_set(&a, AFI_IPV6, bytes, 4));
	assert_false(address_set(&a, AFI_MAC, bytes, 8));
	assert_true(address_set(&a, AFI_NONE, NULL, 0));
	assert_false(address_set(&a, AFI_NONE, bytes, 1));
	assert_true(address_set(&a, AFI_NAME, "a", 2));
	assert_false(address_set(&a, AFI_NAME, "ab", 2));   /* no NUL */
	assert_false(address_set(&a, AFI_NAME, "a\0b", 4)); /* two */
	assert_false(address_set(&a, AFI_NAME, "", 0));
	assert_false(address_set(&a, AFI_NAME, "0123456789012345678901234567890", 32));
	assert_false(address_set(&a, AFI_LCAF, bytes, 4));
}

static void tells_kinds_of_addresses(void **state)
{
	struct address a[] = {addr("224.0.0.1"), addr("255.255.255.255"), addr("ff02::1"),
		addr("01:00:5e:00:00:01"), addr("127.9.9.9"), addr("::1"), addr("0.0.0.0"),
		addr("::"), addr("192.0.2.1"), addr("\"x\"")};

	for (int i = 0; i < 10; i++) {
		assert_int_equal(address_is_multicast(&a[i]), i < 4);
		assert_int_equal(address_is_loopback(&a[i]), i == 4 || i == 5);
		assert_int_equal(address_is_unspecified(&a[i]), i == 6 || i == 7);
		assert_int_equal(address_is_ip(&a[i]), i != 3 && i != 9);
	}
}

static void orders_ipv4_before_ipv6_then_bytes(void **state)
{
	static const char *const order[] = {"10.0.0.1", "10.0.0.2", "192.0.2.1", "::1",
		"2001:db8::1", "2001:db8::2", "00:00:00:00:00:01", "\"a\"", "\"ab\"", "\"b\""};
	struct address a, b;

	for (int i = 0; i < 10; i++) {
		for (int k = 0; k < 10; k++) {
			int c;

			a = addr(order[i]);
			b = addr(order[k]);
			c = address_compare(&a, &b);
			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
			assert_int_equal(address_equal(&a, &b), i == k);
		}
	}
}

static void endpoints_go_to_sockaddrs_and_back(void **state)
{
	struct sockaddr_storage ss;
	struct sockaddr_in6 mapped = {.sin6_family = AF_INET6, .sin6_port = htons(4342)};
	struct endpoint e, back;
	char text[ENDPOINT_TEXT];

	assert_true(endpoint_parse(&e, "192.0.2.1:4342", 0));
	assert_int_equal(endpoint_to_sockaddr(&e, &ss), sizeof(struct sockaddr_in));
	assert_int_equal(ntohs(((struct sockaddr_in *)&ss)->sin_port), 4342);
	assert_true(endpoint_from_sockaddr(&back, (struct sockaddr *)&ss));
	assert_memory_equal(&e, &back, sizeof(e));
	assert_string_equal(endpoint_format(&e, text, sizeof(text)), "192.0.2.1:4342");

	assert_true(endpoint_parse(&e, "[2001:db8::1]:4341", 0));
	assert_int_equal(endpoint_to_sockaddr(&e, &ss), sizeof(struct sockaddr_in6));
	assert_true(endpoint_from_sockaddr(&back, (struct sockaddr *)&ss));
	assert_memory_equal(&e, &back, sizeof(e));
	assert_string_equal(endpoint_format(&e, text, sizeof(text)), "[2001:db8::1]:4341");

	inet_pton(AF_INET6, "::ffff:192.0.2.1", &mapped.sin6_addr);
	assert_true(endpoint_from_sockaddr(&back, (struct sockaddr *)&mapped));
	assert_string_equal(endpoint_format(&back, text, sizeof(text)), "192.0.2.1:4342");
	mapped.sin6_family = AF_UNIX;
	assert_false(endpoint_from_sockaddr(&back, (struct sockaddr *)&mapped));
	e.addr = addr("52:54:00:00:00:01");
	assert_int_equal(endpoint_to_sockaddr(&e, &ss), 0);
}

static void endpoint_ports_may_have_a_default(void **state)
{
	static const char *const good[] = {"192.0.2.1", "2001:db8::1", "[2001:db8::1]"};
	static const char *const bad[] = {"192.0.2.1:0", "192.0.2.1:65536",
		"192.0.2.1:", "192.0.2.1:x", "[192.0.2.1]:1", "[2001:db8::1", "[2001:db8::1]x",
		"[2001:db8::1]:", ":4342", "", "\"a\":1", "192.0.2.1:+5"};
	struct endpoint e;

	for (size_t i = 0; i < 3; i++) {
		assert_true(endpoint_parse(&e, good[i], 4342));
		assert_int_equal(e.port, 4342);
		assert_false(endpoint_parse(&e, good[i], 0));
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (endpoint_parse(&e, bad[i], 4342))
			fail_msg("accepted %s", bad[i]);
}

static void eids_read_and_write_their_text(void **state)
{
	static const struct {
		const char *in, *out;
		uint32_t iid;
		unsigned int plen;
	} t[] = {{"192.0.2.1", "192.0.2.1", 0, 32}, {"192.0.2.1/32", "192.0.2.1", 0, 32},
		{"[0]192.0.2.0/24", "192.0.2.0/24", 0, 24},
		{"[7]10.0.0.0/8", "[7]10.0.0.0/8", 7, 8}, {"0.0.0.0/0", "0.0.0.0/0", 0, 0},
		{"[4294967295]::/0", "[4294967295]::/0", UINT32_MAX, 0},
		{"[16777215]2001:db8::/32", "[16777215]2001:db8::/32", 16777215, 32},
		{"2001:db8::1/128", "2001:db8::1", 0, 128},
		{"[1]52:54:00:00:00:01/48", "[1]52:54:00:00:00:01", 1, 48},
		{"52:54:00:00:00:00/24", "52:54:00:00:00:00/24", 0, 24},
		{"[9]\"a/b]\"", "[9]\"a/b]\"", 9, 40}, {"\"vm-\"/24", "\"vm-\"/24", 0, 24},
		{"\"vm-\"/32", "\"vm-\"", 0, 32}, {"\"\"/0", "\"\"/0", 0, 0}};
	char text[EID_TEXT];

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct eid e = eid(t[i].in);

		assert_int_equal(e.iid, t[i].iid);
		assert_int_equal(e.plen, t[i].plen);
		assert_string_equal(eid_format(&e, text, sizeof(text)), t[i].out);
	}
}

static void bad_eids_are_refused_with_the_right_form(void **state)
{
	static const struct {
		const char *in, *why;
	} t[] = {{"192.0.2.0/33", "from 0 to 32"}, {"2001:db8::/129", "from 0 to 128"},
		{"52:54:00:00:00:00/49", "from 0 to 48"}, {"\"a\"/17", "8 x"},
		{"192.0.2.0/", "from 0 to 32"}, {"192.0.2.0/-1", "from 0 to 32"},
		{"192.0.2.0/24 ", "from 0 to 32"}, {"192.0.2.1/24", "beyond its prefix length"},
		{"2001:db8::1/64", "beyond its prefix length"},
		{"\"abc\"/8", "beyond its prefix length"},
		{"[4294967296]10.0.0.0/8", "0 to 4294967295"}, {"[]10.0.0.0/8", "0 to 4294967295"},
		{"[7 10.0.0.0/8", "0 to 4294967295"}, {"[x]10.0.0.0/8", "0 to 4294967295"},
		{"", "not an address"}, {"[7]", "not an address"}, {"/24", "not an address"},
		{"example.org", "not an address"}, {"\"a\"b", "not an address"}};
	struct eid e;

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		const char *why = NULL;

		if (eid_parse(&e, t[i].in, &why))
			fail_msg("accepted %s", t[i].in);
		if (!why || !strstr(why, t[i].why))
			fail_msg("%s: expected a reason with '%s', got '%s'", t[i].in, t[i].why,
				why);
	}
}

static void masks_host_bits(void **state)
{
	struct eid e = eid("192.0.2.255");

	e.plen = 25;
	assert_true(eid_mask(&e));
	assert_memory_equal(e.addr.bytes, "\xc0\x00\x02\x80", 4);
	assert_false(eid_mask(&e));
	assert_false(eid_is_host(&e));
	e.plen = 0;
	assert_true(eid_mask(&e));
	assert_memory_equal(e.addr.bytes, "\0\0\0\0", 4);
	e = eid("\"abc\"");
	assert_true(eid_is_host(&e));
	e.plen = 8;
	assert_true(eid_mask(&e));
	assert_true(eid_equal(&e, &(struct eid){0, 8, addr("\"a\"")}));
	e = eid("2001:db8::1");
	assert_false(eid_mask(&e));
}

static void covers_only_within_instance_and_family(void **state)
{
	static const struct {
		const char *a, *b;
		bool covers;
	} t[] = {{"10.0.0.0/8", "10.1.2.3", true}, {"10.0.0.0/8", "10.0.0.0/8", true},
		{"10.0.0.0/9", "10.128.0.0/9", false}, {"10.0.0.0/9", "10.0.0.0/8", false},
		{"0.0.0.0/0", "10.1.2.3", true}, {"0.0.0.0/0", "::/0", false},
		{"[1]10.0.0.0/8", "10.1.2.3", false}, {"[1]10.0.0.0/8", "[1]10.1.2.3", true},
		{"10.1.2.3", "10.1.2.2", false}, {"2001:db8::/33", "2001:db8:7fff::1", true},
		{"2001:db8::/33", "2001:db8:8000::1", false},
		{"52:54:00:00:00:00/24", "52:54:00:12:34:56", true},
		{"\"vm-\"/24", "\"vm-1\"", true}, {"\"vm-\"", "\"vm-1\"", false},
		{"\"vm-\"/24", "\"vn-1\"", false}, {"\"\"/0", "\"x\"", true}};

	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct eid a = eid(t[i].a), b = eid(t[i].b);

		if (eid_covers(&a, &b) != t[i].covers)
			fail_msg("%s covers %s: expected %d", t[i].a, t[i].b, t[i].covers);
	}
}

static void eids_order_by_instance_family_bytes_length(void **state)
{
	static const char *const order[] = {"0.0.0.0/0", "10.0.0.0/8", "10.0.0.0/9", "10.0.0.0",
		"10.0.0.1", "::/0", "2001:db8::/32", "00:00:00:00:00:01", "\"a\"", "[1]0.0.0.0/0",
		"[2]0.0.0.0/0"};

	for (int i = 0; i < 11; i++) {
		for (int k = 0; k < 11; k++) {
			struct eid a = eid(order[i]), b = eid(order[k]);
			int c = eid_compare(&a, &b);

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
			assert_int_equal(eid_equal(&a, &b), i == k);
		}
	}
}

static struct eid random_eid(void)
{
	static const struct {
		uint16_t afi;
		uint8_t len;
	} kinds[] = {{AFI_IPV4, 4}, {AFI_IPV6, 16}, {AFI_MAC, 6}, {AFI_NAME, 0}};
	int kind = rand() % 4;
	size_t len = kinds[kind].len ? kinds[kind].len : (size_t)(1 + rand() % ADDRESS_MAX);
	struct eid e = {.iid = rand() % 2 ? (uint32_t)rand() : 0};
	uint8_t bytes[ADDRESS_MAX] = {0};

	for (size_t i = 0; i < len; i++) /* many zeroes in IPv6, none in names */
		bytes[i] = (uint8_t)(kind == 3 ? 1 + rand() % 255 : rand() % 2 * rand() % 256);
	if (kind == 3)
		bytes[len - 1] = 0;
	assert_true(address_set(&e.addr, kinds[kind].afi, bytes, len));
	e.plen = (uint8_t)(rand() % (int)(address_bits(&e.addr) + 1));
	if (kind == 3)
		e.plen = (uint8_t)(e.plen / 8 * 8); /* a name is cut at its characters */
	eid_mask(&e);
	return e;
}

static void what_is_formatted_parses_back(void **state)
{
	const unsigned int seed = 20231;
	char text[EID_TEXT];

	srand(seed);
	for (int i = 0; i < 20000; i++) {
		struct eid e = random_eid(), back = {0};
		const char *why = "";

		eid_format(&e, text, sizeof(text));
		if (!eid_parse(&back, text, &why) || !eid_equal(&e, &back))
			fail_msg("seed %u, round %d: %s did not come back: %s", seed, i, text, why);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_each_family),
		cmocka_unit_test(refuses_what_is_no_address),
		cmocka_unit_test(formats_as_rfc_5952_and_escapes_names),
		cmocka_unit_test(sets_only_lengths_that_fit),
		cmocka_unit_test(tells_kinds_of_addresses),
		cmocka_unit_test(orders_ipv4_before_ipv6_then_bytes),
		cmocka_unit_test(endpoints_go_to_sockaddrs_and_back),
		cmocka_unit_test(endpoint_ports_may_have_a_default),
		cmocka_unit_test(eids_read_and_write_their_text),
		cmocka_unit_test(bad_eids_are_refused_with_the_right_form),
		cmocka_unit_test(masks_host_bits),
		cmocka_unit_test(covers_only_within_instance_and_family),
		cmocka_unit_test(eids_order_by_instance_family_bytes_length),
		cmocka_unit_test(what_is_formatted_parses_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
