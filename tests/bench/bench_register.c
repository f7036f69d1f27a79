/* bench_register: how many Map-Registers a second one worker of the map-server takes and
 * acknowledges, of what the cryptography alone allows; and how many of them come through while
 * others flood it with requests. */
#include <stdio.h>
#include <string.h>

#include "tests/bench/lisp_load.h"

#define WINDOW         512
#define BATCH          GENERATOR_BATCH
#define SERVER_CPU     0
#define OWN_CPU        1
#define BUSY           0.97
#define FLOOD_PER_S    200000
#define CALM_PER_S     1000 /* Map-Registers during the flood */
#define REQUESTS       (1u << 18)
#define CHANGES_MAX    200000
#define DURABLE_WINDOW 512
#define DURABLE_BATCH  16

struct enrol {
	struct bench b;
	struct stage stage;
	struct generator *g, *flood;
	struct lisp_load load;
	struct generator_load requests;
	uint16_t port, power_port, ceiling_port, echo_port;
	size_t messages; /* in a run */
	size_t changes;  /* EIDs that change in a run */
	size_t at;
	double flood_s;
};

static uint16_t start_echo(struct enrol *e, const char *name, const char *key)
{
	char program[256], port[8], text[] = LISP_LOAD_KEY;
	char *argv[] = {program, port, key ? text : NULL, NULL};
	uint16_t at = stage_port();

	snprintf(port, sizeof(port), "%u", at);
	lisp_load_program("tests/bench/echo_udp", program);
	stage_own(&e->stage, stage_start(&e->stage, name, SERVER_CPU, argv));
	return at;
}

static struct generator_result once(
	struct enrol *e, uint16_t port, const struct generator_load *load)
{
	const struct generator_pace pace = {.window = WINDOW, .batch = BATCH};

	return generator_run(e->g, port, load, &pace);
}

static double share(const struct generator_result *r)
{
	return r->sent ? (double)r->answered / (double)r->sent : 0;
}

/* Both at their own pace, from one thread. */
static void measure_flood(struct enrol *e)
{
	const struct generator_pace calm = {
		.window = 4096, .batch = 1, .per_s = CALM_PER_S, .seconds = e->flood_s};
	const struct generator_pace flood = {
		.window = 32768, .batch = BATCH, .per_s = FLOOD_PER_S, .seconds = e->flood_s};
	struct generator_load registers =
		lisp_load_single(&e->load, e->at, (size_t)(CALM_PER_S * e->flood_s) + BATCH, 0);
	struct generator_result r, f;
	bool more = true, more_flood = true;

	generator_begin(e->g, e->port, &registers, &calm);
	generator_begin(e->flood, e->port, &e->requests, &flood);
	while (more || more_flood) {
		more = more && generator_step(e->g);
		more_flood = more_flood && generator_step(e->flood);
	}
	r = generator_end(e->g);
	f = generator_end(e->flood);
	lisp_load_free(&registers);
	bench_sample(&e->b, "kept_under_flood", "", share(&r));
	bench_sample(&e->b, "flood_answered", "", share(&f));
	bench_sample(&e->b, "flood_sent_per_s", "/s", (double)f.sent / e->flood_s);
	bench_sample(&e->b, "p50_under_flood_us", "us", r.p50_us);
	bench_sample(&e->b, "p99_under_flood_us", "us", r.p99_us);
}

/* Each EID gets the locators of the next set, and then its own again. */
static double measure_changes(struct enrol *e)
{
	uint64_t answered = 0;
	double seconds = 0;

	for (int back = 0; back < 2; back++) {
		struct generator_load change = lisp_load_single(&e->load, 0, e->changes, !back);
		struct generator_result r = once(e, e->port, &change);

		lisp_load_free(&change);
		answered += r.answered;
		seconds += r.seconds;
	}
	return seconds > 0 ? (double)answered / seconds : 0;
}

/* The same, LISP_LOAD_FEW EIDs a message: what the store and the tables allow. */
static double measure_durable(struct enrol *e, uint16_t port)
{
	const struct generator_pace pace = {.window = DURABLE_WINDOW, .batch = DURABLE_BATCH};
	uint64_t answered = 0;
	double seconds = 0;

	for (int back = 0; back < 2; back++) {
		struct generator_load change =
			lisp_load_few(&e->load, 0, e->changes / LISP_LOAD_FEW, !back);
		struct generator_result r = generator_run(e->g, port, &change, &pace);

		lisp_load_free(&change);
		if (r.lost)
			bench_fail("%lu changes were not acknowledged", (unsigned long)r.lost);
		answered += r.answered * LISP_LOAD_FEW;
		seconds += r.seconds;
	}
	return seconds > 0 ? (double)answered / seconds : 0;
}

