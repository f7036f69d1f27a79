/* See campus.h. */
#include "trill/core/campus.h"

#include <stdlib.h>
#include <string.h>

#include "trill/codec/channel.h"
#include "trill/codec/hello_tlv.h"
#include "trill/core/campus_near.h"

bool campus_init(struct campus *c, uint32_t node_max, uint32_t edge_max, uint32_t claim_max)
{
	memset(c, 0, sizeof(*c));
	c->claim_max = claim_max;
	c->nodes = calloc(node_max ? node_max : 1, sizeof(*c->nodes));
	c->claims = calloc(claim_max ? claim_max : 1, sizeof(*c->claims));
	c->queue = calloc(node_max ? node_max : 1, sizeof(*c->queue));
	c->queued = calloc(node_max ? node_max : 1, sizeof(*c->queued));
	if (c->nodes && c->claims && c->queue && c->queued &&
		spf_graph_init(&c->graph, node_max, edge_max))
		return true;
	campus_fini(c);
	return false;
}

void campus_fini(struct campus *c)
{
	free(c->nodes);
	free(c->claims);
	free(c->interests);
	free(c->affinities);
	free(c->queue);
	free(c->queued);
	free(c->beyond);
	spf_graph_fini(&c->graph);
	memset(c, 0, sizeof(*c));
}

static void nicknames_read(struct campus *c, uint32_t node, const struct tlv *t)
{
	struct capability_nickname n;
	int count = capability_nicknames_count(t);

	for (int i = 0; i < count; i++) {
		capability_nickname_at(t, (unsigned int)i, &n);
		if (!nickname_usable(n.nickname)) {
			c->reserved++;
			continue;
		}
		if (!c->graph.nodes[node].reached) {
			nickname_set_add_elsewhere(&c->unreached, n.nickname);
			continue;
		}
		if (!share_take(&c->claim_share, c->nodes[node].claims++))
			continue;
		if (c->claim_count == c->claim_max) {
			c->over = true;
			continue;
		}
		c->claims[c->claim_count++] = (struct campus_claim){.nickname = n.nickname,
			.priority = n.priority,
			.root_priority = n.root_priority,
			.node = node};
	}
}

/* Numbers go from 1 on. Of which two sub-TLVs say different roots there is none until they agree
 * (RFC 7176 section 2.3.4). */
static void tree_ids_read(const struct tlv *t, struct campus_trees *trees)
{
	uint16_t start;
	int n = capability_tree_ids_read(t, &start);

	for (int i = 0; i < n && start; i++) {
		unsigned int at = start - 1u + (unsigned int)i;
		uint16_t is = capability_tree_id_at(t, (unsigned int)i);

		if (at >= CAMPUS_LISTED_MAX)
			return;
		if (trees->ids[at] != NICKNAME_NONE && trees->ids[at] != is)
			trees->contested |= 1ull << at;
		trees->ids[at] = trees->contested >> at & 1 ? NICKNAME_NONE : is;
		if (at >= trees->count)
			trees->count = at + 1;
	}
}

/* There is room for one more; at most as many as all nodes might say of each VLAN. */
static bool interest_room(struct campus *c)
{
	uint32_t max = c->interest_max ? 2 * c->interest_max : 64;
	struct campus_interest *more;

	if (c->interest_count < c->interest_max)
		return true;
	if (c->interest_max >= c->graph.node_max * VLAN_LAST)
		return false;
	more = reallocarray(c->interests, max, sizeof(*more));
	if (!more)
		return false;
	c->interests = more;
	c->interest_max = max;
	return true;
}

