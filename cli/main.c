/* main of sunward, the operator's command (and lig, by its other name). */
#include <signal.h>
#include <stdlib.h>

#include "cli/cli.h"

static const char *environment(const char *name)
{
	return getenv(name);
}

int main(int argc, char **argv)
{
	struct cli cli = {
		.out = stdout,
		.err = stderr,
		.env = environment,
		.rundir = RUNSTATEDIR,
		.timeout_ms = 10000,
	};

	signal(SIGPIPE, SIG_DFL);
	return cli_main(&cli, argc, argv);
}
