/* ddt: the verb that shows the map-server's part of the delegated database tree: what it has
 * delegated, and what it has learned of others. */
#include <json.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"

static const struct column prefix_view[] = {
	COLUMN("prefix", "Authoritative for", TEXT),
	COLUMN("peers", "Peers", WORDS),
	{0},
};

static const struct column node_view[] = {
	COLUMN("address", "Node", TEXT),
	COLUMN("priority", "Pri", NUMBER),
	COLUMN("weight", "Weight", NUMBER),
	COLUMN("keys", "Keys", WORDS),
	{0},
};

static const struct column delegation_view[] = {
	COLUMN("prefix", "Delegated", TEXT),
	COLUMN("map_servers", "Map-servers", BOOL),
	COLUMN_OF("nodes", "Nodes", ROWS, node_view),
	{0},
};

static const struct column rloc_view[] = {
	COLUMN("address", "Address", TEXT),
	COLUMN("priority", "Pri", NUMBER),
	COLUMN("silent", "Silent", BOOL),
	COLUMN("keys", "Keys", WORDS),
	{0},
};

static const struct column referral_view[] = {
	COLUMN("prefix", "Referral", TEXT),
	COLUMN("action", "Action", TEXT),
	COLUMN("expires_s", "Expires", SECONDS),
	COLUMN_OF("rlocs", "Locators", ROWS, rloc_view),
	{0},
};

static const struct column ddt_view[] = {
	COLUMN("root", "Root", BOOL),
	COLUMN("sign_keys", "Signs with", WORDS),
	COLUMN("signed_only", "Signed referrals only", BOOL),
	COLUMN("searches", "Searches", NUMBER),
	COLUMN_OF("prefixes", "Prefixes", ROWS, prefix_view),
	COLUMN_OF("delegations", "Delegations", ROWS, delegation_view),
	COLUMN_OF("roots", "Roots", ROWS, rloc_view),
	COLUMN_OF("referrals", "Referrals", ROWS, referral_view),
	COLUMN("more", "More referrals", BOOL),
	{0},
};

int ddt_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct client_request r = {.method = "GET"};
	struct json_object *answer;
	unsigned long limit;
	enum cli_exit code;
	char path[64];

	if (!invocation_number(inv, "--limit", 1, 10000, 1000, &limit))
		return cli_usage(cli, inv, "--limit is \"%s\", must be 1 to 10000",
			invocation_value(inv, "--limit"));
	snprintf(path, sizeof(path), "/v1/ddt?limit=%lu", limit);
	r.path = path;
	code = client_ask(cli, "mapserver", &r, &answer);
	if (code != CLI_OK)
		return code;
	writer_object(&w, ddt_view, answer);
	json_object_put(answer);
	return CLI_OK;
}
