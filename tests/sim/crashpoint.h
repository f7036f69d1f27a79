/* crashpoint: a crash in the midst of a Map-Server's commit, at a point that the seed draws: before
 * its write, between the write and the publication, before its datagrams leave, or behind.
 *
 * Nothing stops a function of the core half way here. It runs to its end instead, and what it does
 * from the crash on has no effect: no write reaches the disk, nothing that it tells counts, and of
 * its datagrams leave some of those that it had made until then, as a shell may send them at any
 * time. Knows neither core nor network: party_mapserver asks it. */
#ifndef SUNWARD_TESTS_SIM_CRASHPOINT_H
#define SUNWARD_TESTS_SIM_CRASHPOINT_H

#include "lib/base/random.h"
#include "lib/store/store.h"

enum crashpoint_place {
	CRASHPOINT_NONE,
	CRASHPOINT_BEFORE_WRITE,
	CRASHPOINT_BEFORE_PUBLISH,
	CRASHPOINT_BEFORE_SEND, /* of some of the datagrams */
	CRASHPOINT_BEHIND,
	CRASHPOINT_PLACES,
};

extern const char *const crashpoint_names[];

/* Zeroed: none. */
struct crashpoint {
	enum crashpoint_place place; /* where the next commit that writes is to end */
	bool power;
	uint64_t down_us; /* for so long afterwards */
	bool working;     /* the core runs, and may write */
	bool reached;     /* its place is in this run */
	bool dead;        /* what is done now has no effect */
	uint32_t leave;   /* so many datagrams were out by then */
};

void crashpoint_arm(struct crashpoint *p, struct random *r, bool power, uint64_t down_us);
/* The core begins to work. */
void crashpoint_begin(struct crashpoint *p);
/* It writes, with @out datagrams made so far. False: the write is lost. */
bool crashpoint_write(struct crashpoint *p, struct random *r, const struct store_change *changes,
	size_t count, uint32_t out);
/* The core has ended, with @out datagrams: how many of them leave. It crashes now if reached. */
uint32_t crashpoint_end(struct crashpoint *p, struct random *r, uint32_t out);

#endif
