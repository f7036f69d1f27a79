/* See timer.h. A pairing heap: the root is the earliest; each node has a list of children, none
 * earlier than it.
 *
 *   node->child  first child          node->next  next sibling
 *   node->prev   previous sibling, or the parent for a first child, or NULL for the root
 *
 * While a run is on, what it will fire stands in a plain list linked by next and prev. */
#include "lib/base/timer.h"

enum { IDLE, WAITING, FIRING };

void timers_init(struct timers *ts)
{
	*ts = (struct timers){.root = NULL};
}

void timer_init(struct timer *t, void (*fire)(struct timer *t, struct mono now), void *arg)
{
	*t = (struct timer){.fire = fire, .arg = arg, .state = IDLE};
}

static bool earlier(const struct timer *a, const struct timer *b)
{
	return a->due.ns != b->due.ns ? a->due.ns < b->due.ns : a->order < b->order;
}

/* Join two heaps (either may be NULL) whose roots stand in no list. */
static struct timer *meld(struct timer *a, struct timer *b)
{
	struct timer *swap = a;

	if (!a || !b)
		return a ? a : b;
	if (earlier(b, a)) {
		a = b;
		b = swap;
	}
	b->prev = a;
	b->next = a->child;
	if (a->child)
		a->child->prev = b;
	a->child = b;
	return a;
}

/* Make one heap of a list of siblings: in pairs from the left, then the pairs from the right. */
static struct timer *meld_siblings(struct timer *list)
{
	struct timer *pairs = NULL, *all = NULL;

	while (list) {
		struct timer *a = list, *b = list->next;

		list = b ? b->next : NULL;
		a->prev = a->next = NULL;
		if (b)
			b->prev = b->next = NULL;
		a = meld(a, b);
		a->next = pairs;
		pairs = a;
	}
	while (pairs) {
		struct timer *a = pairs;

		pairs = a->next;
		a->next = NULL;
		all = meld(all, a);
	}
	return all;
}

/* Take @t out of its list, of siblings or of the firing. */
static void unlink_timer(struct timers *ts, struct timer *t)
{
	if (t->next)
		t->next->prev = t->prev;
	if (!t->prev) {
		if (ts->firing == t)
			ts->firing = t->next;
	} else if (t->prev->child == t && t->state == WAITING) {
		t->prev->child = t->next;
	} else {
		t->prev->next = t->next;
	}
	t->next = t->prev = NULL;
}

static void heap_remove(struct timers *ts, struct timer *t)
{
	struct timer *below = meld_siblings(t->child);

	t->child = NULL;
	if (ts->root == t) {
		ts->root = below;
		return;
	}
	unlink_timer(ts, t);
	ts->root = meld(ts->root, below);
}

void timer_cancel(struct timers *ts, struct timer *t)
{
	if (t->state == IDLE)
		return;
	if (t->state == WAITING)
		heap_remove(ts, t);
	else
		unlink_timer(ts, t);
	t->state = IDLE;
	ts->count--;
}

void timer_set(struct timers *ts, struct timer *t, struct mono due)
{
	timer_cancel(ts, t);
	if (due.ns == MONO_NEVER.ns)
		return;
	t->due = due;
	t->order = ts->order++;
	t->state = WAITING;
	ts->count++;
	ts->root = meld(ts->root, t);
}

bool timer_is_set(const struct timer *t)
{
	return t->state != IDLE;
}

size_t timers_count(const struct timers *ts)
{
	return ts->count;
}

struct mono timers_next(const struct timers *ts)
{
	return ts->root ? ts->root->due : MONO_NEVER;
}

size_t timers_run(struct timers *ts, struct mono now)
{
	struct timer *last = NULL, *t;
	size_t fired = 0;

	while (ts->root && mono_due(ts->root->due, now)) {
		t = ts->root;
		heap_remove(ts, t);
		t->state = FIRING;
		t->prev = last;
		if (last)
			last->next = t;
		else
			ts->firing = t;
		last = t;
	}
	while (ts->firing) {
		t = ts->firing;
		timer_cancel(ts, t);
		t->fire(t, now);
		fired++;
	}
	return fired;
}
