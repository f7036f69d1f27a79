/* The room for xTRs and their nonces, against the core: who takes it, and who gives it back
 * (docs/decisions/registrations.md; RFC 9301 section 5.6). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mapserver/replay.h"
#include "tests/replay/world.h"

#define REG(...) ((struct world_register){__VA_ARGS__})

#define XTRS 40 /* of the 64 that there is room for */

/* Two sites; site a has key 1 of @secret. */
static struct site_table *two_sites(const char *secret)
{
	struct site_table *t = world_sites();
	struct site *a = world_site(t, "a", "10.0.0.0/8", true);

	world_site(t, "b", "172.16.0.0/12", true);
	if (secret) {
		assert_int_equal(
			site_add_key(a, 2, AUTH_HMAC_SHA256_128, secret, strlen(secret)), 0);
		assert_int_equal(site_retire_key(a, 1), 0);
	}
	return t;
}

/* xTR @xtr of site a registers 10.0.0.1 with key @id of @secret. */
static void register_with(
	struct world *w, uint8_t id, const char *secret, uint8_t xtr, uint64_t nonce)
{
	static const uint8_t record[] = {0, 0, 5, 0xa0, 1, 32, 0x10, 0, 0, 0, 0, 1, 10, 0, 0, 1, 1,
		100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 1};
	const struct auth_options opt = {false, false};
	struct map_register m = {
		.type = LISP_MAP_REGISTER, .has_xtr_id = true, .site_id = 7, .nonce = nonce};
	struct auth_key *key = auth_key_new(secret, strlen(secret));
	struct wire_writer writer;
	uint8_t buf[200];
	int len;

	m.xtr_id.bytes[15] = xtr;
	wire_writer_init(&writer, buf, sizeof(buf));
	map_register_begin(&writer, &m, id, AUTH_HMAC_SHA256_128, &opt);
	wire_put_bytes(&writer, record, sizeof(record));
	len = map_register_finish(&writer, &m, 1, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	world_receive(w, "198.51.100.1:4342", buf, (size_t)len);
}

static void all_register_with(struct world *w, uint8_t id, const char *secret, uint64_t nonce)
{
	for (uint8_t xtr = 1; xtr <= XTRS; xtr++)
		register_with(w, id, secret, xtr, nonce);
}

static bool count_row(void *arg, const void *key, size_t key_len, const void *value, size_t len)
{
	(void)key;
	(void)key_len;
	(void)value;
	(void)len;
	++*(unsigned int *)arg;
	return true;
}

static unsigned int rows(struct world *w, unsigned int table)
{
	unsigned int n = 0;

	assert_int_equal(store_scan(w->store, table, NULL, 0, count_row, &n), 0);
	return n;
}

static void one_site_under_ever_new_names_leaves_room_for_another(void **state)
{
	struct world *w = world_new(two_sites(NULL), NULL, NULL);

	(void)state;
	for (unsigned int xtr = 1; xtr <= 250; xtr++)
		world_register(w, REG(.xtr = (uint8_t)xtr, .eids = {"10.0.0.1/32"},
					  .locators = {"192.0.2.1"}));
	assert_int_equal(xtr_count_of(w->server->xtrs, "a"), 52); /* four times what is free */
	assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 250 - 52);
	assert_int_equal(replay_count(w->server->replay), 52); /* nothing of those refused */
	assert_non_null(strstr(w->log_text,
		"no room for another xTR of site a, which has 52 (of all there are 52, at most "
		"64)"));
	for (uint8_t xtr = 1; xtr <= 5; xtr++)
		world_register(w, REG(.site = "b", .xtr = xtr, .eids = {"172.16.0.1/32"},
					  .locators = {"192.0.2.9"}));
	assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 250 - 52);
	w = world_again(w, two_sites(NULL), NULL, false);
	world_register(w,
		REG(.site = "b", .xtr = 6, .eids = {"172.16.0.1/32"}, .locators = {"192.0.2.9"}));
	assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 0);
	assert_int_equal(xtr_count_of(w->server->xtrs, "b"), 2); /* an owner, and the new one */
	world_free(w);
}

static void a_second_key_for_every_xtr_needs_no_more_xtrs(void **state)
{
	struct world *w = world_new(two_sites(NULL), NULL, NULL);
	struct site *a = site_table_named(w->server->sites, "a");

	(void)state;
	all_register_with(w, 1, "secret-a", 1000);
	assert_int_equal(site_add_key(a, 2, AUTH_HMAC_SHA256_128, "next", 4), 0);
	all_register_with(w, 2, "next", 7);
	assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 0);
	assert_int_equal(world_dropped(w, DROP_REPLAY), 0);
	assert_int_equal(replay_count(w->server->replay), 2 * XTRS);
	world_free(w);
}

static void keys_are_rotated_for_ever_and_nonces_of_present_ones_are_kept(void **state)
{
	struct world *w = world_new(two_sites(NULL), NULL, NULL);
	char secret[16] = "secret-a";
	uint8_t id = 1;

	(void)state;
	all_register_with(w, id, secret, 1000);
	for (unsigned int i = 0; i < 12; i++) {
		struct site *a = site_table_named(w->server->sites, "a");
		uint8_t before = id;

		snprintf(secret, sizeof(secret), "next-%u", i);
		id = (uint8_t)(3 - id);
		assert_int_equal(
			site_add_key(a, id, AUTH_HMAC_SHA256_128, secret, strlen(secret)), 0);
		all_register_with(w, id, secret, 1000 + i);
		assert_int_equal(site_retire_key(a, before), 0);
		world_pass(w, 15000);
		world_pass(w, 15000);
		assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 0);
		assert_int_equal(replay_count(w->server->replay), XTRS);
	}
	all_register_with(w, id, secret, 1011); /* of the present key every nonce is known */
	assert_int_equal(world_dropped(w, DROP_REPLAY), XTRS);
	w = world_again(w, two_sites(secret), NULL, false);
	assert_int_equal(replay_count(w->server->replay), XTRS);
	all_register_with(w, 2, secret, 1011); /* also after a restart */
	assert_int_equal(world_dropped(w, DROP_REPLAY), XTRS);
	world_free(w);
}

