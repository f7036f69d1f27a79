/* dp_traffic: an echo server and its clients, which compare every byte that comes back, and look at
 * the checksums of the frames that arrive.
 *
 *   dp_traffic serve PORT IFNAME
 *   dp_traffic tcp|udp|fragments ADDRESS PORT IFNAME
 *
 * tcp: 2 MB each way; udp: datagrams of all sizes up to 1400 bytes; fragments: datagrams of up to
 * 60,000 bytes, which IPv6 may have to send again until the path MTU is known. A checksum that a
 * device is yet to fill in (within this machine) is not looked at. Prints "checked N bad N server N
 * bad N"; exit 1 when a byte is wrong, an answer is missing, or a checksum is bad. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>

#include "lib/net/checksum.h"

#define TCP_BYTES (2u << 20)
#define REPORT    "report?"
#define CLIENTS   8

struct checker {
	int fd;
	unsigned int checked, bad;
};

static void die(const char *what)
{
	printf("failed: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint8_t stream_byte(uint32_t at)
{
	uint32_t x = (at >> 2) * 2654435761u + 12345;

	return x >> (8 * (at & 3));
}

static void fill(uint8_t *bytes, size_t len, uint32_t at)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = stream_byte(at + i);
}

static void check_start(struct checker *c, const char *ifname)
{
	struct sockaddr_ll where = {.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = if_nametoindex(ifname)};
	int one = 1, size = 4 << 20;

	c->fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&where, sizeof(where)) ||
		setsockopt(c->fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one)))
		die("packet socket");
	setsockopt(c->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
}

/* The transport packet of an unfragmented IP packet; its checksum over all must come out as 0. */
static void check_packet(struct checker *c, const uint8_t *ip, size_t len)
{
	bool v4 = len >= 20 && ip[0] >> 4 == 4;
	size_t header = v4 ? (ip[0] & 15) * 4u : 40, end;
	struct address src, dst;
	uint8_t proto;

	if (len < header + 8 || (!v4 && ip[0] >> 4 != 6) || (v4 && (ip[6] & 0x3f || ip[7])))
		return;
	proto = v4 ? ip[9] : ip[6];
	end = v4 ? ip[2] << 8 | ip[3] : (ip[4] << 8 | ip[5]) + 40;
	if ((proto != IPPROTO_TCP && proto != IPPROTO_UDP) || end > len || end < header)
		return;
	if (proto == IPPROTO_UDP && v4 && !ip[header + 6] && !ip[header + 7])
		return;
	address_set(&src, v4 ? AFI_IPV4 : AFI_IPV6, ip + (v4 ? 12 : 8), v4 ? 4 : 16);
	address_set(&dst, v4 ? AFI_IPV4 : AFI_IPV6, ip + (v4 ? 16 : 24), v4 ? 4 : 16);
	c->checked++;
	if (checksum_upper(&src, &dst, proto, ip + header, end - header))
		c->bad++;
}

static void check(struct checker *c)
{
	static uint8_t packet[65536];
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct sockaddr_ll from;
	struct iovec iov = {packet, sizeof(packet)};
	struct msghdr m;
	struct cmsghdr *cm;
	struct tpacket_auxdata aux;
	ssize_t n;

	for (;;) {
		m = (struct msghdr){.msg_name = &from,
			.msg_namelen = sizeof(from),
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		n = recvmsg(c->fd, &m, 0);
		if (n < 0)
			return;
		memset(&aux, 0, sizeof(aux));
		for (cm = CMSG_FIRSTHDR(&m); cm; cm = CMSG_NXTHDR(&m, cm))
			if (cm->cmsg_level == SOL_PACKET && cm->cmsg_type == PACKET_AUXDATA)
				memcpy(&aux, CMSG_DATA(cm), sizeof(aux));
		if (from.sll_pkttype == PACKET_HOST && !(aux.tp_status & TP_STATUS_CSUMNOTREADY))
			check_packet(c, packet, n);
	}
}

/* Fragments may be made, and made again on the way: DF=0. */
static void allow_fragments(int fd)
{
	int dont = IP_PMTUDISC_DONT, size = 1 << 20;

	setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &dont, sizeof(dont));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int listener(int type, uint16_t port)
{
	struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = socket(AF_INET6, type | SOCK_NONBLOCK, 0), off = 0, one = 1;

	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)) ||
		(type == SOCK_STREAM && listen(fd, CLIENTS)))
		die("listen");
	return fd;
}

static void echo_datagrams(int fd, struct checker *c)
{
	static uint8_t bytes[65536];
	struct sockaddr_in6 from;
	socklen_t from_len;
	char report[64];
	ssize_t n;

	for (;;) {
		from_len = sizeof(from);
		n = recvfrom(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &from_len);
		if (n < 0)
			return;
		if (n == sizeof(REPORT) && !memcmp(bytes, REPORT, sizeof(REPORT))) {
			check(c);
			n = snprintf(report, sizeof(report), "%u bad %u", c->checked, c->bad);
			sendto(fd, report, n + 1, 0, (struct sockaddr *)&from, from_len);
			c->checked = c->bad = 0;
		} else if (sendto(fd, bytes, n, 0, (struct sockaddr *)&from, from_len) < 0 &&
			   errno == EMSGSIZE) {
			sendto(fd, bytes, n, 0, (struct sockaddr *)&from, from_len);
		}
	}
}

/* False: the connection has ended. Blocks while the peer takes nothing, as a small echo server may.
 */
static bool echo_stream(int fd)
{
	static uint8_t bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes)), at, w;

	if (n < 0)
		return errno == EAGAIN;
	for (at = 0; at < n; at += w) {
		w = write(fd, bytes + at, n - at);
		if (w < 0)
			return false;
	}
	return n > 0;
}

