/* What is not believed: what was said before, or by somebody else. See docs/decisions/handover.md.
 */
#include "tests/unit/handover_sites.h"

/* What an agent said once is signed for ever, and anybody may have recorded it. */
static void an_agents_old_word_is_not_believed_after_another_has_spoken(void **state)
{
	struct sites *s = sites_new();
	struct router_handover_view v;
	uint64_t old = s->counter; /* of the first agent's `running` */

	beside_says(s, 0, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	say(s, 0, HANDOVER_GONE);
	pass(s, 1000);
	beside_says(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	state_by(s, 0, 0, AGENT_KEY, HANDOVER_RUNNING, false, 0, old);
	pass(s, 10);
	assert_int_equal(s->result[0], HANDOVER_OLD);
	v = view_at(s, 0);
	assert_string_equal(v.agent, "beside");
	assert_string_equal(v.word, "leaving");
	say(s, 0, HANDOVER_GONE); /* as it says every 10 s */
	pass(s, 100);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	sites_free(s);
}

static void what_was_said_before_a_restart_of_the_router_is_not_believed_after_it(void **state)
{
	struct sites *s = sites_new();
	uint64_t old = ++s->counter;

	live(s, 0, 20);
	s->answering[0] = false;
	world_restart(s->x[0]);
	pass(s, 2);
	world_host(s->x[0], HOST, PORT, true); /* found by ARP before its agent has answered */
	pass(s, 2);
	state_by(s, 0, 0, AGENT_KEY, HANDOVER_PAUSED, true, 0, old);
	pass(s, 10);
	assert_false(entry_at(s, 0)->hold);
	assert_int_equal(s->result[0], HANDOVER_OLD);
	stop(s, 0, 0); /* now it is so */
	pass(s, 10);
	assert_true(entry_at(s, 0)->hold);
	sites_free(s);
}

/* A guest has several addresses, and all are told of by one message. */
static void what_one_message_says_of_several_addresses_counts_for_all(void **state)
{
	struct sites *s = sites_new();
	struct handover h = state_message(s, BESIDE, HANDOVER_INCOMING, HOST);
	uint64_t before = counter(s, 0, XTR_HANDOVER_PREPARED);

	h.host_count = 2;
	h.hosts[1] =
		(struct handover_host){.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid("10.1.0.6/32")};
	agent_sends(s, 0, &h, agents[0]); /* the first runs beside it */
	assert_int_equal(counter(s, 0, XTR_HANDOVER_PREPARED), before + 1);
	sites_free(s);
}

static void an_agent_is_not_looked_for_where_a_message_was_played_back_from(void **state)
{
	struct sites *s = sites_new();
	struct handover h = state_message(s, BESIDE, HANDOVER_GONE, HOST);
	const struct agent *a = &s->x[0]->router->handover->agents[1];
	char at[ENDPOINT_TEXT];

	agent_sends(s, 0, &h, "203.0.113.3");
	agent_sends(s, 0, &h, "198.18.6.6"); /* the same, by somebody else */
	assert_string_equal(endpoint_format(&a->at, at, sizeof(at)), "203.0.113.3:4342");
	h.counter = ++s->counter; /* it has another address now */
	agent_sends(s, 0, &h, "203.0.113.4");
	assert_string_equal(endpoint_format(&a->at, at, sizeof(at)), "203.0.113.4:4342");
	sites_free(s);
}

/* A third site's router asks site @i for it, too. */
static void third_asks(struct sites *s, unsigned int i)
{
	struct handover h = third_next(s);

	h.urgent = h.agent = true;
	third_sends(s, i, &h);
}

static void of_two_that_ask_at_once_both_are_answered(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 20);
	third_asks(s, 0);
	pass(s, 20);
	say(s, 0, HANDOVER_RUNNING); /* what the router has asked its agent */
	s->answering[0] = true;
	pass(s, 10000);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

/* The Map-Server tells site 0 under @counter that a third site would have @host; its first next
 * place is known by the nonce then. */
static uint64_t next_of(struct sites *s, const char *host, uint64_t counter, uint64_t nonce)
{
	struct handover h = third_next(s);
	struct eid eid = world_eid(host);
	const char *before = s->host;
	const struct passage *p;

	h.counter = counter;
	h.key_nonce = nonce;
	s->host = host;
	third_sends(s, 0, &h);
	s->host = before;
	p = passage_find(s->x[0]->router->handover, &eid);
	return p && p->nexts[0].used ? p->nexts[0].key_nonce : 0;
}

/* When many guests leave at once, their NEXTs come as the network has them. */
static void of_several_addresses_nexts_may_overtake_each_other(void **state)
{
	struct sites *s = sites_new();

	assert_int_equal(next_of(s, "10.1.0.6/32", 5003, 1), 1);
	assert_int_equal(next_of(s, "10.1.0.8/32", 5010, 2), 2);
	assert_int_equal(next_of(s, "10.1.0.7/32", 5005, 3), 3);
	assert_int_equal(next_of(s, HOST, 5004, 4), 4);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_STALE), 0);
	sites_free(s);
}

