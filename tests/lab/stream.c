#include "tests/lab/stream.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void die(const char *what)
{
	perror(what);
	exit(1);
}

uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

uint64_t arrival_ns(struct msghdr *msg)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		struct timespec ts;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SO_TIMESTAMPNS)
			continue;
		memcpy(&ts, CMSG_DATA(c), sizeof(ts));
		return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
	}
	return now_ns();
}

socklen_t stream_address(struct sockaddr_storage *to, const char *text, uint16_t port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)to;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;

	memset(to, 0, sizeof(*to));
	v4->sin_port = htons(port); /* the same place in sockaddr_in6 */
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		return sizeof(*v6);
	}
	return 0;
}

static void stream_break(struct stream *s, const char *why)
{
	if (s->broken)
		return;
	s->broken = true;
	snprintf(s->broken_why, sizeof(s->broken_why), "%s", why);
}

static bool passing(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void stream_open(struct stream *s, const struct sockaddr_storage *to, socklen_t len)
{
	int on = 1;

	s->wanted = true;
	s->fd = socket(to->ss_family, SOCK_STREAM, 0);
	if (s->fd < 0)
		die("TCP socket");
	if (connect(s->fd, (const struct sockaddr *)to, len))
		die("TCP connect");
	setsockopt(s->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* The stream is bytes 0, 1, 2 ... modulo 251. */
void stream_send(struct stream *s)
{
	uint8_t line[64];
	ssize_t n;

	for (size_t i = 0; i < sizeof(line); i++)
		line[i] = (uint8_t)((s->sent_bytes + i) % 251);
	n = send(s->fd, line, sizeof(line), MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		s->sent_bytes += (uint64_t)n;
	else if (!passing())
		stream_break(s, strerror(errno));
}

void stream_receive(struct stream *s)
{
	uint8_t buf[4096];
	ssize_t n;

	while ((n = recv(s->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0) {
		uint64_t now = now_ns();

		for (ssize_t i = 0; i < n; i++)
			if (buf[i] != (uint8_t)((s->echoed_bytes + (uint64_t)i) % 251))
				stream_break(s, "the echo differs from what was sent");
		s->echoed_bytes += (uint64_t)n;
		if (s->last_arrival_ns && now - s->last_arrival_ns > s->gap_ns)
			s->gap_ns = now - s->last_arrival_ns;
		s->last_arrival_ns = now;
	}
	if (n == 0)
		stream_break(s, "the peer closed the connection");
	else if (!passing())
		stream_break(s, strerror(errno));
}

const char *stream_verdict(const struct stream *s, bool final)
{
	if (!s->wanted)
		return "none";
	if (s->broken)
		return s->broken_why;
	return final && s->echoed_bytes < s->sent_bytes ? "bytes are missing" : "kept";
}
