/* What a guest had not read from its taps when it stopped, told to the xTRs (TAIL of
 * docs/decisions/handover.md), on virtual time; the tap is the test's. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"

#define PACKET 28

/* A tap whose queue is what the test put into it. */
struct fake {
	struct tap_ops ops;
	struct vm_world *w;
	struct guest *g;
	char opened[GUEST_TAP_BYTES]; /* "": not, or closed again */
	unsigned int opens, polls;
	uint64_t taken, unread, dropped;
	bool gone, many_queues, unsure, shared;
	uint64_t since_stop; /* of all, so many came after the stop; */
	uint64_t of_late;    /* and so many in the second before it, or after it */
	struct mono stop;
	uint8_t last; /* of the destinations: 203.0.113.last, 7 or 8 by turns when it is 0 */
};

static void *fake_open(void *arg, const char *name)
{
	struct fake *f = arg;

	if (strcmp(name, "none") == 0)
		return NULL;
	strcpy(f->opened, name);
	f->opens++;
	return f;
}

static void fake_close(void *arg, void *tap)
{
	((struct fake *)arg)->opened[0] = '\0';
}

static int fake_count(void *arg, void *tap, struct tap_count *out)
{
	struct fake *f = arg;

	f->polls++;
	*out = (struct tap_count){
		f->taken + f->unread, f->taken, f->dropped, f->many_queues, f->unsure, f->shared};
	if (!f->gone)
		return 0;
	*out = (struct tap_count){.delivered = out->delivered};
	return -ENODEV;
}

static uint64_t fake_place(void *arg, void *tap, struct mono at)
{
	struct fake *f = arg;
	uint64_t all = f->taken + f->unread;

	return all - (at.ns >= f->stop.ns ? f->since_stop : f->of_late);
}

/* Each packet's last byte is its place from the end of the queue, from 1 on. */
static uint64_t fake_each(
	void *arg, void *tap, uint64_t from, uint64_t end, tap_visit *visit, void *visit_arg)
{
	struct fake *f = arg;
	uint8_t packet[PACKET] = {0x45, [16] = 203, 0, 113};

	assert_true(end == f->taken + f->unread);
	for (uint64_t i = end - from; i; i--) {
		packet[19] = f->last ? f->last : 7 + i % 2;
		packet[PACKET - 1] = (uint8_t)i;
		visit(visit_arg, packet, sizeof(packet));
	}
	return 0;
}

/* A guest with 203.0.113.7 and .8, and a MAC address, behind the tap @name; it runs. */
static struct fake *fake_new(const char *name)
{
	static const uint8_t mac[6] = {0x52, 0x54, 0, 0x66, 0, 2};
	struct handover_host hosts[] = {vm_world_host(7), vm_world_host(8), vm_world_host(9)};
	struct fake *f = calloc(1, sizeof(*f));
	struct guest_tap tap = {{0}};
	struct handover_id uuid = {{7}};
	struct address a;

	assert_non_null(f);
	f->ops = (struct tap_ops){fake_open, fake_close, fake_count, fake_place, fake_each, f};
	f->w = vm_world_with_taps(&f->ops);
	assert_true(address_set(&a, AFI_MAC, mac, sizeof(mac)));
	hosts[2].eid = eid_host(0, &a);
	f->g = guests_bind(f->w->guests, "web", &uuid, GUEST_OF_CONFIG, hosts, 3);
	strcpy(tap.name, name);
	guests_taps(f->g, GUEST_OF_CONFIG, &tap, 1);
	guests_news(f->w->guests, f->g, GUEST_RUNS);
	vm_world_ack(f->w, vm_world_state(f->w)->counter, HANDOVER_TAKEN);
	return f;
}

static void fake_free(struct fake *f)
{
	vm_world_free(f->w);
	assert_string_equal(f->opened, "");
	free(f);
}

static void news(struct fake *f, enum guest_news n)
{
	guests_news(f->w->guests, f->g, n);
}

/* It stops, which is known to have been now. */
static void stop_now(struct fake *f)
{
	f->stop = f->w->env.now;
	guests_old_news(f->w->guests, f->g, GUEST_STOPS_TO_DEPART, f->stop);
}

/* The hypervisor has taken the first of the unread ones after the stop; none came of late before
 * it, so that what was not read is all that there is. */
static void take_one(struct fake *f)
{
	f->taken++;
	f->unread--;
	f->of_late = f->since_stop = f->unread + 1;
}

