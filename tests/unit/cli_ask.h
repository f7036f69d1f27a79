/* cli_ask: one command line against one daemon that plays a script; what it asked. */
#ifndef SUNWARD_TESTS_UNIT_CLI_ASK_H
#define SUNWARD_TESTS_UNIT_CLI_ASK_H

#include "tests/unit/cli_run.h"
#include "tests/unit/fake_http.h"

/* Run @line against one daemon that plays @script. What was asked stands in h->requests, until
 * fake_http_free(). */
void cli_ask(struct cli_run *r, struct fake_http *h, const char *line,
	const struct fake_answer *script, unsigned int count);
/* The line of the request @i is @want, or the test fails. */
void cli_asked(const struct fake_http *h, unsigned int i, const char *want);
/* Borrowed from @h. */
const char *cli_body(const struct fake_http *h, unsigned int i);

#endif
