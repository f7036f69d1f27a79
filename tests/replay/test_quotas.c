/* Quotas of tenants against the core. A tenant is known by its instance-IDs (RFC 8060 section 4.1);
 * what a registration does is RFC 9301 section 8.2, a subscription RFC 9437 section 5. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/replay/tenant_world.h"

#define ITR      "203.0.113.9"
#define ITR_PEER "203.0.113.9:4342"
#define REG(...) ((struct world_register){__VA_ARGS__})

static void add(struct world *w, const char *site, const char *eid, const char *locator)
{
	world_register(w, REG(.site = site, .eids = {eid}, .locators = {locator}, .xtr = 1));
}

/* Datagrams that were sent since; forgets them. */
static unsigned int sent(struct world *w)
{
	unsigned int n = w->out->count;

	outbox_clear(w->out);
	return n;
}

/* ---- mappings ---- */

static void a_mapping_beyond_the_quota_is_refused_counted_told_and_not_acknowledged(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 2});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	assert_int_equal(sent(w), 2);
	add(w, "a", A "10.0.0.3", "192.0.2.1");
	assert_int_equal(sent(w), 0);
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 1);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_MAPPING), 1);
	assert_int_equal(w->events[EVENT_REFUSED], 1);
	assert_string_equal(w->reason, "tenant-mappings");
	assert_non_null(strstr(w->log_text,
		"Map-Register from 198.51.100.1:4342: [10]10.0.0.3 is not taken: its tenant has as "
		"many mappings as it may (tenant-mappings)"));
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"),
		"[10]10.0.0.1 seq 1 { 192.0.2.1 }; [10]10.0.0.2 seq 1 { 192.0.2.1 }");
	world_free(w);
}

static void the_quota_is_of_all_instances_and_families_together(void **state)
{
	struct site_table *t = tenant_sites();
	struct world *w;

	(void)state;
	world_site(t, "a2", "[33]10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	tenant_set(w, &(struct tenant_quota){.mappings = 3}, "30-59");
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a2", "[33]10.0.0.1", "192.0.2.1");
	add(w, "a", A "52:54:00:00:00:01", "192.0.2.1");
	sent(w);
	add(w, "a", A "2001:db8:1::1", "192.0.2.1");
	add(w, "a2", "[33]10.0.0.2", "192.0.2.1");
	assert_int_equal(sent(w), 0);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_MAPPING), 2);
	assert_int_equal(registry_count(w->server->registry), 3);
	world_free(w);
}

static void another_tenant_does_not_feel_that_one_is_full(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 1});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	sent(w);
	add(w, "b", B "10.0.0.1", "192.0.2.2");
	add(w, "b", B "10.0.0.2", "192.0.2.2");
	assert_int_equal(sent(w), 2);
	assert_int_equal(tenant_refusals(w, "b", TENANT_REFUSED_MAPPING), 0);
	world_free(w);
}

static void an_instance_without_a_tenant_has_no_quota(void **state)
{
	struct site_table *t = tenant_sites();
	struct world *w;

	(void)state;
	world_site(t, "plain", "10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	tenant_set(w, &(struct tenant_quota){.mappings = 1}, NULL);
	add(w, "plain", "10.0.0.1", "192.0.2.1");
	add(w, "plain", "10.0.0.2", "192.0.2.1");
	assert_int_equal(sent(w), 2);
	world_free(w);
}

static void what_is_there_is_refreshed_changed_and_moved_though_the_quota_is_full(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 1});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	world_pass(w, 170000);
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	world_pass(w, 170000);
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.1 seq 1 { 192.0.2.1 }");
	add(w, "a", A "10.0.0.1", "192.0.2.7");
	world_register(w, REG(.eids = {A "10.0.0.1"}, .locators = {"192.0.2.8"}, .xtr = 2,
				  .peer = "198.51.100.2:4342"));
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.1 seq 3 { 192.0.2.8 }");
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 0);
	world_free(w);
}

/* RFC 9301 section 8.2: a Map-Register is followed, or not; but what it refreshes must not expire
 * for what it asks besides. */
static void a_message_beyond_the_quota_refreshes_what_is_there_before_and_behind(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 2});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.3", "192.0.2.1");
	sent(w);
	for (unsigned int i = 0; i < 3; i++) {
		world_pass(w, 100000);
		sent(w);
		world_register(w, REG(.eids = {A "10.0.0.1", A "10.0.0.2", A "10.0.0.3"},
					  .locators = {"192.0.2.1"}, .xtr = 1));
		assert_int_equal(sent(w), 0); /* no Map-Notify: not all of it stands */
	}
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"),
		"[10]10.0.0.1 seq 1 { 192.0.2.1 }; [10]10.0.0.3 seq 1 { 192.0.2.1 }");
	assert_int_equal(world_count(w, COUNT_REFRESHED), 6);
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 3);
	world_free(w);
}

