/* Which Hellos are believed, in which VLANs ours go, and what they say: the behaviour of item D of
 * docs/trill.md, by RFC 7177 sections 3.1 and 8 and RFC 6325 section 4.4.3. */
#include "tests/unit/trill_test.h"

#include "trill/core/hello.h"

#define LAN_HEAD(length) "83 1B 01 06 0F 01 00 01 01 000000000002 001E " length " 40 00000000000201"
#define P2P_HEAD(length) "83 14 01 06 11 01 00 01 01 000000000002 001E " length " 05"
#define AREA             "01 02 01 00"
#define FLAGS            "8F 0C 0000 01 08 0123 1234 0001 000A"

static const struct mac our_mac = {{0, 0, 0x5e, 0, 0x53, 0x10}};
static const struct mac their_mac = {{0, 0, 0x5e, 0, 0x53, 0x02}};
static const struct hello_port lan_port = {
	.mac = {{0, 0, 0x5e, 0, 0x53, 0x10}}, .system = {{0, 0, 0, 0, 0, 1}}};
static const struct hello_port p2p_port = {
	.p2p = true, .system = {{0, 0, 0, 0, 0, 1}}, .circuit = 7};

static uint8_t pdu_bytes[2048];

/* @head with the PDU length of all of it, then @tlvs. */
static void pdu_of(struct isis_pdu *p, bool lan, const char *tlvs)
{
	struct wire_fault fault;
	uint8_t more[1024];
	size_t n = hex(more, sizeof(more), tlvs), len;
	char text[4096];

	snprintf(text, sizeof(text), lan ? LAN_HEAD("%04zx") "%s" : P2P_HEAD("%04zx") "%s",
		n + (lan ? 27 : 20), tlvs);
	len = hex(pdu_bytes, sizeof(pdu_bytes), text);
	assert_error(isis_parse(pdu_bytes, len, p, &fault), 0);
}

static void assert_verdict(
	const struct hello_port *port, bool lan, const char *tlvs, enum hello_verdict want)
{
	enum hello_verdict got;
	struct isis_pdu p;
	struct hello h;

	pdu_of(&p, lan, tlvs);
	got = hello_check(&p, port, &h);
	if (got != want)
		fail_msg("%s: %s, should be %s", tlvs, hello_verdict_name(got),
			hello_verdict_name(want));
}

static void d_a_hello_with_what_is_mandatory_is_taken(void **state)
{
	assert_verdict(&lan_port, true, AREA FLAGS, HELLO_TAKEN);
	assert_verdict(&p2p_port, false, AREA FLAGS, HELLO_TAKEN);
}

static void d_a_hello_of_the_other_kind_is_discarded(void **state)
{
	assert_verdict(&lan_port, false, AREA FLAGS, HELLO_KIND);
	assert_verdict(&p2p_port, true, AREA FLAGS, HELLO_KIND);
}

static void d_a_circuit_type_that_is_not_1_is_discarded(void **state)
{
	struct isis_pdu p;
	struct hello h;

	pdu_of(&p, true, AREA FLAGS);
	for (uint8_t type = 0; type < 4; type++) {
		p.u.hello.circuit_type = type;
		assert_int_equal(hello_check(&p, &lan_port, &h),
			type == 1 ? HELLO_TAKEN : HELLO_CIRCUIT_TYPE);
	}
}

static void d_another_area_is_discarded(void **state)
{
	assert_verdict(&lan_port, true, FLAGS, HELLO_AREA);
	assert_verdict(&lan_port, true, "01 02 01 01" FLAGS, HELLO_AREA);
	assert_verdict(&lan_port, true, "01 04 0100 0101" FLAGS, HELLO_AREA);
	assert_verdict(&lan_port, true, "01 00" FLAGS, HELLO_AREA);
	assert_verdict(&lan_port, true, AREA "01 02 01 01" FLAGS, HELLO_AREA);
}