static void measure(struct enrol *e)
{
	struct generator_load refresh = lisp_load_single(&e->load, e->at, e->messages, 0);
	struct generator_load echo = refresh;
	struct generator_result plain, ceiling, r;

	echo.answers = echo.requests;
	echo.answer_len = echo.request_len;
	e->at += e->messages;
	plain = once(e, e->echo_port, &echo);
	ceiling = once(e, e->ceiling_port, &refresh);
	r = once(e, e->port, &refresh);
	lisp_load_free(&refresh);
	bench_reference(&e->b, "echo_per_s", "/s", plain.per_s);
	bench_reference(&e->b, "ceiling_per_s", "/s", ceiling.per_s);
	bench_sample(&e->b, "refresh_per_s", "/s", r.per_s);
	bench_sample(&e->b, "ratio_ceiling", "", r.per_s / ceiling.per_s);
	bench_sample(&e->b, "lost", "", (double)(r.lost + ceiling.lost + plain.lost));
	bench_sample(&e->b, "generator_busy", "", r.busy);
	bench_sample(&e->b, "changes_per_s", "/s", measure_changes(e));
	bench_sample(&e->b, "durable_changes_per_s", "/s", measure_durable(e, e->port));
	bench_sample(&e->b, "synced_changes_per_s", "/s", measure_durable(e, e->power_port));
	measure_flood(e);
}

static void notes(struct enrol *e, const struct generator_load *l)
{
	bench_note(&e->b,
		"%zu EIDs; one record a Map-Register (%zu bytes), each acknowledged by a "
		"Map-Notify (%zu bytes) whose every byte was compared, the MAC too",
		e->load.eids, l->request_len, l->answer_len);
	bench_note(&e->b,
		"one worker and each reference on CPU %u, the generator on CPU %u; window "
		"%u, batches of %u",
		SERVER_CPU, OWN_CPU, WINDOW, BATCH);
	bench_note(&e->b, "refresh: the same mapping again; change: other locators, through the "
			  "committer (on the same CPU)");
	bench_note(&e->b,
		"changes_per_s: one EID a Map-Register; durable_changes_per_s: %u EIDs a "
		"Map-Register, window %u; both in the store before they are acknowledged, and survive "
		"kill -9; synced_changes_per_s: the same with durability = power, fdatasync for each "
		"group; %zu EIDs change, and change back",
		LISP_LOAD_FEW, DURABLE_WINDOW, e->changes);
	bench_note(&e->b,
		"kept_under_flood: of %d Map-Registers a second that were acknowledged "
		"while %d Map-Requests a second came in",
		CALM_PER_S, FLOOD_PER_S);
	if (bench_median(&e->b, "generator_busy") > BUSY)
		bench_note(
			&e->b, "the generator is the bottleneck: refresh_per_s is a lower bound");
}

static void start(struct enrol *e)
{
	struct generator_load probe = lisp_load_single(&e->load, 0, 1, 0);

	e->port = stage_port();
	e->power_port = stage_port();
	lisp_load_server(&e->stage, e->g, "sunward", SERVER_CPU, e->port);
	lisp_load_server_at(&e->stage, e->g, "power", SERVER_CPU, e->power_port,
		"store { durability = power }\n", "power.state", true);
	e->ceiling_port = start_echo(e, "ceiling", LISP_LOAD_KEY);
	e->echo_port = start_echo(e, "echo", NULL);
	generator_await(e->g, e->ceiling_port, &probe, 10, NULL, NULL);
	notes(e, &probe);
	memcpy((void *)(uintptr_t)probe.answers, probe.requests, probe.request_len);
	generator_await(e->g, e->echo_port, &probe, 10, NULL, NULL);
	lisp_load_free(&probe);
	printf("%zu EIDs registered in %.2f s\n", e->load.eids,
		lisp_load_register(&e->load, e->g, e->port));
	printf("and in %.2f s with durability = power\n",
		lisp_load_register(&e->load, e->g, e->power_port));
	e->requests = lisp_load_requests(&e->load, REQUESTS, e->flood, 1);
}

int main(int argc, char **argv)
{
	unsigned long eids = 0;
	static struct enrol e;

	bench_init(&e.b, "register",
		"Map-Registers of one record, verified and acknowledged by a sunward-mapserver of one "
		"worker,\nof what an echo does that only verifies and signs.");
	bench_option(&e.b, "eids", "registered EIDs; 0: a million, quick 5000", &eids);
	bench_args(&e.b, argc, argv);
	stage_open(&e.stage, &e.b);
	bench_pin(&e.b, OWN_CPU % bench_cpus());
	lisp_load_init(&e.load, AFI_IPV4, eids ? eids : e.b.quick ? 5000 : 1000000);
	e.changes = e.load.eids < CHANGES_MAX ? e.load.eids : CHANGES_MAX;
	e.messages = e.b.quick ? 20000 : 300000;
	e.flood_s = e.b.quick ? 0.5 : 2;
	e.g = generator_new(e.b.quick);
	e.flood = generator_new(e.b.quick);
	start(&e);
	while (bench_round(&e.b))
		measure(&e);
	lisp_load_free(&e.requests);
	lisp_load_fini(&e.load);
	generator_free(e.flood);
	generator_free(e.g);
	bench_at_least(&e.b, "ratio_ceiling", 0.7);
	bench_at_least(&e.b, "durable_changes_per_s", 200000);
	bench_at_least(&e.b, "synced_changes_per_s", 100000);
	bench_at_least(&e.b, "kept_under_flood", 0.99);
	bench_at_most(&e.b, "lost", 0);
	return bench_report(&e.b);
}
