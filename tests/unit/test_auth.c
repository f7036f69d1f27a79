/* Authentication: the primitives by their RFCs' vectors, the MACs by Python's hmac
 * (docs/decisions/mac-kdf.md), and that nothing the packet says chooses what is compared. */
#include "tests/unit/lisp_test.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "lisp/auth.h"

static size_t unhex(const char *text, uint8_t *out)
{
	size_t n = strlen(text) / 2;

	for (size_t i = 0; i < n; i++) {
		unsigned int v;

		assert_int_equal(sscanf(text + 2 * i, "%2x", &v), 1);
		out[i] = (uint8_t)v;
	}
	return n;
}

static void assert_hmac(
	const EVP_MD *md, const void *key, int key_len, const char *data, const char *want)
{
	uint8_t out[EVP_MAX_MD_SIZE], expected[EVP_MAX_MD_SIZE];
	unsigned int len;

	assert_non_null(HMAC(md, key, key_len, (const uint8_t *)data, strlen(data), out, &len));
	assert_int_equal(unhex(want, expected), len);
	assert_memory_equal(out, expected, len);
}

/* RFC 2202 section 3 cases 1 and 2; RFC 4231 sections 4.2 and 4.3. */
static void the_hmacs_are_those_of_rfc_2202_and_4231(void **state)
{
	uint8_t key[20];

	memset(key, 0x0b, sizeof(key));
	assert_hmac(EVP_sha1(), key, 20, "Hi There", "b617318655057264e28bc0b6fb378c8ef146be00");
	assert_hmac(EVP_sha1(), "Jefe", 4, "what do ya want for nothing?",
		"effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
	assert_hmac(EVP_sha256(), key, 20, "Hi There",
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	assert_hmac(EVP_sha256(), "Jefe", 4, "what do ya want for nothing?",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

/* RFC 5869 appendix A.1. */
static void the_kdf_is_that_of_rfc_5869(void **state)
{
	char digest[] = "SHA256";
	uint8_t ikm[22], salt[13], info[10], okm[42], want[42];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM params[5];

	memset(ikm, 0x0b, sizeof(ikm));
	unhex("000102030405060708090a0b0c", salt);
	unhex("f0f1f2f3f4f5f6f7f8f9", info);
	unhex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
		want);
	params[0] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, ikm, sizeof(ikm));
	params[2] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, salt, sizeof(salt));
	params[3] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info, sizeof(info));
	params[4] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_KDF_derive(ctx, okm, sizeof(okm), params), 1);
	assert_memory_equal(okm, want, sizeof(want));
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

#define HEAD_LEN 16 /* bytes before the authentication data */
#define BODY_LEN 8  /* behind it: 4 of records, 4 of trailer */

/* 16 bytes 00..0f, the data, then "recs" and "tail". */
static size_t message(uint8_t *msg, struct auth_field *f, enum auth_alg alg, size_t n)
{
	for (uint8_t i = 0; i < HEAD_LEN; i++)
		msg[i] = i;
	memset(msg + HEAD_LEN, 0xee, n);
	memcpy(msg + HEAD_LEN + n, "recstail", BODY_LEN);
	*f = (struct auth_field){.alg = (uint8_t)alg,
		.len = (uint16_t)n,
		.offset = HEAD_LEN,
		.records_end = HEAD_LEN + n + 4,
		.data = msg + HEAD_LEN};
	return HEAD_LEN + n + BODY_LEN;
}

