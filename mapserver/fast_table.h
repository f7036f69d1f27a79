/* fast_table: the host EIDs that the kernel may answer for, in memory that its program reads too
 * (bpf/contract.h).
 *
 * A mirror of the registry: it hears of each change when it is published, and of each refresh. What
 * does not fit (no proxy reply, no locators, too many, no room) is left out, and answered by the
 * sockets. Knows neither BPF nor packets. */
#ifndef SUNWARD_MAPSERVER_FAST_TABLE_H
#define SUNWARD_MAPSERVER_FAST_TABLE_H

#include "mapserver/bpf/contract.h"
#include "mapserver/registry.h"

/* Zeroed memory, which outlives the table. */
struct fast_memory {
	struct fast_settings *settings;
	struct fast_bucket *buckets;
	uint32_t bucket_count;
	struct fast_answer *answers;
	uint32_t answer_count;
};

struct fast_table_counts {
	uint64_t entries, answers; /* held now */
	uint64_t full;             /* changes that found no room for the EID */
	uint64_t answers_full;     /* nor for its locators */
};

struct fast_table;

/* Buckets that hold @entries host EIDs, nearly surely each. */
uint32_t fast_table_buckets(uint32_t entries);

/* @secret: 16 random bytes. It is off. NULL when out of memory. */
struct fast_table *fast_table_new(const struct fast_memory *memory, const uint8_t secret[16]);
/* The program no longer reads. NULL is none. */
void fast_table_free(struct fast_table *t);
/* Whether the program answers at all. Any thread. */
void fast_table_switch(struct fast_table *t, bool on);
/* For registry_set_mirror. */
struct registry_mirror fast_table_mirror(struct fast_table *t);
/* Any thread. */
struct fast_table_counts fast_table_counts(const struct fast_table *t);

#endif
