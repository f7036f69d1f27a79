/* api: HTTP/JSON on a unix socket, for people's command and for programs.
 *
 * Knows HTTP (libevent's evhttp), JSON and routing; what the paths mean is the daemon's table.
 * Everything runs on the thread of the event_base; an answer may be given later (a change that
 * waits for its commit), on that thread. Errors are problem documents (RFC 9457). Served for every
 * daemon: GET /livez, /readyz, /metrics, /v1/counters and /v1/events (server-sent events, resumable
 * by Last-Event-ID), and GET /v1 (the table of routes with their help). Bodies: at most 1 MiB of
 * strict UTF-8 JSON, depth <= 32, no duplicate keys, no NaN. */
#ifndef SUNWARD_LIB_SERVICE_API_H
#define SUNWARD_LIB_SERVICE_API_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/net/address.h"

struct event_base;
struct json_object;
struct log;
struct metrics;
struct api;
struct api_request;

struct api_options {
	unsigned int max_connections; /* 0: 64 */
	unsigned int timeout_s;       /* a silent or slow client, in seconds; 0: 10 */
	/* The ring of events, for readers that come back or are behind. */
	unsigned int events_kept; /* 0: 32768 */
	size_t events_bytes;      /* of their texts, after which the oldest go; 0: 16 MiB */
	size_t stream_backlog;    /* bytes that wait for one reader of events; 0: 256 KiB */
};

struct api_route {
	const char *method; /* "GET", "PUT", "POST", "DELETE", "PATCH" */
	/* "/v1/eids/{eid}": a {name} takes one whole segment. "/v1/eids?site&limit" takes these
	 * query parameters, others are answered with 400; where there is an {eid}, "iid" is one. */
	const char *pattern;
	void (*handle)(struct api_request *req, void *arg);
	const char *help;
};

/* @options may be NULL. @metrics may be NULL (then /metrics and /v1/counters are empty); it gets
 * the api's own counters. SIGPIPE must be ignored (daemon_main() does). NULL only without memory.
 */
struct api *api_new(struct event_base *base, const struct api_options *options, struct log *log,
	struct metrics *metrics);
void api_free(struct api *api); /* requests still unanswered must not be touched afterwards */

/* Listen on @path with @mode (0660), optionally given to @group (NULL: as it is). A stale socket is
 * replaced, a live one is -EADDRINUSE. Returns 0 or -errno, logged with what would be right. The
 * socket is removed by api_free(). */
int api_listen(struct api *api, const char *path, mode_t mode, const char *group);
/* Add @count routes of a table that lives as long as @api; @arg goes to the handlers. */
void api_routes(struct api *api, const struct api_route *table, size_t count, void *arg);

/* ---- views ----
 * Some clients see a part of what the daemon has, a view, which has a name. What they may ask is
 * what was added by api_routes_in_views(), whose handlers keep to api_view(); anything else is
 * answered with 403. */
#define API_VIEW_MAX 63 /* bytes */
struct api_views {
	/* What is said of @eid is within @view. NULL: nothing is. */
	bool (*sees)(void *arg, const char *view, const struct eid *eid);
	void *arg;
};
void api_set_views(struct api *api, const struct api_views *views);
void api_routes_in_views(struct api *api, const struct api_route *table, size_t count, void *arg);

/* /readyz answers 503 with the reasons of all checks that give one. A check returns NULL when
 * ready, else the reason in words (borrowed until the next call). */
void api_ready_check(struct api *api, const char *(*check)(void *arg), void *arg);

/* ---- a request ----
 * Each must be answered exactly once, by api_reply(), api_reply_text() or api_problem(); then it is
 * gone. */
const char *api_method(const struct api_request *req);
const char *api_path(const struct api_request *req); /* as sent, without query */
/* A {name} of the pattern or a query parameter, percent-decoded, valid UTF-8 without NUL; NULL when
 * absent. */
const char *api_param(const struct api_request *req, const char *name);
const char *api_query(const struct api_request *req, const char *name);
const char *api_header(const struct api_request *req, const char *name);
/* The query parameter as an integer within the bounds. Absent: @fallback. On a bad one answers 400
 * and returns false. */
bool api_query_u64(struct api_request *req, const char *name, uint64_t min, uint64_t max,
	uint64_t fallback, uint64_t *out);
/* The {name} as an EID (lib/net/eid_url.h), its instance-ID from ?iid= or a prefix "[IID]". On a
 * bad one answers 400 and returns false. */
