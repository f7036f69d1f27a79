/* The longest-prefix-match table: spelled-out cases, random tapes against a list (lpm_model.h),
 * growth and shrinking through many shards, sweeps meanwhile, and memory that runs out. TEST_SEED=N
 * plays another seed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <cmocka.h>

#include "lib/base/random.h"
#include "lib/table/lpm.h"
#include "tests/unit/lpm_model.h"
#include "tests/unit/rcu_fixture.h"

static const uint8_t secret[16] = "0123456789abcdef";

struct route {
	struct lpm_entry entry;
	uint8_t key[4];
	unsigned int seen;
	bool kept;
};

#define KEY_OFFSET (offsetof(struct route, key) - offsetof(struct route, entry))

static struct route *route_of(struct lpm_entry *e)
{
	return (struct route *)(void *)((char *)e - offsetof(struct route, entry));
}

static struct route route(const char *address, unsigned int plen)
{
	struct route r = {.entry = {.plen = (uint8_t)plen}};

	assert_int_equal(inet_pton(AF_INET, address, r.key), 1);
	return r;
}

/* The allocator of the program: every fail_one_in-th call finds no memory (0: none). */
static unsigned int fail_one_in, calls;

void *__real_malloc(size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_malloc(size_t n)
{
	return fail_one_in && !(++calls % fail_one_in) ? NULL : __real_malloc(n);
}

void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n)
{
	return fail_one_in && !(++calls % fail_one_in) ? NULL : __real_aligned_alloc(align, n);
}

struct text {
	char all[512];
};

static bool append(struct lpm_entry *e, void *arg)
{
	const struct route *r = route_of(e);
	struct text *t = arg;
	char one[INET_ADDRSTRLEN];
	size_t at = strlen(t->all);

	inet_ntop(AF_INET, r->key, one, sizeof(one));
	snprintf(t->all + at, sizeof(t->all) - at, "%s/%u ", one, e->plen);
	return true;
}

static void assert_free(const struct lpm *t, const char *address, unsigned int floor, int want)
{
	struct route r = route(address, 32);
	int got = lpm_free_prefix(t, r.key, floor);

	if (got != want)
		fail_msg("free for %s above %u: expected %d, came %d", address, floor, want, got);
}

static void finds_the_longest_the_covered_and_the_free(void **state)
{
	struct route r[] = {route("10.0.0.0", 8), route("10.1.0.0", 16), route("10.1.0.0", 24),
		route("10.1.2.3", 32), route("10.1.2.4", 32), route("192.0.2.0", 24)};
	struct route key = route("10.1.2.3", 32), other = route("10.1.9.9", 32),
		     none = route("11.0.0.1", 32);
	struct lpm *t = lpm_new(32, KEY_OFFSET, secret);
	struct text text = {""};

	assert_non_null(t);
	assert_null(lpm_longest(t, key.key, 32));
	assert_int_equal(lpm_covered(t, key.key, 0, append, &text), 0);
	assert_free(t, "10.1.2.3", 0, 0);
	for (int i = 5; i >= 0; i--)
		assert_int_equal(lpm_insert(t, &r[i].entry), 0);
	assert_int_equal(lpm_insert(t, &r[0].entry), -EEXIST);
	assert_int_equal(lpm_count(t), 6);

	assert_ptr_equal(lpm_longest(t, key.key, 32), &r[3].entry);
	assert_ptr_equal(lpm_parent(t, key.key, 32), &r[1].entry);
	assert_ptr_equal(lpm_parent(t, key.key, 16), &r[0].entry);
	assert_null(lpm_parent(t, key.key, 8));
	assert_null(lpm_parent(t, key.key, 0));
	assert_ptr_equal(lpm_longest(t, other.key, 32), &r[1].entry);
	assert_ptr_equal(lpm_longest(t, key.key, 24), &r[1].entry);
	assert_ptr_equal(lpm_exact(t, key.key, 16), &r[1].entry);
	assert_null(lpm_exact(t, key.key, 24));
	assert_null(lpm_exact(t, key.key, 33));
	assert_null(lpm_longest(t, none.key, 32));

	assert_int_equal(lpm_covered(t, key.key, 8, append, &text), 5);
	assert_string_equal(
		text.all, "10.0.0.0/8 10.1.0.0/16 10.1.0.0/24 10.1.2.3/32 10.1.2.4/32 ");

	text.all[0] = '\0'; /* pages: after the last of the first, after none of them, outside */
	assert_int_equal(lpm_covered_after(t, key.key, 8, r[1].key, 16, append, &text), 3);
	assert_string_equal(text.all, "10.1.0.0/24 10.1.2.3/32 10.1.2.4/32 ");
	text.all[0] = '\0';
	assert_int_equal(lpm_covered_after(t, key.key, 8, r[1].key, 17, append, &text), 3);
	assert_int_equal(lpm_covered_after(t, key.key, 8, r[4].key, 32, append, &text), 0);
	assert_int_equal(lpm_covered_after(t, key.key, 8, none.key, 32, append, &text), 0);
	text.all[0] = '\0';
	assert_int_equal(lpm_covered_after(t, r[5].key, 24, none.key, 32, append, &text), 1);
	assert_string_equal(text.all, "192.0.2.0/24 ");

	assert_free(t, "11.0.0.1", 0, 8);   /* 10/8 is the neighbour at bit 7 */
	assert_free(t, "128.0.0.1", 0, 2);  /* 192.0.2/24 is one at bit 1 */
	assert_free(t, "10.2.0.1", 8, 15);  /* 10.1/16 and 10.2/15: bit 14 */
	assert_free(t, "10.1.2.5", 16, 32); /* 10.1.2.4 is as near as can be */
	assert_free(t, "10.1.2.4", 16, -1); /* is there */
	assert_free(t, "10.1.2.5", 8, -1);  /* 10.1/16 covers it */
	assert_free(t, "10.128.0.1", 8, 9);
	assert_free(t, "192.0.2.9", 24, 24); /* nothing longer in there */
	assert_free(t, "192.0.2.9", 32, 32);
	lpm_free(t);
}

