/* store_lmdb: tables in a memory-mapped LMDB file.
 *
 * Commits go to the journal (store_journal.c), in the page cache: what was acknowledged survives
 * kill -9 of any process; the keeper (store_keeper.c) flushes more than once a second. With
 * sync=power LMDB flushes at each commit. Pages are written by the kernel's calls and not through
 * the map (MDB_WRITEMAP would be faster): a full disk is then an error and not a signal, and a
 * stray write of ours cannot reach the file. */
#include "lib/store/store_lmdb.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/store/store_files.h"

#define JOURNAL      "journal"
#define DRAIN_MORE   (96u << 20) /* room to empty a journal into a map that is full */
#define WAIT_S       5           /* for the merge, when the journal is at its bound */
#define CHUNK_ROOM   2048
#define PAGES_COMMIT 6 /* that a commit copies, besides what it adds */

int store_lmdb_error(int code)
{
	if (code == 0)
		return 0;
	if (code == MDB_NOTFOUND)
		return -ENOENT;
	if (code == MDB_MAP_FULL)
		return -ENOSPC;
	if (code == MDB_BAD_VALSIZE)
		return -EINVAL;
	if (code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND || code == MDB_INVALID)
		return -EBADMSG;
	return code > 0 ? -code : -EIO;
}

void store_lmdb_note(struct store_lmdb *l, int code)
{
	if (code == MDB_PANIC || code == EIO)
		__atomic_store_n(&l->panic, true, __ATOMIC_RELEASE);
	if (store_lmdb_error(code) == -EBADMSG)
		__atomic_store_n(&l->lost, true, __ATOMIC_RELEASE);
}

static MDB_val value_of(const void *bytes, size_t len)
{
	return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)bytes};
}

/* ---- sums: LMDB has none of its own ---- */

void store_sum_key(struct hash_key *key, const char *table)
{
	static const struct hash_key plain = {UINT64_C(0x73756e77617264), 1};

	key->k0 = hash_bytes(&plain, table, strlen(table));
	key->k1 = plain.k0;
}

static uint32_t sum_of(const struct hash_key *sum, const void *key, size_t key_len,
	const void *value, size_t value_len)
{
	struct hash_key k = *sum;

	k.k1 ^= hash_bytes(&k, key, key_len);
	return (uint32_t)hash_bytes(&k, value, value_len);
}

void store_sum(const struct hash_key *sum, const void *key, size_t key_len, const void *value,
	size_t value_len, uint8_t out[STORE_SUM_BYTES])
{
	uint32_t v = sum_of(sum, key, key_len, value, value_len);

	for (int i = 0; i < STORE_SUM_BYTES; i++)
		out[i] = (uint8_t)(v >> 8 * (3 - i));
}

bool store_sum_right(
	const struct hash_key *sum, const void *key, size_t key_len, const void *value, size_t *len)
{
	uint8_t want[STORE_SUM_BYTES];

	if (*len < STORE_SUM_BYTES)
		return false;
	*len -= STORE_SUM_BYTES;
	store_sum(sum, key, key_len, value, *len, want);
	return !memcmp((const uint8_t *)value + *len, want, sizeof(want));
}

/* ---- commits ---- */

/* Wait while the journal is at its bound. 0 or -errno of a merge that fails. */
static int wait_for_room(struct store_lmdb *l)
{
	struct timespec until;
	int err = 0;

	if (__atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED) < STORE_JOURNAL_BOUND)
		return 0;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += WAIT_S;
	pthread_mutex_lock(&l->keeper_lock);
	pthread_cond_signal(&l->keeper_wake);
	while (!err &&
		__atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED) >= STORE_JOURNAL_BOUND) {
		err = __atomic_load_n(&l->health, __ATOMIC_ACQUIRE);
		if (!err)
			err = -pthread_cond_timedwait(&l->merged, &l->keeper_lock, &until);
	}
	pthread_mutex_unlock(&l->keeper_lock);
	return err;
}

/* A merge or a sync is wanted before the keeper's next tick. */
static void hint(struct store_lmdb *l, size_t count)
{
	__atomic_fetch_add(&l->unsynced_pages, PAGES_COMMIT + count / 16, __ATOMIC_RELAXED);
	if (__atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED) < STORE_JOURNAL_PASS &&
		!store_lmdb_wants_sync(l))
		return;
	pthread_mutex_lock(&l->keeper_lock);
	pthread_cond_signal(&l->keeper_wake);
	pthread_mutex_unlock(&l->keeper_lock);
}

