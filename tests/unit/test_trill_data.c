/* The header of TRILL Data packets and the Ethernet headers around and inside it: item A of
 * docs/trill.md. Bytes from the figures of RFC 7780 section 10 and its appendix B.3 and B.4. */
#include "tests/unit/trill_test.h"

#include "trill/codec/data.h"

/* Appendix B.3, up to the end of the inner Ethernet header and its Ethertype. */
#define B3                                                                                         \
	"00005E0053E3 00005E0053DE 8100 0001 22F3 000E FFDF FFDC "                                 \
	"00005E005322 00005E005344 8100 0022 0800 4500"
/* Appendix B.4 without its PPP header. */
#define B4_HEADER "080D FFDD FFDC"
#define B4_INNER  "FFFFFFFFFFFF 00005E005344 8100 0022"

static int header_of(const char *text, struct data_header *h)
{
	struct exact e = exact_hex(text);
	struct wire_fault fault;
	struct wire_reader r;
	int err;

	wire_reader_init(&r, e.bytes, e.len, &fault);
	err = data_header_read(&r, h);
	free(e.bytes);
	return err;
}

static void assert_header_written(const struct data_header *h, const char *want)
{
	WRITER(w);

	data_header_write(&w, h);
	assert_true(wire_written(&w));
	assert_bytes(w_bytes, w.pos, want);
}

static void a_frame_of_appendix_b3_is_read_and_written(void **state)
{
	struct exact e = exact_hex(B3);
	uint8_t out[128];
	struct wire_fault fault;
	struct data_frame f;
	int len;

	assert_error(data_frame_read(e.bytes, e.len, &f, &fault), 0);
	assert_int_equal(f.outer.tagged, true);
	assert_int_equal(f.outer.vlan, 1);
	assert_int_equal(f.outer.priority, 0);
	assert_false(f.header.multi || f.header.alert || f.header.color || f.header.has_flags);
	assert_int_equal(f.header.hops, 14);
	assert_int_equal(f.header.egress, 0xFFDF);
	assert_int_equal(f.header.ingress, 0xFFDC);
	assert_int_equal(f.inner.label.id, 34);
	assert_false(f.inner.label.fgl);
	assert_int_equal(f.header_at, 18);
	assert_int_equal(f.inner_at, 24);
	assert_bytes(f.payload, f.payload_len, "0800 4500");
	len = data_frame_write(out, sizeof(out), &f);
	assert_bytes(out, (size_t)len, B3);
	for (size_t cap = 0; cap < (size_t)len; cap++)
		assert_error(data_frame_write(out, cap, &f), -TRILL_ENOROOM);
	free(e.bytes);
}

static void a_header_of_appendix_b4_is_multi_destination(void **state)
{
	struct data_header h;

	assert_error(header_of(B4_HEADER, &h), 0);
	assert_true(h.multi);
	assert_int_equal(h.hops, 13);
	assert_int_equal(h.egress, 0xFFDD);
	assert_int_equal(h.ingress, 0xFFDC);
	assert_header_written(&h, B4_HEADER);
}

static void a_each_bit_of_the_first_word_has_its_place(void **state)
{
	struct data_header h;

	assert_error(header_of("2000 0001 0002", &h), 0);
	assert_true(h.alert && !h.color && !h.multi && !h.has_flags);
	assert_header_written(&h, "2000 0001 0002");
	assert_error(header_of("1000 0001 0002", &h), 0);
	assert_true(h.color && !h.alert && !h.multi && !h.has_flags);
	assert_header_written(&h, "1000 0001 0002");
	assert_error(header_of("0040 0001 0002 08000018", &h), 0);
	assert_true(h.has_flags && !h.color && !h.alert && !h.multi);
	assert_int_equal(h.flags, 0x08000018);
	assert_header_written(&h, "0040 0001 0002 08000018");
	assert_error(header_of("003F 0001 0002", &h), 0);
	assert_int_equal(h.hops, 63);
	assert_header_written(&h, "003F 0001 0002");
}

static void a_another_version_is_refused(void **state)
{
	struct data_header h;

	assert_error(header_of("4001 0001 0002", &h), -TRILL_EVERSION);
	assert_error(header_of("8001 0001 0002", &h), -TRILL_EVERSION);
	assert_int_equal(h.version, 2);
}

static void a_each_reserved_bit_is_refused(void **state)
{
	static const char *const reserved[] = {
		"0401 0001 0002", "0201 0001 0002", "0101 0001 0002", "0081 0001 0002"};
	struct data_header h;

	for (unsigned int i = 0; i < 4; i++)
		assert_error(header_of(reserved[i], &h), -TRILL_EVALUE);
}

static void a_every_shorter_header_is_truncated(void **state)
{
	uint8_t bytes[10];
	size_t n = hex(bytes, sizeof(bytes), "0041 0001 0002 00000000");

	for (size_t len = 0; len < n; len++) {
		struct exact e = exact_of(bytes, len);
		struct wire_fault fault;
		struct data_header h;
		struct wire_reader r;

		wire_reader_init(&r, e.bytes, e.len, &fault);
		assert_error(data_header_read(&r, &h), -TRILL_ETRUNC);
		free(e.bytes);
	}
}

static void a_every_shorter_frame_is_truncated(void **state)
{
	uint8_t bytes[64];
	size_t n = hex(bytes, sizeof(bytes), B3) - 4; /* an empty payload is no fault here */

	for (size_t len = 0; len < n; len++) {
		struct exact e = exact_of(bytes, len);
		struct wire_fault fault;
		struct data_frame f;

		assert_error(data_frame_read(e.bytes, e.len, &f, &fault), -TRILL_ETRUNC);
		free(e.bytes);
	}
}

