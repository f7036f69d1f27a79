/* Map-Request: golden bytes by the figures of RFC 9301 section 5.2 and RFC 9437 section 4, both
 * ways; hostile ones. */
#include "tests/unit/lisp_test.h"

#include "lisp/map_request.h"

/* An SMR-invoked request that subscribes (RFC 9437 figure 1). */
static const uint8_t golden[] = {
	0x10,                                           /* Type 1, A=0, M=0, P=0, S=0 */
	0x50,                                           /* p=0, s=1, R=0, I=1, reserved */
	0x01,                                           /* reserved, L=0, D=0, IRC=1 */
	0x01,                                           /* Record Count */
	1, 2, 3, 4, 5, 6, 7, 8,                         /* Nonce */
	0x00, 0x01,                                     /* Source-EID-AFI IPv4 */
	192, 0, 2, 77,                                  /* Source EID Address */
	0x00, 0x01,                                     /* ITR-RLOC-AFI 1 */
	203, 0, 113, 1,                                 /* ITR-RLOC Address 1 */
	0x00, 0x02,                                     /* ITR-RLOC-AFI 2 */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,             /* ITR-RLOC Address 2: 2001:db8::9 */
	0, 0, 0, 0, 0, 0, 0, 9,                         /* ITR-RLOC Address 2 */
	0x80,                                           /* N=1, reserved */
	0x80,                                           /* EID mask-len: 128 */
	0x40, 0x03,                                     /* EID-Prefix-AFI: LCAF */
	0x00, 0x00, 0x02, 0x00,                         /* Rsvd1, Flags, Type 2, IID mask-len */
	0x00, 0x16,                                     /* Length */
	0x00, 0x00, 0x00, 0x19,                         /* Instance ID 25 */
	0x00, 0x02,                                     /* AFI IPv6 */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 1,             /* 2001:db8:0:1::7 */
	0, 0, 0, 0, 0, 0, 0, 7,                         /* EID-Prefix */
	0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, /* xTR-ID */
	0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, /* xTR-ID */
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xab, /* Site-ID */
};
#define AT_RECORD  42
#define AT_TRAILER 74

/* Every flag that a writer has not: A, M, P, S, p, L, D; with a piggybacked record; two requested
 * EIDs. */
static const uint8_t golden_with_map_data[] = {
	0x1f,                   /* Type 1, A=1, M=1, P=1, S=1 */
	0x80,                   /* p=1, s=0, R=0, I=0 */
	0x60,                   /* reserved, L=1, D=1, IRC=0 */
	0x02,                   /* Record Count */
	0, 0, 0, 0, 0, 0, 0, 9, /* Nonce */
	0x00, 0x00,             /* Source-EID-AFI: none */
	0x00, 0x01,             /* ITR-RLOC-AFI */
	203, 0, 113, 1,         /* ITR-RLOC Address */
	0x00, 0x18,             /* N=0, mask-len 24 */
	0x00, 0x01,             /* EID-Prefix-AFI */
	198, 51, 100, 0,        /* EID-Prefix */
	0x00, 0x30,             /* N=0, mask-len 48 */
	0x40, 0x05,             /* EID-Prefix-AFI 16389 */
	0x52, 0x54, 0, 0, 0, 1, /* EID-Prefix */
	0x00, 0x00, 0x00, 0x01, /* the Map-Reply record: TTL */
	0x01, 0x20,             /* Locator Count, mask-len */
	0x00, 0x00, 0x00, 0x00, /* ACT, A, reserved; Map-Version */
	0x00, 0x01,             /* EID-Prefix-AFI */
	192, 0, 2, 1,           /* EID-Prefix */
	1, 100, 255, 0,         /* Priority, Weight, M Priority, M Weight */
	0x00, 0x01,             /* R=1 */
	0x00, 0x01,             /* Loc-AFI */
	203, 0, 113, 1,         /* Locator */
};

