/* Command lines: what is understood, what is refused and how that is said, help, and bash's
 * completion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/cli_run.h"
#include "cli/grammar.h"
#include "cli/verbs.h"

#define PARSE(inv, error, ...)                                                                     \
	({                                                                                         \
		char *argv_[] = {__VA_ARGS__};                                                     \
		grammar_parse(commands, sizeof(argv_) / sizeof(argv_[0]), argv_, inv, error,       \
			sizeof(error));                                                            \
	})

static void a_line_is_verb_options_and_arguments_in_any_order(void **state)
{
	struct invocation inv;
	char error[512];
	int at = 0;

	assert_true(PARSE(&inv, error, "-j", "eid", "add", "--ttl", "60", "10.0.0.7",
		"--rloc=192.0.2.1,1,100", "--rloc", "192.0.2.2,2,50"));
	assert_string_equal(inv.command->words, "eid add");
	assert_int_equal(inv.argc, 1);
	assert_string_equal(inv.args[0], "10.0.0.7");
	assert_true(invocation_has(&inv, "--json"));
	assert_string_equal(invocation_value(&inv, "--ttl"), "60");
	assert_string_equal(invocation_next(&inv, "--rloc", &at), "192.0.2.1,1,100");
	assert_string_equal(invocation_next(&inv, "--rloc", &at), "192.0.2.2,2,50");
	assert_null(invocation_next(&inv, "--rloc", &at));
	assert_null(invocation_value(&inv, "--action"));
}

static void two_dashes_end_the_options(void **state)
{
	struct invocation inv;
	char error[512];

	assert_true(PARSE(&inv, error, "site", "del", "--", "--odd-name"));
	assert_string_equal(inv.args[0], "--odd-name");
}

static void letters_take_their_value_glued_or_apart(void **state)
{
	struct invocation inv;
	char error[512];

	assert_true(PARSE(&inv, error, "lig", "-m", "192.0.2.53", "-c5", "10.0.0.7"));
	assert_string_equal(invocation_value(&inv, "--map-resolver"), "192.0.2.53");
	assert_string_equal(invocation_value(&inv, "--count"), "5");
}

static void the_longer_verb_wins(void **state)
{
	struct invocation inv;
	char error[512];

	assert_true(PARSE(&inv, error, "cache"));
	assert_string_equal(inv.command->words, "cache");
	assert_true(PARSE(&inv, error, "cache", "--limit", "3"));
	assert_string_equal(inv.command->words, "cache");
	assert_true(PARSE(&inv, error, "cache", "clear", "10.0.0.7"));
	assert_string_equal(inv.command->words, "cache clear");
}

/* Run a line that must be refused with exit code 2 and @message as the first line. */
static void refused(const char *line, const char *message)
{
	struct cli_run r;

	cli_run_start(&r);
	cli_run(&r, line);
	assert_int_equal(r.code, CLI_USAGE);
	r.err[strcspn(r.err, "\n")] = '\0';
	assert_string_equal(r.err, message);
	assert_string_equal(r.out, "");
	cli_run_end(&r);
}

static void mistakes_exit_2_and_say_what_was_meant(void **state)
{
	refused("", "sunward: a verb is missing");
	refused("stauts", "sunward: there is no verb \"stauts\"; did you mean \"status\"?");
	refused("xyzzy", "sunward: there is no verb \"xyzzy\"");
	refused("eid", "sunward: \"eid\" needs one of: show, add, set, del, claim, history, watch");
	refused("eid shwo",
		"sunward: \"eid\" needs one of: show, add, set, del, claim, history, watch; not \"shwo\"; did you mean \"show\"?");
	refused("cache claer x",
		"sunward: \"cache\" needs one of: show, clear; not \"claer\"; did you mean \"clear\"?");
	refused("eid add 10.0.0.7 --rlco x",
		"sunward: eid add: there is no option \"--rlco\"; did you mean \"--rloc\"?");
	refused("eid add", "sunward: eid add: EID is missing");
	refused("eid del 10.0.0.7 10.0.0.8",
		"sunward: eid del: \"10.0.0.8\" is one argument too many");
	refused("status now", "sunward: status takes no argument, and \"now\" is one");
	refused("eid del 10.0.0.7 --seq", "sunward: --seq needs a value: --seq SEQ");
	refused("eid del 10.0.0.7 --seq 1 --seq 2", "sunward: --seq is given twice");
	refused("status --json=yes", "sunward: --json takes no value");
}

