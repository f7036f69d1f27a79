/* Map-Requests (RFC 9301 sections 5.2, 5.3): their bytes, how often, what is taken for an answer;
 * and the map-cache. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

static const char *const peer[] = {"198.51.100.7", NULL};
static const char *const other[] = {"198.51.100.8", NULL};

/* Ask for @eid and answer with @mapping. */
static void resolve(struct world *w, const char *eid, const char *mapping, uint32_t ttl_min)
{
	struct map_request m;

	world_miss(w, eid, 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, mapping, ttl_min, LISP_ACT_NONE, peer);
}

static bool encapsulates(struct world *w, const char *eid, const char *rloc)
{
	struct eid e = world_eid(eid);
	struct address want = world_address(rloc);
	struct fake_entry *f = fake_datapath_longest(&w->dp, &e);

	return f && f->e.action == DATAPATH_ENCAP && f->e.locator_count == 1 &&
	       address_equal(&f->e.locators[0].rloc, &want);
}

static bool holds(struct world *w, const char *eid)
{
	struct eid e = world_eid(eid);
	struct fake_entry *f = fake_datapath_longest(&w->dp, &e);

	return f && f->e.action == DATAPATH_NONE && f->e.hold;
}

static void a_map_request_goes_out_in_an_ecm_byte_for_byte(void **state)
{
	/* RFC 9301 sections 5.8 and 5.2: ECM; IPv4 192.0.2.1 -> 10.9.0.5, UDP 4342 -> 4342; then
	 * type 1, IRC 1 (two ITR-RLOCs), one record; Source-EID-AFI 0. */
	static const uint8_t want[] = {
		0x80, 0, 0, 0,                           /* ECM */
		0x45, 0, 0, 74, 0, 0, 0, 0, 0, 17, 0, 0, /* IPv4: 74 bytes */
		192, 0, 2, 1, 10, 9, 0, 5,               /* ... */
		0x10, 0xf6, 0x10, 0xf6, 0, 54, 0, 0,     /* UDP: 54 bytes */
		0x10, 0, 0x01, 0x01,                     /* Map-Request, IRC 1, 1 record */
		0, 0, 0, 0, 0, 0, 0, 0,                  /* nonce */
		0, 0,                                    /* Source-EID-AFI 0 */
		0, 1, 192, 0, 2, 1,                      /* ITR-RLOC 1 */
		0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* ITR-RLOC 2 */
		0, 32, 0, 1, 10, 9, 0, 5,                                         /* the record */
	};
	/* Not compared: IPv4 id, flags, TTL, checksum; UDP checksum; nonce. */
	static const uint8_t skip[] = {
		8, 9, 10, 11, 12, 14, 15, 30, 31, 36, 37, 38, 39, 40, 41, 42, 43};
	struct world *w = world_new(POLICY_SUNWARD);
	struct world_sent *s;
	unsigned int i;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	s = world_take(w, LISP_ECM);
	assert_int_equal(s->len, sizeof(want));
	for (i = 0; i < sizeof(skip); i++)
		s->bytes[skip[i]] = 0;
	for (i = 0; i < sizeof(want); i++)
		if (memchr(skip, (int)i, sizeof(skip)) == NULL && s->bytes[i] != want[i])
			fail_msg("byte %u is %02x, want %02x", i, s->bytes[i], want[i]);
	assert_int_equal(s->to.port, 4342);
	assert_true(address_equal(&s->to.addr, &w->policy.resolvers[0].addr));
	assert_true(address_equal(&s->from, &w->policy.rlocs[0].addr));
	world_free(w);
}

static void once_a_second_ten_times_again_then_half_a_minute_of_rest(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	world_pass(w, 500);
	world_miss(w, "10.9.0.5/32", 1);
	assert_int_equal(world_count(w, LISP_ECM), 1);
	world_pass(w, 499);
	assert_int_equal(world_count(w, LISP_ECM), 1);
	world_pass(w, 1);
	assert_int_equal(world_count(w, LISP_ECM), 2);
	world_pass(w, 9000);
	assert_int_equal(world_count(w, LISP_ECM), 11);
	world_pass(w, 1000);
	assert_int_equal(world_counter(w, XTR_REQUESTS_GIVEN_UP), 1);
	world_pass(w, 5000);
	world_miss(w, "10.9.0.5/32", 1); /* wanted still: asked after the rest */
	world_pass(w, 24999);
	assert_int_equal(world_count(w, LISP_ECM), 11);
	world_pass(w, 1);
	assert_int_equal(world_count(w, LISP_ECM), 12);
	world_free(w);
}

