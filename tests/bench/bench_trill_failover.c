/* bench trill-failover: what two end stations of a site lose when what lies between them fails, or
 * an end station moves: RBridges beside EVPN, and beside Linux bridges with their spanning tree.
 *
 * Each system stands in a lab of its own (failover_lab.sh; failover_agents.sh), and they have what
 * happens to them in turn; but the kernel's bridges, which take most of the time and are not
 * measured to the ms, go through it while others do. All have the same cables and probes. This
 * program starts the labs, tells them what, and makes tables of what they say; how it is measured
 * stands there. */
#include "tests/bench/lab_process.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum system { RBRIDGE, HELLOS, AGENTS, EVPN, STP, SYSTEMS };

struct lab {
	const char *name, *label; /* failover_lab.sh's and the metrics'; the table's */
	const char *script;       /* NULL: failover_lab.sh */
	bool reference, slow;     /* slow: not in a quick run */
	struct lab_process process;
};

static struct lab systems[SYSTEMS] = {
	[RBRIDGE] = {.name = "rbridge", .label = "Sunward, BFD 15 ms x 3"},
	[HELLOS] = {.name = "hellos", .label = "Sunward, Hellos alone", .slow = true},
	[AGENTS] = {.name = "agents",
		.label = "Sunward, with agents",
		.script = "failover_agents.sh",
		.slow = true},
	[EVPN] = {.name = "evpn", .label = "EVPN, BFD 15 ms x 3", .reference = true, .slow = true},
	[STP] = {.name = "stp", .label = "Linux bridges, STP", .reference = true, .slow = true},
};

/* What happens; to whom; and what the median is wanted to be at most (0: nothing is wanted), in ms,
 * of RBridges. */
struct happening {
	const char *name, *label;
	bool of[SYSTEMS];
	double limit_ms[SYSTEMS];
	bool moves, quick;
	bool none_lost[SYSTEMS];
};

static const struct happening happenings[] = {
	{.name = "carrier",
		.label = "a link loses its carrier",
		.of = {[RBRIDGE] = true, [EVPN] = true, [STP] = true},
		.limit_ms = {[RBRIDGE] = 50},
		.quick = true},
	{.name = "silent",
		.label = "a link carries nothing, with its carrier up",
		.of = {[RBRIDGE] = true, [HELLOS] = true, [EVPN] = true, [STP] = true},
		.limit_ms = {[RBRIDGE] = 80, [HELLOS] = 1000}},
	{.name = "killed",
		.label = "a switch on the way dies, carriers stay",
		.of = {[RBRIDGE] = true, [EVPN] = true, [STP] = true},
		.limit_ms = {[RBRIDGE] = 80}},
	{.name = "stopped",
		.label = "a switch on the way is stopped in order",
		.of = {[RBRIDGE] = true},
		.none_lost = {[RBRIDGE] = true}},
	{.name = "move",
		.label = "an end station moves to another switch",
		.of = {[RBRIDGE] = true, [AGENTS] = true, [EVPN] = true, [STP] = true},
		.limit_ms = {[RBRIDGE] = 5, [AGENTS] = 5},
		.none_lost = {[AGENTS] = true},
		.moves = true,
		.quick = true},
};
#define HAPPENINGS (sizeof(happenings) / sizeof(happenings[0]))

/* What a lab says, in its order. */
enum column { SENT, LOST, DUPLICATED, REORDERED, GAP, ARRIVED, COLUMNS };
static const char *const columns[COLUMNS] = {
	"sent", "lost", "duplicated", "reordered", "gap_ms", "arrived_ms"};

#define NAME_MAX_LEN 64
#define WATCHED_MS   1200 /* a move, by failover_lab.sh */

static const char *metric_name(
	char name[NAME_MAX_LEN], const struct lab *l, const struct happening *h, enum column c)
{
	snprintf(name, NAME_MAX_LEN, "%s_%s_%s", l->name, h->name, columns[c]);
	return name;
}

static const char *kept(const char *name)
{
	const char *copy = strdup(name);

	if (!copy)
		bench_fail("memory");
	return copy;
}

/* The bench keeps a metric's name by its address: one copy, when the metric is new. */
static void sample(
	struct bench *b, const struct lab *l, const struct happening *h, enum column c, double v)
{
	char name[NAME_MAX_LEN];
	const char *unit = c >= GAP ? "ms" : "packets";

