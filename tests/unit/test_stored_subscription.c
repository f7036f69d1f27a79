/* The stored form of subscriptions: bytes spelled out, since files of one release are read by the
 * next. */
#include "tests/unit/lisp_test.h"

#include "lisp/stored_subscription.h"

static struct address address(const char *text)
{
	struct address a;

	assert_true(address_parse(&a, text));
	return a;
}

static void keys_are_told_apart_by_their_length(void **state)
{
	static const uint8_t subscriber[] = {0, 0, 1, 2};
	static const uint8_t otk[] = {0, 0, 1, 2, 0x0f, 0xff};
	static const uint8_t subscription[] = {
		0, 0, 1, 2, 0x81, 0, 0, 0, 7, 10, 1, 0, 5, 32}; /* a host, of instance 7 */
	struct stored_subscription_key k = {.owner = 258, .place = 4095}, back;
	const char *why;
	uint8_t buf[64];

	assert_true(eid_parse(&k.eid, "[7]10.1.0.5/32", &why));
	k.kind = STORED_SUBSCRIBER;
	assert_int_equal(stored_subscription_key(buf, sizeof(buf), &k), sizeof(subscriber));
	assert_memory_equal(buf, subscriber, sizeof(subscriber));
	assert_true(stored_subscription_key_read(subscriber, sizeof(subscriber), &back));
	assert_int_equal(back.kind, STORED_SUBSCRIBER);
	k.kind = STORED_USED_OTK;
	assert_int_equal(stored_subscription_key(buf, sizeof(buf), &k), sizeof(otk));
	assert_memory_equal(buf, otk, sizeof(otk));
	assert_true(stored_subscription_key_read(otk, sizeof(otk), &back));
	assert_int_equal(back.place, 4095);
	k.kind = STORED_SUBSCRIPTION;
	assert_int_equal(stored_subscription_key(buf, sizeof(buf), &k), sizeof(subscription));
	assert_memory_equal(buf, subscription, sizeof(subscription));
	assert_true(stored_subscription_key_read(subscription, sizeof(subscription), &back));
	assert_true(eid_equal(&back.eid, &k.eid));
	assert_int_equal(back.owner, 258);
	assert_false(stored_subscription_key_read(subscription, 3, &back));
	assert_false(stored_subscription_key_read(subscription, 13, &back));
	assert_false(stored_subscription_key_read((const uint8_t[4]){0}, 4, &back)); /* nobody's */
}

static void a_subscriber_has_the_form_of_version_1(void **state)
{
	static const uint8_t want[] = {1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 6, 1, 2, 0,
		1, 192, 0, 2, 53, 2, 0, 1, 203, 0, 113, 9, 0, 2, 0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0,
		0, 0, 0, 0, 0, 0, 0, 9};
	struct stored_subscriber s = {.floor = 5,
		.past_floor = 6,
		.key_id = 1,
		.key_alg = 2,
		.local = address("192.0.2.53"),
		.rloc_count = 2,
		.rlocs = {address("203.0.113.9"), address("2001:db8::9")}};
	struct stored_subscriber back;
	uint8_t buf[STORED_SUBSCRIPTION_BYTES];

	assert_int_equal(stored_subscriber_write(buf, sizeof(buf), &s), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_true(stored_subscriber_read(want, sizeof(want), &back));
	assert_true(address_equal(&back.rlocs[1], &s.rlocs[1]));
	assert_true(address_equal(&back.local, &s.local));
	for (size_t len = 0; len < sizeof(want); len++)
		assert_false(stored_subscriber_read(want, len, &back));
	memcpy(buf, want, sizeof(want));
	buf[25] = 5; /* ITR-RLOCs: more than there can be */
	assert_false(stored_subscriber_read(buf, sizeof(want), &back));
	memcpy(buf, want, sizeof(want));
	buf[27] = 6; /* a MAC address is none */
	assert_false(stored_subscriber_read(buf, sizeof(want), &back));
}

static void a_subscription_has_the_form_of_version_1(void **state)
{
	static const uint8_t want[] = {1, 6, 0, 0, 0, 0, 0, 1, 0, 0x64, 0, 0, 0, 0, 0, 0, 0, 0x64,
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
	struct stored_subscription s = {
		.flags = STORED_SUBSCRIPTION_ENDED | STORED_SUBSCRIPTION_TEMPORARY,
		.nonce = 65636,
		.seen = 100,
		.key = {.len = 16,
			.bytes = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}};
	struct stored_subscription back;
	uint8_t buf[STORED_SUBSCRIPTION_BYTES];

	assert_int_equal(stored_subscription_write(buf, sizeof(buf), &s), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_true(stored_subscription_read(want, sizeof(want), &back));
	assert_int_equal(back.key.len, 16);
	assert_true(stored_subscription_read(want, 18, &back)); /* the site's key */
	assert_int_equal(back.key.len, 0);
	assert_false(stored_subscription_read(want, sizeof(want) - 1, &back));
	assert_false(stored_subscription_read(want, 17, &back));
	memcpy(buf, want, sizeof(want));
	buf[1] = 8; /* a flag that nobody knows */
	assert_false(stored_subscription_read(buf, sizeof(want), &back));
	buf[0] = 2; /* of another version */
	assert_false(stored_subscription_read(buf, sizeof(want), &back));
}

static void a_used_one_time_key_has_the_form_of_version_1(void **state)
{
	static const uint8_t want[] = {1, 1, 2, 3, 4, 5, 6, 7, 8, 0, 0, 0, 0, 0, 0, 0, 9};
	const struct stored_used_otk s = {0x0102030405060708, 9};
	struct stored_used_otk back;
	uint8_t buf[32];

	assert_int_equal(stored_used_otk_write(buf, sizeof(buf), &s), sizeof(want));
	assert_memory_equal(buf, want, sizeof(want));
	assert_true(stored_used_otk_read(want, sizeof(want), &back));
	assert_true(back.hash == s.hash && back.nonce == 9);
	assert_false(stored_used_otk_read(want, sizeof(want) - 1, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_told_apart_by_their_length),
		cmocka_unit_test(a_subscriber_has_the_form_of_version_1),
		cmocka_unit_test(a_subscription_has_the_form_of_version_1),
		cmocka_unit_test(a_used_one_time_key_has_the_form_of_version_1),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
