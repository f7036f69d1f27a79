/* Searches in the DDT tree: which node is asked next, what is kept, what is answered: RFC 8111
 * sections 7.3, 8.1 and 8.2. What a search believes is in test_ddt_trust.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/referral_cache.h"
#include "tests/replay/ddt_world.h"

/* Section 5: an ECM with the D bit, the Map-Request in it as it came. */
static void the_root_is_asked_with_the_request_as_it_came(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	struct map_request_spec s = {.nonce = 5,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.1.2.3/32")};
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, DDT_ITR);

	(void)state;
	world_receive(w, DDT_ITR, buf, len);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(w->out->list[0].len, len);
	assert_int_equal(outbox_bytes(w->out, 0)[0], 0x84); /* type 8, D */
	/* IPv4 (20) and UDP (8) headers, then the message: the same inner addresses and ports. */
	assert_memory_equal(outbox_bytes(w->out, 0) + 4 + 12, buf + 4 + 12, len - 4 - 12);
	world_free(w);
}

/* ---- the rows of the action table ---- */

static void node_referral_is_kept_and_followed(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.11"));
	assert_int_equal(ddt_kept(w), 1);
	world_clear(w);
	/* Section 9.3: the next search begins there. */
	world_request(w, "10.200.0.1/32", DDT_ITR);
	assert_string_equal(
		ddt_asked(w, 0), "192.0.2.11:4342 10.200.0.1 nonce 1234605616436508552");
	assert_int_equal(world_count(w, COUNT_DDT_CACHE_HITS), 1);
	world_free(w);
}

static void ms_referral_is_kept_and_followed(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.101"));
	assert_int_equal(ddt_kept(w), 1);
	world_free(w);
}

static void ms_ack_ends_the_search_and_is_kept(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE,
		(struct ddt_record){
			REFERRAL_MS_ACK, "10.1.0.0/16", .rlocs = {"192.0.2.101", "192.0.2.102"}});
	assert_int_equal(w->out->count, 0); /* section 3: the resolver does not answer */
	assert_int_equal(ddt_pending(w), 0);
	assert_int_equal(ddt_kept(w), 2);
	assert_int_equal(world_count(w, COUNT_DDT_DONE), 1);
	world_request(w, "10.1.9.9/32", DDT_ITR);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.101:4342 10.1.9.9 nonce 1234605616436508552");
	world_free(w);
}

/* Section 6.3. */
static void incomplete_referrals_are_followed_and_not_kept(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){
			REFERRAL_MS, "10.0.0.0/8", .incomplete = true, .rlocs = {"192.0.2.101"}});
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.101"));
	assert_int_equal(ddt_kept(w), 0);
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS_ACK, "10.1.0.0/16", .incomplete = true,
			.rlocs = {"192.0.2.101"}});
	assert_int_equal(ddt_pending(w), 0);
	assert_int_equal(ddt_kept(w), 0);
	world_free(w);
}

static void ms_not_registered_asks_the_others_then_answers_with_ttl_1(void **state)
{
	const struct ddt_record no = {REFERRAL_NOT_REGISTERED, "10.1.0.0/16", .ttl_min = 1};
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){
			REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101", "192.0.2.102"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE, no);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.102"));
	world_clear(w);
	ddt_refer(w, "192.0.2.102:4342", DDT_NONCE, no);
	ddt_expect_negative(w, "10.1.0.0/16 ttl 1 act 1 { }");
	assert_int_equal(ddt_kept(w), 2);
	/* Within the minute it is answered from what is kept. */
	world_clear(w);
	world_request(w, "10.1.0.9/32", DDT_ITR);
	ddt_expect_negative(w, "10.1.0.0/16 ttl 1 act 1 { }");
	world_clear(w);
	ddt_pass(w, 60001);
	world_request(w, "10.1.0.9/32", DDT_ITR);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.101:4342 10.1.0.9 nonce 1234605616436508552");
	world_free(w);
}

static void incomplete_ms_not_registered_is_not_kept(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE,
		(struct ddt_record){
			REFERRAL_NOT_REGISTERED, "10.1.0.0/16", .ttl_min = 1, .incomplete = true});
	ddt_expect_negative(w, "10.1.0.0/16 ttl 1 act 1 { }");
	assert_int_equal(ddt_kept(w), 1);
	world_free(w);
}

static void delegation_hole_is_answered_and_kept_for_15_minutes(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/7", .ttl_min = 1000});
	ddt_expect_negative(w, "10.0.0.0/7 ttl 15 act 1 { }");
	world_clear(w);
	ddt_pass(w, 10 * 60000);
	world_request(w, "11.1.2.3/32", DDT_ITR);
	ddt_expect_negative(w, "10.0.0.0/7 ttl 5 act 1 { }"); /* what is left of it */
	world_clear(w);
	ddt_pass(w, 5 * 60000);
	world_request(w, "10.1.2.3/32", DDT_ITR);
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.1"));
	world_free(w);
}

