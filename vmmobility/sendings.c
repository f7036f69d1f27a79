/* See sendings.h. */
#include "vmmobility/sendings.h"

#include <stdbool.h>
#include <stdlib.h>

#define EACH 32 /* sendings of a report that are remembered, in the mean */

struct sending {
	uint64_t counter;
	uint32_t slot;
};

struct sendings {
	struct report **slots; /* NULL: free */
	uint32_t count, room;  /* count: the slots from there on were never used */
	uint32_t *free;        /* slots, of @room */
	uint32_t free_count;
	struct sending *ring; /* EACH x room, a power of two; by the counter */
};

struct sendings *sendings_new(void)
{
	return calloc(1, sizeof(struct sendings));
}

void sendings_free(struct sendings *s)
{
	if (!s)
		return;
	free(s->slots);
	free(s->free);
	free(s->ring);
	free(s);
}

static struct sending *place_of(const struct sendings *s, uint64_t counter)
{
	return &s->ring[counter & (s->room * EACH - 1)];
}

static bool grow(struct sendings *s)
{
	uint32_t room = s->room ? 2 * s->room : 4;
	struct sending *ring = calloc((size_t)room * EACH, sizeof(*ring));
	struct report **slots = ring ? reallocarray(s->slots, room, sizeof(*slots)) : NULL;
	uint32_t *unused;

	if (slots)
		s->slots = slots;
	unused = slots ? reallocarray(s->free, room, sizeof(*unused)) : NULL;
	if (!unused) {
		free(ring);
		return false;
	}
	s->free = unused;
	for (uint32_t i = 0; i < s->room * EACH; i++)
		if (s->ring[i].counter)
			ring[s->ring[i].counter & (room * EACH - 1)] = s->ring[i];
	free(s->ring);
	s->ring = ring;
	s->room = room;
	return true;
}

uint32_t sendings_add(struct sendings *s, struct report *report)
{
	uint32_t slot;

	if (s->free_count) {
		slot = s->free[--s->free_count];
	} else {
		if (s->count == s->room && !grow(s))
			return SENDINGS_NO_SLOT;
		slot = s->count++;
	}
	s->slots[slot] = report;
	return slot;
}

void sendings_remove(struct sendings *s, uint32_t slot)
{
	if (slot == SENDINGS_NO_SLOT)
		return;
	s->slots[slot] = NULL;
	s->free[s->free_count++] = slot;
}

void sendings_note(struct sendings *s, uint64_t counter, uint32_t slot)
{
	if (slot != SENDINGS_NO_SLOT)
		*place_of(s, counter) = (struct sending){counter, slot};
}

struct report *sendings_find(const struct sendings *s, uint64_t counter)
{
	const struct sending *sent = s->room ? place_of(s, counter) : NULL;

	return sent && sent->counter == counter ? s->slots[sent->slot] : NULL;
}
