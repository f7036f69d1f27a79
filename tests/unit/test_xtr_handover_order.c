/* Order within a flow, when a guest has moved: what the old site still sends goes before what comes
 * straight from elsewhere. Two real cores. See docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"

#define ELSEWHERE 0
#define OLD_SITE  1 /* a packet's origin, in its second word */

static bool came_from(
	struct datapath *dp, const void *packet, uint32_t len, const struct address *rloc)
{
	struct address old = world_address(rlocs[0]);
	uint32_t words[2];

	assert_true(len >= sizeof(words));
	memcpy(words, packet, sizeof(words));
	return words[1] == OLD_SITE && address_equal(rloc, &old);
}

/* A packet for the guest comes up at site 1, out of a tunnel; @ifindex: or from a port. */
static void comes(struct sites *s, unsigned int origin, int ifindex, uint32_t id)
{
	uint32_t packet[16] = {id, origin};
	struct datapath_event e = {.type = DATAPATH_MISS,
		.eid = world_eid(s->host),
		.ifindex = ifindex,
		.packet = packet,
		.packet_len = sizeof(packet)};

	router_datapath_event(s->x[1]->router, &e, s->x[1]->now, s->x[1]->out);
	world_pass(s->x[1], 0);
}

/* The guest is expected at site 1, and leaves site 0. */
static struct sites *leaving(void)
{
	struct sites *s = prepared();

	for (unsigned int i = 0; i < 2; i++)
		s->x[i]->dp.dp.came_from = came_from;
	s->answering[0] = false; /* it says what was left once only */
	return s;
}

/* It has stopped, with @tail packets that are still to come, and runs at site 1. */
static struct sites *resumed(uint16_t left)
{
	struct sites *s = leaving();

	stop(s, 0, left);
	pass(s, 1);
	world_miss(s->x[0], HOST, 3);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 2);
	assert_int_equal(s->owner, 1); /* whoever hears of that sends straight there */
	return s;
}

static bool told_sent(struct sites *s)
{
	const struct passage *p = passage_at(s, 1);

	return p && p->sent;
}

static void what_comes_straight_waits_until_the_old_site_has_sent_all(void **state)
{
	struct sites *s = resumed(2);

	assert_false(told_sent(s));
	assert_true(entry_at(s, 1)->hold);
	comes(s, ELSEWHERE, 0, 6);
	comes(s, ELSEWHERE, 0, 7);
	comes(s, OLD_SITE, 0, 1);     /* at once */
	comes(s, ELSEWHERE, PORT, 2); /* a neighbour's */
	pass(s, 5);
	injected(s, 1, "12");
	tail(s, 0, 0, 2, 1);
	tail(s, 0, 1, 2, 2);
	pass(s, 1);
	injected(s, 0, "123"); /* the tail, and what was held there */
	pass(s, 5);
	assert_true(told_sent(s));
	injected(s, 1, "1267");
	assert_true(here(s, 1));
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_TIMEOUT), 0);
	sites_free(s);
}

static void where_the_old_site_had_sent_all_before_nothing_waits(void **state)
{
	struct sites *s = leaving();

	stop(s, 0, 0);
	pass(s, 3);
	assert_true(told_sent(s));
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 2);
	assert_true(here(s, 1));
	comes(s, ELSEWHERE, 0, 6);
	injected(s, 1, "6");
	sites_free(s);
}

static void an_old_site_that_says_nothing_is_waited_for_fifty_milliseconds(void **state)
{
	struct sites *s = leaving();

	stop(s, 0, 2);
	pass(s, 1);
	s->mute[0] = true;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 2);
	comes(s, ELSEWHERE, 0, 6);
	comes(s, ELSEWHERE, 0, 7);
	pass(s, 45);
	injected(s, 1, "");
	pass(s, 6);
	injected(s, 1, "67");
	assert_true(here(s, 1));
	sites_free(s);
}

