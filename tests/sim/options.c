/* See options.h. */
#include "tests/sim/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/evacuate.h"

static const char help[] =
	"usage: sim [--seed N] [--seeds COUNT] [--xtrs N] [--eids N] [--servers N] [--nat N]\n"
	"           [--agents on|off] [--evacuate N [--per-agent N]] [--seconds N] [--hours H] [--jobs N] [-j] [--trace [--trace-host N]] [--break RULE]\n"
	"\n"
	"The real cores of map-servers and tunnel routers under virtual time, with loss, duplication,\n"
	"reordering, delay, cuts, crashes, full stores and clocks that are set from a seed; a checker\n"
	"for what must hold all the same.\n"
	"The same seed gives the same run. Exit 0: it held; 1: it did not; 2: a wrong argument.\n"
	"\n"
	"  --seed N        the first seed (1)\n"
	"  --seeds COUNT   so many seeds, one after the other (1)\n"
	"  --xtrs N        tunnel routers, 2 to 4096 (30)\n"
	"  --eids N        guests that move, 1 to 10000000 (2000)\n"
	"  --servers N     Map-Servers, 1 to 3 (by the seed)\n"
	"  --nat N         so many tunnel routers of a hundred are behind a NAT (0)\n"
	"  --agents on|off some guests have agents that announce their moves (off)\n"
	"  --evacuate N    instead, N guests of one site leave it at once, and all is calm\n"
	"  --per-agent N   so many of them at a hypervisor (100)\n"
	"  --seconds N     of trouble in a round, in virtual time (30)\n"
	"  --hours H       rounds until so much virtual time has passed (one round)\n"
	"  --jobs N        processes that share the seeds (as many as processors)\n"
	"  -j, --json      the result as JSON\n"
	"  --quiet         no progress\n"
	"  --trace         every happening to standard error\n"
	"  --trace-host N  only lines that name host N, by its number\n"
	"  --break RULE    break a rule on purpose: claim-compare, smr, ghost, disk, stale,\n"
	"                  lost-commit, subscriber, fifth, ack-first, silent, leak, tail, abandon;\n"
	"                  the run must fail then\n";

enum {
	SEED = 256,
	SEEDS,
	XTRS,
	EIDS,
	SERVERS,
	NAT,
	AGENTS,
	EVACUATE,
	PER_AGENT,
	SECONDS,
	HOURS,
	JOBS,
	QUIET,
	TRACE,
	TRACE_HOST,
	BREAK,
	HELP
};

