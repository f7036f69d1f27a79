/* trill_view: what several verbs show of an RBridge, and of an end station. */
#ifndef SUNWARD_CLI_TRILL_VIEW_H
#define SUNWARD_CLI_TRILL_VIEW_H

#include "cli/cli.h"
#include "cli/client.h"
#include "cli/writer.h"

extern const struct column trill_status_view[];

/* Of a view: an end station's row. */
#define TRILL_STATION_COLUMNS                                                                      \
	COLUMN("vlan", "VLAN", NUMBER), COLUMN("fgl", "FGL", NUMBER), COLUMN("mac", "MAC", TEXT),  \
		COLUMN("local", "Local", BOOL), COLUMN("port", "Port", TEXT),                      \
		COLUMN("nickname", "Nickname", TEXT), COLUMN("cost", "Cost", NUMBER),              \
		COLUMN("confidence", "Confidence", NUMBER), COLUMN("origin", "Origin", TEXT),      \
		COLUMN("anycast", "Anycast", BOOL), COLUMN("ips", "IP addresses", WORDS)

/* Ask an RBridge for a list, which is the first column of @view, without a title; the others stand
 * beside it in the answer. @answer: put it away with json_object_put(), also when there is none
 * (NULL). Returns enum cli_exit; what is wrong is told. */
int trill_ask(const struct cli *cli, const struct client_request *r, const struct column *view,
	struct json_object **answer);
/* A table of the list, or @none where it is empty, and what has a title beside it as lines below;
 * as JSON the whole @view. */
void trill_list_print(const struct cli *cli, const struct column *view, struct json_object *answer,
	const char *none);

#endif
