/* What the site's RBridge tells of end stations: what becomes of it in the core, and what the
 * registrations say of a place in the campus. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"
#include "xtr/campus.h"

#define PORT 3

static unsigned int left_count;
static uint8_t left_mac[6];

static void station_left(struct router_ops *ops, int ifindex, const uint8_t mac[6])
{
	assert_int_equal(ifindex, PORT);
	memcpy(left_mac, mac, 6);
	left_count++;
}

static struct world *campus_world(enum policy_protocol protocol)
{
	struct world *w = world_new(protocol);

	left_count = 0;
	w->ops.station_left = station_left;
	return w;
}

/* An attested machine 02:00:00:00:00:@last behind RBridge 0x0c01, with an address or two. */
static struct router_station machine(uint8_t last, const char *ip, const char *second)
{
	struct router_station s = {.ifindex = PORT,
		.mac = {2, 0, 0, 0, 0, last},
		.attested = true,
		.nickname = 0x0c01};

	if (ip)
		s.ips[s.ip_count++] = world_eid(ip).addr;
	if (second)
		s.ips[s.ip_count++] = world_eid(second).addr;
	return s;
}

/* Claimed and granted, by @seq. */
static void owned(struct world *w, const char *eid, uint64_t seq)
{
	struct move m = world_take_move(w, MOVE_CLAIM);

	world_move(w, MOVE_GRANTED, m.nonce, seq, eid, "192.0.2.1", true);
}

static void what_is_attested_is_claimed_without_a_question(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	assert_int_equal(w->probe_count, 0);
	/* No address of ours, and none of this site's. */
	s = machine(6, "10.9.0.5/32", NULL);
	world_station(w, &s);
	assert_false(world_has(w, LISP_EXTENSION));
	world_free(w);
}

static void a_move_within_the_site_sends_no_lisp_message(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	w->policy.timers.register_s = 3600;
	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	world_forget(w);
	s.nickname = 0x0c04;
	s.has_cost = true;
	s.cost = 40000;
	world_station(w, &s);
	/* It is flushed at its old place, and told at the next one a moment later. */
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS - 1);
	s.gone = false;
	s.nickname = 0x0c05;
	world_station(w, &s);
	world_pass(w, 10000);
	assert_int_equal(w->sent_count, 0);
	assert_int_equal(w->probe_count, 0);
	world_free(w);
}

static void what_is_attested_may_be_silent_and_what_was_heard_is_asked(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	world_pass(w, 60000);
	assert_int_equal(w->probe_count, 0);
	s = machine(6, "10.1.0.6/32", NULL);
	s.attested = false;
	world_station(w, &s);
	world_pass(w, 60000);
	assert_true(w->probe_count > 0);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 1);
	world_free(w);
}

static void who_is_gone_is_asked_and_withdrawn_when_silent(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS);
	assert_int_equal(w->probe_count, 1);
	world_pass(w, 1500);
	world_take_move(w, MOVE_WITHDRAW);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 1);
	assert_int_equal(left_count, 0); /* nobody else has it */
	world_free(w);
}

static void who_is_gone_by_the_rbridge_and_answers_stays(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS);
	world_host(w, "10.1.0.5/32", PORT, true);
	world_pass(w, 5000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	world_free(w);
}

static void an_address_that_a_station_has_no_more_is_gone(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", "10.1.0.6/32");

	world_start(w);
	world_station(w, &s);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 2);
	s = machine(5, "10.1.0.6/32", NULL);
	world_station(w, &s);
	world_pass(w, 3000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 1);
	world_free(w);
}

static void arp_of_another_machine_does_not_take_what_is_attested(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(0x77, "10.1.0.5/32", NULL);

	world_start(w);
	world_station(w, &s);
	world_host(w, "10.1.0.5/32", 4, true);
	assert_int_equal(world_counter(w, XTR_HOSTS_DROP_ATTESTED), 1);
	assert_int_equal(world_counter(w, XTR_HOSTS_MOVED_PORT), 0);
	/* What was heard only gives way. */
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS);
	world_host(w, "10.1.0.5/32", 4, true);
	assert_int_equal(world_counter(w, XTR_HOSTS_MOVED_PORT), 1);
	world_free(w);
}

