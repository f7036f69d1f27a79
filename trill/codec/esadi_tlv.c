/* See esadi_tlv.h. */
#include "trill/codec/esadi_tlv.h"

#include <string.h>

#define FLAG_UN 0x80

int esadi_param_read(const struct tlv *t, struct esadi_param *p)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	p->priority = wire_get_u8(&r, "priority") & 0x7f;
	p->csnp_s = wire_get_u8(&r, "CSNP time");
	p->unicast = wire_get_u8(&r, "flags") & FLAG_UN;
	return tlv_done(&r, true);
}

void esadi_param_put(struct wire_writer *w, const struct esadi_param *p)
{
	size_t at = tlv_begin(w, APPSUB_ESADI_PARAM, TLV_EXTENDED);

	wire_put_u8(w, p->priority & 0x7f);
	wire_put_u8(w, p->csnp_s);
	wire_put_u8(w, p->unicast ? FLAG_UN : 0);
	tlv_end(w, at, TLV_EXTENDED);
}

int snp_buffer_read(const struct tlv *t, uint16_t *size)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	*size = wire_get_u16(&r, "originatingSNPBufferSize");
	return tlv_done(&r, false);
}

void snp_buffer_put(struct wire_writer *w, uint16_t size)
{
	size_t at = tlv_begin(w, APPSUB_SNP_BUFFER, TLV_EXTENDED);

	wire_put_u16(w, size);
	tlv_end(w, at, TLV_EXTENDED);
}

int mac_reach_read(const struct tlv *t, struct mac_reach *m)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	int count = tlv_records(t, 5, MAC_LEN);

	if (count < 0)
		return count;
	m->nickname = wire_get_u16(&r, "nickname");
	m->confidence = wire_get_u8(&r, "confidence");
	wire_get_u16(&r, "VLAN");
	if (m->confidence > ESADI_CONFIDENCE_MAX)
		m->confidence = ESADI_CONFIDENCE_MAX;
	m->count = (unsigned int)count;
	m->macs = t->value + 5;
	return 0;
}

void mac_reach_at(const struct mac_reach *m, unsigned int i, struct mac *mac)
{
	memcpy(mac->bytes, m->macs + i * MAC_LEN, MAC_LEN);
}

void mac_reach_put(struct wire_writer *w, uint16_t nickname, uint8_t confidence,
	const struct mac *macs, unsigned int n)
{
	size_t at = tlv_begin(w, TLV_MAC_REACH, TLV_EXTENDED);

	if (confidence > ESADI_CONFIDENCE_MAX)
		w->failed = true;
	wire_put_u16(w, nickname);
	wire_put_u8(w, confidence);
	wire_put_u16(w, 0);
	for (unsigned int i = 0; i < n; i++)
		mac_put(w, &macs[i]);
	tlv_end(w, at, TLV_EXTENDED);
}

int appointment_read(const struct tlv *t, uint16_t *nickname, struct vlan_set *vlans)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	int count;

	*nickname = wire_get_u16(&r, "appointee nickname");
	if (t->type == APPSUB_APPOINTMENT_MAP) {
		if (t->len < 4)
			return -TRILL_ESHORT;
		vlan_set_get(&r, vlans);
		return 0;
	}
	count = tlv_records(t, 2, 2);
	for (int i = 0; i < count; i++)
		vlan_set_add(vlans, wire_get_u16(&r, "VLAN") & 0xfff);
	return count < 0 ? count : 0;
}

void appointment_put(struct wire_writer *w, uint16_t nickname, const struct vlan_set *vlans)
{
	unsigned int first = vlan_set_next(vlans, 0), last = first;
	bool list;
	size_t at;

	for (unsigned int v = first; v; v = vlan_set_next(vlans, v + 1))
		last = v;
	list = 2 * vlan_set_count(vlans) < 2 + (last - first) / 8 + 1;
	at = tlv_begin(w, list ? APPSUB_APPOINTMENT_LIST : APPSUB_APPOINTMENT_MAP, TLV_EXTENDED);
	wire_put_u16(w, nickname);
	if (list)
		for (unsigned int v = first; v; v = vlan_set_next(vlans, v + 1))
			wire_put_u16(w, v);
	else
		vlan_set_put(w, vlans, first, 512);
	tlv_end(w, at, TLV_EXTENDED);
}
