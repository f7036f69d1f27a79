/* esadi_internal: what the files of esadi share: esadi.c (life, receipt, time), esadi_heard.c (what
 * neighbours say), esadi_ours.c (what we say), esadi_send.c (what goes out, and when). */
#ifndef SUNWARD_TRILL_CORE_ESADI_INTERNAL_H
#define SUNWARD_TRILL_CORE_ESADI_INTERNAL_H

#include <sys/queue.h>
#include <sys/tree.h>

#include "lib/base/hash.h"
#include "trill/core/backoff.h"
#include "trill/core/esadi.h"

#define ESADI_PORT       0 /* of the LSDB: the virtual link */
#define ESADI_PDU_MAX    ESADI_MAX_FGL
#define ESADI_RESEND_MS  5000 /* others' LSPs: ISO 10589's minimumLSPTransmissionInterval */
#define ESADI_PSNP_MS    2000
#define ESADI_FRAGMENTS  256
#define ESADI_CSNP_TIMES 3 /* in a CSNP Time */
/* Between LSPs of ours: the first change is told of at once. */
#define ESADI_AGAIN_US    50000
#define ESADI_INTERVAL_US 1000000

TAILQ_HEAD(esadi_owns, esadi_own);
TAILQ_HEAD(esadi_kinds, esadi_kind);

/* One of our end stations. */
struct esadi_own {
	RB_ENTRY(esadi_own) node;    /* of all, by their MACs */
	TAILQ_ENTRY(esadi_own) next; /* of its kind, or of those that wait */
	struct esadi_kind *kind;     /* NULL: there is no room for it, and it waits */
	uint8_t fragment;
	struct esadi_address address;
};

/* Those of a fragment that stand in one TLV: of one confidence, behind one nickname, at one LAALP.
 */
struct esadi_kind {
	TAILQ_ENTRY(esadi_kind) next;
	struct esadi_address like;
	struct esadi_owns owns;
	unsigned int macs, ipv4, ipv6; /* records */
};

struct esadi_fragment {
	struct fragment is;
	bool used, dirty;
	struct esadi_kinds kinds; /* by their confidence */
	uint16_t len;             /* bytes of their TLVs */
	uint16_t yielding;        /* ... of records of those that give way, at least */
};

struct esadi_heard {
	LIST_ENTRY(esadi_heard) alike; /* claims of MACs with the same hash */
	bool indexed;
	uint16_t nickname;
	struct esadi_address address;
};

/* What one LSP of a neighbour says, so that one sees what it says no more; sorted. */
struct esadi_said {
	RB_ENTRY(esadi_said) node;
	struct lsp_id id;
	unsigned int count, max; /* @max: while it is read */
	struct esadi_heard *heard;
};

RB_HEAD(said_tree, esadi_said);
RB_HEAD(own_tree, esadi_own);
LIST_HEAD(esadi_chain, esadi_heard);

struct esadi {
	struct esadi_config config;
	struct lsdb *db;
	uint64_t received[ESADI_VERDICTS];
	struct esadi_neighbor *neighbors;
	unsigned int neighbor_count;
	bool *fresh; /* the neighbour has not been sent our LSPs since it is one */
	struct own_tree ours;
	struct esadi_owns waiting[2]; /* those that do not give way, and those that do */
	unsigned int told, untold;
	struct esadi_fragment fragments[ESADI_FRAGMENTS];
	struct said_tree said; /* LSPs that claim something */
	struct esadi_chain *chains;
	uint32_t chain_mask, heard_count;
	struct hash_key hash; /* others choose what is hashed */
	struct backoff say;
	struct mono now;   /* for what core/lsdb asks */
	bool dirty, asked; /* asked for LSPs of ours */
	uint16_t asker;    /* who alone did, and takes unicast; else NICKNAME_NONE */
	struct mono csnp, others, psnp, flood, seen_csnp; /* seen: heard or sent */
};

/* esadi.c */
struct esadi_neighbor *esadi_neighbor_of(const struct esadi *e, const struct system_id *system);
/* The neighbour that wins against us, or NULL: we do. */
const struct esadi_neighbor *esadi_drb(const struct esadi *e);

/* esadi_heard.c */
/* Read what a neighbour's LSP says now; purged, or of one that is none any more: nothing. */
void esadi_heard_read(struct esadi *e, const struct lsdb_lsp *lsp);
void esadi_heard_free(struct esadi *e);

/* esadi_index.c */
void esadi_index_add(struct esadi *e, struct esadi_said *s);
void esadi_index_take(struct esadi *e, struct esadi_said *s);
/* How many claims more there may be. */
unsigned int esadi_index_room(const struct esadi *e);
void esadi_index_free(struct esadi *e);

/* esadi_ours.c */
void esadi_ours_init(struct esadi *e);
void esadi_ours_free(struct esadi *e);
void esadi_ours_touch(struct esadi *e, unsigned int fragment);
/* What has changed, or is old, is originated. */
void esadi_ours_time(struct esadi *e, struct mono now);

/* esadi_send.c */
/* @ms, less up to a quarter of it. */
uint64_t esadi_jittered_ms(struct esadi *e, uint64_t ms);
/* All of ours, or of others, that the flags ask for; @to: as in struct esadi_config. */
void esadi_send_lsps(struct esadi *e, bool own, uint16_t to, struct mono now);
/* Those that were asked for, to who alone asked. */
void esadi_send_asked(struct esadi *e, struct mono now);
/* All of ours go out again: a neighbour is new. */
void esadi_send_ours(struct esadi *e, struct mono now);
/* A PDU of neighbour @n may have asked for some of ours; @before: there were such already. */
void esadi_send_asker(
	struct esadi *e, const struct isis_pdu *p, const struct esadi_neighbor *n, bool before);
void esadi_send_csnps(struct esadi *e, struct mono now);
void esadi_send_psnps(struct esadi *e, struct mono now);
/* When the next CSNP is due: thrice in our CSNP Time, if we are DRB; else when none was for the
 * mean of its and ours (section 4.4). */
struct mono esadi_send_csnp_due(const struct esadi *e);

#endif
