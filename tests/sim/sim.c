/* See sim.h. */
#include "tests/sim/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/checker.h"
#include "tests/sim/evacuate.h"
#include "tests/sim/hosts.h"
#include "tests/sim/hypervisor.h"
#include "tests/sim/network.h"
#include "tests/sim/party_agent.h"
#include "tests/sim/party_mapserver.h"
#include "tests/sim/party_xtr.h"
#include "tests/sim/probes.h"
#include "tests/sim/scenario.h"

#define START_S       1000
#define OUT_DATAGRAMS 65536
#define OUT_BYTES     (16u << 20)

double sim_seconds(const struct sim *s)
{
	return (double)(s->now.ns - s->start.ns) / 1e9;
}

static void fire(struct timer *t, struct mono now)
{
	struct sim_event *e = t->arg;

	(void)now;
	LIST_REMOVE(e, link);
	e->run(e->sim, e->payload);
	free(e);
}

static void *must(void *p)
{
	if (p)
		return p;
	fputs("sim: out of memory\n", stderr);
	exit(3);
}

void *sim_event(
	struct sim *s, struct mono due, void (*run)(struct sim *sim, void *payload), size_t size)
{
	struct sim_event *e = must(malloc(sizeof(*e) + size));

	e->sim = s;
	e->run = run;
	memset(e->payload, 0, size);
	LIST_INSERT_HEAD(&s->events, e, link);
	timer_init(&e->timer, fire, e);
	timer_set(&s->timers, &e->timer, due);
	return e->payload;
}

void *sim_event_in_us(
	struct sim *s, uint64_t us, void (*run)(struct sim *sim, void *payload), size_t size)
{
	return sim_event(s, mono_add_us(s->now, us), run, size);
}

void sim_timer(struct sim *s, struct timer *t, struct mono due)
{
	if (!timer_is_set(t) || mono_before(due, t->due))
		timer_set(&s->timers, t, due);
}

static uint64_t mix(uint64_t h, uint64_t word)
{
	h = (h ^ word) * UINT64_C(0x9fb21c651e98df25);
	return h ^ h >> 32;
}

void sim_note(struct sim *s, unsigned int kind, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	uint64_t h = mix(mix(s->digest, s->now.ns), (uint64_t)kind << 32 | len), word = 0;

	for (size_t i = 0; i < len; i++) {
		word = word << 8 | p[i];
		if (i % 8 == 7) {
			h = mix(h, word);
			word = 0;
		}
	}
	s->digest = mix(h, word);
	s->counts.events++;
}

/* The line speaks of the host that the trace is about: by its number, or by its EID; or of none. */
static bool wanted(const struct sim *s, const char *line)
{
	char number[24], eid[EID_TEXT];
	uint32_t host = (uint32_t)s->opt.trace_host;

	if (s->opt.trace_host < 0 || (!strstr(line, "host ") && !strstr(line, "EID ")))
		return true;
	snprintf(number, sizeof(number), "host %u ", host);
	eid_format(hosts_eid(s->hosts, host), eid, sizeof(eid));
	return strstr(line, number) || strstr(line, eid);
}

void sim_trace(struct sim *s, const char *format, ...)
{
	char line[512];
	va_list args;

	if (!s->opt.trace)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (wanted(s, line))
		fprintf(stderr, "%12.6f %s\n", sim_seconds(s), line);
}

