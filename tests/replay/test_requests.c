/* Map-Requests against the core: RFC 9301 sections 5.5, 8.3 and 8.4. Numbers in names' comments are
 * the items of the Map-Server's (3.x) and the Map-Resolver's (4.x) checklist, and of the hostile
 * packets (12.x). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "tests/replay/world.h"

#define ITR "203.0.113.9:40000"

static struct map_request_spec ask(const char *eid, const char *itr_rloc)
{
	return (struct map_request_spec){.nonce = 5,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address(itr_rloc)},
		.eid = world_eid(eid)};
}

static struct world *site_world(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "10.0.0.0/8", true);
	world_site(t, "six", "2001:db8::/32", true);
	world_site(t, "mac", "[7]52:54:00:00:00:00/24", true);
	return world_new(t, NULL, NULL);
}

static void eid_without_a_site_draws_act_1_ttl_15_and_the_largest_free_prefix(void **state)
{
	struct world *w = site_world();
	/* RFC 9301 section 5.4 by hand: Map-Reply, 1 record, nonce, TTL 15, no locators, mask-len
	 * 7, ACT 1, AFI 1: 8.0.0.0/7 is the largest around 9.1.2.3 that spares 10.0.0.0/8. */
	static const uint8_t expected[] = {0x20, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0, 0, 0, 15, 0, 7, 0x20, 0, 0, 0, 0, 1, 8, 0, 0, 0};

	(void)state;
	world_request(w, "9.1.2.3/32", ITR);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	assert_string_equal(world_to(w, 0), ITR);
	world_free(w);
}

