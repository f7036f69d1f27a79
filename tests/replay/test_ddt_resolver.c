/* Searches in the DDT tree: RFC 8111 sections 7.3, 8.1, 8.2 and 10.4; section 12 item 9 of the
 * hostile packets is in the tests named hostile_. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/referral_cache.h"
#include "mapserver/secure_peers.h"
#include "tests/replay/ddt_world.h"
#include "tests/unit/ddt_vector.h"

#define ITR         "203.0.113.9:40000"
#define NONCE       0x1122334455667788ull /* world_request's */
#define ASKED(rloc) rloc ":4342 10.1.2.3 nonce 1234605616436508552"

/* ITR asks for 10.1.2.3, and the root was asked: nothing of it is left in the outbox. */
static struct world *searching(const char *key)
{
	struct world *w = ddt_resolver_world(NULL, key);

	world_request(w, "10.1.2.3/32", ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.1"));
	world_clear(w);
	return w;
}

static void ask_nonce(struct world *w, const char *eid, const char *itr, uint64_t nonce)
{
	struct map_request_spec s = {.nonce = nonce, .itr_rloc_count = 1, .eid = world_eid(eid)};
	uint8_t buf[512];

	s.itr_rlocs[0] = world_endpoint(itr).addr;
	world_receive(w, itr, buf, world_write_request(buf, sizeof(buf), &s, itr));
}

static size_t pending(struct world *w)
{
	return ddt_resolver_state(w->server->ddt).pending;
}

static size_t kept(struct world *w)
{
	return ddt_resolver_state(w->server->ddt).referrals;
}

static void expect_negative(struct world *w, const char *records)
{
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), ITR);
	assert_string_equal(world_records(world_reply(w, 0).records), records);
	assert_true(world_reply(w, 0).nonce == NONCE);
	assert_int_equal(pending(w), 0);
}

/* Section 5: an ECM with the D bit, the Map-Request in it as it came. */
static void the_root_is_asked_with_the_request_as_it_came(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	struct map_request_spec s = {.nonce = 5,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.1.2.3/32")};
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, ITR);

	(void)state;
	world_receive(w, ITR, buf, len);
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
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.11"));
	assert_int_equal(kept(w), 1);
	world_clear(w);
	/* Section 9.3: the next search begins there. */
	world_request(w, "10.200.0.1/32", ITR);
	assert_string_equal(
		ddt_asked(w, 0), "192.0.2.11:4342 10.200.0.1 nonce 1234605616436508552");
	assert_int_equal(world_count(w, COUNT_DDT_CACHE_HITS), 1);
	world_free(w);
}

static void ms_referral_is_kept_and_followed(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.101"));
	assert_int_equal(kept(w), 1);
	world_free(w);
}

static void ms_ack_ends_the_search_and_is_kept(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", NONCE,
		(struct ddt_record){
			REFERRAL_MS_ACK, "10.1.0.0/16", .rlocs = {"192.0.2.101", "192.0.2.102"}});
	assert_int_equal(w->out->count, 0); /* section 3: the resolver does not answer */
	assert_int_equal(pending(w), 0);
	assert_int_equal(kept(w), 2);
	assert_int_equal(world_count(w, COUNT_DDT_DONE), 1);
	world_request(w, "10.1.9.9/32", ITR);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.101:4342 10.1.9.9 nonce 1234605616436508552");
	world_free(w);
}

/* Section 6.3. */
static void incomplete_referrals_are_followed_and_not_kept(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){
			REFERRAL_MS, "10.0.0.0/8", .incomplete = true, .rlocs = {"192.0.2.101"}});
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.101"));
	assert_int_equal(kept(w), 0);
	ddt_refer(w, "192.0.2.101:4342", NONCE,
		(struct ddt_record){REFERRAL_MS_ACK, "10.1.0.0/16", .incomplete = true,
			.rlocs = {"192.0.2.101"}});
	assert_int_equal(pending(w), 0);
	assert_int_equal(kept(w), 0);
	world_free(w);
}

