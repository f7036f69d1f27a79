/* Claims, refreshes and withdrawals against the core: the rules of docs/architecture.md section 5,
 * by number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/replay/world.h"

#define EID "10.0.0.1/32"
#define X1  "198.51.100.1:4342"
#define X2  "198.51.100.2:4342"
#define L1  "192.0.2.1"
#define L2  "192.0.2.2"

static struct world *site_world(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	return world_new(t, NULL, NULL);
}

static uint64_t nonce = 1;

static struct move say(struct world *w, uint8_t xtr, enum move_kind kind, uint64_t seq)
{
	world_clear(w);
	world_move(w, "a", xtr == 1 ? X1 : X2, xtr, kind, nonce++, seq, EID, xtr == 1 ? L1 : L2);
	assert_true(w->out->count >= 1);
	assert_string_equal(world_to(w, 0), xtr == 1 ? X1 : X2);
	return world_answer(w, 0, "a");
}

static void check(struct move m, enum move_kind kind, uint64_t seq, uint8_t owner)
{
	assert_int_equal(m.kind, kind);
	assert_int_equal(m.seq, seq);
	assert_int_equal(m.nonce, nonce - 1);
	assert_int_equal(m.xtr_id.bytes[15], owner);
	assert_int_equal(m.has_locators, owner != 0);
}

static void first_claim_with_base_0_is_granted_and_a_second_one_refused(void **state)
{
	struct world *w = site_world();

	(void)state;
	check(say(w, 1, MOVE_CLAIM, 0), MOVE_GRANTED, 1, 1);
	check(say(w, 2, MOVE_CLAIM, 0), MOVE_REFUSED, 1, 1); /* rule 1: base 0 is for new EIDs */
	assert_int_equal(w->events[EVENT_REFUSED], 1);
	world_free(w);
}

static void claim_with_the_present_base_moves_and_the_previous_owner_is_told(void **state)
{
	struct world *w = site_world();
	struct move m;

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	check(say(w, 2, MOVE_CLAIM, 1), MOVE_GRANTED, 2, 2);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 1), X1);
	m = world_answer(w, 1, "a");
	assert_int_equal(m.kind, MOVE_NOTIFY);
	assert_int_equal(m.seq, 2);
	assert_int_equal(m.xtr_id.bytes[15], 2);
	assert_string_equal(world_record(&m.record), "10.0.0.1 ttl 1440 act 0 { " L2 " }");
	world_free(w);
}

static void move_notify_is_repeated_until_move_ack(void **state)
{
	struct world *w = site_world();
	struct move m;

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	say(w, 2, MOVE_CLAIM, 1);
	m = world_answer(w, 1, "a");
	world_clear(w);
	world_pass(w, 100);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_NOTIFY);
	world_move(w, "a", X1, 1, MOVE_ACK, m.nonce, m.seq, EID, NULL);
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 1);
	world_clear(w);
	world_pass(w, 60000);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

/* The guest goes A -> B -> A; A's delayed first claim comes last. */
static void a_to_b_to_a_and_a_delayed_claim_changes_nothing(void **state)
{
	struct world *w = site_world();

	(void)state;
	check(say(w, 1, MOVE_CLAIM, 0), MOVE_GRANTED, 1, 1);
	check(say(w, 2, MOVE_CLAIM, 1), MOVE_GRANTED, 2, 2);
	check(say(w, 1, MOVE_CLAIM, 2), MOVE_GRANTED, 3, 1);
	check(say(w, 2, MOVE_CLAIM, 1), MOVE_REFUSED, 3, 1);
	check(say(w, 2, MOVE_CLAIM, 0), MOVE_REFUSED, 3, 1);
	world_free(w);
}

static void two_destinations_race_and_one_wins(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	check(say(w, 2, MOVE_CLAIM, 1), MOVE_GRANTED, 2, 2);
	check(say(w, 1, MOVE_CLAIM, 1), MOVE_REFUSED, 2, 2);
	world_free(w);
}

static void claim_of_the_owner_itself_takes_a_new_seq_and_notifies_nobody(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	check(say(w, 1, MOVE_CLAIM, 1), MOVE_GRANTED, 2, 1); /* rule 3 */
	assert_int_equal(w->out->count, 1);
	world_free(w);
}

static void claim_whose_grant_was_lost_stands(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	check(say(w, 1, MOVE_CLAIM, 0), MOVE_GRANTED, 1, 1);
	assert_int_equal(w->events[EVENT_REGISTERED], 1);
	assert_int_equal(w->events[EVENT_CHANGED], 0);
	world_free(w);
}

static void refresh_extends_and_never_changes_the_owner(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	world_pass(w, 100000);
	check(say(w, 1, MOVE_REFRESH, 1), MOVE_GRANTED, 1, 1);
	world_pass(w, 100000); /* 200 s after the claim, 100 s after the refresh */
	assert_int_equal(registry_count(w->server->registry), 1);
	check(say(w, 2, MOVE_REFRESH, 1), MOVE_REFUSED, 1, 1); /* rule 2 */
	say(w, 2, MOVE_CLAIM, 1);
	check(say(w, 1, MOVE_REFRESH, 1), MOVE_REFUSED, 2, 2); /* rule 6: a stale refresh */
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	world_free(w);
}

