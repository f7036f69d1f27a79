/* bench evacuate: a rack is evacuated: many guests leave one data centre for the other at once,
 * while a client sends to all of them, announced by real agents through as many QMP sockets a side.
 *
 * The lab, what is sent, counted and timed stands in evacuate_lab.sh; this program tells it when,
 * and makes a table of what it says. */
#include "tests/bench/lab_process.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What the lab says of an evacuation, in its order. */
static const struct {
	const char *name, *unit, *label;
} columns[] = {
	{"sent", "packets", "datagrams sent"},
	{"lost", "packets", "lost"},
	{"duplicated", "packets", "came twice"},
	{"reordered", "packets", "came after a later one"},
	{"first_ms_p50", "ms", "first datagram at the new place after RESUME, half of the guests"},
	{"first_ms_p99", "ms", "... 99 of 100"},
	{"first_ms_max", "ms", "... all"},
	{"converge_ms_p50", "ms", "first that came straight after RESUME, half of the guests"},
	{"converge_ms_p99", "ms", "... 99 of 100"},
	{"converge_ms_max", "ms", "... all have converged"},
	{"hold_max_bytes", "bytes", "held at a time, at most, in one router"},
	{"xtr_cpu_s", "s", "processor time of the three routers"},
	{"agent_cpu_s", "s", "... of the agents"},
	{"mapserver_cpu_s", "s", "... of the map-server and the resolver"},
	{"standin_cpu_s", "s", "... of the stand-ins for guests and QEMUs"},
	{"prepare_ms", "ms", "until all were announced, at both sites"},
	{"offered_per_s", "packets/s", "datagrams a second that the sender reached"},
};
#define COLUMNS (sizeof(columns) / sizeof(columns[0]))

static void evacuate(struct bench *b, struct lab_process *l, unsigned long dark_ms)
{
	char line[LAB_LINE_MAX], *at = line, *end;

	lab_process_tell(l, "evacuate", dark_ms);
	lab_process_line(l, line);
	for (size_t c = 0; c < COLUMNS; c++, at = end) {
		double v = strtod(at, &end);

		if (end == at)
			bench_fail("the lab said of an evacuation: '%s'", line);
		bench_sample(b, columns[c].name, columns[c].unit, v);
	}
}

/* What sender, path and taps can do when nobody moves. */
static void calm(struct bench *b, struct lab_process *l)
{
	char line[LAB_LINE_MAX];
	double sent, lost, per_s;

	lab_process_tell(l, "calm", 2);
	if (sscanf(lab_process_line(l, line), "%lf %lf %lf", &sent, &lost, &per_s) != 3)
		bench_fail("the lab said of calm traffic: '%s'", line);
	bench_reference(b, "calm_lost", "packets", lost);
	bench_reference(b, "calm_per_s", "packets/s", per_s);
}

static void print_row(const struct bench *b, const char *name, const char *label, const char *unit)
{
	struct bench_spread s = bench_spread(b, name);

	if (s.count)
		printf("  %-68s %12.6g  (%.6g-%.6g) %s\n", label, s.median, s.min, s.max, unit);
}

static void print_table(const struct bench *b)
{
	for (size_t c = 0; c < COLUMNS; c++)
		print_row(b, columns[c].name, columns[c].label, columns[c].unit);
	print_row(b, "calm_lost", "lost when nobody moves", "packets");
	print_row(b, "calm_per_s", "datagrams a second that the sender reached then", "packets/s");
}

int main(int argc, char **argv)
{
	unsigned long guests = 1000, agents = 20, rate = 100, dark_ms = 200;
	char text[3][24], *args[] = {text[0], text[1], text[2], NULL}, why[LAB_LINE_MAX];
	struct lab_process lab = {.name = "an evacuation"};
	static struct bench b;

	bench_init(&b, "evacuate",
		"All guests of a rack move to another data centre at once, under traffic: real agents, routers and map-server; stand-ins for QEMU.");
	bench_option(&b, "guests", "guests", &guests);
	bench_option(&b, "agents", "agents (hypervisors) at each site", &agents);
	bench_option(&b, "rate", "datagrams a second to each guest", &rate);
	bench_option(&b, "dark", "ms between STOP and RESUME", &dark_ms);
	bench_args(&b, argc, argv);
	if (b.quick) {
		b.rounds = 1;
		guests = 20;
		agents = 2;
		rate = 50;
	}
	b.table = print_table;
	b.attempts = 1;
	if (geteuid())
		bench_fail("needs root: it makes network namespaces");
	if (!guests || guests > 4096 || !agents || agents > 64 || !rate)
		bench_fail("1 to 4096 guests, 1 to 64 agents, a rate above 0");
	snprintf(text[0], sizeof(text[0]), "%lu", guests);
	snprintf(text[1], sizeof(text[1]), "%lu", agents);
	snprintf(text[2], sizeof(text[2]), "%lu", rate * guests);
	lab_process_start(&lab, "evacuate_lab.sh", args);
	if (!lab_process_ready(&lab, &b, why)) {
		bench_note(&b, "not measured: %s", why);
		return bench_report(&b);
	}
	bench_each_at_most(&b, "lost", 0);
	while (bench_round(&b)) {
		calm(&b, &lab);
		evacuate(&b, &lab, dark_ms);
	}
	lab_process_end(&lab);
	lab_process_wait(&lab);
	bench_note(&b,
		"%lu guests, %lu agents a site, %lu datagrams a second to each wanted; dark for %lu ms; all stop at once, all resume at once.",
		guests, agents, rate, dark_ms);
	bench_note(&b,
		"An agent has five taps, which its guests share. The last datagram to a guest may be %lu ms old when it resumes: so long the next may take.",
		1000 / rate);
	return bench_report(&b);
}
