/* Several RBridges that claim one end station: item K of docs/trill.md, by RFC 7357 section 5. */
#include "tests/unit/trill_campus.h"

#include "trill/core/rbridge_internal.h"

#define VLAN     1
#define STATIONS 64

/* A triangle; 0's way to 2 costs as much as that to 1, or (@far) twice. */
static struct virtual_campus *triangle(bool far)
{
	struct virtual_campus *c = campus_of(3, &p2p);

	wire(c, 0, 1, &p2p);
	wire(c, 1, 2, &p2p);
	if (!far)
		wire(c, 2, 0, &p2p);
	campus_run_ms(c, 90000);
	return c;
}

static struct esadi_address station(unsigned int i)
{
	return (struct esadi_address){
		.mac = {{2, 0, 0, 0xee, 0, (uint8_t)i}}, .confidence = RBRIDGE_CONFIDENCE_ATTESTED};
}

static void claims(struct virtual_campus *c, unsigned int node, unsigned int i, bool gone)
{
	struct esadi_address a = station(i);

	rbridge_station_claimed(c->nodes[0].rb, VLAN, campus_nickname(c, node), &a, gone);
}

/* Whom 0 believes; the tables say the same. */
static uint16_t believed(struct virtual_campus *c, unsigned int i)
{
	struct mac mac = station(i).mac;
	const struct mac_entry *e =
		mac_find(rbridge_stations(c->nodes[0].rb), (struct label){.id = VLAN}, &mac);
	const struct tables_station *row = campus_station(&c->nodes[0], &mac, VLAN);

	assert_non_null(e);
	assert_non_null(row);
	assert_int_equal(row->nickname, e->place.where);
	return e->place.where;
}

static void k_of_equal_claims_the_nearest_counts_in_whatever_order(void **state)
{
	struct virtual_campus *c = triangle(true);

	(void)state;
	for (unsigned int i = 0; i < STATIONS; i++) {
		claims(c, 1 + i % 2, i, false);
		claims(c, 2 - i % 2, i, false);
		assert_int_equal(believed(c, i), campus_nickname(c, 1));
	}
	campus_free(c);
}

static void k_of_equally_near_claims_chance_decides_and_it_stays(void **state)
{
	struct virtual_campus *c = triangle(false);
	unsigned int of[2] = {0, 0};

	(void)state;
	for (unsigned int i = 0; i < STATIONS; i++) {
		uint16_t first;

		claims(c, 1, i, false);
		claims(c, 2, i, false);
		first = believed(c, i);
		of[first == campus_nickname(c, 2)]++;
		claims(c, 1, i, false);
		assert_int_equal(believed(c, i), first);
		claims(c, 1, i, true);
		claims(c, 2, i, true);
		claims(c, 2, i, false);
		claims(c, 1, i, false);
		assert_int_equal(believed(c, i), first);
	}
	assert_in_range(of[0], 8, STATIONS - 8);
	campus_free(c);
}

static void k_more_confidence_wins_however_far(void **state)
{
	struct virtual_campus *c = triangle(true);
	struct esadi_address a = station(1);

	(void)state;
	claims(c, 1, 1, false);
	a.confidence++;
	rbridge_station_claimed(c->nodes[0].rb, VLAN, campus_nickname(c, 2), &a, false);
	assert_int_equal(believed(c, 1), campus_nickname(c, 2));
	claims(c, 1, 1, false);
	assert_int_equal(believed(c, 1), campus_nickname(c, 2));
	campus_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(k_of_equal_claims_the_nearest_counts_in_whatever_order),
		cmocka_unit_test(k_of_equally_near_claims_chance_decides_and_it_stays),
		cmocka_unit_test(k_more_confidence_wins_however_far),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
