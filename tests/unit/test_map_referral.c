/* Map-Referral: golden bytes by the figures of RFC 8111 section 6.4, both ways; hostile ones. */
#include "tests/unit/lisp_test.h"

#include "lisp/map_referral.h"

/* An MS-REFERRAL for the XEID-prefix [25]2001:db8:100::/40 with one Map-Server and one signature.
 */
static const uint8_t golden[] = {
	0x60, 0x00, 0x00,                               /* Type 6, Reserved */
	0x01,                                           /* Record Count */
	1, 2, 3, 4, 5, 6, 7, 8,                         /* Nonce */
	0x00, 0x00, 0x05, 0xa0,                         /* Record TTL: 1440 */
	0x01,                                           /* Referral Count */
	0x28,                                           /* EID mask-len: 40 */
	0x28, 0x00,                                     /* ACT 1, A=0, I=1, Reserved */
	0x10, 0x07,                                     /* SigCnt 1, Map-Version 7 */
	0x40, 0x03, 0x00, 0x00, 0x02, 0x00, 0x00, 0x16, /* EID-AFI: LCAF 2, Length 22 */
	0x00, 0x00, 0x00, 0x19,                         /* Instance ID 25 */
	0x00, 0x02,                                     /* AFI IPv6 */
	0x20, 0x01, 0x0d, 0xb8, 0x01, 0, 0, 0,          /* EID-prefix */
	0, 0, 0, 0, 0, 0, 0, 0,                         /* EID-prefix */
	1, 100, 0, 0,                                   /* Priority, Weight, M Priority, M Weight */
	0x00, 0x01,                                     /* Unused Flags, R=1 */
	0x00, 0x01,                                     /* Loc-AFI */
	203, 0, 113, 1,                                 /* Locator */
	0x00, 0x00, 0x05, 0xa0,                         /* Original Record TTL */
	0x80, 0x00, 0x00, 0x01,                         /* Signature Expiration */
	0x70, 0x00, 0x00, 0x02,                         /* Signature Inception */
	0x12, 0x34,                                     /* Key Tag */
	0x00, 0x04,                                     /* Sig Length */
	0x02, 0x00, 0x00, 0x00,                         /* Sig-Algorithm RSA-SHA256, Reserved */
	0xde, 0xad, 0xbe, 0xef,                         /* Signature */
};
#define AT_REFERRAL  52
#define AT_SIGNATURE 64

static size_t write_golden(uint8_t *out, size_t cap)
{
	struct referral_signature sig = {.original_ttl = 1440,
		.expiration = 0x80000001,
		.inception = 0x70000002,
		.key_tag = 0x1234,
		.algorithm = 2,
		.bytes = golden + sizeof(golden) - 4,
		.len = 4};
	struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct address a = test_address("203.0.113.1");
	struct eid eid = test_eid("[25]2001:db8:100::/40");
	struct wire_writer w;

	wire_writer_init(&w, out, cap);
	map_referral_begin(&w, 0x0102030405060708);
	map_referral_record_write(&w, &eid, 1440, 1, 1, REFERRAL_MS, true, 7);
	lisp_rloc_write(&w, &rloc, &a);
	referral_signature_write(&w, &sig);
	map_referral_finish(&w, 1);
	return wire_written(&w) ? w.pos : 0;
}

static void parses_the_golden_referral(void **state)
{
	struct referral_signature sig;
	struct referral_record rec;
	struct map_referral m;
	struct lisp_rloc rloc;
	struct wire_fault fault;

	assert_int_equal(map_referral_parse(golden, sizeof(golden), &m, &fault), 0);
	assert_true(m.nonce == 0x0102030405060708);
	assert_int_equal(m.record_count, 1);
	assert_true(map_referral_next(&m, &rec));
	assert_int_equal(rec.ttl_min, 1440);
	assert_int_equal(rec.act, REFERRAL_MS);
	assert_true(rec.incomplete && !rec.authoritative);
	assert_int_equal(rec.map_version, 7);
	assert_eid(&rec.eid.eid, "[25]2001:db8:100::/40");
	assert_ptr_equal(rec.raw, golden + 12);
	assert_int_equal(rec.raw_len, sizeof(golden) - 12);
	assert_true(referral_next(&rec, &rloc));
	assert_address(&rloc.field.addr, "203.0.113.1");
	assert_true(rloc.reachable);
	assert_false(referral_next(&rec, &rloc));
	assert_true(referral_signature_next(&rec, &sig));
	assert_int_equal(sig.original_ttl, 1440);
	assert_true(sig.expiration == 0x80000001 && sig.inception == 0x70000002);
	assert_int_equal(sig.key_tag, 0x1234);
	assert_int_equal(sig.algorithm, 2);
	assert_int_equal(sig.len, 4);
	assert_memory_equal(sig.bytes, "\xde\xad\xbe\xef", 4);
	assert_false(referral_signature_next(&rec, &sig));
	assert_false(map_referral_next(&m, &rec));
}

