/* LCAF: each type's golden bytes by the figures of RFC 8060, 9306 and 10040, both ways;
 * Distinguished Names (RFC 9735); hostile ones. */
#include "tests/unit/lisp_test.h"

#define LCAF_HEAD(type, rsvd2, len) 0x40, 0x03, 0x00, 0x00, type, rsvd2, (len) >> 8, (len)&0xff
#define V4_1                        0x00, 0x01, 192, 0, 2, 1    /* AFI 1, 192.0.2.1 */
#define V4_2                        0x00, 0x01, 198, 51, 100, 2 /* AFI 1, 198.51.100.2 */
#define NONE                        0x00, 0x00                  /* AFI 0 */
#define ADDRESS_1                   "192.0.2.1"
#define ADDRESS_2                   "198.51.100.2"

/* Read @bytes whole as one field; the error of the fault is asserted by assert_field_fault. */
static bool read_field(
	const uint8_t *bytes, size_t len, struct lisp_field *f, struct wire_fault *fault)
{
	struct wire_reader r;

	wire_reader_init(&r, bytes, len, fault);
	lisp_field_read(&r, f, "locator");
	wire_expect_end(&r, "locator");
	return wire_ok(&r);
}

static void assert_field_fault(const uint8_t *bytes, size_t len, const char *want)
{
	uint8_t *exact = malloc(len);
	struct wire_fault fault;
	struct lisp_field f;
	char text[256];

	memcpy(exact, bytes, len);
	assert_false(read_field(exact, len, &f, &fault));
	assert_string_equal(wire_fault_text(&fault, text, sizeof(text)), want);
	free(exact);
}

/* The field parses, decodes to @l, is written back the same from what was decoded, and no prefix of
 * it parses. */
static void golden(const uint8_t *bytes, size_t len, uint8_t type, struct lcaf *l)
{
	struct wire_fault fault;
	struct wire_writer w;
	struct lisp_field f;
	uint8_t out[256];

	if (!read_field(bytes, len, &f, &fault))
		fail_msg("type %u: %s", type, wire_fault_text(&fault, (char *)out, sizeof(out)));
	assert_int_equal(f.afi, AFI_LCAF);
	assert_int_equal(f.lcaf, type);
	assert_true(f.known);
	assert_ptr_equal(f.raw, bytes);
	assert_int_equal(f.raw_len, len);
	lcaf_decode(&f, l);
	assert_int_equal(l->type, type);
	wire_writer_init(&w, out, sizeof(out));
	lcaf_write(&w, l);
	assert_true(wire_written(&w));
	assert_int_equal(w.pos, len);
	assert_memory_equal(out, bytes, len);
	for (size_t n = 0; n < len; n++) {
		uint8_t *exact = malloc(n ? n : 1);

		memcpy(exact, bytes, n);
		if (read_field(exact, n, &f, &fault))
			fail_msg("type %u: the first %zu bytes alone were accepted", type, n);
		free(exact);
	}
}

/* @want NULL: the field is no locator. */
static void assert_locator(const uint8_t *bytes, size_t len, const char *want)
{
	struct wire_fault fault;
	struct lisp_field f;
	struct address a;

	assert_true(read_field(bytes, len, &f, &fault));
	assert_int_equal(lisp_field_locator(&f, &a), want != NULL);
	if (want)
		assert_address(&a, want);
}

