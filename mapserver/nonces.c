/* See nonces.h. */
#include "mapserver/nonces.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/base/rcu.h"
#include "lib/base/wire.h"
#include "mapserver/handover.h"

#define CLEAN_SLICE 8000 /* rows of a transaction */

/* The fingerprints of all keys of all sites, sorted. */
struct known {
	uint64_t *list;
	size_t count;
};

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* False: out of memory. */
static bool find_known(const struct server *s, struct known *k)
{
	const struct site_table *t = rcu_load(&s->sites);
	size_t sites = t ? site_table_count(t) : 0;

	*k = (struct known){.list = calloc(sites * SITE_KEYS_MAX + 1, sizeof(k->list[0]))};
	if (!k->list)
		return false;
	for (size_t i = 0; i < sites; i++) {
		const struct site *site = site_table_at(t, i);

		for (unsigned int j = 0; j < site->key_count; j++)
			k->list[k->count++] = site->keys[j].fingerprint;
	}
	qsort(k->list, k->count, sizeof(k->list[0]), compare);
	return true;
}

static bool is_known(const struct known *k, uint64_t fingerprint)
{
	return bsearch(&fingerprint, k->list, k->count, sizeof(fingerprint), compare) != NULL;
}

/* Where the pair of a stored @key belongs. */
static struct replay *table_of(const struct server *s, const uint8_t key[REPLAY_KEY_BYTES])
{
	struct wire_fault fault;
	struct wire_reader r;

	wire_reader_init(&r, key, REPLAY_KEY_BYTES, &fault);
	return wire_get_u64(&r, "Site-ID") == HANDOVER_SITE_ID ? s->prepares : s->replay;
}

/* ---- out of the store ---- */

struct loading {
	const struct server *server;
	struct known known;
	bool present; /* this pass is for keys that somebody has */
	size_t left_out;
};

static bool load_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct loading *l = arg;
	struct replay *table;
	uint64_t fingerprint;

	if (!replay_stored_fingerprint(key, key_len, &fingerprint) ||
		is_known(&l->known, fingerprint) != l->present)
		return true;
	table = table_of(l->server, key);
	if ((!l->present && replay_crowded(table)) ||
		!replay_load(table, key, key_len, value, value_len))
		l->left_out++;
	return true;
}

int nonces_load(struct durable *d, struct store *store, size_t *left_out)
{
	struct loading l = {.server = d->t->server, .present = true};
	int err;

	if (!find_known(d->t->server, &l.known))
		return -ENOMEM;
	err = store_scan(store, STORED_NONCES, NULL, 0, load_one, &l);
	l.present = false;
	if (err >= 0)
		err = store_scan(store, STORED_NONCES, NULL, 0, load_one, &l);
	free(l.known.list);
	*left_out = l.left_out;
	return err;
}

struct cleaning {
	struct durable *d;
	struct known known;
	size_t deleted;
};

static bool clean_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct cleaning *c = arg;
	uint64_t fingerprint;

	(void)value;
	(void)value_len;
	if (replay_stored_fingerprint(key, key_len, &fingerprint) &&
		!is_known(&c->known, fingerprint) &&
		!replay_has(table_of(c->d->t->server, key), key)) {
		durable_put(c->d, STORED_NONCES, key, key_len, NULL, 0);
		c->deleted++;
	}
	return c->deleted < CLEAN_SLICE;
}

void nonces_clean(struct durable *d)
{
	struct cleaning c = {.d = d, .deleted = CLEAN_SLICE};

	if (!find_known(d->t->server, &c.known))
		return;
	while (c.deleted == CLEAN_SLICE) {
		c.deleted = 0;
		durable_begin(d);
		if (store_scan(d->store, STORED_NONCES, NULL, 0, clean_one, &c) < 0)
			c.deleted = 0;
		if (!durable_end(d))
			break;
	}
	free(c.known.list);
}

/* ---- later ---- */

static bool known_to(void *arg, uint64_t fingerprint)
{
	return is_known(arg, fingerprint);
}

static bool take_out(void *arg, const struct replay_entry *e)
{
	struct durable *d = arg;

	if (!durable_room(d))
		return false; /* the others go next time */
	durable_put(d, STORED_NONCES, e->key, REPLAY_KEY_BYTES, NULL, 0);
	return true;
}

static void prune(struct durable *d, struct replay *table)
{
	struct known known;

	if (!replay_crowded(table) || !find_known(d->t->server, &known))
		return;
	durable_begin(d);
	replay_prune(table, known_to, &known, take_out, d);
	durable_end(d);
	free(known.list);
}

void nonces_prune(struct durable *d)
{
	prune(d, d->t->server->replay);
	prune(d, d->t->server->prepares);
}
