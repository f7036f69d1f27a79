/* loss: which xTRs lost an EID to another and have not said that they know.
 *
 * A registration that says just what such an xTR said before the EID was lost is its refresh, come
 * late, and no news: for as long as a loss is remembered it steals nothing back. One that says
 * something else is news. A loss is forgotten when the xTR acknowledges it, when it has the EID
 * again, or after its time: three refresh intervals, in which who really has the host again must
 * wait. Bounded: the oldest gives way. Any thread. Knows no message. */
#ifndef SUNWARD_MAPSERVER_LOSS_H
#define SUNWARD_MAPSERVER_LOSS_H

#include "mapserver/registry.h"

struct losses;

/* What is remembered of one. */
struct loss {
	struct xtr *xtr;
	uint64_t said; /* what it had registered: loss_said_before() */
};

/* @life_s: how long one is remembered. @secret: 16 random bytes. NULL when out of memory. */
struct losses *losses_new(size_t max, uint64_t life_s, const uint8_t secret[16]);
void losses_free(struct losses *l);
size_t losses_count(struct losses *l);

/* A number for locators, TTL and Map-Version; the same in every run. */
uint64_t loss_said_before(const struct mapping *m);
uint64_t loss_said_now(const struct registration *in);

/* @loss->xtr lost @eid at @since. Without memory it is not remembered. */
void losses_note(struct losses *l, const struct eid *eid, const struct loss *loss,
	struct mono since, struct mono now);
/* It knows, or has it again. */
void losses_forget(struct losses *l, const struct eid *eid, const struct xtr *xtr);
/* What @xtr says of @eid now is what it said before it lost it. */
bool losses_stale(struct losses *l, const struct eid *eid, const struct xtr *xtr, uint64_t what,
	struct mono now);
/* The last loss of @eid; false: none. */
bool losses_last(struct losses *l, const struct eid *eid, struct mono now, struct loss *out);

#endif
