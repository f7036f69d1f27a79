/* bench move: what a client loses when a machine moves between two data centres, by what ties its
 * address to its place.
 *
 * Each system stands in a lab of its own, all at once (move_lab.sh), and they move in turn: in a
 * round each at every round-trip time, with and without a dark time. All have the same core, roads,
 * cable, machine and probes. This program starts the labs, tells them when, and makes tables of
 * what they say; what a move is and how it is measured stands there. */
#include "tests/bench/lab_process.h"
#include "tests/bench/move_guests.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANY ULONG_MAX /* of an option: not given */

struct lab {
	const char *name;     /* move_lab.sh's and the metrics' */
	const char *label;    /* the table's */
	bool reference, slow; /* slow: not in a quick run */
	struct lab_process process;
};

enum system { EVPN_REFLECTOR, EVPN_MESH, LISP_SMR, TRIANGULAR, GARP, ANNOUNCED, SYSTEMS };

static struct lab systems[SYSTEMS] = {
	[EVPN_REFLECTOR] = {.name = "evpn_reflector",
		.label = "EVPN, route reflector",
		.reference = true},
	[EVPN_MESH] = {.name = "evpn_mesh",
		.label = "EVPN, full mesh",
		.reference = true,
		.slow = true},
	[LISP_SMR] = {.name = "lisp_smr", .label = "classic LISP, SMR only", .reference = true},
	[TRIANGULAR] = {.name = "triangular",
		.label = "triangular redirection",
		.reference = true,
		.slow = true},
	[GARP] = {.name = "sunward_garp", .label = "Sunward, found by GARP"},
	[ANNOUNCED] = {.name = "sunward_announced", .label = "Sunward, announced"},
};

static const unsigned long rtts_ms[] = {0, 10, 50, 150, 300};
#define RTTS (sizeof(rtts_ms) / sizeof(rtts_ms[0]))
static const unsigned long darks_ms[] = {0, 200};
#define DARKS (sizeof(darks_ms) / sizeof(darks_ms[0]))

/* What a lab says of a move, in its order. */
enum column { SENT, LOST, DUPLICATED, REORDERED, GAP, DARK, CONVERGE, STRAIGHT, TURNED, COLUMNS };
static const char *const columns[COLUMNS] = {"sent", "lost", "duplicated", "reordered", "gap_ms",
	"dark_ms", "converge_ms", "straight_ms", "turned_ms"};

struct choice {
	unsigned long rtt_ms, dark_ms;
};

static bool chosen(unsigned long option, unsigned long value)
{
	return option == ANY || option == value;
}

/* ---- the labs ---- */

static bool stands(const struct lab *l)
{
	return l->process.pid > 0;
}

static void lab_start(struct lab *l)
{
	char name[32], *args[] = {name, NULL};

	snprintf(name, sizeof(name), "%s", l->name);
	l->process.name = l->name;
	lab_process_start(&l->process, "move_lab.sh", args);
}

static void stop_all(void)
{
	for (size_t i = 0; i < SYSTEMS; i++)
		lab_process_end(&systems[i].process);
	for (size_t i = 0; i < SYSTEMS; i++)
		lab_process_wait(&systems[i].process);
}

static void lab_ready(struct bench *b, struct lab *l)
{
	char why[LAB_LINE_MAX];

	if (!lab_process_ready(&l->process, b, why))
		bench_note(b, "not measured: %s: %s", l->label, why);
}

/* ---- the moves ---- */

#define NAME_MAX_LEN 64
#define RATIO_NAME   "announced_times_evpn_rtt%lu_dark%lu"

static const char *metric_name(char name[NAME_MAX_LEN], const struct lab *l, unsigned long rtt_ms,
	unsigned long dark_ms, enum column c)
{
	snprintf(name, NAME_MAX_LEN, "%s_rtt%lu_dark%lu_%s", l->name, rtt_ms, dark_ms, columns[c]);
	return name;
}

/* The bench keeps a metric's name by its address: one copy, when the metric is new. */
static void sample(
	struct bench *b, const struct lab *l, const char *name, const char *unit, double v)
{
	const char *kept = bench_spread(b, name).count ? name : strdup(name);

	if (!kept)
		bench_fail("memory");
	(l->reference ? bench_reference : bench_sample)(b, kept, unit, v);
}

static bool in_json(enum column c)
{
	return c != SENT && c != DARK;
}

static const char *unit(enum column c)
{
	return c >= GAP ? "ms" : "packets";
}

/* The baseline by the name that it has in the docs: medians by what is measured, not by where. */
static void sample_baseline(struct bench *b, const struct lab *l, unsigned long rtt_ms,
	unsigned long dark_ms, const double v[COLUMNS])
{
	if (l == &systems[EVPN_REFLECTOR] && !rtt_ms && !dark_ms && v[CONVERGE] >= 0)
		bench_reference(b, "evpn_converge_ms_p50", "ms", v[CONVERGE]);
}

