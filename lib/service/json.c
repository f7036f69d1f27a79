/* See json.h. json-c forgives much (NaN, doubled keys, bytes after \u0000), so a text is checked
 * against RFC 8259 here first; json-c then only builds the tree. */
#include "lib/service/json.h"

#include <ctype.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS_MAX 19 /* of an integer, so that it fits 64 bits */
/* A tree takes many times the bytes of its text: these bound it to some 15 MiB. */
#define VALUES_MAX 131072
#define NESTS_MAX  16384 /* of them objects and arrays */

struct check {
	const char *start, *at, *end;
	const char *wrong; /* the first fault; then nothing goes on */
	size_t members;    /* of all objects */
	size_t values, nests;
	unsigned int depth;
};

static void fail(struct check *c, const char *wrong)
{
	if (!c->wrong)
		c->wrong = wrong;
	c->end = c->at; /* every further look finds the end */
}

static int peek(const struct check *c)
{
	return c->at < c->end ? (unsigned char)*c->at : -1;
}

static void skip_space(struct check *c)
{
	while (c->at < c->end && memchr(" \t\r\n", *c->at, 4))
		c->at++;
}

static bool take(struct check *c, char wanted)
{
	if (peek(c) != wanted)
		return false;
	c->at++;
	return true;
}

static unsigned int digits(struct check *c)
{
	const char *from = c->at;

	while (peek(c) >= '0' && peek(c) <= '9')
		c->at++;
	if (c->at == from)
		fail(c, "want a digit");
	return (unsigned int)(c->at - from);
}

static void check_number(struct check *c)
{
	static const char least[] = "9223372036854775808"; /* below it is no 64-bit number */
	bool integer = true, negative = take(c, '-');
	const char *from = c->at;
	unsigned int n = 1;

	if (!take(c, '0'))
		n = digits(c);
	if (take(c, '.')) {
		digits(c);
		integer = false;
	}
	if (take(c, 'e') || take(c, 'E')) {
		if (!take(c, '+'))
			take(c, '-');
		digits(c);
		integer = false;
	}
	if (integer && n > DIGITS_MAX)
		fail(c, "an integer of more than 19 digits");
	else if (integer && negative && n == DIGITS_MAX && memcmp(from, least, n) > 0)
		fail(c, "an integer below -9223372036854775808");
}

/* Bytes of the UTF-8 sequence at @s, 0 when it is none (RFC 3629: no overlong forms, no
 * surrogates). */
static size_t sequence(const unsigned char *s, size_t left)
{
	size_t n = *s < 0x80   ? 1
		   : *s < 0xc2 ? 0
		   : *s < 0xe0 ? 2
		   : *s < 0xf0 ? 3
		   : *s < 0xf5 ? 4
			       : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
		(*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

bool json_utf8(const char *text, size_t len)
{
	size_t n;

	for (size_t i = 0; i < len; i += n) {
		n = sequence((const unsigned char *)text + i, len - i);
		if (n == 0 || text[i] == '\0')
			return false;
	}
	return true;
}

/* The four hexadecimal digits behind \u, or -1. */
static int code_unit(struct check *c)
{
	char digits[5] = "";

	for (size_t n = 0; n < 4; n++) {
		if (c->at + n >= c->end || !isxdigit((unsigned char)c->at[n]))
			return -1;
		digits[n] = c->at[n];
	}
	c->at += 4;
	return (int)strtol(digits, NULL, 16);
}

/* Half of a pair stands for nothing (RFC 8259 section 8.2); json-c would make something else of it.
 */
static void check_unit(struct check *c)
{
	const char *at = c->at, *wrong = NULL;
	int unit = code_unit(c);

	if (unit < 0)
		wrong = "want four hexadecimal digits after \\u";
	else if (unit == 0)
		wrong = "a NUL in a string";
	else if (unit >= 0xdc00 && unit <= 0xdfff)
		wrong = "the second half of a surrogate pair without the first";
	else if (unit >= 0xd800 && unit <= 0xdbff &&
		 (!take(c, '\\') || !take(c, 'u') || (unit = code_unit(c)) < 0xdc00 ||
			 unit > 0xdfff))
		wrong = "the first half of a surrogate pair without the second";
	if (!wrong)
		return;
	c->at = at;
	fail(c, wrong);
}

static void check_escape(struct check *c)
{
	int e = peek(c);

	if (e < 0 || !memchr("\"\\/bfnrtu", e, 9)) {
		fail(c, "an escape that JSON does not have");
		return;
	}
	c->at++;
	if (e == 'u')
		check_unit(c);
}

static void check_string(struct check *c)
{
	if (!take(c, '"')) {
		fail(c, "want a string");
		return;
	}
	while (!c->wrong && !take(c, '"')) {
		size_t n;

		if (peek(c) < ' ') {
			fail(c, peek(c) < 0 ? "the text ends within a string"
					    : "a control character in a string");
		} else if (take(c, '\\')) {
			check_escape(c);
		} else {
			n = sequence((const unsigned char *)c->at, (size_t)(c->end - c->at));
			if (n)
				c->at += n;
			else
				fail(c, "bytes that are not UTF-8");
		}
	}
}

static void check_value(struct check *c);

static void check_object(struct check *c)
{
	skip_space(c);
	if (take(c, '}'))
		return;
	do {
		skip_space(c);
		check_string(c);
		c->members++;
		skip_space(c);
		if (!take(c, ':'))
			fail(c, "want :");
		check_value(c);
	} while (!c->wrong && take(c, ','));
	if (!take(c, '}'))
		fail(c, "want , or }");
}

static void check_array(struct check *c)
{
	skip_space(c);
	if (take(c, ']'))
		return;
	do {
		check_value(c);
	} while (!c->wrong && take(c, ','));
	if (!take(c, ']'))
		fail(c, "want , or ]");
}

static void check_word(struct check *c)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(c->end - c->at) < n || memcmp(c->at, words[i], n))
			continue;
		c->at += n;
		return;
	}
	fail(c, "want a value");
}

