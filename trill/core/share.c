/* See share.h. */
#include "trill/core/share.h"

/* What all have together when each has at most @each. */
static uint64_t taken(const uint32_t *wants, uint32_t n, uint32_t each)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < n; i++)
		sum += wants[i] < each ? wants[i] : each;
	return sum;
}

struct share share_of(uint32_t room, const uint32_t *wants, uint32_t n)
{
	uint32_t low = 0, high = room;

	if (taken(wants, n, UINT32_MAX) <= room)
		return SHARE_ALL;
	while (low < high) { /* the most that is still within */
		uint32_t middle = low + (high - low + 1) / 2;

		if (taken(wants, n, middle) <= room)
			low = middle;
		else
			high = middle - 1;
	}
	return (struct share){low, (uint32_t)(room - taken(wants, n, low))};
}

bool share_take(struct share *s, uint32_t had)
{
	if (had < s->each)
		return true;
	if (had > s->each || !s->more)
		return false;
	s->more--;
	return true;
}
