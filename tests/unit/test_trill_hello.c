/* The TLVs of Hellos: item D of docs/trill.md. Bytes from RFC 7780's appendix B.1 and the figures
 * of RFC 7176 sections 2.2 and 2.5, RFC 5303 and RFC 6213. */
#include "tests/unit/trill_test.h"

#include "trill/codec/hello_tlv.h"

/* The MT Port Capabilities TLV of appendix B.1. */
#define B1_143 "8F 11 0000  01 08 0123 FFDE 0001 0001  02 03 0001 80"
#define B1_145 "91 0A C0 00 2328 00005E0053E3"

static void d_port_capabilities_of_appendix_b1(void **state)
{
	struct hello_vlan_flags flags;
	struct tlv_iter it, subs;
	struct vlan_set vlans;
	uint16_t topology;
	struct exact e = exact_hex(B1_143);
	struct tlv t, sub;

	vlan_set_clear(&vlans);
	tlv_iter_init(&it, e.bytes, e.len, TLV_STANDARD);
	assert_true(tlv_find(&it, TLV_PORT_CAPABILITY, &t));
	assert_error(hello_port_capability_read(&t, &topology, &subs), 0);
	assert_int_equal(topology, 0);
	assert_true(tlv_next(&subs, &sub));
	assert_int_equal(sub.type, HELLO_VLAN_FLAGS);
	assert_error(hello_vlan_flags_read(&sub, &flags), 0);
	assert_int_equal(flags.port_id, 0x123);
	assert_int_equal(flags.nickname, 0xFFDE);
	assert_int_equal(flags.outer_vlan, 1);
	assert_int_equal(flags.designated_vlan, 1);
	assert_false(flags.af || flags.access || flags.mapping || flags.bypass || flags.trunk);
	assert_true(tlv_next(&subs, &sub));
	assert_int_equal(sub.type, HELLO_ENABLED_VLANS);
	assert_error(hello_vlans_read(&sub, &vlans), 0);
	assert_int_equal(vlan_set_count(&vlans), 1);
	assert_true(vlan_set_has(&vlans, 1));
	assert_false(tlv_next(&subs, &sub));
	assert_error(subs.err, 0);
	free(e.bytes);

	WRITER(w);
	size_t at = hello_port_capability_begin(&w);
	hello_vlan_flags_put(&w, &flags);
	assert_int_equal(hello_vlans_put(&w, HELLO_ENABLED_VLANS, &vlans, 0), 0);
	tlv_end(&w, at, TLV_STANDARD);
	assert_bytes(w_bytes, w.pos, B1_143);
}

static void d_neighbor_of_appendix_b1_has_an_mtu_in_bytes(void **state)
{
	struct exact e = exact_hex(B1_145 "00");
	struct hello_neighbors n;
	struct hello_neighbor one;
	struct tlv t = {.type = TLV_NEIGHBOR, .len = 10, .value = e.bytes + 2};
	WRITER(w);

	assert_error(hello_neighbors_read(&t, &n), 0);
	assert_true(n.smallest && n.largest);
	assert_int_equal(n.count, 1);
	hello_neighbor_at(&n, 0, &one);
	assert_int_equal(one.mtu, 9000);
	assert_false(one.failed || one.oomf);
	assert_bytes(one.snpa.bytes, 6, "00005E0053E3");
	hello_neighbors_put(&w, &one, 1);
	assert_bytes(w_bytes, w.pos, B1_145);
	free(e.bytes);
}

static void d_no_neighbors_are_an_empty_list_with_both_bits(void **state)
{
	WRITER(w);

	hello_neighbors_put(&w, NULL, 0);
	assert_bytes(w_bytes, w.pos, "91 01 C0");
}

static int neighbors(const char *text, struct hello_neighbors *n)
{
	struct exact e = exact_hex(text);
	struct tlv t = tlv_of(TLV_NEIGHBOR, &e);
	int err = hello_neighbors_read(&t, n);

	free(e.bytes);
	return err;
}

