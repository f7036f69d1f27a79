/* See store.h. Here: the choice of a back end, and the bounds that all of them share. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/store/store_internal.h"

#define LMDB_SIZE_DEFAULT (1ull << 30)
#define LMDB_SIZE_MIN     (1ull << 16)

/* "64MiB" at @text into bytes. */
static bool read_size(const char *text, uint64_t *out)
{
	static const struct {
		const char *name;
		unsigned int shift;
	} units[] = {{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
	unsigned long long v;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoull(text, &end, 10);
	for (size_t i = 0; !errno && i < sizeof(units) / sizeof(*units); i++) {
		if (strcmp(end, units[i].name))
			continue;
		*out = v << units[i].shift;
		return *out >> units[i].shift == v;
	}
	return false;
}

/* One NAME=VALUE of the query. Returns what would be right, or NULL. */
static const char *read_option(const char *text, struct store_lmdb_options *o)
{
	if (!strncmp(text, "size=", 5))
		return read_size(text + 5, &o->size_max) && o->size_max >= LMDB_SIZE_MIN
			       ? NULL
			       : "size= from 64KiB, like 64MiB";
	if (!strncmp(text, "snapshot=", 9))
		return read_size(text + 9, &o->snapshot_s) ? NULL : "snapshot= in seconds";
	if (!strncmp(text, "sync=", 5)) {
		o->power = !strcmp(text + 5, "power");
		return o->power || !strcmp(text + 5, "process") ? NULL
								: "sync=process or sync=power";
	}
	return "size=, sync= or snapshot= after ?";
}

/* "DIRECTORY" or "DIRECTORY?size=64MiB&sync=power". */
static int open_lmdb(struct store **out, const char *rest, const char *const *tables,
	unsigned int count, char *why, size_t why_size)
{
	struct store_lmdb_options o = {.size_max = LMDB_SIZE_DEFAULT};
	const char *query = strrchr(rest, '?'), *want = NULL;
	char directory[4096], options[256], *at = options, *one;

	snprintf(options, sizeof(options), "%s", query ? query + 1 : "");
	while (query && !want && (one = strsep(&at, "&")))
		want = read_option(one, &o);
	if (want) {
		snprintf(why, why_size, "store \"lmdb:%s\": want %s", rest, want);
		return -EINVAL;
	}
	if (!query)
		query = rest + strlen(rest);
	if (query == rest || (size_t)(query - rest) >= sizeof(directory)) {
		snprintf(why, why_size, "store \"lmdb:%s\": want a directory after lmdb:", rest);
		return -EINVAL;
	}
	snprintf(directory, sizeof(directory), "%.*s", (int)(query - rest), rest);
	return store_lmdb_open(out, directory, &o, tables, count, why, why_size);
}

int store_open(
	struct store **out, const char *spec, const char *const *tables, char *why, size_t why_size)
{
	unsigned int count = 0;

	*out = NULL;
	while (tables[count])
		count++;
	if (!count || count > STORE_TABLES_MAX) {
		snprintf(why, why_size, "%u tables in a store; want 1 to %d", count,
			STORE_TABLES_MAX);
		return -EINVAL;
	}
	if (!strcmp(spec, "memory:"))
		return store_memory_open(out, count, why, why_size);
	if (!strncmp(spec, "lmdb:", 5))
		return open_lmdb(out, spec + 5, tables, count, why, why_size);
	snprintf(why, why_size, "store \"%s\": want memory: or lmdb:DIRECTORY", spec);
	return -EINVAL;
}

void store_close(struct store *s)
{
	if (s)
		s->backend->close(s);
}

static bool key_is_right(const struct store *s, unsigned int table, size_t key_len)
{
	return table < s->tables && key_len >= 1 && key_len <= STORE_KEY_MAX;
}

void store_submit(struct store *s, const struct store_change *changes, size_t count,
	void (*done)(void *arg, int result), void *arg)
{
	for (size_t i = 0; i < count; i++) {
		const struct store_change *c = &changes[i];

		if (!key_is_right(s, c->table, c->key_len) ||
			(c->value && c->value_len > STORE_VALUE_MAX)) {
			done(arg, -EINVAL);
			return;
		}
	}
	done(arg, s->backend->commit(s, changes, count));
}

static void take_result(void *arg, int result)
{
	*(int *)arg = result;
}

int store_commit(struct store *s, const struct store_change *changes, size_t count)
{
	int result = -EIO;

	store_submit(s, changes, count, take_result, &result);
	return result;
}

int store_get(struct store *s, unsigned int table, const void *key, size_t key_len, void *value,
	size_t *len)
{
	if (!key_is_right(s, table, key_len))
		return -EINVAL;
	return s->backend->get(s, table, key, key_len, value, len);
}

int store_scan(struct store *s, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	if (!key_is_right(s, table, from ? from_len : 1))
		return -EINVAL;
	return s->backend->scan(s, table, from, from_len, each, arg);
}

int store_sync(struct store *s)
{
	return s->backend->sync(s);
}

int store_mark(struct store *s, uint64_t *value)
{
	return s->backend->mark ? s->backend->mark(s, value) : -ENOTSUP;
}

int store_mark_drop(struct store *s)
{
	return s->backend->mark_drop ? s->backend->mark_drop(s) : 0;
}

int store_mark_raise(struct store *s, uint64_t value)
{
	uint64_t now;

	if (!s->backend->mark)
		return 0;
	if (!s->backend->mark(s, &now) && now >= value)
		return 0;
	return s->backend->mark_set(s, value);
}

int store_view_open(struct store *s, struct store_view **out)
{
	struct store_view *v = calloc(1, sizeof(*v));
	int err;

	*out = NULL;
	if (!v)
		return -ENOMEM;
	v->store = s;
	err = s->backend->view_open(s, v);
	if (err)
		free(v);
	else
		*out = v;
	return err;
}

void store_view_close(struct store_view *v)
{
	if (v)
		v->store->backend->view_close(v);
	free(v);
}

int store_view_get(struct store_view *v, unsigned int table, const void *key, size_t key_len,
	void *value, size_t *len)
{
	if (!key_is_right(v->store, table, key_len))
		return -EINVAL;
	return v->store->backend->view_get(v, table, key, key_len, value, len);
}

int store_view_scan(struct store_view *v, unsigned int table, const void *from, size_t from_len,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	if (!key_is_right(v->store, table, from ? from_len : 1))
		return -EINVAL;
	return v->store->backend->view_scan(v, table, from, from_len, each, arg);
}

void store_stat(struct store *s, struct store_stat *out)
{
	*out = (struct store_stat){0};
	s->backend->stat(s, out);
}

uint64_t store_renewals(const struct store *s)
{
	return s->backend->renewals ? s->backend->renewals(s) : 0;
}

int store_snapshot(struct store *s)
{
	return s->backend->snapshot(s);
}
