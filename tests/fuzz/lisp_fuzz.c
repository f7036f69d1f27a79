/* See lisp_fuzz.h. */
#include "tests/fuzz/lisp_fuzz.h"

#define NAT_RTRS_KEPT 8

void fuzz_check_result(int err, const struct wire_fault *fault)
{
	char text[256];

	CHECK((err == 0) == (fault->code == WIRE_OK));
	CHECK(err <= 0 && err >= -LISP_EUNSUPPORTED);
	wire_fault_text(fault, text, sizeof(text));
	CHECK(strlen(text) > 0);
}

static void walk_list(const struct lcaf *l)
{
	struct wire_reader items = l->u.list.items;
	struct lcaf_rle_entry e;
	struct lcaf_hop hop;
	struct lisp_field f;
	unsigned int n = 0;

	if (l->type == LCAF_AFI_LIST)
		for (; lcaf_next_address(&items, &f); n++)
			fuzz_walk_field(&f);
	if (l->type == LCAF_ELP)
		for (; lcaf_next_hop(&items, &hop); n++)
			fuzz_walk_field(&hop.addr);
	if (l->type == LCAF_RLE)
		for (; lcaf_next_rle(&items, &e); n++)
			fuzz_walk_field(&e.addr);
	CHECK(n < LISP_LCAF_ELEMENTS_MAX);
	CHECK(items.pos == items.end);
}

static void walk_keys(const struct lcaf *l)
{
	struct wire_reader items = l->u.key.items;
	struct lcaf_slice key;
	unsigned int n = 0, sum = 0;

	for (; lcaf_next_key(&items, &key); n++)
		for (unsigned int i = 0; i < key.len; i++)
			sum += key.bytes[i];
	CHECK(n == l->u.key.key_count && sum < 0x1000000);
}

static void walk_nat(const struct lcaf *l)
{
	fuzz_walk_field(&l->u.nat.global);
	fuzz_walk_field(&l->u.nat.ms);
	fuzz_walk_field(&l->u.nat.private_etr);
	CHECK(l->u.nat.rtr_count <= NAT_RTRS_KEPT);
	for (unsigned int i = 0; i < l->u.nat.rtr_count; i++)
		fuzz_walk_field(&l->u.nat.rtr[i]);
}

static void walk_lcaf(const struct lcaf *l)
{
	switch (l->type) {
	case LCAF_AFI_LIST:
	case LCAF_ELP:
	case LCAF_RLE:
		walk_list(l);
		break;
	case LCAF_IID:
		CHECK(l->u.iid.mask_len <= 32);
		fuzz_walk_field(&l->u.iid.addr);
		break;
	case LCAF_ASN:
		fuzz_walk_field(&l->u.asn.addr);
		break;
	case LCAF_GEO:
		fuzz_walk_field(&l->u.geo.addr);
		break;
	case LCAF_NAT:
		walk_nat(l);
		break;
	case LCAF_MULTICAST:
		fuzz_walk_field(&l->u.multicast.source);
		fuzz_walk_field(&l->u.multicast.group);
		break;
	case LCAF_KEY:
		walk_keys(l);
		fuzz_walk_field(&l->u.key.addr);
		break;
	case LCAF_SRC_DST:
		fuzz_walk_field(&l->u.src_dst.source);
		fuzz_walk_field(&l->u.src_dst.dest);
		break;
	case LCAF_JSON:
		fuzz_walk_field(&l->u.json.addr);
		break;
	case LCAF_KEY_VALUE:
		fuzz_walk_field(&l->u.key_value.key);
		fuzz_walk_field(&l->u.key_value.value);
		break;
	case LCAF_ENCAP:
		fuzz_walk_field(&l->u.encap.addr);
		break;
	case LCAF_GEO_LOCATION:
		fuzz_walk_field(&l->u.geo_location.addr);
		break;
	default:
		CHECK(!"a known type");
	}
}

/* Written anew it is as long, parses, and written once more is the same: only reserved bits may be
 * lost, once. */
