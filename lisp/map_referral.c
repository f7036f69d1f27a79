/* map_referral: Map-Referral, both ways (RFC 8111 section 6.4). Signatures are bounded and handed
 * on, not checked. */
#include "lisp/map_referral.h"

#include "lisp/codec.h"

#define RECORD_A 0x1000
#define RECORD_I 0x0800

static void signature_read(struct wire_reader *r, struct referral_signature *sig)
{
	sig->original_ttl = wire_get_u32(r, "original TTL");
	sig->expiration = wire_get_u32(r, "expiration");
	sig->inception = wire_get_u32(r, "inception");
	sig->key_tag = wire_get_u16(r, "key tag");
	sig->len = wire_get_u16(r, "signature length");
	sig->algorithm = wire_get_u8(r, "signature algorithm");
	wire_get_u24(r, "reserved");
	sig->bytes = wire_get_bytes(r, sig->len, "signature");
}

static void signatures_check(struct wire_reader *r, struct referral_record *rec)
{
	struct referral_signature sig;

	rec->signatures = *r;
	for (unsigned int i = 0; i < rec->signature_count && wire_ok(r); i++) {
		wire_part(r, "signature", i);
		signature_read(r, &sig);
	}
	wire_part(r, NULL, 0);
	rec->signatures.end = r->pos;
}

static void referral_record_read(
	struct wire_reader *r, struct referral_record *rec, unsigned int index)
{
	size_t start = r->pos, plen_at;
	uint16_t bits, version;

	wire_part(r, "record", index);
	rec->ttl_min = wire_get_u32(r, "record TTL");
	rec->referral_count = wire_get_u8(r, "referral count");
	plen_at = r->pos;
	rec->plen = wire_get_u8(r, "mask-len");
	bits = wire_get_u16(r, "ACT");
	rec->act = (uint8_t)(bits >> 13);
	rec->authoritative = bits & RECORD_A;
	rec->incomplete = bits & RECORD_I;
	version = wire_get_u16(r, "Map-Version");
	rec->signature_count = (uint8_t)(version >> 12);
	rec->map_version = version & 0xfff;
	lisp_eid_read(r, rec->plen, plen_at, &rec->eid);
	lisp_rlocs_check(r, rec->referral_count, "referral", &rec->referrals);
	signatures_check(r, rec);
	rec->raw = r->buf + start;
	rec->raw_len = r->pos - start;
}

int map_referral_parse(
	const void *pkt, size_t len, struct map_referral *m, struct wire_fault *fault)
{
	struct referral_record rec;
	struct wire_reader r;

	wire_reader_init(&r, pkt, len, fault);
	m->record_count = lisp_head_read(&r, LISP_MAP_REFERRAL) & 0xff;
	if (!m->record_count)
		wire_refuse(&r, "record count", 3, 0, "1 to 255");
	m->nonce = wire_get_u64(&r, "nonce");
	m->records = r;
	for (unsigned int i = 0; i < m->record_count && wire_ok(&r); i++)
		referral_record_read(&r, &rec, i);
	m->records.end = r.pos;
	wire_expect_end(&r, "the last record");
	return lisp_error_of(fault);
}

bool map_referral_next(struct map_referral *m, struct referral_record *rec)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(&m->records, &fault);

	if (!wire_left(&r))
		return false;
	referral_record_read(&r, rec, 0);
	m->records.pos = r.pos;
	return wire_ok(&r);
}

bool referral_next(struct referral_record *rec, struct lisp_rloc *rloc)
{
	return lisp_rlocs_next(&rec->referrals, rloc);
}

bool referral_signature_next(struct referral_record *rec, struct referral_signature *sig)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(&rec->signatures, &fault);

	if (!wire_left(&r))
		return false;
	signature_read(&r, sig);
	rec->signatures.pos = r.pos;
	return wire_ok(&r);
}

void map_referral_begin(struct wire_writer *w, uint64_t nonce)
{
	if (w->pos) /* the count is patched at the writer's fourth byte */
		w->failed = true;
	wire_put_u32(w, (uint32_t)LISP_MAP_REFERRAL << 28);
	wire_put_u64(w, nonce);
}

void map_referral_record_write(struct wire_writer *w, const struct eid *eid, uint32_t ttl_min,
	uint8_t referral_count, uint8_t signature_count, enum referral_act act, bool incomplete,
	uint16_t map_version)
{
	if (signature_count > 15 || map_version > 0xfff || (unsigned int)act > 7)
		w->failed = true;
	wire_put_u32(w, ttl_min);
	wire_put_u8(w, referral_count);
	wire_put_u8(w, lisp_eid_plen(eid));
	wire_put_u16(w, ((uint32_t)act & 7) << 13 | (incomplete ? RECORD_I : 0));
	wire_put_u16(w, ((uint32_t)signature_count & 15) << 12 | (map_version & 0xfff));
	lisp_eid_write(w, eid);
}

void referral_signature_write(struct wire_writer *w, const struct referral_signature *sig)
{
	wire_put_u32(w, sig->original_ttl);
	wire_put_u32(w, sig->expiration);
	wire_put_u32(w, sig->inception);
	wire_put_u16(w, sig->key_tag);
	wire_put_u16(w, sig->len);
	wire_put_u8(w, sig->algorithm);
	wire_put_zero(w, 3);
	wire_put_bytes(w, sig->bytes, sig->len);
}

void map_referral_finish(struct wire_writer *w, unsigned int record_count)
{
	wire_patch_u8(w, 3, record_count);
}
