/* See fletcher.h. */
#include "trill/codec/fletcher.h"

struct sums {
	uint32_t c0, c1;
};

/* 4000 additions of bytes cannot overflow 32 bits; then the sums are reduced. */
#define BLOCK 4000

static struct sums sum(struct sums s, const uint8_t *bytes, size_t len)
{
	while (len) {
		size_t n = len < BLOCK ? len : BLOCK;

		for (size_t i = 0; i < n; i++) {
			s.c0 += bytes[i];
			s.c1 += s.c0;
		}
		s.c0 %= 255;
		s.c1 %= 255;
		bytes += n;
		len -= n;
	}
	return s;
}

static uint32_t nonzero(int64_t v)
{
	v %= 255;
	if (v <= 0)
		v += 255;
	return (uint32_t)v;
}

uint16_t fletcher_make(const uint8_t *bytes, size_t len, size_t at)
{
	static const uint8_t zero[2];
	struct sums s = sum((struct sums){0, 0}, bytes, at);
	int64_t behind = (int64_t)(len - at - 1); /* bytes from the second check byte to the end */

	s = sum(s, zero, sizeof(zero));
	s = sum(s, bytes + at + 2, len - at - 2);
	return (uint16_t)(nonzero(behind * s.c0 - s.c1) << 8 |
			  nonzero((int64_t)s.c1 - (behind + 1) * s.c0));
}

bool fletcher_right(const uint8_t *bytes, size_t len)
{
	struct sums s = sum((struct sums){0, 0}, bytes, len);

	return !s.c0 && !s.c1;
}
