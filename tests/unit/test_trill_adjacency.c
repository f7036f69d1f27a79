/* Adjacencies and the election of the DRB: items E and F of docs/trill.md. The tables are those of
 * RFC 7177: Table 2 of section 3.4, Table 3 of section 4.3. */
#include "tests/unit/trill_test.h"

#include "trill/core/adjacency.h"
#include "trill/core/drb.h"

#define PORT_MAC                                                                                   \
	{                                                                                          \
		{                                                                                  \
			0x00, 0x00, 0x5e, 0x00, 0x53, 0x10                                         \
		}                                                                                  \
	}
#define HOLDING 30

static const struct mac port_mac = PORT_MAC;

static struct mono at_s(uint64_t s)
{
	return mono_add_s((struct mono){1}, s);
}

/* What changed() was told, as text: "02: detect>2-way A1; ". */
static char told[1024];

static void tell(
	void *arg, const struct adjacency *row, enum adjacency_state was, enum adjacency_event why)
{
	size_t n = strlen(told);

	snprintf(told + n, sizeof(told) - n, "%02x: %s>%s A%d; ", row->key.mac.bytes[5],
		adjacency_state_name(was), adjacency_state_name(row->state), why + 1);
}

static void assert_told(const char *want)
{
	assert_string_equal(told, want);
	told[0] = 0;
}

static void table_init(struct adjacency_table *t, bool lan, unsigned int max)
{
	assert_true(adjacency_init(t, lan, max));
	t->changed = tell;
	told[0] = 0;
}

static struct adjacency_hello hello_from(uint8_t last, bool designated, enum adjacency_listing how)
{
	return (struct adjacency_hello){.key = {.mac = {{0, 0, 0x5e, 0, 0x53, last}},
						.port_id = 1,
						.system = {{0, 0, 0, 0, 0, last}}},
		.designated = designated,
		.listing = how,
		.holding_s = HOLDING,
		.priority = 0x40,
		.desired_vlan = 1};
}

static void hear(struct adjacency_table *t, uint8_t last, bool designated,
	enum adjacency_listing how, uint64_t s)
{
	struct adjacency_hello h = hello_from(last, designated, how);

	adjacency_hello(t, &h, at_s(s));
}

/* RFC 7177 section 3.4, Table 2, line by line; "-" is N/A. */
static void e_table_2_of_rfc_7177(void **state)
{
	static const char *const table[ADJACENCY_EVENTS][ADJACENCY_STATES] = {
		{"2-way", "2-way", "2-way", "report"},
		{"detect", "detect", "2-way", "report"},
		{"detect", "detect", "detect", "detect"},
		{"-", "down", "down", "down"},
		{"-", "detect", "detect", "detect"},
		{"-", "-", "report", "report"},
		{"-", "-", "2-way", "2-way"},
		{"down", "down", "down", "down"},
	};

	for (int e = 0; e < ADJACENCY_EVENTS; e++) {
		for (int s = 0; s < ADJACENCY_STATES; s++) {
			int next = adjacency_transition(
				(enum adjacency_state)s, (enum adjacency_event)e);
			const char *name =
				next < 0 ? "-" : adjacency_state_name((enum adjacency_state)next);

			if (strcmp(name, table[e][s]))
				fail_msg("A%d in %s: %s, should be %s", e + 1,
					adjacency_state_name((enum adjacency_state)s), name,
					table[e][s]);
		}
	}
}

static void e_a_neighbour_that_lists_us_is_reported_at_once(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	assert_told("02: down>2-way A1; 02: 2-way>report A6; ");
	hear(&t, 2, true, ADJACENCY_LISTED, 3);
	assert_told("");
	adjacency_fini(&t);
}

static void e_each_kind_of_hello(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 2, false, ADJACENCY_LISTED, 0); /* another VLAN: its listing is ignored */
	assert_told("02: down>detect A2; ");
	hear(&t, 2, true, ADJACENCY_NOT_COVERED, 0);
	assert_told("");
	hear(&t, 2, true, ADJACENCY_NOT_LISTED, 0);
	assert_told("");
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	assert_told("02: detect>2-way A1; 02: 2-way>report A6; ");
	hear(&t, 2, false, ADJACENCY_NOT_LISTED, 0);
	hear(&t, 2, true, ADJACENCY_NOT_COVERED, 0);
	assert_told("");
	hear(&t, 2, true, ADJACENCY_NOT_LISTED, 0);
	assert_told("02: report>detect A3; ");
	adjacency_fini(&t);
}

