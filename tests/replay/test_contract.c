/* docs/openapi/mapserver.json against a running sunward-mapserver: the document has each path and
 * query parameter of the router's table and no other; each answer that it promises is drawn, and
 * keeps to its schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <curl/curl.h>
#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/replay/json_schema.h"

#define START_MS  20000
#define DRAWN_MAX 256

struct fixture {
	struct json_object *document;
	char dir[64], sick[96]; /* sick: a daemon whose store cannot be opened */
	pid_t pid, sick_pid;
	char drawn[DRAWN_MAX][96]; /* "get /v1/status 200" */
	size_t drawn_count;
};

struct answer {
	long status;
	char type[64];
	char *body;
	size_t len;
	bool cut; /* a stream: only its beginning is wanted */
};

/* ---- the daemon ---- */

static void write_config(const char *dir, const char *state, unsigned int port)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/conf", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fprintf(f,
		"listen = {\"127.0.0.1:%u\"}\nworkers = 1\nsite \"a\" {\n\tkey \"1\" {\n\t\tkey = "
		"\"x\"\n\t}\n\teid-prefix \"10.0.0.0/8\" {\n\t\taccept-more-specifics = yes\n\t}\n}\n"
		"tenant \"acme\" {\n\tinstance-id = {7, 100-199}\n\tquota {\n\t\tmappings = 1\n\t}\n}\n"
		"api-socket = \"%s/api\"\nstate-dir = \"%s\"\n",
		port, dir, state);
	fclose(f);
}

static pid_t run_daemon(const char *program, const char *dir)
{
	char config[160], log[160];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(config, sizeof(config), "%s/conf", dir);
	snprintf(log, sizeof(log), "%s/log", dir);
	if (!freopen(log, "w", stderr))
		_exit(1);
	execl(program, program, "-c", config, (char *)NULL);
	_exit(127);
}

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

/* @headers: lines, apart by a newline. Status 0: nobody answers. */
static struct answer ask(const char *dir, const char *method, const char *path, const char *headers,
	const char *body)
{
	struct answer a = {.cut = strncmp(path, "/v1/events", 10) == 0};
	struct curl_slist *list = NULL;
	char socket[160], url[512], *copy = strdup(headers), *save = NULL;
	CURL *curl = curl_easy_init();

	snprintf(socket, sizeof(socket), "%s/api", dir);
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

/* @path is answered with 200. */
static bool answers(const char *dir, const char *path)
{
	for (int i = 0; i < START_MS / 20; i++) {
		struct answer a = ask(dir, "GET", path, "", NULL);

		free(a.body);
		if (a.status == 200)
			return true;
		poll(NULL, 0, 20);
	}
	return false;
}

static int setup(void **state)
{
	static struct fixture f;
	const char *build = getenv("top_builddir"), *source = getenv("top_srcdir");
	unsigned int port = 20000 + (unsigned int)getpid() % 20000;
	char program[512], path[512];

	*state = &f;
	snprintf(program, sizeof(program), "%s/sunward-mapserver", build ? build : ".");
	snprintf(path, sizeof(path), "%s/docs/openapi/mapserver.json", source ? source : ".");
	f.document = json_object_from_file(path);
	if (!f.document || access(program, X_OK)) {
		print_message("no %s, or %s cannot be read\n", program, path);
		return -1;
	}
	strcpy(f.dir, "/tmp/sunward-contract-XXXXXX");
	if (!mkdtemp(f.dir))
		return -1;
	snprintf(f.sick, sizeof(f.sick), "%s/sick", f.dir);
	snprintf(path, sizeof(path), "mkdir %s && : >%s/state", f.sick, f.sick);
	if (system(path))
		return -1;
	snprintf(path, sizeof(path), "%s/state", f.dir);
	write_config(f.dir, path, port);
	snprintf(path, sizeof(path), "%s/state", f.sick); /* a file, no directory */
	write_config(f.sick, path, port + 1);
	f.pid = run_daemon(program, f.dir);
	f.sick_pid = run_daemon(program, f.sick);
	return answers(f.dir, "/readyz") && answers(f.sick, "/livez") ? 0 : -1;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char command[128];

	if (f->pid > 0) {
		kill(f->pid, SIGTERM);
		waitpid(f->pid, NULL, 0);
	}
	if (f->sick_pid > 0) {
		kill(f->sick_pid, SIGTERM);
		waitpid(f->sick_pid, NULL, 0);
	}
	json_object_put(f->document);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	return system(command);
}

/* ---- the document ---- */

static struct json_object *member(struct json_object *o, const char *key)
{
	return o ? json_object_object_get(o, key) : NULL;
}

static struct json_object *operation(struct fixture *f, const char *method, const char *path)
{
	return member(member(member(f->document, "paths"), path), method);
}

static bool has_query(struct json_object *op, const char *name, size_t len)
{
	struct json_object *list = member(op, "parameters");

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *p = json_object_array_get_idx(list, i);
		const char *have = json_object_get_string(member(p, "name"));

		if (!strcmp(json_object_get_string(member(p, "in")), "query") &&
			strlen(have) == len && !memcmp(have, name, len))
			return true;
	}
	return false;
}

