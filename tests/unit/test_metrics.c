/* Counters: shards that sum up, the exact Prometheus text, what promtool thinks of it, and bad
 * tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <event2/buffer.h>
#include <json-c/json.h>

#include "lib/service/metrics.h"

enum { PACKETS, DROP_MAC, DROP_SHORT };

static const struct metric rows[] = {
	[PACKETS] = {"sunward_test_packets_total", "Datagrams received.", NULL, NULL,
		METRIC_COUNTER},
	[DROP_MAC] = {"sunward_test_dropped_total", "Dropped\\lost,\nby reason.", "reason",
		"bad \"mac\"", METRIC_COUNTER},
	[DROP_SHORT] = {"sunward_test_dropped_total", "", "reason", "a\\b\nc", METRIC_COUNTER},
};

static const struct metric gauges[] = {
	{"sunward_test_eids", "Registered EIDs.", NULL, NULL, METRIC_GAUGE},
};

static void read_gauge(void *arg, uint64_t *values)
{
	values[0] = *(uint64_t *)arg;
}

static char *text_of(const struct metrics *m)
{
	struct evbuffer *out = evbuffer_new();
	char *text;
	size_t n;

	assert_int_equal(metrics_text(m, out), 0);
	n = evbuffer_get_length(out);
	text = calloc(1, n + 1);
	assert_non_null(text);
	evbuffer_remove(out, text, n);
	evbuffer_free(out);
	return text;
}

static void the_text_is_prometheus_own(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_table *t = metrics_add(m, rows, 3, 2);
	uint64_t gauge = UINT64_MAX;
	char *text;

	assert_non_null(t);
	assert_non_null(metrics_add_source(m, gauges, 1, read_gauge, &gauge));
	metrics_count(metrics_shard(t, 0), PACKETS);
	metrics_count_n(metrics_shard(t, 1), PACKETS, 41);
	metrics_count(metrics_shard(t, 1), DROP_SHORT);
	assert_int_equal(metrics_sum(t, PACKETS), 42);
	text = text_of(m);
	assert_string_equal(text,
		"# HELP sunward_test_packets_total Datagrams received.\n"
		"# TYPE sunward_test_packets_total counter\n"
		"sunward_test_packets_total 42\n"
		"# HELP sunward_test_dropped_total Dropped\\\\lost,\\nby reason.\n"
		"# TYPE sunward_test_dropped_total counter\n"
		"sunward_test_dropped_total{reason=\"bad \\\"mac\\\"\"} 0\n"
		"sunward_test_dropped_total{reason=\"a\\\\b\\nc\"} 1\n"
		"# HELP sunward_test_eids Registered EIDs.\n"
		"# TYPE sunward_test_eids gauge\n"
		"sunward_test_eids 18446744073709551615\n");
	free(text);
	metrics_free(m);
}

static void add_gauge(void *arg, uint64_t *values)
{
	values[0] += *(uint64_t *)arg;
}

static void a_source_starts_from_nothing_each_time(void **state)
{
	struct metrics *m = metrics_new();
	uint64_t gauge = 3;

	assert_non_null(metrics_add_source(m, gauges, 1, add_gauge, &gauge));
	for (int i = 0; i < 2; i++) {
		char *text = text_of(m);

		assert_non_null(strstr(text, "\nsunward_test_eids 3\n"));
		free(text);
	}
	metrics_free(m);
}

static void promtool_finds_nothing_wrong(void **state)
{
	struct metrics *m;
	struct metrics_table *t;
	FILE *promtool;
	char *text;

	if (system("command -v promtool >/dev/null 2>&1")) {
		print_message("promtool (package prometheus) is not here\n");
		skip();
	}
	m = metrics_new();
	t = metrics_add(m, rows, 3, 1);
	metrics_count(metrics_shard(t, 0), DROP_MAC);
	text = text_of(m);
	promtool = popen("promtool check metrics", "w");
	assert_non_null(promtool);
	fputs(text, promtool);
	assert_int_equal(pclose(promtool), 0);
	free(text);
	metrics_free(m);
}

static void the_json_says_the_same(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_table *t = metrics_add(m, rows, 2, 1);
	struct json_object *o;

	metrics_count_n(metrics_shard(t, 0), DROP_MAC, 7);
	o = metrics_json(m);
	assert_string_equal(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
		"{\"counters\":[{\"name\":\"sunward_test_packets_total\",\"labels\":{},\"type\":"
		"\"counter\",\"value\":0},{\"name\":\"sunward_test_dropped_total\",\"labels\":{"
		"\"reason\":\"bad \\\"mac\\\"\"},\"type\":\"counter\",\"value\":7}]}");
	json_object_put(o);
	metrics_free(m);
}

static void bad_tables_are_refused(void **state)
{
	static const struct metric upper[] = {{"Upper", "x", NULL, NULL, METRIC_COUNTER}};
	static const struct metric digit[] = {{"1x", "x", NULL, NULL, METRIC_COUNTER}};
	static const struct metric no_value[] = {{"x", "x", "label", NULL, METRIC_COUNTER}};
	static const struct metric twice[] = {
		{"x", "x", "l", "v", METRIC_COUNTER}, {"x", "x", "l", "v", METRIC_COUNTER}};
	static const struct metric apart[] = {{"x", "x", "l", "v", METRIC_COUNTER},
		{"y", "x", NULL, NULL, METRIC_COUNTER}, {"x", "x", "l", "w", METRIC_COUNTER}};
	struct metrics *m = metrics_new();

	assert_null(metrics_add(m, upper, 1, 1));
	assert_null(metrics_add(m, digit, 1, 1));
	assert_null(metrics_add(m, no_value, 1, 1));
	assert_null(metrics_add(m, twice, 2, 1));
	assert_null(metrics_add(m, apart, 3, 1));
	assert_null(metrics_add(m, rows, 0, 1));
	assert_non_null(metrics_add(m, rows, 3, 1));
	assert_null(metrics_add(m, rows, 3, 1));
	metrics_free(m);
}

static void a_shard_has_cache_lines_of_its_own(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_table *t = metrics_add(m, rows, 3, 3);
	uintptr_t a = (uintptr_t)metrics_shard(t, 0), b = (uintptr_t)metrics_shard(t, 1);

	assert_int_equal(a % 64, 0);
	assert_true(b - a >= 64);
	assert_int_equal((b - a) % 64, 0);
	metrics_free(m);
}

#define ROUNDS 100000

static void *count_up(void *arg)
{
	for (int i = 0; i < ROUNDS; i++)
		metrics_count(arg, PACKETS);
	return NULL;
}

static void nothing_is_lost_between_threads(void **state)
{
	struct metrics *m = metrics_new();
	struct metrics_table *t = metrics_add(m, rows, 3, 4);
	uint64_t last = 0;
	pthread_t threads[4];

	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, count_up, metrics_shard(t, i)), 0);
	for (int i = 0; i < 1000; i++) {
		uint64_t now = metrics_sum(t, PACKETS);

		assert_true(now >= last);
		last = now;
	}
	for (unsigned int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(metrics_sum(t, PACKETS), 4 * ROUNDS);
	metrics_free(m);
}

/* ---- rows that come and go ---- */