static void ms_not_registered_asks_the_others_then_answers_with_ttl_1(void **state)
{
	const struct ddt_record no = {REFERRAL_NOT_REGISTERED, "10.1.0.0/16", .ttl_min = 1};
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){
			REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101", "192.0.2.102"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", NONCE, no);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.102"));
	world_clear(w);
	ddt_refer(w, "192.0.2.102:4342", NONCE, no);
	expect_negative(w, "10.1.0.0/16 ttl 1 act 1 { }");
	assert_int_equal(kept(w), 2);
	/* Within the minute it is answered from what is kept. */
	world_clear(w);
	world_request(w, "10.1.0.9/32", ITR);
	expect_negative(w, "10.1.0.0/16 ttl 1 act 1 { }");
	world_clear(w);
	ddt_pass(w, 60001);
	world_request(w, "10.1.0.9/32", ITR);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.101:4342 10.1.0.9 nonce 1234605616436508552");
	world_free(w);
}

static void incomplete_ms_not_registered_is_not_kept(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", NONCE,
		(struct ddt_record){
			REFERRAL_NOT_REGISTERED, "10.1.0.0/16", .ttl_min = 1, .incomplete = true});
	expect_negative(w, "10.1.0.0/16 ttl 1 act 1 { }");
	assert_int_equal(kept(w), 1);
	world_free(w);
}

static void delegation_hole_is_answered_and_kept_for_15_minutes(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/7", .ttl_min = 1000});
	expect_negative(w, "10.0.0.0/7 ttl 15 act 1 { }");
	world_clear(w);
	ddt_pass(w, 10 * 60000);
	world_request(w, "11.1.2.3/32", ITR);
	expect_negative(w, "10.0.0.0/7 ttl 5 act 1 { }"); /* what is left of it */
	world_clear(w);
	ddt_pass(w, 5 * 60000);
	world_request(w, "10.1.2.3/32", ITR);
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.1"));
	world_free(w);
}

static void not_authoritative_begins_at_the_root_once_then_is_answered(void **state)
{
	const struct ddt_record no = {
		REFERRAL_NOT_AUTHORITATIVE, "10.200.0.1/32", .no_ttl = true, .incomplete = true};
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	world_clear(w);
	ask_nonce(w, "10.200.0.1/32", ITR, 77); /* begins at what is kept */
	assert_string_equal(ddt_asked(w, 0), "192.0.2.11:4342 10.200.0.1 nonce 77");
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", 77, no);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.200.0.1 nonce 77");
	assert_int_equal(kept(w), 0); /* what led astray is forgotten */
	assert_int_equal(world_count(w, COUNT_DDT_RESTARTS), 1);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", 77, no);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.200.0.1 ttl 1 act 1 { }");
	assert_int_equal(pending(w), 1); /* the other search */
	world_free(w);
}

/* ---- the list of what is under way ---- */

/* Section 8.1: the same (ITR, EID). */
static void the_same_request_takes_the_place_of_the_one_under_way(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ask_nonce(w, "10.1.2.3/32", ITR, 99);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(pending(w), 1);
	assert_int_equal(world_count(w, COUNT_DDT_REPLACED), 1);
	/* What was asked with the old nonce is answered with it; the new one is for what follows.
	 */
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	assert_string_equal(ddt_asked(w, 0), "192.0.2.101:4342 10.1.2.3 nonce 99");
	world_free(w);
}

static void a_request_replaced_before_its_ms_ack_is_sent_once_more(void **state)
{
	const struct ddt_record yes = {
		REFERRAL_MS_ACK, "10.1.0.0/16", .incomplete = true, .rlocs = {"192.0.2.1"}};
	struct world *w = searching(NULL);

	(void)state;
	ask_nonce(w, "10.1.2.3/32", ITR, 99);
	ddt_refer(w, "192.0.2.1:4342", NONCE, yes);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.1.2.3 nonce 99");
	assert_int_equal(pending(w), 1);
	ddt_refer(w, "192.0.2.1:4342", 99, yes);
	assert_int_equal(pending(w), 0);
	world_free(w);
}

static void another_itr_has_a_search_of_its_own(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	world_request(w, "10.1.2.3/32", "203.0.113.10:40000"); /* the same nonce, too */
	assert_int_equal(w->out->count, 1);
	assert_int_equal(pending(w), 2);
	world_free(w);
}

