/* Locator sets for the programs: the wheel's shares, one place a set, rest before a place is used
 * anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>

#include "xtr/datapath_locset.h"

static const struct hash_key key = {1, 2};
static const struct mono t0 = {1000000000};

static struct datapath_entry entry_of(unsigned int count, const uint8_t *weights)
{
	struct datapath_entry e = {.action = DATAPATH_ENCAP, .locator_count = count};
	unsigned int i;

	for (i = 0; i < count; i++) {
		address_set(&e.locators[i].rloc, AFI_IPV4, (uint8_t[]){192, 0, 2, 1 + i}, 4);
		e.locators[i].weight = weights[i];
	}
	return e;
}

static unsigned int share(const struct contract_locset *set, unsigned int locator)
{
	unsigned int i, n = 0;

	for (i = 0; i < CONTRACT_WHEEL; i++)
		n += set->wheel[i] == locator;
	return n;
}

static struct contract_locset built(unsigned int count, const uint8_t *weights)
{
	struct datapath_entry e = entry_of(count, weights);
	struct contract_locset set;

	datapath_locset_build(&set, &e);
	return set;
}

static void weights_are_shares_of_the_wheel(void **state)
{
	struct contract_locset set = built(3, (uint8_t[]){50, 25, 25});

	assert_int_equal(set.count, 3);
	assert_int_equal(share(&set, 0), 32);
	assert_int_equal(share(&set, 1), 16);
	assert_int_equal(share(&set, 2), 16);
	set = built(4, (uint8_t[]){0, 0, 0, 0}); /* all 0: equal shares */
	assert_int_equal(share(&set, 0), 16);
	assert_int_equal(share(&set, 3), 16);
	set = built(2, (uint8_t[]){100, 0}); /* 0 beside others: none */
	assert_int_equal(share(&set, 1), 0);
	set = built(8, (uint8_t[]){1, 1, 1, 1, 1, 1, 1, 1});
	assert_int_equal(share(&set, 7), 8);
}

static void shares_are_spread_evenly(void **state)
{
	struct contract_locset set = built(2, (uint8_t[]){1, 1});
	unsigned int i;

	for (i = 1; i < CONTRACT_WHEEL; i++)
		assert_int_not_equal(set.wheel[i], set.wheel[i - 1]);
}

static void locators_that_are_not_ip_are_left_out(void **state)
{
	struct datapath_entry e = entry_of(2, (uint8_t[]){1, 1});
	struct contract_locset set;

	address_set(&e.locators[0].rloc, AFI_MAC, "abcdef", 6);
	datapath_locset_build(&set, &e);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.locators[0].family, 4);
	e.locator_count = 0;
	datapath_locset_build(&set, &e);
	assert_int_equal(set.count, 0);
}

static void one_set_has_one_place_until_nobody_uses_it(void **state)
{
	struct datapath_locsets *t = datapath_locsets_new(2, &key);
	struct contract_locset a = built(1, (uint8_t[]){1}), b = built(2, (uint8_t[]){1, 1}),
			       c = built(3, (uint8_t[]){1, 1, 1});
	bool fresh;

	assert_int_equal(datapath_locsets_take(t, &a, t0, &fresh), 0);
	assert_true(fresh);
	assert_int_equal(datapath_locsets_take(t, &a, t0, &fresh), 0);
	assert_false(fresh);
	assert_int_equal(datapath_locsets_take(t, &b, t0, &fresh), 1);
	assert_int_equal(datapath_locsets_take(t, &c, t0, &fresh), -ENOSPC);
	datapath_locsets_drop(t, 0, t0);
	assert_int_equal(datapath_locsets_used(t), 2);
	datapath_locsets_drop(t, 0, t0);
	assert_int_equal(datapath_locsets_used(t), 1);
	datapath_locsets_drop(t, 0, t0); /* once too often does no harm */
	assert_int_equal(datapath_locsets_used(t), 1);
	/* A program may still be reading the place: it rests a second. */
	assert_int_equal(datapath_locsets_take(t, &c, mono_add_ms(t0, 999), &fresh), -ENOSPC);
	assert_int_equal(datapath_locsets_take(t, &c, mono_add_ms(t0, 1000), &fresh), 0);
	assert_true(fresh);
	datapath_locsets_free(t);
}

static void what_a_former_process_left_keeps_its_place(void **state)
{
	struct datapath_locsets *t = datapath_locsets_new(4, &key);
	struct contract_locset a = built(1, (uint8_t[]){1}), b = built(2, (uint8_t[]){1, 1});
	bool fresh;

	assert_int_equal(datapath_locsets_adopt(t, 2, &a), 0);
	assert_int_equal(datapath_locsets_adopt(t, 2, &a), 0);
	assert_int_equal(datapath_locsets_adopt(t, 4, &a), -ERANGE);
	datapath_locsets_adopted(t, t0);
	assert_int_equal(datapath_locsets_take(t, &a, t0, &fresh), 2);
	assert_false(fresh);
	assert_int_equal(datapath_locsets_take(t, &b, t0, &fresh), 3); /* 0 and 1 rest */
	assert_int_equal(datapath_locsets_take(t, &(struct contract_locset){.count = 7},
				 mono_add_ms(t0, 1000), &fresh),
		0);
	datapath_locsets_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weights_are_shares_of_the_wheel),
		cmocka_unit_test(shares_are_spread_evenly),
		cmocka_unit_test(locators_that_are_not_ip_are_left_out),
		cmocka_unit_test(one_set_has_one_place_until_nobody_uses_it),
		cmocka_unit_test(what_a_former_process_left_keeps_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
