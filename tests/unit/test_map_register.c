/* Map-Register, Map-Notify, Map-Notify-Ack: golden bytes by the figures of RFC 9301 sections 5.6
 * and 5.7, both ways; hostile ones. The MACs were computed by Python's hmac over these bytes; one
 * comes from a peer that others wrote. */
#include "tests/unit/lisp_test.h"

#include "lisp/map_register.h"

static const char psk[] = "sunward-test-key";
static const struct auth_options truncated;

/* RFC 9301 section 5.6, one record with one locator, the EID in an Instance-ID LCAF (RFC 8060
 * section 4.1). */
static const uint8_t golden[] = {
	0x3a,                                           /* Type 3, P=1, S=0, I=1, reserved */
	0x00,                                           /* reserved */
	0x19,                                           /* reserved, E=1, T=1, a=0, R=0, M=1 */
	0x01,                                           /* Record Count */
	1, 2, 3, 4, 5, 6, 7, 8,                         /* Nonce */
	0x01,                                           /* Key ID */
	0x02,                                           /* Algorithm ID: HMAC-SHA-256-128-None */
	0x00, 0x10,                                     /* Authentication Data Length */
	0xee, 0x77, 0x10, 0xbc, 0x27, 0x40, 0x98, 0x54, /* Authentication Data */
	0x34, 0x30, 0x89, 0x6a, 0x0a, 0xc7, 0x51, 0x63, /* over the whole message */
	0x00, 0x00, 0x05, 0xa0,                         /* Record TTL: 1440 minutes */
	0x01,                                           /* Locator Count */
	0x20,                                           /* EID mask-len */
	0x10, 0x00,                                     /* ACT 0, A=1 */
	0x00, 0x00,                                     /* Map-Version Null */
	0x40, 0x03,                                     /* EID-Prefix-AFI: LCAF */
	0x00, 0x00, 0x02, 0x00,                         /* Rsvd1, Flags, Type 2, IID mask-len */
	0x00, 0x0a,                                     /* Length */
	0x00, 0x00, 0x00, 0x19,                         /* Instance ID 25 */
	0x00, 0x01,                                     /* AFI IPv4 */
	192, 0, 2, 1,                                   /* EID */
	1, 100, 255, 0,                                 /* Priority, Weight, M Priority, M Weight */
	0x00, 0x05,                                     /* L=1, p=0, R=1 */
	0x00, 0x01,                                     /* Loc-AFI IPv4 */
	203, 0, 113, 1,                                 /* Locator */
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, /* xTR-ID */
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, /* xTR-ID */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xab, /* Site-ID */
};
#define AT_RECORD  32
#define AT_TRAILER 72

static struct auth_key *key_of_test(void)
{
	struct auth_key *k = auth_key_new(psk, strlen(psk));

	assert_non_null(k);
	return k;
}

static void parses_the_golden_register(void **state)
{
	struct map_register m;
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct wire_fault fault;

	assert_int_equal(map_register_parse(golden, sizeof(golden), &m, &fault), 0);
	assert_int_equal(m.type, LISP_MAP_REGISTER);
	assert_true(m.proxy_reply && m.has_xtr_id && m.eid_notify && m.use_ttl && m.want_notify);
	assert_false(m.security || m.merge || m.rtr);
	assert_true(m.nonce == 0x0102030405060708);
	assert_int_equal(m.auth.key_id, 1);
	assert_int_equal(m.auth.alg, AUTH_HMAC_SHA256_128);
	assert_int_equal(m.auth.len, 16);
	assert_int_equal(m.auth.offset, 16);
	assert_int_equal(m.auth.records_end, AT_TRAILER);
	assert_int_equal(m.record_count, 1);
	assert_memory_equal(m.xtr_id.bytes, golden + AT_TRAILER, 16);
	assert_true(m.site_id == 0xab);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.ttl_min, 1440);
	assert_true(rec.authoritative && rec.eid.plain);
	assert_eid(&rec.eid.eid, "[25]192.0.2.1");
	assert_ptr_equal(rec.raw, golden + AT_RECORD);
	assert_int_equal(rec.raw_len, AT_TRAILER - AT_RECORD);
	assert_int_equal(rec.locators_raw_len, 12);
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_int_equal(rloc.priority, 1);
	assert_int_equal(rloc.weight, 100);
	assert_int_equal(rloc.mpriority, 255);
	assert_int_equal(rloc.mweight, 0);
	assert_true(rloc.local && rloc.reachable && !rloc.probed);
	assert_address(&rloc.field.addr, "203.0.113.1");
	assert_false(lisp_rloc_next(&rec, &rloc));
	assert_false(lisp_records_next(&m.records, &rec));
}

