/* backoff: how long a thing that is done again and again waits: not at all after a quiet, and twice
 * as long each time in a row, up to a cap. It knows not what is done. */
#ifndef SUNWARD_TRILL_CORE_BACKOFF_H
#define SUNWARD_TRILL_CORE_BACKOFF_H

#include "lib/base/clock.h"

struct backoff {
	uint64_t first_us, cap_us; /* the second and the longest wait */
	uint64_t quiet_us;         /* what is quiet besides twice the last wait */
	uint64_t wait_us;          /* after the last time; 0: none yet */
	struct mono last;
};

/* When it may be done next, asked at @now. After a quiet of twice the last wait: now. */
struct mono backoff_due(const struct backoff *b, struct mono now);
/* It is done now. */
void backoff_done(struct backoff *b, struct mono now);

#endif
