/* merge: registrations with the merge bit: what each xTR contributes to one EID, and the sum of it
 * (RFC 9301 section 5.6, bit `a`; RFC 8378 section 5.1.3).
 *
 * Each part ages and is withdrawn by itself; the mapping is the sum of the parts that live. The
 * writer's thread alone. Knows neither messages nor the registry's tables. */
#ifndef SUNWARD_MAPSERVER_MERGE_H
#define SUNWARD_MAPSERVER_MERGE_H

#include "mapserver/registry.h"

#define MERGE_PARTS_MAX 64 /* of one EID */

struct merge;

/* @max: parts in all. @secret: 16 random bytes. NULL when out of memory. */
struct merge *merge_new(size_t max, const uint8_t secret[16]);
void merge_free(struct merge *m);
size_t merge_count(const struct merge *m);

/* @in->owner's part of @in->eid is from now on what @in says. 0, -ENOSPC (too many), -ENOMEM: then
 * nothing changed. */
int merge_put(struct merge *m, const struct registration *in, struct mono now);
/* in->owner has a part of in->eid, and it says what @in says but for its life. */
bool merge_same(struct merge *m, const struct registration *in);
/* False: it has no part there. */
bool merge_withdraw(struct merge *m, const struct eid *eid, const struct xtr *owner);
/* All parts: something else stands at @eid now. */
void merge_forget(struct merge *m, const struct eid *eid);
/* The sum: the locators in *@sum, the rest in *@out, which borrows @sum: of an owner among the
 * parts, @prefer where it is one; the longest life, the shortest TTL, P and S where any has
 * them. Returns how many parts there are; -ENOSPC when the locators are too many. */
int merge_sum(struct merge *m, const struct eid *eid, const struct xtr *prefer,
	struct locators *sum, struct registration *out);
/* Drop the parts of one EID that are due; false: none is. */
bool merge_due(struct merge *m, struct mono now, struct eid *eid);

#endif
