/* Map-Register by RFC 9301 sections 5.6, 8.2 (spec section 5, ETR items 1-4), and moves as a
 * standard Map-Server tells them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

#define HOST "10.1.0.5/32"

static struct map_register take(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_MAP_REGISTER);
	struct wire_fault fault;
	struct map_register m;

	assert_int_equal(map_register_parse(s->bytes, s->len, &m, &fault), 0);
	assert_true(auth_verify(w->key, LISP_MAP_REGISTER, &w->policy.servers[0].auth, s->bytes,
		s->len, m.nonce, &m.auth));
	return m;
}

static struct world *static_world(enum policy_protocol protocol)
{
	struct world *w = world_new(protocol);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	world_start(w);
	return w;
}

static void a_map_register_goes_out_byte_for_byte(void **state)
{
	/* RFC 9301 section 5.6: type 3, P, I, M; key 1, algorithm 2, 16 bytes; one record of TTL
	 * 1440 with two locators, IPv4 first, L and R set; xTR-ID and Site-ID. */
	static const uint8_t head[] = {0x3a, 0, 0x01, 0x01, 0, 0, 0, 0, 0, 0, 0x03,
		0xe8, /* nonce 1000 */
		1, 2, 0, 16};
	static const uint8_t tail[] = {0, 0, 0x05, 0xa0, 2, 24, 0x10, 0, 0,
		0, /* 1440 min, 2, /24, A */
		0, 1, 10, 2, 0, 0, 1, 100, 255, 0, 0, 5, 0, 1, 192, 0, 2, 1, 2, 50, 255, 0, 0, 5, 0,
		2, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x11, 0x11, 0x11,
		0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x22,
		0x22, 0x22, 0x22, 0x22, 0x22, 0x22, 0x22};
	struct world *w = static_world(POLICY_SUNWARD);
	struct world_sent *s = world_take(w, LISP_MAP_REGISTER);

	assert_int_equal(s->len, sizeof(head) + 16 + sizeof(tail));
	assert_memory_equal(s->bytes, head, sizeof(head));
	assert_memory_equal(s->bytes + sizeof(head) + 16, tail, sizeof(tail));
	world_free(w);
}

static void unacknowledged_it_is_repeated_with_doubling_waits_and_new_nonces(void **state)
{
	static const uint64_t want_ms[] = {
		0, 1000, 3000, 7000, 15000, 31000, 63000, 123000, 183000};
	struct world *w = static_world(POLICY_SUNWARD);
	struct mono start = w->now;
	uint64_t last = 0;
	unsigned int i;

	world_pass(w, 183000);
	assert_int_equal(world_count(w, LISP_MAP_REGISTER), 9);
	for (i = 0; i < 9; i++) {
		assert_int_equal(mono_since_ms(start, w->sent[i].at), want_ms[i]);
	}
	for (i = 0; i < 9; i++) {
		struct map_register m = take(w);

		assert_true(m.nonce > last);
		last = m.nonce;
	}
	assert_int_equal(w->events[0].type, ROUTER_UNREGISTERED);
	world_free(w);
}

/* Acknowledge, and return how long it takes until the next one is sent, ms. */
static uint64_t until_the_next(struct world *w)
{
	struct mono start = w->now;

	assert_int_equal(world_ack_registers(w), 1);
	while (!world_has(w, LISP_MAP_REGISTER) && mono_since_ms(start, w->now) < 100000)
		world_pass(w, 100);
	return mono_since_ms(start, w->now);
}

/* RFC 9301 section 8.2. */
static void five_minutes_long_it_is_sent_every_20_seconds_then_every_minute(void **state)
{
	struct world *w = static_world(POLICY_SUNWARD);
	struct mono start = w->now;
	unsigned int quick = 0;

	while (mono_since_ms(start, w->now) < 300000 - 25000) {
		assert_in_range(until_the_next(w), 20000, 25000);
		quick++;
	}
	assert_in_range(quick, 11, 15);
	until_the_next(w); /* the five minutes end meanwhile */
	until_the_next(w);
	for (unsigned int i = 0; i < 5; i++)
		assert_in_range(until_the_next(w), 48000, 60000);
	assert_int_equal(world_counter(w, XTR_REGISTERS_RETRIED), 0);
	/* A change does not wait, and what comes after it is quick again. */
	assert_int_equal(world_ack_registers(w), 1);
	world_pass(w, 5000);
	router_drain(w->router, &w->policy.rlocs[0].addr, true, w->now, w->out);
	world_miss(w, "10.9.0.5/32", 1); /* collects */
	assert_true(world_has(w, LISP_MAP_REGISTER));
	assert_in_range(until_the_next(w), 20000, 25000);
	world_free(w);
}

