/* config: tests a configuration file by the daemon's own -t. Which daemon: the file's sections
 * tell. */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/verbs.h"

extern char **environ;

/* Words at the start of a line, outside all braces, by which a file tells whose it is. Two daemons
 * have map-resolver, which therefore tells nothing. */
static const char *const xtr_words[] = {
	"rloc", "core-port", "site-port", "map-server", "dynamic-eid", "eid-space", "xtr-id", NULL};
static const char *const agent_words[] = {"xtr", "guest", "libvirt", "hooks", "agent-id", NULL};
static const char *const rbridge_words[] = {
	"port", "nickname", "nickname-priority", "root-priority", "trees", NULL};
static const char *const mapserver_words[] = {"site", "roles", "listen", "ddt-node", NULL};

static bool begins_with(const char *line, const char *const *words)
{
	for (; *words != NULL; words++) {
		size_t n = strlen(*words);

		if (strncmp(line, *words, n) == 0 && strchr(" \t{\"=+\n", line[n]) != NULL)
			return true;
	}
	return false;
}

/* The daemon whose file @path is, NULL when it does not tell. False: it cannot be read. */
static bool daemon_of(const char *path, const char **daemon)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t cap = 0;
	int depth = 0;

	*daemon = NULL;
	if (f == NULL)
		return false;
	while (getline(&line, &cap, f) >= 0) {
		const char *word = line + strspn(line, " \t");

		if (depth == 0 && begins_with(word, xtr_words))
			*daemon = "xtr";
		else if (depth == 0 && begins_with(word, agent_words))
			*daemon = "vmagent";
		else if (depth == 0 && begins_with(word, rbridge_words))
			*daemon = "rbridge";
		else if (depth == 0 && *daemon == NULL && begins_with(word, mapserver_words))
			*daemon = "mapserver";
		for (const char *c = word; *c != '\0' && *c != '#'; c++)
			depth += (*c == '{') - (*c == '}');
	}
	free(line);
	fclose(f);
	return true;
}

/* sunward-DAEMON: beside this program, in ../sbin, or where the build installs it. */
static bool find_program(const char *daemon, char *path, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *dir;

	if (n > 0) {
		self[n] = '\0';
		dir = dirname(self);
		if ((size_t)snprintf(path, size, "%s/sunward-%s", dir, daemon) < size &&
			access(path, X_OK) == 0)
			return true;
		if ((size_t)snprintf(path, size, "%s/../sbin/sunward-%s", dir, daemon) < size &&
			access(path, X_OK) == 0)
			return true;
	}
	snprintf(path, size, "%s/sunward-%s", SBINDIR, daemon);
	return access(path, X_OK) == 0;
}

/* Run "@program -t -c @file". Its exit status, or -1 with errno. */
static int run_test(const char *program, const char *file)
{
	char test[] = "-t", config[] = "-c", *name = strdup(program), *copy = strdup(file);
	char *argv[] = {name, test, config, copy, NULL};
	int error, status = -1;
	pid_t pid;

	error = name != NULL && copy != NULL ? posix_spawn(&pid, program, NULL, NULL, argv, environ)
					     : ENOMEM;
	if (error == 0)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
	free(name);
	free(copy);
	errno = error;
	return error == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int config_check(struct cli *cli, const struct invocation *inv)
{
	const char *file = inv->args[0], *daemon = invocation_value(inv, "--daemon");
	char program[PATH_MAX];
	int status;

	if (daemon != NULL && strcmp(daemon, "mapserver") != 0 && strcmp(daemon, "xtr") != 0 &&
		strcmp(daemon, "vmagent") != 0 && strcmp(daemon, "rbridge") != 0)
		return cli_usage(cli, inv,
			"--daemon is \"%s\", must be mapserver, xtr, vmagent or rbridge", daemon);
	if (daemon == NULL && !daemon_of(file, &daemon))
		return cli_fail(cli, CLI_FAILED, "%s: %s", file, strerror(errno));
	if (daemon == NULL)
		return cli_fail(cli, CLI_FAILED,
			"%s: no section of it tells whose file this is: say --daemon mapserver, xtr, vmagent or rbridge",
			file);
	if (!find_program(daemon, program, sizeof(program)))
		return cli_fail(
			cli, CLI_FAILED, "sunward-%s is not installed in %s", daemon, SBINDIR);
	fflush(cli->out);
	status = run_test(program, file);
	if (status < 0)
		return cli_fail(cli, CLI_FAILED, "%s: %s", program,
			errno != 0 ? strerror(errno) : "killed");
	return status == 0 ? CLI_OK : CLI_FAILED;
}
