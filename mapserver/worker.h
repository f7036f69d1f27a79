/* worker: a thread that takes datagrams in batches, has the server look at each, and sends what it
 * says. Control messages first. Knows no message. */
#ifndef SUNWARD_MAPSERVER_WORKER_H
#define SUNWARD_MAPSERVER_WORKER_H

#include "mapserver/listener.h"
#include "mapserver/server.h"

struct worker;

struct worker_options {
	struct server *server;
	unsigned int index; /* its place in each listener, and its key slot */
	struct random *random;
	struct metrics_shard *counters;
	struct log *log;
	struct listener *listeners;
	unsigned int listener_count;
	bool (*submit)(void *arg, struct job *job);
	void *submit_arg;
};

/* Opens nothing: the sockets are the listeners'. NULL with errno. */
struct worker *worker_start(const struct worker_options *o);
void worker_stop(struct worker *w);

/* Datagrams that the kernel had no room for, and results of sending; any thread (as of the last
 * batch). */
uint64_t worker_kernel_drops(const struct worker *w);
uint64_t worker_sent(const struct worker *w, enum udp_send_result result);

#endif
