/* Who knows where an end station is tells an RBridge of the campus so, or that it has left (items J
 * and K of docs/trill.md, and its section on coupling). */
#include "tests/unit/trill_stage.h"

static const struct rbridge_station guest = {
	.vlan = VLAN, .mac = {{0x52, 0x54, 0, 0, 0, 0xa1}}, .port = HOST_PORT};

/* RFC 8383, and nothing else: there is no ESADI here. */
static void j_who_has_left_is_sought_at_its_rbridge_no_more(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 0, &alice, &all);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 0);
	assert_int_equal(leaves(&s, 0, &alice), RBRIDGE_WAS_LOCAL);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(known_at(&s, i, &alice), -1);
		assert_null(believed(&s, i, &alice));
	}
	assert_int_equal(leaves(&s, 0, &alice), RBRIDGE_WAS_ABSENT);
	stage_end(&s);
}

/* Any RBridge of the site can be told. */
static void j_who_has_left_another_rbridge_is_forgotten_there_and_everywhere(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 0, &alice, &all);
	says(&s, 1, &bob, &all);
	assert_int_equal(leaves(&s, 1, &alice), RBRIDGE_WAS_REMOTE);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(known_at(&s, i, &alice), -1);
		assert_int_equal(known_at(&s, i, &bob), 1);
	}
	stage_end(&s);
}

static void k_who_has_left_another_rbridge_is_withdrawn_by_it(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, true);
	says(&s, 0, &alice, &alice);
	assert_int_equal(believed(&s, 1, &alice)->origin, MAC_ESADI);
	assert_int_equal(leaves(&s, 1, &alice), RBRIDGE_WAS_REMOTE);
	assert_int_equal(esadi_announced(rbridge_esadi(s.c->nodes[0].rb, &(uint16_t){1})), 0);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), -1);
	stage_end(&s);
}

static void k_what_an_agent_says_elsewhere_is_its_own_to_take_back(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, true);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	assert_int_equal(believed(&s, 0, &alice)->origin, MAC_ATTESTED);
	assert_int_equal(leaves(&s, 1, &alice), RBRIDGE_WAS_REMOTE);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 0);
	assert_int_equal(leaves(&s, 0, &alice), RBRIDGE_WAS_LOCAL);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), -1);
	stage_end(&s);
}

/* The agent where it was says so once more when it runs at another RBridge of the campus: that says
 * nothing of where it is now, and no flush goes out. */
static void j_who_is_not_here_any_more_stays_where_it_is_known(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	assert_int_equal(leaves_here(&s, 0, &alice, HOST_PORT), RBRIDGE_WAS_LOCAL);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), -1);
	says(&s, 2, &alice, &all);
	for (unsigned int again = 0; again < 2; again++) {
		uint16_t port = again ? RBRIDGE_ANYWHERE : HOST_PORT;

		assert_int_equal(leaves_here(&s, 0, &alice, port), RBRIDGE_WAS_ABSENT);
		for (unsigned int i = 0; i < 3; i++)
			assert_int_equal(known_at(&s, i, &alice), 2);
	}
	assert_int_equal(leaves_here(&s, 2, &alice, 0), RBRIDGE_WAS_ABSENT); /* another port */
	assert_int_equal(known_at(&s, 2, &alice), 2);
	assert_int_equal(leaves_here(&s, 2, &alice, RBRIDGE_ANYWHERE), RBRIDGE_WAS_LOCAL);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), -1);
	assert_int_equal(leaves_here(&s, 2, &alice, RBRIDGE_ANYWHERE), RBRIDGE_WAS_ABSENT);
	stage_end(&s);
}

