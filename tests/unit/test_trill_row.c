/* The data plane's rows of end stations where frames have filled its table, or the core's (item J
 * of docs/trill.md). */
#include "tests/unit/trill_stage.h"

#include <errno.h>

#define RARP                                                                                       \
	"FFFFFFFFFFFF 5254000000A1 8035 0001 0800 06 04 0003 5254000000A1 00000000 "               \
	"5254000000A1 00000000"

static const struct rbridge_station guest = {
	.vlan = VLAN, .mac = {{0x52, 0x54, 0, 0, 0, 0xa1}}, .port = HOST_PORT};
static const struct mac dave = {{0x52, 0x54, 0, 0, 0, 0xd4}};

static struct mac made_up(unsigned int i)
{
	return (struct mac){{0x52, 0x54, 0xff, 0, (uint8_t)(i >> 8), (uint8_t)i}};
}

/* Sources that one guest makes up fill node 0's tables: eight stations stood there before. */
static void fill(struct stage *s, bool core)
{
	for (uint8_t i = 0; core && i < 8; i++) {
		struct mac mac = {{0x52, 0x54, 1, 0, 0, i}};

		datapath_send(&s->dp, 1, HOST_PORT, VLAN, &all, &mac);
	}
	campus_run_ms(s->c, 500);
	for (unsigned int i = 0; i <= CAMPUS_STATIONS; i++) {
		struct mac mac = made_up(i);

		datapath_send(&s->dp, 0, HOST_PORT, VLAN, &all, &mac);
	}
	campus_run_ms(s->c, 500);
	assert_int_equal(s->c->nodes[0].station_count, CAMPUS_STATIONS);
	assert_int_equal(mac_table_count(rbridge_stations(s->c->nodes[0].rb)),
		core ? CAMPUS_STATIONS : CAMPUS_STATIONS - CAMPUS_STATIONS / 8);
}

/* What an agent here says, the configuration, and ESADI of what an agent elsewhere says. */
static void who_knows_has_room(bool core)
{
	struct tables_station row = {.vlan = VLAN,
		.mac = carol,
		.nickname = 0x101,
		.confidence = TABLES_CONFIDENCE_STATIC};
	struct rbridge_station other = guest;
	struct rbridge *rb;
	struct stage s;
	uint32_t count;

	stage_set(&s, true);
	rb = s.c->nodes[0].rb;
	row.nickname = campus_nickname(s.c, 1);
	other.mac = dave;
	fill(&s, core);
	count = mac_table_count(rbridge_stations(rb));
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	assert_true(rbridge_static_station(rb, &row, true, s.c->now));
	assert_int_equal(attests(&s, 2, &other), RBRIDGE_ATTESTED);
	assert_int_equal(known_at(&s, 0, &alice), 0);
	assert_int_equal(known_at(&s, 1, &alice), 0);
	assert_int_equal(known_at(&s, 0, &carol), 1);
	assert_int_equal(known_at(&s, 0, &dave), 2);
	assert_int_equal(mac_table_displaced(rbridge_stations(rb)), 3);
	assert_int_equal(mac_table_count(rbridge_stations(rb)), count);
	for (uint8_t i = 0; core && i < 8; i++) /* not of the port that has most */
		assert_int_equal(known_at(&s, 0, &(struct mac){{0x52, 0x54, 1, 0, 0, i}}), 1);
	stage_end(&s);
}

static void j_who_knows_has_room_where_frames_filled_both_tables(void **state)
{
	(void)state;
	who_knows_has_room(true);
}

static void j_who_knows_has_room_where_frames_filled_the_data_plane(void **state)
{
	(void)state;
	who_knows_has_room(false);
}

static unsigned int refills;

/* Frames are there before the core with the room that it has made. */
static int del_and_refill(struct trill_tables *t, const struct mac *mac, uint16_t vlan)
{
	struct campus_node_sim *n = (struct campus_node_sim *)t;
	struct tables_station *is = campus_station(n, mac, vlan);

	assert_non_null(is);
	if (refills)
		is->mac.bytes[2] = (uint8_t)--refills;
	else
		*is = n->stations[--n->station_count];
	return 0;
}

static void j_what_frames_fill_again_at_once_has_room_made_again(void **state)
{
	struct stage s;

	(void)state;
	stage_set(&s, false);
	fill(&s, false);
	refills = 5;
	s.c->nodes[0].tables.station_del = del_and_refill;
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	assert_int_equal(refills, 0);
	assert_int_equal(known_at(&s, 0, &alice), 0);
	stage_end(&s);
}

/* What the data plane learned of the station while its row was not there; frames of others have
 * taken that room, too, when the core hears of it. */
static void j_what_stands_against_frames_has_room_made_as_well(void **state)
{
	struct tables_station row = {.vlan = VLAN, .confidence = 0x20};
	struct tables_station *is;
	struct stage s;

	(void)state;
	stage_set(&s, false);
	fill(&s, false);
	row.mac = alice;
	row.nickname = campus_nickname(s.c, 1);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	is = campus_station(&s.c->nodes[0], &alice, VLAN);
	*is = row;
	is->mac = bob;
	rbridge_station(s.c->nodes[0].rb, TABLES_LEARNED, &row, NULL, s.c->now);
	assert_int_equal(known_at(&s, 0, &alice), 0);
	stage_end(&s);
}

static struct mac refused; /* or, where it is a group's, all are */
static bool refuses;
static unsigned int asked;

