/* docs/openapi/mapserver.json against a running sunward-mapserver: the document has each path and
 * query parameter of the router's table and no other; each answer that it promises is drawn, and
 * keeps to its schema; refusals are problem documents (RFC 9457 section 3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/replay/contract.h"
#include "tests/replay/json_schema.h"

#define START_MS 20000

struct fixture {
	struct contract contract;
	char dir[64], sick[96]; /* sick: a daemon whose store cannot be opened */
	char api[128], sick_api[128];
	pid_t pid, sick_pid;
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
		"site \"two\" {\n\tkey \"1\" {\n\t\tkey = \"y\"\n\t}\n\tkey \"2\" {\n\t\tkey = \"z\"\n\t}\n"
		"\teid-prefix \"172.16.0.0/12\" {}\n}\n"
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

/* @path is answered with 200. */
static bool answers(const char *socket, const char *path)
{
	for (int i = 0; i < START_MS / 20; i++) {
		struct answer a = contract_ask(socket, "GET", path, "", NULL);

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
	f.contract.document = json_object_from_file(path);
	if (!f.contract.document || access(program, X_OK)) {
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
	snprintf(f.api, sizeof(f.api), "%s/api", f.dir);
	snprintf(f.sick_api, sizeof(f.sick_api), "%s/api", f.sick);
	return answers(f.api, "/readyz") && answers(f.sick_api, "/livez") ? 0 : -1;
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
	json_object_put(f->contract.document);
	snprintf(command, sizeof(command), "rm -rf %s", f->dir);
	return system(command);
}

/* ---- each answer ---- */

static void the_document_has_the_paths_of_the_router_and_no_others(void **state)
{
	struct fixture *f = *state;

	contract_expect_paths(&f->contract, f->api);
}

#define SITE   "{\"keys\":[{\"id\":1,\"key\":\"k\"}],\"eid_prefixes\":[{\"prefix\":\"11.0.0.0/8\"}]}"
#define TAKEN  "{\"keys\":[{\"id\":1,\"key\":\"k\"}],\"eid_prefixes\":[{\"prefix\":\"10.0.0.0/8\"}]}"
#define XTR    "00112233445566778899aabbccddeeff"
#define ITRS   "{\"subscribers\":[\"" XTR "\"],\"site_ids\":[7],\"itr_rlocs\":[\"198.51.100.0/24\"]}"
#define KEY(n) "{\"id\":" #n ",\"key\":\"k\"}"
#define EID    "{\"locators\":[{\"address\":\"198.51.100.1\"}]}"
#define TWICE                                                                                      \
	"{\"locators\":[{\"address\":\"198.51.100.1\"},{\"address\":\"198.51.100.1\",\"priority\":9}]}"
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
	{"get", "/v1/events", 200, "/v1/events?site=a&under=10.0.0.0/8", "", NULL},
	{"get", "/v1/ddt", 200, "/v1/ddt", "", NULL},
	{"get", "/v1/ddt", 400, "/v1/ddt?limit=0", "", NULL},
	{"get", "/v1/subscriptions", 200, "/v1/subscriptions", "", NULL},
	{"get", "/v1/subscriptions", 400, "/v1/subscriptions?limit=0", "", NULL},
	{"get", "/v1/sites", 200, "/v1/sites", "", NULL},
	{"get", "/v1/sites", 400, "/v1/sites?limit=0", "", NULL},
	{"get", "/v1/sites/{name}", 200, "/v1/sites/a", "", NULL},
	{"get", "/v1/sites/{name}", 404, "/v1/sites/nowhere", "", NULL},
	{"put", "/v1/sites/{name}", 201, "/v1/sites/b", "Idempotency-Key: 1", SITE},
	{"put", "/v1/sites/{name}", 422, "/v1/sites/c", "Idempotency-Key: 1", SITE},
	{"put", "/v1/sites/{name}", 200, "/v1/sites/b", "", SITE},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "", "{"},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "", "{\"keys\":[]}"},
	{"put", "/v1/sites/{name}", 201, "/v1/sites/itrs", "", ITRS},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/itrs", "", "{\"subscribers\":[\"12\"]}"},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/itrs", "", "{\"subscribers\":[]}"},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/itrs", "", "{\"site_ids\":[-1]}"},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/itrs", "", "{\"itr_rlocs\":[\"x\"]}"},
	{"put", "/v1/sites/{name}", 409, "/v1/sites/c", "", TAKEN},
	{"put", "/v1/sites/{name}", 412, "/v1/sites/b", ALL_IF, SITE},
	{"put", "/v1/sites/{name}", 412, "/v1/sites/b", "If-Match: \"1\", \"of another\" ,W/\"2\"",
		SITE},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "If-Match: \"1\", *", SITE},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "If-Match: \"1", SITE},
	{"put", "/v1/sites/{name}", 400, "/v1/sites/b", "If-Match: ,", SITE},
	{"put", "/v1/sites/{name}", 415, "/v1/sites/b", PLAIN, SITE},
	{"get", "/v1/sites/{name}/keys", 200, "/v1/sites/b/keys", "", NULL},
	{"get", "/v1/sites/{name}/keys", 404, "/v1/sites/c/keys", "", NULL},
	{"post", "/v1/sites/{name}/keys", 201, "/v1/sites/b/keys", "Idempotency-Key: 2", KEY(2)},
	{"post", "/v1/sites/{name}/keys", 422, "/v1/sites/b/keys", "Idempotency-Key: 2", KEY(3)},
	{"post", "/v1/sites/{name}/keys", 400, "/v1/sites/b/keys", "", "{\"id\":3}"},
	{"post", "/v1/sites/{name}/keys", 404, "/v1/sites/c/keys", "", KEY(3)},
	{"post", "/v1/sites/{name}/keys", 409, "/v1/sites/b/keys", "", KEY(3)},
	{"post", "/v1/sites/{name}/keys", 412, "/v1/sites/b/keys", ALL_IF, KEY(3)},
	{"post", "/v1/sites/{name}/keys", 415, "/v1/sites/b/keys", PLAIN, KEY(3)},
	{"get", "/v1/sites/{name}/keys/{id}", 200, "/v1/sites/b/keys/2", "", NULL},
	{"get", "/v1/sites/{name}/keys/{id}", 404, "/v1/sites/b/keys/9", "", NULL},
	{"delete", "/v1/sites/{name}/keys/{id}", 412, "/v1/sites/b/keys/1", ALL_IF, NULL},
	{"delete", "/v1/sites/{name}/keys/{id}", 204, "/v1/sites/b/keys/1", "", NULL},
	{"delete", "/v1/sites/{name}/keys/{id}", 404, "/v1/sites/b/keys/1", "", NULL},
	{"delete", "/v1/sites/{name}/keys/{id}", 409, "/v1/sites/b/keys/2", "", NULL},
	{"delete", "/v1/sites/{name}", 412, "/v1/sites/b", ALL_IF, NULL},
	{"delete", "/v1/sites/{name}", 204, "/v1/sites/b", "", NULL},
	{"delete", "/v1/sites/{name}", 404, "/v1/sites/b", "", NULL},
	{"post", "/v1/eids/{eid}", 201, HOST, "Idempotency-Key: 3", EID},
	{"post", "/v1/eids/{eid}", 422, HOST, "Idempotency-Key: 3", "{}"},
	{"post", "/v1/eids/{eid}", 400, HOST, "", "{\"ttl_min\":0}"},
	{"post", "/v1/eids/{eid}", 409, HOST, "", EID},
	{"post", "/v1/eids/{eid}", 415, HOST, PLAIN, EID},
	{"get", "/v1/eids/{eid}", 200, HOST, "", NULL},
	{"get", "/v1/eids/{eid}/history", 200, HOST "/history", "", NULL},
	{"get", "/v1/eids/{eid}/history", 400, "/v1/eids/ipv4:10.0.0/history", "", NULL},
	{"get", "/v1/eids/{eid}/history", 404, HOST "/history?iid=5", "", NULL},
	{"get", "/v1/eids/{eid}", 304, HOST, "If-None-Match: W/\"9\", \"1\"", NULL},
	{"get", "/v1/eids/{eid}", 400, "/v1/eids/ipv4:10.0.0", "", NULL},
	{"get", "/v1/eids/{eid}", 404, HOST "?iid=5", "", NULL},
	{"put", "/v1/eids/{eid}", 200, HOST, "If-Match: \"77\", W/\"2\",\"1\"\nIdempotency-Key: 4",
		"{}"},
	{"put", "/v1/eids/{eid}", 422, HOST, "Idempotency-Key: 4", EID},
	{"put", "/v1/eids/{eid}", 201, "/v1/eids/mac:52:54:00:00:00:01?iid=7", "", EID},
	{"put", "/v1/eids/{eid}", 409, "/v1/eids/mac:52:54:00:00:00:02?iid=7", "", EID},
	{"get", "/v1/tenants", 200, "/v1/tenants", "", NULL},
	{"get", "/v1/tenants/{name}", 200, "/v1/tenants/acme", "", NULL},
	{"get", "/v1/tenants/{name}", 404, "/v1/tenants/nobody", "", NULL},
	{"put", "/v1/eids/{eid}", 400, HOST, "", "{\"locators\":[{}]}"},
	{"put", "/v1/eids/{eid}", 400, HOST, "", TWICE},
	{"put", "/v1/eids/{eid}", 412, HOST, ALL_IF, EID},
	{"put", "/v1/eids/{eid}", 412, HOST, "If-Match: \"77\", W/\"2\"", EID},
	{"put", "/v1/eids/{eid}", 412, HOST, "If-None-Match: *", EID},
	{"put", "/v1/eids/{eid}", 415, HOST, PLAIN, EID},
	{"get", "/v1/eids", 200, "/v1/eids?limit=1", "", NULL},
	{"get", "/v1/eids", 400, "/v1/eids?limit=0", "", NULL},
	{"delete", "/v1/eids/{eid}", 412, HOST, ALL_IF, NULL},
	{"delete", "/v1/eids/{eid}", 204, HOST, "If-Match: *", NULL},
	{"delete", "/v1/eids/{eid}", 404, HOST, "", NULL},
	{"delete", "/v1/eids/{eid}", 400, "/v1/eids/x", "", NULL},
	{"post", ODL "update-mapping", 404, ODL "update-mapping", "", ODL_RECORD},
	{"post", ODL "add-mapping", 204, ODL "add-mapping", "", ODL_RECORD},
	{"post", ODL "add-mapping", 409, ODL "add-mapping", "", ODL_RECORD},
	{"post", ODL "add-mapping", 400, ODL "add-mapping", "", ODL_GET},
	{"post", ODL "update-mapping", 204, ODL "update-mapping", "", ODL_RECORD},
	{"post", ODL "update-mapping", 400, ODL "update-mapping", "", "{}"},
	{"get", "/v1/eids/{eid}", 200, "/v1/eids/ipv4:2.2.2.2%2f32", "", NULL},
	{"post", ODL "get-mapping", 200, ODL "get-mapping", "", ODL_GET},
	{"post", ODL "get-mapping", 400, ODL "get-mapping", "", "{\"input\":{\"eid\":{}}}"},
	{"post", ODL "remove-mapping", 204, ODL "remove-mapping", "", ODL_GET},
	{"post", ODL "remove-mapping", 404, ODL "remove-mapping", "", ODL_GET},
	{"post", ODL "remove-mapping", 400, ODL "remove-mapping", "", "[]"},
	{"post", ODL "get-mapping", 404, ODL "get-mapping", "", ODL_GET},
};

