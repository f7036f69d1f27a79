/* site_change: one site is put, replaced or taken away, at the cost of what that site holds.
 *
 * Two tables with the same sites: one that all threads read, and a spare that nobody does. A change
 * is made to the spare, which takes the other's place as a whole; when the readers of that one have
 * left, the change is made to it too, and it is the spare. So readers see all of a change or
 * nothing of it, and 20,000 sites are copied once, for the first change after a start or reload.
 * For one thread, the one that replaces the tables. Knows neither who reads nor where the table is.
 */
#ifndef SUNWARD_MAPSERVER_SITE_CHANGE_H
#define SUNWARD_MAPSERVER_SITE_CHANGE_H

#include "mapserver/site.h"

struct site_change {
	struct site_table *spare; /* NULL: none yet */
	/* What was made to it, and not yet to the other. */
	char name[SITE_NAME_MAX + 1];
	struct site *is, *was; /* the references are ours; NULL: none */
};

/* Make a change to the spare (a copy of @now, if there is none): @s, whose reference it takes, in
 * the place of the site of its name; @s NULL: no site of @name. What site_table_add() returns, with
 * *@holder in @now; then all is as before. 0: one of the next two must follow. */
int site_change_begin(struct site_change *c, const struct site_table *now, const char *name,
	struct site *s, const struct site **holder);
/* It is not to be. */
void site_change_undo(struct site_change *c);
/* The table with the change, which the caller puts in the place of the other. */
struct site_table *site_change_table(struct site_change *c);
/* No reader of @before is left: it is the spare. */
void site_change_follow(struct site_change *c, struct site_table *before);
/* Another table took the place of the one that the spare is like; or the end. */
void site_change_forget(struct site_change *c);

#endif