static int set_but_one(struct trill_tables *t, const struct tables_station *s)
{
	(void)t;
	if (!mac_is_group(&refused) && mac_compare(&s->mac, &refused))
		return 0;
	asked++;
	return refuses ? -ENOSPC : 0;
}

static void j_what_had_no_room_is_tried_again_until_it_has(void **state)
{
	struct rbridge_station second = guest;
	struct rbridge *rb;
	struct stage s;

	(void)state;
	stage_set(&s, false);
	rb = s.c->nodes[0].rb;
	refused = alice;
	refuses = true;
	asked = 0;
	s.c->nodes[0].tables.station_set = set_but_one;
	assert_int_equal(rbridge_station_attest(rb, &guest, s.c->now), RBRIDGE_ATTESTED);
	assert_int_equal(asked, 1); /* nothing makes room */
	assert_int_equal(rbridge_rows_refused(rb), 1);
	timer_set(&s.c->timers, &s.c->nodes[0].timer, rbridge_next(rb));
	campus_run_ms(s.c, 1500);
	assert_int_equal(asked, 2);
	/* 2 s later, 4 s, 8 s, 16 s, 32 s, 64 s, and 64 s from then on. */
	campus_run_ms(s.c, 126000);
	assert_int_equal(asked, 8);
	campus_run_ms(s.c, 3 * 64000);
	assert_int_equal(asked, 11);
	assert_int_equal(rbridge_rows_refused(rb), 11);
	refuses = false;
	campus_run_ms(s.c, 64000);
	assert_int_equal(asked, 12);
	campus_run_ms(s.c, 300000); /* it stands there */
	assert_int_equal(asked, 12);
	second.mac = refused = bob;
	refuses = true;
	assert_int_equal(attests(&s, 0, &second), RBRIDGE_ATTESTED);
	assert_int_equal(asked, 14); /* after 1 s, again */
	stage_end(&s);
}

static void many(struct rbridge_config *config, unsigned int number)
{
	config->stations_max = number ? 0 : 4096;
}

/* So that no turn is long. */
static void j_rows_are_tried_again_some_in_a_turn(void **state)
{
	struct rbridge_station station = guest;
	struct rbridge *rb;
	struct stage s;

	(void)state;
	stage_set_with(&s, false, many);
	rb = s.c->nodes[0].rb;
	refused = all;
	s.c->nodes[0].tables.station_set = set_but_one;
	refuses = false;
	assert_int_equal(rbridge_station_attest(rb, &station, s.c->now), RBRIDGE_ATTESTED);
	refuses = true;
	for (unsigned int i = 0; i < 3000; i++) {
		station.mac = made_up(i);
		assert_int_equal(rbridge_station_attest(rb, &station, s.c->now), RBRIDGE_ATTESTED);
	}
	refuses = false;
	asked = 0;
	campus_run_ms(s.c, 900);
	assert_int_equal(asked, 0);
	s.c->now = mono_add_ms(s.c->now, 100);
	for (unsigned int i = 0; i < 3; i++) {
		rbridge_time(rb, s.c->now);
		assert_int_equal(asked, i < 2 ? 1024 * (i + 1) - 1 : 3000);
	}
	stage_end(&s);
}

/* What frames alone show has a row when there is room, which it does not make; till then nothing
 * would age it. */
static void j_who_is_heard_of_has_a_row_when_there_is_room(void **state)
{
	uint8_t frame[64];
	size_t len = hex(frame, sizeof(frame), RARP);
	struct campus_node_sim *n;
	struct stage s;

	(void)state;
	stage_set(&s, false);
	n = &s.c->nodes[0];
	fill(&s, false);
	campus_wire(s.c, (unsigned int[]){0}, 1, 20000, &hybrid);
	campus_run_ms(s.c, 60000);
	rbridge_heard(n->rb, HOST_PORT + 1, VLAN, frame, len, s.c->now);
	stage_tells(&s, 0);
	assert_non_null(believed(&s, 0, &alice));
	assert_int_equal(known_at(&s, 0, &alice), -1);
	assert_int_equal(mac_table_displaced(rbridge_stations(n->rb)), 0);
	for (unsigned int i = 0; i < 3; i++)
		datapath_age(&s.dp, 0, &n->stations[0].mac, VLAN);
	campus_run_ms(s.c, 8000);
	assert_int_equal(known_at(&s, 0, &alice), 0);
	stage_end(&s);
}

/* Else frames for it would end here. */
static void j_at_a_port_that_does_not_serve_its_vlan_a_station_has_no_row(void **state)
{
	struct tables_station row = {.vlan = VLAN,
		.mac = carol,
		.ifindex = 0 + 1, /* a trunk's */
		.confidence = TABLES_CONFIDENCE_STATIC};
	struct stage s;

	(void)state;
	stage_set(&s, false);
	assert_true(rbridge_static_station(s.c->nodes[0].rb, &row, true, s.c->now));
	assert_int_equal(known_at(&s, 0, &carol), -1);
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(j_who_knows_has_room_where_frames_filled_both_tables),
		cmocka_unit_test(j_who_knows_has_room_where_frames_filled_the_data_plane),
		cmocka_unit_test(j_what_frames_fill_again_at_once_has_room_made_again),
		cmocka_unit_test(j_what_stands_against_frames_has_room_made_as_well),
		cmocka_unit_test(j_what_had_no_room_is_tried_again_until_it_has),
		cmocka_unit_test(j_rows_are_tried_again_some_in_a_turn),
		cmocka_unit_test(j_who_is_heard_of_has_a_row_when_there_is_room),
		cmocka_unit_test(j_at_a_port_that_does_not_serve_its_vlan_a_station_has_no_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
