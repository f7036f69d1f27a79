/* Checksums against values worked by hand or taken from RFCs 1071 and 1624. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/checksum.h"

static void sums_the_example_of_rfc_1071(void **state)
{
	/* Section 3: the sum is ddf2, the checksum its complement. */
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	assert_int_equal(checksum_of(bytes, 8), 0x220d);
	assert_int_equal(
		checksum_finish(checksum_add(checksum_add(0, bytes, 2), bytes + 2, 6)), 0x220d);
	assert_int_equal(checksum_of(bytes, 3), 0x0dfe); /* 0001 + f200 = f201 */
	assert_int_equal(checksum_of(bytes, 0), 0xffff);
}

static void sums_an_ipv4_header(void **state)
{
	uint8_t header[] = {0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11, 0x00, 0x00,
		0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7};

	assert_int_equal(checksum_of(header, 20), 0xb861);
	header[10] = 0xb8;
	header[11] = 0x61;
	assert_int_equal(checksum_of(header, 20), 0);
}

static void sums_udp_with_both_pseudo_headers(void **state)
{
	/* 1.2.3.4 -> 5.6.7.8, ports 1, 2, length 9, one byte ff:
	 * 0102+0304+0506+0708 + 0011 + 0009 + 0001+0002+0009+ff00 = 10f3a, folded 0f3b. */
	static const uint8_t udp[] = {0, 1, 0, 2, 0, 9, 0, 0, 0xff};
	struct address a, b;

	assert_true(address_parse(&a, "1.2.3.4") && address_parse(&b, "5.6.7.8"));
	assert_int_equal(checksum_udp(&a, &b, udp, 9), 0xf0c4);
	/* ::1 -> ::2: 0001+0002 + 0009 + 0011 + 0001+0002+0009+ff00 = ff29. */
	assert_true(address_parse(&a, "::1") && address_parse(&b, "::2"));
	assert_int_equal(checksum_udp(&a, &b, udp, 9), 0x00d6);
	assert_int_equal(checksum_upper(&a, &b, 17, udp, 9), 0x00d6);
}

static void a_udp_checksum_is_never_zero(void **state)
{
	/* 0.0.0.0 -> 0.0.0.0: 0011 + 000a + 000a + ffda = ffff. */
	static const uint8_t udp[] = {0, 0, 0, 0, 0, 10, 0, 0, 0xff, 0xda};
	struct address a;

	assert_true(address_parse(&a, "0.0.0.0"));
	assert_int_equal(checksum_upper(&a, &a, 17, udp, 10), 0);
	assert_int_equal(checksum_udp(&a, &a, udp, 10), 0xffff);
}

static void updates_the_example_of_rfc_1624(void **state)
{
	/* Section 4: HC = DD2F, a field from 5555 to 3285 gives 0000, where equation 2 of RFC 1141
	 * gave FFFF. */
	assert_int_equal(checksum_update16(0xdd2f, 0x5555, 0x3285), 0x0000);
}

static void updating_equals_summing_again(void **state)
{
	const unsigned int seed = 1624;
	uint8_t b[20];

	srand(seed);
	for (int i = 0; i < 10000; i++) {
		uint32_t old, new = (uint32_t)rand();
		uint16_t before;

		for (size_t k = 0; k < sizeof(b); k++)
			b[k] = (uint8_t)rand();
		b[0] |= 1; /* not all zero, where +0 and -0 differ */
		before = checksum_of(b, sizeof(b));
		old = (uint32_t)b[8] << 24 | (uint32_t)b[9] << 16 | (uint32_t)b[10] << 8 | b[11];
		for (int k = 0; k < 4; k++)
			b[8 + k] = (uint8_t)(new >> (24 - 8 * k));
		if (checksum_update32(before, old, new) != checksum_of(b, sizeof(b)))
			fail_msg("seed %u, round %d: got %04x, expected %04x", seed, i,
				checksum_update32(before, old, new), checksum_of(b, sizeof(b)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sums_the_example_of_rfc_1071),
		cmocka_unit_test(sums_an_ipv4_header),
		cmocka_unit_test(sums_udp_with_both_pseudo_headers),
		cmocka_unit_test(a_udp_checksum_is_never_zero),
		cmocka_unit_test(updates_the_example_of_rfc_1624),
		cmocka_unit_test(updating_equals_summing_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
