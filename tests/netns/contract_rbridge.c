/* contract_rbridge: docs/openapi/rbridge.json against a running sunward-rbridge that has neighbours
 * and end stations, one of which is configured: the document has each path and query parameter of
 * its table and no other; each answer that it promises is drawn, and keeps to its schema; lists
 * have rows.
 *
 * usage: contract_rbridge DOCUMENT SOCKET OTHER OWN SICK
 * OTHER: the nickname of an RBridge that answers pings; OWN: of the one that is asked; SICK: the
 * socket of one that is not ready, whose ports are not attached. */
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

#define PING        "/v1/ping/{nickname}"
#define TRACE       "/v1/trace/{nickname}"
#define STATION     "/v1/stations/{vlan}/{mac}"
#define CONFIGURED  "/v1/stations/10/52:54:00:00:00:78"
#define AGENT_ALONE "/v1/stations/10/02:00:00:00:ee:aa?agent=61000000000000000000000000000001"

struct fixture {
	struct contract contract;
	const char *socket, *other, *own, *sick;
};

static void the_document_has_the_paths_of_the_rbridge_and_no_others(void **state)
{
	struct fixture *f = *state;

	contract_expect_paths(&f->contract, f->socket);
}

/* An empty list would keep to any schema. */
static void expect_rows(struct fixture *f, const char *path, const char *list)
{
	struct answer a = contract_ask(f->socket, "GET", path, "", NULL);
	struct json_object *o = json_tokener_parse(a.body), *rows = contract_member(o, list);

	if (!rows || !json_object_array_length(rows))
		fail_msg("%s has no rows: its schema would not be tried: %s", path, a.body);
	json_object_put(o);
	free(a.body);
	contract_draw(
		&f->contract, f->socket, &(struct draw){"get", path, 200, path, "", NULL}, NULL);
}

static void each_list_has_rows_that_keep_to_their_schema(void **state)
{
	static const char *const lists[][2] = {{"/v1/ports", "ports"},
		{"/v1/adjacencies", "adjacencies"}, {"/v1/nicknames", "nicknames"},
		{"/v1/lsdb", "lsdb"}, {"/v1/trees", "trees"}, {"/v1/vlans", "vlans"},
		{"/v1/macs", "macs"}, {"/v1/esadi", "esadi"}, {"/v1/campus", "rbridges"},
		{"/v1/campus", "links"}, {"/v1/checks", "checks"}};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		expect_rows(*state, lists[i][0], lists[i][1]);
}

static void probe_draw(struct fixture *f, const char *template, const char *verb)
{
	char other[64], own[64], nobody[64], wrong[64];
	const struct draw draws[] = {
		{"post", template, 200, other, "", NULL},
		{"post", template, 409, own, "", NULL},
		{"post", template, 404, nobody, "", NULL},
		{"post", template, 400, wrong, "", NULL},
	};

	snprintf(other, sizeof(other), "/v1/%s/%s?timeout=400", verb, f->other);
	snprintf(own, sizeof(own), "/v1/%s/%s", verb, f->own);
	snprintf(nobody, sizeof(nobody), "/v1/%s/0x7777", verb);
	snprintf(wrong, sizeof(wrong), "/v1/%s/0xffc1", verb);
	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		contract_draw(&f->contract, f->socket, &draws[i], NULL);
}

static void station_draw(struct fixture *f)
{
	static const char path[] = "/v1/stations/10/02:00:00:00:ee:aa",
			  body[] = "{\"port\":\"h0\",\"ips\":[\"10.9.0.99\",\"2001:db8::99\"]}";
	const struct draw draws[] = {
		{"put", STATION, 200, path, "", body},
		{"put", STATION, 400, path, "", "{\"ips\":[\"ff02::1\"]}"},
		{"put", STATION, 404, path, "", "{\"port\":\"nowhere\"}"},
		{"put", STATION, 409, "/v1/stations/11/02:00:00:00:ee:aa", "", body},
		{"delete", STATION, 200, path, "", NULL},
		{"delete", STATION, 200, "/v1/stations/10/02:00:00:00:ee:aa?port=*", "", NULL},
		{"delete", STATION, 404, "/v1/stations/10/02:00:00:00:ee:aa?port=no", "", NULL},
		{"delete", STATION, 400, "/v1/stations/10/01:00:00:00:ee:aa", "", NULL},
		{"delete", STATION, 400, AGENT_ALONE, "", NULL},
		{"delete", STATION, 409, CONFIGURED, "", NULL},
	};

	for (size_t i = 0; i < sizeof(draws) / sizeof(draws[0]); i++)
		contract_draw(&f->contract, f->socket, &draws[i], draws[i].body);
}

static void each_answer_that_the_document_promises_is_drawn_and_keeps_to_it(void **state)
{
	struct fixture *f = *state;
	const struct draw sick = {"get", "/readyz", 503, "/readyz", "", NULL};
	const struct draw ports = {"get", "/v1/ports", 200, "/v1/ports", "", NULL};
	const struct draw wrong = {"get", "/v1/macs", 400, "/v1/macs?vlan=4095", "", NULL};
	const struct draw both = {"get", "/v1/macs", 400, "/v1/macs?vlan=10&fgl=5", "", NULL};

	contract_draw_common(&f->contract, f->socket);
	contract_draw(&f->contract, f->sick, &sick, NULL);
	contract_draw(&f->contract, f->sick, &ports, NULL);
	contract_draw(&f->contract, f->socket, &wrong, NULL);
	contract_draw(&f->contract, f->socket, &both, NULL);
	probe_draw(f, PING, "ping");
	probe_draw(f, TRACE, "trace");
	station_draw(f);
	contract_expect_all_drawn(&f->contract);
}

int main(int argc, char **argv)
{
	struct fixture f = {.socket = argc == 6 ? argv[2] : NULL};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(
			the_document_has_the_paths_of_the_rbridge_and_no_others, &f),
		cmocka_unit_test_prestate(each_list_has_rows_that_keep_to_their_schema, &f),
		cmocka_unit_test_prestate(
			each_answer_that_the_document_promises_is_drawn_and_keeps_to_it, &f),
	};
	int failed;

	if (!f.socket)
		return 2;
	f.other = argv[3];
	f.own = argv[4];
	f.sick = argv[5];
	f.contract.document = json_object_from_file(argv[1]);
	if (!f.contract.document)
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_object_put(f.contract.document);
	return failed != 0;
}
