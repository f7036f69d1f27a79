/* A small daemon in a child process: start, reload (also of a broken file), stop, -t, and timers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include <event2/event.h>

#include "lib/base/log.h"
#include "lib/service/daemon.h"

static const struct config_option schema[] = {
	{.name = "number", .kind = CONFIG_INTEGER, .min = 1, .max = 9, .fallback = "1"},
	{.name = NULL},
};

struct tiny {
	struct daemon *daemon;
};

static void tell(const struct config *config)
{
	char state[32];

	snprintf(state, sizeof(state), "NUMBER=%d",
		(int)config_number(config_root(config), "number"));
	daemon_notify(state);
}

static void *start(struct daemon *d, const struct config *config)
{
	static struct tiny tiny;

	tiny.daemon = d;
	tell(config);
	return &tiny;
}

static int reload(void *self, const struct config *config)
{
	if (config_number(config_root(config), "number") == 8)
		return -1; /* the daemon itself may refuse */
	tell(config);
	return 0;
}

static void stop(void *self)
{
	daemon_notify("GONE=1");
}

static void check(const struct config_section *root, struct config_mistakes *m)
{
	if (config_number(root, "number") == 9)
		config_refuse(m, root, "number", "9 is not free");
}

static const struct daemon_ops ops = {
	.name = "tiny",
	.summary = "a daemon for a test",
	.config_path = "/nonexistent/tiny.conf",
	.schema = schema,
	.check = check,
	.start = start,
	.reload = reload,
	.stop = stop,
};

struct fixture {
	char dir[64], conf[96], socket[96], errors[96];
	int manager;
	pid_t child;
};

static void write_conf(const struct fixture *f, const char *text)
{
	FILE *file = fopen(f->conf, "w");

	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

static int setup(void **state)
{
	static struct fixture f;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};

	f = (struct fixture){.dir = "/tmp/sunward-daemon-XXXXXX"};
	*state = &f;
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.conf, sizeof(f.conf), "%s/tiny.conf", f.dir);
	snprintf(f.socket, sizeof(f.socket), "%s/manager", f.dir);
	snprintf(f.errors, sizeof(f.errors), "%s/errors", f.dir);
	strlcpy(sun.sun_path, f.socket, sizeof(sun.sun_path));
	f.manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return bind(f.manager, (struct sockaddr *)&sun, sizeof(sun));
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	if (f->child > 0) {
		kill(f->child, SIGKILL);
		waitpid(f->child, NULL, 0);
	}
	close(f->manager);
	unlink(f->socket);
	unlink(f->conf);
	unlink(f->errors);
	return rmdir(f->dir);
}

/* The daemon in a child, its stderr in a file. */
static void launch(struct fixture *f, const char *option, const char *watchdog)
{
	char *argv[] = {(char *)"tiny", (char *)"-c", f->conf, (char *)(uintptr_t)option, NULL};

	fflush(NULL);
	f->child = fork();
	assert_true(f->child >= 0);
	if (f->child)
		return;
	if (!freopen(f->errors, "w", stderr) || !freopen("/dev/null", "w", stdout))
		_exit(99);
	setenv("NOTIFY_SOCKET", f->socket, 1);
	if (watchdog)
		setenv("WATCHDOG_USEC", watchdog, 1);
	exit(daemon_main(&ops, option ? 4 : 3, argv));
}

/* The next datagram to the manager begins with @want; at most 10 s. */
static void expect_notice(struct fixture *f, const char *want)
{
	struct pollfd p = {.fd = f->manager, .events = POLLIN};
	char got[256] = "";

	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_true(recv(f->manager, got, sizeof(got) - 1, 0) > 0);
	got[strlen(want) < sizeof(got) ? strlen(want) : 0] = '\0';
	assert_string_equal(got, want);
}

