/* api_fixture: an HTTP interface on a unix socket of its own, a few paths, and a client of it, in
 * one process. */
#ifndef SUNWARD_TESTS_UNIT_API_FIXTURE_H
#define SUNWARD_TESTS_UNIT_API_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>

#include "lib/base/log.h"
#include "lib/service/api.h"
#include "lib/service/metrics.h"

struct fixture {
	char dir[64], path[96];
	struct event_base *base;
	struct metrics *metrics;
	struct log log;
	char logged[512];
	struct api *api;
	struct api_request *waiting; /* an answer that is given later */
	const char *not_ready;
	unsigned int puts;
};

/* Set-up and tear-down of a test: with bounds that are soon reached, or with @with. */
int fixture_begin(void **state);
int fixture_begin_with(void **state, const struct api_options *with);
int fixture_end(void **state);

/* A connection. */
int dial(const struct fixture *f);
void say(int fd, const char *text);
/* Run the server until @fd gives text with @until in it, or its end (@until NULL); at most 20 s. */
void hear(struct fixture *f, int fd, char *text, size_t size, const char *until);
/* One request, with the header lines @more; what comes until the end, overwritten by the next. */
char *ask(struct fixture *f, const char *method, const char *path, const char *more,
	const char *body);
void expect(struct fixture *f, const char *method, const char *path, const char *body,
	const char *status, const char *want);

#endif
