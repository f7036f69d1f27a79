/* campus_near: of more RBridges and pseudonodes than there is room for, which are joined to us by
 * what each says of its neighbours, and which of those are the nearest. Who is nobody's neighbour
 * has no place among them, however many of such somebody makes up. Pure: reads the LSDB. */
#ifndef SUNWARD_TRILL_CORE_CAMPUS_NEAR_H
#define SUNWARD_TRILL_CORE_CAMPUS_NEAR_H

#include "trill/core/lsdb.h"

/* Into @near, which has room for @room: the nearest @max by ID, and behind them the others. @own is
 * among the nearest if it has said an LSP number 0. Returns how many in all; 0 also without memory.
 */
uint32_t campus_near(struct lsdb *db, const struct system_id *own, struct lan_id *near,
	uint32_t room, uint32_t max);

#endif
