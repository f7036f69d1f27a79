/* The campus as this RBridge knows it: nicknames, link state database, trees, and the graph. */
#include <stdio.h>
#include <string.h>

#include "trill/api_internal.h"

static void add_id(struct json_object *o, const char *key, const struct lan_id *id)
{
	trill_json_system(o, key, &id->system);
}

/* Of @node, the claim that holds and is listed first. */
static uint16_t nickname_of(const struct campus *c, uint32_t node)
{
	for (uint32_t i = 0; i < c->claim_count; i++)
		if (c->claims[i].node == node &&
			(!i || c->claims[i - 1].nickname != c->claims[i].nickname))
			return c->claims[i].nickname;
	return NICKNAME_NONE;
}

static void add_distance(
	struct json_object *o, const char *key, const struct routes *r, uint32_t node)
{
	if (r->from_us.graph && routes_reaches(r, node))
		json_add_u64(o, key, r->from_us.dist[node]);
	else
		json_add(o, key, NULL);
}

void trill_json_cost_to(
	struct json_object *o, const char *key, const struct trill_shell *s, uint16_t nickname)
{
	const struct campus *c = rbridge_campus(s->rb);
	const struct routes *r = rbridge_routes(s->rb);

	for (uint32_t i = 0; i < c->claim_count; i++)
		if (c->claims[i].nickname == nickname) { /* the first holds it */
			add_distance(o, key, r, c->claims[i].node);
			return;
		}
	json_add(o, key, NULL);
}

static const struct routes_path *path_to(const struct routes *r, uint16_t nickname)
{
	for (uint32_t i = 0; i < r->told.path_count; i++)
		if (r->told.paths[i].nickname == nickname)
			return &r->told.paths[i];
	return NULL;
}

static struct json_object *hops_to(const struct trill_shell *s, uint16_t nickname)
{
	const struct routes_path *path = path_to(rbridge_routes(s->rb), nickname);
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; path && i < path->path.count; i++) {
		struct json_object *o = json_object_new_object();

		trill_json_interface(o, "port", s, path->path.hop[i].ifindex);
		trill_json_mac(o, "mac", &path->path.hop[i].mac);
		json_object_array_add(rows, o);
	}
	return rows;
}

/* How many hold the nickname of claim @i with its priority, if none has a higher one. */
static uint32_t holders_of(const struct campus *c, uint32_t i)
{
	uint32_t first = i;

	while (first && c->claims[first - 1].nickname == c->claims[i].nickname)
		first--;
	return c->claims[first].priority == c->claims[i].priority ? affinity_claimants(c, first)
								  : 0;
}

void trill_api_nicknames(struct api_request *req, void *arg)
{
	struct json_object *rows = json_object_new_array();
	struct trill_shell *s = arg;
	const struct campus *c = rbridge_campus(s->rb);
	const struct routes *r = rbridge_routes(s->rb);

	for (uint32_t i = 0; i < c->claim_count; i++) {
		const struct campus_claim *claim = &c->claims[i];
		const struct lan_id *id = &c->graph.nodes[claim->node].id;
		struct json_object *o = json_object_new_object();
		bool first = !i || c->claims[i - 1].nickname != claim->nickname;
		bool shared = affinity_is_bound(&r->affinity, claim->nickname);
		bool holds = first || (shared && holders_of(c, i) > 1);

		trill_json_nickname(o, "nickname", claim->nickname);
		add_id(o, "system_id", id);
		json_add_bool(o, "own", !system_id_compare(&id->system, &s->config->core.system));
		json_add_bool(o, "holds", holds);
		json_add_bool(o, "shared", shared);
		json_add_bool(o, "configured", claim->priority & NICKNAME_CONFIGURED);
		json_add_u64(o, "priority", claim->priority & 0x7fu);
		json_add_u64(o, "root_priority", claim->root_priority);
		add_distance(o, "cost", r, claim->node);
		json_take(o, "hops", hops_to(s, claim->nickname));
		json_object_array_add(rows, o);
	}
	trill_api_list(req, "nicknames", rows);
}

static struct json_object *lsp_row(const struct lsdb_lsp *lsp, struct mono now)
{
	struct json_object *o = json_object_new_object();
	const uint8_t *b = lsp->id.system.bytes;
	struct wire_fault fault;
	struct isis_pdu p;
	char id[32];

