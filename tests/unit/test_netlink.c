/* Netlink and packet sockets against a real kernel, in a network namespace of this test alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/arp_nd.h"
#include "lib/net/netlink.h"
#include "lib/net/packet.h"
#include "tests/unit/own_net.h"

/* The last of each that came and matches what is looked for; and how many. */
struct seen {
	struct address want;
	int want_ifindex;
	struct netlink_link link;
	struct netlink_address address;
	struct netlink_route route;
	struct netlink_neighbour neighbour;
	int links, addresses, routes, neighbours, lost;
};

static void on_link(void *arg, const struct netlink_link *link)
{
	struct seen *s = arg;

	if (s->want_ifindex && link->ifindex != s->want_ifindex)
		return;
	s->link = *link;
	s->links++;
}

static void on_address(void *arg, const struct netlink_address *address)
{
	struct seen *s = arg;

	if (!address_equal(&address->addr, &s->want))
		return;
	s->address = *address;
	s->addresses++;
}

static void on_route(void *arg, const struct netlink_route *route)
{
	struct seen *s = arg;

	if (!address_equal(&route->dst.addr, &s->want))
		return;
	s->route = *route;
	s->routes++;
}

static void on_neighbour(void *arg, const struct netlink_neighbour *neighbour)
{
	struct seen *s = arg;

	if (!address_equal(&neighbour->addr, &s->want))
		return;
	s->neighbour = *neighbour;
	s->neighbours++;
}

static void on_lost(void *arg)
{
	((struct seen *)arg)->lost++;
}

static const struct netlink_ops ops = {on_link, on_address, on_route, on_neighbour, on_lost};

static struct address addr(const char *text)
{
	struct address a;

	assert_true(address_parse(&a, text));
	return a;
}

static void run(const char *command)
{
	if (!own_net_run(command))
		fail_msg("failed: %s", command);
}

/* Run the monitor until *@count has grown, at most 5 s. */
static void await(struct netlink_monitor *m, const int *count)
{
	struct pollfd p = {.fd = netlink_monitor_fd(m), .events = POLLIN};
	int before = *count;

	while (*count == before) {
		assert_int_equal(poll(&p, 1, 5000), 1);
		assert_int_equal(netlink_monitor_run(m), 0);
	}
}

static bool is_running(const char *name)
{
	struct netlink_link link;

	return netlink_link_by_name(name, &link) == 0 && link.running;
}

static int make_pair(void **state)
{
	struct seen s = {.want_ifindex = 0};
	struct netlink_monitor *m = netlink_monitor_new(NETLINK_LINKS, &ops, &s);

	run("ip link add sw0 address 52:54:00:00:00:01 type veth peer name sw1 address 52:54:00:00:00:02");
	run("ip link set sw0 mtu 1400 up");
	run("ip link set sw1 up");
	/* The kernel follows a carrier a moment later; until then it drops what is sent. */
	while (!is_running("sw0") || !is_running("sw1"))
		await(m, &s.links);
	netlink_monitor_free(m);
	return 0;
}

static int drop_pair(void **state)
{
	run("ip link del sw0");
	return 0;
}

static void links_are_found_by_name_and_index(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};
	struct netlink_link link, again;

	assert_int_equal(netlink_link_by_name("sw0", &link), 0);
	assert_string_equal(link.name, "sw0");
	assert_int_equal(link.ifindex, if_nametoindex("sw0"));
	assert_int_equal(link.mtu, 1400);
	assert_true(link.has_mac && link.up && link.running && !link.deleted);
	assert_memory_equal(link.mac, mac, 6);
	assert_int_equal(netlink_link_by_index(link.ifindex, &again), 0);
	assert_memory_equal(&link, &again, sizeof(link));
	assert_int_equal(netlink_link_by_name("nosuch", &link), -ENODEV);
	assert_int_equal(netlink_link_by_name("", &link), -ENODEV);
	assert_int_equal(netlink_link_by_name("a-name-that-is-too-long", &link), -ENODEV);
	assert_int_equal(netlink_link_by_index(99999, &link), -ENODEV);
}

