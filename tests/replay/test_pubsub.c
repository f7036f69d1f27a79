/* PubSub against the real core: each test names the section of RFC 9437 that it holds to. */
#include "tests/replay/pubsub_world.h"

#include <stdio.h>
#include <string.h>

#include "lisp/ecm.h"
#include "mapserver/publish.h"

/* ---- section 4 ---- */

static void the_i_bit_without_its_trailer_is_dropped_and_logged(void **state)
{
	struct world *w = pubsub_world();
	struct endpoint source = world_endpoint(ITR_PEER), dest = world_endpoint("10.0.0.1:4342");
	/* Figure 1 without xTR-ID and Site-ID: word 0 with I, one ITR-RLOC, one record with N. */
	static const uint8_t message[] = {0x10, 0x10, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 203,
		0, 113, 9, 0x80, 32, 0, 1, 10, 1, 0, 5};
	uint8_t buf[200];
	int len;

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	len = ecm_write(buf, sizeof(buf), &source, &dest, false, message, sizeof(message));
	assert_true(len > 0);
	world_receive(w, ITR_PEER, buf, (size_t)len);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_TRUNCATED), 1);
	assert_non_null(strstr(w->log_text, "xTR-ID"));
	world_free(w);
}

static void a_request_as_figure_1_has_it_is_accepted_by_a_map_notify_with_its_nonce(void **state)
{
	struct world *w = pubsub_world();
	struct endpoint source = world_endpoint(ITR_PEER), dest = world_endpoint("10.0.0.1:4342");
	static const uint8_t message[] = {0x10, 0x10, 0, 1, /* type 1, I, IRC 0, 1 record */
		0, 0, 0, 0, 0, 0, 0x12, 0x34,               /* nonce */
		0, 0,                                       /* Source-EID-AFI 0 */
		0, 1, 203, 0, 113, 9,                       /* ITR-RLOC */
		0x80, 32, 0, 1, 10, 1, 0, 5,                /* N, mask-len, AFI, EID-Prefix */
		0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7};
	/* The MAC by: openssl dgst -sha256 -mac HMAC -macopt key:secret-b, the first 16 bytes, over
	 * the message with these 16 bytes zero. */
	static const uint8_t expected[] = {0x40, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x12, 0x34, 1, 2, 0, 16,
		0xb3, 0x7c, 0xca, 0x7d, 0x5b, 0x65, 0x87, 0x97, 0xe0, 0x7e, 0x20, 0x62, 0x3c, 0x04,
		0x77, 0xf1, 0, 0, 5, 0xa0, 1, 32, 0, 0, 0, 0, 0, 1, 10, 1, 0,
		5, /* TTL 1440, one locator */
		1, 100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 1};
	uint8_t buf[200];
	int len;

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	len = ecm_write(buf, sizeof(buf), &source, &dest, false, message, sizeof(message));
	assert_true(len > 0);
	world_receive(w, ITR_PEER, buf, (size_t)len);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), ITR_PEER);
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_free(w);
}

static void n_without_i_is_answered_as_a_plain_request(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5, .no_id = true});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_free(w);
}

static void i_without_n_is_answered_as_a_plain_request(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5, .no_n = true});
	assert_int_equal(lisp_type_of(outbox_bytes(w->out, 0), 1), LISP_MAP_REPLY);
	world_free(w);
}

/* ---- section 5: the subscription ---- */

