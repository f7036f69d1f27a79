/* store_memory: tables in memory, gone with the process; for tests and for daemons whose state
 * heals by itself.
 *
 * One red-black tree a table, under a lock: one thread submits, others may read. A commit allocates
 * everything first, so that it can fail without a trace. */
#include "lib/store/store_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/tree.h>

struct item {
	RB_ENTRY(item) link;
	size_t key_len, value_len;
	uint8_t bytes[]; /* key, value */
};

/* By bytes, the shorter first: LMDB's order. */
static int item_order(struct item *a, struct item *b)
{
	size_t n = a->key_len < b->key_len ? a->key_len : b->key_len;
	int c = memcmp(a->bytes, b->bytes, n);

	return c ? c : (a->key_len > b->key_len) - (a->key_len < b->key_len);
}

RB_HEAD(tree, item);
/* Some of what it makes is not used, which RB_GENERATE_STATIC() leaves untold on Linux. */
RB_GENERATE_INTERNAL(tree, item, link, item_order, __attribute__((unused)) static)

struct store_memory {
	struct store store;
	pthread_rwlock_t lock;
	struct tree tables[STORE_TABLES_MAX];
};

static struct store_memory *memory(struct store *s)
{
	return (struct store_memory *)s;
}

static struct item *item_new(const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct item *i = malloc(sizeof(*i) + key_len + value_len);

	if (!i)
		return NULL;
	i->key_len = key_len;
	i->value_len = value_len;
	memcpy(i->bytes, key, key_len);
	if (value_len)
		memcpy(i->bytes + key_len, value, value_len);
	return i;
}

static void memory_close(struct store *s)
{
	struct store_memory *m = memory(s);

	for (unsigned int t = 0; t < s->tables; t++) {
		struct item *i;

		while ((i = RB_MIN(tree, &m->tables[t]))) {
			RB_REMOVE(tree, &m->tables[t], i);
			free(i);
		}
	}
	pthread_rwlock_destroy(&m->lock);
	free(m);
}

static void apply(struct store_memory *m, const struct store_change *c, struct item *new)
{
	struct tree *tree = &m->tables[c->table];
	struct item *old = RB_FIND(tree, tree, new);

	if (old) {
		RB_REMOVE(tree, tree, old);
		free(old);
	}
	if (c->value)
		RB_INSERT(tree, tree, new);
	else
		free(new);
}

static int memory_commit(struct store *s, const struct store_change *changes, size_t count)
{
	struct store_memory *m = memory(s);
	struct item **new;
	size_t made = 0;

	if (!count)
		return 0;
	new = calloc(count, sizeof(struct item *));
	if (!new)
		return -ENOMEM;
	for (; made < count; made++) {
		const struct store_change *c = &changes[made];

		new[made] = item_new(c->key, c->key_len, c->value, c->value ? c->value_len : 0);
		if (!new[made])
			break;
	}
	if (made == count) {
		pthread_rwlock_wrlock(&m->lock);
		for (size_t i = 0; i < count; i++)
			apply(m, &changes[i], new[i]);
		pthread_rwlock_unlock(&m->lock);
	} else {
		for (size_t i = 0; i < made; i++)
			free(new[i]);
	}
	free(new);
	return made == count ? 0 : -ENOMEM;
}

static int memory_get(struct store *s, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	struct item *wanted = item_new(key, key_len, NULL, 0), *found;
	struct store_memory *m = memory(s);
	int error = 0;

	if (!wanted)
		return -ENOMEM;
	pthread_rwlock_rdlock(&m->lock);
	found = RB_FIND(tree, &m->tables[table], wanted);
	if (!found)
		error = -ENOENT;
	else if (found->value_len > *len)
		error = -EMSGSIZE;
	else if (found->value_len)
		memcpy(value, found->bytes + key_len, found->value_len);
	if (found)
		*len = found->value_len;
	pthread_rwlock_unlock(&m->lock);
	free(wanted);
	return error;
}

static int memory_scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	struct store_memory *m = memory(s);
	struct item *wanted = from ? item_new(from, from_len, NULL, 0) : NULL, *i;

	if (from && !wanted)
		return -ENOMEM;
	pthread_rwlock_rdlock(&m->lock);
	i = wanted ? RB_NFIND(tree, &m->tables[table], wanted) : RB_MIN(tree, &m->tables[table]);
	while (i && each(arg, i->bytes, i->key_len, i->bytes + i->key_len, i->value_len))
		i = RB_NEXT(tree, &m->tables[table], i);
	pthread_rwlock_unlock(&m->lock);
	free(wanted);
	return 0;
}

static int memory_sync(struct store *s)
{
	return 0; /* nothing outlives the process */
}

/* Memory keeps one state only: a view shows it. */
static int view_open(struct store *s, struct store_view *v)
{
	(void)s;
	(void)v;
	return 0;
}

static int view_get(struct store_view *v, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	return memory_get(v->store, table, key, key_len, value, len);
}

static int view_scan(struct store_view *v, unsigned int table, const void *from, size_t from_len,
	store_each *each, void *arg)
{
	return memory_scan(v->store, table, from, from_len, each, arg);
}

static void view_close(struct store_view *v)
{
	(void)v;
}

static void memory_stat(struct store *s, struct store_stat *out)
{
	(void)s;
	(void)out;
}

static int memory_snapshot(struct store *s)
{
	(void)s;
	return -ENOTSUP;
}

static const struct store_backend backend = {
	.close = memory_close,
	.commit = memory_commit,
	.get = memory_get,
	.scan = memory_scan,
	.sync = memory_sync,
	.view_open = view_open,
	.view_get = view_get,
	.view_scan = view_scan,
	.view_close = view_close,
	.stat = memory_stat,
	.snapshot = memory_snapshot,
};

int store_memory_open(struct store **out, unsigned int tables, char *why, size_t why_size)
{
	struct store_memory *m = calloc(1, sizeof(*m));

	if (!m) {
		snprintf(why, why_size, "store \"memory:\": no memory");
		return -ENOMEM;
	}
	m->store = (struct store){.backend = &backend, .tables = tables};
	pthread_rwlock_init(&m->lock, NULL);
	for (unsigned int t = 0; t < tables; t++)
		RB_INIT(&m->tables[t]);
	*out = &m->store;
	return 0;
}
