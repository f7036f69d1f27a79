/* Whole verbs against a scripted daemon: how it is asked, what is made of its answers and of none,
 * and the exit codes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/cli_ask.h"

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
		cli_ask(&r, &h, "eid del 10.0.0.7", &a, 1);
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
	cli_ask(&r, &h, "-j eid del 10.0.0.7", &a, 1);
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

static void a_missing_site_is_no_missing_mapping(void **state)
{
	struct fake_answer a = {404, NULL, "{\"title\":\"Not Found\"}"};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "site del paris", &a, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(r.err, "sunward: Not Found\n");
	cli_asked(&h, 0, "DELETE /v1/sites/paris HTTP/1.1");
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
	cli_ask(&r, &h, "cache", of_mapserver, 2);
	assert_int_equal(r.code, CLI_FAILED);
	snprintf(want, sizeof(want),
		"sunward: sunward-mapserver answers at %s, a map-server or map-resolver; this verb "
		"asks a tunnel router (sunward-xtr). Verbs for it: status, site, eid, counters\n",
		h.path);
	assert_string_equal(r.err, want);
	cli_asked(&h, 1, "GET /v1/status HTTP/1.1");
	fake_http_free(&h);
	cli_ask(&r, &h, "eid show 10.0.0.7", of_xtr, 2);
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
	cli_ask(&r, &h, "eid show 10.0.0.7", &a, 1);
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
	cli_ask(&r, &h, "eid show 10.0.0.7", &a, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_string_equal(r.err, "sunward: mapserver answered with HTTP status 500\n");
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
	cli_ask(&r, &h, "eid show 10.0.0.7", &a, 1);
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
	cli_ask(&r, &h, "eid show 10.0.0.7", &a, 1);
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
		cli_ask(&r, &h, "eid show 10.0.0.7", &a, 1);
		assert_int_equal(r.code, CLI_FAILED);
		assert_non_null(strstr(r.err, "something that is not JSON"));
		fake_http_free(&h);
		cli_run_end(&r);
	}
}

static void rloc_drain_and_cache_clear_name_their_object(void **state)
{
	struct fake_answer done = {204, NULL, NULL};
	struct fake_http h;
	struct cli_run r;

	cli_run_start(&r);
	cli_ask(&r, &h, "rloc drain 2001:DB8::1", &done, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "POST /v1/rlocs/2001:db8::1/drain HTTP/1.1");
	assert_non_null(strcasestr(h.requests[0], "\r\nContent-Length: 0\r\n"));
	assert_null(strcasestr(h.requests[0], "Content-Type"));
	fake_http_free(&h);
	cli_ask(&r, &h, "cache clear [7]10.0.0.0/24", &done, 1);
	assert_int_equal(r.code, CLI_OK);
	cli_asked(&h, 0, "DELETE /v1/cache/ipv4:10.0.0.0%2f24?iid=7 HTTP/1.1");
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
	cli_ask(&r, &h, "counters", &a, 1);
	assert_string_equal(r.out, "NAME     LABELS  VALUE\n"
				   "a_total  type=x     12\n");
	fake_http_free(&h);
	cli_ask(&r, &h, "counters --all", &a, 1);
	assert_string_equal(r.out, "NAME     LABELS  VALUE\n"
				   "a_total  type=x     12\n"
				   "b_total  -           0\n");
	fake_http_free(&h);
	cli_ask(&r, &h, "-j counters", &a, 1);
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
	cli_ask(&r, &h, "-j counters --watch", script, 2);
	assert_int_equal(r.code, CLI_OK);
	assert_string_equal(r.out, "{\"name\":\"a\",\"labels\":{},\"value\":4,\"delta\":3}\n");
	fake_http_free(&h);
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
		cmocka_unit_test(with_j_what_goes_wrong_is_a_problem_document),
		cmocka_unit_test(a_missing_site_is_no_missing_mapping),
		cmocka_unit_test(the_wrong_daemon_is_told_by_name_and_what_it_is_asked_by),
		cmocka_unit_test(a_problem_cannot_steer_the_terminal),
		cmocka_unit_test(an_answer_without_words_tells_its_status),
		cmocka_unit_test(a_missing_daemon_exits_7),
		cmocka_unit_test(a_daemon_that_hangs_up_exits_7),
		cmocka_unit_test(a_silent_daemon_exits_4),
		cmocka_unit_test(a_socket_without_permission_exits_5),
		cmocka_unit_test(an_answer_that_is_no_json_fails),
		cmocka_unit_test(rloc_drain_and_cache_clear_name_their_object),
		cmocka_unit_test(counters_leave_zeros_out_for_people_only),
		cmocka_unit_test(counters_watch_prints_what_changed),
		cmocka_unit_test(status_asks_every_daemon_that_runs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
