/* First packets are held in order, each limit counts, and HOLD -> DRAIN -> FORWARD keeps the order
 * (spec section 6, item 10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

static const char *const peer[] = {"198.51.100.7", NULL};

static void first_packets_leave_in_order_when_the_mapping_comes(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid host = world_eid("10.9.0.5/32"), prefix = world_eid("10.9.0.0/24");
	struct map_request m;
	uint32_t i;

	world_start(w);
	for (i = 0; i < 5; i++)
		world_miss(w, "10.9.0.5/32", i);
	assert_int_equal(world_count(w, LISP_ECM), 1); /* one question, however many packets */
	m = world_take_request(w);
	assert_int_equal(w->dp.injected_count, 0);
	assert_true(router_held_bytes(w->router) > 0);
	world_reply(w, m.nonce, "10.9.0.0/24", 15, LISP_ACT_NONE, peer);
	assert_int_equal(w->dp.injected_count, 5);
	for (i = 0; i < 5; i++)
		assert_int_equal(w->dp.injected[i], i);
	assert_int_equal(router_held_bytes(w->router), 0);
	assert_int_equal(fake_datapath_longest(&w->dp, &host)->e.action, DATAPATH_ENCAP);
	assert_false(fake_datapath_find(&w->dp, &prefix)->e.hold);
	assert_int_equal(world_counter(w, XTR_HOLD_RELEASED), 5);
	world_free(w);
}

static void newcomers_wait_behind_the_queue_until_the_kernel_has_none_left(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid prefix = world_eid("10.9.0.0/24");
	struct map_request m;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	w->dp.pending = true;
	world_reply(w, m.nonce, "10.9.0.0/24", 15, LISP_ACT_NONE, peer);
	assert_int_equal(fake_datapath_find(&w->dp, &prefix)->e.action, DATAPATH_ENCAP);
	assert_true(fake_datapath_find(&w->dp, &prefix)->e.hold);
	world_miss(w, "10.9.0.5/32", 2); /* was queued in the kernel: goes down behind the first */
	world_pass(w, 5);
	assert_true(fake_datapath_find(&w->dp, &prefix)->e.hold);
	w->dp.pending = false;
	world_pass(w, 5);
	assert_false(fake_datapath_find(&w->dp, &prefix)->e.hold);
	assert_int_equal(w->dp.injected_count, 2);
	assert_int_equal(w->dp.injected[0], 1);
	assert_int_equal(w->dp.injected[1], 2);
	world_free(w);
}

static void the_65th_packet_of_an_eid_is_dropped_and_counted(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;
	uint32_t i;

	world_start(w);
	for (i = 0; i < 66; i++)
		world_miss(w, "10.9.0.5/32", i);
	world_miss(w, "10.9.0.6/32", 100); /* another EID has its own share */
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_EID_FULL), 2);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	assert_int_equal(w->dp.injected_count, 64);
	assert_int_equal(w->dp.injected[63], 63);
	world_free(w);
}

static void packets_without_a_mapping_leave_after_two_seconds(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	world_pass(w, 1000);
	world_miss(w, "10.9.0.5/32", 2);
	world_pass(w, 999);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_TIMEOUT), 0);
	world_pass(w, 1);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_TIMEOUT), 1);
	world_pass(w, 1000);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_TIMEOUT), 2);
	assert_int_equal(router_held_bytes(w->router), 0);
	world_free(w);
}

static void the_bytes_of_all_held_packets_are_bounded(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char eid[32];
	uint32_t i;

	w->policy.limits.hold_bytes = 65536;
	world_start(w);
	for (i = 0; i < 2000; i++) { /* by a hundred ports, each within its share */
		snprintf(eid, sizeof(eid), "10.9.%u.%u/32", i / 250, i % 250);
		world_miss_at(w, (int)i % 100, eid, i);
		world_forget(w);
	}
	assert_true(
		world_counter(w, XTR_HOLD_DROP_FULL) + world_counter(w, XTR_HOLD_DROP_SHARE) > 0);
	assert_true(router_held_bytes(w->router) <= 65536);
	world_pass(w, 2000);
	assert_int_equal(router_held_bytes(w->router), 0);
	world_free(w);
}

/* Port 3 floods: it gets half. Then port 4 floods, and gets half of what is left; and who has never
 * sent anything is held still. When the time of the first is over all is as before. */
