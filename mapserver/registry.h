/* registry: the mappings, their sequence numbers, and what a record does to them.
 *
 * Readers are lock-free, under RCU. One writer prepares changes, has them committed elsewhere, and
 * publishes them. `seq` is a mapping's order of truth (docs/architecture.md section 5): each change
 * takes the next one, expiry and withdrawal too, and the counter outlives the mapping in a
 * tombstone. Tombstones are bounded in number and age; what is forgotten raises the floor from
 * which unknown EIDs start, so that no number is ever given twice. Knows no packet and nobody who
 * listens. */
#ifndef SUNWARD_MAPSERVER_REGISTRY_H
#define SUNWARD_MAPSERVER_REGISTRY_H

#include "mapserver/mapping.h"

struct registry;

struct registry_options {
	unsigned int instances_max; /* (instance-ID, family) tables */
	size_t tombstones_max;
	uint64_t tombstone_life_s;
	uint64_t seq_floor; /* no sequence number up to this one is given to an unknown EID */
	uint8_t secret[16];
};

/* Somebody who keeps a copy of what is visible. */
struct registry_mirror {
	void *self;
	/* @eid has got another mapping, or none (@m NULL). On the writer's thread, in the order of
	 * the changes, and before anything is told about them. */
	void (*publish)(
		void *self, const struct eid *eid, const struct mapping *m, struct mono now);
	/* The life of @m has been extended. Any thread. */
	void (*refresh)(void *self, const struct mapping *m);
};

struct registry *registry_new(const struct registry_options *opt);
/* No reader may be left. */
void registry_free(struct registry *r);
/* Before any thread starts, and before there is a mapping. NULL: none. */
void registry_set_mirror(struct registry *r, const struct registry_mirror *mirror);
size_t registry_count(const struct registry *r);
size_t registry_tombstones(const struct registry *r);
/* Of the instances from @first to @last. Any thread. */
size_t registry_count_in(const struct registry *r, uint32_t first, uint32_t last);
/* Bytes held by the tables, and by all in all. */
size_t registry_memory(const struct registry *r);

/* ---- readers ---- */
/* The table of (@iid, @afi), for lookups of many at once (dead ones included); NULL: none. */
const struct lpm *registry_table(const struct registry *r, uint32_t iid, uint16_t afi);
/* Alive ones only. */
struct mapping *registry_exact(const struct registry *r, const struct eid *eid, struct mono now);
struct mapping *registry_longest(const struct registry *r, const struct eid *eid, struct mono now);
/* Mappings equal to or below @eid in order, dead ones included, until @visit returns false. */
size_t registry_covered(const struct registry *r, const struct eid *eid,
	bool (*visit)(struct mapping *m, void *arg), void *arg);
/* The same, only those after @after in order of instance, family, bytes and length. */
size_t registry_covered_after(const struct registry *r, const struct eid *eid,
	const struct eid *after, bool (*visit)(struct mapping *m, void *arg), void *arg);
/* As lpm_free_prefix; @floor where there is no table. */
int registry_free_prefix(const struct registry *r, const struct eid *eid, unsigned int floor);
/* The next (instance, family) after *@iid, *@afi that has a table, in order; start with iid 0, afi
 * 0. */
bool registry_next_table(const struct registry *r, uint32_t *iid, uint16_t *afi);

/* As mapping_refresh, for a mapping of the registry. Any thread. */
bool registry_refresh(struct registry *r, struct mapping *m, struct mono now, uint64_t expiry_ns);

/* ---- the writer ---- */
/* What one record asks for. */
struct registration {
	struct eid eid;
	uint32_t ttl_min;
	uint64_t expiry_ns; /* or MAPPING_FOREVER */
	uint16_t map_version;
	uint8_t flags; /* enum mapping_flag, ACT included */
	bool merged;   /* the sum of several */
	bool joined;   /* set by registry_join */
	struct xtr *owner;
	const struct locators *locators;
	uint64_t restore_seq; /* 0: the next number; else this one (a refresh after the state was
				 lost) */
	uint64_t known_seq;   /* the next number is above this one too: it was given, and perhaps
				 lost */
};

enum change_kind {
	CHANGE_REGISTERED, /* where there was none */
	CHANGE_CHANGED,    /* the same owner */
	CHANGE_MOVED,      /* another owner */
	CHANGE_WITHDRAWN,
	CHANGE_EXPIRED,
};

