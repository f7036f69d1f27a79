/* clock: time as types that cannot be mixed up.
 *
 * struct mono is a point on the monotonic clock. Cores take it as an argument and never read a
 * clock; only shells call mono_now() and wall_now_s(), once a round. */
#ifndef SUNWARD_LIB_BASE_CLOCK_H
#define SUNWARD_LIB_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct mono {
	uint64_t ns;
};

#define MONO_NEVER ((struct mono){UINT64_MAX})

static inline struct mono mono_add_us(struct mono t, uint64_t us)
{
	return (struct mono){t.ns + us * 1000};
}

static inline struct mono mono_add_ms(struct mono t, uint64_t ms)
{
	return (struct mono){t.ns + ms * 1000000};
}

static inline struct mono mono_add_s(struct mono t, uint64_t s)
{
	return (struct mono){t.ns + s * 1000000000};
}

static inline bool mono_before(struct mono a, struct mono b)
{
	return a.ns < b.ns;
}

/* @now has reached @due. */
static inline bool mono_due(struct mono due, struct mono now)
{
	return due.ns <= now.ns;
}

static inline struct mono mono_min(struct mono a, struct mono b)
{
	return a.ns < b.ns ? a : b;
}

/* Time from @from to @to; 0 when @to is earlier. */
static inline uint64_t mono_since_us(struct mono from, struct mono to)
{
	return to.ns > from.ns ? (to.ns - from.ns) / 1000 : 0;
}

static inline uint64_t mono_since_ms(struct mono from, struct mono to)
{
	return mono_since_us(from, to) / 1000;
}

/* Shells only. */
struct mono mono_now(void);
uint64_t wall_now_s(void);

#endif
