/* Info-Request and Info-Reply: golden bytes by the figures of draft-ermagan-lisp-nat-traversal,
 * both ways; hostile ones. The MAC was computed by Python's hmac over these bytes. */
#include "tests/unit/lisp_test.h"

#include "lisp/info.h"

static const struct auth_options truncated;

static const uint8_t golden[] = {
	0x70, 0x00, 0x00, 0x00,             /* Type 7, R=0, Reserved */
	1, 2, 3, 4, 5, 6, 7, 8,             /* Nonce */
	0x00, 0x01,                         /* Key ID */
	0x00, 0x0c,                         /* Authentication Data Length */
	0xa9, 0xcb, 0x89, 0xb7, 0x58, 0x8a, /* Authentication Data: HMAC-SHA-1-96 */
	0x7f, 0xce, 0x19, 0x93, 0xc5, 0xcd, /* Authentication Data */
	0x00, 0x00, 0x05, 0xa0,             /* TTL */
	0x00, 0x20,                         /* Reserved, EID mask-len */
	0x00, 0x01,                         /* EID-prefix-AFI */
	192, 0, 2, 1,                       /* EID-prefix */
	0x00, 0x00,                         /* AFI 0 */
};

/* The reply's tail: LCAF 7 in the place of AFI 0. */
static const uint8_t golden_nat[] = {
	0x40, 0x03, 0x00, 0x00, 0x07, 0x00, 0x00, 0x18, /* LCAF 7, Length 24 */
	0x10, 0xf6, 0xc0, 0x01,                         /* MS UDP Port 4342, ETR UDP Port 49153 */
	0x00, 0x01, 203, 0, 113, 1,                     /* Global ETR RLOC */
	0x00, 0x01, 203, 0, 113, 2,                     /* MS RLOC */
	0x00, 0x00,                                     /* Private ETR RLOC */
	0x00, 0x01, 203, 0, 113, 3,                     /* RTR RLOC 1 */
};
#define AT_NAT 40

static struct info golden_info(bool reply)
{
	return (struct info){.reply = reply,
		.nonce = 0x0102030405060708,
		.key_id = 1,
		.ttl_min = 1440,
		.eid = {.eid = test_eid("192.0.2.1")}};
}

static struct lcaf golden_lcaf(void)
{
	struct lcaf l = {
		.type = LCAF_NAT, .u.nat = {.ms_port = 4342, .etr_port = 49153, .rtr_count = 1}};

	l.u.nat.global.addr = test_address("203.0.113.1");
	l.u.nat.ms.addr = test_address("203.0.113.2");
	l.u.nat.rtr[0].addr = test_address("203.0.113.3");
	return l;
}

static void parses_and_verifies_the_golden_request(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	struct wire_fault fault;
	struct info m;

	assert_int_equal(info_parse(golden, sizeof(golden), &m, &fault), 0);
	assert_false(m.reply);
	assert_true(m.nonce == 0x0102030405060708);
	assert_int_equal(m.key_id, 1);
	assert_int_equal(m.auth.alg, AUTH_NONE);
	assert_int_equal(m.auth.len, 12);
	assert_int_equal(m.ttl_min, 1440);
	assert_eid(&m.eid.eid, "192.0.2.1");
	assert_int_equal(m.nat.afi, AFI_NONE);
	assert_false(
		auth_verify(k, LISP_INFO, &truncated, golden, sizeof(golden), m.nonce, &m.auth));
	m.auth.alg = AUTH_HMAC_SHA1_96; /* by the key's configuration */
	assert_true(
		auth_verify(k, LISP_INFO, &truncated, golden, sizeof(golden), m.nonce, &m.auth));
	auth_key_free(k);
}

static void writes_the_golden_request(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	struct info m = golden_info(false);
	uint8_t out[sizeof(golden)];

	assert_int_equal(info_write(out, sizeof(out), &m, NULL, AUTH_HMAC_SHA1_96, &truncated),
		sizeof(golden));
	assert_int_equal(
		auth_sign(k, LISP_INFO, &truncated, out, sizeof(out), m.nonce, &m.auth), 0);
	assert_memory_equal(out, golden, sizeof(golden));
	for (size_t cap = 0; cap < sizeof(golden); cap++)
		assert_int_equal(info_write(out, cap, &m, NULL, AUTH_HMAC_SHA1_96, &truncated),
			-LISP_ENOROOM);
	auth_key_free(k);
}

