/* hypervisor: the machines of guests that agents speak for: where each runs, its taps, and its
 * migrations as scripts of what hypervisors do, some of which fail. This is the truth; agents get
 * the news of it a little later (party_agent), and knows no protocol.
 *
 * A tap keeps what its guest has not read. A guest is stopped a little before its hypervisor says
 * so, and its hypervisor may take one packet more from the tap, and keep it, as QEMU does. */
#ifndef SUNWARD_TESTS_SIM_HYPERVISOR_H
#define SUNWARD_TESTS_SIM_HYPERVISOR_H

#include "tests/sim/sim.h"
#include "vmmobility/tail_run.h"

#define HYPERVISOR_SLOTS 2 /* at each xTR, by default */

struct packet;
struct hypervisors;

/* None are of these in a run without agents. */
struct hypervisors *hypervisors_new(struct sim *sim);
void hypervisors_free(struct hypervisors *h);
/* All together; those of xTR x are x * slots and the next ones. */
unsigned int hypervisors_count(const struct sim *s);
unsigned int hypervisors_slots(const struct sim *s);
/* An agent speaks for the guest @host. */
bool hypervisors_has(const struct sim *s, uint32_t host);

/* It comes up at @agent; it dies; it does neither, since a migration is under way. */
void hypervisor_boot(struct sim *s, uint32_t host, unsigned int agent);
void hypervisor_kill(struct sim *s, uint32_t host);
bool hypervisor_busy(const struct sim *s, uint32_t host);
/* Where it runs, or stopped last; -1: nowhere. */
int hypervisor_agent_of(const struct sim *s, uint32_t host);

enum migration { MIGRATION_GOOD, MIGRATION_FAILS_RUNNING, MIGRATION_FAILS_STOPPED };

/* How long each part of a migration takes, in ms: until the first news, the copying while it runs,
 * stopped, and until the source is gone. @probe_us: between two probes of it; 0: none. */
struct migration_times {
	uint32_t begin_ms, copy_ms, dark_ms, end_ms;
	uint32_t probe_us;
};
/* It goes to @agent. */
void hypervisor_migrate(struct sim *s, uint32_t host, unsigned int agent, enum migration end,
	const struct migration_times *times);
/* The same with times by chance. */
void hypervisor_migrate_somehow(struct sim *s, uint32_t host, unsigned int agent);

/* Told when a guest runs after a migration; may be NULL. */
void hypervisor_watch(
	struct sim *s, void (*resumed)(struct sim *s, uint32_t host, unsigned int agent));

/* A packet leaves the xTR @xtr at the port that its neighbour entry names. */
void hypervisor_deliver(struct sim *s, unsigned int xtr, const struct packet *p);
/* The kernel of @xtr has that neighbour at that port (negative: not any more). */
void hypervisor_pin(struct sim *s, unsigned int xtr, uint32_t host, int slot);
/* Ports: of a host at a slot. */
int hypervisor_port(const struct sim *s, uint32_t host, unsigned int slot);
void hypervisor_port_parts(const struct sim *s, int ifindex, uint32_t *host, unsigned int *slot);

/* An agent starts: it finds these guests, and what each does. */
void hypervisor_present(struct sim *s, unsigned int agent);
/* For the agent @agent. */
struct tap_ops hypervisor_taps(struct sim *s, unsigned int agent, void **arg);

#endif
