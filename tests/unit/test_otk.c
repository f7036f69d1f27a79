/* One-Time Keys: the vectors of docs/decisions/lisp-sec.md, which `openssl kdf`, `openssl enc
 * -id-aes128-wrap` and Python's hmac made; what must be refused. */
#include "tests/unit/lisp_test.h"

#include <errno.h>

#include "lisp/otk.h"

#define NONCE 0x0102030405060708

static const struct otk golden = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};

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

static struct otk_key key_of(const char *psk)
{
	struct otk_keys keys = {0};

	assert_int_equal(otk_keys_add(&keys, 1, psk, strlen(psk)), 0);
	return keys.list[0];
}

static const struct {
	uint64_t nonce;
	const char *psk;
	uint8_t wrapped[OTK_WRAPPED_BYTES];
} vectors[] = {
	{NONCE, "sunward-itr-key",
		{0xcf, 0x54, 0xb9, 0x03, 0xed, 0x6f, 0x13, 0xa9, 0x2b, 0x3f, 0x40, 0xc1, 0x33, 0x57,
			0x36, 0x97, 0xca, 0xab, 0x81, 0x3f, 0xa0, 0x21, 0x78, 0x46}},
	{0, "a",
		{0x6e, 0x18, 0x07, 0x27, 0x5f, 0xd1, 0x1d, 0x5a, 0xe1, 0x7f, 0xdb, 0x63, 0x2a, 0x7a,
			0xec, 0xfc, 0x99, 0x9c, 0x60, 0x95, 0x98, 0xd0, 0xb4, 0x8f}},
	{UINT64_MAX, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		{0x8b, 0x94, 0xf4, 0x19, 0x95, 0xda, 0x1f, 0x71, 0x17, 0x04, 0x63, 0x0b, 0xf5, 0x01,
			0x46, 0xb9, 0x73, 0xc0, 0x70, 0x84, 0xe6, 0xd3, 0xc0, 0x44}},
};

static void wraps_and_unwraps_as_the_published_vectors(void **state)
{
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
		struct otk_key key = key_of(vectors[i].psk);
		struct otk_wrapped w;
		struct otk back;

		assert_true(otk_wrap(*state, &key, vectors[i].nonce, &golden, &w));
		assert_memory_equal(w.bytes, vectors[i].wrapped, sizeof(w.bytes));
		assert_int_equal(w.wrap_id, 2);
		assert_int_equal(w.key_id, 1);
		assert_true(otk_unwrap(*state, &key, vectors[i].nonce, &w, &back));
		assert_memory_equal(&back, &golden, sizeof(back));
	}
}

static void another_nonce_key_or_byte_does_not_unwrap(void **state)
{
	struct otk_key key = key_of("sunward-itr-key"), other = key_of("sunward-itr-kez");
	struct otk_wrapped w;
	struct otk back;

	assert_true(otk_wrap(*state, &key, NONCE, &golden, &w));
	assert_false(otk_unwrap(*state, &key, NONCE + 1, &w, &back));
	assert_false(otk_unwrap(*state, &other, NONCE, &w, &back));
	for (unsigned int i = 0; i < OTK_WRAPPED_BYTES; i++) {
		w.bytes[i] ^= 1;
		assert_false(otk_unwrap(*state, &key, NONCE, &w, &back));
		w.bytes[i] ^= 1;
	}
	w.wrap_id = 3; /* unassigned */
	assert_false(otk_unwrap(*state, &key, NONCE, &w, &back));
	w.wrap_id = 2;
	assert_true(otk_unwrap(*state, &key, NONCE, &w, &back));
}

