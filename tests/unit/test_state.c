/* What a daemon keeps over restarts: nonces that never go back, whatever became of the folder, the
 * clock or the disk; its ID; and records of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/state.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "tests/unit/scratch.h"

#define WALL 1700000000ull /* seconds */

struct fixture {
	char dir[64], path[80];
	struct log log;
	unsigned int lines;
	char last[LOG_LINE_MAX];
	struct random_seeded random;
};

static void on_line(struct log *log, enum log_level level, const char *line)
{
	struct fixture *f = log->arg;

	f->lines++;
	snprintf(f->last, sizeof(f->last), "%s", line);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/sunward-state-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/state", f->dir);
	log_init_sink(&f->log, on_line, f);
	random_seeded_init(&f->random, 1);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	scratch_remove(f->dir);
	free(f);
	return 0;
}

static struct state *open_at(struct fixture *f, uint64_t wall_s)
{
	struct state *s = state_open(f->path, "vmagent", wall_s, &f->log);

	if (!s)
		fail_msg("%s", f->last);
	return s;
}

/* A run that uses @count nonces and is killed. Returns the last that it used. */
static uint64_t run_and_die(struct fixture *f, uint64_t wall_s, uint64_t count)
{
	uint64_t last = 0;
	int pipes[2], status;
	pid_t child;

	assert_int_equal(pipe(pipes), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct state *s = state_open(f->path, "vmagent", wall_s, &f->log);

		if (!s)
			_exit(1);
		last = state_first_nonce(s) + count - 1;
		state_use_nonce(s, last + 1);
		if (write(pipes[1], &last, sizeof(last)) == (ssize_t)sizeof(last))
			raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	assert_int_equal(read(pipes[0], &last, sizeof(last)), sizeof(last));
	close(pipes[0]);
	close(pipes[1]);
	return last;
}

/* Opens anew, uses none, and closes. */
static uint64_t first_at(struct fixture *f, uint64_t wall_s)
{
	struct state *s = open_at(f, wall_s);
	uint64_t first = state_first_nonce(s);

	state_close(s);
	return first;
}

/* ---- nonces ---- */

static void nonces_rise_over_kill_9(void **state)
{
	struct fixture *f = *state;
	uint64_t last = 0;

	for (unsigned int i = 0; i < 3; i++) {
		uint64_t of_this = run_and_die(f, WALL, 700000);

		assert_true(of_this >= last + 700000);
		last = of_this;
	}
	assert_true(first_at(f, WALL) > last);
}

static void nonces_rise_when_the_clock_goes_back(void **state)
{
	struct fixture *f = *state;
	uint64_t last = run_and_die(f, WALL, 5);

	last = run_and_die(f, WALL - 10 * 365 * 86400, 5);
	assert_true(last > WALL << 20);
	assert_true(first_at(f, 0) > last);
}

static void nonces_rise_when_the_folder_is_lost(void **state)
{
	struct fixture *f = *state;
	uint64_t last = run_and_die(f, WALL, 900000);

	scratch_remove(f->path);
	assert_true(first_at(f, WALL + 2) > last);
}

/* Write @len bytes of 0xa5 over the file of the store from its beginning; and cut it after
 * @size. */
static void damage(struct fixture *f, size_t len, off_t size)
{
	uint8_t bytes[65536];
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/data.mdb", f->path);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	memset(bytes, 0xa5, sizeof(bytes));
	assert_true(len <= sizeof(bytes));
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	if (size >= 0)
		assert_int_equal(ftruncate(fd, size), 0);
	close(fd);
}

static void nonces_rise_over_a_damaged_a_short_and_an_empty_file(void **state)
{
	static const struct {
		size_t len;
		off_t size;
	} faults[] = {{65536, -1}, {8192, -1}, {16, -1}, {0, 100}, {0, 0}};
	struct fixture *f = *state;
	uint64_t last, first;

	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
		last = run_and_die(f, WALL, 5);
		damage(f, faults[i].len, faults[i].size);
		first = first_at(f, WALL); /* and the clock has not gone on */
		if (first <= last)
			fail_msg("fault %zu: first %llu, last %llu", i, (unsigned long long)first,
				(unsigned long long)last);
	}
}

