/* The outbox: what is committed stands there in order; what does not fit is refused and counted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/outbox.h"

static void keeps_datagrams_in_order(void **state)
{
	struct outbox *o = outbox_new(4, 64);
	struct address from;
	struct endpoint to;
	uint8_t *room;

	assert_true(endpoint_parse(&to, "192.0.2.1:4342", 0));
	assert_true(address_parse(&from, "192.0.2.9"));
	room = outbox_begin(o, 10);
	memcpy(room, "first", 5);
	outbox_commit(o, 5, &to, NULL);
	assert_non_null(outbox_begin(o, 20)); /* left unfinished */
	to.port = 4341;
	room = outbox_begin(o, 59);
	memcpy(room, "second!", 7);
	outbox_commit(o, 7, &to, &from);
	assert_int_equal(o->count, 2);
	assert_memory_equal(outbox_bytes(o, 0), "first", 5);
	assert_int_equal(o->list[0].len, 5);
	assert_int_equal(o->list[0].to.port, 4342);
	assert_int_equal(o->list[0].from.afi, AFI_NONE);
	assert_memory_equal(outbox_bytes(o, 1), "second!", 7);
	assert_int_equal(o->list[1].to.port, 4341);
	assert_true(address_equal(&o->list[1].from, &from));
	assert_true(o->refused == 0);
	outbox_free(o);
}

static void refuses_and_counts_what_does_not_fit(void **state)
{
	struct outbox *o = outbox_new(2, 16);
	struct endpoint to = {.port = 1};

	assert_null(outbox_begin(o, 17));
	assert_true(o->refused == 1);
	assert_non_null(outbox_begin(o, 16));
	outbox_commit(o, 1, &to, NULL);
	assert_null(outbox_begin(o, 16));
	assert_null(outbox_begin(o, UINT32_MAX));
	assert_non_null(outbox_begin(o, 15));
	outbox_commit(o, 1, &to, NULL);
	assert_null(outbox_begin(o, 1)); /* bytes are left, places are not */
	assert_true(o->refused == 4);
	outbox_clear(o);
	assert_non_null(outbox_begin(o, 16));
	assert_true(o->refused == 4);
	outbox_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_datagrams_in_order),
		cmocka_unit_test(refuses_and_counts_what_does_not_fit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
