/* PubSub, and what others can do to a subscriber that they are not: by requests in its name, with
 * nonces at the end of the numbers, or with very many (docs/decisions/pubsub.md). Against the real
 * core. */
#include "tests/replay/pubsub_world.h"

#include <stdio.h>
#include <string.h>

#include "lisp/ecm.h"

#define EID      "10.1.0.5/32"
#define AT_1     " 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }"
#define AT_2     " 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }"
#define AT_3     " 10.1.0.5 ttl 1440 act 0 { 192.0.2.3 }"
#define STRANGER "192.0.2.66:5555"

static size_t live(const struct world *w)
{
	return subscriptions_count(w->server->subscriptions);
}

/* ---- ends that the xTR did not ask for ---- */

/* One datagram from anywhere; the inner header says the subscriber's address. */
static void nobody_unsubscribes_another_in_its_name(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = 101, .rloc = "none", .outer = STRANGER});
	assert_string_equal(world_to(w, 0), ITR_PEER); /* it is asked */
	assert_string_equal(told(w), "101 10.1.0.5 ttl 0 act 5 { }");
	assert_int_equal(live(w), 1);
	for (int i = 0; i < 120; i++)
		world_pass(w, 1000);
	world_clear(w);
	assert_int_equal(live(w), 1);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	subscribe(w, (struct request){.eid = EID, .nonce = 102});
	assert_string_equal(told(w), "102" AT_2);
	world_free(w);
}

static void while_an_end_waits_for_its_word_the_subscriber_is_told_as_ever(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = 101, .rloc = "none", .outer = STRANGER});
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2"); /* under a number that is not the end's */
	assert_string_equal(told(w), "102" AT_2);
	acknowledge(w, 102, EID);
	assert_int_equal(live(w), 1);
	subscribe(w, (struct request){.eid = EID, .nonce = 103}); /* in the end's place */
	assert_string_equal(told(w), "103" AT_2);
	acknowledge(w, 101, EID);
	assert_int_equal(live(w), 1);
	world_free(w);
}

/* A publication is under way that the subscriber will acknowledge, and somebody has seen its nonce.
 */
static void the_acknowledgement_of_a_publication_confirms_no_end(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "101" AT_2);
	subscribe(w, (struct request){.eid = EID, .nonce = 101, .rloc = "none", .outer = STRANGER});
	assert_string_equal(told(w), "102 10.1.0.5 ttl 0 act 5 { }");
	acknowledge(w, 101, EID);
	assert_int_equal(live(w), 1);
	acknowledge(w, 102, EID); /* it was the subscriber itself, and behind */
	assert_int_equal(live(w), 0);
	world_free(w);
}

static void nobody_mutes_a_part_of_anothers_subscription(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 5});
	acknowledge(w, 5, "10.1.0.0/16");
	subscribe(w, (struct request){.eid = EID, .nonce = 6, .rloc = "none", .outer = STRANGER});
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "7" AT_2);
	assert_int_equal(live(w), 1);
	world_free(w);
}

static const struct otk agreed = {{1}}, insiders = {{2}};

/* Another ITR with a secret of its own that it shares with us: it knows the One-Time Key of the
 * request that it writes in the subscriber's name, and the key of that. */
static void no_other_lisp_sec_peer_ends_a_subscription_with_a_key_of_its_own(void **state)
{
	struct otk_tools *tools = otk_tools_new();
	uint8_t key[OTK_PUBSUB_BYTES], own[OTK_PUBSUB_BYTES];
	struct world *w = pubsub_world();

	(void)state;
	assert_int_equal(otk_pubsub_key(tools, 2, &agreed, 100, key), 32);
	assert_int_equal(otk_pubsub_key(tools, 2, &insiders, 101, own), 32);
	otk_tools_free(tools);
	pubsub_peer(w, "203.0.113.0/24", false);
	pubsub_peer(w, "198.51.100.66/32", false);
	at_site_a(w, EID, "192.0.2.1");
	subscribe(w, (struct request){.eid = EID, .nonce = 100, .otk = &agreed});
	acknowledge_with(w, key, 32, 0, 100, EID, ITR_PEER);
	world_clear(w);
	subscribe(w, (struct request){.eid = EID,
			     .nonce = 101,
			     .rloc = "none",
			     .otk = &insiders,
			     .outer = "198.51.100.66:5555"});
	assert_string_equal(told_with(w, 0, key, 32, 0), "101 10.1.0.5 ttl 0 act 5 { }");
	world_clear(w);
	acknowledge_with(w, own, 32, 0, 101, EID, ITR_PEER); /* its source forged */
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	assert_int_equal(live(w), 1);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_with(w, 0, key, 32, 0), "102" AT_2);
	world_free(w);
}

static void an_end_whose_notify_is_lost_is_asked_for_again(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = 101, .rloc = "none"});
	world_clear(w);
	subscribe(w, (struct request){.eid = EID, .nonce = 102, .rloc = "none"});
	assert_string_equal(told(w), "102 10.1.0.5 ttl 0 act 5 { }");
	acknowledge(w, 102, EID);
	assert_int_equal(live(w), 0);
	subscribe(
		w, (struct request){.eid = EID, .nonce = 103, .rloc = "none"}); /* there is none */
	assert_string_equal(told(w), "103 10.1.0.5 ttl 0 act 5 { }");
	world_pass(w, 10000);
	assert_string_equal(told(w), "nothing");
	world_free(w);
}