/* Larger values go straight into the tables, behind what the journal holds. */
static int commit_one(struct store_lmdb *l, const struct store_change *changes, size_t count)
{
	int code;

	if (store_journal_takes(changes, count))
		return store_journal_append(l, changes, count);
	code = store_keeper_merge(l, 0);
	return code ? code : store_journal_bypass(l, changes, count);
}

static int lmdb_commit(struct store *s, const struct store_change *changes, size_t count)
{
	struct store_lmdb *l = store_lmdb(s);
	int code;

	if (!count)
		return 0;
	if (store_lmdb_is_out(l))
		return -EIO;
	code = wait_for_room(l);
	if (code)
		return code;
	pthread_rwlock_rdlock(&l->env_lock);
	pthread_mutex_lock(&l->commit_lock);
	code = store_lmdb_is_held(l) ? 0 : -store_keeper_sync(l);
	if (!code)
		code = commit_one(l, changes, count);
	if (code == MDB_MAP_FULL && !store_keeper_sync(l)) /* what was freed may be used now */
		code = commit_one(l, changes, count);
	__atomic_fetch_add(&l->commits, 1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&l->commit_lock);
	pthread_rwlock_unlock(&l->env_lock);
	store_lmdb_note(l, code);
	hint(l, count);
	return store_lmdb_error(code);
}

/* ---- reading ---- */

static int txn_get(struct store_lmdb *l, MDB_txn *txn, unsigned int table, const void *key,
	size_t key_len, void *value, size_t *len)
{
	MDB_val k = value_of(key, key_len), v;
	int code = store_lmdb_error(mdb_get(txn, l->tables[table], &k, &v));
	size_t room = *len;

	if (code)
		return code;
	*len = v.mv_size;
	if (!store_sum_right(&l->sums[table], key, key_len, v.mv_data, len))
		return -EBADMSG;
	if (*len > room)
		return -EMSGSIZE;
	if (*len)
		memcpy(value, v.mv_data, *len);
	return 0;
}

static int txn_scan(struct store_lmdb *l, MDB_txn *txn, unsigned int table, const void *from,
	size_t from_len, store_each *each, void *arg)
{
	MDB_val key = value_of(from, from_len), value;
	MDB_cursor *cursor;
	bool more = true;
	int code = mdb_cursor_open(txn, l->tables[table], &cursor);

	if (code)
		return store_lmdb_error(code);
	code = mdb_cursor_get(cursor, &key, &value, from ? MDB_SET_RANGE : MDB_FIRST);
	while (!code && more) {
		size_t len = value.mv_size;

		if (store_sum_right(&l->sums[table], key.mv_data, key.mv_size, value.mv_data, &len))
			more = each(arg, key.mv_data, key.mv_size, value.mv_data, len);
		if (more)
			code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return code == MDB_NOTFOUND ? 0 : store_lmdb_error(code);
}

/* A reader of the present, with the journal merged; env_lock is held when it succeeds. */
static int begin_read(struct store_lmdb *l, MDB_txn **txn)
{
	int code = 0;

	pthread_rwlock_rdlock(&l->env_lock);
	if (store_lmdb_is_out(l))
		code = EIO;
	if (!code)
		code = store_keeper_merge(l, 0);
	if (!code)
		code = mdb_txn_begin(l->env, NULL, MDB_RDONLY, txn);
	if (code)
		pthread_rwlock_unlock(&l->env_lock);
	return store_lmdb_error(code);
}

static void end_read(struct store_lmdb *l, MDB_txn *txn)
{
	mdb_txn_abort(txn);
	pthread_rwlock_unlock(&l->env_lock);
}

static int lmdb_get(struct store *s, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	struct store_lmdb *l = store_lmdb(s);
	MDB_txn *txn;
	int code = begin_read(l, &txn);

	if (code)
		return code;
	code = txn_get(l, txn, table, key, key_len, value, len);
	end_read(l, txn);
	return code;
}

static int lmdb_scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	store_each *each, void *arg)
{
	struct store_lmdb *l = store_lmdb(s);
	MDB_txn *txn;
	int code = begin_read(l, &txn);

	if (code)
		return code;
	code = txn_scan(l, txn, table, from, from_len, each, arg);
	end_read(l, txn);
	return code;
}

static int lmdb_view_open(struct store *s, struct store_view *v)
{
	struct store_lmdb *l = store_lmdb(s);
	MDB_txn *txn;
	int code = begin_read(l, &txn);

	if (code)
		return code;
	v->reader = txn;
	__atomic_fetch_add(&l->views, 1, __ATOMIC_RELAXED);
	pthread_rwlock_unlock(&l->env_lock);
	return 0;
}