static void d_protocols_without_trill_are_discarded(void **state)
{
	assert_verdict(&lan_port, true, AREA "81 01 CC" FLAGS, HELLO_PROTOCOLS);
	assert_verdict(&lan_port, true, AREA "81 00" FLAGS, HELLO_PROTOCOLS);
	assert_verdict(&lan_port, true, AREA "81 02 CC C0" FLAGS, HELLO_TAKEN);
	assert_verdict(&lan_port, true, AREA "81 01 CC 81 01 C0" FLAGS, HELLO_TAKEN);
}

static void d_a_hello_without_vlan_flags_is_discarded(void **state)
{
	assert_verdict(&lan_port, true, AREA, HELLO_NO_VLAN_FLAGS);
	assert_verdict(&lan_port, true, AREA "8F 02 0000", HELLO_NO_VLAN_FLAGS);
	assert_verdict(
		&lan_port, true, AREA "8F 0B 0000 01 07 0123 1234 0001 00", HELLO_NO_VLAN_FLAGS);
	/* of another topology; and one that runs over its TLV */
	assert_verdict(
		&lan_port, true, AREA "8F 0C 0001 01 08 0123 1234 0001 000A", HELLO_NO_VLAN_FLAGS);
	assert_verdict(
		&lan_port, true, AREA "8F 0C 0000 01 09 0123 1234 0001 000A", HELLO_NO_VLAN_FLAGS);
}

/* RFC 6325 section 4.4.3: it is a VLAN, and enabled at the sender's port; nobody goes by it point
 * to point. The sub-TLV's bit TR stands before it. */
static void d_a_designated_vlan_that_is_none_is_discarded(void **state)
{
	(void)state;
#define WANTS(vlan) AREA "8F 0C 0000 01 08 0123 1234 0001 " vlan
	assert_verdict(&lan_port, true, WANTS("0000"), HELLO_DESIGNATED);
	assert_verdict(&lan_port, true, WANTS("0FFF"), HELLO_DESIGNATED);
	assert_verdict(&lan_port, true, WANTS("8000"), HELLO_DESIGNATED);
	assert_verdict(&lan_port, true, WANTS("0001"), HELLO_TAKEN);
	assert_verdict(&lan_port, true, WANTS("0FFE"), HELLO_TAKEN);
	assert_verdict(&p2p_port, false, WANTS("0000"), HELLO_TAKEN);
}

static void d_layer_3_neighbours_and_padding_are_ignored(void **state)
{
	struct isis_pdu p;
	struct hello h;

	/* TLV 6 lists our MAC; it is not TRILL's neighbor TLV. */
	pdu_of(&p, true, AREA FLAGS "06 06 00005E005310 08 02 0000 EE 01 00");
	assert_int_equal(hello_check(&p, &lan_port, &h), HELLO_TAKEN);
	assert_int_equal(hello_adjacency(&p, &h, &lan_port, &their_mac, 10, 10).listing,
		ADJACENCY_NOT_COVERED);
}

static void d_a_hello_that_fails_authentication_is_discarded(void **state)
{
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	struct hello_port port = lan_port;
	struct isis_pdu p;
	struct hello h;

	port.keys = &key;
	port.key_count = 1;
	assert_verdict(&port, true, AREA FLAGS, HELLO_AUTH);
	pdu_of(&p, true, AREA FLAGS "0A 11 36 00000000000000000000000000000000");
	assert_int_equal(hello_check(&p, &port, &h), HELLO_AUTH);
	assert_error(isis_auth_sign(key, pdu_bytes, p.len), 0);
	assert_int_equal(hello_check(&p, &port, &h), HELLO_TAKEN);
	isis_key_free(key);
}

