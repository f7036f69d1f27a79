/* Strict JSON: what is taken, what is refused and where, and members with bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <json-c/json.h>

#include "lib/service/json.h"

static struct json_object *read_text(const char *text)
{
	char why[128] = "";
	struct json_object *o = json_read(text, strlen(text), why, sizeof(why));

	if (!o)
		fail_msg("%s: %s", text, why);
	return o;
}

static void good_texts_are_read(void **state)
{
	static const char *const good[] = {"{}", "[]", " [ ] ", "0", "-0", "1.5e-3", "\"\"", "true",
		"{\"a\":{\"b\":[1,2,{\"a\":null}]}}", "\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\"",
		"9999999999999999999",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		json_object_put(read_text(good[i]));
}

static void bad_texts_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "want a value at byte 0"},
		{"NaN", "want a value at byte 0"},
		{"[Infinity]", "want a value at byte 1"},
		{"-Infinity", "want a digit at byte 1"},
		{"{\"a\":1,}", "want a string at byte 7"},
		{"[1,]", "want a value at byte 3"},
		{"[1 2]", "want , or ] at byte 3"},
		{"{\"a\" 1}", "want : at byte 5"},
		{"{a:1}", "want a string at byte 1"},
		{"01", "something after the value at byte 1"},
		{"1.", "want a digit at byte 2"},
		{"1e", "want a digit at byte 2"},
		{"+1", "want a value at byte 0"},
		{"{} x", "something after the value at byte 3"},
		{"/* c */ 1", "want a value at byte 0"},
		{"'a'", "want a value at byte 0"},
		{"\"a", "the text ends within a string at byte 2"},
		{"\"a\nb\"", "a control character in a string at byte 2"},
		{"\"\\x41\"", "an escape that JSON does not have at byte 2"},
		{"\"\\u00g0\"", "want four hexadecimal digits after \\u at byte 3"},
		{"\"\\u00", "want four hexadecimal digits after \\u at byte 3"},
		{"\"\\u0000\"", "a NUL in a string at byte 3"},
		{"\"\\udc00\"", "the second half of a surrogate pair without the first at byte 3"},
		{"\"\\ud800\"", "the first half of a surrogate pair without the second at byte 3"},
		{"\"\\ud800\\n\"",
			"the first half of a surrogate pair without the second at byte 3"},
		{"\"\\ud800\\u0041\"",
			"the first half of a surrogate pair without the second at byte 3"},
		{"\"\\ud800\\ud800\"",
			"the first half of a surrogate pair without the second at byte 3"},
		{"\"\xc0\x80\"", "bytes that are not UTF-8 at byte 1"},
		{"\"\xed\xa0\x80\"", "bytes that are not UTF-8 at byte 1"},
		{"\"\xf4\x90\x80\x80\"", "bytes that are not UTF-8 at byte 1"},
		{"\"\xe2\x82\"", "bytes that are not UTF-8 at byte 1"},
		{"\"\xc0\xaf\"", "bytes that are not UTF-8 at byte 1"}, /* / in two bytes */
		{"\"\xe0\x80\xaf\"", "bytes that are not UTF-8 at byte 1"},
		{"\"\xf0\x80\x80\xaf\"", "bytes that are not UTF-8 at byte 1"},
		{"99999999999999999999", "an integer of more than 19 digits at byte 20"},
		{"-9223372036854775809", "an integer below -9223372036854775808 at byte 20"},
		{"1e+", "want a digit at byte 3"},
		{"-1e999", "a number beyond what a double can be"},
		{"[-NaN]", "want a digit at byte 2"},
		{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
			"nested deeper than 32 at byte 32"},
		{"{\"a\":1,\"a\":1}", "an object has the same member twice"},
		{"[{\"a\":1,\"\\u0061\":1}]", "an object has the same member twice"},
		{"[1e999]", "a number beyond what a double can be"},
		{"null", "null, or no memory"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char why[128] = "";

		assert_null(json_read(bad[i].text, strlen(bad[i].text), why, sizeof(why)));
		assert_string_equal(why, bad[i].why);
	}
}

static void a_nul_byte_is_refused(void **state)
{
	char why[128];

	assert_null(json_read("{}\0", 3, why, sizeof(why)));
	assert_string_equal(why, "something after the value at byte 2");
}

