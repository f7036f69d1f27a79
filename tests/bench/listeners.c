/* See listeners.h. */
#include "tests/bench/listeners.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lisp/ecm.h"
#include "lisp/map_register.h"
#include "lisp/map_request.h"

#define BASE        0x7f010000u /* 127.1.0.0 */
#define RECV_BUFFER (256 << 20)
#define BYTES       1500 /* of a message */
#define SUBSCRIBE_S 20
#define WINDOW      256
#define KEY_ID      1

struct slot {
	union {
		struct cmsghdr align;
		uint8_t bytes[128];
	} control;
	uint8_t bytes[BYTES];
};

struct listeners {
	int fd;
	size_t count;
	struct auth_key *key;
	uint64_t nonce;
	struct mmsghdr in[LISTENERS_BATCH], out[LISTENERS_BATCH];
	struct iovec in_iov[LISTENERS_BATCH], out_iov[LISTENERS_BATCH];
	struct slot in_slots[LISTENERS_BATCH], out_slots[LISTENERS_BATCH];
	struct sockaddr_in to[LISTENERS_BATCH];
	size_t of[LISTENERS_BATCH]; /* whose datagram out[i] is */
};

static const struct auth_options auth_opt;

/* ---- the network ---- */

static bool loopback_up(void)
{
	struct ifreq r = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool up = fd >= 0 && ioctl(fd, SIOCSIFFLAGS, &r) == 0;

	if (fd >= 0)
		close(fd);
	return up;
}

void listeners_own_net(struct bench *b)
{
	if (unshare(CLONE_NEWNET) < 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) < 0)
		bench_note(b,
			"on this machine's own loopback: a network namespace is not permitted (%s)",
			strerror(errno));
	else if (!loopback_up())
		bench_fail("the loopback of the namespace does not come up: %s", strerror(errno));
}

char *listeners_config(size_t count)
{
	size_t size = 256 + count * 40;
	char *text = malloc(size);
	size_t n;

	if (!text)
		bench_fail("no memory for a configuration");
	n = (size_t)snprintf(text, size, "  itr-rloc = {\"127.1.0.0/16\"}\n  subscriber = {");
	for (size_t i = 0; i < count; i++)
		n += (size_t)snprintf(text + n, size - n, "%s\"53%030zx\"", i ? ", " : "", i);
	snprintf(text + n, size - n, "}\n");
	return text;
}

static void prepare(struct listeners *l)
{
	for (unsigned int i = 0; i < LISTENERS_BATCH; i++) {
		l->in_iov[i].iov_base = l->in_slots[i].bytes;
		l->in[i].msg_hdr.msg_iov = &l->in_iov[i];
		l->in[i].msg_hdr.msg_iovlen = 1;
		l->out_iov[i].iov_base = l->out_slots[i].bytes;
		l->out[i].msg_hdr.msg_iov = &l->out_iov[i];
		l->out[i].msg_hdr.msg_iovlen = 1;
		l->out[i].msg_hdr.msg_name = &l->to[i];
		l->out[i].msg_hdr.msg_namelen = sizeof(l->to[i]);
	}
}

