/* Tenants by instance-ID (RFC 8060 section 4.1: 32 bits): ranges, whose an instance is, and what is
 * kept from one table to the next. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <errno.h>
#include <string.h>

#include <cmocka.h>

#include "mapserver/tenant.h"

static void ranges_are_read_and_written(void **state)
{
	static const char *const right[] = {"0", "10", "100-199", "4294967295", "0-4294967295"};
	static const char *const wrong[] = {"", "x", "-", "-1", "1-", "5-3", "1-2-3", "4294967296",
		"1-4294967296", " 1", "1 ", "+1", "0x10", "99999999999999999999"};
	struct tenant_range r;
	char text[24];

	(void)state;
	for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
		assert_true(tenant_range_parse(&r, right[i]));
		assert_string_equal(tenant_range_format(&r, text, sizeof(text)), right[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (tenant_range_parse(&r, wrong[i]))
			fail_msg("\"%s\" was taken for %s", wrong[i],
				tenant_range_format(&r, text, sizeof(text)));
	assert_true(tenant_range_parse(&r, "7-7"));
	assert_string_equal(tenant_range_format(&r, text, sizeof(text)), "7");
}

static struct tenant *add(struct tenant_table *t, const char *name)
{
	const struct tenant_quota none = {0};
	struct tenant *tenant = NULL;

	assert_int_equal(tenant_table_add(t, name, &none, &tenant), 0);
	return tenant;
}

static int range(struct tenant_table *t, struct tenant *tenant, uint32_t first, uint32_t last)
{
	const struct tenant *holder;

	return tenant_table_add_range(t, tenant, first, last, &holder);
}

static const char *of(const struct tenant_table *t, uint32_t iid)
{
	const struct tenant *tenant = tenant_table_of(t, iid);

	return tenant ? tenant->name : "nobody";
}

static void each_instance_is_its_holders_to_the_last(void **state)
{
	struct tenant_table *t = tenant_table_new(false);
	struct tenant *a = add(t, "a"), *b = add(t, "b"), *c = add(t, "c");

	(void)state;
	assert_int_equal(range(t, b, 100, 199), 0); /* in no order */
	assert_int_equal(range(t, a, 200, 200), 0);
	assert_int_equal(range(t, a, 10, 99), 0);
	assert_int_equal(range(t, c, 0, 0), 0);
	assert_int_equal(range(t, c, UINT32_MAX, UINT32_MAX), 0);
	assert_string_equal(of(t, 0), "c");
	assert_string_equal(of(t, 1), "nobody");
	assert_string_equal(of(t, 9), "nobody");
	assert_string_equal(of(t, 10), "a");
	assert_string_equal(of(t, 99), "a");
	assert_string_equal(of(t, 100), "b");
	assert_string_equal(of(t, 199), "b");
	assert_string_equal(of(t, 200), "a");
	assert_string_equal(of(t, 201), "nobody");
	assert_string_equal(of(t, UINT32_MAX - 1), "nobody");
	assert_string_equal(of(t, UINT32_MAX), "c");
	assert_string_equal(of(NULL, 10), "nobody");
	tenant_table_free(t);
}

static void no_instance_has_two_holders(void **state)
{
	static const struct tenant_range taken[] = {{100, 199}, {100, 100}, {199, 199}, {150, 160},
		{0, 100}, {199, 300}, {0, UINT32_MAX}};
	struct tenant_table *t = tenant_table_new(false);
	struct tenant *a = add(t, "a"), *b = add(t, "b"), *again = NULL;
	const struct tenant_quota none = {0};
	const struct tenant *holder;

	(void)state;
	assert_int_equal(range(t, a, 100, 199), 0);
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++) {
		assert_int_equal(
			tenant_table_add_range(t, b, taken[i].first, taken[i].last, &holder),
			-EEXIST);
		assert_ptr_equal(holder, a);
	}
	assert_int_equal(range(t, a, 150, 150), -EEXIST); /* its own, a second time */
	assert_int_equal(range(t, b, 5, 3), -EINVAL);
	assert_int_equal(b->range_count, 0);
	assert_int_equal(tenant_table_add(t, "a", &none, &again), -EEXIST);
	assert_int_equal(tenant_table_count(t), 2);
	assert_int_equal(range(t, b, 99, 99), 0);
	assert_int_equal(range(t, b, 200, 200), 0);
	tenant_table_free(t);
}

static void what_was_refused_outlives_the_table(void **state)
{
	struct tenant_uses *uses = tenant_uses_new();
	struct tenant_table *t = tenant_table_new(false), *next = tenant_table_new(true);
	struct tenant *a = add(t, "a"), *b, *a2;

	(void)state;
	assert_false(tenant_uses_any(uses));
	assert_int_equal(tenant_table_bind(t, uses), 0);
	assert_true(tenant_uses_any(uses));
	tenant_count_refusal(a, TENANT_REFUSED_MAPPING);
	b = add(next, "b");
	a2 = add(next, "a");
	assert_int_equal(tenant_table_bind(next, uses), 0);
	assert_int_equal(tenant_refused(a2, TENANT_REFUSED_MAPPING), 1);
	assert_int_equal(tenant_refused(a2, TENANT_REFUSED_XTR), 0);
	assert_int_equal(tenant_refused(b, TENANT_REFUSED_MAPPING), 0);
	assert_ptr_equal(a->use, a2->use);
	assert_false(tenant_table_only(t));
	assert_true(tenant_table_only(next));
	assert_false(tenant_table_only(NULL));
	assert_ptr_equal(tenant_table_named(next, "a"), a2);
	assert_null(tenant_table_named(next, "c"));
	assert_int_equal(tenant_table_bind(NULL, uses), 0);
	tenant_table_free(t);
	tenant_table_free(next);
	tenant_uses_free(uses);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ranges_are_read_and_written),
		cmocka_unit_test(each_instance_is_its_holders_to_the_last),
		cmocka_unit_test(no_instance_has_two_holders),
		cmocka_unit_test(what_was_refused_outlives_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