static const struct option table[] = {
	{"seed", required_argument, NULL, SEED},
	{"seeds", required_argument, NULL, SEEDS},
	{"xtrs", required_argument, NULL, XTRS},
	{"eids", required_argument, NULL, EIDS},
	{"servers", required_argument, NULL, SERVERS},
	{"nat", required_argument, NULL, NAT},
	{"evacuate", required_argument, NULL, EVACUATE},
	{"per-agent", required_argument, NULL, PER_AGENT},
	{"agents", required_argument, NULL, AGENTS},
	{"seconds", required_argument, NULL, SECONDS},
	{"hours", required_argument, NULL, HOURS},
	{"jobs", required_argument, NULL, JOBS},
	{"json", no_argument, NULL, 'j'},
	{"quiet", no_argument, NULL, QUIET},
	{"trace", no_argument, NULL, TRACE},
	{"trace-host", required_argument, NULL, TRACE_HOST},
	{"break", required_argument, NULL, BREAK},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

static bool number(const char *name, const char *text, uint64_t least, uint64_t most, uint64_t *n)
{
	char *end;

	*n = strtoull(text, &end, 10);
	if (*text >= '0' && *text <= '9' && !*end && *n >= least && *n <= most)
		return true;
	fprintf(stderr, "sim: --%s %s: want a number from %llu to %llu\n", name, text,
		(unsigned long long)least, (unsigned long long)most);
	return false;
}

static bool rule(const char *text, enum sabotage *out)
{
	for (int i = 0; sabotage_names[i]; i++)
		if (!strcmp(text, sabotage_names[i])) {
			*out = (enum sabotage)i;
			return true;
		}
	fprintf(stderr, "sim: --break %s: want one of", text);
	for (int i = 1; sabotage_names[i]; i++)
		fprintf(stderr, " %s", sabotage_names[i]);
	fputc('\n', stderr);
	return false;
}

static bool agents(const char *text, struct sim_options *o)
{
	bool on = !strcmp(text, "on");

	o->agents = on;
	if (on || !strcmp(text, "off"))
		return true;
	fprintf(stderr, "sim: --agents %s: want on or off\n", text);
	return false;
}

static bool hours(const char *text, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (end != text && !*end && *out > 0 && *out <= 100000)
		return true;
	fprintf(stderr, "sim: --hours %s: want a number above 0, at most 100000\n", text);
	return false;
}

static bool take_number(struct sim_options *o, int c, const char *text)
{
	uint64_t n;
	bool right;

	switch (c) {
	case SEED:
		return number("seed", text, 0, UINT64_MAX, &o->seed);
	case SEEDS:
		right = number("seeds", text, 1, 1000000, &n);
		o->seeds = (unsigned int)n;
		return right;
	case XTRS:
		right = number("xtrs", text, 2, 4096, &n);
		o->xtrs = (unsigned int)n;
		return right;
	case EIDS:
		right = number("eids", text, 1, 10000000, &n);
		o->eids = (unsigned int)n;
		return right;
	case SERVERS:
		right = number("servers", text, 0, 3, &n);
		o->servers = (unsigned int)n;
		return right;
	case NAT:
		right = number("nat", text, 0, 100, &n);
		o->nat = (unsigned int)n;
		return right;
	case SECONDS:
		right = number("seconds", text, 1, 86400, &n);
		o->seconds = (unsigned int)n;
		return right;
	case EVACUATE:
		right = number("evacuate", text, 1, 25600, &n);
		o->evacuate = (uint32_t)n;
		return right;
	case PER_AGENT:
		right = number("per-agent", text, 1, 4096, &n);
		o->per_agent = (uint32_t)n;
		return right;
	case JOBS:
		right = number("jobs", text, 1, 256, &n);
		o->jobs = (unsigned int)n;
		return right;
	default:
		right = number("trace-host", text, 0, 20000000, &n);
		o->trace_host = (int32_t)n;
		return right;
	}
}

static bool take(struct sim_options *o, int c, const char *text)
{
	switch (c) {
	case 'j':
		o->json = true;
		return true;
	case QUIET:
		o->quiet = true;
		return true;
	case TRACE:
		o->trace = true;
		return true;
	case AGENTS:
		return agents(text, o);
	case HOURS:
		return hours(text, &o->hours);
	case BREAK:
		return rule(text, &o->sabotage);
	case '?':
		fputs("sim: see --help\n", stderr);
		return false;
	default:
		return take_number(o, c, text);
	}
}

int options_parse(struct sim_options *o, int argc, char **argv)
{
	int c;

	*o = (struct sim_options){.seed = 1,
		.seeds = 1,
		.xtrs = 30,
		.eids = 2000,
		.seconds = 30,
		.per_agent = 100,
		.trace_host = -1};
	while ((c = getopt_long(argc, argv, "j", table, NULL)) != -1) {
		if (c == HELP) {
			fputs(help, stdout);
			return 1;
		}
		if (!take(o, c, optarg))
			return 2;
	}
	if (o->evacuate) {
		o->eids = o->evacuate;
		o->xtrs = EVACUATE_XTRS;
		o->agents = true;
	}
	if (optind == argc)
		return 0;
	fprintf(stderr, "sim: '%s' is no option; see --help\n", argv[optind]);
	return 2;
}
