/* See sightings.h. It knows no frames and no sockets. */
#include "tests/campus/sightings.h"

#include <stdbool.h>

#define HOPS_MOST 63 /* what the TRILL header's field has room for */

enum way { WAY_NONE, WAY_CLEAN = 1, WAY_LOOPED = 2 }; /* bits: what kinds of ways fit */

void sightings_add(struct sightings *s, struct sighting what)
{
	if (s->count < SIGHTINGS_MAX)
		s->seen[s->count++] = what;
	else if (s->missed < UINT8_MAX)
		s->missed++;
}

/* Where the frame entered, and with which hop count it left there. */
struct entry {
	uint8_t ingress, hops;
};

static struct entry entry_of(const struct sightings *s, uint8_t ingress)
{
	struct entry e = {.ingress = ingress};

	for (unsigned int i = 0; i < s->count; i++)
		if (s->seen[i].from == ingress && s->seen[i].hops > e.hops)
			e.hops = s->seen[i].hops;
	return e;
}

/* All ways by which the copy seen as @at may have come; @been: where the rest of its way led, a bit
 * each. Ends, since each step back has a hop more. */
static unsigned int ways_back(const struct sightings *s, const struct sighting *at,
	const struct entry *entry, uint32_t been)
{
	unsigned int ways = WAY_NONE;

	if (been & 1u << at->from)
		return WAY_LOOPED;
	been |= 1u << at->from;
	if (at->from == entry->ingress && at->hops == entry->hops)
		ways |= WAY_CLEAN;
	for (unsigned int i = 0; i < s->count; i++)
		if (s->seen[i].to == at->from && s->seen[i].hops == at->hops + 1)
			ways |= ways_back(s, &s->seen[i], entry, been);
	return ways;
}

static bool crossed_before(const struct sightings *s, unsigned int at)
{
	for (unsigned int i = 0; i < at; i++)
		if (s->seen[i].from == s->seen[at].from && s->seen[i].to == s->seen[at].to)
			return true;
	return false;
}

struct sightings_verdict sightings_judge(const struct sightings *s, uint8_t ingress)
{
	struct sightings_verdict v = {.fewest = HOPS_MOST};
	struct entry entry = entry_of(s, ingress);

	for (unsigned int i = 0; i < s->count; i++) {
		const struct sighting *at = &s->seen[i];
		unsigned int ways = ways_back(s, at, &entry, 0);

		v.orphans += ways == WAY_NONE;
		v.looped += ways == WAY_LOOPED;
		v.unclear += ways == (WAY_CLEAN | WAY_LOOPED);
		v.stopped +=
			ways == WAY_CLEAN && ways_back(s, at, &entry, 1u << at->to) == WAY_LOOPED;
		v.again += crossed_before(s, i);
		if (entry.hops + 1u > v.longest + at->hops)
			v.longest = entry.hops + 1u - at->hops;
		if (at->hops < v.fewest)
			v.fewest = at->hops;
	}
	if (s->missed)
		v.unclear++;
	return v;
}
