/* cli_run: runs whole command lines of sunward inside the test's process, and keeps what they
 * print. */
#ifndef SUNWARD_TESTS_UNIT_CLI_RUN_H
#define SUNWARD_TESTS_UNIT_CLI_RUN_H

#include "cli/cli.h"

struct cli_run {
	struct cli cli; /* may be changed between start and run */
	int code;       /* exit code of the last run */
	char *out, *err;
	size_t out_len, err_len;
};

/* The environment of the runs is empty; no daemon stands in rundir. */
void cli_run_start(struct cli_run *r);
/* Run "sunward LINE", its words parted by blanks. A line "!lig ..." runs as lig does by its own
 * name.
 */
void cli_run(struct cli_run *r, const char *line);
void cli_run_end(struct cli_run *r);

#endif
