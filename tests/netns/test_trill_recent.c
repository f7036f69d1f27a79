/* What a processor remembers of the table of stations (trill/bpf/recent.h): it is never older than
 * what user space, another processor or the station itself has said. Needs root and BPF. */
#include <sched.h>
#include <stdio.h>

#include "tests/netns/trill_bpf.h"

#define TO_US     T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 "
#define BROADCAST "ff ff ff ff ff ff "
#define TO_2      RB2_MAC T1_MAC "22 f3 00 14 00 02 00 01 "
#define TO_3      RB3_MAC T0_MAC "22 f3 00 14 00 03 00 01 "
#define FLOODED   ".. .. .. .. .. .. .. .. .. .. .. .. .. .. 08 09 00 05 00 01 "

static void j_what_is_set_or_taken_away_counts_with_the_next_frame(void **state)
{
	struct world *w = world_of(state);
	struct label_set vlan10 = {.bits = {1 << 10}};

	station(w, E1, 10, 2, 0, 0x20);
	sent(w, N0, E1 E2 DATA, "ingress", TO_2 E1 E2 TAG10 DATA);
	station(w, E1, 10, 3, 0, 0x30);
	sent(w, N0, E1 E2 DATA, "ingress", TO_3 E1 E2 TAG10 DATA);
	forget(w, E1, 10);
	sent(w, N0, E1 E2 DATA, "flood_in", FLOODED E1 E2 TAG10 DATA);
	station(w, E1, 10, 2, 0, 0x20);
	sent(w, N0, E1 E2 DATA, "ingress", TO_2 E1 E2 TAG10 DATA);
	assert_true(w->t->station_flush(w->t, 2, 0, &vlan10) >= 0);
	sent(w, N0, E1 E2 DATA, "flood_in", FLOODED E1 E2 TAG10 DATA);
	forget(w, E2, 10);
}

static void j_what_user_space_is_sure_of_ends_what_was_learned(void **state)
{
	struct world *w = world_of(state);

	run(w, N0, BROADCAST E1 DATA);
	station(w, E1, 10, 2, 0, 255);
	run(w, N0, BROADCAST E1 DATA);
	assert_string_equal(whereabouts(w, E1, 10), "nickname 2 confidence 255");
	counted(w, "learn_kept");
	run(w, N0, BROADCAST E1 DATA); /* remembered, too: each frame is counted */
	assert_int_equal(counted(w, "learn_kept"), 1);
	forget(w, E1, 10);
	run(w, N0, BROADCAST E1 DATA);
	assert_string_equal(whereabouts(w, E1, 10), "port n0 confidence 32");
	forget(w, E1, 10);
}

/* False: there is no such processor. */
static bool on_processor(int n)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(n, &set);
	return !sched_setaffinity(0, sizeof(set), &set);
}

static void j_a_move_that_another_processor_saw_counts_here(void **state)
{
	struct world *w = world_of(state);
	cpu_set_t before;

	assert_int_equal(sched_getaffinity(0, sizeof(before), &before), 0);
	if (!on_processor(1) || !on_processor(0))
		skip();
	run(w, N0, BROADCAST E1 DATA);
	counted(w, "flood_in");
	sent(w, N1, E1 E2 TAG10 DATA, "local", E1 E2 DATA);
	assert_true(on_processor(1));
	run(w, N1, BROADCAST E1 TAG10 DATA);
	counted(w, "flood_in");
	assert_true(on_processor(0));
	dropped(w, N1, E1 E2 TAG10 DATA, "drop_same_link");
	run(w, N0, BROADCAST E1 DATA); /* ... and back: the one that it was at first learns it */
	assert_string_equal(whereabouts(w, E1, 10), "port n0 confidence 32");
	assert_int_equal(sched_setaffinity(0, sizeof(before), &before), 0);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

/* To be spoken to is not to be heard, and does not keep from being heard. */
static void j_a_station_that_is_spoken_to_is_heard_when_it_speaks(void **state)
{
	struct world *w = world_of(state);
	struct label_set vlan10 = {.bits = {1 << 10}};
	struct mac e1 = mac_of(E1);
	struct tables_station s;
	uint64_t age_ms = 0;

	run(w, T0, TO_US E2 E1 TAG10 DATA);
	assert_true(w->t->station_hasten(w->t, 3, &vlan10, 15) >= 0);
	run(w, N0, E1 E2 DATA);
	assert_int_equal(trill_datapath_station(w->dp, &e1, 10, mono_now().ns, &s, &age_ms), 0);
	assert_true(age_ms > 200000);
	run(w, T0, TO_US E2 E1 TAG10 DATA);
	assert_int_equal(trill_datapath_station(w->dp, &e1, 10, mono_now().ns, &s, &age_ms), 0);
	assert_true(age_ms < 100000);
	forget(w, E1, 10);
	forget(w, E2, 10);
}

/* Places are fewer than addresses: 40 stations are remembered, and 8,000 strangers asked for, of
 * which some 40 meet their places. */
static void j_stations_that_share_a_place_are_told_apart(void **state)
{
	struct world *w = world_of(state);
	char mac[24], frame[160];

	for (unsigned int i = 0; i < 8000; i++) {
		if (i % 200 == 0) {
			snprintf(mac, sizeof(mac), "02 00 00 00 cc %02x ", i / 200);
			station(w, mac, 10, 2, 0, 0x20);
		}
		if (i % 50 == 0)
			for (unsigned int k = 0; k <= i / 200; k++) {
				snprintf(frame, sizeof(frame), "02 00 00 00 cc %02x %s%s", k, E2,
					DATA);
				run(w, N0, frame);
			}
		counted(w, "flood_in");
		snprintf(frame, sizeof(frame), "02 00 00 %02x %02x 77 %s%s", i >> 8, i & 255, E2,
			DATA);
		run(w, N0, frame);
		assert_int_equal(counted(w, "flood_in"), 1);
	}
	for (unsigned int i = 0; i < 40; i++) {
		snprintf(mac, sizeof(mac), "02 00 00 00 cc %02x ", i);
		forget(w, mac, 10);
	}
	forget(w, E2, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j_what_is_set_or_taken_away_counts_with_the_next_frame),
		cmocka_unit_test(j_what_user_space_is_sure_of_ends_what_was_learned),
		cmocka_unit_test(j_a_move_that_another_processor_saw_counts_here),
		cmocka_unit_test(j_a_station_that_is_spoken_to_is_heard_when_it_speaks),
		cmocka_unit_test(j_stations_that_share_a_place_are_told_apart),
	};

	return trill_bpf_run("trill_recent", tests, sizeof(tests) / sizeof(*tests));
}
