/* api_request: one request: its route and parameters, its body, its answer.
 *
 * An answer may come after the handler has returned; a client that goes away meanwhile leaves a
 * request whose answer goes nowhere. */
#include "lib/service/api_internal.h"

#include <ctype.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/base/log.h"
#include "lib/net/eid_url.h"
#include "lib/service/json.h"

#define QUERY_TEXT 1024

static const char *method_name(struct evhttp_request *http)
{
	switch (evhttp_request_get_command(http)) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_HEAD: /* evhttp leaves its body out */
		return "GET";
	case EVHTTP_REQ_PUT:
		return "PUT";
	case EVHTTP_REQ_POST:
		return "POST";
	case EVHTTP_REQ_DELETE:
		return "DELETE";
	case EVHTTP_REQ_PATCH:
		return "PATCH";
	default:
		return "OPTIONS";
	}
}

/* ---- life ---- */

static void request_free(struct api_request *req)
{
	LIST_REMOVE(req, link);
	api_idempotency_drop(req);
	json_object_put(req->body);
	for (size_t i = 0; i < req->query_count; i++)
		free(req->query_copies[i]);
	free(req->path);
	free(req);
}

void api_requests_drop(struct api *api)
{
	while (!LIST_EMPTY(&api->requests)) {
		struct api_request *req = LIST_FIRST(&api->requests);

		if (req->http)
			evhttp_connection_set_closecb(req->connection, NULL, NULL);
		request_free(req);
	}
}

static void client_gone(struct evhttp_connection *connection, void *arg)
{
	struct api_request *req = arg;

	/* evhttp took it off the connection, since its reply was not complete: it is ours. */
	evhttp_request_free(req->http);
	req->http = NULL;
	req->connection = NULL;
}

void api_request_answered(struct evhttp_request *http, void *arg)
{
	struct evhttp_connection *connection = evhttp_request_get_connection(http);

	if (connection)
		api_connection_idle(arg, connection);
}

static void find_peer(struct api_request *req)
{
	struct bufferevent *bev = evhttp_connection_get_bufferevent(req->connection);
	struct ucred cred;
	socklen_t n = sizeof(cred);

	req->uid = (uid_t)-1;
	snprintf(req->peer, sizeof(req->peer), "unknown");
	snprintf(req->who, sizeof(req->who), "unknown");
	if (api_tls_peer(req))
		return;
	if (getsockopt(bufferevent_getfd(bev), SOL_SOCKET, SO_PEERCRED, &cred, &n) ||
		cred.uid == (uid_t)-1)
		return;
	req->uid = cred.uid;
	snprintf(req->peer, sizeof(req->peer), "uid %u pid %d", cred.uid, cred.pid);
	snprintf(req->who, sizeof(req->who), "uid %u", cred.uid);
}

static struct api_request *request_new(struct api *api, struct evhttp_request *http)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	struct api_request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->path = strdup(path && *path ? path : "/");
	if (!req->path) {
		free(req);
		return NULL;
	}
	req->api = api;
	req->http = http;
	req->connection = evhttp_request_get_connection(http);
	req->method = method_name(http);
	LIST_INSERT_HEAD(&api->requests, req, link);
	find_peer(req);
	evhttp_connection_set_closecb(req->connection, client_gone, req);
	api_connection_busy(api, req->connection);
	api_count(api, API_REQUESTS);
	return req;
}

/* The request leaves the hands of api_request (to be streamed to). */
struct evhttp_connection *api_request_hand_over(
	struct api_request *req, struct evhttp_request **http)
{
	struct evhttp_connection *connection = req->connection;

	*http = req->http;
	if (connection)
		evhttp_connection_set_closecb(connection, NULL, NULL);
	request_free(req);
	return connection;
}

/* ---- routes ---- */