struct listeners *listeners_new(size_t count)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(LISP_CONTROL_PORT)};
	const int size = RECV_BUFFER, on = 1;
	struct listeners *l = calloc(1, sizeof(*l));

	if (!l || count > 65536)
		bench_fail("%zu xTRs: at most 65536", count);
	l->count = count;
	l->nonce = UINT64_C(1) << 40;
	l->key = auth_key_new(LISP_LOAD_KEY, strlen(LISP_LOAD_KEY));
	l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!l->key || l->fd < 0 || bind(l->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		bench_fail("no socket on port %u: %s", LISP_CONTROL_PORT, strerror(errno));
	if (setsockopt(l->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (setsockopt(l->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) < 0 ||
		setsockopt(l->fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) < 0)
		bench_fail("the socket does not tell times and addresses: %s", strerror(errno));
	prepare(l);
	return l;
}

void listeners_free(struct listeners *l)
{
	close(l->fd);
	auth_key_free(l->key);
	free(l);
}

/* ---- sending ---- */

static void add_source(struct listeners *l, unsigned int i)
{
	struct msghdr *h = &l->out[i].msg_hdr;
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(BASE + (uint32_t)l->of[i])};
	struct cmsghdr *c;

	h->msg_control = l->out_slots[i].control.bytes;
	h->msg_controllen = CMSG_SPACE(sizeof(info));
	c = CMSG_FIRSTHDR(h);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
}

static void send_all(struct listeners *l, unsigned int count, uint16_t port)
{
	unsigned int sent = 0;

	for (unsigned int i = 0; i < count; i++) {
		l->to[i] = (struct sockaddr_in){.sin_family = AF_INET,
			.sin_port = htons(port),
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		add_source(l, i);
	}
	while (sent < count) {
		int n = sendmmsg(l->fd, l->out + sent, count - sent, 0);
		struct pollfd room = {l->fd, POLLOUT, 0};

		if (n > 0)
			sent += (unsigned int)n;
		else if (errno == EAGAIN || errno == ENOBUFS)
			poll(&room, 1, 10);
		else if (errno != EINTR && errno != ECONNREFUSED)
			bench_fail("sendmmsg: %s", strerror(errno));
	}
}

static size_t put_request(
	const struct listeners *l, uint8_t *buf, size_t listener, const struct eid *eid)
{
	struct map_request_spec spec = {.subscribe = true,
		.has_xtr_id = true,
		.nonce = l->nonce + listener,
		.itr_rloc_count = 1,
		.eid = *eid};
	const uint32_t own = htonl(BASE + (uint32_t)listener);
	struct endpoint source = {.port = LISP_CONTROL_PORT}, dest = source;
	uint8_t message[128];
	int len;

	address_set(&source.addr, AFI_IPV4, &own, 4);
	dest.addr = eid->addr;
	spec.itr_rlocs[0] = source.addr;
	spec.xtr_id.bytes[0] = 0x53;
	spec.xtr_id.bytes[14] = (uint8_t)(listener >> 8);
	spec.xtr_id.bytes[15] = (uint8_t)listener;
	len = map_request_write(message, sizeof(message), &spec);
	if (len > 0)
		len = ecm_write(buf, BYTES, &source, &dest, false, message, (size_t)len);
	if (len < 0)
		bench_fail("a Map-Request cannot be written");
	return (size_t)len;
}

void listeners_subscribe(
	struct listeners *l, size_t from, size_t to, uint16_t port, const struct eid *eid)
{
	uint64_t end = bench_now_ns() + SUBSCRIBE_S * UINT64_C(1000000000);
	struct heard list[LISTENERS_BATCH];
	size_t asked = from, accepted = from;

	while (accepted < to) {
		unsigned int n = 0;

		while (n < LISTENERS_BATCH && asked < to && asked - accepted < WINDOW) {
			l->of[n] = asked;
			l->out_iov[n].iov_len = put_request(l, l->out_slots[n].bytes, asked++, eid);
			n++;
		}
		send_all(l, n, port);
		n = listeners_take(l, 10, list);
		for (unsigned int i = 0; i < n; i++)
			if (!listeners_authentic(l, list[i].bytes, list[i].len))
				bench_fail("xTR %zu was not accepted", list[i].listener);
		listeners_acknowledge(l, port, list, n);
		accepted += n;
		if (bench_now_ns() > end)
			bench_fail("%zu of %zu subscriptions were not answered", to - accepted,
				to - from);
	}
	l->nonce += UINT64_C(1) << 32;
}

/* The records and the nonce as they came (RFC 9301 section 5.7). */
static size_t put_ack(struct listeners *l, uint8_t *buf, const struct heard *h)
{
	struct map_register m, ack = {.type = LISP_MAP_NOTIFY_ACK};
	struct wire_fault fault;
	struct wire_writer w;
	size_t records_at;
	int len;

	if (map_register_parse(h->bytes, h->len, &m, &fault))
		bench_fail("xTR %zu was sent something that is no Map-Notify", h->listener);
	records_at = m.auth.offset + m.auth.len;
	ack.nonce = m.nonce;
	wire_writer_init(&w, buf, BYTES);
	map_register_begin(&w, &ack, KEY_ID, AUTH_HMAC_SHA256_128, &auth_opt);
	wire_put_bytes(&w, h->bytes + records_at, m.auth.records_end - records_at);
	len = map_register_finish(&w, &ack, m.record_count, l->key, &auth_opt);
	if (len < 0)
		bench_fail("a Map-Notify-Ack cannot be written");
	return (size_t)len;
}

void listeners_acknowledge(
	struct listeners *l, uint16_t port, const struct heard *list, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		l->of[i] = list[i].listener;
		l->out_iov[i].iov_len = put_ack(l, l->out_slots[i].bytes, &list[i]);
	}
	send_all(l, count, port);
}

/* ---- receiving ---- */

static void read_control(struct msghdr *h, struct heard *out)
{
	struct in_pktinfo info;
	struct timespec at;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(h); c; c = CMSG_NXTHDR(h, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
			memcpy(&at, CMSG_DATA(c), sizeof(at));
			out->at_ns = (uint64_t)at.tv_sec * 1000000000 + (uint64_t)at.tv_nsec;
		} else if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
			memcpy(&info, CMSG_DATA(c), sizeof(info));
			out->listener = ntohl(info.ipi_addr.s_addr) - BASE;
		}
	}
}

