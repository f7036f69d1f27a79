/* The TLVs of LSPs and sequence numbers PDUs: item H of docs/trill.md. Bytes from the figures of
 * RFC 7176 section 2.3 and its text, RFC 5305, RFC 6232 and RFC 6823, and appendix B.2 of RFC 7780.
 */
#include "tests/unit/trill_test.h"

#include "trill/codec/capability.h"
#include "trill/codec/lsp_tlv.h"

/* Appendix B.2's capability with the router ID that RFC 4971 has and the appendix leaves out. */
#define B2 "F2 13 00000000 00  06 05 33 1234 FFDE  0D 05 00 40000000"

static void h_capability_of_appendix_b2(void **state)
{
	struct exact e = exact_hex(B2);
	struct capability_nickname n;
	struct trill_version v;
	struct tlv_iter it, subs;
	uint16_t topology;
	struct tlv t, sub;
	size_t at;
	WRITER(w);

	tlv_iter_init(&it, e.bytes, e.len, TLV_STANDARD);
	assert_true(tlv_find(&it, TLV_CAPABILITY, &t));
	assert_error(capability_read(&t, &topology, &subs), 0);
	assert_true(tlv_next(&subs, &sub));
	assert_int_equal(capability_nicknames_count(&sub), 1);
	capability_nickname_at(&sub, 0, &n);
	assert_int_equal(n.priority, 0x33);
	assert_int_equal(n.root_priority, 0x1234);
	assert_int_equal(n.nickname, 0xFFDE);
	assert_true(tlv_find(&subs, CAPABILITY_VERSION, &sub));
	assert_error(hello_version_read(&sub, &v), 0);
	assert_int_equal(v.max, 0);
	assert_int_equal(v.capabilities, CAPABILITY_BIT_FGL_SAFE);
	free(e.bytes);

	at = capability_begin(&w, 0);
	capability_nicknames_put(&w, &n, 1);
	hello_version_put(&w, CAPABILITY_VERSION, &v);
	tlv_end(&w, at, TLV_STANDARD);
	assert_bytes(w_bytes, w.pos, B2);
}

static void h_capability_heads_of_both_forms(void **state)
{
	struct exact e = exact_hex("F005 07 06 0001 0002 0003");
	struct tlv t = tlv_of(TLV_MT_CAPABILITY, &e), sub;
	struct capability_trees trees;
	struct tlv_iter subs;
	uint16_t topology = 99;

	assert_error(capability_read(&t, &topology, &subs), 0);
	assert_int_equal(topology, 5);
	assert_true(tlv_next(&subs, &sub));
	assert_error(capability_trees_read(&sub, &trees), 0);
	t.len = 1;
	assert_error(capability_read(&t, &topology, &subs), -TRILL_ESHORT);
	t.type = TLV_CAPABILITY;
	t.len = 4;
	assert_error(capability_read(&t, &topology, &subs), -TRILL_ESHORT);
	t.len = 5;
	assert_error(capability_read(&t, &topology, &subs), 0);
	assert_int_equal(topology, 0);
	assert_false(tlv_next(&subs, &sub));
	free(e.bytes);
}

static void h_nicknames_of_other_lengths_are_refused(void **state)
{
	struct exact e = exact_hex("33 1234 FFDE 33 1234 FF");
	struct tlv t = tlv_of(CAPABILITY_NICKNAME, &e);

	assert_error(capability_nicknames_count(&t), -TRILL_ELENGTH);
	t.len = 0;
	assert_int_equal(capability_nicknames_count(&t), 0);
	free(e.bytes);
}

static void h_trees(void **state)
{
	struct capability_trees trees = {.compute = 1, .max = 0x0203, .use = 4};
	uint8_t bytes[7] = {0};
	WRITER(w);

	capability_trees_put(&w, &trees);
	assert_bytes(w_bytes, w.pos, "07 06 0001 0203 0004");
	for (size_t len = 0; len <= 7; len++) {
		struct exact e = exact_of(bytes, len);
		struct tlv t = tlv_of(CAPABILITY_TREES, &e);

		assert_error(capability_trees_read(&t, &trees), len < 6   ? -TRILL_ESHORT
								: len > 6 ? -TRILL_ELENGTH
									  : 0);
		free(e.bytes);
	}
}

