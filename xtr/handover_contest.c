/* handover_contest: what an operator is told when two sites say that a guest runs there, and how
 * one settles it by hand. It names both xTRs, and the agent of this site; the other site's is named
 * by its own xTR, which is told in the same moment. See handover.h and handover_internal.h. */
#include "xtr/handover_passage.h"

#include <stdio.h>
#include <string.h>

#define INSIST_MS 10000 /* a claim made by hand is made again for so long when it is refused */

#define WHO_TEXT (POLICY_AGENT_NAME + 32)
#define XTR_TEXT (2 * sizeof(struct handover_id) + ADDRESS_TEXT + 16)

/* Whose word it is that it runs here. */
static const char *who(const struct passage *p, char *text, size_t size)
{
	if (p->agent[0])
		snprintf(text, size, "agent \"%s\"", p->agent);
	else
		snprintf(text, size, "its port");
	return text;
}

static const char *other(const struct peer *peer, char *text, size_t size)
{
	char at[ADDRESS_TEXT];
	int used = snprintf(text, size, "the xTR ");

	for (size_t i = 0; peer->used && i < sizeof(peer->id.bytes); i++)
		used += snprintf(text + used, size - (size_t)used, "%02x", peer->id.bytes[i]);
	if (peer->locators.count)
		snprintf(text + used, size - (size_t)used, "%sat %s", peer->used ? " " : "",
			address_format(&peer->locators.list[0].addr, at, sizeof(at)));
	else if (!peer->used)
		snprintf(text, size, "another xTR");
	return text;
}

void contest_raise(struct passage *p, enum router_event_type type, const struct peer *peer)
{
	struct env *env = p->room->env;
	char eid[EID_TEXT], here[WHO_TEXT], there[XTR_TEXT];
	const char *format = "%s runs here, as %s says, and %s says nothing: taken over";

	if (type == ROUTER_MOVE_REFUSED)
		format = "%s is said by %s to run here, and %s says that it runs there: it stays "
			 "there (`sunward eid claim` if that is wrong)";
	else if (type == ROUTER_MOVE_CONTESTED)
		format =
			"%s runs here, as %s says, and %s says that it runs there: that is refused";
	env_count(env, type == ROUTER_MOVE_REFUSED     ? XTR_HANDOVER_REFUSED
		       : type == ROUTER_MOVE_CONTESTED ? XTR_HANDOVER_CONTESTED
						       : XTR_HANDOVER_TAKEN_OVER);
	log_limited(env->log, &p->room->contests, env->now, LOG_LEVEL_WARNING, format,
		eid_format(&p->node.eid, eid, sizeof(eid)), who(p, here, sizeof(here)),
		other(peer, there, sizeof(there)));
	passage_tell(p, type, peer);
}

/* ---- by hand ---- */

bool contest_by_hand(const struct passage *p)
{
	return p->insisted.ns && mono_since_ms(p->insisted, p->room->env->now) < INSIST_MS;
}

/* An agent says now that it is here. */
static bool speaks_for(const struct passage *p)
{
	return p && (p->word == HANDOVER_RUNNING || p->word == HANDOVER_LEAVING ||
			    (p->word == HANDOVER_PAUSED && !p->in_migration));
}

static enum router_claim claim_passage(struct passage *p, bool force)
{
	if (p->phase == PHASE_WAITING || p->phase == PHASE_REFUSED) {
		if (!force) {
			arrival_wait(p);
			return ROUTER_CLAIM_ASKED;
		}
		p->insisted = p->room->env->now;
		arrival_complete(p);
		return ROUTER_CLAIM_TAKEN;
	}
	if (p->phase != PHASE_HERE)
		return ROUTER_CLAIM_MOVING;
	if (force)
		p->insisted = p->room->env->now;
	site_claim(p->room->r, &p->node.eid);
	return ROUTER_CLAIM_MADE;
}

enum router_claim handover_claim(struct handover_room *room, const struct eid *host, bool force)
{
	struct passage *p = passage_find(room, host);
	struct router *r = room->r;

	if (!policy_dynamic(&room->env->policy, host))
		return ROUTER_CLAIM_FOREIGN;
	if (speaks_for(p))
		return claim_passage(p, force);
	if (p && p->phase == PHASE_ELSEWHERE) {
		if (!force) {
			handover_heard(room, host, p->ifindex, p->mac); /* asks its owner */
			return ROUTER_CLAIM_ASKED;
		}
		hearsay_unanswered(p);
	} else if (p && p->phase != PHASE_NONE && p->phase != PHASE_HERE) {
		return ROUTER_CLAIM_MOVING;
	}
	if (!dynamic_eid_find(r->hosts, host))
		return ROUTER_CLAIM_NOBODY;
	if (!force) {
		site_claim(r, host);
		return ROUTER_CLAIM_MADE;
	}
	site_insist(r, host);
	return ROUTER_CLAIM_TAKEN;
}
