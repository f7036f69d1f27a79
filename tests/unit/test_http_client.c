/* Asking a daemon on its unix socket: what is asked, what becomes of answers and of none, and a
 * stream of events over breaks. The daemon is a stand-in that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/service/http_client.h"
#include "lib/service/http_stream.h"
#include "tests/unit/fake_http.h"

#define PATIENCE_S 20

struct asker {
	struct event_base *base;
	struct http_client *client;
	char said[4096];
	unsigned int done, until; /* answers, events or breaks; the loop ends at so many */
	const struct http_question *next;
};

static void say(struct asker *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct asker *a, const char *format, ...)
{
	size_t len = strlen(a->said);
	va_list ap;

	va_start(ap, format);
	vsnprintf(a->said + len, sizeof(a->said) - len, format, ap);
	va_end(ap);
}

static void count(struct asker *a)
{
	if (++a->done >= a->until)
		event_base_loopbreak(a->base);
}

static bool on_body(void *arg, int status, const char *bytes, size_t len)
{
	struct asker *a = arg;

	say(a, "%.*s", (int)len, bytes);
	return strlen(a->said) < 2048;
}

static void on_done(void *arg, int status, const char *wrong)
{
	struct asker *a = arg;

	say(a, "|%d %s|", status, wrong ? wrong : "right");
	if (a->next)
		assert_true(http_client_ask(a->client, a->next));
	a->next = NULL;
	count(a);
}

static void run(struct asker *a, unsigned int until)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	a->until = until;
	event_base_loopexit(a->base, &patience);
	event_base_dispatch(a->base);
	if (a->done < until)
		fail_msg("after %d s: %u of %u, %s", PATIENCE_S, a->done, until, a->said);
}

static void open_asker(struct asker *a, const char *path)
{
	const struct http_client_ops ops = {.body = on_body, .done = on_done, .arg = a};

	*a = (struct asker){.base = event_base_new()};
	a->client = http_client_new(a->base, path, &ops);
	assert_non_null(a->client);
}

static void close_asker(struct asker *a)
{
	http_client_free(a->client);
	event_base_free(a->base);
}

static void a_question_goes_out_whole_and_its_answer_comes_back(void **state)
{
	static const struct fake_answer script[] = {
		{.status = 200, .body = "{\"a\":1}"}, {.status = 404, .body = "no"}};
	const struct http_question put = {.method = "PUT",
		.path = "/v1/stations/10/02:00:00:00:00:01",
		.body = "{\"ips\":[]}",
		.most_ms = 10000};
	const struct http_question del = {.method = "DELETE", .path = "/v1/x", .silence_ms = 10000};
	struct fake_http h;
	struct asker a;

	fake_http_start(&h, "rbridge.sock", script, 2);
	open_asker(&a, h.path);
	a.next = &del;
	assert_true(http_client_ask(a.client, &put));
	assert_true(http_client_busy(a.client));
	assert_false(http_client_ask(a.client, &put));
	run(&a, 2);
	fake_http_stop(&h);
	assert_string_equal(a.said, "{\"a\":1}|200 right|no|404 right|");
	assert_string_equal(h.requests[0],
		"PUT /v1/stations/10/02:00:00:00:00:01 HTTP/1.1\r\nHost: localhost\r\n"
		"Connection: close\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
		"Content-Length: 10\r\n\r\n{\"ips\":[]}");
	assert_string_equal(h.requests[1],
		"DELETE /v1/x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
		"Accept: application/json\r\nContent-Length: 0\r\n\r\n");
	fake_http_free(&h);
	close_asker(&a);
}

static void nobody_there_is_told_from_the_loop_and_not_at_once(void **state)
{
	const struct http_question get = {.method = "GET", .path = "/v1/macs"};
	struct asker a;

	open_asker(&a, "/nonexistent/rbridge.sock");
	assert_true(http_client_ask(a.client, &get));
	assert_string_equal(a.said, "");
	run(&a, 1);
	assert_string_equal(a.said, "|0 No such file or directory|");
	close_asker(&a);
}

static void silence_and_a_closed_connection_end_the_question(void **state)
{
	static const struct fake_answer script[] = {{.status = 0}, {.status = 0}, {.status = -1}};
	const struct http_question silent = {.method = "GET", .path = "/a", .silence_ms = 30},
				   late = {.method = "GET", .path = "/b", .most_ms = 30},
				   closed = {.method = "GET", .path = "/c"};
	struct fake_http h;
	struct asker a;

	fake_http_start(&h, "rbridge.sock", script, 3);
	open_asker(&a, h.path);
	a.next = &late;
	http_client_ask(a.client, &silent);
	run(&a, 2);
	a.next = NULL;
	http_client_ask(a.client, &closed);
	run(&a, 3);
	assert_string_equal(a.said, "|0 it takes too long to answer||0 it takes too long to answer|"
				    "|0 the connection was closed: its head is cut off|");
	fake_http_stop(&h);
	fake_http_free(&h);
	close_asker(&a);
}

