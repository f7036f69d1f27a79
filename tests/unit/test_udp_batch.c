/* Batched UDP over the loopback: batches, local addresses, truncation, errors that block nobody,
 * drops, words for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <cmocka.h>

#include "lib/net/udp_batch.h"
#include "tests/unit/own_net.h"

static struct endpoint endpoint(const char *text, uint16_t port)
{
	struct endpoint e = {.port = port};

	assert_true(address_parse(&e.addr, text));
	return e;
}

static void open_on(struct udp_socket *s, const char *text, uint16_t port)
{
	struct endpoint at = endpoint(text, port);
	char why[256] = "";

	if (udp_open(s, &at, NULL, why, sizeof(why)) != 0)
		fail_msg("%s", why);
}

static uint16_t port_of(const struct udp_socket *s)
{
	struct endpoint at;

	assert_true(udp_local(s, &at));
	return at.port;
}

static void put(struct outbox *o, const void *bytes, uint32_t len, const struct endpoint *to,
	const struct address *from)
{
	uint8_t *room = outbox_begin(o, len);

	assert_non_null(room);
	memcpy(room, bytes, len);
	outbox_commit(o, len, to, from);
}

/* Wait for something to be there, at most 5 s; then take it. */
static int receive(
	struct udp_batch *b, struct udp_socket *s, unsigned int max, struct udp_datagram **list)
{
	struct pollfd p = {.fd = s->fd, .events = POLLIN};

	assert_int_equal(poll(&p, 1, 5000), 1);
	return udp_batch_receive(b, s, max, list);
}

struct pair {
	struct udp_socket server, client;
	struct udp_batch *b, *cb;
	struct outbox *out;
	uint64_t results[UDP_SEND_RESULTS];
};

static void pair_open(struct pair *p, const char *server, const char *client)
{
	memset(p, 0, sizeof(*p));
	open_on(&p->server, server, 0);
	open_on(&p->client, client, 0);
	p->b = udp_batch_new(2048);
	p->cb = udp_batch_new(2048);
	p->out = outbox_new(256, 1 << 20);
	assert_true(p->b && p->cb && p->out);
}

static void pair_close(struct pair *p)
{
	udp_close(&p->server);
	udp_close(&p->client);
	udp_close(&p->client);
	udp_batch_free(p->b);
	udp_batch_free(p->cb);
	outbox_free(p->out);
}

/* Ask at @address, answer from the address asked, and see that the answer came from it. */
static void answers_come_from(struct pair *p, bool v6, const char *address)
{
	struct endpoint to = endpoint(address, port_of(&p->server));
	const struct udp_socket *server4 = v6 ? NULL : &p->server,
				*server6 = v6 ? &p->server : NULL;
	struct udp_datagram *d;

	outbox_clear(p->out);
	put(p->out, "ask", 3, &to, NULL);
	udp_batch_send(p->cb, v6 ? NULL : &p->client, v6 ? &p->client : NULL, p->out, p->results);
	assert_int_equal(receive(p->b, &p->server, 64, &d), 1);
	assert_int_equal(d->len, 3);
	assert_memory_equal(d->bytes, "ask", 3);
	assert_true(address_equal(&d->to, &to.addr));
	assert_int_equal(d->from.port, port_of(&p->client));
	assert_false(d->truncated);
	outbox_clear(p->out);
	put(p->out, "answer", 6, &d->from, &d->to);
	udp_batch_send(p->b, server4, server6, p->out, p->results);
	assert_int_equal(receive(p->cb, &p->client, 64, &d), 1);
	assert_memory_equal(d->bytes, "answer", 6);
	assert_true(address_equal(&d->from.addr, &to.addr));
	assert_int_equal(d->from.port, to.port);
}

