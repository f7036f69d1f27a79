/* DDT nodes and Map-Servers at the leaves: RFC 8111 sections 6, 7.1, 7.2, 8.3 and the topology of
 * section 9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "tests/replay/ddt_world.h"
#include "tests/unit/ddt_vector.h"

#define ITR "203.0.113.9:40000"

static struct world *node_world(struct site_table *sites, struct delegation_table *t)
{
	struct world *w = world_new(sites, NULL, NULL);

	w->server->delegations = t;
	w->server->wall_offset_s = (int64_t)DDT_WALL - (int64_t)(w->now.ns / 1000000000);
	return w;
}

/* The nodes of section 9's figure. */
static struct world *root1(void)
{
	return node_world(NULL, ddt_root_table());
}

static struct world *node1(void)
{
	return node_world(NULL, ddt_second_level_table());
}

static struct site_table *sites_of_map_server1(void)
{
	struct site_table *t = world_sites();

	world_site(t, "a", "2001:db8:103::/48", true);
	world_site(t, "site2", "2001:db8:104::/48", true);
	return t;
}

static struct world *map_server1(const char *const *peers)
{
	struct delegation_table *t = ddt_table();

	ddt_authority(t, "2001:db8:100::/40", peers);
	return node_world(sites_of_map_server1(), t);
}

static void root_refers_to_its_child_nodes(void **state)
{
	struct world *w = root1();
	/* RFC 8111 section 6.4 by hand: type 6, 1 record, the nonce; TTL 1440, 2 referrals,
	 * mask-len 32, ACT 0 A 0 I 0; SigCnt 0, Map-Version 0, AFI 2; then two locators: priority
	 * 1, weight 0, R. */
	static const uint8_t expected[] = {0x60, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77,
		0x88, 0, 0, 0x05, 0xa0, 2, 32, 0, 0, 0, 0, 0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 255, 0, 0, 1, 0, 1, 192, 0, 2, 11, 1, 0, 255, 0, 0, 1,
		0, 1, 192, 0, 2, 12};

	(void)state;
	ddt_request(w, "2001:db8:103:1::1/128", ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(world_to(w, 0), "192.0.2.77:4342");
	assert_int_equal(w->out->list[0].len, sizeof(expected));
	assert_memory_equal(outbox_bytes(w->out, 0), expected, sizeof(expected));
	assert_int_equal(world_count(w, COUNT_REFERRALS + REFERRAL_NODE), 1);
	world_free(w);
}

static void node_refers_to_map_servers_with_ms_referral(void **state)
{
	struct world *w = node1();

	(void)state;
	ddt_request(w, "2001:db8:103:1::1/128", ITR);
	assert_string_equal(
		ddt_referral(w, 0), "ms-referral 2001:db8:100::/40 ttl 1440 { 192.0.2.101 }");
	world_clear(w);
	ddt_request(w, "2001:db8:501:8:4::1/128", ITR);
	assert_string_equal(
		ddt_referral(w, 0), "node-referral 2001:db8:500::/40 ttl 1440 { 192.0.2.201 }");
	world_free(w);
}

/* Section 9.1, steps 6 and 7. */
static void map_server_forwards_and_acknowledges_incomplete_without_peers(void **state)
{
	struct world *w = map_server1(NULL);

	(void)state;
	world_register(w, (struct world_register){.eids = {"2001:db8:103::/48"},
				  .locators = {"198.51.100.7"},
				  .no_proxy = true,
				  .no_notify = true});
	ddt_request(w, "2001:db8:103:1::1/128", ITR);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 0), "198.51.100.7:4342"); /* the request, to the ETR */
	assert_int_equal(outbox_bytes(w->out, 0)[0], 0x80);       /* D is clear */
	assert_string_equal(world_to(w, 1), "192.0.2.77:4342");
	assert_string_equal(
		ddt_referral(w, 1), "ms-ack 2001:db8:103::/48 ttl 1440 I { 192.0.2.53 }");
	assert_int_equal(world_count(w, COUNT_FORWARDED_ETR), 1);
	world_free(w);
}

