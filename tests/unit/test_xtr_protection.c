/* LISP-SEC at the tunnel router: RFC 9303 sections 6.3, 6.4, 6.8 and 6.9, against the real core.
 * The comments at the end name the section of each test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lisp/lispsec.h"
#include "tests/unit/xtr_world.h"

#define SECRET "shared with the resolver"

static const char *const peer[] = {"198.51.100.7", NULL};
static struct otk_tools *tools;

static int setup(void **state)
{
	tools = otk_tools_new();
	return tools ? world_setup(state) : -1;
}

static int teardown(void **state)
{
	otk_tools_free(tools);
	return world_teardown(state);
}

static struct world *secure_world(enum policy_security_mode mode)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");

	policy_add_eid(&w->policy, &eid);
	w->policy.security.mode = mode;
	assert_int_equal(otk_keys_add(&w->policy.security.keys, 5, SECRET, strlen(SECRET)), 0);
	world_start(w);
	return w;
}

/* A protected Map-Request that the ITR sent, and its key. */
struct asked {
	struct map_request m;
	struct lispsec_request ad;
	struct otk otk;
};

static struct asked take_protected(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_ECM);
	struct otk_keys keys = {0};
	struct wire_fault fault;
	struct asked a;
	struct ecm ecm;

	assert_int_equal(ecm_parse(s->bytes, s->len, &ecm, &fault), 0);
	assert_true(ecm.security);
	assert_int_equal(map_request_parse(ecm.message, ecm.message_len, &a.m, &fault), 0);
	assert_int_equal(
		lispsec_request_parse(s->bytes, ecm.security_data, ecm.security_len, &a.ad, &fault),
		0);
	assert_int_equal(otk_keys_add(&keys, 5, SECRET, strlen(SECRET)), 0);
	assert_true(otk_unwrap(tools, &keys.list[0], a.m.nonce, &a.ad.otk, &a.otk));
	return a;
}

static bool take_plain(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_ECM);
	struct wire_fault fault;
	struct ecm ecm;

	assert_int_equal(ecm_parse(s->bytes, s->len, &ecm, &fault), 0);
	return !ecm.security;
}

static struct asked ask(struct world *w, const char *eid)
{
	world_forget(w);
	world_miss(w, eid, 1);
	return take_protected(w);
}

/* What a protected Map-Reply is made of. Zero is the default. */
struct answer {
	const char *records[4]; /* mappings to 198.51.100.7 */
	const char *vouched[4]; /* the records' */
	bool negative, cant_sign;
	enum otk_hmac hmac, pkt_hmac; /* SHA-256 */
	enum otk_kdf kdf;             /* SHA-256 */
	const struct otk *eid_key;    /* the question's */
};

static size_t write_answer(uint8_t *out, size_t cap, const struct asked *q, const struct answer *a)
{
	const struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .reachable = true};
	enum otk_hmac hmac = a->hmac ? a->hmac : OTK_HMAC_SHA256_128;
	enum otk_kdf kdf = a->kdf ? a->kdf : OTK_KDF_HKDF_SHA256;
	const char *const *vouched = a->vouched[0] ? a->vouched : a->records;
	struct address addr = world_address("198.51.100.7");
	struct lispsec_eid_ad_writer e;
	struct wire_writer w, ad;
	unsigned int count = 0;
	uint8_t eid_ad[256];
	struct otk ms_otk;
	struct eid eid;
	int len;

	wire_writer_init(&ad, eid_ad, sizeof(eid_ad));
	lispsec_eid_ad_begin(&ad, &e, kdf, hmac);
	for (int i = 0; i < 4 && vouched[i]; i++) {
		eid = world_eid(vouched[i]);
		lispsec_eid_ad_add(&ad, &e, &eid);
	}
	lispsec_eid_ad_finish(&ad, &e, a->cant_sign, tools, a->eid_key ? a->eid_key : &q->otk);
	assert_true(otk_derive(tools, kdf, &q->otk, &ms_otk));
	wire_writer_init(&w, out, cap);
	map_reply_begin(&w, false, q->m.nonce);
	for (; count < 4 && a->records[count]; count++) {
		eid = world_eid(a->records[count]);
		lisp_record_write(&w, &eid, a->negative ? 1 : 1440, !a->negative,
			a->negative ? LISP_ACT_DROP_AUTH : LISP_ACT_NONE, true, 0);
		if (!a->negative)
			lisp_rloc_write(&w, &rloc, &addr);
	}
	map_reply_finish(&w, count);
	len = lispsec_reply_finish(
		&w, eid_ad, ad.pos, a->pkt_hmac ? a->pkt_hmac : hmac, tools, &ms_otk);
	assert_true(len > 0);
	return (size_t)len;
}