static struct map_request_spec golden_spec(void)
{
	struct map_request_spec s = {.smr_invoked = true,
		.subscribe = true,
		.has_xtr_id = true,
		.nonce = 0x0102030405060708,
		.source_eid = test_address("192.0.2.77"),
		.itr_rloc_count = 2,
		.itr_rlocs = {test_address("203.0.113.1"), test_address("2001:db8::9")},
		.eid = test_eid("[25]2001:db8:0:1::7"),
		.site_id = 0xab};

	memcpy(s.xtr_id.bytes, golden + AT_TRAILER, 16);
	return s;
}

static void parses_the_golden_request(void **state)
{
	struct map_request_record rec;
	struct map_request m;
	struct wire_fault fault;

	assert_int_equal(map_request_parse(golden, sizeof(golden), &m, &fault), 0);
	assert_true(m.smr_invoked && m.has_xtr_id);
	assert_false(m.authoritative || m.map_data || m.probe || m.smr || m.pitr || m.local_xtr ||
		     m.dont_reply);
	assert_true(m.nonce == 0x0102030405060708);
	assert_address(&m.source_eid.addr, "192.0.2.77");
	assert_int_equal(m.itr_rloc_count, 2);
	assert_address(&m.itr_rlocs[0].addr, "203.0.113.1");
	assert_address(&m.itr_rlocs[1].addr, "2001:db8::9");
	assert_int_equal(m.record_count, 1);
	assert_true(map_request_next(&m, &rec));
	assert_true(rec.subscribe && rec.eid.plain);
	assert_eid(&rec.eid.eid, "[25]2001:db8:0:1::7");
	assert_false(map_request_next(&m, &rec));
	assert_memory_equal(m.xtr_id.bytes, golden + AT_TRAILER, 16);
	assert_true(m.site_id == 0xab);
}

static void parses_the_golden_request_with_map_data(void **state)
{
	const uint8_t *pkt = golden_with_map_data;
	struct map_request_record rec;
	struct lisp_rloc rloc;
	struct map_request m;
	struct wire_fault fault;

	assert_int_equal(map_request_parse(pkt, sizeof(golden_with_map_data), &m, &fault), 0);
	assert_true(m.authoritative && m.map_data && m.probe && m.smr && m.pitr && m.local_xtr &&
		    m.dont_reply);
	assert_false(m.smr_invoked || m.has_xtr_id);
	assert_int_equal(m.source_eid.afi, AFI_NONE);
	assert_int_equal(m.source_eid.raw_len, 2);
	assert_true(map_request_next(&m, &rec));
	assert_eid(&rec.eid.eid, "198.51.100.0/24");
	assert_true(map_request_next(&m, &rec));
	assert_eid(&rec.eid.eid, "52:54:00:00:00:01");
	assert_int_equal(rec.eid.field.afi, AFI_EUI48);
	assert_false(map_request_next(&m, &rec));
	assert_eid(&m.map_data_record.eid.eid, "192.0.2.1");
	assert_true(lisp_rloc_next(&m.map_data_record, &rloc));
	assert_true(rloc.reachable && !rloc.local);
}

static void writes_the_golden_request(void **state)
{
	struct map_request_spec s = golden_spec();
	uint8_t out[sizeof(golden)];

	assert_int_equal(map_request_write(out, sizeof(out), &s), sizeof(golden));
	assert_memory_equal(out, golden, sizeof(golden));
	for (size_t cap = 0; cap < sizeof(golden); cap++)
		assert_int_equal(map_request_write(out, cap, &s), -LISP_ENOROOM);
}

static void writes_each_flag_in_its_place(void **state)
{
	struct map_request_spec s = {.authoritative = true,
		.probe = true,
		.smr = true,
		.pitr = true,
		.local_xtr = true,
		.dont_reply = true,
		.itr_rloc_count = 32,
		.eid = test_eid("192.0.2.1")};
	uint8_t out[256];

	/* Type 1, A, P, S; p; L, D, IRC 31; one record. */
	assert_int_equal(map_request_write(out, sizeof(out), &s), 12 + 2 + 32 * 2 + 8);
	assert_memory_equal(out, "\x1b\x80\x7f\x01", 4);
}

