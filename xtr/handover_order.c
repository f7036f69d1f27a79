/* handover_order: the order of packets to a guest that has just come. What its old site still sends
 * after it (the tail, what was held there, and what others had sent there) is older than what comes
 * straight from elsewhere: that waits until the old site says SENT, or HANDOVER_ORDER_MS are over.
 * See docs/decisions/handover.md; what is held, and how it is let go, is hold's and forwarding's.
 */
#include "xtr/handover_passage.h"

static bool knows_origins(const struct passage *p)
{
	return p->room->env->datapath->came_from && address_is_ip(&p->node.eid.addr);
}

void order_begin(struct passage *p)
{
	struct env *env = p->room->env;

	if (!p->released || p->free || p->sent || !p->owner.key || !p->owner.locators.count ||
		!knows_origins(p))
		return; /* there is nobody whose packets could be waited for */
	timer_set(&env->timers, &p->order, mono_add_ms(env->now, HANDOVER_ORDER_MS));
}

void order_end(struct passage *p)
{
	if (!timer_is_set(&p->order))
		return;
	timer_cancel(&p->room->env->timers, &p->order);
	hold_join(passage_router(p)->hold, &p->node.eid);
	forwarding_look_again(passage_router(p));
}

/* What X1 sent before it said so may wait for us in the data plane's queue: that goes first. */
void order_sent(struct passage *p)
{
	p->sent = true;
	if (timer_is_set(&p->order))
		forwarding_look_again(passage_router(p));
}

static void order_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;

	forwarding_join(passage_router(p), &p->node.eid);
}

void order_init(struct passage *p)
{
	timer_init(&p->order, order_fire, p);
}

bool handover_orders(const struct handover_room *room, const struct eid *host)
{
	const struct passage *p = passage_find(room, host);

	return p && p->phase == PHASE_HERE && timer_is_set(&p->order) && !p->sent;
}

bool handover_overtakes(const struct handover_room *room, const struct datapath_event *e)
{
	const struct passage *p = passage_find(room, &e->eid);
	struct datapath *dp = room->env->datapath;

	if (e->ifindex || !p || !knows_origins(p))
		return false; /* the site's own go straight to it anyway */
	for (unsigned int i = 0; i < p->owner.locators.count; i++)
		if (dp->came_from(dp, e->packet, e->packet_len, &p->owner.locators.list[i].addr))
			return false;
	return true;
}

/* Who is to hear that nothing older is on its way from here. */
static struct peer *successor(struct passage *p)
{
	const struct away_entry *away = away_find(passage_router(p)->away, &p->node.eid);

	if (p->to || p->phase != PHASE_RELEASED || !away)
		return p->to;
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].used && passage_same_places(&p->nexts[i].locators, &away->locators))
			return &p->nexts[i];
	return NULL;
}

void handover_drained(struct handover_room *room, const struct eid *host)
{
	struct passage *p = passage_find(room, host);
	struct peer *peer = NULL;

	if (p && (p->phase == PHASE_PAUSED || p->phase == PHASE_RELEASED))
		peer = successor(p);
	if (!peer || peer->sent || !peer_was_accepted(peer))
		return;
	peer->accepted = true; /* it has it, whether that acknowledgement came or not */
	peer->sent = true;
	peer_send(peer, HANDOVER_SENT);
}
