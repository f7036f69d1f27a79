/* pong: answers pings in the labs' guest, in the kernel's place. The kernel answers by one socket
 * of 130 KiB and drops, counting "Icmp: OutErrors", what does not fit there until the network card
 * has taken it: some 170 answers. To a guest that has just moved all that was held for it comes at
 * once, and what its kernel drops then looks as if it had been lost on the way. Here the buffers
 * are large, and what cannot be sent is tried again. Static: the guest has no libraries.
 *
 * usage: pong (writes "ready" when it answers; from then on the kernel shall not) */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER_BYTES (16 << 20) /* some 20,000 small packets */

static uint16_t sum16(const uint8_t *bytes, size_t len)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < len; i++)
		sum += i % 2 ? bytes[i] : (uint32_t)bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons((uint16_t)~sum);
}

static int open_raw(int family)
{
	int fd = socket(family, SOCK_RAW, family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
	int size = BUFFER_BYTES, on = 1;
	struct icmp6_filter filter;

	if (fd < 0) {
		perror("pong: socket");
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	if (family == AF_INET) { /* so that it answers from the address that was asked */
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
		return fd;
	}
	setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
	ICMP6_FILTER_SETBLOCKALL(&filter);
	ICMP6_FILTER_SETPASS(ICMP6_ECHO_REQUEST, &filter);
	setsockopt(fd, IPPROTO_ICMPV6, ICMP6_FILTER, &filter, sizeof(filter));
	return fd;
}

/* The answer to what is in @io, in its place; false: it is no echo request. The kernel sums up
 * ICMPv6. */
static int turn(int family, struct iovec *io)
{
	struct ip *ip = io->iov_base;
	uint8_t *icmp = io->iov_base;

	if (family == AF_INET) {
		if (io->iov_len < sizeof(*ip) || io->iov_len < ip->ip_hl * 4u + 8)
			return 0;
		io->iov_base = icmp += ip->ip_hl * 4u;
		io->iov_len -= ip->ip_hl * 4u;
	}
	if (io->iov_len < 8 || icmp[0] != (family == AF_INET ? ICMP_ECHO : ICMP6_ECHO_REQUEST))
		return 0;
	icmp[0] = family == AF_INET ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY;
	if (family == AF_INET) {
		uint16_t sum;

		memset(icmp + 2, 0, 2);
		sum = sum16(icmp, io->iov_len);
		memcpy(icmp + 2, &sum, 2);
	}
	return 1;
}

static void answer(int fd, int family)
{
	static uint8_t bytes[65536];
	uint8_t control[256];
	struct sockaddr_storage peer;
	struct iovec io = {bytes, sizeof(bytes)};
	struct msghdr m = {.msg_name = &peer,
		.msg_namelen = sizeof(peer),
		.msg_iov = &io,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	ssize_t n = recvmsg(fd, &m, 0);

	if (n < 0)
		return;
	io.iov_len = (size_t)n;
	if (!turn(family, &io))
		return;
	while (sendmsg(fd, &m, 0) < 0 && (errno == ENOBUFS || errno == EAGAIN))
		poll(NULL, 0, 1); /* until the card has taken some */
}

int main(void)
{
	int v4 = open_raw(AF_INET), v6 = open_raw(AF_INET6);

	if (v4 < 0 || v6 < 0)
		return 1;
	puts("ready");
	fflush(stdout);
	if (fork() == 0)
		for (;;)
			answer(v6, AF_INET6);
	for (;;)
		answer(v4, AF_INET);
}
