/* mutate: damage to a message that was valid, as the input decides: bytes, values at the edges of
 * their ranges, pieces cut out, repeated and put in, addresses that become LCAFs.
 *
 * It knows the shapes of addresses and no message. */
#ifndef SUNWARD_TESTS_FUZZ_MUTATE_H
#define SUNWARD_TESTS_FUZZ_MUTATE_H

#include "tests/fuzz/script.h"

/* Change the @len bytes at @msg, of room for @cap, from byte @from on. In the script: how many
 * changes (the lower three bits; the others are the caller's, in *@bits), then each one's kind,
 * place (modulo the length) and value. Returns the new length. */
size_t mutate(struct script *s, uint8_t *msg, size_t len, size_t cap, size_t from, uint8_t *bits);

#endif
