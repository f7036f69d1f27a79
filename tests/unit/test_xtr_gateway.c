/* Proxy ARP and neighbour discovery (RFC 4861 section 7.2.8), and the gateway's own; who probes an
 * address (RFC 5227, RFC 4862 section 5.4): frames spelled out byte by byte. The ND checksums were
 * worked with Python's integers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"
#include "xtr/gateway.h"

#define HOST  "10.1.0.5/32"
#define HOST6 "2001:db8:e:1::5/128"
#define PORT  3

static const char *const peer[] = {"198.51.100.7", NULL};

/* clang-format off */
#define GATEWAY 0x02, 0, 0x5e, 0, 1, 1
#define ASKER   0x52, 0x54, 0, 0, 0, 1
#define MACHINE 0x52, 0x54, 0, 0, 0, 2
#define NONE    0, 0, 0, 0, 0, 0
#define ALL     0xff, 0xff, 0xff, 0xff, 0xff, 0xff
#define ARP(op) 0x08, 0x06, 0, 1, 0x08, 0x00, 6, 4, 0, op
#define NET6    0x20, 0x01, 0x0d, 0xb8, 0, 0x0e, 0, 1, 0, 0, 0, 0, 0, 0, 0
#define ND      0x86, 0xdd, 0x60, 0, 0, 0, 0, 32, 58, 255

static const uint8_t gateway_mac[] = {GATEWAY}, machine_mac[] = {MACHINE};

static const uint8_t who_has_host[] = { /* 10.1.0.5? tell 10.1.0.9 */
	ALL, ASKER, ARP(1), ASKER, 10, 1, 0, 9, NONE, 10, 1, 0, 5};
static const uint8_t host_at_gateway[] = {
	ASKER, GATEWAY, ARP(2), GATEWAY, 10, 1, 0, 5, ASKER, 10, 1, 0, 9};
static const uint8_t who_has_host6[] = {
	0x33, 0x33, 0xff, 0, 0, 5, ASKER, ND, NET6, 9, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 5,
	135, 0, 0xcb, 0xa6, 0, 0, 0, 0, NET6, 5, 1, 1, ASKER};
static const uint8_t host6_at_gateway[] = { /* solicited; the machine's own word would prevail */
	ASKER, GATEWAY, ND, NET6, 5, NET6, 9,
	136, 0, 0x4b, 0x37, 0x40, 0, 0, 0, NET6, 5, 2, 1, GATEWAY};
static const uint8_t who_has_gateway[] = {ALL, ASKER, ARP(1), ASKER, 10, 1, 0, 9, NONE, 10, 1, 0, 1};
static const uint8_t gateway_at[] = {ASKER, GATEWAY, ARP(2), GATEWAY, 10, 1, 0, 1, ASKER, 10, 1, 0, 9};
static const uint8_t who_has_gateway6[] = {
	0x33, 0x33, 0xff, 0, 0, 1, ASKER, ND, NET6, 9, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 1,
	135, 0, 0xcb, 0xae, 0, 0, 0, 0, NET6, 1, 1, 1, ASKER};
static const uint8_t gateway6_at[] = { /* router, solicited, override */
	ASKER, GATEWAY, ND, NET6, 1, NET6, 9,
	136, 0, 0xab, 0x3e, 0xe0, 0, 0, 0, NET6, 1, 2, 1, GATEWAY};
static const uint8_t probe_by_another[] = {ALL, ASKER, ARP(1), ASKER, 0, 0, 0, 0, NONE, 10, 1, 0, 5};
static const uint8_t probe_answer[] = {
	ASKER, GATEWAY, ARP(2), GATEWAY, 10, 1, 0, 5, ASKER, 0, 0, 0, 0};
static const uint8_t probe_by_itself[] = { /* the MAC of world_host() */
	ALL, 2, 0, 0, 0, 0, 9, ARP(1), 2, 0, 0, 0, 0, 9, 0, 0, 0, 0, NONE, 10, 1, 0, 5};
static const uint8_t announcement_of_host[] = {
	ALL, ASKER, ARP(1), ASKER, 10, 1, 0, 5, NONE, 10, 1, 0, 5};
/* clang-format on */

static void ask(struct world *w, const void *frame, size_t len)
{
	struct router_site_port port = {.ifindex = PORT,
		.mac = {GATEWAY},
		.own = {GATEWAY},
		.gateway4 = world_address("10.1.0.1"),
		.gateway6 = world_address("2001:db8:e:1::1")};

	world_question(w, &port, frame, len);
}

#define ASK(w, frame) ask(w, frame, sizeof(frame))

static void answered(struct world *w, unsigned int count, const void *frame, size_t len)
{
	assert_int_equal(w->frame_count, count);
	assert_int_equal(w->frames[count - 1].ifindex, PORT);
	assert_int_equal(w->frames[count - 1].len, len);
	assert_memory_equal(w->frames[count - 1].bytes, frame, len);
}

