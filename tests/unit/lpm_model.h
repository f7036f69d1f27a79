/* lpm_model: a list that answers as a longest-prefix-match table must, by looking at every entry,
 * and an interpreter that plays a tape of bytes as operations on the table and on the list and
 * compares the answers. The unit test plays random tapes, the fuzzer its own. */
#ifndef SUNWARD_TESTS_UNIT_LPM_MODEL_H
#define SUNWARD_TESTS_UNIT_LPM_MODEL_H

#include <stddef.h>
#include <stdint.h>

#define LPM_MODEL_OP 5 /* bytes an operation takes from the tape */

/* Plays @tape on a table of @bits. NULL when all answers agree, else what did not, in words; *@op
 * is then the number of the operation. The caller has called rcu_thread_start(). */
const char *lpm_model_play(unsigned int bits, const uint8_t *tape, size_t len, size_t *op);

#endif
