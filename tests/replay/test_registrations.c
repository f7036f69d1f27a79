/* Registrations against the core: RFC 9301 sections 5.6, 5.7 and 8.2. Numbers are the items of the
 * Map-Server's checklist (3.x) and of the hostile packets (12.x). */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/base/rcu.h"
#include "tests/replay/world.h"

#define ITR      "203.0.113.9:40000"
#define REG(...) ((struct world_register){__VA_ARGS__})

static struct world *site_world(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "b", "172.16.0.0/12", false);
	return world_new(t, NULL, NULL);
}

static const char *lookup(struct world *w, const char *eid)
{
	world_clear(w);
	world_request(w, eid, ITR);
	return world_records(world_reply(w, 0).records);
}

static void m_bit_draws_a_map_notify_with_the_same_nonce_records_and_ids(void **state)
{
	struct world *w = site_world();
	struct map_register m;

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32", "10.0.0.2/32"}, .locators = {"192.0.2.1"},
				  .nonce = 0xabcdef, .xtr = 9));
	assert_int_equal(w->out->count, 1);
	m = world_notify(w, 0, "a");
	assert_int_equal(m.nonce, 0xabcdef);
	assert_true(m.has_xtr_id);
	assert_int_equal(m.xtr_id.bytes[15], 9);
	assert_int_equal(m.site_id, 7);
	assert_string_equal(world_records(m.records), "10.0.0.1 ttl 1440 act 0 A { 192.0.2.1 L }; "
						      "10.0.0.2 ttl 1440 act 0 A { 192.0.2.1 L }");
	assert_string_equal(world_to(w, 0), "198.51.100.1:4342");
	assert_int_equal(w->events[EVENT_REGISTERED], 2);
	world_free(w);
}

static void acknowledgement_goes_to_the_port_that_the_register_came_from(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"},
				  .peer = "198.51.100.1:61000"));
	assert_string_equal(world_to(w, 0), "198.51.100.1:61000");
	world_free(w);
}

static void acknowledgement_is_not_retransmitted(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
	world_clear(w);
	world_pass(w, 60000);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void bad_mac_is_dropped(void **state)
{
	const struct world_register r =
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .nonce = 5);
	struct world *w = site_world();
	uint8_t buf[512];
	size_t len = world_write_register(buf, sizeof(buf), &r);

	(void)state;
	for (size_t i = 16; i < len; i++) { /* any octet from the MAC on */
		buf[i] ^= 1;
		world_receive(w, "198.51.100.1", buf, len);
		buf[i] ^= 1;
	}
	assert_int_equal(registry_count(w->server->registry), 0);
	assert_int_equal(w->out->count, 0);
	world_receive(w, "198.51.100.1", buf, len); /* and the nonce was not used up */
	assert_int_equal(registry_count(w->server->registry), 1);
	world_free(w);
}

static void signed_by_another_site_is_dropped(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.site = "b", .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	world_register(w, REG(.eids = {"11.0.0.1/32"}, .locators = {"192.0.2.1"}));
	assert_int_equal(world_dropped(w, DROP_NO_SITE), 1);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .key_id = 9));
	assert_int_equal(world_dropped(w, DROP_UNKNOWN_KEY), 1);
	world_register(w,
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .alg = AUTH_HMAC_SHA1_96));
	assert_int_equal(world_dropped(w, DROP_UNKNOWN_KEY), 2);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

/* The algorithm's octets, patched into a message: length, algorithm and key-id are not the packet's
 * to choose. */