/* Percent-decode @n bytes into @text; false when too long, or no UTF-8 without NUL. */
static bool decode(const char *from, size_t n, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int c = (unsigned char)from[i];

		if (c == '%') {
			if (n - i < 3 || !isxdigit((unsigned char)from[i + 1]) ||
				!isxdigit((unsigned char)from[i + 2]) ||
				sscanf(from + i + 1, "%2x", &c) != 1)
				return false;
			i += 2;
		}
		if (used + 1 >= size)
			return false;
		text[used++] = (char)c;
	}
	text[used] = '\0';
	return json_utf8(text, used);
}

enum match { MATCH_NO, MATCH_YES, MATCH_BAD };

/* Compare segment by segment; a {name} takes one, decoded. */
static enum match match_path(struct api_request *req, const char *pattern)
{
	const char *path = req->path;
	enum match result = MATCH_YES;

	req->param_count = 0;
	while (*pattern == '/' && *path == '/') {
		size_t want = strcspn(++pattern, "/?"), have = strcspn(++path, "/");
		struct api_param *p = &req->params[req->param_count];

		if (*pattern == '{' && have && req->param_count < API_PARAMS_MAX) {
			p->name = pattern + 1;
			p->name_len = want - 2;
			if (!decode(path, have, p->text, sizeof(p->text)))
				result = MATCH_BAD;
			req->param_count++;
		} else if (want != have || memcmp(pattern, path, want)) {
			return MATCH_NO;
		}
		pattern += want;
		path += have;
	}
	return (*pattern && *pattern != '?') || *path ? MATCH_NO : result;
}

static void refuse_method(struct api_request *req, const char *allowed)
{
	api_set_header(req, "Allow", allowed);
	api_problem(req, 405, "%s is not for this path; want %s", req->method, allowed);
}

/* The query parameters of a pattern, "site&limit". */
static const char *known_query(const char *pattern)
{
	const char *known = strchr(pattern, '?');

	return known ? known + 1 : strstr(pattern, "{eid}") ? "iid" : "";
}

static bool is_known(const char *known, const char *key)
{
	size_t n = strlen(key);

	for (; *known; known += strcspn(known, "&"), known += *known == '&')
		if (strcspn(known, "&") == n && !memcmp(known, key, n))
			return true;
	return false;
}

/* @query has a parameter of the name before @at, too. */
static bool is_given_before(const char *query, const char *at, size_t name)
{
	for (; query < at; query += strcspn(query, "&"), query += *query == '&')
		if (strcspn(query, "=&") == name && !memcmp(query, at, name))
			return true;
	return false;
}

/* A parameter that the route does not know was meant to do something, and so was a second one of
 * its name. False: answered. */
static bool check_query(struct api_request *req, const char *known)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req->http);
	const char *query = uri ? evhttp_uri_get_query(uri) : NULL, *at = query;
	char key[64];

	while (at && *at) {
		size_t n = strcspn(at, "&"), name = strcspn(at, "=&");

		if (n && (!decode(at, name, key, sizeof(key)) || !is_known(known, key))) {
			api_problem(req, 400, "there is no query parameter `%.*s` here; want %s",
				(int)(name < 60 ? name : 60), at, *known ? known : "none");
			return false;
		}
		if (n && is_given_before(query, at, name)) {
			api_problem(req, 400, "`%s` is given more than once", key);
			return false;
		}
		at += n;
		at += *at == '&';
	}
	return true;
}

/* False: answered with 403. */
static bool view_allows(struct api_request *req, bool in_views)
{
	if (!api_view(req) || in_views)
		return true;
	api_problem(req, 403, "%s sees %s only, and this is about all", req->peer, req->view);
	return false;
}