static const struct vector {
	enum auth_alg alg;
	bool full, records_only;
	size_t len;
	const char *mac;
} vectors[] = {
	{AUTH_HMAC_SHA1_96, false, false, 12, "bf993226eb1668df0380d08d"},
	{AUTH_HMAC_SHA1_96, false, true, 12, "a77fd8e423df022884436884"},
	{AUTH_HMAC_SHA1_96, true, false, 20, "8326f6008ca456abfae1b6fbfe4b8bfabb3cdfb0"},
	{AUTH_HMAC_SHA1_96, true, true, 20, "d1631fc5bd967c95ab398883fc57750e88420f2d"},
	{AUTH_HMAC_SHA256_128, false, false, 16, "35fdd43afea0c39215486ab67738c692"},
	{AUTH_HMAC_SHA256_128, false, true, 16, "c51cdebfa38171ce7bab2ad09100f73e"},
	{AUTH_HMAC_SHA256_128, true, false, 32,
		"b1957cb22c93d9e42fe07f2ab710ec2c39556ebd5a253742d7a5922387fb86ff"},
	{AUTH_HMAC_SHA256_128, true, true, 32,
		"a60925b899c69d3aac9e7bd1719696585b1f985fb78f95cdc737dac87b0dccc6"},
	{AUTH_HMAC_SHA256_128_HKDF, false, false, 16, "6de430968f57afa1c686f6b8c6a0697c"},
	{AUTH_HMAC_SHA256_128_HKDF, false, true, 16, "038b711d2fcce51949106d8dbb29a3fb"},
	{AUTH_HMAC_SHA256_128_HKDF, true, false, 32,
		"90d0d5d97d6dcb034910b804f354ecdff2cc3fcc3d780fa8ad468083abd4fa11"},
	{AUTH_HMAC_SHA256_128_HKDF, true, true, 32,
		"602fe7fb313aa45d1d0e6ca56e7a82de25f1c61ce1076a486dfd6c4e3f0e93c2"},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void signs_as_an_independent_tool_does(void **state)
{
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	uint8_t msg[80], want[AUTH_DATA_MAX];
	struct auth_field f;

	for (unsigned int i = 0; i < VECTORS; i++) {
		const struct vector *v = &vectors[i];
		struct auth_options opt = {.full_length = v->full, .records_only = v->records_only};
		size_t len = message(msg, &f, v->alg, v->len);

		assert_int_equal(auth_length(v->alg, &opt), v->len);
		assert_int_equal(unhex(v->mac, want), v->len);
		assert_false(
			auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 0x0102030405060708, &f));
		assert_int_equal(
			auth_sign(k, LISP_MAP_REGISTER, &opt, msg, len, 0x0102030405060708, &f), 0);
		assert_memory_equal(msg + HEAD_LEN, want, v->len);
		assert_true(
			auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 0x0102030405060708, &f));
	}
	auth_key_free(k);
}

/* docs/decisions/mac-kdf.md: the key that each message type derives, seen through the MAC that it
 * makes. */
static void each_message_type_derives_a_key_of_its_own(void **state)
{
	static const struct {
		enum lisp_type type;
		const char *key;
	} derived[] = {
		{LISP_MAP_REGISTER,
			"36a42cdf0b5607e49100137d72c3125a884791d8e3e58c22da86edb831398ae3"},
		{LISP_MAP_NOTIFY,
			"05b84fca56621c44aa2898019c842e7fe0c25c7be5d598b951250bf34224e066"},
		{LISP_MAP_NOTIFY_ACK,
			"9c5b6836810c0036159d3b3ae9e82e9a558f4364618ba9c6037134c1ec6218af"},
		{LISP_INFO, "ec59ab3d35993a294870e6090afa4893e744d9068325ec12fae61edeb20a1f8c"},
		{LISP_EXTENSION,
			"03007c491cf43f114b2286a1dd93e6049ba422ad3441a97deb8c4faee4d618ac"},
	};
	struct auth_key *k = auth_key_new("sunward-test-key", 16);
	struct auth_options opt = {0};
	uint8_t msg[80], key[32];
	struct auth_field f;

	for (unsigned int i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
		size_t len = message(msg, &f, AUTH_HMAC_SHA256_128_HKDF, 16);
		struct auth_key *plain = auth_key_new(key, unhex(derived[i].key, key));

		assert_int_equal(
			auth_sign(k, derived[i].type, &opt, msg, len, 0x0102030405060708, &f), 0);
		f.alg = AUTH_HMAC_SHA256_128;
		assert_true(auth_verify(plain, derived[i].type, &opt, msg, len, 0, &f));
		auth_key_free(plain);
	}
	auth_key_free(k);
}

static void another_nonce_type_or_key_does_not_verify(void **state)
{
	struct auth_key *k = auth_key_new("one", 3), *other = auth_key_new("two", 3);
	struct auth_options opt = {0};
	struct auth_field f;
	uint8_t msg[80];
	size_t len = message(msg, &f, AUTH_HMAC_SHA256_128_HKDF, 16);

	assert_int_equal(auth_sign(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f), 0);
	assert_true(auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f));
	assert_false(auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 8, &f));
	assert_false(auth_verify(k, LISP_MAP_NOTIFY, &opt, msg, len, 7, &f));
	assert_false(auth_verify(other, LISP_MAP_REGISTER, &opt, msg, len, 7, &f));
	assert_false(auth_verify(k, LISP_ECM, &opt, msg, len, 7, &f));
	auth_key_free(k);
	auth_key_free(other);
}

