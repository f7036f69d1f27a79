/* Whatever changes a mapping is published (RFC 9437 section 6: "When a mapping stored in a
 * Map-Server is updated [...] the Map-Server MUST notify the subscribers"), one test for each way;
 * and it is on its way before anything else of its group is acknowledged. Against the real core. */
#include "tests/replay/pubsub_world.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/rcu.h"
#include "mapserver/publish.h"

#define EID  "10.1.0.5/32"
#define AT_1 " 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }"
#define AT_2 " 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }"
#define GONE " 10.1.0.5 ttl 0 act 0 { }"

static void a_move_by_claim_is_published(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	world_move(w, "a", "198.51.100.1", 1, MOVE_CLAIM, 1, 0, EID, "192.0.2.1");
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	acknowledge(w, 100, EID);
	world_clear(w);
	world_move(w, "a", "198.51.100.2", 2, MOVE_CLAIM, 1, 1, EID, "192.0.2.2");
	assert_int_equal(w->events[EVENT_MOVED], 1);
	/* The claimant's answer, the previous owner's notification, and this. */
	assert_int_equal(w->out->count, 3);
	for (unsigned int i = 0; i < 3; i++)
		if (!strcmp(world_to(w, i), ITR_PEER))
			assert_string_equal(
				world_records(world_notify(w, i, "b").records), &AT_2[1]);
	world_free(w);
}

static void a_move_by_registration_is_published(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	world_register(w, (struct world_register){.peer = "198.51.100.2:4342",
				  .xtr = 2,
				  .eids = {EID},
				  .locators = {"192.0.2.2"},
				  .no_notify = true});
	assert_int_equal(w->events[EVENT_MOVED], 1);
	assert_string_equal(told(w), "101" AT_2);
	world_free(w);
}

static void a_withdrawal_is_published_with_ttl_0(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	world_register(w, (struct world_register){
				  .xtr = 1, .eids = {EID}, .remove = true, .no_notify = true});
	assert_string_equal(told(w), "101" GONE);
	world_free(w);
}

static void an_expiry_is_published_with_ttl_0(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	for (int i = 0; i < 200 && !w->out->count; i++)
		world_pass(w, 1000);
	assert_true(w->events[EVENT_EXPIRED] >= 1); /* of all that nobody refreshed */
	assert_string_equal(told(w), "101" GONE);
	world_free(w);
}

static struct world *prefix_world(void)
{
	struct world *w = pubsub_world();

	at_site_a(w, "10.1.0.0/16", "192.0.2.9");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 100});
	acknowledge(w, 100, "10.1.0.0/16");
	world_clear(w);
	return w;
}

static void a_more_specific_that_is_added_is_published_to_the_less_specific(void **state)
{
	struct world *w = prefix_world();

	(void)state;
	at_site_a(w, EID, "192.0.2.1");
	assert_string_equal(told(w), "101" AT_1);
	world_free(w);
}

static void a_more_specific_that_is_removed_is_published_to_the_less_specific(void **state)
{
	struct world *w = prefix_world();

	(void)state;
	at_site_a(w, EID, "192.0.2.1");
	acknowledge(w, 101, EID);
	world_clear(w);
	world_register(w, (struct world_register){
				  .xtr = 1, .eids = {EID}, .remove = true, .no_notify = true});
	assert_string_equal(told(w), "102" GONE);
	world_free(w);
}

static void merge(struct world *w, uint8_t xtr, const char *locator, bool remove)
{
	world_register(w, (struct world_register){.peer = "198.51.100.1:4342",
				  .xtr = xtr,
				  .eids = {EID},
				  .locators = {locator},
				  .merge = true,
				  .remove = remove,
				  .no_notify = true});
}

static void a_part_of_a_merged_mapping_that_comes_or_goes_is_published(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	merge(w, 1, "192.0.2.1", false);
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	acknowledge(w, 100, EID);
	world_clear(w);
	merge(w, 2, "192.0.2.2", false);
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 192.0.2.2 }");
	acknowledge(w, 101, EID);
	merge(w, 1, NULL, true);
	assert_string_equal(told(w), "102" AT_2);
	world_free(w);
}

