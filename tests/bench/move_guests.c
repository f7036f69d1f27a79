/* See move_guests.h. tests/lab/guest/measure.sh makes the lab, migrates and measures; here its
 * numbers become samples. */
#include "tests/bench/move_guests.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define COUNT_MAX 100 /* a metric's room for samples */
#define BARE_MAX  10  /* migrations for the reference */
#define LAB_MAX   25  /* migrations in one lab, with one guest, without a start */

/* A lab that says nothing more is given up: a minute and a half to stand, half a minute a migration
 * at the very most. */
#define LAB_S(n)      (90 + 30 * (n))
#define LAB_TIMED_OUT 124 /* timeout(1) */
#define LABS_STUCK    2   /* of a kind; with more the run has failed */

/* What measure.sh is asked to say of a migration, in this order. */
enum column { DARK, LOST, TWICE, REORDERED, GAP, FIRST, TURNED, TIMEOUTS, COLUMNS };

#define FILTER                                                                                     \
	"select(.to_guest) | [.stop_to_resume_ms, .to_guest.lost + .from_guest.lost, "             \
	"([.to_guest.duplicated, .from_guest.duplicated] | max), "                                 \
	".to_guest.reordered + .from_guest.reordered, "                                            \
	"([.to_guest.longest_gap_ms, .from_guest.longest_gap_ms] | max), "                         \
	".first_at_host_after_resume_ms // -1, .turned_after_resume_ms // -1, "                    \
	".tcp.timeouts + .tcp.guest_timeouts] | @tsv"

struct kind {
	const char *label, *how; /* @how: measure.sh's arguments */
	bool reference;
	const char *lost, *twice, *reordered, *dark, *beyond, *first, *first_p99, *turned,
		*timeouts;
};

#define NAMES(of)                                                                                  \
	"guest_" of "_lost", "guest_" of "_twice", "guest_" of "_reordered",                       \
		"guest_" of "_dark_ms", "guest_" of "_gap_beyond_dark_ms",                         \
		"guest_" of "_first_ms", "guest_" of "_first_ms_p99", "guest_" of "_turned_ms",    \
		"guest_" of "_tcp_timeouts"

static const struct kind kinds[] = {{"no Sunward", "--by qemu --bare", true, NAMES("qemu_bare")},
	{"bare QEMU", "--by qemu --agents", false, NAMES("qemu")},
	{"libvirt", "--by libvirt --agents", false, NAMES("libvirt")}};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static void take(struct bench *b, const struct kind *k, const double v[COLUMNS])
{
	void (*sample)(struct bench *, const char *, const char *, double) =
		k->reference ? bench_reference : bench_sample;

	sample(b, k->lost, "packets", v[LOST]);
	sample(b, k->twice, "packets", v[TWICE]);
	sample(b, k->reordered, "packets", v[REORDERED]);
	sample(b, k->dark, "ms", v[DARK]);
	sample(b, k->beyond, "ms", v[GAP] - v[DARK]);
	if (v[FIRST] >= 0)
		sample(b, k->first, "ms", v[FIRST]);
	if (v[TURNED] >= 0)
		sample(b, k->turned, "ms", v[TURNED]);
	sample(b, k->timeouts, "time-outs", v[TIMEOUTS]);
}

static void tell(
	const struct kind *k, unsigned int done, unsigned long count, const double v[COLUMNS])
{
	fprintf(stderr,
		"%s %u of %lu: lost %.0f, twice %.0f, paused %.1f ms, gap %.1f ms beyond, first there %.2f ms, sent there %.2f ms, TCP time-outs %.0f\n",
		k->label, done, count, v[LOST], v[TWICE], v[DARK], v[GAP] - v[DARK], v[FIRST],
		v[TURNED], v[TIMEOUTS]);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* So many of a hundred were no later; and what is wanted. */
static void judge(struct bench *b, const struct kind *k, double *first, size_t count)
{
	if (k->reference)
		return;
	if (count) {
		qsort(first, count, sizeof(*first), ascending);
		bench_sample(b, k->first_p99, "ms", first[(count * 99 + 99) / 100 - 1]);
	}
	bench_each_at_most(b, k->lost, 0);
	bench_each_at_most(b, k->twice, 1);
	bench_each_at_most(b, k->reordered, 0);
	bench_each_at_most(b, k->timeouts, 0);
	bench_at_most(b, k->first_p99, 5);
	bench_at_most(b, k->beyond, 20);
	bench_at_most(b, k->turned, 2);
}

/* The folder that the programs were built in, from this one's own path. */
static void build_folder(char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);

	if (n < 0)
		bench_fail("/proc/self/exe: %s", strerror(errno));
	path[n] = 0;
	for (int i = 0; i < 3; i++)
		*strrchr(path, '/') = 0;
}