static void not_authoritative_begins_at_the_root_once_then_is_answered(void **state)
{
	const struct ddt_record no = {
		REFERRAL_NOT_AUTHORITATIVE, "10.200.0.1/32", .no_ttl = true, .incomplete = true};
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	world_clear(w);
	ddt_ask(w, "10.200.0.1/32", DDT_ITR, 77); /* begins at what is kept */
	assert_string_equal(ddt_asked(w, 0), "192.0.2.11:4342 10.200.0.1 nonce 77");
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", 77, no);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.200.0.1 nonce 77");
	assert_int_equal(ddt_kept(w), 0); /* what led astray is forgotten */
	assert_int_equal(world_count(w, COUNT_DDT_RESTARTS), 1);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", 77, no);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.200.0.1 ttl 1 act 1 { }");
	assert_int_equal(ddt_pending(w), 1); /* the other search */
	world_free(w);
}

/* ---- the list of what is under way ---- */

/* Section 8.1: the same (DDT_ITR, EID). */
static void the_same_request_takes_the_place_of_the_one_under_way(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_ask(w, "10.1.2.3/32", DDT_ITR, 99);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(ddt_pending(w), 1);
	assert_int_equal(world_count(w, COUNT_DDT_REPLACED), 1);
	/* What was asked with the old nonce is answered with it; the new one is for what follows.
	 */
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	assert_string_equal(ddt_asked(w, 0), "192.0.2.101:4342 10.1.2.3 nonce 99");
	world_free(w);
}

static void a_request_replaced_before_its_ms_ack_is_sent_once_more(void **state)
{
	const struct ddt_record yes = {
		REFERRAL_MS_ACK, "10.1.0.0/16", .incomplete = true, .rlocs = {"192.0.2.1"}};
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_ask(w, "10.1.2.3/32", DDT_ITR, 99);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, yes);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.1.2.3 nonce 99");
	assert_int_equal(ddt_pending(w), 1);
	ddt_refer(w, "192.0.2.1:4342", 99, yes);
	assert_int_equal(ddt_pending(w), 0);
	world_free(w);
}

static void another_itr_has_a_search_of_its_own(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	world_request(w, "10.1.2.3/32", "203.0.113.10:40000"); /* the same nonce, too */
	assert_int_equal(w->out->count, 1);
	assert_int_equal(ddt_pending(w), 2);
	world_free(w);
}

/* Section 7.3.2: the next RLOC, then all again, then nothing. */
static void who_does_not_answer_gives_way_to_the_next_and_all_silent_ends_it(void **state)
{
	static const struct {
		uint64_t ms;
		const char *asked;
	} steps[] = {{500, DDT_ASKED("192.0.2.2")}, {500, DDT_ASKED("192.0.2.1")},
		{1000, DDT_ASKED("192.0.2.2")}, {1000, DDT_ASKED("192.0.2.1")},
		{2000, DDT_ASKED("192.0.2.2")}};
	struct world *w = ddt_searching(NULL);

	(void)state;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		ddt_pass(w, steps[i].ms - 1);
		assert_int_equal(w->out->count, 0);
		ddt_pass(w, 1);
		assert_int_equal(w->out->count, 1);
		assert_string_equal(ddt_asked(w, 0), steps[i].asked);
		world_clear(w);
	}
	ddt_pass(w, 2000);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(ddt_pending(w), 0);
	assert_int_equal(world_count(w, COUNT_DDT_GAVE_UP), 1);
	assert_int_equal(world_count(w, COUNT_DDT_TIMEOUTS), 6);
	world_free(w);
}

static void who_did_not_answer_lately_is_asked_last(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_pass(w, 500);
	world_clear(w);
	ddt_ask(w, "10.9.9.9/32", DDT_ITR, 7);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.2:4342 10.9.9.9 nonce 7");
	world_clear(w);
	ddt_pass(w, 30000);
	world_clear(w);
	ddt_ask(w, "10.9.9.8/32", DDT_ITR, 8);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.9.9.8 nonce 8");
	world_free(w);
}

/* Section 6.4: the RLOCs of a referral have priorities and weights as any (RFC 9301 section 5.4).
 */
static void the_rloc_of_the_best_priority_is_asked_first(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8",
			.rlocs = {"192.0.2.11", "192.0.2.12", "192.0.2.13"},
			.priorities = {2, 1, 255}, .weights = {100, 1, 100}});
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.12"));
	world_clear(w);
	ddt_pass(w, 500);
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.11"));
	world_free(w);
}

