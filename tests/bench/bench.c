/* bench: see bench.h. Prints to stdout; knows nothing of what is measured. */
#include "tests/bench/bench.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define FOREIGN_LIMIT                                                                              \
	0.15 /* shares of all processors' time, from experience on shared machines                 \
	      */
#define STEAL_LIMIT 0.03
#define ATTEMPTS    3

void bench_fail(const char *format, ...)
{
	va_list ap;

	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

void bench_shell(const char *format, ...)
{
	char command[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	if (system(command) != 0)
		bench_fail("failed: %s", command);
}

void bench_init(struct bench *b, const char *name, const char *what)
{
	memset(b, 0, sizeof(*b));
	b->name = name;
	b->what = what;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void bench_option(struct bench *b, const char *name, const char *help, unsigned long *value)
{
	if (b->options == BENCH_OPTIONS_MAX)
		bench_fail("more than %d options", BENCH_OPTIONS_MAX);
	b->option[b->options++] = (struct bench_option){name, help, value};
}

static void help(const struct bench *b)
{
	printf("usage: bench %s [--quick] [--rounds N]", b->name);
	for (size_t i = 0; i < b->options; i++)
		printf(" [--%s N]", b->option[i].name);
	printf("\n\n%s\n\n", b->what);
	printf("  --quick        a smoke run of at most 20 s; its figures mean little\n");
	printf("  --rounds N     1 to %d; 5, quick 2\n", BENCH_ROUNDS_MAX);
	for (size_t i = 0; i < b->options; i++)
		printf("  --%-12s %s (%lu)\n", b->option[i].name, b->option[i].help,
			*b->option[i].value);
	printf("\nThe last line is one JSON object with the medians.\n");
}

static unsigned long number(const struct bench *b, const char *option, const char *text)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-') {
		fprintf(stderr, "bench %s: --%s: '%s' is not a number\n", b->name, option, text);
		exit(2);
	}
	return n;
}

void bench_args(struct bench *b, int argc, char **argv)
{
	struct option list[BENCH_OPTIONS_MAX + 4] = {
		{"quick", no_argument, NULL, 'q'},
		{"rounds", required_argument, NULL, 'r'},
		{"help", no_argument, NULL, 'h'},
	};
	int c, which = 0;

	for (size_t i = 0; i < b->options; i++)
		list[3 + i] = (struct option){b->option[i].name, required_argument, NULL, 'o'};
	while ((c = getopt_long(argc, argv, "", list, &which)) != -1) {
		if (c == 'q')
			b->quick = true;
		else if (c == 'r')
			b->rounds = (unsigned int)number(b, "rounds", optarg);
		else if (c == 'o')
			*b->option[which - 3].value = number(b, list[which].name, optarg);
		else if (c == 'h')
			help(b), exit(0);
		else
			exit(2);
	}
	if (optind < argc) {
		fprintf(stderr, "bench %s: '%s': no such argument; see --help\n", b->name,
			argv[optind]);
		exit(2);
	}
	if (!b->rounds)
		b->rounds = b->quick ? 2 : 5;
	if (b->rounds > BENCH_ROUNDS_MAX) {
		fprintf(stderr, "bench %s: --rounds: %u is above %d\n", b->name, b->rounds,
			BENCH_ROUNDS_MAX);
		exit(2);
	}
}

/* utime and stime of @pid in jiffies, 0 when it has gone. */
static uint64_t process_jiffies(pid_t pid)
{
	unsigned long user = 0, system = 0;
	char path[64], line[1024];
	const char *after = NULL;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fgets(line, sizeof(line), f))
		after = strrchr(line, ')'); /* the name before it may hold anything */
	if (after)
		sscanf(after, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
			&system);
	fclose(f);
	return user + system;
}

static uint64_t usage_jiffies(int who)
{
	struct rusage u;
	double s;

	getrusage(who, &u);
	s = (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	    (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
	return (uint64_t)(s * (double)sysconf(_SC_CLK_TCK));
}

static struct bench_cpu cpu_read(const struct bench *b)
{
	unsigned long long user = 0, nice = 0, sys = 0, idle = 0, wait = 0, irq = 0, soft = 0,
			   steal = 0;
	struct bench_cpu c = {0};
	FILE *f = fopen("/proc/stat", "re");

	if (f) {
		if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &sys,
			    &idle, &wait, &irq, &soft, &steal) == 8) {
			/* interrupts are counted for nobody: they serve the packets of the bench */
			c.busy = user + nice + sys;
			c.steal = steal;
			c.total = c.busy + idle + wait + irq + soft + steal;
		}
		fclose(f);
	}
	c.own = usage_jiffies(RUSAGE_SELF) + usage_jiffies(RUSAGE_CHILDREN);
	for (size_t i = 0; i < b->pids; i++)
		c.own += process_jiffies(b->pid[i]);
	return c;
}

