/* See lab_process.h. */
#include "tests/bench/lab_process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGS_MAX 8

/* The folder that the programs were built in, from this one's own path. */
static void build_folder(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	if (n < 0)
		bench_fail("/proc/self/exe: %s", strerror(errno));
	path[n] = 0;
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = 0;
}

static void run(const char *script, char *const args[], int in, int out)
{
	char path[PATH_MAX], build[PATH_MAX];
	char *argv[ARGS_MAX + 3] = {path, build};
	const char *top = getenv("top_srcdir");

	build_folder(build, sizeof(build));
	snprintf(path, sizeof(path), "%s/tests/bench/%s", top ? top : ".", script);
	for (int i = 0; args[i] && i < ARGS_MAX; i++)
		argv[i + 2] = args[i];
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execv(path, argv);
	fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
	_exit(127);
}

/* The ends of other labs' pipes are closed at exec, or a lab would never see the end of its input.
 */
void lab_process_start(struct lab_process *l, const char *script, char *const args[])
{
	int in[2], out[2];

	signal(SIGPIPE, SIG_IGN); /* a lab that ended is told of by what it did not say */
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		bench_fail("pipe: %s", strerror(errno));
	l->pid = fork();
	if (l->pid < 0)
		bench_fail("fork: %s", strerror(errno));
	if (l->pid == 0)
		run(script, args, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	l->ask = fdopen(in[1], "w");
	l->said = fdopen(out[0], "r");
	if (!l->ask || !l->said)
		bench_fail("fdopen: %s", strerror(errno));
}

const char *lab_process_line(struct lab_process *l, char line[LAB_LINE_MAX])
{
	if (!fgets(line, LAB_LINE_MAX, l->said))
		bench_fail("the lab of %s ended; what it said stands above", l->name);
	line[strcspn(line, "\n")] = 0;
	return line;
}

bool lab_process_ready(struct lab_process *l, struct bench *b, char why[LAB_LINE_MAX])
{
	char line[LAB_LINE_MAX], *at, *end;

	lab_process_line(l, line);
	if (!strncmp(line, "unable ", 7)) {
		memcpy(why, line + 7, sizeof(line) - 7);
		lab_process_end(l);
		lab_process_wait(l);
		return false;
	}
	if (strncmp(line, "ready ", 6))
		bench_fail("the lab of %s: '%s'", l->name, line);
	for (at = line + 6; *at; at = end) {
		long pid = strtol(at, &end, 10);

		if (end == at)
			break;
		bench_own(b, (pid_t)pid);
	}
	return true;
}

void lab_process_tell(struct lab_process *l, const char *verb, unsigned long number)
{
	fprintf(l->ask, "%s %lu\n", verb, number);
	fflush(l->ask);
}

void lab_process_end(struct lab_process *l)
{
	if (l->ask)
		fclose(l->ask);
	l->ask = NULL;
}

void lab_process_wait(struct lab_process *l)
{
	if (l->pid)
		waitpid(l->pid, NULL, 0);
	l->pid = 0;
}
