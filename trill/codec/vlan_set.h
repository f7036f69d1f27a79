/* vlan_set: a set of VLAN IDs, and its form on the wire: a start and a bit map (RFC 7176 sections
 * 2.2.2 and 2.2.5, RFC 8139 section 10.2).
 *
 *   R4, start VLAN 12 | bit map: the highest bit of the first byte is the start VLAN */
#ifndef SUNWARD_TRILL_CODEC_VLAN_SET_H
#define SUNWARD_TRILL_CODEC_VLAN_SET_H

#include "trill/codec/trill.h"

struct vlan_set {
	uint64_t bits[64]; /* VLAN v is bit v % 64 of word v / 64; 0 and 0xFFF are never in */
};

static inline bool vlan_set_has(const struct vlan_set *s, unsigned int vlan)
{
	return vlan < 4096 && s->bits[vlan / 64] >> (vlan % 64) & 1;
}

void vlan_set_clear(struct vlan_set *s);
/* 0x000, 0xFFF and above are not put in. */
void vlan_set_add(struct vlan_set *s, unsigned int vlan);
void vlan_set_remove(struct vlan_set *s, unsigned int vlan);
/* @first to @last, both included. */
void vlan_set_add_range(struct vlan_set *s, unsigned int first, unsigned int last);
bool vlan_set_is_empty(const struct vlan_set *s);
bool vlan_set_equal(const struct vlan_set *a, const struct vlan_set *b);
unsigned int vlan_set_count(const struct vlan_set *s);
/* The lowest VLAN in @s that is at least @from; 0: none. */
unsigned int vlan_set_next(const struct vlan_set *s, unsigned int from);

/* Add what start and bit map say to @s; VLANs 0 and 0xFFF and beyond are ignored. The bit map goes
 * to the reader's end. */
void vlan_set_get(struct wire_reader *r, struct vlan_set *s);
/* Write start and bit map of the VLANs of @s from @from on, with at most @max bytes of bit map.
 * Returns where to go on, or 0 when all is written. Without a VLAN at or above @from: writes
 * nothing and returns 0. */
unsigned int vlan_set_put(
	struct wire_writer *w, const struct vlan_set *s, unsigned int from, size_t max);

#endif
