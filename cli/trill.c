/* trill: the verbs that ask an RBridge: its state, neighbours, link state database, nicknames and
 * trees. */
#include <inttypes.h>
#include <json.h>

#include "cli/client.h"
#include "cli/trill_view.h"
#include "cli/verbs.h"
#include "cli/writer.h"

static const struct column port_view[] = {
	COLUMN("name", "Port", TEXT),
	COLUMN("kind", "Kind", TEXT),
	COLUMN("up", "Up", BOOL),
	COLUMN("role", "Role", TEXT),
	COLUMN("mac", "MAC", TEXT),
	COLUMN("mtu", "MTU", NUMBER),
	COLUMN("cost", "Cost", NUMBER),
	COLUMN("pvid", "PVID", NUMBER),
	COLUMN("designated_vlan", "DVLAN", NUMBER),
	COLUMN("hindrance", "Hindrance", TEXT),
	COLUMN("neighbors", "Neighbors", NUMBER),
	COLUMN("frames_sent", "Sent", NUMBER),
	COLUMN("frames_received", "Received", NUMBER),
	COLUMN("frames_refused", "Refused", NUMBER),
	COLUMN("frames_lost", "Lost", NUMBER),
	COLUMN("reason", "Reason", TEXT),
	{0},
};

static const struct column member_view[] = {
	COLUMN("system_id", "System ID", TEXT),
	COLUMN("serves", "Serves", BOOL),
	COLUMN("vlans_missing", "VLANs missing", TEXT),
	COLUMN("fgls_missing", "FGLs missing", TEXT),
	{0},
};

static const struct column lag_view[] = {
	COLUMN("id", "ID", TEXT),
	COLUMN("port", "Port", TEXT),
	COLUMN("state", "State", TEXT),
	COLUMN("serves", "Serves", BOOL),
	COLUMN("nickname", "Nickname", TEXT),
	COLUMN("allots", "Allots", BOOL),
	COLUMN("exclusive", "Exclusive", BOOL),
	COLUMN("trees", "Trees", WORDS),
	COLUMN_OF("members", "Members", ROWS, member_view),
	{0},
};

const struct column trill_status_view[] = {
	COLUMN("daemon", "Daemon", TEXT),
	COLUMN("version", "Version", TEXT),
	COLUMN("pid", "PID", NUMBER),
	COLUMN("uptime_s", "Uptime", SECONDS),
	COLUMN("system_id", "System ID", TEXT),
	COLUMN("system_id_also_at", "System ID also at", PAIRS),
	COLUMN("nickname", "Nickname", TEXT),
	COLUMN("nickname_conflicts_lost", "Nickname conflicts lost", NUMBER),
	COLUMN("nickname_conflicts_kept", "Nickname conflicts kept", NUMBER),
	COLUMN("overloaded", "Overloaded", BOOL),
	COLUMN("authenticated", "Authenticated", BOOL),
	COLUMN("rbridges", "RBridges", NUMBER),
	COLUMN("lsps", "LSPs", NUMBER),
	COLUMN("computed", "Computations", NUMBER),
	COLUMN("originated", "LSPs originated", NUMBER),
	COLUMN("labels_unsaid", "Labels unsaid", NUMBER),
	COLUMN("neighbors_unsaid", "Neighbours unsaid", NUMBER),
	COLUMN("rows_written", "Rows written", NUMBER),
	COLUMN("rows_refused", "Rows refused", NUMBER),
	COLUMN("stations_learned", "Stations learned", NUMBER),
	COLUMN("stations_moved", "Stations moved", NUMBER),
	COLUMN("stations_aged", "Stations aged", NUMBER),
	COLUMN_OF("ports", "Ports", ROWS, port_view),
	COLUMN_OF("lags", "Bonds", ROWS, lag_view),
	{0},
};

static const struct column adjacency_view[] = {
	COLUMN("port", "Port", TEXT),
	COLUMN("system_id", "System ID", TEXT),
	COLUMN("nickname", "Nickname", TEXT),
	COLUMN("mac", "MAC", TEXT),
	COLUMN("port_id", "Port ID", NUMBER),
	COLUMN("state", "State", TEXT),
	COLUMN("priority", "Priority", NUMBER),
	COLUMN("desired_vlan", "Wants VLAN", NUMBER),
	COLUMN("holding_ms", "Holding ms", NUMBER),
	COLUMN("bfd", "BFD", BOOL),
	{0},
};

