/* The events of the HTTP interface: who is told what, from where on, and what becomes of readers
 * that are slow, away, or do not read. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "lib/base/clock.h"
#include "lib/service/json.h"
#include "tests/unit/api_fixture.h"

/* As a daemon has it, but for the number of connections. */
static int setup_roomy(void **state)
{
	static const struct api_options roomy = {.max_connections = 4, .timeout_s = 1};

	return fixture_begin_with(state, &roomy);
}

static int setup_small(void **state)
{
	static const struct api_options small = {
		.max_connections = 4, .timeout_s = 1, .events_bytes = 8 << 10};

	return fixture_begin_with(state, &small);
}

static uint64_t tell(struct fixture *f, const char *eid)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "eid", eid);
	return api_event(f->api, "moved", o);
}

static int subscribe(struct fixture *f, const char *header, char *text, size_t size)
{
	char request[256];
	int fd = dial(f);

	snprintf(request, sizeof(request), "GET /v1/events HTTP/1.1\r\nHost: x\r\n%s\r\n", header);
	say(fd, request);
	*text = '\0';
	hear(f, fd, text, size, ": events follow");
	return fd;
}

static void events_reach_their_readers(void **state)
{
	struct fixture *f = *state;
	char a[4096], b[4096], want[128];
	int fda = subscribe(f, "", a, sizeof(a)), fdb = subscribe(f, "", b, sizeof(b));
	uint64_t id = tell(f, "192.0.2.1/32");

	assert_non_null(strstr(a, "Content-Type: text/event-stream\r\n"));
	snprintf(want, sizeof(want), "id: %llu\nevent: moved\ndata: {\"eid\":\"192.0.2.1/32\"}\n\n",
		(unsigned long long)id);
	hear(f, fda, a, sizeof(a), want);
	hear(f, fdb, b, sizeof(b), want);
	close(fda);
	close(fdb);
	event_base_loop(f->base, EVLOOP_NONBLOCK);
	tell(f, "192.0.2.2/32");
}

static void tell_of(struct fixture *f, const char *eid, const char *site)
{
	struct json_object *o = json_object_new_object();

	json_add(o, "eid", eid);
	json_add(o, "site", site);
	api_event(f->api, "moved", o);
}

static void a_reader_may_ask_for_one_site_or_prefix(void **state)
{
	struct fixture *f = *state;
	char by_site[4096] = "", by_prefix[4096] = "";
	int site = dial(f), prefix = dial(f);

	say(site, "GET /v1/events?site=a HTTP/1.1\r\nHost: x\r\n\r\n");
	say(prefix, "GET /v1/events?under=ipv4:10.0.0.0%2f8&iid=7 HTTP/1.1\r\nHost: x\r\n\r\n");
	hear(f, site, by_site, sizeof(by_site), "events follow");
	hear(f, prefix, by_prefix, sizeof(by_prefix), "events follow");
	tell_of(f, "[7]10.0.0.1", "b");
	tell_of(f, NULL, NULL); /* of no EID and no site: as of a Map-Server that answers again */
	tell_of(f, "10.0.0.2", "a");
	tell_of(f, "[7]10.0.0.3", "a");
	hear(f, site, by_site, sizeof(by_site), "10.0.0.3");
	hear(f, prefix, by_prefix, sizeof(by_prefix), "10.0.0.3");
	assert_null(strstr(by_site, "10.0.0.1"));
	assert_non_null(strstr(by_site, "\"10.0.0.2\""));
	assert_non_null(strstr(by_prefix, "[7]10.0.0.1"));
	assert_null(strstr(by_prefix, "10.0.0.2"));
	assert_null(strstr(by_site, "null"));
	assert_null(strstr(by_prefix, "null"));
	close(site);
	close(prefix);
	assert_non_null(strstr(ask(f, "GET", "/v1/events?under=nowhere", "", ""), "HTTP/1.1 400"));
}

static void a_reader_resumes_where_it_was(void **state)
{
	struct fixture *f = *state;
	uint64_t first = tell(f, "a"), id;
	char text[4096], header[64];
	int fd;

	tell(f, "b");
	id = tell(f, "c");
	assert_true(id == first + 2);
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)first);
	fd = subscribe(f, header, text, sizeof(text));
	hear(f, fd, text, sizeof(text), "\"c\"");
	assert_null(strstr(text, "\"a\""));
	assert_non_null(strstr(text, "\"b\""));
	assert_null(strstr(text, "event: gap"));
	close(fd);
}

