/* udp_batch: UDP sockets that take and send many datagrams in one system call.
 *
 * The hot path of every daemon, so storage is taken once and reused. Sockets never block. A
 * request's local address is told, so that the answer can leave from it. This room knows no
 * protocol but UDP's. */
#ifndef SUNWARD_LIB_NET_UDP_BATCH_H
#define SUNWARD_LIB_NET_UDP_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"
#include "lib/net/outbox.h"

#define UDP_BATCH_MAX 64

struct udp_socket {
	int fd;               /* -1: not open */
	uint16_t afi;         /* AFI_IPV4 or AFI_IPV6; an IPv6 socket takes no IPv4 */
	struct address bound; /* AFI_NONE: all of the family */
	uint64_t dropped;     /* datagrams that the kernel's buffer had no room for, as of the last
				 receive */
	uint32_t drops_seen;
};

struct udp_options {
	bool reuseport;       /* several sockets share the port; the kernel or udp_steer chooses */
	uint32_t recv_buffer; /* bytes wanted; 0: 8 MiB. Above the system's limit only with
				 privilege */
	uint32_t send_buffer; /* 0: the system's default */
	bool need_checksum;   /* a datagram without UDP checksum, as IPv4 allows, comes as an empty
				 one: its content is not to be trusted, but it can be counted */
};

/* Open a socket on @at (an unspecified address: all of its family; port 0: any). 0, or -errno with
 * a sentence in
 * @why that names the address, the reason and what would be right. */
int udp_open(struct udp_socket *s, const struct endpoint *at, const struct udp_options *options,
	char *why, size_t why_size);
/* Harmless when it is not open. */
void udp_close(struct udp_socket *s);
/* The address and port it is bound to. */
bool udp_local(const struct udp_socket *s, struct endpoint *at);

struct udp_datagram {
	uint8_t *bytes; /* the batch's own, valid until the next receive; may be written to */
	uint32_t len;
	bool truncated; /* the datagram was longer: the rest is lost */
	struct endpoint from;
	struct address to; /* ours that it came to */
};

enum udp_send_result {
	UDP_SENT,
	UDP_SEND_FULL,        /* the socket's buffer or the interface's queue had no room */
	UDP_SEND_UNREACHABLE, /* no route, or no such network or host */
	UDP_SEND_TOO_BIG,
	UDP_SEND_DENIED,  /* by a firewall */
	UDP_SEND_INVALID, /* the source address is not ours, or the destination is none (port 0) */
	UDP_SEND_NO_SOCKET, /* no socket of its family */
	UDP_SEND_OTHER,
	UDP_SEND_RESULTS
};

/* "sent", "full", "unreachable", ...: a counter's label. */
const char *udp_send_result_name(enum udp_send_result result);

/* Storage for receiving and sending; one a thread. */
struct udp_batch;

/* @datagram_max bytes a datagram, at most 65535. NULL when out of memory. */
struct udp_batch *udp_batch_new(uint32_t datagram_max);
void udp_batch_free(struct udp_batch *b);

/* Take what waits, at most @max (1 to UDP_BATCH_MAX). Returns how many, 0 when nothing waits, or
 * -errno.
 * *@list borrows from the batch until its next receive. */
int udp_batch_receive(
	struct udp_batch *b, struct udp_socket *s, unsigned int max, struct udp_datagram **list);

/* Send all of @out, each by the socket of its family (either may be NULL). A datagram that cannot
 * be sent is counted and skipped; none is tried twice. Adds to @results, one a datagram. Does not
 * clear @out. */
void udp_batch_send(struct udp_batch *b, const struct udp_socket *ipv4,
	const struct udp_socket *ipv6, const struct outbox *out,
	uint64_t results[UDP_SEND_RESULTS]);

#endif
