/* What a search in the DDT tree believes: no loops, nothing that nobody asked for, signatures (RFC
 * 8111 section 10.4) and LISP-SEC on the way (RFC 9303 section 6.6); section 12 item 9 of the
 * hostile packets is in the tests named hostile_. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "mapserver/ddt_resolver.h"
#include "mapserver/referral_cache.h"
#include "mapserver/secure_peers.h"
#include "tests/replay/ddt_world.h"
#include "tests/unit/ddt_vector.h"

/* ---- loops ---- */

/* Section 7.3.4; the root, once. */
static void hostile_a_referral_to_itself_is_a_loop(void **state)
{
	const struct ddt_record self = {REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}};
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, self);
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", DDT_NONCE, self);
	ddt_expect_negative(w, "10.1.2.3 ttl 1 act 1 { }"); /* it came from the root already */
	assert_int_equal(world_count(w, COUNT_DDT_LOOPS), 1);
	world_clear(w);
	ddt_ask(w, "10.1.2.3/32", DDT_ITR, 7); /* begins at what is kept */
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", 7, self);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.1.2.3 nonce 7");
	assert_int_equal(ddt_kept(w), 0);
	world_free(w);
}

static void hostile_less_specific_referrals_are_not_followed(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.1.0.0/16", .rlocs = {"192.0.2.11"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.12"}});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_PREFIX), 1);
	ddt_refer(w, "192.0.2.11:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "0.0.0.0/0", .ttl_min = 15});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_PREFIX), 2);
	assert_int_equal(ddt_pending(w), 1);
	world_clear(w);
	ddt_ask(w, "10.1.2.4/32", DDT_ITR, 7); /* not through the root: begins there */
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", 7,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.12"}});
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.1.2.4 nonce 7");
	world_free(w);
}

static void hostile_a_chain_of_ttl_0_referrals_ends(void **state)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	char prefix[64];
	unsigned int i;

	(void)state;
	world_request(w, "2001:db8::1/128", "[2001:db8:1::1]:40000");
	for (i = 0; ddt_pending(w); i++) {
		char from[ENDPOINT_TEXT];

		assert_true(i < 30);
		snprintf(from, sizeof(from), "%s", i ? "192.0.2.66:4342" : "192.0.2.1:4342");
		snprintf(prefix, sizeof(prefix), "2001:db8::/%u", 40 + i);
		world_clear(w);
		ddt_refer(w, from, DDT_NONCE,
			(struct ddt_record){
				REFERRAL_NODE, prefix, .no_ttl = true, .rlocs = {"192.0.2.66"}});
	}
	assert_int_equal(i, DDT_REFERRALS_MAX + 1);
	assert_string_equal(
		world_records(world_reply(w, 0).records), "2001:db8::1 ttl 1 act 1 { }");
	assert_int_equal(world_count(w, COUNT_DDT_TOO_LONG), 1);
	assert_int_equal(ddt_kept(w), 0);
	world_free(w);
}

/* ---- what nobody asked for ---- */

static void hostile_forged_referrals_are_dropped_silently_and_counted(void **state)
{
	const struct ddt_record r = {REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.66"}};
	const struct ddt_record other = {REFERRAL_NODE, "11.0.0.0/8", .rlocs = {"192.0.2.66"}};
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE + 1, r); /* another nonce */
	ddt_refer(w, "192.0.2.99:4342", DDT_NONCE, r);    /* nobody who was asked */
	ddt_refer(w, "192.0.2.1:4343", DDT_NONCE, r);     /* another port */
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, other); /* about something else */
	assert_int_equal(w->out->count, 0);
	assert_int_equal(ddt_kept(w), 0);
	assert_int_equal(ddt_pending(w), 1);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_UNEXPECTED), 4);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, r);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, r); /* a second time */
	assert_int_equal(world_dropped(w, DROP_REFERRAL_UNEXPECTED), 5);
	world_free(w);
}

