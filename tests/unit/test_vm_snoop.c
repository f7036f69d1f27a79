/* Guests that are known by what is heard behind their interfaces: what is believed, of whom, for
 * how long, and what is not. Frames are spelled out from RFC 826, RFC 903 and RFC 4861. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/vm_world.h"
#include "vmmobility/guest_uuid.h"
#include "vmmobility/snoop.h"

#define AGE_MS 300000
#define TAP0   11
#define TAP1   12
#define UPLINK 20
#define BRIDGE 30

static const uint8_t mac_a[6] = {0x52, 0x54, 0, 0x66, 0, 0x0a};
static const uint8_t mac_b[6] = {0x52, 0x54, 0, 0x66, 0, 0x0b};

struct world {
	struct vm_world *vm;
	struct snoop *snoop;
	bool deaf;
	unsigned int listening, asked;
	struct address target; /* of the last question */
	uint8_t asked_mac[6];
};

static bool on_listen(void *arg, int ifindex, bool on)
{
	struct world *w = arg;

	w->listening += on ? 1 : -1;
	return !w->deaf;
}

static void on_ask(void *arg, int ifindex, const uint8_t from[6], const uint8_t mac[6],
	const struct address *target)
{
	struct world *w = arg;

	w->asked++;
	w->target = *target;
	memcpy(w->asked_mac, mac, 6);
}

static struct eid prefix(const char *text)
{
	const char *why;
	struct eid e;

	assert_true(eid_parse(&e, text, &why));
	return e;
}

static struct snoop_policy policy(void)
{
	struct snoop_policy p = {.rule_count = 1};

	p.rules[0] = (struct snoop_rule){.pattern = "tap*",
		.port = "lan",
		.prefixes = {prefix("[7]203.0.113.0/24"), prefix("[7]2001:db8::/64")},
		.prefix_count = 2,
		.addresses = 3,
		.age_ms = AGE_MS};
	return p;
}

static void link_up(struct world *w, int ifindex, const char *name, bool running)
{
	const struct snoop_link link = {.ifindex = ifindex,
		.master = BRIDGE,
		.name = name,
		.mac = {0xfe, 0x54, 0, 0, 0, (uint8_t)ifindex},
		.running = running};

	snoop_link(w->snoop, &link);
}

static struct world *world_with(bool deaf)
{
	struct world *w = calloc(1, sizeof(*w));
	const struct snoop_ops ops = {.listen = on_listen, .ask = on_ask, .arg = w};
	const struct snoop_policy p = policy();

	w->deaf = deaf;
	w->vm = vm_world_new();
	w->snoop = snoop_new(&w->vm->env, w->vm->guests, &p, &ops);
	assert_non_null(w->snoop);
	link_up(w, TAP0, "tap0", true);
	link_up(w, TAP1, "tap1", true);
	link_up(w, UPLINK, "eth0", true);
	return w;
}

static struct world *world_new(void)
{
	return world_with(false);
}

static void world_free(struct world *w)
{
	snoop_free(w->snoop);
	vm_world_free(w->vm);
	free(w);
}

/* ---- frames ---- */

/* @mac asks who has 203.0.113.1, and says that it has 203.0.113.@last. */
static void arp(struct world *w, int ifindex, const uint8_t mac[6], uint8_t last)
{
	uint8_t frame[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 8, 6, /* to,
											     from */
		0, 1, 8, 0, 6, 4, 0, 1,                                                  /* ask */
		0, 0, 0, 0, 0, 0, 203, 0, 113, last, /* sender */
		0, 0, 0, 0, 0, 0, 203, 0, 113, 1};   /* target */

	memcpy(frame + 6, mac, 6);
	memcpy(frame + 22, mac, 6);
	snoop_frame(w->snoop, ifindex, frame, sizeof(frame));
}

