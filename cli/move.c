/* move: the verbs that show guests on their way: what tunnel routers have seen of it, or what an
 * agent was asked for. */
#include <json.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "cli/writer.h"

#define REFRESH_MS 500 /* of the table on a terminal */

static const struct column steps_view[] = {
	COLUMN("prepared", "Prepared", NUMBER),
	COLUMN("accepted", "Accepted", NUMBER),
	COLUMN("paused", "Paused", NUMBER),
	COLUMN("cut", "Cut", NUMBER),
	COLUMN("resumed", "Resumed", NUMBER),
	COLUMN("claimed", "Claimed", NUMBER),
	COLUMN("settled", "Settled", NUMBER),
	{0},
};

/* Of a tunnel router. */
static const struct column eid_move_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("move", NULL, TEXT),
	COLUMN("side", "Side", TEXT),
	COLUMN("result", "Result", TEXT),
	COLUMN("reason", "Reason", TEXT),
	COLUMN("deadline_ms", NULL, NUMBER),
	COLUMN("rloc", "Other side", TEXT),
	COLUMN("seq", NULL, NUMBER),
	COLUMN("at", NULL, NUMBER),
	COLUMN("age_ms", NULL, NUMBER),
	COLUMN("took_ms", "Took ms", NUMBER),
	COLUMN_OF("steps_ms", "Steps", OBJECT, steps_view),
	COLUMN("held", "Held", NUMBER),
	COLUMN("tail", "Tail", NUMBER),
	COLUMN("redirected", "Redirected", NUMBER),
	COLUMN("longest_hold_ms", "Longest hold ms", NUMBER),
	{0},
};

/* Of an agent. */
static const struct column guest_move_view[] = {
	COLUMN("id", "Move", TEXT),
	COLUMN("guest", "Guest", TEXT),
	COLUMN("uuid", NULL, TEXT),
	COLUMN("to", "To", TEXT),
	COLUMN("by", "By", TEXT),
	COLUMN("reason", "Reason", TEXT),
	COLUMN("deadline_ms", NULL, NUMBER),
	COLUMN("state", "State", TEXT),
	COLUMN("age_ms", NULL, NUMBER),
	COLUMN("copying_ms", "Copying", NUMBER),
	COLUMN("paused_ms", "Paused", NUMBER),
	COLUMN("ended_ms", "Ended", NUMBER),
	COLUMN("error", "Error", TEXT),
	{0},
};

static const char *const daemons[] = {"xtr", "vmagent"};

/* The moves of the daemon at --socket, else of the router, else of the agent that runs here;
 * *@daemon is which. */
static enum cli_exit fetch(const struct cli *cli, const char **daemon, struct json_object **rows)
{
	const struct client_request r = {.method = "GET", .path = "/v1/moves"};
	bool given = cli->socket != NULL || cli->connect != NULL;
	struct json_object *answer = NULL, *list = NULL;
	enum cli_exit code = CLI_UNREACHABLE;
	struct client *c;

	for (size_t i = 0; i < (given ? 1 : 2) && code == CLI_UNREACHABLE; i++) {
		*daemon = daemons[i];
		c = client_new(cli, *daemon);
		if (c == NULL)
			return cli_fail(cli, CLI_FAILED, "out of memory");
		code = client_call(c, &r, &answer);
		if (code != CLI_OK && (code != CLI_UNREACHABLE || given || i == 1))
			cli_fail(cli, code, "%s", client_message(c));
		client_free(c);
	}
	if (code == CLI_OK && (!json_object_object_get_ex(answer, "moves", &list) ||
				      !json_object_is_type(list, json_type_array)))
		code = cli_fail(cli, CLI_FAILED, "/v1/moves: the answer has no list \"moves\"");
	*rows = code == CLI_OK ? json_object_get(list) : NULL;
	json_object_put(answer);
	return code;
}

static bool is_of_agent(struct json_object *rows)
{
	return json_object_array_length(rows) > 0 &&
	       json_object_object_get(json_object_array_get_idx(rows, 0), "guest") != NULL;
}

static void show(const struct cli *cli, struct json_object *rows)
{
	struct writer w = {cli->out, cli->json};

	writer_table(
		&w, "moves", is_of_agent(rows) ? guest_move_view : eid_move_view, rows, "no moves");
}

int move_list(struct cli *cli, const struct invocation *inv)
{
	struct json_object *rows;
	const char *daemon;
	enum cli_exit code = fetch(cli, &daemon, &rows);

	if (code != CLI_OK)
		return code;
	show(cli, rows);
	json_object_put(rows);
	return CLI_OK;
}

static bool of_a_move(struct json_object *data, const void *arg)
{
	struct json_object *event = json_object_object_get(data, "event");

	return event != NULL && strncmp(json_object_get_string(event), "move", 4) == 0;
}

/* The table, again and again, on a screen of its own. */
static enum cli_exit watch_table(const struct cli *cli)
{
	struct json_object *rows;
	const char *daemon;
	enum cli_exit code;

	for (unsigned int shown = 0; cli->events_max == 0 || shown < cli->events_max; shown++) {
		if (shown > 0)
			poll(NULL, 0, REFRESH_MS);
		code = fetch(cli, &daemon, &rows);
		if (code != CLI_OK)
			return code;
		fprintf(cli->out, "\033[H\033[J");
		show(cli, rows);
		fflush(cli->out);
		json_object_put(rows);
		if (ferror(cli->out))
			break;
	}
	return CLI_OK;
}

int move_watch(struct cli *cli, const struct invocation *inv)
{
	int fd = fileno(cli->out); /* of a stream in memory: none */
	unsigned long count;
	struct json_object *rows;
	const char *daemon;
	enum cli_exit code;

	if (!invocation_number(inv, "--count", 1, 1000000000, cli->events_max, &count))
		return cli_usage(cli, inv, "--count is \"%s\", must be 1 to 1000000000",
			invocation_value(inv, "--count"));
	cli->events_max = (unsigned int)count;
	if (invocation_has(inv, "--once"))
		return move_list(cli, inv);
	if (!cli->json && fd >= 0 && isatty(fd))
		return watch_table(cli);
	code = fetch(cli, &daemon, &rows); /* which daemon it is */
	json_object_put(rows);
	return code == CLI_OK ? watch_events(cli, daemon, "/v1/events", of_a_move, NULL) : code;
}
