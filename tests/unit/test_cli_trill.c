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
		{"trill mac", "GET /v1/macs?limit=10000 HTTP/1.1",
			"{\"macs\":[{\"vlan\":10,\"mac\":\"02:00:00:00:ee:02\",\"origin\":\"esadi\"}],"
			"\"total\":1}",
			"esadi"},
		{"trill mac --fgl 70000", "GET /v1/macs?fgl=70000&limit=10000 HTTP/1.1",
			"{\"macs\":[],\"total\":0}", "no end stations"},
		{"trill mac --vlan 10 --limit 7", "GET /v1/macs?vlan=10&limit=7 HTTP/1.1",
			"{\"macs\":[],\"total\":0}", "no end stations"},
		{"trill mac", "GET /v1/macs?limit=10000 HTTP/1.1",
			"{\"macs\":[{\"vlan\":10,\"ips\":[\"192.0.2.1\",\"2001:db8::1\"]}],"
			"\"total\":1}",
			"192.0.2.1, 2001:db8::1"},
		{"trill station leave 10 52:54:00:00:00:01",
			"DELETE /v1/stations/10/52:54:00:00:00:01 HTTP/1.1", "{\"was\":\"remote\"}",
			"remote"},
		{"trill esadi", "GET /v1/esadi HTTP/1.1",
			"{\"esadi\":[{\"vlan\":10,\"drb\":true,\"neighbors\":"
			"[{\"system_id\":\"0200.0000.0002\"}],\"received\":{\"taken\":3}}]}",
			"0200.0000.0002"},
		{"trill ping 0xb03 --count 1", "POST /v1/ping/0x0b03?vlan=1&count=1 HTTP/1.1",
			"{\"reached\":true,\"answers\":[{\"sequence\":1,\"result\":\"reached\","
			"\"nickname\":\"0x0b03\",\"rtt_us\":412}]}",
			"412"},
		{"trill trace 2819 --vlan 7", "POST /v1/trace/0x0b03?vlan=7 HTTP/1.1",
			"{\"reached\":true,\"answers\":[{\"hops\":1,\"nickname\":\"0x0b02\","
			"\"result\":\"on the way\"}]}",
			"on the way"},
		{"trill trace 0x0b03 --hops 63", "POST /v1/trace/0x0b03?vlan=1&hops=63 HTTP/1.1",
			"{\"reached\":true,\"answers\":[]}", "no answer"},
		{"trill check", "GET /v1/checks HTTP/1.1",
			"{\"checks\":[{\"nickname\":\"0x0b03\",\"state\":\"lost\",\"rdi\":true}],"
			"\"errored\":0}",
			"lost"},
		{"trill vlan", "GET /v1/vlans HTTP/1.1",
			"{\"vlans\":[{\"port\":\"h0\",\"appointed\":\"10-19\"}]}", "10-19"},
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

