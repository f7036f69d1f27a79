/* See lsp_tlv.h. */
#include "trill/codec/lsp_tlv.h"

int lsp_entries_count(const struct tlv *t)
{
	return tlv_records(t, 0, LSP_ENTRY_LEN);
}

void lsp_entry_at(const struct tlv *t, unsigned int i, struct lsp_entry *e)
{
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, t->value + i * LSP_ENTRY_LEN, LSP_ENTRY_LEN, &fault);
	e->lifetime_s = wire_get_u16(&r, "remaining lifetime");
	lsp_id_get(&r, &e->id, "LSP ID");
	e->sequence = wire_get_u32(&r, "sequence number");
	e->checksum = wire_get_u16(&r, "checksum");
}

void lsp_entries_put(
	struct wire_writer *w, const struct lsp_entry *entries, unsigned int n, enum tlv_form form)
{
	size_t at = tlv_begin(w, TLV_LSP_ENTRIES, form);

	for (unsigned int i = 0; i < n; i++) {
		wire_put_u16(w, entries[i].lifetime_s);
		lsp_id_put(w, &entries[i].id);
		wire_put_u32(w, entries[i].sequence);
		wire_put_u16(w, entries[i].checksum);
	}
	tlv_end(w, at, form);
}

int purge_originator_read(const struct tlv *t, struct purge_originator *p)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	uint8_t count = wire_get_u8(&r, "number of system IDs");

	system_id_get(&r, &p->originator, "originator");
	p->has_from = count == 2;
	if (p->has_from)
		system_id_get(&r, &p->from, "received from");
	if (wire_ok(&r) && (count < 1 || count > 2))
		return -TRILL_EVALUE;
	return tlv_done(&r, false);
}

void purge_originator_put(
	struct wire_writer *w, const struct purge_originator *p, enum tlv_form form)
{
	size_t at = tlv_begin(w, TLV_PURGE_ORIGINATOR, form);

	wire_put_u8(w, p->has_from ? 2 : 1);
	system_id_put(w, &p->originator);
	if (p->has_from)
		system_id_put(w, &p->from);
	tlv_end(w, at, form);
}

int buffer_size_read(const struct tlv *t, uint16_t *size)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	*size = wire_get_u16(&r, "buffer size");
	return tlv_done(&r, false);
}

void buffer_size_put(struct wire_writer *w, uint16_t size)
{
	size_t at = tlv_begin(w, TLV_BUFFER_SIZE, TLV_STANDARD);

	wire_put_u16(w, size);
	tlv_end(w, at, TLV_STANDARD);
}

static void reach_mtu_read(struct reach *reach)
{
	struct tlv_iter it;
	struct tlv sub;

	reach->has_mtu = reach->mtu_failed = false;
	reach->mtu = 0;
	tlv_iter_sub(&it, &reach->subs, 0, TLV_STANDARD);
	while (tlv_find(&it, REACH_MTU, &sub)) {
		if (sub.len != 3)
			continue;
		reach->has_mtu = true;
		reach->mtu_failed = sub.value[0] & 0x80;
		reach->mtu = (uint16_t)(sub.value[1] << 8 | sub.value[2]);
	}
}

uint32_t reach_metric_of(uint32_t mbit_s)
{
	uint32_t metric = REACH_SPEED / mbit_s;

	if (metric > REACH_METRIC_MAX)
		return REACH_METRIC_MAX;
	return metric ? metric : 1;
}

bool reach_next(const struct tlv *t, size_t *at, struct reach *reach, int *err)
{
	size_t left = t->len - *at;
	struct wire_fault fault;
	struct wire_reader r;

	*err = 0;
	if (!left)
		return false;
	wire_reader_init(&r, t->value + *at, left, &fault);
	lan_id_get(&r, &reach->neighbor, "neighbor");
	reach->metric = wire_get_u24(&r, "metric");
	reach->subs.type = TLV_REACHABILITY;
	reach->subs.len = wire_get_u8(&r, "length of sub-TLVs");
	reach->subs.value = wire_get_bytes(&r, reach->subs.len, "sub-TLVs");
	if (!wire_ok(&r) || tlv_check(reach->subs.value, reach->subs.len, TLV_STANDARD)) {
		*err = -TRILL_EOVERRUN;
		return false;
	}
	reach_mtu_read(reach);
	*at += r.pos;
	return true;
}

