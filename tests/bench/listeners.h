/* listeners: many xTRs on one socket that subscribe, take publications and acknowledge them: the
 * other side of bench_publish. Number i has the address 127.1.0.0 + i, an xTR-ID that ends with i,
 * and the key of the benchmarks. */
#ifndef SUNWARD_TESTS_BENCH_LISTENERS_H
#define SUNWARD_TESTS_BENCH_LISTENERS_H

#include "tests/bench/lisp_load.h"

#define LISTENERS_BATCH 64

struct listeners;

/* A publication as it came. */
struct heard {
	size_t listener;
	uint64_t at_ns; /* the kernel's time of its arrival, CLOCK_REALTIME */
	const uint8_t *bytes;
	size_t len;
};

/* In a network namespace of its own, where that is permitted (a note says where not). Before
 * anything is started. */
void listeners_own_net(struct bench *b);
/* The lines of a site's configuration that let @count of them subscribe; free it. */
char *listeners_config(size_t count);

/* Opens port 4342 on all addresses. Exits when it cannot. */
struct listeners *listeners_new(size_t count);
void listeners_free(struct listeners *l);
/* Listeners @from to @to - 1 ask the server at 127.0.0.1:@port for @eid, all of them; every answer
 * is acknowledged. Exits when one is refused or does not come. */
void listeners_subscribe(
	struct listeners *l, size_t from, size_t to, uint16_t port, const struct eid *eid);

/* Take what has come, at most LISTENERS_BATCH. Returns how many; they are valid until the next
 * call. */
unsigned int listeners_take(struct listeners *l, int wait_ms, struct heard *list);
/* Send the Map-Notify-Acks to @count of them. */
void listeners_acknowledge(
	struct listeners *l, uint16_t port, const struct heard *list, unsigned int count);
/* Its MAC is right. */
bool listeners_authentic(struct listeners *l, const uint8_t *bytes, size_t len);

/* A process of its own on @cpu sends @count datagrams of @len bytes each, one to each listener, by
 * bare sendmmsg, and ends. */
void listeners_blast(
	struct stage *s, unsigned int cpu, const uint8_t *bytes, size_t len, size_t count);

#endif
