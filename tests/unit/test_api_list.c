/* Long lists of the HTTP interface: what one turn of the loop makes of them, whoever reads, and how
 * many (lib/service/api_list.c). Rows are counted, and not time. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/base/clock.h"
#include "lib/service/json.h"
#include "tests/unit/api_fixture.h"

#define MANY 100000

/* What lists are made of, and what was made in one turn. */
static struct {
	unsigned int rows, every; /* each so many are rows, others are passed */
	unsigned int row_bytes;   /* of a text in each */
	unsigned int made, passed, turns;
	unsigned int most_rows, most_steps; /* of a turn */
	unsigned int made_before, passed_before;
} world;

struct place {
	unsigned int at;
};

static enum api_list_step next(void *arg, struct json_object **row)
{
	static char text[8192];
	struct place *p = arg;

	if (p->at == world.rows)
		return API_LIST_END;
	if (p->at++ % world.every) {
		world.passed++;
		return API_LIST_PASSED;
	}
	world.made++;
	memset(text, 'x', world.row_bytes);
	text[world.row_bytes] = '\0';
	*row = json_object_new_object();
	json_add_u64(*row, "n", p->at - 1);
	if (world.row_bytes)
		json_add(*row, "text", text);
	return API_LIST_ROW;
}

static struct json_object *members(void *arg)
{
	struct json_object *o = json_object_new_object();
	const struct place *p = arg;

	json_add_u64(o, "total", p->at);
	return o;
}

static void get_rows(struct api_request *req, void *arg)
{
	static const char *const names[] = {"rows", NULL};
	static const struct api_list list = {names, next, members};

	api_list(req, &list, calloc(1, sizeof(struct place)));
}

/* Two lists that are empty, and nothing behind them. */
static enum api_list_step next_of_two(void *arg, struct json_object **row)
{
	return API_LIST_END;
}

static void get_two(struct api_request *req, void *arg)
{
	static const char *const names[] = {"a", "b", NULL};
	static const struct api_list list = {names, next_of_two, NULL};

	api_list(req, &list, calloc(1, sizeof(struct place)));
}

static const struct api_route routes[] = {
	{"GET", "/v1/rows", get_rows, "many"},
	{"GET", "/v1/two", get_two, "two lists"},
};

static int setup(void **state)
{
	static const struct api_options options = {.max_connections = 8, .timeout_s = 2};
	int err = fixture_begin_with(state, &options);
	struct fixture *f = *state;

	memset(&world, 0, sizeof(world));
	world.rows = 3;
	world.every = 1;
	if (!err)
		api_routes(f->api, routes, sizeof(routes) / sizeof(*routes), f);
	return err;
}

/* Something else that the loop has to do: it comes once a turn. */
static void on_other(evutil_socket_t fd, short what, void *arg)
{
	unsigned int rows = world.made - world.made_before;
	unsigned int steps = rows + world.passed - world.passed_before;
	static const struct timeval now;

	world.turns++;
	world.made_before = world.made;
	world.passed_before = world.passed;
	if (rows > world.most_rows)
		world.most_rows = rows;
	if (steps > world.most_steps)
		world.most_steps = steps;
	event_add(*(struct event **)arg, &now);
}

static struct event *other_begin(struct fixture *f)
{
	static const struct timeval now;
	static struct event *other;

	other = event_new(f->base, -1, 0, on_other, &other);
	event_add(other, &now);
	return other;
}

