/* bench_resolve: how many Map-Requests a second one worker of the map-server answers, of what an
 * echo of the same datagrams does, beside two DNS servers. */
#include <stdio.h>
#include <string.h>

#include "tests/bench/dns_load.h"
#include "tests/bench/lisp_load.h"
#include "tests/bench/xdp_load.h"

#define WINDOW       192 /* fits into a socket's usual 208 KiB: Knot DNS takes no more */
#define BATCH        GENERATOR_BATCH
#define SERVER_CPU   0
#define OWN_CPU      1
#define ROWS_MAX     4
#define FRAMES       1000000 /* of XDP, a run */
#define REQUESTS_MAX (1u << 20)
#define DNS_NAMES    1000000
#define BUSY         0.97 /* of the generator: then it is what limits */

/* How many ask, in turn: of what goes to one of them, the server makes one send. */
static const struct crowd {
	unsigned int requesters;
	const char *per_s, *ratio_echo, *ratio_nsd, *ratio_knot;
} crowds[] = {
	{1, "answered_per_s", "ratio_echo", "ratio_nsd", "ratio_knot"},
	{8, "eight_per_s", "eight_ratio_echo", "eight_ratio_nsd", "eight_ratio_knot"},
	{GENERATOR_PORTS, "apart_per_s", "apart_ratio_echo", "apart_ratio_nsd", "apart_ratio_knot"},
};
#define CROWDS (sizeof(crowds) / sizeof(crowds[0]))

/* A map-server with so many EIDs. */
struct row {
	size_t eids;
	const char *suffix; /* of its metrics: "", or "_10k" */
	char per_s[40], ratio[40], xdp_per_s[40], xdp_ratio[40];
	uint16_t port;
	const struct xdp_load_pair *pair; /* NULL: no fast path */
	struct generator_load requests;
};

