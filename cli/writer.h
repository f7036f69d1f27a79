/* writer: shows a document, as aligned columns for people or as JSON for programs.
 *
 * What a verb shows is a JSON object and a view of it: a table of columns. Both back ends follow
 * the view, so the shape of the JSON is the view's, whatever else a daemon may send: absent values
 * become null. Knows no verb and no daemon. Strings from afar are escaped before they reach a
 * terminal. */
#ifndef SUNWARD_CLI_WRITER_H
#define SUNWARD_CLI_WRITER_H

#include <stdbool.h>
#include <stdio.h>

struct json_object;

enum column_kind {
	COLUMN_TEXT,
	COLUMN_NUMBER,  /* right-aligned */
	COLUMN_BOOL,    /* yes, no */
	COLUMN_SECONDS, /* 3d4h, 5m12s */
	COLUMN_WORDS,   /* an array of strings, shown with commas between */
	COLUMN_ROWS, /* an array of objects; its columns stand beside the parent's, a line for each
		      */
	COLUMN_OBJECT, /* one object; likewise */
	COLUMN_PAIRS,  /* an object of scalars, shown as key=value with blanks between */
	COLUMN_ANY,    /* JSON as it came; a table shows it compact */
};

struct column {
	const char *key;   /* NULL ends a view */
	const char *title; /* NULL: in JSON only. Of ROWS and OBJECT: NULL hides all its columns */
	enum column_kind kind;
	const struct column *view; /* ROWS, OBJECT */
	bool detail;               /* people see it where one object is shown, not in tables */
};

#define COLUMN(key_, title_, kind_)                                                                \
	{                                                                                          \
		.key = key_, .title = title_, .kind = COLUMN_##kind_                               \
	}
#define COLUMN_OF(key_, title_, kind_, view_)                                                      \
	{                                                                                          \
		.key = key_, .title = title_, .kind = COLUMN_##kind_, .view = view_                \
	}
#define COLUMN_DETAIL(key_, title_, kind_, view_)                                                  \
	{                                                                                          \
		.key = key_, .title = title_, .kind = COLUMN_##kind_, .view = view_,               \
		.detail = true                                                                     \
	}

struct writer {
	FILE *out;
	bool json;
};

/* One object: a line "Title: value" for each column, then a table for each COLUMN_ROWS. The titles
 * of tables are in capitals, those of lines are not: write them as "Seq", the table sees to it. */
void writer_object(const struct writer *w, const struct column *view, struct json_object *object);
/* A table of @rows (an array), as {"KEY": [...]} in JSON; @none is what people read instead of an
 * empty table. */
void writer_table(const struct writer *w, const char *key, const struct column *view,
	struct json_object *rows, const char *none);
/* One object on one line of JSON, whatever the back end (streams). */
void writer_line(const struct writer *w, const struct column *view, struct json_object *object);

/* A document that is complete as it is, as JSON (whatever the back end); takes it. */
void writer_document(const struct writer *w, struct json_object *object);

/* The part of @object that @view names, in its order, as a new object (put it away with
 * json_object_put). */
struct json_object *writer_project(const struct column *view, struct json_object *object);

#endif
