/* Code points by name (RFC 9301 sections 5.1 and 5.4), and the type of a message. */
#include "tests/unit/lisp_test.h"

static void types_have_the_names_of_the_rfc(void **state)
{
	static const char *const names[16] = {NULL, "Map-Request", "Map-Reply", "Map-Register",
		"Map-Notify", "Map-Notify-Ack", "Map-Referral", "Info",
		"Encapsulated Control Message", [15] = "Shared Extension"};

	for (int type = 0; type < 16; type++) {
		if (names[type])
			assert_string_equal(lisp_type_name(type), names[type]);
		else
			assert_null(lisp_type_name(type));
	}
	assert_null(lisp_type_name(-1));
}

static void actions_have_the_names_of_the_rfc(void **state)
{
	static const char *const names[8] = {"No-Action", "Natively-Forward", "Send-Map-Request",
		"Drop/No-Reason", "Drop/Policy-Denied", "Drop/Auth-Failure", "unassigned",
		"unassigned"};

	for (int act = 0; act < 8; act++)
		assert_string_equal(lisp_act_name((enum lisp_act)act), names[act]);
}

static void actions_have_one_word_each_for_interfaces(void **state)
{
	static const char *const words[] = {"no-action", "natively-forward", "send-map-request",
		"drop", "drop-policy", "drop-auth"};

	for (int act = 0; act < 6; act++)
		assert_string_equal(lisp_act_words[act], words[act]);
	assert_null(lisp_act_words[6]);
}

static void the_type_is_the_first_nibble(void **state)
{
	assert_int_equal(lisp_type_of("\x3f", 1), LISP_MAP_REGISTER);
	assert_int_equal(lisp_type_of("\xf0", 1), LISP_EXTENSION);
	assert_int_equal(lisp_type_of("", 0), -LISP_ETRUNC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_have_the_names_of_the_rfc),
		cmocka_unit_test(actions_have_the_names_of_the_rfc),
		cmocka_unit_test(actions_have_one_word_each_for_interfaces),
		cmocka_unit_test(the_type_is_the_first_nibble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
