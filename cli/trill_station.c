/* trill station: tells an RBridge where an end station is, or that it has left the site. */
#include <json.h>
#include <string.h>

#include "cli/client.h"
#include "cli/trill_view.h"
#include "cli/verbs.h"
#include "cli/writer.h"

#define PATH_SIZE 64 /* "/v1/stations/4094/52:54:00:00:00:01" */

static const struct column add_view[] = {
	TRILL_STATION_COLUMNS,
	COLUMN("told", "Told", BOOL),
	COLUMN("left_out", "Addresses left out", NUMBER),
	{0},
};

static const struct column leave_view[] = {
	COLUMN("was", "Was", TEXT),
	{0},
};

/* The two arguments behind the word. What is wrong is told. */
static int path_of(char path[PATH_SIZE], const struct cli *cli, const struct invocation *inv)
{
	char text[ADDRESS_TEXT];
	unsigned long vlan;
	struct address mac;

	if (!grammar_number(inv->args[1], 1, 4094, &vlan))
		return cli_usage(cli, inv, "the VLAN is \"%s\", must be 1 to 4094", inv->args[1]);
	if (!address_parse(&mac, inv->args[2]) || mac.afi != AFI_MAC)
		return cli_usage(cli, inv, "the MAC is \"%s\", must be one as 52:54:00:00:00:01",
			inv->args[2]);
	snprintf(path, PATH_SIZE, "/v1/stations/%lu/%s", vlan,
		address_format(&mac, text, sizeof(text)));
	return CLI_OK;
}

/* What the options say. What is wrong is told. */
static int body_of(struct json_object *body, const struct cli *cli, const struct invocation *inv)
{
	struct json_object *ips = json_object_new_array();
	const char *text;
	int at = 0;

	json_object_object_add(body, "ips", ips);
	if (invocation_has(inv, "--port"))
		json_object_object_add(
			body, "port", json_object_new_string(invocation_value(inv, "--port")));
	while ((text = invocation_next(inv, "--ip", &at)) != NULL) {
		struct address ip;

		if (!address_parse(&ip, text) || !address_is_ip(&ip))
			return cli_usage(cli, inv, "--ip is \"%s\", must be an IP address", text);
		json_object_array_add(ips, json_object_new_string(text));
	}
	return CLI_OK;
}

static int ask(struct cli *cli, const struct client_request *r, const struct column *view)
{
	struct json_object *answer;
	enum cli_exit code = client_ask(cli, "rbridge", r, &answer);

	if (code == CLI_OK)
		writer_object(&(struct writer){cli->out, cli->json}, view, answer);
	json_object_put(answer);
	return code;
}

static int add(struct cli *cli, const struct invocation *inv, const char *path)
{
	struct json_object *body = json_object_new_object();
	const struct client_request r = {.method = "PUT", .path = path, .body = body};
	int code = body_of(body, cli, inv);

	if (code == CLI_OK)
		code = ask(cli, &r, add_view);
	json_object_put(body);
	return code;
}

int trill_station(struct cli *cli, const struct invocation *inv)
{
	char path[PATH_SIZE];
	const struct client_request leave = {.method = "DELETE", .path = path};
	int code;

	if (strcmp(inv->args[0], "add") != 0 && strcmp(inv->args[0], "leave") != 0)
		return cli_usage(cli, inv, "\"%s\" is neither add nor leave", inv->args[0]);
	code = path_of(path, cli, inv);
	if (code != CLI_OK)
		return code;
	if (!strcmp(inv->args[0], "add"))
		return add(cli, inv, path);
	if (invocation_has(inv, "--port") || invocation_has(inv, "--ip"))
		return cli_usage(cli, inv, "a station leaves without --port and --ip");
	return ask(cli, &leave, leave_view);
}
