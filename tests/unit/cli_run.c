/* See cli_run.h. */
#include "tests/unit/cli_run.h"

#include <stdlib.h>
#include <string.h>

static const char *no_environment(const char *name)
{
	return NULL;
}

void cli_run_start(struct cli_run *r)
{
	*r = (struct cli_run){.cli = {.env = no_environment,
				      .rundir = "/nonexistent/sunward-test",
				      .timeout_ms = 5000}};
}

static void forget(struct cli_run *r)
{
	free(r->out);
	free(r->err);
	r->out = r->err = NULL;
}

void cli_run(struct cli_run *r, const char *line)
{
	char copy[1024], sunward[] = "sunward", lig[] = "/usr/bin/lig", *argv[64], *rest = copy,
			 *word;
	bool as_lig = *line == '!';
	int argc = 1;

	forget(r);
	snprintf(copy, sizeof(copy), "%s", as_lig ? line + strlen("!lig") : line);
	argv[0] = as_lig ? lig : sunward;
	while ((word = strsep(&rest, " ")) != NULL && argc < 64)
		if (*word != '\0')
			argv[argc++] = word;
	r->cli.out = open_memstream(&r->out, &r->out_len);
	r->cli.err = open_memstream(&r->err, &r->err_len);
	if (r->cli.out == NULL || r->cli.err == NULL)
		abort();
	r->code = cli_main(&r->cli, argc, argv);
	fclose(r->cli.out);
	fclose(r->cli.err);
}

void cli_run_end(struct cli_run *r)
{
	forget(r);
}