void sim_fail(struct sim *s, const char *invariant, uint32_t host, const char *format, ...)
{
	char eid[EID_TEXT] = "-";
	va_list args;

	s->failures++;
	if (s->failures > 20)
		return;
	if (host != HOST_NONE)
		eid_format(hosts_eid(s->hosts, host), eid, sizeof(eid));
	printf("FAILED %s: seed %llu, virtual time %.6f s, EID %s\n  ", invariant,
		(unsigned long long)s->opt.seed, sim_seconds(s), eid);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	if (s->failures == 1) {
		printf("\n  see it again: ./run sim --seed %llu --xtrs %u --eids %u --servers %u "
		       "--nat %u --seconds %u --agents %s%s%s --trace",
			(unsigned long long)s->opt.seed, s->opt.xtrs, s->opt.eids, s->opt.servers,
			s->opt.nat, s->opt.seconds, s->knobs.agents ? "on" : "off",
			s->opt.sabotage ? " --break " : "",
			s->opt.sabotage ? sabotage_names[s->opt.sabotage] : "");
		if (host != HOST_NONE)
			printf(" --trace-host %u", host);
	}
	putchar('\n');
	fflush(stdout);
}

static void on_line(struct log *log, enum log_level level, const char *line)
{
	sim_trace(log->arg, "log %s: %s", log_level_name(level), line);
}

static void make_parties(struct sim *s)
{
	const struct sim_knobs *k = &s->knobs;

	s->server_count = k->servers + (k->front ? 1 : 0);
	for (unsigned int i = 0; i < s->server_count; i++)
		s->servers[i] = must(party_mapserver_new(s, i, k->front && i == k->servers));
	s->xtrs = must(calloc(s->opt.xtrs, sizeof(s->xtrs[0])));
	for (unsigned int i = 0; i < s->opt.xtrs; i++)
		s->xtrs[i] = must(party_xtr_new(s, i));
	s->agents = must(calloc(hypervisors_count(s) + 1, sizeof(s->agents[0])));
	for (unsigned int i = 0; i < hypervisors_count(s); i++)
		s->agents[i] = must(party_agent_new(s, i));
}

struct sim *sim_new(const struct sim_options *opt, uint64_t seed)
{
	struct sim *s = must(calloc(1, sizeof(*s)));

	s->opt = *opt;
	s->opt.seed = seed;
	s->start = s->now = (struct mono){START_S * UINT64_C(1000000000)};
	timers_init(&s->timers);
	LIST_INIT(&s->events);
	random_seeded_init(&s->random, seed);
	log_init_sink(&s->log, on_line, s);
	if (!opt->trace)
		log_level_set(&s->log, (enum log_level) - 1);
	s->out = must(outbox_new(OUT_DATAGRAMS, OUT_BYTES));
	s->scenario = must(scenario_new(s)); /* draws the knobs */
	if (opt->evacuate)
		s->evacuation = must(evacuation_new(s));
	if (s->knobs.agents) {
		s->hypervisors = must(hypervisors_new(s));
		s->probes = must(probes_new(s));
	}
	s->network = must(network_new(s));
	s->hosts = must(hosts_new(s));
	s->checker = must(checker_new(s));
	make_parties(s);
	scenario_start(s->scenario);
	return s;
}

void sim_free(struct sim *s)
{
	struct sim_event *e;

	if (!s)
		return;
	for (unsigned int i = 0; i < hypervisors_count(s); i++)
		party_agent_free(s->agents[i]);
	free(s->agents);
	for (unsigned int i = 0; i < s->opt.xtrs; i++)
		party_xtr_free(s->xtrs[i]);
	free(s->xtrs);
	for (unsigned int i = 0; i < s->server_count; i++)
		party_mapserver_free(s->servers[i]);
	while ((e = LIST_FIRST(&s->events))) {
		LIST_REMOVE(e, link);
		free(e);
	}
	hypervisors_free(s->hypervisors);
	probes_free(s->probes);
	evacuation_free(s->evacuation);
	checker_free(s->checker);
	hosts_free(s->hosts);
	network_free(s->network);
	scenario_free(s->scenario);
	outbox_free(s->out);
	free(s);
}

void sim_run(struct sim *s, struct mono end)
{
	while (!s->failures && mono_due(timers_next(&s->timers), end)) {
		s->now = timers_next(&s->timers);
		timers_run(&s->timers, s->now);
	}
	if (!s->failures)
		s->now = end;
}