static void a_another_ethertype_is_not_trill(void **state)
{
	struct exact e = exact_hex("00005E0053E3 00005E0053DE 0800 000E FFDF FFDC 0000");
	struct wire_fault fault;
	struct data_frame f;

	assert_error(data_frame_read(e.bytes, e.len, &f, &fault), -TRILL_EUNKNOWN);
	free(e.bytes);
}

/* RFC 7780 section 10.2.1: bits 14-16 of the flags word are the high part; bit 2 says that a
 * critical reserved flag is set. 511 = 7 x 64 + 63. */
static void a_hop_counts_over_63_go_into_the_flags_word(void **state)
{
	struct data_header h = {.hops = 64, .egress = 1, .ingress = 2};

	assert_header_written(&h, "0040 0001 0002 20008000");
	h.hops = 511;
	assert_header_written(&h, "007F 0001 0002 20038000");
	assert_error(header_of("007F 0001 0002 20038000", &h), 0);
	assert_int_equal(h.hops, 511);
	assert_int_equal(h.flags, DATA_FLAG_CRRSV);
	h.hops = 512;
	WRITER(w);
	data_header_write(&w, &h);
	assert_false(wire_written(&w));
}

static int inner_of(const char *text, struct ethernet_inner *inner)
{
	struct exact e = exact_hex(text);
	struct wire_fault fault;
	struct wire_reader r;
	int err;

	wire_reader_init(&r, e.bytes, e.len, &fault);
	err = ethernet_inner_read(&r, inner);
	free(e.bytes);
	return err;
}

static void a_an_inner_frame_without_a_tag_is_refused(void **state)
{
	struct ethernet_inner inner;

	assert_error(inner_of("FFFFFFFFFFFF 00005E005344 0806 0001", &inner), -TRILL_EVALUE);
}

static void a_fine_grained_label_has_two_halves_of_12_bits(void **state)
{
	struct ethernet_inner inner;
	WRITER(w);

	assert_error(inner_of("FFFFFFFFFFFF 00005E005344 893B E123 893B E456", &inner), 0);
	assert_true(inner.label.fgl);
	assert_int_equal(inner.label.id, 0x123456);
	assert_int_equal(inner.priority, 7);
	ethernet_inner_write(&w, &inner);
	assert_bytes(w_bytes, w.pos, "FFFFFFFFFFFF 00005E005344 893B E123 893B E456");
}

static void a_wrong_second_half_of_a_label_is_refused(void **state)
{
	struct ethernet_inner inner;

	assert_error(
		inner_of("FFFFFFFFFFFF 00005E005344 893B 0123 8100 0456", &inner), -TRILL_EVALUE);
	assert_error(
		inner_of("FFFFFFFFFFFF 00005E005344 893B 0123 893B 04", &inner), -TRILL_ETRUNC);
}

static void a_inner_tag_keeps_priority_and_dei(void **state)
{
	struct ethernet_inner inner;
	WRITER(w);

	assert_error(inner_of(B4_INNER, &inner), 0);
	assert_int_equal(inner.label.id, 34);
	assert_error(inner_of("FFFFFFFFFFFF 00005E005344 8100 D022", &inner), 0);
	assert_int_equal(inner.priority, 6);
	assert_true(inner.dei);
	ethernet_inner_write(&w, &inner);
	assert_bytes(w_bytes, w.pos, "FFFFFFFFFFFF 00005E005344 8100 D022");
}

static void a_nicknames_that_may_be_held(void **state)
{
	assert_false(nickname_usable(0));
	assert_true(nickname_usable(1));
	assert_true(nickname_usable(0xFFBF));
	assert_false(nickname_usable(0xFFC0));
	assert_false(nickname_usable(0xFFC1));
	assert_false(nickname_usable(0xFFFF));
}

static void a_group_addresses(void **state)
{
	assert_bytes(mac_all_rbridges.bytes, 6, "0180C2000040");
	assert_bytes(mac_all_isis_rbridges.bytes, 6, "0180C2000041");
	assert_bytes(mac_all_egress.bytes, 6, "0180C2000042");
	assert_bytes(mac_all_edge.bytes, 6, "0180C2000046");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_frame_of_appendix_b3_is_read_and_written),
		cmocka_unit_test(a_header_of_appendix_b4_is_multi_destination),
		cmocka_unit_test(a_each_bit_of_the_first_word_has_its_place),
		cmocka_unit_test(a_another_version_is_refused),
		cmocka_unit_test(a_each_reserved_bit_is_refused),
		cmocka_unit_test(a_every_shorter_header_is_truncated),
		cmocka_unit_test(a_every_shorter_frame_is_truncated),
		cmocka_unit_test(a_another_ethertype_is_not_trill),
		cmocka_unit_test(a_hop_counts_over_63_go_into_the_flags_word),
		cmocka_unit_test(a_an_inner_frame_without_a_tag_is_refused),
		cmocka_unit_test(a_fine_grained_label_has_two_halves_of_12_bits),
		cmocka_unit_test(a_wrong_second_half_of_a_label_is_refused),
		cmocka_unit_test(a_inner_tag_keeps_priority_and_dei),
		cmocka_unit_test(a_nicknames_that_may_be_held),
		cmocka_unit_test(a_group_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
