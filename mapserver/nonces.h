/* nonces: which of the xTRs' nonces are kept, in memory and in the store: those of keys that some
 * site has, and of others for as long as there is room to spare.
 *
 * A key that is retired, or goes with its site, leaves the nonces of all that used it behind; keys
 * are changed for ever, the room is bounded. Knows sites and the store. The committer's thread
 * only, under RCU. */
#ifndef SUNWARD_MAPSERVER_NONCES_H
#define SUNWARD_MAPSERVER_NONCES_H

#include "mapserver/durable.h"

/* Take in what @store has, those of present keys first. *@left_out: not taken in. 0 or -errno. */
int nonces_load(struct durable *d, struct store *store, size_t *left_out);
/* Delete from the store what was not taken in, as far as it is under keys that nobody has. */
void nonces_clean(struct durable *d);
/* When room gets scarce: drop what is under keys that nobody has, here and in the store. */
void nonces_prune(struct durable *d);

#endif
