/* See isis.h. */
#include "trill/codec/isis.h"

#include "trill/codec/fletcher.h"

#define PDU_LENGTH_AT 8  /* of all but Hellos */
#define HELLO_LEN_AT  17 /* of Hellos */
#define TYPE_AT       4
#define SCOPE_AT      7
#define SCOPE_FLAG    0x80

static const struct form {
	const char *name;
	uint8_t header_len; /* 0: unknown */
	bool scoped;
} forms[32] = {
	[ISIS_FS_LSP] = {"fs-lsp", 27, true},
	[ISIS_FS_CSNP] = {"fs-csnp", 33, true},
	[ISIS_FS_PSNP] = {"fs-psnp", 17, true},
	[ISIS_LAN_IIH] = {"lan-iih", 27, false},
	[ISIS_P2P_IIH] = {"p2p-iih", 20, false},
	[ISIS_LSP] = {"lsp", 27, false},
	[ISIS_MTU_PROBE] = {"mtu-probe", 28, false},
	[ISIS_CSNP] = {"csnp", 33, false},
	[ISIS_PSNP] = {"psnp", 17, false},
	[ISIS_MTU_ACK] = {"mtu-ack", 28, false},
};

const char *isis_type_name(unsigned int type)
{
	return type < 32 ? forms[type].name : NULL;
}

bool isis_is_scoped(enum isis_type type)
{
	return forms[type & 31].scoped;
}

enum tlv_form isis_scope_form(uint8_t scope)
{
	return scope >= 64 ? TLV_EXTENDED : TLV_STANDARD;
}

int lsp_id_compare(const struct lsp_id *a, const struct lsp_id *b)
{
	uint64_t x = be48(a->system.bytes) << 16 | (uint64_t)a->pseudonode << 8 | a->fragment;
	uint64_t y = be48(b->system.bytes) << 16 | (uint64_t)b->pseudonode << 8 | b->fragment;

	return (x > y) - (x < y);
}

void lsp_id_get(struct wire_reader *r, struct lsp_id *id, const char *field)
{
	system_id_get(r, &id->system, field);
	id->pseudonode = wire_get_u8(r, field);
	id->fragment = wire_get_u8(r, field);
}

void lsp_id_put(struct wire_writer *w, const struct lsp_id *id)
{
	system_id_put(w, &id->system);
	wire_put_u8(w, id->pseudonode);
	wire_put_u8(w, id->fragment);
}

int lan_id_compare(const struct lan_id *a, const struct lan_id *b)
{
	uint64_t x = be48(a->system.bytes) << 8 | a->circuit;
	uint64_t y = be48(b->system.bytes) << 8 | b->circuit;

	return (x > y) - (x < y);
}

void lan_id_get(struct wire_reader *r, struct lan_id *id, const char *field)
{
	system_id_get(r, &id->system, field);
	id->circuit = wire_get_u8(r, field);
}

void lan_id_put(struct wire_writer *w, const struct lan_id *id)
{
	system_id_put(w, &id->system);
	wire_put_u8(w, id->circuit);
}

/* The first 8 bytes. */
static int common_read(struct wire_reader *r, struct isis_pdu *p)
{
	uint8_t discriminator = wire_get_u8(r, "discriminator"), indicator, extension, id_len;
	uint8_t version, last;
	const struct form *form;

	indicator = wire_get_u8(r, "length indicator");
	extension = wire_get_u8(r, "version/protocol ID extension");
	id_len = wire_get_u8(r, "ID length");
	p->type = wire_get_u8(r, "PDU type") & 31;
	version = wire_get_u8(r, "version");
	wire_get_u8(r, "reserved");
	last = wire_get_u8(r, "maximum area addresses");
	if (!wire_ok(r))
		return -TRILL_ETRUNC;
	if (discriminator != ISIS_DISCRIMINATOR)
		return -TRILL_EDISCRIMINATOR;
	if (extension != 1 || version != 1)
		return -TRILL_EVERSION;
	form = &forms[p->type];
	if (!form->header_len)
		return -TRILL_EUNKNOWN;
	p->header_len = form->header_len;
	p->scope = form->scoped ? last & 0x7f : 0;
	p->scope_flag = form->scoped && last & SCOPE_FLAG;
	p->form = isis_scope_form(p->scope);
	/* ID length 0 says 6, too (ISO 10589 section 9.5). */
	if (indicator != form->header_len || (id_len && id_len != SYSTEM_ID_LEN))
		return -TRILL_EHEADER;
	if (form->scoped)
		return p->scope ? 0 : -TRILL_EVALUE;
	return last == 1 ? 0 : -TRILL_EHEADER;
}

