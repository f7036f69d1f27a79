/* Instance-IDs as tenants (RFC 8060 section 4.1) against the core, the rest: protected requests
 * (RFC 9303), the delegated tree (RFC 8111), and Info-Requests (draft-ermagan-lisp-nat-traversal).
 * Two tenants have the same EIDs, "a" in instance 10 and "b" in instance 20. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "lisp/info.h"
#include "lisp/lispsec.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/pinhole.h"
#include "mapserver/secure_peers.h"
#include "tests/replay/ddt_world.h"
#include "tests/replay/tenant_world.h"

#define ITR      "203.0.113.9:40000"
#define NONCE    UINT64_C(0x1122334455667788)
#define REG(...) ((struct world_register){__VA_ARGS__})

static struct otk_tools *tools;
static const struct otk itr_otk = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static int setup(void **state)
{
	(void)state;
	tools = otk_tools_new();
	return tools ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	otk_tools_free(tools);
	return 0;
}

static struct world_register of(const char *site, const char *eid)
{
	bool a = *site == 'a';

	return REG(.site = site, .xtr = 1, .eids = {eid}, .no_notify = true,
		.peer = a ? "198.51.100.1:4342" : "198.51.100.2:4342",
		.locators = {a ? "192.0.2.1" : "192.0.2.2"});
}

/* ---- protected requests (RFC 9303) ---- */

static void share_key(struct world *w)
{
	struct secure_peer peer = {.unwrapped = false};
	struct eid all = world_eid("203.0.113.0/24");

	w->server->peers = secure_peers_new((const uint8_t *)"0123456789abcdef");
	assert_int_equal(otk_keys_add(&peer.keys, 1, "itr-secret", 10), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &all, &peer), 0);
}

/* Section 6.4: the ITR's OTK under the key that it shares with us. */
static void ask_protected(struct world *w, const char *eid)
{
	struct endpoint from = world_endpoint(ITR), dest = world_endpoint("10.1.0.5:4342");
	struct map_request_spec s = {.nonce = NONCE,
		.itr_rloc_count = 1,
		.itr_rlocs = {from.addr},
		.eid = world_eid(eid)};
	uint8_t message[512], ad[64], buf[600];
	struct otk_keys keys = {0};
	struct otk_wrapped wrapped;
	struct wire_writer wr;
	int len = map_request_write(message, sizeof(message), &s);

	assert_true(len > 0);
	assert_int_equal(otk_keys_add(&keys, 1, "itr-secret", 10), 0);
	assert_true(otk_wrap(tools, &keys.list[0], NONCE, &itr_otk, &wrapped));
	wire_writer_init(&wr, ad, sizeof(ad));
	lispsec_request_write(&wr, 0, &wrapped);
	lispsec_eid_ad_write_bare(&wr, 0);
	len = ecm_write_secure(buf, sizeof(buf), &from, &dest, ad, wr.pos, message, (size_t)len);
	assert_true(len > 0);
	world_clear(w);
	world_receive(w, ITR, buf, (size_t)len);
	assert_int_equal(w->out->count, 1);
}

/* The prefix that the Map-Server vouches for (section 6.7.1), and the records. */
static const char *protected_answer(struct world *w)
{
	static char text[600];
	struct map_reply reply = world_reply(w, 0);
	struct wire_fault fault;
	struct lispsec_reply m;
	char name[EID_TEXT];
	struct lisp_eid e;

	assert_true(reply.security);
	assert_int_equal(lispsec_reply_parse(outbox_bytes(w->out, 0), reply.security_data,
				 reply.security_len, &m, &fault),
		0);
	assert_true(lispsec_eid_ad_verify(tools, &m.eid_ad, &itr_otk));
	assert_true(lispsec_eid_next(&m.eid_ad, &e));
	snprintf(text, sizeof(text), "vouched for %s: %s", eid_format(&e.eid, name, sizeof(name)),
		world_records(reply.records));
	assert_false(lispsec_eid_next(&m.eid_ad, &e));
	return text;
}

