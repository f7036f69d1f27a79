/* Authentication of IS-IS PDUs: item Q of docs/trill.md. The digests were made by Python's hmac and
 * hashlib over the bytes that stand here (RFC 5304, RFC 5310). */
#include "tests/unit/trill_test.h"

#include "trill/codec/hello_tlv.h"
#include "trill/codec/isis_auth.h"

#define HELLO   "83 14 01 06 11 01 00 01 01 300330033003 001E 0027 07"
#define MD5_TLV "0A 11 36 5d18a6f15656f88722637c2a446c0020"
#define LSP(length, checksum)                                                                      \
	"83 1B 01 06 12 01 00 01 " length " 0123 3003300330030009 00001234 " checksum " 01 "
#define AREA "01 02 01 00"

static const struct {
	enum isis_auth_alg alg;
	const char *length, *head, *digest;
} vectors[] = {
	{ISIS_AUTH_HMAC_MD5, "0032", "0A1136", "ecc93224ec458a92c76997167b34e14c"},
	{ISIS_AUTH_HMAC_SHA1, "0038", "0A17030007", "d87614a229f46725ef0da3dd3daf1a16a8d2024b"},
	{ISIS_AUTH_HMAC_SHA224, "0040", "0A1F030007",
		"82797b2eb9d7eb8a9ca526d38c9eda2441bf965d26b9131b9d944f60"},
	{ISIS_AUTH_HMAC_SHA256, "0044", "0A23030007",
		"05c4782b4d1ebbea5da507385e453e37973a88e7095be1ebcfa494f57916fa9c"},
	{ISIS_AUTH_HMAC_SHA384, "0054", "0A33030007",
		"4fd5211470c169f8f0cea85fe9d4276f7c555a071f54789cb9955cd9a9880c5f8fc5ef5d25870b3a"
		"f67987d768de4063"},
	{ISIS_AUTH_HMAC_SHA512, "0064", "0A43030007",
		"2b26ab23bd78495874d6feb42dcb1769ea7c2f45f53ec8a2c876b0d84f8c91f60cbb08f4b6d00091"
		"7117c73b2647601c4b7bf4d9418b047f3e0b7f730ae7f436"},
};

static int check(const char *text, enum isis_auth_alg alg, uint16_t id, const char *secret)
{
	struct isis_key *k = isis_key_new(alg, id, secret, strlen(secret));
	struct exact e = exact_hex(text);
	struct wire_fault fault;
	struct isis_pdu p;
	int err = isis_parse(e.bytes, e.len, &p, &fault);

	assert_non_null(k);
	if (!err)
		err = isis_auth_check(&p, &k, 1);
	free(e.bytes);
	isis_key_free(k);
	return err;
}

static void q_hmac_md5_of_a_hello(void **state)
{
	struct isis_key *k = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	uint8_t bytes[64];
	size_t n = hex(bytes, sizeof(bytes), HELLO "0A 11 36 00000000000000000000000000000000");

	assert_error(isis_auth_sign(k, bytes, n), 0);
	assert_bytes(bytes, n, HELLO MD5_TLV);
	isis_key_free(k);
	assert_error(check(HELLO MD5_TLV, ISIS_AUTH_HMAC_MD5, 0, "secret"), 0);
}

/* Each algorithm signs an LSP; its lifetime and checksum may change afterwards. */
static void q_each_algorithm_signs_an_lsp(void **state)
{
	for (unsigned int i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct isis_key *k = isis_key_new(vectors[i].alg, 7, "secret", 6);
		struct isis_pdu head = {.type = ISIS_LSP,
			.u.lsp = {.lifetime_s = 0x123,
				.id = {.system = {{0x30, 3, 0x30, 3, 0x30, 3}}, .fragment = 9},
				.sequence = 0x1234,
				.flags = 1}};
		struct wire_fault fault;
		char want[512], text[512];
		struct isis_pdu p;
		int len;
		WRITER(w);

		snprintf(want, sizeof(want),
			"83 1B 01 06 12 01 00 01 %s 0123 3003300330030009"
			"00001234 0000 01 %s %s " AREA,
			vectors[i].length, vectors[i].head, vectors[i].digest);
		isis_begin(&w, &head);
		isis_auth_put(&w, k, TLV_STANDARD);
		hello_area_put(&w);
		len = isis_end(&w);
		assert_error(isis_auth_sign(k, w_bytes, (size_t)len), 0);
		assert_bytes(w_bytes, (size_t)len, want);
		isis_checksum_set(w_bytes, (size_t)len);
		isis_lifetime_set(w_bytes, 5);
		assert_error(isis_parse(w_bytes, (size_t)len, &p, &fault), 0);
		assert_error(isis_auth_check(&p, &k, 1), 0);
		isis_key_free(k);
		snprintf(text, sizeof(text), "%s", want);
		assert_error(check(text, vectors[i].alg, 7, "secret"), 0);
		assert_error(check(text, vectors[i].alg, 7, "Secret"), -TRILL_EAUTH);
	}
}

static void q_a_changed_byte_is_refused(void **state)
{
	uint8_t bytes[64];
	struct isis_key *k = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	size_t n = hex(bytes, sizeof(bytes), HELLO MD5_TLV);

	for (size_t i = 8; i < n; i++) {
		struct wire_fault fault;
		struct isis_pdu p;

		bytes[i] ^= 1;
		if (!isis_parse(bytes, n, &p, &fault) && !isis_auth_check(&p, &k, 1))
			fail_msg("byte %zu may be changed", i);
		bytes[i] ^= 1;
	}
	isis_key_free(k);
}