static void plain_addresses(void **state)
{
	static const struct {
		uint8_t bytes[24];
		size_t len;
		const char *text;
	} plain[] = {
		{{0x00, 0x01, 192, 0, 2, 1}, 6, "192.0.2.1"},
		{{0x00, 0x02, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 18,
			"2001:db8::1"},
		{{0x00, 0x06, 0x52, 0x54, 0, 0, 0, 1}, 8, "52:54:00:00:00:01"},
		{{0x40, 0x05, 0x52, 0x54, 0, 0, 0, 1}, 8, "52:54:00:00:00:01"},
		{{0x00, 0x11, 'i', 'e', 't', 'f', 0}, 7, "\"ietf\""},
		{{0x00, 0x11, 0}, 3, "\"\""},
	};
	struct wire_fault fault;
	struct lisp_field f;

	for (unsigned int i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
		assert_true(read_field(plain[i].bytes, plain[i].len, &f, &fault));
		assert_address(&f.addr, plain[i].text);
		assert_int_equal(f.raw_len, plain[i].len);
		for (size_t n = 0; n < plain[i].len; n++)
			assert_false(read_field(plain[i].bytes, n, &f, &fault));
	}
	assert_true(read_field((const uint8_t *)"\x40\x0c\x12\x34", 4, &f, &fault));
	assert_int_equal(f.afi, AFI_TRILL_NICKNAME);
	assert_int_equal(f.addr.afi, AFI_NONE);
}

static void type_1_afi_list(void **state)
{
	/* Section 4.10.2's MAC beside an IPv4 address. */
	static const uint8_t bytes[] = {
		LCAF_HEAD(1, 0, 14), 0x00, 0x06, 0x52, 0x54, 0, 0, 0, 1, V4_1};
	struct lisp_field f;
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_AFI_LIST, &l);
	assert_true(lcaf_next_address(&l.u.list.items, &f));
	assert_address(&f.addr, "52:54:00:00:00:01");
	assert_true(lcaf_next_address(&l.u.list.items, &f));
	assert_address(&f.addr, ADDRESS_1);
	assert_false(lcaf_next_address(&l.u.list.items, &f));
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_2_instance_id(void **state)
{
	static const uint8_t v4[] = {LCAF_HEAD(2, 0, 10), 0x00, 0x00, 0x00, 0x19, V4_1};
	static const uint8_t v6[] = {LCAF_HEAD(2, 0, 22), 0x00, 0x00, 0x00, 0x19, 0x00, 0x02, 0x20,
		0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	static const uint8_t mac[] = {
		LCAF_HEAD(2, 0, 12), 0xff, 0xff, 0xff, 0xff, 0x00, 0x06, 0x52, 0x54, 0, 0, 0, 1};
	static const uint8_t range[] = {LCAF_HEAD(2, 24, 6), 0x01, 0x02, 0x03, 0x00, NONE};
	struct lcaf l;

	golden(v4, sizeof(v4), LCAF_IID, &l);
	assert_int_equal(l.u.iid.iid, 25);
	assert_address(&l.u.iid.addr.addr, ADDRESS_1);
	assert_locator(v4, sizeof(v4), ADDRESS_1);
	golden(v6, sizeof(v6), LCAF_IID, &l);
	assert_address(&l.u.iid.addr.addr, "2001:db8::1");
	golden(mac, sizeof(mac), LCAF_IID, &l);
	assert_true(l.u.iid.iid == 0xffffffff);
	assert_locator(mac, sizeof(mac), NULL);
	golden(range, sizeof(range), LCAF_IID, &l);
	assert_int_equal(l.u.iid.mask_len, 24);
	assert_int_equal(l.u.iid.addr.afi, AFI_NONE);
}

static void type_3_as_number(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(3, 0, 10), 0x00, 0x00, 0xfd, 0xe8, V4_1};
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_ASN, &l);
	assert_int_equal(l.u.asn.asn, 65000);
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_5_geo_coordinates(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(5, 0, 18), 0x80, 48, 51,
		24,                     /* N=1, 48 degrees, 51 minutes, 24 seconds */
		0x00, 2, 21, 3,         /* E=0, 2 degrees, 21 minutes, 3 seconds */
		0xff, 0xff, 0xff, 0xfb, /* Altitude -5 m */
		V4_1};
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_GEO, &l);
	assert_true(l.u.geo.north && !l.u.geo.east);
	assert_int_equal(l.u.geo.lat_deg, 48);
	assert_int_equal(l.u.geo.lat_min, 51);
	assert_int_equal(l.u.geo.lat_sec, 24);
	assert_int_equal(l.u.geo.lon_deg, 2);
	assert_int_equal(l.u.geo.lon_min, 21);
	assert_int_equal(l.u.geo.lon_sec, 3);
	assert_int_equal((int32_t)l.u.geo.altitude, -5);
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_7_nat_traversal(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(7, 0, 30), 0x10, 0xf6, /* MS UDP Port 4342 */
		0xc0, 0x01,                                              /* ETR UDP Port 49153 */
		V4_1,                                                    /* Global ETR RLOC */
		V4_2,                                                    /* MS RLOC */
		NONE,                                                    /* Private ETR RLOC */
		V4_2, V4_1};                                             /* RTR RLOCs */
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_NAT, &l);
	assert_int_equal(l.u.nat.ms_port, 4342);
	assert_int_equal(l.u.nat.etr_port, 49153);
	assert_address(&l.u.nat.global.addr, ADDRESS_1);
	assert_address(&l.u.nat.ms.addr, ADDRESS_2);
	assert_int_equal(l.u.nat.private_etr.afi, AFI_NONE);
	assert_int_equal(l.u.nat.rtr_count, 2);
	assert_address(&l.u.nat.rtr[1].addr, ADDRESS_1);
	assert_locator(bytes, sizeof(bytes), NULL);
}

