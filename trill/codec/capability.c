/* See capability.h. */
#include "trill/codec/capability.h"

#define NICKNAME_LEN 5
#define ROOT_LEN     6

static uint16_t u16_at(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t u24_at(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

int capability_read(const struct tlv *t, uint16_t *topology, struct tlv_iter *subs)
{
	bool mt = t->type == TLV_MT_CAPABILITY;

	tlv_iter_sub(subs, t, mt ? 2 : 5, TLV_STANDARD);
	if (subs->err)
		return subs->err;
	*topology = mt ? u16_at(t->value) & 0xfff : 0;
	return 0;
}

size_t capability_begin(struct wire_writer *w, uint32_t router_id)
{
	size_t at = tlv_begin(w, TLV_CAPABILITY, TLV_STANDARD);

	wire_put_u32(w, router_id);
	wire_put_u8(w, 0);
	return at;
}

int capability_nicknames_count(const struct tlv *t)
{
	return tlv_records(t, 0, NICKNAME_LEN);
}

void capability_nickname_at(const struct tlv *t, unsigned int i, struct capability_nickname *n)
{
	const uint8_t *p = t->value + i * NICKNAME_LEN;

	n->priority = p[0];
	n->root_priority = u16_at(p + 1);
	n->nickname = u16_at(p + 3);
}

void capability_nicknames_put(
	struct wire_writer *w, const struct capability_nickname *nicknames, unsigned int n)
{
	size_t at = tlv_begin(w, CAPABILITY_NICKNAME, TLV_STANDARD);

	for (unsigned int i = 0; i < n; i++) {
		wire_put_u8(w, nicknames[i].priority);
		wire_put_u16(w, nicknames[i].root_priority);
		wire_put_u16(w, nicknames[i].nickname);
	}
	tlv_end(w, at, TLV_STANDARD);
}

int capability_trees_read(const struct tlv *t, struct capability_trees *trees)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	trees->compute = wire_get_u16(&r, "trees to compute");
	trees->max = wire_get_u16(&r, "maximum trees");
	trees->use = wire_get_u16(&r, "trees to use");
	return tlv_done(&r, false);
}

void capability_trees_put(struct wire_writer *w, const struct capability_trees *trees)
{
	size_t at = tlv_begin(w, CAPABILITY_TREES, TLV_STANDARD);

	wire_put_u16(w, trees->compute);
	wire_put_u16(w, trees->max);
	wire_put_u16(w, trees->use);
	tlv_end(w, at, TLV_STANDARD);
}

int capability_tree_ids_read(const struct tlv *t, uint16_t *start)
{
	int n = tlv_records(t, 2, 2);

	if (n >= 0)
		*start = u16_at(t->value);
	return n;
}

uint16_t capability_tree_id_at(const struct tlv *t, unsigned int i)
{
	return u16_at(t->value + 2 + i * 2);
}

void capability_tree_ids_put(struct wire_writer *w, unsigned int type, uint16_t start,
	const uint16_t *nicknames, unsigned int n)
{
	size_t at = tlv_begin(w, type, TLV_STANDARD);

	wire_put_u16(w, start);
	for (unsigned int i = 0; i < n; i++)
		wire_put_u16(w, nicknames[i]);
	tlv_end(w, at, TLV_STANDARD);
}

/* The range of sub-TLV 10: M4 M6 R ES start 12 | R2 PUL NOD end 12. */
static void vlan_range_read(struct wire_reader *r, struct capability_interest *i)
{
	uint32_t v = wire_get_u32(r, "interested VLANs");

	i->m4 = v & 0x80000000;
	i->m6 = v & 0x40000000;
	i->esadi = v & 0x10000000;
	i->start = v >> 16 & 0xfff;
	i->pull = v & 0x2000;
	i->no_data = v & 0x1000;
	i->end = v & 0xfff;
	i->is_bitmap = false;
	i->bitmap = 0;
}

static void label_range_read(struct wire_reader *r, struct capability_interest *i)
{
	uint8_t flags = wire_get_u8(r, "interested labels");

	i->m4 = flags & 0x80;
	i->m6 = flags & 0x40;
	i->is_bitmap = flags & 0x20;
	i->esadi = flags & 0x10;
	i->pull = flags & 0x02;
	i->no_data = flags & 0x01;
	i->start = wire_get_u24(r, "first label");
	i->end = wire_get_u24(r, "last label");
	i->bitmap = 0;
	if (i->is_bitmap) {
		i->bitmap = i->end;
		i->end = i->start > FGL_LAST - 23 ? FGL_LAST : i->start + 23;
	}
}

static int range_check(struct capability_interest *i)
{
	if (i->end < i->start)
		return -TRILL_EVALUE;
	if (i->fgl)
		return 0;
	if (i->end == VLAN_NONE || i->start == VLAN_RESERVED)
		return -TRILL_EVALUE;
	if (i->start == VLAN_NONE)
		i->start = 1;
	if (i->end == VLAN_RESERVED)
		i->end = VLAN_LAST;
	return 0;
}

int capability_interest_read(const struct tlv *t, struct capability_interest *i)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	size_t left;

	i->fgl = t->type == CAPABILITY_INT_LABEL;
	i->nickname = wire_get_u16(&r, "nickname");
	if (i->fgl)
		label_range_read(&r, i);
	else
		vlan_range_read(&r, i);
	i->af_lost = wire_get_u32(&r, "appointed forwarder status lost counter");
	left = wire_left(&r);
	i->root_count = (unsigned int)(left / ROOT_LEN);
	i->roots = wire_get_bytes(&r, left, "root bridges");
	if (!wire_ok(&r))
		return -TRILL_ESHORT;
	if (left % ROOT_LEN)
		return -TRILL_ELENGTH;
	return range_check(i);
}

