/* main: runs seeds, one after the other or in several processes, and reports. Here alone the real
 * clock is read: for progress and the table, never for a run. */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/rcu.h"
#include "tests/sim/evacuate.h"
#include "tests/sim/report.h"
#include "tests/sim/scenario.h"

#define PROGRESS_MS 2000
#define SLICE_MS    100          /* of virtual time, between two looks at the clock */
#define LEAK_BYTES  (512u << 10) /* what the C library may keep for its threads */

struct progress {
	const struct sim_options *o;
	struct mono next;
	bool shown;
};

static void show(struct progress *p, const struct sim *s)
{
	struct mono now = mono_now();

	if (p->o->quiet || p->o->trace || !mono_due(p->next, now))
		return;
	p->next = mono_add_ms(now, PROGRESS_MS);
	fprintf(stderr, "sim: seed %llu, round %u: %s, %.0f s of virtual time, %llu happenings\n",
		(unsigned long long)s->opt.seed, scenario_rounds(s->scenario) + 1,
		scenario_phase(s->scenario), sim_seconds(s), (unsigned long long)s->counts.events);
}

/* Bytes in use; 0 under a sanitizer, which looks for leaks itself. */
static size_t in_use(void)
{
	rcu_barrier_all();
	return mallinfo2().uordblks;
}

static bool over(const struct sim *s)
{
	if (s->failures)
		return true;
	if (s->opt.hours > 0)
		return sim_seconds(s) >= s->opt.hours * 3600 && scenario_rounds(s->scenario) > 0;
	return scenario_rounds(s->scenario) > 0;
}

static struct result run(const struct sim_options *o, uint64_t seed, struct progress *p)
{
	struct mono began = mono_now();
	size_t before = in_use(), after;
	struct sim *s = sim_new(o, seed);
	struct result r;

	while (!over(s)) {
		struct mono next = mono_add_ms(s->now, SLICE_MS);

		sim_run(s, mono_min(next, scenario_end(s->scenario)));
		show(p, s);
	}
	r = (struct result){.seed = seed,
		.digest = s->digest,
		.failures = s->failures,
		.rounds = scenario_rounds(s->scenario),
		.virtual_s = sim_seconds(s),
		.knobs = s->knobs,
		.counts = s->counts};
	if (s->evacuation)
		evacuation_result(s, &r.evacuated);
	sim_free(s);
	after = in_use();
	if (after > before + LEAK_BYTES) {
		printf("FAILED memory: seed %llu: %zu bytes are not given back at the end\n",
			(unsigned long long)seed, after - before);
		r.failures++;
	}
	r.real_s = (double)mono_since_us(began, mono_now()) / 1e6;
	return r;
}

/* What a first run leaves in the libraries' own caches is no leak. */
static void warm_up(const struct sim_options *o)
{
	struct sim_options small = *o;
	struct sim *s;

	small.xtrs = 2;
	small.eids = 2;
	small.evacuate = 0;
	small.trace = false;
	small.sabotage = SABOTAGE_NONE;
	s = sim_new(&small, 1);
	sim_run(s, mono_add_ms(s->now, 3000));
	sim_free(s);
	rcu_barrier_all();
}

static void run_share(const struct sim_options *o, unsigned int first, unsigned int step, int fd)
{
	struct progress p = {.o = o, .next = mono_add_ms(mono_now(), PROGRESS_MS)};

	rcu_thread_start();
	warm_up(o);
	for (unsigned int i = first; i < o->seeds; i += step) {
		struct result r = run(o, o->seed + i, &p);

		fflush(stdout);
		if (write(fd, &r, sizeof(r)) != sizeof(r))
			exit(3);
	}
	rcu_thread_stop();
}

static unsigned int job_count(const struct sim_options *o)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned int jobs = o->jobs ? o->jobs : n < 1 ? 1 : (unsigned int)n;

	return jobs < o->seeds ? jobs : o->seeds;
}

static int gather(const struct sim_options *o, struct result *list, int fd)
{
	struct result r;
	ssize_t n;

	for (unsigned int i = 0; i < o->seeds; i++) {
		do
			n = read(fd, &r, sizeof(r));
		while (n < 0 && errno == EINTR);
		if (n != sizeof(r)) {
			fprintf(stderr, "sim: a process ended before its seeds\n");
			return -1;
		}
		list[r.seed - o->seed] = r;
		if (!o->quiet && o->seeds > 1 && ((i + 1) % 50 == 0 || r.real_s > 10))
			fprintf(stderr, "sim: %u of %u seeds done\n", i + 1, o->seeds);
	}
	return 0;
}

static int run_all(const struct sim_options *o, struct result *list)
{
	unsigned int jobs = job_count(o);
	int fds[2], status, err;

	if (pipe(fds) < 0)
		return -1;
	fflush(stdout);
	for (unsigned int i = 0; i < jobs; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return -1;
		if (pid == 0) {
			close(fds[0]);
			free(list); /* the parent's; here it would be a leak */
			run_share(o, i, jobs, fds[1]);
			exit(0);
		}
	}
	close(fds[1]);
	err = gather(o, list, fds[0]);
	close(fds[0]);
	while (wait(&status) > 0)
		err |= status ? -1 : 0;
	return err;
}

int main(int argc, char **argv)
{
	struct mono began = mono_now();
	struct sim_options o;
	struct result *list;
	unsigned int failed = 0;
	int err = options_parse(&o, argc, argv);

	if (err)
		return err == 1 ? 0 : 2;
	list = calloc(o.seeds, sizeof(*list));
	if (!list || run_all(&o, list)) {
		free(list);
		return 3;
	}
	for (unsigned int i = 0; i < o.seeds; i++)
		failed += list[i].failures > 0;
	report(&o, list, o.seeds, (double)mono_since_us(began, mono_now()) / 1e6);
	free(list);
	return failed ? 1 : 0;
}