static void refuses_what_does_not_fit(void **state)
{
	struct route r = route("10.0.0.0", 33);
	struct lpm *t = lpm_new(32, KEY_OFFSET, secret);

	assert_null(lpm_new(7, KEY_OFFSET, secret));
	assert_null(lpm_new(249, KEY_OFFSET, secret));
	assert_non_null(t);
	assert_int_equal(lpm_insert(t, &r.entry), -EINVAL);
	assert_int_equal(lpm_count(t), 0);
	lpm_free(t);
	lpm_free(NULL);
}

static void agrees_with_a_list(void **state)
{
	static const unsigned int widths[] = {32, 128, 48, 248, 64, 12};
	const size_t len = 20000 * LPM_MODEL_OP;
	const char *given = getenv("TEST_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 0) : 20261121;
	uint8_t *tape = malloc(len);

	assert_non_null(tape);
	for (size_t i = 0; i < sizeof(widths) / sizeof(widths[0]); i++) {
		struct random_seeded random;
		const char *fault;
		size_t op;

		random_seeded_init(&random, seed + i);
		random_bytes(&random.random, tape, len);
		fault = lpm_model_play(widths[i], tape, len, &op);
		print_message("%u bits, seed %llu: %zu operations\n", widths[i],
			(unsigned long long)seed, op);
		if (fault)
			fail_msg("%u bits, TEST_SEED=%llu, operation %zu: %s", widths[i],
				(unsigned long long)seed, op, fault);
	}
	free(tape);
}

#define MANY 60000

/* Different hosts, scattered: an odd multiplier permutes the 32-bit numbers. */
static void number_route(struct route *r, uint32_t n)
{
	uint32_t address = htonl(n * 2654435761U);

	*r = (struct route){.entry = {.plen = 32}};
	memcpy(r->key, &address, 4);
}

static void count_seen(struct lpm_entry *e, void *arg)
{
	route_of(e)->seen++;
}

static void grows_sweeps_and_shrinks(void **state)
{
	struct route *r = calloc(MANY, sizeof(*r));
	struct lpm *t = lpm_new(32, KEY_OFFSET, secret);
	size_t small = lpm_memory(t), before = 0;
	uint64_t cursor = 0;

	assert_non_null(r);
	for (uint32_t i = 0; i < MANY; i++) {
		number_route(&r[i], i);
		assert_int_equal(lpm_insert(t, &r[i].entry), 0);
		if (i + 1 == MANY / 4)
			before = i + 1;
		if (before && (cursor || i + 1 == before)) /* one round while the table grows on */
			lpm_sweep(t, &cursor, 1, count_seen, NULL);
	}
	while (cursor)
		lpm_sweep(t, &cursor, 7, count_seen, NULL);
	for (uint32_t i = 0; i < before; i++)
		assert_int_equal(r[i].seen, 1);
	for (uint32_t i = 0; i < MANY; i++) {
		assert_ptr_equal(lpm_longest(t, r[i].key, 32), &r[i].entry);
		assert_true(r[i].seen <= 1);
	}
	assert_true(lpm_memory(t) < MANY * 40);
	for (uint32_t i = 0; i < MANY; i++) {
		lpm_remove(t, &r[i].entry);
		assert_null(lpm_exact(t, r[i].key, 32));
		if (i % 1000 == 0)
			for (uint32_t j = i + 1; j < MANY; j += 97)
				assert_ptr_equal(lpm_exact(t, r[j].key, 32), &r[j].entry);
	}
	rcu_barrier_all();
	assert_int_equal(lpm_count(t), 0);
	/* what is left: the nodes (16 bytes) and the batches in which they came back (9), for the
	 * next ones, and the shards at their least */
	assert_true(lpm_memory(t) < small + MANY * 27);
	lpm_free(t);
	free(r);
}

/* Entries come and go at one size for long: gone slots must not fill the table, nor the nodes leak.
 */
static void churn_does_not_grow_it(void **state)
{
	struct route *r = calloc(MANY, sizeof(*r));
	struct lpm *t = lpm_new(32, KEY_OFFSET, secret);
	const uint32_t live = 5000;
	size_t settled = 0;

	assert_non_null(r);
	for (uint32_t i = 0; i < 8 * MANY; i++) {
		struct route *now = &r[i % MANY];

		if (i % MANY == 0)
			rcu_barrier_all(); /* no reader of before sees a route reused */
		if (i >= live)
			lpm_remove(t, &r[(i - live) % MANY].entry);
		number_route(now, i);
		assert_int_equal(lpm_insert(t, &now->entry), 0);
		if (i == 2 * MANY) {
			rcu_barrier_all();
			settled = lpm_memory(t);
		}
	}
	assert_int_equal(lpm_count(t), live);
	rcu_barrier_all();
	assert_true(lpm_memory(t) < settled * 3);
	lpm_free(t);
	free(r);
}

static void nothing_changes_when_memory_runs_out(void **state)
{
	struct route *r = calloc(MANY, sizeof(*r));
	struct lpm *t = lpm_new(32, KEY_OFFSET, secret);
	unsigned int refused = 0;

	assert_non_null(r);
	for (uint32_t i = 0; i < MANY; i++) {
		int result;

		number_route(&r[i], i);
		fail_one_in = 3;
		while ((result = lpm_insert(t, &r[i].entry))) {
			assert_int_equal(result, -ENOMEM);
			assert_int_equal(lpm_count(t), i);
			assert_null(lpm_exact(t, r[i].key, 32));
			assert_true(++refused < MANY);
		}
		fail_one_in = 0;
		assert_ptr_equal(lpm_longest(t, r[i].key, 32), &r[i].entry);
	}
	assert_true(refused > 20);
	fail_one_in = 1; /* removal needs no memory */
	for (uint32_t i = 0; i < MANY / 20; i++)
		lpm_remove(t, &r[i].entry);
	fail_one_in = 0;
	for (uint32_t i = 0; i < MANY; i++)
		assert_ptr_equal(lpm_exact(t, r[i].key, 32), i < MANY / 20 ? NULL : &r[i].entry);
	for (uint32_t i = MANY / 20; i < MANY; i++)
		lpm_remove(t, &r[i].entry);
	lpm_free(t);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_longest_the_covered_and_the_free),
		cmocka_unit_test(refuses_what_does_not_fit),
		cmocka_unit_test(agrees_with_a_list),
		cmocka_unit_test(grows_sweeps_and_shrinks),
		cmocka_unit_test(churn_does_not_grow_it),
		cmocka_unit_test(nothing_changes_when_memory_runs_out),
	};

	return cmocka_run_group_tests(tests, rcu_setup, rcu_teardown);
}
