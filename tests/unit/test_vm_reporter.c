/* The agent's reports: a STATE byte for byte by docs/decisions/handover.md, its repetitions on
 * virtual time, acknowledgements, and an xTR's questions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "tests/unit/vm_world.h"

static void a_state_goes_out_byte_for_byte(void **state)
{
	static const uint8_t head[] = {0xf5, 0xa2, 2, 1, /* Type 15, 0x5a2; version 2; STATE */
		1, 2, 3, 4, 5, 6, 7, 8,                  /* counter */
		1, 2, 0, 16};                            /* key-id, HMAC-SHA256-128, 16 bytes */
	static const uint8_t body[] = {0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1,
		0xa1, /* agent-ID */
		0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0xa1, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16,
		0x17, 0x18,                                     /* move */
		0, 0, 0, 0, 0, 0, 0, 0,                         /* seq */
		3, 0x80, 0, 2,                                  /* paused, IN_MIGRATION; 2 hosts */
		7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* guest */
		2, 0, 0, 0, 0, 0, 0x27, 0x10,                   /* planner; no tail; 10 s */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* no ticket */
		0, 0, 0, 0, 0, 0, 0, 0,                         /* no ticket */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* no proof */
		0x52, 0x54, 0, 0x66, 0, 2, 0, 0,                /* MAC */
		'l', 'a', 'n', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* port */
		32, 0, 0, 1, 203, 0, 113, 7,                          /* 203.0.113.7/32 */
		0x52, 0x54, 0, 0x66, 0, 2, 0, 0,                      /* MAC */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,       /* no port */
		128, 0, 0x40, 0x03, 0, 0, 2, 0, 0, 22, 0, 0, 0, 9,    /* instance 9, RFC 8060 4.1 */
		0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};
	uint8_t message[512] = {0}, mac[EVP_MAX_MD_SIZE];
	struct vm_world *w = vm_world_new();
	struct report r = {
		.content = {.state = HANDOVER_PAUSED,
			.in_migration = true,
			.why = {.move = 0x1112131415161718, .reason = 2, .deadline_ms = 10000},
			.host_count = 2}};
	struct outbox_datagram *d = w->env.out->list;
	struct address v6;

	memset(r.content.guest.bytes, 7, 16);
	r.content.hosts[0] = r.content.hosts[1] = vm_world_host(7);
	strcpy(r.content.hosts[0].port, "lan");
	assert_true(address_parse(&v6, "2001:db8::7"));
	r.content.hosts[1].eid = eid_host(9, &v6);
	reporter_add(w->reporter, &r);
	reporter_say(w->reporter, &r);
	assert_int_equal(w->env.out->count, 1);
	assert_int_equal(d->to.port, 4342);
	assert_int_equal(d->len, sizeof(head) + 16 + sizeof(body));
	memcpy(message, head, sizeof(head));
	memcpy(message + sizeof(head) + 16, body, sizeof(body));
	/* The MAC is over the message with zeros in its place. */
	assert_non_null(HMAC(
		EVP_sha256(), VM_WORLD_KEY, (int)strlen(VM_WORLD_KEY), message, d->len, mac, NULL));
	memcpy(message + sizeof(head), mac, 16);
	assert_memory_equal(outbox_bytes(w->env.out, 0), message, d->len);
	reporter_remove(w->reporter, &r);
	vm_world_free(w);
}

static void a_state_is_repeated_with_new_counters_until_it_is_acknowledged(void **state)
{
	/* Milliseconds between sendings. */
	static const unsigned int waits[] = {20, 40, 80, 160, 320, 640, 1280, 2560, 3000, 3000};
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	uint64_t counter, before;

	guests_news(w->guests, g, GUEST_RUNS);
	counter = vm_world_state(w)->counter;
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		vm_world_pass(w, waits[i] - 1);
		assert_true(vm_world_silent(w));
		vm_world_pass(w, 1);
		before = counter;
		counter = vm_world_state(w)->counter;
		assert_true(counter > before);
	}
	vm_world_ack(w, before, HANDOVER_TAKEN); /* of the last but one: the state is the same */
	assert_true(reporter_taken(w->reporter, &g->report));
	vm_world_pass(w, 8999);
	assert_true(vm_world_silent(w));
	vm_world_pass(w, 1001); /* and anew after 9 to 10 s */
	assert_int_equal(vm_world_state(w)->state, HANDOVER_RUNNING);
	vm_world_free(w);
}

