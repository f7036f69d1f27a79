/* publisher: the thread that tells subscribers: publish's turns, by the sockets of the listeners.
 * A thread of its own, so that ten thousand notifications hold up neither a commit nor the API. */
#ifndef SUNWARD_MAPSERVER_PUBLISHER_H
#define SUNWARD_MAPSERVER_PUBLISHER_H

#include "mapserver/listener.h"
#include "mapserver/publish.h"

struct publisher;

struct publisher_options {
	struct server *server;
	unsigned int slot;
	struct random *random;
	struct metrics_shard *counters;
	struct log *log;
	const struct listener *listeners;
	unsigned int listener_count;
};

/* Starts the thread. NULL with errno. */
struct publisher *publisher_start(const struct publisher_options *o);
void publisher_stop(struct publisher *p);

#endif
