/* sip: the inner steps of SipHash, inline, for those who hash words of a fixed number.
 *
 * After the description by Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012),
 * section 2. hash.h is the room to use for bytes; tables with their own key layout build on this.
 */
#ifndef SUNWARD_LIB_BASE_SIP_H
#define SUNWARD_LIB_BASE_SIP_H

#include <stdint.h>

#include "lib/base/hash.h"

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline struct sip sip_start(const struct hash_key *key)
{
	return (struct sip){key->k0 ^ 0x736f6d6570736575, key->k1 ^ 0x646f72616e646f6d,
		key->k0 ^ 0x6c7967656e657261, key->k1 ^ 0x7465646279746573};
}

static inline uint64_t sip_rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static inline void sip_rounds(struct sip *s, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		s->v0 += s->v1;
		s->v2 += s->v3;
		s->v1 = sip_rotate(s->v1, 13) ^ s->v0;
		s->v3 = sip_rotate(s->v3, 16) ^ s->v2;
		s->v0 = sip_rotate(s->v0, 32);
		s->v2 += s->v1;
		s->v0 += s->v3;
		s->v1 = sip_rotate(s->v1, 17) ^ s->v2;
		s->v3 = sip_rotate(s->v3, 21) ^ s->v0;
		s->v2 = sip_rotate(s->v2, 32);
	}
}

/* One word of the message, @c rounds. */
static inline void sip_absorb(struct sip *s, uint64_t m, unsigned int c)
{
	s->v3 ^= m;
	sip_rounds(s, c);
	s->v0 ^= m;
}

/* The hash, after @d rounds. */
static inline uint64_t sip_finish(struct sip *s, unsigned int d)
{
	s->v2 ^= 0xff;
	sip_rounds(s, d);
	return s->v0 ^ s->v1 ^ s->v2 ^ s->v3;
}

#endif