static const struct column adjacencies_view[] = {
	COLUMN_OF("adjacencies", NULL, ROWS, adjacency_view),
	{0},
};

static const struct column lsdb_view[] = {
	COLUMN("id", "LSP ID", TEXT),
	COLUMN("sequence", "Sequence", NUMBER),
	COLUMN("checksum", "Checksum", NUMBER),
	COLUMN("lifetime_s", "Lifetime", SECONDS),
	COLUMN("bytes", "Bytes", NUMBER),
	COLUMN("own", "Own", BOOL),
	COLUMN("purged", "Purged", BOOL),
	COLUMN("overload", "Overload", BOOL),
	{0},
};

static const struct column lsps_view[] = {
	COLUMN_OF("lsdb", NULL, ROWS, lsdb_view),
	{0},
};

static const struct column hop_view[] = {
	COLUMN("port", "By port", TEXT),
	COLUMN("mac", "Next hop", TEXT),
	{0},
};

static const struct column nickname_view[] = {
	COLUMN("nickname", "Nickname", TEXT),
	COLUMN("system_id", "System ID", TEXT),
	COLUMN("own", "Own", BOOL),
	COLUMN("holds", "Holds", BOOL),
	COLUMN("shared", "Shared", BOOL),
	COLUMN("configured", "Configured", BOOL),
	COLUMN("priority", "Priority", NUMBER),
	COLUMN("root_priority", "Root", NUMBER),
	COLUMN("cost", "Cost", NUMBER),
	COLUMN_OF("hops", "Next hops", ROWS, hop_view),
	{0},
};

static const struct column nicknames_view[] = {
	COLUMN_OF("nicknames", NULL, ROWS, nickname_view),
	{0},
};

static const struct column branch_view[] = {
	COLUMN("port", "Port", TEXT),
	COLUMN("pruned", "Pruned VLANs", TEXT),
	COLUMN("pruned_fgls", "Pruned FGLs", TEXT),
	{0},
};

static const struct column tree_view[] = {
	COLUMN("number", "Tree", NUMBER),
	COLUMN("root", "Root", TEXT),
	COLUMN("hops", "Hops", NUMBER),
	COLUMN_OF("branches", "Branches", ROWS, branch_view),
	{0},
};

static const struct column trees_view[] = {
	COLUMN_OF("trees", NULL, ROWS, tree_view),
	{0},
};

static const struct column vlan_view[] = {
	COLUMN("port", "Port", TEXT),
	COLUMN("pvid", "PVID", NUMBER),
	COLUMN("enabled", "Enabled", TEXT),
	COLUMN("appointed", "Appointed", TEXT),
	COLUMN("inhibited", "Inhibited", TEXT),
	COLUMN("labels", "Labels", TEXT),
	COLUMN("labels_differ", "Differ at", TEXT),
	{0},
};

static const struct column vlans_view[] = {
	COLUMN_OF("vlans", NULL, ROWS, vlan_view),
	{0},
};

static const struct column mac_view[] = {TRILL_STATION_COLUMNS, {0}};

static const struct column macs_view[] = {
	COLUMN_OF("macs", NULL, ROWS, mac_view),
	COLUMN("total", NULL, NUMBER),
	{0},
};

static const struct column esadi_neighbor_view[] = {
	COLUMN("system_id", "Neighbor", TEXT),
	COLUMN("nickname", "Nickname", TEXT),
	{0},
};

static const struct column esadi_view[] = {
	COLUMN("vlan", "VLAN", NUMBER),
	COLUMN("fgl", "FGL", NUMBER),
	COLUMN("drb", "DRB", BOOL),
	COLUMN("announced", "Announced", NUMBER),
	COLUMN("untold", "Untold", NUMBER),
	COLUMN("lsps", "LSPs", NUMBER),
	COLUMN_OF("neighbors", "Neighbors", ROWS, esadi_neighbor_view),
	COLUMN_DETAIL("received", "Received", PAIRS, NULL),
	{0},
};

static const struct column instances_view[] = {
	COLUMN_OF("esadi", NULL, ROWS, esadi_view),
	{0},
};

