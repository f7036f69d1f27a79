/* See report.h. */
#include "tests/sim/report.h"

#include <stddef.h>
#include <stdio.h>

struct row {
	const char *name, *text;
	size_t at;
};

#define ROW(field, text)                                                                           \
	{                                                                                          \
#field, text, offsetof(struct sim_counts, field)                                   \
	}
static const struct row rows[] = {
	ROW(events, "happenings"),
	ROW(datagrams, "datagrams sent"),
	ROW(lost, "  lost"),
	ROW(duplicated, "  duplicated"),
	ROW(late, "  late"),
	ROW(cut, "  cut off"),
	ROW(shut_out, "  shut out by NATs"),
	ROW(packets, "packets of guests"),
	ROW(delivered, "  delivered"),
	ROW(undelivered, "  not delivered"),
	ROW(loops, "  in a circle"),
	ROW(moves, "moves"),
	ROW(bounces, "  there and back"),
	ROW(vanished, "guests gone"),
	ROW(appeared, "guests come"),
	ROW(xtr_crashes, "xTRs crashed"),
	ROW(server_kills, "map-servers killed"),
	ROW(power_losses, "map-servers without power"),
	ROW(mid_commit, "  in the midst of a commit"),
	ROW(splits, "cuts of the network"),
	ROW(clock_steps, "clocks of map-servers set"),
	ROW(full_stores, "stores of map-servers full"),
	ROW(migrations, "migrations with agents"),
	ROW(failed_migrations, "  that failed"),
	ROW(agent_crashes, "agents crashed"),
	ROW(probes, "probes of guests that move"),
	ROW(probes_read, "  read"),
	ROW(probes_twice, "  twice, of a tail"),
	ROW(probes_excused, "  lost by a crash"),
	ROW(probes_lost, "  lost without excuse"),
	ROW(claims, "claims"),
	ROW(refused, "requests refused"),
	ROW(replies, "lookups answered"),
	ROW(negative, "  negatively"),
	ROW(publications, "publications"),
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static uint64_t value(const struct result *r, const struct row *row)
{
	return *(const uint64_t *)((const char *)&r->counts + row->at);
}

static void as_table(const struct result *list, unsigned int n, double real_s)
{
	unsigned int failed = 0;
	double virtual_s = 0;

	for (unsigned int i = 0; i < n; i++) {
		failed += list[i].failures > 0;
		virtual_s += list[i].virtual_s;
	}
	printf("%-28s %15s%s\n", "", n > 1 ? "all seeds" : "seed", "");
	for (size_t k = 0; k < ROWS; k++) {
		uint64_t sum = 0;

		for (unsigned int i = 0; i < n; i++)
			sum += value(&list[i], &rows[k]);
		printf("%-28s %15llu\n", rows[k].text, (unsigned long long)sum);
	}
	printf("%-28s %15.0f\n%-28s %15.1f\n", "virtual seconds", virtual_s, "real seconds",
		real_s);
	if (n == 1)
		printf("%-28s %016llx\n", "digest of the trace",
			(unsigned long long)list[0].digest);
	printf("%u of %u seeds held (%llu to %llu)\n", n - failed, n,
		(unsigned long long)list[0].seed, (unsigned long long)list[n - 1].seed);
}

static void one_as_json(const struct result *r)
{
	const struct sim_knobs *k = &r->knobs;

	printf("{\"seed\":%llu,\"digest\":\"%016llx\",\"failures\":%u,\"rounds\":%u,"
	       "\"virtual_s\":%.3f,\"real_s\":%.3f,",
		(unsigned long long)r->seed, (unsigned long long)r->digest, r->failures, r->rounds,
		r->virtual_s, r->real_s);
	printf("\"servers\":%u,\"front\":%s,\"loss_ppm\":%u,\"duplicates_ppm\":%u,\"late_ppm\":%u,"
	       "\"late_ms\":%u,\"moves_per_s\":%u,\"timeout_s\":%u,\"commit_us\":%u,\"tight\":%s,\"subscribe\":%u",
		k->servers, k->front ? "true" : "false", k->loss, k->dup, k->late, k->late_ms,
		k->moves_per_s, k->timeout_s, k->commit_us, k->tight ? "true" : "false",
		k->subscribe);
	for (size_t i = 0; i < ROWS; i++)
		printf(",\"%s\":%llu", rows[i].name, (unsigned long long)value(r, &rows[i]));
	putchar('}');
}

static void as_json(
	const struct sim_options *o, const struct result *list, unsigned int n, double real_s)
{
	unsigned int failed = 0;

	printf("{\"xtrs\":%u,\"eids\":%u,\"runs\":[", o->xtrs, o->eids);
	for (unsigned int i = 0; i < n; i++) {
		if (i)
			fputs(",\n", stdout);
		one_as_json(&list[i]);
		failed += list[i].failures > 0;
	}
	printf("],\"held\":%u,\"failed\":%u,\"real_s\":%.3f}\n", n - failed, failed, real_s);
}

/* One line. */
static void as_evacuation(const struct sim_options *o, const struct result *r)
{
	const struct sim_evacuated *e = &r->evacuated;

	printf("{\"evacuated\":%u,\"known\":%u,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,"
	       "\"datagrams\":%llu,\"packets\":%llu,\"lost\":%llu,\"twice\":%llu,\"held\":%s,"
	       "\"real_s\":%.3f}\n",
		o->evacuate, e->known, e->p50_ms, e->p99_ms, e->max_ms,
		(unsigned long long)e->datagrams, (unsigned long long)r->counts.probes,
		(unsigned long long)(r->counts.probes_lost + r->counts.probes_excused),
		(unsigned long long)r->counts.probes_twice, r->failures ? "false" : "true",
		r->real_s);
}

void report(const struct sim_options *o, const struct result *list, unsigned int n, double real_s)
{
	if (o->evacuate)
		as_evacuation(o, list);
	else if (o->json)
		as_json(o, list, n, real_s);
	else
		as_table(list, n, real_s);
}