static void a_protected_answer_vouches_for_its_own_tenants_prefix(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	share_key(w);
	world_register(w, of("a", A "10.1.0.0/24"));
	world_register(w, of("b", B "10.1.0.5/32"));
	ask_protected(w, A "10.1.0.5");
	assert_string_equal(protected_answer(w),
		"vouched for [10]10.1.0.0/24: [10]10.1.0.0/24 ttl 1440 act 0 { 192.0.2.1 }");
	ask_protected(w, B "10.1.0.5");
	assert_string_equal(protected_answer(w),
		"vouched for [20]10.1.0.5: [20]10.1.0.5 ttl 1440 act 0 { 192.0.2.2 }");
	world_free(w);
}

static void a_protected_negative_answer_vouches_for_its_own_tenants_hole(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	share_key(w);
	world_register(w, of("a", A "10.1.0.0/24"));
	ask_protected(w, B "10.1.0.5");
	assert_string_equal(
		protected_answer(w), "vouched for [20]10.0.0.0/8: [20]10.0.0.0/8 ttl 1 act 1 { }");
	world_free(w);
}

/* Section 6.7 rule 2: to the ETR of the EID's tenant, under the key of that tenant's site. */
static void a_protected_request_goes_to_the_etr_under_its_own_tenants_key(void **state)
{
	static const char *const sites[] = {"a", "b"}, *const instances[] = {A, B};
	struct world *w = tenant_world(NULL);
	struct world_register r;
	char eid[32];

	(void)state;
	share_key(w);
	for (unsigned int i = 0; i < 2; i++) {
		snprintf(eid, sizeof(eid), "%s10.1.0.5", instances[i]);
		r = of(sites[i], eid);
		r.no_proxy = r.secure = true;
		world_register(w, r);
	}
	for (unsigned int i = 0; i < 2; i++) {
		struct lispsec_request m;
		struct wire_fault fault;
		char secret[32];
		struct ecm ecm;
		struct otk otk;

		snprintf(eid, sizeof(eid), "%s10.1.0.5", instances[i]);
		ask_protected(w, eid);
		assert_string_equal(world_to(w, 0), i ? "192.0.2.2:4342" : "192.0.2.1:4342");
		assert_int_equal(
			ecm_parse(outbox_bytes(w->out, 0), w->out->list[0].len, &ecm, &fault), 0);
		assert_int_equal(lispsec_request_parse(outbox_bytes(w->out, 0), ecm.security_data,
					 ecm.security_len, &m, &fault),
			0);
		for (unsigned int k = 0; k < 2; k++) {
			struct otk_keys keys = {0};

			snprintf(secret, sizeof(secret), "secret-%s", sites[k]);
			assert_int_equal(otk_keys_add(&keys, 1, secret, strlen(secret)), 0);
			assert_int_equal(
				otk_unwrap(tools, &keys.list[0], NONCE, &m.otk, &otk), k == i);
		}
	}
	world_free(w);
}

/* ---- the delegated tree (RFC 8111) ---- */

/* Section 7.2: a Map-Server at a leaf. */
static void a_map_server_acknowledges_in_the_instance_that_was_asked_for(void **state)
{
	struct world *w = tenant_world(NULL);

	(void)state;
	world_register(w, of("a", A "10.1.0.5/32"));
	world_clear(w);
	ddt_request(w, A "10.1.0.5/32", ITR);
	assert_int_equal(w->out->count, 2); /* the answer to the ITR, and the referral */
	assert_string_equal(ddt_referral(w, 1), "ms-ack [10]10.0.0.0/8 ttl 1440 I { 192.0.2.53 }");
	world_clear(w);
	ddt_request(w, B "10.1.0.5/32", ITR);
	assert_int_equal(w->out->count, 1); /* only the referral */
	assert_string_equal(ddt_referral(w, 0), "not-registered [20]10.0.0.0/8 ttl 1 I { }");
	world_free(w);
}

/* Section 7.1: what is delegated in one instance is a hole, or nobody's, in another. */
static void a_delegation_of_one_instance_refers_nobody_in_another(void **state)
{
	struct delegation_table *t = ddt_table();
	struct world *w = world_new(NULL, NULL, NULL);

	(void)state;
	ddt_authority(t, A "10.0.0.0/8", NULL);
	ddt_authority(t, B "10.0.0.0/8", NULL);
	ddt_delegate(t, A "10.1.0.0/16", true, (const char *const[]){"192.0.2.101", NULL}, NULL);
	w->server->delegations = t;
	ddt_request(w, A "10.1.0.5/32", ITR);
	assert_string_equal(
		ddt_referral(w, 0), "ms-referral [10]10.1.0.0/16 ttl 1440 { 192.0.2.101 }");
	world_clear(w);
	ddt_request(w, B "10.1.0.5/32", ITR);
	assert_string_equal(ddt_referral(w, 0), "hole [20]10.0.0.0/8 ttl 15 { }");
	world_clear(w);
	ddt_request(w, "[30]10.1.0.5/32", ITR);
	assert_string_equal(ddt_referral(w, 0), "not-authoritative [30]10.1.0.5 ttl 0 I { }");
	world_free(w);
}

