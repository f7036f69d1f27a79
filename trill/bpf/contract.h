/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* contract: all that the RBridge's BPF programs and user space agree on: keys and values of the
 * maps, the mark on a frame that is sent to many ports, the event record, the counters. Nothing
 * else is shared. MAC addresses are bytes in the order of the wire, all else is in host order
 * unless a comment says otherwise.
 *
 * A port has a slot: its number here, from 0, while it is a port of ours. What a program acts upon
 * is one aligned word wherever it may change in the midst of traffic, so that it is read whole. */
#ifndef SUNWARD_TRILL_BPF_CONTRACT_H
#define SUNWARD_TRILL_BPF_CONTRACT_H

#include <linux/types.h>

#define CONTRACT_SLOTS      256
#define CONTRACT_TREES      16 /* places for distribution trees; 0 is none */
#define CONTRACT_TREE_LOCAL 0  /* ... but all ports with end stations */
/* trees: array by CONTRACT_TREE_MAPS * tree, + CONTRACT_TREE_MESSAGES where daemons are to have the
 * frame, + the settings' bit of the tree: which ports have a copy. */
#define CONTRACT_TREE_MAPS     4
#define CONTRACT_TREE_MESSAGES 2
#define CONTRACT_GROUPS        4096
#define CONTRACT_HOPS          8  /* next hops of equal cost */
#define CONTRACT_VLAN_WORDS    64 /* 4,096 VLANs, a bit each: VLAN v is bit v % 64 of word v / 64 */

/* A label's number: a VLAN's ID, or from 4,096 on what user space gave a fine-grained label; 0: a
 * fine-grained label that has none (core/labels.h). */
#define CONTRACT_LABEL_FGL   4096
#define CONTRACT_LABELS      8192
#define CONTRACT_LABEL_WORDS (CONTRACT_LABELS / 64)
#define CONTRACT_MAPPINGS    32768 /* of all ports, two entries each */

#define CONTRACT_CONFIDENCE_DATA   0x20 /* RFC 6325 section 4.8.1 */
#define CONTRACT_CONFIDENCE_STATIC 255

/* ports: hash by ifindex. near: array by the ifindex's last byte, the same of the port that has the
 * place: most lookups end there. */
#define CONTRACT_NEAR 256

struct contract_port {
	__u32 ifindex; /* near: 0: nobody has the place */
	__u16 slot;
	__u16 flags;
	__u16 mtu; /* bytes behind the Ethernet header that the port takes */
	__u16 tci; /* the Designated VLAN, of the outer tag on TRILL frames; 0: none */
	__u8 mac[6];
	__u16 nickname; /* a virtual RBridge's, for native frames from here; 0: the settings' */
};

#define CONTRACT_PORT_TRILL  0x01 /* TRILL Data is received and sent here */
#define CONTRACT_PORT_NATIVE 0x02 /* end stations are served here */
#define CONTRACT_PORT_NO_FGL 0x04 /* no fine-grained label goes out: somebody there is not safe */
#define CONTRACT_PORT_HYBRID (CONTRACT_PORT_TRILL | CONTRACT_PORT_NATIVE)

struct contract_label_set {
	__u64 words[CONTRACT_LABEL_WORDS];
};

/* natives: array by slot: the port as its end stations see it. A native frame is received and sent
 * where the port is enabled for its VLAN, and we are its appointed forwarder, not inhibited. */
struct contract_native_row { /* of 64 VLANs: within a cache line */
	__u64 enabled, appointed;
	__u64 inhibited; /* frames are dropped, but their sources learned */
	__u64 mapped;    /* each stands for a fine-grained label: see mappings */
};

struct contract_native {
	struct contract_native_row rows[CONTRACT_VLAN_WORDS];
	__u16 pvid;     /* of a frame without a tag; such frames leave without one */
	__u16 mtu;      /* as contract_port */
	__u16 nickname; /* as contract_port */
	__u16 spare;
	__u32 spares[6];
	/* VLANs: with nickname: another is the designated forwarder (RFC 7781). */
	__u64 others[CONTRACT_VLAN_WORDS];
};