static void of_one_address_the_last_next_counts_and_each_once(void **state)
{
	struct sites *s = sites_new();

	assert_int_equal(next_of(s, HOST, 5003, 1), 1);
	assert_int_equal(next_of(s, HOST, 5010, 2), 2);
	assert_int_equal(next_of(s, HOST, 5008, 3), 2);          /* it was overtaken */
	assert_int_equal(next_of(s, "10.1.0.6/32", 5010, 4), 0); /* a replay */
	assert_int_equal(next_of(s, "10.1.0.6/32", 5002, 5), 0); /* below the first that came */
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_STALE), 3);
	sites_free(s);
}

static void a_tail_brings_no_packets_to_anybody_else(void **state)
{
	struct sites *s = prepared();
	uint8_t packet[20] = {0x45, [16] = 10, 1, 0, 6}; /* not the EID's */
	struct handover h = {.kind = HANDOVER_TAIL,
		.sender = id_of(0, true),
		.host_count = 1,
		.of = 1,
		.packet = packet,
		.packet_len = sizeof(packet)};

	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	h.counter = ++s->counter;
	h.hosts[0].eid = world_eid(HOST);
	agent_sends(s, 0, &h, agents[0]);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_TAILS), 0);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_EID), 1);
	pass(s, 600);
	injected(s, 0, "");
	sites_free(s);
}

/* Its agent, which said that it runs here, has died, and the router has no such host. */
static void who_asks_for_what_only_a_dead_agent_spoke_of_is_answered(void **state)
{
	struct sites *s = sites_new();
	struct passage *p;

	say(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	p = passage_at(s, 1);
	assert_int_equal(p->phase, PHASE_REFUSED);
	s->answering[1] = false;
	third_asks(s, 1);
	pass(s, 5);
	assert_true(p->nexts[0].urgent);
	pass(s, 3000); /* the agent is asked, then ARP */
	assert_false(p->nexts[0].urgent);
	assert_int_equal(p->nexts[0].step, HANDOVER_ACCEPTED);
	sites_free(s);
}

/* A mere candidate says that it has the guest, with a number beyond all: what the Map-Server says
 * later would be old, and a move that is true would not be noticed. */
static void a_number_of_who_was_not_accepted_is_not_believed(void **state)
{
	struct sites *s = sites_new();
	struct passage *p, *candidate;
	uint64_t before;

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 100);
	p = passage_at(s, 0);
	candidate = passage_at(s, 1);
	assert_true(passage_has_next(p));
	before = p->seq;
	candidate->seq = 1ull << 60;
	peer_send(&candidate->owner, HANDOVER_RESUMED);
	pass(s, 100);
	assert_false(candidate->owner.waiting); /* it was acknowledged, so it came */
	assert_int_equal(p->seq, before);
	assert_true(here(s, 0));
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	peer_send(&candidate->owner, HANDOVER_RESUMED); /* accepted, it may say so */
	pass(s, 100);
	assert_true(p->seq >= 1ull << 60);
	sites_free(s);
}

/* The words: who has stolen one hypervisor's key takes no other's guest. */

static void expect_at_home(struct sites *s)
{
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_false(here(s, 1));
}

