/* See state.h. */
#include "common/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/log.h"
#include "lib/base/random.h"
#include "lib/store/store.h"

#define BLOCK (1ull << 20) /* nonces reserved at a time */
#define WALL_BITS                                                                                  \
	20 /* a lost folder: begin at seconds << 20, above a million messages a second             \
	    */

static const char nonce_key[] = "nonce";

struct state {
	char id_key[32];
	struct store *store;
	struct log *log;
	uint64_t first;
	uint64_t reserved;  /* nonces below this may be used */
	uint64_t failed_at; /* the reservation that failed last, to log it once */
};

int state_keep(
	struct state *s, const void *key, size_t key_len, const void *value, size_t value_len)
{
	const struct store_change change = {
		.key = key, .key_len = key_len, .value = value, .value_len = value_len};

	return store_commit(s->store, &change, 1);
}

static int put(struct state *s, const char *key, const void *value, size_t len)
{
	int result = state_keep(s, key, strlen(key), value, len);

	return result ? result : store_sync(s->store);
}

static void reserve(struct state *s, uint64_t below)
{
	int rc = put(s, nonce_key, &below, sizeof(below));
	int beside = store_mark_raise(s->store, below);

	rc = beside ? rc : 0; /* one of the two is enough: the next start takes the higher */
	if (rc == 0)
		s->reserved = below;
	else if (s->failed_at != s->reserved)
		log_error(s->log,
			"state: nonces up to %llu cannot be reserved (%s); after a restart peers may refuse "
			"us for a while",
			(unsigned long long)below, strerror(-rc));
	s->failed_at = rc ? s->reserved : 0;
}

struct state *state_open(const char *dir, const char *daemon, uint64_t wall_s, struct log *log)
{
	const char *const tables[] = {daemon, NULL};
	struct state *s = calloc(1, sizeof(*s));
	uint64_t stored = 0, mark = 0;
	size_t len = sizeof(stored);
	char spec[512], why[256];

	if (!s)
		return NULL;
	s->log = log;
	snprintf(s->id_key, sizeof(s->id_key), "%s-id", daemon);
	snprintf(spec, sizeof(spec), "lmdb:%s?size=64MiB", dir);
	if (store_open(&s->store, spec, tables, why, sizeof(why))) {
		log_error(log, "state-dir %s: %s", dir, why);
		free(s);
		return NULL;
	}
	if (store_get(s->store, 0, nonce_key, strlen(nonce_key), &stored, &len) ||
		len != sizeof(stored))
		stored = 0;
	if (store_mark(s->store, &mark) == 0 && mark > stored)
		stored = mark; /* the file was damaged, or is an old one */
	s->first = stored > wall_s << WALL_BITS ? stored : wall_s << WALL_BITS;
	reserve(s, s->first + BLOCK);
	return s;
}

void state_close(struct state *s)
{
	if (!s)
		return;
	store_close(s->store);
	free(s);
}

uint64_t state_first_nonce(const struct state *s)
{
	return s->first;
}

void state_use_nonce(struct state *s, uint64_t next)
{
	if (next + BLOCK / 2 > s->reserved)
		reserve(s, next + BLOCK);
}

void state_id(struct state *s, struct random *random, uint8_t id[16])
{
	size_t len = 16;

	if (!store_get(s->store, 0, s->id_key, strlen(s->id_key), id, &len) && len == 16)
		return;
	random_bytes(random, id, 16);
	if (put(s, s->id_key, id, 16))
		log_error(s->log, "state: the %s cannot be kept; it changes at the next start",
			s->id_key);
}

/* ---- records of the daemon's own ---- */

struct walk {
	const char *prefix;
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len);
	void *arg;
};

static bool on_record(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	const struct walk *w = arg;
	size_t len = strlen(w->prefix);

	return key_len >= len && !memcmp(key, w->prefix, len) &&
	       w->each(w->arg, key, key_len, value, value_len);
}

int state_kept(struct state *s, const char *prefix,
	bool (*each)(
		void *arg, const void *key, size_t key_len, const void *value, size_t value_len),
	void *arg)
{
	struct walk w = {.prefix = prefix, .each = each, .arg = arg};

	return store_scan(s->store, 0, prefix, strlen(prefix), on_record, &w);
}
