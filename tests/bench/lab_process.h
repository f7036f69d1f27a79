/* lab_process: a lab that a benchmark drives: a script that is told by lines of text, and answers
 * each with a line. It first says "ready" and the numbers of its processes, or "unable" and why. */
#ifndef SUNWARD_TESTS_BENCH_LAB_PROCESS_H
#define SUNWARD_TESTS_BENCH_LAB_PROCESS_H

#include <stdio.h>

#include "tests/bench/bench.h"

#define LAB_LINE_MAX 2048

struct lab_process {
	const char *name; /* the caller's, for what goes wrong */
	pid_t pid;        /* 0: not standing */
	FILE *ask, *said;
};

/* Start tests/bench/@script with the folder of the built programs and the words of @args
 * (NULL-ended) as its arguments. Ends the benchmark when it cannot. */
void lab_process_start(struct lab_process *l, const char *script, char *const args[]);
/* Wait for its first line. True: it stands, and its processes count as the benchmark's own. False:
 * it says that it cannot; why is in @why. */
bool lab_process_ready(struct lab_process *l, struct bench *b, char why[LAB_LINE_MAX]);
/* The next line of what it says, without its end, in @line. Ends the benchmark when there is none.
 */
const char *lab_process_line(struct lab_process *l, char line[LAB_LINE_MAX]);
void lab_process_tell(struct lab_process *l, const char *verb, unsigned long number);
/* End its input, upon which it clears up; and wait until it has. */
void lab_process_end(struct lab_process *l);
void lab_process_wait(struct lab_process *l);

#endif