static void a_drained_locator_is_published_with_priority_255(void **state)
{
	struct world *w = subscribed_world(EID, 100);
	struct map_register m;
	struct lisp_record rec;
	struct lisp_rloc rloc;

	(void)state;
	world_register(w, (struct world_register){.xtr = 1,
				  .eids = {EID},
				  .locators = {"192.0.2.1"},
				  .priority = 255,
				  .no_notify = true});
	assert_int_equal(w->out->count, 1);
	m = world_notify(w, 0, "b");
	assert_true(lisp_records_next(&m.records, &rec) && lisp_rloc_next(&rec, &rloc));
	assert_int_equal(rloc.priority, 255);
	world_free(w);
}

/* RFC 9301 section 5.4: R says that the locator is reachable from its xTR. */
static void an_r_bit_that_is_cleared_is_published(void **state)
{
	struct world *w = subscribed_world(EID, 100);
	struct map_register m;
	struct lisp_record rec;
	struct lisp_rloc rloc;

	(void)state;
	world_register(w, (struct world_register){.xtr = 1,
				  .eids = {EID},
				  .locators = {"192.0.2.1"},
				  .unreachable = true,
				  .no_notify = true});
	assert_int_equal(w->out->count, 1);
	m = world_notify(w, 0, "b");
	assert_true(lisp_records_next(&m.records, &rec) && lisp_rloc_next(&rec, &rloc));
	assert_false(rloc.reachable);
	world_free(w);
}

static void what_the_operator_puts_and_deletes_is_published(void **state)
{
	struct world *w = pubsub_world();
	struct eid eid = world_eid(EID);
	struct job *j = job_new_static(JOB_DELETE, &eid);

	(void)state;
	world_static(w, EID, "192.0.2.1", false);
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	acknowledge(w, 100, EID);
	world_clear(w);
	world_static(w, EID, "192.0.2.2", false);
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	assert_true(w->thread.submit(w, j));
	world_commit(w);
	job_free(j);
	assert_string_equal(told(w), "102" GONE);
	world_free(w);
}

/* Publications go on under the key that is left. */
static void after_a_key_is_retired_the_other_one_signs(void **state)
{
	struct world *w = subscribed_world(EID, 100);
	struct site *b = site_table_named(w->server->sites, "b");

	(void)state;
	assert_int_equal(site_add_key(b, 2, AUTH_HMAC_SHA256_128, "the next", 8), 0);
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "101" AT_2);
	acknowledge(w, 101, EID);
	assert_int_equal(site_retire_key(b, 1), 0);
	at_site_a(w, EID, "192.0.2.1");
	assert_string_equal(told_with(w, 0, "the next", 8, 2), "102" AT_1);
	acknowledge_with(w, "the next", 8, 2, 102, EID, ITR_PEER);
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 3);
	world_free(w);
}

static void replace_sites(struct world *w, const char *left)
{
	struct site_table *t = world_sites();

	world_site(t, left, left[0] == 'a' ? "10.0.0.0/8" : "172.16.0.0/12", true);
	site_table_free(rcu_load(&w->server->sites));
	w->server->sites = t;
}

/* Its mappings expire, since nobody may refresh them. */
static void what_a_deleted_site_had_is_published_with_ttl_0_when_it_expires(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	replace_sites(w, "b");
	at_site_a(w, EID, "192.0.2.1");
	assert_string_equal(told(w), "nothing");
	for (int i = 0; i < 200 && !w->out->count; i++)
		world_pass(w, 1000);
	assert_string_equal(told(w), "101" GONE);
	world_free(w);
}

/* There is no key to tell them with. */
static void subscriptions_of_a_deleted_site_end_with_the_next_change(void **state)
{
	struct world *w = subscribed_world(EID, 100);

	(void)state;
	replace_sites(w, "a");
	at_site_a(w, EID, "192.0.2.2");
	assert_string_equal(told(w), "nothing");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_pass(w, 1);
	assert_int_equal(w->events[EVENT_DROPPED], 1);
	world_free(w);
}

