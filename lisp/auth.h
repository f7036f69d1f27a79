/* auth: the message authentication of Map-Register, Map-Notify, Map-Notify-Ack (RFC 9301
 * section 5.6), of Info-Requests and of the move messages.
 *
 * The length that is compared is the algorithm's or the site's option, never the packet's. */
#ifndef SUNWARD_LISP_AUTH_H
#define SUNWARD_LISP_AUTH_H

#include "lisp/lisp.h"

enum auth_alg {
	AUTH_NONE = 0,
	AUTH_HMAC_SHA1_96 = 1,
	AUTH_HMAC_SHA256_128 = 2,
	AUTH_HMAC_SHA256_128_HKDF = 3,
};

/* For the salt of the handover's messages: another one than of the move messages, whose type on the
 * wire they share. */
#define AUTH_HANDOVER ((enum lisp_type)16)

#define AUTH_DATA_MAX 32 /* bytes: a full-length SHA-256 */
#define AUTH_KEY_MAX  64 /* bytes of a pre-shared key */

/* A site's options where deployed code differs from the text (docs/decisions/). */
struct auth_options {
	bool full_length;  /* 20 or 32 bytes instead of 12 or 16 */
	bool records_only; /* the MAC ends with the last RLOC-record, as RFC 9301 says; default: the
			      whole message */
};

/* The authentication fields of a parsed message. */
struct auth_field {
	uint8_t key_id;
	uint8_t alg;
	uint16_t len;        /* as on the wire */
	size_t offset;       /* of the data, from the message's first byte */
	size_t records_end;  /* offset just past the last RLOC-record */
	const uint8_t *data; /* borrowed */
};

/* A pre-shared key made ready (opaque HMAC state). Not shared between threads. */
struct auth_key;

/* NULL: out of memory or @len not in 1..AUTH_KEY_MAX. The bytes are copied, and zeroed by
 * auth_key_free. */
struct auth_key *auth_key_new(const void *psk, size_t len);
void auth_key_free(struct auth_key *k);

/* Length of the data that @alg with @opt takes; 0: unknown algorithm, or AUTH_NONE. */
size_t auth_length(enum auth_alg alg, const struct auth_options *opt);

/* @type: which message, for the KDF's salt (LISP_MAP_REGISTER, _NOTIFY, _NOTIFY_ACK; others use
 * their own, see auth.c).
 * @msg is not changed: the data's bytes count as zero. True when the MAC is right. */
bool auth_verify(struct auth_key *k, enum lisp_type type, const struct auth_options *opt,
	const uint8_t *msg, size_t len, uint64_t nonce, const struct auth_field *f);

/* Write the auth header (KeyID, AlgID, AuthLen and zeroed data); f->offset tells auth_sign where.
 */
void auth_field_write(struct wire_writer *w, uint8_t key_id, enum auth_alg alg,
	const struct auth_options *opt, struct auth_field *f);
void auth_field_read(struct wire_reader *r, struct auth_field *f);
/* Fill in the MAC of the finished message. 0 or -LISP_EUNSUPPORTED (algorithm). */
int auth_sign(struct auth_key *k, enum lisp_type type, const struct auth_options *opt, uint8_t *msg,
	size_t len, uint64_t nonce, const struct auth_field *f);

#endif
