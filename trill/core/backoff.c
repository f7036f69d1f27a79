/* See backoff.h. */
#include "trill/core/backoff.h"

struct mono backoff_due(const struct backoff *b, struct mono now)
{
	struct mono due = mono_add_us(b->last, b->wait_us);

	return b->wait_us && mono_before(now, due) ? due : now;
}

void backoff_done(struct backoff *b, struct mono now)
{
	if (!b->wait_us || mono_since_us(b->last, now) > 2 * b->wait_us + b->first_us + b->quiet_us)
		b->wait_us = b->first_us;
	else
		b->wait_us = b->wait_us > b->cap_us / 2 ? b->cap_us : 2 * b->wait_us;
	b->last = now;
}