static void auth_len_of_the_packets_choice_is_dropped(void **state)
{
	static const uint16_t lengths[] = {0, 1, 12, 15, 17, 32, 65535};
	const struct world_register r =
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .nonce = 5);
	struct world *w = site_world();
	uint8_t buf[512];
	size_t len = world_write_register(buf, sizeof(buf), &r);

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		buf[14] = (uint8_t)(lengths[i] >> 8);
		buf[15] = (uint8_t)lengths[i];
		world_receive(w, "198.51.100.1", buf, len);
	}
	buf[14] = 0;
	buf[15] = 16;
	buf[13] = 0; /* algorithm None */
	world_receive(w, "198.51.100.1", buf, len);
	assert_int_equal(registry_count(w->server->registry), 0);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void only_the_sites_own_prefixes_are_accepted_and_a_message_is_followed_whole(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32", "172.16.0.0/12"}, .locators = {"192.0.2.1"}));
	assert_int_equal(world_dropped(w, DROP_EID_REFUSED), 1);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_register(w, REG(.site = "b", .eids = {"172.16.5.0/24"}, .locators = {"192.0.2.1"}));
	assert_int_equal(world_dropped(w, DROP_EID_REFUSED), 2); /* no more-specifics there */
	world_register(w, REG(.site = "b", .eids = {"172.16.0.0/12"}, .locators = {"192.0.2.1"}));
	assert_int_equal(registry_count(w->server->registry), 1);
	world_free(w);
}

static void nonce_must_exceed_the_saved_one_of_the_same_xtr_and_key(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .nonce = 100, .xtr = 1));
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.9"}, .nonce = 100, .xtr = 1));
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.9"}, .nonce = 99, .xtr = 1));
	assert_int_equal(world_dropped(w, DROP_REPLAY), 2);
	assert_non_null(strstr(w->log_text, "nonce 0x0000000000000063"));
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_register(w, REG(.eids = {"10.0.0.2/32"}, .locators = {"192.0.2.2"}, .nonce = 50,
				  .xtr = 2)); /* another xTR counts for itself */
	assert_int_equal(registry_count(w->server->registry), 2);
	world_free(w);
}

/* RFC 9301 section 5.6 ends the MAC at the last record: the xTR-ID behind it is anybody's to
 * rewrite. */
static void with_mac_scope_records_another_xtr_id_makes_no_replay_good(void **state)
{
	const struct world_register r = REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"},
		.nonce = 100, .xtr = 1, .records_only = true);
	struct site_table *t = world_sites();
	struct world *w;
	uint8_t buf[512];
	size_t len = world_write_register(buf, sizeof(buf), &r);

	(void)state;
	world_site(t, "a", "10.0.0.0/8", true)->auth.records_only = true;
	w = world_new(t, NULL, NULL);
	world_receive(w, "198.51.100.1", buf, len);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.9"}, .nonce = 101,
				  .xtr = 1, .records_only = true));
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.9 }");
	for (size_t i = 1; i <= 24; i++) { /* any octet of xTR-ID and Site-ID */
		buf[len - i] ^= 0x5a;
		world_receive(w, "198.51.100.1", buf, len);
		buf[len - i] ^= 0x5a;
	}
	assert_int_equal(world_dropped(w, DROP_REPLAY), 24);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.9 }");
	assert_int_equal(xtr_table_count(w->server->xtrs), 1);
	world_free(w);
}

static void replay_state_survives_a_kill(void **state)
{
	char dir[] = "/tmp/sunward-replay-XXXXXX", spec[64], path[96];
	const struct world_register r =
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .nonce = 77, .xtr = 1);
	struct site_table *t = world_sites();
	struct world *w;
	uint8_t buf[512];
	size_t len = world_write_register(buf, sizeof(buf), &r);

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(spec, sizeof(spec), "lmdb:%s/db?size=16MiB", dir);
	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, NULL, spec);
	world_receive(w, "198.51.100.1", buf, len);
	assert_int_equal(registry_count(w->server->registry), 1);
	world_kill(w);
	t = world_sites();
	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, NULL, spec);
	world_receive(w, "198.51.100.1", buf, len);
	assert_int_equal(world_dropped(w, DROP_REPLAY), 1);
	assert_int_equal(registry_count(w->server->registry), 1);
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .nonce = 78, .xtr = 1));
	assert_int_equal(registry_count(w->server->registry), 1);
	world_free(w);
	snprintf(path, sizeof(path), "rm -rf %s", dir);
	assert_int_equal(system(path), 0);
}