static void type_7_keeps_eight_rtrs_and_checks_all(void **state)
{
	uint8_t bytes[8 + 10 + 9 * 6] = {LCAF_HEAD(7, 0, 10 + 9 * 6), 0, 0, 0, 0, NONE, NONE, NONE};
	struct wire_fault fault;
	struct lisp_field f;
	struct lcaf l;

	for (int i = 0; i < 9; i++)
		memcpy(bytes + 18 + 6 * i, ((const uint8_t[]){V4_1}), 6);
	assert_true(read_field(bytes, sizeof(bytes), &f, &fault));
	lcaf_decode(&f, &l);
	assert_int_equal(l.u.nat.rtr_count, 8);
	bytes[18 + 8 * 6 + 1] = 99;
	assert_field_fault(bytes, sizeof(bytes),
		"RTR RLOC is 99 at byte 66 (want AFI 0, 1, 2, 6, 17, 16387, 16389 or 16396)");
}

static void type_9_multicast_info(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(9, 5, 20), 0x00, 0x00, 0x00,
		0x19,                            /* Instance ID */
		0x00, 0x00,                      /* Reserved */
		32, 4,                           /* Source MaskLen, Group MaskLen */
		V4_1, 0x00, 0x01, 224, 0, 0, 0}; /* Source, Group */
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_MULTICAST, &l);
	assert_true(l.u.multicast.r && !l.u.multicast.l && l.u.multicast.j);
	assert_int_equal(l.u.multicast.iid, 25);
	assert_int_equal(l.u.multicast.source_plen, 32);
	assert_int_equal(l.u.multicast.group_plen, 4);
	assert_address(&l.u.multicast.source.addr, ADDRESS_1);
	assert_address(&l.u.multicast.group.addr, "224.0.0.0");
}

static void type_10_explicit_locator_path(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(10, 0, 16), 0x00, 0x05, V4_1, /* L=1, P=0, S=1 */
		0x00, 0x02, V4_2};                                              /* P=1 */
	struct lcaf_hop hop;
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_ELP, &l);
	assert_true(lcaf_next_hop(&l.u.list.items, &hop));
	assert_true(hop.lookup && !hop.probe && hop.strict);
	assert_address(&hop.addr.addr, ADDRESS_1);
	assert_true(lcaf_next_hop(&l.u.list.items, &hop));
	assert_true(!hop.lookup && hop.probe && !hop.strict);
	assert_false(lcaf_next_hop(&l.u.list.items, &hop));
	assert_locator(bytes, sizeof(bytes), NULL);
}

