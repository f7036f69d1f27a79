/* See metrics.h. Cells are 64-bit words; a shard begins on a cache line and takes whole lines, so
 * that two threads never write one line. */
#include "lib/service/metrics.h"

#include <ctype.h>
#include <event2/buffer.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define LINE_BYTES 128 /* two lines: the prefetcher takes them in pairs */
#define LINE_CELLS (LINE_BYTES / sizeof(uint64_t))

struct metrics_table {
	struct metrics_table *next;
	const struct metric *rows;
	size_t count;
	unsigned int shards;
	size_t stride; /* cells of a shard */
	uint64_t *cells;
	void (*read)(void *arg, uint64_t *values); /* a source; then the cells are its scratch */
	void (*tell)(void *arg, size_t family, struct metrics_told *to); /* living rows */
	void *arg;
};

/* Where living rows go. */
struct metrics_told {
	const struct metric *family;
	const char *only;         /* NULL: all */
	struct evbuffer *out;     /* as text; or */
	struct json_object *list; /* as JSON */
	bool begun, failed;
};

struct metrics {
	struct metrics_table *first, **last;
};

struct metrics *metrics_new(void)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m)
		m->last = &m->first;
	return m;
}

void metrics_free(struct metrics *m)
{
	if (!m)
		return;
	while (m->first) {
		struct metrics_table *next = m->first->next;

		free(m->first->cells);
		free(m->first);
		m->first = next;
	}
	free(m);
}

/* [a-z_][a-z0-9_]*, with ':' too in a metric's name. */
static bool name_is_right(const char *name, bool colon)
{
	if (!name || !*name || isdigit((unsigned char)*name))
		return false;
	for (; *name; name++)
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
			*name != '_' && !(colon && *name == ':'))
			return false;
	return true;
}

static bool row_is_right(const struct metric *row)
{
	return name_is_right(row->name, true) && row->help && !row->label == !row->value &&
	       (!row->label || name_is_right(row->label, false));
}

static bool same_name(const struct metric *a, const struct metric *b)
{
	return !strcmp(a->name, b->name);
}

/* Row @i of @rows may follow the rows before it: its name is new, or the one before it has the same
 * name with another value of the same label. */
static bool row_follows(const struct metric *rows, size_t i)
{
	for (size_t k = i; k-- > 0;) {
		if (!same_name(&rows[k], &rows[i]))
			continue;
		if (!same_name(&rows[i - 1], &rows[i]) || !rows[k].label || !rows[i].label ||
			strcmp(rows[k].label, rows[i].label) ||
			!strcmp(rows[k].value, rows[i].value))
			return false;
	}
	return true;
}

static bool rows_are_right(const struct metrics *m, const struct metric *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!row_is_right(&rows[i]) || !row_follows(rows, i))
			return false;
		for (const struct metrics_table *t = m->first; t; t = t->next)
			for (size_t k = 0; k < t->count; k++)
				if (same_name(&t->rows[k], &rows[i]))
					return false;
	}
	return true;
}

static struct metrics_table *add(struct metrics *m, const struct metric *rows, size_t count,
	unsigned int shards, void (*read)(void *arg, uint64_t *values), void *arg)
{
	struct metrics_table *t;
	size_t bytes;

	if (!count || !shards || !rows_are_right(m, rows, count))
		return NULL;
	t = calloc(1, sizeof(*t));
	if (!t)
		return NULL;
	t->rows = rows;
	t->count = count;
	t->shards = shards;
	t->read = read;
	t->arg = arg;
	t->stride = (count + LINE_CELLS - 1) / LINE_CELLS * LINE_CELLS;
	bytes = t->stride * shards * sizeof(uint64_t);
	t->cells = aligned_alloc(LINE_BYTES, bytes);
	if (!t->cells) {
		free(t);
		return NULL;
	}
	memset(t->cells, 0, bytes);
	*m->last = t;
	m->last = &t->next;
	return t;
}

struct metrics_table *metrics_add(
	struct metrics *m, const struct metric *rows, size_t count, unsigned int shards)
{
	return add(m, rows, count, shards, NULL, NULL);
}

struct metrics_table *metrics_add_source(struct metrics *m, const struct metric *rows, size_t count,
	void (*read)(void *arg, uint64_t *values), void *arg)
{
	return add(m, rows, count, 1, read, arg);
}

struct metrics_table *metrics_add_living(struct metrics *m, const struct metric *families,
	size_t count, void (*tell)(void *arg, size_t family, struct metrics_told *to), void *arg)
{
	struct metrics_table *t = add(m, families, count, 1, NULL, arg);

	if (t)
		t->tell = tell;
	return t;
}

struct metrics_shard *metrics_shard(struct metrics_table *t, unsigned int index)
{
	if (index >= t->shards)
		abort(); /* more threads than were declared: two would write one shard */
	return (struct metrics_shard *)(void *)(t->cells + index * t->stride);
}

uint64_t metrics_sum(const struct metrics_table *t, unsigned int row)
{
	uint64_t sum = 0;

	for (unsigned int s = 0; s < t->shards; s++)
		sum += __atomic_load_n(t->cells + s * t->stride + row, __ATOMIC_RELAXED);
	return sum;
}

