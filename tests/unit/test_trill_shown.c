/* What `sunward -j trill ...` prints against docs/openapi/rbridge.json: all members of each answer
 * that the document says, with what the daemon said. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <json-c/json_pointer.h>

#include "tests/unit/cli_ask.h"

static int setup(void **state)
{
	const char *source = getenv("top_srcdir");
	char path[512];

	snprintf(path, sizeof(path), "%s/docs/openapi/rbridge.json", source ? source : ".");
	*state = json_object_from_file(path);
	return *state ? 0 : -1;
}

static int teardown(void **state)
{
	json_object_put(*state);
	return 0;
}

/* What the document says, and whether what it does not require is wanted, too. */
struct promise {
	struct json_object *document;
	bool optional;
};

static struct json_object *sample(const struct promise *p, struct json_object *schema);

static bool is_required(struct json_object *schema, const char *name)
{
	struct json_object *list = json_object_object_get(schema, "required");

	for (size_t i = 0; list && i < json_object_array_length(list); i++)
		if (!strcmp(json_object_get_string(json_object_array_get_idx(list, i)), name))
			return true;
	return false;
}

static struct json_object *sample_object(const struct promise *p, struct json_object *schema)
{
	struct json_object *o = json_object_new_object();

	json_object_object_foreach(json_object_object_get(schema, "properties"), key, property)
	{
		if (p->optional || is_required(schema, key))
			json_object_object_add(o, key, sample(p, property));
	}
	return o;
}

/* A value that keeps to @schema: one item of each list, and never null. */
static struct json_object *sample(const struct promise *p, struct json_object *schema)
{
	struct json_object *ref, *list, *type = json_object_object_get(schema, "type");
	const char *name;

	if (json_object_object_get_ex(schema, "$ref", &ref)) {
		assert_int_equal(
			json_pointer_get(p->document, json_object_get_string(ref) + 1, &schema), 0);
		return sample(p, schema);
	}
	if (json_object_is_type(type, json_type_array))
		type = json_object_array_get_idx(type, 0);
	name = json_object_get_string(type);
	assert_non_null(name);
	if (!strcmp(name, "object"))
		return sample_object(p, schema);
	if (!strcmp(name, "array")) {
		list = json_object_new_array();
		json_object_array_add(list, sample(p, json_object_object_get(schema, "items")));
		return list;
	}
	if (!strcmp(name, "boolean"))
		return json_object_new_boolean(true);
	return strcmp(name, "integer") ? json_object_new_string("1-9") : json_object_new_int(7);
}

static bool has_all(struct json_object *shown, struct json_object *said, const char *where);

static bool has_items(struct json_object *shown, struct json_object *said, const char *where)
{
	size_t n = json_object_array_length(said);

	if (!json_object_is_type(shown, json_type_array) || json_object_array_length(shown) != n)
		return false;
	for (size_t i = 0; i < n; i++)
		if (!has_all(json_object_array_get_idx(shown, i),
			    json_object_array_get_idx(said, i), where))
			return false;
	return true;
}

/* False: the first member that is missing, or another, is printed. */
static bool has_all(struct json_object *shown, struct json_object *said, const char *where)
{
	struct json_object *member;

	if (json_object_is_type(said, json_type_array))
		return has_items(shown, said, where);
	if (!json_object_is_type(said, json_type_object))
		return json_object_equal(shown, said);
	if (!json_object_is_type(shown, json_type_object))
		return false;
	json_object_object_foreach(said, key, value)
	{
		if (json_object_object_get_ex(shown, key, &member) && has_all(member, value, where))
			continue;
		print_message("%s: \"%s\" is not shown as it was said\n", where, key);
		return false;
	}
	return true;
}

static void json_shows_all_that_the_document_promises(void **state)
{
	static const struct {
		const char *line, *schema;
		bool optional;
	} cases[] = {
		{"-j trill status", "Status", false},
		{"-j trill adj", "Adjacencies", false},
		{"-j trill lsdb", "Lsdb", false},
		{"-j trill nickname", "Nicknames", false},
		{"-j trill tree", "Trees", false},
		{"-j trill vlan", "Vlans", false},
		{"-j trill mac", "Macs", false},
		{"-j trill esadi", "Esadi", false},
		{"-j trill check", "Checks", false},
		{"-j trill campus", "Campus", false},
		{"-j trill ping 0x0b03", "Probe", false},
		{"-j trill trace 0x0b03", "Probe", false},
		{"-j trill station add 10 52:54:00:00:00:01", "Station", true},
		{"-j trill station leave 10 52:54:00:00:00:01", "Left", false},
	};
	struct json_object *schema, *said, *shown;
	struct fake_http h;
	struct cli_run r;
	char pointer[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct promise p = {*state, cases[i].optional};
		struct fake_answer a = {200, NULL, NULL};

		snprintf(pointer, sizeof(pointer), "/components/schemas/%s", cases[i].schema);
		assert_int_equal(json_pointer_get(p.document, pointer, &schema), 0);
		said = sample(&p, schema);
		a.body = json_object_to_json_string_ext(said, JSON_C_TO_STRING_PLAIN);
		cli_run_start(&r);
		cli_ask(&r, &h, cases[i].line, &a, 1);
		assert_int_equal(r.code, CLI_OK);
		shown = json_tokener_parse(r.out);
		assert_non_null(shown);
		if (!has_all(shown, said, cases[i].line))
			fail_msg("%s: %s lacks some of %s", cases[i].line, r.out, a.body);
		json_object_put(shown);
		json_object_put(said);
		fake_http_free(&h);
		cli_run_end(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_shows_all_that_the_document_promises),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
