/* Events that the programs could not tell of: the next walk over the stations makes them good (item
 * J of docs/trill.md). The ring is of one page. Needs root and BPF. */
#include <unistd.h>

#include "tests/netns/trill_bpf.h"

#define BROADCAST "ff ff ff ff ff ff "
#define TO_US     T0_MAC RB3_MAC "22 f3 00 3f 00 01 00 03 "
#define RECORD    32 /* bytes at least, of an event */

/* Take all that waits; then what the walk tells. */
static unsigned int walk(struct world *w)
{
	bool more;

	while (news(w))
		;
	assert_int_equal(trill_datapath_age(w->dp, mono_now().ns, &more), 0);
	assert_false(more);
	return w->news_count;
}

/* E1 goes to and fro until nobody hears of it any more; E2 is new, and E3 comes from behind 3. */
static void crowd(struct world *w)
{
	unsigned int to_and_fro = (unsigned int)sysconf(_SC_PAGESIZE) / RECORD / 2 + 2;

	for (unsigned int i = 0; i < to_and_fro; i++) {
		run(w, N0, BROADCAST E1 DATA);
		run(w, T0, TO_US E2 E1 TAG10 DATA);
	}
	run(w, N0, BROADCAST E2 DATA);
	run(w, N1, BROADCAST E1 TAG10 DATA);
}

static const struct tables_station *told_of(const struct world *w, const char *mac)
{
	struct mac m = mac_of(mac);

	for (unsigned int i = 0; i < w->news_count; i++)
		if (!mac_compare(&w->now[i].mac, &m))
			return w->news[i] == TABLES_FOUND ? &w->now[i] : NULL;
	return NULL;
}

static void j_what_was_lost_is_found_by_the_next_walk(void **state)
{
	struct world *w = world_of(state);

	assert_int_equal(walk(w), 0);
	station(w, E3, 20, 3, 0, 255);
	crowd(w);
	assert_true(counted(w, "events_lost") > 0);
	assert_int_equal(walk(w), 3);
	assert_non_null(told_of(w, E1));
	assert_int_equal(told_of(w, E1)->ifindex, w->ports[N1]);
	assert_int_equal(told_of(w, E1)->nickname, 0);
	assert_non_null(told_of(w, E2));
	assert_int_equal(told_of(w, E2)->ifindex, w->ports[N0]);
	assert_non_null(told_of(w, E3));
	assert_int_equal(told_of(w, E3)->nickname, 3);
	assert_int_equal(told_of(w, E3)->confidence, 255);
	assert_int_equal(walk(w), 0); /* once */
}

static void j_what_was_told_is_not_told_again(void **state)
{
	struct world *w = world_of(state);

	forget(w, E1, 10);
	walk(w);
	run(w, N0, BROADCAST E1 DATA);
	assert_int_equal(news(w), 1);
	assert_int_equal(counted(w, "events_lost"), 0);
	assert_int_equal(walk(w), 0);
}

/* What waits in the ring is older than what the table has: it comes first. */
static void j_what_still_waits_is_told_before_what_is_found(void **state)
{
	struct world *w = world_of(state);
	bool more;

	forget(w, E1, 10);
	forget(w, E2, 10);
	walk(w);
	crowd(w);
	w->news_count = 0;
	assert_int_equal(trill_datapath_age(w->dp, mono_now().ns, &more), 0);
	assert_int_equal(w->news[0], TABLES_LEARNED);
	assert_int_equal(trill_datapath_poll(w->dp), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j_what_was_lost_is_found_by_the_next_walk),
		cmocka_unit_test(j_what_was_told_is_not_told_again),
		cmocka_unit_test(j_what_still_waits_is_told_before_what_is_found),
	};

	trill_bpf_few_events();
	return trill_bpf_run("test_trill_lost", tests, sizeof(tests) / sizeof(*tests));
}
