/* rbridge: one RBridge's control plane: frames, news of end stations and time in; frames, tables
 * and events out.
 *
 * It knows the order of the rooms (Hello, adjacency, DRB, forwarders, LSDB and flooding, campus,
 * nicknames, routes, our own LSPs, stations, ESADI, RBridge Channel) and nothing that a room knows.
 * It is single-threaded and has no clock, socket or entropy: tests, the simulator and the shell
 * drive the same. What goes out is handed over within the calls below and is borrowed for the call.
 */
#ifndef SUNWARD_TRILL_CORE_RBRIDGE_H
#define SUNWARD_TRILL_CORE_RBRIDGE_H

#include "trill/codec/capability.h"
#include "trill/core/active_active.h"
#include "trill/core/channel.h"
#include "trill/core/drb.h"
#include "trill/core/esadi.h"
#include "trill/core/forwarder.h"
#include "trill/core/fragment.h"
#include "trill/core/hello.h"
#include "trill/core/lsdb.h"
#include "trill/core/mac.h"
#include "trill/core/nickname.h"
#include "trill/core/continuity.h"
#include "trill/core/oam_probe.h"
#include "trill/core/origin.h"
#include "trill/core/routes.h"
#include "trill/core/tables.h"

#define RBRIDGE_PORTS_MAX      LSDB_PORTS_MAX
#define RBRIDGE_ANYWHERE       UINT16_MAX /* no port, and no nickname */
#define RBRIDGE_MTU_DEFAULT    1500
#define RBRIDGE_BFD_US         15000
#define RBRIDGE_BFD_MULTIPLIER 3
#define RBRIDGE_PDU_MAX        9000   /* bytes of an IS-IS PDU of ours */
#define RBRIDGE_STATIONS_MAX   131072 /* as many as the data plane knows */
/* What somebody else than data frames says of a station here, and it is told of with. */
#define RBRIDGE_CONFIDENCE_ATTESTED 0x40
#define RBRIDGE_LEASES_MAX          256 /* of MACs that are several stations' here */

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

#define RBRIDGE_FGL_RANGES_MAX 64

struct rbridge_config {
	struct system_id system;
	struct rbridge_nickname nicknames[NICKNAME_OWN_MAX];
	unsigned int nickname_count;
	struct capability_trees trees;
	struct rbridge_tree_list roots; /* the campus's, if we are the one who says */
	struct rbridge_tree_list uses;  /* of frames that enter here: as many as trees.use */
	/* VLANs with end stations here, besides those that we are appointed forwarder of. */
	struct vlan_set interested;
	/* VLANs whose end stations we tell of and hear of by ESADI, while we are appointed. */
	struct vlan_set esadi;
	/* The same of fine-grained labels: first and last. */
	uint32_t esadi_fgls[RBRIDGE_FGL_RANGES_MAX][2];
	unsigned int esadi_fgl_count;
	struct esadi_param esadi_param; /* zero: the defaults */
	struct isis_key *const *keys;   /* the first signs; none: nothing is authenticated */
	unsigned int key_count;
	struct isis_key *const *esadi_keys; /* made by esadi_key_new(); none: not authenticated */
	unsigned int esadi_key_count;
	uint8_t root_change_s; /* inhibition after another root bridge, at most 30 */
	uint16_t overload_s;   /* after the start nothing goes through us for so long */
	uint16_t lsp_size;     /* originatingL1LSPBufferSize, 1470 to RBRIDGE_PDU_MAX; 0: 1470 */
	uint32_t arp_age_s;    /* 0: 3/4 of MAC_AGE_S_DEFAULT */
	/* MACs that several stations of the campus have in common: no frame teaches where one is.
	 */
	struct mac anycast[TABLES_ANYCAST_MAX];
	unsigned int anycast_count;
	bool arp_proxy; /* ARP and ND to groups come up: the data plane does not flood them */
	enum oam_auth_mode oam_auth;             /* with @keys of type 3 */
	uint16_t checks[CONTINUITY_REMOTES_MAX]; /* continuity is checked with these nicknames */
	unsigned int check_count;
	enum continuity_interval check_interval; /* 0: CONTINUITY_1S */
	/* Bounds of what others can make grow. */
	unsigned int neighbors_max; /* of a port */
	unsigned int nodes_max, links_max, lsps_max, nicknames_max;
	uint32_t stations_max; /* that the core knows; 0: RBRIDGE_STATIONS_MAX */
};

