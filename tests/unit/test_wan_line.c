/* One way of the lab's long road, in virtual time: every packet is written down with when it came
 * out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/lab/wan_line.h"

#define MS      1000000ull
#define PACKETS 20000u
#define STEP_NS 20000ull /* 50,000 packets a second */

/* Packet n arrives at n * STEP_NS and carries n. */
struct run {
	unsigned int count, overtaken, twice;
	uint64_t shortest_ns, longest_ns;
	uint32_t highest, order[2 * PACKETS];
	uint8_t seen[PACKETS];
};

static void come_out(struct wan_line *l, struct run *r, uint64_t until_ns)
{
	struct wan_packet *p;

	while ((p = wan_line_take(l, until_ns))) {
		uint64_t took_ns;
		uint32_t n;

		assert_int_equal(p->len, sizeof(n));
		memcpy(&n, p->bytes, sizeof(n));
		assert_true(n < PACKETS && r->count < 2 * PACKETS);
		took_ns = p->due_ns - n * STEP_NS;
		if (took_ns < r->shortest_ns)
			r->shortest_ns = took_ns;
		if (took_ns > r->longest_ns)
			r->longest_ns = took_ns;
		r->overtaken += n < r->highest;
		r->highest = n > r->highest ? n : r->highest;
		r->twice += r->seen[n];
		r->seen[n] = 1;
		r->order[r->count++] = n;
		free(p);
	}
}

static struct run *run(const struct wan_line_config *config, uint64_t seed, struct wan_line *l)
{
	struct run *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	r->shortest_ns = UINT64_MAX;
	wan_line_init(l, config, seed);
	for (uint32_t n = 0; n < PACKETS; n++) {
		come_out(l, r, n * STEP_NS);
		wan_line_put(l, &n, sizeof(n), n * STEP_NS);
	}
	while (wan_line_due(l) != UINT64_MAX)
		come_out(l, r, wan_line_due(l));
	assert_int_equal(l->received, PACKETS);
	assert_int_equal(l->sent, r->count);
	assert_int_equal(l->sent, PACKETS - l->lost - l->overflown + l->duplicated);
	wan_line_fini(l);
	return r;
}

static void without_jitter_each_packet_takes_exactly_the_delay_in_order(void **state)
{
	struct wan_line_config config = {.delay_ns = 75 * MS, .packets_max = 65536};
	struct wan_line l;
	struct run *r = run(&config, 1, &l);

	(void)state;
	assert_int_equal(r->count, PACKETS);
	assert_int_equal(r->overtaken, 0);
	assert_true(r->shortest_ns == 75 * MS && r->longest_ns == 75 * MS);
	free(r);
}

static void a_packet_stays_until_it_is_due(void **state)
{
	struct wan_line_config config = {.delay_ns = 10, .packets_max = 8};
	struct wan_packet *p;
	struct wan_line l;

	(void)state;
	wan_line_init(&l, &config, 1);
	assert_true(wan_line_due(&l) == UINT64_MAX);
	wan_line_put(&l, "a", 1, 100);
	assert_true(wan_line_due(&l) == 110);
	assert_null(wan_line_take(&l, 109));
	p = wan_line_take(&l, 110);
	assert_non_null(p);
	assert_int_equal(p->bytes[0], 'a');
	free(p);
	assert_null(wan_line_take(&l, UINT64_MAX - 1));
	wan_line_fini(&l);
}

static void a_clock_that_steps_back_does_not_change_the_order(void **state)
{
	struct wan_line_config config = {.delay_ns = 10, .packets_max = 8};
	struct wan_packet *p;
	struct wan_line l;

	(void)state;
	wan_line_init(&l, &config, 1);
	wan_line_put(&l, "a", 1, 100);
	wan_line_put(&l, "b", 1, 95);
	for (uint8_t want = 'a'; want <= 'b'; want++) {
		p = wan_line_take(&l, 110);
		assert_non_null(p);
		assert_int_equal(p->bytes[0], want);
		free(p);
	}
	wan_line_fini(&l);
}

