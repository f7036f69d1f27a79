/* docs/openapi/rbridge.json and docs/api-rbridge.md against the code of sunward-rbridge: each list
 * of words is the same in all three, also where a running daemon never says some of them, and what
 * becomes of a ping keeps to its schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/replay/json_schema.h"
#include "trill/api_internal.h"

#define SCHEMAS  "/components/schemas/"
#define TEXT_MAX (1u << 16)

struct documents {
	struct json_object *openapi;
	char text[TEXT_MAX]; /* of api-rbridge.md */
};

static int setup(void **state)
{
	static struct documents d;
	const char *source = getenv("top_srcdir");
	char path[512];
	FILE *f;

	*state = &d;
	snprintf(path, sizeof(path), "%s/docs/openapi/rbridge.json", source ? source : ".");
	d.openapi = json_object_from_file(path);
	snprintf(path, sizeof(path), "%s/docs/api-rbridge.md", source ? source : ".");
	f = fopen(path, "re");
	if (!d.openapi || !f || !fread(d.text, 1, TEXT_MAX - 1, f)) {
		print_message("%s, or openapi/rbridge.json beside it, cannot be read\n", path);
		return -1;
	}
	return fclose(f);
}

static int teardown(void **state)
{
	struct documents *d = *state;

	json_object_put(d->openapi);
	return 0;
}

static struct json_object *at(const struct documents *d, const char *pointer)
{
	struct json_object *o;

	if (json_pointer_get(d->openapi, pointer, &o))
		fail_msg("openapi/rbridge.json has no %s", pointer);
	return o;
}

static const char *port_kind(unsigned int i)
{
	return i <= TRILL_PORT_HYBRID ? trill_port_kind_name((enum trill_port_kind)i) : NULL;
}

/* The first, that there is none, is null. */
static const char *hindrance(unsigned int i)
{
	return trill_api_hindrance_name(i + 1);
}

static const char *lag_state(unsigned int i)
{
	return i < ACTIVE_ACTIVE_STATES ? active_active_state_name((enum active_active_state)i)
					: NULL;
}

static const char *adjacency_state(unsigned int i)
{
	return i < ADJACENCY_STATES ? adjacency_state_name((enum adjacency_state)i) : NULL;
}

static const struct {
	const char *list;
	const char *(*name)(unsigned int i); /* NULL: there are no more */
} lists[] = {
	{SCHEMAS "Port/properties/kind/enum", port_kind},
	{SCHEMAS "Port/properties/hindrance/enum", hindrance},
	{SCHEMAS "Lag/properties/state/enum", lag_state},
	{SCHEMAS "Adjacency/properties/state/enum", adjacency_state},
	{SCHEMAS "Station/properties/origin/enum", trill_api_origin_name},
};

static bool lists_word(struct json_object *list, const char *word)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *one = json_object_get_string(json_object_array_get_idx(list, i));

		if (one && !strcmp(one, word))
			return true;
	}
	return false;
}

/* Null is not counted. */
static size_t word_count(struct json_object *list)
{
	size_t n = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		n += json_object_array_get_idx(list, i) != NULL;
	return n;
}

static void the_documents_have_the_words_of_the_code_and_no_others(void **state)
{
	const struct documents *d = *state;
	char quoted[64];

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		struct json_object *list = at(d, lists[i].list);
		unsigned int n = 0;

		for (const char *word; (word = lists[i].name(n)) != NULL; n++) {
			if (!lists_word(list, word))
				fail_msg("%s lacks \"%s\", which the code says", lists[i].list,
					word);
			snprintf(quoted, sizeof(quoted), "`%s`", word);
			if (!strstr(d->text, quoted))
				fail_msg("api-rbridge.md lacks %s of %s", quoted, lists[i].list);
		}
		if (n != word_count(list))
			fail_msg("%s has more than the code says: %s", lists[i].list,
				json_object_to_json_string(list));
	}
}

/* OpenAPI has no schema for a stream's events. */
static void the_documents_have_each_event(void **state)
{
	const struct documents *d = *state;
	const char *summary = json_object_get_string(at(d, "/paths/~1v1~1events/get/summary"));
	const char *word;
	char row[64];

	for (unsigned int n = 0; (word = trill_api_event_name(n)) != NULL; n++) {
		snprintf(row, sizeof(row), "\n| `%s` | ", word);
		if (!strstr(d->text, row))
			fail_msg("api-rbridge.md has no row of the event %s", word);
		if (!strstr(summary, word))
			fail_msg("openapi/rbridge.json lacks the event %s: %s", word, summary);
	}
}

/* A message without an answer, and two with: what a client reads is there in each. */
static void each_row_of_a_ping_or_trace_has_all_members(void **state)
{
	static const struct oam_probe_result results[] = {
		{.what = OAM_PROBE_LOST,
			.sequence = 1,
			.hops = 63,
			.nickname = 0x0b03,
			.previous = 0x0b01,
			.next_count = 1},
		{.what = OAM_PROBE_ANSWER,
			.sequence = 1,
			.hops = 63,
			.nickname = 0x0b03,
			.ingress = {.has_id = true}},
		{.what = OAM_PROBE_ANSWER,
			.sequence = 2,
			.hops = 1,
			.nickname = 0x0b02,
			.intermediate = true,
			.cross_connect = true,
			.rtt_us = 200,
			.previous = 0x0b01,
			.next_count = 1,
			.next = {0x0b03},
			.has_ingress = true,
			.has_egress = true,
			.ingress = {.has_id = true, .id = 7},
			.egress = {.has_id = true, .id = 8}},
	};
	static const char *const rows[] = {
		"{\"sequence\":1,\"hops\":63,\"nickname\":null,\"result\":\"lost\",\"rtt_us\":null,"
		"\"cross_connect\":null,\"previous\":null,\"ingress_port_id\":null,"
		"\"egress_port_id\":null,\"next\":[]}",
		"{\"sequence\":1,\"hops\":63,\"nickname\":\"0x0b03\",\"result\":\"reached\","
		"\"rtt_us\":0,\"cross_connect\":false,\"previous\":null,\"ingress_port_id\":null,"
		"\"egress_port_id\":null,\"next\":[]}",
		"{\"sequence\":2,\"hops\":1,\"nickname\":\"0x0b02\",\"result\":\"on the way\","
		"\"rtt_us\":200,\"cross_connect\":true,\"previous\":\"0x0b01\","
		"\"ingress_port_id\":7,\"egress_port_id\":8,\"next\":[\"0x0b03\"]}",
	};
	const struct documents *d = *state;
	struct json_object *schema = at(d, SCHEMAS "ProbeAnswer"), *row;
	char why[512];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		row = trill_api_probe_row(&results[i]);
		assert_string_equal(
			json_object_to_json_string_ext(row, JSON_C_TO_STRING_PLAIN), rows[i]);
		if (!json_schema_fits(d->openapi, schema, row, why, sizeof(why)))
			fail_msg("%s", why);
		assert_int_equal(json_object_object_length(row),
			json_object_array_length(at(d, SCHEMAS "ProbeAnswer/required")));
		json_object_put(row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_documents_have_the_words_of_the_code_and_no_others),
		cmocka_unit_test(the_documents_have_each_event),
		cmocka_unit_test(each_row_of_a_ping_or_trace_has_all_members),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
