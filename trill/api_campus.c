/* The campus as this RBridge knows it: nicknames, link state database, trees, and the graph.
 *
 * A list is made a slice a turn (see lib/service/api.h), while the campus may change. Lists of what
 * has no order that stays name first who there is, and say the rest of each when its turn comes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trill/api_internal.h"

static void add_id(struct json_object *o, const char *key, const struct lan_id *id)
{
	trill_json_system(o, key, &id->system);
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
	uint32_t i = campus_claim_find(c, nickname);

	if (i < c->claim_count)
		add_distance(o, key, rbridge_routes(s->rb), c->claims[i].node);
	else
		json_add(o, key, NULL);
}

/* ---- nicknames ---- */

static struct json_object *hops_to(const struct trill_shell *s, uint16_t nickname)
{
	const struct routes_path *path = routes_path_find(rbridge_routes(s->rb), nickname);
	struct json_object *rows = json_object_new_array();

	for (size_t i = 0; path && i < path->path.count; i++) {
		struct json_object *o = json_object_new_object();

		trill_json_interface(o, "port", s, path->path.hop[i].ifindex);
		trill_json_mac(o, "mac", &path->path.hop[i].mac);
		json_object_array_add(rows, o);
	}
	return rows;
}

/* How many hold the nickname of claim @i with its priority, if none has a higher one; @first: the
 * first claim of it. */
static uint32_t holders_of(const struct campus *c, uint32_t first, uint32_t i)
{
	return c->claims[first].priority == c->claims[i].priority ? affinity_claimants(c, first)
								  : 0;
}

static struct json_object *nickname_row(const struct trill_shell *s, uint32_t i)
{
	const struct campus *c = rbridge_campus(s->rb);
	const struct routes *r = rbridge_routes(s->rb);
	const struct campus_claim *claim = &c->claims[i];
	const struct lan_id *id = &c->graph.nodes[claim->node].id;
	struct json_object *o = json_object_new_object();
	bool shared = affinity_is_bound(&r->affinity, claim->nickname);
	uint32_t first = campus_claim_find(c, claim->nickname);

	trill_json_nickname(o, "nickname", claim->nickname);
	add_id(o, "system_id", id);
	json_add_bool(o, "own", !system_id_compare(&id->system, &s->config->core.system));
	json_add_bool(o, "holds", i == first || (shared && holders_of(c, first, i) > 1));
	json_add_bool(o, "shared", shared);
	json_add_bool(o, "configured", claim->priority & NICKNAME_CONFIGURED);
	json_add_u64(o, "priority", claim->priority & 0x7fu);
	json_add_u64(o, "root_priority", claim->root_priority);
	add_distance(o, "cost", r, claim->node);
	json_take(o, "hops", hops_to(s, claim->nickname));
	return o;
}

/* Who claimed which when the list began. */
struct claims {
	const struct trill_shell *s;
	uint32_t at, count;
	struct claimed {
		uint16_t nickname;
		struct lan_id id;
	} rows[];
};

/* Where the claim stands now; claim_count: it does not. */
static uint32_t claim_now(const struct campus *c, const struct claimed *row)
{
	uint32_t i = campus_claim_find(c, row->nickname);

	for (; i < c->claim_count && c->claims[i].nickname == row->nickname; i++)
		if (!lan_id_compare(&c->graph.nodes[c->claims[i].node].id, &row->id))
			return i;
	return c->claim_count;
}

static enum api_list_step claims_next(void *arg, struct json_object **row)
{
	struct claims *l = arg;
	const struct campus *c = rbridge_campus(l->s->rb);
	uint32_t i;

	if (l->at == l->count)
		return API_LIST_END;
	i = claim_now(c, &l->rows[l->at++]);
	if (i == c->claim_count)
		return API_LIST_PASSED;
	*row = nickname_row(l->s, i);
	return API_LIST_ROW;
}

void trill_api_nicknames(struct api_request *req, void *arg)
{
	static const char *const names[] = {"nicknames", NULL};
	static const struct api_list list = {names, claims_next, NULL};
	const struct trill_shell *s = arg;
	const struct campus *c = rbridge_campus(s->rb);
	struct claims *l = malloc(sizeof(*l) + c->claim_count * sizeof(l->rows[0]));

	if (l)
		*l = (struct claims){.s = s, .count = c->claim_count};
	for (uint32_t i = 0; l && i < c->claim_count; i++)
		l->rows[i] = (struct claimed){.nickname = c->claims[i].nickname,
			.id = c->graph.nodes[c->claims[i].node].id};
	api_list(req, &list, l);
}

/* ---- the link state database ---- */

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

/* LSPs have an order of their own. */
struct lsps {
	const struct trill_shell *s;
	bool began;
	struct lsp_id last;
};

static enum api_list_step lsdb_list_next(void *arg, struct json_object **row)
{
	struct lsps *l = arg;
	const struct lsdb_lsp *lsp = lsdb_after(rbridge_lsdb(l->s->rb), l->began ? &l->last : NULL);

	if (!lsp)
		return API_LIST_END;
	l->began = true;
	l->last = lsp->id;
	*row = lsp_row(lsp, mono_now());
	return API_LIST_ROW;
}

