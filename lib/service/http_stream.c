/* See http_stream.h. */
#include "lib/service/http_stream.h"

#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/net/sse.h"
#include "lib/service/http_client.h"

struct http_stream {
	struct http_stream_ops ops;
	struct http_client *client;
	struct event *again;
	struct sse sse;
	char path[HTTP_CLIENT_PATH_MAX + 1];
	uint32_t wait_ms;
	bool stands, told; /* that it does not */
	bool resumes;      /* there is a place where it stopped */
};

static bool on_event(void *arg, const char *id, const char *event, const char *data)
{
	struct http_stream *s = arg;

	s->ops.event(s->ops.arg, event, data);
	return true;
}

static bool on_body(void *arg, int status, const char *bytes, size_t len)
{
	struct http_stream *s = arg;

	if (status != 200)
		return false;
	if (!s->stands) {
		s->stands = true;
		s->told = false;
		s->wait_ms = HTTP_STREAM_FIRST_MS;
		s->ops.opened(s->ops.arg, !s->resumes);
	}
	return sse_feed(&s->sse, bytes, len);
}

static void connect_again(struct http_stream *s)
{
	struct timeval wait = {
		.tv_sec = s->wait_ms / 1000, .tv_usec = (suseconds_t)(s->wait_ms % 1000) * 1000};

	event_add(s->again, &wait);
	s->wait_ms = s->wait_ms * 2 < HTTP_STREAM_MOST_MS ? s->wait_ms * 2 : HTTP_STREAM_MOST_MS;
}

/* A place that the daemon does not take is given up: then it begins anew. */
static void on_done(void *arg, int status, const char *wrong)
{
	struct http_stream *s = arg;
	char why[128];

	if (status && status != 200) {
		s->sse.last_id[0] = '\0';
		snprintf(why, sizeof(why), "it answers with HTTP status %d", status);
		wrong = why;
	}
	s->stands = false;
	s->resumes = s->sse.last_id[0] != '\0';
	connect_again(s);
	if (!s->told)
		s->ops.broken(s->ops.arg, wrong ? wrong : "it has ended the stream");
	s->told = true;
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
	struct http_stream *s = arg;
	const struct http_question q = {.method = "GET",
		.path = s->path,
		.accept = "text/event-stream",
		.last_event_id = s->sse.last_id,
		.silence_ms = HTTP_STREAM_SILENCE_MS};

	sse_restart(&s->sse);
	http_client_ask(s->client, &q);
}

struct http_stream *http_stream_new(struct event_base *base, const char *socket, const char *path,
	const struct http_stream_ops *ops)
{
	const struct timeval at_once = {0};
	struct http_stream *s = calloc(1, sizeof(*s));
	struct http_client_ops client = {.body = on_body, .done = on_done, .arg = s};

	if (!s)
		return NULL;
	s->ops = *ops;
	s->wait_ms = HTTP_STREAM_FIRST_MS;
	snprintf(s->path, sizeof(s->path), "%s", path);
	sse_init(&s->sse, on_event, s);
	s->client = http_client_new(base, socket, &client);
	s->again = evtimer_new(base, on_again, s);
	if (s->client && s->again && event_add(s->again, &at_once) == 0)
		return s;
	http_stream_free(s);
	return NULL;
}

void http_stream_free(struct http_stream *s)
{
	if (!s)
		return;
	http_client_free(s->client);
	if (s->again)
		event_free(s->again);
	sse_fini(&s->sse);
	free(s);
}

bool http_stream_stands(const struct http_stream *s)
{
	return s->stands;
}