static void proxy_map_server_replies_to_the_itr_and_acknowledges_with_peers(void **state)
{
	struct world *w = map_server1((const char *const[]){"192.0.2.53", "192.0.2.102", NULL});

	(void)state;
	world_register(w, (struct world_register){.eids = {"2001:db8:103:1::1/128"},
				  .locators = {"198.51.100.7"},
				  .no_notify = true});
	ddt_request(w, "2001:db8:103:1::1/128", ITR);
	assert_int_equal(w->out->count, 2);
	assert_string_equal(world_to(w, 0), ITR);
	assert_string_equal(world_records(world_reply(w, 0).records),
		"2001:db8:103:1::1 ttl 1440 act 0 { 198.51.100.7 }");
	assert_string_equal(
		ddt_referral(w, 1), "ms-ack 2001:db8:103::/48 ttl 1440 { 192.0.2.53 192.0.2.102 }");
	world_free(w);
}

/* Section 7.2; the TTL of section 6.4, where the tree of 8.3.2 has another. */
static void configured_and_unregistered_draws_ms_not_registered_ttl_1(void **state)
{
	struct world *w = map_server1(NULL);

	(void)state;
	ddt_request(w, "2001:db8:103:1::1/128", ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_referral(w, 0), "not-registered 2001:db8:103::/48 ttl 1 I { }");
	world_clear(w);
	world_register(w, (struct world_register){.eids = {"2001:db8:103:8000::1/128"},
				  .locators = {"198.51.100.7"},
				  .no_notify = true});
	ddt_request(w, "2001:db8:103:1::1/128", ITR); /* no registration is in its prefix */
	assert_string_equal(ddt_referral(w, 0), "not-registered 2001:db8:103::/49 ttl 1 I { }");
	world_free(w);
	w = map_server1((const char *const[]){"192.0.2.53", NULL});
	ddt_request(w, "2001:db8:103:1::1/128", ITR);
	assert_string_equal(
		ddt_referral(w, 0), "not-registered 2001:db8:103::/48 ttl 1 { 192.0.2.53 }");
	world_free(w);
}

/* Section 9.5: 2001:db8:500::/64 spares 500:1::/64 and 500:2::/64. */
/* A record has names whole (RFC 9735 section 3), so nothing is said of the prefix "vm-". */
static void a_name_is_acknowledged_as_itself(void **state)
{
	struct site_table *t = world_sites();
	struct world *w;

	(void)state;
	world_site(t, "names", "\"vm-\"/24", true);
	w = node_world(t, NULL);
	ddt_request(w, "\"vm-1\"", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-registered \"vm-1\" ttl 1 I { }");
	world_free(w);
}

static void map_server_without_the_site_draws_a_hole_as_large_as_can_be(void **state)
{
	struct delegation_table *t = ddt_table();
	struct site_table *sites = world_sites();
	struct world *w;

	(void)state;
	world_site(sites, "site3", "2001:db8:500:1::/64", false);
	world_site(sites, "site4", "2001:db8:500:2::/64", false);
	ddt_authority(t, "2001:db8:500::/48", NULL);
	w = node_world(sites, t);
	ddt_request(w, "2001:db8:500::1/128", ITR);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_referral(w, 0), "hole 2001:db8:500::/64 ttl 15 { }");
	world_free(w);
}