static void a_flood_by_one_port_leaves_memory_to_the_others(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	uint64_t first, second, dropped;
	char eid[32];
	uint32_t i;

	w->policy.limits.hold_bytes = 1 << 20;
	world_start(w);
	for (i = 0; i < 20000; i++) {
		snprintf(eid, sizeof(eid), "10.9.%u.%u/32", i / 250, i % 250);
		world_miss_at(w, 3, eid, i);
		world_forget(w);
	}
	first = router_held_bytes(w->router);
	assert_in_range(first, (1 << 20) / 2 - 1000, (1 << 20) * 2 / 3);
	dropped = world_counter(w, XTR_HOLD_DROP_SHARE);
	assert_true(dropped > 10000);
	for (i = 0; i < 20000; i++) {
		snprintf(eid, sizeof(eid), "10.8.%u.%u/32", i / 250, i % 250);
		world_miss_at(w, 4, eid, i);
		world_forget(w);
	}
	second = router_held_bytes(w->router) - first;
	assert_true(second > ((1 << 20) - first) / 3 && second < (1 << 20) - first);
	assert_true(world_counter(w, XTR_HOLD_DROP_SHARE) > dropped + 10000);
	dropped = world_counter(w, XTR_HOLD_DROP_SHARE);
	for (i = 0; i < 60; i++) {
		world_miss_at(w, 5, "10.7.0.1/32", i);
		world_miss_at(w, 0, "10.7.0.2/32", i);
	}
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_SHARE), dropped);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_FULL), 0);
	world_pass(w, 2000);
	assert_int_equal(router_held_bytes(w->router), 0);
	world_miss_at(w, 3, "10.7.0.3/32", 1);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_SHARE), dropped);
	world_free(w);
}

static void a_negative_answer_drops_or_forwards_natively_by_its_act(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid drop = world_eid("10.8.0.0/16"), native = world_eid("10.7.0.0/16");
	struct map_request m;

	world_start(w);
	world_miss(w, "10.8.0.1/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.8.0.0/16", 15, LISP_ACT_DROP_POLICY, NULL);
	assert_int_equal(fake_datapath_find(&w->dp, &drop)->e.action, DATAPATH_DROP);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_NEGATIVE), 1);
	assert_int_equal(w->dp.injected_count, 0);
	world_miss(w, "10.7.0.1/32", 2);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.7.0.0/16", 15, LISP_ACT_NATIVE_FORWARD, NULL);
	assert_int_equal(fake_datapath_find(&w->dp, &native)->e.action, DATAPATH_NATIVE);
	assert_int_equal(w->dp.injected_count, 1);
	world_free(w);
}

/* RLOC-records of kinds that no tunnel router encapsulates to by itself (RFC 8060): an Explicit
 * Locator Path by 192.0.2.1 to 192.0.2.2 (section 4.6), a Replication List (4.9) and a type that
 * nobody has (RFC 9306 section 3). */
#define PATH                                                                                       \
	1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 10, 0, 0, 16, 0, 3, 0, 1, 192, 0, 2, 1, 0, 1, 0,   \
		1, 192, 0, 2, 2
#define LIST    1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 13, 0, 0, 10, 0, 0, 0, 128, 0, 1, 192, 0, 2, 3
#define UNKNOWN 1, 100, 255, 0, 0, 1, 0x40, 0x03, 0, 0, 200, 0, 0, 3, 1, 2, 3
#define PLAIN   2, 100, 255, 0, 0, 1, 0, 1, 198, 51, 100, 77

static void reply_with(struct world *w, uint64_t nonce, const char *eid, enum lisp_act act,
	uint8_t count, const void *locators, size_t len)
{
	struct eid e = world_eid(eid);
	struct wire_writer wr;
	uint8_t bytes[512];

	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, false, nonce);
	lisp_record_write(&wr, &e, 1440, count, act, true, 0);
	wire_put_bytes(&wr, locators, len);
	map_reply_finish(&wr, 1);
	assert_true(wire_written(&wr));
	world_packet(w, bytes, wr.pos, "203.0.113.9");
}

static bool note_view(const struct router_cache_view *v, void *arg)
{
	*(struct router_cache_view *)arg = *v;
	return true;
}

static void a_mapping_without_a_usable_locator_is_dropped_and_says_so(void **state)
{
	static const uint8_t locators[] = {PATH, LIST, UNKNOWN};
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.8.0.0/16");
	struct router_cache_view v;
	struct map_request m;

	(void)state;
	world_start(w);
	world_miss(w, "10.8.0.1/32", 1);
	m = world_take_request(w);
	/* What the action says is for an EID without locators: it does not count. */
	reply_with(
		w, m.nonce, "10.8.0.0/16", LISP_ACT_NATIVE_FORWARD, 3, locators, sizeof(locators));
	assert_int_equal(fake_datapath_find(&w->dp, &eid)->e.action, DATAPATH_DROP);
	assert_int_equal(world_counter(w, XTR_LOCATORS_UNUSABLE), 3);
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_NEGATIVE), 1);
	assert_int_equal(w->dp.injected_count, 0);
	router_each_cache(w->router, w->now, note_view, &v);
	assert_true(v.negative);
	assert_int_equal(v.unusable, 3);
	assert_int_equal(v.act, LISP_ACT_DROP);
	world_free(w);
}

