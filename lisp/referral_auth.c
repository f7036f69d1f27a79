/* See referral_auth.h. */
#include "lisp/referral_auth.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct referral_key {
	EVP_PKEY *pkey;
	uint16_t tag;
	uint16_t material_len;
	uint8_t material[REFERRAL_MATERIAL_MAX];
};

/* ---- keys ---- */

static bool set_material(struct referral_key *k)
{
	uint8_t digest[EVP_MAX_MD_SIZE], *at = k->material;
	int len = i2d_PUBKEY(k->pkey, NULL);

	if (len <= 0 || len > REFERRAL_MATERIAL_MAX || i2d_PUBKEY(k->pkey, &at) != len ||
		!EVP_Digest(k->material, (size_t)len, digest, NULL, EVP_sha256(), NULL))
		return false;
	k->material_len = (uint16_t)len;
	k->tag = (uint16_t)(digest[0] << 8 | digest[1]);
	return true;
}

/* Takes @pkey. */
static struct referral_key *key_of(EVP_PKEY *pkey, const char **why)
{
	struct referral_key *k = NULL;
	int bits = pkey ? EVP_PKEY_get_bits(pkey) : 0;

	if (!pkey)
		*why = "no key in PEM form was found";
	else if (EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA)
		*why = "the key is not an RSA key";
	else if (bits < REFERRAL_RSA_BITS_MIN || bits > REFERRAL_RSA_BITS_MAX)
		*why = "the key has not 2048 to 4096 bits";
	else
		k = calloc(1, sizeof(*k));
	if (k) {
		k->pkey = pkey;
		if (set_material(k))
			return k;
		*why = "the key is larger than any that is taken";
		free(k);
	}
	EVP_PKEY_free(pkey);
	return NULL;
}

/* An encrypted key: nobody is here to ask for its passphrase. */
static int no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return -1;
}

static struct referral_key *from_pem(const void *pem, size_t len, bool private, const char **why)
{
	BIO *bio = len <= INT32_MAX ? BIO_new_mem_buf(pem, (int)len) : NULL;
	EVP_PKEY *pkey = NULL;

	*why = "out of memory";
	if (bio && private)
		pkey = PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL);
	else if (bio)
		pkey = PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	return key_of(pkey, why);
}

struct referral_key *referral_key_private_pem(const void *pem, size_t len, const char **why)
{
	return from_pem(pem, len, true, why);
}

struct referral_key *referral_key_public_pem(const void *pem, size_t len, const char **why)
{
	return from_pem(pem, len, false, why);
}

struct referral_key *referral_key_public(const void *material, size_t len)
{
	const uint8_t *at = material;
	const char *why;
	EVP_PKEY *pkey;

	if (len > REFERRAL_MATERIAL_MAX)
		return NULL;
	pkey = d2i_PUBKEY(NULL, &at, (long)len);
	if (pkey && at != (const uint8_t *)material + len) { /* bytes left over */
		EVP_PKEY_free(pkey);
		return NULL;
	}
	return key_of(pkey, &why);
}

void referral_key_free(struct referral_key *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->pkey);
	free(k);
}

const uint8_t *referral_key_material(const struct referral_key *k, size_t *len)
{
	*len = k->material_len;
	return k->material;
}

uint16_t referral_key_tag(const struct referral_key *k)
{
	return k->tag;
}

size_t referral_key_signature_len(const struct referral_key *k)
{
	return (size_t)EVP_PKEY_get_size(k->pkey);
}

/* ---- a child's keys ---- */

void referral_rloc_write(struct wire_writer *w, const struct lisp_rloc *rloc,
	const struct address *addr, const struct referral_key *const *keys, unsigned int count)
{
	uint8_t items[4 * (2 + REFERRAL_MATERIAL_MAX)];
	struct lcaf l = {.type = LCAF_KEY,
		.u.key = {.key_count = (uint8_t)count, .algorithm = REFERRAL_RSA_SHA256}};
	struct wire_writer keys_out;

	if (!count) {
		lisp_rloc_write(w, rloc, addr);
		return;
	}
	wire_writer_init(&keys_out, items, sizeof(items));
	for (unsigned int i = 0; i < count; i++) {
		wire_put_u16(&keys_out, keys[i]->material_len);
		wire_put_bytes(&keys_out, keys[i]->material, keys[i]->material_len);
	}
	if (!wire_written(&keys_out))
		w->failed = true;
	l.u.key.items = (struct wire_reader){.buf = items, .end = keys_out.pos};
	l.u.key.addr.addr = *addr;
	wire_put_u8(w, rloc->priority);
	wire_put_u8(w, rloc->weight);
	wire_put_u8(w, rloc->mpriority);
	wire_put_u8(w, rloc->mweight);
	wire_put_u16(w, (uint32_t)rloc->local << 2 | (uint32_t)rloc->probed << 1 | rloc->reachable);
	lcaf_write(w, &l);
}

/* ---- signatures ---- */

/* The sections with their signatures zeroed, which all are for all of them: each signature covers
 * the others' sections, and none their values (docs/decisions/ddt.md). */
