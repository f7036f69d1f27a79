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
		cmocka_unit_test(a_forged_last_nonce_is_nobodys_even_if_acknowledged),
		cmocka_unit_test(
			a_first_request_with_one_of_the_last_nonces_is_answered_as_a_plain_one),
		cmocka_unit_test(four_records_of_a_message_are_subscribed_to_the_others_answered),
		cmocka_unit_test(whoever_was_refused_too_often_is_not_searched_for_any_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
