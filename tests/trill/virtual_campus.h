/* virtual_campus: RBridges on virtual links under virtual time, with their tables in memory; for
 * the unit tests of trill/core/rbridge and for the simulator.
 *
 * All is of one seed. A frame takes 50 us. Frames of TRILL Data do not run: campus_unicast() and
 * campus_multicast() follow the tables as they stand, with the checks of a receiver. */
#ifndef SUNWARD_TESTS_TRILL_VIRTUAL_CAMPUS_H
#define SUNWARD_TESTS_TRILL_VIRTUAL_CAMPUS_H

#include "lib/base/random.h"
#include "lib/base/timer.h"
#include "trill/core/rbridge.h"

#define CAMPUS_LAN_MAX  6
#define CAMPUS_DELAY_US 50
#define CAMPUS_STATIONS 64
#define CAMPUS_SLOTS    1024 /* nicknames of a run */

struct campus_end {
	unsigned int node;
	uint16_t port;
};

struct campus_wire {
	struct campus_end ends[CAMPUS_LAN_MAX];
	unsigned int count;
	uint32_t cost;
	bool up;     /* carrier */
	bool silent; /* frames are lost, the carrier stays */
	size_t mtu;  /* longer frames are lost: bytes behind the Ethernet header; 0: none are */
	bool out[CAMPUS_LAN_MAX];     /* that end's cable is not in */
	uint8_t side[CAMPUS_LAN_MAX]; /* a LAN cut in two: frames stay with ends of one side */
};

struct campus_tree {
	bool live;
	struct tables_tree row;
	struct tables_tree_port ports[ROUTES_PORTS_MAX];
	struct label_set pruned[ROUTES_PORTS_MAX];
};

struct campus_node_sim {
	struct trill_tables tables; /* first: what the core calls */
	struct virtual_campus *campus;
	unsigned int number;
	struct rbridge *rb; /* NULL: it does not run */
	struct timer timer;
	unsigned int port_count;
	int wires[RBRIDGE_PORTS_MAX];
	struct rbridge_port_config configs[RBRIDGE_PORTS_MAX]; /* as the port was set last */
	struct tables_path paths[CAMPUS_SLOTS];
	bool has_path[CAMPUS_SLOTS];
	struct tables_rpf rpf[CAMPUS_SLOTS][4]; /* trees 1 to 3 */
	struct tables_adjacency adjacencies[RBRIDGE_PORTS_MAX * 2];
	unsigned int adjacency_count;
	struct campus_tree trees[4];
	struct tables_self self;
	struct tables_port ports[RBRIDGE_PORTS_MAX]; /* by ifindex - 1 */
	struct tables_forwarder forwarders[RBRIDGE_PORTS_MAX];
	uint16_t (*mapped)[LABELS_FIRST]; /* by ifindex - 1 and VLAN: the label's number; 0: none */
	uint32_t fgls[LABELS_FGL_MAX];    /* by number: 1 more; 0: none */
	struct tables_station stations[CAMPUS_STATIONS];
	unsigned int station_count;
	unsigned int hastened;            /* calls */
	struct label_set hastened_labels; /* of the last */
	bool inputs_open;                 /* the barrier of inputs has been passed */
	bool inputs_written;              /* since the last barrier of outputs; paths do not wait */
	unsigned int out_of_order; /* an input filter after the outputs, or an output before them */
};

struct campus_frame {
	struct campus_frame *next;
	struct mono due;
	unsigned int wire, from; /* which of its ends; CAMPUS_LAN_MAX: none, a station */
	uint8_t side;
	size_t len;
	uint8_t bytes[];
};

struct virtual_campus {
	struct mono now;
	struct random_seeded random;
	struct timers timers;
	struct campus_node_sim *nodes;
	unsigned int node_count;
	struct campus_wire *wires;
	unsigned int wire_count, wire_max;
	struct campus_frame *first, **last;
	uint16_t slots[65536]; /* nickname to slot, from 1 on */
	unsigned int slot_count;
	uint64_t frames, bytes, lost, writes; /* table rows */
	struct mono written;                  /* a table was last changed */
	/* Sees each frame as it goes out, from end @from of @wire. NULL: nobody looks. */
	/* A frame that comes to a port; NULL: all go to the RBridge. */
	void (*receive)(void *arg, struct campus_node_sim *node, uint16_t port,
		const uint8_t *frame, size_t len);
	void *receive_arg;
	void (*event)(void *arg, unsigned int node, const struct rbridge_event *event);
	void *event_arg;
	void (*tap)(
		void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len);
	void *tap_arg;
};