static void of_two_machines_with_one_address_who_knows_counts(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station knows = machine(5, "10.1.0.5/32", NULL),
			      heard = machine(6, "10.1.0.5/32", NULL);

	heard.attested = false;
	world_start(w);
	world_station(w, &knows);
	owned(w, "10.1.0.5/32", 1);
	world_station(w, &heard);
	heard.gone = true;
	world_station(w, &heard);
	world_pass(w, CAMPUS_GRACE_MS);
	assert_int_equal(w->probe_count, 0);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	world_free(w);
}

/* Behind @s alone: asked for when that ends, and not before. */
static void assert_last(struct world *w, struct router_station *s)
{
	w->probe_count = 0;
	world_pass(w, 2 * CAMPUS_GRACE_MS);
	assert_int_equal(w->probe_count, 0);
	s->gone = true;
	world_station(w, s);
	world_pass(w, CAMPUS_GRACE_MS);
	assert_int_equal(w->probe_count, 1);
}

/* Who was heard of with it before or meanwhile has it without another word. */
static void an_address_is_whose_it_is_when_who_knew_it_has_ended(void **state)
{
	(void)state;
	for (unsigned int meanwhile = 0; meanwhile < 2; meanwhile++) {
		struct world *w = campus_world(POLICY_SUNWARD);
		struct router_station knows = machine(5, "10.1.0.5/32", NULL),
				      heard = machine(6, "10.1.0.5/32", NULL);

		w->policy.timers.idle_s = 86400;
		heard.attested = false;
		world_start(w);
		world_station(w, &knows);
		owned(w, "10.1.0.5/32", 1);
		if (!meanwhile)
			world_station(w, &heard);
		knows.gone = true;
		world_station(w, &knows);
		world_pass(w, CAMPUS_GRACE_MS - 1);
		if (meanwhile)
			world_station(w, &heard);
		world_pass(w, 1);
		assert_last(w, &heard);
		world_free(w);
	}
}

/* Its agent is back before the time is over, and has it still: who was heard of has it only when
 * the agent takes it back. */
static void an_agent_that_comes_back_in_time_has_its_addresses_still(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station knows = machine(5, "10.1.0.5/32", NULL),
			      heard = machine(6, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	heard.attested = false;
	world_start(w);
	world_station(w, &knows);
	owned(w, "10.1.0.5/32", 1);
	knows.gone = true;
	world_station(w, &knows);
	world_station(w, &heard);
	knows.gone = false;
	world_station(w, &knows);
	heard.gone = true;
	world_station(w, &heard);
	assert_last(w, &knows);
	world_free(w);
}

/* ... nor who was heard of, and says another address since. */
static void who_has_an_address_no_more_is_not_its_heir(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station knows = machine(5, "10.1.0.5/32", NULL),
			      heard = machine(6, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	heard.attested = false;
	world_start(w);
	world_station(w, &knows);
	owned(w, "10.1.0.5/32", 1);
	world_station(w, &heard);
	heard.ips[0] = world_eid("10.1.0.6/32").addr;
	world_station(w, &heard);
	assert_last(w, &knows);
	world_free(w);
}

static void an_address_that_an_agent_says_no_more_is_its_heirs(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station knows = machine(5, "10.1.0.5/32", "10.1.0.6/32"),
			      heard = machine(6, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	heard.attested = false;
	world_start(w);
	world_station(w, &knows);
	world_station(w, &heard);
	knows = machine(5, "10.1.0.6/32", NULL);
	world_station(w, &knows);
	assert_last(w, &heard);
	world_free(w);
}

/* What is memory keeps the address from nobody. */
static void who_is_heard_of_has_the_address_of_who_has_left(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station knows = machine(5, "10.1.0.5/32", NULL),
			      heard = machine(9, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	heard.attested = false;
	world_start(w);
	world_station(w, &knows);
	owned(w, "10.1.0.5/32", 1);
	world_move(w, MOVE_NOTIFY, 77, 2, "10.1.0.5/32", "198.51.100.7", false);
	world_pass(w, 100);
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	world_station(w, &heard);
	world_host(w, "10.1.0.5/32", PORT, true); /* it answers */
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 2);
	assert_last(w, &heard);
	world_free(w);
}

static void the_campus_forgets_a_machine_with_its_last_address(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", "10.1.0.6/32");

	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	owned(w, "10.1.0.6/32", 1);
	world_move(w, MOVE_NOTIFY, 77, 2, "10.1.0.5/32", "198.51.100.7", false);
	world_pass(w, 100); /* it is asked, and silent */
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	assert_int_equal(left_count, 0);
	world_move(w, MOVE_NOTIFY, 78, 2, "10.1.0.6/32", "198.51.100.7", false);
	world_pass(w, 100);
	assert_int_equal(left_count, 1);
	assert_memory_equal(left_mac, s.mac, 6);
	/* What the RBridge still says of it is memory. */
	router_stations_begin(w->router);
	s.listed = true;
	world_station(w, &s);
	router_stations_end(w->router, true, w->now, w->out);
	world_pass(w, 5000);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 2);
	s.listed = false;
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS);
	/* It comes back. */
	s.gone = false;
	world_station(w, &s);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 4);
	world_free(w);
}