static void what_the_ring_lost_is_told_as_a_gap(void **state)
{
	struct fixture *f = *state;
	uint64_t first = tell(f, "one");
	char text[4096], header[64], want[64];
	int fd;

	tell(f, "two");
	tell(f, "three");
	tell(f, "four");
	tell(f, "five");
	tell(f, "six"); /* the ring has four */
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)first);
	snprintf(want, sizeof(want), "event: gap\ndata: {\"after\":%llu}\n\n",
		(unsigned long long)first);
	fd = subscribe(f, header, text, sizeof(text));
	hear(f, fd, text, sizeof(text), "\"six\"");
	assert_non_null(strstr(text, want));
	assert_null(strstr(text, "\"two\""));
	assert_non_null(strstr(text, "\"three\""));
	close(fd);
	fd = subscribe(f, "Last-Event-ID: 18446744073709551615\r\n", text, sizeof(text));
	hear(f, fd, text, sizeof(text), "event: gap");
	close(fd);
	assert_non_null(strstr(ask(f, "GET", "/v1/events", "Last-Event-ID: x\r\n", ""),
		"HTTP/1.1 400 Bad Request"));
}

static void what_was_left_out_is_told_as_a_gap_too(void **state)
{
	struct fixture *f = *state;
	uint64_t last;
	char text[4096], header[64];
	int fd;

	tell(f, "one");
	last = tell(f, "two");
	assert_false(api_events_read(f->api));
	api_events_skip(f->api);
	tell(f, "three");
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)last);
	fd = subscribe(f, header, text, sizeof(text));
	hear(f, fd, text, sizeof(text), "\"three\"");
	assert_non_null(strstr(text, "event: gap"));
	assert_null(strstr(text, "\"two\""));
	assert_true(api_events_read(f->api));
	close(fd);
}

/* The ring holds more than the backlog of a reader may be. */
static void a_reader_that_was_away_for_long_gets_all_that_is_kept(void **state)
{
	static char text[1 << 16], big[8000];
	struct fixture *f = *state;
	uint64_t first = 0;
	char header[64];
	int fd;

	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 4; i++) {
		big[0] = (char)('0' + i);
		first = i ? first : tell(f, big);
		if (i)
			tell(f, big);
	}
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)first - 1);
	fd = subscribe(f, header, text, sizeof(text));
	tell(f, "live");
	hear(f, fd, text, sizeof(text), "\"live\"");
	assert_non_null(strstr(text, "\"0xxx"));
	assert_non_null(strstr(text, "\"3xxx"));
	close(fd);
}

static void a_reader_that_does_not_read_is_cut_off(void **state)
{
	struct mono deadline = mono_add_s(mono_now(), 20);
	struct fixture *f = *state;
	char text[4096], big[4096];
	int fd = subscribe(f, "", text, sizeof(text));
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	for (int i = 0; i < 2000; i++) {
		tell(f, big);
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	while (poll(&p, 1, 1) == 0) {
		assert_true(mono_before(mono_now(), deadline));
		event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	close(fd);
	assert_non_null(
		strstr(ask(f, "GET", "/metrics", "", ""), "\nsunward_api_streams_cut_total 1\n"));
}

static unsigned int times(const char *text, const char *word)
{
	unsigned int n = 0;

	while ((text = strstr(text, word))) {
		text += strlen(word);
		n++;
	}
	return n;
}

/* 10,000 in one turn of the loop: as when a site with many hosts comes, or expires. */
static void a_burst_cuts_nobody_off_who_reads(void **state)
{
	enum { BURST = 10000, BYTES = 400 * BURST };
	struct fixture *f = *state;
	char data[256], last[64], *text = calloc(1, BYTES), *other = calloc(1, BYTES);
	uint64_t id = 0;
	int a, b;

	assert_true(text && other);
	a = subscribe(f, "", text, BYTES);
	b = subscribe(f, "", other, BYTES);
	memset(data, 'x', sizeof(data) - 1);
	data[sizeof(data) - 1] = '\0';
	for (int i = 0; i < BURST; i++)
		id = tell(f, data);
	snprintf(last, sizeof(last), "\nid: %llu\nevent: moved", (unsigned long long)id);
	hear(f, a, text, BYTES, last);
	hear(f, b, other, BYTES, last);
	assert_int_equal(times(text, "event: moved"), BURST);
	assert_int_equal(times(other, "event: moved"), BURST);
	assert_null(strstr(text, "event: gap"));
	close(a);
	close(b);
	free(text);
	free(other);
	assert_non_null(
		strstr(ask(f, "GET", "/metrics", "", ""), "\nsunward_api_streams_cut_total 0\n"));
}

/* It has room for two of these, and the ring for four. */
static void whom_the_ring_overtakes_is_told_of_the_gap_and_goes_on(void **state)
{
	static char text[1 << 17], big[8000];
	struct fixture *f = *state;
	int fd = subscribe(f, "", text, sizeof(text));
	uint64_t first = 0, last = 0;
	char want[64];

	memset(big, 'x', sizeof(big) - 1);
	for (int i = 0; i < 20; i++) {
		last = tell(f, big);
		first = first ? first : last;
	}
	snprintf(want, sizeof(want), "\nid: %llu\nevent: moved", (unsigned long long)last);
	hear(f, fd, text, sizeof(text), want);
	assert_int_equal(times(text, "event: gap"), 1);
	assert_int_equal(times(text, "event: moved"), 3 + 4);
	snprintf(want, sizeof(want), "event: gap\ndata: {\"after\":%llu}\n\n",
		(unsigned long long)first + 2);
	assert_non_null(strstr(text, want));
	snprintf(want, sizeof(want), "\nid: %llu\n\n", (unsigned long long)last - 4);
	assert_non_null(strstr(text, want)); /* where it goes on from, if it breaks off here */
	close(fd);
}

static void what_was_lost_is_told_to_all_whatever_they_asked_for(void **state)
{
	struct fixture *f = *state;
	char text[4096] = "", again[4096], header[64], want[64];
	uint64_t last = tell(f, "one");
	int fd = dial(f), back;

	say(fd, "GET /v1/events?site=a HTTP/1.1\r\nHost: x\r\n\r\n");
	snprintf(want, sizeof(want), ": events follow\nid: %llu\n\n", (unsigned long long)last);
	hear(f, fd, text, sizeof(text), want); /* who loses the stream now can ask for the rest */
	api_events_lost(f->api);
	snprintf(want, sizeof(want), "event: gap\ndata: {\"after\":%llu}\n\n",
		(unsigned long long)last);
	hear(f, fd, text, sizeof(text), want);
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)last);
	back = subscribe(f, header, again, sizeof(again));
	hear(f, back, again, sizeof(again), want);
	close(fd);
	close(back);
}

