/* lcaf_write: the writing half of lcaf.h. Knows the layouts only; reading is in lcaf.c. */
#include "lisp/lcaf.h"

#define LCAF_HEADER 8 /* bytes, the AFI included */

void lisp_address_write(struct wire_writer *w, const struct address *a)
{
	wire_put_u16(w, a->afi);
	wire_put_bytes(w, a->bytes, a->len);
}

static void field_write(struct wire_writer *w, const struct lisp_field *f)
{
	if (f->raw)
		wire_put_bytes(w, f->raw, f->raw_len);
	else
		lisp_address_write(w, &f->addr);
}

/* Returns the offset of the Length field, for header_close. */
static size_t header_open(struct wire_writer *w, uint8_t flags, uint8_t type, uint8_t rsvd2)
{
	wire_put_u16(w, AFI_LCAF);
	wire_put_u8(w, 0);
	wire_put_u8(w, flags);
	wire_put_u8(w, type);
	wire_put_u8(w, rsvd2);
	wire_put_u16(w, 0);
	return w->pos - 2;
}

static void header_close(struct wire_writer *w, size_t length_at)
{
	if (wire_written(w))
		wire_patch_u16(w, length_at, (uint32_t)(w->pos - length_at - 2));
}

static uint8_t header_rsvd2(const struct lcaf *l)
{
	if (l->type == LCAF_IID)
		return l->u.iid.mask_len;
	if (l->type == LCAF_MULTICAST)
		return (uint8_t)(l->u.multicast.r << 2 | l->u.multicast.l << 1 | l->u.multicast.j);
	if (l->type == LCAF_JSON)
		return l->u.json.binary;
	return l->rsvd2;
}

static void items_write(struct wire_writer *w, const struct wire_reader *items)
{
	wire_put_bytes(w, items->buf + items->pos, items->end - items->pos);
}

static void geo_write(struct wire_writer *w, const struct lcaf *l)
{
	wire_put_u16(w, (uint32_t)l->u.geo.north << 15 | l->u.geo.lat_deg);
	wire_put_u8(w, l->u.geo.lat_min);
	wire_put_u8(w, l->u.geo.lat_sec);
	wire_put_u16(w, (uint32_t)l->u.geo.east << 15 | l->u.geo.lon_deg);
	wire_put_u8(w, l->u.geo.lon_min);
	wire_put_u8(w, l->u.geo.lon_sec);
	wire_put_u32(w, l->u.geo.altitude);
	field_write(w, &l->u.geo.addr);
}

static void nat_write(struct wire_writer *w, const struct lcaf *l)
{
	wire_put_u16(w, l->u.nat.ms_port);
	wire_put_u16(w, l->u.nat.etr_port);
	field_write(w, &l->u.nat.global);
	field_write(w, &l->u.nat.ms);
	field_write(w, &l->u.nat.private_etr);
	for (unsigned int i = 0; i < l->u.nat.rtr_count; i++)
		field_write(w, &l->u.nat.rtr[i]);
}

static void pair_write(struct wire_writer *w, uint8_t source_plen, uint8_t dest_plen,
	const struct lisp_field *source, const struct lisp_field *dest)
{
	wire_put_u16(w, 0);
	wire_put_u8(w, source_plen);
	wire_put_u8(w, dest_plen);
	field_write(w, source);
	field_write(w, dest);
}

static void key_write(struct wire_writer *w, const struct lcaf *l)
{
	wire_put_u8(w, l->u.key.key_count);
	wire_put_u8(w, 0);
	wire_put_u8(w, l->u.key.algorithm);
	wire_put_u8(w, l->u.key.revoke);
	items_write(w, &l->u.key.items);
	field_write(w, &l->u.key.addr);
}