static int lmdb_view_get(struct store_view *v, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	return txn_get(store_lmdb(v->store), v->reader, table, key, key_len, value, len);
}

static int lmdb_view_scan(struct store_view *v, unsigned int table, const void *from,
	size_t from_len, store_each *each, void *arg)
{
	return txn_scan(store_lmdb(v->store), v->reader, table, from, from_len, each, arg);
}

static void lmdb_view_close(struct store_view *v)
{
	mdb_txn_abort(v->reader);
	__atomic_fetch_sub(&store_lmdb(v->store)->views, 1, __ATOMIC_RELAXED);
}

static int lmdb_sync(struct store *s)
{
	struct store_lmdb *l = store_lmdb(s);
	int code;

	if (store_lmdb_is_out(l))
		return -EIO;
	pthread_rwlock_rdlock(&l->env_lock);
	code = store_keeper_sync(l);
	pthread_rwlock_unlock(&l->env_lock);
	return code;
}

static int lmdb_snapshot(struct store *s)
{
	struct store_lmdb *l = store_lmdb(s);
	int code;

	if (store_lmdb_is_out(l))
		return -EIO;
	pthread_rwlock_rdlock(&l->env_lock);
	code = store_keeper_snapshot(l);
	pthread_rwlock_unlock(&l->env_lock);
	return code;
}

static int lmdb_mark(struct store *s, uint64_t *value)
{
	return store_mark_read(store_lmdb(s)->directory, value);
}

static int lmdb_mark_set(struct store *s, uint64_t value)
{
	return store_mark_write(store_lmdb(s)->directory, value);
}

static int lmdb_mark_drop(struct store *s)
{
	return store_mark_remove(store_lmdb(s)->directory);
}

static void lmdb_stat(struct store *s, struct store_stat *out)
{
	struct store_lmdb *l = store_lmdb(s);
	MDB_envinfo info;

	out->opening = l->opening;
	out->failing = __atomic_load_n(&l->health, __ATOMIC_ACQUIRE);
	if (!out->failing && store_lmdb_is_out(l))
		out->failing = -EIO;
	out->journal = __atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED);
	out->snapshot_wall_s = __atomic_load_n(&l->snapshot_wall_s, __ATOMIC_RELAXED);
	out->flush_wall_s = (uint64_t)time(NULL) - store_keeper_flush_age_ns(l) / 1000000000;
	pthread_rwlock_rdlock(&l->env_lock);
	if (l->env && mdb_env_info(l->env, &info) == 0) {
		out->used = (info.me_last_pgno + 1) * STORE_PAGE;
		out->size = info.me_mapsize;
	}
	pthread_rwlock_unlock(&l->env_lock);
}

/* ---- opening and closing ---- */

static int open_tables(struct store_lmdb *l)
{
	unsigned int flags = store_lmdb_is_held(l) ? MDB_CREATE : 0;
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, flags ? 0 : MDB_RDONLY, &txn);

	if (code)
		return code;
	for (unsigned int t = 0; !code && t < l->store.tables; t++)
		code = mdb_dbi_open(txn, l->names[t], flags, &l->tables[t]);
	if (!code)
		code = mdb_dbi_open(txn, JOURNAL, flags, &l->journal);
	if (!code)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return code;
}

/* Nothing waits in the journal while nobody has the store open; a full map gets more room for it.
 */
static int drain(struct store_lmdb *l)
{
	MDB_envinfo info;
	int code = store_journal_open(l);

	if (code || !__atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED))
		return code;
	if (!store_lmdb_is_held(l))
		return ENOSPC;
	code = store_journal_merge(l, 0);
	if (code != MDB_MAP_FULL)
		return code;
	code = mdb_env_info(l->env, &info);
	store_keeper_unpin(l); /* no reader may be there; nothing is written until one is again */
	if (!code)
		code = mdb_env_set_mapsize(l->env, info.me_mapsize + DRAIN_MORE);
	if (!code)
		code = store_keeper_begin(l);
	return code ? code : store_journal_merge(l, 0);
}

int store_lmdb_env_open(struct store_lmdb *l)
{
	/* MDB_NOTLS: a reader's slot belongs to its transaction, not to its thread. */
	unsigned int flags = MDB_NOTLS | (l->opt.power ? 0 : MDB_NOSYNC);
	int code = mdb_env_create(&l->env);

	if (code) {
		l->env = NULL;
		return code;
	}
	mdb_env_set_maxdbs(l->env, STORE_TABLES_MAX + 1);
	mdb_env_set_mapsize(l->env, l->opt.size_max);
	code = mdb_env_open(l->env, l->directory, flags, 0600);
	if (!code) {
		code = store_keeper_begin(l);
		if (!l->opt.power && code > 0 && code != EIO)
			code = 0; /* nowhere to note its roots: it can be read */
	}
	if (!code)
		code = open_tables(l);
	if (!code)
		code = drain(l);
	if (code)
		store_lmdb_env_close(l);
	return code;
}

