/* trill_test: what the tests of the TRILL codec share. The letter that a test's name begins with is
 * the item of docs/trill.md that it proves. */
#ifndef SUNWARD_TESTS_UNIT_TRILL_TEST_H
#define SUNWARD_TESTS_UNIT_TRILL_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "trill/codec/tlv.h"

/* "8100 22f3" becomes bytes; blanks do not count. Returns how many. */
static inline size_t hex(uint8_t *out, size_t cap, const char *text)
{
	size_t n = 0;
	unsigned int byte;

	while (*text) {
		if (*text == ' ') {
			text++;
			continue;
		}
		if (n == cap || sscanf(text, "%2x", &byte) != 1)
			fail_msg("not hex: %s", text);
		out[n++] = (uint8_t)byte;
		text += 2;
	}
	return n;
}

/* The bytes written are those spelled out. */
static inline void assert_bytes(const void *got, size_t len, const char *want)
{
	char text[8192];
	uint8_t bytes[4096];
	size_t n = hex(bytes, sizeof(bytes), want), at = 0;

	for (size_t i = 0; i < len && at + 3 < sizeof(text); i++)
		at += (size_t)snprintf(text + at, 3, "%02x", ((const uint8_t *)got)[i]);
	text[at] = 0;
	if (n != len || memcmp(got, bytes, n))
		fail_msg("wrote %s, should be %s", text, want);
}

/* An error by its name, so that a failure tells what came. */
static inline void assert_error(int err, int want)
{
	if (err != want)
		fail_msg("%s, should be %s", trill_error_name(err), trill_error_name(want));
}

/* A value in memory of its exact size, so that a sanitizer sees every byte too far. */
struct exact {
	uint8_t *bytes;
	size_t len;
};

static inline struct exact exact_of(const void *bytes, size_t len)
{
	struct exact e = {.bytes = malloc(len ? len : 1), .len = len};

	if (len)
		memcpy(e.bytes, bytes, len);
	return e;
}

static inline struct exact exact_hex(const char *text)
{
	uint8_t bytes[4096];
	size_t n = hex(bytes, sizeof(bytes), text);

	return exact_of(bytes, n);
}

static inline struct tlv tlv_of(unsigned int type, const struct exact *e)
{
	return (struct tlv){.type = type, .len = e->len, .value = e->bytes};
}

#define WRITER(w)                                                                                  \
	static uint8_t w##_bytes[4096];                                                            \
	struct wire_writer w;                                                                      \
	wire_writer_init(&w, w##_bytes, sizeof(w##_bytes))

#endif
