/* vm: the verbs that ask a hypervisor's agent: its guests, and what the xTRs know of them. */
#include <json.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

static const struct column host_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("mac", "MAC", TEXT),
	COLUMN("port", "Port", TEXT),
	{0},
};

static const struct column answer_view[] = {
	COLUMN("address", "xTR", TEXT),
	COLUMN("answer", "Answer", TEXT),
	{0},
};

static const struct column guest_view[] = {
	COLUMN("name", "Name", TEXT),
	COLUMN_DETAIL("uuid", "UUID", TEXT, NULL),
	COLUMN("state", "State", TEXT),
	COLUMN("in_migration", "In migration", BOOL),
	COLUMN("since_s", "Since", SECONDS),
	COLUMN_DETAIL("sources", "Sources", WORDS, NULL),
	COLUMN_OF("hosts", "Addresses", ROWS, host_view),
	COLUMN_DETAIL("xtrs", "xTRs", ROWS, answer_view),
	{0},
};

int vm_list(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *rows;
	enum cli_exit code = verb_rows(cli, "vmagent", "/v1/guests", "guests", 0, &rows);

	if (code != CLI_OK)
		return code;
	writer_table(&w, "guests", guest_view, rows, "no guests");
	json_object_put(rows);
	return CLI_OK;
}

int vm_show(struct cli *cli, const struct invocation *inv)
{
	char name[512], path[600];
	struct client_request r = {.method = "GET", .path = path};
	struct json_object *guest;
	enum cli_exit code;

	if (!url_encode(inv->args[0], name, sizeof(name)))
		return cli_usage(cli, inv, "the name is too long");
	snprintf(path, sizeof(path), "/v1/guests/%s", name);
	code = client_ask(cli, "vmagent", &r, &guest);
	if (code == CLI_OK)
		writer_object(&(struct writer){cli->out, cli->json}, guest_view, guest);
	json_object_put(guest);
	return code;
}
