/* The framing of IS-IS PDUs, their TLVs and the checksum of LSPs: item C of docs/trill.md. Headers
 * from appendix B of RFC 7780 and the figures of ISO 10589 section 9 and RFC 7356 section 3.
 *
 * Three things of the appendix are not as ISO 10589 and RFC 4971 have them, and are written here as
 * those say: its length indicator is 8 instead of the whole header's length, its Hello's source ID
 * has 7 bytes, and its Router Capability TLV has no router ID. */
#include "tests/unit/trill_test.h"

#include "trill/codec/fletcher.h"
#include "trill/codec/isis.h"

#define LAN_HELLO                                                                                  \
	"83 1B 01 06 0F 01 00 01"                                                                  \
	"01 300330033003 0009 001F 40 44444444444400"
#define AREA "01 02 01 00"
/* Appendix B.2's LSP with a TLV that closes it: PDU length 27 + 4. */
#define LSP                                                                                        \
	"83 1B 01 06 12 01 00 01"                                                                  \
	"001F 0123 3003300330030009 00001234 0000 01"

static int parse_as(const char *text, struct isis_pdu *p, struct exact *e)
{
	struct wire_fault fault;

	*e = exact_hex(text);
	return isis_parse(e->bytes, e->len, p, &fault);
}

static int parse(const char *text)
{
	struct isis_pdu p;
	struct exact e;
	int err = parse_as(text, &p, &e);

	free(e.bytes);
	return err;
}

/* @text is read without an error, and written anew is the same; its TLVs are copied. */
static void assert_same_written(const char *text, struct isis_pdu *p)
{
	struct exact e;
	WRITER(w);

	assert_error(parse_as(text, p, &e), 0);
	isis_begin(&w, p);
	wire_put_bytes(&w, p->bytes + p->header_len, p->len - p->header_len);
	assert_int_equal(isis_end(&w), e.len);
	assert_bytes(w_bytes, e.len, text);
	for (size_t cap = 0; cap < e.len; cap++) {
		uint8_t out[64];
		struct wire_writer small;

		wire_writer_init(&small, out, cap);
		isis_begin(&small, p);
		wire_put_bytes(&small, p->bytes + p->header_len, p->len - p->header_len);
		assert_error(isis_end(&small), -TRILL_ENOROOM);
	}
	free(e.bytes);
}

static void c_lan_hello_of_appendix_b1(void **state)
{
	struct isis_pdu p;

	assert_same_written(LAN_HELLO AREA, &p);
	assert_int_equal(p.type, ISIS_LAN_IIH);
	assert_int_equal(p.u.hello.circuit_type, 1);
	assert_bytes(p.u.hello.source.bytes, 6, "300330033003");
	assert_int_equal(p.u.hello.holding_s, 9);
	assert_int_equal(p.u.hello.priority, 64);
	assert_bytes(p.u.hello.lan.system.bytes, 6, "444444444444");
	assert_int_equal(p.u.hello.lan.circuit, 0);
}

static void c_p2p_hello(void **state)
{
	struct isis_pdu p;

	assert_same_written("83 14 01 06 11 01 00 01 01 300330033003 001E 0018 07" AREA, &p);
	assert_int_equal(p.type, ISIS_P2P_IIH);
	assert_int_equal(p.u.hello.holding_s, 30);
	assert_int_equal(p.u.hello.circuit, 7);
}

static void c_lsp_of_appendix_b2(void **state)
{
	struct isis_pdu p;

	assert_same_written(LSP AREA, &p);
	assert_int_equal(p.type, ISIS_LSP);
	assert_int_equal(p.u.lsp.lifetime_s, 0x123);
	assert_bytes(p.u.lsp.id.system.bytes, 6, "300330033003");
	assert_int_equal(p.u.lsp.id.pseudonode, 0);
	assert_int_equal(p.u.lsp.id.fragment, 9);
	assert_int_equal(p.u.lsp.sequence, 0x1234);
	assert_int_equal(p.u.lsp.flags, ISIS_LSP_LEVEL1);
}

static void c_sequence_numbers_pdus(void **state)
{
	struct isis_pdu p;

	assert_same_written("83 21 01 06 18 01 00 01 0021 01020304050600"
			    "0000000000000000 FFFFFFFFFFFFFFFF",
		&p);
	assert_int_equal(p.type, ISIS_CSNP);
	assert_bytes(p.u.snp.source.system.bytes, 6, "010203040506");
	assert_int_equal(p.u.snp.start.fragment, 0);
	assert_int_equal(p.u.snp.end.fragment, 255);
	assert_same_written("83 11 01 06 1A 01 00 01 0011 01020304050600", &p);
	assert_int_equal(p.type, ISIS_PSNP);
}

