/* A guest moves from one hypervisor of its site to another, which are behind two RBridges of one
 * campus: when what is held for it is let go (docs/decisions/campus.md). */
#include "tests/unit/handover_sites.h"

#define A 0x0c01 /* the RBridge of the agent "agent", where it begins */
#define B 0x0c04 /* of the one beside */

#define WAIT_MS 50

static unsigned int claims_before;

static struct router_station station_at(uint16_t nickname)
{
	return (struct router_station){.ifindex = PORT,
		.mac = {2, 0, 0, 0, 0, 9},
		.attested = true,
		.nickname = nickname,
		.ip_count = 1,
		.ips = {world_eid(HOST).addr}};
}

/* The RBridge tells the router of site 0 that the guest is behind @nickname, or is not any more. */
static void told(struct sites *s, uint16_t nickname, bool gone)
{
	struct router_station station = station_at(nickname);

	station.gone = gone;
	world_station(s->x[0], &station);
	settle(s);
}

/* It runs at A, as the campus says, and the first agent's; what comes for it is numbered. */
static struct sites *at_a(void)
{
	struct sites *s = sites_new();

	s->x[0]->policy.campus.move_wait_ms = WAIT_MS;
	reload(s, 0);
	told(s, A, false);
	pass(s, 5);
	assert_true(here(s, 0));
	claims_before = s->claims;
	return s;
}

static void miss(struct sites *s, uint32_t id)
{
	world_miss(s->x[0], HOST, id);
}

/* at_a(), and it has stopped, and packet 1 is held. */
static struct sites *stopped_at_a(void)
{
	struct sites *s = at_a();

	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	miss(s, 1);
	pass(s, 2);
	injected(s, 0, "");
	return s;
}

static void runs_beside(struct sites *s)
{
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 1);
}

static void beside_stops(struct sites *s, uint16_t tail)
{
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_PAUSED, true, tail, ++s->counter);
}

/* @ids have gone, in this order, in time, and nobody was told of the move. */
static void has_gone(struct sites *s, const char *ids, unsigned int late)
{
	assert_true(here(s, 0));
	injected(s, 0, ids);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_CAMPUS_LATE), late);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, claims_before);
}

static void expect_waits(struct sites *s)
{
	assert_true(entry_at(s, 0)->hold);
	injected(s, 0, "");
}

/* Two hypervisors behind two ports of one RBridge, whose events are ahead of the agent's word. */
static void its_old_rbridge_that_had_it_no_more_and_has_it_again_has_it_at_another_port(
	void **state)
{
	struct sites *s = stopped_at_a();

	told(s, A, true);
	told(s, A, false);
	runs_beside(s);
	has_gone(s, "1", 0);
	/* And back: what was said since the first stop is over. */
	beside_says(s, 0, HANDOVER_LEAVING);
	beside_stops(s, 0);
	miss(s, 2);
	pass(s, 2);
	say(s, 0, HANDOVER_RUNNING);
	pass(s, WAIT_MS / 2);
	assert_true(entry_at(s, 0)->hold);
	injected(s, 0, "1");
	told(s, A, true);
	pass(s, 1);
	has_gone(s, "12", 0);
	sites_free(s);

	s = at_a(); /* the word that it stopped is late as well */
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	told(s, A, true);
	told(s, A, false);
	runs_beside(s);
	assert_true(here(s, 0));
	assert_int_equal(counter(s, 0, XTR_HANDOVER_CAMPUS_LATE), 0);
	sites_free(s);
}

static void what_the_campus_knew_before_the_guest_ran_is_not_waited_for(void **state)
{
	struct sites *s = stopped_at_a();

	told(s, A, true);
	runs_beside(s);
	has_gone(s, "1", 0);
	sites_free(s);

	s = stopped_at_a();
	told(s, A, true);
	told(s, B, false);
	runs_beside(s);
	has_gone(s, "1", 0);
	sites_free(s);
}

static void it_waits_until_the_campus_has_it_at_its_old_place_no_more(void **state)
{
	struct sites *s = stopped_at_a();

	runs_beside(s);
	miss(s, 2);
	pass(s, 20);
	expect_waits(s);
	told(s, A, true);
	pass(s, 1);
	has_gone(s, "12", 0);
	told(s, B, false);
	pass(s, WAIT_MS);
	has_gone(s, "12", 0);
	sites_free(s);
}

