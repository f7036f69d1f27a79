/* lost: how often an RBridge lost the appointed forwarder of each label, as the rows of its LSP say
 * (RFC 7780 section 11).
 *
 * Rows may speak of one label more than once; the highest counter counts. Pure. Each label is
 * looked at once, however many rows speak of it. */
#ifndef SUNWARD_TRILL_CORE_LOST_H
#define SUNWARD_TRILL_CORE_LOST_H

#include "trill/core/campus.h"

struct lost {
	struct label_set said;
	uint32_t counter[LABELS_NUMBERS]; /* by number, of those in @said */
};

/* Of the labels in @of, what the @count rows of one nickname say; @labels NULL: of VLANs alone.
 * Returns how many labels were looked at. */
unsigned int lost_read(struct lost *l, const struct campus_interest *rows, uint32_t count,
	const struct labels *labels, const struct label_set *of);

#endif
