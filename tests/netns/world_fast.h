/* world_fast: the kernel's fast path as the twin of a replay world (tests/replay/world.h).
 *
 * Its tables mirror the world's registry; each datagram is run through the real program as a frame,
 * and what that answers must be what the core answered, to the byte and to the place. */
#ifndef SUNWARD_TESTS_NETNS_WORLD_FAST_H
#define SUNWARD_TESTS_NETNS_WORLD_FAST_H

#include "tests/replay/world.h"
#include "mapserver/fast_load.h"

/* How often the program has answered, and how often it let a datagram of this world pass. */
struct world_fast_counts {
	unsigned int answered, passed;
};

struct world_fast_counts world_fast_counts(const struct world *w);
/* Of the last datagram: whether the program answered. */
bool world_fast_answered(const struct world *w);
/* What the program counted since the world began. */
uint64_t world_fast_verdicts(const struct world *w, enum fast_counter c);
struct fast_table *world_fast_table(const struct world *w);
/* Leave a checksum of the frames wrong from now on: the UDP one, or the IPv4 header's. */
void world_fast_break(struct world *w, bool udp, bool ip);

#endif
