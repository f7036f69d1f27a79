/* The move messages: golden bytes by docs/decisions/move-messages.md, both ways; hostile ones. The
 * MAC was computed by Python's hmac over these bytes. */
#include "tests/unit/lisp_test.h"

#include "lisp/move.h"

static const struct auth_options truncated;

/* A claim with base 7 for 192.0.2.1 at 203.0.113.1. */
static const uint8_t golden[] = {
	0xf5, 0xa1,             /* Type 15, Sub-type 0x5a1 */
	0x01,                   /* Version */
	0x01,                   /* Kind: CLAIM */
	1, 2, 3, 4, 5, 6, 7, 8, /* Nonce */
	0x01, 0x02, 0x00, 0x10, /* Key ID, Algorithm ID, Authentication Data Length */
	0x6d, 0x5c, 0xb8, 0x18, 0xc8, 0x41, 0xa5, 0xca, /* Authentication Data */
	0xc2, 0x43, 0x40, 0x76, 0x9e, 0xdc, 0xa4, 0x85, /* Authentication Data */
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, /* xTR-ID */
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, /* xTR-ID */
	0, 0, 0, 0, 0, 0, 0, 0xab,                      /* Site-ID */
	0, 0, 0, 0, 0, 0, 0, 7,                         /* seq */
	0xc0, 0x00,                                     /* Flags: locators, verified */
	0x00, 0x01,                                     /* Record Count */
	0x00, 0x00, 0x00, 0x03,                         /* Record TTL */
	0x01, 0x20, 0x00, 0x00,                         /* Locator Count, mask-len, ACT, A */
	0x00, 0x00,                                     /* Map-Version Null */
	0x00, 0x01, 192, 0, 2, 1,                       /* EID */
	1, 100, 255, 0,                                 /* Priority, Weight, M Priority, M Weight */
	0x00, 0x05,                                     /* L=1, R=1 */
	0x00, 0x01, 203, 0, 113, 1,                     /* Locator */
};
#define AT_FLAGS  64
#define AT_RECORD 68

static int write_golden(uint8_t *out, size_t cap, struct auth_key *k)
{
	struct move m = {.kind = MOVE_CLAIM,
		.nonce = 0x0102030405060708,
		.site_id = 0xab,
		.seq = 7,
		.verified = true,
		.has_locators = true};
	struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .local = true, .reachable = true};
	struct address a = test_address("203.0.113.1");
	struct eid eid = test_eid("192.0.2.1");
	struct wire_writer w;

	memcpy(m.xtr_id.bytes, golden + 32, 16);
	wire_writer_init(&w, out, cap);
	move_begin(&w, &m, 1, AUTH_HMAC_SHA256_128, &truncated);
	lisp_record_write(&w, &eid, 3, 1, LISP_ACT_NONE, false, 0);
	lisp_rloc_write(&w, &rloc, &a);
	return move_finish(&w, &m, k, &truncated);
}

static void parses_and_verifies_the_golden_claim(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	struct lisp_rloc rloc;
	struct wire_fault fault;
	struct move m;

	assert_int_equal(move_parse(golden, sizeof(golden), &m, &fault), 0);
	assert_int_equal(m.kind, MOVE_CLAIM);
	assert_true(m.nonce == 0x0102030405060708 && m.seq == 7 && m.site_id == 0xab);
	assert_memory_equal(m.xtr_id.bytes, golden + 32, 16);
	assert_true(m.verified && m.has_locators);
	assert_int_equal(m.record.ttl_min, 3);
	assert_eid(&m.record.eid.eid, "192.0.2.1");
	assert_int_equal(m.record.locators_raw_len, 12);
	assert_true(lisp_rloc_next(&m.record, &rloc));
	assert_address(&rloc.field.addr, "203.0.113.1");
	assert_true(auth_verify(
		k, LISP_EXTENSION, &truncated, golden, sizeof(golden), m.nonce, &m.auth));
	auth_key_free(k);
}

static void writes_the_golden_claim(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	uint8_t out[sizeof(golden)];

	assert_int_equal(write_golden(out, sizeof(out), k), sizeof(golden));
	assert_memory_equal(out, golden, sizeof(golden));
	for (size_t cap = 0; cap < sizeof(golden); cap++)
		assert_int_equal(write_golden(out, cap, k), -LISP_ENOROOM);
	auth_key_free(k);
}

/* One altered bit anywhere, also in seq, site and record: not verified. */
static void the_mac_covers_every_byte(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	struct auth_options opts[2] = {{0}, {.records_only = true}};
	uint8_t pkt[sizeof(golden)];
	struct wire_fault fault;
	struct move m;

	for (size_t byte = 0; byte < sizeof(golden); byte++) {
		memcpy(pkt, golden, sizeof(pkt));
		pkt[byte] ^= 1;
		if (move_parse(pkt, sizeof(pkt), &m, &fault))
			continue;
		for (int i = 0; i < 2; i++)
			if (auth_verify(k, LISP_EXTENSION, &opts[i], pkt, sizeof(pkt), m.nonce,
				    &m.auth))
				fail_msg("changed byte %zu: accepted", byte);
	}
	auth_key_free(k);
}

static int parse_changed(
	size_t at, const void *bytes, size_t n, size_t len, struct wire_fault *fault)
{
	uint8_t pkt[sizeof(golden) + 1] = {0};
	struct move m;

	memcpy(pkt, golden, sizeof(golden));
	memcpy(pkt + at, bytes, n);
	return PARSE_EXACT(move_parse, pkt, len, &m, fault);
}

