/* isis_auth: the Authentication TLV 10 of IS-IS PDUs: HMAC-MD5 (RFC 5304, type 54) and the generic
 * one with a key ID (RFC 5310, type 3).
 *
 *   10 | length | 54 | digest 16
 *   10 | length | 3 | key ID 2 | digest 20, 28, 32, 48 or 64
 *
 * The digest is over the whole PDU with the digest's place filled with zeros (54) or with Apad,
 * 0x878FE1F3 repeated (3), and with an LSP's lifetime and checksum as zero. RFC 5310 cuts a key
 * that is longer than the hash to its hash, where HMAC itself would take up to a block: so do we.
 *
 * Keys are made when they are configured; nothing is allocated later. Digests are compared in
 * constant time, at the algorithm's length, never at the packet's. */
#ifndef SUNWARD_TRILL_CODEC_ISIS_AUTH_H
#define SUNWARD_TRILL_CODEC_ISIS_AUTH_H

#include "trill/codec/isis.h"

enum isis_auth_alg {
	ISIS_AUTH_HMAC_MD5, /* type 54; the others are of type 3 */
	ISIS_AUTH_HMAC_SHA1,
	ISIS_AUTH_HMAC_SHA224,
	ISIS_AUTH_HMAC_SHA256,
	ISIS_AUTH_HMAC_SHA384,
	ISIS_AUTH_HMAC_SHA512,
};
#define ISIS_AUTH_ALGS (ISIS_AUTH_HMAC_SHA512 + 1)

#define ISIS_AUTH_DIGEST_MAX 64
/* The longest TLV 10 by its form, with type and length: what a PDU has to leave for any key. */
#define ISIS_AUTH_STANDARD_MAX (2 + 3 + ISIS_AUTH_DIGEST_MAX)
#define ISIS_AUTH_EXTENDED_MAX (4 + 3 + ISIS_AUTH_DIGEST_MAX)
#define ISIS_AUTH_SECRET_MAX   255
#define ISIS_DERIVED_LEN       32

/* One key made ready (opaque HMAC state). One thread. */
struct isis_key;

/* NULL: out of memory, an unknown algorithm, or @len not in 1..ISIS_AUTH_SECRET_MAX. @id: of type
 * 3, unused by HMAC-MD5. The secret is copied, and zeroed by isis_key_free. */
struct isis_key *isis_key_new(enum isis_auth_alg alg, uint16_t id, const void *secret, size_t len);
void isis_key_free(struct isis_key *k);
/* They sign alike. Either may be NULL: none. */
bool isis_key_same(struct isis_key *a, struct isis_key *b);

/* The key of another protocol, from an IS-IS one: HMAC-SHA256 keyed with @secret over @text (RFC
 * 7357 section 6.3 "TRILL ESADI"). False: out of memory. */
bool isis_key_derive(const void *secret, size_t len, const void *text, size_t text_len,
	uint8_t derived[ISIS_DERIVED_LEN]);

/* The same from a key that is made, whatever its algorithm. */
bool isis_key_derived(
	struct isis_key *k, const void *text, size_t text_len, uint8_t derived[ISIS_DERIVED_LEN]);

/* The TLV with an empty digest, among the TLVs of a PDU that is being written; the first is best.
 */
void isis_auth_put(struct wire_writer *w, const struct isis_key *k, enum tlv_form form);
/* Fill the digest of a whole PDU; before an LSP's checksum is made. 0; -TRILL_EAUTH when there is
 * no place for it; or an error of isis_parse(). */
int isis_auth_sign(struct isis_key *k, uint8_t *bytes, size_t len);

/* The same for a PDU with or without that place, in @cap bytes: where it lacks, it comes last. @k
 * NULL: nothing is signed. Returns the length, or an error as above, or -TRILL_ENOROOM. */
int isis_auth_seal(struct isis_key *k, enum tlv_form form, uint8_t *bytes, size_t len, size_t cap);

/* 0 when one of the @n keys made the PDU's only digest; else -TRILL_EAUTH. */
int isis_auth_check(const struct isis_pdu *p, struct isis_key *const *keys, unsigned int n);

/* For messages of other protocols that have a digest of RFC 5310: where it stands is the
 * protocol's. False: @k is of HMAC-MD5. */
bool isis_key_generic(const struct isis_key *k, uint16_t *id, size_t *digest_len);
/* What the digest is over, in order; @bytes NULL: the digest's own place, of its length. */
struct isis_auth_piece {
	const uint8_t *bytes;
	size_t len;
};
/* False when the algorithm fails. @digest has room for ISIS_AUTH_DIGEST_MAX. */
bool isis_auth_digest(
	struct isis_key *k, const struct isis_auth_piece *pieces, unsigned int n, uint8_t *digest);

#endif
