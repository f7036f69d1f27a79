/* Learned addresses: item J of docs/trill.md, by RFC 6325 sections 4.8.1 to 4.8.3 and RFC 8383. */
#include "tests/unit/trill_test.h"

#include "trill/core/mac.h"

static const struct label vlan = {.id = 34}, other_vlan = {.id = 35};
static const struct mac a = {{2, 0, 0, 0, 0, 0x0a}}, b = {{2, 0, 0, 0, 0, 0x0b}};

static unsigned int changes, gone;

static void on_changed(void *arg, const struct mac_entry *entry, bool is_gone)
{
	changes += !is_gone;
	gone += is_gone;
}

static struct mac_table *table_new(uint32_t max)
{
	struct mac_config config = {.max = max, .changed = on_changed};
	struct mac_table *t = mac_table_new(&config);

	assert_non_null(t);
	changes = gone = 0;
	return t;
}

static struct mac_place port(uint16_t id)
{
	return (struct mac_place){.local = true, .where = id};
}

static struct mac_place behind(uint16_t nickname)
{
	return (struct mac_place){.where = nickname};
}

static enum mac_verdict remote(struct mac_table *t, const struct mac *mac, uint16_t nickname)
{
	return mac_learn(t, vlan, mac, behind(nickname), MAC_CONFIDENCE_DATA, MAC_REMOTE);
}

static void j_equal_and_higher_confidence_replace(void **state)
{
	struct mac_table *t = table_new(10);

	assert_int_equal(remote(t, &a, 0x1111), MAC_NEW);
	assert_int_equal(remote(t, &a, 0x2222), MAC_MOVED);
	assert_int_equal(mac_find(t, vlan, &a)->place.where, 0x2222);
	assert_int_equal(mac_learn(t, vlan, &a, behind(0x3333), 0x1f, MAC_ESADI), MAC_REFUSED);
	assert_int_equal(mac_find(t, vlan, &a)->place.where, 0x2222);
	assert_int_equal(mac_learn(t, vlan, &a, behind(0x3333), 0x21, MAC_ESADI), MAC_MOVED);
	assert_int_equal(remote(t, &a, 0x2222), MAC_REFUSED);
	assert_int_equal(mac_learn(t, vlan, &a, port(3), 0x21, MAC_LOCAL), MAC_MOVED);
	assert_true(mac_find(t, vlan, &a)->place.local);
	assert_int_equal(changes, 4);
	mac_table_free(t);
}

static void j_what_is_configured_is_not_overridden(void **state)
{
	struct mac_table *t = table_new(10);

	mac_learn(t, vlan, &a, port(3), MAC_CONFIDENCE_STATIC, MAC_STATIC);
	assert_int_equal(mac_learn(t, vlan, &a, behind(1), 254, MAC_ESADI), MAC_REFUSED);
	mac_take_back(t, vlan, &a, MAC_STATIC, 3);
	assert_null(mac_find(t, vlan, &a));
	mac_table_free(t);
}

/* Rule B: of one place the higher confidence stays. */
static void j_the_higher_confidence_stays(void **state)
{
	struct mac_table *t = table_new(10);

	mac_learn(t, vlan, &a, port(3), 0x40, MAC_LOCAL);
	assert_int_equal(mac_learn(t, vlan, &a, port(3), 0x20, MAC_LOCAL), MAC_SAME);
	assert_int_equal(mac_find(t, vlan, &a)->confidence, 0x40);
	assert_int_equal(mac_learn(t, vlan, &a, port(3), 0x60, MAC_LOCAL), MAC_SAME);
	assert_int_equal(mac_find(t, vlan, &a)->confidence, 0x60);
	mac_table_free(t);
}

/* The same MAC in 400 labels, more than there are places by their hash without a neighbour. */
static void j_labels_are_apart(void **state)
{
	struct mac_table *t = table_new(400);

	for (uint32_t id = 1; id <= 400; id++) {
		struct label label = {.id = (id + 1) / 2, .fgl = id % 2};

		assert_int_equal(
			mac_learn(t, label, &a, behind((uint16_t)id), 0x20, MAC_REMOTE), MAC_NEW);
	}
	for (uint32_t id = 1; id <= 400; id++) {
		struct label label = {.id = (id + 1) / 2, .fgl = id % 2};

		assert_int_equal(mac_find(t, label, &a)->place.where, id);
	}
	assert_null(mac_find(t, (struct label){.id = 201}, &a));
	mac_table_free(t);
}