static void label_range_put(struct wire_writer *w, const struct capability_interest *i)
{
	wire_put_u8(w, (i->m4 ? 0x80u : 0) | (i->m6 ? 0x40 : 0) | (i->is_bitmap ? 0x20 : 0) |
			       (i->esadi ? 0x10 : 0) | (i->pull ? 0x02 : 0) |
			       (i->no_data ? 0x01 : 0));
	wire_put_u24(w, i->start);
	wire_put_u24(w, i->is_bitmap ? i->bitmap : i->end);
}

static void vlan_range_put(struct wire_writer *w, const struct capability_interest *i)
{
	if (i->start > VLAN_RESERVED || i->end > VLAN_RESERVED)
		w->failed = true;
	wire_put_u32(w, (i->m4 ? 0x80000000u : 0) | (i->m6 ? 0x40000000u : 0) |
				(i->esadi ? 0x10000000u : 0) | (i->start & 0xfff) << 16 |
				(i->pull ? 0x2000u : 0) | (i->no_data ? 0x1000u : 0) |
				(i->end & 0xfff));
}

void capability_interest_put(struct wire_writer *w, const struct capability_interest *i)
{
	size_t at = tlv_begin(w, i->fgl ? CAPABILITY_INT_LABEL : CAPABILITY_INT_VLAN, TLV_STANDARD);

	wire_put_u16(w, i->nickname);
	if (i->fgl)
		label_range_put(w, i);
	else
		vlan_range_put(w, i);
	wire_put_u32(w, i->af_lost);
	wire_put_bytes(w, i->roots, i->root_count * ROOT_LEN);
	tlv_end(w, at, TLV_STANDARD);
}

static size_t group_size(unsigned int type)
{
	return type == CAPABILITY_LABEL_GROUP ? 3 : 2;
}

int capability_group_count(const struct tlv *t)
{
	size_t size = group_size(t->type);

	/* A group of less than two labels says nothing (RFC 7176 section 2.3.7: length 4 + 2n). */
	return t->len < 2 * size ? -TRILL_ESHORT : tlv_records(t, 0, size);
}

