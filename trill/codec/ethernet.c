/* See ethernet.h. */
#include "trill/codec/ethernet.h"

#define TCI_DEI 0x1000

static uint16_t tci_of(uint8_t priority, bool dei, uint32_t id)
{
	return (uint16_t)((priority & 7) << 13 | (dei ? TCI_DEI : 0) | (id & 0xfff));
}

void ethernet_read(struct wire_reader *r, struct ethernet *e)
{
	uint16_t tci;

	mac_get(r, &e->da, "Outer.MacDA");
	mac_get(r, &e->sa, "Outer.MacSA");
	e->ethertype = wire_get_u16(r, "Ethertype");
	e->tagged = e->ethertype == ETHERTYPE_CTAG;
	e->priority = 0;
	e->dei = false;
	e->vlan = 0;
	if (!e->tagged)
		return;
	tci = wire_get_u16(r, "Outer.VLAN");
	e->priority = (uint8_t)(tci >> 13);
	e->dei = tci & TCI_DEI;
	e->vlan = tci & 0xfff;
	e->ethertype = wire_get_u16(r, "Ethertype");
}

void ethernet_write(struct wire_writer *w, const struct ethernet *e)
{
	mac_put(w, &e->da);
	mac_put(w, &e->sa);
	if (e->tagged) {
		wire_put_u16(w, ETHERTYPE_CTAG);
		wire_put_u16(w, tci_of(e->priority, e->dei, e->vlan));
	}
	wire_put_u16(w, e->ethertype);
}

static int truncated_or(const struct wire_reader *r, int err)
{
	return wire_ok(r) ? err : -TRILL_ETRUNC;
}

int ethernet_inner_read(struct wire_reader *r, struct ethernet_inner *e)
{
	uint16_t type, tci, low;

	mac_get(r, &e->da, "Inner.MacDA");
	mac_get(r, &e->sa, "Inner.MacSA");
	type = wire_get_u16(r, "inner tag");
	if (type != ETHERTYPE_CTAG && type != ETHERTYPE_FGL)
		return truncated_or(r, -TRILL_EVALUE);
	tci = wire_get_u16(r, "Inner.VLAN");
	e->priority = (uint8_t)(tci >> 13);
	e->dei = tci & TCI_DEI;
	e->label = (struct label){.id = tci & 0xfff, .fgl = type == ETHERTYPE_FGL};
	if (!e->label.fgl)
		return truncated_or(r, 0);
	type = wire_get_u16(r, "second half of the inner label");
	low = wire_get_u16(r, "low part of the inner label");
	e->label.id = e->label.id << 12 | (low & 0xfff);
	return truncated_or(r, type == ETHERTYPE_FGL ? 0 : -TRILL_EVALUE);
}

void ethernet_inner_write(struct wire_writer *w, const struct ethernet_inner *e)
{
	mac_put(w, &e->da);
	mac_put(w, &e->sa);
	if (!e->label.fgl) {
		wire_put_u16(w, ETHERTYPE_CTAG);
		wire_put_u16(w, tci_of(e->priority, e->dei, e->label.id));
		return;
	}
	wire_put_u16(w, ETHERTYPE_FGL);
	wire_put_u16(w, tci_of(e->priority, e->dei, e->label.id >> 12));
	wire_put_u16(w, ETHERTYPE_FGL);
	wire_put_u16(w, tci_of(e->priority, e->dei, e->label.id));
}
