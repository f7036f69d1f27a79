/* The xTR's side of its RBridge: rows read, lists and events followed over breaks, and who left
 * told. The RBridge is a stand-in that plays a script. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <event2/event.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/station_teller.h"
#include "lib/base/log.h"
#include "lib/service/json.h"
#include "tests/unit/fake_http.h"
#include "xtr/rbridge.h"
#include "xtr/rbridge_row.h"

#define PATIENCE_S 20

/* ---- rows ---- */

static bool row(const char *text, uint16_t *vlan, struct router_station *s)
{
	char why[160] = "";
	struct json_object *o = json_read(text, strlen(text), why, sizeof(why));
	bool read = o && rbridge_row_read(o, vlan, s, why, sizeof(why));

	assert_true(read || *why);
	json_object_put(o);
	return read;
}

#define ROW(rest) "{\"vlan\":10,\"mac\":\"02:00:00:00:ee:02\"," rest "}"

static void a_row_of_the_interface_is_read(void **state)
{
	struct router_station s;
	uint16_t vlan;

	assert_true(row(ROW("\"local\":false,\"port\":null,\"nickname\":\"0x0b03\",\"cost\":4000,"
			    "\"confidence\":64,\"origin\":\"esadi\","
			    "\"ips\":[\"192.0.2.9\",\"2001:db8::9\"]"),
		&vlan, &s));
	assert_int_equal(vlan, 10);
	assert_memory_equal(s.mac, ((uint8_t[]){2, 0, 0, 0, 0xee, 2}), 6);
	assert_true(s.attested && s.has_cost && !s.gone);
	assert_int_equal(s.nickname, 0x0b03);
	assert_int_equal(s.cost, 4000);
	assert_int_equal(s.ip_count, 2);
	assert_int_equal(s.ips[1].afi, AFI_IPV6);
	assert_true(row(ROW("\"nickname\":null,\"cost\":null,\"confidence\":63,"
			    "\"origin\":\"esadi\",\"ips\":[],\"gone\":true,\"new\":{}"),
		&vlan, &s));
	assert_false(s.attested || s.has_cost || !s.gone);
	assert_int_equal(s.nickname, 0);
	assert_true(row(ROW("\"origin\":\"attested\",\"ips\":[]"), &vlan, &s) && s.attested);
	assert_true(row(ROW("\"origin\":\"static\",\"ips\":[]"), &vlan, &s) && s.attested);
	assert_true(row(ROW("\"origin\":\"port\",\"confidence\":255,\"ips\":[]"), &vlan, &s));
	assert_false(s.attested);
}

/* As many as an RBridge tells, 16 of a family; and no more than there is room for. */
static void a_row_has_room_for_all_addresses_that_an_rbridge_tells(void **state)
{
	char text[1024];
	struct router_station s;
	uint16_t vlan;

	for (unsigned int count = 32; count <= 33; count++) {
		strcpy(text, "{\"vlan\":10,\"mac\":\"02:00:00:00:ee:02\",\"origin\":\"port\","
			     "\"ips\":[\"10.0.0.1\"");
		for (unsigned int i = 2; i <= count; i++)
			sprintf(text + strlen(text), ",\"10.0.0.%u\"", i);
		strcat(text, "]}");
		assert_true(row(text, &vlan, &s));
		assert_int_equal(s.ip_count, 32);
		assert_int_equal(s.ips[31].bytes[3], 32);
	}
}

static void rows_that_are_wrong_are_refused_with_the_reason(void **state)
{
	static const char *const bad[] = {"[]", "{}",
		"{\"vlan\":0,\"mac\":\"02:00:00:00:ee:02\",\"origin\":\"port\",\"ips\":[]}",
		"{\"vlan\":4095,\"mac\":\"02:00:00:00:ee:02\",\"origin\":\"port\",\"ips\":[]}",
		"{\"vlan\":10,\"origin\":\"port\",\"ips\":[]}",
		"{\"vlan\":10,\"mac\":\"10.0.0.1\",\"origin\":\"port\",\"ips\":[]}",
		ROW("\"ips\":[]"), ROW("\"origin\":\"port\""), ROW("\"origin\":1,\"ips\":[]"),
		ROW("\"origin\":\"port\",\"ips\":{}"), ROW("\"origin\":\"port\",\"ips\":[1]"),
		ROW("\"origin\":\"port\",\"ips\":[\"02:00:00:00:ee:02\"]"),
		ROW("\"origin\":\"port\",\"ips\":[],\"nickname\":\"0b03\""),
		ROW("\"origin\":\"port\",\"ips\":[],\"nickname\":\"0x\""),
		ROW("\"origin\":\"port\",\"ips\":[],\"nickname\":\"0x12345\""),
		ROW("\"origin\":\"port\",\"ips\":[],\"cost\":-1"),
		ROW("\"origin\":\"port\",\"ips\":[],\"cost\":4294967296"),
		ROW("\"origin\":\"port\",\"ips\":[],\"confidence\":256"),
		ROW("\"origin\":\"port\",\"ips\":[],\"gone\":1")};
	struct router_station s;
	uint16_t vlan;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (row(bad[i], &vlan, &s))
			fail_msg("%s was taken", bad[i]);
}