static void registration_expires_after_three_minutes(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
	world_pass(w, 179999);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_pass(w, 1);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.0/8 ttl 1 act 1 { }");
	assert_int_equal(w->events[EVENT_EXPIRED], 1);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

static void refresh_extends_and_commits_nothing(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
	for (unsigned int i = 0; i < 10; i++) {
		world_pass(w, 60000);
		world_clear(w);
		world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
		world_notify(w, 0, "a");
	}
	assert_int_equal(world_count(w, COUNT_REFRESHED), 10);
	assert_int_equal(world_count(w, COUNT_REGISTERED), 1);
	assert_int_equal(world_count(w, COUNT_CHANGED), 0);
	assert_int_equal(registry_count(w->server->registry), 1);
	world_free(w);
}

static void what_loses_its_site_before_its_commit_is_counted(void **state)
{
	struct site_table *t = world_sites();
	struct world *w;

	(void)state;
	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	w->held = true;
	world_register(
		w, (struct world_register){.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}});
	world_move(
		w, "a", "198.51.100.1:4342", 1, MOVE_CLAIM, 5000000, 0, "10.0.0.2/32", "192.0.2.1");
	w->server->sites = world_sites(); /* a reload */
	site_table_retire(t);
	world_commit(w);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_UNKNOWN_KEY), 2);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
	rcu_barrier_all();
}

static void a_refresh_does_not_overtake_the_change_before_it(void **state)
{
	const struct world_register there = REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"});
	struct world *w = site_world();

	(void)state;
	world_register(w, there);
	w->held = true;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.9"}));
	world_register(w, there); /* there and back before the commit */
	world_commit(w);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .remove = true));
	world_register(w, there); /* gone and back */
	world_commit(w);
	w->held = false;
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_register(w, there);
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1); /* nothing waits any more */
	world_free(w);
}

static void t_bit_takes_the_record_ttl_as_time_out(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .use_ttl = true,
				  .ttl_min = 10));
	world_pass(w, 599999);
	assert_int_equal(registry_count(w->server->registry), 1);
	world_pass(w, 1);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .use_ttl = true,
				  .ttl_min = 0xffffffff));
	world_pass(w, 365ull * 86400 * 1000); /* x 60 does not overflow */
	assert_int_equal(registry_count(w->server->registry), 1);
	world_free(w);
}

static void ttl_0_deregisters_and_only_the_owners(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1));
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2));
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .remove = true, .xtr = 1));
	assert_int_equal(world_dropped(w, DROP_NOT_OWNER), 1);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .remove = true, .xtr = 2, .use_ttl = true));
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.0/8 ttl 1 act 1 { }");
	assert_int_equal(w->events[EVENT_WITHDRAWN], 1);
	world_free(w);
}

/* ---- moves of plain registrations ---- */

static void last_writer_takes_the_eid_and_the_previous_owner_is_told(void **state)
{
	struct world *w = site_world();
	struct map_register m;

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1,
				  .peer = "198.51.100.1"));
	world_clear(w);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2,
				  .peer = "198.51.100.2"));
	assert_int_equal(w->out->count, 2);
	world_notify(w, 0, "a"); /* the acknowledgement goes first */
	assert_string_equal(world_to(w, 0), "198.51.100.2:4342");
	m = world_notify(w, 1, "a");
	assert_string_equal(world_to(w, 1), "198.51.100.1:4342");
	assert_string_equal(world_records(m.records), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	assert_int_equal(w->events[EVENT_MOVED], 1);
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void previous_owner_without_m_is_not_told(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1,
				  .no_notify = true));
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2,
				  .no_notify = true));
	assert_int_equal(w->events[EVENT_MOVED], 1);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void move_two_sites(struct world *w)
{
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1,
				  .peer = "198.51.100.1"));
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2,
				  .peer = "198.51.100.2", .no_notify = true));
}

static void unsolicited_notify_is_sent_again_at_100_ms_then_3_3_6_12_24_s(void **state)
{
	static const unsigned int waits_ms[] = {100, 3000, 3000, 6000, 12000, 24000};
	struct world *w = site_world();

	(void)state;
	move_two_sites(w);
	for (unsigned int i = 0; i < 6; i++) {
		world_clear(w);
		/* keep both registrations alive, as the xTRs do: only time passes here */
		world_pass(w, waits_ms[i] - 1);
		assert_int_equal(w->out->count, 0);
		world_pass(w, 1);
		assert_int_equal(w->out->count, 1);
		world_notify(w, 0, "a");
		assert_string_equal(world_to(w, 0), "198.51.100.1:4342");
	}
	world_clear(w);
	world_pass(w, 100000);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_count(w, COUNT_NOTIFY_GAVE_UP), 1);
	world_free(w);
}