/* Section 7.3.2: the next RLOC, then all again, then nothing. */
static void who_does_not_answer_gives_way_to_the_next_and_all_silent_ends_it(void **state)
{
	static const struct {
		uint64_t ms;
		const char *asked;
	} steps[] = {{500, ASKED("192.0.2.2")}, {500, ASKED("192.0.2.1")},
		{1000, ASKED("192.0.2.2")}, {1000, ASKED("192.0.2.1")}, {2000, ASKED("192.0.2.2")}};
	struct world *w = searching(NULL);

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
	assert_int_equal(pending(w), 0);
	assert_int_equal(world_count(w, COUNT_DDT_GAVE_UP), 1);
	assert_int_equal(world_count(w, COUNT_DDT_TIMEOUTS), 6);
	world_free(w);
}

static void who_did_not_answer_lately_is_asked_last(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_pass(w, 500);
	world_clear(w);
	ask_nonce(w, "10.9.9.9/32", ITR, 7);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.2:4342 10.9.9.9 nonce 7");
	world_clear(w);
	ddt_pass(w, 30000);
	world_clear(w);
	ask_nonce(w, "10.9.9.8/32", ITR, 8);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.9.9.8 nonce 8");
	world_free(w);
}

/* Section 6.4: the RLOCs of a referral have priorities and weights as any (RFC 9301 section 5.4).
 */
static void the_rloc_of_the_best_priority_is_asked_first(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8",
			.rlocs = {"192.0.2.11", "192.0.2.12", "192.0.2.13"},
			.priorities = {2, 1, 255}, .weights = {100, 1, 100}});
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.12"));
	world_clear(w);
	ddt_pass(w, 500);
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.11"));
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
	struct world *w = searching(NULL);
	unsigned int to_first = 0;

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8",
			.rlocs = {"192.0.2.11", "192.0.2.12"}, .weights = {100, 100}});
	for (unsigned int i = 1; i <= 32; i++) {
		char itr[32];

		snprintf(itr, sizeof(itr), "203.0.113.%u:40000", 100 + i);
		world_clear(w);
		ask_nonce(w, "10.9.9.9/32", itr, i);
		to_first += strstr(ddt_asked(w, 0), "192.0.2.11:") != NULL;
	}
	assert_in_range(to_first, 8, 24); /* always the same: the hash has a fixed key here */
	world_free(w);
}

static void a_late_answer_of_another_rloc_of_the_referral_counts(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_pass(w, 500); /* 192.0.2.2 is asked now */
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.11"));
	world_free(w);
}

static void silent_nodes_of_a_kept_referral_send_the_search_back_to_the_root(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	ddt_refer(w, "192.0.2.11:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.1.0.0/16", .ttl_min = 15});
	world_clear(w);
	ask_nonce(w, "10.2.0.1/32", ITR, 7);
	ddt_pass(w, 500);
	ddt_pass(w, 1000);
	world_clear(w);
	ddt_pass(w, 2000);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.2.0.1 nonce 7");
	assert_int_equal(kept(w), 1); /* the hole */
	world_free(w);
}

static void what_is_under_way_is_bounded_in_all_and_by_itr(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL); /* 64 in all, 8 an ITR */
	char eid[32], itr[32];

	(void)state;
	for (int i = 0; i < 10; i++) {
		snprintf(eid, sizeof(eid), "10.0.0.%d/32", i);
		world_request(w, eid, ITR);
	}
	assert_int_equal(pending(w), 8);
	assert_int_equal(world_dropped(w, DROP_DDT_PENDING), 2);
	for (int i = 0; i < 70; i++) {
		snprintf(itr, sizeof(itr), "198.18.%d.1:40000", i);
		world_request(w, "10.0.1.1/32", itr);
	}
	assert_int_equal(pending(w), 64);
	assert_int_equal(world_dropped(w, DROP_DDT_PENDING), 2 + 70 - 56);
	world_free(w);
}

