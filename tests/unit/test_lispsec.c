/* LISP-SEC's authentication data: golden bytes by figures 1 and 2 of RFC 9303, with HMACs and
 * wrapped keys from Python's hmac and `openssl enc`, both ways; the RFC's own example of what a
 * Map-Server vouches for; hostile ones. */
#include "tests/unit/lisp_test.h"

#include "lisp/ecm.h"
#include "lisp/lispsec.h"
#include "lisp/map_reply.h"

#define NONCE 0x0102030405060708

static const struct otk itr_otk = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

/* Figure 1, as an ITR sends it under the key "sunward-itr-key". */
static const uint8_t golden_request[] = {
	0x01, 0x00, 0x00, 0x02, /* ECM AD Type 1, Unassigned, Requested HMAC ID 2 */
	0x00, 0x18, 0x01, 0x02, /* OTK Length 24, Key ID 1, OTK Wrapping ID 2 */
	0xcf, 0x54, 0xb9, 0x03, 0xed, 0x6f, 0x13, 0xa9, /* One-Time-Key Preamble */
	0x2b, 0x3f, 0x40, 0xc1, 0x33, 0x57, 0x36, 0x97, 0xca, 0xab, 0x81, 0x3f, 0xa0, 0x21, 0x78,
	0x46,                   /* One-Time Key */
	0x00, 0x04, 0x00, 0x02, /* EID-AD Length 4, KDF ID 2 */
};

/* Figure 2: HKDF-SHA256, AUTH-HMAC-SHA-256-128, E=0. */
static const uint8_t golden_reply[] = {
	0x22, 0x00, 0x00, 0x01,                         /* Type 2, S=1, Record Count 1 */
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, /* Nonce */
	0x00, 0x00, 0x05, 0xa0,                         /* Record TTL 1440 */
	0x01, 0x18, 0x10, 0x00,                         /* Locator Count 1, mask-len 24, A */
	0x00, 0x00, 0x00, 0x01,                         /* Map-Version, EID-AFI 1 */
	0xc0, 0x00, 0x02, 0x00,                         /* 192.0.2.0 */
	0x01, 0x64, 0xff, 0x00,                         /* Priority 1, Weight 100, 255, 0 */
	0x00, 0x05, 0x00, 0x01,                         /* L, R; Loc-AFI 1 */
	0xc6, 0x33, 0x64, 0x01,                         /* 198.51.100.1 */
	0x01, 0x00, 0x00, 0x00,                         /* MR AD Type 1, Unassigned */
	0x00, 0x40, 0x00, 0x02,                         /* EID-AD Length, KDF ID */
	0x02, 0x00, 0x00, 0x02,                         /* Record Count 2, E, EID HMAC ID */
	0x00, 0x18, 0x00, 0x01,                         /* Unassigned, mask-len 24, AFI 1 */
	0xc0, 0x00, 0x02, 0x00,                         /* 192.0.2.0 */
	0x00, 0x30, 0x40, 0x03,                         /* Unassigned, mask-len 48, AFI 16387 */
	0x00, 0x00, 0x02, 0x00, 0x00, 0x16, 0x00, 0x00, 0x00, 0x07, /* Instance-ID 7 */
	0x00, 0x02,                                                 /* AFI 2 */
	0x20, 0x01, 0x0d, 0xb8, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, /* 2001:db8:103:: */
	0x16, 0x85, 0x25, 0x7f, 0x00, 0x64, 0xf8, 0x9d, 0x07, 0x0a, 0x7a, 0xeb, 0x0c, 0xa8, 0x5e,
	0x41,                   /* EID HMAC */
	0x00, 0x14, 0x00, 0x02, /* PKT-AD Length, PKT HMAC ID */
	0x7c, 0x6f, 0xdd, 0xcd, 0x37, 0x38, 0x46, 0xe5, 0x97, 0xa2, 0xfd, 0x52, 0x09, 0xe6, 0x80,
	0xa8, /* PKT HMAC */
};
#define GOLDEN_AD     40 /* where the authentication data stands */
#define GOLDEN_EID_AD (GOLDEN_AD + 4)

