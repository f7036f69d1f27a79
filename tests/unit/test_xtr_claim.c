/* A host is owned by compare and swap on seq (docs/architecture.md section 5, rules 1-8): claims,
 * refusals, notifications. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

#define HOST "10.1.0.5/32"

static enum datapath_action action(struct world *w)
{
	struct eid host = world_eid(HOST);
	struct fake_entry *e = fake_datapath_find(&w->dp, &host);

	return e ? e->e.action : DATAPATH_NONE;
}

static bool redirected_to(struct world *w, const char *rloc)
{
	struct eid host = world_eid(HOST);
	struct address want = world_address(rloc);
	struct fake_entry *e = fake_datapath_find(&w->dp, &host);

	return e && e->e.action == DATAPATH_ENCAP && e->e.away && e->e.locator_count == 1 &&
	       address_equal(&e->e.locators[0].rloc, &want);
}

/* The host stands here, owned by @seq; it is asked for a sign of life after @idle_s. */
static struct world *owner_world_idle(uint64_t seq, uint32_t idle_s)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct move m;

	w->policy.timers.idle_s = idle_s;
	world_start(w);
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, m.nonce, seq, HOST, "192.0.2.1", true);
	return w;
}

static struct world *owner_world(uint64_t seq)
{
	return owner_world_idle(seq, 86400);
}

static void an_announced_host_is_claimed_at_once_with_base_0(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct lisp_rloc rloc;
	struct move m;

	world_start(w);
	world_host(w, HOST, 3, true); /* no time passes */
	assert_int_equal(action(w), DATAPATH_LOCAL);
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 0);
	assert_int_equal(m.record.locator_count, 2);
	assert_true(lisp_rloc_next(&m.record, &rloc));
	assert_int_equal(rloc.priority, 1);
	assert_int_equal(rloc.weight, 100);
	assert_true(rloc.local);
	world_move(w, MOVE_GRANTED, m.nonce, 1, HOST, "192.0.2.1", true);
	assert_int_equal(world_counter(w, XTR_CLAIMS_GRANTED), 1);
	assert_int_equal(w->events[w->event_count - 1].type, ROUTER_HOST_OWNED);
	assert_int_equal(w->events[w->event_count - 1].seq, 1);
	world_free(w);
}

static void the_first_data_packet_of_a_host_claims_it_too(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	world_start(w);
	world_host(w, HOST, 3, false);
	world_take_move(w, MOVE_CLAIM);
	world_host(w, "10.77.0.1/32", 3, false); /* outside the dynamic-EID prefix */
	assert_int_equal(world_counter(w, XTR_HOSTS_DROP_PREFIX), 1);
	assert_false(world_has(w, LISP_EXTENSION));
	world_free(w);
}

static void an_unanswered_claim_is_repeated_with_new_nonces_and_doubling_waits(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct mono start;
	struct move m;
	uint64_t first;

	world_start(w);
	start = w->now;
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	first = m.nonce;
	world_pass(w, 1750);
	assert_int_equal(world_count(w, LISP_EXTENSION), 3);
	assert_int_equal(mono_since_ms(start, w->sent[0].at), 250);
	assert_int_equal(mono_since_ms(start, w->sent[1].at), 750);
	assert_int_equal(mono_since_ms(start, w->sent[2].at), 1750);
	m = world_take_move(w, MOVE_CLAIM);
	assert_true(m.nonce > first);
	/* The answer to any of them counts. */
	world_move(w, MOVE_GRANTED, first, 1, HOST, "192.0.2.1", true);
	assert_int_equal(world_counter(w, XTR_CLAIMS_GRANTED), 1);
	world_free(w);
}

static void a_refused_claim_asks_the_host_and_its_answer_claims_with_the_seq_told(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct move m;

	world_start(w);
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_REFUSED, m.nonce, 7, HOST, "198.51.100.7", false);
	assert_false(world_has(w, LISP_EXTENSION)); /* never again from memory */
	assert_int_equal(w->probe_count, 1);
	assert_int_equal(w->probes[0].ifindex, 3);
	assert_true(w->probes[0].has_mac);
	assert_int_equal(action(w), DATAPATH_LOCAL); /* local truth governs delivery */
	world_host(w, HOST, 3, true);                /* the answer; no time passes */
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 7);
	assert_true(m.verified);
	world_move(w, MOVE_GRANTED, m.nonce, 8, HOST, "192.0.2.1", true);
	assert_int_equal(world_counter(w, XTR_CLAIMS_GRANTED), 1);
	world_pass(w, 5000);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	world_free(w);
}

