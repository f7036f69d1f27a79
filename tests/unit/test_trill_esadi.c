/* The TLVs of ESADI, of appointments in FS-LSPs, and Interface Addresses: the codecs of items K, G
 * and N of docs/trill.md. Bytes from the figures of RFC 7357 section 6, RFC 6165, RFC 8139 section
 * 10 and RFC 7961 sections 2 and 3. */
#include "tests/unit/trill_test.h"

#include "trill/codec/esadi_tlv.h"
#include "trill/codec/interface_tlv.h"

static void k_esadi_parameters(void **state)
{
	struct esadi_param p = {.priority = 0x40, .csnp_s = 30, .unicast = true};
	uint8_t bytes[] = {0xc0, 30, 0x80, 0xee}; /* the reserved bit is ignored, and more bytes */
	WRITER(w);

	esadi_param_put(&w, &p);
	assert_bytes(w_bytes, w.pos, "0001 0003 40 1E 80");
	for (size_t len = 0; len <= 4; len++) {
		struct exact e = exact_of(bytes, len);
		struct tlv t = tlv_of(APPSUB_ESADI_PARAM, &e);

		memset(&p, 0, sizeof(p));
		assert_error(esadi_param_read(&t, &p), len < 3 ? -TRILL_ESHORT : 0);
		if (len >= 3)
			assert_true(p.priority == 0x40 && p.csnp_s == 30 && p.unicast);
		free(e.bytes);
	}
}

static void k_mac_reachability(void **state)
{
	struct mac macs[2] = {{{2, 0, 0, 0, 0, 1}}, {{2, 0, 0, 0, 0, 2}}}, mac;
	struct exact e = exact_hex("1234 20 F022 020000000001 020000000002 00");
	struct tlv t = {.type = TLV_MAC_REACH, .len = 17, .value = e.bytes};
	struct mac_reach m;
	WRITER(w);

	assert_error(mac_reach_read(&t, &m), 0);
	assert_int_equal(m.nickname, 0x1234);
	assert_int_equal(m.confidence, 0x20);
	assert_int_equal(m.count, 2);
	mac_reach_at(&m, 1, &mac);
	assert_bytes(mac.bytes, 6, "020000000002");
	mac_reach_put(&w, 0x1234, 0x20, macs, 2);
	assert_bytes(w_bytes, w.pos, "0093 0011 1234 20 0000 020000000001 020000000002");
	for (t.len = 0; t.len < 18; t.len++)
		assert_error(mac_reach_read(&t, &m), t.len < 5         ? -TRILL_ESHORT
						     : (t.len - 5) % 6 ? -TRILL_ELENGTH
								       : 0);
	free(e.bytes);
}

static void k_confidence_255_is_read_as_254_and_not_written(void **state)
{
	struct exact e = exact_hex("0000 FF 0000");
	struct tlv t = tlv_of(TLV_MAC_REACH, &e);
	struct mac_reach m;
	WRITER(w);

	assert_error(mac_reach_read(&t, &m), 0);
	assert_int_equal(m.confidence, 254);
	mac_reach_put(&w, 0, 255, NULL, 0);
	assert_false(wire_written(&w));
	free(e.bytes);
}

static int appointment_of(unsigned int type, const char *text, struct vlan_set *vlans)
{
	struct exact e = exact_hex(text);
	struct tlv t = tlv_of(type, &e);
	uint16_t nickname;
	int err;

	vlan_set_clear(vlans);
	err = appointment_read(&t, &nickname, vlans);
	if (!err)
		assert_int_equal(nickname, 0x1234);
	free(e.bytes);
	return err;
}

static void g_appointments_as_list_and_bit_map(void **state)
{
	struct vlan_set vlans;

	assert_error(appointment_of(17, "1234 F00A 81", &vlans), 0);
	assert_int_equal(vlan_set_count(&vlans), 2);
	assert_true(vlan_set_has(&vlans, 10) && vlan_set_has(&vlans, 17));
	assert_error(appointment_of(17, "1234 000A", &vlans), 0); /* none */
	assert_true(vlan_set_is_empty(&vlans));
	assert_error(appointment_of(17, "1234 00", &vlans), -TRILL_ESHORT);
	assert_error(appointment_of(18, "1234 F00A 0FFF 0000", &vlans), 0);
	assert_int_equal(vlan_set_count(&vlans), 1);
	assert_error(appointment_of(18, "1234", &vlans), 0);
	assert_error(appointment_of(18, "1234 00", &vlans), -TRILL_ELENGTH);
	assert_error(appointment_of(18, "12", &vlans), -TRILL_ESHORT);
}