static void an_answer_without_end_is_given_up_where_it_is_not_wanted(void **state)
{
	char *body = calloc(1, 100000);
	struct fake_answer script = {.status = 200, .body = body};
	const struct http_question get = {.method = "GET", .path = "/a"};
	struct fake_http h;
	struct asker a;

	memset(body, 'x', 99999);
	fake_http_start(&h, "rbridge.sock", &script, 1);
	open_asker(&a, h.path);
	http_client_ask(a.client, &get);
	run(&a, 1);
	assert_non_null(strstr(a.said, "|200 its body was not wanted to the end|"));
	close_asker(&a);
	fake_http_stop(&h);
	fake_http_free(&h);
	free(body);
}

static void what_is_too_long_to_ask_is_not_asked(void **state)
{
	char path[HTTP_CLIENT_PATH_MAX + 2] = "/", socket[200];
	const struct http_question q = {.method = "GET", .path = path};
	struct asker a;

	open_asker(&a, "/nonexistent");
	memset(path + 1, 'x', HTTP_CLIENT_PATH_MAX);
	assert_false(http_client_ask(a.client, &q));
	assert_false(http_client_busy(a.client));
	memset(socket, 's', sizeof(socket) - 1);
	socket[sizeof(socket) - 1] = '\0';
	assert_null(http_client_new(a.base, socket, &(struct http_client_ops){.done = on_done}));
	close_asker(&a);
}

static void on_opened(void *arg, bool anew)
{
	say(arg, "%s;", anew ? "opened anew" : "opened again");
}

static void on_event(void *arg, const char *event, const char *data)
{
	say(arg, "%s %s;", event, data);
	count(arg);
}

static void on_broken(void *arg, const char *why)
{
	say(arg, "broken;");
}

static void a_stream_goes_on_where_it_stopped(void **state)
{
	static const struct fake_answer script[] = {
		{200, "text/event-stream", ": events follow\nid: 4\n\n"},
		{200, "text/event-stream",
			"id: 5\nevent: station\ndata: {}\n\nid: 6\nevent: x\nda"},
		{.status = -1}, {400, NULL, "bad id"},
		{200, "text/event-stream", ":\nid: 9\n\nevent: gap\ndata: {\"after\":9}\n\n"}};
	const struct http_stream_ops ops = {
		.opened = on_opened, .event = on_event, .broken = on_broken};
	struct http_stream_ops mine = ops;
	struct asker a = {.base = event_base_new()};
	struct http_stream *s;
	struct fake_http h;

	fake_http_start(&h, "rbridge.sock", script, 5);
	mine.arg = &a;
	s = http_stream_new(a.base, h.path, "/v1/events", &mine);
	run(&a, 2);
	fake_http_stop(&h);
	/* Of the second break on end nothing is said until it stands again. */
	assert_string_equal(a.said, "opened anew;broken;opened again;station {};broken;"
				    "opened anew;gap {\"after\":9};");
	assert_null(strstr(h.requests[0], "Last-Event-ID"));
	assert_non_null(strstr(h.requests[0], "Accept: text/event-stream\r\n"));
	assert_non_null(strstr(h.requests[1], "Last-Event-ID: 4\r\n"));
	assert_non_null(strstr(h.requests[2], "Last-Event-ID: 5\r\n"));
	assert_non_null(strstr(h.requests[3], "Last-Event-ID: 5\r\n"));
	assert_null(strstr(h.requests[4], "Last-Event-ID"));
	fake_http_free(&h);
	http_stream_free(s);
	event_base_free(a.base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_goes_out_whole_and_its_answer_comes_back),
		cmocka_unit_test(nobody_there_is_told_from_the_loop_and_not_at_once),
		cmocka_unit_test(silence_and_a_closed_connection_end_the_question),
		cmocka_unit_test(an_answer_without_end_is_given_up_where_it_is_not_wanted),
		cmocka_unit_test(what_is_too_long_to_ask_is_not_asked),
		cmocka_unit_test(a_stream_goes_on_where_it_stopped),
	};

	signal(SIGPIPE, SIG_IGN); /* as every daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