static void another_sub_type_version_or_kind_is_unsupported(void **state)
{
	struct wire_fault fault;

	assert_fault(parse_changed(1, "\xa2", 1, sizeof(golden), &fault), -LISP_EUNSUPPORTED,
		&fault, "sub-type is 1442 at byte 0 (want a kind that this parser takes)");
	assert_fault(parse_changed(2, "\x02", 1, sizeof(golden), &fault), -LISP_EUNSUPPORTED,
		&fault, "version is 2 at byte 2 (want a kind that this parser takes)");
	assert_fault(parse_changed(3, "\x08", 1, sizeof(golden), &fault), -LISP_EUNSUPPORTED,
		&fault, "kind is 8 at byte 3 (want a kind that this parser takes)");
	assert_fault(parse_changed(3, "", 1, sizeof(golden), &fault), -LISP_EUNSUPPORTED, &fault,
		"kind is 0 at byte 3 (want a kind that this parser takes)");
}

static void record_count_other_than_1(void **state)
{
	struct wire_fault fault;

	assert_fault(parse_changed(AT_FLAGS + 3, "\xff", 1, sizeof(golden), &fault),
		-LISP_EMALFORMED, &fault, "record count is 255 at byte 66 (want 1)");
	assert_fault(parse_changed(AT_FLAGS + 3, "", 1, sizeof(golden), &fault), -LISP_EMALFORMED,
		&fault, "record count is 0 at byte 66 (want 1)");
}

static void the_flag_and_the_locators_must_agree(void **state)
{
	struct wire_fault fault;

	assert_fault(parse_changed(AT_FLAGS, "\x40", 1, sizeof(golden), &fault), -LISP_EMALFORMED,
		&fault,
		"flags is 16384 at byte 64 (want 0x8000 set with locators and clear without)");
	assert_fault(parse_changed(AT_RECORD + 4, "", 1, AT_RECORD + 16, &fault), -LISP_EMALFORMED,
		&fault,
		"flags is 49152 at byte 64 (want 0x8000 set with locators and clear without)");
}

static void trailing_bytes(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, golden, 1, sizeof(golden) + 1, &fault);

	assert_fault(
		err, -LISP_EMALFORMED, &fault, "1 bytes left over after the record at byte 96");
}

static void every_prefix_of_the_claim_is_refused(void **state)
{
	struct move m;

	ASSERT_NO_PREFIX_PARSES(move_parse, golden, sizeof(golden), &m);
}

static void random_messages_survive_parse_and_write(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);

	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		enum auth_alg alg = (enum auth_alg)(1 + seed % 3);
		struct auth_options opt = {.full_length = seed & 1, .records_only = seed & 2};
		struct random_seeded source;
		struct random *random = &source.random;
		unsigned int locators;
		struct move m, back;
		struct wire_fault fault;
		struct wire_writer w;
		uint8_t out[1024];
		struct eid eid;
		int len;

		random_seeded_init(&source, seed);
		locators = (unsigned int)random_below(random, 9);
		eid = test_random_eid(random);
		m = (struct move){.kind = (enum move_kind)(MOVE_CLAIM + random_below(random, 7)),
			.nonce = random_u64(random),
			.site_id = random_u64(random),
			.seq = random_u64(random),
			.verified = random_below(random, 2),
			.has_locators = locators > 0};
		random_bytes(random, m.xtr_id.bytes, sizeof(m.xtr_id.bytes));
		wire_writer_init(&w, out, sizeof(out));
		move_begin(&w, &m, (uint8_t)seed, alg, &opt);
		lisp_record_write(
			&w, &eid, random_u32(random), (uint8_t)locators, LISP_ACT_NONE, false, 0);
		for (unsigned int i = 0; i < locators; i++) {
			struct address a = test_random_address(random, true);

			lisp_rloc_write(&w, &(struct lisp_rloc){.weight = (uint8_t)i}, &a);
		}
		len = move_finish(&w, &m, k, &opt);
		assert_true(len > 0);
		if (PARSE_EXACT(move_parse, out, (size_t)len, &back, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(move_parse(out, (size_t)len, &back, &fault), 0);
		if (back.kind != m.kind || back.nonce != m.nonce || back.site_id != m.site_id ||
			back.seq != m.seq || back.verified != m.verified ||
			back.has_locators != m.has_locators ||
			!eid_equal(&back.record.eid.eid, &eid) ||
			memcmp(&back.xtr_id, &m.xtr_id, sizeof(m.xtr_id)) != 0 ||
			back.record.locator_count != locators ||
			!auth_verify(
				k, LISP_EXTENSION, &opt, out, (size_t)len, m.nonce, &back.auth))
			fail_msg("seed %ju", (uintmax_t)seed);
	}
	auth_key_free(k);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_and_verifies_the_golden_claim),
		cmocka_unit_test(writes_the_golden_claim),
		cmocka_unit_test(the_mac_covers_every_byte),
		cmocka_unit_test(another_sub_type_version_or_kind_is_unsupported),
		cmocka_unit_test(record_count_other_than_1),
		cmocka_unit_test(the_flag_and_the_locators_must_agree),
		cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(every_prefix_of_the_claim_is_refused),
		cmocka_unit_test(random_messages_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