static void refresh(const struct metrics_table *t)
{
	if (!t->read)
		return;
	memset(t->cells, 0, t->stride * sizeof(uint64_t));
	t->read(t->arg, t->cells);
}

static const char *type_name(const struct metric *row)
{
	return row->type == METRIC_GAUGE ? "gauge" : "counter";
}

static int add_escaped(struct evbuffer *out, const char *text, bool quotes)
{
	int failed = 0;

	for (; *text; text++) {
		if (*text == '\n')
			failed |= evbuffer_add(out, "\\n", 2);
		else if (*text == '\\' || (quotes && *text == '"'))
			failed |= evbuffer_add_printf(out, "\\%c", *text) < 0;
		else
			failed |= evbuffer_add(out, text, 1);
	}
	return failed;
}

static int add_head(struct evbuffer *out, const struct metric *row)
{
	int failed = evbuffer_add_printf(out, "# HELP %s ", row->name) < 0;

	failed |= add_escaped(out, row->help, false);
	return failed |
	       (evbuffer_add_printf(out, "\n# TYPE %s %s\n", row->name, type_name(row)) < 0);
}

static int add_value(struct evbuffer *out, const struct metric *row, const char *value, uint64_t n)
{
	int failed = evbuffer_add_printf(out, "%s", row->name) < 0;

	if (row->label) {
		failed |= evbuffer_add_printf(out, "{%s=\"", row->label) < 0;
		failed |= add_escaped(out, value, true);
		failed |= evbuffer_add(out, "\"}", 2);
	}
	return failed | (evbuffer_add_printf(out, " %" PRIu64 "\n", n) < 0);
}

static int add_row(struct evbuffer *out, const struct metrics_table *t, size_t i)
{
	const struct metric *row = &t->rows[i];
	int failed = i == 0 || !same_name(row - 1, row) ? add_head(out, row) : 0;

	return failed | add_value(out, row, row->value, metrics_sum(t, (unsigned int)i));
}

static struct json_object *value_json(const struct metric *row, const char *value, uint64_t n)
{
	struct json_object *o = json_object_new_object(), *labels = json_object_new_object();

	if (row->label)
		json_object_object_add(labels, row->label, json_object_new_string(value));
	json_object_object_add(o, "name", json_object_new_string(row->name));
	json_object_object_add(o, "labels", labels);
	json_object_object_add(o, "type", json_object_new_string(type_name(row)));
	json_object_object_add(o, "value", json_object_new_uint64(n));
	return o;
}

void metrics_tell(struct metrics_told *to, const char *value, uint64_t n)
{
	if (to->only && strcmp(to->only, value) != 0)
		return;
	if (to->list) {
		json_object_array_add(to->list, value_json(to->family, value, n));
		return;
	}
	if (!to->begun)
		to->failed |= add_head(to->out, to->family) != 0;
	to->begun = true;
	to->failed |= add_value(to->out, to->family, value, n) != 0;
}

/* The living rows of @t. False: no memory. */
static bool tell_living(const struct metrics_table *t, const char *only, struct evbuffer *out,
	struct json_object *list)
{
	struct metrics_told to = {.only = only, .out = out, .list = list};

	for (size_t i = 0; i < t->count; i++) {
		to.family = &t->rows[i];
		to.begun = false;
		t->tell(t->arg, i, &to);
	}
	return !to.failed;
}

static int write_text(const struct metrics *m, const char *only, struct evbuffer *out)
{
	int failed = 0;

	for (const struct metrics_table *t = m->first; t; t = t->next) {
		if (t->tell)
			failed |= !tell_living(t, only, out, NULL);
		if (t->tell || only)
			continue;
		refresh(t);
		for (size_t i = 0; i < t->count; i++)
			failed |= add_row(out, t, i);
	}
	return failed ? -1 : 0;
}

int metrics_text(const struct metrics *m, struct evbuffer *out)
{
	return write_text(m, NULL, out);
}

int metrics_text_only(const struct metrics *m, const char *only, struct evbuffer *out)
{
	return write_text(m, only, out);
}

static struct json_object *row_json(const struct metrics_table *t, size_t i)
{
	return value_json(&t->rows[i], t->rows[i].value, metrics_sum(t, (unsigned int)i));
}

static struct json_object *write_json(const struct metrics *m, const char *only)
{
	struct json_object *all = json_object_new_object(), *list = json_object_new_array();

	if (!all || !list) {
		json_object_put(all);
		json_object_put(list);
		return NULL;
	}
	for (const struct metrics_table *t = m->first; t; t = t->next) {
		if (t->tell)
			tell_living(t, only, NULL, list);
		if (t->tell || only)
			continue;
		refresh(t);
		for (size_t i = 0; i < t->count; i++)
			json_object_array_add(list, row_json(t, i));
	}
	json_object_object_add(all, "counters", list);
	return all;
}

struct json_object *metrics_json(const struct metrics *m)
{
	return write_json(m, NULL);
}

struct json_object *metrics_json_only(const struct metrics *m, const char *only)
{
	return write_json(m, only);
}
