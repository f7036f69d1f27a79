/* PubSub with keys from LISP-SEC (RFC 9437 section 7.1), and what neither a replay, nor a forger,
 * nor a crash of either side spoils (docs/decisions/pubsub.md): against the real core. */
#include "tests/replay/pubsub_world.h"

#include <stdio.h>
#include <string.h>

#include "mapserver/publish.h"

#define NONCE     0x0102030405060708
#define PURE      "203.0.113.40" /* a pure ITR: it registers nothing and shares no key of a site */
#define PURE_PEER PURE ":4342"
#define EID       "10.1.0.5/32"
#define AT_1      " 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }"
#define AT_2      " 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }"
#define GONE      " 10.1.0.5 ttl 0 act 5 { }"

static const struct otk golden = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
static const struct otk other = {{1}};
/* openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt
 * hexkey:000102030405060708090a0b0c0d0e0f0102030405060708 HKDF */
static const uint8_t golden_key[] = {0x98, 0xcb, 0x6e, 0x29, 0x3e, 0xa4, 0xdb, 0x45, 0xc4, 0x3a,
	0xc8, 0xf3, 0x3f, 0xd4, 0x2e, 0x30, 0xbb, 0x28, 0x45, 0xac, 0xfc, 0xb7, 0x9d, 0x2b, 0xeb,
	0x99, 0x4a, 0x7b, 0x99, 0x4c, 0x6b, 0x77};

static struct site_table *sites_with_pure_itrs(void)
{
	struct site_table *t = pubsub_sites();
	struct eid rlocs = world_eid("203.0.113.0/24");
	struct site *s = site_new("itrs", 2);
	struct lisp_xtr_id id = {{0}};
	const struct site *holder;

	id.bytes[15] = 40;
	s->subscribe = true;
	assert_int_equal(site_add_site_id(s, 7), 0);
	assert_int_equal(site_add_subscriber(s, &id), 0);
	assert_int_equal(site_add_itr_rloc(s, &rlocs), 0);
	assert_int_equal(site_table_add(t, s, &holder), 0);
	return t;
}

static struct world *keyless_world(void)
{
	struct world *w = world_new(sites_with_pure_itrs(), NULL, NULL);

	pubsub_begin(w);
	pubsub_peer(w, "203.0.113.0/24", false);
	at_site_a(w, EID, "192.0.2.1");
	world_clear(w);
	return w;
}

#define ASK(...)                                                                                   \
	(struct request)                                                                           \
	{                                                                                          \
		.eid = EID, .xtr = 40, .source = PURE_PEER, __VA_ARGS__                            \
	}

static const char *told_pure(struct world *w)
{
	const char *text = told_with(w, 0, golden_key, sizeof(golden_key), 0);

	assert_true(w->out->count <= 1);
	world_clear(w);
	return text;
}

static void acknowledge_pure(struct world *w, uint64_t nonce)
{
	acknowledge_with(w, golden_key, sizeof(golden_key), 0, nonce, EID, PURE_PEER);
}

static struct world *agreed_world(void)
{
	struct world *w = keyless_world();

	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden));
	acknowledge_pure(w, NONCE);
	world_clear(w);
	return w;
}

/* ---- section 7.1 ---- */

static void a_pure_itr_is_accepted_under_the_key_of_otk_and_nonce(void **state)
{
	/* The MAC by: openssl dgst -sha256 -mac HMAC -macopt hexkey:(the key above), its first 16
	 * bytes, over the message with these zero. Key ID 0, Algorithm 2. */
	static const uint8_t expected[] = {0x40, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 0, 16, 0xc4,
		0xae, 0x69, 0x53, 0x87, 0xa3, 0xdf, 0xaa, 0x59, 0x35, 0xca, 0xbc, 0x49, 0xd7, 0x2a,
		0xb4, 0, 0, 5, 0xa0, 1, 32, 0, 0, 0, 0, 0, 1, 10, 1, 0, 5, 1, 100, 255, 0, 0, 1, 0,
		1, 192, 0, 2, 1};
	static const uint8_t ack[] = {0x50, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 2, 0, 16, 0x36,
		0x23, 0x33, 0x54, 0x09, 0x59, 0x84, 0xd1, 0xc5, 0x2b, 0x59, 0xb2, 0x2a, 0x94, 0xb7,
		0xe1, 0, 0, 5, 0xa0, 0, 32, 0, 0, 0, 0, 0, 1, 10, 1, 0, 5};
	struct world *w = keyless_world();

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden));
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), PURE_PEER);
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	world_receive(w, PURE_PEER, ack, sizeof(ack));
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 1);
	world_free(w);
}

