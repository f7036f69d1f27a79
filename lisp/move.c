/* move: the handover messages between Sunward parties, both ways (docs/decisions/move-messages.md).
 */
#include "lisp/move.h"

#include "lisp/codec.h"

#define FLAG_LOCATORS 0x8000
#define FLAG_VERIFIED 0x4000
#define FLAG_SECURITY 0x2000

/* Type, sub-type, version, kind. */
static void head_read(struct wire_reader *r, struct move *m)
{
	uint32_t head = lisp_head_read(r, LISP_EXTENSION);
	uint32_t subtype = head >> 16 & 0xfff, version = head >> 8 & 0xff, kind = head & 0xff;

	if (subtype != MOVE_SUBTYPE)
		wire_refuse(r, "sub-type", 0, subtype, lisp_want_supported);
	if (version != MOVE_VERSION)
		wire_refuse(r, "version", 2, version, lisp_want_supported);
	if (kind < MOVE_CLAIM || kind > MOVE_WITHDRAW)
		wire_refuse(r, "kind", 3, kind, lisp_want_supported);
	m->kind = (enum move_kind)kind;
}

static void record_read(struct wire_reader *r, struct move *m)
{
	size_t at = r->pos;
	uint16_t flags = wire_get_u16(r, "flags");
	uint16_t count = wire_get_u16(r, "record count");

	m->has_locators = flags & FLAG_LOCATORS;
	m->verified = flags & FLAG_VERIFIED;
	m->security = flags & FLAG_SECURITY;
	if (count != 1)
		wire_refuse(r, "record count", at + 2, count, "1");
	lisp_record_read(r, &m->record, 0);
	if (m->has_locators != (m->record.locator_count > 0))
		wire_refuse(r, "flags", at, flags, "0x8000 set with locators and clear without");
}

int move_parse(const void *pkt, size_t len, struct move *m, struct wire_fault *fault)
{
	struct wire_reader r;

	wire_reader_init(&r, pkt, len, fault);
	head_read(&r, m);
	m->nonce = wire_get_u64(&r, "nonce");
	auth_field_read(&r, &m->auth);
	lisp_trailer_read(&r, &m->xtr_id, &m->site_id);
	m->seq = wire_get_u64(&r, "seq");
	record_read(&r, m);
	m->auth.records_end = r.pos;
	wire_expect_end(&r, "the record");
	return lisp_error_of(fault);
}

void move_begin(struct wire_writer *w, struct move *m, uint8_t key_id, enum auth_alg alg,
	const struct auth_options *opt)
{
	if (w->pos) /* the MAC's offsets are counted from the writer's first byte */
		w->failed = true;
	wire_put_u16(w, (uint32_t)LISP_EXTENSION << 12 | MOVE_SUBTYPE);
	wire_put_u8(w, MOVE_VERSION);
	wire_put_u8(w, m->kind);
	wire_put_u64(w, m->nonce);
	auth_field_write(w, key_id, alg, opt, &m->auth);
	lisp_trailer_write(w, &m->xtr_id, m->site_id);
	wire_put_u64(w, m->seq);
	wire_put_u16(w, (m->has_locators ? FLAG_LOCATORS : 0) | (m->verified ? FLAG_VERIFIED : 0) |
				(m->security ? FLAG_SECURITY : 0));
	wire_put_u16(w, 1);
}

int move_finish(
	struct wire_writer *w, struct move *m, struct auth_key *key, const struct auth_options *opt)
{
	int err;

	if (!wire_written(w))
		return -LISP_ENOROOM;
	m->auth.records_end = w->pos;
	err = auth_sign(key, LISP_EXTENSION, opt, w->buf, w->pos, m->nonce, &m->auth);
	return err ? err : (int)w->pos;
}