	metric_name(name, l, h, c);
	(l->reference ? bench_reference : bench_sample)(
		b, bench_spread(b, name).count ? name : kept(name), unit, v);
}

static bool stands(const struct lab *l)
{
	return l->process.pid > 0;
}

static unsigned long moves_only; /* an option */

static bool concerns(const struct bench *b, const struct happening *h, enum system s)
{
	return h->of[s] && (h->quick || !b->quick) && (h->moves || !moves_only);
}

static bool wanted(const struct bench *b, const struct happening *h, enum system s)
{
	return stands(&systems[s]) && concerns(b, h, s);
}

static void happen_begin(struct lab *l, const struct happening *h)
{
	lab_process_tell(&l->process, h->name, 0);
}

static void happen_end(struct bench *b, struct lab *l, const struct happening *h)
{
	char line[LAB_LINE_MAX];
	double v[COLUMNS];

	if (sscanf(lab_process_line(&l->process, line), "%lf %lf %lf %lf %lf %lf", &v[0], &v[1],
		    &v[2], &v[3], &v[4], &v[5]) != COLUMNS)
		bench_fail("the lab of %s said of '%s': '%s'", l->name, h->name, line);
	for (enum column c = LOST; c <= GAP; c++)
		sample(b, l, h, c, v[c]);
	if (h->moves && v[ARRIVED] < 0)
		bench_note(b, "%s: a move that was not followed while it was watched: %d ms",
			l->label, WATCHED_MS);
	if (h->moves)
		sample(b, l, h, ARRIVED, v[ARRIVED] < 0 ? WATCHED_MS : v[ARRIVED]);
}

/* What happens to all systems but the slow one, in turn. */
static void happen_to_all(struct bench *b, const struct happening *h)
{
	for (enum system s = 0; s < STP; s++)
		if (wanted(b, h, s)) {
			happen_begin(&systems[s], h);
			happen_end(b, &systems[s], h);
		}
}

/* Each @stp-th round has the kernel's bridges, too. @alone: nothing else is measured meanwhile;
 * what the bridges have flushed, they are told again, of which others would have less of the
 * processors.
 */
static void round_of(struct bench *b, unsigned long stp, bool alone)
{
	bool slow = stp && (b->started - 1) % stp == 0;

	for (size_t i = 0; i < HAPPENINGS; i++) {
		bool beside = slow && wanted(b, &happenings[i], STP);

		if (beside && !alone)
			happen_begin(&systems[STP], &happenings[i]);
		happen_to_all(b, &happenings[i]);
		if (beside && alone)
			happen_begin(&systems[STP], &happenings[i]);
		if (beside)
			happen_end(b, &systems[STP], &happenings[i]);
	}
}

static bool has_part(const struct bench *b, enum system s)
{
	bool any = false;

	for (size_t i = 0; i < HAPPENINGS; i++)
		any |= concerns(b, &happenings[i], s);
	return any && !(b->quick && systems[s].slow);
}

static void start_labs(struct bench *b, const unsigned long with[SYSTEMS], unsigned long stations)
{
	char why[LAB_LINE_MAX], name[32], number[32], *args[] = {name, number, NULL};

	for (size_t i = 0; i < SYSTEMS; i++) {
		struct lab *l = &systems[i];

		if (!has_part(b, i) || !with[i])
			continue;
		snprintf(number, sizeof(number), "%lu", stations);
		snprintf(name, sizeof(name), "%s", l->name);
		l->process.name = l->name;
		lab_process_start(&l->process, l->script ? l->script : "failover_lab.sh", args);
	}
	for (size_t i = 0; i < SYSTEMS; i++)
		if (stands(&systems[i]) && !lab_process_ready(&systems[i].process, b, why))
			bench_note(b, "not measured: %s: %s", systems[i].label, why);
}

static void stop_labs(void)
{
	for (size_t i = 0; i < SYSTEMS; i++)
		lab_process_end(&systems[i].process);
	for (size_t i = 0; i < SYSTEMS; i++)
		lab_process_wait(&systems[i].process);
}

static void set_goals(struct bench *b)
{
	char name[NAME_MAX_LEN];

	for (size_t i = 0; i < HAPPENINGS; i++)
		for (enum system s = 0; s < SYSTEMS; s++) {
			const struct happening *h = &happenings[i];
			const struct lab *l = &systems[s];

			if (!wanted(b, h, s) || l->reference)
				continue;
			if (h->limit_ms[s] > 0)
				bench_at_most(b,
					kept(metric_name(name, l, h, h->moves ? ARRIVED : GAP)),
					h->limit_ms[s]);
			if (h->none_lost[s])
				bench_each_at_most(b, kept(metric_name(name, l, h, LOST)), 0);
		}
}