static void put_sections(struct wire_writer *w, const struct referral_key *const *keys,
	unsigned int count, uint32_t ttl_min, uint32_t inception, uint32_t expiration,
	size_t *places)
{
	for (unsigned int i = 0; i < count; i++) {
		size_t len = referral_key_signature_len(keys[i]);

		wire_put_u32(w, ttl_min);
		wire_put_u32(w, expiration);
		wire_put_u32(w, inception);
		wire_put_u16(w, keys[i]->tag);
		wire_put_u16(w, (uint32_t)len);
		wire_put_u8(w, REFERRAL_RSA_SHA256);
		wire_put_zero(w, 3);
		places[i] = w->pos;
		wire_put_zero(w, len);
	}
}

static bool sign(const struct referral_key *k, const uint8_t *bytes, size_t len, uint8_t *out)
{
	size_t out_len = referral_key_signature_len(k);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) > 0 &&
		  EVP_DigestSign(ctx, out, &out_len, bytes, len) > 0 &&
		  out_len == referral_key_signature_len(k);

	EVP_MD_CTX_free(ctx);
	return ok;
}

int referral_sign(struct wire_writer *w, size_t record_at, const struct referral_key *const *keys,
	unsigned int count, uint32_t inception, uint32_t expiration)
{
	uint8_t signatures[15][REFERRAL_SIGNATURE_MAX];
	const uint8_t *ttl = w->buf + record_at;
	size_t places[15];

	if (count > 15 || !wire_written(w) || record_at + 4 > w->pos)
		return -LISP_ENOROOM;
	put_sections(w, keys, count,
		(uint32_t)ttl[0] << 24 | (uint32_t)ttl[1] << 16 | (uint32_t)ttl[2] << 8 | ttl[3],
		inception, expiration, places);
	if (!wire_written(w))
		return -LISP_ENOROOM;
	for (unsigned int i = 0; i < count; i++)
		if (!sign(keys[i], w->buf + record_at, w->pos - record_at, signatures[i]))
			return -LISP_EUNSUPPORTED;
	for (unsigned int i = 0; i < count; i++)
		memcpy(w->buf + places[i], signatures[i], referral_key_signature_len(keys[i]));
	return 0;
}

static bool update_zeros(EVP_MD_CTX *ctx, size_t n)
{
	static const uint8_t zeros[256];

	for (size_t part; n; n -= part) {
		part = n < sizeof(zeros) ? n : sizeof(zeros);
		if (EVP_DigestVerifyUpdate(ctx, zeros, part) <= 0)
			return false;
	}
	return true;
}

/* The record as it was signed: TTL = Original Record TTL, signatures zero. */
static bool update_record(EVP_MD_CTX *ctx, const struct referral_record *rec, uint32_t original_ttl)
{
	const uint8_t ttl[4] = {(uint8_t)(original_ttl >> 24), (uint8_t)(original_ttl >> 16),
		(uint8_t)(original_ttl >> 8), (uint8_t)original_ttl};
	struct referral_record it = *rec;
	struct referral_signature sig;
	size_t pos = sizeof(ttl);

	if (EVP_DigestVerifyUpdate(ctx, ttl, sizeof(ttl)) <= 0)
		return false;
	while (referral_signature_next(&it, &sig)) {
		size_t at = (size_t)(sig.bytes - rec->raw);

		if (EVP_DigestVerifyUpdate(ctx, rec->raw + pos, at - pos) <= 0 ||
			!update_zeros(ctx, sig.len))
			return false;
		pos = at + sig.len;
	}
	return EVP_DigestVerifyUpdate(ctx, rec->raw + pos, rec->raw_len - pos) > 0;
}

static bool verify(const struct referral_record *rec, const struct referral_signature *sig,
	const struct referral_key *k)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->pkey) > 0 &&
		  update_record(ctx, rec, sig->original_ttl) &&
		  EVP_DigestVerifyFinal(ctx, sig->bytes, sig->len) == 1;

	EVP_MD_CTX_free(ctx);
	return ok;
}

enum referral_verdict referral_verify(const struct referral_record *rec,
	const struct referral_signature *sig, const struct referral_key *k, uint64_t now_s)
{
	if (sig->algorithm != REFERRAL_RSA_SHA256)
		return REFERRAL_ALGORITHM;
	if (sig->key_tag != k->tag)
		return REFERRAL_OTHER_KEY;
	if (now_s < sig->inception)
		return REFERRAL_NOT_YET;
	if (now_s > sig->expiration)
		return REFERRAL_EXPIRED;
	if (sig->len != referral_key_signature_len(k) || !verify(rec, sig, k))
		return REFERRAL_BAD;
	return REFERRAL_GOOD;
}

const char *referral_verdict_name(enum referral_verdict v)
{
	static const char *const names[] = {
		[REFERRAL_GOOD] = "good",
		[REFERRAL_OTHER_KEY] = "no key with this tag",
		[REFERRAL_ALGORITHM] = "not RSA-SHA256",
		[REFERRAL_NOT_YET] = "before its inception",
		[REFERRAL_EXPIRED] = "expired",
		[REFERRAL_BAD] = "wrong signature",
	};

	return names[v];
}
