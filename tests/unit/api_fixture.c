/* See api_fixture.h. */
#include "tests/unit/api_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/base/clock.h"
#include "lib/service/json.h"

static void keep_line(struct log *log, enum log_level level, const char *line)
{
	struct fixture *f = log->arg;

	snprintf(f->logged, sizeof(f->logged), "%s", line);
}

/* ---- handlers ---- */

static void get_eid(struct api_request *req, void *arg)
{
	struct json_object *o;
	struct eid eid;

	if (!api_param_eid(req, "eid", &eid))
		return;
	o = json_object_new_object();
	json_add_eid(o, "eid", &eid);
	api_reply(req, 200, o);
}

static void put_thing(struct api_request *req, void *arg)
{
	struct json_object *o = api_body(req);

	((struct fixture *)arg)->puts++;
	if (!o)
		return;
	api_set_etag(req, 7);
	api_reply(req, 201, json_object_get(o));
}

static void delete_thing(struct api_request *req, void *arg)
{
	api_reply(req, 204, NULL);
}

static void get_list(struct api_request *req, void *arg)
{
	struct json_object *o;
	uint64_t limit;

	if (!api_query_u64(req, "limit", 1, 10, 5, &limit))
		return;
	o = json_object_new_object();
	json_add_u64(o, "limit", limit);
	json_add(o, "site", api_query(req, "site"));
	api_reply(req, 200, o);
}

static void get_later(struct api_request *req, void *arg)
{
	((struct fixture *)arg)->waiting = req;
}

static const struct api_route routes[] = {
	{"GET", "/v1/eids/{eid}", get_eid, "one EID"},
	{"GET", "/v1/things?limit&site", get_list, "all"},
	{"PUT", "/v1/things/{name}", put_thing, "set"},
	{"DELETE", "/v1/things/{name}", delete_thing, "delete"},
	{"GET", "/v1/later", get_later, "an answer that waits"},
};

static const char *readiness(void *arg)
{
	return ((struct fixture *)arg)->not_ready;
}

/* ---- a client ---- */

static const struct api_options options = {
	.max_connections = 4, .timeout_s = 1, .events_kept = 4, .stream_backlog = 16 << 10};

int fixture_begin_with(void **state, const struct api_options *with)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	*state = &f;
	strcpy(f.dir, "/tmp/sunward-api-XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.path, sizeof(f.path), "%s/run/api.sock", f.dir);
	log_init_sink(&f.log, keep_line, &f);
	f.base = event_base_new();
	f.metrics = metrics_new();
	f.api = api_new(f.base, with, &f.log, f.metrics);
	if (!f.api)
		return -1;
	api_routes(f.api, routes, sizeof(routes) / sizeof(*routes), &f);
	api_ready_check(f.api, readiness, &f);
	return api_listen(f.api, f.path, 0660, NULL);
}

int fixture_begin(void **state)
{
	return fixture_begin_with(state, &options);
}

int fixture_end(void **state)
{
	struct fixture *f = *state;
	char run[80];

	api_free(f->api);
	event_base_free(f->base);
	metrics_free(f->metrics);
	snprintf(run, sizeof(run), "%s/run", f->dir);
	rmdir(run);
	return rmdir(f->dir);
}

int dial(const struct fixture *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strlcpy(sun.sun_path, f->path, sizeof(sun.sun_path));
	assert_int_equal(connect(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

void hear(struct fixture *f, int fd, char *text, size_t size, const char *until)
{
	struct mono deadline = mono_add_s(mono_now(), 20);
	size_t used = strlen(text);

	while (!until || !strstr(text, until)) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		ssize_t n;

		assert_true(mono_before(mono_now(), deadline));
		event_base_loop(f->base, EVLOOP_NONBLOCK);
		if (poll(&p, 1, 1) == 0)
			continue;
		n = recv(fd, text + used, size - 1 - used, 0);
		if (n <= 0)
			break;
		used += (size_t)n;
		text[used] = '\0';
	}
}

char *ask(
	struct fixture *f, const char *method, const char *path, const char *more, const char *body)
{
	static char text[1 << 16];
	int fd = dial(f);
	char request[2048];

	snprintf(request, sizeof(request),
		"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%sContent-Length: %zu\r\n\r\n%s",
		method, path, more, strlen(body), body);
	say(fd, request);
	*text = '\0';
	hear(f, fd, text, sizeof(text), NULL);
	close(fd);
	return text;
}

void expect(struct fixture *f, const char *method, const char *path, const char *body,
	const char *status, const char *want)
{
	char *got = ask(f, method, path, "", body), *at = strstr(got, "\r\n\r\n");
	char line[128];

	snprintf(line, sizeof(line), "HTTP/1.1 %s\r\n", status);
	if (strncmp(got, line, strlen(line)))
		fail_msg("%s %s: want %s, got %.200s", method, path, status, got);
	assert_non_null(at);
	assert_string_equal(at + 4, want);
}