/* What was said of one port says nothing of another, which a reload gives its number. */
static void j_a_port_that_is_removed_takes_with_it_what_was_attested_there(void **state)
{
	struct rbridge_station second = guest;
	struct campus_node_sim *n;
	struct stage s;

	(void)state;
	stage_set(&s, true);
	n = &s.c->nodes[0];
	second.mac = carol;
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	assert_int_equal(attests(&s, 0, &second), RBRIDGE_ATTESTED);
	says(&s, 1, &bob, &all);
	for (unsigned int i = 1; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 0);
	rbridge_port_removed(n->rb, HOST_PORT + 1, s.c->now);
	assert_int_equal(believed(&s, 0, &alice)->origin, MAC_ATTESTED);
	rbridge_port_removed(n->rb, HOST_PORT, s.c->now);
	stage_tells(&s, 0);
	assert_null(rbridge_adjacencies(n->rb, HOST_PORT));
	assert_int_equal(s.told.gone, 2 + 4 + 1); /* here, behind us at two others; bob: here */
	for (unsigned int again = 0; again < 2; again++) {
		for (unsigned int i = 0; i < 3; i++) {
			assert_int_equal(known_at(&s, i, &alice), -1);
			assert_int_equal(known_at(&s, i, &carol), -1);
			assert_null(believed(&s, i, &alice));
		}
		campus_port_up(s.c, 0, HOST_PORT); /* another, with its number */
		campus_run_ms(s.c, 60000);
	}
	assert_int_equal(esadi_announced(rbridge_esadi(n->rb, &(uint16_t){1})), 0);
	assert_int_equal(known_at(&s, 2, &bob), 1);
	stage_end(&s);
}

/* A carrier that is lost is no such thing: the agent has not taken its word back. */
static void j_a_port_that_is_down_keeps_what_was_attested_there(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, true);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	rbridge_port_down(s.c->nodes[0].rb, HOST_PORT, s.c->now);
	stage_tells(&s, 0);
	campus_port_up(s.c, 0, HOST_PORT);
	campus_run_ms(s.c, 60000);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 0);
	stage_end(&s);
}

static enum rbridge_leave takes_back(struct stage *s, const struct rbridge_station *station)
{
	enum rbridge_leave was = rbridge_station_leave_here(s->c->nodes[0].rb, station, s->c->now);

	stage_tells(s, 0);
	return was;
}

/* Two agents behind one port: the first takes it back once more when the second has it. */
static void k_what_another_agent_has_said_since_is_its_own_to_take_back(void **state)
{
	struct rbridge_station first = guest, second = guest, unnamed = guest;
	struct stage s;

	(void)state;
	first.teller = (struct mac_teller){{1}};
	second.teller = (struct mac_teller){{2}};
	stage_set(&s, true);
	assert_int_equal(attests(&s, 0, &first), RBRIDGE_ATTESTED);
	assert_int_equal(takes_back(&s, &first), RBRIDGE_WAS_LOCAL);
	assert_int_equal(attests(&s, 0, &second), RBRIDGE_ATTESTED);
	for (unsigned int i = 0; i < 2; i++) {
		first.port = i ? RBRIDGE_ANYWHERE : HOST_PORT;
		assert_int_equal(takes_back(&s, &first), RBRIDGE_WAS_ABSENT);
		assert_int_equal(known_at(&s, 1, &alice), 0);
	}
	assert_int_equal(takes_back(&s, &second), RBRIDGE_WAS_LOCAL);
	assert_int_equal(known_at(&s, 1, &alice), -1);
	/* Where one of them does not say who it is, nobody can tell. */
	assert_int_equal(attests(&s, 0, &second), RBRIDGE_ATTESTED);
	assert_int_equal(takes_back(&s, &unnamed), RBRIDGE_WAS_LOCAL);
	assert_int_equal(attests(&s, 0, &unnamed), RBRIDGE_ATTESTED);
	assert_int_equal(takes_back(&s, &second), RBRIDGE_WAS_LOCAL);
	stage_end(&s);
}

/* What frames have shown since is no agent's word. */
static void k_what_frames_show_any_agent_at_the_port_takes_back(void **state)
{
	struct rbridge_station first = guest, second = guest;
	struct stage s;

	(void)state;
	first.teller = (struct mac_teller){{1}};
	second.teller = (struct mac_teller){{2}};
	stage_set(&s, true);
	assert_int_equal(attests(&s, 0, &first), RBRIDGE_ATTESTED);
	assert_int_equal(takes_back(&s, &first), RBRIDGE_WAS_LOCAL);
	says(&s, 0, &alice, &all);
	assert_int_equal(believed(&s, 0, &alice)->origin, MAC_LOCAL);
	assert_int_equal(takes_back(&s, &second), RBRIDGE_WAS_LOCAL);
	stage_end(&s);
}

