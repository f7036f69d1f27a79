/* See oam_tlv.h. */
#include "trill/codec/oam_tlv.h"

#include <string.h>

#define AFN_NICKNAME  16396
#define SUBTYPE_LOCAL 7
#define L_TYPE_VLAN   0
#define L_TYPE_FGL    1
#define ADDRESS_HEAD  2
#define PORT_ID_AT    7
#define CCM_MAID_AT   2

const uint8_t oam_base_maid[OAM_MAID_LEN] = {
	4, 13, 'T', 'r', 'i', 'l', 'l', 'B', 'a', 's', 'e', 'M', 'o', 'd', 'e', 3, 2, 0xff, 0xfc};

int oam_sender_read(const struct tlv *t, uint16_t *nickname)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	uint8_t len = wire_get_u8(&r, "chassis ID length");
	uint16_t family = wire_get_u16(&r, "chassis ID subtype");

	*nickname = wire_get_u16(&r, "nickname");
	if (!wire_ok(&r))
		return -TRILL_ESHORT;
	if (family != AFN_NICKNAME)
		return -TRILL_EUNKNOWN;
	return len == 2 || len == 3 ? 0 : -TRILL_ELENGTH;
}

void oam_sender_put(struct wire_writer *w, uint16_t nickname)
{
	size_t at = tlv_begin(w, OAM_TLV_SENDER, TLV_OAM);

	wire_put_u8(w, 3);
	wire_put_u16(w, AFN_NICKNAME);
	wire_put_u16(w, nickname);
	tlv_end(w, at, TLV_OAM);
}

int oam_interface_read(const struct tlv *t, uint8_t *status)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	int err;

	*status = wire_get_u8(&r, "interface status");
	err = tlv_done(&r, false);
	if (err)
		return err;
	return *status >= OAM_INTERFACE_UP && *status <= OAM_INTERFACE_LOWER_DOWN ? 0
										  : -TRILL_EVALUE;
}

void oam_interface_put(struct wire_writer *w, uint8_t status)
{
	size_t at = tlv_begin(w, OAM_TLV_INTERFACE, TLV_OAM);

	wire_put_u8(w, status);
	tlv_end(w, at, TLV_OAM);
}

int oam_port_read(const struct tlv *t, struct oam_port *p)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	uint8_t len, subtype;

	memset(p, 0, sizeof(*p));
	p->action = wire_get_u8(&r, "action");
	mac_get(&r, &p->mac, "MAC");
	if (!wire_ok(&r))
		return -TRILL_ESHORT;
	if (p->action < OAM_PORT_OK || p->action > OAM_PORT_VID)
		return -TRILL_EVALUE;
	if (t->len == PORT_ID_AT)
		return 0;
	len = wire_get_u8(&r, "port ID length");
	subtype = wire_get_u8(&r, "port ID subtype");
	if (!wire_ok(&r))
		return -TRILL_ESHORT;
	if (len != wire_left(&r))
		return len > wire_left(&r) ? -TRILL_EOVERRUN : -TRILL_ELENGTH;
	p->has_id = subtype == SUBTYPE_LOCAL && len == 2;
	if (p->has_id)
		p->id = wire_get_u16(&r, "port ID");
	return 0;
}

void oam_port_put(struct wire_writer *w, enum oam_tlv_type type, const struct oam_port *p)
{
	size_t at = tlv_begin(w, type, TLV_OAM);

	wire_put_u8(w, p->action);
	mac_put(w, &p->mac);
	if (p->has_id) {
		wire_put_u8(w, 2);
		wire_put_u8(w, SUBTYPE_LOCAL);
		wire_put_u16(w, p->id);
	}
	tlv_end(w, at, TLV_OAM);
}

/* 0: we do not know the type. */
static uint8_t address_len(uint8_t type)
{
	switch (type) {
	case OAM_ADDRESS_IPV4:
		return 4;
	case OAM_ADDRESS_IPV6:
		return 16;
	case OAM_ADDRESS_NICKNAME:
		return 2;
	default:
		return 0;
	}
}

int oam_address_read(const struct tlv *t, struct oam_address *a)
{
	memset(a, 0, sizeof(*a));
	if (t->len < ADDRESS_HEAD)
		return -TRILL_ESHORT;
	a->type = t->value[0];
	a->len = t->value[1];
	if (a->len > t->len - ADDRESS_HEAD)
		return -TRILL_EOVERRUN;
	if (a->len < t->len - ADDRESS_HEAD)
		return -TRILL_ELENGTH;
	if (!address_len(a->type))
		return -TRILL_EUNKNOWN;
	if (a->len != address_len(a->type))
		return -TRILL_EVALUE;
	memcpy(a->bytes, t->value + ADDRESS_HEAD, a->len);
	return 0;
}

void oam_address_put(struct wire_writer *w, const struct oam_address *a)
{
	size_t at = tlv_begin(w, OAM_TLV_REPLY_ADDRESS, TLV_OAM);

	if (!a->len || a->len != address_len(a->type))
		w->failed = true;
	wire_put_u8(w, a->type);
	wire_put_u8(w, a->len);
	wire_put_bytes(w, a->bytes, a->len <= OAM_ADDRESS_MAX ? a->len : 0);
	tlv_end(w, at, TLV_OAM);
}

int oam_label_read(const struct tlv *t, struct label *label)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	uint8_t type = wire_get_u8(&r, "label type");
	int err;

	wire_get_u8(&r, "reserved");
	label->fgl = type == L_TYPE_FGL;
	label->id = wire_get_u24(&r, "label");
	if (!label->fgl)
		label->id &= 0xfff;
	err = tlv_done(&r, false);
	return err || type <= L_TYPE_FGL ? err : -TRILL_EUNKNOWN;
}