static void locators_that_cannot_be_used_are_left_out_beside_one_that_can(void **state)
{
	static const uint8_t locators[] = {PLAIN, PATH, UNKNOWN};
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.8.0.0/16");
	const struct datapath_entry *e;
	struct router_cache_view v;
	struct address plain;
	struct map_request m;

	(void)state;
	world_start(w);
	world_miss(w, "10.8.0.1/32", 1);
	m = world_take_request(w);
	reply_with(w, m.nonce, "10.8.0.0/16", LISP_ACT_NONE, 3, locators, sizeof(locators));
	e = &fake_datapath_find(&w->dp, &eid)->e;
	assert_int_equal(e->action, DATAPATH_ENCAP);
	assert_int_equal(e->locator_count, 1);
	assert_true(address_parse(&plain, "198.51.100.77"));
	assert_true(address_equal(&e->locators[0].rloc, &plain));
	assert_int_equal(w->dp.injected_count, 1);
	router_each_cache(w->router, w->now, note_view, &v);
	assert_false(v.negative);
	assert_int_equal(v.unusable, 2);
	assert_int_equal(v.locator_count, 1);
	world_free(w);
}

static void a_negative_answer_is_asked_again_long_before_its_ttl(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid native = world_eid("10.7.0.0/16");
	struct map_request m;

	world_start(w);
	world_miss(w, "10.7.0.1/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.7.0.0/16", 15, LISP_ACT_NATIVE_FORWARD, NULL);
	world_pass(w, 9000);
	assert_non_null(fake_datapath_find(&w->dp, &native));
	world_pass(w, 1500);
	assert_null(fake_datapath_find(&w->dp, &native));
	world_miss(w, "10.7.0.1/32", 2);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.7.0.1/32", 15, LISP_ACT_NONE, peer);
	assert_int_equal(w->dp.injected_count, 2);
	world_free(w);
}

static void act_send_map_request_keeps_holding(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 1, LISP_ACT_SEND_MAP_REQUEST, NULL);
	assert_true(router_held_bytes(w->router) > 0);
	world_miss(w, "10.9.0.5/32", 2); /* asks again, but not within a second of the first */
	assert_false(world_has(w, LISP_ECM));
	world_pass(w, 1000);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	assert_int_equal(w->dp.injected_count, 2);
	world_free(w);
}

static void destinations_outside_the_eid_space_are_not_asked_for(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	world_start(w);
	world_miss(w, "172.16.0.1/32", 1);
	world_miss(w, "[7]10.9.0.5/32", 1); /* another instance */
	assert_int_equal(world_counter(w, XTR_HOLD_DROP_NO_SPACE), 2);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

static void a_host_that_appears_here_gets_what_was_held_for_it(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid host = world_eid("10.1.0.5/32");

	world_start(w);
	world_miss(w, "10.1.0.5/32", 1);
	world_miss(w, "10.1.0.5/32", 2);
	world_host(w, "10.1.0.5/32", 3, true);
	assert_int_equal(fake_datapath_find(&w->dp, &host)->e.action, DATAPATH_LOCAL);
	assert_int_equal(w->dp.injected_count, 2);
	assert_int_equal(w->dp.injected[0], 1);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_packets_leave_in_order_when_the_mapping_comes),
		cmocka_unit_test(newcomers_wait_behind_the_queue_until_the_kernel_has_none_left),
		cmocka_unit_test(the_65th_packet_of_an_eid_is_dropped_and_counted),
		cmocka_unit_test(packets_without_a_mapping_leave_after_two_seconds),
		cmocka_unit_test(the_bytes_of_all_held_packets_are_bounded),
		cmocka_unit_test(a_flood_by_one_port_leaves_memory_to_the_others),
		cmocka_unit_test(a_negative_answer_is_asked_again_long_before_its_ttl),
		cmocka_unit_test(a_negative_answer_drops_or_forwards_natively_by_its_act),
		cmocka_unit_test(a_mapping_without_a_usable_locator_is_dropped_and_says_so),
		cmocka_unit_test(locators_that_cannot_be_used_are_left_out_beside_one_that_can),
		cmocka_unit_test(act_send_map_request_keeps_holding),
		cmocka_unit_test(destinations_outside_the_eid_space_are_not_asked_for),
		cmocka_unit_test(a_host_that_appears_here_gets_what_was_held_for_it),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
