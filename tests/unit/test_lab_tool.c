/* The options of the lab's tools. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <getopt.h>
#include <cmocka.h>

#include "tests/lab/tool.h"

static double rate, seconds;
static const char *file;
static const struct tool_option list[] = {
	{"rate", &rate, NULL}, {"seconds", &seconds, NULL}, {"log", NULL, &file}, {0}};

static int options_of(const char *const *words)
{
	static char *argv[16];
	int argc = 0;

	for (argv[argc++] = (char *)(uintptr_t) "tool"; *words; words++)
		argv[argc++] = (char *)(uintptr_t)*words;
	argv[argc] = NULL;
	optind = 0; /* GNU getopt: from the beginning */
	opterr = 0;
	rate = seconds = -1;
	file = NULL;
	return tool_options(argc, argv, list);
}

#define OPTIONS(...) options_of((const char *const[]){__VA_ARGS__, NULL})

static void numbers_and_texts_go_where_the_list_says(void **state)
{
	assert_int_equal(OPTIONS("--rate", "100", "192.0.2.1", "--log", "x", "--seconds=0.5"), 6);
	assert_true(rate > 99.9 && rate < 100.1);
	assert_true(seconds > 0.4 && seconds < 0.6);
	assert_string_equal(file, "x");
	assert_int_equal(OPTIONS("192.0.2.1"), 1);
	assert_true(rate < 0); /* not given: as it was */
}

static void what_is_no_option_or_no_number_is_refused(void **state)
{
	assert_int_equal(OPTIONS("--speed", "1"), -1);
	assert_int_equal(OPTIONS("--rate", "fast"), -1);
	assert_int_equal(OPTIONS("--rate", "10x"), -1);
	assert_int_equal(OPTIONS("--rate", "-1"), -1);
	assert_int_equal(OPTIONS("--rate", ""), -1);
	assert_int_equal(OPTIONS("--rate"), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_and_texts_go_where_the_list_says),
		cmocka_unit_test(what_is_no_option_or_no_number_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
