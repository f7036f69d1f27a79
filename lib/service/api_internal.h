/* api_internal: what the files of api share among themselves. See api.h. */
#ifndef SUNWARD_LIB_SERVICE_API_INTERNAL_H
#define SUNWARD_LIB_SERVICE_API_INTERNAL_H

#include <sys/queue.h>
#include <sys/time.h>

#include "lib/base/log.h"
#include "lib/service/api.h"
#include "lib/service/http_frame.h"
#include "lib/service/metrics.h"

struct evhttp;
struct evhttp_bound_socket;
struct evhttp_connection;
struct evhttp_request;
struct bufferevent;
struct event;
struct ssl_st;
struct api_answer;
struct api_answers;
struct api_list_reader;
struct api_tls;

#define API_BODY_MAX   (1u << 20)
#define API_ROUTES_MAX 16 /* tables of routes */
#define API_CHECKS_MAX 16
#define API_PARAMS_MAX 8
#define API_PARAM_TEXT 256
#define API_WHO_MAX    96

enum api_counter {
	API_REQUESTS,
	API_PROBLEMS,
	API_CONNECTIONS,
	API_CONNECTIONS_REFUSED,
	API_CONNECTIONS_SLOW,
	API_CONNECTIONS_GAVE_WAY,
	API_CONNECTIONS_FORBIDDEN,
	API_REFUSED_MALFORMED,
	API_REFUSED_LARGE_HEAD,
	API_REFUSED_LARGE_BODY,
	API_REFUSED_UNSUPPORTED,
	API_REFUSED_JSON,
	API_EVENTS,
	API_STREAMS_CUT,
	API_LISTED,
	API_TLS_FAILED,
	API_TLS_FORBIDDEN,
	API_COUNTERS,
};

/* Whose a connection is, from the coarse to the fine: user and process, or host and port. */
struct api_client {
	uint64_t party, member;
};

/* One accepted connection. */
struct api_connection {
	LIST_ENTRY(api_connection) link;
	struct api *api;
	struct bufferevent *bev;
	struct ssl_st *ssl;     /* NULL: the unix socket */
	unsigned int *among;    /* the count that it is in */
	struct event *deadline; /* for a whole request to come, or an answer to be taken */
	struct event *refusal;  /* the guard's, outside of evhttp's reading */
	bool judged;            /* whether there is one too many */
	bool busy;              /* a request of its is worked on */
	bool ends;              /* what comes yet is thrown away */
	struct api_client client;
	struct http_frame frame;
	uint64_t answered; /* requests; as frame.requests */
	size_t discarded;  /* bytes */
};

struct api_param {
	const char *name; /* in the route's pattern, up to its } */
	size_t name_len;
	char text[API_PARAM_TEXT];
};

struct api_request {
	LIST_ENTRY(api_request) link;
	struct api *api;
	struct evhttp_request *http; /* NULL once the client has gone */
	struct evhttp_connection *connection;
	struct json_object *body;
	struct api_param params[API_PARAMS_MAX];
	size_t param_count;
	char *query_copies[API_PARAMS_MAX];
	size_t query_count;
	const char *method;
	char *path;
	char peer[160];
	char who[API_WHO_MAX]; /* the same client over all its connections */
	uid_t uid;
	char view[API_VIEW_MAX + 1]; /* "": all */
	bool routine;                /* it comes all the time: not logged where it goes well */
	struct api_answer *answer;   /* to be kept for its Idempotency-Key; NULL: none */
};

/* A reader of /v1/events. */
struct api_stream {
	LIST_ENTRY(api_stream) link;
	struct api *api;
	struct evhttp_request *http;
	struct evhttp_connection *connection;
	char view[API_VIEW_MAX + 1]; /* only what it sees; "": all */
	char *site;                  /* only events of this site; NULL: of all */
	bool has_under;              /* only events of EIDs that this one covers */
	struct eid under;
	uint64_t next;       /* the first event of the ring that it was not given yet */
	struct event *stuck; /* it took nothing of what waits for it, for so long: */
	struct timeval patience;
};

struct api_event_kept {
	uint64_t id;
	char *text;  /* as sent */
	char *site;  /* NULL: none */
	bool to_all; /* whatever was asked for: a gap */
	bool has_eid;
	struct eid eid;
};

struct api {
	struct event_base *base;
	struct evhttp *http;
	struct api_options options;
	struct log *log;
	struct metrics *metrics;
	struct metrics_shard *counters; /* NULL without metrics */
	struct log_limit log_refused, log_problems, log_closed;
	char *path; /* of the socket; removed at the end */

	LIST_HEAD(, api_connection) connections;
	unsigned int connection_count;
	LIST_HEAD(, api_request) requests; /* unanswered */
	LIST_HEAD(, api_stream) streams;

	struct {
		const struct api_route *table;
		size_t count;
		void *arg;
		bool in_views;
	} routes[API_ROUTES_MAX];
	size_t route_tables;
	struct api_views views;

