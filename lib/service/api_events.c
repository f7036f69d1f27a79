/* api_events: changes as server-sent events, the last of them kept in a ring.
 *
 * Every reader is fed from the ring, from the place that it has got to: as much as its backlog
 * takes, and the rest when it has taken that. So a burst cuts nobody off who reads, and one who
 * reads slowly costs a backlog and no more. Whom the ring overtakes is told of the gap; who takes
 * nothing at all is cut off in the end. Ids grow over restarts too, since they start from the wall
 * clock.
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
#define STUCK_TIMEOUTS 3          /* that a reader may take nothing of what waits for it */
#define CHUNK_BYTES    (64 << 10) /* of events that go out together */
#define IDS_PER_SECOND 20 /* bits: below 2^53 for another century, exact in any JSON reader */

static struct api_event_kept *slot(struct api *api, uint64_t id)
{
	return &api->ring[id % api->options.events_kept];
}

/* What waits for the reader. */
static struct evbuffer *output_of(const struct api_stream *s)
{
	return bufferevent_get_output(evhttp_connection_get_bufferevent(s->connection));
}

/* Bytes left the backlog: it reads. Or the first came in: now it is to. */
static void on_backlog(struct evbuffer *output, const struct evbuffer_cb_info *info, void *arg)
{
	struct api_stream *s = arg;

	if (info->n_deleted || !info->orig_size)
		event_add(s->stuck, &s->patience);
}

static void stream_free(struct api_stream *s)
{
	LIST_REMOVE(s, link);
	evbuffer_remove_cb(output_of(s), on_backlog, s);
	event_free(s->stuck);
	free(s->site);
	free(s);
}

static void kept_clear(struct api *api, struct api_event_kept *e)
{
	api->kept_bytes -= e->text ? strlen(e->text) : 0;
	free(e->text);
	free(e->site);
	memset(e, 0, sizeof(*e));
}

