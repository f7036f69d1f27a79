/* bench trill_core: an RBridge's control plane alone, in campuses of up to a thousand: what one
 * change costs (the LSDB read, shortest paths, trees, the rows that differ), with a hundred
 * thousand end stations known and without; what memory that takes; and two cores that synchronise a
 * thousand LSPs.
 *
 * The RBridge is node 0 of a virtual campus; the others are LSPs that a neighbour told: a ring and
 * chords, 6 links each, a nickname and a VLAN each. A change is a link that goes or comes five
 * hops away. Times are of the processor, so that whoever else runs does not count. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/bench.h"
#include "tests/trill/phantom.h"

#define NODES_MAX  1000
#define CHORDS     2 /* that begin at each node */
#define LINKS_MAX  16
#define SIZES      3
#define CHANGES    10 /* of a round, each size */
#define VLANS      10
#define FIRST_NICK 0x1000
#define COST       20000
#define FEW_MACS   1024
#define MACS_MAX   131072

struct graph {
	unsigned int n;
	uint16_t to[NODES_MAX][LINKS_MAX];
	unsigned int links[NODES_MAX];
	uint32_t sequence[NODES_MAX];
};

struct core {
	struct bench b;
	unsigned long nodes, macs;
	struct graph graph;
};

/* What a campus of some size costs. */
struct cost {
	double load_ms, first_ms, change_ms, macs_change_ms, learn_ms;
	double bytes, mac_bytes;
};

static const struct campus_options options = {.configured = true,
	.hello_ms = 3000,
	.holding_s = 30,
	.trees = {.compute = 2, .max = 3, .use = 1}};

static void link_add(struct graph *g, unsigned int a, unsigned int b)
{
	for (unsigned int i = 0; i < g->links[a]; i++)
		if (g->to[a][i] == b)
			return;
	if (a == b || g->links[a] == LINKS_MAX || g->links[b] == LINKS_MAX)
		return;
	g->to[a][g->links[a]++] = (uint16_t)b;
	g->to[b][g->links[b]++] = (uint16_t)a;
}

static void graph_make(struct graph *g, unsigned int n)
{
	uint64_t seed = 1;

	memset(g, 0, sizeof(*g));
	g->n = n;
	for (unsigned int i = 0; i < n; i++)
		link_add(g, i, (i + 1) % n);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < CHORDS; k++)
			link_add(g, i, (unsigned int)(bench_random(&seed) % n));
}

static void on_node(struct rbridge_config *config, unsigned int number)
{
	(void)number;
	config->nodes_max = 2 * NODES_MAX;
	config->links_max = 2 * NODES_MAX * LINKS_MAX;
	config->lsps_max = 4 * NODES_MAX;
	config->nicknames_max = 2 * NODES_MAX;
	config->stations_max = FEW_MACS;
}

static void on_node_with_macs(struct rbridge_config *config, unsigned int number)
{
	on_node(config, number);
	config->stations_max = MACS_MAX;
}

static struct system_id system_of(unsigned int i)
{
	if (!i)
		return (struct system_id){{2, 0, 0, 0, 0, 0}};
	return (struct system_id){{1, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i}};
}

/* What node @i says, but for its link to @without (0: all), as @by brings it. */
static void node_say(struct graph *g, struct phantom *by, unsigned int i, unsigned int without)
{
	struct lsp_id id = {.system = system_of(i)};
	struct capability_nickname nickname = {.priority = 0x40,
		.root_priority = (uint16_t)(0x8000 - i),
		.nickname = (uint16_t)(FIRST_NICK + i)};
	struct capability_interest interest = {.nickname = nickname.nickname,
		.start = 10 + i % VLANS,
		.end = 10 + i % VLANS,
		.m4 = true,
		.m6 = true};
	struct reach reach = {.metric = COST};
	uint8_t tlvs[512];
	struct wire_writer w;
	size_t at;

	wire_writer_init(&w, tlvs, sizeof(tlvs));
	at = capability_begin(&w, 0);
	capability_trees_put(&w, &options.trees);
	capability_nicknames_put(&w, &nickname, 1);
	capability_interest_put(&w, &interest);
	tlv_end(&w, at, TLV_STANDARD);
	at = tlv_begin(&w, TLV_REACHABILITY, TLV_STANDARD);
	for (unsigned int k = 0; k < g->links[i]; k++) {
		reach.neighbor.system = system_of(g->to[i][k]);
		if (!without || g->to[i][k] != without)
			reach_put(&w, &reach);
	}
	tlv_end(&w, at, TLV_STANDARD);
	if (!wire_written(&w))
		bench_fail("an LSP does not fit");
	phantom_lsp(by, &id, ++g->sequence[i], LSDB_MAX_AGE_S, tlvs, w.pos);
}

