/* agent_snoop: the agent's snooping as a whole: the core (snoop.h), its two sources, and what the
 * other sources know of cards. */
#ifndef SUNWARD_VMMOBILITY_AGENT_SNOOP_H
#define SUNWARD_VMMOBILITY_AGENT_SNOOP_H

#include "vmmobility/domain_xml.h"
#include "vmmobility/snoop.h"

struct agent;
struct agent_snoop;

/* After the guests of the configuration are bound. NULL after logging why. */
struct agent_snoop *agent_snoop_new(struct agent *a);
void agent_snoop_free(struct agent_snoop *as);
/* The configuration is another one: the rules, and the cards that it names. */
void agent_snoop_reload(struct agent_snoop *as);
/* A domain without addresses in its metadata: they are those of its cards. */
void agent_snoop_domain(struct agent_snoop *as, const struct domain *d);
/* The core, for looking. */
const struct snoop *agent_snoop_core(const struct agent_snoop *as);

#endif
