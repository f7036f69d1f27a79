/* store_lmdb: tables in a memory-mapped LMDB file.
 *
 * Commits write to the page cache and do not wait for the disk (MDB_NOSYNC): what was acknowledged
 * survives kill -9 of any process, and store_sync() bounds what power loss takes. The map starts
 * small and doubles when it is full, up to the size given; beyond that a commit is -ENOSPC and
 * changes nothing. Growing needs that no reader is inside: a lock that readers share and a resize
 * takes alone. */
#include "lib/store/store_internal.h"

#include <errno.h>
#include <lmdb.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAP_START (1u << 20)

struct store_lmdb {
	struct store store;
	MDB_env *env;
	MDB_dbi tables[STORE_TABLES_MAX];
	uint64_t size, size_max; /* bytes of the map */
	pthread_rwlock_t resize;
};

static struct store_lmdb *lmdb(struct store *s)
{
	return (struct store_lmdb *)s;
}

/* LMDB's codes into errno's. */
static int failed(int code)
{
	if (code == 0)
		return 0;
	if (code == MDB_NOTFOUND)
		return -ENOENT;
	if (code == MDB_MAP_FULL)
		return -ENOSPC;
	if (code == MDB_BAD_VALSIZE)
		return -EINVAL;
	return code > 0 ? -code : -EIO;
}

static void lmdb_close(struct store *s)
{
	struct store_lmdb *l = lmdb(s);

	mdb_env_sync(l->env, 1);
	mdb_env_close(l->env);
	pthread_rwlock_destroy(&l->resize);
	free(l);
}

static MDB_val value_of(const void *bytes, size_t len)
{
	return (MDB_val){.mv_size = len, .mv_data = (void *)(uintptr_t)bytes};
}

static int apply(struct store_lmdb *l, MDB_txn *txn, const struct store_change *c)
{
	MDB_val key = value_of(c->key, c->key_len), value = value_of(c->value, c->value_len);
	int code;

	if (c->value)
		return mdb_put(txn, l->tables[c->table], &key, &value, 0);
	code = mdb_del(txn, l->tables[c->table], &key, NULL);
	return code == MDB_NOTFOUND ? 0 : code;
}

static int try_commit(struct store_lmdb *l, const struct store_change *changes, size_t count)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, 0, &txn);

	if (code)
		return code;
	for (size_t i = 0; !code && i < count; i++)
		code = apply(l, txn, &changes[i]);
	if (!code)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return code;
}

/* Double the map. False: it has its greatest size. */
static bool grow(struct store_lmdb *l)
{
	uint64_t size = l->size * 2 < l->size_max ? l->size * 2 : l->size_max;
	int code;

	if (size == l->size)
		return false;
	pthread_rwlock_wrlock(&l->resize);
	code = mdb_env_set_mapsize(l->env, size);
	pthread_rwlock_unlock(&l->resize);
	if (code)
		return false;
	l->size = size;
	return true;
}

static int lmdb_commit(struct store *s, const struct store_change *changes, size_t count)
{
	struct store_lmdb *l = lmdb(s);
	int code;

	do {
		code = try_commit(l, changes, count);
	} while (code == MDB_MAP_FULL && grow(l));
	return failed(code);
}

static int lmdb_get(struct store *s, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	MDB_val k = value_of(key, key_len), v;
	struct store_lmdb *l = lmdb(s);
	MDB_txn *txn;
	int code;

	pthread_rwlock_rdlock(&l->resize);
	code = failed(mdb_txn_begin(l->env, NULL, MDB_RDONLY, &txn));
	if (code)
		goto unlock;
	code = failed(mdb_get(txn, l->tables[table], &k, &v));
	if (!code && v.mv_size > *len)
		code = -EMSGSIZE;
	else if (!code && v.mv_size)
		memcpy(value, v.mv_data, v.mv_size);
	if (!code || code == -EMSGSIZE)
		*len = v.mv_size;
	mdb_txn_abort(txn);
unlock:
	pthread_rwlock_unlock(&l->resize);
	return code;
}

