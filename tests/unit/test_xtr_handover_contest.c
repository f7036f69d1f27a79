/* Two sites say that a guest runs there: what an operator is told at both, and how one settles it.
 * See docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"

/* Site 1's agent says that it runs there, while site 0's says the same: site 0 keeps it. */
static struct sites *refused(void)
{
	struct sites *s = sites_new();

	say(s, 1, HANDOVER_RUNNING);
	pass(s, 500);
	assert_true(here(s, 0));
	assert_false(here(s, 1));
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	return s;
}

static enum router_claim claim(struct sites *s, unsigned int i, const char *eid, bool force)
{
	struct eid e = world_eid(eid);
	enum router_claim was =
		router_claim(s->x[i]->router, &e, force, s->x[i]->now, s->x[i]->out);

	world_pass(s->x[i], 0);
	return was;
}

static const struct router_event *event_of(
	struct sites *s, unsigned int i, enum router_event_type type)
{
	for (unsigned int k = s->x[i]->event_count; k--;)
		if (s->x[i]->events[k].type == type)
			return &s->x[i]->events[k];
	fail_msg("no event %d at site %u", type, i);
	return NULL;
}

static void both_sites_are_told_who_the_other_is(void **state)
{
	struct sites *s = refused();
	struct address a = world_address(rlocs[1]), b = world_address(rlocs[0]);

	assert_int_equal(counter(s, 0, XTR_HANDOVER_CONTESTED), 1);
	assert_true(address_equal(&event_of(s, 0, ROUTER_MOVE_CONTESTED)->rloc, &a));
	assert_true(address_equal(&event_of(s, 1, ROUTER_MOVE_REFUSED)->rloc, &b));
	assert_string_equal(s->x[0]->last_line,
		"10.1.0.5 runs here, as agent \"agent\" says, and the xTR "
		"33333333333333333333333333333333 at 198.51.100.1 says that it runs there: that is "
		"refused");
	assert_string_equal(s->x[1]->last_line,
		"10.1.0.5 is said by agent \"agent\" to run here, and the xTR "
		"11111111111111111111111111111111 at 192.0.2.1 says that it runs there: it stays "
		"there (`sunward eid claim` if that is wrong)");
	sites_free(s);
}

static void an_owner_that_says_nothing_is_named_when_its_guest_is_taken_over(void **state)
{
	struct sites *s = sites_new();

	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 100); /* for the Map-Server to say who has it */
	s->cut_off = true;
	for (unsigned int ms = 0; ms < 3000 && !counter(s, 1, XTR_HANDOVER_TAKEN_OVER); ms++)
		pass(s, 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 1);
	assert_true(here(s, 1));
	assert_non_null(event_of(s, 1, ROUTER_MOVE_TAKEN_OVER));
	assert_string_equal(s->x[1]->last_line,
		"10.1.0.5 runs here, as agent \"agent\" says, and the xTR "
		"11111111111111111111111111111111 at 192.0.2.1 says nothing: taken over");
	sites_free(s);
}

/* The guest was taken by who has a stolen key, say, and its own site is refused: the operator of
 * that takes it back, and the other one is refused from then on. */