bool api_param_eid(struct api_request *req, const char *name, struct eid *eid);
/* The body as JSON, borrowed. On a bad or missing one answers 400 or 413 and returns NULL. */
struct json_object *api_body(struct api_request *req);
/* Who asks (SO_PEERCRED): "uid 1000 pid 4711", or "unknown". */
const char *api_peer(const struct api_request *req);
/* The client says this all the time: where it goes well it is not logged. */
void api_routine(struct api_request *req);
/* The view that the client is bound to; NULL: it sees all. */
const char *api_view(const struct api_request *req);
uid_t api_peer_uid(const struct api_request *req); /* (uid_t)-1 when unknown */

void api_set_header(struct api_request *req, const char *name, const char *value);
/* Takes @body; NULL: no body (204). Changes (not GET) are logged with the peer. */
void api_reply(struct api_request *req, int status, struct json_object *body);
void api_reply_text(struct api_request *req, int status, const char *type, const char *text);
/* A problem document: @status, and in words what was wrong and what would be right. Its type is
 * urn:sunward:problem:NAME, where the status gives the name ("not-found", "conflict"). */
void api_problem(struct api_request *req, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with a name of its own, where a program may have to tell it from others of its status.
 * Names never change: they are part of the interface. */
void api_problem_as(struct api_request *req, int status, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* ---- long lists ----
 * {"NAME":[rows], ..., MEMBERS}, made a slice a turn of the loop, and sent (in chunks) as the
 * reader takes them: an answer that takes longer than a turn, about what changes meanwhile. Whoever
 * makes one says what its rows are then of. A reader costs a slice of text, 64 KiB and a row, and
 * the memory of its place; who takes less than 64 KiB a second is cut off as with any answer. */
#define API_LIST_ROWS  256  /* made in one turn, for all readers together */
#define API_LIST_STEPS 8192 /* the same, of such as pass something that is not asked for */

enum api_list_step {
	API_LIST_ROW,    /* *@row, which is taken, is the next */
	API_LIST_PASSED, /* something was looked at, and is no row */
	API_LIST_END,    /* of this list; the next step is of the next one */
};

struct api_list {
	const char *const *names; /* of the lists, in order; NULL behind the last */
	/* One bounded step from @place on. */
	enum api_list_step (*next)(void *place, struct json_object **row);
	/* An object whose members stand behind the lists, taken. May be NULL, or return it. */
	struct json_object *(*members)(void *place);
};

/* Answer a GET with a list. @list lives as long as the api. Takes @place, which free() is to end;
 * NULL: there was no memory for it. */
void api_list(struct api_request *req, const struct api_list *list, void *place);

/* ---- versions (RFC 9110 section 13) ---- */
/* ETag: "@version". */
void api_set_etag(struct api_request *req, uint64_t version);
#define API_VERSIONS_MAX 16
struct api_conditions {
	bool only_version; /* If-Match: "VERSION", "VERSION"...: one of these, which may be none */
	unsigned int version_count;
	uint64_t versions[API_VERSIONS_MAX];
	bool only_there; /* If-Match: * */
	bool only_new;   /* If-None-Match: * */
};
/* What a change demands of the present state. On a bad one answers 400 and returns false. */
bool api_conditions(struct api_request *req, struct api_conditions *c);
/* Where there is something, of @version, only_version lets the change through. */
bool api_version_fits(const struct api_conditions *c, uint64_t version);
/* "1", "1 or 4", ...: what If-Match would have let through, for people; "any that If-Match names"
 * where it names none of this form. */
#define API_VERSIONS_TEXT (API_VERSIONS_MAX * 24)
const char *api_versions_text(
	const uint64_t *versions, unsigned int count, char text[API_VERSIONS_TEXT]);
/* The client has @version already (If-None-Match of a GET): answered with 304. */
bool api_not_modified(struct api_request *req, uint64_t version);

/* ---- events ---- */
/* Append an event to the ring and to all open streams. Takes @data. Returns its id,
 * which is greater than any before, also of an earlier run of the daemon. A reader that asks for
 * more than the ring still has, or reads so slowly that the ring overtakes it, gets an event "gap":
 * it must read the whole state again. */
uint64_t api_event(struct api *api, const char *type, struct json_object *data);
/* Somebody reads the events now. */
bool api_events_read(const struct api *api);
/* Some were lost on their way here: all readers are told of a gap. */
void api_events_lost(struct api *api);
/* Some are left out, more than anybody would come back for: whoever resumes is told of a gap. */
void api_events_skip(struct api *api);

#endif