/* As QEMU announces a guest that has come. */
static void rarp(struct world *w, int ifindex, const uint8_t mac[6])
{
	uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x80, 0x35, 0, 1,
		8, 0, 6, 4, 0, 3};

	memcpy(frame + 6, mac, 6);
	memcpy(frame + 22, mac, 6);
	memcpy(frame + 32, mac, 6);
	snoop_frame(w->snoop, ifindex, frame, sizeof(frame));
}

/* @mac_a's answer, to one card alone and without its link-layer address: 2001:db8::7 is here. */
static void advert(struct world *w)
{
	static const uint8_t frame[78] = {0xfe, 0x54, 0, 0, 0, TAP0, 0x52, 0x54, 0, 0x66, 0, 0x0a,
		0x86, 0xdd,                                              /* IPv6 */
		0x60, 0, 0, 0, 0, 24, 58, 255,                           /* 24 bytes, ICMPv6 */
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7, /* from */
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, /* to */
		136, 0, 0xae, 0x72, 0x40, 0, 0, 0,                       /* advertisement */
		0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7};

	snoop_frame(w->snoop, TAP0, frame, sizeof(frame));
}

static uint64_t counted(const struct world *w, enum vm_counter c)
{
	return w->vm->env.counters[c];
}

/* The next state that was told, which is @state; acknowledged. */
static const struct handover *told(struct world *w, enum handover_state state)
{
	static struct handover h;

	h = *vm_world_state(w->vm);
	assert_int_equal(h.state, state);
	vm_world_ack(w->vm, h.counter, HANDOVER_TAKEN);
	return &h;
}

/* What is said again meanwhile says the same. */
static void pass(struct world *w, uint64_t ms)
{
	while (ms) {
		uint64_t step = ms < 5000 ? ms : 5000;

		vm_world_pass(w->vm, step);
		ms -= step;
		outbox_clear(w->vm->env.out);
		w->vm->taken = 0;
	}
}

static uint8_t state_of(struct world *w, const char *name)
{
	const struct guest *g = guests_by_name(w->vm->guests, name);

	return g ? g->report.content.state : 0;
}

#define A "52:54:00:66:00:0a"
#define B "52:54:00:66:00:0b"

/* ---- tests ---- */

static void a_card_that_is_heard_runs_here(void **state)
{
	struct world *w = world_new();
	const struct handover_id uuid = guest_uuid_of_name(A);
	const struct handover *h;
	char text[EID_TEXT];

	assert_int_equal(w->listening, 2); /* and not at eth0 */
	arp(w, TAP0, mac_a, 7);
	h = told(w, HANDOVER_RUNNING);
	assert_memory_equal(&h->guest, &uuid, sizeof(uuid));
	assert_int_equal(h->host_count, 1);
	assert_string_equal(eid_format(&h->hosts[0].eid, text, sizeof(text)), "[7]203.0.113.7");
	assert_memory_equal(h->hosts[0].mac, mac_a, 6);
	assert_string_equal(h->hosts[0].port, "lan");
	advert(w);
	h = told(w, HANDOVER_RUNNING);
	assert_int_equal(h->host_count, 2);
	assert_string_equal(eid_format(&h->hosts[1].eid, text, sizeof(text)), "[7]2001:db8::7");
	arp(w, TAP0, mac_a, 7);
	assert_true(vm_world_silent(w->vm)); /* nothing new */
	assert_int_equal(snoop_cards(w->snoop), 1);
	world_free(w);
}

static void only_addresses_of_the_prefixes_and_interfaces_of_the_pattern(void **state)
{
	struct world *w = world_new();
	const uint8_t outside[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x66, 0,
		0x0a, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x66, 0, 0x0a, 198, 51, 100, 7,
		0, 0, 0, 0, 0, 0, 198, 51, 100, 1};

	arp(w, UPLINK, mac_a, 7);
	snoop_frame(w->snoop, TAP0, outside, sizeof(outside));
	assert_true(vm_world_silent(w->vm));
	assert_int_equal(counted(w, VM_SNOOP_OUTSIDE), 1);
	link_up(w, TAP0, "eth1", true); /* it was renamed */
	arp(w, TAP0, mac_a, 7);
	assert_true(vm_world_silent(w->vm));
	assert_int_equal(w->listening, 1);
	world_free(w);
}

