/* agent: the process on a hypervisor: sources of news on one side, sockets towards the xTRs on the
 * other, and the core between.
 *
 * One thread. Every event is handed to the core with the time, and what the core then wants sent is
 * sent at once. The process holds no capability; a helper of it holds what the guests' taps
 * need. */
#ifndef SUNWARD_VMMOBILITY_AGENT_H
#define SUNWARD_VMMOBILITY_AGENT_H

#include "lib/net/udp_batch.h"
#include "lib/service/daemon.h"
#include "vmmobility/config.h"
#include "vmmobility/guests.h"
#include "vmmobility/qmp_source.h"

struct agent_campus;
struct agent_metrics;
struct agent_snoop;
struct api;
struct event;
struct helper;
struct hook_source;
struct libvirt_mover;
struct libvirt_source;
struct libvirt_tickets;
struct metrics;
struct moves;
struct state;
struct taps;

struct agent {
	struct daemon *daemon;
	struct log *log;
	struct vm_config *config;
	struct vm_env env;
	struct random random;
	struct state *state;
	struct helper *helper; /* NULL: none could be started */
	struct taps *taps;
	struct reporter *reporter;
	struct guests *guests;
	struct qmp_source **qmp; /* qmp_count of them */
	unsigned int qmp_count;
	struct hook_source *hooks;       /* NULL: none */
	struct libvirt_source *libvirt;  /* NULL: none */
	struct agent_snoop *snoop;       /* NULL: none */
	struct libvirt_mover *mover;     /* NULL: no libvirt, or none that moves */
	struct libvirt_tickets *tickets; /* NULL: no libvirt */
	struct moves *moves;
	unsigned int arrivals; /* that are tried now, see agent_arrivals.h */
	struct api *api;
	struct metrics *metrics;
	struct agent_campus *campus;
	struct agent_metrics *agent_metrics;
	struct udp_socket sockets[VM_LISTEN_MAX];
	struct event *socket_events[VM_LISTEN_MAX];
	unsigned int socket_count;
	struct udp_batch *batch;
	struct daemon_timer *timer;
	struct mono started;
	uint64_t sent[UDP_SEND_RESULTS];
	struct log_limit keep_log;
};

extern const struct daemon_ops agent_daemon;

/* Around each call of the core: give it the time; then send what it wants sent, set its timer,
 * reserve its counters. */
void agent_begin(struct agent *a);
void agent_settle(struct agent *a);
/* All sources have told what is here. */
bool agent_complete(const struct agent *a);

#endif