/* The acknowledgement of the unsolicited notify that is datagram @i. */
static size_t write_ack(
	struct world *w, unsigned int i, const char *key_text, uint8_t *buf, size_t cap)
{
	const struct auth_options opt = {false, false};
	struct map_register n = world_notify(w, i, "a"),
			    ack = {.type = LISP_MAP_NOTIFY_ACK, .nonce = n.nonce};
	struct auth_key *key = auth_key_new(key_text, strlen(key_text));
	struct lisp_record rec;
	struct wire_writer wr;
	int len;

	assert_true(lisp_records_next(&n.records, &rec));
	wire_writer_init(&wr, buf, cap);
	map_register_begin(&wr, &ack, 1, AUTH_HMAC_SHA256_128, &opt);
	wire_put_bytes(&wr, rec.raw, rec.raw_len);
	len = map_register_finish(&wr, &ack, 1, key, &opt);
	auth_key_free(key);
	assert_true(len > 0);
	return (size_t)len;
}

static void retransmission_stops_at_an_ack_with_that_nonce_and_a_valid_mac(void **state)
{
	struct world *w = site_world();
	uint8_t good[512], bad[512];
	size_t good_len, bad_len;

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = 1,
				  .no_notify = false));
	world_clear(w);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2,
				  .no_notify = true));
	assert_int_equal(w->out->count, 1);
	good_len = write_ack(w, 0, "secret-a", good, sizeof(good));
	bad_len = write_ack(w, 0, "secret-x", bad, sizeof(bad));
	world_receive(w, "198.51.100.1", bad, bad_len);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	world_clear(w);
	world_pass(w, 100);
	assert_int_equal(w->out->count, 1); /* still not believed */
	world_receive(w, "198.51.100.1", good, good_len);
	assert_int_equal(world_count(w, COUNT_NOTIFY_ACKS), 1);
	world_clear(w);
	world_pass(w, 100000);
	assert_int_equal(w->out->count, 0);
	world_receive(w, "198.51.100.1", good, good_len); /* a second one */
	assert_int_equal(world_dropped(w, DROP_UNEXPECTED_ACK), 1);
	world_free(w);
}

static void a_newer_move_ends_the_older_ones_notifies(void **state)
{
	struct world *w = site_world();

	(void)state;
	move_two_sites(w);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.3"}, .xtr = 3,
				  .peer = "198.51.100.3")); /* A, B, C */
	world_clear(w);
	world_pass(w, 100);
	assert_int_equal(w->out->count, 0); /* B did not set M; what A was told is old */
	world_free(w);
}

static void owner_first_keeps_the_owner_until_it_withdraws(void **state)
{
	struct site_table *t = world_sites();
	struct site *s = world_site(t, "a", "10.0.0.0/8", true);
	struct world *w;

	(void)state;
	s->move = SITE_MOVE_OWNER_FIRST;
	w = world_new(t, NULL, NULL);
	move_two_sites(w);
	assert_int_equal(world_dropped(w, DROP_OWNER_FIRST), 1);
	assert_int_equal(w->events[EVENT_REFUSED], 1);
	assert_string_equal(w->reason, "owner-first");
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .remove = true, .xtr = 1));
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .xtr = 2));
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void both_etrs_of_a_site_may_register_the_same_locators(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(
		w, REG(.eids = {"10.0.0.0/24"}, .locators = {"192.0.2.1", "192.0.2.2"}, .xtr = 1));
	world_register(
		w, REG(.eids = {"10.0.0.0/24"}, .locators = {"192.0.2.2", "192.0.2.1"}, .xtr = 2));
	assert_int_equal(w->events[EVENT_MOVED], 0);
	assert_int_equal(world_count(w, COUNT_REFRESHED), 1);
	world_free(w);
}

