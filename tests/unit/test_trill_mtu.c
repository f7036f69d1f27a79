/* MTU tests of a link and the campus's size: items E and P of docs/trill.md, by RFC 8249 sections 3
 * and 4. */
#include "tests/unit/trill_test.h"

#include "trill/core/mtu.h"

/* A link that carries PDUs of at most @carries bytes; @lose of the next probes are lost. */
static unsigned int carries, lose, count;
static uint16_t sizes[64];
static struct mono now;
static uint64_t last;
static bool answered;

static uint64_t on_send(void *arg, const struct mtu_test *t)
{
	(void)arg;
	assert_in_range(count, 0, 63);
	sizes[count++] = t->x;
	answered = t->x <= carries && !lose;
	lose -= lose > 0;
	return ++last;
}

static void start(struct mtu_test *t, unsigned int link, uint16_t lz, uint16_t sz)
{
	memset(t, 0, sizeof(*t));
	t->send = on_send;
	now = (struct mono){1000000};
	carries = link;
	count = lose = 0;
	last = 7;
	mtu_begin(t, lz, sz, 0, now);
}

/* Acknowledgements come after 5 ms. */
static void run_ms(struct mtu_test *t, unsigned int ms)
{
	for (unsigned int i = 0; i < ms; i++) {
		now = mono_add_ms(now, 1);
		if (answered && i % 5 == 4) {
			answered = false;
			mtu_ack(t, last, t->x, now);
		}
		mtu_time(t, now);
	}
}

static void assert_sizes(const uint16_t *want, unsigned int n)
{
	for (unsigned int i = 0; i < n && i < count; i++)
		assert_int_equal(sizes[i], want[i]);
	assert_int_equal(count, n);
}

static void p_a_link_that_carries_lz_takes_one_probe(void **state)
{
	struct mtu_test t;

	(void)state;
	start(&t, 9000, 9000, 1470);
	run_ms(&t, 1000);
	assert_sizes((uint16_t[]){9000}, 1);
	assert_int_equal(t.size, 9000);
	assert_int_equal(mtu_supports(&t), MTU_SUPPORTED);
}

static void p_a_probe_is_sent_three_times_10_ms_apart(void **state)
{
	struct mtu_test t;

	(void)state;
	start(&t, 9000, 9000, 1470);
	answered = false;
	lose = 1;
	run_ms(&t, 9);
	assert_int_equal(count, 1);
	run_ms(&t, 1);
	assert_int_equal(count, 2);
	run_ms(&t, 10);
	assert_sizes((uint16_t[]){9000, 9000, 9000}, 3);
	run_ms(&t, 10);
	assert_int_equal(t.size, 9000);
	assert_int_equal(count, 3);
}

/* By hand from the text: Lz fails, 1470 passes, then (1470 + 9000) / 2 and so on; five steps. */
static void p_between_1470_and_lz_is_searched_in_five_steps(void **state)
{
	static const uint16_t small[] = {9000, 9000, 9000, 1470, 5235, 5235, 5235, 3352, 3352, 3352,
		2410, 2410, 2410, 1939, 1939, 1939, 1704, 1704, 1704};
	/* 1470, 5235 no, 3352 yes, (3352 + 5234) / 2 = 4293 no, 3822 yes, 4057 no. */
	static const uint16_t middle[] = {9000, 9000, 9000, 1470, 5235, 5235, 5235, 3352, 4293,
		4293, 4293, 3822, 4057, 4057, 4057};
	struct mtu_test t;

	(void)state;
	start(&t, 1500, 9000, 1470);
	run_ms(&t, 1000);
	assert_sizes(small, 19);
	assert_int_equal(t.size, 1470);
	assert_int_equal(t.upper, 1703);
	assert_int_equal(mtu_supports(&t), MTU_SUPPORTED);
	start(&t, 4000, 9000, 1470);
	run_ms(&t, 1000);
	assert_sizes(middle, 15);
	assert_int_equal(t.size, 3822);
}

static void p_neighbouring_bounds_are_told_apart(void **state)
{
	static const uint16_t want[] = {1472, 1472, 1472, 1470, 1471};
	struct mtu_test t;

	(void)state;
	/* 1471 passes; the upper bound, 1472, is tried then. */
	start(&t, 1471, 1472, 1470);
	run_ms(&t, 1000);
	assert_memory_equal(sizes, want, sizeof(want));
	assert_int_equal(t.size, 1471);
	assert_int_equal(sizes[5], 1472);
}

