/* See stored_subscription.h. */
#include "lisp/stored_subscription.h"

#include <string.h>

#include "lib/base/wire.h"

#define PLACE_KEY (STORED_OWNER_KEY + 2)

size_t stored_subscription_key(uint8_t *key, size_t cap, const struct stored_subscription_key *k)
{
	struct wire_writer w;
	size_t len;

	wire_writer_init(&w, key, cap);
	wire_put_u32(&w, k->owner);
	if (k->kind == STORED_USED_OTK)
		wire_put_u16(&w, k->place);
	if (!k->owner || !wire_written(&w))
		return 0;
	if (k->kind != STORED_SUBSCRIPTION)
		return w.pos;
	len = stored_eid_key(key + w.pos, cap - w.pos, &k->eid);
	return len ? w.pos + len : 0;
}

bool stored_subscription_key_read(
	const uint8_t *key, size_t len, struct stored_subscription_key *out)
{
	*out = (struct stored_subscription_key){.kind = STORED_SUBSCRIPTION};
	if (len < STORED_OWNER_KEY || !stored_owner_number(key, STORED_OWNER_KEY, &out->owner))
		return false;
	if (len == STORED_OWNER_KEY)
		out->kind = STORED_SUBSCRIBER;
	else if (len == PLACE_KEY)
		out->kind = STORED_USED_OTK;
	else
		return stored_eid_read(key + STORED_OWNER_KEY, len - STORED_OWNER_KEY, &out->eid);
	if (out->kind == STORED_USED_OTK)
		out->place = (uint16_t)(key[STORED_OWNER_KEY] << 8 | key[STORED_OWNER_KEY + 1]);
	return true;
}

static void expect_version(struct wire_reader *r)
{
	size_t at = r->pos;
	uint8_t version = wire_get_u8(r, "version");

	if (version != STORED_VERSION)
		wire_refuse(r, "version", at, version, "1");
}

/* ---- an xTR ---- */

static void put_address(struct wire_writer *w, const struct address *a)
{
	wire_put_u16(w, a->afi);
	wire_put_bytes(w, a->bytes, a->afi == AFI_NONE ? 0 : a->len);
}

static bool get_address(struct wire_reader *r, bool none, struct address *out)
{
	uint16_t afi = (uint16_t)wire_get_u16(r, "address");
	size_t len = afi == AFI_IPV4 ? 4 : afi == AFI_IPV6 ? 16 : 0;
	const uint8_t *bytes = wire_get_bytes(r, len, "address");

	*out = (struct address){.afi = AFI_NONE};
	if (!len)
		return none && afi == AFI_NONE;
	return wire_ok(r) && address_set(out, afi, bytes, len);
}

size_t stored_subscriber_write(uint8_t *buf, size_t cap, const struct stored_subscriber *s)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u64(&w, s->floor);
	wire_put_u64(&w, s->past_floor);
	wire_put_u8(&w, s->key_id);
	wire_put_u8(&w, s->key_alg);
	put_address(&w, &s->local);
	wire_put_u8(&w, s->rloc_count);
	for (unsigned int i = 0; i < s->rloc_count; i++)
		put_address(&w, &s->rlocs[i]);
	return wire_written(&w) ? w.pos : 0;
}

bool stored_subscriber_read(const uint8_t *value, size_t len, struct stored_subscriber *out)
{
	struct wire_fault fault;
	struct wire_reader r;
	bool ok;

	*out = (struct stored_subscriber){0};
	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	out->floor = wire_get_u64(&r, "floor");
	out->past_floor = wire_get_u64(&r, "floor");
	out->key_id = wire_get_u8(&r, "key-id");
	out->key_alg = wire_get_u8(&r, "algorithm");
	ok = get_address(&r, true, &out->local);
	out->rloc_count = wire_get_u8(&r, "itr-rlocs");
	ok = ok && out->rloc_count <= STORED_SUBSCRIBER_RLOCS;
	for (unsigned int i = 0; ok && i < out->rloc_count; i++)
		ok = get_address(&r, false, &out->rlocs[i]);
	wire_expect_end(&r, "subscriber");
	return ok && wire_ok(&r);
}

/* ---- a subscription ---- */

size_t stored_subscription_write(uint8_t *buf, size_t cap, const struct stored_subscription *s)
{
	struct wire_writer w;

	if (s->key.len > OTK_PUBSUB_BYTES)
		return 0;
	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u8(&w, s->flags);
	wire_put_u64(&w, s->nonce);
	wire_put_u64(&w, s->seen);
	wire_put_bytes(&w, s->key.bytes, s->key.len);
	return wire_written(&w) ? w.pos : 0;
}

bool stored_subscription_read(const uint8_t *value, size_t len, struct stored_subscription *out)
{
	const uint8_t known = STORED_SUBSCRIPTION_MUTED | STORED_SUBSCRIPTION_ENDED |
			      STORED_SUBSCRIPTION_TEMPORARY;
	struct wire_fault fault;
	struct wire_reader r;
	const uint8_t *key;
	size_t key_len;

	*out = (struct stored_subscription){0};
	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	out->flags = wire_get_u8(&r, "flags");
	out->nonce = wire_get_u64(&r, "nonce");
	out->seen = wire_get_u64(&r, "nonce");
	key_len = wire_left(&r);
	key = wire_get_bytes(&r, key_len, "key");
	if (!wire_ok(&r) || out->flags & ~known ||
		(key_len && key_len != OTK_BYTES && key_len != OTK_PUBSUB_BYTES))
		return false;
	out->key.len = (uint8_t)key_len;
	memcpy(out->key.bytes, key, key_len);
	return true;
}

/* ---- a One-Time Key that was used ---- */

size_t stored_used_otk_write(uint8_t *buf, size_t cap, const struct stored_used_otk *o)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u64(&w, o->hash);
	wire_put_u64(&w, o->nonce);
	return wire_written(&w) ? w.pos : 0;
}

bool stored_used_otk_read(const uint8_t *value, size_t len, struct stored_used_otk *out)
{
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	out->hash = wire_get_u64(&r, "hash");
	out->nonce = wire_get_u64(&r, "nonce");
	wire_expect_end(&r, "one-time key");
	return wire_ok(&r);
}
