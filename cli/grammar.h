/* grammar: command lines by a table of verbs: parsing, help, completion.
 *
 * Knows words, options and arguments; not what a verb does. Everything that people see about a verb
 * (help, usage, completion, the list in the manual) comes from its one row in the table. */
#ifndef SUNWARD_CLI_GRAMMAR_H
#define SUNWARD_CLI_GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct cli;
struct invocation;

struct grammar_option {
	char letter;       /* 0: none */
	const char *name;  /* "--rloc"; NULL ends a list */
	const char *value; /* "ADDR,PRIORITY,WEIGHT"; NULL: a flag */
	bool repeat;
	const char *help;
};

struct command {
	const char *words; /* "eid add"; one or two words; NULL ends the table */
	const char *args;  /* "EID", as in the usage line; "" for none */
	int args_min, args_max;
	const struct grammar_option *options; /* or NULL */
	int (*run)(struct cli *cli, const struct invocation *inv);
	const char *help;    /* one line */
	const char *example; /* a whole command line */
};

#define INVOCATION_ARGS    16
#define INVOCATION_OPTIONS 64

/* A parsed command line; borrows from argv and from the table. */
struct invocation {
	const struct command *table;
	const struct command *command; /* NULL: no verb was given */
	int argc;
	const char *args[INVOCATION_ARGS];
	int option_count;
	struct {
		const struct grammar_option *option;
		const char *value; /* NULL for flags */
	} options[INVOCATION_OPTIONS];
};

/* The options that every verb takes: -j, --socket, -h, -V. */
extern const struct grammar_option grammar_global[];

/* Parse @argv[0..@argc) (without the program's name). False: @error says in words what is wrong,
 * and
 * @inv->command is the verb if it was found. */
bool grammar_parse(const struct command *table, int argc, char **argv, struct invocation *inv,
	char *error, size_t error_size);

/* The option @name was given. */
bool invocation_has(const struct invocation *inv, const char *name);
/* Its last value, or NULL. */
const char *invocation_value(const struct invocation *inv, const char *name);
/* Its values one by one: start with *@at = 0. NULL at the end. */
const char *invocation_next(const struct invocation *inv, const char *name, int *at);
/* A number within [@min, @max]; absent: @absent. False: the value is something else. */
bool invocation_number(const struct invocation *inv, const char *name, unsigned long min,
	unsigned long max, unsigned long absent, unsigned long *out);
/* The whole of @text is a decimal number within [@min, @max]. */
bool grammar_number(const char *text, unsigned long min, unsigned long max, unsigned long *out);

/* "sunward eid add EID --rloc ADDR,PRIORITY,WEIGHT... [--ttl MINUTES]" */
void grammar_usage(const struct command *command, FILE *out);
void grammar_help(const struct command *command, FILE *out);
void grammar_overview(const struct command *table, FILE *out);
/* A completion script for bash. */
void grammar_completion(const struct command *table, FILE *out);

#endif
