/* See cli_ask.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/cli_ask.h"

void cli_ask(struct cli_run *r, struct fake_http *h, const char *line,
	const struct fake_answer *script, unsigned int count)
{
	char whole[1024];

	fake_http_start(h, "api.sock", script, count);
	snprintf(whole, sizeof(whole), "--socket %s %s", h->path, line);
	cli_run(r, whole);
	fake_http_stop(h);
}

void cli_asked(const struct fake_http *h, unsigned int i, const char *want)
{
	char line[512];

	assert_true(i < h->asked);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(h->requests[i], "\r"), h->requests[i]);
	assert_string_equal(line, want);
}

const char *cli_body(const struct fake_http *h, unsigned int i)
{
	return strstr(h->requests[i], "\r\n\r\n") + 4;
}