static void several_resolvers_are_asked_in_turn_and_the_one_that_answers_first(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct address second;
	struct map_request m;

	w->policy.resolvers[1] = world_endpoint("192.0.2.54");
	w->policy.resolver_count = 2;
	second = w->policy.resolvers[1].addr;
	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	world_take_request(w);
	world_pass(w, 1000);
	assert_true(address_equal(&w->sent[0].to.addr, &second));
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	world_miss(w, "10.9.1.5/32", 1);
	assert_true(address_equal(&w->sent[0].to.addr, &second));
	world_free(w);
}

static void only_the_right_nonce_and_eid_are_taken_for_an_answer(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce + 1, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_NONCE), 1);
	world_reply(w, m.nonce, "10.9.0.6/32", 15, LISP_ACT_NONE, peer); /* of another host */
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_EID), 1);
	assert_true(holds(w, "10.9.0.6/32"));
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, peer);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, other); /* replayed */
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_NONCE), 2);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_free(w);
}

static void a_truncated_reply_is_counted_and_logged_once_with_peer_and_offset(void **state)
{
	static const uint8_t bytes[] = {0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 15, 1};
	struct world *w = world_new(POLICY_SUNWARD);
	unsigned int i;

	world_start(w);
	for (i = 0; i < 100; i++)
		world_packet(w, bytes, sizeof(bytes), "203.0.113.9");
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_MALFORMED), 100);
	assert_true(w->log_lines >= 1 && w->log_lines <= 10);
	assert_non_null(strstr(w->last_line, "203.0.113.9"));
	assert_non_null(strstr(w->last_line, "byte 17"));
	world_packet(w, bytes, 0, "203.0.113.9");
	assert_int_equal(world_counter(w, XTR_CONTROL_DROP_NO_CHECKSUM), 1);
	world_packet(w, "\x90zzz", 4, "203.0.113.9");
	assert_int_equal(world_counter(w, XTR_CONTROL_DROP_TYPE), 1);
	world_free(w);
}

static void an_entry_lives_as_long_as_its_ttl(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.0/24", 2);
	world_pass(w, 119999);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_pass(w, 1);
	assert_true(holds(w, "10.9.0.5/32"));
	assert_int_equal(world_counter(w, XTR_CACHE_EXPIRED), 1);
	assert_false(world_has(w, LISP_ECM)); /* it was not in use */
	world_free(w);
}

static void an_entry_in_use_is_refreshed_at_nine_tenths_of_its_life(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid prefix = world_eid("10.9.0.0/24");
	struct map_request m;
	struct map_request_record rec;

	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.0/24", 10);
	world_pass(w, 539000);
	assert_false(world_has(w, LISP_ECM));
	fake_datapath_find(&w->dp, &prefix)->used = 1;
	world_pass(w, 1000);
	m = world_take_request(w);
	assert_int_equal(m.source_eid.afi, AFI_NONE);
	assert_true(map_request_next(&m, &rec));
	assert_true(eid_equal(&rec.eid.eid, &prefix));
	world_reply(w, m.nonce, "10.9.0.0/24", 10, LISP_ACT_NONE, other);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	assert_false(fake_datapath_find(&w->dp, &prefix)->e.hold);
	world_pass(w, 61000);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.8"));
	world_free(w);
}

static void ttl_0_removes_and_an_endless_ttl_ends(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid prefix = world_eid("10.9.0.0/24");
	struct map_request m;

	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.0/24", 0xffffffff);
	world_pass(w, 1000);
	world_pass(w, (uint64_t)1440 * 60000 - 2000);
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_pass(w, 1000);
	assert_true(holds(w, "10.9.0.5/32"));
	resolve(w, "10.9.0.5/32", "10.9.0.0/24", 10);
	world_pass(w, 530000);
	fake_datapath_find(&w->dp, &prefix)->used = 1;
	world_pass(w, 10000);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 0, LISP_ACT_NONE, peer);
	assert_true(holds(w, "10.9.0.5/32"));
	world_free(w);
}

static void a_less_specific_mapping_ends_with_the_earliest_below_it(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.5/32", 5);
	resolve(w, "10.9.0.6/32", "10.9.0.0/24", 60);
	world_pass(w, 299000);
	assert_true(encapsulates(w, "10.9.0.6/32", "198.51.100.7"));
	world_pass(w, 1000);
	assert_true(holds(w, "10.9.0.6/32"));
	world_free(w);
}

static void an_entry_whose_end_is_overdue_does_not_bound_a_wider_one(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.5/32", 5);
	world_miss(w, "10.9.0.6/32", 1);
	m = world_take_request(w);
	w->now = mono_add_ms(w->now, 300500); /* the loop is late: no timer has run */
	world_reply(w, m.nonce, "10.9.0.0/24", 60, LISP_ACT_NONE, peer);
	world_pass(w, 3599000);
	assert_true(encapsulates(w, "10.9.0.6/32", "198.51.100.7"));
	world_pass(w, 1000);
	assert_true(holds(w, "10.9.0.6/32"));
	world_free(w);
}

