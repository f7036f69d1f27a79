/* Map-Reply: golden bytes by the figure of RFC 9301 section 5.4, both ways; RFC 9303's
 * authentication data; hostile ones. */
#include "tests/unit/lisp_test.h"

#include "lisp/map_reply.h"

/* A probe's reply: a record with two locators, and a negative one. */
static const uint8_t golden[] = {
	0x28,                               /* Type 2, P=1, E=0, S=0 */
	0x00, 0x00,                         /* Reserved */
	0x02,                               /* Record Count */
	1, 2, 3, 4, 5, 6, 7, 8,             /* Nonce */
	0x00, 0x00, 0x05, 0xa0,             /* Record TTL: 1440 */
	0x02,                               /* Locator Count */
	0x18,                               /* EID mask-len: 24 */
	0x10, 0x00,                         /* ACT 0, A=1, Reserved */
	0x0a, 0xbc,                         /* Rsvd, Map-Version 0xabc */
	0x00, 0x01,                         /* EID-Prefix-AFI */
	192, 0, 2, 0,                       /* EID-Prefix */
	1, 75, 255, 0,                      /* Priority, Weight, M Priority, M Weight */
	0x00, 0x07,                         /* L=1, p=1, R=1 */
	0x00, 0x01,                         /* Loc-AFI */
	203, 0, 113, 1,                     /* Locator */
	255, 25, 255, 0,                    /* Priority, Weight, M Priority, M Weight */
	0x00, 0x00,                         /* L=0, p=0, R=0 */
	0x00, 0x02,                         /* Loc-AFI */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, /* Locator 2001:db8::9 */
	0, 0, 0, 0, 0, 0, 0, 9,             /* Locator */
	0x00, 0x00, 0x00, 0x0f,             /* Record TTL: 15 */
	0x00,                               /* Locator Count */
	0x20,                               /* EID mask-len: 32 */
	0x20, 0x00,                         /* ACT 1, A=0 */
	0x00, 0x00,                         /* Map-Version Null */
	0x00, 0x02,                         /* EID-Prefix-AFI */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, /* EID-Prefix 2001:db8::/32 */
	0, 0, 0, 0, 0, 0, 0, 0,             /* EID-Prefix */
};

/* RFC 9303 section 6.2: behind the records when S=1. */
static const uint8_t security[] = {
	0x01, 0x00, 0x00, 0x00, /* MR AD Type 1, Unassigned */
	0x00, 0x10, 0x00, 0x02, /* EID-AD Length 16, KDF ID */
	0x00, 0x00, 0x00, 0x02, /* Record Count, EID HMAC ID */
	1, 2, 3, 4, 5, 6, 7, 8, /* records and EID HMAC, not looked into */
	0x00, 0x06, 0x00, 0x02, /* PKT-AD Length 6, PKT HMAC ID */
	0xaa, 0xbb,             /* PKT HMAC */
};

static size_t write_golden(uint8_t *out, size_t cap)
{
	struct lisp_rloc up = {.priority = 1,
		.weight = 75,
		.mpriority = 255,
		.local = true,
		.probed = true,
		.reachable = true};
	struct lisp_rloc down = {.priority = LISP_PRIORITY_UNUSED, .weight = 25, .mpriority = 255};
	struct address v4 = test_address("203.0.113.1"), v6 = test_address("2001:db8::9");
	struct eid eid = test_eid("192.0.2.0/24"), hole = test_eid("2001:db8::/32");
	struct wire_writer w;

	wire_writer_init(&w, out, cap);
	map_reply_begin(&w, true, 0x0102030405060708);
	lisp_record_write(&w, &eid, 1440, 2, LISP_ACT_NONE, true, 0xabc);
	lisp_rloc_write(&w, &up, &v4);
	lisp_rloc_write(&w, &down, &v6);
	lisp_record_write(&w, &hole, 15, 0, LISP_ACT_NATIVE_FORWARD, false, 0);
	map_reply_finish(&w, 2);
	return wire_written(&w) ? w.pos : 0;
}