/* One value with the spaces around it. Recursive: the depth is bounded. */
static void check_value(struct check *c)
{
	int first;

	skip_space(c);
	first = peek(c);
	c->values++;
	c->nests += first == '{' || first == '[';
	if (c->values > VALUES_MAX || c->nests > NESTS_MAX) {
		fail(c, "too many values; want at most 131072, of them 16384 objects and arrays");
	} else if (first == '{' || first == '[') {
		if (++c->depth > JSON_DEPTH_MAX) {
			fail(c, "nested deeper than 32");
			return;
		}
		c->at++;
		if (first == '{')
			check_object(c);
		else
			check_array(c);
		c->depth--;
	} else if (first == '"') {
		check_string(c);
	} else if (first == '-' || (first >= '0' && first <= '9')) {
		check_number(c);
	} else {
		check_word(c);
	}
	skip_space(c);
}

struct census {
	size_t members;  /* of all objects; doubled keys make fewer than were written */
	size_t infinite; /* numbers beyond a double */
};

static void count(struct json_object *v, struct census *c)
{
	if (json_object_is_type(v, json_type_double)) {
		c->infinite += !isfinite(json_object_get_double(v));
	} else if (json_object_is_type(v, json_type_object)) {
		json_object_object_foreach(v, key, member)
		{
			(void)key;
			c->members++;
			count(member, c);
		}
	} else if (json_object_is_type(v, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(v); i++)
			count(json_object_array_get_idx(v, i), c);
	}
}

static struct json_object *build(const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
	struct json_object *o;

	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, text, (int)len);
	/* A number may go on: its end must be told. */
	if (!o && json_tokener_get_error(tok) == json_tokener_continue)
		o = json_tokener_parse_ex(tok, "\n", 1);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

struct json_object *json_read(const char *text, size_t len, char *why, size_t why_size)
{
	struct check c = {.start = text, .at = text, .end = text + len};
	struct census there = {0};
	struct json_object *o;

	if (len > INT_MAX) {
		snprintf(why, why_size, "the text is too long");
		return NULL;
	}
	check_value(&c);
	if (!c.wrong && c.at < c.end)
		fail(&c, "something after the value");
	if (c.wrong) {
		snprintf(why, why_size, "%s at byte %zu", c.wrong, (size_t)(c.at - c.start));
		return NULL;
	}
	o = build(text, len);
	count(o, &there);
	if (o && there.members == c.members && !there.infinite)
		return o;
	if (!o)
		snprintf(why, why_size, "null, or no memory");
	else if (there.infinite)
		snprintf(why, why_size, "a number beyond what a double can be");
	else
		snprintf(why, why_size, "an object has the same member twice");
	json_object_put(o);
	return NULL;
}