static void bad_values_exit_2_and_name_the_legal_range(void **state)
{
	refused("eid add 10.0.0.7 --rloc 192.0.2.1,1,100 --ttl 0",
		"sunward: --ttl is \"0\", must be 1 to 525600 minutes");
	refused("eid add 10.0.0.7 --rloc 192.0.2.1,1",
		"sunward: --rloc is \"192.0.2.1,1\", must be an IP address, a priority and a weight (0-255), and "
		"perhaps the same for multicast: 198.51.100.1,1,100");
	refused("eid add 10.0.0.7 --rloc 192.0.2.1,1,256",
		"sunward: --rloc is \"192.0.2.1,1,256\", must be an IP address, a priority and a weight (0-255), "
		"and perhaps the same for multicast: 198.51.100.1,1,100");
	refused("eid add 10.0.0.7",
		"sunward: neither --rloc nor --action is given: a mapping has locators, or an action if it is "
		"negative");
	refused("eid show --limit many", "sunward: --limit is \"many\", must be 1 to 1000000000");
	refused("rloc drain 10.0.0", "sunward: \"10.0.0\" is no IPv4 or IPv6 address");
	refused("eid del 10.0.0.7 --seq x", "sunward: --seq is \"x\", must be a number");
	refused("lig 10.0.0.7 to 192.0.2.53 count 6", "sunward: count is \"6\", must be 1 to 5");
	refused("lig 10.0.0.7 to 192.0.2.53 -t 9", "sunward: --timeout is \"9\", must be 1 to 5");
	refused("lig 10.0.0.7 to 192.0.2.53 cuont 2",
		"sunward: \"cuont\" says nothing to lig; did you mean \"count\"?");
	refused("lig 10.0.0.7 to", "sunward: \"to\" needs a value behind it");
	refused("lig 10.0.0.7",
		"sunward: no map-resolver: say \"to HOST\", -m HOST, or set LISP_MAP_RESOLVER");
	refused("config check x --daemon y",
		"sunward: --daemon is \"y\", must be mapserver, xtr, vmagent or rbridge");
}

static void a_wrong_line_shows_the_verbs_usage(void **state)
{
	struct cli_run r;

	cli_run_start(&r);
	cli_run(&r, "eid del");
	assert_string_equal(r.err, "sunward: eid del: EID is missing\n"
				   "usage: sunward eid del EID [--seq SEQ] [--site NAME]\n"
				   "\"sunward eid del -h\" explains, with an example\n");
	cli_run_end(&r);
}

static void help_shows_options_and_an_example(void **state)
{
	struct cli_run r;

	cli_run_start(&r);
	cli_run(&r, "eid del -h");
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out,
		"usage: sunward eid del EID [--seq SEQ] [--site NAME]\n"
		"\n"
		"Take a mapping away.\n"
		"\n"
		"options:\n"
		"      --seq SEQ                 only if the mapping is still at this seq\n"
		"      --site NAME               only what this site has registered\n"
		"  -j, --json                    print JSON of a stable shape\n"
		"      --socket PATH             ask the daemon at this unix socket (or set SUNWARD_SOCKET)\n"
		"      --connect HOST:PORT       ask the daemon there, over mutual TLS (or set SUNWARD_CONNECT)\n"
		"      --cert FILE               with --connect: our certificate (or set SUNWARD_CERT)\n"
		"      --cert-key FILE           its private key (or set SUNWARD_CERT_KEY)\n"
		"      --ca FILE                 whose servers are trusted (or set SUNWARD_CA)\n"
		"  -h, --help                    print help for the verb\n"
		"  -V, --version                 print the version\n"
		"\n"
		"example:\n"
		"  sunward eid del 10.0.0.7 --seq 5\n");
	cli_run_end(&r);
}

