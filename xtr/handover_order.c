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
	struct mono settled = mono_add_ms(p->sent_at, HANDOVER_SENT_MS);

	if (!p->released || p->free || !p->owner.key || !p->owner.locators.count ||
		!knows_origins(p))
		return; /* there is nobody whose packets could be waited for */
	if (p->sent && mono_due(settled, env->now))
		return;
	p->sent_settled = false;
	p->order_due = mono_add_ms(env->now, HANDOVER_ORDER_MS);
	timer_set(&env->timers, &p->order, p->sent ? settled : p->order_due);
}

void order_end(struct passage *p)
{
	if (!timer_is_set(&p->order))
		return;
	timer_cancel(&p->room->env->timers, &p->order);
	hold_join(passage_router(p)->hold, &p->node.eid);
	forwarding_look_again(passage_router(p));
}

/* On its way the word can be a little faster than what was sent before it. */
void order_sent(struct passage *p)
{
	struct env *env = p->room->env;

	if (p->sent)
		return;
	p->sent = true;
	p->sent_at = env->now;
	if (timer_is_set(&p->order))
		timer_set(&env->timers, &p->order,
			mono_min(p->order_due, mono_add_ms(env->now, HANDOVER_SENT_MS)));
}

/* What waits in the data plane's queue goes first, unless that takes too long. */
static void order_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;

	if (mono_due(p->order_due, now)) {
		forwarding_join(passage_router(p), &p->node.eid);
		return;
	}
	p->sent_settled = true;
	timer_set(&p->room->env->timers, t, p->order_due);
	forwarding_look_again(passage_router(p));
}

void order_init(struct passage *p)
{
	timer_init(&p->order, order_fire, p);
}

bool handover_orders(const struct handover_room *room, const struct eid *host)
{
	const struct passage *p = passage_find(room, host);

	return p && p->phase == PHASE_HERE && timer_is_set(&p->order) && !p->sent_settled;
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
