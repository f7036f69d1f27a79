/* tool: what the lab's measuring tools share: their options, an end by a signal, and a place before
 * other programs. */
#ifndef TESTS_LAB_TOOL_H
#define TESTS_LAB_TOOL_H

#include <stdbool.h>

#define TOOL_OPTIONS_MAX 15

/* --NAME VALUE; one of the two is not NULL. A list ends with a name NULL. */
struct tool_option {
	const char *name;
	double *number; /* not negative */
	const char **text;
};

/* Take what stands in @argv by @list, at most TOOL_OPTIONS_MAX. Returns the place of the first word
 * that is no option, or -1: there is one that is not in the list, or has no such value. */
int tool_options(int argc, char **argv, const struct tool_option *list);

/* SIGTERM and SIGINT end it. @first: it comes before other programs, as far as it has the right to:
 * a probe that leaves late is noise. */
void tool_begin(bool first);
bool tool_stopping(void);
void tool_stop(void); /* as by a signal */

#endif
