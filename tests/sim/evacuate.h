/* evacuate: all guests of one site go elsewhere at once, in a calm network; how soon everybody
 * knows it, and at what cost. A scenario's trouble, and what is counted of it. */
#ifndef SUNWARD_TESTS_SIM_EVACUATE_H
#define SUNWARD_TESTS_SIM_EVACUATE_H

#include "tests/sim/sim.h"

#define EVACUATE_XTRS   30 /* one that is left, nine that they go to, and twenty of their clients */
#define EVACUATE_PLACES 9
#define EVACUATE_ITRS   4 /* clients' tunnel routers of each guest */

struct evacuation;

/* Of the guests s->opt.evacuate. */
struct evacuation *evacuation_new(struct sim *s);
void evacuation_free(struct evacuation *e);
/* Hypervisors of each site, and what else the knobs are to be. */
void evacuation_knobs(struct sim_knobs *k, uint32_t guests, uint32_t per_agent);
/* A guest comes up where it is to leave. */
void evacuation_boot(struct sim *s, uint32_t host);
/* Clients send to them, so that their tunnel routers subscribe; then all go. */
void evacuation_start(struct sim *s);
/* The data plane of @xtr sends to @to what is for @host. */
void evacuation_told(struct sim *s, unsigned int xtr, uint32_t host, int to);
/* From a guest's RESUME to the last of its clients' tunnel routers, of all guests: ms of virtual
 * time; and the datagrams that were sent since all went. */
void evacuation_result(struct sim *s, struct sim_evacuated *out);

#endif