/* Section 7.1.2. */
static void node_without_the_delegation_draws_a_hole_within_its_authority(void **state)
{
	struct world *w = node1();

	(void)state;
	ddt_request(w, "2001:db8:8000::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0), "hole 2001:db8:8000::/33 ttl 15 { }");
	world_clear(w);
	ddt_request(w, "2001:db8:200::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0), "hole 2001:db8:200::/39 ttl 15 { }");
	world_free(w);
	w = root1();
	ddt_request(w, "10.1.2.3/32", ITR);
	assert_string_equal(ddt_referral(w, 0), "hole 0.0.0.0/0 ttl 15 { }");
	world_clear(w);
	ddt_request(w, "[77]2001:db8::1/128", ITR); /* the delegation is of instance 0 */
	assert_string_equal(ddt_referral(w, 0), "hole [77]::/0 ttl 15 { }");
	world_free(w);
}

/* Section 6.1: the EID of the request, TTL 0; section 6.3: incomplete. */
static void outside_its_authority_it_is_not_authoritative_ttl_0(void **state)
{
	struct world *w = node1();

	(void)state;
	ddt_request(w, "2001:db9::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-authoritative 2001:db9::1 ttl 0 I { }");
	world_clear(w);
	ddt_request(w, "[7]2001:db8::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-authoritative [7]2001:db8::1 ttl 0 I { }");
	world_free(w);
}

/* Section 7.1.1: hints are delegations outside of what the node is authoritative for. */
static void a_hint_is_followed_also_without_authority(void **state)
{
	struct delegation_table *t = ddt_table();
	struct world *w;

	(void)state;
	ddt_authority(t, "10.1.0.0/16", NULL);
	ddt_delegate(t, "10.0.0.0/8", false, (const char *const[]){"192.0.2.1", NULL}, NULL);
	w = node_world(NULL, t);
	ddt_request(w, "10.2.0.1/32", ITR);
	assert_string_equal(ddt_referral(w, 0), "node-referral 10.0.0.0/8 ttl 1440 { 192.0.2.1 }");
	world_clear(w);
	ddt_request(w, "10.1.0.1/32", ITR); /* its own authority is closer than the hint */
	assert_string_equal(ddt_referral(w, 0), "hole 10.1.0.0/16 ttl 15 { }");
	world_free(w);
}

static void the_longer_of_site_and_delegation_decides(void **state)
{
	struct site_table *sites = world_sites();
	struct delegation_table *t = ddt_table();
	struct world *w;

	(void)state;
	world_site(sites, "a", "10.1.2.0/24", true);
	world_site(sites, "b", "10.0.0.0/9", true);
	ddt_authority(t, "10.0.0.0/8", NULL);
	ddt_delegate(t, "10.1.0.0/16", true, (const char *const[]){"192.0.2.1", NULL}, NULL);
	w = node_world(sites, t);
	ddt_request(w, "10.1.2.3/32", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-registered 10.1.2.0/24 ttl 1 I { }");
	world_clear(w);
	ddt_request(w, "10.1.3.3/32", ITR);
	assert_string_equal(ddt_referral(w, 0), "ms-referral 10.1.0.0/16 ttl 1440 { 192.0.2.1 }");
	world_clear(w);
	ddt_request(w, "10.0.0.1/32", ITR); /* a hole in the site that spares the delegation */
	assert_string_equal(ddt_referral(w, 0), "not-registered 10.0.0.0/16 ttl 1 I { }");
	world_free(w);
}

static void a_map_server_without_a_table_is_a_leaf_for_its_sites(void **state)
{
	struct world *w = world_new(sites_of_map_server1(), NULL, NULL);

	(void)state;
	ddt_request(w, "2001:db8:104::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-registered 2001:db8:104::/48 ttl 1 I { }");
	world_clear(w);
	ddt_request(w, "2001:db8:105::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-authoritative 2001:db8:105::1 ttl 0 I { }");
	world_free(w);
}

static void who_is_neither_node_nor_map_server_gives_no_referral(void **state)
{
	struct world *w = world_new(NULL, NULL, NULL);

	(void)state;
	w->server->opt.map_server = false;
	ddt_request(w, "10.0.0.1/32", ITR);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_NO_ROLE), 1);
	world_free(w);
}

static void a_mere_node_takes_no_requests_of_itrs(void **state)
{
	struct world *w = root1();

	(void)state;
	w->server->opt.map_server = w->server->opt.resolver = false;
	world_request(w, "2001:db8::1/128", ITR);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_NO_ROLE), 1);
	ddt_request(w, "2001:db8::1/128", ITR);
	assert_int_equal(w->out->count, 1);
	world_free(w);
}

/* Section 10: the signature covers the record as it is, and a resolver that has the key can tell.
 */