static void hostile_unknown_actions_and_useless_locators_leave_the_search_alone(void **state)
{
	struct world *w = ddt_searching(NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){.prefix = "10.0.0.0/8", .act_raw = 6});
	assert_int_equal(world_dropped(w, DROP_REFERRAL_ACT), 1);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8",
			.rlocs = {"224.0.0.1", "127.0.0.1", "0.0.0.0", "52:54:00:00:00:01"}});
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){.act = REFERRAL_MS, .prefix = "10.0.0.0/8"});
	assert_int_equal(world_dropped(w, DROP_REFERRAL_LOCATORS), 2);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(ddt_pending(w), 1);
	assert_int_equal(ddt_kept(w), 0);
	ddt_pass(w, 500);
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.2"));
	world_free(w);
}

static void hostile_malformed_referrals_are_dropped_with_their_field(void **state)
{
	static const uint8_t sig_count_15[] = {0x60, 0, 0, 1, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66,
		0x77, 0x88, 0, 0, 5, 0xa0, 0, 8, 0, 0, 0xf0, 0, 0, 1, 10, 0, 0, 0};
	struct world *w = ddt_searching(NULL);

	(void)state;
	world_receive(w, "192.0.2.1:4342", sig_count_15, sizeof(sig_count_15));
	assert_int_equal(world_dropped(w, DROP_TRUNCATED), 1);
	assert_non_null(strstr(w->log_text, "signature 0: original TTL truncated at byte 28"));
	assert_int_equal(ddt_pending(w), 1);
	world_free(w);
}

static void a_referral_to_who_searches_nothing_is_dropped(void **state)
{
	struct world *w = world_new(NULL, NULL, NULL);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/8", .ttl_min = 15});
	assert_int_equal(world_dropped(w, DROP_NO_ROLE), 1);
	world_free(w);
}

/* ---- signatures (section 10.4) ---- */

static void a_signed_chain_from_the_trust_anchor_is_followed(void **state)
{
	struct world *w = ddt_searching(vector_parent_public);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"},
			.child_key = true, .sign = true});
	assert_string_equal(ddt_asked(w, 0), DDT_ASKED("192.0.2.11"));
	/* 192.0.2.11 has the child's key, and the parent's is none of its. */
	ddt_refer(w, "192.0.2.11:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_HOLE, "10.0.0.0/9", .ttl_min = 15, .sign = true});
	assert_int_equal(world_dropped(w, DROP_REFERRAL_SIGNATURE), 1);
	assert_int_equal(ddt_pending(w), 1);
	world_free(w);
}

static void hostile_unsigned_changed_and_untimely_referrals_are_discarded(void **state)
{
	struct ddt_record r = {
		REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}, .child_key = true};
	struct world *w = ddt_searching(vector_parent_public);
	uint8_t buf[1500];
	size_t len;

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, r); /* not signed at all */
	r.sign = true;
	len = ddt_write_referral(buf, sizeof(buf), DDT_NONCE, &r);
	buf[len - 1] ^= 1; /* a wrong signature */
	world_receive(w, "192.0.2.1:4342", buf, len);
	buf[len - 1] ^= 1;
	buf[24] = 11; /* 11.0.0.0/8 does not cover the EID; 10.0.0.0/7 does */
	buf[17] = 7;
	buf[24] = 10;
	world_receive(w, "192.0.2.1:4342", buf, len);
	r.expiration = DDT_WALL - 1;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, r);
	r.expiration = 0;
	r.inception = DDT_WALL + 10;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, r);
	assert_int_equal(world_dropped(w, DROP_REFERRAL_SIGNATURE), 5);
	assert_int_equal(w->out->count, 0);
	assert_int_equal(ddt_kept(w), 0);
	world_free(w);
}

static void a_referral_is_kept_no_longer_than_its_signature_counts(void **state)
{
	struct world *w = ddt_searching(vector_parent_public);

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"},
			.child_key = true, .sign = true, .expiration = DDT_WALL + 600});
	world_clear(w);
	w->now = mono_add_ms(w->now, 599000);
	ddt_ask(w, "10.2.0.1/32", DDT_ITR, 7);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.11:4342 10.2.0.1 nonce 7");
	world_clear(w);
	w->now = mono_add_ms(w->now, 2000);
	ddt_ask(w, "10.2.0.2/32", DDT_ITR, 8);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.2.0.2 nonce 8");
	world_free(w);
}