/* Returns after how many ms it had converged; negative: never. */
static double move(struct bench *b, struct lab *l, unsigned long rtt_ms, unsigned long dark_ms)
{
	char line[LAB_LINE_MAX], name[NAME_MAX_LEN];
	double v[COLUMNS];

	lab_process_tell(&l->process, "move", dark_ms);
	if (sscanf(lab_process_line(&l->process, line), "%lf %lf %lf %lf %lf %lf %lf %lf %lf",
		    &v[0], &v[1], &v[2], &v[3], &v[4], &v[5], &v[6], &v[7], &v[8]) != COLUMNS)
		bench_fail("the lab of %s said of a move: '%s'", l->name, line);
	if (v[CONVERGE] < 0)
		bench_note(b,
			"%s, RTT %lu ms, dark %lu ms: a move that was not followed while it was watched",
			l->label, rtt_ms, dark_ms);
	for (enum column c = 0; c < COLUMNS; c++)
		if (in_json(c) && (v[c] >= 0))
			sample(b, l, metric_name(name, l, rtt_ms, dark_ms, c), unit(c), v[c]);
	sample_baseline(b, l, rtt_ms, dark_ms, v);
	return v[CONVERGE];
}

static void set_rtt(unsigned long rtt_ms)
{
	char line[LAB_LINE_MAX];

	for (size_t i = 0; i < SYSTEMS; i++)
		if (stands(&systems[i]))
			lab_process_tell(&systems[i].process, "rtt", rtt_ms);
	for (size_t i = 0; i < SYSTEMS; i++)
		if (stands(&systems[i]) &&
			strcmp(lab_process_line(&systems[i].process, line), "ok"))
			bench_fail("the lab of %s said of its roads: '%s'", systems[i].name, line);
}

/* There and back, once, not counted: a tunnel router that meets the client for the first time asks
 * for it. */
static void warm_up(void)
{
	char line[LAB_LINE_MAX];

	for (int i = 0; i < 2; i++) {
		for (size_t l = 0; l < SYSTEMS; l++)
			if (stands(&systems[l]))
				lab_process_tell(&systems[l].process, "move", 0);
		for (size_t l = 0; l < SYSTEMS; l++)
			if (stands(&systems[l]))
				lab_process_line(&systems[l].process, line);
	}
}

/* How many times as fast as EVPN, the faster of its two, an announced move of the same round
 * converged. */
static void compare(struct bench *b, unsigned long rtt_ms, unsigned long dark_ms,
	const double converge_ms[SYSTEMS])
{
	double evpn = converge_ms[EVPN_REFLECTOR], own = converge_ms[ANNOUNCED];
	char name[NAME_MAX_LEN];

	if (evpn < 0 || (converge_ms[EVPN_MESH] >= 0 && converge_ms[EVPN_MESH] < evpn))
		evpn = converge_ms[EVPN_MESH];
	if (evpn < 0 || own < 0)
		return;
	snprintf(name, sizeof(name), RATIO_NAME, rtt_ms, dark_ms);
	sample(b, &systems[ANNOUNCED], name, "times", evpn / (own > 0.001 ? own : 0.001));
}

static void moves_of(struct bench *b, unsigned long rtt_ms, unsigned long dark_ms)
{
	double converge_ms[SYSTEMS];

	for (size_t i = 0; i < SYSTEMS; i++)
		converge_ms[i] = stands(&systems[i]) ? move(b, &systems[i], rtt_ms, dark_ms) : -1;
	compare(b, rtt_ms, dark_ms, converge_ms);
}

static void round_of_moves(struct bench *b, const struct choice *choice)
{
	for (size_t r = 0; r < RTTS; r++) {
		if (!chosen(choice->rtt_ms, rtts_ms[r]))
			continue;
		set_rtt(rtts_ms[r]);
		for (size_t d = 0; d < DARKS; d++)
			if (chosen(choice->dark_ms, darks_ms[d]))
				moves_of(b, rtts_ms[r], darks_ms[d]);
	}
}

/* ---- the tables ---- */

static void cell(const struct bench *b, const struct lab *l, unsigned long rtt_ms,
	unsigned long dark_ms, enum column c)
{
	char name[NAME_MAX_LEN];
	struct bench_spread s = bench_spread(b, metric_name(name, l, rtt_ms, dark_ms, c));
	int digits = c < GAP ? 0 : 1;
	char text[64] = "never";

	if (s.count)
		snprintf(text, sizeof(text), "%.*f (%.*f-%.*f)", digits, s.median, digits, s.min,
			digits, s.max);
	printf("  %-22s", text);
}

