/* See stage.h. */
#include "tests/bench/stage.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NICE (-15)

/* ---- the parent ---- */

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

/* The @n-th word of the list of children of @pid; 0: none. */
static pid_t child_of(pid_t pid, unsigned int n)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	for (unsigned int i = 0; i <= n; i++)
		if (fscanf(f, "%d", &child) != 1)
			child = 0;
	fclose(f);
	return child;
}

/* Ahead of what else runs here: among processes of one session by nice, against other sessions by
 * the autogroup's (sched(7)). Not a smoke run, whose figures mean nothing. */
static void come_first(struct bench *b)
{
	FILE *f;

	if (b->quick)
		return;
	if (setpriority(PRIO_PROCESS, 0, NICE)) {
		bench_note(
			b, "at normal priority, without the right to more (%s)", strerror(errno));
		return;
	}
	f = fopen("/proc/self/autogroup", "we");
	if (f) {
		fprintf(f, "%d", NICE);
		fclose(f);
	}
}

/* Orphans come to us (subreaper), so that what a server forked is found too. */
static void end_children(void)
{
	for (pid_t pid = child_of(getpid(), 0); pid > 0; pid = child_of(getpid(), 0)) {
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* The benchmark is a session of its own: what is meant for it comes here. */
static int wait_for(pid_t bench, const sigset_t *signals)
{
	int status = 0;

	while (waitpid(bench, &status, WNOHANG) != bench) {
		int sig = sigwaitinfo(signals, NULL);

		if (sig > 0 && sig != SIGCHLD)
			kill(bench, SIGKILL);
	}
	return status;
}

static void __attribute__((noreturn))
tidy_after(pid_t bench, const char *dir, const sigset_t *signals)
{
	int status = wait_for(bench, signals);

	end_children();
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

void stage_open(struct stage *s, struct bench *b)
{
	sigset_t signals, before;
	pid_t pid;

	*s = (struct stage){.bench = b};
	snprintf(s->dir, sizeof(s->dir), "/tmp/sunward-bench-XXXXXX");
	if (!mkdtemp(s->dir))
		bench_fail("cannot make %s: %s", s->dir, strerror(errno));
	chmod(s->dir, 0755); /* a server may change its user */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, &before);
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bench_fail("cannot fork: %s", strerror(errno));
	if (pid > 0)
		tidy_after(pid, s->dir, &signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setsid();
	come_first(b);
}

/* ---- files ---- */

const char *stage_path(const struct stage *s, const char *name, char *path)
{
	snprintf(path, STAGE_PATH, "%s/%s", s->dir, name);
	return path;
}

void stage_write(const struct stage *s, const char *name, const char *format, ...)
{
	char path[STAGE_PATH];
	va_list ap;
	FILE *f = fopen(stage_path(s, name, path), "we");

	if (!f)
		bench_fail("cannot write %s: %s", path, strerror(errno));
	va_start(ap, format);
	vfprintf(f, format, ap);
	va_end(ap);
	if (fclose(f))
		bench_fail("cannot write %s: %s", path, strerror(errno));
}

/* ---- processes ---- */

static void __attribute__((noreturn))
become(const struct stage *s, const char *name, unsigned int cpu, char *const argv[])
{
	char path[STAGE_PATH], log[64];
	cpu_set_t set;
	int fd;

	snprintf(log, sizeof(log), "%s.log", name);
	fd = open(stage_path(s, log, path), O_WRONLY | O_CREAT | O_APPEND, 0644);
	if (fd >= 0) {
		dup2(fd, 1);
		dup2(fd, 2);
	}
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	if (chdir(s->dir) == 0)
		execv(argv[0], argv);
	fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

pid_t stage_start(struct stage *s, const char *name, unsigned int cpu, char *const argv[])
{
	pid_t pid = fork();

	if (pid < 0)
		bench_fail("cannot fork: %s", strerror(errno));
	if (pid == 0)
		become(s, name, cpu % bench_cpus(), argv);
	s->started++;
	return pid;
}

void stage_own(struct stage *s, pid_t pid)
{
	pid_t child;

	bench_own(s->bench, pid);
	for (unsigned int i = 0; (child = child_of(pid, i)) > 0; i++)
		stage_own(s, child);
}

static void show_log(const struct stage *s, const char *name)
{
	char path[STAGE_PATH], log[64], line[512];
	FILE *f;

	snprintf(log, sizeof(log), "%s.log", name);
	f = fopen(stage_path(s, log, path), "re");
	while (f && fgets(line, sizeof(line), f))
		fputs(line, stderr);
	if (f)
		fclose(f);
}

void stage_check(struct stage *s, const char *name, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WNOHANG) != pid)
		return;
	show_log(s, name);
	bench_fail("%s has ended (status %d); above is what it said", name, status);
}

void stage_still_alive(void *arg)
{
	const struct stage_watch *w = arg;

	stage_check(w->s, w->name, w->pid);
}

/* What it forked comes to our parent, which ends it. */
void stage_stop(struct stage *s, pid_t pid)
{
	bench_disown(s->bench, pid);
	kill(pid, SIGTERM);
	for (int i = 0; i < 500; i++) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		usleep(10000);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int bound(int type, uint16_t *port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(*port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(at);
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&at, len) == 0 &&
		getsockname(fd, (struct sockaddr *)&at, &len) == 0) {
		*port = ntohs(at.sin_port);
		return fd;
	}
	if (fd >= 0)
		close(fd);
	return -1;
}

uint16_t stage_port(void)
{
	for (int i = 0; i < 100; i++) {
		uint16_t port = 0;
		int udp = bound(SOCK_DGRAM, &port);
		int tcp = udp >= 0 ? bound(SOCK_STREAM, &port) : -1;

		if (udp >= 0)
			close(udp);
		if (tcp < 0)
			continue;
		close(tcp);
		return port;
	}
	bench_fail("no free port on 127.0.0.1: %s", strerror(errno));
}
