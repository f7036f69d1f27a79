/* See hello_tlv.h. */
#include "trill/codec/hello_tlv.h"

#include <string.h>

#include "trill/codec/isis.h"

#define APPOINTMENT_LEN 6
#define NEIGHBOR_LEN    9
#define BFD_LEN         3
#define BITMAP_MAX      245

bool hello_area_is_trill(const struct tlv *t)
{
	return t->len == 2 && t->value[0] == 1 && t->value[1] == 0;
}

void hello_area_put(struct wire_writer *w)
{
	size_t at = tlv_begin(w, TLV_AREA, TLV_STANDARD);

	wire_put_u8(w, 1);
	wire_put_u8(w, 0);
	tlv_end(w, at, TLV_STANDARD);
}

bool hello_protocols_have(const struct tlv *t, uint8_t nlpid)
{
	return t->len && memchr(t->value, nlpid, t->len);
}

void hello_protocols_put(struct wire_writer *w)
{
	size_t at = tlv_begin(w, TLV_PROTOCOLS, TLV_STANDARD);

	wire_put_u8(w, ISIS_NLPID_TRILL);
	tlv_end(w, at, TLV_STANDARD);
}

int hello_port_capability_read(const struct tlv *t, uint16_t *topology, struct tlv_iter *subs)
{
	tlv_iter_sub(subs, t, 2, TLV_STANDARD);
	if (subs->err)
		return subs->err;
	*topology = (uint16_t)((t->value[0] << 8 | t->value[1]) & 0xfff);
	return 0;
}

size_t hello_port_capability_begin(struct wire_writer *w)
{
	size_t at = tlv_begin(w, TLV_PORT_CAPABILITY, TLV_STANDARD);

	wire_put_u16(w, 0);
	return at;
}

int hello_vlan_flags_read(const struct tlv *t, struct hello_vlan_flags *f)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);
	uint16_t outer, designated;

	f->port_id = wire_get_u16(&r, "port ID");
	f->nickname = wire_get_u16(&r, "sender nickname");
	outer = wire_get_u16(&r, "Outer.VLAN");
	designated = wire_get_u16(&r, "designated VLAN");
	f->af = outer & 0x8000;
	f->access = outer & 0x4000;
	f->mapping = outer & 0x2000;
	f->bypass = outer & 0x1000;
	f->outer_vlan = outer & 0xfff;
	f->trunk = designated & 0x8000;
	f->designated_vlan = designated & 0xfff;
	return tlv_done(&r, false);
}

void hello_vlan_flags_put(struct wire_writer *w, const struct hello_vlan_flags *f)
{
	size_t at = tlv_begin(w, HELLO_VLAN_FLAGS, TLV_STANDARD);
	unsigned int flags = (f->af ? 0x8000u : 0) | (f->access ? 0x4000 : 0) |
			     (f->mapping ? 0x2000 : 0) | (f->bypass ? 0x1000 : 0);

	wire_put_u16(w, f->port_id);
	wire_put_u16(w, f->nickname);
	wire_put_u16(w, flags | (f->outer_vlan & 0xfff));
	wire_put_u16(w, (f->trunk ? 0x8000u : 0) | (f->designated_vlan & 0xfff));
	tlv_end(w, at, TLV_STANDARD);
}

int hello_vlans_read(const struct tlv *t, struct vlan_set *s)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	if (t->len < 3)
		return -TRILL_ESHORT;
	vlan_set_get(&r, s);
	return 0;
}

unsigned int hello_vlans_put(
	struct wire_writer *w, unsigned int type, const struct vlan_set *s, unsigned int from)
{
	unsigned int next;
	size_t at;

	if (!vlan_set_next(s, from))
		return 0;
	at = tlv_begin(w, type, TLV_STANDARD);
	next = vlan_set_put(w, s, from, BITMAP_MAX);
	tlv_end(w, at, TLV_STANDARD);
	return next;
}

int hello_appointments_count(const struct tlv *t)
{
	return tlv_records(t, 0, APPOINTMENT_LEN);
}

int hello_appointment_at(const struct tlv *t, unsigned int i, struct hello_appointment *a)
{
	const uint8_t *p = t->value + i * APPOINTMENT_LEN;

	a->nickname = (uint16_t)(p[0] << 8 | p[1]);
	a->start = (uint16_t)((p[2] << 8 | p[3]) & 0xfff);
	a->end = (uint16_t)((p[4] << 8 | p[5]) & 0xfff);
	if (a->end < a->start || a->end == VLAN_NONE || a->start == VLAN_RESERVED)
		return -TRILL_EVALUE;
	if (a->start == VLAN_NONE)
		a->start = 1;
	if (a->end == VLAN_RESERVED)
		a->end = VLAN_LAST;
	return 0;
}

void hello_appointments_put(
	struct wire_writer *w, const struct hello_appointment *a, unsigned int n)
{
	size_t at = tlv_begin(w, HELLO_APPOINTED_FORWARDERS, TLV_STANDARD);

	for (unsigned int i = 0; i < n; i++) {
		wire_put_u16(w, a[i].nickname);
		wire_put_u16(w, a[i].start & 0xfff);
		wire_put_u16(w, a[i].end & 0xfff);
	}
	tlv_end(w, at, TLV_STANDARD);
}

int hello_version_read(const struct tlv *t, struct trill_version *v)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	v->max = wire_get_u8(&r, "max version");
	v->capabilities = wire_get_u32(&r, "capabilities");
	return tlv_done(&r, false);
}

