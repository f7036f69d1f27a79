/* eid: the map-server's mappings: show, add, set, delete, watch. */
#include <json.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/watch.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

#define TTL_MIN_MAX 525600 /* minutes: a year */

static const struct column owner_view[] = {
	COLUMN("xtr_id", "Owner's xTR-ID", TEXT),
	COLUMN("site_id", "Owner's Site-ID", NUMBER),
	{0},
};

static const struct column locator_view[] = {
	COLUMN("address", "Locator", TEXT),
	COLUMN("priority", "Pri", NUMBER),
	COLUMN("weight", "Weight", NUMBER),
	COLUMN("mpriority", NULL, NUMBER),
	COLUMN("mweight", NULL, NUMBER),
	COLUMN("reachable", "Reachable", BOOL),
	COLUMN("lcaf", NULL, ANY),
	{0},
};

static const struct column contributor_view[] = {
	COLUMN("site", "Site", TEXT),
	COLUMN_OF("owner", "", OBJECT, owner_view),
	COLUMN("ttl_min", "TTL min", NUMBER),
	COLUMN("proxy_reply", NULL, BOOL),
	COLUMN("lisp_sec", NULL, BOOL),
	COLUMN("expires_in_s", "Expires", SECONDS),
	COLUMN_OF("locators", "Locators", ROWS, locator_view),
	{0},
};

static const struct column eid_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("iid", NULL, NUMBER),
	COLUMN("prefix", NULL, TEXT),
	COLUMN("seq", "Seq", NUMBER),
	COLUMN("site", "Site", TEXT),
	COLUMN_DETAIL("owner", "Owner", OBJECT, owner_view),
	COLUMN("static", "Static", BOOL),
	COLUMN("ttl_min", "TTL min", NUMBER),
	COLUMN_DETAIL("map_version", "Map-Version", NUMBER, NULL),
	COLUMN_DETAIL("proxy_reply", "Proxy reply", BOOL, NULL),
	COLUMN_DETAIL("lisp_sec", "LISP-SEC", BOOL, NULL),
	COLUMN("expires_in_s", "Expires", SECONDS),
	COLUMN_DETAIL("action", "Action", TEXT, NULL),
	COLUMN_OF("locators", "Locators", ROWS, locator_view),
	COLUMN_DETAIL("contributors", "Contributors", ROWS, contributor_view),
	{0},
};

/* "/v1/eids/ipv4:...?iid=..." of the first argument. */
static bool eid_path(
	const struct cli *cli, const struct invocation *inv, char *path, size_t size, int *code)
{
	char url[EID_URL_TEXT];
	struct eid e;

	if (!verb_eid(cli, inv, inv->args[0], &e, code))
		return false;
	snprintf(path, size, "/v1/eids/%s", eid_url_format(&e, url, sizeof(url)));
	return true;
}

/* "/v1/eids?limit=&site=&under=&iid=" from the options. */
static int list_path(const struct cli *cli, const struct invocation *inv, unsigned long limit,
	char *path, size_t size)
{
	const char *site = invocation_value(inv, "--site"),
		   *under = invocation_value(inv, "--under");
	char text[512];
	struct eid e;
	size_t used;
	int code;

	used = (size_t)snprintf(
		path, size, "/v1/eids?limit=%lu", limit > 0 && limit < 10000 ? limit : 10000);
	if (site != NULL) {
		if (!url_encode(site, text, sizeof(text)))
			return cli_usage(cli, inv, "the site's name is longer than %zu bytes",
				sizeof(text) / 3);
		used += (size_t)snprintf(path + used, size - used, "&site=%s", text);
	}
	if (under != NULL) {
		char *query;

		if (!verb_eid(cli, inv, under, &e, &code))
			return code;
		query = strchr(eid_url_format(&e, text, sizeof(text)), '?');
		if (query != NULL)
			*query = '&';
		snprintf(path + used, size - used, "&under=%s", text);
	}
	return CLI_OK;
}

static int show_list(const struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *rows;
	unsigned long limit;
	char path[1024];
	int code;

	if (!invocation_number(inv, "--limit", 1, 1000000000, 0, &limit))
		return cli_usage(cli, inv, "--limit is \"%s\", must be 1 to 1000000000",
			invocation_value(inv, "--limit"));
	code = list_path(cli, inv, limit, path, sizeof(path));
	if (code == CLI_OK)
		code = (int)verb_rows(cli, "mapserver", path, "eids", limit, &rows);
	if (code != CLI_OK)
		return code;
	writer_table(&w, "eids", eid_view, rows, "no mappings");
	json_object_put(rows);
	return CLI_OK;
}

int eid_show(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct client_request r = {.method = "GET", .missing = CLI_NO_MAPPING};
	struct json_object *answer;
	char path[256];
	int code;

	if (inv->argc == 0)
		return show_list(cli, inv);
	if (!eid_path(cli, inv, path, sizeof(path), &code))
		return code;
	r.path = path;
	code = (int)client_ask(cli, "mapserver", &r, &answer);
	if (code == CLI_OK)
		writer_object(&w, eid_view, answer);
	json_object_put(answer);
	return code;
}