/* labels: hash by fine-grained label: its number. mappings: hash: of a port, by VLAN and by number
 * alike (which are never the same), who stands for whom. */
struct contract_mapping_key {
	__u16 slot;
	__u16 number; /* below CONTRACT_LABEL_FGL: a VLAN */
};

struct contract_mapping {
	__u32 fgl;
	__u16 vlan;
	__u16 number;
};

/* nicknames: array by nickname. */
enum contract_nickname_kind {
	CONTRACT_NICKNAME_UNKNOWN,
	CONTRACT_NICKNAME_REMOTE,
	CONTRACT_NICKNAME_OWN,
};

struct contract_nickname {
	union {
		struct {
			__u8 kind;      /* enum contract_nickname_kind */
			__u8 hops;      /* the hop count of frames from here to it */
			__u16 group;    /* REMOTE: index into groups; 0: nothing leads there */
			__u8 tree;      /* the tree of which it is the root; 0: none that we have */
			__u8 tree_hops; /* the hop count of frames from here along that */
			/* OWN: a virtual RBridge's: the root of the tree for what enters under it
			 */
			__u16 root;
		};
		__u64 word;
	};
};

/* groups: array. An element is written while no nickname names it. */
struct contract_hop {
	__u8 to[6];   /* the neighbour's port */
	__u8 from[6]; /* ours */
	__u16 slot;
	__u16 mtu;
	__u16 tci;   /* as contract_port */
	__u16 flags; /* the port's */
};

struct contract_group {
	__u32 count;
	struct contract_hop hops[CONTRACT_HOPS];
};

/* adjacencies: hash. Who may send us TRILL Data, and along which trees. */
struct contract_neighbour {
	__u32 ifindex;
	__u8 mac[6];
	__u16 spare;
};

struct contract_adjacency {
	__u32 trees; /* bit t: the neighbour is a tree adjacency of tree t on this port */
	__u32 flags;
};

/* near_adjacencies: array by the last byte of the MAC: the same of the neighbour that has the
 * place. */
struct contract_near_adjacency {
	struct contract_neighbour neighbour; /* ifindex 0: nobody */
	struct contract_adjacency is;
	__u32 spare;
};

#define CONTRACT_ADJACENCY_OOMF 0x01 /* overloaded: we distribute for it (RFC 7780 2.4.2.3) */

/* rpf: hash. Where frames of an ingress along a tree must come from; no entry: from nowhere. */
struct contract_rpf_key {
	__u16 tree;
	__u16 ingress;
};

struct contract_rpf {
	union {
		struct {
			__u16 slot;
			__u8 mac[6]; /* the stronger check, of RFC 7780 section 3.6; zero: any */
		};
		__u64 word;
	};
};

/* The keys of a map of trees: the port's slot, with the kind of copy. */
#define CONTRACT_COPY_TRILL  0x000
#define CONTRACT_COPY_NATIVE 0x100
#define CONTRACT_COPY_CPU    0x200 /* to the one port behind which the daemon listens */

/* forms: array by slot: in which forms a copy leaves by the port, for each pair of maps (bit 2 * t
 * or 2 * t + 1 of tree t): those for which the maps have an entry. A frame meets what was written
 * with the maps that it goes by. */
struct contract_forms {
	union {
		struct {
			__u32 trill, native;
		};
		__u64 word;
	};
};

/* pruned: array by slot * CONTRACT_TREES + tree: the labels that nobody behind the port wants. */

/* The metadata of a frame that is sent to many ports, on the way to the program at its port. */
struct contract_mark {
	__u32 sequence; /* the same in all copies, another in the next frame of this processor */
	__u16 slot;     /* of the port that it came by */
	__u8 pair;      /* of maps of trees, that it goes by */
	__u8 native;    /* it came from an end station */
	__u8 header_at; /* of the TRILL header */
	__u8 header_len;
	__u16 label; /* its number */
};

/* What the daemon finds in place of the outer destination, which is All-RBridges; the sender's
 * address stays. */
