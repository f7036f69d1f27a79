/* See evacuate.h. */
#include "tests/sim/evacuate.h"

#include <stdlib.h>

#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"

#define GREET_S  6    /* in which all clients have sent to all their guests */
#define BEGIN_MS 1000 /* in which all migrations begin */
#define COPY_MS  2000
#define DARK_MS  200
#define PROBE_US 50000

struct left {
	struct mono resumed, last; /* last: when a client's tunnel router sent there first */
	int to;                    /* its new place; -1: not there yet */
	bool told[EVACUATE_ITRS];
};

struct evacuation {
	struct left *list;
	uint32_t count;
	uint64_t datagrams; /* before they went */
};

static unsigned int itr_of(uint32_t host, unsigned int i)
{
	return 1 + EVACUATE_PLACES + (host + 5 * i) % (EVACUATE_XTRS - 1 - EVACUATE_PLACES);
}

struct evacuation *evacuation_new(struct sim *s)
{
	struct evacuation *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->count = s->opt.evacuate;
	e->list = calloc(e->count, sizeof(e->list[0]));
	for (uint32_t i = 0; e->list && i < e->count; i++)
		e->list[i].to = -1;
	if (e->list)
		return e;
	free(e);
	return NULL;
}

void evacuation_free(struct evacuation *e)
{
	if (e)
		free(e->list);
	free(e);
}

void evacuation_knobs(struct sim_knobs *k, uint32_t guests, uint32_t per_agent)
{
	*k = (struct sim_knobs){.servers = 1,
		.late_ms = 1,
		.moves_per_s = 1,
		.hot = guests,
		.register_s = 60,
		.timeout_s = 180,
		.commit_us = 1000,
		.subscribe = 1,
		.agents = true,
		.only_agents = true,
		.slots = (guests + per_agent - 1) / per_agent};
}

void evacuation_boot(struct sim *s, uint32_t host)
{
	hypervisor_boot(s, host, host % s->knobs.slots);
}

static void greet(struct sim *s, void *payload)
{
	uint32_t host = *(uint32_t *)payload;

	for (unsigned int i = 0; i < EVACUATE_ITRS; i++)
		hosts_send(s->hosts, hosts_moving(s->hosts) + itr_of(host, i), host, 0);
}

static void resumed(struct sim *s, uint32_t host, unsigned int agent)
{
	struct left *l = &s->evacuation->list[host];

	l->resumed = s->now;
	l->to = (int)(agent / s->knobs.slots);
}

static void go(struct sim *s, void *none)
{
	s->evacuation->datagrams = s->counts.datagrams;
	for (uint32_t host = 0; host < s->opt.evacuate; host++) {
		const struct migration_times t = {
			.begin_ms = (uint32_t)random_below(&s->random.random, BEGIN_MS),
			.copy_ms = COPY_MS,
			.dark_ms = DARK_MS,
			.end_ms = 300,
			.probe_us = PROBE_US};
		unsigned int xtr = 1 + host % EVACUATE_PLACES;

		hypervisor_migrate(s, host,
			xtr * s->knobs.slots + host / EVACUATE_PLACES % s->knobs.slots,
			MIGRATION_GOOD, &t);
	}
}

void evacuation_start(struct sim *s)
{
	hypervisor_watch(s, resumed);
	for (uint32_t host = 0; host < s->opt.evacuate; host++)
		*(uint32_t *)sim_event_in_us(s, random_below(&s->random.random, GREET_S * 500000),
			greet, sizeof(host)) = host;
	sim_event_in_us(s, GREET_S * 1000000, go, 0);
}

void evacuation_told(struct sim *s, unsigned int xtr, uint32_t host, int to)
{
	struct left *l = host < s->evacuation->count ? &s->evacuation->list[host] : NULL;

	for (unsigned int i = 0; l && l->to >= 0 && to == l->to && i < EVACUATE_ITRS; i++)
		if (itr_of(host, i) == xtr && !l->told[i]) {
			l->told[i] = true;
			l->last = s->now;
		}
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

void evacuation_result(struct sim *s, struct sim_evacuated *out)
{
	const struct evacuation *e = s->evacuation;
	double *ms = calloc(e->count, sizeof(*ms));
	uint32_t n = 0;

	*out = (struct sim_evacuated){.datagrams = s->counts.datagrams - e->datagrams};
	for (uint32_t i = 0; ms && i < e->count; i++) {
		const struct left *l = &e->list[i];
		bool all = true;

		for (unsigned int k = 0; k < EVACUATE_ITRS; k++)
			all &= l->told[k];
		if (all)
			ms[n++] = (double)(l->last.ns - l->resumed.ns) / 1e6;
	}
	out->known = n;
	if (n) {
		qsort(ms, n, sizeof(*ms), compare);
		out->p50_ms = ms[n / 2];
		out->p99_ms = ms[n - 1 - n / 100];
		out->max_ms = ms[n - 1];
	}
	free(ms);
}