static struct world *world_of_subnet(void)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("2001:db8:e:1::/64");

	policy_add_dynamic(&w->policy, &eid);
	world_start(w);
	return w;
}

/* The Map-Request that a question has caused is answered. */
static void resolve(struct world *w, const char *eid, enum lisp_act act, const char *const *rlocs)
{
	struct map_request m = world_take_request(w);

	world_reply(w, m.nonce, eid, 1440, act, rlocs);
}

static void a_machine_elsewhere_is_answered_for_when_its_mapping_comes(void **state)
{
	struct world *w = world_of_subnet();

	ASK(w, who_has_host);
	assert_int_equal(w->frame_count, 0);
	resolve(w, HOST, LISP_ACT_NONE, peer);
	answered(w, 1, host_at_gateway, sizeof(host_at_gateway));
	ASK(w, who_has_host); /* now it is known */
	answered(w, 2, host_at_gateway, sizeof(host_at_gateway));
	assert_false(world_has(w, LISP_ECM));
	assert_int_equal(world_counter(w, XTR_PROXY_ANSWERED), 2);
	world_free(w);
}

static void the_same_by_neighbour_discovery(void **state)
{
	struct world *w = world_of_subnet();

	ASK(w, who_has_host6);
	resolve(w, HOST6, LISP_ACT_NONE, peer);
	answered(w, 1, host6_at_gateway, sizeof(host6_at_gateway));
	world_free(w);
}

/* Other xTRs of the campus have the gateway's MAC, too: nobody sends from it, and all tell it. */
static void what_several_routers_answer_is_sent_from_the_ports_own_mac(void **state)
{
	/* clang-format off */
	static const uint8_t own[] = {2, 0, 0, 0, 0, 0x77};
	static const uint8_t ours[] = {ALL, 2, 0, 0, 0, 0, 0x77, ARP(1), 2, 0, 0, 0, 0, 0x77, 10, 1, 0, 9, NONE, 10, 1, 0, 5};
	/* clang-format on */
	struct router_site_port port = {.ifindex = PORT,
		.mac = {GATEWAY},
		.own = {2, 0, 0, 0, 0, 0x77},
		.gateway4 = world_address("10.1.0.1")};
	struct world *w = world_of_subnet();
	uint8_t want[sizeof(host_at_gateway)];

	world_question(w, &port, ours, sizeof(ours)); /* come back from the campus */
	assert_false(world_has(w, LISP_ECM));
	world_question(w, &port, who_has_host, sizeof(who_has_host));
	resolve(w, HOST, LISP_ACT_NONE, peer);
	memcpy(want, host_at_gateway, sizeof(want));
	memcpy(want + 6, own, sizeof(own));
	answered(w, 1, want, sizeof(want));
	world_question(w, &port, who_has_gateway, sizeof(who_has_gateway));
	memcpy(want, gateway_at, sizeof(want));
	memcpy(want + 6, own, sizeof(own));
	answered(w, 2, want, sizeof(want));
	world_free(w);
}

static void nobody_is_answered_for_who_is_nowhere(void **state)
{
	struct world *w = world_of_subnet();

	ASK(w, who_has_host);
	resolve(w, "10.1.0.4/30", LISP_ACT_NATIVE_FORWARD, NULL);
	ASK(w, who_has_host);
	world_pass(w, 100);
	assert_int_equal(w->frame_count, 0);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

static void a_mapping_of_the_whole_subnet_says_nothing_of_one_machine(void **state)
{
	struct world *w = world_of_subnet();

	ASK(w, who_has_host);
	resolve(w, "10.1.0.0/16", LISP_ACT_NONE, peer);
	ASK(w, who_has_host);
	assert_int_equal(w->frame_count, 0);
	world_free(w);
}

static void a_machine_that_is_here_answers_for_itself(void **state)
{
	struct world *w = world_of_subnet();

	world_host(w, HOST, PORT, true);
	world_forget(w);
	ASK(w, who_has_host);
	assert_int_equal(w->frame_count, 0);
	assert_false(world_has(w, LISP_ECM));
	world_free(w);
}

static void the_gateway_answers_as_a_router(void **state)
{
	struct world *w = world_of_subnet();

	ASK(w, who_has_gateway);
	answered(w, 1, gateway_at, sizeof(gateway_at));
	ASK(w, who_has_gateway6);
	answered(w, 2, gateway6_at, sizeof(gateway6_at));
	assert_int_equal(world_counter(w, XTR_GATEWAY_ANSWERED), 2);
	world_free(w);
}

static void announcements_foreign_subnets_and_our_own_frames_are_left_alone(void **state)
{
	struct world *w = world_of_subnet();
	uint8_t frame[sizeof(who_has_host)];

	ASK(w, announcement_of_host);
	memcpy(frame, who_has_host, sizeof(frame));
	memcpy(frame + 6, gateway_mac, 6); /* another router of the site */
	ASK(w, frame);
	memcpy(frame, who_has_host, sizeof(frame));
	frame[39] = 2; /* 10.2.0.5 */
	ASK(w, frame);
	ASK(w, host_at_gateway); /* no question */
	frame[16] = 9;           /* a protocol of its own */
	ASK(w, frame);
	memcpy(frame, who_has_host, sizeof(frame));
	frame[6] |= 1; /* from a group: its answer would go to all */
	ASK(w, frame);
	ask(w, who_has_host, 40);
	ask(w, who_has_host, 0);
	assert_int_equal(w->frame_count, 0);
	assert_false(world_has(w, LISP_ECM));
	assert_int_equal(world_counter(w, XTR_PROXY_DROP_MALFORMED), 3);
	world_free(w);
}

/* The host was here, with the MAC of world_host(), and has moved to 198.51.100.7. */
static struct world *left_world(void)
{
	struct world *w = world_of_subnet();
	struct move m;

	world_host(w, HOST, PORT, true);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, m.nonce, 1, HOST, "192.0.2.1", true);
	world_move(w, MOVE_NOTIFY, 77, 2, HOST, "198.51.100.7", false);
	assert_int_equal(w->announced_count, 0); /* it is asked first */
	ASK(w, who_has_host);
	assert_int_equal(w->frame_count, 0);
	world_pass(w, 30);
	world_forget(w);
	return w;
}

