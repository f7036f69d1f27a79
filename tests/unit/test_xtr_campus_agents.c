/* A guest with agents in campuses: what its agent says counts more than what the campus says, and
 * the campus that it has left is told, once. */
#include "tests/unit/handover_sites.h"

static unsigned int left_count;

static void station_left(struct router_ops *ops, int ifindex, const uint8_t mac[6])
{
	assert_int_equal(ifindex, PORT);
	assert_memory_equal(mac, ((uint8_t[]){2, 0, 0, 0, 0, 9}), 6);
	left_count++;
}

/* The campus of site @i attests the guest, or says that it is gone. */
static void campus(struct sites *s, unsigned int i, uint16_t nickname, bool gone)
{
	struct router_station station = {.ifindex = PORT,
		.mac = {2, 0, 0, 0, 0, 9},
		.attested = true,
		.nickname = nickname,
		.gone = gone,
		.ip_count = 1,
		.ips = {world_eid(HOST).addr}};

	world_station(s->x[i], &station);
	settle(s);
}

static struct sites *campuses(void)
{
	struct sites *s = prepared();

	left_count = 0;
	s->x[0]->ops.station_left = s->x[1]->ops.station_left = station_left;
	return s;
}

static void what_the_campus_says_changes_nothing_while_an_agent_speaks(void **state)
{
	struct sites *s = campuses();
	uint64_t seq = s->seq;

	/* The destination's RBridge has it too early, the source's has lost it too early. */
	campus(s, 1, 0x0c01, false);
	campus(s, 0, 0x0c01, false);
	campus(s, 0, 0x0c01, true);
	pass(s, 3000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->seq, seq);
	assert_true(here(s, 0));
	assert_int_equal(s->x[0]->probe_count + s->x[1]->probe_count, 0);
	assert_int_equal(left_count, 0);
	sites_free(s);
}

static void the_campus_that_a_guest_has_left_is_told_when_the_other_site_has_it(void **state)
{
	struct sites *s = campuses();

	campus(s, 0, 0x0c01, false);
	stop(s, 0, 0);
	pass(s, 2);
	assert_int_equal(left_count, 0);
	say(s, 1, HANDOVER_RUNNING);
	campus(s, 1, 0x0c02, false);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(left_count, 1);
	say(s, 0, HANDOVER_GONE);
	campus(s, 0, 0x0c01, true);
	pass(s, 5000);
	assert_int_equal(left_count, 1);
	assert_int_equal(s->owner, 1);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_campus_says_changes_nothing_while_an_agent_speaks),
		cmocka_unit_test(
			the_campus_that_a_guest_has_left_is_told_when_the_other_site_has_it),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
