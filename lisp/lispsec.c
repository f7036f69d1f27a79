/* lispsec: RFC 9303's authentication data, both ways (its figures 1 and 2). Knows where an HMAC
 * stands and what it covers; otk.c computes it. */
#include "lisp/lispsec.h"

#include <string.h>

#include <openssl/crypto.h>

#include "lisp/codec.h"

#define AD_LISP_SEC 1
#define BARE_BYTES  4
#define HEAD_BYTES  8 /* of an EID-AD: length, KDF ID, count, E, HMAC ID */
#define PKT_HEAD    4 /* length, HMAC ID */
#define EID_E       0x80
#define REPLY_S     0x02 /* in a Map-Reply's first byte */

static const char want_hmac_length[] = "the length of its algorithm";

static struct wire_reader reader_at(
	const void *msg, const uint8_t *ad, size_t ad_len, struct wire_fault *fault)
{
	size_t at = (size_t)(ad - (const uint8_t *)msg);
	struct wire_reader r;

	wire_reader_init(&r, msg, at + ad_len, fault);
	r.pos = at;
	return r;
}

static void type_read(struct wire_reader *r)
{
	size_t at = r->pos;
	uint8_t type = wire_get_u8(r, "authentication data type");

	if (type != AD_LISP_SEC)
		wire_refuse(r, "authentication data type", at, type, lisp_want_supported);
}

/* An HMAC of an algorithm that is not known here may have any length: it is carried on. */
static void hmac_check(struct wire_reader *r, const char *name, uint16_t hmac_id, size_t len)
{
	size_t want = otk_hmac_bytes(hmac_id);

	if (wire_ok(r) && want && len != want)
		wire_refuse(r, name, r->pos, len, want_hmac_length);
}

static void eid_read(struct wire_reader *r, struct lisp_eid *eid)
{
	size_t at;
	uint8_t plen;

	wire_get_u8(r, "unassigned");
	at = r->pos;
	plen = wire_get_u8(r, "EID mask-len");
	lisp_eid_read(r, plen, at, eid);
}

static void eid_ad_body_read(struct wire_reader *r, struct lispsec_eid_ad *ad)
{
	struct lisp_eid eid;
	size_t at = r->pos;

	ad->record_count = wire_get_u8(r, "EID-AD record count");
	if (!ad->record_count)
		wire_refuse(r, "EID-AD record count", at, 0, "1 to 255");
	ad->cant_sign = wire_get_u8(r, "EID-AD flags") & EID_E;
	ad->hmac_id = wire_get_u16(r, "EID HMAC ID");
	ad->records = *r;
	for (unsigned int i = 0; i < ad->record_count && wire_ok(r); i++) {
		wire_part(r, "EID-AD record", i);
		eid_read(r, &eid);
	}
	wire_part(r, NULL, 0);
	ad->records.end = r->pos;
	hmac_check(r, "EID HMAC length", ad->hmac_id, wire_left(r));
}

static void eid_ad_read(struct wire_reader *r, struct lispsec_eid_ad *ad)
{
	size_t at = r->pos;
	uint16_t len = wire_get_u16(r, "EID-AD length");
	struct wire_reader body;

	memset(ad, 0, sizeof(*ad));
	ad->raw = r->buf + at;
	ad->raw_len = len;
	ad->kdf_id = wire_get_u16(r, "KDF ID");
	ad->bare = len == BARE_BYTES;
	if (ad->bare)
		return;
	if (len < HEAD_BYTES)
		wire_refuse(r, "EID-AD length", at, len, "4, or at least 8");
	body = wire_get_sub(r, len < HEAD_BYTES ? 0 : len - 4u, "EID-AD");
	eid_ad_body_read(&body, ad);
	ad->hmac_at = body.pos - at;
}