static void what_is_kept_is_bounded_and_the_one_not_used_for_longest_goes(void **state)
{
	struct world *w = searching(NULL); /* 16 referrals */
	char prefix[32], eid[32];

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .ttl_min = 15});
	for (unsigned int i = 0; i < 20; i++) {
		snprintf(eid, sizeof(eid), "20.%u.0.1/32", i);
		snprintf(prefix, sizeof(prefix), "20.%u.0.0/16", i);
		world_request(w, "10.5.5.5/32", ITR); /* used: it stays */
		world_request(w, eid, ITR);
		ddt_refer(w, "192.0.2.1:4342", NONCE,
			(struct ddt_record){REFERRAL_HOLE, prefix, .ttl_min = 15});
	}
	assert_int_equal(kept(w), 16);
	assert_int_equal(ddt_resolver_state(w->server->ddt).evicted, 5);
	world_clear(w);
	world_request(w, "10.6.6.6/32", ITR);
	expect_negative(w, "10.0.0.0/8 ttl 15 act 1 { }");
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
	struct endpoint source = world_endpoint(ITR), dest = world_endpoint("10.0.0.1:4342");
	int len = map_request_write(message, sizeof(message), &s);

	(void)state;
	assert_true(len > 8);
	/* A second record by hand: reserved, mask-len 32, AFI 1, 20.0.0.1. */
	memcpy(message + len, "\0\x20\0\1\x14\0\0\1", 8);
	message[3] = 2;
	len = ecm_write(buf, sizeof(buf), &source, &dest, false, message, (size_t)len + 8);
	assert_true(len > 0);
	world_receive(w, ITR, buf, (size_t)len);
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
	struct endpoint source = world_endpoint(ITR), dest = world_endpoint("10.0.0.1:4342");
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
	world_receive(w, ITR, buf, (size_t)len);
	assert_int_equal(w->out->count, 4);
	assert_int_equal(pending(w), 4);
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
	world_request(w, "10.1.128.1/32", ITR);
	expect_negative(w, "10.1.128.0/17 ttl 1 act 1 { }"); /* ours, and not registered */
	world_clear(w);
	world_request(w, "10.1.2.3/32", ITR);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .ttl_min = 15});
	expect_negative(w, "10.1.0.0/17 ttl 15 act 1 { }");
	world_free(w);
}

/* ---- loops ---- */

/* Section 7.3.4; the root, once. */
static void hostile_a_referral_to_itself_is_a_loop(void **state)
{
	const struct ddt_record self = {REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}};
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE, self);
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", NONCE, self);
	expect_negative(w, "10.1.2.3 ttl 1 act 1 { }"); /* it came from the root already */
	assert_int_equal(world_count(w, COUNT_DDT_LOOPS), 1);
	world_clear(w);
	ask_nonce(w, "10.1.2.3/32", ITR, 7); /* begins at what is kept */
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", 7, self);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.1.2.3 nonce 7");
	assert_int_equal(kept(w), 0);
	world_free(w);
}

static void hostile_less_specific_referrals_are_not_followed(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.1.0.0/16", .rlocs = {"192.0.2.11"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.12"}});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_PREFIX), 1);
	ddt_refer(w, "192.0.2.11:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "0.0.0.0/0", .ttl_min = 15});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_PREFIX), 2);
	assert_int_equal(pending(w), 1);
	world_clear(w);
	ask_nonce(w, "10.1.2.4/32", ITR, 7); /* not through the root: begins there */
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", 7,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.12"}});
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.1.2.4 nonce 7");
	world_free(w);
}

static void hostile_a_chain_of_ttl_0_referrals_ends(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	char prefix[64];
	unsigned int i;

	(void)state;
	world_request(w, "2001:db8::1/128", "[2001:db8:1::1]:40000");
	for (i = 0; pending(w); i++) {
		char from[ENDPOINT_TEXT];

		assert_true(i < 30);
		snprintf(from, sizeof(from), "%s", i ? "192.0.2.66:4342" : "192.0.2.1:4342");
		snprintf(prefix, sizeof(prefix), "2001:db8::/%u", 40 + i);
		world_clear(w);
		ddt_refer(w, from, NONCE,
			(struct ddt_record){
				REFERRAL_NODE, prefix, .no_ttl = true, .rlocs = {"192.0.2.66"}});
	}
	assert_int_equal(i, DDT_REFERRALS_MAX + 1);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "2001:db8::1 ttl 1 act 1 { }");
	assert_int_equal(world_count(w, COUNT_DDT_TOO_LONG), 1);
	assert_int_equal(kept(w), 0);
	world_free(w);
}

/* ---- what nobody asked for ---- */