/* ---- the end of the numbers ---- */

/* An xTR that keeps to the letter of RFC 9437 section 6 acknowledges whatever is above its saved
 * nonce. */
static void a_forged_last_nonce_is_nobodys_even_if_acknowledged(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = UINT64_MAX, .outer = STRANGER});
	assert_int_equal(lisp_type_of(outbox_bytes(w->out, 0), 1), LISP_MAP_REPLY);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_LIMITED), 1);
	acknowledge(w, UINT64_MAX, EID);
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	at_site_a(w, EID, "192.0.2.3");
	assert_string_equal(told(w), "102" AT_3);
	acknowledge(w, 102, EID);
	subscribe(w, (struct request){.eid = EID, .nonce = 1000});
	assert_string_equal(told(w), "1000" AT_3);
	world_free(w);
}

static void a_first_request_with_one_of_the_last_nonces_is_answered_as_a_plain_one(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, EID, "192.0.2.1");
	subscribe(w, (struct request){.eid = EID, .nonce = UINT64_MAX - 1000});
	assert_int_equal(lisp_type_of(outbox_bytes(w->out, 0), 1), LISP_MAP_REPLY);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_clear(w);
	subscribe(w, (struct request){.eid = EID, .nonce = UINT64_C(0xf000000000000000)});
	assert_string_equal(told(w), "17293822569102704640" AT_1); /* a random one, as any */
	world_free(w);
}

/* ---- very many ---- */

/* One datagram with @count records that have the N bit. */
static size_t write_many(uint8_t *buf, size_t cap, unsigned int count)
{
	struct endpoint source = world_endpoint(ITR_PEER), dest = world_endpoint("10.0.0.1:4342");
	static const uint8_t head[] = {
		0x10, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1, 203, 0, 113, 9};
	uint8_t message[1600] = {0};
	size_t n = sizeof(head);
	int len;

	memcpy(message, head, sizeof(head));
	message[3] = (uint8_t)count;
	for (unsigned int i = 0; i < count; i++, n += 8)
		memcpy(message + n, (uint8_t[]){0x80, 32, 0, 1, 10, 1, 0, (uint8_t)i}, 8);
	message[n + 15] = 9; /* xTR-ID */
	message[n + 23] = 7; /* Site-ID */
	len = ecm_write(buf, cap, &source, &dest, false, message, n + 24);
	assert_true(len > 0);
	return (size_t)len;
}

static void four_records_of_a_message_are_subscribed_to_the_others_answered(void **state)
{
	struct world *w = pubsub_world();
	uint8_t buf[1700];

	(void)state;
	at_site_a(w, "10.1.0.0/24", "192.0.2.1");
	for (int i = 0; i < 10; i++) {
		char eid[32];

		snprintf(eid, sizeof(eid), "10.1.0.%d/32", i);
		at_site_a(w, eid, "192.0.2.1");
	}
	world_clear(w);
	world_receive(w, ITR_PEER, buf, write_many(buf, sizeof(buf), 10));
	assert_int_equal(world_count(w, COUNT_SUBSCRIBED), 4);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_LIMITED), 6);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 4);
	world_free(w);
}

static void ask_as_nobody(struct world *w, const char *outer)
{
	subscribe(w, (struct request){.eid = EID, .nonce = 5, .xtr = 99, .outer = outer});
}

static void whoever_was_refused_too_often_is_not_searched_for_any_more(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	for (int i = 0; i < 150; i++) {
		ask_as_nobody(w, STRANGER);
		world_clear(w);
	}
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_REFUSED), 100);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_LIMITED), 50);
	ask_as_nobody(w, ITR_PEER); /* others have a limit of their own */
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_REFUSED), 101);
	world_pass(w, 1000);
	ask_as_nobody(w, STRANGER);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_REFUSED), 102);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_unsubscribes_another_in_its_name),
		cmocka_unit_test(while_an_end_waits_for_its_word_the_subscriber_is_told_as_ever),
		cmocka_unit_test(the_acknowledgement_of_a_publication_confirms_no_end),
		cmocka_unit_test(nobody_mutes_a_part_of_anothers_subscription),
		cmocka_unit_test(no_other_lisp_sec_peer_ends_a_subscription_with_a_key_of_its_own),
		cmocka_unit_test(an_end_whose_notify_is_lost_is_asked_for_again),
		cmocka_unit_test(a_forged_last_nonce_is_nobodys_even_if_acknowledged),
		cmocka_unit_test(
			a_first_request_with_one_of_the_last_nonces_is_answered_as_a_plain_one),
		cmocka_unit_test(four_records_of_a_message_are_subscribed_to_the_others_answered),
		cmocka_unit_test(whoever_was_refused_too_often_is_not_searched_for_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