/* One turn, and what has come at @fd (-1: nobody reads). False: it has come to its end. */
static bool turn(struct fixture *f, int fd, char *text, size_t size, size_t *used)
{
	ssize_t n = 0;

	event_base_loop(f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	if (fd >= 0)
		n = recv(fd, text + *used, size - 1 - *used, MSG_DONTWAIT);
	if (n > 0)
		*used += (size_t)n;
	text[*used] = '\0';
	return n != 0 || fd < 0;
}

static void listen_to(int fd, const char *path)
{
	char request[128];

	snprintf(request, sizeof(request),
		"GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
	say(fd, request);
}

/* The body of chunks, in place. */
static char *body_of(char *text)
{
	char *at = strstr(text, "\r\n\r\n"), *out, *body;

	assert_non_null(strstr(text, "Transfer-Encoding: chunked\r\n"));
	assert_non_null(strstr(text, "Content-Type: application/json\r\n"));
	assert_non_null(at);
	body = out = at + 4;
	for (at += 4;;) {
		unsigned long n = strtoul(at, &at, 16);

		at += 2;
		if (!n)
			break;
		memmove(out, at, n);
		out += n;
		at += n + 2;
	}
	*out = '\0';
	return body;
}

/* Each row of it is there once. */
static void assert_rows(const char *body, unsigned int count)
{
	struct json_object *o = json_tokener_parse(body), *rows, *total, *n;

	assert_non_null(o);
	assert_true(json_object_object_get_ex(o, "rows", &rows));
	assert_true(json_object_object_get_ex(o, "total", &total));
	assert_int_equal(json_object_get_int(total), world.rows);
	assert_int_equal(json_object_array_length(rows), count);
	for (unsigned int i = 0; i < count; i++) {
		json_object_object_get_ex(json_object_array_get_idx(rows, i), "n", &n);
		assert_int_equal(json_object_get_int(n), i * world.every);
	}
	json_object_put(o);
}

static void a_short_list_is_an_answer_as_any(void **state)
{
	struct fixture *f = *state;
	static char text[1 << 16];
	int fd = dial(f);

	assert_string_equal(body_of(ask(f, "GET", "/v1/rows", "", "")),
		"{\"rows\":[{\"n\":0},{\"n\":1},{\"n\":2}],\"total\":3}");
	assert_string_equal(body_of(ask(f, "GET", "/v1/two", "", "")), "{\"a\":[],\"b\":[]}");
	world.rows = 0;
	assert_string_equal(
		body_of(ask(f, "GET", "/v1/rows", "", "")), "{\"rows\":[],\"total\":0}");
	/* Two on one connection, and one of an old client. */
	*text = '\0';
	say(fd, "GET /v1/two HTTP/1.1\r\nHost: x\r\n\r\nGET /v1/two HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(f, fd, text, sizeof(text), "\r\n0\r\n\r\n");
	hear(f, fd, strstr(text, "\r\n0\r\n\r\n") + 7, sizeof(text) / 2, "\r\n0\r\n\r\n");
	close(fd);
	fd = dial(f);
	*text = '\0';
	say(fd, "GET /v1/two HTTP/1.0\r\nHost: x\r\n\r\n");
	hear(f, fd, text, sizeof(text), NULL);
	assert_null(strstr(text, "chunked"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n{\"a\":[],\"b\":[]}");
	close(fd);
	/* Without a body nothing is made. */
	world.rows = 3;
	world.made = 0;
	fd = dial(f);
	*text = '\0';
	say(fd, "HEAD /v1/rows HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
	hear(f, fd, text, sizeof(text), NULL);
	assert_non_null(strstr(text, "HTTP/1.1 200 OK\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	assert_int_equal(world.made, 0);
	close(fd);
}

static void a_long_list_is_made_a_slice_a_turn(void **state)
{
	struct fixture *f = *state;
	struct event *other = other_begin(f);
	size_t used = 0, size = 8 << 20;
	char *text = malloc(size);
	int fd = dial(f);

	world.rows = MANY;
	listen_to(fd, "/v1/rows");
	while (turn(f, fd, text, size, &used))
		;
	assert_rows(body_of(text), MANY);
	assert_int_equal(world.made, MANY);
	assert_true(world.most_rows <= API_LIST_ROWS);
	assert_true(world.turns >= MANY / API_LIST_ROWS);
	close(fd);
	event_free(other);
	free(text);
}

static void what_is_passed_counts_too(void **state)
{
	struct fixture *f = *state;
	struct event *other = other_begin(f);
	size_t used = 0, size = 1 << 16;
	char *text = malloc(size);
	int fd = dial(f);

	world.rows = MANY;
	world.every = 1000;
	listen_to(fd, "/v1/rows");
	while (turn(f, fd, text, size, &used))
		;
	assert_rows(body_of(text), MANY / 1000);
	assert_true(world.most_steps <= API_LIST_STEPS);
	close(fd);
	event_free(other);
	free(text);
}

/* However many read, one slice is made in a turn, and each gets on. */
static void many_readers_share_a_turn(void **state)
{
	struct fixture *f = *state;
	struct event *other = other_begin(f);
	size_t used[6] = {0}, size = 1 << 20;
	char *text[6];
	int fds[6];
	unsigned int left = 6;

	world.rows = 10000;
	for (unsigned int i = 0; i < 6; i++) {
		text[i] = malloc(size);
		fds[i] = dial(f);
		listen_to(fds[i], "/v1/rows");
	}
	while (left)
		for (unsigned int i = 0; i < 6; i++)
			if (fds[i] >= 0 && !turn(f, fds[i], text[i], size, &used[i])) {
				/* Nobody waits until another one has all. */
				assert_true(world.made >= 6 * (10000 - 7 * API_LIST_ROWS));
				close(fds[i]);
				fds[i] = -1;
				left--;
			}
	assert_true(world.most_rows <= API_LIST_ROWS);
	for (unsigned int i = 0; i < 6; i++) {
		assert_rows(body_of(text[i]), 10000);
		free(text[i]);
	}
	event_free(other);
}

/* One who takes nothing costs a slice, holds nobody up, and is cut off in the end. */
static void who_takes_nothing_costs_a_slice(void **state)
{
	struct fixture *f = *state;
	size_t used = 0, size = 32 << 20, in_sockets;
	char *text = malloc(size);
	int slow = dial(f), fd = dial(f);
	struct mono deadline;
	char none[2] = "";

	world.rows = 4000;
	world.row_bytes = 4096;
	listen_to(slow, "/v1/rows");
	for (unsigned int i = 0; i < 1000; i++)
		turn(f, -1, none, sizeof(none), &used);
	in_sockets = (size_t)world.made * world.row_bytes;
	assert_true(in_sockets < 1 << 20); /* what its socket takes, and a slice */
	assert_true(world.made > 0);
	listen_to(fd, "/v1/rows");
	while (turn(f, fd, text, size, &used))
		;
	assert_rows(body_of(text), 4000);
	close(fd);
	deadline = mono_add_s(mono_now(), 20);
	while (!strstr(ask(f, "GET", "/metrics", "", ""),
		"sunward_api_connections_closed_total{reason=\"slow\"} 1\n"))
		assert_true(mono_before(mono_now(), deadline));
	close(slow);
	free(text);
}

/* A slice of long rows ends sooner. */
static void a_slice_has_a_bound_in_bytes(void **state)
{
	struct fixture *f = *state;
	struct event *other = other_begin(f);
	size_t used = 0, size = 8 << 20;
	char *text = malloc(size);
	int fd = dial(f);

	world.rows = 1000;
	world.row_bytes = 4096;
	listen_to(fd, "/v1/rows");
	while (turn(f, fd, text, size, &used))
		;
	assert_rows(body_of(text), 1000);
	assert_true(world.most_rows <= 16);
	close(fd);
	event_free(other);
	free(text);
}

/* Nothing is made for one who has gone; the rest of the daemon goes on. */
static void who_leaves_is_forgotten(void **state)
{
	struct fixture *f = *state;
	char none[2] = "";
	size_t used = 0;
	int fd = dial(f);

	world.rows = MANY;
	listen_to(fd, "/v1/rows");
	while (!world.made)
		turn(f, -1, none, sizeof(none), &used);
	close(fd);
	for (unsigned int i = 0; i < 100; i++)
		turn(f, -1, none, sizeof(none), &used);
	assert_true(world.made < MANY);
	world.rows = 1;
	assert_string_equal(
		body_of(ask(f, "GET", "/v1/rows", "", "")), "{\"rows\":[{\"n\":0}],\"total\":1}");
	/* Another is in the middle of its list when the interface ends. */
	world.rows = MANY;
	world.made = 0;
	fd = dial(f);
	listen_to(fd, "/v1/rows");
	while (!world.made)
		turn(f, -1, none, sizeof(none), &used);
	close(fd);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_short_list_is_an_answer_as_any),
		TEST(a_long_list_is_made_a_slice_a_turn),
		TEST(what_is_passed_counts_too),
		TEST(many_readers_share_a_turn),
		TEST(who_takes_nothing_costs_a_slice),
		TEST(a_slice_has_a_bound_in_bytes),
		TEST(who_leaves_is_forgotten),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
