/* See stored.h. */
#include "lisp/stored.h"

#include <string.h>

#include "lib/base/wire.h"

#define FORM_MAPPING 1
#define FORM_LOST    2 /* a mapping, and who lost it */
#define FORM_GONE    0
#define VARINT_MAX   10 /* bytes */

const char *const stored_tables[] = {
	"nonces", "state", "mappings", "sets", "owners", "sites", "parts", "subscriptions", NULL};

/* ---- varints ---- */

static void put_varint(struct wire_writer *w, uint64_t v)
{
	for (; v > 0x7f; v >>= 7)
		wire_put_u8(w, (uint32_t)(v & 0x7f) | 0x80);
	wire_put_u8(w, (uint32_t)v);
}

/* At most @most; a longer form than the shortest is refused, so that there is one form only. */
static uint64_t get_varint(struct wire_reader *r, uint64_t most, const char *field)
{
	size_t at = r->pos;
	uint64_t v = 0;

	for (unsigned int i = 0; i < VARINT_MAX; i++) {
		uint8_t byte = wire_get_u8(r, field);
		uint64_t part = (uint64_t)(byte & 0x7f);

		if (part << 7 * i >> 7 * i != part || (i && !byte))
			break;
		v |= part << 7 * i;
		if (byte & 0x80)
			continue;
		if (v <= most)
			return v;
		break;
	}
	wire_refuse(r, field, at, v, "a number in its shortest form, and in range");
	return 0;
}

/* ---- keys ---- */

static const uint16_t families[] = {
	0, AFI_IPV4, AFI_IPV6, AFI_MAC, AFI_NAME, AFI_SG_IPV4, AFI_SG_IPV6};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

size_t stored_eid_key(uint8_t *key, size_t cap, const struct eid *eid)
{
	uint8_t kind = eid_is_host(eid) ? STORED_HOSTS : 0;
	struct wire_writer w;
	uint8_t family = 1;

	while (family < FAMILIES && families[family] != eid->addr.afi)
		family++;
	if (family == FAMILIES)
		return 0;
	wire_writer_init(&w, key, cap);
	wire_put_u8(&w, kind | family);
	wire_put_u32(&w, eid->iid);
	wire_put_bytes(&w, eid->addr.bytes, eid->addr.len);
	wire_put_u8(&w, eid->plen);
	return wire_written(&w) ? w.pos : 0;
}

bool stored_eid_read(const uint8_t *key, size_t len, struct eid *out)
{
	struct eid masked;
	uint8_t family;

	if (len < 7 || len > STORED_EID_BYTES)
		return false;
	family = key[0] & (STORED_HOSTS - 1);
	*out = (struct eid){.plen = key[len - 1]};
	if (!family || family >= FAMILIES ||
		!address_set(&out->addr, families[family], key + 5, len - 6))
		return false;
	for (int i = 1; i < 5; i++)
		out->iid = out->iid << 8 | key[i];
	masked = *out;
	return out->plen <= 8 * out->addr.len && !eid_mask(&masked) && eid_equal(&masked, out) &&
	       eid_is_host(out) == (key[0] >= STORED_HOSTS);
}

void stored_set_key(uint8_t key[STORED_SET_KEY], uint64_t number)
{
	struct wire_writer w;

	wire_writer_init(&w, key, STORED_SET_KEY);
	wire_put_u64(&w, number);
}

bool stored_set_number(const uint8_t *key, size_t len, uint64_t *out)
{
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, key, len, &fault);
	*out = wire_get_u64(&r, "number");
	wire_expect_end(&r, "number");
	return wire_ok(&r) && *out;
}

void stored_owner_key(uint8_t key[STORED_OWNER_KEY], uint32_t number)
{
	struct wire_writer w;

	wire_writer_init(&w, key, STORED_OWNER_KEY);
	wire_put_u32(&w, number);
}

bool stored_owner_number(const uint8_t *key, size_t len, uint32_t *out)
{
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, key, len, &fault);
	*out = wire_get_u32(&r, "number");
	wire_expect_end(&r, "number");
	return wire_ok(&r) && *out;
}

/* ---- values ---- */

static void expect_version(struct wire_reader *r)
{
	size_t at = r->pos;
	uint8_t version = wire_get_u8(r, "version");

	if (version != STORED_VERSION)
		wire_refuse(r, "version", at, version, "1");
}

size_t stored_mapping_write(uint8_t *buf, size_t cap, const struct stored_mapping *m)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u8(&w, m->gone ? FORM_GONE : m->lost ? FORM_LOST : FORM_MAPPING);
	put_varint(&w, m->seq);
	wire_put_u32(&w, m->wall_s);
	if (!m->gone) {
		wire_put_u8(&w, m->flags);
		put_varint(&w, m->ttl_min);
		put_varint(&w, m->map_version);
		put_varint(&w, m->owner);
		put_varint(&w, m->set);
		put_varint(&w, m->life_s);
	}
	if (!m->gone && m->lost) {
		put_varint(&w, m->lost);
		wire_put_u64(&w, m->said);
	}
	return wire_written(&w) ? w.pos : 0;
}

