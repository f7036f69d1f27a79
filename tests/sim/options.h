/* options: what the command line of the simulator asks for. */
#ifndef SUNWARD_TESTS_SIM_OPTIONS_H
#define SUNWARD_TESTS_SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* A rule that is broken on purpose, to see that the checker finds it. */
enum sabotage {
	SABOTAGE_NONE,
	SABOTAGE_CLAIM_COMPARE, /* M grants every claim, whatever its base: rule 1 */
	SABOTAGE_SMR,   /* no xTR sees that packets come for a host that is elsewhere: rule 7 */
	SABOTAGE_GHOST, /* a host that has left still answers its old xTR: rule 4 */
	SABOTAGE_DISK,  /* M's store comes back empty after a crash */
	SABOTAGE_STALE, /* M answers what it answered before */
	SABOTAGE_LOST_COMMIT, /* M acknowledges, and forgets */
	SABOTAGE_SUBSCRIBER,  /* xTRs acknowledge publications, and forget them */
	SABOTAGE_FIFTH,       /* the same, of each fifth sequence number only */
	SABOTAGE_ACK_FIRST,   /* M writes when it has acknowledged */
	SABOTAGE_SILENT,      /* a full store of M's says nothing */
	SABOTAGE_LEAK,        /* memory is not given back */
	SABOTAGE_TAIL,        /* agents tell nothing of what guests had not read */
	SABOTAGE_ABANDON,     /* a destination is never told that its guest does not come */
	SABOTAGE_COUNT,
};

extern const char *const sabotage_names[]; /* NULL at the end */

struct sim_options {
	uint64_t seed;
	unsigned int seeds; /* that many, from seed on */
	unsigned int xtrs, eids;
	unsigned int nat;     /* so many xTRs of a hundred are behind one */
	unsigned int servers; /* 0: by the seed */
	unsigned int seconds; /* of trouble in a round */
	double hours;         /* of virtual time: rounds until then; 0: one round */
	unsigned int jobs;    /* processes */
	enum sabotage sabotage;
	bool trace, json, quiet;
	bool agents; /* most of the guests that move have one */
	uint32_t
		evacuate; /* guests that leave a site at once, and nothing else; 0: a run by seed */
	uint32_t per_agent; /* of them at a hypervisor */
	int32_t trace_host; /* -1: all */
};

/* From the command line: 0; 1: help was printed; 2: a mistake, which was told. */
int options_parse(struct sim_options *o, int argc, char **argv);

#endif