static void null_wrapping_is_the_key_behind_eight_zeros(void **state)
{
	struct otk_key key = key_of("sunward-itr-key");
	struct otk_wrapped w;
	struct otk back;

	otk_wrap_null(&golden, &w);
	assert_int_equal(w.wrap_id, 1);
	assert_memory_equal(w.bytes, "\0\0\0\0\0\0\0\0", 8);
	assert_memory_equal(w.bytes + 8, golden.bytes, 16);
	assert_true(otk_unwrap_null(&w, &back));
	assert_memory_equal(&back, &golden, sizeof(back));
	assert_false(otk_unwrap(*state, &key, NONCE, &w, &back));
	w.bytes[7] = 1;
	assert_false(otk_unwrap_null(&w, &back));
	w.bytes[7] = 0;
	w.wrap_id = 2;
	assert_false(otk_unwrap_null(&w, &back));
}

static void derives_as_the_published_vectors(void **state)
{
	static const uint8_t by_sha256[] = {0x4e, 0x24, 0x18, 0x5f, 0x0c, 0xf7, 0xd7, 0x41, 0x3c,
		0xcb, 0xe2, 0xba, 0x72, 0xd3, 0x8d, 0xfc};
	static const uint8_t by_sha1[] = {0xa3, 0xcb, 0x62, 0x37, 0x63, 0x27, 0x48, 0x33, 0x00,
		0xcf, 0x13, 0x04, 0xd4, 0x33, 0x06, 0x01};
	struct otk ms;

	assert_true(otk_derive(*state, 2, &golden, &ms));
	assert_memory_equal(ms.bytes, by_sha256, sizeof(by_sha256));
	assert_true(otk_derive(*state, 1, &golden, &ms));
	assert_memory_equal(ms.bytes, by_sha1, sizeof(by_sha1));
	assert_false(otk_derive(*state, 0, &golden, &ms));
	assert_false(otk_derive(*state, 3, &golden, &ms));
}

/* RFC 9437 section 7.1. */
static void the_key_of_a_subscription_comes_from_otk_and_nonce(void **state)
{
	static const uint8_t want[] = {0x98, 0xcb, 0x6e, 0x29, 0x3e, 0xa4, 0xdb, 0x45, 0xc4, 0x3a,
		0xc8, 0xf3, 0x3f, 0xd4, 0x2e, 0x30, 0xbb, 0x28, 0x45, 0xac, 0xfc, 0xb7, 0x9d, 0x2b,
		0xeb, 0x99, 0x4a, 0x7b, 0x99, 0x4c, 0x6b, 0x77};
	uint8_t key[OTK_PUBSUB_BYTES];

	assert_int_equal(otk_pubsub_key(*state, 2, &golden, NONCE, key), 32);
	assert_memory_equal(key, want, sizeof(want));
	assert_int_equal(otk_pubsub_key(*state, 1, &golden, NONCE, key), 16);
	assert_memory_equal(key, golden.bytes, 16);
	assert_int_equal(otk_pubsub_key(*state, 0, &golden, NONCE, key), 0);
}

/* openssl kdf -keylen 16 -kdfopt digest:SHA256 -kdfopt salt:"a label" -kdfopt key:sunward-test-key
 * -kdfopt info:"the context" HKDF; Python's hmac says the same. */
static void a_key_is_made_of_secret_label_and_context(void **state)
{
	static const uint8_t want[] = {0xa0, 0x07, 0x94, 0x1f, 0x45, 0x21, 0x69, 0x6e, 0x55, 0xc6,
		0x98, 0x1d, 0x71, 0x0f, 0x13, 0x02};
	const uint8_t *secret = (const uint8_t *)"sunward-test-key";
	const uint8_t *context = (const uint8_t *)"the context";
	struct otk key;

	assert_true(otk_make(*state, secret, 16, "a label", context, 11, &key));
	assert_memory_equal(key.bytes, want, sizeof(want));
	assert_true(otk_make(*state, secret, 16, "a label", context, 10, &key));
	assert_memory_not_equal(key.bytes, want, sizeof(want));
}

