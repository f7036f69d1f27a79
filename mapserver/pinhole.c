/* See pinhole.h. One word a pinhole: 40 bits of its endpoint's hash, and the second, modulo 2^24
 * (194 days), at which it ends. A word is read and written at once, so that no reader sees half of
 * one. Zero is an empty place. */
#include "mapserver/pinhole.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/hash.h"

#define SETS     16384 /* a power of two */
#define WAYS     4     /* places that an endpoint may have */
#define END_MASK 0xffffffu
#define LIFE_MAX (END_MASK / 2)
#define NS_PER_S 1000000000u

struct pinholes {
	struct hash_key key;
	uint32_t life_s;
	uint64_t *words; /* atomic; SETS of WAYS */
};

struct pinholes *pinholes_new(uint64_t life_s, const uint8_t secret[16])
{
	struct pinholes *p = calloc(1, sizeof(*p));

	if (p)
		p->words = calloc(SETS * WAYS, sizeof(p->words[0]));
	if (!p || !p->words) {
		free(p);
		return NULL;
	}
	hash_key_set(&p->key, secret);
	p->life_s = life_s < LIFE_MAX ? (uint32_t)life_s : LIFE_MAX;
	return p;
}

void pinholes_free(struct pinholes *p)
{
	if (p)
		free(p->words);
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
	uint64_t *set;
	uint64_t tag; /* in the upper 40 bits */
};

static struct place place_of(const struct pinholes *p, const struct endpoint *at)
{
	uint8_t bytes[2 + 2 + ADDRESS_MAX] = {
		(uint8_t)at->addr.afi, at->addr.len, (uint8_t)(at->port >> 8), (uint8_t)at->port};
	uint64_t hash;

	memcpy(bytes + 4, at->addr.bytes, at->addr.len);
	hash = hash_bytes(&p->key, bytes, 4u + at->addr.len);
	return (struct place){&p->words[(hash & (SETS - 1)) * WAYS],
		(hash | UINT64_C(1) << 63) & ~(uint64_t)END_MASK};
}

static uint64_t *find(const struct place *at)
{
	for (unsigned int i = 0; i < WAYS; i++) {
		uint64_t word = __atomic_load_n(&at->set[i], __ATOMIC_RELAXED);

		if ((word & ~(uint64_t)END_MASK) == at->tag)
			return &at->set[i];
	}
	return NULL;
}

/* An empty place, or that of the one which ends first. */
static uint64_t *room(const struct place *at, uint32_t second)
{
	uint64_t *best = at->set;
	uint32_t least = UINT32_MAX;

	for (unsigned int i = 0; i < WAYS; i++) {
		uint32_t left = left_of(__atomic_load_n(&at->set[i], __ATOMIC_RELAXED), second);

		if (left < least) {
			least = left;
			best = &at->set[i];
		}
	}
	return best;
}

static void put(const struct pinholes *p, const struct place *at, uint64_t *word, struct mono now)
{
	uint64_t end = (second_of(now) + p->life_s) & END_MASK;

	__atomic_store_n(word, at->tag | end, __ATOMIC_RELAXED);
}

void pinhole_note(struct pinholes *p, const struct endpoint *at, struct mono now)
{
	struct place place = place_of(p, at);
	uint64_t *word = find(&place);

	put(p, &place, word ? word : room(&place, second_of(now)), now);
}

void pinhole_keep(struct pinholes *p, const struct endpoint *at, struct mono now)
{
	struct place place = place_of(p, at);
	uint64_t *word = find(&place);

	if (word && left_of(__atomic_load_n(word, __ATOMIC_RELAXED), second_of(now)))
		put(p, &place, word, now);
}

bool pinhole_open(const struct pinholes *p, const struct endpoint *at, struct mono now)
{
	struct place place = place_of(p, at);
	const uint64_t *word = find(&place);

	return word && left_of(__atomic_load_n(word, __ATOMIC_RELAXED), second_of(now));
}

bool pinhole_path(
	const struct pinholes *p, const struct xtr *x, struct mono now, struct xtr_path *path)
{
	return xtr_path_get(x, path) && pinhole_open(p, &path->peer, now);
}

uint16_t pinhole_port(
	const struct pinholes *p, const struct xtr *x, const struct address *rloc, struct mono now)
{
	struct xtr_path path;

	if (x && pinhole_path(p, x, now, &path) && address_equal(&path.peer.addr, rloc))
		return path.peer.port;
	return LISP_CONTROL_PORT;
}