static void e_a_lan_adjacency_has_two_holding_timers(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	hear(&t, 2, false, ADJACENCY_NOT_COVERED, 10);
	told[0] = 0;
	assert_true(adjacency_next(&t).ns == at_s(30).ns);
	adjacency_time(&t, at_s(29));
	assert_told("");
	adjacency_time(&t, at_s(30)); /* the Designated VLAN's alone */
	assert_told("02: report>detect A5; ");
	assert_true(adjacency_next(&t).ns == at_s(40).ns);
	adjacency_time(&t, at_s(39));
	assert_told("");
	adjacency_time(&t, at_s(40));
	assert_told("02: detect>down A4; ");
	assert_int_equal(t.count, 0);
	assert_true(adjacency_next(&t).ns == MONO_NEVER.ns);
	adjacency_fini(&t);
}

static void e_both_timers_at_once_are_a4(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	hear(&t, 3, true, ADJACENCY_LISTED, 1);
	hear(&t, 2, false, ADJACENCY_NOT_COVERED, 0);
	told[0] = 0;
	adjacency_time(&t, at_s(100));
	assert_told("02: report>down A4; 03: report>down A4; ");
	adjacency_fini(&t);
}

static void e_a_point_to_point_link_has_one_neighbour_and_one_timer(void **state)
{
	struct adjacency_table t;
	struct adjacency_hello other = hello_from(3, true, ADJACENCY_LISTED);

	table_init(&t, false, 100);
	hear(&t, 2, true, ADJACENCY_NOT_LISTED, 0);
	assert_told("02: down>detect A3; ");
	hear(&t, 2, true, ADJACENCY_NOT_COVERED, 0); /* without TLV 240: it says nothing of us */
	assert_told("");
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	assert_told("02: detect>2-way A1; 02: 2-way>report A6; ");
	hear(&t, 2, false, ADJACENCY_NOT_LISTED, 0); /* in another VLAN: no event at all */
	assert_told("");
	hear(&t, 2, true, ADJACENCY_NOT_COVERED, 0);
	assert_told("");
	hear(&t, 2, true, ADJACENCY_NOT_LISTED, 0);
	assert_told("02: report>detect A3; ");
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	assert_told("02: detect>2-way A1; 02: 2-way>report A6; ");
	other.priority = 0x7f;
	assert_int_equal(adjacency_hello(&t, &other, at_s(0)), -1);
	assert_told("");
	/* The same system with another MAC does not wait for its own holding time. */
	other.key.system = t.rows[0].key.system;
	assert_int_equal(adjacency_hello(&t, &other, at_s(10)), ADJACENCY_A1);
	assert_told("02: report>down A4; 03: down>2-way A1; 03: 2-way>report A6; ");
	assert_int_equal(t.count, 1);
	adjacency_time(&t, at_s(40));
	assert_told("03: report>down A4; ");
	adjacency_fini(&t);
}

static void e_tests_that_are_enabled_hold_the_report_back(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	t.test_mtu = true;
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	assert_told("02: down>2-way A1; ");
	t.rows[0].mtu_ok = true;
	adjacency_tested(&t, &t.rows[0]);
	assert_told("02: 2-way>report A6; ");
	t.rows[0].mtu_ok = false;
	adjacency_tested(&t, &t.rows[0]);
	assert_told("02: report>2-way A7; ");
	adjacency_fini(&t);
}

static void e_bfd_counts_where_both_ends_have_it(void **state)
{
	struct adjacency_hello h = hello_from(2, true, ADJACENCY_LISTED);
	struct adjacency_table t;

	table_init(&t, true, 4);
	t.test_bfd = true;
	adjacency_hello(&t, &h, at_s(0));
	assert_told("02: down>2-way A1; 02: 2-way>report A6; ");
	adjacency_port_down(&t);
	told[0] = 0;
	h.bfd = true;
	adjacency_hello(&t, &h, at_s(0));
	assert_told("02: down>2-way A1; ");
	t.rows[0].bfd_up = true;
	adjacency_tested(&t, &t.rows[0]);
	assert_told("02: 2-way>report A6; ");
	adjacency_fini(&t);
}

/* What was tested before a neighbour stopped listing us is no longer believed. */
static void e_tests_begin_anew_after_detect(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	t.test_mtu = true;
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	t.rows[0].mtu_ok = true;
	adjacency_tested(&t, &t.rows[0]);
	hear(&t, 2, true, ADJACENCY_NOT_LISTED, 1);
	told[0] = 0;
	hear(&t, 2, true, ADJACENCY_LISTED, 2);
	assert_told("02: detect>2-way A1; ");
	adjacency_fini(&t);
}