static void publications_to_it_are_made_with_the_same_key(void **state)
{
	struct world *w = agreed_world();

	(void)state;
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_pure(w), "72623859790382857" AT_2); /* NONCE + 1 */
	acknowledge_pure(w, NONCE + 1);
	world_pass(w, 100000);
	assert_string_equal(told_pure(w), "nothing");
	world_free(w);
}

/* The resolver's own key wraps the One-Time Key for us; the nonce is the ITR's. */
static void through_a_map_resolver_it_is_the_same_key(void **state)
{
	struct world *w = keyless_world();

	(void)state;
	subscribe(
		w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden, .outer = "203.0.113.53:4342"));
	assert_string_equal(told_pure(w), "72623859790382856" AT_1);
	world_free(w);
}

/* "If the OTK Wrapping ID equals NULL-KEY-WRAP-128, then the PubSubKey is the OTK." */
static void an_itr_that_wraps_nothing_has_the_otk_as_its_key(void **state)
{
	struct world *w = keyless_world();

	(void)state;
	pubsub_peer(w, PURE "/32", true);
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden, .null_wrap = true));
	assert_string_equal(told_with(w, 0, golden.bytes, 16, 0), "72623859790382856" AT_1);
	world_free(w);
}

/* What a resolver sends in clear on a protected path was wrapped by the ITR. */
static void a_resolver_that_unwraps_changes_no_key(void **state)
{
	struct world *w = keyless_world();

	(void)state;
	pubsub_peer(w, "198.51.100.53/32", true);
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden, .null_wrap = true,
			     .outer = "198.51.100.53:4342"));
	assert_string_equal(told_pure(w), "72623859790382856" AT_1);
	world_free(w);
}

static void a_used_otk_is_refused_with_act_5_and_changes_nothing(void **state)
{
	struct world *w = agreed_world();

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden)); /* replayed */
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 5 { }");
	world_clear(w);
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE + 100,
			     .otk = &golden)); /* used twice by the ITR itself */
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 5 { }");
	assert_int_equal(world_count(w, COUNT_OTK_REUSED), 2);
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_pure(w), "72623859790382857" AT_2);
	world_free(w);
}

/* 4096 are remembered by their hashes; of older ones it cannot be told. */
static void an_otk_that_may_have_been_forgotten_counts_as_used(void **state)
{
	struct world *w = keyless_world();
	struct otk otk = {{2}};

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = 7, .otk = &golden));
	for (uint64_t i = 0; i < 4096; i++) {
		memcpy(otk.bytes + 1, &i, sizeof(i));
		subscribe(w, ASK(.rloc = PURE, .nonce = 1000 + i, .otk = &otk));
		world_clear(w);
	}
	assert_int_equal(world_count(w, COUNT_OTK_REUSED), 0);
	subscribe(w, ASK(.rloc = PURE, .nonce = 7, .otk = &golden));
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 5 { }");
	world_free(w);
}

/* "unless the xTR is using the procedure described in Section 7.1": nonces begin anew. */
static void a_fresh_otk_resets_a_nonce_that_was_lost(void **state)
{
	struct world *w = agreed_world();
	struct otk_tools *tools = otk_tools_new();
	uint8_t key[OTK_PUBSUB_BYTES];

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = 3, .otk = &other));
	assert_int_equal(otk_pubsub_key(tools, 2, &other, 3, key), 32);
	otk_tools_free(tools);
	assert_string_equal(told_with(w, 0, key, 32, 0), "3" AT_1);
	acknowledge_with(w, key, 32, 0, 3, EID, PURE_PEER);
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_with(w, 0, key, 32, 0), "4" AT_2);
	world_free(w);
}

