/* kept_world: a world whose store lies on the disk, in a directory of its own, and that can be
 * killed and started again on it. */
#ifndef SUNWARD_TESTS_REPLAY_KEPT_WORLD_H
#define SUNWARD_TESTS_REPLAY_KEPT_WORLD_H

#include "tests/replay/world.h"

struct kept_world {
	char dir[40], spec[80]; /* the store's */
	struct site_table *(*sites)(void);
	struct world *w;
};

/* @sites makes the table of each start. 0, or -1: no directory. */
int kept_begin(struct kept_world *k, struct site_table *(*sites)(void));
/* The directory goes with it. 0: it did. */
int kept_end(struct kept_world *k);
/* Killed; @command, if any, is run in the store's directory; started again @later_s later by the
 * wall's clock. The monotonic one begins where it will. */
struct world *kept_again(struct kept_world *k, const char *command, int64_t later_s);
/* Run @command in the store's directory, the map-server running. */
void kept_do(const struct kept_world *k, const char *command);

#endif