static void after_a_restart_nonces_of_keys_that_nobody_has_do_not_keep_out_those_of_others(
	void **state)
{
	struct world *w = world_new(two_sites(NULL), NULL, NULL);
	struct site *a = site_table_named(w->server->sites, "a");

	(void)state;
	/* Those of the key that goes are there first. */
	all_register_with(w, 1, "secret-a", 1000);
	assert_int_equal(site_add_key(a, 2, AUTH_HMAC_SHA256_128, "next", 4), 0);
	all_register_with(w, 2, "next", 1000);
	world_pass(w, 1000);
	assert_int_equal(rows(w, STORED_NONCES), 2 * XTRS);
	w = world_again(w, two_sites("next"), NULL, true);
	/* Room to spare (half of 128) is left to a key that may come back. */
	assert_int_equal(replay_count(w->server->replay), 65);
	assert_int_equal(rows(w, STORED_NONCES), 65);
	all_register_with(w, 2, "next", 1000);
	assert_int_equal(world_dropped(w, DROP_REPLAY), XTRS);
	world_pass(w, 15000);
	assert_int_equal(replay_count(w->server->replay), XTRS);
	assert_int_equal(rows(w, STORED_NONCES), XTRS);
	all_register_with(w, 2, "next", 1001);
	assert_int_equal(world_dropped(w, DROP_REPLAY), XTRS);
	assert_int_equal(world_dropped(w, DROP_XTR_LIMIT), 0);
	world_free(w);
}

static void a_message_on_its_way_outlives_the_key_that_it_came_under(void **state)
{
	struct world *w = world_new(two_sites(NULL), NULL, NULL);
	struct site *a = site_table_named(w->server->sites, "a");

	(void)state;
	assert_int_equal(site_add_key(a, 2, AUTH_HMAC_SHA256_128, "next", 4), 0);
	all_register_with(w, 1, "secret-a", 1000);
	all_register_with(w, 2, "next", 1000);
	w->held = true; /* the committer has not come to it */
	world_register(w,
		REG(.xtr = 1, .nonce = 1001, .eids = {"10.0.0.9/32"}, .locators = {"192.0.2.7"}));
	assert_int_equal(site_retire_key(a, 1), 0);
	for (int i = 0; i < 4; i++)
		world_pass(w, 15000);
	assert_int_equal(replay_count(w->server->replay), XTRS);
	world_commit(w); /* its nonce is read: an entry that went too soon is found by ASan */
	w->held = false;
	world_pass(w, 15000);
	assert_int_equal(replay_count(w->server->replay), XTRS);
	world_free(w);
}

static void a_restart_forgets_xtrs_of_which_nothing_is_left(void **state)
{
	struct world *w = world_new(two_sites(NULL), NULL, NULL);
	char locator[16];

	(void)state;
	for (uint8_t xtr = 1; xtr <= 50; xtr++) { /* each takes the EID from the one before */
		snprintf(locator, sizeof(locator), "192.0.2.%u", xtr);
		world_register(w, REG(.xtr = xtr, .eids = {"10.0.0.1/32"}, .locators = {locator},
					  .no_notify = true));
	}
	assert_int_equal(rows(w, STORED_OWNERS), 50);
	assert_int_equal(xtr_count_of(w->server->xtrs, "a"), 50);
	w = world_again(w, two_sites(NULL), NULL, true);
	assert_int_equal(rows(w, STORED_OWNERS), 1);
	assert_int_equal(xtr_count_of(w->server->xtrs, "a"), 1);
	world_clear(w);
	world_request(w, "10.0.0.1/32", "203.0.113.9:40000");
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.0.0.1 ttl 1440 act 0 { 192.0.2.50 }");
	/* Its own refresh, by its name, is a refresh; and numbers are given anew to those that
	 * come. */
	world_register(w, REG(.xtr = 50, .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.50"},
				  .no_notify = true));
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	world_register(w, REG(.xtr = 3, .eids = {"10.0.0.3/32"}, .locators = {"192.0.2.3"}));
	w = world_again(w, two_sites(NULL), NULL, true);
	assert_int_equal(rows(w, STORED_OWNERS), 2);
	world_clear(w);
	world_request(w, "10.0.0.3/32", "203.0.113.9:40000");
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.0.0.3 ttl 1440 act 0 { 192.0.2.3 }");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_site_under_ever_new_names_leaves_room_for_another),
		cmocka_unit_test(a_second_key_for_every_xtr_needs_no_more_xtrs),
		cmocka_unit_test(keys_are_rotated_for_ever_and_nonces_of_present_ones_are_kept),
		cmocka_unit_test(
			after_a_restart_nonces_of_keys_that_nobody_has_do_not_keep_out_those_of_others),
		cmocka_unit_test(a_restart_forgets_xtrs_of_which_nothing_is_left),
		cmocka_unit_test(a_message_on_its_way_outlives_the_key_that_it_came_under),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