/* The reader asked for such events. */
static bool is_wanted(const struct api_stream *s, const struct api_event_kept *e)
{
	const struct api_views *views = &s->api->views;

	if (!e->text || e->to_all)
		return e->text != NULL;
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
static size_t backlog(const struct api_stream *s)
{
	return evbuffer_get_length(output_of(s));
}

static void on_taken(struct evhttp_connection *connection, void *arg);

static void stream_send(struct api_stream *s, struct evbuffer *chunk)
{
	if (evbuffer_get_length(chunk))
		evhttp_send_reply_chunk_with_cb(s->http, chunk, on_taken, s);
}

static void stream_say(struct api_stream *s, const char *text)
{
	struct evbuffer *chunk = evbuffer_new();

	if (!chunk)
		return;
	if (!evbuffer_add(chunk, text, strlen(text)))
		stream_send(s, chunk);
	evbuffer_free(chunk);
}

/* The ring has gone on without this reader, which has what came until @after. The id that follows
 * is where it goes on from. */
static void tell_gap(struct api_stream *s, uint64_t after)
{
	char text[128];

	snprintf(text, sizeof(text),
		"event: gap\ndata: {\"after\":%" PRIu64 "}\n\n:\nid: %" PRIu64 "\n\n", after,
		s->api->first_id - 1);
	s->next = s->api->first_id;
	stream_say(s, text);
}

/* Of the events from s->next on those that it asked for, about CHUNK_BYTES. */
static void collect(struct api_stream *s, struct evbuffer *chunk)
{
	struct api *api = s->api;

	for (; s->next < api->next_id && evbuffer_get_length(chunk) < CHUNK_BYTES; s->next++) {
		const struct api_event_kept *e = slot(api, s->next);

		if (is_wanted(s, e) && evbuffer_add(chunk, e->text, strlen(e->text)))
			return;
	}
}

/* What the reader has room for. */
static void stream_feed(struct api_stream *s)
{
	size_t got = 1;

	while (got && s->next < s->api->next_id && backlog(s) < s->api->options.stream_backlog) {
		struct evbuffer *chunk = evbuffer_new();

		if (!chunk)
			return; /* at the next event, or beat */
		if (s->next < s->api->first_id)
			tell_gap(s, s->next - 1);
		collect(s, chunk);
		got = evbuffer_get_length(chunk);
		stream_send(s, chunk);
		evbuffer_free(chunk);
	}
}

/* All that waited for it is on its way. */
static void on_taken(struct evhttp_connection *connection, void *arg)
{
	stream_feed(arg);
}

/* A whole patience went by in which nothing was taken. */
static void on_stuck(evutil_socket_t fd, short what, void *arg)
{
	struct api_stream *s = arg;

	if (!backlog(s))
		return; /* the next byte sets the clock again */
	api_count(s->api, API_STREAMS_CUT);
	log_info(s->api->log, "api: a reader of events was cut off: it left %zu bytes unread",
		backlog(s));
	s->http = NULL;                        /* goes with its connection */
	evhttp_connection_free(s->connection); /* calls reader_gone() */
}

/* A comment finds readers that are dead. The id without an event brings those up to date for whom
 * there was nothing: coming back they need not be told of a gap. */
static void stream_beat(struct api_stream *s)
{
	char text[48];

	if (s->next < s->api->next_id)
		stream_feed(s);
	if (backlog(s) >= s->api->options.stream_backlog)
		return;
	snprintf(text, sizeof(text), ":\nid: %" PRIu64 "\n\n", s->next - 1);
	stream_say(s, text);
}

static void beat(evutil_socket_t fd, short what, void *arg)
{
	struct api *api = arg;
	struct api_stream *s;

	LIST_FOREACH (s, &api->streams, link)
		stream_beat(s);
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
		kept_clear(api, slot(api, id));
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

/* The next place of the ring, cleared. What was there is gone, and of what is oldest so much that
 * all but the latest stay below the bound. */
static struct api_event_kept *next_slot(struct api *api)
{
	const struct api_options *o = &api->options;

	while (api->first_id < api->next_id && (api->next_id - api->first_id >= o->events_kept ||
						       api->kept_bytes >= o->events_bytes))
		kept_clear(api, slot(api, api->first_id++));
	kept_clear(api, slot(api, api->next_id));
	return slot(api, api->next_id);
}

/* @e stands in the ring. */
static uint64_t publish(struct api *api, struct api_event_kept *e)
{
	struct api_stream *s;

	e->id = api->next_id++;
	api->kept_bytes += e->text ? strlen(e->text) : 0;
	LIST_FOREACH (s, &api->streams, link)
		stream_feed(s);
	return e->id;
}

uint64_t api_event(struct api *api, const char *type, struct json_object *data)
{
	struct api_event_kept *e = next_slot(api);

	if (asprintf(&e->text, "id: %" PRIu64 "\nevent: %s\ndata: %s\n\n", api->next_id, type,
		    json_object_to_json_string_ext(
			    data, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)) < 0)
		e->text = NULL;
	describe(e, data);
	json_object_put(data);
	api_count(api, API_EVENTS);
	return publish(api, e);
}

void api_events_lost(struct api *api)
{
	struct api_event_kept *e = next_slot(api);

	e->to_all = true;
	if (asprintf(&e->text,
		    "event: gap\ndata: {\"after\":%" PRIu64 "}\n\n:\nid: %" PRIu64 "\n\n",
		    api->next_id - 1, api->next_id) < 0)
		e->text = NULL;
	publish(api, e);
}

bool api_events_read(const struct api *api)
{
	return !LIST_EMPTY(&api->streams);
}

void api_events_skip(struct api *api)
{
	while (api->first_id < api->next_id)
		kept_clear(api, slot(api, api->first_id++));
	api->first_id = ++api->next_id;
}

/* No answer times out a stream that is silent; but what waits for its reader must get on, by our
 * own clock. A client's bytes are not kept without bound. */
static void set_bounds(struct api_stream *s)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(s->connection);

	s->patience.tv_sec = (time_t)(STUCK_TIMEOUTS * s->api->options.timeout_s);
	bufferevent_set_timeouts(bev, NULL, NULL);
	bufferevent_setwatermark(bev, EV_READ, 0, 4096);
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

/* NULL: answered. */
static struct api_stream *stream_new(struct api_request *req, struct api *api)
{
	struct api_stream *s = calloc(1, sizeof(*s));

	if (s)
		s->stuck = event_new(api->base, -1, 0, on_stuck, s);
	if (!s || !s->stuck)
		api_problem(req, 503, "no memory for a stream of events");
	else if (read_filter(req, s))
		return s;
	if (s && s->stuck)
		event_free(s->stuck);
	free(s);
	return NULL;
}

/* What it is told first. Who is new hears from where on, so that a break loses it nothing without
 * a word. */
static void begin(struct api_stream *s, bool resumes, uint64_t last)
{
	const struct api *api = s->api;
	char text[64];

	s->next = resumes ? last + 1 : api->next_id;
	if (resumes)
		snprintf(text, sizeof(text), ": events follow\n\n");
	else
		snprintf(text, sizeof(text), ": events follow\nid: %" PRIu64 "\n\n", s->next - 1);
	stream_say(s, text);
	if (s->next < api->first_id || s->next > api->next_id)
		tell_gap(s, last);
	stream_feed(s);
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
	s = stream_new(req, api);
	if (!s)
		return;
	api_set_header(req, "Content-Type", "text/event-stream");
	api_set_header(req, "Cache-Control", "no-cache");
	s->api = api;
	snprintf(s->view, sizeof(s->view), "%s", api_view(req) ? api_view(req) : "");
	s->connection = api_request_hand_over(req, &s->http);
	LIST_INSERT_HEAD(&api->streams, s, link);
	evhttp_connection_set_closecb(s->connection, reader_gone, s);
	evbuffer_add_cb(output_of(s), on_backlog, s);
	set_bounds(s);
	evhttp_send_reply_start(s->http, 200, "OK");
	/* evhttp has it off; but the reader's end must be seen. */
	bufferevent_enable(evhttp_connection_get_bufferevent(s->connection), EV_READ);
	begin(s, last, id);
}
