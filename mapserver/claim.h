/* claim: who may have an EID, by compare and swap on its sequence number (docs/architecture.md
 * section 5). Pure. */
#ifndef SUNWARD_MAPSERVER_CLAIM_H
#define SUNWARD_MAPSERVER_CLAIM_H

#include "lisp/move.h"
#include "mapserver/registry.h"

/* A greater one is refused: it would leave no room for the counter. */
#define CLAIM_SEQ_MAX (UINT64_C(1) << 62)

enum claim_verdict {
	CLAIM_REFUSED, /* nothing changes: answer with the present seq and owner */
	CLAIM_STANDS,  /* nothing changes but the expiry: granted */
	CLAIM_GRANT, /* a new owner, or the old one again: seq + 1, or the base + 1 if that is more
		      */
	CLAIM_RESTORE,  /* after the state was lost: the mapping comes back with the refresh's own
			   seq */
	CLAIM_WITHDRAW, /* the mapping goes: seq + 1 */
};

/* What stands at the EID now: see registry_present. */
struct claim_present {
	const struct mapping *mapping; /* NULL: none */
	uint64_t seq;
	bool may_restore; /* registry_may_restore of the message's seq */
};

/* @seq: the message's. @same_locators: the message names the mapping's own locators. */
enum claim_verdict claim_judge(enum move_kind kind, const struct xtr *claimant, uint64_t seq,
	bool same_locators, const struct claim_present *present);

#endif
