/* See seen.h. */
#include "lib/base/seen.h"

#include <string.h>

static size_t place_of(size_t window, uint64_t n, uint64_t *bit)
{
	*bit = UINT64_C(1) << n % 64;
	return n % window / 64;
}

void seen_bits_mark(uint64_t *bits, size_t window, uint64_t n)
{
	uint64_t bit;
	size_t i = place_of(window, n, &bit);

	bits[i] |= bit;
}

bool seen_bits_has(const uint64_t *bits, size_t window, uint64_t n)
{
	uint64_t bit;
	size_t i = place_of(window, n, &bit);

	return bits[i] & bit;
}

void seen_bits_advance(uint64_t *bits, size_t window, uint64_t from, uint64_t to)
{
	uint64_t bit;

	if (to - from >= window)
		memset(bits, 0, window / 8);
	else
		for (uint64_t n = from + 1; n != to; n++) {
			size_t i = place_of(window, n, &bit);

			bits[i] &= ~bit;
		}
	seen_bits_mark(bits, window, to);
}

bool seen_has(const struct seen *s, uint64_t n)
{
	if (n > s->last)
		return false;
	return s->last - n >= SEEN_WINDOW || seen_bits_has(s->bits, SEEN_WINDOW, n);
}

bool seen_take(struct seen *s, uint64_t n)
{
	if (!s->last)
		memset(s->bits, 0xff, sizeof(s->bits));
	if (n > s->last) {
		if (s->last)
			seen_bits_advance(s->bits, SEEN_WINDOW, s->last, n);
		s->last = n;
		return true;
	}
	if (seen_has(s, n))
		return false;
	seen_bits_mark(s->bits, SEEN_WINDOW, n);
	return true;
}
