/* arrivals: when what is for the guest came to its hypervisor. Looks at the frames that come in at
 * a port (the one to the site's router); after SIGTERM or SIGINT prints a JSON object: how many
 * datagrams of flow.c there were, and the wall clock of the first and the last. With a locator: the
 * same of those that leave at the port of a tunnel router (the one to the core), encapsulated to
 * it.
 *
 * usage: arrivals INTERFACE [LOCATOR] */
#include "tests/lab/guest/flow.h"
#include "tests/lab/stream.h"
#include "tests/lab/tool.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

/* Is this packet (without its frame's header) a datagram to the guest's program? */
static bool for_guest(const uint8_t *p, size_t len)
{
	struct udphdr udp;
	size_t at;

	if (len < sizeof(struct ip))
		return false;
	if (p[0] >> 4 == 4 && p[9] == IPPROTO_UDP)
		at = (size_t)(p[0] & 15) * 4;
	else if (p[0] >> 4 == 6 && p[6] == IPPROTO_UDP)
		at = sizeof(struct ip6_hdr);
	else
		return false;
	if (len < at + sizeof(udp))
		return false;
	memcpy(&udp, p + at, sizeof(udp));
	return udp.uh_dport == htons(FLOW_PORT);
}

/* Is this one that leaves for @locator by LISP (RFC 9300 section 5.1)? */
static bool for_locator(const uint8_t *p, size_t len, const struct in_addr *locator)
{
	const size_t headers = sizeof(struct ip) + sizeof(struct udphdr) + 8;
	struct udphdr udp;

	if (len < headers || p[0] != 0x45 || p[9] != IPPROTO_UDP ||
		memcmp(p + 16, locator, sizeof(*locator)) != 0)
		return false;
	memcpy(&udp, p + sizeof(struct ip), sizeof(udp));
	return udp.uh_dport == htons(4341) && for_guest(p + headers, len - headers);
}

static int port_open(const char *name)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(name)};
	struct timeval often = {.tv_usec = 100000}; /* a signal just before recvmsg is seen then */
	int fd = socket(AF_PACKET, SOCK_DGRAM, 0), on = 1;

	if (fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die(name);
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &often, sizeof(often));
	return fd;
}

int main(int argc, char **argv)
{
	uint64_t first = 0, last = 0;
	unsigned long count = 0;
	struct in_addr locator;
	int fd;

	if (argc < 2 || argc > 3 || (argc == 3 && inet_pton(AF_INET, argv[2], &locator) != 1))
		return fputs("usage: arrivals INTERFACE [LOCATOR]\n", stderr), 2;
	tool_begin(false);
	fd = port_open(argv[1]);
	while (!tool_stopping()) {
		uint8_t buf[2048], control[128];
		struct sockaddr_ll from;
		struct iovec iov = {buf, sizeof(buf)};
		struct msghdr msg = {.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(fd, &msg, 0);

		if (n < 0)
			continue;
		if (argc == 2 ? from.sll_pkttype == PACKET_OUTGOING || !for_guest(buf, (size_t)n)
			      : from.sll_pkttype != PACKET_OUTGOING ||
					!for_locator(buf, (size_t)n, &locator))
			continue;
		last = arrival_ns(&msg);
		if (!count++)
			first = last;
	}
	printf("{\"count\":%lu,\"first_s\":%.6f,\"last_s\":%.6f}\n", count, (double)first / 1e9,
		(double)last / 1e9);
	return 0;
}
