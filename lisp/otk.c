/* otk: One-Time Keys by OpenSSL: RFC 3394's key wrap, HKDF (RFC 5869), HMAC. Knows no message. */
#include "lisp/otk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#define WRAP_LABEL "OTK-Key-Wrap" /* section 6.5 step 4, without its NUL */
#define NONCE_LEN  8

struct otk_tools {
	EVP_MAC_CTX *sha1;
	EVP_MAC_CTX *sha256;
	EVP_KDF_CTX *hkdf;
	EVP_CIPHER *wrap;
	EVP_CIPHER_CTX *cipher;
};

int otk_keys_add(struct otk_keys *keys, uint8_t id, const void *psk, size_t len)
{
	struct otk_key *k = &keys->list[keys->count];

	if (otk_keys_find(keys, id))
		return -EEXIST;
	if (keys->count == OTK_KEYS_MAX)
		return -ENOSPC;
	if (len < 1 || len > OTK_PSK_MAX)
		return -EINVAL;
	k->id = id;
	k->len = (uint8_t)len;
	memcpy(k->psk, psk, len);
	keys->count++;
	return 0;
}

const struct otk_key *otk_keys_find(const struct otk_keys *keys, uint8_t id)
{
	for (unsigned int i = 0; i < keys->count; i++)
		if (keys->list[i].id == id)
			return &keys->list[i];
	return NULL;
}

void otk_keys_wipe(struct otk_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

bool otk_keys_share(const struct otk_keys *a, const struct otk_keys *b)
{
	for (unsigned int i = 0; i < a->count; i++)
		for (unsigned int j = 0; j < b->count; j++)
			if (a->list[i].len == b->list[j].len &&
				!CRYPTO_memcmp(a->list[i].psk, b->list[j].psk, a->list[i].len))
				return true;
	return false;
}

/* ---- contexts ---- */

static EVP_MAC_CTX *hmac_new(EVP_MAC *hmac, const char *digest)
{
	static const uint8_t none[OTK_BYTES];
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_new(hmac);
	OSSL_PARAM params[2];
	char name[8];

	strcpy(name, digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx && EVP_MAC_init(ctx, none, sizeof(none), params))
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

struct otk_tools *otk_tools_new(void)
{
	struct otk_tools *t = calloc(1, sizeof(*t));
	EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_KDF *hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);

	if (t && hmac && hkdf) {
		t->sha1 = hmac_new(hmac, "SHA1");
		t->sha256 = hmac_new(hmac, "SHA256");
		t->hkdf = EVP_KDF_CTX_new(hkdf);
		t->wrap = EVP_CIPHER_fetch(NULL, "AES-128-WRAP", NULL);
		t->cipher = EVP_CIPHER_CTX_new();
	}
	EVP_MAC_free(hmac);
	EVP_KDF_free(hkdf);
	if (t && t->sha1 && t->sha256 && t->hkdf && t->wrap && t->cipher)
		return t;
	otk_tools_free(t);
	return NULL;
}

void otk_tools_free(struct otk_tools *t)
{
	if (!t)
		return;
	EVP_MAC_CTX_free(t->sha1);
	EVP_MAC_CTX_free(t->sha256);
	EVP_KDF_CTX_free(t->hkdf);
	EVP_CIPHER_CTX_free(t->cipher);
	EVP_CIPHER_free(t->wrap);
	free(t);
}

/* ---- derivation ---- */

/* HKDF without salt and info: the RFC gives neither. */
static bool hkdf(struct otk_tools *t, const char *digest, uint8_t *ikm, size_t ikm_len,
	uint8_t *out, size_t out_len)
{
	OSSL_PARAM params[3];
	char name[8];

	strcpy(name, digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, ikm_len);
	params[2] = OSSL_PARAM_construct_end();
	EVP_KDF_CTX_reset(t->hkdf);
	return EVP_KDF_derive(t->hkdf, out, out_len, params) > 0;
}

bool otk_make(struct otk_tools *t, const uint8_t *secret, size_t secret_len, const char *label,
	const uint8_t *context, size_t context_len, struct otk *out)
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, sizeof(digest) - 1),
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret, secret_len),
		OSSL_PARAM_octet_string(
			OSSL_KDF_PARAM_SALT, (void *)(uintptr_t)label, strlen(label)),
		OSSL_PARAM_octet_string(
			OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)context, context_len),
		OSSL_PARAM_END};

	EVP_KDF_CTX_reset(t->hkdf);
	return EVP_KDF_derive(t->hkdf, out->bytes, OTK_BYTES, params) > 0;
}