static void type_11_security_key(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(11, 0, 17), 2, 0, 5,
		1,                      /* Key Count, -, Algorithm, R=1 */
		0x00, 0x02, 0xaa, 0xbb, /* Key Length, Key Material */
		0x00, 0x01, 0xcc,       /* Key Length, Key Material */
		V4_1};
	static const uint8_t none[] = {LCAF_HEAD(11, 0, 10), 0, 0, 5, 0, V4_1};
	struct lcaf_slice key;
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_KEY, &l);
	assert_int_equal(l.u.key.key_count, 2);
	assert_int_equal(l.u.key.algorithm, 5);
	assert_true(l.u.key.revoke);
	assert_true(lcaf_next_key(&l.u.key.items, &key));
	assert_int_equal(key.len, 2);
	assert_memory_equal(key.bytes, "\xaa\xbb", 2);
	assert_true(lcaf_next_key(&l.u.key.items, &key));
	assert_int_equal(key.len, 1);
	assert_false(lcaf_next_key(&l.u.key.items, &key));
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
	golden(none, sizeof(none), LCAF_KEY, &l);
	assert_false(lcaf_next_key(&l.u.key.items, &key));
	assert_locator(none, sizeof(none), ADDRESS_1);
}

static void type_12_source_destination(void **state)
{
	static const uint8_t bytes[] = {
		LCAF_HEAD(12, 0, 16), 0x00, 0x00, 32, 24, V4_1, 0x00, 0x01, 198, 51, 100, 0};
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_SRC_DST, &l);
	assert_int_equal(l.u.src_dst.source_plen, 32);
	assert_int_equal(l.u.src_dst.dest_plen, 24);
	assert_address(&l.u.src_dst.dest.addr, "198.51.100.0");
	assert_locator(bytes, sizeof(bytes), NULL);
}

static void type_13_replication_list(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(13, 0, 20), 0, 0, 0, 128, V4_1, 0, 0, 0, 1, V4_2};
	struct lcaf_rle_entry e;
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_RLE, &l);
	assert_true(lcaf_next_rle(&l.u.list.items, &e));
	assert_int_equal(e.level, 128);
	assert_address(&e.addr.addr, ADDRESS_1);
	assert_true(lcaf_next_rle(&l.u.list.items, &e));
	assert_int_equal(e.level, 1);
	assert_false(lcaf_next_rle(&l.u.list.items, &e));
}

static void type_14_json(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(14, 1, 10), 0x00, 0x02, '{', '}', V4_1};
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_JSON, &l);
	assert_true(l.u.json.binary);
	assert_int_equal(l.u.json.json.len, 2);
	assert_memory_equal(l.u.json.json.bytes, "{}", 2);
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_15_key_value(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(15, 0, 12), V4_1, V4_2};
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_KEY_VALUE, &l);
	assert_address(&l.u.key_value.key.addr, ADDRESS_1);
	assert_address(&l.u.key_value.value.addr, ADDRESS_2);
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_16_encapsulation_format(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(16, 0, 10), 0, 0, 0, 0x05, V4_1}; /* V and L */
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_ENCAP, &l);
	assert_int_equal(l.u.encap.capabilities, 5);
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_17_geo_location(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(17, 0, 26), 0xf8, 0x00, /* U, N, E, A, M */
		0x00, 0x64,           /* Location Uncertainty: 100 cm */
		48, 0x2f, 0x0e, 0x40, /* 48 degrees, 3083840 ms */
		2, 0x13, 0x45, 0x78,  /* 2 degrees, 1262968 ms */
		0, 0, 0, 35,          /* Altitude 35 m */
		0, 0, 0, 0,           /* Radius, Reserved */
		V4_1};
	struct lcaf l;

	golden(bytes, sizeof(bytes), LCAF_GEO_LOCATION, &l);
	assert_ptr_equal(l.u.geo_location.body.bytes, bytes + 8);
	assert_int_equal(l.u.geo_location.body.len, 20);
	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void type_255_of_a_vendor_that_we_do_not_know_drops_the_message(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(255, 0, 6), 0, 0x00, 0x00, 0x0c, 0xaa, 0xbb};
	static const uint8_t body[] = {0xaa, 0xbb};
	struct lcaf l = {.type = LCAF_VENDOR, .u.vendor = {0x00000c, {body, 2}}};
	struct wire_writer w;
	uint8_t out[32];

	assert_field_fault(bytes, sizeof(bytes),
		"vendor OUI is 12 at byte 9 (want a kind that this parser takes)");
	wire_writer_init(&w, out, sizeof(out));
	lcaf_write(&w, &l);
	assert_int_equal(w.pos, sizeof(bytes));
	assert_memory_equal(out, bytes, sizeof(bytes));
}

