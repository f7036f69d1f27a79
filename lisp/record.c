/* record: EID-records with their RLOC-records (RFC 9301 section 5.4). Knows no message around them.
 */
#include "lisp/record.h"

#include "lisp/codec.h"

static void rloc_read(struct wire_reader *r, struct lisp_rloc *rloc)
{
	uint16_t flags;

	rloc->priority = wire_get_u8(r, "priority");
	rloc->weight = wire_get_u8(r, "weight");
	rloc->mpriority = wire_get_u8(r, "multicast priority");
	rloc->mweight = wire_get_u8(r, "multicast weight");
	flags = wire_get_u16(r, "locator flags");
	rloc->local = flags & 4;
	rloc->probed = flags & 2;
	rloc->reachable = flags & 1;
	lisp_field_read(r, &rloc->field, "locator");
}

void lisp_rlocs_check(
	struct wire_reader *r, unsigned int count, const char *part, struct wire_reader *locators)
{
	struct lisp_rloc rloc;

	*locators = *r;
	for (unsigned int i = 0; i < count && wire_ok(r); i++) {
		wire_part(r, part, i);
		rloc_read(r, &rloc);
	}
	wire_part(r, NULL, 0);
	locators->end = r->pos;
}

bool lisp_rlocs_next(struct wire_reader *locators, struct lisp_rloc *rloc)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(locators, &fault);

	if (!wire_left(&r))
		return false;
	rloc_read(&r, rloc);
	locators->pos = r.pos;
	return wire_ok(&r);
}

void lisp_record_read(struct wire_reader *r, struct lisp_record *rec, unsigned int index)
{
	size_t start = r->pos, plen_at;
	uint16_t bits;

	wire_part(r, "record", index);
	rec->ttl_min = wire_get_u32(r, "record TTL");
	rec->locator_count = wire_get_u8(r, "locator count");
	plen_at = r->pos;
	rec->plen = wire_get_u8(r, "mask-len");
	bits = wire_get_u16(r, "ACT");
	rec->act = (enum lisp_act)(bits >> 13);
	rec->authoritative = bits >> 12 & 1;
	rec->map_version = wire_get_u16(r, "Map-Version") & 0xfff;
	lisp_eid_read(r, rec->plen, plen_at, &rec->eid);
	lisp_rlocs_check(r, rec->locator_count, "locator", &rec->locators);
	rec->locators_raw = r->buf + rec->locators.pos;
	rec->locators_raw_len = r->pos - rec->locators.pos;
	rec->raw = r->buf + start;
	rec->raw_len = r->pos - start;
}

bool lisp_rloc_next(struct lisp_record *rec, struct lisp_rloc *rloc)
{
	return lisp_rlocs_next(&rec->locators, rloc);
}

void lisp_records_check(struct wire_reader *r, struct lisp_records *it, unsigned int count)
{
	struct lisp_record rec;

	it->r = *r;
	it->left = count;
	it->index = 0;
	for (unsigned int i = 0; i < count && wire_ok(r); i++)
		lisp_record_read(r, &rec, i);
	it->r.end = r->pos;
}

bool lisp_records_next(struct lisp_records *it, struct lisp_record *rec)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(&it->r, &fault);

	if (!it->left)
		return false;
	lisp_record_read(&r, rec, it->index);
	it->r.pos = r.pos;
	it->index++;
	it->left--;
	return wire_ok(&r);
}

void lisp_record_write(struct wire_writer *w, const struct eid *eid, uint32_t ttl_min,
	uint8_t locator_count, enum lisp_act act, bool authoritative, uint16_t map_version)
{
	if (map_version > 0xfff || (unsigned int)act > 7)
		w->failed = true;
	wire_put_u32(w, ttl_min);
	wire_put_u8(w, locator_count);
	wire_put_u8(w, lisp_eid_plen(eid));
	wire_put_u16(w, ((uint32_t)act & 7) << 13 | (uint32_t)authoritative << 12);
	wire_put_u16(w, map_version);
	lisp_eid_write(w, eid);
}

static void rloc_head_write(struct wire_writer *w, const struct lisp_rloc *rloc)
{
	wire_put_u8(w, rloc->priority);
	wire_put_u8(w, rloc->weight);
	wire_put_u8(w, rloc->mpriority);
	wire_put_u8(w, rloc->mweight);
	wire_put_u16(w, (uint32_t)rloc->local << 2 | (uint32_t)rloc->probed << 1 | rloc->reachable);
}

void lisp_rloc_write(
	struct wire_writer *w, const struct lisp_rloc *rloc, const struct address *addr)
{
	rloc_head_write(w, rloc);
	lisp_address_write(w, addr);
}

void lisp_rloc_write_place(struct wire_writer *w, const struct lisp_rloc *rloc,
	const struct address *addr, uint16_t nickname, const uint8_t mac[6])
{
	struct lcaf list = {.type = LCAF_AFI_LIST};
	uint8_t bytes[LISP_RLOC_PLACE + ADDRESS_MAX];
	struct wire_writer items;
	struct wire_fault fault;

	wire_writer_init(&items, bytes, sizeof(bytes));
	lisp_address_write(&items, addr);
	wire_put_u16(&items, AFI_TRILL_NICKNAME);
	wire_put_u16(&items, nickname);
	wire_put_u16(&items, AFI_EUI48);
	wire_put_bytes(&items, mac, 6);
	wire_reader_init(&list.u.list.items, bytes, items.pos, &fault);
	rloc_head_write(w, rloc);
	lcaf_write(w, &list);
}
