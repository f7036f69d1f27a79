/* registry, mapping, replay and xtr: sequence numbers, locator sets in their kept form, nonces. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "mapserver/registry.h"
#include "mapserver/replay.h"
#include "tests/unit/world_parse.h"

#define S(n) ((struct mono){(uint64_t)(n)*1000000000})

static const struct registry_options options = {.instances_max = 3,
	.tombstones_max = 2,
	.tombstone_life_s = 100,
	.secret = "registry-test"};

static struct locators locators(const char *text)
{
	const struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct locators l = {.count = 0};
	struct address a;

	assert_true(address_parse(&a, text));
	assert_true(locators_add(&l, &rloc, &a));
	return l;
}

/* Publish @text with one locator; returns the seq. */
static uint64_t put(struct registry *r, const char *text, struct xtr *owner, uint64_t expiry_ns,
	struct mono now, enum change_kind expected)
{
	struct locators l = locators("192.0.2.1");
	struct registration in = {.eid = world_eid(text),
		.ttl_min = 10,
		.expiry_ns = expiry_ns,
		.owner = owner,
		.locators = &l};
	struct change c;

	assert_int_equal(registry_prepare(r, &in, now, &c), 0);
	assert_int_equal(c.kind, expected);
	assert_int_equal(registry_publish(r, &c, now), 0);
	return c.seq;
}

static void take_out(struct registry *r, const char *text, struct mono now)
{
	struct eid e = world_eid(text);
	struct change c;
	uint64_t seq;
	struct mapping *m = registry_present(r, &e, now, &seq);

	assert_non_null(m);
	assert_int_equal(registry_prepare_removal(r, m, CHANGE_WITHDRAWN, &c), 0);
	assert_int_equal(c.seq, seq + 1);
	assert_int_equal(registry_publish(r, &c, now), 0);
}

static void prepared_changes_are_invisible_until_published(void **state)
{
	struct registry *r = registry_new(&options);
	struct locators l = locators("192.0.2.1");
	struct xtr x = {.is_static = false};
	struct registration in = {.eid = world_eid("10.0.0.1/32"),
		.ttl_min = 10,
		.expiry_ns = MAPPING_FOREVER,
		.owner = &x,
		.locators = &l};
	struct change c;

	(void)state;
	assert_int_equal(registry_prepare(r, &in, S(1), &c), 0);
	assert_null(registry_exact(r, &in.eid, S(1)));
	registry_abandon(r, &c);
	assert_int_equal(registry_prepare(r, &in, S(1), &c), 0);
	assert_int_equal(c.seq, 1); /* the abandoned one took none */
	assert_int_equal(registry_publish(r, &c, S(1)), 0);
	assert_non_null(registry_exact(r, &in.eid, S(1)));
	assert_int_equal(x.eids, 1);
	registry_free(r);
}

static void every_change_takes_the_next_number(void **state)
{
	struct registry *r = registry_new(&options);
	struct xtr a = {.is_static = false}, b = {.is_static = false};

	(void)state;
	assert_int_equal(put(r, "10.0.0.1/32", &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED), 1);
	assert_int_equal(put(r, "10.0.0.1/32", &a, MAPPING_FOREVER, S(1), CHANGE_CHANGED), 2);
	assert_int_equal(put(r, "10.0.0.1/32", &b, MAPPING_FOREVER, S(1), CHANGE_MOVED), 3);
	take_out(r, "10.0.0.1/32", S(1)); /* 4 */
	assert_int_equal(registry_tombstones(r), 1);
	assert_int_equal(put(r, "10.0.0.1/32", &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED), 5);
	assert_int_equal(registry_tombstones(r), 0);
	assert_int_equal(a.eids, 1);
	assert_int_equal(b.eids, 0);
	registry_free(r);
}

static void expiry_counts_whether_swept_or_not(void **state)
{
	struct registry *r = registry_new(&options);
	struct change out[4];
	struct xtr a = {.is_static = false};
	struct eid e = world_eid("10.0.0.1/32");
	uint64_t seq;

	(void)state;
	put(r, "10.0.0.1/32", &a, S(10).ns, S(1), CHANGE_REGISTERED);
	assert_non_null(registry_longest(r, &e, S(9)));
	assert_null(registry_longest(r, &e, S(10)));
	assert_null(registry_present(r, &e, S(10), &seq));
	assert_int_equal(seq, 2);
	assert_int_equal(registry_sweep(r, S(9), 100, out, 4), 0);
	assert_int_equal(registry_sweep(r, S(10), 100, out, 4), 1);
	assert_int_equal(out[0].kind, CHANGE_EXPIRED);
	assert_int_equal(registry_publish(r, &out[0], S(10)), 0);
	assert_null(registry_present(r, &e, S(10), &seq));
	assert_int_equal(seq, 2);
	assert_int_equal(registry_count(r), 0);
	registry_free(r);
}