static void its_interface_goes_and_a_rarp_brings_its_addresses_back(void **state)
{
	struct world *w = world_new();

	arp(w, TAP0, mac_a, 7);
	told(w, HANDOVER_RUNNING);
	snoop_unlink(w->snoop, TAP0);
	pass(w, SNOOP_LEAVE_MS - 1);
	assert_int_equal(state_of(w, A), HANDOVER_RUNNING);
	pass(w, 1);
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	pass(w, 700000); /* long enough for the guest itself to be forgotten */
	assert_null(guests_by_name(w->vm->guests, A));
	rarp(w, TAP1, mac_a);
	assert_int_equal(told(w, HANDOVER_RUNNING)->host_count, 1);
	world_free(w);
}

static void a_card_that_is_plugged_in_elsewhere_is_not_gone(void **state)
{
	struct world *w = world_new();

	arp(w, TAP0, mac_a, 7);
	told(w, HANDOVER_RUNNING);
	link_up(w, TAP0, "tap0", false); /* no carrier any more */
	snoop_learnt(w->snoop, TAP1, mac_a);
	pass(w, 60000);
	assert_int_equal(state_of(w, A), HANDOVER_RUNNING);
	world_free(w);
}

static void a_mac_that_is_learnt_elsewhere_is_asked_for_and_is_gone_without_an_answer(void **state)
{
	struct world *w = world_new();

	arp(w, TAP0, mac_a, 7);
	told(w, HANDOVER_RUNNING);
	snoop_learnt(w->snoop, UPLINK, mac_a);
	assert_int_equal(w->asked, 1);
	assert_memory_equal(w->asked_mac, mac_a, 6);
	arp(w, TAP0, mac_a, 7); /* a frame of its came back by the uplink; it is here */
	pass(w, SNOOP_LEAVE_MS);
	assert_int_equal(state_of(w, A), HANDOVER_RUNNING);
	snoop_learnt(w->snoop, UPLINK, mac_a);
	pass(w, SNOOP_LEAVE_MS);
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	snoop_learnt(w->snoop, UPLINK, mac_b); /* nobody's */
	world_free(w);
}

static void an_address_that_another_card_has_is_not_taken_while_that_answers(void **state)
{
	struct world *w = world_new();

	arp(w, TAP0, mac_a, 7);
	told(w, HANDOVER_RUNNING);
	arp(w, TAP1, mac_b, 7);
	assert_int_equal(counted(w, VM_SNOOP_SPOOFED), 1);
	assert_true(vm_world_silent(w->vm));
	pass(w, 1); /* whose it is, is asked */
	assert_int_equal(w->asked, 1);
	arp(w, TAP0, mac_a, 7);
	pass(w, 10000);
	arp(w, TAP1, mac_b, 7);
	assert_int_equal(counted(w, VM_SNOOP_SPOOFED), 2);
	assert_int_equal(state_of(w, A), HANDOVER_RUNNING);
	assert_int_equal(state_of(w, B), 0);
	/* It does not answer: then it is the other's, once that says so again. */
	pass(w, SNOOP_ASKS * SNOOP_ASK_MS + 1);
	assert_int_equal(w->asked, 1 + SNOOP_ASKS);
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	arp(w, TAP1, mac_b, 7);
	assert_int_equal(state_of(w, B), HANDOVER_RUNNING);
	rarp(w, TAP0, mac_a); /* and the former has none that it could have back */
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	world_free(w);
}

static void an_address_that_is_named_for_another_guest_is_not_taken(void **state)
{
	struct world *w = world_new();
	struct handover_host host = vm_world_host(7);
	const struct handover_id uuid = {{1}};

	host.eid.iid = 7;
	guests_bind(w->vm->guests, "web", &uuid, GUEST_OF_CONFIG, &host, 1);
	arp(w, TAP0, mac_a, 7);
	assert_int_equal(counted(w, VM_SNOOP_SPOOFED), 1);
	assert_true(vm_world_silent(w->vm));
	arp(w, TAP0, host.mac, 8); /* nor is it added to what is named */
	assert_true(vm_world_silent(w->vm));
	world_free(w);
}

