/* disk: a store that outlives the process that wrote it: after kill -9 all of it is there, after
 * power loss what was there at its last sync. */
#ifndef SUNWARD_TESTS_SIM_DISK_H
#define SUNWARD_TESTS_SIM_DISK_H

#include "lib/store/store.h"

struct disk;

struct disk *disk_new(const char *const *tables);
void disk_free(struct disk *d);
/* To be closed with store_close(), as often as it is opened. */
struct store *disk_open(struct disk *d);
/* @may: asked before each commit; what it says false of is lost, and the writer does not know. */
void disk_watch(struct disk *d,
	bool (*may)(void *arg, const struct store_change *changes, size_t count), void *arg);
/* It takes no changes (it is full), until it does again; it can be read. @silent: and says that it
 * takes them. */
void disk_fail(struct disk *d, bool fails, bool silent);
bool disk_fails(const struct disk *d);
/* What is committed from here on is only written by disk_release (false: lost instead). */
void disk_hold(struct disk *d);
void disk_release(struct disk *d, bool write);
void disk_lose_power(struct disk *d);
void disk_wipe(struct disk *d);

#endif
