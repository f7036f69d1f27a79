/* Solicit-Map-Requests (RFC 9301 section 6.1; spec 11.10) and the away table (spec section 10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

#define HOST "10.1.0.5/32"

static const char *const peer[] = {"198.51.100.7", NULL};
static const char *const other[] = {"198.51.100.8", NULL};

/* The host was here and has moved to 198.51.100.7. */
static struct world *left_world(void)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct move m;

	world_start(w);
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, m.nonce, 1, HOST, "192.0.2.1", true);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	world_pass(w, 30);
	world_forget(w);
	return w;
}

static void an_away_hit_draws_an_smr_to_the_outer_source_byte_for_byte(void **state)
{
	/* S and D, IRC 0, one record; the EID as Source-EID and as record; our locator. */
	static const uint8_t head[] = {0x11, 0, 0x20, 0x01};
	static const uint8_t tail[] = {
		0, 1, 10, 1, 0, 5, 0, 1, 192, 0, 2, 1, 0, 32, 0, 1, 10, 1, 0, 5};
	struct world *w = left_world();
	struct world_sent *s;
	struct address itr = world_address("203.0.113.20");

	world_away_hit(w, HOST, "203.0.113.20");
	s = world_take(w, LISP_MAP_REQUEST);
	assert_int_equal(s->len, sizeof(head) + 8 + sizeof(tail));
	assert_memory_equal(s->bytes, head, sizeof(head));
	assert_memory_equal(s->bytes + 12, tail, sizeof(tail));
	assert_true(address_equal(&s->to.addr, &itr));
	assert_int_equal(s->to.port, 4342);
	world_free(w);
}

static void smrs_are_limited_to_one_in_three_seconds_for_each_rloc_and_eid(void **state)
{
	struct world *w = left_world();
	unsigned int i;

	for (i = 0; i < 29; i++) {
		world_away_hit(w, HOST, "203.0.113.20");
		world_pass(w, 100);
	}
	assert_int_equal(world_count(w, LISP_MAP_REQUEST), 1);
	world_away_hit(w, HOST, "203.0.113.21"); /* another ITR is told at once */
	assert_int_equal(world_count(w, LISP_MAP_REQUEST), 2);
	world_pass(w, 100);
	world_away_hit(w, HOST, "203.0.113.20");
	assert_int_equal(world_count(w, LISP_MAP_REQUEST), 3);
	assert_int_equal(world_counter(w, XTR_SMRS_LIMITED), 28);
	world_free(w);
}

static void a_thousand_moved_hosts_do_not_flood_one_rloc(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char eid[32];
	unsigned int i;

	world_start(w);
	for (i = 0; i < 1000; i++) {
		snprintf(eid, sizeof(eid), "10.1.%u.%u/32", i / 250, i % 250);
		world_move(w, MOVE_NOTIFY, 77 + i, 2, eid, "198.51.100.7", false);
		world_forget(w);
		world_away_hit(w, eid, "203.0.113.20");
	}
	assert_int_equal(world_counter(w, XTR_SMRS_SENT), 100);
	assert_int_equal(world_counter(w, XTR_SMRS_LIMITED), 900);
	world_free(w);
}

/* Outer sources can be forged: packets from a thousand of them do not make us send a thousand SMRs
 * at once. */
static void a_thousand_forged_sources_do_not_make_us_a_flood(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char rloc[32];
	unsigned int i;

	w->policy.limits.smrs_per_rloc = 10;
	world_start(w);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	for (i = 0; i < 1000; i++) {
		world_forget(w);
		snprintf(rloc, sizeof(rloc), "203.0.%u.%u", i / 250, 1 + i % 250);
		world_away_hit(w, HOST, rloc);
	}
	assert_int_equal(world_counter(w, XTR_SMRS_SENT), 100); /* ten times that of one RLOC */
	assert_int_equal(world_counter(w, XTR_SMRS_LIMITED), 900);
	world_free(w);
}