static void refresh_comes_too_late_for_what_is_being_taken_out(void **state)
{
	struct registry *r = registry_new(&options);
	struct change out[4];
	struct xtr a = {.is_static = false};
	struct eid e = world_eid("10.0.0.1/32");
	struct mapping *m;

	(void)state;
	put(r, "10.0.0.1/32", &a, S(10).ns, S(1), CHANGE_REGISTERED);
	m = registry_exact(r, &e, S(9));
	assert_true(mapping_refresh(m, S(9), S(20).ns));
	assert_int_equal(registry_sweep(r, S(10), 100, out, 4), 0); /* it lives on */
	assert_int_equal(registry_sweep(r, S(20), 100, out, 4), 1);
	assert_false(mapping_refresh(m, S(19), S(30).ns));
	assert_int_equal(registry_publish(r, &out[0], S(20)), 0);
	registry_free(r);
}

static void longest_match_passes_over_what_is_due(void **state)
{
	struct registry *r = registry_new(&options);
	struct xtr a = {.is_static = false};
	struct eid e = world_eid("10.0.0.1/32");

	(void)state;
	put(r, "10.0.0.0/8", &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED);
	put(r, "10.0.0.1/32", &a, S(10).ns, S(1), CHANGE_REGISTERED);
	assert_int_equal(registry_longest(r, &e, S(9))->entry.plen, 32);
	assert_int_equal(registry_longest(r, &e, S(10))->entry.plen, 8);
	registry_free(r);
}

/* What a run before gave above 5 was lost: another may hold 6. */
static void no_number_from_before_the_start_is_given_again(void **state)
{
	struct registry_options o = options;
	struct locators l = locators("192.0.2.1");
	struct xtr a = {.is_static = false}, b = {.is_static = false};
	struct registration in = {.eid = world_eid("10.0.0.1/32"),
		.ttl_min = 10,
		.expiry_ns = S(5).ns,
		.owner = &a,
		.locators = &l,
		.restore_seq = 5};
	struct registry *r;
	struct change c;
	uint64_t seq;

	(void)state;
	o.seq_floor = 1000;
	r = registry_new(&o);
	assert_int_equal(registry_prepare(r, &in, S(1), &c), 0);
	assert_int_equal(c.seq, 5);
	assert_int_equal(registry_publish(r, &c, S(1)), 0);
	assert_null(registry_present(r, &in.eid, S(6), &seq));
	assert_int_equal(seq, 1001); /* its expiry's */
	assert_int_equal(put(r, "10.0.0.1/32", &b, MAPPING_FOREVER, S(2), CHANGE_MOVED), 1001);
	assert_int_equal(put(r, "10.0.0.1/32", &a, MAPPING_FOREVER, S(2), CHANGE_MOVED), 1002);
	registry_free(r);
}

static void forgotten_tombstones_raise_the_floor(void **state)
{
	static const char *const eids[] = {"10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32"};
	struct registry *r = registry_new(&options);
	struct xtr a = {.is_static = false};

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		put(r, eids[i], &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED);
		take_out(r, eids[i], S(1)); /* seq 2 */
	}
	registry_sweep_tombstones(r, S(2), 100); /* at most two are kept */
	assert_int_equal(registry_tombstones(r), 2);
	assert_false(registry_may_restore(r, 2));
	assert_true(registry_may_restore(r, 3));
	registry_sweep_tombstones(r, S(200), 100); /* and for 100 s */
	assert_int_equal(registry_tombstones(r), 0);
	assert_int_equal(put(r, eids[0], &a, MAPPING_FOREVER, S(200), CHANGE_REGISTERED), 3);
	registry_free(r);
}

static void instances_are_bounded(void **state)
{
	struct registry *r = registry_new(&options);
	struct locators l = locators("192.0.2.1");
	struct xtr a = {.is_static = false};
	struct registration in = {.eid = world_eid("[4]10.0.0.1/32"),
		.expiry_ns = MAPPING_FOREVER,
		.owner = &a,
		.locators = &l};
	struct change c;

	(void)state;
	put(r, "[1]10.0.0.1/32", &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED);
	put(r, "[2]10.0.0.1/32", &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED);
	put(r, "[3]10.0.0.1/32", &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED);
	assert_int_equal(registry_prepare(r, &in, S(1), &c), -ENOSPC);
	registry_free(r);
}