static void h_tree_identifiers(void **state)
{
	static const uint16_t nicknames[] = {0x1111, 0x2222};
	struct exact e = exact_hex("0003 1111 2222");
	struct tlv t = tlv_of(CAPABILITY_TREE_IDS, &e);
	uint16_t start;
	WRITER(w);

	assert_int_equal(capability_tree_ids_read(&t, &start), 2);
	assert_int_equal(start, 3);
	assert_int_equal(capability_tree_id_at(&t, 1), 0x2222);
	capability_tree_ids_put(&w, CAPABILITY_TREE_USE_IDS, 3, nicknames, 2);
	assert_bytes(w_bytes, w.pos, "09 06 0003 1111 2222");
	t.len = 5;
	assert_error(capability_tree_ids_read(&t, &start), -TRILL_ELENGTH);
	t.len = 1;
	assert_error(capability_tree_ids_read(&t, &start), -TRILL_ESHORT);
	free(e.bytes);
}

static int interest_of(unsigned int type, const char *text, struct capability_interest *i)
{
	static struct exact kept; /* what is read borrows from it */
	struct tlv t;

	free(kept.bytes);
	kept = exact_hex(text);
	t = tlv_of(type, &kept);
	return capability_interest_read(&t, i);
}

static void assert_interest_written(const struct capability_interest *i, const char *want)
{
	WRITER(w);

	capability_interest_put(&w, i);
	assert_bytes(w_bytes, w.pos, want);
}

static void h_interested_vlans(void **state)
{
	struct capability_interest i;

	assert_error(interest_of(10, "0007 D001 3FFE 00000009 800000000001", &i), 0);
	assert_int_equal(i.nickname, 7);
	assert_true(i.m4 && i.m6 && i.esadi && i.pull && i.no_data && !i.fgl);
	assert_int_equal(i.start, 1);
	assert_int_equal(i.end, 0xffe);
	assert_int_equal(i.af_lost, 9);
	assert_int_equal(i.root_count, 1);
	assert_bytes(i.roots, 6, "800000000001");
	assert_interest_written(&i, "0A 10 0007 D001 3FFE 00000009 800000000001");
	assert_error(interest_of(10, "0000 8001 0001 00000000", &i), 0);
	assert_true(i.m4 && !i.m6 && !i.esadi && !i.pull && !i.no_data);
	assert_error(interest_of(10, "0000 4001 0001 00000000", &i), 0);
	assert_true(i.m6 && !i.m4 && !i.esadi);
	assert_error(interest_of(10, "0000 1001 2001 00000000", &i), 0);
	assert_true(i.esadi && i.pull && !i.no_data && !i.m4 && !i.m6);
}

static void h_interested_vlans_at_the_ends(void **state)
{
	struct capability_interest i;

	assert_error(interest_of(10, "0000 0000 0FFF 00000000", &i), 0);
	assert_int_equal(i.start, 1);
	assert_int_equal(i.end, 0xffe);
	assert_error(interest_of(10, "0000 0000 0000 00000000", &i), -TRILL_EVALUE);
	assert_error(interest_of(10, "0000 0FFF 0FFF 00000000", &i), -TRILL_EVALUE);
	assert_error(interest_of(10, "0000 0005 0004 00000000", &i), -TRILL_EVALUE);
	assert_true(!capability_interest_read(
		&(struct tlv){
			.type = 10, .len = 10, .value = (const uint8_t *)"\0\0\0\5\0\6\0\0\0\0"},
		&i));
	assert_true(i.start == 5 && i.end == 6);
}

static void h_interested_lengths(void **state)
{
	struct capability_interest i;

	assert_error(interest_of(10, "0000 0001 0001 000000", &i), -TRILL_ESHORT);
	assert_error(interest_of(10, "", &i), -TRILL_ESHORT);
	assert_error(interest_of(10, "0000 0001 0001 00000000 80", &i), -TRILL_ELENGTH);
	assert_error(interest_of(15, "0000 00 000001 000001 000000", &i), -TRILL_ESHORT);
	/* 13 + 6n, not 11 + 6n */
	assert_error(interest_of(15, "0000 00 000001 000001 00000000", &i), 0);
	assert_error(
		interest_of(15, "0000 00 000001 000001 00000000 8000000000", &i), -TRILL_ELENGTH);
}

