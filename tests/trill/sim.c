/* sim: many RBridges on virtual time that lose and regain links at random.
 *
 * The links are a ring and random chords. Each 0.2 to 5 s of virtual time a link loses its carrier,
 * falls silent, or comes back. All the while frames of both kinds are on their way: one of each
 * every 50 ms, and every ms while tables change, each hop by the tables that stand when it is
 * there. None of many destinations may be in a loop, and no more than one in 10,000 may come a
 * second time (see flight.h). Besides, frames are followed through the tables as they stand at one
 * time: there nothing comes twice, and nothing is on more links than there are RBridges. Every 60
 * s links rest for 40 s; then each RBridge has to reach all that the links allow, by unicast and by
 * its tree exactly once. One seed is one run. Exit 1: a rule was broken.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tests/trill/flight.h"

#define REST_MS      40000
#define PROBE_MS     50
#define CHANGING_MS  100 /* after a row was written, frames are dense */
#define LEAST_US     20  /* a hop takes */
#define BETWEEN_MS   60000
#define WANTED_VLAN  10
#define HELLO_MS     1000
#define HOLDING_S    3
#define COMPLAIN_MAX 10

struct run {
	unsigned int nodes, links, lans, seconds, most_us;
	uint64_t seed;
	struct campus_options options;
	struct virtual_campus *c;
	struct random_seeded random; /* of what happens; the campus has its own */
	unsigned int *taken;
	bool *reached;
	bool chatty;
	struct mono began, struck; /* the last loss or gain */
	struct flights flights;
	uint64_t losses, silences, gains, probes, circles, nowhere, checks, broken, slowest_ms;
};

