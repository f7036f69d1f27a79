/* MACs that several stations of a campus have, such as the gateway's of two tunnel routers: item K
 * of docs/trill.md (docs/decisions/gateway.md). Three RBridges, each joined to each. */
#include "tests/unit/trill_stage.h"

#include "lib/net/address.h"
#include "trill/codec/channel.h"

static const struct mac gateway = {{0x02, 0, 0x5e, 0, 1, 1}};

static struct rbridge_config configs[3]; /* as the nodes began */

static void with_gateway(struct rbridge_config *config, unsigned int number)
{
	config->anycast[config->anycast_count++] = gateway;
	configs[number] = *config;
}

static void without_gateway(struct rbridge_config *config, unsigned int number)
{
	configs[number] = *config;
}

/* A router at the port of stations, for so long. */
static struct rbridge_station router(uint16_t lease_s)
{
	struct rbridge_station s = {
		.vlan = VLAN, .mac = gateway, .port = HOST_PORT, .lease_s = lease_s};
	struct address ip;

	assert_true(address_parse(&ip, "203.0.113.1"));
	ip_list_add(&s.ips, &ip);
	return s;
}

static enum rbridge_attest claims(struct stage *s, unsigned int node)
{
	const struct rbridge_station is = router(3600);

	return attests(s, node, &is);
}

static void all_at(struct stage *s, int first, int second, int third)
{
	const int want[] = {first, second, third};

	for (unsigned int i = 0; i < 3; i++)
		if (known_at(s, i, &gateway) != want[i])
			fail_msg("%u sends to %d, not to %d", i, known_at(s, i, &gateway), want[i]);
}

/* The wires between 0 and 1, 1 and 2, 2 and 0; then those of the stations. */
static void cut(struct stage *s, unsigned int wire, bool is)
{
	campus_carrier(s->c, wire, !is, &hybrid);
	campus_run_ms(s->c, 60000);
}

static void k_frames_for_a_common_mac_go_to_the_nearest_that_has_it(void **state)
{
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	all_at(&s, -1, -1, -1);
	assert_int_equal(claims(&s, 0), RBRIDGE_ATTESTED);
	all_at(&s, 0, 0, 0);
	assert_int_equal(claims(&s, 1), RBRIDGE_ATTESTED);
	assert_int_equal(known_at(&s, 0, &gateway), 0);
	assert_int_equal(known_at(&s, 1, &gateway), 1);
	cut(&s, 1, true);
	all_at(&s, 0, 1, 0);
	cut(&s, 1, false);
	cut(&s, 2, true);
	all_at(&s, 0, 1, 1);
	assert_int_equal(believed(&s, 2, &gateway)->ips.ipv4_count, 1);
	stage_end(&s);
}

static void k_of_equally_near_ones_the_choice_stays(void **state)
{
	struct stage s;
	int first;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	claims(&s, 1);
	claims(&s, 0);
	first = known_at(&s, 2, &gateway);
	assert_in_range(first, 0, 1);
	for (unsigned int i = 0; i < 4; i++) {
		claims(&s, i % 2);
		assert_int_equal(known_at(&s, 2, &gateway), first);
	}
	stage_end(&s);
}

static void flush_tap(
	void *arg, unsigned int wire, unsigned int from, const uint8_t *frame, size_t len)
{
	(void)wire;
	(void)from;
	for (size_t i = 12; i + 4 <= len; i++)
		if (frame[i] == 0x89 && frame[i + 1] == 0x46 && (frame[i + 2] & 0x0f) == 0 &&
			frame[i + 3] == CHANNEL_ADDRESS_FLUSH)
			(*(unsigned int *)arg)++;
}

/* Two that have it are no move: nothing is flushed, withdrawn or told again, however often both say
 * so. */
static void k_that_several_have_it_is_no_move(void **state)
{
	unsigned int flushes = 0, told;
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	s.c->tap = flush_tap;
	s.c->tap_arg = &flushes;
	claims(&s, 0);
	claims(&s, 1);
	told = s.told.count;
	for (unsigned int i = 0; i < 10; i++)
		claims(&s, i % 2);
	assert_int_equal(s.told.count, told);
	assert_int_equal(s.told.gone, 0);
	assert_int_equal(flushes, 0);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(
			esadi_announced(rbridge_esadi(s.c->nodes[i].rb, &(uint16_t){1})), 1);
	stage_end(&s);
}

