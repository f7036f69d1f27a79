/* See replay.h. */
#include "mapserver/replay.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/seen.h"
#include "lib/base/wire.h"
#include "mapserver/share.h"

struct replay {
	struct keymap *map;
	struct shares *shares; /* by key */
	size_t max;
	struct replay_entry *gone; /* taken out, not freed yet; the committer's */
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
	r->max = max;
	r->map = keymap_new(max, offsetof(struct replay_entry, key), REPLAY_KEY_BYTES, secret);
	r->shares = shares_new();
	if (r->map && r->shares)
		return r;
	keymap_free(r->map);
	shares_free(r->shares);
	free(r);
	return NULL;
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
	if (r->gone)
		rcu_barrier_all(); /* what is deferred writes to them */
	while (r->gone) {
		struct replay_entry *e = r->gone;

		r->gone = e->next_gone;
		free(e);
	}
	keymap_each(r->map, free_one, NULL);
	keymap_free(r->map);
	shares_free(r->shares);
	free(r);
}

size_t replay_count(const struct replay *r)
{
	return keymap_count(r->map);
}

bool replay_has(const struct replay *r, const uint8_t key[REPLAY_KEY_BYTES])
{
	return keymap_find(r->map, key) != NULL;
}

static uint64_t fingerprint_of(const uint8_t key[REPLAY_KEY_BYTES])
{
	struct wire_fault fault;
	struct wire_reader rd;

	wire_reader_init(&rd, key + REPLAY_KEY_BYTES - 8, 8, &fault);
	return wire_get_u64(&rd, "key");
}

static size_t room_left(const struct replay *r)
{
	size_t count = keymap_count(r->map);

	return count < r->max ? r->max - count : 0;
}

/* @room: as far as the key's share goes. */
static struct replay_entry *intern(
	struct replay *r, const uint8_t key[REPLAY_KEY_BYTES], size_t room)
{
	struct keymap_node *node = keymap_find(r->map, key);
	struct replay_entry *e;

	if (node)
		return of_node(node);
	if (!shares_take(r->shares, fingerprint_of(key), room))
		return NULL;
	e = calloc(1, sizeof(*e));
	if (e) {
		memcpy(e->key, key, REPLAY_KEY_BYTES);
		node = keymap_insert(r->map, &e->node);
	}
	if (!e || node != &e->node) {
		shares_return(r->shares, fingerprint_of(key));
		free(e);
	}
	return node ? of_node(node) : NULL;
}

/* For some instructions; and as a rule there is nobody else, since the messages of one address go
 * to one worker. */
static void lock(struct replay_entry *e)
{
	while (__atomic_test_and_set(&e->busy, __ATOMIC_ACQUIRE))
		sched_yield();
}

static void unlock(struct replay_entry *e)
{
	__atomic_clear(&e->busy, __ATOMIC_RELEASE);
}

/* The window moves up to @nonce; what it moves over was not seen, as far as we know. */
static void advance(struct replay_entry *e, uint64_t nonce)
{
	if (e->restored)
		memset(e->seen, 0xff, sizeof(e->seen));
	else if (e->known)
		seen_bits_advance(e->seen, REPLAY_WINDOW, e->nonce, nonce);
	else
		seen_bits_mark(e->seen, REPLAY_WINDOW, nonce);
	e->known = true;
	e->restored = false;
	__atomic_store_n(&e->nonce, nonce, __ATOMIC_RELEASE);
}

static enum replay_verdict judge(struct replay_entry *e, uint64_t nonce, enum replay_order order)
{
	if (!e->known || nonce > e->nonce) {
		advance(e, nonce);
		return REPLAY_NEW;
	}
	if (order == REPLAY_RISING || e->nonce - nonce >= REPLAY_WINDOW ||
		seen_bits_has(e->seen, REPLAY_WINDOW, nonce))
		return REPLAY_OLD;
	seen_bits_mark(e->seen, REPLAY_WINDOW, nonce);
	return REPLAY_LATE;
}

enum replay_verdict replay_check(struct replay *r, uint64_t site_id,
	const struct lisp_xtr_id *xtr_id, uint64_t key_fingerprint, uint64_t nonce,
	enum replay_order order, struct replay_entry **entry)
{
	uint8_t key[REPLAY_KEY_BYTES];
	enum replay_verdict verdict;
	struct replay_entry *e;
	struct wire_writer w;

