/* store_keeper: the thread behind the LMDB back end: it merges the journal into the tables, flushes
 * to the disk before a second is over, and has all copied aside now and then, by a thread that
 * nobody waits for, however slow the disk is. Nobody who commits waits for the keeper, but when the
 * journal is at its bound.
 *
 * A commit is not flushed by itself (unless sync=power), so after a loss of power the file may hold
 * pages of different times. Therefore each flush notes the file's two first pages, LMDB's roots, in
 * the file `synced`, and a reader is kept there until the next: LMDB does not use the pages again
 * that a reader may see. Putting those roots back leads to the state of the last flush, whole. A
 * file that was just opened is flushed and held so before anything is written to it: until then the
 * noted roots are those of the run before, which nobody holds. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/store/store_files.h"
#include "lib/store/store_lmdb.h"

#define TICK_MS         50
#define SYNC_NS         UINT64_C(400000000) /* with the flush itself, less than a second */
#define REOPEN_NS       UINT64_C(1000000000)
#define REST_NS         UINT64_C(2000000000) /* between merges of a small journal */
#define SLICE           2000                 /* changes in a transaction of the merge: some ms */
#define SLICE_POWER     16000
#define SECOND_NS       UINT64_C(1000000000)
#define SNAPSHOT_SOON_S 60 /* after the start, when the last one is old */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Times are looked at by the keeper, and set by whoever merges or flushes. */
static void note_time(uint64_t *at)
{
	__atomic_store_n(at, now_ns(), __ATOMIC_RELAXED);
}

static uint64_t since_ns(const uint64_t *at)
{
	return now_ns() - __atomic_load_n(at, __ATOMIC_RELAXED);
}

uint64_t store_keeper_flush_age_ns(const struct store_lmdb *l)
{
	return since_ns(&l->flushed_ns);
}

static uint64_t commits_of(const struct store_lmdb *l)
{
	return __atomic_load_n(&l->commits, __ATOMIC_ACQUIRE);
}

void store_keeper_unpin(struct store_lmdb *l)
{
	if (l->pin)
		mdb_txn_abort(l->pin);
	l->pin = NULL;
	__atomic_store_n(&l->held, false, __ATOMIC_RELEASE);
}

/* The roots as they are now, and a reader of them; under LMDB's own lock of the writer. */
static int take_roots(struct store_lmdb *l, struct store_roots *roots, MDB_txn **reader)
{
	mdb_filehandle_t fd;
	MDB_txn *writer;
	int code = mdb_txn_begin(l->env, NULL, 0, &writer);

	if (code)
		return code;
	code = mdb_env_get_fd(l->env, &fd);
	if (!code &&
		pread(fd, roots->bytes, sizeof(roots->bytes), 0) != (ssize_t)sizeof(roots->bytes))
		code = EIO;
	if (!code)
		code = mdb_txn_begin(l->env, NULL, MDB_RDONLY, reader);
	mdb_txn_abort(writer);
	return code;
}

static int sync_point(struct store_lmdb *l)
{
	uint64_t commits = commits_of(l);
	struct store_roots roots;
	MDB_txn *reader = NULL;
	int code = take_roots(l, &roots, &reader);

	if (!code)
		code = mdb_env_sync(l->env, 1);
	if (!code)
		code = store_roots_write(l->directory, &roots);
	if (code) {
		if (reader)
			mdb_txn_abort(reader);
		return code;
	}
	if (l->pin)
		mdb_txn_abort(l->pin);
	l->pin = reader;
	__atomic_store_n(&l->held, true, __ATOMIC_RELEASE);
	l->synced_commits = commits;
	return 0;
}

int store_keeper_begin(struct store_lmdb *l)
{
	char synced[sizeof(l->directory) + 16];
	int code;

	if (!l->opt.power)
		return sync_point(l);
	code = mdb_env_sync(l->env, 1);
	if (!code) { /* each commit is a sync from here on: none is to be led back to */
		snprintf(synced, sizeof(synced), "%s/synced", l->directory);
		unlink(synced);
		__atomic_store_n(&l->held, true, __ATOMIC_RELEASE);
	}
	return code;
}

static void note_health(struct store_lmdb *l, int code)
{
	store_lmdb_note(l, code);
	__atomic_store_n(&l->health, store_lmdb_error(code), __ATOMIC_RELEASE);
}

/* Under merge_lock. */
static int sync_locked(struct store_lmdb *l)
{
	int code = 0;

	__atomic_store_n(&l->unsynced_pages, 0, __ATOMIC_RELAXED);
	if (!l->opt.power &&
		(commits_of(l) != l->synced_commits || !l->synced_ns || !store_lmdb_is_held(l)))
		code = sync_point(l);
	note_time(&l->synced_ns);
	if (!code)
		note_time(&l->flushed_ns);
	note_health(l, code);
	return code;
}

