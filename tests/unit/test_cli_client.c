/* Whole verbs against a scripted daemon: what they ask, what they print, and their exit codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/cli_run.h"
#include "tests/unit/fake_http.h"

#define EID_7                                                                                         \
	"{\"eid\":\"10.0.0.7/32\",\"iid\":0,\"prefix\":\"10.0.0.7/32\",\"seq\":5,\"site\":\"paris\"," \
	"\"owner\":{\"xtr_id\":\"01\",\"site_id\":1},\"static\":false,\"ttl_min\":1440,"              \
	"\"map_version\":0,\"proxy_reply\":true,\"lisp_sec\":false,\"expires_in_s\":173,"             \
	"\"later\":\"unknown\","                                                                      \
	"\"locators\":[{\"address\":\"198.51.100.1\",\"priority\":1,\"weight\":100,"                  \
	"\"mpriority\":255,\"mweight\":0,\"reachable\":true}]}"

/* Run @line against one daemon that plays @script. What was asked stands in h->requests. */
static void ask(struct cli_run *r, struct fake_http *h, const char *line,
	const struct fake_answer *script, unsigned int count)
{
	char whole[1024];

	fake_http_start(h, "api.sock", script, count);
	snprintf(whole, sizeof(whole), "--socket %s %s", h->path, line);
	cli_run(r, whole);
	fake_http_stop(h);
}

/* The request's line is @want. */
static void assert_asked(const struct fake_http *h, unsigned int i, const char *want)
{
	char line[512];

	assert_true(i < h->asked);
	snprintf(line, sizeof(line), "%.*s", (int)strcspn(h->requests[i], "\r"), h->requests[i]);
	assert_string_equal(line, want);
}

static const char *body_of(const struct fake_http *h, unsigned int i)
{
	return strstr(h->requests[i], "\r\n\r\n") + 4;
}

static void each_status_has_its_exit_code(void **state)
{
	static const struct {
		int status, code;
	} cases[] = {{400, CLI_FAILED}, {401, CLI_DENIED}, {403, CLI_DENIED}, {404, CLI_NO_MAPPING},
		{408, CLI_TIMEOUT}, {409, CLI_CONFLICT}, {412, CLI_CONFLICT}, {500, CLI_FAILED},
		{503, CLI_FAILED}, {504, CLI_TIMEOUT}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fake_answer a = {cases[i].status, "application/problem+json",
			"{\"title\":\"Title\",\"detail\":\"the very reason\"}"};
		struct fake_http h;
		struct cli_run r;

		cli_run_start(&r);
		ask(&r, &h, "eid del 10.0.0.7", &a, 1);
		assert_int_equal(r.code, cases[i].code);
		assert_string_equal(r.err, "sunward: the very reason\n");
		assert_string_equal(r.out, "");
		fake_http_free(&h);
		cli_run_end(&r);
	}
}

