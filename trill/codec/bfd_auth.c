/* See bfd_auth.h. */
#include "trill/codec/bfd_auth.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define TYPE_METICULOUS_SHA1 5
#define FLAG_AUTH            0x04
#define ID_AT                (BFD_CONTROL_LEN + 2)
#define SEQUENCE_AT          (BFD_CONTROL_LEN + 4)
#define HASH_AT              (BFD_CONTROL_LEN + 8)

uint8_t bfd_secret_id(uint16_t key_id)
{
	return (uint8_t)key_id;
}

bool bfd_secret_derive(struct isis_key *k, uint16_t port_id, const struct system_id *system,
	struct bfd_secret *secret)
{
	static const char name[] = "TRILL BFD Control"; /* without its zero */
	uint8_t text[sizeof(name) - 1 + 2 + SYSTEM_ID_LEN], derived[ISIS_DERIVED_LEN];
	struct wire_writer w;
	size_t digest_len;
	uint16_t id;

	wire_writer_init(&w, text, sizeof(text));
	wire_put_bytes(&w, name, sizeof(name) - 1);
	wire_put_u16(&w, port_id);
	system_id_put(&w, system);
	if (!wire_written(&w) || !isis_key_derived(k, text, sizeof(text), derived))
		return false;
	isis_key_generic(k, &id, &digest_len);
	secret->id = bfd_secret_id(id);
	memcpy(secret->bytes, derived, BFD_SECRET_LEN);
	OPENSSL_cleanse(derived, sizeof(derived));
	return true;
}

/* Of a packet as it is, but for the hash. */
static bool hash_make(
	const uint8_t *control, const struct bfd_secret *secret, uint8_t hash[BFD_SECRET_LEN])
{
	uint8_t bytes[BFD_CONTROL_MAX];
	size_t made;
	bool ok;

	memcpy(bytes, control, HASH_AT);
	memcpy(bytes + HASH_AT, secret->bytes, BFD_SECRET_LEN);
	ok = EVP_Q_digest(NULL, "SHA1", NULL, bytes, sizeof(bytes), hash, &made) &&
	     made == BFD_SECRET_LEN;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return ok;
}

bool bfd_auth_seal(
	uint8_t control[BFD_CONTROL_MAX], const struct bfd_secret *secret, uint32_t sequence)
{
	struct wire_writer w;

	control[1] |= FLAG_AUTH;
	control[3] = BFD_CONTROL_MAX;
	wire_writer_init(&w, control + BFD_CONTROL_LEN, BFD_AUTH_LEN);
	wire_put_u8(&w, TYPE_METICULOUS_SHA1);
	wire_put_u8(&w, BFD_AUTH_LEN);
	wire_put_u8(&w, secret->id);
	wire_put_u8(&w, 0);
	wire_put_u32(&w, sequence);
	return hash_make(control, secret, control + HASH_AT);
}

bool bfd_auth_check(const uint8_t *control, size_t len, const struct bfd_secret *secrets,
	unsigned int count, uint32_t *sequence)
{
	const uint8_t *at = control + SEQUENCE_AT;
	uint8_t hash[BFD_SECRET_LEN];

	if (len != BFD_CONTROL_MAX || control[BFD_CONTROL_LEN] != TYPE_METICULOUS_SHA1 ||
		control[BFD_CONTROL_LEN + 1] != BFD_AUTH_LEN)
		return false;
	for (unsigned int i = 0; i < count; i++)
		if (secrets[i].id == control[ID_AT] && hash_make(control, &secrets[i], hash) &&
			!CRYPTO_memcmp(hash, control + HASH_AT, BFD_SECRET_LEN)) {
			*sequence = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
				    (uint32_t)at[2] << 8 | at[3];
			return true;
		}
	return false;
}