static void c_mtu_probe_and_ack(void **state)
{
	struct isis_pdu p;

	assert_same_written("83 1C 01 06 17 01 00 01 0021 AABBCCDDEEFF 010203040506 000000000000"
			    "08 03 000000",
		&p);
	assert_int_equal(p.type, ISIS_MTU_PROBE);
	assert_true(p.u.mtu.probe_id == 0xAABBCCDDEEFF);
	assert_same_written(
		"83 1C 01 06 1C 01 00 01 001C AABBCCDDEEFF 010203040506 0708090A0B0C", &p);
	assert_int_equal(p.type, ISIS_MTU_ACK);
	assert_bytes(p.u.mtu.ack_source.bytes, 6, "0708090A0B0C");
}

static void c_flooding_scoped_pdus_have_wide_tlvs(void **state)
{
	struct tlv_iter it;
	struct isis_pdu p;
	struct tlv t;

	/* E-L1FS (66) with the P flag; one TLV of type 0x0123 and 2 bytes. */
	assert_same_written("83 1B 01 06 0A 01 00 C2 0021 0123 0102030405060000 00000001 0000 01"
			    "0123 0002 ABCD",
		&p);
	assert_int_equal(p.scope, ISIS_SCOPE_E_L1FS);
	assert_true(p.scope_flag);
	struct exact e;
	assert_error(parse_as("83 1B 01 06 0A 01 00 42 0021 0123 0102030405060000 00000001 0000 01"
			      "0123 0002 ABCD",
			     &p, &e),
		0);
	assert_false(p.scope_flag);
	isis_tlvs(&p, &it);
	assert_true(tlv_next(&it, &t));
	assert_int_equal(t.type, 0x123);
	assert_bytes(t.value, t.len, "ABCD");
	assert_false(tlv_next(&it, &t));
	assert_error(it.err, 0);
	free(e.bytes);
	assert_same_written("83 21 01 06 0B 01 00 40 0021 01020304050600"
			    "0000000000000000 FFFFFFFFFFFFFFFF",
		&p);
	assert_same_written("83 11 01 06 0C 01 00 40 0011 01020304050600", &p);
	assert_int_equal(p.scope, ISIS_SCOPE_E_L1CS);
}

static void c_scope_zero_is_refused(void **state)
{
	assert_error(parse("83 11 01 06 0C 01 00 80 0011 01020304050600"), -TRILL_EVALUE);
}

static void c_a_narrow_scope_has_narrow_tlvs(void **state)
{
	struct isis_pdu p;

	assert_same_written("83 11 01 06 0C 01 00 03 0014 01020304050600 09 01 07", &p);
	assert_int_equal(p.form, TLV_STANDARD);
}

static void c_every_shorter_pdu_is_truncated(void **state)
{
	static const char *const pdus[] = {LAN_HELLO, LSP,
		"83 14 01 06 11 01 00 01 01 300330033003 001E 0014 07",
		"83 21 01 06 18 01 00 01 0021 01020304050600 0000000000000000 FFFFFFFFFFFFFFFF",
		"83 11 01 06 0C 01 00 40 0011 01020304050600",
		"83 1C 01 06 1C 01 00 01 001C AABBCCDDEEFF 010203040506 0708090A0B0C"};

	for (unsigned int i = 0; i < sizeof(pdus) / sizeof(pdus[0]); i++) {
		uint8_t bytes[64];
		size_t n = hex(bytes, sizeof(bytes), pdus[i]);

		for (size_t len = 0; len < n; len++) {
			struct exact e = exact_of(bytes, len);
			struct wire_fault fault;
			struct isis_pdu p;

			assert_error(isis_parse(e.bytes, e.len, &p, &fault), -TRILL_ETRUNC);
			free(e.bytes);
		}
	}
}

static void c_an_unknown_type_is_named(void **state)
{
	struct isis_pdu p;
	struct exact e;

	assert_error(parse_as("83 1B 01 06 10 01 00 01 0000", &p, &e), -TRILL_EUNKNOWN);
	assert_int_equal(p.type, 16); /* a level 2 LAN Hello: TRILL has one level */
	free(e.bytes);
	assert_null(isis_type_name(16));
	assert_string_equal(isis_type_name(ISIS_MTU_ACK), "mtu-ack");
}

