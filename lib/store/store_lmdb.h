/* store_lmdb: what the parts of the LMDB back end share: the environment, its journal, and the
 * keeper's thread.
 *
 * A commit is appended to the journal, a table of its own whose last page is nearly always at hand,
 * and not to the tables themselves, where each change would copy a page of its own. The keeper
 * merges the journal into the tables, sorted, so that a page is copied once for many changes.
 * docs/decisions/durable-store.md has the figures. */
#ifndef SUNWARD_LIB_STORE_STORE_LMDB_H
#define SUNWARD_LIB_STORE_STORE_LMDB_H

#include <lmdb.h>
#include <pthread.h>

#include "lib/base/hash.h"
#include "lib/store/store_internal.h"

#define STORE_JOURNAL_PASS  (12u << 20) /* bytes at which a merge starts at once */
#define STORE_JOURNAL_BOUND (32u << 20) /* at which commits wait for the merge */
#define STORE_UNSYNCED_MAX  (64u << 20) /* bytes at which a sync comes before its time */
#define STORE_SUM_BYTES     4           /* behind each value */

struct store_lmdb {
	struct store store;
	struct store_lmdb_options opt;
	char directory[4096];
	char names[STORE_TABLES_MAX][32];
	struct hash_key sums[STORE_TABLES_MAX], journal_sum;
	struct store_opening opening;
	/* Shared by those who use the environment; whoever opens it anew holds it alone. */
	pthread_rwlock_t env_lock;
	MDB_env *env;
	MDB_dbi tables[STORE_TABLES_MAX], journal;
	unsigned int views; /* atomic: readers that outlive a call */
	int owner;          /* file descriptor */
	/* Commits, one at a time. */
	pthread_mutex_t commit_lock;
	uint64_t next_entry; /* the journal's next key */
	uint8_t *chunk;
	uint64_t commits; /* atomic */
	/* The journal's load. */
	pthread_mutex_t keeper_lock;
	pthread_cond_t keeper_wake, merged;
	size_t journal_bytes; /* atomic */
	int health;           /* atomic: 0, or -errno of the merge or the sync */
	bool panic;           /* atomic: LMDB wants to be opened anew */
	bool held;            /* atomic: the state of the last flush is held, and may be added to */
	bool lost;            /* atomic: its file is damaged, or is not there any more */
	uint64_t renewals;    /* atomic: how often it was made anew */
	size_t unsynced_pages; /* atomic: written since the last sync, about */
	bool stop, keeper_runs;
	pthread_t keeper;
	/* The keeper's. */
	MDB_txn *pin; /* a reader at the last sync: its pages are not used again before the next */
	uint64_t synced_commits;
	uint64_t merged_ns, synced_ns;
	uint64_t flushed_ns;  /* atomic: when all was on the disk for the last time */
	uint64_t snapshot_ns; /* when the next is due */
	pthread_mutex_t merge_lock;
	/* Snapshots: made by the copier, which the keeper begins and sees to. */
	pthread_mutex_t snapshot_lock;
	uint64_t snapshot_commits, snapshot_wall_s; /* atomic; 0: none */
	pthread_t copier;
	bool copier_runs;
	bool copied; /* atomic: it has ended */
};

/* The pages that were freed since the last sync wait for the next: it should not be long. */
static inline bool store_lmdb_wants_sync(const struct store_lmdb *l)
{
	size_t most =
		l->opt.size_max / 8 < STORE_UNSYNCED_MAX ? l->opt.size_max / 8 : STORE_UNSYNCED_MAX;

	return !l->opt.power && __atomic_load_n(&l->unsynced_pages, __ATOMIC_RELAXED) * 4096 > most;
}

static inline struct store_lmdb *store_lmdb(struct store *s)
{
	return (struct store_lmdb *)s;
}

/* LMDB cannot be used until the keeper has opened it anew. */
static inline bool store_lmdb_is_out(const struct store_lmdb *l)
{
	return __atomic_load_n(&l->panic, __ATOMIC_ACQUIRE) ||
	       __atomic_load_n(&l->lost, __ATOMIC_ACQUIRE);
}

/* The file may be written to: see store_keeper_begin. */
static inline bool store_lmdb_is_held(const struct store_lmdb *l)
{
	return __atomic_load_n(&l->held, __ATOMIC_ACQUIRE);
}

/* See what a code of LMDB's means for what comes next. */
void store_lmdb_note(struct store_lmdb *l, int code);

/* LMDB's codes into errno's. */
int store_lmdb_error(int code);
/* Open and close what lies in the directory; the caller holds env_lock alone. LMDB's codes. */
int store_lmdb_env_open(struct store_lmdb *l);
void store_lmdb_env_close(struct store_lmdb *l);

/* ---- sums ---- */
void store_sum_key(struct hash_key *key, const char *table);
void store_sum(const struct hash_key *sum, const void *key, size_t key_len, const void *value,
	size_t value_len, uint8_t out[STORE_SUM_BYTES]);
/* The value without its sum; false: it is not right. */
bool store_sum_right(const struct hash_key *sum, const void *key, size_t key_len, const void *value,
	size_t *len);

/* ---- the journal (store_journal.c) ---- */
/* Append the changes in one transaction. LMDB's codes. */
int store_journal_append(struct store_lmdb *l, const struct store_change *changes, size_t count);
/* Put the changes into the tables in one transaction, past the journal, which must be empty. */
int store_journal_bypass(struct store_lmdb *l, const struct store_change *changes, size_t count);
/* All of the changes fit into the journal's pages. */
bool store_journal_takes(const struct store_change *changes, size_t count);
/* Merge what the journal holds now into the tables, @slice changes a transaction (0: in one). */
int store_journal_merge(struct store_lmdb *l, size_t slice);
/* Learn the journal's last key and size. */
int store_journal_open(struct store_lmdb *l);

/* ---- the keeper (store_keeper.c) ---- */
/* Before anything is written into a file just opened: flush it, so that a loss of power leads back
 * to what it holds now, and never to pages that are about to be used again. Where it cannot be, it
 * can only be read; each sync tries again. LMDB's codes. */
int store_keeper_begin(struct store_lmdb *l);
/* Let go of the last sync's pages; before the environment is closed. */
void store_keeper_unpin(struct store_lmdb *l);
int store_keeper_start(struct store_lmdb *l);
/* Merges and syncs, and ends the thread. */
void store_keeper_stop(struct store_lmdb *l);
/* Flush to the disk, and note the point that a loss of power leads back to. 0 or -errno. */
int store_keeper_sync(struct store_lmdb *l);
int store_keeper_merge(struct store_lmdb *l, size_t slice);
/* Since the last flush ended, or was found to be needless. */
uint64_t store_keeper_flush_age_ns(const struct store_lmdb *l);
/* Copy all into the snapshot. 0 or -errno. */
int store_keeper_snapshot(struct store_lmdb *l);

#endif