/* Section 8.2: a referral that is kept is followed for its own instance. */
static void a_kept_referral_does_not_lead_another_instance(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);

	(void)state;
	world_request(w, A "10.1.0.5/32", ITR);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, A "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	assert_int_equal(ddt_resolver_state(w->server->ddt).referrals, 1);
	world_clear(w);
	world_request(w, A "10.2.0.5/32", "203.0.113.10:40000");
	assert_string_equal(
		ddt_asked(w, 0), "192.0.2.101:4342 [10]10.2.0.5 nonce 1234605616436508552");
	world_clear(w);
	world_request(w, B "10.2.0.5/32", "203.0.113.11:40000");
	assert_string_equal(
		ddt_asked(w, 0), "192.0.2.1:4342 [20]10.2.0.5 nonce 1234605616436508552");
	world_free(w);
}

/* Section 8.3: a referral for another instance than the one that was asked for ends nothing. */
static void a_referral_of_another_instance_is_not_followed_and_not_kept(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);

	(void)state;
	world_request(w, B "10.1.0.5/32", ITR);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", NONCE,
		(struct ddt_record){REFERRAL_MS, A "10.0.0.0/8", .rlocs = {"192.0.2.66"}});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(
		world_dropped(w, DROP_REFERRAL_UNEXPECTED) + world_dropped(w, DROP_REFERRAL_PREFIX),
		1);
	assert_int_equal(ddt_resolver_state(w->server->ddt).referrals, 0);
	assert_int_equal(ddt_resolver_state(w->server->ddt).pending, 1);
	world_free(w);
}

/* ---- Info-Requests ---- */

static void info(struct world *w, const char *eid, const char *secret)
{
	static const struct auth_options opt;
	struct info m = {.nonce = NONCE, .key_id = 1, .ttl_min = 1440, .eid.eid = world_eid(eid)};
	struct auth_key *key = auth_key_new(secret, strlen(secret));
	uint8_t buf[160];
	int len = info_write(buf, sizeof(buf), &m, NULL, AUTH_HMAC_SHA256_128, &opt);

	assert_true(len > 0);
	assert_int_equal(auth_sign(key, LISP_INFO, &opt, buf, (size_t)len, NONCE, &m.auth), 0);
	auth_key_free(key);
	world_clear(w);
	world_receive(w, "203.0.113.77:20001", buf, (size_t)len);
}

static void an_info_request_with_another_tenants_key_is_not_answered_and_opens_nothing(void **state)
{
	const struct endpoint at = world_endpoint("203.0.113.77:20001");
	struct world *w = tenant_world(NULL);

	(void)state;
	info(w, B "10.1.0.5", "secret-a");
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_BAD_MAC), 1);
	assert_false(pinhole_open(w->server->pinholes, NULL, &at, w->now));
	info(w, "10.1.0.5", "secret-a"); /* nobody's instance */
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_NO_SITE), 1);
	info(w, B "10.1.0.5", "secret-b");
	assert_int_equal(w->out->count, 1);
	assert_true(pinhole_open(w->server->pinholes, NULL, &at, w->now));
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_protected_answer_vouches_for_its_own_tenants_prefix),
		cmocka_unit_test(a_protected_negative_answer_vouches_for_its_own_tenants_hole),
		cmocka_unit_test(a_protected_request_goes_to_the_etr_under_its_own_tenants_key),
		cmocka_unit_test(a_map_server_acknowledges_in_the_instance_that_was_asked_for),
		cmocka_unit_test(a_delegation_of_one_instance_refers_nobody_in_another),
		cmocka_unit_test(a_kept_referral_does_not_lead_another_instance),
		cmocka_unit_test(a_referral_of_another_instance_is_not_followed_and_not_kept),
		cmocka_unit_test(
			an_info_request_with_another_tenants_key_is_not_answered_and_opens_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