/* It leaves, and stops for that; returns the counter of the STATE paused. */
static uint64_t stops(struct fake *f)
{
	news(f, GUEST_DEPARTS);
	vm_world_ack(f->w, vm_world_state(f->w)->counter, HANDOVER_TAKEN);
	vm_world_pass(f->w, 2000);
	stop_now(f);
	return vm_world_state(f->w)->counter;
}

/* The same; what it has not read is f->unread, and nothing has to be waited for. */
static uint64_t leave(struct fake *f)
{
	uint64_t paused = stops(f);

	if (f->unread) {
		take_one(f);
	} else {
		news(f, GUEST_COPIED);
		vm_world_pass(f->w, TAIL_COPIED_MS);
	}
	return paused;
}

/* The next message is the TAIL @index of @of to 203.0.113.@last with the packet @place; returns its
 * counter. */
static uint64_t assert_tail(
	struct fake *f, unsigned int last, unsigned int index, unsigned int of, unsigned int place)
{
	const struct handover *h = vm_world_message(f->w);
	struct eid eid = vm_world_host(last).eid;

	assert_int_equal(h->kind, HANDOVER_TAIL);
	assert_true(eid_equal(&h->hosts[0].eid, &eid));
	assert_int_equal(h->index, index);
	assert_int_equal(h->of, of);
	assert_int_equal(h->packet_len, of ? PACKET : 0);
	if (of)
		assert_int_equal(h->packet[PACKET - 1], place);
	return h->counter;
}

static void ack_tail(struct fake *f, uint64_t counter, unsigned int last, unsigned int index)
{
	struct handover h = {.kind = HANDOVER_TAIL_ACK,
		.counter = counter,
		.host_count = 1,
		.index = (uint16_t)index};

	h.hosts[0].eid = vm_world_host(last).eid;
	vm_world_send(f->w, &h, f->w->key, "192.0.2.1");
}

static void unread_packets_go_to_their_addresses_once_the_xtr_holds(void **state)
{
	struct fake *f = fake_new("vnet0");
	uint64_t paused, of_8, of_7;

	f->unread = 3;
	paused = leave(f);
	assert_string_equal(f->opened, "vnet0");
	assert_true(vm_world_silent(f->w)); /* nothing before it holds */
	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	of_8 = assert_tail(f, 8, 0, 2, 3);
	of_7 = assert_tail(f, 7, 0, 1, 2);
	ack_tail(f, assert_tail(f, 8, 1, 2, 1), 8, 1);
	ack_tail(f, of_8, 8, 0);
	ack_tail(f, of_7, 7, 0);
	vm_world_pass(f->w, 2000);
	assert_true(vm_world_silent(f->w));
	assert_int_equal(f->w->env.counters[VM_TAILS_TAKEN], 3);
	fake_free(f);
}

static void a_state_paused_says_that_a_tail_follows_until_it_has(void **state)
{
	struct fake *f = fake_new("vnet0");
	const struct handover *h;

	f->unread = 1;
	f->last = 7;
	news(f, GUEST_DEPARTS);
	assert_int_equal(vm_world_state(f->w)->tail, 0);
	stop_now(f);
	take_one(f);
	h = vm_world_state(f->w);
	assert_int_equal(h->tail, 0xffff);
	vm_world_ack(f->w, h->counter, HANDOVER_TAKEN);
	ack_tail(f, assert_tail(f, 7, 0, 1, 1), 7, 0);
	ack_tail(f, assert_tail(f, 8, 0, 0, 0), 8, 0); /* none for this one, which is said */
	vm_world_pass(f->w, 10000);
	assert_int_equal(vm_world_state(f->w)->tail, 0);
	fake_free(f);
}

static void a_tail_is_repeated_until_it_is_acknowledged(void **state)
{
	static const unsigned int waits[] = {5, 10, 20, 40, 80};
	struct fake *f = fake_new("vnet0");
	uint64_t first;

	f->unread = 1;
	f->last = 7;
	vm_world_ack(f->w, leave(f), HANDOVER_TAKEN);
	first = assert_tail(f, 7, 0, 1, 1);
	ack_tail(f, assert_tail(f, 8, 0, 0, 0), 8, 0);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		vm_world_pass(f->w, waits[i] - 1);
		assert_true(vm_world_silent(f->w));
		vm_world_pass(f->w, 1);
		assert_true(assert_tail(f, 7, 0, 1, 1) > first);
	}
	ack_tail(f, first - 1, 7, 0); /* of an earlier migration */
	assert_int_equal(f->w->env.counters[VM_DROP_UNASKED], 1);
	ack_tail(f, first, 7, 0);
	vm_world_pass(f->w, 2000);
	assert_true(vm_world_silent(f->w));
	fake_free(f);
}