static void print_tables(const struct bench *b)
{
	for (size_t r = 0; r < RTTS; r++)
		for (size_t d = 0; d < DARKS; d++) {
			char name[NAME_MAX_LEN];
			bool headed = false;

			for (size_t i = 0; i < SYSTEMS; i++) {
				const struct lab *l = &systems[i];

				if (!bench_spread(
					    b, metric_name(name, l, rtts_ms[r], darks_ms[d], LOST))
						.count)
					continue;
				if (!headed)
					printf("  RTT %lu ms, dark for %lu ms\n    %-24s  %-22s  %-22s  %-22s  %-22s  %s\n",
						rtts_ms[r], darks_ms[d], "", "lost",
						"longest gap, ms", "converged after, ms",
						"straight after, ms", "sent there after, ms");
				headed = true;
				printf("    %-24s", l->label);
				for (enum column c = LOST; c < COLUMNS; c++)
					if (c == LOST || c == GAP || c >= CONVERGE)
						cell(b, l, rtts_ms[r], darks_ms[d], c);
				putchar('\n');
			}
			if (headed)
				putchar('\n');
		}
	move_guests_print(b);
}

static void explain(struct bench *b)
{
	static const char *const lines[] = {
		"Median (min-max). RTT: between any two places; the map-server or route reflector is one of them. Dark: the machine is",
		"at neither. Converged: from resume, when the machine sends its gratuitous ARP, to the first of 1,000 probes a second",
		"that reaches it. Straight: to the first that came without a detour, by its hop limit; sent there: until the client's",
		"router, which has subscribed, sent that one: its first use of the new locator. Lost: there and back.",
		"EVPN: FRR as it comes, layer-2 VNI. Classic LISP and the triangular way: our own tunnel routers without subscriptions,",
		"and a core that drops what is sent on (classic) or the SMRs (triangular).",
		"Sunward, found by GARP: subscribed, but told by nobody that the machine moves. Announced: real agents at two hypervisors",
		"are told by stand-ins for QEMU (its events, its tap); the guest at the tap is a program that answers, so no port is moved.",
		"What comes in the dark time is lost in every row but that one, which holds it.",
		"Published: below 1 s world-wide, 300 ms within Europe, live migrations with LISP (IEEE TNSM 11(2), 2014).",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		bench_note(b, "%s", lines[i]);
	if (b->quick)
		bench_note(b, "Quick: one cold move of four of the six systems.");
}

static const char *kept(const char *name)
{
	const char *copy = strdup(name);

	if (!copy)
		bench_fail("memory");
	return copy;
}

/* An announced move loses nothing; its client's router turns after one round-trip time (to the
 * map-server, and from there) and 2 ms; and it converges 20 times as fast as EVPN, where the guest
 * is dark for longer than the way from one place to the other takes (without a dark time, light
 * itself is no 20 times faster). */
static void set_goals(struct bench *b, const struct choice *choice)
{
	char name[NAME_MAX_LEN];

	for (size_t r = 0; r < RTTS; r++)
		for (size_t d = 0; d < DARKS; d++) {
			const struct lab *l = &systems[ANNOUNCED];
			unsigned long rtt = rtts_ms[r], dark = darks_ms[d];

			if (!stands(l) || !chosen(choice->rtt_ms, rtt) ||
				!chosen(choice->dark_ms, dark))
				continue;
			bench_each_at_most(b, kept(metric_name(name, l, rtt, dark, LOST)), 0);
			bench_at_most(
				b, kept(metric_name(name, l, rtt, dark, TURNED)), (double)rtt + 2);
			if (2 * dark < rtt || !stands(&systems[EVPN_REFLECTOR]))
				continue;
			snprintf(name, sizeof(name), RATIO_NAME, rtt, dark);
			bench_at_least(b, kept(name), 20);
		}
}

int main(int argc, char **argv)
{
	struct choice choice = {ANY, ANY};
	unsigned long guests = ANY, sweep = 1;
	static struct bench b;

	bench_init(&b, "move",
		"A machine moves between two data centres under 1,000 probes a second: EVPN, classic LISP, triangular redirection, Sunward.");
	bench_option(&b, "rtt", "only this round-trip time, in ms (0, 10, 50, 150, 300)",
		&choice.rtt_ms);
	bench_option(&b, "guests", "migrations of a real guest by QEMU, and by libvirt: 0 to 100",
		&guests);
	bench_option(&b, "sweep", "0: real guests only, nothing of the rest", &sweep);
	bench_option(&b, "dark", "only this dark time, in ms (0, 200)", &choice.dark_ms);
	b.rounds = 10;
	bench_args(&b, argc, argv);
	if (b.quick) {
		b.rounds = 1;
		choice = (struct choice){10, 0};
	}
	b.table = print_tables;
	b.attempts = 1; /* a round takes minutes; what others used meanwhile is told */
	if (geteuid())
		bench_fail("needs root: it makes network namespaces");
	for (size_t i = 0; i < SYSTEMS; i++)
		if (sweep && (!b.quick || !systems[i].slow))
			lab_start(&systems[i]);
	for (size_t i = 0; i < SYSTEMS; i++)
		if (stands(&systems[i]))
			lab_ready(&b, &systems[i]);
	set_goals(&b, &choice);
	if (sweep && !b.quick)
		warm_up();
	while (sweep && bench_round(&b))
		round_of_moves(&b, &choice);
	stop_all();
	move_guests(&b, guests != ANY ? guests : b.quick ? 0 : 10);
	if (sweep)
		explain(&b);
	return bench_report(&b);
}
