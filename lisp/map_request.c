/* map_request: Map-Request, both ways (RFC 9301 section 5.2, RFC 9437 section 4). */
#include "lisp/map_request.h"

#include <string.h>

#include "lisp/codec.h"

#define BIT_A           0x08000000u
#define BIT_M           0x04000000u
#define BIT_P           0x02000000u
#define BIT_S           0x01000000u
#define BIT_PITR        0x00800000u
#define BIT_SMR_INVOKED 0x00400000u
#define BIT_I           0x00100000u
#define BIT_L           0x00004000u
#define BIT_D           0x00002000u
#define RECORD_N        0x80

static void flags_read(struct map_request *m, uint32_t head)
{
	m->authoritative = head & BIT_A;
	m->map_data = head & BIT_M;
	m->probe = head & BIT_P;
	m->smr = head & BIT_S;
	m->pitr = head & BIT_PITR;
	m->smr_invoked = head & BIT_SMR_INVOKED;
	m->has_xtr_id = head & BIT_I;
	m->local_xtr = head & BIT_L;
	m->dont_reply = head & BIT_D;
	m->itr_rloc_count = (head >> 8 & 0x1f) + 1;
	m->record_count = head & 0xff;
}

static void request_record_read(struct wire_reader *r, struct map_request_record *rec)
{
	size_t plen_at;
	uint8_t plen;

	rec->subscribe = wire_get_u8(r, "record flags") & RECORD_N;
	plen_at = r->pos;
	plen = wire_get_u8(r, "mask-len");
	lisp_eid_read(r, plen, plen_at, &rec->eid);
}

static void records_check(struct wire_reader *r, struct map_request *m)
{
	struct map_request_record rec;

	if (!m->record_count)
		wire_refuse(r, "record count", 3, 0, "1 to 255");
	m->records = *r;
	for (unsigned int i = 0; i < m->record_count && wire_ok(r); i++) {
		wire_part(r, "record", i);
		request_record_read(r, &rec);
	}
	m->records.end = r->pos;
	wire_part(r, NULL, 0);
}

int map_request_parse(const void *pkt, size_t len, struct map_request *m, struct wire_fault *fault)
{
	struct wire_reader r;

	wire_reader_init(&r, pkt, len, fault);
	flags_read(m, lisp_head_read(&r, LISP_MAP_REQUEST));
	m->nonce = wire_get_u64(&r, "nonce");
	lisp_field_read(&r, &m->source_eid, "source EID");
	for (unsigned int i = 0; i < m->itr_rloc_count && wire_ok(&r); i++) {
		wire_part(&r, "ITR-RLOC", i);
		lisp_field_read(&r, &m->itr_rlocs[i], "address");
	}
	wire_part(&r, NULL, 0);
	records_check(&r, m);
	if (m->map_data)
		lisp_record_read(&r, &m->map_data_record, 0);
	memset(&m->xtr_id, 0, sizeof(m->xtr_id));
	m->site_id = 0;
	if (m->has_xtr_id)
		lisp_trailer_read(&r, &m->xtr_id, &m->site_id);
	wire_expect_end(&r, "the last record");
	return lisp_error_of(fault);
}

bool map_request_next(struct map_request *m, struct map_request_record *rec)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(&m->records, &fault);

	if (!wire_left(&r))
		return false;
	request_record_read(&r, rec);
	m->records.pos = r.pos;
	return wire_ok(&r);
}

static uint32_t head_of(const struct map_request_spec *s)
{
	uint32_t head = (uint32_t)LISP_MAP_REQUEST << 28;

	head |= s->authoritative ? BIT_A : 0;
	head |= s->probe ? BIT_P : 0;
	head |= s->smr ? BIT_S : 0;
	head |= s->pitr ? BIT_PITR : 0;
	head |= s->smr_invoked ? BIT_SMR_INVOKED : 0;
	head |= s->has_xtr_id ? BIT_I : 0;
	head |= s->local_xtr ? BIT_L : 0;
	head |= s->dont_reply ? BIT_D : 0;
	return head | (s->itr_rloc_count - 1) << 8 | 1;
}

int map_request_write(void *buf, size_t cap, const struct map_request_spec *s)
{
	struct eid source = {.addr = s->source_eid};
	struct wire_writer w;

	if (s->itr_rloc_count < 1 || s->itr_rloc_count > LISP_ITR_RLOCS_MAX)
		return -LISP_ENOROOM;
	if (s->source_eid.afi != AFI_NONE)
		source.iid = s->source_iid;
	wire_writer_init(&w, buf, cap);
	wire_put_u32(&w, head_of(s));
	wire_put_u64(&w, s->nonce);
	lisp_eid_write(&w, &source);
	for (unsigned int i = 0; i < s->itr_rloc_count; i++)
		lisp_address_write(&w, &s->itr_rlocs[i]);
	wire_put_u8(&w, s->subscribe ? RECORD_N : 0);
	wire_put_u8(&w, lisp_eid_plen(&s->eid));
	lisp_eid_write(&w, &s->eid);
	if (s->has_xtr_id)
		lisp_trailer_write(&w, &s->xtr_id, s->site_id);
	return wire_written(&w) ? (int)w.pos : -LISP_ENOROOM;
}
