/* The word that was meant: distances, and when to keep silent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/suggest.h"

static const char *nearest(const char *given, const char *const *words)
{
	struct suggest s;

	suggest_start(&s, given);
	for (; *words != NULL; words++)
		suggest_offer(&s, *words);
	return s.best;
}

static void counts_edits(void **state)
{
	assert_int_equal(suggest_distance("", ""), 0);
	assert_int_equal(suggest_distance("", "abc"), 3);
	assert_int_equal(suggest_distance("status", "status"), 0);
	assert_int_equal(suggest_distance("status", "STATUS"), 0);
	assert_int_equal(suggest_distance("kitten", "sitting"), 3);
	assert_int_equal(suggest_distance("eid-perfix", "eid-prefix"), 1);
	assert_int_equal(suggest_distance("hsow", "show"), 1);
}

static void an_overlong_word_is_wholly_different(void **state)
{
	static const char word[] =
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

	assert_int_equal(sizeof(word) - 1, 65);
	assert_int_equal(suggest_distance(word, word), UINT16_MAX);
}

static void the_nearest_word_is_suggested(void **state)
{
	static const char *const words[] = {"status", "site", "eid", "counters", NULL};

	assert_string_equal(nearest("statsu", words), "status");
	assert_string_equal(nearest("sites", words), "site");
	assert_string_equal(nearest("counter", words), "counters");
}

static void a_word_unlike_all_gets_no_suggestion(void **state)
{
	static const char *const words[] = {"status", "site", "eid", "counters", NULL};

	assert_null(nearest("xyzzy", words));
	assert_null(nearest("", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_edits),
		cmocka_unit_test(an_overlong_word_is_wholly_different),
		cmocka_unit_test(the_nearest_word_is_suggested),
		cmocka_unit_test(a_word_unlike_all_gets_no_suggestion),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