static size_t count_queries(struct json_object *op)
{
	struct json_object *list = member(op, "parameters");
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		n += !strcmp(
			json_object_get_string(member(json_object_array_get_idx(list, i), "in")),
			"query");
	return n;
}

/* A row of GET /v1 stands in the document, with the same query parameters. */
static void expect_row(struct fixture *f, struct json_object *row)
{
	const char *text = json_object_get_string(member(row, "path"));
	const char *query = strchr(text, '?');
	char path[128], method[16];
	struct json_object *op;
	size_t queries = 0;

	snprintf(path, sizeof(path), "%.*s", (int)strcspn(text, "?"), text);
	snprintf(method, sizeof(method), "%s", json_object_get_string(member(row, "method")));
	for (char *c = method; *c; c++)
		*c = (char)(*c | 0x20);
	op = operation(f, method, path);
	if (!op)
		fail_msg("the document has no %s %s", method, path);
	query = query ? query + 1 : strstr(path, "{eid}") ? "iid" : "";
	for (; *query; query += strcspn(query, "&"), query += *query == '&', queries++)
		if (!has_query(op, query, strcspn(query, "&")))
			fail_msg(
				"%s %s: the document lacks a parameter of %s", method, path, query);
	assert_int_equal(count_queries(op), queries);
}

