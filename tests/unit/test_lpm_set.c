/* Tables by instance and family: made once, bounded, each for itself; and the keymap below them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <pthread.h>
#include <cmocka.h>

#include "lib/table/keymap.h"
#include "lib/table/lpm_set.h"
#include "tests/unit/rcu_fixture.h"

static const uint8_t secret[16] = "0123456789abcdef";

struct route {
	struct lpm_entry entry;
	uint8_t key[ADDRESS_MAX];
};

#define KEY_OFFSET (offsetof(struct route, key) - offsetof(struct route, entry))

static void families_have_their_widths(void **state)
{
	assert_int_equal(lpm_set_bits(AFI_IPV4), 32);
	assert_int_equal(lpm_set_bits(AFI_IPV6), 128);
	assert_int_equal(lpm_set_bits(AFI_MAC), 48);
	assert_int_equal(lpm_set_bits(AFI_NAME), 248);
	assert_int_equal(lpm_set_bits(AFI_LCAF), 0);
	assert_int_equal(lpm_set_bits(AFI_NONE), 0);
}

static bool count_tables(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	++*(size_t *)arg;
	return true;
}

static bool stop_at_first(uint32_t iid, uint16_t afi, struct lpm *t, void *arg)
{
	++*(size_t *)arg;
	return false;
}

static void a_table_each_and_no_other(void **state)
{
	static const uint16_t families[] = {AFI_IPV4, AFI_IPV6, AFI_MAC, AFI_NAME};
	static const uint32_t instances[] = {0, 1, 0xffffff, 0xffffffff};
	struct lpm_set *s = lpm_set_new(100, KEY_OFFSET, secret);
	struct route r[16] = {0};
	size_t tables = 0, first = 0;

	for (int i = 0; i < 16; i++) {
		struct lpm *t;

		assert_null(lpm_set_find(s, instances[i / 4], families[i % 4]));
		t = lpm_set_add(s, instances[i / 4], families[i % 4]);
		assert_non_null(t);
		assert_ptr_equal(lpm_set_add(s, instances[i / 4], families[i % 4]), t);
		assert_ptr_equal(lpm_set_find(s, instances[i / 4], families[i % 4]), t);
		r[i].entry.plen = 32; /* the same bytes in all */
		assert_int_equal(lpm_insert(t, &r[i].entry), 0);
	}
	for (int i = 0; i < 16; i++) {
		const struct lpm *t = lpm_set_find(s, instances[i / 4], families[i % 4]);

		assert_int_equal(lpm_count(t), 1);
		assert_ptr_equal(lpm_exact(t, r[0].key, 32), &r[i].entry);
	}
	assert_null(lpm_set_add(s, 1, AFI_LCAF));
	assert_null(lpm_set_find(s, 0, AFI_LCAF));
	lpm_set_each(s, count_tables, &tables);
	lpm_set_each(s, stop_at_first, &first);
	assert_int_equal(tables, 16);
	assert_int_equal(first, 1);
	assert_int_equal(lpm_set_count(s), 16);
	assert_true(lpm_set_memory(s) >= 16 * lpm_memory(lpm_set_find(s, 1, AFI_IPV4)));
	lpm_set_free(s);
	lpm_set_free(NULL);
}

static void no_more_tables_than_allowed(void **state)
{
	struct lpm_set *s = lpm_set_new(3, KEY_OFFSET, secret);

	for (uint32_t iid = 0; iid < 3; iid++)
		assert_non_null(lpm_set_add(s, iid, AFI_IPV4));
	assert_null(lpm_set_add(s, 3, AFI_IPV4));
	assert_null(lpm_set_find(s, 3, AFI_IPV4));
	assert_non_null(lpm_set_add(s, 2, AFI_IPV4)); /* which is there */
	lpm_set_free(s);
}

#define PARTIES 4000

struct party {
	struct keymap_node node;
	uint32_t key;
};

struct race {
	struct keymap *map;
	struct party *party; /* PARTIES of its own */
	size_t won;
};

static struct party *party_of(struct keymap_node *node)
{
	return (struct party *)(void *)((char *)node - offsetof(struct party, node));
}

static void *insert_all(void *arg)
{
	struct race *r = arg;

	for (uint32_t i = 0; i < PARTIES; i++) {
		struct keymap_node *there;

		r->party[i].key = i;
		there = keymap_insert(r->map, &r->party[i].node);
		r->won += there == &r->party[i].node;
		if (!there || party_of(there)->key != i || keymap_find(r->map, &i) != there)
			return "another record than inserted";
	}
	return NULL;
}

static void threads_that_insert_the_same_agree(void **state)
{
	static struct party party[3][PARTIES];
	struct keymap *m =
		keymap_new(PARTIES, offsetof(struct party, key) - offsetof(struct party, node),
			sizeof(uint32_t), secret);
	struct race race[3] = {{m, party[0], 0}, {m, party[1], 0}, {m, party[2], 0}};
	struct party late = {.key = PARTIES};
	pthread_t thread[3];
	void *fault;

	for (int i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, insert_all, &race[i]), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(thread[i], &fault);
		if (fault)
			fail_msg("thread %d: %s", i, (const char *)fault);
	}
	assert_int_equal(race[0].won + race[1].won + race[2].won, PARTIES);
	assert_int_equal(keymap_count(m), PARTIES);
	assert_null(keymap_insert(m, &late.node)); /* full */
	assert_null(keymap_find(m, &late.key));
	keymap_free(m);
	keymap_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_have_their_widths),
		cmocka_unit_test(a_table_each_and_no_other),
		cmocka_unit_test(no_more_tables_than_allowed),
		cmocka_unit_test(threads_that_insert_the_same_agree),
	};

	return cmocka_run_group_tests(tests, rcu_setup, rcu_teardown);
}