static void verifies_the_golden_register_and_nothing_else(void **state)
{
	struct auth_key *k = key_of_test(), *other = auth_key_new("another", 7);
	uint8_t pkt[sizeof(golden)];
	struct wire_fault fault;
	struct map_register m;

	for (int byte = -1; byte < (int)sizeof(golden); byte++) {
		memcpy(pkt, golden, sizeof(pkt));
		if (byte >= 0)
			pkt[byte] ^= 0x80;
		if (map_register_parse(pkt, sizeof(pkt), &m, &fault))
			continue;
		if (auth_verify(k, m.type, &truncated, pkt, sizeof(pkt), m.nonce, &m.auth) !=
			(byte < 0))
			fail_msg("changed byte %d: accepted", byte);
		assert_false(
			auth_verify(other, m.type, &truncated, pkt, sizeof(pkt), m.nonce, &m.auth));
	}
	auth_key_free(k);
	auth_key_free(other);
}

static int write_golden(uint8_t *out, size_t cap, struct auth_key *k, enum lisp_type type)
{
	struct map_register m = {.type = type,
		.proxy_reply = true,
		.has_xtr_id = true,
		.eid_notify = true,
		.use_ttl = true,
		.want_notify = true,
		.nonce = 0x0102030405060708,
		.site_id = 0xab};
	struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .local = true, .reachable = true};
	struct address addr = test_address("203.0.113.1");
	struct eid eid = test_eid("[25]192.0.2.1");
	struct wire_writer w;

	memcpy(m.xtr_id.bytes, golden + AT_TRAILER, 16);
	wire_writer_init(&w, out, cap);
	map_register_begin(&w, &m, 1, AUTH_HMAC_SHA256_128, &truncated);
	lisp_record_write(&w, &eid, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&w, &rloc, &addr);
	return map_register_finish(&w, &m, 1, k, &truncated);
}

/* As openoverlayrouter 1.3.0 sent it: key "password", HMAC-SHA-1 of full length, the Key ID of RFC
 * 6830. */
static const uint8_t of_openoverlayrouter[] = {
	0x30,
	0x00,
	0x01,
	0x01,
	0xfe,
	0x5f,
	0xf1,
	0x7f,
	0x16,
	0xfe,
	0x5b,
	0x7c,
	0x00,
	0x01,
	0x00,
	0x14,
	0xeb,
	0x31,
	0x74,
	0xe9,
	0xb9,
	0x35,
	0x1c,
	0x61,
	0x85,
	0xf6,
	0xd2,
	0x16,
	0xca,
	0xf0,
	0x73,
	0x0c,
	0xc8,
	0x10,
	0x51,
	0x29,
	0x00,
	0x00,
	0x00,
	0x0a,
	0x01,
	0x18,
	0x10,
	0x00,
	0x00,
	0x00,
	0x00,
	0x01,
	0xac,
	0x10,
	0x32,
	0x00,
	0x01,
	0x64,
	0xff,
	0x00,
	0x00,
	0x05,
	0x00,
	0x01,
	0x0a,
	0x09,
	0x09,
	0x01,
};