/* Whoever says that a host is where we are, and is not we: sent on to ourselves it would loop. */
static void an_owner_with_our_locator_is_nobody_to_send_to(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid host = world_eid(HOST);
	struct fake_entry *f;

	world_start(w);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "192.0.2.1", false);
	f = fake_datapath_find(&w->dp, &host);
	assert_non_null(f);
	assert_int_equal(f->e.action, DATAPATH_NONE);
	assert_true(f->e.hold);
	world_free(w);
}

static void no_smr_goes_to_ourselves_or_to_a_group(void **state)
{
	struct world *w = left_world();

	world_away_hit(w, HOST, "192.0.2.1");
	world_away_hit(w, HOST, "224.0.0.1");
	assert_false(world_has(w, LISP_MAP_REQUEST));
	world_free(w);
}

static void a_hit_without_an_away_entry_resolves_first_and_asks_the_host(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid host = world_eid(HOST);
	struct map_request m;

	world_start(w);
	world_away_hit(w, HOST, "203.0.113.20");
	assert_false(world_has(w, LISP_MAP_REQUEST));
	assert_int_equal(w->probe_count, 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, HOST, 15, LISP_ACT_NONE, peer);
	world_away_hit(w, HOST, "203.0.113.20");
	assert_true(world_has(w, LISP_MAP_REQUEST));
	assert_true(fake_datapath_find(&w->dp, &host)->e.away);
	assert_int_equal(fake_datapath_find(&w->dp, &host)->e.action, DATAPATH_ENCAP);
	world_free(w);
}

static void packets_for_foreign_eids_are_no_business_of_ours(void **state)
{
	struct world *w = left_world();

	world_away_hit(w, "172.16.0.1/32", "203.0.113.20");
	assert_int_equal(w->sent_count, 0);
	world_free(w);
}

/* An SMR from 198.51.100.7, with the EID in the record or in Source-EID. */
static void smr(struct world *w, const char *record, const char *source)
{
	struct map_request_spec spec = {.smr = true, .nonce = 5, .itr_rloc_count = 1};
	uint8_t bytes[256];
	int len;

	spec.itr_rlocs[0] = world_address("198.51.100.7");
	spec.eid = world_eid(record);
	if (source)
		spec.source_eid = world_address(source);
	len = map_request_write(bytes, sizeof(bytes), &spec);
	assert_true(len > 0);
	world_packet(w, bytes, (size_t)len, "198.51.100.7");
}

static struct world *cached_world(void)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 15, LISP_ACT_NONE, peer);
	world_pass(w, 5000);
	return w;
}

static void an_smr_is_answered_through_the_mapping_system_with_s_set(void **state)
{
	struct world *w = cached_world();
	struct eid host = world_eid("10.9.0.5/32");
	struct map_request_record rec;
	struct map_request m;
	struct fake_entry *e;

	smr(w, "10.9.0.5/32", NULL);
	assert_false(world_has(w, LISP_MAP_REPLY));
	m = world_take_request(w);
	assert_true(m.smr_invoked);
	assert_false(m.smr);
	assert_true(map_request_next(&m, &rec));
	assert_true(eid_equal(&rec.eid.eid, &host));
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, other);
	e = fake_datapath_longest(&w->dp, &host);
	assert_int_equal(e->e.locators[0].rloc.bytes[3], 8);
	world_free(w);
}

