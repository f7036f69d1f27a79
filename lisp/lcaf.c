/* lcaf: reading address fields, and the EIDs that are made of them.
 *
 * One walk does all: field_read() checks a field down to its last nested address, and lcaf_read()
 * decodes one body. A packet is walked when it is parsed (decoded into a scratch, for its checks)
 * and its parts again when somebody asks for them. The walk is bounded twice: LCAFs nest at most
 * LISP_LCAF_DEPTH_MAX deep and a field holds at most LISP_LCAF_ELEMENTS_MAX addresses, all levels
 * together. Writing is in lcaf_write.c. */
#include "lisp/lcaf.h"

#include <string.h>

#include "lisp/codec.h"

#define LCAF_GEO_LOCATION_BODY 20 /* bytes before the AFI, RFC 10040 section 7 */

struct walk {
	unsigned int depth;    /* LCAFs around what is being read */
	unsigned int elements; /* address fields met so far */
};

static void field_read(
	struct wire_reader *r, struct lisp_field *f, const char *name, struct walk *walk);
static void lcaf_read(struct wire_reader *body, struct lcaf *l, struct walk *walk);

/* A Distinguished Name ends with its only NUL (RFC 9735 section 3). */
static size_t name_length(struct wire_reader *r, const char *name)
{
	size_t left = wire_left(r);
	size_t max = left < ADDRESS_MAX ? left : ADDRESS_MAX;
	const uint8_t *nul = max ? memchr(r->buf + r->pos, 0, max) : NULL;

	if (nul)
		return (size_t)(nul - (r->buf + r->pos)) + 1;
	wire_refuse(r, name, r->pos, left, "a name of at most 31 octets that ends with a NUL");
	return 0;
}

static void plain_read(struct wire_reader *r, struct lisp_field *f, size_t len, const char *name)
{
	const uint8_t *bytes = wire_get_bytes(r, len, name);

	if (!bytes)
		return;
	f->addr.afi = f->afi == AFI_EUI48 ? AFI_MAC : f->afi;
	f->addr.len = (uint8_t)len;
	memcpy(f->addr.bytes, bytes, len);
}

/* The header's types; others are skipped by their Length (RFC 9306 section 3). */
static bool lcaf_known(uint8_t type)
{
	switch (type) {
	case LCAF_AFI_LIST:
	case LCAF_IID:
	case LCAF_ASN:
	case LCAF_GEO:
	case LCAF_NAT:
	case LCAF_MULTICAST:
	case LCAF_ELP:
	case LCAF_KEY:
	case LCAF_SRC_DST:
	case LCAF_RLE:
	case LCAF_JSON:
	case LCAF_KEY_VALUE:
	case LCAF_ENCAP:
	case LCAF_GEO_LOCATION:
	case LCAF_VENDOR:
		return true;
	}
	return false;
}

/* Check the items of a list to their end, or of a Security Key for as many as it counts. */
static void items_check(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	struct lisp_field f;

	l->u.list.items = *body;
	while (wire_left(body)) {
		if (l->type == LCAF_ELP)
			wire_get_u16(body, "hop flags");
		if (l->type == LCAF_RLE)
			wire_get_u32(body, "replication level");
		field_read(body, &f, "list address", walk);
	}
}

static void keys_check(struct wire_reader *body, struct lcaf *l)
{
	l->u.key.key_count = wire_get_u8(body, "key count");
	wire_get_u8(body, "reserved");
	l->u.key.algorithm = wire_get_u8(body, "key algorithm");
	l->u.key.revoke = wire_get_u8(body, "key flags") & 1;
	l->u.key.items = *body;
	for (unsigned int i = 0; i < l->u.key.key_count && wire_ok(body); i++)
		wire_get_bytes(body, wire_get_u16(body, "key length"), "key material");
	l->u.key.items.end = body->pos;
}

/* A mask-len must fit the address that it masks; @at is where it stands. */
static void mask_check(struct wire_reader *r, const char *name, size_t at, unsigned int plen,
	const struct address *a)
{
	if (a->afi == AFI_NAME && plen != 8u * a->len)
		wire_refuse(r, name, at, plen, "8 x the name's length with its NUL");
	if (a->afi == AFI_IPV4 && plen > 32)
		wire_refuse(r, name, at, plen, "0 to 32");
	if (a->afi == AFI_IPV6 && plen > 128)
		wire_refuse(r, name, at, plen, "0 to 128");
	if (a->afi == AFI_MAC && plen > 48)
		wire_refuse(r, name, at, plen, "0 to 48");
}

/* Types 9 and 12 share "reserved, two mask-lens, two addresses". */
static void pair_read(struct wire_reader *body, uint8_t plen[2], struct lisp_field *source,
	struct lisp_field *dest, struct walk *walk)
{
	size_t at;

