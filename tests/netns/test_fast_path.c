/* The kernel's fast path beside the core: what it answers, what it leaves alone, and that both say
 * the same of whatever comes (Map-Requests of RFC 9301 section 5.2, answers of 5.4 and 8.4). Each
 * world_receive compares (world_fast.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/checksum.h"
#include "lisp/ecm.h"
#include "tests/netns/world_fast.h"

#define ITR  "203.0.113.9:40000"
#define ITR6 "[2001:db8:ffff::9]:40000"

static struct world *filled_world(void)
{
	struct site_table *t = world_sites();
	struct world *w;

	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "six", "2001:db8::/32", true);
	world_site(t, "seven", "[7]10.0.0.0/8", true);
	world_site(t, "mac", "[7]52:54:00:00:00:00/24", true);
	w = world_new(t, NULL, NULL);
	world_register(
		w, (struct world_register){.eids = {"10.0.0.1/32", "10.0.0.2/32", "10.0.1.0/24"},
			   .locators = {"192.0.2.1", "192.0.2.2"}});
	world_register(w,
		(struct world_register){
			.site = "six", .eids = {"2001:db8::1/128"}, .locators = {"2001:db8:1::1"}});
	world_register(
		w, (struct world_register){
			   .site = "seven", .eids = {"[7]10.0.0.1/32"}, .locators = {"192.0.2.3"}});
	world_register(w, (struct world_register){.site = "mac",
				  .eids = {"[7]52:54:00:00:00:01/48"},
				  .locators = {"192.0.2.4"},
				  .map_version = 77});
	world_clear(w);
	return w;
}

/* Ask, and see who answers; @replies: of the core. */
static void ask(struct world *w, const char *eid, const char *itr, bool fast, unsigned int replies)
{
	world_clear(w);
	world_request(w, eid, itr);
	if (w->out->count != replies)
		fail_msg("%s: %u replies, expected %u", eid, w->out->count, replies);
	if (world_fast_answered(w) != fast)
		fail_msg("%s: the kernel %s", eid, fast ? "let it pass" : "answered");
}

static void ask_with(struct world *w, const struct map_request_spec *s, const char *itr, bool fast)
{
	uint8_t buf[1200];

	world_clear(w);
	world_receive(w, itr, buf, world_write_request(buf, sizeof(buf), s, itr));
	if (world_fast_answered(w) != fast)
		fail_msg("the kernel %s", fast ? "let it pass" : "answered");
}

static void hosts_of_every_family_are_answered_over_ipv4_and_ipv6(void **state)
{
	static const char *const itrs[] = {ITR, ITR6};
	struct world *w = filled_world();

	(void)state;
	for (int i = 0; i < 2; i++) {
		ask(w, "10.0.0.1/32", itrs[i], true, 1);
		ask(w, "10.0.0.2/32", itrs[i], true, 1);
		ask(w, "2001:db8::1/128", itrs[i], true, 1);
		ask(w, "[7]10.0.0.1/32", itrs[i], true, 1);
		ask(w, "[7]52:54:00:00:00:01/48", itrs[i], true, 1);
	}
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_ANSWERED), 10);
	world_free(w);
}

static void the_reply_is_that_of_rfc_9301_to_the_byte(void **state)
{
	struct world *w = filled_world();
	/* Section 5.4 by hand: Map-Reply, one record; the nonce; TTL 1440, 2 locators, mask-len 32,
	 * ACT 0, no version, AFI 1, the EID; priority 1, weight 100, multicast 255 and 0, R, AFI 1.
	 */
	static const uint8_t expected[] = {0x20, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0, 0, 5, 0xa0, 2, 32, 0, 0, 0, 0, 0, 1, 10, 0, 0, 1, 1, 100, 255, 0, 0, 1, 0,
		1, 192, 0, 2, 1, 1, 100, 255, 0, 0, 1, 0, 1, 192, 0, 2, 2};

	(void)state;
	ask(w, "10.0.0.1/32", ITR, true, 1);
	assert_int_equal(w->out->list[0].len, sizeof(expected)); /* and so is the kernel's */
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	world_free(w);
}

static void prefixes_and_what_is_not_registered_pass(void **state)
{
	struct world *w = filled_world();

	(void)state;
	ask(w, "10.0.1.7/32", ITR, false, 1);
	ask(w, "10.0.0.0/24", ITR, false, 1);
	ask(w, "10.0.0.3/32", ITR, false, 1);
	ask(w, "[8]10.0.0.1/32", ITR, false, 1);
	ask(w, "[7]10.0.0.2/32", ITR, false, 1);
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_ANSWERED), 0);
	world_free(w);
}

