/* api_events: changes as server-sent events, the last of them kept in a ring for those who come
 * back.
 *
 * A reader that does not read is cut off when its backlog is full; it never slows the daemon or
 * costs it memory without bound. What the ring gives to one who comes back is bounded by the ring,
 * and does not count: else who was away for long would be cut off each time, and never get on. Ids
 * grow over restarts too, since they start from the wall clock.
 */
#include "lib/service/api_internal.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/net/eid_url.h"

#define HEARTBEAT_S    15
#define STUCK_TIMEOUTS 3  /* that a reader may take nothing of what waits for it */
#define IDS_PER_SECOND 20 /* bits: below 2^53 for another century, exact in any JSON reader */

static struct api_event_kept *slot(struct api *api, uint64_t id)
{
	return &api->ring[id % api->options.events_kept];
}

static void stream_free(struct api_stream *s)
{
	LIST_REMOVE(s, link);
	free(s->site);
	free(s);
}

static void kept_clear(struct api_event_kept *e)
{
	free(e->text);
	free(e->site);
	memset(e, 0, sizeof(*e));
}

/* The reader asked for such events. */
static bool is_wanted(const struct api_stream *s, const struct api_event_kept *e)
{
	const struct api_views *views = &s->api->views;

	if (*s->view && (!e->has_eid || !views->sees || !views->sees(views->arg, s->view, &e->eid)))
		return false;
	if (s->site && (!e->site || strcmp(s->site, e->site) != 0))
		return false;
	return !s->has_under || (e->has_eid && eid_covers(&s->under, &e->eid));
}

/* The connection ends. A request whose reply was not complete is ours then; evhttp took it off the
 * connection. */
static void reader_gone(struct evhttp_connection *connection, void *arg)
{
	struct api_stream *s = arg;

	if (s->http)
		evhttp_request_free(s->http);
	stream_free(s);
}

/* Bytes that the reader has not taken yet. */
static size_t backlog(struct api_stream *s)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(s->connection);

	return evbuffer_get_length(bufferevent_get_output(bev));
}

static void stream_send(struct api_stream *s, const char *text)
{
	struct evbuffer *chunk = evbuffer_new();

	if (!chunk)
		return;
	if (!evbuffer_add(chunk, text, strlen(text)))
		evhttp_send_reply_chunk(s->http, chunk);
	evbuffer_free(chunk);
}

/* A reader whose backlog is full is cut off: then the stream is gone. */
static void stream_tell(struct api_stream *s, const char *text)
{
	s->owed = backlog(s) < s->owed ? backlog(s) : s->owed;
	if (backlog(s) - s->owed + strlen(text) <= s->api->options.stream_backlog) {
		stream_send(s, text);
		return;
	}
	api_count(s->api, API_STREAMS_CUT);
	log_info(s->api->log, "api: a reader of events was cut off: it had %zu bytes unread",
		backlog(s));
	s->http = NULL;                        /* goes with its connection */
	evhttp_connection_free(s->connection); /* calls reader_gone() */
}

/* @e NULL: to all. */
static void tell_all(struct api *api, const struct api_event_kept *e, const char *text)
{
	struct api_stream *s, *next;

	for (s = LIST_FIRST(&api->streams); s; s = next) {
		next = LIST_NEXT(s, link);
		if (!e || is_wanted(s, e))
			stream_tell(s, text);
	}
}

/* A comment finds readers that are dead. The id without an event brings those up to date for whom
 * there was nothing: coming back they need not be told of a gap. */
static void beat(evutil_socket_t fd, short what, void *arg)
{
	struct api *api = arg;
	char text[48];

	snprintf(text, sizeof(text), ":\nid: %" PRIu64 "\n\n", api->next_id - 1);
	tell_all(api, NULL, text);
}

int api_events_init(struct api *api)
{
	struct timeval tv = {.tv_sec = HEARTBEAT_S};

	api->ring = calloc(api->options.events_kept, sizeof(*api->ring));
	api->heartbeat = event_new(api->base, -1, EV_PERSIST, beat, api);
	api->first_id = api->next_id = (wall_now_s() << IDS_PER_SECOND) + 1;
	return !api->ring || !api->heartbeat || event_add(api->heartbeat, &tv) ? -ENOMEM : 0;
}

void api_events_fini(struct api *api)
{
	while (!LIST_EMPTY(&api->streams)) {
		struct api_stream *s = LIST_FIRST(&api->streams);

		evhttp_connection_set_closecb(s->connection, NULL, NULL);
		stream_free(s);
	}
	for (uint64_t id = api->first_id; api->ring && id < api->next_id; id++)
		kept_clear(slot(api, id));
	free(api->ring);
	if (api->heartbeat)
		event_free(api->heartbeat);
}