static void a_record_outside_the_one_asked_for_is_not_taken(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid asked = world_eid("10.9.0.5/32"), beside = world_eid("10.9.0.6/32");
	const struct lisp_rloc l = {.priority = 1, .weight = 1, .reachable = true};
	const struct address a = world_address("198.51.100.7");
	struct wire_writer wr;
	struct map_request m;
	uint8_t bytes[256];

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, false, m.nonce);
	lisp_record_write(&wr, &asked, 15, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&wr, &l, &a);
	lisp_record_write(&wr, &beside, 15, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&wr, &l, &a);
	map_reply_finish(&wr, 2);
	world_packet(w, bytes, wr.pos, "203.0.113.9");
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	assert_true(holds(w, "10.9.0.6/32"));
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_EID), 1);
	world_free(w);
}

static void a_reply_does_not_come_from_a_group_or_from_ourselves(void **state)
{
	static const char *const from[] = {"224.0.0.5", "0.0.0.0", "192.0.2.1"};
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.9.0.5/32");
	const struct lisp_rloc l = {.priority = 1, .weight = 1, .reachable = true};
	const struct address a = world_address("198.51.100.7");
	struct wire_writer wr;
	struct map_request m;
	uint8_t bytes[256];
	unsigned int i;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, false, m.nonce);
	lisp_record_write(&wr, &eid, 15, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(&wr, &l, &a);
	map_reply_finish(&wr, 1);
	for (i = 0; i < 3; i++)
		world_packet(w, bytes, wr.pos, from[i]);
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_SOURCE), 3);
	assert_true(holds(w, "10.9.0.5/32"));
	world_packet(w, bytes, wr.pos, "203.0.113.9");
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_free(w);
}

static void the_least_recently_used_entry_is_evicted_at_the_limit(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid first = world_eid("10.9.0.1/32");

	w->policy.limits.cache_entries = 3;
	world_start(w);
	resolve(w, "10.9.0.1/32", "10.9.0.1/32", 60);
	resolve(w, "10.9.0.2/32", "10.9.0.2/32", 60);
	resolve(w, "10.9.0.3/32", "10.9.0.3/32", 60);
	fake_datapath_find(&w->dp, &first)->used = 5;
	resolve(w, "10.9.0.4/32", "10.9.0.4/32", 60);
	assert_int_equal(world_counter(w, XTR_CACHE_EVICTED), 1);
	assert_true(encapsulates(w, "10.9.0.1/32", "198.51.100.7")); /* in use */
	assert_true(holds(w, "10.9.0.2/32"));
	assert_true(encapsulates(w, "10.9.0.4/32", "198.51.100.7"));
	world_free(w);
}

static void a_flood_of_distinct_eids_is_bounded_everywhere(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char eid[32];
	unsigned int i;

	w->policy.limits.resolutions = 100;
	w->policy.limits.cache_entries = 50;
	world_start(w);
	for (i = 0; i < 1000; i++) {
		snprintf(eid, sizeof(eid), "10.9.%u.%u/32", i / 250, i % 250);
		world_miss(w, eid, 1);
		if (world_has(w, LISP_ECM) && i % 2) {
			struct map_request m = world_take_request(w);

			world_reply(w, m.nonce, eid, 15, LISP_ACT_NONE, peer);
		}
		world_forget(w);
	}
	assert_true(world_counter(w, XTR_REQUESTS_LIMITED) > 0);
	assert_true(w->dp.count <= 50 + 3);
	world_free(w);
}

static void a_negative_mapping_wider_than_the_eid_space_is_used_within_it(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid space = world_eid("10.0.0.0/8"), wide = world_eid("8.0.0.0/5");
	struct map_request m;

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "8.0.0.0/5", 1, LISP_ACT_NATIVE_FORWARD, NULL);
	assert_null(fake_datapath_find(&w->dp, &wide));
	assert_int_equal(fake_datapath_find(&w->dp, &space)->e.action, DATAPATH_NATIVE);
	assert_int_equal(w->dp.injected_count, 1);
	world_pass(w, 60000);
	assert_true(fake_datapath_find(&w->dp, &space)->e.hold); /* as at the start */
	world_free(w);
}