static void an_answer_leaves_from_the_address_that_was_asked(void **state)
{
	struct pair p;

	pair_open(&p, "0.0.0.0", "0.0.0.0");
	answers_come_from(&p, false, "127.0.0.2");
	answers_come_from(&p, false, "127.0.0.1");
	answers_come_from(&p, false, "127.0.0.3");
	pair_close(&p);
	pair_open(&p, "::", "::");
	answers_come_from(&p, true, "::1");
	pair_close(&p);
	pair_open(&p, "127.0.0.2", "127.0.0.1"); /* the socket's own one */
	answers_come_from(&p, false, "127.0.0.2");
	pair_close(&p);
}

static void a_full_batch_comes_in_order(void **state)
{
	struct udp_datagram *d;
	unsigned int next = 0;
	struct endpoint to;
	struct pair p;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	to = endpoint("127.0.0.1", port_of(&p.server));
	for (unsigned int i = 0; i < 150; i++) {
		uint8_t bytes[150];

		memset(bytes, (int)i, sizeof(bytes));
		put(p.out, bytes, i, &to, NULL); /* also an empty one */
	}
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 150);
	while (next < 150) {
		int n = receive(p.b, &p.server, next ? 64 : 10, &d);

		assert_in_range(n, 1, next ? 64 : 10);
		for (int i = 0; i < n; i++, next++) {
			assert_int_equal(d[i].len, next);
			if (next)
				assert_int_equal(d[i].bytes[next - 1], next);
		}
	}
	assert_int_equal(udp_batch_receive(p.b, &p.server, 64, &d), 0);
	pair_close(&p);
}

/* Take @n datagrams and see that each is its number's byte, as often as @lengths says. */
static void rows_arrive(struct udp_batch *b, struct udp_socket *s, const uint32_t *lengths,
	unsigned int first, unsigned int n, unsigned int step)
{
	struct udp_datagram *d;

	for (unsigned int i = first; i < n;) {
		int got = receive(b, s, 64, &d);

		assert_true(got > 0);
		for (int j = 0; j < got; j++, i += step) {
			assert_in_range(i, first, n - 1);
			assert_int_equal(d[j].len, lengths[i]);
			for (uint32_t k = 0; k < d[j].len; k++)
				assert_int_equal(d[j].bytes[k], i);
		}
	}
	assert_int_equal(udp_batch_receive(b, s, 64, &d), 0);
}

static void put_numbered(struct outbox *o, unsigned int i, uint32_t len, const struct endpoint *to)
{
	uint8_t bytes[2048];

	memset(bytes, (int)i, sizeof(bytes));
	put(o, bytes, len, to, NULL);
}

static void rows_to_one_place_arrive_as_the_datagrams_that_they_were(void **state)
{
	uint32_t lengths[200];
	struct endpoint to;
	struct pair p;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	to = endpoint("127.0.0.1", port_of(&p.server));
	for (unsigned int i = 0; i < 200; i++) {
		/* 130 alike; then a shorter, a longer, an empty one; then two lengths in turn */
		lengths[i] = i < 130    ? 52
			     : i == 130 ? 40
			     : i == 131 ? 60
			     : i == 132 ? 0
					: 52 + i % 2;
		put_numbered(p.out, i, lengths[i], &to);
	}
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 200);
	rows_arrive(p.b, &p.server, lengths, 0, 200, 1);
	pair_close(&p);
}

static void what_goes_to_several_places_in_turn_arrives_in_order_at_each(void **state)
{
	struct endpoint to[3];
	uint32_t lengths[180];
	struct pair p[3];

	for (int i = 0; i < 3; i++) {
		char address[32];

		snprintf(address, sizeof(address), "127.0.0.%d", i + 1);
		pair_open(&p[i], address, "127.0.0.1");
		to[i] = endpoint(address, port_of(&p[i].server));
	}
	for (unsigned int i = 0; i < 180; i++) {
		/* the first in one length, the second with an odd one between, the third in all */
		lengths[i] = i % 3 == 0 ? 70 : i % 3 == 1 ? 70 + (i % 21 == 4) : 1 + i;
		put_numbered(p[0].out, i, lengths[i], &to[i % 3]);
	}
	udp_batch_send(p[0].cb, &p[0].client, NULL, p[0].out, p[0].results);
	assert_true(p[0].results[UDP_SENT] == 180);
	for (unsigned int i = 0; i < 3; i++) {
		rows_arrive(p[i].b, &p[i].server, lengths, i, 180, 3);
		pair_close(&p[i]);
	}
}

