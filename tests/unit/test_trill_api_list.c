/* The long lists of sunward-rbridge, of a real core, while it changes (docs/trill.md, J). What one
 * turn of the loop makes is counted in rows, and not in time. */
#include "tests/unit/trill_campus.h"

#include <json-c/json.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/api_fixture.h"
#include "trill/api.h"
#include "trill/shell.h"

#define MANY 100000
#define VLAN 10

struct world {
	struct fixture *f;
	struct virtual_campus *c;
	struct trill_shell shell;
	struct trill_config config;
	char *text;
	size_t used;
};

#define TEXT_MAX (64u << 20)

static struct mac mac_of(unsigned int i)
{
	return (struct mac){{2, 0, 1, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}};
}

/* The data plane of RBridge 0 has learned a station behind 1, or forgotten it. */
static void news(struct world *w, enum tables_news what, unsigned int i)
{
	struct tables_station is = {.mac = mac_of(i),
		.vlan = VLAN,
		.nickname = campus_nickname(w->c, 1),
		.confidence = TABLES_CONFIDENCE_DATA};

	rbridge_station(w->c->nodes[0].rb, what, &is, NULL, w->c->now);
}

static void roomy(struct rbridge_config *config, unsigned int number)
{
	config->stations_max = RBRIDGE_STATIONS_MAX;
}

static int setup(void **state)
{
	static const struct trill_ports_ops no_ports;
	static const struct api_options options = {.max_connections = 8, .timeout_s = 10};
	struct campus_options o = p2p;
	static struct world w;

	o.node = roomy;
	memset(&w, 0, sizeof(w));
	if (fixture_begin_with(state, &options))
		return -1;
	w.f = *state;
	*state = &w;
	w.c = campus_of(2, &o);
	wire(w.c, 0, 1, &o);
	campus_run_ms(w.c, 90000);
	w.shell.config = &w.config;
	w.config.core.system = lsp_id_of(0, 0).system;
	w.shell.rb = w.c->nodes[0].rb;
	w.shell.ports = trill_ports_new(w.f->base, NULL, NULL, &no_ports, &w.f->log);
	trill_api_routes(w.f->api, &w.shell);
	trill_api_ready(w.f->api, &w.shell);
	w.text = malloc(TEXT_MAX);
	return w.text && w.shell.ports ? 0 : -1;
}

static int teardown(void **state)
{
	struct world *w = *state;
	int err;

	*state = w->f;
	trill_ports_free(w->shell.ports);
	err = fixture_end(state);
	campus_free(w->c);
	free(w->text);
	return err;
}

static unsigned long counter(const struct world *w, const char *which)
{
	struct json_object *all = metrics_json(w->f->metrics), *list, *name, *value;
	unsigned long n = 0;

	json_object_object_get_ex(all, "counters", &list);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *row = json_object_array_get_idx(list, i);

		json_object_object_get_ex(row, "name", &name);
		json_object_object_get_ex(row, "value", &value);
		if (!strcmp(json_object_get_string(name), which))
			n = (unsigned long)json_object_get_int64(value);
	}
	json_object_put(all);
	return n;
}

/* Of all lists, so far. */
static unsigned long rows_made(const struct world *w)
{
	return counter(w, "sunward_api_list_rows_total");
}

static int begin_with(struct world *w, const char *method, const char *path)
{
	char request[128];
	int fd = dial(w->f);

	snprintf(request, sizeof(request), "%s %s HTTP/1.0\r\nHost: x\r\nConnection: close\r\n\r\n",
		method, path);
	say(fd, request);
	w->used = 0;
	return fd;
}

static int begin(struct world *w, const char *path)
{
	return begin_with(w, "GET", path);
}

