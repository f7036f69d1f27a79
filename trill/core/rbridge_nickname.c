/* Nicknames that others hold: which ours may not be, and which of ours we lose (see rbridge.h, RFC
 * 7780 section 4). core/nickname decides; here is what it is told.
 *
 * What finds no room counts as well: the nicknames of RBridges beyond those that the campus has
 * room for, those beyond an RBridge's share, and those of an LSP that the database has not taken.
 */
#include "trill/core/rbridge_internal.h"

#define RIVAL_QUIET_S 60

typedef void claim_fn(void *arg, const struct nickname_claim *claim);

/* Each nickname that the LSP says. */
static void lsp_walk(const struct isis_pdu *p, claim_fn *each, void *arg)
{
	struct nickname_claim claim = {.holder.system = p->u.lsp.id.system};
	struct capability_nickname said;
	struct tlv_iter it, subs;
	uint16_t topology;
	struct tlv t, sub;

	isis_tlvs(p, &it);
	while (!p->u.lsp.id.pseudonode && tlv_next(&it, &t)) {
		if ((t.type != TLV_CAPABILITY && t.type != TLV_MT_CAPABILITY) ||
			capability_read(&t, &topology, &subs) || topology)
			continue;
		while (tlv_find(&subs, CAPABILITY_NICKNAME, &sub))
			for (int i = 0; i < capability_nicknames_count(&sub); i++) {
				capability_nickname_at(&sub, (unsigned int)i, &said);
				claim.nickname = said.nickname;
				claim.priority = said.priority;
				each(arg, &claim);
			}
	}
}

/* All that an RBridge says, whether it has found room or not. */
static void rbridge_walk(
	struct rbridge *rb, const struct system_id *system, claim_fn *each, void *arg)
{
	struct lsp_id first = {.system = *system};
	struct lsdb_lsp *lsp = lsdb_find(rb->db, &first);

	for (; lsp && !lsp->id.pseudonode && !system_id_compare(&lsp->id.system, system);
		lsp = lsdb_following(lsp)) {
		struct wire_fault fault;
		struct isis_pdu p;

		if (!lsp->purged && !isis_parse(lsp->bytes, lsp->len, &p, &fault))
			lsp_walk(&p, each, arg);
	}
}

/* Each nickname that others hold who are IS-IS reachable, whether data reaches them or not. Until
 * we have said something, those of all. */
static void others_walk(struct rbridge *rb, claim_fn *each, void *arg)
{
	const struct campus *c = &rb->campus;

	for (uint32_t i = 0; i < c->claim_count; i++) {
		struct nickname_claim claim = {.nickname = c->claims[i].nickname,
			.priority = c->claims[i].priority,
			.holder = c->graph.nodes[c->claims[i].node].id};

		if (system_id_compare(&claim.holder.system, &rb->config.system))
			each(arg, &claim);
	}
	for (uint32_t v = 0; c->cut && v < c->graph.node_count; v++)
		if (c->nodes[v].claims > c->claim_share.each)
			rbridge_walk(rb, &c->graph.nodes[v].id.system, each, arg);
	for (uint32_t i = 0; i < c->beyond_count; i++)
		if (!c->beyond[i].circuit)
			rbridge_walk(rb, &c->beyond[i].system, each, arg);
}

static void use(void *arg, const struct nickname_claim *claim)
{
	nickname_set_add(arg, claim->nickname);
}

void rbridge_nickname_used(struct rbridge *rb, struct nickname_set *used)
{
	*used = rb->campus.unreached;
	others_walk(rb, use, used);
}

uint16_t rbridge_nickname_free(struct rbridge *rb)
{
	struct nickname_set used;

	if (!rb->nicknames.synced)
		return NICKNAME_NONE;
	rbridge_nickname_used(rb, &used);
	for (unsigned int i = 0; i < rb->nicknames.count; i++)
		nickname_set_add(&used, rb->nicknames.own[i].nickname);
	for (unsigned int i = 0; i < rb->pseudo_count; i++)
		nickname_set_add(&used, rb->pseudos[i].nickname);
	return nickname_choose(&used, rb->env.random);
}

struct contest {
	struct rbridge *rb;
	struct nickname_set used;
	struct mono now;
	bool ours; /* it is about one of ours */
	bool lost;
};

static uint8_t priority_of(const struct nicknames *n, uint16_t nickname)
{
	for (unsigned int i = 0; i < n->count; i++)
		if (n->own[i].nickname == nickname)
			return n->own[i].priority;
	return 0;
}

/* Who goes on to claim what stays ours is told of once in a while. */
static void rival_tell(struct rbridge *rb, const struct rbridge_rival *rival, struct mono now)
{
	struct rbridge_event event = {.kind = RBRIDGE_RIVAL, .rival = rival};

	if (rival->kept && rb->rival.kept && rival->nickname == rb->rival.nickname &&
		!system_id_compare(&rival->system, &rb->rival.system) &&
		mono_since_ms(rb->rival_at, now) < RIVAL_QUIET_S * 1000)
		return;
	rb->rival = *rival;
	rb->rival_at = now;
	rbridge_event_say(rb, &event);
}

static void contest(void *arg, const struct nickname_claim *claim)
{
	struct contest *c = arg;
	struct nicknames *n = &c->rb->nicknames;
	uint64_t kept = n->conflicts_kept;
	struct rbridge_rival rival = {.nickname = claim->nickname,
		.system = claim->holder.system,
		.ours = priority_of(n, claim->nickname),
		.theirs = claim->priority};
	bool lost = nicknames_contest(n, claim, &c->used, c->now);

	c->lost |= lost;
	rival.kept = n->conflicts_kept != kept;
	if (lost || rival.kept)
		rival_tell(c->rb, &rival, c->now);
}

static void look(void *arg, const struct nickname_claim *claim)
{
	struct contest *c = arg;

	for (unsigned int i = 0; i < c->rb->nicknames.count; i++)
		c->ours |= c->rb->nicknames.own[i].nickname == claim->nickname;
}

void rbridge_nickname_defend(struct rbridge *rb, struct mono now)
{
	struct contest c = {.rb = rb, .now = now};

	rbridge_nickname_used(rb, &c.used);
	others_walk(rb, contest, &c);
	if (c.lost)
		rbridge_topology_nicknames(rb, now);
}

void rbridge_nickname_refused(struct rbridge *rb, const struct isis_pdu *p, struct mono now)
{
	struct contest c = {.rb = rb, .now = now};

	lsp_walk(p, look, &c);
	if (!c.ours)
		return; /* as most of them */
	rbridge_nickname_used(rb, &c.used);
	lsp_walk(p, use, &c.used);
	lsp_walk(p, contest, &c);
	if (c.lost)
		rbridge_topology_nicknames(rb, now);
}