struct resolve {
	struct bench b;
	struct stage stage;
	struct generator *g;
	struct xdp_load *xdp; /* NULL: no fast path */
	const struct xdp_load_pair *echo_pair;
	struct row row[ROWS_MAX];
	struct row *result; /* the one that the figures without a suffix are of */
	unsigned int rows;
	uint16_t echo_port, nsd_port, knot_port;
	bool nsd, knot;
	struct generator_load crowd[CROWDS]; /* of the result; the first is its row's own */
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

/* With a fast path at a pair of its own, where there is one. */
static void start_server(struct resolve *r, struct row *row, const char *name)
{
	char listen[64] = "", root[160] = "";

	if (r->xdp) {
		row->pair = xdp_load_add(r->xdp);
		snprintf(listen, sizeof(listen), ", \"%s:4342\"", row->pair->address);
		snprintf(root, sizeof(root),
			"fast-path {\n  interfaces = {\"%s\"}\n  entries = %zu\n}\n",
			row->pair->interface, row->eids);
	}
	lisp_load_server_also(&r->stage, r->g, name, SERVER_CPU, row->port, listen, root);
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
	snprintf(row->xdp_per_s, sizeof(row->xdp_per_s), "xdp_per_s%s", row->suffix);
	snprintf(row->xdp_ratio, sizeof(row->xdp_ratio), "ratio_xdp_echo%s", row->suffix);
	start_server(r, row, name);
	s = lisp_load_register(&l, r->g, row->port);
	printf("%zu EIDs registered in %.2f s (%u a message, each acknowledged)\n", row->eids, s,
		LISP_LOAD_MESSAGE);
	row->requests = lisp_load_requests(&l, count, r->g, 1);
	for (unsigned int i = 1; i < CROWDS && row == r->result; i++)
		r->crowd[i] = lisp_load_requests(&l, count, r->g, crowds[i].requesters);
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

static void measure_dns(struct resolve *r, const double answered[CROWDS])
{
	struct generator_result d;
	uint64_t lost = 0;

	if (r->nsd) {
		d = full(r, r->nsd_port, &r->queries);
		bench_reference(&r->b, "nsd_per_s", "/s", d.per_s);
		for (unsigned int i = 0; i < CROWDS; i++)
			bench_sample(&r->b, crowds[i].ratio_nsd, "", answered[i] / d.per_s);
		lost += d.lost;
	}
	if (r->knot) {
		d = full(r, r->knot_port, &r->queries);
		bench_reference(&r->b, "knot_per_s", "/s", d.per_s);
		for (unsigned int i = 0; i < CROWDS; i++)
			bench_sample(&r->b, crowds[i].ratio_knot, "", answered[i] / d.per_s);
		lost += d.lost;
	}
	bench_reference(&r->b, "dns_lost", "", (double)lost);
}

static void measure_xdp(struct resolve *r, double echo_per_s)
{
	unsigned long frames = r->b.quick ? FRAMES / 10 : FRAMES;
	uint64_t lost = 0;

	if (!r->xdp)
		return;
	bench_reference(&r->b, "xdp_tx_per_s", "/s", xdp_load_echo(r->xdp, r->echo_pair, frames));
	for (unsigned int i = 0; i < r->rows; i++) {
		struct row *row = &r->row[i];
		double per_s = xdp_load_run(r->xdp, row->pair, row->eids, frames, &lost);

		bench_sample(&r->b, row->xdp_per_s, "/s", per_s);
		bench_sample(&r->b, row->xdp_ratio, "", per_s / echo_per_s);
	}
	bench_sample(&r->b, "xdp_lost", "", (double)lost);
}

static void measure(struct resolve *r)
{
	struct row *main_row = r->result;
	struct generator_result echo, answer = {0}, one;
	double answered[CROWDS];
	uint64_t lost = 0;

	echo = full(r, r->echo_port, &r->echo);
	bench_reference(&r->b, "echo_per_s", "/s", echo.per_s);
	for (unsigned int i = 0; i < r->rows; i++) {
		struct row *row = &r->row[i];

		one = full(r, row->port, &row->requests);
		bench_sample(&r->b, row->per_s, "/s", one.per_s);
		bench_sample(&r->b, row->ratio, "", one.per_s / echo.per_s);
		lost += one.lost;
		if (row == main_row)
			answer = one;
	}
	answered[0] = answer.per_s;
	for (unsigned int i = 1; i < CROWDS; i++) {
		one = full(r, main_row->port, &r->crowd[i]);
		answered[i] = one.per_s;
		bench_sample(&r->b, crowds[i].per_s, "/s", one.per_s);
		bench_sample(&r->b, crowds[i].ratio_echo, "", one.per_s / echo.per_s);
		lost += one.lost;
	}
	measure_dns(r, answered);
	measure_xdp(r, echo.per_s);
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
	struct row *main_row = r->result;

	bench_note(&r->b,
		"one worker and each reference on CPU %u, the generator on CPU %u; window "
		"%lu, batches of %u; %zu bytes asked, %zu answered, %zu echoed",
		SERVER_CPU, OWN_CPU, r->window, BATCH, main_row->requests.request_len,
		main_row->requests.answer_len, r->echo.request_len);
	bench_note(&r->b, "random EIDs of those registered; every answer was compared byte by byte "
			  "(DNS: ID, question, address)");
	bench_note(&r->b,
		"answers of one length to one requester go to the kernel as one send; eight_: %u "
		"requesters in turn; apart_: %u, so that no two answers of a batch have the same",
		crowds[1].requesters, crowds[2].requesters);
	bench_note(&r->b, "p50_us, p99_us: window 1, the server asleep in poll() between two "
			  "requests; p50_load_us, p99_load_us: with the window full");
	if (r->xdp)
		bench_note(&r->b,
			"xdp_: the kernel's fast path, of the socket echo; generator, program and "
			"sink on CPU %u together, batches of 64 frames; xdp_tx_per_s: a program "
			"that sends every frame back unread; every reply was checked, its checksums "
			"too",
			OWN_CPU);
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

/* 10k and 100k where they are below @eids, then @eids; and @large. */
static void choose_rows(struct resolve *r, size_t eids, size_t large)
{
	static const struct {
		size_t eids;
		const char *suffix;
	} smaller[] = {{10000, "_10k"}, {100000, "_100k"}};

	for (unsigned int i = 0; i < 2; i++) {
		if (smaller[i].eids >= eids)
			break;
		r->row[r->rows].eids = smaller[i].eids;
		r->row[r->rows].suffix = smaller[i].suffix;
		r->rows++;
	}
	r->result = &r->row[r->rows++];
	r->result->suffix = "";
	r->result->eids = eids;
	if (!large)
		return;
	r->row[r->rows].suffix = "_large";
	r->row[r->rows++].eids = large;
}

int main(int argc, char **argv)
{
	static struct resolve r;
	unsigned long eids = 0, large = 0, dns = 0;

	r.window = WINDOW;
	bench_init(&r.b, "resolve",
		"Map-Requests for registered EIDs, answered by a sunward-mapserver of one worker, of "
		"what an echo\nof the same datagrams does, and beside NSD and Knot DNS with as many "
		"names.");
	bench_option(&r.b, "eids",
		"registered EIDs; 0: a million, quick 5000; rows of 10k and 100k "
		"below it are measured too",
		&eids);
	bench_option(&r.b, "large",
		"a further row of so many, _large (10000000: a minute more); 0: none", &large);
	bench_option(
		&r.b, "names", "of the DNS servers' zone; 0: as many, a million at most", &dns);
	bench_option(&r.b, "window", "requests without an answer", &r.window);
	bench_args(&r.b, argc, argv);
	if (r.window < 1 || r.window > 32768)
		bench_fail("--window: from 1 to 32768");
	if (xdp_load_enter(&r.b))
		r.xdp = xdp_load_new();
	stage_open(&r.stage, &r.b);
	r.seconds = r.b.quick ? 0.2 : 1.0;
	bench_pin(&r.b, OWN_CPU % bench_cpus());
	r.g = generator_new(r.b.quick);
	choose_rows(&r, eids ? eids : r.b.quick ? 5000 : 1000000, large);
	for (unsigned int i = 0; i < r.rows; i++)
		start_row(&r, &r.row[i]);
	if (r.xdp)
		r.echo_pair = xdp_load_add(r.xdp);
	r.echo = lisp_load_echo(&r.result->requests);
	start_echo(&r);
	if (!dns)
		dns = r.result->eids < DNS_NAMES ? r.result->eids : DNS_NAMES;
	start_dns(&r, dns);
	while (bench_round(&r.b))
		measure(&r);
	notes(&r);
	for (unsigned int i = 0; i < r.rows; i++)
		lisp_load_free(&r.row[i].requests);
	for (unsigned int i = 1; i < CROWDS; i++)
		lisp_load_free(&r.crowd[i]);
	dns_load_free(&r.queries);
	generator_free(r.g);
	xdp_load_free(r.xdp);
	bench_at_least(&r.b, "ratio_echo", 0.85);
	bench_at_least(&r.b, "ratio_nsd", 1.5);
	bench_at_least(&r.b, "ratio_knot", 1.5);
	bench_at_least(&r.b, "ratio_xdp_echo", 2);
	bench_at_most(&r.b, "lost", 0);
	bench_at_most(&r.b, "xdp_lost", 0);
	return bench_report(&r.b);
}
