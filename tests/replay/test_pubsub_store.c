/* Subscriptions outlive the map-server's process (RFC 9437 section 5; docs/decisions/pubsub.md):
 * against the real core, killed without a word, with the store on a disk. */
#include "tests/replay/pubsub_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mapserver/publish.h"
#include "tests/replay/kept_world.h"

#define EID   "10.1.0.5/32"
#define AT_1  " 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }"
#define AT_2  " 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }"
#define BLOCK 65536 /* nonces that count as used after a crash */

static int setup(void **state)
{
	static struct kept_world f;

	*state = &f;
	if (kept_begin(&f, pubsub_sites))
		return -1;
	pubsub_begin(f.w);
	at_site_a(f.w, EID, "192.0.2.1");
	world_pass(f.w, 1500);
	world_clear(f.w);
	return 0;
}

static int teardown(void **state)
{
	return kept_end(*state);
}

/* kill -9, and a new start. */
static struct world *again(struct kept_world *f)
{
	kept_again(f, NULL, 3);
	world_pass(f->w, 1);
	return f->w;
}

/* Subscribed, and a second has gone by. */
static struct world *subscribed(struct kept_world *f, uint64_t nonce)
{
	subscribe(f->w, (struct request){.eid = EID, .nonce = nonce});
	acknowledge(f->w, nonce, EID);
	world_pass(f->w, 1500);
	world_clear(f->w);
	return f->w;
}

static const char *told_at(struct world *w, uint64_t *nonce)
{
	const char *text = told(w);
	char *end;

	*nonce = strtoull(text, &end, 10);
	return end;
}

static void a_publication_after_a_restart_reaches_who_subscribed_before(void **state)
{
	struct world *w = subscribed(*state, 100);
	uint64_t nonce;

	w = again(*state);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	assert_string_equal(told(w), "nothing"); /* it has heard of all */
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(world_to(w, 0), ITR_PEER);
	assert_string_equal(told_at(w, &nonce), AT_2);
	assert_true(nonce > 100 && nonce <= 101 + BLOCK);
	acknowledge(w, nonce, EID);
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 1);
}

static void no_nonce_is_used_twice_however_often_it_crashes(void **state)
{
	struct world *w = subscribed(*state, 100);
	uint64_t last = 100, nonce;

	for (int i = 0; i < 5; i++) {
		w = again(*state);
		at_site_a(w, EID, i % 2 ? "192.0.2.1" : "192.0.2.2");
		told_at(w, &nonce);
		assert_true(nonce > last);
		acknowledge(w, nonce, EID);
		world_pass(w, 1500);
		world_clear(w);
		last = nonce;
	}
}

static void publish_once(struct world *w, uint64_t *nonce)
{
	static bool there;

	there = !there;
	at_site_a(w, EID, there ? "192.0.2.2" : "192.0.2.1");
	told_at(w, nonce);
	acknowledge(w, *nonce, EID);
	world_pass(w, 1500);
	world_clear(w);
}

static void the_next_block_is_kept_before_the_first_is_used_up(void **state)
{
	struct world *w = subscribed(*state, 100);
	struct subscriber *who = TAILQ_FIRST(subscriptions_subscribers(w->server->subscriptions));
	uint64_t nonce, after;

	for (int i = 0; i < 4; i++) { /* what would take 80,000 publications */
		TAILQ_FIRST(&who->list)->nonce += 20000;
		publish_once(w, &nonce);
	}
	assert_int_equal(nonce, 100 + 80000 + 4);
	w = again(*state);
	publish_once(w, &after);
	assert_true(after > nonce);
}

static void the_xtr_renews_with_the_nonce_that_it_knows(void **state)
{
	struct world *w = subscribed(*state, 100);
	uint64_t nonce;

	w = again(*state);
	subscribe(w, (struct request){.eid = EID, .nonce = 101});
	assert_string_equal(told(w), "101" AT_1);
	acknowledge(w, 101, EID);
	assert_string_equal(told_at(w, &nonce), AT_1); /* where we are: above all of before */
	assert_true(nonce > 101);
}

static void a_request_of_before_is_a_replay_after_it(void **state)
{
	struct world *w = subscribed(*state, 100);

	w = again(*state);
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	assert_int_equal(world_dropped(w, DROP_SUBSCRIPTION_REPLAY), 1);
	assert_int_equal(world_count(w, COUNT_SUBSCRIBED), 0);
}

/* Told, but not acknowledged; or not even told. */
static void what_was_not_heard_before_is_told_after_it(void **state)
{
	struct world *w = subscribed(*state, 100);
	uint64_t nonce;

	at_site_a(w, EID, "192.0.2.2");
	world_pass(w, 1);
	w = again(*state);
	assert_string_equal(told_at(w, &nonce), AT_2);
	assert_true(nonce > 101);
	acknowledge(w, nonce, EID);
	world_pass(w, 1500);
	world_clear(w);
	w = again(*state);
	assert_string_equal(told(w), "nothing");
}

static void a_clock_set_back_hides_no_change_from_who_has_not_heard_of_it(void **state)
{
	struct world *w = subscribed(*state, 100);
	uint64_t nonce;

	w->wall_ms -= 3600 * 1000;
	at_site_a(w, EID, "192.0.2.2");
	w = again(*state);
	assert_string_equal(told_at(w, &nonce), AT_2);
	acknowledge(w, nonce, EID);
	world_pass(w, 1500);
	w = again(*state);
	assert_string_equal(told(w), "nothing");
}