static void the_document_has_the_paths_of_the_router_and_no_others(void **state)
{
	struct fixture *f = *state;
	struct answer a = ask(f->dir, "GET", "/v1", "", NULL);
	struct json_object *o = json_tokener_parse(a.body), *rows = member(o, "paths");
	size_t documented = 0;

	for (size_t i = 0; i < json_object_array_length(rows); i++)
		expect_row(f, json_object_array_get_idx(rows, i));
	json_object_object_foreach(member(f->document, "paths"), path, item)
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

static void expect_media(
	struct fixture *f, struct json_object *response, const struct answer *a, const char *what)
{
	struct json_object *content = member(response, "content"), *media, *value;
	char why[512] = "";

	if (!content) {
		if (a->len)
			fail_msg("%s: a body where the document has none", what);
		return;
	}
	media = member(content, a->type);
	if (!media)
		fail_msg("%s: media type %s is not in the document", what, a->type);
	if (!member(media, "schema"))
		return;
	value = json_tokener_parse(a->body);
	if (!json_schema_fits(f->document, member(media, "schema"), value, why, sizeof(why)))
		fail_msg("%s: %s", what, why);
	json_object_put(value);
}

struct draw {
	const char *method, *template; /* as in the document */
	long status;
	const char *path, *headers, *body; /* as sent */
	bool sick;
};

#define SITE   "{\"keys\":[{\"id\":1,\"key\":\"k\"}],\"eid_prefixes\":[{\"prefix\":\"11.0.0.0/8\"}]}"
#define TAKEN  "{\"keys\":[{\"id\":1,\"key\":\"k\"}],\"eid_prefixes\":[{\"prefix\":\"10.0.0.0/8\"}]}"
#define KEY(n) "{\"id\":" #n ",\"key\":\"k\"}"
#define EID    "{\"locators\":[{\"address\":\"198.51.100.1\"}]}"
#define HOST   "/v1/eids/ipv4:10.0.0.1"
#define ALL_IF "If-Match: \"1\""
#define PLAIN  "Content-Type: text/plain"

/* The bodies of OpenDaylight's tutorial (LISP Flow Mapping user guide, "Creating a LISP overlay
 * with OOR", steps 10 and 11). */
#define ODL "/restconf/operations/odl-mappingservice:"
#define ODL_EID                                                                                    \
	"{\"address-type\":\"ietf-lisp-address-types:ipv4-prefix-afi\",\"ipv4-prefix\":\"2.2.2.2/32\"}"
#define ODL_LOCATOR(name, priority, address)                                                       \
	"{\"locator-id\":\"" name "\",\"priority\":" priority                                      \
	",\"weight\":1,\"multicastPriority\":255,\"multicastWeight\":0,\"localLocator\":true,"     \
	"\"rlocProbed\":false,\"routed\":true,\"rloc\":{\"address-type\":"                         \
	"\"ietf-lisp-address-types:ipv4-afi\",\"ipv4\":\"" address "\"}}"
#define ODL_RECORD                                                                                 \
	"{\"input\":{\"mapping-record\":{\"recordTtl\":1440,\"action\":\"NoAction\","              \
	"\"authoritative\":true,\"eid\":" ODL_EID ",\"LocatorRecord\":[" ODL_LOCATOR("server1",    \
		"1", "192.168.16.31") "," ODL_LOCATOR("server2", "2", "192.168.16.32") "]}}}"
#define ODL_GET "{\"input\":{\"eid\":" ODL_EID "}}"

/* In this order: each leaves what the next ones need. */
static const struct draw draws[] = {
	{"get", "/livez", 200, "/livez", "", NULL, false},
	{"get", "/readyz", 200, "/readyz", "", NULL, false},
	{"get", "/readyz", 503, "/readyz", "", NULL, true},
	{"get", "/metrics", 200, "/metrics", "", NULL, false},
	{"get", "/metrics", 406, "/metrics", "Accept: image/png", NULL, false},
	{"get", "/v1", 200, "/v1", "", NULL, false},
	{"get", "/v1", 400, "/v1?x=1", "", NULL, false},
	{"get", "/v1", 406, "/v1", "Accept: text/html", NULL, false},
	{"get", "/v1/counters", 200, "/v1/counters", "", NULL, false},
	{"get", "/v1/events", 200, "/v1/events?site=a&under=10.0.0.0/8", "", NULL, false},
	{"get", "/v1/events", 400, "/v1/events", "Last-Event-ID: yesterday", NULL, false},
	{"get", "/v1/events", 406, "/v1/events", "Accept: application/json", NULL, false},
	{"get", "/v1/status", 200, "/v1/status", "", NULL, false},
	{"get", "/v1/ddt", 200, "/v1/ddt", "", NULL, false},
	{"get", "/v1/ddt", 400, "/v1/ddt?limit=0", "", NULL, false},
	{"get", "/v1/subscriptions", 200, "/v1/subscriptions", "", NULL, false},
	{"get", "/v1/subscriptions", 400, "/v1/subscriptions?limit=0", "", NULL, false},
	{"get", "/v1/sites", 200, "/v1/sites", "", NULL, false},
	{"get", "/v1/sites/{name}", 200, "/v1/sites/a", "", NULL, false},
	{"get", "/v1/sites/{name}", 404, "/v1/sites/nowhere", "", NULL, false},
	{"put", "/v1/sites/{name}", 201, "/v1/sites/b", "Idempotency-Key: 1", SITE, false},
	{"put", "/v1/sites/{name}", 422, "/v1/sites/c", "Idempotency-Key: 1", SITE, false},
	{"put", "/v1/sites/{name}", 200, "/v1/sites/b", "", SITE, false},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "", "{", false},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "", "{\"keys\":[]}", false},
	{"put", "/v1/sites/{name}", 409, "/v1/sites/c", "", TAKEN, false},
	{"put", "/v1/sites/{name}", 412, "/v1/sites/b", ALL_IF, SITE, false},
	{"put", "/v1/sites/{name}", 415, "/v1/sites/b", PLAIN, SITE, false},
	{"get", "/v1/sites/{name}/keys", 200, "/v1/sites/b/keys", "", NULL, false},
	{"get", "/v1/sites/{name}/keys", 404, "/v1/sites/c/keys", "", NULL, false},
	{"post", "/v1/sites/{name}/keys", 201, "/v1/sites/b/keys", "Idempotency-Key: 2", KEY(2),
		false},
	{"post", "/v1/sites/{name}/keys", 422, "/v1/sites/b/keys", "Idempotency-Key: 2", KEY(3),
		false},
	{"post", "/v1/sites/{name}/keys", 400, "/v1/sites/b/keys", "", "{\"id\":3}", false},
	{"post", "/v1/sites/{name}/keys", 404, "/v1/sites/c/keys", "", KEY(3), false},
	{"post", "/v1/sites/{name}/keys", 409, "/v1/sites/b/keys", "", KEY(3), false},
	{"post", "/v1/sites/{name}/keys", 412, "/v1/sites/b/keys", ALL_IF, KEY(3), false},
	{"post", "/v1/sites/{name}/keys", 415, "/v1/sites/b/keys", PLAIN, KEY(3), false},
	{"get", "/v1/sites/{name}/keys/{id}", 200, "/v1/sites/b/keys/2", "", NULL, false},
	{"get", "/v1/sites/{name}/keys/{id}", 404, "/v1/sites/b/keys/9", "", NULL, false},
	{"delete", "/v1/sites/{name}/keys/{id}", 412, "/v1/sites/b/keys/1", ALL_IF, NULL, false},
	{"delete", "/v1/sites/{name}/keys/{id}", 204, "/v1/sites/b/keys/1", "", NULL, false},
	{"delete", "/v1/sites/{name}/keys/{id}", 404, "/v1/sites/b/keys/1", "", NULL, false},
	{"delete", "/v1/sites/{name}/keys/{id}", 409, "/v1/sites/b/keys/2", "", NULL, false},
	{"delete", "/v1/sites/{name}", 412, "/v1/sites/b", ALL_IF, NULL, false},
	{"delete", "/v1/sites/{name}", 204, "/v1/sites/b", "", NULL, false},
	{"delete", "/v1/sites/{name}", 404, "/v1/sites/b", "", NULL, false},
	{"post", "/v1/eids/{eid}", 201, HOST, "Idempotency-Key: 3", EID, false},
	{"post", "/v1/eids/{eid}", 422, HOST, "Idempotency-Key: 3", "{}", false},
	{"post", "/v1/eids/{eid}", 400, HOST, "", "{\"ttl_min\":0}", false},
	{"post", "/v1/eids/{eid}", 409, HOST, "", EID, false},
	{"post", "/v1/eids/{eid}", 415, HOST, PLAIN, EID, false},
	{"get", "/v1/eids/{eid}", 200, HOST, "", NULL, false},
	{"get", "/v1/eids/{eid}/history", 200, HOST "/history", "", NULL, false},
	{"get", "/v1/eids/{eid}/history", 400, "/v1/eids/ipv4:10.0.0/history", "", NULL, false},
	{"get", "/v1/eids/{eid}/history", 404, HOST "/history?iid=5", "", NULL, false},
	{"get", "/v1/eids/{eid}", 304, HOST, "If-None-Match: W/\"9\", \"1\"", NULL, false},
	{"get", "/v1/eids/{eid}", 400, "/v1/eids/ipv4:10.0.0", "", NULL, false},
	{"get", "/v1/eids/{eid}", 404, HOST "?iid=5", "", NULL, false},
	{"put", "/v1/eids/{eid}", 200, HOST, "If-Match: \"1\"\nIdempotency-Key: 4", "{}", false},
	{"put", "/v1/eids/{eid}", 422, HOST, "Idempotency-Key: 4", EID, false},
	{"put", "/v1/eids/{eid}", 201, "/v1/eids/mac:52:54:00:00:00:01?iid=7", "", EID, false},
	{"put", "/v1/eids/{eid}", 409, "/v1/eids/mac:52:54:00:00:00:02?iid=7", "", EID, false},
	{"get", "/v1/tenants", 200, "/v1/tenants", "", NULL, false},
	{"get", "/v1/tenants/{name}", 200, "/v1/tenants/acme", "", NULL, false},
	{"get", "/v1/tenants/{name}", 404, "/v1/tenants/nobody", "", NULL, false},
	{"put", "/v1/eids/{eid}", 400, HOST, "", "{\"locators\":[{}]}", false},
	{"put", "/v1/eids/{eid}", 412, HOST, ALL_IF, EID, false},
	{"put", "/v1/eids/{eid}", 412, HOST, "If-None-Match: *", EID, false},
	{"put", "/v1/eids/{eid}", 415, HOST, PLAIN, EID, false},
	{"get", "/v1/eids", 200, "/v1/eids?limit=1", "", NULL, false},
	{"get", "/v1/eids", 400, "/v1/eids?limit=0", "", NULL, false},
	{"delete", "/v1/eids/{eid}", 412, HOST, ALL_IF, NULL, false},
	{"delete", "/v1/eids/{eid}", 204, HOST, "If-Match: *", NULL, false},
	{"delete", "/v1/eids/{eid}", 404, HOST, "", NULL, false},
	{"delete", "/v1/eids/{eid}", 400, "/v1/eids/x", "", NULL, false},
	{"post", ODL "update-mapping", 404, ODL "update-mapping", "", ODL_RECORD, false},
	{"post", ODL "add-mapping", 204, ODL "add-mapping", "", ODL_RECORD, false},
	{"post", ODL "add-mapping", 409, ODL "add-mapping", "", ODL_RECORD, false},
	{"post", ODL "add-mapping", 400, ODL "add-mapping", "", ODL_GET, false},
	{"post", ODL "update-mapping", 204, ODL "update-mapping", "", ODL_RECORD, false},
	{"post", ODL "update-mapping", 400, ODL "update-mapping", "", "{}", false},
	{"get", "/v1/eids/{eid}", 200, "/v1/eids/ipv4:2.2.2.2%2f32", "", NULL, false},
	{"post", ODL "get-mapping", 200, ODL "get-mapping", "", ODL_GET, false},
	{"post", ODL "get-mapping", 400, ODL "get-mapping", "", "{\"input\":{\"eid\":{}}}", false},
	{"post", ODL "remove-mapping", 204, ODL "remove-mapping", "", ODL_GET, false},
	{"post", ODL "remove-mapping", 404, ODL "remove-mapping", "", ODL_GET, false},
	{"post", ODL "remove-mapping", 400, ODL "remove-mapping", "", "[]", false},
	{"post", ODL "get-mapping", 404, ODL "get-mapping", "", ODL_GET, false},
};

