/* contract_xtr: docs/openapi/xtr.json against a running sunward-xtr that has a machine here, one
 * away and a mapping in its cache: the document has each path and query parameter of the router's
 * table and no other; each answer that it promises is drawn, and keeps to its schema.
 *
 * usage: contract_xtr DOCUMENT SOCKET ROWS [LOCATOR CACHED HERE NOBODY]
 * ROWS: the lists that must not be empty, apart by commas. LOCATOR: one of its own. CACHED: an EID
 * in its cache as in a URL. HERE, NOBODY: likewise, a machine that is here, and one that nobody has
 * heard of. Without them only the lists are drawn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/replay/contract.h"

#define CLAIM "/v1/local/{eid}/claim"

struct fixture {
	struct contract contract;
	const char *socket, *rows, *locator, *cached, *here, *nobody;
};

static void the_document_has_the_paths_of_the_router_and_no_others(void **state)
{
	struct fixture *f = *state;

	contract_expect_paths(&f->contract, f->socket);
}

static void expect_rows(struct fixture *f, const char *list)
{
	struct json_object *o, *rows;
	char path[32];
	struct answer a;

	snprintf(path, sizeof(path), "/v1/%s", list);
	a = contract_ask(f->socket, "GET", path, "", NULL);
	o = json_tokener_parse(a.body);
	rows = contract_member(o, list);
	contract_draw(
		&f->contract, f->socket, &(struct draw){"get", path, 200, path, "", NULL}, NULL);
	if (!rows || !json_object_array_length(rows))
		fail_msg("%s has no rows: its schema would not be tried: %s", path, a.body);
	json_object_put(o);
	free(a.body);
}

static void lists_that_are_not_empty_keep_to_their_schema(void **state)
{
	struct fixture *f = *state;
	char *copy = strdup(f->rows), *save = NULL;

	for (char *list = strtok_r(copy, ",", &save); list; list = strtok_r(NULL, ",", &save))
		expect_rows(f, list);
	free(copy);
}

static void each_answer_that_the_document_promises_is_drawn_and_keeps_to_it(void **state)
{
	struct fixture *f = *state;
	char drain[128], undrain[128], cached[128], here[128], nobody[128];
	const struct draw draws[] = {
		{"get", "/v1/rlocs", 200, "/v1/rlocs", "", NULL},
		{"post", "/v1/rlocs/{address}/drain", 200, drain, "", NULL},
		{"post", "/v1/rlocs/{address}/drain", 400, "/v1/rlocs/x/drain", "", NULL},
		{"post", "/v1/rlocs/{address}/drain", 404, "/v1/rlocs/192.0.2.99/drain", "", NULL},
		{"post", "/v1/rlocs/{address}/undrain", 200, undrain, "", NULL},
		{"post", "/v1/rlocs/{address}/undrain", 400, "/v1/rlocs/x/undrain", "", NULL},
		{"post", "/v1/rlocs/{address}/undrain", 404, "/v1/rlocs/192.0.2.99/undrain", "",
			NULL},
		{"get", "/v1/local", 200, "/v1/local", "", NULL},
		{"post", CLAIM, 200, here, "", NULL},
		{"post", CLAIM, 400, "/v1/local/x/claim", "", NULL},
		{"post", CLAIM, 404, "/v1/local/ipv4:192.0.2.99/claim", "", NULL},
		{"post", CLAIM, 409, nobody, "", NULL},
		{"get", "/v1/away", 200, "/v1/away", "", NULL},
		{"get", "/v1/handover", 200, "/v1/handover", "", NULL},
		{"get", "/v1/moves", 200, "/v1/moves", "", NULL},
		{"get", "/v1/cache", 200, "/v1/cache", "", NULL},
		{"delete", "/v1/cache/{eid}", 204, cached, "", NULL},
		{"delete", "/v1/cache/{eid}", 404, "/v1/cache/ipv4:192.0.2.99?iid=5", "", NULL},
		{"delete", "/v1/cache/{eid}", 400, "/v1/cache/x", "", NULL},
	};

	snprintf(drain, sizeof(drain), "/v1/rlocs/%s/drain", f->locator);
	snprintf(undrain, sizeof(undrain), "/v1/rlocs/%s/undrain", f->locator);
	snprintf(cached, sizeof(cached), "/v1/cache/%s", f->cached);
	snprintf(here, sizeof(here), "/v1/local/%s/claim?force=true", f->here);
	snprintf(nobody, sizeof(nobody), "/v1/local/%s/claim", f->nobody);
	contract_draw_common(&f->contract, f->socket);
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		contract_draw(&f->contract, f->socket, &draws[i], draws[i].body);
	contract_expect_all_drawn(&f->contract);
}

int main(int argc, char **argv)
{
	struct fixture f = {0};
	const struct CMUnitTest lists[] = {
		cmocka_unit_test_prestate(lists_that_are_not_empty_keep_to_their_schema, &f),
	};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(lists_that_are_not_empty_keep_to_their_schema, &f),
		cmocka_unit_test_prestate(
			the_document_has_the_paths_of_the_router_and_no_others, &f),
		cmocka_unit_test_prestate(
			each_answer_that_the_document_promises_is_drawn_and_keeps_to_it, &f),
	};
	int failed;

	if (argc != 4 && argc != 8)
		return 2;
	f.contract.document = json_object_from_file(argv[1]);
	f.socket = argv[2];
	f.rows = argv[3];
	f.locator = argv[4];
	f.cached = argc == 8 ? argv[5] : NULL;
	f.here = f.cached ? argv[6] : NULL;
	f.nobody = f.cached ? argv[7] : NULL;
	if (!f.contract.document)
		return 2;
	failed = f.cached ? cmocka_run_group_tests(tests, NULL, NULL)
			  : cmocka_run_group_tests(lists, NULL, NULL);
	json_object_put(f.contract.document);
	return failed != 0;
}