static void until_it_is_acknowledged_the_old_key_stands(void **state)
{
	struct world *w = agreed_world();

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE + 50, .otk = &other));
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_pure(w), "72623859790382857" AT_2);
	acknowledge_pure(w, NONCE + 1);
	for (int i = 0; i < 120; i++) { /* the offer is told again, and given up */
		world_pass(w, 1000);
		world_clear(w);
	}
	at_site_a(w, EID, "192.0.2.1");
	assert_string_equal(told_pure(w), "72623859790382858" AT_1);
	world_free(w);
}

static void an_acknowledgement_with_another_key_agrees_upon_nothing(void **state)
{
	struct world *w = keyless_world();

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE, .otk = &golden));
	world_clear(w);
	acknowledge_as(w, "secret-b", NONCE, EID, PURE_PEER);
	acknowledge_with(w, "secret-b", 8, 0, NONCE, EID, PURE_PEER);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 2);
	world_pass(w, 100);
	assert_string_equal(told_pure(w), "72623859790382856" AT_1);
	world_free(w);
}

static void without_lisp_sec_a_pure_itr_is_refused_with_act_5(void **state)
{
	struct world *w = keyless_world();

	(void)state;
	subscribe(w, ASK(.rloc = PURE, .nonce = NONCE));
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 5 { }");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_free(w);
}

static void its_subscription_ends_by_a_protected_request_only(void **state)
{
	struct world *w = agreed_world();

	(void)state;
	subscribe(w, ASK(.nonce = NONCE + 1, .rloc = "none"));
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 5 { }");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_clear(w);
	subscribe(w, ASK(.nonce = NONCE + 2, .rloc = "none", .otk = &other));
	assert_string_equal(told_pure(w), "72623859790382858" GONE); /* the key that it has */
	acknowledge_pure(w, NONCE + 2);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_free(w);
}

/* An xTR with a key of its site, that asks by LISP-SEC, gets a key of its own for that. */
static void a_protected_request_of_a_registered_xtr_makes_its_own_association(void **state)
{
	struct world *w = keyless_world();

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = NONCE, .otk = &golden});
	assert_string_equal(told_pure(w), "72623859790382856" AT_1);
	acknowledge_with(w, golden_key, sizeof(golden_key), 0, NONCE, EID, ITR_PEER);
	subscribe(w, (struct request){.eid = EID, .nonce = NONCE + 1}); /* and may do without */
	assert_string_equal(told(w), "72623859790382857" AT_1);
	world_free(w);
}

/* ---- nonces that were lost, forged, or replayed ---- */

/* Publications 101 to 103 did not arrive: the xTR's next request has 101. */
static void an_xtr_that_missed_publications_is_accepted_and_told_where_we_are(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	at_site_a(w, EID, "192.0.2.2");
	at_site_a(w, EID, "192.0.2.3");
	at_site_a(w, EID, "192.0.2.2");
	world_clear(w);
	subscribe(w, (struct request){.eid = EID, .nonce = 101});
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	assert_string_equal(told(w), "104" AT_2); /* nobody can pass 102 or 103 off as news now */
	world_free(w);
}

/* Section 5: they are dropped by the letter; the ACT 5 says where to begin. */
static void an_xtr_that_was_given_up_may_ask_with_the_nonce_it_knows(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	at_site_a(w, EID, "192.0.2.2");
	for (int i = 0; i < 120; i++)
		world_pass(w, 1000);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_clear(w);
	subscribe(w, (struct request){.eid = EID, .nonce = 101});
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_free(w);
}

/* It has no nonces any more, and its clock was set back. */
static void an_xtr_that_crashed_is_reminded_of_the_nonces_it_forgot(void **state)
{
	struct world *w = subscribed_world(EID, 1000);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = 5});
	assert_int_equal(world_dropped(w, DROP_SUBSCRIPTION_REPLAY), 1);
	assert_string_equal(told(w), "1001" AT_1);
	assert_int_equal(world_count(w, COUNT_PUBLISH_REMINDERS), 1);
	subscribe(w, (struct request){.eid = EID, .nonce = 1002}); /* it takes that one, and asks */
	assert_string_equal(told(w), "1002" AT_1);
	world_free(w);
}