/* What came of the migrations of one kind. */
struct series {
	const struct kind *kind;
	unsigned long count; /* wanted */
	unsigned int done, stuck;
	double first[COUNT_MAX];
	size_t firsts;
};

static FILE *lab_start(const struct kind *k, unsigned long migrations)
{
	const char *top = getenv("top_srcdir") ? getenv("top_srcdir") : ".";
	char build[4096], command[8192 + 1024];
	FILE *said;

	build_folder(build, sizeof(build));
	snprintf(command, sizeof(command),
		"set -o pipefail; LAB_BUILD='%s' timeout -k 20 %lu '%s/tests/lab/guest/measure.sh' %s --moves %lu"
		" | while read -r l; do case $l in {*) jq -r '%s' <<<\"$l\" ;; *) echo \"$l\" ;; esac; done",
		build, LAB_S(migrations), top, k->how, migrations, FILTER);
	setenv("SUNWARD_BENCH_COMMAND", command, 1); /* popen's shell need not be bash */
	said = popen("exec bash -c \"$SUNWARD_BENCH_COMMAND\"", "r");
	if (!said)
		bench_fail("popen: %s", strerror(errno));
	return said;
}

/* One lab's migrations. Its exit status, and in @line its last words. */
static int lab_run(struct bench *b, struct series *s, unsigned long migrations, char line[512])
{
	FILE *said = lab_start(s->kind, migrations);
	double v[COLUMNS];
	int status;

	while (fgets(line, 512, said)) {
		if (sscanf(line, "%lf %lf %lf %lf %lf %lf %lf %lf", &v[0], &v[1], &v[2], &v[3],
			    &v[4], &v[5], &v[6], &v[7]) != COLUMNS)
			continue;
		take(b, s->kind, v);
		tell(s->kind, ++s->done, s->count, v);
		if (v[FIRST] >= 0 && s->firsts < COUNT_MAX)
			s->first[s->firsts++] = v[FIRST];
	}
	status = pclose(said);
	line[strcspn(line, "\n")] = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void migrate(struct bench *b, const struct kind *k, unsigned long count)
{
	struct series s = {.kind = k, .count = count};
	char line[512] = "";
	int status = 0;

	while (s.done < count && !status) {
		unsigned long left = count - s.done;

		status = lab_run(b, &s, left < LAB_MAX ? left : LAB_MAX, line);
		if (status == LAB_TIMED_OUT && s.stuck++ < LABS_STUCK)
			status = 0;
	}
	if (status == 77) {
		bench_note(b, "not measured: a guest of %s: %s", k->label, line);
		return;
	}
	if (s.stuck)
		bench_note(b, "a guest of %s: %u labs said nothing more, and were made anew",
			k->label, s.stuck);
	if (status)
		bench_note(b, "a guest of %s: the migrations ended early; see above", k->label);
	judge(b, k, s.first, s.firsts);
	if (status && !k->reference) /* what is missing was not 0 */
		bench_at_least(b, "guest_all_migrations", 1);
}

void move_guests(struct bench *b, unsigned long count)
{
	if (count > COUNT_MAX)
		bench_fail("--guests %lu: at most %d", count, COUNT_MAX);
	for (size_t i = 0; count && i < KINDS; i++)
		migrate(b, &kinds[i], kinds[i].reference && count > BARE_MAX ? BARE_MAX : count);
	if (count)
		bench_note(b,
			"Guests: real ones (TCG), agents at both hypervisors, 1,000 datagrams a second each way and a TCP stream. Twice: of one direction. No Sunward: the same guest, between two QEMUs on one bridge.");
}

static void cell(const struct bench *b, const char *name, int digits)
{
	struct bench_spread s = bench_spread(b, name);
	char text[64] = "-";

	if (s.count)
		snprintf(text, sizeof(text), "%.*f (%.*f-%.*f)", digits, s.median, digits, s.min,
			digits, s.max);
	printf("  %-20s", text);
}

void move_guests_print(const struct bench *b)
{
	bool headed = false;

	for (size_t i = 0; i < KINDS; i++) {
		const struct kind *k = &kinds[i];
		unsigned int n = bench_spread(b, k->lost).count;

		if (!n)
			continue;
		if (!headed)
			printf("  Real guests\n    %-24s  %-20s  %-20s  %-20s  %-20s  %-20s  %-20s  %s\n",
				"", "lost", "twice", "paused, ms", "longest gap beyond",
				"first there, ms", "sent there, ms", "TCP time-outs");
		headed = true;
		printf("    %-10s %u migrations  ", k->label, n);
		cell(b, k->lost, 0);
		cell(b, k->twice, 0);
		cell(b, k->dark, 0);
		cell(b, k->beyond, 1);
		cell(b, k->first, 1);
		cell(b, k->turned, 1);
		cell(b, k->timeouts, 0);
		putchar('\n');
	}
	if (headed)
		putchar('\n');
}
