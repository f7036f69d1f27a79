/* bench_restart: the map-server is killed in the midst of changes, again and again. What it had
 * acknowledged must be there afterwards, and how soon it answers is measured. Then the same with a
 * loss of power: its file is led back to the last flush, and what is missing must be younger than
 * that, and come back by refreshes. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/lisp_load.h"

#define SERVER_CPU  0
#define OWN_CPU     1
#define WINDOW      4096
#define ASK_WINDOW  256
#define STATE       "restart.state"
#define LEAST_MS    300 /* under load before the kill */
#define MORE_MS     900 /* at most so much more */
#define EARLY_MS    300 /* at most, from the start to a kill before the first flush */
#define READY_S     30
#define ANSWERS_MAX 1000
#define FRESH_NS    UINT64_C(1000000000) /* what a loss of power may take */

struct restart {
	struct bench b;
	struct stage stage;
	struct generator *g;
	struct lisp_load load;
	uint16_t port;
	pid_t pid;
	unsigned long per_s;
	uint64_t random;
	/* For each EID: */
	uint8_t *shift;     /* what it has now */
	uint64_t *acked_ns; /* since when */
	long *seen;         /* what the server says; -2: not asked */
	/* A life's changes. */
	uint64_t *when_ns;
	struct range {
		size_t from, count;
		uint8_t to;
	} now, before;
	size_t next_from;
	uint64_t killed_ns;
	/* The sums. */
	unsigned long lost, power_lost, power_old, unhealed, wrong, missing;
	double oldest_s;
	size_t answers;
	double answer_s[ANSWERS_MAX]; /* seconds to the first one, of each start */
};

/* ---- the server ---- */

static void start(struct restart *r, bool wait)
{
	r->pid = lisp_load_server_at(
		&r->stage, r->g, "restart", SERVER_CPU, r->port, "", STATE, wait);
}

static void kill_server(struct restart *r)
{
	bench_disown(&r->b, r->pid);
	kill(r->pid, SIGKILL);
	r->killed_ns = bench_now_ns();
	waitpid(r->pid, NULL, 0);
}

/* As if the machine had been started anew: the store is led back to its last flush. */
static void lose_power(struct restart *r)
{
	stage_write(&r->stage, STATE "/store/boot", "%s\n", "another boot");
}

/* It is started, and killed before its first flush: what it wrote into the file lies behind the
 * roots that a loss of power leads back to. */
static void start_and_kill(struct restart *r)
{
	start(r, false);
	usleep((useconds_t)(bench_random(&r->random) % EARLY_MS * 1000));
	kill(r->pid, SIGKILL);
	waitpid(r->pid, NULL, 0);
}

/* ---- changes ---- */

static size_t sets(const struct restart *r)
{
	return r->load.eids / LISP_LOAD_SET;
}

static long set_of(const struct restart *r, size_t eid, unsigned int shift)
{
	return (long)((eid / LISP_LOAD_SET + shift) % sets(r));
}

/* Change EIDs at the wanted pace, and kill the server some time after the beginning. */
static void change_and_kill(struct restart *r)
{
	uint64_t ms = LEAST_MS + bench_random(&r->random) % MORE_MS, end;
	const struct generator_pace pace = {
		.window = WINDOW, .batch = GENERATOR_BATCH, .per_s = (double)r->per_s};
	struct range *n = &r->now;
	struct generator_load load;

	r->before = *n;
	n->count = r->per_s * (LEAST_MS + MORE_MS) / 1000 + 1;
	if (n->count > r->load.eids / 2)
		n->count = r->load.eids / 2;
	n->from = r->next_from;
	r->next_from = lisp_load_single_eid(&r->load, n->from, n->count);
	n->to = (uint8_t)(r->shift[n->from] + 1 + bench_random(&r->random) % 3);
	load = lisp_load_single(&r->load, n->from, n->count, n->to);
	memset(r->when_ns, 0, n->count * sizeof(r->when_ns[0]));
	load.when_ns = r->when_ns;
	generator_begin(r->g, r->port, &load, &pace);
	end = bench_now_ns() + ms * 1000000;
	while (generator_step(r->g) && bench_now_ns() < end)
		;
	kill_server(r);
	generator_end(r->g);
	lisp_load_free(&load);
}

