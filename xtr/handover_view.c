/* handover_view: the passages as the API shows them. See router.h. */
#include "xtr/handover_internal.h"

static const char *const phases[] = {
	[PHASE_NONE] = "none",
	[PHASE_EXPECTED] = "expected",
	[PHASE_WAITING] = "waiting",
	[PHASE_REFUSED] = "refused",
	[PHASE_HERE] = "here",
	[PHASE_PAUSED] = "paused",
	[PHASE_RELEASED] = "released",
	[PHASE_ELSEWHERE] = "elsewhere",
};

static const char *const words[] = {
	[HANDOVER_INCOMING] = "incoming",
	[HANDOVER_RUNNING] = "running",
	[HANDOVER_PAUSED] = "paused",
	[HANDOVER_LEAVING] = "leaving",
	[HANDOVER_GONE] = "gone",
};

struct walk {
	bool (*visit)(const struct router_handover_view *v, void *arg);
	void *arg;
};

static void first_locator(const struct peer *peer, struct address *out)
{
	if (peer->locators.count)
		*out = peer->locators.list[0].addr;
}

static bool view(struct eid_node *node, void *arg)
{
	const struct walk *w = arg;
	const struct passage *p = eid_table_entry(node, struct passage, node);
	struct router_handover_view v = {.eid = node->eid,
		.phase = phases[p->phase],
		.agent = p->agent[0] ? p->agent : NULL,
		.word = p->word && p->word <= HANDOVER_GONE ? words[p->word] : NULL,
		.in_migration = p->word == HANDOVER_PAUSED && p->in_migration,
		.seq = p->seq,
		.holds = hold_has(p->room->r->hold, &node->eid)};

	if (p->to)
		first_locator(p->to, &v.to);
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (peer_stands(&p->nexts[i]))
			first_locator(&p->nexts[i], &v.candidates[v.candidate_count++]);
	return w->visit(&v, w->arg);
}

void router_each_handover(const struct router *r,
	bool (*visit)(const struct router_handover_view *v, void *arg), void *arg)
{
	struct walk w = {visit, arg};

	eid_table_each(r->handover->passages, view, &w);
}