static void an_acknowledgement_of_an_earlier_state_counts_for_nothing(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	uint64_t first;

	guests_news(w->guests, g, GUEST_RUNS);
	first = vm_world_state(w)->counter;
	guests_news(w->guests, g, GUEST_STOPS);
	vm_world_state(w);
	vm_world_ack(w, first, HANDOVER_TAKEN);
	assert_false(reporter_taken(w->reporter, &g->report));
	assert_int_equal(w->env.counters[VM_DROP_UNASKED], 1);
	vm_world_pass(w, 20);
	assert_int_equal(vm_world_state(w)->state, HANDOVER_PAUSED);
	vm_world_free(w);
}

static void an_acknowledgement_counts_for_its_own_guest_only(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *a = vm_world_guest(w, "a", 7), *b = vm_world_guest(w, "b", 8);
	uint64_t of_b;

	guests_news(w->guests, a, GUEST_RUNS);
	guests_news(w->guests, b, GUEST_RUNS);
	vm_world_state(w);
	of_b = vm_world_state(w)->counter;
	vm_world_pass(w, 20); /* a's sendings lie on both sides of b's */
	vm_world_ack(w, of_b, HANDOVER_TAKEN);
	assert_false(reporter_taken(w->reporter, &a->report));
	assert_true(reporter_taken(w->reporter, &b->report));
	vm_world_free(w);
}

static void what_an_xtr_calls_old_is_said_again_with_a_higher_counter(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	uint64_t counter;

	guests_news(w->guests, g, GUEST_RUNS);
	counter = vm_world_state(w)->counter;
	vm_world_ack(w, counter, HANDOVER_OLD);
	assert_false(reporter_taken(w->reporter, &g->report));
	vm_world_pass(w, 20);
	assert_true(vm_world_state(w)->counter > counter);
	assert_int_equal(w->env.counters[VM_STATES_OLD], 1);
	vm_world_free(w);
}

static void a_refusal_ends_the_repetitions_and_is_logged(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);

	guests_news(w->guests, g, GUEST_RUNS);
	vm_world_ack(w, vm_world_state(w)->counter, HANDOVER_NOT_PERMITTED);
	assert_false(reporter_taken(w->reporter, &g->report));
	assert_int_equal(reporter_answer(&g->report, 0), HANDOVER_NOT_PERMITTED);
	assert_string_equal(w->last_line,
		"xtr 192.0.2.1:4342 does not take the state of the guest with 203.0.113.7: "
		"its addresses are not this agent's to speak of");
	vm_world_pass(w, 8999);
	assert_true(vm_world_silent(w));
	vm_world_free(w);
}

static void a_question_is_answered_and_its_replay_is_not(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *a = vm_world_guest(w, "a", 7), *b = vm_world_guest(w, "b", 8);
	struct eid eids[] = {vm_world_host(8).eid, vm_world_host(9).eid};

	guests_news(w->guests, a, GUEST_RUNS);
	guests_news(w->guests, b, GUEST_STOPS);
	vm_world_ack(w, vm_world_state(w)->counter, HANDOVER_TAKEN);
	vm_world_ack(w, vm_world_state(w)->counter, HANDOVER_TAKEN);
	vm_world_ask(w, NULL, 0); /* about all */
	vm_world_ack(w, vm_world_state(w)->counter, HANDOVER_TAKEN);
	vm_world_ack(w, vm_world_state(w)->counter, HANDOVER_TAKEN);
	vm_world_ask(w, eids, 2); /* not all sources have told: 203.0.113.9 may yet be here */
	assert_int_equal(vm_world_state(w)->guest.bytes[0], 8);
	assert_true(vm_world_silent(w));
	w->next_question--;
	vm_world_ask(w, eids, 2);
	assert_true(vm_world_silent(w));
	assert_int_equal(w->env.counters[VM_DROP_REPLAY], 1);
	vm_world_free(w);
}

static void an_address_of_no_guest_is_said_to_be_gone_once_all_sources_have_told(void **state)
{
	struct vm_world *w = vm_world_new();
	struct eid eid = vm_world_host(9).eid;
	const struct handover *h;

	w->complete = true;
	vm_world_ask(w, &eid, 1);
	h = vm_world_state(w);
	assert_int_equal(h->state, HANDOVER_GONE);
	assert_int_equal(h->guest.bytes[0], 0);
	assert_int_equal(h->host_count, 1);
	assert_true(eid_equal(&h->hosts[0].eid, &eid));
	vm_world_pass(w, 60000);
	assert_true(vm_world_silent(w)); /* an answer, which is not repeated */
	vm_world_free(w);
}