static void unknown_types_are_skipped_by_their_length(void **state)
{
	static const uint8_t types[] = {0, 4, 6, 8, 18, 254};
	uint8_t bytes[] = {LCAF_HEAD(0, 0, 3), 0xde, 0xad, 0xbe};
	struct wire_fault fault;
	struct lisp_field f;

	for (unsigned int i = 0; i < sizeof(types); i++) {
		bytes[4] = types[i];
		assert_true(read_field(bytes, sizeof(bytes), &f, &fault));
		assert_false(f.known);
		assert_int_equal(f.lcaf, types[i]);
		assert_int_equal(f.raw_len, sizeof(bytes));
		assert_locator(bytes, sizeof(bytes), NULL);
	}
	assert_field_fault(
		bytes, sizeof(bytes) - 1, "LCAF body truncated at byte 8 (need 3, have 2)");
}

/* Section 4.10.5: the geo-coordinates without an address, then the address for everybody. */
static void a_locator_of_compatibility_mode_is_found(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(1, 0, 28), LCAF_HEAD(5, 0, 14), 0, 48, 51, 24, 0,
		2, 21, 3, 0, 0, 0, 35, NONE, V4_1};

	assert_locator(bytes, sizeof(bytes), ADDRESS_1);
}

static void lcaf_length_below_the_fixed_body(void **state)
{
	static const uint8_t iid[] = {LCAF_HEAD(2, 0, 3), 0, 0, 0, 25, V4_1};
	static const uint8_t key[] = {LCAF_HEAD(11, 0, 2), 1, 0, 5, 0};

	assert_field_fault(iid, sizeof(iid), "instance-ID truncated at byte 8 (need 4, have 3)");
	assert_field_fault(key, sizeof(key), "key algorithm truncated at byte 10 (need 1, have 0)");
}

static void lcaf_length_0_of_types_2_and_11(void **state)
{
	static const uint8_t iid[] = {LCAF_HEAD(2, 0, 0), 0, 0, 0, 25, V4_1};
	static const uint8_t key[] = {LCAF_HEAD(11, 0, 0), 1, 0, 5, 0};

	assert_field_fault(iid, sizeof(iid), "instance-ID truncated at byte 8 (need 4, have 0)");
	assert_field_fault(key, sizeof(key), "key count truncated at byte 8 (need 1, have 0)");
}

static void lcaf_length_over_what_is_left(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(2, 0, 11), 0, 0, 0, 25, V4_1};
	static const uint8_t most[] = {LCAF_HEAD(1, 0, 65535), V4_1};

	assert_field_fault(
		bytes, sizeof(bytes), "LCAF body truncated at byte 8 (need 11, have 10)");
	assert_field_fault(
		most, sizeof(most), "LCAF body truncated at byte 8 (need 65535, have 6)");
}

static void lcaf_length_that_is_not_consumed(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(2, 0, 12), 0, 0, 0, 25, V4_1, 0, 0};

	assert_field_fault(bytes, sizeof(bytes), "2 bytes left over after LCAF body at byte 18");
}

static void inner_address_across_the_lcafs_end(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(2, 0, 8), 0, 0, 0, 25, V4_1};

	assert_field_fault(bytes, sizeof(bytes), "address truncated at byte 14 (need 4, have 2)");
}