/* ---- questions ---- */

struct question {
	struct restart *r;
	const uint32_t *list;
};

static bool take_answer(
	const struct generator_load *l, size_t index, const uint8_t *bytes, size_t len)
{
	const struct question *q = l->arg;

	q->r->seen[q->list[index]] = lisp_load_answered_set(bytes, len);
	return true;
}

static void ask(struct restart *r, const uint32_t *list, size_t count)
{
	const struct generator_pace pace = {.window = ASK_WINDOW, .batch = GENERATOR_BATCH};
	struct generator_load load = lisp_load_ask(&r->load, list, count, generator_port(r->g, 0));
	struct question q = {r, list};
	struct generator_result result;

	load.check = take_answer;
	load.arg = &q;
	for (size_t i = 0; i < count; i++)
		r->seen[list[i]] = -2;
	result = generator_run(r->g, r->port, &load, &pace);
	lisp_load_free(&load);
	if (result.lost)
		bench_fail("%lu of %lu Map-Requests had no answer", (unsigned long)result.lost,
			(unsigned long)result.sent);
}

/* Start it, and ask for one EID until its mapping comes. Returns the seconds from the start. */
static double first_answer(struct restart *r)
{
	const struct generator_pace one = {.window = 1, .batch = 1};
	uint32_t eid = (uint32_t)(bench_random(&r->random) % r->load.eids);
	uint64_t began = bench_now_ns(), now = began;

	start(r, false);
	while (now - began < READY_S * UINT64_C(1000000000)) {
		struct generator_load load =
			lisp_load_ask(&r->load, &eid, 1, generator_port(r->g, 0));
		struct question q = {r, &eid};

		load.check = take_answer;
		load.arg = &q;
		r->seen[eid] = -2;
		generator_begin(r->g, r->port, &load, &one);
		now = bench_now_ns();
		while (generator_step(r->g) && bench_now_ns() - now < 5000000)
			;
		generator_end(r->g);
		lisp_load_free(&load);
		now = bench_now_ns();
		if (r->seen[eid] >= 0)
			return (double)(now - began) / 1e9;
		stage_check(&r->stage, "restart", r->pid);
	}
	bench_fail("no answer within %d s after the start", READY_S);
}

/* It answers hosts before it has read all; the rest is asked for when it has. */
static void wait_until_read(struct restart *r)
{
	char path[STAGE_PATH], command[STAGE_PATH + 128];

	snprintf(command, sizeof(command),
		"curl -s -m 5 --unix-socket %s http://localhost/metrics | "
		"grep -q '^sunward_mapserver_store_recovering 0'",
		stage_path(&r->stage, "restart.sock", path));
	for (int i = 0; i < 3000; i++) {
		if (system(command) == 0)
			return;
		usleep(20000);
	}
	bench_fail("the store was not read within 60 s");
}

/* What the EIDs of a range have now. */
static void look(struct restart *r, const struct range *range)
{
	uint32_t *list = malloc(range->count * sizeof(list[0]));

	if (!list)
		bench_fail("no memory");
	for (size_t i = 0; i < range->count; i++)
		list[i] = (uint32_t)lisp_load_single_eid(&r->load, range->from, i);
	ask(r, list, range->count);
	free(list);
}

/* What all have. */
static void look_at_all(struct restart *r)
{
	uint32_t *list = malloc(r->load.eids * sizeof(list[0]));

	if (!list)
		bench_fail("no memory");
	for (size_t i = 0; i < r->load.eids; i++)
		list[i] = (uint32_t)i;
	ask(r, list, r->load.eids);
	free(list);
}

/* ---- verdicts ---- */

static bool as_it_should(const struct restart *r, size_t eid)
{
	return r->seen[eid] == set_of(r, eid, r->shift[eid]);
}

static void has_now(struct restart *r, size_t eid, uint8_t shift, uint64_t since_ns)
{
	r->shift[eid] = shift;
	r->acked_ns[eid] = since_ns;
}

