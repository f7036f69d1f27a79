/* TRILL Data that lies: channel messages and ESADI of who is no neighbour, and floods of Address
 * Flushes (items J, K and L of docs/trill.md), by RFC 7178 section 3, RFC 7357 and RFC 8383. */
#include "tests/unit/trill_test.h"

#include "tests/trill/virtual_datapath.h"

#define VLAN        1
#define TRUNK       0
#define HOST_PORT   1
#define ACCESS_PORT 2

static const struct mac bob = {{0x52, 0x54, 0, 0, 0, 0xb0}};
static const struct mac stranger = {{0x02, 0xee, 0, 0, 0, 1}};
static const struct mac all = {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

/* Two RBridges with a trunk, a port with stations each, and a link that node 0 has for an access
 * link; all that is said of the campus is signed. */
struct stage {
	struct virtual_campus *c;
	struct virtual_datapath dp;
	struct rbridge *rb; /* node 0 */
	struct isis_key *key, *esadi_key;
};

static void stage_set(struct stage *s)
{
	struct campus_options host = {.native = true,
		.configured = true,
		.hello_ms = 3000,
		.holding_s = 30,
		.esadi = VLAN,
		.trees = {.compute = 2, .max = 3, .use = 1}};
	struct campus_options trunk;

	memset(s, 0, sizeof(*s));
	s->key = isis_key_new(ISIS_AUTH_HMAC_SHA256, 7, "of the campus", 13);
	s->esadi_key = esadi_key_new(ISIS_AUTH_HMAC_SHA256, 7, "of the campus", 13);
	host.keys = &s->key;
	host.key_count = 1;
	host.esadi_keys = &s->esadi_key;
	trunk = host;
	trunk.native = false;
	trunk.p2p = true;
	s->c = campus_new(2, 16, 1, &trunk);
	assert_non_null(s->c);
	datapath_init(&s->dp, s->c);
	campus_wire(s->c, (unsigned int[]){0, 1}, 2, 20000, &trunk);
	campus_wire(s->c, (unsigned int[]){0}, 1, 20000, &host);
	campus_wire(s->c, (unsigned int[]){1}, 1, 20000, &host);
	campus_wire(s->c, (unsigned int[]){0, 1}, 2, 20000, &host);
	s->c->nodes[0].configs[ACCESS_PORT].access = true;
	campus_port_up(s->c, 0, ACCESS_PORT);
	campus_run_ms(s->c, 90000);
	s->rb = s->c->nodes[0].rb;
	assert_int_equal(rbridge_adjacencies(s->rb, TRUNK)->count, 1);
}

static void stage_end(struct stage *s)
{
	campus_free(s->c);
	isis_key_free(s->key);
	isis_key_free(s->esadi_key);
}

static const struct mac_entry *known(const struct stage *s, const struct mac *mac)
{
	return mac_find(rbridge_stations(s->rb), (struct label){.id = VLAN}, mac);
}

/* To node 0 alone, one hop, with node 1 as its ingress. @behind: from the inner tag on. */
static void frame_in(struct stage *s, uint16_t port, const struct mac *sa, const char *behind)
{
	uint8_t frame[512];
	char text[1024];
	size_t len;

	snprintf(text, sizeof(text),
		"020000000000 020000000000 22F3 003F FFC0 0101 0180C2000042 020000000100 8100 %s",
		behind);
	len = hex(frame, sizeof(frame), text);
	frame[MAC_LEN - 1] = (uint8_t)port; /* campus_mac() */
	memcpy(frame + MAC_LEN, sa->bytes, MAC_LEN);
	s->c->receive(s->c->receive_arg, &s->c->nodes[0], port, frame, len);
}

static uint64_t esadi_seen(const struct stage *s)
{
	const uint64_t *received = esadi_received(rbridge_esadi(s->rb, &(uint16_t){VLAN}));
	uint64_t n = 0;

	for (unsigned int i = 0; i < ESADI_VERDICTS; i++)
		n += received[i];
	return n;
}

#define FLUSH_OF_BOB "C001 8946 0009 4000 01 0101 00 01 04 0001 0001 07 06 5254000000B0"
#define ESADI_PDU    "C001 22F4 8308 0106 0A01 0040"

/* RFC 7178 section 3: they take the checks of RFC 6325 section 4.6.2.3, an adjacency among them. */
static void l_who_is_no_neighbour_ends_and_flushes_nothing(void **state)
{
	const struct rbridge_counters *counters;
	const struct channel_room *room;
	char shutdown[64];
	struct mac neighbour = campus_mac(1, TRUNK);
	struct stage s;
	uint64_t seen;

	(void)state;
	stage_set(&s);
	datapath_send(&s.dp, 1, HOST_PORT, VLAN, &all, &bob);
	campus_run_ms(s.c, 1000);
	counters = rbridge_counters(s.rb, TRUNK);
	room = rbridge_channel(s.rb);
	seen = esadi_seen(&s);
	snprintf(shutdown, sizeof(shutdown), "E001 8946 0006 0000 %04X",
		rbridge_adjacencies(s.rb, TRUNK)->rows[0].key.port_id);
	frame_in(&s, TRUNK, &stranger, shutdown);
	frame_in(&s, TRUNK, &stranger, FLUSH_OF_BOB);
	frame_in(&s, TRUNK, &stranger, ESADI_PDU);
	assert_int_equal(counters->not_adjacent, 3);
	assert_int_equal(room->received[CHANNEL_TAKEN], 0);
	assert_int_equal(esadi_seen(&s), seen);
	assert_int_equal(rbridge_adjacencies(s.rb, TRUNK)->count, 1);
	assert_non_null(known(&s, &bob));
	/* Of a neighbour the same are taken. */
	frame_in(&s, TRUNK, &neighbour, ESADI_PDU);
	assert_int_equal(esadi_seen(&s), seen + 1);
	frame_in(&s, TRUNK, &neighbour, shutdown);
	assert_int_equal(rbridge_adjacencies(s.rb, TRUNK)->count, 0);
	stage_end(&s);
}

/* On an access link there are neighbours, and no TRILL Data. */
static void k_esadi_is_not_taken_by_where_no_data_goes(void **state)
{
	struct mac neighbour = campus_mac(1, ACCESS_PORT);
	struct stage s;
	uint64_t seen;

	(void)state;
	stage_set(&s);
	assert_int_equal(rbridge_adjacencies(s.rb, ACCESS_PORT)->rows[0].state, ADJACENCY_REPORT);
	seen = esadi_seen(&s);
	s.c->nodes[0].ports[ACCESS_PORT].trill = true; /* the data plane does not know it yet */
	frame_in(&s, ACCESS_PORT, &neighbour, ESADI_PDU);
	assert_int_equal(esadi_seen(&s), seen);
	assert_int_equal(rbridge_counters(s.rb, ACCESS_PORT)->not_adjacent, 1);
	stage_end(&s);
}

/* 300 a second come, and 200 are looked at; one that names no MAC counts as ten. */
static void j_a_flood_of_flushes_is_bounded(void **state)
{
	struct mac neighbour = campus_mac(1, TRUNK);
	const struct rbridge_counters *counters;
	struct stage s;

	(void)state;
	stage_set(&s);
	counters = rbridge_counters(s.rb, TRUNK);
	for (unsigned int i = 0; i < 300; i++)
		frame_in(&s, TRUNK, &neighbour, FLUSH_OF_BOB);
	assert_int_equal(counters->flooded, 100);
	campus_run_ms(s.c, 2000);
	for (unsigned int i = 0; i < 30; i++)
		frame_in(&s, TRUNK, &neighbour, "C001 8946 0009 4000 00 01 0001 0001");
	assert_int_equal(counters->flooded, 110);
	stage_end(&s);
}

/* Alice and Carol are ours, as an agent and frames say; another says that they are elsewhere. */
static void j_a_flush_does_not_gainsay_who_attests_a_station(void **state)
{
	struct rbridge_station alice = {
		.vlan = VLAN, .mac = {{0x52, 0x54, 0, 0, 0, 0xa1}}, .port = HOST_PORT};
	struct mac carol = {{0x52, 0x54, 0, 0, 0, 0xca}}, neighbour = campus_mac(1, TRUNK);
	struct stage s;

	(void)state;
	stage_set(&s);
	assert_int_equal(rbridge_station_attest(s.rb, &alice, s.c->now), RBRIDGE_ATTESTED);
	datapath_send(&s.dp, 0, HOST_PORT, VLAN, &all, &carol);
	campus_run_ms(s.c, 1000);
	assert_true(known(&s, &carol)->place.local);
	frame_in(&s, TRUNK, &neighbour,
		"C001 8946 0009 4000 01 0100 00 01 04 0001 0001 07 0C 5254000000A1 5254000000CA");
	assert_null(known(&s, &carol));
	assert_non_null(known(&s, &alice.mac));
	stage_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(l_who_is_no_neighbour_ends_and_flushes_nothing),
		cmocka_unit_test(k_esadi_is_not_taken_by_where_no_data_goes),
		cmocka_unit_test(j_a_flood_of_flushes_is_bounded),
		cmocka_unit_test(j_a_flush_does_not_gainsay_who_attests_a_station),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