static void serve(uint16_t port, const char *ifname)
{
	struct pollfd p[3 + CLIENTS];
	struct checker c = {0};
	unsigned int i;

	check_start(&c, ifname);
	p[0] = (struct pollfd){listener(SOCK_STREAM, port), POLLIN, 0};
	p[1] = (struct pollfd){listener(SOCK_DGRAM, port), POLLIN, 0};
	p[2] = (struct pollfd){c.fd, POLLIN, 0};
	allow_fragments(p[1].fd);
	for (i = 3; i < 3 + CLIENTS; i++)
		p[i] = (struct pollfd){-1, POLLIN, 0};
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		if (poll(p, 3 + CLIENTS, -1) < 0)
			die("poll");
		check(&c);
		echo_datagrams(p[1].fd, &c);
		for (i = 3; i < 3 + CLIENTS; i++) {
			if (p[i].fd < 0 && p[0].revents) {
				p[i].fd = accept(p[0].fd, NULL, NULL);
				p[i].revents = p[0].revents = 0;
			}
			if (p[i].fd >= 0 && p[i].revents && !echo_stream(p[i].fd)) {
				close(p[i].fd);
				p[i].fd = -1;
			}
		}
	}
}

static int connected(int type, const char *address, const char *port)
{
	struct sockaddr_storage ss;
	struct timeval limit = {.tv_sec = 5};
	struct endpoint e;
	socklen_t len;
	int fd;

	if (!address_parse(&e.addr, address))
		die(address);
	e.port = atoi(port);
	len = endpoint_to_sockaddr(&e, &ss);
	fd = socket(ss.ss_family, type, 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (fd < 0 || connect(fd, (struct sockaddr *)&ss, len))
		die("connect");
	return fd;
}

static void run_tcp(const char *address, const char *port, struct checker *c)
{
	static uint8_t out[65536], in[65536], want[65536];
	int fd = connected(SOCK_STREAM, address, port);
	uint32_t sent = 0, got = 0;
	struct pollfd p = {.fd = fd};
	ssize_t n;

	fcntl(fd, F_SETFL, O_NONBLOCK);
	while (got < TCP_BYTES) {
		p.events = POLLIN | (sent < TCP_BYTES ? POLLOUT : 0);
		if (poll(&p, 1, 5000) <= 0)
			die("nothing comes back");
		check(c);
		if (p.revents & POLLOUT && sent < TCP_BYTES) {
			n = TCP_BYTES - sent < sizeof(out) ? TCP_BYTES - sent : sizeof(out);
			fill(out, n, sent);
			n = write(fd, out, n);
			if (n > 0)
				sent += n;
		}
		n = p.revents & POLLIN ? read(fd, in, sizeof(in)) : -1;
		if (n == 0)
			die("connection ended");
		if (n < 0)
			continue;
		fill(want, n, got);
		if (memcmp(in, want, n) != 0)
			die("bytes differ");
		got += n;
	}
	close(fd);
}

/* One datagram there and back. */
static bool exchange(int fd, size_t len, uint32_t at, unsigned int tries, struct checker *c)
{
	static uint8_t out[65536], in[65536];
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	fill(out, len, at);
	while (tries--) {
		n = send(fd, out, len, 0);
		if (n < 0 && errno != EMSGSIZE) /* IPv6, when the path MTU has just been learned */
			die("send");
		while (poll(&p, 1, tries ? 100 : 2000) > 0) {
			n = recv(fd, in, sizeof(in), 0);
			check(c);
			if (n == (ssize_t)len && !memcmp(in, out, len))
				return true;
		}
	}
	printf("failed: datagram of %zu bytes did not come back\n", len);
	return false;
}

static void run_datagrams(const char *address, const char *port, struct checker *c, bool fragments)
{
	static const size_t large[] = {1465, 1473, 2000, 2960, 5000, 20000, 60000};
	int fd = connected(SOCK_DGRAM, address, port);
	bool v6 = strchr(address, ':');
	size_t i;

	allow_fragments(fd);
	for (i = 0; !fragments && i < 100; i++)
		if (!exchange(fd, 14 * i + 1, i * 1000, 1, c))
			exit(1);
	for (i = 0; fragments && i < sizeof(large) / sizeof(*large); i++)
		if (!exchange(fd, large[i], i * 70000, v6 ? 6 : 1, c))
			exit(1);
	close(fd);
}

static int result(const char *address, const char *port, struct checker *c)
{
	int fd = connected(SOCK_DGRAM, address, port);
	char report[64] = "";
	unsigned int bad = 0;
	ssize_t n;

	check(c);
	if (send(fd, REPORT, sizeof(REPORT), 0) < 0)
		die("report");
	n = recv(fd, report, sizeof(report) - 1, 0);
	if (n < 0 || sscanf(report, "%*u bad %u", &bad) != 1)
		die("report");
	printf("checked %u bad %u server %s\n", c->checked, c->bad, report);
	return c->bad || bad;
}

int main(int argc, char **argv)
{
	struct checker c = {0};

	if (argc == 4 && !strcmp(argv[1], "serve"))
		serve(atoi(argv[2]), argv[3]);
	if (argc != 5)
		return 2;
	check_start(&c, argv[4]);
	if (!strcmp(argv[1], "tcp"))
		run_tcp(argv[2], argv[3], &c);
	else
		run_datagrams(argv[2], argv[3], &c, !strcmp(argv[1], "fragments"));
	return result(argv[2], argv[3], &c);
}
