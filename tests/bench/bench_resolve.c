/* bench_resolve: how many Map-Requests a second one worker of the map-server answers, of what an
 * echo of the same datagrams does, beside two DNS servers. */
#include <stdio.h>
#include <string.h>

#include "tests/bench/dns_load.h"
#include "tests/bench/lisp_load.h"

#define WINDOW       192 /* fits into a socket's usual 208 KiB: Knot DNS takes no more */
#define BATCH        GENERATOR_BATCH
#define SERVER_CPU   0
#define OWN_CPU      1
#define ROWS_MAX     4
#define REQUESTS_MAX (1u << 20)
#define BUSY         0.97 /* of the generator: then it is what limits */

/* Which of a map-server's figures. */
enum { ONE_REQUESTER, TWO_REQUESTERS, REQUESTERS };

/* A map-server with so many EIDs. */
struct row {
	size_t eids;
	const char *suffix; /* of its metrics: "", or "_10k" */
	char per_s[40], ratio[40];
	uint16_t port;
	struct generator_load requests;
};

struct resolve {
	struct bench b;
	struct stage stage;
	struct generator *g;
	struct row row[ROWS_MAX]; /* the last is the largest, and the result */
	unsigned int rows;
	uint16_t echo_port, nsd_port, knot_port;
	bool nsd, knot;
	struct generator_load apart; /* of the last row, answered to two requesters in turn */
	struct generator_load echo, queries;
	double seconds;
	unsigned long window;
};

static void start_echo(struct resolve *r)
{
	char program[256], port[8];
	char *argv[] = {program, port, NULL};

	r->echo_port = stage_port();
	snprintf(port, sizeof(port), "%u", r->echo_port);
	lisp_load_program("tests/bench/echo_udp", program);
	stage_own(&r->stage, stage_start(&r->stage, "echo", SERVER_CPU, argv));
	generator_await(r->g, r->echo_port, &r->echo, 10, NULL, NULL);
}

static void start_row(struct resolve *r, struct row *row)
{
	struct lisp_load l;
	char name[48];
	size_t count;
	double s;

	lisp_load_init(&l, AFI_IPV4, row->eids);
	row->eids = l.eids;
	count = row->eids < REQUESTS_MAX ? row->eids : REQUESTS_MAX;
	row->port = stage_port();
	snprintf(name, sizeof(name), "sunward%s", row->suffix);
	snprintf(row->per_s, sizeof(row->per_s), "answered_per_s%s", row->suffix);
	snprintf(row->ratio, sizeof(row->ratio), "ratio_echo%s", row->suffix);
	lisp_load_server(&r->stage, r->g, name, SERVER_CPU, row->port);
	s = lisp_load_register(&l, r->g, row->port);
	printf("%zu EIDs registered in %.2f s (%u a message, each acknowledged)\n", row->eids, s,
		LISP_LOAD_MESSAGE);
	row->requests = lisp_load_requests(&l, count, generator_port(r->g), 0);
	if (row == &r->row[r->rows - 1])
		r->apart = lisp_load_requests(
			&l, count, generator_port(r->g), generator_other_port(r->g));
	lisp_load_fini(&l);
}

static void start_dns(struct resolve *r, size_t names)
{
	dns_load_zone(&r->stage, names);
	r->queries = dns_load_queries(names, names < REQUESTS_MAX ? names : REQUESTS_MAX);
	r->nsd = dns_load_nsd(&r->stage, r->g, &r->queries, SERVER_CPU, &r->nsd_port);
	r->knot = dns_load_knot(&r->stage, r->g, &r->queries, SERVER_CPU, &r->knot_port);
}

static struct generator_result full(
	struct resolve *r, uint16_t port, const struct generator_load *load)
{
	const struct generator_pace pace = {
		.window = (unsigned int)r->window, .batch = BATCH, .seconds = r->seconds};

	return generator_run(r->g, port, load, &pace);
}

static struct generator_result alone(
	struct resolve *r, uint16_t port, const struct generator_load *load)
{
	const struct generator_pace pace = {.window = 1, .batch = 1, .seconds = r->seconds / 3};

	return generator_run(r->g, port, load, &pace);
}

static void measure_dns(struct resolve *r, const double answered[REQUESTERS])
{
	struct generator_result d;
	uint64_t lost = 0;

	if (r->nsd) {
		d = full(r, r->nsd_port, &r->queries);
		bench_reference(&r->b, "nsd_per_s", "/s", d.per_s);
		bench_sample(&r->b, "ratio_nsd", "", answered[ONE_REQUESTER] / d.per_s);
		bench_sample(&r->b, "apart_ratio_nsd", "", answered[TWO_REQUESTERS] / d.per_s);
		lost += d.lost;
	}
	if (r->knot) {
		d = full(r, r->knot_port, &r->queries);
		bench_reference(&r->b, "knot_per_s", "/s", d.per_s);
		bench_sample(&r->b, "ratio_knot", "", answered[ONE_REQUESTER] / d.per_s);
		bench_sample(&r->b, "apart_ratio_knot", "", answered[TWO_REQUESTERS] / d.per_s);
		lost += d.lost;
	}
	bench_reference(&r->b, "dns_lost", "", (double)lost);
}

