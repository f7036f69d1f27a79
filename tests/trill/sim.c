/* sim: many RBridges on virtual time that lose and regain links at random.
 *
 * usage: sim [-n RBRIDGES] [-l LINKS] [-m LANS] [-t SECONDS] [-s SEED] [-p] [-c]
 *
 * The links are a ring and random chords (-m: so many of these join four RBridges, with a
 * pseudonode; -p: point to point; -c: nicknames are chosen). Each 0.2
 * to 5 s of virtual time a link loses its carrier, falls silent, or comes back. All the while
 * frames are followed through the tables as they stand: one of many destinations is taken by nobody
 * twice, and none is on more links than there are RBridges; a unicast frame that goes in a circle
 * is counted, and ends by its hop count. Every 60 s links rest for 40 s; then each RBridge has to
 * reach all that the links allow, by unicast and by its tree exactly once. One seed is one run.
 * Exit 1: a rule was broken.
 */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/trill/virtual_campus.h"

#define REST_MS      40000
#define PROBE_MS     50
#define BETWEEN_MS   60000
#define WANTED_VLAN  10
#define HELLO_MS     1000
#define HOLDING_S    3
#define COMPLAIN_MAX 10

struct run {
	unsigned int nodes, links, lans, seconds;
	uint64_t seed;
	struct campus_options options;
	struct virtual_campus *c;
	struct random_seeded random; /* of what happens; the campus has its own */
	unsigned int *taken;
	bool *reached;
	struct mono struck; /* the last loss or gain */
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

static bool build(struct run *r)
{
	r->c = campus_new(r->nodes, r->links, r->seed, &r->options);
	r->taken = calloc(r->nodes, sizeof(*r->taken));
	r->reached = calloc(r->nodes, sizeof(*r->reached));
	if (!r->c || !r->taken || !r->reached)
		return false;
	random_seeded_init(&r->random, r->seed ^ 0x74726c6c);
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

/* One link changes. */
static void strike(struct run *r)
{
	unsigned int i = below(r, r->c->wire_count);
	struct campus_wire *w = &r->c->wires[i];

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
	for (unsigned int from = 0; from < r->nodes; from++) {
		check_from(r, from);
		if (r->c->nodes[from].out_of_order)
			complain(r, "RBridge %u wrote %u rows out of order", from,
				r->c->nodes[from].out_of_order);
	}
}

static void live(struct run *r)
{
	struct mono end;
	uint64_t phase = 0, wait = 0;

	campus_run_ms(r->c, REST_MS);
	r->struck = r->c->written;
	check(r);
	end = mono_add_s(r->c->now, r->seconds);
	while (mono_before(r->c->now, end)) {
		campus_run_ms(r->c, PROBE_MS);
		probe(r);
		phase += PROBE_MS;
		if (phase >= BETWEEN_MS) {
			campus_run_ms(r->c, REST_MS);
			check(r);
			phase = 0;
		} else if (wait <= PROBE_MS) {
			strike(r);
			wait = 200 + below(r, 4800);
		} else {
			wait -= PROBE_MS;
		}
	}
	campus_run_ms(r->c, REST_MS);
	check(r);
}

static void report(const struct run *r)
{
	uint64_t computed = 0, originated = 0;

	for (unsigned int n = 0; n < r->nodes; n++) {
		computed += rbridge_computed(r->c->nodes[n].rb);
		originated += rbridge_originated(r->c->nodes[n].rb);
	}
	printf("seed %llu: %u RBridges, %u links%s, %u s: %llu losses, %llu silences, %llu gains\n",
		(unsigned long long)r->seed, r->nodes, r->links,
		r->options.p2p ? " point to point" : "", r->seconds, (unsigned long long)r->losses,
		(unsigned long long)r->silences, (unsigned long long)r->gains);
	printf("  %llu frames, %llu table rows, %llu computations, %llu LSPs originated\n",
		(unsigned long long)r->c->frames, (unsigned long long)r->c->writes,
		(unsigned long long)computed, (unsigned long long)originated);
	printf("  %llu probes on the way: %llu to nowhere, %llu in a circle; %llu checks at rest, "
	       "slowest last row %llu ms after a change; %llu rules broken\n",
		(unsigned long long)r->probes, (unsigned long long)r->nowhere,
		(unsigned long long)r->circles, (unsigned long long)r->checks,
		(unsigned long long)r->slowest_ms, (unsigned long long)r->broken);
}

int main(int argc, char **argv)
{
	struct run r = {.nodes = 20,
		.links = 0,
		.seconds = 120,
		.seed = 1,
		.options = {.configured = true,
			.hello_ms = HELLO_MS,
			.holding_s = HOLDING_S,
			.trees = {.compute = 2, .max = 3, .use = 1}}};
	int option;

	while ((option = getopt(argc, argv, "n:l:m:t:s:pc")) != -1) {
		switch (option) {
		case 'n':
			r.nodes = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'l':
			r.links = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 'm':
			r.lans = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 't':
			r.seconds = (unsigned int)strtoul(optarg, NULL, 10);
			break;
		case 's':
			r.seed = strtoull(optarg, NULL, 10);
			break;
		case 'p':
			r.options.p2p = true;
			break;
		case 'c':
			r.options.configured = false;
			break;
		default:
			return 2;
		}
	}
	if (!r.links)
		r.links = r.nodes * 2;
	if (r.nodes < 4 || r.nodes > 500 || r.links < r.nodes || r.links > 8 * r.nodes ||
		(r.options.p2p && r.lans)) {
		fprintf(stderr, "sim: 4 to 500 RBridges (-n), as many links (-l) to eight times "
				"that; LANs (-m) are not point to point (-p)\n");
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