/* VLANs from @vlan on stand for fine-grained labels from @fgl on, one by one. */
struct rbridge_mapping {
	uint16_t vlan, count;
	uint32_t fgl;
};
#define RBRIDGE_MAPPINGS_MAX  64 /* of a port */
#define RBRIDGE_MAPPING_NEVER UINT16_MAX

struct rbridge_port_config {
	uint32_t ifindex;
	struct mac mac;
	bool p2p;      /* no end stations are served there, either (RFC 6325 section 4.9.1) */
	bool access;   /* TRILL Data is neither sent nor taken */
	bool trunk;    /* end stations are not served */
	bool deaf;     /* IS-IS is sent, and not taken: nobody there is an RBridge */
	uint16_t pvid; /* VLAN of native frames without a tag; 0: such are dropped */
	uint16_t mtu;  /* bytes behind the Ethernet header; 0: RBRIDGE_MTU_DEFAULT */
	uint32_t cost;
	uint8_t priority; /* to be DRB: 7 bits */
	struct vlan_set enabled, announcing;
	uint16_t desired_vlan;  /* the Designated VLAN that we want: one of @enabled */
	uint16_t untagged;      /* TRILL frames of this VLAN have no tag; 0: all have */
	uint32_t hello_ms;      /* 3000; as DRB of a LAN a third of it */
	uint16_t holding_s;     /* 30 */
	bool bfd;               /* where the neighbour has it enabled, too */
	uint32_t bfd_us;        /* between packets, ours and theirs; 0: RBRIDGE_BFD_US */
	uint8_t bfd_multiplier; /* so many may be lost; 0: RBRIDGE_BFD_MULTIPLIER */
	bool lag;               /* one link of a LAALP, by which other RBridges serve it, too */
	struct laalp_id laalp;  /* ... its ID */
	bool exclusive;         /* ... and its virtual RBridge serves no other (OE) */
	struct rbridge_mapping mappings[RBRIDGE_MAPPINGS_MAX]; /* no VLAN and no label twice */
	unsigned int mapping_count;
	uint16_t mapping_alert_s; /* others' mappings may differ for so long */
	bool mtu_test;            /* a neighbour is not reported before the link carries Sz */
	uint32_t mtu_rtt_ms;      /* between probes, half of it; 0: MTU_RTT_MS */
};

struct arp_proxy_event; /* core/arp_proxy.h */

enum rbridge_event_kind {
	RBRIDGE_ADJACENCY,  /* a neighbour's state has changed */
	RBRIDGE_DRB,        /* of a port: we are now, or are not any more */
	RBRIDGE_NICKNAME,   /* one of ours has been chosen, or lost */
	RBRIDGE_RIVAL,      /* somebody claims a nickname of ours: @rival */
	RBRIDGE_ROUTES,     /* the tables follow a new campus */
	RBRIDGE_FORWARDER,  /* of a port: other VLANs are appointed or inhibited */
	RBRIDGE_DUPLICATE,  /* two end stations have one IP address: @duplicate */
	RBRIDGE_CONTINUITY, /* a continuity check: @check */
	RBRIDGE_MAPPING,    /* @neighbor of a port maps a VLAN of it to another label, or (@gone) no
			       more */
	RBRIDGE_HINDRANCE,  /* of a port: @hindrance, or (RBRIDGE_UNHINDERED) it is over */
	RBRIDGE_SAME_ID,    /* another has our system ID: @same_id, or (@gone) has no more */
	RBRIDGE_STATION,    /* an end station is new or elsewhere, or (@gone) is no more */
};