static void each_answer_that_the_document_promises_is_drawn_and_keeps_to_it(void **state)
{
	static const struct draw sick[] = {{"get", "/readyz", 503, "/readyz", "", NULL},
		{"put", "/v1/sites/{name}", 503, "/v1/sites/b", "", SITE},
		{"delete", "/v1/sites/{name}", 503, "/v1/sites/a", "", NULL},
		{"post", "/v1/sites/{name}/keys", 503, "/v1/sites/a/keys", "", KEY(2)},
		{"delete", "/v1/sites/{name}/keys/{id}", 503, "/v1/sites/two/keys/1", "", NULL}};
	static const struct draw too_large[] = {
		{"put", "/v1/sites/{name}", 413, "/v1/sites/b", "", NULL},
		{"put", "/v1/eids/{eid}", 413, HOST, "", NULL}};
	size_t n = (1u << 20) + 1;
	struct fixture *f = *state;
	char *large = malloc(n + 1);

	assert_non_null(large);
	memset(large, ' ', n);
	large[n] = '\0';
	contract_draw_common(&f->contract, f->api);
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		contract_draw(&f->contract, f->api, &draws[i], draws[i].body);
	for (size_t i = 0; i < sizeof(too_large) / sizeof(too_large[0]); i++)
		contract_draw(&f->contract, f->api, &too_large[i], large);
	free(large);
	for (size_t i = 0; i < sizeof(sick) / sizeof(sick[0]); i++)
		contract_draw(&f->contract, f->sick_api, &sick[i], sick[i].body);
	contract_expect_all_drawn(&f->contract);
}

