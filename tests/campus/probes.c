/* See probes.h. */
#include "tests/campus/probes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const probe_kind_names[PROBE_KINDS] = {"one", "all", "nobody"};

struct probe {
	uint8_t got[PROBES_STATIONS];
	struct sightings seen;
};

struct tick {
	uint64_t sent_ns;
	uint32_t number;
	bool open; /* sent and not judged */
	struct probe probe[PROBES_STATIONS][PROBE_KINDS];
};

struct probes {
	unsigned int stations;
	struct probe_station station[PROBES_STATIONS];
	uint32_t next, judged,
		rested; /* ticks: to be sent, judged below, looked at while at rest */
	uint64_t last_bad[PROBE_KINDS];
	char bad_text[PROBE_KINDS][64];
	struct probes_total total[PROBE_KINDS];
	struct tick ring[PROBES_RING];
};

struct probes *probes_new(const struct probe_station *stations, unsigned int count)
{
	struct probes *p = count <= PROBES_STATIONS ? calloc(1, sizeof(*p)) : NULL;

	if (!p)
		return NULL;
	memcpy(p->station, stations, count * sizeof(stations[0]));
	p->stations = count;
	for (unsigned int k = 0; k < PROBE_KINDS; k++)
		p->total[k].fewest = 63;
	return p;
}

void probes_free(struct probes *p)
{
	free(p);
}

int probes_target(const struct probes *p, unsigned int source, uint32_t tick)
{
	unsigned int others = 0, which;

	for (unsigned int i = 0; i < p->stations; i++)
		others += i != source && p->station[i].vlan == p->station[source].vlan;
	if (!others)
		return -1;
	which = tick % others;
	for (unsigned int i = 0; i < p->stations; i++)
		if (i != source && p->station[i].vlan == p->station[source].vlan && !which--)
			return (int)i;
	return -1;
}

/* How often the probe should come to @at. */
static unsigned int wanted(const struct probes *p, unsigned int source, enum probe_kind k,
	uint32_t tick, unsigned int at)
{
	if (at == source || p->station[at].vlan != p->station[source].vlan)
		return 0;
	return k != PROBE_ONE || probes_target(p, source, tick) == (int)at;
}

static void judge_receivers(
	struct probes *p, const struct tick *t, unsigned int source, enum probe_kind k)
{
	struct probes_total *total = &p->total[k];
	const uint8_t *got = t->probe[source][k].got;

	total->sent++;
	for (unsigned int at = 0; at < p->stations; at++) {
		if (at == source)
			total->returned += got[at];
		else if (p->station[at].vlan != p->station[source].vlan)
			total->leaked += got[at];
		else if (wanted(p, source, k, t->number, at)) {
			total->reached += got[at] > 0;
			total->lost += got[at] == 0;
		}
		if (at != source && got[at] > 1)
			total->twice += got[at] - 1u;
	}
}

static void judge(struct probes *p, struct tick *t)
{
	for (unsigned int s = 0; s < p->stations; s++)
		for (enum probe_kind k = 0; k < PROBE_KINDS; k++) {
			const struct sightings *seen = &t->probe[s][k].seen;
			struct sightings_verdict v = sightings_judge(seen, p->station[s].rbridge);
			struct probes_total *total = &p->total[k];

			judge_receivers(p, t, s, k);
			total->links += seen->count + seen->missed;
			total->again += v.again;
			total->looped += v.looped;
			total->unclear += v.unclear;
			total->stopped += v.stopped;
			total->orphans += v.orphans;
			if (v.longest > total->longest)
				total->longest = v.longest;
			if (v.fewest < total->fewest)
				total->fewest = v.fewest;
		}
	t->open = false;
}

static struct tick *tick_at(struct probes *p, uint32_t number)
{
	return &p->ring[number % PROBES_RING];
}

void probes_judge(struct probes *p, uint64_t now)
{
	while (p->judged < p->next && tick_at(p, p->judged)->sent_ns + PROBES_OPEN_NS < now)
		judge(p, tick_at(p, p->judged++));
}

void probes_judge_all(struct probes *p)
{
	probes_judge(p, UINT64_MAX);
}

void probes_sent(struct probes *p, uint32_t tick, uint64_t now)
{
	struct tick *t = tick_at(p, tick);

	if (t->open) {
		judge(p, t);
		p->judged = t->number + 1;
	}
	memset(t, 0, sizeof(*t));
	*t = (struct tick){.sent_ns = now, .number = tick, .open = true};
	p->next = tick + 1;
}

/* NULL: it is over, which is counted, or never was. */
static struct probe *probe_of(struct probes *p, const struct probe_id *id)
{
	struct tick *t = tick_at(p, id->tick);

	if (id->source >= p->stations || id->kind >= PROBE_KINDS || id->tick >= p->next)
		return NULL;
	if (t->number == id->tick && t->open)
		return &t->probe[id->source][id->kind];
	p->total[id->kind].late++;
	return NULL;
}

void probes_received(struct probes *p, const struct probe_id *id, unsigned int station)
{
	struct probe *is = probe_of(p, id);

	if (is && station < p->stations && is->got[station] < UINT8_MAX)
		is->got[station]++;
}

void probes_sighted(struct probes *p, const struct probe_id *id, struct sighting where)
{
	struct probe *is = probe_of(p, id);

	if (is)
		sightings_add(&is->seen, where);
}

void probes_rest(struct probes *p)
{
	p->rested = p->next;
	memset(p->last_bad, 0, sizeof(p->last_bad));
	memset(p->bad_text, 0, sizeof(p->bad_text));
}

static void rest_look(struct probes *p, const struct tick *t)
{
	for (unsigned int s = 0; s < p->stations; s++)
		for (enum probe_kind k = 0; k < PROBE_KINDS; k++)
			for (unsigned int at = 0; at < p->stations; at++) {
				unsigned int want = wanted(p, s, k, t->number, at);
				unsigned int got = t->probe[s][k].got[at];

				/* Where a probe to one is flooded, others have it, too. */
				if (got == want || (k == PROBE_ONE && !want && at != s && got == 1))
					continue;
				p->last_bad[k] = t->sent_ns;
				snprintf(p->bad_text[k], sizeof(p->bad_text[k]),
					"station %u to %u: %u times", s + 1, at + 1, got);
			}
}

uint64_t probes_last_bad(struct probes *p, enum probe_kind kind, uint64_t now)
{
	while (p->rested < p->next && tick_at(p, p->rested)->sent_ns + PROBES_GRACE_NS < now)
		rest_look(p, tick_at(p, p->rested++));
	return p->last_bad[kind];
}

const char *probes_bad_text(const struct probes *p, enum probe_kind kind)
{
	return p->bad_text[kind];
}

struct probes_total probes_totals(const struct probes *p, enum probe_kind kind)
{
	return p->total[kind];
}