/* Behind whom frames showed it, all forget it, and who learned it there forgets it, too. */
static void j_an_agents_word_flushes_where_the_station_was(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	says(&s, 0, &alice, &all);
	assert_int_equal(attests(&s, 2, &guest), RBRIDGE_ATTESTED);
	assert_int_equal(known_at(&s, 2, &alice), 2);
	assert_int_equal(known_at(&s, 1, &alice), -1);
	assert_int_equal(known_at(&s, 0, &alice), -1);
	assert_null(believed(&s, 0, &alice));
	stage_end(&s);
}

static void k_an_agents_word_that_is_said_again_changes_nothing(void **state)
{
	struct rbridge_station with = guest;
	unsigned int told;
	struct stage s;

	(void)state;
	stage_set(&s, true);
	with.ips = (struct ip_list){.ipv4_count = 1, .ipv4 = {{192, 0, 2, 1}}};
	assert_int_equal(attests(&s, 0, &with), RBRIDGE_ATTESTED);
	told = s.told.count;
	assert_int_equal(attests(&s, 0, &with), RBRIDGE_ATTESTED);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED); /* without: as they are */
	assert_int_equal(s.told.count, told);
	assert_memory_equal(&believed(&s, 1, &alice)->ips, &with.ips, sizeof(with.ips));
	with.ips.ipv4[0][3] = 2; /* others take their place */
	assert_int_equal(attests(&s, 0, &with), RBRIDGE_ATTESTED);
	assert_memory_equal(&believed(&s, 1, &alice)->ips, &with.ips, sizeof(with.ips));
	stage_end(&s);
}

static void k_a_station_is_believed_only_at_a_port_that_serves_its_vlan(void **state)
{
	struct rbridge_station g = guest;
	struct tables_station fixed = {.vlan = VLAN, .mac = alice, .nickname = 0x0101};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	g.port = 7;
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_PORT);
	g.port = RBRIDGE_PORTS_MAX;
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_PORT);
	g.port = 0; /* a trunk */
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_VLAN);
	g.port = HOST_PORT;
	for (unsigned int i = 0; i < 3; i++) {
		g.vlan = (uint16_t[]){2, 0, 4095}[i];
		assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_VLAN);
	}
	g.vlan = VLAN;
	assert_true(rbridge_static_station(s.c->nodes[0].rb, &fixed, true, s.c->now));
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_ELSEWHERE);
	assert_int_equal(leaves(&s, 0, &alice), RBRIDGE_IS_CONFIGURED);
	assert_int_equal(known_at(&s, 0, &alice), 1);
	stage_end(&s);
}

static void k_the_mac_of_an_rbridges_port_is_no_stations(void **state)
{
	struct rbridge_station g = guest;
	struct stage s;

	(void)state;
	stage_set(&s, true);
	g.mac = campus_mac(0, HOST_PORT);
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_RBRIDGE);
	g.mac = campus_mac(0, 0); /* another port of ours */
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_RBRIDGE);
	g.mac = rbridge_adjacencies(s.c->nodes[0].rb, 0)->rows[0].key.mac;
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_RBRIDGE);
	assert_null(believed(&s, 0, &g.mac));
	g.mac = campus_mac(2, HOST_PORT); /* of an RBridge that is no neighbour by that port */
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTESTED);
	stage_end(&s);
}

static void k_nobody_needs_to_say_at_which_port_where_there_is_one(void **state)
{
	struct rbridge_station g = guest;
	struct stage s;

	(void)state;
	stage_set(&s, true);
	g.port = RBRIDGE_ANYWHERE;
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTESTED);
	assert_int_equal(believed(&s, 0, &alice)->place.where, HOST_PORT);
	campus_wire(s.c, (unsigned int[]){1}, 1, 20000, &hybrid);
	campus_run_ms(s.c, 60000);
	assert_int_equal(attests(&s, 1, &g), RBRIDGE_ATTEST_VLAN);
	says(&s, 1, &bob, &all); /* frames show the port */
	g.mac = bob;
	assert_int_equal(attests(&s, 1, &g), RBRIDGE_ATTESTED);
	assert_int_equal(believed(&s, 1, &bob)->place.where, HOST_PORT);
	stage_end(&s);
}

static void few(struct rbridge_config *config, unsigned int number)
{
	config->stations_max = number ? 0 : 1;
}

