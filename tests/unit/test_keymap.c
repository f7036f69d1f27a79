/* keymap: records by key, inserted and never removed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/table/keymap.h"

static const uint8_t secret[16] = "table-test-key";

struct item {
	int before;
	struct keymap_node node;
	uint8_t key[5];
};

#define ITEM_KEY (offsetof(struct item, key) - offsetof(struct item, node))

static void count_node(struct keymap_node *node, void *arg)
{
	(void)node;
	++*(unsigned int *)arg;
}

static void keymap_finds_what_was_inserted_and_is_bounded(void **state)
{
	static struct item items[1000], extra, twin;
	struct keymap *m = keymap_new(1000, ITEM_KEY, 5, secret);
	unsigned int seen = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		snprintf((char *)items[i].key, 5, "%04u", i);
		assert_ptr_equal(keymap_insert(m, &items[i].node), &items[i].node);
	}
	for (unsigned int i = 0; i < 1000; i++)
		assert_ptr_equal(keymap_find(m, items[i].key), &items[i].node);
	memcpy(twin.key, items[7].key, 5);
	assert_ptr_equal(keymap_insert(m, &twin.node), &items[7].node);
	memcpy(extra.key, "none", 5);
	assert_null(keymap_find(m, extra.key));
	assert_null(keymap_insert(m, &extra.node)); /* full */
	assert_int_equal(keymap_count(m), 1000);
	keymap_each(m, count_node, &seen);
	assert_int_equal(seen, 1000);
	keymap_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keymap_finds_what_was_inserted_and_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