__attribute__((format(printf, 2, 3))) static void complain(struct run *r, const char *format, ...)
{
	va_list args;

	if (r->broken++ >= COMPLAIN_MAX)
		return;
	va_start(args, format);
	fprintf(stderr, "at %.3f s: ", (double)r->c->now.ns / 1e9);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

static unsigned int below(struct run *r, unsigned int n)
{
	return (unsigned int)random_below(&r->random.random, n);
}

static void on_looped(void *arg, bool many, unsigned int from, unsigned int node)
{
	struct run *r = arg;

	if (many)
		complain(r, "a frame of RBridge %u to all is in a loop at %u", from, node);
}

static bool build(struct run *r)
{
	r->c = campus_new(r->nodes, r->links, r->seed, &r->options);
	r->taken = calloc(r->nodes, sizeof(*r->taken));
	r->reached = calloc(r->nodes, sizeof(*r->reached));
	if (!r->c || !r->taken || !r->reached)
		return false;
	random_seeded_init(&r->random, r->seed ^ 0x74726c6c);
	flights_init(&r->flights, r->c, r->seed ^ 0x666c69, LEAST_US, r->most_us);
	r->flights.looped = on_looped;
	r->flights.arg = r;
	for (unsigned int i = 0; i < r->links; i++) {
		unsigned int a = i < r->nodes ? i : below(r, r->nodes);
		unsigned int b = i < r->nodes ? (i + 1) % r->nodes
					      : (a + 1 + below(r, r->nodes - 1)) % r->nodes;
		unsigned int ends[] = {a, b, 0, 0}, count = 2;

		if (i >= r->nodes && i < r->nodes + r->lans) {
			unsigned int apart = 1 + below(r, (r->nodes - 1) / 3);

			for (count = 1; count < 4; count++)
				ends[count] = (a + count * apart) % r->nodes;
		}
		campus_wire(r->c, ends, count, 20000 * (1 + below(r, 3)), &r->options);
	}
	return true;
}

static bool is_away(const struct campus_wire *w)
{
	return !w->up || w->silent;
}

/* One link changes: any, or of those that are away one half of the time. */
static void strike(struct run *r)
{
	bool back = r->losses + r->silences > r->gains && below(r, 2);
	unsigned int i = below(r, r->c->wire_count);
	struct campus_wire *w = &r->c->wires[i];

	while (back && !is_away(w)) {
		i = below(r, r->c->wire_count);
		w = &r->c->wires[i];
	}

	r->struck = r->c->now;
	if (w->silent) {
		w->silent = false;
		r->gains++;
	} else if (!w->up) {
		campus_carrier(r->c, i, true, &r->options);
		r->gains++;
	} else if (below(r, 4)) {
		campus_carrier(r->c, i, false, &r->options);
		r->losses++;
	} else {
		w->silent = true;
		r->silences++;
	}
}

/* Follow one frame of each kind through the tables as they stand. */
static void probe(struct run *r)
{
	unsigned int from = below(r, r->nodes), to = below(r, r->nodes);
	unsigned int copies = campus_multicast(r->c, from, WANTED_VLAN, r->taken);
	int got;

	r->probes++;
	for (unsigned int n = 0; n < r->nodes; n++)
		if (r->taken[n] > 1)
			complain(r, "a frame of RBridge %u was taken %u times by RBridge %u", from,
				r->taken[n], n);
	if (copies >= r->nodes)
		complain(r, "a frame of RBridge %u became %u copies", from, copies);
	if (!campus_nickname(r->c, to))
		return;
	got = campus_unicast(r->c, from, campus_nickname(r->c, to), to);
	r->circles += got == -2;
	r->nowhere += got == -1;
	if (got >= 0 && got != (int)to)
		complain(r, "a frame of RBridge %u to %u came to %d", from, to, got);
}

/* Frames that take their time. */
static void launch(struct run *r)
{
	unsigned int from = below(r, r->nodes), to = below(r, r->nodes);

	if (campus_nickname(r->c, from))
		flight_many(&r->flights, from, WANTED_VLAN);
	if (to != from && campus_nickname(r->c, to))
		flight_unicast(&r->flights, from, campus_nickname(r->c, to), to);
}

/* Until @ms have passed: dense while tables change. */
static void fly(struct run *r, uint64_t ms)
{
	struct mono end = mono_add_ms(r->c->now, ms);

	while (mono_before(r->c->now, end)) {
		bool changing = mono_since_ms(r->c->written, r->c->now) < CHANGING_MS;
		uint64_t left = mono_since_ms(r->c->now, end);

		launch(r);
		campus_run_ms(r->c, changing ? 1 : left < PROBE_MS ? left : PROBE_MS);
	}
}

static void check_from(struct run *r, unsigned int from)
{
	campus_component(r->c, from, r->reached);
	campus_multicast(r->c, from, WANTED_VLAN, r->taken);
	for (unsigned int n = 0; n < r->nodes; n++) {
		uint16_t nickname = campus_nickname(r->c, n);
		int got = campus_unicast(r->c, from, nickname, n);

		if (got != (r->reached[n] ? (int)n : -1))
			complain(r,
				"at rest a frame of RBridge %u to %u (nickname 0x%04x) came to %d",
				from, n, nickname, got);
		if (r->taken[n] != r->reached[n])
			complain(r, "at rest a frame of RBridge %u to all was taken %u times by %u",
				from, r->taken[n], n);
	}
}

/* At rest: all that the links allow is reached. */
static void check(struct run *r)
{
	uint64_t ms = mono_since_ms(r->struck, r->c->written);

	r->checks++;
	if (ms > r->slowest_ms)
		r->slowest_ms = ms;
	if (r->flights.many.twice * 10000 > r->flights.many.arrived + 10000)
		complain(r, "%llu of %llu frames to all came a second time",
			(unsigned long long)r->flights.many.twice,
			(unsigned long long)r->flights.many.arrived);
	if (r->flights.in_air)
		complain(r, "at rest %llu frames are still on their way",
			(unsigned long long)r->flights.in_air);
	for (unsigned int from = 0; from < r->nodes; from++) {
		check_from(r, from);
		if (r->c->nodes[from].out_of_order)
			complain(r, "RBridge %u wrote %u rows out of order", from,
				r->c->nodes[from].out_of_order);
	}
}

/* Nothing happens to links; frames go on for the half of it. */
static void rest(struct run *r)
{
	fly(r, REST_MS / 2);
	campus_run_ms(r->c, REST_MS / 2);
	check(r);
	if (r->chatty)
		printf("  %6.1f s: %3llu links are away; last row %5llu ms after the last change; "
		       "all that links allow is reached%s\n",
			(double)mono_since_ms(r->began, r->c->now) / 1e3,
			(unsigned long long)(r->losses + r->silences - r->gains),
			(unsigned long long)mono_since_ms(r->struck, r->c->written),
			r->broken ? ", but rules were broken" : "");
}

static void live(struct run *r)
{
	struct mono end;
	uint64_t phase = 0, wait = 0;

	campus_run_ms(r->c, REST_MS);
	r->struck = r->c->written;
	check(r);
	r->began = r->c->now;
	end = mono_add_s(r->c->now, r->seconds);
	while (mono_before(r->c->now, end)) {
		fly(r, PROBE_MS);
		probe(r);
		phase += PROBE_MS;
		if (phase >= BETWEEN_MS) {
			rest(r);
			phase = 0;
		} else if (wait <= PROBE_MS) {
			strike(r);
			wait = 200 + below(r, 4800);
		} else {
			wait -= PROBE_MS;
		}
	}
	rest(r);
}

static void report_flights(const char *what, const struct flight_counts *n)
{
	printf("  %s on their way: %llu, over %llu links (%u at most): %llu arrived, %llu refused, %llu "
	       "nowhere; %llu looped, %llu twice by another way, %llu used up their hop count\n",
		what, (unsigned long long)n->sent, (unsigned long long)n->hops, n->most_hops,
		(unsigned long long)n->arrived, (unsigned long long)n->refused,
		(unsigned long long)n->nowhere, (unsigned long long)n->looped,
		(unsigned long long)n->twice, (unsigned long long)n->used_up);
}

static void report(const struct run *r)
{
	uint64_t computed = 0, originated = 0;

	for (unsigned int n = 0; n < r->nodes; n++) {
		computed += rbridge_computed(r->c->nodes[n].rb);
		originated += rbridge_originated(r->c->nodes[n].rb);
	}
	printf("seed %llu: %u RBridges, %u links%s (%u of four), %u s: %llu losses, %llu silences, "
	       "%llu gains\n",
		(unsigned long long)r->seed, r->nodes, r->links,
		r->options.p2p ? " point to point" : "", r->lans, r->seconds,
		(unsigned long long)r->losses, (unsigned long long)r->silences,
		(unsigned long long)r->gains);
	printf("  %llu control frames, %llu table rows, %llu computations, %llu LSPs originated\n",
		(unsigned long long)r->c->frames, (unsigned long long)r->c->writes,
		(unsigned long long)computed, (unsigned long long)originated);
	report_flights("to one", &r->flights.unicast);
	report_flights("to all", &r->flights.many);
	printf("  %llu through the tables of one time: %llu to nowhere, %llu in a circle\n",
		(unsigned long long)r->probes, (unsigned long long)r->nowhere,
		(unsigned long long)r->circles);
	printf("  %llu checks at rest, slowest last row %llu ms after a change; %llu rules broken; "
	       "%.1f s of a processor\n",
		(unsigned long long)r->checks, (unsigned long long)r->slowest_ms,
		(unsigned long long)r->broken, (double)clock() / CLOCKS_PER_SEC);
}

static const char usage[] =
	"usage: sim --trill [OPTION ...]     RBridges on virtual time that lose and regain links\n"
	"  -n, --rbridges N  4 to 500 (20)          -l, --links N    ring and chords (twice as many)\n"
	"  -t, --seconds N   of virtual time (120)  -m, --lans N     so many links join four\n"
	"  -s, --seed N      one seed is one run    -p, --p2p        links are point to point\n"
	"  -d, --delay US    longest hop (500)      -c, --choose     nicknames are chosen\n"
	"  -v, --verbose     a line for each rest\n";

static bool options_read(struct run *r, int argc, char **argv)
{
	static const struct option names[] = {{"rbridges", 1, 0, 'n'}, {"links", 1, 0, 'l'},
		{"lans", 1, 0, 'm'}, {"seconds", 1, 0, 't'}, {"seed", 1, 0, 's'},
		{"p2p", 0, 0, 'p'}, {"choose", 0, 0, 'c'}, {"delay", 1, 0, 'd'},
		{"verbose", 0, 0, 'v'}, {"help", 0, 0, 'h'}, {0}};
	int option;

	while ((option = getopt_long(argc, argv, "n:l:m:t:s:d:pcvh", names, NULL)) != -1) {
		uint64_t number = optarg ? strtoull(optarg, NULL, 10) : 0;

		switch (option) {
		case 'n':
			r->nodes = (unsigned int)number;
			break;
		case 'l':
			r->links = (unsigned int)number;
			break;
		case 'm':
			r->lans = (unsigned int)number;
			break;
		case 't':
			r->seconds = (unsigned int)number;
			break;
		case 's':
			r->seed = number;
			break;
		case 'd':
			r->most_us = (unsigned int)number;
			break;
		case 'p':
			r->options.p2p = true;
			break;
		case 'c':
			r->options.configured = false;
			break;
		case 'h':
			printf("%s", usage);
			exit(0);
		case 'v':
			r->chatty = true;
			break;
		default:
			return false;
		}
	}
	if (!r->links)
		r->links = r->nodes * 2;
	return r->nodes >= 4 && r->nodes <= 500 && r->links >= r->nodes &&
	       r->links <= 8 * r->nodes && r->most_us >= LEAST_US && !(r->options.p2p && r->lans);
}

int main(int argc, char **argv)
{
	struct run r = {.nodes = 20,
		.links = 0,
		.seconds = 120,
		.most_us = 500,
		.seed = 1,
		.options = {.configured = true,
			.hello_ms = HELLO_MS,
			.holding_s = HOLDING_S,
			.trees = {.compute = 2, .max = 3, .use = 1}}};

	if (!options_read(&r, argc, argv)) {
		fprintf(stderr, "%s", usage);
		return 2;
	}
	if (!build(&r)) {
		fprintf(stderr, "sim: out of memory\n");
		return 2;
	}
	live(&r);
	report(&r);
	campus_free(r.c);
	free(r.taken);
	free(r.reached);
	return r.broken ? 1 : 0;
}
