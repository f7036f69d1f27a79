/* affinity: who has asked to be the parent of a nickname in a distribution tree, and may be
 * (Coordinated Multicast Trees, RFC 7783; the sub-TLV is RFC 7176 section 2.3.9).
 *
 * A nickname that its own holder asks for is bound: frames with it as ingress come along the trees
 * that were asked for and by no other, from who asked. A nickname that several hold with the same
 * priority, of whom one binds it, is a virtual RBridge: all of them lead to it, and it is no root.
 * A neighbour's nickname that is asked for makes the neighbour a child in that tree.
 *
 * All RBridges decide alike from the same LSDB. As long as one of those that are reached does not
 * say that it can (bit 0 of its version), nothing counts. It knows no tree: tree_adopt() is what
 * follows. */
#ifndef SUNWARD_TRILL_CORE_AFFINITY_H
#define SUNWARD_TRILL_CORE_AFFINITY_H

#include "trill/core/campus.h"
#include "trill/core/tree.h"

/* What counts: one for each nickname and tree. */
struct affinity_hold {
	uint16_t nickname;
	uint16_t tree;   /* its number, from 1 */
	uint32_t parent; /* the node that asked */
	uint32_t child;  /* the node that holds the nickname; @parent itself: it is bound */
};

/* One that asks for a neighbour's nickname, and where its hold stands. */
struct affinity_pair {
	uint32_t child, parent, hold;
};

struct affinity {
	bool usable;                 /* all that are reached understand it */
	struct affinity_hold *holds; /* by nickname, then tree */
	uint32_t count, max;
	struct affinity_pair *pairs; /* while it is decided */
	struct tree_candidate *best; /* of each node, its nickname that would be a root first */
	uint32_t ignored;            /* records that do not count: see affinity_decide() */
	uint32_t looked;             /* claims and links that were looked at */
};

/* Zeroed is empty. */
void affinity_fini(struct affinity *a);

/* From what the campus says, seen from the root of @paths. Left out, and counted, are records of
 * who is not reached, of who neither holds the nickname nor is its holder's neighbour, and of two
 * that ask for the same the one whose best nickname would less be a root (section 5.3). Each claim
 * is looked at once, and links of two neighbours once, however many records there are. */
void affinity_decide(struct affinity *a, const struct campus *c, const struct spf *paths);

/* The node from which frames of ingress @nickname enter tree @tree. False: it is not bound, and the
 * tree is as any. SPF_NONE: it is, but not to this tree. */
bool affinity_ingress(
	const struct affinity *a, uint16_t nickname, unsigned int tree, uint32_t *node);
/* Of two nodes that ask for the same, @x has it: its best nickname would sooner be a root, or its
 * system ID is higher (section 5.3). Something has been decided: there are records. */
bool affinity_prevails(const struct affinity *a, uint32_t x, uint32_t y);
/* Whom each of @n nodes was asked to hang below in tree @tree, for whichever nickname of it, into
 * @parents; SPF_NONE: below nobody. */
void affinity_parents(const struct affinity *a, unsigned int tree, uint32_t *parents, uint32_t n);
/* It is bound to some tree by its holders. */
bool affinity_is_bound(const struct affinity *a, uint16_t nickname);

/* Of @claims from index @first on, all of one nickname: how many hold it together, which is those
 * with the priority of the first; unreachable ones among them are to be passed over. */
uint32_t affinity_claimants(const struct campus *c, uint32_t first);

#endif