static void events_tell_of_subscriptions(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, EID, "192.0.2.1");
	subscribe(w, (struct request){.eid = EID, .nonce = 100});
	assert_int_equal(w->events[EVENT_SUBSCRIBED], 0); /* the xTR has not said anything yet */
	acknowledge(w, 100, EID);
	assert_int_equal(w->events[EVENT_SUBSCRIBED], 1);
	subscribe(w, (struct request){.eid = EID, .nonce = 101});
	acknowledge(w, 101, EID);
	assert_int_equal(w->events[EVENT_SUBSCRIBED], 1); /* a renewal is no news */
	subscribe(w, (struct request){.eid = EID, .nonce = 102, .rloc = "none"});
	assert_int_equal(w->events[EVENT_UNSUBSCRIBED], 0); /* perhaps not the xTR's word */
	acknowledge(w, 102, EID);
	assert_int_equal(w->events[EVENT_UNSUBSCRIBED], 1);
	subscribe(w, (struct request){.eid = EID, .nonce = 103});
	acknowledge(w, 103, EID);
	at_site_a(w, EID, "192.0.2.2");
	for (int i = 0; i < 120; i++)
		world_pass(w, 1000);
	assert_int_equal(w->events[EVENT_DROPPED], 1);
	assert_string_equal(w->reason, "unacknowledged");
	world_free(w);
}

/* ---- the order ---- */

struct order {
	struct world *w;
	unsigned int before; /* datagrams made when the publisher was woken */
	unsigned int times;
};

static void on_wake(void *arg)
{
	struct order *o = arg;

	if (o->times++ == 0)
		o->before = o->w->out->count;
}

/* Three hundred registrations that want their acknowledgements are queued, a move behind them, and
 * in one group with them. */
static void a_move_is_on_its_way_before_the_refreshes_around_it_are_answered(void **state)
{
	struct world *w = subscribed_world(EID, 100);
	struct order o = {.w = w};
	char eid[32];

	(void)state;
	w->held = true;
	for (int i = 0; i < 300; i++) {
		snprintf(eid, sizeof(eid), "10.3.%d.%d/32", i / 200, i % 200);
		world_register(w, (struct world_register){.peer = "198.51.100.3:4342",
					  .xtr = 3,
					  .eids = {eid},
					  .locators = {"192.0.2.3"}});
		if (i == 290)
			at_site_a(w, EID, "192.0.2.2");
	}
	assert_int_equal(w->out->count, 0);
	publish_set_wake(w->server->publish, on_wake, &o);
	world_commit(w);
	publish_set_wake(w->server->publish, NULL, NULL);
	assert_true(o.times >= 1);
	assert_int_equal(o.before, 0); /* not one of the 300 was acknowledged before */
	assert_int_equal(w->out->count, 301);
	world_free(w);
}

/* What comes as a refresh asks nobody, and what is asked in between does not wait for it: the
 * publisher has its turn whatever is queued. */
static void requests_and_refreshes_that_wait_hold_up_no_publication(void **state)
{
	struct world *w = subscribed_world(EID, 100);
	struct order o = {.w = w};

	(void)state;
	at_site_a(w, "10.3.0.1/32", "192.0.2.3");
	world_clear(w);
	publish_set_wake(w->server->publish, on_wake, &o);
	at_site_a(w, EID, "192.0.2.2");
	assert_int_equal(o.before, 0);
	assert_string_equal(told(w), "101" AT_2);
	for (int i = 0; i < 200; i++) {
		at_site_a(w, "10.3.0.1/32", "192.0.2.3");
		world_request(w, "10.3.0.1", "203.0.113.1:61000");
	}
	assert_int_equal(o.times, 1); /* none of them woke it */
	publish_set_wake(w->server->publish, NULL, NULL);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_by_claim_is_published),
		cmocka_unit_test(a_move_by_registration_is_published),
		cmocka_unit_test(a_withdrawal_is_published_with_ttl_0),
		cmocka_unit_test(an_expiry_is_published_with_ttl_0),
		cmocka_unit_test(a_more_specific_that_is_added_is_published_to_the_less_specific),
		cmocka_unit_test(a_more_specific_that_is_removed_is_published_to_the_less_specific),
		cmocka_unit_test(a_part_of_a_merged_mapping_that_comes_or_goes_is_published),
		cmocka_unit_test(a_drained_locator_is_published_with_priority_255),
		cmocka_unit_test(an_r_bit_that_is_cleared_is_published),
		cmocka_unit_test(what_the_operator_puts_and_deletes_is_published),
		cmocka_unit_test(after_a_key_is_retired_the_other_one_signs),
		cmocka_unit_test(what_a_deleted_site_had_is_published_with_ttl_0_when_it_expires),
		cmocka_unit_test(subscriptions_of_a_deleted_site_end_with_the_next_change),
		cmocka_unit_test(events_tell_of_subscriptions),
		cmocka_unit_test(a_move_is_on_its_way_before_the_refreshes_around_it_are_answered),
		cmocka_unit_test(requests_and_refreshes_that_wait_hold_up_no_publication),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
