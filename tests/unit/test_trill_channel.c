/* RBridge Channel, Address Flush and OAM messages: the codecs of items L, J and M of docs/trill.md.
 * Bytes from the figures of RFC 7178 section 2.1.1, RFC 8139 section 6.2, RFC 8383 section 2 and
 * RFC 7455 section 8. */
#include "tests/unit/trill_test.h"

#include "trill/codec/channel.h"
#include "trill/codec/flush.h"

static int channel_of(const char *text, struct channel *c)
{
	struct exact e = exact_hex(text);
	struct wire_fault fault;
	int err = channel_read(e.bytes, e.len, c, &fault);

	free(e.bytes);
	return err;
}

static void l_channel_header_each_bit_has_its_place(void **state)
{
	static const struct {
		const char *bytes;
		struct channel c;
	} rows[] = {
		{"8946 0001 8000", {.protocol = 1, .silent = true}},
		{"8946 0FFF 4000", {.protocol = 0xfff, .multi_hop = true}},
		{"8946 0009 2000", {.protocol = 9, .native = true}},
		{"8946 0001 0005", {.protocol = 1, .err = 5}},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct channel c;
		WRITER(w);

		assert_error(channel_of(rows[i].bytes, &c), 0);
		assert_int_equal(c.protocol, rows[i].c.protocol);
		assert_int_equal(c.silent, rows[i].c.silent);
		assert_int_equal(c.multi_hop, rows[i].c.multi_hop);
		assert_int_equal(c.native, rows[i].c.native);
		assert_int_equal(c.err, rows[i].c.err);
		channel_put(&w, &rows[i].c);
		assert_bytes(w_bytes, w.pos, rows[i].bytes);
	}
}

/* Each fault is answered by its own ERR (RFC 7178 section 3.2). */
static void l_channel_faults_have_their_err(void **state)
{
	static const struct {
		const char *bytes;
		int err;
		enum channel_err answer;
	} rows[] = {{"", -TRILL_ETRUNC, CHANNEL_ERR_SHORT},
		{"89", -TRILL_ETRUNC, CHANNEL_ERR_SHORT},
		{"8946 0001 80", -TRILL_ETRUNC, CHANNEL_ERR_SHORT},
		{"8947", -TRILL_EUNKNOWN, CHANNEL_ERR_ETHERTYPE},
		{"8946 1001 8000", -TRILL_EVERSION, CHANNEL_ERR_VERSION},
		{"8946 0001 1FF0", 0, CHANNEL_ERR_NONE}}; /* reserved flags are ignored */
	struct channel c;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_error(channel_of(rows[i].bytes, &c), rows[i].err);
		assert_int_equal(channel_err_of(rows[i].err), rows[i].answer);
	}
}

static void l_port_shutdown_lists_ports(void **state)
{
	struct exact e = exact_hex("8946 0006 0000 0001 ABCD 00");
	struct wire_fault fault;
	struct channel c;

	assert_error(channel_read(e.bytes, e.len, &c, &fault), 0);
	assert_int_equal(port_shutdown_count(&c), 2);
	assert_int_equal(port_shutdown_at(&c, 0), 1);
	assert_int_equal(port_shutdown_at(&c, 1), 0xABCD);
	c.payload_len = 1;
	assert_error(port_shutdown_count(&c), -TRILL_ESHORT);
	free(e.bytes);
}

static const struct mac mac_a = {{0x02, 0, 0, 0, 0, 0x0a}}, mac_b = {{0x02, 0, 0, 0, 0, 0x0b}};

static int flush_of(const char *text, struct flush *f)
{
	static struct exact kept; /* what is read borrows from it */
	struct wire_fault fault;

	free(kept.bytes);
	kept = exact_hex(text);
	return flush_read(kept.bytes, kept.len, 0x1111, f, &fault);
}

static bool goes(const struct flush *f, bool fgl, uint32_t id, const struct mac *mac, uint16_t nick)
{
	return flush_applies(f, (struct label){.id = id, .fgl = fgl}, mac, nick);
}

static void j_flush_without_nicknames_is_for_the_ingress(void **state)
{
	struct flush f;

	assert_error(flush_of("00 01 F005 F007", &f), 0);
	assert_true(goes(&f, false, 5, &mac_a, 0x1111));
	assert_true(goes(&f, false, 7, &mac_a, 0x1111));
	assert_false(goes(&f, false, 4, &mac_a, 0x1111) || goes(&f, false, 8, &mac_a, 0x1111));
	assert_false(goes(&f, false, 5, &mac_a, 0x2222));
	assert_false(goes(&f, true, 5, &mac_a, 0x1111));
}

static void j_flush_with_nicknames_is_for_them_alone(void **state)
{
	struct flush f;

	assert_error(flush_of("02 2222 3333 02 0005 0005 0007 0006", &f), 0);
	assert_true(goes(&f, false, 5, &mac_a, 0x2222) && goes(&f, false, 5, &mac_a, 0x3333));
	assert_false(goes(&f, false, 5, &mac_a, 0x1111));
	assert_false(goes(&f, false, 6, &mac_a, 0x2222)); /* end before start: ignored */
}

static void j_flush_vlan_types(void **state)
{
	struct flush f;

	assert_error(flush_of("00 00 01 08 0005 0006 0000 0001", &f), 0);
	assert_true(goes(&f, false, 6, &mac_a, 0x1111) && goes(&f, false, 1, &mac_a, 0x1111));
	assert_false(goes(&f, false, 7, &mac_a, 0x1111) || goes(&f, false, 0, &mac_a, 0x1111));
	assert_error(flush_of("00 00 02 04 F00A 81 40", &f), 0);
	for (unsigned int v = 1; v < 64; v++)
		assert_int_equal(goes(&f, false, v, &mac_a, 0x1111), v == 10 || v == 17 || v == 19);
}

