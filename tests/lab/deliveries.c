/* deliveries: a packet socket in another network namespace that notes the first arrival of each
 * probe.
 *
 * It knows the shape of a probe, but not why it is sent nor what is made of the times. */
#include "tests/lab/deliveries.h"
#include "tests/lab/stream.h"
#include "tests/lab/there.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/if_ether.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <linux/icmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct deliveries {
	int fd;
	uint64_t cookie;
	uint32_t count;
	struct delivery first[];
};

static int open_watch(const char *device)
{
	struct sockaddr_ll at = {.sll_family = AF_PACKET,
		.sll_protocol =
			htons(ETH_P_ALL)}; /* a bridge's port gives its IP packets to nobody else */
	int on = 1, size = 4 << 20, fd;

	at.sll_ifindex = (int)if_nametoindex(device);
	if (!at.sll_ifindex)
		return -1;
	fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (!setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) &&
		!setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) &&
		!bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	close(fd);
	return -1;
}

static int open_there(const char *where)
{
	const char *colon = strchr(where, ':');
	char name[256];
	int here, fd;

	errno = EINVAL;
	if (!colon || (size_t)(colon - where) >= sizeof(name))
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)(colon - where), where);
	here = there_enter(name);
	if (here < 0)
		return -1;
	fd = open_watch(colon + 1);
	there_leave(here);
	return fd;
}

struct deliveries *deliveries_new(const char *where, uint64_t cookie, uint32_t count)
{
	struct deliveries *a = calloc(1, sizeof(*a) + count * sizeof(a->first[0]));

	if (!a)
		return NULL;
	a->cookie = cookie;
	a->count = count;
	a->fd = open_there(where);
	if (a->fd >= 0)
		return a;
	free(a);
	return NULL;
}

void deliveries_free(struct deliveries *a)
{
	if (!a)
		return;
	close(a->fd);
	free(a);
}

int deliveries_fd(const struct deliveries *a)
{
	return a->fd;
}

static void note(struct deliveries *a, const uint8_t *packet, size_t len, uint64_t at_ns)
{
	struct probe_body body;
	struct iphdr ip;
	size_t header;

	if (len < sizeof(ip))
		return;
	memcpy(&ip, packet, sizeof(ip));
	header = (size_t)ip.ihl * 4;
	if (ip.version != 4 || ip.protocol != IPPROTO_ICMP ||
		len < header + sizeof(struct icmphdr) + sizeof(body) || packet[header] != ICMP_ECHO)
		return;
	memcpy(&body, packet + header + sizeof(struct icmphdr), sizeof(body));
	if (body.cookie == a->cookie && body.seq < a->count && !a->first[body.seq].at_ns)
		a->first[body.seq] = (struct delivery){at_ns, ip.ttl};
}

void deliveries_read(struct deliveries *a)
{
	uint8_t buf[2048], control[128];

	for (;;) {
		struct iovec iov = {buf, sizeof(buf)};
		struct msghdr msg = {.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control,
			.msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(a->fd, &msg, MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		note(a, buf, (size_t)n, arrival_ns(&msg));
	}
}

struct delivery deliveries_get(const struct deliveries *a, uint32_t seq)
{
	return seq < a->count ? a->first[seq] : (struct delivery){0};
}