static void configured_and_unregistered_draws_act_1_ttl_1(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_request(w, "10.1.2.3/32", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.0.0.0/8 ttl 1 act 1 { }");
	world_register(
		w, (struct world_register){
			   .eids = {"10.1.2.4/32"}, .locators = {"192.0.2.1"}, .no_notify = true});
	world_clear(w);
	world_request(w, "10.1.2.3/32", ITR); /* the hole must not cover 10.1.2.4 */
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.1.2.0/30 ttl 1 act 1 { }");
	world_free(w);
}

static void policy_drop_draws_act_4(void **state)
{
	struct site_table *t = world_sites();
	struct site *s = site_new("a", 2);
	struct eid prefix = world_eid("10.0.0.0/8");
	const struct site *holder;
	struct world *w;

	(void)state;
	s->drop_policy = true;
	assert_int_equal(site_add_prefix(s, &prefix, true), 0);
	assert_int_equal(site_table_add(t, s, &holder), 0);
	w = world_new(t, NULL, NULL);
	world_request(w, "10.1.2.3/32", ITR);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.0.0.0/8 ttl 15 act 4 { }");
	world_free(w);
}

/* Site "a" has 10.1.0.0/16; "denied" the /24 in its midst, with the drop policy. */
static struct world *divided_world(void)
{
	struct site_table *t = world_sites();
	struct eid prefix = world_eid("10.1.5.0/24");
	struct site *denied = site_new("denied", 2);
	const struct site *holder;

	world_site(t, "a", "10.1.0.0/16", true);
	denied->drop_policy = true;
	site_add_key(denied, 1, AUTH_HMAC_SHA256_128, "secret-c", 8);
	assert_int_equal(site_add_prefix(denied, &prefix, true), 0);
	assert_int_equal(site_table_add(t, denied, &holder), 0);
	return world_new(t, NULL, NULL);
}

static void what_is_denied_is_not_told_beside_what_covers_it(void **state)
{
	struct world *w = divided_world();

	(void)state;
	world_register(
		w, (struct world_register){.eids = {"10.1.0.0/16"}, .locators = {"192.0.2.1"}});
	world_static(w, "10.1.5.7/32", "192.0.2.3", false);
	world_clear(w);
	world_request(w, "10.1.5.7/32", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records), "10.1.5.7 ttl 15 act 4 { }");
	world_clear(w);
	world_request(w, "10.1.0.1/32", ITR); /* 10.1.0.0/22 is what holds no part of the /24 */
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.0.0/22 ttl 1440 act 0 { 192.0.2.1 }");
	world_clear(w);
	world_request(w, "10.1.4.1/32", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.4.0/24 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void what_is_denied_is_not_covered_either_when_nothing_is_registered_there(void **state)
{
	struct world *w = divided_world();

	(void)state;
	world_register(
		w, (struct world_register){.eids = {"10.1.0.0/16"}, .locators = {"192.0.2.1"}});
	world_clear(w);
	world_request(w, "10.1.0.1/32", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.0.0/22 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void parts_of_a_prefix_are_told_without_what_is_denied(void **state)
{
	struct world *w = divided_world();

	(void)state;
	world_register(
		w, (struct world_register){.eids = {"10.1.2.0/24"}, .locators = {"192.0.2.1"}});
	world_static(w, "10.1.5.7/32", "192.0.2.3", false);
	world_clear(w);
	world_request(w, "10.1.0.0/16", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.2.0/24 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void proxy_reply_has_neither_a_nor_l(void **state)
{
	struct world *w = site_world();
	/* By hand: record TTL 1440, 1 locator, mask-len 32, ACT 0 A 0, Map-Version 0, AFI
	 * 1, 10.0.0.1; locator priority 1, weight 100, 255, 0, flags R only, AFI 1, 192.0.2.1. The
	 * registration had A and L set. */
	static const uint8_t expected[] = {0x20, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0, 0, 0x05, 0xa0, 1, 32, 0, 0, 0, 0, 0, 1, 10, 0, 0, 1, 1, 100, 255, 0, 0, 1,
		0, 1, 192, 0, 2, 1};

	(void)state;
	world_register(
		w, (struct world_register){
			   .eids = {"10.0.0.1/32"}, .locators = {"192.0.2.1"}, .no_notify = true});
	world_request(w, "10.0.0.1/32", ITR);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	world_free(w);
}

/* An inner IPv4 packet forwarded once: TTL 63 where it was 64, the header's sum right again, all
 * else as it came. */
static void assert_one_hop_less(const uint8_t *got, const uint8_t *sent, size_t len)
{
	uint32_t sum = 0;

	assert_int_equal(sent[8], 64);
	assert_int_equal(got[8], 63);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)got[i] << 8 | got[i + 1];
	assert_int_equal((sum & 0xffff) + (sum >> 16), 0xffff); /* RFC 791: one's complement */
	assert_memory_equal(got, sent, 8);
	assert_int_equal(got[9], sent[9]);
	assert_memory_equal(got + 12, sent + 12, len - 12);
}

static void without_p_the_request_goes_unmodified_to_the_best_reachable_locator(void **state)
{
	struct world *w = site_world();
	struct map_request_spec s = ask("10.0.0.1/32", "203.0.113.9");
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, ITR);

	(void)state;
	world_register(w, (struct world_register){.eids = {"10.0.0.1/32"},
				  .locators = {"192.0.2.1"},
				  .no_proxy = true,
				  .no_notify = true});
	world_receive(w, ITR, buf, len);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "192.0.2.1:4342");
	assert_int_equal(w->out->list[0].len, len);
	assert_int_equal(outbox_bytes(w->out, 0)[0], 0x80);
	assert_one_hop_less(outbox_bytes(w->out, 0) + 4, buf + 4, len - 4);
	assert_int_equal(world_count(w, COUNT_FORWARDED_ETR), 1);
	world_free(w);
}

static void probe_is_dropped(void **state)
{
	struct world *w = site_world();
	struct map_request_spec s = {.probe = true,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.0.0.1/32")};
	uint8_t buf[512];

	(void)state;
	world_receive(w, ITR, buf, world_write_request(buf, sizeof(buf), &s, ITR));
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_PROBE), 1);
	world_free(w);
}

static void map_reply_is_discarded(void **state)
{
	static const uint8_t reply[] = {0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 15, 0, 8,
		0x20, 0, 0, 0, 0, 1, 9, 0, 0, 0};
	struct world *w = site_world();

	(void)state;
	world_receive(w, ITR, reply, sizeof(reply));
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_MAP_REPLY), 1);
	world_free(w);
}

/* RFC 9301 section 5.5: the example of 2001:db8:1:5::5, which gives three records. */
static void register_example(struct world *w)
{
	static const char *const eids[] = {
		"2001:db8::/32", "2001:db8:1::/48", "2001:db8:1:1::/64", "2001:db8:1:2::/64"};

	for (unsigned int i = 0; i < 4; i++)
		world_register(w, (struct world_register){.site = "six",
					  .eids = {eids[i]},
					  .locators = {"2001:db8:f::1"},
					  .ttl_min = 100 - i,
					  .no_notify = true});
}