static void parses_the_golden_reply(void **state)
{
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct wire_fault fault;
	struct map_reply m;

	assert_int_equal(map_reply_parse(golden, sizeof(golden), &m, &fault), 0);
	assert_true(m.probe && !m.echo && !m.security);
	assert_true(m.nonce == 0x0102030405060708);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.ttl_min, 1440);
	assert_int_equal(rec.locator_count, 2);
	assert_true(rec.authoritative);
	assert_int_equal(rec.map_version, 0xabc);
	assert_eid(&rec.eid.eid, "192.0.2.0/24");
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_true(rloc.local && rloc.probed && rloc.reachable);
	assert_int_equal(rloc.weight, 75);
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_int_equal(rloc.priority, LISP_PRIORITY_UNUSED);
	assert_address(&rloc.field.addr, "2001:db8::9");
	assert_false(lisp_rloc_next(&rec, &rloc));
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.act, LISP_ACT_NATIVE_FORWARD);
	assert_int_equal(rec.locator_count, 0);
	assert_eid(&rec.eid.eid, "2001:db8::/32");
	assert_false(lisp_rloc_next(&rec, &rloc));
	assert_false(lisp_records_next(&m.records, &rec));
}

static void writes_the_golden_reply(void **state)
{
	uint8_t out[sizeof(golden)];

	assert_int_equal(write_golden(out, sizeof(out)), sizeof(golden));
	assert_memory_equal(out, golden, sizeof(golden));
	for (size_t cap = 0; cap < sizeof(golden); cap++)
		assert_int_equal(write_golden(out, cap), 0);
}

static void a_record_too_wide_for_its_fields_is_not_written(void **state)
{
	struct eid eid = test_eid("192.0.2.0/24");
	uint8_t out[64];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	lisp_record_write(&w, &eid, 1, 0, LISP_ACT_NONE, false, 0x1000);
	assert_false(wire_written(&w));
	wire_writer_init(&w, out, sizeof(out));
	map_reply_begin(&w, false, 1);
	map_reply_finish(&w, 256);
	assert_false(wire_written(&w));
}

static int parse_secured(uint8_t *pkt, size_t len, struct map_reply *m, struct wire_fault *fault)
{
	memcpy(pkt, golden, sizeof(golden));
	pkt[0] = 0x22; /* S=1 */
	return map_reply_parse(pkt, len, m, fault);
}

static void security_data_stands_behind_the_records(void **state)
{
	uint8_t pkt[sizeof(golden) + sizeof(security)];
	struct wire_fault fault;
	struct map_reply m;

	memcpy(pkt + sizeof(golden), security, sizeof(security));
	assert_int_equal(parse_secured(pkt, sizeof(pkt), &m, &fault), 0);
	assert_true(m.security && !m.probe);
	assert_ptr_equal(m.security_data, pkt + sizeof(golden));
	assert_int_equal(m.security_len, sizeof(security));
	for (size_t len = 0; len < sizeof(pkt); len++)
		assert_true(parse_secured(pkt, len, &m, &fault));
}

static void security_data_of_another_type_or_length_is_refused(void **state)
{
	uint8_t pkt[sizeof(golden) + sizeof(security)];
	struct wire_fault fault;
	struct map_reply m;
	int err;

	memcpy(pkt + sizeof(golden), security, sizeof(security));
	pkt[sizeof(golden)] = 2;
	err = parse_secured(pkt, sizeof(pkt), &m, &fault);
	assert_fault(err, -LISP_EUNSUPPORTED, &fault,
		"authentication data type is 2 at byte 92 (want a kind that this parser takes)");
	pkt[sizeof(golden)] = 1;
	pkt[sizeof(golden) + 5] = 3;
	err = parse_secured(pkt, sizeof(pkt), &m, &fault);
	assert_fault(err, -LISP_EMALFORMED, &fault, "EID-AD is 3 at byte 96 (want at least 4)");
}

static int parse_changed(size_t at, uint8_t byte, size_t len, struct wire_fault *fault)
{
	uint8_t pkt[sizeof(golden) + 1] = {0};
	struct map_reply m;

	memcpy(pkt, golden, sizeof(golden));
	pkt[at] = byte;
	return PARSE_EXACT(map_reply_parse, pkt, len, &m, fault);
}

static void record_count_255_with_short_body(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, 255, sizeof(golden), &fault);

	assert_fault(err, -LISP_ETRUNC, &fault,
		"record 2: record TTL truncated at byte 92 (need 4, have 0)");
}

static void record_count_0(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(3, 0, sizeof(golden), &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault, "record count is 0 at byte 3 (want 1 to 255)");
}