/* Where an end station is, by whoever said so. */
struct rbridge_station {
	uint16_t vlan; /* as of struct tables_station: see rbridge_label() */
	struct mac mac;
	bool local;
	uint16_t port;     /* local */
	uint16_t nickname; /* of the egress; local: of ours */
	uint8_t confidence;
	enum mac_origin origin;
	struct ip_list ips; /* as many as are kept; the rest is not known */
	uint16_t lease_s; /* attested: of a MAC that is several stations', for so long; 0: of one's
			   */
	struct mac_teller teller; /* who attests it */
};

enum rbridge_attest {
	RBRIDGE_ATTESTED,
	RBRIDGE_ATTEST_PORT,      /* is not, or is down */
	RBRIDGE_ATTEST_VLAN,      /* is not served there, or at several ports, or at none */
	RBRIDGE_ATTEST_ELSEWHERE, /* with more confidence: by the configuration, or by ESADI */
	RBRIDGE_ATTEST_COMMON,    /* the MAC is several stations': for how long was not said */
	RBRIDGE_ATTEST_SINGLE,    /* ... is not by the configuration, and it was */
	RBRIDGE_ATTEST_FULL,      /* as many stations as are kept, or a MAC that none has */
	RBRIDGE_ATTEST_RBRIDGE,   /* it is the MAC of a port of ours, or of a neighbour's */
};

enum rbridge_leave {
	RBRIDGE_WAS_ABSENT,
	RBRIDGE_WAS_LOCAL,
	RBRIDGE_WAS_REMOTE,
	RBRIDGE_IS_CONFIGURED, /* and stays */
};

/* Why a LAN port that is up has no adjacency, and will have none as things are. */
enum rbridge_hindrance {
	RBRIDGE_UNHINDERED,
	/* Another port on the link has its MAC, and a higher priority (RFC 7177 section 4). */
	RBRIDGE_SUSPENDED,
	/* The link's Designated VLAN is none of the port's (RFC 6325 section 4.4.3). */
	RBRIDGE_NOT_ENABLED,
};
#define RBRIDGE_HINDRANCES (RBRIDGE_NOT_ENABLED + 1)

/* What a neighbour maps: the VLAN is mapped otherwise here, or the label. */
struct rbridge_difference {
	struct system_id system;
	uint16_t vlan;
	uint32_t fgl;
};

/* Another RBridge that claims a nickname of ours, and who keeps it (RFC 6325 section 3.7.3). */
struct rbridge_rival {
	uint16_t nickname;
	struct system_id system;
	uint8_t ours, theirs; /* priorities, with NICKNAME_CONFIGURED */
	bool kept;            /* by us */
};

/* Another RBridge that has our system ID. */
struct rbridge_same_id {
	bool there;
	bool near; /* it is at the port; else somewhere behind it */
	uint16_t port;
	struct mac mac;        /* its, or of the neighbour that passes its LSPs on */
	uint64_t hellos, lsps; /* that showed it */
};

