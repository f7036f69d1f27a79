/* handover_ticket: how an agent that lets a guest go says who may have it: whoever has the ticket
 * of its stay, 128 random bits that only the two hypervisors of a migration and the source's xTR
 * know (docs/decisions/handover.md). Knows how a ticket is given and proved, and nothing of how it
 * gets from one hypervisor to the other, or what follows. */
#ifndef SUNWARD_LISP_HANDOVER_TICKET_H
#define SUNWARD_LISP_HANDOVER_TICKET_H

#include "lisp/handover.h"

/* Put @ticket into the STATE @h, wrapped under @key, the one that it will be signed with, as RFC
 * 9303 section 6.5 wraps an OTK, with h->counter as the nonce. False: the library failed; then it
 * has none. */
bool handover_ticket_give(struct otk_tools *t, const struct otk_key *key, const struct otk *ticket,
	struct handover *h);
/* The STATE @h has one; @h has a proof. */
bool handover_ticket_given(const struct handover *h);
bool handover_ticket_shown(const struct handover *h);
/* The ticket that the STATE @h gives. False: it is not under @key. */
bool handover_ticket_take(
	struct otk_tools *t, const struct otk_key *key, const struct handover *h, struct otk *out);

/* That the agent @agent has the ticket of @guest's stay: HMAC-SHA256 under the ticket over
 * "Sunward-Handover Proof", both, its first 128 bits. False: the library failed; then @out is zero.
 */
bool handover_ticket_prove(const struct otk *ticket, const struct handover_id *agent,
	const struct handover_id *guest, uint8_t out[HANDOVER_PROOF_BYTES]);
/* @proof is that one. */
bool handover_ticket_proves(const struct otk *ticket, const struct handover_id *agent,
	const struct handover_id *guest, const uint8_t proof[HANDOVER_PROOF_BYTES]);

/* The ticket that an operator's secret stands for, where none can be drawn for each stay. */
bool handover_ticket_of_secret(
	struct otk_tools *t, const uint8_t *secret, size_t len, struct otk *out);

#endif
