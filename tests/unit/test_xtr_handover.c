/* A guest moves from site to site: its packets, its tail, its owner, and what becomes of the move
 * when somebody dies or is not heard. See docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"

static void a_move_loses_no_packet_and_keeps_their_order(void **state)
{
	struct sites *s = sites_new();
	struct router_move m;
	struct eid host;

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	assert_int_equal(s->prepares, 2); /* one at its first start */
	assert_true(here(s, 0));          /* preparing attracts nothing */
	assert_true(goes_to(s, 1, 0));
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_EXPECT_OWNER);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	assert_true(here(s, 0));
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	assert_int_equal(entry_at(s, 0)->action, DATAPATH_LOCAL);
	assert_true(entry_at(s, 0)->hold); /* before any time passes */
	world_miss(s->x[0], HOST, 3);
	world_miss(s->x[0], HOST, 4);
	tail(s, 0, 1, 2, 2); /* turned round by the network */
	tail(s, 0, 0, 2, 1);
	pass(s, 2);
	assert_true(goes_to(s, 0, 1));
	assert_true(entry_at(s, 0)->away);
	/* A client there waits for it too, but the xTR there may give up: not round. */
	assert_int_equal(entry_at(s, 0)->expect, DATAPATH_EXPECT_OWNER);
	assert_false(entry_at(s, 0)->back);
	injected(s, 0, "1234");
	assert_int_equal(s->x[0]->dp.sent_back, 2);
	world_away_hit(s->x[0], HOST, "192.0.2.77");
	assert_false(world_has(s->x[0], LISP_MAP_REQUEST)); /* no SMR: nobody else owns it yet */
	world_miss(s->x[1], HOST, 5);
	world_miss(s->x[1], HOST, 6);
	injected(s, 1, "");
	host = world_eid(HOST);
	fake_datapath_find(&s->x[0]->dp, &host)->used = 7; /* redirected by the data plane */
	pass(s, 3);
	say(s, 1, HANDOVER_RUNNING);
	assert_int_equal(entry_at(s, 1)->action, DATAPATH_LOCAL);
	assert_true(world_has(s->x[1], LISP_EXTENSION)); /* the claim: before what was held */
	injected(s, 1, "");
	world_miss(s->x[1], HOST, 7); /* comes up still: behind them */
	world_pass(s->x[1], 1);
	assert_true(here(s, 1)); /* whatever the Map-Server says later */
	injected(s, 1, "567");
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->claims, 2);
	m = shown(s, 0, 1);
	assert_int_equal(m.side, ROUTER_MOVE_SOURCE);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	assert_true(m.move == 99 && m.reason == HANDOVER_OPERATOR && m.seq == s->seq);
	assert_true(m.held == 2 && m.tail == 2 && m.redirected == 7);
	assert_true(m.longest_hold_ms <= 1);
	expect_steps(&m, "prepared accepted paused cut resumed claimed ");
	m = shown(s, 1, 1);
	assert_int_equal(m.side, ROUTER_MOVE_DESTINATION);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	assert_true(m.move == 99 && m.reason == HANDOVER_OPERATOR && m.seq == s->seq);
	assert_true(m.held == 3 && m.tail == 0 && m.redirected == 0);
	assert_true(m.longest_hold_ms >= 3 && m.longest_hold_ms <= 5);
	expect_steps(&m, "prepared accepted cut resumed claimed ");
	for (unsigned int i = 0; i < 2; i++) {
		assert_int_equal(events_of(s, i, ROUTER_MOVE_STARTED), 1);
		assert_int_equal(events_of(s, i, ROUTER_MOVE_FINISHED), 1);
	}
	assert_true(goes_to(s, 0, 1));
	world_away_hit(s->x[0], HOST, "192.0.2.77");
	assert_true(world_has(s->x[0], LISP_MAP_REQUEST));
	say(s, 0, HANDOVER_GONE);
	live(s, 1, 40);
	assert_int_equal(s->owner, 1);
	assert_true(goes_to(s, 0, 1));
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_TIMEOUT), 0);
	sites_free(s);
}

