/* lisp_fuzz: what the fuzz targets of the codec share: CHECK, and walks that look at everything a
 * parsed message offers. */
#ifndef SUNWARD_TESTS_FUZZ_LISP_FUZZ_H
#define SUNWARD_TESTS_FUZZ_LISP_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lisp/record.h"

#define FUZZ_OUT                                                                                   \
	131072 /* bytes: a message of 64 KiB grows when LCAFs around its EIDs are written anew */

/* What a broken promise of the codec does: libFuzzer and the replay both see the abort. */
#define CHECK(what)                                                                                \
	do {                                                                                       \
		if (!(what)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A refusal has an error and a text, an acceptance has neither. */
void fuzz_check_result(int err, const struct wire_fault *fault);
/* Decode a checked field down to its last address, and write each LCAF back. */
void fuzz_walk_field(const struct lisp_field *f);
void fuzz_walk_rloc(const struct lisp_rloc *rloc);
void fuzz_walk_eid(const struct lisp_eid *e);
/* Look at the record and its locators; returns how many there are. */
unsigned int fuzz_walk_record(const struct lisp_record *rec);
/* Write the record from what was parsed: its EID anew when it is plain, its locators as they are.
 */
void fuzz_write_record(struct wire_writer *w, const struct lisp_record *rec);
/* Both say the same. */
void fuzz_same_record(const struct lisp_record *a, const struct lisp_record *b);
void fuzz_same_eid(const struct lisp_eid *a, const struct lisp_eid *b);

#endif
