/* See isis_auth.h. */
#include "trill/codec/isis_auth.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "trill/codec/hello_tlv.h"

#define TYPE_GENERIC 3
#define TYPE_MD5     54

static const struct alg {
	const char *digest;
	uint8_t len;
} algs[ISIS_AUTH_ALGS] = {
	[ISIS_AUTH_HMAC_MD5] = {"MD5", 16},
	[ISIS_AUTH_HMAC_SHA1] = {"SHA1", 20},
	[ISIS_AUTH_HMAC_SHA224] = {"SHA224", 28},
	[ISIS_AUTH_HMAC_SHA256] = {"SHA256", 32},
	[ISIS_AUTH_HMAC_SHA384] = {"SHA384", 48},
	[ISIS_AUTH_HMAC_SHA512] = {"SHA512", 64},
};

struct isis_key {
	enum isis_auth_alg alg;
	uint16_t id;
	EVP_MAC_CTX *hmac;   /* keyed; rewound for each PDU */
	EVP_MAC_CTX *derive; /* HMAC-SHA256 with the secret as it is: other protocols' keys */
};

static EVP_MAC_CTX *hmac_new(const char *digest, const uint8_t *secret, size_t len)
{
	char name[8];
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
	OSSL_PARAM params[2];

	EVP_MAC_free(mac);
	strcpy(name, digest);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0);
	params[1] = OSSL_PARAM_construct_end();
	if (ctx && EVP_MAC_init(ctx, secret, len, params))
		return ctx;
	EVP_MAC_CTX_free(ctx);
	return NULL;
}

/* RFC 5310 section 3.3 (1): a secret longer than the hash counts as its hash. */
static EVP_MAC_CTX *generic_new(const struct alg *alg, const void *secret, size_t len)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	EVP_MAC_CTX *ctx = NULL;
	size_t hash_len;

	if (len <= alg->len)
		return hmac_new(alg->digest, secret, len);
	if (EVP_Q_digest(NULL, alg->digest, NULL, secret, len, hash, &hash_len))
		ctx = hmac_new(alg->digest, hash, hash_len);
	OPENSSL_cleanse(hash, sizeof(hash));
	return ctx;
}

struct isis_key *isis_key_new(enum isis_auth_alg alg, uint16_t id, const void *secret, size_t len)
{
	struct isis_key *k;

	if (len < 1 || len > ISIS_AUTH_SECRET_MAX || alg >= ISIS_AUTH_ALGS)
		return NULL;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	k->alg = alg;
	k->id = id;
	k->hmac = alg == ISIS_AUTH_HMAC_MD5 ? hmac_new(algs[alg].digest, secret, len)
					    : generic_new(&algs[alg], secret, len);
	k->derive = hmac_new("SHA256", secret, len);
	if (k->hmac && k->derive)
		return k;
	isis_key_free(k);
	return NULL;
}

void isis_key_free(struct isis_key *k)
{
	if (!k)
		return;
	EVP_MAC_CTX_free(k->hmac);
	EVP_MAC_CTX_free(k->derive);
	free(k);
}

bool isis_key_derived(
	struct isis_key *k, const void *text, size_t text_len, uint8_t derived[ISIS_DERIVED_LEN])
{
	size_t made;

	return EVP_MAC_init(k->derive, NULL, 0, NULL) &&
	       EVP_MAC_update(k->derive, text, text_len) &&
	       EVP_MAC_final(k->derive, derived, &made, ISIS_DERIVED_LEN) &&
	       made == ISIS_DERIVED_LEN;
}

bool isis_key_same(struct isis_key *a, struct isis_key *b)
{
	static const struct isis_auth_piece text = {(const uint8_t *)"same", 4};
	uint8_t of_a[ISIS_AUTH_DIGEST_MAX], of_b[ISIS_AUTH_DIGEST_MAX];

	if (!a || !b)
		return a == b;
	return a->alg == b->alg && a->id == b->id && isis_auth_digest(a, &text, 1, of_a) &&
	       isis_auth_digest(b, &text, 1, of_b) && !CRYPTO_memcmp(of_a, of_b, algs[a->alg].len);
}

bool isis_key_derive(const void *secret, size_t len, const void *text, size_t text_len,
	uint8_t derived[ISIS_DERIVED_LEN])
{
	return EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, secret, len, text, text_len, derived,
		       ISIS_DERIVED_LEN, NULL) != NULL;
}

static size_t value_len(const struct isis_key *k)
{
	return algs[k->alg].len + (k->alg == ISIS_AUTH_HMAC_MD5 ? 1u : 3u);
}

void isis_auth_put(struct wire_writer *w, const struct isis_key *k, enum tlv_form form)
{
	size_t at = tlv_begin(w, TLV_AUTH, form);

	if (k->alg == ISIS_AUTH_HMAC_MD5) {
		wire_put_u8(w, TYPE_MD5);
	} else {
		wire_put_u8(w, TYPE_GENERIC);
		wire_put_u16(w, k->id);
	}
	wire_put_zero(w, algs[k->alg].len);
	tlv_end(w, at, form);
}

/* What stands in the digest's place while the digest is made. */
static void digest_fill(const struct isis_key *k, uint8_t *fill)
{
	static const uint8_t apad[] = {0x87, 0x8f, 0xe1, 0xf3};

	for (size_t i = 0; i < algs[k->alg].len; i++)
		fill[i] = k->alg == ISIS_AUTH_HMAC_MD5 ? 0 : apad[i % sizeof(apad)];
}