static void an_aborted_move_gives_everything_back(void **state)
{
	struct sites *s = stopped();
	struct router_move m;

	assert_true(goes_to(s, 0, 1));
	world_miss(s->x[1], HOST, 1);
	world_miss(s->x[1], HOST, 2);
	say(s, 0, HANDOVER_RUNNING);
	assert_true(here(s, 0));
	pass(s, 5);
	injected(s, 1, "12");
	assert_int_equal(s->x[1]->dp.sent_back, 2);
	assert_true(goes_to(s, 1, 0) && entry_at(s, 1)->back); /* what is still on its way */
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_UNEXPECTED);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 2); /* rule 3: every resume is a claim */
	m = shown(s, 0, 1);
	assert_int_equal(m.result, ROUTER_RESULT_ABORTED);
	expect_steps(&m, "prepared accepted paused cut ");
	m = shown(s, 1, 1);
	assert_int_equal(m.result, ROUTER_RESULT_ABORTED);
	assert_true(m.held == 2 && m.redirected == 2); /* back to the source */
	sites_free(s);
}

static void told(struct sites *s, unsigned int i, unsigned int count, bool of_gateway)
{
	static const uint8_t none[6];
	const struct world_announcement *a;

	assert_int_equal(s->x[i]->announced_count, count);
	a = &s->x[i]->announced[count - 1];
	assert_int_equal(a->of_gateway, of_gateway);
	assert_int_equal(a->ifindex, 0);
	assert_int_equal(memcmp(a->mac, none, 6) == 0, of_gateway);
}

static void neighbours_are_told_at_once_when_it_stops_and_when_it_runs(void **state)
{
	struct sites *s = prepared();

	assert_int_equal(s->x[0]->announced_count, 0);
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	told(s, 0, 1, true); /* before any time passes */
	assert_true(entry_at(s, 0)->at_port);
	assert_int_equal(s->x[1]->announced_count, 0);
	pass(s, 60);
	say(s, 1, HANDOVER_RUNNING);
	told(s, 1, 1, false);
	pass(s, 5);
	assert_true(s->x[0]->announced_count >= 2);
	told(s, 0, s->x[0]->announced_count, true);
	assert_false(entry_at(s, 0)->at_port); /* what comes by its MAC now is for us */
	sites_free(s);
}

static void neighbours_send_nothing_past_what_was_held(void **state)
{
	struct sites *s = stopped();

	world_miss(s->x[1], HOST, 1);
	world_miss(s->x[1], HOST, 2);
	s->x[1]->dp.pending = true; /* and more on its way up */
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 3);
	injected(s, 1, "12");
	assert_int_equal(s->x[1]->announced_count, 0);
	s->x[1]->dp.pending = false;
	pass(s, 3);
	told(s, 1, 1, false);
	sites_free(s);
}

/* A client at the new site sends by the old one until the guest runs; that it runs may be heard
 * from the Map-Server first. */
static void what_was_held_goes_back_to_where_the_guest_is_by_the_map_servers_word(void **state)
{
	struct sites *s = prepared();

	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 1);
	world_miss(s->x[0], HOST, 2);
	s->owner = 1;
	world_move(s->x[0], MOVE_NOTIFY, ++s->counter, ++s->seq, HOST, rlocs[1], false);
	pass(s, 200);
	injected(s, 0, "12");
	assert_int_equal(s->x[0]->dp.sent_back, 2);
	sites_free(s);
}

static void neighbours_are_told_of_an_aborted_move(void **state)
{
	struct sites *s = stopped();

	say(s, 0, HANDOVER_RUNNING);
	told(s, 0, 2, false);
	pass(s, 5);
	assert_int_equal(s->x[1]->announced_count, 0);
	sites_free(s);
}

/* It may still ask whether its address is in use: our word would take it away from it. */
static void nothing_is_told_of_a_guest_that_begins(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_GONE);
	pass(s, 2000);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 200);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->x[1]->announced_count, 0);
	sites_free(s);
}

static void the_tail_of_an_aborted_move_is_read_from_the_tap(void **state)
{
	struct sites *s = prepared();

	s->x[0]->policy.handover.cut_at_resume = true;
	reload(s, 0);
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 3);
	tail(s, 0, 0, 2, 1);
	tail(s, 0, 1, 2, 2);
	pass(s, 60);
	assert_true(entry_at(s, 0)->hold); /* `cutover = resume` */
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	injected(s, 0, "3");
	assert_true(here(s, 0));
	sites_free(s);
}

