/* forwarder: whether native frames of a VLAN may pass a port: appointed forwarders and their
 * inhibition (RFC 8139, RFC 6325 section 4.4.5).
 *
 * One struct forwarder for each link. It is told of Hellos, of the DRB, of the DRB's E-L1CS
 * appointments, of what is configured and of the spanning tree's root; it says for which VLANs we
 * are appointed, and which of them are inhibited. Inhibition concerns native frames alone, and they
 * still teach addresses. TRILL Data and IS-IS pass in any case, and are not its business. */
#ifndef SUNWARD_TRILL_CORE_FORWARDER_H
#define SUNWARD_TRILL_CORE_FORWARDER_H

#include "trill/core/appoint.h"
#include "trill/core/hello.h"

#define FORWARDER_ROOT_CHANGE_S 30 /* at most, and by default (section 3, item 6) */
#define FORWARDER_NICKNAMES_MAX 16
#define FORWARDER_MAPPINGS_MAX  16 /* that are told apart; above, all VLANs get one forwarder */
#define FORWARDER_BRIDGE_ID_LEN 8

struct forwarder_config {
	struct system_id system;
	uint16_t nicknames[FORWARDER_NICKNAMES_MAX]; /* ours; the first stands in our Hellos */
	unsigned int nickname_count;
	bool end_stations; /* neither a trunk port nor point-to-point, and not suspended */
	struct vlan_set enabled;
	uint16_t holding_s; /* of the port */
	uint8_t root_change_s;
};

/* What the E-L1CS LSPs of one RBridge say of us. */
struct forwarder_scope {
	struct vlan_set appointed;
	struct vlan_set revoked; /* Hello appointments that a bit map takes back (section 10.2) */
};

struct forwarder_mapping {
	struct appoint_pair pair;
	struct mono until;
};

struct forwarder {
	struct forwarder_config config;
	bool is_drb;
	bool has_winner;
	struct adjacency_key winner;  /* the port that won, of another RBridge */
	struct appoint plan;          /* of us, were we DRB */
	struct vlan_set hello;        /* the Hello appointment database */
	struct forwarder_scope scope; /* the DRB's E-L1CS appointments */
	struct vlan_set appointed;    /* what follows from all this */
	struct mono drb_until, root_until;
	struct vlan_set running; /* VLAN timers that run */
	struct mono vlan_until[4096];
	struct forwarder_mapping mappings[FORWARDER_MAPPINGS_MAX];
	unsigned int mapping_count;
	struct mono mapped_until; /* some mapping, we do not know which */
	bool has_root;
	uint8_t root[FORWARDER_BRIDGE_ID_LEN];
	/* We have become appointed forwarder of @vlan, or are no more: then the lost counter goes
	 * up, and what native frames taught there is forgotten (RFC 6325 section 4.8.3). May be
	 * NULL. */
	void (*changed)(void *arg, uint16_t vlan, bool appointed);
	void *arg;
};

/* All timers are expired, and nothing is appointed: forwarder_drb() comes next (item 1). */
void forwarder_init(struct forwarder *f, const struct forwarder_config *config);
/* A VLAN that is newly enabled is inhibited for a Holding Time (item 5); what a Hello appointed for
 * one that is no longer, or on a port that takes no end stations any more, is lost (section 2.3).
 * forwarder_plan() comes next: the plan is by the nickname and VLANs from before. */
void forwarder_configure(
	struct forwarder *f, const struct forwarder_config *config, struct mono now);

/* Who won the election; NULL: we, by whichever port (section 2.2). When we become DRB, inhibition
 * is a Holding Time; when we are not any more, it ends. */
void forwarder_drb(struct forwarder *f, const struct adjacency_key *winner, struct mono now);
/* Our appointments anew: @neighbors are those in Report, @ranges what our Hellos hold. Returns true
 * if they changed, and have to be told. */
bool forwarder_plan(struct forwarder *f, const struct appoint_candidate *neighbors,
	unsigned int count, bool overloaded, unsigned int ranges, struct mono now);

/* A Hello that was taken, from @sa, received in VLAN @vlan. */
void forwarder_hello(struct forwarder *f, const struct isis_pdu *p, const struct hello *h,
	const struct mac *sa, uint16_t vlan, struct mono now);

/* Add what an LSP of scope E-L1CS says of us. APPsub-TLVs that are corrupt are ignored. */
void forwarder_scope_read(
	const struct forwarder *f, const struct isis_pdu *lsp, struct forwarder_scope *scope);
/* All that the DRB's LSPs say of us, whenever one of them changed. */
void forwarder_scope_set(struct forwarder *f, const struct forwarder_scope *scope);

/* The spanning tree's root bridge as a BPDU has it: priority 2, address 6 (item 6). Another
 * priority of the same bridge is no change (section 3.2.2), nor is the first root. */
void forwarder_root_bridge(
	struct forwarder *f, const uint8_t id[FORWARDER_BRIDGE_ID_LEN], struct mono now);

/* Two ports have turned out to be on one link: both get the longer timers (item 7). A copy of the
 * struct is what item 8 asks for. */
void forwarder_merge(struct forwarder *a, struct forwarder *b);

/* We say that VLAN mapping was detected (flag VM): we saw it within two of our Holding Times. */
bool forwarder_mapping_seen(const struct forwarder *f, struct mono now);
bool forwarder_inhibited(const struct forwarder *f, uint16_t vlan, struct mono now);

/* Timers that are due are taken away; true: inhibition ended somewhere, or a mapping is forgotten
 * and forwarder_plan() is due. forwarder_next(): nothing happens before. */
bool forwarder_time(struct forwarder *f, struct mono now);
struct mono forwarder_next(const struct forwarder *f);

#endif