/* One turn of the loop. False: the answer has come to its end. */
static bool turn(struct world *w, int fd)
{
	unsigned long before = rows_made(w);
	ssize_t n;

	event_base_loop(w->f->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	assert_true(rows_made(w) - before <= API_LIST_ROWS);
	n = recv(fd, w->text + w->used, TEXT_MAX - 1 - w->used, MSG_DONTWAIT);
	if (n > 0)
		w->used += (size_t)n;
	w->text[w->used] = '\0';
	return n != 0;
}

/* What has come, as JSON. */
static struct json_object *answer(const struct world *w)
{
	const char *body = strstr(w->text, "\r\n\r\n");
	struct json_object *o;

	assert_non_null(body);
	o = json_tokener_parse(body + 4);
	assert_non_null(o);
	return o;
}

static struct json_object *list_of(struct json_object *o, const char *name)
{
	struct json_object *list;

	assert_true(json_object_object_get_ex(o, name, &list));
	return list;
}

/* How often each station stands in the list. */
static unsigned char *counted(const struct world *w, unsigned int max, uint64_t *total)
{
	struct json_object *o = answer(w), *list = list_of(o, "macs"), *mac, *n;
	unsigned char *seen = calloc(max, 1);

	assert_non_null(seen);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		unsigned int a, b, c;

		json_object_object_get_ex(json_object_array_get_idx(list, i), "mac", &mac);
		assert_int_equal(
			sscanf(json_object_get_string(mac), "02:00:01:%x:%x:%x", &a, &b, &c), 3);
		assert_true((a << 16 | b << 8 | c) < max);
		seen[a << 16 | b << 8 | c]++;
	}
	json_object_object_get_ex(o, "total", &n);
	*total = (uint64_t)json_object_get_int64(n);
	json_object_put(o);
	return seen;
}

static void j_a_list_of_100000_stations_is_made_a_slice_a_turn(void **state)
{
	struct world *w = *state;
	unsigned char *seen;
	uint64_t total;
	int fd;

	for (unsigned int i = 0; i < MANY; i++)
		news(w, TABLES_LEARNED, i);
	fd = begin(w, "/v1/macs?limit=1000000");
	while (turn(w, fd))
		;
	close(fd);
	assert_int_equal(rows_made(w), MANY);
	seen = counted(w, MANY, &total);
	assert_int_equal(total, MANY);
	for (unsigned int i = 0; i < MANY; i++)
		assert_int_equal(seen[i], 1);
	free(seen);
}

/* Every third goes, and as many come, while the list is made. */
static void j_a_station_that_stays_is_listed_once_while_others_come_and_go(void **state)
{
	struct world *w = *state;
	unsigned int some = 6000, next = 0;
	unsigned char *seen;
	uint64_t total, rows = 0;
	int fd;

	for (unsigned int i = 0; i < some; i++)
		news(w, TABLES_LEARNED, i);
	fd = begin(w, "/v1/macs?vlan=10");
	while (turn(w, fd))
		for (unsigned int k = 0; rows_made(w) && k < 60 && next < some; k++) {
			unsigned int i = next++ * 4999 % some; /* in no order */

			if (i % 3)
				continue;
			news(w, TABLES_AGED, i);
			news(w, TABLES_LEARNED, some + i);
			news(w, TABLES_MOVED, i + 1); /* heard of again */
		}
	close(fd);
	assert_int_equal(next, some);
	seen = counted(w, 2 * some, &total);
	for (unsigned int i = 0; i < 2 * some; i++) {
		if (i < some && i % 3)
			assert_int_equal(seen[i], 1);
		assert_true(seen[i] <= 1);
		rows += seen[i];
	}
	assert_int_equal(total, rows); /* there was no limit in the way */
	free(seen);
	/* What is not asked for is not made; what is beyond the limit is counted. */
	fd = begin(w, "/v1/macs?vlan=11");
	while (turn(w, fd))
		;
	close(fd);
	assert_non_null(strstr(w->text, "{\"macs\":[],\"total\":0}"));
	fd = begin(w, "/v1/macs?limit=2");
	while (turn(w, fd))
		;
	close(fd);
	seen = counted(w, 2 * some, &total);
	assert_int_equal(total, mac_table_count(rbridge_stations(w->shell.rb)));
	free(seen);
}

static void assert_listed(struct world *w, const char *path, const char *name, size_t count)
{
	struct json_object *o;
	int fd = begin(w, path);

	while (turn(w, fd))
		;
	close(fd);
	o = answer(w);
	assert_int_equal(json_object_array_length(list_of(o, name)), count);
	json_object_put(o);
}

static struct json_object *member(struct json_object *list, unsigned int i, const char *name)
{
	struct json_object *v = NULL;

	assert_true(json_object_object_get_ex(json_object_array_get_idx(list, i), name, &v));
	return v;
}

/* RBridge 1 goes, and all that it said, when the list has begun and no row of it is made. */
static struct json_object *listed_while_1_goes(struct world *w, const char *path)
{
	unsigned long asked = counter(w, "sunward_api_requests_total"), made = rows_made(w);
	int fd = begin(w, path);

	while (counter(w, "sunward_api_requests_total") == asked)
		turn(w, fd);
	assert_int_equal(rows_made(w), made);
	campus_carrier(w->c, 0, false, &p2p);
	campus_run_ms(w->c, 1400000);
	assert_int_equal(rbridge_campus(w->shell.rb)->graph.node_count, 1);
	while (turn(w, fd))
		;
	close(fd);
	return answer(w);
}

