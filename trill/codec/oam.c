/* See oam.h. */
#include "trill/codec/oam.h"

#define APPLICATION_LEN 9
#define SESSION_LEN     4
#define BIT_F           0x0008
#define BIT_C           0x0004
#define BIT_O           0x0002
#define BIT_I           0x0001

static int application_read(struct oam *o)
{
	struct wire_fault fault;
	struct wire_reader r;
	struct tlv_iter it;
	uint16_t bits;
	struct tlv t;

	tlv_iter_init(&it, o->tlvs, o->tlvs_len, TLV_OAM);
	if (!tlv_next(&it, &t))
		return it.err ? it.err : -TRILL_EVALUE;
	if (t.type != OAM_TLV_APPLICATION)
		return -TRILL_EVALUE;
	if (t.len != APPLICATION_LEN)
		return -TRILL_ELENGTH;
	r = tlv_reader(&t, &fault);
	if (wire_get_u8(&r, "OAM version"))
		return -TRILL_EVERSION;
	wire_get_u24(&r, "reserved");
	o->fragment = wire_get_u8(&r, "fragment ID");
	o->code = wire_get_u8(&r, "return code");
	o->sub_code = wire_get_u8(&r, "return sub-code");
	bits = wire_get_u16(&r, "flags");
	o->final = bits & BIT_F;
	o->cross_connect = bits & BIT_C;
	o->out_of_band = bits & BIT_O;
	o->in_band = bits & BIT_I;
	return tlv_check(o->tlvs, o->tlvs_len, TLV_OAM);
}

int oam_read(const void *bytes, size_t len, struct oam *o, struct wire_fault *fault)
{
	uint8_t first, offset;
	struct wire_reader r;
	uint16_t ethertype;

	wire_reader_init(&r, bytes, len, fault);
	ethertype = wire_get_u16(&r, "Ethertype");
	if (wire_ok(&r) && ethertype != ETHERTYPE_CFM)
		return -TRILL_EUNKNOWN;
	first = wire_get_u8(&r, "MD level");
	o->level = first >> 5;
	o->version = first & 0x1f;
	o->opcode = wire_get_u8(&r, "opcode");
	o->flags = wire_get_u8(&r, "flags");
	offset = wire_get_u8(&r, "first TLV offset");
	if (!wire_ok(&r))
		return -TRILL_ETRUNC;
	if (offset < SESSION_LEN)
		return -TRILL_ELENGTH;
	if (offset > wire_left(&r))
		return -TRILL_EOVERRUN;
	o->session = wire_get_u32(&r, "session");
	o->own_len = offset - SESSION_LEN;
	o->own = wire_get_bytes(&r, o->own_len, "opcode's own");
	o->tlvs_len = wire_left(&r);
	o->tlvs = wire_get_bytes(&r, o->tlvs_len, "TLVs");
	return application_read(o);
}

void oam_begin(struct wire_writer *w, const struct oam *o)
{
	size_t at;

	if (o->level > 7 || o->version > 31)
		w->failed = true;
	wire_put_u16(w, ETHERTYPE_CFM);
	wire_put_u8(w, (uint32_t)o->level << 5 | (o->version & 0x1f));
	wire_put_u8(w, o->opcode);
	wire_put_u8(w, o->flags);
	wire_put_u8(w, (uint32_t)(SESSION_LEN + o->own_len));
	wire_put_u32(w, o->session);
	wire_put_bytes(w, o->own, o->own_len);
	at = tlv_begin(w, OAM_TLV_APPLICATION, TLV_OAM);
	wire_put_zero(w, 4);
	wire_put_u8(w, o->fragment);
	wire_put_u8(w, o->code);
	wire_put_u8(w, o->sub_code);
	wire_put_u16(w, (o->final ? BIT_F : 0u) | (o->cross_connect ? BIT_C : 0) |
				(o->out_of_band ? BIT_O : 0) | (o->in_band ? BIT_I : 0));
	tlv_end(w, at, TLV_OAM);
}

void oam_end(struct wire_writer *w)
{
	wire_put_u8(w, OAM_TLV_END);
}
