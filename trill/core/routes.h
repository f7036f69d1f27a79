/* routes: what the data plane is told, from the campus and the links we have: adjacencies, paths,
 * trees, RPF rows and our own nicknames (RFC 6325 sections 4.5 and 4.6, RFC 7780 sections 2 and 3).
 *
 * It keeps a picture of what it has told and writes the rows that differ, in this order: paths,
 * which no filter concerns and frames wait for; input filters (adjacencies and RPF), a barrier,
 * outputs (trees, ourselves), a barrier, and then it takes away the paths to which nothing refers
 * any more. A row that the data plane refuses is
 * counted, and all are written again the next time. */
#ifndef SUNWARD_TRILL_CORE_ROUTES_H
#define SUNWARD_TRILL_CORE_ROUTES_H

#include "trill/core/affinity.h"
#include "trill/core/tables.h"
#include "trill/core/tree.h"

/* An adjacency in Report. */
struct routes_link {
	uint32_t ifindex;
	struct mac mac; /* the neighbour's */
	uint32_t node;  /* the neighbour */
	uint32_t via;   /* what is next in the graph: @node, or the link's pseudonode; SPF_NONE: it
			   is not there yet, though the neighbour is */
	uint32_t cost;  /* away from us */
	struct tree_link kind;
	bool offers; /* @node distributes for us while we are overloaded */
	bool serves; /* it is overloaded, and we do so for it */
};

enum rbridge_phase {
	RBRIDGE_INPUTS,  /* input filters are in: outputs may be opened when it returns */
	RBRIDGE_OUTPUTS, /* outputs are in: what they do not refer to any more may go */
};

struct routes_path {
	uint16_t nickname;
	struct tables_path path;
};

struct routes_branch {
	uint32_t ifindex;
	struct label_set pruned;
};

struct routes_tree {
	uint16_t root; /* NICKNAME_NONE: there is no such tree */
	uint8_t hops;
	unsigned int count;
	struct routes_branch *branches; /* ROUTES_PORTS_MAX of them; NULL: never used */
};
#define ROUTES_PORTS_MAX 64

/* What has been, or is to be told. Rows are in the order of their keys. */
struct routes_picture {
	struct routes_path *paths;
	struct tables_rpf *rpf;
	struct tables_adjacency *adjacencies;
	uint32_t path_count, rpf_count, adjacency_count;
	struct routes_tree trees[TABLES_TREES_MAX + 1];
	struct tables_self self;
};

struct routes {
	struct trill_tables *tables;
	void (*barrier)(void *arg, enum rbridge_phase phase); /* NULL: calls are in order anyway */
	void *arg;
	uint32_t nickname_max, link_max;
	struct routes_picture told, next;
	struct spf from_us, from_root;
	struct tree tree;
	struct affinity affinity;
	uint32_t *asked;   /* of affinity_parents() */
	uint16_t *depth;   /* RBridges on the way to each node, from the root of the last spf */
	uint32_t *winners; /* claims that hold, by nickname; of a virtual RBridge the first */
	uint32_t winner_count;
	struct tree_candidate *candidates;
	struct tree_wish *wishes;
	uint16_t roots[TABLES_TREES_MAX];
	unsigned int root_count;
	unsigned int
		extra; /* number of the tree for labels alone, the last (RFC 7172 section 4.5); 0 */
	uint32_t oomf; /* the node that distributes for us; SPF_NONE: nobody */
	bool stale;
	uint64_t refused, no_room; /* by the data plane; of these for want of room */
	uint64_t rows;             /* written */
};

/* The fields down to @link_max have been set. False: out of memory. */
bool routes_init(struct routes *r, uint32_t node_max, uint32_t edge_max);
void routes_fini(struct routes *r);

/* As the data plane was told it; NULL: nothing leads to @nickname. */
const struct routes_path *routes_path_find(const struct routes *r, uint16_t nickname);

/* Shortest paths from us, @me, to all, affinities and roots: what routes_reaches() and
 * routes_tell() go by. */
void routes_look(struct routes *r, const struct campus *c, uint32_t me);
static inline bool routes_reaches(const struct routes *r, uint32_t node)
{
	return r->from_us.dist[node] != SPF_NONE;
}
/* Tell the data plane what has changed. @links: at most link_max, in any order. @self: our
 * nicknames, @ingress among them; root and oomf are filled in. */
void routes_tell(struct routes *r, const struct campus *c, const struct routes_link *links,
	unsigned int n, const struct tables_self *self);
/* There is no campus: no link, and no nickname of others. */
void routes_withdraw(struct routes *r, const struct tables_self *self);

#endif
