/* See bpf_frame.h. */
#include "tests/netns/bpf_frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

struct frame hex(const char *text)
{
	struct frame f = {.len = 0};
	unsigned int byte;
	int n;

	while (sscanf(text, " %2x%n", &byte, &n) == 1) {
		f.bytes[f.len++] = byte;
		text += n;
	}
	assert_true(strspn(text, " ") == strlen(text));
	return f;
}

void assert_frame(const struct frame *got, const char *want)
{
	uint32_t at = 0;
	char two[3] = "";

	for (;; at++) {
		want += strspn(want, " ");
		if (!*want)
			break;
		memcpy(two, want, 2);
		want += 2;
		if (at >= got->len)
			fail_msg("frame ends at byte %u, expected %s there", at, two);
		if (strcmp(two, "..") != 0 && strtoul(two, NULL, 16) != got->bytes[at])
			fail_msg("byte %u is %02x, expected %s", at, got->bytes[at], two);
	}
	assert_int_equal(got->len, at);
}
