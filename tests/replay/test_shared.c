/* One prefix of several sites, each with a key of its own: two data centres of one subnet, and
 * clones of one EID (RFC 9301 sections 5.6, 8.2; docs/architecture.md section 5). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "tests/replay/world.h"

#define EID      "10.0.0.1/32"
#define PARIS    "198.51.100.1:4342"
#define TOKYO    "198.51.100.2:4342"
#define ITR      "203.0.113.9:40000"
#define REG(...) ((struct world_register){__VA_ARGS__})

/* Both keys have the id 1: only their secrets tell the sites apart. */
static struct world *two_sites(enum site_move paris, enum site_move tokyo)
{
	struct site_table *t = world_sites();

	world_site_shared(t, "paris", "10.0.0.0/8", 1)->move = paris;
	world_site_shared(t, "tokyo", "10.0.0.0/8", 1)->move = tokyo;
	world_site(t, "hole", "10.9.0.0/16", true);
	return world_new(t, NULL, NULL);
}

static struct world *last_writer(void)
{
	return two_sites(SITE_MOVE_LAST_WRITER, SITE_MOVE_LAST_WRITER);
}

static const char *owner_site(struct world *w)
{
	struct eid eid = world_eid(EID);
	struct mapping *m = registry_exact(w->server->registry, &eid, w->now);

	return m ? xtr_site(m->owner) : "none";
}

static const char *lookup(struct world *w)
{
	world_clear(w);
	world_request(w, "10.0.0.1", ITR);
	return world_records(world_reply(w, 0).records);
}

static void put(struct world *w, const char *site, const char *peer, uint8_t xtr, const char *l)
{
	world_register(
		w, REG(.site = site, .peer = peer, .eids = {EID}, .locators = {l}, .xtr = xtr));
}

static void the_key_that_verifies_says_which_site_registers(void **state)
{
	struct world *w = last_writer();

	(void)state;
	put(w, "tokyo", TOKYO, 2, "192.0.2.2");
	assert_string_equal(owner_site(w), "tokyo");
	world_notify(w, 0, "tokyo"); /* acknowledged under the same key */
	assert_string_equal(lookup(w), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_clear(w);
	put(w, "tokyo", TOKYO, 2, "192.0.2.2"); /* a refresh */
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	world_notify(w, 0, "tokyo");
	world_free(w);
}

static void a_key_of_none_of_the_sites_is_refused(void **state)
{
	struct world *w = last_writer();

	(void)state;
	put(w, "hole", PARIS, 1,
		"192.0.2.1"); /* key-id 1, the secret of a site that is not asked */
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	world_register(
		w, REG(.site = "paris", .eids = {EID}, .locators = {"192.0.2.1"}, .key_id = 3));
	assert_int_equal(world_dropped(w, DROP_UNKNOWN_KEY), 1);
	assert_int_equal(registry_count(w->server->registry), 0);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void sites_with_key_ids_of_their_own_are_told_apart_by_them(void **state)
{
	struct site_table *t = world_sites();
	struct world *w;

	(void)state;
	world_site_shared(t, "paris", "10.0.0.0/8", 1);
	world_site_shared(t, "tokyo", "10.0.0.0/8", 2);
	w = world_new(t, NULL, NULL);
	world_register(
		w, REG(.site = "tokyo", .eids = {EID}, .locators = {"192.0.2.2"}, .key_id = 2));
	assert_string_equal(owner_site(w), "tokyo");
	world_register(
		w, REG(.site = "tokyo", .eids = {EID}, .locators = {"192.0.2.2"}, .key_id = 1));
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	world_free(w);
}

static void a_plain_registration_moves_the_eid_and_each_is_told_under_its_own_key(void **state)
{
	struct world *w = last_writer();
	struct map_register m;
	struct lisp_record rec;

	(void)state;
	put(w, "paris", PARIS, 1, "192.0.2.1");
	world_clear(w);
	put(w, "tokyo", TOKYO, 2, "192.0.2.2");
	assert_string_equal(owner_site(w), "tokyo");
	assert_int_equal(w->events[EVENT_MOVED], 1);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 0), TOKYO);
	world_notify(w, 0, "tokyo");
	assert_string_equal(world_to(w, 1), PARIS);
	m = world_notify(w, 1, "paris"); /* RFC 9301 section 5.7: unsolicited */
	assert_true(lisp_records_next(&m.records, &rec));
	assert_string_equal(world_record(&rec), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static struct move claim(
	struct world *w, const char *site, uint8_t xtr, enum move_kind kind, uint64_t base)
{
	static uint64_t nonce = 1;
	bool paris = !strcmp(site, "paris");

	world_clear(w);
	world_move(w, site, paris ? PARIS : TOKYO, xtr, kind, nonce++, base, EID,
		paris ? "192.0.2.1" : "192.0.2.2");
	return world_answer(w, 0, site);
}

static void a_claim_moves_between_sites_and_back_and_a_stale_one_does_not(void **state)
{
	struct world *w = last_writer();
	struct move m;

	(void)state;
	assert_int_equal(claim(w, "paris", 1, MOVE_CLAIM, 0).kind, MOVE_GRANTED);
	m = claim(w, "tokyo", 2, MOVE_CLAIM, 1);
	assert_int_equal(m.kind, MOVE_GRANTED);
	assert_int_equal(m.seq, 2);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 1), PARIS);
	m = world_answer(w, 1, "paris");
	assert_int_equal(m.kind, MOVE_NOTIFY);
	assert_int_equal(m.seq, 2);
	assert_int_equal(m.xtr_id.bytes[15], 2);
	assert_int_equal(claim(w, "paris", 1, MOVE_CLAIM, 0).kind, MOVE_REFUSED);   /* rule 1 */
	assert_int_equal(claim(w, "paris", 1, MOVE_REFRESH, 1).kind, MOVE_REFUSED); /* rule 2 */
	assert_string_equal(owner_site(w), "tokyo");
	m = claim(w, "paris", 1, MOVE_CLAIM, 2);
	assert_int_equal(m.kind, MOVE_GRANTED);
	assert_int_equal(world_answer(w, 1, "tokyo").kind, MOVE_NOTIFY);
	assert_string_equal(owner_site(w), "paris");
	world_free(w);
}

