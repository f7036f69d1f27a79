/* See mapping_tlv.h. */
#include "trill/codec/mapping_tlv.h"

#define MAP_HEAD 5
#define PAIR     5

int mapping_check(const struct tlv *t)
{
	if (t->type == APPSUB_FGL_VLAN_MAP)
		return t->len < MAP_HEAD ? -TRILL_ESHORT : 0;
	if (t->type == APPSUB_FGL_VLAN_PAIRS)
		return t->len % PAIR ? -TRILL_ELENGTH : 0;
	return -TRILL_EUNKNOWN;
}

static uint32_t vlan_at(const uint8_t *b)
{
	return (b[0] & 0x0fu) << 8 | b[1];
}

static uint32_t fgl_at(const uint8_t *b)
{
	return (uint32_t)b[2] << 16 | (uint32_t)b[3] << 8 | b[4];
}

/* Number @i; false: its bit is not set. */
static bool pair_at(const struct tlv *t, size_t i, uint32_t *vlan, uint32_t *fgl)
{
	const uint8_t *b = t->value;

	if (t->type == APPSUB_FGL_VLAN_PAIRS) {
		*vlan = vlan_at(b + i * PAIR);
		*fgl = fgl_at(b + i * PAIR);
		return true;
	}
	*vlan = vlan_at(b) + (uint32_t)i;
	*fgl = fgl_at(b) + (uint32_t)i;
	return b[MAP_HEAD + i / 8] & 0x80 >> i % 8;
}

bool mapping_next(const struct tlv *t, size_t *at, struct mapping_pair *pair)
{
	size_t count = t->type == APPSUB_FGL_VLAN_PAIRS ? t->len / PAIR : 8 * (t->len - MAP_HEAD);
	uint32_t vlan, fgl;

	while (*at < count)
		if (pair_at(t, (*at)++, &vlan, &fgl) && vlan_usable(vlan) && fgl <= FGL_LAST) {
			*pair = (struct mapping_pair){.vlan = (uint16_t)vlan, .fgl = fgl};
			return true;
		}
	return false;
}

void mapping_put(struct wire_writer *w, uint16_t vlan, uint32_t fgl, unsigned int count)
{
	bool pairs = PAIR * count <= MAP_HEAD + (count + 7) / 8;
	size_t at = tlv_begin(w, pairs ? APPSUB_FGL_VLAN_PAIRS : APPSUB_FGL_VLAN_MAP, TLV_EXTENDED);

	for (unsigned int i = 0; i < (pairs ? count : 1); i++) {
		wire_put_u16(w, vlan + i);
		wire_put_u24(w, fgl + i);
	}
	for (unsigned int i = 0; !pairs && i < count; i += 8)
		wire_put_u8(w, count - i < 8 ? 0xff00 >> (count - i) & 0xff : 0xff);
	tlv_end(w, at, TLV_EXTENDED);
}
