/* move: claims, refreshes and their answers between Sunward parties (RFC 9304 Shared Extension
 * message; the rules are docs/architecture.md section 5, the layout
 * docs/decisions/move-messages.md).
 *
 * One layout for all: word 0 = type 15 (4 bits), sub-type (12 bits), version (8), kind (8); nonce
 * (64); KeyID(8) AlgID(8) AuthLen(16) AuthData; xTR-ID (128); Site-ID (64); seq (64); flags (16):
 * 0x8000 the record has locators, 0x4000 verified locally, 0x2000 the sender answers protected
 * Map-Requests; record count (16): 1; EID-record with its locators. The MAC covers all of it. */
#ifndef SUNWARD_LISP_MOVE_H
#define SUNWARD_LISP_MOVE_H

#include "lisp/auth.h"
#include "lisp/record.h"

#define MOVE_SUBTYPE                                                                               \
	0x5a1 /* 1441, first come first served and not registered; see the decision page */
#define MOVE_VERSION 1

enum move_kind {
	MOVE_CLAIM = 1,   /* xTR -> M: seq is the base, the highest the claimant knows; 0: never
			     registered */
	MOVE_REFRESH = 2, /* xTR -> M: seq is the one that M gave; changes nothing but the expiry */
	MOVE_GRANTED =
		3, /* M -> xTR: the claim or refresh stands; same nonce; seq is the mapping's */
	MOVE_REFUSED =
		4, /* M -> xTR: same nonce; seq and the record of the present owner (or none) */
	MOVE_NOTIFY = 5,   /* M -> previous owner, unsolicited: seq, the new owner's record */
	MOVE_ACK = 6,      /* xTR -> M: answers NOTIFY, same nonce and seq */
	MOVE_WITHDRAW = 7, /* xTR -> M: the owner's host has gone; seq is the one that M gave */
};

struct move {
	enum move_kind kind;
	uint64_t nonce;
	struct auth_field auth;
	struct lisp_xtr_id xtr_id; /* the sender xTR's; in answers and notifies: the present
				      owner's, zero: none */
	uint64_t site_id;          /* likewise */
	uint64_t seq;
	bool verified;     /* the claimant has just verified that the host is there */
	bool security;     /* as S of a Map-Register: LISP-SEC is enabled (RFC 9303 section 6.3) */
	bool has_locators; /* record has locators, one at least: the claimant's or the owner's */
	struct lisp_record record; /* always one: the EID; its TTL in minutes */
};

/* An unknown version or kind is -LISP_EUNSUPPORTED. Does not authenticate. */
int move_parse(const void *pkt, size_t len, struct move *m, struct wire_fault *fault);

/* Write everything up to the record, which follows through record.h; then move_finish signs. Fields
 * read: kind, nonce, xtr_id, site_id, seq, verified, security, has_locators; m->auth is filled. */
void move_begin(struct wire_writer *w, struct move *m, uint8_t key_id, enum auth_alg alg,
	const struct auth_options *opt);
int move_finish(struct wire_writer *w, struct move *m, struct auth_key *key,
	const struct auth_options *opt);

#endif