static void an_acknowledgement_needs_the_nonce_and_the_key(void **state)
{
	struct world *w = static_world(POLICY_SUNWARD);
	struct map_register m = take(w);
	struct auth_key *right = w->key;

	w->key = auth_key_new("wrong", 5);
	world_notify(w, m.nonce, "10.2.0.0/24", "192.0.2.1");
	assert_int_equal(world_counter(w, XTR_NOTIFY_DROP_AUTH), 1);
	auth_key_free(w->key);
	w->key = right;
	world_notify(w, m.nonce + 5, "10.2.0.0/24", "192.0.2.1");
	assert_int_equal(world_counter(w, XTR_REGISTERS_ACKED), 0);
	world_notify(w, m.nonce, "10.2.0.0/24", "192.0.2.1");
	assert_int_equal(world_counter(w, XTR_REGISTERS_ACKED), 1);
	assert_int_equal(w->events[w->event_count - 1].type, ROUTER_REGISTERED);
	world_free(w);
}

static void many_eids_share_messages_of_at_most_1400_bytes(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	unsigned int i, records = 0, messages = 0;
	char text[32];

	for (i = 0; i < 200; i++) {
		struct eid eid;

		snprintf(text, sizeof(text), "10.2.%u.0/24", i);
		eid = world_eid(text);
		policy_add_eid(&w->policy, &eid);
	}
	world_start(w);
	while (world_has(w, LISP_MAP_REGISTER)) {
		struct world_sent *s = &w->sent[0];

		assert_true(s->len <= 1400);
		records += take(w).record_count;
		messages++;
	}
	assert_int_equal(records, 200);
	assert_int_equal(messages, 8); /* 52 bytes a record, 25 in each */
	world_free(w);
}

/* RFC 9301 section 8.2: a message is of one site, and instances (RFC 8060 section 4.1) may be of
 * several tenants. */
static void eids_of_two_instances_go_in_messages_of_their_own(void **state)
{
	static const char *const eids[] = {"[10]10.2.0.0/24", "[20]10.2.0.0/24",
		"[10]2001:db8:2::/48", "[20]2001:db8:2::/48", "10.3.0.0/24"};
	struct world *w = world_new(POLICY_SUNWARD);
	unsigned int records[3] = {0};

	for (unsigned int i = 0; i < 5; i++) {
		struct eid eid = world_eid(eids[i]);

		policy_add_eid(&w->policy, &eid);
	}
	world_start(w);
	assert_int_equal(world_count(w, LISP_MAP_REGISTER), 3);
	for (unsigned int i = 0; i < 3; i++) {
		struct map_register m = take(w);
		struct lisp_record rec;
		uint32_t iid = 0;

		while (lisp_records_next(&m.records, &rec)) {
			if (records[i]++)
				assert_int_equal(rec.eid.eid.iid, iid);
			iid = rec.eid.eid.iid;
		}
		assert_int_equal(records[i], iid ? 2 : 1);
	}
	world_free(w);
}

/* Bit `a` is of a message (RFC 9301 section 5.6): hosts that were found stand in another one. */
static void merged_are_the_static_eids_and_never_a_host(void **state)
{
	struct eid eid = world_eid("10.2.0.0/24");
	struct world *w = world_new(POLICY_STANDARD);
	struct lisp_record rec;
	struct map_register m;

	policy_add_eid(&w->policy, &eid);
	w->policy.servers[0].merge = true;
	world_start(w);
	m = take(w);
	assert_true(m.merge);
	assert_int_equal(m.record_count, 1);
	world_notify(w, m.nonce, "10.2.0.0/24", "192.0.2.1");
	world_host(w, HOST, 3, true);
	m = take(w);
	assert_false(m.merge);
	assert_int_equal(m.record_count, 1);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.plen, 32);
	world_free(w);
}