static void afi_list_filled_with_afi_0(void **state)
{
	uint8_t bytes[8 + 128] = {LCAF_HEAD(1, 0, 128)};
	struct wire_fault fault;
	struct lisp_field f;

	/* The list itself is the first of 64 addresses. */
	assert_field_fault(bytes, sizeof(bytes),
		"list address is 65 at byte 134 (want at most 64 addresses in one field)");
	bytes[7] = 126;
	assert_true(read_field(bytes, sizeof(bytes) - 2, &f, &fault));
}

/* @types nested, the innermost empty of addresses. Returns the bytes written. */
static size_t nest(uint8_t *out, const uint8_t *types, unsigned int depth)
{
	uint8_t inner[256];
	size_t len, fixed = types[0] == LCAF_IID ? 4 : 0;

	len = depth > 1 ? nest(inner, types + 1, depth - 1) : 2;
	if (depth == 1)
		memset(inner, 0, 2);
	if (types[0] == LCAF_KEY_VALUE) { /* the value: none */
		memset(inner + len, 0, 2);
		len += 2;
	}
	memcpy(out, ((const uint8_t[]){LCAF_HEAD(types[0], 0, (uint8_t)(fixed + len))}), 8);
	memset(out + 8, 0, fixed);
	memcpy(out + 8 + fixed, inner, len);
	return 8 + fixed + len;
}

static void recursion_is_bounded(void **state)
{
	static const struct {
		uint8_t types[5];
		const char *want;
	} nested[] = {
		{{1, 1, 1, 1, 1}, "LCAF nesting is 5 at byte 34 (want at most 4 levels)"},
		{{2, 2, 2, 2, 2}, "LCAF nesting is 5 at byte 50 (want at most 4 levels)"},
		{{15, 15, 15, 15, 15}, "LCAF nesting is 5 at byte 34 (want at most 4 levels)"},
		{{1, 2, 15, 1, 2}, "LCAF nesting is 5 at byte 38 (want at most 4 levels)"},
	};
	struct wire_fault fault;
	struct lisp_field f;
	uint8_t bytes[256];

	for (unsigned int i = 0; i < sizeof(nested) / sizeof(nested[0]); i++) {
		assert_field_fault(bytes, nest(bytes, nested[i].types, 5), nested[i].want);
		assert_true(read_field(bytes, nest(bytes, nested[i].types, 4), &f, &fault));
	}
}

/* Lists of lists: 4 levels deep, yet far more than 64 addresses. */
static void elements_are_counted_over_all_levels(void **state)
{
	uint8_t bytes[8 + 8 * 24] = {LCAF_HEAD(1, 0, 8 * 24)};

	for (int i = 0; i < 8; i++)
		memcpy(bytes + 8 + 24 * i,
			((const uint8_t[24]){LCAF_HEAD(1, 0, 16), NONE, NONE, NONE, NONE, NONE,
				NONE, NONE, NONE}),
			24);
	/* 1 + 7 x (1 + 8) = 64 come first. */
	assert_field_fault(bytes, sizeof(bytes),
		"list address is 65 at byte 176 (want at most 64 addresses in one field)");
}

static void security_key_count_255_and_lengths_past_the_end(void **state)
{
	static const uint8_t count[] = {LCAF_HEAD(11, 0, 12), 255, 0, 5, 0, 0, 0, V4_1};
	static const uint8_t length[] = {LCAF_HEAD(11, 0, 12), 1, 0, 5, 0, 0xff, 0xff, V4_1};

	assert_field_fault(
		count, sizeof(count), "key material truncated at byte 19 (need 2, have 1)");
	assert_field_fault(
		length, sizeof(length), "key material truncated at byte 14 (need 65535, have 6)");
}