static void rlocs_of_one_priority_share_by_their_weights(void **state)
{
	struct referral r = {.rloc_count = 4,
		.rlocs = {{.priority = 1, .weight = 30}, {.priority = 1, .weight = 0},
			{.priority = 1, .weight = 10}, {.priority = 2, .weight = 100}}};
	const struct mono now = {1000};
	unsigned int asked[4] = {0};

	(void)state;
	for (uint64_t number = 0; number < 400; number++)
		asked[referral_choose(&r, 0xf, now, number)]++;
	assert_int_equal(asked[0], 300);
	assert_int_equal(asked[1], 0);
	assert_int_equal(asked[2], 100);
	assert_int_equal(asked[3], 0);
	assert_int_equal(referral_choose(&r, 0xa, now, 7), 1); /* of weight 0, and alone */
	assert_int_equal(referral_choose(&r, 0x8, now, 7), 3);
	assert_int_equal(referral_choose(&r, 0, now, 7), -1);
	for (unsigned int i = 0; i < 3; i++)
		r.rlocs[i].down_until = (struct mono){2000};
	assert_int_equal(referral_choose(&r, 0xf, now, 0), 3); /* the one that answers */
	r.rlocs[3].down_until = (struct mono){2000};
	assert_int_equal(referral_choose(&r, 0xf, now, 35), 2); /* none does: as if all did */
}

static void requests_spread_over_the_rlocs_of_a_kept_referral(void **state)
{
	struct world *w = ddt_searching(NULL);
	unsigned int to_first = 0;

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8",
			.rlocs = {"192.0.2.11", "192.0.2.12"}, .weights = {100, 100}});
	for (unsigned int i = 1; i <= 32; i++) {
		char itr[32];

		snprintf(itr, sizeof(itr), "203.0.113.%u:40000", 100 + i);
		world_clear(w);
		ddt_ask(w, "10.9.9.9/32", itr, i);
		to_first += strstr(ddt_asked(w, 0), "192.0.2.11:") != NULL;
	}
	assert_in_range(to_first, 8, 24); /* always the same: the hash has a fixed key here */
	world_free(w);
}

static void a_late_answer_of_another_rloc_of_the_referral_counts(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_pass(w, 500); /* 192.0.2.2 is asked now */
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.11"));
	world_free(w);
}

static void silent_nodes_of_a_kept_referral_send_the_search_back_to_the_root(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	ddt_refer(w, "192.0.2.11:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.1.0.0/16", .ttl_min = 15});
	world_clear(w);
	ddt_ask(w, "10.2.0.1/32", DDT_ITR, 7);
	ddt_pass(w, 500);
	ddt_pass(w, 1000);
	world_clear(w);
	ddt_pass(w, 2000);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.2.0.1 nonce 7");
	assert_int_equal(ddt_kept(w), 1); /* the hole */
	world_free(w);
}

static void what_is_under_way_is_bounded_in_all_and_by_itr(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL); /* 64 in all, 8 an DDT_ITR */
	char eid[32], itr[32];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(eid, sizeof(eid), "10.0.0.%d/32", i);
		world_request(w, eid, DDT_ITR);
	}
	assert_int_equal(ddt_pending(w), 8);
	assert_int_equal(world_dropped(w, DROP_DDT_PENDING), 2);
	for (int i = 0; i < 70; i++) {
		snprintf(itr, sizeof(itr), "198.18.%d.1:40000", i);
		world_request(w, "10.0.1.1/32", itr);
	}
	assert_int_equal(ddt_pending(w), 64);
	assert_int_equal(world_dropped(w, DROP_DDT_PENDING), 2 + 70 - 56);
	world_free(w);
}

static void what_is_kept_is_bounded_and_the_one_not_used_for_longest_goes(void **state)
{
	struct world *w = ddt_searching(NULL); /* 16 referrals */
	char prefix[32], eid[32];

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .ttl_min = 15});
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(eid, sizeof(eid), "20.%u.0.1/32", i);
		snprintf(prefix, sizeof(prefix), "20.%u.0.0/16", i);
		world_request(w, "10.5.5.5/32", DDT_ITR); /* used: it stays */
		world_request(w, eid, DDT_ITR);
		ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
			(struct ddt_record){REFERRAL_HOLE, prefix, .ttl_min = 15});
	}
	assert_int_equal(ddt_kept(w), 16);
	assert_int_equal(ddt_resolver_state(w->server->ddt).evicted, 5);
	world_clear(w);
	world_request(w, "10.6.6.6/32", DDT_ITR);
	ddt_expect_negative(w, "10.0.0.0/8 ttl 15 act 1 { }");
	world_free(w);
}