static void with_a_standard_map_server_hosts_are_registered_at_once(void **state)
{
	struct world *w = static_world(POLICY_STANDARD);
	struct lisp_record rec;
	struct map_register m;

	world_ack_registers(w);
	world_host(w, HOST, 3, true);
	assert_false(world_has(w, LISP_EXTENSION));
	m = take(w);
	assert_int_equal(m.record_count, 2);
	assert_true(m.want_notify);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.plen, 32);
	assert_int_equal(rec.ttl_min, 1440);
	world_free(w);
}

static void an_answer_to_what_has_changed_since_is_neither_taken_nor_unsolicited(void **state)
{
	struct world *w = static_world(POLICY_STANDARD);
	struct map_register first, second;

	world_ack_registers(w);
	world_host(w, HOST, 3, true);
	first = take(w);
	world_host(w, "10.1.0.6/32", 3, true);
	second = take(w);
	assert_int_equal(second.record_count, 3);
	world_notify(w, first.nonce, HOST, "192.0.2.1");
	assert_int_equal(world_counter(w, XTR_REGISTERS_ACKED), 1);
	world_notify(w, second.nonce, HOST, "192.0.2.1");
	assert_int_equal(world_counter(w, XTR_REGISTERS_ACKED), 2);
	world_notify(w, second.nonce, HOST, "192.0.2.1"); /* a copy */
	assert_int_equal(world_counter(w, XTR_REGISTERS_ACKED), 2);
	assert_int_equal(world_counter(w, XTR_NOTIFY_UNSOLICITED), 0);
	assert_false(world_has(w, LISP_MAP_NOTIFY_ACK));
	world_free(w);
}

static void a_dead_host_is_withdrawn_with_ttl_0_until_acknowledged(void **state)
{
	struct world *w = static_world(POLICY_STANDARD);
	struct map_register m;
	struct lisp_record rec;

	world_host(w, HOST, 3, true);
	world_ack_registers(w);
	world_pass(w, 16000);
	world_forget(w);
	world_pass(w, 5000);
	m = take(w);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.ttl_min, 1440);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.ttl_min, 0);
	world_notify(w, m.nonce, HOST, "192.0.2.1");
	world_forget(w);
	world_pass(w, 61000);
	m = take(w);
	assert_int_equal(m.record_count, 1);
	world_free(w);
}

static void an_unsolicited_map_notify_is_acknowledged_and_redirects(void **state)
{
	struct world *w = static_world(POLICY_STANDARD);
	struct eid host = world_eid(HOST);
	struct map_register ack;
	struct world_sent *s;
	struct wire_fault fault;
	struct fake_entry *e;
	struct lisp_record rec;

	world_host(w, HOST, 3, true);
	world_ack_registers(w);
	world_forget(w);
	world_notify(w, 99, HOST, "198.51.100.7");
	s = world_take(w, LISP_MAP_NOTIFY_ACK);
	assert_int_equal(map_register_parse(s->bytes, s->len, &ack, &fault), 0);
	assert_int_equal(ack.nonce, 99);
	assert_true(auth_verify(w->key, LISP_MAP_NOTIFY_ACK, &w->policy.servers[0].auth, s->bytes,
		s->len, 99, &ack.auth));
	e = fake_datapath_find(&w->dp, &host);
	assert_int_equal(e->e.action, DATAPATH_ENCAP);
	assert_true(e->e.away);
	world_pass(w, 30);
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	/* Another's now: neither refreshed nor withdrawn by us. */
	world_forget(w);
	world_pass(w, 61000);
	ack = take(w);
	assert_int_equal(ack.record_count, 1);
	assert_true(lisp_records_next(&ack.records, &rec));
	assert_int_equal(rec.plen, 24);
	world_free(w);
}

static void what_waits_for_a_mapping_goes_on_waiting_when_another_is_no_more(void **state)
{
	static const char *const there[] = {"198.51.100.7", NULL};
	struct world *w = static_world(POLICY_STANDARD);
	struct map_request m;

	world_miss(w, HOST, 1);
	m = world_take_request(w);
	world_notify(w, 99, HOST, NULL);
	assert_int_equal(w->dp.injected_count, 0); /* it would go nowhere */
	world_reply(w, m.nonce, HOST, 60, LISP_ACT_NONE, there);
	assert_int_equal(w->dp.injected_count, 1);
	world_free(w);
}

