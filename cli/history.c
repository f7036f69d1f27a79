/* history: what became of an EID that moved. */
#include <json.h>
#include <string.h>

#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"
#include "lib/net/eid_url.h"

static const struct column owner_view[] = {
	COLUMN("xtr_id", "", TEXT),
	COLUMN("site_id", NULL, NUMBER),
	{0},
};

#define PARTY(title)                                                                               \
	{                                                                                          \
		COLUMN("site", title, TEXT), COLUMN_OF("owner", NULL, OBJECT, owner_view),         \
		{                                                                                  \
			0                                                                          \
		}                                                                                  \
	}

static const struct column from_view[] = PARTY("From"), to_view[] = PARTY("To");

static const struct column steps_view[] = {
	COLUMN("prepared", "Prepared us", NUMBER),
	COLUMN("committed", "Committed us", NUMBER),
	COLUMN("published", "Published us", NUMBER),
	COLUMN("acknowledged", "Acknowledged us", NUMBER),
	{0},
};

static const struct column row_view[] = {
	COLUMN("at", NULL, NUMBER),
	COLUMN("age_s", "Ago", SECONDS),
	COLUMN("event", "Event", TEXT),
	COLUMN("seq", "Seq", NUMBER),
	COLUMN_OF("from", "From", OBJECT, from_view),
	COLUMN_OF("to", "To", OBJECT, to_view),
	COLUMN("locator", "Locator", TEXT),
	COLUMN("move", NULL, TEXT),
	COLUMN("move_reason", "Reason", TEXT),
	COLUMN("deadline_ms", NULL, NUMBER),
	COLUMN_OF("steps_us", "Steps", OBJECT, steps_view),
	{0},
};

static const struct column history_view[] = {
	COLUMN("eid", "EID", TEXT),
	COLUMN("moves", "Moves", NUMBER),
	COLUMN("flapping", "Flapping", BOOL),
	COLUMN("held_ms", "Held for ms", NUMBER),
	COLUMN_OF("history", "History", ROWS, row_view),
	{0},
};

int eid_history(struct cli *cli, const struct invocation *inv)
{
	struct writer w = {cli->out, cli->json};
	struct client_request r = {.method = "GET", .missing = CLI_NO_MAPPING};
	struct json_object *answer;
	char url[EID_URL_TEXT], path[256], *query;
	struct eid e;
	int code;

	if (!verb_eid(cli, inv, inv->args[0], &e, &code))
		return code;
	eid_url_format(&e, url, sizeof(url));
	query = strchr(url, '?'); /* the instance goes behind the whole path */
	snprintf(path, sizeof(path), "/v1/eids/%.*s/history%s",
		query ? (int)(query - url) : (int)strlen(url), url, query ? query : "");
	r.path = path;
	code = (int)client_ask(cli, "mapserver", &r, &answer);
	if (code == CLI_OK)
		writer_object(&w, history_view, answer);
	json_object_put(answer);
	return code;
}
