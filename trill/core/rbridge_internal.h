/* rbridge_internal: what the files of rbridge share: rbridge.c (life, time), rbridge_port.c (Hellos
 * and neighbours), rbridge_native.c (appointed forwarders), rbridge_pseudonode.c (of LANs),
 * rbridge_mtu.c (what links carry), rbridge_receive.c (frames), rbridge_topology.c (campus,
 * nicknames, routes, our own LSPs). */
#ifndef SUNWARD_TRILL_CORE_RBRIDGE_INTERNAL_H
#define SUNWARD_TRILL_CORE_RBRIDGE_INTERNAL_H

#include "trill/codec/ethernet.h"
#include "trill/core/campus.h"
#include "trill/core/flood.h"
#include "trill/core/mtu.h"
#include "trill/core/origin.h"
#include "trill/core/rbridge.h"

#define RBRIDGE_SPF_FIRST_US    1000 /* between the first two computations of a row */
#define RBRIDGE_SPF_CAP_US      1000000
#define RBRIDGE_SYNC_ALONE_S    12  /* nobody's LSDB has been heard for so long: there is none */
#define RBRIDGE_SYNC_HEARD_S    2   /* after a CSNP, for the LSPs that it tells of */
#define RBRIDGE_HELLO_SOON_MS   20  /* after a neighbour's state has changed */
#define RBRIDGE_HELLO_LEAST_MS  100 /* between such Hellos */
#define NATIVE_APPOINTMENTS_MAX 160 /* ranges of VLANs in our Hellos: 960 bytes */
#define NATIVE_CANDIDATES_MAX   64  /* as many as core/forwarder looks at */
/* Hellos that are looked at: a second, and at once. A neighbour may send one in each VLAN; those of
 * whom we do not know share what there is for the port, so that they cannot drown neighbours. */
#define RBRIDGE_HELLOS_PER_S    4096
#define RBRIDGE_HELLOS_BURST    8192
#define RBRIDGE_STRANGERS_PER_S 100
#define RBRIDGE_STRANGERS_BURST 256

struct rbridge_port {
	struct rbridge *rb;
	bool up;
	uint16_t number;
	struct rbridge_port_config config;
	struct adjacency_table table;
	struct drb drb;
	uint16_t designated;
	struct lan_id lan;         /* of the DRB's Hellos */
	bool bypass;               /* the DRB says so: its pseudonode is not reported */
	bool had_two;              /* neighbours in Report at once, ever */
	bool says_pseudonode;      /* we are DRB, and its LSP is there */
	struct origin *pseudonode; /* NULL: never needed */
	uint32_t peer_circuit;     /* P2P: the neighbour's extended circuit ID */
	struct timer hello, hold;
	struct mono hello_sent;
	struct limit strangers; /* Hellos of MACs that are in no row */
	struct mac listed;      /* neighbours behind it stand in the next Hello; zero: all */
	bool flooding;          /* there is a neighbour in 2-Way or Report */
	struct tables_port told;
	struct limit mtu_answers;
	struct mtu_port *mtu;  /* NULL: neighbours are not tested */
	struct native *native; /* NULL: the port is down, or point-to-point */
	struct rbridge_counters counters;
};

struct rbridge {
	struct rbridge_config config;
	struct rbridge_env env;
	struct timers timers;
	struct mono now; /* of the call that runs: for callbacks of rooms without one */
	struct lsdb *db;
	struct flood flood;
	struct origin origin;
	struct campus campus;
	struct nicknames nicknames;
	struct routes routes;
	struct timer age, compute, sync, choose;
	struct backoff compute_backoff;
	uint64_t hash_seed, computed;
	struct mtu_campus sz;
	struct timer resize;
	uint32_t af_lost[4096]; /* by VLAN: how often we lost it on a port */
	uint32_t link_max;
	struct routes_link *links;
	struct reach *reaches;
	struct rbridge_port ports[RBRIDGE_PORTS_MAX];
};

void rbridge_event_say(struct rbridge *rb, const struct rbridge_event *event);
struct isis_key *rbridge_key(const struct rbridge *rb);

/* rbridge_port.c */
void rbridge_port_init(struct rbridge *rb, uint16_t number);
/* A Hello that came from @sa in VLAN @vlan. */
void rbridge_port_hello(struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa,
	uint16_t vlan, struct mono now);
/* To All-IS-IS-RBridges in the Designated VLAN. */
void rbridge_port_send(struct rbridge_port *port, uint16_t vlan, const uint8_t *pdu, size_t len);
/* The neighbour that has MAC @sa, in 2-Way or Report. */
const struct adjacency *rbridge_port_neighbor(
	const struct rbridge_port *port, const struct mac *sa);

