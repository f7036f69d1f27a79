/* campus_near: of more RBridges and pseudonodes than there is room for, those that are nearest to
 * us by what each says of its neighbours. Who is nobody's neighbour has no place among them,
 * however many of such somebody makes up. Pure: reads the LSDB. */
#ifndef SUNWARD_TRILL_CORE_CAMPUS_NEAR_H
#define SUNWARD_TRILL_CORE_CAMPUS_NEAR_H

#include "trill/core/lsdb.h"

/* At most @max, by ID in @near, from @own on, which is among them if it has said an LSP number 0.
 * Returns how many; 0 also without memory. */
uint32_t campus_near(
	struct lsdb *db, const struct system_id *own, struct lan_id *near, uint32_t max);

#endif