static void ms_ack_is_kept_with_the_keys_of_who_said_it(void **state)
{
	struct world *w = ddt_searching(vector_parent_public);

	(void)state;
	/* The root is the Map-Server, too; its peer brings no key. */
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){
			REFERRAL_MS_ACK, "10.0.0.0/8", .rlocs = {"192.0.2.66"}, .sign = true});
	assert_int_equal(ddt_pending(w), 0);
	ddt_ask(w, "10.2.0.1/32", DDT_ITR, 7);
	assert_string_equal(ddt_asked(w, 0), "192.0.2.1:4342 10.2.0.1 nonce 7");
	ddt_refer(w, "192.0.2.1:4342", 7,
		(struct ddt_record){
			REFERRAL_MS_ACK, "10.0.0.0/8", .rlocs = {"192.0.2.66"}, .sign = true});
	assert_int_equal(ddt_pending(w), 0);
	world_free(w);
}

/* ---- LISP-SEC (sections 7.3.2 and 10.4; RFC 9303 section 6.6) ---- */

static const struct otk itr_otk = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

static void add_peer(struct world *w, const char *prefix, const char *secret)
{
	struct secure_peer peer = {.unwrapped = false};
	struct eid e = world_eid(prefix);

	if (!w->server->peers)
		w->server->peers = secure_peers_new((const uint8_t *)"0123456789abcdef");
	assert_int_equal(otk_keys_add(&peer.keys, 1, secret, strlen(secret)), 0);
	assert_int_equal(secure_peers_add(w->server->peers, &e, &peer), 0);
}

/* The DDT_ITR asks for 10.1.2.3 with LISP-SEC; the resolver has keys with it and with 192.0.2.101.
 */
static struct world *searching_protected(void)
{
	struct world *w = ddt_resolver_world(NULL, NULL);
	struct endpoint from = world_endpoint(DDT_ITR), dest = world_endpoint("10.1.2.3:4342");
	struct map_request_spec s = {
		.nonce = DDT_NONCE, .itr_rloc_count = 1, .eid = world_eid("10.1.2.3/32")};
	struct otk_tools *tools = otk_tools_new();
	uint8_t message[256], ad[64], buf[600];
	struct otk_keys keys = {0};
	struct otk_wrapped wrapped;
	struct wire_writer ww;
	int len;

	add_peer(w, "203.0.113.0/24", "itr-secret");
	add_peer(w, "192.0.2.101/32", "ms-secret");
	s.itr_rlocs[0] = from.addr;
	len = map_request_write(message, sizeof(message), &s);
	assert_int_equal(otk_keys_add(&keys, 1, "itr-secret", 10), 0);
	assert_true(otk_wrap(tools, &keys.list[0], DDT_NONCE, &itr_otk, &wrapped));
	wire_writer_init(&ww, ad, sizeof(ad));
	lispsec_request_write(&ww, OTK_HMAC_SHA256_128, &wrapped);
	lispsec_eid_ad_write_bare(&ww, OTK_KDF_HKDF_SHA256);
	len = ecm_write_secure(buf, sizeof(buf), &from, &dest, ad, ww.pos, message, (size_t)len);
	assert_true(len > 0);
	otk_tools_free(tools);
	world_receive(w, DDT_ITR, buf, (size_t)len);
	return w;
}

/* The @i-th datagram is a DDT Map-Request to @to, whose One-Time Key opens with @secret; NULL: it
 * has no authentication data. */