/* HKDF-SHA1-128, AUTH-HMAC-SHA-1-96, E=1. */
static const uint8_t golden_sha1[] = {
	0x22, 0x00, 0x00, 0x01,                         /* Type 2, S=1, Record Count 1 */
	0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, /* Nonce */
	0x00, 0x00, 0x05, 0xa0,                         /* Record TTL 1440 */
	0x01, 0x18, 0x10, 0x00,                         /* Locator Count 1, mask-len 24, A */
	0x00, 0x00, 0x00, 0x01,                         /* Map-Version, EID-AFI 1 */
	0xc0, 0x00, 0x02, 0x00,                         /* 192.0.2.0 */
	0x01, 0x64, 0xff, 0x00,                         /* Priority 1, Weight 100, 255, 0 */
	0x00, 0x05, 0x00, 0x01,                         /* L, R; Loc-AFI 1 */
	0xc6, 0x33, 0x64, 0x01,                         /* 198.51.100.1 */
	0x01, 0x00, 0x00, 0x00,                         /* MR AD Type 1, Unassigned */
	0x00, 0x3c, 0x00, 0x01,                         /* EID-AD Length, KDF ID */
	0x02, 0x80, 0x00, 0x01,                         /* Record Count 2, E, EID HMAC ID */
	0x00, 0x18, 0x00, 0x01,                         /* Unassigned, mask-len 24, AFI 1 */
	0xc0, 0x00, 0x02, 0x00,                         /* 192.0.2.0 */
	0x00, 0x30, 0x40, 0x03,                         /* Unassigned, mask-len 48, AFI 16387 */
	0x00, 0x00, 0x02, 0x00, 0x00, 0x16, 0x00, 0x00, 0x00, 0x07, /* Instance-ID 7 */
	0x00, 0x02,                                                 /* AFI 2 */
	0x20, 0x01, 0x0d, 0xb8, 0x01, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00,                                                                   /* 2001:db8:103:: */
	0xc6, 0x1a, 0x12, 0x5b, 0x88, 0x4a, 0x6f, 0x95, 0xa7, 0xf8, 0xe2, 0x73, /* EID HMAC */
	0x00, 0x10, 0x00, 0x01, /* PKT-AD Length, PKT HMAC ID */
	0x7b, 0xcf, 0x3a, 0x80, 0x52, 0x58, 0xbf, 0x62, 0xcc, 0x9c, 0x8e, 0x2e, /* PKT HMAC */
};

static int setup(void **state)
{
	*state = otk_tools_new();
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	otk_tools_free(*state);
	return 0;
}

static int request_parse(
	const void *ad, size_t len, struct lispsec_request *m, struct wire_fault *fault)
{
	return lispsec_request_parse(ad, ad, len, m, fault);
}

/* Of a whole Map-Reply, by the way that a receiver goes. */
static int reply_parse(
	const void *msg, size_t len, struct lispsec_reply *m, struct wire_fault *fault)
{
	struct map_reply reply;
	int err = map_reply_parse(msg, len, &reply, fault);

	if (err)
		return err;
	assert_true(reply.security);
	return lispsec_reply_parse(msg, reply.security_data, reply.security_len, m, fault);
}

/* @msg is what the ITR with the golden key takes for true. */
static bool verifies(struct otk_tools *t, const uint8_t *msg, size_t len)
{
	uint8_t *copy = malloc(len); /* exactly as long, for the sanitizer */
	struct wire_fault fault;
	struct lispsec_reply m;
	struct otk ms_otk;
	bool ok;

	memcpy(copy, msg, len);
	ok = reply_parse(copy, len, &m, &fault) == 0 &&
	     lispsec_eid_ad_verify(t, &m.eid_ad, &itr_otk) &&
	     otk_derive(t, m.eid_ad.kdf_id, &itr_otk, &ms_otk) &&
	     lispsec_reply_verify(t, &m, copy, len, &ms_otk);
	free(copy);
	return ok;
}

