/* Token buckets: rate, burst, keys, eviction. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/limit.h"

static const uint8_t secret[16] = {1, 2, 3};

static struct mono at_ms(uint64_t ms)
{
	return mono_add_ms((struct mono){0}, ms);
}

static void a_burst_passes_then_one_an_interval(void **state)
{
	struct limit_rate rate = limit_per_s(10, 3);
	struct limit l = {0};

	for (int i = 0; i < 3; i++)
		assert_true(limit_take(&l, &rate, at_ms(5000)));
	assert_false(limit_take(&l, &rate, at_ms(5000)));
	assert_false(limit_take(&l, &rate, at_ms(5099)));
	assert_true(limit_take(&l, &rate, at_ms(5100)));
	assert_false(limit_take(&l, &rate, at_ms(5100)));
	for (int i = 0; i < 3; i++) /* idle for long: no more than the burst */
		assert_true(limit_take(&l, &rate, at_ms(100000)));
	assert_false(limit_take(&l, &rate, at_ms(100000)));
}

static void asking_too_often_does_not_cost(void **state)
{
	struct limit_rate rate = limit_every_ms(1000, 1);
	struct limit l = {0};
	unsigned int passed = 0;

	for (uint64_t ms = 0; ms < 10000; ms++)
		passed += limit_take(&l, &rate, at_ms(ms));
	assert_int_equal(passed, 10);
}

static void zero_means_no_limit(void **state)
{
	struct limit_rate rate = limit_per_s(0, 1);
	struct limit l = {0};

	for (int i = 0; i < 1000; i++)
		assert_true(
			limit_take(&l, &rate, at_ms(1)) && limit_take_shared(&l, &rate, at_ms(1)));
}

struct taker {
	struct limit *limit;
	unsigned int passed;
};

static void *take_many(void *arg)
{
	const struct limit_rate rate = limit_per_s(1, 1000);
	struct taker *t = arg;

	for (int i = 0; i < 10000; i++)
		t->passed += limit_take_shared(t->limit, &rate, at_ms(1));
	return NULL;
}

static void threads_share_a_bucket_exactly(void **state)
{
	struct limit l = {0};
	struct taker takers[4];
	pthread_t threads[4];
	unsigned int passed = 0;

	for (int i = 0; i < 4; i++) {
		takers[i] = (struct taker){&l, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, take_many, &takers[i]), 0);
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], NULL);
		passed += takers[i].passed;
	}
	assert_int_equal(passed, 1000);
}

static void keys_have_their_own_buckets(void **state)
{
	struct limit_table *t = limit_table_new(16, limit_per_s(1, 2), secret);

	assert_true(limit_table_take(t, "a", 1, at_ms(0)));
	assert_true(limit_table_take(t, "a", 1, at_ms(0)));
	assert_false(limit_table_take(t, "a", 1, at_ms(0)));
	assert_true(limit_table_take(t, "b", 1, at_ms(0)));
	assert_true(limit_table_take(t, "a\0", 2, at_ms(0)));
	assert_true(limit_table_take(t, "", 0, at_ms(0)));
	assert_true(limit_table_take(t, "01234567890123456789", 20, at_ms(0)));
	assert_int_equal(limit_table_count(t), 5);
	assert_false(limit_table_take(t, "a", 1, at_ms(999)));
	assert_true(limit_table_take(t, "a", 1, at_ms(1000)));
	limit_table_free(t);
}

static void the_longest_unused_gives_way(void **state)
{
	struct limit_table *t = limit_table_new(3, limit_every_ms(10000, 1), secret);

	assert_true(limit_table_take(t, "a", 1, at_ms(1)));
	assert_true(limit_table_take(t, "b", 1, at_ms(2)));
	assert_true(limit_table_take(t, "c", 1, at_ms(3)));
	assert_false(limit_table_take(t, "a", 1, at_ms(4))); /* now b is oldest */
	assert_true(limit_table_take(t, "d", 1, at_ms(5)));
	assert_int_equal(limit_table_count(t), 3);
	assert_true(limit_table_evicted(t) == 1);
	assert_false(limit_table_take(t, "a", 1, at_ms(6)));
	assert_false(limit_table_take(t, "c", 1, at_ms(7)));
	assert_false(limit_table_take(t, "d", 1, at_ms(8)));
	assert_true(limit_table_take(t, "b", 1, at_ms(9)));
	assert_true(limit_table_take(t, "x", 1, at_ms(60000))); /* in place of a full one */
	assert_true(limit_table_evicted(t) == 2);
	limit_table_free(t);
}