static uint16_t hello_read(struct wire_reader *r, struct isis_hello *h, bool lan)
{
	uint16_t pdu_len;

	h->circuit_type = wire_get_u8(r, "circuit type") & 3;
	system_id_get(r, &h->source, "source ID");
	h->holding_s = wire_get_u16(r, "holding time");
	pdu_len = wire_get_u16(r, "PDU length");
	h->priority = 0;
	h->circuit = 0;
	h->lan = (struct lan_id){.circuit = 0};
	if (lan) {
		h->priority = wire_get_u8(r, "priority") & 0x7f;
		lan_id_get(r, &h->lan, "LAN ID");
	} else {
		h->circuit = wire_get_u8(r, "local circuit ID");
	}
	return pdu_len;
}

static void lsp_read(struct wire_reader *r, struct isis_lsp *l)
{
	l->lifetime_s = wire_get_u16(r, "remaining lifetime");
	lsp_id_get(r, &l->id, "LSP ID");
	l->sequence = wire_get_u32(r, "sequence number");
	l->checksum = wire_get_u16(r, "checksum");
	l->flags = wire_get_u8(r, "flags");
}

static void snp_read(struct wire_reader *r, struct isis_snp *s, bool complete)
{
	lan_id_get(r, &s->source, "source ID");
	s->start = s->end = (struct lsp_id){.fragment = 0};
	if (!complete)
		return;
	lsp_id_get(r, &s->start, "start LSP ID");
	lsp_id_get(r, &s->end, "end LSP ID");
}

static void mtu_read(struct wire_reader *r, struct isis_mtu *m)
{
	m->probe_id = (uint64_t)wire_get_u16(r, "probe ID") << 32;
	m->probe_id |= wire_get_u32(r, "probe ID");
	system_id_get(r, &m->probe_source, "probe source ID");
	system_id_get(r, &m->ack_source, "ack source ID");
}

/* The fixed part of its type. Returns the PDU length that stands there. */
static uint16_t fixed_read(struct wire_reader *r, struct isis_pdu *p)
{
	uint16_t pdu_len;

	if (p->type == ISIS_LAN_IIH || p->type == ISIS_P2P_IIH)
		return hello_read(r, &p->u.hello, p->type == ISIS_LAN_IIH);
	pdu_len = wire_get_u16(r, "PDU length");
	switch (p->type) {
	case ISIS_LSP:
	case ISIS_FS_LSP:
		lsp_read(r, &p->u.lsp);
		break;
	case ISIS_MTU_PROBE:
	case ISIS_MTU_ACK:
		mtu_read(r, &p->u.mtu);
		break;
	default:
		snp_read(r, &p->u.snp, p->type == ISIS_CSNP || p->type == ISIS_FS_CSNP);
		break;
	}
	return pdu_len;
}

int isis_parse(const void *bytes, size_t len, struct isis_pdu *p, struct wire_fault *fault)
{
	struct wire_reader r;
	int err;

	wire_reader_init(&r, bytes, len, fault);
	err = common_read(&r, p);
	if (err)
		return err;
	p->bytes = bytes;
	p->len = fixed_read(&r, p);
	if (!wire_ok(&r))
		return -TRILL_ETRUNC;
	if (p->len < p->header_len)
		return -TRILL_ELENGTH;
	if (p->len > len)
		return -TRILL_EOVERRUN;
	return tlv_check(p->bytes + p->header_len, p->len - p->header_len, p->form);
}

void isis_tlvs(const struct isis_pdu *p, struct tlv_iter *it)
{
	tlv_iter_init(it, p->bytes + p->header_len, p->len - p->header_len, p->form);
}

bool isis_checksum_right(const struct isis_pdu *p)
{
	if (!p->u.lsp.checksum)
		return false;
	return fletcher_right(p->bytes + ISIS_LSP_ID_AT, p->len - ISIS_LSP_ID_AT);
}

