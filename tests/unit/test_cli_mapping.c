/* The verbs that show and change what the map-server has, against a scripted one: what they ask,
 * and what they print. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/cli_ask.h"

#define EID_7                                                                                         \
	"{\"eid\":\"10.0.0.7/32\",\"iid\":0,\"prefix\":\"10.0.0.7/32\",\"seq\":5,\"site\":\"paris\"," \
	"\"owner\":{\"xtr_id\":\"01\",\"site_id\":1},\"static\":false,\"ttl_min\":1440,"              \
	"\"map_version\":0,\"proxy_reply\":true,\"lisp_sec\":false,\"expires_in_s\":173,"             \
	"\"later\":\"unknown\","                                                                      \
	"\"locators\":[{\"address\":\"198.51.100.1\",\"priority\":1,\"weight\":100,"                  \
	"\"mpriority\":255,\"mweight\":0,\"reachable\":true}]}"

static void history_is_shown_from_whom_to_whom(void **state)
{
	static const struct fake_answer a = {200, NULL,
		"{\"eid\":\"[5]10.0.0.7\",\"moves\":3,\"flapping\":true,\"held_ms\":4000,\"history\":["
		"{\"at\":1794210000,\"age_s\":65,\"event\":\"moved\",\"seq\":6,"
		"\"from\":{\"site\":\"paris\",\"owner\":{\"xtr_id\":\"01\",\"site_id\":1}},"
		"\"to\":{\"site\":\"tokyo\",\"owner\":null},\"locator\":\"203.0.113.1\",\"move\":\"0123456789abcdef\",\"move_reason\":\"planner\","
		"\"deadline_ms\":5000,\"steps_us\":{\"prepared\":-812000,\"committed\":410,\"published\":455,"
		"\"acknowledged\":1620}}]}"};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "eid history [5]10.0.0.7", &a, 1);
	cli_asked(&h, 0, "GET /v1/eids/ipv4:10.0.0.7%2f32/history?iid=5 HTTP/1.1");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "Flapping"));
	assert_non_null(strstr(r.out, "1m05s"));
	assert_non_null(strstr(r.out, "paris"));
	assert_non_null(strstr(r.out, "tokyo"));
	assert_non_null(strstr(r.out, "203.0.113.1"));
	assert_non_null(strstr(r.out, "planner"));
	assert_non_null(strstr(r.out, "-812000"));
	assert_non_null(strstr(r.out, "ACKNOWLEDGED US"));
	fake_http_free(&h);
	cli_run_end(&r);
	cli_run_start(&r);
	cli_ask(&r, &h, "-j eid history 10.0.0.7", &a, 1);
	assert_non_null(strstr(r.out, "\"seq\": 6") ? r.out : strstr(r.out, "\"seq\":6"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void eid_show_prints_one_mapping(void **state)
{
	struct fake_answer a = {200, NULL, EID_7};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "eid show [10]10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "GET /v1/eids/ipv4:10.0.0.7%2f32?iid=10 HTTP/1.1");
	assert_string_equal(r.out, "EID:             10.0.0.7/32\n"
				   "Seq:             5\n"
				   "Site:            paris\n"
				   "Owner's xTR-ID:  01\n"
				   "Owner's Site-ID: 1\n"
				   "Static:          no\n"
				   "TTL min:         1440\n"
				   "Map-Version:     0\n"
				   "Proxy reply:     yes\n"
				   "LISP-SEC:        no\n"
				   "Expires:         2m53s\n"
				   "Action:          -\n"
				   "\n"
				   "Locators:\n"
				   "LOCATOR       PRI  WEIGHT  REACHABLE\n"
				   "198.51.100.1    1     100  yes\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void eid_show_follows_the_pages(void **state)
{
	static const struct fake_answer script[] = {
		{200, NULL, "{\"eids\":[" EID_7 "],\"next\":\"a b\"}"},
		{200, NULL, "{\"eids\":[" EID_7 "],\"next\":null}"},
	};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "eid show --site paris --under [3]10.0.0.0/8", script, 2);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0,
		"GET /v1/eids?limit=10000&site=paris&under=ipv4:10.0.0.0%2f8&iid=3 HTTP/1.1");
	cli_asked(&h, 1,
		"GET /v1/eids?limit=10000&site=paris&under=ipv4:10.0.0.0%2f8&iid=3&after=a%20b HTTP/1.1");
	assert_string_equal(r.out,
		"EID          SEQ  SITE   STATIC  TTL MIN  EXPIRES  LOCATOR       PRI  WEIGHT  REACHABLE\n"
		"10.0.0.7/32    5  paris  no         1440    2m53s  198.51.100.1    1     100  yes\n"
		"10.0.0.7/32    5  paris  no         1440    2m53s  198.51.100.1    1     100  yes\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void pages_that_repeat_end_with_an_error(void **state)
{
	static const struct fake_answer page = {200, NULL, "{\"eids\":[],\"next\":\"a\"}"};
	const struct fake_answer script[] = {page, page, page};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "eid show", script, 3);
	assert_int_equal(r.code, CLI_FAILED);
	assert_int_equal(h.asked, 2);
	fake_http_free(&h);
	cli_run_end(&r);
}

static void json_has_the_views_members_and_no_others(void **state)
{
	struct fake_answer a = {200, NULL, EID_7};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "-j eid show 10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "{\n"
				   "  \"eid\": \"10.0.0.7/32\",\n"
				   "  \"iid\": 0,\n"
				   "  \"prefix\": \"10.0.0.7/32\",\n"
				   "  \"seq\": 5,\n"
				   "  \"site\": \"paris\",\n"
				   "  \"owner\": {\n"
				   "    \"xtr_id\": \"01\",\n"
				   "    \"site_id\": 1\n"
				   "  },\n"
				   "  \"static\": false,\n"
				   "  \"ttl_min\": 1440,\n"
				   "  \"map_version\": 0,\n"
				   "  \"proxy_reply\": true,\n"
				   "  \"lisp_sec\": false,\n"
				   "  \"expires_in_s\": 173,\n"
				   "  \"action\": null,\n"
				   "  \"locators\": [\n"
				   "    {\n"
				   "      \"address\": \"198.51.100.1\",\n"
				   "      \"priority\": 1,\n"
				   "      \"weight\": 100,\n"
				   "      \"mpriority\": 255,\n"
				   "      \"mweight\": 0,\n"
				   "      \"reachable\": true,\n"
				   "      \"lcaf\": null\n"
				   "    }\n"
				   "  ],\n"
				   "  \"contributors\": [\n"
				   "  ]\n"
				   "}\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void eid_add_posts_and_set_puts_with_the_seq(void **state)
{
	struct fake_answer a = {201, NULL, EID_7};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h,
		"eid add 2001:db8::7 --rloc 198.51.100.1,1,100 --rloc 2001:db8::1,2,50,255,0 --ttl 60",
		&a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "");
	cli_asked(&h, 0, "POST /v1/eids/ipv6:2001:db8::7%2f128 HTTP/1.1");
	assert_null(strcasestr(h.requests[0], "if-match"));
	assert_string_equal(cli_body(&h, 0),
		"{\"locators\":[{\"address\":\"198.51.100.1\",\"priority\":1,\"weight\":100},"
		"{\"address\":\"2001:db8::1\",\"priority\":2,\"weight\":50,\"mpriority\":255,"
		"\"mweight\":0}],\"ttl_min\":60}");
	fake_http_free(&h);
	cli_ask(&r, &h, "eid set 10.0.0.0/8 --action drop --seq 9", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "PUT /v1/eids/ipv4:10.0.0.0%2f8 HTTP/1.1");
	assert_non_null(strcasestr(h.requests[0], "\r\nIf-Match: 9\r\n"));
	assert_string_equal(
		cli_body(&h, 0), "{\"locators\":[],\"ttl_min\":1440,\"action\":\"drop\"}");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void site_add_sends_the_keys_secret_and_refuses_to_replace(void **state)
{
	static const struct fake_answer script[] = {
		{404, NULL, "{}"}, {201, NULL, "{\"name\":\"paris\"}"}};
	static const struct fake_answer there = {200, NULL, "{\"name\":\"paris\"}"};
	char key[] = "/tmp/sunward-cli-key-XXXXXX", line[512];
	int fd = mkstemp(key);
	struct fake_http h;
	struct cli_run r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "s3cret\n", 7), 7);
	close(fd);
	cli_run_start(&r);
	snprintf(line, sizeof(line),
		"site add paris --eid-prefix 10.1.0.0/16 --key 1,hmac-sha256-128,%s --move owner-first",
		key);
	cli_ask(&r, &h, line, script, 2);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "GET /v1/sites/paris HTTP/1.1");
	cli_asked(&h, 1, "PUT /v1/sites/paris HTTP/1.1");
	assert_string_equal(cli_body(&h, 1),
		"{\"eid_prefixes\":[{\"prefix\":\"10.1.0.0/16\",\"accept_more_specifics\":true}],"
		"\"keys\":[{\"id\":1,\"algorithm\":\"hmac-sha256-128\",\"key\":\"s3cret\"}],"
		"\"move\":\"owner-first\"}");
	fake_http_free(&h);
	cli_ask(&r, &h, line, &there, 1);
	assert_int_equal(r.code, CLI_CONFLICT);
	assert_string_equal(
		r.err, "sunward: there is a site paris already (--replace replaces it)\n");
	fake_http_free(&h);
	unlink(key);
	cli_run(&r,
		"site add paris --eid-prefix 10.0.0.0/8 --key 1,hmac-sha256-128,/nonexistent/key");
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(
		r.err, "sunward: key file /nonexistent/key: No such file or directory\n");
	cli_run_end(&r);
}

static void keys_are_added_and_retired_as_resources_of_their_site(void **state)
{
	static const struct fake_answer
		made = {201, NULL, "{\"id\":2}"},
		gone = {204, NULL, NULL},
		last = {409, "application/problem+json", "{\"detail\":\"key 1 is the only one\"}"},
		list = {200, NULL,
			"{\"keys\":[{\"id\":2,\"algorithm\":\"hmac-sha1-96\","
			"\"origin\":\"api\",\"xtrs\":7}]}"};
	char key[] = "/tmp/sunward-cli-key-XXXXXX", line[512];
	int fd = mkstemp(key);
	struct fake_http h;
	struct cli_run r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, "n3w\n", 4), 4);
	close(fd);
	cli_run_start(&r);
	snprintf(line, sizeof(line), "key add paris 2,hmac-sha1-96,%s", key);
	cli_ask(&r, &h, line, &made, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "POST /v1/sites/paris/keys HTTP/1.1");
	assert_string_equal(
		cli_body(&h, 0), "{\"id\":2,\"algorithm\":\"hmac-sha1-96\",\"key\":\"n3w\"}");
	fake_http_free(&h);
	unlink(key);
	cli_ask(&r, &h, "key show paris", &list, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "GET /v1/sites/paris/keys HTTP/1.1");
	assert_non_null(strstr(r.out, "hmac-sha1-96"));
	fake_http_free(&h);
	cli_ask(&r, &h, "key retire paris 1", &gone, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "DELETE /v1/sites/paris/keys/1 HTTP/1.1");
	fake_http_free(&h);
	cli_ask(&r, &h, "key retire paris 1", &last, 1);
	assert_int_equal(r.code, CLI_CONFLICT);
	assert_string_equal(r.err, "sunward: key 1 is the only one\n");
	fake_http_free(&h);
	cli_run(&r, "key retire paris first");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run_end(&r);
}

#define EVENT(id, eid)                                                                             \
	"id: " id "\nevent: moved\ndata: {\"event\":\"moved\",\"eid\":\"" eid "\"}\n\n"

static void watch_prints_a_line_an_event_and_resumes_where_it_stood(void **state)
{
	static const struct fake_answer script[] = {
		{200, "text/event-stream",
			"retry: 10\n\n" EVENT("1", "10.0.0.7/32")
				EVENT("2", "10.0.0.8/32") "id: 3\ndata: cut"},
		{200, "text/event-stream", EVENT("3", "10.0.0.9/32")},
	};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	r.cli.events_max = 3;
	cli_ask(&r, &h, "eid watch", script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "{\"id\":1,\"event\":\"moved\",\"eid\":\"10.0.0.7/32\"}\n"
				   "{\"id\":2,\"event\":\"moved\",\"eid\":\"10.0.0.8/32\"}\n"
				   "{\"id\":3,\"event\":\"moved\",\"eid\":\"10.0.0.9/32\"}\n");
	cli_asked(&h, 0, "GET /v1/events HTTP/1.1");
	assert_null(strcasestr(h.requests[0], "last-event-id"));
	assert_non_null(strcasestr(h.requests[1], "\r\nLast-Event-ID: 2\r\n"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void watch_of_one_prefix_leaves_others_out(void **state)
{
	static const struct fake_answer a = {
		200, "text/event-stream", EVENT("1", "192.0.2.1/32") EVENT("2", "10.0.0.8/32")};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	r.cli.events_max = 1;
	cli_ask(&r, &h, "eid watch 10.0.0.0/8", &a, 1);
	assert_string_equal(r.out, "{\"id\":2,\"event\":\"moved\",\"eid\":\"10.0.0.8/32\"}\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void watch_of_one_prefix_tells_of_a_gap_too(void **state)
{
	static const struct fake_answer a = {200, "text/event-stream",
		"event: gap\ndata: {\"after\":1}\n\n:\nid: 7\n\n" EVENT("8", "10.0.0.8/32")};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	r.cli.events_max = 2;
	cli_ask(&r, &h, "eid watch 10.0.0.0/8", &a, 1);
	assert_string_equal(r.out, "{\"id\":null,\"after\":1,\"event\":\"gap\"}\n"
				   "{\"id\":8,\"event\":\"moved\",\"eid\":\"10.0.0.8/32\"}\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void watch_that_is_refused_exits(void **state)
{
	static const struct fake_answer a = {403, NULL, "{\"detail\":\"not you\"}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "eid watch", &a, 1);
	assert_int_equal(r.code, CLI_DENIED);
	assert_string_equal(r.err, "sunward: not you\n");
	fake_http_free(&h);
	cli_run(&r, "eid watch");
	assert_int_equal(r.code, CLI_UNREACHABLE);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(history_is_shown_from_whom_to_whom),
		cmocka_unit_test(eid_show_prints_one_mapping),
		cmocka_unit_test(eid_show_follows_the_pages),
		cmocka_unit_test(pages_that_repeat_end_with_an_error),
		cmocka_unit_test(json_has_the_views_members_and_no_others),
		cmocka_unit_test(eid_add_posts_and_set_puts_with_the_seq),
		cmocka_unit_test(site_add_sends_the_keys_secret_and_refuses_to_replace),
		cmocka_unit_test(keys_are_added_and_retired_as_resources_of_their_site),
		cmocka_unit_test(watch_prints_a_line_an_event_and_resumes_where_it_stood),
		cmocka_unit_test(watch_of_one_prefix_leaves_others_out),
		cmocka_unit_test(watch_of_one_prefix_tells_of_a_gap_too),
		cmocka_unit_test(watch_that_is_refused_exits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
