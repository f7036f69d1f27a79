/* A guest's ticket, given and proved, against values of openssl (kdf, enc -id-aes128-wrap) and of
 * Python's hmac. */
#include "tests/unit/lisp_test.h"

#include "lisp/handover_ticket.h"

static const struct otk ticket = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}};
static const struct handover_id agent = {{0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38,
	0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x3e, 0x3f}};
static const struct handover_id guest = {{0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28,
	0x29, 0x2a, 0x2b, 0x2c, 0x2d, 0x2e, 0x2f}};
static const struct otk_key key = {.id = 1, .len = 16, .psk = "sunward-test-key"};

static void a_ticket_is_given_under_the_agents_key_and_the_messages_counter(void **state)
{
	static const uint8_t want[] = {0x38, 0xd9, 0xab, 0x3d, 0xc5, 0x5e, 0xa6, 0xba, 0xaa, 0xe4,
		0x00, 0xf9, 0x57, 0x73, 0x75, 0x7d, 0xf5, 0x40, 0x77, 0xbb, 0xa3, 0x35, 0x27, 0xea};
	struct handover h = {.kind = HANDOVER_STATE, .counter = 0x0102030405060708};
	struct otk_tools *t = otk_tools_new();
	struct otk_key other = key;
	struct otk back;

	assert_false(handover_ticket_given(&h));
	assert_true(handover_ticket_give(t, &key, &ticket, &h));
	assert_memory_equal(h.wrapped, want, sizeof(want));
	assert_true(handover_ticket_given(&h));
	assert_true(handover_ticket_take(t, &key, &h, &back));
	assert_memory_equal(back.bytes, ticket.bytes, sizeof(back.bytes));
	h.counter++; /* of another message */
	assert_false(handover_ticket_take(t, &key, &h, &back));
	h.counter--;
	other.psk[0] ^= 1;
	assert_false(handover_ticket_take(t, &other, &h, &back));
	h.wrapped[23] ^= 1;
	assert_false(handover_ticket_take(t, &key, &h, &back));
	otk_tools_free(t);
}

static void a_proof_is_of_one_ticket_one_agent_and_one_guest(void **state)
{
	static const uint8_t want[] = {0x2d, 0x29, 0x94, 0x32, 0xd1, 0xde, 0xf8, 0x5c, 0x7a, 0x1e,
		0xea, 0x24, 0x21, 0x83, 0xa2, 0xb0};
	struct otk other = ticket;
	struct handover h = {0};

	assert_false(handover_ticket_shown(&h));
	assert_true(handover_ticket_prove(&ticket, &agent, &guest, h.proof));
	assert_memory_equal(h.proof, want, sizeof(want));
	assert_true(handover_ticket_shown(&h));
	assert_true(handover_ticket_proves(&ticket, &agent, &guest, h.proof));
	assert_false(handover_ticket_proves(&ticket, &guest, &guest, h.proof));
	assert_false(handover_ticket_proves(&ticket, &agent, &agent, h.proof));
	other.bytes[15] ^= 1;
	assert_false(handover_ticket_proves(&other, &agent, &guest, h.proof));
	h.proof[15] ^= 1;
	assert_false(handover_ticket_proves(&ticket, &agent, &guest, h.proof));
}

static void an_operators_secret_stands_for_one_ticket(void **state)
{
	static const uint8_t want[] = {0xd2, 0x50, 0x71, 0xc5, 0x8f, 0x6a, 0x9e, 0x2d, 0x42, 0x68,
		0xcd, 0x91, 0x48, 0x6d, 0xc4, 0x79};
	static const char secret[] = "a secret of two hosts";
	struct otk_tools *t = otk_tools_new();
	struct otk out;

	assert_true(
		handover_ticket_of_secret(t, (const uint8_t *)secret, sizeof(secret) - 1, &out));
	assert_memory_equal(out.bytes, want, sizeof(want));
	otk_tools_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_is_given_under_the_agents_key_and_the_messages_counter),
		cmocka_unit_test(a_proof_is_of_one_ticket_one_agent_and_one_guest),
		cmocka_unit_test(an_operators_secret_stands_for_one_ticket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
