/* See flush.h. */
#include "trill/codec/flush.h"

#include <string.h>

/* For each type: the length is @fixed + n x @unit. */
static const struct form {
	uint8_t fixed, unit; /* unit 0: exactly fixed */
} forms[] = {
	[FLUSH_VLAN_BLOCKS] = {0, 4},
	[FLUSH_VLAN_MAP] = {2, 1},
	[FLUSH_FGL_BLOCKS] = {0, 6},
	[FLUSH_FGLS] = {0, 3},
	[FLUSH_FGL_MAP] = {3, 1},
	[FLUSH_ALL_LABELS] = {0, 0},
	[FLUSH_MACS] = {0, 6},
	[FLUSH_MAC_BLOCKS] = {0, 12},
};
#define TYPES (sizeof(forms) / sizeof(forms[0]))

static uint32_t number_at(const uint8_t *p, unsigned int bytes)
{
	uint32_t v = 0;

	for (unsigned int i = 0; i < bytes; i++)
		v = v << 8 | p[i];
	return v;
}

static int tlv_length_check(const struct tlv *t)
{
	const struct form *form;

	if (!t->type || t->type >= TYPES)
		return 0; /* reserved and unknown types are passed over */
	form = &forms[t->type];
	if (t->len < form->fixed)
		return -TRILL_ELENGTH;
	if (form->unit)
		return (t->len - form->fixed) % form->unit ? -TRILL_ELENGTH : 0;
	return t->len == form->fixed ? 0 : -TRILL_ELENGTH;
}

/* TLVs go to the end of the payload, which a short frame's padding may lengthen: pairs of zeros are
 * empty TLVs of type 0, and one zero at the end is left out. */
static int tlvs_check(struct flush *f)
{
	struct tlv_iter it;
	struct tlv t;
	int err;

	if (f->tlvs_len && f->tlvs_len % 2 && !f->tlvs[f->tlvs_len - 1] &&
		tlv_check(f->tlvs, f->tlvs_len, TLV_STANDARD))
		f->tlvs_len--;
	tlv_iter_init(&it, f->tlvs, f->tlvs_len, TLV_STANDARD);
	while (tlv_next(&it, &t)) {
		err = tlv_length_check(&t);
		if (err)
			return err;
		if ((t.type == FLUSH_MACS || t.type == FLUSH_MAC_BLOCKS) && t.len)
			f->has_macs = true;
	}
	return it.err;
}

int flush_read(const void *payload, size_t len, uint16_t ingress, struct flush *f,
	struct wire_fault *fault)
{
	struct wire_reader r;

	memset(f, 0, sizeof(*f));
	f->ingress = ingress;
	wire_reader_init(&r, payload, len, fault);
	f->nickname_count = wire_get_u8(&r, "number of nicknames");
	f->nicknames = wire_get_bytes(&r, f->nickname_count * 2u, "nicknames");
	f->block_count = wire_get_u8(&r, "number of VLAN blocks");
	f->blocks = wire_get_bytes(&r, f->block_count * 4u, "VLAN blocks");
	if (!wire_ok(&r))
		return -TRILL_ETRUNC;
	if (f->block_count)
		return 0;
	f->tlvs_len = wire_left(&r);
	f->tlvs = wire_get_bytes(&r, f->tlvs_len, "TLVs");
	return tlvs_check(f);
}

static bool in_blocks(const uint8_t *blocks, size_t count, unsigned int bytes, uint32_t id)
{
	uint32_t mask = bytes == 2 ? 0xfff : FGL_LAST;

	for (size_t i = 0; i < count; i++) {
		uint32_t start = number_at(blocks + i * 2 * bytes, bytes) & mask;
		uint32_t end = number_at(blocks + i * 2 * bytes + bytes, bytes) & mask;

		if (id >= start && id <= end)
			return true;
	}
	return false;
}

static bool in_map(const struct tlv *t, unsigned int bytes, uint32_t id)
{
	uint32_t start = number_at(t->value, bytes) & (bytes == 2 ? 0xfff : FGL_LAST);
	size_t at;

	if (id < start)
		return false;
	at = (id - start) / 8;
	return at < t->len - bytes && t->value[bytes + at] & 0x80 >> ((id - start) % 8);
}

static bool in_list(const struct tlv *t, uint32_t id)
{
	for (size_t i = 0; i < t->len; i += 3)
		if (number_at(t->value + i, 3) == id)
			return true;
	return false;
}

static bool label_in(const struct tlv *t, struct label label)
{
	switch (t->type) {
	case FLUSH_ALL_LABELS:
		return true;
	case FLUSH_VLAN_BLOCKS:
		return !label.fgl && in_blocks(t->value, t->len / 4, 2, label.id);
	case FLUSH_VLAN_MAP:
		return !label.fgl && in_map(t, 2, label.id);
	case FLUSH_FGL_BLOCKS:
		return label.fgl && in_blocks(t->value, t->len / 6, 3, label.id);
	case FLUSH_FGLS:
		return label.fgl && in_list(t, label.id);
	case FLUSH_FGL_MAP:
		return label.fgl && in_map(t, 3, label.id);
	default:
		return false;
	}
}

