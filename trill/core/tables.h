/* tables: what the RBridge's core knows of its data plane: tables that it writes, and news of end
 * stations that come up. The BPF data plane implements it (datapath.c); tests and the simulator may
 * implement it in memory.
 *
 *   ports        interface -> what kind of port, its MAC, MTU and outer tag
 *   forwarders   interface -> VLANs that are enabled there, those that we are the appointed
 *                forwarder of, those in which we are inhibited (RFC 8139)
 *   adjacencies  interface, neighbour's MAC -> it may send us TRILL Data, and along which trees
 *   paths        nickname -> next hops of equal cost
 *   trees        number -> root, ports and what is pruned there
 *   rpf          tree, ingress nickname -> port, and perhaps neighbour (RFC 6325 section 4.5.2)
 *   self         our nicknames, the tree for what enters here, overload
 *   labels       fine-grained label -> its number here (core/labels.h)
 *   mappings     interface, VLAN -> the number of the label that it is mapped to
 *   stations     label's number, MAC -> port or egress nickname, with a confidence
 *                (of mac_broadcast and a fine-grained label, with TABLES_CONFIDENCE_STATIC, the
 *                nickname to which goes by unicast, and along no tree, what enters with that label
 *                and is for many, or for a station that is not known: RFC 7172 section 4.1.1)
 *
 * Each call replaces what was there for its key, and no frame that old and new would both forward
 * is lost or doubled meanwhile. Each of these is the old or the new for a frame: a path, an
 * adjacency, an RPF entry, a label, a station; which ports a tree has, and in which forms they
 * send copies of its frames, of all trees at once where a port changes its kind. What one call
 * changes besides changes in this order, and a frame may meet what comes first and not yet what
 * comes after it:
 *
 *   port_set       VLANs (64 at a time); kind, MAC, MTU and tag; the paths' next hops; the trees. A
 *                  port that ends its service to end stations has VLANs until no copy goes there.
 *   forwarder_set  VLANs, 64 at a time
 *   tree_set       what is pruned, port by port, 64 labels at a time; the ports; root and hop count
 *   self_set       new nicknames; ingress, root and overload; what else is in it; old nicknames
 *
 * What refers to another table is written after that (ports first, then paths, then trees) and
 * taken away before it. The caller sets the input filters (adjacencies, RPF) before the output of a
 * tree: "an RBridge MUST adjust its input distribution tree filters no later than it adjusts its
 * output forwarding" (RFC 6325 section 4.5.2).
 *
 * Each call returns 0 or -errno; -ENOENT: an interface that is no port, or a thing to be taken away
 * that is not there; -ENOSPC: more than there is room for. What is handed over is borrowed for the
 * call. */
#ifndef SUNWARD_TRILL_CORE_TABLES_H
#define SUNWARD_TRILL_CORE_TABLES_H

#include "trill/codec/trill.h"
#include "trill/codec/vlan_set.h"
#include "trill/core/labels.h"

#define TABLES_HOPS_MAX  8  /* next hops of equal cost that share the frames; more are left out */
#define TABLES_TREES_MAX 15 /* numbers of trees: 1 to this */
#define TABLES_OWN_MAX   16 /* nicknames of ours */

#define TABLES_ANYCAST_MAX 4 /* MACs that several stations have */

#define TABLES_CONFIDENCE_DATA   0x20 /* what data frames show: RFC 6325 section 4.8.1 */
#define TABLES_CONFIDENCE_STATIC 255  /* configured: not aged */

struct tables_port {
	uint32_t ifindex;
	struct mac mac;
	uint16_t mtu;   /* bytes behind the Ethernet header */
	bool trill;     /* TRILL Data is received and sent: a trunk or hybrid port */
	bool native;    /* end stations are served: an access or hybrid port */
	uint16_t pvid;  /* of native frames without a tag; 0: such are dropped */
	uint16_t outer; /* VLAN of the tag on TRILL frames (Designated VLAN); 0: no tag */
	/* Under which native frames enter here, one of tables_self: of a virtual RBridge (RFC
	 * 7781); 0: tables_self's ingress. What comes along a tree with it as ingress does not
	 * leave here. */
	uint16_t nickname;
	bool no_fgl; /* TRILL Data with fine-grained labels is not sent: RFC 7172 section 5.1 */
};

/* The VLANs of a port with end stations. A port that was just set has none. */
struct tables_forwarder {
	struct vlan_set enabled;
	struct vlan_set appointed;
	struct vlan_set inhibited; /* native frames are dropped; their sources are learned */
	/* Another serves them with us: what has many destinations does not leave by this port,
	 * unless it entered under its nickname. */
	struct vlan_set others;
};

struct tables_adjacency {
	uint32_t ifindex;
	struct mac mac;
	uint32_t trees; /* bit t: it is a tree adjacency of tree number t, on this port */
	bool oomf;      /* it is overloaded, and we distribute for it (RFC 7780 section 2.4.2.3) */
};

struct tables_hop {
	uint32_t ifindex;
	struct mac mac; /* of the neighbour's port */
};

struct tables_path {
	uint8_t hops; /* hop count of frames that enter here, 1 to 63 */
	size_t count; /* of hop; 0: the nickname is known, but nothing leads there */
	struct tables_hop hop[TABLES_HOPS_MAX];
};