static void dumps_tell_all_kinds(void **state)
{
	struct seen s = {.want = addr("192.0.2.0"), .want_ifindex = (int)if_nametoindex("sw0")};
	struct address list[4];

	run("ip addr add 192.0.2.1/24 dev sw0");
	run("ip addr add 2001:db8::1/64 dev sw0 nodad");
	run("ip neigh add 192.0.2.7 lladdr 52:54:00:00:00:07 nud permanent dev sw0");
	run("ip route add 198.51.100.0/24 via 192.0.2.9 table 77");
	run("ip -6 route add 2001:db8:5::/48 nexthop via 2001:db8::5 nexthop via 2001:db8::6");
	assert_int_equal(netlink_dump(15, &ops, &s), 0);
	assert_int_equal(s.links, 1);
	assert_int_equal(s.routes, 1);
	assert_int_equal(s.route.dst.plen, 24);
	assert_int_equal(s.route.gateway.afi, AFI_NONE);
	assert_int_equal(s.route.ifindex, s.want_ifindex);
	assert_int_equal(s.route.table, RT_TABLE_MAIN);
	assert_int_equal(s.route.type, RTN_UNICAST);

	s.want = addr("198.51.100.0");
	assert_int_equal(netlink_dump(NETLINK_ROUTES, &ops, &s), 0);
	assert_int_equal(s.route.table, 77);
	assert_true(
		address_equal(&s.route.gateway, &(struct address){AFI_IPV4, 4, {192, 0, 2, 9}}));
	s.want = addr("2001:db8:5::");
	assert_int_equal(netlink_dump(NETLINK_ROUTES, &ops, &s), 0);
	assert_int_equal(s.route.dst.plen, 48);
	assert_true(s.route.gateway.afi == AFI_IPV6 && s.route.ifindex == s.want_ifindex);

	s.want = addr("2001:db8::1");
	assert_int_equal(netlink_dump(NETLINK_ADDRESSES, &ops, &s), 0);
	assert_int_equal(s.address.plen, 64);
	assert_false(s.address.tentative || s.address.deleted);
	s.want = addr("192.0.2.7");
	assert_int_equal(netlink_dump(NETLINK_NEIGHBOURS, &ops, &s), 0);
	assert_int_equal(s.neighbours, 1);
	assert_int_equal(s.neighbour.state, NUD_PERMANENT);
	assert_true(s.neighbour.has_mac && s.neighbour.mac[5] == 7);

	assert_in_range(
		netlink_addresses_of(s.want_ifindex, list, 4), 2, 3); /* perhaps fe80:: too */
	assert_true(address_equal(&list[0], &(struct address){AFI_IPV4, 4, {192, 0, 2, 1}}));
	assert_true(netlink_addresses_of(0, NULL, 0) >= 3);
	assert_int_equal(netlink_addresses_of(99999, NULL, 0), 0);
}

static void a_neighbour_is_set_replaced_and_forgotten(void **state)
{
	static const char *const hosts[] = {"192.0.2.9", "2001:db8::9"};
	struct seen s = {.want_ifindex = (int)if_nametoindex("sw0")};

	for (unsigned int i = 0; i < 2; i++) {
		s.want = addr(hosts[i]);
		s.neighbours = 0;
		for (uint8_t last = 1; last < 3; last++) {
			const uint8_t mac[6] = {2, 0, 0, 0, 0, last};

			assert_int_equal(netlink_neighbour_set(s.want_ifindex, &s.want, mac), 0);
			assert_int_equal(netlink_dump(NETLINK_NEIGHBOURS, &ops, &s), 0);
			assert_int_equal(s.neighbours, last);
			assert_int_equal(s.neighbour.state, NUD_STALE);
			assert_memory_equal(s.neighbour.mac, mac, 6);
		}
		assert_int_equal(netlink_neighbour_set(s.want_ifindex, &s.want, NULL), 0);
		assert_int_equal(netlink_dump(NETLINK_NEIGHBOURS, &ops, &s), 0);
		assert_true(s.neighbours == 2 || s.neighbour.state == NUD_FAILED);
	}
	s.want = addr("192.0.2.10");
	assert_int_equal(netlink_neighbour_set(s.want_ifindex, &s.want, NULL), -ENOENT);
	assert_true(netlink_neighbour_set(99999, &s.want, (const uint8_t *)"\2\0\0\0\0\1") < 0);
}