static void a_map_notify_about_a_host_that_answers_registers_again(void **state)
{
	struct world *w = static_world(POLICY_STANDARD);
	struct eid host = world_eid(HOST);
	unsigned int i;

	world_host(w, HOST, 3, true);
	world_ack_registers(w);
	world_notify(w, 99, HOST, "198.51.100.7");
	world_forget(w);
	world_host(w, HOST, 3, true);
	assert_int_equal(fake_datapath_find(&w->dp, &host)->e.action, DATAPATH_LOCAL);
	take(w);
	for (i = 0; i < 40; i++) { /* two machines with one address */
		world_notify(w, 100 + i, HOST, "198.51.100.7");
		world_host(w, HOST, 3, true);
	}
	assert_true(world_count(w, LISP_MAP_REGISTER) <= 8);
	assert_true(world_counter(w, XTR_CLAIMS_DAMPED) > 0);
	world_free(w);
}

static void notifies_from_strangers_are_dropped(void **state)
{
	static const uint8_t bytes[] = {0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
	struct world *w = static_world(POLICY_STANDARD);

	world_packet(w, bytes, sizeof(bytes), "203.0.113.66");
	assert_int_equal(world_counter(w, XTR_NOTIFY_DROP_SERVER), 1);
	world_packet(w, "\xf5\xa1\x01\x05", 4, "203.0.113.66");
	assert_int_equal(world_counter(w, XTR_MOVE_DROP_SERVER), 1);
	world_free(w);
}

static void draining_a_locator_registers_priority_255_at_once_and_back(void **state)
{
	struct world *w = static_world(POLICY_SUNWARD);
	struct address own = world_address("192.0.2.1");
	struct map_register m;
	struct lisp_record rec;
	struct lisp_rloc rloc;

	world_ack_registers(w);
	router_drain(w->router, &own, true, w->now, w->out);
	world_pass(w, 0);
	world_miss(w, "10.9.0.5/32", 1); /* collects */
	m = take(w);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_int_equal(rloc.priority, 255);
	assert_int_equal(rloc.weight, 0);
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_int_equal(rloc.priority, 2);
	router_drain(w->router, &own, false, w->now, w->out);
	world_miss(w, "10.9.0.5/32", 1);
	m = take(w);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_true(lisp_rloc_next(&rec, &rloc));
	assert_int_equal(rloc.priority, 1);
	world_free(w);
}

static void an_orderly_stop_withdraws_everything(void **state)
{
	struct world *w = static_world(POLICY_SUNWARD);
	struct map_register m;
	struct lisp_record rec;
	struct move claim;

	world_ack_registers(w);
	world_host(w, HOST, 3, true);
	claim = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, claim.nonce, 1, HOST, "192.0.2.1", true);
	router_withdraw(w->router, w->now, w->out);
	world_miss(w, "10.9.0.5/32", 1); /* collects */
	m = take(w);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.ttl_min, 0);
	assert_int_equal(world_take_move(w, MOVE_WITHDRAW).seq, 1);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_register_goes_out_byte_for_byte),
		cmocka_unit_test(unacknowledged_it_is_repeated_with_doubling_waits_and_new_nonces),
		cmocka_unit_test(five_minutes_long_it_is_sent_every_20_seconds_then_every_minute),
		cmocka_unit_test(an_acknowledgement_needs_the_nonce_and_the_key),
		cmocka_unit_test(many_eids_share_messages_of_at_most_1400_bytes),
		cmocka_unit_test(eids_of_two_instances_go_in_messages_of_their_own),
		cmocka_unit_test(merged_are_the_static_eids_and_never_a_host),
		cmocka_unit_test(with_a_standard_map_server_hosts_are_registered_at_once),
		cmocka_unit_test(
			an_answer_to_what_has_changed_since_is_neither_taken_nor_unsolicited),
		cmocka_unit_test(a_dead_host_is_withdrawn_with_ttl_0_until_acknowledged),
		cmocka_unit_test(an_unsolicited_map_notify_is_acknowledged_and_redirects),
		cmocka_unit_test(what_waits_for_a_mapping_goes_on_waiting_when_another_is_no_more),
		cmocka_unit_test(a_map_notify_about_a_host_that_answers_registers_again),
		cmocka_unit_test(notifies_from_strangers_are_dropped),
		cmocka_unit_test(draining_a_locator_registers_priority_255_at_once_and_back),
		cmocka_unit_test(an_orderly_stop_withdraws_everything),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
