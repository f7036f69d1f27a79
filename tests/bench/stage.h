/* stage: where a benchmark's servers run: a directory of their own, processes pinned to a
 * processor, ports that are free; and an end that leaves nothing behind, however the benchmark
 * ended.
 *
 * Knows no server: what to start, and when it is ready, is the caller's word. */
#ifndef SUNWARD_TESTS_BENCH_STAGE_H
#define SUNWARD_TESTS_BENCH_STAGE_H

#include "tests/bench/bench.h"

#define STAGE_PATH 128

struct stage {
	struct bench *bench;
	char dir[64];
	unsigned int started;
};

/* From here on this process has a parent that waits for it, ends whatever it started and removes
 * the directory. Call it before anything else, and before threads. */
void stage_open(struct stage *s, struct bench *b);
/* A path of @name in the directory, into @path[STAGE_PATH]; returns it. */
const char *stage_path(const struct stage *s, const char *name, char *path);
/* Write a file there. */
void stage_write(const struct stage *s, const char *name, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Start @argv (NULL at its end), pinned to @cpu where there are that many; what it says goes to
 * NAME.log. */
pid_t stage_start(struct stage *s, const char *name, unsigned int cpu, char *const argv[]);
/* It and its descendants count as the benchmark's own; call it once they are all there. */
void stage_own(struct stage *s, pid_t pid);
/* True while it runs; else fails with the end of its log. */
void stage_check(struct stage *s, const char *name, pid_t pid);
/* The same of a struct stage_watch at @arg, for who waits for a server. */
struct stage_watch {
	struct stage *s;
	const char *name;
	pid_t pid;
};
void stage_still_alive(void *arg);
void stage_stop(struct stage *s, pid_t pid);

/* A UDP and TCP port on 127.0.0.1 that nobody has now. */
uint16_t stage_port(void);

#endif