static void a_guest_that_leaves_for_elsewhere_is_not_had_by_who_asks_without_its_ticket(
	void **state)
{
	struct sites *s = sites_new();

	s->thief = 1;
	say(s, 0, HANDOVER_LEAVING); /* to a third site */
	pass(s, 100);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	expect_at_home(s);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 1);
	assert_int_equal(events_of(s, 0, ROUTER_MOVE_UNPROVEN), 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	stop(s, 0, 0);
	pass(s, 500);
	assert_true(entry_at(s, 0)->hold);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	assert_int_equal(s->owner, 0);
	say(s, 0, HANDOVER_RUNNING); /* it could not be moved */
	pass(s, 100);
	expect_at_home(s);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 20000);
	expect_at_home(s);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

static void who_expects_a_guest_without_its_ticket_gets_none_of_its_packets(void **state)
{
	struct sites *s = sites_new();

	s->thief = 1;
	say(s, 1, HANDOVER_INCOMING);
	pass(s, 100);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 10);
	stop(s, 0, 0);
	pass(s, 10);
	assert_false(goes_to(s, 0, 1));
	assert_true(entry_at(s, 0)->hold);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 1);
	say(s, 0, HANDOVER_GONE);
	pass(s, 5000);
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

/* Of a third site's router: @agent, which shows what @with would have it show. */
static void third_shows(struct sites *s, uint8_t agent, const struct handover_id *of,
	const struct otk *with, bool urgent)
{
	struct handover h = third_next(s);
	struct handover_id guest;

	h.agent = true;
	h.urgent = urgent;
	memset(h.agent_id.bytes, agent, sizeof(h.agent_id.bytes));
	memset(guest.bytes, 0x77, sizeof(guest.bytes));
	if (with)
		assert_true(handover_ticket_prove(with, of ? of : &h.agent_id, &guest, h.proof));
	third_sends(s, 0, &h);
}

static void who_asks_without_its_ticket_keeps_it_from_nobody_who_has_it(void **state)
{
	struct sites *s = sites_new();

	third_shows(s, 0x99, NULL, NULL, false);
	leave(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1)); /* redirected at the stop, as if the other had not asked */
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 1);
	sites_free(s);
}

static void each_that_asks_without_its_ticket_is_told_once_and_all_are_counted(void **state)
{
	struct sites *s = sites_new();

	s->thief = BESIDE;
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	for (unsigned int i = 0; i < 200; i++) {
		beside_says(s, 0, HANDOVER_RUNNING);
		world_forget(s->x[0]);
	}
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 200);
	assert_int_equal(events_of(s, 0, ROUTER_MOVE_UNPROVEN), 1);
	pass(s, 1000);
	for (unsigned int i = 0; i < 2; i++)
		beside_says(s, 0, HANDOVER_RUNNING);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 202);
	assert_int_equal(events_of(s, 0, ROUTER_MOVE_UNPROVEN), 2); /* it is so still */
	third_shows(s, 0x99, NULL, NULL, false);
	assert_int_equal(events_of(s, 0, ROUTER_MOVE_UNPROVEN), 3); /* another one */
	sites_free(s);
}

/* Another site's router may give proofs, and names of agents, without end. */
static void proofs_that_vary_do_not_ring_each_time(void **state)
{
	struct sites *s = sites_new();
	struct otk made_up = {.bytes = "any"};

	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	for (unsigned int i = 0; i < 100; i++) {
		made_up.bytes[15] = (uint8_t)i;
		third_shows(s, 0x99, NULL, &made_up, true);
		world_forget(s->x[0]);
	}
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 100);
	assert_int_equal(events_of(s, 0, ROUTER_MOVE_UNPROVEN), 1);
	for (unsigned int i = 0; i < 100; i++) {
		third_shows(s, (uint8_t)(0x99 + i % 50), NULL, NULL, true);
		world_forget(s->x[0]);
	}
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 200);
	assert_int_equal(events_of(s, 0, ROUTER_MOVE_UNPROVEN), 4); /* and one a second from here */
	sites_free(s);
}

