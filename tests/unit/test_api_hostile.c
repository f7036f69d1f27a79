/* Clients of the HTTP interface that mean no good, or cannot do better: each is told in a problem
 * document, counted, and logged now and then; it costs bounded memory; and others are answered
 * meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <event2/event.h>
#include <json-c/json.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/service/api.h"
#include "lib/service/json.h"
#include "lib/service/metrics.h"

#define CONNECTIONS 8
#define LARGE       (4u << 20)  /* bytes of an answer: no socket's buffer takes it */
#define MEMORY_MAX  (12u << 20) /* bytes that any client may cost */

struct fixture {
	char dir[64], path[96];
	struct event_base *base;
	struct metrics *metrics;
	struct log log;
	unsigned int lines, puts, deletes;
	struct api *api;
	struct api_request *waiting;
	char *large;
};

static void count_line(struct log *log, enum log_level level, const char *line)
{
	((struct fixture *)log->arg)->lines++;
}

static void put_thing(struct api_request *req, void *arg)
{
	struct json_object *o = api_body(req);

	((struct fixture *)arg)->puts++;
	if (o)
		api_reply(req, 200, json_object_get(o));
}

static void delete_thing(struct api_request *req, void *arg)
{
	((struct fixture *)arg)->deletes++;
	api_reply(req, 204, NULL);
}

static void get_large(struct api_request *req, void *arg)
{
	api_reply_text(req, 200, "text/plain", ((struct fixture *)arg)->large);
}

static void get_later(struct api_request *req, void *arg)
{
	((struct fixture *)arg)->waiting = req;
}

static const struct api_route routes[] = {
	{"PUT", "/v1/things/{name}", put_thing, "set"},
	{"DELETE", "/v1/things/{name}", delete_thing, "delete"},
	{"GET", "/v1/large", get_large, "much"},
	{"GET", "/v1/later", get_later, "an answer that waits"},
};

