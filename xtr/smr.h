/* smr: Solicit-Map-Requests, both ways, and how often (RFC 9301 section 6.1; spec section 5).
 *
 * It knows neither tables nor mappings: the caller says who is to be told, and what is cached. */
#ifndef SUNWARD_XTR_SMR_H
#define SUNWARD_XTR_SMR_H

#include "lisp/map_request.h"
#include "xtr/env.h"

struct smr;

struct smr *smr_new(struct env *env);
void smr_free(struct smr *s);

/* Tell the ITR at @rloc to ask for @eid again, unless it or the RLOC has been told too much of
 * late. */
void smr_send(struct smr *s, const struct address *rloc, const struct eid *eid);
/* Which EID an SMR is about: implementations put it in the record or in Source-EID (spec 11.10).
 * The candidates, the record's first; returns their number. */
unsigned int smr_eids(const struct map_request *m, struct eid eids[2]);
enum smr_verdict { SMR_NOW, SMR_LATER, SMR_NEVER };

/* Whether to act upon an SMR about @eid, of which something is cached. SMR_LATER: one was acted
 * upon of late, so only when smr_ms have passed. Counts either way. */
enum smr_verdict smr_accept(struct smr *s, const struct eid *eid);

#endif