static void only_the_site_that_was_told_acknowledges(void **state)
{
	struct world *w = last_writer();
	struct move m;

	(void)state;
	claim(w, "paris", 1, MOVE_CLAIM, 0);
	claim(w, "tokyo", 2, MOVE_CLAIM, 1);
	m = world_answer(w, 1, "paris");
	world_move(w, "tokyo", TOKYO, 2, MOVE_ACK, m.nonce, m.seq, EID, NULL);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	assert_int_equal(notify_count(w->server->notify), 1);
	world_move(w, "paris", PARIS, 1, MOVE_ACK, m.nonce, m.seq, EID, NULL);
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 1);
	assert_int_equal(notify_count(w->server->notify), 0);
	world_free(w);
}

static void owner_first_of_either_site_protects(void **state)
{
	const enum site_move first = SITE_MOVE_OWNER_FIRST, last = SITE_MOVE_LAST_WRITER;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct world *w = i ? two_sites(first, last) : two_sites(last, first);

		put(w, "paris", PARIS, 1, "192.0.2.1");
		put(w, "tokyo", TOKYO, 2, "192.0.2.2");
		assert_int_equal(world_dropped(w, DROP_OWNER_FIRST), 1);
		assert_string_equal(owner_site(w), "paris");
		world_register(w, REG(.site = "paris", .peer = PARIS, .eids = {EID},
					  .locators = {"192.0.2.1"}, .xtr = 1, .remove = true));
		put(w, "tokyo", TOKYO, 2, "192.0.2.2"); /* it was given up */
		assert_string_equal(owner_site(w), "tokyo");
		world_free(w);
	}
}

static void a_stale_refresh_of_the_other_site_steals_nothing_back(void **state)
{
	struct world *w = last_writer();

	(void)state;
	put(w, "paris", PARIS, 1, "192.0.2.1");
	put(w, "tokyo", TOKYO, 2, "192.0.2.2");
	put(w, "paris", PARIS, 1, "192.0.2.1"); /* it has not acknowledged that it lost it */
	assert_int_equal(world_dropped(w, DROP_STALE), 1);
	assert_string_equal(owner_site(w), "tokyo");
	world_free(w);
}

