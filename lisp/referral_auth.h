/* referral_auth: the signatures of Map-Referral records, and the keys that make and check them (RFC
 * 8111 sections 6.4.1 and 10; what the text leaves open: docs/decisions/ddt.md).
 *
 * Pure: the time is an argument, keys come as bytes. Knows no node, no cache and no trust: which
 * key may speak for which prefix is the caller's to say. */
#ifndef SUNWARD_LISP_REFERRAL_AUTH_H
#define SUNWARD_LISP_REFERRAL_AUTH_H

#include "lisp/map_referral.h"

#define REFERRAL_RSA_SHA256    2    /* Sig-Algorithm, and Key Algorithm of the LCAF */
#define REFERRAL_RSA_BITS_MIN  2048 /* of a modulus */
#define REFERRAL_RSA_BITS_MAX  4096
#define REFERRAL_MATERIAL_MAX  640 /* bytes of a public key: 550 for 4096 bits */
#define REFERRAL_SIGNATURE_MAX 512 /* bytes: 4096 bits */
#define REFERRAL_SECTION_BYTES 20  /* of a signature section, before the signature */

/* An RSA key; does not change, so threads may share it. */
struct referral_key;

/* From PEM: a private key (PKCS #8 or PKCS #1, without a passphrase), a public key
 * (SubjectPublicKeyInfo). NULL with a reason in words (a literal) in @why. */
struct referral_key *referral_key_private_pem(const void *pem, size_t len, const char **why);
struct referral_key *referral_key_public_pem(const void *pem, size_t len, const char **why);
/* From the key material of an LCAF of type 11: SubjectPublicKeyInfo in DER. NULL: none that is
 * taken here. */
struct referral_key *referral_key_public(const void *material, size_t len);
void referral_key_free(struct referral_key *k);

/* The public half as key material; borrowed. */
const uint8_t *referral_key_material(const struct referral_key *k, size_t *len);
/* The first 16 bits of SHA-256 over the key material. */
uint16_t referral_key_tag(const struct referral_key *k);
/* Bytes of a signature by @k. */
size_t referral_key_signature_len(const struct referral_key *k);

/* A locator with the public keys of the node behind it (RFC 8060 section 4.7); without keys a plain
 * one. @keys of @count, at most 255. */
void referral_rloc_write(struct wire_writer *w, const struct lisp_rloc *rloc,
	const struct address *addr, const struct referral_key *const *keys, unsigned int count);

/* Sign the record that was written from @record_at to here, whose SigCnt is @count and whose TTL is
 * the original one: appends one signature section for each key. Validity in seconds since 1970. 0,
 * -LISP_ENOROOM, or -LISP_EUNSUPPORTED when OpenSSL fails (a public key, say). */
int referral_sign(struct wire_writer *w, size_t record_at, const struct referral_key *const *keys,
	unsigned int count, uint32_t inception, uint32_t expiration);

enum referral_verdict {
	REFERRAL_GOOD,
	REFERRAL_OTHER_KEY, /* the key tag is not this key's */
	REFERRAL_ALGORITHM, /* not RSA-SHA256 */
	REFERRAL_NOT_YET,   /* before its inception */
	REFERRAL_EXPIRED,
	REFERRAL_BAD,
};
/* Is @sig, one of @rec's own, a right signature by @k at @now_s? */
enum referral_verdict referral_verify(const struct referral_record *rec,
	const struct referral_signature *sig, const struct referral_key *k, uint64_t now_s);
/* "expired" */
const char *referral_verdict_name(enum referral_verdict v);

#endif