static void q_none_and_two_digests_are_refused(void **state)
{
	assert_error(check("83 14 01 06 11 01 00 01 01 300330033003 001E 0014 07",
			     ISIS_AUTH_HMAC_MD5, 0, "secret"),
		-TRILL_EAUTH);
	assert_error(check("83 14 01 06 11 01 00 01 01 300330033003 001E 0029 07" MD5_TLV "0A 00",
			     ISIS_AUTH_HMAC_MD5, 0, "secret"),
		-TRILL_EAUTH);
	/* Also when the first one's digest is right. */
	assert_error(check("83 14 01 06 11 01 00 01 01 300330033003 001E 0029 07"
			   "0A 11 36 4b1e895058fd387fa69b4bc465cf6ffe 0A 00",
			     ISIS_AUTH_HMAC_MD5, 0, "secret"),
		-TRILL_EAUTH);
}

/* The packet does not choose how much of a digest is compared. */
static void q_digests_of_other_lengths_are_refused(void **state)
{
	static const char *const tlvs[] = {"0A 00", "0A 01 36", "0A 02 36 5d", "0A 03 03 00 07",
		"0A 04 03 00 07 05", "0A 12 36 5d18a6f15656f88722637c2a446c0020 00"};

	for (unsigned int i = 0; i < sizeof(tlvs) / sizeof(tlvs[0]); i++) {
		uint8_t tlv[64];
		char text[256];

		snprintf(text, sizeof(text),
			"83 14 01 06 11 01 00 01 01 300330033003 001E %04zx 07 %s",
			20 + hex(tlv, sizeof(tlv), tlvs[i]), tlvs[i]);
		assert_error(check(text, ISIS_AUTH_HMAC_MD5, 0, "secret"), -TRILL_EAUTH);
		assert_error(check(text, ISIS_AUTH_HMAC_SHA256, 7, "secret"), -TRILL_EAUTH);
	}
}

static void q_another_key_id_is_refused(void **state)
{
	char text[512];

	snprintf(text, sizeof(text), LSP("0038", "0000") "%s %s " AREA, vectors[1].head,
		vectors[1].digest);
	assert_error(check(text, ISIS_AUTH_HMAC_SHA1, 7, "secret"), 0);
	assert_error(check(text, ISIS_AUTH_HMAC_SHA1, 8, "secret"), -TRILL_EAUTH);
}

/* While keys are changed several count. */
static void q_any_of_the_keys_will_do(void **state)
{
	struct isis_key *k[2] = {isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "old", 3),
		isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6)};
	struct exact e = exact_hex(HELLO MD5_TLV);
	struct wire_fault fault;
	struct isis_pdu p;

	assert_error(isis_parse(e.bytes, e.len, &p, &fault), 0);
	assert_error(isis_auth_check(&p, k, 2), 0);
	assert_error(isis_auth_check(&p, k, 1), -TRILL_EAUTH);
	assert_error(isis_auth_check(&p, k, 0), -TRILL_EAUTH);
	free(e.bytes);
	isis_key_free(k[0]);
	isis_key_free(k[1]);
}

/* RFC 5310 section 3.3: 40 bytes are more than SHA-256's 32, though less than its block. */
static void q_a_key_longer_than_the_hash_is_hashed(void **state)
{
	assert_error(check(LSP("0044", "0000") "0A 23 03 0007"
					       "918a21c21ad5b510b8b16c5157d48c4a"
					       "0bb92dbd7111fcefb274e340ce7c4579" AREA,
			     ISIS_AUTH_HMAC_SHA256, 7, "kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"),
		0);
}

static void q_signing_needs_a_place(void **state)
{
	struct isis_key *k = isis_key_new(ISIS_AUTH_HMAC_MD5, 0, "secret", 6);
	uint8_t bytes[64];
	size_t n =
		hex(bytes, sizeof(bytes), "83 14 01 06 11 01 00 01 01 300330033003 001E 0014 07");

	assert_error(isis_auth_sign(k, bytes, n), -TRILL_EAUTH);
	assert_error(isis_auth_sign(k, bytes, 5), -TRILL_ETRUNC);
	isis_key_free(k);
}

static void q_keys_without_a_secret_are_not_made(void **state)
{
	uint8_t secret[256] = {0};

	assert_null(isis_key_new(ISIS_AUTH_HMAC_MD5, 0, secret, 0));
	assert_null(isis_key_new(ISIS_AUTH_HMAC_MD5, 0, secret, 256));
	assert_null(isis_key_new(ISIS_AUTH_ALGS, 0, secret, 6));
}

/* RFC 7357 section 6.3; by openssl dgst -sha256 -hmac. */
static void q_esadi_key_is_derived(void **state)
{
	uint8_t derived[ISIS_DERIVED_LEN];

	assert_true(isis_key_derive("secret", 6, "TRILL ESADI", 11, derived));
	assert_bytes(derived, sizeof(derived),
		"76d9b84639c190caaea78160a2fa131b78a84286185f52cc33112d3250e54d50");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(q_hmac_md5_of_a_hello),
		cmocka_unit_test(q_each_algorithm_signs_an_lsp),
		cmocka_unit_test(q_a_changed_byte_is_refused),
		cmocka_unit_test(q_none_and_two_digests_are_refused),
		cmocka_unit_test(q_digests_of_other_lengths_are_refused),
		cmocka_unit_test(q_another_key_id_is_refused),
		cmocka_unit_test(q_any_of_the_keys_will_do),
		cmocka_unit_test(q_a_key_longer_than_the_hash_is_hashed),
		cmocka_unit_test(q_signing_needs_a_place),
		cmocka_unit_test(q_keys_without_a_secret_are_not_made),
		cmocka_unit_test(q_esadi_key_is_derived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