static void whoever_replays_a_request_changes_nothing_and_floods_nobody(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	for (int i = 0; i < 50; i++)
		subscribe(w, (struct request){.eid = EID, .nonce = 100});
	assert_string_equal(told(w), "101" AT_1); /* one, until it is acknowledged */
	acknowledge(w, 101, EID);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "102" AT_2);
	world_free(w);
}

/* Map-Requests have no MAC: anybody may write one in the xTR's name, to where the xTR is. */
static void a_forged_request_locks_nobody_out(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = UINT64_MAX - 5});
	world_clear(w); /* the xTR has not asked for that and does not acknowledge it */
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	subscribe(w, (struct request){.eid = EID, .nonce = 102});
	assert_string_equal(told(w), "102" AT_2);
	acknowledge(w, 102, EID);
	for (int i = 0; i < 120; i++)
		world_pass(w, 1000);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_free(w);
}

static void a_forged_first_request_leaves_no_nonce_behind(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, EID, "192.0.2.1");
	subscribe(w, (struct request){.eid = EID, .nonce = UINT64_MAX - 5});
	world_clear(w);
	subscribe(w, (struct request){.eid = EID, .nonce = 7}); /* the xTR's own, meanwhile */
	assert_string_equal(told(w), "7" AT_1);
	acknowledge(w, 7, EID);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "8" AT_2);
	world_free(w);
}

static void a_forged_renewal_does_not_end_the_subscription(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = 5000});
	for (int i = 0; i < 120; i++)
		world_pass(w, 1000);
	world_clear(w);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "101" AT_2);
	world_free(w);
}

static void a_forged_unsubscription_with_a_far_nonce_is_no_lockout(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	subscribe(w, (struct request){.eid = EID, .nonce = UINT64_MAX, .rloc = "none"});
	world_clear(w);
	subscribe(w, (struct request){.eid = EID, .nonce = 101});
	assert_string_equal(told(w), "101" AT_1);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pure_itr_is_accepted_under_the_key_of_otk_and_nonce),
		cmocka_unit_test(publications_to_it_are_made_with_the_same_key),
		cmocka_unit_test(through_a_map_resolver_it_is_the_same_key),
		cmocka_unit_test(an_itr_that_wraps_nothing_has_the_otk_as_its_key),
		cmocka_unit_test(a_resolver_that_unwraps_changes_no_key),
		cmocka_unit_test(a_used_otk_is_refused_with_act_5_and_changes_nothing),
		cmocka_unit_test(an_otk_that_may_have_been_forgotten_counts_as_used),
		cmocka_unit_test(a_fresh_otk_resets_a_nonce_that_was_lost),
		cmocka_unit_test(until_it_is_acknowledged_the_old_key_stands),
		cmocka_unit_test(an_acknowledgement_with_another_key_agrees_upon_nothing),
		cmocka_unit_test(without_lisp_sec_a_pure_itr_is_refused_with_act_5),
		cmocka_unit_test(its_subscription_ends_by_a_protected_request_only),
		cmocka_unit_test(a_protected_request_of_a_registered_xtr_makes_its_own_association),
		cmocka_unit_test(an_xtr_that_missed_publications_is_accepted_and_told_where_we_are),
		cmocka_unit_test(an_xtr_that_was_given_up_may_ask_with_the_nonce_it_knows),
		cmocka_unit_test(an_xtr_that_crashed_is_reminded_of_the_nonces_it_forgot),
		cmocka_unit_test(whoever_replays_a_request_changes_nothing_and_floods_nobody),
		cmocka_unit_test(a_forged_request_locks_nobody_out),
		cmocka_unit_test(a_forged_first_request_leaves_no_nonce_behind),
		cmocka_unit_test(a_forged_renewal_does_not_end_the_subscription),
		cmocka_unit_test(a_forged_unsubscription_with_a_far_nonce_is_no_lockout),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