void store_lmdb_env_close(struct store_lmdb *l)
{
	store_keeper_unpin(l);
	if (l->env)
		mdb_env_close(l->env);
	l->env = NULL;
}

static void free_all(struct store_lmdb *l)
{
	store_lmdb_env_close(l);
	if (l->owner >= 0)
		close(l->owner);
	pthread_rwlock_destroy(&l->env_lock);
	pthread_mutex_destroy(&l->commit_lock);
	pthread_mutex_destroy(&l->keeper_lock);
	pthread_mutex_destroy(&l->merge_lock);
	pthread_mutex_destroy(&l->snapshot_lock);
	free(l->chunk);
	free(l);
}

static void lmdb_close(struct store *s)
{
	store_keeper_stop(store_lmdb(s));
	free_all(store_lmdb(s));
}

static uint64_t lmdb_renewals(const struct store *s)
{
	const struct store_lmdb *l = (const struct store_lmdb *)s;

	return __atomic_load_n(&l->renewals, __ATOMIC_ACQUIRE);
}

static const struct store_backend backend = {
	.close = lmdb_close,
	.commit = lmdb_commit,
	.get = lmdb_get,
	.scan = lmdb_scan,
	.sync = lmdb_sync,
	.view_open = lmdb_view_open,
	.view_get = lmdb_view_get,
	.view_scan = lmdb_view_scan,
	.view_close = lmdb_view_close,
	.stat = lmdb_stat,
	.snapshot = lmdb_snapshot,
	.mark = lmdb_mark,
	.mark_set = lmdb_mark_set,
	.mark_drop = lmdb_mark_drop,
	.renewals = lmdb_renewals,
};

/* A stream of readers must not keep the one from coming in who opens the file anew. */
static void locks_init(struct store_lmdb *l)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&l->env_lock, &attr);
	pthread_rwlockattr_destroy(&attr);
	pthread_mutex_init(&l->commit_lock, NULL);
	pthread_mutex_init(&l->keeper_lock, NULL);
	pthread_mutex_init(&l->merge_lock, NULL);
	pthread_mutex_init(&l->snapshot_lock, NULL);
}

static struct store_lmdb *new_store(const char *directory, const struct store_lmdb_options *opt,
	const char *const *tables, unsigned int count)
{
	struct store_lmdb *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->store = (struct store){.backend = &backend, .tables = count};
	l->opt = *opt;
	l->owner = -1;
	snprintf(l->directory, sizeof(l->directory), "%s", directory);
	for (unsigned int t = 0; t < count; t++) {
		snprintf(l->names[t], sizeof(l->names[t]), "%s", tables[t]);
		store_sum_key(&l->sums[t], tables[t]);
	}
	store_sum_key(&l->journal_sum, JOURNAL);
	locks_init(l);
	l->chunk = malloc(CHUNK_ROOM);
	return l;
}

/* Become the owner, make the files good, open them. errno's and LMDB's codes. */
static int open_files(struct store_lmdb *l)
{
	int err;

	if (mkdir(l->directory, 0700) && errno != EEXIST)
		return errno;
	err = store_own(l->directory, &l->owner);
	if (!err)
		err = store_recover(l->directory, &l->opening);
	if (err)
		return -err;
	l->snapshot_wall_s = store_snapshot_time(l->directory);
	err = store_lmdb_env_open(l);
	return err ? err : store_keeper_start(l);
}

int store_lmdb_open(struct store **out, const char *directory, const struct store_lmdb_options *opt,
	const char *const *tables, unsigned int count, char *why, size_t why_size)
{
	struct store_lmdb *l = new_store(directory, opt, tables, count);
	int code = l && l->chunk ? open_files(l) : ENOMEM;

	if (!code) {
		*out = &l->store;
		return 0;
	}
	snprintf(why, why_size, "store \"lmdb:%s\": %s%s%s%s", directory,
		code == EBUSY ? "another process has it open" : mdb_strerror(code),
		l && *l->opening.why ? " (found damaged: " : "", l ? l->opening.why : "",
		l && *l->opening.why ? ")" : "");
	if (l)
		free_all(l);
	return store_lmdb_error(code);
}
