/* share: how much of a bounded table each party has, so that none of them takes the room of all.
 *
 * A party may have SHARE_MULTIPLE times as much as is free: one alone fills four fifths of the
 * table, the next one four fifths of the rest, and there is always room for one that has little.
 * Any thread; only what is new in a table comes here. Knows nothing of what is in the table. */
#ifndef SUNWARD_MAPSERVER_SHARE_H
#define SUNWARD_MAPSERVER_SHARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHARE_MULTIPLE 4

struct shares;

/* NULL when out of memory. */
struct shares *shares_new(void);
void shares_free(struct shares *s);
size_t shares_count(struct shares *s, uint64_t party);
/* @party takes one more, where @room is free. False: it has too many, or no memory. */
bool shares_take(struct shares *s, uint64_t party, size_t room);
/* @party would be given one more. */
bool shares_allow(struct shares *s, uint64_t party, size_t room);
/* It gives one back that it took. */
void shares_return(struct shares *s, uint64_t party);

#endif