/* The third does not fit besides the first: 8 KiB of texts are kept. */
static void the_ring_is_bounded_by_its_bytes(void **state)
{
	static char text[1 << 16], big[3000];
	struct fixture *f = *state;
	uint64_t first;
	char header[64];
	int fd;

	memset(big, 'x', sizeof(big) - 1);
	first = tell(f, big);
	for (int i = 0; i < 4; i++)
		tell(f, big);
	snprintf(header, sizeof(header), "Last-Event-ID: %llu\r\n", (unsigned long long)first - 1);
	fd = subscribe(f, header, text, sizeof(text));
	tell(f, "live");
	hear(f, fd, text, sizeof(text), "\"live\"");
	assert_int_equal(times(text, "event: gap"), 1);
	assert_int_equal(times(text, "\"xxx"), 3);
	close(fd);
}

static void readers_that_left_make_room_at_once(void **state)
{
	struct fixture *f = *state;
	char text[4096];

	for (int i = 0; i < 20; i++) { /* four may be there at a time */
		close(subscribe(f, "", text, sizeof(text)));
		for (int k = 0; k < 4; k++)
			event_base_loop(f->base, EVLOOP_NONBLOCK);
	}
	assert_non_null(strstr(ask(f, "GET", "/metrics", "", ""),
		"sunward_api_connections_closed_total{reason=\"too-many\"} 0\n"));
}

static void a_reader_stays_longer_than_the_time_out(void **state)
{
	struct fixture *f = *state;
	struct timeval tv = {.tv_sec = 1, .tv_usec = 300000};
	char text[4096];
	int fd = subscribe(f, "", text, sizeof(text));

	event_base_loopexit(f->base, &tv); /* the time-out is 1 s */
	event_base_dispatch(f->base);
	tell(f, "late");
	hear(f, fd, text, sizeof(text), "\"late\"");
	close(fd);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(events_reach_their_readers),
		T(a_reader_may_ask_for_one_site_or_prefix),
		T(a_reader_resumes_where_it_was),
		T(what_the_ring_lost_is_told_as_a_gap),
		T(what_was_left_out_is_told_as_a_gap_too),
		T(a_reader_that_was_away_for_long_gets_all_that_is_kept),
		T(a_reader_that_does_not_read_is_cut_off),
		cmocka_unit_test_setup_teardown(
			a_burst_cuts_nobody_off_who_reads, setup_roomy, fixture_end),
		T(whom_the_ring_overtakes_is_told_of_the_gap_and_goes_on),
		T(what_was_lost_is_told_to_all_whatever_they_asked_for),
		cmocka_unit_test_setup_teardown(
			the_ring_is_bounded_by_its_bytes, setup_small, fixture_end),
		T(readers_that_left_make_room_at_once),
		T(a_reader_stays_longer_than_the_time_out),
	};

	signal(SIGPIPE, SIG_IGN); /* as a daemon does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
