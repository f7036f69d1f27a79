/* See hash.h. After the description by Aumasson and Bernstein, "SipHash: a fast short-input PRF"
 * (2012), section 2. */
#include "lib/base/hash.h"

#include <endian.h>
#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static inline uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return le64toh(v);
}

static inline void rounds(struct sip *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = rotate(s->v1, 13) ^ s->v0;
		s->v3 = rotate(s->v3, 16) ^ s->v2;
		s->v0 = rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = rotate(s->v1, 17) ^ s->v2;
		s->v3 = rotate(s->v3, 21) ^ s->v0;
		s->v2 = rotate(s->v2, 32);
	}
}

static inline void absorb(struct sip *s, uint64_t m, unsigned int c)
{
	s->v3 ^= m;
	rounds(s, c);
	s->v0 ^= m;
}

static inline uint64_t sip(
	const struct hash_key *key, const uint8_t *p, size_t len, unsigned int c, unsigned int d)
{
	struct sip s = {key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
		key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
	uint64_t last = (uint64_t)len << 56;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		absorb(&s, load(p), c);
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)p[i] << 8 * i;
	absorb(&s, last, c);
	s.v2 ^= 0xff;
	rounds(&s, d);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

void hash_key_set(struct hash_key *key, const uint8_t secret[16])
{
	key->k0 = load(secret);
	key->k1 = load(secret + 8);
}

uint64_t hash_sip(
	const struct hash_key *key, const void *bytes, size_t len, unsigned int c, unsigned int d)
{
	return sip(key, bytes, len, c, d);
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t len)
{
	return sip(key, bytes, len, 1, 3); /* constants: the compiler unrolls the rounds */
}
