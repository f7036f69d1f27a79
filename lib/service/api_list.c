/* api_list: long lists as answers, made a slice a turn of the loop and sent as their readers take
 * them.
 *
 * All lists of a daemon together get one slice a turn, one reader after the other, so that however
 * long they are, and however many read, what else the loop has to do waits for a slice at most. The
 * next slice of a reader is made when the one before has left for its socket: one who reads slowly
 * holds up nobody, and costs one slice and its place. */
#include "lib/service/api_internal.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_BYTES (64 << 10) /* of text, after which a slice has enough */

/* One reader and its answer. */
struct api_list_reader {
	TAILQ_ENTRY(api_list_reader) link;
	struct api *api;
	struct evhttp_request *http;
	struct evhttp_connection *connection;
	const struct api_list *list;
	void *place;
	unsigned int name; /* of the list that rows are for now */
	bool began;        /* it has its name */
	bool has_rows;     /* and a row */
	bool waits;        /* for a turn */
};

static void reader_free(struct api_list_reader *r)
{
	TAILQ_REMOVE(&r->api->lists, r, link);
	free(r->place);
	free(r);
}

/* The connection ends. evhttp took the request off it, since its reply was not complete. */
static void reader_gone(struct evhttp_connection *connection, void *arg)
{
	struct api_list_reader *r = arg;

	if (r->http)
		evhttp_request_free(r->http);
	reader_free(r);
}

static void turn_soon(struct api *api)
{
	struct timeval now = {0};

	evtimer_add(api->list_turn, &now); /* not before the loop has looked at all else */
}

/* ---- text ---- */

static bool add(struct evbuffer *out, const char *text)
{
	return !evbuffer_add(out, text, strlen(text));
}

static const char *text_of(struct json_object *o)
{
	return json_object_to_json_string_ext(
		o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

static bool list_begin(struct api_list_reader *r, struct evbuffer *out)
{
	r->began = true;
	r->has_rows = false;
	return add(out, r->name ? ",\"" : "{\"") && add(out, r->list->names[r->name]) &&
	       add(out, "\":[");
}

/* Takes @row. */
static bool row_add(struct api_list_reader *r, struct evbuffer *out, struct json_object *row)
{
	bool ok = (!r->has_rows || add(out, ",")) && add(out, text_of(row));

	r->has_rows = true;
	json_object_put(row);
	api_count(r->api, API_LISTED);
	return ok;
}

/* What stands behind the lists, without the bracket that opens it. */
static bool members_add(struct api_list_reader *r, struct evbuffer *out)
{
	struct json_object *o = r->list->members ? r->list->members(r->place) : NULL;
	bool ok = true;

	if (o && json_object_object_length(o))
		ok = add(out, ",") && add(out, text_of(o) + 1);
	else
		ok = add(out, "}");
	json_object_put(o);
	return ok;
}

enum slice { SLICE_MORE, SLICE_LAST, SLICE_NO_MEMORY };

/* A turn's worth of rows. */
static enum slice slice_make(struct api_list_reader *r, struct evbuffer *out)
{
	unsigned int steps = 0;
	bool ok = r->began || list_begin(r, out);

	while (ok && steps < API_LIST_STEPS && evbuffer_get_length(out) < SLICE_BYTES) {
		struct json_object *row = NULL;

		switch (r->list->next(r->place, &row)) {
		case API_LIST_ROW:
			steps += API_LIST_STEPS / API_LIST_ROWS;
			ok = row_add(r, out, row);
			break;
		case API_LIST_PASSED:
			steps++;
			break;
		case API_LIST_END:
			steps++;
			ok = add(out, "]");
			if (!r->list->names[++r->name])
				return ok && members_add(r, out) ? SLICE_LAST : SLICE_NO_MEMORY;
			ok = ok && list_begin(r, out);
			break;
		}
	}
	return ok ? SLICE_MORE : SLICE_NO_MEMORY;
}

/* ---- turns ---- */

/* The slice before is on its way. */
static void on_taken(struct evhttp_connection *connection, void *arg)
{
	struct api_list_reader *r = arg;

	r->waits = true;
	api_connection_busy(r->api, connection); /* for us now: no deadline is the reader's */
	turn_soon(r->api);
}

static void send_last(struct api_list_reader *r, struct evbuffer *out)
{
	struct evhttp_request *http = r->http;

	evhttp_connection_set_closecb(r->connection, NULL, NULL);
	evhttp_request_set_on_complete_cb(http, api_request_answered, r->api);
	reader_free(r);
	evhttp_send_reply_chunk(http, out);
	evhttp_send_reply_end(http);
}

static void serve(struct api_list_reader *r, struct evbuffer *out)
{
	enum slice slice = slice_make(r, out);
	size_t bytes = evbuffer_get_length(out);

	if (slice == SLICE_NO_MEMORY) { /* what it has read is no JSON, and it sees so */
		r->http = NULL;         /* goes with its connection, which calls reader_gone() */
		evhttp_connection_free(r->connection);
		return;
	}
	if (bytes)
		api_connection_answers(r->api, r->connection, bytes);
	r->waits = !bytes;
	if (slice == SLICE_LAST)
		send_last(r, out);
	else if (bytes)
		evhttp_send_reply_chunk_with_cb(r->http, out, on_taken, r);
}

static struct api_list_reader *first_waiting(const struct api *api)
{
	struct api_list_reader *r;

	TAILQ_FOREACH (r, &api->lists, link)
		if (r->waits)
			return r;
	return NULL;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct api *api = arg;
	struct api_list_reader *r = first_waiting(api);
	struct evbuffer *out = evbuffer_new();

	if (r && out) {
		TAILQ_REMOVE(&api->lists, r, link);
		TAILQ_INSERT_TAIL(&api->lists, r, link);
		serve(r, out);
	}
	if (out)
		evbuffer_free(out);
	if (first_waiting(api))
		turn_soon(api);
}

/* ---- life ---- */

int api_lists_init(struct api *api)
{
	TAILQ_INIT(&api->lists);
	api->list_turn = evtimer_new(api->base, on_turn, api);
	return api->list_turn ? 0 : -1;
}

void api_lists_fini(struct api *api)
{
	struct api_list_reader *r;

	while (api->list_turn && (r = TAILQ_FIRST(&api->lists))) {
		evhttp_connection_set_closecb(r->connection, NULL, NULL);
		bufferevent_disable(evhttp_connection_get_bufferevent(r->connection),
			EV_READ | EV_WRITE); /* what waits for it goes nowhere */
		reader_free(r);
	}
	if (api->list_turn)
		event_free(api->list_turn);
}

/* What an answer without a body says. */
static void reply_head(struct api_request *req)
{
	api_set_header(req, "Content-Type", "application/json");
	api_reply_text(req, 200, "application/json", NULL);
}

void api_list(struct api_request *req, const struct api_list *list, void *place)
{
	struct api *api = req->api;
	struct api_list_reader *r;

	if (!req->http || evhttp_request_get_command(req->http) == EVHTTP_REQ_HEAD) {
		free(place);
		reply_head(req);
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!place || !r) {
		free(r);
		free(place);
		api_problem(req, 503, "no memory for a list");
		return;
	}
	*r = (struct api_list_reader){.api = api, .list = list, .place = place, .waits = true};
	api_set_header(req, "Content-Type", "application/json");
	r->connection = api_request_hand_over(req, &r->http);
	TAILQ_INSERT_TAIL(&api->lists, r, link);
	evhttp_connection_set_closecb(r->connection, reader_gone, r);
	evhttp_send_reply_start(r->http, 200, api_phrase(200));
	turn_soon(api);
}
