/* See json_rows.h. */
#include "lib/service/json_rows.h"

#include <json-c/json.h>
#include <string.h>

#include "lib/service/json.h"

#define ROW_DEPTH 3

void json_rows_init(struct json_rows *r, bool (*row)(void *arg, struct json_object *row), void *arg)
{
	memset(r, 0, sizeof(*r));
	r->row = row;
	r->arg = arg;
}

static bool fail(struct json_rows *r, const char *wrong)
{
	if (!r->wrong)
		r->wrong = wrong;
	return false;
}

static bool end_row(struct json_rows *r)
{
	struct json_object *o = json_read(r->bytes, r->len, r->why, sizeof(r->why));
	bool more;

	r->len = 0;
	if (!o)
		return fail(r, r->why);
	more = r->row(r->arg, o);
	json_object_put(o);
	return more || fail(r, "no more was wanted");
}

/* Rows are the objects of a list of the outermost object. */
static bool opens(struct json_rows *r, char c)
{
	static const char outer[] = "{[{";

	if (r->depth < ROW_DEPTH && c != outer[r->depth])
		return fail(r, r->depth ? "a list of objects is wanted" : "an object is wanted");
	if (r->depth < sizeof(r->open))
		r->open[r->depth] = c;
	else
		return fail(r, "it is nested too deeply");
	r->depth++;
	r->began = true;
	return true;
}

static bool closes(struct json_rows *r, char c)
{
	if (!r->depth || r->open[r->depth - 1] != (c == '}' ? '{' : '['))
		return fail(r, "a bracket is closed that was not opened");
	r->depth--;
	r->done = !r->depth;
	return r->depth != ROW_DEPTH - 1 || end_row(r);
}

static bool is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static bool structure(struct json_rows *r, char c)
{
	if (r->in_text) {
		if (!r->after_backslash && c == '"')
			r->in_text = false;
		r->after_backslash = !r->after_backslash && c == '\\';
		return true;
	}
	switch (c) {
	case '"':
		r->in_text = true;
		return true;
	case '{':
	case '[':
		return opens(r, c);
	case '}':
	case ']':
		return closes(r, c);
	default:
		return true;
	}
}

static bool take(struct json_rows *r, char c)
{
	if ((r->done || !r->began) && (is_space(c) || (c == '{' && !r->done)))
		return c != '{' || opens(r, c);
	if (r->done || !r->began)
		return fail(r, "an object is wanted, and nothing beside it");
	if (r->depth == ROW_DEPTH - 1 && r->open[1] == '[' && !is_space(c) && !strchr("{],", c))
		return fail(r, "a list of objects is wanted");
	if (r->depth >= ROW_DEPTH || (r->depth == ROW_DEPTH - 1 && c == '{')) {
		if (r->len == JSON_ROW_MAX)
			return fail(r, "a row is longer than 4096 bytes");
		r->bytes[r->len++] = c;
	}
	return structure(r, c);
}

static void take_beside(struct json_rows *r, char c)
{
	if (r->beside_len < sizeof(r->beside))
		r->beside[r->beside_len] = c;
	r->beside_len++; /* one that is too long is none */
}

bool json_rows_feed(struct json_rows *r, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !r->wrong; i++) {
		unsigned int depth = r->depth;

		take(r, bytes[i]);
		if (depth < ROW_DEPTH - 1 || r->depth < ROW_DEPTH - 1)
			take_beside(r, bytes[i]);
	}
	return !r->wrong;
}

bool json_rows_whole(const struct json_rows *r)
{
	return r->done && !r->wrong;
}

bool json_rows_number(const struct json_rows *r, const char *member, uint64_t *number)
{
	bool whole = json_rows_whole(r) && r->beside_len <= sizeof(r->beside), given = false;
	char why[160];
	struct json_object *o =
		whole ? json_read(r->beside, r->beside_len, why, sizeof(why)) : NULL;

	if (o && !json_get_u64(o, member, 0, UINT64_MAX, number, &given, why, sizeof(why)))
		given = false;
	json_object_put(o);
	return given;
}