static void rewrite_lcaf(const struct lisp_field *f, const struct lcaf *l)
{
	static uint8_t once[FUZZ_OUT], twice[FUZZ_OUT];
	struct wire_writer w, again;
	struct wire_fault fault;
	struct wire_reader r;
	struct lisp_field back;
	struct lcaf decoded;

	if (l->type == LCAF_NAT && l->u.nat.rtr_count == NAT_RTRS_KEPT)
		return; /* more than those kept may have been there */
	wire_writer_init(&w, once, sizeof(once));
	lcaf_write(&w, l);
	CHECK(wire_written(&w) && w.pos == f->raw_len);
	wire_reader_init(&r, once, w.pos, &fault);
	lisp_field_read(&r, &back, "written anew");
	wire_expect_end(&r, "written anew");
	CHECK(wire_ok(&r) && back.lcaf == f->lcaf);
	lcaf_decode(&back, &decoded);
	wire_writer_init(&again, twice, sizeof(twice));
	lcaf_write(&again, &decoded);
	CHECK(wire_written(&again) && again.pos == w.pos && !memcmp(once, twice, w.pos));
}

void fuzz_walk_field(const struct lisp_field *f)
{
	struct address rloc;
	struct lcaf l;

	CHECK(f->raw && f->raw_len >= 2);
	if (lisp_field_locator(f, &rloc))
		CHECK(address_is_ip(&rloc));
	if (f->afi != AFI_LCAF) {
		CHECK(f->known && f->addr.len <= ADDRESS_MAX);
		return;
	}
	CHECK(f->addr.afi == AFI_NONE && f->raw_len >= 8);
	if (!f->known)
		return;
	lcaf_decode(f, &l);
	CHECK(l.type == f->lcaf);
	rewrite_lcaf(f, &l);
	walk_lcaf(&l);
}

void fuzz_walk_rloc(const struct lisp_rloc *rloc)
{
	fuzz_walk_field(&rloc->field);
}

void fuzz_walk_eid(const struct lisp_eid *e)
{
	struct eid masked = e->eid;
	char text[EID_TEXT];

	fuzz_walk_field(&e->field);
	if (!e->plain)
		return;
	CHECK(e->eid.plen <= address_bits(&e->eid.addr));
	CHECK(!eid_mask(&masked));
	CHECK(strlen(eid_format(&e->eid, text, sizeof(text))) > 0);
}

unsigned int fuzz_walk_record(const struct lisp_record *rec)
{
	struct lisp_record copy = *rec;
	struct lisp_rloc rloc;
	unsigned int n = 0;

	fuzz_walk_eid(&rec->eid);
	for (; lisp_rloc_next(&copy, &rloc); n++)
		fuzz_walk_rloc(&rloc);
	CHECK(n == rec->locator_count);
	CHECK(rec->locators_raw + rec->locators_raw_len == rec->raw + rec->raw_len);
	return n;
}

void fuzz_write_record(struct wire_writer *w, const struct lisp_record *rec)
{
	if (!rec->eid.plain) {
		wire_put_bytes(w, rec->raw, rec->raw_len);
		return;
	}
	lisp_record_write(w, &rec->eid.eid, rec->ttl_min, rec->locator_count, rec->act,
		rec->authoritative, rec->map_version);
	wire_put_bytes(w, rec->locators_raw, rec->locators_raw_len);
}

void fuzz_same_eid(const struct lisp_eid *a, const struct lisp_eid *b)
{
	CHECK(a->plain == b->plain);
	if (a->plain)
		CHECK(eid_equal(&a->eid, &b->eid));
	else
		CHECK(a->field.raw_len == b->field.raw_len &&
			!memcmp(a->field.raw, b->field.raw, a->field.raw_len));
}

void fuzz_same_record(const struct lisp_record *a, const struct lisp_record *b)
{
	fuzz_same_eid(&a->eid, &b->eid);
	CHECK(a->ttl_min == b->ttl_min && a->act == b->act && a->plen == b->plen);
	CHECK(a->authoritative == b->authoritative && a->map_version == b->map_version);
	CHECK(a->locator_count == b->locator_count && a->locators_raw_len == b->locators_raw_len);
	CHECK(!memcmp(a->locators_raw, b->locators_raw, a->locators_raw_len));
}