static void j_group_addresses_are_not_learned(void **state)
{
	static const struct mac group = {{1, 0, 0x5e, 0, 0, 1}}, zero;
	struct mac_table *t = table_new(10);

	assert_int_equal(remote(t, &group, 0x1111), MAC_GROUP);
	assert_int_equal(remote(t, &zero, 0x1111), MAC_GROUP);
	assert_int_equal(mac_table_count(t), 0);
	mac_table_free(t);
}

static void j_a_full_table_learns_no_more_and_room_is_used_again(void **state)
{
	struct mac_table *t = table_new(2);
	struct mac c = {{2, 0, 0, 0, 0, 0x0c}};

	remote(t, &a, 1);
	remote(t, &b, 1);
	assert_int_equal(remote(t, &c, 1), MAC_FULL);
	assert_int_equal(remote(t, &b, 2), MAC_MOVED);
	mac_take_back(t, vlan, &a, MAC_REMOTE, 1);
	assert_int_equal(remote(t, &c, 1), MAC_NEW);
	mac_table_free(t);
}

static void j_esadi_takes_back_only_what_it_said(void **state)
{
	struct mac_table *t = table_new(10);

	mac_learn(t, vlan, &a, behind(0x1111), 0x40, MAC_ESADI);
	mac_take_back(t, vlan, &a, MAC_ESADI, 0x2222);
	assert_non_null(mac_find(t, vlan, &a));
	mac_take_back(t, vlan, &a, MAC_ESADI, 0x1111);
	assert_null(mac_find(t, vlan, &a));
	remote(t, &a, 0x1111);
	mac_take_back(t, vlan, &a, MAC_ESADI, 0x1111);
	assert_non_null(mac_find(t, vlan, &a));
	mac_table_free(t);
}

static void j_a_flush_takes_what_decapsulation_taught(void **state)
{
	struct mac_table *t = table_new(10);
	struct wire_fault fault;
	struct flush f;
	WRITER(w);

	remote(t, &a, 0x1111);
	remote(t, &b, 0x1111);
	mac_learn(t, other_vlan, &a, behind(0x1111), 0x20, MAC_ESADI);
	flush_put_mac(&w, vlan, &a, 0x1111);
	assert_error(flush_read(w_bytes, w.pos, 0x9999, &f, &fault), 0);
	assert_int_equal(mac_flush(t, &f), 1);
	assert_null(mac_find(t, vlan, &a));
	assert_non_null(mac_find(t, vlan, &b));
	assert_error(flush_read("\1\x11\x11\0\6\0", 6, 0x9999, &f, &fault), 0); /* all labels */
	assert_int_equal(mac_flush(t, &f), 1);
	assert_int_equal(mac_table_count(t), 1); /* ESADI's stays */
	mac_table_free(t);
}

static enum mac_verdict native(struct mac_table *t, uint8_t last, uint16_t at)
{
	struct mac mac = {{2, 7, 0, 0, 0, last}};

	return mac_learn(t, vlan, &mac, port(at), MAC_CONFIDENCE_DATA, MAC_LOCAL);
}

/* Those that move there are known wherever they go, and what an agent says is none of them. */
static void j_frames_on_one_port_do_not_take_all_room(void **state)
{
	struct mac_config config = {.max = 10, .port_max = 4};
	struct mac_table *t = mac_table_new(&config);

	(void)state;
	for (uint8_t i = 0; i < 4; i++)
		assert_int_equal(native(t, i, 1), MAC_NEW);
	assert_int_equal(native(t, 4, 1), MAC_FULL);
	assert_int_equal(mac_table_refused(t), 1);
	assert_int_equal(native(t, 4, 2), MAC_NEW);
	assert_int_equal(native(t, 4, 1), MAC_MOVED);
	assert_int_equal(mac_learn(t, vlan, &a, port(1), 0x40, MAC_ATTESTED), MAC_NEW);
	assert_int_equal(native(t, 5, 1), MAC_FULL);
	for (uint8_t i = 0; i < 2; i++) {
		struct mac mac = {{2, 7, 0, 0, 0, i}};

		mac_take_back(t, vlan, &mac, MAC_LOCAL, 1);
	}
	assert_int_equal(native(t, 5, 1), MAC_NEW);
	assert_int_equal(native(t, 6, 1), MAC_FULL);
	mac_table_free(t);
}