	wire_get_u16(body, "reserved");
	at = body->pos;
	plen[0] = wire_get_u8(body, "source mask-len");
	plen[1] = wire_get_u8(body, "destination mask-len");
	field_read(body, source, "source prefix", walk);
	field_read(body, dest, "destination prefix", walk);
	mask_check(body, "source mask-len", at, plen[0], &source->addr);
	mask_check(body, "destination mask-len", at + 1, plen[1], &dest->addr);
}

static void geo_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	uint32_t lat = wire_get_u32(body, "latitude");
	uint32_t lon = wire_get_u32(body, "longitude");

	l->u.geo.north = lat >> 31;
	l->u.geo.lat_deg = lat >> 16 & 0x7fff;
	l->u.geo.lat_min = (uint8_t)(lat >> 8);
	l->u.geo.lat_sec = (uint8_t)lat;
	l->u.geo.east = lon >> 31;
	l->u.geo.lon_deg = lon >> 16 & 0x7fff;
	l->u.geo.lon_min = (uint8_t)(lon >> 8);
	l->u.geo.lon_sec = (uint8_t)lon;
	l->u.geo.altitude = wire_get_u32(body, "altitude");
	field_read(body, &l->u.geo.addr, "address", walk);
}

static void nat_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	struct lisp_field more;

	l->u.nat.ms_port = wire_get_u16(body, "Map-Server port");
	l->u.nat.etr_port = wire_get_u16(body, "ETR port");
	field_read(body, &l->u.nat.global, "global ETR RLOC", walk);
	field_read(body, &l->u.nat.ms, "Map-Server RLOC", walk);
	field_read(body, &l->u.nat.private_etr, "private ETR RLOC", walk);
	for (l->u.nat.rtr_count = 0; wire_left(body);) {
		field_read(body, &more, "RTR RLOC", walk);
		if (l->u.nat.rtr_count < sizeof(l->u.nat.rtr) / sizeof(l->u.nat.rtr[0]))
			l->u.nat.rtr[l->u.nat.rtr_count++] = more;
	}
}

static void iid_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	l->u.iid.mask_len = l->rsvd2;
	if (l->rsvd2 > 32) /* it stands 3 bytes before the body */
		wire_refuse(body, "instance-ID mask-len", body->pos - 3, l->rsvd2, "0 to 32");
	l->u.iid.iid = wire_get_u32(body, "instance-ID");
	field_read(body, &l->u.iid.addr, "address", walk);
}

static void multicast_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	uint8_t plen[2];

	l->u.multicast.r = l->rsvd2 & 4;
	l->u.multicast.l = l->rsvd2 & 2;
	l->u.multicast.j = l->rsvd2 & 1;
	l->u.multicast.iid = wire_get_u32(body, "instance-ID");
	pair_read(body, plen, &l->u.multicast.source, &l->u.multicast.group, walk);
	l->u.multicast.source_plen = plen[0];
	l->u.multicast.group_plen = plen[1];
}

static void src_dst_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	uint8_t plen[2];

	pair_read(body, plen, &l->u.src_dst.source, &l->u.src_dst.dest, walk);
	l->u.src_dst.source_plen = plen[0];
	l->u.src_dst.dest_plen = plen[1];
}

static void json_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	l->u.json.binary = l->rsvd2 & 1;
	l->u.json.json.len = wire_get_u16(body, "JSON length");
	l->u.json.json.bytes = wire_get_bytes(body, l->u.json.json.len, "JSON");
	field_read(body, &l->u.json.addr, "address", walk);
}

static void geo_location_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	l->u.geo_location.body.len = LCAF_GEO_LOCATION_BODY;
	l->u.geo_location.body.bytes = wire_get_bytes(body, LCAF_GEO_LOCATION_BODY, "geo-location");
	field_read(body, &l->u.geo_location.addr, "address", walk);
}

/* RFC 9306 section 4: a message with an OUI that is not understood MUST be dropped, and we know
 * none. */
static void vendor_refuse(struct wire_reader *body)
{
	size_t at = body->pos + 1;
	uint32_t oui = wire_get_u32(body, "vendor OUI") & 0xffffff;

	wire_refuse(body, "vendor OUI", at, oui, lisp_want_supported);
}

