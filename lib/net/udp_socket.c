/* See udp_batch.h: opening sockets, and saying to people why one could not be opened. */
#include "lib/net/udp_batch.h"

#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define RECV_BUFFER_DEFAULT (8u << 20)

static int option_on(int fd, int level, int name)
{
	const int on = 1;

	return setsockopt(fd, level, name, &on, sizeof(on));
}

static int pktinfo_on(int fd, bool v6)
{
	return v6 ? option_on(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO)
		  : option_on(fd, IPPROTO_IP, IP_PKTINFO);
}

/* As much as we may get: less than wanted is no error, drops are counted. */
static void buffer_set(int fd, int forced, int plain, uint32_t bytes)
{
	const int size = bytes > INT32_MAX / 2 ? INT32_MAX / 2 : (int)bytes;

	if (setsockopt(fd, SOL_SOCKET, forced, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, plain, &size, sizeof(size));
}

/* A socket filter sees the UDP header, which the socket's reader does not. It says how many bytes
 * are kept; the header always is. */
static int checksum_needed(int fd)
{
	struct sock_filter code[] = {
		{BPF_LD | BPF_H | BPF_ABS, 0, 0, offsetof(struct udphdr, uh_sum)},
		{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0},
		{BPF_RET | BPF_K, 0, 0, sizeof(struct udphdr)},
		{BPF_RET | BPF_K, 0, 0, UINT32_MAX},
	};
	const struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program));
}

/* Options and bind. Returns what failed, or NULL. */
static const char *socket_set_up(
	int fd, const struct endpoint *at, const struct udp_options *options)
{
	struct sockaddr_storage ss;
	socklen_t len = endpoint_to_sockaddr(at, &ss);
	bool v6 = at->addr.afi == AFI_IPV6;

	buffer_set(fd, SO_RCVBUFFORCE, SO_RCVBUF,
		options->recv_buffer ? options->recv_buffer : RECV_BUFFER_DEFAULT);
	if (options->send_buffer)
		buffer_set(fd, SO_SNDBUFFORCE, SO_SNDBUF, options->send_buffer);
	if (option_on(fd, SOL_SOCKET, SO_RXQ_OVFL) < 0)
		return "count dropped datagrams (SO_RXQ_OVFL)";
	if (v6 && option_on(fd, IPPROTO_IPV6, IPV6_V6ONLY) < 0)
		return "keep to IPv6 (IPV6_V6ONLY)";
	if (address_is_unspecified(&at->addr) && pktinfo_on(fd, v6) < 0)
		return "learn local addresses (IP_PKTINFO)";
	if (options->need_checksum && checksum_needed(fd) < 0)
		return "demand UDP checksums (SO_ATTACH_FILTER)";
	if (options->reuseport && option_on(fd, SOL_SOCKET, SO_REUSEPORT) < 0)
		return "share the port (SO_REUSEPORT)";
	return bind(fd, (struct sockaddr *)&ss, len) < 0 ? "listen" : NULL;
}

static const char *advice(int error)
{
	switch (error) {
	case EADDRINUSE:
		return "another process has this port: stop it (ss -lunp shows which), or choose another "
		       "address or port";
	case EADDRNOTAVAIL:
		return "no interface of this host has this address: add it, or choose one that `ip address` "
		       "shows";
	case EACCES:
		return "this port needs privilege: choose one above 1023, or grant CAP_NET_BIND_SERVICE";
	case EAFNOSUPPORT:
		return "this kernel has this address family switched off";
	case EMFILE:
	case ENFILE:
		return "too many open files: raise the limit (LimitNOFILE)";
	default:
		return NULL;
	}
}

static int open_failed(int fd, const char *what, const struct endpoint *at, char *why, size_t size)
{
	const char *help = advice(errno);
	char text[ENDPOINT_TEXT];
	int error = errno;

	endpoint_format(at, text, sizeof(text));
	snprintf(why, size, "cannot %s on %s (UDP): %s%s%s", what, text, strerror(error),
		help ? "; " : "", help ? help : "");
	if (fd >= 0)
		close(fd);
	return -error;
}

int udp_open(struct udp_socket *s, const struct endpoint *at, const struct udp_options *options,
	char *why, size_t why_size)
{
	static const struct udp_options none;
	const char *failed;
	int fd;

	*s = (struct udp_socket){.fd = -1, .afi = at->addr.afi};
	if (!address_is_ip(&at->addr)) {
		errno = EAFNOSUPPORT;
		return open_failed(-1, "listen", at, why, why_size);
	}
	fd = socket(at->addr.afi == AFI_IPV6 ? AF_INET6 : AF_INET,
		SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	if (fd < 0)
		return open_failed(-1, "open a socket", at, why, why_size);
	failed = socket_set_up(fd, at, options ? options : &none);
	if (failed)
		return open_failed(fd, failed, at, why, why_size);
	s->fd = fd;
	if (!address_is_unspecified(&at->addr))
		s->bound = at->addr;
	return 0;
}

void udp_close(struct udp_socket *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
}

bool udp_local(const struct udp_socket *s, struct endpoint *at)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(s->fd, (struct sockaddr *)&ss, &len) < 0)
		return false;
	return endpoint_from_sockaddr(at, (struct sockaddr *)&ss);
}
