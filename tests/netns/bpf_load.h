/* bpf_load: what a test makes of a program that the kernel does not load: where this process may
 * load none, the test cannot be run; a program that is refused is a failure. */
#ifndef SUNWARD_TESTS_BPF_LOAD_H
#define SUNWARD_TESTS_BPF_LOAD_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* @why: what the loader says; it has the kernel's error. Does not return. */
static inline void bpf_not_loaded(const char *why)
{
	bool may_not = strstr(why, strerror(EPERM));

	printf("%s: %s\n", may_not ? "skipped" : "FAIL", why);
	exit(may_not ? 77 : 1);
}

#endif
