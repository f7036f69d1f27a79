/* verbs: what several families of verbs share (see verbs.h). */
#include "cli/verbs.h"

#include <json.h>
#include <string.h>

#include "cli/client.h"
#include "lib/net/eid_url.h"

bool verb_eid(const struct cli *cli, const struct invocation *inv, const char *text, struct eid *e,
	int *code)
{
	const char *why;

	if (eid_parse(e, text, &why))
		return true;
	*code = cli_usage(cli, inv, "\"%s\" is no EID: %s", text, why);
	return false;
}

/* Move the rows of one page over; the cursor of the next one into @after, "" when this was the
 * last. */
static bool take_page(struct json_object *answer, const char *key, unsigned long limit,
	struct json_object *rows, char *after, size_t after_size)
{
	struct json_object *page, *next;

	if (!json_object_object_get_ex(answer, key, &page) ||
		!json_object_is_type(page, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(page); i++)
		if (limit == 0 || json_object_array_length(rows) < limit)
			json_object_array_add(
				rows, json_object_get(json_object_array_get_idx(page, i)));
	after[0] = '\0';
	if (json_object_object_get_ex(answer, "next", &next) && next != NULL &&
		(limit == 0 || json_object_array_length(rows) < limit))
		return url_encode(json_object_get_string(next), after, after_size);
	return true;
}

enum cli_exit verb_rows(const struct cli *cli, const char *daemon, const char *path,
	const char *key, unsigned long limit, struct json_object **rows)
{
	char page[1536], after[512] = "", before[512];
	struct json_object *answer;
	enum cli_exit code;

	*rows = json_object_new_array();
	do {
		struct client_request r = {.method = "GET", .path = page};

		snprintf(page, sizeof(page), "%s%s%s%s", path,
			after[0] == '\0'            ? ""
			: strchr(path, '?') != NULL ? "&"
						    : "?",
			after[0] == '\0' ? "" : "after=", after);
		memcpy(before, after, sizeof(before));
		code = client_ask(cli, daemon, &r, &answer);
		if (code == CLI_OK && !take_page(answer, key, limit, *rows, after, sizeof(after)))
			code = cli_fail(
				cli, CLI_FAILED, "%s: the answer has no list \"%s\"", path, key);
		json_object_put(answer);
		if (code == CLI_OK && after[0] != '\0' && strcmp(before, after) == 0)
			code = cli_fail(
				cli, CLI_FAILED, "%s: the daemon gives the same page again", path);
	} while (code == CLI_OK && after[0] != '\0');
	if (code != CLI_OK) {
		json_object_put(*rows);
		*rows = NULL;
	}
	return code;
}

enum cli_exit verb_ask_daemons(const struct cli *cli, const char *path, struct json_object *answers)
{
	static const char *const daemons[] = {"mapserver", "xtr", "vmagent", "rbridge"};
	struct client_request r = {.method = "GET", .path = path};
	bool given = cli->socket != NULL || cli->connect != NULL;
	enum cli_exit code = CLI_OK, last = CLI_OK;
	struct json_object *answer;

	for (size_t i = 0; i < (given ? 1 : sizeof(daemons) / sizeof(daemons[0])) && code == CLI_OK;
		i++) {
		struct client *c = client_new(cli, given ? "daemon" : daemons[i]);

		if (c == NULL)
			return cli_fail(cli, CLI_FAILED, "out of memory");
		code = client_call(c, &r, &answer);
		if (answer != NULL)
			json_object_array_add(answers, answer);
		last = code;
		if (code == CLI_UNREACHABLE && !given)
			code = CLI_OK;
		else if (code != CLI_OK)
			cli_fail(cli, code, "%s", client_message(c));
		client_free(c);
	}
	if (code == CLI_OK && json_object_array_length(answers) == 0)
		return cli_fail(cli, last != CLI_OK ? last : CLI_FAILED, "no daemon answers in %s",
			cli->rundir);
	return code;
}