static void e_the_port_going_down_takes_all(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	hear(&t, 3, false, ADJACENCY_LISTED, 0);
	told[0] = 0;
	adjacency_port_down(&t);
	assert_told("03: detect>down A8; 02: report>down A8; ");
	assert_int_equal(t.count, 0);
	adjacency_fini(&t);
}

/* RFC 7177 section 4.2.3. */
static void e_another_designated_vlan_moves_the_timers(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	hear(&t, 3, true, ADJACENCY_LISTED, 10);
	hear(&t, 3, false, ADJACENCY_NOT_COVERED, 20);
	told[0] = 0;
	adjacency_designated_changed(&t, at_s(21));
	assert_told("02: report>detect A5; 03: report>detect A5; ");
	assert_true(t.rows[0].other_until.ns == at_s(30).ns);
	assert_true(t.rows[1].other_until.ns == at_s(50).ns);
	adjacency_time(&t, at_s(30));
	assert_told("02: detect>down A4; ");
	adjacency_fini(&t);
}

/* Section 3.6, among those that are not up. */
static void e_a_full_table_keeps_the_higher_priorities(void **state)
{
	struct adjacency_hello h = hello_from(4, true, ADJACENCY_LISTED);
	struct adjacency_table t;

	table_init(&t, true, 2);
	hear(&t, 5, true, ADJACENCY_NOT_COVERED, 0);
	hear(&t, 3, true, ADJACENCY_NOT_COVERED, 0);
	told[0] = 0;
	hear(&t, 2, true, ADJACENCY_LISTED, 0); /* of the same priority, and a lower MAC */
	assert_told("");
	assert_int_equal(adjacency_hello(&t, &h, at_s(0)), ADJACENCY_A1);
	assert_told("03: detect>down A4; 04: down>2-way A1; 04: 2-way>report A6; ");
	assert_int_equal(t.count, 2);
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	hear(&t, 3, true, ADJACENCY_LISTED, 0);
	assert_told("");
	hear(&t, 6, true, ADJACENCY_LISTED, 0);
	assert_told("05: detect>down A4; 06: down>2-way A1; 06: 2-way>report A6; ");
	adjacency_fini(&t);
}

/* Somebody makes up 64 neighbours of the highest priority, each higher than the one before. One
 * place is kept for who would be DRB. */
static void e_a_full_table_ends_nothing_that_is_up(void **state)
{
	struct adjacency_table t;

	table_init(&t, true, 2);
	t.test_bfd = true;
	hear(&t, 2, true, ADJACENCY_LISTED, 0);
	hear(&t, 3, true, ADJACENCY_LISTED, 0);
	t.rows[1].bfd = true; /* it is in 2-Way, and waits for its test */
	t.rows[1].state = ADJACENCY_TWO_WAY;
	told[0] = 0;
	for (uint8_t last = 4; last < 68; last++) {
		struct adjacency_hello h = hello_from(last, true, ADJACENCY_LISTED);

		h.priority = 127;
		assert_int_equal(adjacency_hello(&t, &h, at_s(0)), last == 4 ? ADJACENCY_A1 : -1);
	}
	assert_told("04: down>2-way A1; 04: 2-way>report A6; ");
	assert_int_equal(t.count, 3);
	adjacency_time(&t, at_s(HOLDING)); /* they say no more; and there is room again */
	assert_int_equal(t.count, 0);
	hear(&t, 9, true, ADJACENCY_LISTED, HOLDING);
	assert_int_equal(t.count, 1);
	adjacency_fini(&t);
}

static void e_neighbours_are_told_apart_by_mac_port_and_system(void **state)
{
	struct adjacency_hello h = hello_from(2, true, ADJACENCY_LISTED);
	struct adjacency_table t;

	table_init(&t, true, 8);
	adjacency_hello(&t, &h, at_s(0));
	h.key.port_id = 2;
	adjacency_hello(&t, &h, at_s(0));
	h.key.system.bytes[0] = 1;
	adjacency_hello(&t, &h, at_s(0));
	h.key.mac.bytes[5] = 9;
	adjacency_hello(&t, &h, at_s(0));
	assert_int_equal(t.count, 4);
	assert_int_equal(adjacency_count(&t, ADJACENCY_REPORT), 4);
	adjacency_fini(&t);
}

