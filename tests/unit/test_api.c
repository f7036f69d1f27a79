/* The HTTP interface over its unix socket, client and server in one process: routes, problems,
 * bodies, deferred answers, and clients that misbehave. Events: test_api_events.c. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/base/clock.h"
#include "tests/unit/api_fixture.h"

static void eids_in_paths_are_decoded(void **state)
{
	struct fixture *f = *state;

	expect(f, "GET", "/v1/eids/ipv4:192.0.2.0%2f24", "", "200 OK",
		"{\"eid\":\"192.0.2.0/24\"}");
	expect(f, "GET", "/v1/eids/ipv6:2001:db8::%2F32?iid=7", "", "200 OK",
		"{\"eid\":\"[7]2001:db8::/32\"}");
	expect(f, "GET", "/v1/eids/%5B9%5Dipv4:192.0.2.1", "", "200 OK",
		"{\"eid\":\"[9]192.0.2.1\"}");
	expect(f, "GET", "/v1/eids/mac:52:54:00:00:00:01", "", "200 OK",
		"{\"eid\":\"52:54:00:00:00:01\"}");
}

static void bad_eids_are_problems(void **state)
{
	static const char *const bad[] = {"ipv4:192.0.2.1%2f33", "ipv4:", "192.0.2.1", "%00",
		"ipv4:192.0.2.1%2", "%ff", "%5B1ipv4:192.0.2.1", "%5B4294967296%5Dipv4:192.0.2.1",
		"ipv4:192.0.2.1?iid=x", "ipv4:192.0.2.1?iid=4294967296", "ipv4:192.0.2.1?iid=%fe"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char path[128], *got;

		snprintf(path, sizeof(path), "/v1/eids/%s", bad[i]);
		got = ask(*state, "GET", path, "", "");
		assert_non_null(strstr(got, "HTTP/1.1 400 Bad Request"));
		assert_non_null(strstr(got, "Content-Type: application/problem+json"));
	}
}

static void an_unknown_path_is_404(void **state)
{
	expect(*state, "GET", "/v2", "", "404 Not Found",
		"{\"type\":\"urn:sunward:problem:no-such-path\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is "
		"nothing at /v2; GET /v1 lists what there is\",\"instance\":\"/v2\"}");
	expect(*state, "GET", "/v1/eids/", "", "404 Not Found",
		"{\"type\":\"urn:sunward:problem:no-such-path\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is "
		"nothing at /v1/eids/; GET /v1 lists what there is\",\"instance\":\"/v1/eids/\"}");
}

static void a_wrong_method_is_405_and_names_the_right_ones(void **state)
{
	char *got = ask(*state, "POST", "/v1/things/a", "", "{}");

	assert_non_null(strstr(got, "HTTP/1.1 405 Method Not Allowed"));
	assert_non_null(strstr(got, "Allow: PUT, DELETE\r\n"));
	assert_non_null(strstr(got, "POST is not for this path; want PUT, DELETE"));
}

static void bodies_come_back_and_changes_are_logged(void **state)
{
	struct fixture *f = *state;
	char want[128];

	expect(f, "PUT", "/v1/things/a", " {\"x\": [1, true, \"\\u00e9\"]} ", "201 Created",
		"{\"x\":[1,true,\"\xc3\xa9\"]}");
	snprintf(want, sizeof(want), "api: PUT /v1/things/a by uid %u pid %d: 201", getuid(),
		getpid());
	assert_string_equal(f->logged, want);
	expect(f, "DELETE", "/v1/things/a", "", "204 No Content", "");
}

static void bad_bodies_are_400_with_the_reason(void **state)
{
	struct fixture *f = *state;
	char *got;

	got = ask(f, "PUT", "/v1/things/a", "", "{\"a\":1,}");
	assert_non_null(strstr(got, "HTTP/1.1 400"));
	assert_non_null(strstr(got, "the body is not right: want a string at byte 7"));
	got = ask(f, "PUT", "/v1/things/a", "", "{\"a\":1,\"a\":2}");
	assert_non_null(strstr(got, "an object has the same member twice"));
	got = ask(f, "PUT", "/v1/things/a", "", "");
	assert_non_null(strstr(got, "there is no body; want JSON"));
}

static void a_body_that_is_no_json_by_its_header_is_415(void **state)
{
	struct fixture *f = *state;
	char *text = ask(f, "PUT", "/v1/things/x", "Content-Type: text/plain\r\n", "{}");

	assert_non_null(strstr(text, "HTTP/1.1 415"));
	assert_non_null(strstr(text, "\"type\":\"urn:sunward:problem:unsupported-media-type\""));
	text = ask(f, "PUT", "/v1/things/x",
		"Content-Type: application/yang-data+json; charset=utf-8\r\n", "{}");
	assert_non_null(strstr(text, "HTTP/1.1 201"));
}

static void who_takes_no_json_is_answered_406(void **state)
{
	static const char *const taken[] = {"Accept: */*\r\n", "Accept: application/json\r\n",
		"Accept: text/html, application/*;q=0.1\r\n",
		"Accept: text/html;q=\"a,b\", */*\r\n"};
	static const char *const refused[] = {"Accept: text/html\r\n",
		"Accept: */*, application/json;q=0\r\n", "Accept: application/jso\r\n",
		"Accept: applicationx/*\r\n"};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		assert_non_null(strstr(ask(f, "GET", "/livez", taken[i], ""), "HTTP/1.1 200"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		assert_non_null(strstr(ask(f, "GET", "/livez", refused[i], ""), "HTTP/1.1 406"));
	assert_non_null(
		strstr(ask(f, "GET", "/metrics", "Accept: text/plain\r\n", ""), "HTTP/1.1 200"));
	assert_non_null(strstr(
		ask(f, "GET", "/metrics", "Accept: application/json\r\n", ""), "HTTP/1.1 406"));
}

static void a_change_sent_again_is_answered_again_and_made_once(void **state)
{
	static const char key[] = "Idempotency-Key: a1\r\n";
	struct fixture *f = *state;
	char first[512], *text;

	text = ask(f, "PUT", "/v1/things/x", key, "{\"a\":1}");
	assert_non_null(strstr(text, "HTTP/1.1 201"));
	snprintf(first, sizeof(first), "%s", strstr(text, "\r\n\r\n"));
	text = ask(f, "PUT", "/v1/things/x", key, "{\"a\":1}");
	assert_non_null(strstr(text, "HTTP/1.1 201"));
	assert_non_null(strstr(text, "Idempotency-Replayed: true\r\n"));
	assert_non_null(strstr(text, "ETag: \"7\"\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n"), first);
	assert_int_equal(f->puts, 1);
	text = ask(f, "PUT", "/v1/things/x", key, "{\"a\":2}");
	assert_non_null(strstr(text, "HTTP/1.1 422"));
	assert_non_null(strstr(text, "urn:sunward:problem:idempotency-key-reused"));
	text = ask(f, "PUT", "/v1/things/y", key, "{\"a\":1}");
	assert_non_null(strstr(text, "HTTP/1.1 422"));
	assert_int_equal(f->puts, 1);
	text = ask(f, "PUT", "/v1/things/x", "Idempotency-Key: a2\r\n", "{\"a\":1}");
	assert_null(strstr(text, "Idempotency-Replayed"));
	assert_int_equal(f->puts, 2);
	text = ask(f, "PUT", "/v1/things/x", "Idempotency-Key: \r\n", "{\"a\":1}");
	assert_non_null(strstr(text, "HTTP/1.1 400"));
}

static void only_the_latest_answers_are_kept(void **state)
{
	struct fixture *f = *state;
	char key[64], *text;

	for (int i = 0; i < 1100; i++) {
		snprintf(key, sizeof(key), "Idempotency-Key: k%d\r\n", i);
		assert_non_null(strstr(ask(f, "PUT", "/v1/things/x", key, "{}"), "HTTP/1.1 201"));
	}
	text = ask(f, "PUT", "/v1/things/x", "Idempotency-Key: k0\r\n", "{}");
	assert_null(strstr(text, "Idempotency-Replayed"));
	text = ask(f, "PUT", "/v1/things/x", "Idempotency-Key: k1099\r\n", "{}");
	assert_non_null(strstr(text, "Idempotency-Replayed"));
}

static void too_big_a_body_is_413(void **state)
{
	struct fixture *f = *state;
	static char text[4096];
	size_t total = (1 << 20) + 1;
	char *body = malloc(total);
	int fd = dial(f);
	size_t sent = 0;

	memset(body, ' ', total);
	snprintf(text, sizeof(text),
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
		total);
	say(fd, text);
	while (sent < total) {
		ssize_t n = send(fd, body + sent, total - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	*text = '\0';
	hear(f, fd, text, sizeof(text), NULL);
	assert_non_null(strstr(text, "HTTP/1.1 413"));
	assert_non_null(strstr(text, "the body is too long; want at most 1048576 bytes"));
	close(fd);
	free(body);
}

static void what_is_beyond_evhttps_own_bounds_does_no_harm(void **state)
{
	static char header[20000];
	struct fixture *f = *state;
	char text[4096] = "";
	int fd = dial(f);

	say(fd, "PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n");
	hear(f, fd, text, sizeof(text), "\r\n");
	assert_non_null(strstr(text, "HTTP/1.1 413"));
	close(fd);
	memset(header, 'x', sizeof(header) - 1);
	memcpy(header, "X: ", 3);
	memcpy(header + sizeof(header) - 3, "\r\n", 3);
	fd = dial(f);
	say(fd, "GET /livez HTTP/1.1\r\nHost: x\r\n");
	say(fd, header);
	*text = '\0';
	hear(f, fd, text, sizeof(text), "\r\n");
	assert_non_null(strstr(text, "HTTP/1.1 431"));
	close(fd);
	fd = dial(f);
	say(fd, "\x16\x03\x01 nonsense\r\n\r\n");
	*text = '\0';
	hear(f, fd, text, sizeof(text), NULL);
	close(fd);
	expect(f, "GET", "/livez", "", "200 OK", "{\"alive\":true}");
}

static void expect_problem(struct fixture *f, const char *path, const char *detail)
{
	const char *text = ask(f, "GET", path, "", "");

	assert_non_null(strstr(text, " 400 Bad Request\r\n"));
	if (!strstr(text, detail))
		fail_msg("%s: wanted <%s> in: %s", path, detail, text);
}

static void queries_are_bounded(void **state)
{
	expect(*state, "GET", "/v1/things", "", "200 OK", "{\"limit\":5,\"site\":null}");
	expect(*state, "GET", "/v1/things?limit=10&site=a%20b", "", "200 OK",
		"{\"limit\":10,\"site\":\"a b\"}");
	assert_non_null(strstr(ask(*state, "GET", "/v1/things?limit=11", "", ""),
		"limit is \\\"11\\\"; want a number from 1 to 10"));
	expect_problem(*state, "/v1/things?limit=1&after=x",
		"there is no query parameter `after` here; want limit&site");
	expect_problem(*state, "/v1/things?limi=1",
		"there is no query parameter `limi` here; want limit&site");
	expect_problem(
		*state, "/v1/things?=1", "there is no query parameter `` here; want limit&site");
	expect_problem(
		*state, "/v1/things?limit=1&site=a&limit=2", "`limit` is given more than once");
	expect_problem(*state, "/v1/things?site&site=", "`site` is given more than once");
	expect_problem(*state, "/v1/later?x", "there is no query parameter `x` here; want none");
	expect_problem(*state, "/v1/eids/ipv4:10.0.0.1?iid=3&limit=2",
		"there is no query parameter `limit` here; want iid");
}

static void readyz_gives_the_reasons(void **state)
{
	struct fixture *f = *state;

	expect(f, "GET", "/readyz", "", "200 OK", "{\"ready\":true,\"reasons\":[]}");
	f->not_ready = "the store failed";
	expect(f, "GET", "/readyz", "", "503 Service Unavailable",
		"{\"ready\":false,\"reasons\":[\"the store failed\"]}");
	expect(f, "GET", "/livez", "", "200 OK", "{\"alive\":true}");
}

static void counters_are_served_in_both_forms(void **state)
{
	char *got = ask(*state, "GET", "/metrics", "", "");

	assert_non_null(strstr(got, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_non_null(strstr(got, "\nsunward_api_requests_total 1\n"));
	got = ask(*state, "GET", "/v1/counters", "", "");
	assert_non_null(strstr(got,
		"{\"name\":\"sunward_api_requests_total\",\"labels\":{},\"type\":\"counter\",\"value\":2}"));
	assert_non_null(strstr(ask(*state, "GET", "/v1", "", ""),
		"{\"method\":\"GET\",\"path\":\"/v1/eids/{eid}\",\"help\":\"one EID\"}"));
}

static void an_answer_may_come_later(void **state)
{
	struct fixture *f = *state;
	char text[4096] = "";
	int fd = dial(f);

	say(fd, "GET /v1/later HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	while (!f->waiting)
		event_base_loop(f->base, EVLOOP_ONCE);
	api_reply(f->waiting, 200, json_object_new_object());
	hear(f, fd, text, sizeof(text), NULL);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	close(fd);
}

static void a_client_that_left_does_no_harm_to_a_late_answer(void **state)
{
	struct fixture *f = *state;
	int fd = dial(f);

	say(fd, "GET /v1/later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!f->waiting)
		event_base_loop(f->base, EVLOOP_ONCE);
	close(fd);
	api_problem(f->waiting, 503, "too late");
	for (int i = 0; i < 10; i++)
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	expect(f, "GET", "/livez", "", "200 OK", "{\"alive\":true}");
	f->waiting = NULL;
	fd = dial(f); /* one is left unanswered when the api ends */
	say(fd, "GET /v1/later HTTP/1.1\r\nHost: x\r\n\r\n");
	while (!f->waiting)
		event_base_loop(f->base, EVLOOP_ONCE);
	close(fd);
}

static void one_connection_serves_many_requests(void **state)
{
	struct fixture *f = *state;
	char text[8192] = "";
	int fd = dial(f);

	say(fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\nGET /readyz HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(f, fd, text, sizeof(text), "\"reasons\":[]");
	assert_non_null(strstr(text, "\"alive\":true"));
	close(fd);
}

static void a_slow_client_is_cut_off(void **state)
{
	struct fixture *f = *state;
	struct mono deadline = mono_add_s(mono_now(), 20);
	char text[1024] = "", c;
	int fd = dial(f);

	say(fd, "GET /livez HTTP/1.1\r\nX: ");
	/* A byte now and then keeps no connection: the request must come within 1 s. */
	while (recv(fd, &c, 1, MSG_PEEK) < 0 && errno == EAGAIN) {
		struct timeval tv = {.tv_usec = 20000};

		assert_true(mono_before(mono_now(), deadline));
		send(fd, "x", 1, MSG_NOSIGNAL);
		event_base_loopexit(f->base, &tv);
		event_base_dispatch(f->base);
	}
	hear(f, fd, text, sizeof(text), NULL);
	close(fd);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_non_null(strstr(ask(f, "GET", "/metrics", "", ""),
		"sunward_api_connections_closed_total{reason=\"slow\"} 1\n"));
	assert_non_null(strstr(text, "HTTP/1.1 408 Request Timeout"));
}

static void one_connection_too_many_is_closed(void **state)
{
	struct fixture *f = *state;
	int fds[5];
	char text[1024] = "";

	for (size_t i = 0; i < 5; i++) {
		fds[i] = dial(f);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	hear(f, fds[4], text, sizeof(text), NULL);
	assert_non_null(strstr(text, "HTTP/1.1 503"));
	assert_non_null(strstr(text, "urn:sunward:problem:too-many-connections"));
	say(fds[0], "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(f, fds[0], text, sizeof(text), "true");
	for (size_t i = 0; i < 5; i++)
		close(fds[i]);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	assert_non_null(strstr(ask(f, "GET", "/metrics", "", ""),
		"sunward_api_connections_closed_total{reason=\"too-many\"} 1\n"));
}

/* ---- the socket ---- */

static void the_socket_has_its_mode_and_goes_with_the_api(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	api_free(f->api);
	f->api = NULL;
	assert_int_equal(stat(f->path, &st), -1);
}

static void a_live_socket_is_not_taken_and_a_stale_one_is(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct api *other = api_new(f->base, NULL, &f->log, NULL);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char path[96];

	assert_int_equal(api_listen(other, f->path, 0600, NULL), -EADDRINUSE);
	assert_non_null(strstr(f->logged, "another daemon listens there"));
	snprintf(path, sizeof(path), "%s/stale", f->dir);
	strlcpy(sun.sun_path, path, sizeof(sun.sun_path));
	assert_int_equal(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	assert_int_equal(api_listen(other, path, 0600, NULL), 0);
	api_free(other);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	other = api_new(f->base, NULL, &f->log, NULL);
	assert_int_equal(api_listen(other, path, 0600, NULL), -EEXIST);
	assert_int_equal(api_listen(other, f->path, 0600, "no such group"), -EADDRINUSE);
	api_free(other);
	assert_int_equal(unlink(path), 0);
}

static void curl_can_talk_to_it(void **state)
{
	struct fixture *f = *state;
	char command[256];
	int status;
	pid_t child;

	if (system("command -v curl >/dev/null 2>&1")) {
		print_message("curl is not here\n");
		skip();
	}
	snprintf(command, sizeof(command),
		"test \"$(curl -s -m 20 --unix-socket %s -X PUT -H 'Content-Type: application/json' -d '{\"a\": 1}' "
		"http://localhost/v1/things/x)\" = '{\"a\":1}'",
		f->path);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		execl("/bin/sh", "sh", "-c", command, NULL);
	while (waitpid(child, &status, WNOHANG) == 0) {
		struct timeval tv = {.tv_usec = 10000};

		event_base_loopexit(f->base, &tv);
		event_base_dispatch(f->base);
	}
	assert_int_equal(status, 0);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(eids_in_paths_are_decoded),
		T(bad_eids_are_problems),
		T(an_unknown_path_is_404),
		T(a_wrong_method_is_405_and_names_the_right_ones),
		T(bodies_come_back_and_changes_are_logged),
		T(bad_bodies_are_400_with_the_reason),
		T(a_body_that_is_no_json_by_its_header_is_415),
		T(who_takes_no_json_is_answered_406),
		T(a_change_sent_again_is_answered_again_and_made_once),
		T(only_the_latest_answers_are_kept),
		T(too_big_a_body_is_413),
		T(what_is_beyond_evhttps_own_bounds_does_no_harm),
		T(queries_are_bounded),
		T(readyz_gives_the_reasons),
		T(counters_are_served_in_both_forms),
		T(an_answer_may_come_later),
		T(a_client_that_left_does_no_harm_to_a_late_answer),
		T(one_connection_serves_many_requests),
		T(a_slow_client_is_cut_off),
		T(one_connection_too_many_is_closed),
		T(the_socket_has_its_mode_and_goes_with_the_api),
		T(a_live_socket_is_not_taken_and_a_stale_one_is),
		T(curl_can_talk_to_it),
	};

	signal(SIGPIPE, SIG_IGN); /* as a daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
