/* scenario: what goes wrong, and when. From the seed: guests come, move, bounce and go; parties
 * crash and come back; the network is cut and healed. Then all is left in peace, and the checker
 * looks. */
#ifndef SUNWARD_TESTS_SIM_SCENARIO_H
#define SUNWARD_TESTS_SIM_SCENARIO_H

#include "tests/sim/sim.h"

/* Draws sim->knobs. */
struct scenario *scenario_new(struct sim *sim);
void scenario_free(struct scenario *c);
void scenario_start(struct scenario *c);
/* When the present round ends. */
struct mono scenario_end(const struct scenario *c);
unsigned int scenario_rounds(const struct scenario *c); /* that are over */
const char *scenario_phase(const struct scenario *c);

#endif
