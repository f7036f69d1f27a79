/* EIDs that move often, against the core: histories, flapping, and refreshes that come too late
 * (docs/decisions/registrations.md; RFC 9301 sections 5.6 and 5.7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/replay/world.h"

#define ITR      "203.0.113.9:40000"
#define EID      "10.0.0.1/32"
#define REG(...) ((struct world_register){__VA_ARGS__})

static const char *const peers[] = {NULL, "198.51.100.1:4342", "198.51.100.2:4342"};
static const char *const locators[] = {NULL, "192.0.2.1", "192.0.2.2"};

static struct world *site_world(enum site_move move)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true)->move = move;
	return world_new(t, NULL, NULL);
}

/* 3 moves in 10 s, and then it stays for 5 s. */
static struct world *flap_world(void)
{
	const struct moves_flap flap = {.moves = 3, .window_ms = 10000, .hold_ms = 5000};
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	moves_configure(w->server->moves, &flap);
	return w;
}

/* Without M nobody is told, and so nobody has to acknowledge. */
static void plain(struct world *w, uint8_t xtr, const char *eid)
{
	world_register(w, REG(.eids = {eid}, .locators = {locators[xtr]}, .xtr = xtr,
				  .peer = peers[xtr], .no_notify = true));
}

static uint64_t nonce = 1;

static void claim(struct world *w, uint8_t xtr, uint64_t base)
{
	world_move(w, "a", peers[xtr], xtr, MOVE_CLAIM, nonce++, base, EID, locators[xtr]);
}

static const char *where(struct world *w, const char *eid)
{
	world_clear(w);
	world_request(w, eid, ITR);
	return world_records(world_reply(w, 0).records);
}

#define AT_1 "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }"
#define AT_2 "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }"

static struct moves_history history(struct world *w, const char *text)
{
	struct eid eid = world_eid(text);
	struct moves_history h;

	moves_history(w->server->moves, &eid, w->now, &h);
	return h;
}

/* ---- stale refreshes ---- */

/* xTR 1 lost the EID to xTR 2, and M told it. */
static void lose(struct world *w)
{
	world_register(
		w, REG(.eids = {EID}, .locators = {locators[1]}, .xtr = 1, .peer = peers[1]));
	world_clear(w);
	world_register(w, REG(.eids = {EID}, .locators = {locators[2]}, .xtr = 2, .peer = peers[2],
				  .no_notify = true));
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), peers[1]);
}

static void refresh_by_1(struct world *w)
{
	world_register(
		w, REG(.eids = {EID}, .locators = {locators[1]}, .xtr = 1, .peer = peers[1]));
}

static void acknowledge(struct world *w, uint64_t of)
{
	const struct auth_options opt = {false, false};
	struct map_register m = {.type = LISP_MAP_NOTIFY_ACK, .nonce = of};
	const struct eid eid = world_eid(EID);
	struct auth_key *key = auth_key_new("secret-a", 8);
	struct wire_writer wr;
	uint8_t buf[200];
	int len;

	wire_writer_init(&wr, buf, sizeof(buf));
	map_register_begin(&wr, &m, 1, AUTH_HMAC_SHA256_128, &opt);
	lisp_record_write(&wr, &eid, 1440, 0, LISP_ACT_NONE, false, 0);
	len = map_register_finish(&wr, &m, 1, key, &opt);
	auth_key_free(key);
	world_receive(w, peers[1], buf, (size_t)len);
}

static void stale_refresh_does_not_steal_the_eid_back(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	lose(w);
	world_clear(w);
	refresh_by_1(w); /* it had not heard yet */
	assert_int_equal(world_dropped(w, DROP_STALE), 1);
	assert_int_equal(w->out->count, 0); /* no Map-Notify says that it was followed */
	assert_int_equal(w->events[EVENT_REFUSED], 1);
	assert_string_equal(w->reason, "stale");
	assert_string_equal(where(w, "10.0.0.1"), AT_2);
	world_clear(w);
	world_pass(w, 100); /* and it is told again (section 5.7) */
	assert_string_equal(world_to(w, 0), peers[1]);
	world_free(w);
}

static void registration_after_the_acknowledgement_is_a_move_back(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	lose(w);
	acknowledge(w, world_notify(w, 0, "a").nonce);
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 1);
	refresh_by_1(w);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	assert_int_equal(world_dropped(w, DROP_STALE), 0);
	world_free(w);
}