struct contract_origin {
	__u16 slot;
	__u8 tree;
	__u8 spare[3];
};

/* macs: hash, of struct contract_place. Of the broadcast address with a fine-grained label's
 * number: the one RBridge that wants what many of it are to have. */
struct contract_mac_key {
	__u8 mac[6];
	__u16 vlan; /* or the number of a fine-grained label */
};

/* One word, and with its key one cache line of the kernel's. */
struct contract_place {
	union {
		struct {
			__u16 nickname; /* 0: at the port with this slot */
			__u8 slot;
			__u8 confidence; /* 255: not aged */
			__u32 seen;      /* CLOCK_MONOTONIC, in units of 2^30 ns */
		};
		__u64 word;
	};
};

#define CONTRACT_SEEN_SHIFT 30

/* settings: its one element. */
struct contract_self {
	union {
		struct {
			__u16 nickname; /* ours, for frames that enter here; 0: none may enter */
			__u16 root; /* of the tree for frames that enter here; 0: only local ports.
				     * Overloaded: the group of who distributes them for us */
			__u16 fallback;  /* overloaded: the group for nicknames we do not know */
			__u8 overloaded; /* a leaf of every tree */
			__u8 spare;
		};
		__u64 word;
	};
};

#define CONTRACT_ANYCAST 4

struct contract_settings {
	struct contract_self self;
	__u64 second;    /* bit t: of each two maps of tree t the second is in use */
	__u64 hash_seed; /* so that not every RBridge of a path chooses alike */
	struct contract_label_set served; /* labels for which we are forwarder at some port */
	__u64 fgl_root; /* of the tree for frames with a fine-grained label; as self.root */
	__u64 asks;     /* not 0: ARP and ND to groups are handed up, and not forwarded */
	__u8 mac[6];    /* from which the daemon asks end stations; with asks */
	__u8 spare[2];
	__u32 daemon; /* the interface of CONTRACT_COPY_CPU; 0: none */
	__u32 spare2;
	/* MACs that several stations have, each in the first bytes; all bits set: none. */
	__u8 anycast[CONTRACT_ANYCAST][8];
};

/* Events, through the ring buffer: only when something has changed. */
enum contract_event_type {
	CONTRACT_LEARNED = 1, /* a MAC that was not known */
	CONTRACT_MOVED,       /* it is elsewhere than it was */
	CONTRACT_SNOOPED,     /* a struct contract_snooped */
};

struct contract_event {
	__u8 type;
	__u8 mac[6];
	__u8 spare;
	__u16 vlan;
	__u16 spare2;
	__u32 spare3;
	struct contract_place place, before;
};

/* ARP, ND or RARP to a group, of an end station at a port, which has gone on as any frame. */
#define CONTRACT_SNOOPED_MAX 104 /* bytes of it; the longest that is read has 86 */
struct contract_snooped {
	__u8 type;
	__u8 len;
	__u16 vlan; /* of the port */
	__u16 slot;
	__u16 spare;
	__u8 frame[CONTRACT_SNOOPED_MAX]; /* without the outer tag */
};

/* What goes up to the daemon, by kind: name, frames a second and at once of each port, the counter
 * of what is beyond, meaning. Those of adjacencies are apart from what anybody can send. */
#define CONTRACT_CLASSES(X)                                                                        \
	X(NEIGHBOUR, 20000, 2048, LIMIT_NEIGHBOUR, "IS-IS and BFD of adjacencies")                 \
	X(STRANGER, 500, 64, LIMIT_STRANGER,                                                       \
		"IS-IS, and messages of one hop, of who is no adjacency (yet), by MAC")            \
	X(CHANNEL, 2000, 128, LIMIT_CHANNEL, "RBridge Channel and OAM for this RBridge")           \
	X(COPIES, 4000, 512, LIMIT_COPIES, "copies of ESADI, RBridge Channel and OAM for all")     \
	X(ASKS, 500, 128, LIMIT_ASKS, "ARP and ND")                                                \
	X(SNOOP, 200, 64, LIMIT_SNOOP, "ARP, ND and RARP that go on, and are read besides")        \
	X(OWN, 20000, 1024, LIMIT_OWN, "other native frames to this RBridge's own MAC")            \
	X(LINK, 100, 64, LIMIT_LINK, "bridges' and link-local groups")

