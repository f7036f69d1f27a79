/* The stored form of mappings: bytes spelled out, since files of one release are read by the next.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lisp/stored.h"
#include "tests/unit/world_parse.h"

/* 0x80: a host; 1 IPv4, 2 IPv6, 3 MAC, 4 name, 5 and 6 group and source; instance-ID; address;
 * length. */
static const struct {
	const char *eid;
	size_t len;
	uint8_t key[STORED_EID_BYTES];
} keys[] = {
	{"10.1.2.3", 10, {0x81, 0, 0, 0, 0, 10, 1, 2, 3, 32}},
	{"[66051]10.1.0.0/16", 10, {0x01, 0, 1, 2, 3, 10, 1, 0, 0, 16}},
	{"2001:db8::1", 22,
		{0x82, 0, 0, 0, 0, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
			128}},
	{"52:54:00:00:00:01", 12, {0x83, 0, 0, 0, 0, 0x52, 0x54, 0, 0, 0, 1, 48}},
	{"\"vm-7\"", 11, {0x84, 0, 0, 0, 0, 'v', 'm', '-', '7', 0, 40}},
	{"(10.1.0.0/16,232.1.2.3)", 14, {0x05, 0, 0, 0, 0, 232, 1, 2, 3, 10, 1, 0, 0, 48}},
};

static void keys_are_these_bytes(void **state)
{
	uint8_t key[STORED_EID_BYTES];
	struct eid back;

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		struct eid e = world_eid(keys[i].eid);

		assert_int_equal(stored_eid_key(key, sizeof(key), &e), keys[i].len);
		assert_memory_equal(key, keys[i].key, keys[i].len);
		assert_true(stored_eid_read(key, keys[i].len, &back));
		assert_true(eid_equal(&back, &e));
	}
}

static void a_damaged_key_is_refused(void **state)
{
	static const struct {
		size_t len;
		uint8_t key[12];
	} bad[] = {
		{10, {0x80, 0, 0, 0, 0, 10, 1, 2, 3, 32}}, /* no family */
		{10, {0x87, 0, 0, 0, 0, 10, 1, 2, 3, 32}}, /* an unknown one */
		{10, {0x01, 0, 0, 0, 0, 10, 1, 2, 3, 32}}, /* a host that says it is none */
		{10, {0x81, 0, 0, 0, 0, 10, 1, 0, 0, 16}}, /* the other way round */
		{10, {0x01, 0, 0, 0, 0, 10, 1, 2, 3, 16}}, /* host bits */
		{10, {0x81, 0, 0, 0, 0, 10, 1, 2, 3, 33}}, /* too long a prefix */
		{9, {0x81, 0, 0, 0, 0, 10, 1, 2, 32}},     /* too short an address */
		{6, {0x81, 0, 0, 0, 0, 32}},
		{0, {0}},
	};
	struct eid e;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(stored_eid_read(bad[i].key, bad[i].len, &e));
}

