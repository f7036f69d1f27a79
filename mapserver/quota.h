/* quota: whether a tenant may have what is asked for its instances, one more mapping or one more
 * change, told where a change is made ready for its commit.
 *
 * What is there already is never touched: a refresh is no change, and a withdrawal costs nothing.
 * Where nothing else is said, the committer's thread alone, under RCU. Knows no message. */
#ifndef SUNWARD_MAPSERVER_QUOTA_H
#define SUNWARD_MAPSERVER_QUOTA_H

#include "mapserver/server.h"

/* May the mapping of @eid be made, or changed? DROP_REASONS: yes, and it is counted as made ready
 * for @group (not 0); else why not. @paced: it takes a token of the rate, too. */
enum drop_reason quota_take(
	const struct server *s, uint64_t group, const struct eid *eid, bool paced, struct mono now);
/* May something be prepared for @eid? It takes a token of a rate as high as that of changes, and of
 * its own: who prepares much keeps no change from being made. So does what is @urgent. */
enum drop_reason quota_pace(
	const struct server *s, const struct eid *eid, bool urgent, struct mono now);
/* A change made ready for @group goes the other way: it takes a mapping away, or what quota_take()
 * counted is not done after all. @n: 1, or -1. */
void quota_note(const struct server *s, uint64_t group, const struct eid *eid, int n);

/* Mappings that @t has now. Any thread. */
size_t quota_mappings(const struct server *s, const struct tenant *t);

/* xTRs of sites of @t that were heard since the start. Any thread. */
size_t quota_xtrs(const struct tenant *t);
/* May @site have one more, that is not known yet? Any thread, under RCU. */
bool quota_allows_xtr(const struct server *s, const struct site *site);
/* @x, of @site, is heard: it counts for the tenant, once. Any thread, under RCU. */
void quota_charge_xtr(const struct server *s, const struct site *site, struct xtr *x);

/* What a refused one is told as. */
const char *quota_text(enum drop_reason why);

#endif