static void requests_that_want_more_pass(void **state)
{
	struct world *w = filled_world();
	const struct map_request_spec plain = {.nonce = 5,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.0.0.1/32")};
	struct map_request_spec s = plain;

	(void)state;
	ask_with(w, &s, ITR, true);
	s.smr_invoked = s.pitr = s.local_xtr = true;
	ask_with(w, &s, ITR, true);
	s = plain;
	s.source_eid = world_address("10.9.9.9");
	s.source_iid = 7;
	ask_with(w, &s, ITR, true);
	s = plain;
	s.probe = true;
	ask_with(w, &s, ITR, false);
	s = plain;
	s.smr = true;
	ask_with(w, &s, ITR, false);
	s = plain;
	s.authoritative = true;
	ask_with(w, &s, ITR, false);
	s = plain;
	s.dont_reply = true;
	ask_with(w, &s, ITR, false);
	s = plain;
	s.has_xtr_id = s.subscribe = true;
	ask_with(w, &s, ITR, false);
	s = plain;
	s.has_xtr_id = true;
	ask_with(w, &s, ITR, false);
	world_free(w);
}

static void the_itr_rloc_has_to_be_the_sender(void **state)
{
	struct world *w = filled_world();
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.10")},
		.eid = world_eid("10.0.0.1/32")};

	(void)state;
	ask_with(w, &s, ITR, false);
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_RLOC), 1);
	s.itr_rloc_count = 3;
	s.itr_rlocs[1] = world_address("2001:db8:ffff::9");
	s.itr_rlocs[2] = world_address("203.0.113.9");
	ask_with(w, &s, ITR, true);
	ask_with(w, &s, ITR6, true);
	ask_with(w, &s, "203.0.113.11:40000", false);
	/* ours, loopback, a group: what the kernel would not take */
	s.itr_rloc_count = 1;
	s.itr_rlocs[0] = world_address("192.0.2.54");
	ask_with(w, &s, "192.0.2.54:40000", false);
	s.itr_rlocs[0] = world_address("127.0.0.1");
	ask_with(w, &s, "127.0.0.1:40000", false);
	s.itr_rlocs[0] = world_address("224.0.0.9");
	ask_with(w, &s, "224.0.0.9:40000", false);
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_SOURCE), 3);
	world_free(w);
}

static void a_reply_larger_than_its_request_passes(void **state)
{
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.source_eid = world_address("10.9.9.9"),
		.eid = world_eid("10.0.0.4/32")};
	struct world *w = filled_world();

	(void)state;
	world_register(w, (struct world_register){.eids = {"10.0.0.4/32"},
				  .locators = {"192.0.2.1", "192.0.2.2", "192.0.2.3"},
				  .no_notify = true});
	ask_with(w, &s, ITR, true); /* 64 bytes for 64 */
	assert_int_equal(w->out->list[0].len, 64);
	ask(w, "10.0.0.4/32", ITR, false, 1); /* 64 for 60 */
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_SIZE), 1);
	world_free(w);
}

