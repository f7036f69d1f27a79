/* durable: what outlives a crash: the xTRs' nonces, and the block of sequence numbers that a run
 * may use. Knows the store, and no message. The committer's thread only. */
#ifndef SUNWARD_MAPSERVER_DURABLE_H
#define SUNWARD_MAPSERVER_DURABLE_H

#include "lib/store/store.h"
#include "mapserver/server.h"

/* Tables of the store, in its list's order. */
enum { DURABLE_TABLE_NONCES, DURABLE_TABLE_STATE };
extern const char *const durable_tables[];

struct durable {
	struct store *store;     /* NULL: nothing is kept */
	struct server_thread *t; /* counts and logs */
	bool failing;            /* atomic: the last submission failed */
};

/* Reserve a block of sequence numbers, and take in the nonces; before the threads start.
 * @seq_floor: for registry_options. 0 or -errno, with the reason in @why. */
int durable_recover_floor(struct store *store, uint64_t *seq_floor, char *why, size_t why_size);
int durable_recover_nonces(struct store *store, struct replay *replay, char *why, size_t why_size);

/* Commit the nonces of @entries that are not in the store yet. */
void durable_write(struct durable *d, struct replay_entry *const *entries, size_t count);
/* Those of all: once a second. */
void durable_write_all(struct durable *d, struct replay *replay);
/* The store took what it was given last. Any thread. */
bool durable_healthy(const struct durable *d);

#endif