void bench_own(struct bench *b, pid_t pid)
{
	if (b->pids == BENCH_PIDS_MAX)
		bench_fail("more than %d processes", BENCH_PIDS_MAX);
	b->before.own += process_jiffies(pid);
	b->pid[b->pids++] = pid;
}

/* What it used in this round may count as foreign: let it go between rounds. */
void bench_disown(struct bench *b, pid_t pid)
{
	for (size_t i = 0; i < b->pids; i++)
		if (b->pid[i] == pid)
			b->pid[i] = b->pid[--b->pids];
}

static void forget_round(struct bench *b)
{
	for (size_t i = 0; i < b->metrics; i++)
		if (b->metric[i].count > b->kept)
			b->metric[i].count = b->kept;
}

static void end_round(struct bench *b)
{
	struct bench_cpu now = cpu_read(b);
	double total = (double)(now.total - b->before.total);
	double busy = (double)(now.busy - b->before.busy);
	double own = now.own > b->before.own ? (double)(now.own - b->before.own) : 0;
	double foreign = total > 0 && busy > own ? (busy - own) / total : 0;
	double steal = total > 0 ? (double)(now.steal - b->before.steal) / total : 0;
	bool noisy = foreign > FOREIGN_LIMIT || steal > STEAL_LIMIT;
	unsigned int attempts = b->rounds * (b->quick ? 1 : b->attempts ? b->attempts : ATTEMPTS);

	/* as long as enough attempts are left to fill up with whatever comes */
	if (noisy && attempts - b->started >= b->rounds - b->kept) {
		b->dropped++;
		forget_round(b);
		return;
	}
	b->kept++;
	b->noisy_kept += noisy;
	if (foreign > b->foreign_max)
		b->foreign_max = foreign;
	if (steal > b->steal_max)
		b->steal_max = steal;
}

bool bench_round(struct bench *b)
{
	if (b->in_round)
		end_round(b);
	b->in_round = b->kept < b->rounds;
	if (!b->in_round)
		return false;
	b->started++;
	b->before = cpu_read(b);
	return true;
}

static void sample(
	struct bench *b, const char *name, const char *unit, double value, bool reference)
{
	struct bench_metric *m = NULL;

	for (size_t i = 0; i < b->metrics && !m; i++)
		if (!strcmp(b->metric[i].name, name))
			m = &b->metric[i];
	if (!m) {
		if (b->metrics == BENCH_METRICS_MAX)
			bench_fail("more than %d metrics", BENCH_METRICS_MAX);
		m = &b->metric[b->metrics++];
		*m = (struct bench_metric){.name = name, .unit = unit, .reference = reference};
	}
	if (m->count == BENCH_ROUNDS_MAX)
		bench_fail("%s: more than %d samples", name, BENCH_ROUNDS_MAX);
	m->value[m->count++] = value;
}

void bench_sample(struct bench *b, const char *name, const char *unit, double value)
{
	sample(b, name, unit, value, false);
}

void bench_reference(struct bench *b, const char *name, const char *unit, double value)
{
	sample(b, name, unit, value, true);
}

