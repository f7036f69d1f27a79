/* generator: asks a UDP server as fast as it answers, and looks at every answer.
 *
 * Requests and, where they are known to the byte, answers lie ready in memory, so that the one
 * thread that sends, receives and compares costs less than any server that has to think. Knows no
 * protocol: two bytes of an answer tell which request it belongs to. */
#ifndef SUNWARD_TESTS_BENCH_GENERATOR_H
#define SUNWARD_TESTS_BENCH_GENERATOR_H

#include "tests/bench/bench.h"

#define GENERATOR_BATCH 64
#define GENERATOR_PORTS 64

/* Requests in a row, used round and round. */
struct generator_load {
	const char *what; /* "Map-Request", for messages */
	size_t count;
	size_t request_len;
	const uint8_t *requests; /* count x request_len */
	size_t answer_len;
	const uint8_t *answers; /* count x answer_len; NULL: see check */
	/* The answer to request @index is right. */
	bool (*check)(
		const struct generator_load *l, size_t index, const uint8_t *bytes, size_t len);
	size_t id_offset;        /* of two bytes in the answer that hold (index mod 65536) */
	bool once;               /* no request may be sent twice (its nonce counts) */
	unsigned int requesters; /* ports of the generator that answers come to; 0: one */
	const void *arg;         /* of check */
	uint64_t *when_ns; /* count: when each was answered (bench_now_ns); NULL: nobody asks */
};

struct generator_pace {
	unsigned int window; /* requests that may be unanswered, 1 to 32768 */
	unsigned int batch;  /* sent at once, 1 to GENERATOR_BATCH */
	double per_s;        /* at most so many a second; 0: as many as are answered */
	double seconds;      /* 0: each request once */
};

struct generator_result {
	uint64_t sent, answered, lost;
	double seconds, per_s; /* answers */
	double busy;           /* share of the time in which there was something to do */
	double p50_us, p99_us;
};

struct generator;

/* Its sockets are on 127.0.0.1. Exits when there is none. @gentle: sleep where there is nothing to
 * do, and leave the processor to others; its figures mean little then. */
struct generator *generator_new(bool gentle);
void generator_free(struct generator *g);
/* Port number @i, below GENERATOR_PORTS: all requests leave from number 0; answers come to the
 * others where the requests ask for that. */
uint16_t generator_port(const struct generator *g, unsigned int i);

/* One whole run against 127.0.0.1:@port. A wrong answer ends the benchmark. */
struct generator_result generator_run(struct generator *g, uint16_t port,
	const struct generator_load *load, const struct generator_pace *pace);

/* The same in steps, so that one thread may serve several generators. */
void generator_begin(struct generator *g, uint16_t port, const struct generator_load *load,
	const struct generator_pace *pace);
/* Send and receive what can be; false when it is over. */
bool generator_step(struct generator *g);
struct generator_result generator_end(struct generator *g);

/* Ask with the first request, every 20 ms until an answer comes that is right; fails after
 * @seconds. @alive is called between; may be NULL. */
void generator_await(struct generator *g, uint16_t port, const struct generator_load *load,
	double seconds, void (*alive)(void *arg), void *arg);

#endif
