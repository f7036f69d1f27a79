/* prefix_table: rows by longest match, their order, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/table/prefix_table.h"

struct row {
	struct prefix_row prefix;
	int number;
};

static struct eid eid_of(const char *text)
{
	const char *why = NULL;
	struct eid e;

	assert_true(eid_parse(&e, text, &why));
	return e;
}

static int add(struct prefix_table *t, const char *text, int number)
{
	struct eid e = eid_of(text);
	int error;
	struct row *row = (struct row *)(void *)prefix_table_add(t, &e, &error);

	if (!row)
		return error;
	assert_int_equal(row->number, 0);
	row->number = number;
	return 0;
}

static int longest(const struct prefix_table *t, const char *text)
{
	struct eid e = eid_of(text);
	const struct row *row = (const struct row *)(const void *)prefix_table_longest(t, &e);

	return row ? row->number : -1;
}

static struct prefix_table *table(void)
{
	struct prefix_table *t =
		prefix_table_new(sizeof(struct row), (const uint8_t *)"0123456789abcdef");

	assert_non_null(t);
	assert_int_equal(add(t, "10.0.0.0/8", 1), 0);
	assert_int_equal(add(t, "10.1.0.0/16", 2), 0);
	assert_int_equal(add(t, "[7]10.1.0.0/16", 3), 0);
	assert_int_equal(add(t, "2001:db8::/32", 4), 0);
	assert_int_equal(add(t, "52:54:00:00:00:00/24", 5), 0);
	return t;
}

static void the_longest_prefix_of_the_instance_and_family_is_found(void **state)
{
	struct prefix_table *t = table();

	assert_int_equal(longest(t, "10.1.2.3"), 2);
	assert_int_equal(longest(t, "10.1.0.0/16"), 2);
	assert_int_equal(longest(t, "10.0.0.0/15"), 1);
	assert_int_equal(longest(t, "10.2.2.3"), 1);
	assert_int_equal(longest(t, "[7]10.1.2.3"), 3);
	assert_int_equal(longest(t, "[7]10.2.2.3"), -1);
	assert_int_equal(longest(t, "[8]10.1.2.3"), -1);
	assert_int_equal(longest(t, "2001:db8:1::1"), 4);
	assert_int_equal(longest(t, "52:54:00:11:22:33"), 5);
	assert_int_equal(longest(t, "192.0.2.1"), -1);
	prefix_table_free(t);
}

static void only_the_very_prefix_is_exact(void **state)
{
	struct prefix_table *t = table();
	struct eid there = eid_of("10.1.0.0/16"), below = eid_of("10.1.0.0/17");

	assert_non_null(prefix_table_exact(t, &there));
	assert_null(prefix_table_exact(t, &below));
	prefix_table_free(t);
}

static void a_prefix_stands_in_it_once(void **state)
{
	struct prefix_table *t = table();

	assert_int_equal(add(t, "10.1.0.0/16", 9), -EEXIST);
	assert_int_equal(longest(t, "10.1.0.0/16"), 2);
	assert_int_equal(prefix_table_count(t), 5);
	prefix_table_free(t);
}

static void rows_keep_the_order_of_adding(void **state)
{
	struct prefix_table *t =
		prefix_table_new(sizeof(struct row), (const uint8_t *)"0123456789abcdef");
	char text[40];

	assert_non_null(t);
	for (int i = 0; i < 1000; i++) {
		snprintf(text, sizeof(text), "10.%d.%d.0/24", (i * 7) % 256, i % 200);
		assert_int_equal(add(t, text, i), 0);
	}
	assert_int_equal(prefix_table_count(t), 1000);
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(((struct row *)(void *)prefix_table_at(t, i))->number, i);
	prefix_table_free(t);
}

static void the_free_prefix_spares_what_is_configured(void **state)
{
	struct prefix_table *t = table();
	struct eid e = eid_of("11.2.3.4"), other = eid_of("[9]11.2.3.4");

	assert_int_equal(prefix_table_free_prefix(t, &e, 0), 8); /* 10/8 is its neighbour */
	assert_int_equal(prefix_table_free_prefix(t, &other, 3), 3);
	prefix_table_free(t);
}

static void a_family_without_a_table_is_refused(void **state)
{
	struct prefix_table *t = table();
	struct eid none = {.plen = 0};
	int error = 0;

	assert_null(prefix_table_add(t, &none, &error));
	assert_int_equal(error, -EINVAL);
	prefix_table_free(t);
}

static void a_row_that_is_removed_is_found_no_more(void **state)
{
	struct prefix_table *t = table();

	(void)state;
	while (prefix_table_count(t) > 1) {
		struct prefix_row *row = prefix_table_at(t, 0);
		struct eid was = row->eid;

		prefix_table_remove(t, row);
		assert_null(prefix_table_exact(t, &was));
		for (size_t i = 0; i < prefix_table_count(t); i++)
			assert_ptr_equal(prefix_table_exact(t, &prefix_table_at(t, i)->eid),
				prefix_table_at(t, i));
	}
	prefix_table_remove(t, prefix_table_at(t, 0));
	assert_int_equal(prefix_table_count(t), 0);
	assert_int_equal(add(t, "10.0.0.0/8", 1), 0); /* there is room for it again */
	assert_int_equal(longest(t, "10.0.0.1"), 1);
	prefix_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_of_the_instance_and_family_is_found),
		cmocka_unit_test(only_the_very_prefix_is_exact),
		cmocka_unit_test(a_prefix_stands_in_it_once),
		cmocka_unit_test(rows_keep_the_order_of_adding),
		cmocka_unit_test(the_free_prefix_spares_what_is_configured),
		cmocka_unit_test(a_family_without_a_table_is_refused),
		cmocka_unit_test(a_row_that_is_removed_is_found_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