static void a_withdrawal_that_was_not_heard_is_told_too(void **state)
{
	struct world *w = subscribed(*state, 100);
	uint64_t nonce;

	world_register(w, (struct world_register){
				  .xtr = 1, .eids = {EID}, .remove = true, .no_notify = true});
	w = again(*state);
	assert_string_equal(told_at(w, &nonce), " 10.1.0.5 ttl 0 act 0 { }");
}

/* Nobody is told "accepted" of what a crash would take back. */
static void what_is_not_kept_yet_is_not_accepted(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	w->held = true;
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	assert_int_equal(w->out->count, 0);
	while (w->jobs) {
		struct job *j = w->jobs;

		w->jobs = j->next;
		job_free(j);
	}
	w = again(f);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
}

static void what_is_accepted_is_kept_though_the_acknowledgement_is_lost(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint64_t nonce;

	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	assert_string_equal(told(w), "100" AT_1);
	w = again(f);
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_at(w, &nonce), AT_2);
	assert_true(nonce > 100);
}

static void what_was_unsubscribed_stays_so_and_keeps_its_nonce(void **state)
{
	struct world *w = subscribed(*state, 100);

	subscribe(w, (struct request){.eid = EID, .nonce = 101, .rloc = "none"});
	acknowledge(w, 101, EID);
	w = again(*state);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "nothing");
	subscribe(w, (struct request){.eid = EID, .nonce = 101});
	assert_int_equal(world_dropped(w, DROP_SUBSCRIPTION_REPLAY), 1);
}

static void a_more_specific_that_is_not_wanted_stays_unwanted(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 5});
	acknowledge(w, 5, "10.1.0.0/16");
	subscribe(w, (struct request){.eid = "10.1.0.9/32", .nonce = 6, .rloc = "none"});
	acknowledge(w, 6, "10.1.0.9/32");
	world_pass(w, 1500);
	w = again(f);
	world_clear(w);
	at_site_a(w, "10.1.0.9/32", "192.0.2.2");
	assert_string_equal(told(w), "nothing");
}

static void a_temporary_one_is_temporary_again(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	subscribe(w, (struct request){.eid = "10.2.0.1/32", .nonce = 5});
	acknowledge(w, 5, "10.2.0.0/15");
	world_pass(w, 100);
	w = again(f);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_pass(w, 901000);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
}

static void the_key_of_lisp_sec_and_its_use_are_kept(void **state)
{
	static const struct otk otk = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
	struct otk_tools *tools = otk_tools_new();
	uint8_t key[OTK_PUBSUB_BYTES];
	struct kept_world *f = *state;
	struct world *w = f->w;

	assert_int_equal(otk_pubsub_key(tools, 2, &otk, 100, key), 32);
	otk_tools_free(tools);
	pubsub_peer(w, "203.0.113.0/24", false);
	subscribe(w, (struct request){.eid = EID, .nonce = 100, .otk = &otk});
	acknowledge_with(w, key, sizeof(key), 0, 100, EID, ITR_PEER);
	world_pass(w, 1500);
	w = again(f);
	pubsub_peer(w, "203.0.113.0/24", false);
	subscribe(w, (struct request){.eid = EID, .nonce = 100, .otk = &otk});
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 5 { }");
	assert_int_equal(world_count(w, COUNT_OTK_REUSED), 1);
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_non_null(strstr(told_with(w, 0, key, sizeof(key), 0), AT_2));
}

/* Changes go on in memory then, and so does this; when it takes changes again all is written. */
static void a_store_that_fails_stops_no_subscription(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	uint64_t nonce;

	world_fail_store(w, true);
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	world_fail_store(w, false);
	assert_string_equal(told(w), "100" AT_1);
	acknowledge(w, 100, EID);
	for (int i = 0; i < 20; i++)
		world_pass(w, 200);
	world_go_on(w);
	world_pass(w, 200);
	w = again(f);
	world_clear(w);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told_at(w, &nonce), AT_2);
}

int main(void)
{
#define KEPT(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
	const struct CMUnitTest tests[] = {
		KEPT(a_publication_after_a_restart_reaches_who_subscribed_before),
		KEPT(no_nonce_is_used_twice_however_often_it_crashes),
		KEPT(the_next_block_is_kept_before_the_first_is_used_up),
		KEPT(the_xtr_renews_with_the_nonce_that_it_knows),
		KEPT(a_request_of_before_is_a_replay_after_it),
		KEPT(what_was_not_heard_before_is_told_after_it),
		KEPT(a_clock_set_back_hides_no_change_from_who_has_not_heard_of_it),
		KEPT(a_withdrawal_that_was_not_heard_is_told_too),
		KEPT(what_is_not_kept_yet_is_not_accepted),
		KEPT(what_is_accepted_is_kept_though_the_acknowledgement_is_lost),
		KEPT(what_was_unsubscribed_stays_so_and_keeps_its_nonce),
		KEPT(a_more_specific_that_is_not_wanted_stays_unwanted),
		KEPT(a_temporary_one_is_temporary_again),
		KEPT(the_key_of_lisp_sec_and_its_use_are_kept),
		KEPT(a_store_that_fails_stops_no_subscription),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
