/* json: strict reading of JSON from peers, and small helpers over json-c for answers.
 *
 * Pure. Knows json-c and no HTTP. */
#ifndef SUNWARD_LIB_SERVICE_JSON_H
#define SUNWARD_LIB_SERVICE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/net/address.h"

struct json_object;

#define JSON_DEPTH_MAX 32

/* Parse exactly one value: valid UTF-8, RFC 8259 to the letter (no NaN, comments, trailing commas
 * or NULs), depth
 * <= JSON_DEPTH_MAX, no duplicate keys, no half of a surrogate pair, no number beyond 64 bits or a
 * double, and a bounded number of values, since a tree takes many times the bytes of its text. NULL
 * with the reason and byte offset in @why. */
struct json_object *json_read(const char *text, size_t len, char *why, size_t why_size);

/* @len bytes are valid UTF-8 (RFC 3629) without NUL. */
bool json_utf8(const char *text, size_t len);

/* Add to an object (made by json_object_new_object()). */
void json_add(struct json_object *o, const char *key, const char *text); /* NULL: null */
void json_add_u64(struct json_object *o, const char *key, uint64_t v);
void json_add_bool(struct json_object *o, const char *key, bool v);
void json_add_address(struct json_object *o, const char *key, const struct address *a);
void json_add_endpoint(struct json_object *o, const char *key, const struct endpoint *e);
void json_add_eid(struct json_object *o, const char *key, const struct eid *e);
void json_add_null(struct json_object *o, const char *key);
void json_take(struct json_object *o, const char *key, struct json_object *v); /* takes @v */

/* Members of an object out of a request. Absent: true with @out untouched (see @given, which may be
 * NULL). Of the wrong type or out of bounds: false, and @why says member, value and what would be
 * right. */
bool json_get_u64(struct json_object *o, const char *key, uint64_t min, uint64_t max, uint64_t *out,
	bool *given, char *why, size_t why_size);
bool json_get_text(struct json_object *o, const char *key, size_t max_len, const char **out,
	bool *given, char *why, size_t why_size);
bool json_get_bool(
	struct json_object *o, const char *key, bool *out, bool *given, char *why, size_t why_size);
/* Refuse members that are not in @known (NULL at its end), so that a mistyped name is not ignored.
 */
bool json_only(struct json_object *o, const char *const *known, char *why, size_t why_size);

#endif
