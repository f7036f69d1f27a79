/* Moves that are shown, that are lost, repeated, aborted and tried again, and those within a site.
 * See docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"

static void what_is_known_of_a_guest_on_its_way_is_shown(void **state)
{
	struct sites *s = sites_new();
	struct address at_1 = world_address(rlocs[1]);
	struct router_handover_view v;

	v = view_at(s, 0);
	assert_string_equal(v.phase, "here");
	assert_string_equal(v.agent, "agent");
	assert_string_equal(v.word, "running");
	assert_int_equal(v.candidate_count, 0);
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 100);
	v = view_at(s, 0);
	assert_int_equal(v.candidate_count, 1);
	assert_true(address_equal(&v.candidates[0], &at_1));
	v = view_at(s, 1);
	assert_string_equal(v.phase, "expected");
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	stop(s, 0, 0);
	pass(s, 10);
	v = view_at(s, 0);
	assert_string_equal(v.phase, "paused");
	assert_true(v.in_migration);
	assert_true(address_equal(&v.to, &at_1));
	sites_free(s);
}

static void a_guest_that_nobody_owns_is_claimed_where_it_starts(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_GONE);
	pass(s, 5);
	assert_int_equal(s->owner, -1);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	shown(s, 1, 0); /* a start is no move */
	sites_free(s);
}

/* To peers that its new site has to ask for first. */
static void what_a_guest_that_has_come_sends_waits_as_what_came_for_it(void **state)
{
	struct sites *s = sites_new();
	uint32_t i;

	for (i = 0; i < 66; i++)
		world_miss_at(s->x[1], PORT, "10.9.0.5/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 2); /* nobody has come yet */
	leave(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_true(here(s, 1));
	for (i = 0; i < 200; i++)
		world_miss_at(s->x[1], PORT, "10.9.0.6/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 2);
	for (i = 0; i < 66; i++) /* from the core: as ever */
		world_miss(s->x[1], "10.9.0.7/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 4);
	pass(s, 10001);
	for (i = 0; i < 66; i++)
		world_miss_at(s->x[1], PORT, "10.9.0.8/32", i);
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 6);
	sites_free(s);
}

/* The queue of what comes up is never empty: others are on their way, too. */
static void a_guest_among_many_is_drained_when_the_queue_was_passed_without_it(void **state)
{
	struct sites *s = sites_new();
	struct fake_datapath *dp = &s->x[1]->dp;

	say(s, 1, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 2);
	world_miss(s->x[1], HOST, 1);
	world_miss(s->x[1], HOST, 2);
	dp->pending = true;
	dp->in = 100;
	dp->out = 90;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 2); /* released, and 10 packets are queued, perhaps its own */
	injected(s, 1, "12");
	assert_true(entry_at(s, 1)->hold);
	dp->in = 120;
	dp->out = 99;
	world_miss(s->x[1], HOST, 3); /* indeed; so perhaps of the next 21, too */
	injected(s, 1, "123");
	dp->out = 101;
	pass(s, 2);
	assert_true(entry_at(s, 1)->hold);
	dp->in = 140;
	dp->out = 121;
	pass(s, 2);
	assert_true(here(s, 1));
	sites_free(s);
}

static void without_a_next_place_packets_wait_until_it_is_known(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 500);
	assert_true(entry_at(s, 0)->hold);
	injected(s, 0, "");
	say(s, 1, HANDOVER_RUNNING); /* asks, and is accepted */
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	injected(s, 0, "1");
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void a_prepared_move_needs_no_map_server(void **state)
{
	struct sites *s = prepared();

	s->cut_off = true;
	stop(s, 0, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 2);
	live(s, 1, 20);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	injected(s, 0, "1");
	live(s, 1, 40);
	assert_true(goes_to(s, 0, 1)); /* as long as it takes */
	s->cut_off = false;
	live(s, 1, 60);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static void every_third_message_may_be_lost(void **state)
{
	struct sites *s = sites_new();
	unsigned int i;

	s->lose = 3;
	for (i = 0; i < 6; i++) {
		say(s, 1, HANDOVER_INCOMING);
		say(s, 0, HANDOVER_LEAVING);
		pass(s, 300);
	}
	stop(s, 0, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 300);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	injected(s, 0, "1");
	sites_free(s);
}

static void older_words_and_wrong_keys_change_nothing(void **state)
{
	struct sites *s = sites_new();
	uint64_t old = s->counter;

	state_by(s, 0, 0, AGENT_KEY, HANDOVER_GONE, false, 0, old - 1);
	pass(s, 5);
	assert_int_equal(s->result[0], HANDOVER_OLD);
	assert_true(here(s, 0));
	state_by(s, 0, 0, "another key", HANDOVER_GONE, false, 0, ++s->counter);
	state_by(s, 0, 1, AGENT_KEY, HANDOVER_GONE, false, 0, ++s->counter); /* not here */
	pass(s, 5);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AUTH), 2);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void an_agent_speaks_for_its_own_prefixes_only(void **state)
{
	struct sites *s = sites_new();

	s->x[0]->policy.agents[0].prefixes[0] = world_eid("10.1.9.0/24");
	s->x[0]->policy.agents[0].prefix_count = 1;
	reload(s, 0);
	say(s, 0, HANDOVER_GONE);
	pass(s, 5);
	assert_int_equal(s->result[0], HANDOVER_NOT_PERMITTED);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_EID), 1);
	assert_true(here(s, 0));
	sites_free(s);
}