static void the_guest_is_gone_only_when_the_tail_has_arrived(void **state)
{
	struct fake *f = fake_new("vnet0");
	uint64_t of_7;

	f->unread = 1;
	f->last = 7;
	vm_world_ack(f->w, leave(f), HANDOVER_TAKEN);
	of_7 = assert_tail(f, 7, 0, 1, 1);
	ack_tail(f, assert_tail(f, 8, 0, 0, 0), 8, 0);
	news(f, GUEST_ABSENT);
	assert_true(vm_world_silent(f->w));
	assert_string_equal(f->opened, "vnet0");
	ack_tail(f, of_7, 7, 0);
	assert_int_equal(vm_world_state(f->w)->state, HANDOVER_GONE);
	assert_string_equal(f->opened, "");
	fake_free(f);
}

static void an_xtr_that_never_answers_does_not_keep_a_guest_that_is_gone(void **state)
{
	struct fake *f = fake_new("vnet0");
	unsigned int gone = 0;

	stops(f);
	news(f, GUEST_ABSENT);
	vm_world_pass(f->w, 9999);
	while (!vm_world_silent(f->w))
		assert_int_equal(vm_world_state(f->w)->state, HANDOVER_PAUSED);
	vm_world_pass(f->w, 1);
	while (!vm_world_silent(f->w))
		gone += vm_world_state(f->w)->state == HANDOVER_GONE;
	assert_true(gone > 0);
	fake_free(f);
}

static void a_dead_xtr_is_not_waited_for(void **state)
{
	struct fake *f = fake_new("none");

	f->w->policy.xtr_count = 2;
	f->w->policy.xtrs[1] = f->w->policy.xtrs[0];
	assert_true(endpoint_parse(&f->w->policy.xtrs[1].at, "192.0.2.2", 4342));
	assert_int_equal(reporter_reload(f->w->reporter, &f->w->policy), 0);
	vm_world_state(f->w);
	vm_world_state(f->w);
	news(f, GUEST_STOPS_TO_DEPART);
	vm_world_ack(f->w, vm_world_state(f->w)->counter, HANDOVER_TAKEN);
	vm_world_state(f->w); /* to the other, which has never been heard */
	news(f, GUEST_ABSENT);
	assert_int_equal(vm_world_state(f->w)->state, HANDOVER_GONE);
	fake_free(f);
}

static void what_comes_late_follows_with_the_next_index(void **state)
{
	struct fake *f = fake_new("vnet0");

	f->unread = 1;
	f->last = 7;
	vm_world_ack(f->w, leave(f), HANDOVER_TAKEN);
	ack_tail(f, assert_tail(f, 7, 0, 1, 1), 7, 0);
	ack_tail(f, assert_tail(f, 8, 0, 0, 0), 8, 0);
	f->unread = 1;
	vm_world_pass(f->w, 5);
	ack_tail(f, assert_tail(f, 7, 1, 2, 1), 7, 1);
	vm_world_pass(f->w, 2000);
	assert_true(vm_world_silent(f->w));
	fake_free(f);
}

/* A busy guest: a hundred packets were read, all of them of late. */
static struct fake *busy(uint64_t unread)
{
	struct fake *f = fake_new("vnet0");

	f->taken = 100;
	f->unread = unread;
	f->of_late = 100 + unread;
	f->since_stop = unread;
	f->last = 7;
	return f;
}

/* The next messages are TAILs with all from the place @count from the end on, and then none. */
static void assert_tails(struct fake *f, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		ack_tail(f, assert_tail(f, 7, i, count, count - i), 7, i);
	ack_tail(f, assert_tail(f, 8, 0, 0, 0), 8, 0);
	vm_world_pass(f->w, 2000);
	assert_true(vm_world_silent(f->w));
}

static void of_what_was_read_before_the_stop_only_the_last_may_have_been_thrown_away(void **state)
{
	struct fake *f = busy(3);
	uint64_t paused = stops(f);

	f->taken = 101; /* one after the stop, of what waited */
	f->unread = 2;
	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	assert_tails(f, 4); /* the last before it, that one, and two that are unread */
	fake_free(f);
}