static void a_message_is_of_one_site_in_all_its_records(void **state)
{
	struct world *w = last_writer();

	(void)state;
	world_register(w, REG(.site = "paris", .eids = {EID, "10.9.0.1/32"},
				  .locators = {"192.0.2.1"}, .xtr = 1));
	assert_int_equal(world_dropped(w, DROP_EID_REFUSED), 1); /* 10.9/16 is another's */
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

/* ---- clones: the merge bit ---- */

static void clone(struct world *w, const char *site, const char *l, uint8_t priority, bool remove)
{
	bool paris = !strcmp(site, "paris");

	world_register(w, REG(.site = site, .peer = paris ? PARIS : TOKYO, .eids = {EID},
				  .locators = {l}, .xtr = paris ? 1 : 2, .priority = priority,
				  .merge = true, .no_notify = true, .remove = remove));
}

/* Address and priority of each locator. */
static void assert_locators(struct world *w, const char *first, unsigned int first_priority,
	const char *second, unsigned int second_priority)
{
	const struct address want[] = {world_address(first), world_address(second)};
	const unsigned int priorities[] = {first_priority, second_priority};
	struct lisp_record rec;
	struct lisp_rloc rloc;
	struct map_reply m;

	lookup(w);
	m = world_reply(w, 0);
	assert_true(lisp_records_next(&m.records, &rec));
	assert_int_equal(rec.locator_count, 2);
	for (unsigned int i = 0; i < 2; i++) {
		assert_true(lisp_rloc_next(&rec, &rloc));
		assert_true(address_equal(&rloc.field.addr, &want[i]));
		assert_int_equal(rloc.priority, priorities[i]);
	}
}

static void clones_at_two_sites_keep_their_own_priorities(void **state)
{
	struct world *w = last_writer();

	(void)state;
	clone(w, "tokyo", "192.0.2.2", 5, false);
	clone(w, "paris", "192.0.2.1", 1, false);
	assert_locators(w, "192.0.2.1", 1, "192.0.2.2", 5);
	assert_int_equal(w->events[EVENT_MOVED], 0);
	clone(w, "tokyo", "192.0.2.2", 3, false);
	assert_locators(w, "192.0.2.1", 1, "192.0.2.2", 3);
	world_free(w);
}

static void one_sites_withdrawal_takes_its_own_part_only(void **state)
{
	struct world *w = last_writer();

	(void)state;
	clone(w, "paris", "192.0.2.1", 1, false);
	clone(w, "tokyo", "192.0.2.2", 1, false);
	clone(w, "paris", NULL, 0, true);
	assert_string_equal(lookup(w), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	assert_string_equal(owner_site(w), "tokyo");
	clone(w, "paris", NULL, 0, true);
	assert_string_equal(lookup(w), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	clone(w, "tokyo", NULL, 0, true);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

/* A site that the operator took away registers nothing any more: its part is not refreshed. */
static void the_part_of_a_site_that_was_taken_away_expires(void **state)
{
	struct world *w = last_writer();
	struct site_table *old = w->server->sites, *t = world_sites();

	(void)state;
	clone(w, "paris", "192.0.2.1", 1, false);
	clone(w, "tokyo", "192.0.2.2", 1, false);
	world_site_shared(t, "tokyo", "10.0.0.0/8", 1);
	w->server->sites = t;
	site_table_free(old);
	world_pass(w, 60000);
	clone(w, "paris", "192.0.2.1", 1, false);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	clone(w, "tokyo", "192.0.2.2", 1, false);
	world_pass(w, 120000);
	assert_string_equal(lookup(w), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_key_that_verifies_says_which_site_registers),
		cmocka_unit_test(a_key_of_none_of_the_sites_is_refused),
		cmocka_unit_test(sites_with_key_ids_of_their_own_are_told_apart_by_them),
		cmocka_unit_test(
			a_plain_registration_moves_the_eid_and_each_is_told_under_its_own_key),
		cmocka_unit_test(a_claim_moves_between_sites_and_back_and_a_stale_one_does_not),
		cmocka_unit_test(only_the_site_that_was_told_acknowledges),
		cmocka_unit_test(owner_first_of_either_site_protects),
		cmocka_unit_test(a_stale_refresh_of_the_other_site_steals_nothing_back),
		cmocka_unit_test(a_message_is_of_one_site_in_all_its_records),
		cmocka_unit_test(clones_at_two_sites_keep_their_own_priorities),
		cmocka_unit_test(one_sites_withdrawal_takes_its_own_part_only),
		cmocka_unit_test(the_part_of_a_site_that_was_taken_away_expires),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
