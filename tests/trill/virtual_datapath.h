/* virtual_datapath: the data plane of a virtual campus: native frames and TRILL Data run by the
 * tables that the RBridges have written, end stations are learned, and the news go to the cores.
 *
 * It is written from RFC 6325 section 4.6, for tests: it forwards, learns, floods, and hands up
 * what is for All-Egress-RBridges, and what has A set; nothing ages by itself. */
#ifndef SUNWARD_TESTS_TRILL_VIRTUAL_DATAPATH_H
#define SUNWARD_TESTS_TRILL_VIRTUAL_DATAPATH_H

#include "tests/trill/virtual_campus.h"

#define DATAPATH_LOG 256

/* A native frame that left a port. */
struct datapath_native {
	unsigned int node;
	uint16_t port, vlan;
	struct mac da, sa;
};

struct virtual_datapath {
	struct virtual_campus *campus;
	struct datapath_native log[DATAPATH_LOG]; /* the first of them */
	unsigned int count;
	uint64_t native, data, dropped; /* frames that came in */
	uint64_t pruned;                /* copies that nobody wanted */
};

/* The campus's frames run through @dp from now on. */
void datapath_init(struct virtual_datapath *dp, struct virtual_campus *c);
/* A station sends a frame without payload into a port; the port's VLAN has no tag. */
void datapath_send(struct virtual_datapath *dp, unsigned int node, uint16_t port, uint16_t vlan,
	const struct mac *da, const struct mac *sa);
/* A whole frame comes to a port, whoever sent it. */
void datapath_inject(struct virtual_datapath *dp, unsigned int node, uint16_t port,
	const uint8_t *frame, size_t len);
/* How many frames from @sa left that port natively since @from of the log. */
unsigned int datapath_seen(const struct virtual_datapath *dp, unsigned int from, unsigned int node,
	uint16_t port, const struct mac *sa);
/* A station has not been heard for long: it is forgotten, and the core is told. */
void datapath_age(
	struct virtual_datapath *dp, unsigned int node, const struct mac *mac, uint16_t vlan);

#endif