static void draw(struct fixture *f, const struct draw *d, const char *body)
{
	struct json_object *op = operation(f, d->method, d->template);
	char status[8], what[96], method[16];
	struct answer a;

	snprintf(status, sizeof(status), "%ld", d->status);
	snprintf(what, sizeof(what), "%s %s %ld", d->method, d->template, d->status);
	snprintf(method, sizeof(method), "%s", d->method);
	for (char *c = method; *c; c++)
		*c = (char)(*c & ~0x20);
	a = ask(d->sick ? f->sick : f->dir, method, d->path, d->headers, body);
	if (a.status != d->status)
		fail_msg("%s: %s came with %ld: %s", what, d->path, a.status, a.body ? a.body : "");
	if (!member(member(op, "responses"), status))
		fail_msg("%s is not in the document", what);
	expect_media(f, member(member(op, "responses"), status), &a, what);
	free(a.body);
	snprintf(f->drawn[f->drawn_count++ % DRAWN_MAX], sizeof(f->drawn[0]), "%s", what);
}

static bool is_drawn(const struct fixture *f, const char *what)
{
	for (size_t i = 0; i < f->drawn_count; i++)
		if (!strcmp(f->drawn[i], what))
			return true;
	return false;
}

static void expect_all_drawn(
	const struct fixture *f, const char *path, const char *method, struct json_object *op)
{
	char what[96];

	if (!strcmp(method, "parameters"))
		return;
	json_object_object_foreach(member(op, "responses"), status, response)
	{
		(void)response;
		snprintf(what, sizeof(what), "%s %s %s", method, path, status);
		if (strcmp(status, "default") != 0 && !is_drawn(f, what))
			fail_msg("the document promises %s, and nothing here draws it", what);
	}
}