static void what_came_after_the_stop_and_was_read_is_the_one_after_it(void **state)
{
	struct fake *f = busy(2);
	uint64_t paused;

	f->since_stop = 3; /* and it was read before we heard of the stop */
	paused = stops(f);
	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	assert_tails(f, 4);
	fake_free(f);
}

static void whether_one_was_taken_after_the_stop_is_waited_for(void **state)
{
	struct fake *f = busy(2);

	vm_world_ack(f->w, stops(f), HANDOVER_TAKEN);
	vm_world_pass(f->w, 300);
	assert_true(vm_world_silent(f->w));
	f->taken = 101;
	f->unread = 1;
	vm_world_pass(f->w, 1);
	assert_tails(f, 3);
	fake_free(f);
}

static void once_all_is_copied_it_was_taken_before_we_heard_of_the_stop(void **state)
{
	struct fake *f = busy(2);

	vm_world_ack(f->w, stops(f), HANDOVER_TAKEN);
	vm_world_pass(f->w, 100);
	news(f, GUEST_COPIED);
	vm_world_pass(f->w, TAIL_COPIED_MS - 1);
	assert_true(vm_world_silent(f->w));
	vm_world_pass(f->w, 1);
	assert_tails(f, 4);
	fake_free(f);
}

static void an_xtr_that_asks_again_is_not_kept_waiting(void **state)
{
	struct fake *f = busy(2);
	uint64_t paused = stops(f);

	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	vm_world_pass(f->w, 10);
	assert_true(vm_world_silent(f->w));
	reporter_say(f->w->reporter, &f->g->report);
	vm_world_ack(f->w, vm_world_state(f->w)->counter, HANDOVER_TAKEN);
	assert_tails(f, 4);
	fake_free(f);
}

static void with_a_stop_of_no_known_time_it_is_not_waited_for_long(void **state)
{
	struct fake *f = busy(2);

	news(f, GUEST_DEPARTS);
	vm_world_ack(f->w, vm_world_state(f->w)->counter, HANDOVER_TAKEN);
	vm_world_pass(f->w, 2000);
	f->stop = f->w->env.now;
	f->since_stop = 3; /* which nobody can know */
	news(f, GUEST_STOPS_TO_DEPART);
	vm_world_ack(f->w, vm_world_state(f->w)->counter, HANDOVER_TAKEN);
	vm_world_pass(f->w, TAIL_UNKNOWN_MS - 1);
	assert_true(vm_world_silent(f->w));
	vm_world_pass(f->w, 1);
	assert_tails(f, 4);
	fake_free(f);
}

static void what_was_read_in_peace_does_not_come_twice(void **state)
{
	struct fake *f = busy(2);

	f->of_late = 2; /* before the stop nothing came for a second */
	vm_world_ack(f->w, stops(f), HANDOVER_TAKEN);
	news(f, GUEST_COPIED);
	vm_world_pass(f->w, TAIL_COPIED_MS);
	assert_tails(f, 2);
	fake_free(f);
}

static void what_a_full_queue_drops_after_the_stop_was_not_read(void **state)
{
	struct fake *f = busy(2);
	uint64_t paused = stops(f);

	f->taken = 105; /* five came more, and found no room; one was taken */
	f->dropped = 4;
	f->unread = 2;
	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	assert_tails(f, 8);
	fake_free(f);
}

static void a_tap_that_is_gone_has_what_was_seen_last(void **state)
{
	struct fake *f = busy(2);
	uint64_t paused = stops(f);

	f->gone = true;
	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	news(f, GUEST_COPIED);
	vm_world_pass(f->w, TAIL_COPIED_MS);
	assert_tails(f, 4);
	fake_free(f);
}

/* The xTR may take the stop only after the hypervisor has ended, and all that came until then went
 * to the tap. */
static void what_came_between_the_last_look_and_the_taps_end_is_sent(void **state)
{
	struct fake *f = busy(2);
	uint64_t paused = stops(f);

	f->unread = 5;
	f->since_stop = 5;
	f->of_late = 103;
	f->gone = true;
	vm_world_ack(f->w, paused, HANDOVER_TAKEN);
	news(f, GUEST_COPIED);
	vm_world_pass(f->w, TAIL_COPIED_MS);
	assert_tails(f, 7);
	fake_free(f);
}