static void a_refused_claim_of_a_silent_host_ends_away(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct move m;

	world_start(w);
	world_host(w, HOST, 3, false); /* a straggler's packet */
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_REFUSED, m.nonce, 7, HOST, "198.51.100.7", false);
	world_pass(w, 1300);
	assert_true(redirected_to(w, "198.51.100.7"));
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	world_pass(w, 600000);
	assert_false(world_has(w, LISP_EXTENSION)); /* no claim, no refresh, no withdrawal */
	world_free(w);
}

static void a_refusal_below_what_is_known_is_ignored(void **state)
{
	struct world *w = owner_world(9);
	struct move m;

	world_pass(w, 61000);
	m = world_take_move(w, MOVE_REFRESH);
	world_move(w, MOVE_REFUSED, m.nonce, 8, HOST, "198.51.100.7", false);
	assert_int_equal(world_counter(w, XTR_MOVE_DROP_STALE), 1);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	assert_int_equal(w->probe_count, 0);
	world_free(w);
}

static void a_notified_old_owner_redirects_at_once_and_forgets_the_silent_host(void **state)
{
	struct world *w = owner_world(1);
	struct move ack;

	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	ack = world_take_move(w, MOVE_ACK);
	assert_int_equal(ack.nonce, 77);
	assert_int_equal(ack.seq, 2);
	assert_true(redirected_to(w, "198.51.100.7")); /* before any time passes */
	assert_int_equal(w->probe_count, 1);
	world_pass(w, 19);
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 0);
	world_pass(w, 1);
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	assert_true(redirected_to(w, "198.51.100.7"));
	assert_false(world_has(w, LISP_EXTENSION));
	world_free(w);
}

static void a_notified_owner_whose_port_is_down_does_not_ask(void **state)
{
	struct world *w = owner_world(1);
	unsigned int asked;

	router_port(w->router, 3, false, w->now, w->out);
	asked = w->probe_count;
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	assert_int_equal(w->probe_count, asked);
	assert_true(redirected_to(w, "198.51.100.7"));
	world_free(w);
}

static void packets_for_a_host_whose_port_is_down_wait_for_it_and_follow_it(void **state)
{
	struct world *w = owner_world(1);
	struct eid host = world_eid(HOST);

	router_port(w->router, 3, false, w->now, w->out);
	assert_true(fake_datapath_find(&w->dp, &host)->e.hold);
	world_miss(w, HOST, 1);
	world_miss(w, HOST, 2);
	assert_int_equal(w->dp.injected_count, 0);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	assert_true(redirected_to(w, "198.51.100.7"));
	assert_false(fake_datapath_find(&w->dp, &host)->e.hold);
	assert_int_equal(w->dp.injected_count, 2);
	assert_int_equal(w->dp.injected[0], 1);
	world_free(w);
}

static void packets_for_a_host_whose_port_is_down_reach_it_when_it_is_back(void **state)
{
	struct world *w = owner_world(1);
	struct eid host = world_eid(HOST);

	router_port(w->router, 3, false, w->now, w->out);
	world_miss(w, HOST, 1);
	world_host(w, HOST, 4, true);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	assert_false(fake_datapath_find(&w->dp, &host)->e.hold);
	assert_int_equal(w->dp.injected_count, 1);
	world_free(w);
}

static void a_notified_owner_whose_host_answers_claims_again(void **state)
{
	struct world *w = owner_world(1);
	struct move m;

	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	world_take_move(w, MOVE_ACK);
	world_host(w, HOST, 3, true);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 2);
	world_free(w);
}

static void a_repeated_notification_is_acknowledged_and_changes_nothing(void **state)
{
	struct world *w = owner_world(1);
	struct move m;

	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	world_pass(w, 30);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	world_take_move(w, MOVE_ACK);
	world_take_move(w, MOVE_ACK);
	assert_int_equal(world_counter(w, XTR_MOVE_NOTIFIED), 1);
	/* It comes back: an old notification, replayed, is below what is known. */
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, m.nonce, 3, HOST, "192.0.2.1", true);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	world_free(w);
}

static void there_and_back_again_claims_with_the_seq_that_is_known(void **state)
{
	struct world *w = owner_world(1);
	struct move m;

	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	world_take_move(w, MOVE_ACK);
	world_pass(w, 30);
	assert_true(redirected_to(w, "198.51.100.7"));
	world_host(w, HOST, 4, true);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 2); /* no round trip is lost to a refusal */
	world_move(w, MOVE_GRANTED, m.nonce, 3, HOST, "192.0.2.1", true);
	assert_int_equal(world_counter(w, XTR_CLAIMS_GRANTED), 2);
	world_free(w);
}