static int walk(MDB_cursor *cursor, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	MDB_val key = value_of(from, from_len), value;
	int code = mdb_cursor_get(cursor, &key, &value, from ? MDB_SET_RANGE : MDB_FIRST);

	while (!code && each(arg, key.mv_data, key.mv_size, value.mv_data, value.mv_size))
		code = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
	return code == MDB_NOTFOUND ? 0 : failed(code);
}

static int lmdb_scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	struct store_lmdb *l = lmdb(s);
	MDB_cursor *cursor;
	MDB_txn *txn;
	int code;

	pthread_rwlock_rdlock(&l->resize);
	code = failed(mdb_txn_begin(l->env, NULL, MDB_RDONLY, &txn));
	if (code)
		goto unlock;
	code = failed(mdb_cursor_open(txn, l->tables[table], &cursor));
	if (!code) {
		code = walk(cursor, from, from_len, each, arg);
		mdb_cursor_close(cursor);
	}
	mdb_txn_abort(txn);
unlock:
	pthread_rwlock_unlock(&l->resize);
	return code;
}

static int lmdb_sync(struct store *s)
{
	return failed(mdb_env_sync(lmdb(s)->env, 1));
}

static const struct store_backend backend = {
	.close = lmdb_close,
	.commit = lmdb_commit,
	.get = lmdb_get,
	.scan = lmdb_scan,
	.sync = lmdb_sync,
};

static int open_tables(struct store_lmdb *l, const char *const *tables, unsigned int count)
{
	MDB_txn *txn;
	int code = mdb_txn_begin(l->env, NULL, 0, &txn);

	if (code)
		return code;
	for (unsigned int t = 0; !code && t < count; t++)
		code = mdb_dbi_open(txn, tables[t], MDB_CREATE, &l->tables[t]);
	if (!code)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return code;
}

static int open_env(struct store_lmdb *l, const char *directory)
{
	MDB_envinfo info;
	int code = mdb_env_create(&l->env);

	if (code)
		return code;
	mdb_env_set_maxdbs(l->env, STORE_TABLES_MAX);
	mdb_env_set_mapsize(l->env, l->size);
	/* MDB_NOTLS: a reader's slot belongs to its transaction, not to its thread. */
	code = mdb_env_open(l->env, directory, MDB_NOSYNC | MDB_NOTLS, 0600);
	if (code)
		return code;
	/* A file that grew before keeps its size. */
	code = mdb_env_info(l->env, &info);
	if (!code && info.me_mapsize > l->size)
		l->size = info.me_mapsize;
	return code;
}

/* A stream of readers must not keep the writer from growing. */
static void lock_init(pthread_rwlock_t *lock)
{
	pthread_rwlockattr_t attr;

	pthread_rwlockattr_init(&attr);
	pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(lock, &attr);
	pthread_rwlockattr_destroy(&attr);
}

int store_lmdb_open(struct store **out, const char *directory, uint64_t size_max,
	const char *const *tables, unsigned int count, char *why, size_t why_size)
{
	struct store_lmdb *l = calloc(1, sizeof(*l));
	int code = ENOMEM;

	if (!l)
		goto fail;
	l->store = (struct store){.backend = &backend, .tables = count};
	l->size_max = size_max;
	l->size = size_max < MAP_START ? size_max : MAP_START;
	lock_init(&l->resize);
	code = mkdir(directory, 0700) && errno != EEXIST ? errno : open_env(l, directory);
	if (!code)
		code = open_tables(l, tables, count);
	if (!code) {
		*out = &l->store;
		return 0;
	}
fail:
	snprintf(why, why_size, "store \"lmdb:%s\": %s", directory, mdb_strerror(code));
	if (l && l->env)
		mdb_env_close(l->env);
	if (l)
		pthread_rwlock_destroy(&l->resize);
	free(l);
	return failed(code);
}