static void tables_are_walked_in_order(void **state)
{
	static const char *const eids[] = {"[7]10.0.0.1/32", "2001:db8::1/128", "10.0.0.1/32"};
	struct registry *r = registry_new(&options);
	struct xtr a = {.is_static = false};
	uint32_t iid = 0;
	uint16_t afi = 0;

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		put(r, eids[i], &a, MAPPING_FOREVER, S(1), CHANGE_REGISTERED);
	assert_true(registry_next_table(r, &iid, &afi));
	assert_true(iid == 0 && afi == AFI_IPV4);
	assert_true(registry_next_table(r, &iid, &afi));
	assert_true(iid == 0 && afi == AFI_IPV6);
	assert_true(registry_next_table(r, &iid, &afi));
	assert_true(iid == 7 && afi == AFI_IPV4);
	assert_false(registry_next_table(r, &iid, &afi));
	registry_free(r);
}

/* ---- locator sets ---- */

static void locators_are_kept_sorted_with_l_and_p_cleared(void **state)
{
	/* Two RLOC-records by hand, in the wrong order: an ELP LCAF (RFC 8060 section 4.6, one hop
	 * 192.0.2.9), then 192.0.2.1 with all three flags set. */
	static const uint8_t wire[] = {2, 50, 255, 0, 0, 1, 0x40, 3, 0, 0, 10, 0, 0, 8, 0, 0, 0, 1,
		192, 0, 2, 9, 1, 100, 255, 0, 0, 7, 0, 1, 192, 0, 2, 1};
	static const uint8_t kept[] = {1, 100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 1, 2, 50, 255, 0, 0,
		1, 0x40, 3, 0, 0, 10, 0, 0, 8, 0, 0, 0, 1, 192, 0, 2, 9};
	struct wire_fault fault;
	struct lisp_record rec = locators_iterate(wire, sizeof(wire), 2, &fault);
	struct locators l;

	(void)state;
	assert_int_equal(locators_from_record(&rec, &l), LOCATORS_OK);
	assert_int_equal(l.count, 2);
	assert_int_equal(l.len, sizeof(kept));
	assert_memory_equal(l.wire, kept, sizeof(kept));
}

static void too_many_locators_are_refused(void **state)
{
	static uint8_t wire[65 * 12];
	struct wire_fault fault;
	struct lisp_record rec;
	struct locators l;

	(void)state;
	for (unsigned int i = 0; i < 65; i++)
		memcpy(wire + 12 * i,
			(const uint8_t[]){1, 1, 255, 0, 0, 1, 0, 1, 192, 0, 2, (uint8_t)(i + 1)},
			12);
	rec = locators_iterate(wire, 64 * 12, 64, &fault);
	assert_int_equal(locators_from_record(&rec, &l), LOCATORS_OK);
	rec = locators_iterate(wire, sizeof(wire), 65, &fault);
	assert_int_equal(locators_from_record(&rec, &l), LOCATORS_TOO_MANY);
}

/* ---- nonces ---- */

static void nonces_are_kept_by_site_id_xtr_id_and_key(void **state)
{
	struct replay *r = replay_new(4, options.secret);
	struct lisp_xtr_id x = {{1}}, y = {{2}};
	struct replay_entry *e;

	(void)state;
	assert_int_equal(replay_check(r, 1, &x, 11, 5, REPLAY_RISING, &e), REPLAY_NEW);
	assert_int_equal(replay_check(r, 1, &x, 11, 5, REPLAY_RISING, &e), REPLAY_OLD);
	assert_int_equal(replay_check(r, 1, &x, 11, 4, REPLAY_RISING, &e), REPLAY_OLD);
	assert_int_equal(replay_check(r, 1, &x, 11, 6, REPLAY_RISING, &e), REPLAY_NEW);
	assert_int_equal(
		replay_check(r, 2, &x, 11, 1, REPLAY_RISING, &e), REPLAY_NEW); /* another Site-ID */
	assert_int_equal(
		replay_check(r, 1, &y, 11, 1, REPLAY_RISING, &e), REPLAY_NEW); /* another xTR-ID */
	assert_int_equal(
		replay_check(r, 1, &x, 12, 1, REPLAY_RISING, &e), REPLAY_NEW); /* another key */
	assert_int_equal(replay_check(r, 9, &x, 12, 1, REPLAY_RISING, &e), REPLAY_FULL);
	replay_free(r);
}