static void h_interested_labels(void **state)
{
	struct capability_interest i;

	assert_error(interest_of(15, "0007 D3 000001 FFFFFF 00000009 800000000001", &i), 0);
	assert_true(i.fgl && i.m4 && i.m6 && i.esadi && i.pull && i.no_data && !i.is_bitmap);
	assert_int_equal(i.start, 1);
	assert_int_equal(i.end, 0xffffff);
	assert_interest_written(&i, "0F 13 0007 D3 000001 FFFFFF 00000009 800000000001");
	assert_error(interest_of(15, "0007 00 000005 000004 00000000", &i), -TRILL_EVALUE);
	assert_error(interest_of(15, "0007 20 000100 800001 00000000", &i), 0);
	assert_true(i.is_bitmap);
	assert_int_equal(i.start, 0x100);
	assert_int_equal(i.bitmap, 0x800001); /* 0x100 and 0x117 */
	assert_interest_written(&i, "0F 0D 0007 20 000100 800001 00000000");
	assert_error(interest_of(15, "0007 20 FFFFFF C00000 00000000", &i), 0);
	assert_int_equal(i.bitmap, 0xc00000);
}

static void h_vlan_and_label_groups(void **state)
{
	static const uint32_t vlans[] = {1, 2, 0xffe}, labels[] = {0x123456, 7};
	struct exact e = exact_hex("F001 F002 0FFE"), f = exact_hex("123456 000007");
	struct tlv t = tlv_of(CAPABILITY_VLAN_GROUP, &e), u = tlv_of(CAPABILITY_LABEL_GROUP, &f);
	WRITER(w);

	assert_int_equal(capability_group_count(&t), 3);
	assert_int_equal(capability_group_at(&t, 0), 1);
	assert_int_equal(capability_group_at(&t, 2), 0xffe);
	assert_int_equal(capability_group_count(&u), 2);
	assert_int_equal(capability_group_at(&u, 0), 0x123456);
	t.len = 5;
	assert_error(capability_group_count(&t), -TRILL_ELENGTH);
	t.len = 2;
	assert_error(capability_group_count(&t), -TRILL_ESHORT);
	u.len = 4;
	assert_error(capability_group_count(&u), -TRILL_ESHORT);
	capability_group_put(&w, CAPABILITY_VLAN_GROUP, vlans, 3);
	capability_group_put(&w, CAPABILITY_LABEL_GROUP, labels, 2);
	assert_bytes(w_bytes, w.pos, "0E 06 0001 0002 0FFE 12 06 123456 000007");
	free(e.bytes);
	free(f.bytes);
}

static bool channels_have(const char *text, unsigned int protocol)
{
	struct exact e = exact_hex(text);
	struct tlv t = tlv_of(CAPABILITY_CHANNELS, &e);
	bool have = capability_channels_have(&t, protocol);

	free(e.bytes);
	return have;
}

/* The two encodings of protocols 1 and 32 that RFC 7176 section 2.3.9 gives. */
static void h_channel_protocols(void **state)
{
	static const char *const both[] = {"0A00 4000000080", "0200 40 0204 80"};
	static const uint16_t two[] = {1, 32}, more[] = {1, 2, 3, 6, 9, 0xfff}, wrong[] = {2, 1};

	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int p = 0; p < 64; p++)
			assert_int_equal(channels_have(both[i], p), p == 1 || p == 32);
	assert_false(channels_have("", 0));
	assert_false(channels_have("0A00 4000", 1)); /* runs over: ignored */
	assert_true(channels_have("0200 40 0A04 80", 1));
	assert_false(channels_have("0200 40 0A04 80", 32));
	assert_true(channels_have("0200 40 FFFF", 1)); /* two bytes left over are ignored */
	WRITER(w);
	capability_channels_put(&w, two, 2);
	assert_bytes(w_bytes, w.pos, "10 06 0200 40 0204 80");
	WRITER(v);
	capability_channels_put(&v, more, 6);
	assert_bytes(v_bytes, v.pos, "10 07 0400 7240 03FF 01");
	WRITER(u);
	capability_channels_put(&u, wrong, 2);
	assert_false(wire_written(&u));
}

