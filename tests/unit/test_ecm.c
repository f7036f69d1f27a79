/* ECM: golden bytes by the figure of RFC 9301 section 5.8, both ways (checksums computed by a few
 * lines of Python); RFC 9303's authentication data; hostile ones. */
#include "tests/unit/lisp_test.h"

#include "lisp/ecm.h"
#include "lisp/map_request.h"

static const uint8_t message[] = {0x10, 0, 0, 1, 'm', 's', 'g', '!'};

static const uint8_t golden_v4[] = {
	0x84, 0x00, 0x00, 0x00,            /* Type 8, S=0, D=1, E=0, M=0, Reserved */
	0x45, 0x00, 0x00, 0x24,            /* IPv4, IHL 5; Total Length 36 */
	0x00, 0x00, 0x40, 0x00,            /* Identification, DF */
	0x40, 0x11, 0x4e, 0x8b,            /* TTL 64, UDP, Header Checksum */
	192, 0, 2, 9,                      /* Source */
	198, 51, 100, 1,                   /* Destination: the EID */
	0xee, 0x48, 0x10, 0xf6,            /* Source Port 61000, Dest Port 4342 */
	0x00, 0x10, 0x2f, 0xbb,            /* UDP Length 16, UDP Checksum */
	0x10, 0, 0, 1, 'm', 's', 'g', '!', /* LISP Control Message */
};

static const uint8_t golden_v6[] = {
	0x80, 0x00, 0x00, 0x00, /* Type 8, S=0, D=0, E=0, M=0, Reserved */
	0x60, 0x00, 0x00, 0x00, /* IPv6 */
	0x00, 0x10, 0x11, 0x40, /* Payload Length 16, UDP, Hop Limit 64 */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, /* Source 2001:db8::9 */
	0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* Destination 2001:db8:1::1 */
	0xee, 0x48, 0x10, 0xf6,            /* Source Port 61000, Dest Port 4342 */
	0x00, 0x10, 0xc0, 0x7c,            /* UDP Length 16, UDP Checksum */
	0x10, 0, 0, 1, 'm', 's', 'g', '!', /* LISP Control Message */
};

/* RFC 9303 figure 1, as an ITR sends it: no EID records yet. */
static const uint8_t security[] = {
	0x01, 0x00, 0x00, 0x02, /* ECM AD Type 1, Unassigned, Requested HMAC ID 2 */
	0x00, 0x18, 0x00, 0x01, /* OTK Length 24, Key ID, OTK Wrap. ID 1 */
	0, 0, 0, 0, 0, 0, 0, 0, /* One-Time-Key Preamble */
	1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, /* One-Time Key */
	0x00, 0x04, 0x00, 0x02,                                /* EID-AD Length 4, KDF ID */
};

static struct endpoint endpoint_of(const char *text)
{
	struct endpoint e;

	assert_true(endpoint_parse(&e, text, 0));
	return e;
}

static void assert_endpoint(const struct endpoint *e, const char *want)
{
	char text[ENDPOINT_TEXT];

	assert_string_equal(endpoint_format(e, text, sizeof(text)), want);
}

static void parses_the_golden_messages(void **state)
{
	struct wire_fault fault;
	struct ecm m;

	assert_int_equal(ecm_parse(golden_v4, sizeof(golden_v4), &m, &fault), 0);
	assert_true(m.ddt && !m.security && !m.to_etr && !m.to_ms);
	assert_endpoint(&m.source, "192.0.2.9:61000");
	assert_endpoint(&m.dest, "198.51.100.1:4342");
	assert_int_equal(m.hop_limit, 64);
	assert_ptr_equal(m.inner, golden_v4 + 4);
	assert_int_equal(m.inner_len, 36);
	assert_ptr_equal(m.message, golden_v4 + 32);
	assert_int_equal(m.message_len, sizeof(message));
	assert_int_equal(ecm_parse(golden_v6, sizeof(golden_v6), &m, &fault), 0);
	assert_false(m.ddt);
	assert_endpoint(&m.source, "[2001:db8::9]:61000");
	assert_endpoint(&m.dest, "[2001:db8:1::1]:4342");
	assert_memory_equal(m.message, message, sizeof(message));
}

