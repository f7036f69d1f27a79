/* report: what a run came to, as a line, a table and JSON. */
#ifndef SUNWARD_TESTS_SIM_REPORT_H
#define SUNWARD_TESTS_SIM_REPORT_H

#include "tests/sim/sim.h"

/* What is left of a run. */
struct result {
	uint64_t seed, digest;
	unsigned int failures, rounds;
	double virtual_s, real_s;
	struct sim_knobs knobs;
	struct sim_counts counts;
	struct sim_evacuated evacuated;
};

/* @list: @n results, in the order of their seeds. */
void report(const struct sim_options *o, const struct result *list, unsigned int n, double real_s);

#endif
