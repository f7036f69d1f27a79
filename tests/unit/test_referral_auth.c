/* Signatures of Map-Referral records: RFC 8111 section 6.4.1, against bytes that the openssl
 * command made (docs/decisions/ddt.md). */
#include "tests/unit/lisp_test.h"

#include "lisp/referral_auth.h"
#include "tests/unit/ddt_vector.h"

#define NOW 1750000000u

static const uint8_t head[12] = {0x60, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1};

static struct referral_key *parent_private(void)
{
	const char *why = "";
	struct referral_key *k = referral_key_private_pem(
		vector_parent_private, sizeof(vector_parent_private) - 1, &why);

	if (!k)
		fail_msg("%s", why);
	return k;
}

static struct referral_key *public_of(const char *pem)
{
	const char *why = "";
	struct referral_key *k = referral_key_public_pem(pem, strlen(pem), &why);

	if (!k)
		fail_msg("%s", why);
	return k;
}

/* The vector as a message, with byte @at of the record changed to @value (at its end: not). */
static struct referral_record record_of(uint8_t *pkt, size_t at, uint8_t value)
{
	static struct map_referral m;
	struct wire_fault fault;
	struct referral_record rec;
	char text[256];

	memcpy(pkt, head, sizeof(head));
	memcpy(pkt + sizeof(head), vector_record, sizeof(vector_record));
	memcpy(pkt + sizeof(head) + VECTOR_SIGNATURE_AT, vector_signature,
		sizeof(vector_signature));
	if (at < sizeof(vector_record))
		pkt[sizeof(head) + at] = value;
	if (map_referral_parse(pkt, sizeof(head) + sizeof(vector_record), &m, &fault))
		fail_msg("%s", wire_fault_text(&fault, text, sizeof(text)));
	assert_true(map_referral_next(&m, &rec));
	return rec;
}

static enum referral_verdict verdict_of(size_t at, uint8_t value, const char *pem, uint64_t now_s)
{
	uint8_t pkt[sizeof(head) + sizeof(vector_record)];
	struct referral_record rec = record_of(pkt, at, value), it = rec;
	struct referral_key *k = public_of(pem);
	struct referral_signature sig;
	enum referral_verdict v;

	assert_true(referral_signature_next(&it, &sig));
	v = referral_verify(&rec, &sig, k, now_s);
	referral_key_free(k);
	return v;
}

#define UNCHANGED sizeof(vector_record)

static void a_signature_by_openssl_is_good(void **state)
{
	assert_int_equal(verdict_of(UNCHANGED, 0, vector_parent_public, NOW), REFERRAL_GOOD);
}

static void each_byte_of_the_record_is_covered_but_its_ttl(void **state)
{
	for (size_t at = 4; at < VECTOR_SIGNATURE_AT; at++) {
		uint8_t pkt[sizeof(head) + sizeof(vector_record)];
		struct map_referral m;
		struct wire_fault fault;

		/* Changes after which it is no record any more are the parser's to refuse. */
		memcpy(pkt, head, sizeof(head));
		memcpy(pkt + sizeof(head), vector_record, sizeof(vector_record));
		pkt[sizeof(head) + at] ^= 1;
		if (map_referral_parse(pkt, sizeof(pkt), &m, &fault))
			continue;
		if (verdict_of(at, vector_record[at] ^ 1, vector_parent_public, NOW) ==
			REFERRAL_GOOD)
			fail_msg("byte %zu can be changed", at);
	}
	/* Section 6.4.1: the Record TTL counts as the Original Record TTL. */
	assert_int_equal(verdict_of(2, 0x01, vector_parent_public, NOW), REFERRAL_GOOD);
}

static void a_changed_signature_is_bad(void **state)
{
	assert_int_equal(verdict_of(VECTOR_SIGNATURE_AT, (uint8_t)(vector_signature[0] ^ 0x80),
				 vector_parent_public, NOW),
		REFERRAL_BAD);
	assert_int_equal(verdict_of(sizeof(vector_record) - 1, (uint8_t)(vector_signature[255] ^ 1),
				 vector_parent_public, NOW),
		REFERRAL_BAD);
}

static void inception_and_expiration_are_enforced(void **state)
{
	assert_int_equal(verdict_of(UNCHANGED, 0, vector_parent_public, VECTOR_INCEPTION - 1),
		REFERRAL_NOT_YET);
	assert_int_equal(
		verdict_of(UNCHANGED, 0, vector_parent_public, VECTOR_INCEPTION), REFERRAL_GOOD);
	assert_int_equal(
		verdict_of(UNCHANGED, 0, vector_parent_public, VECTOR_EXPIRATION), REFERRAL_GOOD);
	assert_int_equal(verdict_of(UNCHANGED, 0, vector_parent_public, VECTOR_EXPIRATION + 1ull),
		REFERRAL_EXPIRED);
}

static void another_key_and_another_algorithm_are_told_apart(void **state)
{
	assert_int_equal(verdict_of(UNCHANGED, 0, vector_child_public, NOW), REFERRAL_OTHER_KEY);
	/* Sig-Algorithm stands 4 bytes before the signature; 1 is RSA-SHA1, deprecated. */
	assert_int_equal(verdict_of(VECTOR_SIGNATURE_AT - 4, 1, vector_parent_public, NOW),
		REFERRAL_ALGORITHM);
}