/* @count times @one, within an array. */
static char *many(const char *one, size_t count)
{
	size_t n = strlen(one) + 1;
	char *text = malloc(count * n + 2);

	for (size_t i = 0; i < count; i++)
		sprintf(text + i * n, "%c%s", i ? ',' : '[', one);
	strcpy(text + count * n, "]");
	return text;
}

static void a_text_of_too_many_values_is_refused_before_its_tree_is_built(void **state)
{
	static const struct {
		const char *one;
		size_t most; /* beside the array around them */
	} all[] = {{"0", 131071}, {"[]", 16383}, {"{}", 16383}};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		char *text = many(all[i].one, all[i].most), why[128] = "";

		json_object_put(read_text(text));
		free(text);
		text = many(all[i].one, all[i].most + 1);
		assert_null(json_read(text, strlen(text), why, sizeof(why)));
		assert_non_null(strstr(why, "too many values; want at most 131072"));
		free(text);
	}
}

static void numbers_keep_their_bounds(void **state)
{
	struct json_object *o = read_text("{\"n\":7,\"neg\":-1,\"f\":1.5,\"s\":\"7\"}");
	char why[128] = "";
	uint64_t n = 99;
	bool given;

	assert_true(json_get_u64(o, "n", 1, 7, &n, &given, why, sizeof(why)));
	assert_true(given);
	assert_int_equal(n, 7);
	assert_true(json_get_u64(o, "absent", 1, 7, &n, &given, why, sizeof(why)));
	assert_false(given);
	assert_int_equal(n, 7);
	assert_false(json_get_u64(o, "n", 0, 6, &n, NULL, why, sizeof(why)));
	assert_string_equal(why, "`n` is 7; want a number from 0 to 6");
	assert_false(json_get_u64(o, "neg", 0, 6, &n, NULL, why, sizeof(why)));
	assert_string_equal(why, "`neg` is -1; want a number from 0 to 6");
	assert_false(json_get_u64(o, "f", 0, 6, &n, NULL, why, sizeof(why)));
	assert_string_equal(why, "`f` is 1.5; want a number from 0 to 6");
	assert_false(json_get_u64(o, "s", 0, 6, &n, NULL, why, sizeof(why)));
	assert_int_equal(n, 7);
	json_object_put(o);
}

static void texts_and_truths_keep_their_types(void **state)
{
	struct json_object *o = read_text("{\"t\":\"abc\",\"b\":true,\"n\":1}");
	const char *text = NULL;
	bool truth = false;
	char why[128] = "";

	assert_true(json_get_text(o, "t", 3, &text, NULL, why, sizeof(why)));
	assert_string_equal(text, "abc");
	assert_false(json_get_text(o, "t", 2, &text, NULL, why, sizeof(why)));
	assert_string_equal(why, "`t` has 3 bytes; want at most 2");
	assert_false(json_get_text(o, "n", 9, &text, NULL, why, sizeof(why)));
	assert_string_equal(why, "`n` is 1; want a string");
	assert_true(json_get_bool(o, "b", &truth, NULL, why, sizeof(why)));
	assert_true(truth);
	assert_false(json_get_bool(o, "n", &truth, NULL, why, sizeof(why)));
	json_object_put(o);
}

static void unknown_members_are_refused(void **state)
{
	static const char *const known[] = {"a", "b", NULL}, *const fewer[] = {"a", NULL};
	struct json_object *o = read_text("{\"a\":1,\"b\":2}"), *list = read_text("[]");
	char why[128] = "";

	assert_true(json_only(o, known, why, sizeof(why)));
	assert_false(json_only(o, fewer, why, sizeof(why)));
	assert_string_equal(why, "there is no member `b` here");
	assert_false(json_only(list, known, why, sizeof(why)));
	json_object_put(o);
	json_object_put(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_texts_are_read),
		cmocka_unit_test(bad_texts_are_refused_with_their_place),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(a_text_of_too_many_values_is_refused_before_its_tree_is_built),
		cmocka_unit_test(numbers_keep_their_bounds),
		cmocka_unit_test(texts_and_truths_keep_their_types),
		cmocka_unit_test(unknown_members_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
