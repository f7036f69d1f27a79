/* See dns_load.h. */
#include "tests/bench/dns_load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NAME_DIGITS  8
#define QUESTION_LEN 21 /* 9n........ 5bench 0, type, class */
#define QUERY_LEN    (12 + QUESTION_LEN)
#define ANSWER_LEN   (QUERY_LEN + 16)
#define TYPE_A       1
#define CLASS_IN     1
#define READY_S      120 /* a zone of 10M names takes its time */
#define NSD          "/usr/sbin/nsd"
#define KNOT         "/usr/sbin/knotd"

void dns_load_zone(const struct stage *s, size_t names)
{
	char path[STAGE_PATH];
	FILE *f = fopen(stage_path(s, "bench.zone", path), "we");

	if (!f)
		bench_fail("cannot write %s: %s", path, strerror(errno));
	fprintf(f, "$ORIGIN bench.\n$TTL 3600\n@ SOA ns.bench. root.bench. 1 3600 600 86400 3600\n"
		   "@ NS ns.bench.\nns A 127.0.0.1\n");
	for (size_t i = 0; i < names; i++)
		fprintf(f, "n%0*zu A 10.%zu.%zu.%zu\n", NAME_DIGITS, i, i >> 16 & 255, i >> 8 & 255,
			i & 255);
	if (fclose(f))
		bench_fail("cannot write %s: %s", path, strerror(errno));
}

/* ---- queries ---- */

static void put_query(uint8_t q[QUERY_LEN], uint16_t id, size_t name)
{
	const uint8_t head[12] = {(uint8_t)(id >> 8), (uint8_t)id, 0, 0, 0, 1};
	const uint8_t tail[11] = {5, 'b', 'e', 'n', 'c', 'h', 0, 0, TYPE_A, 0, CLASS_IN};
	char label[NAME_DIGITS + 8];

	snprintf(label, sizeof(label), "n%0*zu", NAME_DIGITS, name % 100000000);
	memcpy(q, head, sizeof(head));
	q[12] = 1 + NAME_DIGITS;
	memcpy(q + 13, label, 1 + NAME_DIGITS);
	memcpy(q + 14 + NAME_DIGITS, tail, sizeof(tail));
}

/* One A record with the name's own number, behind its question. What else the server adds (its NS,
 * if it likes) may follow. */
static bool is_answer(
	const struct generator_load *l, size_t index, const uint8_t *bytes, size_t len)
{
	const uint8_t *q = l->requests + index * l->request_len, *a = bytes + QUERY_LEN;
	size_t name = ((const uint32_t *)l->arg)[index];
	const uint8_t fixed[6] = {0xc0, 12, 0, TYPE_A, 0, CLASS_IN};
	const uint8_t data[6] = {
		0, 4, 10, (uint8_t)(name >> 16), (uint8_t)(name >> 8), (uint8_t)name};

	return len >= ANSWER_LEN && !memcmp(bytes, q, 2) && bytes[2] >> 7 == 1 &&
	       (bytes[3] & 15) == 0 && bytes[4] == 0 && bytes[5] == 1 && bytes[6] == 0 &&
	       bytes[7] == 1 && !memcmp(bytes + 12, q + 12, QUESTION_LEN) &&
	       !memcmp(a, fixed, sizeof(fixed)) && !memcmp(a + 10, data, sizeof(data));
}

struct generator_load dns_load_queries(size_t names, size_t count)
{
	struct generator_load g = {.what = "DNS query",
		.count = (count + 0xffff) & ~(size_t)0xffff,
		.request_len = QUERY_LEN,
		.check = is_answer};
	uint8_t *q = malloc(g.count * QUERY_LEN);
	uint32_t *of = malloc(g.count * sizeof(*of));
	uint64_t random = 2;

	if (!q || !of)
		bench_fail("no memory for %zu queries", g.count);
	for (size_t i = 0; i < g.count; i++) {
		of[i] = (uint32_t)(bench_random(&random) % names);
		put_query(q + i * QUERY_LEN, (uint16_t)i, of[i]);
	}
	g.requests = q;
	g.arg = of;
	return g;
}

void dns_load_free(struct generator_load *g)
{
	free((void *)(uintptr_t)g->requests);
	free((void *)(uintptr_t)g->arg);
	g->requests = NULL;
}

/* ---- servers ---- */

static bool start(struct stage *s, struct generator *g, const struct generator_load *queries,
	const char *name, unsigned int cpu, uint16_t port, char *const argv[])
{
	struct stage_watch w = {s, name, 0};

	if (access(argv[0], X_OK)) {
		bench_note(s->bench, "%s is not installed (%s): not measured", name, argv[0]);
		return false;
	}
	w.pid = stage_start(s, name, cpu, argv);
	generator_await(g, port, queries, READY_S, stage_still_alive, &w);
	stage_own(s, w.pid);
	return true;
}

bool dns_load_nsd(struct stage *s, struct generator *g, const struct generator_load *queries,
	unsigned int cpu, uint16_t *port)
{
	char path[STAGE_PATH];
	char *argv[] = {(char[]){NSD}, (char[]){"-d"}, (char[]){"-c"}, (char[]){"nsd.conf"}, NULL};

	*port = stage_port();
	stage_path(s, "nsd.conf", path);
	stage_write(s, "nsd.conf",
		"server:\n ip-address: 127.0.0.1@%u\n server-count: 1\n do-ip6: no\n username: \"\"\n"
		" zonesdir: \"%s\"\n pidfile: \"%s/nsd.pid\"\n xfrdfile: \"%s/xfrd.state\"\n"
		" xfrdir: \"%s\"\n zonelistfile: \"%s/zone.list\"\n database: \"\"\n"
		" minimal-responses: yes\n rrl-ratelimit: 0\n rrl-whitelist-ratelimit: 0\n"
		"remote-control:\n control-enable: no\n"
		"zone:\n name: bench\n zonefile: bench.zone\n",
		*port, s->dir, s->dir, s->dir, s->dir, s->dir);
	return start(s, g, queries, "nsd", cpu, *port, argv);
}

bool dns_load_knot(struct stage *s, struct generator *g, const struct generator_load *queries,
	unsigned int cpu, uint16_t *port)
{
	char *argv[] = {(char[]){KNOT}, (char[]){"-c"}, (char[]){"knot.conf"}, NULL};

	*port = stage_port();
	stage_write(s, "knot.conf",
		"server:\n    rundir: \"%s\"\n    listen: 127.0.0.1@%u\n    udp-workers: 1\n"
		"    tcp-workers: 1\n    background-workers: 1\n"
		"log:\n  - target: stderr\n    any: warning\n"
		"database:\n    storage: \"%s\"\n"
		"template:\n  - id: default\n    storage: \"%s\"\n    semantic-checks: off\n"
		"    journal-content: none\n    zonefile-load: whole\n    zonefile-sync: -1\n"
		"zone:\n  - domain: bench\n    file: bench.zone\n",
		s->dir, *port, s->dir, s->dir);
	return start(s, g, queries, "knot", cpu, *port, argv);
}
