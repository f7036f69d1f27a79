/* The privileged helper: its fixed requests, descriptors, what it refuses, its end; and that
 * dropping leaves nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/log.h"
#include "lib/service/privilege.h"

enum { REVERSE = 1, GIVE_PIPE = 2, FAIL = 3, DIE = 4, WHO = 5, UNKNOWN = 99 };

static int reverse(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	for (size_t i = 0; i < len; i++)
		reply[i] = request[len - 1 - i];
	*reply_len = len;
	return 0;
}

static int give_pipe(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	int fds[2];

	if (pipe(fds) || write(fds[1], "from the helper", 15) != 15)
		return -errno;
	close(fds[1]);
	*fd = fds[0];
	return 0;
}

static int fail_always(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	return -ENODEV;
}

static int die(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	_exit(1);
}

static int who(
	void *arg, const uint8_t *request, size_t len, uint8_t *reply, size_t *reply_len, int *fd)
{
	pid_t pid = getpid();

	memcpy(reply, &pid, sizeof(pid));
	*reply_len = sizeof(pid);
	return 0;
}

static const struct privsep_handler table[] = {
	{REVERSE, "reverse", 1, PRIVSEP_BYTES_MAX, reverse},
	{GIVE_PIPE, "give a pipe", 0, 0, give_pipe},
	{FAIL, "fail", 0, 16, fail_always},
	{DIE, "die", 0, 0, die},
	{WHO, "who", 0, 0, who},
};

static int setup(void **state)
{
	signal(SIGPIPE, SIG_IGN);
	*state = privsep_start(table, sizeof(table) / sizeof(*table), NULL, NULL);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	privsep_stop(*state);
	return 0;
}

static void a_request_gets_its_reply(void **state)
{
	static char big[PRIVSEP_BYTES_MAX], back[PRIVSEP_BYTES_MAX];
	char reply[16];
	size_t n = sizeof(reply);
	int fd;

	assert_int_equal(privsep_call(*state, REVERSE, "abc", 3, reply, &n, &fd), 0);
	assert_int_equal(n, 3);
	assert_memory_equal(reply, "cba", 3);
	assert_int_equal(fd, -1);
	big[0] = 1;
	n = sizeof(back);
	assert_int_equal(privsep_call(*state, REVERSE, big, sizeof(big), back, &n, NULL), 0);
	assert_int_equal(n, sizeof(big));
	assert_int_equal(back[sizeof(back) - 1], 1);
}

static void what_is_only_told_draws_no_reply(void **state)
{
	char reply[16], text[32] = "";
	size_t n = sizeof(reply);
	int fd;

	assert_int_equal(privsep_tell(*state, REVERSE, "xyz", 3), 0);
	assert_int_equal(privsep_tell(*state, GIVE_PIPE, NULL, 0), 0);
	assert_int_equal(privsep_tell(*state, UNKNOWN, NULL, 0), 0);
	assert_int_equal(privsep_call(*state, REVERSE, "abc", 3, reply, &n, &fd), 0);
	assert_memory_equal(reply, "cba", 3);
	assert_int_equal(fd, -1);
	assert_int_equal(privsep_call(*state, GIVE_PIPE, NULL, 0, NULL, NULL, &fd), 0);
	assert_int_equal(read(fd, text, sizeof(text)), 15);
	close(fd);
}

static void a_descriptor_comes_along(void **state)
{
	char text[32] = "";
	int fd;

	assert_int_equal(privsep_call(*state, GIVE_PIPE, NULL, 0, NULL, NULL, &fd), 0);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_int_equal(read(fd, text, sizeof(text)), 15);
	assert_string_equal(text, "from the helper");
	close(fd);
}

static void a_descriptor_nobody_wants_is_closed(void **state)
{
	int before = dup(0), after;

	close(before);
	assert_int_equal(privsep_call(*state, GIVE_PIPE, NULL, 0, NULL, NULL, NULL), 0);
	after = dup(0);
	assert_int_equal(before, after);
	close(after);
}

static void a_handlers_error_comes_back(void **state)
{
	assert_int_equal(privsep_call(*state, FAIL, "x", 1, NULL, NULL, NULL), -ENODEV);
}

static void an_unknown_request_is_refused(void **state)
{
	size_t n = 0;

	assert_int_equal(privsep_call(*state, UNKNOWN, NULL, 0, NULL, &n, NULL), -ENOSYS);
	assert_int_equal(privsep_call(*state, 0, NULL, 0, NULL, &n, NULL), -ENOSYS);
}

static void a_request_out_of_bounds_is_refused(void **state)
{
	static char big[PRIVSEP_BYTES_MAX + 1];

	assert_int_equal(privsep_call(*state, REVERSE, NULL, 0, NULL, NULL, NULL), -EMSGSIZE);
	assert_int_equal(privsep_call(*state, FAIL, big, 17, NULL, NULL, NULL), -EMSGSIZE);
	assert_int_equal(
		privsep_call(*state, REVERSE, big, sizeof(big), NULL, NULL, NULL), -EMSGSIZE);
	assert_int_equal(privsep_call(*state, FAIL, big, 16, NULL, NULL, NULL), -ENODEV);
}

static void a_reply_too_long_for_its_room_is_told(void **state)
{
	char reply[2];
	size_t n = sizeof(reply);

	assert_int_equal(privsep_call(*state, REVERSE, "abc", 3, reply, &n, NULL), -EMSGSIZE);
	n = sizeof(reply);
	assert_int_equal(privsep_call(*state, REVERSE, "ab", 2, reply, &n, NULL), 0);
}

static void a_dead_helper_is_an_error_and_no_signal(void **state)
{
	assert_int_equal(privsep_call(*state, DIE, NULL, 0, NULL, NULL, NULL), -EPIPE);
	assert_int_equal(privsep_call(*state, REVERSE, "a", 1, NULL, NULL, NULL), -EPIPE);
}

static pid_t helper_pid(struct privsep *p)
{
	size_t n = sizeof(pid_t);
	pid_t pid = 0;

	assert_int_equal(privsep_call(p, WHO, NULL, 0, &pid, &n, NULL), 0);
	return pid;
}

static void signals_to_the_group_do_not_end_the_helper(void **state)
{
	pid_t pid = helper_pid(*state);

	kill(pid, SIGTERM);
	kill(pid, SIGINT);
	kill(pid, SIGHUP);
	assert_int_equal(helper_pid(*state), pid);
}

/* A parent that is killed takes its helper along: the pipe that both hold ends then. */
static void the_helper_dies_with_its_parent(void **state)
{
	struct pollfd p = {.events = POLLIN};
	int fds[2];
	pid_t parent;
	char c;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	parent = fork();
	assert_true(parent >= 0);
	if (!parent) {
		struct privsep *own =
			privsep_start(table, sizeof(table) / sizeof(*table), NULL, NULL);

		if (!own || privsep_call(own, WHO, NULL, 0, NULL, NULL, NULL) ||
			write(fds[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	kill(parent, SIGKILL);
	waitpid(parent, NULL, 0);
	p.fd = fds[0];
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(read(fds[0], &c, 1), 0);
	close(fds[0]);
}

/* ---- dropping ---- */

static bool status_has(const char *line)
{
	char text[4096] = "";
	FILE *f = fopen("/proc/self/status", "r");
	size_t n;

	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	return strstr(text, line) != NULL;
}

/* Run @body in a child; it returns 0 when right. */
static void in_child(int (*body)(void))
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		syscall(SYS_exit_group,
			body()); /* a sanitizer's _exit() needs calls that are filtered */
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static int drop_all(void)
{
	struct privilege_options options = {0};

	if (privilege_drop(&options, NULL))
		return 1;
	return !status_has("CapEff:\t0000000000000000\n") ||
	       !status_has("CapPrm:\t0000000000000000\n") ||
	       !status_has("CapInh:\t0000000000000000\n") || !status_has("NoNewPrivs:\t1\n");
}

static void dropping_leaves_no_capability(void **state)
{
	in_child(drop_all);
}

static int drop_user(void)
{
	struct privilege_options options = {.user = "nobody"};

	if (privilege_drop(&options, NULL))
		return 1;
	return getuid() == 0 || geteuid() == 0 || getgid() == 0 || setuid(0) == 0 ||
	       !status_has("CapEff:\t0000000000000000\n") ||
	       !status_has("CapBnd:\t0000000000000000\n");
}

static void root_becomes_the_user_and_cannot_go_back(void **state)
{
	if (geteuid() != 0) {
		print_message("only root can change its user\n");
		skip();
	}
	in_child(drop_user);
}

static int drop_to_no_one(void)
{
	struct privilege_options options = {.user = "no such user"};

	return privilege_drop(&options, NULL) >= 0;
}

static void an_unknown_user_is_an_error(void **state)
{
	if (geteuid() != 0) {
		print_message("only root changes its user\n");
		skip();
	}
	in_child(drop_to_no_one);
}

static int filter_calls(void)
{
	static const char *const few[] = {
		"read", "write", "close", "exit_group", "no such call", NULL};
	struct privilege_options options = {.syscalls = few};

	if (privilege_drop(&options, NULL))
		return 1;
	if (write(-1, "", 0) != -1 || errno != EBADF)
		return 2;
	if (chdir("/") != -1 || errno != EPERM)
		return 3;
	return 0;
}

static void the_filter_leaves_only_the_named_calls(void **state)
{
	in_child(filter_calls);
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_request_gets_its_reply),
		T(what_is_only_told_draws_no_reply),
		T(a_descriptor_comes_along),
		T(a_descriptor_nobody_wants_is_closed),
		T(a_handlers_error_comes_back),
		T(an_unknown_request_is_refused),
		T(a_request_out_of_bounds_is_refused),
		T(a_reply_too_long_for_its_room_is_told),
		T(a_dead_helper_is_an_error_and_no_signal),
		T(signals_to_the_group_do_not_end_the_helper),
		cmocka_unit_test(the_helper_dies_with_its_parent),
		cmocka_unit_test(dropping_leaves_no_capability),
		cmocka_unit_test(root_becomes_the_user_and_cannot_go_back),
		cmocka_unit_test(an_unknown_user_is_an_error),
		cmocka_unit_test(the_filter_leaves_only_the_named_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