static void hostile_forged_referrals_are_dropped_silently_and_counted(void **state)
{
	const struct ddt_record r = {REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.66"}};
	const struct ddt_record other = {REFERRAL_NODE, "11.0.0.0/8", .rlocs = {"192.0.2.66"}};
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE + 1, r); /* another nonce */
	ddt_refer(w, "192.0.2.99:4342", NONCE, r);    /* nobody who was asked */
	ddt_refer(w, "192.0.2.1:4343", NONCE, r);     /* another port */
	ddt_refer(w, "192.0.2.1:4342", NONCE, other); /* about something else */
	assert_int_equal(w->out->count, 0);
	assert_int_equal(kept(w), 0);
	assert_int_equal(pending(w), 1);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_UNEXPECTED), 4);
	ddt_refer(w, "192.0.2.1:4342", NONCE, r);
	ddt_refer(w, "192.0.2.1:4342", NONCE, r); /* a second time */
	assert_int_equal(world_dropped(w, DROP_REFERRAL_UNEXPECTED), 5);
	world_free(w);
}

static void hostile_unknown_actions_and_useless_locators_leave_the_search_alone(void **state)
{
	struct world *w = searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){.prefix = "10.0.0.0/8", .act_raw = 6});
	assert_int_equal(world_dropped(w, DROP_REFERRAL_ACT), 1);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8",
			.rlocs = {"224.0.0.1", "127.0.0.1", "0.0.0.0", "52:54:00:00:00:01"}});
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){.act = REFERRAL_MS, .prefix = "10.0.0.0/8"});
	assert_int_equal(world_dropped(w, DROP_REFERRAL_LOCATORS), 2);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(pending(w), 1);
	assert_int_equal(kept(w), 0);
	ddt_pass(w, 500);
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.2"));
	world_free(w);
}

static void hostile_malformed_referrals_are_dropped_with_their_field(void **state)
{
	static const uint8_t sig_count_15[] = {0x60, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
		0x77, 0x88, 0, 0, 5, 0xa0, 0, 8, 0, 0, 0xf0, 0, 0, 1, 10, 0, 0, 0};
	struct world *w = searching(NULL);

	(void)state;
	world_receive(w, "192.0.2.1:4342", sig_count_15, sizeof(sig_count_15));
	assert_int_equal(world_dropped(w, DROP_TRUNCATED), 1);
	assert_non_null(strstr(w->log_text, "signature 0: original TTL truncated at byte 28"));
	assert_int_equal(pending(w), 1);
	world_free(w);
}

static void a_referral_to_who_searches_nothing_is_dropped(void **state)
{
	struct world *w = world_new(NULL, NULL, NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .ttl_min = 15});
	assert_int_equal(world_dropped(w, DROP_NO_ROLE), 1);
	world_free(w);
}

/* ---- signatures (section 10.4) ---- */

static void a_signed_chain_from_the_trust_anchor_is_followed(void **state)
{
	struct world *w = searching(vector_parent_public);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"},
			.child_key = true, .sign = true});
	assert_string_equal(ddt_asked(w, 0), ASKED("192.0.2.11"));
	/* 192.0.2.11 has the child's key, and the parent's is none of its. */
	ddt_refer(w, "192.0.2.11:4342", NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/9", .ttl_min = 15, .sign = true});
	assert_int_equal(world_dropped(w, DROP_REFERRAL_SIGNATURE), 1);
	assert_int_equal(pending(w), 1);
	world_free(w);
}

static void hostile_unsigned_changed_and_untimely_referrals_are_discarded(void **state)
{
	struct ddt_record r = {
		REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}, .child_key = true};
	struct world *w = searching(vector_parent_public);
	uint8_t buf[1500];
	size_t len;

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE, r); /* not signed at all */
	r.sign = true;
	len = ddt_write_referral(buf, sizeof(buf), NONCE, &r);
	buf[len - 1] ^= 1; /* a wrong signature */
	world_receive(w, "192.0.2.1:4342", buf, len);
	buf[len - 1] ^= 1;
	buf[24] = 11; /* 11.0.0.0/8 does not cover the EID; 10.0.0.0/7 does */
	buf[17] = 7;
	buf[24] = 10;
	world_receive(w, "192.0.2.1:4342", buf, len);
	r.expiration = DDT_WALL - 1;
	ddt_refer(w, "192.0.2.1:4342", NONCE, r);
	r.expiration = 0;
	r.inception = DDT_WALL + 10;
	ddt_refer(w, "192.0.2.1:4342", NONCE, r);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_SIGNATURE), 5);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(kept(w), 0);
	world_free(w);
}