static void a_tail_that_does_not_come_is_waited_for_half_a_second(void **state)
{
	struct sites *s = prepared();

	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	pass(s, 499);
	injected(s, 0, "");
	pass(s, 2);
	injected(s, 0, "2");
	tail(s, 0, 0, 1, 1); /* late: out of order, not lost */
	injected(s, 0, "21");
	sites_free(s);
}

static void a_long_tail_is_waited_for_while_it_comes(void **state)
{
	struct sites *s = prepared();

	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 4);
	for (uint16_t i = 0; i < 3; i++) {
		pass(s, 40);
		injected(s, 0, "");
		tail(s, 0, i, 3, i + 1u);
	}
	pass(s, 2);
	injected(s, 0, "1234");
	sites_free(s);
}

static void a_tail_leaves_in_its_order_whatever_the_network_made_of_it(void **state)
{
	static const uint16_t came[] = {2, 0, 4, 1, 4, 3, 0};
	struct sites *s = prepared();

	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 6);
	for (size_t i = 0; i < sizeof(came) / sizeof(came[0]); i++)
		tail(s, 0, came[i], 5, came[i] + 1u);
	world_miss(s->x[0], HOST, 7);
	pass(s, 5);
	injected(s, 0, "1234567");
	sites_free(s);
}

static void a_tail_that_comes_after_the_guest_has_resumed_follows_it_once(void **state)
{
	struct sites *s = prepared();

	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1));
	tail(s, 0, 0, 1, 1);
	injected(s, 0, "1");
	tail(s, 0, 0, 1, 1); /* repeated: the acknowledgement was lost */
	injected(s, 0, "1");
	sites_free(s);
}

/* The agent waits for what its hypervisor may still take; now it must not. */
static void once_the_guest_runs_elsewhere_its_tail_is_asked_for_and_comes_first(void **state)
{
	struct sites *s = prepared();

	s->answering[0] = false;
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	pass(s, 20);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 10);
	assert_int_equal(s->asks[0], 2); /* one at its first start */
	injected(s, 0, "");
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	pass(s, 20);
	injected(s, 0, "");
	tail(s, 0, 0, 1, 1);
	pass(s, 1);
	injected(s, 0, "12");
	assert_true(goes_to(s, 0, 1));
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static void once_the_guest_runs_elsewhere_its_tail_is_waited_for_50_ms(void **state)
{
	struct sites *s = prepared();

	s->answering[0] = false;
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	world_miss(s->x[0], HOST, 2);
	pass(s, 20);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 45);
	injected(s, 0, "");
	pass(s, 10);
	injected(s, 0, "2");
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

/* The source's agent was late: what the destination heard from it was older than what it said. */
static void a_refused_guest_is_let_in_when_its_owners_agent_says_that_it_left(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 50);
	assert_true(counter(s, 1, XTR_HANDOVER_REFUSED) >= 1);
	assert_int_equal(s->owner, 0);
	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, 0);
	pass(s, 20);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void a_cancelled_move_leaves_the_owner_alone(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	say(s, 1, HANDOVER_GONE);
	pass(s, 10000);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_UNEXPECTED);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_ABORTED);
	shown(s, 0, 0); /* nothing has begun there */
	sites_free(s);
}

static void a_cancelled_move_may_be_tried_again_at_once(void **state)
{
	struct sites *s = sites_new();
	struct router_move m;

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	say(s, 1, HANDOVER_GONE);
	say(s, 1, HANDOVER_GONE); /* repeated */
	pass(s, 5);
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5);
	assert_int_equal(entry_at(s, 1)->expect, DATAPATH_EXPECT_OWNER);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	stop(s, 0, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1)); /* at the stop, since it was prepared */
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 10);
	assert_int_equal(s->owner, 1);
	m = shown(s, 1, 2);
	assert_int_equal(m.result, ROUTER_RESULT_MOVED);
	expect_steps(&m, "prepared accepted cut resumed claimed ");
	sites_free(s);
}

