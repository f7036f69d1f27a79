/* How strong a piece of evidence is: an agent's word is more than an answer to ARP or ND, that is
 * more than what a router remembers, and that more than nothing. See docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"
#include "xtr/handover_passage.h"

/* Some machine behind the port of site @i announces the guest's address. */
static void announce(struct sites *s, unsigned int i)
{
	world_host(s->x[i], HOST, PORT, true);
}

static void what_is_heard_at_another_site_takes_no_guest_from_its_agent(void **state)
{
	struct sites *s = sites_new();
	struct router_handover_view v;

	announce(s, 1);
	pass(s, 50);
	announce(s, 1); /* its answer to ARP */
	pass(s, 50);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	assert_int_equal(counter(s, 1, XTR_HOSTS_DUPLICATE), 1);
	assert_int_equal(events_of(s, 1, ROUTER_HOST_DUPLICATE), 1);
	assert_non_null(strstr(s->x[1]->last_line, "10.1.0.5"));
	assert_non_null(strstr(s->x[1]->last_line, "192.0.2.1")); /* where it runs */
	assert_non_null(strstr(s->x[1]->last_line, "02:00:00"));  /* who says it, too */
	v = view_at(s, 1);
	assert_string_equal(v.phase, "elsewhere");
	assert_int_equal(v.candidate_count, 0);
	sites_free(s);
}

/* The owner's router may say so as often as it likes. */
static void a_second_machine_is_told_of_once_a_second_at_most(void **state)
{
	struct sites *s = sites_new();
	struct passage *p;

	announce(s, 1);
	pass(s, 50);
	announce(s, 1);
	pass(s, 50);
	p = passage_at(s, 1);
	assert_non_null(p);
	for (unsigned int i = 0; i < 100; i++)
		assert_true(hearsay_yields(p, &p->owner));
	assert_int_equal(counter(s, 1, XTR_HOSTS_DUPLICATE), 101);
	assert_int_equal(events_of(s, 1, ROUTER_HOST_DUPLICATE), 1);
	p->room->env->now = mono_add_ms(s->x[1]->now, 1000);
	for (unsigned int i = 0; i < 100; i++)
		assert_true(hearsay_yields(p, &p->owner));
	assert_int_equal(counter(s, 1, XTR_HOSTS_DUPLICATE), 201);
	assert_int_equal(events_of(s, 1, ROUTER_HOST_DUPLICATE), 2);
	sites_free(s);
}

static void who_goes_on_announcing_it_never_gets_it_again(void **state)
{
	struct sites *s = sites_new();
	unsigned int claims;

	announce(s, 1);
	pass(s, 50);
	announce(s, 1);
	pass(s, 100);
	claims = s->claims;
	for (unsigned int i = 0; i < 1500; i++) { /* 150 s */
		if (i % 100 == 0)
			say(s, 0, HANDOVER_RUNNING);
		announce(s, 1);
		pass(s, 100);
		assert_true(here(s, 0));
	}
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, claims); /* it was asked for, and not claimed */
	assert_true(goes_to(s, 1, 0));
	assert_true(counter(s, 1, XTR_HOSTS_DUPLICATE) > 100);
	sites_free(s);
}

/* It knows the number that a claim needs, and what it was told is forgotten. */
static void a_claim_with_the_right_number_is_given_up_as_well(void **state)
{
	struct sites *s = sites_new();

	announce(s, 1);
	pass(s, 50);
	announce(s, 1);
	live(s, 0, 80);
	announce(s, 1);
	pass(s, 50);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_int_equal(counter(s, 1, XTR_HOSTS_DUPLICATE), 2);
	sites_free(s);
}

static void a_guest_moves_from_a_site_with_an_agent_to_one_without(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, 0);
	pass(s, 5);
	announce(s, 1);
	pass(s, 5);
	announce(s, 1); /* asked by ARP */
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	assert_int_equal(counter(s, 1, XTR_HOSTS_DUPLICATE), 0);
	sites_free(s);
}

/* Another had its address before: what is heard is asked of, and then believed. Not so of a guest
 * with a ticket: what has none may not have it. */
