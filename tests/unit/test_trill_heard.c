/* What ARP, ND and RARP of end stations teach RBridges that let them go on (docs/trill.md,
 * coupling): addresses, of which ESADI tells, and where a guest has arrived. */
#include "tests/unit/trill_stage.h"

#define ALICE "5254000000A1 "
#define ALL   "FFFFFFFFFFFF "
#define NONE  "000000000000 "
/* RFC 903 as QEMU sends it at the end of a migration: who am I? */
#define RARP  ALL ALICE "8035 0001 0800 06 04 0003 " ALICE "00000000 " ALICE "00000000"
#define TELLS ALL ALICE "0806 0001 0800 06 04 0001 " ALICE "0A0000A1 " NONE "0A0000A1"
#define ASKS  ALL ALICE "0806 0001 0800 06 04 0001 " ALICE "0A0000A2 " NONE "0A0000B0"
/* From 2001:db8::a1 to all nodes; its checksum was made by a script. */
#define ADVERTISES                                                                                 \
	"333300000001 " ALICE "86DD 6000000000203AFF 20010DB80000000000000000000000A1 "            \
	"FF020000000000000000000000000001 8800A6F620000000 20010DB80000000000000000000000A1 "      \
	"02015254000000A1"

static const struct ip_list none;

static void sends(struct stage *s, unsigned int node, const char *text)
{
	uint8_t frame[128];
	size_t len = hex(frame, sizeof(frame), text);

	datapath_inject(&s->dp, node, HOST_PORT, frame, len);
	campus_run_ms(s->c, TOLD_MS);
}

static void n_addresses_of_stations_are_told_though_nobody_answers_for_them(void **state)
{
	static const struct ip_list want = {.ipv4_count = 2,
		.ipv6_count = 1,
		.ipv4 = {{10, 0, 0, 0xa1}, {10, 0, 0, 0xa2}},
		.ipv6 = {{0x20, 1, 0xd, 0xb8, [15] = 0xa1}}};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	assert_false(s.c->nodes[0].self.asks);
	sends(&s, 0, TELLS);
	assert_int_equal(datapath_seen(&s.dp, 0, 1, HOST_PORT, &alice), 1); /* it has gone on */
	sends(&s, 0, ADVERTISES);
	sends(&s, 0, ASKS);
	for (unsigned int i = 0; i < 3; i++)
		assert_memory_equal(&believed(&s, i, &alice)->ips, &want, sizeof(want));
	assert_int_equal(believed(&s, 1, &alice)->origin, MAC_ESADI);
	/* What is not heard again is nobody's. */
	campus_run_ms(s.c, 230000);
	assert_memory_equal(&believed(&s, 1, &alice)->ips, &none, sizeof(none));
	stage_end(&s);
}

/* It tells no address: those that ESADI told of come with the station, and age here. */
static void n_where_a_guest_arrives_its_rarp_takes_its_addresses_along(void **state)
{
	static const struct ip_list want = {.ipv4_count = 1, .ipv4 = {{10, 0, 0, 0xa1}}};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	sends(&s, 0, TELLS);
	sends(&s, 2, RARP);
	for (unsigned int i = 0; i < 3; i++) {
		assert_int_equal(known_at(&s, i, &alice), 2);
		assert_memory_equal(&believed(&s, i, &alice)->ips, &want, sizeof(want));
	}
	assert_int_equal(esadi_announced(rbridge_esadi(s.c->nodes[0].rb, &(uint16_t){1})), 0);
	campus_run_ms(s.c, 230000);
	assert_memory_equal(&believed(&s, 1, &alice)->ips, &none, sizeof(none));
	stage_end(&s);
}

