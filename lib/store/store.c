/* See store.h. Here: the choice of a back end, and the bounds that all of them share. */
#include "lib/store/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* "DIRECTORY" or "DIRECTORY?size=64MiB". */
static int open_lmdb(struct store **out, const char *rest, const char *const *tables,
	unsigned int count, char *why, size_t why_size)
{
	const char *query = strrchr(rest, '?');
	uint64_t size = LMDB_SIZE_DEFAULT;
	char directory[4096];

	if (query && (strncmp(query, "?size=", 6) || !read_size(query + 6, &size) ||
			     size < LMDB_SIZE_MIN)) {
		snprintf(why, why_size, "store \"lmdb:%s\": want ?size= from 64KiB, like 64MiB",
			rest);
		return -EINVAL;
	}
	if (!query)
		query = rest + strlen(rest);
	if (query == rest || (size_t)(query - rest) >= sizeof(directory)) {
		snprintf(why, why_size, "store \"lmdb:%s\": want a directory after lmdb:", rest);
		return -EINVAL;
	}
	snprintf(directory, sizeof(directory), "%.*s", (int)(query - rest), rest);
	return store_lmdb_open(out, directory, size, tables, count, why, why_size);
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
