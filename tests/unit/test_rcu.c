/* Readers hammer a pointer while the writer replaces and frees what it points to. Under
 * AddressSanitizer a free that comes too early is a use after free; under ThreadSanitizer it is a
 * race. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <pthread.h>
#include <cmocka.h>

#include "lib/base/rcu.h"

#define READERS  3
#define REPLACED 20000

struct pair { /* the writer keeps b = ~a; a freed one is overwritten first */
	struct rcu_node rcu;
	uint64_t a, b;
	unsigned int *freed;
};

struct shared {
	struct pair *now;
	unsigned int stop;
	unsigned int freed; /* by liburcu's thread */
};

struct reader {
	pthread_t thread;
	struct shared *shared;
	uint64_t rounds, torn, backwards;
};

static struct pair *pair_new(struct shared *s, uint64_t a)
{
	struct pair *p = malloc(sizeof(*p));

	assert_non_null(p);
	p->a = a;
	p->b = ~a;
	p->freed = &s->freed;
	return p;
}

static void pair_free(struct rcu_node *node)
{
	struct pair *p = (struct pair *)(void *)node;

	++*p->freed;
	p->a = p->b = 0x5a5a;
	free(p);
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	uint64_t last = 0;

	rcu_thread_start();
	do {
		const struct pair *p;

		rcu_enter();
		p = rcu_load(&r->shared->now);
		for (int i = 0; i < 20; i++)
			r->torn += p->b != ~p->a;
		r->backwards += p->a < last;
		last = p->a;
		rcu_leave();
		r->rounds++;
	} while (!__atomic_load_n(&r->shared->stop, __ATOMIC_RELAXED));
	rcu_thread_stop();
	return NULL;
}

static void nothing_is_freed_under_a_reader(void **state)
{
	struct reader readers[READERS] = {0};
	struct shared s = {0};

	rcu_thread_start();
	s.now = pair_new(&s, 1);
	for (int i = 0; i < READERS; i++) {
		readers[i].shared = &s;
		assert_int_equal(pthread_create(&readers[i].thread, NULL, read_on, &readers[i]), 0);
	}
	for (uint64_t i = 0; i < REPLACED; i++) {
		struct pair *old = s.now;

		rcu_publish(&s.now, pair_new(&s, i + 2));
		rcu_defer(&old->rcu, pair_free);
	}
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++) {
		pthread_join(readers[i].thread, NULL);
		assert_true(readers[i].rounds > 0);
		assert_int_equal(readers[i].torn, 0);
		assert_int_equal(readers[i].backwards, 0);
	}
	rcu_barrier_all();
	assert_int_equal(s.freed, REPLACED);
	assert_int_equal(s.now->a, REPLACED + 1);
	free(s.now);
	rcu_thread_stop();
}

struct flag {
	struct rcu_node rcu;
	unsigned int run;
};

static void raise_flag(struct rcu_node *node)
{
	struct flag *f = (struct flag *)(void *)node;

	__atomic_add_fetch(&f->run, 1, __ATOMIC_RELAXED);
}

static void a_deferred_call_waits_for_the_reader(void **state)
{
	struct flag f = {.run = 0};

	rcu_thread_start();
	rcu_enter();
	rcu_defer(&f.rcu, raise_flag);
	for (int i = 0; i < 100000; i++) /* time in which a broken grace period would let it run */
		assert_int_equal(__atomic_load_n(&f.run, __ATOMIC_RELAXED), 0);
	rcu_leave();
	rcu_barrier_all();
	assert_int_equal(f.run, 1);
	rcu_thread_stop();
}

static void blocks_are_freed_and_null_is_none(void **state)
{
	rcu_thread_start();
	rcu_defer_free(malloc(100)); /* LeakSanitizer sees whether it was */
	rcu_defer_free(NULL);
	rcu_wait();
	rcu_barrier_all();
	rcu_thread_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_freed_under_a_reader),
		cmocka_unit_test(a_deferred_call_waits_for_the_reader),
		cmocka_unit_test(blocks_are_freed_and_null_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
