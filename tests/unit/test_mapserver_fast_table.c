/* The fast path's tables, read as the kernel's program reads them: what is found, what is not, when
 * room is given away again, and a writer beside readers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/rcu.h"
#include "mapserver/fast_table.h"

#define S(n) ((struct mono){(uint64_t)(n)*1000000000u})

struct bench {
	struct fast_settings settings;
	struct fast_memory m;
	struct fast_table *t;
	struct registry_mirror mirror;
	struct locset_table *sets;
};

static void bench_open(struct bench *b, uint32_t buckets, uint32_t answers)
{
	static const uint8_t secret[16] = "fast-table-test";

	*b = (struct bench){.m = {.bucket_count = buckets, .answer_count = answers}};
	b->m.settings = &b->settings;
	b->m.buckets = calloc(buckets, sizeof(b->m.buckets[0]));
	b->m.answers = calloc(answers, sizeof(b->m.answers[0]));
	b->t = fast_table_new(&b->m, secret);
	b->sets = locset_table_new(secret);
	assert_true(b->m.buckets && b->m.answers && b->t && b->sets);
	b->mirror = fast_table_mirror(b->t);
}

static void bench_close(struct bench *b)
{
	fast_table_free(b->t);
	locset_table_free(b->sets);
	free(b->m.buckets);
	free(b->m.answers);
}

static struct eid host(uint32_t n)
{
	struct address a;

	address_set(&a, AFI_IPV4,
		(uint8_t[]){10, (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n}, 4);
	return eid_host(0, &a);
}

/* A mapping whose one locator ends in @last, until @expiry. */
static struct mapping *mapping(struct bench *b, uint32_t n, uint16_t last, struct mono expiry)
{
	const uint8_t wire[12] = {
		1, 100, 255, 0, 0, 1, 0, 1, 192, 0, (uint8_t)(last >> 8), (uint8_t)last};
	struct eid e = host(n);
	struct mapping *m = mapping_new(&e);

	assert_non_null(m);
	m->flags = MAPPING_PROXY;
	m->ttl_min = 60;
	m->expiry_ns = expiry.ns;
	m->locators = locset_intern(b->sets, 1, wire, sizeof(wire));
	return m;
}

static void put(struct bench *b, uint32_t n, uint16_t last, struct mono expiry, struct mono now)
{
	struct mapping *m = mapping(b, n, last, expiry);
	struct eid e = host(n);

	b->mirror.publish(b->mirror.self, &e, m, now);
	locset_unref(b->sets, m->locators);
	free(m);
}

static void take(struct bench *b, uint32_t n, struct mono now)
{
	struct eid e = host(n);

	b->mirror.publish(b->mirror.self, &e, NULL, now);
}

/* As the program in bpf/fast.bpf.c, step by step: the locator's last two bytes, or -1. */
static int look(const struct fast_memory *m, uint32_t n, struct mono now)
{
	struct fast_key k = {.afi = 1};
	struct eid e = host(n);
	uint64_t hash;

	memcpy(k.addr, e.addr.bytes, 4);
	hash = fast_hash(m->settings->hash_key, &k);
	for (int which = 0; which < 2; which++) {
		struct fast_bucket *b = &m->buckets[fast_bucket_of(hash, m->bucket_count, which)];
		uint64_t tags = __atomic_load_n(&b->tags, __ATOMIC_ACQUIRE);

		for (int i = 0; i < FAST_SLOTS; i++) {
			struct fast_slot *s = &b->slot[i];
			uint64_t life = __atomic_load_n(&s->life, __ATOMIC_ACQUIRE), answer;
			struct fast_answer *a;

			if ((uint8_t)(tags >> 8 * i) != fast_tag_of(hash) ||
				life & FAST_LIFE_DEAD || (life & ~FAST_LIFE_CHECK) <= now.ns ||
				(life & FAST_LIFE_CHECK) != fast_check_of(hash))
				continue;
			for (int w = 0; w < 3; w++)
				if (__atomic_load_n(&s->key.word[w], __ATOMIC_ACQUIRE) != k.word[w])
					goto next;
			answer = __atomic_load_n(&s->answer, __ATOMIC_ACQUIRE);
			a = &m->answers[(uint32_t)answer];
			if (__atomic_load_n(&a->generation, __ATOMIC_ACQUIRE) == answer >> 32)
				return ((uint8_t *)a->wire)[10] << 8 | ((uint8_t *)a->wire)[11];
			return -1;
		next:;
		}
	}
	return -1;
}