static void d_what_a_lan_hello_says_reaches_the_adjacency(void **state)
{
	struct adjacency_hello a;
	struct isis_pdu p;
	struct hello h;

	pdu_of(&p, true,
		AREA FLAGS "8F 09 0000 07 05 00 80000000 91 0A C0 00 0000 00005E005310"
			   "94 03 0000 C0 F3 01 40");
	assert_int_equal(hello_check(&p, &lan_port, &h), HELLO_TAKEN);
	assert_true(h.e_l1cs);
	a = hello_adjacency(&p, &h, &lan_port, &their_mac, 10, 10);
	assert_int_equal(a.listing, ADJACENCY_LISTED);
	assert_true(a.designated && a.bfd);
	assert_bytes(a.key.mac.bytes, 6, "00005E005302");
	assert_int_equal(a.key.port_id, 0x123);
	assert_bytes(a.key.system.bytes, 6, "000000000002");
	assert_int_equal(a.holding_s, 30);
	assert_int_equal(a.priority, 0x40);
	assert_int_equal(a.desired_vlan, 10);
	assert_int_equal(a.nickname, 0x1234);
	assert_int_equal(a.version.capabilities, 0x80000000);
	assert_false(hello_adjacency(&p, &h, &lan_port, &their_mac, 11, 10).designated);
}

static void d_of_several_versions_the_least_counts(void **state)
{
	struct isis_pdu p;
	struct hello h;

	pdu_of(&p, true, AREA FLAGS "8F 10 0000 07 05 03 C0000000 07 05 01 60000000");
	assert_int_equal(hello_check(&p, &lan_port, &h), HELLO_TAKEN);
	assert_int_equal(h.version.max, 1);
	assert_int_equal(h.version.capabilities, 0x40000000);
}

static void d_of_several_neighbor_tlvs_the_one_that_lists_us_counts(void **state)
{
	struct isis_pdu p;
	struct hello h;

	pdu_of(&p, true,
		AREA FLAGS "91 0A 80 00 0000 00005E005301 91 13 40 00 0000 00005E005301 00 0000"
			   "00005E005310");
	assert_int_equal(hello_check(&p, &lan_port, &h), HELLO_TAKEN);
	assert_int_equal(
		hello_adjacency(&p, &h, &lan_port, &their_mac, 10, 10).listing, ADJACENCY_LISTED);
}

static void d_three_way_names_our_system_and_circuit(void **state)
{
	static const struct {
		const char *tlv;
		enum adjacency_listing how;
	} rows[] = {{"", ADJACENCY_NOT_COVERED}, {"F0 01 02", ADJACENCY_NOT_LISTED},
		{"F0 05 02 00000009", ADJACENCY_NOT_LISTED},
		{"F0 0F 01 00000009 000000000001 00000007", ADJACENCY_LISTED},
		{"F0 0F 00 00000009 000000000001 00000007", ADJACENCY_LISTED},
		{"F0 0F 01 00000009 000000000003 00000007", ADJACENCY_NOT_LISTED},
		{"F0 0F 01 00000009 000000000001 00000008", ADJACENCY_NOT_LISTED},
		{"F0 0F 03 00000009 000000000001 00000007", ADJACENCY_NOT_COVERED}};

	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct isis_pdu p;
		struct hello h;
		char text[256];

		snprintf(text, sizeof(text), AREA FLAGS "%s", rows[i].tlv);
		pdu_of(&p, false, text);
		assert_int_equal(hello_check(&p, &p2p_port, &h), HELLO_TAKEN);
		assert_int_equal(
			hello_adjacency(&p, &h, &p2p_port, &their_mac, 1, 1).listing, rows[i].how);
	}
}

static void assert_vlans(
	const struct vlan_set *s, unsigned int first, unsigned int last, unsigned int more)
{
	for (unsigned int v = 0; v < 4096; v++)
		if (vlan_set_has(s, v) != ((v >= first && v <= last) || (more && v == more)))
			fail_msg("VLAN %u", v);
}

