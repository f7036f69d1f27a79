/* keymap: records by key, inserted and removed. */
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

static void a_removed_record_is_not_found_and_leaves_room_and_its_link(void **state)
{
	static struct item items[200], extra; /* on 256 buckets: some chains have several */
	struct keymap *m = keymap_new(200, ITEM_KEY, 5, secret);
	struct keymap_node *next;

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		snprintf((char *)items[i].key, 5, "%04u", i);
		assert_ptr_equal(keymap_insert(m, &items[i].node), &items[i].node);
	}
	memcpy(extra.key, "more", 5);
	assert_null(keymap_insert(m, &extra.node));
	for (unsigned int i = 0; i < 200; i += 2) {
		next = items[i].node.next;
		keymap_remove(m, &items[i].node);
		assert_ptr_equal(items[i].node.next, next); /* whoever stands there goes on */
	}
	assert_int_equal(keymap_count(m), 100);
	for (unsigned int i = 0; i < 200; i++)
		assert_ptr_equal(keymap_find(m, items[i].key), i % 2 ? &items[i].node : NULL);
	assert_ptr_equal(keymap_insert(m, &extra.node), &extra.node);
	keymap_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keymap_finds_what_was_inserted_and_is_bounded),
		cmocka_unit_test(a_removed_record_is_not_found_and_leaves_room_and_its_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