static void d_neighbor_lengths_and_sizes(void **state)
{
	struct hello_neighbors n;

	assert_error(neighbors("", &n), -TRILL_ESHORT);
	assert_error(neighbors("C0 00", &n), -TRILL_ELENGTH);
	assert_error(neighbors("C0 00 2328 00005E0053", &n), -TRILL_ELENGTH);
	assert_error(neighbors("C0 00 2328 00005E0053E3 00", &n), -TRILL_ELENGTH);
	assert_error(neighbors("C6 00 2328 00005E0053E3", &n), -TRILL_EVALUE); /* reserved */
	assert_error(neighbors("C8 00 2328 00005E0053E30000", &n), -TRILL_EVALUE);
	assert_error(neighbors("E0 C0 0000 00005E0053E3", &n), 0); /* R is ignored */
}

/* 28 fit into a TLV; each further one repeats the last MAC of the one before. */
static void d_neighbors_in_several_tlvs_overlap_by_one(void **state)
{
	static struct hello_neighbor many[60];
	unsigned int tlvs = 0, expect = 0;
	struct hello_neighbors n;
	struct tlv_iter it;
	struct tlv t;
	WRITER(w);

	for (unsigned int i = 0; i < 60; i++)
		many[i].snpa.bytes[5] = (uint8_t)(i + 1);
	hello_neighbors_put(&w, many, 60);
	assert_true(wire_written(&w));
	tlv_iter_init(&it, w_bytes, w.pos, TLV_STANDARD);
	for (; tlv_next(&it, &t); tlvs++) {
		assert_error(hello_neighbors_read(&t, &n), 0);
		assert_int_equal(n.smallest, tlvs == 0);
		assert_int_equal(n.largest, tlvs == 2);
		for (unsigned int i = 0; i < n.count; i++) {
			struct hello_neighbor one;

			hello_neighbor_at(&n, i, &one);
			assert_int_equal(one.snpa.bytes[5], expect + i + 1);
		}
		expect += n.count - 1;
	}
	assert_int_equal(tlvs, 3);
	assert_int_equal(expect + 1, 60);
}

static void d_neighbors_out_of_order_are_not_written(void **state)
{
	struct hello_neighbor two[2] = {{.snpa = {{2}}}, {.snpa = {{1}}}};
	WRITER(w);

	hello_neighbors_put(&w, two, 2);
	assert_false(wire_written(&w));
}

static void d_vlan_flags_each_bit_has_its_place(void **state)
{
	static const struct {
		const char *bytes;
		struct hello_vlan_flags flags;
	} rows[] = {
		{"0108 0000 0000 8000 0000", {.af = true}},
		{"0108 0000 0000 4000 0000", {.access = true}},
		{"0108 0000 0000 2000 0000", {.mapping = true}},
		{"0108 0000 0000 1000 0000", {.bypass = true}},
		{"0108 0000 0000 0FFE 0000", {.outer_vlan = 0xffe}},
		{"0108 0000 0000 0000 8000", {.trunk = true}},
		{"0108 0000 0000 0000 0ABC", {.designated_vlan = 0xabc}},
	};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exact e = exact_hex(rows[i].bytes);
		struct tlv t = {.len = 8, .value = e.bytes + 2};
		struct hello_vlan_flags back;
		WRITER(w);

		hello_vlan_flags_put(&w, &rows[i].flags);
		assert_bytes(w_bytes, w.pos, rows[i].bytes);
		memset(&back, 0, sizeof(back));
		assert_error(hello_vlan_flags_read(&t, &back), 0);
		assert_int_equal(back.af, rows[i].flags.af);
		assert_int_equal(back.access, rows[i].flags.access);
		assert_int_equal(back.mapping, rows[i].flags.mapping);
		assert_int_equal(back.bypass, rows[i].flags.bypass);
		assert_int_equal(back.trunk, rows[i].flags.trunk);
		assert_int_equal(back.outer_vlan, rows[i].flags.outer_vlan);
		assert_int_equal(back.designated_vlan, rows[i].flags.designated_vlan);
		free(e.bytes);
	}
}

