/* rbridge_internal: what the files of rbridge share: rbridge.c (life, time), rbridge_port.c (Hellos
 * and neighbours), rbridge_link.c (FS-LSPs of a link), rbridge_native.c (appointed forwarders),
 * rbridge_pseudonode.c (of LANs), rbridge_bfd.c and rbridge_mtu.c (tests of adjacencies),
 * rbridge_receive.c (frames), rbridge_data.c (TRILL Data of our own), rbridge_topology.c (campus,
 * nicknames, routes, our own LSPs), rbridge_interest.c (VLANs of others), rbridge_station.c (end
 * stations), rbridge_attest.c, rbridge_anycast.c, rbridge_esadi.c, rbridge_shutdown.c,
 * rbridge_reconfigure.c, rbridge_oam.c, rbridge_arp.c, rbridge_fs.c (FS-LSPs of the campus),
 * rbridge_active_active.c, rbridge_lz.c (what a link takes), rbridge_label.c (fine-grained labels
 * of ports), rbridge_serial.c (what goes to one RBridge alone), rbridge_safety.c (RBridges without
 * these), rbridge_mapping.c (labels of others at a link), rbridge_same_id.c (another one with our
 * system ID). */
#ifndef SUNWARD_TRILL_CORE_RBRIDGE_INTERNAL_H
#define SUNWARD_TRILL_CORE_RBRIDGE_INTERNAL_H

#include "trill/codec/ethernet.h"
#include "trill/codec/mapping_tlv.h"
#include "trill/core/bfd.h"
#include "trill/core/campus.h"
#include "trill/core/continuity.h"
#include "trill/core/flood.h"
#include "trill/core/fragment.h"
#include "trill/core/mtu.h"
#include "lib/base/hash.h"
#include "trill/core/rbridge.h"
#include "trill/core/shutdown.h"

#define RBRIDGE_SPF_FIRST_US    1000 /* between the first two computations of a row */
#define RBRIDGE_SPF_CAP_US      1000000
#define RBRIDGE_SPF_QUIET_US    200000 /* ends a row: LSPs of one flood are less apart */
#define RBRIDGE_SYNC_ALONE_S    12     /* nobody's LSDB has been heard for so long: there is none */
#define RBRIDGE_SYNC_HEARD_S    2      /* after a CSNP, for the LSPs that it tells of */
#define RBRIDGE_HELLO_SOON_MS   20     /* after a neighbour's state has changed */
#define RBRIDGE_HELLO_LEAST_MS  100    /* between such Hellos */
#define NATIVE_APPOINTMENTS_MAX 160    /* ranges of VLANs in our Hellos: 960 bytes */
#define NATIVE_CANDIDATES_MAX   (APPOINT_CANDIDATES_MAX - 1)
/* Hellos that are looked at: a second, and at once. A neighbour may send one in each VLAN; those of
 * whom we do not know share what there is for the port, so that they cannot drown neighbours. */
#define RBRIDGE_HELLOS_PER_S    4096
#define RBRIDGE_HELLOS_BURST    8192
#define RBRIDGE_STRANGERS       16 /* shares, by MAC, each of: */
#define RBRIDGE_STRANGERS_PER_S 6
#define RBRIDGE_STRANGERS_BURST 16

/* Where there are keys: Hellos that say the same share a bucket, by their hash. */
#define RBRIDGE_HELLOS_SAID       1024
#define RBRIDGE_HELLOS_SAID_PER_S 64
#define RBRIDGE_HELLOS_SAID_BURST 256

/* FS-PSNPs with flag U of a port, for FS-LSPs of scopes that are not taken here. */
#define RBRIDGE_REFUSALS_PER_S 4
#define RBRIDGE_REFUSALS_BURST 4

#define RBRIDGE_FLUSHERS 1024

/* Parts of what we say in FS-LSPs of the campus: a fragment each. */
enum rbridge_fs_part {
	RBRIDGE_FS_LAALPS,
	RBRIDGE_FS_RBVS,
};
#define RBRIDGE_FS_FRAGMENTS (RBRIDGE_FS_RBVS + 1)
/* Of TLVs in an FS-LSP, which all have to take. */
#define RBRIDGE_FS_LEN (LSP_BUFFER_SIZE_LEAST - ISIS_LSP_HEADER - ISIS_AUTH_EXTENDED_MAX)

