/* Readers of the longest-prefix-match table beside its writer: what stays in the table is found
 * always, by every kind of search, while shards grow, divide and shrink, the trie is rebuilt around
 * it, and what was removed is freed. A sanitizer sees what is freed too early, or read without
 * order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <pthread.h>
#include <cmocka.h>

#include "lib/base/random.h"
#include "lib/base/rcu.h"
#include "lib/table/lpm.h"

#define READERS 2
#define STAYING 64    /* 10.x.0.0/16, and 10.x.1.1/32 in each */
#define PASSING 12000 /* hosts in 10/8 and beside it that come and go */
#define CHANGES 150000
#define ROUNDS  200 /* a reader does at least so many */

struct route {
	struct rcu_node rcu;
	struct lpm_entry entry;
	uint8_t key[4];
	bool stays;
};

struct shared {
	struct lpm *t;
	struct route *staying[2 * STAYING];
	unsigned int stop;
};

struct reader {
	pthread_t thread;
	struct shared *shared;
	const char *fault;
	unsigned int rounds;
};

static struct route *route_of(struct lpm_entry *e)
{
	return (struct route *)(void *)((char *)e - offsetof(struct route, entry));
}

static struct route *route_new(uint32_t address, uint8_t plen, bool stays)
{
	struct route *r = calloc(1, sizeof(*r));

	assert_non_null(r);
	address = htonl(address);
	r->entry.plen = plen;
	memcpy(r->key, &address, 4);
	r->stays = stays;
	return r;
}

static void route_free(struct rcu_node *node)
{
	struct route *r = (struct route *)(void *)node;

	memset(r->key, 0xee, sizeof(r->key)); /* whoever still reads it finds the wrong one */
	free(r);
}

struct walk {
	size_t staying;
	uint8_t last[4];
	bool any, ordered;
};

static bool walk_visit(struct lpm_entry *e, void *arg)
{
	struct route *r = route_of(e);
	struct walk *w = arg;

	w->staying += r->stays;
	w->ordered &= !w->any || memcmp(w->last, r->key, 4) <= 0;
	memcpy(w->last, r->key, 4);
	w->any = true;
	return true;
}

static const char *look(struct lpm *t, struct route *r)
{
	struct lpm_query q = {t, r->key, r->entry.plen, NULL};
	struct lpm_entry *longest = lpm_longest(t, r->key, r->entry.plen);
	uint8_t beside[4];

	if (lpm_exact(t, r->key, r->entry.plen) != &r->entry)
		return "lpm_exact lost an entry that stays";
	if (longest != &r->entry)
		return "lpm_longest lost an entry that stays";
	lpm_longest_batch(&q, 1);
	if (q.found != &r->entry)
		return "lpm_longest_batch lost an entry that stays";
	if (r->entry.plen == 32) {
		memcpy(beside, r->key, 4);
		if (lpm_free_prefix(t, r->key, 16) != -1)
			return "lpm_free_prefix: the address is an entry";
		beside[3] ^= 1; /* never used: the nearest to it is the entry itself */
		if (lpm_free_prefix(t, beside, 16) != 32)
			return "lpm_free_prefix: the neighbour is an entry";
		longest = lpm_parent(t, r->key, 32);
		if (!longest || longest->plen != 16)
			return "lpm_parent lost an entry that stays";
	}
	return NULL;
}

static void *read_on(void *arg)
{
	struct reader *r = arg;
	struct shared *s = r->shared;
	const uint8_t all[4] = {10, 0, 0, 0};

	rcu_thread_start();
	do {
		struct walk w = {.ordered = true};

		for (int i = 0; i < 2 * STAYING && !r->fault; i++) {
			rcu_enter();
			r->fault = look(s->t, s->staying[i]);
			rcu_leave();
		}
		if (r->rounds % 8 == 0) {
			rcu_enter();
			lpm_covered(s->t, all, 8, walk_visit, &w);
			rcu_leave();
			if (w.staying != (size_t)2 * STAYING || !w.ordered)
				r->fault = "lpm_covered lost an entry that stays, or its order";
		}
		r->rounds++;
	} while (!r->fault && (r->rounds < ROUNDS || !__atomic_load_n(&s->stop, __ATOMIC_RELAXED)));
	rcu_thread_stop();
	return NULL;
}

/* One random place: what is there goes, or is put anew; what is not comes. Hosts end in binary 10,
 * so none is nearer to a staying one than its neighbour; the prefixes are of /24s in which nothing
 * stays. */
static void change(struct shared *s, struct route **passing, struct random *random, bool insert)
{
	size_t i = random_below(random, PASSING);
	uint32_t address = (random_u32(random) & 0x01fffffc) | 0x0a000002;
	struct route *r = passing[i];

	if (!insert && r) {
		lpm_remove(s->t, &r->entry);
		passing[i] = NULL;
		rcu_defer(&r->rcu, route_free);
	} else if (!r) {
		r = address & 0x700 ? route_new(address, 32, false)
				    : route_new(address & 0xffffff00, 24, false);
		if (lpm_insert(s->t, &r->entry))
			free(r);
		else
			passing[i] = r;
	} else { /* the same prefix anew */
		passing[i] = route_new(0, r->entry.plen, false);
		memcpy(passing[i]->key, r->key, 4);
		lpm_replace(s->t, &r->entry, &passing[i]->entry);
		rcu_defer(&r->rcu, route_free);
	}
}

static void what_stays_is_always_found(void **state)
{
	static const uint8_t secret[16] = "sixteen of them";
	struct route **passing = calloc(PASSING, sizeof(struct route *));
	struct reader reader[READERS] = {0};
	struct random_seeded random;
	struct shared s = {0};

	assert_non_null(passing);
	rcu_thread_start();
	random_seeded_init(&random, 4342);
	s.t = lpm_new(32, offsetof(struct route, key) - offsetof(struct route, entry), secret);
	for (uint32_t i = 0; i < STAYING; i++) {
		s.staying[2 * i] = route_new(0x0a000000 | i << 16, 16, true);
		s.staying[2 * i + 1] = route_new(0x0a000101 | i << 16, 32, true);
		assert_int_equal(lpm_insert(s.t, &s.staying[2 * i]->entry), 0);
		assert_int_equal(lpm_insert(s.t, &s.staying[2 * i + 1]->entry), 0);
	}
	for (int i = 0; i < READERS; i++) {
		reader[i].shared = &s;
		assert_int_equal(pthread_create(&reader[i].thread, NULL, read_on, &reader[i]), 0);
	}
	for (int i = 0; i < CHANGES; i++) /* mostly growing, then mostly shrinking, and again */
		change(&s, passing, &random.random,
			random_below(&random.random, 10) < (i / 30000 % 2 ? 2 : 8));
	__atomic_store_n(&s.stop, 1, __ATOMIC_RELAXED);
	for (int i = 0; i < READERS; i++) {
		pthread_join(reader[i].thread, NULL);
		if (reader[i].fault)
			fail_msg("seed 4342, round %u: %s", reader[i].rounds, reader[i].fault);
	}
	lpm_free(s.t);
	for (int i = 0; i < PASSING; i++)
		free(passing[i]);
	for (int i = 0; i < 2 * STAYING; i++)
		free(s.staying[i]);
	free(passing);
	rcu_barrier_all();
	rcu_thread_stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(what_stays_is_always_found)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