static void referrals_are_signed_and_bring_the_childs_key(void **state)
{
	struct delegation_table *t = ddt_table();
	struct referral_signature sig;
	struct referral_record rec, it;
	struct referral_key *key;
	struct wire_fault fault;
	struct map_referral m;
	struct world *w;
	const char *why;

	(void)state;
	ddt_authority(t, NULL, NULL);
	ddt_delegate(t, "[25]2001:db8:500::/40", false, (const char *const[]){"192.0.2.201", NULL},
		vector_child_public);
	ddt_sign_with_vector(t, 5);
	w = node_world(NULL, t);
	ddt_request(w, "[25]2001:db8:501::1/128", ITR);
	assert_string_equal(ddt_referral(w, 0),
		"node-referral [25]2001:db8:500::/40 ttl 1440 { 192.0.2.201+key } sigs 1");
	assert_int_equal(
		map_referral_parse(outbox_bytes(w->out, 0), w->out->list[0].len, &m, &fault), 0);
	assert_true(map_referral_next(&m, &rec));
	it = rec;
	assert_true(referral_signature_next(&it, &sig));
	assert_int_equal(sig.inception, DDT_WALL - 7200);
	assert_int_equal(sig.expiration, DDT_WALL + 7 * 86400);
	key = referral_key_public_pem(vector_parent_public, strlen(vector_parent_public), &why);
	assert_int_equal(referral_verify(&rec, &sig, key, DDT_WALL), REFERRAL_GOOD);
	/* A clock that is an hour wrong, on either side, spoils nothing; more than that does. */
	assert_int_equal(referral_verify(&rec, &sig, key, DDT_WALL - 3600), REFERRAL_GOOD);
	assert_int_equal(referral_verify(&rec, &sig, key, DDT_WALL + 3600), REFERRAL_GOOD);
	assert_int_equal(referral_verify(&rec, &sig, key, DDT_WALL - 7201), REFERRAL_NOT_YET);
	assert_int_equal(
		referral_verify(&rec, &sig, key, DDT_WALL + 7 * 86400 + 1), REFERRAL_EXPIRED);
	referral_key_free(key);
	world_free(w);
}

static void signatures_are_kept_and_new_ones_limited(void **state)
{
	struct delegation_table *t = ddt_table();
	struct world *w;

	(void)state;
	ddt_authority(t, "10.0.0.0/8", NULL);
	ddt_delegate(t, "10.1.0.0/16", true, (const char *const[]){"192.0.2.1", NULL}, NULL);
	ddt_sign_with_vector(t, 8);
	w = node_world(NULL, t);
	/* Each names another EID, and so needs a signature of its own; two a second are made for
	 * nothing, of eight. */
	ddt_request(w, "11.0.0.1/32", ITR);
	ddt_request(w, "11.0.0.2/32", ITR);
	ddt_request(w, "11.0.0.3/32", ITR);
	assert_int_equal(w->out->count, 2);
	assert_int_equal(world_dropped(w, DROP_SIGN_LIMIT), 1);
	/* What was signed is not signed again; the delegations are not crowded out. */
	ddt_request(w, "11.0.0.2/32", ITR);
	ddt_request(w, "10.1.0.1/32", ITR);
	assert_int_equal(w->out->count, 4);
	assert_int_equal(w->out->list[1].len, w->out->list[2].len);
	assert_memory_equal(outbox_bytes(w->out, 1), outbox_bytes(w->out, 2), w->out->list[1].len);
	world_pass(w, 1000);
	ddt_request(w, "11.0.0.3/32", ITR);
	assert_int_equal(w->out->count, 5);
	world_free(w);
}

/* docs/decisions/amplification.md: the world allows 5 replies larger than their request a second.
 */
static void referrals_larger_than_their_request_are_limited(void **state)
{
	struct delegation_table *t = ddt_table();
	struct world *w;

	(void)state;
	ddt_authority(t, NULL, NULL);
	ddt_delegate(t, "10.0.0.0/8", false, (const char *const[]){"192.0.2.201", NULL},
		vector_child_public);
	ddt_sign_with_vector(t, 2);
	w = node_world(NULL, t);
	for (int i = 0; i < 6; i++)
		ddt_request(w, "10.0.0.1/32", ITR);
	assert_int_equal(w->out->count, 5);
	assert_int_equal(world_dropped(w, DROP_AMPLIFICATION), 1);
	world_free(w);
}

