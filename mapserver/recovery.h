/* recovery: taking in what the store holds, while the daemon answers already.
 *
 * Owners, locator sets, parts of merged mappings and prefixes that are no host's are taken in at
 * the beginning; hosts follow in slices. Whoever needs an EID before its turn asks for it by
 * recovery_eid, one look into the store. Memory goes before the store: what is known of an EID is
 * never replaced. A mapping comes in as tentative: it is answered with at once, and lives for what
 * stored_mapping_left says, until a refresh or a claim confirms it. The committer's thread only. */
#ifndef SUNWARD_MAPSERVER_RECOVERY_H
#define SUNWARD_MAPSERVER_RECOVERY_H

#include "lib/store/store.h"
#include "lisp/stored.h"
#include "mapserver/server.h"

/* An xTR is made of it when something of its is taken in. */
struct recovery_owner {
	uint32_t number;
	struct xtr *xtr; /* NULL: nothing was, so far */
	struct xtr_identity who;
};

struct recovery_set {
	uint64_t number;
	struct locset *set;
};

struct recovery {
	struct store_view *view; /* NULL: over, or never begun */
	struct server_thread *t;
	uint64_t wall_s;
	struct recovery_owner *owners;
	size_t owner_count, owner_cap;
	struct recovery_set *sets;
	size_t set_count, set_cap;
	uint8_t at[STORED_EID_BYTES]; /* the walk's place */
	size_t at_len;
	size_t left; /* of the slice */
	struct mono now, began;
	uint64_t taken, unreadable;
	uint64_t told_s; /* what was written since is news to subscribers */
	/* When all was taken in: numbers of owners of whom nothing was. */
	uint32_t *unused;
	size_t unused_count;
};

/* 0 or -errno, with the reason in @why. */
int recovery_begin(struct recovery *r, struct server_thread *t, struct store *store,
	struct mono now, uint64_t wall_s, char *why, size_t why_size);
/* Take in up to @max more. False: it was over, or is now. */
bool recovery_step(struct recovery *r, struct mono now, size_t max);
/* Take in what the store has of @eid, if nothing is known of it. */
void recovery_eid(struct recovery *r, const struct eid *eid, struct mono now);
/* Of the prefixes that recovery_begin took in: news, as those that follow are when they come. */
void recovery_tell_wide(struct recovery *r);
/* Whose the number is; NULL: nobody's. Until recovery_end. */
struct xtr *recovery_owner(const struct recovery *r, uint32_t number);
void recovery_end(struct recovery *r);
/* Forget the list of unused numbers. */
void recovery_forget_unused(struct recovery *r);

#endif