static void neighbours_are_told_when_a_machine_has_left_and_when_it_is_back(void **state)
{
	static const uint8_t its[] = {2, 0, 0, 0, 0, 9};
	struct eid host = world_eid(HOST);
	struct world *w = left_world();

	assert_int_equal(w->announced_count, 1);
	assert_true(eid_equal(&w->announced[0].host, &host));
	assert_true(w->announced[0].of_gateway);
	assert_int_equal(w->announced[0].ifindex, 0);
	ASK(w, who_has_host);
	answered(w, 1, host_at_gateway, sizeof(host_at_gateway));
	world_host(w, HOST, PORT, true);
	assert_int_equal(w->announced_count, 2);
	assert_false(w->announced[1].of_gateway);
	assert_memory_equal(w->announced[1].mac, its, 6);
	ASK(w, who_has_host);
	assert_int_equal(w->frame_count, 1);
	world_free(w);
}

static void a_machine_never_seen_elsewhere_is_not_announced(void **state)
{
	struct world *w = world_of_subnet();

	world_host(w, HOST, PORT, true);
	world_pass(w, 100);
	assert_int_equal(w->announced_count, 0);
	world_free(w);
}

static void a_second_machine_learns_that_its_address_is_in_use_and_the_first_may_come_back(
	void **state)
{
	struct world *w = left_world();

	ASK(w, probe_by_itself);
	assert_int_equal(w->frame_count, 0);
	assert_int_equal(world_counter(w, XTR_PROXY_PROBES), 1);
	ASK(w, probe_by_another);
	answered(w, 1, probe_answer, sizeof(probe_answer));
	assert_int_equal(world_counter(w, XTR_PROXY_DEFENDED), 1);
	world_free(w);
}

static void nobody_is_driven_off_an_address_whose_mac_we_never_knew(void **state)
{
	struct world *w = world_of_subnet();

	ASK(w, probe_by_another);
	assert_false(world_has(w, LISP_ECM)); /* nor looked up */
	ASK(w, who_has_host);
	resolve(w, HOST, LISP_ACT_NONE, peer);
	ASK(w, probe_by_another);
	assert_int_equal(w->frame_count, 1);
	assert_int_equal(world_counter(w, XTR_PROXY_PROBES), 1);
	world_free(w);
}

static void astray(struct world *w)
{
	struct datapath_event e = {
		.type = DATAPATH_ASTRAY, .eid = world_eid(HOST), .mac = {MACHINE}, .ifindex = PORT};

	router_datapath_event(w->router, &e, w->now, w->out);
}

static void who_sends_to_a_mac_that_has_gone_is_told_alone(void **state)
{
	struct world *w = world_of_subnet();

	astray(w); /* not known: silence */
	assert_int_equal(w->announced_count, 0);
	ASK(w, who_has_host);
	resolve(w, HOST, LISP_ACT_NONE, peer);
	astray(w);
	assert_int_equal(w->announced_count, 1);
	assert_true(w->announced[0].of_gateway);
	assert_int_equal(w->announced[0].ifindex, PORT);
	assert_memory_equal(w->announced[0].to, machine_mac, 6);
	world_free(w);
}