static void or_at_its_new_place(void **state)
{
	struct sites *s = stopped_at_a();

	runs_beside(s);
	told(s, A, false); /* the same again */
	pass(s, 20);
	expect_waits(s);
	told(s, B, false);
	pass(s, 1);
	has_gone(s, "1", 0);
	sites_free(s);
}

static void not_longer_than_the_policy_says(void **state)
{
	struct sites *s = stopped_at_a();

	runs_beside(s);
	pass(s, WAIT_MS - 2);
	expect_waits(s);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_CAMPUS_LATE), 0);
	pass(s, 2);
	has_gone(s, "1", 1);
	told(s, A, true); /* at last */
	pass(s, 1000);
	has_gone(s, "1", 1);
	sites_free(s);
}

static void without_a_campus_nothing_waits(void **state)
{
	struct sites *s = stopped_at_a();

	s->x[0]->policy.campus.move_wait_ms = 0;
	reload(s, 0);
	runs_beside(s);
	has_gone(s, "1", 0);
	sites_free(s);

	s = sites_new(); /* nobody told of a station */
	s->x[0]->policy.campus.move_wait_ms = WAIT_MS;
	reload(s, 0);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 20);
	claims_before = s->claims;
	stop(s, 0, 0);
	miss(s, 1);
	runs_beside(s);
	has_gone(s, "1", 0);
	sites_free(s);
}

/* What it said last stands while it is away; what it says again first is a list. */
static void an_rbridge_that_is_away_is_waited_for_and_its_list_ends_that(void **state)
{
	struct router_station station = station_at(B);
	struct sites *s = stopped_at_a();

	runs_beside(s);
	pass(s, 10);
	router_stations_begin(s->x[0]->router);
	station.listed = true;
	expect_waits(s);
	world_station(s->x[0], &station);
	pass(s, 1);
	has_gone(s, "1", 0);
	router_stations_end(s->x[0]->router, false, s->x[0]->now, s->x[0]->out);
	sites_free(s);

	s = stopped_at_a();
	runs_beside(s);
	router_stations_begin(s->x[0]->router);
	router_stations_end(s->x[0]->router, true, s->x[0]->now, s->x[0]->out); /* it is in none */
	pass(s, 1);
	has_gone(s, "1", 0);
	sites_free(s);
}

static void what_the_guest_had_not_read_goes_first(void **state)
{
	struct sites *s = at_a();

	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	miss(s, 3);
	pass(s, 2);
	runs_beside(s);
	miss(s, 4);
	tail(s, 0, 1, 2, 2);
	tail(s, 0, 0, 2, 1);
	pass(s, 10);
	expect_waits(s);
	told(s, A, true);
	miss(s, 5);
	pass(s, 1);
	has_gone(s, "12345", 0);
	sites_free(s);
}

/* That it may be at another site is dealt with as without a wait: who says so is asked about. */
static void another_site_that_has_it_ends_the_wait(void **state)
{
	struct sites *s = prepared();

	s->x[0]->policy.campus.move_wait_ms = WAIT_MS;
	reload(s, 0);
	told(s, A, false);
	stop(s, 0, HANDOVER_TAIL_FOLLOWS); /* it goes on when the tail has come */
	miss(s, 1);
	pass(s, 2);
	runs_beside(s);
	tail(s, 0, 0, 1, 2);
	pass(s, 5);
	expect_waits(s); /* it is not sent to who might have had it */
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 1);
	injected(s, 0, "21");
	assert_int_equal(counter(s, 0, XTR_HANDOVER_CAMPUS_LATE), 0);
	sites_free(s);
}

static void a_guest_that_went_to_another_site_waits_for_no_campus(void **state)
{
	struct sites *s = prepared();

	s->x[0]->policy.campus.move_wait_ms = s->x[1]->policy.campus.move_wait_ms = WAIT_MS;
	reload(s, 0);
	reload(s, 1);
	told(s, A, false);
	stop(s, 0, 0);
	miss(s, 1);
	pass(s, 1);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 2);
	assert_int_equal(s->owner, 1);
	assert_true(goes_to(s, 0, 1));
	assert_true(here(s, 1));
	sites_free(s);
}

