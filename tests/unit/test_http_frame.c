/* Where requests begin and end: what is right, what is not, and the same verdict whether the bytes
 * come at once or one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/http_frame.h"

#define H "Host: x\r\n"

static struct http_frame whole(const char *text, size_t len)
{
	struct http_frame f;

	http_frame_init(&f, 100);
	http_frame_feed(&f, text, len);
	return f;
}

static struct http_frame by_bytes(const char *text, size_t len)
{
	struct http_frame f;

	http_frame_init(&f, 100);
	for (size_t i = 0; i < len; i++)
		http_frame_feed(&f, text + i, 1);
	return f;
}

static void expect(const char *text, int status, uint64_t requests, bool within)
{
	struct http_frame a = whole(text, strlen(text)), b = by_bytes(text, strlen(text));

	if (a.status != status || a.requests != requests)
		fail_msg("%.60s: want %d after %llu requests, got %d (%s) after %llu", text, status,
			(unsigned long long)requests, a.status, a.wrong ? a.wrong : "",
			(unsigned long long)a.requests);
	assert_int_equal(b.status, status);
	assert_int_equal(b.requests, requests);
	assert_int_equal(a.state, b.state);
	if (!status)
		assert_int_equal(http_frame_within(&a), within);
	else
		assert_non_null(a.wrong);
}

static void requests_are_counted_to_their_last_byte(void **state)
{
	expect("", 0, 0, false);
	expect("G", 0, 0, true);
	expect("GET / HTTP/1.1\r\n" H "\r", 0, 0, true);
	expect("GET / HTTP/1.1\r\n" H "\r\n", 0, 1, false);
	expect("GET / HTTP/1.0\r\n\r\n", 0, 1, false);
	expect("GET /a?b=[7]c%20d&e HTTP/1.1\r\nHOST:x\r\nEmpty:\r\nX: \t a b \t\r\n\r\nG", 0, 1,
		true);
	expect("PUT / HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nab", 0, 0, true);
	expect("PUT / HTTP/1.1\r\n" H "content-length: 3 \r\n\r\nabcPUT", 0, 1, true);
	expect("PUT / HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 0, 1, false);
	expect("HEAD / HTTP/1.1\r\n" H "\r\nGET / HTTP/1.1\r\n" H "\r\n", 0, 2, false);
	expect("OPTIONS * HTTP/1.1\r\n" H "\r\n", 0, 1, false);
	expect("GET http://a-b.c:80/x HTTP/1.1\r\n" H "\r\n", 0, 1, false);
	expect("PUT / HTTP/1.1\r\n" H "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\nx", 0, 1,
		false);
	expect("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n"
	       "3\r\nabc\r\n0a\r\n0123456789\r\n0\r\n\r\n",
		0, 1, false);
	expect("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r", 0, 0,
		true);
}

static void what_is_no_http_is_400(void **state)
{
	static const char *const bad[] = {"\r\n", "\n", " GET / HTTP/1.1\r\n", "\x16\x03\x01",
		"GET\r\n", "GET  / HTTP/1.1\r\n", "GET x HTTP/1.1\r\n", "GET //x HTTP/1.1\r\n",
		"GET *x HTTP/1.1\r\n", "GET /\x01 HTTP/1.1\r\n", "GET /\xff HTTP/1.1\r\n",
		"GET /# HTTP/1.1\r\n", "GET /\"< HTTP/1.1\r\n", "GET / HTTP/1.1 \r\n",
		"GET / http/1.1\r\n", "GET / HTTP/1.1\n", "GET / HTTP/1.1\r\r\n", "GET /\r\n",
		"GET ftp://x/ HTTP/1.1\r\n", "GET http:// HTTP/1.1\r\n",
		"GET http://x HTTP/1.1\r\n", "GET http://x:65536/ HTTP/1.1\r\n",
		"GET http://u@x/ HTTP/1.1\r\n"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(bad[i], 400, 0, false);
}

static void header_fields_that_can_be_read_in_two_ways_are_400(void **state)
{
	static const char *const bad[] = {"X : y\r\n", "X\r\n", ": y\r\n", "X: y\n", "X: a\rb\r\n",
		"X: y\r\n folded: z\r\n", "\tX: y\r\n", "X: \x01\r\n", "X: \x7f\r\n",
		"X\x80: y\r\n", "X(: y\r\n"};
	char text[128];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "GET / HTTP/1.1\r\n" H "%s\r\n", bad[i]);
		expect(text, 400, 0, false);
	}
	assert_int_equal(whole("GET / HTTP/1.1\r\nX: \0\r\n", 21).status, 400);
}

/* RFC 9112 sections 3.2, 6.1 and 11.2 */
static void requests_within_requests_are_refused(void **state)
{
	static const char *const bad[] = {
		"GET / HTTP/1.1\r\n\r\n",        /* no Host */
		"GET / HTTP/1.1\r\n" H H "\r\n", /* two */
		"PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: 1 1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: \r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: 99999999999999999999\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n",
		"PUT / HTTP/1.1\r\n" H
		"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
		"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
		"HEAD / HTTP/1.1\r\n" H "Content-Length: 20\r\n\r\n",
		"HEAD / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n",
	};
	static const char *const codings[] = {"gzip", "gzip, chunked", "chunked, chunked",
		"chunked;q=1", "xchunked", "identity", ""};
	char text[160];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect(bad[i], 400, 0, false);
	for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
		snprintf(text, sizeof(text), "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: %s\r\n",
			codings[i]);
		expect(text, 501, 0, false);
	}
}

