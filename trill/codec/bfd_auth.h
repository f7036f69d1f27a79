/* bfd_auth: the Authentication Section of BFD Control packets, Meticulous Keyed SHA1 (RFC 5880
 * section 4.4, type 5), with the keys that TRILL takes by default (RFC 7175 section 6).
 *
 *   control 24 | type 5 | length 28 | key ID | 0 | sequence number 4 | hash 20
 *
 * The hash is SHA1 over the whole packet with the secret in the hash's place. A port's secret is
 * HMAC-SHA256 of "TRILL BFD Control", its Port ID and System ID, keyed with the IS-IS key; of its
 * 32 bytes the first 20 have room. What sequence number is next is the session's. */
#ifndef SUNWARD_TRILL_CODEC_BFD_AUTH_H
#define SUNWARD_TRILL_CODEC_BFD_AUTH_H

#include "trill/codec/isis_auth.h"

#define BFD_CONTROL_LEN 24
#define BFD_AUTH_LEN    28
#define BFD_CONTROL_MAX (BFD_CONTROL_LEN + BFD_AUTH_LEN)
#define BFD_SECRET_LEN  20

struct bfd_secret {
	uint8_t id; /* bfd_secret_id() */
	uint8_t bytes[BFD_SECRET_LEN];
};

/* Of the 16 bits of an IS-IS key's ID those that BFD has room for, the lowest. */
uint8_t bfd_secret_id(uint16_t key_id);

/* Of the port @port_id of @system. False: the algorithm failed. */
bool bfd_secret_derive(struct isis_key *k, uint16_t port_id, const struct system_id *system,
	struct bfd_secret *secret);

/* Append the section to the BFD_CONTROL_LEN bytes of @control, with flag A and the length. False:
 * the algorithm failed. */
bool bfd_auth_seal(
	uint8_t control[BFD_CONTROL_MAX], const struct bfd_secret *secret, uint32_t sequence);
/* Whether one of @count secrets made the hash of the packet of @len bytes, its length field; of
 * that the sequence number. */
bool bfd_auth_check(const uint8_t *control, size_t len, const struct bfd_secret *secrets,
	unsigned int count, uint32_t *sequence);

#endif