/* Two ETRs of the site, both at 192.0.2.1. */
static void etr(struct world *w, uint8_t xtr, bool notify, bool no_proxy, bool secure)
{
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .xtr = xtr,
				  .no_notify = !notify, .no_proxy = no_proxy, .secure = secure));
}

static void etrs_of_a_site_that_differ_in_m_and_p_refresh_each_other_and_move_nothing(void **state)
{
	struct world *w = site_world();

	(void)state;
	etr(w, 1, false, false, false);
	for (int i = 0; i < 6; i++) {
		world_pass(w, 30000);
		etr(w, 2, true, true, false);
		world_pass(w, 30000);
		etr(w, 1, false, false, false);
	}
	assert_int_equal(world_count(w, COUNT_REGISTERED), 1);
	assert_int_equal(world_count(w, COUNT_REFRESHED), 12);
	assert_int_equal(world_count(w, COUNT_MOVED), 0);
	assert_int_equal(world_count(w, COUNT_CHANGED), 0);
	/* The owner's P counts. */
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	etr(w, 1, false, true, false); /* and its word is a change */
	assert_int_equal(world_count(w, COUNT_CHANGED), 1);
	world_free(w);
}

static void etrs_of_a_site_that_differ_in_s_are_one_change_and_then_refreshes(void **state)
{
	struct world *w = site_world();
	struct moves_history h;
	struct eid eid = world_eid("10.0.0.1/32");

	(void)state;
	etr(w, 1, false, false, false);
	for (int i = 0; i < 6; i++) {
		etr(w, 2, false, false, true);
		etr(w, 1, false, false, false);
		etr(w, 3, false, false, false);
	}
	assert_int_equal(world_count(w, COUNT_CHANGED), 1);
	assert_int_equal(world_count(w, COUNT_REFRESHED), 17);
	assert_int_equal(world_count(w, COUNT_MOVED), 0);
	assert_int_equal(w->events[EVENT_MOVED], 0);
	assert_false(moves_history(w->server->moves, &eid, w->now, &h)); /* no flapping either */
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	/* Another one that moves it does move it. */
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.3"}, .xtr = 3));
	assert_int_equal(world_count(w, COUNT_MOVED), 1);
	world_free(w);
}

static void an_xtr_that_says_the_host_is_gone_does_not_cut_it_off_elsewhere(void **state)
{
	struct world *w = site_world();

	(void)state;
	move_two_sites(w);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .xtr = 1)); /* no locators */
	assert_int_equal(world_dropped(w, DROP_NOT_OWNER), 1);
	assert_string_equal(w->reason, "not-owner");
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void old_map_version_is_dropped_when_versions_are_in_use(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .map_version = 5));
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.2"}, .map_version = 4));
	assert_int_equal(world_dropped(w, DROP_OLD_MAP_VERSION), 1);
	assert_int_equal(w->events[EVENT_REFUSED], 1);
	assert_string_equal(w->reason, "old-map-version");
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.1 }");
	world_register(
		w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.3"}, .map_version = 6));
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.3 }");
	world_free(w);
}

static void group_address_as_locator_is_refused(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"224.1.1.1"}));
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"0.0.0.0"}));
	assert_int_equal(world_dropped(w, DROP_LOCATORS), 2);
	assert_int_equal(registry_count(w->server->registry), 0);
	world_free(w);
}

static void two_key_ids_live_side_by_side(void **state)
{
	struct site_table *t = world_sites();
	struct site *s = world_site(t, "a", "10.0.0.0/8", true);
	struct world *w;

	(void)state;
	assert_int_equal(site_add_key(s, 2, AUTH_HMAC_SHA1_96, "secret-a", 8), 0);
	assert_int_equal(site_add_key(s, 3, AUTH_HMAC_SHA1_96, "x", 1), -ENOSPC);
	w = world_new(t, NULL, NULL);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
	world_register(w, REG(.eids = {"10.0.0.2/32"}, .locators = {"192.0.2.1"}, .key_id = 2,
				  .alg = AUTH_HMAC_SHA1_96));
	assert_int_equal(registry_count(w->server->registry), 2);
	world_notify(w, 1, "a");
	world_free(w);
}

