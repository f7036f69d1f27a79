/* See disk.h. Two stores in memory: what is written, and what was there at the last sync; between
 * them a list of what has been written since. */
#include "tests/sim/disk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/store/store_internal.h"

struct written {
	STAILQ_ENTRY(written) link;
	struct store_change change;
	uint8_t bytes[];
};

struct disk {
	struct store store; /* handed out */
	const char *const *tables;
	struct store *now, *synced;
	STAILQ_HEAD(written_list, written) since, held;
	bool (*may)(void *arg, const struct store_change *changes, size_t count);
	void *may_arg;
	bool holds, fails, silent, has_mark;
	uint64_t mark; /* beside it: outlives power loss, and is written on a full disk too */
};

static struct disk *of(struct store *s)
{
	return (struct disk *)s;
}

static void close_store(struct store *s)
{
	(void)s; /* the disk stays */
}

static void on_done(void *arg, int result)
{
	*(int *)arg = result;
}

static int submit(struct store *s, const struct store_change *changes, size_t count)
{
	int result = -EIO;

	store_submit(s, changes, count, on_done, &result);
	return result;
}

static struct written *written_new(const struct store_change *c)
{
	struct written *w = malloc(sizeof(*w) + c->key_len + c->value_len);

	if (!w)
		return NULL;
	w->change = *c;
	w->change.key = w->bytes;
	memcpy(w->bytes, c->key, c->key_len);
	if (!c->value)
		return w;
	w->change.value = w->bytes + c->key_len;
	memcpy(w->bytes + c->key_len, c->value, c->value_len);
	return w;
}

static int commit(struct store *s, const struct store_change *changes, size_t count)
{
	struct disk *d = of(s);
	int err;

	if (d->fails)
		return d->silent ? 0 : -ENOSPC;
	if (d->may && !d->may(d->may_arg, changes, count))
		return 0;
	err = d->holds ? 0 : submit(d->now, changes, count);
	for (size_t i = 0; !err && i < count; i++) {
		struct written *w = written_new(&changes[i]);

		if (!w)
			return -ENOMEM;
		if (d->holds)
			STAILQ_INSERT_TAIL(&d->held, w, link);
		else
			STAILQ_INSERT_TAIL(&d->since, w, link);
	}
	return err;
}

void disk_watch(struct disk *d,
	bool (*may)(void *arg, const struct store_change *changes, size_t count), void *arg)
{
	d->may = may;
	d->may_arg = arg;
}

void disk_fail(struct disk *d, bool fails, bool silent)
{
	d->fails = fails;
	d->silent = silent;
}

bool disk_fails(const struct disk *d)
{
	return d->fails;
}

void disk_hold(struct disk *d)
{
	d->holds = true;
}

static int get(struct store *s, unsigned int table, const void *key, size_t key_len, void *value,
	size_t *len)
{
	return store_get(of(s)->now, table, key, key_len, value, len);
}

static int scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	return store_scan(of(s)->now, table, from, from_len, each, arg);
}

static void empty(struct written_list *list)
{
	struct written *w;

	while ((w = STAILQ_FIRST(list))) {
		STAILQ_REMOVE_HEAD(list, link);
		free(w);
	}
}

static void forget(struct disk *d)
{
	empty(&d->since);
	empty(&d->held);
}

void disk_release(struct disk *d, bool write)
{
	struct written *w;

	d->holds = false;
	if (!write)
		empty(&d->held);
	STAILQ_FOREACH (w, &d->held, link)
		if (submit(d->now, &w->change, 1))
			abort();
	STAILQ_CONCAT(&d->since, &d->held);
}

static int sync_store(struct store *s)
{
	struct disk *d = of(s);
	struct written *w;
	int err = 0;

	STAILQ_FOREACH (w, &d->since, link)
		err = err ? err : submit(d->synced, &w->change, 1);
	empty(&d->since);
	return err;
}

/* As the store in memory: one state only. */
static int view_open(struct store *s, struct store_view *v)
{
	v->store = s;
	return 0;
}

static int view_get(struct store_view *v, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	return get(v->store, table, key, key_len, value, len);
}

static int view_scan(struct store_view *v, unsigned int table, const void *from, size_t from_len,
	store_each *each, void *arg)
{
	return scan(v->store, table, from, from_len, each, arg);
}

static void view_close(struct store_view *v)
{
	(void)v;
}

static void stat_store(struct store *s, struct store_stat *out)
{
	store_stat(of(s)->now, out);
}

static int snapshot(struct store *s)
{
	(void)s;
	return 0; /* none is needed: what was synced is never damaged */
}

static int mark(struct store *s, uint64_t *value)
{
	*value = of(s)->mark;
	return of(s)->has_mark ? 0 : -ENOENT;
}

static int mark_set(struct store *s, uint64_t value)
{
	of(s)->mark = value;
	of(s)->has_mark = true;
	return 0;
}

static const struct store_backend backend = {
	.close = close_store,
	.commit = commit,
	.get = get,
	.scan = scan,
	.sync = sync_store,
	.view_open = view_open,
	.view_get = view_get,
	.view_scan = view_scan,
	.view_close = view_close,
	.stat = stat_store,
	.snapshot = snapshot,
	.mark = mark,
	.mark_set = mark_set,
};

static int open_both(struct disk *d)
{
	char why[128];

	return store_open(&d->now, "memory:", d->tables, why, sizeof(why)) ||
	       store_open(&d->synced, "memory:", d->tables, why, sizeof(why));
}

struct disk *disk_new(const char *const *tables)
{
	struct disk *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	STAILQ_INIT(&d->since);
	STAILQ_INIT(&d->held);
	d->tables = tables;
	d->store.backend = &backend;
	while (tables[d->store.tables])
		d->store.tables++;
	if (!open_both(d))
		return d;
	disk_free(d);
	return NULL;
}

void disk_free(struct disk *d)
{
	if (!d)
		return;
	forget(d);
	store_close(d->now);
	store_close(d->synced);
	free(d);
}

struct store *disk_open(struct disk *d)
{
	return &d->store;
}

struct copy {
	struct store *to;
	unsigned int table;
};

static bool copy_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	const struct copy *c = arg;
	const struct store_change change = {c->table, key, key_len, value, value_len};

	return submit(c->to, &change, 1) == 0;
}

void disk_lose_power(struct disk *d)
{
	char why[128];
	struct copy c;

	forget(d);
	store_close(d->now);
	if (store_open(&d->now, "memory:", d->tables, why, sizeof(why)))
		abort();
	c.to = d->now;
	for (c.table = 0; c.table < d->store.tables; c.table++)
		store_scan(d->synced, c.table, NULL, 0, copy_one, &c);
}

void disk_wipe(struct disk *d)
{
	forget(d);
	d->has_mark = false;
	store_close(d->now);
	store_close(d->synced);
	if (open_both(d))
		abort();
}
