/* phantom: someone on a wire of the virtual campus who is no RBridge: he says what he likes.
 *
 * He has a system ID and a MAC of his own; his frames come to one port of one node. With Hellos he
 * is its neighbour in Report, and with an LSP a part of the campus. */
#ifndef SUNWARD_TESTS_TRILL_PHANTOM_H
#define SUNWARD_TESTS_TRILL_PHANTOM_H

#include "tests/trill/virtual_campus.h"

struct phantom {
	struct virtual_campus *c;
	unsigned int node; /* whom he speaks to */
	uint16_t port;
	struct system_id system;
	struct mac mac;
	struct mac lists;     /* his Hellos: the port of the node */
	uint16_t vlan;        /* of the tag of his frames; 0: none */
	uint16_t wants;       /* his Hellos: the Designated VLAN */
	uint8_t priority;     /* ... to be DRB: the lowest */
	uint16_t holding_s;   /* ... Holding Time */
	struct isis_key *key; /* signs; NULL: nothing is signed */
	uint32_t sequence;    /* of his LSP, the last */
};

/* One of several: @number in his ID and MAC, which is lower than all of the campus. */
struct phantom phantom_of(
	struct virtual_campus *c, unsigned int node, uint16_t port, uint16_t number);
/* A PDU of his to All-IS-IS-RBridges. */
void phantom_say(struct phantom *p, const uint8_t *pdu, size_t len);
/* A Hello that lists the port; @area: what stands in its area address. */
void phantom_hello(struct phantom *p, uint8_t area);
/* An LSP of any ID, with @tlvs. */
void phantom_lsp(struct phantom *p, const struct lsp_id *id, uint32_t sequence, uint16_t lifetime_s,
	const uint8_t *tlvs, size_t len);
/* His own, that has a link to the node, and holds @nicknames with priority 0xff. */
void phantom_claims(struct phantom *p, const uint16_t *nicknames, unsigned int n);
/* Time passes; he says a Hello each second. */
void phantom_live_s(struct phantom *p, unsigned int seconds);

#endif