static void signing_gives_the_bytes_of_openssl(void **state)
{
	struct referral_key *parent = parent_private(), *child = public_of(vector_child_public);
	const struct referral_key *parents[] = {parent}, *children[] = {child};
	struct lisp_rloc rloc = {.priority = 1, .weight = 100, .reachable = true};
	struct address a = test_address("192.0.2.201");
	struct eid eid = test_eid("[25]2001:db8:500::/40");
	uint8_t out[sizeof(vector_record)];
	struct wire_writer w;

	wire_writer_init(&w, out, sizeof(out));
	map_referral_record_write(&w, &eid, 1440, 1, 1, REFERRAL_NODE, false, 0);
	referral_rloc_write(&w, &rloc, &a, children, 1);
	assert_int_equal(referral_sign(&w, 0, parents, 1, VECTOR_INCEPTION, VECTOR_EXPIRATION), 0);
	assert_int_equal(w.pos, sizeof(out));
	assert_memory_equal(out, vector_record, VECTOR_SIGNATURE_AT);
	assert_memory_equal(out + VECTOR_SIGNATURE_AT, vector_signature, 256);
	for (size_t cap = 0; cap < sizeof(out); cap++) {
		wire_writer_init(&w, out, cap);
		map_referral_record_write(&w, &eid, 1440, 1, 1, REFERRAL_NODE, false, 0);
		referral_rloc_write(&w, &rloc, &a, children, 1);
		assert_int_equal(referral_sign(&w, 0, parents, 1, 1, 2), -LISP_ENOROOM);
	}
	referral_key_free(parent);
	referral_key_free(child);
}

static void two_signatures_of_one_record_are_both_good(void **state)
{
	struct referral_key *parent = parent_private();
	const struct referral_key *keys[] = {parent, parent};
	struct eid eid = test_eid("10.0.0.0/8");
	struct referral_record rec, it;
	struct referral_signature sig;
	struct wire_fault fault;
	struct map_referral m;
	struct wire_writer w;
	uint8_t out[1024];

	wire_writer_init(&w, out, sizeof(out));
	map_referral_begin(&w, 1);
	map_referral_record_write(&w, &eid, 15, 0, 2, REFERRAL_HOLE, false, 0);
	assert_int_equal(referral_sign(&w, 12, keys, 2, 1000, 2000), 0);
	map_referral_finish(&w, 1);
	assert_int_equal(map_referral_parse(out, w.pos, &m, &fault), 0);
	assert_true(map_referral_next(&m, &rec));
	it = rec;
	for (int i = 0; i < 2; i++) {
		assert_true(referral_signature_next(&it, &sig));
		assert_int_equal(referral_verify(&rec, &sig, parent, 1500), REFERRAL_GOOD);
	}
	referral_key_free(parent);
}

static void keys_have_the_material_and_the_tag_of_openssl(void **state)
{
	struct referral_key *child = public_of(vector_child_public), *back;
	struct referral_key *parent = public_of(vector_parent_public);
	const uint8_t *material;
	size_t len;

	material = referral_key_material(child, &len);
	assert_int_equal(len, sizeof(vector_child_material));
	assert_memory_equal(material, vector_child_material, len);
	assert_int_equal(referral_key_tag(child), 0x146b);
	assert_int_equal(referral_key_tag(parent), 0x872d);
	back = referral_key_public(vector_child_material, sizeof(vector_child_material));
	assert_non_null(back);
	assert_int_equal(referral_key_tag(back), 0x146b);
	referral_key_free(back);
	referral_key_free(child);
	referral_key_free(parent);
}

static void what_is_no_rsa_key_of_a_right_size_is_refused(void **state)
{
	/* openssl genpkey -algorithm ED25519 | openssl pkey -pubout */
	static const char ed25519[] =
		"-----BEGIN PUBLIC KEY-----\n"
		"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
		"-----END PUBLIC KEY-----\n";
	uint8_t longer[sizeof(vector_child_material) + 1] = {0};
	const char *why;

	assert_null(referral_key_public_pem(ed25519, sizeof(ed25519) - 1, &why));
	assert_string_equal(why, "the key is not an RSA key");
	assert_null(referral_key_public_pem("rubbish", 7, &why));
	assert_string_equal(why, "no key in PEM form was found");
	assert_null(referral_key_private_pem(
		vector_parent_public, sizeof(vector_parent_public) - 1, &why));
	memcpy(longer, vector_child_material, sizeof(vector_child_material));
	assert_null(referral_key_public(longer, sizeof(longer)));
	for (size_t len = 0; len < sizeof(vector_child_material); len++)
		assert_null(referral_key_public(vector_child_material, len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signature_by_openssl_is_good),
		cmocka_unit_test(each_byte_of_the_record_is_covered_but_its_ttl),
		cmocka_unit_test(a_changed_signature_is_bad),
		cmocka_unit_test(inception_and_expiration_are_enforced),
		cmocka_unit_test(another_key_and_another_algorithm_are_told_apart),
		cmocka_unit_test(signing_gives_the_bytes_of_openssl),
		cmocka_unit_test(two_signatures_of_one_record_are_both_good),
		cmocka_unit_test(keys_have_the_material_and_the_tag_of_openssl),
		cmocka_unit_test(what_is_no_rsa_key_of_a_right_size_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
