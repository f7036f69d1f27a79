/* probes: numbered packets to guests that move, and what became of each: read by the guest once,
 * twice only when it came in the tail too, or lost, where that has an excuse. */
#ifndef SUNWARD_TESTS_SIM_PROBES_H
#define SUNWARD_TESTS_SIM_PROBES_H

#include "tests/sim/sim.h"

struct packet;
struct probes;

struct probes *probes_new(struct sim *sim);
void probes_free(struct probes *p);

/* One from the host @from to @to; @agents: where that runs, and where it is to run. */
void probes_send(struct sim *s, uint32_t from, uint32_t to, const unsigned int agents[2]);
/* It is at the xTR @xtr: on its way, or waiting there; @waits: for what, a literal. */
void probes_at(struct sim *s, const struct packet *p, unsigned int xtr, const char *waits);
/* The guest has read it at @agent. */
void probes_read(struct sim *s, const struct packet *p, unsigned int agent);
/* It is no more, as far as a party knows. */
void probes_dropped(struct sim *s, const struct packet *p, const char *why);

/* What excuses losses. */
void probes_xtr_fell(struct sim *s, unsigned int xtr);
void probes_server_fell(struct sim *s);
void probes_agent_fell(struct sim *s, unsigned int agent);
void probes_killed(struct sim *s, uint32_t host);
void probes_split(struct sim *s);
/* @xtr had no room for where @host is, or went. */
void probes_forgot(struct sim *s, unsigned int xtr, uint32_t host);

/* At the end of a round: all have been read, but for those with an excuse. */
void probes_check(struct sim *s);

#endif
