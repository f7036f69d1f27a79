/* The cursor: values, the sticky fault, sub-readers, and the writer's refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/wire.h"

static void reads_network_order(void **state)
{
	static const uint8_t in[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, in, sizeof(in), &fault);
	assert_int_equal(wire_get_u8(&r, "a"), 1);
	assert_int_equal(wire_get_u16(&r, "b"), 0x0203);
	assert_int_equal(wire_get_u24(&r, "c"), 0x040506);
	assert_int_equal(wire_get_u32(&r, "d"), 0x0708090a);
	assert_true(wire_get_u64(&r, "e") == 0x0b0c0d0e0f101112);
	wire_expect_end(&r, "message");
	assert_true(wire_ok(&r));
}

static void the_first_fault_sticks(void **state)
{
	static const uint8_t in[] = {1, 2, 3};
	struct wire_fault fault;
	struct wire_reader r;
	char text[128];

	wire_reader_init(&r, in, sizeof(in), &fault);
	wire_get_u8(&r, "first");
	wire_part(&r, "locator", 3);
	assert_int_equal(wire_get_u32(&r, "priority"), 0);
	assert_int_equal(wire_get_u8(&r, "later"), 0);
	assert_null(wire_get_bytes(&r, 0, "later"));
	assert_int_equal(wire_left(&r), 0);
	assert_string_equal(wire_fault_text(&fault, text, sizeof(text)),
		"locator 3: priority truncated at byte 1 (need 4, have 2)");
}

static void a_sub_reader_is_bounded_and_shares_the_fault(void **state)
{
	static const uint8_t in[] = {1, 2, 3, 4};
	struct wire_fault fault;
	struct wire_reader r, sub;

	wire_reader_init(&r, in, sizeof(in), &fault);
	sub = wire_get_sub(&r, 2, "tlv");
	assert_int_equal(wire_get_u8(&sub, "x"), 1);
	assert_int_equal(wire_get_u8(&r, "after"), 3);
	assert_int_equal(wire_get_u16(&sub, "y"), 0);
	assert_false(wire_ok(&r));
	assert_int_equal(fault.offset, 1);
}

static void leftovers_and_bad_values_are_told(void **state)
{
	static const uint8_t in[] = {40, 2};
	struct wire_fault fault;
	struct wire_reader r;
	char text[128];

	wire_reader_init(&r, in, sizeof(in), &fault);
	wire_get_u8(&r, "mask-len");
	wire_refuse(&r, "mask-len", 0, 40, "0 to 32");
	assert_string_equal(wire_fault_text(&fault, text, sizeof(text)),
		"mask-len is 40 at byte 0 (want 0 to 32)");
	wire_reader_init(&r, in, sizeof(in), &fault);
	wire_get_u8(&r, "mask-len");
	wire_expect_end(&r, "record");
	assert_string_equal(wire_fault_text(&fault, text, sizeof(text)),
		"1 bytes left over after record at byte 1");
}

static void writes_what_reads_back(void **state)
{
	static const uint8_t want[] = {
		0xff, 0xab, 0xcd, 0x01, 0x02, 0x03, 0xde, 0xad, 0xbe, 0xef, 0, 0};
	uint8_t out[12];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	wire_put_u8(&w, 0);
	wire_put_u16(&w, 0xabcd);
	wire_put_u24(&w, 0x010203);
	wire_put_u32(&w, 0xdeadbeef);
	wire_put_zero(&w, 2);
	wire_patch_u8(&w, 0, 0xff);
	assert_true(wire_written(&w));
	assert_memory_equal(out, want, sizeof(want));
	wire_put_u8(&w, 1);
	assert_false(wire_written(&w));
}

static void refuses_values_too_wide(void **state)
{
	uint8_t out[8];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	wire_put_u8(&w, 256);
	assert_false(wire_written(&w));
	wire_writer_init(&w, out, sizeof(out));
	wire_put_u24(&w, 0x1000000);
	assert_false(wire_written(&w));
	wire_writer_init(&w, out, sizeof(out));
	wire_put_u16(&w, 1);
	wire_patch_u16(&w, 1, 2);
	assert_false(wire_written(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_network_order),
		cmocka_unit_test(the_first_fault_sticks),
		cmocka_unit_test(a_sub_reader_is_bounded_and_shares_the_fault),
		cmocka_unit_test(leftovers_and_bad_values_are_told),
		cmocka_unit_test(writes_what_reads_back),
		cmocka_unit_test(refuses_values_too_wide),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
