/* info: Info-Request and Info-Reply, both ways (draft-ermagan-lisp-nat-traversal, type 7). */
#include "lisp/info.h"

#include <string.h>

#include "lisp/codec.h"

#define BIT_R 0x08000000u

/* The draft has RFC 6830's Key ID of 16 bits and no Algorithm ID: the algorithm goes by the key. */
static void info_auth_read(struct wire_reader *r, struct info *m)
{
	memset(&m->auth, 0, sizeof(m->auth));
	m->key_id = wire_get_u16(r, "Key ID");
	m->auth.key_id = (uint8_t)m->key_id;
	m->auth.alg = AUTH_NONE;
	m->auth.len = wire_get_u16(r, "authentication data length");
	m->auth.offset = r->pos;
	m->auth.data = wire_get_bytes(r, m->auth.len, "authentication data");
}

int info_parse(const void *pkt, size_t len, struct info *m, struct wire_fault *fault)
{
	struct wire_reader r;
	size_t plen_at, nat_at;
	uint8_t plen;

	wire_reader_init(&r, pkt, len, fault);
	m->reply = lisp_head_read(&r, LISP_INFO) & BIT_R;
	m->nonce = wire_get_u64(&r, "nonce");
	info_auth_read(&r, m);
	m->ttl_min = wire_get_u32(&r, "TTL");
	wire_get_u8(&r, "reserved");
	plen_at = r.pos;
	plen = wire_get_u8(&r, "mask-len");
	lisp_eid_read(&r, plen, plen_at, &m->eid);
	nat_at = r.pos;
	lisp_field_read(&r, &m->nat, "NAT address");
	if (m->reply && m->nat.lcaf != LCAF_NAT)
		wire_refuse(&r, "NAT address", nat_at, m->nat.lcaf, "an LCAF of type 7");
	m->auth.records_end = r.pos;
	wire_expect_end(&r, "the NAT address");
	return lisp_error_of(fault);
}

static void info_auth_write(
	struct wire_writer *w, struct info *m, enum auth_alg alg, const struct auth_options *opt)
{
	memset(&m->auth, 0, sizeof(m->auth));
	m->auth.key_id = (uint8_t)m->key_id;
	m->auth.alg = (uint8_t)alg;
	m->auth.len = (uint16_t)auth_length(alg, opt);
	wire_put_u16(w, m->key_id);
	wire_put_u16(w, m->auth.len);
	m->auth.offset = w->pos;
	wire_put_zero(w, m->auth.len);
}

int info_write(void *buf, size_t cap, struct info *m, const struct lcaf *nat, enum auth_alg alg,
	const struct auth_options *opt)
{
	static const struct address none;
	struct wire_writer w;

	wire_writer_init(&w, buf, cap);
	wire_put_u32(&w, (uint32_t)LISP_INFO << 28 | (m->reply ? BIT_R : 0));
	wire_put_u64(&w, m->nonce);
	info_auth_write(&w, m, alg, opt);
	wire_put_u32(&w, m->ttl_min);
	wire_put_u8(&w, 0);
	wire_put_u8(&w, m->eid.eid.plen);
	lisp_eid_write(&w, &m->eid.eid);
	if (nat)
		lcaf_write(&w, nat);
	else
		lisp_address_write(&w, &none);
	m->auth.records_end = w.pos;
	return wire_written(&w) ? (int)w.pos : -LISP_ENOROOM;
}