static void interest_read(struct campus *c, uint32_t at, const struct tlv *t)
{
	struct capability_interest i;

	if (capability_interest_read(t, &i) || (i.is_bitmap && !i.bitmap))
		return;
	if (!interest_room(c)) {
		c->cut = true;
		return;
	}
	c->nodes[at].fgl_edge |= i.fgl;
	c->fgl_edges |= i.fgl;
	c->interests[c->interest_count++] = (struct campus_interest){.node = at,
		.nickname = i.nickname,
		.fgl = i.fgl,
		.start = i.start,
		.end = i.end,
		.bitmap = i.bitmap,
		.esadi = i.esadi,
		.af_lost = i.af_lost,
		.root_count = i.root_count};
	if (i.root_count)
		memcpy(c->interests[c->interest_count - 1].root, i.roots,
			sizeof(c->interests->root));
}

bool campus_interest_has(const struct campus_interest *said, struct label label)
{
	if (said->fgl != label.fgl || label.id < said->start || label.id > said->end)
		return false;
	return !said->bitmap || said->bitmap << (label.id - said->start) & 0x800000;
}

void campus_interest_numbers(
	const struct campus_interest *said, const struct labels *labels, struct label_set *set)
{
	if (!said->fgl) {
		label_set_add_range(set, said->start, said->end);
		return;
	}
	for (unsigned int i = labels ? labels_from(labels, said->start) : 0;
		labels && i < labels->count && labels_at(labels, i) <= said->end; i++) {
		struct label label = {.id = labels_at(labels, i), .fgl = true};

		if (campus_interest_has(said, label))
			label_set_add(set, labels->sorted[i]);
	}
}

/* Each label of @said gets a number; when there is no room for more, those that have one keep it.
 */
static void labels_take(struct labels *l, const struct campus_interest *said)
{
	struct label label = {.id = said->start, .fgl = true};

	for (; label.id <= said->end && !l->cut; label.id++)
		if (campus_interest_has(said, label))
			labels_hear(l, label.id);
	for (unsigned int i = labels_from(l, label.id);
		i < l->count && labels_at(l, i) <= said->end; i++) {
		label.id = labels_at(l, i);
		if (campus_interest_has(said, label))
			labels_hear(l, label.id);
	}
}

static void labels_read(struct campus *c)
{
	labels_hear_begin(c->labels);
	for (uint32_t i = 0; i < c->interest_count; i++)
		if (c->interests[i].fgl)
			labels_take(c->labels, &c->interests[i]);
	labels_hear_end(c->labels);
}

/* What each wants, when all that is named has a number: a range of one may have labels that others
 * name. */
static void wants_read(struct campus *c)
{
	if (c->labels && (c->fgl_edges || c->labels->count))
		labels_read(c);
	for (uint32_t i = 0; i < c->interest_count; i++)
		campus_interest_numbers(
			&c->interests[i], c->labels, &c->nodes[c->interests[i].node].wants);
}

static bool affinity_room(struct campus *c)
{
	uint32_t max = c->affinity_max ? 2 * c->affinity_max : 64;
	struct campus_affinity *more;

	if (c->affinity_count < c->affinity_max)
		return true;
	if (c->affinity_max >= c->claim_max * CAMPUS_AFFINITIES)
		return false;
	more = reallocarray(c->affinities, max, sizeof(*more));
	if (!more)
		return false;
	c->affinities = more;
	c->affinity_max = max;
	return true;
}

/* Trees that we would not compute are passed over. */
static void affinity_read(struct campus *c, uint32_t node, const struct tlv *t)
{
	struct capability_affinity a;
	size_t at = 0;
	int err;

	while (capability_affinity_next(t, &at, &a, &err))
		for (unsigned int i = 0; i < a.count; i++) {
			uint16_t tree = (uint16_t)(a.trees[2 * i] << 8 | a.trees[2 * i + 1]);

			if (!tree || tree > CAMPUS_AFFINITY_TREE_MAX ||
				!nickname_usable(a.nickname) ||
				!share_take(&c->affinity_share, c->nodes[node].affinities++))
				continue;
			if (!affinity_room(c)) {
				c->over = true;
				continue;
			}
			c->affinities[c->affinity_count++] = (struct campus_affinity){
				.node = node, .nickname = a.nickname, .tree = tree};
		}
}

