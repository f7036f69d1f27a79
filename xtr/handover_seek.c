/* handover_seek: another site would have an EID that is ours as the Map-Server says, and of which
 * nothing is known here: this router was started anew, or it has gone. That nothing is known says
 * nothing: all agents are asked, and all ports by ARP and ND. See handover_passage.h. */
#include "xtr/handover_passage.h"

#define ANSWER_MS  1000  /* for agents and guests to answer */
#define BETWEEN_MS 250   /* two questions to the agents */
#define SPEAK_MS   12000 /* after the start; each agent tells of all its guests every 10 s */

static void ask(struct passage *p)
{
	struct env *env = p->room->env;

	agent_ask(p->room, NULL, &p->node.eid);
	timer_set(&env->timers, &p->seek, mono_min(p->seek_end, mono_add_ms(env->now, BETWEEN_MS)));
}

static void begin(struct passage *p)
{
	p->seek_end = mono_add_ms(p->room->env->now, ANSWER_MS);
	site_seek(passage_router(p), &p->node.eid);
	ask(p);
}

void seek_for(struct passage *p, struct peer *peer, bool urgent)
{
	peer_send(peer, HANDOVER_NOTED);
	peer->sought = true;
	peer->urgent |= urgent;
	if (!timer_is_set(&p->seek))
		begin(p);
}

/* One whose agent cannot be asked is heard of soon: who waits shall not take it for dead. */
static void tell_to_wait(struct passage *p)
{
	for (unsigned int i = 0; i < PASSAGE_NEXTS_MAX; i++)
		if (p->nexts[i].urgent)
			peer_send(&p->nexts[i], HANDOVER_NOTED);
}

static void seek_fire(struct timer *t, struct mono now)
{
	struct passage *p = t->arg;
	const struct handover_room *room = p->room;

	if (mono_before(now, p->seek_end)) {
		ask(p);
		return;
	}
	if (mono_since_ms(room->started, now) < SPEAK_MS && agent_unheard(room, &p->node.eid)) {
		tell_to_wait(p);
		begin(p);
		return;
	}
	if (dynamic_eid_find(passage_router(p)->hosts, &p->node.eid))
		handover_verified(p->room, &p->node.eid, true);
	else
		departure_answer_all(p);
}

void seek_init(struct passage *p)
{
	timer_init(&p->seek, seek_fire, p);
}