static void a_mac_that_is_behind_another_interface_is_not_believed(void **state)
{
	struct world *w = world_new();

	arp(w, TAP0, mac_a, 7);
	told(w, HANDOVER_RUNNING);
	arp(w, TAP1, mac_a, 8);
	rarp(w, TAP1, mac_a);
	assert_true(vm_world_silent(w->vm));
	assert_int_equal(counted(w, VM_SNOOP_SPOOFED), 2);
	world_free(w);
}

static void a_storm_behind_one_interface_stays_within_its_limits(void **state)
{
	struct world *w = world_new();
	uint8_t mac[6];

	for (unsigned int i = 1; i <= 1000; i++) {
		memcpy(mac, mac_b, 6);
		mac[4] = (uint8_t)i;
		mac[3] = (uint8_t)(i >> 8);
		arp(w, TAP0, mac, (uint8_t)i);
	}
	assert_int_equal(counted(w, VM_SNOOP_FRAMES), 2 * SNOOP_FRAMES_PER_S);
	assert_int_equal(counted(w, VM_SNOOP_RATE), 1000 - 2 * SNOOP_FRAMES_PER_S);
	assert_int_equal(counted(w, VM_SNOOP_FOUND), 3);
	assert_int_equal(snoop_cards(w->snoop), 3);
	arp(w, TAP1, mac_a, 200); /* others are not kept from theirs */
	assert_int_equal(state_of(w, A), HANDOVER_RUNNING);
	world_free(w);
}

static void one_card_has_no_more_addresses_than_the_rule_allows(void **state)
{
	struct world *w = world_new();

	for (uint8_t i = 1; i <= 5; i++)
		arp(w, TAP0, mac_a, i);
	assert_int_equal(guests_by_name(w->vm->guests, A)->report.content.host_count, 3);
	assert_int_equal(counted(w, VM_SNOOP_LIMIT), 2);
	world_free(w);
}

static void what_was_not_heard_of_is_asked_for_and_then_gone(void **state)
{
	struct world *w = world_new();

	arp(w, TAP0, mac_a, 7);
	arp(w, TAP0, mac_a, 8);
	pass(w, AGE_MS - 1);
	assert_int_equal(w->asked, 0);
	pass(w, 1);
	assert_int_equal(w->asked, 2);
	arp(w, TAP0, mac_a, 8); /* one of the two answers */
	pass(w, SNOOP_ASKS * SNOOP_ASK_MS);
	assert_int_equal(w->asked, 4);
	assert_int_equal(guests_by_name(w->vm->guests, A)->report.content.host_count, 1);
	pass(w, AGE_MS);
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	world_free(w);
}

static void a_neighbour_that_the_kernel_reaches_is_heard_of(void **state)
{
	struct world *w = world_new();
	struct eid eid = prefix("203.0.113.7/32");

	snoop_neighbour(w->snoop, BRIDGE, &eid.addr, mac_a); /* behind which interface? */
	snoop_learnt(w->snoop, TAP0, mac_a);
	snoop_neighbour(w->snoop, UPLINK, &eid.addr, mac_a);
	assert_true(vm_world_silent(w->vm));
	snoop_neighbour(w->snoop, BRIDGE, &eid.addr, mac_a);
	told(w, HANDOVER_RUNNING);
	snoop_neighbour(w->snoop, BRIDGE, &eid.addr, NULL); /* it cannot reach it any more */
	pass(w, 1);
	assert_int_equal(w->asked, 1);
	assert_true(address_equal(&w->target, &eid.addr));
	pass(w, SNOOP_ASKS * SNOOP_ASK_MS);
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	world_free(w);
}

