/* See udp_batch.h. Receive slots keep their pointers for good: between two calls only the lengths
 * that the kernel wrote are set back, and only in slots that were used. Send slots likewise keep
 * their control messages.
 *
 * Datagrams to one place and of one length go to the kernel as one send, which it cuts up
 * (UDP_SEGMENT): the way through its layers is most of what an answer costs, and a requester that
 * asks much is answered in rows. What goes to one place stays in order. Where rows do not go, they
 * are sent one by one. */
#include "lib/net/udp_batch.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* Room for both: the packet's address information, and the count of dropped datagrams. */
#define RECV_CONTROL (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint32_t)))
/* The source address, and the length that a row is cut by. */
#define SEND_CONTROL (CMSG_SPACE(sizeof(struct in6_pktinfo)) + CMSG_SPACE(sizeof(uint16_t)))

#define ROW_MAX    64    /* datagrams: what each kernel takes */
#define ROW_BYTES  60000 /* below what an IP packet holds, with its headers */
#define ROW_PLACES 128   /* of the table of rows; a power of 2 */
#define ROW_PROBES 4     /* destinations are chosen by others: no search is long */

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
	_Alignas(struct cmsghdr) uint8_t control[SEND_CONTROL];
	/* Datagrams of the outbox that are sent as one, each as long as the first; the last may be
	 * shorter. */
	unsigned int count;
	size_t bytes;
	uint32_t member[ROW_MAX];
	struct iovec iov[ROW_MAX]; /* those that lie one behind the other are one */
};

struct udp_batch {
	uint32_t datagram_max;
	unsigned int used;        /* receive slots that the kernel wrote to */
	bool no_rows;             /* the kernel cuts nothing up here */
	uint8_t rows[ROW_PLACES]; /* by destination: 1 + the slot that was last made for it; 0 */
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
		b->send[i].msg_hdr = (struct msghdr){.msg_name = &s->name, .msg_iov = s->iov};
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

static void control_add(struct msghdr *h, int level, int type, const void *value, size_t size)
{
	struct cmsghdr *c =
		(struct cmsghdr *)(void *)((uint8_t *)h->msg_control + h->msg_controllen);

	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), value, size);
	h->msg_controllen += CMSG_SPACE(size);
}

