/* Parts of merged registrations (RFC 9301 section 5.6, bit `a`): what a map-server still knows of
 * them after it was killed, that a message is followed whole or not at all, and who contributes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "tests/replay/kept_world.h"

#define EID      "10.0.0.1/32"
#define REG(...) ((struct world_register){__VA_ARGS__})

#define BOTH   "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 192.0.2.2 }"
#define FIRST  "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }"
#define SECOND "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }"
#define NO     "10.0.0.0/8 ttl 1 act 1 { }"

/* Two sites of one prefix: parts are of xTRs of both. */
static struct site_table *sites(void)
{
	struct site_table *t = world_sites();

	world_site_shared(t, "paris", "10.0.0.0/8", 1);
	world_site_shared(t, "tokyo", "10.0.0.0/8", 1);
	return t;
}

static int setup(void **state)
{
	static struct kept_world f;

	*state = &f;
	return kept_begin(&f, sites);
}

static int teardown(void **state)
{
	return kept_end(*state);
}

static const char *lookup(struct world *w)
{
	world_clear(w);
	world_request(w, "10.0.0.1", "203.0.113.1:61000");
	return w->out->count ? world_records(world_reply(w, 0).records) : "no answer";
}

/* xTR 1 is Paris's, 2 Tokyo's. */
static void part(struct world *w, uint8_t xtr, const char *locator)
{
	world_register(w, REG(.site = xtr == 1 ? "paris" : "tokyo",
				  .peer = xtr == 1 ? "198.51.100.1:4342" : "198.51.100.2:4342",
				  .eids = {EID}, .locators = {locator}, .xtr = xtr, .merge = true,
				  .no_notify = true, .remove = !locator));
}

static unsigned int parts_of(struct world *w, struct merge_part parts[MERGE_PARTS_MAX])
{
	struct eid eid = world_eid(EID);

	return merge_parts(w->server->merge, &eid, parts);
}

static bool stored(struct world *w)
{
	uint8_t key[STORED_EID_BYTES], value[STORED_PARTS_BYTES];
	struct eid eid = world_eid(EID);
	size_t len = sizeof(value), key_len = stored_eid_key(key, sizeof(key), &eid);

	return store_get(w->store, STORED_PARTS, key, key_len, value, &len) == 0;
}

static void a_sum_and_its_parts_are_known_after_a_kill(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	w = kept_again(f, NULL, 10);
	assert_string_equal(lookup(w), BOTH);
	part(w, 1, "192.0.2.1"); /* it is the sum still: nothing changes */
	assert_int_equal(world_count(w, COUNT_CHANGED), 0);
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	part(w, 1, NULL);
	assert_string_equal(lookup(w), SECOND);
	w = kept_again(f, NULL, 10);
	assert_string_equal(lookup(w), SECOND);
	part(w, 2, NULL);
	assert_string_equal(lookup(w), NO);
	assert_false(stored(w));
	w = kept_again(f, NULL, 10);
	assert_string_equal(lookup(w), NO);
	assert_int_equal(merge_count(w->server->merge), 0);
}

static void a_part_that_nobody_refreshes_after_a_kill_leaves_alone(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	w = kept_again(f, NULL, 3600);
	world_pass(w, 100000);
	part(w, 2, "192.0.2.2");
	world_pass(w, 79000);
	assert_string_equal(lookup(w), BOTH);
	world_pass(w, 1000); /* the first had 180 s from the start */
	assert_string_equal(lookup(w), SECOND);
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w), SECOND);
	world_pass(w, 180000);
	assert_string_equal(lookup(w), NO);
	assert_false(stored(w));
}

static void a_locator_of_two_xtrs_stays_until_both_have_withdrawn_it(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.1"); /* the sum does not change, its parts do */
	assert_int_equal(w->events[EVENT_CHANGED], 0);
	w = kept_again(f, NULL, 10);
	part(w, 1, NULL);
	assert_string_equal(lookup(w), FIRST);
	w = kept_again(f, NULL, 10);
	assert_string_equal(lookup(w), FIRST);
	part(w, 2, NULL);
	assert_string_equal(lookup(w), NO);
}

static void a_registration_without_the_bit_ends_the_parts_in_the_store_too(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	assert_true(stored(w));
	world_register(w, REG(.site = "tokyo", .eids = {EID}, .locators = {"192.0.2.2"}, .xtr = 2,
				  .no_notify = true));
	assert_string_equal(lookup(w), SECOND);
	assert_false(stored(w));
	w = kept_again(f, NULL, 10);
	assert_string_equal(lookup(w), SECOND);
	assert_int_equal(merge_count(w->server->merge), 0);
}

static void what_changed_while_the_store_failed_is_there_after_it_took_changes_again(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	world_fail_store(w, true);
	part(w, 2, NULL);
	assert_false(commit_durable(w->commit));
	world_fail_store(w, false);
	for (unsigned int i = 0; i < 20 && !commit_durable(w->commit); i++) {
		world_pass(w, 1000);
		world_go_on(w);
	}
	assert_true(commit_durable(w->commit));
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w), FIRST);
	part(w, 1, NULL);
	assert_string_equal(lookup(w), NO);
}

static void the_same_when_the_sum_ended_while_the_store_failed(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	world_fail_store(w, true);
	world_register(w, REG(.site = "tokyo", .eids = {EID}, .locators = {"192.0.2.2"}, .xtr = 2,
				  .no_notify = true));
	world_fail_store(w, false);
	for (unsigned int i = 0; i < 20 && !commit_durable(w->commit); i++) {
		world_pass(w, 1000);
		world_go_on(w);
	}
	assert_false(stored(w));
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w), SECOND);
	assert_int_equal(merge_count(w->server->merge), 0);
}