void trill_api_lsdb(struct api_request *req, void *arg)
{
	static const char *const names[] = {"lsdb", NULL};
	static const struct api_list list = {names, lsdb_list_next, NULL};
	struct lsps *l = malloc(sizeof(*l));

	if (l)
		*l = (struct lsps){.s = arg};
	api_list(req, &list, l);
}

/* ---- trees ---- */

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

struct trees {
	const struct trill_shell *s;
	unsigned int number; /* the last */
};

static enum api_list_step trees_next(void *arg, struct json_object **row)
{
	struct trees *l = arg;
	const struct routes_tree *t;

	if (l->number == TABLES_TREES_MAX)
		return API_LIST_END;
	t = &rbridge_routes(l->s->rb)->told.trees[++l->number];
	if (t->root == NICKNAME_NONE)
		return API_LIST_PASSED;
	*row = tree_row(l->s, l->number, t);
	return API_LIST_ROW;
}

void trill_api_trees(struct api_request *req, void *arg)
{
	static const char *const names[] = {"trees", NULL};
	static const struct api_list list = {names, trees_next, NULL};
	struct trees *l = malloc(sizeof(*l));

	if (l)
		*l = (struct trees){.s = arg};
	api_list(req, &list, l);
}

/* ---- the campus ---- */

/* Who was there, and by which links, when the list began: links name their ends by place in the
 * list of RBridges. */
struct graph {
	const struct trill_shell *s;
	bool cut, links_now;
	uint32_t at, node_count, edge_count;
	struct graph_edge {
		uint32_t from, to, cost;
	} * edges; /* behind the nodes */
	struct graph_node {
		struct lan_id id;
		uint16_t nickname;
	} nodes[];
};

/* Of each node, the claim that holds and is listed first. */
static void nicknames_fill(struct graph *g, const struct campus *c)
{
	for (uint32_t i = c->claim_count; i-- > 0;)
		if (!i || c->claims[i - 1].nickname != c->claims[i].nickname)
			g->nodes[c->claims[i].node].nickname = c->claims[i].nickname;
}

/* NULL: out of memory. */
static struct graph *graph_new(const struct trill_shell *s)
{
	const struct campus *c = rbridge_campus(s->rb);
	uint32_t n = c->graph.node_count, m = c->graph.edge_count;
	size_t nodes = sizeof(struct graph) + n * sizeof(struct graph_node);
	struct graph *g;

	nodes = (nodes + sizeof(uint64_t) - 1) & ~(sizeof(uint64_t) - 1);
	g = calloc(1, nodes + m * sizeof(struct graph_edge));
	if (!g)
		return NULL;
	*g = (struct graph){.s = s,
		.cut = c->cut,
		.node_count = n,
		.edge_count = m,
		.edges = (struct graph_edge *)(void *)((char *)g + nodes)};
	for (uint32_t i = 0; i < n; i++)
		g->nodes[i].id = c->graph.nodes[i].id;
	for (uint32_t i = 0; i < m; i++)
		g->edges[i] = (struct graph_edge){
			c->graph.edges[i].from, c->graph.edges[i].to, c->graph.edges[i].cost};
	nicknames_fill(g, c);
	return g;
}

/* Who is gone meanwhile has no VLANs, and is not reached. */
static struct json_object *node_row(const struct trill_shell *s, const struct graph_node *is)
{
	const struct campus *c = rbridge_campus(s->rb);
	uint32_t node = spf_node_find(&c->graph, &is->id);
	bool there = node != SPF_NONE;
	struct json_object *o = json_object_new_object();
	static const struct label_set nothing;

	add_id(o, "system_id", &is->id);
	json_add_u64(o, "pseudonode", is->id.circuit);
	trill_json_nickname(o, "nickname", is->nickname);
	json_add_bool(o, "own",
		!is->id.circuit && !system_id_compare(&is->id.system, &s->config->core.system));
	json_add_bool(o, "overloaded", there && c->graph.nodes[node].overloaded);
	trill_json_labels(o, "vlans", "fgls", s, there ? &c->nodes[node].wants : &nothing);
	json_add_bool(o, "fgl_safe", there && campus_is_fgl_safe(&c->nodes[node]));
	if (there)
		add_distance(o, "cost", rbridge_routes(s->rb), node);
	else
		json_add(o, "cost", NULL);
	return o;
}

static struct json_object *edge_row(const struct graph_edge *e)
{
	struct json_object *o = json_object_new_object();

	json_add_u64(o, "from", e->from);
	json_add_u64(o, "to", e->to);
	json_add_u64(o, "cost", e->cost);
	return o;
}

static enum api_list_step graph_next(void *arg, struct json_object **row)
{
	struct graph *g = arg;

	if (g->at == (g->links_now ? g->edge_count : g->node_count)) {
		g->links_now = true;
		g->at = 0;
		return API_LIST_END;
	}
	*row = g->links_now ? edge_row(&g->edges[g->at]) : node_row(g->s, &g->nodes[g->at]);
	g->at++;
	return API_LIST_ROW;
}

static struct json_object *graph_members(void *arg)
{
	struct json_object *o = json_object_new_object();
	const struct graph *g = arg;

	json_add_bool(o, "cut", g->cut);
	return o;
}

void trill_api_campus(struct api_request *req, void *arg)
{
	static const char *const names[] = {"rbridges", "links", NULL};
	static const struct api_list list = {names, graph_next, graph_members};

	api_list(req, &list, graph_new(arg));
}