/* The digest of @p, whose own digest stands at @digest. */
static bool digest_make(
	struct isis_key *k, const struct isis_pdu *p, const uint8_t *digest, uint8_t *out)
{
	static const uint8_t zero[2];
	const uint8_t *at = p->bytes, *end = p->bytes + p->len;
	uint8_t fill[ISIS_AUTH_DIGEST_MAX];
	size_t len = algs[k->alg].len, made;
	bool ok = EVP_MAC_init(k->hmac, NULL, 0, NULL);

	digest_fill(k, fill);
	if (p->type == ISIS_LSP || p->type == ISIS_FS_LSP) {
		ok = ok && EVP_MAC_update(k->hmac, at, ISIS_LIFETIME_AT);
		ok = ok && EVP_MAC_update(k->hmac, zero, 2);
		ok = ok && EVP_MAC_update(
				   k->hmac, at + ISIS_LSP_ID_AT, ISIS_CHECKSUM_AT - ISIS_LSP_ID_AT);
		ok = ok && EVP_MAC_update(k->hmac, zero, 2);
		at += ISIS_CHECKSUM_AT + 2;
	}
	ok = ok && EVP_MAC_update(k->hmac, at, (size_t)(digest - at));
	ok = ok && EVP_MAC_update(k->hmac, fill, len);
	ok = ok && EVP_MAC_update(k->hmac, digest + len, (size_t)(end - digest) - len);
	return ok && EVP_MAC_final(k->hmac, out, &made, ISIS_AUTH_DIGEST_MAX) && made == len;
}

/* Where the digest of @t is, if it is of the kind and ID of @k; else NULL. */
static const uint8_t *digest_of(const struct isis_key *k, const struct tlv *t)
{
	if (t->len != value_len(k))
		return NULL;
	if (k->alg == ISIS_AUTH_HMAC_MD5)
		return t->value[0] == TYPE_MD5 ? t->value + 1 : NULL;
	if (t->value[0] != TYPE_GENERIC || (t->value[1] << 8 | t->value[2]) != k->id)
		return NULL;
	return t->value + 3;
}

/* The one Authentication TLV of @p; false when there is none, or more. */
static bool auth_tlv(const struct isis_pdu *p, struct tlv *t)
{
	struct tlv_iter it;
	struct tlv more;

	isis_tlvs(p, &it);
	return tlv_find(&it, TLV_AUTH, t) && !tlv_find(&it, TLV_AUTH, &more);
}

int isis_auth_sign(struct isis_key *k, uint8_t *bytes, size_t len)
{
	uint8_t made[ISIS_AUTH_DIGEST_MAX];
	const uint8_t *digest;
	struct wire_fault fault;
	struct isis_pdu p;
	struct tlv t;
	int err = isis_parse(bytes, len, &p, &fault);

	if (err)
		return err;
	digest = auth_tlv(&p, &t) ? digest_of(k, &t) : NULL;
	if (!digest || !digest_make(k, &p, digest, made))
		return -TRILL_EAUTH;
	memcpy(bytes + (digest - bytes), made, algs[k->alg].len);
	return 0;
}

int isis_auth_seal(struct isis_key *k, enum tlv_form form, uint8_t *bytes, size_t len, size_t cap)
{
	struct wire_writer w = {.buf = bytes, .pos = len, .cap = cap};
	int err = k ? isis_auth_sign(k, bytes, len) : 0;

	if (err != -TRILL_EAUTH)
		return err ? err : (int)len;
	isis_auth_put(&w, k, form);
	err = isis_end(&w);
	if (err < 0)
		return err;
	return isis_auth_sign(k, bytes, w.pos) ? -TRILL_EAUTH : (int)w.pos;
}

int isis_auth_check(const struct isis_pdu *p, struct isis_key *const *keys, unsigned int n)
{
	uint8_t made[ISIS_AUTH_DIGEST_MAX];
	struct tlv t;

	if (!auth_tlv(p, &t))
		return -TRILL_EAUTH;
	for (unsigned int i = 0; i < n; i++) {
		const uint8_t *digest = digest_of(keys[i], &t);

		if (digest && digest_make(keys[i], p, digest, made) &&
			!CRYPTO_memcmp(made, digest, algs[keys[i]->alg].len))
			return 0;
	}
	return -TRILL_EAUTH;
}

bool isis_key_generic(const struct isis_key *k, uint16_t *id, size_t *digest_len)
{
	*id = k->id;
	*digest_len = algs[k->alg].len;
	return k->alg != ISIS_AUTH_HMAC_MD5;
}

bool isis_auth_digest(
	struct isis_key *k, const struct isis_auth_piece *pieces, unsigned int n, uint8_t *digest)
{
	bool ok = EVP_MAC_init(k->hmac, NULL, 0, NULL);
	uint8_t fill[ISIS_AUTH_DIGEST_MAX];
	size_t made;

	digest_fill(k, fill);
	for (unsigned int i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(k->hmac, pieces[i].bytes ? pieces[i].bytes : fill,
			pieces[i].bytes ? pieces[i].len : algs[k->alg].len);
	return ok && EVP_MAC_final(k->hmac, digest, &made, ISIS_AUTH_DIGEST_MAX) &&
	       made == algs[k->alg].len;
}