/* Who does not say it again is believed no longer than it said, and frames go to the other. */
static void k_a_claim_ends_with_its_lease(void **state)
{
	const struct rbridge_station is = router(4);
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	claims(&s, 1);
	attests(&s, 0, &is);
	cut(&s, 1, true); /* 60 s */
	all_at(&s, 1, 1, 1);
	attests(&s, 0, &is);
	all_at(&s, 0, 1, 0);
	attests(&s, 0, &is);
	campus_run_ms(s.c, 1900);
	all_at(&s, 0, 1, 0);
	campus_run_ms(s.c, 2100); /* 4 s, and it is told of */
	all_at(&s, 1, 1, 1);
	stage_end(&s);
}

static void k_a_claim_ends_with_its_port(void **state)
{
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	claims(&s, 0);
	claims(&s, 1);
	campus_carrier(s.c, 3, false, &hybrid);
	/* It was the one port of that VLAN: 0 hears of nobody else's, either. */
	assert_int_equal(known_at(&s, 0, &gateway), -1);
	campus_run_ms(s.c, TOLD_MS);
	all_at(&s, -1, 1, 1);
	/* The port alone does not bring it back. */
	campus_carrier(s.c, 3, true, &hybrid);
	campus_run_ms(s.c, 60000);
	all_at(&s, 1, 1, 1);
	claims(&s, 0);
	assert_int_equal(known_at(&s, 0, &gateway), 0);
	stage_end(&s);
}

static void k_of_several_at_one_rbridge_the_lowest_port_has_it(void **state)
{
	struct rbridge_station other = router(3600);
	struct rbridge_port_config none, with;
	struct campus_options host = hybrid;
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	campus_wire(s.c, (unsigned int[]){0}, 1, 20000, &host);
	campus_run_ms(s.c, 60000);
	other.port = RBRIDGE_ANYWHERE; /* which of both is not for the RBridge to guess */
	assert_int_equal(attests(&s, 0, &other), RBRIDGE_ATTEST_VLAN);
	other.port = HOST_PORT + 1;
	assert_int_equal(attests(&s, 0, &other), RBRIDGE_ATTESTED);
	assert_int_equal(believed(&s, 0, &gateway)->place.where, HOST_PORT + 1);
	other.port = RBRIDGE_ANYWHERE;
	assert_int_equal(attests(&s, 0, &other), RBRIDGE_ATTEST_VLAN);
	other.port = HOST_PORT + 1;
	claims(&s, 0);
	assert_int_equal(believed(&s, 0, &gateway)->place.where, HOST_PORT);
	attests(&s, 0, &other);
	assert_int_equal(believed(&s, 0, &gateway)->place.where, HOST_PORT);
	/* The port has the VLAN no more, and again. */
	none = with = s.c->nodes[0].configs[HOST_PORT];
	vlan_set_remove(&none.enabled, VLAN);
	vlan_set_add(&none.enabled, VLAN + 1);
	none.desired_vlan = VLAN + 1;
	assert_true(rbridge_port_reconfigure(s.c->nodes[0].rb, HOST_PORT, &none, s.c->now));
	stage_tells(&s, 0);
	assert_int_equal(believed(&s, 0, &gateway)->place.where, HOST_PORT + 1);
	assert_true(rbridge_port_reconfigure(s.c->nodes[0].rb, HOST_PORT, &with, s.c->now));
	stage_tells(&s, 0);
	campus_run_ms(s.c, 60000);
	assert_int_equal(believed(&s, 0, &gateway)->place.where, HOST_PORT);
	assert_int_equal(leaves_here(&s, 0, &gateway, HOST_PORT), RBRIDGE_WAS_LOCAL);
	assert_int_equal(believed(&s, 0, &gateway)->place.where, HOST_PORT + 1);
	all_at(&s, 0, 0, 0);
	assert_int_equal(leaves_here(&s, 0, &gateway, HOST_PORT), RBRIDGE_WAS_ABSENT);
	assert_int_equal(leaves(&s, 0, &gateway), RBRIDGE_WAS_LOCAL);
	all_at(&s, -1, -1, -1);
	stage_end(&s);
}

static void k_only_a_configured_mac_is_common_and_only_for_a_time(void **state)
{
	struct rbridge_station is = router(0), guest = router(3);
	struct stage s;

	(void)state;
	guest.mac = alice;
	stage_set_with(&s, true, with_gateway);
	assert_int_equal(attests(&s, 0, &is), RBRIDGE_ATTEST_COMMON);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTEST_SINGLE);
	all_at(&s, -1, -1, -1);
	assert_null(believed(&s, 0, &alice));
	stage_end(&s);
}

/* Whatever a guest sends: data, an ARP announcement, RARP. */
#define ALL     "FFFFFFFFFFFF "
#define GATEWAY "02005E000101 "
#define TELLS   ALL GATEWAY "0806 0001 0800 06 04 0001 " GATEWAY "CB007101 000000000000 CB007101"
#define RARP    ALL GATEWAY "8035 0001 0800 06 04 0003 " GATEWAY "00000000 " GATEWAY "00000000"