	struct {
		const char *(*check)(void *arg);
		void *arg;
	} checks[API_CHECKS_MAX];
	size_t check_count;

	struct api_event_kept *ring;
	uint64_t first_id, next_id; /* ids kept: first_id <= id < next_id */
	size_t kept_bytes;          /* of their texts */
	struct event *heartbeat;

	TAILQ_HEAD(, api_list_reader) lists; /* that are read; who had a turn last stands last */
	struct event *list_turn;

	TAILQ_HEAD(, api_answers) answers; /* of each client; who asked last stands last */
	size_t answerers;

	struct api_tls *tls; /* NULL: only the unix socket */
};

void api_count(struct api *api, enum api_counter counter);

/* api_request: evhttp's callback for every request. */
void api_request_begin(struct evhttp_request *http, void *arg);
/* Drop the requests that nobody has answered. */
void api_requests_drop(struct api *api);
struct evhttp_connection *api_request_hand_over(
	struct api_request *req, struct evhttp_request **http);
/* Its answer has left; @api. */
void api_request_answered(struct evhttp_request *http, void *api);

/* ---- api_connection ---- */

/* Keep an eye on a connection; @among: how many there are of its kind. Takes @bev and @ssl. NULL:
 * no memory. */
struct bufferevent *api_connection_new(
	struct api *api, struct bufferevent *bev, struct ssl_st *ssl, unsigned int *among);
/* For evhttp: the bufferevent of a connection to the unix socket; @arg: the api. */
struct bufferevent *api_connection_begin(struct event_base *base, void *arg);
/* NULL: none of those that were begun here. */
struct api_connection *api_connection_find(struct api *api, struct evhttp_connection *connection);
/* End a connection whose client has lost its right to it, and whatever goes on in it. Logged with
 * @why. It is gone when the loop goes on. */
void api_connection_forbid(struct api_connection *c, const char *why);
/* A request of this connection is being worked on (no deadline); its answer of @bytes was given
 * (the client must take it); it was answered (the next must come). */
void api_connection_busy(struct api *api, struct evhttp_connection *connection);
void api_connection_answers(struct api *api, struct evhttp_connection *connection, size_t bytes);
void api_connection_idle(struct api *api, struct evhttp_connection *connection);
/* Let go of those that evhttp has let go; of all in that count. */
void api_connections_ended(struct api *api);
void api_connections_release(struct api *api, const unsigned int *among);
/* "uid 1000 pid 4711", "NAME at 192.0.2.1", or "unknown". */
void api_connection_peer(const struct api_connection *c, char *text, size_t size);

/* ---- api_guard: what a connection says is no request that may be read ---- */

/* Look at its bytes from here on. False: no memory. */
bool api_guard_begin(struct api_connection *c);
void api_guard_end(struct api_connection *c);
/* A request of its was answered. */
void api_guard_answered(struct api_connection *c);
/* Answer with a problem, whatever was asked, and end it as soon as the client has read that. */
void api_guard_refuse(struct api_connection *c, int status, const char *name, const char *detail);

/* api_health: the routes that every daemon has. */
extern const struct api_route api_own_routes[];
extern const size_t api_own_route_count;

/* The media type that an own route answers with; JSON of any other. */
const char *api_own_type(const struct api_route *route);

/* api_negotiate: the media types of HTTP. False: answered with 406 or 415. */
bool api_accepts(struct api_request *req, const char *type);
bool api_sends_json(struct api_request *req);

/* api_idempotency. False: answered. */
void api_idempotency_init(struct api *api);
void api_idempotency_fini(struct api *api);
bool api_idempotency_begin(struct api_request *req);
void api_idempotency_header(struct api_request *req, const char *name, const char *value);
void api_idempotency_done(struct api_request *req, int status, const char *type, const char *text);
void api_idempotency_drop(struct api_request *req);

/* api: its callbacks and bounds for another evhttp. */
void api_http_set_up(struct api *api, struct evhttp *http,
	struct bufferevent *(*begin)(struct event_base *base, void *arg), void *arg);
/* api_tls */
/* Who asks over TLS. False: not over TLS. */
bool api_tls_peer(struct api_request *req);
/* The client may do this, and is known from now by the name that it is allowed under. False:
 * answered with 403. */
bool api_tls_allows(struct api_request *req);
void api_tls_fini(struct api *api);
/* "NAME" of the client's certificate, "?" without. */
void api_tls_name(const struct ssl_st *ssl, char *name, size_t size);

/* api_problem */
/* The document as JSON; @name NULL: the status gives it. */
struct json_object *api_problem_json(
	int status, const char *name, const char *detail, const char *instance);
const char *api_phrase(int status);
void api_reply_json(struct api_request *req, int status, const char *type, struct json_object *o);

/* api_events */
int api_events_init(struct api *api);
void api_events_fini(struct api *api);
void api_events_serve(struct api_request *req, void *arg);

/* api_list */
int api_lists_init(struct api *api);
void api_lists_fini(struct api *api);

#endif