static void judge_kill(struct restart *r)
{
	for (size_t i = 0; i < r->now.count; i++) {
		size_t eid = lisp_load_single_eid(&r->load, r->now.from, i);

		if (r->seen[eid] == set_of(r, eid, r->now.to)) {
			has_now(r, eid, r->now.to, r->when_ns[i] ? r->when_ns[i] : r->killed_ns);
			continue;
		}
		r->lost += r->when_ns[i] != 0;
		r->wrong += !as_it_should(r, eid);
	}
}

/* Missing ones are made good by what an xTR does anyhow: it registers again. */
static void heal(struct restart *r, const struct range *range)
{
	const struct generator_pace pace = {.window = 512, .batch = GENERATOR_BATCH};
	struct generator_load again;
	struct generator_result result;

	if (!range->count)
		return;
	again = lisp_load_single(&r->load, range->from, range->count, range->to);
	result = generator_run(r->g, r->port, &again, &pace);
	lisp_load_free(&again);
	if (result.lost)
		bench_fail("%lu registrations after the loss of power were not acknowledged",
			(unsigned long)result.lost);
	look(r, range);
	for (size_t i = 0; i < range->count; i++) {
		size_t eid = lisp_load_single_eid(&r->load, range->from, i);

		has_now(r, eid, range->to, bench_now_ns());
		r->unhealed += !as_it_should(r, eid);
	}
}

/* Any EID may have lost what it was given within the last second, also in the life before. */
static void judge_power(struct restart *r)
{
	for (size_t i = 0; i < r->now.count; i++) {
		size_t eid = lisp_load_single_eid(&r->load, r->now.from, i);

		if (r->when_ns[i])
			has_now(r, eid, r->now.to, r->when_ns[i]);
		else if (r->seen[eid] == set_of(r, eid, r->now.to))
			has_now(r, eid, r->now.to, r->killed_ns);
	}
	for (size_t eid = 0; eid < r->load.eids; eid++) {
		uint64_t age = r->killed_ns - r->acked_ns[eid];

		if (as_it_should(r, eid))
			continue;
		r->power_lost++;
		r->power_old += age > FRESH_NS;
		if ((double)age / 1e9 > r->oldest_s)
			r->oldest_s = (double)age / 1e9;
	}
	heal(r, &r->before);
	heal(r, &r->now);
}

enum end { KILL, POWER, KILL_START_POWER };

static void one_life(struct restart *r, enum end end)
{
	bool power = end != KILL;
	double s;

	change_and_kill(r);
	if (end == KILL_START_POWER)
		start_and_kill(r);
	if (power)
		lose_power(r);
	s = first_answer(r);
	bench_own(&r->b, r->pid);
	if (r->answers < ANSWERS_MAX)
		r->answer_s[r->answers++] = s;
	wait_until_read(r);
	if (power) {
		look_at_all(r);
		judge_power(r);
	} else {
		look(r, &r->now);
		judge_kill(r);
	}
}

/* After the kills, and at the end, every EID is asked for. */
static unsigned long count_missing(struct restart *r)
{
	unsigned long missing = 0;

	look_at_all(r);
	for (size_t i = 0; i < r->load.eids; i++)
		missing += !as_it_should(r, i);
	return missing;
}

static int by_size(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) -
	       (*(const double *)a < *(const double *)b);
}

static void measure(struct restart *r, unsigned long kills, unsigned long losses)
{
	unsigned long at_the_end;

	for (unsigned long i = 0; i < kills; i++)
		one_life(r, KILL);
	r->missing = count_missing(r);
	for (unsigned long i = 0; i < losses; i++)
		one_life(r, i % 2 ? KILL_START_POWER : POWER);
	qsort(r->answer_s, r->answers, sizeof(r->answer_s[0]), by_size);
	bench_sample(&r->b, "first_answer_s", "s", r->answer_s[r->answers / 2]);
	bench_sample(&r->b, "first_answer_max_s", "s", r->answer_s[r->answers - 1]);
	bench_sample(&r->b, "kills", "", (double)kills);
	bench_sample(&r->b, "lost_acknowledged", "", (double)r->lost);
	bench_sample(&r->b, "wrong", "", (double)r->wrong);
	bench_sample(&r->b, "missing_after_kills", "", (double)r->missing);
	bench_sample(&r->b, "power_losses", "", (double)losses);
	bench_sample(&r->b, "power_losses_after_a_start", "", (double)(losses / 2));
	bench_sample(&r->b, "power_lost", "", (double)r->power_lost);
	bench_sample(&r->b, "power_lost_older_than_1s", "", (double)r->power_old);
	bench_sample(&r->b, "power_oldest_lost_s", "s", r->oldest_s);
	bench_sample(&r->b, "power_unhealed", "", (double)r->unhealed);
	at_the_end = count_missing(r);
	bench_sample(&r->b, "missing_at_the_end", "", (double)at_the_end);
	r->missing += at_the_end;
}