static void a_mapping_is_these_bytes(void **state)
{
	static const uint8_t want[] = {
		1,                      /* version */
		1,                      /* a mapping, no tombstone */
		0x81, 0x80, 0x80, 0x08, /* seq 0x1000001 */
		0x6b, 0x49, 0xd2, 0x00, /* written at 1800000000 */
		0x87,                   /* flags */
		0xa0, 0x0b,             /* TTL 1440 */
		0x05,                   /* Map-Version */
		0xac, 0x02,             /* owner 300 */
		0x07,                   /* locator set */
		0xb4, 0x01,             /* 180 s */
	};
	const struct stored_mapping m = {.seq = 0x1000001,
		.flags = 0x87,
		.ttl_min = 1440,
		.map_version = 5,
		.owner = 300,
		.set = 7,
		.wall_s = 1800000000,
		.life_s = 180};
	uint8_t buf[STORED_MAPPING_BYTES];
	struct stored_mapping back;

	assert_int_equal(stored_mapping_write(buf, sizeof(buf), &m), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_true(stored_mapping_read(want, sizeof(want), &back));
	assert_memory_equal(&back, &m, sizeof(m));
	for (size_t cap = 0; cap < sizeof(want); cap++)
		assert_int_equal(stored_mapping_write(buf, cap, &m), 0);
}

static void a_tombstone_is_these_bytes(void **state)
{
	static const uint8_t want[] = {1, 0, 0x2a, 0x6b, 0x49, 0xd2, 0x00};
	const struct stored_mapping m = {.gone = true, .seq = 42, .wall_s = 1800000000};
	uint8_t buf[STORED_MAPPING_BYTES];
	struct stored_mapping back;

	assert_int_equal(stored_mapping_write(buf, sizeof(buf), &m), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_true(stored_mapping_read(want, sizeof(want), &back));
	assert_true(back.gone);
	assert_int_equal(back.seq, 42);
}

static void the_greatest_values_fit(void **state)
{
	const struct stored_mapping m = {.seq = UINT64_MAX,
		.flags = 255,
		.ttl_min = UINT32_MAX,
		.map_version = 0xfff,
		.owner = UINT32_MAX,
		.set = UINT64_MAX,
		.wall_s = UINT32_MAX,
		.life_s = UINT32_MAX};
	uint8_t buf[STORED_MAPPING_BYTES];
	struct stored_mapping back;
	size_t len = stored_mapping_write(buf, sizeof(buf), &m);

	assert_true(len > 0);
	assert_true(stored_mapping_read(buf, len, &back));
	assert_memory_equal(&back, &m, sizeof(m));
}

static void a_damaged_mapping_is_refused(void **state)
{
	static const uint8_t good[] = {1, 1, 1, 0x6b, 0x49, 0xd2, 0, 1, 60, 0, 1, 1, 60};
	static const struct {
		size_t len;
		uint8_t bytes[24];
	} bad[] = {
		{13, {2, 1, 1, 0x6b, 0x49, 0xd2, 0, 1, 60, 0, 1, 1, 60}},          /* version */
		{13, {1, 3, 1, 0x6b, 0x49, 0xd2, 0, 1, 60, 0, 1, 1, 60}},          /* form */
		{14, {1, 1, 0x81, 0, 0x6b, 0x49, 0xd2, 0, 1, 60, 0, 1, 1, 60}},    /* a longer 1 */
		{14, {1, 1, 1, 0x6b, 0x49, 0xd2, 0, 1, 60, 0x80, 0x20, 1, 1, 60}}, /* 4096 */
		{14, {1, 1, 1, 0x6b, 0x49, 0xd2, 0, 1, 60, 0, 1, 1, 60, 0}},       /* more behind */
		{12, {1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}},
	};
	struct stored_mapping m;

	assert_true(stored_mapping_read(good, sizeof(good), &m));
	for (size_t len = 0; len < sizeof(good); len++)
		assert_false(stored_mapping_read(good, len, &m));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(stored_mapping_read(bad[i].bytes, bad[i].len, &m));
}

static void owners_and_sets_are_these_bytes(void **state)
{
	static const uint8_t owner[] = {1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15, 'p', 'a', 'r', 'i', 's'};
	static const uint8_t set[] = {1, 1, 1, 100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 1};
	struct stored_owner o = {.site_id = 9, .site = "paris"}, o2;
	struct stored_set s = {1, set + 2, sizeof(set) - 2}, s2;
	uint8_t buf[STORED_OWNER_BYTES], key[8];
	uint64_t number;
	uint32_t small;

	for (uint8_t i = 0; i < 16; i++)
		o.xtr_id.bytes[i] = i;
	assert_int_equal(stored_owner_write(buf, sizeof(buf), &o), sizeof(owner));
	assert_memory_equal(buf, owner, sizeof(owner));
	assert_true(stored_owner_read(owner, sizeof(owner), &o2));
	assert_string_equal(o2.site, "paris");
	assert_int_equal(o2.site_id, 9);
	assert_false(stored_owner_read(owner, 25, &o2)); /* of no site */
	assert_int_equal(stored_set_write(buf, sizeof(buf), &s), sizeof(set));
	assert_memory_equal(buf, set, sizeof(set));
	assert_true(stored_set_read(set, sizeof(set), &s2));
	assert_int_equal(s2.count, 1);
	assert_int_equal(s2.len, sizeof(set) - 2);
	assert_false(stored_set_read(set, 2, &s2));
	stored_set_key(key, 0x0102030405060708);
	assert_memory_equal(key, ((const uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8}), 8);
	assert_true(stored_set_number(key, 8, &number));
	assert_int_equal(number, 0x0102030405060708);
	assert_false(stored_set_number(key, 7, &number));
	stored_owner_key(key, 0x01020304);
	assert_true(stored_owner_number(key, 4, &small));
	assert_int_equal(small, 0x01020304);
	assert_false(stored_owner_number((const uint8_t[4]){0}, 4, &small));
}

static void the_rest_of_a_life_has_bounds(void **state)
{
	static const struct {
		uint64_t now;
		uint32_t life, left;
	} want[] = {
		{1000, 3600, 3600}, /* at once */
		{2000, 3600, 2600}, /* later */
		{4590, 3600, 180},  /* nearly over: time to refresh */
		{99999, 3600, 180}, /* over, or the clock was set forward */
		{0, 3600, 3600},    /* the clock was set back */
		{99999, 60, 60},    /* a short one */
		{99999, 0, 0},      /* for ever */
	};

	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct stored_mapping m = {.wall_s = 1000, .life_s = want[i].life};

		assert_int_equal(stored_mapping_left(&m, want[i].now, 180), want[i].left);
	}
}

static void parts_of_one_eid_are_these_bytes(void **state)
{
	static const uint8_t want[] = {
		1,    /* version */
		2,    /* parts */
		0x09, /* flags */
		0xa0,
		0x0b, /* TTL 1440 */
		0x05, /* Map-Version */
		0xac,
		0x02, /* owner 300 */
		0x07, /* locator set */
		0x6b,
		0x49,
		0xd2,
		0x00, /* written at 1800000000 */
		0xb4,
		0x01, /* 180 s */
		0x01,
		0x3c,
		0x00,
		0x01,
		0x08,
		0x6b,
		0x49,
		0xd2,
		0x3c,
		0x78,
	};
	const struct stored_part list[] = {
		{.flags = 9,
			.ttl_min = 1440,
			.map_version = 5,
			.owner = 300,
			.set = 7,
			.wall_s = 1800000000,
			.life_s = 180},
		{.flags = 1,
			.ttl_min = 60,
			.owner = 1,
			.set = 8,
			.wall_s = 1800000060,
			.life_s = 120},
	};
	struct stored_part back[STORED_PARTS_MAX];
	uint8_t buf[STORED_PARTS_BYTES], bad[sizeof(want)];
	unsigned int count;

	(void)state;
	assert_int_equal(stored_parts_write(buf, sizeof(buf), list, 2), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_true(stored_parts_read(want, sizeof(want), back, &count));
	assert_int_equal(count, 2);
	assert_int_equal(back[0].owner, 300);
	assert_int_equal(back[1].life_s, 120);
	for (size_t cut = 0; cut < sizeof(want); cut++)
		assert_false(stored_parts_read(want, cut, back, &count));
	for (unsigned int n = 0; n < 256; n++) { /* any count but the right one */
		memcpy(bad, want, sizeof(want));
		bad[1] = (uint8_t)n;
		assert_int_equal(stored_parts_read(bad, sizeof(bad), back, &count), n == 2);
	}
	assert_int_equal(stored_parts_write(buf, sizeof(buf), list, 0), 0);
	assert_int_equal(stored_parts_write(buf, sizeof(want) - 1, list, 2), 0);
}

static void the_longest_parts_fit(void **state)
{
	struct stored_part list[STORED_PARTS_MAX], back[STORED_PARTS_MAX];
	uint8_t buf[STORED_PARTS_BYTES];
	unsigned int count;
	size_t len;

	(void)state;
	for (unsigned int i = 0; i < STORED_PARTS_MAX; i++)
		list[i] = (struct stored_part){
			255, UINT32_MAX, 0xfff, UINT32_MAX, UINT64_MAX, UINT32_MAX, UINT32_MAX};
	len = stored_parts_write(buf, sizeof(buf), list, STORED_PARTS_MAX);
	assert_int_equal(len, sizeof(buf));
	assert_true(stored_parts_read(buf, len, back, &count));
	assert_int_equal(back[63].set, UINT64_MAX);
	assert_int_equal(stored_parts_write(buf, sizeof(buf), list, STORED_PARTS_MAX + 1), 0);
}

/* Form 2: behind a mapping's fields the number of who lost it, a varint, and 8 bytes. */
static void who_lost_a_mapping_stands_behind_it(void **state)
{
	static const uint8_t bytes[] = {
		1, 2, 7, 0x6b, 0x49, 0xd2, 0, 1, 60, 0, 3, 1, 60, 0xac, 2, 1, 2, 3, 4, 5, 6, 7, 8};
	const struct stored_mapping m = {.seq = 7,
		.flags = 1,
		.ttl_min = 60,
		.owner = 3,
		.set = 1,
		.wall_s = 1800000000,
		.life_s = 60,
		.lost = 300,
		.said = 0x0102030405060708};
	uint8_t buf[STORED_MAPPING_BYTES];
	struct stored_mapping back;

	(void)state;
	assert_int_equal(stored_mapping_write(buf, sizeof(buf), &m), sizeof(bytes));
	assert_memory_equal(buf, bytes, sizeof(bytes));
	assert_true(stored_mapping_read(bytes, sizeof(bytes), &back));
	assert_int_equal(back.lost, 300);
	assert_int_equal(back.said, 0x0102030405060708);
	assert_int_equal(back.life_s, 60);
	assert_false(stored_mapping_read(bytes, sizeof(bytes) - 1, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_lost_a_mapping_stands_behind_it),
		cmocka_unit_test(keys_are_these_bytes),
		cmocka_unit_test(a_damaged_key_is_refused),
		cmocka_unit_test(a_mapping_is_these_bytes),
		cmocka_unit_test(a_tombstone_is_these_bytes),
		cmocka_unit_test(the_greatest_values_fit),
		cmocka_unit_test(a_damaged_mapping_is_refused),
		cmocka_unit_test(owners_and_sets_are_these_bytes),
		cmocka_unit_test(the_rest_of_a_life_has_bounds),
		cmocka_unit_test(parts_of_one_eid_are_these_bytes),
		cmocka_unit_test(the_longest_parts_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