static void body_write(struct wire_writer *w, const struct lcaf *l)
{
	switch (l->type) {
	case LCAF_AFI_LIST:
	case LCAF_ELP:
	case LCAF_RLE:
		items_write(w, &l->u.list.items);
		break;
	case LCAF_IID:
		wire_put_u32(w, l->u.iid.iid);
		field_write(w, &l->u.iid.addr);
		break;
	case LCAF_ASN:
		wire_put_u32(w, l->u.asn.asn);
		field_write(w, &l->u.asn.addr);
		break;
	case LCAF_GEO:
		geo_write(w, l);
		break;
	case LCAF_NAT:
		nat_write(w, l);
		break;
	case LCAF_MULTICAST:
		wire_put_u32(w, l->u.multicast.iid);
		pair_write(w, l->u.multicast.source_plen, l->u.multicast.group_plen,
			&l->u.multicast.source, &l->u.multicast.group);
		break;
	case LCAF_KEY:
		key_write(w, l);
		break;
	case LCAF_SRC_DST:
		pair_write(w, l->u.src_dst.source_plen, l->u.src_dst.dest_plen,
			&l->u.src_dst.source, &l->u.src_dst.dest);
		break;
	case LCAF_JSON:
		wire_put_u16(w, l->u.json.json.len);
		wire_put_bytes(w, l->u.json.json.bytes, l->u.json.json.len);
		field_write(w, &l->u.json.addr);
		break;
	case LCAF_KEY_VALUE:
		field_write(w, &l->u.key_value.key);
		field_write(w, &l->u.key_value.value);
		break;
	case LCAF_ENCAP:
		wire_put_u32(w, l->u.encap.capabilities);
		field_write(w, &l->u.encap.addr);
		break;
	case LCAF_GEO_LOCATION:
		wire_put_bytes(w, l->u.geo_location.body.bytes, l->u.geo_location.body.len);
		field_write(w, &l->u.geo_location.addr);
		break;
	case LCAF_VENDOR:
		wire_put_u8(w, 0);
		wire_put_u24(w, l->u.vendor.oui);
		wire_put_bytes(w, l->u.vendor.body.bytes, l->u.vendor.body.len);
		break;
	default:
		w->failed = true;
	}
}

void lcaf_write(struct wire_writer *w, const struct lcaf *l)
{
	size_t length_at = header_open(w, l->flags, l->type, header_rsvd2(l));

	body_write(w, l);
	header_close(w, length_at);
}

static void sg_write(struct wire_writer *w, const struct eid *e)
{
	struct lcaf l = {.type = LCAF_MULTICAST};
	unsigned int source_plen, group_plen;

	eid_get_sg(e, &l.u.multicast.source.addr, &source_plen, &l.u.multicast.group.addr,
		&group_plen);
	l.u.multicast.iid = e->iid;
	l.u.multicast.source_plen = (uint8_t)source_plen;
	l.u.multicast.group_plen = (uint8_t)group_plen;
	lcaf_write(w, &l);
}

/* With an AFI other than 0 the IID mask-len means nothing (RFC 8060 section 4.1), so it is sent as
 * the zero of a reserved octet. */
void lisp_eid_write(struct wire_writer *w, const struct eid *e)
{
	size_t length_at;

	if (eid_is_sg(e)) {
		sg_write(w, e);
		return;
	}
	if (!e->iid) {
		lisp_address_write(w, &e->addr);
		return;
	}
	length_at = header_open(w, 0, LCAF_IID, 0);
	wire_put_u32(w, e->iid);
	lisp_address_write(w, &e->addr);
	header_close(w, length_at);
}

size_t lisp_eid_size(const struct eid *e)
{
	if (eid_is_sg(e))
		return LCAF_HEADER + 8 + 2 * (2 + (e->addr.afi == AFI_SG_IPV4 ? 4 : 16));
	return (e->iid ? LCAF_HEADER + 4 : 0) + 2 + (size_t)e->addr.len;
}

uint8_t lisp_eid_plen(const struct eid *e)
{
	return eid_is_sg(e) ? 0 : e->plen;
}