static void refresh_of_an_expired_eid_is_refused_with_the_seq_that_expiry_took(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	world_pass(w, 180000);
	check(say(w, 1, MOVE_REFRESH, 1), MOVE_REFUSED, 2, 0); /* rule 8 */
	check(say(w, 1, MOVE_CLAIM, 0), MOVE_REFUSED, 2, 0);   /* the counter outlives it */
	check(say(w, 1, MOVE_CLAIM, 2), MOVE_GRANTED, 3, 1);
	world_free(w);
}

static void due_mapping_counts_as_expired_before_its_sweep(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	w->now = mono_add_s(w->now, 180);
	check(say(w, 2, MOVE_CLAIM, 1), MOVE_REFUSED, 2, 0);
	check(say(w, 2, MOVE_CLAIM, 2), MOVE_GRANTED, 3, 2);
	world_free(w);
}

static void withdrawal_takes_a_seq_and_only_from_the_owner(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	say(w, 2, MOVE_CLAIM, 1);
	check(say(w, 1, MOVE_WITHDRAW, 1), MOVE_REFUSED, 2, 2); /* late, from the old owner */
	check(say(w, 2, MOVE_WITHDRAW, 2), MOVE_GRANTED, 3, 0);
	check(say(w, 2, MOVE_WITHDRAW, 2), MOVE_GRANTED, 3, 0); /* its answer was lost */
	assert_int_equal(w->events[EVENT_WITHDRAWN], 1);
	check(say(w, 1, MOVE_CLAIM, 3), MOVE_GRANTED, 4, 1);
	world_free(w);
}

static void refresh_after_the_state_was_lost_restores_the_mapping(void **state)
{
	struct world *w = site_world();

	(void)state;
	check(say(w, 1, MOVE_REFRESH, 41), MOVE_GRANTED, 41, 1);
	check(say(w, 2, MOVE_CLAIM, 41), MOVE_GRANTED, 42, 2);
	check(say(w, 1, MOVE_REFRESH, 41), MOVE_REFUSED, 42, 2);
	world_free(w);
}

static void refresh_far_above_any_counter_is_refused(void **state)
{
	struct world *w = site_world();

	(void)state;
	check(say(w, 1, MOVE_REFRESH, UINT64_MAX), MOVE_REFUSED, 0, 0);
	check(say(w, 1, MOVE_CLAIM, UINT64_MAX), MOVE_REFUSED, 0, 0);
	world_free(w);
}

static void claim_on_a_number_that_was_lost_is_granted_above_it(void **state)
{
	struct world *w = site_world();

	(void)state;
	/* Before the crash it had 7; refused, it would ignore any answer with less, and claim for
	 * ever. */
	check(say(w, 1, MOVE_CLAIM, 7), MOVE_GRANTED, 8, 1);
	check(say(w, 2, MOVE_CLAIM, 6), MOVE_REFUSED, 8, 1);
	check(say(w, 2, MOVE_CLAIM, 8), MOVE_GRANTED, 9, 2);
	check(say(w, 1, MOVE_CLAIM, 12), MOVE_GRANTED, 13, 1);
	check(say(w, 2, MOVE_CLAIM, UINT64_C(1) << 62), MOVE_REFUSED, 13, 1);
	world_free(w);
}

static void repeated_claim_is_not_granted_what_another_takes_in_the_same_group(void **state)
{
	struct world *w = site_world();
	struct move m;

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	world_clear(w);
	w->held = true;
	world_move(w, "a", X1, 1, MOVE_CLAIM, nonce++, 0, EID, L1); /* its grant was lost */
	world_move(w, "a", X2, 2, MOVE_CLAIM, nonce++, 1, EID, L2);
	world_commit(w);
	m = world_answer(w, 0, "a");
	assert_int_equal(m.kind, MOVE_GRANTED);
	assert_int_equal(m.seq, 1);
	assert_int_equal(m.xtr_id.bytes[15], 1);
	m = world_answer(w, 1, "a");
	assert_int_equal(m.kind, MOVE_GRANTED);
	assert_int_equal(m.seq, 2);
	assert_int_equal(m.xtr_id.bytes[15], 2);
	world_free(w);
}

static void forgotten_counter_is_never_given_again(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	for (uint64_t seq = 1; seq < 50; seq++)
		say(w, 1, MOVE_CLAIM, seq);
	check(say(w, 1, MOVE_WITHDRAW, 50), MOVE_GRANTED, 51, 0);
	assert_int_equal(registry_tombstones(w->server->registry), 1);
	world_pass(w, 3601ull * 1000);
	assert_int_equal(registry_tombstones(w->server->registry), 0);
	/* A stale one, long after. "0, and nobody's" it would not believe, and refresh for ever. */
	check(say(w, 1, MOVE_REFRESH, 50), MOVE_REFUSED, 51, 0);
	check(say(w, 1, MOVE_CLAIM, 51), MOVE_GRANTED, 52, 1);
	check(say(w, 1, MOVE_WITHDRAW, 52), MOVE_GRANTED, 53, 0);
	world_pass(w, 3601ull * 1000);
	check(say(w, 2, MOVE_CLAIM, 0), MOVE_GRANTED, 54, 2);
	world_free(w);
}