struct campus_options {
	bool p2p;
	bool native;     /* ports serve end stations, too; else they are trunks */
	bool configured; /* nickname 0x100 + number; else they choose */
	uint32_t hello_ms;
	uint16_t holding_s;
	struct capability_trees trees;
	uint16_t esadi; /* a VLAN that has ESADI; 0: none */
	struct isis_key *const *esadi_keys;
	/* What differs from that. NULL: nothing. */
	void (*node)(struct rbridge_config *config, unsigned int number);
	void (*port)(struct rbridge_port_config *config, unsigned int node, uint16_t port);
	struct isis_key *const *keys; /* none: nothing is authenticated */
	unsigned int key_count;
};

/* NULL: out of memory. */
struct virtual_campus *campus_new(unsigned int nodes, unsigned int wires, uint64_t seed,
	const struct campus_options *options);
void campus_free(struct virtual_campus *c);
/* A frame leaves a port. */
void campus_put(struct campus_node_sim *node, uint16_t port, const uint8_t *bytes, size_t len);
const struct tables_adjacency *campus_adjacency(
	const struct campus_node_sim *node, uint32_t ifindex, const struct mac *mac);
/* What the tables of @node say of a station; NULL: nothing. */
struct tables_station *campus_station(
	struct campus_node_sim *node, const struct mac *mac, uint16_t vlan);
/* A wire between @n nodes; @cost: of each one's port. Returns its number. */
unsigned int campus_wire(struct virtual_campus *c, const unsigned int *nodes, unsigned int n,
	uint32_t cost, const struct campus_options *options);
/* The port is set anew, with its configs[] as they are now. */
void campus_port_up(struct virtual_campus *c, unsigned int node, uint16_t port);
/* The carrier goes or comes. */
void campus_carrier(
	struct virtual_campus *c, unsigned int wire, bool up, const struct campus_options *options);
/* A cable of a LAN is pulled out, or put in. */
void campus_plug(struct virtual_campus *c, unsigned int wire, unsigned int end, bool in);
/* The RBridge and its data plane are no more; nobody is told. */
void campus_kill(struct virtual_campus *c, unsigned int node);
/* It is started anew, with its ports as they were set last. */
void campus_start(
	struct virtual_campus *c, unsigned int node, const struct campus_options *options);
/* A station on one side of a LAN sends a frame. */
void campus_station_put(struct virtual_campus *c, unsigned int wire, uint8_t side,
	const uint8_t *bytes, size_t len);
void campus_run_ms(struct virtual_campus *c, uint64_t ms);
/* A frame comes to @node on @port, whoever sent it. */
void campus_inject(struct virtual_campus *c, unsigned int node, uint16_t port, const uint8_t *frame,
	size_t len);
struct mac campus_mac(unsigned int node, unsigned int port);

uint16_t campus_nickname(const struct virtual_campus *c, unsigned int node);
/* The node that a frame to @nickname, that enters at @from, comes to; -1: it is dropped; -2: its
 * hop count was used up, it went in a circle. @salt chooses among equal paths. */
int campus_unicast(
	const struct virtual_campus *c, unsigned int from, uint16_t nickname, unsigned int salt);
/* A frame of many destinations in @vlan enters at @from: how often each node takes it (@taken, one
 * for each). Returns the copies that are on wires in all. */
unsigned int campus_multicast(
	const struct virtual_campus *c, unsigned int from, uint16_t vlan, unsigned int *taken);
/* What the two are made of. Who has @mac at the other end of the wire of @node's @ifindex; -1:
 * nobody, or the wire is cut. */
int campus_across(const struct virtual_campus *c, unsigned int node, uint32_t ifindex,
	const struct mac *mac, struct campus_end *end);
/* The receiver's checks of a frame along its tree: adjacency, that it is one of the tree, RPF. */
bool campus_takes(const struct virtual_campus *c, const struct campus_end *end,
	const struct mac *source, unsigned int slot, unsigned int tree);
/* Of the node's trees the one with @root; 0: there is none. */
unsigned int campus_tree_number(const struct campus_node_sim *n, uint16_t root);
/* Nodes that @from can reach by wires that are up. */
void campus_component(const struct virtual_campus *c, unsigned int from, bool *reached);

#endif