static void with_records_only_the_trailer_is_not_covered_else_it_is(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);
	struct auth_field f;
	uint8_t msg[80];

	for (int records_only = 0; records_only < 2; records_only++) {
		struct auth_options opt = {.records_only = records_only};
		size_t len = message(msg, &f, AUTH_HMAC_SHA256_128, 16);

		assert_int_equal(auth_sign(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f), 0);
		msg[len - 1] ^= 1;
		assert_int_equal(
			auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f), records_only);
		msg[len - 1] ^= 1;
		msg[len - 5] ^= 1;
		assert_false(auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f));
	}
	auth_key_free(k);
}

static void the_sites_option_decides_the_length_not_the_packet(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);
	struct auth_options full = {.full_length = true}, truncated = {0};
	struct auth_field f;
	uint8_t msg[80];
	size_t len = message(msg, &f, AUTH_HMAC_SHA256_128, 32);

	assert_int_equal(auth_sign(k, LISP_MAP_REGISTER, &full, msg, len, 7, &f), 0);
	assert_true(auth_verify(k, LISP_MAP_REGISTER, &full, msg, len, 7, &f));
	assert_false(auth_verify(k, LISP_MAP_REGISTER, &truncated, msg, len, 7, &f));
	assert_int_equal(
		auth_sign(k, LISP_MAP_REGISTER, &truncated, msg, len, 7, &f), -LISP_EUNSUPPORTED);
	auth_key_free(k);
}

static void nothing_verifies_without_an_algorithm(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);
	struct auth_options opt = {0};
	struct auth_field f;
	uint8_t msg[80];

	for (unsigned int alg = 0; alg < 256; alg++) {
		size_t len = message(msg, &f, (enum auth_alg)alg, 0);

		assert_false(auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f));
		if (alg < 1 || alg > 3)
			assert_int_equal(auth_length((enum auth_alg)alg, &opt), 0);
	}
	auth_key_free(k);
}

static void an_offset_past_the_end_does_not_verify(void **state)
{
	struct auth_key *k = auth_key_new("one", 3);
	struct auth_options opt = {0}, records = {.records_only = true};
	struct auth_field f;
	uint8_t msg[80];
	size_t len = message(msg, &f, AUTH_HMAC_SHA256_128, 16);

	f.offset = len - 15;
	assert_false(auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f));
	f.offset = len + 1;
	assert_false(auth_verify(k, LISP_MAP_REGISTER, &opt, msg, len, 7, &f));
	f.offset = HEAD_LEN;
	f.records_end = len + 1;
	assert_false(auth_verify(k, LISP_MAP_REGISTER, &records, msg, len, 7, &f));
	auth_key_free(k);
}

static void keys_of_no_or_too_many_bytes_are_refused(void **state)
{
	uint8_t psk[AUTH_KEY_MAX + 1] = {1};
	struct auth_key *k = auth_key_new(psk, AUTH_KEY_MAX);

	assert_null(auth_key_new(psk, 0));
	assert_null(auth_key_new(psk, sizeof(psk)));
	assert_non_null(k);
	auth_key_free(k);
	auth_key_free(NULL);
}

/* RFC 6830 had a Key ID of 16 bits: its values 1 and 2 stand where Key ID 0 and the algorithm stand
 * now. */
static void an_old_peers_key_id_reads_as_the_algorithm(void **state)
{
	static const uint8_t in[] = {0x00, 0x02, 0x00, 0x01, 0xaa};
	struct wire_fault fault;
	struct wire_reader r;
	struct auth_field f;

	wire_reader_init(&r, in, sizeof(in), &fault);
	auth_field_read(&r, &f);
	assert_int_equal(f.key_id, 0);
	assert_int_equal(f.alg, AUTH_HMAC_SHA256_128);
	assert_int_equal(f.len, 1);
	assert_ptr_equal(f.data, in + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_hmacs_are_those_of_rfc_2202_and_4231),
		cmocka_unit_test(the_kdf_is_that_of_rfc_5869),
		cmocka_unit_test(signs_as_an_independent_tool_does),
		cmocka_unit_test(each_message_type_derives_a_key_of_its_own),
		cmocka_unit_test(another_nonce_type_or_key_does_not_verify),
		cmocka_unit_test(with_records_only_the_trailer_is_not_covered_else_it_is),
		cmocka_unit_test(the_sites_option_decides_the_length_not_the_packet),
		cmocka_unit_test(nothing_verifies_without_an_algorithm),
		cmocka_unit_test(an_offset_past_the_end_does_not_verify),
		cmocka_unit_test(keys_of_no_or_too_many_bytes_are_refused),
		cmocka_unit_test(an_old_peers_key_id_reads_as_the_algorithm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