/* Enabled 1-20, announcing 5-30, forwarding 10-12, Designated VLAN 2. */
static void d_vlans_that_hellos_are_sent_in(void **state)
{
	struct vlan_set enabled, announcing, forwarding, send, none;

	vlan_set_clear(&enabled);
	vlan_set_clear(&announcing);
	vlan_set_clear(&forwarding);
	vlan_set_clear(&none);
	vlan_set_add_range(&enabled, 1, 20);
	vlan_set_add_range(&announcing, 5, 30);
	vlan_set_add_range(&forwarding, 10, 12);
	hello_vlans_to_send(&send, true, &enabled, &announcing, &forwarding, 2);
	assert_vlans(&send, 5, 20, 2);
	hello_vlans_to_send(&send, false, &enabled, &announcing, &forwarding, 2);
	assert_vlans(&send, 10, 12, 2);
	hello_vlans_to_send(&send, true, &enabled, &none, &forwarding, 2);
	assert_vlans(&send, 2, 2, 0);
	hello_vlans_to_send(&send, true, &enabled, &none, &forwarding, 40); /* not enabled here */
	assert_true(vlan_set_is_empty(&send));
}

static void neighbour_add(struct adjacency_table *t, uint8_t last, uint64_t designated_until)
{
	struct adjacency *row = &t->rows[t->count++];

	memset(row, 0, sizeof(*row));
	row->key.mac = our_mac;
	row->key.mac.bytes[5] = last;
	row->designated_until.ns = designated_until;
	row->state = ADJACENCY_DETECT;
}

static struct hello_ours ours_of(const struct adjacency_table *t)
{
	return (struct hello_ours){.head = {.source = {{0, 0, 0, 0, 0, 1}},
					   .holding_s = 30,
					   .priority = 0x40,
					   .lan = {.system = {{0, 0, 0, 0, 0, 1}}, .circuit = 1}},
		.flags = {.port_id = 5, .nickname = 0x1111, .outer_vlan = 2, .designated_vlan = 2},
		.designated = 2,
		.neighbors = t};
}

static void d_our_lan_hello_lists_who_is_heard_in_the_designated_vlan(void **state)
{
	struct adjacency_table t;
	struct hello_ours o;
	uint8_t out[1500];
	int len;

	assert_true(adjacency_init(&t, true, 4));
	neighbour_add(&t, 0x20, 9);
	neighbour_add(&t, 0x05, 9);
	neighbour_add(&t, 0x30, 0); /* in other VLANs only */
	neighbour_add(&t, 0x20, 9); /* another port of the same MAC */
	o = ours_of(&t);
	o.bfd = true;
	len = hello_write(out, sizeof(out), &o);
	assert_bytes(out, (size_t)len,
		"83 1B 01 06 0F 01 00 01 01 000000000001 001E 0055 40 00000000000101"
		"01 02 01 00 81 01 C0 8F 13 0000 01 08 0005 1111 0002 0002 07 05 00 00000000"
		"91 13 C0 00 0000 00005E005305 00 0000 00005E005320 94 03 0000 C0 F3 02 40 42");
	o.flags.outer_vlan = 3; /* not the Designated VLAN: no neighbours are listed */
	assert_int_equal(hello_write(out, sizeof(out), &o), len - 21);
	adjacency_fini(&t);
}

static void d_our_p2p_hello_has_the_three_way_handshake(void **state)
{
	struct hello_ours o = ours_of(NULL);
	uint8_t out[1500];
	int len;

	o.p2p = true;
	o.head.circuit = 5;
	o.three_way = (struct hello_three_way){
		.state = THREE_WAY_DOWN, .has_circuit = true, .circuit = 7};
	len = hello_write(out, sizeof(out), &o);
	assert_bytes(out, (size_t)len,
		"83 14 01 06 11 01 00 01 01 000000000001 001E 003B 05"
		"01 02 01 00 81 01 C0 8F 13 0000 01 08 0005 1111 0002 0002 07 05 00 00000000"
		"F0 05 02 00000007 F3 02 40 42");
}

