/* See slots.h. */
#include "lib/base/slots.h"

#include <stdlib.h>
#include <string.h>

bool slots_init(struct slots *s, uint32_t max, const uint8_t secret[16])
{
	uint32_t buckets = 16;

	while (buckets < max)
		buckets *= 2;
	*s = (struct slots){.mask = buckets - 1, .free = SLOTS_NONE, .max = max};
	hash_key_set(&s->key, secret);
	s->buckets = malloc(buckets * sizeof(*s->buckets));
	s->next = malloc((max ? max : 1) * sizeof(*s->next));
	if (!s->buckets || !s->next)
		return false;
	memset(s->buckets, 0xff, buckets * sizeof(*s->buckets));
	for (uint32_t i = max; i-- > 0;) {
		s->next[i] = s->free;
		s->free = i;
	}
	return true;
}

void slots_fini(struct slots *s)
{
	free(s->buckets);
	free(s->next);
	s->buckets = s->next = NULL;
}

uint32_t *slots_first(const struct slots *s, const void *key, size_t len)
{
	return &s->buckets[hash_bytes(&s->key, key, len) & s->mask];
}

uint32_t *slots_next(const struct slots *s, const uint32_t *place)
{
	return &s->next[*place];
}

uint32_t slots_take(struct slots *s, uint32_t *place)
{
	uint32_t number = s->free;

	if (number == SLOTS_NONE)
		return SLOTS_NONE;
	s->free = s->next[number];
	s->next[number] = SLOTS_NONE;
	*place = number;
	s->count++;
	return number;
}

void slots_give_back(struct slots *s, uint32_t *place)
{
	uint32_t number = *place;

	*place = s->next[number];
	s->next[number] = s->free;
	s->free = number;
	s->count--;
}