static const struct metric living[] = {
	{"test_rooms", "Rooms of a house.", "house", "", METRIC_GAUGE},
	{"test_visits_total", "Visits to a house.", "house", "", METRIC_COUNTER},
};

static void tell_houses(void *arg, size_t family, struct metrics_told *to)
{
	const unsigned int *houses = arg;

	if (*houses > 0)
		metrics_tell(to, "white \"and\" blue", family ? 7 : 3);
	if (*houses > 1)
		metrics_tell(to, "red", family ? 70 : 30);
}

static const char *living_text(const struct metrics *m, const char *only)
{
	static char text[4096];
	struct evbuffer *out = evbuffer_new();
	int n;

	assert_int_equal(only ? metrics_text_only(m, only, out) : metrics_text(m, out), 0);
	n = evbuffer_remove(out, text, sizeof(text) - 1);
	text[n < 0 ? 0 : n] = '\0';
	evbuffer_free(out);
	return text;
}

static void living_rows_are_told_as_they_are_now(void **state)
{
	unsigned int houses = 2;
	struct metrics *m = metrics_new();
	struct json_object *o;

	assert_non_null(metrics_add_living(m, living, 2, tell_houses, &houses));
	assert_string_equal(living_text(m, NULL),
		"# HELP test_rooms Rooms of a house.\n"
		"# TYPE test_rooms gauge\n"
		"test_rooms{house=\"white \\\"and\\\" blue\"} 3\n"
		"test_rooms{house=\"red\"} 30\n"
		"# HELP test_visits_total Visits to a house.\n"
		"# TYPE test_visits_total counter\n"
		"test_visits_total{house=\"white \\\"and\\\" blue\"} 7\n"
		"test_visits_total{house=\"red\"} 70\n");
	o = metrics_json(m);
	assert_string_equal(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN),
		"{\"counters\":["
		"{\"name\":\"test_rooms\",\"labels\":{\"house\":\"white \\\"and\\\" blue\"},\"type\":"
		"\"gauge\",\"value\":3},"
		"{\"name\":\"test_rooms\",\"labels\":{\"house\":\"red\"},\"type\":\"gauge\",\"value\":30},"
		"{\"name\":\"test_visits_total\",\"labels\":{\"house\":\"white \\\"and\\\" "
		"blue\"},\"type\":\"counter\",\"value\":7},"
		"{\"name\":\"test_visits_total\",\"labels\":{\"house\":\"red\"},\"type\":\"counter\","
		"\"value\":70}]}");
	json_object_put(o);
	houses = 0;
	assert_string_equal(living_text(m, NULL), "");
	metrics_free(m);
}

static void one_party_is_told_its_own_rows_only(void **state)
{
	unsigned int houses = 2;
	struct metrics *m = metrics_new();
	struct json_object *o;

	assert_non_null(metrics_add(m, rows, 3, 1));
	assert_non_null(metrics_add_living(m, living, 2, tell_houses, &houses));
	assert_string_equal(living_text(m, "red"), "# HELP test_rooms Rooms of a house.\n"
						   "# TYPE test_rooms gauge\n"
						   "test_rooms{house=\"red\"} 30\n"
						   "# HELP test_visits_total Visits to a house.\n"
						   "# TYPE test_visits_total counter\n"
						   "test_visits_total{house=\"red\"} 70\n");
	assert_string_equal(living_text(m, "green"), "");
	o = metrics_json_only(m, "green");
	assert_string_equal(
		json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN), "{\"counters\":[]}");
	json_object_put(o);
	metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_is_prometheus_own),
		cmocka_unit_test(a_source_starts_from_nothing_each_time),
		cmocka_unit_test(promtool_finds_nothing_wrong),
		cmocka_unit_test(the_json_says_the_same),
		cmocka_unit_test(bad_tables_are_refused),
		cmocka_unit_test(a_shard_has_cache_lines_of_its_own),
		cmocka_unit_test(nothing_is_lost_between_threads),
		cmocka_unit_test(living_rows_are_told_as_they_are_now),
		cmocka_unit_test(one_party_is_told_its_own_rows_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
