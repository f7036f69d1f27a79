/* store_files: the files of an LMDB store's directory, and how one is made good again.
 *
 *	data.mdb          LMDB's file
 *	lock.mdb          LMDB's readers
 *	owner             locked by the daemon that has it open
 *	boot              the boot-id under which data.mdb was written last
 *	synced            the roots at the last flush, with their sum
 *	synced.spare      those of the flush before: the next are written over them
 *	mark              see store_mark_raise; mark.spare: the one before
 *	snapshot          a compact copy of data.mdb
 *	data.mdb.damaged  what was put aside
 *	data.mdb.new      a copy of the snapshot that is about to take its place
 *
 * Knows files and LMDB's roots, no tables. */
#ifndef SUNWARD_LIB_STORE_STORE_FILES_H
#define SUNWARD_LIB_STORE_STORE_FILES_H

#include <lmdb.h>
#include <stdint.h>

#include "lib/store/store.h"

#define STORE_PAGE 4096 /* bytes; LMDB takes the machine's */

/* LMDB's two roots: the first two pages. */
struct store_roots {
	uint8_t bytes[2 * STORE_PAGE];
};

/* errno's codes, here and below. */
int store_roots_write(const char *directory, const struct store_roots *roots);
/* -ENOENT: none; -EBADMSG: damaged. 0 or -errno. */
int store_mark_read(const char *directory, uint64_t *value);
int store_mark_write(const char *directory, uint64_t value);
int store_mark_remove(const char *directory);
int store_snapshot_write(const char *directory, MDB_env *env, uint64_t *wall_s);
/* When the snapshot was made (Unix time); 0: there is none. */
uint64_t store_snapshot_time(const char *directory);

/* Become the one who has the directory open; *@fd is to be closed at the end. -EBUSY: somebody
 * has. */
int store_own(const char *directory, int *fd);

/* Look at every page and record that @roots lead to, in a file whose pages of that state do not
 * change meanwhile. As store_check. */
int store_check_state(
	const char *path, const struct store_roots *roots, char *why, size_t why_size);

/* A daemon's file was damaged or taken away while it was open: put aside what there is, and make
 * the place ready for a new one. *@owner as of store_own: it is had again. -EBUSY: by another. */
int store_renew(const char *directory, int *owner);

/* Before LMDB opens the file: lead it back after a loss of power; put the snapshot in the place of
 * one that is damaged, which goes aside, or missing. Notes what was found. 0 or -errno: all is as
 * it was, to be tried again. */
int store_recover(const char *directory, struct store_opening *out);

#endif
