/* status: who is running and how it is. Without --socket all daemons are asked, and those that do
 * not run are left out. */
#include <json.h>
#include <string.h>

#include "cli/client.h"
#include "cli/trill_view.h"
#include "cli/verbs.h"
#include "cli/writer.h"

static const struct column forward_view[] = {
	COLUMN("prefix", "Prefix", TEXT),
	COLUMN("to", "To", TEXT),
	{0},
};

static const struct column mapserver_view[] = {
	COLUMN("daemon", "Daemon", TEXT),
	COLUMN("version", "Version", TEXT),
	COLUMN("pid", "PID", NUMBER),
	COLUMN("uptime_s", "Uptime", SECONDS),
	COLUMN("roles", "Roles", WORDS),
	COLUMN("listen", "Listens at", WORDS),
	COLUMN("workers", "Workers", NUMBER),
	COLUMN("sites", "Sites", NUMBER),
	COLUMN("eids", "EIDs", NUMBER),
	COLUMN("tombstones", "Tombstones", NUMBER),
	COLUMN("flapping", "Flapping EIDs", NUMBER),
	COLUMN("xtrs", "xTRs", NUMBER),
	COLUMN("pending_notifies", "Pending notifies", NUMBER),
	COLUMN("durable", "Durable", BOOL),
	COLUMN_OF("forward", "Forwards", ROWS, forward_view),
	{0},
};

static const struct column server_view[] = {
	COLUMN("address", "Address", TEXT),
	COLUMN("protocol", "Protocol", TEXT),
	COLUMN("acked", "Acked", BOOL),
	COLUMN("ack_s", "Last ack", SECONDS),
	COLUMN("nat", "NAT", TEXT),
	COLUMN("seen_as", "Seen as", TEXT),
	COLUMN("rtrs", "RTRs", WORDS),
	{0},
};

static const struct column port_view[] = {
	COLUMN("name", "Port", TEXT),
	COLUMN("role", "Role", TEXT),
	COLUMN("mode", "Mode", TEXT),
	COLUMN("ifindex", "Ifindex", NUMBER),
	COLUMN("up", "Up", BOOL),
	COLUMN("iid", "Instance", NUMBER),
	COLUMN("mac", "MAC", TEXT),
	COLUMN("proxy", "Proxy", BOOL),
	{0},
};

static const struct column xtr_view[] = {
	COLUMN("daemon", "Daemon", TEXT),
	COLUMN("version", "Version", TEXT),
	COLUMN("pid", "PID", NUMBER),
	COLUMN("uptime_s", "Uptime", SECONDS),
	COLUMN("xtr_id", "xTR-ID", TEXT),
	COLUMN("site_id", "Site-ID", NUMBER),
	COLUMN("map_resolvers", "Map-resolvers", WORDS),
	COLUMN("held_bytes", "Held bytes", NUMBER),
	COLUMN("hold_tap", "Hold tap", TEXT),
	COLUMN_OF("map_servers", "Map-servers", ROWS, server_view),
	COLUMN_OF("ports", "Ports", ROWS, port_view),
	{0},
};

static const struct column agent_view[] = {
	COLUMN("daemon", "Daemon", TEXT),
	COLUMN("version", "Version", TEXT),
	COLUMN("pid", "PID", NUMBER),
	COLUMN("uptime_s", "Uptime", SECONDS),
	COLUMN("agent_id", "Agent-ID", TEXT),
	COLUMN("xtrs", "xTRs", WORDS),
	COLUMN("guests", "Guests", NUMBER),
	COLUMN("complete", "All sources have told", BOOL),
	{0},
};

static const struct column *view_of(struct json_object *status)
{
	struct json_object *member;
	const char *name = "";

	if (json_object_object_get_ex(status, "daemon", &member) &&
		json_object_is_type(member, json_type_string))
		name = json_object_get_string(member);
	if (strcmp(name, "sunward-xtr") == 0)
		return xtr_view;
	if (strcmp(name, "sunward-rbridge") == 0)
		return trill_status_view;
	return strcmp(name, "sunward-vmagent") == 0 ? agent_view : mapserver_view;
}

static void show(const struct cli *cli, struct json_object *daemons)
{
	struct writer w = {cli->out, cli->json};
	struct json_object *document = json_object_new_object(), *list = json_object_new_array();

	json_object_object_add(document, "daemons", list);
	for (size_t i = 0; i < json_object_array_length(daemons); i++) {
		struct json_object *status = json_object_array_get_idx(daemons, i);

		if (cli->json) {
			json_object_array_add(list, writer_project(view_of(status), status));
			continue;
		}
		if (i > 0)
			fputc('\n', cli->out);
		writer_object(&w, view_of(status), status);
	}
	if (cli->json)
		writer_document(&w, json_object_get(document));
	json_object_put(document);
}

int status_show(struct cli *cli, const struct invocation *inv)
{
	struct json_object *daemons = json_object_new_array();
	int code = verb_ask_daemons(cli, "/v1/status", daemons);

	if (code == CLI_OK)
		show(cli, daemons);
	json_object_put(daemons);
	return code;
}