int store_keeper_sync(struct store_lmdb *l)
{
	int code;

	pthread_mutex_lock(&l->merge_lock);
	code = sync_locked(l);
	pthread_mutex_unlock(&l->merge_lock);
	return store_lmdb_error(code);
}

int store_keeper_merge(struct store_lmdb *l, size_t slice)
{
	int code = 0;

	pthread_mutex_lock(&l->merge_lock);
	if (__atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED)) { /* then it is held */
		code = store_journal_merge(l, slice);
		if (code == MDB_MAP_FULL && !sync_locked(l)) /* what was freed may be used now */
			code = store_journal_merge(l, slice);
		__atomic_fetch_add(&l->commits, 1, __ATOMIC_RELEASE);
		note_health(l, code);
	}
	note_time(&l->merged_ns);
	pthread_mutex_unlock(&l->merge_lock);
	pthread_mutex_lock(&l->keeper_lock);
	pthread_cond_broadcast(&l->merged);
	pthread_mutex_unlock(&l->keeper_lock);
	return code;
}

/* Whether the file is whole, by its state of now: a reader of it keeps its pages as they are. LMDB
 * trusts what it reads; it is not let near a page that was not looked at first. LMDB's codes. */
static int look(struct store_lmdb *l)
{
	char path[sizeof(l->directory) + 16], why[160];
	struct store_roots roots;
	MDB_txn *reader = NULL;
	int code = take_roots(l, &roots, &reader);

	if (code)
		return code;
	snprintf(path, sizeof(path), "%s/data.mdb", l->directory);
	code = store_check_state(path, &roots, why, sizeof(why));
	mdb_txn_abort(reader);
	return code == -EBADMSG ? MDB_CORRUPTED : -code;
}

int store_keeper_snapshot(struct store_lmdb *l)
{
	uint64_t commits = commits_of(l), wall_s = 0;
	int code;

	pthread_mutex_lock(
		&l->snapshot_lock); /* one at a time; flushes and merges go on meanwhile */
	code = look(l);
	store_lmdb_note(l, code);
	if (!code)
		code = store_snapshot_write(l->directory, l->env, &wall_s);
	if (!code) {
		__atomic_store_n(&l->snapshot_commits, commits, __ATOMIC_RELAXED);
		__atomic_store_n(&l->snapshot_wall_s, wall_s, __ATOMIC_RELAXED);
	}
	pthread_mutex_unlock(&l->snapshot_lock);
	return store_lmdb_error(code);
}

