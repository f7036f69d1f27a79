/* See moves.h. */
#include "vmmobility/moves.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct moves {
	struct vm_env *env;
	struct moves_ops ops;
	struct move *first;
};

bool move_is_over(const struct move *m)
{
	return m->state == MOVE_MOVED || m->state == MOVE_FAILED;
}

struct move *moves_first(const struct moves *moves)
{
	return moves->first;
}

void *moves_arg(const struct moves *moves)
{
	return moves->ops.arg;
}

struct move *moves_find(const struct moves *moves, uint64_t id)
{
	for (struct move *m = moves->first; m; m = m->next)
		if (m->why.move == id)
			return m;
	return NULL;
}

struct move *moves_of(const struct moves *moves, const struct handover_id *uuid)
{
	for (struct move *m = moves->first; m; m = m->next)
		if (!move_is_over(m) && memcmp(&m->uuid, uuid, sizeof(*uuid)) == 0)
			return m;
	return NULL;
}

unsigned int moves_under_way(const struct moves *moves)
{
	unsigned int n = 0;

	for (const struct move *m = moves->first; m; m = m->next)
		n += !move_is_over(m);
	return n;
}

static void drop(struct moves *moves, struct move **link)
{
	struct move *m = *link;

	*link = m->next;
	timer_cancel(&moves->env->timers, &m->deadline);
	free(m);
}

/* The oldest that have ended give way. */
static void forget_old(struct moves *moves)
{
	unsigned int kept = 0;

	for (struct move **link = &moves->first; *link;) {
		if (move_is_over(*link) && ++kept > MOVES_KEPT)
			drop(moves, link);
		else
			link = &(*link)->next;
	}
}

static void change(struct move *m, enum move_state state)
{
	struct moves *moves = m->moves;

	m->state = state;
	if (moves->ops.changed)
		moves->ops.changed(moves->ops.arg, m);
}

/* Once the guest stands still giving up would only add to that. */
static void on_deadline(struct timer *t, struct mono now)
{
	struct move *m = t->arg;

	if (m->state != MOVE_ASKED && m->state != MOVE_COPYING)
		return;
	m->given_up = true;
	m->moves->ops.give_up(m->moves->ops.arg, m);
}

struct move *moves_begin(struct moves *moves, struct guests *guests, struct guest *guest,
	const char *to, enum move_by by, struct report_why why)
{
	struct vm_env *env = moves->env;
	struct move *m =
		moves_under_way(moves) < MOVES_UNDER_WAY_MAX ? calloc(1, sizeof(*m)) : NULL;

	if (!m)
		return NULL;
	do
		why.move = random_u64(env->random);
	while (!why.move || moves_find(moves, why.move));
	m->moves = moves;
	m->why = why;
	m->uuid = guest->report.content.guest;
	m->by = by;
	m->asked = env->now;
	m->copying = m->paused = m->ended = MONO_NEVER;
	snprintf(m->guest, sizeof(m->guest), "%s", guest->name);
	snprintf(m->to, sizeof(m->to), "%s", to);
	timer_init(&m->deadline, on_deadline, m);
	if (why.deadline_ms)
		timer_set(&env->timers, &m->deadline, mono_add_ms(env->now, why.deadline_ms));
	m->next = moves->first;
	moves->first = m;
	forget_old(moves);
	guests_why(guests, guest, &why);
	change(m, MOVE_ASKED);
	return m;
}

void moves_end(struct moves *moves, struct move *m, const char *error)
{
	if (move_is_over(m))
		return;
	timer_cancel(&moves->env->timers, &m->deadline);
	m->ended = moves->env->now;
	if (error && m->given_up)
		snprintf(m->error, sizeof(m->error), "not over within %u ms, and given up: %s",
			m->why.deadline_ms, error);
	else if (error)
		snprintf(m->error, sizeof(m->error), "%s", error);
	change(m, error ? MOVE_FAILED : MOVE_MOVED);
}

void moves_guest(struct moves *moves, const struct guest *guest)
{
	const struct report_content *c = &guest->report.content;
	struct move *m = moves_of(moves, &c->guest);

	if (!m)
		return;
	if (c->state == HANDOVER_LEAVING && m->state == MOVE_ASKED) {
		m->copying = moves->env->now;
		change(m, MOVE_COPYING);
	} else if (c->state == HANDOVER_PAUSED && c->in_migration && m->state != MOVE_PAUSED) {
		m->paused = moves->env->now;
		change(m, MOVE_PAUSED);
	}
}

const char *move_state_name(enum move_state state)
{
	static const char *const names[] = {"asked", "copying", "paused", "moved", "failed"};

	return names[state];
}

struct moves *moves_new(struct vm_env *env, const struct moves_ops *ops)
{
	struct moves *moves = calloc(1, sizeof(*moves));

	if (!moves)
		return NULL;
	moves->env = env;
	moves->ops = *ops;
	return moves;
}

void moves_free(struct moves *moves)
{
	if (!moves)
		return;
	while (moves->first)
		drop(moves, &moves->first);
	free(moves);
}