static void two_moves_in_a_row_lose_nothing_and_keep_the_order(void **state)
{
	struct sites *s = stopped_at_a();

	runs_beside(s);
	beside_says(s, 0, HANDOVER_LEAVING);
	miss(s, 2);
	pass(s, 5);
	expect_waits(s);
	beside_stops(s, 0); /* before the campus has heard of the first move */
	miss(s, 3);
	pass(s, 2);
	expect_waits(s);
	told(s, B, false);
	pass(s, 2);
	expect_waits(s);
	told(s, B, true);
	say(s, 0, HANDOVER_RUNNING);
	miss(s, 4);
	pass(s, 1);
	has_gone(s, "1234", 0);
	sites_free(s);
}

/* A packet of what it had not read at the agent @agent's. */
static void tail_of(struct sites *s, unsigned int agent, uint16_t index, uint16_t of, uint8_t id)
{
	struct eid host = world_eid(HOST);
	uint8_t packet[32] = {0x40 | id};
	struct handover h = {.kind = HANDOVER_TAIL,
		.counter = ++s->counter,
		.sender = id_of(agent, true),
		.host_count = 1,
		.index = index,
		.of = of,
		.packet = packet,
		.packet_len = sizeof(packet)};

	memcpy(&packet[16], host.addr.bytes, 4);
	h.hosts[0].eid = host;
	agent_sends(s, 0, &h, agents[0]);
}

static void the_tails_of_two_stops_go_one_behind_the_other(void **state)
{
	for (unsigned int same_tap = 0; same_tap < 2; same_tap++) {
		struct sites *s = at_a();

		say(s, 0, HANDOVER_LEAVING);
		stop(s, 0, 2);
		miss(s, 5);
		tail_of(s, 0, 0, 2, 1);
		tail_of(s, 0, 1, 2, 2);
		runs_beside(s);
		beside_says(s, 0, HANDOVER_LEAVING);
		expect_waits(s);
		beside_stops(s, 2);
		tail_of(s, BESIDE, 1, 2, 4);
		assert_false(passage_at(s, 0)->tail_over); /* one of two */
		tail_of(s, BESIDE, 0, 2, 3);
		tail_of(s, BESIDE, 0, 2, 3); /* said again */
		pass(s, 2);
		expect_waits(s);
		told(s, A, true);
		if (same_tap) /* where the guest reads its last ones itself */
			beside_says(s, 0, HANDOVER_RUNNING);
		else
			say(s, 0, HANDOVER_RUNNING);
		pass(s, 1);
		assert_true(here(s, 0));
		injected(s, 0, same_tap ? "125" : "12345");
		sites_free(s);
	}
}

static void one_that_leaves_again_while_it_waits_may_be_had_by_another_site(void **state)
{
	struct sites *s = stopped_at_a();

	runs_beside(s);
	say(s, 1, HANDOVER_INCOMING);
	beside_says(s, 0, HANDOVER_LEAVING);
	pass(s, 2);
	expect_waits(s);
	told(s, A, true);
	pass(s, 20);
	assert_true(here(s, 0));
	injected(s, 0, "1");
	assert_true(passage_at(s, 1)->released);
	sites_free(s);
}

static void back_at_the_first_place_it_waits_for_the_second_to_give_it_up(void **state)
{
	struct sites *s = stopped_at_a();

	told(s, A, true);
	runs_beside(s);
	told(s, B, false);
	beside_says(s, 0, HANDOVER_LEAVING);
	beside_stops(s, 0);
	miss(s, 2);
	pass(s, 2);
	injected(s, 0, "1");
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 10);
	injected(s, 0, "1");
	told(s, A, false);
	pass(s, 1);
	has_gone(s, "12", 0);
	sites_free(s);
}