/* What was attested of a machine that has left counts no more, neither for it nor against others.
 */
static void what_stands_of_who_has_left_is_memory(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	world_move(w, MOVE_NOTIFY, 77, 2, "10.1.0.5/32", "198.51.100.7", false);
	world_pass(w, 100);
	assert_int_equal(world_counter(w, XTR_HOSTS_LEFT), 1);
	/* Another card has the address here now. */
	world_host(w, "10.1.0.5/32", PORT, true);
	assert_int_equal(world_counter(w, XTR_HOSTS_DROP_ATTESTED), 0);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 2);
	w->probe_count = 0;
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS);
	assert_int_equal(w->probe_count, 0);
	world_free(w);
}

/* The same card comes back by a frame, before its old place in the campus is taken back. */
static void the_end_of_what_is_memory_asks_nobody(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(9, "10.1.0.5/32", NULL);

	w->policy.timers.idle_s = 86400;
	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	world_move(w, MOVE_NOTIFY, 77, 2, "10.1.0.5/32", "198.51.100.7", false);
	world_pass(w, 100);
	world_host(w, "10.1.0.5/32", PORT, true);
	w->probe_count = 0;
	s.gone = true;
	world_station(w, &s);
	world_pass(w, CAMPUS_GRACE_MS);
	assert_int_equal(w->probe_count, 0);
	world_free(w);
}

static void who_turns_up_elsewhere_in_the_campus_is_alive(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	s.attested = false;
	w->policy.timers.idle_s = 86400;
	world_start(w);
	world_station(w, &s);
	owned(w, "10.1.0.5/32", 1);
	router_port(w->router, PORT, false, w->now, w->out); /* it is asked */
	world_pass(w, 1000);
	world_station(w, &s); /* the same again is no sign of life ... */
	world_pass(w, 1000);
	s.nickname = 0x0c04; /* ... and this is one */
	world_station(w, &s);
	world_pass(w, 60000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	world_free(w);
}

static void who_comes_back_and_was_only_heard_is_asked_first(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(9, "10.1.0.5/32", NULL);

	world_start(w);
	world_host(w, "10.1.0.5/32", PORT, true);
	owned(w, "10.1.0.5/32", 1);
	world_move(w, MOVE_NOTIFY, 77, 2, "10.1.0.5/32", "198.51.100.7", false);
	world_pass(w, 100);
	assert_int_equal(left_count, 1);
	w->probe_count = 0;
	s.attested = false;
	world_station(w, &s);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 1);
	assert_true(w->probe_count > 0);
	world_host(w, "10.1.0.5/32", PORT, true);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 2);
	world_free(w);
}