static void a_guest_that_was_refused_is_taken_by_hand(void **state)
{
	struct sites *s = refused();

	assert_int_equal(claim(s, 1, HOST, true), ROUTER_CLAIM_TAKEN);
	assert_true(here(s, 1));
	pass(s, 1000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_false(here(s, 0));
	assert_int_equal(counter(s, 0, XTR_HANDOVER_REFUSED), 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_CONTESTED), 1);
	for (unsigned int i = 0; i < 3; i++) {
		live(s, 0, 10);
		live(s, 1, 10);
	}
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

/* The claim by hand rests on an old number: it is made again with the new one. */
static void a_claim_by_hand_that_is_refused_is_made_again(void **state)
{
	struct sites *s = refused();

	s->seq += 3;
	assert_int_equal(claim(s, 1, HOST, true), ROUTER_CLAIM_TAKEN);
	pass(s, 1000);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void without_force_the_owner_is_asked_once_more(void **state)
{
	struct sites *s = refused();

	assert_int_equal(claim(s, 1, HOST, false), ROUTER_CLAIM_ASKED);
	pass(s, 500);
	assert_int_equal(s->owner, 0);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 2);
	say(s, 0, HANDOVER_GONE); /* there it is no more */
	pass(s, 100);
	assert_int_equal(claim(s, 1, HOST, false), ROUTER_CLAIM_ASKED);
	pass(s, 500);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	sites_free(s);
}

static void what_nobody_says_is_here_is_not_claimed(void **state)
{
	struct sites *s = refused();

	assert_int_equal(claim(s, 1, "10.1.0.77/32", true), ROUTER_CLAIM_NOBODY);
	assert_int_equal(claim(s, 1, "192.0.2.77/32", true), ROUTER_CLAIM_FOREIGN);
	say(s, 1, HANDOVER_GONE);
	pass(s, 10);
	assert_int_not_equal(claim(s, 1, HOST, true), ROUTER_CLAIM_TAKEN);
	pass(s, 500);
	assert_int_equal(s->owner, 0);
	assert_true(here(s, 0));
	sites_free(s);
}

static void what_is_this_sites_already_is_not_asked_for(void **state)
{
	struct sites *s = sites_new();
	unsigned int claims = s->claims;

	assert_int_equal(claim(s, 0, HOST, false), ROUTER_CLAIM_MADE);
	assert_int_equal(claim(s, 0, HOST, true), ROUTER_CLAIM_MADE);
	pass(s, 100);
	assert_int_equal(s->claims, claims);
	assert_true(here(s, 0));
	sites_free(s);
}

/* No agent speaks for it: its port does. */
static void a_host_without_an_agent_is_claimed_by_hand_too(void **state)
{
	struct sites *s = sites_new();

	world_host(s->x[1], "10.1.0.6/32", PORT, true);
	pass(s, 5);
	assert_int_equal(claim(s, 1, "10.1.0.6/32", true), ROUTER_CLAIM_TAKEN);
	sites_free(s);
}

/* It was heard, and its owner's agent was believed: by hand that is the other way round. */
static void a_host_that_is_only_heard_is_taken_by_hand_from_an_agent(void **state)
{
	struct sites *s = sites_new();

	world_host(s->x[1], HOST, PORT, true);
	pass(s, 50);
	world_host(s->x[1], HOST, PORT, true);
	pass(s, 50);
	assert_true(here(s, 0));
	assert_int_equal(counter(s, 1, XTR_HOSTS_DUPLICATE), 1);
	assert_int_equal(claim(s, 1, HOST, false), ROUTER_CLAIM_ASKED);
	pass(s, 50);
	assert_true(here(s, 0));
	assert_int_equal(claim(s, 1, HOST, true), ROUTER_CLAIM_TAKEN);
	for (unsigned int i = 0; i < 300; i++) { /* it goes on to answer */
		pass(s, 10);
		world_host(s->x[1], HOST, PORT, true);
	}
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	assert_false(here(s, 0));
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_sites_are_told_who_the_other_is),
		cmocka_unit_test(an_owner_that_says_nothing_is_named_when_its_guest_is_taken_over),
		cmocka_unit_test(a_guest_that_was_refused_is_taken_by_hand),
		cmocka_unit_test(a_claim_by_hand_that_is_refused_is_made_again),
		cmocka_unit_test(without_force_the_owner_is_asked_once_more),
		cmocka_unit_test(what_nobody_says_is_here_is_not_claimed),
		cmocka_unit_test(what_is_this_sites_already_is_not_asked_for),
		cmocka_unit_test(a_host_without_an_agent_is_claimed_by_hand_too),
		cmocka_unit_test(a_host_that_is_only_heard_is_taken_by_hand_from_an_agent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
