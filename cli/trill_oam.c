/* trill_oam: the verbs by which an RBridge asks others of the campus: ping and trace. */
#include <json.h>
#include <stdio.h>
#include <stdlib.h>

#include "cli/grammar.h"
#include "cli/trill_view.h"
#include "cli/verbs.h"

#define NICKNAME_MAX 0xffbf

static const struct column ping_view[] = {
	COLUMN("sequence", "Sequence", NUMBER),
	COLUMN("result", "Result", TEXT),
	COLUMN("nickname", "From", TEXT),
	COLUMN("rtt_us", "us", NUMBER),
	COLUMN("cross_connect", "Other VLAN", BOOL),
	COLUMN("hops", NULL, NUMBER),
	COLUMN("previous", NULL, TEXT),
	COLUMN("ingress_port_id", NULL, NUMBER),
	COLUMN("egress_port_id", NULL, NUMBER),
	COLUMN("next", NULL, WORDS),
	{0},
};

static const struct column trace_view[] = {
	COLUMN("hops", "Hop", NUMBER),
	COLUMN("nickname", "RBridge", TEXT),
	COLUMN("result", "Result", TEXT),
	COLUMN("rtt_us", "us", NUMBER),
	COLUMN("previous", "Came from", TEXT),
	COLUMN("ingress_port_id", "In by port", NUMBER),
	COLUMN("egress_port_id", "Out by port", NUMBER),
	COLUMN("next", "Goes on to", WORDS),
	COLUMN("sequence", NULL, NUMBER),
	COLUMN("cross_connect", NULL, BOOL),
	{0},
};

#define PROBE_VIEW(answers)                                                                        \
	{                                                                                          \
		COLUMN_OF("answers", NULL, ROWS, answers), COLUMN("reached", NULL, BOOL),          \
			COLUMN("sent", "Sent", NUMBER), COLUMN("answered", "Answered", NUMBER),    \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}
static const struct column ping_views[] = PROBE_VIEW(ping_view);
static const struct column trace_views[] = PROBE_VIEW(trace_view);

/* Ask, and show each answer. CLI_TIMEOUT: the nickname itself did not answer. */
static int probe(struct cli *cli, const char *path, const char *nickname, const struct column *view)
{
	const struct client_request r = {.method = "POST", .path = path};
	struct json_object *done;
	int code = trill_ask(cli, &r, view, &done);

	if (code == CLI_OK) {
		trill_list_print(cli, view, done, "no answer");
		if (!json_object_get_boolean(json_object_object_get(done, "reached")))
			code = cli_fail(cli, CLI_TIMEOUT, "%s: no answer", nickname);
	}
	json_object_put(done);
	return code;
}

/* "/v1/WHAT/NICKNAME?vlan=V&OPTION=N" of the command line. False: it is wrong, and that is said. */
static bool path_of(char *path, size_t size, const struct cli *cli, const struct invocation *inv,
	const char *what, const char *option, unsigned long max)
{
	unsigned long vlan, n, nickname;
	char *end;
	int len;

	nickname = strtoul(inv->args[0], &end, 0);
	if (end == inv->args[0] || *end || !nickname || nickname > NICKNAME_MAX) {
		cli_usage(
			cli, inv, "the nickname is \"%s\", must be 0x0001 to 0xffbf", inv->args[0]);
		return false;
	}
	if (!invocation_number(inv, "--vlan", 1, 4094, 1, &vlan)) {
		cli_usage(cli, inv, "--vlan is \"%s\", must be 1 to 4094",
			invocation_value(inv, "--vlan"));
		return false;
	}
	if (!invocation_number(inv, option, 1, max, 0, &n)) {
		cli_usage(cli, inv, "%s is \"%s\", must be 1 to %lu", option,
			invocation_value(inv, option), max);
		return false;
	}
	len = snprintf(path, size, "/v1/%s/0x%04lx?vlan=%lu", what, nickname, vlan);
	if (n && len > 0 && (size_t)len < size)
		snprintf(path + len, size - (size_t)len, "&%s=%lu", option + 2, n);
	return true;
}

int trill_ping(struct cli *cli, const struct invocation *inv)
{
	char path[128];

	if (!path_of(path, sizeof(path), cli, inv, "ping", "--count", 10))
		return CLI_USAGE;
	return probe(cli, path, inv->args[0], ping_views);
}

int trill_trace(struct cli *cli, const struct invocation *inv)
{
	char path[128];

	if (!path_of(path, sizeof(path), cli, inv, "trace", "--hops", 63))
		return CLI_USAGE;
	return probe(cli, path, inv->args[0], trace_views);
}
