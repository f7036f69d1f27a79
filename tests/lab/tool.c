/* See tool.h. */
#include "tests/lab/tool.h"

#include <getopt.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>

static volatile sig_atomic_t stopping;

static void on_signal(int sig)
{
	(void)sig;
	stopping = 1;
}

void tool_begin(bool first)
{
	struct sched_param rt = {.sched_priority = 10};

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (first)
		sched_setscheduler(0, SCHED_FIFO, &rt); /* without the right to it, go on */
}

bool tool_stopping(void)
{
	return stopping;
}

void tool_stop(void)
{
	stopping = 1;
}

static bool take(const struct tool_option *o, const char *value)
{
	char *end;

	if (o->text) {
		*o->text = value;
		return true;
	}
	*o->number = strtod(value, &end);
	return end != value && !*end && *o->number >= 0;
}

int tool_options(int argc, char **argv, const struct tool_option *list)
{
	struct option options[TOOL_OPTIONS_MAX + 1] = {0};
	int c, which = 0;

	for (unsigned int i = 0; list[i].name && i < TOOL_OPTIONS_MAX; i++)
		options[i] = (struct option){list[i].name, required_argument, NULL, 1};
	while ((c = getopt_long(argc, argv, "", options, &which)) != -1)
		if (c != 1 || !take(&list[which], optarg))
			return -1;
	return optind;
}