	snprintf(id, sizeof(id), "%02x%02x.%02x%02x.%02x%02x.%02x-%02x", b[0], b[1], b[2], b[3],
		b[4], b[5], lsp->id.pseudonode, lsp->id.fragment);
	json_add(o, "id", id);
	json_add_u64(o, "sequence", lsp->sequence);
	json_add_u64(o, "checksum", lsp->checksum);
	json_add_u64(o, "lifetime_s", lsdb_lifetime_s(lsp, now));
	json_add_u64(o, "bytes", lsp->len);
	json_add_bool(o, "own", lsp->own);
	json_add_bool(o, "purged", lsp->purged);
	json_add_bool(o, "overload",
		!isis_parse(lsp->bytes, lsp->len, &p, &fault) && p.u.lsp.flags & ISIS_LSP_OVERLOAD);
	return o;
}

void trill_api_lsdb(struct api_request *req, void *arg)
{
	struct json_object *rows = json_object_new_array();
	struct trill_shell *s = arg;
	struct lsdb *db = rbridge_lsdb(s->rb);
	struct mono now = mono_now();

	for (struct lsdb_lsp *lsp = lsdb_after(db, NULL); lsp; lsp = lsdb_after(db, &lsp->id))
		json_object_array_add(rows, lsp_row(lsp, now));
	trill_api_list(req, "lsdb", rows);
}

static struct json_object *tree_row(
	const struct trill_shell *s, unsigned int number, const struct routes_tree *t)
{
	struct json_object *o = json_object_new_object(), *branches = json_object_new_array();

	json_add_u64(o, "number", number);
	trill_json_nickname(o, "root", t->root);
	json_add_u64(o, "hops", t->hops);
	for (unsigned int i = 0; i < t->count; i++) {
		struct json_object *b = json_object_new_object();

		trill_json_interface(b, "port", s, t->branches[i].ifindex);
		trill_json_labels(b, "pruned", "pruned_fgls", s, &t->branches[i].pruned);
		json_object_array_add(branches, b);
	}
	json_take(o, "branches", branches);
	return o;
}

void trill_api_trees(struct api_request *req, void *arg)
{
	struct json_object *rows = json_object_new_array();
	struct trill_shell *s = arg;
	const struct routes *r = rbridge_routes(s->rb);

	for (unsigned int i = 1; i <= TABLES_TREES_MAX; i++)
		if (r->told.trees[i].root != NICKNAME_NONE)
			json_object_array_add(rows, tree_row(s, i, &r->told.trees[i]));
	trill_api_list(req, "trees", rows);
}

/* ---- the campus ---- */

static struct json_object *node_row(
	const struct trill_shell *s, const struct campus *c, uint32_t node)
{
	struct json_object *o = json_object_new_object();
	const struct spf_node *n = &c->graph.nodes[node];

	add_id(o, "system_id", &n->id);
	json_add_u64(o, "pseudonode", n->id.circuit);
	trill_json_nickname(o, "nickname", nickname_of(c, node));
	json_add_bool(o, "own",
		!n->id.circuit && !system_id_compare(&n->id.system, &s->config->core.system));
	json_add_bool(o, "overloaded", n->overloaded);
	trill_json_labels(o, "vlans", "fgls", s, &c->nodes[node].wants);
	json_add_bool(o, "fgl_safe", campus_is_fgl_safe(&c->nodes[node]));
	add_distance(o, "cost", rbridge_routes(s->rb), node);
	return o;
}

static struct json_object *edge_row(const struct spf_edge *e)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "from", e->from);
	json_add_u64(o, "to", e->to);
	json_add_u64(o, "cost", e->cost);
	return o;
}

/* Links name their ends by place in the list of RBridges. */
void trill_api_campus(struct api_request *req, void *arg)
{
	struct json_object *o = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *links = json_object_new_array();
	struct trill_shell *s = arg;
	const struct campus *c = rbridge_campus(s->rb);

	for (uint32_t i = 0; i < c->graph.node_count; i++)
		json_object_array_add(nodes, node_row(s, c, i));
	for (uint32_t i = 0; i < c->graph.edge_count; i++)
		json_object_array_add(links, edge_row(&c->graph.edges[i]));
	json_take(o, "rbridges", nodes);
	json_take(o, "links", links);
	json_add_bool(o, "cut", c->cut);
	api_reply(req, 200, o);
}
