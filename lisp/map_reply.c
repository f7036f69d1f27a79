/* map_reply: Map-Reply, both ways (RFC 9301 section 5.4); LISP-SEC's authentication data is only
 * bounded here. */
#include "lisp/map_reply.h"

#include "lisp/codec.h"

#define BIT_P 0x08000000u
#define BIT_E 0x04000000u
#define BIT_S 0x02000000u

#define AD_LISP_SEC 1

/* One {length, ID, ...} whose length counts itself (RFC 9303 section 6.2). */
static void ad_part_read(struct wire_reader *r, const char *name)
{
	size_t at = r->pos;
	uint16_t len = wire_get_u16(r, name);

	if (len < 4)
		wire_refuse(r, name, at, len, "at least 4");
	else
		wire_get_bytes(r, len - 2u, name);
}

static void security_read(struct wire_reader *r, struct map_reply *m)
{
	size_t start = r->pos;
	uint8_t type = wire_get_u8(r, "authentication data type");

	if (type != AD_LISP_SEC)
		wire_refuse(r, "authentication data type", start, type, lisp_want_supported);
	wire_get_u24(r, "authentication data");
	ad_part_read(r, "EID-AD");
	ad_part_read(r, "PKT-AD");
	m->security_data = r->buf + start;
	m->security_len = r->pos - start;
}

int map_reply_parse(const void *pkt, size_t len, struct map_reply *m, struct wire_fault *fault)
{
	struct wire_reader r;
	uint32_t head;

	wire_reader_init(&r, pkt, len, fault);
	head = lisp_head_read(&r, LISP_MAP_REPLY);
	if (!(head & 0xff))
		wire_refuse(&r, "record count", 3, 0, "1 to 255");
	m->probe = head & BIT_P;
	m->echo = head & BIT_E;
	m->security = head & BIT_S;
	m->nonce = wire_get_u64(&r, "nonce");
	m->security_data = NULL;
	m->security_len = 0;
	lisp_records_check(&r, &m->records, head & 0xff);
	if (m->security)
		security_read(&r, m);
	wire_expect_end(&r, "the last record");
	return lisp_error_of(fault);
}

void map_reply_begin(struct wire_writer *w, bool probe, uint64_t nonce)
{
	if (w->pos) /* the count is patched at the writer's fourth byte */
		w->failed = true;
	wire_put_u32(w, (uint32_t)LISP_MAP_REPLY << 28 | (probe ? BIT_P : 0));
	wire_put_u64(w, nonce);
}

void map_reply_finish(struct wire_writer *w, unsigned int record_count)
{
	wire_patch_u8(w, 3, record_count);
}