struct rbridge_event {
	enum rbridge_event_kind kind;
	uint16_t port;
	struct system_id neighbor;
	enum adjacency_state state, was;
	bool drb;
	enum rbridge_hindrance hindrance;
	uint16_t nickname;
	const struct rbridge_station *station;       /* borrowed */
	const struct rbridge_difference *difference; /* borrowed */
	const struct arp_proxy_event *duplicate;     /* borrowed */
	const struct continuity_event *check;        /* borrowed */
	const struct rbridge_same_id *same_id;       /* borrowed */
	const struct rbridge_rival *rival;           /* borrowed */
	bool gone;
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
	uint64_t not_ours;      /* not to All-IS-IS-RBridges nor to the port */
	uint64_t data;          /* TRILL Data that came up */
	uint64_t channel;       /* native RBridge Channel; what became of it: rbridge_channel() */
	uint64_t bpdus;         /* that name a root bridge */
	uint64_t other;         /* of another Ethertype; ARP and ND where we do not answer */
	uint64_t not_adjacent;  /* LSP, CSNP, PSNP, TRILL Data of one that is not in 2-Way */
	uint64_t unheard;       /* IS-IS at a port that takes none */
	uint64_t refused;       /* Hellos: the neighbour table is full */
	uint64_t flooded;       /* Hellos, Address Flushes: more than are looked at */
	uint64_t own;           /* our own, come back */
	uint64_t same_mac;      /* Hellos of another with this port's MAC, on a LAN */
	uint64_t vlan;          /* IS-IS, RBridge Channel in a VLAN that the port has not */
	uint64_t unwritten;     /* out: a PDU of ours that did not fit */
	uint64_t bfd_discarded; /* of nobody's session, or not by RFC 7175 section 3.2 */
	uint64_t too_large;     /* out: a PDU that the port's MTU does not allow */
	uint64_t unsafe;        /* out: a fine-grained label, where somebody cannot take it */
	uint64_t scope_unknown; /* flooding-scoped PDUs of a scope that is not taken here */
	uint64_t scope_refused; /* FS-PSNPs with flag U: its sender takes no such scope */
	uint64_t bfd_lost;      /* BFD sessions that were up, and went down */
};

/* Address Flushes: that we sent, and that were read and done. */
struct rbridge_flushes {
	uint64_t sent, done;
};

struct rbridge;
struct arp_proxy;

/* NULL: out of memory, or a nickname that cannot be. @config, but for the keys, is copied. */
struct rbridge *rbridge_new(
	const struct rbridge_config *config, const struct rbridge_env *env, struct mono now);
void rbridge_free(struct rbridge *rb);

/* @port: below RBRIDGE_PORTS_MAX. False: out of memory. */
bool rbridge_port_up(struct rbridge *rb, uint16_t port, const struct rbridge_port_config *config,
	struct mono now);
/* The carrier is lost, or the port is taken away: neighbours are gone at once, and are told so
 * through the rest of the campus. The tables keep the port: who takes the interface away takes it
 * out (port_del) afterwards. */
void rbridge_port_down(struct rbridge *rb, uint16_t port, struct mono now);
/* The port goes down within a second, by intent: Hellos cease, neighbours are told by Port-Shutdown
 * (RFC 8139 section 6.3), and when the last copy has gone out, rbridge_port_down() is done. */
void rbridge_port_shutdown(struct rbridge *rb, uint16_t port, struct mono now);

/* The port is no port any more, and its number may be another's next: down, and what was attested
 * there ends as by rbridge_station_leave(). What is configured is taken back by who said it. */
void rbridge_port_removed(struct rbridge *rb, uint16_t port, struct mono now);

/* A whole Ethernet frame with its outer tag: 0x22F4, what the data plane hands up of 0x22F3 (it has
 * passed its checks; for a copy from a tree's end, @port is where it came by), native RBridge
 * Channel, and BPDUs. */
void rbridge_frame(
	struct rbridge *rb, uint16_t port, const uint8_t *frame, size_t len, struct mono now);
/* Do what is due; rbridge_next(): nothing is due before. */
void rbridge_time(struct rbridge *rb, struct mono now);
struct mono rbridge_next(const struct rbridge *rb);

/* What the data plane has learned, or forgotten: a tables_news_fn with the time. */
void rbridge_station(struct rbridge *rb, enum tables_news news, const struct tables_station *is,
	const struct tables_station *before, struct mono now);
/* ARP, ND or RARP that a station at @port has sent to a group in @vlan, and that the data plane has
 * sent on: @frame, without its tag. Its addresses are known, and told of by ESADI; so is a move. */
void rbridge_heard(struct rbridge *rb, uint16_t port, uint16_t vlan, const uint8_t *frame,
	size_t len, struct mono now);