/* From Python's hmac, over "abcd", sixteen zeros, "efgh". */
static void an_hmac_takes_its_own_field_as_zero(void **state)
{
	static const uint8_t by_sha256[] = {0x39, 0x5d, 0x5c, 0x6b, 0x04, 0xcd, 0x97, 0xd1, 0x3b,
		0x74, 0x64, 0x00, 0x16, 0x79, 0xe1, 0x8d};
	static const uint8_t by_sha1[] = {
		0x94, 0x7b, 0xbd, 0xca, 0x47, 0x18, 0xba, 0x6b, 0x1a, 0x72, 0xe0, 0x47};
	uint8_t msg[24], out[OTK_HMAC_MAX];

	memset(msg, 0xff, sizeof(msg));
	memcpy(msg, "abcd", 4);
	memcpy(msg + 20, "efgh", 4);
	assert_true(otk_hmac(*state, 2, &golden, msg, 24, 4, out));
	assert_memory_equal(out, by_sha256, sizeof(by_sha256));
	assert_true(otk_hmac(*state, 1, &golden, msg, 24, 4, out));
	assert_memory_not_equal(out, by_sha1, 12); /* 4 of the ff stand outside a field of 12 */
	memset(msg + 16, 0, 4);
	assert_true(otk_hmac(*state, 1, &golden, msg, 24, 4, out));
	assert_memory_equal(out, by_sha1, sizeof(by_sha1));
	assert_false(otk_hmac(*state, 0, &golden, msg, 24, 4, out));
	assert_false(otk_hmac(*state, 3, &golden, msg, 24, 4, out));
	assert_false(otk_hmac(*state, 2, &golden, msg, 24, 9, out));
	assert_false(otk_hmac(*state, 2, &golden, msg, 24, 25, out));
}

static void what_is_unknown_or_not_preferred_becomes_sha256(void **state)
{
	assert_int_equal(otk_hmac_for(0), 2);
	assert_int_equal(otk_hmac_for(1), 1);
	assert_int_equal(otk_hmac_for(2), 2);
	assert_int_equal(otk_hmac_for(65535), 2);
	assert_int_equal(otk_kdf_for(0), 2);
	assert_int_equal(otk_kdf_for(1), 1);
	assert_int_equal(otk_kdf_for(2), 2);
	assert_int_equal(otk_kdf_for(3), 2);
}

static void two_keys_live_at_a_time_and_are_told_apart(void **state)
{
	struct otk_keys a = {0}, b = {0};
	uint8_t long_psk[OTK_PSK_MAX + 1] = {1};

	assert_int_equal(otk_keys_add(&a, 7, "", 0), -EINVAL);
	assert_int_equal(otk_keys_add(&a, 7, long_psk, sizeof(long_psk)), -EINVAL);
	assert_int_equal(otk_keys_add(&a, 7, "old", 3), 0);
	assert_int_equal(otk_keys_add(&a, 7, "new", 3), -EEXIST);
	assert_int_equal(otk_keys_add(&a, 0, "new", 3), 0);
	assert_int_equal(otk_keys_add(&a, 9, "third", 5), -ENOSPC);
	assert_ptr_equal(otk_keys_find(&a, 0), &a.list[1]);
	assert_null(otk_keys_find(&a, 9));
	assert_int_equal(otk_keys_add(&b, 1, "newer", 5), 0);
	assert_false(otk_keys_share(&a, &b));
	assert_int_equal(otk_keys_add(&b, 2, "new", 3), 0);
	assert_true(otk_keys_share(&a, &b));
	otk_keys_wipe(&a);
	assert_int_equal(a.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wraps_and_unwraps_as_the_published_vectors),
		cmocka_unit_test(another_nonce_key_or_byte_does_not_unwrap),
		cmocka_unit_test(null_wrapping_is_the_key_behind_eight_zeros),
		cmocka_unit_test(derives_as_the_published_vectors),
		cmocka_unit_test(the_key_of_a_subscription_comes_from_otk_and_nonce),
		cmocka_unit_test(a_key_is_made_of_secret_label_and_context),
		cmocka_unit_test(an_hmac_takes_its_own_field_as_zero),
		cmocka_unit_test(what_is_unknown_or_not_preferred_becomes_sha256),
		cmocka_unit_test(two_keys_live_at_a_time_and_are_told_apart),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
