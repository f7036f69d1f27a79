/* vm_move: the verb that has a guest moved by the agent of its hypervisor, or asks whether it could
 * be. */
#include <json.h>
#include <poll.h>
#include <string.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

#define POLL_MS      100
#define DEADLINE_MAX (24ul * 3600 * 1000) /* ms */

static const struct column move_view[] = {
	COLUMN("id", "Move", TEXT),
	COLUMN("guest", "Guest", TEXT),
	COLUMN_DETAIL("uuid", "UUID", TEXT, NULL),
	COLUMN("to", "To", TEXT),
	COLUMN("by", "By", TEXT),
	COLUMN("reason", "Reason", TEXT),
	COLUMN("deadline_ms", "Deadline ms", NUMBER),
	COLUMN("state", "State", TEXT),
	COLUMN("error", "Error", TEXT),
	COLUMN("age_ms", NULL, NUMBER),
	COLUMN("copying_ms", "Copying after ms", NUMBER),
	COLUMN("paused_ms", "Paused after ms", NUMBER),
	COLUMN("ended_ms", "Ended after ms", NUMBER),
	{0},
};

static const struct column check_view[] = {
	COLUMN("check", "Check", TEXT),
	COLUMN("good", "Good", BOOL),
	COLUMN("detail", "Detail", TEXT),
	{0},
};

static const struct column trial_view[] = {
	COLUMN("guest", "Guest", TEXT),
	COLUMN("to", "To", TEXT),
	COLUMN("by", "By", TEXT),
	COLUMN("possible", "Possible", BOOL),
	COLUMN_OF("checks", "Checks", ROWS, check_view),
	{0},
};

static const char *text_of(struct json_object *o, const char *key)
{
	const char *text = json_object_get_string(json_object_object_get(o, key));

	return text != NULL ? text : "";
}

/* What is asked of the agent; NULL: the usage is told, *@code is the exit code. */
static struct json_object *wish_of(
	const struct cli *cli, const struct invocation *inv, bool dry_run, int *code)
{
	const char *to = invocation_value(inv, "--to"), *reason = invocation_value(inv, "--reason"),
		   *uri = invocation_value(inv, "--uri");
	struct json_object *wish;
	unsigned long deadline;

	*code = CLI_USAGE;
	if (to == NULL) {
		cli_usage(cli, inv,
			"--to is missing: the destination's name in the agent's "
			"configuration");
		return NULL;
	}
	if (!invocation_number(inv, "--deadline", 0, DEADLINE_MAX, 0, &deadline)) {
		cli_usage(cli, inv, "--deadline is \"%s\", must be 0 to %lu",
			invocation_value(inv, "--deadline"), DEADLINE_MAX);
		return NULL;
	}
	wish = json_object_new_object();
	json_object_object_add(wish, "guest", json_object_new_string(inv->args[0]));
	json_object_object_add(wish, "to", json_object_new_string(to));
	json_object_object_add(
		wish, "reason", json_object_new_string(reason != NULL ? reason : "operator"));
	if (deadline > 0)
		json_object_object_add(
			wish, "deadline_ms", json_object_new_int64((int64_t)deadline));
	if (uri != NULL)
		json_object_object_add(wish, "uri", json_object_new_string(uri));
	if (dry_run)
		json_object_object_add(wish, "dry_run", json_object_new_boolean(true));
	return wish;
}

static bool is_over(struct json_object *move)
{
	const char *state = text_of(move, "state");

	return strcmp(state, "moved") == 0 || strcmp(state, "failed") == 0;
}

/* Ask how it stands until it is over; *@move is put away and replaced. */
static enum cli_exit wait_for_end(const struct cli *cli, struct json_object **move)
{
	char path[64];
	struct client_request r = {.method = "GET", .path = path};
	enum cli_exit code = CLI_OK;