static void overlapping_prefixes_come_with_all_more_specifics_and_one_ttl(void **state)
{
	struct world *w = site_world();

	(void)state;
	register_example(w);
	world_request(w, "2001:db8:1:5::5/128", "[2001:db8:9::9]:40000");
	assert_string_equal(world_records(world_reply(w, 0).records),
		"2001:db8:1::/48 ttl 97 act 0 { 2001:db8:f::1 }; "
		"2001:db8:1:1::/64 ttl 97 act 0 { 2001:db8:f::1 }; "
		"2001:db8:1:2::/64 ttl 97 act 0 { 2001:db8:f::1 }");
	world_clear(w);
	world_request(w, "2001:db8:1:1::1/128", "[2001:db8:9::9]:40000");
	assert_string_equal(world_records(world_reply(w, 0).records),
		"2001:db8:1:1::/64 ttl 98 act 0 { 2001:db8:f::1 }");
	world_free(w);
}

static void too_many_more_specifics_narrow_the_best_match_to_what_holds_none(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(
		w, (struct world_register){
			   .eids = {"10.0.0.0/8"}, .locators = {"192.0.2.1"}, .no_notify = true});
	for (unsigned int i = 1; i < 40; i++) {
		char eid[32];

		snprintf(eid, sizeof(eid), "10.1.0.%u/32", i);
		world_register(
			w, (struct world_register){
				   .eids = {eid}, .locators = {"192.0.2.2"}, .no_notify = true});
	}
	world_request(w, "10.200.0.1/32", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.128.0.0/9 ttl 1440 act 0 { 192.0.2.1 }");
	world_clear(w);
	world_request(w, "10.1.0.41/32", ITR); /* 10.1.0.40 to .47 are free */
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.1.0.40/29 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void a_more_specific_that_answers_for_itself_is_not_covered_by_the_reply(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(
		w, (struct world_register){
			   .eids = {"10.0.0.0/8"}, .locators = {"192.0.2.1"}, .no_notify = true});
	world_register(w, (struct world_register){.eids = {"10.128.0.0/16"},
				  .locators = {"192.0.2.2"},
				  .no_proxy = true,
				  .no_notify = true});
	world_request(w, "10.1.0.1/32", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"10.0.0.0/9 ttl 1440 act 0 { 192.0.2.1 }");
	world_free(w);
}

static void locators_are_sorted_ipv4_before_ipv6_ascending(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w,
		(struct world_register){.site = "six",
			.eids = {"2001:db8::1/128"},
			.locators = {"2001:db8:f::2", "192.0.2.200", "2001:db8:f::1", "192.0.2.3"},
			.no_notify = true});
	world_request(w, "2001:db8::1/128", "[2001:db8:9::9]:40000");
	assert_string_equal(world_records(world_reply(w, 0).records),
		"2001:db8::1 ttl 1440 act 0 { 192.0.2.3 192.0.2.200 2001:db8:f::1 "
		"2001:db8:f::2 }");
	world_free(w);
}

static void instances_and_mac_eids_are_kept_apart(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, (struct world_register){.site = "mac",
				  .eids = {"[7]52:54:00:00:00:01/48"},
				  .locators = {"192.0.2.1"},
				  .no_notify = true});
	world_request(w, "[7]52:54:00:00:00:01/48", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"[7]52:54:00:00:00:01 ttl 1440 act 0 { 192.0.2.1 }");
	world_clear(w);
	world_request(w, "[8]52:54:00:00:00:01/48", ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"[8]00:00:00:00:00:00/0 ttl 15 act 1 { }");
	world_free(w);
}

/* ---- the resolver ---- */

static struct world *resolver_world(void)
{
	struct forward_table *f = forward_table_new((const uint8_t *)"0123456789abcdef");
	struct eid wide = world_eid("10.0.0.0/8"), narrow = world_eid("10.1.0.0/16");
	struct endpoint ms = world_endpoint("192.0.2.80"), near = world_endpoint("192.0.2.81:4343");

	assert_int_equal(forward_table_add(f, &wide, &ms), 0);
	assert_int_equal(forward_table_add(f, &narrow, &near), 0);
	return world_new(world_sites(), f, NULL);
}

