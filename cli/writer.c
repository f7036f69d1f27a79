/* See writer.h. A table is laid out in two passes over a grid of cells: first the widths, then the
 * lines. */
#include "cli/writer.h"

#include <ctype.h>
#include <inttypes.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>

#define JSON_FLAGS                                                                                 \
	(JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE)
#define JSON_LINE JSON_C_TO_STRING_NOSLASHESCAPE
#define GAP       2 /* blanks between columns */

/* ---- JSON ---- */

static struct json_object *project_rows(const struct column *view, struct json_object *rows)
{
	struct json_object *out = json_object_new_array();
	size_t n = json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0;

	for (size_t i = 0; i < n; i++)
		json_object_array_add(
			out, writer_project(view, json_object_array_get_idx(rows, i)));
	return out;
}

static struct json_object *project_value(const struct column *c, struct json_object *value)
{
	if (c->kind == COLUMN_ROWS)
		return project_rows(c->view, value);
	if (c->kind == COLUMN_OBJECT && json_object_is_type(value, json_type_object))
		return writer_project(c->view, value);
	return json_object_get(value);
}

struct json_object *writer_project(const struct column *view, struct json_object *object)
{
	struct json_object *out = json_object_new_object(), *value;

	for (; view->key != NULL; view++) {
		value = NULL;
		if (json_object_is_type(object, json_type_object))
			json_object_object_get_ex(object, view->key, &value);
		json_object_object_add(out, view->key, project_value(view, value));
	}
	return out;
}

static void print_json(const struct writer *w, struct json_object *object, int flags)
{
	fprintf(w->out, "%s\n", json_object_to_json_string_ext(object, flags));
	json_object_put(object);
}

/* ---- one value as text ---- */

struct text {
	char *bytes;
	size_t len;
};

static void text_add(struct text *t, const char *s)
{
	size_t n = strlen(s);
	char *bytes = realloc(t->bytes, t->len + n + 1);

	if (bytes == NULL)
		abort();
	memcpy(bytes + t->len, s, n + 1);
	t->bytes = bytes;
	t->len += n;
}

/* Control characters would let a peer write to the operator's terminal. C1 controls are UTF-8 0xc2
 * 0x80-0x9f. */
static void text_add_escaped(struct text *t, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		char one[8] = {*s};

		if (c < 0x20 || c == 0x7f)
			snprintf(one, sizeof(one), "\\x%02x", c);
		else if (c == 0xc2 && (unsigned char)s[1] < 0xa0 && s[1] != '\0')
			snprintf(one, sizeof(one), "\\u%04x", (unsigned char)*++s);
		text_add(t, one);
	}
}

static void text_add_seconds(struct text *t, int64_t s)
{
	char text[48];

	if (s < 0)
		snprintf(text, sizeof(text), "%" PRId64 "s", s);
	else if (s < 60)
		snprintf(text, sizeof(text), "%ds", (int)s);
	else if (s < 3600)
		snprintf(text, sizeof(text), "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else if (s < 86400)
		snprintf(text, sizeof(text), "%dh%02dm", (int)(s / 3600), (int)(s % 3600 / 60));
	else
		snprintf(text, sizeof(text), "%" PRId64 "d%02dh", s / 86400,
			(int)(s % 86400 / 3600));
	text_add(t, text);
}

static void text_add_words(struct text *t, struct json_object *array)
{
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		struct json_object *word = json_object_array_get_idx(array, i);

		if (i > 0)
			text_add(t, ", ");
		text_add_escaped(t, word != NULL ? json_object_get_string(word) : "-");
	}
	if (t->len == 0)
		text_add(t, "-");
}

static void text_add_pairs(struct text *t, struct json_object *object)
{
	json_object_object_foreach(object, key, value)
	{
		if (t->len > 0)
			text_add(t, " ");
		text_add_escaped(t, key);
		text_add(t, "=");
		text_add_escaped(t, value != NULL ? json_object_get_string(value) : "-");
	}
	if (t->len == 0)
		text_add(t, "-");
}