static void notes(struct restart *r)
{
	bench_note(&r->b,
		"%zu EIDs; %lu Map-Registers a second that change one EID each; killed %d to %d ms "
		"after the first; server on CPU %d, generator on CPU %d",
		r->load.eids, r->per_s, LEAST_MS, LEAST_MS + MORE_MS, SERVER_CPU, OWN_CPU);
	bench_note(&r->b,
		"first_answer_s: from the start of the process to the first right Map-Reply for an EID "
		"drawn at random, asked for every 5 ms; the median of all kills");
	bench_note(&r->b,
		"after each kill all changed EIDs are asked for: what was acknowledged must be there, "
		"what was not may have the old or the new locators; then, and after each loss of power, "
		"all EIDs");
	bench_note(&r->b,
		"loss of power: after the kill the store is told of another boot, and leads its file "
		"back to the roots of the last flush; what is missing is registered anew, and asked "
		"for again; each second time the server is started once more, and killed within %d ms, "
		"before the power is lost",
		EARLY_MS);
}

int main(int argc, char **argv)
{
	unsigned long eids = 0, kills = 0, losses = 0;
	static struct restart r;

	r.per_s = 50000;
	bench_init(&r.b, "restart",
		"kill -9 of a sunward-mapserver under changes, again and again: what it acknowledged "
		"must be\nthere, and how soon does it answer? Then the same with a loss of power.");
	bench_option(&r.b, "eids", "registered EIDs; 0: a million, quick 5000", &eids);
	bench_option(&r.b, "kills", "0: 50, quick 2", &kills);
	bench_option(&r.b, "losses", "of power; 0: 50, quick 2", &losses);
	bench_option(&r.b, "rate", "changes a second", &r.per_s);
	r.b.rounds = 1;
	bench_args(&r.b, argc, argv);
	r.b.rounds = 1;
	stage_open(&r.stage, &r.b);
	bench_pin(&r.b, OWN_CPU % bench_cpus());
	lisp_load_init(&r.load, AFI_IPV4, eids ? eids : r.b.quick ? 5000 : 1000000);
	r.g = generator_new(r.b.quick);
	r.shift = calloc(r.load.eids, 1);
	r.acked_ns = calloc(r.load.eids, sizeof(r.acked_ns[0]));
	r.seen = calloc(r.load.eids, sizeof(r.seen[0]));
	r.when_ns = calloc(r.per_s * (LEAST_MS + MORE_MS) / 1000 + 1, sizeof(r.when_ns[0]));
	if (!r.shift || !r.acked_ns || !r.seen || !r.when_ns)
		bench_fail("no memory");
	r.port = stage_port();
	start(&r, true);
	printf("%zu EIDs registered in %.2f s\n", r.load.eids,
		lisp_load_register(&r.load, r.g, r.port));
	notes(&r);
	while (bench_round(&r.b))
		measure(&r,
			kills       ? kills
			: r.b.quick ? 2
				    : 50,
			losses      ? losses
			: r.b.quick ? 2
				    : 50);
	free(r.shift);
	free(r.acked_ns);
	free(r.seen);
	free(r.when_ns);
	lisp_load_fini(&r.load);
	generator_free(r.g);
	bench_at_most(&r.b, "first_answer_max_s", 1);
	bench_at_most(&r.b, "lost_acknowledged", 0);
	bench_at_most(&r.b, "power_lost_older_than_1s", 0);
	if (r.lost || r.wrong || r.missing || r.unhealed || r.power_old)
		bench_note(&r.b, "FAILED: what was acknowledged is missing, or something is wrong");
	return bench_report(&r.b) || r.lost || r.wrong || r.missing || r.unhealed || r.power_old;
}
