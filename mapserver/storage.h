/* storage: the shell's side of the store: where it lies, opening it again when it could not be
 * opened, and what there is to say of it. What is kept in it is durable's. */
#ifndef SUNWARD_MAPSERVER_STORAGE_H
#define SUNWARD_MAPSERVER_STORAGE_H

#include "lib/base/clock.h"
#include "lib/base/log.h"
#include "lib/store/store.h"

struct json_object;

struct storage_options {
	const char *state_dir; /* as long as the storage */
	bool power;
	uint64_t size, snapshot_s;
	uint64_t heal_s; /* after a loss: until the xTRs have registered anew */
};

struct storage {
	struct storage_options opt;
	struct log *log;
	struct store *store; /* atomic: NULL: cannot be opened, or not wanted */
	bool wanted;
	bool partial;        /* atomic: what it held at the start was only a part */
	uint64_t unreadable; /* atomic: records of it that could not be taken in */
	struct mono opened, next_try;
	char why[256];     /* why it could not be opened; written before threads, then by the
			      committer's only */
	char problem[600]; /* of storage_problem */
};

/* Open it; when that fails, all goes on in memory, and storage_retry tries again. -EBUSY: another
 * process has it; logged. */
int storage_open(struct storage *s, const struct storage_options *opt, struct log *log);
void storage_close(struct storage *s);
/* NULL: there is none now. Any thread. */
struct store *storage_store(const struct storage *s);
/* The committer's thread: when it is time, try to open it. NULL: not open, or open before. */
struct store *storage_retry(struct storage *s, struct mono now);

/* Sequence numbers below @end are given without a store: note it beside the one that cannot be
 * opened. 0 or -errno (-ENOENT: there is no such place). */
int storage_save_floor(const struct storage *s, uint64_t end);

/* @partial: the run before did not write all; @unreadable: records that could not be taken in. */
void storage_found_partial(struct storage *s, bool partial, uint64_t unreadable);
/* It was damaged, or held a part only. Any thread. */
bool storage_damaged(const struct storage *s);

/* For /readyz; NULL: all is well. @durable, @recovering: what the committer says. The control
 * thread. */
const char *storage_problem(struct storage *s, bool durable, bool recovering, struct mono now);
/* "intact", "snapshot", ...; "none" without a store. */
const char *storage_found(const struct storage *s);
/* {"state", "found", "bytes", "size", "journal_bytes", "snapshot_at"} */
struct json_object *storage_json(const struct storage *s, bool durable, bool recovering);

#endif