static void refreshes_of_an_xtr_that_never_acknowledges_steal_nothing_for_three_intervals(
	void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	lose(w);
	for (unsigned int i = 1; i <= 2; i++) {
		world_pass(w, 60000);
		refresh_by_1(w);
		assert_int_equal(world_dropped(w, DROP_STALE), i);
		assert_string_equal(where(w, "10.0.0.1"), AT_2);
		plain(w, 2, EID);
	}
	world_pass(w, 59900);
	refresh_by_1(w);
	assert_string_equal(where(w, "10.0.0.1"), AT_2);
	world_pass(w, 100); /* in the end it is believed: it may be one that cannot acknowledge */
	refresh_by_1(w);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	world_free(w);
}

static void what_an_xtr_that_lost_the_eid_says_anew_is_believed_at_once(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	lose(w);
	world_register(
		w, REG(.eids = {EID}, .locators = {"192.0.2.9"}, .xtr = 1, .peer = peers[1]));
	assert_string_equal(where(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.9 }");
	assert_int_equal(world_dropped(w, DROP_STALE), 0);
	world_free(w);
}

static void one_whose_notify_was_given_up_is_told_again_when_it_refreshes(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	lose(w);
	acknowledge(w, world_notify(w, 0, "a").nonce);
	lose(w); /* back and away again; this notify does not reach it */
	for (unsigned int s = 0; s < 60; s += 4) {
		world_pass(w, 4000);
		refresh_by_1(w);
	}
	assert_int_equal(world_dropped(w, DROP_STALE), 15);
	assert_int_equal(world_count(w, COUNT_NOTIFIES), 2); /* one is on its way all the time */
	for (unsigned int s = 0; s < 60; s += 4)
		world_pass(w, 4000);
	assert_int_equal(world_count(w, COUNT_NOTIFY_GAVE_UP), 1);
	world_clear(w);
	refresh_by_1(w);
	assert_int_equal(world_dropped(w, DROP_STALE), 16);
	assert_int_equal(world_count(w, COUNT_NOTIFIES), 3);
	acknowledge(w, world_notify(w, 0, "a").nonce);
	refresh_by_1(w);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	world_free(w);
}

static void two_that_lost_the_eid_one_after_the_other_are_both_stale(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	lose(w);
	world_register(
		w, REG(.eids = {EID}, .locators = {locators[2]}, .xtr = 2, .peer = peers[2]));
	world_register(w, REG(.eids = {EID}, .locators = {"192.0.2.3"}, .xtr = 3));
	refresh_by_1(w);
	world_register(
		w, REG(.eids = {EID}, .locators = {locators[2]}, .xtr = 2, .peer = peers[2]));
	assert_int_equal(world_dropped(w, DROP_STALE), 2);
	assert_string_equal(where(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.3 }");
	world_free(w);
}

static void after_a_restart_a_stale_refresh_is_told_so_and_steals_nothing(void **state)
{
	(void)state;
	for (int killed = 0; killed <= 1; killed++) {
		struct site_table *t = world_sites();
		struct world *w = site_world(SITE_MOVE_LAST_WRITER);

		lose(w);
		world_site(t, "a", "10.0.0.0/8", true);
		w = world_again(w, t, NULL, killed);
		world_pass(w, 60000);
		world_clear(w);
		refresh_by_1(w);
		assert_int_equal(world_dropped(w, DROP_STALE), 1);
		assert_string_equal(world_to(w, 0), peers[1]);
		assert_string_equal(world_records(world_notify(w, 0, "a").records),
			"10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
		acknowledge(w, world_notify(w, 0, "a").nonce);
		assert_string_equal(where(w, "10.0.0.1"), AT_2);
		refresh_by_1(w); /* now it knows, and means it */
		assert_string_equal(where(w, "10.0.0.1"), AT_1);
		world_free(w);
	}
}

static void refreshes_at_owner_first_never_steal(void **state)
{
	struct world *w = site_world(SITE_MOVE_OWNER_FIRST);

	(void)state;
	plain(w, 1, EID);
	for (unsigned int i = 0; i < 5; i++) {
		world_pass(w, 60000);
		plain(w, 2, EID);
		plain(w, 1, EID);
	}
	assert_int_equal(world_dropped(w, DROP_OWNER_FIRST), 5);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	/* The owner falls silent: its registration ends, and only then the other has it. */
	world_pass(w, 179000);
	plain(w, 2, EID);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	world_pass(w, 1000);
	plain(w, 2, EID);
	assert_string_equal(where(w, "10.0.0.1"), AT_2);
	world_free(w);
}

/* ---- flapping ---- */

static void third_move_within_the_window_is_an_alarm_and_holds_the_eid(void **state)
{
	struct world *w = flap_world();

	(void)state;
	plain(w, 1, EID);
	plain(w, 2, EID);
	plain(w, 1, EID);
	assert_int_equal(w->events[EVENT_FLAPPING], 0);
	plain(w, 2, EID);
	assert_int_equal(w->events[EVENT_FLAPPING], 1);
	assert_int_equal(world_count(w, COUNT_FLAPS), 1);
	assert_non_null(strstr(w->log_text, "10.0.0.1 moves too often"));
	plain(w, 1, EID);
	assert_int_equal(world_dropped(w, DROP_FLAP_HOLD), 1);
	assert_string_equal(w->reason, "flap-hold");
	assert_string_equal(where(w, "10.0.0.1"), AT_2);
	plain(w, 2, EID); /* its owner's refresh */
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	world_free(w);
}

static void eid_is_damped_and_never_frozen(void **state)
{
	struct world *w = flap_world();
	unsigned int moves;

	(void)state;
	plain(w, 1, EID);
	for (unsigned int tenths = 0; tenths < 600; tenths++) { /* a minute of two owners */
		plain(w, tenths % 2 ? 1 : 2, EID);
		world_pass(w, 100);
	}
	moves = (unsigned int)world_count(w, COUNT_MOVED);
	assert_in_range(moves, 10, 20); /* of 600: 3 in 10 s or fewer, and the first ones */
	world_pass(w, 5000);
	moves = (unsigned int)world_count(w, COUNT_MOVED);
	plain(w, strcmp(where(w, "10.0.0.1"), AT_1) ? 1 : 2, EID);
	assert_int_equal(world_count(w, COUNT_MOVED), moves + 1);
	world_free(w);
}

static void end_of_the_flapping_is_told(void **state)
{
	struct world *w = flap_world();

	(void)state;
	plain(w, 1, EID);
	plain(w, 2, EID);
	plain(w, 1, EID);
	plain(w, 2, EID);
	assert_int_equal(moves_flapping(w->server->moves), 1);
	world_pass(w, 9900);
	assert_int_equal(w->events[EVENT_SETTLED], 0);
	world_pass(w, 100);
	assert_int_equal(w->events[EVENT_SETTLED], 1);
	assert_int_equal(moves_flapping(w->server->moves), 0);
	world_free(w);
}

static void held_claim_is_not_answered_and_granted_after_the_hold(void **state)
{
	struct world *w = flap_world();

	(void)state;
	claim(w, 1, 0);
	claim(w, 2, 1);
	claim(w, 1, 2);
	claim(w, 2, 3);
	assert_int_equal(w->events[EVENT_FLAPPING], 1);
	world_clear(w);
	claim(w, 1, 4);
	assert_int_equal(w->out->count, 0); /* a refusal would be answered by a claim, at once */
	assert_int_equal(world_dropped(w, DROP_FLAP_HOLD), 1);
	claim(w, 2, 4); /* the owner's own */
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	world_pass(w, 5000);
	world_clear(w);
	claim(w, 1, 5);
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	world_free(w);
}

static void held_eid_that_its_owner_withdraws_is_free_at_once(void **state)
{
	struct world *w = flap_world();

	(void)state;
	plain(w, 1, EID);
	plain(w, 2, EID);
	plain(w, 1, EID);
	plain(w, 2, EID);
	world_register(w, REG(.eids = {EID}, .remove = true, .xtr = 2, .peer = peers[2]));
	plain(w, 1, EID);
	assert_string_equal(where(w, "10.0.0.1"), AT_1);
	assert_int_equal(world_dropped(w, DROP_FLAP_HOLD), 0);
	world_free(w);
}

static void slow_moves_do_not_flap(void **state)
{
	struct world *w = flap_world();

	(void)state;
	for (unsigned int i = 0; i < 50; i++) {
		plain(w, i % 2 ? 1 : 2, EID);
		world_pass(w, 5000);
	}
	assert_int_equal(w->events[EVENT_FLAPPING], 0);
	assert_int_equal(w->events[EVENT_MOVED], 49);
	world_free(w);
}

static void other_eids_are_not_held(void **state)
{
	struct world *w = flap_world();

	(void)state;
	plain(w, 1, "10.0.0.2/32");
	plain(w, 1, EID);
	plain(w, 2, EID);
	plain(w, 1, EID);
	plain(w, 2, EID);
	plain(w, 2, "10.0.0.2/32");
	assert_string_equal(where(w, "10.0.0.2"), "10.0.0.2 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

/* ---- histories ---- */

static void history_names_each_change_from_the_first_move_on(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);
	struct moves_history h;

	(void)state;
	plain(w, 1, EID);
	assert_int_equal(history(w, EID).count, 0);
	world_pass(w, 2000);
	plain(w, 2, EID);
	world_pass(w, 3000);
	world_register(w, REG(.eids = {EID}, .remove = true, .xtr = 2, .peer = peers[2]));
	plain(w, 1, EID);
	h = history(w, EID);
	assert_int_equal(h.count, 3);
	assert_int_equal(h.moves, 2);
	assert_int_equal(h.rows[2].kind, CHANGE_MOVED);
	assert_int_equal(h.rows[2].seq, 2);
	assert_int_equal(h.rows[2].from->who.id.bytes[15], 1);
	assert_int_equal(h.rows[2].to->who.id.bytes[15], 2);
	assert_int_equal(mono_since_ms(h.rows[2].at, w->now), 3000);
	assert_int_equal(h.rows[1].kind, CHANGE_WITHDRAWN);
	assert_int_equal(h.rows[1].seq, 3);
	assert_null(h.rows[1].to);
	/* Gone from one and come to another: a move, though nobody had it between. */
	assert_int_equal(h.rows[0].kind, CHANGE_REGISTERED);
	assert_true(h.rows[0].move);
	assert_int_equal(h.rows[0].from->who.id.bytes[15], 2);
	assert_memory_equal(h.rows[0].locator.bytes, "\xc0\x00\x02\x01", 4);
	world_free(w);
}

static void history_keeps_the_last_sixteen_in_order(void **state)
{
	struct world *w = site_world(SITE_MOVE_LAST_WRITER);

	(void)state;
	plain(w, 1, EID);
	for (unsigned int i = 0; i < 40; i++) {
		struct moves_history h;

		plain(w, i % 2 ? 1 : 2, EID);
		h = history(w, EID);
		assert_int_equal(h.count, i < 16 ? i + 1 : 16);
		for (unsigned int j = 0; j < h.count; j++)
			assert_int_equal(h.rows[j].seq, i + 2 - j);
	}
	assert_int_equal(history(w, EID).moves, 40);
	world_free(w);
}

static void history_that_did_not_move_for_longest_gives_way(void **state)
{
	static const char *const eids[] = {
		"10.0.0.1/32", "10.0.0.2/32", "10.0.0.3/32", "10.0.0.4/32", "10.0.0.5/32"};
	struct world *w = site_world(SITE_MOVE_LAST_WRITER); /* with room for 4 */

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		plain(w, 1, eids[i]);
	for (unsigned int i = 0; i < 4; i++)
		plain(w, 2, eids[i]);
	plain(w, 1, eids[0]);
	plain(w, 2, eids[4]);
	assert_int_equal(moves_count(w->server->moves), 4);
	assert_int_equal(history(w, eids[0]).count, 2);
	assert_int_equal(history(w, eids[1]).count, 0);
	assert_int_equal(history(w, eids[4]).count, 1);
	assert_in_range(moves_memory(w->server->moves), 1, 4 * 1400);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stale_refresh_does_not_steal_the_eid_back),
		cmocka_unit_test(registration_after_the_acknowledgement_is_a_move_back),
		cmocka_unit_test(
			refreshes_of_an_xtr_that_never_acknowledges_steal_nothing_for_three_intervals),
		cmocka_unit_test(what_an_xtr_that_lost_the_eid_says_anew_is_believed_at_once),
		cmocka_unit_test(one_whose_notify_was_given_up_is_told_again_when_it_refreshes),
		cmocka_unit_test(two_that_lost_the_eid_one_after_the_other_are_both_stale),
		cmocka_unit_test(after_a_restart_a_stale_refresh_is_told_so_and_steals_nothing),
		cmocka_unit_test(refreshes_at_owner_first_never_steal),
		cmocka_unit_test(third_move_within_the_window_is_an_alarm_and_holds_the_eid),
		cmocka_unit_test(eid_is_damped_and_never_frozen),
		cmocka_unit_test(end_of_the_flapping_is_told),
		cmocka_unit_test(held_claim_is_not_answered_and_granted_after_the_hold),
		cmocka_unit_test(held_eid_that_its_owner_withdraws_is_free_at_once),
		cmocka_unit_test(slow_moves_do_not_flap),
		cmocka_unit_test(other_eids_are_not_held),
		cmocka_unit_test(history_names_each_change_from_the_first_move_on),
		cmocka_unit_test(history_keeps_the_last_sixteen_in_order),
		cmocka_unit_test(history_that_did_not_move_for_longest_gives_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
