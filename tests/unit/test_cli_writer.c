/* The two back ends of the writer by their exact text, and the reader of event streams. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <json.h>
#include <cmocka.h>

#include "lib/net/sse.h"
#include "cli/writer.h"

static const struct column inner_view[] = {
	COLUMN("address", "Locator", TEXT),
	COLUMN("weight", "Weight", NUMBER),
	COLUMN("hidden", NULL, NUMBER),
	{0},
};

static const struct column view[] = {
	COLUMN("name", "Name", TEXT),
	COLUMN("n", "N", NUMBER),
	COLUMN("up", "Up", BOOL),
	COLUMN("age_s", "Age", SECONDS),
	COLUMN_OF("rows", "Rows", ROWS, inner_view),
	COLUMN("words", "Words", WORDS),
	COLUMN("pairs", "Pairs", PAIRS),
	COLUMN_DETAIL("more", "More", TEXT, NULL),
	{0},
};

enum how { TABLE, OBJECT, LINE };

/* What @json comes to by @how; the caller frees it. */
static char *shown(enum how how, bool as_json, const char *json)
{
	struct json_object *o = json_tokener_parse(json);
	char *text = NULL;
	size_t len;
	struct writer w = {open_memstream(&text, &len), as_json};

	assert_non_null(o);
	if (how == TABLE)
		writer_table(&w, "things", view, o, "nothing");
	else if (how == OBJECT)
		writer_object(&w, view, o);
	else
		writer_line(&w, view, o);
	fclose(w.out);
	json_object_put(o);
	return text;
}

static void assert_shown(enum how how, bool as_json, const char *json, const char *want)
{
	char *text = shown(how, as_json, json);

	assert_string_equal(text, want);
	free(text);
}

static void a_table_is_aligned_and_nested_rows_stand_beside_their_parent(void **state)
{
	assert_shown(TABLE, false,
		"[{\"name\":\"long name\",\"n\":7,\"up\":true,\"age_s\":59,\"words\":[\"a\",\"b\"],\"pairs\":{\"k\":\"v\",\"l\":1},"
		"\"rows\":[{\"address\":\"192.0.2.1\",\"weight\":100},{\"address\":\"192.0.2.22\",\"weight\":5}]},"
		"{\"name\":\"x\",\"n\":12345,\"up\":false,\"age_s\":3661,\"words\":[],\"pairs\":{},\"rows\":[]}]",
		"NAME           N  UP     AGE  LOCATOR     WEIGHT  WORDS  PAIRS\n"
		"long name      7  yes    59s  192.0.2.1      100  a, b   k=v l=1\n"
		"                              192.0.2.22       5\n"
		"x          12345  no   1h01m  -                -  -      -\n");
}

static void an_empty_table_says_so_in_words(void **state)
{
	assert_shown(TABLE, false, "[]", "nothing\n");
	assert_shown(TABLE, true, "[]", "{\n  \"things\": [\n  ]\n}\n");
}

static void absent_values_are_dashes_or_null(void **state)
{
	assert_shown(TABLE, false, "[{\"name\":\"\"}]",
		"NAME  N  UP  AGE  LOCATOR  WEIGHT  WORDS  PAIRS\n"
		"-     -  -     -  -             -  -      -\n");
	assert_shown(LINE, true, "{\"name\":\"a/b\",\"unknown\":1}",
		"{\"name\":\"a/b\",\"n\":null,\"up\":null,\"age_s\":null,\"rows\":[],\"words\":null,"
		"\"pairs\":null,\"more\":null}\n");
}

static void one_object_is_lines_with_its_rows_below(void **state)
{
	assert_shown(OBJECT, false,
		"{\"name\":\"x\",\"age_s\":180061,\"rows\":[{\"address\":\"192.0.2.1\"}],\"more\":\"m\"}",
		"Name:  x\n"
		"N:     -\n"
		"Up:    -\n"
		"Age:   2d02h\n"
		"Words: -\n"
		"Pairs: -\n"
		"More:  m\n"
		"\n"
		"Rows:\n"
		"LOCATOR    WEIGHT\n"
		"192.0.2.1       -\n");
}

static void control_characters_are_escaped_for_people(void **state)
{
	assert_shown(OBJECT, false,
		"{\"name\":\"a\\u001b[2J\\n\\u007f\\u009bz\",\"words\":[\"\\u0007\"]}",
		"Name:  a\\x1b[2J\\x0a\\x7f\\u009bz\n"
		"N:     -\n"
		"Up:    -\n"
		"Age:   -\n"
		"Words: \\x07\n"
		"Pairs: -\n"
		"More:  -\n");
}