/* The second place's word came after the second stop: it is late, and no new place. */
static void what_was_told_since_the_stop_is_of_the_place_before(void **state)
{
	struct sites *s = stopped_at_a();

	told(s, A, true);
	runs_beside(s);
	beside_stops(s, 0);
	miss(s, 2);
	told(s, B, false);
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 10);
	injected(s, 0, "1");
	told(s, B, true);
	pass(s, 1);
	has_gone(s, "12", 0);
	sites_free(s);
}

/* The hypervisor that it leaves is the slower one to speak. */
static void word_that_it_runs_which_overtakes_that_it_stopped_is_held_for_likewise(void **state)
{
	struct sites *s = at_a();

	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	runs_beside(s);
	miss(s, 3);
	expect_waits(s);
	stop(s, 0, 2);
	tail(s, 0, 0, 2, 1);
	tail(s, 0, 1, 2, 2);
	pass(s, 10);
	expect_waits(s);
	told(s, A, true);
	pass(s, 1);
	has_gone(s, "123", 0);
	sites_free(s);

	s = at_a(); /* the campus is quicker than both */
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	told(s, A, true);
	told(s, B, false);
	runs_beside(s);
	assert_true(here(s, 0));
	tail(s, 0, 0, 1, 1);
	has_gone(s, "1", 0);
	sites_free(s);
}

static void what_was_said_when_it_began_to_leave_counts_when_it_was_taken_back_before_the_stop(
	void **state)
{
	struct sites *s = at_a();

	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	told(s, A, true);
	stop(s, 0, 0);
	miss(s, 1);
	told(s, B, false);
	runs_beside(s);
	has_gone(s, "1", 0);
	sites_free(s);
}

static void a_move_that_failed_does_not_wait(void **state)
{
	struct sites *s = stopped_at_a();

	say(s, 0, HANDOVER_RUNNING);
	pass(s, 1);
	assert_true(here(s, 0));
	injected(s, 0, "1");
	sites_free(s);
}

static void what_is_said_of_it_otherwise_ends_the_wait(void **state)
{
	struct sites *s = stopped_at_a();

	/* An operator's pause: it stands there, and is served. */
	runs_beside(s);
	state_by(s, 0, BESIDE, AGENT_KEY, HANDOVER_PAUSED, false, 0, ++s->counter);
	pass(s, 1);
	has_gone(s, "1", 0);
	sites_free(s);

	s = stopped_at_a();
	runs_beside(s);
	beside_says(s, 0, HANDOVER_GONE);
	pass(s, 2 * WAIT_MS);
	assert_int_equal(s->owner, -1);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_CAMPUS_LATE), 0);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			its_old_rbridge_that_had_it_no_more_and_has_it_again_has_it_at_another_port),
		cmocka_unit_test(what_the_campus_knew_before_the_guest_ran_is_not_waited_for),
		cmocka_unit_test(it_waits_until_the_campus_has_it_at_its_old_place_no_more),
		cmocka_unit_test(or_at_its_new_place),
		cmocka_unit_test(not_longer_than_the_policy_says),
		cmocka_unit_test(without_a_campus_nothing_waits),
		cmocka_unit_test(an_rbridge_that_is_away_is_waited_for_and_its_list_ends_that),
		cmocka_unit_test(what_the_guest_had_not_read_goes_first),
		cmocka_unit_test(another_site_that_has_it_ends_the_wait),
		cmocka_unit_test(a_guest_that_went_to_another_site_waits_for_no_campus),
		cmocka_unit_test(two_moves_in_a_row_lose_nothing_and_keep_the_order),
		cmocka_unit_test(the_tails_of_two_stops_go_one_behind_the_other),
		cmocka_unit_test(one_that_leaves_again_while_it_waits_may_be_had_by_another_site),
		cmocka_unit_test(back_at_the_first_place_it_waits_for_the_second_to_give_it_up),
		cmocka_unit_test(what_was_told_since_the_stop_is_of_the_place_before),
		cmocka_unit_test(
			word_that_it_runs_which_overtakes_that_it_stopped_is_held_for_likewise),
		cmocka_unit_test(
			what_was_said_when_it_began_to_leave_counts_when_it_was_taken_back_before_the_stop),
		cmocka_unit_test(a_move_that_failed_does_not_wait),
		cmocka_unit_test(what_is_said_of_it_otherwise_ends_the_wait),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