static void answer(struct world *w, const struct asked *q, struct answer a)
{
	uint8_t out[800];

	world_packet(w, out, write_answer(out, sizeof(out), q, &a), "203.0.113.9");
}

static bool encapsulates(struct world *w, const char *eid)
{
	struct eid e = world_eid(eid);
	struct fake_entry *f = fake_datapath_longest(&w->dp, &e);

	return f && f->e.action == DATAPATH_ENCAP;
}

static bool see_protected(const struct router_cache_view *v, void *arg)
{
	*(bool *)arg = v->protected;
	return false;
}

static bool cached_as_protected(struct world *w)
{
	bool protected = false;

	router_each_cache(w->router, w->now, see_protected, &protected);
	return protected;
}

/* ---- the ITR ---- */

static void a_request_carries_a_wrapped_key_and_what_is_preferred(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");

	assert_int_equal(q.ad.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(q.ad.otk.wrap_id, OTK_WRAP_AES_HKDF_SHA256);
	assert_int_equal(q.ad.otk.key_id, 5);
	assert_true(q.ad.eid_ad.bare);
	assert_int_equal(q.ad.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
	assert_int_equal(world_counter(w, XTR_PROTECTED_SENT), 1);
	world_free(w);
}

static void a_reply_with_both_hmacs_is_believed(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");

	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}});
	assert_true(encapsulates(w, "10.9.0.5/32"));
	assert_true(cached_as_protected(w));
	assert_int_equal(world_counter(w, XTR_PROTECTED_RECEIVED), 1);
	world_free(w);
}

static void an_unprotected_reply_is_discarded_and_the_true_one_still_taken(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");

	world_reply(w, q.m.nonce, "10.9.0.0/24", 1440, LISP_ACT_NONE, peer);
	assert_false(encapsulates(w, "10.9.0.5/32"));
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_UNPROTECTED), 1);
	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}});
	assert_true(encapsulates(w, "10.9.0.5/32"));
	world_free(w);
}

static void a_wrong_hmac_is_discarded_and_the_true_one_still_taken(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");
	const struct otk forged = {{9}};
	struct answer a = {.records = {"10.9.0.0/24"}};
	uint8_t out[800];
	size_t len;

	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}, .eid_key = &forged});
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_EID_HMAC), 1);
	len = write_answer(out, sizeof(out), &q, &a);
	out[36] ^= 1; /* a bit of the locator: the Map-Server's part is as it was */
	world_packet(w, out, len, "203.0.113.9");
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_PKT_HMAC), 1);
	assert_false(encapsulates(w, "10.9.0.5/32"));
	answer(w, &q, a);
	assert_true(encapsulates(w, "10.9.0.5/32"));
	world_free(w);
}

/* An ETR that was authorized for 10.9.3.0/24 claims more (the shape of section 6.9.1's example). */
static void an_over_claim_is_discarded(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.3.5/32");

	answer(w, &q,
		(struct answer){.records = {"10.9.3.0/24", "10.9.2.0/24", "10.8.0.0/15"},
			.vouched = {"10.9.3.0/24", "10.7.0.0/16"}});
	assert_true(encapsulates(w, "10.9.3.5/32"));
	assert_false(encapsulates(w, "10.9.2.5/32"));
	assert_false(encapsulates(w, "10.8.0.5/32"));
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_OVERCLAIM), 2);
	world_free(w);
}

static void a_reply_of_nothing_but_over_claims_uses_up_its_nonce(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.3.5/32"), again;

	answer(w, &q, (struct answer){.records = {"10.0.0.0/8"}, .vouched = {"10.9.3.0/24"}});
	assert_false(encapsulates(w, "10.9.3.5/32"));
	answer(w, &q, (struct answer){.records = {"10.9.3.0/24"}});
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_NONCE), 1);
	world_pass(w, 1000);
	again = take_protected(w);
	assert_true(again.m.nonce != q.m.nonce);
	assert_memory_not_equal(&again.otk, &q.otk, sizeof(q.otk));
	answer(w, &again, (struct answer){.records = {"10.9.3.0/24"}});
	assert_true(encapsulates(w, "10.9.3.5/32"));
	world_free(w);
}

