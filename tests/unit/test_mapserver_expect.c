/* expect: where the EID of a message is looked for, and that nothing behind its end is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mapserver/expect.h"

/* RFC 9301 section 5.8: the inner destination of a Map-Request is its EID, here 192.0.2.9. */
static const uint8_t ecm_ipv4[] = {0x80, 0, 0, 0,                                   /* an ECM */
	0x45, 0, 0, 28, 0, 0, 0x40, 0, 64, 17, 0, 0, 198, 51, 100, 1, 192, 0, 2, 9, /* IPv4 */
	0x10, 0xf6, 0x10, 0xf6, 0, 8, 0, 0};                                        /* UDP */

/* 2001:db8::9 */
static const uint8_t ecm_ipv6[] = {0x80, 0, 0, 0,                   /* an ECM */
	0x60, 0, 0, 0, 0, 8, 17, 64,                                /* IPv6 */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* source */
	0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, /* destination */
	0x10, 0xf6, 0x10, 0xf6, 0, 8, 0, 0};                        /* UDP */

/* RFC 9301 section 5.6: one record of 192.0.2.9/32, behind a MAC of 16 bytes. */
static const uint8_t map_register[] = {0x38, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 16, 0, 0, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,                 /* the MAC */
	0, 0, 5, 0xa0, 0, 32, 0, 0, 0, 0, 0, 1, 192, 0, 2, 9}; /* the record */

/* The same of the MAC 52:54:00:00:00:09. */
static const uint8_t map_register_mac[] = {0x38, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 0, 4, 0, 0,
	0, 0, 0, 0, 5, 0xa0, 0, 48, 0, 0, 0, 0, 0, 6, 0x52, 0x54, 0, 0, 0, 9};

static const struct {
	const uint8_t *bytes;
	size_t len;
	uint16_t afi;
	size_t key, key_len; /* where the EID stands */
} messages[] = {
	{ecm_ipv4, sizeof(ecm_ipv4), AFI_IPV4, 20, 4},
	{ecm_ipv6, sizeof(ecm_ipv6), AFI_IPV6, 28, 16},
	{map_register, sizeof(map_register), AFI_IPV4, 44, 4},
	{map_register_mac, sizeof(map_register_mac), AFI_MAC, 32, 6},
};

static void each_kind_of_message_is_guessed_by_its_eid(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct expect_guess g;

		assert_true(expect_guess(messages[i].bytes, messages[i].len, &g));
		assert_int_equal(g.afi, messages[i].afi);
		assert_ptr_equal(g.key, messages[i].bytes + messages[i].key);
	}
}

/* In a block of just its size, so that a sanitizer sees a read behind it. */
static void a_message_that_ends_before_its_eid_ends_is_not_guessed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		for (size_t len = 0; len < messages[i].len; len++) {
			uint8_t *bytes = malloc(len ? len : 1);
			struct expect_guess g;
			bool whole = len >= messages[i].key + messages[i].key_len;

			assert_non_null(bytes);
			memcpy(bytes, messages[i].bytes, len);
			assert_int_equal(expect_guess(bytes, len, &g), whole);
			free(bytes);
		}
	}
}

static void what_stands_elsewhere_is_not_guessed(void **state)
{
	uint8_t security[sizeof(ecm_ipv4)], prefix[sizeof(map_register)], long_mac[16];
	struct expect_guess g;

	(void)state;
	memcpy(security, ecm_ipv4, sizeof(ecm_ipv4));
	security[0] |= 0x08; /* S: authentication data before the inner header */
	assert_false(expect_guess(security, sizeof(security), &g));
	memcpy(prefix, map_register, sizeof(map_register));
	prefix[37] = 24; /* no host */
	assert_false(expect_guess(prefix, sizeof(prefix), &g));
	memcpy(long_mac, map_register, sizeof(long_mac));
	long_mac[14] = long_mac[15] = 0xff;
	assert_false(expect_guess(long_mac, sizeof(long_mac), &g));
	assert_false(expect_guess((const uint8_t[12]){0x10}, 12, &g)); /* a bare Map-Request */
}

static void guesses_are_fetched_from_an_empty_registry_too(void **state)
{
	const struct registry_options options = {.instances_max = 1, .secret = "expect-test"};
	struct registry *r = registry_new(&options);
	struct expect_guess list[EXPECT_MAX + 1];

	(void)state;
	assert_non_null(r);
	for (size_t i = 0; i < EXPECT_MAX + 1; i++)
		assert_true(expect_guess(ecm_ipv4, sizeof(ecm_ipv4), &list[i]));
	expect_fetch(r, list, 0);
	expect_fetch(r, list, EXPECT_MAX + 1);
	assert_int_equal(registry_count(r), 0);
	registry_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_message_is_guessed_by_its_eid),
		cmocka_unit_test(a_message_that_ends_before_its_eid_ends_is_not_guessed),
		cmocka_unit_test(what_stands_elsewhere_is_not_guessed),
		cmocka_unit_test(guesses_are_fetched_from_an_empty_registry_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
