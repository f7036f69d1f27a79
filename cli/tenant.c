/* tenant: whose the map-server's instance-IDs are, and how much of its quota each tenant uses. */
#include <json.h>
#include <stdio.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

#define NAME_TEXT 256

static const struct column mappings_view[] = {
	COLUMN("used", "Mappings", NUMBER),
	COLUMN("max", "Max", NUMBER),
	COLUMN("refused", "Refused", NUMBER),
	{0},
};

static const struct column registrations_view[] = {
	COLUMN("rate", "Changes/s", NUMBER),
	COLUMN("burst", "Burst", NUMBER),
	COLUMN("refused", "Refused", NUMBER),
	{0},
};

static const struct column subscriptions_view[] = {
	COLUMN("used", "Subscriptions", NUMBER),
	COLUMN("max", "Max", NUMBER),
	COLUMN("refused", "Refused", NUMBER),
	{0},
};

static const struct column xtrs_view[] = {
	COLUMN("used", "xTRs", NUMBER),
	COLUMN("max", "Max", NUMBER),
	COLUMN("refused", "Refused", NUMBER),
	{0},
};

static const struct column sites_view[] = {
	COLUMN("used", "Sites", NUMBER),
	COLUMN("max", "Max", NUMBER),
	{0},
};

static const struct column tenant_view[] = {
	COLUMN("name", "Tenant", TEXT),
	COLUMN("instance_ids", "Instance-IDs", WORDS),
	COLUMN_OF("mappings", "Mappings", OBJECT, mappings_view),
	COLUMN_OF("registrations", "Registrations", OBJECT, registrations_view),
	COLUMN_OF("subscriptions", "Subscriptions", OBJECT, subscriptions_view),
	COLUMN_OF("xtrs", "xTRs", OBJECT, xtrs_view),
	COLUMN_OF("sites", "Sites", OBJECT, sites_view),
	{0},
};

int tenant_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct client_request r = {.method = "GET"};
	char name[NAME_TEXT], path[NAME_TEXT + 16];
	struct json_object *answer;
	enum cli_exit code;

	if (inv->argc == 0) {
		code = verb_rows(cli, "mapserver", "/v1/tenants", "tenants", 0, &answer);
		if (code == CLI_OK)
			writer_table(&w, "tenants", tenant_view, answer, "no tenants");
	} else {
		if (!url_encode(inv->args[0], name, sizeof(name)))
			return cli_usage(cli, inv, "the tenant's name is longer than %d bytes",
				NAME_TEXT / 3);
		snprintf(path, sizeof(path), "/v1/tenants/%s", name);
		r.path = path;
		code = client_ask(cli, "mapserver", &r, &answer);
		if (code == CLI_OK)
			writer_object(&w, tenant_view, answer);
	}
	json_object_put(answer);
	return (int)code;
}
