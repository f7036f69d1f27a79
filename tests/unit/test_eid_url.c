/* EIDs in URLs: the forms of docs/api.md, and what is refused with which words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/net/eid_url.h"
#include "tests/unit/world_parse.h"

static const struct {
	const char *eid, *url, *segment; /* segment: the url percent-decoded, without query */
} pairs[] = {
	{"192.0.2.1", "ipv4:192.0.2.1%2f32", "ipv4:192.0.2.1/32"},
	{"[10]10.0.0.0/8", "ipv4:10.0.0.0%2f8?iid=10", "ipv4:10.0.0.0/8"},
	{"2001:db8::/48", "ipv6:2001:db8::%2f48", "ipv6:2001:db8::/48"},
	{"[4294967295]52:54:00:00:00:01", "mac:52:54:00:00:00:01%2f48?iid=4294967295",
		"mac:52:54:00:00:00:01/48"},
	{"\"web/1 %\"", "name:web%2f1%20%25%2f64", "name:web/1 %/64"},
};

static void each_family_has_its_form(void **state)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct eid e = world_eid(pairs[i].eid), back;
		char text[EID_URL_TEXT];
		const char *why;

		assert_string_equal(eid_url_format(&e, text, sizeof(text)), pairs[i].url);
		if (!eid_url_parse(&back, pairs[i].segment, e.iid, &why))
			fail_msg("%s: %s", pairs[i].segment, why);
		assert_true(eid_equal(&e, &back));
	}
}

static void the_length_may_be_left_out_for_a_host(void **state)
{
	struct eid e, want = world_eid("192.0.2.1");
	const char *why;

	assert_true(eid_url_parse(&e, "ipv4:192.0.2.1", 0, &why));
	assert_true(eid_equal(&e, &want));
}

static void host_bits_are_cleared(void **state)
{
	struct eid e, want = world_eid("10.0.0.0/8");
	const char *why;

	assert_true(eid_url_parse(&e, "ipv4:10.1.2.3/8", 0, &why));
	assert_true(eid_equal(&e, &want));
}

static void mistakes_are_refused_with_their_reason(void **state)
{
	static const char *const cases[][2] = {
		{"192.0.2.1", "an EID begins with ipv4:, ipv6:, mac:, name: or sg:"},
		{"ipv4:2001:db8::1", "the address is not of the kind that the prefix names"},
		{"ipv6:192.0.2.1", "the address is not of the kind that the prefix names"},
		{"ipv4:192.0.2.1/33", "the length is above the address's bits"},
		{"ipv4:192.0.2.1/",
			"the length after / is not a number from 0 to the address's bits"},
		{"ipv4:192.0.2.1/-1",
			"the length after / is not a number from 0 to the address's bits"},
		{"name:", "the address is not of the kind that the prefix names"},
		{"name:web/8",
			"a name has no prefixes: its length is 8 for each byte, its NUL included"},
		{"name:0123456789012345678901234567890",
			"the address is not of the kind that the prefix names"},
	};
	char flood[300] = "ipv4:";
	const char *why;
	struct eid e;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_false(eid_url_parse(&e, cases[i][0], 0, &why));
		assert_string_equal(why, cases[i][1]);
	}
	memset(flood + 5, '1', sizeof(flood) - 6);
	assert_false(eid_url_parse(&e, flood, 0, &why));
	assert_string_equal(why, "the address is too long");
}

static void encoding_needs_its_room(void **state)
{
	char text[8];

	assert_true(url_encode("a/b-~", text, sizeof(text)));
	assert_string_equal(text, "a%2fb-~");
	assert_false(url_encode("a/b-~c", text, sizeof(text)));
	assert_true(url_encode("\xc3\xa9", text, sizeof(text)));
	assert_string_equal(text, "%c3%a9");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_family_has_its_form),
		cmocka_unit_test(the_length_may_be_left_out_for_a_host),
		cmocka_unit_test(host_bits_are_cleared),
		cmocka_unit_test(mistakes_are_refused_with_their_reason),
		cmocka_unit_test(encoding_needs_its_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
