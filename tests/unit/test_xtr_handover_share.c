/* Each agent has a share of what the xTR remembers and listens to: one that says too much takes
 * nothing from the others. See docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"

#define ELSEWHERE "203.0.113.3" /* where the second agent of the site speaks from */
#define OTHER     "10.1.250.9/32"

/* The agent beside says @state of @count EIDs, beginning with the @from-th; in messages of 32. */
static void says_of_many(
	struct sites *s, unsigned int from, unsigned int count, enum handover_state state)
{
	char text[64];

	for (unsigned int n = from; n < from + count; n += 32) {
		struct handover h = state_message(s, BESIDE, state, HOST);

		h.host_count = 32;
		for (unsigned int j = 0; j < 32; j++) {
			snprintf(text, sizeof(text), "10.1.%u.%u/32", 100 + (n + j) / 256,
				(n + j) % 256);
			h.hosts[j] = (struct handover_host){
				.mac = {2, 0, 0, 0, 0, 9}, .eid = world_eid(text)};
		}
		agent_sends(s, 0, &h, ELSEWHERE);
		world_forget(s->x[0]);
	}
}

/* What its last message was answered. */
static int answer_to_one_more(struct sites *s, unsigned int n, enum handover_state state)
{
	struct wire_fault fault;
	struct handover h, ack;
	struct world_sent *d;
	char text[64];

	snprintf(text, sizeof(text), "10.1.%u.%u/32", 100 + n / 256, n % 256);
	h = state_message(s, BESIDE, state, text);
	world_forget(s->x[0]);
	agent_sends(s, 0, &h, ELSEWHERE);
	if (!world_has(s->x[0], LISP_EXTENSION))
		return -1;
	d = world_take(s->x[0], LISP_EXTENSION);
	assert_int_equal(handover_parse(d->bytes, d->len, &ack, &fault), 0);
	assert_int_equal(ack.kind, HANDOVER_STATE_ACK);
	assert_int_equal(ack.counter, h.counter);
	world_forget(s->x[0]);
	return ack.state;
}

static uint32_t held_by(struct sites *s, const char *name)
{
	const struct handover_room *room = s->x[0]->router->handover;

	for (unsigned int i = 0; i < room->agent_count; i++)
		if (!strcmp(room->agents[i].conf.name, name))
			return room->agents[i].eids;
	fail_msg("no agent %s", name);
	return 0;
}

static void an_agent_that_speaks_of_too_many_leaves_room_for_another(void **state)
{
	struct sites *s = sites_new();
	const char *host = s->host;

	says_of_many(s, 0, 4096, HANDOVER_INCOMING);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_FULL), 0);
	assert_int_equal(held_by(s, "beside"), 4096);
	says_of_many(s, 4096, 4096, HANDOVER_INCOMING);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_FULL), 4096);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_PREPARED), 4096);
	assert_int_equal(counter(s, 0, XTR_NO_MEMORY), 0);
	assert_string_equal(s->x[0]->last_line,
		"agent \"beside\" speaks of more EIDs than the 4096 that `eids-per-agent` allows");
	assert_int_equal(answer_to_one_more(s, 9000, HANDOVER_INCOMING), HANDOVER_NO_ROOM);
	assert_int_equal(answer_to_one_more(s, 1, HANDOVER_INCOMING), HANDOVER_TAKEN); /* known */

	s->host = OTHER; /* which the other agent of the site expects */
	say(s, 0, HANDOVER_INCOMING);
	settle(s);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	assert_int_equal(held_by(s, "agent"), 2);
	s->host = host;
	assert_true(here(s, 0));
	sites_free(s);
}

static void what_an_agent_speaks_of_no_more_is_room_again(void **state)
{
	struct sites *s = sites_new();

	s->x[0]->policy.limits.eids_per_agent = 32;
	reload(s, 0);
	says_of_many(s, 0, 32, HANDOVER_INCOMING);
	assert_int_equal(answer_to_one_more(s, 40, HANDOVER_INCOMING), HANDOVER_NO_ROOM);
	reload(s, 0);
	assert_int_equal(held_by(s, "beside"), 32); /* counted anew */
	for (unsigned int i = 0; i < 40; i++) { /* prepared and not renewed: forgotten after 30 s */
		world_pass(s->x[0], 1000);
		world_forget(s->x[0]);
	}
	assert_int_equal(held_by(s, "beside"), 0);
	assert_int_equal(answer_to_one_more(s, 40, HANDOVER_INCOMING), HANDOVER_TAKEN);
	sites_free(s);
}

/* A guest that goes from one hypervisor of the site to the other is counted at the other then. */
static void a_guest_counts_at_the_agent_that_spoke_of_it_last(void **state)
{
	struct sites *s = sites_new();

	assert_int_equal(held_by(s, "agent"), 1);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	beside_says(s, 0, HANDOVER_RUNNING);
	pass(s, 5);
	assert_true(here(s, 0));
	assert_int_equal(held_by(s, "agent"), 0);
	assert_int_equal(held_by(s, "beside"), 1);
	sites_free(s);
}

