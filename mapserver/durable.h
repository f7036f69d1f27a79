/* durable: what outlives a crash: mappings and tombstones with their owners and locator sets, the
 * xTRs' nonces, and the block of sequence numbers that a run may use.
 *
 * A group of changes is one transaction of the store, made up between durable_begin and
 * durable_end. Refreshes are never written. When the store fails, all goes on in memory; when it
 * takes changes again, everything is written anew, a slice at a time. Knows the store and what is
 * stored, and no message. The committer's thread only, but where another is named. */
#ifndef SUNWARD_MAPSERVER_DURABLE_H
#define SUNWARD_MAPSERVER_DURABLE_H

#include "lib/store/store.h"
#include "lisp/stored.h"
#include "mapserver/recovery.h"
#include "mapserver/server.h"

struct durable_group;

struct durable {
	struct store *store;     /* NULL: nothing is kept */
	struct server_thread *t; /* counts and logs */
	bool failing;            /* atomic: the last submission failed */
	bool behind;             /* atomic: memory holds what the store does not */
	bool unkept;             /* something happened before there was a store */
	bool has_parts;          /* the store may hold parts of merged mappings */
	uint64_t wall_s;         /* Unix time, as the shell told it */
	uint32_t last_owner;     /* greatest numbers given */
	uint64_t last_set;
	struct durable_group *group;
	uint64_t *dead_sets; /* numbers of sets that have gone */
	size_t dead_count, dead_cap;
	/* Numbers up to these were given in a file that is no more. */
	uint32_t stale_owner;
	uint64_t stale_set;
	uint64_t renewals; /* of the store's file, that are known here */
	struct recovery recovery;
	bool rewriting;               /* while behind: it has begun */
	struct registry_walk rewrite; /* how far it is */
	uint64_t rewrite_sites;       /* the serial of the table of sites that it goes through */
	size_t rewrite_site;          /* the next */
	uint64_t rewritten;
	bool partial;          /* atomic: the store was left while all was written anew */
	uint64_t unreadable;   /* atomic: records that were left out */
	uint64_t whole_wall_s; /* atomic: of durable_whole_wall_s */
	bool told;             /* the store says when they had heard of all */
	uint64_t told_at;      /* Unix time of that; 0: the store says none; UINT64_MAX: unknown */
	bool untold; /* a change was written of which subscribers perhaps have not heard yet */
};

/* Without a store. 0 or -ENOMEM. Ends with durable_fini, which leaves the store open. */
int durable_init(struct durable *d, struct server_thread *t);
void durable_fini(struct durable *d);
/* Keep what changes in @store from here on; take in its nonces at once, and begin to take in
 * mappings (see recovery.h); before others use the server, or later, when a store is there at last:
 * then what memory holds goes before, and is written. 0 or -errno, with the reason in @why. */
int durable_recover(
	struct durable *d, struct store *store, struct mono now, char *why, size_t why_size);

/* The store can be read and not be written, for @err: what changes lives in memory until it can. */
void durable_unwritable(struct durable *d, int err);

/* ---- a group ---- */
void durable_begin(struct durable *d);
/* @m: NULL: what is left is a tombstone. */
void durable_add(struct durable *d, const struct eid *eid, uint64_t seq, const struct mapping *m,
	struct mono now);
/* What xTRs contribute to EIDs, where it has changed: see merge_each_changed. */
void durable_add_parts(struct durable *d, struct mono now);
/* The entry's nonce, when it is not in the store yet. */
void durable_add_nonce(struct durable *d, struct replay_entry *e);
/* A tombstone that was forgotten. */
void durable_add_forgotten(struct durable *d, const struct eid *eid);
/* Any other row; @value NULL: delete it. Nothing without a store. The bytes are copied. */
void durable_put(struct durable *d, unsigned int table, const void *key, size_t key_len,
	const void *value, size_t value_len);
/* The number that @x goes by there, written with the group if it is new; 0: none, or no store. */
uint32_t durable_owner(struct durable *d, struct xtr *x);
/* Rows that there is room for in the group. */
size_t durable_room(const struct durable *d);
/* Commit it. False: it lives in memory only. */
bool durable_end(struct durable *d);

/* Once a second: the nonces of refreshes; tries whether a store that failed takes changes again. */
void durable_second(struct durable *d);
/* A slice of what there is to do besides: taking in, or writing anew. False: nothing. */
bool durable_work(struct durable *d, struct mono now);
/* While memory knows more than the store: when all was on the disk for the last time (Unix time; 0:
 * never in this run). Of use while durable_healthy does not hold. Any thread. */
uint64_t durable_whole_wall_s(const struct durable *d);
/* What the store held at the start was only a part of what it should. Any thread. */
bool durable_partial(const struct durable *d);
/* Records that the store has and that could not be taken in. Any thread. */
uint64_t durable_unreadable(const struct durable *d);
/* All that was acknowledged is in the store. Any thread. */
bool durable_healthy(const struct durable *d);

#endif