static void a_referral_is_kept_no_longer_than_its_signature_counts(void **state)
{
	struct world *w = searching(vector_parent_public);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"},
			.child_key = true, .sign = true, .expiration = DDT_WALL + 600});
	world_clear(w);
	w->now = mono_add_ms(w->now, 599000);
	ask_nonce(w, "10.2.0.1/32", ITR, 7);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.11:4342 10.2.0.1 nonce 7");
	world_clear(w);
	w->now = mono_add_ms(w->now, 2000);
	ask_nonce(w, "10.2.0.2/32", ITR, 8);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.2.0.2 nonce 8");
	world_free(w);
}

static void ms_ack_is_kept_with_the_keys_of_who_said_it(void **state)
{
	struct world *w = searching(vector_parent_public);

	(void)state;
	/* The root is the Map-Server, too; its peer brings no key. */
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){
			REFERRAL_MS_ACK, "10.0.0.0/8", .rlocs = {"192.0.2.66"}, .sign = true});
	assert_int_equal(pending(w), 0);
	ask_nonce(w, "10.2.0.1/32", ITR, 7);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.2.0.1 nonce 7");
	ddt_refer(w, "192.0.2.1:4342", 7,
		(struct ddt_record){
			REFERRAL_MS_ACK, "10.0.0.0/8", .rlocs = {"192.0.2.66"}, .sign = true});
	assert_int_equal(pending(w), 0);
	world_free(w);
}

/* ---- LISP-SEC (sections 7.3.2 and 10.4; RFC 9303 section 6.6) ---- */

static const struct otk itr_otk = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static void add_peer(struct world *w, const char *prefix, const char *secret)
{
	struct secure_peer peer = {.unwrapped = false};
	struct eid e = world_eid(prefix);

	if (!w->server->peers)
		w->server->peers = secure_peers_new((const uint8_t *)"0123456789abcdef");
	assert_int_equal(otk_keys_add(&peer.keys, 1, secret, strlen(secret)), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &e, &peer), 0);
}

/* The ITR asks for 10.1.2.3 with LISP-SEC; the resolver has keys with it and with 192.0.2.101. */
static struct world *searching_protected(void)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	struct endpoint from = world_endpoint(ITR), dest = world_endpoint("10.1.2.3:4342");
	struct map_request_spec s = {
		.nonce = NONCE, .itr_rloc_count = 1, .eid = world_eid("10.1.2.3/32")};
	struct otk_tools *tools = otk_tools_new();
	uint8_t message[256], ad[64], buf[600];
	struct otk_keys keys = {0};
	struct otk_wrapped wrapped;
	struct wire_writer ww;
	int len;

	add_peer(w, "203.0.113.0/24", "itr-secret");
	add_peer(w, "192.0.2.101/32", "ms-secret");
	s.itr_rlocs[0] = from.addr;
	len = map_request_write(message, sizeof(message), &s);
	assert_int_equal(otk_keys_add(&keys, 1, "itr-secret", 10), 0);
	assert_true(otk_wrap(tools, &keys.list[0], NONCE, &itr_otk, &wrapped));
	wire_writer_init(&ww, ad, sizeof(ad));
	lispsec_request_write(&ww, OTK_HMAC_SHA256_128, &wrapped);
	lispsec_eid_ad_write_bare(&ww, OTK_KDF_HKDF_SHA256);
	len = ecm_write_secure(buf, sizeof(buf), &from, &dest, ad, ww.pos, message, (size_t)len);
	assert_true(len > 0);
	otk_tools_free(tools);
	world_receive(w, ITR, buf, (size_t)len);
	return w;
}

/* The @i-th datagram is a DDT Map-Request to @to, whose One-Time Key opens with @secret; NULL: it
 * has no authentication data. */