static void each_record_of_a_request_is_searched_for_by_itself(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	uint8_t message[128], buf[400];
	struct map_request_spec s = {.nonce = 9,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.0.0.1/32")};
	struct endpoint source = world_endpoint(DDT_ITR), dest = world_endpoint("10.0.0.1:4342");
	int len = map_request_write(message, sizeof(message), &s);

	(void)state;
	assert_true(len > 8);
	/* A second record by hand: reserved, mask-len 32, AFI 1, 20.0.0.1. */
	memcpy(message + len, "\0\x20\0\1\x14\0\0\1", 8);
	message[3] = 2;
	len = ecm_write(buf, sizeof(buf), &source, &dest, false, message, (size_t)len + 8);
	assert_true(len > 0);
	world_receive(w, DDT_ITR, buf, (size_t)len);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.0.0.1 nonce 9");
	assert_string_equal(ddt_asked(w, 1), "192.0.2.1:4342 20.0.0.1 nonce 9");
	world_free(w);
}

static void no_more_than_four_records_of_a_request_are_searched_for(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	uint8_t message[256], buf[400];
	struct map_request_spec s = {.nonce = 9,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.0.0.1/32")};
	struct endpoint source = world_endpoint(DDT_ITR), dest = world_endpoint("10.0.0.1:4342");
	int len = map_request_write(message, sizeof(message), &s);

	(void)state;
	assert_true(len > 8);
	for (int i = 0; i < 9; i++) { /* by hand: reserved, mask-len 32, AFI 1, 20.0.0.i */
		memcpy(message + len, "\0\x20\0\1\x14\0\0", 7);
		message[len + 7] = (uint8_t)i;
		len += 8;
	}
	message[3] = 10;
	len = ecm_write(buf, sizeof(buf), &source, &dest, false, message, (size_t)len);
	assert_true(len > 0);
	world_receive(w, DDT_ITR, buf, (size_t)len);
	assert_int_equal(w->out->count, 4);
	assert_int_equal(ddt_pending(w), 4);
	world_free(w);
}

/* ---- beside what is known here ---- */

static void what_is_known_here_is_answered_and_stays_out_of_negative_answers(void **state)
{
	struct site_table *sites = world_sites();
	struct world *w;

	(void)state;
	world_site(sites, "a", "10.1.128.0/17", true);
	w = ddt_resolver_world(sites, NULL);
	world_request(w, "10.1.128.1/32", DDT_ITR);
	ddt_expect_negative(w, "10.1.128.0/17 ttl 1 act 1 { }"); /* ours, and not registered */
	world_clear(w);
	world_request(w, "10.1.2.3/32", DDT_ITR);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .ttl_min = 15});
	ddt_expect_negative(w, "10.1.0.0/17 ttl 15 act 1 { }");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_root_is_asked_with_the_request_as_it_came),
		cmocka_unit_test(node_referral_is_kept_and_followed),
		cmocka_unit_test(ms_referral_is_kept_and_followed),
		cmocka_unit_test(ms_ack_ends_the_search_and_is_kept),
		cmocka_unit_test(incomplete_referrals_are_followed_and_not_kept),
		cmocka_unit_test(ms_not_registered_asks_the_others_then_answers_with_ttl_1),
		cmocka_unit_test(incomplete_ms_not_registered_is_not_kept),
		cmocka_unit_test(delegation_hole_is_answered_and_kept_for_15_minutes),
		cmocka_unit_test(not_authoritative_begins_at_the_root_once_then_is_answered),
		cmocka_unit_test(the_same_request_takes_the_place_of_the_one_under_way),
		cmocka_unit_test(a_request_replaced_before_its_ms_ack_is_sent_once_more),
		cmocka_unit_test(another_itr_has_a_search_of_its_own),
		cmocka_unit_test(who_does_not_answer_gives_way_to_the_next_and_all_silent_ends_it),
		cmocka_unit_test(who_did_not_answer_lately_is_asked_last),
		cmocka_unit_test(the_rloc_of_the_best_priority_is_asked_first),
		cmocka_unit_test(rlocs_of_one_priority_share_by_their_weights),
		cmocka_unit_test(requests_spread_over_the_rlocs_of_a_kept_referral),
		cmocka_unit_test(a_late_answer_of_another_rloc_of_the_referral_counts),
		cmocka_unit_test(silent_nodes_of_a_kept_referral_send_the_search_back_to_the_root),
		cmocka_unit_test(what_is_under_way_is_bounded_in_all_and_by_itr),
		cmocka_unit_test(what_is_kept_is_bounded_and_the_one_not_used_for_longest_goes),
		cmocka_unit_test(each_record_of_a_request_is_searched_for_by_itself),
		cmocka_unit_test(no_more_than_four_records_of_a_request_are_searched_for),
		cmocka_unit_test(what_is_known_here_is_answered_and_stays_out_of_negative_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