static void of_a_tap_with_several_queues_all_of_late_is_sent(void **state)
{
	struct fake *f = busy(2);

	f->many_queues = true;
	f->of_late = 9;
	vm_world_ack(f->w, stops(f), HANDOVER_TAKEN);
	news(f, GUEST_COPIED);
	vm_world_pass(f->w, TAIL_COPIED_MS);
	assert_tails(f, 9);
	fake_free(f);
}

/* A guest that never had read all since it was looked at may have read less than is thought. */
static void where_the_queue_was_never_empty_all_of_the_last_second_is_sent(void **state)
{
	struct fake *f = busy(2);

	f->unsure = true;
	f->of_late = 9;
	vm_world_ack(f->w, stops(f), HANDOVER_TAKEN);
	news(f, GUEST_COPIED);
	vm_world_pass(f->w, TAIL_COPIED_MS);
	assert_tails(f, 9);
	fake_free(f);
}

static unsigned int polls_in(struct fake *f, unsigned int ms)
{
	unsigned int before = f->polls;

	vm_world_pass(f->w, ms);
	return f->polls - before;
}

/* A migration may be over in a twentieth of a second. But not for ever: many may leave at once. */
static void the_queue_is_looked_at_eagerly_until_it_was_seen_empty(void **state)
{
	struct fake *f = busy(0);

	f->unsure = true;
	news(f, GUEST_DEPARTS);
	assert_in_range(polls_in(f, 20), 19, 21);
	f->unsure = false;
	vm_world_pass(f->w, 1);
	assert_int_equal(polls_in(f, 200), 10);
	f->unsure = true;
	vm_world_pass(f->w, TAIL_POLL_MS);
	assert_in_range(polls_in(f, 2000), TAIL_EAGER_LOOKS - 21, 2 * TAIL_EAGER_LOOKS);
	fake_free(f);
}

/* What others read there after the stop may be this one's, and it did not get it. */
static void of_a_shared_tap_all_since_the_stop_is_sent_at_once(void **state)
{
	struct fake *f = busy(0);

	f->shared = true;
	f->of_late = 9;
	vm_world_ack(f->w, stops(f), HANDOVER_TAKEN);
	assert_tails(f, 9);
	fake_free(f);
}

static void a_guest_that_stays_reads_its_tap_itself(void **state)
{
	struct fake *f = fake_new("vnet0");

	f->unread = 1;
	vm_world_ack(f->w, leave(f), HANDOVER_TAKEN);
	vm_world_message(f->w);
	vm_world_message(f->w);
	news(f, GUEST_RUNS);
	assert_int_equal(vm_world_state(f->w)->state, HANDOVER_RUNNING);
	assert_string_equal(f->opened, "");
	vm_world_pass(f->w, 19);
	assert_true(vm_world_silent(f->w)); /* no TAIL any more */
	fake_free(f);
}

static void a_migration_after_one_that_failed_waits_until_the_failure_is_known(void **state)
{
	struct fake *f = fake_new("vnet0");
	uint64_t running;

	vm_world_ack(f->w, leave(f), HANDOVER_TAKEN);
	ack_tail(f, assert_tail(f, 7, 0, 0, 0), 7, 0);
	ack_tail(f, assert_tail(f, 8, 0, 0, 0), 8, 0);
	news(f, GUEST_RUNS);
	running = vm_world_state(f->w)->counter;
	news(f, GUEST_DEPARTS);
	assert_true(vm_world_silent(f->w));
	assert_string_equal(f->opened, "vnet0"); /* its packets are counted already */
	vm_world_ack(f->w, running, HANDOVER_TAKEN);
	assert_int_equal(vm_world_state(f->w)->state, HANDOVER_LEAVING);
	fake_free(f);
}