static void priorities_choose_and_unreachable_locators_are_left_out(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid prefix = world_eid("10.9.0.5/32");
	struct lisp_rloc l = {.weight = 10, .mpriority = 255, .reachable = true};
	struct address a;
	struct map_request m;
	struct wire_writer wr;
	struct fake_entry *f;
	uint8_t bytes[512];

	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, false, m.nonce);
	lisp_record_write(&wr, &prefix, 15, 5, LISP_ACT_NONE, true, 0);
	l.priority = 2;
	a = world_address("198.51.100.2");
	lisp_rloc_write(&wr, &l, &a);
	l.priority = 1;
	a = world_address("198.51.100.11");
	lisp_rloc_write(&wr, &l, &a);
	l.weight = 30;
	a = world_address("2001:db8::12");
	lisp_rloc_write(&wr, &l, &a);
	l.priority = 255;
	a = world_address("198.51.100.255");
	lisp_rloc_write(&wr, &l, &a);
	l.priority = 0;
	l.reachable = false;
	a = world_address("198.51.100.3");
	lisp_rloc_write(&wr, &l, &a);
	map_reply_finish(&wr, 1);
	world_packet(w, bytes, wr.pos, "203.0.113.9");
	f = fake_datapath_find(&w->dp, &prefix);
	assert_non_null(f);
	assert_int_equal(f->e.action, DATAPATH_ENCAP);
	assert_int_equal(f->e.locator_count, 2);
	assert_int_equal(f->e.locators[0].weight, 10);
	assert_int_equal(f->e.locators[1].weight, 30);
	assert_int_equal(f->e.locators[1].rloc.afi, AFI_IPV6);
	world_free(w);
}

static void a_mapping_that_points_at_us_is_not_installed_but_the_host_is_looked_for(void **state)
{
	static const char *const self[] = {"192.0.2.1", NULL};
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	world_start(w);
	world_miss(w, "10.1.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.1.0.5/32", 15, LISP_ACT_NONE, self);
	assert_true(holds(w, "10.1.0.5/32"));
	assert_int_equal(w->probe_count, 1);
	assert_int_equal(w->probes[0].ifindex, 0);
	world_host(w, "10.1.0.5/32", 3, true);
	assert_int_equal(w->dp.injected_count, 1);
	world_free(w);
}

static void instances_do_not_mix(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid space = world_eid("[7]10.0.0.0/8");
	struct map_request m;
	struct map_request_record rec;

	policy_add_space(&w->policy, &space);
	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.0/24", 15);
	assert_true(holds(w, "[7]10.9.0.5/32"));
	world_miss(w, "[7]10.9.0.5/32", 1);
	m = world_take_request(w);
	assert_true(map_request_next(&m, &rec));
	assert_int_equal(rec.eid.eid.iid, 7);
	world_reply(w, m.nonce, "10.9.0.5/32", 15, LISP_ACT_NONE, other); /* instance 0 */
	assert_true(holds(w, "[7]10.9.0.5/32"));
	world_reply(w, m.nonce, "[7]10.9.0.5/32", 15, LISP_ACT_NONE, other);
	assert_true(encapsulates(w, "[7]10.9.0.5/32", "198.51.100.8"));
	assert_true(encapsulates(w, "10.9.0.5/32", "198.51.100.7"));
	world_free(w);
}

static void clearing_an_entry_asks_again(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid prefix = world_eid("10.9.0.0/24");

	world_start(w);
	resolve(w, "10.9.0.5/32", "10.9.0.0/24", 15);
	assert_int_equal(router_cache_clear(w->router, &prefix, w->now, w->out), 0);
	assert_true(holds(w, "10.9.0.5/32"));
	assert_true(router_cache_clear(w->router, &prefix, w->now, w->out) < 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_request_goes_out_in_an_ecm_byte_for_byte),
		cmocka_unit_test(once_a_second_ten_times_again_then_half_a_minute_of_rest),
		cmocka_unit_test(
			several_resolvers_are_asked_in_turn_and_the_one_that_answers_first),
		cmocka_unit_test(only_the_right_nonce_and_eid_are_taken_for_an_answer),
		cmocka_unit_test(a_truncated_reply_is_counted_and_logged_once_with_peer_and_offset),
		cmocka_unit_test(an_entry_lives_as_long_as_its_ttl),
		cmocka_unit_test(an_entry_in_use_is_refreshed_at_nine_tenths_of_its_life),
		cmocka_unit_test(ttl_0_removes_and_an_endless_ttl_ends),
		cmocka_unit_test(a_less_specific_mapping_ends_with_the_earliest_below_it),
		cmocka_unit_test(an_entry_whose_end_is_overdue_does_not_bound_a_wider_one),
		cmocka_unit_test(a_record_outside_the_one_asked_for_is_not_taken),
		cmocka_unit_test(a_reply_does_not_come_from_a_group_or_from_ourselves),
		cmocka_unit_test(the_least_recently_used_entry_is_evicted_at_the_limit),
		cmocka_unit_test(a_flood_of_distinct_eids_is_bounded_everywhere),
		cmocka_unit_test(a_negative_mapping_wider_than_the_eid_space_is_used_within_it),
		cmocka_unit_test(priorities_choose_and_unreachable_locators_are_left_out),
		cmocka_unit_test(
			a_mapping_that_points_at_us_is_not_installed_but_the_host_is_looked_for),
		cmocka_unit_test(instances_do_not_mix),
		cmocka_unit_test(clearing_an_entry_asks_again),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