static void what_was_held_here_goes_before_both(void **state)
{
	struct sites *s = leaving();

	stop(s, 0, 2);
	pass(s, 1);
	comes(s, OLD_SITE, 0, 1);
	say(s, 1, HANDOVER_RUNNING);
	settle(s);
	comes(s, ELSEWHERE, 0, 6);
	comes(s, OLD_SITE, 0, 2); /* behind what is on its way to the guest */
	pass(s, 2);
	injected(s, 1, "12");
	tail(s, 0, 0, 0, 0); /* nothing was left */
	pass(s, 10);
	injected(s, 1, "126");
	assert_true(here(s, 1));
	sites_free(s);
}

/* That it has been said does not mean that user space has read it all: one may be in the queue. */
static void what_the_old_site_sent_and_is_in_the_queue_still_goes_first(void **state)
{
	struct sites *s = resumed(1);

	comes(s, ELSEWHERE, 0, 6);
	s->x[1]->dp.pending = true;
	s->x[1]->dp.in = 10;
	s->x[1]->dp.out = 9;
	tail(s, 0, 0, 1, 1);
	pass(s, 5);
	assert_true(told_sent(s));
	comes(s, ELSEWHERE, 0, 7);
	comes(s, OLD_SITE, 0, 2);
	injected(s, 1, "2");
	s->x[1]->dp.pending = false;
	s->x[1]->dp.out = 10;
	pass(s, 5);
	injected(s, 1, "267");
	assert_true(here(s, 1));
	sites_free(s);
}

static void a_guest_that_stops_again_takes_what_waits_along(void **state)
{
	struct sites *s = resumed(2);

	comes(s, ELSEWHERE, 0, 6);
	comes(s, OLD_SITE, 0, 1);
	stop(s, 1, 0);
	pass(s, 1);
	comes(s, ELSEWHERE, 0, 7);
	comes(s, OLD_SITE, 0, 8);
	injected(s, 1, "1");
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 10);
	injected(s, 1, "1678");
	assert_true(here(s, 1));
	sites_free(s);
}

static void what_there_is_no_room_for_does_not_wait_and_is_not_lost(void **state)
{
	struct sites *s = resumed(2);

	s->x[1]->policy.limits.hold_move_packets = 2;
	reload(s, 1);
	for (uint32_t id = 4; id < 8; id++)
		comes(s, ELSEWHERE, 0, id);
	injected(s, 1, "67");
	pass(s, 60);
	injected(s, 1, "6745");
	assert_int_equal(counter(s, 1, XTR_HOLD_DROP_EID_FULL), 0);
	sites_free(s);
}

/* A guest that nobody had has no old site. */
static void a_guest_that_is_new_waits_for_nobody(void **state)
{
	struct sites *s = leaving();

	s->host = "10.1.0.77/32";
	s->owner = -1;
	s->seq = 0;
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_true(here(s, 1));
	comes(s, ELSEWHERE, 0, 6);
	injected(s, 1, "6");
	sites_free(s);
}

static void sent_is_said_again_until_it_is_heard(void **state)
{
	struct sites *s = resumed(1);

	s->lose = 2;
	comes(s, ELSEWHERE, 0, 6);
	tail(s, 0, 0, 1, 1);
	pass(s, 1000);
	assert_true(told_sent(s));
	injected(s, 1, "6");
	assert_true(here(s, 1));
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_straight_waits_until_the_old_site_has_sent_all),
		cmocka_unit_test(where_the_old_site_had_sent_all_before_nothing_waits),
		cmocka_unit_test(an_old_site_that_says_nothing_is_waited_for_fifty_milliseconds),
		cmocka_unit_test(what_was_held_here_goes_before_both),
		cmocka_unit_test(what_the_old_site_sent_and_is_in_the_queue_still_goes_first),
		cmocka_unit_test(a_guest_that_stops_again_takes_what_waits_along),
		cmocka_unit_test(what_there_is_no_room_for_does_not_wait_and_is_not_lost),
		cmocka_unit_test(a_guest_that_is_new_waits_for_nobody),
		cmocka_unit_test(sent_is_said_again_until_it_is_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
