/* spf: the campus as a graph, and shortest paths in it from one node, with all parents and first
 * hops of equal cost (RFC 6325 section 4.5.1, RFC 7780 sections 2.1 and 3.5).
 *
 * Nodes are RBridges and pseudonodes, by their 7-byte IDs. A link counts where both ends report it.
 * Who is joined to us by such links is IS-IS reachable: what it floods comes here. Data takes fewer
 * of them: none of metric 2^24 - 1, and nothing goes through an overloaded node, though paths begin
 * and end there (RFC 7780 section 2.1). Costs are those away from the root (erratum 3508). It knows
 * no LSP and no nickname. */
#ifndef SUNWARD_TRILL_CORE_SPF_H
#define SUNWARD_TRILL_CORE_SPF_H

#include "trill/codec/isis.h"

#define SPF_NONE     UINT32_MAX
#define SPF_HOPS_MAX 256 /* first hops of one root that are told apart; more are not used */

struct spf_node {
	struct lan_id id; /* circuit 0: an RBridge */
	bool overloaded;
	bool reached;               /* after spf_finish(): IS-IS reachable */
	uint32_t first_edge, edges; /* likewise */
	uint32_t first_parent;      /* where its parents stand in struct spf */
};

struct spf_edge {
	uint32_t from, to;
	uint32_t cost;
	bool kept; /* within spf_finish() */
};

struct spf_graph {
	struct spf_node *nodes;
	struct spf_edge *edges; /* after spf_finish() by from, then to, and edge_max at most */
	uint32_t node_count, node_max, edge_count, edge_max;
	uint32_t in_count;       /* edges that are used, for the parents */
	uint32_t *order;         /* after spf_finish(): those reached, the nearest first */
	uint32_t reached;        /* how many */
	uint32_t *last;          /* while edges come: of each node, the last that leads to it */
	struct spf_edge *sorted; /* to sort into */
	uint32_t edge_room;      /* of both arrays; as much as is said */
	bool lost;               /* there was no memory for all */
};

bool spf_graph_init(struct spf_graph *g, uint32_t node_max, uint32_t edge_max);
void spf_graph_fini(struct spf_graph *g);
void spf_graph_reset(struct spf_graph *g);
/* Nodes come in ascending order of their IDs. Returns the index; SPF_NONE: out of order, or full.
 */
uint32_t spf_node_add(struct spf_graph *g, const struct lan_id *id, bool overloaded);
/* After the last node: @from reports a link to @to. All of @from come together. Of parallel links
 * the dearer is none, nor is one to who is no node. Returns the node that it leads to, or SPF_NONE.
 */
uint32_t spf_edge_add(struct spf_graph *g, uint32_t from, const struct lan_id *to, uint32_t cost);
/* After the last: take out what one end alone reports, and what is not joined to @root (SPF_NONE:
 * all are). Of more than edge_max links each node keeps a fair share (see share.h), those to the
 * nearest to @root, and a link is one that both ends keep. True: there were more, or some were
 * lost. */
bool spf_finish(struct spf_graph *g, uint32_t root);
uint32_t spf_node_find(const struct spf_graph *g, const struct lan_id *id);
/* The cost of the link; SPF_NONE: there is none. */
uint32_t spf_cost(const struct spf_graph *g, uint32_t from, uint32_t to);

/* A way to leave the root: to RBridge @node over @link, which is @node, or a pseudonode. */
struct spf_hop {
	uint32_t link, node;
};

struct spf {
	const struct spf_graph *graph;
	uint32_t root;
	uint32_t *dist;  /* SPF_NONE: unreachable */
	uint32_t *order; /* reached nodes, as they were settled: parents before children */
	uint32_t reached;
	uint32_t *parents; /* of node v: from nodes[v].first_parent, parent_count[v] of them,
			      ascending */
	uint32_t *parent_count;
	struct spf_hop hops[SPF_HOPS_MAX];
	uint32_t hop_count;
	bool hops_lost;                          /* there were more than SPF_HOPS_MAX */
	uint64_t (*hop_sets)[SPF_HOPS_MAX / 64]; /* of each node: bits of hops */
	uint32_t *heap, *heap_at;                /* while it runs */
	uint32_t heap_count;
};

/* Room for graphs of that size. False: out of memory. */
bool spf_init(struct spf *s, uint32_t node_max, uint32_t edge_max);
void spf_fini(struct spf *s);
/* Shortest paths from @root; @g is finished, and stays while @s is read. */
void spf_run(struct spf *s, const struct spf_graph *g, uint32_t root);

static inline bool spf_uses_hop(const struct spf *s, uint32_t node, uint32_t hop)
{
	return s->hop_sets[node][hop / 64] >> (hop % 64) & 1;
}

#endif
