/* Hosts found at this site and the floods against their table; the forwarding entries at the start;
 * reload; views. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

static const char *const peer[] = {"198.51.100.7", NULL};

static enum datapath_action action(struct world *w, const char *eid)
{
	struct eid e = world_eid(eid);
	struct fake_entry *f = fake_datapath_find(&w->dp, &e);

	assert_non_null(f);
	return f->e.action;
}

static void at_the_start_the_eid_space_holds_and_static_prefixes_are_local(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	world_start(w);
	assert_int_equal(w->dp.count, 4);
	assert_int_equal(action(w, "10.0.0.0/8"), DATAPATH_NONE);
	eid = world_eid("10.1.0.0/16"); /* a dynamic-EID prefix is EID-space, unasked */
	assert_true(fake_datapath_find(&w->dp, &eid)->e.hold);
	assert_int_equal(action(w, "10.2.0.0/24"), DATAPATH_LOCAL);
	world_free(w);
}

static void a_flood_of_forged_sources_fills_its_own_port_only(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char eid[32];
	unsigned int i;

	w->policy.limits.hosts_per_port = 100;
	world_start(w);
	for (i = 0; i < 500; i++) {
		snprintf(eid, sizeof(eid), "10.1.%u.%u/32", i / 250, i % 250);
		world_host(w, eid, 3, false);
		world_forget(w);
	}
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 100);
	assert_int_equal(world_counter(w, XTR_HOSTS_DROP_LIMIT), 400);
	world_host(w, "10.1.9.9/32", 4, false);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 101);
	world_free(w);
}

static void new_hosts_on_a_port_are_limited_by_the_second(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char eid[32];
	unsigned int i;

	w->policy.limits.new_hosts_per_port = 10;
	world_start(w);
	for (i = 0; i < 30; i++) {
		snprintf(eid, sizeof(eid), "10.1.0.%u/32", i);
		world_host(w, eid, 3, true);
	}
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 10);
	assert_int_equal(world_counter(w, XTR_HOSTS_DROP_RATE), 20);
	world_pass(w, 500);
	for (i = 0; i < 30; i++) {
		snprintf(eid, sizeof(eid), "10.1.0.%u/32", i);
		world_host(w, eid, 3, true);
	}
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 15);
	world_free(w);
}

static void hosts_of_a_port_that_goes_down_are_looked_for_and_then_withdrawn(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct move m;

	w->policy.timers.idle_s = 86400;
	world_start(w);
	world_host(w, "10.1.0.5/32", 3, true);
	m = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, m.nonce, 1, "10.1.0.5/32", "192.0.2.1", true);
	router_port(w->router, 3, false, w->now, w->out);
	assert_int_equal(w->probe_count, 1);
	assert_int_equal(w->probes[0].ifindex, 0); /* behind any port */
	world_pass(w, 9000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	world_pass(w, 1500);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 1);
	world_take_move(w, MOVE_WITHDRAW);
	world_free(w);
}

static void a_failed_neighbour_is_asked_before_it_is_withdrawn(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct router_neighbour n = {
		.host = world_eid("10.1.0.5/32"), .ifindex = 3, .mac = {2, 0, 0, 0, 0, 1}};

	w->policy.timers.idle_s = 86400;
	world_start(w);
	router_neighbour(w->router, &n, w->now, w->out);
	assert_int_equal(world_counter(w, XTR_HOSTS_FOUND), 1);
	n.failed = true;
	router_neighbour(w->router, &n, w->now, w->out);
	assert_int_equal(w->probe_count, 1);
	world_host(w, "10.1.0.5/32", 3, true);
	world_pass(w, 10000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 0);
	router_neighbour(w->router, &n, w->now, w->out);
	world_pass(w, 3000);
	assert_int_equal(world_counter(w, XTR_HOSTS_GONE), 1);
	world_free(w);
}

static void a_reload_keeps_what_is_the_same(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid gone = world_eid("10.2.0.0/24"), came = world_eid("10.3.0.0/24");
	struct eid six = world_eid("2001:db8:e::/48");
	struct map_request m;
	struct policy next;
	struct move c;

	policy_add_eid(&w->policy, &gone);
	w->policy.timers.idle_s = 86400;
	world_start(w);
	world_ack_registers(w);
	world_host(w, "10.1.0.5/32", 3, true);
	c = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, c.nonce, 1, "10.1.0.5/32", "192.0.2.1", true);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 600, LISP_ACT_NONE, peer);
	policy_copy(&next, &w->policy);
	next.eids[0] = came;
	next.space_count = 1; /* no IPv6 any more */
	assert_int_equal(router_reload(w->router, &next, w->now, w->out), 0);
	policy_fini(&next);
	world_pass(w, 0);
	assert_int_equal(action(w, "10.3.0.0/24"), DATAPATH_LOCAL);
	assert_null(fake_datapath_find(&w->dp, &gone));
	assert_null(fake_datapath_find(&w->dp, &six));
	assert_int_equal(action(w, "10.1.0.5/32"), DATAPATH_LOCAL);
	assert_int_equal(action(w, "10.9.0.0/24"), DATAPATH_ENCAP);
	world_miss(w, "10.9.1.5/32", 1); /* collects */
	assert_true(world_has(w, LISP_MAP_REGISTER));
	world_free(w);
}