static void what_is_put_is_found_until_it_is_taken_or_due(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 4, 8);
	assert_int_equal(look(&b.m, 1, S(1)), -1);
	put(&b, 1, 7, S(100), S(1));
	put(&b, 2, 8, S(50), S(1));
	assert_int_equal(look(&b.m, 1, S(99)), 7);
	assert_int_equal(look(&b.m, 1, S(100)), -1);
	assert_int_equal(look(&b.m, 2, S(49)), 8);
	put(&b, 1, 9, S(200), S(2)); /* changed */
	assert_int_equal(look(&b.m, 1, S(150)), 9);
	take(&b, 1, S(3));
	assert_int_equal(look(&b.m, 1, S(3)), -1);
	assert_int_equal(fast_table_counts(b.t).entries, 1);
	assert_int_equal(fast_table_counts(b.t).answers, 1);
	put(&b, 1, 7, (struct mono){MAPPING_FOREVER}, S(3));
	assert_int_equal(look(&b.m, 1, S(1000000)), 7);
	bench_close(&b);
}

static void refreshes_lengthen_a_life_and_revive_nothing(void **state)
{
	struct mapping *m;
	struct bench b;

	(void)state;
	bench_open(&b, 4, 8);
	m = mapping(&b, 1, 7, S(300));
	put(&b, 1, 7, S(100), S(1));
	b.mirror.refresh(b.mirror.self, m);
	assert_int_equal(look(&b.m, 1, S(299)), 7);
	take(&b, 1, S(2));
	b.mirror.refresh(b.mirror.self, m);
	assert_int_equal(look(&b.m, 1, S(3)), -1);
	free(m);
	bench_close(&b);
}

static void room_is_given_away_again_after_a_second(void **state)
{
	struct bench b;

	(void)state;
	bench_open(&b, 1, 2); /* eight slots; two answers */
	for (uint32_t n = 0; n < 8; n++)
		put(&b, n, 1, S(1000), S(1));
	put(&b, 8, 1, S(1000), S(1));
	assert_int_equal(fast_table_counts(b.t).full, 1);
	assert_int_equal(look(&b.m, 8, S(1)), -1);
	take(&b, 3, S(2));
	put(&b, 8, 1, S(1000), S(2)); /* a reader may still look at it */
	assert_int_equal(look(&b.m, 8, S(2)), -1);
	put(&b, 3, 1, S(1000), S(2)); /* its own tenant may come back at once */
	assert_int_equal(look(&b.m, 3, S(2)), 1);
	take(&b, 3, S(3));
	put(&b, 8, 1, S(1000), S(5));
	assert_int_equal(look(&b.m, 8, S(5)), 1);
	assert_int_equal(look(&b.m, 3, S(5)), -1);
	/* Answers: the second of two is left at once for the first, and is not a third one's yet.
	 */
	put(&b, 1, 2, S(1000), S(5));
	put(&b, 1, 1, S(1000), S(5));
	put(&b, 1, 3, S(1000), S(5));
	assert_int_equal(fast_table_counts(b.t).answers_full, 1);
	assert_int_equal(look(&b.m, 1, S(5)), -1); /* never an old one */
	put(&b, 1, 3, S(1000), S(7));
	assert_int_equal(look(&b.m, 1, S(7)), 3);
	bench_close(&b);
}