static void every_example_is_a_line_that_parses(void **state)
{
	for (const struct command *c = commands; c->words != NULL; c++) {
		char copy[256], *argv[32], *rest = copy, *word, error[512];
		struct invocation inv;
		int n = 0;

		snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(c->example, ">"), c->example);
		while ((word = strsep(&rest, " ")) != NULL)
			if (*word != '\0')
				argv[n++] = word;
		assert_string_equal(argv[0], "sunward");
		if (!grammar_parse(commands, n - 1, argv + 1, &inv, error, sizeof(error)))
			fail_msg("%s: %s", c->example, error);
		assert_string_equal(inv.command->words, c->words);
		assert_true(strlen(c->help) > 10);
	}
}

static void the_overview_lists_every_verb(void **state)
{
	struct cli_run r;

	cli_run_start(&r);
	cli_run(&r, "-h");
	assert_int_equal(r.code, CLI_OK);
	for (const struct command *c = commands; c->words != NULL; c++)
		assert_non_null(strstr(r.out, c->help));
	cli_run_end(&r);
}

static void the_committed_completion_is_what_the_program_prints(void **state)
{
	char path[1024], committed[16384];
	const char *top = getenv("top_srcdir");
	struct cli_run r;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/dist/bash-completion/sunward", top != NULL ? top : ".");
	f = fopen(path, "re");
	assert_non_null(f);
	n = fread(committed, 1, sizeof(committed) - 1, f);
	fclose(f);
	committed[n] = '\0';
	cli_run_start(&r);
	cli_run(&r, "completion bash");
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, committed);
	cli_run_end(&r);
}

/* Let bash complete, with the committed script, the words of @words at @cword. */
static void completes(const char *words, int cword, const char *want)
{
	const char *top = getenv("top_srcdir");
	char command[2048], got[1024] = "";
	FILE *p;

	snprintf(command, sizeof(command),
		"bash --norc -c '. %s/dist/bash-completion/sunward; COMP_WORDS=(%s); COMP_CWORD=%d; _sunward; "
		"echo \"${COMPREPLY[@]}\"'",
		top != NULL ? top : ".", words, cword);
	p = popen(command, "re");
	assert_non_null(p);
	assert_non_null(fgets(got, sizeof(got), p));
	assert_int_equal(pclose(p), 0);
	got[strcspn(got, "\n")] = '\0';
	assert_string_equal(got, want);
}

static void bash_completes_verbs_and_options(void **state)
{
	completes("sunward c", 1, "cache counters config completion");
	completes("sunward eid \"\"", 2, "show add set del claim history watch");
	completes("sunward --socket /tmp/x eid s", 4, "show set");
	completes("sunward eid del --s", 3, "--seq --site --socket");
	completes("sunward cache clear --l", 3, "");
	completes("lig --ma", 1, "--map-resolver");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_verb_options_and_arguments_in_any_order),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(letters_take_their_value_glued_or_apart),
		cmocka_unit_test(the_longer_verb_wins),
		cmocka_unit_test(mistakes_exit_2_and_say_what_was_meant),
		cmocka_unit_test(bad_values_exit_2_and_name_the_legal_range),
		cmocka_unit_test(a_wrong_line_shows_the_verbs_usage),
		cmocka_unit_test(help_shows_options_and_an_example),
		cmocka_unit_test(every_example_is_a_line_that_parses),
		cmocka_unit_test(the_overview_lists_every_verb),
		cmocka_unit_test(the_committed_completion_is_what_the_program_prints),
		cmocka_unit_test(bash_completes_verbs_and_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