static void a_restarted_router_asks_its_agents_and_claims(void **state)
{
	struct sites *s = sites_new();

	world_restart(s->x[0]);
	pass(s, 20);
	assert_int_equal(s->asks[0], 2); /* once at the first start */
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 0, XTR_CLAIMS_GRANTED), 1);
	sites_free(s);
}

static void a_move_within_the_site_asks_nobody_and_takes_the_unread_packets_along(void **state)
{
	struct sites *s = sites_new();
	uint64_t refreshes;

	s->claims = 0;
	beside_says(s, 0, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	beside_says(s, 0, HANDOVER_INCOMING);
	pass(s, 5);
	assert_int_equal(s->prepares, 1); /* of its first start */
	assert_true(here(s, 0));
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	tail(s, 0, 0, 1, 1);
	pass(s, 100);
	injected(s, 0, "");
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	injected(s, 0, "12");
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_MOVED);
	say(s, 0, HANDOVER_GONE); /* no longer its guest */
	pass(s, 5);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 0); /* no message to a Map-Server, */
	refreshes = counter(s, 0, XTR_REFRESHES_SENT);
	for (int i = 0; i < 10; i++) {
		beside_says(s, 0, HANDOVER_RUNNING);
		pass(s, 10000);
	}
	assert_int_equal(s->claims, 0); /* but in its time */
	assert_true(counter(s, 0, XTR_REFRESHES_SENT) > refreshes);
	sites_free(s);
}

/* Who was told that it may have the guest may have claimed it, or do so yet. */
static void a_guest_that_goes_on_beside_is_claimed_where_another_site_was_prepared(void **state)
{
	struct sites *s = prepared();

	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	s->claims = 0;
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->claims, 1);
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void a_tail_that_comes_after_a_move_within_the_site_follows(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	beside_says(s, 0, HANDOVER_RUNNING);
	assert_true(here(s, 0));
	tail(s, 0, 0, 1, 1);
	injected(s, 0, "1");
	tail(s, 0, 0, 1, 1); /* repeated */
	injected(s, 0, "1");
	sites_free(s);
}

/* The key of one hypervisor says nothing of a guest that another at the same site runs. */
static void a_hypervisor_takes_no_guest_of_another_at_its_site(void **state)
{
	struct sites *s = sites_new();

	beside_says(s, 0, HANDOVER_RUNNING);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_PAUSED, true, 0, ++s->counter);
	beside_says(s, 0, HANDOVER_GONE);
	pass(s, 100);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	sites_free(s);
}