/* Decode one body, which @body bounds; l->type, l->flags and l->rsvd2 are set. */
static void lcaf_read(struct wire_reader *body, struct lcaf *l, struct walk *walk)
{
	switch (l->type) {
	case LCAF_AFI_LIST:
	case LCAF_ELP:
	case LCAF_RLE:
		items_check(body, l, walk);
		break;
	case LCAF_IID:
		iid_read(body, l, walk);
		break;
	case LCAF_ASN:
		l->u.asn.asn = wire_get_u32(body, "AS number");
		field_read(body, &l->u.asn.addr, "address", walk);
		break;
	case LCAF_GEO:
		geo_read(body, l, walk);
		break;
	case LCAF_NAT:
		nat_read(body, l, walk);
		break;
	case LCAF_MULTICAST:
		multicast_read(body, l, walk);
		break;
	case LCAF_KEY:
		keys_check(body, l);
		field_read(body, &l->u.key.addr, "locator", walk);
		break;
	case LCAF_SRC_DST:
		src_dst_read(body, l, walk);
		break;
	case LCAF_JSON:
		json_read(body, l, walk);
		break;
	case LCAF_KEY_VALUE:
		field_read(body, &l->u.key_value.key, "key", walk);
		field_read(body, &l->u.key_value.value, "value", walk);
		break;
	case LCAF_ENCAP:
		l->u.encap.capabilities = wire_get_u32(body, "encapsulations");
		field_read(body, &l->u.encap.addr, "address", walk);
		break;
	case LCAF_GEO_LOCATION:
		geo_location_read(body, l, walk);
		break;
	case LCAF_VENDOR:
		vendor_refuse(body);
		break;
	}
	wire_expect_end(body, "LCAF body");
}

/* The header after its AFI; returns a reader of the body. */
static struct wire_reader lcaf_header(struct wire_reader *r, struct lcaf *l)
{
	wire_get_u8(r, "LCAF header");
	l->flags = wire_get_u8(r, "LCAF flags");
	l->type = wire_get_u8(r, "LCAF type");
	l->rsvd2 = wire_get_u8(r, "LCAF header");
	return wire_get_sub(r, wire_get_u16(r, "LCAF length"), "LCAF body");
}

static void lcaf_check(struct wire_reader *r, struct lisp_field *f, struct walk *walk)
{
	size_t start = r->pos;
	struct lcaf scratch;
	struct wire_reader body = lcaf_header(r, &scratch);

	f->lcaf = scratch.type;
	f->known = lcaf_known(scratch.type);
	if (!f->known)
		return;
	if (++walk->depth > LISP_LCAF_DEPTH_MAX)
		wire_refuse(r, "LCAF nesting", start, walk->depth, "at most 4 levels");
	lcaf_read(&body, &scratch, walk);
	walk->depth--;
}

static void address_read(
	struct wire_reader *r, struct lisp_field *f, const char *name, struct walk *walk)
{
	switch (f->afi) {
	case AFI_NONE:
		break;
	case AFI_IPV4:
		plain_read(r, f, 4, name);
		break;
	case AFI_IPV6:
		plain_read(r, f, 16, name);
		break;
	case AFI_MAC:
	case AFI_EUI48:
		plain_read(r, f, 6, name);
		break;
	case AFI_NAME:
		plain_read(r, f, name_length(r, name), name);
		break;
	case AFI_TRILL_NICKNAME: /* has no struct address: raw holds it */
		wire_get_bytes(r, 2, name);
		break;
	case AFI_LCAF:
		lcaf_check(r, f, walk);
		break;
	default:
		wire_refuse(r, name, r->pos - 2, f->afi, lisp_want_afi);
	}
}

static void field_read(
	struct wire_reader *r, struct lisp_field *f, const char *name, struct walk *walk)
{
	size_t start = r->pos;

	memset(f, 0, sizeof(*f));
	f->known = true;
	f->afi = wire_get_u16(r, name);
	if (!wire_ok(r))
		return;
	if (++walk->elements > LISP_LCAF_ELEMENTS_MAX)
		wire_refuse(r, name, start, walk->elements, "at most 64 addresses in one field");
	else
		address_read(r, f, name, walk);
	if (!wire_ok(r))
		return;
	f->raw = r->buf + start;
	f->raw_len = r->pos - start;
}

void lisp_field_read(struct wire_reader *r, struct lisp_field *f, const char *name)
{
	struct walk walk = {0};

	field_read(r, f, name, &walk);
}

void lcaf_decode(const struct lisp_field *f, struct lcaf *l)
{
	struct wire_fault fault;
	struct wire_reader r, body;
	struct walk walk = {0};

	wire_reader_init(&r, f->raw, f->raw_len, &fault);
	wire_get_u16(&r, "AFI");
	body = lcaf_header(&r, l);
	lcaf_read(&body, l, &walk);
}

bool lcaf_next_address(struct wire_reader *items, struct lisp_field *f)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(items, &fault);

	if (!wire_left(&r))
		return false;
	lisp_field_read(&r, f, "list address");
	items->pos = r.pos;
	return wire_ok(&r);
}