struct tables_tree_port {
	uint32_t ifindex;
	const struct label_set *pruned; /* labels that nobody behind it wants; NULL: none */
};

/* The output of a tree. Ports with end stations are part of every tree, and not named. */
struct tables_tree {
	uint16_t root;
	uint8_t hops; /* of frames that enter here: at least the longest branch, 1 to 63 */
	size_t port_count;
	const struct tables_tree_port *ports;
};

/* Where frames of @ingress along tree @tree come from. */
struct tables_rpf {
	uint8_t tree;
	uint16_t ingress;
	uint32_t ifindex; /* 0: from nowhere */
	struct mac mac;   /* of the neighbour: RFC 7780 section 3.6; zero: whichever */
};

struct tables_self {
	size_t count;
	uint16_t nicknames[TABLES_OWN_MAX];
	uint16_t roots[TABLES_OWN_MAX]; /* of the tree for what enters under that; 0: root */
	uint16_t ingress;               /* one of them, for frames that enter here; 0: none yet */
	uint16_t root;     /* of the tree for frames that enter here; 0: local ports only */
	uint16_t fgl_root; /* the same of those with a fine-grained label */
	bool overloaded;   /* a leaf of every tree; unknown nicknames go to fallback */
	struct tables_path fallback;
	/* Overloaded: the neighbour that distributes for us what enters here for many (RFC 7780
	 * section 2.4.2.3). None: it goes to local ports only. */
	struct tables_path oomf;
	bool asks;      /* ARP and ND to groups come up from end stations, and are not forwarded */
	struct mac mac; /* from which we ask end stations: with @asks its answers come up */
	/* MACs that several stations have: native frames from one are dropped, and whatever comes
	 * from one, it is not learned. */
	struct mac anycast[TABLES_ANYCAST_MAX];
	uint8_t anycast_count;
	uint64_t hash_seed; /* our own among the RBridges of a path */
};

struct tables_station {
	struct mac mac;
	uint16_t vlan;     /* its ID, or the number of a fine-grained label */
	uint16_t nickname; /* of the egress; 0: at the port ifindex */
	uint32_t ifindex;
	uint8_t confidence;
};

enum tables_news {
	TABLES_LEARNED, /* a station that was not known */
	TABLES_MOVED,   /* it was elsewhere */
	TABLES_AGED, /* it was not heard for as long as ageing takes, and is not there any more: who
			is told may put it in again */
	TABLES_FOUND, /* it is there; news of it may have been lost */
};

/* @before: of TABLES_MOVED, else NULL. */
typedef void tables_news_fn(void *arg, enum tables_news news, const struct tables_station *now,
	const struct tables_station *before);

struct trill_tables {
	int (*port_set)(struct trill_tables *t, const struct tables_port *port);
	/* Its learned stations are forgotten; of groups and trees it is left out. */
	int (*port_del)(struct trill_tables *t, uint32_t ifindex);
	int (*forwarder_set)(
		struct trill_tables *t, uint32_t ifindex, const struct tables_forwarder *f);
	/* Frames of @fgl are known here by @number; 0: by none any more. */
	int (*label_set)(struct trill_tables *t, uint32_t fgl, uint16_t number);
	/* At a port with end stations @vlan stands for the label of @number, and no VLAN goes in or
	 * out there by that ID (RFC 7172 sections 4.1 and 4.3); 0: it stands for itself again.
	 * port_del() forgets those of the port. */
	int (*mapping_set)(
		struct trill_tables *t, uint32_t ifindex, uint16_t vlan, uint16_t number);
	int (*adjacency_set)(struct trill_tables *t, const struct tables_adjacency *a);
	int (*adjacency_del)(struct trill_tables *t, uint32_t ifindex, const struct mac *mac);
	/* Not one of ours, unless others have it with us (tables_self.roots): then it leads to them
	 * from now on. NULL: it is not known any more. */
	int (*path_set)(struct trill_tables *t, uint16_t nickname, const struct tables_path *path);
	int (*rpf_set)(struct trill_tables *t, const struct tables_rpf *rpf);
	/* NULL: there is no such tree any more. */
	int (*tree_set)(
		struct trill_tables *t, unsigned int number, const struct tables_tree *tree);
	int (*self_set)(struct trill_tables *t, const struct tables_self *self);
	/* Replaces what is known with no more confidence; 0 too when it is kept. */
	int (*station_set)(struct trill_tables *t, const struct tables_station *s);
	int (*station_del)(struct trill_tables *t, const struct mac *mac, uint16_t vlan);
	/* Forget what was learned from data frames (not what is static) that @nickname holds (0:
	 * that @ifindex holds), in @labels (NULL: in all): one walk over the table, so one call for
	 * all of them. Returns how many, or -errno. */
	int (*station_flush)(struct trill_tables *t, uint16_t nickname, uint32_t ifindex,
		const struct label_set *labels);
	/* Of what was learned, let none live longer than @age_s from now (AF lost counter, RFC 7780
	 * section 11); likewise one walk. */
	int (*station_hasten)(struct trill_tables *t, uint16_t nickname,
		const struct label_set *labels, unsigned int age_s);
};

#endif
