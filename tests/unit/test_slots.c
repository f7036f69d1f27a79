/* slots against an array that is looked through: what is there, what is not, and how many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/random.h"
#include "lib/base/slots.h"

#define MAX  40
#define KEYS 100

static const uint8_t secret[16] = "slots-test-key";

/* The keys of the entries, and the number of each key; SLOTS_NONE: it is not there. */
struct fixture {
	struct slots s;
	uint16_t entries[MAX];
	uint32_t number[KEYS];
};

static void begin(struct fixture *f, uint32_t max)
{
	assert_true(slots_init(&f->s, max, secret));
	for (unsigned int i = 0; i < KEYS; i++)
		f->number[i] = SLOTS_NONE;
}

static uint32_t *place_of(struct fixture *f, uint16_t key)
{
	uint32_t *at = slots_first(&f->s, &key, sizeof(key));

	while (*at != SLOTS_NONE && f->entries[*at] != key)
		at = slots_next(&f->s, at);
	return at;
}

static uint32_t put(struct fixture *f, uint16_t key)
{
	uint32_t number = slots_take(&f->s, place_of(f, key));

	if (number != SLOTS_NONE)
		f->entries[number] = key;
	f->number[key] = number;
	return number;
}

static void expect_all(struct fixture *f)
{
	unsigned int there = 0;

	for (uint16_t key = 0; key < KEYS; key++) {
		assert_int_equal(*place_of(f, key), f->number[key]);
		there += f->number[key] != SLOTS_NONE;
	}
	assert_int_equal(f->s.count, there);
	assert_int_equal(slots_full(&f->s), there == MAX);
}

static void a_full_one_gives_no_number_and_keeps_what_it_has(void **state)
{
	struct fixture f;

	begin(&f, MAX);
	for (uint16_t key = 0; key < MAX; key++)
		assert_true(put(&f, key) < MAX);
	assert_int_equal(put(&f, MAX), SLOTS_NONE);
	expect_all(&f);
	slots_give_back(&f.s, place_of(&f, 7));
	assert_int_equal(put(&f, MAX), f.number[7]);
	f.number[7] = SLOTS_NONE;
	expect_all(&f);
	slots_fini(&f.s);
}

static void one_for_nothing_gives_nothing(void **state)
{
	struct fixture f;

	begin(&f, 0);
	assert_true(slots_full(&f.s));
	assert_int_equal(put(&f, 1), SLOTS_NONE);
	slots_fini(&f.s);
}

/* With 64 buckets for 40 of 100 keys there are chains. */
static void what_comes_and_goes_is_found_as_long_as_it_is_there(void **state)
{
	struct random_seeded r;
	struct fixture f;

	random_seeded_init(&r, 1);
	begin(&f, MAX);
	for (unsigned int i = 0; i < 20000; i++) {
		uint16_t key = (uint16_t)random_below(&r.random, KEYS);

		if (f.number[key] == SLOTS_NONE) {
			put(&f, key);
		} else {
			slots_give_back(&f.s, place_of(&f, key));
			f.number[key] = SLOTS_NONE;
		}
		if (i % 50 == 0)
			expect_all(&f);
	}
	expect_all(&f);
	slots_fini(&f.s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_full_one_gives_no_number_and_keeps_what_it_has),
		cmocka_unit_test(one_for_nothing_gives_nothing),
		cmocka_unit_test(what_comes_and_goes_is_found_as_long_as_it_is_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