static void d_vlan_flags_of_other_lengths_are_refused(void **state)
{
	uint8_t bytes[9] = {0};
	struct hello_vlan_flags flags;

	for (size_t len = 0; len <= 9; len++) {
		struct exact e = exact_of(bytes, len);
		struct tlv t = tlv_of(HELLO_VLAN_FLAGS, &e);

		assert_error(hello_vlan_flags_read(&t, &flags), len < 8   ? -TRILL_ESHORT
								: len > 8 ? -TRILL_ELENGTH
									  : 0);
		free(e.bytes);
	}
}

static void d_a_port_capability_without_a_topology_is_refused(void **state)
{
	struct exact e = exact_hex("00");
	struct tlv t = tlv_of(TLV_PORT_CAPABILITY, &e), sub;
	struct tlv_iter subs;
	uint16_t topology;

	assert_error(hello_port_capability_read(&t, &topology, &subs), -TRILL_ESHORT);
	assert_false(tlv_next(&subs, &sub));
	free(e.bytes);
}

static void d_a_sub_tlv_beyond_its_tlv_is_refused(void **state)
{
	struct exact e = exact_hex("F123 01 08 0000 0000 0000 00");
	struct tlv t = tlv_of(TLV_PORT_CAPABILITY, &e), sub;
	struct tlv_iter subs;
	uint16_t topology;

	assert_error(hello_port_capability_read(&t, &topology, &subs), 0);
	assert_int_equal(topology, 0x123);
	assert_false(tlv_next(&subs, &sub));
	assert_error(subs.err, -TRILL_EOVERRUN);
	free(e.bytes);
}

static int vlans_of(const char *text, struct vlan_set *s)
{
	struct exact e = exact_hex(text);
	struct tlv t = tlv_of(HELLO_ENABLED_VLANS, &e);
	int err;

	vlan_set_clear(s);
	err = hello_vlans_read(&t, s);
	free(e.bytes);
	return err;
}

static void d_vlan_bit_maps_count_from_the_high_bit(void **state)
{
	struct vlan_set s;

	assert_error(vlans_of("F00A 81 40", &s), 0);
	assert_int_equal(vlan_set_count(&s), 3);
	assert_true(vlan_set_has(&s, 10) && vlan_set_has(&s, 17) && vlan_set_has(&s, 19));
}

static void d_vlans_0_and_fff_are_ignored(void **state)
{
	struct vlan_set s;

	assert_error(vlans_of("0000 C0", &s), 0);
	assert_int_equal(vlan_set_count(&s), 1);
	assert_true(vlan_set_has(&s, 1));
	assert_error(vlans_of("0FFE FFFF", &s), 0);
	assert_int_equal(vlan_set_count(&s), 1);
	assert_true(vlan_set_has(&s, 0xffe));
	assert_false(vlan_set_has(&s, 0xfff) || vlan_set_has(&s, 0));
}

static void d_vlans_shorter_than_3_bytes_are_refused(void **state)
{
	struct vlan_set s;

	assert_error(vlans_of("", &s), -TRILL_ESHORT);
	assert_error(vlans_of("00", &s), -TRILL_ESHORT);
	assert_error(vlans_of("0001", &s), -TRILL_ESHORT);
}

/* All 4094 take three TLVs; what is written is read to the same set, whatever is in it. */
static void d_vlans_are_written_in_as_many_sub_tlvs_as_needed(void **state)
{
	for (unsigned int step = 1; step < 4000; step = step * 3 + 1) {
		struct vlan_set all, back;
		unsigned int from = 1, pieces = 0;

		vlan_set_clear(&all);
		vlan_set_clear(&back);
		for (unsigned int v = 1; v <= VLAN_LAST; v += step)
			vlan_set_add(&all, v);
		while (from) {
			struct tlv_iter it;
			struct tlv t;
			WRITER(w);

			from = hello_vlans_put(&w, HELLO_VLANS_APPOINTED, &all, from);
			assert_true(wire_written(&w) && w.pos <= 251);
			tlv_iter_init(&it, w_bytes, w.pos, TLV_STANDARD);
			assert_true(tlv_next(&it, &t));
			assert_int_equal(t.type, HELLO_VLANS_APPOINTED);
			assert_error(hello_vlans_read(&t, &back), 0);
			pieces++;
		}
		assert_true(vlan_set_equal(&all, &back));
		assert_true(pieces <= 3);
	}
}