static void every_prefix_of_a_register_is_dropped_and_counted(void **state)
{
	const struct world_register r =
		REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .nonce = 5, .xtr = 3);
	struct world *w = site_world();
	uint64_t dropped = 0;
	uint8_t buf[512];
	size_t len = world_write_register(buf, sizeof(buf), &r);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		world_receive(w, "198.51.100.1", buf, cut);
	for (unsigned int i = 0; i < DROP_REASONS; i++)
		dropped += world_dropped(w, (enum drop_reason)i);
	assert_int_equal(dropped, len);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void static_mapping_is_not_for_xtrs_to_change(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_static(w, "10.0.0.1/32", "192.0.2.7", false);
	world_register(w, REG(.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}));
	assert_int_equal(world_dropped(w, DROP_OWNER_FIRST), 1);
	world_pass(w, 86400ull * 1000); /* nor does it expire */
	assert_string_equal(lookup(w, "10.0.0.1"), "10.0.0.1 ttl 1440 act 0 { 192.0.2.7 }");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(/* 3.7 */
			m_bit_draws_a_map_notify_with_the_same_nonce_records_and_ids),
		cmocka_unit_test(acknowledgement_goes_to_the_port_that_the_register_came_from),
		cmocka_unit_test(acknowledgement_is_not_retransmitted),      /* 3.7 */
		cmocka_unit_test(bad_mac_is_dropped),                        /* 3.4 */
		cmocka_unit_test(signed_by_another_site_is_dropped),         /* 3.4, 12.2 */
		cmocka_unit_test(auth_len_of_the_packets_choice_is_dropped), /* 12.2 */
		cmocka_unit_test(                                            /* 3.4 */
			only_the_sites_own_prefixes_are_accepted_and_a_message_is_followed_whole),
		cmocka_unit_test(nonce_must_exceed_the_saved_one_of_the_same_xtr_and_key), /* 3.5 */
		cmocka_unit_test(                                                          /* 3.5 */
			with_mac_scope_records_another_xtr_id_makes_no_replay_good),
		cmocka_unit_test(replay_state_survives_a_kill),             /* 3.5 */
		cmocka_unit_test(registration_expires_after_three_minutes), /* 3.6 */
		cmocka_unit_test(refresh_extends_and_commits_nothing),      /* 3.6 */
		cmocka_unit_test(what_loses_its_site_before_its_commit_is_counted),
		cmocka_unit_test(a_refresh_does_not_overtake_the_change_before_it),
		cmocka_unit_test(t_bit_takes_the_record_ttl_as_time_out), /* 3.6, 12.12 */
		cmocka_unit_test(ttl_0_deregisters_and_only_the_owners),  /* 12.12 */
		cmocka_unit_test(
			last_writer_takes_the_eid_and_the_previous_owner_is_told), /* 3.8 */
		cmocka_unit_test(previous_owner_without_m_is_not_told),
		cmocka_unit_test(/* 3.8 */
			unsolicited_notify_is_sent_again_at_100_ms_then_3_3_6_12_24_s),
		cmocka_unit_test(/* 3.8 */
			retransmission_stops_at_an_ack_with_that_nonce_and_a_valid_mac),
		cmocka_unit_test(a_newer_move_ends_the_older_ones_notifies),
		cmocka_unit_test(owner_first_keeps_the_owner_until_it_withdraws),
		cmocka_unit_test(both_etrs_of_a_site_may_register_the_same_locators),
		cmocka_unit_test(
			etrs_of_a_site_that_differ_in_m_and_p_refresh_each_other_and_move_nothing),
		cmocka_unit_test(etrs_of_a_site_that_differ_in_s_are_one_change_and_then_refreshes),
		cmocka_unit_test(an_xtr_that_says_the_host_is_gone_does_not_cut_it_off_elsewhere),
		cmocka_unit_test(old_map_version_is_dropped_when_versions_are_in_use), /* 3.11 */
		cmocka_unit_test(group_address_as_locator_is_refused),
		cmocka_unit_test(two_key_ids_live_side_by_side),
		cmocka_unit_test(
			every_prefix_of_a_register_is_dropped_and_counted), /* 12.1, 12.3 */
		cmocka_unit_test(static_mapping_is_not_for_xtrs_to_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