static void plain_registrations_and_claims_share_the_counter(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(
		w, (struct world_register){
			   .eids = {EID}, .locators = {L1}, .xtr = 3, .peer = "198.51.100.3"});
	check(say(w, 2, MOVE_CLAIM, 0), MOVE_REFUSED, 1, 3);
	check(say(w, 2, MOVE_CLAIM, 1), MOVE_GRANTED, 2, 2);
	assert_int_equal(w->out->count, 2); /* the plain owner had set M: a Map-Notify for it */
	world_notify(w, 1, "a");
	world_free(w);
}

static void replayed_claim_is_dropped(void **state)
{
	struct world *w = site_world();

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	world_clear(w);
	world_move(w, "a", X1, 1, MOVE_CLAIM, nonce - 1, 1, EID, L1);
	assert_int_equal(world_dropped(w, DROP_REPLAY), 1);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

/* A network that reorders loses no refresh; nor does it make two of one. */
static void refresh_that_was_overtaken_counts_once(void **state)
{
	struct world *w = site_world();
	uint64_t late = nonce++;

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	world_pass(w, 100000);
	world_clear(w);
	world_move(w, "a", X1, 1, MOVE_REFRESH, late, 1, EID, L1);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	world_pass(w, 100000); /* of 180 s */
	assert_int_equal(w->events[EVENT_EXPIRED], 0);
	world_clear(w);
	world_move(w, "a", X1, 1, MOVE_REFRESH, late, 1, EID, L1);
	assert_int_equal(world_dropped(w, DROP_REPLAY), 1);
	assert_int_equal(w->out->count, 0);
	world_pass(w, 100000);
	assert_int_equal(w->events[EVENT_EXPIRED], 1);
	world_free(w);
}

static void message_that_was_overtaken_does_not_say_where_its_xtr_is(void **state)
{
	struct world *w = site_world();
	uint64_t late = nonce++;

	(void)state;
	say(w, 1, MOVE_CLAIM, 0);
	world_move(w, "a", "203.0.113.1:5000", 1, MOVE_REFRESH, nonce++, 1, EID, L1);
	world_move(w, "a", X1, 1, MOVE_REFRESH, late, 1, EID, L1);
	say(w, 2, MOVE_CLAIM, 1);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 1), "203.0.113.1:5000");
	assert_int_equal(world_answer(w, 1, "a").kind, MOVE_NOTIFY);
	world_free(w);
}

static void answers_meant_for_xtrs_are_dropped(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_move(w, "a", X1, 1, MOVE_GRANTED, nonce++, 1, EID, L1);
	world_move(w, "a", X1, 1, MOVE_NOTIFY, nonce++, 1, EID, L1);
	assert_int_equal(world_dropped(w, DROP_MOVE_KIND), 2);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_claim_with_base_0_is_granted_and_a_second_one_refused),
		cmocka_unit_test(claim_with_the_present_base_moves_and_the_previous_owner_is_told),
		cmocka_unit_test(move_notify_is_repeated_until_move_ack),
		cmocka_unit_test(a_to_b_to_a_and_a_delayed_claim_changes_nothing),
		cmocka_unit_test(two_destinations_race_and_one_wins),
		cmocka_unit_test(claim_of_the_owner_itself_takes_a_new_seq_and_notifies_nobody),
		cmocka_unit_test(claim_whose_grant_was_lost_stands),
		cmocka_unit_test(refresh_extends_and_never_changes_the_owner),
		cmocka_unit_test(
			refresh_of_an_expired_eid_is_refused_with_the_seq_that_expiry_took),
		cmocka_unit_test(due_mapping_counts_as_expired_before_its_sweep),
		cmocka_unit_test(withdrawal_takes_a_seq_and_only_from_the_owner),
		cmocka_unit_test(refresh_after_the_state_was_lost_restores_the_mapping),
		cmocka_unit_test(refresh_far_above_any_counter_is_refused),
		cmocka_unit_test(claim_on_a_number_that_was_lost_is_granted_above_it),
		cmocka_unit_test(
			repeated_claim_is_not_granted_what_another_takes_in_the_same_group),
		cmocka_unit_test(forgotten_counter_is_never_given_again),
		cmocka_unit_test(plain_registrations_and_claims_share_the_counter),
		cmocka_unit_test(replayed_claim_is_dropped),
		cmocka_unit_test(refresh_that_was_overtaken_counts_once),
		cmocka_unit_test(message_that_was_overtaken_does_not_say_where_its_xtr_is),
		cmocka_unit_test(answers_meant_for_xtrs_are_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