static void with_j_what_goes_wrong_is_a_problem_document(void **state)
{
	struct fake_answer a = {404, "application/problem+json",
		"{\"title\":\"Title\",\"detail\":\"no mapping for \\u00e9 \\\"x\\\"\"}"};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	ask(&r, &h, "-j eid del 10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_NO_MAPPING);
	assert_string_equal(r.err,
		"{\"type\":\"urn:sunward:problem:no-such-mapping\",\"title\":\"There is no mapping\","
		"\"detail\":\"no mapping for \xc3\xa9 \\\"x\\\"\",\"exit\":3}\n");
	fake_http_free(&h);
	cli_run_end(&r);
	cli_run_start(&r);
	cli_run(&r, "eid sow --json");
	assert_int_equal(r.code, CLI_USAGE);
	assert_ptr_equal(strstr(r.err, "{\"type\":\"urn:sunward:problem:usage\","), r.err);
	assert_ptr_equal(strchr(r.err, '\n'), r.err + strlen(r.err) - 1);
	cli_run_end(&r);
	cli_run_start(&r);
	cli_run(&r, "-j eid show \xff");
	assert_non_null(strstr(r.err, "\"detail\":\"\\\"?\\\" is no EID"));
	cli_run_end(&r);
}

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
	ask(&r, &h, "eid history [5]10.0.0.7", &a, 1);
	assert_asked(&h, 0, "GET /v1/eids/ipv4:10.0.0.7%2f32/history?iid=5 HTTP/1.1");
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
	ask(&r, &h, "-j eid history 10.0.0.7", &a, 1);
	assert_non_null(strstr(r.out, "\"seq\": 6") ? r.out : strstr(r.out, "\"seq\":6"));
	fake_http_free(&h);
	cli_run_end(&r);
}

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
	ask(&r, &h, "vm move web-1 --to tokyo --reason planner --deadline 5000", answers, 3);
	assert_asked(&h, 0, "POST /v1/moves HTTP/1.1");
	assert_string_equal(body_of(&h, 0),
		"{\"guest\":\"web-1\",\"to\":\"tokyo\",\"reason\":\"planner\",\"deadline_ms\":5000}");
	assert_asked(&h, 1, "GET /v1/moves/0123456789abcdef HTTP/1.1");
	assert_asked(&h, 2, "GET /v1/moves/0123456789abcdef HTTP/1.1");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "moved"));
	assert_non_null(strstr(r.out, "890"));
	fake_http_free(&h);
	ask(&r, &h, "vm move web-1 --to tokyo", &failed, 1);
	assert_non_null(strstr(body_of(&h, 0), "\"reason\":\"operator\""));
	assert_int_equal(r.code, CLI_FAILED);
	assert_non_null(strstr(r.out, "the very reason"));
	fake_http_free(&h);
	ask(&r, &h, "-j vm move web-1 --to tokyo --no-wait", answers, 1);
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
	ask(&r, &h, "vm move web-1 --to tokyo --dry-run", &good, 1);
	assert_non_null(strstr(body_of(&h, 0), "\"dry_run\":true"));
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "web-1 is running here"));
	fake_http_free(&h);
	ask(&r, &h, "vm move web-1 --to mars --dry-run", &bad, 1);
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
	assert_asked(&h, 1, "GET /v1/guests/web-1 HTTP/1.1");
	assert_asked(&h, 2, "POST /v1/arrivals HTTP/1.1");
	assert_string_equal(body_of(&h, 2),
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
	ask(&r, &h, "move list", &router, 1);
	assert_asked(&h, 0, "GET /v1/moves HTTP/1.1");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "LONGEST HOLD MS"));
	assert_non_null(strstr(r.out, "1004"));
	fake_http_free(&h);
	ask(&r, &h, "-j move watch --once", &router, 1);
	assert_non_null(strstr(r.out, "\"redirected\""));
	fake_http_free(&h);
	ask(&r, &h, "move list", &agent, 1);
	assert_non_null(strstr(r.out, "web-1"));
	assert_null(strstr(r.out, "LONGEST"));
	fake_http_free(&h);
	ask(&r, &h, "move list", &none, 1);
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
	ask(&r, &h, "move watch --count 2", script, 2);
	assert_asked(&h, 1, "GET /v1/events HTTP/1.1");
	assert_string_equal(r.out,
		"{\"id\":8,\"event\":\"move-started\",\"eid\":\"203.0.113.10\"}\n"
		"{\"id\":9,\"state\":\"moved\",\"event\":\"move\"}\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_missing_site_is_no_missing_mapping(void **state)
{
	struct fake_answer a = {404, NULL, "{\"title\":\"Not Found\"}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "site del paris", &a, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(r.err, "sunward: Not Found\n");
	assert_asked(&h, 0, "DELETE /v1/sites/paris HTTP/1.1");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void the_wrong_daemon_is_told_by_name_and_what_it_is_asked_by(void **state)
{
	static const struct fake_answer of_mapserver[] = {
		{404, NULL,
			"{\"detail\":\"there is nothing at /v1/cache; GET /v1 lists what there is\"}"},
		{200, NULL, "{\"daemon\":\"sunward-mapserver\"}"}};
	static const struct fake_answer of_xtr[] = {
		{404, NULL,
			"{\"detail\":\"there is nothing at /v1/eids; GET /v1 lists what there is\"}"},
		{200, NULL, "{\"daemon\":\"sunward-xtr\"}"}};
	struct fake_http h;
	struct cli_run r;
	char want[512];

	cli_run_start(&r);
	ask(&r, &h, "cache", of_mapserver, 2);
	assert_int_equal(r.code, CLI_FAILED);
	snprintf(want, sizeof(want),
		"sunward: sunward-mapserver answers at %s, a map-server or map-resolver; this verb "
		"asks a tunnel router (sunward-xtr). Verbs for it: status, site, eid, counters\n",
		h.path);
	assert_string_equal(r.err, want);
	assert_asked(&h, 1, "GET /v1/status HTTP/1.1");
	fake_http_free(&h);
	ask(&r, &h, "eid show 10.0.0.7", of_xtr, 2);
	assert_int_equal(r.code, CLI_FAILED); /* not: no mapping */
	assert_non_null(strstr(r.err, "sunward-xtr answers at"));
	assert_non_null(strstr(r.err, "status, cache, local, away, rloc, counters"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_problem_cannot_steer_the_terminal(void **state)
{
	struct fake_answer a = {400, NULL, "{\"detail\":\"a\\u001b[31mb\"}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "eid show 10.0.0.7", &a, 1);
	assert_string_equal(r.err, "sunward: a?[31mb\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void an_answer_without_words_tells_its_status(void **state)
{
	struct fake_answer a = {500, "text/html", "<html>"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "eid show 10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(r.err, "sunward: mapserver answered with HTTP status 500\n");
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
	ask(&r, &h, "vm list", &list, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out,
		"NAME   STATE    IN MIGRATION  SINCE  EID          MAC                PORT\n"
		"web-1  leaving  yes             12s  203.0.113.7  52:54:00:66:00:02  -\n"
		"                                     2001:db8::7  52:54:00:66:00:02  -\n");
	assert_asked(&h, 0, "GET /v1/guests HTTP/1.1");
	fake_http_free(&h);
	ask(&r, &h, "vm show web-1", &one, 1);
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
	assert_asked(&h, 0, "GET /v1/guests/web-1 HTTP/1.1");
	fake_http_free(&h);
	ask(&r, &h, "vm show x%2f", &none, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_asked(&h, 0, "GET /v1/guests/x%252f HTTP/1.1");
	assert_string_equal(r.err, "sunward: no guest here is called x\n");
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_missing_daemon_exits_7(void **state)
{
	struct cli_run r;

	cli_run_start(&r);
	cli_run(&r, "eid show 10.0.0.7");
	assert_int_equal(r.code, CLI_UNREACHABLE);
	assert_string_equal(r.err,
		"sunward: no mapserver answers at /nonexistent/sunward-test/mapserver.sock: No "
		"such file or directory\n");
	cli_run(&r, "away");
	assert_int_equal(r.code, CLI_UNREACHABLE);
	cli_run(&r, "status");
	assert_int_equal(r.code, CLI_UNREACHABLE);
	assert_string_equal(r.err, "sunward: no daemon answers in /nonexistent/sunward-test\n");
	cli_run_end(&r);
}

static void a_daemon_that_hangs_up_exits_7(void **state)
{
	struct fake_answer a = {-1, NULL, NULL};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "eid show 10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_UNREACHABLE);
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_silent_daemon_exits_4(void **state)
{
	struct fake_answer a = {0, NULL, NULL};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	r.cli.timeout_ms = 200;
	ask(&r, &h, "eid show 10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_TIMEOUT);
	assert_non_null(strstr(r.err, "did not answer within 0.200 s"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_socket_without_permission_exits_5(void **state)
{
	struct fake_answer a = {200, NULL, "{}"};
	struct fake_http h;
	struct cli_run r;
	char line[256];

	if (geteuid() != 0)
		skip(); /* root passes every mode: the test gives root up, and needs it for that */
	cli_run_start(&r);
	fake_http_start(&h, "api.sock", &a, 1);
	assert_int_equal(chmod(h.path, 0600), 0);
	assert_int_equal(chmod(h.dir, 0755), 0);
	assert_int_equal(seteuid(65534), 0);
	snprintf(line, sizeof(line), "--socket %s status", h.path);
	cli_run(&r, line);
	assert_int_equal(seteuid(0), 0);
	fake_http_stop(&h);
	assert_int_equal(r.code, CLI_DENIED);
	assert_non_null(strstr(r.err, "Permission denied"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void an_answer_that_is_no_json_fails(void **state)
{
	static const char *const bodies[] = {"{\"eid\":", "{} {}", "hello"};

	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		struct fake_answer a = {200, NULL, bodies[i]};
		struct fake_http h;
		struct cli_run r;

		cli_run_start(&r);
		ask(&r, &h, "eid show 10.0.0.7", &a, 1);
		assert_int_equal(r.code, CLI_FAILED);
		assert_non_null(strstr(r.err, "something that is not JSON"));
		fake_http_free(&h);
		cli_run_end(&r);
	}
}

static void eid_show_prints_one_mapping(void **state)
{
	struct fake_answer a = {200, NULL, EID_7};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "eid show [10]10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "GET /v1/eids/ipv4:10.0.0.7%2f32?iid=10 HTTP/1.1");
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
	ask(&r, &h, "eid show --site paris --under [3]10.0.0.0/8", script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0,
		"GET /v1/eids?limit=10000&site=paris&under=ipv4:10.0.0.0%2f8&iid=3 HTTP/1.1");
	assert_asked(&h, 1,
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
	ask(&r, &h, "eid show", script, 3);
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
	ask(&r, &h, "-j eid show 10.0.0.7", &a, 1);
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
	ask(&r, &h,
		"eid add 2001:db8::7 --rloc 198.51.100.1,1,100 --rloc 2001:db8::1,2,50,255,0 --ttl 60",
		&a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "");
	assert_asked(&h, 0, "POST /v1/eids/ipv6:2001:db8::7%2f128 HTTP/1.1");
	assert_null(strcasestr(h.requests[0], "if-match"));
	assert_string_equal(body_of(&h, 0),
		"{\"locators\":[{\"address\":\"198.51.100.1\",\"priority\":1,\"weight\":100},"
		"{\"address\":\"2001:db8::1\",\"priority\":2,\"weight\":50,\"mpriority\":255,"
		"\"mweight\":0}],\"ttl_min\":60}");
	fake_http_free(&h);
	ask(&r, &h, "eid set 10.0.0.0/8 --action drop --seq 9", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "PUT /v1/eids/ipv4:10.0.0.0%2f8 HTTP/1.1");
	assert_non_null(strcasestr(h.requests[0], "\r\nIf-Match: 9\r\n"));
	assert_string_equal(
		body_of(&h, 0), "{\"locators\":[],\"ttl_min\":1440,\"action\":\"drop\"}");
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
	ask(&r, &h, line, script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "GET /v1/sites/paris HTTP/1.1");
	assert_asked(&h, 1, "PUT /v1/sites/paris HTTP/1.1");
	assert_string_equal(body_of(&h, 1),
		"{\"eid_prefixes\":[{\"prefix\":\"10.1.0.0/16\",\"accept_more_specifics\":true}],"
		"\"keys\":[{\"id\":1,\"algorithm\":\"hmac-sha256-128\",\"key\":\"s3cret\"}],"
		"\"move\":\"owner-first\"}");
	fake_http_free(&h);
	ask(&r, &h, line, &there, 1);
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
	ask(&r, &h, line, &made, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "POST /v1/sites/paris/keys HTTP/1.1");
	assert_string_equal(
		body_of(&h, 0), "{\"id\":2,\"algorithm\":\"hmac-sha1-96\",\"key\":\"n3w\"}");
	fake_http_free(&h);
	unlink(key);
	ask(&r, &h, "key show paris", &list, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "GET /v1/sites/paris/keys HTTP/1.1");
	assert_non_null(strstr(r.out, "hmac-sha1-96"));
	fake_http_free(&h);
	ask(&r, &h, "key retire paris 1", &gone, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "DELETE /v1/sites/paris/keys/1 HTTP/1.1");
	fake_http_free(&h);
	ask(&r, &h, "key retire paris 1", &last, 1);
	assert_int_equal(r.code, CLI_CONFLICT);
	assert_string_equal(r.err, "sunward: key 1 is the only one\n");
	fake_http_free(&h);
	cli_run(&r, "key retire paris first");
	assert_int_equal(r.code, CLI_USAGE);
	cli_run_end(&r);
}

static void rloc_drain_and_cache_clear_name_their_object(void **state)
{
	struct fake_answer done = {204, NULL, NULL};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "rloc drain 2001:DB8::1", &done, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "POST /v1/rlocs/2001:db8::1/drain HTTP/1.1");
	assert_non_null(strcasestr(h.requests[0], "\r\nContent-Length: 0\r\n"));
	assert_null(strcasestr(h.requests[0], "Content-Type"));
	fake_http_free(&h);
	ask(&r, &h, "cache clear [7]10.0.0.0/24", &done, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_asked(&h, 0, "DELETE /v1/cache/ipv4:10.0.0.0%2f24?iid=7 HTTP/1.1");
	assert_non_null(strcasestr(h.requests[0], "\r\nContent-Length: 0\r\n"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void counters_leave_zeros_out_for_people_only(void **state)
{
	struct fake_answer a = {200, NULL,
		"{\"counters\":[{\"name\":\"a_total\",\"labels\":{\"type\":\"x\"},\"value\":12},"
		"{\"name\":\"b_total\",\"labels\":{},\"value\":0}]}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	ask(&r, &h, "counters", &a, 1);
	assert_string_equal(r.out, "NAME     LABELS  VALUE\n"
				   "a_total  type=x     12\n");
	fake_http_free(&h);
	ask(&r, &h, "counters --all", &a, 1);
	assert_string_equal(r.out, "NAME     LABELS  VALUE\n"
				   "a_total  type=x     12\n"
				   "b_total  -           0\n");
	fake_http_free(&h);
	ask(&r, &h, "-j counters", &a, 1);
	assert_non_null(strstr(r.out, "b_total"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void counters_watch_prints_what_changed(void **state)
{
	static const struct fake_answer script[] = {
		{200, NULL,
			"{\"counters\":[{\"name\":\"a\",\"labels\":{},\"value\":1},{\"name\":\"b\",\"labels\":{},\"value\":5}]}"},
		{200, NULL,
			"{\"counters\":[{\"name\":\"a\",\"labels\":{},\"value\":4},{\"name\":\"b\",\"labels\":{},\"value\":5}]}"},
	};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	r.cli.events_max = 1;
	ask(&r, &h, "-j counters --watch", script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "{\"name\":\"a\",\"labels\":{},\"value\":4,\"delta\":3}\n");
	fake_http_free(&h);
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
	ask(&r, &h, "eid watch", script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "{\"id\":1,\"event\":\"moved\",\"eid\":\"10.0.0.7/32\"}\n"
				   "{\"id\":2,\"event\":\"moved\",\"eid\":\"10.0.0.8/32\"}\n"
				   "{\"id\":3,\"event\":\"moved\",\"eid\":\"10.0.0.9/32\"}\n");
	assert_asked(&h, 0, "GET /v1/events HTTP/1.1");
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
	ask(&r, &h, "eid watch 10.0.0.0/8", &a, 1);
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
	ask(&r, &h, "eid watch 10.0.0.0/8", &a, 1);
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
	ask(&r, &h, "eid watch", &a, 1);
	assert_int_equal(r.code, CLI_DENIED);
	assert_string_equal(r.err, "sunward: not you\n");
	fake_http_free(&h);
	cli_run(&r, "eid watch");
	assert_int_equal(r.code, CLI_UNREACHABLE);
	cli_run_end(&r);
}

static void status_asks_every_daemon_that_runs(void **state)
{
	static const struct fake_answer a = {
		200, NULL, "{\"daemon\":\"sunward-xtr\",\"version\":\"0.1.0\",\"uptime_s\":90061}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	fake_http_start(&h, "xtr.sock", &a, 1);
	r.cli.rundir = h.dir;
	cli_run(&r, "status");
	fake_http_stop(&h);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.err, "");
	assert_non_null(strstr(r.out, "Daemon:        sunward-xtr\n"));
	assert_non_null(strstr(r.out, "Uptime:        1d01h\n"));
	fake_http_free(&h);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_status_has_its_exit_code),
		cmocka_unit_test(a_missing_site_is_no_missing_mapping),
		cmocka_unit_test(the_wrong_daemon_is_told_by_name_and_what_it_is_asked_by),
		cmocka_unit_test(a_problem_cannot_steer_the_terminal),
		cmocka_unit_test(an_answer_without_words_tells_its_status),
		cmocka_unit_test(the_guests_of_a_hypervisor_are_shown),
		cmocka_unit_test(a_missing_daemon_exits_7),
		cmocka_unit_test(a_daemon_that_hangs_up_exits_7),
		cmocka_unit_test(a_silent_daemon_exits_4),
		cmocka_unit_test(a_socket_without_permission_exits_5),
		cmocka_unit_test(an_answer_that_is_no_json_fails),
		cmocka_unit_test(eid_show_prints_one_mapping),
		cmocka_unit_test(eid_show_follows_the_pages),
		cmocka_unit_test(pages_that_repeat_end_with_an_error),
		cmocka_unit_test(json_has_the_views_members_and_no_others),
		cmocka_unit_test(eid_add_posts_and_set_puts_with_the_seq),
		cmocka_unit_test(site_add_sends_the_keys_secret_and_refuses_to_replace),
		cmocka_unit_test(keys_are_added_and_retired_as_resources_of_their_site),
		cmocka_unit_test(rloc_drain_and_cache_clear_name_their_object),
		cmocka_unit_test(counters_leave_zeros_out_for_people_only),
		cmocka_unit_test(counters_watch_prints_what_changed),
		cmocka_unit_test(watch_prints_a_line_an_event_and_resumes_where_it_stood),
		cmocka_unit_test(watch_of_one_prefix_leaves_others_out),
		cmocka_unit_test(watch_of_one_prefix_tells_of_a_gap_too),
		cmocka_unit_test(watch_that_is_refused_exits),
		cmocka_unit_test(with_j_what_goes_wrong_is_a_problem_document),
		cmocka_unit_test(history_is_shown_from_whom_to_whom),
		cmocka_unit_test(a_guest_is_moved_and_its_end_waited_for),
		cmocka_unit_test(a_dry_run_says_what_is_against_a_move),
		cmocka_unit_test(a_dry_run_asks_the_agent_at_the_destination_too),
		cmocka_unit_test(moves_are_listed_as_the_router_or_the_agent_has_them),
		cmocka_unit_test(move_watch_prints_the_events_of_moves_only),
		cmocka_unit_test(status_asks_every_daemon_that_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