static void it_moves_there_also_where_somebody_has_had_its_address(void **state)
{
	struct sites *s = sites_new();

	s->no_tickets = true;
	announce(s, 1);
	pass(s, 50);
	announce(s, 1);
	pass(s, 100);
	assert_int_equal(s->owner, 0);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 1000);
	announce(s, 1); /* a forger still: it has not stopped */
	pass(s, 100);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	stop(s, 0, 0);
	pass(s, 5);
	announce(s, 1);
	pass(s, 1000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_true(goes_to(s, 0, 1));
	sites_free(s);
}

static void it_is_found_where_it_is_started_again_without_an_agent(void **state)
{
	struct sites *s = sites_new();

	announce(s, 1);
	pass(s, 50);
	announce(s, 1);
	pass(s, 2000);
	say(s, 0, HANDOVER_GONE); /* it is withdrawn */
	pass(s, 10);
	assert_int_equal(s->owner, -1);
	announce(s, 1);
	pass(s, 10);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void an_owner_that_says_nothing_keeps_nothing_from_where_it_is_heard(void **state)
{
	struct sites *s = sites_new();

	announce(s, 1);
	pass(s, 50);
	announce(s, 1);
	pass(s, 2000);
	s->mute[0] = true;
	announce(s, 1);
	pass(s, 1100);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

/* What was announced to another by an agent is not for who is heard. */
static void a_guest_that_stops_does_not_go_where_it_is_only_heard(void **state)
{
	struct sites *s = prepared();
	struct handover h = third_next(s);

	h.urgent = true;
	third_sends(s, 0, &h);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	assert_true(goes_to(s, 0, 1)); /* it is no candidate: there is one only */
	sites_free(s);
}

/* ---- a router that has just started ---- */

static void a_router_that_has_just_started_asks_before_it_gives_a_guest_away(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false; /* its answer is late */
	world_restart(s->x[0]);
	pass(s, 2);
	say(s, 1, HANDOVER_RUNNING); /* a duplicate, or a stolen key */
	pass(s, 30);
	assert_int_equal(s->owner, 0);
	assert_false(here(s, 1));
	assert_true(s->asks[0] > 0);
	s->answering[0] = true;
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 100);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	for (unsigned int i = 0; i < 3; i++) {
		say(s, 0, HANDOVER_RUNNING);
		say(s, 1, HANDOVER_RUNNING);
		pass(s, 10000);
	}
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	sites_free(s);
}

static void nor_does_it_where_no_agent_answers_and_the_guest_does(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	world_restart(s->x[0]);
	pass(s, 2);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_true(s->x[0]->probe_count > 0);
	announce(s, 0); /* it answers */
	pass(s, 15000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

/* One agent whose address is not known yet has had the time to speak, too. */
static void a_guest_that_is_not_there_any_more_is_given_when_all_are_silent(void **state)
{
	struct sites *s = sites_new();

	s->answering[0] = false;
	world_restart(s->x[0]);
	pass(s, 2);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 11000);
	assert_int_equal(s->owner, 0);
	pass(s, 2500);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

static void it_is_given_within_a_second_when_each_agent_has_spoken(void **state)
{
	struct sites *s = sites_new();

	s->state[0] = HANDOVER_GONE; /* what it answers */
	world_restart(s->x[0]);
	beside_says(s, 0, HANDOVER_GONE);
	pass(s, 2);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 1100);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

/* ---- a neighbour ---- */

static void neighbour_says(struct sites *s, enum handover_state state, bool in_migration)
{
	s->result[0] = -1;
	state_by(s, 0, BESIDE, AGENT_KEY, state, in_migration, 0, ++s->counter);
}

static void agent_is_silent(struct sites *s)
{
	s->answering[0] = false;
	pass(s, 36000);
}

static void expect_agent(struct sites *s, const char *want)
{
	struct router_handover_view v;

	v = view_at(s, 0);
	assert_string_equal(v.agent ? v.agent : "", want);
}

static void an_agent_that_is_silent_loses_no_guest_that_answers_to_a_neighbour(void **state)
{
	struct sites *s = sites_new();

	agent_is_silent(s);
	neighbour_says(s, HANDOVER_RUNNING, false);
	assert_int_equal(s->result[0], -1); /* settled below */
	announce(s, 0);                     /* it answers at its port */
	pass(s, 1500);
	assert_int_equal(s->result[0], HANDOVER_OWNED);
	neighbour_says(s, HANDOVER_PAUSED, true);
	announce(s, 0);
	pass(s, 1500);
	assert_true(here(s, 0));
	say(s, 0, HANDOVER_RUNNING); /* it is back */
	pass(s, 10);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	expect_agent(s, "agent");
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void who_had_it_is_asked(void **state)
{
	struct sites *s = sites_new();

	agent_is_silent(s);
	s->answering[0] = true;
	neighbour_says(s, HANDOVER_RUNNING, false);
	pass(s, 5);
	expect_agent(s, "agent");
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void a_guest_is_its_neighbours_when_it_is_gone_from_where_it_was(void **state)
{
	struct sites *s = sites_new();

	agent_is_silent(s);
	s->answering[0] = true;
	s->state[0] = HANDOVER_GONE;
	neighbour_says(s, HANDOVER_RUNNING, false);
	pass(s, 5);
	neighbour_says(s, HANDOVER_RUNNING, false); /* it has been asked for */
	pass(s, 5);
	expect_agent(s, "beside");
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static void or_when_neither_says_anything(void **state)
{
	struct sites *s = sites_new();
	unsigned int asks;

	agent_is_silent(s);
	neighbour_says(s, HANDOVER_RUNNING, false);
	pass(s, 900);
	asks = s->asks[0];
	pass(s, 200);
	assert_int_equal(s->asks[0], asks + 1); /* the neighbour, what is so now */
	neighbour_says(s, HANDOVER_RUNNING, false);
	pass(s, 5);
	expect_agent(s, "beside");
	assert_true(here(s, 0));
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

static int port_of_guest(struct sites *s)
{
	struct eid host = world_eid(HOST);

	return dynamic_eid_ifindex(dynamic_eid_find(s->x[0]->router->hosts, &host));
}

static int port_beside(struct router_ops *ops, const char *name, uint32_t iid)
{
	return PORT + 1;
}

/* Nobody has ever spoken of it. */
static void a_host_without_an_agent_stays_at_the_port_where_it_answers(void **state)
{
	struct sites *s = sites_of("10.1.0.9/32");

	s->answering[0] = false;
	s->host = HOST;
	s->owner = -1;
	s->seq = 0;
	announce(s, 0);
	pass(s, 10);
	assert_int_equal(s->owner, 0);
	s->x[0]->ops.port_named = port_beside;
	neighbour_says(s, HANDOVER_RUNNING, false);
	announce(s, 0);
	pass(s, 1500);
	assert_int_equal(s->result[0], HANDOVER_OWNED);
	assert_int_equal(port_of_guest(s), PORT);
	neighbour_says(s, HANDOVER_RUNNING, false); /* it does not answer now */
	pass(s, 1100);
	neighbour_says(s, HANDOVER_RUNNING, false);
	pass(s, 5);
	assert_int_equal(port_of_guest(s), PORT + 1);
	assert_int_equal(s->owner, 0);
	sites_free(s);
}

/* ---- a Map-Server that is away ---- */

static void both_say(struct sites *s, unsigned int seconds)
{
	for (; seconds >= 10; seconds -= 10) {
		say(s, 0, HANDOVER_RUNNING);
		say(s, 1, HANDOVER_RUNNING);
		pass(s, 10000);
	}
}

static void without_the_map_server_the_owner_is_asked_directly(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 100);
	s->cut_off = true;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 200);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	assert_true(goes_to(s, 1, 0));
	both_say(s, 40);
	assert_true(goes_to(s, 1, 0));
	s->cut_off = false;
	both_say(s, 40);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

static void an_owner_that_is_asked_directly_can_accept(void **state)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_INCOMING);
	pass(s, 100);
	s->cut_off = true;
	say(s, 0, HANDOVER_GONE);
	s->mute[0] = true; /* that it may go is lost */
	pass(s, 20000);
	s->mute[0] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 2000);
	assert_true(here(s, 1));
	s->cut_off = false;
	pass(s, 10000);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

/* Nobody can be asked. It may be a second one: it is served, and takes nothing from the first. */
static void a_guest_of_which_nobody_can_be_asked_is_served_and_not_claimed(void **state)
{
	struct sites *s = sites_new();
	unsigned int claims = s->claims;

	s->cut_off = true;
	say(s, 1, HANDOVER_RUNNING);
	world_miss(s->x[1], HOST, 1);
	pass(s, 2900);
	injected(s, 1, "");
	pass(s, 200);
	assert_true(here(s, 1));
	injected(s, 1, "1");
	assert_non_null(strstr(s->x[1]->last_line, "not claimed"));
	both_say(s, 30);
	s->cut_off = false;
	both_say(s, 20);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, claims);
	assert_true(here(s, 0));
	assert_true(goes_to(s, 1, 0));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED) > 0, true);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	sites_free(s);
}

static void it_is_claimed_when_the_map_server_is_back_and_nobody_has_it(void **state)
{
	struct sites *s = sites_new();

	live(s, 0, 20);
	s->cut_off = true;
	say(s, 0, HANDOVER_GONE);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5000);
	assert_true(here(s, 1));
	s->cut_off = false;
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void or_its_owner_says_nothing(void **state)
{
	struct sites *s = sites_new();

	s->cut_off = true;
	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5000);
	assert_true(here(s, 1));
	assert_int_equal(s->owner, 0);
	s->cut_off = false;
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 1);
	sites_free(s);
}