static void json_length_past_the_end(void **state)
{
	static const uint8_t bytes[] = {LCAF_HEAD(14, 0, 10), 0x00, 0x09, '{', '}', V4_1};

	assert_field_fault(bytes, sizeof(bytes), "JSON truncated at byte 10 (need 9, have 8)");
}

static void mask_lens_of_pairs_over_their_address(void **state)
{
	static const uint8_t sg[] = {LCAF_HEAD(9, 0, 20), 0, 0, 0, 0, 0, 0, 32, 33, V4_1, V4_2};
	static const uint8_t sd[] = {LCAF_HEAD(12, 0, 16), 0, 0, 33, 32, V4_1, V4_2};

	assert_field_fault(sg, sizeof(sg), "destination mask-len is 33 at byte 15 (want 0 to 32)");
	assert_field_fault(sd, sizeof(sd), "source mask-len is 33 at byte 10 (want 0 to 32)");
}

static void a_name_without_its_nul(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x11, 'i', 'e', 't', 'f'};
	uint8_t longer[2 + 32] = {0x00, 0x11};

	assert_field_fault(bytes, sizeof(bytes),
		"locator is 4 at byte 2 (want a name of at most 31 octets that ends with a NUL)");
	memset(longer + 2, 'a', 31);
	assert_field_fault(longer, sizeof(longer),
		"locator is 32 at byte 2 (want a name of at most 31 octets that ends with a NUL)");
}

static void name_eids_have_the_mask_len_of_their_string(void **state)
{
	static const uint8_t bytes[] = {0x00, 0x11, 'i', 'e', 't', 'f', 0};
	struct wire_fault fault;
	struct wire_reader r;
	struct lisp_eid e;
	char text[256];

	wire_reader_init(&r, bytes, sizeof(bytes), &fault);
	lisp_eid_read(&r, 40, 77, &e);
	assert_true(wire_ok(&r) && e.plain);
	assert_eid(&e.eid, "\"ietf\"");
	wire_reader_init(&r, bytes, sizeof(bytes), &fault);
	lisp_eid_read(&r, 32, 77, &e);
	assert_false(e.plain);
	assert_string_equal(wire_fault_text(&fault, text, sizeof(text)),
		"mask-len is 32 at byte 77 (want 8 x the name's length with its NUL)");
}

static void eids_that_are_no_plain_prefix_are_told(void **state)
{
	static const uint8_t sg[] = {LCAF_HEAD(9, 0, 20), 0, 0, 0, 25, 0, 0, 32, 32, V4_1, V4_2};
	static const uint8_t twice[] = {
		LCAF_HEAD(2, 0, 22), 0, 0, 0, 1, LCAF_HEAD(2, 0, 10), 0, 0, 0, 2, V4_1};
	static const uint8_t unknown[] = {LCAF_HEAD(4, 0, 0)};
	static const uint8_t none[] = {NONE};
	static const struct {
		const uint8_t *bytes;
		size_t len;
	} eids[] = {{sg, sizeof(sg)}, {twice, sizeof(twice)}, {unknown, sizeof(unknown)},
		{none, sizeof(none)}};
	struct wire_fault fault;
	struct wire_reader r;
	struct lisp_eid e;

	for (unsigned int i = 0; i < sizeof(eids) / sizeof(eids[0]); i++) {
		wire_reader_init(&r, eids[i].bytes, eids[i].len, &fault);
		lisp_eid_read(&r, 200, 0, &e);
		assert_true(wire_ok(&r));
		assert_false(e.plain);
		assert_int_equal(e.field.raw_len, eids[i].len);
	}
}

