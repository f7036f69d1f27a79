/* Map-Requests to the ETR (RFC 9301 sections 5.2 to 5.4, 7.1), and the hostile ones (spec section
 * 12, items 7 and 8). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

static struct world *static_world(void)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	world_start(w);
	world_forget(w);
	return w;
}

static struct map_request_spec ask(const char *eid, const char *itr)
{
	struct map_request_spec s = {.nonce = 0x0102030405060708, .itr_rloc_count = 1};

	s.eid = world_eid(eid);
	s.itr_rlocs[0] = world_address(itr);
	return s;
}

static size_t write_request(const struct map_request_spec *s, uint8_t bytes[1024])
{
	int len = map_request_write(bytes, 1024, s);

	assert_true(len > 0);
	return (size_t)len;
}

static void request_from(struct world *w, const struct map_request_spec *s, const char *from)
{
	uint8_t bytes[1024];
	size_t len = write_request(s, bytes);

	world_packet(w, bytes, len, from);
}

static void a_request_is_answered_byte_for_byte(void **state)
{
	/* Type 2, one record: nonce copied; TTL 1440, 2 locators, /24, A; L and R set. */
	static const uint8_t want[] = {0x20, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0x05, 0xa0, 2,
		24, 0x10, 0, 0, 0, 0, 1, 10, 2, 0, 0, 1, 100, 255, 0, 0, 5, 0, 1, 192, 0, 2, 1, 2,
		50, 255, 0, 0, 5, 0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	struct world *w = static_world();
	struct map_request_spec s = ask("10.2.0.9/32", "198.51.100.7");
	struct world_sent *r;

	request_from(w, &s, "198.51.100.7:50001");
	r = world_take(w, LISP_MAP_REPLY);
	assert_int_equal(r->len, sizeof(want));
	assert_memory_equal(r->bytes, want, sizeof(want));
	assert_int_equal(r->to.port, 50001); /* the request's source port */
	assert_true(address_equal(&r->to.addr, &s.itr_rlocs[0]));
	assert_true(address_equal(&r->from, &w->policy.rlocs[0].addr));
	world_free(w);
}

static void a_probe_is_answered_with_p_and_the_probed_locator_marked(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.2.0.0/24", "198.51.100.7");
	struct wire_fault fault;
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct map_reply m;
	struct world_sent *r;

	s.probe = true;
	request_from(w, &s, "198.51.100.7");
	r = world_take(w, LISP_MAP_REPLY);
	assert_int_equal(r->bytes[0], 0x28);
	assert_int_equal(map_reply_parse(r->bytes, r->len, &m, &fault), 0);
	assert_true(m.nonce == 0x0102030405060708);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_true(rec.authoritative);
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_true(rloc.probed);
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_false(rloc.probed);
	assert_int_equal(world_counter(w, XTR_PROBE_REPLIES_SENT), 1);
	world_free(w);
}

static void a_probe_for_a_host_that_left_is_alive_but_draws_an_smr(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.1.0.5/32", "198.51.100.7");
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_reply m;
	struct world_sent *r;

	world_move(w, MOVE_NOTIFY, 77, 2, "10.1.0.5/32", "198.51.100.8", false);
	world_forget(w);
	s.probe = true;
	request_from(w, &s, "198.51.100.7");
	r = world_take(w, LISP_MAP_REPLY);
	assert_int_equal(map_reply_parse(r->bytes, r->len, &m, &fault), 0);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.locator_count, 0);
	assert_true(rec.authoritative);
	assert_true(world_has(w, LISP_MAP_REQUEST));
	world_free(w);
}

static void a_dynamic_host_is_answered_as_a_host(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.1.0.5/32", "198.51.100.7");
	struct wire_fault fault;
	struct lisp_record rec;
	struct map_reply m;
	struct world_sent *r;

	request_from(w, &s, "198.51.100.7");
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_EID), 1);
	world_host(w, "10.1.0.5/32", 3, true);
	request_from(w, &s, "198.51.100.7");
	r = world_take(w, LISP_MAP_REPLY);
	assert_int_equal(map_reply_parse(r->bytes, r->len, &m, &fault), 0);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.plen, 32);
	world_free(w);
}