static void put_nonce(uint8_t out[NONCE_LEN], uint64_t nonce)
{
	for (int i = 0; i < NONCE_LEN; i++)
		out[i] = (uint8_t)(nonce >> (56 - 8 * i));
}

/* per-msg-key = KDF(nonce + s + PSK), 128 bits. */
static bool message_key(
	struct otk_tools *t, const struct otk_key *key, uint64_t nonce, uint8_t out[OTK_BYTES])
{
	const size_t label = strlen(WRAP_LABEL);
	uint8_t ikm[NONCE_LEN + sizeof(WRAP_LABEL) + OTK_PSK_MAX];
	bool ok;

	put_nonce(ikm, nonce);
	memcpy(ikm + NONCE_LEN, WRAP_LABEL, label);
	memcpy(ikm + NONCE_LEN + label, key->psk, key->len);
	ok = hkdf(t, "SHA256", ikm, NONCE_LEN + label + key->len, out, OTK_BYTES);
	OPENSSL_cleanse(ikm, sizeof(ikm));
	return ok;
}

enum otk_hmac otk_hmac_for(uint16_t requested)
{
	return requested == OTK_HMAC_SHA1_96 ? OTK_HMAC_SHA1_96 : OTK_HMAC_SHA256_128;
}

enum otk_kdf otk_kdf_for(uint16_t requested)
{
	return requested == OTK_KDF_HKDF_SHA1_128 ? OTK_KDF_HKDF_SHA1_128 : OTK_KDF_HKDF_SHA256;
}

bool otk_derive(struct otk_tools *t, uint16_t kdf_id, const struct otk *itr_otk, struct otk *ms_otk)
{
	struct otk ikm = *itr_otk;
	bool ok = false;

	if (kdf_id == OTK_KDF_HKDF_SHA256 || kdf_id == OTK_KDF_HKDF_SHA1_128)
		ok = hkdf(t, kdf_id == OTK_KDF_HKDF_SHA256 ? "SHA256" : "SHA1", ikm.bytes,
			OTK_BYTES, ms_otk->bytes, OTK_BYTES);
	OPENSSL_cleanse(&ikm, sizeof(ikm));
	return ok;
}

size_t otk_pubsub_key(struct otk_tools *t, uint8_t wrap_id, const struct otk *otk, uint64_t nonce,
	uint8_t out[OTK_PUBSUB_BYTES])
{
	uint8_t ikm[OTK_BYTES + NONCE_LEN];
	bool ok;

	if (wrap_id == OTK_WRAP_NULL) {
		memcpy(out, otk->bytes, OTK_BYTES);
		return OTK_BYTES;
	}
	if (wrap_id != OTK_WRAP_AES_HKDF_SHA256)
		return 0;
	memcpy(ikm, otk->bytes, OTK_BYTES);
	put_nonce(ikm + OTK_BYTES, nonce);
	ok = hkdf(t, "SHA256", ikm, sizeof(ikm), out, OTK_PUBSUB_BYTES);
	OPENSSL_cleanse(ikm, sizeof(ikm));
	return ok ? OTK_PUBSUB_BYTES : 0;
}

/* ---- wrapping ---- */

