/* esadi: which end stations are behind which RBridge, as they say themselves: one instance a Data
 * Label (RFC 7357), with their IP addresses (RFC 7961).
 *
 * A label is one virtual link, on which all that say so in their LSPs (the ES bit) are adjacent;
 * there are no Hellos. Each RBridge's E-L1CS LSPs hold its addresses; core/lsdb keeps them, and
 * this room sends: our own at once, others' when their originator has had the time to. Who has the
 * highest priority tells by CSNP what there is. It does not choose between claims: core/mac does.
 */
#ifndef SUNWARD_TRILL_CORE_ESADI_H
#define SUNWARD_TRILL_CORE_ESADI_H

#include "lib/base/random.h"
#include "trill/codec/esadi_tlv.h"
#include "trill/core/ip_list.h"
#include "trill/codec/isis_auth.h"
#include "trill/codec/laalp_tlv.h"
#include "trill/core/fragment.h"

#define ESADI_SNP_ENTRIES     80   /* of one CSNP or PSNP: below ESADI_MAX_FGL */
#define ESADI_NEW_NEIGHBOR_MS 2000 /* spread by our nickname (section 4.4) */

struct esadi_address {
	struct mac mac;
	uint8_t confidence; /* 0 to 254 */
	struct ip_list ips;
	/* Of ours: under which nickname it is reached; NICKNAME_NONE: our own. */
	uint16_t nickname;
	bool has_laalp; /* it is at a port of that LAALP (RFC 7781 section 7) */
	struct laalp_id laalp;
	/* Of ours: what frames alone showed makes room for it. */
	bool first;
};

/* An RBridge that is data reachable and has the ES bit for the label. */
struct esadi_neighbor {
	struct system_id system;
	uint16_t nickname;
	struct esadi_param param; /* the defaults, until its fragment 0 is here */
};

/* Why a PDU is dropped; a counter each. */
enum esadi_verdict {
	ESADI_TAKEN,
	ESADI_MALFORMED,
	ESADI_TYPE,        /* not an LSP, CSNP or PSNP of scope E-L1CS */
	ESADI_NO_NEIGHBOR, /* we have none: all is ignored */
	ESADI_STRANGER,    /* from, or of, a system that is none */
	ESADI_AUTH,
	ESADI_CHECKSUM,
};
#define ESADI_VERDICTS (ESADI_CHECKSUM + 1)

/* Bounds over the instances of all labels, and how much of them is used. */
struct esadi_share {
	struct lsdb_share lsps;
	uint32_t claims, claims_max;
	uint32_t untold; /* of ours: see esadi_untold() */
};

struct esadi_config {
	struct label label;
	struct esadi_share *share;      /* NULL: it is alone */
	struct fragment_counts *counts; /* NULL: nobody wants them */
	struct system_id system;
	uint16_t nickname;
	struct esadi_param param;
	unsigned int lsps_max, neighbors_max;
	struct isis_key *const *keys; /* made by esadi_key_new(); none: not authenticated */
	unsigned int key_count;       /* the first one signs */
	struct random *random;
	/* A PDU of ours, in the label, to All-Egress-RBridges: to all, or (@to not NICKNAME_NONE)
	 * by unicast to one neighbour (section 4.1). */
	void (*send)(void *arg, uint16_t to, const uint8_t *pdu, size_t len);
	/* @nickname has @address, or (@gone) has it no more. */
	void (*learned)(
		void *arg, uint16_t nickname, const struct esadi_address *address, bool gone);
	/* Of two claims with the same confidence @nickname's counts. NULL: the first. */
	bool (*wins)(void *arg, const struct mac *mac, uint16_t nickname, uint16_t against);
	void *arg;
};

struct esadi;

/* The key of a label from that of LSPs (section 6.3), of the same algorithm. NULL: out of memory.
 */
struct isis_key *esadi_key_new(enum isis_auth_alg alg, uint16_t id, const void *secret, size_t len);

/* NULL: out of memory. */
struct esadi *esadi_new(const struct esadi_config *config, struct mono now);
void esadi_free(struct esadi *e);

/* All neighbours, as the campus has them now. What those say that are no longer among them is
 * forgotten. False: out of memory, or more than neighbors_max; then the rest is left out. */
bool esadi_neighbors(struct esadi *e, const struct esadi_neighbor *neighbors, unsigned int count,
	struct mono now);
unsigned int esadi_neighbor_count(const struct esadi *e);
const struct esadi_neighbor *esadi_neighbor_at(const struct esadi *e, unsigned int i);
/* Other keys, as in the configuration, which are borrowed for longer. @resign: the first is another
 * one: all of ours is said anew. */
void esadi_keys_set(struct esadi *e, struct isis_key *const *keys, unsigned int count, bool resign);
/* Ours is another now. */
void esadi_nickname_set(struct esadi *e, uint16_t nickname);
/* Of what is said of @mac the claim with the highest confidence: whose, and @address is filled in.
 * NICKNAME_NONE: there is none. */
uint16_t esadi_claim(const struct esadi *e, const struct mac *mac, struct esadi_address *address);
/* All that is heard is learned again. */
void esadi_retell(struct esadi *e);
/* We have the highest priority, then system ID (section 3). */
bool esadi_is_drb(const struct esadi *e);

/* An end station of ours, new or changed: it has room in our 256 LSPs, 6 bytes for a MAC and 10 or
 * 22 for each IP address, or waits until there is some. False: it waits, or its confidence is 255,
 * or there is no memory. */
bool esadi_announce(struct esadi *e, const struct esadi_address *address);
/* It is no more. False: it was not. */
bool esadi_withdraw(struct esadi *e, const struct mac *mac);
/* All of them: before the label is left (section 5.2). */
void esadi_withdraw_all(struct esadi *e);

enum esadi_verdict esadi_receive(struct esadi *e, const uint8_t *pdu, size_t len, struct mono now);
const char *esadi_verdict_name(enum esadi_verdict verdict);
/* How many PDUs met with each verdict; the LSPs; how many addresses are announced. */
const uint64_t *esadi_received(const struct esadi *e);
struct lsdb *esadi_lsdb(const struct esadi *e);
unsigned int esadi_announced(const struct esadi *e);
/* How many of ours have no room, and wait; and whether @mac is one that is told of. */
unsigned int esadi_untold(const struct esadi *e);
bool esadi_tells(struct esadi *e, const struct mac *mac);

/* What is due is sent; esadi_next(): nothing is due before. After esadi_announce() and _withdraw()
 * something is. */
void esadi_time(struct esadi *e, struct mono now);
struct mono esadi_next(const struct esadi *e);

#endif
