/* seen: which of the last numbers have come, where each counts once and they may overtake each
 * other (the window of RFC 4303 section 3.4.3).
 *
 * Bit n % @window of @bits stands for the number n, of the last @window ones; @window is a multiple
 * of 64. Knows no message, and no lock. */
#ifndef SUNWARD_LIB_BASE_SEEN_H
#define SUNWARD_LIB_BASE_SEEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void seen_bits_mark(uint64_t *bits, size_t window, uint64_t n);
bool seen_bits_has(const uint64_t *bits, size_t window, uint64_t n);
/* The greatest was @from, and is @to now, above it: @to was seen, what lies between them was not.
 */
void seen_bits_advance(uint64_t *bits, size_t window, uint64_t from, uint64_t to);

#define SEEN_WINDOW 4096

/* All zero: none has come yet. All below the first that comes count as seen, since nobody knows
 * which were before a restart. 0 is no number. */
struct seen {
	uint64_t last; /* the greatest */
	uint64_t bits[SEEN_WINDOW / 64];
};

/* Take @n. False: it was seen, or is too far below the greatest to tell. */
bool seen_take(struct seen *s, uint64_t n);
/* It was seen, or is too far below to tell; nothing is taken. */
bool seen_has(const struct seen *s, uint64_t n);

#endif
