/* trill campus: the RBridge's link state database as a picture, on the terminal or as SVG. */
#include <errno.h>
#include <json.h>
#include <stdlib.h>
#include <string.h>

#include "cli/campus_picture.h"
#include "cli/client.h"
#include "cli/verbs.h"
#include "cli/writer.h"

#define COLUMNS 78

static const struct column rbridge_view[] = {
	COLUMN("nickname", "Nickname", TEXT),
	COLUMN("system_id", "System ID", TEXT),
	COLUMN("pseudonode", "Pseudonode", NUMBER),
	COLUMN("own", "Own", BOOL),
	COLUMN("overloaded", "Overloaded", BOOL),
	COLUMN("cost", "Cost", NUMBER),
	COLUMN("vlans", "VLANs", TEXT),
	COLUMN("fgls", "FGLs", TEXT),
	COLUMN("fgl_safe", "FGL-safe", BOOL),
	{0},
};

static const struct column link_view[] = {
	COLUMN("from", "From", NUMBER),
	COLUMN("to", "To", NUMBER),
	COLUMN("cost", "Cost", NUMBER),
	{0},
};

static const struct column campus_view[] = {
	COLUMN_OF("rbridges", "RBridges", ROWS, rbridge_view),
	COLUMN_OF("links", NULL, ROWS, link_view),
	COLUMN("cut", NULL, BOOL),
	{0},
};

static struct json_object *list_of(struct json_object *campus, const char *key)
{
	struct json_object *list;

	return json_object_object_get_ex(campus, key, &list) &&
			       json_object_is_type(list, json_type_array)
		       ? list
		       : NULL;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		       ? json_object_get_string(v)
		       : NULL;
}

static uint64_t number_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) ? json_object_get_uint64(v) : 0;
}

static bool truth_of(struct json_object *o, const char *key)
{
	struct json_object *v;

	return json_object_object_get_ex(o, key, &v) && json_object_get_boolean(v);
}

static void node_fill(struct campus_picture_node *n, struct json_object *o)
{
	n->detail = text_of(o, "system_id");
	n->name = text_of(o, "nickname");
	if (!n->name)
		n->name = n->detail ? n->detail : "?";
	n->vlans = text_of(o, "vlans");
	n->own = truth_of(o, "own");
	n->overloaded = truth_of(o, "overloaded");
	n->lan = number_of(o, "pseudonode");
}

/* A link stands there once for each direction: the second finds the first. */
static void link_add(struct campus_picture *p, struct json_object *o)
{
	uint64_t from = number_of(o, "from"), to = number_of(o, "to"), cost = number_of(o, "cost");

	if (from >= p->node_count || to >= p->node_count || from == to)
		return;
	for (unsigned int i = 0; i < p->link_count; i++)
		if (p->links[i].a == to && p->links[i].b == from) {
			p->links[i].and_back = cost;
			return;
		}
	p->links[p->link_count++] = (struct campus_picture_link){
		.a = (unsigned int)from, .b = (unsigned int)to, .there = cost};
}

/* Texts are borrowed from @campus. */
static bool picture_make(struct campus_picture *p, struct json_object *campus)
{
	struct json_object *nodes = list_of(campus, "rbridges"), *links = list_of(campus, "links");
	size_t node_count = nodes ? json_object_array_length(nodes) : 0;
	size_t link_count = links ? json_object_array_length(links) : 0;

	p->nodes = calloc(node_count + 1, sizeof(*p->nodes));
	p->links = calloc(link_count + 1, sizeof(*p->links));
	if (!p->nodes || !p->links)
		return false;
	p->node_count = (unsigned int)node_count;
	for (size_t i = 0; i < node_count; i++)
		node_fill(&p->nodes[i], json_object_array_get_idx(nodes, i));
	for (size_t i = 0; i < link_count; i++)
		link_add(p, json_object_array_get_idx(links, i));
	return campus_picture_place(p);
}

static int svg_write(const struct cli *cli, const struct campus_picture *p, const char *file)
{
	FILE *out = fopen(file, "we");
	bool failed;

	if (!out)
		return cli_fail(cli, CLI_FAILED, "%s: %s", file, strerror(errno));
	campus_picture_svg(p, out);
	failed = ferror(out);
	if (fclose(out) || failed)
		return cli_fail(cli, CLI_FAILED, "%s: cannot be written", file);
	return CLI_OK;
}

static int draw(const struct cli *cli, struct json_object *campus, const char *svg)
{
	struct campus_picture p = {.node_count = 0};
	int code = CLI_OK;

	if (!picture_make(&p, campus))
		code = cli_fail(cli, CLI_FAILED, "out of memory");
	else if (svg && strcmp(svg, "-") != 0)
		code = svg_write(cli, &p, svg);
	else if (svg)
		campus_picture_svg(&p, cli->out);
	else if (!p.node_count)
		fputs("no RBridge has told of itself yet\n", cli->out);
	else if (!campus_picture_text(&p, COLUMNS, cli->out))
		code = cli_fail(cli, CLI_FAILED, "out of memory");
	if (code == CLI_OK && !svg && p.node_count) {
		fputc('\n', cli->out);
		writer_table(&(struct writer){cli->out, false}, "rbridges", rbridge_view,
			list_of(campus, "rbridges"), "");
	}
	if (code == CLI_OK && truth_of(campus, "cut"))
		cli_fail(cli, CLI_OK,
			"the campus has more than `limits` of the RBridge has room for: this is a part of it");
	free(p.nodes);
	free(p.links);
	return code;
}

int trill_campus(struct cli *cli, const struct invocation *inv)
{
	const struct client_request r = {.method = "GET", .path = "/v1/campus"};
	const char *svg = invocation_value(inv, "--svg");
	struct json_object *campus;
	int code = (int)client_ask(cli, "rbridge", &r, &campus);

	if (code == CLI_OK && cli->json && !svg)
		writer_object(&(struct writer){cli->out, true}, campus_view, campus);
	else if (code == CLI_OK)
		code = draw(cli, campus, svg);
	json_object_put(campus);
	return code;
}