/* A campus of our node and a wire to each of its neighbours. */
static struct virtual_campus *campus_make(
	const struct graph *g, bool macs, struct phantom *phantoms)
{
	struct campus_options o = options;
	struct virtual_campus *c;

	o.node = macs ? on_node_with_macs : on_node;
	c = campus_new(1, LINKS_MAX, 1, &o);
	if (!c)
		bench_fail("out of memory");
	for (unsigned int k = 0; k < g->links[0]; k++) {
		campus_wire(c, (unsigned int[]){0}, 1, COST, &o);
		phantoms[k] = phantom_of(c, 0, (uint16_t)k, g->to[0][k]);
	}
	campus_run_ms(c, 1000);
	for (unsigned int k = 0; k < g->links[0]; k++)
		phantom_hello(&phantoms[k], 0);
	campus_run_ms(c, 2000);
	return c;
}

/* The processor's time of the next computation, in ms. */
static double compute(struct virtual_campus *c, const struct phantom *phantoms, unsigned int n)
{
	struct rbridge *rb = c->nodes[0].rb;
	uint64_t computed = rbridge_computed(rb), start = 0, end = 0;

	while (rbridge_computed(rb) == computed) {
		c->now = rbridge_next(rb);
		start = bench_thread_ns();
		rbridge_time(rb, c->now);
		end = bench_thread_ns();
	}
	timer_set(&c->timers, &c->nodes[0].timer, rbridge_next(rb));
	for (unsigned int k = 0; k < n; k++) { /* neighbours stay, and the next is in a quiet */
		struct phantom p = phantoms[k];

		phantom_hello(&p, 0);
	}
	campus_run_ms(c, 3000);
	return (double)(end - start) / 1e6;
}

static double median_of(double *values, unsigned int n)
{
	for (unsigned int i = 1; i < n; i++)
		for (unsigned int k = i; k && values[k - 1] > values[k]; k--) {
			double swap = values[k];

			values[k] = values[k - 1];
			values[k - 1] = swap;
		}
	return values[n / 2];
}

/* A link five hops along the ring goes, and comes. */
static double changes(struct graph *g, struct virtual_campus *c, struct phantom *phantoms)
{
	double ms[CHANGES];

	for (unsigned int i = 0; i < CHANGES; i++) {
		node_say(g, &phantoms[0], 5, i & 1 ? 0 : 6);
		ms[i] = compute(c, phantoms, g->links[0]);
	}
	return median_of(ms, CHANGES);
}

static size_t heap(void)
{
	struct mallinfo2 info = mallinfo2();

	return info.uordblks + info.hblkhd;
}

/* @n stations, as the data plane learns them: evenly at all RBridges and in all VLANs. */
static void learn(struct virtual_campus *c, const struct graph *g, unsigned long n)
{
	for (unsigned long i = 0; i < n; i++) {
		struct tables_station is = {
			.mac = {{4, 0, 0, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}},
			.vlan = (uint16_t)(10 + i % VLANS),
			.nickname = (uint16_t)(FIRST_NICK + 1 + i % (g->n - 1)),
			.confidence = TABLES_CONFIDENCE_DATA};

		rbridge_station(c->nodes[0].rb, TABLES_LEARNED, &is, NULL, c->now);
	}
}