/* RFC 3394 with its default Initialization Value, 0xa6 eight times; one direction or the other. */
static bool key_wrap(struct otk_tools *t, bool encrypt, const uint8_t key[OTK_BYTES],
	const uint8_t *in, size_t in_len, uint8_t *out, size_t out_len)
{
	int n = 0;
	bool ok;

	EVP_CIPHER_CTX_set_flags(t->cipher, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	ok = EVP_CipherInit_ex2(t->cipher, t->wrap, key, NULL, encrypt, NULL) &&
	     EVP_CipherUpdate(t->cipher, out, &n, in, (int)in_len) && (size_t)n == out_len;
	EVP_CIPHER_CTX_reset(t->cipher);
	if (!ok)
		ERR_clear_error(); /* a peer's wrong key is no fault of the library's */
	return ok;
}

bool otk_wrap(struct otk_tools *t, const struct otk_key *key, uint64_t nonce, const struct otk *otk,
	struct otk_wrapped *out)
{
	uint8_t per_message[OTK_BYTES];
	bool ok;

	out->key_id = key->id;
	out->wrap_id = OTK_WRAP_AES_HKDF_SHA256;
	ok = message_key(t, key, nonce, per_message) &&
	     key_wrap(t, true, per_message, otk->bytes, OTK_BYTES, out->bytes, OTK_WRAPPED_BYTES);
	OPENSSL_cleanse(per_message, sizeof(per_message));
	return ok;
}

bool otk_unwrap(struct otk_tools *t, const struct otk_key *key, uint64_t nonce,
	const struct otk_wrapped *wrapped, struct otk *out)
{
	uint8_t per_message[OTK_BYTES], plain[OTK_WRAPPED_BYTES]; /* the cipher may write the IV's
								     room too */
	bool ok;

	if (wrapped->wrap_id != OTK_WRAP_AES_HKDF_SHA256)
		return false;
	ok = message_key(t, key, nonce, per_message) &&
	     key_wrap(t, false, per_message, wrapped->bytes, OTK_WRAPPED_BYTES, plain, OTK_BYTES);
	if (ok)
		memcpy(out->bytes, plain, OTK_BYTES);
	OPENSSL_cleanse(per_message, sizeof(per_message));
	OPENSSL_cleanse(plain, sizeof(plain));
	return ok;
}

void otk_wrap_null(const struct otk *otk, struct otk_wrapped *out)
{
	*out = (struct otk_wrapped){.wrap_id = OTK_WRAP_NULL};
	memcpy(out->bytes + OTK_WRAPPED_BYTES - OTK_BYTES, otk->bytes, OTK_BYTES);
}

bool otk_unwrap_null(const struct otk_wrapped *wrapped, struct otk *out)
{
	static const uint8_t preamble[OTK_WRAPPED_BYTES - OTK_BYTES];

	if (wrapped->wrap_id != OTK_WRAP_NULL ||
		memcmp(wrapped->bytes, preamble, sizeof(preamble)) != 0)
		return false;
	memcpy(out->bytes, wrapped->bytes + sizeof(preamble), OTK_BYTES);
	return true;
}

/* ---- HMAC ---- */

size_t otk_hmac_bytes(uint16_t hmac_id)
{
	switch (hmac_id) {
	case OTK_HMAC_SHA1_96:
		return 12;
	case OTK_HMAC_SHA256_128:
		return 16;
	default:
		return 0;
	}
}

bool otk_hmac(struct otk_tools *t, uint16_t hmac_id, const struct otk *otk, const uint8_t *bytes,
	size_t len, size_t at, uint8_t out[OTK_HMAC_MAX])
{
	static const uint8_t zero[OTK_HMAC_MAX];
	EVP_MAC_CTX *ctx = hmac_id == OTK_HMAC_SHA1_96 ? t->sha1 : t->sha256;
	size_t n = otk_hmac_bytes(hmac_id), written;
	uint8_t whole[32];

	if (!n || at > len || n > len - at)
		return false;
	if (!EVP_MAC_init(ctx, otk->bytes, OTK_BYTES, NULL) || !EVP_MAC_update(ctx, bytes, at) ||
		!EVP_MAC_update(ctx, zero, n) ||
		!EVP_MAC_update(ctx, bytes + at + n, len - at - n) ||
		!EVP_MAC_final(ctx, whole, &written, sizeof(whole)))
		return false;
	memcpy(out, whole, n);
	return true;
}