static void k_an_agent_is_told_when_there_is_no_room(void **state)
{
	struct rbridge_station g = guest;
	struct stage s;

	(void)state;
	stage_set_with(&s, true, few);
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTESTED);
	g.mac = bob;
	assert_int_equal(attests(&s, 0, &g), RBRIDGE_ATTEST_FULL);
	stage_end(&s);
}

static void many(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->stations_max = 131072;
}

/* However many MACs a guest makes up: what the agent says is told, and also who comes last is told
 * of when there is room. */
static void k_what_frames_showed_makes_room_for_an_agents_word(void **state)
{
	struct tables_station row = {.vlan = VLAN, .confidence = 0x20, .ifindex = HOST_PORT + 1};
	struct esadi *e;
	struct stage s;
	struct rbridge *rb;

	(void)state;
	stage_set_with(&s, true, many);
	rb = s.c->nodes[0].rb;
	for (unsigned int i = 0; i < 60000; i++) {
		row.mac = (struct mac){{2, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		rbridge_station(rb, TABLES_LEARNED, &row, NULL, s.c->now);
	}
	stage_tells(&s, 0);
	assert_true(rbridge_esadi_untold(rb) > 2000);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	e = rbridge_esadi(rb, &(uint16_t){VLAN});
	assert_true(esadi_tells(e, &alice));
	assert_non_null(believed(&s, 1, &alice));
	assert_false(believed(&s, 1, &alice)->place.local);
	assert_false(esadi_tells(e, &row.mac));
	for (unsigned int i = 0; i < 10000; i++) {
		row.mac = (struct mac){{2, 1, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
		rbridge_station(rb, TABLES_AGED, &row, NULL, s.c->now);
	}
	stage_tells(&s, 0);
	assert_int_equal(rbridge_esadi_untold(rb), 0);
	assert_int_equal(esadi_announced(e), 50001);
	row.mac = (struct mac){{2, 1, 0, 0, (uint8_t)(59999 >> 8), (uint8_t)59999}};
	assert_non_null(believed(&s, 1, &row.mac));
	stage_end(&s);
}

static void few_more(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->stations_max = 16;
}

static void j_frames_at_a_port_leave_room_for_an_agents_word(void **state)
{
	struct tables_station row = {.vlan = VLAN, .confidence = 0x20, .ifindex = HOST_PORT + 1};
	struct stage s;

	(void)state;
	stage_set_with(&s, true, few_more);
	for (uint8_t i = 0; i < 20; i++) {
		row.mac = (struct mac){{2, 1, 0, 0, 0, i}};
		rbridge_station(s.c->nodes[0].rb, TABLES_LEARNED, &row, NULL, s.c->now);
	}
	assert_int_equal(mac_table_count(rbridge_stations(s.c->nodes[0].rb)), 14);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j_who_has_left_is_sought_at_its_rbridge_no_more),
		cmocka_unit_test(j_who_has_left_another_rbridge_is_forgotten_there_and_everywhere),
		cmocka_unit_test(k_who_has_left_another_rbridge_is_withdrawn_by_it),
		cmocka_unit_test(k_what_an_agent_says_elsewhere_is_its_own_to_take_back),
		cmocka_unit_test(j_who_is_not_here_any_more_stays_where_it_is_known),
		cmocka_unit_test(j_a_port_that_is_removed_takes_with_it_what_was_attested_there),
		cmocka_unit_test(j_a_port_that_is_down_keeps_what_was_attested_there),
		cmocka_unit_test(k_what_another_agent_has_said_since_is_its_own_to_take_back),
		cmocka_unit_test(k_what_frames_show_any_agent_at_the_port_takes_back),
		cmocka_unit_test(j_an_agents_word_flushes_where_the_station_was),
		cmocka_unit_test(k_an_agents_word_that_is_said_again_changes_nothing),
		cmocka_unit_test(k_a_station_is_believed_only_at_a_port_that_serves_its_vlan),
		cmocka_unit_test(k_the_mac_of_an_rbridges_port_is_no_stations),
		cmocka_unit_test(k_nobody_needs_to_say_at_which_port_where_there_is_one),
		cmocka_unit_test(k_an_agent_is_told_when_there_is_no_room),
		cmocka_unit_test(j_frames_at_a_port_leave_room_for_an_agents_word),
		cmocka_unit_test(k_what_frames_showed_makes_room_for_an_agents_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