/* A nickname that we hold with others. */
struct rbridge_pseudo {
	uint16_t nickname;
	uint32_t trees; /* bit t: we ask for tree t */
};

/* ... and somebody else claims. */
struct rbridge_contest {
	uint16_t nickname;
	struct mono since, seen;
};

/* A station at a port of ours has a MAC that is several stations'. */
struct rbridge_lease {
	uint16_t vlan, port; /* a VLAN of the port */
	struct mac mac;
	struct ip_list ips;
	struct mono until;
};

/* Who is listed as a neighbour by somebody whom we reach, by ID; for a full LSDB. */
struct rbridge_listed {
	struct lan_id *ids;
	uint32_t count, max;
	bool stale;
	uint64_t reads; /* of the whole LSDB, for that */
};

/* LSPs of ours that came back later than we had said them, without a quiet between. */
struct rbridge_gainsaid {
	uint32_t sequence; /* of the last */
	unsigned int count;
	struct mono at;
};

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
	bool unheard; /* there is a neighbour in 2-Way since our last Hello */
	struct limit strangers[RBRIDGE_STRANGERS]; /* Hellos of MACs that are in no row */
	struct limit said[RBRIDGE_HELLOS_SAID];    /* authentic ones, by what they say */
	struct mac listed; /* neighbours behind it stand in the next Hello; zero: all */
	bool flooding;     /* there is a neighbour in 2-Way or Report */
	bool unsafe;       /* there is one that cannot take fine-grained labels */
	struct tables_port told;
	struct limit mtu_answers, scope_refusals;
	struct bfd_port *bfd;       /* NULL: not enabled */
	struct mtu_port *mtu;       /* NULL: neighbours are not tested */
	struct native *native;      /* NULL: the port is down, or point-to-point */
	struct port_labels *labels; /* NULL: VLANs stand for themselves */
	struct rbridge_link *link;  /* NULL: there has been no neighbour */
	struct timer mapping_timer; /* a difference has not lasted yet */
	struct rbridge_difference difference;
	bool difference_told;
	uint16_t pseudo; /* pseudo-nickname of what enters there, as the data plane knows it */
	uint16_t station_pseudo; /* ... and as stations there were told of last */
	bool station_serves;
	struct shutdown *shutdown; /* NULL: never needed */
	struct timer shutdown_timer;
	bool ending; /* it goes down when the last copy of Port-Shutdown is out */
	enum rbridge_hindrance hindrance; /* as was told last */
	bool drb_told;                    /* likewise */
	struct rbridge_counters counters;
};