static void resolver_forwards_to_the_map_server_of_the_longest_prefix(void **state)
{
	struct world *w = resolver_world();

	(void)state;
	world_request(w, "10.2.0.1/32", ITR);
	world_request(w, "10.1.0.1/32", ITR);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 0), "192.0.2.80:4342");
	assert_string_equal(world_to(w, 1), "192.0.2.81:4343");
	assert_int_equal(world_count(w, COUNT_FORWARDED_SERVER), 2);
	world_free(w);
}

/* Two resolvers that forward a prefix to each other: what comes back from the next hop, and began
 * elsewhere, does not go there again. */
static void a_request_does_not_go_back_to_the_server_that_forwarded_it(void **state)
{
	struct world *w = resolver_world();
	struct map_request_spec s = ask("10.2.0.1/32", "203.0.113.9");
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, ITR);

	(void)state;
	world_receive(w, "192.0.2.80:4342", buf, len);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_FORWARD_LOOP), 1);
	assert_int_equal(world_count(w, COUNT_FORWARDED_SERVER), 0);
	world_receive(w, "192.0.2.99:4342", buf, len); /* another resolver */
	assert_string_equal(world_to(w, 0), "192.0.2.80:4342");
	world_clear(w);
	/* A requester on the Map-Server's own machine is none that forwarded. */
	len = world_write_request(buf, sizeof(buf), &s, "192.0.2.80:4342");
	world_receive(w, "192.0.2.80:4342", buf, len);
	assert_string_equal(world_to(w, 0), "192.0.2.80:4342");
	assert_int_equal(world_dropped(w, DROP_FORWARD_LOOP), 1);
	world_free(w);
}

static void a_request_is_not_forwarded_to_ourselves(void **state)
{
	struct forward_table *f = forward_table_new((const uint8_t *)"0123456789abcdef");
	struct eid wide = world_eid("10.0.0.0/8"), narrow = world_eid("10.1.0.0/16");
	struct endpoint own = world_endpoint("192.0.2.53"),
			near = world_endpoint("192.0.2.53:4343");
	struct world *w;

	(void)state;
	assert_int_equal(forward_table_add(f, &wide, &own), 0);
	assert_int_equal(forward_table_add(f, &narrow, &near), 0);
	w = world_new(world_sites(), f, NULL);
	world_request(w, "10.2.0.1/32", ITR);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_FORWARD_LOOP), 1);
	world_request(w, "10.1.0.1/32", ITR); /* another program on this machine */
	assert_string_equal(world_to(w, 0), "192.0.2.53:4343");
	world_free(w);
}

/* Any longer loop ends after as many hops as the inner header allows. */
static void a_forwarded_request_has_a_hop_less_and_ends_at_none(void **state)
{
	struct world *w = resolver_world();
	struct map_request_spec s = ask("10.2.0.1/32", "203.0.113.9");
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, ITR);

	(void)state;
	for (unsigned int left = 63; left > 0; left--) {
		world_receive(w, "192.0.2.99:4342", buf, len);
		assert_int_equal(w->out->count, 1);
		assert_int_equal(w->out->list[0].len, len);
		memcpy(buf, outbox_bytes(w->out, 0), len);
		assert_int_equal(buf[4 + 8], left);
		world_clear(w);
	}
	world_receive(w, "192.0.2.99:4342", buf, len);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_HOP_LIMIT), 1);
	world_free(w);
}

static void an_inner_ipv6_packet_has_a_hop_less_too(void **state)
{
	struct world *w = resolver_world();
	struct map_request_spec s = ask("10.2.0.1/32", "2001:db8::9");
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, "[2001:db8::9]:40000");

	(void)state;
	world_receive(w, "[2001:db8::9]:40000", buf, len);
	assert_int_equal(w->out->count, 1);
	assert_int_equal(buf[4 + 7], 64);
	assert_int_equal(outbox_bytes(w->out, 0)[4 + 7], 63);
	buf[4 + 7] = 63;
	assert_memory_equal(outbox_bytes(w->out, 0), buf, len);
	world_free(w);
}

static void resolver_knows_what_is_no_eid(void **state)
{
	struct world *w = resolver_world();

	(void)state;
	world_request(w, "11.2.0.1/32", ITR);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "11.0.0.0/8 ttl 15 act 1 { }");
	world_free(w);
}

static void static_entries_answer_before_forwarding(void **state)
{
	struct world *w = resolver_world();

	(void)state;
	world_static(w, "10.1.0.1/32", "192.0.2.7", false);
	world_request(w, "10.1.0.1/32", ITR);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "10.1.0.1 ttl 1440 act 0 { 192.0.2.7 }");
	world_free(w);
}

