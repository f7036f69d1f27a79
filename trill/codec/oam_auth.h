/* oam_auth: the Authentication TLV of TRILL OAM (RFC 7455 section 8.4.13, RFC 5310).
 *
 *   74 | length 2 | 3 | key ID 2 | digest
 *
 * The digest is over the packet from the TRILL header to the end, with its own place filled with
 * Apad, and with the header's A, C (reserved when that was written) and hop count as zero. Keys are
 * those of IS-IS; type 54 must not be used. */
#ifndef SUNWARD_TRILL_CODEC_OAM_AUTH_H
#define SUNWARD_TRILL_CODEC_OAM_AUTH_H

#include "trill/codec/isis_auth.h"
#include "trill/codec/oam_tlv.h"

/* The TLV with an empty digest. A key of HMAC-MD5 fails in @w. */
void oam_auth_put(struct wire_writer *w, const struct isis_key *k);

/* Fill the digest of a whole packet, @packet beginning with its TRILL header. 0; -TRILL_EAUTH when
 * there is no place for it; or an error of the readers of the header and of oam_read(). */
int oam_auth_sign(struct isis_key *k, uint8_t *packet, size_t len);

/* 0 when one of the @n keys made the packet's only digest; else -TRILL_EAUTH. */
int oam_auth_check(const uint8_t *packet, size_t len, struct isis_key *const *keys, unsigned int n);

#endif
