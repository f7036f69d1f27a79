/* lpm_patricia: a plain Patricia trie, the reference of `bench lpm`: one node of pointers a prefix
 * or fork, bits tested one after the other, a key in every node. Not used by the product. */
#ifndef SUNWARD_TESTS_BENCH_LPM_PATRICIA_H
#define SUNWARD_TESTS_BENCH_LPM_PATRICIA_H

#include <stddef.h>
#include <stdint.h>

struct patricia;

struct patricia *patricia_new(unsigned int bits);
void patricia_free(struct patricia *t);
/* @what, not NULL, is what the prefix finds. */
void patricia_insert(struct patricia *t, const uint8_t *key, unsigned int plen, void *what);
/* What the longest prefix of the address @key has; NULL: none. */
void *patricia_longest(const struct patricia *t, const uint8_t *key);
size_t patricia_memory(const struct patricia *t);

#endif