/* ---- writing ---- */

void json_take(struct json_object *o, const char *key, struct json_object *v)
{
	json_object_object_add(o, key, v);
}

void json_add_null(struct json_object *o, const char *key)
{
	json_take(o, key, NULL);
}

void json_add(struct json_object *o, const char *key, const char *text)
{
	json_take(o, key, text ? json_object_new_string(text) : NULL);
}

void json_add_u64(struct json_object *o, const char *key, uint64_t v)
{
	json_take(o, key, json_object_new_uint64(v));
}

void json_add_bool(struct json_object *o, const char *key, bool v)
{
	json_take(o, key, json_object_new_boolean(v));
}

void json_add_address(struct json_object *o, const char *key, const struct address *a)
{
	char text[ADDRESS_TEXT];

	json_add(o, key, address_format(a, text, sizeof(text)));
}

void json_add_endpoint(struct json_object *o, const char *key, const struct endpoint *e)
{
	char text[ENDPOINT_TEXT];

	json_add(o, key, endpoint_format(e, text, sizeof(text)));
}

void json_add_eid(struct json_object *o, const char *key, const struct eid *e)
{
	char text[EID_TEXT];

	json_add(o, key, eid_format(e, text, sizeof(text)));
}

/* ---- members of a request ---- */

/* The member as @type. Absent: true and *@v NULL. */
static bool member(struct json_object *o, const char *key, enum json_type type, const char *want,
	struct json_object **v, bool *given, char *why, size_t why_size)
{
	bool there;

	*v = NULL;
	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, why_size, "want an object with the member `%s`", key);
		return false;
	}
	there = json_object_object_get_ex(o, key, v);
	if (given)
		*given = there;
	if (!there || json_object_is_type(*v, type))
		return true;
	snprintf(
		why, why_size, "`%s` is %.60s; want %s", key, json_object_to_json_string(*v), want);
	return false;
}

bool json_get_u64(struct json_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *out,
	bool *given, char *why, size_t why_size)
{
	struct json_object *v;
	char want[80];
	uint64_t n;

	snprintf(want, sizeof(want), "a number from %" PRIu64 " to %" PRIu64, min, max);
	if (!member(o, key, json_type_int, want, &v, given, why, why_size))
		return false;
	if (!v)
		return true;
	n = json_object_get_uint64(v); /* a negative one reads as 0 */
	if (n >= min && n <= max && (n > 0 || json_object_get_int64(v) == 0)) {
		*out = n;
		return true;
	}
	snprintf(why, why_size, "`%s` is %s; want %s", key, json_object_to_json_string(v), want);
	return false;
}

bool json_get_text(struct json_object *o, const char *key, size_t max_len, const char **out,
	bool *given, char *why, size_t why_size)
{
	struct json_object *v;

	if (!member(o, key, json_type_string, "a string", &v, given, why, why_size))
		return false;
	if (!v)
		return true;
	if ((size_t)json_object_get_string_len(v) > max_len) {
		snprintf(why, why_size, "`%s` has %d bytes; want at most %zu", key,
			json_object_get_string_len(v), max_len);
		return false;
	}
	*out = json_object_get_string(v);
	return true;
}

bool json_get_bool(
	struct json_object *o, const char *key, bool *out, bool *given, char *why, size_t why_size)
{
	struct json_object *v;

	if (!member(o, key, json_type_boolean, "true or false", &v, given, why, why_size))
		return false;
	if (v)
		*out = json_object_get_boolean(v);
	return true;
}

bool json_only(struct json_object *o, const char *const *known, char *why, size_t why_size)
{
	if (!json_object_is_type(o, json_type_object)) {
		snprintf(why, why_size, "want an object");
		return false;
	}
	json_object_object_foreach(o, key, value)
	{
		size_t i = 0;

		(void)value;
		while (known[i] && strcmp(known[i], key))
			i++;
		if (!known[i]) {
			snprintf(why, why_size, "there is no member `%.60s` here", key);
			return false;
		}
	}
	return true;
}