static const struct column check_view[] = {
	COLUMN("nickname", "With", TEXT),
	COLUMN("state", "State", TEXT),
	COLUMN("rdi", "Misses somebody", BOOL),
	COLUMN("received", "Received", NUMBER),
	COLUMN("out_of_order", "Out of order", NUMBER),
	COLUMN("flow", "Last flow", NUMBER),
	COLUMN("sequence", "Last sequence", NUMBER),
	{0},
};

static const struct column checks_view[] = {
	COLUMN_OF("checks", NULL, ROWS, check_view),
	COLUMN("errored", "Errored", NUMBER),
	COLUMN("cross_connect", "Cross-connect", NUMBER),
	COLUMN("malformed", "Malformed", NUMBER),
	{0},
};

static int show(
	const struct cli *cli, const char *path, const struct column *view, const char *none)
{
	const struct client_request r = {.method = "GET", .path = path};
	struct json_object *answer;
	int code = trill_ask(cli, &r, view, &answer);

	if (code == CLI_OK)
		trill_list_print(cli, view, answer, none);
	json_object_put(answer);
	return code;
}

int trill_status(struct cli *cli, const struct invocation *inv)
{
	const struct client_request r = {.method = "GET", .path = "/v1/status"};
	struct json_object *status;
	enum cli_exit code = client_ask(cli, "rbridge", &r, &status);

	if (code == CLI_OK)
		writer_object(&(struct writer){cli->out, cli->json}, trill_status_view, status);
	json_object_put(status);
	return code;
}

int trill_adj(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/adjacencies", adjacencies_view, "no neighbours");
}

int trill_lsdb(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/lsdb", lsps_view, "no LSPs");
}

int trill_nickname(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/nicknames", nicknames_view, "nobody has a nickname");
}

int trill_tree(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/trees", trees_view, "no distribution trees");
}

int trill_vlan(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/vlans", vlans_view, "no port with end stations");
}

/* A table says nothing of rows that it has not. */
static void cut_told(const struct cli *cli, struct json_object *answer)
{
	size_t shown = json_object_array_length(json_object_object_get(answer, "macs"));
	struct json_object *total = json_object_object_get(answer, "total");

	if (!cli->json && json_object_get_uint64(total) > shown)
		cli_fail(cli, CLI_OK, "%zu of %" PRIu64 " end stations are shown; see --limit",
			shown, json_object_get_uint64(total));
}

int trill_mac(struct cli *cli, const struct invocation *inv)
{
	unsigned long vlan, fgl, limit;
	bool has_fgl = invocation_value(inv, "--fgl");
	struct client_request r = {.method = "GET"};
	struct json_object *answer;
	char path[64];
	int code;

	if (!invocation_number(inv, "--vlan", 1, 4094, 0, &vlan))
		return cli_usage(cli, inv, "--vlan is \"%s\", must be 1 to 4094",
			invocation_value(inv, "--vlan"));
	if (!invocation_number(inv, "--fgl", 0, 16777215, 0, &fgl))
		return cli_usage(cli, inv, "--fgl is \"%s\", must be 0 to 16777215",
			invocation_value(inv, "--fgl"));
	if (vlan && has_fgl)
		return cli_usage(cli, inv, "--vlan and --fgl: want one of them");
	if (!invocation_number(inv, "--limit", 1, 1000000, 10000, &limit))
		return cli_usage(cli, inv, "--limit is \"%s\", must be 1 to 1000000",
			invocation_value(inv, "--limit"));
	if (has_fgl)
		snprintf(path, sizeof(path), "/v1/macs?fgl=%lu&limit=%lu", fgl, limit);
	else if (vlan)
		snprintf(path, sizeof(path), "/v1/macs?vlan=%lu&limit=%lu", vlan, limit);
	else
		snprintf(path, sizeof(path), "/v1/macs?limit=%lu", limit);
	r.path = path;
	code = trill_ask(cli, &r, macs_view, &answer);
	if (code == CLI_OK) {
		trill_list_print(cli, macs_view, answer, "no end stations");
		cut_told(cli, answer);
	}
	json_object_put(answer);
	return code;
}

int trill_esadi(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/esadi", instances_view, "no VLAN with ESADI");
}

int trill_check(struct cli *cli, const struct invocation *inv)
{
	return show(cli, "/v1/checks", checks_view, "no continuity checks are configured");
}