/* Find the handler of path and method, or say what is wrong. */
static void dispatch(struct api *api, struct api_request *req)
{
	char allowed[64] = "";

	for (size_t t = 0; t < api->route_tables; t++) {
		for (size_t i = 0; i < api->routes[t].count; i++) {
			const struct api_route *r = &api->routes[t].table[i];
			enum match match = match_path(req, r->pattern);

			if (match == MATCH_NO)
				continue;
			if (match == MATCH_BAD) {
				api_problem(req, 400,
					"a part of the path is not percent-encoded UTF-8 of at most %d "
					"bytes",
					API_PARAM_TEXT - 1);
				return;
			}
			if (!strcmp(r->method, req->method)) {
				if (view_allows(req, api->routes[t].in_views) &&
					check_query(req, known_query(r->pattern)) &&
					api_accepts(req, api_own_type(r)) &&
					api_idempotency_begin(req))
					r->handle(req, api->routes[t].arg);
				return;
			}
			if (*allowed)
				strlcat(allowed, ", ", sizeof(allowed));
			strlcat(allowed, r->method, sizeof(allowed));
		}
	}
	if (*allowed)
		refuse_method(req, allowed);
	else
		api_problem_as(req, 404, "no-such-path",
			"there is nothing at %s; GET /v1 lists what there is", req->path);
}

static bool query_is_right(struct evhttp_request *http)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(http);
	const char *query = uri ? evhttp_uri_get_query(uri) : NULL;
	char text[QUERY_TEXT];

	return !query || decode(query, strlen(query), text, sizeof(text));
}

void api_request_begin(struct evhttp_request *http, void *arg)
{
	struct api_request *req = request_new(arg, http);

	if (!req)
		evhttp_send_error(http, 503, "no memory");
	else if (!query_is_right(http))
		api_problem(req, 400, "the query is not percent-encoded UTF-8 of at most %d bytes",
			QUERY_TEXT - 1);
	else if (api_tls_allows(req))
		dispatch(arg, req);
}

/* ---- what was asked ---- */

const char *api_method(const struct api_request *req)
{
	return req->method;
}

const char *api_path(const struct api_request *req)
{
	return req->path;
}

const char *api_param(const struct api_request *req, const char *name)
{
	for (size_t i = 0; i < req->param_count; i++)
		if (req->params[i].name_len == strlen(name) &&
			!memcmp(req->params[i].name, name, strlen(name)))
			return req->params[i].text;
	return NULL;
}

/* Keep a decoded value for the life of the request. */
static const char *keep(struct api_request *req, char *text)
{
	if (!text || req->query_count == API_PARAMS_MAX) {
		free(text);
		return NULL;
	}
	req->query_copies[req->query_count++] = text;
	return text;
}

const char *api_query(const struct api_request *const_req, const char *name)
{
	struct api_request *req = (struct api_request *)(uintptr_t)const_req;
	const struct evhttp_uri *uri = req->http ? evhttp_request_get_evhttp_uri(req->http) : NULL;
	const char *at = uri ? evhttp_uri_get_query(uri) : NULL;
	size_t n = strlen(name);

	while (at && *at) {
		size_t len = strcspn(at, "&");

		if (!strncmp(at, name, n) && (at[n] == '=' || n == len)) {
			size_t room = len - n + 1;
			char *text = calloc(1, room);

			if (text && (n == len || decode(at + n + 1, len - n - 1, text, room)))
				return keep(req, text);
			free(text);
			return NULL;
		}
		at += len + (at[len] == '&');
	}
	return NULL;
}

const char *api_header(const struct api_request *req, const char *name)
{
	return req->http ? evhttp_find_header(evhttp_request_get_input_headers(req->http), name)
			 : NULL;
}

static bool parse_u64(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno;
}

bool api_query_u64(struct api_request *req, const char *name, uint64_t min, uint64_t max,
	uint64_t fallback, uint64_t *out)
{
	const char *text = api_query(req, name);

	*out = fallback;
	if (!text || (parse_u64(text, out) && *out >= min && *out <= max))
		return true;
	api_problem(req, 400, "%s is \"%s\"; want a number from %" PRIu64 " to %" PRIu64, name,
		text, min, max);
	return false;
}

