/* map_cache: mappings of other sites' EIDs with their life times (RFC 9301 section 5.3, spec
 * section 5, ITR items 4-6), bounded, the least recently used leaving first.
 *
 * It asks the data plane what is in use, and tells its listener what left and what wants a refresh.
 */
#ifndef SUNWARD_XTR_MAP_CACHE_H
#define SUNWARD_XTR_MAP_CACHE_H

#include <sys/queue.h>

#include "lisp/record.h"
#include "xtr/eid_table.h"
#include "xtr/locator.h"
#include "xtr/probe.h"

struct map_cache;

struct map_cache_locator {
	struct router_locator l;
	struct probe_use use;
};

struct map_cache_entry {
	struct eid_node node;
	TAILQ_ENTRY(map_cache_entry) lru;
	struct map_cache *cache;
	struct timer timer;
	struct mono installed;
	struct mono expires;
	bool asked;            /* the refresh has been asked for */
	bool negative;         /* no locators that we can use: act says what to do */
	unsigned int unusable; /* locators that were left out for their kind */
	bool protected;        /* it came by LISP-SEC, or in an authentic Map-Notify */
	enum lisp_act act;
	unsigned int count;
	struct map_cache_locator locators[];
};

struct map_cache_listener {
	/* Expired or evicted; or @removed by whoever is told. */
	void (*gone)(void *arg, const struct eid *eid, bool removed);
	void (*refresh)(void *arg, const struct eid *eid); /* in use, and about to expire */
	void *arg;
};

struct map_cache *map_cache_new(
	struct env *env, struct probe *probe, const struct map_cache_listener *listener);
/* Tells nobody. */
void map_cache_free(struct map_cache *c);

/* Install, or replace, the mapping of @eid. @ttl_min as on the wire, not 0. NULL: no memory,
 * counted. The entry is borrowed until the next call. */
const struct map_cache_entry *map_cache_put(struct map_cache *c, const struct eid *eid,
	uint32_t ttl_min, enum lisp_act act, const struct locator_set *set, bool protected);
/* True when there was one. */
bool map_cache_remove(struct map_cache *c, const struct eid *eid);
/* Remove everything equal to or below @eid. */
void map_cache_remove_covered(struct map_cache *c, const struct eid *eid);
const struct map_cache_entry *map_cache_find(const struct map_cache *c, const struct eid *eid);
const struct map_cache_entry *map_cache_longest(const struct map_cache *c, const struct eid *eid);
/* The entry's locators as a set, with what the probes say. */
void map_cache_locators(const struct map_cache_entry *e, struct locator_set *set);
size_t map_cache_count(const struct map_cache *c);
void map_cache_each(const struct map_cache *c,
	bool (*visit)(const struct map_cache_entry *e, void *arg), void *arg);

#endif