static void there_and_back_again_within_a_second(void **state)
{
	struct sites *s = stopped();
	struct router_move m;

	say(s, 1, HANDOVER_RUNNING);
	pass(s, 100);
	assert_int_equal(s->owner, 1);
	say(s, 0, HANDOVER_INCOMING);
	say(s, 1, HANDOVER_LEAVING);
	pass(s, 10);
	world_away_hit(s->x[0], HOST, "192.0.2.77");
	stop(s, 1, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[1], HOST, 1);
	tail(s, 1, 0, 0, 0);
	pass(s, 10);
	assert_true(goes_to(s, 1, 0));
	injected(s, 1, "1");
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 10);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	m = shown(s, 0, 2);
	assert_int_equal(m.side, ROUTER_MOVE_DESTINATION);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	m = shown(s, 1, 2);
	assert_int_equal(m.side, ROUTER_MOVE_SOURCE);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	sites_free(s);
}

/* A migration that fails while it copies is no event for packets, and one for whoever planned it.
 */
static void a_copy_that_fails_is_an_aborted_move(void **state)
{
	struct sites *s = prepared();

	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_NONE);
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_ABORTED);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_ABORTED);
	/* The next attempt is another one. */
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	shown(s, 0, 2);
	assert_int_equal(shown(s, 1, 2).result, ROUTER_RESULT_NONE);
	sites_free(s);
}

static void of_the_moves_that_have_ended_the_last_256_are_shown(void **state)
{
	struct sites *s = prepared();
	struct router_move last;

	for (unsigned int i = 0; i < 300; i++) {
		say(s, 0, i % 2 ? HANDOVER_LEAVING : HANDOVER_RUNNING);
		pass(s, 2);
	}
	last = shown(s, 0, 1 + 150);
	assert_int_equal(last.result, ROUTER_RESULT_NONE);
	for (unsigned int i = 0; i < 300; i++) {
		say(s, 0, i % 2 ? HANDOVER_LEAVING : HANDOVER_RUNNING);
		pass(s, 2);
	}
	shown(s, 0, 1 + 256);
	sites_free(s);
}

static void an_aborted_move_can_be_tried_again_at_once(void **state)
{
	struct sites *s = stopped();
	unsigned int prepares = s->prepares;

	say(s, 0, HANDOVER_RUNNING);
	pass(s, 200); /* it is forgotten there, and prepares anew by itself */
	assert_true(s->prepares > prepares);
	assert_true(here(s, 0));
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void what_resumes_before_it_has_heard_that_the_last_move_was_aborted_is_not_heard(
	void **state)
{
	struct sites *s = stopped();
	uint64_t steps;

	s->mute[1] = true;
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 1); /* ABORTED is lost, and said again after 50 ms */
	assert_int_equal(s->seq, 2);
	s->mute[1] = false;
	stop(s, 0, 0);
	settle(s);
	steps = counter(s, 0, XTR_HANDOVER_STEPS);
	s->cut_off = true;
	say(s, 1, HANDOVER_RUNNING);
	assert_true(here(s, 1)); /* accepted before, it knows no better, and says RESUMED */
	pass(s, 20);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_STEPS), steps);
	assert_true(entry_at(s, 0)->hold);
	s->cut_off = false;
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

