/* slots: numbers from 0 for the entries of an array that the caller has, found by a keyed hash of
 * what each entry is of. Bounded: all memory is taken at the start, and when there is no number
 * left a newcomer gets none.
 *
 * It does not know the keys: who walks a chain compares. For one thread. */
#ifndef SUNWARD_LIB_BASE_SLOTS_H
#define SUNWARD_LIB_BASE_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/hash.h"

#define SLOTS_NONE UINT32_MAX

struct slots {
	struct hash_key key;
	uint32_t *buckets;
	uint32_t *next; /* by number: the next of its chain, or of those that are free */
	uint32_t mask, free;
	uint32_t count, max;
};

/* @max: numbers, less than SLOTS_NONE; @secret: 16 random bytes, since others choose what is
 * hashed. False: out of memory; slots_fini() may follow. */
bool slots_init(struct slots *s, uint32_t max, const uint8_t secret[16]);
void slots_fini(struct slots *s);

/* Walk the chain of @key (@len bytes): where a number stands, and where the one behind it does,
 * until *place is SLOTS_NONE. A place is good until the next slots_take() or slots_give_back(). */
uint32_t *slots_first(const struct slots *s, const void *key, size_t len);
uint32_t *slots_next(const struct slots *s, const uint32_t *place);

/* Put a free number at @place, the end of a chain. Returns it, or SLOTS_NONE: all are taken. */
uint32_t slots_take(struct slots *s, uint32_t *place);
/* The number at @place is free again. */
void slots_give_back(struct slots *s, uint32_t *place);
static inline bool slots_full(const struct slots *s)
{
	return s->free == SLOTS_NONE;
}

#endif
