/* fuzz_stored: a stored record of any kind: the first byte says which; what is read is written to
 * the same bytes, since there is one form only. */
#include "tests/fuzz/lisp_fuzz.h"

#include "lisp/stored_subscription.h"

static void mapping(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_MAPPING_BYTES];
	struct stored_mapping m;

	if (!stored_mapping_read(data, size, &m))
		return;
	CHECK(stored_mapping_write(out, sizeof(out), &m) == size);
	CHECK(memcmp(out, data, size) == 0);
	CHECK(stored_mapping_left(&m, data[0], 180) <= m.life_s);
}

static void key(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_EID_BYTES];
	struct eid eid;

	if (!stored_eid_read(data, size, &eid))
		return;
	CHECK(stored_eid_key(out, sizeof(out), &eid) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void owner(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_OWNER_BYTES];
	struct stored_owner o;

	if (!stored_owner_read(data, size, &o))
		return;
	CHECK(stored_owner_write(out, sizeof(out), &o) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void set(const uint8_t *data, size_t size)
{
	static uint8_t out[FUZZ_OUT];
	struct stored_set s;

	if (!stored_set_read(data, size, &s) || size > sizeof(out))
		return;
	CHECK(stored_set_write(out, sizeof(out), &s) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void parts(const uint8_t *data, size_t size)
{
	struct stored_part list[STORED_PARTS_MAX];
	uint8_t out[STORED_PARTS_BYTES];
	unsigned int count;

	if (!stored_parts_read(data, size, list, &count))
		return;
	CHECK(stored_parts_write(out, sizeof(out), list, count) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void subscription_key(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_SUBSCRIPTION_KEY];
	struct stored_subscription_key k;

	if (!stored_subscription_key_read(data, size, &k))
		return;
	CHECK(stored_subscription_key(out, sizeof(out), &k) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void subscriber(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_SUBSCRIPTION_BYTES];
	struct stored_subscriber s;

	if (!stored_subscriber_read(data, size, &s))
		return;
	CHECK(stored_subscriber_write(out, sizeof(out), &s) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void subscription(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_SUBSCRIPTION_BYTES];
	struct stored_subscription s;

	if (!stored_subscription_read(data, size, &s))
		return;
	CHECK(stored_subscription_write(out, sizeof(out), &s) == size);
	CHECK(memcmp(out, data, size) == 0);
}

static void used_otk(const uint8_t *data, size_t size)
{
	uint8_t out[STORED_SUBSCRIPTION_BYTES];
	struct stored_used_otk o;

	if (!stored_used_otk_read(data, size, &o))
		return;
	CHECK(stored_used_otk_write(out, sizeof(out), &o) == size);
	CHECK(memcmp(out, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const kinds[])(const uint8_t *data, size_t size) = {mapping, key, owner, set};
	static void (*const others[])(const uint8_t *data, size_t size) = {
		subscription_key, subscriber, subscription, used_otk};

	if (size && data[0] == 4)
		parts(data + 1, size - 1);
	else if (size)
		(data[0] & 0x80 ? others : kinds)[data[0] % 4](data + 1, size - 1);
	return 0;
}
