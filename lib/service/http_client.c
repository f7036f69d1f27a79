/* See http_client.h. */
#include "lib/service/http_client.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/service/http_answer.h"

struct http_client {
	struct event_base *base;
	struct http_client_ops ops;
	struct sockaddr_un at;
	struct bufferevent *bev;
	struct event *silence, *most;
	struct timeval patience;
	struct http_answer answer;
	bool busy;
	char wrong[160];
};

/* The question is over: the caller may ask the next from done(). */
static void finish(struct http_client *c, const char *wrong)
{
	if (c->bev)
		bufferevent_free(c->bev);
	c->bev = NULL;
	event_del(c->silence);
	event_del(c->most);
	c->busy = false;
	c->ops.done(c->ops.arg, c->answer.status, wrong);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
	struct http_client *c = arg;

	finish(c, c->bev ? "it takes too long to answer" : c->wrong);
}

static bool on_body(void *arg, const char *bytes, size_t len)
{
	struct http_client *c = arg;

	return !c->ops.body || c->ops.body(c->ops.arg, c->answer.status, bytes, len);
}

/* Take what has come; true while more is wanted. */
static bool take(struct http_client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	bool more = true;
	char bytes[4096];
	int n;

	while (more && (n = evbuffer_remove(in, bytes, sizeof(bytes))) > 0)
		more = http_answer_feed(&c->answer, bytes, (size_t)n);
	return more;
}

static void on_read(struct bufferevent *bev, void *arg)
{
	struct http_client *c = arg;

	if (!take(c))
		finish(c, c->answer.wrong);
	else if (c->patience.tv_sec || c->patience.tv_usec)
		event_add(c->silence, &c->patience);
}

static void on_end(struct bufferevent *bev, short what, void *arg)
{
	struct http_client *c = arg;
	int error = EVUTIL_SOCKET_ERROR();

	if (what & BEV_EVENT_CONNECTED)
		return;
	if (!take(c) || http_answer_end(&c->answer)) {
		finish(c, c->answer.wrong);
		return;
	}
	if (what & BEV_EVENT_ERROR)
		snprintf(c->wrong, sizeof(c->wrong), "%s", strerror(error));
	else
		snprintf(c->wrong, sizeof(c->wrong), "the connection was closed: %s",
			c->answer.wrong);
	finish(c, c->wrong);
}

struct http_client *http_client_new(
	struct event_base *base, const char *socket, const struct http_client_ops *ops)
{
	struct http_client *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->base = base;
	c->ops = *ops;
	c->at.sun_family = AF_UNIX;
	c->silence = evtimer_new(base, on_late, c);
	c->most = evtimer_new(base, on_late, c);
	if (c->silence && c->most && strlen(socket) < sizeof(c->at.sun_path)) {
		memcpy(c->at.sun_path, socket, strlen(socket) + 1);
		return c;
	}
	http_client_free(c);
	return NULL;
}

void http_client_free(struct http_client *c)
{
	if (!c)
		return;
	if (c->bev)
		bufferevent_free(c->bev);
	if (c->silence)
		event_free(c->silence);
	if (c->most)
		event_free(c->most);
	free(c);
}

bool http_client_busy(const struct http_client *c)
{
	return c->busy;
}

/* -1: @wrong says why. */
static int connected(struct http_client *c)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&c->at, sizeof(c->at)) == 0)
		return fd;
	snprintf(c->wrong, sizeof(c->wrong), "%s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static void write_question(struct evbuffer *out, const struct http_question *q)
{
	evbuffer_add_printf(out,
		"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAccept: %s\r\n",
		q->method, q->path, q->accept ? q->accept : "application/json");
	if (q->last_event_id && *q->last_event_id)
		evbuffer_add_printf(out, "Last-Event-ID: %s\r\n", q->last_event_id);
	if (q->body)
		evbuffer_add_printf(out, "Content-Type: application/json\r\n");
	if (q->body || strcmp(q->method, "GET") != 0)
		evbuffer_add_printf(out, "Content-Length: %zu\r\n", q->body ? strlen(q->body) : 0);
	evbuffer_add_printf(out, "\r\n%s", q->body ? q->body : "");
}

static struct timeval span(uint32_t ms)
{
	return (struct timeval){.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};
}

/* What failed at once is told from the loop, as everything is. */
static bool tell_soon(struct http_client *c)
{
	const struct timeval at_once = {0};

	event_add(c->most, &at_once);
	return true;
}

bool http_client_ask(struct http_client *c, const struct http_question *q)
{
	struct timeval most = span(q->most_ms);
	int fd;

	if (c->busy || strlen(q->path) > HTTP_CLIENT_PATH_MAX ||
		(q->body && strlen(q->body) > HTTP_CLIENT_BODY_MAX))
		return false;
	http_answer_init(&c->answer, on_body, c);
	c->busy = true;
	fd = connected(c);
	if (fd < 0)
		return tell_soon(c);
	c->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!c->bev) {
		close(fd);
		snprintf(c->wrong, sizeof(c->wrong), "%s", strerror(ENOMEM));
		return tell_soon(c);
	}
	bufferevent_setcb(c->bev, on_read, NULL, on_end, c);
	write_question(bufferevent_get_output(c->bev), q);
	bufferevent_setwatermark(c->bev, EV_READ, 0, 65536);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	c->patience = span(q->silence_ms);
	if (q->silence_ms)
		event_add(c->silence, &c->patience);
	if (q->most_ms)
		event_add(c->most, &most);
	return true;
}
