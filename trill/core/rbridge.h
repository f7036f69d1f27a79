/* rbridge: one RBridge's control plane: frames and time in; frames, tables and events out.
 *
 * It knows the order of the rooms (Hello, adjacency, DRB, LSDB and flooding, campus, nicknames,
 * routes, our own LSPs) and nothing that a room knows. It is single-threaded and has no clock,
 * socket or entropy: tests, the simulator and the shell drive the same. What goes out is handed
 * over within the calls below and is borrowed for the call. */
#ifndef SUNWARD_TRILL_CORE_RBRIDGE_H
#define SUNWARD_TRILL_CORE_RBRIDGE_H

#include "trill/codec/capability.h"
#include "trill/core/drb.h"
#include "trill/core/hello.h"
#include "trill/core/lsdb.h"
#include "trill/core/nickname.h"
#include "trill/core/routes.h"
#include "trill/core/tables.h"

#define RBRIDGE_PORTS_MAX LSDB_PORTS_MAX

struct rbridge_nickname {
	uint16_t nickname; /* NICKNAME_NONE: one is chosen */
	uint16_t last;     /* held before a restart, or NICKNAME_NONE */
	uint8_t priority;  /* 7 bits */
	uint16_t root_priority;
};

/* Nicknames of roots, the first preferred. */
struct rbridge_tree_list {
	uint16_t nicknames[CAMPUS_LISTED_MAX];
	unsigned int count;
};

struct rbridge_config {
	struct system_id system;
	struct rbridge_nickname nicknames[NICKNAME_OWN_MAX];
	unsigned int nickname_count;
	struct capability_trees trees;
	struct rbridge_tree_list roots; /* the campus's, if we are the one who says */
	struct rbridge_tree_list uses;  /* of frames that enter here: as many as trees.use */
	struct vlan_set interested;     /* VLANs with end stations here */
	struct isis_key *const *keys;   /* the first signs; none: nothing is authenticated */
	unsigned int key_count;
	/* Bounds of what others can make grow. */
	unsigned int neighbors_max; /* of a port */
	unsigned int nodes_max, links_max, lsps_max, nicknames_max;
};

struct rbridge_port_config {
	uint32_t ifindex;
	struct mac mac;
	bool p2p;
	uint32_t cost;
	uint8_t priority; /* to be DRB: 7 bits */
	struct vlan_set enabled, announcing;
	uint16_t desired_vlan; /* the Designated VLAN that we want: one of @enabled */
	uint16_t untagged;     /* frames of this VLAN have no tag; 0: all have */
	uint32_t hello_ms;     /* 3000; as DRB of a LAN a third of it */
	uint16_t holding_s;    /* 30 */
};

enum rbridge_event_kind {
	RBRIDGE_ADJACENCY, /* a neighbour's state has changed */
	RBRIDGE_DRB,       /* of a port: we are now, or are not any more */
	RBRIDGE_NICKNAME,  /* one of ours has been chosen, or lost */
	RBRIDGE_ROUTES,    /* the tables follow a new campus */
};

struct rbridge_event {
	enum rbridge_event_kind kind;
	uint16_t port;
	struct system_id neighbor;
	enum adjacency_state state, was;
	bool drb;
	uint16_t nickname;
};

struct rbridge_env {
	struct random *random;
	struct trill_tables *tables;
	void (*frame)(void *arg, uint16_t port, const uint8_t *frame, size_t len);
	void (*barrier)(void *arg, enum rbridge_phase phase);        /* NULL: see routes */
	void (*event)(void *arg, const struct rbridge_event *event); /* NULL: not wanted */
	void *arg;
};

/* What came in on a port, and why some of it was not taken. */
struct rbridge_counters {
	uint64_t pdus[32]; /* by PDU type, also those that are not known */
	uint64_t malformed[TRILL_ERRORS];
	uint64_t hellos[HELLO_VERDICTS];
	uint64_t lsps[LSDB_VERDICTS];
	uint64_t not_ours;     /* not to All-IS-IS-RBridges nor to the port */
	uint64_t other;        /* of another Ethertype */
	uint64_t not_adjacent; /* LSP, CSNP, PSNP of one that is not in 2-Way */
	uint64_t refused;      /* Hellos: the neighbour table is full */
	uint64_t own;          /* our own, come back */
	uint64_t unwritten;    /* out: a PDU of ours that did not fit */
};

struct rbridge;

/* NULL: out of memory, or a nickname that cannot be. @config, but for the keys, is copied. */
struct rbridge *rbridge_new(
	const struct rbridge_config *config, const struct rbridge_env *env, struct mono now);
void rbridge_free(struct rbridge *rb);

/* @port: below RBRIDGE_PORTS_MAX. False: out of memory. */
bool rbridge_port_up(struct rbridge *rb, uint16_t port, const struct rbridge_port_config *config,
	struct mono now);
/* The carrier is lost, or the port is taken away: neighbours are gone at once. */
void rbridge_port_down(struct rbridge *rb, uint16_t port, struct mono now);

/* A whole Ethernet frame with its outer tag. */
void rbridge_frame(
	struct rbridge *rb, uint16_t port, const uint8_t *frame, size_t len, struct mono now);
/* Do what is due; rbridge_next(): nothing is due before. */
void rbridge_time(struct rbridge *rb, struct mono now);
struct mono rbridge_next(const struct rbridge *rb);

/* To be shown. */
const struct rbridge_counters *rbridge_counters(const struct rbridge *rb, uint16_t port);
/* NULL: the port is down. */
const struct adjacency_table *rbridge_adjacencies(const struct rbridge *rb, uint16_t port);
bool rbridge_is_drb(const struct rbridge *rb, uint16_t port);
struct lsdb *rbridge_lsdb(struct rbridge *rb);
const struct nicknames *rbridge_nicknames(const struct rbridge *rb);
const struct routes *rbridge_routes(const struct rbridge *rb);
/* How often shortest paths were computed, and our LSPs originated. */
uint64_t rbridge_computed(const struct rbridge *rb);
uint64_t rbridge_originated(const struct rbridge *rb);

#endif