/* docs/decisions/registrations.md: a message is followed whole or not at all. */
static void a_message_that_is_refused_changes_no_part(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	struct merge_part before[MERGE_PARTS_MAX], after[MERGE_PARTS_MAX];
	struct eid other = world_eid("10.0.0.2/32");

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	assert_int_equal(parts_of(w, before), 2);
	world_static(w, "10.0.0.3/32", "192.0.2.99", false);
	world_pass(w, 1000);
	/* A new part, another of its own, and then one that may not be: it is the operator's. */
	world_register(w, REG(.site = "paris", .eids = {"10.0.0.2/32", EID, "10.0.0.3/32"},
				  .locators = {"192.0.2.7"}, .xtr = 1, .merge = true));
	assert_int_equal(world_dropped(w, DROP_OWNER_FIRST), 1);
	assert_int_equal(parts_of(w, after), 2);
	for (unsigned int i = 0; i < 2; i++) {
		const struct merge_part *same =
			after[0].owner == before[i].owner ? &after[0] : &after[1];

		assert_ptr_equal(same->locators, before[i].locators);
		assert_int_equal(same->expiry_ns, before[i].expiry_ns);
	}
	assert_int_equal(merge_parts(w->server->merge, &other, after), 0);
	assert_int_equal(merge_count(w->server->merge), 2);
	assert_int_equal(merge_unsettled(w->server->merge), 0);
	/* Nor does a refresh in it, or a withdrawal. */
	world_register(w, REG(.site = "paris", .eids = {EID, "10.0.0.3/32"},
				  .locators = {"192.0.2.1"}, .xtr = 1, .merge = true));
	assert_int_equal(world_dropped(w, DROP_OWNER_FIRST), 2);
	parts_of(w, after);
	assert_true(after[0].expiry_ns == before[0].expiry_ns ||
		    after[0].expiry_ns == before[1].expiry_ns);
	assert_string_equal(lookup(w), BOTH);
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w), BOTH);
}

/* The operator's: what one site has there. */
static enum job_result take_away(struct world *w, const char *eid_text, const char *site)
{
	struct eid eid = world_eid(eid_text);
	struct job *j = job_new_static(JOB_DELETE, &eid);
	enum job_result result;

	strcpy(j->site, site);
	*w->jobs_tail = j;
	w->jobs_tail = &j->next;
	world_commit(w);
	result = j->result;
	job_free(j);
	return result;
}

static void the_operator_takes_one_sites_part_away(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	assert_int_equal(take_away(w, EID, "osaka"), JOB_NOT_FOUND);
	assert_int_equal(take_away(w, EID, "paris"), JOB_DELETED);
	assert_string_equal(lookup(w), SECOND);
	assert_int_equal(w->events[EVENT_WITHDRAWN], 0);
	assert_int_equal(take_away(w, EID, "paris"), JOB_NOT_FOUND);
	w = kept_again(f, NULL, 1);
	assert_string_equal(lookup(w), SECOND);
	part(w, 1, "192.0.2.2"); /* the same locator as Tokyo's */
	assert_int_equal(take_away(w, EID, "tokyo"), JOB_DELETED);
	assert_string_equal(lookup(w), SECOND);
	assert_int_equal(take_away(w, EID, "paris"), JOB_DELETED);
	assert_string_equal(lookup(w), NO);
	assert_int_equal(w->events[EVENT_WITHDRAWN], 1);
	world_register(w, REG(.site = "paris", .eids = {EID}, .locators = {"192.0.2.1"}, .xtr = 1));
	assert_int_equal(take_away(w, EID, "tokyo"), JOB_NOT_FOUND); /* it is Paris's alone */
	assert_string_equal(lookup(w), FIRST);
	assert_int_equal(take_away(w, EID, "paris"), JOB_DELETED);
	assert_string_equal(lookup(w), NO);
	assert_false(stored(w));
}

static void each_contributor_is_known_with_its_site_and_ids(void **state)
{
	struct kept_world *f = *state;
	struct world *w = f->w;
	struct merge_part parts[MERGE_PARTS_MAX];
	unsigned int n;

	part(w, 1, "192.0.2.1");
	part(w, 2, "192.0.2.2");
	w = kept_again(f, NULL, 10);
	n = parts_of(w, parts);
	assert_int_equal(n, 2);
	for (unsigned int i = 0; i < n; i++) {
		bool paris = !strcmp(parts[i].owner->who.site, "paris");

		assert_int_equal(parts[i].owner->who.id.bytes[15], paris ? 1 : 2);
		assert_int_equal(parts[i].owner->who.site_id, 7);
		assert_int_equal(parts[i].ttl_min, 1440);
		assert_int_equal(parts[i].flags & MAPPING_PROXY, MAPPING_PROXY);
		assert_int_equal(
			parts[i].locators->wire[parts[i].locators->wire_len - 1], paris ? 1 : 2);
		assert_true(parts[i].expiry_ns > w->now.ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_sum_and_its_parts_are_known_after_a_kill, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_part_that_nobody_refreshes_after_a_kill_leaves_alone, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_locator_of_two_xtrs_stays_until_both_have_withdrawn_it, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_registration_without_the_bit_ends_the_parts_in_the_store_too, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			what_changed_while_the_store_failed_is_there_after_it_took_changes_again,
			setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_same_when_the_sum_ended_while_the_store_failed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_message_that_is_refused_changes_no_part, setup, teardown),
		cmocka_unit_test_setup_teardown(
			the_operator_takes_one_sites_part_away, setup, teardown),
		cmocka_unit_test_setup_teardown(
			each_contributor_is_known_with_its_site_and_ids, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
