/* listener: the sockets of one listen address: for each worker one for control messages and one for
 * requests, steered by message type and source (docs/architecture.md section 3). Knows which types
 * are control, and no message. */
#ifndef SUNWARD_MAPSERVER_LISTENER_H
#define SUNWARD_MAPSERVER_LISTENER_H

#include "lib/base/random.h"
#include "lib/net/udp_batch.h"

#define LISTENERS_MAX 16

struct listener {
	struct endpoint at;
	unsigned int workers;
	struct udp_socket *control; /* one a worker */
	struct udp_socket *query;
};

/* 0, or -errno with a sentence in @why. */
int listener_open(struct listener *l, const struct endpoint *at, unsigned int workers,
	struct random *random, char *why, size_t why_size);
void listener_close(struct listener *l);

/* A socket to send from for each family: @l itself for its own, the first of @all for the other.
 * NULL: none. */
void listener_send_pair(const struct listener *all, unsigned int count, const struct listener *l,
	const struct udp_socket **ipv4, const struct udp_socket **ipv6);

#endif