/* One stolen key of a hypervisor takes no guest that runs elsewhere. */
static void a_hypervisor_cannot_take_a_guest_that_runs_elsewhere(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_RUNNING);
	pass(s, 3000);
	say(s, 1, HANDOVER_RUNNING);
	world_host(s->x[1], HOST, PORT, true); /* nor by ARP */
	pass(s, 3000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	assert_true(counter(s, 1, XTR_HANDOVER_REFUSED) >= 1);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_REFUSED);
	shown(s, 0, 0);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 10);
	sites_free(s);
}

static void a_dead_owner_is_taken_over_after_a_second(void **state)
{
	struct sites *s = sites_new();

	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING);
	world_miss(s->x[1], HOST, 1);
	pass(s, 990);
	assert_int_equal(s->owner, 0);
	injected(s, 1, "");
	pass(s, 20);
	assert_int_equal(s->owner, 1);
	injected(s, 1, "1");
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 1);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_TAKEN_OVER);
	shown(s, 0, 0);
	sites_free(s);
}

/* What its agent last said of it was that it runs. */
static void a_guest_whose_hypervisor_is_dead_is_released_to_where_it_runs(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5000); /* nor does it answer ARP */
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 0);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void an_agent_that_comes_back_lets_a_guest_go_to_where_it_runs_by_then(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 100);
	assert_int_equal(s->owner, 0);
	say(s, 0, HANDOVER_GONE);
	pass(s, 100);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void a_guest_that_went_while_its_agent_was_down_is_withdrawn(void **state)
{
	struct sites *s = sites_new();

	s->state[0] =
		HANDOVER_GONE; /* which it only says when it is asked: it knows no such guest */
	pass(s, 29000);
	assert_int_equal(s->owner, 0);
	pass(s, 2000);
	assert_int_equal(s->owner, -1);
	sites_free(s);
}

/* The guest leaves site 0 for site 1, or has been @stopped for it. */
static struct sites *on_the_way(bool stopped)
{
	struct sites *s = sites_new();

	leave(s, 100);
	if (stopped)
		stop(s, 0, 0);
	pass(s, 10);
	say(s, 0, HANDOVER_GONE);
	pass(s, 10);
	assert_int_equal(s->owner, 0); /* it may run there soon */
	return s;
}

static void a_guest_that_dies_on_its_way_is_withdrawn_once_the_next_place_gives_it_up(void **state)
{
	for (int stopped = 0; stopped < 2; stopped++) {
		struct sites *s = on_the_way(stopped);

		say(s, 1, HANDOVER_GONE);
		pass(s, 9000); /* it may run where nobody has prepared it */
		assert_int_equal(s->owner, 0);
		pass(s, 1100);
		assert_int_equal(s->owner, -1);
		sites_free(s);
	}
}

static void a_guest_that_dies_on_its_way_is_withdrawn_when_the_next_place_is_silent(void **state)
{
	for (int stopped = 0; stopped < 2; stopped++) {
		struct sites *s = on_the_way(stopped);

		s->mute[1] = true;
		for (int i = 0; i < 4;
			i++) { /* it is said again and again, which is no sign of life */
			pass(s, 10000);
			say(s, 0, HANDOVER_GONE);
		}
		assert_int_equal(s->owner, -1);
		sites_free(s);
	}
}

/* Also those that had it once say that it is gone, each for itself, again and again. */
static void that_others_of_the_site_do_not_have_it_keeps_no_redirection_alive(void **state)
{
	struct sites *s = on_the_way(true);

	pass(s, 100);
	assert_true(goes_to(s, 0, 1));
	s->mute[1] = true; /* it died there */
	for (int i = 0; i < 6; i++) {
		say(s, 0, HANDOVER_GONE);
		pass(s, 5000);
		beside_says(s, 0, HANDOVER_GONE);
		assert_int_equal(s->result[0], 0);
		pass(s, 5000);
	}
	assert_int_equal(s->owner, -1);
	assert_int_equal(entry_at(s, 0)->action, DATAPATH_NONE);
	sites_free(s);
}