/* More destinations than the table of rows has places, each twice. */
static void more_places_than_rows_are_kept_for(void **state)
{
	struct udp_datagram *d;
	unsigned int next = 0;
	struct pair p;

	pair_open(&p, "0.0.0.0", "127.0.0.1");
	for (unsigned int i = 0; i < 250; i++) {
		char address[32];
		struct endpoint to;

		snprintf(address, sizeof(address), "127.0.1.%u", i / 2 % 200);
		to = endpoint(address, port_of(&p.server));
		put_numbered(p.out, i, 20, &to);
	}
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 250);
	while (next < 250) {
		int n = receive(p.b, &p.server, 64, &d);

		for (int i = 0; i < n; i++, next++) { /* neighbours, so the order is theirs */
			assert_int_equal(d[i].bytes[0], next);
			assert_int_equal(d[i].to.bytes[3], next / 2 % 200);
		}
	}
	pair_close(&p);
}

static void a_row_that_nobody_can_take_counts_each_of_its_datagrams(void **state)
{
	struct endpoint port_0 = endpoint("127.0.0.1", 0), good;
	uint32_t lengths[6] = {0, 0, 0, 0, 0, 33};
	struct pair p;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	good = endpoint("127.0.0.1", port_of(&p.server));
	for (unsigned int i = 0; i < 5; i++)
		put_numbered(p.out, i, 33, &port_0);
	put_numbered(p.out, 5, 33, &good);
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 1);
	assert_true(p.results[UDP_SEND_INVALID] == 5);
	rows_arrive(p.b, &p.server, lengths, 5, 6, 1);
	pair_close(&p);
}

/* The kernel refuses to cut by more than the MTU: then each goes for itself, in fragments. */
static void rows_longer_than_the_mtu_arrive_too(void **state)
{
	uint32_t lengths[10];
	struct endpoint to;
	struct pair p;
	const char *why;

	if (!own_net_enter(&why) || !own_net_run("ip link set lo mtu 1280")) {
		print_message("skipped: %s\n", why);
		skip();
	}
	pair_open(&p, "127.0.0.1", "127.0.0.1");
	to = endpoint("127.0.0.1", port_of(&p.server));
	for (unsigned int i = 0; i < 10; i++)
		put_numbered(p.out, i, lengths[i] = 2000, &to);
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 10);
	rows_arrive(p.b, &p.server, lengths, 0, 10, 1);
	pair_close(&p);
}

static void a_datagram_that_is_too_long_is_marked(void **state)
{
	static const uint8_t bytes[3000] = {7};
	struct udp_datagram *d;
	struct endpoint to;
	struct pair p;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	to = endpoint("127.0.0.1", port_of(&p.server));
	put(p.out, bytes, 2049, &to, NULL);
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_int_equal(receive(p.b, &p.server, 64, &d), 1);
	assert_true(d->truncated);
	assert_int_equal(d->len, 2048);
	outbox_clear(p.out);
	put(p.out, bytes, 2048, &to, NULL);
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_int_equal(receive(p.b, &p.server, 64, &d), 1);
	assert_false(d->truncated);
	assert_int_equal(d->len, 2048);
	pair_close(&p);
}