static void a_monitor_tells_changes_as_they_come(void **state)
{
	struct seen s = {.want = addr("192.0.2.8"), .want_ifindex = (int)if_nametoindex("sw1")};
	struct netlink_monitor *m = netlink_monitor_new(
		NETLINK_LINKS | NETLINK_ADDRESSES | NETLINK_NEIGHBOURS, &ops, &s);

	assert_non_null(m);
	assert_int_equal(netlink_monitor_run(m), 0);
	run("ip neigh add 192.0.2.8 lladdr 52:54:00:00:00:08 nud stale dev sw1");
	await(m, &s.neighbours);
	assert_int_equal(s.neighbour.state, NUD_STALE);
	assert_int_equal(s.neighbour.mac[5], 8);
	assert_false(s.neighbour.deleted);
	run("ip neigh del 192.0.2.8 dev sw1");
	while (!s.neighbour.deleted)
		await(m, &s.neighbours);
	run("ip addr add 192.0.2.8/32 dev sw1");
	await(m, &s.addresses);
	assert_false(s.address.deleted);
	run("ip addr del 192.0.2.8/32 dev sw1");
	await(m, &s.addresses);
	assert_true(s.address.deleted);
	run("ip link set sw1 down");
	while (s.link.up || s.links == 0)
		await(m, &s.links);
	run("ip link set sw1 up mtu 1300");
	while (!s.link.up || s.link.mtu != 1300)
		await(m, &s.links);
	assert_int_equal(s.lost, 0);
	netlink_monitor_free(m);
}

static void bridge_tables_are_told_by_mac(void **state)
{
	struct seen s = {.want = {.afi = AFI_NONE}};
	struct netlink_monitor *m = netlink_monitor_new(NETLINK_NEIGHBOURS, &ops, &s);

	run("ip link set sw1 down"); /* no other frame teaches the bridge anything */
	run("ip link add swbr0 type bridge");
	run("ip link set sw1 master swbr0");
	run("bridge fdb add 52:54:00:00:00:99 dev sw1 master static");
	while (s.neighbour.mac[5] != 0x99)
		await(m, &s.neighbours);
	assert_int_equal(s.neighbour.ifindex, if_nametoindex("sw1"));
	netlink_monitor_free(m);
	memset(&s.neighbour, 0, sizeof(s.neighbour));
	s.neighbours = 0;
	assert_int_equal(netlink_dump(NETLINK_NEIGHBOURS, &ops, &s), 0);
	assert_true(s.neighbours > 0);
	s.want_ifindex = (int)if_nametoindex("sw1");
	assert_int_equal(netlink_dump(NETLINK_LINKS, &ops, &s), 0);
	assert_int_equal(s.link.master, if_nametoindex("swbr0"));
	run("ip link del swbr0");
}

static void what_was_lost_is_told(void **state)
{
	struct seen s = {.want = addr("192.0.2.8")};
	struct netlink_monitor *m = netlink_monitor_new(NETLINK_NEIGHBOURS, &ops, &s);
	const int size = 1024;

	assert_int_equal(
		setsockopt(netlink_monitor_fd(m), SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)), 0);
	run("for i in $(seq 200); do echo neigh replace 198.51.100.$i lladdr 52:54:00:00:00:08 dev sw0;"
	    " done | ip -batch -");
	assert_int_equal(netlink_monitor_run(m), 0);
	assert_true(s.lost > 0);
	run("ip neigh replace 192.0.2.8 lladdr 52:54:00:00:00:08 dev sw0");
	await(m, &s.neighbours); /* it goes on */
	netlink_monitor_free(m);
}

/* The next frame, waited for at most 5 s. */
static size_t frame_receive(int fd, uint8_t *frame, size_t size)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	assert_int_equal(poll(&p, 1, 5000), 1);
	n = packet_receive(fd, frame, size);
	assert_true(n > 0);
	return (size_t)n;
}

static void frames_pass_the_filter_and_go_out(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};
	/* IPv4, which the filter keeps out. */
	static const uint8_t other[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0, 0, 1, 8, 0};
	struct address from = addr("192.0.2.1"), to = addr("192.0.2.2");
	struct address from6 = addr("2001:db8::1"), to6 = addr("2001:db8::77");
	int out = packet_open((int)if_nametoindex("sw0"), NULL);
	int in = packet_open((int)if_nametoindex("sw1"), &packet_filter_arp_nd);
	uint8_t want[ARP_ND_MAX], got[256];
	struct arp_nd m;
	size_t len;

	assert_true(out >= 0 && in >= 0);
	assert_true(fcntl(in, F_GETFL) & O_NONBLOCK);
	assert_int_equal(packet_send(out, other, sizeof(other)), 0);
	assert_true(arp_nd_ask(&m, mac, &from, &to, NULL));
	len = arp_nd_build(&m, want);
	assert_int_equal(packet_send(out, want, len), 0);
	do { /* the namespace's own IPv6 may speak in between */
		assert_in_range(frame_receive(in, got, sizeof(got)), len, 86);
		assert_memory_not_equal(got + 12, other + 12, 2);
	} while (memcmp(got, want, len) != 0);
	assert_true(arp_nd_ask(&m, mac, &from6, &to6, NULL));
	len = arp_nd_build(&m, want);
	assert_int_equal(packet_send(out, want, len), 0);
	while (frame_receive(in, got, sizeof(got)) != len || memcmp(got, want, len) != 0)
		;
	assert_int_equal(packet_send(in, want, len), 0); /* what leaves is not seen by the sender */
	while (frame_receive(out, got, sizeof(got)) != len || memcmp(got, want, len) != 0)
		;
	while (packet_receive(in, got, sizeof(got)) > 0)
		assert_true(memcmp(got, want, len) != 0);
	assert_true(packet_open(99999, NULL) == -ENODEV);
	close(out);
	close(in);
}

