/* shell: the tunnel router's process: sockets, ring buffer, hold tap, netlink and timers around the
 * core.
 *
 * One thread. Every event is handed to the core with the time, and what the core then wants is done
 * at once, before the next event is looked at. The process that runs here holds no capability; the
 * helper attaches programs. */
#ifndef SUNWARD_XTR_SHELL_H
#define SUNWARD_XTR_SHELL_H

#include "lib/base/random.h"
#include "lib/net/udp_batch.h"
#include "lib/service/daemon.h"
#include "xtr/agent_memory.h"
#include "xtr/config.h"
#include "xtr/datapath_bpf.h"
#include "xtr/ports.h"
#include "xtr/router.h"

struct api;
struct event;
struct helper;
struct metrics;
struct shell_metrics;
struct shell_rbridge;
struct state;

struct shell {
	struct router_ops ops; /* first: the core's way back to the shell */
	struct daemon *daemon;
	struct log *log;
	struct xtr_config *config;
	struct datapath_load *load; /* the helper's; here only to be freed */
	struct helper *helper;
	struct state *state;
	struct agent_memory memory;
	struct datapath_bpf *datapath;
	struct ports *ports;
	struct router *router;
	struct api *api;
	struct metrics *metrics;
	struct shell_metrics *shell_metrics;
	struct shell_rbridge *rbridge;
	struct udp_socket sockets[XTR_LISTEN_MAX];
	struct event *socket_events[XTR_LISTEN_MAX];
	unsigned int socket_count;
	struct event *ring_event, *tap_event;
	struct udp_batch *batch;
	struct outbox *out;
	struct daemon_timer *timer;
	struct random random;
	struct mono started, now; /* now: of the event that is being handled */
	bool adopted;             /* the maps were there, pinned */
	uint64_t sent[UDP_SEND_RESULTS];
	char tap_name[IFNAMSIZ];
};

extern const struct daemon_ops xtr_daemon;

/* After each call of the core: send what it wants sent, set its timer, reserve its nonces. */
void shell_settle(struct shell *s);

#endif
