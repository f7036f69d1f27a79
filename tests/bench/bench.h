/* bench: what the benchmarks share: arguments, rounds, noise, medians, the table and the JSON line.
 *
 * A benchmark is a main() of this shape:
 *
 *	bench_init(&b, "lpm", "What it measures, in a sentence or three.");
 *	bench_option(&b, "eids", "registered EIDs", &eids);        (before bench_args)
 *	bench_args(&b, argc, argv);                                (may exit: --help, wrong options)
 *	... build what is measured; b.quick: little of it, all within 20 s ...
 *	while (bench_round(&b)) {
 *		bench_sample(&b, "ns_per_lookup_v4", "ns", measured);
 *		bench_reference(&b, "lfht_ns_v4", "ns", measured_in_the_same_round);
 *	}
 *	return bench_report(&b);
 *
 * Absolute values drift by 30 % and more from hour to hour, so references run in the same rounds
 *and the ratios are the results. A round in which others used the processors is dropped and
 *repeated, within bounds, and the report says so. */
#ifndef SUNWARD_TESTS_BENCH_BENCH_H
#define SUNWARD_TESTS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_ROUNDS_MAX  101
#define BENCH_METRICS_MAX 512
#define BENCH_OPTIONS_MAX 12
#define BENCH_PIDS_MAX    96
#define BENCH_NOTES_MAX   64
#define BENCH_GOALS_MAX   64

struct bench_metric {
	const char *name, *unit; /* literals, or at least as long-lived as the struct bench */
	bool reference;
	unsigned int count;
	double value[BENCH_ROUNDS_MAX];
};

/* What the median is wanted to be at least, or at most. */
struct bench_goal {
	const char *metric;
	double limit;
	bool at_most, each; /* each: not the median, but every round */
};

struct bench_option {
	const char *name, *help;
	unsigned long *value;
};

struct bench_cpu { /* jiffies since boot, all processors together */
	uint64_t busy, steal, total, own;
};

struct bench {
	const char *name, *what;
	bool quick;
	unsigned int rounds;   /* wanted */
	unsigned int attempts; /* tried for each wanted, before noisy ones are kept; 0: three */
	unsigned int started, kept, noisy_kept, dropped;
	bool in_round;
	double foreign_max, steal_max; /* shares, 0-1, of the worst round that was kept */
	struct bench_cpu before;
	size_t metrics, options, pids, notes, goals;
	void (*table)(const struct bench *b); /* NULL: a line a metric */
	struct bench_metric metric[BENCH_METRICS_MAX];
	struct bench_option option[BENCH_OPTIONS_MAX];
	pid_t pid[BENCH_PIDS_MAX];
	char *note[BENCH_NOTES_MAX];
	struct bench_goal goal[BENCH_GOALS_MAX];
};

void bench_init(struct bench *b, const char *name, const char *what);
/* A number that may be given as --@name N; *@value holds the default. */
void bench_option(struct bench *b, const char *name, const char *help, unsigned long *value);
/* --quick, --rounds N, --help and the options above. Exits on --help (0) and on anything wrong (2).
 */
void bench_args(struct bench *b, int argc, char **argv);

/* True: measure one more round. Keeps or drops the round before, by what others used of the
 * processors meanwhile. Once too many were dropped, noisy ones are kept and counted. */
bool bench_round(struct bench *b);
/* Processes whose time is the benchmark's own (its servers and generators), besides this one and
 * its children that have been waited for. */
void bench_own(struct bench *b, pid_t pid);
void bench_disown(struct bench *b, pid_t pid);

/* One value of the round. Names: those of the table in docs; shown in the order of the first use.
 */
void bench_sample(struct bench *b, const char *name, const char *unit, double value);
void bench_reference(struct bench *b, const char *name, const char *unit, double value);
/* A line under the table: batch sizes, what could not be done and why. */
void bench_note(struct bench *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is to be reached, told beneath the table; a run that is not quick ends with 1 when the
 * median of @metric misses it, or is not there. */
void bench_at_least(struct bench *b, const char *metric, double limit);
void bench_at_most(struct bench *b, const char *metric, double limit);
/* The same of every value, not of their median. */
void bench_each_at_most(struct bench *b, const char *metric, double limit);

/* The table, the notes, and as the last line the JSON object. Returns main()'s status. */
int bench_report(struct bench *b);
double bench_median(const struct bench *b, const char *name); /* 0 when there is none */

struct bench_spread {
	unsigned int count; /* 0: there is no such metric */
	double min, median, max;
};
struct bench_spread bench_spread(const struct bench *b, const char *name);

/* Pin the calling thread; a note says so when that cannot be done. */
bool bench_pin(struct bench *b, unsigned int cpu);
unsigned int bench_cpus(void);
uint64_t bench_now_ns(void);
/* Processor time of this thread: what a computation costs, whoever else runs meanwhile. */
uint64_t bench_thread_ns(void);
/* Resident bytes of @pid (0: this process); 0 when unknown. */
size_t bench_resident(pid_t pid);
/* Numbers for keys and orders: the same in each run from the same seed. */
uint64_t bench_random(uint64_t *state);
/* Keep the compiler from leaving out what computes @value. */
#define bench_keep(value) __asm__ volatile("" : : "r"(value) : "memory")
/* Print what failed and exit 1: a benchmark with a wrong answer has no figures. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
/* Run a command of at most 1,023 bytes by the shell, which has to end with 0: else bench_fail(). */
void bench_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
