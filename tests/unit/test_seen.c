/* Numbers that count once and may overtake each other (lib/base/seen.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/seen.h"

static void each_counts_once_in_any_order(void **state)
{
	static const uint64_t order[] = {1000, 1003, 1001, 1002, 1010, 1009, 1004};
	struct seen s = {0};

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_true(seen_take(&s, order[i]));
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_false(seen_take(&s, order[i]));
	assert_true(seen_take(&s, 1005));
	assert_int_equal(s.last, 1010);
}

static void what_is_below_the_first_may_have_come_before(void **state)
{
	struct seen s = {0};

	assert_true(seen_take(&s, 500));
	assert_false(seen_take(&s, 499));
	assert_false(seen_take(&s, 1));
	assert_true(seen_take(&s, 510)); /* which moves over nine that have not */
	assert_true(seen_take(&s, 501));
	assert_false(seen_take(&s, 499));
}

static void the_window_holds_the_last_4096_and_no_more(void **state)
{
	struct seen s = {0};

	assert_true(seen_take(&s, 10));
	assert_true(seen_take(&s, 10 + 4096));
	assert_false(seen_take(&s, 10)); /* it was seen, and is too old besides */
	assert_true(seen_take(&s, 11));
	assert_true(seen_take(&s, 10 + 4097));
	assert_false(seen_take(&s, 11));
	assert_true(seen_take(&s, 12));
}

static void a_long_step_forgets_what_was_seen_below(void **state)
{
	struct seen s = {0};

	assert_true(seen_take(&s, 7));
	assert_true(seen_take(&s, 7 + 100 * 4096));
	assert_true(seen_take(&s, 7 + 100 * 4096 - 1));
	assert_true(seen_take(&s, 7 + 99 * 4096 + 1)); /* the lowest of the window */
	assert_false(seen_take(&s, 7 + 99 * 4096));
	assert_true(seen_take(&s, UINT64_MAX));
	assert_false(seen_take(&s, UINT64_MAX));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_counts_once_in_any_order),
		cmocka_unit_test(what_is_below_the_first_may_have_come_before),
		cmocka_unit_test(the_window_holds_the_last_4096_and_no_more),
		cmocka_unit_test(a_long_step_forgets_what_was_seen_below),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
