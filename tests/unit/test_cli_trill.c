/* The verbs that ask an RBridge, against a scripted one: what they ask, and what they print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/cli_ask.h"

#define NICKNAMES                                                                                  \
	"{\"nicknames\":[{\"nickname\":\"0x0b02\",\"system_id\":\"0200.0000.0002\",\"own\":false," \
	"\"holds\":true,\"configured\":true,\"priority\":64,\"root_priority\":300,\"cost\":2000,"  \
	"\"hops\":[{\"port\":\"r2\",\"mac\":\"02:00:00:00:02:01\"},"                               \
	"{\"port\":\"r3\",\"mac\":\"02:00:00:00:03:01\"}]}]}"

static void each_verb_asks_for_its_own(void **state)
{
	static const struct {
		const char *line, *asks, *answer, *shows;
	} cases[] = {
		{"trill status", "GET /v1/status HTTP/1.1",
			"{\"daemon\":\"sunward-rbridge\",\"nickname\":\"0x0b02\",\"ports\":[]}",
			"Nickname: "},
		{"trill adj", "GET /v1/adjacencies HTTP/1.1",
			"{\"adjacencies\":[{\"port\":\"r2\",\"state\":\"report\"}]}", "report"},
		{"trill lsdb", "GET /v1/lsdb HTTP/1.1",
			"{\"lsdb\":[{\"id\":\"0200.0000.0002.00-00\",\"sequence\":7}]}",
			"0200.0000.0002.00-00"},
		{"trill nickname", "GET /v1/nicknames HTTP/1.1", NICKNAMES, "02:00:00:00:03:01"},
		{"trill tree", "GET /v1/trees HTTP/1.1",
			"{\"trees\":[{\"number\":1,\"root\":\"0x0b02\",\"hops\":6,\"branches\":"
			"[{\"port\":\"r2\",\"pruned\":\"1-9\"}]}]}",
			"1-9"},
		{"trill tree", "GET /v1/trees HTTP/1.1", "{\"trees\":[]}", "no distribution trees"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_answer a = {200, NULL, cases[i].answer};
		struct fake_http h;
		struct cli_run r;

		cli_run_start(&r);
		cli_ask(&r, &h, cases[i].line, &a, 1);
		cli_asked(&h, 0, cases[i].asks);
		assert_int_equal(r.code, CLI_OK);
		assert_non_null(strstr(r.out, cases[i].shows));
		fake_http_free(&h);
		cli_run_end(&r);
	}
}

static void json_has_all_that_the_view_names(void **state)
{
	static const struct fake_answer a = {200, NULL,
		"{\"nicknames\":[{\"nickname\":\"0x0b02\",\"cost\":null,\"hops\":[],\"more\":1}]}"};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "-j trill nickname", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "\"nickname\": \"0x0b02\""));
	assert_non_null(strstr(r.out, "\"system_id\": null"));
	assert_non_null(strstr(r.out, "\"cost\": null"));
	assert_null(strstr(r.out, "more"));
	fake_http_free(&h);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_asks_for_its_own),
		cmocka_unit_test(json_has_all_that_the_view_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
