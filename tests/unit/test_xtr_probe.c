/* RLOC-probing (RFC 9301 section 7.1; spec section 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

static const char *const two[] = {"198.51.100.7", "198.51.100.8", NULL};

static struct eid prefix_of(void)
{
	return world_eid("10.9.0.0/24");
}

/* A mapping with two locators is cached; probes every 10 s. */
static struct world *probing_world(void)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct map_request m;

	w->policy.timers.probe_ms = 10000;
	world_start(w);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 600, LISP_ACT_NONE, two);
	return w;
}

static unsigned int locators(struct world *w)
{
	struct eid prefix = prefix_of();

	return fake_datapath_find(&w->dp, &prefix)->e.locator_count;
}

static void answer(struct world *w, const struct world_sent *s, bool authoritative, uint64_t flip,
	const char *from)
{
	struct eid prefix = prefix_of();
	struct wire_fault fault;
	struct map_request m;
	struct wire_writer wr;
	uint8_t bytes[128];

	assert_int_equal(map_request_parse(s->bytes, s->len, &m, &fault), 0);
	wire_writer_init(&wr, bytes, sizeof(bytes));
	map_reply_begin(&wr, true, m.nonce ^ flip);
	lisp_record_write(&wr, &prefix, 600, 0, LISP_ACT_NONE, authoritative, 0);
	map_reply_finish(&wr, 1);
	world_packet(w, bytes, wr.pos, from);
}

/* Let @ms pass; 198.51.100.7 and, when @both, .8 answer their probes after 3 ms. */
static void live(struct world *w, uint64_t ms, bool both)
{
	struct mono end = mono_add_ms(w->now, ms);

	while (mono_before(w->now, end)) {
		world_pass(w, 3);
		while (world_has(w, LISP_MAP_REQUEST)) {
			struct world_sent *s = world_take(w, LISP_MAP_REQUEST);
			char from[ENDPOINT_TEXT];

			address_format(&s->to.addr, from, sizeof(from));
			if (both || s->to.addr.bytes[3] == 7)
				answer(w, s, true, 0, from);
		}
	}
}

static void a_probe_goes_straight_to_the_locator_byte_for_byte(void **state)
{
	/* P, IRC 0, one record: the cached EID-prefix; Source-EID-AFI 0. */
	static const uint8_t head[] = {0x12, 0, 0, 1};
	static const uint8_t tail[] = {0, 0, 0, 1, 192, 0, 2, 1, 0, 24, 0, 1, 10, 9, 0, 0};
	struct world *w = probing_world();
	struct world_sent *s;

	world_pass(w, 10000);
	s = world_take(w, LISP_MAP_REQUEST);
	assert_int_equal(s->len, sizeof(head) + 8 + sizeof(tail));
	assert_memory_equal(s->bytes, head, sizeof(head));
	assert_memory_equal(s->bytes + 12, tail, sizeof(tail));
	assert_int_equal(s->to.port, 4342);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

static bool view_rtt(const struct router_rloc_view *v, void *arg)
{
	uint32_t *rtt_us = arg;

	if (!v->local)
		*rtt_us = v->rtt_us;
	return true;
}

static void locators_that_answer_are_asked_every_ten_seconds_or_so(void **state)
{
	struct world *w = probing_world();
	uint32_t rtt_us = 0;

	live(w, 600000, true);
	assert_int_equal(locators(w), 2);
	assert_int_equal(world_counter(w, XTR_PROBES_LOST), 0);
	assert_true(world_counter(w, XTR_PROBES_SENT) >= 2 * 600 / 12.5);
	assert_true(world_counter(w, XTR_PROBES_SENT) <= 2 * (600 / 7.5 + 1));
	router_each_rloc(w->router, w->now, view_rtt, &rtt_us);
	assert_true(rtt_us > 0 && rtt_us <= 3000);
	world_free(w);
}

static void three_losses_take_a_locator_out_and_one_answer_brings_it_back(void **state)
{
	struct world *w = probing_world();

	live(w, 20000, true);
	live(w, 12500 + 2100,
		false); /* a probe within 12.5 s; two waits of a second: not yet the third */
	live(w, 1000, false);
	assert_int_equal(locators(w), 1);
	assert_int_equal(world_counter(w, XTR_RLOC_DOWN), 1);
	assert_int_equal(w->events[w->event_count - 1].type, ROUTER_RLOC_DOWN);
	live(w, 60000, false);
	assert_int_equal(world_counter(w, XTR_RLOC_DOWN), 1);
	live(w, 14000, true);
	assert_int_equal(locators(w), 2);
	assert_int_equal(world_counter(w, XTR_RLOC_UP), 1);
	world_free(w);
}

static void when_all_are_down_they_are_used_all_the_same(void **state)
{
	struct world *w = probing_world();

	world_pass(w, 60000);
	assert_int_equal(world_counter(w, XTR_RLOC_DOWN), 2);
	assert_int_equal(locators(w), 2);
	world_free(w);
}

static void an_answer_needs_the_nonce_the_a_bit_and_the_right_source(void **state)
{
	struct world *w = probing_world();
	struct world_sent s;

	while (!world_has(w, LISP_MAP_REQUEST))
		world_pass(w, 10);
	s = *world_take(w, LISP_MAP_REQUEST);
	answer(w, &s, true, 1, s.to.addr.bytes[3] == 7 ? "198.51.100.7" : "198.51.100.8");
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_NONCE), 1);
	answer(w, &s, false, 0, s.to.addr.bytes[3] == 7 ? "198.51.100.7" : "198.51.100.8");
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_AUTHORITATIVE), 1);
	answer(w, &s, true, 0, "203.0.113.66");
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_NONCE), 2);
	world_pass(w, 1000);
	assert_int_equal(world_counter(w, XTR_PROBES_LOST), 1);
	world_free(w);
}