/* "ADDR,PRIORITY,WEIGHT[,MPRIORITY,MWEIGHT]" as a locator object; NULL: not of that form. */
static struct json_object *parse_locator(const char *text)
{
	static const char *const names[] = {"priority", "weight", "mpriority", "mweight"};
	char copy[ADDRESS_TEXT + 32], canonical[ADDRESS_TEXT], *rest = copy, *word;
	struct json_object *l = json_object_new_object();
	struct address a;
	unsigned long v;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	word = strsep(&rest, ",");
	if (!address_parse(&a, word) || !address_is_ip(&a))
		goto bad;
	json_object_object_add(l, "address",
		json_object_new_string(address_format(&a, canonical, sizeof(canonical))));
	while ((word = strsep(&rest, ",")) != NULL) {
		if (n == 4 || !grammar_number(word, 0, 255, &v))
			goto bad;
		json_object_object_add(l, names[n++], json_object_new_int64((int64_t)v));
	}
	if (n == 2 || n == 4)
		return l;
bad:
	json_object_put(l);
	return NULL;
}

static int mapping_body(
	const struct cli *cli, const struct invocation *inv, struct json_object *body)
{
	struct json_object *locators = json_object_new_array(), *one;
	const char *text, *action = invocation_value(inv, "--action");
	unsigned long ttl;
	int at = 0;

	json_object_object_add(body, "locators", locators);
	if (!invocation_number(inv, "--ttl", 1, TTL_MIN_MAX, 1440, &ttl))
		return cli_usage(cli, inv, "--ttl is \"%s\", must be 1 to %d minutes",
			invocation_value(inv, "--ttl"), TTL_MIN_MAX);
	json_object_object_add(body, "ttl_min", json_object_new_int64((int64_t)ttl));
	while ((text = invocation_next(inv, "--rloc", &at)) != NULL) {
		one = parse_locator(text);
		if (one == NULL)
			return cli_usage(cli, inv,
				"--rloc is \"%s\", must be an IP address, a priority and a weight (0-255), and "
				"perhaps the same for multicast: 198.51.100.1,1,100",
				text);
		json_object_array_add(locators, one);
	}
	if (json_object_array_length(locators) == 0 && action == NULL)
		return cli_usage(cli, inv,
			"neither --rloc nor --action is given: a mapping has locators, or an action if it is "
			"negative");
	if (json_object_array_length(locators) > 0 && action != NULL)
		return cli_usage(cli, inv, "--action is for mappings without --rloc");
	if (action != NULL)
		json_object_object_add(body, "action", json_object_new_string(action));
	return CLI_OK;
}

/* --seq as an If-Match value. */
static bool seq_value(
	const struct cli *cli, const struct invocation *inv, const char **seq, int *code)
{
	unsigned long v;

	*seq = invocation_value(inv, "--seq");
	if (invocation_number(inv, "--seq", 0, ~0UL, 0, &v))
		return true;
	*code = cli_usage(cli, inv, "--seq is \"%s\", must be a number", *seq);
	return false;
}

/* POST creates, PUT sets. */
static int write_mapping(const struct cli *cli, const struct invocation *inv, const char *method)
{
	struct json_object *body = json_object_new_object(), *answer = NULL;
	struct client_request r = {.method = method, .body = body};
	char path[256];
	int code;

	if (eid_path(cli, inv, path, sizeof(path), &code) &&
		seq_value(cli, inv, &r.if_match, &code)) {
		r.path = path;
		code = mapping_body(cli, inv, body);
		if (code == CLI_OK)
			code = (int)client_ask(cli, "mapserver", &r, &answer);
		if (code == CLI_OK && cli->json)
			writer_object(&(struct writer){cli->out, true}, eid_view, answer);
	}
	json_object_put(answer);
	json_object_put(body);
	return code;
}

int eid_add(struct cli *cli, const struct invocation *inv)
{
	return write_mapping(cli, inv, "POST");
}

int eid_set(struct cli *cli, const struct invocation *inv)
{
	return write_mapping(cli, inv, "PUT");
}

int eid_del(struct cli *cli, const struct invocation *inv)
{
	struct client_request r = {.method = "DELETE", .missing = CLI_NO_MAPPING};
	const char *site = invocation_value(inv, "--site");
	char path[1024], name[512];
	struct json_object *answer;
	size_t used;
	int code;

	if (!eid_path(cli, inv, path, sizeof(path), &code) ||
		!seq_value(cli, inv, &r.if_match, &code))
		return code;
	used = strlen(path);
	if (site != NULL && !url_encode(site, name, sizeof(name)))
		return cli_usage(
			cli, inv, "the site's name is longer than %zu bytes", sizeof(name) / 3);
	if (site != NULL) /* the instance may stand there already */
		snprintf(path + used, sizeof(path) - used, "%csite=%s",
			strchr(path, '?') ? '&' : '?', name);
	r.path = path;
	code = (int)client_ask(cli, "mapserver", &r, &answer);
	json_object_put(answer);
	return code;
}

/* The event is about an EID that the argument covers. */
static bool is_covered(struct json_object *data, const void *arg)
{
	struct json_object *text;
	const char *why;
	struct eid e;

	return json_object_object_get_ex(data, "eid", &text) &&
	       json_object_is_type(text, json_type_string) &&
	       eid_parse(&e, json_object_get_string(text), &why) && eid_covers(arg, &e);
}

int eid_watch(struct cli *cli, const struct invocation *inv)
{
	struct eid e;
	int code;

	if (inv->argc == 0)
		return (int)watch_events(cli, "mapserver", "/v1/events", NULL, NULL);
	if (!verb_eid(cli, inv, inv->args[0], &e, &code))
		return code;
	return (int)watch_events(cli, "mapserver", "/v1/events", is_covered, &e);
}