int lispsec_request_parse(const void *msg, const uint8_t *ad, size_t ad_len,
	struct lispsec_request *m, struct wire_fault *fault)
{
	struct wire_reader r = reader_at(msg, ad, ad_len, fault);
	const uint8_t *wrapped;
	uint16_t len;
	size_t at;

	type_read(&r);
	wire_get_u8(&r, "unassigned");
	m->hmac_id = wire_get_u16(&r, "requested HMAC ID");
	at = r.pos;
	len = wire_get_u16(&r, "OTK length");
	if (len != OTK_WRAPPED_BYTES && len != OTK_WRAPPED_BYTES + 4)
		wire_refuse(&r, "OTK length", at, len, "24 or 28");
	m->otk.key_id = wire_get_u8(&r, "Key ID");
	m->otk.wrap_id = wire_get_u8(&r, "OTK wrapping ID");
	wrapped = wire_get_bytes(&r, OTK_WRAPPED_BYTES, "OTK");
	if (wrapped)
		memcpy(m->otk.bytes, wrapped, OTK_WRAPPED_BYTES);
	eid_ad_read(&r, &m->eid_ad);
	wire_expect_end(&r, "the EID-AD");
	return lisp_error_of(fault);
}

int lispsec_reply_parse(const void *msg, const uint8_t *ad, size_t ad_len, struct lispsec_reply *m,
	struct wire_fault *fault)
{
	struct wire_reader r = reader_at(msg, ad, ad_len, fault);
	uint16_t len;
	size_t at;

	type_read(&r);
	wire_get_u24(&r, "unassigned");
	at = r.pos;
	eid_ad_read(&r, &m->eid_ad);
	if (wire_ok(&r) && m->eid_ad.bare)
		wire_refuse(&r, "EID-AD length", at, BARE_BYTES, "an EID-AD with prefixes");
	at = r.pos;
	len = wire_get_u16(&r, "PKT-AD length");
	m->hmac_id = wire_get_u16(&r, "PKT HMAC ID");
	if (len < PKT_HEAD)
		wire_refuse(&r, "PKT-AD length", at, len, "at least 4");
	m->hmac_at = r.pos;
	m->hmac_len = len < PKT_HEAD ? 0 : len - PKT_HEAD;
	hmac_check(&r, "PKT HMAC length", m->hmac_id, m->hmac_len);
	wire_get_bytes(&r, m->hmac_len, "PKT HMAC");
	wire_expect_end(&r, "the PKT-AD");
	return lisp_error_of(fault);
}

bool lispsec_eid_next(struct lispsec_eid_ad *ad, struct lisp_eid *eid)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(&ad->records, &fault);

	if (!wire_left(&r))
		return false;
	eid_read(&r, eid);
	ad->records.pos = r.pos;
	return wire_ok(&r);
}

bool lispsec_vouched(const struct lispsec_eid_ad *ad, const struct eid *eid)
{
	struct lispsec_eid_ad it = *ad;
	struct lisp_eid prefix;

	while (!ad->bare && lispsec_eid_next(&it, &prefix))
		if (prefix.plain && eid_covers(&prefix.eid, eid))
			return true;
	return false;
}

bool lispsec_eid_ad_verify(
	struct otk_tools *t, const struct lispsec_eid_ad *ad, const struct otk *itr_otk)
{
	uint8_t right[OTK_HMAC_MAX];
	size_t n = otk_hmac_bytes(ad->hmac_id);

	return !ad->bare && n && ad->hmac_at + n == ad->raw_len &&
	       otk_hmac(t, ad->hmac_id, itr_otk, ad->raw, ad->raw_len, ad->hmac_at, right) &&
	       !CRYPTO_memcmp(right, ad->raw + ad->hmac_at, n);
}

bool lispsec_reply_verify(struct otk_tools *t, const struct lispsec_reply *m, const void *msg,
	size_t len, const struct otk *ms_otk)
{
	uint8_t right[OTK_HMAC_MAX];
	size_t n = otk_hmac_bytes(m->hmac_id);

	return n && m->hmac_len == n && m->hmac_at + n == len &&
	       otk_hmac(t, m->hmac_id, ms_otk, msg, len, m->hmac_at, right) &&
	       !CRYPTO_memcmp(right, (const uint8_t *)msg + m->hmac_at, n);
}