static void h_affinity(void **state)
{
	static const uint16_t trees[] = {1, 3};
	struct exact e = exact_hex("1234 00 02 0001 0003  1235 FF 00");
	struct tlv t = tlv_of(CAPABILITY_AFFINITY, &e);
	struct capability_affinity a;
	size_t at = 0;
	int err;
	WRITER(w);

	assert_true(capability_affinity_next(&t, &at, &a, &err));
	assert_int_equal(a.nickname, 0x1234);
	assert_int_equal(a.count, 2);
	assert_bytes(a.trees, 4, "0001 0003");
	assert_true(capability_affinity_next(&t, &at, &a, &err));
	assert_int_equal(a.count, 0);
	assert_false(capability_affinity_next(&t, &at, &a, &err));
	assert_error(err, 0);
	for (t.len = 1; t.len < 8; t.len++) {
		at = 0;
		assert_false(capability_affinity_next(&t, &at, &a, &err));
		assert_error(err, -TRILL_EOVERRUN);
	}
	free(e.bytes);
	capability_affinity_put(&w, 0x1234, trees, 2);
	assert_bytes(w_bytes, w.pos, "11 08 1234 00 02 0001 0003");
}

static void h_reachability_with_an_mtu(void **state)
{
	struct exact e = exact_hex("01020304050600 004E20 05 1C 03 80 2328"
				   "01020304050707 FFFFFF 00");
	struct tlv t = tlv_of(TLV_REACHABILITY, &e);
	struct reach first, second, none;
	size_t at = 0;
	int err;
	WRITER(w);

	assert_true(reach_next(&t, &at, &first, &err));
	assert_int_equal(first.metric, 20000);
	assert_true(first.has_mtu && first.mtu_failed);
	assert_int_equal(first.mtu, 9000);
	assert_true(reach_next(&t, &at, &second, &err));
	assert_int_equal(second.neighbor.circuit, 7);
	assert_int_equal(second.metric, 0xffffff);
	assert_false(second.has_mtu);
	assert_false(reach_next(&t, &at, &none, &err));
	assert_error(err, 0);
	reach_put(&w, &first);
	reach_put(&w, &second);
	assert_int_equal(w.pos, e.len);
	assert_memory_equal(w_bytes, e.bytes, e.len);
	free(e.bytes);
}

/* RFC 6325 section 4.2.4.4: "the minimum of 2**24-2 and 20,000,000,000,000 divided by the port's
 * line speed in bits per second". */
static void h_the_default_metric_is_by_the_speed_of_the_link(void **state)
{
	static const uint32_t cases[][2] = {{1, 16777214}, {2, 10000000}, {10, 2000000},
		{1000, 20000}, {10000, 2000}, {100000, 200}, {20000000, 1}, {40000000, 1}};

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(reach_metric_of(cases[i][0]), cases[i][1]);
}

static void h_reachability_lengths(void **state)
{
	static const char *const wrong[] = {"0102030405060000", "01020304050600 004E20",
		"01020304050600 004E20 01", "01020304050600 004E20 01 1C",
		"01020304050600 004E20 02 1C 01"};
	struct exact e = exact_hex("01020304050600 004E20 04 1C 02 80 23"); /* 28 of 2 bytes */
	struct tlv t = tlv_of(TLV_REACHABILITY, &e);
	struct reach reach;
	size_t at = 0;
	int err;

	assert_true(reach_next(&t, &at, &reach, &err));
	assert_false(reach.has_mtu);
	free(e.bytes);
	for (unsigned int i = 0; i < 5; i++) {
		e = exact_hex(wrong[i]);
		t = tlv_of(TLV_REACHABILITY, &e);
		at = 0;
		assert_false(reach_next(&t, &at, &reach, &err));
		assert_error(err, -TRILL_EOVERRUN);
		free(e.bytes);
	}
}