static void c_an_snp_buffer_size_has_2_bytes(void **state)
{
	static const struct {
		const char *bytes;
		int err;
	} cases[] = {{"0FA0", 0}, {"", -TRILL_ESHORT}, {"0F", -TRILL_ESHORT},
		{"0FA000", -TRILL_ELENGTH}};
	uint16_t size;
	WRITER(w);

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct exact e = exact_hex(cases[i].bytes);
		struct tlv t = tlv_of(APPSUB_SNP_BUFFER, &e);

		assert_error(snp_buffer_read(&t, &size), cases[i].err);
		free(e.bytes);
	}
	snp_buffer_put(&w, 4000);
	assert_bytes(w_bytes, w.pos, "0015 0002 0FA0");
}

static void g_appointments_are_written_the_shorter_way(void **state)
{
	struct vlan_set vlans;
	WRITER(w);
	WRITER(v);

	vlan_set_clear(&vlans);
	vlan_set_add(&vlans, 1);
	vlan_set_add(&vlans, 0xffe);
	appointment_put(&w, 0x1234, &vlans);
	assert_bytes(w_bytes, w.pos, "0012 0006 1234 0001 0FFE");
	vlan_set_clear(&vlans);
	vlan_set_add_range(&vlans, 10, 17);
	appointment_put(&v, 0x1234, &vlans);
	assert_bytes(v_bytes, v.pos, "0011 0005 1234 000A FF");
}

static int list_of(const char *text, struct interface_list *l)
{
	static struct exact kept; /* what is read borrows from it */
	struct tlv t;

	free(kept.bytes);
	kept = exact_hex(text);
	t = tlv_of(APPSUB_INTERFACE, &kept);
	return interface_read(&t, TLV_EXTENDED, l);
}

static void n_interface_of_template_33(void **state)
{
	struct interface_list l;
	struct interface_set set;
	WRITER(w);

	assert_error(list_of("0011 1234 40 20 21 020000000001 C0000201", &l), 0);
	assert_int_equal(l.nickname, 0x1234);
	assert_true(l.local && !l.directory);
	assert_int_equal(l.confidence, 0x20);
	assert_int_equal(l.set_count, 1);
	interface_set_at(&l, 0, &set);
	assert_true(set.has_mac && set.has_ipv4 && !set.has_ipv6 && !set.has_port);
	assert_bytes(set.mac.bytes, 6, "020000000001");
	assert_bytes(set.ipv4, 4, "C0000201");
	interface_put(&w, &l, &set, 1, TLV_EXTENDED);
	assert_bytes(w_bytes, w.pos, "000A 0011 0011 1234 40 20 21 020000000001 C0000201");
}

static void n_interface_templates_32_to_39(void **state)
{
	static const char *const sets[] = {"", "C0000201", "20010DB8000000000000000000000001",
		"C0000201 20010DB8000000000000000000000001"};

	for (unsigned int k = 32; k < 40; k++) {
		const char *rest = sets[k & 3];
		struct interface_list l;
		struct interface_set set;
		uint8_t bytes[64];
		char text[256];

		snprintf(text, sizeof(text), "%04zx 1234 C0 FF %02x 020000000001 %s %s",
			13 + hex(bytes, sizeof(bytes), rest) + (k & 4 ? 2u : 0), k, rest,
			k & 4 ? "ABCD" : "");
		assert_error(list_of(text, &l), 0);
		assert_int_equal(l.confidence, 254);
		assert_true(l.local && l.directory);
		interface_set_at(&l, 0, &set);
		assert_true(set.has_mac);
		assert_int_equal(set.has_ipv4, (k & 1) != 0);
		assert_int_equal(set.has_ipv6, (k & 2) != 0);
		assert_int_equal(set.has_port, (k & 4) != 0);
		if (set.has_port)
			assert_int_equal(set.port, 0xABCD);
	}
}

static void n_interface_of_explicit_families(void **state)
{
	struct interface_list l;
	struct interface_set set;

	/* K = 2: IPv4, MAC; two sets; a label behind them. */
	assert_error(list_of("001F 0000 00 20 02 0001 4005 C0000201 020000000001 C0000202"
			     "020000000002 0003 0002 F022",
			     &l),
		0);
	assert_int_equal(l.set_count, 2);
	assert_true(l.has_label && !l.label.fgl && l.label.id == 0x22);
	interface_set_at(&l, 1, &set);
	assert_bytes(set.mac.bytes, 6, "020000000002");
	assert_bytes(set.ipv4, 4, "C0000202");
}

