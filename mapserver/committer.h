/* committer: the thread of the one writer, and the queue in front of it. Any thread submits; what
 * the commit has to say goes out by the sockets of the listeners, and to the control thread as
 * events. */
#ifndef SUNWARD_MAPSERVER_COMMITTER_H
#define SUNWARD_MAPSERVER_COMMITTER_H

#include "mapserver/commit.h"
#include "mapserver/listener.h"
#include "mapserver/storage.h"

#define COMMITTER_QUEUE_MAX       65536 /* jobs that wait */
#define COMMITTER_EVENT_ADDRESSES 4

/* A copy of a commit_event, for the control thread. */
struct committer_event {
	struct committer_event *next;
	enum commit_event_kind kind;
	const char *reason; /* a literal */
	struct eid eid;
	uint64_t seq;
	bool has_owner, is_static, has_why;
	struct moves_why why;
	struct xtr_identity owner;
	unsigned int now_count, previous_count;
	struct address now[COMMITTER_EVENT_ADDRESSES], previous[COMMITTER_EVENT_ADDRESSES];
};

struct committer;

struct committer_options {
	struct server *server;
	struct storage *storage;
	unsigned int slot;
	struct random *random;
	struct metrics_shard *counters;
	struct log *log;
	const struct listener *listeners;
	unsigned int listener_count;
	int wake_fd; /* an eventfd of the control thread: events, finished jobs, or notifies wait */
};

/* Starts the thread. NULL with errno. */
struct committer *committer_start(const struct committer_options *o);
/* Follows what is queued, flushes, ends the thread. No submitter may be left. */
void committer_stop(struct committer *c);

/* For server_thread.submit: false when the queue is full. */
bool committer_submit(void *committer, struct job *job);

/* The control thread: take finished PUT and DELETE jobs, and events, in order; NULL: none. */
struct job *committer_finished(struct committer *c);
struct committer_event *committer_events(struct committer *c);
uint64_t committer_events_lost(const struct committer *c);
/* What was acknowledged is in the store. */
bool committer_durable(const struct committer *c);
/* As durable_whole_wall_s. */
uint64_t committer_whole_wall_s(const struct committer *c);

#endif
