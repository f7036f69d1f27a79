/* handover_rival: an agent says that a guest runs at its hypervisor, and a host with that address
 * is known here at another port, or is one that another agent spoke of until lately. It may have
 * come, and it may be a second one with its address: who had it is asked, and the host itself,
 * before the new one is believed. See handover_passage.h. */
#include "xtr/handover_passage.h"

#include <string.h>

#define REMEMBERED_S 300 /* who spoke last; the upgrade of an agent takes less */
#define CHALLENGE_S  2   /* between two questions whether who had it is there still */

static struct dynamic_eid_host *host_of(const struct passage *p)
{
	return dynamic_eid_find(passage_router(p)->hosts, &p->node.eid);
}

void rival_remember(const struct passage *p)
{
	struct dynamic_eid_host *h = host_of(p);

	if (!h || p->phase != PHASE_HERE || !p->agent[0])
		return;
	memcpy(h->agent, p->agent, sizeof(h->agent));
	h->agent_until = mono_add_s(p->room->env->now, REMEMBERED_S);
}

const char *rival_asked(const struct passage *p)
{
	const struct dynamic_eid_host *h = host_of(p);

	return h && h->agent[0] && !p->word ? h->agent : p->agent;
}

static bool is_anothers(const struct handover_room *room, const struct dynamic_eid_host *h,
	const struct agent *a, int ifindex)
{
	if (ifindex && ifindex != dynamic_eid_ifindex(h))
		return true;
	return h->agent[0] && strcmp(h->agent, a->conf.name) != 0 &&
	       mono_before(room->env->now, h->agent_until);
}

static bool says_that_it_is_there(const struct handover *h)
{
	return h->state == HANDOVER_RUNNING || h->state == HANDOVER_LEAVING ||
	       h->state == HANDOVER_PAUSED;
}

static int port_of(const struct handover_room *room, const struct handover_host *host)
{
	struct router_ops *ops = room->env->ops;

	return ops->port_named ? ops->port_named(ops, host->port, host->eid.iid) : 0;
}

bool rival_waits(struct handover_room *room, const struct agent *a, const struct handover *h,
	const struct handover_host *host)
{
	const struct dynamic_eid_host *known = dynamic_eid_find(room->r->hosts, &host->eid);
	struct passage *p = passage_find(room, &host->eid);
	int ifindex = port_of(room, host);

	if (!known || !address_is_ip(&host->eid.addr) || !says_that_it_is_there(h) ||
		(p && (p->word || p->phase != PHASE_NONE)) || !is_anothers(room, known, a, ifindex))
		return false;
	if (p && p->rival_won && !strcmp(p->rival, a->conf.name))
		return false;
	p = p ? p : passage_get(room, &host->eid);
	if (!p || p->rival[0]) /* it is being asked */
		return true;
	memcpy(p->rival, a->conf.name, sizeof(p->rival));
	p->ifindex = p->rival_ifindex = ifindex;
	p->rival_beside = ifindex && ifindex != dynamic_eid_ifindex(known);
	if (known->agent[0] && agent_ask(room, known->agent, &host->eid))
		passage_await_truth(p, HANDOVER_TRUTH_MS);
	site_ask(room->r, &host->eid);
	return true;
}

static void over(struct passage *p)
{
	p->rival_won = p->rival_beside = false;
	memset(p->rival, 0, sizeof(p->rival));
}

bool rival_succeeds(const struct passage *p, const struct agent *a, const struct handover *h)
{
	return h->state == HANDOVER_RUNNING && p->word && p->rival_won &&
	       !strcmp(p->rival, a->conf.name);
}

void rival_challenges(struct passage *p, const struct agent *a, const struct handover *h,
	const struct handover_host *host)
{
	struct mono now = p->room->env->now;

	if (h->state != HANDOVER_RUNNING || !p->word ||
		(p->phase != PHASE_HERE && p->phase != PHASE_PAUSED) || ticket_has_next(p) ||
		timer_is_set(&p->truth) ||
		(p->challenged.ns && mono_before(now, mono_add_s(p->challenged, CHALLENGE_S))))
		return;
	over(p);
	p->challenged = now;
	memcpy(p->rival, a->conf.name, sizeof(p->rival));
	p->rival_ifindex = port_of(p->room, host);
	p->rival_beside = p->rival_ifindex && p->rival_ifindex != p->ifindex;
	if (agent_ask(p->room, p->agent, &p->node.eid))
		passage_await_truth(p, HANDOVER_TRUTH_MS);
	else
		rival_unanswered(p);
}

static void won(struct passage *p)
{
	p->rival_won = true;
	agent_ask(p->room, p->rival, &p->node.eid);
}

void rival_unanswered(struct passage *p)
{
	if (!p->rival[0] || p->rival_won || !p->word)
		return;
	if (address_is_ip(&p->node.eid.addr))
		site_ask(passage_router(p), &p->node.eid);
	else /* nobody else can be asked */
		won(p);
}

void rival_word(struct passage *p)
{
	const struct dynamic_eid_host *h = host_of(p);
	char rival[POLICY_AGENT_NAME];

	if (!p->rival[0])
		return;
	if (h && !h->contested && p->challenged.ns) /* its port is no matter now */
		verify_cancel(passage_router(p)->verify, &p->node.eid);
	memcpy(rival, p->rival, sizeof(rival));
	over(p);
	timer_cancel(&p->room->env->timers, &p->truth);
	if (strcmp(rival, p->agent) != 0 && p->word == HANDOVER_GONE)
		agent_ask(p->room, rival, &p->node.eid); /* it may have come */
}

bool rival_verified(struct passage *p, bool here)
{
	const struct dynamic_eid_host *h = host_of(p);
	char text[EID_TEXT];

	if (!p->rival[0] || p->rival_won || !h)
		return false;
	if (!here || (p->rival_beside && p->rival_ifindex == dynamic_eid_ifindex(h))) {
		won(p);
		return !h->contested;
	}
	env_count(p->room->env, XTR_HANDOVER_REFUSED);
	log_warning(p->room->env->log,
		"%s is said to run here by agent \"%s\", and is at another port, or agent \"%s\" had it: it stays there",
		eid_format(&p->node.eid, text, sizeof(text)), p->rival, rival_asked(p));
	over(p);
	return false;
}