static void expect_request(struct world *w, unsigned int i, const char *to, const char *secret)
{
	struct otk_tools *tools = otk_tools_new();
	struct lispsec_request ad;
	struct otk_keys keys = {0};
	struct wire_fault fault;
	struct ecm ecm;
	struct otk otk;

	assert_string_equal(ddt_asked(w, i), to);
	assert_int_equal(ecm_parse(outbox_bytes(w->out, i), w->out->list[i].len, &ecm, &fault), 0);
	assert_int_equal(ecm.security, secret != NULL);
	if (secret) {
		assert_int_equal(lispsec_request_parse(outbox_bytes(w->out, i), ecm.security_data,
					 ecm.security_len, &ad, &fault),
			0);
		assert_int_equal(ad.hmac_id, OTK_HMAC_SHA256_128);
		assert_int_equal(ad.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
		assert_int_equal(otk_keys_add(&keys, 1, secret, strlen(secret)), 0);
		assert_true(otk_unwrap(tools, &keys.list[0], NONCE, &ad.otk, &otk));
		assert_memory_equal(&otk, &itr_otk, sizeof(otk));
	}
	otk_tools_free(tools);
}

static void nodes_are_asked_without_security_material_and_map_servers_with_it(void **state)
{
	struct world *w = searching_protected();

	(void)state;
	expect_request(w, 0, ASKED("192.0.2.1"), NULL);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	expect_request(w, 0, ASKED("192.0.2.11"), NULL);
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, "10.1.0.0/16", .rlocs = {"192.0.2.101"}});
	expect_request(w, 0, ASKED("192.0.2.101"), "ms-secret");
	ddt_refer(w, "192.0.2.101:4342", NONCE,
		(struct ddt_record){REFERRAL_MS_ACK, "10.1.2.0/24", .rlocs = {"192.0.2.101"},
			.incomplete = true});
	assert_int_equal(pending(w), 0);
	world_free(w);
}

static void ms_ack_to_a_request_without_its_material_has_it_sent_again_with_it(void **state)
{
	const struct ddt_record yes = {REFERRAL_MS_ACK, "10.1.2.0/24", .rlocs = {"192.0.2.101"}};
	struct world *w = searching_protected();

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", NONCE, /* it did not say that this is a Map-Server */
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", NONCE, yes);
	expect_request(w, 0, ASKED("192.0.2.101"), "ms-secret");
	assert_int_equal(pending(w), 1);
	assert_int_equal(kept(w), 2);
	ddt_refer(w, "192.0.2.101:4342", NONCE, yes);
	assert_int_equal(pending(w), 0);
	assert_int_equal(world_count(w, COUNT_DDT_DONE), 1);
	world_free(w);
}

static void a_map_server_without_a_key_of_ours_is_passed_over(void **state)
{
	struct world *w = searching_protected();

	(void)state;
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){
			REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.100", "192.0.2.101"}});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_OTK_PASS), 1);
	ddt_pass(w, 500);
	expect_request(w, 0, ASKED("192.0.2.101"), "ms-secret");
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
		cmocka_unit_test(hostile_a_referral_to_itself_is_a_loop),
		cmocka_unit_test(hostile_less_specific_referrals_are_not_followed),
		cmocka_unit_test(hostile_a_chain_of_ttl_0_referrals_ends),
		cmocka_unit_test(hostile_forged_referrals_are_dropped_silently_and_counted),
		cmocka_unit_test(
			hostile_unknown_actions_and_useless_locators_leave_the_search_alone),
		cmocka_unit_test(hostile_malformed_referrals_are_dropped_with_their_field),
		cmocka_unit_test(a_referral_to_who_searches_nothing_is_dropped),
		cmocka_unit_test(a_signed_chain_from_the_trust_anchor_is_followed),
		cmocka_unit_test(hostile_unsigned_changed_and_untimely_referrals_are_discarded),
		cmocka_unit_test(a_referral_is_kept_no_longer_than_its_signature_counts),
		cmocka_unit_test(ms_ack_is_kept_with_the_keys_of_who_said_it),
		cmocka_unit_test(nodes_are_asked_without_security_material_and_map_servers_with_it),
		cmocka_unit_test(
			ms_ack_to_a_request_without_its_material_has_it_sent_again_with_it),
		cmocka_unit_test(a_map_server_without_a_key_of_ours_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
