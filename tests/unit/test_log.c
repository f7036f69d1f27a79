/* The log: levels, escaping, cutting, the rate limit and its count, stderr in both dresses. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/log.h"

struct caught {
	unsigned int lines;
	unsigned long long suppressed;
	enum log_level level;
	char last[2 * LOG_LINE_MAX];
	pthread_mutex_t lock;
};

static void catch_line(struct log *log, enum log_level level, const char *line)
{
	struct caught *c = log->arg;
	const char *more = strrchr(line, '(');
	unsigned long long n;

	pthread_mutex_lock(&c->lock);
	c->lines++;
	c->level = level;
	snprintf(c->last, sizeof(c->last), "%s", line);
	if (more && sscanf(more, "(%llu more like it suppressed)", &n) == 1)
		c->suppressed += n;
	pthread_mutex_unlock(&c->lock);
}

static void lines_above_the_level_are_not_written(void **state)
{
	struct caught c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	enum log_level level;
	struct log log;

	log_init_sink(&log, catch_line, &c);
	log_debug(&log, "%s %d", "text", 5);
	assert_string_equal(c.last, "text 5");
	assert_int_equal(c.level, LOG_LEVEL_DEBUG);
	assert_true(log_level_parse(&level, "warning"));
	log_level_set(&log, level);
	log_info(&log, "no");
	log_write(&log, LOG_LEVEL_INFO, "no");
	assert_int_equal(c.lines, 1);
	log_warning(&log, "yes");
	log_error(&log, "yes");
	assert_int_equal(c.lines, 3);
	assert_int_equal(c.level, LOG_LEVEL_ERROR);
	assert_false(log_level_parse(&level, "loud"));
	assert_string_equal(log_level_name(LOG_LEVEL_INFO), "info");
	log_error((struct log *)NULL, "no one listens");
}

static void what_peers_send_is_escaped(void **state)
{
	struct caught c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct log log;

	log_init_sink(&log, catch_line, &c);
	log_info(&log, "name %s.", "a\nb\x1b[2J\x7f\xc3\xa4");
	assert_string_equal(c.last, "name a\\x0ab\\x1b[2J\\x7f\\xc3\\xa4.");
}

static void long_lines_are_cut(void **state)
{
	char text[3 * LOG_LINE_MAX];
	struct caught c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct log log;

	log_init_sink(&log, catch_line, &c);
	for (char fill = 'x'; fill; fill = fill == 'x' ? '\n' : 0) {
		memset(text, fill, sizeof(text) - 1);
		text[sizeof(text) - 1] = 0;
		log_info(&log, "%s", text);
		assert_in_range(strlen(c.last), LOG_LINE_MAX - 10, LOG_LINE_MAX - 1);
		assert_string_equal(c.last + strlen(c.last) - 3, "...");
	}
}

static void a_flood_is_counted_and_told(void **state)
{
	struct mono now = {1000000000};
	struct log_limit reason = {0}, other = {0};
	struct caught c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct log log;

	log_init_sink(&log, catch_line, &c);
	for (int i = 0; i < 322; i++)
		log_limited(&log, &reason, now, LOG_LEVEL_WARNING, "from %s: bad", "192.0.2.1");
	assert_int_equal(c.lines, 10);
	assert_string_equal(c.last, "from 192.0.2.1: bad");
	log_limited(&log, &other, now, LOG_LEVEL_WARNING, "another reason");
	assert_string_equal(c.last, "another reason");
	now = mono_add_s(now, 5);
	log_limited(&log, &reason, now, LOG_LEVEL_WARNING, "from %s: bad", "192.0.2.2");
	assert_string_equal(c.last, "from 192.0.2.2: bad (312 more like it suppressed)");
	log_limited(&log, &reason, now, LOG_LEVEL_WARNING, "again");
	assert_int_equal(c.lines, 12);
	now = mono_add_s(now, 3600);
	log_limited(&log, &reason, now, LOG_LEVEL_WARNING, "again");
	assert_string_equal(c.last, "again (1 more like it suppressed)");
	log_limited(&log, &reason, now, LOG_LEVEL_WARNING, "again");
	assert_string_equal(c.last, "again");
}

struct flooder {
	struct log *log;
	struct log_limit *reason;
};

static void who_must_work_for_a_line_may_ask_first(void **state)
{
	struct caught c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct log log;
	struct log_limit reason = {0};
	struct mono now = {5};

	(void)state;
	log_init_sink(&log, catch_line, &c);
	assert_true(log_limit_passes(&log, &reason, now, LOG_LEVEL_WARNING));
	for (unsigned int i = 0; i < 10; i++)
		log_limited(&log, &reason, now, LOG_LEVEL_WARNING, "bad");
	assert_int_equal(c.lines, 10); /* asking took no line */
	for (unsigned int i = 0; i < 3; i++)
		assert_false(log_limit_passes(&log, &reason, now, LOG_LEVEL_WARNING));
	log_limited(&log, &reason, mono_add_s(now, 5), LOG_LEVEL_WARNING, "bad");
	assert_string_equal(c.last, "bad (3 more like it suppressed)");
	log_level_set(&log, LOG_LEVEL_ERROR);
	assert_false(log_limit_passes(&log, &reason, mono_add_s(now, 99), LOG_LEVEL_WARNING));
}

