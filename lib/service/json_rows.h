/* json_rows: the objects of a long list, one by one as the text comes, of an answer such as
 * {"macs":[{...},{...}],"total":2}: a list of any length takes the memory of one row.
 *
 * Pure. It finds where objects begin and end; each is read by json_read(), which holds it strictly,
 * and the rest of the text must be well formed as far as brackets and strings go. */
#ifndef SUNWARD_LIB_SERVICE_JSON_ROWS_H
#define SUNWARD_LIB_SERVICE_JSON_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_ROW_MAX    4096 /* bytes of one */
#define JSON_BESIDE_MAX 256  /* of what stands beside the lists */

struct json_object;

struct json_rows {
	/* @row is borrowed for the call. False: no more is wanted. */
	bool (*row)(void *arg, struct json_object *row);
	void *arg;
	const char *wrong; /* the first fault, in words; NULL: none */
	/* Where it stands. */
	unsigned int depth; /* of brackets; a row begins at the third, in a list of an object */
	bool in_text, after_backslash, began, done;
	char open[8]; /* brackets around */
	size_t len;
	char bytes[JSON_ROW_MAX + 1]; /* of the present row */
	char why[160];                /* what json_read said */
	size_t beside_len;
	char beside[JSON_BESIDE_MAX]; /* the outermost object, its lists empty */
};

void json_rows_init(
	struct json_rows *r, bool (*row)(void *arg, struct json_object *row), void *arg);
/* False: something is wrong, or row() wanted no more. */
bool json_rows_feed(struct json_rows *r, const char *bytes, size_t len);
/* The text has come to its end, and was whole. */
bool json_rows_whole(const struct json_rows *r);
/* The number @member that stands beside the lists of a whole text. False: there is none. */
bool json_rows_number(const struct json_rows *r, const char *member, uint64_t *number);

#endif