static void tables_check(const struct virtual_campus *c, const struct graph *g)
{
	for (unsigned int i = 1; i < g->n; i++)
		if (!c->nodes[0].has_path[c->slots[FIRST_NICK + i]])
			bench_fail("RBridge %u has no path", i);
	if (!c->nodes[0].trees[1].live || !c->nodes[0].trees[2].live)
		bench_fail("a tree is missing");
}

/* What the heap holds for the core, without the campus around it. */
static double core_bytes(const struct virtual_campus *c, size_t before)
{
	return (double)(heap() - before - sizeof(*c) - sizeof(*c->nodes));
}

static void campus_cost(struct core *k, unsigned int n, struct cost *cost)
{
	struct graph *g = &k->graph;
	struct phantom phantoms[LINKS_MAX];
	struct virtual_campus *c;
	size_t before = heap();
	uint64_t start;

	graph_make(g, n);
	c = campus_make(g, false, phantoms);
	start = bench_thread_ns();
	for (unsigned int i = 1; i < n; i++)
		node_say(g, &phantoms[0], i, 0);
	cost->load_ms = (double)(bench_thread_ns() - start) / 1e6;
	cost->first_ms = compute(c, phantoms, g->links[0]);
	cost->change_ms = changes(g, c, phantoms);
	tables_check(c, g);
	cost->bytes = core_bytes(c, before);
	campus_free(c);
}

static void macs_cost(struct core *k, unsigned int n, struct cost *cost)
{
	struct graph *g = &k->graph;
	struct phantom phantoms[LINKS_MAX];
	struct virtual_campus *c;
	size_t before = heap();
	uint64_t start;

	graph_make(g, n);
	c = campus_make(g, true, phantoms);
	for (unsigned int i = 1; i < n; i++)
		node_say(g, &phantoms[0], i, 0);
	compute(c, phantoms, g->links[0]);
	start = bench_thread_ns();
	learn(c, g, k->macs);
	cost->learn_ms = (double)(bench_thread_ns() - start) / 1e6;
	cost->macs_change_ms = changes(g, c, phantoms);
	if (mac_table_count(rbridge_stations(c->nodes[0].rb)) != k->macs)
		bench_fail("of %lu stations %u are known", k->macs,
			mac_table_count(rbridge_stations(c->nodes[0].rb)));
	cost->mac_bytes = core_bytes(c, before);
	campus_free(c);
}

static unsigned int lsps_of(const struct virtual_campus *c, unsigned int node)
{
	struct lsdb *db = rbridge_lsdb(c->nodes[node].rb);
	unsigned int n = 0;

	for (struct lsdb_lsp *l = lsdb_after(db, NULL); l; l = lsdb_following(l))
		n++;
	return n;
}

/* One core has it all; the other comes, and is told. Processor time of both, and the time that the
 * intervals of ISO 10589 let it take. */
static void synchronise(struct core *k, bool p2p, double *cpu_ms, double *seconds)
{
	struct campus_options o = options;
	struct graph *g = &k->graph;
	struct phantom p;
	struct virtual_campus *c;
	struct mono came;
	unsigned int cut, want;
	uint64_t start;

	o.node = on_node;
	graph_make(g, (unsigned int)k->nodes);
	c = campus_new(2, 4, 1, &o);
	if (!c)
		bench_fail("out of memory");
	campus_wire(c, (unsigned int[]){0}, 1, COST, &o);
	o.p2p = p2p;
	cut = campus_wire(c, (unsigned int[]){0, 1}, 2, COST, &o);
	campus_carrier(c, cut, false, &o);
	p = phantom_of(c, 0, 0, 1);
	campus_run_ms(c, 1000);
	phantom_hello(&p, 0);
	campus_run_ms(c, 2000);
	for (unsigned int i = 1; i < g->n; i++)
		node_say(g, &p, i, 0);
	phantom_live_s(&p, 5);
	want = lsps_of(c, 0) + 1;
	campus_carrier(c, cut, true, &o);
	came = c->now;
	start = bench_thread_ns();
	while (lsps_of(c, 1) < want) {
		phantom_hello(&p, 0);
		campus_run_ms(c, 100);
		if (mono_since_ms(came, c->now) > 200000)
			bench_fail("%u of %u LSPs after 200 s", lsps_of(c, 1), want);
	}
	*cpu_ms = (double)(bench_thread_ns() - start) / 1e6;
	*seconds = (double)mono_since_ms(came, c->now) / 1e3;
	campus_free(c);
}

