/* The verbs about guests and their moves, against a scripted agent or tunnel router: what they ask,
 * what they print, and when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/cli_ask.h"

#define MOVE(state, rest)                                                                          \
	"{\"id\":\"0123456789abcdef\",\"guest\":\"web-1\",\"uuid\":\"u\",\"to\":\"tokyo\","        \
	"\"by\":\"libvirt\",\"reason\":\"planner\",\"deadline_ms\":5000,\"state\":\"" state        \
	"\",\"age_ms\":900,\"copying_ms\":120," rest "}"

static void a_guest_is_moved_and_its_end_waited_for(void **state)
{
	static const struct fake_answer answers[] = {
		{202, NULL, MOVE("asked", "\"paused_ms\":null,\"ended_ms\":null,\"error\":null")},
		{200, NULL, MOVE("copying", "\"paused_ms\":null,\"ended_ms\":null,\"error\":null")},
		{200, NULL, MOVE("moved", "\"paused_ms\":700,\"ended_ms\":890,\"error\":null")},
	};
	static const struct fake_answer failed = {200, NULL,
		MOVE("failed",
			"\"paused_ms\":null,\"ended_ms\":890,\"error\":\"the very reason\"")};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "vm move web-1 --to tokyo --reason planner --deadline 5000", answers, 3);
	cli_asked(&h, 0, "POST /v1/moves HTTP/1.1");
	assert_string_equal(cli_body(&h, 0),
		"{\"guest\":\"web-1\",\"to\":\"tokyo\",\"reason\":\"planner\",\"deadline_ms\":5000}");
	cli_asked(&h, 1, "GET /v1/moves/0123456789abcdef HTTP/1.1");
	cli_asked(&h, 2, "GET /v1/moves/0123456789abcdef HTTP/1.1");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "moved"));
	assert_non_null(strstr(r.out, "890"));
	fake_http_free(&h);
	cli_ask(&r, &h, "vm move web-1 --to tokyo", &failed, 1);
	assert_non_null(strstr(cli_body(&h, 0), "\"reason\":\"operator\""));
	assert_int_equal(r.code, CLI_FAILED);
	assert_non_null(strstr(r.out, "the very reason"));
	fake_http_free(&h);
	cli_ask(&r, &h, "-j vm move web-1 --to tokyo --no-wait", answers, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "asked"));
	fake_http_free(&h);
	cli_run(&r, "vm move web-1");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run(&r, "vm move web-1 --to tokyo --deadline soon");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run_end(&r);
}

static void a_dry_run_says_what_is_against_a_move(void **state)
{
	static const struct fake_answer good = {200, NULL,
		"{\"guest\":\"web-1\",\"to\":\"tokyo\",\"by\":\"libvirt\",\"possible\":true,\"checks\":["
		"{\"check\":\"guest\",\"good\":true,\"detail\":\"web-1 is running here\"}]}"};
	static const struct fake_answer bad = {200, NULL,
		"{\"guest\":\"web-1\",\"to\":\"mars\",\"by\":\"libvirt\",\"possible\":false,\"checks\":["
		"{\"check\":\"destination\",\"good\":false,\"detail\":\"no mars\"}]}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "vm move web-1 --to tokyo --dry-run", &good, 1);
	assert_non_null(strstr(cli_body(&h, 0), "\"dry_run\":true"));
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "web-1 is running here"));
	fake_http_free(&h);
	cli_ask(&r, &h, "vm move web-1 --to mars --dry-run", &bad, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_non_null(strstr(r.out, "no mars"));
	fake_http_free(&h);
	cli_run_end(&r);
}

#define EID_MOVE                                                                                         \
	"{\"moves\":[{\"eid\":\"203.0.113.10\",\"move\":\"0123456789abcdef\",\"side\":\"source\","       \
	"\"result\":\"moved\",\"reason\":\"planner\",\"deadline_ms\":null,\"rloc\":\"198.51.100.10\","   \
	"\"seq\":4,\"at\":1794210000,\"age_ms\":61200,\"took_ms\":1010,\"steps_ms\":{\"prepared\":0,"    \
	"\"accepted\":2,\"paused\":790,\"cut\":793,\"resumed\":1004,\"claimed\":1010,\"settled\":null}," \
	"\"held\":12,\"tail\":3,\"redirected\":215,\"longest_hold_ms\":4}]}"

static void a_dry_run_asks_the_agent_at_the_destination_too(void **state)
{
	static const struct fake_answer script[] = {
		{200, NULL,
			"{\"guest\":\"web-1\",\"to\":\"tokyo\",\"by\":\"libvirt\",\"possible\":true,\"checks\":["
			"{\"check\":\"guest\",\"good\":true,\"detail\":\"web-1 is running here\"}]}"},
		{200, NULL,
			"{\"name\":\"web-1\",\"uuid\":\"u\",\"hosts\":[{\"eid\":\"203.0.113.7\"}]}"},
		{200, NULL,
			"{\"guest\":\"web-1\",\"possible\":false,\"checks\":[{\"check\":\"arrival\","
			"\"good\":false,\"detail\":\"not-permitted there\"}]}"},
	};
	struct fake_http h;
	struct cli_run r;
	char line[256];

	cli_run_start(&r);
	fake_http_start(&h, "api.sock", script, 3);
	snprintf(line, sizeof(line), "--socket %s vm move web-1 --to tokyo --dry-run --there %s",
		h.path, h.path);
	cli_run(&r, line);
	fake_http_stop(&h);
	cli_asked(&h, 1, "GET /v1/guests/web-1 HTTP/1.1");
	cli_asked(&h, 2, "POST /v1/arrivals HTTP/1.1");
	assert_string_equal(cli_body(&h, 2),
		"{\"guest\":\"web-1\",\"uuid\":\"u\",\"hosts\":[{\"eid\":\"203.0.113.7\"}]}");
	assert_int_equal(r.code, CLI_FAILED);
	assert_non_null(strstr(r.out, "not-permitted there"));
	fake_http_free(&h);
	cli_run(&r, "vm move web-1 --to tokyo --there /nonexistent");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run_end(&r);
}

static void moves_are_listed_as_the_router_or_the_agent_has_them(void **state)
{
	static const struct fake_answer router = {200, NULL, EID_MOVE};
	static const struct fake_answer agent = {200, NULL,
		"{\"moves\":[" MOVE(
			"moved", "\"paused_ms\":700,\"ended_ms\":890,\"error\":null") "]}"};
	static const struct fake_answer none = {200, NULL, "{\"moves\":[]}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "move list", &router, 1);
	cli_asked(&h, 0, "GET /v1/moves HTTP/1.1");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "LONGEST HOLD MS"));
	assert_non_null(strstr(r.out, "1004"));
	fake_http_free(&h);
	cli_ask(&r, &h, "-j move watch --once", &router, 1);
	assert_non_null(strstr(r.out, "\"redirected\""));
	fake_http_free(&h);
	cli_ask(&r, &h, "move list", &agent, 1);
	assert_non_null(strstr(r.out, "web-1"));
	assert_null(strstr(r.out, "LONGEST"));
	fake_http_free(&h);
	cli_ask(&r, &h, "move list", &none, 1);
	assert_string_equal(r.out, "no moves\n");
	fake_http_free(&h);
	cli_run(&r, "move list");
	assert_int_equal(r.code, CLI_UNREACHABLE);
	cli_run(&r, "move watch --count none");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run_end(&r);
}

static void move_watch_prints_the_events_of_moves_only(void **state)
{
	static const struct fake_answer script[] = {
		{200, NULL, EID_MOVE},
		{200, "text/event-stream",
			"id: 7\nevent: host-found\ndata: {\"event\":\"host-found\"}\n\n"
			"id: 8\nevent: move-started\ndata: {\"event\":\"move-started\",\"eid\":\"203.0.113.10\"}\n\n"
			"id: 9\nevent: move\ndata: {\"state\":\"moved\"}\n\n"},
	};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "move watch --count 2", script, 2);
	cli_asked(&h, 1, "GET /v1/events HTTP/1.1");
	assert_string_equal(r.out,
		"{\"id\":8,\"event\":\"move-started\",\"eid\":\"203.0.113.10\"}\n"
		"{\"id\":9,\"state\":\"moved\",\"event\":\"move\"}\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

#define GUEST                                                                                          \
	"{\"name\":\"web-1\",\"uuid\":\"6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52\",\"state\":\"leaving\"," \
	"\"in_migration\":true,\"since_s\":12,\"sources\":[\"config\",\"qmp connected\"],"             \
	"\"hosts\":[{\"eid\":\"203.0.113.7\",\"mac\":\"52:54:00:66:00:02\",\"port\":null},"            \
	"{\"eid\":\"2001:db8::7\",\"mac\":\"52:54:00:66:00:02\",\"port\":null}],"                      \
	"\"xtrs\":[{\"address\":\"198.51.100.2:4342\",\"answer\":\"taken\"}]}"

static void the_guests_of_a_hypervisor_are_shown(void **state)
{
	struct fake_answer list = {200, NULL, "{\"guests\":[" GUEST "]}"}, one = {200, NULL, GUEST};
	struct fake_answer none = {404, NULL, "{\"detail\":\"no guest here is called x\"}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "vm list", &list, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out,
		"NAME   STATE    IN MIGRATION  SINCE  EID          MAC                PORT\n"
		"web-1  leaving  yes             12s  203.0.113.7  52:54:00:66:00:02  -\n"
		"                                     2001:db8::7  52:54:00:66:00:02  -\n");
	cli_asked(&h, 0, "GET /v1/guests HTTP/1.1");
	fake_http_free(&h);
	cli_ask(&r, &h, "vm show web-1", &one, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "Name:         web-1\n"
				   "UUID:         6f1c0c5e-3f6a-4c57-9d2e-0d6f8b1f3a52\n"
				   "State:        leaving\n"
				   "In migration: yes\n"
				   "Since:        12s\n"
				   "Sources:      config, qmp connected\n"
				   "\n"
				   "Addresses:\n"
				   "EID          MAC                PORT\n"
				   "203.0.113.7  52:54:00:66:00:02  -\n"
				   "2001:db8::7  52:54:00:66:00:02  -\n"
				   "\n"
				   "xTRs:\n"
				   "XTR                ANSWER\n"
				   "198.51.100.2:4342  taken\n");
	cli_asked(&h, 0, "GET /v1/guests/web-1 HTTP/1.1");
	fake_http_free(&h);
	cli_ask(&r, &h, "vm show x%2f", &none, 1);
	assert_int_equal(r.code, CLI_FAILED);
	cli_asked(&h, 0, "GET /v1/guests/x%252f HTTP/1.1");
	assert_string_equal(r.err, "sunward: no guest here is called x\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void an_eid_is_claimed_for_the_site_of_the_router(void **state)
{
	static const struct fake_answer
		taken = {200, NULL, "{\"eid\":\"[7]10.0.0.7\",\"claim\":\"taken\"}"},
		nobody = {409, "application/problem+json",
			"{\"detail\":\"nobody says that 10.0.0.7 runs here\"}"},
		foreign = {404, "application/problem+json",
			"{\"detail\":\"10.0.0.7 is in no `dynamic-eid` of this xTR\"}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "eid claim [7]10.0.0.7 --force", &taken, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "POST /v1/local/ipv4:10.0.0.7%2f32/claim?iid=7&force=true HTTP/1.1");
	assert_non_null(strstr(r.out, "taken"));
	fake_http_free(&h);
	cli_ask(&r, &h, "eid claim 10.0.0.7 --force", &taken, 1);
	cli_asked(&h, 0, "POST /v1/local/ipv4:10.0.0.7%2f32/claim?force=true HTTP/1.1");
	fake_http_free(&h);
	cli_ask(&r, &h, "eid claim [7]10.0.0.7", &nobody, 1);
	assert_int_equal(r.code, CLI_CONFLICT);
	cli_asked(&h, 0, "POST /v1/local/ipv4:10.0.0.7%2f32/claim?iid=7 HTTP/1.1");
	assert_string_equal(r.err, "sunward: nobody says that 10.0.0.7 runs here\n");
	fake_http_free(&h);
	cli_ask(&r, &h, "eid claim 10.0.0.7", &foreign, 1);
	assert_int_equal(r.code, CLI_NO_MAPPING);
	cli_asked(&h, 0, "POST /v1/local/ipv4:10.0.0.7%2f32/claim HTTP/1.1");
	fake_http_free(&h);
	cli_run(&r, "eid claim ten");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_guest_is_moved_and_its_end_waited_for),
		cmocka_unit_test(a_dry_run_says_what_is_against_a_move),
		cmocka_unit_test(a_dry_run_asks_the_agent_at_the_destination_too),
		cmocka_unit_test(moves_are_listed_as_the_router_or_the_agent_has_them),
		cmocka_unit_test(move_watch_prints_the_events_of_moves_only),
		cmocka_unit_test(the_guests_of_a_hypervisor_are_shown),
		cmocka_unit_test(an_eid_is_claimed_for_the_site_of_the_router),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