static void questions_are_forgotten_after_three_seconds(void **state)
{
	struct world *w = world_of_subnet();
	struct map_request m;

	ASK(w, who_has_host);
	m = world_take_request(w);
	world_pass(w, 3100);
	world_reply(w, m.nonce, HOST, 1440, LISP_ACT_NONE, peer);
	assert_int_equal(w->frame_count, 0);
	world_free(w);
}

static void a_port_that_scans_its_subnet_takes_no_more_than_its_share(void **state)
{
	struct world *w = world_of_subnet();
	uint8_t frame[sizeof(who_has_host)];
	unsigned int i;

	memcpy(frame, who_has_host, sizeof(frame));
	for (i = 0; i < 4000; i++) {
		frame[40] = (uint8_t)(i >> 8);
		frame[41] = (uint8_t)i;
		ask(w, frame, sizeof(frame));
	}
	assert_int_equal(world_counter(w, XTR_REQUESTS_SENT), 256);
	assert_int_equal(world_counter(w, XTR_PROXY_DROP_LIMIT), 2000);
	assert_int_equal(world_counter(w, XTR_PROXY_DROP_FULL),
		2000 - 256 - 2); /* and not the asker itself, nor the gateway */
	world_forget(w);
	world_free(w);
}

static void announcements_have_these_bytes_and_are_sent_from_the_port(void **state)
{
	/* clang-format off */
	static const uint8_t garp[] = {
		ALL, GATEWAY, ARP(1), MACHINE, 10, 1, 0, 5, NONE, 10, 1, 0, 5};
	static const uint8_t garp_to_one[] = {
		ASKER, GATEWAY, ARP(1), GATEWAY, 10, 1, 0, 5, NONE, 10, 1, 0, 5};
	static const uint8_t advert[] = {
		0x33, 0x33, 0, 0, 0, 1, GATEWAY, ND, NET6, 5,
		0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		136, 0, 0x9a, 0x04, 0x20, 0, 0, 0, NET6, 5, 2, 1, GATEWAY};
	static const uint8_t advert_of_machine[] = {
		0x33, 0x33, 0, 0, 0, 1, GATEWAY, ND, NET6, 5,
		0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
		136, 0, 0xa8, 0xaf, 0x20, 0, 0, 0, NET6, 5, 2, 1, MACHINE};
	/* clang-format on */
	static const uint8_t asker[] = {ASKER};
	struct address a = world_address("10.1.0.5"), a6 = world_address("2001:db8:e:1::5");
	uint8_t frame[ARP_ND_MAX];

	assert_int_equal(
		gateway_announcement(frame, gateway_mac, &a, machine_mac, NULL), sizeof(garp));
	assert_memory_equal(frame, garp, sizeof(garp));
	assert_int_equal(gateway_announcement(frame, gateway_mac, &a, gateway_mac, asker),
		sizeof(garp_to_one));
	assert_memory_equal(frame, garp_to_one, sizeof(garp_to_one));
	assert_int_equal(
		gateway_announcement(frame, gateway_mac, &a6, gateway_mac, NULL), sizeof(advert));
	assert_memory_equal(frame, advert, sizeof(advert));
	assert_int_equal(gateway_announcement(frame, gateway_mac, &a6, machine_mac, NULL),
		sizeof(advert_of_machine));
	assert_memory_equal(frame, advert_of_machine, sizeof(advert_of_machine));
	a.afi = AFI_MAC;
	assert_int_equal(gateway_announcement(frame, gateway_mac, &a, machine_mac, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_machine_elsewhere_is_answered_for_when_its_mapping_comes),
		cmocka_unit_test(the_same_by_neighbour_discovery),
		cmocka_unit_test(what_several_routers_answer_is_sent_from_the_ports_own_mac),
		cmocka_unit_test(nobody_is_answered_for_who_is_nowhere),
		cmocka_unit_test(a_mapping_of_the_whole_subnet_says_nothing_of_one_machine),
		cmocka_unit_test(a_machine_that_is_here_answers_for_itself),
		cmocka_unit_test(the_gateway_answers_as_a_router),
		cmocka_unit_test(announcements_foreign_subnets_and_our_own_frames_are_left_alone),
		cmocka_unit_test(neighbours_are_told_when_a_machine_has_left_and_when_it_is_back),
		cmocka_unit_test(a_machine_never_seen_elsewhere_is_not_announced),
		cmocka_unit_test(
			a_second_machine_learns_that_its_address_is_in_use_and_the_first_may_come_back),
		cmocka_unit_test(nobody_is_driven_off_an_address_whose_mac_we_never_knew),
		cmocka_unit_test(who_sends_to_a_mac_that_has_gone_is_told_alone),
		cmocka_unit_test(questions_are_forgotten_after_three_seconds),
		cmocka_unit_test(a_port_that_scans_its_subnet_takes_no_more_than_its_share),
		cmocka_unit_test(announcements_have_these_bytes_and_are_sent_from_the_port),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
