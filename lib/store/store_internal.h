/* store_internal: what a back end offers to store.c. See store.h. */
#ifndef SUNWARD_LIB_STORE_STORE_INTERNAL_H
#define SUNWARD_LIB_STORE_STORE_INTERNAL_H

#include "lib/store/store.h"

typedef bool store_each(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len);

struct store_backend {
	void (*close)(struct store *s);
	/* All or nothing; 0 or -errno. The changes' bounds were checked. */
	int (*commit)(struct store *s, const struct store_change *changes, size_t count);
	int (*get)(struct store *s, unsigned int table, const void *key, size_t key_len,
		void *value, size_t *len);
	int (*scan)(struct store *s, unsigned int table, const void *from, size_t from_len,
		store_each *each, void *arg);
	int (*sync)(struct store *s);
	/* Of a view: see store.h. */
	int (*view_open)(struct store *s, struct store_view *v);
	int (*view_get)(struct store_view *v, unsigned int table, const void *key, size_t key_len,
		void *value, size_t *len);
	int (*view_scan)(struct store_view *v, unsigned int table, const void *from,
		size_t from_len, store_each *each, void *arg);
	void (*view_close)(struct store_view *v);
	void (*stat)(struct store *s, struct store_stat *out);
	int (*snapshot)(struct store *s);
	/* NULL: it has no mark. */
	int (*mark)(struct store *s, uint64_t *value);
	int (*mark_set)(struct store *s, uint64_t value);
	int (*mark_drop)(struct store *s);
	uint64_t (*renewals)(const struct store *s); /* NULL: never */
};

/* First member of each back end's own struct. */
struct store {
	const struct store_backend *backend;
	unsigned int tables;
};

struct store_view {
	struct store *store;
	void *reader; /* the back end's */
};

struct store_lmdb_options {
	uint64_t size_max;   /* bytes */
	bool power;          /* each commit waits for the disk */
	uint64_t snapshot_s; /* 0: none */
};

int store_memory_open(struct store **out, unsigned int tables, char *why, size_t why_size);
int store_lmdb_open(struct store **out, const char *directory, const struct store_lmdb_options *opt,
	const char *const *tables, unsigned int count, char *why, size_t why_size);

#endif
