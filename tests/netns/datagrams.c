/* datagrams: numbered UDP datagrams whose every byte is checked, and control messages sent again,
 * for the tests of the lab.
 *
 * usage: datagrams send ADDRESS PORT COUNT [PER_S]   numbered from 0; at once, or so many a second
 *        datagrams receive PORT COUNT MS             until COUNT came or MS passed; prints JSON
 *        datagrams keep DEVICE TYPE FILE MS          the next frame with a control message of TYPE
 *        datagrams replay DEVICE FILE [bare]         send that frame once more; bare: without
 * checksum
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <netinet/if_ether.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "lib/net/address.h"
#include "lib/net/checksum.h"

#define NUMBERS_MAX  65536
#define CONTROL_PORT 4342

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Whether @fd became readable before @deadline. */
static bool wait_readable(int fd, uint64_t deadline)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	uint64_t now = now_ms();

	return now < deadline && poll(&p, 1, (int)(deadline - now)) > 0;
}

static socklen_t parse(struct sockaddr_storage *to, const char *address, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)atoi(port));
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, address, &v6->sin6_addr) != 1)
		errno = EINVAL, die(address);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)atoi(port));
	return sizeof(*v6);
}

/* The number, then bytes that follow from it and from their place. */
static void fill(uint8_t *bytes, size_t len, uint32_t number)
{
	uint32_t n = htonl(number);

	for (size_t i = 4; i < len; i++)
		bytes[i] = (uint8_t)(number * 31 + i);
	memcpy(bytes, &n, 4);
}

static void pause_until(uint64_t due_us)
{
	struct timespec ts = {
		.tv_sec = (time_t)(due_us / 1000000), .tv_nsec = (long)(due_us % 1000000) * 1000};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
}

static int send_all(char **argv, uint32_t per_s)
{
	uint32_t count = (uint32_t)strtoul(argv[4], NULL, 10);
	struct sockaddr_storage to;
	socklen_t to_len = parse(&to, argv[2], argv[3]);
	uint8_t bytes[100];
	uint64_t start_us = now_ms() * 1000;
	int fd = socket(to.ss_family, SOCK_DGRAM, 0);

	for (uint32_t i = 0; i < count; i++) {
		if (per_s)
			pause_until(start_us + i * 1000000ull / per_s);
		fill(bytes, sizeof(bytes), i);
		if (sendto(fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&to, to_len) !=
			sizeof(bytes))
			die("datagrams: sendto");
	}
	return 0;
}

struct tally {
	uint32_t received, duplicated, reordered, damaged, highest;
	uint8_t seen[NUMBERS_MAX];
};

static void take(struct tally *t, const uint8_t *bytes, size_t len)
{
	uint8_t want[2048];
	uint32_t number;

	if (len < 4) {
		t->damaged++;
		return;
	}
	memcpy(&number, bytes, 4);
	number = ntohl(number);
	fill(want, len, number);
	if (number >= NUMBERS_MAX || memcmp(bytes, want, len) != 0) {
		t->damaged++;
		return;
	}
	if (t->seen[number]++) {
		t->duplicated++;
		return;
	}
	if (t->received++ && number < t->highest)
		t->reordered++;
	else
		t->highest = number;
}

static int receive(char **argv)
{
	static struct tally t;
	struct sockaddr_in6 any = {.sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_ANY_INIT,
		.sin6_port = htons((uint16_t)atoi(argv[2]))};
	uint32_t count = (uint32_t)strtoul(argv[3], NULL, 10);
	uint64_t deadline = now_ms() + strtoull(argv[4], NULL, 10);
	int fd = socket(AF_INET6, SOCK_DGRAM, 0), size = 4 << 20;
	uint8_t bytes[2048];
	ssize_t n;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof(any)))
		die("datagrams: bind");
	while (t.received < count && wait_readable(fd, deadline))
		if ((n = recv(fd, bytes, sizeof(bytes), 0)) >= 0)
			take(&t, bytes, (size_t)n);
	printf("{\"received\":%u,\"duplicated\":%u,\"reordered\":%u,\"damaged\":%u,\"highest\":%u}\n",
		t.received, t.duplicated, t.reordered, t.damaged, t.highest);
	return 0;
}

/* ---- frames ---- */

static int packet_socket(const char *device, struct sockaddr_ll *at)
{
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	*at = (struct sockaddr_ll){.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(device),
		.sll_halen = ETH_ALEN};
	if (fd < 0 || !at->sll_ifindex)
		die(device);
	return fd;
}

static size_t udp_of(const uint8_t *f)
{
	return ETH_HLEN + (f[ETH_HLEN] & 15) * 4u;
}