static void a_list_ends_what_it_does_not_name_and_events_are_newer_than_it(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s[5];

	for (uint8_t i = 0; i < 5; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "10.1.0.%u/32", i);
		s[i] = machine(i, ip, NULL);
	}
	world_start(w);
	for (unsigned int i = 0; i < 3; i++)
		world_station(w, &s[i]);
	router_stations_begin(w->router);
	s[1].gone = true; /* while the list is on its way */
	world_station(w, &s[1]);
	world_station(w, &s[3]);
	s[4].gone = true; /* one that is not known yet */
	world_station(w, &s[4]);
	s[1].gone = s[4].gone = false;
	for (unsigned int i = 0; i < 5; i++) {
		s[i].listed = true;
		if (i != 2 && i != 3)
			world_station(w, &s[i]);
	}
	router_stations_end(w->router, true, w->now, w->out);
	world_pass(w, 2000);
	/* 1 and 2 are gone, 3 is there, 4 never was. */
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 4);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 2);
	world_free(w);
}

static void a_list_that_does_not_count_ends_nobody_and_leaves_no_rows_of_the_gone(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s[10];

	w->policy.limits.hosts = 10;
	world_start(w);
	s[0] = machine(0, "10.1.0.100/32", NULL);
	world_station(w, &s[0]);
	router_stations_begin(w->router);
	for (uint8_t i = 1; i < 10; i++) {
		s[i] = machine(i, NULL, NULL);
		s[i].gone = i % 2; /* the others have no address */
		world_station(w, &s[i]);
	}
	router_stations_end(w->router, false, w->now, w->out);
	world_pass(w, 2000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	/* Nor does who comes and goes after it take the room of those who stay. */
	for (uint8_t i = 20; i < 40; i++) {
		s[1] = machine(i, NULL, NULL);
		s[1].gone = true;
		world_station(w, &s[1]);
	}
	for (uint8_t i = 1; i < 10; i++) {
		char ip[16];

		snprintf(ip, sizeof(ip), "10.1.0.%u/32", i);
		s[1] = machine((uint8_t)(40 + i), ip, NULL);
		world_station(w, &s[1]);
	}
	assert_int_equal(world_counter(w, XTR_CAMPUS_DROP_FULL), 0);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 10);
	world_free(w);
}

static void what_there_was_no_room_for_is_told_again(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);

	w->policy.limits.new_hosts_per_port = 10;
	world_start(w);
	for (uint8_t i = 0; i < 30; i++) {
		struct router_station s;
		char ip[16];

		snprintf(ip, sizeof(ip), "10.1.0.%u/32", i);
		s = machine(i, ip, NULL);
		world_station(w, &s);
	}
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 10);
	world_pass(w, 5000);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 30);
	world_free(w);
}

static void stations_are_bounded(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);

	w->policy.limits.hosts = 10;
	world_start(w);
	router_stations_begin(w->router);
	for (unsigned int i = 0; i < 40; i++) {
		char ip[16];
		struct router_station s;

		snprintf(ip, sizeof(ip), "10.1.0.%u/32", i);
		s = machine((uint8_t)i, ip, NULL);
		world_station(w, &s);
	}
	assert_int_equal(world_counter(w, XTR_CAMPUS_DROP_FULL), 30);
	/* Of who is gone it is remembered while a list is read: no more than that. */
	for (unsigned int i = 100; i < 140; i++) {
		struct router_station s = machine((uint8_t)i, NULL, NULL);

		s.gone = true;
		world_station(w, &s);
	}
	assert_int_equal(world_counter(w, XTR_CAMPUS_DROP_FULL), 70);
	world_free(w);
}