/* Whether it answers OAM messages that have A set (RFC 7455 section 3.3). It can do what all that
 * it says of itself has (RFC 7176 section 2.3.1). */
static void version_take(struct campus_node *node, const struct tlv *t)
{
	struct trill_version version;

	if (hello_version_read(t, &version))
		return;
	node->capabilities = version.capabilities & (node->has_version ? node->capabilities : ~0u);
	node->has_version = true;
	node->oam = node->capabilities & CAPABILITY_BIT_OAM &&
		    !(node->capabilities & CAPABILITY_BIT_OAM_OLD);
}

/* @fragment: where it stands. The version counts in number 0 alone (RFC 7176 section 2.3.1). */
static void capability_take(struct campus *c, uint32_t at, const struct tlv *t, uint8_t fragment)
{
	struct campus_node *node = &c->nodes[at];
	struct tlv_iter subs;
	uint16_t topology;
	struct tlv sub;

	if (capability_read(t, &topology, &subs) || topology)
		return;
	while (tlv_next(&subs, &sub)) {
		switch (sub.type) {
		case CAPABILITY_NICKNAME:
			nicknames_read(c, at, &sub);
			break;
		case CAPABILITY_VERSION:
			if (!fragment)
				version_take(node, &sub);
			break;
		case CAPABILITY_TREES:
			if (!node->has_trees)
				node->has_trees = !capability_trees_read(&sub, &node->trees);
			break;
		case CAPABILITY_TREE_IDS:
			tree_ids_read(&sub, &node->listed);
			break;
		case CAPABILITY_TREE_USE_IDS:
			tree_ids_read(&sub, &node->used);
			break;
		case CAPABILITY_CHANNELS:
			node->port_shutdown |=
				capability_channels_have(&sub, CHANNEL_PORT_SHUTDOWN);
			break;
		case CAPABILITY_INT_VLAN:
		case CAPABILITY_INT_LABEL:
			if (c->graph.nodes[at].reached)
				interest_read(c, at, &sub);
			break;
		case CAPABILITY_AFFINITY:
			if (c->graph.nodes[at].reached)
				affinity_read(c, at, &sub);
			break;
		}
	}
}

/* @node is to be asked for its links. */
static void queue_add(struct campus *c, uint32_t *count, uint32_t node)
{
	if (node == SPF_NONE || c->queued[node])
		return;
	c->queued[node] = true;
	c->queue[(*count)++] = node;
}

/* One fragment's; whom they lead to is asked, too. */
static void links_take(struct campus *c, uint32_t node, const struct isis_pdu *p, uint32_t *count)
{
	struct reach reach;
	struct tlv_iter it;
	struct tlv t;
	size_t at;
	int err;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_REACHABILITY, &t))
		for (at = 0; reach_next(&t, &at, &reach, &err);)
			if (!reach.mtu_failed)
				queue_add(c, count,
					spf_edge_add(
						&c->graph, node, &reach.neighbor, reach.metric));
}

/* One fragment of @node. A pseudonode is a link: it holds no nickname, and can do nothing. */
static void fragment_read(struct campus *c, uint32_t node, const struct isis_pdu *p)
{
	struct tlv_iter it;
	struct tlv t;

	isis_tlvs(p, &it);
	while (!p->u.lsp.id.pseudonode && tlv_next(&it, &t))
		if (t.type == TLV_CAPABILITY || t.type == TLV_MT_CAPABILITY)
			capability_take(c, node, &t, p->u.lsp.id.fragment);
}

static int claim_order(const void *a, const void *b)
{
	const struct campus_claim *x = a, *y = b;

	if (x->nickname != y->nickname)
		return x->nickname < y->nickname ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	return x->node > y->node ? -1 : x->node < y->node; /* nodes are in the order of IDs */
}

static int affinity_order(const void *a, const void *b)
{
	const struct campus_affinity *x = a, *y = b;

	if (x->nickname != y->nickname)
		return x->nickname < y->nickname ? -1 : 1;
	if (x->tree != y->tree)
		return x->tree < y->tree ? -1 : 1;
	return x->node < y->node ? -1 : x->node > y->node;
}