static int exit_status(struct fixture *f)
{
	int status;

	assert_int_equal(waitpid(f->child, &status, 0), f->child);
	f->child = 0;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void errors_of(const struct fixture *f, char *text, size_t size)
{
	FILE *file = fopen(f->errors, "r");
	size_t n;

	assert_non_null(file);
	n = fread(text, 1, size - 1, file);
	text[n] = '\0';
	fclose(file);
}

static void it_starts_reloads_and_stops(void **state)
{
	struct fixture *f = *state;

	write_conf(f, "number = 3\n");
	launch(f, NULL, NULL);
	expect_notice(f, "NUMBER=3");
	expect_notice(f, "READY=1");
	write_conf(f, "number = 4\n");
	kill(f->child, SIGHUP);
	expect_notice(f, "RELOADING=1\nMONOTONIC_USEC=");
	expect_notice(f, "NUMBER=4");
	expect_notice(f, "READY=1");
	kill(f->child, SIGTERM);
	expect_notice(f, "STOPPING=1");
	expect_notice(f, "GONE=1");
	assert_int_equal(exit_status(f), 0);
}

static void a_broken_file_keeps_the_running_configuration(void **state)
{
	struct fixture *f = *state;
	char errors[4096];

	write_conf(f, "number = 3\n");
	launch(f, NULL, NULL);
	expect_notice(f, "NUMBER=3");
	expect_notice(f, "READY=1");
	write_conf(f, "number = 10\nnumbr = 1\n");
	kill(f->child, SIGHUP);
	expect_notice(f, "RELOADING=1");
	expect_notice(f, "READY=1");
	write_conf(f, "number = 8\n");
	kill(f->child, SIGHUP);
	expect_notice(f, "RELOADING=1");
	expect_notice(f, "READY=1");
	write_conf(f, "number = 5\n");
	kill(f->child, SIGHUP);
	expect_notice(f, "RELOADING=1");
	expect_notice(f, "NUMBER=5");
	expect_notice(f, "READY=1");
	kill(f->child, SIGINT);
	assert_int_equal(exit_status(f), 0);
	errors_of(f, errors, sizeof(errors));
	assert_non_null(strstr(errors, "tiny.conf:1: number is \"10\"; want a number from 1 to 9"));
	assert_non_null(
		strstr(errors, "tiny.conf:2: there is no option `numbr` here; did you mean"));
	assert_non_null(strstr(errors, "the running configuration stays"));
}

static void the_manager_gets_its_signs_of_life(void **state)
{
	struct fixture *f = *state;

	write_conf(f, "");
	launch(f, NULL, "20000");
	expect_notice(f, "NUMBER=1");
	expect_notice(f, "READY=1");
	expect_notice(f, "WATCHDOG=1");
	expect_notice(f, "WATCHDOG=1");
}

static void a_test_lists_the_mistakes_and_exits_1(void **state)
{
	struct fixture *f = *state;
	char errors[4096], want[512];

	write_conf(f, "number = 9\n");
	launch(f, "-t", NULL);
	assert_int_equal(exit_status(f), 1);
	errors_of(f, errors, sizeof(errors));
	snprintf(want, sizeof(want), "%s:1: number: 9 is not free\n%s: not usable\n", f->conf,
		f->conf);
	assert_string_equal(errors, want);
}

static void a_good_file_tests_0_and_starts_nothing(void **state)
{
	struct fixture *f = *state;
	struct pollfd p = {.fd = f->manager, .events = POLLIN};

	write_conf(f, "number = 2\n");
	launch(f, "-t", NULL);
	assert_int_equal(exit_status(f), 0);
	assert_int_equal(poll(&p, 1, 0), 0);
}

static void a_missing_file_or_a_wrong_argument_is_told(void **state)
{
	struct fixture *f = *state;
	char errors[4096];

	launch(f, NULL, NULL);
	assert_int_equal(exit_status(f), 1);
	errors_of(f, errors, sizeof(errors));
	assert_non_null(strstr(errors, "cannot be read: No such file or directory"));
	launch(f, "extra", NULL);
	assert_int_equal(exit_status(f), 2);
	launch(f, "-x", NULL);
	assert_int_equal(exit_status(f), 2);
}

struct ticks {
	struct event_base *base;
	struct daemon_timer *timer;
	struct mono due;
	int fired;
};

static void tick(void *arg, struct mono now)
{
	struct ticks *t = arg;

	assert_true(mono_due(t->due, now)); /* never early */
	if (++t->fired == 5) {
		event_base_loopbreak(t->base);
		return;
	}
	t->due = mono_add_us(now, 300);
	daemon_timer_set(t->timer, t->due);
}

static void timers_fire_in_time_and_never_early(void **state)
{
	struct ticks t = {.base = event_base_new()};

	t.timer = daemon_timer_new(t.base, tick, &t);
	assert_non_null(t.timer);
	daemon_timer_set(t.timer, t.due);
	event_base_dispatch(t.base);
	assert_int_equal(t.fired, 5);
	daemon_timer_set(t.timer, mono_now());
	daemon_timer_set(t.timer, MONO_NEVER);
	event_base_loop(t.base, EVLOOP_NONBLOCK);
	assert_int_equal(t.fired, 5);
	daemon_timer_free(t.timer);
	event_base_free(t.base);
}

#define IN_CHILD(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_CHILD(it_starts_reloads_and_stops),
		IN_CHILD(a_broken_file_keeps_the_running_configuration),
		IN_CHILD(the_manager_gets_its_signs_of_life),
		IN_CHILD(a_test_lists_the_mistakes_and_exits_1),
		IN_CHILD(a_good_file_tests_0_and_starts_nothing),
		IN_CHILD(a_missing_file_or_a_wrong_argument_is_told),
		cmocka_unit_test(timers_fire_in_time_and_never_early),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
