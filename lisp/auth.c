/* auth: HMACs over LISP messages. Knows where the authentication data stands, nothing else of a
 * message.
 *
 * The HMAC contexts of a key are made ready once and rewound for each message. Rewinding
 * (EVP_MAC_init without a key, which copies the keyed inner and outer states) does 3.5 million MACs
 * of 200 bytes a second where EVP_MAC_CTX_dup does 2.0, for its allocations, and the deprecated
 * SHA256_CTX copied by hand 4.9: less than 1.5 times as fast, too little to leave the supported
 * interface and write an HMAC of our own. */
#include "lisp/auth.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lisp/codec.h"

#define DERIVED_LEN                                                                                \
	32 /* bytes that HKDF makes for AUTH_HMAC_SHA256_128_HKDF, docs/decisions/mac-kdf.md */

struct auth_key {
	EVP_MAC_CTX *sha1;    /* keyed with the PSK */
	EVP_MAC_CTX *sha256;  /* keyed with the PSK */
	EVP_MAC_CTX *derived; /* keyed anew for each message */
	EVP_KDF_CTX *hkdf;
	size_t len;
	uint8_t seed[8 + AUTH_KEY_MAX]; /* room for the nonce, then the PSK: the KDF's input */
};

static EVP_MAC_CTX *hmac_new(EVP_MAC *hmac, const char *digest, const uint8_t *psk, size_t len)
{
	char name[8];
	OSSL_PARAM params[2];
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);

	strcpy(name, digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx && EVP_MAC_init(ctx, psk, len, params))
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

static EVP_KDF_CTX *hkdf_new(void)
{
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = hkdf ? EVP_KDF_CTX_new(hkdf) : NULL;

	EVP_KDF_free(hkdf);
	return ctx;
}

struct auth_key *auth_key_new(const void *psk, size_t len)
{
	struct auth_key *k;
	EVP_MAC *hmac;

	if (len < 1 || len > AUTH_KEY_MAX)
		return NULL;
	k = calloc(1, sizeof(*k));
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (k && hmac) {
		k->len = len;
		memcpy(k->seed + 8, psk, len);
		k->sha1 = hmac_new(hmac, "SHA1", k->seed + 8, len);
		k->sha256 = hmac_new(hmac, "SHA256", k->seed + 8, len);
		k->derived = hmac_new(hmac, "SHA256", k->seed + 8, len);
		k->hkdf = hkdf_new();
	}
	EVP_MAC_free(hmac);
	if (k && k->sha1 && k->sha256 && k->derived && k->hkdf)
		return k;
	auth_key_free(k);
	return NULL;
}

void auth_key_free(struct auth_key *k)
{
	if (!k)
		return;
	EVP_MAC_CTX_free(k->sha1);
	EVP_MAC_CTX_free(k->sha256);
	EVP_MAC_CTX_free(k->derived);
	EVP_KDF_CTX_free(k->hkdf);
	OPENSSL_cleanse(k, sizeof(*k));
	free(k);
}

size_t auth_length(enum auth_alg alg, const struct auth_options *opt)
{
	switch (alg) {
	case AUTH_NONE:
		return 0;
	case AUTH_HMAC_SHA1_96:
		return opt->full_length ? 20 : 12;
	case AUTH_HMAC_SHA256_128:
	case AUTH_HMAC_SHA256_128_HKDF:
		return opt->full_length ? 32 : 16;
	}
	return 0;
}

/* RFC 9301 section 5.6 names the first three; the other messages follow their form. */
static const char *salt_of(enum lisp_type type)
{
	switch ((int)type) {
	case LISP_MAP_REGISTER:
		return "Map-Register Authentication";
	case LISP_MAP_NOTIFY:
		return "Map-Notify Authentication";
	case LISP_MAP_NOTIFY_ACK:
		return "Map-Notify-Ack Authentication";
	case LISP_INFO:
		return "Info-Request Authentication";
	case LISP_EXTENSION:
		return "Sunward-Move Authentication";
	case AUTH_HANDOVER:
		return "Sunward-Handover Authentication";
	default:
		return NULL;
	}
}

/* Per-message key = HKDF-SHA256(ikm = nonce || PSK, salt, info = empty, 32 bytes); section 5.6
 * item 4. */
static bool derive(
	struct auth_key *k, enum lisp_type type, uint64_t nonce, uint8_t out[DERIVED_LEN])
{
	char digest[] = "SHA256", salt[40];
	const char *text = salt_of(type);
	OSSL_PARAM params[4];

