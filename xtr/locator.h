/* locator: the locators of a mapping as structs, out of records and into them.
 *
 * It chooses which locators of a mapping are used; who is up is told by the caller. */
#ifndef SUNWARD_XTR_LOCATOR_H
#define SUNWARD_XTR_LOCATOR_H

#include "lisp/record.h"
#include "xtr/datapath.h"
#include "xtr/env.h"

#define LOCATOR_SET_MAX 16 /* of one mapping; more are left out and counted */

struct locator_set {
	unsigned int count;
	unsigned int unusable; /* of kinds that hold no unicast address for us: left out */
	struct router_locator list[LOCATOR_SET_MAX];
};

/* The unicast locators of @rec, best priority first. Those beyond LOCATOR_SET_MAX are counted and
 * left out; so are those that we cannot use: explicit paths, replication lists, and what nobody
 * here knows (RFC 9306 section 3). */
void locator_set_read(struct env *env, const struct lisp_record *rec, struct locator_set *set);
/* The same locators with the same priorities and weights. */
bool locator_set_equal(const struct locator_set *a, const struct locator_set *b);
/* Whether one of them is a locator of ours. */
bool locator_set_ours(const struct env *env, const struct locator_set *set);

/* Fill in the locators of @e: the best priority among those that are reachable and up. When all are
 * down the best priority is used all the same: trying costs nothing, and the first answer comes
 * sooner. */
void locator_set_choose(struct env *env, const struct locator_set *set, struct datapath_entry *e);

/* Write our own locators of @eid (NULL: of none), in the order of RFC 9301 section 5.4. @probed:
 * the one that was probed, or NULL. Where the campus has told of @eid, and the policy wants it,
 * they have its distance in their priority, and its place beside them (docs/decisions/campus.md).
 */
void locator_own_write(const struct env *env, struct wire_writer *w, const struct eid *eid,
	const struct address *probed);
size_t locator_own_size(const struct env *env); /* bytes that locator_own_write puts at most */
/* The locator of ours at @i, as others know it: behind a NAT, what the NAT makes of it. */
const struct address *locator_public(const struct env *env, unsigned int i);
/* A locator of ours, or what a NAT makes of one. */
bool locator_is_ours(const struct env *env, const struct address *addr);
/* A locator of ours of @afi that is in use, or NULL. */
const struct address *locator_own(const struct env *env, uint16_t afi);
/* Its place among ours; -1: none. */
int locator_own_index(const struct env *env, uint16_t afi);
/* The same one, as others know it. */
const struct address *locator_own_public(const struct env *env, uint16_t afi);

#endif