static void parses_an_itrs_request(void **state)
{
	struct lispsec_request m;
	struct wire_fault fault;
	struct otk_keys keys = {0};
	struct otk otk;

	assert_int_equal(
		PARSE_EXACT(request_parse, golden_request, sizeof(golden_request), &m, &fault), 0);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(m.otk.key_id, 1);
	assert_int_equal(m.otk.wrap_id, OTK_WRAP_AES_HKDF_SHA256);
	assert_memory_equal(m.otk.bytes, golden_request + 8, OTK_WRAPPED_BYTES);
	assert_true(m.eid_ad.bare);
	assert_int_equal(m.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
	assert_int_equal(otk_keys_add(&keys, 1, "sunward-itr-key", 15), 0);
	assert_true(otk_unwrap(*state, otk_keys_find(&keys, 1), NONCE, &m.otk, &otk));
	assert_memory_equal(&otk, &itr_otk, sizeof(otk));
}

static void writes_an_itrs_request(void **state)
{
	struct otk_keys keys = {0};
	struct otk_wrapped wrapped;
	struct wire_writer w;
	uint8_t out[64];

	assert_int_equal(otk_keys_add(&keys, 1, "sunward-itr-key", 15), 0);
	assert_true(otk_wrap(*state, &keys.list[0], NONCE, &itr_otk, &wrapped));
	wire_writer_init(&w, out, sizeof(out));
	lispsec_request_write(&w, OTK_HMAC_SHA256_128, &wrapped);
	lispsec_eid_ad_write_bare(&w, OTK_KDF_HKDF_SHA256);
	assert_true(wire_written(&w));
	assert_int_equal(w.pos, sizeof(golden_request));
	assert_memory_equal(out, golden_request, sizeof(golden_request));
}

static void an_otk_length_that_counts_its_own_word_is_taken_too(void **state)
{
	uint8_t pkt[sizeof(golden_request)];
	struct lispsec_request m;
	struct wire_fault fault;

	memcpy(pkt, golden_request, sizeof(pkt));
	pkt[5] = 28;
	assert_int_equal(request_parse(pkt, sizeof(pkt), &m, &fault), 0);
	pkt[5] = 27;
	assert_fault(request_parse(pkt, sizeof(pkt), &m, &fault), -LISP_EMALFORMED, &fault,
		"OTK length is 27 at byte 4 (want 24 or 28)");
}

static void parses_and_verifies_a_protected_reply(void **state)
{
	struct lispsec_reply m;
	struct wire_fault fault;
	struct lisp_eid eid;

	assert_int_equal(reply_parse(golden_reply, sizeof(golden_reply), &m, &fault), 0);
	assert_false(m.eid_ad.bare || m.eid_ad.cant_sign);
	assert_int_equal(m.eid_ad.kdf_id, OTK_KDF_HKDF_SHA256);
	assert_int_equal(m.eid_ad.hmac_id, OTK_HMAC_SHA256_128);
	assert_int_equal(m.eid_ad.record_count, 2);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA256_128);
	assert_true(lispsec_eid_next(&m.eid_ad, &eid));
	assert_eid(&eid.eid, "192.0.2.0/24");
	assert_true(lispsec_eid_next(&m.eid_ad, &eid));
	assert_eid(&eid.eid, "[7]2001:db8:103::/48");
	assert_false(lispsec_eid_next(&m.eid_ad, &eid));
	assert_true(verifies(*state, golden_reply, sizeof(golden_reply)));
}

static void verifies_sha1_and_shows_the_e_bit(void **state)
{
	struct lispsec_reply m;
	struct wire_fault fault;

	assert_int_equal(reply_parse(golden_sha1, sizeof(golden_sha1), &m, &fault), 0);
	assert_true(m.eid_ad.cant_sign);
	assert_int_equal(m.hmac_id, OTK_HMAC_SHA1_96);
	assert_int_equal(m.eid_ad.kdf_id, OTK_KDF_HKDF_SHA1_128);
	assert_true(verifies(*state, golden_sha1, sizeof(golden_sha1)));
}

