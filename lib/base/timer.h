/* timer: what is due when, in order; for cores and shells alike.
 *
 * A struct timer is embedded in what it belongs to; setting one allocates nothing and cannot fail.
 * There is no clock here: the caller passes now. Timers of the same time fire in the order in which
 * they were set. */
#ifndef SUNWARD_LIB_BASE_TIMER_H
#define SUNWARD_LIB_BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/clock.h"

struct timer {
	struct mono due;
	void (*fire)(struct timer *t, struct mono now);
	void *arg; /* the caller's */
	/* Private. */
	uint64_t order;
	struct timer *child, *next, *prev;
	uint8_t state;
};

struct timers {
	struct timer *root;
	struct timer *firing;
	uint64_t order;
	size_t count;
};

void timers_init(struct timers *ts);
/* Must be called once, before the others; the timer is not set then. */
void timer_init(struct timer *t, void (*fire)(struct timer *t, struct mono now), void *arg);

/* Set, or move, @t to @due: O(log n). MONO_NEVER cancels. */
void timer_set(struct timers *ts, struct timer *t, struct mono due);
/* Harmless when it is not set: O(log n) amortized. */
void timer_cancel(struct timers *ts, struct timer *t);
bool timer_is_set(const struct timer *t);

size_t timers_count(const struct timers *ts);
/* The earliest due time; MONO_NEVER when nothing is set. */
struct mono timers_next(const struct timers *ts);
/* Fire all that is due at @now, in order; returns how many. A timer is not set any more when it
 * fires. It may set, move and cancel any timer, also itself and those about to fire; what it sets
 * waits for the next run, even when already due, so that a run always ends. Runs do not nest. */
size_t timers_run(struct timers *ts, struct mono now);

#endif