static void changes_withdrawals_and_expiry_are_seen_at_once(void **state)
{
	struct world *w = filled_world();

	(void)state;
	ask(w, "10.0.0.1/32", ITR, true, 1);
	world_register(
		w, (struct world_register){.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.9"}});
	ask(w, "10.0.0.1/32", ITR, true, 1); /* compared with the core's: the new locator */
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.0.0.1 ttl 1440 act 0 { 192.0.2.9 }");
	world_register(w, (struct world_register){.eids = {"10.0.0.1/32"}, .remove = true});
	ask(w, "10.0.0.1/32", ITR, false, 1);
	world_register(w, (struct world_register){
				  .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1", "192.0.2.2"}});
	ask(w, "10.0.0.1/32", ITR, true, 1);
	world_register(
		w, (struct world_register){
			   .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .no_proxy = true});
	ask(w, "10.0.0.1/32", ITR, false, 1); /* forwarded */
	world_pass(w, 179000);
	ask(w, "10.0.0.2/32", ITR, true, 1);
	w->now = mono_add_ms(w->now, 2000); /* due, and nobody has swept */
	ask(w, "10.0.0.2/32", ITR, false, 1);
	world_free(w);
}

static void refreshes_keep_it_alive(void **state)
{
	const struct world_register again = {
		.eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1", "192.0.2.2"}};
	struct world *w = filled_world();

	(void)state;
	for (int i = 0; i < 4; i++) {
		world_pass(w, 100000);
		world_register(w, again);
		ask(w, "10.0.0.1/32", ITR, true, 1);
	}
	assert_int_equal(world_count(w, COUNT_REFRESHED), 4);
	world_pass(w, 181000);
	ask(w, "10.0.0.1/32", ITR, false, 1);
	world_free(w);
}

static void a_move_is_answered_with_the_new_place(void **state)
{
	struct world *w = filled_world();

	(void)state;
	world_move(w, "a", "198.51.100.1:4342", 1, MOVE_CLAIM, 5000, 0, "10.0.0.8/32", "192.0.2.1");
	ask(w, "10.0.0.8/32", ITR, true, 1);
	world_move(w, "a", "198.51.100.2:4342", 2, MOVE_CLAIM, 6000, 1, "10.0.0.8/32", "192.0.2.2");
	ask(w, "10.0.0.8/32", ITR, true, 1);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.0.0.8 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void a_policy_anywhere_makes_everything_pass(void **state)
{
	struct site_table *t = world_sites();
	struct site *s = site_new("b", 2);
	struct eid prefix = world_eid("11.0.0.0/8");
	const struct site *holder;
	struct world *w;

	(void)state;
	world_site(t, "a", "10.0.0.0/8", true);
	s->drop_policy = true;
	assert_int_equal(site_add_prefix(s, &prefix, true), 0);
	assert_int_equal(site_table_add(t, s, &holder), 0);
	w = world_new(t, NULL, NULL);
	world_register(
		w, (struct world_register){
			   .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .no_notify = true});
	ask(w, "10.0.0.1/32", ITR, false, 1);
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_OFF), 1);
	world_free(w);
}

static void what_does_not_fit_is_left_to_the_sockets(void **state)
{
	struct site_table *t = world_sites();
	struct fast_table_counts c;
	struct world *w;
	unsigned int fast = 0;

	(void)state;
	world_site(t, "a", "10.0.0.0/8", true);
	w = world_new(t, NULL, NULL);
	for (unsigned int i = 0; i < 100; i++) { /* of 64 different answers */
		char eid[32], locator[32];

		snprintf(eid, sizeof(eid), "10.1.0.%u/32", i);
		snprintf(locator, sizeof(locator), "192.0.3.%u", i);
		world_register(w, (struct world_register){
					  .eids = {eid}, .locators = {locator}, .no_notify = true});
		ask(w, eid, ITR, i < 64, 1);
	}
	c = fast_table_counts(world_fast_table(w));
	assert_int_equal(c.entries, 64);
	assert_int_equal(c.answers, 64);
	assert_int_equal(c.answers_full, 36);
	for (unsigned int i = 0; i < 2000; i++) { /* more than the buckets hold */
		char eid[32];

		snprintf(eid, sizeof(eid), "10.2.%u.%u/32", i >> 8, i & 255);
		world_register(
			w, (struct world_register){
				   .eids = {eid}, .locators = {"192.0.3.1"}, .no_notify = true});
		world_clear(w);
		world_request(w, eid, ITR);
		assert_int_equal(w->out->count, 1);
		fast += world_fast_answered(w);
	}
	c = fast_table_counts(world_fast_table(w));
	assert_int_equal(fast + 64, c.entries);
	assert_int_equal(c.full, 2000 - fast);
	assert_true(fast > 1200); /* of 1429 slots */
	world_free(w);
}

static void wrong_checksums_pass(void **state)
{
	struct world *w = filled_world();

	(void)state;
	world_fast_break(w, true, false);
	ask(w, "10.0.0.1/32", ITR, false, 1); /* the world's core sees no checksum */
	ask(w, "10.0.0.1/32", ITR6, false, 1);
	assert_int_equal(world_fast_verdicts(w, FAST_CNT_SUM), 2);
	world_fast_break(w, false, true);
	ask(w, "10.0.0.1/32", ITR, false, 1);
	world_fast_break(w, false, false);
	ask(w, "10.0.0.1/32", ITR, true, 1);
	world_free(w);
}

/* ---- whatever comes ---- */

static void receive_file(struct world *w, const char *path)
{
	uint8_t bytes[FAST_MESSAGE_MAX * 2];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		fail_msg("cannot read %s", path);
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	world_clear(w);
	world_receive(w, ITR, bytes, n);
	world_clear(w);
	world_receive(w, ITR6, bytes, n);
}

static void corpus_files_draw_the_same_from_both(void **state)
{
	static const char *const names[] = {"ecm", "map_request", "map_register", "info"};
	const char *top = getenv("top_srcdir");
	struct world *w = filled_world();
	unsigned int files = 0;

	(void)state;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct dirent *e;
		char path[512];
		DIR *d;

		snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top ? top : ".", names[i]);
		d = opendir(path);
		if (!d)
			fail_msg("no directory %s", path);
		while ((e = readdir(d))) {
			if (e->d_name[0] == '.')
				continue;
			snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s/%s", top ? top : ".",
				names[i], e->d_name);
			receive_file(w, path);
			files++;
		}
		closedir(d);
	}
	assert_true(files > 60);
	world_free(w);
}

static void sum_again(uint8_t *ecm, size_t len)
{
	bool v4 = ecm[4] >> 4 == 4;
	size_t ip = v4 ? 20 : 40, udp = 4 + ip;
	struct address from, to;
	uint16_t sum;

	if (len < udp + 8)
		return;
	address_set(&from, v4 ? AFI_IPV4 : AFI_IPV6, ecm + (v4 ? 16 : 12), v4 ? 4 : 16);
	address_set(&to, v4 ? AFI_IPV4 : AFI_IPV6, ecm + (v4 ? 20 : 28), v4 ? 4 : 16);
	if (v4) {
		ecm[14] = ecm[15] = 0;
		sum = checksum_of(ecm + 4, 20);
		ecm[14] = (uint8_t)(sum >> 8);
		ecm[15] = (uint8_t)sum;
	}
	ecm[udp + 6] = ecm[udp + 7] = 0;
	sum = checksum_udp(&from, &to, ecm + udp, len - udp);
	ecm[udp + 6] = (uint8_t)(sum >> 8);
	ecm[udp + 7] = (uint8_t)sum;
}

/* One to three bytes of good requests changed, mostly with the inner checksums right again. */
static void changed_requests_draw_the_same_from_both(void **state)
{
	static const char *const eids[] = {"10.0.0.1/32", "2001:db8::1/128", "[7]10.0.0.1/32",
		"[7]52:54:00:00:00:01/48", "10.0.1.0/24"};
	static const char *const itrs[] = {ITR, ITR6};
	struct world *w = filled_world();
	struct map_request_spec s = {.nonce = 9, .itr_rloc_count = 2};
	unsigned int seed = 7, rounds = 20000;

	(void)state;
	s.itr_rlocs[0] = world_address("203.0.113.9");
	s.itr_rlocs[1] = world_address("2001:db8:ffff::9");
	for (unsigned int i = 0; i < rounds; i++) {
		const char *itr = itrs[rand_r(&seed) % 2];
		uint8_t buf[512];
		size_t len;

		s.eid = world_eid(eids[rand_r(&seed) % 5]);
		s.source_eid = world_address(rand_r(&seed) % 2 ? "10.9.9.9" : "2001:db8::9");
		s.source_iid = rand_r(&seed) % 2 ? 7 : 0;
		len = world_write_request(buf, sizeof(buf), &s, itr);
		for (int n = rand_r(&seed) % 3; n >= 0; n--)
			buf[rand_r(&seed) % len] =
				(uint8_t)(rand_r(&seed) % 4 ? rand_r(&seed) : rand_r(&seed) % 4);
		if (rand_r(&seed) % 8)
			sum_again(buf, len);
		world_clear(w);
		world_receive(w, itr, buf, rand_r(&seed) % 16 ? len : rand_r(&seed) % len);
	}
	/* many are still good ones: a nonce, an inner address, a port has changed */
	assert_in_range(world_fast_counts(w).answered, rounds / 20, rounds);
	assert_in_range(world_fast_counts(w).passed, rounds / 20, rounds);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hosts_of_every_family_are_answered_over_ipv4_and_ipv6),
		cmocka_unit_test(the_reply_is_that_of_rfc_9301_to_the_byte),
		cmocka_unit_test(prefixes_and_what_is_not_registered_pass),
		cmocka_unit_test(requests_that_want_more_pass),
		cmocka_unit_test(the_itr_rloc_has_to_be_the_sender),
		cmocka_unit_test(a_reply_larger_than_its_request_passes),
		cmocka_unit_test(changes_withdrawals_and_expiry_are_seen_at_once),
		cmocka_unit_test(refreshes_keep_it_alive),
		cmocka_unit_test(a_move_is_answered_with_the_new_place),
		cmocka_unit_test(a_policy_anywhere_makes_everything_pass),
		cmocka_unit_test(what_does_not_fit_is_left_to_the_sockets),
		cmocka_unit_test(wrong_checksums_pass),
		cmocka_unit_test(corpus_files_draw_the_same_from_both),
		cmocka_unit_test(changed_requests_draw_the_same_from_both),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