static void each_answer_that_the_document_promises_is_drawn_and_keeps_to_it(void **state)
{
	static const struct draw too_large[] = {
		{"put", "/v1/sites/{name}", 413, "/v1/sites/b", "", NULL, false},
		{"put", "/v1/eids/{eid}", 413, HOST, "", NULL, false}};
	size_t n = (1u << 20) + 1;
	struct fixture *f = *state;
	char *large = malloc(n + 1);

	assert_non_null(large);
	memset(large, ' ', n);
	large[n] = '\0';
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		draw(f, &draws[i], draws[i].body);
	for (size_t i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++)
		draw(f, &too_large[i], large);
	free(large);
	json_object_object_foreach(member(f->document, "paths"), path, item)
	{
		json_object_object_foreach(item, method, op) expect_all_drawn(f, path, method, op);
	}
}

static void what_opendaylights_form_adds_is_what_it_gets(void **state)
{
	struct fixture *f = *state;
	struct answer a = ask(f->dir, "POST", ODL "add-mapping", "", ODL_RECORD);

	assert_int_equal(a.status, 204);
	a = ask(f->dir, "POST", ODL "get-mapping", "", ODL_GET);
	assert_non_null(strstr(a.body, "\"ipv4-prefix\":\"2.2.2.2/32\""));
	assert_non_null(strstr(a.body, "\"priority\":2,\"weight\":1,\"multicastPriority\":255,"));
	assert_non_null(strstr(a.body, "\"ipv4\":\"192.168.16.32\""));
	free(a.body);
	a = ask(f->dir, "GET", "/v1/eids/ipv4:2.2.2.2", "", NULL);
	assert_non_null(
		strstr(a.body, "{\"address\":\"192.168.16.31\",\"priority\":1,\"weight\":1,"));
	free(a.body);
}