static void j_flush_fgl_types(void **state)
{
	struct flush f;

	assert_error(flush_of("00 00 03 06 000005 000006 04 03 123456 05 04 000100 81", &f), 0);
	assert_true(goes(&f, true, 5, &mac_a, 0x1111) && goes(&f, true, 6, &mac_a, 0x1111));
	assert_true(goes(&f, true, 0x123456, &mac_a, 0x1111));
	assert_true(goes(&f, true, 0x100, &mac_a, 0x1111) && goes(&f, true, 0x107, &mac_a, 0x1111));
	assert_false(goes(&f, true, 7, &mac_a, 0x1111) || goes(&f, true, 0x101, &mac_a, 0x1111) ||
		     goes(&f, true, 0x108, &mac_a, 0x1111) || goes(&f, false, 5, &mac_a, 0x1111));
}

static void j_flush_of_all_labels(void **state)
{
	struct flush f;

	assert_error(flush_of("00 00 06 00", &f), 0);
	assert_true(goes(&f, false, 4094, &mac_a, 0x1111) && goes(&f, true, 1, &mac_a, 0x1111));
}

static void j_flush_without_labels_does_nothing(void **state)
{
	struct flush f;

	assert_error(flush_of("00 00", &f), 0);
	assert_false(goes(&f, false, 1, &mac_a, 0x1111));
	assert_error(flush_of("00 00 07 06 02000000000A", &f), 0);
	assert_false(goes(&f, false, 1, &mac_a, 0x1111));
}

static void j_flush_of_macs_and_blocks_of_macs(void **state)
{
	struct flush f;

	assert_error(flush_of("00 00 06 00 07 06 02000000000A", &f), 0);
	assert_true(goes(&f, false, 1, &mac_a, 0x1111));
	assert_false(goes(&f, false, 1, &mac_b, 0x1111));
	assert_error(flush_of("00 00 06 00 08 0C 02000000000B 0200000000FF", &f), 0);
	assert_true(goes(&f, false, 1, &mac_b, 0x1111));
	assert_false(goes(&f, false, 1, &mac_a, 0x1111));
	assert_error(flush_of("00 00 06 00 08 0C 02000000000B 02000000000A", &f), 0);
	assert_false(goes(&f, false, 1, &mac_a, 0x1111) || goes(&f, false, 1, &mac_b, 0x1111));
}

static void j_flush_unknown_types_and_padding_are_passed_over(void **state)
{
	struct flush f;

	assert_error(flush_of("00 00 FE 02 ABCD 06 00 0000 00", &f), 0);
	assert_true(goes(&f, false, 1, &mac_a, 0x1111));
}

static void j_flush_of_wrong_lengths_is_ignored_whole(void **state)
{
	static const struct {
		const char *bytes;
		int err;
	} rows[] = {{"", -TRILL_ETRUNC}, {"00", -TRILL_ETRUNC}, {"01 11", -TRILL_ETRUNC},
		{"00 01 0005 00", -TRILL_ETRUNC}, {"00 00 01", -TRILL_EOVERRUN},
		{"00 00 01 05 0005 0006", -TRILL_EOVERRUN}, {"00 00 01 03 0005 00", -TRILL_ELENGTH},
		{"00 00 02 00", -TRILL_ELENGTH}, {"00 00 02 01 00", -TRILL_ELENGTH},
		{"00 00 03 04 00000500", -TRILL_ELENGTH}, {"00 00 04 02 0000", -TRILL_ELENGTH},
		{"00 00 05 02 0000", -TRILL_ELENGTH}, {"00 00 06 01 00", -TRILL_ELENGTH},
		{"00 00 07 05 0200000000", -TRILL_ELENGTH},
		{"00 00 08 06 02000000000A", -TRILL_ELENGTH}};
	struct flush f;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_error(flush_of(rows[i].bytes, &f), rows[i].err);
}

static void j_flush_of_one_moved_mac_is_written(void **state)
{
	WRITER(w);
	WRITER(v);

	flush_put_mac(&w, (struct label){.id = 34}, &mac_a, 0x2222);
	assert_bytes(w_bytes, w.pos, "01 2222 00 01 04 0022 0022 07 06 02000000000A");
	flush_put_mac(&v, (struct label){.id = 0x123456, .fgl = true}, &mac_a, 0x2222);
	assert_bytes(v_bytes, v.pos, "01 2222 00 04 03 123456 07 06 02000000000A");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(l_channel_header_each_bit_has_its_place),
		cmocka_unit_test(l_channel_faults_have_their_err),
		cmocka_unit_test(l_port_shutdown_lists_ports),
		cmocka_unit_test(j_flush_without_nicknames_is_for_the_ingress),
		cmocka_unit_test(j_flush_with_nicknames_is_for_them_alone),
		cmocka_unit_test(j_flush_vlan_types),
		cmocka_unit_test(j_flush_fgl_types),
		cmocka_unit_test(j_flush_of_all_labels),
		cmocka_unit_test(j_flush_without_labels_does_nothing),
		cmocka_unit_test(j_flush_of_macs_and_blocks_of_macs),
		cmocka_unit_test(j_flush_unknown_types_and_padding_are_passed_over),
		cmocka_unit_test(j_flush_of_wrong_lengths_is_ignored_whole),
		cmocka_unit_test(j_flush_of_one_moved_mac_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