static void one_bad_destination_does_not_block_the_rest(void **state)
{
	static uint8_t huge[65530];
	struct endpoint good, port_0, v6 = endpoint("::1", 9), mac;
	struct address not_ours = endpoint("203.0.113.77", 0).addr;
	struct udp_datagram *d;
	struct pair p;
	int got = 0;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	good = endpoint("127.0.0.1", port_of(&p.server));
	port_0 = endpoint("127.0.0.1", 0);
	mac = endpoint("52:54:00:00:00:01", 9);
	put(p.out, "x", 1, &port_0, NULL); /* the first, */
	put(p.out, "1", 1, &good, NULL);
	put(p.out, huge, sizeof(huge), &good, NULL); /* some in the middle, */
	put(p.out, "x", 1, &good, &not_ours);
	put(p.out, "2", 1, &good, NULL);
	put(p.out, "x", 1, &v6, NULL);
	put(p.out, "x", 1, &mac, NULL);
	put(p.out, "3", 1, &good, NULL);
	put(p.out, "x", 1, &port_0, NULL); /* and the last */
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 3);
	/* Kernels differ in what they say to a source address that is not ours. */
	assert_true(p.results[UDP_SEND_INVALID] >= 2);
	assert_true(p.results[UDP_SEND_INVALID] + p.results[UDP_SEND_UNREACHABLE] == 3);
	assert_true(p.results[UDP_SEND_TOO_BIG] == 1);
	assert_true(p.results[UDP_SEND_NO_SOCKET] == 2);
	while (got < 3) {
		int n = receive(p.b, &p.server, 64, &d);

		for (int i = 0; i < n; i++)
			assert_int_equal(d[i].bytes[0], '1' + got++);
	}
	assert_string_equal(udp_send_result_name(UDP_SEND_TOO_BIG), "too_big");
	assert_string_equal(udp_send_result_name(UDP_SEND_OTHER), "other");
	pair_close(&p);
}

static void both_families_go_by_their_sockets(void **state)
{
	struct udp_socket v4, v6;
	struct endpoint to4, to6;
	struct udp_datagram *d;
	struct pair p;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	open_on(&v4, "127.0.0.1", 0);
	open_on(&v6, "::1", 0);
	to4 = endpoint("127.0.0.1", port_of(&v4));
	to6 = endpoint("::1", port_of(&v6));
	put(p.out, "six", 3, &to6, NULL);
	put(p.out, "four", 4, &to4, NULL);
	udp_batch_send(p.cb, &v4, &v6, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 2);
	assert_int_equal(receive(p.b, &v6, 64, &d), 1);
	assert_memory_equal(d->bytes, "six", 3);
	assert_int_equal(d->from.addr.afi, AFI_IPV6);
	assert_int_equal(receive(p.b, &v4, 64, &d), 1);
	assert_memory_equal(d->bytes, "four", 4);
	assert_int_equal(d->from.addr.afi, AFI_IPV4);
	udp_close(&v4);
	udp_close(&v6);
	pair_close(&p);
}

static void what_the_kernel_dropped_is_counted(void **state)
{
	const struct udp_options small = {.recv_buffer = 4096};
	struct endpoint at = endpoint("127.0.0.1", 0);
	struct udp_datagram *d;
	unsigned int got = 0;
	struct udp_socket s;
	char why[256];
	struct pair p;
	int n;

	pair_open(&p, "127.0.0.1", "127.0.0.1");
	assert_int_equal(udp_open(&s, &at, &small, why, sizeof(why)), 0);
	at.port = port_of(&s);
	for (int i = 0; i < 200; i++)
		put(p.out, "12345678", 8, &at, NULL);
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_true(p.results[UDP_SENT] == 200);
	while ((n = udp_batch_receive(p.b, &s, 64, &d)) > 0)
		got += (unsigned int)n;
	assert_in_range(got, 1, 199);
	/* The count rides on the next datagram. */
	outbox_clear(p.out);
	put(p.out, "after", 5, &at, NULL);
	udp_batch_send(p.cb, &p.client, NULL, p.out, p.results);
	assert_int_equal(receive(p.b, &s, 64, &d), 1);
	assert_int_equal(s.dropped, 200 - got);
	udp_close(&s);
	pair_close(&p);
}

