/* Locator sets: one for each content, counted references, growth, and frees that wait for readers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/table/locset.h"
#include "tests/unit/rcu_fixture.h"

#define MANY 20000

static const uint8_t secret[16] = "0123456789abcdef";

static void equal_contents_are_one_set(void **state)
{
	struct locset_table *t = locset_table_new(secret);
	struct locset *a = locset_intern(t, 2, "192.0.2.1 and .2", 16);
	struct locset *b = locset_intern(t, 2, "192.0.2.1 and .2", 16);
	struct locset *other = locset_intern(t, 2, "192.0.2.1 and .3", 16);
	struct locset *shorter = locset_intern(t, 2, "192.0.2.1 and .2", 15);
	struct locset *counted = locset_intern(t, 1, "192.0.2.1 and .2", 16);

	assert_non_null(a);
	assert_ptr_equal(a, b);
	assert_ptr_not_equal(a, other);
	assert_ptr_not_equal(a, shorter);
	assert_ptr_not_equal(a, counted);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->wire_len, 16);
	assert_memory_equal(a->wire, "192.0.2.1 and .2", 16);
	assert_int_equal(a->refs, 2);
	assert_int_equal(locset_table_count(t), 4);
	locset_table_free(t);
}

static void the_empty_set_is_a_set_and_too_long_is_none(void **state)
{
	struct locset_table *t = locset_table_new(secret);
	uint8_t *bytes = calloc(1, LOCSET_BYTES_MAX + 1);
	struct locset *empty = locset_intern(t, 0, "", 0);

	assert_non_null(bytes);
	assert_non_null(empty);
	assert_ptr_equal(locset_intern(t, 0, bytes, 0), empty);
	assert_non_null(locset_intern(t, 255, bytes, LOCSET_BYTES_MAX));
	assert_null(locset_intern(t, 255, bytes, LOCSET_BYTES_MAX + 1));
	assert_int_equal(locset_table_count(t), 2);
	free(bytes);
	locset_table_free(t);
	locset_table_free(NULL);
}

static void the_last_reference_frees_after_the_readers(void **state)
{
	struct locset_table *t = locset_table_new(secret);
	size_t empty = locset_table_memory(t);
	struct locset *a = locset_intern(t, 1, "a", 1), *again;

	locset_ref(a);
	locset_unref(t, a);
	assert_int_equal(locset_table_count(t), 1);
	assert_true(locset_table_memory(t) > empty);
	rcu_enter();
	locset_unref(t, a);
	assert_int_equal(locset_table_count(t), 0);
	assert_int_equal(locset_table_memory(t), empty);
	again = locset_intern(t, 1, "a", 1);
	assert_ptr_not_equal(
		again, a); /* which a reader may still hold, and does: ASan sees it freed */
	assert_int_equal(a->wire[0], 'a');
	rcu_leave();
	locset_unref(t, again);
	locset_table_free(t);
}

static struct locset *numbered(struct locset_table *t, uint32_t n)
{
	uint8_t bytes[12] = {0};

	memcpy(bytes, &n, sizeof(n));
	return locset_intern(t, 1, bytes, sizeof(bytes));
}

/* Found, too, while the buckets are being moved: what was interned twice stays one. */
static void many_are_kept_apart_while_the_table_grows(void **state)
{
	struct locset **set = calloc(MANY, sizeof(struct locset *));
	struct locset_table *t = locset_table_new(secret);

	assert_non_null(set);
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t before = i * 7919 % (i + 1);

		set[i] = numbered(t, i);
		assert_non_null(set[i]);
		assert_int_equal(set[i]->refs, 1);
		assert_ptr_equal(numbered(t, before), set[before]);
		locset_unref(t, set[before]);
		assert_int_equal(locset_table_count(t), i + 1);
	}
	/* 12 bytes of content, 31 of the set, 8 to 16 of buckets, and the old ones while they move
	 */
	assert_true(locset_table_memory(t) < MANY * (sizeof(struct locset) + 12 + 24));
	for (uint32_t i = 0; i < MANY; i++)
		assert_memory_equal(set[i]->wire, &i, sizeof(i));
	for (uint32_t i = 0; i < MANY; i += 2)
		locset_unref(t, set[i]);
	for (uint32_t i = 1; i < MANY; i += 2)
		assert_ptr_equal(numbered(t, i), set[i]);
	assert_int_equal(locset_table_count(t), MANY / 2);
	locset_table_free(t); /* with the references that are left */
	free(set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_contents_are_one_set),
		cmocka_unit_test(the_empty_set_is_a_set_and_too_long_is_none),
		cmocka_unit_test(the_last_reference_frees_after_the_readers),
		cmocka_unit_test(many_are_kept_apart_while_the_table_grows),
	};

	return cmocka_run_group_tests(tests, rcu_setup, rcu_teardown);
}