static uint32_t own_node(const struct campus *c)
{
	struct lan_id own = {.system = c->own};

	return spf_node_find(&c->graph, &own);
}

/* It begins what an RBridge or pseudonode says. */
static bool is_first(const struct lsdb_lsp *lsp)
{
	return !lsp->purged && !lsp->id.fragment;
}

static void node_add(struct campus *c, const struct lsdb_lsp *lsp)
{
	struct lan_id id = {.system = lsp->id.system, .circuit = lsp->id.pseudonode};
	/* A pseudonode's keeps TRILL Data off an access link (RFC 6325 section 4.9.1). */
	bool overloaded = lsp->bytes[ISIS_LSP_HEADER - 1] & ISIS_LSP_OVERLOAD;
	uint32_t node = spf_node_add(&c->graph, &id, overloaded);

	if (node == SPF_NONE)
		c->cut = true;
	else
		memset(&c->nodes[node], 0, sizeof(c->nodes[node]));
}

/* There is not room for all @count, but for those that are nearest to us. False: we have said
 * nothing yet, or there is no memory. */
static bool near_read(struct campus *c, struct lsdb *db, uint32_t count)
{
	struct lan_id *near = calloc(count, sizeof(*near));
	uint32_t n = near ? campus_near(db, &c->own, near, count, c->graph.node_max) : 0;
	uint32_t nodes = n < c->graph.node_max ? n : c->graph.node_max;

	for (uint32_t i = 0; i < nodes; i++) {
		struct lsp_id id = {.system = near[i].system, .pseudonode = near[i].circuit};

		node_add(c, lsdb_find(db, &id));
	}
	c->beyond_count = n - nodes;
	if (c->beyond_count)
		memmove(near, near + nodes, c->beyond_count * sizeof(*near));
	c->beyond = near;
	c->cut = n;
	return n;
}

/* Whoever has said an LSP number 0. */
static void nodes_read(struct campus *c, struct lsdb *db)
{
	uint32_t count = 0;

	free(c->beyond);
	c->beyond = NULL;
	c->beyond_count = 0;
	for (struct lsdb_lsp *lsp = lsdb_after(db, NULL); lsp; lsp = lsdb_following(lsp))
		count += is_first(lsp);
	if (count > c->graph.node_max && near_read(c, db, count))
		return;
	for (struct lsdb_lsp *lsp = lsdb_after(db, NULL); lsp; lsp = lsdb_following(lsp))
		if (is_first(lsp))
			node_add(c, lsp);
}

/* The least size that an RBridge says that it can take (RFC 7176 section 4.5); 0: none. */
static void buffer_size_take(const struct isis_pdu *p, uint16_t *least)
{
	struct tlv_iter it;
	uint16_t size;
	struct tlv t;

	isis_tlvs(p, &it);
	while (tlv_find(&it, TLV_BUFFER_SIZE, &t))
		if (!buffer_size_read(&t, &size) && (!*least || size < *least))
			*least = size;
}

static void buffer_size_count(struct campus *c, uint16_t size)
{
	if (size < LSP_BUFFER_SIZE_LEAST)
		size = LSP_BUFFER_SIZE_LEAST;
	if (!c->buffer_size || size < c->buffer_size)
		c->buffer_size = size;
}

/* The next fragment of @node that says something, from *@lsp on, which goes to the one behind it.
 * False: there is none. */
static bool fragment_next(
	const struct campus *c, uint32_t node, struct lsdb_lsp **lsp, struct isis_pdu *p)
{
	const struct lan_id *id = &c->graph.nodes[node].id;
	struct wire_fault fault;

	for (struct lsdb_lsp *is = *lsp; is; is = *lsp) {
		if (is->id.pseudonode != id->circuit ||
			system_id_compare(&is->id.system, &id->system))
			return false;
		*lsp = lsdb_following(is);
		if (!is->purged && !isis_parse(is->bytes, is->len, p, &fault))
			return true;
	}
	return false;
}