static void data_of_a_host_that_is_away_asks_before_it_claims(void **state)
{
	struct world *w = owner_world(1);
	unsigned int asked;

	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	world_take_move(w, MOVE_ACK);
	world_pass(w, 30);
	asked = w->probe_count;
	world_host(w, HOST, 3, false); /* a straggler */
	assert_true(redirected_to(w, "198.51.100.7"));
	assert_false(world_has(w, LISP_EXTENSION));
	assert_int_equal(w->probe_count, asked + 1);
	world_host(w, HOST, 3, true); /* it did come back */
	world_take_move(w, MOVE_CLAIM);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	world_free(w);
}

static void a_host_whose_claim_was_refused_is_asked_again_soon(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct mono start;
	struct move m;

	world_start(w);
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	start = w->now;
	world_move(w, MOVE_REFUSED, m.nonce, 7, HOST, "198.51.100.7", false);
	world_pass(w, 150);
	assert_int_equal(
		w->probe_count, 4); /* a question lost on a new port costs 20 ms, not a second */
	assert_int_equal(mono_since_ms(start, w->probes[1].at), 20);
	assert_int_equal(mono_since_ms(start, w->probes[2].at), 60);
	assert_int_equal(mono_since_ms(start, w->probes[3].at), 140);
	assert_int_equal(w->probes[1].ifindex, 0); /* anywhere, anybody */
	assert_false(w->probes[1].has_mac);
	world_free(w);
}

static void a_restarted_xtr_claims_with_base_0_and_then_by_rule_4(void **state)
{
	struct world *w = owner_world(5);
	uint64_t before;
	struct move m;

	before = router_nonce(w->router);
	world_restart(w);
	world_forget(w);
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 0);
	assert_true(m.nonce >= before);
	/* The Map-Server knows us as the owner, by 5: the host is asked all the same. */
	world_move(w, MOVE_REFUSED, m.nonce, 5, HOST, "192.0.2.1", true);
	assert_false(world_has(w, LISP_EXTENSION));
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 5);
	world_free(w);
}

static void a_repetition_that_finds_its_own_claim_granted_is_content(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct move m;

	world_start(w);
	world_host(w, HOST, 3, true);
	world_pass(w, 250);
	world_take_move(w, MOVE_CLAIM);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_REFUSED, m.nonce, 1, HOST, "192.0.2.1", true);
	assert_int_equal(world_counter(w, XTR_CLAIMS_GRANTED), 1);
	world_free(w);
}

static void an_expired_eid_is_claimed_when_its_host_answers(void **state)
{
	struct world *w = owner_world(5);
	struct move m;

	world_pass(w, 60000);
	m = world_take_move(w, MOVE_REFRESH);
	assert_int_equal(m.seq, 5);
	world_move(w, MOVE_REFUSED, m.nonce, 6, HOST, NULL, false); /* rule 8: nobody owns it */
	assert_int_equal(action(w), DATAPATH_LOCAL);
	world_forget(w);
	world_host(w, HOST, 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 6);
	world_free(w);
}

static void a_silent_host_is_asked_and_then_withdrawn(void **state)
{
	struct world *w = owner_world_idle(5, 15);
	struct eid host = world_eid(HOST);
	struct eid space = world_eid("10.1.0.0/16");
	struct move m;

	world_pass(w, 21000); /* idle 15 s +-10 %, three questions a second apart */
	assert_int_equal(w->probe_count, 3);
	m = world_take_move(w, MOVE_WITHDRAW);
	assert_int_equal(m.seq, 5);
	world_move(w, MOVE_GRANTED, m.nonce, 6, HOST, NULL, false);
	assert_null(fake_datapath_find(&w->dp, &host));
	assert_true(fake_datapath_longest(&w->dp, &host)->e.hold);
	assert_true(eid_equal(&fake_datapath_longest(&w->dp, &host)->eid, &space));
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 1);
	world_forget(w); /* repetitions of the withdrawal */
	world_pass(w, 60000);
	assert_false(world_has(w, LISP_EXTENSION));
	world_free(w);
}

static void an_idle_host_that_answers_stays(void **state)
{
	struct world *w = owner_world_idle(5, 15);
	unsigned int i;

	for (i = 0; i < 50; i++) {
		world_pass(w, 1000);
		if (w->probe_count) {
			w->probe_count = 0;
			world_host(w, HOST, 3, true);
		}
	}
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	assert_int_equal(world_counter(w, XTR_CLAIMS_SENT), 1);
	world_free(w);
}