unsigned int listeners_take(struct listeners *l, int wait_ms, struct heard *list)
{
	struct pollfd ready = {l->fd, POLLIN, 0};
	int n;

	if (wait_ms && poll(&ready, 1, wait_ms) <= 0)
		return 0;
	for (unsigned int i = 0; i < LISTENERS_BATCH; i++) {
		l->in_iov[i].iov_len = BYTES;
		l->in[i].msg_hdr.msg_control = l->in_slots[i].control.bytes;
		l->in[i].msg_hdr.msg_controllen = sizeof(l->in_slots[i].control);
	}
	n = recvmmsg(l->fd, l->in, LISTENERS_BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		list[i] = (struct heard){.bytes = l->in_slots[i].bytes, .len = l->in[i].msg_len};
		read_control(&l->in[i].msg_hdr, &list[i]);
		if (list[i].listener >= l->count)
			bench_fail("a datagram for nobody");
	}
	return n > 0 ? (unsigned int)n : 0;
}

bool listeners_authentic(struct listeners *l, const uint8_t *bytes, size_t len)
{
	struct wire_fault fault;
	struct map_register m;

	return !map_register_parse(bytes, len, &m, &fault) && m.type == LISP_MAP_NOTIFY &&
	       auth_verify(l->key, LISP_MAP_NOTIFY, &auth_opt, bytes, len, m.nonce, &m.auth);
}

/* ---- the reference ---- */

static void blast(const uint8_t *bytes, size_t len, size_t count)
{
	static struct mmsghdr list[LISTENERS_BATCH];
	static struct iovec iov[LISTENERS_BATCH];
	static struct sockaddr_in to[LISTENERS_BATCH];
	struct sockaddr_in from = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof(from)) < 0)
		_exit(1);
	for (size_t at = 0; at < count;) {
		unsigned int n = 0;

		for (; n < LISTENERS_BATCH && at + n < count; n++) {
			iov[n] = (struct iovec){(void *)(uintptr_t)(bytes + (at + n) * len), len};
			to[n] = (struct sockaddr_in){.sin_family = AF_INET,
				.sin_port = htons(LISP_CONTROL_PORT),
				.sin_addr.s_addr = htonl(BASE + (uint32_t)(at + n))};
			list[n].msg_hdr = (struct msghdr){.msg_name = &to[n],
				.msg_namelen = sizeof(to[n]),
				.msg_iov = &iov[n],
				.msg_iovlen = 1};
		}
		if (sendmmsg(fd, list, n, 0) != (int)n)
			_exit(1);
		at += n;
	}
	_exit(0);
}

void listeners_blast(
	struct stage *s, unsigned int cpu, const uint8_t *bytes, size_t len, size_t count)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		bench_fail("fork: %s", strerror(errno));
	if (!pid) {
		bench_pin(s->bench, cpu);
		blast(bytes, len, count);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		bench_fail("the bare sendmmsg failed");
}