static void verifies_a_register_of_openoverlayrouter(void **state)
{
	const struct auth_options full = {.full_length = true};
	struct auth_key *k = auth_key_new("password", 8);
	const uint8_t *pkt = of_openoverlayrouter;
	size_t len = sizeof(of_openoverlayrouter);
	struct wire_fault fault;
	struct map_register m;
	struct lisp_record rec;

	assert_int_equal(map_register_parse(pkt, len, &m, &fault), 0);
	assert_int_equal(m.auth.key_id, 0);
	assert_int_equal(m.auth.alg, AUTH_HMAC_SHA1_96);
	assert_int_equal(m.auth.len, 20);
	assert_true(auth_verify(k, m.type, &full, pkt, len, m.nonce, &m.auth));
	assert_false(auth_verify(k, m.type, &truncated, pkt, len, m.nonce, &m.auth));
	assert_true(lisp_records_next(&m.records, &rec));
	assert_eid(&rec.eid.eid, "172.16.50.0/24");
	assert_int_equal(rec.locator_count, 1);
	auth_key_free(k);
}

static void writes_the_golden_register(void **state)
{
	struct auth_key *k = key_of_test();
	uint8_t out[sizeof(golden)];

	assert_int_equal(write_golden(out, sizeof(out), k, LISP_MAP_REGISTER), sizeof(golden));
	assert_memory_equal(out, golden, sizeof(golden));
	for (size_t cap = 0; cap < sizeof(golden); cap++)
		assert_int_equal(write_golden(out, cap, k, LISP_MAP_REGISTER), -LISP_ENOROOM);
	auth_key_free(k);
}

/* Section 5.7: type, then 20 reserved bits; deployed code sets bit 4 for the trailer. */
static void a_notify_and_its_ack_have_the_bits_of_deployed_code(void **state)
{
	static const enum lisp_type types[] = {LISP_MAP_NOTIFY, LISP_MAP_NOTIFY_ACK};
	struct auth_key *k = key_of_test();
	uint8_t out[sizeof(golden)];
	struct wire_fault fault;
	struct map_register m;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(write_golden(out, sizeof(out), k, types[i]), sizeof(golden));
		assert_int_equal(out[0], types[i] << 4 | 0x8);
		assert_memory_equal(out + 1, "\0\0\1", 3);
		assert_memory_equal(out + 4, golden + 4, 12);
		assert_memory_equal(
			out + AT_RECORD, golden + AT_RECORD, sizeof(golden) - AT_RECORD);
		assert_int_equal(map_register_parse(out, sizeof(out), &m, &fault), 0);
		assert_int_equal(m.type, types[i]);
		assert_true(m.has_xtr_id && m.site_id == 0xab && !m.want_notify && !m.rtr);
		assert_true(auth_verify(k, m.type, &truncated, out, sizeof(out), m.nonce, &m.auth));
	}
	auth_key_free(k);
}

/* Parse golden with @n bytes at @at replaced, cut or extended to @len. */
static int parse_changed(
	size_t at, const void *bytes, size_t n, size_t len, struct wire_fault *fault)
{
	uint8_t pkt[sizeof(golden) + 64] = {0};
	struct map_register m;

	memcpy(pkt, golden, sizeof(golden));
	memcpy(pkt + at, bytes, n);
	return PARSE_EXACT(map_register_parse, pkt, len, &m, fault);
}

static void record_count_255_with_short_body(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, "\xff", 1, sizeof(golden), &fault);

	/* The trailer is read as record 1: its EID-AFI is the xTR-ID's bytes 10 and 11. */
	assert_fault(err, -LISP_EUNKNOWN_AFI, &fault,
		"record 1: EID is 6683 at byte 82 (want AFI 0, 1, 2, 6, 17, 16387, 16389 or 16396)");
	err = parse_changed(3, "\xff", 1, AT_TRAILER, &fault);
	assert_fault(err, -LISP_ETRUNC, &fault,
		"record 1: record TTL truncated at byte 72 (need 4, have 0)");
}

static void record_count_0(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, "", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault, "record count is 0 at byte 3 (want 1 to 255)");
}

static void locator_count_255(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(AT_RECORD + 4, "\xff", 1, AT_TRAILER, &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"locator 1: priority truncated at byte 72 (need 1, have 0)");
}

static void authentication_data_past_the_end(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(14, "\xff\xff", 2, sizeof(golden), &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"authentication data truncated at byte 16 (need 65535, have 80)");
}