static void what_opendaylights_form_adds_is_what_it_gets(void **state)
{
	struct fixture *f = *state;
	struct answer a = contract_ask(f->api, "POST", ODL "add-mapping", "", ODL_RECORD);

	assert_int_equal(a.status, 204);
	a = contract_ask(f->api, "POST", ODL "get-mapping", "", ODL_GET);
	assert_non_null(strstr(a.body, "\"ipv4-prefix\":\"2.2.2.2/32\""));
	assert_non_null(strstr(a.body, "\"priority\":2,\"weight\":1,\"multicastPriority\":255,"));
	assert_non_null(strstr(a.body, "\"ipv4\":\"192.168.16.32\""));
	free(a.body);
	a = contract_ask(f->api, "GET", "/v1/eids/ipv4:2.2.2.2", "", NULL);
	assert_non_null(
		strstr(a.body, "{\"address\":\"192.168.16.31\",\"priority\":1,\"weight\":1,"));
	free(a.body);
}

/* It can be put again as it is shown, and what differs shows as another version. */
static void a_site_of_pure_itrs_is_shown_as_it_was_put(void **state)
{
	struct fixture *f = *state;
	struct answer a = contract_ask(f->api, "PUT", "/v1/sites/asks", "", ITRS), b;
	struct json_object *o = json_tokener_parse(a.body);
	uint64_t version = json_object_get_uint64(json_object_object_get(o, "version"));

	assert_int_equal(a.status, 201);
	assert_non_null(strstr(a.body, "\"site_ids\":[7],\"subscribers\":[\"" XTR
				       "\"],\"itr_rlocs\":[\"198.51.100.0/24\"]"));
	assert_non_null(strstr(a.body, "\"keys\":[],\"lisp_sec_keys\":[],\"eid_prefixes\":[]"));
	json_object_put(o);
	free(a.body);
	b = contract_ask(f->api, "PUT", "/v1/sites/asks", "",
		"{\"keys\":[],\"eid_prefixes\":[],\"subscribers\":[\"" XTR "\"],\"site_ids\":[8]}");
	assert_int_equal(b.status, 200);
	o = json_tokener_parse(b.body);
	assert_true(json_object_get_uint64(json_object_object_get(o, "version")) != version);
	assert_non_null(strstr(b.body, "\"itr_rlocs\":[]"));
	json_object_put(o);
	free(b.body);
	b = contract_ask(f->api, "POST", "/v1/sites/asks/keys", "", KEY(1));
	assert_int_equal(b.status, 409);
	free(b.body);
	b = contract_ask(f->api, "DELETE", "/v1/sites/asks", "", NULL);
	assert_int_equal(b.status, 204);
	free(b.body);
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
	struct json_object *by_default = contract_member(
		contract_member(contract_operation(&f->contract, "get", "/v1/status"), "responses"),
		"default");

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct answer a = contract_ask(f->api, all[i].method, all[i].path, "", NULL);

		assert_int_equal(a.status, all[i].status);
		contract_expect_media(&f->contract, by_default, &a, all[i].path);
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

		assert_int_equal(
			json_schema_fits(f->contract.document, schema, value, why, sizeof(why)),
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
		cmocka_unit_test(a_site_of_pure_itrs_is_shown_as_it_was_put),
		cmocka_unit_test(other_problems_keep_to_their_schema_too),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, setup, teardown);
}