static void a_reply_carries_the_nat_lcaf(void **state)
{
	struct info m = golden_info(true), back;
	struct lcaf l = golden_lcaf(), nat;
	struct wire_fault fault;
	uint8_t out[128];
	int len = info_write(out, sizeof(out), &m, &l, AUTH_HMAC_SHA1_96, &truncated);

	assert_int_equal(len, AT_NAT + sizeof(golden_nat));
	assert_memory_equal(out, "\x78\0\0", 4);
	assert_memory_equal(out + AT_NAT, golden_nat, sizeof(golden_nat));
	assert_int_equal(PARSE_EXACT(info_parse, out, (size_t)len, &back, &fault), 0);
	assert_int_equal(info_parse(out, (size_t)len, &back, &fault), 0);
	assert_true(back.reply);
	lcaf_decode(&back.nat, &nat);
	assert_int_equal(nat.u.nat.etr_port, 49153);
	assert_address(&nat.u.nat.rtr[0].addr, "203.0.113.3");
}

static int parse_changed(
	size_t at, const void *bytes, size_t n, size_t len, struct wire_fault *fault)
{
	uint8_t pkt[sizeof(golden) + 1] = {0};
	struct info m;

	memcpy(pkt, golden, sizeof(golden));
	memcpy(pkt + at, bytes, n);
	return PARSE_EXACT(info_parse, pkt, len, &m, fault);
}

static void a_reply_without_the_nat_lcaf(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, "\x78", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"NAT address is 0 at byte 40 (want an LCAF of type 7)");
}

static void authentication_data_past_the_end(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(14, "\xff\xff", 2, sizeof(golden), &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"authentication data truncated at byte 16 (need 65535, have 26)");
}

static void mask_len_over_32(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(33, "\x21", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault, "mask-len is 33 at byte 33 (want 0 to 32)");
}

static void trailing_bytes(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, golden, 1, sizeof(golden) + 1, &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"1 bytes left over after the NAT address at byte 42");
}

static void every_prefix_of_the_request_is_refused(void **state)
{
	struct info m;

	ASSERT_NO_PREFIX_PARSES(info_parse, golden, sizeof(golden), &m);
}

static void random_messages_survive_parse_and_write(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);

	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		enum auth_alg alg = seed & 1 ? AUTH_HMAC_SHA1_96 : AUTH_HMAC_SHA256_128;
		struct auth_options opt = {.full_length = seed & 2};
		struct lcaf l = golden_lcaf();
		struct random_seeded source;
		struct info m = {.reply = seed & 4}, back;
		struct wire_fault fault;
		uint8_t out[256];
		int len;

		random_seeded_init(&source, seed);
		m.nonce = random_u64(&source.random);
		m.key_id = (uint16_t)random_u32(&source.random);
		m.ttl_min = random_u32(&source.random);
		m.eid.eid = test_random_eid(&source.random);
		l.u.nat.global.addr = test_random_address(&source.random, false);
		len = info_write(out, sizeof(out), &m, m.reply ? &l : NULL, alg, &opt);
		assert_true(len > 0);
		assert_int_equal(
			auth_sign(k, LISP_INFO, &opt, out, (size_t)len, m.nonce, &m.auth), 0);
		if (PARSE_EXACT(info_parse, out, (size_t)len, &back, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(info_parse(out, (size_t)len, &back, &fault), 0);
		back.auth.alg = (uint8_t)alg;
		if (back.key_id != m.key_id || back.ttl_min != m.ttl_min || back.reply != m.reply ||
			!eid_equal(&back.eid.eid, &m.eid.eid) ||
			!auth_verify(k, LISP_INFO, &opt, out, (size_t)len, back.nonce, &back.auth))
			fail_msg("seed %ju", (uintmax_t)seed);
	}
	auth_key_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_verifies_the_golden_request),
		cmocka_unit_test(writes_the_golden_request),
		cmocka_unit_test(a_reply_carries_the_nat_lcaf),
		cmocka_unit_test(a_reply_without_the_nat_lcaf),
		cmocka_unit_test(authentication_data_past_the_end),
		cmocka_unit_test(mask_len_over_32),
		cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(every_prefix_of_the_request_is_refused),
		cmocka_unit_test(random_messages_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
