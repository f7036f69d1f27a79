/* party_agent: a hypervisor's agent: the real core (vmmobility/guests.h, reporter.h, tail_run.h)
 * with its shell played: news come from hypervisor, datagrams go over the site's network. */
#ifndef SUNWARD_TESTS_SIM_PARTY_AGENT_H
#define SUNWARD_TESTS_SIM_PARTY_AGENT_H

#include "tests/sim/sim.h"
#include "vmmobility/guests.h"
#include "xtr/policy.h"

struct party_agent;

/* Down. NULL when out of memory. */
struct party_agent *party_agent_new(struct sim *sim, unsigned int index);
void party_agent_free(struct party_agent *a);
void party_agent_start(struct party_agent *a);
/* kill -9: its counter survives; its guests live on. */
void party_agent_crash(struct party_agent *a);
bool party_agent_is_up(const struct party_agent *a);

void party_agent_receive(
	struct party_agent *a, const void *bytes, size_t len, const struct endpoint *from);
/* The guest @host has a domain there; news of it, @late_us from now. They reach it a little later
 * than that, in order, if it is up until then. */
void party_agent_news(struct party_agent *a, uint32_t host, enum guest_news news, uint64_t late_us);

/* As its xTR's configuration names it. */
void party_agent_policy(const struct sim *s, unsigned int index, struct policy_agent *out);
uint64_t party_agent_counter(const struct party_agent *a, enum vm_counter c);

#endif
