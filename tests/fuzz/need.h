/* need: a promise that a fuzz target checks. libFuzzer and the replay both see the abort. */
#ifndef SUNWARD_TESTS_FUZZ_NEED_H
#define SUNWARD_TESTS_FUZZ_NEED_H

#include <stdio.h>
#include <stdlib.h>

#define need(what)                                                                                 \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

#endif