static void c_other_headers_are_refused(void **state)
{
	assert_error(parse("81 14 01 06 11 01 00 01 01 300330033003 001E 0014 07"),
		-TRILL_EDISCRIMINATOR);
	assert_error(
		parse("83 14 02 06 11 01 00 01 01 300330033003 001E 0014 07"), -TRILL_EVERSION);
	assert_error(
		parse("83 14 01 06 11 00 00 01 01 300330033003 001E 0014 07"), -TRILL_EVERSION);
	assert_error(parse("83 13 01 06 11 01 00 01 01 300330033003 001E 0014 07"), -TRILL_EHEADER);
	assert_error(parse("83 14 01 07 11 01 00 01 01 300330033003 001E 0014 07"), -TRILL_EHEADER);
	assert_error(parse("83 14 01 00 11 01 00 01 01 300330033003 001E 0014 07"), 0);
}

static void c_maximum_area_addresses_must_be_1(void **state)
{
	assert_error(parse("83 14 01 06 11 01 00 00 01 300330033003 001E 0014 07"), -TRILL_EHEADER);
	assert_error(parse("83 14 01 06 11 01 00 03 01 300330033003 001E 0014 07"), -TRILL_EHEADER);
}

static void c_reserved_bits_are_ignored(void **state)
{
	assert_error(parse("83 14 01 06 F1 01 FF 01 FD 300330033003 001E 0014 07"), 0);
}

static void c_pdu_length_below_the_header_is_refused(void **state)
{
	assert_error(parse("83 14 01 06 11 01 00 01 01 300330033003 001E 0013 07"), -TRILL_ELENGTH);
	assert_error(parse("83 14 01 06 11 01 00 01 01 300330033003 001E 0000 07"), -TRILL_ELENGTH);
}

static void c_pdu_length_beyond_the_frame_is_refused(void **state)
{
	assert_error(
		parse("83 14 01 06 11 01 00 01 01 300330033003 001E 0015 07"), -TRILL_EOVERRUN);
	assert_error(
		parse("83 14 01 06 11 01 00 01 01 300330033003 001E FFFF 07"), -TRILL_EOVERRUN);
}

/* The bytes that it reaches for are there, and well-formed; only they are not the frame's. */
static void c_pdu_length_beyond_the_frame_is_refused_whatever_stands_there(void **state)
{
	uint8_t bytes[64];
	size_t n = hex(bytes, sizeof(bytes),
		"83 14 01 06 11 01 00 01 01 300330033003 001E 001C 07" AREA AREA);
	struct wire_fault fault;
	struct isis_pdu p;

	assert_error(isis_parse(bytes, n, &p, &fault), 0);
	for (size_t len = 20; len < n; len++)
		assert_error(isis_parse(bytes, len, &p, &fault), -TRILL_EOVERRUN);
}

static void c_padding_of_the_frame_is_no_part_of_the_pdu(void **state)
{
	struct isis_pdu p;
	struct exact e;

	assert_error(parse_as("83 14 01 06 11 01 00 01 01 300330033003 001E 0018 07" AREA "0000 FF",
			     &p, &e),
		0);
	assert_int_equal(p.len, 24);
	free(e.bytes);
}

static void c_a_tlv_beyond_the_pdu_is_refused(void **state)
{
	/* Its value, and then its head, reaches into the padding. */
	assert_error(
		parse("83 14 01 06 11 01 00 01 01 300330033003 001E 0018 07 01 03 01 00 00 00"),
		-TRILL_EOVERRUN);
	assert_error(parse("83 14 01 06 11 01 00 01 01 300330033003 001E 0015 07 01 00 00"),
		-TRILL_EOVERRUN);
	assert_error(parse("83 14 01 06 11 01 00 01 01 300330033003 001E 0018 07 01 FF 01 00"),
		-TRILL_EOVERRUN);
	/* A wide one: three bytes of a head of four. */
	assert_error(parse("83 11 01 06 0C 01 00 40 0014 01020304050600 000900"), -TRILL_EOVERRUN);
}

static void c_empty_tlvs_are_walked(void **state)
{
	struct tlv_iter it;
	struct isis_pdu p;
	struct exact e;
	struct tlv t;

	assert_error(parse_as("83 14 01 06 11 01 00 01 01 300330033003 001E 0018 07 08 00 63 00",
			     &p, &e),
		0);
	isis_tlvs(&p, &it);
	assert_true(tlv_find(&it, 0x63, &t));
	assert_int_equal(t.len, 0);
	assert_false(tlv_next(&it, &t));
	free(e.bytes);
}