bool lcaf_next_hop(struct wire_reader *items, struct lcaf_hop *hop)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(items, &fault);
	uint16_t flags;

	if (!wire_left(&r))
		return false;
	flags = wire_get_u16(&r, "hop flags");
	hop->lookup = flags & 4;
	hop->probe = flags & 2;
	hop->strict = flags & 1;
	lisp_field_read(&r, &hop->addr, "hop");
	items->pos = r.pos;
	return wire_ok(&r);
}

bool lcaf_next_rle(struct wire_reader *items, struct lcaf_rle_entry *e)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(items, &fault);

	if (!wire_left(&r))
		return false;
	e->level = (uint8_t)wire_get_u32(&r, "replication level");
	lisp_field_read(&r, &e->addr, "replication address");
	items->pos = r.pos;
	return wire_ok(&r);
}

bool lcaf_next_key(struct wire_reader *items, struct lcaf_slice *key)
{
	struct wire_fault fault;
	struct wire_reader r = lisp_resume(items, &fault);

	if (!wire_left(&r))
		return false;
	key->len = wire_get_u16(&r, "key length");
	key->bytes = wire_get_bytes(&r, key->len, "key material");
	items->pos = r.pos;
	return wire_ok(&r);
}

/* The first address of a list that comes to a locator. RFC 8060 section 4.10.5 puts the one for
 * everybody behind one that not everybody reads. */
static bool list_locator(const struct lcaf *l, struct address *rloc)
{
	struct wire_reader items = l->u.list.items;
	struct lisp_field f;

	while (lcaf_next_address(&items, &f))
		if (lisp_field_locator(&f, rloc))
			return true;
	return false;
}

bool lisp_field_locator(const struct lisp_field *f, struct address *rloc)
{
	struct lcaf l;

	if (address_is_ip(&f->addr)) {
		*rloc = f->addr;
		return true;
	}
	if (f->afi != AFI_LCAF || !f->known)
		return false;
	lcaf_decode(f, &l);
	switch (l.type) {
	case LCAF_AFI_LIST:
		return list_locator(&l, rloc);
	case LCAF_IID:
		return lisp_field_locator(&l.u.iid.addr, rloc);
	case LCAF_ASN:
		return lisp_field_locator(&l.u.asn.addr, rloc);
	case LCAF_GEO:
		return lisp_field_locator(&l.u.geo.addr, rloc);
	case LCAF_KEY:
		return lisp_field_locator(&l.u.key.addr, rloc);
	case LCAF_JSON:
		return lisp_field_locator(&l.u.json.addr, rloc);
	case LCAF_KEY_VALUE:
		return lisp_field_locator(&l.u.key_value.key, rloc);
	case LCAF_ENCAP:
		return lisp_field_locator(&l.u.encap.addr, rloc);
	case LCAF_GEO_LOCATION:
		return lisp_field_locator(&l.u.geo_location.addr, rloc);
	}
	return false;
}

/* RFC 8060 section 4.9; RFC 8378 section 5.1.2. The lengths stand in the LCAF, whatever the
 * record's mask-len says. */
static bool multicast_eid(const struct lisp_field *f, struct eid *eid)
{
	struct lcaf l;
	struct address source;

	if (f->afi != AFI_LCAF || f->lcaf != LCAF_MULTICAST)
		return false;
	lcaf_decode(f, &l);
	source = l.u.multicast.source.addr;
	if (source.afi == AFI_NONE &&
		!l.u.multicast.source_plen) { /* 0/0, said without an address */
		source.afi = l.u.multicast.group.addr.afi;
		source.len = l.u.multicast.group.addr.len;
	}
	return eid_set_sg(eid, l.u.multicast.iid, &source, l.u.multicast.source_plen,
		&l.u.multicast.group.addr, l.u.multicast.group_plen);
}

void lisp_eid_read(struct wire_reader *r, unsigned int plen, size_t plen_offset, struct lisp_eid *e)
{
	const struct address *addr = &e->field.addr;
	struct lcaf l;

	memset(&e->eid, 0, sizeof(e->eid));
	e->multicast = false;
	lisp_field_read(r, &e->field, "EID");
	if (wire_ok(r) && e->field.afi == AFI_LCAF && e->field.lcaf == LCAF_IID) {
		lcaf_decode(&e->field, &l);
		e->eid.iid = l.u.iid.iid;
		addr = &l.u.iid.addr.addr;
	}
	mask_check(r, "mask-len", plen_offset, plen, addr);
	e->plain = wire_ok(r) && addr->afi != AFI_NONE;
	if (!e->plain) {
		e->eid.iid = 0;
		e->multicast = wire_ok(r) && multicast_eid(&e->field, &e->eid);
		return;
	}
	e->eid.addr = *addr;
	e->eid.plen = (uint8_t)plen;
	eid_mask(&e->eid);
}