	if (!text)
		return false;
	strcpy(salt, text);
	for (int i = 0; i < 8; i++)
		k->seed[i] = (uint8_t)(nonce >> (56 - 8 * i));
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, k->seed, 8 + k->len);
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, strlen(salt));
	params[3] = OSSL_PARAM_construct_end();
	EVP_KDF_CTX_reset(k->hkdf);
	return EVP_KDF_derive(k->hkdf, out, DERIVED_LEN, params);
}

/* A context that is keyed for this message and rewound; NULL: no such algorithm, or OpenSSL failed.
 */
static EVP_MAC_CTX *ready(
	struct auth_key *k, enum auth_alg alg, enum lisp_type type, uint64_t nonce)
{
	uint8_t key[DERIVED_LEN];
	EVP_MAC_CTX *ctx = NULL;
	bool ok = false;

	switch (alg) {
	case AUTH_NONE:
		return NULL;
	case AUTH_HMAC_SHA1_96:
		ctx = k->sha1;
		ok = EVP_MAC_init(ctx, NULL, 0, NULL);
		break;
	case AUTH_HMAC_SHA256_128:
		ctx = k->sha256;
		ok = EVP_MAC_init(ctx, NULL, 0, NULL);
		break;
	case AUTH_HMAC_SHA256_128_HKDF:
		ctx = k->derived;
		ok = derive(k, type, nonce, key) && EVP_MAC_init(ctx, key, sizeof(key), NULL);
		OPENSSL_cleanse(key, sizeof(key));
		break;
	}
	return ok ? ctx : NULL;
}

/* The MAC over @msg with the @zeros bytes at @offset taken as zero. */
static bool mac(EVP_MAC_CTX *ctx, const uint8_t *msg, size_t len, size_t offset, size_t zeros,
	uint8_t out[AUTH_DATA_MAX])
{
	static const uint8_t zero[AUTH_DATA_MAX];
	size_t written;

	return EVP_MAC_update(ctx, msg, offset) && EVP_MAC_update(ctx, zero, zeros) &&
	       EVP_MAC_update(ctx, msg + offset + zeros, len - offset - zeros) &&
	       EVP_MAC_final(ctx, out, &written, AUTH_DATA_MAX);
}

/* Compute the MAC that @f asks for; its length is @expected, which the caller took from algorithm
 * and options. */
static bool compute(struct auth_key *k, enum lisp_type type, const struct auth_options *opt,
	const uint8_t *msg, size_t len, uint64_t nonce, const struct auth_field *f, size_t expected,
	uint8_t out[AUTH_DATA_MAX])
{
	size_t end = opt->records_only ? f->records_end : len;
	EVP_MAC_CTX *ctx;

	if (end > len || f->offset > end || expected > end - f->offset)
		return false;
	ctx = ready(k, (enum auth_alg)f->alg, type, nonce);
	return ctx && mac(ctx, msg, end, f->offset, expected, out);
}

bool auth_verify(struct auth_key *k, enum lisp_type type, const struct auth_options *opt,
	const uint8_t *msg, size_t len, uint64_t nonce, const struct auth_field *f)
{
	size_t expected = auth_length((enum auth_alg)f->alg, opt);
	uint8_t right[AUTH_DATA_MAX];

	if (!expected || f->len != expected)
		return false;
	return compute(k, type, opt, msg, len, nonce, f, expected, right) &&
	       !CRYPTO_memcmp(right, msg + f->offset, expected);
}

int auth_sign(struct auth_key *k, enum lisp_type type, const struct auth_options *opt, uint8_t *msg,
	size_t len, uint64_t nonce, const struct auth_field *f)
{
	size_t expected = auth_length((enum auth_alg)f->alg, opt);
	uint8_t out[AUTH_DATA_MAX];

	if (!expected || f->len != expected ||
		!compute(k, type, opt, msg, len, nonce, f, expected, out))
		return -LISP_EUNSUPPORTED;
	memcpy(msg + f->offset, out, expected);
	return 0;
}

void auth_field_write(struct wire_writer *w, uint8_t key_id, enum auth_alg alg,
	const struct auth_options *opt, struct auth_field *f)
{
	memset(f, 0, sizeof(*f));
	f->key_id = key_id;
	f->alg = (uint8_t)alg;
	f->len = (uint16_t)auth_length(alg, opt);
	wire_put_u8(w, key_id);
	wire_put_u8(w, f->alg);
	wire_put_u16(w, f->len);
	f->offset = w->pos;
	wire_put_zero(w, f->len);
}

void auth_field_read(struct wire_reader *r, struct auth_field *f)
{
	f->key_id = wire_get_u8(r, "Key ID");
	f->alg = wire_get_u8(r, "Algorithm ID");
	f->len = wire_get_u16(r, "authentication data length");
	f->offset = r->pos;
	f->data = wire_get_bytes(r, f->len, "authentication data");
	f->records_end = 0;
}