/* What we write is taken, signed or not, with all VLANs and many appointments; and it is never
 * longer than 1470 bytes. */
static void d_our_hello_is_taken_and_never_too_long(void **state)
{
	static struct hello_appointment appointments[200];
	struct isis_key *key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "secret", 6);
	struct hello_port port = lan_port;
	struct adjacency_table t;
	struct wire_fault fault;
	struct vlan_set all;
	struct hello_ours o;
	uint8_t out[3000];
	struct isis_pdu p;
	struct hello h;
	int len;

	assert_true(adjacency_init(&t, true, 160));
	o = ours_of(&t);
	vlan_set_clear(&all);
	vlan_set_add_range(&all, 1, 4094);
	o.enabled = &all;
	o.appointments = appointments;
	o.appointment_count = 60;
	o.key = key;
	port.keys = &key;
	port.key_count = 1;
	len = hello_write(out, sizeof(out), &o);
	assert_in_range(len, 900, 1470);
	assert_error(isis_parse(out, (size_t)len, &p, &fault), 0);
	assert_int_equal(hello_check(&p, &port, &h), HELLO_TAKEN);
	o.appointment_count = 200;
	assert_error(hello_write(out, sizeof(out), &o), -TRILL_ENOROOM);
	o.appointment_count = 0;
	for (unsigned int i = 0; i < 150; i++)
		neighbour_add(&t, (uint8_t)i, 9);
	assert_error(hello_write(out, sizeof(out), &o), -TRILL_ENOROOM);
	adjacency_fini(&t);
	isis_key_free(key);
}

/* However little room the rest of a Hello leaves: there are two records or there is no Hello, and
 * then the next goes on where the one before ended. */
static void d_a_hello_without_room_for_neighbours_is_none(void **state)
{
	static struct hello_appointment appointments[240];
	struct mac from = {{0, 0, 0x5e, 0, 0x53, 7}}, listed;
	unsigned int written = 0, refused = 0;
	struct adjacency_table t;
	struct hello_ours o;
	uint8_t out[1500];

	(void)state;
	assert_true(adjacency_init(&t, true, 40));
	for (uint8_t i = 0; i < 40; i++)
		neighbour_add(&t, i, 9);
	o = ours_of(&t);
	o.listed = &listed;
	o.appointments = appointments;
	for (o.appointment_count = 150; o.appointment_count <= 240; o.appointment_count++) {
		int len;

		listed = from;
		len = hello_write(out, sizeof(out), &o);
		if (len > 0) {
			assert_in_range(len, 900, 1470);
			assert_int_not_equal(mac_compare(&listed, &from), 0);
			written++;
		} else {
			assert_error(len, -TRILL_ENOROOM);
			assert_int_equal(mac_compare(&listed, &from), 0);
			refused++;
		}
	}
	assert_true(written > 40 && refused > 5);
	adjacency_fini(&t);
}

/* 400 neighbours: each Hello goes on where the one before ended; all are listed in turn, S and L
 * stand at the ends alone, and the first of a TLV without S is the last of the one before (RFC 7176
 * section 2.5). */
