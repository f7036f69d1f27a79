/* tree: the distribution trees of the campus: which nicknames are roots, each tree's links, from
 * where a packet of an ingress must come, and which trees an ingress may use (RFC 6325 section 4.5,
 * RFC 7780 sections 2.2 and 3).
 *
 * Trees are computed alike by all RBridges from the same LSDB. Tree number j (from 1) gives a node
 * with p possible parents the one numbered (j - 1) mod p (RFC 7780 section 3.4). It knows no VLAN:
 * pruning asks tree_needed() with whatever says who wants a label. */
#ifndef SUNWARD_TRILL_CORE_TREE_H
#define SUNWARD_TRILL_CORE_TREE_H

#include "trill/core/spf.h"

#define TREE_ROOT_PRIORITY_DEFAULT     0x8000
#define TREE_ROOT_PRIORITY_DEFAULT_FGL 0x9000 /* RFC 7172 section 4.5 */

/* A nickname that might be a root, by the RBridge that keeps it. */
struct tree_candidate {
	uint16_t nickname;
	uint16_t root_priority;
	struct lan_id holder;
	bool usable; /* its holder is data reachable and not overloaded */
};

/* What one RBridge says of trees (sub-TLVs 7, 8, 9). */
struct tree_wish {
	struct lan_id holder;
	uint16_t compute, max, use;
	const uint16_t *listed; /* sub-TLV 8, in order */
	unsigned int listed_count;
	uint64_t contested; /* of these, those that it says in two ways: a bit for each */
};

/* > 0: @a goes before @b: root priority, system ID, nickname; larger first. */
int tree_candidate_compare(const struct tree_candidate *a, const struct tree_candidate *b);

/* The roots of the campus's trees, tree 1 first. @candidates are sorted in place, the highest
 * first. The number k is what the holder of the highest usable one wants, and at most the least
 * maximum of all @wishes; 0 counts as 1. The roots it lists come first, others by priority.
 * Nicknames of priority 0 are not chosen by it, unless all have that. A contested tree keeps its
 * number, and NICKNAME_NONE is its root: it is not computed (RFC 7176 section 2.3.4). Returns how
 * many, at most @max. */
unsigned int tree_roots(struct tree_candidate *candidates, unsigned int n,
	const struct tree_wish *wishes, unsigned int wish_count, uint16_t *roots, unsigned int max);

/* The trees that an ingress may use, of the @k campus trees: the @j that it listed, and others by
 * the order of the campus, up to min(j, k), or all k where its j is 0 (erratum 3052). @used: a bit
 * for each of up to 64 trees, the first is bit 0. */
uint64_t tree_ingress_trees(const uint16_t *roots, unsigned int k, uint16_t j,
	const uint16_t *listed, unsigned int listed_count);

struct tree {
	unsigned int number; /* from 1 */
	uint32_t root;
	uint32_t node_count;
	uint32_t *parent; /* SPF_NONE: the root, and what is not reached */
	uint32_t *order;  /* reached nodes, parents before children */
	uint32_t reached;
	uint32_t *branch; /* of tree_view(): in which of our children's subtrees a node is */
	uint32_t me;
};

bool tree_init(struct tree *t, uint32_t node_max);
void tree_fini(struct tree *t);
/* Tree @number from the shortest paths of its root. */
void tree_build(struct tree *t, const struct spf *s, unsigned int number);
/* In this tree @child hangs below @parent (RFC 7783 section 4.1), to which a link leads, or a LAN
 * whose pseudonode is below it. False, and nothing has changed: @child is the root or not reached,
 * @parent is below it, or there is no such link. Then tree_sort(), before it is viewed. */
bool tree_adopt(struct tree *t, const struct spf_graph *g, uint32_t child, uint32_t parent);
void tree_sort(struct tree *t);
/* How many RBridges a packet passes at most from the root, and from @from over the root. */
unsigned int tree_depth(const struct tree *t, const struct spf_graph *g, uint32_t from);
/* See it from node @me. */
void tree_view(struct tree *t, uint32_t me);

/* The neighbour in the tree (an RBridge, or a pseudonode) from which a packet of @ingress must come
 * to us: the RPF check. SPF_NONE: from none; @ingress is us, or not in the tree, or we are not. */
uint32_t tree_rpf(const struct tree *t, uint32_t ingress);
/* Of a pseudonode @from that tree_rpf() named: the RBridge on that link that sends us packets of
 * @ingress (RFC 7780 section 3.6). */
uint32_t tree_rpf_sender(const struct tree *t, uint32_t ingress, uint32_t from);
/* @node is our neighbour in the tree: parent or child. */
bool tree_is_adjacent(const struct tree *t, uint32_t node);
/* A packet need go to our neighbour @neighbor: there is a node beyond for which @wants is true. */
bool tree_needed(const struct tree *t, uint32_t neighbor, bool (*wants)(void *arg, uint32_t node),
	void *arg);

/* One of several links to the same neighbour, without pseudonode (RFC 6325 section 4.5.2, 3). */
struct tree_link {
	bool p2p;
	uint32_t circuit; /* P2P: the extended circuit ID of the end with the higher system ID */
	struct lan_id pseudonode; /* LAN: the one in the Hellos */
};

/* The index of the one to be used; @n is at least 1. */
unsigned int tree_link_choose(const struct tree_link *links, unsigned int n);

#endif