/* As ddt_request, from @peer. */
static void ask_from(struct world *w, const char *eid, const char *peer)
{
	uint8_t buf[400];

	world_receive(w, peer, buf, ddt_write_request(buf, sizeof(buf), eid, ITR, 77));
}

#define SITES 50

/* A leaf with 10.0.0.0/16 to 10.49.0.0/16, a host registered in each, and @per_s signatures. */
static struct world *signing_leaf(uint32_t per_s)
{
	struct delegation_table *t = ddt_table();
	struct site_table *sites = world_sites();
	char name[16], eid[24];
	struct world *w;

	for (unsigned int i = 0; i < SITES; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		snprintf(eid, sizeof(eid), "10.%u.0.0/16", i);
		world_site(sites, name, eid, true);
	}
	ddt_authority(t, "10.0.0.0/8", NULL);
	ddt_sign_with_vector(t, per_s);
	w = node_world(sites, t);
	for (unsigned int i = 0; i < SITES; i++) {
		snprintf(name, sizeof(name), "s%u", i);
		snprintf(eid, sizeof(eid), "10.%u.0.5/32", i);
		world_register(w, (struct world_register){.site = name,
					  .xtr = 1,
					  .eids = {eid},
					  .locators = {"192.0.2.1"},
					  .no_notify = true});
	}
	world_clear(w);
	return w;
}

/* Ask for the host of site @i from an address of its own: is it acknowledged? */
static bool is_acknowledged(struct world *w, unsigned int i)
{
	char eid[24], peer[40];
	bool found = false;

	snprintf(eid, sizeof(eid), "10.%u.0.5/32", i);
	snprintf(peer, sizeof(peer), "203.0.113.%u:40000", 1 + i);
	world_clear(w);
	ask_from(w, eid, peer);
	for (unsigned int k = 0; k < w->out->count; k++)
		found |= ((const uint8_t *)outbox_bytes(w->out, k))[0] >> 4 == LISP_MAP_REFERRAL;
	world_clear(w);
	return found;
}

/* A second and a half of @flood questions every 20 ms, each about an EID of its own below @prefix
 * ("11.") and from an address of its own, with an honest one after each: how many of those were
 * acknowledged, of 75. */
static unsigned int acknowledged_under(struct world *w, const char *prefix, unsigned int flood)
{
	unsigned int acknowledged = 0, asked = 0;
	char eid[32], peer[40];

	for (unsigned int step = 0; step < 75; step++) {
		for (unsigned int j = 0; j < flood; j++, asked++) {
			snprintf(eid, sizeof(eid), "%s%u.%u.%u/32", prefix, 100 + asked / 250 % 100,
				asked % 250, step);
			snprintf(peer, sizeof(peer), "198.18.%u.%u:4342", asked / 250, asked % 250);
			ask_from(w, eid, peer);
			world_clear(w);
		}
		acknowledged += is_acknowledged(w, step % SITES);
		world_pass(w, 20);
	}
	return acknowledged;
}

static void questions_about_nothing_take_no_acknowledgements_signature(void **state)
{
	struct world *w = signing_leaf(60);

	(void)state;
	assert_int_equal(acknowledged_under(w, "11.", 20), 75);
	assert_true(world_dropped(w, DROP_SIGN_LIMIT) > 1000);
	world_free(w);
}

/* One who asks about ever new holes gets half of their signatures: there are some for others. */
static void one_asker_does_not_use_up_the_signatures_of_holes(void **state)
{
	struct world *w = signing_leaf(4);
	const char *all[] = {"10.64.0.1/32", "10.128.0.1/32", "10.52.0.1/32", "10.50.0.1/32"};

	(void)state;
	for (unsigned int i = 0; i < 3; i++)
		ask_from(w, all[i], "198.18.0.1:4342");
	assert_int_equal(w->out->count, 2);
	assert_int_equal(world_dropped(w, DROP_SIGN_LIMIT), 1);
	ask_from(w, all[3], "198.18.0.2:4342");
	assert_int_equal(w->out->count, 3);
	assert_string_equal(ddt_referral(w, 2), "hole 10.50.0.0/15 ttl 15 { } sigs 1");
	world_free(w);
}