static void h_lsp_entries(void **state)
{
	struct exact e = exact_hex("04B0 0102030405060003 00001234 ABCD");
	struct tlv t = tlv_of(TLV_LSP_ENTRIES, &e);
	struct lsp_entry entry;
	WRITER(w);

	assert_int_equal(lsp_entries_count(&t), 1);
	lsp_entry_at(&t, 0, &entry);
	assert_int_equal(entry.lifetime_s, 1200);
	assert_int_equal(entry.id.fragment, 3);
	assert_int_equal(entry.sequence, 0x1234);
	assert_int_equal(entry.checksum, 0xABCD);
	lsp_entries_put(&w, &entry, 1, TLV_STANDARD);
	lsp_entries_put(&w, &entry, 1, TLV_EXTENDED);
	assert_bytes(w_bytes, w.pos,
		"09 10 04B0 0102030405060003 00001234 ABCD"
		"0009 0010 04B0 0102030405060003 00001234 ABCD");
	t.len = 15;
	assert_error(lsp_entries_count(&t), -TRILL_ELENGTH);
	t.len = 0;
	assert_int_equal(lsp_entries_count(&t), 0);
	free(e.bytes);
}

static void h_lsp_entries_over_15_do_not_fit_a_narrow_tlv(void **state)
{
	static struct lsp_entry many[16];
	WRITER(w);
	WRITER(wide);

	lsp_entries_put(&w, many, 16, TLV_STANDARD);
	assert_false(wire_written(&w));
	lsp_entries_put(&wide, many, 16, TLV_EXTENDED);
	assert_true(wire_written(&wide));
}

static void h_purge_originator(void **state)
{
	static const struct {
		const char *value;
		int err;
	} rows[] = {{"01 010203040506", 0}, {"02 010203040506 0708090A0B0C", 0},
		{"", -TRILL_ESHORT}, {"01 0102030405", -TRILL_ESHORT},
		{"02 010203040506", -TRILL_ESHORT}, {"00 010203040506", -TRILL_EVALUE},
		{"03 010203040506", -TRILL_EVALUE}, {"01 010203040506 00", -TRILL_ELENGTH}};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exact e = exact_hex(rows[i].value);
		struct tlv t = tlv_of(TLV_PURGE_ORIGINATOR, &e);
		struct purge_originator p;
		WRITER(w);

		assert_error(purge_originator_read(&t, &p), rows[i].err);
		if (!rows[i].err) {
			purge_originator_put(&w, &p, TLV_STANDARD);
			assert_int_equal(w_bytes[0], 13);
			assert_bytes(w_bytes + 2, w.pos - 2, rows[i].value);
		}
		free(e.bytes);
	}
}

static void h_buffer_size(void **state)
{
	uint8_t bytes[3] = {0x05, 0xBE, 0};
	WRITER(w);

	buffer_size_put(&w, 1470);
	assert_bytes(w_bytes, w.pos, "0E 02 05BE");
	for (size_t len = 0; len <= 3; len++) {
		struct exact e = exact_of(bytes, len);
		struct tlv t = tlv_of(TLV_BUFFER_SIZE, &e);
		uint16_t size;

		assert_error(buffer_size_read(&t, &size), len < 2   ? -TRILL_ESHORT
							  : len > 2 ? -TRILL_ELENGTH
								    : 0);
		if (len == 2)
			assert_int_equal(size, 1470);
		free(e.bytes);
	}
}

static void h_group_addresses(void **state)
{
	static const struct {
		unsigned int type;
		const char *value;
		unsigned int address_len, count;
		uint32_t label;
	} rows[] = {
		{1, "0000 0022 01 00 01005E000001", 6, 1, 0x22},
		{2, "0000 0022 02 01 EF000001 C0000201 00 EF000002", 4, 2, 0x22},
		{3, "0000 0022 00", 16, 0, 0x22},
		{4, "0000 123456 01 00 01005E000001", 6, 1, 0x123456},
		{5, "0000 123456 01 00 EF000001", 4, 1, 0x123456},
		{6, "0000 123456 01 00 FF020000000000000000000000000001", 16, 1, 0x123456},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exact e = exact_hex(rows[i].value);
		struct tlv t = tlv_of(rows[i].type, &e);
		struct group_list g;
		WRITER(w);

		assert_error(group_list_read(&t, &g), 0);
		assert_int_equal(g.address_len, rows[i].address_len);
		assert_int_equal(g.count, rows[i].count);
		assert_int_equal(g.label.id, rows[i].label);
		assert_int_equal(g.label.fgl, rows[i].type > 3);
		group_list_put(&w, &g);
		assert_int_equal(w_bytes[0], rows[i].type);
		assert_bytes(w_bytes + 2, w.pos - 2, rows[i].value);
		free(e.bytes);
	}
}