static void what_cannot_be_answered_so_is_left_out(void **state)
{
	struct mapping *m;
	struct bench b;
	struct eid e = host(1);

	(void)state;
	bench_open(&b, 4, 8);
	put(&b, 1, 7, S(100), S(1));
	m = mapping(&b, 1, 7, S(100));
	m->flags = 0; /* no proxy reply any more */
	b.mirror.publish(b.mirror.self, &e, m, S(1));
	assert_int_equal(look(&b.m, 1, S(1)), -1);
	m->flags = MAPPING_PROXY;
	e.plen = m->entry.plen = 24;
	b.mirror.publish(b.mirror.self, &e, m, S(1));
	assert_int_equal(fast_table_counts(b.t).entries, 0);
	free(m);
	bench_close(&b);
}

static void so_many_buckets_hold_what_they_are_made_for(void **state)
{
	const uint32_t entries = 200000;
	struct fast_table_counts c;
	struct bench b;

	(void)state;
	bench_open(&b, fast_table_buckets(entries), 8);
	for (uint32_t n = 0; n < entries; n++)
		put(&b, n, 1, S(1000), S(1));
	c = fast_table_counts(b.t);
	assert_int_equal(c.entries + c.full, entries);
	assert_in_range(c.full, 0, entries / 10000);
	bench_close(&b);
}

/* ---- one writer, a refresher, a reader ---- */

struct race {
	struct bench b;
	bool stop; /* atomic */
	unsigned int wrong;
};

static void *reader(void *arg)
{
	struct race *r = arg;

	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		for (uint32_t n = 0; n < 16; n++) {
			int got = look(&r->b.m, n, S(1));

			/* EID n has only locators that are n modulo 16 */
			if (got >= 0 && (uint32_t)got % 16 != n)
				r->wrong++;
		}
	return NULL;
}

static void *refresher(void *arg)
{
	struct race *r = arg;
	struct mapping *m[16];

	for (uint32_t n = 0; n < 16; n++) {
		struct eid e = host(n);

		m[n] = mapping_new(&e);
		assert_non_null(m[n]);
		m[n]->expiry_ns = S(1000000).ns + n;
	}
	while (!__atomic_load_n(&r->stop, __ATOMIC_RELAXED))
		for (uint32_t n = 0; n < 16; n++)
			r->b.mirror.refresh(r->b.mirror.self, m[n]);
	for (uint32_t n = 0; n < 16; n++)
		free(m[n]);
	return NULL;
}

static void readers_beside_the_writer_see_only_what_is_an_eids_own(void **state)
{
	static struct race r;
	pthread_t threads[2];

	(void)state;
	bench_open(&r.b, 2, 65536);
	assert_int_equal(pthread_create(&threads[0], NULL, reader, &r), 0);
	assert_int_equal(pthread_create(&threads[1], NULL, refresher, &r), 0);
	for (uint32_t i = 0; i < 60000; i++) {
		struct mono now = {S(10).ns + i}; /* all within the second of a reader */
		uint32_t n = i * 7 % 16;

		if (i % 5 == 4)
			take(&r.b, n, now);
		else
			put(&r.b, n, (uint16_t)(n + 16 * (i % 4)), S(1000000), now);
	}
	__atomic_store_n(&r.stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(r.wrong, 0);
	bench_close(&r.b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_put_is_found_until_it_is_taken_or_due),
		cmocka_unit_test(refreshes_lengthen_a_life_and_revive_nothing),
		cmocka_unit_test(room_is_given_away_again_after_a_second),
		cmocka_unit_test(what_cannot_be_answered_so_is_left_out),
		cmocka_unit_test(so_many_buckets_hold_what_they_are_made_for),
		cmocka_unit_test(readers_beside_the_writer_see_only_what_is_an_eids_own),
	};
	int failed;

	rcu_thread_start(); /* locator sets are freed after a grace period */
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_barrier_all();
	rcu_thread_stop();
	return failed;
}
