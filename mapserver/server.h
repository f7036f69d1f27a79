/* server: the order of the rooms. One datagram in, datagrams out; what must be committed goes to
 * the committer as a job. Pure: bytes, peer, time and random numbers come in as arguments.
 *
 * Many threads run server_receive at once, each with its own server_thread; each call stands under
 * RCU (the caller enters and leaves, once a batch). */
#ifndef SUNWARD_MAPSERVER_SERVER_H
#define SUNWARD_MAPSERVER_SERVER_H

#include "lib/base/limit.h"
#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/net/outbox.h"
#include "lisp/map_register.h"
#include "mapserver/counters.h"
#include "mapserver/delegation.h"
#include "mapserver/forward.h"
#include "mapserver/merge.h"
#include "mapserver/moves.h"
#include "mapserver/notify.h"
#include "mapserver/registry.h"
#include "mapserver/replay.h"
#include "mapserver/secure_peers.h"
#include "mapserver/site.h"
#include "mapserver/subscription.h"
#include "mapserver/tenant.h"

#define SERVER_OWN_MAX  64 /* addresses of our own that are remembered */
#define SERVER_RTRS_MAX 8  /* told to xTRs behind a NAT */

struct server_options {
	bool map_server, resolver;       /* roles */
	unsigned int slots;              /* threads that use keys: workers, and the committer */
	uint64_t registration_timeout_s; /* 180: RFC 9301 section 8.2 */
	size_t xtrs_max;
	size_t notifies_max;
	size_t histories_max;
	size_t contributions_max; /* parts of merged registrations */
	struct moves_flap flap;
	struct registry_options registry;
	struct subscription_options subscriptions; /* max 0: none are taken */
	/* Replies larger than their request, to one address (docs/decisions/amplification.md). */
	struct limit_rate excess_replies;
	uint16_t port;   /* 4342 */
	bool ipv4, ipv6; /* what we listen on, and so can send */
	unsigned int own_count;
	struct address own[SERVER_OWN_MAX];
	unsigned int rtr_count;
	struct address rtrs[SERVER_RTRS_MAX];
};

struct pinholes;
struct publish;
struct ddt_resolver;

struct server {
	struct server_options opt;
	struct site_table *sites;      /* RCU */
	struct forward_table *forward; /* RCU; NULL: no resolver */
	/* RCU; NULL: no DDT node. Set after server_new, which makes none; freed with the server. */
	struct delegation_table *delegations;
	/* RCU; NULL: there are none. Set by server_set_tenants(). */
	struct tenant_table *tenants;
	struct tenant_uses *tenant_uses;
	int64_t wall_offset_s;      /* atomic: from struct mono to the wall clock; the shell's */
	struct secure_peers *peers; /* RCU; NULL: no LISP-SEC. As delegations. */
	struct registry *registry;
	struct xtr_table *xtrs;
	struct replay *replay;
	struct replay *prepares; /* counters of PREPAREs: no nonces of registrations */
	struct notify *notify;
	struct moves *moves;
	struct losses *losses;
	struct merge *merge; /* the committer's, but for merge_parts */
	struct subscriptions *subscriptions;
	struct publish *publish;
	struct pinholes *pinholes;      /* of xTRs behind a NAT */
	struct limit_shared *excess;    /* replies larger than their requests, by destination */
	struct limit_shared *strangers; /* subscriptions that were refused, by source */
	struct ddt_resolver *ddt;       /* NULL: no searches in the tree; set after server_new */
	bool recovering;                /* atomic: what the store holds is not all in memory yet */
	uint64_t handover_counter;      /* the last one given; the committer's */
};

/* NULL when out of memory. @sites and @forward may be NULL; they are taken. */
struct server *server_new(
	const struct server_options *opt, struct site_table *sites, struct forward_table *forward);
/* No thread may be left. */
void server_free(struct server *s);

/* Put another table of tenants in the place of the present one; takes it; NULL: none.
 * subscribe_part_tenants() is to follow. 0; -ENOMEM: it is freed, and all stays. The control
 * thread.
 */
int server_set_tenants(struct server *s, struct tenant_table *t);

/* Seconds since 1970, as the shell said last. */
static inline uint64_t server_wall_s(const struct server *s, struct mono now)
{
	return (uint64_t)((int64_t)(now.ns / 1000000000) +
			  __atomic_load_n(&s->wall_offset_s, __ATOMIC_RELAXED));
}

struct job;

/* What one thread brings along. */
struct server_thread {
	struct server *server;
	unsigned int slot; /* its own, below opt.slots */
	struct random *random;
	struct metrics_shard *counters;
	struct log *log; /* may be NULL */
	struct log_limit log_limits[DROP_REASONS];
	struct otk_tools *otk;
	/* Hand a job to the committer, which takes it; false: no room, and it stays the caller's.
	 */
	bool (*submit)(void *arg, struct job *job);
	void *submit_arg;
};

/* Fill in the rest of @t, whose server, slot, random, counters, log and submit are set. 0 or
 * -ENOMEM. */
int server_thread_init(struct server_thread *t);
void server_thread_fini(struct server_thread *t);

struct datagram {
	const uint8_t *bytes;
	size_t len;
	struct endpoint peer;
	struct address local; /* ours that it came to */
};

void server_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);
/* One after the other; what they are about is fetched for all at once. */
void server_receive_all(struct server_thread *t, const struct datagram *list, size_t n,
	struct mono now, struct outbox *out);

/* ---- shared by the rooms that handle messages ---- */

/* Count the drop, and say so (rate-limited): "map-register from PEER: TEXT". */
void server_drop(struct server_thread *t, enum drop_reason reason, int type,
	const struct endpoint *peer, struct mono now, const char *format, ...)
	__attribute__((format(printf, 6, 7)));
/* A message that its parser refused with @error. */
void server_drop_fault(struct server_thread *t, int error, int type, const struct endpoint *peer,
	struct mono now, const struct wire_fault *fault);
/* True: a message for a Map-Server was dropped, as there is none here, or as its parser refused it
 * with @error (0: it did not). */
bool server_refuses(struct server_thread *t, int error, int type, const struct endpoint *peer,
	struct mono now, const struct wire_fault *fault);

static inline void server_count(struct server_thread *t, unsigned int row)
{
	metrics_count(t->counters, row);
}

/* Map-Requests (request.c). */
void request_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);

/* One that waited until the store had been looked into: it waits no more. */
void request_receive_fetched(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);

/* Map-Registers, acknowledgements, and the move messages (register.c). */
void register_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);
void register_ack_receive(struct server_thread *t, const struct datagram *d, struct mono now);
void register_move_receive(
	struct server_thread *t, const struct datagram *d, struct mono now, struct outbox *out);

#endif
