/* handover_turn: a guest is to come here, and two agents of this site say that it comes to, or runs
 * at, their own. One is asked for at a time, as a passage has one proof to show: who was accepted
 * keeps it, others take turns. See handover_passage.h; "Tickets" in docs/decisions/handover.md. */
#include "xtr/handover_passage.h"

#include <string.h>

#define TURN_MS   500 /* of who expects it, when another waits */
#define REFUSED_S 1   /* who was refused is not asked for while another waits */
#define AGAIN_S   1   /* between two questions whether who was accepted still is there */

static uint16_t number(const struct agent *a)
{
	return (uint16_t)(a - a->room->agents);
}

/* NULL: it is configured no more. */
static const struct agent *present(const struct passage *p)
{
	for (unsigned int i = 0; i < p->room->agent_count; i++)
		if (!strcmp(p->room->agents[i].conf.name, p->agent))
			return &p->room->agents[i];
	return NULL;
}

static bool is_to_come(const struct passage *p)
{
	return p->phase == PHASE_EXPECTED || p->phase == PHASE_WAITING || p->phase == PHASE_REFUSED;
}

static bool was_refused(const struct passage *p, const struct agent *a)
{
	for (unsigned int i = 0; i < PASSAGE_TURNS; i++)
		if (p->refused[i].agent == number(a) &&
			mono_before(p->room->env->now, p->refused[i].until))
			return true;
	return false;
}

static void waits(struct passage *p, const struct agent *a)
{
	memcpy(p->waiting, a->conf.name, sizeof(p->waiting));
}

/* Who was accepted is there still? True: not known, or yes. */
static bool is_kept(struct passage *p)
{
	struct mono now = p->room->env->now;

	if (p->yields)
		return false;
	if (p->challenged.ns && mono_before(now, mono_add_s(p->challenged, AGAIN_S)))
		return true;
	if (!agent_ask(p->room, p->agent, &p->node.eid))
		return false;
	p->challenged = now;
	p->in_question = true;
	passage_await_truth(p, HANDOVER_TRUTH_MS);
	return true;
}

enum turn turn_of(struct passage *p, const struct agent *a, const struct handover *h)
{
	bool expected = p->phase == PHASE_EXPECTED, shown = handover_ticket_shown(h), its;

	if (!is_to_come(p) || h->state == HANDOVER_GONE || p->free || p->cancelled ||
		!strcmp(p->agent, a->conf.name) || !present(p))
		return TURN_NONE;
	if (p->has_ticket && handover_ticket_proves(&p->ticket, &a->conf.id, &p->guest, h->proof))
		return TURN_ITS; /* who spoke last has stopped it, for this one */
	if (p->released)
		its = !is_kept(p);
	else if (!expected && !shown)
		return TURN_NONE;
	else if (expected)
		its = !mono_before(p->room->env->now, mono_add_ms(p->turn, TURN_MS));
	else
		its = p->phase == PHASE_REFUSED && h->state == HANDOVER_RUNNING;
	if (its && !was_refused(p, a))
		return TURN_ITS;
	waits(p, a);
	return TURN_LATER;
}

void turn_note(struct passage *p, bool beside)
{
	if (p->in_question)
		timer_cancel(&p->room->env->timers, &p->truth);
	p->in_question = p->yields = false;
	if (!beside)
		return;
	p->turn = p->room->env->now;
	memset(p->waiting, 0, sizeof(p->waiting));
	if (!is_to_come(p) || (p->word != HANDOVER_RUNNING && p->word != HANDOVER_INCOMING))
		return;
	memcpy(p->waiting, p->agent, sizeof(p->waiting));
	agent_ask(p->room, p->agent, &p->node.eid); /* it says it until its turn comes */
}

void turn_refused(struct passage *p)
{
	struct turn_refused *oldest = &p->refused[0];
	const struct agent *a = present(p);

	for (unsigned int i = 1; i < PASSAGE_TURNS; i++)
		if (mono_before(p->refused[i].until, oldest->until))
			oldest = &p->refused[i];
	if (a) {
		oldest->agent = number(a);
		oldest->until = mono_add_s(p->room->env->now, REFUSED_S);
	}
	if (p->waiting[0])
		agent_ask(p->room, p->waiting, &p->node.eid);
}

bool turn_is_over(const struct passage *p)
{
	const struct agent *a = p->waiting[0] ? present(p) : NULL;

	return a && was_refused(p, a);
}

void turn_silent(struct passage *p)
{
	if (!p->in_question)
		return;
	p->in_question = false;
	p->yields = true;
	agent_ask(p->room, p->waiting, &p->node.eid);
}