static void a_nonce_that_is_not_greater_is_silently_dropped_and_logged(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 100});
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 99});
	assert_int_equal(world_dropped(w, DROP_SUBSCRIPTION_REPLAY), 2);
	assert_non_null(strstr(w->log_text, "not above"));
	assert_int_equal(world_count(w, COUNT_SUBSCRIBED), 1);
	/* The subscriber is reminded once, under a nonce of its own: not an answer to the request.
	 */
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }");
	acknowledge(w, 101, "10.1.0.5/32");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 102});
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void the_nonce_is_kept_per_xtr_and_eid_prefix(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	at_site_a(w, "10.1.0.6/32", "192.0.2.1");
	world_clear(w);
	subscribe(w, (struct request){.eid = "10.1.0.6/32", .nonce = 3});
	assert_string_equal(told(w), "3 10.1.0.6 ttl 1440 act 0 { 192.0.2.1 }");
	subscribe(w, (struct request){.eid = "10.1.0.5/32",
			     .nonce = 4,
			     .xtr = 10,
			     .rloc = ITR2,
			     .source = ITR2_PEER});
	assert_string_equal(world_to(w, 0), ITR2_PEER);
	assert_string_equal(told(w), "4 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void a_new_request_overwrites_itr_rlocs_and_nonce(void **state)
{
	struct world *w = pubsub_world();
	struct eid prefix = world_eid("203.0.113.0/24");
	struct site *b = site_table_named(w->server->sites, "b");

	(void)state;
	assert_int_equal(site_add_itr_rloc(b, &prefix), 0);
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 100});
	acknowledge(w, 100, "10.1.0.5/32");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 200, .rloc = "203.0.113.77"});
	acknowledge(w, 200, "10.1.0.5/32");
	world_clear(w);
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(world_to(w, 0), "203.0.113.77:4342");
	assert_string_equal(told(w), "201 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void an_xtr_that_never_proved_itself_is_refused_with_act_4(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5, .xtr = 99});
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 6, .site_id = 8});
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 4 { }");
	assert_string_equal(world_records(world_reply(w, 1).records), "10.1.0.5 ttl 15 act 4 { }");
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_REFUSED), 2);
	world_free(w);
}

static void a_foreign_itr_rloc_is_refused_with_act_4(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5, .rloc = "198.51.100.66"});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 4 { }");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	world_free(w);
}

static void a_site_without_subscribe_is_refused_with_act_4(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	site_table_named(w->server->sites, "b")->subscribe = false;
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5});
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 4 { }");
	world_free(w);
}

static void a_listed_xtr_subscribes_without_having_registered(void **state)
{
	struct world *w = pubsub_world();
	struct site *b = site_table_named(w->server->sites, "b");
	struct eid prefix = world_eid("203.0.113.0/24");
	struct lisp_xtr_id id = {{0}};

	(void)state;
	id.bytes[15] = 77;
	assert_int_equal(site_add_subscriber(b, &id), 0);
	assert_int_equal(site_add_itr_rloc(b, &prefix), 0);
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	world_clear(w);
	subscribe(w, (struct request){
			     .eid = "10.1.0.5/32", .nonce = 5, .xtr = 77, .rloc = "203.0.113.77"});
	assert_string_equal(told(w), "5 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5}); /* 9 is not listed */
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 4 { }");
	world_free(w);
}

static void an_unknown_eid_makes_a_temporary_subscription_of_15_minutes(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5});
	assert_string_equal(told(w), "5 10.0.0.0/8 ttl 1 act 1 { }");
	acknowledge(w, 5, "10.0.0.0/8");
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	assert_string_equal(told(w), "6 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }");
	acknowledge(w, 6, "10.1.0.5/32");
	world_pass(w, 899000);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_pass(w, 2000);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_EXPIRED), 1);
	world_free(w);
}

static void no_acknowledgement_ends_the_subscription_with_one_act_5(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);
	unsigned int sent = 0;

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	for (unsigned int i = 0; i < 2000 && subscriptions_count(w->server->subscriptions); i++) {
		world_pass(w, 50);
		if (!w->out->count || !subscriptions_count(w->server->subscriptions))
			continue;
		assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
		sent++;
	}
	assert_int_equal(sent, 6); /* after 100 ms, 3 s, 3 s, 6 s, 12 s, 24 s */
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1 act 5 { }");
	assert_int_equal(world_count(w, COUNT_PUBLISH_GAVE_UP), 1);
	at_site_a(w, "10.1.0.5/32", "192.0.2.3");
	assert_string_equal(told(w), "nothing");
	world_free(w);
}

static void unsubscribing_is_told_to_the_source_and_keeps_the_last_nonce(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 101, .rloc = "none"});
	assert_string_equal(world_to(w, 0), ITR_PEER);
	assert_string_equal(told(w), "101 10.1.0.5 ttl 0 act 5 { }");
	acknowledge(w, 101, "10.1.0.5/32");
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "nothing");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 101});
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1 act 5 { }"); /* a reminder */
	assert_int_equal(world_dropped(w, DROP_SUBSCRIPTION_REPLAY), 1);
	assert_int_equal(subscriptions_count(w->server->subscriptions), 0);
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 102});
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void a_replayed_unsubscription_is_dropped(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 100, .rloc = "none"});
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.1 }"); /* a reminder */
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	world_free(w);
}

