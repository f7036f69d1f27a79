/* lsdb: the link state database of one scope, and what has to be told of it on which port (ISO
 * 10589 sections 7.3.15 to 7.3.17, RFC 5304 section 2 for purges, RFC 7356 for scopes).
 *
 * Each LSP has a bit SRM (send it) and SSN (acknowledge or ask for it) for each port. What is
 * received, sent or expires changes them by the rules of the standard; flood sends by them. LSPs
 * are kept as the bytes they came in, with a lifetime that runs down. This room reads no TLV but 9,
 * and does not choose what our own LSPs say: origin does, and is asked when the campus knows a
 * later one than we do. PDUs come checked: authentication and checksum are the caller's. */
#ifndef SUNWARD_TRILL_CORE_LSDB_H
#define SUNWARD_TRILL_CORE_LSDB_H

#include <sys/tree.h>

#include "lib/base/clock.h"
#include "trill/codec/lsp_tlv.h"

#define LSDB_PORTS_MAX    64
#define LSDB_MAX_AGE_S    1200
#define LSDB_ZERO_AGE_S   60
#define LSDB_SEQUENCE_MAX 0xFFFFFFFFu
/* Of ours there is room for so many beyond lsps_max: all fragments, and a pseudonode a port. */
#define LSDB_OWN_SPARE (256 + LSDB_PORTS_MAX)

struct lsdb_lsp {
	RB_ENTRY(lsdb_lsp) node;
	struct lsp_id id;
	uint32_t sequence; /* 0: not here, asked for, or its purge is to be acknowledged */
	uint32_t over;     /* that purge's sequence number */
	uint16_t checksum;
	bool own;
	bool purged;        /* lifetime 0: kept for ZeroAge, to tell others */
	struct mono until;  /* end of the lifetime; purged: when it is forgotten */
	uint64_t srm, ssn;  /* a bit for each port */
	uint64_t sent;      /* flood's: SRM has been obeyed, and no acknowledgement has come */
	struct mono resend; /* flood's: when those are sent again */
	uint8_t *bytes;     /* the whole PDU; NULL when asked for */
	size_t len;
};

/* What became of a received LSP. */
enum lsdb_verdict {
	LSDB_NEWER, /* taken */
	LSDB_SAME,
	LSDB_OLDER,         /* ours is sent back */
	LSDB_OURS,          /* an LSP of our own that we did not send: asked for a later one */
	LSDB_CONFUSED,      /* the same sequence number, another checksum: it is purged */
	LSDB_UNKNOWN_PURGE, /* a purge of what is not here: acknowledged, not kept */
	LSDB_BAD_PURGE,     /* a purge with contents, where authentication is on */
	LSDB_NO_SEQUENCE,   /* sequence number 0, which no LSP has (ISO 10589 section 7.3.16.1) */
	LSDB_FULL,
	LSDB_STRANGER, /* it is full, and the LSP is of one whom nobody reachable lists */
};
#define LSDB_VERDICTS (LSDB_STRANGER + 1)

struct lsdb_events {
	/* Contents changed: taken, purged (@lsp->purged) or about to be forgotten. */
	void (*changed)(void *arg, const struct lsdb_lsp *lsp);
	/* Someone knows our LSP @id at @sequence, and we do not: send one above it, or purge it. */
	void (*reissue)(void *arg, const struct lsp_id *id, uint32_t sequence);
	/* Nobody whom we reach lists the RBridge or pseudonode of @id as a neighbour. Where there
	 * is no room such LSPs are refused, and give way. NULL: nobody is a stranger. */
	bool (*stranger)(void *arg, const struct lsp_id *id);
	/* A fresh PDU of ours of @len bytes, or a purge that we make: sign it. Room for @cap bytes.
	 * Returns the length, or a negative error: then it is not sent. NULL: nothing to sign. The
	 * checksum is made afterwards. */
	int (*sign)(void *arg, uint8_t *bytes, size_t len, size_t cap);
	void *arg;
};

struct lsdb;

/* A bound on others' LSPs in several databases. */
struct lsdb_share {
	unsigned int count, max;
};

struct lsdb_config {
	struct system_id own;
	uint8_t scope;   /* 0: plain LSPs */
	bool zero_first; /* our number 0 has flag P (RFC 7356 section 4.5) */
	unsigned int lsps_max;
	struct lsdb_share *share; /* NULL: there is no other */
	bool strict_purges; /* authentication is on: a purge holds no more than TLVs 10, 13 and 137
			     */
};