static void a_changed_bit_anywhere_does_not_verify(void **state)
{
	uint8_t pkt[sizeof(golden_reply)];

	memcpy(pkt, golden_reply, sizeof(pkt));
	for (size_t bit = 0; bit < 8 * sizeof(pkt); bit++) {
		pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
		if (pkt[0] >> 4 == 2 && pkt[0] & 2 && verifies(*state, pkt, sizeof(pkt)))
			fail_msg("bit %zu is not covered", bit);
		pkt[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_true(verifies(*state, pkt, sizeof(pkt)));
}

/* The EID-AD alone convinces only who has the ITR-OTK; it does not hang on the ETR's part. */
static void the_eid_ad_is_keyed_by_the_itr_otk_the_packet_by_the_ms_otk(void **state)
{
	struct lispsec_reply m;
	struct wire_fault fault;
	struct otk ms_otk;

	assert_int_equal(reply_parse(golden_reply, sizeof(golden_reply), &m, &fault), 0);
	assert_true(otk_derive(*state, OTK_KDF_HKDF_SHA256, &itr_otk, &ms_otk));
	assert_true(lispsec_eid_ad_verify(*state, &m.eid_ad, &itr_otk));
	assert_false(lispsec_eid_ad_verify(*state, &m.eid_ad, &ms_otk));
	assert_true(lispsec_reply_verify(*state, &m, golden_reply, sizeof(golden_reply), &ms_otk));
	assert_false(
		lispsec_reply_verify(*state, &m, golden_reply, sizeof(golden_reply), &itr_otk));
}

static void put_record(struct wire_writer *w)
{
	const struct lisp_rloc rloc = {
		.priority = 1, .weight = 100, .mpriority = 255, .local = true, .reachable = true};
	struct address addr = test_address("198.51.100.1");
	struct eid eid = test_eid("192.0.2.0/24");

	lisp_record_write(w, &eid, 1440, 1, LISP_ACT_NONE, true, 0);
	lisp_rloc_write(w, &rloc, &addr);
}

static int write_reply(struct otk_tools *t, uint8_t *out, size_t cap, enum otk_hmac hmac,
	enum otk_kdf kdf, bool cant_sign)
{
	struct eid prefixes[] = {test_eid("192.0.2.0/24"), test_eid("[7]2001:db8:103::/48")};
	struct lispsec_eid_ad_writer e;
	struct wire_writer w, ad;
	uint8_t eid_ad[128];
	struct otk ms_otk;

	wire_writer_init(&ad, eid_ad, sizeof(eid_ad));
	lispsec_eid_ad_begin(&ad, &e, kdf, hmac);
	lispsec_eid_ad_add(&ad, &e, &prefixes[0]);
	lispsec_eid_ad_add(&ad, &e, &prefixes[1]);
	lispsec_eid_ad_finish(&ad, &e, cant_sign, t, &itr_otk);
	assert_true(wire_written(&ad));
	assert_int_equal(ad.pos, 8 + lispsec_eid_bytes(&prefixes[0]) +
					 lispsec_eid_bytes(&prefixes[1]) + otk_hmac_bytes(hmac));
	assert_true(otk_derive(t, kdf, &itr_otk, &ms_otk));
	wire_writer_init(&w, out, cap);
	map_reply_begin(&w, false, NONCE);
	put_record(&w);
	map_reply_finish(&w, 1);
	return lispsec_reply_finish(&w, eid_ad, ad.pos, hmac, t, &ms_otk);
}

static void writes_the_golden_replies(void **state)
{
	uint8_t out[sizeof(golden_reply)];

	assert_int_equal(write_reply(*state, out, sizeof(out), OTK_HMAC_SHA256_128,
				 OTK_KDF_HKDF_SHA256, false),
		sizeof(golden_reply));
	assert_memory_equal(out, golden_reply, sizeof(golden_reply));
	assert_int_equal(write_reply(*state, out, sizeof(out), OTK_HMAC_SHA1_96,
				 OTK_KDF_HKDF_SHA1_128, true),
		sizeof(golden_sha1));
	assert_memory_equal(out, golden_sha1, sizeof(golden_sha1));
}

static void a_buffer_too_small_is_no_room(void **state)
{
	uint8_t out[sizeof(golden_reply)];

	for (size_t cap = 0; cap < sizeof(golden_reply); cap++)
		assert_int_equal(write_reply(*state, out, cap, OTK_HMAC_SHA256_128,
					 OTK_KDF_HKDF_SHA256, false),
			-LISP_ENOROOM);
}

/* RFC 9303 section 6.9.1, its example in full. */
static void the_rfcs_example_of_what_is_vouched_for(void **state)
{
	static const char *const signed_for[] = {"2001:db8:103::/48", "2001:db8:203::/48"};
	struct eid discarded1 = test_eid("2001:db8:102::/48");
	struct eid eligible = test_eid("2001:db8:103::/48");
	struct eid overclaim = test_eid("2001:db8:200::/40");
	struct eid inside = test_eid("2001:db8:203:1::/64");
	struct eid other_instance = test_eid("[1]2001:db8:103::/48");
	struct lispsec_eid_ad_writer e;
	struct lispsec_request m;
	struct wire_fault fault;
	struct otk_wrapped otk;
	struct wire_writer w;
	uint8_t out[256];

	otk_wrap_null(&itr_otk, &otk);
	wire_writer_init(&w, out, sizeof(out));
	lispsec_request_write(&w, OTK_HMAC_SHA256_128, &otk);
	lispsec_eid_ad_begin(&w, &e, OTK_KDF_HKDF_SHA256, OTK_HMAC_SHA256_128);
	for (int i = 0; i < 2; i++) {
		struct eid eid = test_eid(signed_for[i]);

		lispsec_eid_ad_add(&w, &e, &eid);
	}
	lispsec_eid_ad_finish(&w, &e, false, *state, &itr_otk);
	assert_int_equal(request_parse(out, w.pos, &m, &fault), 0);
	assert_true(lispsec_eid_ad_verify(*state, &m.eid_ad, &itr_otk));
	assert_false(lispsec_vouched(&m.eid_ad, &discarded1));
	assert_true(lispsec_vouched(&m.eid_ad, &eligible));
	assert_false(lispsec_vouched(&m.eid_ad, &overclaim));
	assert_true(lispsec_vouched(&m.eid_ad, &inside));
	assert_false(lispsec_vouched(&m.eid_ad, &other_instance));
}

static void every_prefix_of_the_data_is_refused(void **state)
{
	struct lispsec_request request;
	struct lispsec_reply reply;

	ASSERT_NO_PREFIX_PARSES(request_parse, golden_request, sizeof(golden_request), &request);
	ASSERT_NO_PREFIX_PARSES(reply_parse, golden_reply, sizeof(golden_reply), &reply);
}

/* The byte at @at of the golden reply becomes @byte. */
static void assert_reply_refused(size_t at, uint8_t byte, int err, const char *want)
{
	uint8_t pkt[sizeof(golden_reply)];
	struct lispsec_reply m;
	struct wire_fault fault;

	memcpy(pkt, golden_reply, sizeof(pkt));
	pkt[at] = byte;
	assert_fault(PARSE_EXACT(reply_parse, pkt, sizeof(pkt), &m, &fault), err, &fault, want);
}

static void an_eid_ad_length_that_is_not_what_it_holds(void **state)
{
	/* Its last byte is then read as the PKT-AD's length. */
	assert_reply_refused(GOLDEN_EID_AD + 1, 0x3f, -LISP_ETRUNC,
		"PKT-AD truncated at byte 109 (need 16638, have 19)");
	assert_reply_refused(
		GOLDEN_EID_AD + 1, 3, -LISP_EMALFORMED, "EID-AD is 3 at byte 44 (want at least 4)");
	assert_reply_refused(GOLDEN_EID_AD, 0xff, -LISP_ETRUNC,
		"EID-AD truncated at byte 46 (need 65342, have 82)");
}

static void an_eid_ad_of_no_records_or_too_many(void **state)
{
	assert_reply_refused(GOLDEN_EID_AD + 4, 0, -LISP_EMALFORMED,
		"EID-AD record count is 0 at byte 48 (want 1 to 255)");
	/* The HMAC is read as a third prefix. */
	assert_reply_refused(GOLDEN_EID_AD + 4, 255, -LISP_EUNKNOWN_AFI,
		"EID-AD record 2: EID is 9599 at byte 94 (want AFI 0, 1, 2, 6, 17, 16387, 16389 "
		"or 16396)");
}

static void an_eid_mask_len_over_its_family(void **state)
{
	assert_reply_refused(GOLDEN_EID_AD + 9, 33, -LISP_EMALFORMED,
		"EID-AD record 0: mask-len is 33 at byte 53 (want 0 to 32)");
}

static void an_hmac_of_another_length_than_its_algorithm(void **state)
{
	assert_reply_refused(GOLDEN_EID_AD + 7, 1, -LISP_EMALFORMED,
		"EID HMAC length is 16 at byte 92 (want the length of its algorithm)");
	assert_reply_refused(sizeof(golden_reply) - 17, 1, -LISP_EMALFORMED,
		"PKT HMAC length is 16 at byte 112 (want the length of its algorithm)");
}

static void a_reply_without_prefixes_in_its_eid_ad(void **state)
{
	uint8_t pkt[GOLDEN_EID_AD + 4 + 20];
	struct lispsec_reply m;
	struct wire_fault fault;

	memcpy(pkt, golden_reply, GOLDEN_EID_AD);
	memcpy(pkt + GOLDEN_EID_AD, "\0\4\0\2", 4);
	memcpy(pkt + GOLDEN_EID_AD + 4, golden_reply + sizeof(golden_reply) - 20, 20);
	assert_fault(PARSE_EXACT(reply_parse, pkt, sizeof(pkt), &m, &fault), -LISP_EMALFORMED,
		&fault, "EID-AD length is 4 at byte 44 (want an EID-AD with prefixes)");
}

static void an_unknown_algorithm_parses_and_never_verifies(void **state)
{
	uint8_t pkt[sizeof(golden_reply)];
	struct lispsec_reply m;
	struct wire_fault fault;

	memcpy(pkt, golden_reply, sizeof(pkt));
	pkt[sizeof(pkt) - 17] = 9;
	assert_int_equal(reply_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_int_equal(m.hmac_id, 9);
	assert_false(lispsec_reply_verify(*state, &m, pkt, sizeof(pkt), &itr_otk));
	memcpy(pkt, golden_reply, sizeof(pkt));
	pkt[GOLDEN_EID_AD + 7] = 9;
	assert_int_equal(reply_parse(pkt, sizeof(pkt), &m, &fault), 0);
	assert_false(lispsec_eid_ad_verify(*state, &m.eid_ad, &itr_otk));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_an_itrs_request),
		cmocka_unit_test(writes_an_itrs_request),
		cmocka_unit_test(an_otk_length_that_counts_its_own_word_is_taken_too),
		cmocka_unit_test(parses_and_verifies_a_protected_reply),
		cmocka_unit_test(verifies_sha1_and_shows_the_e_bit),
		cmocka_unit_test(a_changed_bit_anywhere_does_not_verify),
		cmocka_unit_test(the_eid_ad_is_keyed_by_the_itr_otk_the_packet_by_the_ms_otk),
		cmocka_unit_test(writes_the_golden_replies),
		cmocka_unit_test(a_buffer_too_small_is_no_room),
		cmocka_unit_test(the_rfcs_example_of_what_is_vouched_for),
		cmocka_unit_test(every_prefix_of_the_data_is_refused),
		cmocka_unit_test(an_eid_ad_length_that_is_not_what_it_holds),
		cmocka_unit_test(an_eid_ad_of_no_records_or_too_many),
		cmocka_unit_test(an_eid_mask_len_over_its_family),
		cmocka_unit_test(an_hmac_of_another_length_than_its_algorithm),
		cmocka_unit_test(a_reply_without_prefixes_in_its_eid_ad),
		cmocka_unit_test(an_unknown_algorithm_parses_and_never_verifies),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
