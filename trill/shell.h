/* shell: the RBridge's process: ports, data plane, timers and API around the core.
 *
 * One thread. Every event is handed to the core with the time; what it wants sent or written to the
 * tables is done within that call. The process that runs here holds no capability; the helper
 * attaches programs and opens sockets. */
#ifndef SUNWARD_TRILL_SHELL_H
#define SUNWARD_TRILL_SHELL_H

#include "lib/base/limit.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/service/daemon.h"
#include "trill/config.h"
#include "trill/copies.h"
#include "trill/datapath.h"
#include "trill/edge_log.h"
#include "trill/ports.h"

struct api;
struct event;
struct metrics;
struct trill_api_probe;
struct trill_helper;
struct trill_memory;
struct trill_metrics;

struct trill_shell {
	struct daemon *daemon;
	struct log *log;
	struct trill_config *config;
	struct trill_load *load; /* the helper's; here only to be freed */
	struct trill_copies copies;
	struct trill_helper *helper;
	struct trill_memory *memory;
	struct trill_datapath *datapath;
	struct trill_ports *ports;
	struct rbridge *rb;
	struct api *api;
	struct metrics *metrics;
	struct trill_edge_log edge_log;
	struct trill_metrics *trill_metrics;
	struct event *ring_event, *copies_event;
	struct daemon_timer *timer, *age_timer;
	struct random random;
	struct mono started;
	bool running; /* events are told to the API */
	struct trill_api_probe
		*probes[OAM_PROBES_MAX]; /* that requests wait for; see api_probe.c */
	uint64_t stations_learned, stations_moved, stations_aged;
	uint64_t adjacencies_lost, drb_changes;
	char unready[TRILL_WHY_MAX + 64]; /* as /readyz said it last */
};

/* After each call of the core: its timer, and ports that may go. */
void trill_shell_settle(struct trill_shell *s);

extern const struct daemon_ops rbridge_daemon;

#endif