/* ---- a conversation ---- */

struct owner {
	struct event_base *base;
	struct log log;
	struct rbridge *rb;
	char said[2048];
	const char *until; /* the loop ends when this was said */
};

static void quiet(struct log *log, enum log_level level, const char *line)
{
}

static void say(struct owner *o, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(struct owner *o, const char *format, ...)
{
	size_t len = strlen(o->said);
	va_list ap;

	va_start(ap, format);
	vsnprintf(o->said + len, sizeof(o->said) - len, format, ap);
	va_end(ap);
	if (o->until && strstr(o->said, o->until))
		event_base_loopbreak(o->base);
}

static void on_station(void *arg, const struct router_station *s)
{
	assert_int_equal(s->iid, 7);
	say(arg, "%s %02x on %d%s;", s->listed ? "listed" : "event", s->mac[5], s->ifindex,
		s->gone ? " gone" : "");
}

static void on_list_begin(void *arg)
{
	say(arg, "list:");
}

static void on_list_end(void *arg, bool counts)
{
	say(arg, counts ? "end;" : "read;");
}

static int on_port(void *arg, const char *name, uint32_t iid)
{
	return strcmp(name, "lan") == 0 ? 3 : 0;
}

static const struct rbridge_ops ops = {.station = on_station,
	.list_begin = on_list_begin,
	.list_end = on_list_end,
	.port = on_port};

static void open_settling(struct owner *o, struct fake_http *h, uint32_t settled_ms)
{
	struct xtr_config_rbridge config = {.socket = h->path,
		.vlans = {{.vlan = 10, .port = "lan", .iid = 7},
			{.vlan = 20, .port = "not there", .iid = 7}},
		.vlan_count = 2};
	struct rbridge_ops mine = ops;

	*o = (struct owner){.base = event_base_new()};
	log_init_sink(&o->log, quiet, NULL);
	mine.arg = o;
	mine.settled_ms = settled_ms;
	o->rb = rbridge_new(o->base, &config, &mine, &o->log);
	assert_non_null(o->rb);
	assert_true(rbridge_is(o->rb, &config));
	config.vlans[0].vlan = 11;
	assert_false(rbridge_is(o->rb, &config));
}

static void open_owner(struct owner *o, struct fake_http *h)
{
	open_settling(o, h, 0);
}

static void run(struct owner *o, const char *until)
{
	const struct timeval patience = {.tv_sec = PATIENCE_S};

	o->until = until;
	event_base_loopexit(o->base, &patience);
	if (!strstr(o->said, until))
		event_base_dispatch(o->base);
	if (!strstr(o->said, until))
		fail_msg("not said in %d s: %s; but %s", PATIENCE_S, until, o->said);
}

static void close_owner(struct owner *o)
{
	rbridge_free(o->rb);
	event_base_free(o->base);
}

#define STATION(vlan, last, more)                                                                  \
	"{\"vlan\":" #vlan ",\"mac\":\"02:00:00:00:00:" #last "\",\"nickname\":\"0x0c01\","        \
	"\"confidence\":64,\"origin\":\"esadi\",\"ips\":[\"10.0.0.1\"]" more "}"

static void lists_and_events_come_to_the_owner(void **state)
{
	/* One connection after another: the stream ends, and is taken up again after the lists. */
	static const struct fake_answer script[] = {
		{200, "text/event-stream", ": events follow\nid: 1\n\n"},
		{200, NULL,
			"{\"macs\":[" STATION(10, 05, "") ",{\"vlan\":10}," STATION(
				10, 06, "") "],\"total\":2}"},
		{200, NULL, "{\"macs\":[" STATION(20, 07, "") "],\"total\":1}"},
		{200, "text/event-stream",
			"id: 2\nevent: station\ndata: " STATION(10, 06,
				",\"gone\":true") "\n\n"
						  "id: 3\nevent: station\ndata: " STATION(30, 08,
							  "") "\n\n"
							      "id: 4\nevent: station\ndata: {\n\n"
							      "id: 5\nevent: adjacency\ndata: {}\n\n"
							      "id: 6\nevent: station\ndata: " STATION(
								      10, 09, "") "\n\n"},
	};
	uint64_t counters[RBRIDGE_COUNTERS];
	struct fake_http h;
	struct owner o;

	fake_http_start(&h, "rbridge.sock", script, 4);
	open_owner(&o, &h);
	run(&o, "event 09");
	assert_string_equal(o.said,
		"list:listed 05 on 3;listed 06 on 3;read;event 06 on 3 gone;event 09 on 3;");
	rbridge_counters(o.rb, counters);
	assert_int_equal(counters[RBRIDGE_STANDS], 1);
	assert_int_equal(counters[RBRIDGE_LISTS], 1);
	assert_int_equal(counters[RBRIDGE_BROKEN], 0);
	assert_int_equal(counters[RBRIDGE_BAD_ROWS], 2);
	fake_http_stop(&h);
	assert_ptr_equal(
		strstr(h.requests[1], "GET /v1/macs?vlan=10&limit=1000000 "), h.requests[1]);
	assert_ptr_equal(
		strstr(h.requests[2], "GET /v1/macs?vlan=20&limit=1000000 "), h.requests[2]);
	assert_non_null(strstr(h.requests[3], "Last-Event-ID: 1\r\n"));
	close_owner(&o);
	fake_http_free(&h);
}

static void a_gap_has_the_list_read_again(void **state)
{
	static const struct fake_answer script[] = {
		{200, "text/event-stream", "id: 1\n\n"},
		{200, NULL, "{\"macs\":[],\"total\":0}"},
		{200, NULL, "{\"macs\":[],\"total\":0}"},
		{200, "text/event-stream", "event: gap\ndata: {\"after\":1}\n\nid: 9\n\n"},
		{200, NULL, "{\"macs\":[" STATION(10, 05, "") "],\"total\":0}"},
	};
	struct fake_http h;
	struct owner o;

	fake_http_start(&h, "rbridge.sock", script, 5);
	open_owner(&o, &h);
	run(&o, "listed 05");
	assert_string_equal(o.said, "list:read;list:listed 05 on 3;");
	close_owner(&o);
	fake_http_stop(&h);
	fake_http_free(&h);
}

#define EMPTY "{\"macs\":[],\"total\":0}"

/* The stream goes on where it stopped: it says of no gap, and nothing else has the list read. */
static void lists_that_broke_with_the_stream_are_read_when_it_goes_on(void **state)
{
	static const struct fake_answer script[] = {
		{200, "text/event-stream", "id: 1\n\n"},
		{.status = -1},
		{200 | FAKE_HTTP_STAYS, "text/event-stream", "id: 2\n\n"},
		{200, NULL, "{\"macs\":[" STATION(10, 05, "") "],\"total\":1}"},
		{200, NULL, EMPTY},
	};
	struct fake_http h;
	struct owner o;

	fake_http_start(&h, "rbridge.sock", script, 5);
	open_settling(&o, &h, 60);
	run(&o, "end;");
	assert_string_equal(o.said, "list:read;list:listed 05 on 3;end;");
	fake_http_stop(&h);
	assert_non_null(strstr(h.requests[2], "Last-Event-ID: 1\r\n"));
	close_owner(&o);
	fake_http_free(&h);
}

static void a_list_with_a_bad_row_does_not_count_and_another_is_read_that_does(void **state)
{
	static const struct fake_answer script[] = {
		{200 | FAKE_HTTP_STAYS, "text/event-stream", "id: 1\n\n"},
		{200, NULL, "{\"macs\":[" STATION(10, 05, "") "],\"total\":1}"},
		{200, NULL, EMPTY},
		{200, NULL, "{\"macs\":[{\"vlan\":10}],\"total\":1}"},
		{200, NULL, EMPTY},
		{200, NULL, "{\"macs\":[" STATION(10, 06, "") "],\"total\":1}"},
		{200, NULL, EMPTY},
	};
	struct fake_http h;
	struct owner o;

	fake_http_start(&h, "rbridge.sock", script, 7);
	open_settling(&o, &h, 50);
	run(&o, "end;");
	assert_string_equal(o.said, "list:listed 05 on 3;read;list:read;list:listed 06 on 3;end;");
	fake_http_stop(&h);
	close_owner(&o);
	fake_http_free(&h);
}

/* The RBridge has more end stations than it gives rows. */
static void a_list_that_is_cut_ends_nobody_and_another_is_read(void **state)
{
	static const struct fake_answer script[] = {
		{200 | FAKE_HTTP_STAYS, "text/event-stream", "id: 1\n\n"},
		{200, NULL, "{\"macs\":[" STATION(10, 05, "") "],\"total\":1}"},
		{200, NULL, EMPTY},
		{200, NULL, "{\"macs\":[" STATION(10, 05, "") "],\"total\":2}"},
		{200, NULL, EMPTY},
		{200, NULL,
			"{\"macs\":[" STATION(10, 05, "") "," STATION(10, 06, "") "],\"total\":2}"},
		{200, NULL, EMPTY},
	};
	struct fake_http h;
	struct owner o;

	fake_http_start(&h, "rbridge.sock", script, 7);
	open_settling(&o, &h, 50);
	run(&o, "end;");
	assert_string_equal(o.said, "list:listed 05 on 3;read;list:listed 05 on 3;read;"
				    "list:listed 05 on 3;listed 06 on 3;end;");
	fake_http_stop(&h);
	close_owner(&o);
	fake_http_free(&h);
}

static void who_has_left_is_told(void **state)
{
	static const struct fake_answer script[] = {{200, NULL, "{\"was\":\"local\"}"}};
	static const uint8_t mac[] = {2, 0, 0, 0, 0, 5};
	struct fake_http h;
	struct owner o;

	fake_http_start(&h, "rbridge.sock", script, 1);
	open_owner(&o, &h);
	rbridge_left(o.rb, 4, mac); /* of no VLAN */
	rbridge_left(o.rb, 3, mac);
	while (rbridge_told(o.rb)[STATION_TELLER_TOLD] == 0)
		event_base_loop(o.base, EVLOOP_ONCE);
	fake_http_stop(&h);
	assert_ptr_equal(
		strstr(h.requests[0], "DELETE /v1/stations/10/02:00:00:00:00:05 "), h.requests[0]);
	close_owner(&o);
	fake_http_free(&h);
}

static bool ready;

static bool on_ready(void *arg, int ifindex)
{
	assert_int_equal(ifindex, 3);
	return ready;
}

static void until_told(struct owner *o, uint64_t count)
{
	while (rbridge_told(o->rb)[STATION_TELLER_TOLD] < count)
		event_base_loop(o->base, EVLOOP_ONCE);
}

/* Thrice in its lease, while packets for it can go on; and no longer, as soon as they cannot. */
static void that_the_gateway_is_here_is_said_while_it_is(void **state)
{
	static const char *const says = "{\"port\":\"x0\",\"ips\":[\"203.0.113.1\","
					"\"2001:db8::1\"],\"lease\":1}";
	struct fake_answer script[] = {{FAKE_HTTP_STAYS | 200, "text/event-stream", "id: 1\n\n"},
		{200, NULL, EMPTY}, {200, NULL, EMPTY}, {200, NULL, EMPTY}, {200, NULL, EMPTY},
		{200, NULL, EMPTY}};
	uint64_t heard[RBRIDGE_COUNTERS] = {0};
	struct xtr_config_rbridge config = {.lease_s = 1,
		.vlans = {{.vlan = 10,
			.port = "lan",
			.iid = 7,
			.anycast = true,
			.rbridge_port = "x0",
			.gateway_mac = {2, 0, 0x5e, 0, 1, 1}}},
		.vlan_count = 1};
	struct rbridge_ops mine = ops;
	struct fake_http h;
	struct owner o = {.base = event_base_new()};
	unsigned int puts = 0, deletes = 0;

	fake_http_start(&h, "rbridge.sock", script, 6);
	config.socket = h.path;
	address_parse(&config.vlans[0].gateway4, "203.0.113.1");
	address_parse(&config.vlans[0].gateway6, "2001:db8::1");
	log_init_sink(&o.log, quiet, NULL);
	mine.arg = &o;
	mine.ready = on_ready;
	ready = false;
	o.rb = rbridge_new(o.base, &config, &mine, &o.log);
	assert_non_null(o.rb);
	while (!heard[RBRIDGE_LISTS]) {
		event_base_loop(o.base, EVLOOP_ONCE);
		rbridge_counters(o.rb, heard);
	}
	ready = true;
	rbridge_port(o.rb, true);
	until_told(&o, 2);
	ready = false;
	rbridge_port(o.rb, false);
	until_told(&o, 3);
	rbridge_port(o.rb, false); /* it has been said */
	fake_http_stop(&h);
	/* Its requests for events and lists are among them. */
	for (unsigned int i = 0; i < h.asked; i++) {
		if (!strncmp(h.requests[i], "PUT /v1/stations/10/02:00:5e:00:01:01 ", 38)) {
			assert_non_null(strstr(h.requests[i], says));
			puts++;
		}
		deletes += !strncmp(
			h.requests[i], "DELETE /v1/stations/10/02:00:5e:00:01:01?port=x0 ", 49);
	}
	assert_int_equal(puts, 2);
	assert_int_equal(deletes, 1);
	close_owner(&o);
	fake_http_free(&h);
}

/* ---- the teller ---- */

static void what_is_told_waits_for_the_rbridge_and_the_latest_counts(void **state)
{
	static const struct fake_answer script[] = {{.status = -1}, {503, NULL, "{}"},
		{200, NULL, "{}"}, {409, NULL, "{\"detail\":\"VLAN 10 is not served\"}"},
		{200, NULL, "{}"}};
	static const uint8_t one[] = {2, 0, 0, 0, 0, 1}, two[] = {2, 0, 0, 0, 0, 2};
	struct event_base *base = event_base_new();
	struct station_teller *t;
	struct address ips[2];
	const uint64_t *n;
	struct fake_http h;
	struct log log;

	log_init_sink(&log, quiet, NULL);
	address_parse(&ips[0], "192.0.2.1");
	address_parse(&ips[1], "2001:db8::1");
	fake_http_start(&h, "rbridge.sock", script, 5);
	t = station_teller_new(base, h.path, NULL, &log);
	n = station_teller_counters(t);
	station_teller_put(t, 10, one, "h0", ips, 2);
	station_teller_put(t, 10, two, NULL, ips, 1);
	while (n[STATION_TELLER_UNREACHABLE] < 1)
		event_base_loop(base, EVLOOP_ONCE);
	station_teller_delete(t, 10, two, 0); /* instead of the one that waits */
	while (n[STATION_TELLER_TOLD] + n[STATION_TELLER_REFUSED] < 2)
		event_base_loop(base, EVLOOP_ONCE);
	station_teller_put(t, 10, two, NULL, ips, 0);
	while (station_teller_waiting(t))
		event_base_loop(base, EVLOOP_ONCE);
	fake_http_stop(&h);
	assert_int_equal(n[STATION_TELLER_UNREACHABLE], 2);
	assert_int_equal(n[STATION_TELLER_TOLD], 2);
	assert_int_equal(n[STATION_TELLER_REFUSED], 1);
	assert_int_equal(n[STATION_TELLER_DROPPED], 0);
	assert_string_equal(h.requests[0], h.requests[2]);
	assert_non_null(strstr(h.requests[2],
		"\r\n\r\n{\"port\":\"h0\",\"ips\":[\"192.0.2.1\",\"2001:db8::1\"]}"));
	assert_ptr_equal(
		strstr(h.requests[3], "DELETE /v1/stations/10/02:00:00:00:00:02 "), h.requests[3]);
	assert_non_null(strstr(h.requests[4], "\r\n\r\n{\"ips\":[]}"));
	station_teller_free(t);
	event_base_free(base);
	fake_http_free(&h);
}

/* A full RBridge does not take one; what would make room is told all the same. */
static void who_is_not_here_any_more_is_told_by_port_also_to_one_that_has_no_room(void **state)
{
	static const struct fake_answer script[] = {{409, NULL, "{\"code\":\"no-room\"}"},
		{200, NULL, "{}"}, {200, NULL, "{}"}, {200, NULL, "{}"}, {200, NULL, "{}"}};
	static const uint8_t one[] = {2, 0, 0, 0, 0, 1}, two[] = {2, 0, 0, 0, 0, 2},
			     three[] = {2, 0, 0, 0, 0, 3};
	static const uint8_t agent[STATION_TELLER_AGENT] = {0x61, [15] = 1};
	struct event_base *base = event_base_new();
	struct station_teller *t;
	struct fake_http h;
	const uint64_t *n;
	struct address ip;
	struct log log;

	log_init_sink(&log, quiet, NULL);
	address_parse(&ip, "192.0.2.1");
	fake_http_start(&h, "rbridge.sock", script, 5);
	t = station_teller_new(base, h.path, agent, &log);
	n = station_teller_counters(t);
	station_teller_put(t, 10, one, "h0", &ip, 1);
	station_teller_delete_here(t, 10, two, "h/0");
	station_teller_delete_here(t, 10, three, NULL);
	while (n[STATION_TELLER_TOLD] < 2)
		event_base_loop(base, EVLOOP_ONCE);
	station_teller_delete_here(t, 10, one, "h0");
	station_teller_delete_here(t, 10, two, "h0");
	station_teller_delete(t, 10, two, 0); /* the latest counts: of the site */
	while (n[STATION_TELLER_TOLD] < 4)
		event_base_loop(base, EVLOOP_ONCE);
	fake_http_stop(&h);
	assert_int_equal(n[STATION_TELLER_REFUSED], 1);
	assert_int_equal(n[STATION_TELLER_UNREACHABLE], 0);
	assert_non_null(strstr(h.requests[0],
		"{\"port\":\"h0\",\"agent\":\"61000000000000000000000000000001\",\"ips\":"));
	assert_non_null(
		strstr(h.requests[1], "DELETE /v1/stations/10/02:00:00:00:00:02"
				      "?agent=61000000000000000000000000000001&port=h%2f0 "));
	assert_non_null(strstr(h.requests[2], "DELETE /v1/stations/10/02:00:00:00:00:03"
					      "?agent=61000000000000000000000000000001&port=%2a "));
	assert_non_null(strstr(h.requests[4], "DELETE /v1/stations/10/02:00:00:00:00:02 "));
	station_teller_free(t);
	event_base_free(base);
	fake_http_free(&h);
}

static void what_waits_is_bounded_and_grows_old(void **state)
{
	struct event_base *base = event_base_new();
	uint8_t mac[] = {2, 0, 0, 0, 0, 0};
	struct station_teller *t;
	struct log log;

	log_init_sink(&log, quiet, NULL);
	t = station_teller_new(base, "/nonexistent/rbridge.sock", NULL, &log);
	station_teller_delete(t, 10, mac, 1);
	while (station_teller_counters(t)[STATION_TELLER_DROPPED] == 0)
		event_base_loop(base, EVLOOP_ONCE);
	assert_int_equal(station_teller_waiting(t), 0);
	for (unsigned int i = 0; i < 200; i++) {
		mac[5] = (uint8_t)i;
		station_teller_delete(t, 10, mac, 0);
		station_teller_delete(t, 10, mac, 0);
	}
	/* The first is being asked about: what comes of it since waits behind it. */
	assert_int_equal(station_teller_waiting(t), 201);
	station_teller_free(t);
	event_base_free(base);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_row_of_the_interface_is_read),
		cmocka_unit_test(a_row_has_room_for_all_addresses_that_an_rbridge_tells),
		cmocka_unit_test(rows_that_are_wrong_are_refused_with_the_reason),
		cmocka_unit_test(lists_and_events_come_to_the_owner),
		cmocka_unit_test(a_gap_has_the_list_read_again),
		cmocka_unit_test(lists_that_broke_with_the_stream_are_read_when_it_goes_on),
		cmocka_unit_test(
			a_list_with_a_bad_row_does_not_count_and_another_is_read_that_does),
		cmocka_unit_test(a_list_that_is_cut_ends_nobody_and_another_is_read),
		cmocka_unit_test(who_has_left_is_told),
		cmocka_unit_test(that_the_gateway_is_here_is_said_while_it_is),
		cmocka_unit_test(what_is_told_waits_for_the_rbridge_and_the_latest_counts),
		cmocka_unit_test(
			who_is_not_here_any_more_is_told_by_port_also_to_one_that_has_no_room),
		cmocka_unit_test(what_waits_is_bounded_and_grows_old),
	};

	signal(SIGPIPE, SIG_IGN); /* as every daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