static void d_appointed_forwarders(void **state)
{
	struct exact e = exact_hex("1234 F001 F00A  1235 0000 0FFF  1236 0005 0004"
				   "1237 0000 0000  1238 0FFF 0FFF");
	struct hello_appointment a, put[2] = {{0x1234, 1, 10}, {0x1235, 20, 20}};
	struct tlv t = tlv_of(HELLO_APPOINTED_FORWARDERS, &e);
	WRITER(w);

	assert_int_equal(hello_appointments_count(&t), 5);
	assert_error(hello_appointment_at(&t, 0, &a), 0);
	assert_int_equal(a.nickname, 0x1234);
	assert_int_equal(a.start, 1);
	assert_int_equal(a.end, 10);
	assert_error(hello_appointment_at(&t, 1, &a), 0);
	assert_int_equal(a.start, 1);
	assert_int_equal(a.end, 0xffe);
	for (unsigned int i = 2; i < 5; i++)
		assert_error(hello_appointment_at(&t, i, &a), -TRILL_EVALUE);
	t.len--;
	assert_error(hello_appointments_count(&t), -TRILL_ELENGTH);
	t.len = 0;
	assert_int_equal(hello_appointments_count(&t), 0);
	free(e.bytes);
	hello_appointments_put(&w, put, 2);
	assert_bytes(w_bytes, w.pos, "03 0C 1234 0001 000A 1235 0014 0014");
}

static void d_port_version(void **state)
{
	struct trill_version v = {.max = 0, .capabilities = PORT_CAPABILITY_HELLO_REDUCTION};
	uint8_t bytes[6] = {0};
	WRITER(w);

	hello_version_put(&w, HELLO_PORT_VERSION, &v);
	assert_bytes(w_bytes, w.pos, "07 05 00 80000000");
	for (size_t len = 0; len <= 6; len++) {
		struct exact e = exact_of(bytes, len);
		struct tlv t = tlv_of(HELLO_PORT_VERSION, &e);

		assert_error(hello_version_read(&t, &v), len < 5   ? -TRILL_ESHORT
							 : len > 5 ? -TRILL_ELENGTH
								   : 0);
		free(e.bytes);
	}
}

static void d_only_trills_area_is_trills(void **state)
{
	static const struct {
		const char *value;
		bool right;
	} rows[] = {{"01 00", true}, {"", false}, {"00", false}, {"01", false}, {"01 01", false},
		{"01 00 01 00", false}, {"02 00", false}};
	WRITER(w);

	hello_area_put(&w);
	assert_bytes(w_bytes, w.pos, "01 02 01 00");
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exact e = exact_hex(rows[i].value);
		struct tlv t = tlv_of(TLV_AREA, &e);

		assert_int_equal(hello_area_is_trill(&t), rows[i].right);
		free(e.bytes);
	}
}

static void d_protocols_supported(void **state)
{
	struct exact e = exact_hex("CC C0");
	struct tlv t = tlv_of(TLV_PROTOCOLS, &e);
	WRITER(w);

	hello_protocols_put(&w);
	assert_bytes(w_bytes, w.pos, "81 01 C0");
	assert_true(hello_protocols_have(&t, 0xC0));
	t.len = 1;
	assert_false(hello_protocols_have(&t, 0xC0));
	t.len = 0;
	assert_false(hello_protocols_have(&t, 0xC0));
	free(e.bytes);
}

