/* subscription: who is told of which EIDs, as the map-server has it (RFC 9437). */
#include <json.h>

#include "cli/verbs.h"
#include "cli/writer.h"

static const struct column subscriber_view[] = {
	COLUMN("xtr_id", "xTR-ID", TEXT),
	COLUMN("site_id", "Site-ID", NUMBER),
	{0},
};

static const struct column subscription_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("state", "State", TEXT),
	COLUMN("site", "Site", TEXT),
	COLUMN_OF("subscriber", "Subscriber", OBJECT, subscriber_view),
	COLUMN("itr_rlocs", "Told at", WORDS),
	COLUMN("unacknowledged", "Unacknowledged", NUMBER),
	COLUMN("expires_in_s", "Expires", SECONDS),
	COLUMN_DETAIL("nonce", "Nonce", TEXT, NULL),
	{0},
};

int subscription_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *rows;
	unsigned long limit;
	enum cli_exit code;

	if (!invocation_number(inv, "--limit", 1, 1000000000, 0, &limit))
		return cli_usage(cli, inv, "--limit is \"%s\", must be 1 to 1000000000",
			invocation_value(inv, "--limit"));
	code = verb_rows(cli, "mapserver", "/v1/subscriptions", "subscriptions", limit, &rows);
	if (code != CLI_OK)
		return (int)code;
	writer_table(&w, "subscriptions", subscription_view, rows, "no subscriptions");
	json_object_put(rows);
	return CLI_OK;
}
