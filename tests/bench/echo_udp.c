/* echo_udp: the limits that the map-server is measured against: a server on 127.0.0.1 that takes
 * and sends datagrams in batches as the map-server does, and answers each with
 *
 *	echo_udp PORT		itself: what the kernel alone costs
 *	echo_udp PORT KEY	the Map-Notify to a Map-Register of one key, its MAC verified and
 *				the answer's made by a kept context, and nothing looked up: what
 *				the cryptography costs on top
 *
 * Serves until it is killed. */
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "lisp/map_register.h"

#define BATCH        64
#define DATAGRAM_MAX 9216
#define RECV_BUFFER  (8 << 20)
#define MAC_OFFSET   16 /* in a Map-Register: behind the nonce and the header of the MAC */
#define MAC_LENGTH   16

struct echo {
	int fd;
	struct auth_key *key; /* NULL: plain */
	struct mmsghdr list[BATCH];
	struct iovec iov[BATCH];
	struct sockaddr_in from[BATCH];
	uint8_t bytes[BATCH][DATAGRAM_MAX];
};

static int fail(const char *what)
{
	fprintf(stderr, "echo_udp: %s: %s\n", what, strerror(errno));
	return 1;
}

static int open_socket(struct echo *e, uint16_t port)
{
	struct sockaddr_in at = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	const int size = RECV_BUFFER;

	e->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (e->fd < 0 || bind(e->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return fail("no socket on 127.0.0.1");
	if (setsockopt(e->fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(e->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return 0;
}

static uint64_t nonce_of(const uint8_t *m)
{
	uint64_t n = 0;

	for (int i = 4; i < 12; i++)
		n = n << 8 | m[i];
	return n;
}

/* In place: Map-Register with I, one key, SHA-256 -> Map-Notify with I. False: no answer. */
static bool sign(struct echo *e, uint8_t *m, size_t len)
{
	static const struct auth_options options;
	struct auth_field f = {.key_id = 1,
		.alg = AUTH_HMAC_SHA256_128,
		.len = MAC_LENGTH,
		.offset = MAC_OFFSET,
		.records_end = len};

	if (len < MAC_OFFSET + MAC_LENGTH ||
		!auth_verify(e->key, LISP_MAP_REGISTER, &options, m, len, nonce_of(m), &f))
		return false;
	m[0] = LISP_MAP_NOTIFY << 4 | 8;
	m[1] = m[2] = 0;
	memset(m + MAC_OFFSET, 0, MAC_LENGTH);
	return auth_sign(e->key, LISP_MAP_NOTIFY, &options, m, len, nonce_of(m), &f) == 0;
}

static void reset(struct echo *e, unsigned int i)
{
	e->iov[i] = (struct iovec){e->bytes[i], DATAGRAM_MAX};
	e->list[i].msg_hdr = (struct msghdr){.msg_name = &e->from[i],
		.msg_namelen = sizeof(e->from[i]),
		.msg_iov = &e->iov[i],
		.msg_iovlen = 1};
}

/* The answers lie where the requests lay; a datagram without one is skipped by sending the rest. */
static void answer(struct echo *e, unsigned int n)
{
	unsigned int good = 0, at = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (e->key && !sign(e, e->bytes[i], e->list[i].msg_len))
			continue;
		e->iov[i].iov_len = e->list[i].msg_len;
		e->list[good++].msg_hdr = e->list[i].msg_hdr;
	}
	while (at < good) {
		int sent = sendmmsg(e->fd, e->list + at, good - at, 0);

		at += sent > 0 ? (unsigned int)sent : 1;
	}
}

static int serve(struct echo *e)
{
	struct pollfd ready = {e->fd, POLLIN, 0};

	for (unsigned int i = 0; i < BATCH; i++)
		reset(e, i);
	for (;;) {
		int n = recvmmsg(e->fd, e->list, BATCH, MSG_DONTWAIT, NULL);

		if (n < 0 && errno == EAGAIN)
			poll(&ready, 1, -1);
		else if (n < 0 && errno != EINTR && errno != ECONNREFUSED)
			return fail("receive");
		if (n <= 0)
			continue;
		answer(e, (unsigned int)n);
		for (int i = 0; i < n; i++)
			reset(e, (unsigned int)i);
	}
}

int main(int argc, char **argv)
{
	struct echo *e = calloc(1, sizeof(*e));

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "usage: echo_udp PORT [KEY]\n");
		return 2;
	}
	if (e && argc == 3)
		e->key = auth_key_new(argv[2], strlen(argv[2]));
	if (!e || (argc == 3 && !e->key))
		return fail("memory");
	return open_socket(e, (uint16_t)atoi(argv[1])) ? 1 : serve(e);
}