	snprintf(path, sizeof(path), "/v1/moves/%.16s", text_of(*move, "id"));
	while (code == CLI_OK && !is_over(*move)) {
		poll(NULL, 0, POLL_MS);
		json_object_put(*move);
		*move = NULL;
		code = client_ask(cli, "vmagent", &r, move);
	}
	return code;
}

/* What the agent there is asked: of @guest, as the agent here has it. */
static struct json_object *arrival_of(struct json_object *guest)
{
	struct json_object *o = json_object_new_object(), *v;

	json_object_object_add(o, "guest", json_object_get(json_object_object_get(guest, "name")));
	json_object_object_add(o, "uuid", json_object_get(json_object_object_get(guest, "uuid")));
	v = json_object_object_get(guest, "hosts");
	json_object_object_add(o, "hosts", json_object_get(v));
	return o;
}

/* Add what @answer says to @trial. */
static void join_trials(struct json_object *trial, struct json_object *answer)
{
	struct json_object *to = json_object_object_get(trial, "checks");
	struct json_object *from = json_object_object_get(answer, "checks");

	if (!json_object_is_type(from, json_type_array) ||
		!json_object_is_type(to, json_type_array))
		return;
	for (size_t i = 0; i < json_object_array_length(from); i++)
		json_object_array_add(to, json_object_get(json_object_array_get_idx(from, i)));
	if (!json_object_get_boolean(json_object_object_get(answer, "possible")))
		json_object_object_add(trial, "possible", json_object_new_boolean(false));
}

/* The agent at the destination has its xTRs prepare, and take it back. */
static enum cli_exit try_there(
	const struct cli *cli, const char *name, const char *socket, struct json_object *trial)
{
	char word[512], path[600];
	struct client_request ask = {.method = "GET", .path = path};
	struct client_request arrive = {.method = "POST", .path = "/v1/arrivals"};
	struct json_object *guest = NULL, *answer = NULL;
	struct cli there = *cli;
	enum cli_exit code;

	there.socket = socket;
	there.connect = NULL;
	if (!url_encode(name, word, sizeof(word)))
		return cli_fail(cli, CLI_USAGE, "the guest's name is too long");
	snprintf(path, sizeof(path), "/v1/guests/%s", word);
	code = client_ask(cli, "vmagent", &ask, &guest);
	if (code == CLI_OK) {
		arrive.body = arrival_of(guest);
		code = client_ask(&there, "vmagent", &arrive, &answer);
	}
	if (code == CLI_OK)
		join_trials(trial, answer);
	json_object_put(arrive.body);
	json_object_put(guest);
	json_object_put(answer);
	return code;
}

static int show_trial(const struct cli *cli, struct json_object *trial)
{
	writer_object(&(struct writer){cli->out, cli->json}, trial_view, trial);
	return json_object_get_boolean(json_object_object_get(trial, "possible")) ? CLI_OK
										  : CLI_FAILED;
}

static int show_move(const struct cli *cli, struct json_object *move)
{
	writer_object(&(struct writer){cli->out, cli->json}, move_view, move);
	return strcmp(text_of(move, "state"), "failed") == 0 ? CLI_FAILED : CLI_OK;
}

int vm_move(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "POST", .path = "/v1/moves"};
	const char *socket = invocation_value(inv, "--there");
	bool dry_run = invocation_has(inv, "--dry-run");
	struct json_object *answer = NULL;
	int code;

	if (socket != NULL && !dry_run)
		return cli_usage(cli, inv, "--there is for --dry-run");
	r.body = wish_of(cli, inv, dry_run, &code);
	if (r.body == NULL)
		return code;
	code = (int)client_ask(cli, "vmagent", &r, &answer);
	json_object_put(r.body);
	if (code == CLI_OK && !dry_run && !invocation_has(inv, "--no-wait"))
		code = (int)wait_for_end(cli, &answer);
	if (code == CLI_OK && socket != NULL)
		code = (int)try_there(cli, inv->args[0], socket, answer);
	if (code == CLI_OK)
		code = dry_run ? show_trial(cli, answer) : show_move(cli, answer);
	json_object_put(answer);
	return code;
}
