/* What an API client may say of an end station, and what it is told when it may not. */
#include "tests/unit/trill_test.h"

#include <json-c/json.h>

#include "trill/station_body.h"

static unsigned int left_out;

static bool read_body(const char *text, struct rbridge_station *s, char *port, char *why)
{
	struct json_object *o = json_tokener_parse(text);
	const char *name;
	bool ok;

	why[0] = port[0] = '\0';
	ok = station_body_read(o, s, &name, &left_out, why);
	if (ok && name)
		strcpy(port, name);
	json_object_put(o);
	return ok;
}

static void k_a_body_has_a_port_and_addresses_of_both_families(void **state)
{
	char why[STATION_BODY_WHY], port[32];
	struct rbridge_station s;

	(void)state;
	assert_true(read_body("{\"port\":\"h0\",\"ips\":[\"192.0.2.1\",\"2001:db8::1\","
			      "\"192.0.2.2\",\"192.0.2.1\"]}",
		&s, port, why));
	assert_string_equal(port, "h0");
	assert_int_equal(s.ips.ipv4_count, 2); /* what is said twice counts once */
	assert_bytes(s.ips.ipv4[1], 4, "C0000202");
	assert_int_equal(s.ips.ipv6_count, 1);
	assert_bytes(s.ips.ipv6[0], 16, "20010DB8000000000000000000000001");
	assert_true(read_body("{}", &s, port, why));
	assert_string_equal(port, "");
	assert_int_equal(ip_list_count(&s.ips), 0);
	assert_true(read_body("{\"agent\":\"61000000000000000000000000ABCdef\"}", &s, port, why));
	assert_bytes(s.teller.bytes, 16, "61000000000000000000000000ABCDEF");
	assert_true(read_body("{}", &s, port, why));
	assert_bytes(s.teller.bytes, 16, "00000000000000000000000000000000");
}

static void k_a_body_that_no_station_can_have_is_refused_in_words(void **state)
{
	static const char *const bad[][2] = {
		{"[]", "no object"},
		{"\"h0\"", "no object"},
		{"7", "no object"},
		{"{\"ports\":\"h0\"}", "ports"},
		{"{\"agent\":7}", "agent"},
		{"{\"agent\":\"\"}", "agent is ''"},
		{"{\"agent\":\"6100000000000000000000000000000\"}", "32 hexadecimal"},
		{"{\"agent\":\"610000000000000000000000000000011\"}", "33"},
		{"{\"agent\":\"6100000000000000000000000000000g\"}", "32 hexadecimal"},
		{"{\"agent\":\"00000000000000000000000000000000\"}", "not all zero"},
		{"{\"port\":7}", "port"},
		{"{\"port\":null}", "port"},
		{"{\"port\":\"a name that is longer than 15\"}", "port"},
		{"{\"ips\":\"192.0.2.1\"}", "must be a list"},
		{"{\"ips\":{\"0\":\"192.0.2.1\"}}", "must be a list"},
		{"{\"ips\":[7]}", "'7' is no IP address"},
		{"{\"ips\":[null]}", "'null' is no IP address"},
		{"{\"ips\":[[\"192.0.2.1\"]]}", "is no IP address"},
		{"{\"ips\":[\"\"]}", "'' is no IP address"},
		{"{\"ips\":[\"192.0.2.1/32\"]}", "is no IP address"},
		{"{\"ips\":[\"52:54:00:00:00:01\"]}", "is no IP address"},
		{"{\"ips\":[\"0.0.0.0\"]}", "is no IP address"},
		{"{\"ips\":[\"224.0.0.1\"]}", "is no IP address"},
		{"{\"ips\":[\"255.255.255.255\"]}", "is no IP address"},
		{"{\"ips\":[\"127.0.0.1\"]}", "is no IP address"},
		{"{\"ips\":[\"::\"]}", "is no IP address"},
		{"{\"ips\":[\"ff02::1\"]}", "is no IP address"},
		{"{\"lease\":0}", "lease"},
		{"{\"lease\":3601}", "lease"},
		{"{\"lease\":\"3\"}", "lease"},
		{"{\"lease\":1.5}", "lease"},
	};
	char why[STATION_BODY_WHY], port[32];
	struct rbridge_station s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_body(bad[i][0], &s, port, why) || !strstr(why, bad[i][1]))
			fail_msg("%s: \"%s\", not \"%s\"", bad[i][0], why, bad[i][1]);
	}
}

static void k_of_more_addresses_than_a_station_has_the_first_count(void **state)
{
	char text[1024] = "{\"ips\":[", why[STATION_BODY_WHY], port[32];
	struct rbridge_station s;

	(void)state;
	for (unsigned int i = 1; i <= 18; i++)
		sprintf(text + strlen(text), "%s\"2001:db8::%x\"", i > 1 ? "," : "", i);
	strcat(text, ",\"192.0.2.1\",\"2001:db8::1\"]}");
	assert_true(read_body(text, &s, port, why));
	assert_int_equal(left_out, 2);
	assert_int_equal(s.ips.ipv6_count, 16);
	assert_bytes(s.ips.ipv6[15], 16, "20010DB8000000000000000000000010");
	assert_int_equal(s.ips.ipv4_count, 1);
	assert_true(read_body("{\"ips\":[\"192.0.2.1\",\"192.0.2.1\"]}", &s, port, why));
	assert_int_equal(left_out, 0);
}

static void k_a_body_says_for_how_long_one_of_several_has_the_mac(void **state)
{
	char why[STATION_BODY_WHY], port[32];
	struct rbridge_station s;

	(void)state;
	assert_true(read_body("{\"lease\":3}", &s, port, why));
	assert_int_equal(s.lease_s, 3);
	assert_true(read_body("{}", &s, port, why));
	assert_int_equal(s.lease_s, 0);
}

static void k_a_path_names_one_vlan_and_one_station(void **state)
{
	static const char *const bad[][2] = {{"0", "52:54:00:00:00:01"},
		{"4095", "52:54:00:00:00:01"}, {"010", "52:54:00:00:00:01"},
		{"-1", "52:54:00:00:00:01"}, {"1x", "52:54:00:00:00:01"},
		{"99999999999999999999", "52:54:00:00:00:01"}, {"", "52:54:00:00:00:01"},
		{NULL, NULL}, {"1", "01:00:5e:00:00:01"}, {"1", "ff:ff:ff:ff:ff:ff"},
		{"1", "00:00:00:00:00:00"}, {"1", "192.0.2.1"}, {"1", "52:54:00:00:00"},
		{"1", "\"52:54:00:00:00:01\""}, {"1", ""}};
	struct rbridge_station s = {.vlan = 0};
	char why[STATION_BODY_WHY];

	(void)state;
	assert_true(station_body_key("4094", "52:54:00:00:00:0A", &s, why));
	assert_int_equal(s.vlan, 4094);
	assert_bytes(s.mac.bytes, 6, "52540000000A");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (station_body_key(bad[i][0], bad[i][1], &s, why))
			fail_msg("%s %s", bad[i][0], bad[i][1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k_a_body_has_a_port_and_addresses_of_both_families),
		cmocka_unit_test(k_a_body_that_no_station_can_have_is_refused_in_words),
		cmocka_unit_test(k_of_more_addresses_than_a_station_has_the_first_count),
		cmocka_unit_test(k_a_body_says_for_how_long_one_of_several_has_the_mac),
		cmocka_unit_test(k_a_path_names_one_vlan_and_one_station),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