static void hello_write(struct wire_writer *w, const struct isis_hello *h, bool lan)
{
	wire_put_u8(w, h->circuit_type);
	system_id_put(w, &h->source);
	wire_put_u16(w, h->holding_s);
	wire_put_zero(w, 2);
	if (lan) {
		wire_put_u8(w, h->priority);
		lan_id_put(w, &h->lan);
	} else {
		wire_put_u8(w, h->circuit);
	}
}

static void lsp_write(struct wire_writer *w, const struct isis_lsp *l)
{
	wire_put_u16(w, l->lifetime_s);
	lsp_id_put(w, &l->id);
	wire_put_u32(w, l->sequence);
	wire_put_zero(w, 2);
	wire_put_u8(w, l->flags);
}

static void mtu_write(struct wire_writer *w, const struct isis_mtu *m)
{
	wire_put_u16(w, (uint32_t)(m->probe_id >> 32));
	wire_put_u32(w, (uint32_t)m->probe_id);
	system_id_put(w, &m->probe_source);
	system_id_put(w, &m->ack_source);
}

static void fixed_write(struct wire_writer *w, const struct isis_pdu *p)
{
	bool complete = p->type == ISIS_CSNP || p->type == ISIS_FS_CSNP;

	if (p->type == ISIS_LAN_IIH || p->type == ISIS_P2P_IIH) {
		hello_write(w, &p->u.hello, p->type == ISIS_LAN_IIH);
		return;
	}
	wire_put_zero(w, 2);
	switch (p->type) {
	case ISIS_LSP:
	case ISIS_FS_LSP:
		lsp_write(w, &p->u.lsp);
		break;
	case ISIS_MTU_PROBE:
	case ISIS_MTU_ACK:
		mtu_write(w, &p->u.mtu);
		break;
	default:
		lan_id_put(w, &p->u.snp.source);
		if (complete) {
			lsp_id_put(w, &p->u.snp.start);
			lsp_id_put(w, &p->u.snp.end);
		}
		break;
	}
}

void isis_begin(struct wire_writer *w, const struct isis_pdu *p)
{
	const struct form *form = &forms[p->type & 31];

	if (w->pos || !form->header_len) /* offsets are counted from the buffer's start */
		w->failed = true;
	wire_put_u8(w, ISIS_DISCRIMINATOR);
	wire_put_u8(w, form->header_len);
	wire_put_u8(w, 1);
	wire_put_u8(w, SYSTEM_ID_LEN);
	wire_put_u8(w, p->type);
	wire_put_u8(w, 1);
	wire_put_u8(w, 0);
	if (form->scoped)
		wire_put_u8(w, p->scope | (p->scope_flag ? SCOPE_FLAG : 0));
	else
		wire_put_u8(w, 1);
	fixed_write(w, p);
}

int isis_end(struct wire_writer *w)
{
	unsigned int type;

	if (!wire_written(w))
		return -TRILL_ENOROOM;
	type = w->buf[TYPE_AT] & 31;
	wire_patch_u16(w,
		type == ISIS_LAN_IIH || type == ISIS_P2P_IIH ? HELLO_LEN_AT : PDU_LENGTH_AT,
		(uint32_t)w->pos);
	return wire_written(w) ? (int)w->pos : -TRILL_ENOROOM;
}

void isis_checksum_set(uint8_t *bytes, size_t len)
{
	uint16_t sum = fletcher_make(
		bytes + ISIS_LSP_ID_AT, len - ISIS_LSP_ID_AT, ISIS_CHECKSUM_AT - ISIS_LSP_ID_AT);

	bytes[ISIS_CHECKSUM_AT] = (uint8_t)(sum >> 8);
	bytes[ISIS_CHECKSUM_AT + 1] = (uint8_t)sum;
}

void isis_lifetime_set(uint8_t *bytes, uint16_t lifetime_s)
{
	bytes[ISIS_LIFETIME_AT] = (uint8_t)(lifetime_s >> 8);
	bytes[ISIS_LIFETIME_AT + 1] = (uint8_t)lifetime_s;
}

bool isis_priority(const uint8_t *bytes)
{
	return bytes[SCOPE_AT] & SCOPE_FLAG;
}