static void e_a_link_below_1470_fails_and_is_tested_again(void **state)
{
	struct mtu_test t;

	(void)state;
	start(&t, 1400, 1470, 1470);
	assert_int_equal(mtu_supports(&t), MTU_UNKNOWN);
	run_ms(&t, 100);
	assert_sizes((uint16_t[]){1470, 1470, 1470, 1470, 1470, 1470}, 6);
	assert_true(t.failed);
	assert_int_equal(mtu_supports(&t), MTU_UNSUPPORTED);
	run_ms(&t, 9900);
	assert_int_equal(count, 6);
	carries = 1500;
	run_ms(&t, 200);
	assert_int_equal(mtu_supports(&t), MTU_SUPPORTED);
}

/* Rules a, b and c of section 3. */
static void e_whether_a_link_supports_sz_is_known_or_probed(void **state)
{
	struct mtu_test t;

	(void)state;
	start(&t, 1500, 9000, 1470); /* the bounds will be 1470 and 1703 */
	run_ms(&t, 1000);
	count = 0;
	mtu_resize(&t, 1800, now);
	assert_int_equal(mtu_supports(&t), MTU_UNSUPPORTED); /* b */
	mtu_resize(&t, 1703, now);
	assert_int_equal(mtu_supports(&t), MTU_UNSUPPORTED); /* b, at the bound */
	assert_int_equal(count, 0);
	mtu_resize(&t, 1500, now);
	assert_int_equal(mtu_supports(&t), MTU_UNKNOWN); /* c */
	run_ms(&t, 20);
	assert_sizes((uint16_t[]){1500}, 1);
	assert_int_equal(mtu_supports(&t), MTU_SUPPORTED);
	mtu_resize(&t, 1480, now);
	assert_int_equal(mtu_supports(&t), MTU_SUPPORTED); /* a */
	mtu_resize(&t, 1600, now);
	run_ms(&t, 50);
	assert_sizes((uint16_t[]){1500, 1600, 1600, 1600}, 4);
	assert_int_equal(mtu_supports(&t), MTU_UNSUPPORTED);
	assert_int_equal(t.upper, 1599);
	/* Beyond Lz nothing is known. */
	start(&t, 4000, 1470, 1470);
	run_ms(&t, 50);
	mtu_resize(&t, 4000, now);
	assert_int_equal(mtu_supports(&t), MTU_UNKNOWN);
	run_ms(&t, 50);
	assert_sizes((uint16_t[]){1470, 4000}, 2);
	assert_int_equal(mtu_supports(&t), MTU_SUPPORTED);
}

static void p_an_answer_to_another_probe_or_size_is_nothing(void **state)
{
	struct mtu_test t;

	(void)state;
	start(&t, 0, 1470, 1470);
	mtu_ack(&t, last + 1, 1470, now);
	mtu_ack(&t, last, 1469, now);
	assert_int_equal(t.size, 0);
	mtu_ack(&t, last, 1470, now);
	assert_int_equal(t.size, 1470);
}

static void p_sz_shrinks_at_once_and_grows_after_300_s(void **state)
{
	struct mtu_campus c;

	(void)state;
	now = (struct mono){1000000};
	mtu_campus_init(&c, 9000);
	assert_int_equal(c.sz, 9000);
	assert_true(mtu_campus_least(&c, 4000, now));
	assert_int_equal(c.sz, 4000);
	assert_false(mtu_campus_least(&c, 8000, now));
	now = mono_add_s(now, 200);
	assert_false(mtu_campus_least(&c, 9000, now)); /* the clock runs from the first on */
	assert_false(mtu_campus_time(&c, mono_add_ms(now, 99999)));
	assert_int_equal(c.sz, 4000);
	assert_true(mtu_campus_time(&c, mono_add_s(now, 100)));
	assert_int_equal(c.sz, 9000);
	/* Back before the time is over: nothing grows. */
	assert_true(mtu_campus_least(&c, 2000, now));
	assert_false(mtu_campus_least(&c, 5000, now));
	assert_false(mtu_campus_least(&c, 2000, now));
	assert_false(mtu_campus_time(&c, mono_add_s(now, 400)));
	assert_int_equal(c.sz, 2000);
	assert_true(mtu_campus_least(&c, 100, now));
	assert_int_equal(c.sz, 1470);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p_a_link_that_carries_lz_takes_one_probe),
		cmocka_unit_test(p_a_probe_is_sent_three_times_10_ms_apart),
		cmocka_unit_test(p_between_1470_and_lz_is_searched_in_five_steps),
		cmocka_unit_test(p_neighbouring_bounds_are_told_apart),
		cmocka_unit_test(e_a_link_below_1470_fails_and_is_tested_again),
		cmocka_unit_test(e_whether_a_link_supports_sz_is_known_or_probed),
		cmocka_unit_test(p_an_answer_to_another_probe_or_size_is_nothing),
		cmocka_unit_test(p_sz_shrinks_at_once_and_grows_after_300_s),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