static void d_neighbours_that_do_not_fit_stand_in_several_hellos(void **state)
{
	unsigned int hellos = 0, expect = 0;
	struct adjacency_table t;
	struct mac listed = {{0}};
	struct hello_ours o;
	uint8_t out[1500];
	bool ended = false;

	(void)state;
	assert_true(adjacency_init(&t, true, 400));
	for (unsigned int i = 400; i-- > 0;) {
		neighbour_add(&t, 0, 9);
		t.rows[t.count - 1].key.mac.bytes[4] = (uint8_t)(i >> 8);
		t.rows[t.count - 1].key.mac.bytes[5] = (uint8_t)i;
	}
	o = ours_of(&t);
	o.listed = &listed;
	o.bfd = true;
	for (; !ended && hellos < 9; hellos++) {
		int len = hello_write(out, sizeof(out), &o);

		assert_in_range(len, 100, 1470);
		for (int i = 27; i < len; i += 2 + out[i + 1]) {
			if (out[i] != 145)
				continue;
			assert_false(ended);
			assert_int_equal(out[i + 2] >> 7, !expect); /* S */
			expect -= expect > 0;
			for (int r = i + 3; r < i + 2 + out[i + 1]; r += 9)
				assert_int_equal(out[r + 7] << 8 | out[r + 8], expect++);
			ended = out[i + 2] & 0x40; /* L */
		}
	}
	assert_int_equal(expect, 400);
	assert_int_equal(hellos, 3);
	assert_true(mac_is_zero(&listed)); /* and from the beginning again */
	/* Where the one that the next would begin with is gone, it begins anew. */
	hello_write(out, sizeof(out), &o);
	assert_false(mac_is_zero(&listed));
	for (unsigned int i = 0; i < t.count; i++)
		if (!mac_compare(&t.rows[i].key.mac, &listed))
			t.rows[i].designated_until.ns = 0;
	hello_write(out, sizeof(out), &o);
	for (size_t i = 27; i < 1400; i += 2u + out[i + 1])
		if (out[i] == 145) {
			assert_int_equal(out[i + 2], 0x80);
			break;
		}
	adjacency_fini(&t);
}

static void d_what_was_tested_stands_beside_the_neighbour(void **state)
{
	struct adjacency_table t;
	struct mac listed = {{0}};
	struct hello_ours o;
	uint8_t out[1500];
	int len;

	(void)state;
	assert_true(adjacency_init(&t, true, 4));
	neighbour_add(&t, 0x05, 9);
	neighbour_add(&t, 0x20, 9);
	t.rows[0].mtu = 9000;
	t.rows[0].oomf_offered = true;
	t.rows[1].mtu_failed = true;
	o = ours_of(&t);
	o.listed = &listed;
	len = hello_write(out, sizeof(out), &o);
	assert_bytes(out + len - 25, 21, "91 13 C0 40 2328 00005E005305 80 0000 00005E005320");
	adjacency_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(d_a_hello_with_what_is_mandatory_is_taken),
		cmocka_unit_test(d_a_hello_of_the_other_kind_is_discarded),
		cmocka_unit_test(d_a_circuit_type_that_is_not_1_is_discarded),
		cmocka_unit_test(d_another_area_is_discarded),
		cmocka_unit_test(d_protocols_without_trill_are_discarded),
		cmocka_unit_test(d_a_hello_without_vlan_flags_is_discarded),
		cmocka_unit_test(d_a_designated_vlan_that_is_none_is_discarded),
		cmocka_unit_test(d_layer_3_neighbours_and_padding_are_ignored),
		cmocka_unit_test(d_a_hello_that_fails_authentication_is_discarded),
		cmocka_unit_test(d_what_a_lan_hello_says_reaches_the_adjacency),
		cmocka_unit_test(d_of_several_versions_the_least_counts),
		cmocka_unit_test(d_of_several_neighbor_tlvs_the_one_that_lists_us_counts),
		cmocka_unit_test(d_three_way_names_our_system_and_circuit),
		cmocka_unit_test(d_vlans_that_hellos_are_sent_in),
		cmocka_unit_test(d_our_lan_hello_lists_who_is_heard_in_the_designated_vlan),
		cmocka_unit_test(d_a_hello_without_room_for_neighbours_is_none),
		cmocka_unit_test(d_neighbours_that_do_not_fit_stand_in_several_hellos),
		cmocka_unit_test(d_what_was_tested_stands_beside_the_neighbour),
		cmocka_unit_test(d_our_p2p_hello_has_the_three_way_handshake),
		cmocka_unit_test(d_our_hello_is_taken_and_never_too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
