/* The policy's check tells all mistakes, each with what would be right. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/xtr_world.h"

struct told {
	unsigned int count;
	char text[32][320];
};

static void note(void *arg, const char *text)
{
	struct told *t = arg;

	if (t->count < 32)
		snprintf(t->text[t->count], sizeof(t->text[0]), "%s", text);
	t->count++;
}

static bool told(const struct told *t, const char *text)
{
	unsigned int i;

	for (i = 0; i < t->count && i < 32; i++)
		if (strstr(t->text[i], text))
			return true;
	return false;
}

static void the_defaults_are_those_of_the_specification(void **state)
{
	struct policy p;

	policy_init(&p);
	assert_int_equal(p.timers.register_s, 60);
	assert_int_equal(p.timers.ack_ms, 1000);
	assert_int_equal(p.timers.backoff_max_s, 60);
	assert_int_equal(p.timers.request_tries, 10);
	assert_int_equal(p.timers.request_rest_s, 30);
	assert_int_equal(p.timers.hold_ms, 2000);
	assert_int_equal(p.timers.smr_ms, 3000);
	assert_int_equal(p.limits.hold_packets, 64);
	assert_int_equal(p.limits.hold_bytes, 64 * 1024 * 1024);
	assert_int_equal(p.limits.replies_per_rloc, 10000);
	assert_int_equal(p.limits.excess_per_rloc, 1000);
	policy_fini(&p);
}

static void every_mistake_is_told_with_the_value_and_what_would_be_right(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct policy *p = &w->policy;
	struct told t = {0};
	unsigned int count;

	assert_int_equal(policy_check(p, note, &t), 0);
	p->rlocs[1].addr = world_address("224.0.0.1");
	p->servers[0].alg = 7;
	p->servers[0].key_len = 0;
	p->resolvers[0].port = 0;
	p->timers.hold_ms = 0;
	p->limits.hold_bytes = 1;
	p->dynamic[0].addr.bytes[3] = 1;
	p->space[0].iid = 0x1000000;
	count = policy_check(p, note, &t);
	assert_int_equal(count, t.count);
	assert_true(told(&t, "rloc 224.0.0.1: want a unicast"));
	assert_true(told(&t, "map-server 192.0.2.100:4342: algorithm is 7, want 1, 2 or 3"));
	assert_true(told(&t, "port is 0, want 1 to 65535"));
	assert_true(told(&t, "key of 0 bytes, want 1 to 64"));
	assert_true(told(&t, "hold-time (milliseconds) is 0, want 1 to 60000"));
	assert_true(told(&t, "hold-bytes is 1, want 65536"));
	assert_true(told(&t, "host bits are set"));
	assert_true(told(&t, "instance-ID is 16777216, want 0 to 16777215"));
	assert_true(t.count >= 8);
	world_free(w);
}

static void an_empty_policy_is_told_what_is_missing(void **state)
{
	struct eid eid = world_eid("10.0.0.0/8");
	struct told t = {0};
	struct policy p;

	policy_init(&p);
	policy_add_dynamic(&p, &eid);
	assert_int_equal(policy_check(&p, note, &t), 3);
	assert_true(told(&t, "no rloc"));
	assert_true(told(&t, "no map-resolver"));
	assert_true(told(&t, "no map-server"));
	policy_fini(&p);
}

static void a_nat_wants_somebody_to_ask(void **state)
{
	struct told t = {0};
	struct policy p;

	policy_init(&p);
	p.nat = POLICY_NAT_AUTO;
	p.timers.nat_keepalive_s = 601;
	assert_int_equal(policy_check(&p, note, &t), 3);
	assert_true(told(&t, "nat: nobody can be asked"));
	assert_true(told(&t, "nat-keepalive (seconds) is 601, want 1 to 600"));
	policy_fini(&p);
}

static void the_most_specific_prefix_counts(void **state)
{
	struct eid host = world_eid("10.1.2.3/32"), other = world_eid("10.9.0.0/24");
	struct world *w = world_new(POLICY_SUNWARD);

	assert_int_equal(policy_space(&w->policy, &host)->plen, 16);
	assert_int_equal(policy_space(&w->policy, &other)->plen, 8);
	assert_null(policy_dynamic(&w->policy, &other));
	host.iid = 3;
	assert_null(policy_space(&w->policy, &host));
	world_start(w);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_defaults_are_those_of_the_specification),
		cmocka_unit_test(every_mistake_is_told_with_the_value_and_what_would_be_right),
		cmocka_unit_test(an_empty_policy_is_told_what_is_missing),
		cmocka_unit_test(a_nat_wants_somebody_to_ask),
		cmocka_unit_test(the_most_specific_prefix_counts),
	};

	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
