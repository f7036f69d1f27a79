/* hash: SipHash, a keyed hash of bytes that others choose.
 *
 * Whoever does not know the key cannot make keys that collide. Tables of what comes from the
 * network use hash_bytes(), which is SipHash-1-3; the rounds are parameters so that the published
 * vectors of SipHash-2-4 test the same code. Not for authentication: that is lisp/auth. */
#ifndef SUNWARD_LIB_BASE_HASH_H
#define SUNWARD_LIB_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t k0, k1;
};

/* From 16 random bytes. */
void hash_key_set(struct hash_key *key, const uint8_t secret[16]);

/* SipHash with @c rounds a word and @d rounds at the end. */
uint64_t hash_sip(
	const struct hash_key *key, const void *bytes, size_t len, unsigned int c, unsigned int d);

/* SipHash-1-3. */
uint64_t hash_bytes(const struct hash_key *key, const void *bytes, size_t len);

#endif