/* What one has given may be above all that another has, which would go on from there. */
static void a_claim_rests_on_the_numbers_of_its_own_map_server(void **state)
{
	struct sites *s = sites_with(HOST, true);

	s->seq = 7000;
	leave(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	s->claims = 0;
	s->second_base = UINT64_MAX;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->seq, 7001);
	assert_int_equal(s->claims, 1);
	assert_int_equal(s->second_base, 0);
	sites_free(s);
}

static void when_a_map_server_is_silent_the_next_is_asked(void **state)
{
	struct sites *s = sites_with(HOST, true);

	s->cut_off = true; /* the first one */
	s->second_prepares = 0;
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 300); /* at 0, 50 and 150 ms it was asked */
	assert_int_equal(s->second_prepares, 0);
	pass(s, 100);
	assert_int_equal(s->second_prepares, 1); /* and has answered */
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1));
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_true(here(s, 1));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	assert_int_equal(s->second_prepares, 1);
	sites_free(s);
}

/* It is the owner that is slow: another would give another key. */
static void a_map_server_that_has_said_who_the_owner_is_is_asked_on(void **state)
{
	struct sites *s = sites_with(HOST, true);

	s->mute[0] = true;
	s->prepares = s->second_prepares = 0;
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 5000);
	assert_true(s->prepares > 3);
	assert_int_equal(s->second_prepares, 0);
	sites_free(s);
}

/* The port is the first to go when a hypervisor stops a guest, and its agent may be late. */
static void a_guest_that_leaves_is_not_withdrawn_when_its_port_falls_silent(void **state)
{
	struct sites *s = prepared();

	port_state(s, 0, false);
	pass(s, 15000);
	assert_int_equal(s->owner, 0);
	assert_true(goes_to(s, 0, 1));
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 10);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

/* It does not answer, and its agent says that it runs. */
static void a_guest_that_was_silent_and_has_not_left_is_delivered_to_again(void **state)
{
	struct sites *s = prepared();

	port_state(s, 0, false);
	pass(s, 15000);
	assert_false(here(s, 0));
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 100);
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_ABORTED), 1);
	sites_free(s);
}

/* It says that the guest runs there, once it is heard. */
static void an_agent_whose_answer_was_lost_is_asked_again(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	s->asks[0] = 0;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 10);
	assert_int_equal(s->asks[0], 1);
	s->answering[0] = true;
	pass(s, 30);
	assert_int_equal(s->asks[0], 2);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	pass(s, 1000);
	assert_int_equal(s->asks[0], 2); /* it has answered */
	assert_true(here(s, 0));
	sites_free(s);
}

static struct sites *come_to_one_of_two(void)
{
	struct sites *s = sites_with(HOST, true);