/* It has thrown away the key under which it is told ABORTED, and can never acknowledge that. */
static void what_prepares_anew_is_told_off_no_longer(void **state)
{
	struct sites *s = stopped();

	s->mute[1] = true;
	say(s, 1, HANDOVER_GONE);
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 1); /* CANCELLED and ABORTED are lost */
	say(s, 1, HANDOVER_INCOMING);
	s->mute[1] = false;
	pass(s, 100);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	say(s, 1, HANDOVER_RUNNING);
	assert_true(here(s, 1));
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static void a_cancelled_move_can_be_tried_again_at_once(void **state)
{
	struct sites *s = prepared();

	say(s, 1, HANDOVER_GONE);
	pass(s, 5);
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_EXPECT_OWNER);
	stop(s, 0, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void a_guest_that_stops_before_it_was_accepted_is_not_taken_over(void **state)
{
	struct sites *s = sites_new();

	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 100);
	stop(s, 1, 0);
	pass(s, 5000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

/* It may have been elsewhere: only after `paused` does `running` mean that nothing came of it. */
static void a_guest_that_runs_again_after_it_was_gone_is_asked_for_first(void **state)
{
	struct sites *s = stopped();
	unsigned int prepares;

	say(s, 0, HANDOVER_GONE);
	pass(s, 2);
	prepares = s->prepares;
	say(s, 0, HANDOVER_RUNNING);
	assert_false(here(s, 0));
	pass(s, 5);
	assert_true(s->prepares > prepares);
	assert_true(here(s, 0)); /* nobody has claimed it meanwhile */
	sites_free(s);
}

static void a_move_stays_prepared_while_the_map_server_is_away(void **state)
{
	struct sites *s = prepared();

	s->cut_off = true;
	for (unsigned int i = 0; i < 5; i++) {
		pass(s, 10000);
		say(s, 1, HANDOVER_INCOMING);
		say(s, 0, HANDOVER_LEAVING);
	}
	stop(s, 0, 0);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void what_waited_for_an_owner_to_be_known_goes_there(void **state)
{
	struct sites *s = sites_new();

	s->cut_off = true;
	say(s, 1, HANDOVER_INCOMING);
	world_miss(s->x[1], HOST, 1);
	pass(s, 5);
	injected(s, 1, "");
	s->cut_off = false;
	pass(s, 100);
	injected(s, 1, "1");
	assert_true(goes_to(s, 1, 0));
	assert_true(entry_at(s, 1)->away); /* so does what comes by an old mapping */
	sites_free(s);
}

static void a_router_that_is_not_told_where_a_guest_went_asks(void **state)
{
	static const char *const there[] = {"198.51.100.1", NULL};
	struct sites *s = sites_new();
	struct map_request m;

	stop(s, 0, 0);
	world_miss(s->x[0], HOST, 1);
	pass(s, 5);
	say(s, 0, HANDOVER_GONE);
	m = world_take_request(s->x[0]);
	world_reply(s->x[0], m.nonce, HOST, 60, LISP_ACT_NONE, there);
	pass(s, 1);
	assert_true(goes_to(s, 0, 1));
	injected(s, 0, "1");
	sites_free(s);
}

static void what_was_cached_before_a_guest_was_expected_is_not_believed_when_it_does_not_come(
	void **state)
{
	static const char *const before[] = {"192.0.2.1", NULL};
	struct sites *s = sites_new();
	struct map_request m;

	world_miss(s->x[1], HOST, 1);
	m = world_take_request(s->x[1]);
	world_reply(s->x[1], m.nonce, HOST, 60, LISP_ACT_NONE, before);
	pass(s, 5);
	assert_true(goes_to(s, 1, 0));
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	world_notify(s->x[1], 99, HOST, "203.0.113.77");
	s->mute[1] = true; /* what it hears next is not the question here */
	say(s, 1, HANDOVER_GONE);
	pass(s, 60000);
	assert_false(goes_to(s, 1, 0));
	sites_free(s);
}

static void an_old_publication_does_not_say_where_a_guest_is(void **state)
{
	struct sites *s = sites_new();

	stop(s, 0, 0);
	pass(s, 5);
	world_notify(s->x[0], 99, HOST, "203.0.113.77");
	pass(s, 1);
	assert_int_equal(counter(s, 0, XTR_NOTIFY_UNSOLICITED), 1);
	assert_int_equal(entry_at(s, 0)->action, DATAPATH_LOCAL);
	assert_true(entry_at(s, 0)->hold);
	sites_free(s);
}

static void nor_who_has_a_guest_that_is_expected(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	assert_true(goes_to(s, 1, 0));
	s->prepares = 0;
	world_notify(s->x[1], 99, HOST, "203.0.113.77");
	pass(s, 1);
	assert_int_equal(counter(s, 1, XTR_NOTIFY_UNSOLICITED), 1);
	assert_true(goes_to(s, 1, 0));
	assert_int_equal(s->prepares, 1); /* the Map-Server is asked */
	sites_free(s);
}

/* It is of a Map-Server, say, that has not heard of the move before. */
static void an_answer_asked_for_before_the_notify_does_not_say_where_a_guest_is(void **state)
{
	static const char *const before[] = {"203.0.113.77", NULL};
	struct sites *s = sites_new();
	struct map_request m;

	stop(s, 0, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_GONE);
	m = world_take_request(s->x[0]);
	world_move(s->x[0], MOVE_NOTIFY, ++s->counter, s->seq + 1, HOST, rlocs[1], false);
	assert_true(goes_to(s, 0, 1));
	world_reply(s->x[0], m.nonce, HOST, 60, LISP_ACT_NONE, before);
	pass(s, 1);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void what_was_on_its_way_when_a_guest_moved_may_go_back_for_two_seconds(void **state)
{
	struct sites *s = prepared();

	stop(s, 0, 0);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 100);
	assert_int_equal(s->owner, 1);
	assert_true(goes_to(s, 0, 1) && entry_at(s, 0)->back);
	pass(s, 2000);
	assert_true(goes_to(s, 0, 1));
	assert_false(entry_at(s, 0)->back);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_of_a_guest_on_its_way_is_shown),
		cmocka_unit_test(a_guest_that_nobody_owns_is_claimed_where_it_starts),
		cmocka_unit_test(without_a_next_place_packets_wait_until_it_is_known),
		cmocka_unit_test(a_prepared_move_needs_no_map_server),
		cmocka_unit_test(every_third_message_may_be_lost),
		cmocka_unit_test(older_words_and_wrong_keys_change_nothing),
		cmocka_unit_test(an_agent_speaks_for_its_own_prefixes_only),
		cmocka_unit_test(a_restarted_router_asks_its_agents_and_claims),
		cmocka_unit_test(
			a_move_within_the_site_asks_nobody_and_takes_the_unread_packets_along),
		cmocka_unit_test(
			a_guest_that_goes_on_beside_is_claimed_where_another_site_was_prepared),
		cmocka_unit_test(a_tail_that_comes_after_a_move_within_the_site_follows),
		cmocka_unit_test(a_hypervisor_takes_no_guest_of_another_at_its_site),
		cmocka_unit_test(there_and_back_again_within_a_second),
		cmocka_unit_test(a_copy_that_fails_is_an_aborted_move),
		cmocka_unit_test(of_the_moves_that_have_ended_the_last_256_are_shown),
		cmocka_unit_test(what_a_guest_that_has_come_sends_waits_as_what_came_for_it),
		cmocka_unit_test(
			a_guest_among_many_is_drained_when_the_queue_was_passed_without_it),
		cmocka_unit_test(an_aborted_move_can_be_tried_again_at_once),
		cmocka_unit_test(
			what_resumes_before_it_has_heard_that_the_last_move_was_aborted_is_not_heard),
		cmocka_unit_test(what_prepares_anew_is_told_off_no_longer),
		cmocka_unit_test(a_cancelled_move_can_be_tried_again_at_once),
		cmocka_unit_test(a_guest_that_stops_before_it_was_accepted_is_not_taken_over),
		cmocka_unit_test(a_guest_that_runs_again_after_it_was_gone_is_asked_for_first),
		cmocka_unit_test(a_move_stays_prepared_while_the_map_server_is_away),
		cmocka_unit_test(what_waited_for_an_owner_to_be_known_goes_there),
		cmocka_unit_test(a_router_that_is_not_told_where_a_guest_went_asks),
		cmocka_unit_test(an_old_publication_does_not_say_where_a_guest_is),
		cmocka_unit_test(nor_who_has_a_guest_that_is_expected),
		cmocka_unit_test(
			what_was_cached_before_a_guest_was_expected_is_not_believed_when_it_does_not_come),
		cmocka_unit_test(
			an_answer_asked_for_before_the_notify_does_not_say_where_a_guest_is),
		cmocka_unit_test(
			what_was_on_its_way_when_a_guest_moved_may_go_back_for_two_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