static void an_encapsulated_request_is_answered_to_its_inner_source(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.2.0.9/32", "198.51.100.7");
	struct endpoint source = world_endpoint("198.51.100.7:50002"),
			dest = world_endpoint("10.2.0.9");
	uint8_t inner[1024], ecm[1024];
	size_t len = write_request(&s, inner);
	struct world_sent *r;
	int n;

	n = ecm_write(ecm, sizeof(ecm), &source, &dest, false, inner, len);
	assert_true(n > 0);
	world_packet(w, ecm, (size_t)n, "192.0.2.100");
	r = world_take(w, LISP_MAP_REPLY);
	assert_int_equal(r->to.port, 50002);
	/* Around anything but a plain Map-Request it is dropped: a probe, an SMR, an ECM. */
	s.probe = true;
	len = write_request(&s, inner);
	n = ecm_write(ecm, sizeof(ecm), &source, &dest, false, inner, len);
	world_packet(w, ecm, (size_t)n, "192.0.2.100");
	s.probe = false;
	s.smr = true;
	len = write_request(&s, inner);
	n = ecm_write(ecm, sizeof(ecm), &source, &dest, false, inner, len);
	world_packet(w, ecm, (size_t)n, "192.0.2.100");
	memcpy(inner, ecm, (size_t)n);
	n = ecm_write(ecm, sizeof(ecm), &source, &dest, false, inner, (size_t)n);
	world_packet(w, ecm, (size_t)n, "192.0.2.100");
	assert_int_equal(world_counter(w, XTR_ECM_DROP_INNER), 3);
	assert_int_equal(w->sent_count, 0);
	world_packet(w, ecm, 20, "192.0.2.100");
	assert_int_equal(world_counter(w, XTR_ECM_DROP_MALFORMED), 1);
	world_free(w);
}

static void itr_rlocs_that_reflect_are_refused(void **state)
{
	static const char *const bad[] = {"224.0.0.5", "255.255.255.255", "0.0.0.0", "127.0.0.1",
		"192.0.2.1", "ff02::1", "::1"};
	struct world *w = static_world();
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct map_request_spec s = ask("10.2.0.9/32", bad[i]);

		request_from(w, &s, "198.51.100.7");
		assert_int_equal(world_counter(w, XTR_REQUEST_DROP_RLOC), i + 1);
	}
	assert_int_equal(w->sent_count, 0);
	world_free(w);
}

static void a_reply_larger_than_the_request_goes_only_where_the_request_came_from(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.2.0.9/32", "203.0.113.50"); /* a victim */

	request_from(w, &s, "198.51.100.7");
	assert_int_equal(w->sent_count, 0);
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_AMPLIFY), 1);
	s.itr_rloc_count = 2; /* the sender's own is among them: that one is taken */
	s.itr_rlocs[1] = world_address("198.51.100.7");
	request_from(w, &s, "198.51.100.7");
	assert_true(address_equal(&w->sent[0].to.addr, &s.itr_rlocs[1]));
	world_free(w);
}

/* Eight records in an ECM whose inner source is the victim's, 1,000 times: of a reply that is
 * larger a tenth of a second's share goes out. */
