/* Steering: control datagrams by source address to one of the first sockets, others by address and
 * port to the rest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/udp_batch.h"
#include "lib/net/udp_steer.h"
#include "tests/unit/own_net.h"

#define WORKERS 2
#define SOCKETS (2 * WORKERS)

static bool own_net;

struct group {
	struct udp_socket s[SOCKETS];
	struct endpoint at;
	struct udp_batch *b;
	struct outbox *out;
};

static void group_open(struct group *g, const char *address)
{
	const struct udp_options shared = {.reuseport = true};
	/* Types 3 and 4 are control, as Map-Register and Map-Notify are. */
	const struct udp_steer steer = {1 << 3 | 1 << 4, WORKERS, 0x5eed1234};
	char why[256];

	memset(g, 0, sizeof(*g));
	assert_true(address_parse(&g->at.addr, address));
	for (int i = 0; i < SOCKETS; i++) {
		if (udp_open(&g->s[i], &g->at, &shared, why, sizeof(why)) != 0)
			fail_msg("%s", why);
		assert_true(udp_local(&g->s[0], &g->at));
	}
	assert_int_equal(udp_steer_attach(g->s[0].fd, &steer), 0);
	g->b = udp_batch_new(256);
	g->out = outbox_new(4, 256);
}

static void group_close(struct group *g)
{
	for (int i = 0; i < SOCKETS; i++)
		udp_close(&g->s[i]);
	udp_batch_free(g->b);
	outbox_free(g->out);
}

/* Send one datagram from @source, any port; returns the index of the socket that got it. */
static int sent_to(struct group *g, const char *source, const void *bytes, uint32_t len)
{
	uint64_t results[UDP_SEND_RESULTS] = {0};
	struct pollfd p[SOCKETS];
	struct udp_datagram *d;
	struct udp_socket c;
	struct endpoint at = {.port = 0};
	bool v6 = g->at.addr.afi == AFI_IPV6;
	char why[256];

	assert_true(address_parse(&at.addr, source));
	if (udp_open(&c, &at, NULL, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	outbox_clear(g->out);
	memcpy(outbox_begin(g->out, len), bytes, len);
	outbox_commit(g->out, len, &g->at, NULL);
	udp_batch_send(g->b, v6 ? NULL : &c, v6 ? &c : NULL, g->out, results);
	assert_true(results[UDP_SENT] == 1);
	udp_close(&c);
	for (int i = 0; i < SOCKETS; i++)
		p[i] = (struct pollfd){.fd = g->s[i].fd, .events = POLLIN};
	assert_int_equal(poll(p, SOCKETS, 5000), 1);
	for (int i = 0; i < SOCKETS; i++) {
		if (p[i].revents) {
			assert_int_equal(udp_batch_receive(g->b, &g->s[i], 64, &d), 1);
			return i;
		}
	}
	return -1;
}

/* @format makes source addresses from numbers. */
static void steers(const char *address, const char *format, int sources)
{
	unsigned int control_used = 0, other_used = 0;
	struct group g;
	char source[64];

	group_open(&g, address);
	for (int i = 1; i <= sources; i++) {
		int first;

		snprintf(source, sizeof(source), format, i);
		first = sent_to(&g, source, "\x30register", 9);
		assert_in_range(first, 0, WORKERS - 1);
		control_used |= 1u << first;
		for (int k = 0; k < 8; k++) /* whatever its port, and for the other type */
			assert_int_equal(
				sent_to(&g, source, k % 2 ? "\x3fregister" : "\x40notify", 7),
				first);
	}
	for (int k = 0; k < 64; k++) {
		int i = sent_to(&g, source,
			k % 2 ? "\x10request"
			      : "\x80"
				"ecm",
			4);

		assert_in_range(i, WORKERS, SOCKETS - 1);
		other_used |= 1u << i;
	}
	assert_int_equal(other_used, 3u << WORKERS); /* one source's requests reach both */
	assert_int_equal(sent_to(&g, source, "", 0), WORKERS);
	if (sources > 1)
		assert_int_equal(control_used, 3); /* sources spread over both */
	group_close(&g);
}

static void ipv4_sources_are_steered(void **state)
{
	steers("127.0.0.1", "127.0.7.%d", 40);
}

static void ipv6_sources_are_steered(void **state)
{
	if (own_net &&
		own_net_run("for i in $(seq 40); do for a in 2001:db8::$i 2001:db8:$i::; do "
			    "echo address add $a/128 dev lo nodad; done; done | ip -6 -batch -")) {
		steers("::1", "2001:db8::%d", 40);  /* addresses that differ in the last word */
		steers("::1", "2001:db8:%d::", 40); /* in the second */
	} else {
		steers("::1", "::1", 1);
	}
}

static void impossible_groups_are_refused(void **state)
{
	struct group g;

	group_open(&g, "127.0.0.1");
	assert_true(udp_steer_attach(g.s[0].fd, &(struct udp_steer){1 << 3, 0, 1}) < 0);
	assert_true(udp_steer_attach(g.s[0].fd, &(struct udp_steer){1 << 3, 257, 1}) < 0);
	assert_int_equal(udp_steer_attach(g.s[0].fd, &(struct udp_steer){0xffff, 256, 1}), 0);
	group_close(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ipv4_sources_are_steered),
		cmocka_unit_test(ipv6_sources_are_steered),
		cmocka_unit_test(impossible_groups_are_refused),
	};
	const char *why;

	own_net = own_net_enter(&why);
	if (!own_net)
		fprintf(stderr, "IPv6 with one source only: %s\n", why);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
