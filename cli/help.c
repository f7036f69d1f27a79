/* help: what people read about the verbs, and bash's completion: all written from the table
 * (grammar.h). */
#include "cli/grammar.h"

#include <string.h>

void grammar_usage(const struct command *c, FILE *out)
{
	fprintf(out, "sunward %s%s%s", c->words, *c->args != '\0' ? " " : "", c->args);
	for (const struct grammar_option *o = c->options; o != NULL && o->name != NULL; o++)
		fprintf(out, " [%s%s%s]%s", o->name, o->value != NULL ? " " : "",
			o->value != NULL ? o->value : "", o->repeat ? "..." : "");
	fputc('\n', out);
}

static void help_options(const struct grammar_option *o, FILE *out)
{
	for (; o != NULL && o->name != NULL; o++) {
		char left[128];

		snprintf(left, sizeof(left), "%c%c%s%s%s%s", o->letter != 0 ? '-' : ' ',
			o->letter != 0 ? o->letter : ' ', o->letter != 0 ? ", " : "  ", o->name,
			o->value != NULL ? " " : "", o->value != NULL ? o->value : "");
		if (strlen(left) > 28)
			fprintf(out, "  %s\n  %-28s  %s\n", left, "", o->help);
		else
			fprintf(out, "  %-28s  %s\n", left, o->help);
	}
}

void grammar_help(const struct command *c, FILE *out)
{
	fputs("usage: ", out);
	grammar_usage(c, out);
	fprintf(out, "\n%s\n", c->help);
	fputs("\noptions:\n", out);
	help_options(c->options, out);
	help_options(grammar_global, out);
	fprintf(out, "\nexample:\n  %s\n", c->example);
}

void grammar_overview(const struct command *table, FILE *out)
{
	fputs("usage: sunward [-j] [--socket PATH | --connect HOST:PORT] VERB ...\n\nverbs:\n",
		out);
	for (const struct command *c = table; c->words != NULL; c++) {
		char left[128];

		snprintf(left, sizeof(left), "%s%s%s", c->words, *c->args != '\0' ? " " : "",
			c->args);
		if (strlen(left) > 28)
			fprintf(out, "  %s\n  %-28s  %s\n", left, "", c->help);
		else
			fprintf(out, "  %-28s  %s\n", left, c->help);
	}
	fputs("\noptions of every verb:\n", out);
	help_options(grammar_global, out);
	fputs("\nsunward VERB -h prints a verb's options and an example.\n", out);
}

static void completion_options(const struct grammar_option *o, const char *between, FILE *out)
{
	for (; o != NULL && o->name != NULL; o++) {
		fprintf(out, "%s%s", between, o->name);
		between = " ";
		if (o->letter != 0)
			fprintf(out, " -%c", o->letter);
	}
}

/* The words that may follow @first (or, when NULL, that may come first), each once. */
static void completion_words(const struct command *table, const char *first, FILE *out)
{
	size_t n = first != NULL ? strcspn(first, " ") : 0, last_n = 0;
	const char *last = "", *between = "";

	for (; table->words != NULL; table++) {
		size_t w = strcspn(table->words, " ");

		if (first == NULL && (w != last_n || strncmp(table->words, last, w) != 0)) {
			fprintf(out, "%s%.*s", between, (int)w, table->words);
			between = " ";
		} else if (first != NULL && w == n && strncmp(table->words, first, n) == 0 &&
			   table->words[w] == ' ') {
			fprintf(out, "%s%s", between, table->words + w + 1);
			between = " ";
		}
		last = table->words;
		last_n = w;
	}
}

/* Rows of one family stand together in the table: true at the family's first row. */
static bool family_starts(const struct command *table, const struct command *c)
{
	size_t n = strcspn(c->words, " ");

	return c == table || strncmp(c[-1].words, c->words, n) != 0 ||
	       strcspn(c[-1].words, " ") != n;
}

/* The options of each verb; verbs of two words first, since a shell takes the first pattern that
 * fits. */
static void completion_cases(const struct command *table, bool two, FILE *out)
{
	for (const struct command *c = table; c->words != NULL; c++) {
		if ((strchr(c->words, ' ') != NULL) != two)
			continue;
		fprintf(out, "\t\"%s%s) options=\"", c->words, two ? "\"" : " \"*");
		completion_options(c->options, "", out);
		fputs("\" ;;\n", out);
	}
}

void grammar_completion(const struct command *table, FILE *out)
{
	fputs("# bash completion for sunward and lig; printed by `sunward completion bash`.\n"
	      "_sunward()\n{\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} words=() word before= options=\n"
	      "\tfor word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
	      "\t\t[[ $word == -* || $before =~ ^--(socket|connect|cert|cert-key|ca)$ ]] || words+=(\"$word\")\n"
	      "\t\tbefore=$word\n"
	      "\tdone\n"
	      "\t[[ ${COMP_WORDS[0]##*/} == lig ]] && words=(lig \"${words[@]}\")\n"
	      "\tCOMPREPLY=()\n"
	      "\tif [[ $before =~ ^--(socket|cert|cert-key|ca)$ ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase \"${words[0]} ${words[1]}\" in\n",
		out);
	completion_cases(table, true, out);
	completion_cases(table, false, out);
	fputs("\tesac\n\toptions+=\"", out);
	completion_options(grammar_global, " ", out);
	fputs("\"\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tcase ${#words[@]}:${words[0]} in\n"
	      "\t0:) COMPREPLY=($(compgen -W \"",
		out);
	completion_words(table, NULL, out);
	fputs("\" -- \"$cur\")) ;;\n", out);
	for (const struct command *c = table; c->words != NULL; c++) {
		if (!family_starts(table, c) ||
			(strchr(c->words, ' ') == NULL && family_starts(table, c + 1)))
			continue;
		fprintf(out, "\t1:%.*s) COMPREPLY=($(compgen -W \"", (int)strcspn(c->words, " "),
			c->words);
		completion_words(table, c->words, out);
		fputs("\" -- \"$cur\")) ;;\n", out);
	}
	fputs("\t2:config) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n"
	      "\tesac\n"
	      "}\n"
	      "complete -F _sunward sunward lig\n",
		out);
}