static void of_a_message_beyond_the_quota_no_change_is_followed(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 2});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	world_register(w, REG(.eids = {A "10.0.0.1", A "10.0.0.2", A "10.0.0.3"},
				  .locators = {"192.0.2.9"}, .xtr = 1));
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.1 seq 1 { 192.0.2.1 }");
	add(w, "a", A "10.0.0.2", "192.0.2.1"); /* what was given back may be had */
	assert_int_equal(registry_count(w->server->registry), 2);
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 1);
	world_free(w);
}

static void withdrawal_and_expiry_make_room(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 1});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	world_register(w, REG(.eids = {A "10.0.0.1"}, .xtr = 1, .remove = true));
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.2 seq 1 { 192.0.2.1 }");
	world_pass(w, 180000);
	add(w, "a", A "10.0.0.3", "192.0.2.1");
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.3 seq 1 { 192.0.2.1 }");
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 0);
	world_free(w);
}

static void many_of_one_group_stop_at_the_quota(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 3});
	static const char *const eids[] = {
		A "10.0.0.1", A "10.0.0.2", A "10.0.0.3", A "10.0.0.4", A "10.0.0.5"};

	(void)state;
	w->held = true; /* all of them in one transaction */
	for (unsigned int i = 0; i < 5; i++)
		add(w, "a", eids[i], "192.0.2.1");
	world_commit(w);
	assert_int_equal(registry_count(w->server->registry), 3);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_MAPPING), 2);
	world_free(w);
}

/* docs/architecture.md section 5: a claim that is not answered comes again, less and less often;
 * refused it would come at once. */
static void a_claim_beyond_the_quota_is_not_answered(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 1});

	(void)state;
	world_move(w, "a", "198.51.100.1:4342", 1, MOVE_CLAIM, 1, 0, A "10.0.0.1", "192.0.2.1");
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	world_clear(w);
	world_move(w, "a", "198.51.100.1:4342", 1, MOVE_CLAIM, 2, 0, A "10.0.0.2", "192.0.2.1");
	assert_int_equal(sent(w), 0);
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 1);
	/* The one that is there moves, and its owner refreshes it. */
	world_move(w, "a", "198.51.100.2:4342", 2, MOVE_CLAIM, 1, 1, A "10.0.0.1", "192.0.2.2");
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	world_clear(w);
	world_move(w, "a", "198.51.100.2:4342", 2, MOVE_REFRESH, 2, 2, A "10.0.0.1", "192.0.2.2");
	assert_int_equal(world_answer(w, 0, "a").kind, MOVE_GRANTED);
	world_free(w);
}

/* RFC 9301 section 5.6, the merge bit: an EID is one mapping, whatever its parts. */
static void parts_of_a_merged_registration_are_one_mapping(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 1});

	(void)state;
	for (uint8_t xtr = 1; xtr <= 2; xtr++)
		world_register(w, REG(.eids = {A "10.0.0.1"}, .xtr = xtr, .merge = true,
					  .locators = {xtr == 1 ? "192.0.2.1" : "192.0.2.2"}));
	world_register(
		w, REG(.eids = {A "10.0.0.2"}, .xtr = 1, .merge = true, .locators = {"192.0.2.1"}));
	assert_string_equal(
		tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.1 seq 2 { 192.0.2.1 192.0.2.2 }");
	assert_int_equal(merge_count(w->server->merge), 2);
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 1);
	world_free(w);
}

static void what_the_file_has_is_counted_and_never_refused(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.mappings = 1});

	(void)state;
	world_static(w, A "10.0.0.1", "192.0.2.1", true);
	world_static(w, A "10.0.0.2", "192.0.2.1", true);
	assert_int_equal(registry_count(w->server->registry), 2);
	world_static(w, A "10.0.0.3", "192.0.2.1", false); /* the API's */
	add(w, "a", A "10.0.0.4", "192.0.2.1");
	assert_int_equal(registry_count(w->server->registry), 2);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_MAPPING), 2);
	world_free(w);
}

static void a_smaller_quota_takes_nothing_away(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	tenant_set(w, &(struct tenant_quota){.mappings = 1}, NULL);
	world_pass(w, 100000);
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	world_pass(w, 100000);
	assert_int_equal(registry_count(w->server->registry), 2);
	assert_int_equal(world_dropped(w, DROP_TENANT_MAPPINGS), 0);
	world_free(w);
}

/* ---- the rate ---- */

