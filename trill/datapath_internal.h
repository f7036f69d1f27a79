/* datapath_internal: what the files of the unprivileged half share. */
#ifndef SUNWARD_TRILL_DATAPATH_INTERNAL_H
#define SUNWARD_TRILL_DATAPATH_INTERNAL_H

#include "trill/bpf/contract.h"
#include "trill/datapath.h"

#define DATAPATH_EVENTS 256 /* of a turn: end stations may not keep others from theirs */

struct ring_buffer;

/* What a program may have found just now is not used for something else before a grace period of
 * the kernel is over: it rests. Nobody waits for that: what rests is passed over, and when nothing
 * else is left, or some seconds later, one grace period ends the rest of all (datapath_grace). */
struct datapath_port {
	bool used, resting;
	struct tables_port is;
	struct tables_forwarder forwarder;
	uint16_t *mapped; /* by VLAN: the label's number, 0: none; NULL: none is */
};

enum group_state {
	GROUP_FREE,
	GROUP_USED,
	GROUP_RESTING, /* named by no nickname any more, but perhaps read just now */
};

struct datapath_group {
	enum group_state state;
	uint32_t users;
	struct contract_group is;
};

struct datapath_tree {
	bool used;
	bool resting; /* the map that is not in use */
	uint16_t root;
	bool ports[CONTRACT_SLOTS];
};

struct trill_datapath {
	struct trill_tables tables; /* first: the core's pointer is ours */
	struct trill_datapath_config config;
	int fds[TRILL_FD_COUNT];
	struct ring_buffer *ring;
	struct datapath_port ports[CONTRACT_SLOTS];
	uint32_t fgls[LABELS_FGL_MAX]; /* by number - LABELS_FIRST */
	uint32_t near[CONTRACT_NEAR];  /* the interface that has the place */
	struct contract_neighbour near_adjacencies[CONTRACT_NEAR];
	bool near_resting[CONTRACT_NEAR], near_adjacencies_resting[CONTRACT_NEAR];
	bool rows_resting; /* elements of the ports' rows that were there before */
	bool resting;      /* something does */
	struct datapath_tree trees[CONTRACT_TREES];
	struct contract_forms forms[CONTRACT_SLOTS];
	struct datapath_group groups[CONTRACT_GROUPS];
	struct contract_nickname nicknames[65536];
	struct contract_settings settings;
	uint16_t oomf_group; /* of who distributes our frames while we are overloaded; 0: nobody */
	struct tables_self self;
	int polled;               /* events of this poll */
	uint32_t station_changes; /* as in the map */
	struct {
		bool under_way, finds; /* finds: what is there is told of */
		uint64_t lost;         /* events, when what was found has made up for them */
		uint32_t at;           /* the kernel's word for where to go on */
	} ageing;
};

/* Write and delete by descriptor: 0 or -errno. */
int datapath_put(
	const struct trill_datapath *dp, enum trill_fd map, const void *key, const void *value);
int datapath_del(const struct trill_datapath *dp, enum trill_fd map, const void *key);

/* datapath_port.c. The slot of an interface, or -ENOENT. */
int datapath_slot(const struct trill_datapath *dp, uint32_t ifindex);
int datapath_native_write(struct trill_datapath *dp, uint32_t slot);
int datapath_served_write(struct trill_datapath *dp);
/* Slots and places that rested are free. */
void datapath_ports_rested(struct trill_datapath *dp);
int datapath_port_set(struct trill_tables *t, const struct tables_port *port);
int datapath_port_del(struct trill_tables *t, uint32_t ifindex);
int datapath_forwarder_set(
	struct trill_tables *t, uint32_t ifindex, const struct tables_forwarder *f);
int datapath_adjacency_set(struct trill_tables *t, const struct tables_adjacency *a);
int datapath_adjacency_del(struct trill_tables *t, uint32_t ifindex, const struct mac *mac);

/* datapath_label.c */
int datapath_label_set(struct trill_tables *t, uint32_t fgl, uint16_t number);
int datapath_mapping_set(struct trill_tables *t, uint32_t ifindex, uint16_t vlan, uint16_t number);
/* All of a port that goes. */
void datapath_mappings_forget(struct trill_datapath *dp, uint16_t slot);

/* datapath_path.c */
int datapath_path_set(struct trill_tables *t, uint16_t nickname, const struct tables_path *path);
int datapath_self_set(struct trill_tables *t, const struct tables_self *self);
int datapath_nickname_write(
	struct trill_datapath *dp, uint16_t nickname, struct contract_nickname n);
/* Write all groups that have a hop by this slot again: its MAC, MTU or tag has changed; or without
 * it, when it is @gone. */
int datapath_paths_port(struct trill_datapath *dp, uint16_t slot, bool gone);

/* Groups that rested are free. */
void datapath_paths_rested(struct trill_datapath *dp);

/* datapath_tree.c */
int datapath_rpf_set(struct trill_tables *t, const struct tables_rpf *rpf);
int datapath_tree_set(struct trill_tables *t, unsigned int number, const struct tables_tree *tree);
/* A port has come, or changed its kind. */
int datapath_trees_port(struct trill_datapath *dp);
/* It goes: none gets a copy there any more. */
void datapath_trees_leave(struct trill_datapath *dp, uint32_t slot);
/* Returns when no program runs any more that had started before (10 to 30 ms): what rested rests no
 * more. */
void datapath_grace(struct trill_datapath *dp);

/* datapath_station.c */
int datapath_station_set(struct trill_tables *t, const struct tables_station *s);
int datapath_station_del(struct trill_tables *t, const struct mac *mac, uint16_t vlan);
int datapath_station_flush(struct trill_tables *t, uint16_t nickname, uint32_t ifindex,
	const struct label_set *labels);
int datapath_station_hasten(struct trill_tables *t, uint16_t nickname,
	const struct label_set *labels, unsigned int age_s);
/* The same of a port that goes, whose slot is no port any more. */
int datapath_station_leave(struct trill_datapath *dp, uint16_t slot);
void datapath_station_event(struct trill_datapath *dp, const struct contract_event *e);

#endif