static void nobody_unsubscribes_another_from_an_address_of_his_own(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	subscribe(w, (struct request){.eid = "10.1.0.5/32",
			     .nonce = 101,
			     .rloc = "none",
			     .source = "198.51.100.66:4342"});
	assert_int_equal(subscriptions_count(w->server->subscriptions), 1);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.0.5 ttl 15 act 4 { }");
	world_free(w);
}

static void a_more_specific_that_is_unsubscribed_is_not_told_until_subscribed(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 5});
	acknowledge(w, 5, "10.1.0.0/16");
	world_clear(w);
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 6, .rloc = "none"});
	assert_string_equal(told(w), "6 10.1.0.5 ttl 0 act 5 { }");
	acknowledge(w, 6, "10.1.0.5/32");
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "nothing");
	at_site_a(w, "10.1.0.6/32", "192.0.2.2");
	assert_string_equal(told(w), "6 10.1.0.6 ttl 1440 act 0 { 192.0.2.2 }");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 7});
	assert_string_equal(told(w), "7 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	at_site_a(w, "10.1.0.5/32", "192.0.2.3");
	assert_string_equal(told(w), "8 10.1.0.5 ttl 1440 act 0 { 192.0.2.3 }");
	world_free(w);
}

/* ---- section 6: publication ---- */

static void each_publication_has_the_next_nonce(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	acknowledge(w, 101, "10.1.0.5/32");
	at_site_a(w, "10.1.0.5/32", "192.0.2.3");
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1440 act 0 { 192.0.2.3 }");
	acknowledge(w, 102, "10.1.0.5/32");
	world_pass(w, 100000);
	assert_string_equal(told(w), "nothing");
	assert_int_equal(world_count(w, COUNT_PUBLISH_ACKS), 3);
	world_free(w);
}

static void a_refresh_is_told_to_nobody(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	assert_string_equal(told(w), "nothing");
	world_free(w);
}

static void withdrawal_and_expiry_are_told_with_ttl_0(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	world_register(
		w, (struct world_register){
			   .xtr = 1, .eids = {"10.1.0.5/32"}, .remove = true, .no_notify = true});
	assert_string_equal(told(w), "101 10.1.0.5 ttl 0 act 0 { }");
	acknowledge(w, 101, "10.1.0.5/32");
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	acknowledge(w, 102, "10.1.0.5/32");
	world_pass(w, 179000);
	assert_string_equal(told(w), "nothing");
	for (int i = 0; i < 30 && !w->out->count; i++)
		world_pass(w, 1000);
	assert_string_equal(told(w), "103 10.1.0.5 ttl 0 act 0 { }");
	world_free(w);
}

static void a_more_specific_change_goes_to_the_less_specific_subscriber_once(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 500});
	assert_string_equal(told(w), "500 10.1.0.0/16 ttl 1440 act 0 { 192.0.2.1 }; 10.1.0.5 ttl "
				     "1440 act 0 { 192.0.2.1 }");
	acknowledge(w, 500, "10.1.0.0/16");
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 100});
	acknowledge(w, 100, "10.1.0.5/32");
	world_clear(w);
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	at_site_a(w, "10.1.0.9/32", "192.0.2.3");
	assert_string_equal(told(w), "501 10.1.0.9 ttl 1440 act 0 { 192.0.2.3 }");
	world_free(w);
}

/* A site with the drop policy keeps its locators to itself, also from those that look on from
 * above. */
static void what_policy_denies_is_told_without_its_locators(void **state)
{
	struct site_table *t = pubsub_sites();
	struct eid prefix = world_eid("10.1.5.0/24");
	struct site *denied = site_new("denied", 2);
	const struct site *holder;
	struct world *w;

	(void)state;
	denied->drop_policy = true;
	assert_int_equal(site_add_prefix(denied, &prefix, true), 0);
	assert_int_equal(site_table_add(t, denied, &holder), 0);
	w = world_new(t, NULL, NULL);
	pubsub_begin(w);
	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 5});
	assert_string_equal(told(w), "5 10.1.0.0/22 ttl 1440 act 0 { 192.0.2.1 }");
	acknowledge(w, 5, "10.1.0.0/16");
	world_static(w, "10.1.5.7/32", "192.0.2.3", false);
	assert_string_equal(told(w), "6 10.1.5.7 ttl 15 act 4 { }");
	world_free(w);
}