static void d_bfd_enabled_for_trill(void **state)
{
	static const struct {
		const char *value;
		bool enabled;
	} rows[] = {{"0000 C0", true}, {"0000 CC 0000 C0", true}, {"F000 C0", true},
		{"0001 C0", false}, {"0000 CC", false}, {"0000", false}, {"", false}};
	WRITER(w);

	hello_bfd_put(&w);
	assert_bytes(w_bytes, w.pos, "94 03 0000 C0");
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct exact e = exact_hex(rows[i].value);
		struct tlv t = tlv_of(TLV_BFD_ENABLED, &e);

		assert_int_equal(hello_bfd_enabled(&t), rows[i].enabled);
		free(e.bytes);
	}
}

static void d_three_way_of_each_length(void **state)
{
	uint8_t bytes[16];
	size_t n = hex(bytes, sizeof(bytes), "01 00000007 AABBCCDDEEFF 00000009 00");

	for (size_t len = 0; len <= n; len++) {
		bool right = len == 1 || len == 5 || len == 11 || len == 15;
		struct exact e = exact_of(bytes, len);
		struct tlv t = tlv_of(TLV_THREE_WAY, &e);
		struct hello_three_way h;
		WRITER(w);

		assert_error(hello_three_way_read(&t, &h), right      ? 0
							   : len > 15 ? -TRILL_ELENGTH
								      : -TRILL_ESHORT);
		if (right) {
			hello_three_way_put(&w, &h);
			assert_int_equal(w.pos, len + 2);
			assert_memory_equal(w_bytes + 2, bytes, len);
			assert_int_equal(w_bytes[0], 240);
		}
		free(e.bytes);
	}
}

static void d_three_way_state_above_2_is_refused(void **state)
{
	struct exact e = exact_hex("03");
	struct tlv t = tlv_of(TLV_THREE_WAY, &e);
	struct hello_three_way h;

	assert_error(hello_three_way_read(&t, &h), -TRILL_EVALUE);
	free(e.bytes);
}

/* Appendix B.1 prints 0x40 as E-L1FS; by RFC 7356's registry it is E-L1CS, which RFC 8139 requires.
 */
static void d_scopes_supported(void **state)
{
	static const uint8_t scopes[] = {64, 66};
	struct exact e = exact_hex("C2");
	struct tlv t = tlv_of(TLV_SCOPES, &e);
	WRITER(w);

	hello_scopes_put(&w, scopes, 2);
	assert_bytes(w_bytes, w.pos, "F3 02 40 42");
	assert_true(hello_scopes_have(&t, 66)); /* the reserved bit is ignored */
	assert_false(hello_scopes_have(&t, 64));
	free(e.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(d_port_capabilities_of_appendix_b1),
		cmocka_unit_test(d_neighbor_of_appendix_b1_has_an_mtu_in_bytes),
		cmocka_unit_test(d_no_neighbors_are_an_empty_list_with_both_bits),
		cmocka_unit_test(d_neighbor_lengths_and_sizes),
		cmocka_unit_test(d_neighbors_in_several_tlvs_overlap_by_one),
		cmocka_unit_test(d_neighbors_out_of_order_are_not_written),
		cmocka_unit_test(d_vlan_flags_each_bit_has_its_place),
		cmocka_unit_test(d_vlan_flags_of_other_lengths_are_refused),
		cmocka_unit_test(d_a_port_capability_without_a_topology_is_refused),
		cmocka_unit_test(d_a_sub_tlv_beyond_its_tlv_is_refused),
		cmocka_unit_test(d_vlan_bit_maps_count_from_the_high_bit),
		cmocka_unit_test(d_vlans_0_and_fff_are_ignored),
		cmocka_unit_test(d_vlans_shorter_than_3_bytes_are_refused),
		cmocka_unit_test(d_vlans_are_written_in_as_many_sub_tlvs_as_needed),
		cmocka_unit_test(d_appointed_forwarders),
		cmocka_unit_test(d_port_version),
		cmocka_unit_test(d_only_trills_area_is_trills),
		cmocka_unit_test(d_protocols_supported),
		cmocka_unit_test(d_bfd_enabled_for_trill),
		cmocka_unit_test(d_three_way_of_each_length),
		cmocka_unit_test(d_three_way_state_above_2_is_refused),
		cmocka_unit_test(d_scopes_supported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
