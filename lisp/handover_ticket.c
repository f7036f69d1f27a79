/* See handover_ticket.h. */
#include "lisp/handover_ticket.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define PROOF_LABEL  "Sunward-Handover Proof"
#define SECRET_LABEL "Sunward-Handover Ticket"

static bool is_zero(const uint8_t *bytes, size_t n)
{
	while (n && !*bytes) {
		bytes++;
		n--;
	}
	return !n;
}

bool handover_ticket_given(const struct handover *h)
{
	return !is_zero(h->wrapped, sizeof(h->wrapped));
}

bool handover_ticket_shown(const struct handover *h)
{
	return !is_zero(h->proof, sizeof(h->proof));
}

bool handover_ticket_give(struct otk_tools *t, const struct otk_key *key, const struct otk *ticket,
	struct handover *h)
{
	struct otk_wrapped wrapped;
	bool ok = otk_wrap(t, key, h->counter, ticket, &wrapped);

	memset(h->wrapped, 0, sizeof(h->wrapped));
	if (ok)
		memcpy(h->wrapped, wrapped.bytes, sizeof(h->wrapped));
	return ok;
}

bool handover_ticket_take(
	struct otk_tools *t, const struct otk_key *key, const struct handover *h, struct otk *out)
{
	struct otk_wrapped wrapped = {.wrap_id = OTK_WRAP_AES_HKDF_SHA256};

	memcpy(wrapped.bytes, h->wrapped, sizeof(wrapped.bytes));
	return otk_unwrap(t, key, h->counter, &wrapped, out);
}

bool handover_ticket_prove(const struct otk *ticket, const struct handover_id *agent,
	const struct handover_id *guest, uint8_t out[HANDOVER_PROOF_BYTES])
{
	uint8_t said[sizeof(PROOF_LABEL) - 1 + 2 * sizeof(agent->bytes)], mac[EVP_MAX_MD_SIZE];
	uint8_t *at = said;
	unsigned int len = 0;

	memcpy(at, PROOF_LABEL, sizeof(PROOF_LABEL) - 1);
	at += sizeof(PROOF_LABEL) - 1;
	memcpy(at, agent->bytes, sizeof(agent->bytes));
	memcpy(at + sizeof(agent->bytes), guest->bytes, sizeof(guest->bytes));
	memset(out, 0, HANDOVER_PROOF_BYTES);
	if (!HMAC(EVP_sha256(), ticket->bytes, sizeof(ticket->bytes), said, sizeof(said), mac,
		    &len) ||
		len < HANDOVER_PROOF_BYTES)
		return false;
	memcpy(out, mac, HANDOVER_PROOF_BYTES);
	return true;
}

bool handover_ticket_proves(const struct otk *ticket, const struct handover_id *agent,
	const struct handover_id *guest, const uint8_t proof[HANDOVER_PROOF_BYTES])
{
	uint8_t want[HANDOVER_PROOF_BYTES];

	return handover_ticket_prove(ticket, agent, guest, want) &&
	       CRYPTO_memcmp(want, proof, sizeof(want)) == 0;
}

bool handover_ticket_of_secret(
	struct otk_tools *t, const uint8_t *secret, size_t len, struct otk *out)
{
	return otk_make(t, secret, len, SECRET_LABEL, NULL, 0, out);
}
