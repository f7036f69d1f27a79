/* Sources of random numbers: the seeded one repeats itself, bounds and jitter hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/random.h"

/* splitmix64 from 0 gives e220a8397b1dcdaf, 6e789e6aa1b965f4, 06c45d188009454f, f88bb8a8724c81ec
 * (published with it); the first outputs of xoshiro256** from that state, worked with Python's
 * integers. */
static void the_seeded_source_is_the_published_generator(void **state)
{
	struct random_seeded s;

	random_seeded_init(&s, 0);
	assert_true(s.s[0] == 0xe220a8397b1dcdaf);
	assert_true(s.s[1] == 0x6e789e6aa1b965f4);
	assert_true(s.s[2] == 0x06c45d188009454f);
	assert_true(s.s[3] == 0xf88bb8a8724c81ec);
	assert_true(random_u64(&s.random) == 0x99ec5f36cb75f2b4);
	assert_true(random_u64(&s.random) == 0xbf6e1f784956452a);
	assert_true(random_u64(&s.random) == 0x1a5f849d4933e6e0);
}

static void the_same_seed_gives_the_same_bytes(void **state)
{
	struct random_seeded a, b, c;
	uint8_t x[37], y[37], z[37];

	random_seeded_init(&a, 7);
	random_seeded_init(&b, 7);
	random_seeded_init(&c, 8);
	random_bytes(&a.random, x, sizeof(x));
	random_bytes(&b.random, y, sizeof(y));
	random_bytes(&c.random, z, sizeof(z));
	assert_memory_equal(x, y, sizeof(x));
	assert_true(memcmp(x, z, sizeof(x)) != 0);
	random_bytes(&b.random, y, sizeof(y));
	assert_true(memcmp(x, y, sizeof(x)) != 0);
}

static void the_system_source_does_not_repeat(void **state)
{
	struct random r;
	uint8_t x[32], y[32], zero[32] = {0};

	random_system_init(&r);
	random_bytes(&r, x, sizeof(x));
	random_bytes(&r, y, sizeof(y));
	assert_true(memcmp(x, y, sizeof(x)) != 0);
	assert_true(memcmp(x, zero, sizeof(x)) != 0);
}

static void below_stays_below_and_reaches_all(void **state)
{
	unsigned int seen[7] = {0};
	struct random_seeded s;

	random_seeded_init(&s, 1);
	for (int i = 0; i < 7000; i++) {
		uint64_t v = random_below(&s.random, 7);

		assert_true(v < 7);
		seen[v]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 850, 1150);
	assert_true(random_below(&s.random, 1) == 0);
	assert_true(random_below(&s.random, 0) == 0);
}

static void jitter_stays_within_its_share(void **state)
{
	uint64_t low = UINT64_MAX, high = 0;
	struct random_seeded s;

	random_seeded_init(&s, 1);
	for (int i = 0; i < 10000; i++) {
		uint64_t v = random_jitter(&s.random, 10000, 25);

		low = v < low ? v : low;
		high = v > high ? v : high;
	}
	assert_in_range(low, 7500, 7600);
	assert_in_range(high, 12400, 12500);
	assert_true(random_jitter(&s.random, 10000, 0) == 10000);
	assert_true(random_jitter(&s.random, 0, 25) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_seeded_source_is_the_published_generator),
		cmocka_unit_test(the_same_seed_gives_the_same_bytes),
		cmocka_unit_test(the_system_source_does_not_repeat),
		cmocka_unit_test(below_stays_below_and_reaches_all),
		cmocka_unit_test(jitter_stays_within_its_share),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
