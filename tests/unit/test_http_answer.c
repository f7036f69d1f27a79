/* Answers to our own requests: what is taken, what is not, and the same verdict whether the bytes
 * come at once or one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/http_answer.h"

struct taken {
	char body[4096];
	size_t len;
};

static bool keep(void *arg, const char *bytes, size_t len)
{
	struct taken *t = arg;

	if (t->len + len >= sizeof(t->body))
		return false;
	memcpy(t->body + t->len, bytes, len);
	t->len += len;
	return true;
}

static struct http_answer read_it(const char *text, size_t len, size_t piece, struct taken *t)
{
	struct http_answer a;

	*t = (struct taken){0};
	http_answer_init(&a, keep, t);
	for (size_t at = 0; at < len; at += piece)
		if (!http_answer_feed(&a, text + at, len - at < piece ? len - at : piece))
			break;
	http_answer_end(&a);
	return a;
}

/* @body NULL: it is wrong. */
static void expect(const char *text, int status, const char *body)
{
	struct taken one, each;
	struct http_answer a = read_it(text, strlen(text), strlen(text) + 1, &one),
			   b = read_it(text, strlen(text), 1, &each);

	if (a.whole != (body != NULL) || (body && (a.status != status || strcmp(one.body, body))))
		fail_msg("%.60s: want %d \"%s\", got %d \"%s\" (%s)", text, status,
			body ? body : "nothing", a.status, one.body, a.wrong ? a.wrong : "right");
	assert_int_equal(a.whole, b.whole);
	assert_string_equal(one.body, each.body);
	assert_int_equal(a.wrong != NULL, body == NULL);
	assert_int_equal(b.wrong != NULL, body == NULL);
}

#define OK "HTTP/1.1 200 OK\r\n"

static void answers_are_read_to_their_last_byte(void **state)
{
	expect(OK "Content-Length: 3\r\n\r\nabc", 200, "abc");
	expect(OK "content-length:3 \r\n\r\nabcHTTP/1.1", 200, "abc");
	expect("HTTP/1.0 404 \r\n\r\nno", 404, "no");
	expect("HTTP/1.1 404\r\nConnection: close\r\n\r\nno", 404, "no");
	expect("HTTP/1.1 204 No Content\r\n\r\n", 204, "");
	expect("HTTP/1.1 200 OK\nContent-Length: 1\n\nx", 200, "x");
	expect(OK "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0A;x=y\r\n0123456789\r\n0\r\n\r\n",
		200, "abc0123456789");
	expect(OK "Transfer-Encoding: Chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n", 200, "");
	expect("HTTP/1.1 100 Continue\r\n\r\n" OK "Content-Length: 1\r\n\r\ny", 200, "y");
}

static void what_is_no_answer_or_can_be_read_in_two_ways_is_wrong(void **state)
{
	static const char *const bad[] = {"", "HTTP/1.1", "HTP/1.1 200 OK\r\n\r\n",
		"HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
		"HTTP/1.1 099 OK\r\n\r\n", "HTTP/1.1 600 OK\r\n\r\n", "HTTP/1.1  200 OK\r\n\r\n",
		OK ": x\r\n\r\n", OK "Name : x\r\n\r\n", OK "Name\r\n\r\n", OK " folded\r\n\r\n",
		OK "Content-Length: x\r\n\r\n", OK "Content-Length: -1\r\n\r\n",
		OK "Content-Length: 3,3\r\n\r\nabc", OK "Content-Length: \r\n\r\n",
		OK "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		OK "Content-Length: 9999999999999999\r\n\r\n", OK "Content-Length: 4\r\n\r\nabc",
		OK "Transfer-Encoding: gzip\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\nx\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n100000000\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n1x\r\na\r\n0\r\n\r\n",
		OK "Transfer-Encoding: chunked\r\n\r\n5\r\nabc", "HTTP/1.1 100 Continue\r\n\r\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(bad[i], 0, NULL);
}

static void heads_are_bounded(void **state)
{
	char *text = malloc(HTTP_ANSWER_HEAD_MAX + 4096);
	size_t len = (size_t)sprintf(text, "%s", OK);
	struct taken t;

	memset(text + len, 'x', HTTP_ANSWER_LINE_MAX);
	text[len + 1] = ':';
	assert_false(read_it(text, len + HTTP_ANSWER_LINE_MAX, 7, &t).whole);
	while (len < HTTP_ANSWER_HEAD_MAX)
		len += (size_t)sprintf(text + len, "Name: value\r\n");
	len += (size_t)sprintf(text + len, "\r\n");
	assert_string_equal(read_it(text, len, 100, &t).wrong, "its head is longer than 16 KiB");
	/* Interim answers are of the head, too. */
	for (len = 0; len < HTTP_ANSWER_HEAD_MAX;)
		len += (size_t)sprintf(text + len, "HTTP/1.1 100 Continue\r\n\r\n");
	assert_string_equal(read_it(text, len, 100, &t).wrong, "its head is longer than 16 KiB");
	assert_int_equal(read_it(OK "A: \0\r\n\r\n", sizeof(OK) + 8, 1, &t).whole, 0);
	free(text);
}

static void a_body_that_is_not_wanted_ends_the_answer(void **state)
{
	char text[8192] = OK "\r\n";
	struct http_answer a;
	struct taken t;

	memset(text + strlen(text), 'x', 5000);
	a = read_it(text, 5020, 100, &t);
	assert_false(a.whole);
	assert_string_equal(a.wrong, "its body was not wanted to the end");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_are_read_to_their_last_byte),
		cmocka_unit_test(what_is_no_answer_or_can_be_read_in_two_ways_is_wrong),
		cmocka_unit_test(heads_are_bounded),
		cmocka_unit_test(a_body_that_is_not_wanted_ends_the_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