/* The control message that makes a datagram leave from @from. An interface of 0: by the route. */
static void source_add(struct msghdr *h, const struct address *from)
{
	if (from->afi == AFI_IPV4) {
		struct in_pktinfo info = {0};

		memcpy(&info.ipi_spec_dst, from->bytes, 4);
		control_add(h, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	} else {
		struct in6_pktinfo info = {0};

		memcpy(&info.ipi6_addr, from->bytes, 16);
		control_add(h, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof(info));
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
	slot->iov[0] = (struct iovec){out->bytes + d->offset, d->len};
	slot->member[0] = k;
	slot->count = 1;
	slot->bytes = d->len;
	h->msg_iovlen = 1;
	h->msg_control = slot->control;
	h->msg_controllen = 0;
	/* A socket on one address sends from it anyway, and cheaper when not told so. */
	if (d->from.afi == d->to.addr.afi && !address_equal(&d->from, &s->bound))
		source_add(h, &d->from);
}

static bool same_way(const struct outbox_datagram *a, const struct outbox_datagram *b)
{
	return a->to.port == b->to.port && address_equal(&a->to.addr, &b->to.addr) &&
	       address_equal(&a->from, &b->from);
}

/* Whether @d can go at the end of slot @i: of such a length that the cuts fall between. */
static bool row_takes(const struct udp_batch *b, unsigned int i, const struct outbox *out,
	const struct outbox_datagram *d)
{
	const struct send_slot *slot = &b->send_slots[i];
	uint32_t cut = out->list[slot->member[0]].len;

	return out->list[slot->member[slot->count - 1]].len == cut && d->len && d->len <= cut &&
	       slot->count < ROW_MAX && slot->bytes + d->len <= ROW_BYTES;
}

static void row_add(struct udp_batch *b, unsigned int i, const struct outbox *out, uint32_t k)
{
	const struct outbox_datagram *d = &out->list[k];
	struct send_slot *slot = &b->send_slots[i];
	struct msghdr *h = &b->send[i].msg_hdr;
	struct iovec *last = &slot->iov[h->msg_iovlen - 1];
	uint16_t cut = (uint16_t)out->list[slot->member[0]].len;

	if (slot->count == 1)
		control_add(h, SOL_UDP, UDP_SEGMENT, &cut, sizeof(cut));
	slot->member[slot->count++] = k;
	slot->bytes += d->len;
	if ((uint8_t *)last->iov_base + last->iov_len == out->bytes + d->offset)
		last->iov_len += d->len;
	else
		slot->iov[h->msg_iovlen++] = (struct iovec){out->bytes + d->offset, d->len};
}

/* The slot that was last made for the destination of @d, if it takes one more; or -1, with @place
 * in the table for a new one. */
static int row_find(struct udp_batch *b, const struct outbox *out, const struct outbox_datagram *d,
	unsigned int *place)
{
	uint32_t hash = d->to.port * 0x9e3779b1u, tail;
	unsigned int first;

	memcpy(&tail, d->to.addr.bytes + d->to.addr.len - sizeof(tail), sizeof(tail));
	first = ((hash ^ tail) * 0x85ebca6bu) >> 25;
	for (unsigned int i = 0; i < ROW_PROBES; i++) {
		unsigned int at = (first + i) % ROW_PLACES, slot = b->rows[at];

		*place = at;
		if (!slot)
			return -1;
		if (same_way(&out->list[b->send_slots[slot - 1].member[0]], d))
			return row_takes(b, slot - 1, out, d) ? (int)slot - 1 : -1;
	}
	*place = first; /* somebody else's row ends */
	return -1;
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

/* Slot @i, which was a row, as the datagrams that it holds. */
static void row_send_each(struct udp_batch *b, unsigned int i, const struct udp_socket *s,
	const struct outbox *out, uint64_t results[UDP_SEND_RESULTS])
{
	unsigned int count = b->send_slots[i].count;
	uint32_t member[ROW_MAX];

	memcpy(member, b->send_slots[i].member, count * sizeof(member[0]));
	for (unsigned int j = 0; j < count; j++) {
		ssize_t n;

		send_slot_set(b, i, s, out, member[j]);
		do
			n = sendmsg(s->fd, &b->send[i].msg_hdr, MSG_DONTWAIT | MSG_NOSIGNAL);
		while (n < 0 && errno == EINTR);
		results[n < 0 ? result_of(errno) : UDP_SENT]++;
	}
}

/* Slot @i could not be sent: @error. */
static void slot_failed(struct udp_batch *b, unsigned int i, int error, const struct udp_socket *s,
	const struct outbox *out, uint64_t results[UDP_SEND_RESULTS])
{
	unsigned int count = b->send_slots[i].count;

	if (error == EIO) /* the device has no checksums, and the kernel is an old one */
		b->no_rows = true;
	if (count > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE))
		row_send_each(b, i, s, out, results); /* longer than the MTU, perhaps */
	else
		results[result_of(error)] += count;
}

/* Send slots 0 to @n - 1. sendmmsg stops before the first that fails and tells the error only when
 * that one is the first of a call: so go on behind what was sent, and step over the one that fails.
 */
static void slots_send(struct udp_batch *b, unsigned int n, const struct udp_socket *s,
	const struct outbox *out, uint64_t results[UDP_SEND_RESULTS])
{
	unsigned int at = 0;

	while (at < n) {
		int sent = sendmmsg(s->fd, b->send + at, n - at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			slot_failed(b, at++, errno, s, out, results);
		for (; sent > 0; sent--)
			results[UDP_SENT] += b->send_slots[at++].count;
	}
	memset(b->rows, 0, sizeof(b->rows));
}

/* Send the datagrams of one family. Returns how many there were. */
static uint32_t family_send(struct udp_batch *b, const struct udp_socket *s,
	const struct outbox *out, uint64_t results[UDP_SEND_RESULTS])
{
	unsigned int n = 0, place = 0;
	uint32_t all = 0;
	int row;

	if (!s || s->fd < 0)
		return 0;
	for (uint32_t k = 0; k < out->count; k++) {
		if (out->list[k].to.addr.afi != s->afi)
			continue;
		all++;
		row = b->no_rows ? -1 : row_find(b, out, &out->list[k], &place);
		if (row >= 0) {
			row_add(b, (unsigned int)row, out, k);
			continue;
		}
		if (n == UDP_BATCH_MAX) {
			slots_send(b, n, s, out, results);
			n = 0;
		}
		send_slot_set(b, n++, s, out, k);
		b->rows[place] = (uint8_t)n;
	}
	slots_send(b, n, s, out, results);
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
