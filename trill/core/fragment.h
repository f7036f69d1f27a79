/* fragment: one LSP of ours, whatever database it stands in: its sequence number, when it is said
 * anew, and how long it rests when its numbers are used up (ISO 10589 section 7.3.16).
 *
 * Who has something to say keeps what that is, and how often it may change. */
#ifndef SUNWARD_TRILL_CORE_FRAGMENT_H
#define SUNWARD_TRILL_CORE_FRAGMENT_H

#include "trill/core/lsdb.h"

#define FRAGMENT_REFRESH_S 900
#define FRAGMENT_RETRY_S   1 /* of what the database did not take */
/* Section 7.3.16.4: until all have forgotten an LSP whose numbers are used up. */
#define FRAGMENT_REST_S (LSDB_MAX_AGE_S + LSDB_ZERO_AGE_S)

/* All zero: it has never been said. */
struct fragment {
	uint32_t above;      /* others know it at this number, which is to be exceeded */
	bool live;           /* it stands in the database */
	struct mono refresh; /* said anew, or tried again; 0: neither */
	struct mono rests;   /* its numbers were used up: not said before */
};

struct fragment_counts {
	uint64_t used_up; /* its numbers were: it rests */
	uint64_t unsaid;  /* the database did not take it: tried again */
};

/* It does not rest, and what it says has @changed, or it is not there as it should be, or old. */
bool fragment_is_due(const struct fragment *f, bool changed, struct mono now);
bool fragment_rests(const struct fragment *f, struct mono now);
/* When it is to be said without a change; MONO_NEVER: not. */
struct mono fragment_next(const struct fragment *f);

/* Say it, as lsdb_originate(), and what stands stays if the database does not take it; @tlvs NULL:
 * there was no memory for it. When its numbers are used up it is purged, and rests. True: either
 * is to be told to others. @counts may be NULL. */
bool fragment_say(struct fragment *f, struct lsdb *db, const struct lsp_id *id, uint8_t flags,
	const uint8_t *tlvs, size_t len, struct fragment_counts *counts, struct mono now);
/* It says nothing any more; perhaps it is known from before a restart. False: it is not. */
bool fragment_purge(struct fragment *f, struct lsdb *db, const struct lsp_id *id, struct mono now);
/* Others know it at @sequence: it is due. False: it rests, and is purged once more. */
bool fragment_known(struct fragment *f, struct lsdb *db, const struct lsp_id *id, uint32_t sequence,
	struct mono now);

#endif
