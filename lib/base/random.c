/* See random.h. The seeded source is xoshiro256**, seeded by splitmix64, as Blackman and Vigna
 * describe them. */
#include "lib/base/random.h"

#include <stdlib.h>
#include <string.h>

static void system_fill(struct random *random, void *bytes, size_t n)
{
	arc4random_buf(bytes, n);
}

void random_system_init(struct random *random)
{
	random->fill = system_fill;
}

static uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static uint64_t xoshiro_next(uint64_t s[4])
{
	uint64_t out = rotate(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotate(s[3], 45);
	return out;
}

static void seeded_fill(struct random *random, void *bytes, size_t n)
{
	struct random_seeded *seeded = (struct random_seeded *)(void *)random;
	uint8_t *p = bytes;

	while (n) {
		uint64_t v = xoshiro_next(seeded->s);
		size_t part = n < sizeof(v) ? n : sizeof(v);

		for (size_t i = 0; i < part; i++) /* the same on every machine */
			p[i] = (uint8_t)(v >> 8 * i);
		p += part;
		n -= part;
	}
}

void random_seeded_init(struct random_seeded *seeded, uint64_t seed)
{
	seeded->random.fill = seeded_fill;
	for (int i = 0; i < 4; i++) {
		uint64_t z = seed += 0x9e3779b97f4a7c15;

		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		seeded->s[i] = z ^ z >> 31;
	}
}

void random_bytes(struct random *random, void *bytes, size_t n)
{
	random->fill(random, bytes, n);
}

uint64_t random_u64(struct random *random)
{
	uint8_t b[8];
	uint64_t v = 0;

	random->fill(random, b, sizeof(b));
	for (int i = 0; i < 8; i++)
		v |= (uint64_t)b[i] << 8 * i;
	return v;
}

uint32_t random_u32(struct random *random)
{
	return (uint32_t)(random_u64(random) >> 32);
}

uint64_t random_below(struct random *random, uint64_t n)
{
	uint64_t v, skip;

	if (n == 0)
		return 0;
	skip = -n % n; /* 2^64 mod n values at the start would come once too often */
	do {
		v = random_u64(random);
	} while (v < skip);
	return v % n;
}

uint64_t random_jitter(struct random *random, uint64_t value, unsigned int percent)
{
	uint64_t span = value / 100 * percent + value % 100 * percent / 100;

	if (span > value)
		span = value;
	return value - span + random_below(random, 2 * span + 1);
}
