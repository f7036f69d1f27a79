/* MACs of guests are registered and move, and no packet is routed by them. See
 * docs/decisions/handover.md. */
#include "tests/unit/handover_sites.h"

/* ---- MACs: they are registered and move, and no packet is routed by them ---- */

static void pin_address(
	struct router_ops *ops, int ifindex, const struct eid *host, const uint8_t *mac)
{
	assert_true(address_is_ip(&host->addr));
}

static struct sites *sites_of_mac(void)
{
	struct sites *s = sites_of(MAC);

	s->x[0]->ops.pin_host = s->x[1]->ops.pin_host = pin_address;
	return s;
}

/* Neither the data plane nor the site's machines have heard of it. */
static void expect_no_trace(struct sites *s)
{
	struct eid mac = world_eid(MAC), prefix = world_eid("02:00:00:00:00:00/40");

	for (unsigned int i = 0; i < 2; i++) {
		assert_null(fake_datapath_find(&s->x[i]->dp, &mac));
		assert_null(fake_datapath_find(&s->x[i]->dp, &prefix));
		assert_int_equal(s->x[i]->dp.injected_count, 0);
		assert_int_equal(s->x[i]->probe_count, 0);
		assert_int_equal(s->x[i]->announced_count, 0);
		assert_int_equal(counter(s, i, XTR_DATAPATH_ERRORS), 0);
	}
}

static void a_mac_moves_as_an_address_does_without_a_trace_in_the_data_plane(void **state)
{
	struct sites *s = sites_of_mac();
	uint64_t seq = s->seq;
	struct router_move m;

	say(s, 1, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, HANDOVER_TAIL_FOLLOWS);
	pass(s, 2); /* there is no tail to wait for */
	m = shown(s, 0, 1);
	expect_steps(&m, "prepared accepted paused cut ");
	tail(s, 0, 0, 0, 0);
	tail(s, 0, 0, 1, 5);
	say(s, 1, HANDOVER_RUNNING);
	pass(s, 5);
	assert_int_equal(s->owner, 1);
	assert_int_equal(s->seq, seq + 1);
	assert_int_equal(s->claims, 2);
	say(s, 0, HANDOVER_GONE);
	pass(s, 5000);
	assert_int_equal(s->owner, 1);
	assert_int_equal(shown(s, 1, 1).result, ROUTER_RESULT_MOVED);
	expect_no_trace(s);
	sites_free(s);
}

static void an_aborted_move_leaves_a_mac_where_it_was(void **state)
{
	struct sites *s = sites_of_mac();

	say(s, 1, HANDOVER_INCOMING);
	say(s, 0, HANDOVER_LEAVING);
	pass(s, 5);
	stop(s, 0, 0);
	pass(s, 5);
	say(s, 0, HANDOVER_RUNNING);
	say(s, 1, HANDOVER_GONE);
	pass(s, 1000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(shown(s, 0, 1).result, ROUTER_RESULT_ABORTED);
	expect_no_trace(s);
	sites_free(s);
}

static void a_hypervisor_cannot_take_a_mac_that_runs_elsewhere(void **state)
{
	struct sites *s = sites_of_mac();

	say(s, 1, HANDOVER_RUNNING);
	pass(s, 3000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_REFUSED), 1);
	expect_no_trace(s);
	sites_free(s);
}

static void a_mac_stays_while_its_agent_is_silent_and_its_port_is_down(void **state)
{
	struct sites *s = sites_of_mac();

	s->answering[0] = false;
	pass(s, 120000);
	port_state(s, 0, false);
	pass(s, 60000);
	port_state(s, 0, true);
	pass(s, 60000);
	assert_int_equal(s->owner, 0);
	assert_int_equal(s->claims, 1);
	expect_no_trace(s);
	say(s, 1, HANDOVER_RUNNING); /* nobody contradicts this agent */
	pass(s, 3000);
	assert_int_equal(s->owner, 1);
	assert_int_equal(counter(s, 1, XTR_HANDOVER_TAKEN_OVER), 0);
	expect_no_trace(s);
	sites_free(s);
}

static void a_mac_is_withdrawn_when_its_agent_says_that_the_guest_has_gone(void **state)
{
	struct sites *s = sites_of_mac();

	say(s, 0, HANDOVER_GONE);
	pass(s, 5);
	assert_int_equal(s->owner, -1);
	sites_free(s);
}

/* RFC 8060 sections 4.1 and 4.10.2: AFI 6, in an Instance-ID LCAF. */
static void the_map_server_is_told_of_a_mac_in_its_instance(void **state)
{
	static const uint8_t want[] = {48, 0x10, 0, 0, 0, 0x40, 0x03, 0, 0, 2, 0, 0, 12, 0, 0, 0, 7,
		0, 6, 2, 0, 0, 0, 0, 9};
	struct sites *s = sites_of("[7]" MAC);
	struct world *w = s->x[0];
	unsigned int found = 0;

	say(s, 0, HANDOVER_GONE);
	world_pass(w, 1);
	for (unsigned int i = 0; i < w->sent_count; i++)
		found += memmem(w->sent[i].bytes, w->sent[i].len, want, sizeof(want)) != NULL;
	assert_int_equal(found, 1);
	sites_free(s);
}

static void a_mac_that_the_site_does_not_register_is_taken_note_of(void **state)
{
	struct sites *s = sites_of_mac();

	s->host = "02:00:00:00:ff:09";
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 100);
	assert_int_equal(s->result[0], HANDOVER_TAKEN);
	s->host = "10.3.0.9/32"; /* while of an address the agent hears so */
	say(s, 0, HANDOVER_RUNNING);
	pass(s, 100);
	assert_int_equal(s->result[0], HANDOVER_NOT_PERMITTED);
	assert_int_equal(s->claims, 1);
	sites_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mac_moves_as_an_address_does_without_a_trace_in_the_data_plane),
		cmocka_unit_test(an_aborted_move_leaves_a_mac_where_it_was),
		cmocka_unit_test(a_hypervisor_cannot_take_a_mac_that_runs_elsewhere),
		cmocka_unit_test(a_mac_stays_while_its_agent_is_silent_and_its_port_is_down),
		cmocka_unit_test(a_mac_is_withdrawn_when_its_agent_says_that_the_guest_has_gone),
		cmocka_unit_test(the_map_server_is_told_of_a_mac_in_its_instance),
		cmocka_unit_test(a_mac_that_the_site_does_not_register_is_taken_note_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