static void h_group_addresses_of_wrong_counts(void **state)
{
	static const struct {
		const char *value;
		int err;
	} rows[] = {{"", -TRILL_ESHORT}, {"0000 0022", -TRILL_ESHORT},
		{"0000 0022 01", -TRILL_EOVERRUN}, {"0000 0022 01 00 01005E0000", -TRILL_EOVERRUN},
		{"0000 0022 01 01 01005E000001 0102", -TRILL_EOVERRUN},
		{"0000 0022 02 00 01005E000001", -TRILL_EOVERRUN},
		{"0000 0022 00 00 01005E000001", -TRILL_ELENGTH},
		{"0000 0022 01 00 01005E000001 00", -TRILL_ELENGTH}};
	struct group_list g;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exact e = exact_hex(rows[i].value);
		struct tlv t = tlv_of(1, &e);

		assert_error(group_list_read(&t, &g), rows[i].err);
		free(e.bytes);
	}
	assert_error(group_list_read(&(struct tlv){.type = 7}, &g), -TRILL_EUNKNOWN);
	assert_error(group_list_read(&(struct tlv){.type = 0}, &g), -TRILL_EUNKNOWN);
}

static void h_geninfo_of_trill(void **state)
{
	struct exact e = exact_hex("0C 0001 C0000201 20010DB8000000000000000000000001 0001 0000");
	struct tlv t = tlv_of(TLV_GENINFO, &e), sub;
	struct tlv_iter subs;
	size_t at;
	WRITER(w);

	assert_error(geninfo_read(&t, TLV_EXTENDED, &subs), 0); /* addresses are skipped */
	assert_true(tlv_next(&subs, &sub));
	assert_int_equal(sub.type, 1);
	t.len = 22;
	assert_error(geninfo_read(&t, TLV_EXTENDED, &subs), -TRILL_ESHORT);
	e.bytes[0] = 0;
	e.bytes[2] = 2;
	assert_error(geninfo_read(&t, TLV_EXTENDED, &subs), -TRILL_EUNKNOWN);
	t.len = 2;
	assert_error(geninfo_read(&t, TLV_EXTENDED, &subs), -TRILL_ESHORT);
	free(e.bytes);
	at = geninfo_begin(&w, TLV_EXTENDED);
	tlv_end(&w, at, TLV_EXTENDED);
	assert_bytes(w_bytes, w.pos, "00FB 0003 00 0001");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(h_capability_of_appendix_b2),
		cmocka_unit_test(h_capability_heads_of_both_forms),
		cmocka_unit_test(h_nicknames_of_other_lengths_are_refused),
		cmocka_unit_test(h_trees),
		cmocka_unit_test(h_tree_identifiers),
		cmocka_unit_test(h_interested_vlans),
		cmocka_unit_test(h_interested_vlans_at_the_ends),
		cmocka_unit_test(h_interested_lengths),
		cmocka_unit_test(h_interested_labels),
		cmocka_unit_test(h_vlan_and_label_groups),
		cmocka_unit_test(h_channel_protocols),
		cmocka_unit_test(h_affinity),
		cmocka_unit_test(h_reachability_with_an_mtu),
		cmocka_unit_test(h_the_default_metric_is_by_the_speed_of_the_link),
		cmocka_unit_test(h_reachability_lengths),
		cmocka_unit_test(h_lsp_entries),
		cmocka_unit_test(h_lsp_entries_over_15_do_not_fit_a_narrow_tlv),
		cmocka_unit_test(h_purge_originator),
		cmocka_unit_test(h_buffer_size),
		cmocka_unit_test(h_group_addresses),
		cmocka_unit_test(h_group_addresses_of_wrong_counts),
		cmocka_unit_test(h_geninfo_of_trill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
