/* seq_floor: no sequence number is given twice, whatever becomes of the process and its files.
 *
 * A run reserves a block of numbers before it gives any. The end of the block is kept in the store
 * and in a mark beside it: where neither is to be trusted, the block begins above the seconds of
 * the wall clock, as without a store. It knows no mapping. */
#ifndef SUNWARD_MAPSERVER_SEQ_FLOOR_H
#define SUNWARD_MAPSERVER_SEQ_FLOOR_H

#include <stddef.h>
#include <stdint.h>

#include "lib/store/store.h"

#define SEQ_FLOOR_KEY                                                                              \
	"seq-floor"       /* in STORED_STATE: numbers below it were given, or may have been */
#define SEQ_FLOOR_VALUE 8 /* bytes of its value */

/* The floor of who has nothing but the time. */
uint64_t seq_floor_of_time(uint64_t wall_s);

/* Reserve a block above @at_least and above all that were given. @floor: for registry_options. 0 or
 * -errno, with the reason in @why; then @floor is UINT64_MAX where the last block cannot be read,
 * else it ends there, and only the new one cannot be written. */
int seq_floor_recover(struct store *store, uint64_t at_least, uint64_t wall_s, uint64_t *floor,
	char *why, size_t why_size);
/* Where a block that begins at @floor ends. */
uint64_t seq_floor_end(uint64_t floor);
/* The same as the store has it. */
void seq_floor_value(uint64_t floor, uint8_t value[SEQ_FLOOR_VALUE]);
/* They could not be reserved, and are given from @floor on all the same: no run gives them again,
 * as far as the files beside @store can still be changed. 0 or -errno. */
int seq_floor_save(struct store *store, uint64_t floor);

#endif