/* Whatever length the packet chooses: these parse by luck or not, but none of them verifies. */
static void no_authentication_length_but_the_right_one_verifies(void **state)
{
	static const uint8_t algs[] = {0, 1, 2, 3, 4, 255};
	struct auth_key *k = key_of_test();
	uint8_t pkt[sizeof(golden)];
	struct map_register m = {.type = LISP_MAP_REGISTER, .auth = {.key_id = 1, .offset = 16}};

	memcpy(pkt, golden, sizeof(pkt));
	for (unsigned int len = 0; len < 0x10000; len++) {
		for (unsigned int i = 0; i < sizeof(algs); i++) {
			m.auth.alg = algs[i];
			m.auth.len = (uint16_t)len;
			m.auth.records_end = AT_TRAILER;
			if (auth_verify(k, m.type, &truncated, pkt, sizeof(pkt), 0x0102030405060708,
				    &m.auth) != (len == 16 && algs[i] == 2))
				fail_msg("length %u algorithm %u", len, algs[i]);
		}
	}
	auth_key_free(k);
}

static void trailer_announced_but_missing(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, golden, 1, sizeof(golden) - 1, &fault);

	assert_fault(err, -LISP_ETRUNC, &fault, "Site-ID truncated at byte 88 (need 8, have 7)");
	err = parse_changed(0, golden, 1, AT_TRAILER, &fault);
	assert_fault(err, -LISP_ETRUNC, &fault, "xTR-ID truncated at byte 72 (need 16, have 0)");
}

static void trailing_bytes_without_i(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, "\x38", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"24 bytes left over after the last record at byte 72");
	assert_int_equal(parse_changed(0, "\x38", 1, AT_TRAILER, &fault), 0);
}

static void trailer_stands_after_the_last_record_not_before_the_end(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, golden, 1, sizeof(golden) + 24, &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"24 bytes left over after the last record at byte 96");
}

static void mask_len_over_the_address(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(AT_RECORD + 5, "\x21", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"record 0: mask-len is 33 at byte 37 (want 0 to 32)");
}