/* An Ethernet frame with IPv4 and a UDP datagram to the control port that begins with @type. */
static bool is_control(const uint8_t *f, size_t len, unsigned int type)
{
	size_t udp = len > ETH_HLEN ? udp_of(f) : len;

	return len > udp + 8 && f[12] == 0x08 && f[13] == 0 && f[ETH_HLEN + 9] == IPPROTO_UDP &&
	       (f[udp + 2] << 8 | f[udp + 3]) == CONTROL_PORT && f[udp + 8] >> 4 == type;
}

static void put16(uint8_t *at, size_t v)
{
	at[0] = (uint8_t)(v >> 8);
	at[1] = (uint8_t)v;
}

/* Several datagrams to one place may leave as one, which the device cuts up behind us
 * (UDP_SEGMENT): make the first of them of it. Returns its length. */
static size_t first_datagram(uint8_t *f, size_t len, const struct virtio_net_hdr *how)
{
	size_t udp = udp_of(f), datagram = 8u + how->gso_size;

	if (how->gso_type == VIRTIO_NET_HDR_GSO_NONE || udp + datagram >= len)
		return len;
	put16(f + ETH_HLEN + 2, udp - ETH_HLEN + datagram);
	put16(f + ETH_HLEN + 10, 0);
	put16(f + ETH_HLEN + 10, checksum_of(f + ETH_HLEN, udp - ETH_HLEN));
	put16(f + udp + 4, datagram);
	return udp + datagram;
}

static int keep(char **argv)
{
	unsigned int type = (unsigned int)strtoul(argv[3], NULL, 10);
	uint64_t deadline = now_ms() + strtoull(argv[5], NULL, 10);
	struct sockaddr_ll at;
	struct {
		struct virtio_net_hdr how;
		uint8_t frame[65536];
	} in;
	int fd = packet_socket(argv[2], &at), yes = 1;
	uint8_t *frame = in.frame;
	FILE *file;
	ssize_t n;

	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &yes, sizeof(yes)))
		die("datagrams: PACKET_VNET_HDR");
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)))
		die("datagrams: bind");
	puts("ready");
	fflush(stdout);
	while (wait_readable(fd, deadline)) {
		n = recv(fd, &in, sizeof(in), 0) - (ssize_t)sizeof(in.how);
		if (n < 0 || !is_control(frame, (size_t)n, type))
			continue;
		n = (ssize_t)first_datagram(frame, (size_t)n, &in.how);
		file = fopen(argv[4], "w");
		if (!file || fwrite(frame, (size_t)n, 1, file) != 1 || fclose(file))
			die(argv[4]);
		return 0;
	}
	fprintf(stderr, "datagrams: no control message of type %u came by %s\n", type, argv[2]);
	return 1;
}

/* The kernel had not filled in the checksum when the frame was taken. */
static void finish_udp(uint8_t *frame, bool bare)
{
	uint8_t *ip = frame + ETH_HLEN, *udp = frame + udp_of(frame);
	struct address src, dst;
	uint16_t sum;

	udp[6] = udp[7] = 0;
	if (bare)
		return;
	address_set(&src, AFI_IPV4, ip + 12, 4);
	address_set(&dst, AFI_IPV4, ip + 16, 4);
	sum = checksum_udp(&src, &dst, udp, (size_t)(udp[4] << 8 | udp[5]));
	udp[6] = sum >> 8;
	udp[7] = sum & 0xff;
}

static int replay(char **argv, bool bare)
{
	struct sockaddr_ll at;
	uint8_t frame[2048];
	int fd = packet_socket(argv[2], &at);
	FILE *file = fopen(argv[3], "r");
	size_t n = file ? fread(frame, 1, sizeof(frame), file) : 0;

	if (n < ETH_HLEN)
		die(argv[3]);
	memcpy(at.sll_addr, frame, ETH_ALEN);
	finish_udp(frame, bare);
	if (sendto(fd, frame, n, 0, (struct sockaddr *)&at, sizeof(at)) != (ssize_t)n)
		die("datagrams: sendto");
	fclose(file);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	if (!strcmp(verb, "send") && (argc == 5 || argc == 6))
		return send_all(argv, argc == 6 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0);
	if (!strcmp(verb, "receive") && argc == 5)
		return receive(argv);
	if (!strcmp(verb, "keep") && argc == 6)
		return keep(argv);
	if (!strcmp(verb, "replay") && (argc == 4 || (argc == 5 && !strcmp(argv[4], "bare"))))
		return replay(argv, argc == 5);
	fputs("usage: datagrams send ADDRESS PORT COUNT [PER_S]\n"
	      "       datagrams receive PORT COUNT MS\n"
	      "       datagrams keep DEVICE TYPE FILE MS\n"
	      "       datagrams replay DEVICE FILE [bare]\n",
		stderr);
	return 2;
}