static void a_longer_way_never_has_the_better_priority(void **state)
{
	/* By hand: the cost of a link of 1 Gb/s is 20000; 7 steps for each doubling. */
	static const struct {
		uint32_t cost;
		uint8_t step;
	} rows[] = {{0, 0}, {1, 7}, {2, 10}, {3, 14}, {7, 21}, {2000, 76}, {20000, 99},
		{40000, 106}, {60000, 110}, {80000, 113}, {UINT32_MAX, 224}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(campus_step(rows[i].cost), rows[i].step);
	for (uint32_t cost = 0; cost < 1u << 22; cost += 61)
		assert_true(campus_step(cost) <= campus_step(cost + 61));
	for (uint64_t cost = 1; cost <= UINT32_MAX; cost *= 2)
		assert_true(campus_step((uint32_t)cost) > campus_step((uint32_t)(cost / 2)));
}

/* The priority of our first locator in the oldest claim. */
static unsigned int claimed_priority(struct world *w, uint64_t seq)
{
	struct move m = world_take_move(w, MOVE_CLAIM);
	struct lisp_rloc rloc;

	assert_true(lisp_rloc_next(&m.record, &rloc));
	world_move(w, MOVE_GRANTED, m.nonce, seq, "10.1.0.5/32", "192.0.2.1", true);
	return rloc.priority;
}

static void the_cost_of_the_way_is_in_the_priority(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);

	w->policy.campus.costs = true;
	w->policy.timers.register_s = 3600;
	world_start(w);
	s.has_cost = true;
	s.cost = 20000;
	world_station(w, &s);
	assert_int_equal(claimed_priority(w, 1), w->policy.rlocs[0].priority + 99);
	/* Another way: claimed again when the routes have settled, ... */
	world_forget(w);
	s.cost = 40000;
	world_station(w, &s);
	assert_int_equal(w->sent_count, 0);
	world_pass(w, 1100);
	assert_int_equal(claimed_priority(w, 2), w->policy.rlocs[0].priority + 106);
	/* ... at most once in five seconds, ... */
	world_forget(w);
	for (unsigned int i = 0; i < 40; i++) {
		s.cost = i & 1 ? 20000 : 60000;
		world_station(w, &s);
		world_pass(w, 100);
	}
	assert_int_equal(w->sent_count, 0);
	world_pass(w, 1050);
	assert_int_equal(world_count(w, LISP_EXTENSION), 1);
	assert_int_equal(claimed_priority(w, 3), w->policy.rlocs[0].priority + 99);
	/* ... and not where the priority is the same. */
	world_forget(w);
	s.cost = 20001;
	world_station(w, &s);
	world_pass(w, 10000);
	assert_int_equal(w->sent_count, 0);
	/* Who cannot be reached by us is the last choice, and no more than that. */
	s.has_cost = false;
	world_station(w, &s);
	world_pass(w, 10000);
	assert_int_equal(claimed_priority(w, 4), w->policy.rlocs[0].priority + CAMPUS_STEP_MAX);
	world_free(w);
}

static void several_xtrs_register_a_host_of_their_campus_together(void **state)
{
	struct world *w = campus_world(POLICY_STANDARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);
	struct map_register m;
	struct lisp_record rec;
	struct wire_fault fault;
	struct world_sent *sent;

	w->policy.campus.costs = true;
	w->policy.servers[0].merge = true;
	world_start(w);
	s.has_cost = true;
	world_station(w, &s);
	sent = world_take(w, LISP_MAP_REGISTER);
	assert_int_equal(map_register_parse(sent->bytes, sent->len, &m, &fault), 0);
	assert_true(m.merge);
	assert_true(lisp_records_next(&m.records, &rec));
	world_free(w);
}

/* RFC 8060 section 4.10 (AFI-List: type 1), with the AFIs that IANA has for a TRILL nickname and a
 * 48-bit MAC. The flags of the RLOC-record: local and reachable. */