static void a_replayed_reply_finds_no_pair_of_nonce_and_key(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");

	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}});
	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}});
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_NONCE), 1);
	assert_int_equal(world_counter(w, XTR_PROTECTED_RECEIVED), 1);
	world_free(w);
}

static void every_question_has_a_key_of_its_own_and_its_repetition_the_same(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked a = ask(w, "10.9.0.5/32"), b = ask(w, "10.9.0.6/32"), repeated;

	assert_memory_not_equal(&a.otk, &b.otk, sizeof(a.otk));
	world_pass(w, 1000);
	repeated = take_protected(w);
	assert_true(repeated.m.nonce == a.m.nonce);
	assert_memory_equal(&repeated.otk, &a.otk, sizeof(a.otk));
	world_free(w);
}

static void another_kdf_than_asked_for_is_discarded_and_asked_for(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32"), again;

	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}, .kdf = OTK_KDF_HKDF_SHA1_128});
	assert_false(encapsulates(w, "10.9.0.5/32"));
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_ALGORITHM), 1);
	assert_false(world_has(w, LISP_ECM)); /* not before the second is over */
	world_pass(w, 1000);
	again = take_protected(w);
	assert_int_equal(again.ad.eid_ad.kdf_id, OTK_KDF_HKDF_SHA1_128);
	assert_int_equal(again.ad.hmac_id, OTK_HMAC_SHA256_128);
	assert_true(again.m.nonce != q.m.nonce);
	answer(w, &again,
		(struct answer){.records = {"10.9.0.0/24"}, .kdf = OTK_KDF_HKDF_SHA1_128});
	assert_true(encapsulates(w, "10.9.0.5/32"));
	world_free(w);
}

static void another_pkt_hmac_than_asked_for_is_discarded_and_asked_for(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32"), again;

	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}, .pkt_hmac = OTK_HMAC_SHA1_96});
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_ALGORITHM), 1);
	world_pass(w, 1000);
	again = take_protected(w);
	assert_int_equal(again.ad.hmac_id, OTK_HMAC_SHA1_96);
	answer(w, &again, (struct answer){.records = {"10.9.0.0/24"}, .hmac = OTK_HMAC_SHA1_96});
	assert_true(encapsulates(w, "10.9.0.5/32"));
	world_free(w);
}

/* Who cannot make the Map-Server's HMAC cannot make us ask for weaker algorithms. */
static void a_forged_eid_ad_changes_no_algorithm(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32"), again;
	const struct otk forged = {{9}};

	answer(w, &q,
		(struct answer){.records = {"10.9.0.0/24"},
			.kdf = OTK_KDF_HKDF_SHA1_128,
			.hmac = OTK_HMAC_SHA1_96,
			.eid_key = &forged});
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_EID_HMAC), 1);
	world_pass(w, 1000);
	again = take_protected(w);
	assert_int_equal(again.ad.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(again.ad.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
	assert_true(again.m.nonce == q.m.nonce);
	world_free(w);
}

static void only_configured_algorithms_are_asked_for(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct asked q;

	w->policy.security.mode = POLICY_SECURITY_ON;
	w->policy.security.hmac_count = 1;
	assert_int_equal(otk_keys_add(&w->policy.security.keys, 5, SECRET, strlen(SECRET)), 0);
	world_start(w);
	q = ask(w, "10.9.0.5/32");
	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}, .hmac = OTK_HMAC_SHA1_96});
	world_pass(w, 1000);
	q = take_protected(w);
	assert_int_equal(q.ad.hmac_id, OTK_HMAC_SHA256_128);
	assert_false(encapsulates(w, "10.9.0.5/32"));
	world_free(w);
}

static void e_1_leads_to_a_plain_request_at_once_if_that_is_allowed(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");
	struct map_request m;

	answer(w, &q,
		(struct answer){.records = {"10.9.0.0/24"}, .negative = true, .cant_sign = true});
	assert_int_equal(world_counter(w, XTR_DOWNGRADED), 1);
	m = world_take_request(w);
	assert_true(m.nonce != q.m.nonce);
	world_reply(w, m.nonce, "10.9.0.0/24", 1440, LISP_ACT_NONE, peer);
	assert_true(encapsulates(w, "10.9.0.5/32"));
	assert_false(cached_as_protected(w));
	world_free(w);
}

static void after_a_downgrade_the_next_question_is_protected_again(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");

	answer(w, &q,
		(struct answer){.records = {"10.9.0.0/24"}, .negative = true, .cant_sign = true});
	assert_true(take_plain(w));
	world_pass(w, 1000); /* not answered: repeated, as plain as it was */
	assert_true(take_plain(w));
	ask(w, "10.8.0.5/32");
	world_free(w);
}