static enum adjacency_listing listing(const char *value, const char *ours)
{
	struct exact e = exact_hex(value), mac = exact_hex(ours);
	struct tlv t = tlv_of(TLV_NEIGHBOR, &e);
	struct hello_neighbors n;
	enum adjacency_listing how;
	struct mac m;

	memcpy(m.bytes, mac.bytes, 6);
	assert_error(hello_neighbors_read(&t, &n), 0);
	how = adjacency_listing_of(&n, &m);
	free(e.bytes);
	free(mac.bytes);
	return how;
}

static void e_what_a_neighbor_tlv_covers(void **state)
{
	static const char both[] = "00 00 0000 000000000010 00 0000 000000000020";
	static const char all[] = "C0 00 0000 000000000010";

	assert_int_equal(listing("C0", "000000000010"), ADJACENCY_NOT_LISTED);
	assert_int_equal(listing(all, "000000000010"), ADJACENCY_LISTED);
	assert_int_equal(listing(all, "000000000001"), ADJACENCY_NOT_LISTED);
	assert_int_equal(listing(all, "0000000000FF"), ADJACENCY_NOT_LISTED);
	assert_int_equal(listing(both, "000000000020"), ADJACENCY_LISTED);
	assert_int_equal(listing(both, "000000000018"), ADJACENCY_NOT_LISTED);
	assert_int_equal(listing(both, "000000000001"), ADJACENCY_NOT_COVERED);
	assert_int_equal(listing(both, "000000000021"), ADJACENCY_NOT_COVERED);
	assert_int_equal(listing("80 00 0000 000000000010", "000000000001"), ADJACENCY_NOT_LISTED);
	assert_int_equal(listing("80 00 0000 000000000010", "000000000011"), ADJACENCY_NOT_COVERED);
	assert_int_equal(listing("40 00 0000 000000000010", "000000000011"), ADJACENCY_NOT_LISTED);
}

/* RFC 7177 section 4.3, Table 3; "-" is N/A. */
static void f_table_3_of_rfc_7177(void **state)
{
	static const char names[] = "dsDN"; /* Down, Suspended, DRB, Not DRB */
	static const char *const table[DRB_EVENTS] = {"DD--", "--NN", "--DD", "-sss", "dddd"};

	for (int e = 0; e < DRB_EVENTS; e++) {
		for (int s = 0; s < DRB_STATES; s++) {
			int next = drb_transition((enum drb_state)s, (enum drb_event)e);
			char got = next < 0 ? '-' : names[next];

			if (got != table[e][s])
				fail_msg("D%d in %c: %c, should be %c", e + 1, names[s], got,
					table[e][s]);
		}
	}
}

static struct drb drb_of(uint8_t priority)
{
	return (struct drb){.state = DRB_IS_DRB,
		.own = {.priority = priority,
			.key = {.mac = PORT_MAC, .port_id = 5, .system = {{0, 0, 0, 0, 0, 0x10}}}},
		.desired_vlan = 10};
}

static void f_larger_wins_by_priority_mac_port_and_system(void **state)
{
	struct drb_candidate low = {.priority = 1}, high = low;

	high.priority = 2;
	low.key.mac.bytes[0] = 9;
	assert_true(drb_compare(&low, &high) < 0);
	low.priority = 2;
	high.key.mac.bytes[0] = 10;
	low.key.port_id = 0xffff;
	assert_true(drb_compare(&low, &high) < 0);
	high.key.mac = low.key.mac;
	low.key.port_id = 1;
	high.key.port_id = 2;
	low.key.system.bytes[0] = 9;
	assert_true(drb_compare(&low, &high) < 0);
	high.key.port_id = 1;
	high.key.system.bytes[0] = 10;
	assert_true(drb_compare(&low, &high) < 0);
	assert_true(drb_compare(&high, &high) == 0);
}

/* Two-way connectivity plays no part. */
static void f_the_highest_neighbour_wins_also_in_detect(void **state)
{
	struct adjacency_hello h = hello_from(2, true, ADJACENCY_NOT_COVERED);
	struct drb d = drb_of(0x40);
	struct adjacency_table t;

	table_init(&t, true, 4);
	assert_null(drb_elect(&d, &t));
	assert_int_equal(d.state, DRB_IS_DRB);
	assert_int_equal(drb_designated_vlan(&d, &t), 10);
	hear(&t, 3, true, ADJACENCY_LISTED, 0); /* MAC below ours */
	assert_null(drb_elect(&d, &t));
	h.priority = 0x41;
	h.desired_vlan = 20;
	adjacency_hello(&t, &h, at_s(0));
	assert_ptr_equal(drb_elect(&d, &t), &t.rows[1]);
	assert_int_equal(d.state, DRB_NOT_DRB);
	assert_int_equal(drb_designated_vlan(&d, &t), 20);
	adjacency_time(&t, at_s(30));
	assert_null(drb_elect(&d, &t));
	assert_int_equal(d.state, DRB_IS_DRB);
	adjacency_fini(&t);
}