/* "[IID]..." at @text: the number, and the rest in *@rest. */
static bool take_iid(const char *text, uint64_t *iid, const char **rest)
{
	char *end;

	*rest = text;
	if (*text != '[')
		return true;
	errno = 0;
	*iid = strtoull(text + 1, &end, 10);
	*rest = end + (*end == ']');
	return isdigit((unsigned char)text[1]) && *end == ']' && !errno && *iid <= UINT32_MAX;
}

bool api_param_eid(struct api_request *req, const char *name, struct eid *eid)
{
	const char *text = api_param(req, name), *why = "", *rest;
	uint64_t iid;

	if (!api_query_u64(req, "iid", 0, UINT32_MAX, 0, &iid))
		return false;
	if (!text || !take_iid(text, &iid, &rest)) {
		api_problem(req, 400, "`%s` is no EID: the instance before it is not [NUMBER]",
			text ? text : name);
		return false;
	}
	if (eid_url_parse(eid, rest, (uint32_t)iid, &why))
		return true;
	api_problem(req, 400, "`%s` is no EID: %s", text, why);
	return false;
}

struct json_object *api_body(struct api_request *req)
{
	struct evbuffer *in = req->http ? evhttp_request_get_input_buffer(req->http) : NULL;
	size_t n = in ? evbuffer_get_length(in) : 0;
	char why[256];

	if (req->body)
		return req->body;
	if (!api_sends_json(req))
		return NULL;
	if (n > API_BODY_MAX) {
		api_problem(req, 413, "the body has %zu bytes; want at most %u", n, API_BODY_MAX);
		return NULL;
	}
	if (n == 0) {
		api_problem_as(req, 400, "bad-json", "there is no body; want JSON");
		return NULL;
	}
	req->body = json_read((const char *)evbuffer_pullup(in, -1), n, why, sizeof(why));
	if (req->body)
		return req->body;
	api_count(req->api, API_REFUSED_JSON);
	api_problem_as(req, 400, "bad-json", "the body is not right: %s", why);
	return NULL;
}

const char *api_peer(const struct api_request *req)
{
	return req->peer;
}

const char *api_view(const struct api_request *req)
{
	return *req->view ? req->view : NULL;
}

uid_t api_peer_uid(const struct api_request *req)
{
	return req->uid;
}

/* ---- the answer ---- */

void api_set_header(struct api_request *req, const char *name, const char *value)
{
	struct evkeyvalq *headers;

	if (req->answer)
		api_idempotency_header(req, name, value);
	if (!req->http)
		return;
	headers = evhttp_request_get_output_headers(req->http);
	evhttp_remove_header(headers, name);
	evhttp_add_header(headers, name, value);
}

void api_routine(struct api_request *req)
{
	req->routine = true;
}

void api_reply_text(struct api_request *req, int status, const char *type, const char *text)
{
	struct evhttp_request *http;
	struct evhttp_connection *connection = req->connection;
	struct api *api = req->api;
	struct evbuffer *body;

	if (strcmp(req->method, "GET") != 0 && status < 400 && !req->routine)
		log_info(api->log, "api: %s %s by %s: %d", req->method, req->path, req->peer,
			status);
	if (req->answer)
		api_idempotency_done(req, status, type, text);
	if (text && *text)
		api_set_header(req, "Content-Type", type);
	api_request_hand_over(req, &http);
	if (!http)
		return; /* the client has gone */
	body = evbuffer_new();
	if (body && text)
		evbuffer_add(body, text, strlen(text));
	evhttp_request_set_on_complete_cb(http, api_request_answered, api);
	api_connection_answers(api, connection, text ? strlen(text) : 0);
	evhttp_send_reply(http, status, api_phrase(status), body);
	if (body)
		evbuffer_free(body);
}

void api_reply_json(struct api_request *req, int status, const char *type, struct json_object *o)
{
	const char *text = o ? json_object_to_json_string_ext(
				       o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
			     : "";

	api_reply_text(req, status, type, text ? text : "");
	json_object_put(o);
}

void api_reply(struct api_request *req, int status, struct json_object *body)
{
	api_reply_json(req, status, "application/json", body);
}
