/* See contract.h. */
#include "tests/replay/contract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <curl/curl.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/replay/json_schema.h"

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;
	char *more = realloc(a->body, a->len + size * n + 1);

	assert_non_null(more);
	a->body = more;
	memcpy(a->body + a->len, bytes, size * n);
	a->len += size * n;
	a->body[a->len] = '\0';
	return a->cut ? 0 : size * n;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct answer *a = arg;
	char line[256];

	snprintf(line, sizeof(line), "%.*s", (int)(size * n), bytes);
	line[strcspn(line, "\r\n")] = '\0';
	if (!strncasecmp(line, "Content-Type: ", 14))
		snprintf(a->type, sizeof(a->type), "%.*s", (int)strcspn(line + 14, ";"), line + 14);
	return size * n;
}

struct answer contract_ask(const char *socket, const char *method, const char *path,
	const char *headers, const char *body)
{
	struct answer a = {.cut = strncmp(path, "/v1/events", 10) == 0};
	struct curl_slist *list = NULL;
	char url[512], *copy = strdup(headers), *save = NULL;
	CURL *curl = curl_easy_init();

	snprintf(url, sizeof(url), "http://localhost%s", path);
	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		list = curl_slist_append(list, line);
	if (!strstr(headers, "Content-Type"))
		list = curl_slist_append(list, "Content-Type: application/json");
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
	if (body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &a);
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, &a);
	curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &a.status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(list);
	free(copy);
	return a;
}

/* ---- the document ---- */

struct json_object *contract_member(struct json_object *o, const char *key)
{
	return o ? json_object_object_get(o, key) : NULL;
}

struct json_object *contract_operation(
	const struct contract *c, const char *method, const char *path)
{
	return contract_member(
		contract_member(contract_member(c->document, "paths"), path), method);
}

static bool has_query(struct json_object *op, const char *name, size_t len)
{
	struct json_object *list = contract_member(op, "parameters");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *p = json_object_array_get_idx(list, i);
		const char *have = json_object_get_string(contract_member(p, "name"));

		if (!strcmp(json_object_get_string(contract_member(p, "in")), "query") &&
			strlen(have) == len && !memcmp(have, name, len))
			return true;
	}
	return false;
}

static size_t count_queries(struct json_object *op)
{
	struct json_object *list = contract_member(op, "parameters");
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		n += !strcmp(json_object_get_string(
				     contract_member(json_object_array_get_idx(list, i), "in")),
			"query");
	return n;
}

/* A row of GET /v1 stands in the document, with the same query parameters. */
static void expect_row(struct contract *c, struct json_object *row)
{
	const char *text = json_object_get_string(contract_member(row, "path"));
	const char *query = strchr(text, '?');
	char path[128], method[16];
	struct json_object *op;
	size_t queries = 0;

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(text, "?"), text);
	snprintf(method, sizeof(method), "%s",
		json_object_get_string(contract_member(row, "method")));
	for (char *at = method; *at; at++)
		*at = (char)(*at | 0x20);
	op = contract_operation(c, method, path);
	if (!op)
		fail_msg("the document has no %s %s", method, path);
	query = query ? query + 1 : strstr(path, "{eid}") ? "iid" : "";
	for (; *query; query += strcspn(query, "&"), query += *query == '&', queries++)
		if (!has_query(op, query, strcspn(query, "&")))
			fail_msg(
				"%s %s: the document lacks a parameter of %s", method, path, query);
	assert_int_equal(count_queries(op), queries);
}

void contract_expect_paths(struct contract *c, const char *socket)
{
	struct answer a = contract_ask(socket, "GET", "/v1", "", NULL);
	struct json_object *o = json_tokener_parse(a.body), *rows = contract_member(o, "paths");
	size_t documented = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		expect_row(c, json_object_array_get_idx(rows, i));
	json_object_object_foreach(contract_member(c->document, "paths"), path, item)
	{
		(void)path;
		documented += (size_t)json_object_object_length(item) -
			      json_object_object_get_ex(item, "parameters", NULL);
	}
	assert_int_equal(documented, json_object_array_length(rows));
	json_object_put(o);
	free(a.body);
}