static void expect_request(struct world *w, unsigned int i, const char *to, const char *secret)
{
	struct otk_tools *tools = otk_tools_new();
	struct lispsec_request ad;
	struct otk_keys keys = {0};
	struct wire_fault fault;
	struct ecm ecm;
	struct otk otk;

	assert_string_equal(ddt_asked(w, i), to);
	assert_int_equal(ecm_parse(outbox_bytes(w->out, i), w->out->list[i].len, &ecm, &fault), 0);
	assert_int_equal(ecm.security, secret != NULL);
	if (secret) {
		assert_int_equal(lispsec_request_parse(outbox_bytes(w->out, i), ecm.security_data,
					 ecm.security_len, &ad, &fault),
			0);
		assert_int_equal(ad.hmac_id, OTK_HMAC_SHA256_128);
		assert_int_equal(ad.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
		assert_int_equal(otk_keys_add(&keys, 1, secret, strlen(secret)), 0);
		assert_true(otk_unwrap(tools, &keys.list[0], DDT_NONCE, &ad.otk, &otk));
		assert_memory_equal(&otk, &itr_otk, sizeof(otk));
	}
	otk_tools_free(tools);
}

static void nodes_are_asked_without_security_material_and_map_servers_with_it(void **state)
{
	struct world *w = searching_protected();

	(void)state;
	expect_request(w, 0, DDT_ASKED("192.0.2.1"), NULL);
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.11"}});
	expect_request(w, 0, DDT_ASKED("192.0.2.11"), NULL);
	world_clear(w);
	ddt_refer(w, "192.0.2.11:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS, "10.1.0.0/16", .rlocs = {"192.0.2.101"}});
	expect_request(w, 0, DDT_ASKED("192.0.2.101"), "ms-secret");
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE,
		(struct ddt_record){REFERRAL_MS_ACK, "10.1.2.0/24", .rlocs = {"192.0.2.101"},
			.incomplete = true});
	assert_int_equal(ddt_pending(w), 0);
	world_free(w);
}

static void ms_ack_to_a_request_without_its_material_has_it_sent_again_with_it(void **state)
{
	const struct ddt_record yes = {REFERRAL_MS_ACK, "10.1.2.0/24", .rlocs = {"192.0.2.101"}};
	struct world *w = searching_protected();

	(void)state;
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE, /* it did not say that this is a Map-Server */
		(struct ddt_record){REFERRAL_NODE, "10.0.0.0/8", .rlocs = {"192.0.2.101"}});
	world_clear(w);
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE, yes);
	expect_request(w, 0, DDT_ASKED("192.0.2.101"), "ms-secret");
	assert_int_equal(ddt_pending(w), 1);
	assert_int_equal(ddt_kept(w), 2);
	ddt_refer(w, "192.0.2.101:4342", DDT_NONCE, yes);
	assert_int_equal(ddt_pending(w), 0);
	assert_int_equal(world_count(w, COUNT_DDT_DONE), 1);
	world_free(w);
}

static void a_map_server_without_a_key_of_ours_is_passed_over(void **state)
{
	struct world *w = searching_protected();

	(void)state;
	world_clear(w);
	ddt_refer(w, "192.0.2.1:4342", DDT_NONCE,
		(struct ddt_record){
			REFERRAL_MS, "10.0.0.0/8", .rlocs = {"192.0.2.100", "192.0.2.101"}});
	assert_int_equal(w->out->count, 0);
	assert_int_equal(world_dropped(w, DROP_OTK_PASS), 1);
	ddt_pass(w, 500);
	expect_request(w, 0, DDT_ASKED("192.0.2.101"), "ms-secret");
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_a_referral_to_itself_is_a_loop),
		cmocka_unit_test(hostile_less_specific_referrals_are_not_followed),
		cmocka_unit_test(hostile_a_chain_of_ttl_0_referrals_ends),
		cmocka_unit_test(hostile_forged_referrals_are_dropped_silently_and_counted),
		cmocka_unit_test(
			hostile_unknown_actions_and_useless_locators_leave_the_search_alone),
		cmocka_unit_test(hostile_malformed_referrals_are_dropped_with_their_field),
		cmocka_unit_test(a_referral_to_who_searches_nothing_is_dropped),
		cmocka_unit_test(a_signed_chain_from_the_trust_anchor_is_followed),
		cmocka_unit_test(hostile_unsigned_changed_and_untimely_referrals_are_discarded),
		cmocka_unit_test(a_referral_is_kept_no_longer_than_its_signature_counts),
		cmocka_unit_test(ms_ack_is_kept_with_the_keys_of_who_said_it),
		cmocka_unit_test(nodes_are_asked_without_security_material_and_map_servers_with_it),
		cmocka_unit_test(
			ms_ack_to_a_request_without_its_material_has_it_sent_again_with_it),
		cmocka_unit_test(a_map_server_without_a_key_of_ours_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
