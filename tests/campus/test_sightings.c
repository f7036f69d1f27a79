/* Whether the ways of a frame's copies through a campus are put together rightly: a loop that is
 * not noticed would prove nothing. RBridges 1 to 6 as in campus_six.sh. */
#include "tests/campus/sightings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static struct sightings_verdict judged(
	const struct sighting *seen, unsigned int count, uint8_t ingress)
{
	struct sightings s = {0};

	for (unsigned int i = 0; i < count; i++)
		sightings_add(&s, seen[i]);
	return sightings_judge(&s, ingress);
}
#define JUDGED(ingress, ...)                                                                       \
	judged((const struct sighting[]){__VA_ARGS__},                                             \
		sizeof((const struct sighting[]){__VA_ARGS__}) / sizeof(struct sighting), ingress)

static void i_a_frame_along_a_tree_loops_nowhere(void **state)
{
	struct sightings_verdict v =
		JUDGED(1, {1, 2, 9}, {2, 3, 8}, {2, 5, 8}, {5, 6, 7}, {5, 4, 7});

	(void)state;
	assert_int_equal(v.looped + v.unclear + v.orphans + v.again, 0);
	assert_int_equal(v.longest, 3);
	assert_int_equal(v.fewest, 7);
}

static void i_a_frame_that_goes_in_a_circle_is_noticed(void **state)
{
	struct sightings_verdict v = JUDGED(1, {1, 2, 9}, {2, 5, 8}, {5, 1, 7}, {1, 2, 6});

	(void)state;
	assert_int_equal(v.looped, 1);
	assert_int_equal(v.stopped, 1); /* the one before: so far it might have ended there */
	assert_int_equal(v.again, 1);
	assert_int_equal(v.longest, 4);
}

static void i_a_frame_to_and_fro_is_noticed(void **state)
{
	struct sightings_verdict v =
		JUDGED(1, {1, 2, 9}, {2, 5, 8}, {5, 2, 7}, {2, 5, 6}, {5, 2, 5});

	(void)state;
	assert_int_equal(v.looped, 2);
	assert_int_equal(v.again, 2);
}

static void i_what_comes_back_and_is_dropped_there_is_no_loop(void **state)
{
	struct sightings_verdict v = JUDGED(1, {1, 2, 9}, {2, 5, 8}, {5, 2, 7});

	(void)state;
	assert_int_equal(v.looped + v.unclear, 0);
	assert_int_equal(v.stopped, 1);
}

static void i_a_copy_by_another_way_is_no_loop(void **state)
{
	/* To 5 by 2 and by 4, and both go on to 6. */
	struct sightings_verdict v =
		JUDGED(1, {1, 2, 9}, {2, 5, 8}, {1, 4, 9}, {4, 5, 8}, {5, 6, 7}, {5, 6, 7});

	(void)state;
	assert_int_equal(v.looped + v.unclear + v.orphans + v.stopped, 0);
	assert_int_equal(v.again, 1);
}

static void i_what_fits_a_loop_and_another_way_is_unclear(void **state)
{
	/* 2 has it from 5, which had it from 2; or from 4 and 3. */
	struct sightings_verdict v = JUDGED(1, {1, 2, 12}, {2, 5, 11}, {5, 2, 10}, {1, 3, 12},
		{3, 4, 11}, {4, 2, 10}, {2, 6, 9});

	(void)state;
	assert_int_equal(v.looped, 0);
	assert_int_equal(v.unclear, 1);
}

static void i_a_copy_from_nowhere_is_noticed(void **state)
{
	struct sightings_verdict v = JUDGED(1, {1, 2, 9}, {5, 6, 7});

	(void)state;
	assert_int_equal(v.orphans, 1);
}

static void i_more_than_there_is_room_for_is_not_called_clean(void **state)
{
	struct sightings s = {0};

	(void)state;
	for (unsigned int i = 0; i <= SIGHTINGS_MAX; i++)
		sightings_add(&s, (struct sighting){1, 2, 9});
	assert_true(sightings_judge(&s, 1).unclear >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(i_a_frame_along_a_tree_loops_nowhere),
		cmocka_unit_test(i_a_frame_that_goes_in_a_circle_is_noticed),
		cmocka_unit_test(i_a_frame_to_and_fro_is_noticed),
		cmocka_unit_test(i_what_comes_back_and_is_dropped_there_is_no_loop),
		cmocka_unit_test(i_a_copy_by_another_way_is_no_loop),
		cmocka_unit_test(i_what_fits_a_loop_and_another_way_is_unclear),
		cmocka_unit_test(i_a_copy_from_nowhere_is_noticed),
		cmocka_unit_test(i_more_than_there_is_room_for_is_not_called_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
