/* xdp_load: Map-Requests as XDP frames, for a map-server with a fast path: generator, server's
 * program and sink on one processor, by a pair of veths each, in a network namespace of the
 * benchmark's own. The sink checks every reply. */
#ifndef SUNWARD_TESTS_BENCH_XDP_LOAD_H
#define SUNWARD_TESTS_BENCH_XDP_LOAD_H

#include "tests/bench/bench.h"

#define XDP_LOAD_PAIRS 5

/* One pair: the server's end, with its address. */
struct xdp_load_pair {
	char interface[16], address[16]; /* "srv0", "198.18.0.1" */
	int server, generator;           /* interfaces */
	int sink;
};

struct xdp_load;

/* Enter a network namespace of this process's own. False, with a note why: then nothing of this is
 * there, and nothing has changed. */
bool xdp_load_enter(struct bench *b);
struct xdp_load *xdp_load_new(void);
void xdp_load_free(struct xdp_load *x);
/* Another pair. */
const struct xdp_load_pair *xdp_load_add(struct xdp_load *x);
/* @frames requests for random ones of @eids registered EIDs (lisp_load, IPv4). Returns the replies
 * a second; a wrong one ends the benchmark. Adds what did not come to *@lost. */
double xdp_load_run(struct xdp_load *x, const struct xdp_load_pair *p, size_t eids,
	unsigned long frames, uint64_t *lost);
/* The same with an XDP program at the server's end that only sends back. */
double xdp_load_echo(struct xdp_load *x, const struct xdp_load_pair *p, unsigned long frames);

#endif
