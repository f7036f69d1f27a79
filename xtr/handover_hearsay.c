/* handover_hearsay: what is heard against what an agent says. A machine that announces an address
 * and answers ARP for it may be its guest, come without an agent's help; or a second one with the
 * same address, by mistake or on purpose. It is believed as long as nobody knows better: where an
 * agent at the owner's site says that the guest runs there, it stays there, and for a time what is
 * heard here is asked of there before it is claimed. See handover_passage.h. */
#include "xtr/handover_passage.h"

#include <string.h>

#define KNOWN_S    60   /* what an agent has said at another site counts, unless it is said again */
#define YOUNG_S    60   /* what was heard here counts less than an agent's word for so long */
#define BETWEEN_MS 1000 /* two questions to the owner's xTR */

static void alarm_raise(struct passage *p, const struct peer *peer)
{
	struct env *env = p->room->env;
	struct router_event e = {.type = ROUTER_HOST_DUPLICATE,
		.eid = p->node.eid,
		.ifindex = p->ifindex,
		.seq = p->seq};

	if (peer->locators.count)
		e.rloc = peer->locators.list[0].addr;
	env_count(env, XTR_HOSTS_DUPLICATE);
	if (share_alarm(p))
		env_event(env, &e);
}

static void alarm_log(const struct passage *p, const struct peer *peer)
{
	char text[EID_TEXT], rloc[ADDRESS_TEXT];

	log_warning(p->room->env->log,
		"%s is heard here, from %02x:%02x:%02x:%02x:%02x:%02x behind port %d, and the agent at %s says that it runs there: a second machine with its address; it stays there",
		eid_format(&p->node.eid, text, sizeof(text)), p->mac[0], p->mac[1], p->mac[2],
		p->mac[3], p->mac[4], p->mac[5], p->ifindex,
		peer->locators.count
			? address_format(&peer->locators.list[0].addr, rloc, sizeof(rloc))
			: "another site");
}

static void known_for_a_time(struct passage *p)
{
	struct env *env = p->room->env;

	timer_set(&env->timers, &p->life, mono_add_s(env->now, KNOWN_S));
}

/* Nothing of it is withdrawn: @peer claims it. */
static void give_up(struct passage *p, const struct dynamic_eid_host *h, const struct peer *peer)
{
	struct router *r = passage_router(p);

	p->ifindex = dynamic_eid_ifindex(h);
	memcpy(p->mac, h->mac, sizeof(p->mac));
	p->owner.locators = peer->locators;
	p->owner_known = true;
	p->phase = PHASE_ELSEWHERE;
	site_drop(r, &p->node.eid, false);
	passage_let_go(p, true);
	gateway_left(r->gateway, &p->node.eid);
	alarm_log(p, peer);
}

bool hearsay_yields(struct passage *p, const struct peer *peer)
{
	const struct dynamic_eid_host *h = dynamic_eid_find(passage_router(p)->hosts, &p->node.eid);
	struct mono now = p->room->env->now;

	if (peer->heard_only || p->word)
		return false;
	if (p->phase != PHASE_ELSEWHERE &&
		(!h || !h->won.ns || mono_since_ms(h->won, now) >= YOUNG_S * 1000))
		return false;
	if (p->phase != PHASE_ELSEWHERE)
		give_up(p, h, peer);
	known_for_a_time(p);
	alarm_raise(p, peer);
	return true;
}

/* It is heard again: has it come after all? */
void handover_heard(
	struct handover_room *room, const struct eid *host, int ifindex, const uint8_t mac[6])
{
	struct passage *p = passage_find(room, host);
	struct locator_set set;
	struct mono due;

	if (!p || p->phase != PHASE_ELSEWHERE)
		return;
	p->ifindex = ifindex;
	memcpy(p->mac, mac, sizeof(p->mac));
	if (timer_is_set(&p->prepare) || timer_is_set(&p->takeover))
		return;
	due = p->prepared.ns ? mono_add_ms(p->prepared, BETWEEN_MS) : room->env->now;
	set = p->owner.locators;
	arrival_begin(p);
	p->owner.locators = set;
	p->owner_known = true;
	peer_prepare(p);
	if (mono_before(room->env->now, due))
		timer_set(&room->env->timers, &p->prepare, due);
}

/* Frees it: what is heard is found here, and claimed with what is known. */
static void believe(struct passage *p)
{
	struct router *r = passage_router(p);
	struct eid host = p->node.eid;
	int ifindex = p->ifindex;
	uint8_t mac[6];

	memcpy(mac, p->mac, sizeof(mac));
	site_number(r, &host, NULL, p->seq);
	site_number(r, &host, &p->base_of, p->base);
	passage_free(p);
	forwarding_update(r, &host);
	site_seen(r, &host, ifindex, mac, true);
}

void hearsay_owner(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->free)
		believe(p);
	else if (!p->heard && !timer_is_set(&p->takeover))
		timer_set(&env->timers, &p->takeover,
			mono_add_ms(env->now, env->policy.handover.takeover_ms));
}

void hearsay_unanswered(struct passage *p)
{
	believe(p);
}

void hearsay_step(struct passage *p, uint8_t step)
{
	struct env *env = p->room->env;

	switch (step) {
	case HANDOVER_ACCEPTED:
		believe(p);
		return;
	case HANDOVER_REFUSED:
		timer_cancel(&env->timers, &p->takeover);
		known_for_a_time(p);
		alarm_raise(p, &p->owner);
		return;
	case HANDOVER_NOTED: /* it asks, and will say */
		timer_set(&env->timers, &p->takeover,
			mono_add_ms(env->now, 2 * env->policy.handover.takeover_ms));
		return;
	default:
		return;
	}
}

void hearsay_ends(struct passage *p)
{
	if (p->phase != PHASE_ELSEWHERE)
		return;
	timer_cancel(&p->room->env->timers, &p->takeover);
	peer_prepare_stop(p);
	p->phase = PHASE_NONE;
}