static void nonce_zero_is_right_once_and_the_greatest_is_the_last(void **state)
{
	struct replay *r = replay_new(4, options.secret);
	struct lisp_xtr_id x = {{1}};
	struct replay_entry *e;

	(void)state;
	assert_int_equal(replay_check(r, 1, &x, 1, 0, REPLAY_RISING, &e), REPLAY_NEW);
	assert_int_equal(replay_check(r, 1, &x, 1, 0, REPLAY_RISING, &e), REPLAY_OLD);
	assert_int_equal(replay_check(r, 1, &x, 1, UINT64_MAX, REPLAY_RISING, &e), REPLAY_NEW);
	assert_int_equal(replay_check(r, 1, &x, 1, UINT64_MAX, REPLAY_RISING, &e), REPLAY_OLD);
	replay_free(r);
}

static void stored_nonces_come_back(void **state)
{
	/* As stored: Site-ID 1, xTR-ID 02..., key 3; nonce 0x0102030405060708. */
	static const uint8_t key[REPLAY_KEY_BYTES] = {0, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3},
			     stored[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct replay *r = replay_new(4, options.secret);
	struct lisp_xtr_id x = {{2}};
	uint8_t value[REPLAY_VALUE_BYTES];
	struct replay_entry *e;
	uint64_t nonce;

	(void)state;
	assert_false(replay_load(r, key, sizeof(key) - 1, stored, sizeof(stored)));
	assert_true(replay_load(r, key, sizeof(key), stored, sizeof(stored)));
	assert_int_equal(
		replay_check(r, 1, &x, 3, 0x0102030405060708, REPLAY_RISING, &e), REPLAY_OLD);
	assert_memory_equal(e->key, key, sizeof(key));
	assert_false(replay_value(e, &nonce, value)); /* nothing to write */
	assert_int_equal(
		replay_check(r, 1, &x, 3, 0x0102030405060709, REPLAY_RISING, &e), REPLAY_NEW);
	assert_true(replay_value(e, &nonce, value));
	assert_int_equal(value[7], 9);
	replay_free(r);
}

static enum replay_verdict move(struct replay *r, uint64_t nonce)
{
	const struct lisp_xtr_id x = {{1}};
	struct replay_entry *e;

	return replay_check(r, 1, &x, 1, nonce, REPLAY_ANY_ORDER, &e);
}

static void nonces_of_moves_may_overtake_each_other_and_count_once(void **state)
{
	struct replay *r = replay_new(4, options.secret);
	struct lisp_xtr_id x = {{1}};
	struct replay_entry *e;

	(void)state;
	assert_int_equal(move(r, 1000), REPLAY_NEW);
	assert_int_equal(move(r, 1003), REPLAY_NEW);
	assert_int_equal(move(r, 1001), REPLAY_LATE);
	assert_int_equal(move(r, 1001), REPLAY_OLD);
	assert_int_equal(move(r, 1003), REPLAY_OLD);
	assert_int_equal(move(r, 1000), REPLAY_OLD);
	/* A Map-Register must exceed all of them (RFC 9301 section 5.6). */
	assert_int_equal(replay_check(r, 1, &x, 1, 1002, REPLAY_RISING, &e), REPLAY_OLD);
	assert_int_equal(move(r, 1002), REPLAY_LATE);
	assert_int_equal(replay_check(r, 1, &x, 1, 1004, REPLAY_RISING, &e), REPLAY_NEW);
	assert_int_equal(move(r, 1004), REPLAY_OLD);
	replay_free(r);
}

static void nonces_below_the_window_are_old(void **state)
{
	struct replay *r = replay_new(4, options.secret);

	(void)state;
	assert_int_equal(move(r, 5000), REPLAY_NEW);
	assert_int_equal(move(r, 5000 - REPLAY_WINDOW), REPLAY_OLD);
	assert_int_equal(move(r, 5000 - REPLAY_WINDOW + 1), REPLAY_LATE);
	assert_int_equal(move(r, 5000 - REPLAY_WINDOW + 1), REPLAY_OLD);
	/* What the window left behind, and what came into it. */
	assert_int_equal(move(r, 5002), REPLAY_NEW);
	assert_int_equal(move(r, 5000 - REPLAY_WINDOW + 2), REPLAY_OLD);
	assert_int_equal(move(r, 5001), REPLAY_LATE);
	assert_int_equal(move(r, 5000), REPLAY_OLD);
	/* A jump, as at the start of an xTR. */
	assert_int_equal(move(r, 1u << 20), REPLAY_NEW);
	assert_int_equal(move(r, 5002), REPLAY_OLD);
	assert_int_equal(move(r, (1u << 20) - REPLAY_WINDOW + 1), REPLAY_LATE);
	replay_free(r);
}

static void nonces_below_the_first_after_a_restart_were_all_seen(void **state)
{
	/* As stored: Site-ID 1, xTR-ID 01..., key 1; nonce 1000. */
	static const uint8_t key[REPLAY_KEY_BYTES] = {0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
			     stored[] = {0, 0, 0, 0, 0, 0, 3, 0xe8};
	struct replay *r = replay_new(4, options.secret);

	(void)state;
	assert_true(replay_load(r, key, sizeof(key), stored, sizeof(stored)));
	assert_int_equal(move(r, 1000), REPLAY_OLD);
	assert_int_equal(move(r, 999), REPLAY_OLD);
	/* 1001 may have been seen just before the crash. */
	assert_int_equal(move(r, 1002), REPLAY_NEW);
	assert_int_equal(move(r, 1001), REPLAY_OLD);
	assert_int_equal(move(r, 1004), REPLAY_NEW);
	assert_int_equal(move(r, 1003), REPLAY_LATE);
	replay_free(r);

	r = replay_new(4, options.secret); /* the store opens when something was seen already */
	assert_int_equal(move(r, 1010), REPLAY_NEW);
	assert_true(replay_load(r, key, sizeof(key), stored, sizeof(stored)));
	assert_int_equal(move(r, 999), REPLAY_OLD);
	assert_int_equal(move(r, 1000), REPLAY_OLD);
	assert_int_equal(move(r, 1009), REPLAY_OLD);
	assert_int_equal(move(r, 1012), REPLAY_NEW);
	assert_int_equal(move(r, 1011), REPLAY_LATE);
	replay_free(r);
}

static enum replay_verdict seen(struct replay *r, uint8_t xtr, uint64_t key)
{
	const struct lisp_xtr_id x = {{xtr}};
	struct replay_entry *e;

	return replay_check(r, 1, &x, key, 5, REPLAY_RISING, &e);
}

static void one_key_takes_four_fifths_of_the_room_for_nonces_and_another_the_rest(void **state)
{
	struct replay *r = replay_new(10, options.secret);

	(void)state;
	for (uint8_t xtr = 1; xtr <= 8; xtr++)
		assert_int_equal(seen(r, xtr, 11), REPLAY_NEW);
	assert_int_equal(seen(r, 9, 11), REPLAY_FULL);
	assert_int_equal(seen(r, 1, 11), REPLAY_OLD); /* those that are known still are */
	assert_int_equal(seen(r, 1, 12), REPLAY_NEW);
	assert_int_equal(seen(r, 2, 12), REPLAY_NEW);
	assert_int_equal(seen(r, 3, 12), REPLAY_FULL);
	assert_int_equal(replay_count(r), 10);
	replay_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prepared_changes_are_invisible_until_published),
		cmocka_unit_test(every_change_takes_the_next_number),
		cmocka_unit_test(expiry_counts_whether_swept_or_not),
		cmocka_unit_test(refresh_comes_too_late_for_what_is_being_taken_out),
		cmocka_unit_test(longest_match_passes_over_what_is_due),
		cmocka_unit_test(no_number_from_before_the_start_is_given_again),
		cmocka_unit_test(forgotten_tombstones_raise_the_floor),
		cmocka_unit_test(instances_are_bounded),
		cmocka_unit_test(tables_are_walked_in_order),
		cmocka_unit_test(locators_are_kept_sorted_with_l_and_p_cleared),
		cmocka_unit_test(too_many_locators_are_refused),
		cmocka_unit_test(nonces_are_kept_by_site_id_xtr_id_and_key),
		cmocka_unit_test(nonce_zero_is_right_once_and_the_greatest_is_the_last),
		cmocka_unit_test(stored_nonces_come_back),
		cmocka_unit_test(nonces_of_moves_may_overtake_each_other_and_count_once),
		cmocka_unit_test(nonces_below_the_window_are_old),
		cmocka_unit_test(nonces_below_the_first_after_a_restart_were_all_seen),
		cmocka_unit_test(
			one_key_takes_four_fifths_of_the_room_for_nonces_and_another_the_rest),
	};
	int failed;

	rcu_thread_start();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	rcu_thread_stop();
	return failed;
}