static void what_was_served_and_is_gone_is_served_no_more(void **state)
{
	struct sites *s = sites_new();
	struct eid host = world_eid(HOST);

	s->cut_off = true;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 4000);
	assert_true(here(s, 1));
	say(s, 1, HANDOVER_GONE);
	pass(s, 100);
	assert_null(dynamic_eid_find(s->x[1]->router->hosts, &host));
	assert_false(here(s, 1));
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_heard_at_another_site_takes_no_guest_from_its_agent),
		cmocka_unit_test(a_second_machine_is_told_of_once_a_second_at_most),
		cmocka_unit_test(who_goes_on_announcing_it_never_gets_it_again),
		cmocka_unit_test(a_claim_with_the_right_number_is_given_up_as_well),
		cmocka_unit_test(a_guest_moves_from_a_site_with_an_agent_to_one_without),
		cmocka_unit_test(it_moves_there_also_where_somebody_has_had_its_address),
		cmocka_unit_test(it_is_found_where_it_is_started_again_without_an_agent),
		cmocka_unit_test(an_owner_that_says_nothing_keeps_nothing_from_where_it_is_heard),
		cmocka_unit_test(a_guest_that_stops_does_not_go_where_it_is_only_heard),
		cmocka_unit_test(a_router_that_has_just_started_asks_before_it_gives_a_guest_away),
		cmocka_unit_test(nor_does_it_where_no_agent_answers_and_the_guest_does),
		cmocka_unit_test(a_guest_that_is_not_there_any_more_is_given_when_all_are_silent),
		cmocka_unit_test(it_is_given_within_a_second_when_each_agent_has_spoken),
		cmocka_unit_test(
			an_agent_that_is_silent_loses_no_guest_that_answers_to_a_neighbour),
		cmocka_unit_test(who_had_it_is_asked),
		cmocka_unit_test(a_guest_is_its_neighbours_when_it_is_gone_from_where_it_was),
		cmocka_unit_test(or_when_neither_says_anything),
		cmocka_unit_test(a_host_without_an_agent_stays_at_the_port_where_it_answers),
		cmocka_unit_test(without_the_map_server_the_owner_is_asked_directly),
		cmocka_unit_test(an_owner_that_is_asked_directly_can_accept),
		cmocka_unit_test(a_guest_of_which_nobody_can_be_asked_is_served_and_not_claimed),
		cmocka_unit_test(it_is_claimed_when_the_map_server_is_back_and_nobody_has_it),
		cmocka_unit_test(or_its_owner_says_nothing),
		cmocka_unit_test(what_was_served_and_is_gone_is_served_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