/* Which the data plane had no room to tell of. */
static void j_a_rarp_alone_shows_where_the_guest_is(void **state)
{
	struct rbridge *rb;
	uint8_t frame[128];
	struct stage s;
	size_t len;

	(void)state;
	stage_set(&s, false);
	says(&s, 0, &alice, &all);
	rb = s.c->nodes[2].rb;
	len = hex(frame, sizeof(frame), RARP);
	for (size_t cut = 0; cut < len; cut++)
		rbridge_heard(rb, HOST_PORT, VLAN, frame, cut, s.c->now);
	frame[22] ^= 2; /* in another's name */
	rbridge_heard(rb, HOST_PORT, VLAN, frame, len, s.c->now);
	frame[22] ^= 2;
	rbridge_heard(rb, HOST_PORT, 2, frame, len, s.c->now); /* a VLAN that it has not */
	rbridge_heard(rb, HOST_PORT, 4095, frame, len, s.c->now);
	rbridge_heard(rb, 0, VLAN, frame, len, s.c->now); /* a trunk */
	rbridge_heard(rb, RBRIDGE_PORTS_MAX, VLAN, frame, len, s.c->now);
	assert_int_equal(known_at(&s, 2, &alice), 0);
	rbridge_heard(rb, HOST_PORT, VLAN, frame, len, s.c->now);
	stage_tells(&s, 2);
	assert_int_equal(known_at(&s, 2, &alice), 2);
	assert_null(believed(&s, 0, &alice)); /* it is flushed there */
	stage_end(&s);
}

static void k_an_agents_word_stands_against_rarp_and_keeps_its_addresses(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN,
		.mac = alice,
		.port = HOST_PORT,
		.ips = {.ipv4_count = 4,
			.ipv4 = {{10, 0, 0, 1}, {10, 0, 0, 2}, {10, 0, 0, 3}, {10, 0, 0, 4}}}};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	sends(&s, 2, RARP);
	sends(&s, 2, TELLS);
	for (unsigned int i = 0; i < 3; i++)
		assert_int_equal(known_at(&s, i, &alice), 0);
	sends(&s, 0, ADVERTISES);
	sends(&s, 0, TELLS); /* a frame's word is not the agent's */
	assert_int_equal(believed(&s, 1, &alice)->ips.ipv6_count, 0);
	assert_memory_equal(
		believed(&s, 1, &alice)->ips.ipv4, guest.ips.ipv4, sizeof(guest.ips.ipv4));
	stage_end(&s);
}

static void k_what_frames_showed_is_not_attested_with_the_station(void **state)
{
	struct rbridge_station guest = {.vlan = VLAN, .mac = alice, .port = HOST_PORT};
	struct stage s;

	(void)state;
	stage_set(&s, true);
	sends(&s, 0, TELLS);
	assert_int_equal(believed(&s, 1, &alice)->ips.ipv4_count, 1);
	assert_int_equal(attests(&s, 0, &guest), RBRIDGE_ATTESTED);
	stage_tells(&s, 0);
	assert_int_equal(believed(&s, 1, &alice)->ips.ipv4_count, 0);
	stage_end(&s);
}

/* Of those that frames show the last ones count. */
static void n_a_station_with_many_addresses_keeps_the_last(void **state)
{
	struct stage s;
	char text[256];

	(void)state;
	stage_set(&s, true);
	for (unsigned int i = 1; i <= IP_LIST_EACH + 2; i++) {
		snprintf(text, sizeof(text),
			ALL ALICE "0806 0001 0800 06 04 0001 " ALICE "0A0000%02x " NONE
				  "0A0000%02x",
			i, i);
		sends(&s, 0, text);
	}
	assert_int_equal(believed(&s, 1, &alice)->ips.ipv4_count, IP_LIST_EACH);
	assert_int_equal(believed(&s, 1, &alice)->ips.ipv4[0][3], 3);
	assert_int_equal(believed(&s, 1, &alice)->ips.ipv4[IP_LIST_EACH - 1][3], IP_LIST_EACH + 2);
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(n_addresses_of_stations_are_told_though_nobody_answers_for_them),
		cmocka_unit_test(n_where_a_guest_arrives_its_rarp_takes_its_addresses_along),
		cmocka_unit_test(j_a_rarp_alone_shows_where_the_guest_is),
		cmocka_unit_test(k_what_frames_showed_is_not_attested_with_the_station),
		cmocka_unit_test(k_an_agents_word_stands_against_rarp_and_keeps_its_addresses),
		cmocka_unit_test(n_a_station_with_many_addresses_keeps_the_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