static void jitter_stays_within_its_bounds_and_lets_packets_overtake(void **state)
{
	struct wan_line_config config = {
		.delay_ns = 50 * MS, .jitter_ns = 5 * MS, .packets_max = 65536};
	struct wan_line l;
	struct run *r = run(&config, 2, &l);

	(void)state;
	assert_int_equal(r->count, PACKETS);
	assert_in_range(r->shortest_ns, 45 * MS, 45 * MS + MS / 10);
	assert_in_range(r->longest_ns, 55 * MS - MS / 10, 55 * MS);
	assert_true(r->overtaken > PACKETS / 2);
	free(r);
}

static void jitter_above_the_delay_never_sends_before_the_arrival(void **state)
{
	struct wan_line_config config = {.delay_ns = MS, .jitter_ns = 3 * MS, .packets_max = 65536};
	struct wan_line l;
	struct run *r = run(&config, 2, &l);

	(void)state;
	assert_int_equal(r->shortest_ns, 0);
	assert_in_range(r->longest_ns, 3 * MS, 4 * MS);
	free(r);
}

static void loss_duplicates_and_reordering_come_at_their_rates(void **state)
{
	/* 20,000 draws of 10 %: 2,000, and 250 is six standard deviations of 42 */
	struct wan_line_config config = {.delay_ns = 10 * MS,
		.loss = 0.1,
		.duplicate = 0.1,
		.reorder = 0.1,
		.reorder_ns = MS,
		.packets_max = 65536};
	struct wan_line l;
	struct run *r = run(&config, 3, &l);

	(void)state;
	assert_in_range(l.lost, 1750, 2250);
	assert_in_range(l.duplicated, 1750, 2250);
	assert_int_equal(r->twice, l.duplicated);
	assert_in_range(l.held_back, 1750, 2250);
	/* a packet held back for 1 ms is overtaken by most of the next 50 */
	assert_in_range(r->overtaken, l.held_back * 9 / 10, l.held_back);
	assert_int_equal(r->longest_ns, 11 * MS);
	free(r);
}

static void all_is_lost_at_a_loss_of_one(void **state)
{
	struct wan_line_config config = {.loss = 1, .packets_max = 65536};
	struct wan_line l;
	struct run *r = run(&config, 4, &l);

	(void)state;
	assert_int_equal(r->count, 0);
	assert_int_equal(l.lost, PACKETS);
	free(r);
}

static void what_is_above_the_limit_is_dropped_and_counted(void **state)
{
	/* 100 ms at one packet in 20 us: 5,000 would be on the way */
	struct wan_line_config config = {.delay_ns = 100 * MS, .packets_max = 1000};
	struct wan_line l;
	struct run *r = run(&config, 5, &l);

	(void)state;
	assert_int_equal(l.overflown, PACKETS - r->count);
	assert_int_equal(r->count, PACKETS / 5);
	free(r);
}

static void the_same_seed_gives_the_same_road_and_another_another(void **state)
{
	struct wan_line_config config = {
		.delay_ns = 10 * MS, .jitter_ns = MS, .loss = 0.05, .packets_max = 65536};
	struct wan_line l;
	struct run *a = run(&config, 6, &l), *b = run(&config, 6, &l), *c = run(&config, 7, &l);

	(void)state;
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->order, b->order, a->count * sizeof(a->order[0]));
	assert_memory_not_equal(a->order, c->order, a->count * sizeof(a->order[0]));
	free(a);
	free(b);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_jitter_each_packet_takes_exactly_the_delay_in_order),
		cmocka_unit_test(a_packet_stays_until_it_is_due),
		cmocka_unit_test(a_clock_that_steps_back_does_not_change_the_order),
		cmocka_unit_test(jitter_stays_within_its_bounds_and_lets_packets_overtake),
		cmocka_unit_test(jitter_above_the_delay_never_sends_before_the_arrival),
		cmocka_unit_test(loss_duplicates_and_reordering_come_at_their_rates),
		cmocka_unit_test(all_is_lost_at_a_loss_of_one),
		cmocka_unit_test(what_is_above_the_limit_is_dropped_and_counted),
		cmocka_unit_test(the_same_seed_gives_the_same_road_and_another_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
