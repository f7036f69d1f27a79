/* mapserver: the shell: sockets, threads, store and API around the server. The control thread's;
 * what other threads share is in struct server. */
#ifndef SUNWARD_MAPSERVER_MAPSERVER_H
#define SUNWARD_MAPSERVER_MAPSERVER_H

#include "lib/service/daemon.h"
#include "mapserver/committer.h"
#include "mapserver/config.h"
#include "mapserver/publisher.h"
#include "mapserver/site_change.h"
#include "mapserver/worker.h"

struct api;
struct event;

struct mapserver {
	struct log *log;
	struct random random;
	uint8_t secret[16];
	struct mapserver_config config;
	struct server *server;
	struct storage storage;
	bool sites_restored; /* those of the API: before that none is changed */
	int sites_error;     /* the last, of reading them */
	struct listener listeners[LISTENERS_MAX];
	unsigned int listener_count;
	struct worker **workers;
	unsigned int worker_count;
	unsigned int slots;
	struct committer *committer;
	struct publisher *publisher;
	struct fast_path *fast_path; /* NULL: none configured */
	struct metrics *metrics;
	struct metrics_table *counters;
	struct metrics_shard *control_counters;
	struct api *api;
	struct mono started;
	bool rcu; /* this thread reads under RCU */
	/* What other threads have for this one. */
	int wake_fd;
	struct committer_event *events; /* taken from the committer, not told yet */
	uint64_t events_lost;           /* of the committer, that readers were told of */
	struct event *wake;
	struct site_change site_change;
	/* Retransmissions. */
	struct daemon_timer *notify_timer;
	struct daemon_timer *ddt_timer;
	struct server_thread ddt_thread; /* this thread, where it searches the tree */
	struct outbox *out;
	struct udp_batch *batch;
	uint64_t sent[UDP_SEND_RESULTS];
};

extern const struct daemon_ops mapserver_daemon;

/* Put another table of sites in the place of the present one. */
void mapserver_set_sites(struct mapserver *ms, struct site_table *sites);
/* The change that was begun in ms->site_change takes its place. Waits for the readers of now. */
void mapserver_change_sites(struct mapserver *ms);

/* The HTTP API (control.c). 0 or negative after logging why. */
int control_start(struct mapserver *ms, struct event_base *base, const char *socket_path);
void control_stop(struct mapserver *ms);
/* The sites that the API put before the last end. After the file's, before the threads. */
void control_site_restore(struct mapserver *ms);
/* The same when the store was opened since, while others work: a new table. */
void control_site_restore_late(struct mapserver *ms);
/* @s, of the file and read anew, gets what the API did to the keys of @before. */
void control_key_keep(struct mapserver *ms, struct site *s, const struct site *before);
/* @s keeps within one tenant, or none where there may be such a site. False: @why tells. */
bool control_tenant_fits(struct mapserver *ms, const struct site *s, char *why, size_t why_size);
/* Finished changes and events wait. */
void control_wake(struct mapserver *ms);

#endif
