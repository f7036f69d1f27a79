/* json_schema: does a JSON value keep to a schema, for contract tests. The keywords of JSON Schema
 * 2020-12 that the document uses; one that it does not know is a failure, so that nothing is passed
 * over in silence. */
#ifndef SUNWARD_TESTS_REPLAY_JSON_SCHEMA_H
#define SUNWARD_TESTS_REPLAY_JSON_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

struct json_object;

/* @document: where "$ref" leads. False: @why says what, and where in the value. */
bool json_schema_fits(struct json_object *document, struct json_object *schema,
	struct json_object *value, char *why, size_t size);

#endif