static void chunks_are_what_they_say(void **state)
{
	static const char *const bad[] = {"\r\n", "g\r\n", "-1\r\n", "0x1\r\n", "1;a=b\r\nx\r\n",
		" 1\r\n", "1 \r\n", "000000001\r\n", "1\n", "1\r\nxy", "1\r\nx\n", "1\r\nx\r0",
		"0\r\nTrailer: x\r\n", "0\r\n\n"};
	char text[160];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text),
			"PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n%s", bad[i]);
		expect(text, 400, 0, false);
	}
}

static void what_this_server_does_not_speak_has_a_status_of_its_own(void **state)
{
	expect("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 501, 0, false);
	expect("GET / HTTP/2.0\r\n", 505, 0, false);
	expect("GET / HTTP/0.9\r\n", 505, 0, false);
	expect("CONNECT x:1 HTTP/1.1\r\n", 501, 0, false);
	expect("TRACE / HTTP/1.1\r\n", 501, 0, false);
	expect("get / HTTP/1.1\r\n", 501, 0, false);
	expect("PUT / HTTP/1.1\r\n" H "Expect: 200-ok\r\n", 417, 0, false);
}

static void a_body_beyond_the_bound_is_413_before_it_comes(void **state)
{
	expect("PUT / HTTP/1.1\r\n" H "Content-Length: 101\r\n\r\n", 413, 0, false);
	expect("PUT / HTTP/1.1\r\n" H "Content-Length: 9223372036854775807\r\n\r\n", 413, 0, false);
	expect("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n65", 413, 0, false);
	expect("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\nffffffff", 413, 0, false);
	expect("PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n63", 413, 0,
		false);
}

/* A head of @n more bytes than "GET / HTTP/1.1..." in one field, in many, or in the target. */
static void a_head_beyond_the_bounds_is_431_or_414(void **state)
{
	size_t size = 1 << 17;
	char *text = malloc(size + 1), *at;

	memset(text, 'x', size);
	text[size] = '\0';
	memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
	expect(text, 431, 0, false);
	memcpy(text, "GET /xxxxxxxxxxxxxxxx", 19);
	expect(text, 414, 0, false);
	memset(text, 'G', size);
	expect(text, 431, 0, false);
	at = text + sprintf(text, "GET / HTTP/1.1\r\n" H);
	for (int i = 0; i < 64; i++)
		at += sprintf(at, "A: b\r\n");
	expect(text, 431, 0, false);
	strcpy(at - 6, "\r\n"); /* Host and 63: the most */
	expect(text, 0, 1, false);
	free(text);
}

static void nothing_is_read_behind_a_fault(void **state)
{
	struct http_frame f = whole("GET / HTTP/1.1\r\n\r\n", 18);

	assert_false(http_frame_feed(&f, "GET / HTTP/1.1\r\n" H "\r\n", 27));
	assert_int_equal(f.requests, 0);
	assert_string_equal(f.wrong, "HTTP/1.1 wants a Host");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests_are_counted_to_their_last_byte),
		cmocka_unit_test(what_is_no_http_is_400),
		cmocka_unit_test(header_fields_that_can_be_read_in_two_ways_are_400),
		cmocka_unit_test(requests_within_requests_are_refused),
		cmocka_unit_test(chunks_are_what_they_say),
		cmocka_unit_test(what_this_server_does_not_speak_has_a_status_of_its_own),
		cmocka_unit_test(a_body_beyond_the_bound_is_413_before_it_comes),
		cmocka_unit_test(a_head_beyond_the_bounds_is_431_or_414),
		cmocka_unit_test(nothing_is_read_behind_a_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
