/* See watch.h. */
#include "cli/watch.h"

#include <json.h>
#include <poll.h>
#include <string.h>

#include "cli/client.h"

#define RETRY_MS     500
#define RETRY_MS_MAX 15000

struct watch {
	const struct cli *cli;
	bool (*wanted)(struct json_object *data, const void *arg);
	const void *arg;
	unsigned int count;
};

/* The event's id as a number where it is one. */
static struct json_object *id_value(const char *id)
{
	if (id[0] == '\0')
		return NULL;
	if (id[strspn(id, "0123456789")] == '\0' && strlen(id) < 19)
		return json_object_new_int64(strtoll(id, NULL, 10));
	return json_object_new_string(id);
}

static bool print_event(void *arg, const char *id, const char *event, const char *text)
{
	struct json_object *line = json_object_new_object(), *data = json_tokener_parse(text);
	struct watch *w = arg;

	json_object_object_add(line, "id", id_value(id));
	if (json_object_is_type(data, json_type_object)) {
		json_object_object_foreach(data, key, value)
		{
			if (strcmp(key, "id") != 0)
				json_object_object_add(line, key, json_object_get(value));
		}
	} else {
		json_object_object_add(line, "event", json_object_new_string(event));
		json_object_object_add(line, "data", json_object_new_string(text));
	}
	if (json_object_object_get(line, "event") == NULL)
		json_object_object_add(line, "event", json_object_new_string(event));
	/* Whatever is asked for: it may have been among what is missing. */
	if (w->wanted == NULL || strcmp(event, "gap") == 0 || w->wanted(line, w->arg)) {
		fprintf(w->cli->out, "%s\n",
			json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
		fflush(w->cli->out);
		w->count++;
	}
	json_object_put(data);
	json_object_put(line);
	return !ferror(w->cli->out) && (w->cli->events_max == 0 || w->count < w->cli->events_max);
}

static bool is_done(const struct watch *w)
{
	return ferror(w->cli->out) || (w->cli->events_max > 0 && w->count >= w->cli->events_max);
}

enum cli_exit watch_events(const struct cli *cli, const char *daemon, const char *path,
	bool (*wanted)(struct json_object *data, const void *arg), const void *arg)
{
	struct watch w = {cli, wanted, arg, 0};
	struct client *c = client_new(cli, daemon);
	unsigned long wait_ms = RETRY_MS;
	bool opened = false, ever = false;
	enum cli_exit code;
	struct sse sse;

	if (c == NULL)
		return (enum cli_exit)cli_fail(cli, CLI_FAILED, "out of memory");
	sse_init(&sse, print_event, &w);
	for (;;) {
		code = client_stream(c, path, &sse, &opened);
		ever = ever || opened;
		if (is_done(&w))
			code = CLI_OK;
		if (is_done(&w) || !ever ||
			(!opened && code != CLI_UNREACHABLE && code != CLI_TIMEOUT))
			break;
		if (opened)
			wait_ms = RETRY_MS;
		if (sse.retry_ms > 0 && wait_ms == RETRY_MS)
			wait_ms = sse.retry_ms;
		cli_fail(cli, code, "the stream broke off; trying again in %lu ms", wait_ms);
		poll(NULL, 0, (int)(wait_ms < RETRY_MS_MAX ? wait_ms : RETRY_MS_MAX));
		wait_ms = 2 * wait_ms < RETRY_MS_MAX ? 2 * wait_ms : RETRY_MS_MAX;
	}
	if (code != CLI_OK)
		cli_fail(cli, code, "%s", client_message(c));
	sse_fini(&sse);
	client_free(c);
	return code;
}