void oam_label_put(struct wire_writer *w, struct label label)
{
	size_t at = tlv_begin(w, OAM_TLV_LABEL, TLV_OAM);

	if (!label.fgl && label.id > VLAN_RESERVED)
		w->failed = true;
	wire_put_u8(w, label.fgl ? L_TYPE_FGL : L_TYPE_VLAN);
	wire_put_zero(w, 1);
	wire_put_u24(w, label.id);
	tlv_end(w, at, TLV_OAM);
}

int oam_original_read(const struct tlv *t, struct oam_original *o)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	int err = data_header_read(&r, &o->header);

	o->flow = NULL;
	if (err)
		return err == -TRILL_ETRUNC ? -TRILL_ESHORT : err;
	o->flow = wire_get_bytes(&r, OAM_FLOW_LEN, "flow entropy");
	return tlv_done(&r, false);
}

void oam_original_put(struct wire_writer *w, const uint8_t *header, size_t header_len,
	const uint8_t flow[OAM_FLOW_LEN])
{
	size_t at = tlv_begin(w, OAM_TLV_ORIGINAL, TLV_OAM);

	wire_put_bytes(w, header, header_len);
	wire_put_bytes(w, flow, OAM_FLOW_LEN);
	tlv_end(w, at, TLV_OAM);
}

int oam_nicknames_read(const struct tlv *t)
{
	int n = tlv_records(t, 1, 2);

	if (n >= 0 && t->value[0] != n)
		return -TRILL_ELENGTH;
	return n;
}

uint16_t oam_nickname_at(const struct tlv *t, unsigned int i)
{
	return (uint16_t)(t->value[1 + 2 * i] << 8 | t->value[2 + 2 * i]);
}

void oam_nicknames_put(
	struct wire_writer *w, enum oam_tlv_type type, const uint16_t *nicknames, unsigned int n)
{
	size_t at = tlv_begin(w, type, TLV_OAM);

	wire_put_u8(w, n);
	for (unsigned int i = 0; i < n; i++)
		wire_put_u16(w, nicknames[i]);
	tlv_end(w, at, TLV_OAM);
}

int oam_previous_read(const struct tlv *t, uint16_t *nickname)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	wire_get_u24(&r, "reserved");
	*nickname = wire_get_u16(&r, "nickname");
	return tlv_done(&r, false);
}

void oam_previous_put(struct wire_writer *w, uint16_t nickname)
{
	size_t at = tlv_begin(w, OAM_TLV_PREVIOUS, TLV_OAM);

	wire_put_zero(w, 3);
	wire_put_u16(w, nickname);
	tlv_end(w, at, TLV_OAM);
}

int oam_receivers_read(const struct tlv *t, uint32_t *count)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	wire_get_u8(&r, "reserved");
	*count = wire_get_u32(&r, "receivers");
	return tlv_done(&r, false);
}

void oam_receivers_put(struct wire_writer *w, uint32_t count)
{
	size_t at = tlv_begin(w, OAM_TLV_RECEIVERS, TLV_OAM);

	wire_put_zero(w, 1);
	wire_put_u32(w, count);
	tlv_end(w, at, TLV_OAM);
}

int oam_flow_read(const struct tlv *t, uint16_t *mep, uint16_t *flow)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	int err;

	wire_get_u8(&r, "reserved");
	*mep = wire_get_u16(&r, "MEP-ID");
	*flow = wire_get_u16(&r, "flow identifier");
	err = tlv_done(&r, false);
	return err || *mep ? err : -TRILL_EVALUE;
}

void oam_flow_put(struct wire_writer *w, uint16_t mep, uint16_t flow)
{
	size_t at = tlv_begin(w, OAM_TLV_FLOW, TLV_OAM);

	wire_put_zero(w, 1);
	wire_put_u16(w, mep);
	wire_put_u16(w, flow);
	tlv_end(w, at, TLV_OAM);
}

int oam_reflector_read(const struct tlv *t, const uint8_t **flow)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	wire_get_u8(&r, "reserved");
	*flow = wire_get_bytes(&r, OAM_FLOW_LEN, "reflector entropy");
	return tlv_done(&r, false);
}

void oam_reflector_put(struct wire_writer *w, const uint8_t flow[OAM_FLOW_LEN])
{
	size_t at = tlv_begin(w, OAM_TLV_REFLECTOR, TLV_OAM);

	wire_put_zero(w, 1);
	wire_put_bytes(w, flow, OAM_FLOW_LEN);
	tlv_end(w, at, TLV_OAM);
}

int oam_ccm_read(const struct oam *o, struct oam_ccm *c)
{
	if (o->own_len != OAM_CCM_OWN_LEN)
		return -TRILL_ELENGTH;
	c->mep = (uint16_t)(o->own[0] << 8 | o->own[1]);
	c->maid = o->own + CCM_MAID_AT;
	return c->mep ? 0 : -TRILL_EVALUE;
}

void oam_ccm_own(uint8_t own[OAM_CCM_OWN_LEN], uint16_t mep, const uint8_t maid[OAM_MAID_LEN])
{
	memset(own, 0, OAM_CCM_OWN_LEN);
	own[0] = (uint8_t)(mep >> 8);
	own[1] = (uint8_t)mep;
	memcpy(own + CCM_MAID_AT, maid, OAM_MAID_LEN);
}
