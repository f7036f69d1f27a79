/* Timers: order, moving and cancelling also from inside a run, and a long random run against a
 * plain list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/timer.h"

#define MANY 300

struct scene {
	struct timers ts;
	struct timer t[MANY];
	char fired[256]; /* letters of those that fired */
	size_t n;
	void (*also)(struct scene *s, int i, struct mono now);
	uint64_t due[MANY], set_at[MANY]; /* the model; due UINT64_MAX: not set */
};

static struct mono at(uint64_t ns)
{
	return (struct mono){ns};
}

static void fire(struct timer *t, struct mono now)
{
	struct scene *s = t->arg;
	int i = (int)(t - s->t);

	assert_false(timer_is_set(t));
	if (s->n < sizeof(s->fired) - 1)
		s->fired[s->n++] = (char)('a' + i);
	if (s->also)
		s->also(s, i, now);
}

static struct scene *scene_new(void)
{
	struct scene *s = calloc(1, sizeof(*s));

	timers_init(&s->ts);
	for (int i = 0; i < MANY; i++) {
		timer_init(&s->t[i], fire, s);
		s->due[i] = UINT64_MAX;
	}
	return s;
}

static void they_fire_in_order_of_time_then_of_setting(void **state)
{
	struct scene *s = scene_new();

	assert_true(timers_next(&s->ts).ns == MONO_NEVER.ns);
	assert_int_equal(timers_run(&s->ts, at(1000)), 0);
	timer_set(&s->ts, &s->t[0], at(30));
	timer_set(&s->ts, &s->t[1], at(10));
	timer_set(&s->ts, &s->t[2], at(20));
	timer_set(&s->ts, &s->t[3], at(10));
	timer_set(&s->ts, &s->t[4], at(10));
	assert_true(timers_next(&s->ts).ns == 10);
	assert_int_equal(timers_run(&s->ts, at(9)), 0);
	assert_int_equal(timers_run(&s->ts, at(20)), 4);
	assert_string_equal(s->fired, "bdec");
	assert_int_equal(timers_count(&s->ts), 1);
	assert_true(timers_next(&s->ts).ns == 30);
	free(s);
}

static void they_move_and_are_cancelled(void **state)
{
	struct scene *s = scene_new();

	for (int i = 0; i < 5; i++)
		timer_set(&s->ts, &s->t[i], at(10 + (uint64_t)i));
	timer_set(&s->ts, &s->t[0], at(50));
	timer_set(&s->ts, &s->t[4], at(1));
	timer_cancel(&s->ts, &s->t[2]);
	timer_cancel(&s->ts, &s->t[2]);
	timer_cancel(&s->ts, &s->t[9]);
	timer_set(&s->ts, &s->t[3], MONO_NEVER);
	assert_false(timer_is_set(&s->t[2]) || timer_is_set(&s->t[3]));
	assert_int_equal(timers_count(&s->ts), 3);
	timers_run(&s->ts, at(100));
	assert_string_equal(s->fired, "eba");
	free(s);
}

static void meddle(struct scene *s, int i, struct mono now)
{
	if (i != 0)
		return;
	timer_set(&s->ts, &s->t[0], now);     /* itself, at once: the next run */
	timer_cancel(&s->ts, &s->t[1]);       /* would have fired next */
	timer_set(&s->ts, &s->t[3], at(200)); /* the same, moved */
	timer_set(&s->ts, &s->t[5], at(1));   /* a new one in the past */
}

static void a_callback_may_change_what_is_about_to_fire(void **state)
{
	struct scene *s = scene_new();

	s->also = meddle;
	for (int i = 0; i < 5; i++)
		timer_set(&s->ts, &s->t[i], at(10 + (uint64_t)i));
	assert_int_equal(timers_run(&s->ts, at(100)), 3);
	assert_string_equal(s->fired, "ace");
	assert_int_equal(timers_count(&s->ts), 3);
	s->also = NULL;
	assert_int_equal(timers_run(&s->ts, at(100)), 2);
	assert_string_equal(s->fired, "acefa");
	assert_true(timers_next(&s->ts).ns == 200);
	free(s);
}

/* What fires must be what the model has as earliest. */
static void check_against_model(struct scene *s, int i, struct mono now)
{
	int first = -1;

	for (int k = 0; k < MANY; k++)
		if (s->due[k] <= now.ns &&
			(first < 0 || s->due[k] < s->due[first] ||
				(s->due[k] == s->due[first] && s->set_at[k] < s->set_at[first])))
			first = k;
	if (first != i)
		fail_msg("seed 5, now %llu: expected timer %d, got %d", (unsigned long long)now.ns,
			first, i);
	s->due[i] = UINT64_MAX;
}

static void a_long_random_run_agrees_with_a_plain_list(void **state)
{
	struct scene *s = scene_new();
	uint64_t now = 0, next;

	s->also = check_against_model;
	srand(5);
	for (uint64_t round = 0; round < 50000; round++) {
		int i = rand() % MANY;

		if (rand() % 3) {
			s->due[i] = now + (uint64_t)(rand() % 500);
			s->set_at[i] = round;
			timer_set(&s->ts, &s->t[i], at(s->due[i]));
		} else {
			s->due[i] = UINT64_MAX;
			timer_cancel(&s->ts, &s->t[i]);
		}
		now += (uint64_t)(rand() % 3);
		timers_run(&s->ts, at(now));
		next = UINT64_MAX;
		for (int k = 0; k < MANY; k++)
			next = s->due[k] < next ? s->due[k] : next;
		assert_true(timers_next(&s->ts).ns == next);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(they_fire_in_order_of_time_then_of_setting),
		cmocka_unit_test(they_move_and_are_cancelled),
		cmocka_unit_test(a_callback_may_change_what_is_about_to_fire),
		cmocka_unit_test(a_long_random_run_agrees_with_a_plain_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