static void changes_beyond_the_rate_are_refused_and_taken_later(void **state)
{
	struct world *w = tenant_world(
		&(struct tenant_quota){.registration_rate = 1, .registration_burst = 2});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	sent(w);
	add(w, "a", A "10.0.0.3", "192.0.2.1");
	assert_int_equal(sent(w), 0);
	assert_int_equal(world_dropped(w, DROP_TENANT_RATE), 1);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_REGISTRATION), 1);
	assert_string_equal(w->reason, "tenant-rate");
	world_pass(w, 1000);
	add(w, "a", A "10.0.0.3", "192.0.2.1");
	assert_int_equal(registry_count(w->server->registry), 3);
	world_free(w);
}

static void refreshes_and_withdrawals_take_nothing_of_the_rate(void **state)
{
	struct world *w = tenant_world(
		&(struct tenant_quota){.registration_rate = 1, .registration_burst = 1});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	for (unsigned int i = 0; i < 20; i++)
		add(w, "a", A "10.0.0.1", "192.0.2.1");
	world_register(w, REG(.eids = {A "10.0.0.1"}, .xtr = 1, .remove = true));
	assert_int_equal(world_dropped(w, DROP_TENANT_RATE), 0);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

static void the_rate_of_one_tenant_is_not_taken_from_another(void **state)
{
	struct world *w = tenant_world(
		&(struct tenant_quota){.registration_rate = 1, .registration_burst = 1});

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	add(w, "b", B "10.0.0.1", "192.0.2.2");
	add(w, "b", B "10.0.0.2", "192.0.2.2");
	assert_int_equal(world_dropped(w, DROP_TENANT_RATE), 1);
	assert_int_equal(tenant_refusals(w, "b", TENANT_REFUSED_REGISTRATION), 0);
	assert_int_equal(registry_count(w->server->registry), 3);
	world_free(w);
}

static void the_rate_goes_on_where_it_was_after_a_reload(void **state)
{
	const struct tenant_quota q = {.registration_rate = 1, .registration_burst = 1};
	struct world *w = tenant_world(&q);

	(void)state;
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	tenant_set(w, &q, NULL);
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	assert_int_equal(world_dropped(w, DROP_TENANT_RATE), 1);
	tenant_set(w, NULL, NULL);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_REGISTRATION), 1);
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	assert_int_equal(registry_count(w->server->registry), 2);
	world_free(w);
}

/* ---- subscriptions ---- */

static void subscribe(struct world *w, const char *eid, uint8_t xtr, uint64_t nonce, bool end)
{
	struct map_request_spec s = {.nonce = nonce,
		.subscribe = true,
		.has_xtr_id = true,
		.itr_rloc_count = 1,
		.site_id = 7,
		.eid = world_eid(eid)};
	uint8_t buf[600];

	s.xtr_id.bytes[15] = xtr;
	if (!end)
		s.itr_rlocs[0] = world_address(ITR);
	world_clear(w);
	world_receive(w, ITR_PEER, buf, world_write_request(buf, sizeof(buf), &s, ITR_PEER));
}

static void proved(struct world *w, const char *site, const char *eid, uint8_t xtr)
{
	world_register(w,
		REG(.site = site, .peer = ITR_PEER, .xtr = xtr, .eids = {eid}, .locators = {ITR}));
}

static size_t subscriptions(const struct world *w, const char *tenant)
{
	return tenant_table_named(w->server->tenants, tenant)->use->subscriptions;
}

static void subscriptions_beyond_the_quota_are_answered_as_plain_requests(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.subscriptions = 2});

	(void)state;
	proved(w, "a", A "10.9.0.0/24", 9);
	proved(w, "a", A "10.9.1.0/24", 10);
	add(w, "a", A "10.0.0.1", "192.0.2.1");
	add(w, "a", A "10.0.0.2", "192.0.2.1");
	add(w, "a", A "10.0.0.3", "192.0.2.1");
	subscribe(w, A "10.0.0.1", 9, 1, false);
	subscribe(w, A "10.0.0.2", 10, 1, false);
	assert_int_equal(lisp_type_of(outbox_bytes(w->out, 0), 1), LISP_MAP_NOTIFY);
	assert_int_equal(subscriptions(w, "a"), 2);
	subscribe(w, A "10.0.0.3", 9, 1, false);
	assert_string_equal(world_records(world_reply(w, 0).records),
		A "10.0.0.3 ttl 1440 act 0 { 192.0.2.1 }");
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_SUBSCRIPTION), 1);
	assert_int_equal(world_dropped(w, DROP_TENANT_SUBSCRIPTIONS), 1);
	assert_int_equal(world_count(w, COUNT_SUBSCRIPTIONS_LIMITED), 1);
	assert_non_null(strstr(w->log_text, "tenant a has 2, which is the most"));
	subscribe(w, A "10.0.0.1", 9, 2, false); /* one that is there is renewed */
	assert_int_equal(lisp_type_of(outbox_bytes(w->out, 0), 1), LISP_MAP_NOTIFY);
	tenant_acknowledge(w, "a", ITR_PEER, 2, A "10.0.0.1", LISP_MAP_NOTIFY_ACK);
	subscribe(w, A "10.0.0.1", 9, 3, true); /* and one that ends makes room */
	tenant_acknowledge(w, "a", ITR_PEER, 3, A "10.0.0.1", LISP_MAP_NOTIFY_ACK);
	assert_int_equal(subscriptions(w, "a"), 1);
	subscribe(w, A "10.0.0.3", 9, 2, false);
	assert_int_equal(lisp_type_of(outbox_bytes(w->out, 0), 1), LISP_MAP_NOTIFY);
	world_free(w);
}