/* What frames taught makes room for who says it with more confidence, where they taught most. */
static void j_what_frames_taught_makes_room_for_more_confidence(void **state)
{
	struct mac_table *t = table_new(5);
	struct mac m[9];

	(void)state;
	for (uint8_t i = 0; i < 9; i++)
		m[i] = (struct mac){{2, 0, 0, 0, 1, i}};
	remote(t, &m[0], 1);
	mac_learn(t, vlan, &m[3], port(1), 0x40, MAC_ATTESTED);
	mac_learn(t, vlan, &m[1], port(1), MAC_CONFIDENCE_DATA, MAC_LOCAL);
	mac_learn(t, vlan, &m[2], port(1), MAC_CONFIDENCE_DATA, MAC_LOCAL);
	/* Frames taught it, too, where it is told of. */
	mac_learn(t, vlan, &m[4], behind(7), MAC_CONFIDENCE_DATA, MAC_ESADI);
	assert_int_equal(remote(t, &m[5], 1), MAC_FULL);
	assert_int_equal(
		mac_learn(t, vlan, &m[5], behind(7), MAC_CONFIDENCE_DATA, MAC_ESADI), MAC_FULL);
	assert_int_equal(gone, 0);
	assert_int_equal(mac_learn(t, vlan, &m[5], port(2), 0x40, MAC_ATTESTED), MAC_NEW);
	assert_int_equal(gone, 1);
	assert_non_null(mac_find(t, vlan, &m[0]));
	assert_non_null(mac_find(t, vlan, &m[4]));
	assert_true(!mac_find(t, vlan, &m[1]) != !mac_find(t, vlan, &m[2]));
	for (unsigned int i = 6; i < 9; i++)
		assert_int_equal(mac_learn(t, vlan, &m[i], behind(9), 0x21, MAC_ESADI), MAC_NEW);
	assert_int_equal(mac_table_displaced(t), 4);
	assert_int_equal(gone, 4);
	assert_int_equal(mac_table_refused(t), 2);
	assert_false(mac_make_room(t));
	assert_int_equal(mac_learn(t, vlan, &a, port(3), 0xff, MAC_STATIC), MAC_FULL);
	assert_non_null(mac_find(t, vlan, &m[3]));
	for (unsigned int i = 5; i < 9; i++)
		assert_non_null(mac_find(t, vlan, &m[i]));
	assert_int_equal(mac_table_count(t), 5);
	mac_table_free(t);
}

/* What has moved counts where it is, and what has gone nowhere. */
static void j_who_has_most_is_counted_as_stations_move(void **state)
{
	struct mac_table *t = table_new(5);
	struct mac m[5];

	(void)state;
	for (uint8_t i = 0; i < 5; i++) {
		m[i] = (struct mac){{2, 0, 0, 0, 1, i}};
		remote(t, &m[i], i < 3 ? 1 : 2);
	}
	remote(t, &m[2], 2); /* 1 has two, 2 has three */
	for (unsigned int i = 0; i < 3; i++) {
		mac_take_back(t, vlan, &m[0], MAC_REMOTE, 1);
		remote(t, &m[0], 1);
	}
	mac_learn(t, vlan, &a, port(1), 0x40, MAC_ATTESTED);
	assert_non_null(mac_find(t, vlan, &m[0]));
	assert_non_null(mac_find(t, vlan, &m[1]));
	mac_table_free(t);
}

/* So is what somebody says with more confidence since. */
static void j_what_is_attested_since_gives_way_no_more(void **state)
{
	struct mac_table *t = table_new(2);

	(void)state;
	remote(t, &a, 1);
	remote(t, &b, 1);
	mac_learn(t, vlan, &a, port(1), 0x40, MAC_ATTESTED);
	mac_learn(t, vlan, &b, port(1), 0x40, MAC_ATTESTED);
	assert_false(mac_make_room(t));
	mac_take_back(t, vlan, &a, MAC_ATTESTED, 1);
	remote(t, &a, 1);
	assert_true(mac_make_room(t));
	assert_null(mac_find(t, vlan, &a));
	assert_non_null(mac_find(t, vlan, &b));
	mac_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j_equal_and_higher_confidence_replace),
		cmocka_unit_test(j_frames_on_one_port_do_not_take_all_room),
		cmocka_unit_test(j_what_is_configured_is_not_overridden),
		cmocka_unit_test(j_the_higher_confidence_stays),
		cmocka_unit_test(j_labels_are_apart),
		cmocka_unit_test(j_group_addresses_are_not_learned),
		cmocka_unit_test(j_a_full_table_learns_no_more_and_room_is_used_again),
		cmocka_unit_test(j_what_frames_taught_makes_room_for_more_confidence),
		cmocka_unit_test(j_who_has_most_is_counted_as_stations_move),
		cmocka_unit_test(j_what_is_attested_since_gives_way_no_more),
		cmocka_unit_test(j_esadi_takes_back_only_what_it_said),
		cmocka_unit_test(j_a_flush_takes_what_decapsulation_taught),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