void hello_version_put(struct wire_writer *w, unsigned int type, const struct trill_version *v)
{
	size_t at = tlv_begin(w, type, TLV_STANDARD);

	wire_put_u8(w, v->max);
	wire_put_u32(w, v->capabilities);
	tlv_end(w, at, TLV_STANDARD);
}

int hello_neighbors_read(const struct tlv *t, struct hello_neighbors *n)
{
	int count;

	if (!t->len)
		return -TRILL_ESHORT;
	if (t->value[0] & 0x1f) /* 0 means 6; a 6 is reserved */
		return -TRILL_EVALUE;
	count = tlv_records(t, 1, NEIGHBOR_LEN);
	if (count < 0)
		return count;
	n->smallest = t->value[0] & 0x80;
	n->largest = t->value[0] & 0x40;
	n->count = (unsigned int)count;
	n->records = t->value + 1;
	return 0;
}

void hello_neighbor_at(
	const struct hello_neighbors *n, unsigned int i, struct hello_neighbor *neighbor)
{
	const uint8_t *p = n->records + i * NEIGHBOR_LEN;

	neighbor->failed = p[0] & 0x80;
	neighbor->oomf = p[0] & 0x40;
	neighbor->mtu = (uint16_t)(p[1] << 8 | p[2]);
	memcpy(neighbor->snpa.bytes, p + 3, MAC_LEN);
}

void hello_neighbors_tlv_put(struct wire_writer *w, const struct hello_neighbor *neighbors,
	unsigned int n, bool smallest, bool largest)
{
	size_t at = tlv_begin(w, TLV_NEIGHBOR, TLV_STANDARD);

	wire_put_u8(w, (smallest ? 0x80u : 0) | (largest ? 0x40 : 0));
	for (unsigned int i = 0; i < n; i++) {
		const struct hello_neighbor *h = &neighbors[i];

		if (i && mac_compare(&neighbors[i - 1].snpa, &h->snpa) >= 0)
			w->failed = true;
		wire_put_u8(w, (h->failed ? 0x80u : 0) | (h->oomf ? 0x40 : 0));
		wire_put_u16(w, h->mtu);
		mac_put(w, &h->snpa);
	}
	tlv_end(w, at, TLV_STANDARD);
}

void hello_neighbors_put(
	struct wire_writer *w, const struct hello_neighbor *neighbors, unsigned int n)
{
	unsigned int first = 0, last;

	do {
		last = n - first > HELLO_NEIGHBORS_MAX ? first + HELLO_NEIGHBORS_MAX : n;
		hello_neighbors_tlv_put(w, neighbors + first, last - first, !first, last == n);
		first = last - 1;
	} while (last < n);
}

bool hello_bfd_enabled(const struct tlv *t)
{
	for (size_t i = 0; i + BFD_LEN <= t->len; i += BFD_LEN)
		if (!(t->value[i] & 0x0f) && !t->value[i + 1] &&
			t->value[i + 2] == ISIS_NLPID_TRILL)
			return true;
	return false;
}

void hello_bfd_put(struct wire_writer *w)
{
	size_t at = tlv_begin(w, TLV_BFD_ENABLED, TLV_STANDARD);

	wire_put_u16(w, 0);
	wire_put_u8(w, ISIS_NLPID_TRILL);
	tlv_end(w, at, TLV_STANDARD);
}

int hello_three_way_read(const struct tlv *t, struct hello_three_way *h)
{
	struct wire_fault fault;
	struct wire_reader r = tlv_reader(t, &fault);

	memset(h, 0, sizeof(*h));
	h->state = wire_get_u8(&r, "three-way state");
	h->has_circuit = wire_left(&r);
	if (h->has_circuit)
		h->circuit = wire_get_u32(&r, "extended local circuit ID");
	h->has_neighbor = wire_left(&r);
	if (h->has_neighbor)
		system_id_get(&r, &h->neighbor, "neighbor system ID");
	h->has_neighbor_circuit = wire_left(&r);
	if (h->has_neighbor_circuit)
		h->neighbor_circuit = wire_get_u32(&r, "neighbor extended local circuit ID");
	if (wire_ok(&r) && h->state > THREE_WAY_DOWN)
		return -TRILL_EVALUE;
	return tlv_done(&r, false);
}

void hello_three_way_put(struct wire_writer *w, const struct hello_three_way *h)
{
	size_t at = tlv_begin(w, TLV_THREE_WAY, TLV_STANDARD);

	wire_put_u8(w, h->state);
	if (h->has_circuit)
		wire_put_u32(w, h->circuit);
	if (h->has_circuit && h->has_neighbor)
		system_id_put(w, &h->neighbor);
	if (h->has_circuit && h->has_neighbor && h->has_neighbor_circuit)
		wire_put_u32(w, h->neighbor_circuit);
	tlv_end(w, at, TLV_STANDARD);
}

bool hello_scopes_have(const struct tlv *t, uint8_t scope)
{
	for (size_t i = 0; i < t->len; i++)
		if ((t->value[i] & 0x7f) == scope)
			return true;
	return false;
}

void hello_scopes_put(struct wire_writer *w, const uint8_t *scopes, unsigned int n)
{
	size_t at = tlv_begin(w, TLV_SCOPES, TLV_STANDARD);

	wire_put_bytes(w, scopes, n);
	tlv_end(w, at, TLV_STANDARD);
}