uint32_t capability_group_at(const struct tlv *t, unsigned int i)
{
	const uint8_t *p = t->value + i * group_size(t->type);

	return t->type == CAPABILITY_LABEL_GROUP ? u24_at(p) : u16_at(p) & 0xfffu;
}

void capability_group_put(
	struct wire_writer *w, unsigned int type, const uint32_t *labels, unsigned int n)
{
	size_t at = tlv_begin(w, type, TLV_STANDARD);

	for (unsigned int i = 0; i < n; i++)
		if (type == CAPABILITY_LABEL_GROUP)
			wire_put_u24(w, labels[i]);
		else
			wire_put_u16(w, labels[i]);
	tlv_end(w, at, TLV_STANDARD);
}

bool capability_channels_have(const struct tlv *t, unsigned int protocol)
{
	size_t at = 0;

	while (t->len - at > 2) { /* one or two bytes left over are ignored */
		size_t len = t->value[at] >> 1;
		size_t first = ((size_t)(t->value[at] & 1) << 8 | t->value[at + 1]) * 8;

		at += 2;
		if (len > t->len - at)
			return false;
		if (protocol >= first && protocol < first + len * 8 &&
			t->value[at + (protocol - first) / 8] & 0x80 >> (protocol % 8))
			return true;
		at += len;
	}
	return false;
}

/* One vector of the protocols from @i on that stand in neighbouring bytes, or with one between (a
 * vector's head is two). Returns the first one that is not in it. */
static unsigned int channel_vector_put(
	struct wire_writer *w, const uint16_t *protocols, unsigned int n, unsigned int i)
{
	unsigned int first = protocols[i] / 8, last = first, end = i + 1;

	while (end < n && protocols[end] / 8u <= last + 2 && protocols[end] / 8u - first < 127) {
		last = protocols[end] / 8;
		end++;
	}
	wire_put_u16(w, (last - first + 1) << 9 | first);
	for (unsigned int byte = first; byte <= last; byte++) {
		unsigned int bits = 0;

		for (unsigned int k = i; k < end; k++)
			if (protocols[k] / 8u == byte)
				bits |= 0x80u >> (protocols[k] % 8);
		wire_put_u8(w, bits);
	}
	return end;
}

void capability_channels_put(struct wire_writer *w, const uint16_t *protocols, unsigned int n)
{
	size_t at = tlv_begin(w, CAPABILITY_CHANNELS, TLV_STANDARD);

	for (unsigned int i = 0; i < n; i++)
		if (protocols[i] > 0xfff || (i && protocols[i] <= protocols[i - 1]))
			w->failed = true;
	for (unsigned int i = 0; i < n && !w->failed;)
		i = channel_vector_put(w, protocols, n, i);
	tlv_end(w, at, TLV_STANDARD);
}

bool capability_affinity_next(
	const struct tlv *t, size_t *at, struct capability_affinity *a, int *err)
{
	size_t left = t->len - *at;
	const uint8_t *p = t->value + *at;

	*err = 0;
	if (!left)
		return false;
	if (left < 4 || left - 4 < p[3] * 2u) {
		*err = -TRILL_EOVERRUN;
		return false;
	}
	a->nickname = u16_at(p);
	a->count = p[3];
	a->trees = p + 4;
	*at += 4 + p[3] * 2u;
	return true;
}

void capability_affinity_put(
	struct wire_writer *w, uint16_t nickname, const uint16_t *trees, unsigned int n)
{
	size_t at = tlv_begin(w, CAPABILITY_AFFINITY, TLV_STANDARD);

	wire_put_u16(w, nickname);
	wire_put_u8(w, 0);
	wire_put_u8(w, n);
	for (unsigned int i = 0; i < n; i++)
		wire_put_u16(w, trees[i]);
	tlv_end(w, at, TLV_STANDARD);
}