/* ---- each answer ---- */

void contract_expect_media(
	struct contract *c, struct json_object *response, const struct answer *a, const char *what)
{
	struct json_object *content = contract_member(response, "content"), *media, *value;
	char why[512] = "";

	if (!content) {
		if (a->len)
			fail_msg("%s: a body where the document has none", what);
		return;
	}
	media = contract_member(content, a->type);
	if (!media)
		fail_msg("%s: media type %s is not in the document", what, a->type);
	if (!contract_member(media, "schema"))
		return;
	value = json_tokener_parse(a->body);
	if (!json_schema_fits(
		    c->document, contract_member(media, "schema"), value, why, sizeof(why)))
		fail_msg("%s: %s", what, why);
	json_object_put(value);
}

void contract_draw(struct contract *c, const char *socket, const struct draw *d, const char *body)
{
	struct json_object *op = contract_operation(c, d->method, d->template);
	char status[8], what[96], method[16];
	struct answer a;

	snprintf(status, sizeof(status), "%ld", d->status);
	snprintf(what, sizeof(what), "%s %s %ld", d->method, d->template, d->status);
	snprintf(method, sizeof(method), "%s", d->method);
	for (char *at = method; *at; at++)
		*at = (char)(*at & ~0x20);
	a = contract_ask(socket, method, d->path, d->headers, body);
	if (a.status != d->status)
		fail_msg("%s: %s came with %ld: %s", what, d->path, a.status, a.body ? a.body : "");
	if (!contract_member(contract_member(op, "responses"), status))
		fail_msg("%s is not in the document", what);
	contract_expect_media(
		c, contract_member(contract_member(op, "responses"), status), &a, what);
	free(a.body);
	snprintf(c->drawn[c->drawn_count++ % CONTRACT_DRAWN_MAX], sizeof(c->drawn[0]), "%s", what);
}

static bool is_drawn(const struct contract *c, const char *what)
{
	for (size_t i = 0; i < c->drawn_count; i++)
		if (!strcmp(c->drawn[i], what))
			return true;
	return false;
}

static void expect_all_drawn(
	const struct contract *c, const char *path, const char *method, struct json_object *op)
{
	char what[96];

	if (!strcmp(method, "parameters"))
		return;
	json_object_object_foreach(contract_member(op, "responses"), status, response)
	{
		(void)response;
		snprintf(what, sizeof(what), "%s %s %s", method, path, status);
		if (strcmp(status, "default") != 0 && !is_drawn(c, what))
			fail_msg("the document promises %s, and nothing here draws it", what);
	}
}

void contract_draw_common(struct contract *c, const char *socket)
{
	static const struct draw draws[] = {
		{"get", "/livez", 200, "/livez", "", NULL},
		{"get", "/readyz", 200, "/readyz", "", NULL},
		{"get", "/metrics", 200, "/metrics", "", NULL},
		{"get", "/metrics", 406, "/metrics", "Accept: image/png", NULL},
		{"get", "/v1", 200, "/v1", "", NULL},
		{"get", "/v1", 400, "/v1?x=1", "", NULL},
		{"get", "/v1", 406, "/v1", "Accept: text/html", NULL},
		{"get", "/v1/counters", 200, "/v1/counters", "", NULL},
		{"get", "/v1/events", 200, "/v1/events", "", NULL},
		{"get", "/v1/events", 400, "/v1/events", "Last-Event-ID: yesterday", NULL},
		{"get", "/v1/events", 406, "/v1/events", "Accept: application/json", NULL},
		{"get", "/v1/status", 200, "/v1/status", "", NULL},
	};

	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		contract_draw(c, socket, &draws[i], NULL);
}

void contract_expect_all_drawn(const struct contract *c)
{
	json_object_object_foreach(contract_member(c->document, "paths"), path, item)
	{
		json_object_object_foreach(item, method, op) expect_all_drawn(c, path, method, op);
	}
}