/* Five larger answers a second are sent to an address here, of each kind. */
static void who_asks_about_nothing_as_a_resolver_takes_none_of_its_acknowledgements(void **state)
{
	struct world *w = signing_leaf(60);

	(void)state;
	for (unsigned int i = 0; i < 7; i++)
		ask_from(w, "11.0.0.1/32", "203.0.113.1:40000");
	assert_int_equal(world_dropped(w, DROP_AMPLIFICATION), 2);
	assert_true(is_acknowledged(w, 0));
	world_free(w);
}

static void a_request_of_several_records_draws_a_record_each(void **state)
{
	struct world *w = map_server1(NULL);
	uint8_t message[128], buf[400];
	struct map_request_spec s = {.nonce = 9,
		.itr_rloc_count = 1,
		.itr_rlocs = {world_address("203.0.113.9")},
		.eid = world_eid("2001:db8:103::1/128")};
	struct endpoint source = world_endpoint(ITR), dest = world_endpoint("10.0.0.1:4342");
	int len = map_request_write(message, sizeof(message), &s);

	(void)state;
	assert_true(len > 20);
	/* A second record by hand: reserved, mask-len 128, AFI 2, 2001:db8:105::1. */
	memcpy(message + len, "\0\200\0\2\x20\1\x0d\xb8\1\5\0\0\0\0\0\0\0\0\0\1", 20);
	message[3] = 2;
	len = ecm_write(buf, sizeof(buf), &source, &dest, true, message, (size_t)len + 20);
	assert_true(len > 0);
	world_receive(w, "192.0.2.77:4342", buf, (size_t)len);
	assert_int_equal(w->out->count, 1);
	assert_string_equal(ddt_referral(w, 0),
		"not-registered 2001:db8:103::/48 ttl 1 I { }; hole 2001:db8:105::/48 ttl 15 { }");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(root_refers_to_its_child_nodes),
		cmocka_unit_test(node_refers_to_map_servers_with_ms_referral),
		cmocka_unit_test(map_server_forwards_and_acknowledges_incomplete_without_peers),
		cmocka_unit_test(proxy_map_server_replies_to_the_itr_and_acknowledges_with_peers),
		cmocka_unit_test(configured_and_unregistered_draws_ms_not_registered_ttl_1),
		cmocka_unit_test(a_name_is_acknowledged_as_itself),
		cmocka_unit_test(map_server_without_the_site_draws_a_hole_as_large_as_can_be),
		cmocka_unit_test(node_without_the_delegation_draws_a_hole_within_its_authority),
		cmocka_unit_test(outside_its_authority_it_is_not_authoritative_ttl_0),
		cmocka_unit_test(a_hint_is_followed_also_without_authority),
		cmocka_unit_test(the_longer_of_site_and_delegation_decides),
		cmocka_unit_test(a_map_server_without_a_table_is_a_leaf_for_its_sites),
		cmocka_unit_test(who_is_neither_node_nor_map_server_gives_no_referral),
		cmocka_unit_test(a_mere_node_takes_no_requests_of_itrs),
		cmocka_unit_test(referrals_are_signed_and_bring_the_childs_key),
		cmocka_unit_test(signatures_are_kept_and_new_ones_limited),
		cmocka_unit_test(referrals_larger_than_their_request_are_limited),
		cmocka_unit_test(questions_about_nothing_take_no_acknowledgements_signature),
		cmocka_unit_test(one_asker_does_not_use_up_the_signatures_of_holes),
		cmocka_unit_test(
			who_asks_about_nothing_as_a_resolver_takes_none_of_its_acknowledgements),
		cmocka_unit_test(a_request_of_several_records_draws_a_record_each),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
