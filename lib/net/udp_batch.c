/* See udp_batch.h. Receive slots keep their pointers for good: between two calls only the lengths
 * that the kernel wrote are set back, and only in slots that were used. Send slots likewise keep
 * their control message, of which only the source address changes. */
#include "lib/net/udp_batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Room for both: the packet's address information, and the count of dropped datagrams. */
#define RECV_CONTROL (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))
#define SEND_CONTROL CMSG_SPACE(sizeof(struct in6_pktinfo))

union name {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

struct recv_slot {
	union name name;
	struct iovec iov;
	_Alignas(struct cmsghdr) uint8_t control[RECV_CONTROL];
};

struct send_slot {
	union name name;
	struct iovec iov;
	_Alignas(struct cmsghdr) uint8_t control[SEND_CONTROL];
};

struct udp_batch {
	uint32_t datagram_max;
	unsigned int used; /* receive slots that the kernel wrote to */
	uint8_t *bytes;
	struct mmsghdr recv[UDP_BATCH_MAX];
	struct mmsghdr send[UDP_BATCH_MAX];
	struct udp_datagram datagrams[UDP_BATCH_MAX];
	struct recv_slot recv_slots[UDP_BATCH_MAX];
	struct send_slot send_slots[UDP_BATCH_MAX];
};

const char *udp_send_result_name(enum udp_send_result result)
{
	static const char *const names[UDP_SEND_RESULTS] = {"sent", "full", "unreachable",
		"too_big", "denied", "invalid", "no_socket", "other"};

	return names[result];
}

static void recv_slot_reset(struct udp_batch *b, unsigned int i)
{
	struct msghdr *h = &b->recv[i].msg_hdr;

	h->msg_namelen = sizeof(b->recv_slots[i].name);
	h->msg_controllen = RECV_CONTROL;
}

struct udp_batch *udp_batch_new(uint32_t datagram_max)
{
	struct udp_batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->datagram_max = datagram_max;
	b->bytes = malloc((size_t)datagram_max * UDP_BATCH_MAX);
	if (!b->bytes) {
		free(b);
		return NULL;
	}
	for (unsigned int i = 0; i < UDP_BATCH_MAX; i++) {
		struct recv_slot *r = &b->recv_slots[i];
		struct send_slot *s = &b->send_slots[i];

		b->datagrams[i].bytes = b->bytes + (size_t)i * datagram_max;
		r->iov = (struct iovec){b->datagrams[i].bytes, datagram_max};
		b->recv[i].msg_hdr = (struct msghdr){.msg_name = &r->name,
			.msg_iov = &r->iov,
			.msg_iovlen = 1,
			.msg_control = r->control};
		recv_slot_reset(b, i);
		b->send[i].msg_hdr =
			(struct msghdr){.msg_name = &s->name, .msg_iov = &s->iov, .msg_iovlen = 1};
	}
	return b;
}

void udp_batch_free(struct udp_batch *b)
{
	if (!b)
		return;
	free(b->bytes);
	free(b);
}

/* The local address, and the socket's running count of drops. */
static void control_read(struct udp_socket *s, struct msghdr *h, struct address *to)
{
	*to = s->bound;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			address_set(to, AFI_IPV4, &info.ipi_addr, 4);
		} else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(c), sizeof(info));
			address_set(to, AFI_IPV6, &info.ipi6_addr, 16);
		} else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
			uint32_t drops;

			memcpy(&drops, CMSG_DATA(c), sizeof(drops));
			s->dropped += drops - s->drops_seen; /* the kernel's count wraps */
			s->drops_seen = drops;
		}
	}
}

int udp_batch_receive(
	struct udp_batch *b, struct udp_socket *s, unsigned int max, struct udp_datagram **list)
{
	int n;