void bench_note(struct bench *b, const char *format, ...)
{
	va_list ap;

	if (b->notes == BENCH_NOTES_MAX)
		return;
	va_start(ap, format);
	if (vasprintf(&b->note[b->notes], format, ap) >= 0)
		b->notes++;
	va_end(ap);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static struct bench_spread spread_of(const struct bench_metric *m)
{
	double v[BENCH_ROUNDS_MAX];
	unsigned int n = m->count;

	if (!n)
		return (struct bench_spread){0};
	memcpy(v, m->value, n * sizeof(*v));
	qsort(v, n, sizeof(*v), compare);
	return (struct bench_spread){
		n, v[0], n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2, v[n - 1]};
}

struct bench_spread bench_spread(const struct bench *b, const char *name)
{
	for (size_t i = 0; i < b->metrics; i++)
		if (!strcmp(b->metric[i].name, name))
			return spread_of(&b->metric[i]);
	return (struct bench_spread){0};
}

double bench_median(const struct bench *b, const char *name)
{
	return bench_spread(b, name).median;
}

/* Digits behind the point so that small figures keep three that count. */
static int digits(double v)
{
	v = v < 0 ? -v : v;
	return v >= 1000 || v == (double)(int64_t)v ? 0 : v >= 100 ? 1 : v >= 10 ? 2 : 3;
}

static void cpu_model(char *text, size_t size)
{
	char line[256], *colon;
	FILE *f = fopen("/proc/cpuinfo", "re");

	snprintf(text, size, "unknown");
	while (f && fgets(line, sizeof(line), f)) {
		colon = strchr(line, ':');
		if (strncmp(line, "model name", 10) || !colon)
			continue;
		line[strcspn(line, "\n\"\\")] = 0;
		snprintf(text, size, "%s", colon + 2);
		break;
	}
	if (f)
		fclose(f);
	snprintf(text + strlen(text), size - strlen(text), ", %u CPUs", bench_cpus());
}

static void print_metrics(const struct bench *b)
{
	printf("  %-32s %14s %14s %14s  unit\n", "", "median", "min", "max");
	for (size_t i = 0; i < b->metrics; i++) {
		const struct bench_metric *m = &b->metric[i];
		struct bench_spread s = spread_of(m);
		int d = digits(s.median);

		printf("  %-32s %14.*f %14.*f %14.*f  %s%s\n", m->name, d, s.median, d, s.min, d,
			s.max, m->unit, m->reference ? "  (reference)" : "");
	}
}

static void print_table(const struct bench *b, const char *cpu)
{
	printf("\n%s: %u rounds on %s%s\n\n", b->name, b->kept, cpu, b->quick ? " (quick)" : "");
	if (b->table)
		b->table(b);
	else
		print_metrics(b);
	putchar('\n');
	if (b->dropped || b->noisy_kept)
		printf("  noise: %u rounds dropped, %u kept with others above %.0f %% of the CPUs or "
		       "steal above %.0f %%\n",
			b->dropped, b->noisy_kept, FOREIGN_LIMIT * 100, STEAL_LIMIT * 100);
	printf("  others used at most %.0f %% of the CPUs in a kept round, steal %.0f %%\n",
		b->foreign_max * 100, b->steal_max * 100);
	for (size_t i = 0; i < b->notes; i++)
		printf("  %s\n", b->note[i]);
}

static void print_json(const struct bench *b, const char *cpu)
{
	printf("{\"bench\":\"%s\",\"rounds\":%u,\"noisy_rounds\":%u,\"quick\":%s,\"cpu\":\"%s\"",
		b->name, b->kept, b->noisy_kept, b->quick ? "true" : "false", cpu);
	for (int reference = 0; reference <= 1; reference++) {
		const char *comma = "";

		printf(",\"%s\":{", reference ? "reference" : "metrics");
		for (size_t i = 0; i < b->metrics; i++) {
			double v = spread_of(&b->metric[i]).median;

			if (b->metric[i].reference != reference)
				continue;
			printf("%s\"%s\":%.*f", comma, b->metric[i].name, digits(v), v);
			comma = ",";
		}
		putchar('}');
	}
	puts("}");
}

/* ---- goals ---- */

static void want(struct bench *b, const char *metric, double limit, bool at_most)
{
	if (b->goals == BENCH_GOALS_MAX)
		bench_fail("more than %d goals", BENCH_GOALS_MAX);
	b->goal[b->goals++] = (struct bench_goal){metric, limit, at_most, false};
}

void bench_at_least(struct bench *b, const char *metric, double limit)
{
	want(b, metric, limit, false);
}

void bench_at_most(struct bench *b, const char *metric, double limit)
{
	want(b, metric, limit, true);
}

void bench_each_at_most(struct bench *b, const char *metric, double limit)
{
	want(b, metric, limit, true);
	b->goal[b->goals - 1].each = true;
}

static bool judge(struct bench *b)
{
	bool good = true;

	for (size_t i = 0; i < b->goals && !b->quick; i++) {
		const struct bench_goal *g = &b->goal[i];
		struct bench_spread s = bench_spread(b, g->metric);
		double v = g->each ? s.max : s.median;
		bool reached = s.count > 0 && (g->at_most ? v <= g->limit : v >= g->limit);

		bench_note(b, "%s: %s %.4g%s, wanted at %s %.4g", reached ? "reached" : "MISSED",
			g->metric, v, g->each ? " the worst" : "", g->at_most ? "most" : "least",
			g->limit);
		good &= reached;
	}
	return good;
}

int bench_report(struct bench *b)
{
	bool good = judge(b);
	char cpu[160];

	cpu_model(cpu, sizeof(cpu));
	print_table(b, cpu);
	print_json(b, cpu);
	for (size_t i = 0; i < b->notes; i++)
		free(b->note[i]);
	b->notes = 0;
	return fflush(stdout) || ferror(stdout) || !good;
}

bool bench_pin(struct bench *b, unsigned int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (!sched_setaffinity(0, sizeof(set), &set))
		return true;
	bench_note(b, "not pinned to CPU %u: %s", cpu, strerror(errno));
	return false;
}

unsigned int bench_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > 0 ? (unsigned int)n : 1;
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

uint64_t bench_now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

uint64_t bench_thread_ns(void)
{
	return clock_ns(CLOCK_THREAD_CPUTIME_ID);
}

size_t bench_resident(pid_t pid)
{
	unsigned long pages = 0;
	char path[64];
	FILE *f;

	snprintf(path, sizeof(path), pid ? "/proc/%d/statm" : "/proc/self/statm", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(f);
	return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Weyl sequence with a multiply-and-fold mix. */
uint64_t bench_random(uint64_t *state)
{
	unsigned __int128 m;

	*state += 0x9e3779b97f4a7c15;
	m = (unsigned __int128)*state * (*state ^ 0xd1342543de82ef95);
	return (uint64_t)m ^ (uint64_t)(m >> 64);
}
