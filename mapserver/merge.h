/* merge: registrations with the merge bit: what each xTR contributes to one EID, and the sum of it
 * (RFC 9301 section 5.6, bit `a`; RFC 8378 section 5.1.3).
 *
 * Each part ages and is withdrawn by itself; the mapping is the sum of the parts that live. What a
 * message does to parts stands once it is kept, and is undone when the message is not followed;
 * what has changed is there for the store until it is settled. The writer's thread alone, but for
 * merge_parts. Knows no message, and of the registry locator sets only. */
#ifndef SUNWARD_MAPSERVER_MERGE_H
#define SUNWARD_MAPSERVER_MERGE_H

#include "mapserver/registry.h"

#define MERGE_PARTS_MAX 64 /* of one EID */

struct merge;

struct merge_part {
	struct xtr *owner;
	struct locset *locators;
	uint64_t expiry_ns;
	uint32_t ttl_min;
	uint16_t map_version;
	uint8_t flags; /* enum mapping_flag */
};

/* @max: parts in all. @sets: whose locator sets it uses, for as long as it lives. @secret: 16
 * random bytes. NULL when out of memory. */
struct merge *merge_new(size_t max, struct registry *sets, const uint8_t secret[16]);
void merge_free(struct merge *m);
size_t merge_count(const struct merge *m); /* parts */

/* ---- a message ---- */
/* @in->owner's part of @in->eid is from now on what @in says. 0, -ENOSPC (too many), -ENOMEM: then
 * nothing changed. At most LISP_RECORDS_MAX of this and of merge_withdraw a message. */
int merge_put(struct merge *m, const struct registration *in);
/* in->owner has a part of in->eid, and it says what @in says but for its life. */
bool merge_same(struct merge *m, const struct registration *in);
/* False: it has no part there. */
bool merge_withdraw(struct merge *m, const struct eid *eid, const struct xtr *owner);
/* The same of all xTRs of the site @name: how many parts. */
unsigned int merge_withdraw_site(struct merge *m, const struct eid *eid, const char *name);
/* What was put and withdrawn since the last of these two stands, or is as if it had not been. */
void merge_keep(struct merge *m);
void merge_undo(struct merge *m);

/* ---- besides ---- */
/* All parts: something else stands at @eid now. */
void merge_forget(struct merge *m, const struct eid *eid);
/* The sum: the locators in *@sum, the rest in *@out, which borrows @sum: of an owner among the
 * parts, @prefer where it is one; the longest life, the shortest TTL, P and S where any has
 * them. Returns how many parts there are; -ENOSPC when the locators are too many. */
int merge_sum(struct merge *m, const struct eid *eid, const struct xtr *prefer,
	struct locators *sum, struct registration *out);
/* Drop the parts of one EID that are due; false: none is. */
bool merge_due(struct merge *m, struct mono now, struct eid *eid);
/* The parts of @eid: how many there are now. Any thread, under RCU. */
unsigned int merge_parts(
	struct merge *m, const struct eid *eid, struct merge_part parts[MERGE_PARTS_MAX]);

/* ---- from and to the store ---- */
/* Take in one part; its one reference of a locator set is taken in every case. 0, -ENOSPC, -ENOMEM,
 * -EEXIST. */
int merge_load(struct merge *m, const struct eid *eid, const struct merge_part *part);
/* EIDs that were touched since merge_settled(); and a visit to those of them whose parts differ
 * from what they were, lives aside. */
size_t merge_unsettled(const struct merge *m);
void merge_each_changed(
	struct merge *m, void (*visit)(void *arg, const struct eid *eid), void *arg);
void merge_settled(struct merge *m);

#endif
