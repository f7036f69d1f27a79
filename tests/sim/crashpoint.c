/* See crashpoint.h. */
#include "tests/sim/crashpoint.h"

#include "lisp/stored.h"

const char *const crashpoint_names[] = {[CRASHPOINT_NONE] = "at rest",
	[CRASHPOINT_BEFORE_WRITE] = "before a write",
	[CRASHPOINT_BEFORE_PUBLISH] = "between a write and its publication",
	[CRASHPOINT_BEFORE_SEND] = "before all is sent",
	[CRASHPOINT_BEHIND] = "when all is sent"};

void crashpoint_arm(struct crashpoint *p, struct random *r, bool power, uint64_t down_us)
{
	*p = (struct crashpoint){
		.place = (enum crashpoint_place)(1 + random_below(r, CRASHPOINT_PLACES - 1)),
		.power = power,
		.down_us = down_us};
}

void crashpoint_begin(struct crashpoint *p)
{
	p->working = true;
}

/* Any number of them, all and none too. */
static uint32_t some_of(struct random *r, uint32_t out)
{
	return (uint32_t)random_below(r, (uint64_t)out + 1);
}

/* What xTRs' nonces and the marks of a run say is written without anybody's change. */
static bool is_change(const struct store_change *changes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (changes[i].table != STORED_NONCES && changes[i].table != STORED_STATE)
			return true;
	return false;
}

bool crashpoint_write(struct crashpoint *p, struct random *r, const struct store_change *changes,
	size_t count, uint32_t out)
{
	if (!p->working)
		return true;
	if (p->reached && p->place == CRASHPOINT_BEFORE_PUBLISH)
		p->dead = true;
	if (p->dead)
		return false;
	if (p->reached || p->place == CRASHPOINT_NONE || !is_change(changes, count))
		return true;
	p->reached = true;
	p->dead = p->place == CRASHPOINT_BEFORE_WRITE;
	if (p->place <= CRASHPOINT_BEFORE_PUBLISH)
		p->leave = some_of(r, out);
	return !p->dead;
}

uint32_t crashpoint_end(struct crashpoint *p, struct random *r, uint32_t out)
{
	p->working = false;
	if (!p->reached || p->place == CRASHPOINT_BEHIND)
		return out;
	return p->place == CRASHPOINT_BEFORE_SEND ? some_of(r, out) : p->leave;
}