/* The text of @value, malloc'ed; an absent value and an empty string are "-". */
static char *value_text(const struct column *c, struct json_object *value)
{
	struct text t = {0};

	if (value == NULL)
		text_add(&t, "-");
	else if (c->kind == COLUMN_BOOL && json_object_is_type(value, json_type_boolean))
		text_add(&t, json_object_get_boolean(value) ? "yes" : "no");
	else if (c->kind == COLUMN_SECONDS && json_object_is_type(value, json_type_int))
		text_add_seconds(&t, json_object_get_int64(value));
	else if (c->kind == COLUMN_WORDS && json_object_is_type(value, json_type_array))
		text_add_words(&t, value);
	else if (c->kind == COLUMN_PAIRS && json_object_is_type(value, json_type_object))
		text_add_pairs(&t, value);
	else if (json_object_is_type(value, json_type_string))
		text_add_escaped(&t, json_object_get_string_len(value) > 0
					     ? json_object_get_string(value)
					     : "-");
	else
		text_add_escaped(&t, json_object_to_json_string_ext(value, JSON_LINE));
	return t.bytes;
}

/* Columns that @text takes: code points, since names may be UTF-8. */
static size_t text_width(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

/* ---- tables ---- */

#define GRID_COLUMNS 32

struct grid {
	size_t columns;
	const struct column *column[GRID_COLUMNS];
	size_t width[GRID_COLUMNS];
	size_t rows, cap;
	char **cells; /* rows x GRID_COLUMNS; NULL: blank */
};

/* The shown columns of @view, those of nested views in their place. */
static void grid_columns(struct grid *g, const struct column *view)
{
	for (; view->key != NULL; view++) {
		if (view->title == NULL || view->detail)
			continue;
		if (view->kind == COLUMN_ROWS || view->kind == COLUMN_OBJECT) {
			grid_columns(g, view->view);
			continue;
		}
		if (g->columns == GRID_COLUMNS)
			abort();
		g->width[g->columns] = text_width(view->title);
		g->column[g->columns++] = view;
	}
}

static char **grid_cell(struct grid *g, size_t row, size_t column)
{
	while (row >= g->rows) {
		if (g->rows == g->cap) {
			g->cap = g->cap > 0 ? 2 * g->cap : 16;
			g->cells = reallocarray(g->cells, g->cap, GRID_COLUMNS * sizeof(*g->cells));
			if (g->cells == NULL)
				abort();
		}
		memset(g->cells + g->rows++ * GRID_COLUMNS, 0, GRID_COLUMNS * sizeof(*g->cells));
	}
	return &g->cells[row * GRID_COLUMNS + column];
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(object, json_type_object))
		json_object_object_get_ex(object, key, &value);
	return value;
}

static size_t grid_object(struct grid *g, size_t row, size_t *column, const struct column *view,
	struct json_object *object);

/* Nested rows go downwards from @row; their columns start at *@column. Returns the lines used. */
static size_t grid_nested(struct grid *g, size_t row, size_t *column, const struct column *c,
	struct json_object *value)
{
	size_t start = *column, lines = 0;
	size_t n =
		json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;

	for (size_t i = 0; i < n; i++) {
		*column = start;
		lines += grid_object(
			g, row + lines, column, c->view, json_object_array_get_idx(value, i));
	}
	if (n == 0)
		lines = grid_object(g, row, column, c->view, NULL);
	return lines;
}

static size_t grid_object(struct grid *g, size_t row, size_t *column, const struct column *view,
	struct json_object *object)
{
	size_t lines = 1, n;

	for (; view->key != NULL; view++) {
		struct json_object *value = member(object, view->key);
		char **cell;

		if (view->title == NULL || view->detail)
			continue;
		if (view->kind == COLUMN_ROWS || view->kind == COLUMN_OBJECT) {
			n = view->kind == COLUMN_ROWS
				    ? grid_nested(g, row, column, view, value)
				    : grid_object(g, row, column, view->view, value);
			lines = n > lines ? n : lines;
			continue;
		}
		cell = grid_cell(g, row, *column);
		*cell = value_text(view, value);
		n = text_width(*cell);
		if (n > g->width[*column])
			g->width[*column] = n;
		++*column;
	}
	return lines;
}