/* What filters go by: the members "eid" and "site". */
static void describe(struct api_event_kept *e, struct json_object *data)
{
	struct json_object *v;
	const char *why;

	if (json_object_object_get_ex(data, "eid", &v) && v) /* null: of no EID */
		e->has_eid = eid_parse(&e->eid, json_object_get_string(v), &why);
	if (json_object_object_get_ex(data, "site", &v) && v)
		e->site = strdup(json_object_get_string(v));
}

uint64_t api_event(struct api *api, const char *type, struct json_object *data)
{
	uint64_t id = api->next_id;
	struct api_event_kept *e = slot(api, id);

	if (id - api->first_id == api->options.events_kept)
		api->first_id++;
	kept_clear(e);
	e->id = id;
	if (asprintf(&e->text, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", id, type,
		    json_object_to_json_string_ext(
			    data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		e->text = NULL;
	describe(e, data);
	json_object_put(data);
	api->next_id++;
	api_count(api, API_EVENTS);
	if (e->text)
		tell_all(api, e, e->text);
	return id;
}

bool api_events_read(const struct api *api)
{
	return !LIST_EMPTY(&api->streams);
}

void api_events_skip(struct api *api)
{
	for (; api->first_id < api->next_id; api->first_id++) {
		free(slot(api, api->first_id)->text);
		slot(api, api->first_id)->text = NULL;
	}
	api->first_id = ++api->next_id;
}

/* What came after @last. */
static void catch_up(struct api_stream *s, uint64_t last)
{
	struct api *api = s->api;
	uint64_t from = last + 1;
	char gap[96];

	if (from < api->first_id || from > api->next_id) {
		snprintf(gap, sizeof(gap), "event: gap\ndata: {\"after\":%" PRIu64 "}\n\n", last);
		stream_send(s, gap);
		from = api->first_id;
	}
	for (; from < api->next_id; from++)
		if (slot(api, from)->text && is_wanted(s, slot(api, from)))
			stream_send(s, slot(api, from)->text);
	s->owed = backlog(s);
}

/* No answer times out a stream that is silent; but what waits for its reader must get on. A
 * client's bytes are not kept without bound. */
static void set_bounds(struct api_stream *s)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(s->connection);
	struct timeval stuck = {.tv_sec = (time_t)(STUCK_TIMEOUTS * s->api->options.timeout_s)};

	bufferevent_set_timeouts(bev, NULL, &stuck);
	bufferevent_setwatermark(bev, EV_READ, 0, 4096);
	bufferevent_enable(bev, EV_READ); /* evhttp has it off; but the reader's end must be seen */
}

/* False: answered. */
static bool read_filter(struct api_request *req, struct api_stream *s)
{
	const char *site = api_query(req, "site"), *under = api_query(req, "under"), *why = "";
	uint64_t iid;

	if (!api_query_u64(req, "iid", 0, UINT32_MAX, 0, &iid))
		return false;
	s->has_under = under;
	if (under && !eid_parse(&s->under, under, &why) &&
		!eid_url_parse(&s->under, under, (uint32_t)iid, &why)) {
		api_problem(req, 400, "under=%s is no EID: %s", under, why);
		return false;
	}
	s->site = site ? strdup(site) : NULL;
	if (!site || s->site)
		return true;
	api_problem(req, 503, "no memory for a stream of events");
	return false;
}

void api_events_serve(struct api_request *req, void *arg)
{
	const char *last = api_header(req, "Last-Event-ID");
	struct api *api = arg;
	struct api_stream *s;
	char *end = NULL;
	uint64_t id = last ? strtoull(last, &end, 10) : 0;

	if (last && (*end || end == last)) {
		api_problem(req, 400, "Last-Event-ID is \"%s\"; want the number of an event", last);
		return;
	}
	s = calloc(1, sizeof(*s));
	if (!s) {
		api_problem(req, 503, "no memory for a stream of events");
		return;
	}
	if (!read_filter(req, s)) {
		free(s);
		return;
	}
	api_set_header(req, "Content-Type", "text/event-stream");
	api_set_header(req, "Cache-Control", "no-cache");
	s->api = api;
	snprintf(s->view, sizeof(s->view), "%s", api_view(req) ? api_view(req) : "");
	s->connection = api_request_hand_over(req, &s->http);
	LIST_INSERT_HEAD(&api->streams, s, link);
	evhttp_connection_set_closecb(s->connection, reader_gone, s);
	evhttp_send_reply_start(s->http, 200, "OK");
	set_bounds(s);
	stream_send(s, ": events follow\n\n");
	if (last)
		catch_up(s, id);
}
