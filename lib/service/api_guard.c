/* api_guard: turns away what is no request that may be read, before evhttp reads it: by http_frame,
 * with a problem document, one counter and a line now and then.
 *
 * evhttp would answer some of it with a page of its own, and take some of it for another request.
 * The bytes are looked at as they come into the connection's buffer. When they are wrong, those
 * behind the requests that are right are thrown away, and the connection ends as soon as these are
 * answered and the client has read why (RFC 9112 section 9.6: a connection that is closed while its
 * client still sends may take the answer with it). */
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/service/api_internal.h"

#define LINGER_S     2
#define LINGER_BYTES (4u << 20) /* that a client may send yet and nobody reads */

static const enum api_counter counters[] = {
	[HTTP_FRAME_MALFORMED] = API_REFUSED_MALFORMED,
	[HTTP_FRAME_LARGE_HEAD] = API_REFUSED_LARGE_HEAD,
	[HTTP_FRAME_LARGE_BODY] = API_REFUSED_LARGE_BODY,
	[HTTP_FRAME_UNSUPPORTED] = API_REFUSED_UNSUPPORTED,
};

static void drain(struct evbuffer *in)
{
	evbuffer_drain(in, evbuffer_get_length(in));
}

/* ---- the answer ---- */

/* Nothing else is on its way out: what fits into the socket is enough. */
static void say(struct api_connection *c, const char *text, size_t len)
{
	int fd = bufferevent_getfd(c->bev);

	if (c->ssl && SSL_is_init_finished(c->ssl)) {
		ERR_clear_error();
		if (SSL_write(c->ssl, text, (int)len) > 0)
			SSL_shutdown(c->ssl);
		ERR_clear_error();
	} else if (!c->ssl) {
		(void)!send(fd, text, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	shutdown(fd, SHUT_WR);
}

void api_guard_refuse(struct api_connection *c, int status, const char *name, const char *detail)
{
	struct json_object *o = api_problem_json(status, name, detail, "");
	struct timeval linger = {.tv_sec = LINGER_S};
	char text[1024];
	size_t len;
	const char *body = json_object_to_json_string_length(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	int n = snprintf(text, sizeof(text),
		"HTTP/1.1 %d %s\r\nContent-Type: application/problem+json\r\nContent-Length: %zu\r\n"
		"Connection: close\r\n\r\n%s",
		status, api_phrase(status), len, body);

	json_object_put(o);
	api_count(c->api, API_PROBLEMS);
	drain(bufferevent_get_input(c->bev));
	c->ends = true;
	if (n > 0 && (size_t)n < sizeof(text))
		say(c, text, (size_t)n);
	evtimer_add(c->deadline, &linger);
}

static void refuse(evutil_socket_t fd, short what, void *arg)
{
	struct api_connection *c = arg;
	char peer[160], detail[256];

	if (c->ends)
		return;
	api_connection_peer(c, peer, sizeof(peer));
	snprintf(detail, sizeof(detail),
		c->frame.status == 413 ? "%s; want at most %u bytes" : "%s", c->frame.wrong,
		API_BODY_MAX);
	api_count(c->api, counters[c->frame.kind]);
	log_limited(c->api->log, &c->api->log_refused, mono_now(), LOG_LEVEL_WARNING,
		"api: what %s sends is refused: %d: %s", peer, c->frame.status, detail);
	api_guard_refuse(c, c->frame.status, NULL, detail);
}

/* The requests before it are answered. False: they are not. */
static bool turn_away(struct api_connection *c)
{
	if (c->frame.requests != c->answered)
		return false;
	drain(bufferevent_get_input(c->bev));
	event_active(c->refusal, EV_TIMEOUT, 0); /* evhttp is reading just now */
	return true;
}

/* ---- the bytes ---- */

static void look(struct api_connection *c, struct evbuffer *in, size_t from, size_t len)
{
	struct evbuffer_ptr at;
	struct evbuffer_iovec piece;

	while (len && !evbuffer_ptr_set(in, &at, from, EVBUFFER_PTR_SET) &&
		evbuffer_peek(in, (ev_ssize_t)len, &at, &piece, 1) > 0) {
		size_t n = piece.iov_len < len ? piece.iov_len : len;

		if (!http_frame_feed(&c->frame, piece.iov_base, n))
			return;
		from += n;
		len -= n;
	}
}

static void on_bytes(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct api_connection *c = arg;

	if (!info->n_added)
		return;
	if (c->ends || (c->frame.kind && turn_away(c))) {
		c->discarded += info->n_added;
		drain(in);
		if (c->discarded > LINGER_BYTES)
			shutdown(bufferevent_getfd(c->bev), SHUT_RDWR);
		return;
	}
	if (c->frame.kind)
		return;
	look(c, in, info->orig_size, info->n_added);
	if (c->frame.kind)
		turn_away(c);
}

void api_guard_answered(struct api_connection *c)
{
	c->answered++;
	if (c->frame.kind && !c->ends)
		turn_away(c);
}

bool api_guard_begin(struct api_connection *c)
{
	http_frame_init(&c->frame, API_BODY_MAX);
	c->refusal = event_new(c->api->base, -1, 0, refuse, c);
	if (!c->refusal)
		return false;
	if (evbuffer_add_cb(bufferevent_get_input(c->bev), on_bytes, c))
		return true;
	event_free(c->refusal);
	return false;
}

void api_guard_end(struct api_connection *c)
{
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_bytes, c);
	event_free(c->refusal);
}