struct change {
	enum change_kind kind;
	struct eid eid;
	uint64_t seq;
	struct mapping *old;    /* NULL: none */
	struct mapping *new;    /* NULL: a tombstone takes its place */
	const struct xtr *left; /* the owner before, also of one that had gone; NULL: not known */
	struct mono received;   /* by the caller: the message that brings it; ns 0: none does */
	struct lpm *table;
	void *grave; /* internal */
};

/* What stands at @eid now: the mapping with its seq; or NULL with the seq that it left behind; or
 * NULL with 0: never registered, or forgotten. A mapping that is due counts as expired already. */
struct mapping *registry_present(
	const struct registry *r, const struct eid *eid, struct mono now, uint64_t *seq);
/* No EID of which nothing is known was ever given a greater number. */
uint64_t registry_floor(const struct registry *r);
/* A refresh with @seq may bring back an EID of which nothing is known. */
bool registry_may_restore(const struct registry *r, uint64_t seq);
/* There is a mapping of exactly @eid, alive or due. */
bool registry_holds(const struct registry *r, const struct eid *eid);
/* The mapping is the same as what @in asks for, but for its life: nothing to commit. Any thread. */
bool registry_same(const struct mapping *m, const struct registration *in);
/* Another xTR of the owner's site says what stands, with P and M as it likes them (the owner's
 * count), and without S only where that is known: it is a refresh too. Any thread. */
bool registry_echoed(const struct mapping *m, const struct registration *in);
/* It says what stands, but that it differs in S: make @in the same mapping, of the one that has S,
 * and mixed. It is a change and no move. False: it is not so. */
bool registry_join(const struct mapping *m, struct registration *in);

/* Make the change ready; nothing is visible yet. 0, -ENOMEM, -ENOSPC (instances). */
int registry_prepare(
	struct registry *r, const struct registration *in, struct mono now, struct change *out);
/* @kind: CHANGE_WITHDRAWN or CHANGE_EXPIRED. 0 or -ENOMEM. */
int registry_prepare_removal(
	struct registry *r, struct mapping *m, enum change_kind kind, struct change *out);
/* Make it visible; frees what it replaces after a grace period: change->old is readable for as long
 * as the writer itself stands under RCU. 0; -ENOMEM: nothing changed. */
int registry_publish(struct registry *r, struct change *c, struct mono now);
/* It will not be published after all. */
void registry_abandon(struct registry *r, struct change *c);

/* ---- from and to the store ---- */
struct registry_hooks {
	/* A locator set has gone that had a number in the store. May be NULL. */
	void (*set_freed)(void *arg, uint64_t number);
	/* A tombstone is forgotten. May be NULL. */
	void (*forgotten)(void *arg, const struct eid *eid);
	void *arg;
};
/* No number up to @floor is given from now on. */
void registry_raise_floor(struct registry *r, uint64_t floor);
void registry_hook(struct registry *r, const struct registry_hooks *hooks);
/* A locator set with one more reference; NULL: out of memory. */
struct locset *registry_set(struct registry *r, uint8_t count, const void *wire, size_t len);
void registry_set_unref(struct registry *r, struct locset *set);
/* Something is known of @eid: a mapping (also a dead one), or a tombstone. */
bool registry_knows(const struct registry *r, const struct eid *eid);
/* Put in what the store has of an EID of which nothing is known; @in->restore_seq is its number,
 * @in->locators is not looked at, one reference of @set is taken. 0, -ENOMEM, -ENOSPC. */
int registry_load(
	struct registry *r, const struct registration *in, struct locset *set, struct mono now);
/* The same for a tombstone; @age_s: how long ago. */
int registry_load_tombstone(
	struct registry *r, const struct eid *eid, uint64_t seq, uint64_t age_s, struct mono now);

/* A walk over all that is known, in steps; start with zeroes. Each mapping (or tombstone, @m is
 * NULL then) that stays is visited at least once. False: the walk is over. */
struct registry_walk {
	bool in_graves;
	size_t table;
	uint64_t cursor;
};
bool registry_walk(struct registry *r, struct registry_walk *w, size_t max,
	void (*visit)(void *arg, const struct eid *eid, uint64_t seq, const struct mapping *m),
	void *arg);

/* Look at up to @max mappings, and prepare the removal of those that are due: at most @room changes
 * in @out. Returns how many. */
size_t registry_sweep(
	struct registry *r, struct mono now, size_t max, struct change *out, size_t room);
/* Forget tombstones that are too old or too many; look at up to @max. */
void registry_sweep_tombstones(struct registry *r, struct mono now, size_t max);

#endif