static void a_request_without_or_with_33_itr_rlocs_is_not_written(void **state)
{
	struct map_request_spec s = golden_spec();
	uint8_t out[256];

	s.itr_rloc_count = 0;
	assert_int_equal(map_request_write(out, sizeof(out), &s), -LISP_ENOROOM);
	s.itr_rloc_count = 33;
	assert_int_equal(map_request_write(out, sizeof(out), &s), -LISP_ENOROOM);
}

static int parse_changed(
	size_t at, const void *bytes, size_t n, size_t len, struct wire_fault *fault)
{
	uint8_t pkt[sizeof(golden) + 64] = {0};
	struct map_request m;

	memcpy(pkt, golden, sizeof(golden));
	memcpy(pkt + at, bytes, n);
	return PARSE_EXACT(map_request_parse, pkt, len, &m, fault);
}

static void record_count_255_with_short_body(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, "\xff", 1, AT_TRAILER, &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"record 1: record flags truncated at byte 74 (need 1, have 0)");
}

static void record_count_0(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, "", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault, "record count is 0 at byte 3 (want 1 to 255)");
}

static void itr_rloc_count_31_truncated(void **state)
{
	static const uint8_t head[] = {0x10, 0, 0x1f, 1, 0, 0, 0, 0, 0, 0, 0, 0, /* IRC 31, nonce */
		0, 0, 0, 1, 203, 0, 113, 1, 0, 0}; /* no source EID; an IPv4 RLOC; one of AFI 0 */
	struct wire_fault fault;
	struct map_request m;
	int err = PARSE_EXACT(map_request_parse, head, sizeof(head), &m, &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"ITR-RLOC 2: address truncated at byte 22 (need 2, have 0)");
}

static void thirty_two_itr_rlocs_are_accepted(void **state)
{
	struct map_request_spec s = {.itr_rloc_count = 32, .eid = test_eid("192.0.2.1")};
	struct wire_fault fault;
	struct map_request m;
	uint8_t out[1024];
	int len;

	for (unsigned int i = 0; i < 32; i++)
		s.itr_rlocs[i] = test_address("2001:db8::1");
	len = map_request_write(out, sizeof(out), &s);
	assert_int_equal(len, 12 + 2 + 32 * 18 + 8);
	assert_int_equal(PARSE_EXACT(map_request_parse, out, (size_t)len, &m, &fault), 0);
	assert_int_equal(m.itr_rloc_count, 32);
}

static void trailer_announced_but_missing(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, golden, 1, AT_TRAILER + 23, &fault);

	assert_fault(err, -LISP_ETRUNC, &fault, "Site-ID truncated at byte 90 (need 8, have 7)");
}

static void trailing_bytes_without_i(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(1, "\x40", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"24 bytes left over after the last record at byte 74");
}

static void mask_len_over_128(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(AT_RECORD + 1, "\x81", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"record 0: mask-len is 129 at byte 43 (want 0 to 128)");
}

static void mask_len_over_48_of_a_mac(void **state)
{
	uint8_t pkt[sizeof(golden_with_map_data)];
	struct wire_fault fault;
	struct map_request m;
	int err;

	memcpy(pkt, golden_with_map_data, sizeof(pkt));
	pkt[29] = 49;
	err = PARSE_EXACT(map_request_parse, pkt, sizeof(pkt), &m, &fault);
	assert_fault(err, -LISP_EMALFORMED, &fault,
		"record 1: mask-len is 49 at byte 29 (want 0 to 48)");
}

static void instance_id_mask_len_over_32(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(AT_RECORD + 7, "\x21", 1, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"record 0: instance-ID mask-len is 33 at byte 49 (want 0 to 32)");
}

static void an_unknown_afi_has_an_error_of_its_own(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(12, "\x00\x03", 2, sizeof(golden), &fault);

	assert_fault(err, -LISP_EUNKNOWN_AFI, &fault,
		"source EID is 3 at byte 12 (want AFI 0, 1, 2, 6, 17, 16387, 16389 or 16396)");
}