static void the_first_xtr_that_knows_gets_the_tail(void **state)
{
	struct fake *f = fake_new("vnet0");
	uint64_t first, second;

	f->w->policy.xtr_count = 2;
	f->w->policy.xtrs[1] = f->w->policy.xtrs[0];
	assert_true(endpoint_parse(&f->w->policy.xtrs[1].at, "192.0.2.2", 4342));
	assert_int_equal(reporter_reload(f->w->reporter, &f->w->policy), 0);
	vm_world_state(f->w);
	vm_world_state(f->w);
	f->unread = 1;
	f->last = 7;
	news(f, GUEST_DEPARTS);
	vm_world_state(f->w);
	vm_world_state(f->w);
	stop_now(f);
	take_one(f);
	first = vm_world_state(f->w)->counter;
	second = vm_world_state(f->w)->counter;
	vm_world_ack(f->w, first, HANDOVER_TAKEN);
	assert_tail(f, 7, 0, 1, 1);
	assert_tail(f, 8, 0, 0, 0);
	{
		struct handover h = {.kind = HANDOVER_STATE_ACK, .counter = second};

		vm_world_send(f->w, &h, f->w->key, "192.0.2.2");
	}
	assert_tail(f, 7, 0, 0, 0);
	assert_int_equal(f->w->env.out->list[f->w->taken - 1].to.addr.bytes[3], 2);
	assert_tail(f, 8, 0, 0, 0);
	fake_free(f);
}

static void second_xtr(struct fake *f, unsigned int place)
{
	f->w->policy.xtrs[place] = f->w->policy.xtrs[1 - place];
	assert_true(endpoint_parse(&f->w->policy.xtrs[place].at, "192.0.2.2", 4342));
}

/* Both have taken that it is paused, and the first has got the tail, when they change places. */
static struct fake *two_xtrs_change_places(void)
{
	struct fake *f = fake_new("vnet0");
	struct handover h = {.kind = HANDOVER_STATE_ACK};
	uint64_t first = 0;

	f->w->policy.xtr_count = 2;
	second_xtr(f, 1);
	assert_int_equal(reporter_reload(f->w->reporter, &f->w->policy), 0);
	f->unread = 1;
	f->last = 7;
	news(f, GUEST_DEPARTS);
	stop_now(f);
	take_one(f);
	while (!vm_world_silent(f->w)) {
		first = h.counter;
		h.counter = vm_world_state(f->w)->counter;
	}
	vm_world_ack(f->w, first, HANDOVER_TAKEN);
	assert_tail(f, 7, 0, 1, 1);
	assert_tail(f, 8, 0, 0, 0);
	vm_world_send(f->w, &h, f->w->key, "192.0.2.2");
	assert_tail(f, 7, 0, 0, 0);
	assert_tail(f, 8, 0, 0, 0);
	return f;
}

static uint8_t sent_to(struct fake *f, uint32_t i)
{
	return f->w->env.out->list[i].to.addr.bytes[3];
}

static void a_reload_with_the_xtrs_in_another_order_gives_the_tail_to_no_other(void **state)
{
	struct fake *f = two_xtrs_change_places();
	unsigned int whole[3] = {0};

	f->w->policy.xtrs[1] = f->w->policy.xtrs[0];
	second_xtr(f, 0);
	assert_int_equal(reporter_reload(f->w->reporter, &f->w->policy), 0);
	vm_world_pass(f->w, 100);
	while (!vm_world_silent(f->w)) { /* what is repeated */
		const struct handover *h = vm_world_message(f->w);

		if (h->kind == HANDOVER_TAIL && h->of)
			whole[sent_to(f, f->w->taken - 1)]++;
	}
	assert_true(whole[1] > 0);
	assert_int_equal(whole[2], 0);
	fake_free(f);
}

static void what_an_xtr_that_is_there_no_more_has_not_taken_goes_to_the_next(void **state)
{
	struct fake *f = two_xtrs_change_places();
	unsigned int whole = 0;

	f->w->policy.xtr_count = 1;
	second_xtr(f, 0);
	assert_int_equal(reporter_reload(f->w->reporter, &f->w->policy), 0);
	vm_world_pass(f->w, 100);
	while (!vm_world_silent(f->w)) {
		const struct handover *h = vm_world_message(f->w);

		if (h->kind != HANDOVER_TAIL)
			continue;
		assert_int_equal(sent_to(f, f->w->taken - 1), 2);
		if (h->hosts[0].eid.addr.bytes[3] == 7 && h->packet_len)
			whole++;
	}
	assert_true(whole > 0);
	fake_free(f);
}

