/* api_problem: what went wrong, as a problem document (RFC 9457), and what a status is called. */
#include "lib/service/api_internal.h"

#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/service/json.h"

#define TYPE_PREFIX "urn:sunward:problem:"

/* A status, its words on the wire, and the problem that it is unless a handler says more. */
static const struct status {
	int status;
	const char *phrase, *name;
} statuses[] = {
	{200, "OK", NULL},
	{201, "Created", NULL},
	{202, "Accepted", NULL},
	{204, "No Content", NULL},
	{304, "Not Modified", NULL},
	{400, "Bad Request", "bad-request"},
	{401, "Unauthorized", "unauthorized"},
	{403, "Forbidden", "forbidden"},
	{404, "Not Found", "not-found"},
	{405, "Method Not Allowed", "method-not-allowed"},
	{406, "Not Acceptable", "not-acceptable"},
	{408, "Request Timeout", "request-timeout"},
	{409, "Conflict", "conflict"},
	{410, "Gone", "gone"},
	{412, "Precondition Failed", "precondition-failed"},
	{413, "Content Too Large", "content-too-large"},
	{414, "URI Too Long", "path-too-long"},
	{415, "Unsupported Media Type", "unsupported-media-type"},
	{417, "Expectation Failed", "expectation-failed"},
	{422, "Unprocessable Content", "unprocessable"},
	{428, "Precondition Required", "precondition-required"},
	{429, "Too Many Requests", "too-many-requests"},
	{431, "Request Header Fields Too Large", "head-too-large"},
	{500, "Internal Server Error", "internal"},
	{501, "Not Implemented", "not-implemented"},
	{503, "Service Unavailable", "unavailable"},
	{504, "Gateway Timeout", "timeout"},
	{505, "HTTP Version Not Supported", "http-version"},
};

static const struct status *find(int status)
{
	static const struct status other = {0, "Other", "other"};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++)
		if (statuses[i].status == status)
			return &statuses[i];
	return &other;
}

const char *api_phrase(int status)
{
	return find(status)->phrase;
}

/* What a client sent may stand in the detail; JSON must stay UTF-8. */
static void only_utf8(char *text)
{
	if (json_utf8(text, strlen(text)))
		return;
	for (; *text; text++)
		if ((unsigned char)*text >= 0x80)
			*text = '?';
}

struct json_object *api_problem_json(
	int status, const char *name, const char *detail, const char *instance)
{
	struct json_object *o = json_object_new_object();
	const struct status *s = find(status);
	char type[96];

	snprintf(type, sizeof(type), TYPE_PREFIX "%s", name ? name : s->name ? s->name : "other");
	json_add(o, "type", type);
	json_add(o, "title", s->phrase);
	json_add_u64(o, "status", (uint64_t)status);
	json_add(o, "detail", detail);
	json_add(o, "instance", instance);
	return o;
}

static void reply(struct api_request *req, int status, const char *name, const char *format,
	va_list args) __attribute__((format(printf, 4, 0)));

static void reply(
	struct api_request *req, int status, const char *name, const char *format, va_list args)
{
	char detail[512];

	vsnprintf(detail, sizeof(detail), format, args);
	only_utf8(detail);
	api_count(req->api, API_PROBLEMS);
	if (strcmp(req->method, "GET") != 0 || status == 400)
		log_limited(req->api->log, &req->api->log_problems, mono_now(), LOG_LEVEL_INFO,
			"api: %s %s by %s: %d: %s", req->method, req->path, req->peer, status,
			detail);
	api_reply_json(req, status, "application/problem+json",
		api_problem_json(status, name, detail, req->path));
}

void api_problem(struct api_request *req, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reply(req, status, NULL, format, args);
	va_end(args);
}

void api_problem_as(struct api_request *req, int status, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reply(req, status, name, format, args);
	va_end(args);
}