static void every_prefix_of_the_requests_is_refused(void **state)
{
	struct map_request m;

	ASSERT_NO_PREFIX_PARSES(map_request_parse, golden, sizeof(golden), &m);
	ASSERT_NO_PREFIX_PARSES(
		map_request_parse, golden_with_map_data, sizeof(golden_with_map_data), &m);
}

static void random_requests_survive_parse_and_write(void **state)
{
	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		struct random_seeded source;
		struct random *random = &source.random;
		struct map_request_spec s = {0};
		struct map_request_record rec;
		struct map_request m;
		struct wire_fault fault;
		uint8_t out[1500];
		uint64_t bits;
		int len;

		random_seeded_init(&source, seed);
		bits = random_u64(random);
		s.authoritative = bits & 1;
		s.probe = bits & 2;
		s.smr = bits & 4;
		s.pitr = bits & 8;
		s.smr_invoked = bits & 16;
		s.local_xtr = bits & 32;
		s.dont_reply = bits & 64;
		s.subscribe = bits & 128;
		s.has_xtr_id = bits & 256;
		s.nonce = random_u64(random);
		if (bits & 512)
			s.source_eid = test_random_address(random, false);
		s.itr_rloc_count = 1 + (unsigned int)random_below(random, LISP_ITR_RLOCS_MAX);
		for (unsigned int i = 0; i < s.itr_rloc_count; i++)
			s.itr_rlocs[i] = test_random_address(random, true);
		s.eid = test_random_eid(random);
		s.site_id = s.has_xtr_id ? random_u64(random) : 0;
		len = map_request_write(out, sizeof(out), &s);
		assert_true(len > 0);
		if (PARSE_EXACT(map_request_parse, out, (size_t)len, &m, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(map_request_parse(out, (size_t)len, &m, &fault), 0);
		if (m.authoritative != s.authoritative || m.probe != s.probe || m.smr != s.smr ||
			m.pitr != s.pitr || m.smr_invoked != s.smr_invoked ||
			m.local_xtr != s.local_xtr || m.dont_reply != s.dont_reply ||
			m.has_xtr_id != s.has_xtr_id || m.nonce != s.nonce ||
			m.site_id != s.site_id || !address_equal(&m.source_eid.addr, &s.source_eid))
			fail_msg("seed %ju: head", (uintmax_t)seed);
		assert_int_equal(m.itr_rloc_count, s.itr_rloc_count);
		for (unsigned int i = 0; i < s.itr_rloc_count; i++)
			assert_true(address_equal(&m.itr_rlocs[i].addr, &s.itr_rlocs[i]));
		assert_true(map_request_next(&m, &rec));
		if (!eid_equal(&rec.eid.eid, &s.eid) || rec.subscribe != s.subscribe)
			fail_msg("seed %ju: EID", (uintmax_t)seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_the_golden_request),
		cmocka_unit_test(parses_the_golden_request_with_map_data),
		cmocka_unit_test(writes_the_golden_request),
		cmocka_unit_test(writes_each_flag_in_its_place),
		cmocka_unit_test(a_request_without_or_with_33_itr_rlocs_is_not_written),
		cmocka_unit_test(record_count_255_with_short_body),
		cmocka_unit_test(record_count_0),
		cmocka_unit_test(itr_rloc_count_31_truncated),
		cmocka_unit_test(thirty_two_itr_rlocs_are_accepted),
		cmocka_unit_test(trailer_announced_but_missing),
		cmocka_unit_test(trailing_bytes_without_i),
		cmocka_unit_test(mask_len_over_128),
		cmocka_unit_test(mask_len_over_48_of_a_mac),
		cmocka_unit_test(instance_id_mask_len_over_32),
		cmocka_unit_test(an_unknown_afi_has_an_error_of_its_own),
		cmocka_unit_test(every_prefix_of_the_requests_is_refused),
		cmocka_unit_test(random_requests_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