static void an_agent_that_says_too_much_is_not_listened_to_for_a_while(void **state)
{
	struct sites *s = sites_new();

	says_of_many(s, 0, 32, HANDOVER_INCOMING);
	for (unsigned int i = 1; i < 10000 / 32; i++)
		says_of_many(s, 0, 32, HANDOVER_INCOMING);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_RATE), 0);
	says_of_many(s, 0, 32, HANDOVER_INCOMING);
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_RATE), 1);
	for (unsigned int i = 312 * 32; i < 10000; i++) /* which was refused took nothing */
		assert_int_equal(answer_to_one_more(s, 1, HANDOVER_INCOMING), HANDOVER_TAKEN);
	assert_int_equal(answer_to_one_more(s, 1, HANDOVER_INCOMING), -1);
	say(s, 0, HANDOVER_RUNNING); /* the other one is */
	settle(s);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	world_pass(s->x[0], 10);
	assert_int_equal(answer_to_one_more(s, 1, HANDOVER_INCOMING), HANDOVER_TAKEN);
	sites_free(s);
}

/* Recorded on the way, and sent again as often as one likes: what the agent says now counts. */
static void what_is_said_again_takes_nothing_from_what_is_new(void **state)
{
	struct sites *s = sites_new();
	uint64_t old = s->counter; /* of its last word */
	struct agent *a = &s->x[0]->router->handover->agents[0];

	pass(s, 3000);
	for (unsigned int i = 0; i < 10010; i++) {
		state_by(s, 0, 0, AGENT_KEY, HANDOVER_RUNNING, false, 0, old);
		world_forget(s->x[0]);
	}
	/* An eighth of the rate is for these. */
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_RATE), 10010 - 1251);
	assert_false(a->states.spent_until_ns > s->x[0]->now.ns);
	stop(s, 0, 0);
	settle(s);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	assert_true(entry_at(s, 0)->hold);
	sites_free(s);
}

/* After a start all that was said before has been said before. */
static void what_was_said_before_a_start_is_not_new(void **state)
{
	struct sites *s = sites_new();
	struct handover_room *room = s->x[0]->router->handover;
	struct agent *a = &room->agents[1]; /* not heard yet */
	struct handover h = {.kind = HANDOVER_STATE, .counter = s->counter + 40, .host_count = 32};

	room->env->now = mono_add_s(s->x[0]->now, 3);
	handover_recall(room, a->conf.id.bytes, s->counter + 50);
	assert_true(share_takes(a, &h));
	assert_false(a->states.spent_until_ns > room->env->now.ns);
	assert_true(a->again.spent_until_ns > room->env->now.ns);
	h.counter = s->counter + 51;
	assert_true(share_takes(a, &h));
	assert_true(a->states.spent_until_ns > room->env->now.ns);
	sites_free(s);
}

static void a_message_that_names_no_host_costs_as_much_as_one(void **state)
{
	struct sites *s = sites_new();

	for (unsigned int i = 0; i < 10010; i++) {
		struct handover h = state_message(s, BESIDE, HANDOVER_GONE, HOST);

		h.host_count = 0;
		agent_sends(s, 0, &h, ELSEWHERE);
		world_forget(s->x[0]);
	}
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_RATE), 10);
	say(s, 0, HANDOVER_RUNNING); /* the other one is listened to */
	settle(s);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	sites_free(s);
}

/* All that a hold has room for, of eight guests at once; and it takes nothing from states. */
static void tails_have_a_share_wide_enough_for_whole_ones(void **state)
{
	struct sites *s = sites_new();
	struct agent *a = &s->x[0]->router->handover->agents[0];
	struct handover h = {.kind = HANDOVER_TAIL, .counter = s->counter, .host_count = 1};

	pass(s, 3000);
	a->room->env->now = s->x[0]->now;
	for (unsigned int i = 0; i < 8 * 8192; i++) {
		h.counter++;
		assert_true(share_takes(a, &h));
	}
	h.counter++;
	assert_false(share_takes(a, &h));
	assert_int_equal(counter(s, 0, XTR_HANDOVER_DROP_AGENT_RATE), 1);
	assert_false(a->states.spent_until_ns > s->x[0]->now.ns);
	s->counter = h.counter;
	world_forget(s->x[0]);
	tail(s, 0, 0, 1, 1);
	assert_false(world_has(s->x[0], LISP_EXTENSION)); /* not answered: it is brought again */
	say(s, 0, HANDOVER_LEAVING);
	settle(s);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_agent_that_speaks_of_too_many_leaves_room_for_another),
		cmocka_unit_test(what_an_agent_speaks_of_no_more_is_room_again),
		cmocka_unit_test(a_guest_counts_at_the_agent_that_spoke_of_it_last),
		cmocka_unit_test(an_agent_that_says_too_much_is_not_listened_to_for_a_while),
		cmocka_unit_test(what_is_said_again_takes_nothing_from_what_is_new),
		cmocka_unit_test(what_was_said_before_a_start_is_not_new),
		cmocka_unit_test(a_message_that_names_no_host_costs_as_much_as_one),
		cmocka_unit_test(tails_have_a_share_wide_enough_for_whole_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
