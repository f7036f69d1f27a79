/* See hash.h; the steps are in sip.h. */
#include "lib/base/hash.h"

#include <endian.h>
#include <string.h>

#include "lib/base/sip.h"

static inline uint64_t load(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	return le64toh(v);
}

static inline uint64_t sip_bytes(
	const struct hash_key *key, const uint8_t *p, size_t len, unsigned int c, unsigned int d)
{
	struct sip s = sip_start(key);
	uint64_t last = (uint64_t)len << 56;
	size_t left = len;

	for (; left >= 8; left -= 8, p += 8)
		sip_absorb(&s, load(p), c);
	for (size_t i = 0; i < left; i++)
		last |= (uint64_t)p[i] << 8 * i;
	sip_absorb(&s, last, c);
	return sip_finish(&s, d);
}

void hash_key_set(struct hash_key *key, const uint8_t secret[16])
{
	key->k0 = load(secret);
	key->k1 = load(secret + 8);
}

uint64_t hash_sip(
	const struct hash_key *key, const void *bytes, size_t len, unsigned int c, unsigned int d)
{
	return sip_bytes(key, bytes, len, c, d);
}

uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t len)
{
	return sip_bytes(key, bytes, len, 1, 3); /* constants: the compiler unrolls the rounds */
}