	wire_writer_init(&w, key, sizeof(key));
	wire_put_u64(&w, site_id);
	wire_put_bytes(&w, xtr_id->bytes, sizeof(xtr_id->bytes));
	wire_put_u64(&w, key_fingerprint);
	*entry = e = intern(r, key, room_left(r));
	if (!e)
		return REPLAY_FULL;
	lock(e);
	verdict = judge(e, nonce, order);
	unlock(e);
	return verdict;
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

bool replay_stored_fingerprint(const void *key, size_t key_len, uint64_t *fingerprint)
{
	if (key_len != REPLAY_KEY_BYTES)
		return false;
	*fingerprint = fingerprint_of(key);
	return true;
}

/* Which ones were seen before the crash, a second's worth above @saved included, nobody knows: all
 * count as seen, up to the first that comes now. */
static void take_saved(struct replay_entry *e, uint64_t saved)
{
	memset(e->seen, 0xff, sizeof(e->seen));
	if (e->known && e->nonce > saved)
		return; /* something came before the store was opened */
	e->known = true;
	e->restored = true;
	__atomic_store_n(&e->nonce, saved, __ATOMIC_RELEASE);
}

bool replay_load(
	struct replay *r, const void *key, size_t key_len, const void *value, size_t value_len)
{
	struct wire_fault fault;
	struct replay_entry *e;
	struct wire_reader rd;

	if (key_len != REPLAY_KEY_BYTES || value_len != REPLAY_VALUE_BYTES)
		return false;
	e = intern(r, key, SIZE_MAX);
	if (!e)
		return false;
	wire_reader_init(&rd, value, value_len, &fault);
	e->saved = wire_get_u64(&rd, "nonce");
	lock(e);
	take_saved(e, e->saved);
	unlock(e);
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

/* ---- entries that leave ---- */

void replay_hold(struct replay_entry *e)
{
	__atomic_fetch_add(&e->jobs, 1, __ATOMIC_RELAXED);
}

void replay_release(struct replay_entry *e)
{
	__atomic_fetch_sub(&e->jobs, 1, __ATOMIC_RELEASE);
}

bool replay_crowded(const struct replay *r)
{
	return keymap_count(r->map) > r->max / 2;
}

static void after_grace(struct rcu_node *node)
{
	struct replay_entry *e =
		(struct replay_entry *)(void *)((char *)node - offsetof(struct replay_entry, rcu));

	__atomic_store_n(&e->grace, 1, __ATOMIC_RELEASE);
}

/* Nobody finds those of r->gone any more: what holds them gets fewer only. */
static void free_gone(struct replay *r)
{
	struct replay_entry **link = &r->gone, *e;

	while ((e = *link)) {
		if (__atomic_load_n(&e->grace, __ATOMIC_ACQUIRE) &&
			!__atomic_load_n(&e->jobs, __ATOMIC_ACQUIRE)) {
			*link = e->next_gone;
			free(e);
		} else {
			link = &e->next_gone;
		}
	}
}

struct pruning {
	struct replay *r;
	bool (*is_known)(void *known, uint64_t key_fingerprint);
	void *known;
	bool (*taken)(void *arg, const struct replay_entry *e);
	void *arg;
	bool over;
};

static void prune_one(struct keymap_node *node, void *arg)
{
	struct replay_entry *e = of_node(node);
	struct pruning *p = arg;

	if (p->over || p->is_known(p->known, fingerprint_of(e->key)))
		return;
	if (!p->taken(p->arg, e)) {
		p->over = true;
		return;
	}
	keymap_remove(p->r->map, node);
	shares_return(p->r->shares, fingerprint_of(e->key));
	e->next_gone = p->r->gone;
	p->r->gone = e;
	rcu_defer(&e->rcu, after_grace);
}

void replay_prune(struct replay *r, bool (*is_known)(void *known, uint64_t key_fingerprint),
	void *known, bool (*taken)(void *arg, const struct replay_entry *e), void *arg)
{
	struct pruning p = {
		.r = r, .is_known = is_known, .known = known, .taken = taken, .arg = arg};

	free_gone(r);
	keymap_each(r->map, prune_one, &p);
}