/* To @da. */
void rbridge_port_send_to(struct rbridge_port *port, const struct mac *da, uint16_t vlan,
	const uint8_t *pdu, size_t len);

/* rbridge_mtu.c */
void rbridge_mtu_init(struct rbridge *rb);
/* False: out of memory. */
bool rbridge_mtu_up(struct rbridge_port *port);
void rbridge_mtu_down(struct rbridge_port *port);
void rbridge_mtu_adjacency(
	struct rbridge_port *port, const struct adjacency *row, enum adjacency_state was);
/* An MTU-probe or MTU-ack. */
void rbridge_mtu_pdu(struct rbridge_port *port, const struct isis_pdu *p, const struct mac *sa,
	uint16_t vlan, struct mono now);
/* The campus has been read anew. */
void rbridge_mtu_campus(struct rbridge *rb, struct mono now);

/* rbridge_pseudonode.c */
/* Of the LAN: the DRB's, or as DRB our own. */
struct lan_id rbridge_pseudonode_id(const struct rbridge_port *port);
/* It is in the topology, and neighbours on the LAN do not report each other. */
bool rbridge_pseudonode_used(const struct rbridge_port *port);
/* What our own LSP says of a LAN whose pseudonode is used. False: nothing. */
bool rbridge_pseudonode_reach(struct rbridge_port *port, struct reach *reach);
/* DRB or neighbours may have changed. True: what our Hellos say of it has, too. */
bool rbridge_pseudonode_settle(struct rbridge_port *port, struct mono now);
/* A neighbour came to Report, or left it. */
void rbridge_pseudonode_changed(struct rbridge_port *port, struct mono now);
/* The DRB's Hello. */
void rbridge_pseudonode_heard(struct rbridge_port *port, const struct hello *h, struct mono now);
/* The campus knows pseudonode LSP @id of ours. */
void rbridge_pseudonode_reissue(
	struct rbridge *rb, const struct lsp_id *id, uint32_t sequence, struct mono now);
void rbridge_pseudonode_fini(struct rbridge_port *port);
/* What our next Hello says is waited for. */
void rbridge_port_hello_soon(struct rbridge_port *port, struct mono now);

/* rbridge_native.c. Up: also what the data plane is told of the port; false: out of memory. */
bool rbridge_native_up(struct rbridge_port *port, struct mono now);
void rbridge_native_down(struct rbridge_port *port, struct mono now);
/* A Hello that was taken. */
void rbridge_native_hello(struct rbridge_port *port, const struct isis_pdu *p,
	const struct hello *h, const struct mac *sa, uint16_t vlan, struct mono now);
/* Adjacencies have changed: _stale() at once, and _settle() when DRB and Designated VLAN are known
 * again. */
void rbridge_native_stale(struct rbridge_port *port);
void rbridge_native_settle(struct rbridge_port *port, struct mono now);
/* Our nicknames are others; the campus has been read anew. */
void rbridge_native_nicknames(struct rbridge *rb, struct mono now);
void rbridge_native_campus(struct rbridge *rb, struct mono now);
/* What our Hello in @vlan says of it. */
void rbridge_native_say(
	const struct rbridge_port *port, uint16_t vlan, struct hello_ours *ours, struct mono now);
const struct vlan_set *rbridge_native_appointed(const struct rbridge_port *port);
/* Add the VLANs that we are appointed for on some port. */
void rbridge_native_wanted(const struct rbridge *rb, struct vlan_set *wanted);
/* An access link, by us or by its DRB: no TRILL Data goes over it, and nobody reports it (RFC 6325
 * section 4.9.1); to who has it for one alone, neither. */
bool rbridge_native_access(const struct rbridge_port *port);
bool rbridge_native_carries(const struct rbridge_port *port, const struct adjacency *row);
/* The root bridge of the spanning tree on the link, as a BPDU has it. */
void rbridge_native_root(struct rbridge_port *port, const uint8_t *id, struct mono now);

/* rbridge_topology.c */
void rbridge_topology_init(struct rbridge *rb, struct mono now);
/* The LSDB or our links have changed: compute when it may be. */
void rbridge_topology_changed(struct rbridge *rb, struct mono now);
/* A CSNP has been heard. */
void rbridge_topology_heard(struct rbridge *rb, struct mono now);
/* What we say: origin asks. */
void rbridge_topology_say(void *arg, struct mono now);
/* The LSDB has the next thing to age at another time. */
void rbridge_topology_age(struct rbridge *rb);

#endif