/* NULL: out of memory. */
struct lsdb *lsdb_new(const struct lsdb_config *config, const struct lsdb_events *events);
void lsdb_free(struct lsdb *db);
/* Others may be strangers now. */
void lsdb_strangers_changed(struct lsdb *db);
/* lsps_max and strict_purges are others now; what is here already stays. */
void lsdb_reconfigure(struct lsdb *db, unsigned int lsps_max, bool strict_purges);

/* Ports are numbered 0 to LSDB_PORTS_MAX - 1. @p2p: what is sent must be acknowledged. A port that
 * comes up on a point-to-point link is sent everything. */
void lsdb_port_up(struct lsdb *db, unsigned int port, bool p2p);
void lsdb_port_down(struct lsdb *db, unsigned int port);

/* PDUs from a neighbour in 2-Way or Report on @port. */
enum lsdb_verdict lsdb_receive(
	struct lsdb *db, const struct isis_pdu *p, unsigned int port, struct mono now);
/* CSNP or PSNP, flooding-scoped or not. 0, or the error of its TLVs (what stands before is done).
 */
int lsdb_snp(struct lsdb *db, const struct isis_pdu *p, unsigned int port, struct mono now);

/* Our own LSP @id: header, flags and @tlvs are written with the next sequence number, at least
 * @above + 1, and a lifetime of MaxAge. Returns 0; -TRILL_ENOROOM; -TRILL_EVALUE when the sequence
 * numbers are used up (purge it, and wait MaxAge + ZeroAge); or sign's error. */
int lsdb_originate(struct lsdb *db, const struct lsp_id *id, uint32_t above, uint8_t flags,
	const uint8_t *tlvs, size_t len, struct mono now);
/* Purge an LSP: our own, or one that is expired or confused. */
void lsdb_purge(struct lsdb *db, const struct lsp_id *id, struct mono now);
/* Purge an LSP of ours that the campus knows at @sequence, which is more than we said, or that we
 * never said. Without room it is left to age. */
void lsdb_purge_at(struct lsdb *db, const struct lsp_id *id, uint32_t sequence, struct mono now);

/* Age what is due; lsdb_next(): nothing is due before. */
void lsdb_time(struct lsdb *db, struct mono now);
struct mono lsdb_next(const struct lsdb *db);

struct lsdb_lsp *lsdb_find(struct lsdb *db, const struct lsp_id *id);
/* In the order of their IDs; NULL: the first. Those asked for are passed over. */
struct lsdb_lsp *lsdb_after(struct lsdb *db, const struct lsp_id *id);
/* The same behind one that is in hand, which is faster. */
struct lsdb_lsp *lsdb_following(struct lsdb_lsp *lsp);
unsigned int lsdb_count(const struct lsdb *db);
/* Seconds that are left of the lifetime; 0: purged. */
uint16_t lsdb_lifetime_s(const struct lsdb_lsp *lsp, struct mono now);

/* What is to be sent on @port and does not wait for its acknowledgement, after @id (NULL: from the
 * start); and what is to be told of in a PSNP. Where there is nothing they cost nothing. */
struct lsdb_lsp *lsdb_next_srm(struct lsdb *db, unsigned int port, const struct lsp_id *id);
struct lsdb_lsp *lsdb_next_ssn(struct lsdb *db, unsigned int port, const struct lsp_id *id);
void lsdb_srm_set(struct lsdb *db, struct lsdb_lsp *lsp, unsigned int port);
/* Who is on @port takes nothing of this scope: what waits for it there does so no more (RFC 7356
 * section 4.2). */
void lsdb_srm_clear_all(struct lsdb *db, unsigned int port);
/* No acknowledgement has come: what has been sent is to be sent again. */
void lsdb_unsent(struct lsdb *db, struct lsdb_lsp *lsp);
static inline void lsdb_srm_clear(struct lsdb_lsp *lsp, unsigned int port)
{
	lsp->srm &= ~(1ull << port);
}
/* Copy @lsp as it is sent now, with its lifetime. Returns the length, or -TRILL_ENOROOM. */
int lsdb_copy(const struct lsdb_lsp *lsp, uint8_t *out, size_t cap, struct mono now);
/* The entry of TLV 9 that tells of @lsp. */
struct lsp_entry lsdb_entry(const struct lsdb_lsp *lsp, struct mono now);
/* A PSNP with it has been sent: what was only asked for is asked for again when it is heard of. */
void lsdb_ssn_sent(struct lsdb *db, struct lsdb_lsp *lsp, unsigned int port);

#endif