	for (unsigned int i = 0; i < b->used; i++)
		recv_slot_reset(b, i);
	b->used = 0;
	if (max > UDP_BATCH_MAX)
		max = UDP_BATCH_MAX;
	do {
		n = recvmmsg(s->fd, b->recv, max, MSG_DONTWAIT, NULL);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? 0 : -errno;
	b->used = (unsigned int)n;
	for (int i = 0; i < n; i++) {
		struct udp_datagram *d = &b->datagrams[i];
		struct msghdr *h = &b->recv[i].msg_hdr;

		d->len = b->recv[i].msg_len;
		d->truncated = h->msg_flags & MSG_TRUNC;
		endpoint_from_sockaddr(&d->from, &b->recv_slots[i].name.sa);
		control_read(s, h, &d->to);
	}
	*list = b->datagrams;
	return n;
}

/* The control message that makes a datagram leave from @from. Both kinds fit; an interface of 0: by
 * the route. */
static void source_set(struct send_slot *slot, struct msghdr *h, const struct address *from)
{
	struct cmsghdr *c = (struct cmsghdr *)(void *)slot->control;

	h->msg_control = slot->control;
	if (from->afi == AFI_IPV4) {
		struct in_pktinfo info = {0};

		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(&info.ipi_spec_dst, from->bytes, 4);
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		h->msg_controllen = CMSG_SPACE(sizeof(info));
	} else {
		struct in6_pktinfo info = {0};

		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(&info.ipi6_addr, from->bytes, 16);
		memcpy(CMSG_DATA(c), &info, sizeof(info));
		h->msg_controllen = CMSG_SPACE(sizeof(info));
	}
}

static void send_slot_set(struct udp_batch *b, unsigned int i, const struct udp_socket *s,
	const struct outbox *out, uint32_t k)
{
	const struct outbox_datagram *d = &out->list[k];
	struct send_slot *slot = &b->send_slots[i];
	struct msghdr *h = &b->send[i].msg_hdr;

	if (d->to.addr.afi == AFI_IPV4) {
		slot->name.in =
			(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(d->to.port)};
		memcpy(&slot->name.in.sin_addr, d->to.addr.bytes, 4);
		h->msg_namelen = sizeof(slot->name.in);
	} else {
		slot->name.in6 = (struct sockaddr_in6){
			.sin6_family = AF_INET6, .sin6_port = htons(d->to.port)};
		memcpy(&slot->name.in6.sin6_addr, d->to.addr.bytes, 16);
		h->msg_namelen = sizeof(slot->name.in6);
	}
	slot->iov.iov_base = out->bytes + d->offset;
	slot->iov.iov_len = d->len;
	/* A socket on one address sends from it anyway, and cheaper when not told so. */
	if (d->from.afi == d->to.addr.afi && !address_equal(&d->from, &s->bound)) {
		source_set(slot, h, &d->from);
	} else {
		h->msg_control = NULL;
		h->msg_controllen = 0;
	}
}

static enum udp_send_result result_of(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOBUFS:
	case ENOMEM:
		return UDP_SEND_FULL;
	case ENETUNREACH:
	case EHOSTUNREACH:
	case ENETDOWN:
	case EHOSTDOWN:
	case ECONNREFUSED:
		return UDP_SEND_UNREACHABLE;
	case EMSGSIZE:
		return UDP_SEND_TOO_BIG;
	case EPERM:
	case EACCES:
		return UDP_SEND_DENIED;
	case EINVAL:
	case EADDRNOTAVAIL:
		return UDP_SEND_INVALID;
	default:
		return UDP_SEND_OTHER;
	}
}

/* Send slots 0 to @n - 1. sendmmsg stops before the first that fails and tells the error only when
 * that one is the first of a call: so go on behind what was sent, and step over the one that fails.
 */
static void slots_send(
	struct udp_batch *b, int fd, unsigned int n, uint64_t results[UDP_SEND_RESULTS])
{
	unsigned int at = 0;

	while (at < n) {
		int sent = sendmmsg(fd, b->send + at, n - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			results[UDP_SENT] += (unsigned int)sent;
			at += (unsigned int)sent;
		} else if (errno != EINTR) {
			results[result_of(errno)]++;
			at++;
		}
	}
}

/* Send the datagrams of one family. Returns how many there were. */
static uint32_t family_send(struct udp_batch *b, const struct udp_socket *s,
	const struct outbox *out, uint64_t results[UDP_SEND_RESULTS])
{
	unsigned int n = 0;
	uint32_t all = 0;

	if (!s || s->fd < 0)
		return 0;
	for (uint32_t k = 0; k < out->count; k++) {
		if (out->list[k].to.addr.afi != s->afi)
			continue;
		all++;
		send_slot_set(b, n++, s, out, k);
		if (n == UDP_BATCH_MAX) {
			slots_send(b, s->fd, n, results);
			n = 0;
		}
	}
	slots_send(b, s->fd, n, results);
	return all;
}

void udp_batch_send(struct udp_batch *b, const struct udp_socket *ipv4,
	const struct udp_socket *ipv6, const struct outbox *out, uint64_t results[UDP_SEND_RESULTS])
{
	uint32_t taken = family_send(b, ipv4, out, results);

	if (taken < out->count)
		taken += family_send(b, ipv6, out, results);
	results[UDP_SEND_NO_SOCKET] += out->count - taken;
}