/* As openoverlayrouter 1.3.0 sent it, around a Map-Request. */
static const uint8_t of_openoverlayrouter[] = {
	0x80,
	0x00,
	0x00,
	0x00,
	0x45,
	0x00,
	0x00,
	0x3c,
	0x00,
	0x02,
	0x40,
	0x00,
	0xff,
	0x11,
	0xaa,
	0x83,
	0xac,
	0x10,
	0x32,
	0x01,
	0xac,
	0x10,
	0x47,
	0x09,
	0x10,
	0xf6,
	0x10,
	0xf6,
	0x00,
	0x28,
	0xe1,
	0x40,
	0x10,
	0x00,
	0x00,
	0x01,
	0xcf,
	0x95,
	0xc1,
	0x7f,
	0x11,
	0xcf,
	0x94,
	0x07,
	0x00,
	0x01,
	0xac,
	0x10,
	0x32,
	0x01,
	0x00,
	0x01,
	0x0a,
	0x09,
	0x09,
	0x01,
	0x00,
	0x20,
	0x00,
	0x01,
	0xac,
	0x10,
	0x47,
	0x09,
};

static void parses_an_ecm_of_openoverlayrouter(void **state)
{
	struct map_request_record rec;
	struct map_request request;
	struct wire_fault fault;
	struct ecm m;

	assert_int_equal(
		ecm_parse(of_openoverlayrouter, sizeof(of_openoverlayrouter), &m, &fault), 0);
	assert_endpoint(&m.dest, "172.16.71.9:4342");
	assert_int_equal(m.hop_limit, 255);
	assert_int_equal(map_request_parse(m.message, m.message_len, &request, &fault), 0);
	assert_address(&request.source_eid.addr, "172.16.50.1");
	assert_address(&request.itr_rlocs[0].addr, "10.9.9.1");
	assert_true(map_request_next(&request, &rec));
	assert_eid(&rec.eid.eid, "172.16.71.9");
}

static void writes_the_golden_messages(void **state)
{
	struct endpoint s4 = endpoint_of("192.0.2.9:61000"), d4 = endpoint_of("198.51.100.1:4342");
	struct endpoint s6 = endpoint_of("[2001:db8::9]:61000");
	struct endpoint d6 = endpoint_of("[2001:db8:1::1]:4342");
	uint8_t out[128];

	assert_int_equal(ecm_write(out, sizeof(out), &s4, &d4, true, message, sizeof(message)),
		sizeof(golden_v4));
	assert_memory_equal(out, golden_v4, sizeof(golden_v4));
	assert_int_equal(ecm_write(out, sizeof(out), &s6, &d6, false, message, sizeof(message)),
		sizeof(golden_v6));
	assert_memory_equal(out, golden_v6, sizeof(golden_v6));
	for (size_t cap = 0; cap < sizeof(golden_v4); cap++)
		assert_int_equal(ecm_write(out, cap, &s4, &d4, true, message, sizeof(message)),
			-LISP_ENOROOM);
	assert_int_equal(ecm_write(out, sizeof(out), &s4, &d6, true, message, sizeof(message)),
		-LISP_ENOROOM);
}

