/* campus: the LSDB read into RBridges, links, nicknames, wishes for trees, and interests (RFC 6325
 * section 4.2.4, RFC 7176 sections 2.3 and 2.4).
 *
 * An RBridge without its LSP number 0 says nothing (ISO 10589 section 7.3.7). Nodes are those of
 * the graph: RBridges and pseudonodes, by ID. Who is not IS-IS reachable from us has no links, and
 * holds no nickname (RFC 7780 section 4); until we have said something ourselves, all are taken to
 * be. Where others say more than there is room for, each has a fair share of it (see share.h). */
#ifndef SUNWARD_TRILL_CORE_CAMPUS_H
#define SUNWARD_TRILL_CORE_CAMPUS_H

#include "trill/codec/capability.h"
#include "trill/core/labels.h"
#include "trill/core/lsdb.h"
#include "trill/core/nickname.h"
#include "trill/core/share.h"
#include "trill/core/spf.h"

#define CAMPUS_LISTED_MAX 64 /* tree nicknames of one RBridge that are looked at */

#define CAMPUS_AFFINITIES        16 /* records for each nickname that there is room for */
#define CAMPUS_AFFINITY_TREE_MAX 15 /* as many trees as the data plane has */

struct campus_claim {
	uint16_t nickname;
	uint8_t priority;
	uint16_t root_priority;
	uint32_t node;
};

/* What one RBridge says of a range of VLANs (sub-TLV 10), or of fine-grained labels (15). */
struct campus_interest {
	uint32_t node;
	uint32_t start, end; /* both included */
	uint32_t bitmap; /* of labels: those of its bits, the highest (of 24) is start; 0: all */
	uint16_t nickname;
	bool fgl;
	bool esadi;
	uint32_t af_lost;
	unsigned int root_count; /* root bridges of its links */
	uint8_t root[6];         /* the first */
};

/* @node asks to be the parent of @nickname in tree number @tree (sub-TLV 17). */
struct campus_affinity {
	uint32_t node;
	uint16_t nickname, tree;
};

/* Trees by their numbers: the first is 1. */
struct campus_trees {
	uint16_t ids[CAMPUS_LISTED_MAX]; /* NICKNAME_NONE: it is not told of, or contested */
	unsigned int count;
	uint64_t contested; /* a bit for each: two sub-TLVs say different ones */
};

struct campus_node {
	struct capability_trees trees;
	bool has_trees;
	bool has_version;
	uint32_t capabilities;       /* of its versions, what all have */
	bool oam;                    /* the method of RFC 7455 section 3.2 */
	bool port_shutdown;          /* it takes such channel messages */
	struct campus_trees listed;  /* sub-TLV 8: roots that it wants */
	struct campus_trees used;    /* sub-TLV 9: trees that it uses as an ingress */
	uint32_t claims, affinities; /* how many it says, those as well that find no room */
	struct label_set wants;      /* labels with end stations there */
	bool fgl_edge;               /* it has end stations of fine-grained labels */
};

struct campus {
	struct spf_graph graph;
	struct campus_node *nodes;   /* as graph.nodes */
	struct campus_claim *claims; /* by nickname; of equal ones who keeps it first */
	uint32_t claim_count, claim_max;
	struct campus_interest *interests; /* each node's as they stand in its LSP */
	uint32_t interest_count, interest_max;
	struct campus_affinity *affinities; /* by nickname, tree, node */
	uint32_t affinity_count, affinity_max;
	struct share claim_share, affinity_share; /* of each RBridge, while it is read */
	uint32_t *queue;                          /* likewise: those to be asked for their links */
	bool *queued;
	bool over;             /* likewise: nicknames or affinities had no room */
	struct lan_id *beyond; /* those joined to us for whom there is no room; they have no node */
	uint32_t beyond_count;
	bool cut;                      /* there was more than there is room for */
	struct nickname_set unreached; /* what those say who are not IS-IS reachable: elsewhere */
	uint32_t reserved;     /* nicknames that nobody may hold, and someone says he does */
	uint16_t buffer_size;  /* the least of all originatingL1LSPBufferSize; 0: of nobody */
	struct system_id own;  /* of more RBridges than there is room for the nearest to it count */
	struct labels *labels; /* those that it names get numbers; NULL: VLANs alone count */
	bool fgl_edges;        /* somebody has end stations of fine-grained labels */
};

/* TRILL Data with fine-grained labels may be given to it (RFC 7172 section 5.3). */
static inline bool campus_is_fgl_safe(const struct campus_node *node)
{
	return node->capabilities & CAPABILITY_BIT_FGL_SAFE;
}

/* False: out of memory. */
bool campus_init(struct campus *c, uint32_t node_max, uint32_t edge_max, uint32_t claim_max);
void campus_fini(struct campus *c);
void campus_read(struct campus *c, struct lsdb *db);
/* The claim of who keeps @nickname, which is the first of it. claim_count: nobody claims it. */
uint32_t campus_claim_find(const struct campus *c, uint16_t nickname);
/* @said is of @label. */
bool campus_interest_has(const struct campus_interest *said, struct label label);
/* Put the numbers of the labels that @said is of into @set; @labels NULL: of VLANs. */
void campus_interest_numbers(
	const struct campus_interest *said, const struct labels *labels, struct label_set *set);
#endif