static void widths_are_counted_in_characters(void **state)
{
	assert_shown(TABLE, false,
		"[{\"name\":\"\\u00e9t\\u00e9\",\"n\":1},{\"name\":\"hiver\",\"n\":2}]",
		"NAME   N  UP  AGE  LOCATOR  WEIGHT  WORDS  PAIRS\n"
		"\xc3\xa9t\xc3\xa9    1  -     -  -             -  -      -\n"
		"hiver  2  -     -  -             -  -      -\n");
}

/* ---- event streams ---- */

struct heard {
	char text[512];
	unsigned int count, stop_after;
};

static bool hear(void *arg, const char *id, const char *event, const char *data)
{
	struct heard *h = arg;
	size_t used = strlen(h->text);

	snprintf(h->text + used, sizeof(h->text) - used, "<%s|%s|%s>", id, event, data);
	return ++h->count != h->stop_after;
}

/* Feed @stream in pieces of @piece bytes. */
static bool feed(struct sse *s, const char *stream, size_t piece)
{
	size_t len = strlen(stream);

	for (size_t i = 0; i < len; i += piece)
		if (!sse_feed(s, stream + i, len - i < piece ? len - i : piece))
			return false;
	return true;
}

static void events_are_read_whatever_the_pieces_and_line_ends(void **state)
{
	static const char *const streams[] = {
		": hello\n\nid: 1\nevent: moved\ndata: {\"a\":1}\n\ndata:one\ndata: two\nid\n\n",
		": hello\r\n\r\nid: 1\r\nevent: moved\r\ndata: {\"a\":1}\r\n\r\ndata:one\r\ndata: two\r\nid\r\n\r\n",
		": hello\r\rid: 1\revent: moved\rdata: {\"a\":1}\r\rdata:one\rdata: two\rid\r\r",
	};

	for (size_t i = 0; i < 3; i++)
		for (size_t piece = 1; piece < 20; piece++) {
			struct heard h = {0};
			struct sse s;

			sse_init(&s, hear, &h);
			assert_true(feed(&s, streams[i], piece));
			assert_string_equal(h.text, "<1|moved|{\"a\":1}><|message|one\ntwo>");
			sse_fini(&s);
		}
}

static void an_event_that_was_cut_off_is_forgotten_and_its_id_too(void **state)
{
	struct heard h = {0};
	struct sse s;

	sse_init(&s, hear, &h);
	assert_true(feed(&s, "id: 1\ndata: a\n\nid: 2\nevent: x\ndata: b", 64));
	sse_restart(&s);
	assert_string_equal(s.last_id, "1");
	assert_true(feed(&s, "data: c\n\n", 64));
	assert_string_equal(h.text, "<1|message|a><1|message|c>");
	sse_fini(&s);
}

static void retry_is_a_number_or_nothing(void **state)
{
	struct heard h = {0};
	struct sse s;

	sse_init(&s, hear, &h);
	assert_true(feed(&s, "retry: 250\nretry: soon\nretry:\n\n", 64));
	assert_int_equal(s.retry_ms, 250);
	assert_int_equal(h.count, 0);
	sse_fini(&s);
}

static void a_line_without_end_stops_the_stream(void **state)
{
	static char flood[4096];
	struct heard h = {0};
	struct sse s;
	unsigned int i;

	memset(flood, 'x', sizeof(flood));
	sse_init(&s, hear, &h);
	for (i = 0; i < 1000 && sse_feed(&s, flood, sizeof(flood)); i++)
		;
	assert_int_equal(i, SSE_LINE_MAX / sizeof(flood));
	sse_fini(&s);
}

static void a_listener_may_stop(void **state)
{
	struct heard h = {.stop_after = 1};
	struct sse s;

	sse_init(&s, hear, &h);
	assert_false(feed(&s, "data: a\n\ndata: b\n\n", 64));
	assert_string_equal(h.text, "<|message|a>");
	sse_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_table_is_aligned_and_nested_rows_stand_beside_their_parent),
		cmocka_unit_test(an_empty_table_says_so_in_words),
		cmocka_unit_test(absent_values_are_dashes_or_null),
		cmocka_unit_test(one_object_is_lines_with_its_rows_below),
		cmocka_unit_test(control_characters_are_escaped_for_people),
		cmocka_unit_test(widths_are_counted_in_characters),
		cmocka_unit_test(events_are_read_whatever_the_pieces_and_line_ends),
		cmocka_unit_test(an_event_that_was_cut_off_is_forgotten_and_its_id_too),
		cmocka_unit_test(retry_is_a_number_or_nothing),
		cmocka_unit_test(a_line_without_end_stops_the_stream),
		cmocka_unit_test(a_listener_may_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