enum contract_class {
#define CONTRACT_CLASS(id, per_s, burst, beyond, help) CONTRACT_CLASS_##id,
	CONTRACT_CLASSES(CONTRACT_CLASS)
#undef CONTRACT_CLASS
		CONTRACT_CLASS_COUNT,
};

/* buckets: array by slot * CONTRACT_BUCKETS + class; behind the classes strangers' by MAC. */
#define CONTRACT_STRANGERS 16
#define CONTRACT_BUCKETS   (CONTRACT_CLASS_COUNT + CONTRACT_STRANGERS)

/* Counters: one number a verdict, with its name and its meaning. Those of the receive order stand
 * as they are tested (RFC 6325 section 4.6.2, RFC 7780). */
#define CONTRACT_COUNTERS(X)                                                                       \
	X(CONTROL, "control", "TRILL IS-IS frames handed up")                                      \
	X(LINK, "link", "bridges' and link-local group frames handed up")                          \
	X(CHANNEL, "channel", "RBridge Channel, ESADI and OAM frames handed up")                   \
	X(OWN, "own", "native frames to this RBridge's own MAC handed up")                         \
	X(ASKS, "asks", "ARP and ND to groups handed up")                                          \
	X(LIMIT_NEIGHBOUR, "limit_neighbour", "IS-IS and BFD of adjacencies beyond the limit")     \
	X(LIMIT_STRANGER, "limit_stranger",                                                        \
		"IS-IS and messages of who is no adjacency beyond the limit")                      \
	X(LIMIT_CHANNEL, "limit_channel", "RBridge Channel and OAM frames beyond the limit")       \
	X(LIMIT_COPIES, "limit_copies", "copies for the daemon beyond the limit")                  \
	X(LIMIT_ASKS, "limit_asks", "ARP and ND beyond the limit")                                 \
	X(LIMIT_SNOOP, "limit_snoop", "ARP, ND and RARP that went on unread, beyond the limit")    \
	X(LIMIT_OWN, "limit_own", "native frames to this RBridge's own MAC beyond the limit")      \
	X(LIMIT_LINK, "limit_link", "bridges' and link-local group frames beyond the limit")       \
	X(TRANSIT, "transit", "TRILL Data sent on to the next hop")                                \
	X(INGRESS, "ingress", "native frames encapsulated for a known egress")                     \
	X(EGRESS, "egress", "TRILL Data decapsulated for a known end station")                     \
	X(LOCAL, "local", "native frames sent from port to port")                                  \
	X(FLOOD_IN, "flood_in", "native frames that entered a distribution tree")                  \
	X(FLOOD_OUT, "flood_out",                                                                  \
		"TRILL Data for an end station that is not known, to all ports of its VLAN")       \
	X(TREE, "tree", "TRILL Data sent on along a distribution tree")                            \
	X(OOMF, "oomf", "frames distributed for an overloaded neighbour")                          \
	X(OOMF_ASKED, "oomf_asked", "overloaded: native frames that a neighbour distributes")      \
	X(COPY_TRILL, "copy_trill", "copies sent along a tree")                                    \
	X(COPY_NATIVE, "copy_native", "copies decapsulated for a port's end stations")             \
	X(COPY_CPU, "copy_cpu", "copies for the daemon")                                           \
	X(COPY_OTHERS, "copy_others", "copies not sent: another of the group serves the host")     \
	X(RELAY, "relay", "TRILL Data for a group sent on to where the station is")                \
	X(COPY_PRUNED, "copy_pruned", "copies not sent: nobody there wants the label")             \
	X(LEARNED, "learned", "end stations that were new, or had moved")                          \
	X(LEARN_KEPT, "learn_kept", "sources not believed: what is known of them is more certain") \
	X(LEARN_FULL, "learn_full", "sources not learned: no room")                                \
	X(EVENTS_LOST, "events_lost", "events lost: the ring buffer was full")                     \
	X(SNOOPED, "snooped", "ARP, ND and RARP of end stations read besides")                     \
	X(DROP_SHORT, "drop_short", "shorter than its headers")                                    \
	X(DROP_NO_PORT, "drop_no_port", "came, or was to leave, by an interface that is no port")  \
	X(DROP_OUTER_VLAN, "drop_outer_vlan", "tagged with VLAN 0xFFF")                            \
	X(DROP_GROUP, "drop_group", "another group address of TRILL than All-RBridges")            \
	X(DROP_NOT_OURS, "drop_not_ours", "TRILL frame to another MAC than the port's")            \
	X(DROP_ETHERTYPE, "drop_ethertype", "to All-RBridges, but not TRILL Data")                 \
	X(DROP_DISABLED, "drop_disabled", "TRILL Data on a port for end stations only")            \
	X(DROP_VERSION, "drop_version", "TRILL version above 0")                                   \
	X(DROP_RESERVED, "drop_reserved", "reserved bits of the TRILL header are set")             \
	X(DROP_HOPS, "drop_hops", "hop count 0")                                                   \
	X(DROP_MULTI, "drop_multi", "M bit and outer address disagree")                            \
	X(DROP_ADJACENCY, "drop_adjacency", "sender is no adjacency of the port")                  \
	X(DROP_CRITICAL, "drop_critical", "a critical flag that is not known here")                \
	X(DROP_EGRESS, "drop_egress", "egress nickname unknown or reserved")                       \
	X(DROP_INGRESS, "drop_ingress", "ingress nickname unknown or reserved")                    \
	X(DROP_NO_TREE, "drop_no_tree", "egress nickname is no root of a tree")                    \
	X(DROP_TREE_ADJACENCY, "drop_tree_adjacency", "sender is no adjacency of the tree")        \
	X(DROP_RPF, "drop_rpf", "came by another way than the tree's (reverse path)")              \
	X(DROP_INNER, "drop_inner", "inner frame without a VLAN tag")                              \
	X(DROP_FGL, "drop_fgl", "fine-grained label: its second half is none")                     \
	X(DROP_UNSAFE, "drop_unsafe",                                                              \
		"fine-grained label, for a link with an RBridge that cannot take it")              \
	X(DROP_INNER_VLAN, "drop_inner_vlan", "inner VLAN 0 or 0xFFF")                             \
	X(DROP_INNER_GROUP, "drop_inner_group", "unicast TRILL Data with an inner group address")  \
	X(DROP_NO_PATH, "drop_no_path", "no next hop to the egress, or to the sender alone")       \
	X(DROP_MTU, "drop_mtu", "longer than the port takes")                                      \
	X(DROP_TRUNK, "drop_trunk", "native frame on a port without end stations")                 \
	X(DROP_VLAN, "drop_vlan", "native frame of a VLAN that the port has not")                  \
	X(DROP_SOURCE, "drop_source", "native frame from a group address")                         \
	X(DROP_ANYCAST, "drop_anycast",                                                            \
		"native frame from a MAC that several stations have, and none sends from")         \
	X(DROP_NOT_FORWARDER, "drop_not_forwarder", "we are not the appointed forwarder there")    \
	X(DROP_INHIBITED, "drop_inhibited", "the appointed forwarder is inhibited")                \
	X(DROP_SAME_LINK, "drop_same_link", "native frame for the link that it came from")         \
	X(DROP_NO_NICKNAME, "drop_no_nickname", "native frame, but we have no nickname yet")       \
	X(DROP_ROOM, "drop_room", "the kernel refused to grow or shrink the frame")

enum contract_counter {
#define CONTRACT_ENUM(id, name, help) CONTRACT_CNT_##id,
	CONTRACT_COUNTERS(CONTRACT_ENUM)
#undef CONTRACT_ENUM
		CONTRACT_CNT_COUNT,
};

#endif