/* ---- where it cannot be kept ---- */

static void a_folder_that_cannot_be_made_is_named(void **state)
{
	struct fixture *f = *state;
	FILE *file;

	assert_null(state_open("/nowhere/at/all", "vmagent", WALL, &f->log));
	assert_non_null(strstr(f->last, "/nowhere/at/all"));
	file = fopen(f->path, "w"); /* a file where the folder should be */
	assert_non_null(file);
	fclose(file);
	assert_null(state_open(f->path, "vmagent", WALL, &f->log));
	assert_non_null(strstr(f->last, f->path));
}

static void a_full_disk_is_told_once_and_tried_again(void **state)
{
	struct fixture *f = *state;
	struct state *s = open_at(f, WALL);
	uint64_t next = state_first_nonce(s);
	struct rlimit before, none;
	unsigned int lines;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	none = before;
	none.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	lines = f->lines;
	for (unsigned int i = 0; i < 5; i++)
		state_use_nonce(s, next += 200000);
	assert_int_equal(f->lines, lines + 1);
	assert_non_null(strstr(f->last, "cannot be reserved"));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	for (int tries = 0; tries < 500 && state_keep(s, "x/", 2, "x", 1); tries++)
		usleep(20000); /* the store may open its file anew */
	state_use_nonce(s, ++next);
	state_close(s);
	assert_true(first_at(f, WALL) > next);
}

/* ---- the ID ---- */

static void the_id_is_drawn_once(void **state)
{
	struct fixture *f = *state;
	uint8_t a[16], b[16];
	struct state *s = open_at(f, WALL);

	state_id(s, &f->random.random, a);
	state_close(s);
	s = open_at(f, WALL);
	state_id(s, &f->random.random, b);
	state_close(s);
	assert_memory_equal(a, b, sizeof(a));
	damage(f, 65536, -1);
	s = open_at(f, WALL);
	state_id(s, &f->random.random, b);
	state_close(s);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* ---- records ---- */

static bool list_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	char *text = arg;

	snprintf(text + strlen(text), 256 - strlen(text), "%.*s=%.*s ", (int)key_len,
		(const char *)key, (int)value_len, (const char *)value);
	return true;
}

static const char *list(struct state *s, const char *prefix)
{
	static char text[256];

	text[0] = '\0';
	assert_int_equal(state_kept(s, prefix, list_one, text), 0);
	return text;
}

static void records_outlive_a_restart(void **state)
{
	struct fixture *f = *state;
	struct state *s = open_at(f, WALL);

	assert_string_equal(list(s, "guest/"), "");
	assert_int_equal(state_keep(s, "guest/b", 7, "two", 3), 0);
	assert_int_equal(state_keep(s, "guest/a", 7, "one", 3), 0);
	assert_int_equal(state_keep(s, "other/c", 7, "no", 2), 0);
	assert_int_equal(state_keep(s, "guest/b", 7, "three", 5), 0);
	state_close(s);
	s = open_at(f, WALL);
	assert_string_equal(list(s, "guest/"), "guest/a=one guest/b=three ");
	assert_int_equal(state_keep(s, "guest/a", 7, NULL, 0), 0);
	assert_int_equal(state_keep(s, "guest/a", 7, NULL, 0), 0); /* it is not there: no fault */
	assert_string_equal(list(s, "guest/"), "guest/b=three ");
	assert_true(state_keep(s, "", 0, "x", 1) < 0);
	state_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nonces_rise_over_kill_9, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nonces_rise_when_the_clock_goes_back, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nonces_rise_when_the_folder_is_lost, setup, teardown),
		cmocka_unit_test_setup_teardown(
			nonces_rise_over_a_damaged_a_short_and_an_empty_file, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_folder_that_cannot_be_made_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_full_disk_is_told_once_and_tried_again, setup, teardown),
		cmocka_unit_test_setup_teardown(the_id_is_drawn_once, setup, teardown),
		cmocka_unit_test_setup_teardown(records_outlive_a_restart, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