static void what_is_required_is_never_asked_for_in_clear(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_REQUIRED);
	struct asked q = ask(w, "10.9.0.5/32");
	struct eid e = world_eid("10.9.0.5/32");

	answer(w, &q,
		(struct answer){.records = {"10.9.0.0/24"}, .negative = true, .cant_sign = true});
	assert_int_equal(world_counter(w, XTR_DOWNGRADED), 0);
	assert_false(world_has(w, LISP_ECM));
	assert_int_equal(fake_datapath_longest(&w->dp, &e)->e.action, DATAPATH_DROP);
	world_free(w);
}

static void a_forged_e_1_does_not_downgrade(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct asked q = ask(w, "10.9.0.5/32");
	const struct otk forged = {{9}};

	answer(w, &q,
		(struct answer){.records = {"10.9.0.0/24"},
			.negative = true,
			.cant_sign = true,
			.eid_key = &forged});
	world_reply(w, q.m.nonce, "10.9.0.0/24", 1, LISP_ACT_DROP_AUTH, NULL);
	assert_int_equal(world_counter(w, XTR_DOWNGRADED), 0);
	world_pass(w, 1000);
	take_protected(w);
	world_free(w);
}

static void without_lisp_sec_requests_are_plain_and_protected_replies_refused(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_OFF);
	struct asked q = {.otk = {{1}}};

	world_forget(w);
	world_miss(w, "10.9.0.5/32", 1);
	q.m = world_take_request(w);
	answer(w, &q, (struct answer){.records = {"10.9.0.0/24"}});
	assert_int_equal(world_counter(w, XTR_REPLY_DROP_SECURITY), 1);
	world_reply(w, q.m.nonce, "10.9.0.0/24", 1440, LISP_ACT_NONE, peer);
	assert_true(encapsulates(w, "10.9.0.5/32"));
	assert_false(cached_as_protected(w));
	world_free(w);
}

/* ---- the ETR ---- */

/* What a Map-Server sends the ETR. Zero is the default. */
struct passed {
	const char *secret; /* WORLD_KEY, which also registers */
	uint8_t key_id;     /* 1 */
	bool null_wrap, bare;
	uint16_t hmac;
};

static const struct otk itr_otk = {{3, 1, 4, 1, 5, 9, 2, 6}};

static void pass_on(struct world *w, struct passed p)
{
	struct map_request_spec s = {
		.nonce = 0x0102030405060708, .itr_rloc_count = 1, .eid = world_eid("10.2.0.9/32")};
	struct endpoint from = world_endpoint("198.51.100.7:50001");
	struct endpoint to = world_endpoint("10.2.0.9:4342");
	const char *secret = p.secret ? p.secret : WORLD_KEY;
	struct lispsec_eid_ad_writer e;
	struct eid prefix = world_eid("10.2.0.0/24");
	struct otk_wrapped wrapped;
	struct otk_keys keys = {0};
	uint8_t message[256], ad[256], ecm[800];
	struct wire_writer wr;
	struct otk ms_otk;
	int len;

	s.itr_rlocs[0] = world_address("198.51.100.7");
	len = map_request_write(message, sizeof(message), &s);
	assert_true(otk_derive(tools, OTK_KDF_HKDF_SHA256, &itr_otk, &ms_otk));
	assert_int_equal(otk_keys_add(&keys, p.key_id ? p.key_id : 1, secret, strlen(secret)), 0);
	if (p.null_wrap)
		otk_wrap_null(&ms_otk, &wrapped);
	else
		assert_true(otk_wrap(tools, &keys.list[0], s.nonce, &ms_otk, &wrapped));
	wire_writer_init(&wr, ad, sizeof(ad));
	lispsec_request_write(&wr, p.hmac, &wrapped);
	if (p.bare) {
		lispsec_eid_ad_write_bare(&wr, OTK_KDF_HKDF_SHA256);
	} else {
		lispsec_eid_ad_begin(&wr, &e, OTK_KDF_HKDF_SHA256, otk_hmac_for(p.hmac));
		lispsec_eid_ad_add(&wr, &e, &prefix);
		lispsec_eid_ad_finish(&wr, &e, false, tools, &itr_otk);
	}
	len = ecm_write_secure(ecm, sizeof(ecm), &from, &to, ad, wr.pos, message, (size_t)len);
	assert_true(len > 0);
	world_forget(w);
	world_packet(w, ecm, (size_t)len, "192.0.2.100");
}

