/* See store_files.h. */
#include "lib/store/store_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/hash.h"

#define PATH_BYTES 4200
#define BOOT_ID    "/proc/sys/kernel/random/boot_id"
#define BOOT_BYTES 64

static const uint8_t sum_secret[16] = "sunward-synced";

static const char *path_of(const char *directory, const char *name, char path[PATH_BYTES])
{
	snprintf(path, PATH_BYTES, "%s/%s", directory, name);
	return path;
}

/* ---- whole files ---- */

static int write_all(int fd, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;

	while (len) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static void sync_directory(const char *directory)
{
	int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!fsync(fd);
	close(fd);
}

/* @temporary takes the place of @name, at once and for good. */
static int settle(const char *directory, int fd, const char *temporary, const char *name)
{
	char from[PATH_BYTES], to[PATH_BYTES];
	int err = fdatasync(fd) ? errno : 0;

	close(fd);
	path_of(directory, temporary, from);
	if (!err && rename(from, path_of(directory, name, to)))
		err = errno;
	if (err)
		unlink(from);
	else
		sync_directory(directory);
	return err;
}

static int create(const char *directory, const char *name, int *fd)
{
	char path[PATH_BYTES];

	*fd = open(path_of(directory, name, path), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	return *fd < 0 ? errno : 0;
}

static int write_file(const char *directory, const char *name, const void *bytes, size_t len)
{
	int fd, err = create(directory, "new", &fd);

	if (err)
		return err;
	err = write_all(fd, bytes, len);
	if (!err)
		return settle(directory, fd, "new", name);
	close(fd);
	return err;
}

/* By two files that change places, so that a full disk has room for it always: without it nothing
 * could be written at all. */
static int exchange(const char *directory, const char *name, const char *spare_name,
	const void *bytes, size_t len)
{
	char spare[PATH_BYTES], path[PATH_BYTES];
	int fd, err;

	fd = open(path_of(directory, spare_name, spare), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return errno;
	err = write_all(fd, bytes, len);
	if (!err && fdatasync(fd))
		err = errno;
	close(fd);
	if (err)
		return err;
	path_of(directory, name, path);
	if (renameat2(AT_FDCWD, spare, AT_FDCWD, path, RENAME_EXCHANGE) && rename(spare, path))
		return errno;
	sync_directory(directory);
	return 0;
}

/* The first @len bytes; how many there were, or -1. */
static ssize_t read_file(const char *path, void *bytes, size_t len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, bytes, len);
	close(fd);
	return n;
}

static int copy_file(const char *directory, const char *from, const char *to)
{
	char path[PATH_BYTES], buf[65536];
	int in = open(path_of(directory, from, path), O_RDONLY | O_CLOEXEC), out, err;
	ssize_t n = 0;

	if (in < 0)
		return errno;
	err = create(directory, "new", &out);
	if (!err) {
		while (!err && (n = read(in, buf, sizeof(buf))) > 0)
			err = write_all(out, buf, (size_t)n);
		if (!err && n < 0)
			err = errno;
		if (err) {
			close(out);
			unlink(path_of(directory, "new", path));
		} else {
			err = settle(directory, out, "new", to);
		}
	}
	close(in);
	return err;
}

/* ---- the roots at the last flush ---- */

struct synced {
	struct store_roots roots;
	uint64_t sum;
};

static uint64_t sum_of(const struct store_roots *roots)
{
	struct hash_key key;

	hash_key_set(&key, sum_secret);
	return hash_bytes(&key, roots->bytes, sizeof(roots->bytes));
}

int store_roots_write(const char *directory, const struct store_roots *roots)
{
	struct synced s = {*roots, sum_of(roots)};

	return exchange(directory, "synced", "synced.spare", &s, sizeof(s));
}

/* The machine went down since the file was written: what LMDB wrote last may have reached the disk
 * in part. True: the roots of the last flush are in place again. */
static bool lead_back(const char *directory)
{
	char path[PATH_BYTES];
	struct synced s;
	bool ok = false;
	int fd;

	if (read_file(path_of(directory, "synced", path), &s, sizeof(s)) != (ssize_t)sizeof(s) ||
		s.sum != sum_of(&s.roots))
		return false;
	fd = open(path_of(directory, "data.mdb", path), O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	ok = pwrite(fd, s.roots.bytes, sizeof(s.roots.bytes), 0) ==
		     (ssize_t)sizeof(s.roots.bytes) &&
	     fdatasync(fd) == 0;
	close(fd);
	return ok;
}

/* ---- the mark ---- */

struct mark {
	uint64_t value, sum;
};

static uint64_t sum_of_mark(uint64_t value)
{
	struct hash_key key;

	hash_key_set(&key, sum_secret);
	return hash_bytes(&key, &value, sizeof(value));
}

int store_mark_read(const char *directory, uint64_t *value)
{
	char path[PATH_BYTES];
	struct mark m;
	ssize_t n = read_file(path_of(directory, "mark", path), &m, sizeof(m));

	if (n < 0)
		return -errno;
	if (n != (ssize_t)sizeof(m) || m.sum != sum_of_mark(m.value))
		return -EBADMSG;
	*value = m.value;
	return 0;
}

int store_mark_write(const char *directory, uint64_t value)
{
	const struct mark m = {value, sum_of_mark(value)};

	return -exchange(directory, "mark", "mark.spare", &m, sizeof(m));
}

/* A full disk has room for that. */
int store_mark_remove(const char *directory)
{
	char path[PATH_BYTES];

	if (unlink(path_of(directory, "mark", path)) && errno != ENOENT)
		return -errno;
	sync_directory(directory);
	return 0;
}

int store_mark_save(const char *directory, uint64_t value)
{
	uint64_t now;

	if (!store_mark_read(directory, &now) && now >= value)
		return 0;
	return store_mark_write(directory, value) ? store_mark_remove(directory) : 0;
}

/* ---- snapshots ---- */

int store_snapshot_write(const char *directory, MDB_env *env, uint64_t *wall_s)
{
	int fd, code = create(directory, "snapshot.new", &fd);

	if (code)
		return code;
	code = mdb_env_copyfd2(env, fd, MDB_CP_COMPACT);
	if (code) {
		char path[PATH_BYTES];

		close(fd);
		unlink(path_of(directory, "snapshot.new", path));
		return code;
	}
	code = settle(directory, fd, "snapshot.new", "snapshot");
	*wall_s = store_snapshot_time(directory);
	return code;
}

uint64_t store_snapshot_time(const char *directory)
{
	char path[PATH_BYTES];
	struct stat st;

	return stat(path_of(directory, "snapshot", path), &st) ? 0 : (uint64_t)st.st_mtime;
}

int store_copy(const char *directory, const char *to, char *why, size_t why_size)
{
	MDB_env *env = NULL;
	int code = mkdir(to, 0700) ? errno : mdb_env_create(&env);
	char path[PATH_BYTES];

	if (!code)
		code = mdb_env_open(env, directory, MDB_RDONLY | MDB_NOTLS, 0600);
	if (!code)
		code = mdb_env_copy2(env, to, MDB_CP_COMPACT);
	if (env)
		mdb_env_close(env);
	if (!code)
		return 0;
	unlink(path_of(to, "data.mdb", path));
	rmdir(to);
	snprintf(why, why_size, "%s: %s", directory, mdb_strerror(code));
	return code > 0 ? -code : -EBADMSG;
}

/* ---- opening ---- */

int store_own(const char *directory, int *fd)
{
	char path[PATH_BYTES];

	*fd = open(path_of(directory, "owner", path), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (*fd < 0)
		return -errno;
	if (flock(*fd, LOCK_EX | LOCK_NB) == 0)
		return 0;
	close(*fd);
	*fd = -1;
	return errno == EWOULDBLOCK ? -EBUSY : -errno;
}

bool store_busy(const char *directory)
{
	char path[PATH_BYTES];
	int fd = open(path_of(directory, "owner", path), O_RDONLY | O_CLOEXEC);
	bool busy = fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (fd >= 0)
		close(fd);
	return busy;
}

/* True: the machine was started anew since. Notes the present boot. */
static bool other_boot(const char *directory)
{
	char path[PATH_BYTES], now[BOOT_BYTES] = "", then[BOOT_BYTES] = "";
	ssize_t n = read_file(BOOT_ID, now, sizeof(now) - 1);
	ssize_t m = read_file(path_of(directory, "boot", path), then, sizeof(then) - 1);
	bool same = n > 0 && n == m && !memcmp(now, then, (size_t)n);

	return m > 0 && !same;
}

static void note_boot(const char *directory)
{
	char now[BOOT_BYTES];
	ssize_t n = read_file(BOOT_ID, now, sizeof(now));

	if (n > 0)
		write_file(directory, "boot", now, (size_t)n);
}

/* LMDB's readers and roots of a file that is to go. For good: roots that are put into another file
 * would make it a ruin. */
static void forget_roots(const char *directory)
{
	char path[PATH_BYTES];

	unlink(path_of(directory, "lock.mdb", path));
	unlink(path_of(directory, "synced", path));
	sync_directory(directory);
}

static int put_aside(const char *directory)
{
	char data[PATH_BYTES], aside[PATH_BYTES];

	if (rename(path_of(directory, "data.mdb", data),
		    path_of(directory, "data.mdb.damaged", aside)) &&
		errno != ENOENT)
		return -errno;
	return 0;
}

/* The damaged file goes aside, or there is none; the snapshot, when it is good, takes its place.
 * Whole before that: what cannot be done now is tried again at the next start. */
static int replace(const char *directory, struct store_opening *out)
{
	char path[PATH_BYTES], data[PATH_BYTES], why[160];
	uint64_t records;
	int err = store_check(path_of(directory, "snapshot", path), &records, why, sizeof(why));
	bool good = !err;

	if (good)
		err = -copy_file(directory, "snapshot", "data.mdb.new");
	else if (err == -EBADMSG || err == -ENOENT)
		err = 0;
	if (err)
		return err;
	forget_roots(directory);
	err = put_aside(directory);
	if (err)
		return err;
	out->found = good ? STORE_FROM_SNAPSHOT : STORE_LOST;
	if (good && rename(path_of(directory, "data.mdb.new", path),
			    path_of(directory, "data.mdb", data)))
		return -errno;
	sync_directory(directory);
	return 0;
}

static bool is_there(const char *directory, const char *name)
{
	char path[PATH_BYTES];
	struct stat st;

	return stat(path_of(directory, name, path), &st) == 0 && st.st_size;
}

/* There is no data.mdb. Where there was one, its snapshot takes its place. */
static int begin(const char *directory, struct store_opening *out)
{
	out->found = STORE_FRESH;
	if (!is_there(directory, "snapshot") && !is_there(directory, "synced"))
		return 0;
	snprintf(out->why, sizeof(out->why), "data.mdb is missing");
	return replace(directory, out);
}

/* It and the one that it stands in, when they are missing. */
static int make_place(const char *directory)
{
	char parent[PATH_BYTES];
	char *slash;

	snprintf(parent, sizeof(parent), "%s", directory);
	slash = strrchr(parent, '/');
	if (slash && slash != parent) {
		*slash = '\0';
		mkdir(parent, 0750);
	}
	return mkdir(directory, 0700) && errno != EEXIST ? -errno : 0;
}

/* The lock is on the file that stands in the directory now. */
static int own_again(const char *directory, int *owner)
{
	char path[PATH_BYTES];
	struct stat held, there;
	int fd, err;

	if (!fstat(*owner, &held) && !stat(path_of(directory, "owner", path), &there) &&
		held.st_ino == there.st_ino && held.st_dev == there.st_dev)
		return 0;
	err = store_own(directory, &fd);
	if (err)
		return err;
	close(*owner);
	*owner = fd;
	return 0;
}

int store_renew(const char *directory, int *owner)
{
	int err = make_place(directory);

	if (!err)
		err = own_again(directory, owner);
	if (err)
		return err;
	err = put_aside(directory);
	if (err)
		return err;
	forget_roots(directory);
	note_boot(directory);
	return 0;
}

int store_recover(const char *directory, struct store_opening *out)
{
	char path[PATH_BYTES];
	uint64_t records;
	int err;

	*out = (struct store_opening){.found = STORE_INTACT};
	if (!is_there(directory, "data.mdb")) {
		err = begin(directory, out);
	} else {
		if (other_boot(directory) && lead_back(directory))
			out->found = STORE_LED_BACK;
		err = store_check(
			path_of(directory, "data.mdb", path), &records, out->why, sizeof(out->why));
		if (err == -EBADMSG)
			err = replace(directory, out);
	}
	if (!err)
		note_boot(directory);
	return err;
}