static void coordinates_are_an_afi_list_behind_the_locator(void **state)
{
	static const uint8_t want[] = {0, 5,                  /* L, R */
		0x40, 0x03, 0, 0, 1, 0, 0, 18,                /* LCAF AFI-List, 18 bytes */
		0, 1, 192, 0, 2, 1,                           /* IPv4 */
		0x40, 0x0c, 0x0c, 0x01,                       /* 16396: nickname */
		0x40, 0x05, 0x02, 0x00, 0x00, 0x00, 0x00, 5}; /* 16389: MAC */
	struct world *w = campus_world(POLICY_SUNWARD);
	struct router_station s = machine(5, "10.1.0.5/32", NULL);
	struct lisp_rloc rloc;
	struct address addr;
	struct move m;

	w->policy.campus.coordinates = true;
	world_start(w);
	world_station(w, &s);
	m = world_take_move(w, MOVE_CLAIM);
	assert_memory_equal(m.record.locators_raw + 4, want, sizeof(want));
	/* Who wants no more than the locator takes that. */
	assert_true(lisp_rloc_next(&m.record, &rloc));
	assert_true(lisp_field_locator(&rloc.field, &addr));
	assert_true(address_equal(&addr, &w->policy.rlocs[0].addr));
	world_free(w);
}

static void what_the_campus_does_not_know_is_registered_plainly(void **state)
{
	struct world *w = campus_world(POLICY_SUNWARD);
	struct lisp_rloc rloc;
	struct move m;

	w->policy.campus.coordinates = w->policy.campus.costs = true;
	world_start(w);
	world_host(w, "10.1.0.5/32", PORT, true);
	m = world_take_move(w, MOVE_CLAIM);
	assert_true(lisp_rloc_next(&m.record, &rloc));
	assert_int_equal(rloc.field.afi, AFI_IPV4);
	assert_int_equal(rloc.priority, w->policy.rlocs[0].priority);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_attested_is_claimed_without_a_question),
		cmocka_unit_test(a_move_within_the_site_sends_no_lisp_message),
		cmocka_unit_test(what_is_attested_may_be_silent_and_what_was_heard_is_asked),
		cmocka_unit_test(who_is_gone_is_asked_and_withdrawn_when_silent),
		cmocka_unit_test(who_is_gone_by_the_rbridge_and_answers_stays),
		cmocka_unit_test(an_address_that_a_station_has_no_more_is_gone),
		cmocka_unit_test(arp_of_another_machine_does_not_take_what_is_attested),
		cmocka_unit_test(of_two_machines_with_one_address_who_knows_counts),
		cmocka_unit_test(an_address_is_whose_it_is_when_who_knew_it_has_ended),
		cmocka_unit_test(an_agent_that_comes_back_in_time_has_its_addresses_still),
		cmocka_unit_test(who_has_an_address_no_more_is_not_its_heir),
		cmocka_unit_test(an_address_that_an_agent_says_no_more_is_its_heirs),
		cmocka_unit_test(who_is_heard_of_has_the_address_of_who_has_left),
		cmocka_unit_test(the_campus_forgets_a_machine_with_its_last_address),
		cmocka_unit_test(what_stands_of_who_has_left_is_memory),
		cmocka_unit_test(the_end_of_what_is_memory_asks_nobody),
		cmocka_unit_test(who_turns_up_elsewhere_in_the_campus_is_alive),
		cmocka_unit_test(who_comes_back_and_was_only_heard_is_asked_first),
		cmocka_unit_test(a_list_ends_what_it_does_not_name_and_events_are_newer_than_it),
		cmocka_unit_test(
			a_list_that_does_not_count_ends_nobody_and_leaves_no_rows_of_the_gone),
		cmocka_unit_test(what_there_was_no_room_for_is_told_again),
		cmocka_unit_test(stations_are_bounded),
		cmocka_unit_test(a_longer_way_never_has_the_better_priority),
		cmocka_unit_test(the_cost_of_the_way_is_in_the_priority),
		cmocka_unit_test(several_xtrs_register_a_host_of_their_campus_together),
		cmocka_unit_test(coordinates_are_an_afi_list_behind_the_locator),
		cmocka_unit_test(what_the_campus_does_not_know_is_registered_plainly),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