/* What was subscribed to is narrower than the mapping that serves it: too many more-specifics. */
static void a_change_of_what_covers_a_subscription_is_told_in_its_name(void **state)
{
	struct world *w = pubsub_world();
	char eid[32];

	(void)state;
	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	for (int i = 0; i < 20; i++) {
		snprintf(eid, sizeof(eid), "10.1.128.%d/32", i);
		at_site_a(w, eid, "192.0.2.1");
	}
	subscribe(w, (struct request){.eid = "10.1.0.5/32", .nonce = 5});
	assert_string_equal(told(w), "5 10.1.0.0/17 ttl 1440 act 0 { 192.0.2.1 }");
	acknowledge(w, 5, "10.1.0.0/17");
	at_site_a(w, "10.1.0.0/16", "192.0.2.2");
	assert_string_equal(told(w), "6 10.1.0.0/17 ttl 1440 act 0 { 192.0.2.2 }");
	at_site_a(w, "10.1.128.3/32", "192.0.2.2"); /* beside it */
	assert_string_equal(told(w), "nothing");
	world_free(w);
}

static void what_was_not_acknowledged_is_sent_again_with_the_same_nonce(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	world_clear(w);
	world_pass(w, 99);
	assert_string_equal(told(w), "nothing");
	world_pass(w, 1);
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	acknowledge(w, 101, "10.1.0.5/32");
	world_pass(w, 10000);
	assert_string_equal(told(w), "nothing");
	assert_int_equal(world_count(w, COUNT_PUBLISH_RETRANSMITS), 1);
	world_free(w);
}

/* The xTR that has a greater nonce drops a smaller one: a lost publication of another EID of the
 * same subscription needs a new one. */