/* ---- the table ---- */

static void cell(
	const struct bench *b, const struct lab *l, const struct happening *h, enum column c)
{
	char name[NAME_MAX_LEN], text[64] = "-";
	struct bench_spread s = bench_spread(b, metric_name(name, l, h, c));
	int digits = c < GAP ? 0 : 1;

	if (s.count)
		snprintf(text, sizeof(text), "%.*f (%.*f-%.*f)", digits, s.median, digits, s.min,
			digits, s.max);
	printf("  %-24s", text);
}

static void print_table(const struct bench *b)
{
	for (size_t i = 0; i < HAPPENINGS; i++) {
		const struct happening *h = &happenings[i];
		bool headed = false;

		for (enum system s = 0; s < SYSTEMS; s++) {
			char name[NAME_MAX_LEN];

			if (!bench_spread(b, metric_name(name, &systems[s], h, LOST)).count)
				continue;
			if (!headed)
				printf("  %s\n    %-24s  %-24s  %-24s  %s\n", h->label, "", "lost",
					"longest gap, ms",
					h->moves ? "first probe there after, ms" : "");
			headed = true;
			printf("    %-24s", systems[s].label);
			cell(b, &systems[s], h, LOST);
			cell(b, &systems[s], h, GAP);
			if (h->moves)
				cell(b, &systems[s], h, ARRIVED);
			putchar('\n');
		}
		if (headed)
			putchar('\n');
	}
}

static void explain(struct bench *b)
{
	static const char *const lines[] = {
		"Median (min-max). Four switches, two ways that share none; 1,000 probes a second, there and back. Longest gap: between two",
		"answers, less what the prober itself was late. A move: from when the machine is plugged in, and sends its gratuitous ARP, to",
		"the first probe that reaches it. With agents: a stand-in's guest between hypervisors behind two RBridges of a campus of six, under the",
		"probes of a client at another site; it stands still for 5 ms, which are not in its longest gap; from when it runs to the first answer.",
		"STP: 802.1D as the kernel has it, with forward delay 2 s, hello 1 s, max age 6 s, the least that it takes. The kernel has no",
		"RSTP, and mstpd is not in Debian 12. What happens to STP happens while the others have their turn.",
		"EVPN: FRR and the kernel's VXLAN between three leaves; below, OSPF at its fastest (no delay before SPF and LSAs), with the same BFD.",
		"Dies: its kernel forwards nothing any more, and its daemons are killed. A stop in order is not measured: FRR has none that others hear of.",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		bench_note(b, "%s", lines[i]);
	if (b->quick)
		bench_note(b, "Quick: a lost carrier and a move, once, of RBridges alone.");
}

int main(int argc, char **argv)
{
	static struct bench b;
	unsigned long with[SYSTEMS] =
		{[RBRIDGE] = 1, [HELLOS] = 1, [AGENTS] = 1, [EVPN] = 1, [STP] = 2},
		      stations = 0;

	bench_init(&b, "trill-failover",
		"A link or a switch between two end stations fails, or an end station moves: RBridges, EVPN, and Linux bridges with STP.");
	bench_option(&b, "evpn", "0: not EVPN", &with[EVPN]);
	bench_option(&b, "stp",
		"each so many rounds the kernel's bridges, too, which take most of the time; 0: never",
		&with[STP]);
	bench_option(&b, "moves", "1: moves alone", &moves_only);
	bench_option(
		&b, "stations", "so many more end stations are known to all switches", &stations);
	b.rounds = 10;
	bench_args(&b, argc, argv);
	if (b.quick)
		b.rounds = 1;
	b.table = print_table;
	b.attempts = 1; /* a round takes a minute; what others used meanwhile is told */
	if (geteuid())
		bench_fail("needs root: it makes network namespaces");
	start_labs(&b, with, stations);
	set_goals(&b);
	while (bench_round(&b))
		round_of(&b, with[STP], stations > 0);
	stop_labs();
	explain(&b);
	if (stations)
		bench_note(&b, "%lu more end stations are known to all switches.", stations);
	return bench_report(&b);
}