/* The ITR believes what the ETR has sent. */
static struct lispsec_reply take_believed(struct world *w)
{
	struct world_sent *s = world_take(w, LISP_MAP_REPLY);
	struct wire_fault fault;
	struct lispsec_reply m;
	struct map_reply reply;
	struct otk ms_otk;

	assert_int_equal(map_reply_parse(s->bytes, s->len, &reply, &fault), 0);
	assert_true(reply.security);
	assert_true(reply.nonce == 0x0102030405060708);
	assert_int_equal(
		lispsec_reply_parse(s->bytes, reply.security_data, reply.security_len, &m, &fault),
		0);
	assert_true(lispsec_eid_ad_verify(tools, &m.eid_ad, &itr_otk));
	assert_true(otk_derive(tools, m.eid_ad.kdf_id, &itr_otk, &ms_otk));
	assert_true(lispsec_reply_verify(tools, &m, s->bytes, s->len, &ms_otk));
	return m;
}

static void the_etr_copies_the_eid_ad_and_signs_the_whole_reply(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);
	struct lispsec_reply m;
	struct lisp_eid eid;
	char text[EID_TEXT];

	pass_on(w, (struct passed){.hmac = OTK_HMAC_SHA256_128});
	m = take_believed(w);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA256_128);
	assert_true(lispsec_eid_next(&m.eid_ad, &eid));
	assert_string_equal(eid_format(&eid.eid, text, sizeof(text)), "10.2.0.0/24");
	assert_int_equal(world_counter(w, XTR_PROTECTED_REPLIES_SENT), 1);
	world_free(w);
}

static void the_etr_uses_the_hmac_that_is_asked_for_or_sha256(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);

	pass_on(w, (struct passed){.hmac = OTK_HMAC_SHA1_96});
	assert_int_equal(take_believed(w).hmac_id, OTK_HMAC_SHA1_96);
	pass_on(w, (struct passed){.hmac = 77});
	assert_int_equal(take_believed(w).hmac_id, OTK_HMAC_SHA256_128);
	world_free(w);
}

static void the_etr_drops_what_does_not_unwrap(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_ON);

	pass_on(w, (struct passed){.secret = "another"});
	pass_on(w, (struct passed){.key_id = 2});
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_OTK), 2);
	pass_on(w, (struct passed){.null_wrap = true});
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_UNWRAPPED), 1);
	pass_on(w, (struct passed){.bare = true});
	assert_int_equal(world_counter(w, XTR_ECM_DROP_MALFORMED), 1);
	assert_false(world_has(w, LISP_MAP_REPLY));
	world_free(w);
}

static void a_key_of_its_own_takes_the_place_of_the_registrations_key(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	struct eid eid = world_eid("10.2.0.0/24");
	struct otk_keys *keys = &w->policy.servers[0].otk_keys;

	policy_add_eid(&w->policy, &eid);
	w->policy.security.mode = POLICY_SECURITY_ON;
	assert_int_equal(otk_keys_add(&w->policy.security.keys, 5, SECRET, strlen(SECRET)), 0);
	assert_int_equal(otk_keys_add(keys, 1, "old", 3), 0);
	assert_int_equal(otk_keys_add(keys, 2, "new", 3), 0);
	world_start(w);
	pass_on(w, (struct passed){.secret = "old"});
	take_believed(w);
	pass_on(w, (struct passed){.secret = "new", .key_id = 2});
	take_believed(w);
	pass_on(w, (struct passed){0});
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_OTK), 1);
	world_free(w);
}

static void the_etr_without_lisp_sec_drops_protected_requests(void **state)
{
	struct world *w = secure_world(POLICY_SECURITY_OFF);

	pass_on(w, (struct passed){0});
	assert_false(world_has(w, LISP_MAP_REPLY));
	assert_int_equal(world_counter(w, XTR_REQUEST_DROP_SECURITY), 1);
	world_free(w);
}