static void the_flags_stand_at_bits_4_to_7(void **state)
{
	uint8_t pkt[sizeof(golden_v4)];
	struct wire_fault fault;
	struct ecm m;

	memcpy(pkt, golden_v4, sizeof(pkt));
	pkt[0] = 0x83;
	assert_int_equal(ecm_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_true(m.to_etr && m.to_ms && !m.ddt);
}

static void security_data_is_passed_over(void **state)
{
	uint8_t pkt[sizeof(golden_v4) + sizeof(security)];
	struct wire_fault fault;
	struct ecm m;

	memcpy(pkt, "\x88\0\0", 4);
	memcpy(pkt + 4, security, sizeof(security));
	memcpy(pkt + 4 + sizeof(security), golden_v4 + 4, sizeof(golden_v4) - 4);
	assert_int_equal(ecm_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_true(m.security);
	assert_ptr_equal(m.security_data, pkt + 4);
	assert_int_equal(m.security_len, sizeof(security));
	assert_memory_equal(m.message, message, sizeof(message));
	pkt[9] = 28; /* the other reading of OTK Length */
	assert_int_equal(ecm_parse(pkt, sizeof(pkt), &m, &fault), 0);
	pkt[9] = 25;
	assert_fault(ecm_parse(pkt, sizeof(pkt), &m, &fault), -LISP_EMALFORMED, &fault,
		"OTK length is 25 at byte 8 (want 24 or 28)");
}

static void s_with_short_authentication_data(void **state)
{
	uint8_t pkt[4 + sizeof(security)] = {0x88};
	struct wire_fault fault;
	struct ecm m;

	memcpy(pkt + 4, security, sizeof(security));
	assert_fault(PARSE_EXACT(ecm_parse, pkt, 20, &m, &fault), -LISP_ETRUNC, &fault,
		"OTK truncated at byte 12 (need 24, have 8)");
	assert_fault(PARSE_EXACT(ecm_parse, pkt, sizeof(pkt), &m, &fault), -LISP_ETRUNC, &fault,
		"inner source port truncated at byte 40 (need 2, have 0)");
	pkt[4] = 2;
	assert_fault(PARSE_EXACT(ecm_parse, pkt, sizeof(pkt), &m, &fault), -LISP_EUNSUPPORTED,
		&fault,
		"authentication data type is 2 at byte 4 (want a kind that this parser takes)");
}

/* @v6: which golden; the byte at @at becomes @byte. */
static void assert_refused(bool v6, size_t at, uint8_t byte, size_t len, const char *want)
{
	uint8_t pkt[sizeof(golden_v6) + 1] = {0};
	struct wire_fault fault;
	struct ecm m;

	memcpy(pkt, v6 ? golden_v6 : golden_v4, v6 ? sizeof(golden_v6) : sizeof(golden_v4));
	pkt[at] = byte;
	assert_fault(PARSE_EXACT(ecm_parse, pkt, len, &m, &fault), -LISP_EMALFORMED, &fault, want);
}

static void inner_version_neither_4_nor_6(void **state)
{
	assert_refused(
		false, 4, 0x55, sizeof(golden_v4), "inner IP version is 5 at byte 4 (want 4 or 6)");
}

static void inner_ihl_below_and_above_5(void **state)
{
	assert_refused(false, 4, 0x44, sizeof(golden_v4),
		"inner IHL is 4 at byte 4 (want 5, without options)");
	assert_refused(false, 4, 0x46, sizeof(golden_v4),
		"inner IHL is 6 at byte 4 (want 5, without options)");
}

static void inner_ip_length_that_is_not_what_is_left(void **state)
{
	assert_refused(false, 7, 35, sizeof(golden_v4),
		"inner IPv4 length is 35 at byte 6 (want the bytes that are left)");
	assert_refused(false, 0, 0x84, sizeof(golden_v4) + 1,
		"inner IPv4 length is 36 at byte 6 (want the bytes that are left)");
	assert_refused(true, 9, 17, sizeof(golden_v6),
		"inner IPv6 length is 17 at byte 8 (want the bytes that are left)");
}

static void inner_fragments(void **state)
{
	assert_refused(false, 10, 0x20, sizeof(golden_v4),
		"inner IPv4 fragment is 8192 at byte 10 (want no fragment)");
	assert_refused(false, 11, 0x01, sizeof(golden_v4),
		"inner IPv4 fragment is 16385 at byte 10 (want no fragment)");
	assert_refused(true, 10, 44, sizeof(golden_v6),
		"inner next header is 44 at byte 10 (want 17, UDP)");
}

static void inner_protocol_and_extension_headers(void **state)
{
	assert_refused(
		false, 13, 6, sizeof(golden_v4), "inner protocol is 6 at byte 13 (want 17, UDP)");
	assert_refused(
		true, 10, 0, sizeof(golden_v6), "inner next header is 0 at byte 10 (want 17, UDP)");
	assert_refused(true, 10, 60, sizeof(golden_v6),
		"inner next header is 60 at byte 10 (want 17, UDP)");
}

static void inner_checksums_that_are_wrong_or_zero(void **state)
{
	uint8_t pkt[sizeof(golden_v6)];
	struct wire_fault fault;
	struct ecm m;

	assert_refused(false, 12, 63, sizeof(golden_v4),
		"inner IPv4 checksum is 20107 at byte 14 (want the header's sum)");
	assert_refused(false, 39, 'x', sizeof(golden_v4),
		"inner UDP checksum is 12219 at byte 30 (want the datagram's sum)");
	assert_refused(true, 59, 'x', sizeof(golden_v6),
		"inner UDP checksum is 49276 at byte 50 (want the datagram's sum)");
	memcpy(pkt, golden_v6, sizeof(pkt));
	memset(pkt + 50, 0, 2);
	assert_fault(ecm_parse(pkt, sizeof(pkt), &m, &fault), -LISP_EMALFORMED, &fault,
		"inner UDP checksum is 0 at byte 50 (want not zero)");
}

static void inner_udp_length_that_is_not_what_is_left(void **state)
{
	assert_refused(false, 29, 15, sizeof(golden_v4),
		"inner UDP length is 15 at byte 28 (want the bytes that are left)");
	assert_refused(true, 48, 0xff, sizeof(golden_v6),
		"inner UDP length is 65296 at byte 48 (want the bytes that are left)");
}

static void inner_port_4341(void **state)
{
	assert_refused(false, 27, 0xf5, sizeof(golden_v4),
		"inner destination port is 4341 at byte 26 (want any but 4341)");
}

static void every_prefix_of_the_messages_is_refused(void **state)
{
	struct ecm m;

	ASSERT_NO_PREFIX_PARSES(ecm_parse, golden_v4, sizeof(golden_v4), &m);
	ASSERT_NO_PREFIX_PARSES(ecm_parse, golden_v6, sizeof(golden_v6), &m);
}

/* The parser hands over what is inside; that it is an ECM again is for the caller to see and
 * refuse. */
static void an_ecm_in_an_ecm_shows_its_type(void **state)
{
	struct endpoint s = endpoint_of("192.0.2.9:61000"), d = endpoint_of("198.51.100.1:4342");
	struct wire_fault fault;
	uint8_t out[128];
	struct ecm m;
	int len = ecm_write(out, sizeof(out), &s, &d, false, golden_v4, sizeof(golden_v4));

	assert_int_equal(ecm_parse(out, (size_t)len, &m, &fault), 0);
	assert_int_equal(lisp_type_of(m.message, m.message_len), LISP_ECM);
}

static void random_messages_survive_parse_and_write(void **state)
{
	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		struct random_seeded source;
		struct random *random = &source.random;
		struct endpoint s, d;
		struct wire_fault fault;
		uint8_t inner[1400], out[1500];
		struct ecm m;
		size_t n;
		int len;

		random_seeded_init(&source, seed);
		s = (struct endpoint){
			test_random_address(random, true), (uint16_t)random_below(random, 4341)};
		do
			d = (struct endpoint){test_random_address(random, true), LISP_CONTROL_PORT};
		while (d.addr.afi != s.addr.afi);
		n = random_below(random, sizeof(inner) + 1);
		random_bytes(random, inner, n);
		len = ecm_write(out, sizeof(out), &s, &d, seed & 1, inner, n);
		assert_true(len > 0);
		if (PARSE_EXACT(ecm_parse, out, (size_t)len, &m, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(ecm_parse(out, (size_t)len, &m, &fault), 0);
		if (m.message_len != n || memcmp(m.message, inner, n) != 0 || m.ddt != (seed & 1) ||
			!address_equal(&m.source.addr, &s.addr) || m.source.port != s.port ||
			!address_equal(&m.dest.addr, &d.addr) || m.dest.port != d.port)
			fail_msg("seed %ju", (uintmax_t)seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_the_golden_messages),
		cmocka_unit_test(parses_an_ecm_of_openoverlayrouter),
		cmocka_unit_test(writes_the_golden_messages),
		cmocka_unit_test(the_flags_stand_at_bits_4_to_7),
		cmocka_unit_test(security_data_is_passed_over),
		cmocka_unit_test(s_with_short_authentication_data),
		cmocka_unit_test(inner_version_neither_4_nor_6),
		cmocka_unit_test(inner_ihl_below_and_above_5),
		cmocka_unit_test(inner_ip_length_that_is_not_what_is_left),
		cmocka_unit_test(inner_fragments),
		cmocka_unit_test(inner_protocol_and_extension_headers),
		cmocka_unit_test(inner_checksums_that_are_wrong_or_zero),
		cmocka_unit_test(inner_udp_length_that_is_not_what_is_left),
		cmocka_unit_test(inner_port_4341),
		cmocka_unit_test(every_prefix_of_the_messages_is_refused),
		cmocka_unit_test(an_ecm_in_an_ecm_shows_its_type),
		cmocka_unit_test(random_messages_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
