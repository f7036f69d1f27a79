/* What is counted of probes between stations: lost, twice, back, in another VLAN, late; and when
 * all were reached last at rest. Stations 1 and 2 are in VLAN 10, 3 and 4 in VLAN 20, at RBridges
 * 1, 6, 3 and 4. */
#include "tests/campus/probes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define MS 1000000ull

static const struct probe_station stations[] = {{10, 1}, {10, 6}, {20, 3}, {20, 4}};

static int setup(void **state)
{
	*state = probes_new(stations, 4);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	probes_free(*state);
	return 0;
}

static void come(
	struct probes *p, uint32_t tick, uint8_t source, enum probe_kind kind, unsigned int station)
{
	const struct probe_id id = {.tick = tick, .source = source, .kind = (uint8_t)kind};

	probes_received(p, &id, station);
}

/* All of a tick reach whom they should, but those of station @but (-1: none). */
static void all_come(struct probes *p, uint32_t tick, int but)
{
	for (unsigned int s = 0; s < 4; s++)
		for (enum probe_kind k = 0; k < PROBE_KINDS && (int)s != but; k++)
			come(p, tick, (uint8_t)s, k, s ^ 1);
}

static void i_what_reaches_whom_it_should_is_reached_and_nothing_else(void **state)
{
	struct probes *p = *state;
	struct probes_total t;

	assert_int_equal(probes_target(p, 0, 7), 1);
	assert_int_equal(probes_target(p, 3, 8), 2);
	probes_sent(p, 0, 0);
	all_come(p, 0, -1);
	probes_judge_all(p);
	t = probes_totals(p, PROBE_ALL);
	assert_int_equal(t.sent, 4);
	assert_int_equal(t.reached, 4);
	assert_int_equal(t.lost + t.twice + t.returned + t.leaked + t.late, 0);
}

static void i_what_goes_wrong_is_counted_each_for_itself(void **state)
{
	struct probes *p = *state;
	struct probes_total t;

	probes_sent(p, 0, 0);
	come(p, 0, 0, PROBE_ALL, 1);
	come(p, 0, 0, PROBE_ALL, 1); /* twice */
	come(p, 0, 1, PROBE_ALL, 1); /* back to who sent it, and not to whom it should */
	come(p, 0, 2, PROBE_ALL, 3);
	come(p, 0, 2, PROBE_ALL, 0); /* another VLAN */
	come(p, 0, 3, PROBE_ALL, 2);
	probes_judge_all(p);
	come(p, 0, 0, PROBE_ALL, 1); /* when all is over */
	t = probes_totals(p, PROBE_ALL);
	assert_int_equal(t.reached, 3);
	assert_int_equal(t.lost, 1);
	assert_int_equal(t.twice, 1);
	assert_int_equal(t.returned, 1);
	assert_int_equal(t.leaked, 1);
	assert_int_equal(t.late, 1);
	assert_int_equal(probes_totals(p, PROBE_ONE).lost, 4);
}

static void i_a_loop_is_told_with_the_kind_of_its_probe(void **state)
{
	const struct probe_id id = {.tick = 0, .source = 0, .kind = PROBE_ONE};
	struct probes *p = *state;

	probes_sent(p, 0, 0);
	probes_sighted(p, &id, (struct sighting){1, 2, 5});
	probes_sighted(p, &id, (struct sighting){2, 1, 4});
	probes_sighted(p, &id, (struct sighting){1, 2, 3});
	probes_judge_all(p);
	assert_int_equal(probes_totals(p, PROBE_ONE).looped, 1);
	assert_int_equal(probes_totals(p, PROBE_ONE).links, 3);
	assert_int_equal(probes_totals(p, PROBE_ALL).looped, 0);
}

static void i_at_rest_the_last_probe_that_went_wrong_tells_when_all_were_reached(void **state)
{
	struct probes *p = *state;

	probes_sent(p, 0, 0);
	probes_rest(p); /* what was sent before does not count */
	for (uint32_t tick = 1; tick <= 5; tick++) {
		probes_sent(p, tick, tick * MS);
		all_come(p, tick, tick == 3 ? 1 : -1);
	}
	come(p, 2, 3, PROBE_ALL, 2);                                /* twice at rest */
	assert_int_equal(probes_last_bad(p, PROBE_ALL, 5 * MS), 0); /* may still be on its way */
	assert_int_equal(probes_last_bad(p, PROBE_ALL, 2 * MS + PROBES_GRACE_NS + 1), 2 * MS);
	assert_int_equal(probes_last_bad(p, PROBE_ALL, 9 * MS + PROBES_GRACE_NS), 3 * MS);
	assert_int_equal(probes_last_bad(p, PROBE_ONE, 9 * MS + PROBES_GRACE_NS), 3 * MS);
	assert_string_equal(probes_bad_text(p, PROBE_ALL), "station 2 to 1: 0 times");
}

static void i_more_ticks_than_are_remembered_are_judged_one_by_one(void **state)
{
	struct probes *p = *state;

	for (uint32_t tick = 0; tick < PROBES_RING + 10; tick++)
		probes_sent(p, tick, 0);
	assert_int_equal(probes_totals(p, PROBE_ALL).sent, 4 * 10);
	come(p, 3, 0, PROBE_ALL, 1);
	assert_int_equal(probes_totals(p, PROBE_ALL).late, 1);
	probes_judge_all(p);
	assert_int_equal(probes_totals(p, PROBE_ALL).sent, 4 * (PROBES_RING + 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			i_what_reaches_whom_it_should_is_reached_and_nothing_else, setup, teardown),
		cmocka_unit_test_setup_teardown(
			i_what_goes_wrong_is_counted_each_for_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(
			i_a_loop_is_told_with_the_kind_of_its_probe, setup, teardown),
		cmocka_unit_test_setup_teardown(
			i_at_rest_the_last_probe_that_went_wrong_tells_when_all_were_reached, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			i_more_ticks_than_are_remembered_are_judged_one_by_one, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