static void registrations_and_claims_say_that_lisp_sec_is_enabled(void **state)
{
	for (int on = 0; on < 2; on++) {
		struct world *w = secure_world(on ? POLICY_SECURITY_REQUIRED : POLICY_SECURITY_OFF);
		struct wire_fault fault;
		struct map_register m;
		struct world_sent *s;

		s = world_take(w, LISP_MAP_REGISTER);
		assert_int_equal(s->bytes[0] & 0x04, on ? 0x04 : 0); /* RFC 9301 section 5.6: S */
		assert_int_equal(map_register_parse(s->bytes, s->len, &m, &fault), 0);
		assert_int_equal(m.security, on);
		world_host(w, "10.1.0.5/32", 3, true);
		assert_int_equal(world_take_move(w, MOVE_CLAIM).security, on);
		world_free(w);
	}
}

/* ---- the policy ---- */

static void note(void *arg, const char *text)
{
	strncpy(arg, text, 319);
}

static void keys_that_are_not_independent_are_refused(void **state)
{
	struct world *w = world_new(POLICY_SUNWARD);
	char text[320] = "";

	w->policy.security.mode = POLICY_SECURITY_ON;
	assert_int_equal(policy_check(&w->policy, note, text), 1);
	assert_string_equal(
		text, "lisp-sec: no key: what is shared with the map-resolvers is needed");
	otk_keys_add(&w->policy.security.keys, 1, WORLD_KEY, strlen(WORLD_KEY));
	assert_int_equal(policy_check(&w->policy, note, text), 1);
	assert_string_equal(text, "lisp-sec: one of its secrets is map-server 192.0.2.100:4342's "
				  "too; they must be independent (RFC 9303 section 6.5)");
	otk_keys_wipe(&w->policy.security.keys);
	otk_keys_add(&w->policy.security.keys, 1, "etr", 3);
	assert_int_equal(policy_check(&w->policy, note, text), 0);
	otk_keys_add(&w->policy.servers[0].otk_keys, 1, "etr", 3);
	assert_int_equal(policy_check(&w->policy, note, text), 1);
	otk_keys_wipe(&w->policy.servers[0].otk_keys);
	world_start(w); /* for world_free */
	world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_carries_a_wrapped_key_and_what_is_preferred), /* 6.4 */
		cmocka_unit_test(a_reply_with_both_hmacs_is_believed),                   /* 6.9 */
		cmocka_unit_test(
			an_unprotected_reply_is_discarded_and_the_true_one_still_taken),  /* 6.9 */
		cmocka_unit_test(a_wrong_hmac_is_discarded_and_the_true_one_still_taken), /* 6.9 */
		cmocka_unit_test(an_over_claim_is_discarded),                           /* 6.9.1 */
		cmocka_unit_test(a_reply_of_nothing_but_over_claims_uses_up_its_nonce), /* 6.9 */
		cmocka_unit_test(a_replayed_reply_finds_no_pair_of_nonce_and_key),      /* 7.6 */
		cmocka_unit_test(
			every_question_has_a_key_of_its_own_and_its_repetition_the_same), /* 6.4 */
		cmocka_unit_test(another_kdf_than_asked_for_is_discarded_and_asked_for),  /* 6.9 */
		cmocka_unit_test(
			another_pkt_hmac_than_asked_for_is_discarded_and_asked_for),       /* 6.9 */
		cmocka_unit_test(a_forged_eid_ad_changes_no_algorithm),                    /* 6.9 */
		cmocka_unit_test(only_configured_algorithms_are_asked_for),                /* 6.9 */
		cmocka_unit_test(e_1_leads_to_a_plain_request_at_once_if_that_is_allowed), /* 6.7 */
		cmocka_unit_test(after_a_downgrade_the_next_question_is_protected_again),  /* 6.7 */
		cmocka_unit_test(what_is_required_is_never_asked_for_in_clear),            /* 6.7 */
		cmocka_unit_test(a_forged_e_1_does_not_downgrade),                         /* 6.7 */
		cmocka_unit_test(without_lisp_sec_requests_are_plain_and_protected_replies_refused),
		cmocka_unit_test(the_etr_copies_the_eid_ad_and_signs_the_whole_reply), /* 6.8 */
		cmocka_unit_test(the_etr_uses_the_hmac_that_is_asked_for_or_sha256),   /* 6.8 */
		cmocka_unit_test(the_etr_drops_what_does_not_unwrap),                  /* 6.5 */
		cmocka_unit_test(
			a_key_of_its_own_takes_the_place_of_the_registrations_key), /* 6.5 */
		cmocka_unit_test(the_etr_without_lisp_sec_drops_protected_requests),
		cmocka_unit_test(registrations_and_claims_say_that_lisp_sec_is_enabled), /* 6.3 */
		cmocka_unit_test(keys_that_are_not_independent_are_refused),             /* 6.5 */
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