static void a_lost_publication_behind_a_later_one_takes_a_new_nonce(void **state)
{
	struct world *w = pubsub_world();

	(void)state;
	at_site_a(w, "10.1.0.0/16", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.1.0.0/16", .nonce = 5});
	acknowledge(w, 5, "10.1.0.0/16");
	world_clear(w);
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_string_equal(told(w), "6 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	at_site_a(w, "10.1.0.6/32", "192.0.2.2");
	assert_string_equal(told(w), "7 10.1.0.6 ttl 1440 act 0 { 192.0.2.2 }");
	acknowledge(w, 7, "10.1.0.6/32");
	world_pass(w, 100);
	assert_string_equal(told(w), "8 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void a_change_while_another_is_under_way_is_told_under_a_new_nonce(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	world_clear(w);
	at_site_a(w, "10.1.0.5/32", "192.0.2.3");
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1440 act 0 { 192.0.2.3 }");
	acknowledge(w, 101, "10.1.0.5/32"); /* of the first: too late */
	world_pass(w, 100);
	assert_string_equal(told(w), "102 10.1.0.5 ttl 1440 act 0 { 192.0.2.3 }");
	world_free(w);
}

static void an_acknowledgement_with_a_wrong_mac_or_key_stops_nothing(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	world_clear(w);
	acknowledge_as(w, "secret-a", 101, "10.1.0.5/32", ITR_PEER);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	acknowledge_as(w, "secret-b", 101, "10.1.0.5/32", ITR2_PEER); /* another xTR of the site */
	assert_int_equal(world_dropped(w, DROP_UNEXPECTED_ACK), 1);
	world_pass(w, 100);
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

/* Nonces are the xTRs' own: two of one site, with one key, may use the same. */
static void an_acknowledgement_counts_for_the_xtr_that_sent_it(void **state)
{
	struct world *w = subscribed_world("10.1.0.5/32", 100);

	(void)state;
	subscribe(w, (struct request){.eid = "10.1.0.5/32",
			     .nonce = 100,
			     .xtr = 10,
			     .rloc = ITR2,
			     .source = ITR2_PEER});
	acknowledge_as(w, "secret-b", 100, "10.1.0.5/32", ITR2_PEER);
	world_clear(w);
	at_site_a(w, "10.1.0.5/32", "192.0.2.2");
	assert_int_equal(w->out->count, 2);
	world_clear(w);
	acknowledge(w, 101, "10.1.0.5/32");
	world_pass(w, 100);
	assert_string_equal(world_to(w, 0), ITR2_PEER);
	assert_string_equal(told(w), "101 10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void another_itr_rloc_is_tried_when_the_first_does_not_answer(void **state)
{
	struct world *w = pubsub_world();
	struct eid prefix = world_eid("203.0.113.0/24");
	struct map_request_spec s = {.nonce = 5,
		.subscribe = true,
		.has_xtr_id = true,
		.itr_rloc_count = 2,
		.site_id = 7,
		.eid = world_eid("10.1.0.5/32")};
	uint8_t buf[1200];
	bool second = false;

	(void)state;
	site_add_itr_rloc(site_table_named(w->server->sites, "b"), &prefix);
	at_site_a(w, "10.1.0.5/32", "192.0.2.1");
	s.xtr_id.bytes[15] = 9;
	s.itr_rlocs[0] = world_address(ITR);
	s.itr_rlocs[1] = world_address("203.0.113.77");
	world_clear(w);
	world_receive(w, ITR_PEER, buf, world_write_request(buf, sizeof(buf), &s, ITR_PEER));
	assert_string_equal(world_to(w, 0), ITR_PEER);
	world_clear(w);
	for (int i = 0; i < 200 && !second; i++) {
		world_pass(w, 100);
		second = w->out->count && !strcmp(world_to(w, 0), "203.0.113.77:4342");
		world_clear(w);
	}
	assert_true(second);
	world_free(w);
}

/* ---- section 7.2 and the caps of section 5 ---- */

static void beyond_a_quota_requests_are_answered_as_plain_ones(void **state)
{
	struct world *w = pubsub_world();
	char eid[32];

	(void)state;
	for (int i = 0; i < 25; i++) {
		snprintf(eid, sizeof(eid), "10.1.0.%d/32", i);
		at_site_a(w, eid, "192.0.2.1");
		subscribe(w, (struct request){.eid = eid, .nonce = 100});
	}
	assert_int_equal(subscriptions_count(w->server->subscriptions), 20); /* of one xTR */
	for (int i = 0; i < 25; i++) {
		snprintf(eid, sizeof(eid), "10.1.0.%d/32", i);
		subscribe(w, (struct request){.eid = eid,
				     .nonce = 100,
				     .xtr = 10,
				     .rloc = ITR2,
				     .source = ITR2_PEER});
	}
	assert_int_equal(subscriptions_count(w->server->subscriptions), 30); /* of the site */
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_LIMITED), 20);
	assert_int_equal(world_count(w, COUNT_REPLIES), 20);
	world_free(w);
}

/* The floor: what is forgotten of ended subscriptions is never accepted again. */
static void ended_subscriptions_never_come_back_by_an_old_request(void **state)
{
	struct world *w = pubsub_world();
	char eid[32];

	(void)state;
	at_site_a(w, "10.0.0.0/8", "192.0.2.1");
	for (int i = 0; i < 4200; i++) {
		snprintf(eid, sizeof(eid), "10.1.%d.%d/32", i / 256, i % 256);
		at_site_a(w, eid, "192.0.2.1");
		subscribe(w, (struct request){.eid = eid, .nonce = (uint64_t)i * 10 + 1});
		acknowledge(w, (uint64_t)i * 10 + 1, eid);
		subscribe(w, (struct request){
				     .eid = eid, .nonce = (uint64_t)i * 10 + 2, .rloc = "none"});
		acknowledge(w, (uint64_t)i * 10 + 2, eid);
		world_clear(w);
	}
	subscribe(w, (struct request){.eid = "10.1.0.0/32", .nonce = 3});
	assert_string_equal(told(w), "nothing");
	assert_int_equal(world_dropped(w, DROP_SUBSCRIPTION_REPLAY), 1);
	world_free(w);
}

static void a_hundred_changes_under_way_reach_an_xtr_that_answers(void **state)
{
	struct world *w = pubsub_world();
	unsigned int seen = 0;
	char eid[32];

	(void)state;
	at_site_a(w, "10.0.0.0/8", "192.0.2.1");
	subscribe(w, (struct request){.eid = "10.0.0.0/8", .nonce = 1});
	acknowledge(w, 1, "10.0.0.0/8");
	world_clear(w);
	for (int i = 0; i < 300; i++) {
		snprintf(eid, sizeof(eid), "10.1.1.%d/32", i % 250);
		at_site_a(w, eid, i < 250 ? "192.0.2.1" : "192.0.2.2");
	}
	for (int turn = 0; turn < 20 && w->out->count; turn++) {
		unsigned int n = w->out->count;
		uint64_t nonces[600];
		char eids[600][32];

		assert_true(n <= 600);
		for (unsigned int i = 0; i < n; i++) {
			struct map_register m = world_notify(w, i, "b");
			struct lisp_record rec;

			assert_true(lisp_records_next(&m.records, &rec));
			nonces[i] = m.nonce;
			eid_format(&rec.eid.eid, eids[i], sizeof(eids[i]));
		}
		world_clear(w);
		for (unsigned int i = 0; i < n; i++)
			acknowledge(w, nonces[i], eids[i]);
		seen += n;
	}
	assert_true(seen >= 250);
	world_pass(w, 200);
	assert_int_equal(w->out->count, 0);
	{
		struct publish_view v;

		publish_count(w->server->publish, &v);
		assert_int_equal(v.flight + v.waiting + v.news, 0);
	}
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_i_bit_without_its_trailer_is_dropped_and_logged),
		cmocka_unit_test(
			a_request_as_figure_1_has_it_is_accepted_by_a_map_notify_with_its_nonce),
		cmocka_unit_test(n_without_i_is_answered_as_a_plain_request),
		cmocka_unit_test(i_without_n_is_answered_as_a_plain_request),
		cmocka_unit_test(a_nonce_that_is_not_greater_is_silently_dropped_and_logged),
		cmocka_unit_test(the_nonce_is_kept_per_xtr_and_eid_prefix),
		cmocka_unit_test(a_new_request_overwrites_itr_rlocs_and_nonce),
		cmocka_unit_test(an_xtr_that_never_proved_itself_is_refused_with_act_4),
		cmocka_unit_test(a_foreign_itr_rloc_is_refused_with_act_4),
		cmocka_unit_test(a_site_without_subscribe_is_refused_with_act_4),
		cmocka_unit_test(a_listed_xtr_subscribes_without_having_registered),
		cmocka_unit_test(an_unknown_eid_makes_a_temporary_subscription_of_15_minutes),
		cmocka_unit_test(no_acknowledgement_ends_the_subscription_with_one_act_5),
		cmocka_unit_test(unsubscribing_is_told_to_the_source_and_keeps_the_last_nonce),
		cmocka_unit_test(a_replayed_unsubscription_is_dropped),
		cmocka_unit_test(nobody_unsubscribes_another_from_an_address_of_his_own),
		cmocka_unit_test(a_more_specific_that_is_unsubscribed_is_not_told_until_subscribed),
		cmocka_unit_test(each_publication_has_the_next_nonce),
		cmocka_unit_test(a_refresh_is_told_to_nobody),
		cmocka_unit_test(withdrawal_and_expiry_are_told_with_ttl_0),
		cmocka_unit_test(a_more_specific_change_goes_to_the_less_specific_subscriber_once),
		cmocka_unit_test(what_policy_denies_is_told_without_its_locators),
		cmocka_unit_test(a_change_of_what_covers_a_subscription_is_told_in_its_name),
		cmocka_unit_test(what_was_not_acknowledged_is_sent_again_with_the_same_nonce),
		cmocka_unit_test(a_lost_publication_behind_a_later_one_takes_a_new_nonce),
		cmocka_unit_test(a_change_while_another_is_under_way_is_told_under_a_new_nonce),
		cmocka_unit_test(an_acknowledgement_with_a_wrong_mac_or_key_stops_nothing),
		cmocka_unit_test(an_acknowledgement_counts_for_the_xtr_that_sent_it),
		cmocka_unit_test(another_itr_rloc_is_tried_when_the_first_does_not_answer),
		cmocka_unit_test(beyond_a_quota_requests_are_answered_as_plain_ones),
		cmocka_unit_test(ended_subscriptions_never_come_back_by_an_old_request),
		cmocka_unit_test(a_hundred_changes_under_way_reach_an_xtr_that_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