static void no_more_than_a_window_is_on_its_way(void **state)
{
	struct fake *f = fake_new("vnet0");
	uint64_t first;

	f->unread = 100;
	f->last = 7;
	vm_world_ack(f->w, leave(f), HANDOVER_TAKEN);
	first = assert_tail(f, 7, 0, 100, 100);
	for (unsigned int i = 1; i < TAIL_WINDOW; i++)
		assert_tail(f, 7, i, 100, 100 - i);
	assert_true(vm_world_silent(f->w));
	ack_tail(f, first, 7, 0);
	assert_tail(f, 7, TAIL_WINDOW, 100, 100 - TAIL_WINDOW);
	assert_true(vm_world_silent(f->w));
	fake_free(f);
}

static void a_guest_whose_tap_is_not_to_be_had_has_no_tail(void **state)
{
	struct fake *f = fake_new("none");
	const struct handover *h;

	news(f, GUEST_DEPARTS);
	vm_world_state(f->w);
	news(f, GUEST_STOPS_TO_DEPART);
	h = vm_world_state(f->w);
	assert_int_equal(h->tail, 0);
	vm_world_ack(f->w, h->counter, HANDOVER_TAKEN);
	assert_true(vm_world_silent(f->w));
	news(f, GUEST_ABSENT);
	assert_int_equal(vm_world_state(f->w)->state, HANDOVER_GONE);
	fake_free(f);
}

static void a_tap_is_looked_at_often_while_its_guest_leaves(void **state)
{
	struct fake *f = fake_new("vnet0");

	vm_world_pass(f->w, 1000);
	assert_int_equal(f->polls, 0);
	news(f, GUEST_DEPARTS);
	vm_world_pass(f->w, 1000);
	assert_int_equal(f->polls, 50);
	news(f, GUEST_STAYS);
	vm_world_pass(f->w, 1000);
	assert_int_equal(f->polls, 50);
	assert_int_equal(f->opens, 1);
	fake_free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unread_packets_go_to_their_addresses_once_the_xtr_holds),
		cmocka_unit_test(a_state_paused_says_that_a_tail_follows_until_it_has),
		cmocka_unit_test(a_tail_is_repeated_until_it_is_acknowledged),
		cmocka_unit_test(the_guest_is_gone_only_when_the_tail_has_arrived),
		cmocka_unit_test(an_xtr_that_never_answers_does_not_keep_a_guest_that_is_gone),
		cmocka_unit_test(a_dead_xtr_is_not_waited_for),
		cmocka_unit_test(what_comes_late_follows_with_the_next_index),
		cmocka_unit_test(
			of_what_was_read_before_the_stop_only_the_last_may_have_been_thrown_away),
		cmocka_unit_test(what_came_after_the_stop_and_was_read_is_the_one_after_it),
		cmocka_unit_test(whether_one_was_taken_after_the_stop_is_waited_for),
		cmocka_unit_test(once_all_is_copied_it_was_taken_before_we_heard_of_the_stop),
		cmocka_unit_test(an_xtr_that_asks_again_is_not_kept_waiting),
		cmocka_unit_test(with_a_stop_of_no_known_time_it_is_not_waited_for_long),
		cmocka_unit_test(what_was_read_in_peace_does_not_come_twice),
		cmocka_unit_test(what_a_full_queue_drops_after_the_stop_was_not_read),
		cmocka_unit_test(a_tap_that_is_gone_has_what_was_seen_last),
		cmocka_unit_test(what_came_between_the_last_look_and_the_taps_end_is_sent),
		cmocka_unit_test(where_the_queue_was_never_empty_all_of_the_last_second_is_sent),
		cmocka_unit_test(the_queue_is_looked_at_eagerly_until_it_was_seen_empty),
		cmocka_unit_test(of_a_shared_tap_all_since_the_stop_is_sent_at_once),
		cmocka_unit_test(of_a_tap_with_several_queues_all_of_late_is_sent),
		cmocka_unit_test(a_guest_that_stays_reads_its_tap_itself),
		cmocka_unit_test(
			a_migration_after_one_that_failed_waits_until_the_failure_is_known),
		cmocka_unit_test(the_first_xtr_that_knows_gets_the_tail),
		cmocka_unit_test(
			a_reload_with_the_xtrs_in_another_order_gives_the_tail_to_no_other),
		cmocka_unit_test(what_an_xtr_that_is_there_no_more_has_not_taken_goes_to_the_next),
		cmocka_unit_test(no_more_than_a_window_is_on_its_way),
		cmocka_unit_test(a_guest_whose_tap_is_not_to_be_had_has_no_tail),
		cmocka_unit_test(a_tap_is_looked_at_often_while_its_guest_leaves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
