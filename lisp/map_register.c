/* map_register: Map-Register, Map-Notify and Map-Notify-Ack, both ways (RFC 9301 sections 5.6
 * and 5.7).
 *
 * The notifies have no I and R bits in the RFC's figure; deployed code puts them at bits 4 and 5,
 * and so do we. */
#include "lisp/map_register.h"

#include <string.h>

#include "lisp/codec.h"

#define REGISTER_P 0x08000000u
#define REGISTER_S 0x04000000u
#define REGISTER_I 0x02000000u
#define REGISTER_E 0x00001000u
#define REGISTER_T 0x00000800u
#define REGISTER_A 0x00000400u
#define REGISTER_R 0x00000200u
#define REGISTER_M 0x00000100u
#define NOTIFY_I   0x08000000u
#define NOTIFY_R   0x04000000u

static void flags_read(struct map_register *m, uint32_t head)
{
	bool is_register = m->type == LISP_MAP_REGISTER;

	m->proxy_reply = is_register && head & REGISTER_P;
	m->security = is_register && head & REGISTER_S;
	m->has_xtr_id = head & (is_register ? REGISTER_I : NOTIFY_I);
	m->eid_notify = is_register && head & REGISTER_E;
	m->use_ttl = is_register && head & REGISTER_T;
	m->merge = is_register && head & REGISTER_A;
	m->rtr = head & (is_register ? REGISTER_R : NOTIFY_R);
	m->want_notify = is_register && head & REGISTER_M;
	m->record_count = head & 0xff;
}

static uint32_t head_of(const struct map_register *m)
{
	uint32_t head = (uint32_t)m->type << 28;

	if (m->type != LISP_MAP_REGISTER)
		return head | (m->has_xtr_id ? NOTIFY_I : 0) | (m->rtr ? NOTIFY_R : 0);
	head |= m->proxy_reply ? REGISTER_P : 0;
	head |= m->security ? REGISTER_S : 0;
	head |= m->has_xtr_id ? REGISTER_I : 0;
	head |= m->eid_notify ? REGISTER_E : 0;
	head |= m->use_ttl ? REGISTER_T : 0;
	head |= m->merge ? REGISTER_A : 0;
	head |= m->rtr ? REGISTER_R : 0;
	return head | (m->want_notify ? REGISTER_M : 0);
}

static void type_read(struct wire_reader *r, struct map_register *m, int type)
{
	if (type == LISP_MAP_NOTIFY || type == LISP_MAP_NOTIFY_ACK)
		m->type = (enum lisp_type)type;
	else
		m->type = LISP_MAP_REGISTER;
	flags_read(m, lisp_head_read(r, m->type));
	/* An acknowledgement may be all header; the others exist for their records. */
	if (!m->record_count && m->type != LISP_MAP_NOTIFY_ACK)
		wire_refuse(r, "record count", 3, 0, "1 to 255");
}

int map_register_parse(
	const void *pkt, size_t len, struct map_register *m, struct wire_fault *fault)
{
	struct wire_reader r;

	wire_reader_init(&r, pkt, len, fault);
	type_read(&r, m, lisp_type_of(pkt, len));
	m->nonce = wire_get_u64(&r, "nonce");
	auth_field_read(&r, &m->auth);
	lisp_records_check(&r, &m->records, m->record_count);
	m->auth.records_end = r.pos;
	memset(&m->xtr_id, 0, sizeof(m->xtr_id));
	m->site_id = 0;
	if (m->has_xtr_id)
		lisp_trailer_read(&r, &m->xtr_id, &m->site_id);
	wire_expect_end(&r, "the last record");
	return lisp_error_of(fault);
}

void map_register_begin(struct wire_writer *w, struct map_register *m, uint8_t key_id,
	enum auth_alg alg, const struct auth_options *opt)
{
	if (w->pos) /* the MAC's offsets are counted from the writer's first byte */
		w->failed = true;
	wire_put_u32(w, head_of(m));
	wire_put_u64(w, m->nonce);
	auth_field_write(w, key_id, alg, opt, &m->auth);
}

int map_register_finish(struct wire_writer *w, struct map_register *m, unsigned int record_count,
	struct auth_key *key, const struct auth_options *opt)
{
	int err;

	m->auth.records_end = w->pos;
	if (m->has_xtr_id)
		lisp_trailer_write(w, &m->xtr_id, m->site_id);
	wire_patch_u8(w, 3, record_count);
	if (!wire_written(w))
		return -LISP_ENOROOM;
	err = auth_sign(key, m->type, opt, w->buf, w->pos, m->nonce, &m->auth);
	return err ? err : (int)w->pos;
}
