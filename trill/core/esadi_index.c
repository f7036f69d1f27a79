/* Who claims a MAC: an index over what the LSPs of all neighbours say (see esadi.h). */
#include "trill/core/esadi_internal.h"

#include <limits.h>
#include <stdlib.h>

static struct esadi_chain *chain_of(const struct esadi *e, const struct mac *mac)
{
	return &e->chains[hash_bytes(&e->hash, mac->bytes, MAC_LEN) & e->chain_mask];
}

/* Twice as many chains, if there is memory: else they get longer. */
static void chains_grow(struct esadi *e)
{
	uint32_t before = e->chains ? e->chain_mask + 1 : 0, n = before ? 2 * before : 64;
	struct esadi_chain *old = e->chains, *chains = calloc(n, sizeof(*chains));
	struct esadi_heard *h;

	if (!chains)
		return;
	e->chains = chains;
	e->chain_mask = n - 1;
	for (uint32_t i = 0; i < before; i++)
		while ((h = LIST_FIRST(&old[i]))) {
			LIST_REMOVE(h, alike);
			LIST_INSERT_HEAD(chain_of(e, &h->address.mac), h, alike);
		}
	free(old);
}

unsigned int esadi_index_room(const struct esadi *e)
{
	const struct esadi_share *share = e->config.share;

	if (!share)
		return UINT_MAX / 2;
	return share->claims < share->claims_max ? share->claims_max - share->claims : 0;
}

void esadi_index_add(struct esadi *e, struct esadi_said *s)
{
	if (!e->chains || e->heard_count > e->chain_mask)
		chains_grow(e);
	for (unsigned int i = 0; e->chains && i < s->count; i++) {
		struct esadi_chain *chain = chain_of(e, &s->heard[i].address.mac);

		LIST_INSERT_HEAD(chain, &s->heard[i], alike);
		s->heard[i].indexed = true;
	}
	e->heard_count += s->count;
	if (e->config.share)
		e->config.share->claims += s->count;
}

void esadi_index_take(struct esadi *e, struct esadi_said *s)
{
	for (unsigned int i = 0; i < s->count; i++)
		if (s->heard[i].indexed)
			LIST_REMOVE(&s->heard[i], alike);
	e->heard_count -= s->count;
	if (e->config.share)
		e->config.share->claims -= s->count;
}

void esadi_index_free(struct esadi *e)
{
	free(e->chains);
}

/* @h counts, and not what was found before. */
static bool beats(const struct esadi *e, const struct esadi_heard *h, uint16_t nickname,
	const struct esadi_address *address)
{
	if (nickname == NICKNAME_NONE || h->address.confidence != address->confidence)
		return nickname == NICKNAME_NONE || h->address.confidence > address->confidence;
	return e->config.wins &&
	       e->config.wins(e->config.arg, &h->address.mac, h->nickname, nickname);
}

uint16_t esadi_claim(const struct esadi *e, const struct mac *mac, struct esadi_address *address)
{
	uint16_t nickname = NICKNAME_NONE;
	const struct esadi_heard *h;

	if (!e->chains)
		return NICKNAME_NONE;
	LIST_FOREACH (h, chain_of(e, mac), alike) {
		if (mac_compare(&h->address.mac, mac) || !beats(e, h, nickname, address))
			continue;
		nickname = h->nickname;
		*address = h->address;
	}
	return nickname;
}
