/* flight: frames of TRILL Data that are on their way in a virtual campus while its tables change.
 *
 * Each hop takes time, by chance, and each RBridge treats the frame by the tables that it has when
 * the frame is there, with a receiver's checks. Where each copy has been is kept: one that comes to
 * where it was before is in a loop. One of many destinations that comes to an RBridge a second time
 * by another way is a duplicate: that is so when it was on its way for longer than tables took to
 * change, and no receiver's check can see it. */
#ifndef SUNWARD_TESTS_TRILL_FLIGHT_H
#define SUNWARD_TESTS_TRILL_FLIGHT_H

#include "tests/trill/virtual_campus.h"

struct flight_counts {
	uint64_t sent, hops;       /* frames; links that they were on */
	uint64_t arrived;          /* unicast: at the egress; else: at each that took one */
	uint64_t refused, nowhere; /* by a receiver's checks; without a path, or lost on a wire */
	uint64_t used_up;          /* their hop count was */
	uint64_t looped;           /* they came to where they had been */
	uint64_t twice;            /* by another way a second time */
	unsigned int most_hops;    /* of one copy */
};

struct flights {
	struct virtual_campus *c;
	struct random_seeded random;
	unsigned int least_us, most_us; /* a hop takes */
	struct flight_counts unicast, many;
	uint64_t in_air;
	/* A frame of @from is in a loop at RBridge @node. NULL: only counted. */
	void (*looped)(void *arg, bool many, unsigned int from, unsigned int node);
	void *arg;
};

void flights_init(struct flights *f, struct virtual_campus *c, uint64_t seed, unsigned int least_us,
	unsigned int most_us);
/* A frame enters at @from: to @nickname; @salt chooses among equal paths. */
void flight_unicast(struct flights *f, unsigned int from, uint16_t nickname, unsigned int salt);
/* One of many destinations, in @vlan. */
void flight_many(struct flights *f, unsigned int from, uint16_t vlan);

#endif