static void who_does_not_answer_a_ping_ends_it_with_a_code_of_its_own(void **state)
{
	static const struct fake_answer a = {200, NULL,
		"{\"reached\":false,\"answers\":[{\"sequence\":1,\"result\":\"lost\"}]}"};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "trill ping 0x0b03", &a, 1);
	assert_int_equal(r.code, CLI_TIMEOUT);
	assert_non_null(strstr(r.out, "lost"));
	assert_non_null(strstr(r.err, "0x0b03: no answer"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_nickname_that_none_can_have_is_not_asked_for(void **state)
{
	static const char *const lines[] = {"trill ping 0", "trill ping 0xffc0", "trill trace b3/x",
		"trill ping 1 --vlan 4095", "trill trace 1 --hops 64",
		"trill mac --vlan 10 --fgl 70000"};
	struct cli_run r;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cli_run_start(&r);
		cli_run(&r, lines[i]);
		assert_int_equal(r.code, CLI_USAGE);
		cli_run_end(&r);
	}
}

static void a_station_is_told_of_with_its_port_and_addresses(void **state)
{
	static const struct fake_answer a = {
		200, NULL, "{\"vlan\":10,\"mac\":\"52:54:00:00:00:01\",\"origin\":\"attested\"}"};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h,
		"trill station add 10 52:54:00:00:00:01 --port h0 --ip 192.0.2.1 --ip 2001:db8::1",
		&a, 1);
	cli_asked(&h, 0, "PUT /v1/stations/10/52:54:00:00:00:01 HTTP/1.1");
	assert_string_equal(
		cli_body(&h, 0), "{\"ips\":[\"192.0.2.1\",\"2001:db8::1\"],\"port\":\"h0\"}");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "attested"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_station_that_none_can_be_is_not_told_of(void **state)
{
	static const char *const lines[] = {"trill station", "trill station add 10",
		"trill station come 10 52:54:00:00:00:01",
		"trill station add 4095 52:54:00:00:00:01", "trill station add 10 192.0.2.1",
		"trill station add 10 52:54:00:00:00:01 --ip 52:54:00:00:00:01",
		"trill station leave 10 52:54:00:00:00:01 --ip 192.0.2.1"};
	struct cli_run r;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		cli_run_start(&r);
		cli_run(&r, lines[i]);
		assert_int_equal(r.code, CLI_USAGE);
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

/* What is missing, in the table: of the second member, and by which trees. */
static void a_bond_is_shown_with_what_its_members_lack(void **state)
{
	static const struct fake_answer a = {200, NULL,
		"{\"daemon\":\"sunward-rbridge\",\"ports\":[],\"lags\":[{\"id\":\"02:00:00:00:ee:01:00:00\","
		"\"port\":\"h0\",\"state\":\"member\",\"trees\":[2,3],\"members\":["
		"{\"system_id\":\"0200.0000.0001\",\"serves\":true,\"vlans_missing\":null,"
		"\"fgls_missing\":null},{\"system_id\":\"0200.0000.0002\",\"serves\":true,"
		"\"vlans_missing\":\"20-29\",\"fgls_missing\":\"70000\"}]}]}"};
	struct fake_http h;
	struct cli_run r;
	const char *second;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "trill status", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "VLANS MISSING"));
	assert_non_null(strstr(r.out, "FGLS MISSING"));
	assert_non_null(strstr(r.out, "2, 3"));
	second = strstr(r.out, "0200.0000.0002");
	assert_non_null(second);
	assert_non_null(strstr(second, "20-29"));
	assert_non_null(strstr(second, "70000"));
	fake_http_free(&h);
	cli_run_end(&r);
}

static void a_list_that_is_cut_says_so(void **state)
{
	static const struct fake_answer
		cut = {200, NULL,
			"{\"macs\":[{\"vlan\":10,\"mac\":\"02:00:00:00:ee:02\"}],\"total\":3}"},
		whole = {200, NULL, "{\"macs\":[{\"vlan\":10}],\"total\":1}"},
		none = {200, NULL, "{\"total\":3}"},
		campus = {200, NULL, "{\"rbridges\":[],\"links\":[],\"cut\":true}"};
	static const struct {
		const char *line;
		const struct fake_answer *answer;
		enum cli_exit code;
		const char *err; /* NULL: nothing */
	} cases[] = {
		{"trill mac --limit 1", &cut, CLI_OK, "1 of 3 end stations are shown; see --limit"},
		{"-j trill mac --limit 1", &cut, CLI_OK, NULL}, /* total says it */
		{"trill mac", &whole, CLI_OK, NULL},
		{"trill mac", &none, CLI_FAILED,
			"/v1/macs?limit=10000: the answer has no list \"macs\""},
		{"trill campus", &campus, CLI_OK, "this is a part of it"},
		{"-j trill campus", &campus, CLI_OK, NULL},
	};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cli_run_start(&r);
		cli_ask(&r, &h, cases[i].line, cases[i].answer, 1);
		assert_int_equal(r.code, cases[i].code);
		if (cases[i].err)
			assert_non_null(strstr(r.err, cases[i].err));
		else
			assert_string_equal(r.err, "");
		fake_http_free(&h);
		cli_run_end(&r);
	}
}

#define CAMPUS                                                                                      \
	"{\"rbridges\":["                                                                           \
	"{\"system_id\":\"0200.0000.0001\",\"pseudonode\":0,\"nickname\":\"0x0b01\",\"own\":true,"  \
	"\"overloaded\":false,\"vlans\":\"10\",\"cost\":0},"                                        \
	"{\"system_id\":\"0200.0000.0002\",\"pseudonode\":0,\"nickname\":\"<&\\\"\",\"own\":false," \
	"\"overloaded\":true,\"vlans\":null,\"cost\":700},"                                         \
	"{\"system_id\":\"0200.0000.0002\",\"pseudonode\":1,\"nickname\":null,\"own\":false,"       \
	"\"overloaded\":false,\"vlans\":null,\"cost\":700}],"                                       \
	"\"links\":[{\"from\":0,\"to\":1,\"cost\":700},{\"from\":1,\"to\":0,\"cost\":800},"         \
	"{\"from\":0,\"to\":2,\"cost\":700},{\"from\":9,\"to\":2,\"cost\":1}],\"cut\":false}"

