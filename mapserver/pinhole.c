/* See pinhole.h. One word a pinhole: 39 bits of its endpoint's hash, whether it was asked for, and
 * the second, modulo 2^24 (194 days), at which it ends. A word is read and written at once, so that
 * no reader sees half of one. Zero is an empty place.
 *
 * Who has captured an Info-Request can send it again from any address, since nothing in it counts
 * up. So there are three places, and what fills one crowds out nothing in the next:
 *
 *   asked   anybody with some Info-Request, whoever made it, fills it as he likes
 *   heard   endpoints of authentic messages with a rising nonce; an Info-Request marks one of them
 *   xTR     the xTR's own word: where it was heard from while that was asked for */
#include "mapserver/pinhole.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define SETS     16384 /* a power of two */
#define WAYS     4     /* places that an endpoint may have */
#define END_MASK 0xffffffu
#define ASKED    0x1000000u /* in a word: an Info-Request came from there */
#define TAG_MASK (~(uint64_t)(END_MASK | ASKED))
#define LIFE_MAX (END_MASK / 2)
#define NS_PER_S 1000000000u

struct pinholes {
	struct hash_key key;
	uint32_t life_s;
	uint64_t *asked, *heard; /* atomic words; SETS of WAYS each */
};

struct pinholes *pinholes_new(uint64_t life_s, const uint8_t secret[16])
{
	struct pinholes *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->asked = calloc(SETS * WAYS, sizeof(p->asked[0]));
	p->heard = calloc(SETS * WAYS, sizeof(p->heard[0]));
	if (!p->asked || !p->heard) {
		pinholes_free(p);
		return NULL;
	}
	hash_key_set(&p->key, secret);
	p->life_s = life_s < LIFE_MAX ? (uint32_t)life_s : LIFE_MAX;
	return p;
}

void pinholes_free(struct pinholes *p)
{
	if (!p)
		return;
	free(p->asked);
	free(p->heard);
	free(p);
}

static uint32_t second_of(struct mono now)
{
	return (uint32_t)(now.ns / NS_PER_S) & END_MASK;
}

/* Seconds that are left of @word; 0: it is over. */
static uint32_t left_of(uint64_t word, uint32_t second)
{
	uint32_t left = ((uint32_t)word - second) & END_MASK;

	return word && left <= LIFE_MAX ? left : 0;
}

struct place {
	size_t first; /* of its WAYS in either table */
	uint64_t tag; /* in the upper 39 bits */
};

static struct place place_of(const struct pinholes *p, const struct endpoint *at)
{
	uint8_t bytes[2 + 2 + ADDRESS_MAX] = {
		(uint8_t)at->addr.afi, at->addr.len, (uint8_t)(at->port >> 8), (uint8_t)at->port};
	uint64_t hash;

	memcpy(bytes + 4, at->addr.bytes, at->addr.len);
	hash = hash_bytes(&p->key, bytes, 4u + at->addr.len);
	return (struct place){(hash & (SETS - 1)) * WAYS, (hash | UINT64_C(1) << 63) & TAG_MASK};
}

/* @word is about @at, and not over. @mark: ASKED, if it must be asked for, or 0. */
static bool is_live(const uint64_t *word, const struct place *at, uint64_t mark, uint32_t second)
{
	uint64_t value = __atomic_load_n(word, __ATOMIC_RELAXED);

	return (value & TAG_MASK) == at->tag && (value & mark) == mark && left_of(value, second);
}

static bool is_in(const uint64_t *table, const struct place *at, uint64_t mark, uint32_t second)
{
	for (unsigned int i = 0; i < WAYS; i++)
		if (is_live(&table[at->first + i], at, mark, second))
			return true;
	return false;
}

/* Its own place, or an empty one, or that of the one which ends first. */
static uint64_t *room(uint64_t *table, const struct place *at, uint32_t second)
{
	uint64_t *best = &table[at->first];
	uint32_t least = UINT32_MAX;

	for (unsigned int i = 0; i < WAYS; i++) {
		uint64_t word = __atomic_load_n(&table[at->first + i], __ATOMIC_RELAXED);
		uint32_t left = left_of(word, second);

		if ((word & TAG_MASK) == at->tag)
			return &table[at->first + i];
		if (left < least) {
			least = left;
			best = &table[at->first + i];
		}
	}
	return best;
}

static void put(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

void pinhole_asked(struct pinholes *p, const struct endpoint *at, struct mono now)
{
	uint32_t second = second_of(now);
	struct place place = place_of(p, at);
	uint64_t value = place.tag | ASKED | ((second + p->life_s) & END_MASK);

	if (is_in(p->heard, &place, 0, second))
		put(room(p->heard, &place, second), value);
	else
		put(room(p->asked, &place, second), value);
}

static bool is_open(
	const struct pinholes *p, const struct xtr *x, const struct place *place, uint32_t second)
{
	return (x && is_live(&x->hole, place, ASKED, second)) ||
	       is_in(p->heard, place, ASKED, second) || is_in(p->asked, place, ASKED, second);
}

void pinhole_heard(struct pinholes *p, struct xtr *x, const struct endpoint *at, struct mono now)
{
	uint32_t second = second_of(now);
	struct place place = place_of(p, at);
	uint64_t value = place.tag | ((second + p->life_s) & END_MASK);

	if (is_open(p, x, &place, second)) {
		value |= ASKED;
		put(&x->hole, value);
	}
	put(room(p->heard, &place, second), value);
}

bool pinhole_open(
	const struct pinholes *p, const struct xtr *x, const struct endpoint *at, struct mono now)
{
	struct place place = place_of(p, at);

	return is_open(p, x, &place, second_of(now));
}

bool pinhole_path(
	const struct pinholes *p, const struct xtr *x, struct mono now, struct xtr_path *path)
{
	return xtr_path_get(x, path) && pinhole_open(p, x, &path->peer, now);
}

uint16_t pinhole_port(
	const struct pinholes *p, const struct xtr *x, const struct address *rloc, struct mono now)
{
	struct xtr_path path;

	if (x && pinhole_path(p, x, now, &path) && address_equal(&path.peer.addr, rloc))
		return path.peer.port;
	return LISP_CONTROL_PORT;
}