bool stored_mapping_read(const uint8_t *value, size_t len, struct stored_mapping *out)
{
	struct wire_fault fault;
	struct wire_reader r;
	uint8_t form;
	size_t at;

	*out = (struct stored_mapping){0};
	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	at = r.pos;
	form = wire_get_u8(&r, "form");
	if (form > FORM_LOST)
		wire_refuse(&r, "form", at, form, "0 to 2");
	out->gone = form == FORM_GONE;
	out->seq = get_varint(&r, UINT64_MAX, "seq");
	out->wall_s = wire_get_u32(&r, "time");
	if (!out->gone) {
		out->flags = wire_get_u8(&r, "flags");
		out->ttl_min = (uint32_t)get_varint(&r, UINT32_MAX, "ttl");
		out->map_version = (uint16_t)get_varint(&r, 0xfff, "map-version");
		out->owner = (uint32_t)get_varint(&r, UINT32_MAX, "owner");
		out->set = get_varint(&r, UINT64_MAX, "set");
		out->life_s = (uint32_t)get_varint(&r, UINT32_MAX, "life");
	}
	if (form == FORM_LOST) {
		out->lost = (uint32_t)get_varint(&r, UINT32_MAX, "who lost it");
		out->said = wire_get_u64(&r, "what it said");
	}
	wire_expect_end(&r, "mapping");
	return wire_ok(&r);
}

size_t stored_parts_write(
	uint8_t *buf, size_t cap, const struct stored_part *list, unsigned int count)
{
	struct wire_writer w;

	if (!count || count > STORED_PARTS_MAX)
		return 0;
	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u8(&w, count);
	for (unsigned int i = 0; i < count; i++) {
		wire_put_u8(&w, list[i].flags);
		put_varint(&w, list[i].ttl_min);
		put_varint(&w, list[i].map_version);
		put_varint(&w, list[i].owner);
		put_varint(&w, list[i].set);
		wire_put_u32(&w, list[i].wall_s);
		put_varint(&w, list[i].life_s);
	}
	return wire_written(&w) ? w.pos : 0;
}

bool stored_parts_read(const uint8_t *value, size_t len, struct stored_part list[STORED_PARTS_MAX],
	unsigned int *count)
{
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	*count = wire_get_u8(&r, "count");
	if (!*count || *count > STORED_PARTS_MAX)
		return false;
	for (unsigned int i = 0; i < *count; i++) {
		list[i].flags = wire_get_u8(&r, "flags");
		list[i].ttl_min = (uint32_t)get_varint(&r, UINT32_MAX, "ttl");
		list[i].map_version = (uint16_t)get_varint(&r, 0xfff, "map-version");
		list[i].owner = (uint32_t)get_varint(&r, UINT32_MAX, "owner");
		list[i].set = get_varint(&r, UINT64_MAX, "set");
		list[i].wall_s = wire_get_u32(&r, "time");
		list[i].life_s = (uint32_t)get_varint(&r, UINT32_MAX, "life");
	}
	wire_expect_end(&r, "parts");
	return wire_ok(&r);
}

size_t stored_owner_write(uint8_t *buf, size_t cap, const struct stored_owner *o)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u64(&w, o->site_id);
	wire_put_bytes(&w, o->xtr_id.bytes, sizeof(o->xtr_id.bytes));
	wire_put_bytes(&w, o->site, strnlen(o->site, STORED_NAME_MAX));
	return wire_written(&w) ? w.pos : 0;
}

bool stored_owner_read(const uint8_t *value, size_t len, struct stored_owner *out)
{
	const uint8_t *id, *name;
	struct wire_fault fault;
	struct wire_reader r;
	size_t name_len;

	*out = (struct stored_owner){0};
	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	out->site_id = wire_get_u64(&r, "site-id");
	id = wire_get_bytes(&r, sizeof(out->xtr_id.bytes), "xtr-id");
	name_len = wire_left(&r);
	name = wire_get_bytes(&r, name_len, "site");
	if (!wire_ok(&r) || !name_len || name_len > STORED_NAME_MAX || memchr(name, 0, name_len))
		return false;
	memcpy(out->xtr_id.bytes, id, sizeof(out->xtr_id.bytes));
	memcpy(out->site, name, name_len);
	return true;
}

size_t stored_set_write(uint8_t *buf, size_t cap, const struct stored_set *s)
{
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u8(&w, STORED_VERSION);
	wire_put_u8(&w, s->count);
	wire_put_bytes(&w, s->wire, s->len);
	return wire_written(&w) ? w.pos : 0;
}

bool stored_set_read(const uint8_t *value, size_t len, struct stored_set *out)
{
	struct wire_fault fault;
	struct wire_reader r;

	*out = (struct stored_set){0};
	wire_reader_init(&r, value, len, &fault);
	expect_version(&r);
	out->count = wire_get_u8(&r, "locator count");
	out->len = wire_left(&r);
	out->wire = wire_get_bytes(&r, out->len, "locators");
	return wire_ok(&r) && out->count && out->len;
}

uint32_t stored_mapping_left(const struct stored_mapping *m, uint64_t wall_s, uint32_t grace_s)
{
	uint64_t end = (uint64_t)m->wall_s + m->life_s;
	uint64_t left = end > wall_s ? end - wall_s : 0;
	uint32_t least = m->life_s < grace_s ? m->life_s : grace_s;

	if (left < least)
		left = least;
	return left > m->life_s ? m->life_s : (uint32_t)left;
}
