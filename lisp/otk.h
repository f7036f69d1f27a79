/* otk: the One-Time Keys of LISP-SEC (RFC 9303 sections 6.4 to 6.7): wrapped on their way, derived
 * from one another, and used to key HMACs.
 *
 * It knows no message: lispsec.h has the layout. What the RFC leaves open, with test vectors:
 * docs/decisions/lisp-sec.md. */
#ifndef SUNWARD_LISP_OTK_H
#define SUNWARD_LISP_OTK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OTK_BYTES         16
#define OTK_WRAPPED_BYTES 24 /* preamble and key */
#define OTK_HMAC_MAX      16 /* bytes: AUTH-HMAC-SHA-256-128 */
#define OTK_PSK_MAX       64 /* bytes of a pre-shared key */
#define OTK_KEYS_MAX      2  /* the old and the new one, while keys are rotated */
#define OTK_PUBSUB_BYTES  32
/* Of a Map-Notify or its acknowledgement with such a key: no number tells one from another, the
 * EID-prefix does. */
#define OTK_PUBSUB_KEY_ID 0

enum otk_hmac { /* RFC 9303 section 8.3 */
	OTK_HMAC_NOPREF = 0,
	OTK_HMAC_SHA1_96 = 1,
	OTK_HMAC_SHA256_128 = 2,
};

enum otk_wrap_id { /* section 8.4; the field is 8 bits wide, its registry 16 */
	OTK_WRAP_NULL = 1,
	OTK_WRAP_AES_HKDF_SHA256 = 2,
};

enum otk_kdf { /* section 8.5 */
	OTK_KDF_NOPREF = 0,
	OTK_KDF_HKDF_SHA1_128 = 1,
	OTK_KDF_HKDF_SHA256 = 2,
};

struct otk {
	uint8_t bytes[OTK_BYTES];
};

/* The key of one subscription (RFC 9437 section 7.1); its MACs are HMAC-SHA-256-128. */
struct pubsub_key {
	uint8_t len; /* 0: none */
	uint8_t bytes[OTK_PUBSUB_BYTES];
};

/* A pre-shared key under its Key ID. */
struct otk_key {
	uint8_t id;
	uint8_t len;
	uint8_t psk[OTK_PSK_MAX];
};

/* The keys that two parties share. The first wraps; any of them unwraps. */
struct otk_keys {
	unsigned int count;
	struct otk_key list[OTK_KEYS_MAX];
};

/* 0, -ENOSPC (two are the most), -EINVAL (length not 1..64), -EEXIST (the id is taken). */
int otk_keys_add(struct otk_keys *keys, uint8_t id, const void *psk, size_t len);
const struct otk_key *otk_keys_find(const struct otk_keys *keys, uint8_t id);
void otk_keys_wipe(struct otk_keys *keys);
/* One secret stands in both: parties that must be independent are not (section 6.5). */
bool otk_keys_share(const struct otk_keys *a, const struct otk_keys *b);

/* An OTK as it travels. */
struct otk_wrapped {
	uint8_t key_id;
	uint8_t wrap_id; /* enum otk_wrap_id, or another */
	uint8_t bytes[OTK_WRAPPED_BYTES];
};

/* Contexts of the cryptographic library, made once and used for every message. Not shared between
 * threads. NULL: out of memory. */
struct otk_tools;
struct otk_tools *otk_tools_new(void);
void otk_tools_free(struct otk_tools *t);

/* AES-KEY-WRAP-128+HKDF-SHA256 under a key of this message alone (section 6.5). @nonce: the
 * Map-Request's. False: the library failed. */
bool otk_wrap(struct otk_tools *t, const struct otk_key *key, uint64_t nonce, const struct otk *otk,
	struct otk_wrapped *out);
/* NULL-KEY-WRAP-128: in clear (section 6.5.1), for a path that is protected in another way. */
void otk_wrap_null(const struct otk *otk, struct otk_wrapped *out);
/* False: another wrapping than @key can undo, or the Initialization Value is not the right one: the
 * message MUST be discarded. */
bool otk_unwrap(struct otk_tools *t, const struct otk_key *key, uint64_t nonce,
	const struct otk_wrapped *wrapped, struct otk *out);
/* Of NULL-KEY-WRAP-128. False: it is another, or the preamble is not zero. */
bool otk_unwrap_null(const struct otk_wrapped *wrapped, struct otk *out);

/* The algorithm used for the one that is asked for: itself, or SHA-256's where it is unknown or
 * nothing is preferred (section 6.7.1). */
enum otk_hmac otk_hmac_for(uint16_t requested);
enum otk_kdf otk_kdf_for(uint16_t requested);
/* Bytes of an HMAC; 0: an algorithm that is unknown here. */
size_t otk_hmac_bytes(uint16_t hmac_id);

/* A key that @secret gives for one purpose (@label) and one occasion (@context), each time the
 * same: HKDF-SHA256 with the label as salt and the context as info. False: the library failed. */
bool otk_make(struct otk_tools *t, const uint8_t *secret, size_t secret_len, const char *label,
	const uint8_t *context, size_t context_len, struct otk *out);

/* MS-OTK = KDF(ITR-OTK) (section 6.7.1). False: no such KDF, or the library failed. */
bool otk_derive(
	struct otk_tools *t, uint16_t kdf_id, const struct otk *itr_otk, struct otk *ms_otk);

/* The HMAC over @bytes with the field at @at, of the algorithm's length, taken as zero. @out: as
 * long. False: no such algorithm, the field does not lie within, or the library failed. */
bool otk_hmac(struct otk_tools *t, uint16_t hmac_id, const struct otk *otk, const uint8_t *bytes,
	size_t len, size_t at, uint8_t out[OTK_HMAC_MAX]);

/* The key of the Map-Notifies that confirm and follow a subscription (RFC 9437 section 7.1):
 * KDF(OTK + nonce), or the OTK itself when it travelled unencrypted. @wrap_id: of the Map-Request
 * as the ITR sent it. Returns the key's length, 0 on failure. */
size_t otk_pubsub_key(struct otk_tools *t, uint8_t wrap_id, const struct otk *otk, uint64_t nonce,
	uint8_t out[OTK_PUBSUB_BYTES]);

#endif