	leave(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	s->second_seq = 50;
	s->prepares = s->asks[1] = 0;
	return s;
}

static void a_map_server_that_has_not_heard_of_the_move_is_told_again(void **state)
{
	struct sites *s = come_to_one_of_two();

	say(s, 1, HANDOVER_RUNNING);
	for (int i = 0; i < 100; i++) {
		pass(s, 1);
		assert_true(here(s, 1)); /* all the time */
	}
	assert_int_equal(s->asks[1], 1);
	assert_int_equal(s->second_base, 50);
	assert_int_equal(s->prepares, 0);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

static struct sites *come_to_one_of_two_that_is_out_of_reach(void)
{
	struct sites *s = come_to_one_of_two();

	s->second_seq = 0;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 7000);
	assert_true(here(s, 1));
	s->second_seq = 50;
	s->asks[1] = s->prepares = s->second_prepares = 0;
	return s;
}

/* Its answers were lost for as long. */
static void a_map_server_that_was_out_of_reach_is_told_again_whenever_it_answers(void **state)
{
	struct sites *s = come_to_one_of_two_that_is_out_of_reach();

	for (int i = 0; i < 8000 && s->second_base != 50; i++) {
		pass(s, 1);
		assert_true(here(s, 1)); /* all the time */
	}
	assert_int_equal(s->second_base, 50);
	assert_int_equal(s->asks[1], 1);
	assert_int_equal(s->prepares + s->second_prepares, 0);
	sites_free(s);
}

static void what_it_says_does_not_count_when_the_guest_stops_to_go_on(void **state)
{
	struct sites *s = come_to_one_of_two_that_is_out_of_reach();

	s->answering[1] = false;
	for (int i = 0; i < 8000 && !s->asks[1]; i++)
		pass(s, 1);
	assert_int_equal(s->asks[1], 1); /* it has answered */
	stop(s, 1, 0);
	pass(s, 100);
	assert_false(goes_to(s, 1, 0));
	assert_true(entry_at(s, 1)->hold);
	sites_free(s);
}

/* From memory nothing is claimed. */
static void it_is_told_only_when_the_agent_has_said_again_that_the_guest_is_here(void **state)
{
	struct sites *s = come_to_one_of_two();

	s->answering[1] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 150);
	assert_int_equal(s->second_base, 0);
	s->answering[1] = true;
	pass(s, 50);
	assert_int_equal(s->second_base, 50);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_move_loses_no_packet_and_keeps_their_order),
		cmocka_unit_test(an_aborted_move_gives_everything_back),
		cmocka_unit_test(the_tail_of_an_aborted_move_is_read_from_the_tap),
		cmocka_unit_test(neighbours_are_told_at_once_when_it_stops_and_when_it_runs),
		cmocka_unit_test(neighbours_send_nothing_past_what_was_held),
		cmocka_unit_test(
			what_was_held_goes_back_to_where_the_guest_is_by_the_map_servers_word),
		cmocka_unit_test(neighbours_are_told_of_an_aborted_move),
		cmocka_unit_test(nothing_is_told_of_a_guest_that_begins),
		cmocka_unit_test(a_tail_that_does_not_come_is_waited_for_half_a_second),
		cmocka_unit_test(a_long_tail_is_waited_for_while_it_comes),
		cmocka_unit_test(a_tail_leaves_in_its_order_whatever_the_network_made_of_it),
		cmocka_unit_test(a_tail_that_comes_after_the_guest_has_resumed_follows_it_once),
		cmocka_unit_test(
			once_the_guest_runs_elsewhere_its_tail_is_asked_for_and_comes_first),
		cmocka_unit_test(once_the_guest_runs_elsewhere_its_tail_is_waited_for_50_ms),
		cmocka_unit_test(a_refused_guest_is_let_in_when_its_owners_agent_says_that_it_left),
		cmocka_unit_test(a_cancelled_move_leaves_the_owner_alone),
		cmocka_unit_test(a_cancelled_move_may_be_tried_again_at_once),
		cmocka_unit_test(a_hypervisor_cannot_take_a_guest_that_runs_elsewhere),
		cmocka_unit_test(a_dead_owner_is_taken_over_after_a_second),
		cmocka_unit_test(a_guest_whose_hypervisor_is_dead_is_released_to_where_it_runs),
		cmocka_unit_test(an_agent_that_comes_back_lets_a_guest_go_to_where_it_runs_by_then),
		cmocka_unit_test(a_guest_that_went_while_its_agent_was_down_is_withdrawn),
		cmocka_unit_test(
			a_guest_that_dies_on_its_way_is_withdrawn_once_the_next_place_gives_it_up),
		cmocka_unit_test(
			a_guest_that_dies_on_its_way_is_withdrawn_when_the_next_place_is_silent),
		cmocka_unit_test(that_others_of_the_site_do_not_have_it_keeps_no_redirection_alive),
		cmocka_unit_test(a_claim_rests_on_the_numbers_of_its_own_map_server),
		cmocka_unit_test(when_a_map_server_is_silent_the_next_is_asked),
		cmocka_unit_test(a_map_server_that_has_said_who_the_owner_is_is_asked_on),
		cmocka_unit_test(a_guest_that_leaves_is_not_withdrawn_when_its_port_falls_silent),
		cmocka_unit_test(a_guest_that_was_silent_and_has_not_left_is_delivered_to_again),
		cmocka_unit_test(an_agent_whose_answer_was_lost_is_asked_again),
		cmocka_unit_test(a_map_server_that_has_not_heard_of_the_move_is_told_again),
		cmocka_unit_test(
			a_map_server_that_was_out_of_reach_is_told_again_whenever_it_answers),
		cmocka_unit_test(what_it_says_does_not_count_when_the_guest_stops_to_go_on),
		cmocka_unit_test(
			it_is_told_only_when_the_agent_has_said_again_that_the_guest_is_here),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
