/* dataplane: what an xTR's forwarding programs do with packets, by the entries that its core
 * writes (the rules of xtr/bpf/xtr_tc.bpf.c). Abstract: a packet is who sends it to whom. */
#ifndef SUNWARD_TESTS_SIM_DATAPLANE_H
#define SUNWARD_TESTS_SIM_DATAPLANE_H

#include "tests/sim/sim.h"
#include "xtr/datapath.h"

#define PACKET_HOPS 16 /* encapsulations that a packet survives */

struct packet {
	uint32_t from, to; /* hosts */
	uint32_t mark;     /* the checker's; 0: none */
	uint32_t probe;    /* its number; 0: none */
	uint16_t sender;   /* the xTR that it came from the last time, + 1; 0: from the site */
	uint8_t hops_left;
	bool tail; /* a copy of what a guest had not read */
};

struct dataplane;

struct dataplane *dataplane_new(struct sim *sim, unsigned int xtr);
void dataplane_free(struct dataplane *d);
/* For the core. */
struct datapath *dataplane_handle(struct dataplane *d);

/* A guest of the site sends @p; the packet has come out of a tunnel from xTR @sender. */
void dataplane_from_site(struct dataplane *d, const struct packet *p);
void dataplane_from_core(struct dataplane *d, const struct packet *p, unsigned int sender);

/* The core has gone, its entries stay and forward. */
void dataplane_orphan(struct dataplane *d);
/* What the new core has not written is removed. */
void dataplane_settle(struct dataplane *d);
void dataplane_clear(struct dataplane *d);
/* A packet that went up was taken by the core. */
void dataplane_taken(struct dataplane *d);

/* How an entry for @host stands: for the checker. */
struct dataplane_view {
	bool here; /* LOCAL */
	int xtr;   /* ENCAP: the one locator's; else -1 */
	bool away, hold;
};
/* False: there is no entry of its own. */
bool dataplane_look(const struct dataplane *d, const struct eid *host, struct dataplane_view *v);
size_t dataplane_entries(const struct dataplane *d);
/* Hosts that have an ENCAP entry of their own, until @visit returns false. */
void dataplane_each_remote(
	struct dataplane *d, bool (*visit)(void *arg, const struct eid *host), void *arg);

#endif
