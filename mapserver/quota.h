/* quota: whether a tenant may have what is asked for its instances, one more mapping or one more
 * change, told where a change is made ready for its commit.
 *
 * What is there already is never touched: a refresh is no change, and a withdrawal costs nothing.
 * The committer's thread, under RCU. Knows no message. */
#ifndef SUNWARD_MAPSERVER_QUOTA_H
#define SUNWARD_MAPSERVER_QUOTA_H

#include "mapserver/server.h"

/* May the mapping of @eid be made, or changed? DROP_REASONS: yes, and it is counted as made ready
 * for @group (not 0); else why not. @paced: it takes a token of the rate, too. */
enum drop_reason quota_take(
	const struct server *s, uint64_t group, const struct eid *eid, bool paced, struct mono now);
/* A change made ready for @group goes the other way: it takes a mapping away, or what quota_take()
 * counted is not done after all. @n: 1, or -1. */
void quota_note(const struct server *s, uint64_t group, const struct eid *eid, int n);

/* Mappings that @t has now. Any thread. */
size_t quota_mappings(const struct server *s, const struct tenant *t);

/* What a refused one is told as. */
const char *quota_text(enum drop_reason why);

#endif
