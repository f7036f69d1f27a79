/* Rows out of a long list, as the text comes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "lib/service/json_rows.h"

struct seen {
	char text[1024];
	unsigned int count, most;
};

static bool keep(void *arg, struct json_object *row)
{
	struct seen *s = arg;
	size_t len = strlen(s->text);

	s->count++;
	snprintf(s->text + len, sizeof(s->text) - len, "%s;",
		json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN));
	return s->count != s->most;
}

/* The rows, each ended by ";"; @want NULL: it is wrong, or not whole. */
static void expect(const char *text, const char *want)
{
	for (size_t piece = 1; piece <= 10000; piece *= 10000) {
		struct json_rows r;
		struct seen s = {0};

		json_rows_init(&r, keep, &s);
		for (size_t at = 0; at < strlen(text); at += piece)
			json_rows_feed(&r, text + at,
				strlen(text) - at < piece ? strlen(text) - at : piece);
		if (json_rows_whole(&r) != (want != NULL) || (want && strcmp(s.text, want) != 0))
			fail_msg("%s: want %s, got %s (%s)", text, want ? want : "a fault", s.text,
				r.wrong ? r.wrong : "right");
	}
}

static void rows_come_one_by_one(void **state)
{
	expect("{}", "");
	expect(" {\"macs\":[],\"total\":0}\n", "");
	expect("{\"macs\":[{\"a\":1},{\"b\":[1,{\"c\":2}]}],\"total\":2}",
		"{\"a\":1};{\"b\":[1,{\"c\":2}]};");
	expect("{ \"total\" : 1, \"macs\" : [ {\"a\":\"}\\\"]{\"} ] }", "{\"a\":\"}\\\"]{\"};");
	expect("{\"x\":[{\"a\":1}],\"y\":[{\"a\":2}]}", "{\"a\":1};{\"a\":2};");
}

static void what_is_no_list_of_rows_is_wrong(void **state)
{
	static const char *const bad[] = {"", "[]", "x", "{", "{\"macs\":[", "{\"macs\":[{}",
		"{\"macs\":[{}]", "{}{}", "{}x", "{\"macs\":{\"a\":1}}", "{\"macs\":[1]}",
		"{\"macs\":[\"x\"]}", "{\"macs\":[[]]}", "{\"macs\":[{]}", "{\"macs\":[{\"a\":1]}",
		"{\"macs\":[{\"a\":nan}]}", "{\"macs\":[{\"a\":1,\"a\":2}]}",
		"{\"macs\":[{'a':1}]}", "]", "{\"macs\":[{\"a\":[[[[[[[[[1]]]]]]]]]}]}",
		"{\"macs\":[{\"a\":1}x]}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(bad[i], NULL);
}

static void rows_are_bounded_and_may_be_refused(void **state)
{
	char text[2 * JSON_ROW_MAX] = "{\"macs\":[{\"a\":\"";
	struct seen s = {.most = 1};
	struct json_rows r;

	memset(text + strlen(text), 'x', JSON_ROW_MAX);
	json_rows_init(&r, keep, &s);
	assert_false(json_rows_feed(&r, text, strlen(text)));
	assert_string_equal(r.wrong, "a row is longer than 4096 bytes");
	json_rows_init(&r, keep, &s);
	assert_false(json_rows_feed(&r, "{\"m\":[{},{}]}", 13));
	assert_int_equal(s.count, 1);
}

static bool number(const char *text, size_t piece, uint64_t *n)
{
	struct seen s = {.most = 10};
	struct json_rows r;

	json_rows_init(&r, keep, &s);
	for (size_t at = 0; at < strlen(text); at += piece)
		json_rows_feed(
			&r, text + at, strlen(text + at) < piece ? strlen(text + at) : piece);
	return json_rows_number(&r, "total", n);
}

static void numbers_beside_the_lists_are_read(void **state)
{
	static const char *const none[] = {"{\"macs\":[{\"total\":7}]}",
		"{\"macs\":[],\"total\":-1}", "{\"macs\":[],\"total\":\"7\"}",
		"{\"macs\":[],\"total\":7", "{\"total\":7,}", "{\"macs\":[],\"total\":7}}"};
	char text[JSON_BESIDE_MAX + 64] = "{\"x\":\"";
	uint64_t n = 0;

	for (size_t piece = 1; piece < 64; piece++) {
		assert_true(number(
			" {\"macs\":[{\"total\":1},{\"b\":[\"]\"]}], \"x\":\"[{\\\"\",\"more\":[{}],"
			"\"total\": 1000001}",
			piece, &n));
		assert_int_equal(n, 1000001);
		for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
			if (number(none[i], piece, &n))
				fail_msg("%s", none[i]);
	}
	memset(text + strlen(text), 'x', JSON_BESIDE_MAX); /* there is no room for it */
	strcat(text, "\",\"total\":7}");
	assert_false(number(text, sizeof(text), &n));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_come_one_by_one),
		cmocka_unit_test(what_is_no_list_of_rows_is_wrong),
		cmocka_unit_test(numbers_beside_the_lists_are_read),
		cmocka_unit_test(rows_are_bounded_and_may_be_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