/* The example LSP of tshark's and FRR's captures is not ours to copy; these are by hand: for bytes
 * 01 02 00 00 03 with the check bytes at 2, ISO 8473 annex C gives c0 = 6, c1 = 1*5 + 2*4 + 3 = 16;
 * x = 2*6 - 16 = -4 -> 251, y = 16 - 3*6 = -2 -> 253. */
static void c_checksum_by_hand(void **state)
{
	uint8_t bytes[] = {1, 2, 0xee, 0xee, 3};
	uint16_t sum = fletcher_make(bytes, sizeof(bytes), 2);

	assert_int_equal(sum, 251 << 8 | 253);
	bytes[2] = 251;
	bytes[3] = 253;
	assert_true(fletcher_right(bytes, sizeof(bytes)));
	bytes[4]++;
	assert_false(fletcher_right(bytes, sizeof(bytes)));
}

static void c_checksum_covers_all_but_the_lifetime(void **state)
{
	uint8_t bytes[64];
	size_t n = hex(bytes, sizeof(bytes), LSP AREA);
	struct wire_fault fault;
	struct isis_pdu p;

	isis_checksum_set(bytes, n);
	assert_error(isis_parse(bytes, n, &p, &fault), 0);
	assert_true(isis_checksum_right(&p));
	isis_lifetime_set(bytes, 0);
	assert_error(isis_parse(bytes, n, &p, &fault), 0);
	assert_int_equal(p.u.lsp.lifetime_s, 0);
	assert_true(isis_checksum_right(&p));
	for (size_t i = ISIS_LSP_ID_AT; i < n; i++) {
		bytes[i] ^= 0x10;
		if (fletcher_right(bytes + ISIS_LSP_ID_AT, n - ISIS_LSP_ID_AT))
			fail_msg("byte %zu is not covered", i);
		bytes[i] ^= 0x10;
	}
}

static void c_checksum_zero_is_never_right(void **state)
{
	struct wire_fault fault;
	uint8_t bytes[27] = {0x83, 27, 1, 6, 18, 1, 0, 1, 0, 27}; /* all that it covers is zero */
	struct isis_pdu p;

	assert_error(isis_parse(bytes, sizeof(bytes), &p, &fault), 0);
	assert_true(fletcher_right(bytes + ISIS_LSP_ID_AT, sizeof(bytes) - ISIS_LSP_ID_AT));
	assert_false(isis_checksum_right(&p));
}

static void c_lsp_ids_are_ordered_by_all_8_bytes(void **state)
{
	struct lsp_id a = {.system = {{1}}, .pseudonode = 2, .fragment = 3}, b = a;

	assert_int_equal(lsp_id_compare(&a, &b), 0);
	b.fragment = 4;
	assert_true(lsp_id_compare(&a, &b) < 0);
	b.pseudonode = 1;
	assert_true(lsp_id_compare(&a, &b) > 0);
	b.system.bytes[5] = 1;
	assert_true(lsp_id_compare(&a, &b) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(c_lan_hello_of_appendix_b1),
		cmocka_unit_test(c_p2p_hello),
		cmocka_unit_test(c_lsp_of_appendix_b2),
		cmocka_unit_test(c_sequence_numbers_pdus),
		cmocka_unit_test(c_mtu_probe_and_ack),
		cmocka_unit_test(c_flooding_scoped_pdus_have_wide_tlvs),
		cmocka_unit_test(c_scope_zero_is_refused),
		cmocka_unit_test(c_a_narrow_scope_has_narrow_tlvs),
		cmocka_unit_test(c_every_shorter_pdu_is_truncated),
		cmocka_unit_test(c_an_unknown_type_is_named),
		cmocka_unit_test(c_other_headers_are_refused),
		cmocka_unit_test(c_maximum_area_addresses_must_be_1),
		cmocka_unit_test(c_reserved_bits_are_ignored),
		cmocka_unit_test(c_pdu_length_below_the_header_is_refused),
		cmocka_unit_test(c_pdu_length_beyond_the_frame_is_refused),
		cmocka_unit_test(c_pdu_length_beyond_the_frame_is_refused_whatever_stands_there),
		cmocka_unit_test(c_padding_of_the_frame_is_no_part_of_the_pdu),
		cmocka_unit_test(c_a_tlv_beyond_the_pdu_is_refused),
		cmocka_unit_test(c_empty_tlvs_are_walked),
		cmocka_unit_test(c_checksum_by_hand),
		cmocka_unit_test(c_checksum_covers_all_but_the_lifetime),
		cmocka_unit_test(c_checksum_zero_is_never_right),
		cmocka_unit_test(c_lsp_ids_are_ordered_by_all_8_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
