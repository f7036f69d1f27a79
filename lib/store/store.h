/* store: durable key-value tables behind one interface; memory and LMDB today, a cluster's later.
 *
 * Knows bytes and no protocol. A change is durable when its `done` is called: it then survives kill
 * -9 of the process; power loss may take what came after the last sync (none is a second old), or
 * nothing with sync=power. Any thread may call; submissions follow one another. Errors are reported
 * and never end the process; after a failed submit nothing of its batch is there. */
#ifndef SUNWARD_LIB_STORE_STORE_H
#define SUNWARD_LIB_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORE_TABLES_MAX 16
#define STORE_KEY_MAX    511 /* LMDB's own bound */
#define STORE_VALUE_MAX  (1u << 20)

struct store;

struct store_change {
	unsigned int table; /* its place in the list given to store_open() */
	const void *key;    /* 1 to STORE_KEY_MAX bytes */
	size_t key_len;
	const void *value; /* NULL: delete (no error when it is not there) */
	size_t value_len;
};

/* Open by @spec: "memory:", or "lmdb:DIRECTORY", "lmdb:DIRECTORY?size=64MiB&sync=power". The
 * directory is made (0700) when its parent is there. Options, joined by &:
 *
 *	size=64MiB          the most the file may grow to; 1 GiB without it
 *	sync=process|power  what a finished submission survives
 *	snapshot=SECONDS    copy all aside so often, when something has changed; 0: never
 *
 * A file that the machine's loss of power left behind is led back to its last sync; a damaged one
 * is put aside, and the last snapshot takes its place, or an empty one: store_stat() says which. So
 * it does where the file is missing; where there is no room for its copy, that is an error.
 * @tables: names of the tables, NULL at the end. Returns 0 and *@out, or -errno with the reason in
 * words at @why. */
int store_open(struct store **out, const char *spec, const char *const *tables, char *why,
	size_t why_size);
void store_close(struct store *s); /* syncs */

/* Apply all @count changes, or none, in this order, as one transaction; then call @done(@arg, 0 or
 * -errno), perhaps before returning, perhaps from another thread later. -ENOSPC: the disk or the
 * map is full; -EINVAL: a change out of bounds. The changes are borrowed until @done. */
void store_submit(struct store *s, const struct store_change *changes, size_t count,
	void (*done)(void *arg, int result), void *arg);
/* The same, for who has to wait for it: back ends are done when store_submit returns (-EIO: one was
 * not). */
int store_commit(struct store *s, const struct store_change *changes, size_t count);

/* Copy the value of @key to @value (room for *@len bytes). 0 and its length in *@len; -ENOENT;
 * -EMSGSIZE with the length needed in *@len; -EBADMSG: what is there is damaged; or -errno. */
int store_get(struct store *s, unsigned int table, const void *key, size_t key_len, void *value,
	size_t *len);

/* Call @each for the keys >= @from (NULL: all) in the order of their bytes, until it returns false.
 * The bytes are borrowed during the call, which must not submit. Damaged records are left out. 0 or
 * -errno. */
int store_scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg);

/* Flush to the disk what was done so far. LMDB does so by itself, within a second. 0 or -errno. */
int store_sync(struct store *s);

/* A number beside the store, that outlives it: a damaged file, a snapshot in its place, a loss of
 * power after store_mark_raise has returned; but not the directory. -ENOENT: there is none;
 * -EBADMSG: it is damaged; -ENOTSUP: memory has none; or -errno. One thread at a time. */
int store_mark(struct store *s, uint64_t *value);
/* It is @value, at least, when 0 is returned; also where there is none. */
int store_mark_raise(struct store *s, uint64_t value);
/* Where it cannot be raised: from here on there is none, so that its next reader knows that he
 * knows nothing. 0, or -errno: it still says what it said. */
int store_mark_drop(struct store *s);
/* The same for a store in @directory that cannot be opened: its mark is @value, at least, or there
 * is none. 0 or -errno. */
int store_mark_save(const char *directory, uint64_t value);

/* ---- a view ----
 * The state at its opening, for as long as it is open (with LMDB; memory shows the present): for a
 * long walk in steps while others submit. Used by one thread at a time. Space that is freed
 * meanwhile is not used again, so it should not be kept for long. */
struct store_view;
int store_view_open(struct store *s, struct store_view **out);
void store_view_close(struct store_view *v);
/* As store_get and store_scan. */
int store_view_get(struct store_view *v, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len);
int store_view_scan(struct store_view *v, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg);

/* ---- how it does ---- */

enum store_found {
	STORE_FRESH,         /* there was none */
	STORE_INTACT,        /* as it was left */
	STORE_LED_BACK,      /* the machine went down: the last sync */
	STORE_FROM_SNAPSHOT, /* damaged or missing: the last snapshot */
	STORE_LOST,          /* the same, and no good snapshot: empty */
};

struct store_opening {
	enum store_found found;
	char why[200]; /* what was damaged, or that it is missing; "" */
};

struct store_stat {
	struct store_opening opening;
	int failing;              /* 0, or -errno: it cannot flush or tidy up just now */
	uint64_t used, size;      /* bytes of the file in use, and the most there may be */
	uint64_t journal;         /* bytes of changes on their way into the tables */
	uint64_t snapshot_wall_s; /* when the last snapshot was made (Unix time); 0: none */
	uint64_t flush_wall_s;    /* when all was on the disk for the last time */
};
void store_stat(struct store *s, struct store_stat *out);
/* How often the file was made anew, empty, while it was open, since it was damaged or taken away:
 * what it held must be written again. Cheap. */
uint64_t store_renewals(const struct store *s);
/* Make a snapshot now, of a file that is looked at before. 0, -ENOTSUP (memory), or -errno
 * (-EBADMSG: it is damaged, and is made anew). */
int store_snapshot(struct store *s);

/* ---- files ---- */

/* Copy the LMDB store of @directory, which a daemon may have open, into @to: a directory that is
 * made, and is a store like any. 0 or -errno, with the reason in @why. */
int store_copy(const char *directory, const char *to, char *why, size_t why_size);

/* Some daemon has the store of @directory open. */
bool store_busy(const char *directory);

/* Look at every page and record of the LMDB file @path, which nobody changes meanwhile. 0: right,
 * *@records holds how many; else -errno (-EBADMSG: damaged) with the place and what is wrong in
 * @why. Never crashes on any file. */
int store_check(const char *path, uint64_t *records, char *why, size_t why_size);

#endif