struct rbridge {
	struct rbridge_config config;
	struct rbridge_env env;
	struct timers timers;
	struct mono now; /* of the call that runs: for callbacks of rooms without one */
	struct lsdb *db;
	struct rbridge_listed listed;
	struct flood flood;
	struct origin origin;
	struct fragment_counts said; /* what became of LSPs of ours, of all databases */
	struct campus campus;
	struct nicknames nicknames;
	struct rbridge_rival rival; /* as was told last, and when */
	struct mono rival_at;
	struct rbridge_same_id same_id;
	struct timer same_id_timer; /* nothing shows it any more */
	struct rbridge_gainsaid gainsaid;
	struct routes routes;
	struct timer age, compute, sync, choose;
	struct backoff compute_backoff;
	uint64_t hash_seed, computed;
	struct hash_key hash_key; /* made of the seed */
	uint32_t refused_wait_s;  /* before refused rows are written again; 0: none were */
	/* As our LSP says: the configuration's, or of the neighbour that distributes for us. */
	uint16_t use;
	struct rbridge_tree_list uses;
	struct mtu_campus sz;
	struct timer resize;
	struct labels labels;
	uint32_t told_labels[LABELS_FGL_MAX]; /* to the data plane, by number: 1 more; 0: none */
	unsigned int labels_told;
	uint64_t labels_compared; /* how often all of them were with those in use */
	uint16_t
		serial[LABELS_FGL_MAX]; /* to the data plane, by number: whom it goes to; 0: none */
	unsigned int serials;
	uint32_t af_lost[LABELS_NUMBERS]; /* by label's number: how often we lost it on a port */
	bool mixed; /* not all RBridges can take fine-grained labels, of which there are frames */
	struct label_set served; /* that we are appointed for on some port */
	struct channel_room channel;
	struct oam_room oam;
	struct oam_probes probes;
	struct continuity continuity;
	struct timer oam_timer;
	struct arp_proxy *arp;
	struct timer arp_timer;
	struct mac_table *stations;
	uint64_t announced;      /* walks over all stations to tell of them by ESADI */
	bool tables_know;        /* what core/mac forgets or learns now stands in the data plane */
	struct timer rows_timer; /* some may lack in the data plane */
	uint32_t rows_at;        /* the place of core/mac that it looks at next */
	uint32_t rows_wait_s;
	bool rows_lack; /* some do, of those that were looked at, or that came since */
	uint64_t rows_refused, rows_no_room;
	const struct mac_entry *forgetting; /* by core/mac, just now */
	struct rbridge_lease leases[RBRIDGE_LEASES_MAX];
	unsigned int lease_count;
	struct timer lease_timer;
	struct rbridge_flushes flush_counts;
	struct limit flushes;                                /* that we send */
	struct limit flushed_all, flushed[RBRIDGE_FLUSHERS]; /* by nickname */
	struct campus_interest *interests; /* of reachable others, as they were last */
	uint32_t interest_count;
	struct rbridge_esadi *esadi[LABELS_NUMBERS]; /* NULL: there is none */
	struct esadi_share esadi_share;
	bool freeing;
	struct rbridge_fs *fs;
	struct active_active active;
	struct timer active_timer;
	bool active_said; /* our FS-LSPs tell of LAALPs */
	struct rbridge_pseudo pseudos[ACTIVE_ACTIVE_LAALPS];
	unsigned int pseudo_count;
	struct rbridge_contest contests[ACTIVE_ACTIVE_LAALPS];
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
/* @row is a link of the topology: in Report, TRILL Data goes there, and it is not a port of ours on
 * the same link. */
bool rbridge_port_reports(const struct rbridge_port *port, const struct adjacency *row);
/* The neighbour that has MAC @sa, in 2-Way or Report. */
/* It is enabled for the VLAN of a frame; @untagged: of one that names none. */
bool rbridge_port_has_vlan(
	const struct rbridge_port *port, const struct ethernet *outer, uint16_t untagged);
const struct adjacency *rbridge_port_neighbor(
	const struct rbridge_port *port, const struct mac *sa);

/* To @da. */
void rbridge_port_send_to(struct rbridge_port *port, const struct mac *da, uint16_t vlan,
	const uint8_t *pdu, size_t len);

/* rbridge_bfd.c */
/* False: out of memory. */
bool rbridge_bfd_up(struct rbridge_port *port);
void rbridge_bfd_down(struct rbridge_port *port);
/* After a Hello of @row: a session begins, or is no longer wanted. */
void rbridge_bfd_hello(struct rbridge_port *port, struct adjacency *row, struct mono now);
void rbridge_bfd_adjacency(struct rbridge_port *port, const struct adjacency *row);
/* The configuration has other keys. */
void rbridge_bfd_rekey(struct rbridge_port *port);
/* A control packet; @arg: the struct rbridge. */
void rbridge_bfd_take(void *arg, const struct channel_in *in, struct mono now);

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
/* What the RBridges of the link take has changed. */
void rbridge_mtu_link(struct rbridge_port *port, struct mono now);
/* The campus has been read anew. */
void rbridge_mtu_campus(struct rbridge *rb, struct mono now);

/* rbridge_claim.c */
/* Of two equally confident claims of a station that of @nickname counts, and not @against's. */
bool rbridge_claim_wins(const struct rbridge *rb, uint16_t number, const struct mac *mac,
	uint16_t nickname, uint16_t against);

/* rbridge_anycast.c */
void rbridge_anycast_init(struct rbridge *rb);
/* Somebody claims it in the label, or does not any more: where frames for it go from here. */
void rbridge_anycast_settle(struct rbridge *rb, uint16_t number, const struct mac *mac);
/* As rbridge_station_attest(), of a port that serves the VLAN; and its end. */
enum rbridge_attest rbridge_anycast_attest(
	struct rbridge *rb, const struct rbridge_station *s, struct mono now);
enum rbridge_leave rbridge_anycast_leave(
	struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port);
void rbridge_anycast_port_down(struct rbridge_port *port);
/* The port serves other labels now. */
void rbridge_anycast_forwarder(struct rbridge_port *port);
/* Paths are others. */
void rbridge_anycast_campus(struct rbridge *rb, struct mono now);
/* The configuration names others. */
void rbridge_anycast_follow(
	struct rbridge *rb, const struct rbridge_config *config, struct mono now);

/* rbridge_stranger.c: nobody who is IS-IS reachable lists it; @arg: the RBridge. The campus has
 * been read anew. */
bool rbridge_stranger(void *arg, const struct lsp_id *id);
void rbridge_stranger_campus(struct rbridge *rb);
void rbridge_stranger_fini(struct rbridge *rb);

/* rbridge_lz.c */
/* An APPsub-TLV of fragment 0 of our E-L1CS LSP: what the port takes. */
void rbridge_lz_put(const struct rbridge_port *port, struct wire_writer *w);
/* The least that an E-L1CS LSP says; 0: nothing that counts. */
uint16_t rbridge_lz_told(const struct isis_pdu *p);
/* Of the link, by what its neighbours tell. */
uint16_t rbridge_lz(struct rbridge_port *port);
/* Neighbours or what has been tested with them are others. */
void rbridge_lz_tested(struct rbridge_port *port);

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
/* Its LSP is signed otherwise now. */
void rbridge_pseudonode_resign(struct rbridge_port *port, struct mono now);
void rbridge_pseudonode_fini(struct rbridge_port *port);
/* Who is DRB, what is the Designated VLAN, is there somebody to flood to: after each change. */
void rbridge_port_settle(struct rbridge_port *port, struct mono now);
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
/* FS-LSPs of the link have changed; and follow them. */
void rbridge_native_scope_changed(struct rbridge_port *port);
void rbridge_native_follow(struct rbridge_port *port, struct mono now);
void rbridge_native_settle(struct rbridge_port *port, struct mono now);
/* A port of a LAALP: it serves some VLAN, or would if it did not stand by; and who serves it has
 * changed. */
bool rbridge_native_ready(const struct rbridge_port *port, struct mono now);
void rbridge_native_laalp(struct rbridge_port *port, struct mono now);
/* What the data plane is told of the port may be another. */
void rbridge_native_port(struct rbridge_port *port);
/* Our nicknames are others; the campus has been read anew. */
void rbridge_native_nicknames(struct rbridge *rb, struct mono now);
void rbridge_native_campus(struct rbridge *rb, struct mono now);
/* What our Hello in @vlan says of it. */
void rbridge_native_say(
	const struct rbridge_port *port, uint16_t vlan, struct hello_ours *ours, struct mono now);
const struct vlan_set *rbridge_native_appointed(const struct rbridge_port *port);
/* Add the labels that we are appointed for on some port. */
void rbridge_native_wanted(const struct rbridge *rb, struct label_set *wanted);
/* An access link, by us or by its DRB: no TRILL Data goes over it, and nobody reports it (RFC 6325
 * section 4.9.1); to who has it for one alone, neither. */
bool rbridge_native_access(const struct rbridge_port *port);
bool rbridge_native_carries(const struct rbridge_port *port, const struct adjacency *row);
/* Root bridges of links where we serve the label: see struct origin_content. @arg: the RBridge. */
unsigned int rbridge_native_roots(void *arg, uint16_t number, uint8_t *roots);
/* The root bridge of the spanning tree on the link, as a BPDU has it. */
void rbridge_native_root(struct rbridge_port *port, const uint8_t *id, struct mono now);

/* rbridge_safety.c. Adjacencies of the port have changed; the campus has been read anew, before its
 * links are gathered. */
void rbridge_safety_port(struct rbridge_port *port, struct mono now);
void rbridge_safety_campus(struct rbridge *rb, struct mono now);
/* Of the port, as we report it. */
uint32_t rbridge_safety_cost(const struct rbridge_port *port);
/* It may be forwarder of a VLAN that stands for a label (RFC 7172 section 5.2). */
bool rbridge_safety_may_map(const struct rbridge *rb, const struct system_id *system);

/* rbridge_same_id.c. A Hello with our system ID, authentic, and not of this port; an LSP of ours
 * that we did not send, likewise, from a neighbour. */
void rbridge_same_id_init(struct rbridge *rb);
void rbridge_same_id_hello(struct rbridge_port *port, const struct mac *sa, struct mono now);
void rbridge_same_id_lsp(struct rbridge_port *port, const struct isis_lsp *lsp,
	const struct mac *sa, struct mono now);

/* rbridge_mapping.c: our mappings at the port, @i below the count, for FS-LSPs of the link. */
unsigned int rbridge_mapping_count(const struct rbridge_port *port);
void rbridge_mapping_put(const struct rbridge_port *port, unsigned int i, struct wire_writer *w);
void rbridge_mapping_init(struct rbridge_port *port);
/* Neighbours, their FS-LSPs or our mappings have changed. */
void rbridge_mapping_follow(struct rbridge_port *port, struct mono now);

/* rbridge_label.c: where a label is a number, a VLAN of a port is what it stands for. Up and down:
 * the port's mappings; false: out of memory, or more labels than there is room for. */
bool rbridge_label_up(struct rbridge_port *port);
void rbridge_label_down(struct rbridge_port *port);
/* Of a VLAN at the port. */
uint16_t rbridge_label_number(const struct rbridge_port *port, uint16_t vlan);
/* 0: no VLAN of the port stands for it. */
uint16_t rbridge_label_vlan(const struct rbridge_port *port, uint16_t number);
/* We are appointed for it at the port. */
bool rbridge_label_served(const struct rbridge_port *port, uint16_t number);
/* The VLAN stands for another label at the port, or another VLAN for the label. */
bool rbridge_label_differs(const struct rbridge_port *port, uint16_t vlan, uint32_t fgl);
/* VLANs of the port that stand for labels go out of @vlans. */
void rbridge_label_unmapped(const struct rbridge_port *port, struct vlan_set *vlans);
/* Add the numbers of @vlans at the port. */
void rbridge_label_numbers(
	const struct rbridge_port *port, const struct vlan_set *vlans, struct label_set *set);
/* The campus names other labels, or our ports do. */
void rbridge_labels_tell(struct rbridge *rb);

/* rbridge_link.c */
/* There is somebody who takes FS-LSPs of the link, or there is not; we are DRB, or are not. */
void rbridge_link_settle(struct rbridge_port *port, bool flooding, bool drb, struct mono now);
/* The configuration has other keys. @resign: the first is another one. */
void rbridge_link_rekey(struct rbridge_port *port, bool resign, struct mono now);
void rbridge_link_fini(struct rbridge_port *port);
/* A neighbour is new, and has heard of us. */
void rbridge_link_neighbor(struct rbridge_port *port, struct mono now);
/* What we would appoint: for those that take E-L1CS. */
void rbridge_link_say(struct rbridge_port *port, const struct appoint *plan,
	const struct appoint_candidate *neighbors, unsigned int count, struct mono now);
/* Add what @drb's FS-LSPs say of us. */
void rbridge_link_read(const struct rbridge_port *port, const struct forwarder *f,
	const struct system_id *drb, struct forwarder_scope *scope);
/* How long CSNPs and PSNPs there may be. */
void rbridge_link_snp_size(struct rbridge_port *port, uint16_t bytes);
/* A flooding-scoped PDU of the link, from a neighbour, authentic. */
void rbridge_link_take(struct rbridge_port *port, const struct isis_pdu *p, struct mono now);

/* rbridge_data.c */
/* What came up of 0x22F3, of native RBridge Channel (@payload: its Ethertype first) and of BPDUs.
 */
void rbridge_data_take(
	struct rbridge_port *port, const uint8_t *frame, size_t len, struct mono now);
void rbridge_data_native(struct rbridge_port *port, const struct ethernet *outer,
	const uint8_t *payload, size_t len, struct mono now);
void rbridge_data_bpdu(struct rbridge_port *port, const uint8_t *llc, size_t len, struct mono now);
/* On the wire: what core/channel sends (@arg: the RBridge), and an ESADI PDU to all in
 * @vlan or (@one not NICKNAME_NONE) to one. */
void rbridge_data_send(void *arg, const struct channel_to *to, const struct data_frame *f);
void rbridge_data_esadi(
	struct rbridge *rb, uint16_t vlan, uint16_t one, const uint8_t *pdu, size_t len);
/* As the data plane was told it; NULL: nothing leads there. */
const struct tables_path *rbridge_data_path(const struct rbridge *rb, uint16_t nickname);
/* Which of its hops the data plane takes for the flow that @inner, from Inner.MacDA on, is of. */
size_t rbridge_data_choice(
	const struct rbridge *rb, const struct tables_path *path, const void *inner, size_t len);
bool rbridge_data_is_ours(const struct rbridge *rb, uint16_t nickname);
/* The MAC that our own frames inside come from: of a port that is up. */
void rbridge_data_mac(struct rbridge *rb);
/* The port that is up as @ifindex. */
struct rbridge_port *rbridge_port_of(struct rbridge *rb, uint32_t ifindex);

/* rbridge_oam.c */
void rbridge_oam_init(struct rbridge *rb);
/* The configuration has other keys; what is checked is to be as in @c. */
void rbridge_oam_rekey(struct rbridge *rb);
void rbridge_oam_follow(struct rbridge *rb, const struct rbridge_config *c, struct mono now);
void rbridge_oam_mac(struct rbridge *rb, const struct mac *mac);
void rbridge_oam_nicknames(struct rbridge *rb);
/* TRILL Data with A set. */
void rbridge_oam_take(struct rbridge_port *port, const struct data_frame *f, const uint8_t *frame,
	size_t len, struct mono now);

/* rbridge_arp.c */
/* False: out of memory. */
bool rbridge_arp_init(struct rbridge *rb);
/* From now on they come up, or do not. */
void rbridge_arp_follow(struct rbridge *rb, bool on, struct mono now);
void rbridge_arp_fini(struct rbridge *rb);
void rbridge_arp_mac(struct rbridge *rb, const struct mac *mac);
/* ARP or ND of an end station; @payload: its Ethertype first. Of one behind another RBridge. */
void rbridge_arp_take(struct rbridge_port *port, const struct ethernet *outer,
	const uint8_t *payload, size_t len, struct mono now);
void rbridge_arp_remote(struct rbridge *rb, const struct data_frame *f, struct mono now);
/* What ESADI says of an address. */
void rbridge_arp_told(struct rbridge *rb, uint16_t vlan, uint16_t nickname, const struct mac *mac,
	const struct address *ip, uint8_t confidence, bool gone);
/* @e's addresses are known by an agent, or (@is false) are not any more. */
void rbridge_arp_attested(struct rbridge *rb, const struct mac_entry *e, bool is);
/* @e has come here with addresses that it had elsewhere: they are known here, and age. */
void rbridge_arp_arrived(struct rbridge *rb, const struct mac_entry *e);
/* @e is not where it was. */
void rbridge_arp_gone(struct rbridge *rb, const struct mac_entry *e);
void rbridge_arp_flush(struct rbridge *rb, const struct flush *f);
/* What is behind @nickname (NULL: any) in @set. */
void rbridge_arp_left(struct rbridge *rb, const uint16_t *nickname, const struct label_set *set);
void rbridge_arp_port_down(struct rbridge_port *port);

/* rbridge_row.c */
void rbridge_row_init(struct rbridge *rb);
/* Into the data plane; what frames taught makes room for more confidence. @row of any MAC. 0, or
 * -errno, which is counted. */
int rbridge_row_set(struct rbridge *rb, const struct tables_station *row);
/* Where @e is, unless its port does not serve its label; tried again until there is room. */
void rbridge_row_put(struct rbridge *rb, const struct mac_entry *e);

/* rbridge_station.c */
/* Frames of a station at @port show that it has the address, or (@gone) show it no more. */
void rbridge_station_address(struct rbridge *rb, uint16_t vlan, const struct mac *mac,
	uint16_t port, const struct address *ip, bool gone);
/* A frame of a station says that it is at @port. */
void rbridge_station_heard(struct rbridge *rb, uint16_t vlan, const struct mac *mac, uint16_t port);
/* Somebody says that @s is so. @was: what was believed before, or zero. */
enum mac_verdict rbridge_station_learn(struct rbridge *rb, const struct rbridge_station *s,
	struct mac_entry *was, struct mono now);
/* Who learned it behind @nickname is told to forget it (RFC 8383). */
void rbridge_station_flush(
	struct rbridge *rb, struct label label, const struct mac *mac, uint16_t nickname);
/* What others claim of it, now that nobody says it is elsewhere. */
void rbridge_station_reclaim(struct rbridge *rb, uint16_t vlan, const struct mac *mac);
bool rbridge_station_init(struct rbridge *rb);
/* Who serves the LAALP at the port has changed: what is said of stations there, and told. */
void rbridge_station_laalp(struct rbridge_port *port);
/* A port serves other labels now. */
void rbridge_station_forwarder(struct rbridge_port *port, const struct label_set *gained,
	const struct label_set *gone, struct mono now);
/* By ESADI @nickname says that it has the station, or (@gone) that it has it no more. */
void rbridge_station_claimed(struct rbridge *rb, uint16_t vlan, uint16_t nickname,
	const struct esadi_address *address, bool gone);
/* Where such a claim has the station. False: nowhere else than here. */
bool rbridge_station_place(struct rbridge *rb, uint16_t vlan, uint16_t nickname,
	const struct esadi_address *address, struct mac_place *place);
/* All of ours in @set, whose ESADI instances have begun, by one walk over all that are known. */
void rbridge_station_announce(struct rbridge *rb, const struct label_set *set);
/* An Address Flush. @arg: the RBridge. */
void rbridge_station_flushed(void *arg, const struct channel_in *in, struct mono now);

/* rbridge_serial.c: the campus has been read anew, or ports serve other labels. */
void rbridge_serial_follow(struct rbridge *rb);

/* rbridge_interest.c: the campus has been read anew. */
void rbridge_interest_campus(struct rbridge *rb);
void rbridge_interest_fini(struct rbridge *rb);

/* rbridge_esadi.c */
/* By the configuration's bounds. */
void rbridge_esadi_bound(struct rbridge *rb);
/* Instances for these labels, where they are to have one. */
void rbridge_esadi_follow(struct rbridge *rb, const struct label_set *served, struct mono now);
void rbridge_esadi_fini(struct rbridge *rb);
/* The campus has been read anew; for one VLAN. */
void rbridge_esadi_campus(struct rbridge *rb, struct mono now);
void rbridge_esadi_neighbors(struct rbridge *rb, uint16_t vlan, struct mono now);
/* As rbridge_link_rekey(). */
void rbridge_esadi_rekey(struct rbridge *rb, bool resign);
void rbridge_esadi_nickname(struct rbridge *rb);
/* All that others say is looked at again. */
void rbridge_esadi_retell(struct rbridge *rb);
void rbridge_esadi_take(struct rbridge *rb, const struct data_frame *f, struct mono now);
void rbridge_esadi_say(struct rbridge *rb, uint16_t vlan, const struct esadi_address *address);
void rbridge_esadi_unsay(struct rbridge *rb, uint16_t vlan, const struct mac *mac);
/* Something else is believed than a claim says. Of several claims the one that counts: see
 * esadi_claim(); it looks for one only where there was such a contest. */
void rbridge_esadi_contested(struct rbridge *rb, uint16_t vlan);
uint16_t rbridge_esadi_claim(const struct rbridge *rb, uint16_t vlan, const struct mac *mac,
	struct esadi_address *address);

/* rbridge_shutdown.c */
void rbridge_shutdown_init(struct rbridge_port *port);
void rbridge_shutdown_fini(struct rbridge_port *port);
/* No more copies: the port is up again. */
void rbridge_shutdown_cancel(struct rbridge_port *port);
/* The port is about to lose its adjacencies. */
void rbridge_shutdown_failed(struct rbridge_port *port, struct mono now);
/* A Port-Shutdown message. @arg: the RBridge. */
void rbridge_shutdown_take(void *arg, const struct channel_in *in, struct mono now);

/* rbridge_fs.c */
bool rbridge_fs_init(struct rbridge *rb);
void rbridge_fs_fini(struct rbridge *rb);
/* There is somebody who takes FS-LSPs of the campus, or there is not; we are DRB, or are not. */
void rbridge_fs_settle(struct rbridge_port *port, bool flooding, bool drb, struct mono now);
/* As rbridge_link_rekey(). */
void rbridge_fs_rekey(struct rbridge *rb, bool resign);
void rbridge_fs_neighbor(struct rbridge_port *port, struct mono now);
/* TLVs, without authentication; none: it is taken back. */
void rbridge_fs_say(struct rbridge *rb, enum rbridge_fs_part part, const uint8_t *tlvs, size_t len);
/* A flooding-scoped PDU of the campus, from a neighbour, authentic. */
void rbridge_fs_take(struct rbridge_port *port, const struct isis_pdu *p, struct mono now);

/* rbridge_active_active.c */
void rbridge_active_active_init(struct rbridge *rb);
void rbridge_active_active_fini(struct rbridge *rb);
/* FS-LSPs of others have changed. */
void rbridge_active_active_heard(struct rbridge *rb, struct mono now);
/* The campus has been read anew, and shortest paths and affinities are known. */
void rbridge_active_active_decide(struct rbridge *rb, struct mono now);
/* Add the pseudo-nicknames that are ours. */
void rbridge_active_active_self(const struct rbridge *rb, struct tables_self *self);
/* Ports leave pseudo-nicknames (@before the tables change), or take them. */
void rbridge_active_active_ports(struct rbridge *rb, bool before, struct mono now);
/* The port by which we serve the LAALP as a member of its group. NULL: we do not. */
struct rbridge_port *rbridge_active_active_port(struct rbridge *rb, const struct laalp_id *laalp);
/* @nickname is one that ports of ours have with others. */
bool rbridge_active_active_is_ours(const struct rbridge *rb, uint16_t nickname);
/* Others serve its LAALP, or shall. */
bool rbridge_active_active_stands_by(const struct rbridge_port *port);
/* Add the VLANs of which another member is designated forwarder. */
void rbridge_active_active_others(const struct rbridge_port *port, struct vlan_set *others);
/* What our LSP says: ACTIVE_ACTIVE_LAALPS at most. Returns how many. */
unsigned int rbridge_active_active_claims(const struct rbridge *rb,
	struct capability_nickname *said, struct origin_affinity *affinities);

/* rbridge_nickname.c */
/* Those that others hold who are IS-IS reachable. */
void rbridge_nickname_used(struct rbridge *rb, struct nickname_set *used);
/* One that nobody has; NICKNAME_NONE: not before the LSDB has been heard. */
uint16_t rbridge_nickname_free(struct rbridge *rb);
/* The campus has been read anew: who has the better claim to ours keeps it. */
void rbridge_nickname_defend(struct rbridge *rb, struct mono now);
/* So has who says so in an LSP for which there is no room, and is IS-IS reachable (RFC 7780 section
 * 4, 4). */
void rbridge_nickname_refused(struct rbridge *rb, const struct isis_pdu *p, struct mono now);

/* rbridge_topology.c */
/* Ours are others now. */
void rbridge_topology_nicknames(struct rbridge *rb, struct mono now);
/* @node of the campus is another, and is reached. */
bool rbridge_topology_other(const struct rbridge *rb, uint32_t node);
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