/* Somebody who knows (a hypervisor's agent) says that the station is at @port: where it is
 * RBRIDGE_ANYWHERE, at that by which frames of it come, or at the only one that serves the VLAN. It
 * is known, and told of by ESADI, at @confidence (below 255; of 0, RBRIDGE_CONFIDENCE_ATTESTED)
 * until rbridge_station_leave(), or until it is elsewhere; with @ips, or if there are none with
 * those that are known. Behind whom it was before, that is flushed (RFC 8383). With @lease_s it is
 * one of several that have this MAC: of what others say nothing changes, and it ends after that
 * time, or when the port goes down, if it is not said again. */
enum rbridge_attest rbridge_station_attest(
	struct rbridge *rb, const struct rbridge_station *station, struct mono now);
/* In a VLAN of @port, at that port alone; RBRIDGE_ANYWHERE: in one of any port of ours, at that
 * port or elsewhere. NULL: it is not known. */
const struct mac_entry *rbridge_station_find(
	const struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port);
/* It has left the site. Here it is forgotten, and others are told that it is not behind us; of one
 * behind another RBridge that one, and all, are told so. */
enum rbridge_leave rbridge_station_leave(
	struct rbridge *rb, uint16_t vlan, const struct mac *mac, struct mono now);
/* It is not at @port any more (RBRIDGE_ANYWHERE: at no port of ours), and may be elsewhere at the
 * site: where it is known elsewhere, or because another RBridge says so, or another teller than
 * this one attests it, it is RBRIDGE_WAS_ABSENT, and nobody is told. Else as
 * rbridge_station_leave(). Of @station VLAN, MAC, port and teller count. */
enum rbridge_leave rbridge_station_leave_here(
	struct rbridge *rb, const struct rbridge_station *station, struct mono now);
/* A configured station, at a port's interface or behind a nickname; @there false: it is no longer
 * configured. False: no such port, no room, or (taking away) not there. */
bool rbridge_static_station(
	struct rbridge *rb, const struct tables_station *s, bool there, struct mono now);

/* Another configuration of a port. Cost, priority, VLANs, the Designated VLAN that we want, and
 * times of Hellos change where they stand; with any other difference, or when it is down, as
 * rbridge_port_up(). */
bool rbridge_port_reconfigure(struct rbridge *rb, uint16_t port,
	const struct rbridge_port_config *config, struct mono now);
/* Another configuration of the RBridge: trees, their lists, VLANs of end stations and of ESADI,
 * root_change_s, keys, lsps_max, continuity checks, oam_auth, anycast, and arp_proxy. The keys of
 * the one before are used until it returns, and no longer. False, and nothing has changed: system
 * ID, nicknames or another bound differ, which takes a new start. There is no proxy if there is no
 * memory for it. */
bool rbridge_reconfigure(struct rbridge *rb, const struct rbridge_config *config, struct mono now);

/* Nothing is to go through us any more, or (@on false) it may again; see rbridge_is_overloaded().
 */
void rbridge_overload(struct rbridge *rb, bool on, struct mono now);

/* Ping, trace, tree verification: as oam_probe_start(), with its returns. */
int rbridge_probe(struct rbridge *rb, const struct oam_probe_want *want, struct mono now);
void rbridge_probe_stop(struct rbridge *rb, unsigned int probe);
/* Check continuity with @nickname, or (@on false) no more. False: there are too many, it is checked
 * already, or (@on false) was not. */
bool rbridge_check(struct rbridge *rb, uint16_t nickname, bool on, struct mono now);

/* The MAC is several stations', by the configuration. */
bool rbridge_is_anycast(const struct rbridge *rb, const struct mac *mac);

