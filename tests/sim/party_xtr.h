/* party_xtr: a tunnel router: the real core (xtr/router.h) with its shell played: sockets are the
 * network's, the data plane is dataplane's, state on disk is one number. */
#ifndef SUNWARD_TESTS_SIM_PARTY_XTR_H
#define SUNWARD_TESTS_SIM_PARTY_XTR_H

#include "tests/sim/sim.h"
#include "xtr/datapath.h"
#include "xtr/router.h"

struct packet;

/* Down; see party_xtr_start. */
struct party_xtr *party_xtr_new(struct sim *sim, unsigned int index);
void party_xtr_free(struct party_xtr *x);

/* The daemon starts, with what it has saved. The kernel tells it of the guests that it knows. */
void party_xtr_start(struct party_xtr *x);
/* kill -9 of the daemon: the programs go on by the entries that they have; or the whole machine,
 * with @machine. */
void party_xtr_crash(struct party_xtr *x, bool machine);
bool party_xtr_is_up(const struct party_xtr *x);

void party_xtr_receive(struct party_xtr *x, const void *bytes, size_t len,
	const struct endpoint *from, const struct address *to);
/* A data-plane event, now. @p: the packet of a miss. */
void party_xtr_event(struct party_xtr *x, const struct datapath_event *e, const struct packet *p);
/* The same, through the queue from the kernel: a little later. */
void party_xtr_up(struct party_xtr *x, const struct datapath_event *e, const struct packet *p);
void party_xtr_port(struct party_xtr *x, int ifindex, bool up);

struct dataplane *party_xtr_dataplane(struct party_xtr *x);
/* How many entries it may have in its data plane, guests not counted. */
size_t party_xtr_entries_max(const struct party_xtr *x);
/* NULL while it is down. */
const struct router *party_xtr_router(const struct party_xtr *x);
struct sim *party_xtr_sim(const struct party_xtr *x);
unsigned int party_xtr_index(const struct party_xtr *x);
void party_xtr_id(unsigned int index, struct lisp_xtr_id *id);
/* -1: nobody's. */
int party_xtr_of_id(const struct sim *s, const struct lisp_xtr_id *id);

#define PARTY_SITE_ID UINT64_C(0x5157e)

/* Two sites share all prefixes, each with a key of its own, and both under the same key-id: guests
 * move between them. The xTRs of even number are of the first. */
#define PARTY_SITES 2
const char *party_site(unsigned int site);
const char *party_key(unsigned int site);
static inline unsigned int party_site_of(unsigned int index)
{
	return index % PARTY_SITES;
}

#endif
