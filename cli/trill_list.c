/* trill_list: answers of an RBridge that are a list, and something beside it (see trill_view.h). */
#include <json.h>

#include "cli/trill_view.h"

int trill_ask(const struct cli *cli, const struct client_request *r, const struct column *view,
	struct json_object **answer)
{
	enum cli_exit code = client_ask(cli, "rbridge", r, answer);
	struct json_object *rows = NULL;

	if (code != CLI_OK)
		return code;
	if (json_object_is_type(*answer, json_type_object))
		json_object_object_get_ex(*answer, view->key, &rows);
	if (!json_object_is_type(rows, json_type_array))
		return cli_fail(
			cli, CLI_FAILED, "%s: the answer has no list \"%s\"", r->path, view->key);
	return CLI_OK;
}

static bool has_lines(const struct column *view)
{
	for (; view->key; view++)
		if (view->title)
			return true;
	return false;
}

void trill_list_print(const struct cli *cli, const struct column *view, struct json_object *answer,
	const char *none)
{
	const struct writer w = {cli->out, cli->json};

	if (cli->json) {
		writer_object(&w, view, answer);
		return;
	}
	writer_table(&w, view->key, view->view, json_object_object_get(answer, view->key), none);
	if (has_lines(view)) {
		fputc('\n', cli->out);
		writer_object(&w, view, answer);
	}
}
