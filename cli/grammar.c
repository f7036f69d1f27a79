/* See grammar.h. A command line is: global options, the verb's one or two words, then its options
 * and arguments in any order; "--" ends the options. */
#include "cli/grammar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/suggest.h"

const struct grammar_option grammar_global[] = {
	{'j', "--json", NULL, false, "print JSON of a stable shape"},
	{0, "--socket", "PATH", false,
		"ask the daemon at this unix socket (or set SUNWARD_SOCKET)"},
	{0, "--connect", "HOST:PORT", false,
		"ask the daemon there, over mutual TLS (or set SUNWARD_CONNECT)"},
	{0, "--cert", "FILE", false, "with --connect: our certificate (or set SUNWARD_CERT)"},
	{0, "--cert-key", "FILE", false, "its private key (or set SUNWARD_CERT_KEY)"},
	{0, "--ca", "FILE", false, "whose servers are trusted (or set SUNWARD_CA)"},
	{'h', "--help", NULL, false, "print help for the verb"},
	{'V', "--version", NULL, false, "print the version"},
	{0},
};

struct parse {
	struct invocation *inv;
	int argc;
	char **argv;
	int at;
	char *error;
	size_t error_size;
};

static bool refuse(struct parse *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool refuse(struct parse *p, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(p->error, p->error_size, format, ap);
	va_end(ap);
	return false;
}

static void add_suggestion(struct parse *p, const struct suggest *s)
{
	size_t used = strlen(p->error);

	if (s->best != NULL)
		snprintf(p->error + used, p->error_size - used, "; did you mean \"%s\"?", s->best);
}

/* The first word of a row, copied to @word. */
static const char *first_word(const struct command *c, char word[32])
{
	snprintf(word, 32, "%.*s", (int)strcspn(c->words, " "), c->words);
	return word;
}

static const char *second_word(const struct command *c)
{
	const char *space = strchr(c->words, ' ');

	return space != NULL ? space + 1 : "";
}

static bool option_is(const struct grammar_option *o, const char *arg)
{
	size_t n = strcspn(arg, "=");

	if (arg[1] != '-')
		return o->letter != 0 && arg[1] == o->letter;
	return strlen(o->name) == n && strncmp(o->name, arg, n) == 0;
}

static const struct grammar_option *option_in(const struct grammar_option *list, const char *arg)
{
	for (; list != NULL && list->name != NULL; list++)
		if (option_is(list, arg))
			return list;
	return NULL;
}

static void offer_options(struct suggest *s, const struct grammar_option *list)
{
	for (; list != NULL && list->name != NULL; list++)
		suggest_offer(s, list->name);
}

static bool unknown_option(struct parse *p, const char *arg)
{
	const struct command *c = p->inv->command;
	struct suggest s;

	refuse(p, "%s%sthere is no option \"%s\"", c != NULL ? c->words : "", c != NULL ? ": " : "",
		arg);
	suggest_start(&s, arg);
	offer_options(&s, c != NULL ? c->options : NULL);
	offer_options(&s, grammar_global);
	add_suggestion(p, &s);
	return false;
}

/* "--name value", "--name=value", "-n value", "-nvalue"; flags take none. */
static bool option_value(
	struct parse *p, const struct grammar_option *o, const char *arg, const char **value)
{
	const char *glued = arg[1] == '-' ? strchr(arg, '=') : arg + 2;

	*value = NULL;
	if (glued != NULL && *glued == '=')
		glued++;
	else if (glued != NULL && *glued == '\0')
		glued = NULL;
	if (o->value == NULL)
		return glued == NULL || refuse(p, "%s takes no value", o->name);
	if (glued == NULL && p->at < p->argc)
		glued = p->argv[p->at++];
	*value = glued;
	return glued != NULL || refuse(p, "%s needs a value: %s %s", o->name, o->name, o->value);
}

static bool take_option(struct parse *p, const char *arg)
{
	struct invocation *inv = p->inv;
	const struct grammar_option *o = NULL;
	const char *value;

	if (inv->command != NULL)
		o = option_in(inv->command->options, arg);
	if (o == NULL)
		o = option_in(grammar_global, arg);
	if (o == NULL)
		return unknown_option(p, arg);
	if (!option_value(p, o, arg, &value))
		return false;
	if (!o->repeat && invocation_has(inv, o->name))
		return refuse(p, "%s is given twice", o->name);
	if (inv->option_count == INVOCATION_OPTIONS)
		return refuse(p, "more than %d options", INVOCATION_OPTIONS);
	inv->options[inv->option_count].option = o;
	inv->options[inv->option_count++].value = value;
	return true;
}

static bool unknown_verb(struct parse *p, const struct command *table, const char *word)
{
	struct suggest s;
	char first[32];

	refuse(p, "there is no verb \"%s\"", word);
	suggest_start(&s, word);
	for (; table->words != NULL; table++) {
		first_word(table, first);
		if (s.best == NULL || suggest_distance(word, first) < s.distance) {
			struct suggest one;

			suggest_start(&one, word);
			suggest_offer(&one, first);
			if (one.best == NULL)
				continue;
			s.distance = one.distance;
			s.best = table->words;
		}
	}
	if (s.best != NULL) {
		size_t used = strlen(p->error);

		snprintf(p->error + used, p->error_size - used, "; did you mean \"%.*s\"?",
			(int)strcspn(s.best, " "), s.best);
	}
	return false;
}

static bool unknown_second(
	struct parse *p, const struct command *table, const char *first, const char *second)
{
	size_t used, n = strlen(first);
	const char *between = "";
	struct suggest s;

	suggest_start(&s, second != NULL ? second : "");
	refuse(p, "\"%s\" needs one of: ", first);
	for (; table->words != NULL; table++) {
		if (strncmp(table->words, first, n) != 0 || table->words[n] != ' ')
			continue;
		used = strlen(p->error);
		snprintf(
			p->error + used, p->error_size - used, "%s%s", between, second_word(table));
		between = ", ";
		suggest_offer(&s, second_word(table));
	}
	used = strlen(p->error);
	if (second != NULL)
		snprintf(p->error + used, p->error_size - used, "; not \"%s\"", second);
	add_suggestion(p, &s);
	return false;
}

/* The row of "@first @second", else that of "@first" alone. */
static bool find_command(struct parse *p, const struct command *table)
{
	const char *first = p->argv[p->at++];
	const char *second = p->at < p->argc ? p->argv[p->at] : NULL;
	const struct command *one = NULL;
	bool family = false;
	char word[32];

	for (const struct command *c = table; c->words != NULL; c++) {
		if (strcmp(first_word(c, word), first) != 0)
			continue;
		if (*second_word(c) == '\0') {
			one = c;
			continue;
		}
		family = true;
		if (second != NULL && strcmp(second_word(c), second) == 0) {
			p->inv->command = c;
			p->at++;
			return true;
		}
	}
	p->inv->command = one;
	if (one != NULL && !(family && second != NULL && *second != '-'))
		return true;
	p->inv->command = NULL;
	return family ? unknown_second(
				p, table, first, second != NULL && *second != '-' ? second : NULL)
		      : unknown_verb(p, table, first);
}

static bool check_arguments(struct parse *p)
{
	const struct invocation *inv = p->inv;
	const struct command *c = inv->command;

	if (c == NULL || invocation_has(inv, "--help") || invocation_has(inv, "--version"))
		return true;
	if (inv->argc < c->args_min)
		return refuse(p, "%s: %s is missing", c->words, c->args);
	if (inv->argc > c->args_max && c->args_max == 0)
		return refuse(p, "%s takes no argument, and \"%s\" is one", c->words, inv->args[0]);
	if (inv->argc > c->args_max)
		return refuse(
			p, "%s: \"%s\" is one argument too many", c->words, inv->args[c->args_max]);
	return true;
}

bool grammar_parse(const struct command *table, int argc, char **argv, struct invocation *inv,
	char *error, size_t error_size)
{
	struct parse p = {inv, argc, argv, 0, error, error_size};
	bool options = true;

	*inv = (struct invocation){.table = table};
	error[0] = '\0';
	while (p.at < argc) {
		const char *arg = argv[p.at];

		if (options && arg[0] == '-' && arg[1] != '\0') {
			p.at++;
			if (strcmp(arg, "--") == 0)
				options = false;
			else if (!take_option(&p, arg))
				return false;
		} else if (inv->command == NULL) {
			if (!find_command(&p, table))
				return false;
		} else {
			p.at++;
			if (inv->argc == INVOCATION_ARGS)
				return refuse(&p, "more than %d arguments", INVOCATION_ARGS);
			inv->args[inv->argc++] = arg;
		}
	}
	return check_arguments(&p);
}

bool invocation_has(const struct invocation *inv, const char *name)
{
	for (int i = 0; i < inv->option_count; i++)
		if (strcmp(inv->options[i].option->name, name) == 0)
			return true;
	return false;
}

const char *invocation_value(const struct invocation *inv, const char *name)
{
	const char *value, *last = NULL;
	int at = 0;

	while ((value = invocation_next(inv, name, &at)) != NULL)
		last = value;
	return last;
}

const char *invocation_next(const struct invocation *inv, const char *name, int *at)
{
	while (*at < inv->option_count) {
		int i = (*at)++;

		if (strcmp(inv->options[i].option->name, name) == 0)
			return inv->options[i].value;
	}
	return NULL;
}

bool grammar_number(const char *text, unsigned long min, unsigned long max, unsigned long *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoul(text, &end, 10);
	return errno == 0 && *end == '\0' && *out >= min && *out <= max;
}

bool invocation_number(const struct invocation *inv, const char *name, unsigned long min,
	unsigned long max, unsigned long absent, unsigned long *out)
{
	const char *value = invocation_value(inv, name);

	*out = absent;
	return value == NULL || grammar_number(value, min, max, out);
}