/* Take frames until this one comes; none of those before may be like @never. */
static void await_frame(
	int fd, const uint8_t *want, size_t len, const uint8_t *never, size_t never_len)
{
	uint8_t got[256];
	size_t n;

	do {
		n = frame_receive(fd, got, sizeof(got));
		assert_false(never && n == never_len && !memcmp(got, never, n));
	} while (n != len || memcmp(got, want, len) != 0);
}

static void questions_pass_their_filter_and_answers_do_not(void **state)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0, 0, 1};
	const char *const pairs[][2] = {
		{"192.0.2.1", "192.0.2.2"}, {"2001:db8::1", "2001:db8::77"}};
	int out = packet_open((int)if_nametoindex("sw0"), NULL);
	int in = packet_open((int)if_nametoindex("sw1"), &packet_filter_questions);
	uint8_t question[ARP_ND_MAX], reply[ARP_ND_MAX];

	assert_true(out >= 0 && in >= 0);
	for (unsigned int i = 0; i < 2; i++) {
		struct address from = addr(pairs[i][0]), to = addr(pairs[i][1]);
		size_t len, reply_len;
		struct arp_nd ask, answer;

		assert_true(arp_nd_ask(&ask, mac, &from, &to, NULL));
		assert_true(arp_nd_answer(&answer, &ask, mac));
		len = arp_nd_build(&ask, question);
		reply_len = arp_nd_build(&answer, reply);
		assert_int_equal(packet_send(out, reply, reply_len), 0);
		assert_int_equal(packet_send(out, question, len), 0);
		await_frame(in, question, len, reply, reply_len);
	}
	close(out);
	close(in);
}

static void an_interface_is_promiscuous_as_long_as_the_socket_is_open(void **state)
{
	int ifindex = (int)if_nametoindex("sw1");
	int fd = packet_open(ifindex, &packet_filter_questions);

	assert_true(fd >= 0);
	run("ip -d link show sw1 | grep -q 'promiscuity 0'");
	assert_int_equal(packet_promiscuous(fd, ifindex), 0);
	run("ip -d link show sw1 | grep -q 'promiscuity 1'");
	assert_int_equal(packet_promiscuous(fd, 99999), -ENODEV);
	close(fd);
	run("ip -d link show sw1 | grep -q 'promiscuity 0'");
}

static void an_interface_takes_another_mac(void **state)
{
	static const uint8_t mac[6] = {0x02, 0, 0x5e, 0, 1, 1}, group[6] = {0x01, 0, 0x5e, 0, 0, 1};
	int ifindex = (int)if_nametoindex("sw1");

	assert_int_equal(netlink_mac_set(ifindex, mac), 0);
	run("ip link show sw1 | grep -q 'link/ether 02:00:5e:00:01:01'");
	assert_int_equal(netlink_mac_set(ifindex, group), -EADDRNOTAVAIL);
	assert_int_equal(netlink_mac_set(99999, mac), -ENODEV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			links_are_found_by_name_and_index, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(dumps_tell_all_kinds, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(
			a_neighbour_is_set_replaced_and_forgotten, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(
			a_monitor_tells_changes_as_they_come, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(
			bridge_tables_are_told_by_mac, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(what_was_lost_is_told, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(
			frames_pass_the_filter_and_go_out, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(
			questions_pass_their_filter_and_answers_do_not, make_pair, drop_pair),
		cmocka_unit_test_setup_teardown(
			an_interface_is_promiscuous_as_long_as_the_socket_is_open, make_pair,
			drop_pair),
		cmocka_unit_test_setup_teardown(
			an_interface_takes_another_mac, make_pair, drop_pair),
	};
	const char *why;

	if (!own_net_enter(&why)) {
		fprintf(stderr, "skipped: %s\n", why);
		return 77;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