static void a_host_that_changes_ports_stays_ours_without_a_word(void **state)
{
	struct world *w = owner_world(5);

	world_host(w, HOST, 4, true);
	assert_false(world_has(w, LISP_EXTENSION));
	assert_int_equal(world_counter(w, XTR_HOSTS_MOVED_PORT), 1);
	router_port(w->router, 3, false, w->now, w->out); /* the old one goes */
	world_pass(w, 12000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	world_free(w);
}

static void two_machines_with_one_address_are_damped_but_not_frozen(void **state)
{
	struct world *w = owner_world(1);
	uint64_t seq = 1, sent;
	unsigned int i;

	for (i = 0; i < 50; i++) {
		seq += 2;
		world_move(w, MOVE_NOTIFY, 1000 + i, seq, HOST, "198.51.100.7", false);
		world_host(w, HOST, 3, true);
		world_forget(w);
	}
	sent = world_counter(w, XTR_CLAIMS_SENT);
	assert_true(sent <= 9); /* the burst */
	assert_true(world_counter(w, XTR_CLAIMS_DAMPED) > 0);
	world_pass(w, 1500);
	assert_true(world_counter(w, XTR_CLAIMS_SENT) > sent);
	world_free(w);
}

static void forged_move_messages_change_nothing(void **state)
{
	struct world *w = owner_world(1);
	struct auth_key *right = w->key;

	w->key = auth_key_new("another key", 11);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	assert_int_equal(world_counter(w, XTR_MOVE_DROP_AUTH), 1);
	assert_int_equal(action(w), DATAPATH_LOCAL);
	assert_false(world_has(w, LISP_EXTENSION));
	auth_key_free(w->key);
	w->key = right;
	world_move(w, MOVE_GRANTED, 12345, 9, HOST, "192.0.2.1", true);
	assert_int_equal(world_counter(w, XTR_MOVE_DROP_NONCE), 1);
	world_move(w, MOVE_NOTIFY, 77, 2, "172.16.0.1/32", "198.51.100.7", false);
	assert_int_equal(world_counter(w, XTR_MOVE_DROP_EID), 1);
	world_free(w);
}

static void a_drained_locator_is_claimed_with_priority_255(void **state)
{
	struct world *w = owner_world(1);
	struct address own = world_address("192.0.2.1");
	struct lisp_rloc rloc;
	struct move m;

	assert_int_equal(router_drain(w->router, &own, true, w->now, w->out), 0);
	world_pass(w, 0);
	world_host(w, HOST, 3, true); /* collects */
	m = world_take_move(w, MOVE_CLAIM);
	assert_int_equal(m.seq, 1);
	assert_true(lisp_rloc_next(&m.record, &rloc));
	assert_int_equal(rloc.priority, 255);
	assert_int_equal(rloc.weight, 0);
	own = world_address("192.0.2.99");
	assert_true(router_drain(w->router, &own, true, w->now, w->out) < 0);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_announced_host_is_claimed_at_once_with_base_0),
		cmocka_unit_test(the_first_data_packet_of_a_host_claims_it_too),
		cmocka_unit_test(
			an_unanswered_claim_is_repeated_with_new_nonces_and_doubling_waits),
		cmocka_unit_test(
			a_refused_claim_asks_the_host_and_its_answer_claims_with_the_seq_told),
		cmocka_unit_test(a_refused_claim_of_a_silent_host_ends_away),
		cmocka_unit_test(a_refusal_below_what_is_known_is_ignored),
		cmocka_unit_test(
			a_notified_old_owner_redirects_at_once_and_forgets_the_silent_host),
		cmocka_unit_test(a_notified_owner_whose_port_is_down_does_not_ask),
		cmocka_unit_test(packets_for_a_host_whose_port_is_down_wait_for_it_and_follow_it),
		cmocka_unit_test(packets_for_a_host_whose_port_is_down_reach_it_when_it_is_back),
		cmocka_unit_test(a_notified_owner_whose_host_answers_claims_again),
		cmocka_unit_test(a_repeated_notification_is_acknowledged_and_changes_nothing),
		cmocka_unit_test(there_and_back_again_claims_with_the_seq_that_is_known),
		cmocka_unit_test(data_of_a_host_that_is_away_asks_before_it_claims),
		cmocka_unit_test(a_host_whose_claim_was_refused_is_asked_again_soon),
		cmocka_unit_test(a_restarted_xtr_claims_with_base_0_and_then_by_rule_4),
		cmocka_unit_test(a_repetition_that_finds_its_own_claim_granted_is_content),
		cmocka_unit_test(an_expired_eid_is_claimed_when_its_host_answers),
		cmocka_unit_test(a_silent_host_is_asked_and_then_withdrawn),
		cmocka_unit_test(an_idle_host_that_answers_stays),
		cmocka_unit_test(a_host_that_changes_ports_stays_ours_without_a_word),
		cmocka_unit_test(two_machines_with_one_address_are_damped_but_not_frozen),
		cmocka_unit_test(forged_move_messages_change_nothing),
		cmocka_unit_test(a_drained_locator_is_claimed_with_priority_255),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