static void the_ticket_of_another_stay_or_anothers_proof_is_none(void **state)
{
	struct handover_id true_one = id_of(1, true);
	struct otk before = {.bytes = "its ticket once"};
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 0);
	third_shows(s, 0x99, &true_one, &s->ticket, true); /* seen on its way, and shown again */
	pass(s, 5);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 1);
	third_shows(s, 0x99, NULL, &before, true); /* a host where it was before */
	pass(s, 5);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 2);
	stop(s, 0, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void beside_it_too_only_who_has_its_ticket_has_a_guest_that_leaves(void **state)
{
	struct sites *s = sites_new();
	struct router_handover_view v;

	s->thief = BESIDE;
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	beside_says(s, 0, HANDOVER_RUNNING);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 1);
	stop(s, 0, 0);
	pass(s, 5);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	beside_says(s, 0, HANDOVER_RUNNING);
	beside_says(s, 0, HANDOVER_LEAVING);
	assert_true(entry_at(s, 0)->hold);
	say(s, 0, HANDOVER_GONE);
	pass(s, 5);
	beside_says(s, 0, HANDOVER_INCOMING);
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	assert_false(here(s, 0));
	v = view_at(s, 0);
	assert_string_equal(v.agent, "agent");
	s->thief = 0; /* it was the one after all */
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	assert_true(here(s, 0));
	sites_free(s);
}

/* Where two agents of the destination's site speak, what one was given is not the other's. */
static void what_was_accepted_for_one_agent_is_not_its_neighbours(void **state)
{
	struct sites *s = prepared(); /* for agent 1 */

	s->thief = BESIDE + 1;
	beside_says(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	expect_at_home(s);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 0); /* it is not even asked for */
	stop(s, 0, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_RUNNING); /* in spite of the other */
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

/* Its hypervisor has died while it left, and an operator starts it elsewhere. */
static void where_agent_and_port_are_silent_no_ticket_is_asked_for(void **state)
{
	struct sites *s = sites_new();

	s->thief = 1;
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void without_tickets_nobody_has_a_guest_before_it_has_stopped(void **state)
{
	struct sites *s = sites_new();

	s->no_tickets = true;
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	expect_at_home(s);
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	expect_at_home(s);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 0);
	stop(s, 0, 0);
	pass(s, 500);
	assert_int_equal(s->owner, 1); /* and now that is believed */
	assert_true(here(s, 1));
	sites_free(s);
}

static void without_tickets_a_guest_that_never_left_is_claimed_back(void **state)
{
	struct sites *s = sites_new();

	s->no_tickets = true;
	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, 0);
	pass(s, 5);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	assert_int_equal(s->owner, 1);
	say(s, 0, HANDOVER_RUNNING); /* its migration has failed */
	pass(s, 5000);
	expect_at_home(s);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 20000);
	expect_at_home(s);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_agents_old_word_is_not_believed_after_another_has_spoken),
		cmocka_unit_test(
			what_was_said_before_a_restart_of_the_router_is_not_believed_after_it),
		cmocka_unit_test(what_one_message_says_of_several_addresses_counts_for_all),
		cmocka_unit_test(an_agent_is_not_looked_for_where_a_message_was_played_back_from),
		cmocka_unit_test(of_two_that_ask_at_once_both_are_answered),
		cmocka_unit_test(who_asks_for_what_only_a_dead_agent_spoke_of_is_answered),
		cmocka_unit_test(a_number_of_who_was_not_accepted_is_not_believed),
		cmocka_unit_test(of_several_addresses_nexts_may_overtake_each_other),
		cmocka_unit_test(of_one_address_the_last_next_counts_and_each_once),
		cmocka_unit_test(
			a_guest_that_leaves_for_elsewhere_is_not_had_by_who_asks_without_its_ticket),
		cmocka_unit_test(who_expects_a_guest_without_its_ticket_gets_none_of_its_packets),
		cmocka_unit_test(who_asks_without_its_ticket_keeps_it_from_nobody_who_has_it),
		cmocka_unit_test(
			each_that_asks_without_its_ticket_is_told_once_and_all_are_counted),
		cmocka_unit_test(proofs_that_vary_do_not_ring_each_time),
		cmocka_unit_test(the_ticket_of_another_stay_or_anothers_proof_is_none),
		cmocka_unit_test(beside_it_too_only_who_has_its_ticket_has_a_guest_that_leaves),
		cmocka_unit_test(what_was_accepted_for_one_agent_is_not_its_neighbours),
		cmocka_unit_test(where_agent_and_port_are_silent_no_ticket_is_asked_for),
		cmocka_unit_test(without_tickets_nobody_has_a_guest_before_it_has_stopped),
		cmocka_unit_test(without_tickets_a_guest_that_never_left_is_claimed_back),
		cmocka_unit_test(a_tail_brings_no_packets_to_anybody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
