/* See replay.h. */
#include "mapserver/replay.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/wire.h"

struct replay {
	struct keymap *map;
};

static struct replay_entry *of_node(struct keymap_node *node)
{
	return (struct replay_entry *)(void *)((char *)node - offsetof(struct replay_entry, node));
}

struct replay *replay_new(size_t max, const uint8_t secret[16])
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->map = keymap_new(max, offsetof(struct replay_entry, key), REPLAY_KEY_BYTES, secret);
	if (!r->map) {
		free(r);
		return NULL;
	}
	return r;
}

static void free_one(struct keymap_node *node, void *arg)
{
	(void)arg;
	free(of_node(node));
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	keymap_each(r->map, free_one, NULL);
	keymap_free(r->map);
	free(r);
}

static struct replay_entry *intern(struct replay *r, const uint8_t key[REPLAY_KEY_BYTES])
{
	struct keymap_node *node = keymap_find(r->map, key);
	struct replay_entry *e;

	if (node)
		return of_node(node);
	e = calloc(1, sizeof(*e));
	if (!e)
		return NULL;
	memcpy(e->key, key, REPLAY_KEY_BYTES);
	node = keymap_insert(r->map, &e->node);
	if (node != &e->node)
		free(e);
	return node ? of_node(node) : NULL;
}

enum replay_verdict replay_check(struct replay *r, uint64_t site_id,
	const struct lisp_xtr_id *xtr_id, uint64_t key_fingerprint, uint64_t nonce,
	struct replay_entry **entry)
{
	uint8_t key[REPLAY_KEY_BYTES];
	struct replay_entry *e;
	struct wire_writer w;
	uint64_t last;

	wire_writer_init(&w, key, sizeof(key));
	wire_put_u64(&w, site_id);
	wire_put_bytes(&w, xtr_id->bytes, sizeof(xtr_id->bytes));
	wire_put_u64(&w, key_fingerprint);
	*entry = e = intern(r, key);
	if (!e)
		return REPLAY_FULL;
	last = __atomic_load_n(&e->nonce, __ATOMIC_ACQUIRE);
	/* Nonce 0 exceeds nothing, but is right as the very first: only one thread can flip
	 * `known`. */
	if (nonce == 0)
		return __atomic_exchange_n(&e->known, true, __ATOMIC_ACQ_REL) ? REPLAY_OLD
									      : REPLAY_NEW;
	do {
		if (nonce <= last)
			return REPLAY_OLD;
	} while (!__atomic_compare_exchange_n(
		&e->nonce, &last, nonce, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE));
	__atomic_store_n(&e->known, true, __ATOMIC_RELEASE);
	return REPLAY_NEW;
}

bool replay_value(const struct replay_entry *e, uint64_t *nonce, uint8_t value[REPLAY_VALUE_BYTES])
{
	struct wire_writer w;

	*nonce = __atomic_load_n(&e->nonce, __ATOMIC_ACQUIRE);
	wire_writer_init(&w, value, REPLAY_VALUE_BYTES);
	wire_put_u64(&w, *nonce);
	return *nonce != e->saved;
}

void replay_saved(struct replay_entry *e, uint64_t nonce)
{
	e->saved = nonce;
}

bool replay_load(
	struct replay *r, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct wire_fault fault;
	struct replay_entry *e;
	struct wire_reader rd;
	uint64_t last;

	if (key_len != REPLAY_KEY_BYTES || value_len != REPLAY_VALUE_BYTES)
		return false;
	e = intern(r, key);
	if (!e)
		return false;
	wire_reader_init(&rd, value, value_len, &fault);
	e->saved = wire_get_u64(&rd, "nonce");
	last = __atomic_load_n(&e->nonce, __ATOMIC_ACQUIRE);
	while (last < e->saved && !__atomic_compare_exchange_n(&e->nonce, &last, e->saved, false,
					  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		;
	__atomic_store_n(&e->known, true, __ATOMIC_RELEASE);
	return true;
}

struct visit_each {
	void (*visit)(struct replay_entry *e, void *arg);
	void *arg;
};

static void visit_node(struct keymap_node *node, void *arg)
{
	struct visit_each *v = arg;

	v->visit(of_node(node), v->arg);
}

void replay_each(struct replay *r, void (*visit)(struct replay_entry *e, void *arg), void *arg)
{
	struct visit_each v = {visit, arg};

	keymap_each(r->map, visit_node, &v);
}