void reach_put(struct wire_writer *w, const struct reach *reach)
{
	lan_id_put(w, &reach->neighbor);
	wire_put_u24(w, reach->metric);
	if (!reach->has_mtu) {
		wire_put_u8(w, 0);
		return;
	}
	wire_put_u8(w, 5);
	wire_put_u8(w, REACH_MTU);
	wire_put_u8(w, 3);
	wire_put_u8(w, reach->mtu_failed ? 0x80 : 0);
	wire_put_u16(w, reach->mtu);
}

bool group_next(const struct group_list *g, size_t *at, struct group_record *record)
{
	size_t left = g->records_len - *at, need;
	const uint8_t *p = g->records + *at;

	if (!left)
		return false;
	need = 1 + (1u + p[0]) * g->address_len;
	if (need > left)
		return false;
	record->source_count = p[0];
	record->group = p + 1;
	record->sources = p + 1 + g->address_len;
	*at += need;
	return true;
}

int group_list_read(const struct tlv *t, struct group_list *g)
{
	static const unsigned int lengths[] = {6, 4, 16};
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	struct group_record record;
	unsigned int seen = 0;
	size_t at = 0;

	if (t->type < 1 || t->type > 6)
		return -TRILL_EUNKNOWN;
	g->address_len = lengths[(t->type - 1) % 3];
	g->label.fgl = t->type > 3;
	wire_get_u16(&r, "topology");
	g->label.id = g->label.fgl ? wire_get_u24(&r, "label") : wire_get_u16(&r, "VLAN") & 0xfff;
	g->count = wire_get_u8(&r, "number of group records");
	g->records_len = wire_left(&r);
	g->records = wire_get_bytes(&r, g->records_len, "group records");
	if (!wire_ok(&r))
		return -TRILL_ESHORT;
	while (group_next(g, &at, &record))
		seen++;
	if (seen < g->count)
		return -TRILL_EOVERRUN;
	return seen == g->count && at == g->records_len ? 0 : -TRILL_ELENGTH;
}

void group_list_put(struct wire_writer *w, const struct group_list *g)
{
	unsigned int kind = g->address_len == 6 ? 1 : g->address_len == 4 ? 2 : 3;
	size_t at = tlv_begin(w, kind + (g->label.fgl ? 3 : 0), TLV_STANDARD);

	wire_put_u16(w, 0);
	if (g->label.fgl)
		wire_put_u24(w, g->label.id);
	else
		wire_put_u16(w, g->label.id & 0xfff);
	wire_put_u8(w, g->count);
	wire_put_bytes(w, g->records, g->records_len);
	tlv_end(w, at, TLV_STANDARD);
}

int geninfo_read(const struct tlv *t, enum tlv_form form, struct tlv_iter *subs)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	uint8_t flags = wire_get_u8(&r, "flags");
	uint16_t application = wire_get_u16(&r, "application ID");

	if (flags & 0x04) /* I: an IPv4 address */
		wire_get_bytes(&r, 4, "IPv4 address");
	if (flags & 0x08) /* V: an IPv6 address */
		wire_get_bytes(&r, 16, "IPv6 address");
	if (!wire_ok(&r))
		return -TRILL_ESHORT;
	tlv_iter_sub(subs, t, r.pos, form);
	return application == GENINFO_TRILL ? 0 : -TRILL_EUNKNOWN;
}

size_t geninfo_begin(struct wire_writer *w, enum tlv_form form)
{
	size_t at = tlv_begin(w, TLV_GENINFO, form);

	wire_put_u8(w, 0);
	wire_put_u16(w, GENINFO_TRILL);
	return at;
}