static void pretends(struct stage *s, unsigned int node)
{
	static const char *const frames[] = {TELLS, RARP};
	unsigned int before = s->dp.count;
	uint8_t frame[128];

	says(s, node, &gateway, &all);
	says(s, node, &gateway, &alice);
	for (unsigned int i = 0; i < 2; i++) {
		size_t len = hex(frame, sizeof(frame), frames[i]);

		datapath_inject(&s->dp, node, HOST_PORT, frame, len);
		rbridge_heard(s->c->nodes[node].rb, HOST_PORT, VLAN, frame, len, s->c->now);
		stage_tells(s, node);
	}
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(datapath_seen(&s->dp, before, i, HOST_PORT, &gateway), 0);
}

static void k_who_sends_from_a_common_mac_is_not_heard(void **state)
{
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	pretends(&s, 2);
	all_at(&s, -1, -1, -1);
	claims(&s, 0);
	pretends(&s, 2);
	pretends(&s, 0);
	all_at(&s, 0, 0, 0);
	stage_end(&s);
}

/* What the data plane learned before it was told that nobody is to be. */
static void k_news_of_a_common_mac_are_undone(void **state)
{
	struct tables_station is = {
		.mac = gateway, .vlan = VLAN, .confidence = TABLES_CONFIDENCE_DATA};
	struct campus_node_sim *n;
	struct stage s;

	(void)state;
	stage_set_with(&s, true, with_gateway);
	n = &s.c->nodes[2];
	is.ifindex = HOST_PORT + 1;
	n->tables.station_set(&n->tables, &is);
	rbridge_station(n->rb, TABLES_LEARNED, &is, NULL, s.c->now);
	stage_tells(&s, 2);
	all_at(&s, -1, -1, -1);
	assert_null(believed(&s, 2, &gateway));
	claims(&s, 0);
	rbridge_station(n->rb, TABLES_MOVED, &is, &is, s.c->now);
	stage_tells(&s, 2);
	all_at(&s, 0, 0, 0);
	stage_end(&s);
}

static void reload(struct stage *s, bool common)
{
	for (unsigned int i = 0; i < 3; i++) {
		configs[i].anycast_count = common;
		configs[i].anycast[0] = common ? gateway : (struct mac){{0}};
		assert_true(rbridge_reconfigure(s->c->nodes[i].rb, &configs[i], s->c->now));
		stage_tells(s, i);
	}
	campus_run_ms(s->c, 5000);
}

static void k_what_was_learned_of_a_mac_that_becomes_common_is_forgotten(void **state)
{
	struct stage s;

	(void)state;
	stage_set_with(&s, true, without_gateway);
	says(&s, 2, &gateway, &all);
	all_at(&s, 2, 2, 2);
	assert_int_equal(claims(&s, 0), RBRIDGE_ATTEST_SINGLE);
	reload(&s, true);
	all_at(&s, -1, -1, -1);
	claims(&s, 0);
	claims(&s, 1);
	pretends(&s, 2);
	reload(&s, false);
	all_at(&s, -1, -1, -1);
	says(&s, 2, &gateway, &all);
	all_at(&s, 2, 2, 2);
	stage_end(&s);
}

/* Also where no RBridge tells another anything. */
static void k_without_esadi_each_rbridge_knows_its_own_routers_alone(void **state)
{
	struct stage s;

	(void)state;
	stage_set_with(&s, false, without_gateway);
	says(&s, 2, &gateway, &all);
	reload(&s, true);
	all_at(&s, -1, -1, -1);
	claims(&s, 0);
	all_at(&s, 0, -1, -1);
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k_frames_for_a_common_mac_go_to_the_nearest_that_has_it),
		cmocka_unit_test(k_of_equally_near_ones_the_choice_stays),
		cmocka_unit_test(k_that_several_have_it_is_no_move),
		cmocka_unit_test(k_a_claim_ends_with_its_lease),
		cmocka_unit_test(k_a_claim_ends_with_its_port),
		cmocka_unit_test(k_of_several_at_one_rbridge_the_lowest_port_has_it),
		cmocka_unit_test(k_only_a_configured_mac_is_common_and_only_for_a_time),
		cmocka_unit_test(k_who_sends_from_a_common_mac_is_not_heard),
		cmocka_unit_test(k_news_of_a_common_mac_are_undone),
		cmocka_unit_test(k_what_was_learned_of_a_mac_that_becomes_common_is_forgotten),
		cmocka_unit_test(k_without_esadi_each_rbridge_knows_its_own_routers_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
