/* See json_schema.h. */
#include "tests/replay/json_schema.h"

#include <json-c/json.h>
#include <json-c/json_pointer.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>

struct check {
	struct json_object *document;
	char where[256];
	char *why;
	size_t size;
};

static bool fits(struct check *c, struct json_object *schema, struct json_object *v);

static bool fail(struct check *c, const char *what, struct json_object *want, struct json_object *v)
{
	snprintf(c->why, c->size, "%s: %.120s is against %s %.160s", *c->where ? c->where : "/",
		json_object_to_json_string(v), what, json_object_to_json_string(want));
	return false;
}

static bool is_type(const char *type, struct json_object *v)
{
	static const struct {
		const char *name;
		enum json_type type;
	} types[] = {{"object", json_type_object}, {"array", json_type_array},
		{"string", json_type_string}, {"boolean", json_type_boolean},
		{"integer", json_type_int}, {"number", json_type_int}, {"number", json_type_double},
		{"null", json_type_null}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(types[i].name, type) && json_object_is_type(v, types[i].type))
			return true;
	return false;
}

static bool fits_type(struct json_object *want, struct json_object *v)
{
	if (json_object_is_type(want, json_type_string))
		return is_type(json_object_get_string(want), v);
	for (size_t i = 0; i < json_object_array_length(want); i++)
		if (is_type(json_object_get_string(json_object_array_get_idx(want, i)), v))
			return true;
	return false;
}

static bool fits_enum(struct json_object *want, struct json_object *v)
{
	for (size_t i = 0; i < json_object_array_length(want); i++)
		if (json_object_equal(json_object_array_get_idx(want, i), v))
			return true;
	return false;
}

static bool fits_pattern(struct json_object *want, struct json_object *v)
{
	regex_t re;
	bool fine;

	if (regcomp(&re, json_object_get_string(want), REG_EXTENDED | REG_NOSUB))
		return false;
	fine = regexec(&re, json_object_get_string(v), 0, NULL, 0) == 0;
	regfree(&re);
	return fine;
}

static bool has_all(struct json_object *names, struct json_object *v)
{
	for (size_t i = 0; i < json_object_array_length(names); i++)
		if (!json_object_object_get_ex(
			    v, json_object_get_string(json_object_array_get_idx(names, i)), NULL))
			return false;
	return true;
}

static bool below(
	struct check *c, const char *step, struct json_object *schema, struct json_object *v)
{
	size_t n = strlen(c->where);
	bool fine;

	snprintf(c->where + n, sizeof(c->where) - n, "/%s", step);
	fine = fits(c, schema, v);
	if (fine)
		c->where[n] = '\0';
	return fine;
}

static bool fits_properties(struct check *c, struct json_object *schema, struct json_object *v)
{
	struct json_object *known = json_object_object_get(schema, "properties"), *one;
	struct json_object *more = json_object_object_get(schema, "additionalProperties");

	json_object_object_foreach(v, key, member)
	{
		if (json_object_object_get_ex(known, key, &one)) {
			if (!below(c, key, one, member))
				return false;
		} else if (more && !json_object_get_boolean(more)) {
			return fail(c, "additionalProperties, which are", more, v);
		}
	}
	return true;
}

static bool fits_items(struct check *c, struct json_object *schema, struct json_object *v)
{
	char step[24];

	for (size_t i = 0; i < json_object_array_length(v); i++) {
		snprintf(step, sizeof(step), "%zu", i);
		if (!below(c, step, schema, json_object_array_get_idx(v, i)))
			return false;
	}
	return true;
}

/* One keyword; those of another type do not concern @v. */
static bool fits_keyword(struct check *c, struct json_object *schema, const char *key,
	struct json_object *want, struct json_object *v)
{
	bool object = json_object_is_type(v, json_type_object);
	bool number = is_type("number", v), fine;

	if (!strcmp(key, "type"))
		fine = fits_type(want, v);
	else if (!strcmp(key, "enum"))
		fine = fits_enum(want, v);
	else if (!strcmp(key, "const"))
		fine = json_object_equal(want, v);
	else if (!strcmp(key, "minimum"))
		fine = !number || json_object_get_double(v) >= json_object_get_double(want);
	else if (!strcmp(key, "maximum"))
		fine = !number || json_object_get_double(v) <= json_object_get_double(want);
	else if (!strcmp(key, "pattern"))
		fine = !json_object_is_type(v, json_type_string) || fits_pattern(want, v);
	else if (!strcmp(key, "required"))
		fine = !object || has_all(want, v);
	else if (!strcmp(key, "properties"))
		return !object || fits_properties(c, schema, v);
	else if (!strcmp(key, "items"))
		return !json_object_is_type(v, json_type_array) || fits_items(c, want, v);
	else
		fine = !strcmp(key, "additionalProperties") || !strcmp(key, "description");
	return fine || fail(c, key, want, v);
}

static bool fits(struct check *c, struct json_object *schema, struct json_object *v)
{
	struct json_object *to, *ref;

	if (json_object_object_get_ex(schema, "$ref", &ref)) {
		if (json_pointer_get(c->document, json_object_get_string(ref) + 1, &to))
			return fail(c, "$ref, which leads nowhere:", ref, v);
		return fits(c, to, v);
	}
	json_object_object_foreach(schema, key, want)
	{
		if (!fits_keyword(c, schema, key, want, v))
			return false;
	}
	return true;
}

bool json_schema_fits(struct json_object *document, struct json_object *schema,
	struct json_object *value, char *why, size_t size)
{
	struct check c = {.document = document, .why = why, .size = size};

	return fits(&c, schema, value);
}