static void h_a_list_of_the_campus_holds_together_while_it_changes(void **state)
{
	struct world *w = *state;
	struct json_object *o, *list;

	assert_listed(w, "/v1/nicknames", "nicknames", 2);
	assert_listed(w, "/v1/adjacencies", "adjacencies", 1);
	assert_listed(w, "/v1/lsdb", "lsdb", 2);
	assert_listed(w, "/v1/esadi", "esadi", 0);
	o = listed_while_1_goes(w, "/v1/campus");
	list = list_of(o, "rbridges");
	assert_int_equal(json_object_array_length(list), 2);
	assert_true(json_object_get_boolean(member(list, 0, "own")));
	assert_int_equal(json_object_get_int(member(list, 0, "cost")), 0);
	assert_string_equal(json_object_get_string(member(list, 1, "nickname")), "0x0101");
	assert_null(member(list, 1, "cost"));
	assert_null(member(list, 1, "vlans"));
	list = list_of(o, "links");
	assert_int_equal(json_object_array_length(list), 2);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(json_object_get_int(member(list, i, "from")) +
					 json_object_get_int(member(list, i, "to")),
			1);
	json_object_put(o);
	/* Where nothing refers to it, it is left out. */
	campus_carrier(w->c, 0, true, &p2p);
	campus_run_ms(w->c, 90000);
	o = listed_while_1_goes(w, "/v1/nicknames");
	list = list_of(o, "nicknames");
	assert_int_equal(json_object_array_length(list), 1);
	assert_string_equal(json_object_get_string(member(list, 0, "nickname")), "0x0100");
	json_object_put(o);
}

static struct json_object *asked(struct world *w, const char *path)
{
	int fd = begin(w, path);

	while (turn(w, fd))
		;
	close(fd);
	return answer(w);
}

static void has_no_nickname(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->nicknames[0].nickname = NICKNAME_NONE;
}

/* No port is in the configuration, and a nickname is there; then it is the other way round. */
static void p_who_has_no_port_or_no_nickname_is_not_ready(void **state)
{
	struct world *w = *state;
	struct rbridge *rb = w->shell.rb;
	struct campus_options o = p2p;
	struct virtual_campus *fresh;
	struct json_object *is;

	is = asked(w, "/readyz");
	assert_non_null(strstr(w->text, " 503 "));
	assert_non_null(
		strstr(w->text, "{\"ready\":false,\"reasons\":[\"no port is configured\"]}"));
	json_object_put(is);
	o.node = has_no_nickname;
	fresh = campus_of(1, &o);
	w->shell.rb = fresh->nodes[0].rb;
	is = asked(w, "/readyz");
	assert_non_null(strstr(w->text, "\"no nickname has been chosen yet\""));
	json_object_put(is);
	w->shell.rb = rb;
	campus_free(fresh);
}

/* RBridge 1 is gone, and its LSP says for 20 minutes that we are its neighbour. */
static void h_what_one_end_alone_reports_is_no_link(void **state)
{
	struct world *w = *state;

	assert_listed(w, "/v1/campus", "links", 2);
	campus_carrier(w->c, 0, false, &p2p);
	campus_run_ms(w->c, 90000);
	assert_listed(w, "/v1/campus", "rbridges", 2);
	assert_listed(w, "/v1/campus", "links", 0);
}

/* By itself `agent` would be passed over, and whatever agent's word taken back. */
static void k_an_agent_is_not_named_without_a_port(void **state)
{
	struct world *w = *state;
	int fd;

	news(w, TABLES_LEARNED, 1);
	fd = begin_with(w, "DELETE",
		"/v1/stations/10/02:00:01:00:00:01?agent=61000000000000000000000000000002");
	while (turn(w, fd))
		;
	close(fd);
	assert_non_null(strstr(w->text, " 400 "));
	assert_non_null(strstr(w->text, "agent: want `port`, too"));
	assert_listed(w, "/v1/macs", "macs", 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(p_who_has_no_port_or_no_nickname_is_not_ready),
		TEST(j_a_list_of_100000_stations_is_made_a_slice_a_turn),
		TEST(j_a_station_that_stays_is_listed_once_while_others_come_and_go),
		TEST(h_a_list_of_the_campus_holds_together_while_it_changes),
		TEST(h_what_one_end_alone_reports_is_no_link),
		TEST(k_an_agent_is_not_named_without_a_port),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