static void a_forged_inner_source_draws_few_larger_replies(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");
	struct map_request_spec s = ask("10.2.0.9/32", "203.0.113.50");
	struct endpoint source = world_endpoint("203.0.113.50:53"),
			dest = world_endpoint("10.2.0.9");
	uint8_t inner[1024], ecm[1024];
	unsigned int i;
	size_t len;
	int n;

	policy_add_eid(&w->policy, &eid);
	w->policy.limits.excess_per_rloc = 100;
	world_start(w);
	world_forget(w);
	len = write_request(&s, inner);
	for (i = 1; i < 8; i++) { /* the record: reserved, /32, AFI 1, the address */
		memcpy(inner + len, inner + len - 8, 8);
		len += 8;
	}
	inner[3] = 8;
	n = ecm_write(ecm, sizeof(ecm), &source, &dest, false, inner, len);
	assert_true(n > 0);
	for (i = 0; i < 1000; i++)
		world_packet(w, ecm, (size_t)n, "198.51.100.7");
	assert_int_equal(world_count(w, LISP_MAP_REPLY), 11);
	assert_true(w->sent[0].len > (size_t)n);
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_AMPLIFY), 989);
	world_free(w);
}

static void d_draws_no_reply(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.2.0.9/32", "198.51.100.7");

	s.dont_reply = true;
	request_from(w, &s, "198.51.100.7");
	assert_int_equal(w->sent_count, 0);
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_DONT_REPLY), 1);
	world_free(w);
}

static void replies_to_one_rloc_are_limited(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");
	struct map_request_spec s = ask("10.2.0.9/32", "198.51.100.7");
	unsigned int i;

	policy_add_eid(&w->policy, &eid);
	w->policy.limits.replies_per_rloc = 100;
	world_start(w);
	world_forget(w);
	for (i = 0; i < 1000; i++)
		request_from(w, &s, "198.51.100.7");
	assert_int_equal(world_count(w, LISP_MAP_REPLY), 11); /* a tenth of a second's */
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_LIMITED), 989);
	world_forget(w);
	s.itr_rlocs[0] = world_address("198.51.100.8");
	request_from(w, &s, "198.51.100.8");
	assert_int_equal(world_count(w, LISP_MAP_REPLY), 1);
	world_free(w);
}

static void several_records_are_answered_in_one_reply(void **state)
{
	/* Two records: an EID of ours and one that is not. */
	static const uint8_t request[] = {0x10, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 198,
		51, 100, 7, 0, 32, 0, 1, 10, 2, 0, 9, 0, 32, 0, 1, 10, 77, 0, 9};
	struct world *w = static_world();
	struct world_sent *r;

	world_packet(w, request, sizeof(request), "198.51.100.7");
	r = world_take(w, LISP_MAP_REPLY);
	assert_int_equal(r->bytes[3], 1);
	world_free(w);
}

static void truncated_requests_are_dropped_at_every_length(void **state)
{
	struct world *w = static_world();
	struct map_request_spec s = ask("10.2.0.9/32", "198.51.100.7");
	uint8_t bytes[1024];
	size_t len = write_request(&s, bytes), i;

	for (i = 1; i < len; i++) {
		uint8_t *exact = test_malloc(i); /* so that ASan sees an overrun */

		memcpy(exact, bytes, i);
		world_packet(w, exact, i, "198.51.100.7");
		test_free(exact);
	}
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_MALFORMED), len - 1);
	assert_int_equal(w->sent_count, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_answered_byte_for_byte),
		cmocka_unit_test(a_probe_is_answered_with_p_and_the_probed_locator_marked),
		cmocka_unit_test(a_probe_for_a_host_that_left_is_alive_but_draws_an_smr),
		cmocka_unit_test(a_dynamic_host_is_answered_as_a_host),
		cmocka_unit_test(an_encapsulated_request_is_answered_to_its_inner_source),
		cmocka_unit_test(itr_rlocs_that_reflect_are_refused),
		cmocka_unit_test(
			a_reply_larger_than_the_request_goes_only_where_the_request_came_from),
		cmocka_unit_test(a_forged_inner_source_draws_few_larger_replies),
		cmocka_unit_test(d_draws_no_reply),
		cmocka_unit_test(replies_to_one_rloc_are_limited),
		cmocka_unit_test(several_records_are_answered_in_one_reply),
		cmocka_unit_test(truncated_requests_are_dropped_at_every_length),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
