/* See durable.h. */
#include "mapserver/durable.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SEQ_BLOCK    (1ull << 32) /* sequence numbers that one run may use */
#define FLUSH_NONCES 512          /* in one transaction */

const char *const durable_tables[] = {"nonces", "state", NULL};

struct done {
	bool called;
	int result;
};

static void on_done(void *arg, int result)
{
	struct done *d = arg;

	d->result = result;
	d->called = true;
}

/* The back ends of today are done when store_submit returns. */
static bool submit(struct durable *d, const struct store_change *changes, size_t count)
{
	struct done done = {false, -EIO};

	if (!d->store || !count)
		return true;
	store_submit(d->store, changes, count, on_done, &done);
	if (done.result) {
		server_count(d->t, COUNT_STORE_FAILURES);
		log_error(d->t->log, "store: %zu changes live in memory only: %s", count,
			strerror(-done.result));
	}
	__atomic_store_n(&d->failing, done.result != 0, __ATOMIC_RELAXED);
	return done.result == 0;
}

bool durable_healthy(const struct durable *d)
{
	return !__atomic_load_n(&d->failing, __ATOMIC_RELAXED);
}

/* Nonces on their way to the store. */
struct nonce_batch {
	struct durable *d;
	size_t count;
	struct replay_entry *entries[FLUSH_NONCES];
	uint64_t nonces[FLUSH_NONCES];
	uint8_t values[FLUSH_NONCES][REPLAY_VALUE_BYTES];
	struct store_change changes[FLUSH_NONCES];
};

static void nonces_submit(struct nonce_batch *b)
{
	if (submit(b->d, b->changes, b->count))
		for (size_t i = 0; i < b->count; i++)
			replay_saved(b->entries[i], b->nonces[i]);
	b->count = 0;
}

static void nonces_add(struct replay_entry *e, void *arg)
{
	struct nonce_batch *b = arg;
	size_t i = b->count;

	if (!replay_value(e, &b->nonces[i], b->values[i]))
		return;
	b->entries[i] = e;
	b->changes[i] = (struct store_change){.table = DURABLE_TABLE_NONCES,
		.key = e->key,
		.key_len = REPLAY_KEY_BYTES,
		.value = b->values[i],
		.value_len = REPLAY_VALUE_BYTES};
	if (++b->count == FLUSH_NONCES)
		nonces_submit(b);
}

void durable_write(struct durable *d, struct replay_entry *const *entries, size_t count)
{
	struct nonce_batch b = {.d = d};

	if (!d->store)
		return;
	for (size_t i = 0; i < count; i++)
		nonces_add(entries[i], &b);
	nonces_submit(&b);
}

void durable_write_all(struct durable *d, struct replay *replay)
{
	struct nonce_batch b = {.d = d};

	if (!d->store)
		return;
	replay_each(replay, nonces_add, &b);
	nonces_submit(&b);
}

int durable_recover_floor(struct store *store, uint64_t *seq_floor, char *why, size_t why_size)
{
	static const char key[] = "seq-floor";
	uint8_t value[8] = {0};
	struct store_change change = {.table = DURABLE_TABLE_STATE,
		.key = key,
		.key_len = sizeof(key) - 1,
		.value = value,
		.value_len = sizeof(value)};
	struct done d = {false, -EIO};
	struct wire_fault fault;
	struct wire_reader r;
	struct wire_writer w;
	size_t len = sizeof(value);
	int err = store_get(store, DURABLE_TABLE_STATE, key, sizeof(key) - 1, value, &len);

	if (err && err != -ENOENT) {
		snprintf(why, why_size, "cannot read the sequence number: %s", strerror(-err));
		return err;
	}
	wire_reader_init(&r, value, sizeof(value), &fault);
	*seq_floor = wire_get_u64(&r, "seq-floor");
	wire_writer_init(&w, value, sizeof(value));
	wire_put_u64(&w, *seq_floor + SEQ_BLOCK);
	store_submit(store, &change, 1, on_done, &d);
	if (!d.result) /* else a loss of power in this second would give the numbers again */
		d.result = store_sync(store);
	if (d.result)
		snprintf(why, why_size, "cannot reserve sequence numbers: %s", strerror(-d.result));
	return d.result;
}

static bool load_one(
	void *arg, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct replay *r = arg;

	return replay_load(r, key, key_len, value, value_len);
}

int durable_recover_nonces(struct store *store, struct replay *replay, char *why, size_t why_size)
{
	int err = store_scan(store, DURABLE_TABLE_NONCES, NULL, 0, load_one, replay);

	if (err)
		snprintf(why, why_size, "cannot read the nonces: %s", strerror(-err));
	return err;
}