static void round_measure(struct core *k)
{
	static const char *const names[SIZES][4] = {
		{"change_ms_100", "change_macs_ms_100", "mib_100", "macs_mib_100"},
		{"change_ms_300", "change_macs_ms_300", "mib_300", "macs_mib_300"},
		{"change_ms", "change_macs_ms", "mib", "macs_mib"}};
	const unsigned int sizes[SIZES] = {100, 300, (unsigned int)k->nodes};
	double cpu_ms, seconds;
	struct cost cost = {.bytes = 0};

	for (unsigned int i = 0; i < SIZES; i++) {
		campus_cost(k, sizes[i], &cost);
		macs_cost(k, sizes[i], &cost);
		bench_sample(&k->b, names[i][0], "ms", cost.change_ms);
		bench_sample(&k->b, names[i][1], "ms", cost.macs_change_ms);
		bench_sample(&k->b, names[i][2], "MiB", cost.bytes / 1048576);
		bench_sample(&k->b, names[i][3], "MiB", cost.mac_bytes / 1048576);
	}
	bench_sample(&k->b, "first_ms", "ms", cost.first_ms);
	bench_sample(&k->b, "load_ms", "ms", cost.load_ms);
	bench_sample(&k->b, "learn_ms", "ms", cost.learn_ms);
	synchronise(k, false, &cpu_ms, &seconds);
	bench_sample(&k->b, "sync_lan_cpu_ms", "ms", cpu_ms);
	bench_sample(&k->b, "sync_lan_s", "s", seconds);
	synchronise(k, true, &cpu_ms, &seconds);
	bench_sample(&k->b, "sync_p2p_cpu_ms", "ms", cpu_ms);
	bench_sample(&k->b, "sync_p2p_s", "s", seconds);
}

int main(int argc, char **argv)
{
	static struct core k = {.nodes = NODES_MAX, .macs = 100000};

	bench_init(&k.b, "trill_core",
		"An RBridge's control plane alone: milliseconds of a processor for one change in a "
		"campus\n(LSDB, shortest paths, two trees, rows of the tables), with end stations known "
		"and without; memory; the synchronisation of two cores.");
	bench_option(&k.b, "rbridges", "the largest campus, 300 to 1000", &k.nodes);
	bench_option(&k.b, "macs", "end stations", &k.macs);
	bench_args(&k.b, argc, argv);
	if (k.nodes < 300 || k.nodes > NODES_MAX || k.macs > MACS_MAX)
		bench_fail("300 to 1000 RBridges, and at most 131072 MACs");
	if (k.b.quick)
		k.macs = 10000;
	while (bench_round(&k.b))
		round_measure(&k);
	bench_note(&k.b,
		"change_*: median of %u changes of one link far away; first_ms: all rows are new; "
		"load_ms: %lu LSPs are taken in",
		CHANGES, k.nodes - 1);
	bench_note(&k.b,
		"_macs: with %lu end stations known, learned in learn_ms; mib: the heap with room for 1024, macs_mib for 131072; without a "
		"number: %lu RBridges",
		k.macs, k.nodes);
	bench_note(&k.b,
		"sync_*: all LSPs to a second core: processor time of both, and virtual time: LSPs "
		"are 33 ms apart on a LAN, 5 ms point to point");
	bench_at_most(&k.b, "change_ms", 100);
	bench_at_most(&k.b, "change_macs_ms", 100);
	bench_at_most(&k.b, "first_ms", 100);
	return bench_report(&k.b);
}
