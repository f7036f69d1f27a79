/* bench_memory: how much memory a registered EID takes in the map-server: what its process holds
 * for itself (anonymous, resident), after a million were registered less before. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "tests/bench/lisp_load.h"

#define SERVER_CPU 0
#define OWN_CPU    1
#define STEADY_MS  250 /* between two looks that must agree */
#define LOOKS      40

struct memory {
	struct bench b;
	struct stage stage;
	struct generator *g;
	size_t eids;
	unsigned int servers;
};

/* Anonymous resident bytes of @pid. */
static size_t anonymous(pid_t pid)
{
	char path[64], line[256];
	unsigned long kib = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Anonymous: %lu kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	if (!kib)
		bench_fail("%s does not tell the anonymous memory", path);
	return kib * 1024;
}

/* Bytes on the disk of the files of @name's store, once what was changed is merged into its tables
 * (a snapshot, which is made once an hour, not counted). */
static size_t store_bytes(const struct memory *m, const char *name)
{
	char file[64], path[STAGE_PATH];
	struct stat st;

	snprintf(file, sizeof(file), "%s.state/store/data.mdb", name);
	if (stat(stage_path(&m->stage, file, path), &st))
		bench_fail("%s: %s", path, strerror(errno));
	return (size_t)st.st_blocks * 512;
}

/* When it changes no more: what was replaced is freed a little later. */
static size_t steady(pid_t pid)
{
	const struct timespec pause = {0, STEADY_MS * 1000000L};
	size_t last = anonymous(pid), now = last;

	for (int i = 0; i < LOOKS; i++) {
		nanosleep(&pause, NULL);
		now = anonymous(pid);
		if (now == last)
			break;
		last = now;
	}
	return now;
}

/* Some of the EIDs are asked for, so that it is certain that they are there. */
static void check(struct memory *m, struct lisp_load *l, uint16_t port)
{
	const struct generator_pace pace = {.window = 64, .batch = GENERATOR_BATCH};
	struct generator_load requests = lisp_load_requests(l, 1, m->g, 1);
	struct generator_result r = generator_run(m->g, port, &requests, &pace);

	lisp_load_free(&requests);
	if (r.lost)
		bench_fail("%lu of %lu Map-Requests had no answer", (unsigned long)r.lost,
			(unsigned long)r.sent);
}

static void measure(struct memory *m, uint16_t afi, const char *metric, const char *seconds)
{
	uint16_t port = stage_port();
	struct lisp_load l;
	size_t before;
	char name[32];
	pid_t pid;
	double s;

	snprintf(name, sizeof(name), "sunward%u", m->servers++);
	lisp_load_init(&l, afi, m->eids);
	pid = lisp_load_server(&m->stage, m->g, name, SERVER_CPU, port);
	before = steady(pid);
	s = lisp_load_register(&l, m->g, port);
	bench_sample(&m->b, metric, "bytes", (double)(steady(pid) - before) / (double)l.eids);
	bench_sample(&m->b, seconds, "s", s);
	if (afi == AFI_IPV4)
		bench_sample(&m->b, "store_file_bytes_per_eid", "bytes",
			(double)store_bytes(m, name) / (double)l.eids);
	check(m, &l, port);
	stage_stop(&m->stage, pid);
	lisp_load_fini(&l);
}

int main(int argc, char **argv)
{
	static struct memory m;
	unsigned long eids = 0;

	bench_init(&m.b, "memory",
		"Bytes of anonymous resident memory that a registered host EID takes in the map-server, "
		"where\n1,000 EIDs share a locator set.");
	bench_option(&m.b, "eids", "registered EIDs; 0: a million, quick 20000", &eids);
	bench_args(&m.b, argc, argv);
	stage_open(&m.stage, &m.b);
	bench_pin(&m.b, OWN_CPU % bench_cpus());
	m.g = generator_new(m.b.quick);
	m.eids = eids ? eids : m.b.quick ? 20000 : 1000000;
	while (bench_round(&m.b)) {
		measure(&m, AFI_IPV4, "bytes_per_eid", "register_s");
		measure(&m, AFI_IPV6, "bytes_per_eid_v6", "register_s_v6");
		measure(&m, AFI_MAC, "bytes_per_eid_mac", "register_s_mac");
		bench_sample(&m.b, "eids", "", (double)m.eids);
	}
	bench_note(&m.b, "a process of its own for each family and round; Anonymous of "
			 "/proc/PID/smaps_rollup, after less before");
	bench_note(&m.b,
		"%u EIDs share a set of two locators and an xTR; %u records a Map-Register, "
		"each acknowledged; 65536 random EIDs asked for afterwards",
		LISP_LOAD_SET, LISP_LOAD_MESSAGE);
	bench_note(&m.b,
		"store_file_bytes_per_eid: blocks of the store's file after the IPv4 ones were "
		"registered; its pages are the kernel's to give back, and not in the bytes above");
	generator_free(m.g);
	bench_at_most(&m.b, "bytes_per_eid", 128);
	bench_at_most(&m.b, "bytes_per_eid_v6", 128);
	bench_at_most(&m.b, "bytes_per_eid_mac", 128);
	return bench_report(&m.b);
}