/* To be shown. */
const struct arp_proxy *rbridge_arp(const struct rbridge *rb);
const struct oam_room *rbridge_oam(const struct rbridge *rb);
const struct continuity *rbridge_continuity(const struct rbridge *rb);
/* By that, since the start, or since the LSDB had no room. */
bool rbridge_is_overloaded(const struct rbridge *rb);
const struct rbridge_counters *rbridge_counters(const struct rbridge *rb, uint16_t port);
/* NULL: the port is down. */
const struct adjacency_table *rbridge_adjacencies(const struct rbridge *rb, uint16_t port);
bool rbridge_is_drb(const struct rbridge *rb, uint16_t port);
enum rbridge_hindrance rbridge_hindrance(const struct rbridge *rb, uint16_t port);
/* As it is told in events. */
const struct rbridge_same_id *rbridge_same_id(const struct rbridge *rb);
/* "suspended"; NULL: it is not hindered. */
const char *rbridge_hindrance_name(enum rbridge_hindrance hindrance);
/* The Designated VLAN of a port that is up. */
uint16_t rbridge_designated(const struct rbridge *rb, uint16_t port);
/* The tables follow all that is known: nothing is to be computed. */
bool rbridge_is_settled(const struct rbridge *rb);
struct lsdb *rbridge_lsdb(struct rbridge *rb);
const struct nicknames *rbridge_nicknames(const struct rbridge *rb);
const struct routes *rbridge_routes(const struct rbridge *rb);
/* How often the data plane has not taken a row, of the campus or of an end station. */
uint64_t rbridge_rows_refused(const struct rbridge *rb);
/* ... for want of room, of these. */
uint64_t rbridge_rows_no_room(const struct rbridge *rb);
/* The label of a number, of stations and tables. */
struct label rbridge_label(const struct rbridge *rb, uint16_t number);
/* Of a port, when it has been told; NULL: none. */
const struct rbridge_difference *rbridge_difference(const struct rbridge *rb, uint16_t port);
const struct labels *rbridge_labels(const struct rbridge *rb);
/* As it was read last. */
const struct campus *rbridge_campus(const struct rbridge *rb);
/* What became of LSPs of ours, of all databases. */
const struct fragment_counts *rbridge_said(const struct rbridge *rb);
/* What we would say, and they have no room for. */
const struct origin_unsaid *rbridge_unsaid(const struct rbridge *rb);
/* How often shortest paths were computed, and our LSPs originated. */
uint64_t rbridge_computed(const struct rbridge *rb);
uint64_t rbridge_originated(const struct rbridge *rb);
const struct rbridge_flushes *rbridge_flushes(const struct rbridge *rb);
/* Appointments and inhibition of a LAN port; NULL: it is down, or point-to-point. */
const struct forwarder *rbridge_forwarder(const struct rbridge *rb, uint16_t port);
/* What the data plane was told last of a port's VLANs. NULL: as above. */
const struct tables_forwarder *rbridge_port_vlans(const struct rbridge *rb, uint16_t port);
/* FS-LSPs of scope E-L1CS on a port's link; NULL: there has been no neighbour. */
struct lsdb *rbridge_link_lsdb(const struct rbridge *rb, uint16_t port);
/* End stations: walked by mac_walk(). */
const struct mac_table *rbridge_stations(const struct rbridge *rb);
/* The ESADI instance of the lowest label's number from @number on, which is set to it; NULL: there
 * is none. */
struct esadi *rbridge_esadi(const struct rbridge *rb, uint16_t *number);
/* How many end stations here, of all labels, ESADI has no room for. */
uint32_t rbridge_esadi_untold(const struct rbridge *rb);
const struct channel_room *rbridge_channel(const struct rbridge *rb);
const struct active_active *rbridge_active_active(const struct rbridge *rb);
/* Labels that the port of @l serves, and that @member, as its LSP says, wants at no port of its:
 * its port of the LAALP has other VLANs, or maps them otherwise, or is about to serve them (RFC
 * 7781 section 11). Empty of ourselves. */
void rbridge_active_active_missing(const struct rbridge *rb, const struct active_active_laalp *l,
	const struct system_id *member, struct label_set *missing);
/* FS-LSPs of scope E-L1FS, of the whole campus. */
struct lsdb *rbridge_fs_lsdb(const struct rbridge *rb);

#endif
