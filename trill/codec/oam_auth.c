/* See oam_auth.h. */
#include "trill/codec/oam_auth.h"

#include <openssl/crypto.h>
#include <string.h>

#define TYPE_GENERIC 3
#define DIGEST_AT    3      /* in the TLV's value */
#define CHANGES      0x303f /* of the header's first 16 bits: A, C, hop count */

void oam_auth_put(struct wire_writer *w, const struct isis_key *k)
{
	size_t at = tlv_begin(w, OAM_TLV_AUTH, TLV_OAM), digest_len;
	uint16_t id;

	if (!isis_key_generic(k, &id, &digest_len))
		w->failed = true;
	wire_put_u8(w, TYPE_GENERIC);
	wire_put_u16(w, id);
	wire_put_zero(w, digest_len);
	tlv_end(w, at, TLV_OAM);
}

/* The one Authentication TLV of a packet: 0, -TRILL_EAUTH when there is none, or more, or an error.
 */
static int auth_tlv(const uint8_t *packet, size_t len, struct tlv *t)
{
	struct data_header header;
	struct wire_fault fault;
	struct wire_reader r;
	struct tlv_iter it;
	struct tlv more;
	size_t left;
	struct oam o;
	int err;

	wire_reader_init(&r, packet, len, &fault);
	err = data_header_read(&r, &header);
	if (err)
		return err;
	wire_get_bytes(&r, OAM_FLOW_LEN, "flow entropy");
	if (!wire_ok(&r))
		return -TRILL_ETRUNC;
	left = wire_left(&r);
	err = oam_read(wire_get_bytes(&r, left, "OAM"), left, &o, &fault);
	if (err)
		return err;
	tlv_iter_init(&it, o.tlvs, o.tlvs_len, TLV_OAM);
	return tlv_find(&it, OAM_TLV_AUTH, t) && !tlv_find(&it, OAM_TLV_AUTH, &more) ? 0
										     : -TRILL_EAUTH;
}

/* Where the digest of @t is, if it is of the kind and ID of @k; else NULL. */
static const uint8_t *digest_of(const struct isis_key *k, const struct tlv *t)
{
	size_t digest_len;
	uint16_t id;

	if (!isis_key_generic(k, &id, &digest_len) || t->len != DIGEST_AT + digest_len)
		return NULL;
	if (t->value[0] != TYPE_GENERIC || (t->value[1] << 8 | t->value[2]) != id)
		return NULL;
	return t->value + DIGEST_AT;
}

static bool digest_make(struct isis_key *k, const uint8_t *packet, size_t len,
	const uint8_t *digest, size_t digest_len, uint8_t *out)
{
	uint8_t first[2] = {packet[0] & (uint8_t) ~(CHANGES >> 8), packet[1] & (uint8_t)~CHANGES};
	const uint8_t *behind = digest + digest_len;
	struct isis_auth_piece pieces[] = {{first, sizeof(first)},
		{packet + sizeof(first), (size_t)(digest - packet) - sizeof(first)}, {NULL, 0},
		{behind, (size_t)(packet + len - behind)}};

	return isis_auth_digest(k, pieces, sizeof(pieces) / sizeof(pieces[0]), out);
}

int oam_auth_sign(struct isis_key *k, uint8_t *packet, size_t len)
{
	uint8_t made[ISIS_AUTH_DIGEST_MAX];
	const uint8_t *digest;
	size_t digest_len;
	struct tlv t;
	uint16_t id;
	int err = auth_tlv(packet, len, &t);

	if (err)
		return err;
	digest = digest_of(k, &t);
	if (!digest || !isis_key_generic(k, &id, &digest_len) ||
		!digest_make(k, packet, len, digest, digest_len, made))
		return -TRILL_EAUTH;
	memcpy(packet + (digest - packet), made, digest_len);
	return 0;
}

int oam_auth_check(const uint8_t *packet, size_t len, struct isis_key *const *keys, unsigned int n)
{
	uint8_t made[ISIS_AUTH_DIGEST_MAX];
	size_t digest_len;
	struct tlv t;
	uint16_t id;

	if (auth_tlv(packet, len, &t))
		return -TRILL_EAUTH;
	for (unsigned int i = 0; i < n; i++) {
		const uint8_t *digest = digest_of(keys[i], &t);

		if (digest && isis_key_generic(keys[i], &id, &digest_len) &&
			digest_make(keys[i], packet, len, digest, digest_len, made) &&
			!CRYPTO_memcmp(made, digest, digest_len))
			return 0;
	}
	return -TRILL_EAUTH;
}
