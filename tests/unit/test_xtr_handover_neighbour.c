/* Two hypervisors of one site speak of one guest: one has it, or is to have it; the other has a
 * stolen key, or the guest was started there since the first has died. */
#include "tests/unit/handover_sites.h"

/* As one who knows that a proof is looked for, and has none: bytes from nowhere. */
static void beside_with_a_false_proof(struct sites *s, unsigned int i, enum handover_state state)
{
	struct handover h = state_message(s, BESIDE + i, state, HOST);

	memset(&h.guest, 0x77, sizeof(h.guest));
	memset(h.proof, 0xee, sizeof(h.proof));
	agent_sends(s, i, &h, agents[i]);
}

static void expect_at(struct sites *s, unsigned int i, const char *agent)
{
	assert_int_equal(s->owner, (int)i);
	assert_true(here(s, i));
	assert_string_equal(passage_at(s, i)->agent, agent);
}

static void who_was_accepted_is_not_displaced_by_a_neighbour(void **state)
{
	struct sites *s = prepared();

	s->thief = BESIDE + 1;
	assert_true(passage_at(s, 1)->released);
	for (int ms = 0; ms < 3000; ms += 2) {
		s->result[1] = -1;
		switch (ms % 10) {
		case 0:
			beside_says(s, 1, HANDOVER_INCOMING);
			break;
		case 2:
			beside_says(s, 1, HANDOVER_LEAVING);
			break;
		case 4:
			beside_with_a_false_proof(s, 1, HANDOVER_INCOMING);
			break;
		default:
			beside_with_a_false_proof(s, 1, HANDOVER_RUNNING);
		}
		pass(s, 2);
		assert_string_equal(passage_at(s, 1)->agent, "agent");
		assert_true(passage_at(s, 1)->released);
		if (ms == 1000)
			stop(s, 0, 0);
		assert_int_equal(goes_to(s, 0, 1), ms >= 1000);
	}
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	expect_at(s, 1, "agent");
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 0);
	sites_free(s);
}

/* It was to go to the first, which has died, and is started at the second. */
static void who_was_accepted_and_is_silent_keeps_it_from_nobody(void **state)
{
	struct sites *s = prepared();

	s->answering[1] = false;
	for (int ms = 0; ms < 1200; ms += 20) {
		beside_says(s, 1, HANDOVER_RUNNING);
		pass(s, 20);
	}
	expect_at(s, 1, "beside");
	sites_free(s);
}

static void who_was_not_accepted_yet_shares_with_a_neighbour_in_turns(void **state)
{
	struct sites *s = sites_new();
	unsigned int of_first = 0, of_second = 0;

	s->thief = BESIDE + 1;
	say(s, 1, HANDOVER_INCOMING);
	for (int ms = 0; ms < 4000; ms += 2) {
		beside_with_a_false_proof(s, 1, HANDOVER_INCOMING);
		if (ms % 100 == 0) /* it has no answer when it is not its turn */
			say(s, 1, HANDOVER_INCOMING);
		pass(s, 2);
		of_first += !strcmp(passage_at(s, 1)->agent, "agent");
		of_second += !strcmp(passage_at(s, 1)->agent, "beside");
	}
	assert_true(of_first >= 500);
	assert_true(of_second >= 500);
	say(s, 0, HANDOVER_LEAVING);
	for (int ms = 0; ms < 2000; ms += 2) {
		beside_with_a_false_proof(s, 1, HANDOVER_INCOMING);
		if (ms % 100 == 0)
			say(s, 1, HANDOVER_INCOMING);
		pass(s, 2);
	}
	assert_string_equal(passage_at(s, 1)->agent, "agent");
	assert_true(passage_at(s, 1)->released);
	sites_free(s);
}

static void who_is_refused_keeps_the_one_with_the_ticket_from_nothing(void **state)
{
	struct sites *s = sites_new();
	unsigned int said = 0, wait = 20;

	s->thief = BESIDE + 1;
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 20);
	stop(s, 0, 0);
	beside_with_a_false_proof(s, 1, HANDOVER_RUNNING); /* it is first */
	s->result[1] = -1;
	say(s, 1, HANDOVER_RUNNING);
	assert_int_equal(s->result[1], -1); /* no answer: it is not to wait for 10 s */
	for (unsigned int ms = 0; ms < 1000; ms += 2) {
		beside_with_a_false_proof(s, 1, HANDOVER_RUNNING);
		if (ms >= said + wait && strcmp(passage_at(s, 1)->agent, "agent") != 0) {
			say(s, 1, HANDOVER_RUNNING);
			said = ms;
			wait *= 2;
		}
		pass(s, 2);
	}
	expect_at(s, 1, "agent");
	sites_free(s);
}

/* Its port is down, so it has stopped, whatever its agent has said. */
static void a_silent_port_does_not_make_a_guest_that_leaves_its_neighbours(void **state)
{
	struct sites *s = sites_new();
	struct eid host = world_eid(HOST);

	s->thief = BESIDE;
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	s->answering[0] = false;
	assert_true(handover_silent(s->x[0]->router->handover, &host));
	pass(s, 1);
	assert_true(entry_at(s, 0)->hold);
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 20);
	assert_true(entry_at(s, 0)->hold);
	assert_string_equal(passage_at(s, 0)->agent, "agent");
	assert_int_equal(counter(s, 0, XTR_HANDOVER_UNPROVEN), 1);
	s->thief = 0; /* it was the one after all */
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 20);
	expect_at(s, 0, "beside");
	sites_free(s);
}