static void what_no_entry_uses_is_not_probed(void **state)
{
	struct world *w = probing_world();
	struct eid prefix = prefix_of();

	router_cache_clear(w->router, &prefix, w->now, w->out);
	world_pass(w, 60000);
	assert_int_equal(world_counter(w, XTR_PROBES_SENT), 0);
	world_free(w);
}

static void icmp_unreachable_brings_the_next_probe_forward_and_decides_nothing(void **state)
{
	struct world *w = probing_world();
	struct datapath_event e = {
		.type = DATAPATH_RLOC_MTU, .rloc = world_address("198.51.100.7")};
	uint64_t before;

	live(w, 20000, true);
	before = world_counter(w, XTR_PROBES_SENT);
	router_datapath_event(w->router, &e, w->now, w->out);
	router_datapath_event(w->router, &e, w->now, w->out);
	assert_int_equal(world_counter(w, XTR_PROBES_SENT), before + 1);
	assert_int_equal(locators(w), 2);
	world_free(w);
}

/* Answers probes of 198.51.100.7 for @ms; the answer says that its priority is @priority. */
static void live_with_priority(struct world *w, uint64_t ms, uint8_t priority)
{
	struct mono end = mono_add_ms(w->now, ms);
	struct address seven = world_address("198.51.100.7");
	struct lisp_rloc l = {
		.priority = priority, .weight = 100, .probed = true, .reachable = true};
	struct eid prefix = prefix_of();

	for (; mono_before(w->now, end); world_pass(w, 3)) {
		struct world_sent *s =
			world_has(w, LISP_MAP_REQUEST) ? world_take(w, LISP_MAP_REQUEST) : NULL;
		struct wire_fault fault;
		struct map_request m;
		struct wire_writer wr;
		uint8_t bytes[128];

		if (!s || s->to.addr.bytes[3] != 7)
			continue;
		assert_int_equal(map_request_parse(s->bytes, s->len, &m, &fault), 0);
		wire_writer_init(&wr, bytes, sizeof(bytes));
		map_reply_begin(&wr, true, m.nonce);
		lisp_record_write(&wr, &prefix, 600, 1, LISP_ACT_NONE, true, 0);
		lisp_rloc_write(&wr, &l, &seven);
		map_reply_finish(&wr, 1);
		world_packet(w, bytes, wr.pos, "198.51.100.7");
	}
}

static void a_locator_that_says_it_is_out_of_use_makes_us_ask(void **state)
{
	struct world *w = probing_world();

	live_with_priority(w, 30000, 1); /* as it is cached */
	assert_false(world_has(w, LISP_ECM));
	live_with_priority(w, 13000, 255);
	assert_true(world_has(w, LISP_ECM));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_probe_goes_straight_to_the_locator_byte_for_byte),
		cmocka_unit_test(locators_that_answer_are_asked_every_ten_seconds_or_so),
		cmocka_unit_test(three_losses_take_a_locator_out_and_one_answer_brings_it_back),
		cmocka_unit_test(when_all_are_down_they_are_used_all_the_same),
		cmocka_unit_test(an_answer_needs_the_nonce_the_a_bit_and_the_right_source),
		cmocka_unit_test(what_no_entry_uses_is_not_probed),
		cmocka_unit_test(a_locator_that_says_it_is_out_of_use_makes_us_ask),
		cmocka_unit_test(
			icmp_unreachable_brings_the_next_probe_forward_and_decides_nothing),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