static void what_no_xtrs_key_signed_is_dropped(void **state)
{
	static const uint8_t no_message[] = {0xf5, 0xa2, 2, 1, 0};
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	struct auth_key *other = auth_key_new("another", 7);
	struct handover ack = {.kind = HANDOVER_STATE_ACK}, state_of = {.kind = HANDOVER_STATE};

	guests_news(w->guests, g, GUEST_RUNS);
	ack.counter = vm_world_state(w)->counter;
	vm_world_send(w, &ack, other, "192.0.2.1");
	assert_false(reporter_taken(w->reporter, &g->report));
	assert_int_equal(w->env.counters[VM_DROP_AUTH], 1);
	state_of.state = HANDOVER_GONE;
	vm_world_send(w, &state_of, w->key, "192.0.2.1");
	assert_int_equal(w->env.counters[VM_DROP_KIND], 1);
	reporter_packet(w->reporter, no_message, sizeof(no_message), &w->policy.xtrs[0].at);
	assert_int_equal(w->env.counters[VM_DROP_MALFORMED], 1);
	vm_world_send(w, &ack, w->key, "198.51.100.99"); /* an xTR has several addresses */
	assert_true(reporter_taken(w->reporter, &g->report));
	auth_key_free(other);
	vm_world_free(w);
}

static void each_of_two_xtrs_is_told_until_both_know(void **state)
{
	struct vm_world *w = vm_world_new();
	struct guest *g = vm_world_guest(w, "web", 7);
	uint64_t first, second;

	w->policy.xtr_count = 2;
	w->policy.xtrs[1] = w->policy.xtrs[0];
	assert_true(endpoint_parse(&w->policy.xtrs[1].at, "192.0.2.2", 4342));
	assert_int_equal(reporter_reload(w->reporter, &w->policy), 0);
	guests_news(w->guests, g, GUEST_RUNS);
	first = vm_world_state(w)->counter;
	second = vm_world_state(w)->counter;
	assert_int_not_equal(first, second);
	vm_world_ack(w, first, HANDOVER_TAKEN);
	assert_false(reporter_taken(w->reporter, &g->report));
	vm_world_pass(w, 20);
	vm_world_state(w);
	assert_true(vm_world_silent(w)); /* the second only */
	assert_int_equal(w->env.out->list[w->taken - 1].to.addr.bytes[3], 2);
	vm_world_free(w);
}

static void nothing_is_said_without_a_uuid_or_an_address(void **state)
{
	struct vm_world *w = vm_world_new();
	struct handover_id none = {{0}}, uuid = {{1}};
	struct handover_host host = vm_world_host(7);
	struct guest *g = guests_bind(w->guests, "web", &none, GUEST_OF_CONFIG, &host, 1);
	struct guest *bare = guests_bind(w->guests, "bare", &uuid, GUEST_OF_CONFIG, NULL, 0);

	guests_news(w->guests, g, GUEST_RUNS);
	guests_news(w->guests, bare, GUEST_RUNS);
	vm_world_pass(w, 60000);
	assert_true(vm_world_silent(w));
	guests_identify(w->guests, g, &none); /* QEMU has none: its name stands for it */
	/* The first 16 bytes of SHA-256 of "web", version 8, variant 10: by sha256sum. */
	assert_memory_equal(vm_world_state(w)->guest.bytes,
		"\x4b\x5e\x57\xf6\xeb\x2f\x82\xb9\x83\x9b\x3d\x1e\x13\x92\x92\x95", 16);
	vm_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_state_goes_out_byte_for_byte),
		cmocka_unit_test(a_state_is_repeated_with_new_counters_until_it_is_acknowledged),
		cmocka_unit_test(an_acknowledgement_of_an_earlier_state_counts_for_nothing),
		cmocka_unit_test(an_acknowledgement_counts_for_its_own_guest_only),
		cmocka_unit_test(what_an_xtr_calls_old_is_said_again_with_a_higher_counter),
		cmocka_unit_test(a_refusal_ends_the_repetitions_and_is_logged),
		cmocka_unit_test(a_question_is_answered_and_its_replay_is_not),
		cmocka_unit_test(
			an_address_of_no_guest_is_said_to_be_gone_once_all_sources_have_told),
		cmocka_unit_test(what_no_xtrs_key_signed_is_dropped),
		cmocka_unit_test(each_of_two_xtrs_is_told_until_both_know),
		cmocka_unit_test(nothing_is_said_without_a_uuid_or_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