/* That it stopped is late, and where it went has said that it runs there. */
static void what_runs_elsewhere_already_is_not_its_neighbours(void **state)
{
	struct sites *s = prepared();

	s->thief = BESIDE;
	s->answering[0] = false;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(passage_at(s, 0)->phase, PHASE_PAUSED);
	assert_int_equal(passage_at(s, 0)->word, HANDOVER_LEAVING);
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 500);
	expect_at(s, 1, "agent");
	assert_false(here(s, 0));
	assert_string_equal(passage_at(s, 0)->agent, "agent");
	sites_free(s);
}

/* The first hypervisor has died, and a cluster starts the guest at the second, which knows no
 * ticket. @ms: until it is served there, at most. */
static void is_restarted_beside(struct sites *s, unsigned int ms)
{
	unsigned int asks = s->asks[0];

	s->thief = BESIDE;
	s->answering[0] = false;
	for (; ms && strcmp(passage_at(s, 0)->agent, "beside") != 0; ms -= 20) {
		beside_says(s, 0, HANDOVER_RUNNING);
		pass(s, 20);
	}
	assert_string_equal(passage_at(s, 0)->agent, "beside");
	assert_int_equal(s->owner, 0);
	assert_int_equal(passage_at(s, 0)->phase, PHASE_HERE);
	if (!strcmp(s->host, HOST)) /* a MAC has no entry in the data plane */
		assert_true(here(s, 0));
	assert_true(s->asks[0] > asks + 1);
	sites_free(s);
}

static void a_guest_that_ran_is_had_by_its_neighbour_when_all_are_silent(void **state)
{
	is_restarted_beside(sites_new(), 1400);
}

static void a_guest_that_was_leaving_is_had_by_its_neighbour_when_all_are_silent(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING);
	pass(s, 100);
	is_restarted_beside(s, 1400);
}

static void a_guest_that_had_stopped_is_had_by_its_neighbour_when_all_are_silent(void **state)
{
	struct sites *s = sites_new();

	say(s, 0, HANDOVER_LEAVING);
	stop(s, 0, 0);
	pass(s, 100);
	is_restarted_beside(s, 1400);
}

static void a_mac_is_had_by_its_neighbour_when_the_agent_is_silent(void **state)
{
	is_restarted_beside(sites_of("02:00:00:00:00:09/48"), 400);
}

/* Nobody is silent, or one of the two is not. */
static void a_neighbour_has_no_guest_whose_agent_speaks(void **state)
{
	struct sites *s = sites_new();
	unsigned int asks = s->asks[0];

	s->thief = BESIDE;
	for (int ms = 0; ms < 10000; ms += 20) {
		beside_says(s, 0, HANDOVER_RUNNING);
		pass(s, 20);
		expect_at(s, 0, "agent");
	}
	assert_in_range(s->asks[0] - asks, 3, 12); /* not as often as somebody likes */
	sites_free(s);
}

static void a_neighbour_has_no_guest_whose_port_answers(void **state)
{
	struct sites *s = sites_new();

	s->thief = BESIDE;
	s->answering[0] = false;
	for (int ms = 0; ms < 10000; ms += 20) {
		beside_says(s, 0, HANDOVER_RUNNING);
		world_host(s->x[0], HOST, PORT, true);
		pass(s, 20);
		expect_at(s, 0, "agent");
	}
	sites_free(s);
}

/* It is there by now, or will be in a moment. */
static void a_neighbour_has_no_guest_that_goes_to_who_has_its_ticket(void **state)
{
	struct sites *s = prepared();

	stop(s, 0, 0);
	pass(s, 20);
	s->thief = BESIDE;
	s->answering[0] = false;
	for (int ms = 0; ms < 3000; ms += 20) {
		beside_says(s, 0, HANDOVER_RUNNING);
		pass(s, 20);
		assert_true(goes_to(s, 0, 1));
	}
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	expect_at(s, 1, "agent");
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_was_accepted_is_not_displaced_by_a_neighbour),
		cmocka_unit_test(who_was_accepted_and_is_silent_keeps_it_from_nobody),
		cmocka_unit_test(who_was_not_accepted_yet_shares_with_a_neighbour_in_turns),
		cmocka_unit_test(who_is_refused_keeps_the_one_with_the_ticket_from_nothing),
		cmocka_unit_test(a_silent_port_does_not_make_a_guest_that_leaves_its_neighbours),
		cmocka_unit_test(what_runs_elsewhere_already_is_not_its_neighbours),
		cmocka_unit_test(a_guest_that_ran_is_had_by_its_neighbour_when_all_are_silent),
		cmocka_unit_test(
			a_guest_that_was_leaving_is_had_by_its_neighbour_when_all_are_silent),
		cmocka_unit_test(
			a_guest_that_had_stopped_is_had_by_its_neighbour_when_all_are_silent),
		cmocka_unit_test(a_mac_is_had_by_its_neighbour_when_the_agent_is_silent),
		cmocka_unit_test(a_neighbour_has_no_guest_whose_agent_speaks),
		cmocka_unit_test(a_neighbour_has_no_guest_whose_port_answers),
		cmocka_unit_test(a_neighbour_has_no_guest_that_goes_to_who_has_its_ticket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