static void refusals_say_what_would_be_right(void **state)
{
	static const struct udp_options shared = {.reuseport = true};
	struct endpoint at = endpoint("203.0.113.77", 4342);
	struct udp_socket a, b;
	char why[256];

	assert_true(udp_open(&a, &at, NULL, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "203.0.113.77:4342"));
	assert_non_null(strstr(why, "no interface of this host has this address"));
	assert_int_equal(a.fd, -1);
	udp_close(&a);
	open_on(&a, "127.0.0.1", 0);
	assert_true(udp_local(&a, &at));
	assert_true(udp_open(&b, &at, NULL, why, sizeof(why)) < 0);
	assert_non_null(strstr(why, "another process has this port"));
	udp_close(&a);
	assert_int_equal(udp_open(&a, &at, &shared, why, sizeof(why)), 0);
	assert_int_equal(udp_open(&b, &at, &shared, why, sizeof(why)), 0);
	udp_close(&a);
	udp_close(&b);
	at = endpoint("52:54:00:00:00:01", 1);
	assert_true(udp_open(&a, &at, NULL, why, sizeof(why)) < 0);
}

static void sockets_have_their_options(void **state)
{
	struct udp_socket v4, v6;
	socklen_t len = sizeof(int);
	int value = -1;

	open_on(&v4, "0.0.0.0", 0);
	open_on(&v6, "::", port_of(&v4)); /* the same port: it takes no IPv4 */
	/* RFC 6936: zero UDP checksums over IPv6 only where asked for; here they are not. */
	assert_int_equal(
		getsockopt(v6.fd, IPPROTO_UDP, 101 /* UDP_NO_CHECK6_TX */, &value, &len), 0);
	assert_int_equal(value, 0);
	assert_int_equal(getsockopt(v4.fd, SOL_SOCKET, SO_RCVBUF, &value, &len), 0);
	assert_true(value >= 200000);
	udp_close(&v4);
	udp_close(&v6);
}

/* RFC 9301 section 5: control messages have one. */
static void without_a_checksum_a_datagram_comes_empty(void **state)
{
	const struct udp_options options = {.need_checksum = true};
	struct endpoint at = endpoint("127.0.0.1", 0);
	struct udp_batch *b = udp_batch_new(64);
	struct udp_socket s, from;
	struct sockaddr_storage to;
	struct udp_datagram *d;
	socklen_t to_len;
	char why[256];

	assert_int_equal(udp_open(&s, &at, &options, why, sizeof(why)), 0);
	assert_true(udp_local(&s, &at));
	to_len = endpoint_to_sockaddr(&at, &to);
	open_on(&from, "127.0.0.1", 0);
	for (int none = 0; none < 2; none++) {
		assert_int_equal(
			setsockopt(from.fd, SOL_SOCKET, SO_NO_CHECK, &none, sizeof(none)), 0);
		assert_int_equal(
			sendto(from.fd, "message", 7, 0, (struct sockaddr *)&to, to_len), 7);
		assert_int_equal(receive(b, &s, 64, &d), 1);
		assert_int_equal(d->len, none ? 0 : 7);
		assert_int_equal(d->from.port, port_of(&from));
	}
	assert_int_equal(s.dropped, 0); /* by the kernel, unseen */
	udp_close(&s);
	udp_close(&from);
	udp_batch_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_leaves_from_the_address_that_was_asked),
		cmocka_unit_test(a_full_batch_comes_in_order),
		cmocka_unit_test(rows_to_one_place_arrive_as_the_datagrams_that_they_were),
		cmocka_unit_test(what_goes_to_several_places_in_turn_arrives_in_order_at_each),
		cmocka_unit_test(more_places_than_rows_are_kept_for),
		cmocka_unit_test(a_row_that_nobody_can_take_counts_each_of_its_datagrams),
		cmocka_unit_test(a_datagram_that_is_too_long_is_marked),
		cmocka_unit_test(one_bad_destination_does_not_block_the_rest),
		cmocka_unit_test(both_families_go_by_their_sockets),
		cmocka_unit_test(what_the_kernel_dropped_is_counted),
		cmocka_unit_test(refusals_say_what_would_be_right),
		cmocka_unit_test(sockets_have_their_options),
		cmocka_unit_test(without_a_checksum_a_datagram_comes_empty),
		cmocka_unit_test(rows_longer_than_the_mtu_arrive_too), /* the last: it leaves for a
									  network of its own */
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