/* The copier: a snapshot, or a look at a file that nobody has changed since the last. */
static void *copy(void *arg)
{
	struct store_lmdb *l = arg;

	pthread_rwlock_rdlock(&l->env_lock);
	if (store_lmdb_is_out(l))
		; /* the keeper opens it anew first */
	else if (commits_of(l) != __atomic_load_n(&l->snapshot_commits, __ATOMIC_RELAXED))
		store_keeper_snapshot(l);
	else
		store_lmdb_note(l, look(l));
	pthread_rwlock_unlock(&l->env_lock);
	__atomic_store_n(&l->copied, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Without @wait it is only seen to when it has ended by itself. */
static void copier_end(struct store_lmdb *l, bool wait)
{
	if (!l->copier_runs || (!wait && !__atomic_load_n(&l->copied, __ATOMIC_ACQUIRE)))
		return;
	pthread_join(l->copier, NULL);
	l->copier_runs = false;
}

static void copier_begin(struct store_lmdb *l)
{
	copier_end(l, false);
	if (l->copier_runs)
		return; /* the last one still copies */
	__atomic_store_n(&l->copied, false, __ATOMIC_RELAXED);
	l->copier_runs = !pthread_create(&l->copier, NULL, copy, l);
}

/* The file that is open still stands where it belongs. */
static bool is_in_place(const struct store_lmdb *l)
{
	char path[sizeof(l->directory) + 16];
	struct stat open, there;
	mdb_filehandle_t fd;

	snprintf(path, sizeof(path), "%s/data.mdb", l->directory);
	if (mdb_env_get_fd(l->env, &fd) || fstat(fd, &open))
		return true; /* nothing can be told */
	if (stat(path, &there))
		return errno != ENOENT && errno != ENOTDIR;
	return open.st_ino == there.st_ino && open.st_dev == there.st_dev;
}

/* LMDB trusts itself no more after a page could not be written: open it once more. A file that is
 * damaged or gone is made anew; what it held is in its users' memory. */
static void reopen(struct store_lmdb *l)
{
	bool lost = __atomic_load_n(&l->lost, __ATOMIC_ACQUIRE);
	int code = 0;

	pthread_rwlock_wrlock(&l->env_lock);
	if (l->views) { /* its reader is LMDB's too: later */
		pthread_rwlock_unlock(&l->env_lock);
		return;
	}
	store_lmdb_env_close(l);
	if (lost)
		code = -store_renew(l->directory, &l->owner);
	if (!code)
		code = store_lmdb_env_open(l);
	note_health(l, code);
	__atomic_store_n(&l->panic, code != 0, __ATOMIC_RELEASE);
	if (!code && lost) {
		__atomic_store_n(&l->synced_ns, 0, __ATOMIC_RELAXED); /* flushed at once */
		__atomic_fetch_add(&l->renewals, 1, __ATOMIC_RELEASE);
		__atomic_store_n(&l->lost, false, __ATOMIC_RELEASE);
	}
	pthread_rwlock_unlock(&l->env_lock);
}

/* What is due; under env_lock. */
static void work(struct store_lmdb *l)
{
	size_t journal = __atomic_load_n(&l->journal_bytes, __ATOMIC_RELAXED);
	uint64_t now = now_ns();

	if (journal >= STORE_JOURNAL_PASS || (journal && since_ns(&l->merged_ns) >= REST_NS))
		store_keeper_merge(l, l->opt.power ? SLICE_POWER : SLICE);
	if (since_ns(&l->synced_ns) >= SYNC_NS || store_lmdb_wants_sync(l)) {
		if (!is_in_place(l))
			__atomic_store_n(&l->lost, true, __ATOMIC_RELEASE);
		else
			store_keeper_sync(l);
	}
	if (store_lmdb_is_out(l))
		return;
	if (l->opt.snapshot_s && now >= l->snapshot_ns) {
		l->snapshot_ns = now + l->opt.snapshot_s * SECOND_NS;
		copier_begin(l);
	}
}

/* Until the next tick, or until somebody wants a merge. False: it is over. */
static bool rest(struct store_lmdb *l)
{
	struct timespec until;
	bool stop;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_mutex_lock(&l->keeper_lock);
	if (!l->stop)
		pthread_cond_timedwait(&l->keeper_wake, &l->keeper_lock, &until);
	stop = l->stop;
	pthread_mutex_unlock(&l->keeper_lock);
	return !stop;
}

static void *run(void *arg)
{
	struct store_lmdb *l = arg;

	while (rest(l)) {
		if (store_lmdb_is_out(l)) {
			if (since_ns(&l->synced_ns) >= REOPEN_NS) {
				note_time(&l->synced_ns);
				reopen(l);
			}
			continue;
		}
		pthread_rwlock_rdlock(&l->env_lock);
		work(l);
		pthread_rwlock_unlock(&l->env_lock);
	}
	return NULL;
}

/* When the last one is as old as it may be; soon, when it is older or there is none. */
static uint64_t first_snapshot(const struct store_lmdb *l)
{
	uint64_t wall_s = (uint64_t)time(NULL), wait_s = l->opt.snapshot_s;

	if (l->snapshot_wall_s && l->snapshot_wall_s <= wall_s)
		wait_s -=
			wall_s - l->snapshot_wall_s < wait_s ? wall_s - l->snapshot_wall_s : wait_s;
	else
		wait_s = 0;
	if (wait_s < SNAPSHOT_SOON_S)
		wait_s = l->opt.snapshot_s < SNAPSHOT_SOON_S ? l->opt.snapshot_s : SNAPSHOT_SOON_S;
	return now_ns() + wait_s * SECOND_NS;
}

int store_keeper_start(struct store_lmdb *l)
{
	pthread_condattr_t attr;
	int err;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&l->keeper_wake, &attr);
	pthread_cond_init(&l->merged, &attr);
	pthread_condattr_destroy(&attr);
	l->merged_ns = l->flushed_ns = now_ns();
	l->snapshot_ns = first_snapshot(l);
	l->snapshot_commits = UINT64_MAX; /* what it has of an earlier run is not known */
	store_keeper_sync(l);
	err = pthread_create(&l->keeper, NULL, run, l);
	l->keeper_runs = !err;
	return err;
}

void store_keeper_stop(struct store_lmdb *l)
{
	if (!l->keeper_runs)
		return;
	pthread_mutex_lock(&l->keeper_lock);
	l->stop = true;
	pthread_cond_signal(&l->keeper_wake);
	pthread_mutex_unlock(&l->keeper_lock);
	pthread_join(l->keeper, NULL);
	copier_end(l, true);
	if (!store_lmdb_is_out(l)) {
		store_keeper_merge(l, 0);
		store_keeper_sync(l);
	}
	pthread_cond_destroy(&l->keeper_wake);
	pthread_cond_destroy(&l->merged);
}