static void *flood(void *arg)
{
	struct flooder *f = arg;

	for (uint64_t i = 0; i < 20000; i++)
		log_limited(f->log, f->reason, mono_add_ms((struct mono){0}, i), LOG_LEVEL_WARNING,
			"line %llu", (unsigned long long)i);
	return NULL;
}

static void threads_lose_no_count(void **state)
{
	struct log_limit reason = {0};
	struct caught c = {.lock = PTHREAD_MUTEX_INITIALIZER};
	struct flooder f;
	pthread_t threads[4];
	struct log log;

	log_init_sink(&log, catch_line, &c);
	f = (struct flooder){&log, &reason};
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, flood, &f), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	log_limited(&log, &reason, mono_add_s((struct mono){0}, 1000), LOG_LEVEL_WARNING, "end");
	assert_int_equal(c.lines + c.suppressed, 80001);
	assert_in_range(c.lines, 11, 20);
}

/* Run @say with stderr going to a file, and give back what it wrote. */
static void to_stderr(void (*say)(bool journal), bool journal, char *out, size_t size)
{
	char path[] = "/tmp/sunward-test-log.XXXXXX", stream[64];
	int fd = mkstemp(path), keep = dup(STDERR_FILENO);
	struct stat st;
	ssize_t n;

	assert_true(fd >= 0 && keep >= 0);
	unlink(path);
	assert_int_equal(fstat(fd, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino + !journal);
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(fd, STDERR_FILENO);
	say(journal);
	dup2(keep, STDERR_FILENO);
	n = pread(fd, out, size - 1, 0);
	out[n > 0 ? n : 0] = 0;
	close(fd);
	close(keep);
	unsetenv("JOURNAL_STREAM");
}

static void say_two(bool journal)
{
	struct log log;

	log_init(&log, "prog");
	log_warning(&log, "first");
	log_debug(&log, "not shown");
	log_info(&log, "second");
}

static void stderr_lines_are_for_the_journal_or_for_people(void **state)
{
	char out[512], *dot;

	to_stderr(say_two, true, out, sizeof(out));
	assert_string_equal(out, "<4>first\n<6>second\n");
	to_stderr(say_two, false, out, sizeof(out));
	dot = strchr(out, '.'); /* 2026-11-21T03:04:05.678Z prog warning: first */
	assert_non_null(dot);
	assert_int_equal(dot - out, 19);
	assert_int_equal(strncmp(dot + 4, "Z prog warning: first\n", 22), 0);
	assert_non_null(strstr(out, "Z prog info: second\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_above_the_level_are_not_written),
		cmocka_unit_test(what_peers_send_is_escaped),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(a_flood_is_counted_and_told),
		cmocka_unit_test(who_must_work_for_a_line_may_ask_first),
		cmocka_unit_test(threads_lose_no_count),
		cmocka_unit_test(stderr_lines_are_for_the_journal_or_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