static struct lsdb_lsp *fragment_first(const struct campus *c, struct lsdb *db, uint32_t node)
{
	const struct lan_id *id = &c->graph.nodes[node].id;
	struct lsp_id first = {.system = id->system, .pseudonode = id->circuit};

	return lsdb_find(db, &first);
}

/* Links of us, of those whom we list, of those whom they list, and so on: who is listed by none of
 * them is not reached, and is not asked. */
static void links_read(struct campus *c, struct lsdb *db)
{
	uint32_t own = own_node(c), count = 0;
	struct lsdb_lsp *lsp;
	struct isis_pdu p;

	memset(c->queued, 0, c->graph.node_count * sizeof(*c->queued));
	for (uint32_t node = 0; node < c->graph.node_count; node++)
		if (own == SPF_NONE || node == own)
			queue_add(c, &count, node);
	for (uint32_t i = 0; i < count; i++)
		for (lsp = fragment_first(c, db, c->queue[i]);
			fragment_next(c, c->queue[i], &lsp, &p);)
			links_take(c, c->queue[i], &p, &count);
	if (spf_finish(&c->graph, own))
		c->cut = true;
}

/* What @node says of itself, in all its fragments. */
static void node_read(struct campus *c, struct lsdb *db, uint32_t node)
{
	struct lsdb_lsp *lsp = fragment_first(c, db, node);
	uint16_t least = 0;
	struct isis_pdu p;

	c->nodes[node].claims = c->nodes[node].affinities = 0;
	while (fragment_next(c, node, &lsp, &p)) {
		buffer_size_take(&p, &least);
		fragment_read(c, node, &p);
	}
	if (!c->graph.nodes[node].id.circuit)
		buffer_size_count(c, least);
}

/* What all say of themselves, the nearest first. */
static void nodes_said(struct campus *c, struct lsdb *db)
{
	c->claim_count = c->interest_count = c->affinity_count = c->reserved = 0;
	c->over = false;
	nickname_set_clear(&c->unreached);
	for (uint32_t i = 0; i < c->graph.reached; i++)
		node_read(c, db, c->graph.order[i]);
	for (uint32_t node = 0; node < c->graph.node_count; node++)
		if (!c->graph.nodes[node].reached)
			node_read(c, db, node);
}

/* Each has its share of what there is not room for all. */
static void shares_set(struct campus *c)
{
	uint32_t *wants = c->queue; /* its use is over */

	for (uint32_t i = 0; i < c->graph.reached; i++)
		wants[i] = c->nodes[c->graph.order[i]].claims;
	c->claim_share = share_of(c->claim_max, wants, c->graph.reached);
	for (uint32_t i = 0; i < c->graph.reached; i++)
		wants[i] = c->nodes[c->graph.order[i]].affinities;
	c->affinity_share = share_of(c->affinity_max, wants, c->graph.reached);
}

void campus_read(struct campus *c, struct lsdb *db)
{
	spf_graph_reset(&c->graph);
	c->buffer_size = 0;
	c->cut = c->fgl_edges = false;
	c->claim_share = c->affinity_share = SHARE_ALL;
	nodes_read(c, db);
	links_read(c, db);
	nodes_said(c, db);
	if (c->over) {
		shares_set(c);
		nodes_said(c, db);
		c->cut = true;
	}
	wants_read(c);
	qsort(c->claims, c->claim_count, sizeof(*c->claims), claim_order);
	if (c->affinity_count)
		qsort(c->affinities, c->affinity_count, sizeof(*c->affinities), affinity_order);
}

uint32_t campus_claim_find(const struct campus *c, uint16_t nickname)
{
	uint32_t low = 0, high = c->claim_count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (c->claims[middle].nickname < nickname)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->claim_count && c->claims[low].nickname == nickname ? low : c->claim_count;
}