/* ---- writing ---- */

void lispsec_request_write(
	struct wire_writer *w, uint16_t hmac_id, const struct otk_wrapped *wrapped)
{
	wire_put_u8(w, AD_LISP_SEC);
	wire_put_u8(w, 0);
	wire_put_u16(w, hmac_id);
	wire_put_u16(w, OTK_WRAPPED_BYTES);
	wire_put_u8(w, wrapped->key_id);
	wire_put_u8(w, wrapped->wrap_id);
	wire_put_bytes(w, wrapped->bytes, OTK_WRAPPED_BYTES);
}

void lispsec_eid_ad_write_bare(struct wire_writer *w, uint16_t kdf_id)
{
	wire_put_u16(w, BARE_BYTES);
	wire_put_u16(w, kdf_id);
}

void lispsec_eid_ad_begin(struct wire_writer *w, struct lispsec_eid_ad_writer *e,
	enum otk_kdf kdf_id, enum otk_hmac hmac_id)
{
	*e = (struct lispsec_eid_ad_writer){.at = w->pos, .hmac_id = (uint16_t)hmac_id};
	wire_put_u16(w, 0);
	wire_put_u16(w, kdf_id);
	wire_put_u16(w, 0);
	wire_put_u16(w, hmac_id);
}

void lispsec_eid_ad_add(
	struct wire_writer *w, struct lispsec_eid_ad_writer *e, const struct eid *eid)
{
	wire_put_u8(w, 0);
	wire_put_u8(w, eid->plen);
	lisp_eid_write(w, eid);
	e->count++;
}

/* Append the HMAC over everything from @from on. */
static void hmac_put(struct wire_writer *w, size_t from, uint16_t hmac_id, struct otk_tools *t,
	const struct otk *otk)
{
	size_t at = w->pos, n = otk_hmac_bytes(hmac_id);
	uint8_t out[OTK_HMAC_MAX];

	wire_put_zero(w, n);
	if (!wire_written(w))
		return;
	if (otk_hmac(t, hmac_id, otk, w->buf + from, w->pos - from, at - from, out))
		memcpy(w->buf + at, out, n);
	else
		w->failed = true;
}

void lispsec_eid_ad_finish(struct wire_writer *w, struct lispsec_eid_ad_writer *e, bool cant_sign,
	struct otk_tools *t, const struct otk *itr_otk)
{
	wire_patch_u16(w, e->at, (uint32_t)(w->pos - e->at + otk_hmac_bytes(e->hmac_id)));
	wire_patch_u8(w, e->at + 4, e->count);
	wire_patch_u8(w, e->at + 5, cant_sign ? EID_E : 0);
	hmac_put(w, e->at, e->hmac_id, t, itr_otk);
}

size_t lispsec_eid_bytes(const struct eid *eid)
{
	return 2 + lisp_eid_size(eid);
}

int lispsec_reply_finish(struct wire_writer *w, const uint8_t *eid_ad, size_t eid_ad_len,
	enum otk_hmac hmac_id, struct otk_tools *t, const struct otk *ms_otk)
{
	if (wire_written(w))
		wire_patch_u8(w, 0, w->buf[0] | REPLY_S);
	wire_put_u32(w, (uint32_t)AD_LISP_SEC << 24);
	wire_put_bytes(w, eid_ad, eid_ad_len);
	wire_put_u16(w, (uint32_t)(PKT_HEAD + otk_hmac_bytes(hmac_id)));
	wire_put_u16(w, hmac_id);
	hmac_put(w, 0, (uint16_t)hmac_id, t, ms_otk);
	return wire_written(w) ? (int)w->pos : -LISP_ENOROOM;
}
