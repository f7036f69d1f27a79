/* taps: the guests' taps as tail_run.h wants them: the program attached through the helper, the
 * frames cut into IP packets.
 *
 * Guests may be behind one tap: it is opened once for all that leave.
 *
 * Where the helper has not the rights it says so once, and there are no tails. */
#ifndef SUNWARD_VMMOBILITY_TAPS_H
#define SUNWARD_VMMOBILITY_TAPS_H

#include "vmmobility/tail_run.h"

struct helper;
struct taps;

/* @helper (NULL: there is none, and no tail) and @log outlive it. NULL when out of memory. */
struct taps *taps_new(struct helper *helper, struct log *log);
void taps_free(struct taps *t);
/* Their queues shall have room for so many packets; those that are not there (yet) are left out. */
void taps_lengthen(
	struct taps *t, const struct guest_tap *taps, unsigned int count, unsigned int packets);
/* Valid as long as @t. */
const struct tap_ops *taps_ops(struct taps *t);

#endif