static void measure(struct resolve *r)
{
	struct row *main_row = &r->row[r->rows - 1];
	struct generator_result echo, answer = {0}, apart, one;
	uint64_t lost = 0;

	echo = full(r, r->echo_port, &r->echo);
	bench_reference(&r->b, "echo_per_s", "/s", echo.per_s);
	for (unsigned int i = 0; i < r->rows; i++) {
		struct row *row = &r->row[i];

		answer = full(r, row->port, &row->requests);
		bench_sample(&r->b, row->per_s, "/s", answer.per_s);
		bench_sample(&r->b, row->ratio, "", answer.per_s / echo.per_s);
		lost += answer.lost;
	}
	apart = full(r, main_row->port, &r->apart);
	bench_sample(&r->b, "apart_per_s", "/s", apart.per_s);
	bench_sample(&r->b, "apart_ratio_echo", "", apart.per_s / echo.per_s);
	lost += apart.lost;
	measure_dns(r, (const double[REQUESTERS]){answer.per_s, apart.per_s});
	bench_sample(&r->b, "eids", "", (double)main_row->eids);
	one = alone(r, main_row->port, &main_row->requests);
	bench_sample(&r->b, "p50_us", "us", one.p50_us);
	bench_sample(&r->b, "p99_us", "us", one.p99_us);
	bench_sample(&r->b, "p50_load_us", "us", answer.p50_us);
	bench_sample(&r->b, "p99_load_us", "us", answer.p99_us);
	one = alone(r, r->echo_port, &r->echo);
	bench_reference(&r->b, "echo_p50_us", "us", one.p50_us);
	bench_reference(&r->b, "echo_p99_us", "us", one.p99_us);
	bench_sample(&r->b, "lost", "", (double)lost);
	bench_sample(&r->b, "generator_busy", "", answer.busy);
	bench_reference(&r->b, "echo_generator_busy", "", echo.busy);
}

static void notes(struct resolve *r)
{
	struct row *main_row = &r->row[r->rows - 1];

	bench_note(&r->b,
		"one worker and each reference on CPU %u, the generator on CPU %u; window "
		"%lu, batches of %u; %zu bytes asked, %zu answered, %zu echoed",
		SERVER_CPU, OWN_CPU, r->window, BATCH, main_row->requests.request_len,
		main_row->requests.answer_len, r->echo.request_len);
	bench_note(&r->b, "random EIDs of those registered; every answer was compared byte by byte "
			  "(DNS: ID, question, address)");
	bench_note(&r->b,
		"answers that follow one another to one requester go to the kernel as one "
		"send; apart_: each answer has another requester than the one before it, "
		"so that none do");
	bench_note(&r->b, "p50_us, p99_us: window 1, the server asleep in poll() between two "
			  "requests; p50_load_us, p99_load_us: with the window full");
	if (bench_median(&r->b, "dns_lost") > 0)
		bench_note(&r->b,
			"a DNS server lost queries: while the generator waits for their "
			"answers it asks less, so that ratio_nsd, ratio_knot are too high");
	if (bench_median(&r->b, "generator_busy") > BUSY)
		bench_note(
			&r->b, "the generator is the bottleneck: answered_per_s is a lower bound");
	if (bench_median(&r->b, "echo_generator_busy") > BUSY)
		bench_note(&r->b,
			"the generator is the bottleneck of the echo: echo_per_s is a lower "
			"bound, ratio_echo an upper one");
}

/* 10k and 100k where they are below @eids, then @eids. */
static void choose_rows(struct resolve *r, size_t eids)
{
	static const struct {
		size_t eids;
		const char *suffix;
	} smaller[] = {{10000, "_10k"}, {100000, "_100k"}, {1000000, "_1m"}};

	for (unsigned int i = 0; i < 3; i++) {
		if (smaller[i].eids >= eids)
			break;
		r->row[r->rows].eids = smaller[i].eids;
		r->row[r->rows].suffix = smaller[i].suffix;
		r->rows++;
	}
	r->row[r->rows].suffix = "";
	r->row[r->rows++].eids = eids;
}

int main(int argc, char **argv)
{
	static struct resolve r;
	unsigned long eids = 0;

	r.window = WINDOW;
	bench_init(&r.b, "resolve",
		"Map-Requests for registered EIDs, answered by a sunward-mapserver of one worker, of "
		"what an echo\nof the same datagrams does, and beside NSD and Knot DNS with as many "
		"names.");
	bench_option(&r.b, "eids",
		"registered EIDs; 0: a million, quick 5000; rows of 10k and 100k "
		"below it are measured too",
		&eids);
	bench_option(&r.b, "window", "requests without an answer", &r.window);
	bench_args(&r.b, argc, argv);
	if (r.window < 1 || r.window > 32768)
		bench_fail("--window: from 1 to 32768");
	stage_open(&r.stage, &r.b);
	r.seconds = r.b.quick ? 0.2 : 1.0;
	bench_pin(&r.b, OWN_CPU % bench_cpus());
	r.g = generator_new(r.b.quick);
	choose_rows(&r, eids ? eids : r.b.quick ? 5000 : 1000000);
	for (unsigned int i = 0; i < r.rows; i++)
		start_row(&r, &r.row[i]);
	r.echo = lisp_load_echo(&r.row[r.rows - 1].requests);
	start_echo(&r);
	start_dns(&r, r.row[r.rows - 1].eids);
	while (bench_round(&r.b))
		measure(&r);
	notes(&r);
	for (unsigned int i = 0; i < r.rows; i++)
		lisp_load_free(&r.row[i].requests);
	lisp_load_free(&r.apart);
	dns_load_free(&r.queries);
	generator_free(r.g);
	return bench_report(&r.b);
}