static void locator_count_255(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(16, 255, sizeof(golden), &fault);

	/* The negative record is read as locator 2, its ACT as the Loc-AFI. */
	assert_fault(err, -LISP_EUNKNOWN_AFI, &fault,
		"locator 2: locator is 8192 at byte 70 (want AFI 0, 1, 2, 6, 17, 16387, 16389 or 16396)");
}

static void trailing_bytes(void **state)
{
	struct wire_fault fault;
	int err = parse_changed(0, 0x28, sizeof(golden) + 1, &fault);

	assert_fault(err, -LISP_EMALFORMED, &fault,
		"1 bytes left over after the last record at byte 92");
}

static void every_prefix_of_the_reply_is_refused(void **state)
{
	struct map_reply m;

	ASSERT_NO_PREFIX_PARSES(map_reply_parse, golden, sizeof(golden), &m);
}

static void iterators_outlive_the_fault_of_the_parse(void **state)
{
	struct wire_fault *fault = malloc(sizeof(*fault));
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct map_reply m;
	unsigned int locators = 0;

	assert_non_null(fault);
	assert_int_equal(map_reply_parse(golden, sizeof(golden), &m, fault), 0);
	free(fault);
	while (lisp_records_next(&m.records, &rec))
		while (lisp_rloc_next(&rec, &rloc))
			locators++;
	assert_int_equal(locators, 2);
}

static void random_replies_survive_parse_and_write(void **state)
{
	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		struct random_seeded source;
		struct random *random = &source.random;
		unsigned int count, locators[8];
		struct wire_writer w, again;
		struct wire_fault fault;
		struct lisp_record rec;
		struct map_reply m;
		uint8_t out[4096], back[4096];

		random_seeded_init(&source, seed);
		count = 1 + (unsigned int)random_below(random, 8);
		wire_writer_init(&w, out, sizeof(out));
		map_reply_begin(&w, random_below(random, 2), random_u64(random));
		for (unsigned int i = 0; i < count; i++) {
			struct eid eid = test_random_eid(random);

			locators[i] = (unsigned int)random_below(random, 9);
			lisp_record_write(&w, &eid, random_u32(random), (uint8_t)locators[i],
				(enum lisp_act)random_below(random, 8), random_below(random, 2),
				(uint16_t)random_below(random, 0x1000));
			for (unsigned int j = 0; j < locators[i]; j++) {
				struct lisp_rloc rloc = {.priority = (uint8_t)random_u32(random),
					.mweight = (uint8_t)random_u32(random),
					.probed = random_below(random, 2)};
				struct address a = test_random_address(random, false);

				lisp_rloc_write(&w, &rloc, &a);
			}
		}
		map_reply_finish(&w, count);
		assert_true(wire_written(&w));
		if (PARSE_EXACT(map_reply_parse, out, w.pos, &m, &fault))
			fail_msg("seed %ju: refused", (uintmax_t)seed);
		assert_int_equal(map_reply_parse(out, w.pos, &m, &fault), 0);
		wire_writer_init(&again, back, sizeof(back));
		map_reply_begin(&again, m.probe, m.nonce);
		for (unsigned int i = 0; i < count; i++) {
			assert_true(lisp_records_next(&m.records, &rec));
			assert_int_equal(rec.locator_count, locators[i]);
			lisp_record_write(&again, &rec.eid.eid, rec.ttl_min, rec.locator_count,
				rec.act, rec.authoritative, rec.map_version);
			wire_put_bytes(&again, rec.locators_raw, rec.locators_raw_len);
		}
		map_reply_finish(&again, count);
		if (again.pos != w.pos || memcmp(out, back, w.pos) != 0)
			fail_msg("seed %ju: written again it differs", (uintmax_t)seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_the_golden_reply),
		cmocka_unit_test(writes_the_golden_reply),
		cmocka_unit_test(a_record_too_wide_for_its_fields_is_not_written),
		cmocka_unit_test(security_data_stands_behind_the_records),
		cmocka_unit_test(security_data_of_another_type_or_length_is_refused),
		cmocka_unit_test(record_count_255_with_short_body),
		cmocka_unit_test(record_count_0),
		cmocka_unit_test(locator_count_255),
		cmocka_unit_test(trailing_bytes),
		cmocka_unit_test(every_prefix_of_the_reply_is_refused),
		cmocka_unit_test(iterators_outlive_the_fault_of_the_parse),
		cmocka_unit_test(random_replies_survive_parse_and_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
