/* store_internal: what a back end offers to store.c. See store.h. */
#ifndef SUNWARD_LIB_STORE_STORE_INTERNAL_H
#define SUNWARD_LIB_STORE_STORE_INTERNAL_H

#include "lib/store/store.h"

struct store_backend {
	void (*close)(struct store *s);
	/* All or nothing; 0 or -errno. The changes' bounds were checked. */
	int (*commit)(struct store *s, const struct store_change *changes, size_t count);
	int (*get)(struct store *s, unsigned int table, const void *key, size_t key_len,
		void *value, size_t *len);
	int (*scan)(struct store *s, unsigned int table, const void *from, size_t from_len,
		bool (*each)(void *arg, const void *key, size_t key_len, const void *value,
			size_t value_len),
		void *arg);
	int (*sync)(struct store *s);
};

/* First member of each back end's own struct. */
struct store {
	const struct store_backend *backend;
	unsigned int tables;
};

int store_memory_open(struct store **out, unsigned int tables, char *why, size_t why_size);
int store_lmdb_open(struct store **out, const char *directory, uint64_t size_max,
	const char *const *tables, unsigned int count, char *why, size_t why_size);

#endif