/* One cell with its padding; the last of a line gets none behind it. */
static void grid_put(const struct writer *w, const struct grid *g, size_t column, const char *text,
	size_t *blanks)
{
	size_t width = text_width(text);
	size_t pad = g->width[column] > width ? g->width[column] - width : 0;
	bool right = g->column[column]->kind == COLUMN_NUMBER ||
		     g->column[column]->kind == COLUMN_SECONDS;

	if (*text != '\0')
		fprintf(w->out, "%*s%s", (int)(*blanks + (right ? pad : 0)), "", text);
	*blanks = *text == '\0' ? *blanks + g->width[column] : (right ? 0 : pad);
	*blanks += GAP;
}

static void grid_print(const struct writer *w, const struct grid *g)
{
	size_t blanks = 0;

	for (size_t c = 0; c < g->columns; c++) {
		char title[32];
		size_t n = 0;

		for (; g->column[c]->title[n] != '\0' && n + 1 < sizeof(title); n++)
			title[n] = (char)toupper((unsigned char)g->column[c]->title[n]);
		title[n] = '\0';
		grid_put(w, g, c, title, &blanks);
	}
	fputc('\n', w->out);
	for (size_t r = 0; r < g->rows; r++) {
		blanks = 0;
		for (size_t c = 0; c < g->columns; c++) {
			const char *text = g->cells[r * GRID_COLUMNS + c];

			grid_put(w, g, c, text != NULL ? text : "", &blanks);
		}
		fputc('\n', w->out);
	}
}

static void grid_free(struct grid *g)
{
	for (size_t i = 0; i < g->rows * GRID_COLUMNS; i++)
		free(g->cells[i]);
	free(g->cells);
}

static void print_table(const struct writer *w, const struct column *view, struct json_object *rows)
{
	struct grid g = {0};
	size_t row = 0, column;

	grid_columns(&g, view);
	for (size_t i = 0; i < json_object_array_length(rows); i++) {
		column = 0;
		row += grid_object(&g, row, &column, view, json_object_array_get_idx(rows, i));
	}
	grid_print(w, &g);
	grid_free(&g);
}

void writer_table(const struct writer *w, const char *key, const struct column *view,
	struct json_object *rows, const char *none)
{
	if (w->json) {
		struct json_object *o = json_object_new_object();

		json_object_object_add(o, key, project_rows(view, rows));
		print_json(w, o, JSON_FLAGS);
	} else if (!json_object_is_type(rows, json_type_array) ||
		   json_object_array_length(rows) == 0) {
		fprintf(w->out, "%s\n", none);
	} else {
		print_table(w, view, rows);
	}
}

static size_t title_width(const struct column *view)
{
	size_t most = 0, n;

	for (; view->key != NULL; view++) {
		if (view->title == NULL || view->kind == COLUMN_ROWS)
			continue;
		n = view->kind == COLUMN_OBJECT ? title_width(view->view) : text_width(view->title);
		most = n > most ? n : most;
	}
	return most;
}

static void print_lines(
	const struct writer *w, const struct column *view, struct json_object *object, size_t width)
{
	for (; view->key != NULL; view++) {
		struct json_object *value = member(object, view->key);
		char *text;

		if (view->title == NULL || view->kind == COLUMN_ROWS)
			continue;
		if (view->kind == COLUMN_OBJECT) {
			print_lines(w, view->view, value, width);
			continue;
		}
		text = value_text(view, value);
		fprintf(w->out, "%s:%*s%s\n", view->title,
			(int)(width - text_width(view->title) + 1), "", text);
		free(text);
	}
}

void writer_object(const struct writer *w, const struct column *view, struct json_object *object)
{
	if (w->json) {
		print_json(w, writer_project(view, object), JSON_FLAGS);
		return;
	}
	print_lines(w, view, object, title_width(view));
	for (const struct column *c = view; c->key != NULL; c++) {
		struct json_object *rows = member(object, c->key);

		if (c->title == NULL || c->kind != COLUMN_ROWS ||
			!json_object_is_type(rows, json_type_array) ||
			json_object_array_length(rows) == 0)
			continue;
		fprintf(w->out, "\n%s:\n", c->title);
		print_table(w, c->view, rows);
	}
}

void writer_document(const struct writer *w, struct json_object *object)
{
	print_json(w, object, JSON_FLAGS);
}

void writer_line(const struct writer *w, const struct column *view, struct json_object *object)
{
	print_json(w, writer_project(view, object), JSON_LINE);
	fflush(w->out);
}