static void host_bits_are_cleared(void **state)
{
	uint8_t pkt[sizeof(golden)];
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_register m;

	memcpy(pkt, golden, sizeof(pkt));
	pkt[AT_RECORD + 5] = 24;
	assert_int_equal(map_register_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_eid(&rec.eid.eid, "[25]192.0.2.0/24");
}

static void ttl_of_all_ones_with_t_is_kept(void **state)
{
	uint8_t pkt[sizeof(golden)];
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_register m;

	memcpy(pkt, golden, sizeof(pkt));
	memset(pkt + AT_RECORD, 0xff, 4);
	assert_int_equal(map_register_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_true(m.use_ttl && lisp_records_next(&m.records, &rec));
	assert_true(rec.ttl_min == LISP_TTL_RECEIVER);
	memset(pkt + AT_RECORD, 0, 4);
	assert_int_equal(map_register_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_true(lisp_records_next(&m.records, &rec) && rec.ttl_min == LISP_TTL_REMOVE);
}

static void every_prefix_of_the_register_is_refused(void **state)
{
	struct map_register m;

	ASSERT_NO_PREFIX_PARSES(map_register_parse, golden, sizeof(golden), &m);
}

static void another_type_is_refused(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, "\x1a", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EUNSUPPORTED, &fault,
		"message type is 1 at byte 0 (want a kind that this parser takes)");
}

static void random_registers_survive_parse_and_write(void **state)
{
	static const enum lisp_type types[] = {
		LISP_MAP_REGISTER, LISP_MAP_NOTIFY, LISP_MAP_NOTIFY_ACK};
	struct auth_key *k = key_of_test();

	for (uint64_t round = 0; round < PROPERTY_ROUNDS; round++) {
		struct random_seeded source;
		struct random *random = &source.random;
		uint64_t bits = (random_seeded_init(&source, round), random_u64(random));
		struct auth_options opt = {.full_length = bits & 1, .records_only = bits & 2};
		bool reg = (bits >> 8) % 3 == 0;
		struct map_register m = {.type = types[(bits >> 8) % 3],
			.has_xtr_id = bits & 4,
			.rtr = bits & 8,
			.proxy_reply = reg && bits & 16,
			.merge = reg && bits & 32,
			.want_notify = reg && bits & 64,
			.nonce = random_u64(random)};
		unsigned int count = 1 + random_u64(random) % 5;
		enum auth_alg alg = (enum auth_alg)(1 + random_u64(random) % 3);
		struct lisp_rloc rloc = {.priority = (uint8_t)bits, .weight = (uint8_t)(bits >> 3)};
		struct eid eids[5];
		struct address addrs[5];
		struct map_register back;
		struct wire_fault fault;
		struct lisp_record rec;
		uint8_t out[2048];
		struct wire_writer w;
		int len;

		m.site_id = m.has_xtr_id ? random_u64(random) : 0;
		wire_writer_init(&w, out, sizeof(out));
		map_register_begin(&w, &m, (uint8_t)bits, alg, &opt);
		for (unsigned int i = 0; i < count; i++) {
			eids[i] = test_random_eid(random);
			addrs[i] = test_random_address(random, true);
			lisp_record_write(&w, &eids[i], (uint32_t)random_u64(random), 1,
				LISP_ACT_DROP, bits & 1, bits & 0xfff);
			lisp_rloc_write(&w, &rloc, &addrs[i]);
		}
		len = map_register_finish(&w, &m, count, k, &opt);
		assert_true(len > 0);
		if (PARSE_EXACT(map_register_parse, out, (size_t)len, &back, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)round);
		assert_int_equal(map_register_parse(out, (size_t)len, &back, &fault), 0);
		assert_int_equal(back.type, m.type);
		assert_true(back.nonce == m.nonce);
		assert_memory_equal(&back.proxy_reply, &m.proxy_reply,
			offsetof(struct map_register, want_notify) + 1 -
				offsetof(struct map_register, proxy_reply));
		assert_true(
			back.site_id == m.site_id && back.auth.records_end == m.auth.records_end);
		for (unsigned int i = 0; i < count; i++) {
			struct lisp_rloc got;

			assert_true(lisp_records_next(&back.records, &rec));
			if (!eid_equal(&rec.eid.eid, &eids[i]) || rec.map_version != (bits & 0xfff))
				fail_msg("seed %ju: record %u", (uintmax_t)round, i);
			assert_true(lisp_rloc_next(&rec, &got));
			assert_true(address_equal(&got.field.addr, &addrs[i]));
			assert_int_equal(got.priority, rloc.priority);
		}
		assert_false(lisp_records_next(&back.records, &rec));
		if (!auth_verify(k, m.type, &opt, out, (size_t)len, m.nonce, &back.auth))
			fail_msg("seed %ju: not verified", (uintmax_t)round);
	}
	auth_key_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_the_golden_register),
		cmocka_unit_test(verifies_the_golden_register_and_nothing_else),
		cmocka_unit_test(verifies_a_register_of_openoverlayrouter),
		cmocka_unit_test(writes_the_golden_register),
		cmocka_unit_test(a_notify_and_its_ack_have_the_bits_of_deployed_code),
		cmocka_unit_test(record_count_255_with_short_body),
		cmocka_unit_test(record_count_0),
		cmocka_unit_test(locator_count_255),
		cmocka_unit_test(authentication_data_past_the_end),
		cmocka_unit_test(no_authentication_length_but_the_right_one_verifies),
		cmocka_unit_test(trailer_announced_but_missing),
		cmocka_unit_test(trailing_bytes_without_i),
		cmocka_unit_test(trailer_stands_after_the_last_record_not_before_the_end),
		cmocka_unit_test(mask_len_over_the_address),
		cmocka_unit_test(host_bits_are_cleared),
		cmocka_unit_test(ttl_of_all_ones_with_t_is_kept),
		cmocka_unit_test(every_prefix_of_the_register_is_refused),
		cmocka_unit_test(another_type_is_refused),
		cmocka_unit_test(random_registers_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