static bool mac_in(const struct tlv *t, const struct mac *mac)
{
	size_t size = t->type == FLUSH_MAC_BLOCKS ? 2 * MAC_LEN : MAC_LEN;

	for (size_t i = 0; i < t->len; i += size) {
		const uint8_t *start = t->value + i, *end = start + size - MAC_LEN;

		if (memcmp(mac->bytes, start, MAC_LEN) >= 0 &&
			memcmp(mac->bytes, end, MAC_LEN) <= 0)
			return true;
	}
	return false;
}

static bool nickname_in(const struct flush *f, uint16_t nickname)
{
	for (unsigned int i = 0; i < f->nickname_count; i++)
		if (number_at(f->nicknames + 2 * i, 2) == nickname)
			return true;
	return !f->nickname_count && nickname == f->ingress;
}

bool flush_applies(
	const struct flush *f, struct label label, const struct mac *mac, uint16_t nickname)
{
	bool label_meant = false, mac_meant = !f->has_macs;
	struct tlv_iter it;
	struct tlv t;

	if (!nickname_in(f, nickname))
		return false;
	if (!label.fgl && !vlan_usable(label.id))
		return false;
	if (f->block_count)
		return !label.fgl && in_blocks(f->blocks, f->block_count, 2, label.id);
	tlv_iter_init(&it, f->tlvs, f->tlvs_len, TLV_STANDARD);
	while (tlv_next(&it, &t)) {
		label_meant = label_meant || label_in(&t, label);
		if (t.type == FLUSH_MACS || t.type == FLUSH_MAC_BLOCKS)
			mac_meant = mac_meant || mac_in(&t, mac);
	}
	return label_meant && mac_meant;
}

static void blocks_add(const struct tlv *t, struct vlan_set *vlans)
{
	for (size_t i = 0; i < t->len; i += 4) {
		uint32_t start = number_at(t->value + i, 2) & 0xfff;
		uint32_t end = number_at(t->value + i + 2, 2) & 0xfff;

		start = start ? start : 1;
		end = end < VLAN_LAST ? end : VLAN_LAST;
		if (start <= end)
			vlan_set_add_range(vlans, start, end);
	}
}

static bool fgls_add(const struct tlv *t, struct flush_list *l)
{
	for (size_t i = 0; i + 3 <= t->len; i += 3) {
		if (l->fgl_count == FLUSH_FGLS_MAX)
			return false;
		l->fgls[l->fgl_count++] = (uint32_t)t->value[i] << 16 |
					  (uint32_t)t->value[i + 1] << 8 | t->value[i + 2];
	}
	return true;
}

static bool macs_add(const struct tlv *t, struct flush_list *l)
{
	for (size_t i = 0; i + MAC_LEN <= t->len; i += MAC_LEN) {
		if (l->mac_count == FLUSH_MACS_MAX)
			return false;
		memcpy(l->macs[l->mac_count++].bytes, t->value + i, MAC_LEN);
	}
	return true;
}

bool flush_listed(const struct flush *f, struct flush_list *l)
{
	struct tlv_iter it;
	struct tlv t;

	memset(l, 0, sizeof(*l));
	if (f->block_count || !f->has_macs)
		return false;
	tlv_iter_init(&it, f->tlvs, f->tlvs_len, TLV_STANDARD);
	while (tlv_next(&it, &t)) {
		switch (t.type) {
		case FLUSH_VLAN_BLOCKS:
			blocks_add(&t, &l->vlans);
			break;
		case FLUSH_FGLS:
			if (!fgls_add(&t, l))
				return false;
			break;
		case FLUSH_MACS:
			if (!macs_add(&t, l))
				return false;
			break;
		default:
			if (t.type && t.type < TYPES)
				return false;
		}
	}
	return l->mac_count;
}

void flush_put_mac(
	struct wire_writer *w, struct label label, const struct mac *mac, uint16_t nickname)
{
	size_t at;

	wire_put_u8(w, 1);
	wire_put_u16(w, nickname);
	wire_put_u8(w, 0);
	at = tlv_begin(w, label.fgl ? FLUSH_FGLS : FLUSH_VLAN_BLOCKS, TLV_STANDARD);
	if (label.fgl) {
		wire_put_u24(w, label.id);
	} else {
		wire_put_u16(w, label.id);
		wire_put_u16(w, label.id);
	}
	tlv_end(w, at, TLV_STANDARD);
	at = tlv_begin(w, FLUSH_MACS, TLV_STANDARD);
	mac_put(w, mac);
	tlv_end(w, at, TLV_STANDARD);
}