static void the_campus_is_drawn(void **state)
{
	static const struct fake_answer answers[] = {{200, NULL, CAMPUS},
		{200, NULL, "{\"rbridges\":[],\"links\":[]}"}, {200, NULL, "[]"}};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "trill campus", answers, 1);
	cli_asked(&h, 0, "GET /v1/campus HTTP/1.1");
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strstr(r.out, "<0x0b01>"));
	assert_non_null(strstr(r.out, "!]"));
	assert_non_null(strstr(r.out, "(LAN)"));
	assert_non_null(strstr(r.out, "700/800"));
	assert_non_null(strstr(r.out, "0200.0000.0002"));
	fake_http_free(&h);
	for (unsigned int i = 1; i < 3; i++) { /* a daemon that has nothing, or is none */
		cli_ask(&r, &h, "trill campus", &answers[i], 1);
		assert_int_equal(r.code, CLI_OK);
		assert_string_equal(r.out, "no RBridge has told of itself yet\n");
		fake_http_free(&h);
	}
	cli_run_end(&r);
}

/* The one stands above the other, and the line between them is straight. */
static void two_rbridges_are_joined_by_a_straight_line(void **state)
{
	static const struct fake_answer a = {200, NULL,
		"{\"rbridges\":[{\"system_id\":\"0200.0000.0001\",\"nickname\":\"0x0b01\","
		"\"pseudonode\":0,\"own\":true},{\"system_id\":\"0200.0000.0002\","
		"\"nickname\":\"0x0b02\",\"pseudonode\":0}],"
		"\"links\":[{\"from\":0,\"to\":1,\"cost\":700},{\"from\":1,\"to\":0,"
		"\"cost\":700}]}"};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "trill campus", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_non_null(strchr(r.out, '|'));
	assert_null(strchr(r.out, '\\'));
	assert_null(strchr(r.out, '/'));
	fake_http_free(&h);
	cli_run_end(&r);
}

static unsigned int occurrences(const char *text, const char *what)
{
	unsigned int n = 0;

	for (; (text = strstr(text, what)); text++)
		n++;
	return n;
}

static void the_campus_is_drawn_as_svg(void **state)
{
	static const struct fake_answer a = {200, NULL, CAMPUS};
	struct fake_http h;
	struct cli_run r;

	(void)state;
	cli_run_start(&r);
	cli_ask(&r, &h, "trill campus --svg -", &a, 1);
	assert_int_equal(r.code, CLI_OK);
	assert_int_equal(occurrences(r.out, "<line "), 2);
	assert_int_equal(occurrences(r.out, "class=\"own\""), 1);
	assert_int_equal(occurrences(r.out, "<circle "), 1);
	assert_non_null(strstr(r.out, "&lt;&amp;&quot;"));
	assert_null(strstr(r.out, "<&"));
	fake_http_free(&h);
	cli_ask(&r, &h, "trill campus --svg /nowhere/campus.svg", &a, 1);
	assert_int_equal(r.code, CLI_FAILED);
	assert_non_null(strstr(r.err, "/nowhere/campus.svg: No such file or directory"));
	fake_http_free(&h);
	cli_run_end(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_verb_asks_for_its_own),
		cmocka_unit_test(who_does_not_answer_a_ping_ends_it_with_a_code_of_its_own),
		cmocka_unit_test(a_nickname_that_none_can_have_is_not_asked_for),
		cmocka_unit_test(a_station_is_told_of_with_its_port_and_addresses),
		cmocka_unit_test(a_station_that_none_can_be_is_not_told_of),
		cmocka_unit_test(json_has_all_that_the_view_names),
		cmocka_unit_test(a_bond_is_shown_with_what_its_members_lack),
		cmocka_unit_test(a_list_that_is_cut_says_so),
		cmocka_unit_test(the_campus_is_drawn),
		cmocka_unit_test(two_rbridges_are_joined_by_a_straight_line),
		cmocka_unit_test(the_campus_is_drawn_as_svg),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