static void a_less_specific_answer_takes_the_place_of_the_host_that_was_asked_about(void **state)
{
	struct world *w = cached_world();
	struct eid host = world_eid("10.9.0.5/32"), beside = world_eid("10.9.0.4/32"),
		   wide = world_eid("10.9.0.4/31");
	struct map_request m;

	smr(w, "10.9.0.5/32", NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, other);
	smr(w, "10.9.0.4/32", NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.4/32", 15, LISP_ACT_NONE, other);
	world_pass(w, 5000);
	smr(w, "10.9.0.5/32", NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.4/31", 1, LISP_ACT_NATIVE_FORWARD, NULL);
	assert_null(fake_datapath_find(&w->dp, &host));
	assert_int_equal(fake_datapath_find(&w->dp, &wide)->e.action, DATAPATH_NATIVE);
	assert_int_equal(fake_datapath_find(&w->dp, &beside)->e.action, DATAPATH_ENCAP);
	world_free(w);
}

static void the_moved_eid_may_stand_in_source_eid(void **state)
{
	struct world *w = cached_world();
	struct map_request_record rec;
	struct map_request m;
	struct eid host = world_eid("10.9.0.5/32");

	smr(w, "10.1.0.9/32", "10.9.0.5"); /* the record is an EID of ours */
	m = world_take_request(w);
	assert_true(map_request_next(&m, &rec));
	assert_true(eid_equal(&rec.eid.eid, &host));
	world_free(w);
}

static void smrs_about_nothing_cached_are_ignored(void **state)
{
	struct world *w = cached_world();

	smr(w, "10.33.0.5/32", NULL);
	assert_false(world_has(w, LISP_ECM));
	assert_int_equal(world_counter(w, XTR_SMR_DROP_UNCACHED), 1);
	world_free(w);
}

static void an_smr_is_acted_upon_once_in_three_seconds(void **state)
{
	struct world *w = cached_world();
	struct map_request m;

	smr(w, "10.9.0.5/32", NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	world_pass(w, 2900);
	smr(w, "10.9.0.5/32", NULL);
	smr(w, "10.9.0.5/32", NULL);
	assert_false(world_has(w, LISP_ECM));
	assert_int_equal(world_counter(w, XTR_SMRS_PUT_OFF), 2);
	smr(w, "10.9.0.6/32", NULL); /* another host of the same cached prefix */
	assert_true(world_has(w, LISP_ECM));
	world_free(w);
}

static void an_smr_that_comes_too_soon_is_acted_upon_when_three_seconds_have_passed(void **state)
{
	struct world *w = cached_world();
	struct map_request m;

	smr(w, "10.9.0.5/32", NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	world_pass(w, 1900);
	smr(w, "10.9.0.5/32", NULL); /* it has moved again already */
	world_pass(w, 500);
	smr(w, "10.9.0.5/32", NULL);
	world_pass(w, 2400);
	assert_false(world_has(w, LISP_ECM));
	world_pass(w, 100);
	m = world_take_request(w);
	assert_true(m.smr_invoked);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, other);
	world_pass(w, 10000);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

static void a_flood_of_smrs_about_many_hosts_is_bounded(void **state)
{
	struct world *w = cached_world();
	char eid[32];
	unsigned int i;

	for (i = 0; i < 2000; i++) {
		snprintf(eid, sizeof(eid), "10.9.0.%u/32", i % 250);
		smr(w, eid, NULL);
		world_forget(w);
	}
	assert_int_equal(world_counter(w, XTR_SMRS_RECEIVED), 250);
	assert_int_equal(world_counter(w, XTR_SMRS_PUT_OFF), 750);
	assert_int_equal(world_counter(w, XTR_SMR_DROP_LIMITED), 1000);
	world_free(w);
}

static void an_smr_about_a_host_that_left_us_follows_it_on(void **state)
{
	struct world *w = left_world();
	struct eid host = world_eid(HOST);
	struct map_request m;
	struct fake_entry *e;

	smr(w, HOST, NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, HOST, 15, LISP_ACT_NONE, other);
	e = fake_datapath_find(&w->dp, &host);
	assert_true(e->e.away);
	assert_int_equal(e->e.locators[0].rloc.bytes[3], 8);
	world_free(w);
}

/* Else three xTRs that it left one after the other redirect to each other, for ever. */
static void a_host_that_left_us_and_is_nowhere_is_not_redirected_any_more(void **state)
{
	struct world *w = left_world();
	struct eid host = world_eid(HOST);
	struct map_request m;

	smr(w, HOST, NULL);
	m = world_take_request(w);
	world_reply(w, m.nonce, HOST, 1, LISP_ACT_NATIVE_FORWARD, NULL);
	assert_false(fake_datapath_find(&w->dp, &host)->e.away);
	assert_int_equal(fake_datapath_find(&w->dp, &host)->e.action, DATAPATH_NATIVE);
	world_free(w);
}

static void a_drained_locator_is_told_to_those_we_send_to(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");
	struct address own = world_address("192.0.2.1"), itr = world_address("198.51.100.7");
	struct map_request_record rec;
	struct wire_fault fault;
	struct map_request m;
	struct world_sent *s;

	policy_add_eid(&w->policy, &eid);
	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 15, LISP_ACT_NONE, peer);
	world_ack_registers(w);
	router_drain(w->router, &own, true, w->now, w->out);
	world_miss(w, "10.9.1.5/32", 1); /* collects */
	/* Whoever asked now would get the mapping as it was. */
	assert_false(world_has(w, LISP_MAP_REQUEST));
	assert_int_equal(world_ack_registers(w), 1);
	s = world_take(w, LISP_MAP_REQUEST);
	assert_true(address_equal(&s->to.addr, &itr));
	assert_int_equal(map_request_parse(s->bytes, s->len, &m, &fault), 0);
	assert_true(m.smr);
	assert_true(map_request_next(&m, &rec));
	assert_true(eid_equal(&rec.eid.eid, &eid));
	world_free(w);
}

static void an_away_entry_settles_when_no_packet_came_for_a_whole_ttl(void **state)
{
	const uint64_t ttl_ms = 1440ull * 60000;
	struct world *w = left_world();
	struct eid host = world_eid(HOST);

	fake_datapath_find(&w->dp, &host)->used = 1;
	world_pass(w, ttl_ms + 1000);
	assert_int_equal(world_counter(w, XTR_AWAY_SETTLED), 0);
	world_pass(w, ttl_ms);
	assert_int_equal(world_counter(w, XTR_AWAY_SETTLED), 1);
	assert_null(fake_datapath_find(&w->dp, &host));
	world_free(w);
}

static void the_away_table_is_bounded(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char eid[32];
	unsigned int i;

	w->policy.limits.away = 10;
	world_start(w);
	for (i = 0; i < 50; i++) {
		snprintf(eid, sizeof(eid), "10.1.1.%u/32", i);
		world_move(w, MOVE_NOTIFY, 77 + i, 2, eid, "198.51.100.7", false);
	}
	assert_int_equal(world_counter(w, XTR_AWAY_EVICTED), 40);
	assert_int_equal(w->dp.count, 3 + 10);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_away_hit_draws_an_smr_to_the_outer_source_byte_for_byte),
		cmocka_unit_test(smrs_are_limited_to_one_in_three_seconds_for_each_rloc_and_eid),
		cmocka_unit_test(a_thousand_moved_hosts_do_not_flood_one_rloc),
		cmocka_unit_test(a_thousand_forged_sources_do_not_make_us_a_flood),
		cmocka_unit_test(an_owner_with_our_locator_is_nobody_to_send_to),
		cmocka_unit_test(no_smr_goes_to_ourselves_or_to_a_group),
		cmocka_unit_test(a_hit_without_an_away_entry_resolves_first_and_asks_the_host),
		cmocka_unit_test(packets_for_foreign_eids_are_no_business_of_ours),
		cmocka_unit_test(an_smr_is_answered_through_the_mapping_system_with_s_set),
		cmocka_unit_test(
			a_less_specific_answer_takes_the_place_of_the_host_that_was_asked_about),
		cmocka_unit_test(the_moved_eid_may_stand_in_source_eid),
		cmocka_unit_test(smrs_about_nothing_cached_are_ignored),
		cmocka_unit_test(an_smr_is_acted_upon_once_in_three_seconds),
		cmocka_unit_test(
			an_smr_that_comes_too_soon_is_acted_upon_when_three_seconds_have_passed),
		cmocka_unit_test(a_flood_of_smrs_about_many_hosts_is_bounded),
		cmocka_unit_test(an_smr_about_a_host_that_left_us_follows_it_on),
		cmocka_unit_test(a_host_that_left_us_and_is_nowhere_is_not_redirected_any_more),
		cmocka_unit_test(a_drained_locator_is_told_to_those_we_send_to),
		cmocka_unit_test(an_away_entry_settles_when_no_packet_came_for_a_whole_ttl),
		cmocka_unit_test(the_away_table_is_bounded),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
