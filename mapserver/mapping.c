/* See mapping.h. */
#include "mapserver/mapping.h"

#include <stdlib.h>
#include <string.h>

size_t mapping_key_bytes(uint16_t afi)
{
	switch (afi) {
	case AFI_IPV4:
		return 4;
	case AFI_IPV6:
		return 16;
	case AFI_MAC:
		return 6;
	case AFI_NAME:
	case AFI_SG_IPV6:
		return ADDRESS_MAX;
	case AFI_SG_IPV4:
		return 8;
	default:
		return 0;
	}
}

struct mapping *mapping_new(const struct eid *eid)
{
	size_t bytes = mapping_key_bytes(eid->addr.afi);
	struct mapping *m = calloc(1, sizeof(*m) + bytes);

	if (!m)
		return NULL;
	m->entry.plen = eid->plen;
	m->afi = eid->addr.afi;
	m->len = eid->addr.len;
	m->iid = eid->iid;
	memcpy(m->key, eid->addr.bytes, bytes);
	return m;
}

struct eid mapping_eid(const struct mapping *m)
{
	struct eid e = {.iid = m->iid, .plen = m->entry.plen};

	e.addr.afi = m->afi;
	e.addr.len = m->len;
	memcpy(e.addr.bytes, m->key, m->len);
	return e;
}

enum lisp_act mapping_act(const struct mapping *m)
{
	return m->locators->count ? LISP_ACT_NONE
				  : (enum lisp_act)(m->flags >> MAPPING_ACT_SHIFT & 7);
}

bool mapping_mixed(const struct mapping *m)
{
	return m->locators->count && m->flags & MAPPING_MIXED;
}

bool mapping_refresh(struct mapping *m, struct mono now, uint64_t expiry_ns)
{
	uint64_t old = mapping_expiry(m);

	do {
		if (old <= now.ns)
			return false;
	} while (!__atomic_compare_exchange_n(&m->expiry_ns, &old, expiry_ns & ~UINT64_C(1), false,
		__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	return true;
}

/* One locator in wire form, and what it is sorted by. */
struct slice {
	const uint8_t *head; /* priorities, weights, flags: 6 bytes */
	const uint8_t *raw;  /* AFI and address */
	size_t raw_len;
	uint16_t afi;
	uint8_t lcaf;
};

static int slice_compare(const struct slice *a, const struct slice *b)
{
	size_t n = a->raw_len < b->raw_len ? a->raw_len : b->raw_len;
	int c;

	if (a->afi != b->afi)
		return a->afi < b->afi ? -1 : 1; /* 1 IPv4, 2 IPv6, ... 16387 LCAF */
	if (a->lcaf != b->lcaf)
		return a->lcaf < b->lcaf ? -1 : 1;
	c = memcmp(a->raw, b->raw, n);
	if (c == 0 && a->raw_len != b->raw_len)
		c = a->raw_len < b->raw_len ? -1 : 1;
	return c ? c : memcmp(a->head, b->head, 6);
}

#define HEAD_BYTES 6    /* before the locator's AFI */
#define FLAG_R     0x01 /* low octet of the flags: L 4, p 2, R 1 */

/* Insertion sort: sets are small and nearly always sorted already. */
static void put_sorted(struct slice *list, unsigned int count, struct locators *out)
{
	struct wire_writer w;

	for (unsigned int i = 1; i < count; i++) {
		struct slice s = list[i];
		unsigned int j = i;

		for (; j > 0 && slice_compare(&s, &list[j - 1]) < 0; j--)
			list[j] = list[j - 1];
		list[j] = s;
	}
	wire_writer_init(&w, out->wire, sizeof(out->wire));
	for (unsigned int i = 0; i < count; i++) {
		wire_put_bytes(&w, list[i].head, 4);
		wire_put_u8(&w, 0);
		wire_put_u8(&w, list[i].head[5] & FLAG_R);
		wire_put_bytes(&w, list[i].raw, list[i].raw_len);
	}
	out->count = (uint8_t)count;
	out->len = (uint16_t)w.pos;
}

static bool unfit(const struct lisp_field *f)
{
	return address_is_ip(&f->addr) &&
	       (address_is_multicast(&f->addr) || address_is_unspecified(&f->addr));
}

enum locators_verdict locators_from_record(struct lisp_record *rec, struct locators *out)
{
	struct slice list[MAPPING_LOCATORS_MAX];
	struct lisp_rloc rloc;
	unsigned int count = 0;

	if (rec->locator_count > MAPPING_LOCATORS_MAX ||
		rec->locators_raw_len > MAPPING_LOCATOR_BYTES)
		return LOCATORS_TOO_MANY;
	while (lisp_rloc_next(rec, &rloc)) {
		if (unfit(&rloc.field))
			return LOCATORS_MULTICAST;
		list[count++] = (struct slice){.head = rloc.field.raw - HEAD_BYTES,
			.raw = rloc.field.raw,
			.raw_len = rloc.field.raw_len,
			.afi = rloc.field.afi,
			.lcaf = rloc.field.afi == AFI_LCAF ? rloc.field.lcaf : 0};
	}
	put_sorted(list, count, out);
	return LOCATORS_OK;
}

bool locators_add(struct locators *l, const struct lisp_rloc *rloc, const struct address *addr)
{
	struct wire_writer w;

	if (l->count >= MAPPING_LOCATORS_MAX)
		return false;
	wire_writer_init(&w, l->wire + l->len, sizeof(l->wire) - l->len);
	lisp_rloc_write(&w, rloc, addr);
	if (!wire_written(&w))
		return false;
	l->len = (uint16_t)(l->len + w.pos);
	l->count++;
	return true;
}

void locators_sort(struct locators *l)
{
	struct locators copy = *l;
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(copy.wire, copy.len, copy.count, &fault);

	locators_from_record(&rec, l);
}

bool locators_have(const struct locators *l, const struct address *addr)
{
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(l->wire, l->len, l->count, &fault);
	struct lisp_rloc rloc;
	struct address is;

	while (lisp_rloc_next(&rec, &rloc))
		if (lisp_field_locator(&rloc.field, &is) && address_equal(&is, addr))
			return true;
	return false;
}

struct lisp_record locators_iterate(
	const uint8_t *wire, size_t len, unsigned int count, struct wire_fault *fault)
{
	struct lisp_record rec = {
		.locator_count = (uint8_t)count, .locators_raw = wire, .locators_raw_len = len};

	wire_reader_init(&rec.locators, wire, len, fault);
	return rec;
}
