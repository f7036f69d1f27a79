/* counters: what the daemons count; once, or again and again what has changed. */
#include <json.h>
#include <poll.h>
#include <string.h>

#include "cli/verbs.h"
#include "cli/writer.h"

static const struct column counter_view[] = {
	COLUMN("name", "Name", TEXT),
	COLUMN("labels", "Labels", PAIRS),
	COLUMN("value", "Value", NUMBER),
	{0},
};

static const struct column change_view[] = {
	COLUMN("name", "Name", TEXT),
	COLUMN("labels", "Labels", PAIRS),
	COLUMN("value", "Value", NUMBER),
	COLUMN("delta", "Change", NUMBER),
	{0},
};

/* All daemons' counters as one array. */
static enum cli_exit fetch(const struct cli *cli, struct json_object **counters)
{
	struct json_object *answers = json_object_new_array(), *list;
	enum cli_exit code = verb_ask_daemons(cli, "/v1/counters", answers);

	*counters = json_object_new_array();
	for (size_t i = 0; code == CLI_OK && i < json_object_array_length(answers); i++) {
		if (!json_object_object_get_ex(
			    json_object_array_get_idx(answers, i), "counters", &list) ||
			!json_object_is_type(list, json_type_array)) {
			code = (enum cli_exit)cli_fail(cli, CLI_FAILED,
				"/v1/counters: the answer has no list \"counters\"");
			break;
		}
		for (size_t j = 0; j < json_object_array_length(list); j++)
			json_object_array_add(
				*counters, json_object_get(json_object_array_get_idx(list, j)));
	}
	json_object_put(answers);
	return code;
}

static int64_t value_of(struct json_object *counter)
{
	struct json_object *value;

	return json_object_object_get_ex(counter, "value", &value) ? json_object_get_int64(value)
								   : 0;
}

static struct json_object *without_zeros(struct json_object *counters)
{
	struct json_object *out = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(counters); i++) {
		struct json_object *one = json_object_array_get_idx(counters, i);

		if (value_of(one) != 0)
			json_object_array_add(out, json_object_get(one));
	}
	return out;
}

/* "NAME{...}", by which the counters of two answers are told to be the same. Borrowed from
 * @scratch. */
static const char *identity(struct json_object *counter, struct json_object *scratch)
{
	struct json_object *name = NULL, *labels = NULL;

	json_object_object_get_ex(counter, "name", &name);
	json_object_object_get_ex(counter, "labels", &labels);
	json_object_object_add(scratch, "name", json_object_get(name));
	json_object_object_add(scratch, "labels", json_object_get(labels));
	return json_object_to_json_string_ext(scratch, JSON_C_TO_STRING_PLAIN);
}

/* The counters whose value is another than in @seen (identity -> value), which is brought up to
 * date. */
static struct json_object *changes(struct json_object *counters, struct json_object *seen)
{
	struct json_object *out = json_object_new_array(), *scratch = json_object_new_object();

	for (size_t i = 0; i < json_object_array_length(counters); i++) {
		struct json_object *one = json_object_array_get_idx(counters, i), *before = NULL,
				   *row;
		const char *id = identity(one, scratch);
		int64_t delta = value_of(one);

		if (json_object_object_get_ex(seen, id, &before))
			delta -= json_object_get_int64(before);
		json_object_object_add(seen, id, json_object_new_int64(value_of(one)));
		if (delta == 0)
			continue;
		row = writer_project(counter_view, one);
		json_object_object_add(row, "delta", json_object_new_int64(delta));
		json_object_array_add(out, row);
	}
	json_object_put(scratch);
	return out;
}

static void print_changes(const struct writer *w, struct json_object *rows)
{
	if (w->json) {
		for (size_t i = 0; i < json_object_array_length(rows); i++)
			writer_line(w, change_view, json_object_array_get_idx(rows, i));
	} else if (json_object_array_length(rows) > 0) {
		writer_table(w, "changes", change_view, rows, "");
		fputc('\n', w->out);
		fflush(w->out);
	}
}

static int watch(const struct cli *cli, unsigned long interval_s)
{
	struct json_object *seen = json_object_new_object(), *counters, *rows;
	struct writer w = {cli->out, cli->json};
	enum cli_exit code;

	for (unsigned int round = 0;; round++) {
		code = fetch(cli, &counters);
		if (code == CLI_OK) {
			rows = changes(counters, seen);
			if (round > 0)
				print_changes(&w, rows);
			json_object_put(rows);
		}
		json_object_put(counters);
		if (code != CLI_OK || ferror(cli->out) ||
			(cli->events_max > 0 && round >= cli->events_max))
			break;
		poll(NULL, 0, (int)(interval_s * 1000));
	}
	json_object_put(seen);
	return (int)code;
}

int counters_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *counters, *rows;
	unsigned long interval_s;
	enum cli_exit code;

	if (!invocation_number(inv, "--interval", 1, 3600, 1, &interval_s))
		return cli_usage(cli, inv, "--interval is \"%s\", must be 1 to 3600 seconds",
			invocation_value(inv, "--interval"));
	if (invocation_has(inv, "--watch"))
		return watch(cli, interval_s);
	code = fetch(cli, &counters);
	if (code == CLI_OK) {
		rows = cli->json || invocation_has(inv, "--all") ? json_object_get(counters)
								 : without_zeros(counters);
		writer_table(&w, "counters", counter_view, rows, "all counters are zero");
		json_object_put(rows);
	}
	json_object_put(counters);
	return (int)code;
}