static int setup(void **state)
{
	static const struct api_options options = {
		.max_connections = CONNECTIONS, .timeout_s = 1, .events_kept = 64};
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	*state = &f;
	strcpy(f.dir, "/tmp/sunward-hostile-XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.path, sizeof(f.path), "%s/api.sock", f.dir);
	f.large = malloc(LARGE + 1);
	memset(f.large, 'x', LARGE);
	f.large[LARGE] = '\0';
	log_init_sink(&f.log, count_line, &f);
	f.base = event_base_new();
	f.metrics = metrics_new();
	f.api = api_new(f.base, &options, &f.log, f.metrics);
	if (!f.api)
		return -1;
	api_routes(f.api, routes, sizeof(routes) / sizeof(*routes), &f);
	return api_listen(f.api, f.path, 0600, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	api_free(f->api);
	event_base_free(f->base);
	metrics_free(f->metrics);
	free(f->large);
	return rmdir(f->dir);
}

/* ---- clients ---- */

static int dial(const struct fixture *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strlcpy(sun.sun_path, f->path, sizeof(sun.sun_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static void turn(struct fixture *f)
{
	struct timeval tv = {.tv_usec = 1000};

	event_base_loopexit(f->base, &tv);
	event_base_dispatch(f->base);
}

/* Send all of it, the server running; false: it does not want more. */
static bool give(struct fixture *f, int fd, const void *bytes, size_t len)
{
	struct mono deadline = mono_add_s(mono_now(), 20);
	const char *at = bytes;

	while (len) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);

		assert_true(mono_before(mono_now(), deadline));
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0) {
			turn(f);
			continue;
		}
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool say(struct fixture *f, int fd, const char *text)
{
	return give(f, fd, text, strlen(text));
}

/* All that comes until @until is in it, or until the end; at most 20 s. */
static void hear(struct fixture *f, int fd, char *text, size_t size, const char *until)
{
	struct mono deadline = mono_add_s(mono_now(), 20);
	size_t used = strlen(text);

	while (!until || !strstr(text, until)) {
		ssize_t n = recv(fd, text + used, size - 1 - used, 0);

		assert_true(mono_before(mono_now(), deadline));
		if (n < 0 && errno == EAGAIN)
			turn(f);
		else if (n <= 0)
			break;
		else
			text[used += (size_t)n] = '\0';
	}
}

/* Somebody else is answered, and the counters are what comes. */
static const char *metrics_now(struct fixture *f)
{
	static char text[1 << 16];
	int fd = dial(f);

	*text = '\0';
	say(f, fd, "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	hear(f, fd, text, sizeof(text), NULL);
	close(fd);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	return text;
}

static unsigned long counter(struct fixture *f, const char *name)
{
	const char *text = metrics_now(f);
	char line[128];
	const char *at;

	snprintf(line, sizeof(line), "\n%s ", name);
	at = strstr(text, line);
	assert_non_null(at);
	return strtoul(at + strlen(line), NULL, 10);
}

#define REFUSED(reason) "sunward_api_refused_total{reason=\"" reason "\"}"
#define CLOSED(reason)  "sunward_api_connections_closed_total{reason=\"" reason "\"}"

/* What comes is the problem @name of @status, and then the end. */
static void expect_problem(struct fixture *f, int fd, int status, const char *name)
{
	char text[4096] = "", line[64], type[128];

	hear(f, fd, text, sizeof(text), NULL);
	snprintf(line, sizeof(line), "HTTP/1.1 %d ", status);
	snprintf(type, sizeof(type), "{\"type\":\"urn:sunward:problem:%s\",", name);
	if (strncmp(text, line, strlen(line)) != 0 || !strstr(text, type) ||
		!strstr(text, "Content-Type: application/problem+json\r\n"))
		fail_msg("want %d %s, got: %.300s", status, name, text);
	close(fd);
}

static size_t resident(void)
{
	unsigned long pages = 0;
	FILE *file = fopen("/proc/self/statm", "r");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*u %lu", &pages), 1);
	fclose(file);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* ASan keeps what was freed, to see who uses it. */
static bool memory_can_be_measured(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return false;
#else
	return true;
#endif
}

static void expect_cost(size_t before, const char *what)
{
	size_t now = resident();

	if (memory_can_be_measured() && now > before + MEMORY_MAX)
		fail_msg("%s: %zu KiB of memory; want at most %u KiB", what, (now - before) / 1024,
			MEMORY_MAX / 1024);
}

/* ---- what is no request ---- */

static void each_has_its_problem_and_its_counter(void **state)
{
	static const struct {
		const char *text, *name, *counter;
		int status;
	} all[] = {
		{"\x16\x03\x01\x02", "bad-request", REFUSED("malformed"), 400},
		{"GET /livez HTTP/1.1\r\n\r\n", "bad-request", REFUSED("malformed"), 400},
		{"GET /livez HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "bad-request",
			REFUSED("malformed"), 400},
		{"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: "
		 "2\r\n\r\n{}",
			"bad-request", REFUSED("malformed"), 400},
		{"GET /livez HTTP/3.0\r\n\r\n", "http-version", REFUSED("unsupported"), 505},
		{"BREW /livez HTTP/1.1\r\n\r\n", "not-implemented", REFUSED("unsupported"), 501},
		{"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
			"not-implemented", REFUSED("unsupported"), 501},
		{"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nExpect: much\r\n\r\n",
			"expectation-failed", REFUSED("unsupported"), 417},
		{"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n",
			"content-too-large", REFUSED("large-body"), 413},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		unsigned long before = counter(f, all[i].counter);
		int fd = dial(f);

		say(f, fd, all[i].text);
		expect_problem(f, fd, all[i].status, all[i].name);
		assert_int_equal(counter(f, all[i].counter), before + 1);
	}
	assert_int_equal(f->puts, 0);
}

static void a_body_without_its_length_is_no_body_and_what_follows_is_refused(void **state)
{
	struct fixture *f = *state;
	char text[4096] = "";
	int fd = dial(f);

	say(f, fd, "PUT /v1/things/a HTTP/1.1\r\nHost: x\r\n\r\n{\"a\":1}");
	hear(f, fd, text, sizeof(text), NULL);
	assert_non_null(strstr(text, "there is no body; want JSON"));
	assert_non_null(strstr(text, "a request begins with a method"));
	close(fd);
}

/* The library takes the body of HEAD, and what stands behind a length that two parties read
 * differently, for a request. */
static void a_request_within_a_request_is_not_followed(void **state)
{
#define INNER "DELETE /v1/things/a HTTP/1.1\r\nHost: x\r\n\r\n"
	static const char *const all[] = {
		"HEAD /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 45\r\n\r\n" INNER,
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
		"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" INNER,
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 45\r\n\r\n" INNER,
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n" INNER,
		"GET /livez HTTP/1.1\r\nX: y\r\n z\r\nHost: x\r\n\r\n" INNER,
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		int fd = dial(f);

		say(f, fd, all[i]);
		expect_problem(f, fd, 400, "bad-request");
	}
	assert_int_equal(f->puts, 0);
	assert_int_equal(f->deletes, 0);
}

static void right_requests_before_a_wrong_one_are_answered_first(void **state)
{
	struct fixture *f = *state;
	char text[8192] = "", *second, *third;
	int fd = dial(f);

	say(f, fd,
		"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n{\"a\":1}"
		"GET /livez HTTP/1.1\r\nHost : x\r\n\r\n" INNER);
	hear(f, fd, text, sizeof(text), NULL);
	close(fd);
	assert_non_null(strstr(text, "{\"alive\":true}"));
	second = strstr(text, "{\"a\":1}");
	third = strstr(text, "HTTP/1.1 400 ");
	assert_non_null(second);
	assert_true(third > second);
	assert_int_equal(f->puts, 1);
	assert_int_equal(f->deletes, 0);
}

static void many_wrong_ones_make_few_lines(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 200; i++) {
		int fd = dial(f);

		say(f, fd, "nonsense\r\n");
		expect_problem(f, fd, 400, "bad-request");
	}
	assert_int_equal(counter(f, REFUSED("malformed")), 200);
	assert_in_range(f->lines, 1, 20);
	f->lines = 0;
	for (int i = 0; i < 200; i++) {
		char text[4096] = "";
		int fd = dial(f);

		say(f, fd,
			"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
			"Content-Length: 5\r\n\r\n[NaN]");
		hear(f, fd, text, sizeof(text), NULL);
		assert_non_null(strstr(text, "urn:sunward:problem:bad-json"));
		close(fd);
	}
	assert_int_equal(counter(f, REFUSED("json")), 200);
	assert_in_range(f->lines, 1, 20);
}

static void pipelined_requests_are_answered_in_their_order(void **state)
{
	struct fixture *f = *state;
	static char text[1 << 20];
	char request[128], want[32], *at = text;
	int fd = dial(f);

	*text = '\0';
	for (int i = 0; i < 1000; i++) {
		snprintf(request, sizeof(request),
			"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\n\r\n[%4d]",
			i);
		say(f, fd, request);
	}
	hear(f, fd, text, sizeof(text), "[999]");
	for (int i = 0; i < 1000; i++) {
		snprintf(want, sizeof(want), "\r\n\r\n[%d]", i);
		at = strstr(at, want);
		assert_non_null(at);
	}
	assert_int_equal(f->puts, 1000);
	close(fd);
}

/* ---- too much ---- */

static void a_body_of_100_mb_costs_no_memory(void **state)
{
	struct fixture *f = *state;
	size_t before = resident(), sent = 0;
	static char chunk[0x10000 + 9];
	int fd = dial(f);

	/* By its length, although it is sent on and on. */
	say(f, fd, "PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n");
	while (sent < 104857600 && give(f, fd, f->large, 1 << 20)) {
		sent += 1 << 20;
		expect_cost(before, "a body of a length");
	}
	assert_in_range(sent, 0, 8 << 20); /* the end came long before */
	expect_problem(f, fd, 413, "content-too-large");
	/* By its chunks. */
	memcpy(chunk, "10000\r\n", 7);
	memset(chunk + 7, ' ', 0x10000);
	memcpy(chunk + 7 + 0x10000, "\r\n", 2);
	fd = dial(f);
	say(f, fd, "PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
	for (sent = 0; sent < 104857600 && give(f, fd, chunk, sizeof(chunk)); sent += sizeof(chunk))
		expect_cost(before, "a body of chunks");
	assert_in_range(sent, 1 << 20, 9 << 20);
	expect_problem(f, fd, 413, "content-too-large");
	assert_int_equal(counter(f, REFUSED("large-body")), 2);
	assert_int_equal(f->puts, 0);
}

static void a_flood_of_header_fields_costs_no_memory(void **state)
{
	struct fixture *f = *state;
	size_t before = resident();
	int fd = dial(f);

	say(f, fd, "GET /livez HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 1000000 && say(f, fd, "A: b\r\n"); i++)
		;
	expect_problem(f, fd, 431, "head-too-large");
	fd = dial(f);
	say(f, fd, "GET /livez HTTP/1.1\r\nX: ");
	for (int i = 0; i < 100 && give(f, fd, f->large, 1 << 20); i++)
		;
	expect_problem(f, fd, 431, "head-too-large");
	fd = dial(f);
	say(f, fd, "GET /");
	for (int i = 0; i < 100 && give(f, fd, f->large, 1 << 20); i++)
		;
	expect_problem(f, fd, 414, "path-too-long");
	expect_cost(before, "header fields");
	assert_int_equal(counter(f, REFUSED("large-head")), 3);
}

/* A mebibyte of "[]," would be a tree of 120. */
static void a_body_of_many_values_costs_no_memory(void **state)
{
	struct fixture *f = *state;
	size_t before = resident(), n = 0;
	char *body = malloc(1 << 20), head[128], text[4096] = "";
	int fd = dial(f);

	body[n++] = '[';
	while (n < (1 << 20) - 3)
		memcpy(body + n, "[],", 3), n += 3;
	body[n - 1] = ']';
	snprintf(head, sizeof(head),
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: "
		"%zu\r\n\r\n",
		n);
	say(f, fd, head);
	give(f, fd, body, n);
	hear(f, fd, text, sizeof(text), NULL);
	assert_non_null(strstr(text, "too many values"));
	free(body);
	close(fd);
	expect_cost(before, "a body of many values");
}

/* ---- too slow ---- */

static void who_never_ends_a_request_is_told_and_closed(void **state)
{
	static const char *const begins[] = {"G", "GET /livez HTTP/1.1\r\nHos",
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
		"PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{"};
	int fds[4];
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++) {
		fds[i] = dial(f);
		say(f, fds[i], begins[i]);
	}
	metrics_now(f); /* others are answered */
	for (size_t i = 0; i < 4; i++)
		expect_problem(f, fds[i], 408, "request-timeout");
	assert_int_equal(counter(f, CLOSED("slow")), 4);
	assert_int_equal(f->puts, 0);
}

static void who_sends_nothing_is_closed_without_a_word(void **state)
{
	struct fixture *f = *state;
	char text[256] = "";
	int fd = dial(f);

	hear(f, fd, text, sizeof(text), NULL);
	assert_string_equal(text, "");
	close(fd);
	assert_int_equal(counter(f, CLOSED("slow")), 1);
}

/* One byte at a time is slow, and right: it comes whole in time. */
static void one_byte_at_a_time_is_a_request(void **state)
{
	static const char request[] = "PUT /v1/things/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
				      "chunked\r\n\r\n3\r\n{\"a\r\n4\r\n\":1}\r\n0\r\n\r\n";
	struct fixture *f = *state;
	char text[4096] = "";
	int fd = dial(f);

	for (size_t i = 0; i < sizeof(request) - 1; i++) {
		give(f, fd, request + i, 1);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	hear(f, fd, text, sizeof(text), "{\"a\":1}");
	assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	close(fd);
}

static void who_takes_a_large_answer_gets_it_whole(void **state)
{
	struct fixture *f = *state;
	char *text = calloc(1, LARGE + 1024);
	int fd = dial(f);

	say(f, fd, "GET /v1/large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	hear(f, fd, text, LARGE + 1024, NULL);
	assert_string_equal(strstr(text, "\r\n\r\n") + 4, f->large);
	close(fd);
	free(text);
}

/* The time for an answer is that for a request, and a second for each 64 KiB of it: here the
 * connection ends before, since nothing at all is taken. */
static void who_does_not_take_its_answer_is_closed(void **state)
{
	struct mono deadline = mono_add_s(mono_now(), 20);
	struct fixture *f = *state;
	int fd = dial(f);
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	say(f, fd, "GET /v1/large HTTP/1.1\r\nHost: x\r\n\r\n");
	while (poll(&p, 1, 0) == 0) {
		assert_true(mono_before(mono_now(), deadline));
		turn(f);
	}
	metrics_now(f);
	close(fd);
}

static void a_reader_of_events_that_never_reads_is_closed(void **state)
{
	struct mono deadline = mono_add_s(mono_now(), 30);
	struct fixture *f = *state;
	char header[128];
	struct json_object *o;
	struct pollfd p = {.events = POLLRDHUP};
	uint64_t first = 0;

	for (int i = 0; i < 64;
		i++) { /* more than a socket takes, and all kept for who comes back */
		o = json_object_new_object();
		json_take(o, "x", json_object_new_string_len(f->large, 60000));
		first = i ? first : api_event(f->api, "moved", o);
		if (i)
			api_event(f->api, "moved", o);
	}
	p.fd = dial(f);
	snprintf(header, sizeof(header),
		"GET /v1/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: %llu\r\n\r\n",
		(unsigned long long)first - 1);
	say(f, p.fd, header);
	while (poll(&p, 1, 0) == 0) {
		assert_true(mono_before(mono_now(), deadline));
		turn(f);
	}
	metrics_now(f);
	close(p.fd);
}

static void who_has_ended_its_half_is_answered_still(void **state)
{
	struct fixture *f = *state;
	char text[4096] = "";
	int fd = dial(f);

	say(f, fd, "GET /v1/later HTTP/1.1\r\nHost: x\r\n\r\n");
	shutdown(fd, SHUT_WR);
	while (!f->waiting)
		event_base_loop(f->base, EVLOOP_ONCE);
	turn(f);
	api_reply(f->waiting, 200, json_object_new_object());
	hear(f, fd, text, sizeof(text), NULL);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	close(fd);
}

/* ---- too many ---- */

/* Another process that reads events by @count connections, all of them answered, until @until is
 * closed. No deadline ends them while this machine is busy. */
static pid_t hog(struct fixture *f, unsigned int count, int *until)
{
	static const char request[] = "GET /v1/events HTTP/1.1\r\nHost: x\r\n\r\n";
	struct mono deadline = mono_add_s(mono_now(), 20);
	int ends[2], told[2];
	struct pollfd p;
	pid_t pid;
	char c;

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(pipe(told), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(ends[1]);
		for (unsigned int i = 0; i < count; i++) {
			p = (struct pollfd){.fd = dial(f), .events = POLLIN};
			(void)!send(p.fd, request, sizeof(request) - 1, 0);
			poll(&p, 1, -1);
		}
		(void)!write(told[1], "x", 1);
		(void)!read(ends[0], &c, 1);
		_exit(0);
	}
	close(ends[0]);
	*until = ends[1];
	p = (struct pollfd){.fd = told[0], .events = POLLIN};
	while (poll(&p, 1, 0) == 0) {
		assert_true(mono_before(mono_now(), deadline));
		turn(f);
	}
	close(told[0]);
	close(told[1]);
	return pid;
}

static void who_has_most_connections_gives_way(void **state)
{
	struct fixture *f = *state;
	int until, own[3];
	pid_t pid = hog(f, CONNECTIONS, &until);

	metrics_now(f); /* one more than there may be */
	assert_int_equal(counter(f, CLOSED("gave-way")), 1);
	for (size_t i = 0; i < 3; i++) {
		char text[1024] = "";

		own[i] = dial(f);
		say(f, own[i], "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
		hear(f, own[i], text, sizeof(text), "}");
		assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	}
	assert_int_equal(counter(f, CLOSED("too-many")), 0);
	close(until);
	waitpid(pid, NULL, 0);
	for (size_t i = 0; i < 3; i++)
		close(own[i]);
}

static void who_has_most_of_them_is_refused_one_more(void **state)
{
	struct fixture *f = *state;
	int fds[CONNECTIONS], fd;
	char text[1024] = "";

	for (size_t i = 0; i < CONNECTIONS; i++) {
		fds[i] = dial(f);
		say(f, fds[i], "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
		*text = '\0';
		hear(f, fds[i], text, sizeof(text), "}");
	}
	fd = dial(f);
	say(f, fd, "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n");
	expect_problem(f, fd, 503, "too-many-connections");
	say(f, fds[0], "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n"); /* the others go on */
	*text = '\0';
	hear(f, fds[0], text, sizeof(text), "}");
	assert_non_null(strstr(text, "HTTP/1.1 200 OK"));
	for (size_t i = 0; i < CONNECTIONS; i++)
		close(fds[i]);
}

static void a_thousand_connections_at_once_cost_no_memory(void **state)
{
	struct fixture *f = *state;
	size_t before = resident();
	int fds[40];

	for (int round = 0; round < 25; round++) {
		for (size_t i = 0; i < 40; i++)
			fds[i] = dial(f);
		for (int i = 0; i < 4; i++)
			turn(f);
		for (size_t i = 0; i < 40; i++)
			close(fds[i]);
		for (int i = 0; i < 4; i++)
			turn(f);
	}
	assert_in_range(counter(f, CLOSED("too-many")), 500, 1000);
	expect_cost(before, "a thousand connections");
}

#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(each_has_its_problem_and_its_counter),
		T(a_body_without_its_length_is_no_body_and_what_follows_is_refused),
		T(a_request_within_a_request_is_not_followed),
		T(right_requests_before_a_wrong_one_are_answered_first),
		T(many_wrong_ones_make_few_lines),
		T(pipelined_requests_are_answered_in_their_order),
		T(a_body_of_100_mb_costs_no_memory),
		T(a_flood_of_header_fields_costs_no_memory),
		T(a_body_of_many_values_costs_no_memory),
		T(who_never_ends_a_request_is_told_and_closed),
		T(who_sends_nothing_is_closed_without_a_word),
		T(one_byte_at_a_time_is_a_request),
		T(who_takes_a_large_answer_gets_it_whole),
		T(who_does_not_take_its_answer_is_closed),
		T(a_reader_of_events_that_never_reads_is_closed),
		T(who_has_ended_its_half_is_answered_still),
		T(who_has_most_connections_gives_way),
		T(who_has_most_of_them_is_refused_one_more),
		T(a_thousand_connections_at_once_cost_no_memory),
	};

	signal(SIGPIPE, SIG_IGN); /* as a daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
