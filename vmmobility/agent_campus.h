/* agent_campus: tells the RBridge of this hypervisor which guests are here, with their addresses,
 * and which have left; and takes back what it told of cards that no guest here has any more
 * (docs/decisions/campus.md). Nothing of a move waits for it. */
#ifndef SUNWARD_VMMOBILITY_AGENT_CAMPUS_H
#define SUNWARD_VMMOBILITY_AGENT_CAMPUS_H

#include "vmmobility/config.h"
#include "vmmobility/reporter.h"

struct agent;
struct agent_campus;
struct guest;
struct metrics;

/* A card of a guest in a VLAN of the campus. */
struct agent_campus_card {
	uint16_t vlan;
	const char *port; /* of the RBridge; NULL: that is for the RBridge to find */
	uint8_t mac[6];
	unsigned int count;
	struct address ips[HANDOVER_HOSTS_MAX];
};

/* The cards of a guest with @hosts, of those instances that @config has a VLAN of. Pure. Returns
 * how many there are. */
unsigned int agent_campus_cards(const struct vm_config_rbridge *config,
	const struct handover_host *hosts, unsigned int count,
	struct agent_campus_card cards[HANDOVER_HOSTS_MAX]);
/* What is to be said of a guest in this state (enum handover_state). */
enum agent_campus_word { AGENT_CAMPUS_NOTHING, AGENT_CAMPUS_HERE, AGENT_CAMPUS_LEFT };
enum agent_campus_word agent_campus_word(const struct report_content *content);

/* NULL: out of memory. */
struct agent_campus *agent_campus_new(struct agent *a);
void agent_campus_free(struct agent_campus *c);
/* The configuration is another one: 0 or -ENOMEM. */
int agent_campus_configure(struct agent_campus *c);
/* The state of @guest is another one. */
void agent_campus_changed(struct agent_campus *c, const struct guest *guest);
/* Cards of guests are other ones, or guests are not known any more: what is new is told, and what
 * was told and is not so any more is taken back. */
void agent_campus_rebound(struct agent_campus *c);

#endif