static void the_subscriptions_of_one_tenant_do_not_count_for_another(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.subscriptions = 1});

	(void)state;
	proved(w, "a", A "10.9.0.0/24", 9);
	proved(w, "b", B "10.9.0.0/24", 9);
	subscribe(w, A "10.9.0.0/24", 9, 1, false);
	subscribe(w, B "10.9.0.0/24", 9, 1, false);
	subscribe(w, B "10.0.0.1", 9, 2, false);
	assert_int_equal(subscriptions(w, "a"), 1);
	assert_int_equal(subscriptions(w, "b"), 2);
	assert_int_equal(world_dropped(w, DROP_TENANT_SUBSCRIPTIONS), 0);
	world_free(w);
}

/* ---- xTRs ---- */

static void ever_new_xtrs_of_one_tenant_take_no_room_from_another(void **state)
{
	struct world *w = tenant_world(&(struct tenant_quota){.xtrs = 2}); /* and 64 of all */

	(void)state;
	for (uint8_t xtr = 1; xtr <= 100; xtr++)
		world_register(
			w, REG(.eids = {A "10.0.0.1"}, .locators = {"192.0.2.1"}, .xtr = xtr));
	assert_int_equal(world_dropped(w, DROP_TENANT_XTRS), 98);
	assert_int_equal(tenant_refusals(w, "a", TENANT_REFUSED_XTR), 98);
	assert_int_equal(xtr_table_count(w->server->xtrs), 2);
	assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 0);
	world_register(
		w, REG(.site = "b", .eids = {B "10.0.0.1"}, .locators = {"192.0.2.2"}, .xtr = 3));
	add(w, "a", A "10.0.0.1", "192.0.2.9"); /* one that is known */
	assert_string_equal(tenant_mappings(w, B "10.0.0.0/8"), "[20]10.0.0.1 seq 1 { 192.0.2.2 }");
	assert_string_equal(tenant_mappings(w, A "10.0.0.0/8"), "[10]10.0.0.1 seq 2 { 192.0.2.9 }");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_mapping_beyond_the_quota_is_refused_counted_told_and_not_acknowledged),
		cmocka_unit_test(the_quota_is_of_all_instances_and_families_together),
		cmocka_unit_test(another_tenant_does_not_feel_that_one_is_full),
		cmocka_unit_test(an_instance_without_a_tenant_has_no_quota),
		cmocka_unit_test(
			what_is_there_is_refreshed_changed_and_moved_though_the_quota_is_full),
		cmocka_unit_test(
			a_message_beyond_the_quota_refreshes_what_is_there_before_and_behind),
		cmocka_unit_test(of_a_message_beyond_the_quota_no_change_is_followed),
		cmocka_unit_test(withdrawal_and_expiry_make_room),
		cmocka_unit_test(many_of_one_group_stop_at_the_quota),
		cmocka_unit_test(a_claim_beyond_the_quota_is_not_answered),
		cmocka_unit_test(parts_of_a_merged_registration_are_one_mapping),
		cmocka_unit_test(what_the_file_has_is_counted_and_never_refused),
		cmocka_unit_test(a_smaller_quota_takes_nothing_away),
		cmocka_unit_test(changes_beyond_the_rate_are_refused_and_taken_later),
		cmocka_unit_test(refreshes_and_withdrawals_take_nothing_of_the_rate),
		cmocka_unit_test(the_rate_of_one_tenant_is_not_taken_from_another),
		cmocka_unit_test(the_rate_goes_on_where_it_was_after_a_reload),
		cmocka_unit_test(subscriptions_beyond_the_quota_are_answered_as_plain_requests),
		cmocka_unit_test(the_subscriptions_of_one_tenant_do_not_count_for_another),
		cmocka_unit_test(ever_new_xtrs_of_one_tenant_take_no_room_from_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