static void writes_eids_with_and_without_an_instance(void **state)
{
	static const struct {
		const char *text;
		uint8_t bytes[32];
		size_t len;
	} eids[] = {
		{"192.0.2.0/24", {0x00, 0x01, 192, 0, 2, 0}, 6},
		{"[25]192.0.2.1", {LCAF_HEAD(2, 0, 10), 0, 0, 0, 25, V4_1}, 18},
		{"52:54:00:00:00:01", {0x00, 0x06, 0x52, 0x54, 0, 0, 0, 1}, 8},
		{"[1]\"a\"", {LCAF_HEAD(2, 0, 8), 0, 0, 0, 1, 0x00, 0x11, 'a', 0}, 16},
	};

	for (unsigned int i = 0; i < sizeof(eids) / sizeof(eids[0]); i++) {
		struct eid e = test_eid(eids[i].text);
		uint8_t out[32];
		struct wire_writer w;

		wire_writer_init(&w, out, sizeof(out));
		lisp_eid_write(&w, &e);
		assert_int_equal(w.pos, eids[i].len);
		assert_int_equal(lisp_eid_size(&e), eids[i].len);
		assert_memory_equal(out, eids[i].bytes, eids[i].len);
	}
}

static void random_eids_survive_write_and_read(void **state)
{
	for (uint64_t seed = 0; seed < PROPERTY_ROUNDS; seed++) {
		struct random_seeded source;
		struct wire_fault fault;
		struct wire_reader r;
		struct wire_writer w;
		struct lisp_eid back;
		struct eid e;
		uint8_t out[64];

		random_seeded_init(&source, seed);
		e = test_random_eid(&source.random);
		wire_writer_init(&w, out, sizeof(out));
		lisp_eid_write(&w, &e);
		assert_int_equal(w.pos, lisp_eid_size(&e));
		wire_reader_init(&r, out, w.pos, &fault);
		lisp_eid_read(&r, e.plen, 0, &back);
		wire_expect_end(&r, "EID");
		if (!wire_ok(&r) || !back.plain || !eid_equal(&back.eid, &e))
			fail_msg("seed %ju", (uintmax_t)seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_addresses),
		cmocka_unit_test(type_1_afi_list),
		cmocka_unit_test(type_2_instance_id),
		cmocka_unit_test(type_3_as_number),
		cmocka_unit_test(type_5_geo_coordinates),
		cmocka_unit_test(type_7_nat_traversal),
		cmocka_unit_test(type_7_keeps_eight_rtrs_and_checks_all),
		cmocka_unit_test(type_9_multicast_info),
		cmocka_unit_test(type_10_explicit_locator_path),
		cmocka_unit_test(type_11_security_key),
		cmocka_unit_test(type_12_source_destination),
		cmocka_unit_test(type_13_replication_list),
		cmocka_unit_test(type_14_json),
		cmocka_unit_test(type_15_key_value),
		cmocka_unit_test(type_16_encapsulation_format),
		cmocka_unit_test(type_17_geo_location),
		cmocka_unit_test(type_255_of_a_vendor_that_we_do_not_know_drops_the_message),
		cmocka_unit_test(unknown_types_are_skipped_by_their_length),
		cmocka_unit_test(a_locator_of_compatibility_mode_is_found),
		cmocka_unit_test(lcaf_length_below_the_fixed_body),
		cmocka_unit_test(lcaf_length_0_of_types_2_and_11),
		cmocka_unit_test(lcaf_length_over_what_is_left),
		cmocka_unit_test(lcaf_length_that_is_not_consumed),
		cmocka_unit_test(inner_address_across_the_lcafs_end),
		cmocka_unit_test(afi_list_filled_with_afi_0),
		cmocka_unit_test(recursion_is_bounded),
		cmocka_unit_test(elements_are_counted_over_all_levels),
		cmocka_unit_test(security_key_count_255_and_lengths_past_the_end),
		cmocka_unit_test(json_length_past_the_end),
		cmocka_unit_test(mask_lens_of_pairs_over_their_address),
		cmocka_unit_test(a_name_without_its_nul),
		cmocka_unit_test(name_eids_have_the_mask_len_of_their_string),
		cmocka_unit_test(eids_that_are_no_plain_prefix_are_told),
		cmocka_unit_test(writes_eids_with_and_without_an_instance),
		cmocka_unit_test(random_eids_survive_write_and_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
