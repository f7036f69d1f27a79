/* disk: what outlives what; and what the map-server must have there before it goes on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/stored.h"
#include "mapserver/seq_floor.h"
#include "tests/sim/disk.h"

static const char *const tables[] = {"a", NULL};

static void on_done(void *arg, int result)
{
	(void)arg;
	assert_int_equal(result, 0);
}

static void put(struct disk *d, const char *key, const char *value)
{
	const struct store_change c = {0, key, strlen(key), value, value ? strlen(value) : 0};

	store_submit(disk_open(d), &c, 1, on_done, NULL);
}

static void check(struct disk *d, const char *key, const char *value)
{
	char got[16] = "";
	size_t len = sizeof(got);
	int err = store_get(disk_open(d), 0, key, strlen(key), got, &len);

	assert_int_equal(err == 0, value != NULL);
	if (value)
		assert_string_equal(got, value);
}

static void power_loss_takes_what_came_after_the_last_sync(void **state)
{
	struct disk *d = disk_new(tables);

	(void)state;
	put(d, "one", "1");
	put(d, "two", "2");
	assert_int_equal(store_sync(disk_open(d)), 0);
	put(d, "one", "changed");
	put(d, "two", NULL);
	put(d, "three", "3");
	store_close(disk_open(d)); /* killed: it stays */
	check(d, "one", "changed");
	check(d, "two", NULL);
	check(d, "three", "3");
	disk_lose_power(d);
	check(d, "one", "1");
	check(d, "two", "2");
	check(d, "three", NULL);
	disk_wipe(d);
	check(d, "one", NULL);
	disk_free(d);
}

/* Else the numbers that it gave in its first second would be given again. */
static void reserved_numbers_are_on_the_disk_before_the_first_is_given(void **state)
{
	struct disk *d = disk_new(stored_tables);
	uint64_t first, second;
	char why[128] = "";

	(void)state;
	assert_int_equal(seq_floor_recover(disk_open(d), 0, 0, &first, why, sizeof(why)), 0);
	disk_lose_power(d);
	assert_int_equal(seq_floor_recover(disk_open(d), 0, 0, &second, why, sizeof(why)), 0);
	assert_true(second > first);
	disk_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(power_loss_takes_what_came_after_the_last_sync),
		cmocka_unit_test(reserved_numbers_are_on_the_disk_before_the_first_is_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