/* Against the same thing done plainly: an array searched from end to end. */
static void the_table_agrees_with_a_plain_model(void **state)
{
	enum { CAP = 50, KEYS = 120 };
	const unsigned int seed = 99;
	struct limit_rate rate = limit_every_ms(40, 2);
	struct limit_table *t = limit_table_new(CAP, rate, secret);
	struct {
		struct limit limit;
		uint64_t used; /* 0: not there */
	} model[KEYS] = {0};
	unsigned int there = 0;

	srand(seed);
	for (uint64_t i = 1; i < 100000; i++) {
		int k = rand() % (rand() % 2 ? KEYS : 10), oldest = -1;
		bool got = limit_table_take(t, &k, sizeof(k), at_ms(i)), want;

		if (!model[k].used && there++ == CAP) {
			for (int j = 0; j < KEYS; j++)
				if (model[j].used &&
					(oldest < 0 || model[j].used < model[oldest].used))
					oldest = j;
			model[oldest].used = 0;
			model[oldest].limit = (struct limit){0};
			there--;
		}
		model[k].used = i;
		want = limit_take(&model[k].limit, &rate, at_ms(i));
		if (got != want)
			fail_msg("seed %u, round %llu, key %d: expected %d, got %d", seed,
				(unsigned long long)i, k, want, got);
	}
	assert_int_equal(limit_table_count(t), CAP);
	limit_table_free(t);
}

static void each_key_of_shared_buckets_has_its_rate_whichever_thread_asks(void **state)
{
	struct limit_shared *t = limit_shared_new(65536, limit_per_s(10, 3), secret);
	unsigned int passed = 0;

	assert_non_null(t);
	for (uint32_t key = 0; key < 100; key++)
		for (int i = 0; i < 5; i++)
			passed += limit_shared_take(t, &key, sizeof(key), at_ms(5000));
	assert_in_range(passed, 297, 300); /* three each; at most one pair shares a bucket */
	for (uint32_t key = 0; key < 100; key++) {
		assert_false(limit_shared_left(t, &key, sizeof(key), at_ms(5099)));
		assert_false(limit_shared_take(t, &key, sizeof(key), at_ms(5099)));
		assert_true(limit_shared_left(t, &key, sizeof(key), at_ms(5100))); /* takes none */
	}
	limit_shared_free(t);
}

/* However many keys are made up: what passes is bounded by the buckets. */
static void no_number_of_keys_escapes_shared_buckets(void **state)
{
	struct limit_shared *t = limit_shared_new(16, limit_per_s(10, 3), secret);
	unsigned int passed = 0;

	assert_non_null(t);
	for (uint32_t key = 0; key < 10000; key++)
		passed += limit_shared_take(t, &key, sizeof(key), at_ms(5000));
	assert_int_equal(passed, 16 * 3);
	limit_shared_free(t);
}

static void several_tokens_are_taken_together_or_not_at_all(void **state)
{
	const struct limit_rate rate = limit_per_s(10, 10), none = limit_per_s(0, 1);
	struct limit l = {0}, before;

	assert_true(limit_take_all(&l, &rate, 7, at_ms(5000)));
	before = l;
	assert_false(limit_take_all(&l, &rate, 4, at_ms(5000)));
	assert_int_equal(l.spent_until_ns, before.spent_until_ns);
	assert_true(limit_take_all(&l, &rate, 3, at_ms(5000)));
	assert_false(limit_take(&l, &rate, at_ms(5099)));
	assert_true(limit_take_all(&l, &rate, 1, at_ms(5100)));
	assert_true(limit_take_all(&l, &rate, 10, at_ms(9000)));
	assert_false(limit_take_all(&l, &rate, 11, at_ms(19000))); /* more than there ever are */
	assert_true(limit_take_all(&l, &none, 1000, at_ms(5000)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_passes_then_one_an_interval),
		cmocka_unit_test(asking_too_often_does_not_cost),
		cmocka_unit_test(zero_means_no_limit),
		cmocka_unit_test(several_tokens_are_taken_together_or_not_at_all),
		cmocka_unit_test(threads_share_a_bucket_exactly),
		cmocka_unit_test(keys_have_their_own_buckets),
		cmocka_unit_test(the_longest_unused_gives_way),
		cmocka_unit_test(the_table_agrees_with_a_plain_model),
		cmocka_unit_test(each_key_of_shared_buckets_has_its_rate_whichever_thread_asks),
		cmocka_unit_test(no_number_of_keys_escapes_shared_buckets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
