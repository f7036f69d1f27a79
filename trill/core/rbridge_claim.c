/* Of two RBridges that claim one end station with the same confidence: whose claim counts (see
 * rbridge.h; RFC 7357 section 5, which has section 4.2.6 of RFC 6325 anew).
 *
 * The one that is nearer; of equally near ones by chance, which is another for each station and
 * each RBridge, and stays. It is not looked at again when the campus changes, but when a claim
 * does. */
#include "trill/core/rbridge_internal.h"

#include <string.h>

/* SPF_NONE: nobody who is reached holds it. */
static uint32_t cost_to(const struct rbridge *rb, uint16_t nickname)
{
	const struct campus *c = &rb->campus;
	const struct routes *r = &rb->routes;
	uint32_t i = campus_claim_find(c, nickname);

	return i < c->claim_count && r->from_us.graph ? r->from_us.dist[c->claims[i].node]
						      : SPF_NONE;
}

static uint64_t chance(
	const struct rbridge *rb, uint16_t number, const struct mac *mac, uint16_t nickname)
{
	uint8_t bytes[MAC_LEN + 4];

	memcpy(bytes, mac->bytes, MAC_LEN);
	memcpy(bytes + MAC_LEN, &number, 2);
	memcpy(bytes + MAC_LEN + 2, &nickname, 2);
	return hash_bytes(&rb->hash_key, bytes, sizeof(bytes));
}

bool rbridge_claim_wins(const struct rbridge *rb, uint16_t number, const struct mac *mac,
	uint16_t nickname, uint16_t against)
{
	uint32_t ours = cost_to(rb, nickname), theirs = cost_to(rb, against);

	if (ours != theirs)
		return ours < theirs;
	return chance(rb, number, mac, nickname) > chance(rb, number, mac, against);
}