static void a_hypervisors_guest_has_its_state_from_there_and_its_addresses_from_here(void **state)
{
	struct world *w = world_new();
	const struct handover_id uuid = {{9}};
	struct guest *g;

	g = guests_bind(w->vm->guests, "web", &uuid, GUEST_OF_SNOOP, NULL, 0);
	snoop_card_of(w->snoop, mac_a, "web", &uuid);
	snoop_card_of(w->snoop, mac_b, "web", &uuid);
	guests_news(w->vm->guests, g, GUEST_RUNS);
	assert_true(vm_world_silent(w->vm)); /* no address is known */
	arp(w, TAP0, mac_a, 7);
	assert_memory_equal(&told(w, HANDOVER_RUNNING)->guest, &uuid, sizeof(uuid));
	arp(w, TAP1, mac_b, 8);
	assert_int_equal(told(w, HANDOVER_RUNNING)->host_count, 2); /* both cards at once */
	assert_int_equal(g->tap_count, 2);
	guests_news(w->vm->guests, g, GUEST_STOPS_TO_DEPART);
	told(w, HANDOVER_PAUSED);
	arp(w, TAP0, mac_a, 7); /* that was under way */
	snoop_unlink(w->snoop, TAP0);
	snoop_unlink(w->snoop, TAP1);
	pass(w, 60000);
	assert_int_equal(g->report.content.state, HANDOVER_PAUSED);
	assert_int_equal(g->report.content.host_count, 2);
	assert_null(guests_by_name(w->vm->guests, A));
	world_free(w);
}

static void what_becomes_known_of_a_card_takes_the_place_of_the_guest_by_itself(void **state)
{
	struct world *w = world_new();
	const struct handover_id uuid = {{9}};
	struct handover_host host = vm_world_host(7);

	arp(w, TAP0, mac_a, 7);
	arp(w, TAP1, mac_b, 8);
	assert_non_null(guests_by_name(w->vm->guests, B));
	snoop_card_of(w->snoop, mac_b, "web", &uuid);
	assert_null(guests_by_name(w->vm->guests, B));
	assert_int_equal(guests_by_uuid(w->vm->guests, &uuid)->report.content.host_count, 1);
	memcpy(host.mac, mac_a, 6);
	guests_bind(w->vm->guests, "db", &(struct handover_id){{8}}, GUEST_OF_LIBVIRT, &host, 1);
	assert_null(guests_by_name(w->vm->guests, A));
	pass(w, 2 * AGE_MS);
	assert_null(guests_by_name(w->vm->guests, A));
	world_free(w);
}

/* As agent_recall does after a start. */
static struct guest *recall(struct world *w)
{
	const struct handover_id uuid = guest_uuid_of_name(A);
	struct handover_host host = vm_world_host(7);
	struct guest *g;

	memcpy(host.mac, mac_a, 6);
	host.eid.iid = 7;
	g = guests_recall(w->vm->guests, A, &uuid, GUEST_OF_SNOOP, true, &host, 1);
	assert_non_null(g);
	snoop_recall(w->snoop, g);
	return g;
}

static void one_of_an_earlier_run_is_gone_when_it_is_not_heard_in_time(void **state)
{
	struct world *w = world_new();

	recall(w);
	pass(w, AGE_MS - 1);
	assert_int_equal(state_of(w, A), 0);
	pass(w, 1);
	assert_int_equal(state_of(w, A), HANDOVER_GONE);
	world_free(w);
	w = world_new();
	recall(w);
	snoop_learnt(w->snoop, TAP0, mac_a); /* its MAC is enough */
	assert_int_equal(told(w, HANDOVER_RUNNING)->host_count, 1);
	world_free(w);
}

static void who_hears_nothing_says_of_nobody_that_he_is_gone(void **state)
{
	struct world *w = world_with(true);

	recall(w);
	pass(w, 2 * AGE_MS);
	assert_int_equal(state_of(w, A), 0);
	snoop_learnt(w->snoop, TAP0, mac_a);
	pass(w, 2 * AGE_MS);
	assert_int_equal(state_of(w, A), HANDOVER_RUNNING);
	assert_int_equal(w->asked, 0);
	world_free(w);
}

