/* See vlan_set.h. */
#include "trill/codec/vlan_set.h"

#include <string.h>

void vlan_set_clear(struct vlan_set *s)
{
	memset(s, 0, sizeof(*s));
}

void vlan_set_add(struct vlan_set *s, unsigned int vlan)
{
	if (vlan_usable(vlan))
		s->bits[vlan / 64] |= 1ull << (vlan % 64);
}

void vlan_set_remove(struct vlan_set *s, unsigned int vlan)
{
	if (vlan_usable(vlan))
		s->bits[vlan / 64] &= ~(1ull << (vlan % 64));
}

void vlan_set_add_range(struct vlan_set *s, unsigned int first, unsigned int last)
{
	for (unsigned int v = first; v <= last && v <= VLAN_LAST; v++)
		vlan_set_add(s, v);
}

bool vlan_set_is_empty(const struct vlan_set *s)
{
	return !vlan_set_next(s, 0);
}

bool vlan_set_equal(const struct vlan_set *a, const struct vlan_set *b)
{
	return !memcmp(a->bits, b->bits, sizeof(a->bits));
}

unsigned int vlan_set_count(const struct vlan_set *s)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < 64; i++)
		n += (unsigned int)__builtin_popcountll(s->bits[i]);
	return n;
}

unsigned int vlan_set_next(const struct vlan_set *s, unsigned int from)
{
	for (unsigned int i = from / 64; i < 64; i++) {
		uint64_t word = s->bits[i];

		if (i == from / 64)
			word &= ~0ull << (from % 64);
		if (word)
			return i * 64 + (unsigned int)__builtin_ctzll(word);
	}
	return 0;
}

void vlan_set_get(struct wire_reader *r, struct vlan_set *s)
{
	unsigned int vlan = wire_get_u16(r, "start VLAN") & 0xfff;
	size_t len = wire_left(r);
	const uint8_t *map = wire_get_bytes(r, len, "bit map");

	for (size_t i = 0; map && i < len && vlan <= VLAN_LAST; i++)
		for (uint8_t bit = 0x80; bit; bit >>= 1, vlan++)
			if (map[i] & bit)
				vlan_set_add(s, vlan);
}

unsigned int vlan_set_put(
	struct wire_writer *w, const struct vlan_set *s, unsigned int from, size_t max)
{
	unsigned int start = vlan_set_next(s, from), last = start, end, v;

	if (!start)
		return 0;
	end = start + (unsigned int)max * 8;
	for (v = start; v && v < end; v = vlan_set_next(s, v + 1))
		last = v;
	wire_put_u16(w, start);
	for (unsigned int at = start; at <= last; at += 8) {
		unsigned int byte = 0;

		for (unsigned int bit = 0; bit < 8; bit++)
			byte |= (unsigned int)(at + bit < end && vlan_set_has(s, at + bit))
				<< (7 - bit);
		wire_put_u8(w, byte);
	}
	return v;
}