static void only_encapsulated_requests_are_taken(void **state)
{
	struct world *w = site_world();
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.0.0.1/32")};
	uint8_t buf[256];

	(void)state;
	world_receive(w, ITR, buf, (size_t)map_request_write(buf, sizeof(buf), &s));
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_NOT_ENCAPSULATED), 1);
	world_free(w);
}

/* ---- hostile ---- */

static void reflect(const char *rloc, const char *peer, enum drop_reason reason)
{
	struct world *w = site_world();
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address(rloc)},
		.eid = world_eid("10.0.0.1/32")};
	uint8_t buf[512];

	world_receive(w, peer, buf, world_write_request(buf, sizeof(buf), &s, peer));
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, reason), 1);
	world_free(w);
}

static void itr_rloc_group_loopback_or_own_is_refused(void **state)
{
	(void)state;
	reflect("224.0.0.1", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("255.255.255.255", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("0.0.0.0", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("127.0.0.1", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("192.0.2.53", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("192.0.2.54", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("ff02::1", ITR, DROP_ITR_RLOC_REFUSED);
	reflect("192.0.2.53", "192.0.2.53:4342", DROP_ITR_RLOC_REFUSED);
}

static void requester_on_this_machine_is_answered(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_request(w, "10.0.0.1/32", "192.0.2.53:50000");
	world_request(w, "10.0.0.1/32", "127.0.0.1:50000");
	assert_int_equal(w->out->count, 2);
	world_free(w);
}

static void reply_to_another_than_the_sender_is_never_larger_than_the_request(void **state)
{
	struct world *w = site_world();
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.77")}, /* a victim */
		.eid = world_eid("10.0.0.1/32")};
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, ITR);

	(void)state;
	world_register(w, (struct world_register){.eids = {"10.0.0.1/32"},
				  .locators = {"2001:db8::1", "2001:db8::2", "2001:db8::3"},
				  .no_notify = true});
	world_receive(w, ITR, buf, len);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_AMPLIFICATION), 1);
	world_free(w);
}

static void larger_replies_to_the_sender_are_limited_in_number(void **state)
{
	struct world *w = site_world();

	(void)state;
	world_register(w, (struct world_register){.eids = {"10.0.0.1/32"},
				  .locators = {"2001:db8::1", "2001:db8::2", "2001:db8::3"},
				  .no_notify = true});
	for (unsigned int i = 0; i < 8; i++) /* the world allows 5 at once */
		world_request(w, "10.0.0.1/32", ITR);
	assert_int_equal(w->out->count, 5);
	assert_int_equal(world_dropped(w, DROP_AMPLIFICATION), 3);
	world_free(w);
}

static void ecm_in_ecm_and_ecm_around_other_messages_are_dropped(void **state)
{
	static const uint8_t reply[] = {0x20, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 15, 0, 8,
		0x20, 0, 0, 0, 0, 1, 9, 0, 0, 0};
	struct world *w = site_world();
	struct endpoint source = world_endpoint(ITR), dest = world_endpoint("10.0.0.1");
	struct map_request_spec s = {
		.itr_rloc_count = 1, .itr_rlocs = {source.addr}, .eid = world_eid("10.0.0.1/32")};
	uint8_t inner[512], buf[1024];
	size_t len = world_write_request(inner, sizeof(inner), &s, ITR);

	(void)state;
	world_receive(w, ITR, buf,
		(size_t)ecm_write(buf, sizeof(buf), &source, &dest, false, inner, len));
	assert_int_equal(world_dropped(w, DROP_ECM_NESTED), 1);
	world_receive(w, ITR, buf,
		(size_t)ecm_write(buf, sizeof(buf), &source, &dest, false, reply, sizeof(reply)));
	assert_int_equal(world_dropped(w, DROP_ECM_INNER), 1);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void every_prefix_of_a_request_is_dropped_and_counted(void **state)
{
	struct world *w = site_world();
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("10.0.0.1/32")};
	uint64_t dropped = 0;
	uint8_t buf[512];
	size_t len = world_write_request(buf, sizeof(buf), &s, ITR);

	(void)state;
	for (size_t cut = 0; cut < len; cut++)
		world_receive(w, ITR, buf, cut);
	for (unsigned int i = 0; i < DROP_REASONS; i++)
		dropped += world_dropped(w, (enum drop_reason)i);
	assert_int_equal(dropped, len);
	assert_int_equal(w->out->count, 0);
	world_free(w);
}

static void drop_is_logged_with_peer_field_and_offset(void **state)
{
	static const uint8_t cut[] = {0x80, 0, 0, 0, 0x45, 0, 0, 40};
	struct world *w = site_world();

	(void)state;
	world_receive(w, ITR, cut, sizeof(cut));
	assert_non_null(strstr(w->log_text, ITR));
	assert_non_null(strstr(w->log_text, "at byte "));
	for (unsigned int i = 0; i < 1000; i++)
		world_receive(w, ITR, cut, sizeof(cut));
	assert_true(strlen(w->log_text) < 3000); /* limited */
	world_free(w);
}

static void no_itr_rloc_of_our_families_is_dropped(void **state)
{
	struct world *w = site_world();
	struct map_request_spec s = {.itr_rloc_count = 1,
		.itr_rlocs = {world_address("2001:db8::77")},
		.eid = world_eid("10.0.0.1/32")};
	uint8_t buf[512];

	(void)state;
	w->server->opt.ipv6 = false;
	world_receive(w, ITR, buf, world_write_request(buf, sizeof(buf), &s, ITR));
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_NO_ITR_RLOC), 1);
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(/* 3.1, 4.2 */
			eid_without_a_site_draws_act_1_ttl_15_and_the_largest_free_prefix),
		cmocka_unit_test(configured_and_unregistered_draws_act_1_ttl_1), /* 3.1 */
		cmocka_unit_test(policy_drop_draws_act_4),                       /* 3.1 */
		cmocka_unit_test(what_is_denied_is_not_told_beside_what_covers_it),
		cmocka_unit_test(
			what_is_denied_is_not_covered_either_when_nothing_is_registered_there),
		cmocka_unit_test(parts_of_a_prefix_are_told_without_what_is_denied),
		cmocka_unit_test(proxy_reply_has_neither_a_nor_l), /* 3.2 */
		cmocka_unit_test(                                  /* 3.2 */
			without_p_the_request_goes_unmodified_to_the_best_reachable_locator),
		cmocka_unit_test(probe_is_dropped),       /* 3.3 */
		cmocka_unit_test(map_reply_is_discarded), /* 3.3 */
		cmocka_unit_test(                         /* 3.9 */
			overlapping_prefixes_come_with_all_more_specifics_and_one_ttl),
		cmocka_unit_test(too_many_more_specifics_narrow_the_best_match_to_what_holds_none),
		cmocka_unit_test(
			a_more_specific_that_answers_for_itself_is_not_covered_by_the_reply),
		cmocka_unit_test(locators_are_sorted_ipv4_before_ipv6_ascending), /* 3.10 */
		cmocka_unit_test(instances_and_mac_eids_are_kept_apart),
		cmocka_unit_test(only_encapsulated_requests_are_taken), /* 4.1 */
		cmocka_unit_test(resolver_knows_what_is_no_eid),        /* 4.2 */
		cmocka_unit_test(
			resolver_forwards_to_the_map_server_of_the_longest_prefix), /* 4.3 */
		cmocka_unit_test(a_request_does_not_go_back_to_the_server_that_forwarded_it),
		cmocka_unit_test(a_request_is_not_forwarded_to_ourselves),
		cmocka_unit_test(a_forwarded_request_has_a_hop_less_and_ends_at_none),
		cmocka_unit_test(an_inner_ipv6_packet_has_a_hop_less_too),
		cmocka_unit_test(static_entries_answer_before_forwarding),   /* 4.3 */
		cmocka_unit_test(itr_rloc_group_loopback_or_own_is_refused), /* 12.8 */
		cmocka_unit_test(requester_on_this_machine_is_answered),
		cmocka_unit_test(/* 12.7, 12.8 */
			reply_to_another_than_the_sender_is_never_larger_than_the_request),
		cmocka_unit_test(larger_replies_to_the_sender_are_limited_in_number),   /* 12.8 */
		cmocka_unit_test(ecm_in_ecm_and_ecm_around_other_messages_are_dropped), /* 12.7 */
		cmocka_unit_test(every_prefix_of_a_request_is_dropped_and_counted),     /* 12.1 */
		cmocka_unit_test(drop_is_logged_with_peer_field_and_offset),
		cmocka_unit_test(no_itr_rloc_of_our_families_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