static void a_reload_drops_hosts_and_mappings_that_no_prefix_covers_any_more(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid host = world_eid("10.1.0.5/32"), mapping = world_eid("10.9.0.0/24");
	struct map_request m;
	struct policy next;

	world_start(w);
	world_host(w, "10.1.0.5/32", 3, true);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 600, LISP_ACT_NONE, peer);
	policy_copy(&next, &w->policy);
	next.dynamic[0] = world_eid("10.200.0.0/16");
	next.space[0] = world_eid("10.200.0.0/16");
	assert_int_equal(router_reload(w->router, &next, w->now, w->out), 0);
	policy_fini(&next);
	assert_null(fake_datapath_find(&w->dp, &host));
	assert_null(fake_datapath_find(&w->dp, &mapping));
	assert_int_equal(w->dp.count, 2);
	world_free(w);
}

static void a_new_map_server_is_told_everything(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");
	struct policy next;
	struct address to;

	policy_add_eid(&w->policy, &eid);
	world_start(w);
	world_host(w, "10.1.0.5/32", 3, true);
	world_ack_registers(w);
	world_forget(w);
	policy_copy(&next, &w->policy);
	next.servers[0].at = world_endpoint("192.0.2.101");
	to = next.servers[0].at.addr;
	assert_int_equal(router_reload(w->router, &next, w->now, w->out), 0);
	policy_fini(&next);
	world_miss(w, "10.9.1.5/32", 1); /* collects */
	assert_true(address_equal(&world_take(w, LISP_MAP_REGISTER)->to.addr, &to));
	assert_true(address_equal(&world_take(w, LISP_EXTENSION)->to.addr, &to));
	world_free(w);
}

struct seen {
	unsigned int count, dynamic, registered;
	uint64_t seq;
};

static bool view_local(const struct router_local_view *v, void *arg)
{
	struct seen *s = arg;

	s->count++;
	s->dynamic += v->dynamic;
	s->registered += v->registered;
	s->seq += v->seq;
	return true;
}

static bool view_cache(const struct router_cache_view *v, void *arg)
{
	struct seen *s = arg;

	s->count++;
	assert_int_equal(v->ttl_s, 36000 - 10);
	assert_int_equal(v->age_s, 10);
	assert_int_equal(v->locator_count, 1);
	assert_true(v->locators[0].up);
	return true;
}

static void views_show_what_is_here_and_elsewhere(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");
	struct seen seen = {0};
	struct map_request m;
	struct move c;

	policy_add_eid(&w->policy, &eid);
	world_start(w);
	router_each_local(w->router, w->now, view_local, &seen);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.registered, 0);
	world_ack_registers(w);
	world_host(w, "10.1.0.5/32", 3, true);
	c = world_take_move(w, MOVE_CLAIM);
	world_move(w, MOVE_GRANTED, c.nonce, 7, "10.1.0.5/32", "192.0.2.1", true);
	memset(&seen, 0, sizeof(seen));
	router_each_local(w->router, w->now, view_local, &seen);
	assert_int_equal(seen.count, 2);
	assert_int_equal(seen.dynamic, 1);
	assert_int_equal(seen.registered, 2);
	assert_int_equal(seen.seq, 7);
	world_miss(w, "10.9.0.5/32", 1);
	m = world_take_request(w);
	world_reply(w, m.nonce, "10.9.0.0/24", 600, LISP_ACT_NONE, peer);
	world_pass(w, 10000);
	memset(&seen, 0, sizeof(seen));
	router_each_cache(w->router, w->now, view_cache, &seen);
	assert_int_equal(seen.count, 1);
	world_free(w);
}

static void a_data_plane_that_refuses_is_counted(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);

	w->dp.refuse = true;
	world_start(w);
	assert_int_equal(world_counter(w, XTR_DATAPATH_ERRORS), 3);
	world_free(w);
}

static void every_counter_has_a_name_of_its_own_and_a_help_line(void **state)
{
	unsigned int i, j;

	for (i = 0; i < XTR_COUNTER_COUNT; i++) {
		assert_non_null(strstr(xtr_counter_info[i].name, "xtr_"));
		assert_true(strlen(xtr_counter_info[i].help) > 5);
		for (j = 0; j < i; j++)
			assert_string_not_equal(xtr_counter_info[i].name, xtr_counter_info[j].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_the_start_the_eid_space_holds_and_static_prefixes_are_local),
		cmocka_unit_test(a_flood_of_forged_sources_fills_its_own_port_only),
		cmocka_unit_test(new_hosts_on_a_port_are_limited_by_the_second),
		cmocka_unit_test(hosts_of_a_port_that_goes_down_are_looked_for_and_then_withdrawn),
		cmocka_unit_test(a_failed_neighbour_is_asked_before_it_is_withdrawn),
		cmocka_unit_test(a_reload_keeps_what_is_the_same),
		cmocka_unit_test(a_reload_drops_hosts_and_mappings_that_no_prefix_covers_any_more),
		cmocka_unit_test(a_new_map_server_is_told_everything),
		cmocka_unit_test(views_show_what_is_here_and_elsewhere),
		cmocka_unit_test(a_data_plane_that_refuses_is_counted),
		cmocka_unit_test(every_counter_has_a_name_of_its_own_and_a_help_line),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