/* What any path may answer: the document's "default". */
static void other_problems_keep_to_their_schema_too(void **state)
{
	static const struct {
		const char *method, *path, *type;
		long status;
	} all[] = {{"GET", "/v2", "urn:sunward:problem:no-such-path", 404},
		{"PATCH", "/v1/sites/a", "urn:sunward:problem:method-not-allowed", 405},
		{"GET", "/v1/sites/%ff", "urn:sunward:problem:bad-request", 400}};
	struct fixture *f = *state;
	struct json_object *by_default =
		member(member(operation(f, "get", "/v1/status"), "responses"), "default");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct answer a = ask(f->dir, all[i].method, all[i].path, "", NULL);

		assert_int_equal(a.status, all[i].status);
		expect_media(f, by_default, &a, all[i].path);
		assert_non_null(strstr(a.body, all[i].type));
		free(a.body);
	}
}

static void the_validator_finds_what_is_wrong(void **state)
{
	static const struct {
		const char *schema, *value;
		bool fits;
	} all[] = {{"{\"type\":\"integer\",\"minimum\":1}", "1", true},
		{"{\"type\":\"integer\",\"minimum\":1}", "0", false},
		{"{\"type\":\"integer\"}", "\"1\"", false},
		{"{\"type\":[\"string\",\"null\"]}", "null", true},
		{"{\"enum\":[\"a\"]}", "\"b\"", false}, {"{\"pattern\":\"^a$\"}", "\"ab\"", false},
		{"{\"required\":[\"a\"]}", "{\"b\":1}", false},
		{"{\"items\":{\"type\":\"string\"}}", "[\"a\",1]", false},
		{"{\"properties\":{\"a\":{\"type\":\"string\"}},\"additionalProperties\":false}",
			"{\"c\":1}", false},
		{"{\"$ref\":\"#/nowhere\"}", "1", false}, {"{\"multipleOf\":2}", "2", false}};
	struct fixture *f = *state;
	char why[512];

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct json_object *schema = json_tokener_parse(all[i].schema);
		struct json_object *value = json_tokener_parse(all[i].value);

		assert_int_equal(json_schema_fits(f->document, schema, value, why, sizeof(why)),
			all[i].fits);
		json_object_put(schema);
		json_object_put(value);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_validator_finds_what_is_wrong),
		cmocka_unit_test(the_document_has_the_paths_of_the_router_and_no_others),
		cmocka_unit_test(each_answer_that_the_document_promises_is_drawn_and_keeps_to_it),
		cmocka_unit_test(what_opendaylights_form_adds_is_what_it_gets),
		cmocka_unit_test(other_problems_keep_to_their_schema_too),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
