/* key: the keys of a site, one by one: rotated while its xTRs register. */
#include <json.h>
#include <stdlib.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

#define NAME_TEXT 512

static const struct column key_view[] = {
	COLUMN("id", "Key", NUMBER),
	COLUMN("algorithm", "Algorithm", TEXT),
	COLUMN("origin", "Origin", TEXT),
	COLUMN("xtrs", "xTRs", NUMBER),
	{0},
};

/* "/v1/sites/NAME/keys[/ID]"; @id NULL: all. */
static bool key_path(char *path, size_t size, const char *name, const char *id)
{
	char encoded[NAME_TEXT];

	if (!url_encode(name, encoded, sizeof(encoded)))
		return false;
	snprintf(path, size, "/v1/sites/%s/keys%s%s", encoded, id ? "/" : "", id ? id : "");
	return true;
}

static int bad_name(const struct cli *cli, const struct invocation *inv)
{
	return cli_usage(cli, inv, "the site's name is longer than %d bytes", NAME_TEXT / 3);
}

int key_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *answer = NULL;
	char path[NAME_TEXT + 32];
	enum cli_exit code;

	if (!key_path(path, sizeof(path), inv->args[0], NULL))
		return bad_name(cli, inv);
	code = verb_rows(cli, "mapserver", path, "keys", 0, &answer);
	if (code == CLI_OK)
		writer_table(&w, "keys", key_view, answer, "no keys");
	json_object_put(answer);
	return code;
}

int key_add(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "POST"};
	struct json_object *keys = json_object_new_array(), *answer = NULL;
	char path[NAME_TEXT + 32];
	int code;

	if (key_path(path, sizeof(path), inv->args[0], NULL))
		code = verb_key(cli, inv, inv->args[1], keys);
	else
		code = bad_name(cli, inv);
	if (code == CLI_OK) {
		r.path = path;
		r.body = json_object_array_get_idx(keys, 0);
		code = client_ask(cli, "mapserver", &r, &answer);
	}
	if (code == CLI_OK && cli->json)
		writer_object(&(struct writer){cli->out, true}, key_view, answer);
	json_object_put(answer);
	json_object_put(keys);
	return code;
}

int key_retire(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "DELETE"};
	struct json_object *answer = NULL;
	char path[NAME_TEXT + 32];
	unsigned long id;
	int code;

	if (!grammar_number(inv->args[1], 0, 255, &id))
		return cli_usage(
			cli, inv, "the key's ID is \"%s\", must be 0 to 255", inv->args[1]);
	if (!key_path(path, sizeof(path), inv->args[0], inv->args[1]))
		return bad_name(cli, inv);
	r.path = path;
	code = client_ask(cli, "mapserver", &r, &answer);
	json_object_put(answer);
	return code;
}
