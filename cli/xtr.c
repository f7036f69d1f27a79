/* xtr: the verbs that ask a tunnel router: its map-cache, local and away EIDs, and locators. */
#include <json.h>
#include <string.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

static const struct column locator_view[] = {
	COLUMN("address", "Locator", TEXT),
	COLUMN("priority", "Pri", NUMBER),
	COLUMN("weight", "Weight", NUMBER),
	COLUMN("reachable", "Reachable", BOOL),
	COLUMN("up", "Up", BOOL),
	{0},
};

static const struct column cache_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("negative", "Negative", BOOL),
	COLUMN("protected", "Protected", BOOL),
	COLUMN("action", "Action", TEXT),
	COLUMN("age_s", "Age", SECONDS),
	COLUMN("ttl_s", "TTL", SECONDS),
	COLUMN("unusable", "Unusable", NUMBER),
	COLUMN_OF("locators", "Locators", ROWS, locator_view),
	{0},
};

static const struct column local_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("dynamic", "Dynamic", BOOL),
	COLUMN("port", "Port", TEXT),
	COLUMN("mac", "MAC", TEXT),
	COLUMN("seen_s", "Seen", SECONDS),
	COLUMN("registered", "Registered", BOOL),
	COLUMN("seq", "Seq", NUMBER),
	{0},
};

static const struct column away_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("seq", "Seq", NUMBER),
	COLUMN("age_s", "Age", SECONDS),
	COLUMN_OF("locators", "Locators", ROWS, locator_view),
	{0},
};

static const struct column rloc_view[] = {
	COLUMN("address", "Address", TEXT),
	COLUMN("seen_as", "Seen as", TEXT),
	COLUMN("local", "Local", BOOL),
	COLUMN("priority", "Pri", NUMBER),
	COLUMN("weight", "Weight", NUMBER),
	COLUMN("drained", "Drained", BOOL),
	COLUMN("up", "Up", BOOL),
	COLUMN("rtt_us", "RTT us", NUMBER),
	COLUMN("entries", "Entries", NUMBER),
	{0},
};

static int show(const struct cli *cli, const char *path, const char *key, const struct column *view,
	unsigned long limit, const char *none)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *rows;
	enum cli_exit code = verb_rows(cli, "xtr", path, key, limit, &rows);

	if (code != CLI_OK)
		return code;
	writer_table(&w, key, view, rows, none);
	json_object_put(rows);
	return CLI_OK;
}

int cache_show(struct cli *cli, const struct invocation *inv)
{
	unsigned long limit;

	if (!invocation_number(inv, "--limit", 1, 1000000000, 0, &limit))
		return cli_usage(cli, inv, "--limit is \"%s\", must be 1 to 1000000000",
			invocation_value(inv, "--limit"));
	return show(cli, "/v1/cache", "cache", cache_view, limit, "the map-cache is empty");
}

int cache_clear(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "DELETE", .missing = CLI_NO_MAPPING};
	char url[EID_URL_TEXT], path[EID_URL_TEXT + 16];
	struct json_object *answer;
	struct eid e;
	int code;

	if (!verb_eid(cli, inv, inv->args[0], &e, &code))
		return code;
	snprintf(path, sizeof(path), "/v1/cache/%s", eid_url_format(&e, url, sizeof(url)));
	r.path = path;
	code = (int)client_ask(cli, "xtr", &r, &answer);
	json_object_put(answer);
	return code;
}

static const struct column claim_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("claim", "Claim", TEXT),
	{0},
};

int eid_claim(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "POST", .missing = CLI_NO_MAPPING};
	bool force = invocation_has(inv, "--force");
	char url[EID_URL_TEXT], path[EID_URL_TEXT + 40], *query;
	struct json_object *answer;
	struct eid e;
	int code;

	if (!verb_eid(cli, inv, inv->args[0], &e, &code))
		return code;
	eid_url_format(&e, url, sizeof(url));
	query = strchr(url, '?'); /* the instance goes behind the whole path */
	snprintf(path, sizeof(path), "/v1/local/%.*s/claim%s%s%s",
		query ? (int)(query - url) : (int)strlen(url), url, query ? query : "",
		force && !query ? "?"
		: force         ? "&"
				: "",
		force ? "force=true" : "");
	r.path = path;
	code = (int)client_ask(cli, "xtr", &r, &answer);
	if (code == CLI_OK && answer != NULL)
		writer_object(&(struct writer){cli->out, cli->json}, claim_view, answer);
	json_object_put(answer);
	return code;
}

int local_show(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/local", "local", local_view, 0, "no local EIDs");
}

int away_show(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/away", "away", away_view, 0, "no EID is away");
}

int rloc_list(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/rlocs", "rlocs", rloc_view, 0, "no locators");
}

static int post_rloc(const struct cli *cli, const struct invocation *inv, const char *what)
{
	struct client_request r = {.method = "POST"};
	char canonical[ADDRESS_TEXT], path[ADDRESS_TEXT + 32];
	struct json_object *answer;
	struct address a;
	enum cli_exit code;

	if (!address_parse(&a, inv->args[0]) || !address_is_ip(&a))
		return cli_usage(cli, inv, "\"%s\" is no IPv4 or IPv6 address", inv->args[0]);
	snprintf(path, sizeof(path), "/v1/rlocs/%s/%s",
		address_format(&a, canonical, sizeof(canonical)), what);
	r.path = path;
	code = client_ask(cli, "xtr", &r, &answer);
	if (code == CLI_OK && cli->json && answer != NULL)
		writer_object(&(struct writer){cli->out, true}, rloc_view, answer);
	json_object_put(answer);
	return code;
}

int rloc_drain(struct cli *cli, const struct invocation *inv)
{
	return post_rloc(cli, inv, "drain");
}

int rloc_undrain(struct cli *cli, const struct invocation *inv)
{
	return post_rloc(cli, inv, "undrain");
}