/* K = 4: a MAC, two of IPv4, one of IPv6; one more stands for every set. */
static void n_interface_of_several_addresses_of_a_family(void **state)
{
	static const char *const want[] = {
		"C0000201", "C0000202", "20010DB8000000000000000000000001", "C0000203"};
	struct interface_list l;
	const uint8_t *bytes;
	bool ipv6;

	assert_error(list_of("002D 0000 00 20 04 4005 0001 0001 0002 020000000001 C0000201 C0000202"
			     "20010DB8000000000000000000000001 0002 0006 0001 C0000203",
			     &l),
		0);
	assert_int_equal(l.set_count, 1);
	for (unsigned int k = 0; k < 4; k++) {
		assert_true(interface_ip_at(&l, 0, k, &ipv6, &bytes));
		assert_int_equal(ipv6, k == 2);
		assert_bytes(bytes, ipv6 ? 16 : 4, want[k]);
	}
	assert_false(interface_ip_at(&l, 0, 4, &ipv6, &bytes));
}

static void n_interface_with_a_fixed_address_and_a_told_size(void **state)
{
	struct interface_list l;
	struct interface_set set;

	/* AFN 0x1111 is not known; sub-sub-TLV 1 says 2 bytes; the MAC is in every set. */
	assert_error(list_of("0010 0000 00 20 02 1111 0001 AAAA C0000201"
			     "0001 0003 1111 02 0002 0008 4005 020000000009",
			     &l),
		-TRILL_EOVERRUN);
	assert_error(list_of("0011 0000 00 20 02 1111 0001 AAAA C0000201"
			     "0001 0003 1111 02 0002 0008 4005 020000000009",
			     &l),
		0);
	assert_int_equal(l.set_count, 1);
	interface_set_at(&l, 0, &set);
	assert_true(set.has_mac && set.has_ipv4);
	assert_bytes(set.mac.bytes, 6, "020000000009");
	assert_error(list_of("0011 0000 00 20 02 1111 0001 AAAA C0000201", &l), -TRILL_EUNKNOWN);
	assert_error(list_of("0011 0000 00 20 02 1111 0001 AAAA C0000201"
			     "0001 0006 1111 02 0001 05",
			     &l),
		-TRILL_ELENGTH); /* IPv4 has 4 */
	assert_error(list_of("0012 0000 00 20 02 1111 0001 AAAA C000020100"
			     "0001 0006 1111 02 0001 05",
			     &l),
		-TRILL_ELENGTH); /* though 5 would fill the place */
}

static void n_interface_faults(void **state)
{
	static const struct {
		const char *bytes;
		int err;
	} rows[] = {{"", -TRILL_ESHORT}, {"0006 0000 00 20", -TRILL_ESHORT},
		{"0007 0000 00 20 20", 0}, /* no sets */
		{"0006 0000 00 20 20", -TRILL_EOVERRUN}, {"0008 0000 00 20 20", -TRILL_EOVERRUN},
		{"0007 0000 00 20 00", -TRILL_EVALUE}, {"0007 0000 00 20 FF", -TRILL_EVALUE},
		{"0007 0000 00 20 28", -TRILL_EUNKNOWN}, {"0007 0000 00 20 FE", -TRILL_EUNKNOWN},
		{"0007 0000 00 20 02", -TRILL_EOVERRUN},
		{"000C 0000 00 20 20 0200000000", -TRILL_ELENGTH},
		{"000D 0000 00 20 20 020000000001 00", -TRILL_EOVERRUN},
		{"000D 0000 00 20 20 020000000001 0003 0005 00", -TRILL_EOVERRUN},
		{"000D 0000 00 20 20 020000000001 0003 0001 00", 0}, /* ignored */
		{"000D 0000 00 20 20 020000000001 0001 0002 0001", 0}};
	struct interface_list l;

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_error(list_of(rows[i].bytes, &l), rows[i].err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k_esadi_parameters),
		cmocka_unit_test(k_mac_reachability),
		cmocka_unit_test(k_confidence_255_is_read_as_254_and_not_written),
		cmocka_unit_test(c_an_snp_buffer_size_has_2_bytes),
		cmocka_unit_test(g_appointments_as_list_and_bit_map),
		cmocka_unit_test(g_appointments_are_written_the_shorter_way),
		cmocka_unit_test(n_interface_of_template_33),
		cmocka_unit_test(n_interface_templates_32_to_39),
		cmocka_unit_test(n_interface_of_explicit_families),
		cmocka_unit_test(n_interface_of_several_addresses_of_a_family),
		cmocka_unit_test(n_interface_with_a_fixed_address_and_a_told_size),
		cmocka_unit_test(n_interface_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