static void a_mac_may_be_an_address_of_its_own(void **state)
{
	struct world *w = world_new();
	struct snoop_policy p = policy();
	char text[EID_TEXT];

	p.rules[0].prefixes[p.rules[0].prefix_count++] = prefix("[7]52:54:00:66:00:00/40");
	snoop_reload(w->snoop, &p);
	rarp(w, TAP0, mac_a);
	assert_string_equal(
		eid_format(&told(w, HANDOVER_RUNNING)->hosts[0].eid, text, sizeof(text)), "[7]" A);
	world_free(w);
}

static void a_rule_that_is_taken_away_takes_nothing_back(void **state)
{
	struct world *w = world_new();
	const struct snoop_policy none = {0};

	arp(w, TAP0, mac_a, 7);
	told(w, HANDOVER_RUNNING);
	snoop_reload(w->snoop, &none);
	assert_int_equal(w->listening, 0);
	pass(w, 2 * AGE_MS);
	assert_null(guests_by_name(w->vm->guests, A)); /* it is told of no more */
	world_free(w);
}

static void frames_that_are_malformed_or_speak_for_others_are_counted(void **state)
{
	struct world *w = world_new();
	uint8_t frame[42] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x52, 0x54, 0, 0x66, 0, 0x0a, 8, 6,
		0, 1, 8, 0, 6, 4, 0, 1, 0x52, 0x54, 0, 0x66, 0, 0x0b, 203, 0, 113, 7};

	snoop_frame(w->snoop, TAP0, frame, sizeof(frame)); /* of b, by a */
	snoop_frame(w->snoop, TAP0, frame, 30);
	snoop_frame(w->snoop, TAP0, frame, 6);
	frame[6] = 1; /* a group is nobody */
	snoop_frame(w->snoop, TAP0, frame, sizeof(frame));
	assert_int_equal(counted(w, VM_SNOOP_MALFORMED), 4);
	assert_true(vm_world_silent(w->vm));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_card_that_is_heard_runs_here),
		cmocka_unit_test(only_addresses_of_the_prefixes_and_interfaces_of_the_pattern),
		cmocka_unit_test(its_interface_goes_and_a_rarp_brings_its_addresses_back),
		cmocka_unit_test(a_card_that_is_plugged_in_elsewhere_is_not_gone),
		cmocka_unit_test(
			a_mac_that_is_learnt_elsewhere_is_asked_for_and_is_gone_without_an_answer),
		cmocka_unit_test(an_address_that_another_card_has_is_not_taken_while_that_answers),
		cmocka_unit_test(an_address_that_is_named_for_another_guest_is_not_taken),
		cmocka_unit_test(a_mac_that_is_behind_another_interface_is_not_believed),
		cmocka_unit_test(a_storm_behind_one_interface_stays_within_its_limits),
		cmocka_unit_test(one_card_has_no_more_addresses_than_the_rule_allows),
		cmocka_unit_test(what_was_not_heard_of_is_asked_for_and_then_gone),
		cmocka_unit_test(a_neighbour_that_the_kernel_reaches_is_heard_of),
		cmocka_unit_test(
			a_hypervisors_guest_has_its_state_from_there_and_its_addresses_from_here),
		cmocka_unit_test(
			what_becomes_known_of_a_card_takes_the_place_of_the_guest_by_itself),
		cmocka_unit_test(one_of_an_earlier_run_is_gone_when_it_is_not_heard_in_time),
		cmocka_unit_test(who_hears_nothing_says_of_nobody_that_he_is_gone),
		cmocka_unit_test(a_mac_may_be_an_address_of_its_own),
		cmocka_unit_test(a_rule_that_is_taken_away_takes_nothing_back),
		cmocka_unit_test(frames_that_are_malformed_or_speak_for_others_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
