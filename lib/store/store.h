/* store: durable key-value tables behind one interface; memory and LMDB today, a cluster's later.
 *
 * Knows bytes and no protocol. A change is durable when its `done` is called: it then survives kill
 * -9 of the process; power loss may take what came after the last store_sync(). One thread submits;
 * any may get and scan. Errors are reported and never end the process; after a failed submit
 * nothing of its batch is there. */
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

/* Open by @spec: "memory:", or "lmdb:DIRECTORY", "lmdb:DIRECTORY?size=64MiB" (the most the file may
 * grow to; 1 GiB without it). The directory is made (0700) when its parent is there. @tables: names
 * of the tables, NULL at the end. Returns 0 and *@out, or -errno with the reason in words at @why.
 */
int store_open(struct store **out, const char *spec, const char *const *tables, char *why,
	size_t why_size);
void store_close(struct store *s); /* syncs */

/* Apply all @count changes, or none, in this order, as one transaction; then call @done(@arg, 0 or
 * -errno), perhaps before returning, perhaps from another thread later. -ENOSPC: the disk or the
 * map is full; -EINVAL: a change out of bounds. The changes are borrowed until @done. */
void store_submit(struct store *s, const struct store_change *changes, size_t count,
	void (*done)(void *arg, int result), void *arg);

/* Copy the value of @key to @value (room for *@len bytes). 0 and its length in *@len; -ENOENT;
 * -EMSGSIZE with the length needed in *@len; or -errno. */
int store_get(struct store *s, unsigned int table, const void *key, size_t key_len, void *value,
	size_t *len);

/* Call @each for the keys >= @from (NULL: all) in the order of their bytes, until it returns false.
 * The bytes are borrowed during the call, which must not submit. 0 or -errno. */
int store_scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg);

/* Flush to the disk what was done so far: the caller's tick, say every second. 0 or -errno. */
int store_sync(struct store *s);

#endif
