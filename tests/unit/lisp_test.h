/* lisp_test: what the tests of the codec share: values from text, faults as text, and random specs
 * from a seed that a failure prints. */
#ifndef SUNWARD_TESTS_UNIT_LISP_TEST_H
#define SUNWARD_TESTS_UNIT_LISP_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/random.h"
#include "lisp/lcaf.h"

#define PROPERTY_ROUNDS 2000

static inline struct address test_address(const char *text)
{
	struct address a;

	if (!address_parse(&a, text))
		fail_msg("not an address: %s", text);
	return a;
}

static inline struct eid test_eid(const char *text)
{
	const char *why;
	struct eid e;

	if (!eid_parse(&e, text, &why))
		fail_msg("not an EID: %s: %s", text, why);
	return e;
}

static inline void assert_eid(const struct eid *e, const char *want)
{
	char text[EID_TEXT];

	assert_string_equal(eid_format(e, text, sizeof(text)), want);
}

static inline void assert_address(const struct address *a, const char *want)
{
	char text[ADDRESS_TEXT];

	assert_string_equal(address_format(a, text, sizeof(text)), want);
}

/* A refused message: its error, and the fault's text in full. */
static inline void assert_fault(
	int err, int want_err, const struct wire_fault *fault, const char *want)
{
	char text[256];

	assert_string_equal(wire_fault_text(fault, text, sizeof(text)), want);
	assert_int_equal(err, want_err);
}

/* Parse a copy of exactly @len bytes, so that a sanitizer sees every byte too far. */
#define PARSE_EXACT(parse, pkt, len, m, fault)                                                     \
	({                                                                                         \
		uint8_t *copy_ = malloc((len) ? (len) : 1);                                        \
		int err_;                                                                          \
		memcpy(copy_, pkt, len);                                                           \
		err_ = parse(copy_, len, m, fault);                                                \
		free(copy_);                                                                       \
		err_;                                                                              \
	})

/* Every shorter message is refused. */
#define ASSERT_NO_PREFIX_PARSES(parse, pkt, len, m)                                                \
	do {                                                                                       \
		struct wire_fault fault_;                                                          \
		for (size_t n_ = 0; n_ < (len); n_++)                                              \
			if (!PARSE_EXACT(parse, pkt, n_, m, &fault_))                              \
				fail_msg("the first %zu bytes alone were accepted", n_);           \
	} while (0)

static inline struct address test_random_address(struct random *random, bool ip)
{
	static const struct {
		uint16_t afi;
		uint8_t len;
	} kinds[] = {{AFI_IPV4, 4}, {AFI_IPV6, 16}, {AFI_MAC, 6}, {AFI_NAME, 0}};
	unsigned int kind = random_u64(random) % (ip ? 2 : 4);
	uint8_t len = kinds[kind].len, bytes[ADDRESS_MAX] = {0};
	struct address a;

	if (kinds[kind].afi == AFI_NAME)
		len = (uint8_t)(1 + random_u64(random) % ADDRESS_MAX);
	for (unsigned int i = 0; i < len; i++)
		bytes[i] = (uint8_t)(1 + random_u64(random) % 255);
	if (kinds[kind].afi == AFI_NAME)
		bytes[len - 1] = 0;
	if (!address_set(&a, kinds[kind].afi, bytes, len))
		fail_msg("afi %u length %u", kinds[kind].afi, len);
	return a;
}

static inline struct eid test_random_eid(struct random *random)
{
	struct eid e = {.addr = test_random_address(random, false)};

	e.iid = random_u64(random) % 2 ? (uint32_t)random_u64(random) : 0;
	e.plen = (uint8_t)address_bits(&e.addr);
	if (e.addr.afi != AFI_NAME)
		e.plen = (uint8_t)(random_u64(random) % (e.plen + 1u));
	eid_mask(&e);
	return e;
}

#endif