static void f_a_higher_port_of_the_same_mac_suspends(void **state)
{
	struct adjacency_hello h = hello_from(2, true, ADJACENCY_LISTED);
	struct drb d = drb_of(0x40);
	struct adjacency_table t;

	table_init(&t, true, 4);
	hear(&t, 3, true, ADJACENCY_LISTED, 0);
	h.key.mac = port_mac;
	h.key.port_id = 4; /* below ours */
	assert_false(drb_same_mac(&d, &t, &h, at_s(0)));
	assert_int_equal(t.count, 1);
	h.key.port_id = 6;
	assert_true(drb_same_mac(&d, &t, &h, at_s(0)));
	assert_int_equal(d.state, DRB_SUSPENDED);
	assert_int_equal(t.count, 0);
	assert_null(drb_elect(&d, &t));
	assert_int_equal(d.state, DRB_SUSPENDED);
	h.holding_s = 10; /* a shorter one does not shorten it, a later one lengthens it */
	assert_true(drb_same_mac(&d, &t, &h, at_s(5)));
	assert_true(drb_next(&d).ns == at_s(30).ns);
	assert_true(drb_same_mac(&d, &t, &h, at_s(25)));
	assert_true(drb_next(&d).ns == at_s(35).ns);
	assert_false(drb_time(&d, at_s(34)));
	assert_true(drb_time(&d, at_s(35)));
	assert_int_equal(d.state, DRB_IS_DRB);
	adjacency_fini(&t);
}

static void f_a_port_comes_up_as_drb_and_goes_down_whole(void **state)
{
	struct drb d = drb_of(0x40);
	struct adjacency_table t;

	table_init(&t, true, 4);
	d.state = DRB_DOWN;
	assert_null(drb_elect(&d, &t));
	assert_int_equal(d.state, DRB_DOWN);
	drb_port(&d, &t, true);
	assert_int_equal(d.state, DRB_IS_DRB);
	hear(&t, 0x20, true, ADJACENCY_LISTED, 0);
	drb_elect(&d, &t);
	drb_port(&d, &t, true); /* it is up already */
	assert_int_equal(d.state, DRB_NOT_DRB);
	drb_port(&d, &t, false);
	assert_int_equal(d.state, DRB_DOWN);
	assert_int_equal(t.count, 0);
	adjacency_fini(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(e_table_2_of_rfc_7177),
		cmocka_unit_test(e_a_neighbour_that_lists_us_is_reported_at_once),
		cmocka_unit_test(e_each_kind_of_hello),
		cmocka_unit_test(e_a_lan_adjacency_has_two_holding_timers),
		cmocka_unit_test(e_both_timers_at_once_are_a4),
		cmocka_unit_test(e_a_point_to_point_link_has_one_neighbour_and_one_timer),
		cmocka_unit_test(e_tests_that_are_enabled_hold_the_report_back),
		cmocka_unit_test(e_bfd_counts_where_both_ends_have_it),
		cmocka_unit_test(e_tests_begin_anew_after_detect),
		cmocka_unit_test(e_the_port_going_down_takes_all),
		cmocka_unit_test(e_another_designated_vlan_moves_the_timers),
		cmocka_unit_test(e_a_full_table_keeps_the_higher_priorities),
		cmocka_unit_test(e_a_full_table_ends_nothing_that_is_up),
		cmocka_unit_test(e_neighbours_are_told_apart_by_mac_port_and_system),
		cmocka_unit_test(e_what_a_neighbor_tlv_covers),
		cmocka_unit_test(f_table_3_of_rfc_7177),
		cmocka_unit_test(f_larger_wins_by_priority_mac_port_and_system),
		cmocka_unit_test(f_the_highest_neighbour_wins_also_in_detect),
		cmocka_unit_test(f_a_higher_port_of_the_same_mac_suspends),
		cmocka_unit_test(f_a_port_comes_up_as_drb_and_goes_down_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