static void writes_the_golden_referral(void **state)
{
	uint8_t out[sizeof(golden)];

	assert_int_equal(write_golden(out, sizeof(out)), sizeof(golden));
	assert_memory_equal(out, golden, sizeof(golden));
	for (size_t cap = 0; cap < sizeof(golden); cap++)
		assert_int_equal(write_golden(out, cap), 0);
}

static int parse_changed(
	size_t at, const void *bytes, size_t n, size_t len, struct wire_fault *fault)
{
	uint8_t pkt[sizeof(golden) + 1] = {0};
	struct map_referral m;

	memcpy(pkt, golden, sizeof(golden));
	memcpy(pkt + at, bytes, n);
	return PARSE_EXACT(map_referral_parse, pkt, len, &m, fault);
}

static void signature_count_15(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(20, "\xf0", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"signature 1: original TTL truncated at byte 88 (need 4, have 0)");
}

static void signature_length_past_the_end(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(AT_SIGNATURE + 14, "\xff\xff", 2, sizeof(golden), &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"signature 0: signature truncated at byte 84 (need 65535, have 4)");
}

static void referral_count_255(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(16, "\xff", 1, AT_SIGNATURE, &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"referral 1: priority truncated at byte 64 (need 1, have 0)");
}

static void record_count_255_with_short_body(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, "\xff", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"record 1: record TTL truncated at byte 88 (need 4, have 0)");
}

static void record_count_0(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, "", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault, "record count is 0 at byte 3 (want 1 to 255)");
}

static void signatures_that_are_not_counted_are_left_over(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(20, "", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"24 bytes left over after the last record at byte 64");
}

static void every_prefix_of_the_referral_is_refused(void **state)
{
	struct map_referral m;

	ASSERT_NO_PREFIX_PARSES(map_referral_parse, golden, sizeof(golden), &m);
}

static void random_referrals_survive_parse_and_write(void **state)
{
	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		struct random_seeded source;
		struct random *random = &source.random;
		struct referral_signature sig = {.len = 0}, sig_back;
		struct referral_record rec;
		struct map_referral m;
		struct wire_fault fault;
		struct wire_writer w;
		unsigned int refs, sigs;
		uint8_t out[4096];
		struct eid eid;

		random_seeded_init(&source, seed);
		eid = test_random_eid(random);
		refs = (unsigned int)random_below(random, 20);
		sigs = (unsigned int)random_below(random, 16);
		sig.expiration = random_u32(random);
		sig.bytes = golden;
		sig.len = (uint16_t)random_below(random, sizeof(golden));
		wire_writer_init(&w, out, sizeof(out));
		map_referral_begin(&w, seed);
		map_referral_record_write(&w, &eid, random_u32(random), (uint8_t)refs,
			(uint8_t)sigs, (enum referral_act)random_below(random, 8), seed & 1,
			seed & 0xfff);
		for (unsigned int i = 0; i < refs; i++) {
			struct address a = test_random_address(random, true);

			lisp_rloc_write(&w, &(struct lisp_rloc){.priority = (uint8_t)i}, &a);
		}
		for (unsigned int i = 0; i < sigs; i++)
			referral_signature_write(&w, &sig);
		map_referral_finish(&w, 1);
		assert_true(wire_written(&w));
		if (PARSE_EXACT(map_referral_parse, out, w.pos, &m, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(map_referral_parse(out, w.pos, &m, &fault), 0);
		assert_true(map_referral_next(&m, &rec));
		if (!eid_equal(&rec.eid.eid, &eid) || rec.referral_count != refs ||
			rec.signature_count != sigs || rec.incomplete != (seed & 1))
			fail_msg("seed %ju: record", (uintmax_t)seed);
		for (unsigned int i = 0; i < sigs; i++) {
			assert_true(referral_signature_next(&rec, &sig_back));
			assert_true(
				sig_back.expiration == sig.expiration && sig_back.len == sig.len);
			assert_memory_equal(sig_back.bytes, golden, sig.len);
		}
		assert_false(referral_signature_next(&rec, &sig_back));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_the_golden_referral),
		cmocka_unit_test(writes_the_golden_referral),
		cmocka_unit_test(signature_count_15),
		cmocka_unit_test(signature_length_past_the_end),
		cmocka_unit_test(referral_count_255),
		cmocka_unit_test(record_count_255_with_short_body),
		cmocka_unit_test(record_count_0),
		cmocka_unit_test(signatures_that_are_not_counted_are_left_over),
		cmocka_unit_test(every_prefix_of_the_referral_is_refused),
		cmocka_unit_test(random_referrals_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
